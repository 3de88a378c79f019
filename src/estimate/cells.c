/* Plug-in entropy and information of rows in cells.  Called by binning and exact.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layer.h"

/* How often each size of a cell occurs.  Cells of one size are taken together: few logarithms, and
 * sums that do not depend on the order of cells. */
struct sizes {
	size_t n, largest;
	uint32_t *times; /* n + 1 */
};

static void forget(struct sizes *s)
{
	memset(s->times, 0, (s->largest + 1) * sizeof *s->times);
	s->largest = 0;
}

static inline void add(struct sizes *s, size_t size)
{
	s->times[size]++;
	s->largest = size > s->largest ? size : s->largest;
}

/* H = ln n - (1 / n) sum c ln c over the sizes c. */
static double entropy(const struct sizes *s)
{
	double sum = 0, n = (double)s->n;
	if (s->largest == s->n) return 0; /* exactly, whatever the logarithm rounds to */
	for (size_t c = 2; c <= s->largest; c++)
		if (s->times[c] > 0) sum += s->times[c] * (double)c * log((double)c);
	return log(n) - sum / n;
}

struct work {
	struct sizes sizes;
	uint32_t *row, *begin; /* rows by cell */
	uint32_t *of_label;    /* rows of each class */
	uint32_t *tally;       /* the same within a cell, all 0 between uses */
	uint32_t *joint;       /* for each row, rows of its cell and class */
};

static enum vt_status work_create(struct vt_ctx *ctx, const struct vt_partition *t, size_t n_classes, struct work *w)
{
	enum vt_status status = VT_OK;
	w->sizes.n = t->n;
	VT_NEW(ctx, w->sizes.times, t->n + 1);
	VT_NEW(ctx, w->row, t->n);
	VT_NEW(ctx, w->begin, t->n_cells + 1);
	VT_NEW(ctx, w->of_label, n_classes);
	VT_NEW(ctx, w->tally, n_classes);
	VT_NEW(ctx, w->joint, t->n);
	vt_partition_sort(t, w->row, w->begin);
done:
	return status;
}

static void work_clear(struct work *w)
{
	free(w->sizes.times);
	free(w->row);
	free(w->begin);
	free(w->of_label);
	free(w->tally);
	free(w->joint);
}

/* Of the cells alone. */
static double cell_entropy(struct work *w, const struct vt_partition *t)
{
	forget(&w->sizes);
	for (size_t c = 0; c < t->n_cells; c++) add(&w->sizes, w->begin[c + 1] - w->begin[c]);
	return entropy(&w->sizes);
}

/* Of the labels of the rows from `begin` to `end`, added to the sizes. */
static void add_labels(struct work *w, const int32_t *label, size_t begin, size_t end)
{
	if (end - begin == 1) {
		w->joint[w->row[begin]] = 1;
		add(&w->sizes, 1);
		return;
	}
	for (size_t i = begin; i < end; i++) w->tally[label[w->row[i]]]++;
	for (size_t i = begin; i < end; i++) w->joint[w->row[i]] = w->tally[label[w->row[i]]];
	for (size_t i = begin; i < end; i++) {
		uint32_t *rows = &w->tally[label[w->row[i]]];
		if (*rows == 0) continue;
		add(&w->sizes, *rows);
		*rows = 0;
	}
}

/* Of pairs of cell and label. */
static double joint_entropy(struct work *w, const struct vt_partition *t, const int32_t *label)
{
	forget(&w->sizes);
	for (size_t c = 0; c < t->n_cells; c++) add_labels(w, label, w->begin[c], w->begin[c + 1]);
	return entropy(&w->sizes);
}

/* Of the labels alone, whatever the cells. */
static double label_entropy(struct work *w, const struct vt_labels *y)
{
	forget(&w->sizes);
	for (size_t i = 0; i < y->n; i++) w->of_label[y->y[i]]++;
	for (size_t c = 0; c < y->n_classes; c++) add(&w->sizes, w->of_label[c]);
	return entropy(&w->sizes);
}

/* Rows alone in their cell are more than half of all; after cell_entropy. */
static bool mostly_alone(const struct work *w)
{
	return 2 * (size_t)w->sizes.times[1] > w->sizes.n;
}

/* Errors of the means over the rows of -ln p(t) and ln p(t,y) / (p(t) p(y)); after joint_entropy. */
static void local_errors(const struct work *w, const struct vt_partition *t, const struct vt_layer *in,
                         const struct vt_information *mean, double *se_xt, double *se_ty)
{
	struct vt_scatter xt = { 0 }, ty = { 0 };
	double log_n = log((double)t->n);
	for (size_t i = 0; i < t->n; i++) {
		uint32_t cell = t->cell[i];
		double log_t = log(w->begin[cell + 1] - w->begin[cell]), d = log_n - log_t - mean->i_xt;
		vt_scatter_add(&xt, in->block, t->n, i, d);
		if (!in->y.y) continue;
		d = log_n + log(w->joint[i]) - log_t - log(w->of_label[in->y.y[i]]) - mean->i_ty;
		vt_scatter_add(&ty, in->block, t->n, i, d);
	}
	*se_xt = vt_scatter_error(&xt, in->block, t->n);
	*se_ty = vt_scatter_error(&ty, in->block, t->n);
}

static enum vt_status null(struct vt_ctx *ctx, struct work *w, const struct vt_partition *t, const struct vt_layer *in,
                           double h_y, struct vt_information *out)
{
	enum vt_status status = VT_OK;
	int32_t *label = NULL;
	double *value = NULL;
	VT_NEW(ctx, value, in->n_null);
	VT_TRY(vt_null_labels(ctx, in, &label));
	for (size_t r = 0; r < in->n_null; r++) value[r] = out->h_t + h_y - joint_entropy(w, t, label + r * t->n);
	vt_null_summary(in, value, out);
done:
	free(value);
	free(label);
	return status;
}

enum vt_status vt_cells_information(struct vt_ctx *ctx, const struct vt_partition *t, const struct vt_layer *in,
                                    struct vt_information *out)
{
	enum vt_status status = VT_OK;
	struct work w = { 0 };
	struct vt_information info = vt_information_none(t->n, 0);
	double h_y = 0, se_xt = 0, se_ty = 0;
	VT_TRY(work_create(ctx, t, in->y.n_classes, &w));
	info.i_xt = info.h_t = cell_entropy(&w, t);
	if (mostly_alone(&w)) info.flags |= VT_BIAS_DOMINATED;
	if (in->y.y) {
		h_y = label_entropy(&w, &in->y);
		info.i_ty = info.h_t + h_y - joint_entropy(&w, t, in->y.y);
	}
	if (!in->enumerated) local_errors(&w, t, in, &info, &se_xt, &se_ty);
	vt_information_errors(in, se_xt, se_ty, &info);
	if (in->y.y && in->n_null > 0) VT_TRY(null(ctx, &w, t, in, h_y, &info));
	*out = info;
done:
	work_clear(&w);
	return status;
}
