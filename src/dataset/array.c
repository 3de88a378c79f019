/* Somebody's own inputs and targets from HDF5, npy or CSV.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prepare.h"
#include "venturi/input.h"
#include "venturi/num.h"

/* Beyond this, integers are taken for a quantity and not for classes. */
enum { MAX_CLASSES = 10000 };

enum task { AUTO, CLASSIFY, REGRESS };
static const char *const tasks[] = { "auto", "classify", "regress", NULL };

struct settings {
	char *x, *y;
	int task, split, standardise;
	double train_share;
	bool enumerated;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "x", VT_STRING, AT(x), 0, 0, NULL, NULL, "inputs, a row each: F.h5:/path, F.npy or F.csv" },
	{ "y", VT_STRING, AT(y), 0, 0, NULL, NULL, "targets of the same rows: classes, or numbers" },
	{ "task", VT_CHOICE, AT(task), 0, 0, "auto", NULL, "auto: one column of integers is classes, all else numbers",
	  tasks },
	{ "train_share", VT_REAL, AT(train_share), 1e-9, 1, "0.8", "of the rows", "rows to train on" },
	{ "split", VT_CHOICE, AT(split), 0, 0, "iid", NULL, "iid: drawn by the seed; ordered: the first rows",
	  vt_split_names },
	{ "standardise", VT_CHOICE, AT(standardise), 0, 0, "none", NULL,
	  "none; unit: each column's range to [0, 1]; column: each, global: all to mean 0 and deviation 1; centre: each to "
	  "mean 0; by the training rows", vt_standardise_names },
	{ "enumerated", VT_BOOL, AT(enumerated), 0, 0, "false", NULL,
	  "the rows are all inputs there are, equally likely: log2 n is then the truth and not a ceiling" },
	{ 0 }
};

static size_t width(const struct vt_array *a)
{
	return a->n / a->dim[0];
}

/* The different values of y in ascending order; at most MAX_CLASSES of them. */
static enum vt_status distinct(struct vt_ctx *ctx, const char *where, const struct vt_array *y, double **out, size_t *n)
{
	enum vt_status status;
	double *v = NULL;
	size_t k = 0;

	VT_NEW(ctx, v, y->n);
	memcpy(v, y->value, y->n * sizeof *v);
	vt_sort(v, y->n);
	for (size_t i = 0; i < y->n; i++)
		if (i == 0 || v[i] != v[k - 1]) v[k++] = v[i];
	VT_REQUIRE(ctx, k <= MAX_CLASSES, VT_EDATA, "%s: has %zu different integers, wanted at most %d classes;"
	           " dataset.task: regress takes them for numbers", where, k, MAX_CLASSES);
	VT_REQUIRE(ctx, k >= 2, VT_EDATA, "%s: all %zu labels are %g, wanted at least 2 classes", where, y->n, v[0]);
	*out = v;
	*n = k;
	return VT_OK;
done:
	free(v);
	return status;
}

static enum vt_status check_integers(struct vt_ctx *ctx, const char *where, const struct vt_array *y)
{
	enum vt_status status;

	VT_REQUIRE(ctx, width(y) == 1, VT_EDATA, "%s: has %zu columns, wanted 1 of class labels; dataset.task: regress takes"
	           " them for numbers", where, width(y));
	for (size_t i = 0; i < y->n; i++)
		VT_REQUIRE(ctx, y->value[i] == rint(y->value[i]), VT_EDATA, "%s: row %zu is %g, wanted an integer;"
		           " dataset.task: regress takes them for numbers", where, i, y->value[i]);
	status = VT_OK;
done:
	return status;
}

/* Labels need not start at 0 or be dense: the different values are numbered in order. */
static enum vt_status fill_labels(struct vt_ctx *ctx, const char *where, const struct vt_array *y, struct vt_dataset *d)
{
	enum vt_status status;
	double *value = NULL;

	VT_TRY(check_integers(ctx, where, y));
	VT_TRY(distinct(ctx, where, y, &value, &d->n_classes));
	VT_NEW(ctx, d->label, d->n);
	for (size_t i = 0; i < d->n; i++) d->label[i] = (int32_t)vt_sorted_place(value, d->n_classes, y->value[i]);
	status = VT_OK;
done:
	free(value);
	return status;
}

static enum vt_status fill_targets(struct vt_ctx *ctx, const struct settings *s, struct vt_array *y,
                                   struct vt_dataset *d)
{
	if (s->task == CLASSIFY || (s->task == AUTO && y->integer && width(y) == 1)) return fill_labels(ctx, s->y, y, d);
	d->n_targets = width(y);
	d->target = y->value;
	y->value = NULL;
	return VT_OK;
}

static enum vt_status open_arrays(struct vt_ctx *ctx, const void *settings, uint64_t seed, struct vt_dataset *out)
{
	enum vt_status status;
	const struct settings *s = settings;
	struct vt_array x = { 0 }, y = { 0 };

	VT_TRY(vt_input_array(ctx, s->x, &x));
	VT_TRY(vt_input_array(ctx, s->y, &y));
	VT_REQUIRE(ctx, x.dim[0] == y.dim[0], VT_EDATA, "%s has %zu rows, but %s has %zu; wanted a target for each row", s->x,
	           x.dim[0], s->y, y.dim[0]);
	VT_REQUIRE(ctx, x.dim[0] >= 2, VT_EDATA, "%s: has %zu row, wanted at least 2", s->x, x.dim[0]);
	out->n = x.dim[0];
	out->n_inputs = width(&x);
	out->enumerated = s->enumerated;
	out->x = x.value;
	x.value = NULL;
	VT_TRY(fill_targets(ctx, s, &y, out));
	VT_TRY(vt_dataset_split(ctx, out, s->train_share, s->split == VT_SPLIT_ORDERED, seed));
	status = vt_dataset_standardise(ctx, out, (enum vt_standardise)s->standardise);
done:
	free(x.value);
	free(y.value);
	return status;
}

const struct vt_dataset_kind vt_dataset_array = {
	.kind = { "array", "your own x and y from HDF5, npy or CSV", "venturi", sizeof(struct settings), options,
	          "Integers in y are classes unless dataset.task says otherwise; they are numbered in ascending order." },
	.open = open_arrays,
};
