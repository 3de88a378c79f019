/* Information of a joint table shrunk towards equal cells.
 *
 *   q = lambda / K + (1 - lambda) c / n,   lambda = (1 - S) / ((n - 1) (S - 1 / K)) in [0, 1],   S = sum (c / n)^2
 *
 * The margins are those of the shrunk table, so they are shrunk by the same lambda.  K is the number of cells of the
 * joint table: of the symbols that X took times those that Y (and Z) took, unless `cells` says more; then the
 * alphabets grow by one common factor.
 *
 * Source: Hausser & Strimmer 2009, eqs. 4 to 6 (lambda), section 5 (information from the shrunk joint table).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "discrete.h"

struct settings {
	int64_t cells;
};

static const struct vt_option options[] = {
	{ "cells", VT_INT, offsetof(struct settings, cells), 0, 1e15, "0", .unit = "cells",
	  .help = "of the joint table, at least as many as the symbols that each variable took make; 0: just these" },
	{ 0 }
};

static double share_square(const struct vt_counts *c)
{
	double sum = 0, n = (double)c->n;
	for (size_t k = 0; k < c->n_sizes; k++) sum += (double)c->times[k] * (c->size[k] / n) * (c->size[k] / n);
	return sum;
}

/* The stated variances of the cells over the squared distance to the target; 1 where the sample is the target. */
double vt_shrinkage(const struct vt_counts *c, double cells)
{
	double square = share_square(c), apart = square - 1 / cells, n = (double)c->n;
	if (n < 2 || apart <= 0) return 1;
	return fmin((1 - square) / ((n - 1) * apart), 1);
}

double vt_entropy_shrunk(const struct vt_counts *c, double cells, double lambda)
{
	double empty = lambda / cells, n = (double)c->n, sum = 0;
	if (cells <= 1) return 0;
	for (size_t k = 0; k < c->n_sizes; k++) {
		double q = empty + (1 - lambda) * (double)c->size[k] / n;
		sum -= (double)c->times[k] * q * log(q);
	}
	if (empty > 0) sum -= fmax(cells - (double)c->occupied, 0) * empty * log(empty);
	return sum;
}

/* Cells of each table and the intensity. */
struct shrunk {
	double a, b, ab, c, lambda;
};

static bool shrink(const struct settings *s, const struct vt_joint *j, struct shrunk *out)
{
	double seen = j->n_x * j->n_y * j->n_z, cells = s->cells > 0 ? (double)s->cells : seen;
	double grow = cbrt(cells / seen); /* of each alphabet */
	if (cells < seen) return false;
	if (j->c.occupied == 1) grow = sqrt(cells / seen);
	double z = j->c.occupied == 1 ? 1 : grow * j->n_z;
	*out = (struct shrunk){ grow * j->n_x * z, grow * j->n_y * z, cells, z, vt_shrinkage(&j->ab, cells) };
	return true;
}

static enum vt_status mi(struct vt_ctx *ctx, const void *settings, const struct vt_joint *j, double *out)
{
	struct shrunk s;
	(void)ctx;
	*out = 0;
	if (j->n_x == 1 || j->n_y == 1) return VT_OK;
	*out = NAN;
	if (!shrink(settings, j, &s)) return VT_OK;
	*out = (vt_entropy_shrunk(&j->a, s.a, s.lambda) + vt_entropy_shrunk(&j->b, s.b, s.lambda)) -
	       (vt_entropy_shrunk(&j->ab, s.ab, s.lambda) + vt_entropy_shrunk(&j->c, s.c, s.lambda));
	return VT_OK;
}

static double ratio(const struct shrunk *s, const struct vt_joint *j, size_t i)
{
	double n = (double)j->ab.n, keep = 1 - s->lambda;
	double a = s->lambda / s->a + keep * j->a.of_row[i] / n, b = s->lambda / s->b + keep * j->b.of_row[i] / n;
	double ab = s->lambda / s->ab + keep * j->ab.of_row[i] / n, c = s->lambda / s->c + keep * j->c.of_row[i] / n;
	return log(ab * c / (a * b));
}

/* A row moves the shares, which counts 1 - lambda times, and the intensity:
 *   d lambda / d S = -(1 - 1/K) / ((n - 1) (S - 1/K)^2),   d S = 2 (p - S),   d mi / d lambda by a difference. */
static enum vt_status local(struct vt_ctx *ctx, const void *settings, const struct vt_joint *j, double *out,
                            double *keep)
{
	struct shrunk s, more;
	double square = share_square(&j->ab), n = (double)j->ab.n, slope = 0;
	(void)ctx;
	if (j->n_x == 1 || j->n_y == 1 || !shrink(settings, j, &s)) return VT_OK; /* 0 as they are */
	if (s.lambda > 0 && s.lambda < 1) {
		const double step = 1e-6 * fmin(s.lambda, 1 - s.lambda), apart = square - 1 / s.ab;
		struct shrunk less = s;
		more = s;
		more.lambda += step;
		less.lambda -= step;
		double rise = vt_entropy_shrunk(&j->a, s.a, more.lambda) - vt_entropy_shrunk(&j->a, s.a, less.lambda) +
		              vt_entropy_shrunk(&j->b, s.b, more.lambda) - vt_entropy_shrunk(&j->b, s.b, less.lambda) -
		              vt_entropy_shrunk(&j->ab, s.ab, more.lambda) + vt_entropy_shrunk(&j->ab, s.ab, less.lambda) -
		              vt_entropy_shrunk(&j->c, s.c, more.lambda) + vt_entropy_shrunk(&j->c, s.c, less.lambda);
		slope = rise / (2 * step) * -(1 - 1 / s.ab) / ((n - 1) * apart * apart);
	}
	*keep = (1 - s.lambda) * (1 - s.lambda);
	for (size_t i = 0; i < j->ab.n; i++)
		out[i] = (1 - s.lambda) * ratio(&s, j, i) + slope * 2 * (j->ab.of_row[i] / n - square);
	return VT_OK;
}

static const struct vt_discrete_method method = { mi, local, NULL };

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	return vt_discrete_estimate(ctx, &method, settings, in, out);
}

static enum vt_status null(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, const uint32_t *order,
                           double *out)
{
	return vt_discrete_null(ctx, &method, settings, in, order, out);
}

const struct vt_estimate_kind vt_estimate_james_stein = {
	.kind = { "james-stein", "information of a joint table shrunk towards equal cells", "Hausser & Strimmer 2009",
	          sizeof(struct settings), options,
	          "a table that is far from equal cells, as of Zipf symbols, is hardly shrunk: most of the plug-in's bias "
	          "stays; a table near equal cells is shrunk to no information" },
	.traits = VT_TAKES_DISCRETE | VT_TAKES_CONDITION | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "The information of a mixture of the sample with a table of equal cells.",
	.pair = pair,
	.null = null,
};
