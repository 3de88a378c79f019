/* Three lower bounds of information from a critic's scores: what training follows, and what held-out rows say.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound.h"

/* e^x, kept below what a float's gradient can bear: NWJ's exponents explode where the critic is new. */
static double exp_bounded(double x)
{
	return exp(x < 20 ? x : 20);
}

/* ln sum_{i /= j} e^f_ij over the whole batch. */
static double log_total(const struct vt_critic *c)
{
	double top = -INFINITY, sum = 0;
	for (size_t i = 0; i < c->n; i++) top = fmax(top, c->top[i]);
	for (size_t i = 0; i < c->n; i++) sum += c->sum[i] * exp(c->top[i] - top);
	return top + log(sum);
}

void vt_bound_scales(enum vt_objective objective, struct vt_critic *c)
{
	double n = (double)c->n, total = objective == VT_DV ? log_total(c) : 0;
	for (size_t i = 0; i < c->n; i++) switch (objective) {
		case VT_INFONCE: c->scale[i] = 1 / (n * c->sum[i]); break;
		case VT_NWJ: c->scale[i] = exp_bounded(c->top[i] - 1) / (n * (n - 1)); break;
		case VT_DV: c->scale[i] = exp(c->top[i] - total); break;
		}
}

/* ---- held-out rows ------------------------------------------------------------ */

/* One batch of InfoNCE.  Row i enters its own term, and as a negative the sums of all others: the influence of the
 * latter is its share in those sums. */
static void infonce_local(const struct vt_critic *c, double *local)
{
	double n = (double)c->n;
	for (size_t i = 0; i < c->n; i++) local[i] = 1 + c->own[i] - c->top[i] - log(c->sum[i] / n);
	for (size_t i = 0; i < c->n; i++)
		for (size_t j = 0; j < c->n; j++) local[j] -= (double)c->score[i * c->lanes + j] / c->sum[i];
}

/* own[i] = f_ii; cross[i] = the means of e^(f - shift) over the pairs of row i and of column i, added. */
static void cross_means(const struct vt_critic *c, double shift, double *own, double *cross)
{
	double n = (double)c->n;
	memset(cross, 0, c->n * sizeof *cross);
	for (size_t i = 0; i < c->n; i++) {
		double scale = exp(c->top[i] - shift) / (n - 1);
		own[i] = c->own[i];
		cross[i] += scale * c->sum[i];
		for (size_t j = 0; j < c->n; j++) cross[j] += scale * (double)c->score[i * c->lanes + j];
	}
}

/* mean_i cross_i = 2 m.  Hoeffding's projection of the mean of e^f, a U statistic of order 2, is cross_i - 2 m: that
 * over m is its influence on ln m, that over e its influence on NWJ's second term. */
static void cross_local(enum vt_objective objective, double shift, size_t n, const double *cross, double *local,
                        double *partition_se)
{
	double m = 0, square = 0;
	for (size_t i = 0; i < n; i++) m += cross[i] / (2 * (double)n);
	for (size_t i = 0; i < n; i++) square += (cross[i] / m - 2) * (cross[i] / m - 2);
	*partition_se = sqrt(square) / (double)n;
	for (size_t i = 0; i < n; i++) {
		if (objective == VT_DV) local[i] -= shift + log(m) + cross[i] / m - 2;
		else local[i] -= exp(shift - 1) * (cross[i] - m);
	}
}

/* Batches of nearly equal size, at most the critic's. */
static size_t batches(const struct vt_critic *c, size_t n)
{
	return (n + c->shape.batch - 1) / c->shape.batch;
}

/* The greatest score of all: exponents are taken below it. */
static enum vt_status greatest(struct vt_ctx *ctx, struct vt_critic *c, const float *x, const float *y, size_t n,
                               double *out)
{
	enum vt_status status = VT_OK;
	double top = -INFINITY;
	for (size_t b = 0, count = batches(c, n); b < count; b++) {
		size_t begin = vt_block_begin(b, count, n), size = vt_block_begin(b + 1, count, n) - begin;
		VT_TRY(vt_critic_scores(ctx, c, x + begin * c->shape.dx, y + begin * c->shape.dy, size, false));
		for (size_t i = 0; i < size; i++) top = fmax(top, c->top[i]);
	}
	*out = top;
done:
	return status;
}

enum vt_status vt_bound_held_out(struct vt_ctx *ctx, enum vt_objective objective, struct vt_critic *c, const float *x,
                                 const float *y, size_t n, double *local, double *cross, double *partition_se)
{
	enum vt_status status = VT_OK;
	double shift = 0;
	*partition_se = 0;
	if (objective != VT_INFONCE) VT_TRY(greatest(ctx, c, x, y, n, &shift));
	for (size_t b = 0, count = batches(c, n); b < count; b++) {
		size_t begin = vt_block_begin(b, count, n), size = vt_block_begin(b + 1, count, n) - begin;
		VT_TRY(vt_critic_scores(ctx, c, x + begin * c->shape.dx, y + begin * c->shape.dy, size, objective == VT_INFONCE));
		if (objective == VT_INFONCE) infonce_local(c, local + begin);
		else cross_means(c, shift, local + begin, cross + begin);
	}
	if (objective != VT_INFONCE) cross_local(objective, shift, n, cross, local, partition_se);
done:
	return status;
}

/* ---- the kinds' estimate ------------------------------------------------------- */

enum vt_status vt_bound_check(struct vt_ctx *ctx, const void *settings)
{
	const struct vt_critic_settings *s = settings;
	if (s->folds > 1 || s->test + s->validation < 1) return VT_OK;
	return vt_ctx_fail(ctx, VT_ECONFIG, "test = %g and validation = %g leave no rows to train on", s->test, s->validation);
}

/* Two normal pairs with the perfect critic, batch 256 (ceiling 5.55): 2.89 for 3 nats, 3.35 for 3.5, 3.77 for 4, 4.52
 * for 5, 5.03 for 6, each +- 0.013.  Nearer the ceiling than this, more than 0.15 nat is lost whatever the critic. */
static const double infonce_margin = 2;
/* Relative error of the mean of e^f beyond which its logarithm is uncertain by more than 0.1 nat. */
static const double largest_partition_se = 0.1;

static void flag_bound(enum vt_objective objective, const struct vt_critic_bound *b, struct vt_estimated *e)
{
	if (objective == VT_INFONCE && b->value > e->ceiling - infonce_margin)
		vt_estimated_flag(e, VT_SATURATED, "%.2f nats are near the ceiling ln %zu = %.2f: the truth may lie far above",
		                  b->value, b->batch, e->ceiling);
	if (objective != VT_INFONCE && b->partition_se > largest_partition_se)
		vt_estimated_flag(e, VT_OUT_OF_REGIME, "the mean of e^f on %zu test rows has a relative error of %.2g: this "
		                  "value bounds nothing", b->n_test, b->partition_se);
	if (b->rising)
		vt_estimated_flag(e, 0, "still rising after %lld steps: a larger `steps' may raise it", (long long)b->steps);
}

/* Any lower bound that holds with high probability is at most about ln of the rows behind it (McAllester & Stratos
 * 2020). */
enum vt_status vt_bound_estimate(struct vt_ctx *ctx, enum vt_objective objective,
                                 const struct vt_critic_settings *s, const struct vt_pair *in,
                                 struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_critic_bound b;
	VT_TRY(vt_critic_bound(ctx, in, objective, s, &b));
	out->bound = VT_LOWER;
	if (b.batch == 0) {
		vt_estimated_flag(out, VT_DEGENERATE, "%zu rows split into %zu, %zu and %zu: at least 16 to train on, 8 to validate "
		                  "with and 8 to test are wanted", in->x.rows, b.n_train, b.n_validation, b.n_test);
		goto done;
	}
	if (!isfinite(b.value) || !isfinite(b.se)) {
		vt_estimated_flag(out, VT_DIVERGED, "the critic's scores left the finite numbers");
		goto done;
	}
	out->ceiling = log((double)(objective == VT_INFONCE ? b.batch : b.n_test));
	vt_estimated_normal(b.value, b.se, in->block ? "local terms of test rows, summed over blocks"
	                                             : "local terms of test rows", out);
	flag_bound(objective, &b, out);
done:
	return status;
}
