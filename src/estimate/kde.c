/* Pairwise bounds on the entropy of a layer plus Gaussian noise: rows are the centres of a mixture
 * of n Gaussians.
 *
 *   I(X; T + N) <= -1/n sum_i ln 1/n sum_j exp(-|t_i - t_j|^2 / (2 v))
 *   I(X; T + N) >= the same with 4 v in place of v
 *
 * Source: Kolchinsky & Tracey 2017, eqs. 10 and 11 (Kullback-Leibler and Bhattacharyya distances of
 * equal Gaussians); used on layers by Saxe et al. 2018.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "venturi/pairs.h"
#include "layer.h"
#include "pair.h"

struct settings {
	double variance;
};

static const struct vt_option options[] = {
	{ "variance", VT_REAL, offsetof(struct settings, variance), 1e-200, 1e200, NULL, .unit = "activation squared",
	  .help = "of the noise added to each unit; it sets the answer, so there is no default (1e-3 in Saxe et al.'s "
	          "notebook, 0.1 in their figures)" },
	{ 0 }
};

/* Distinct rows of one label each, how often each occurs, and their sums of kernels. */
struct rows {
	size_t n;
	double *x, *weight;
	int32_t *label;
	double *share; /* of the rows, for each class */
	struct vt_pair_input input;
	struct vt_pair_sums sums;
	double *memory;
	uint32_t *of_row; /* distinct row of each row; null: each row stands for itself */
};

static void rows_clear(struct rows *r)
{
	free(r->x);
	free(r->weight);
	free(r->label);
	free(r->share);
	free(r->memory);
	free(r->of_row);
}

/* Late layers repeat themselves: each distinct pair of row and label is kept once. */
static enum vt_status collapse(struct vt_ctx *ctx, const struct vt_layer *in, struct rows *r)
{
	enum vt_status status = VT_OK;
	size_t n = in->t.rows, width = in->t.cols;
	struct vt_partition cells = { 0 };
	uint64_t *scratch = NULL;
	VT_NEW(ctx, scratch, n);
	VT_TRY(vt_partition_create(ctx, n, &cells));
	for (size_t i = 0; i < n; i++) scratch[i] = in->y.y ? (uint64_t)in->y.y[i] : 0;
	vt_partition_refine(&cells, scratch);
	vt_partition_refine_rows(&cells, &in->t, scratch);
	r->n = cells.n_cells;
	VT_NEW(ctx, r->x, r->n * width);
	VT_NEW(ctx, r->weight, r->n);
	VT_NEW(ctx, r->label, r->n);
	VT_NEW(ctx, r->of_row, n);
	for (size_t i = 0; i < n; i++) {
		size_t c = r->of_row[i] = cells.cell[i];
		if (r->weight[c]++ > 0) continue;
		memcpy(r->x + c * width, in->t.x + i * in->t.stride, width * sizeof *r->x);
		r->label[c] = in->y.y ? in->y.y[i] : 0;
	}
	r->input.x = (struct vt_mat){ r->x, r->n, width, width };
	r->input.weight = r->weight;
	r->input.label = r->label;
done:
	vt_partition_clear(&cells);
	free(scratch);
	return status;
}

/* Shuffled labels do not respect equal rows: with a null, every row stands for itself. */
static enum vt_status prepare(struct vt_ctx *ctx, const struct vt_layer *in, double variance, int32_t *null_label,
                              struct rows *r)
{
	enum vt_status status = VT_OK;
	if (null_label) {
		r->n = in->t.rows;
		r->input.x = in->t;
		r->input.label = in->y.y;
		r->input.n_null = in->n_null;
		r->input.null_label = null_label;
	} else {
		VT_TRY(collapse(ctx, in, r));
	}
	r->input.n_classes = in->y.y ? in->y.n_classes : 1;
	r->input.variance = variance;
	VT_NEW(ctx, r->share, r->input.n_classes);
	for (size_t i = 0; i < in->t.rows; i++) r->share[in->y.y ? in->y.y[i] : 0]++;
	for (size_t c = 0; c < r->input.n_classes; c++) r->share[c] /= (double)in->t.rows;
	size_t n = r->n, n_null = r->input.n_null * n;
	VT_NEW(ctx, r->memory, 4 * n + 2 * n_null);
	double *m = r->memory;
	r->sums = (struct vt_pair_sums){ m, m + n, m + 2 * n, m + 3 * n, m + 4 * n, m + 4 * n + n_null };
done:
	return status;
}

/* Errors of both means: rows of a block together. */
static void local_errors(const struct vt_layer *in, const struct rows *r, const double *all, const double *own,
                         const struct vt_information *mean, double *se_xt, double *se_ty)
{
	struct vt_scatter xt = { 0 }, ty = { 0 };
	size_t n = in->t.rows;
	for (size_t i = 0; i < n; i++) {
		size_t c = r->of_row ? r->of_row[i] : i;
		double share = in->y.y ? r->share[r->input.label[c]] : 1;
		vt_scatter_add(&xt, in->block, n, i, -log(all[c] / (double)n) - mean->i_xt);
		if (in->y.y) vt_scatter_add(&ty, in->block, n, i, log(own[c] / (share * all[c])) - mean->i_ty);
	}
	*se_xt = vt_scatter_error(&xt, in->block, n);
	*se_ty = vt_scatter_error(&ty, in->block, n);
}

/* One bound from its sums.  The mixture's bound less the classes' bounds, each of n_y rows, is the
 * mean of ln (own / n_y) / (all / n). */
static void bound(const struct vt_layer *in, const struct rows *r, const double *all, const double *own,
                  struct vt_information *out)
{
	double n = (double)in->t.rows, xt = 0, ty = 0, xt2 = 0, ty2 = 0, alone = 0, se_xt, se_ty;
	for (size_t i = 0; i < r->n; i++) {
		double w = (r->input.weight ? r->input.weight[i] : 1) / n;
		double share = in->y.y ? r->share[r->input.label[i]] : 1;
		double local_xt = -log(all[i] / n), local_ty = log(own[i] / (share * all[i]));
		xt += w * local_xt;
		ty += w * local_ty;
		xt2 += w * local_xt * local_xt;
		ty2 += w * local_ty * local_ty;
		alone += all[i] < 2 ? w : 0;
	}
	*out = vt_information_none(in->t.rows, alone > 0.5 ? VT_BIAS_DOMINATED : 0);
	out->i_xt = xt;
	if (in->y.y) out->i_ty = ty;
	se_xt = sqrt(fmax(xt2 - xt * xt, 0) / n);
	se_ty = sqrt(fmax(ty2 - ty * ty, 0) / n);
	if (in->block) local_errors(in, r, all, own, out, &se_xt, &se_ty);
	vt_information_errors(in, se_xt, se_ty, out);
}

/* Shuffled labels have the shares of the given ones. */
static enum vt_status null(struct vt_ctx *ctx, const struct vt_layer *in, const struct rows *r, const double *all,
                           const double *own, struct vt_information *out)
{
	enum vt_status status = VT_OK;
	size_t n = in->t.rows;
	double *value = NULL;
	VT_NEW(ctx, value, in->n_null);
	for (size_t k = 0; k < in->n_null; k++) {
		const int32_t *label = r->input.null_label + k * n;
		for (size_t i = 0; i < n; i++)
			value[k] += log(own[k * n + i] / (r->share[label[i]] * all[i])) / (double)n;
	}
	vt_null_summary(in, value, out);
done:
	free(value);
	return status;
}

static enum vt_status layer(struct vt_ctx *ctx, const void *settings, const struct vt_layer *in,
                            struct vt_information out[2])
{
	enum vt_status status = VT_OK;
	const struct settings *s = settings;
	struct vt_information upper, lower;
	struct rows r = { 0 };
	int32_t *null_label = NULL;
	double noise = 0.5 * (double)in->t.cols * log(2 * M_PI * M_E * s->variance);
	if (in->y.y && in->n_null > 0) VT_TRY(vt_null_labels(ctx, in, &null_label));
	VT_TRY(prepare(ctx, in, s->variance, null_label, &r));
	VT_TRY(vt_pair_sums(ctx, &r.input, &r.sums));
	bound(in, &r, r.sums.narrow, r.sums.narrow_own, &upper);
	bound(in, &r, r.sums.wide, r.sums.wide_own, &lower);
	upper.h_t = upper.i_xt + noise;
	lower.h_t = lower.i_xt + noise;
	if (null_label) {
		VT_TRY(null(ctx, in, &r, r.sums.narrow, r.sums.narrow_null, &upper));
		VT_TRY(null(ctx, in, &r, r.sums.wide, r.sums.wide_null, &lower));
	}
	out[0] = upper;
	out[1] = lower;
done:
	rows_clear(&r);
	free(null_label);
	return status;
}

/* ---- pairs --------------------------------------------------------------------- */

extern const struct vt_estimate_kind vt_estimate_kde; /* at the end, as everywhere */

/* The continuous variable as a layer, the discrete one as its labels. */
static enum vt_status labelled(struct vt_ctx *ctx, const struct settings *s, const struct vt_pair *in,
                               struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_layer l = { .t = in->discrete_x ? in->y : in->x, .block = in->block };
	struct vt_information bounds[2];
	int32_t *label = NULL;
	VT_TRY(vt_symbols(ctx, in->discrete_x ? &in->x : &in->y, &label, &l.y.n_classes));
	l.y.y = label;
	l.y.n = l.t.rows;
	VT_TRY(vt_estimate_run(ctx, &vt_estimate_kde, s, &l, bounds));
	if (bounds[0].flags & VT_INVALID) {
		vt_estimated_flag(out, bounds[0].flags, "a value is not finite when squared");
		goto done;
	}
	vt_estimated_normal(bounds[0].i_ty, bounds[0].i_ty_se, in->block ? "local terms, summed over blocks" : "local terms",
	                    out);
	out->ceiling = log((double)l.y.n_classes);
	out->flags |= bounds[0].flags & ~(unsigned)VT_SATURATED; /* said of I(X;T) */
	if (bounds[0].flags & VT_BIAS_DOMINATED)
		vt_estimated_flag(out, 0, "more than half of the rows outweigh all others: the noise is too narrow for "
		                  "%zu rows", l.t.rows);
done:
	free(label);
	return status;
}

/* y as a function of x and noise: its rows are the centres.  Each end has its own error. */
static enum vt_status bracketed(struct vt_ctx *ctx, const struct settings *s, const struct vt_pair *in,
                                struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_layer l = { .t = in->y, .block = in->block };
	struct vt_information bounds[2];
	VT_TRY(vt_estimate_run(ctx, &vt_estimate_kde, s, &l, bounds));
	out->bound = VT_BRACKET;
	out->ceiling = bounds[0].ceiling;
	out->flags |= bounds[0].flags | bounds[1].flags;
	if (out->flags & VT_INVALID) {
		vt_estimated_flag(out, 0, "a value is not finite when squared");
		goto done;
	}
	out->upper = bounds[0].i_xt;
	out->lower = bounds[1].i_xt;
	out->lo = bounds[1].i_xt_lo;
	out->hi = bounds[0].i_xt_hi;
	out->se = fmax(bounds[0].i_xt_se, bounds[1].i_xt_se);
	out->method = in->block ? "local terms of each end, summed over blocks" : "local terms of each end";
	if (out->flags) vt_estimated_flag(out, 0, "%zu rows are too few to fill noise of this variance", l.t.rows);
done:
	return status;
}

/* With labels symmetric; else y is the function, so the traits do not say so. */
static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	bool labels = in->discrete_x || in->discrete_y;
	return labels ? labelled(ctx, settings, in, out) : bracketed(ctx, settings, in, out);
}

const struct vt_estimate_kind vt_estimate_kde = {
	.kind = { "kde", "pairwise bounds on the information of a layer plus Gaussian noise",
	          "Kolchinsky & Tracey 2017, eqs. 10 and 11", sizeof(struct settings), options,
	          "the noise is not in the network: its variance sets the answer, and both bounds tend to log2 n as it "
	          "falls and to 0 as it grows" },
	.traits = VT_TAKES_CONTINUOUS | VT_TAKES_LABELS,
	.n_bounds = 2,
	.bound = { VT_UPPER, VT_LOWER },
	.suffix = { "-upper", "-lower" },
	.cannot_mean = "Bounds on I(X;T+noise) for noise that the network does not have. I(T;Y) is the difference of two "
	               "upper (or two lower) bounds and so bounds nothing; compare values of one variance only.",
	.layer = layer,
	.pair = pair,
};

enum vt_status vt_kde_bounds(struct vt_ctx *ctx, double variance, const struct vt_layer *in,
                             struct vt_information out[2])
{
	return vt_estimate_run(ctx, &vt_estimate_kde, &(struct settings){ variance }, in, out);
}
