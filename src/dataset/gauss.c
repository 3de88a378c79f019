/* Gaussian classes on a line: labels whose information about the inputs is known.
 *
 * Class c has mean c * separation along one direction and unit variance in every input.
 * What is orthogonal to that direction is noise without information, so that I(X;Y) is a
 * one-dimensional integral whatever the number of inputs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "prepare.h"
#include "venturi/rng.h"

struct settings {
	int64_t classes, dim, n;
	double separation, train_share;
	int direction, split;
};

enum { AXIS, DIAGONAL };
static const char *const directions[] = { "axis", "diagonal", NULL };

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "classes", VT_INT, AT(classes), 2, 64, "2", NULL, "equally likely classes; rows take turns" },
	{ "dim", VT_INT, AT(dim), 1, 4096, "2", NULL, "inputs" },
	{ "separation", VT_REAL, AT(separation), 0, 100, "2", "standard deviations", "between the means of neighbours" },
	{ "direction", VT_CHOICE, AT(direction), 0, 0, "axis", NULL,
	  "the line of the means: the first input alone, or all inputs alike", directions },
	{ "n", VT_INT, AT(n), 2, 10000000, "4096", "rows", "training and test rows together" },
	{ "train_share", VT_REAL, AT(train_share), 1e-7, 1, "0.8", "of the rows", "rows to train on" },
	{ "split", VT_CHOICE, AT(split), 0, 0, "iid", NULL, "iid: drawn by the seed; ordered: the first rows",
	  vt_split_names },
	{ 0 }
};

/* log p(class | t) for t = own mean + z, unnormalised over classes:
 * log of  1 / sum over j of exp(delta_j z - delta_j^2 / 2),  delta_j = mean_j - own mean. */
static double log_posterior(const struct settings *s, int64_t own, double z)
{
	double sum = 0;
	for (int64_t j = 0; j < s->classes; j++) {
		double delta = (double)(j - own) * s->separation;
		sum += exp(delta * z - delta * delta / 2);
	}
	return -log(sum);
}

/* I(X;Y) = log K + E log p(y | x), nats.  The trapezoid rule converges exponentially on
 * analytic functions that vanish at both ends: at this step it is exact to rounding. */
static double information(const struct settings *s)
{
	const double step = 1.0 / 128, reach = 10;
	const int n = (int)(reach / step);
	double total = 0;
	for (int64_t c = 0; c < s->classes; c++)
		for (int i = -n; i <= n; i++) {
			double z = i * step;
			total += exp(-z * z / 2) * log_posterior(s, c, z);
		}
	double mean = total * step / sqrt(2 * M_PI) / (double)s->classes;
	return fmax(0, log((double)s->classes) + mean);
}

static void draw(const struct settings *s, uint64_t seed, struct vt_dataset *d)
{
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, 0);
	double share = s->direction == DIAGONAL ? 1 / sqrt((double)s->dim) : 1;
	for (size_t i = 0; i < d->n; i++) {
		d->label[i] = (int32_t)(i % d->n_classes);
		double mean = (d->label[i] - (double)(s->classes - 1) / 2) * s->separation * share;
		for (size_t j = 0; j < d->n_inputs; j++)
			d->x[i * d->n_inputs + j] = vt_rng_normal(&r) + (s->direction == DIAGONAL || j == 0 ? mean : 0);
	}
}

static enum vt_status open_classes(struct vt_ctx *ctx, const void *settings, uint64_t seed, struct vt_dataset *out)
{
	enum vt_status status;
	const struct settings *s = settings;

	VT_REQUIRE(ctx, s->n >= s->classes, VT_ECONFIG, "dataset.n = %lld rows are fewer than dataset.classes = %lld",
	           (long long)s->n, (long long)s->classes);
	out->n = (size_t)s->n;
	out->n_inputs = (size_t)s->dim;
	out->n_classes = (size_t)s->classes;
	out->i_xy = information(s);
	VT_NEW(ctx, out->x, out->n * out->n_inputs);
	VT_NEW(ctx, out->label, out->n);
	draw(s, seed, out);
	status = vt_dataset_split(ctx, out, s->train_share, s->split == VT_SPLIT_ORDERED, seed);
done:
	return status;
}

const struct vt_dataset_kind vt_dataset_gauss = {
	.kind = { "gauss", "Gaussian classes on a line, with known I(X;Y)", "venturi; a one-dimensional integral",
	          sizeof(struct settings), options,
	          "I(X;Y) is that of the source, not of the drawn rows: a network that learns the rows by heart can seem "
	          "to hold more." },
	.open = open_classes,
};
