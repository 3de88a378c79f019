/* The door to estimators of pairs: looks at the data before anybody computes with them, and adds what every
 * estimate carries (null, resampled error, time).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pair.h"
#include "venturi/num.h"
#include "venturi/rng.h"

struct vt_estimated vt_estimated_nothing(void)
{
	return (struct vt_estimated){
		.bound = VT_POINT, .mi = NAN, .se = NAN, .lo = NAN, .hi = NAN, .lower = NAN, .upper = NAN, .ceiling = NAN,
		.null_mean = NAN, .null_p = NAN, .calibrated = NAN, .calibrated_lo = NAN, .calibrated_hi = NAN, .unit = "nat",
	};
}

struct vt_estimated vt_estimated_none(const struct vt_pair *in, unsigned flags, const char *format, ...)
{
	struct vt_estimated e = vt_estimated_nothing();
	e.n = in->x.rows;
	e.dim_x = in->x.cols;
	e.dim_y = in->y.cols;
	e.dim_z = in->z.cols;
	e.flags = flags;
	va_list arguments;
	if (!format) return e;
	va_start(arguments, format);
	vsnprintf(e.reason, sizeof e.reason, format, arguments);
	va_end(arguments);
	return e;
}

void vt_estimated_flag(struct vt_estimated *e, unsigned flags, const char *format, ...)
{
	va_list arguments;
	e->flags |= flags;
	if (e->reason[0]) return;
	va_start(arguments, format);
	vsnprintf(e->reason, sizeof e->reason, format, arguments);
	va_end(arguments);
}

void vt_estimated_normal(double mi, double se, const char *method, struct vt_estimated *e)
{
	const double normal_975 = 1.959963984540054;
	e->mi = mi;
	e->se = se;
	e->lo = mi - normal_975 * se;
	e->hi = mi + normal_975 * se;
	e->method = method;
}

/* Sums over blocks are independent where rows are not: n^-2 sum over blocks of (sum of deviations)^2, with the
 * factor B / (B - 1) for the estimated mean. */
double vt_local_error(const struct vt_pair *in, const double *local)
{
	size_t n = in->x.rows, blocks = 0;
	double mean = 0, sum = 0, within = 0;
	for (size_t i = 0; i < n; i++) mean += local[i] / (double)n;
	for (size_t i = 0; i < n; i++) {
		within += local[i] - mean;
		if (in->block && i + 1 < n && in->block[i + 1] == in->block[i]) continue;
		sum += within * within;
		within = 0;
		blocks++;
	}
	if (blocks < 2) return NAN;
	return sqrt(sum * (double)blocks / (double)(blocks - 1)) / (double)n;
}

/* The variance of an estimate of information, over the information: 2 / n where little is shared. */
static double growth(double variance, double mi, double n)
{
	return mi > 0 ? fmin(variance / mi, 2 / n) : 2 / n;
}

void vt_estimated_fitted(const struct vt_pair *in, const double *local, double mi, size_t parameters, double more,
                         struct vt_estimated *e)
{
	const double one_sided_96 = 1.750686071252170, normal_975 = 1.959963984540054;
	double n = (double)in->x.rows, scatter = vt_local_error(in, local), cell = (double)parameters / (n * n);
	double excess = fmax(scatter * scatter - cell, 0), a = growth(excess, mi, n), shift = normal_975 * normal_975 * a / 4;
	const char *method = in->block ? "sums of local terms over blocks; limits of sqrt(I)"
	                               : "local terms; limits of sqrt(I)";
	vt_estimated_normal(mi, sqrt(excess + cell / 2 + more * more), method, e);
	bool above = e->se > normal_975 * a / 2 && e->lo + shift > 0;
	e->lo = above ? fmin(e->lo + shift, mi) : fmin(mi, 0);
	e->hi = above ? e->hi + shift : mi + one_sided_96 * (e->se + one_sided_96 * a / 4);
}

void vt_estimated_local(const struct vt_pair *in, const double *local, struct vt_estimated *e)
{
	double mean = 0;
	for (size_t i = 0; i < in->x.rows; i++) mean += local[i];
	vt_estimated_normal(mean / (double)in->x.rows, vt_local_error(in, local),
	                    in->block ? "local terms, summed over blocks" : "local terms", e);
}

/* ---- what is looked at first --------------------------------------------- */

static enum vt_status check_finite(struct vt_ctx *ctx, const char *name, const struct vt_mat *m)
{
	size_t bad = 0, row = 0, col = 0;
	for (size_t i = m->rows; i-- > 0;)
		for (size_t c = m->cols; c-- > 0;)
			if (!isfinite(m->x[i * m->stride + c])) {
				bad++;
				row = i;
				col = c;
			}
	if (bad == 0) return VT_OK;
	return vt_ctx_fail(ctx, VT_EDOMAIN, "%s has %zu values that are not finite, the first in row %zu, column %zu", name,
	                   bad, row, col);
}

static enum vt_status check_rows(struct vt_ctx *ctx, const struct vt_pair *in)
{
	enum vt_status status = VT_OK;
	VT_REQUIRE(ctx, in->x.rows == in->y.rows, VT_EDOMAIN, "x has %zu rows, y has %zu", in->x.rows, in->y.rows);
	VT_REQUIRE(ctx, in->z.cols == 0 || in->z.rows == in->x.rows, VT_EDOMAIN, "x has %zu rows, z has %zu", in->x.rows,
	           in->z.rows);
	VT_REQUIRE(ctx, in->x.cols > 0 && in->y.cols > 0, VT_EDOMAIN, "x has %zu columns, y has %zu: at least 1 is wanted",
	           in->x.cols, in->y.cols);
	VT_REQUIRE(ctx, in->x.rows >= 2, VT_EDOMAIN, "information needs at least 2 rows, there %s %zu",
	           in->x.rows == 1 ? "is" : "are", in->x.rows);
	VT_REQUIRE(ctx, in->x.rows <= UINT32_MAX / 2, VT_EDOMAIN, "%zu rows are too many", in->x.rows);
	VT_TRY(check_finite(ctx, "x", &in->x));
	VT_TRY(check_finite(ctx, "y", &in->y));
	VT_TRY(check_finite(ctx, "z", &in->z));
done:
	return status;
}

static bool column_constant(const struct vt_mat *m, size_t c)
{
	for (size_t i = 1; i < m->rows; i++)
		if (m->x[i * m->stride + c] != m->x[c]) return false;
	return true;
}

/* A column that never changes tells nothing; products of covariances would be singular with it.  *copy holds
 * the rest and is the caller's; null where nothing was dropped. */
static enum vt_status drop_constant(struct vt_ctx *ctx, struct vt_mat *m, double **copy)
{
	enum vt_status status = VT_OK;
	size_t keep = 0;
	double *rest = NULL;
	uint32_t *column = NULL;
	VT_NEW(ctx, column, m->cols);
	for (size_t c = 0; c < m->cols; c++)
		if (!column_constant(m, c)) column[keep++] = (uint32_t)c;
	if (keep < m->cols) {
		VT_NEW(ctx, rest, m->rows * keep);
		for (size_t i = 0; i < m->rows; i++)
			for (size_t c = 0; c < keep; c++) rest[i * keep + c] = m->x[i * m->stride + column[c]];
		*copy = rest;
		*m = (struct vt_mat){ rest, m->rows, keep, keep };
	}
done:
	free(column);
	return status;
}

/* Whether column b of y is an affine map of column a of x on the rows that are looked at. */
static bool affine(const struct vt_mat *x, size_t a, const struct vt_mat *y, size_t b, size_t rows)
{
	double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
	for (size_t i = 0; i < rows; i++) {
		mx += x->x[i * x->stride + a] / (double)rows;
		my += y->x[i * y->stride + b] / (double)rows;
	}
	for (size_t i = 0; i < rows; i++) {
		double u = x->x[i * x->stride + a] - mx, v = y->x[i * y->stride + b] - my;
		xx += u * u;
		yy += v * v;
		xy += u * v;
	}
	return xx > 0 && yy > 0 && fabs(xy) > (1 - 1e-13) * sqrt(xx) * sqrt(yy);
}

/* Whether more than half of the column's values differ: atoms carry finite information, a density does not. */
static enum vt_status mostly_distinct(struct vt_ctx *ctx, const struct vt_mat *m, size_t c, bool *out)
{
	enum vt_status status = VT_OK;
	size_t distinct = 1;
	double *v = NULL;
	VT_NEW(ctx, v, m->rows);
	for (size_t i = 0; i < m->rows; i++) v[i] = m->x[i * m->stride + c];
	vt_sort(v, m->rows);
	for (size_t i = 1; i < m->rows; i++) distinct += v[i] != v[i - 1];
	*out = 2 * distinct > m->rows;
done:
	free(v);
	return status;
}

/* A continuous column that stands in both variables makes the information infinite.  A few rows rule most pairs of
 * columns out. */
static enum vt_status shared_column(struct vt_ctx *ctx, const struct vt_pair *in, size_t *a, size_t *b, bool *out)
{
	const size_t few = in->x.rows < 64 ? in->x.rows : 64;
	*out = false;
	if (in->x.rows < 3) return VT_OK;
	for (*a = 0; *a < in->x.cols; (*a)++)
		for (*b = 0; *b < in->y.cols; (*b)++) {
			if (!affine(&in->x, *a, &in->y, *b, few) || !affine(&in->x, *a, &in->y, *b, in->x.rows)) continue;
			enum vt_status status = mostly_distinct(ctx, &in->x, *a, out);
			if (status != VT_OK || *out) return status;
		}
	return VT_OK;
}

/* ---- null and resampling --------------------------------------------------- */

static double statistic(const struct vt_estimated *e)
{
	return e->bound == VT_BRACKET ? e->lower : e->mi;
}

static enum vt_status permuted(struct vt_ctx *ctx, const struct vt_estimate_kind *kind, const void *settings,
                               const struct vt_pair *in, const uint32_t *order, double *mi)
{
	enum vt_status status = VT_OK;
	struct vt_pair p = *in;
	struct vt_estimated e;
	double *y = NULL;
	VT_TRY(vt_rows_taken(ctx, &in->y, order, in->y.rows, &y));
	p.y = (struct vt_mat){ y, in->y.rows, in->y.cols, in->y.cols };
	VT_TRY(vt_estimate_raw(ctx, kind, settings, &p, &e));
	*mi = statistic(&e);
done:
	free(y);
	return status;
}

static enum vt_status null(struct vt_ctx *ctx, const struct vt_estimate_kind *kind, const void *settings,
                           const struct vt_pair *in, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	const double rounding = 1e-9; /* nats: equal but for the order of a sum */
	size_t n = in->x.rows, total, as_large = 0;
	uint32_t *order = NULL;
	double *mi = NULL, sum = 0, observed = statistic(out);
	VT_REQUIRE(ctx, !__builtin_mul_overflow(n, in->n_null, &total), VT_EDOMAIN, "%zu permutations of %zu rows are too "
	           "many", in->n_null, n);
	VT_NEW(ctx, order, total);
	VT_NEW(ctx, mi, in->n_null);
	VT_TRY(vt_null_orders(ctx, in, in->n_null, order));
	if (kind->test) VT_TRY(kind->test(ctx, settings, in, order, &observed, mi));
	else if (kind->null) VT_TRY(kind->null(ctx, settings, in, order, mi));
	for (size_t r = 0; r < in->n_null; r++) {
		if (!kind->test && !kind->null) VT_TRY(permuted(ctx, kind, settings, in, order + r * n, &mi[r]));
		sum += mi[r];
		as_large += !(mi[r] < observed - rounding); /* what has no answer counts against */
	}
	out->null_mean = sum / (double)in->n_null;
	out->null_p = (double)(1 + as_large) / (double)(in->n_null + 1);
done:
	free(order);
	free(mi);
	return status;
}

/* A half of the rows, or of the blocks, in their order. */
static size_t draw_half(const struct vt_pair *in, size_t replicate, uint32_t *row, uint32_t *scratch)
{
	struct vt_rng rng = vt_rng_stream(in->seed, VT_PURPOSE_RESAMPLE, replicate);
	size_t n = in->x.rows, units = in->block ? 1 : n, taken = 0, unit = 0;
	for (size_t i = 1; in->block && i < n; i++) units += in->block[i] != in->block[i - 1];
	for (size_t u = 0; u < units; u++) scratch[u] = u < units / 2;
	vt_rng_shuffle(&rng, scratch, units);
	for (size_t i = 0; i < n; i++) {
		if (i > 0) unit += !in->block || in->block[i] != in->block[i - 1];
		if (scratch[unit]) row[taken++] = (uint32_t)i;
	}
	return taken;
}

static enum vt_status estimate_rows(struct vt_ctx *ctx, const struct vt_estimate_kind *kind, const void *settings,
                                    const struct vt_pair *in, const uint32_t *row, size_t n, double *mi)
{
	enum vt_status status = VT_OK;
	struct vt_pair p = *in;
	struct vt_estimated e;
	double *x = NULL, *y = NULL, *z = NULL;
	p.block = NULL; /* only the estimate is wanted, not its error */
	VT_TRY(vt_rows_taken(ctx, &in->x, row, n, &x));
	VT_TRY(vt_rows_taken(ctx, &in->y, row, n, &y));
	VT_TRY(vt_rows_taken(ctx, &in->z, row, n, &z));
	p.x = (struct vt_mat){ x, n, in->x.cols, in->x.cols };
	p.y = (struct vt_mat){ y, n, in->y.cols, in->y.cols };
	p.z = (struct vt_mat){ z, n, in->z.cols, in->z.cols };
	VT_TRY(vt_estimate_raw(ctx, kind, settings, &p, &e));
	*mi = statistic(&e);
done:
	free(x);
	free(y);
	free(z);
	return status;
}

/* Half-samples without replacement: no ties are made, and the variance about their mean, (1/m - 1/n) n = 1 times
 * that at n rows for m = n / 2, is the one wanted. */
static enum vt_status resample(struct vt_ctx *ctx, const struct vt_estimate_kind *kind, const void *settings,
                               const struct vt_pair *in, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	size_t n = in->x.rows, b = in->n_resample;
	uint32_t *row = NULL, *scratch = NULL;
	double mean = 0, sum = 0, *mi = NULL;
	VT_NEW(ctx, row, n);
	VT_NEW(ctx, scratch, n);
	VT_NEW(ctx, mi, b);
	for (size_t r = 0; r < b; r++) {
		size_t taken = draw_half(in, r, row, scratch);
		VT_REQUIRE(ctx, taken >= 2 && taken < n, VT_EDOMAIN, "half of %zu rows cannot be drawn by whole blocks", n);
		VT_TRY(estimate_rows(ctx, kind, settings, in, row, taken, &mi[r]));
		mean += mi[r] / (double)b;
	}
	for (size_t r = 0; r < b; r++) sum += (mi[r] - mean) * (mi[r] - mean);
	if (out->bound != VT_BRACKET)
		vt_estimated_normal(out->mi, b > 1 ? sqrt(sum / (double)(b - 1)) : NAN,
		                    in->block ? "half-samples of blocks" : "half-samples", out);
done:
	free(row);
	free(scratch);
	free(mi);
	return status;
}

/* ---- the door ---------------------------------------------------------------- */

static unsigned nature(const struct vt_pair *in)
{
	unsigned xy = in->discrete_x && in->discrete_y ? VT_TAKES_DISCRETE
	              : in->discrete_x || in->discrete_y ? VT_TAKES_LABELS
	                                                 : VT_TAKES_CONTINUOUS;
	return xy | (in->z.cols > 0 ? VT_TAKES_CONDITION : 0);
}

static const char *nature_words(unsigned wanted)
{
	if (wanted & VT_TAKES_CONDITION) return "a pair with a condition of these types";
	if (wanted & VT_TAKES_DISCRETE) return "two discrete variables";
	return wanted & VT_TAKES_LABELS ? "a discrete variable with a continuous one" : "two continuous variables";
}

enum vt_status vt_estimate_raw(struct vt_ctx *ctx, const struct vt_estimate_kind *kind, const void *settings,
                               const struct vt_pair *in, struct vt_estimated *out)
{
	unsigned wanted = nature(in);
	if (!kind->pair || (kind->traits & wanted) != wanted) {
		*out = vt_estimated_none(in, VT_NOT_COMPUTED, "%s does not take %s", kind->kind.name, nature_words(wanted));
		return VT_OK;
	}
	*out = vt_estimated_none(in, 0, NULL);
	return kind->pair(ctx, settings, in, out);
}

/* True where the answer does not depend on the estimator.  `in` is the caller's pair, so that a reason names its
 * variables and columns; `left` is without constant columns. */
static enum vt_status foregone(struct vt_ctx *ctx, const struct vt_pair *in, const struct vt_pair *left,
                               struct vt_estimated *out, bool *known)
{
	enum vt_status status = VT_OK;
	size_t a = 0, b = 0;
	*known = true;
	*out = vt_estimated_none(in, 0, NULL);
	if (left->x.cols == 0 || left->y.cols == 0) {
		vt_estimated_normal(0, 0, "exact", out);
		snprintf(out->reason, sizeof out->reason, "%s is constant: it carries no information",
		         left->x.cols == 0 ? "x" : "y");
		return VT_OK;
	}
	*known = false;
	if (in->discrete_x || in->discrete_y) return VT_OK;
	VT_TRY(shared_column(ctx, in, &a, &b, known));
	if (*known)
		vt_estimated_flag(out, VT_DETERMINISTIC, "column %zu of y is an affine map of column %zu of x: the information is "
		                  "infinite", b, a);
done:
	return status;
}

static enum vt_status estimate(struct vt_ctx *ctx, const struct vt_estimate_kind *kind, const void *settings,
                               const struct vt_pair *in, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	VT_TRY(vt_estimate_raw(ctx, kind, settings, in, out));
	if (out->flags & VT_INVALID) goto done;
	if (in->n_resample > 0) VT_TRY(resample(ctx, kind, settings, in, out));
	if (in->n_null > 0) VT_TRY(null(ctx, kind, settings, in, out));
done:
	return status;
}

/* Puts x and y into an order of their own, by dimension and then by the first row that differs, so that I(X;Y) and
 * I(Y;X) are computed by the same operations and agree bit by bit. */
static void order_variables(struct vt_pair *p)
{
	bool swap = p->x.cols > p->y.cols || (p->x.cols == p->y.cols && p->discrete_x && !p->discrete_y);
	bool tied = p->x.cols == p->y.cols && p->discrete_x == p->discrete_y;
	for (size_t i = 0; tied && i < p->x.rows; i++)
		for (size_t c = 0; tied && c < p->x.cols; c++) {
			double x = p->x.x[i * p->x.stride + c], y = p->y.x[i * p->y.stride + c];
			tied = x == y;
			swap = x > y;
		}
	if (!swap) return;
	*p = (struct vt_pair){ p->y, p->x, p->z, p->discrete_y, p->discrete_x, p->discrete_z, p->block, p->n_null,
	                       p->n_resample, p->seed, !p->swapped };
}

enum vt_status vt_estimate_pair(struct vt_ctx *ctx, const struct vt_chosen *chosen, const struct vt_pair *in,
                                struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	const struct vt_estimate_kind *kind = vt_estimate_kind_of(chosen);
	struct vt_pair p = *in;
	struct vt_estimated e;
	double *x = NULL, *y = NULL, *z = NULL, began = vt_clock();
	bool known;
	VT_TRY(vt_estimate_check(ctx, chosen));
	VT_TRY(check_rows(ctx, in));
	VT_TRY(drop_constant(ctx, &p.x, &x));
	VT_TRY(drop_constant(ctx, &p.y, &y));
	VT_TRY(drop_constant(ctx, &p.z, &z));
	VT_TRY(foregone(ctx, in, &p, &e, &known));
	if (!known) {
		if (kind->traits & VT_SYMMETRIC) order_variables(&p);
		VT_TRY(estimate(ctx, kind, chosen->settings, &p, &e));
	}
	e.dim_x = in->x.cols;
	e.dim_y = in->y.cols;
	e.dim_z = in->z.cols;
	e.seconds = vt_clock() - began;
	*out = e;
done:
	if (status != VT_OK) vt_ctx_frame(ctx, "in estimator %s", kind->kind.name);
	free(x);
	free(y);
	free(z);
	return status;
}
