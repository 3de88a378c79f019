/* The door to all estimators: checks what they take for granted.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "layer.h"
#include "pair.h"

const struct vt_estimate_kind *vt_estimate_kind_of(const struct vt_chosen *chosen)
{
	return (const struct vt_estimate_kind *)chosen->kind; /* its first member */
}

enum vt_status vt_estimate_check(struct vt_ctx *ctx, const struct vt_chosen *chosen)
{
	const struct vt_estimate_kind *kind = vt_estimate_kind_of(chosen);
	enum vt_status status = kind->check ? kind->check(ctx, chosen->settings) : VT_OK;
	if (status != VT_OK) vt_ctx_frame(ctx, "in estimator %s", kind->kind.name);
	return status;
}

struct vt_mat vt_flat(const struct vt_mat *x)
{
	if (x->stride != x->cols) return *x;
	return (struct vt_mat){ x->x, 1, x->rows * x->cols, x->rows * x->cols };
}

/* A sum of zeros is NaN if any value is not finite, or so large that its square is not. */
VT_CLONES static bool usable(const struct vt_mat *t)
{
	struct vt_mat flat = vt_flat(t);
	double sum = 0;
	for (size_t i = 0; i < flat.rows; i++) {
		const double *x = flat.x + i * flat.stride;
#pragma omp simd reduction(+ : sum)
		for (size_t c = 0; c < flat.cols; c++) sum += x[c] * x[c] * 0;
	}
	return sum == 0;
}

static enum vt_status check_layer(struct vt_ctx *ctx, const struct vt_layer *in)
{
	enum vt_status status = VT_OK;
	const struct vt_labels *y = &in->y;
	VT_REQUIRE(ctx, in->t.rows > 0 && in->t.cols > 0, VT_EDOMAIN,
	           "information needs at least 1 row of 1 unit, there are %zu rows of %zu", in->t.rows, in->t.cols);
	if (!y->y) goto done;
	VT_REQUIRE(ctx, y->n == in->t.rows, VT_EDOMAIN, "%zu labels for %zu rows, one a row is wanted", y->n, in->t.rows);
	for (size_t i = 0; i < y->n; i++)
		VT_REQUIRE(ctx, y->y[i] >= 0 && (size_t)y->y[i] < y->n_classes, VT_EDOMAIN,
		           "label %d of row %zu is outside 0 .. %zu", (int)y->y[i], i, y->n_classes - 1);
done:
	return status;
}

static void take(const struct vt_estimated *e, double *value, double *se, double *lo, double *hi,
                                unsigned *flags)
{
	*value = e->mi;
	*se = e->se;
	*lo = e->lo;
	*hi = e->hi;
	*flags |= e->flags;
}

/* A layer by an estimator of pairs: X with T, and T with the labels. */
static enum vt_status layer_of_pairs(struct vt_ctx *ctx, const struct vt_estimate_kind *kind, const void *settings,
                                     const struct vt_layer *in, struct vt_information *out)
{
	enum vt_status status = VT_OK;
	struct vt_chosen chosen = { &kind->kind, (void *)settings };
	struct vt_estimated xt, ty;
	double *label = NULL;
	struct vt_pair p = { .x = in->x, .y = in->t, .seed = in->seed, .block = in->block, .discrete_x = in->partial_x };
	*out = vt_information_none(in->t.rows, 0);
	if (in->x.x) {
		VT_TRY(vt_estimate_pair(ctx, &chosen, &p, &xt));
		take(&xt, &out->i_xt, &out->i_xt_se, &out->i_xt_lo, &out->i_xt_hi, &out->flags);
	}
	if (in->y.y) {
		VT_NEW(ctx, label, in->y.n);
		for (size_t i = 0; i < in->y.n; i++) label[i] = in->y.y[i];
		p = (struct vt_pair){ .x = in->t, .y = { label, in->y.n, 1, 1 }, .discrete_y = true, .seed = in->seed,
		                      .n_null = in->n_null, .block = in->block };
		VT_TRY(vt_estimate_pair(ctx, &chosen, &p, &ty));
		take(&ty, &out->i_ty, &out->i_ty_se, &out->i_ty_lo, &out->i_ty_hi, &out->flags);
		out->i_ty_null = ty.null_mean;
		out->i_ty_null_p = ty.null_p;
	}
done:
	free(label);
	return status;
}

/* Where T is no function of X, what is true of H(T) is not of I(X;T): X's symbols stand in for the labels. */
static enum vt_status partial(struct vt_ctx *ctx, const struct vt_estimate_kind *kind, const void *settings,
                              const struct vt_layer *in, struct vt_information out[2])
{
	enum vt_status status = VT_OK;
	struct vt_layer symbols = *in;
	struct vt_information of_x[2];
	int32_t *label = NULL;
	symbols.n_null = 0;
	symbols.partial_x = false;
	VT_TRY(vt_symbols(ctx, &in->x, &label, &symbols.y.n_classes));
	symbols.y.y = label;
	symbols.y.n = in->x.rows;
	VT_TRY(kind->layer(ctx, settings, &symbols, of_x));
	for (size_t b = 0; b < kind->n_bounds; b++) {
		out[b].i_xt = of_x[b].i_ty;
		out[b].i_xt_se = of_x[b].i_ty_se;
		out[b].i_xt_lo = of_x[b].i_ty_lo;
		out[b].i_xt_hi = of_x[b].i_ty_hi;
		out[b].ceiling = fmin(out[b].ceiling, log((double)symbols.y.n_classes));
		out[b].flags &= ~(unsigned)VT_SATURATED; /* said of H(T) */
	}
done:
	free(label);
	return status;
}

enum vt_status vt_estimate_run(struct vt_ctx *ctx, const struct vt_estimate_kind *kind, const void *settings,
                               const struct vt_layer *in, struct vt_information out[2])
{
	enum vt_status status = VT_OK;
	VT_TRY(check_layer(ctx, in));
	if (usable(&in->t)) {
		if (!kind->layer) return layer_of_pairs(ctx, kind, settings, in, &out[0]);
		VT_TRY(kind->layer(ctx, settings, in, out));
		if (in->partial_x && in->x.x && !(out[0].flags & VT_INVALID)) VT_TRY(partial(ctx, kind, settings, in, out));
		return VT_OK;
	}
	for (size_t b = 0; b < kind->n_bounds; b++) out[b] = vt_information_none(in->t.rows, VT_DEGENERATE);
done:
	return status;
}

enum vt_status vt_estimate_layer(struct vt_ctx *ctx, const struct vt_chosen *chosen, const struct vt_layer *in,
                                 struct vt_information out[2])
{
	enum vt_status status = VT_OK;
	VT_TRY(vt_estimate_check(ctx, chosen));
	status = vt_estimate_run(ctx, vt_estimate_kind_of(chosen), chosen->settings, in, out);
done:
	return status;
}

struct vt_information vt_information_none(size_t n, unsigned flags)
{
	return (struct vt_information){
		.i_xt = NAN, .i_xt_se = NAN, .i_xt_lo = NAN, .i_xt_hi = NAN,
		.i_ty = NAN, .i_ty_se = NAN, .i_ty_lo = NAN, .i_ty_hi = NAN,
		.i_ty_null = NAN, .i_ty_null_p = NAN, .h_t = NAN, .out_of_range_share = NAN,
		.ceiling = log((double)n), .n = n, .flags = flags,
	};
}

static void interval(double value, double se, double *out_se, double *lo, double *hi)
{
	const double normal_975 = 1.959963984540054;
	*out_se = se;
	*lo = value - normal_975 * se;
	*hi = value + normal_975 * se;
}

void vt_scatter_add(struct vt_scatter *s, const uint32_t *block, size_t n, size_t i, double deviation)
{
	s->within += deviation;
	if (block && i + 1 < n && block[i + 1] == block[i]) return;
	s->sum += s->within * s->within;
	s->within = 0;
	s->blocks++;
}

double vt_scatter_error(const struct vt_scatter *s, const uint32_t *block, size_t n)
{
	double b = (double)s->blocks;
	if (!block) return sqrt(s->sum) / (double)n;
	return s->blocks > 1 ? sqrt(s->sum * b / (b - 1)) / (double)n : NAN;
}

void vt_information_errors(const struct vt_layer *in, double se_xt, double se_ty, struct vt_information *out)
{
	if (in->enumerated) {
		se_xt = se_ty = 0;
	} else {
		/* The scatter of rows that are alone says nothing: it is 0 by construction. */
		if (out->flags & VT_BIAS_DOMINATED) se_xt = se_ty = NAN;
		if (out->i_xt > out->ceiling - 0.05 / VT_BITS_PER_NAT) out->flags |= VT_SATURATED;
	}
	interval(out->i_xt, se_xt, &out->i_xt_se, &out->i_xt_lo, &out->i_xt_hi);
	if (in->y.y) interval(out->i_ty, se_ty, &out->i_ty_se, &out->i_ty_lo, &out->i_ty_hi);
}

enum vt_status vt_null_labels(struct vt_ctx *ctx, const struct vt_layer *in, int32_t **out)
{
	enum vt_status status = VT_OK;
	size_t n = in->y.n, total = 0;
	const struct vt_pair rows = { .x = { NULL, n, 0, 0 }, .block = in->block, .seed = in->seed };
	uint32_t *order = NULL;
	int32_t *label = NULL;
	VT_REQUIRE(ctx, !__builtin_mul_overflow(n, in->n_null, &total), VT_EDOMAIN,
	           "%zu shuffles of %zu labels are too many", in->n_null, n);
	VT_NEW(ctx, order, n);
	VT_NEW(ctx, label, total);
	for (size_t r = 0; r < in->n_null; r++) {
		VT_TRY(vt_null_order(ctx, &rows, r, order));
		for (size_t i = 0; i < n; i++) label[r * n + i] = in->y.y[order[i]];
	}
	*out = label;
	label = NULL;
done:
	free(order);
	free(label);
	return status;
}

void vt_null_summary(const struct vt_layer *in, const double *null, struct vt_information *out)
{
	const double rounding = 1e-9; /* nats: equal but for the order of a sum */
	double sum = 0;
	size_t as_large = 0;
	for (size_t r = 0; r < in->n_null; r++) {
		sum += null[r];
		as_large += null[r] >= out->i_ty - rounding;
	}
	out->i_ty_null = sum / (double)in->n_null;
	out->i_ty_null_p = (double)(1 + as_large) / (double)(in->n_null + 1);
}
