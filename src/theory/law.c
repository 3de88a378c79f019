/* Reads a table p(x, y): checks it, merges rows that say the same of Y, and finds what is
 * known before any curve.  Called by every solver of discrete laws.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "law.h"

static const double same = 1e-9;     /* relative: rounding in a generator is below, any meaning above */
static const double certain = 1e-12; /* a label this sure is no longer noisy */

double vt_plogp(double p)
{
	return p > 0 ? -p * log(p) : 0;
}

/* ---- the table ----------------------------------------------------------- */

static enum vt_status check(struct vt_ctx *ctx, struct vt_mat joint, double *sum)
{
	enum vt_status status;
	*sum = 0;
	VT_REQUIRE(ctx, joint.rows > 0 && joint.cols > 0, VT_EDOMAIN, "a law of %zu x %zu has no entry", joint.rows,
	           joint.cols);
	for (size_t i = 0; i < joint.rows; i++)
		for (size_t j = 0; j < joint.cols; j++) {
			double p = joint.x[i * joint.stride + j];
			VT_REQUIRE(ctx, p >= 0 && p <= 1 + 1e-9, VT_EDOMAIN, "p(x = %zu, y = %zu) = %g is no probability", i, j, p);
			*sum += p;
		}
	VT_REQUIRE(ctx, fabs(*sum - 1) <= 1e-9, VT_EDOMAIN, "the law of %zu x %zu sums to %.12g, wanted 1", joint.rows,
	           joint.cols, *sum);
	status = VT_OK;
done:
	return status;
}

/* ---- merging --------------------------------------------------------------- */

struct row {
	size_t n, index;
	const double *cond;
};

/* To 30 bits of mantissa: equal rows that differ in rounding get the same key, and keys, unlike
 * comparisons with a tolerance, have an order. */
static double key(double p)
{
	int e;
	double mantissa = frexp(p, &e);
	return ldexp(round(ldexp(mantissa, 30)), e - 30);
}

static int by_conditional(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	for (size_t j = 0; j < x->n; j++) {
		double u = key(x->cond[j]), v = key(y->cond[j]);
		if (u != v) return u < v ? -1 : 1;
	}
	return (x->index > y->index) - (x->index < y->index);
}

static bool alike(const double *a, const double *b, size_t n)
{
	for (size_t j = 0; j < n; j++)
		if (fabs(a[j] - b[j]) > same * fmax(a[j], b[j])) return false;
	return true;
}

/* Rows of the law as conditionals, without those of probability 0, sorted. */
static size_t sort_rows(struct vt_mat joint, double *cond, struct row *row, double *h_x)
{
	size_t n = 0;
	*h_x = 0;
	for (size_t i = 0; i < joint.rows; i++) {
		double *c = cond + n * joint.cols, p = 0;
		for (size_t j = 0; j < joint.cols; j++) p += joint.x[i * joint.stride + j];
		if (p <= 0) continue;
		for (size_t j = 0; j < joint.cols; j++) c[j] = joint.x[i * joint.stride + j] / p;
		row[n++] = (struct row){ joint.cols, i, c };
		*h_x += vt_plogp(p);
	}
	qsort(row, n, sizeof *row, by_conditional);
	return n;
}

/* Sums what is alike into one row each; `sum` is the table's, so that the law has exactly 1. */
static void merge_rows(struct vt_mat joint, const struct row *row, size_t n, double sum, struct vt_law *l)
{
	for (size_t k = 0; k < n; k++) {
		if (k == 0 || !alike(row[k - 1].cond, row[k].cond, l->n_y)) l->n_x++;
		double *to = l->joint + (l->n_x - 1) * l->n_y;
		for (size_t j = 0; j < l->n_y; j++) to[j] += joint.x[row[k].index * joint.stride + j] / sum;
	}
}

static void fill_margins(struct vt_law *l)
{
	for (size_t i = 0; i < l->n_x; i++)
		for (size_t j = 0; j < l->n_y; j++) {
			l->px[i] += l->joint[i * l->n_y + j];
			l->py[j] += l->joint[i * l->n_y + j];
		}
	for (size_t i = 0; i < l->n_x; i++)
		for (size_t j = 0; j < l->n_y; j++) l->cond[i * l->n_y + j] = l->joint[i * l->n_y + j] / l->px[i];
}

/* ---- facts ------------------------------------------------------------------ */

double vt_law_information(const struct vt_law *l, size_t n, const double *w)
{
	double sum = 0;
	for (size_t t = 0; t < n; t++) {
		double q = 0;
		for (size_t j = 0; j < l->n_y; j++) q += w[t * l->n_y + j];
		for (size_t j = 0; j < l->n_y; j++)
			if (w[t * l->n_y + j] > 0) sum += w[t * l->n_y + j] * log(w[t * l->n_y + j] / (q * l->py[j]));
	}
	return fmax(sum, 0);
}

/* Entry of the matrix whose largest singular value is the maximal correlation: with the trivial
 * pair of singular vectors taken out before, not after, the product. */
static double centred(const struct vt_law *l, size_t i, size_t j)
{
	double p = l->px[i] * l->py[j];
	return p > 0 ? (l->joint[i * l->n_y + j] - p) / sqrt(p) : 0;
}

/* Gram matrix over the shorter side. */
static void gram(const struct vt_law *l, size_t n, bool over_y, double *out)
{
	size_t m = over_y ? l->n_x : l->n_y;
	for (size_t a = 0; a < n; a++)
		for (size_t b = 0; b <= a; b++) {
			double sum = 0;
			for (size_t k = 0; k < m; k++)
				sum += over_y ? centred(l, k, a) * centred(l, k, b) : centred(l, a, k) * centred(l, b, k);
			out[a * n + b] = out[b * n + a] = sum;
		}
}

static enum vt_status correlation(struct vt_ctx *ctx, struct vt_law *l)
{
	enum vt_status status;
	bool over_y = l->n_y <= l->n_x;
	size_t n = over_y ? l->n_y : l->n_x;
	double *a = NULL, *value = NULL, square = 0;

	VT_NEW(ctx, a, n * n);
	VT_NEW(ctx, value, n);
	gram(l, n, over_y, a);
	vt_symmetric_eigenvalues(n, a, value);
	for (size_t i = 0; i < n; i++) square = fmax(square, value[i]);
	if (square < 1e-14) square = 0; /* what rounding leaves of independence */
	square = l->facts.deterministic && l->facts.h_y > 0 ? 1 : fmin(square, 1);
	l->facts.correlation = sqrt(square);
	l->facts.beta_c = square > 0 ? 1 / square : INFINITY;
	status = VT_OK;
done:
	free(a);
	free(value);
	return status;
}

static bool is_deterministic(const struct vt_law *l)
{
	for (size_t i = 0; i < l->n_x; i++) {
		double most = 0;
		for (size_t j = 0; j < l->n_y; j++) most = fmax(most, l->cond[i * l->n_y + j]);
		if (most < 1 - certain) return false;
	}
	return true;
}

static enum vt_status find_facts(struct vt_ctx *ctx, double h_x, struct vt_law *l)
{
	struct vt_ib_facts *f = &l->facts;
	f->n_states = l->n_x;
	f->h_x = h_x;
	for (size_t i = 0; i < l->n_x; i++) f->h_states += vt_plogp(l->px[i]);
	for (size_t j = 0; j < l->n_y; j++) f->h_y += vt_plogp(l->py[j]);
	f->deterministic = is_deterministic(l);
	f->i_xy = f->deterministic ? f->h_y : vt_law_information(l, l->n_x, l->joint);
	return correlation(ctx, l);
}

/* ---- entries ------------------------------------------------------------------ */

enum vt_status vt_law_create(struct vt_ctx *ctx, struct vt_mat joint, struct vt_law **out)
{
	enum vt_status status;
	struct vt_law *l = NULL;
	struct row *row = NULL;
	double *cond = NULL, sum, h_x;

	VT_NEW(ctx, l, 1);
	VT_TRY(check(ctx, joint, &sum));
	VT_NEW(ctx, row, joint.rows);
	VT_NEW(ctx, cond, joint.rows * joint.cols);
	VT_NEW(ctx, l->px, joint.rows);
	VT_NEW(ctx, l->py, joint.cols);
	VT_NEW(ctx, l->joint, joint.rows * joint.cols);
	VT_NEW(ctx, l->cond, joint.rows * joint.cols);
	l->n_y = joint.cols;
	size_t n = sort_rows(joint, cond, row, &h_x);
	merge_rows(joint, row, n, sum, l);
	fill_margins(l);
	VT_TRY(find_facts(ctx, h_x, l));
	*out = l;
	l = NULL;
	status = VT_OK;
done:
	vt_law_free(l);
	free(row);
	free(cond);
	return status;
}

void vt_law_free(struct vt_law *l)
{
	if (!l) return;
	free(l->px);
	free(l->py);
	free(l->joint);
	free(l->cond);
	free(l);
}

enum vt_status vt_ib_facts(struct vt_ctx *ctx, struct vt_mat joint, struct vt_ib_facts *out)
{
	struct vt_law *l = NULL;
	enum vt_status status = vt_law_create(ctx, joint, &l);
	if (status == VT_OK) *out = l->facts;
	vt_law_free(l);
	return status;
}

double vt_ib_cost(const struct vt_ib_point *p, double beta)
{
	return p->i_xt - beta * p->i_ty;
}

double vt_dib_cost(const struct vt_ib_point *p, double beta)
{
	return p->h_t - beta * p->i_ty;
}

struct vt_ib_settings vt_ib_resolved(const struct vt_ib_settings *s)
{
	struct vt_ib_settings out = s ? *s : (struct vt_ib_settings){ 0 };
	if (out.n_starts == 0) out.n_starts = 4;
	if (out.n_starts == SIZE_MAX) out.n_starts = 0;
	if (out.max_iterations == 0) out.max_iterations = 20000;
	if (out.tolerance <= 0) out.tolerance = 1e-11;
	return out;
}

enum vt_status vt_ib_check_betas(struct vt_ctx *ctx, size_t n, const double *beta)
{
	for (size_t i = 0; i < n; i++)
		if (!(beta[i] >= 0 && beta[i] < INFINITY))
			return vt_ctx_fail(ctx, VT_EDOMAIN, "beta %zu of %zu is %g, wanted a finite number of at least 0", i, n,
			                   beta[i]);
	return VT_OK;
}

/* Insertion: there are some dozens. */
void vt_ib_order(size_t n, const double *beta, size_t *order)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = i;
		for (; k > 0 && beta[order[k - 1]] > beta[i]; k--) order[k] = order[k - 1];
		order[k] = i;
	}
}
