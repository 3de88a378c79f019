/* Elliptical copulas fitted to ranks.  Called by copula, student, auto and calibration.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "elliptical.h"
#include "normal.h"
#include "venturi/linear.h"
#include "venturi/num.h"

static const double least_pivot = 1e-12;

void vt_elliptical_clear(struct vt_elliptical *f)
{
	free(f->score);
	free(f->correlation);
	*f = (struct vt_elliptical){ 0 };
}

/* ---- quantiles --------------------------------------------------------------- */

/* g = asinh of the t quantile as a function of the normal one, z, cubic between nodes: some hundred nodes serve all
 * ranks of all columns. */
struct quantiles {
	double nu, step;
	size_t n;
	double *value, *slope;
};

/* dg/dz: mass is kept, phi(z) dz = f(t) dt, and dt = cosh g dg. */
static double slope(double z, double g, double nu)
{
	return gsl_ran_ugaussian_pdf(z) / gsl_ran_tdist_pdf(sinh(g), nu) / cosh(g);
}

/* By Runge & Kutta's fourth order from g(0) = 0: to 1e-9, where inverting the distribution function fails for some nu
 * below 1. */
static enum vt_status quantiles_create(struct vt_ctx *ctx, double nu, double largest, struct quantiles *q)
{
	enum vt_status status = VT_OK;
	q->nu = nu;
	if (isinf(nu)) goto done;
	q->step = 1.0 / 64;
	q->n = (size_t)(largest / q->step) + 3;
	VT_NEW(ctx, q->value, q->n);
	VT_NEW(ctx, q->slope, q->n);
	for (size_t i = 0; i < q->n; i++) {
		double z = (double)i * q->step, h = q->step, g = q->value[i];
		double a = slope(z, g, nu), b = slope(z + h / 2, g + h / 2 * a, nu), c = slope(z + h / 2, g + h / 2 * b, nu);
		q->slope[i] = a;
		if (i + 1 < q->n) q->value[i + 1] = g + h / 6 * (a + 2 * b + 2 * c + slope(z + h, g + h * c, nu));
	}
done:
	return status;
}

static void quantiles_clear(struct quantiles *q)
{
	free(q->value);
	free(q->slope);
}

static double quantile(const struct quantiles *q, double z)
{
	if (!q->value) return z;
	double at = fabs(z) / q->step;
	size_t i = (size_t)at;
	double t = at - (double)i, s = 1 - t;
	double g = q->value[i] * s * s * (1 + 2 * t) + q->value[i + 1] * t * t * (1 + 2 * s) +
	           q->step * t * s * (q->slope[i] * s - q->slope[i + 1] * t);
	return copysign(sinh(g), z);
}

/* ---- likelihood ---------------------------------------------------------------- */

/* Normal scores z (n x d) to fit, and scratch for one trial. */
struct trial {
	size_t n, d;
	const double *z;
	double *score, *weight;          /* n x d, n */
	double *factor;                  /* d x d, and its inverse behind it */
	double *scatter;                 /* d x d, the correlation in the end */
	double *white;                   /* n x d */
};

static void trial_clear(struct trial *t)
{
	free(t->score);
	free(t->weight);
	free(t->factor);
	free(t->scatter);
	free(t->white);
}

static enum vt_status trial_create(struct vt_ctx *ctx, size_t n, size_t d, const double *z, struct trial *t)
{
	enum vt_status status = VT_OK;
	*t = (struct trial){ .n = n, .d = d, .z = z };
	VT_NEW(ctx, t->score, n * d);
	VT_NEW(ctx, t->weight, n);
	VT_NEW(ctx, t->factor, 2 * d * d);
	VT_NEW(ctx, t->scatter, d * d);
	VT_NEW(ctx, t->white, n * d);
done:
	return status;
}

/* b = a with columns solved by the lower factor: rows of b are L^-1 a_i.  The inverse is formed once, so that the
 * rest is a product. */
static void whiten(const double *l, size_t d, const double *a, size_t n, double *inverse, double *b)
{
	memset(inverse, 0, d * d * sizeof *inverse);
	for (size_t i = 0; i < d; i++) inverse[i * d + i] = 1;
	vt_cholesky_solve(l, d, inverse, d);
	int threads = vt_gemm_serial();
	vt_gemm_f64(false, true, n, d, d, 1, a, d, inverse, d, 0, b, d);
	vt_gemm_restore(threads);
}

/* Squared distances of the rows of t->score under t->scatter, into weight; false where it is singular. */
static bool distances(struct trial *t, double *log_det)
{
	size_t d = t->d;
	double *inverse = t->factor + d * d;
	memcpy(t->factor, t->scatter, d * d * sizeof *t->factor);
	if (!vt_cholesky(t->factor, d, least_pivot)) return false;
	*log_det = vt_cholesky_log_det(t->factor, d);
	whiten(t->factor, d, t->score, t->n, inverse, t->white);
	for (size_t i = 0; i < t->n; i++) {
		double sum = 0;
		for (size_t c = 0; c < d; c++) sum += t->white[i * d + c] * t->white[i * d + c];
		t->weight[i] = sum;
	}
	return true;
}

/* Weighted scatter, scaled to a correlation; returns the largest change. */
static double update(struct trial *t, double nu)
{
	size_t n = t->n, d = t->d;
	double change = 0, *next = t->factor;
	for (size_t i = 0; i < n; i++) {
		double root = isinf(nu) ? 1 : sqrt((nu + (double)d) / (nu + t->weight[i]));
		for (size_t c = 0; c < d; c++) t->white[i * d + c] = root * t->score[i * d + c];
	}
	int threads = vt_gemm_serial();
	vt_gemm_f64(true, false, d, d, n, 1, t->white, d, t->white, d, 0, next, d);
	vt_gemm_restore(threads);
	for (size_t a = 0; a < d; a++)
		for (size_t b = 0; b < a; b++) {
			double r = next[a * d + b] / sqrt(next[a * d + a] * next[b * d + b]);
			change = fmax(change, fabs(r - t->scatter[a * d + b]));
			t->scatter[a * d + b] = t->scatter[b * d + a] = r;
		}
	for (size_t a = 0; a < d; a++) t->scatter[a * d + a] = 1;
	return change;
}

/* ln of the t density's constant in dimension d. */
static double log_constant(size_t d, double nu)
{
	double k = (double)d;
	return gsl_sf_lngamma((nu + k) / 2) - gsl_sf_lngamma(nu / 2) - k / 2 * log(nu * M_PI);
}

/* Mean log density of the copula; the scores' own densities are those of their ranks, the same in every column, but
 * for ties. */
static double log_likelihood(const struct trial *t, double nu, double log_det)
{
	double sum = 0, k = (double)t->d, n = (double)t->n;
	if (isinf(nu)) {
		for (size_t i = 0; i < t->n; i++) sum -= t->weight[i] / 2;
		for (size_t i = 0; i < t->n * t->d; i++) sum += t->score[i] * t->score[i] / 2;
		return sum / n - log_det / 2;
	}
	for (size_t i = 0; i < t->n; i++) sum -= (nu + k) / 2 * log1p(t->weight[i] / nu);
	for (size_t i = 0; i < t->n * t->d; i++) sum += (nu + 1) / 2 * log1p(t->score[i] * t->score[i] / nu);
	return sum / n - log_det / 2 + log_constant(t->d, nu) - k * log_constant(1, nu);
}

/* Fits the correlation for one nu, from what t->scatter holds. */
static enum vt_status fit_nu(struct vt_ctx *ctx, struct trial *t, double nu, double *value, bool *singular)
{
	enum vt_status status = VT_OK;
	enum { MOST_ROUNDS = 60 };
	struct quantiles q = { 0 };
	double largest = 0, log_det = 0;
	for (size_t i = 0; i < t->n * t->d; i++) largest = fmax(largest, fabs(t->z[i]));
	VT_TRY(quantiles_create(ctx, nu, largest, &q));
	for (size_t i = 0; i < t->n * t->d; i++) t->score[i] = quantile(&q, t->z[i]);
	*singular = false;
	for (int round = 0; round < MOST_ROUNDS && !*singular; round++) {
		*singular = !distances(t, &log_det);
		if (!*singular && update(t, nu) < 1e-7) break;
	}
	if (!*singular) *singular = !distances(t, &log_det);
	*value = *singular ? -INFINITY : log_likelihood(t, nu, log_det);
done:
	quantiles_clear(&q);
	return status;
}

static void reset(struct trial *t)
{
	memset(t->scatter, 0, t->d * t->d * sizeof *t->scatter);
	for (size_t a = 0; a < t->d; a++) t->scatter[a * t->d + a] = 1;
}

/* The most likely nu: a coarse grid in 1 / nu, then golden section around its best.  The normal copula wins unless
 * another is better by more than two parameters are worth. */
static enum vt_status search(struct vt_ctx *ctx, struct trial *t, double *nu, bool *singular)
{
	static const double grid[] = { 0, 0.02, 0.05, 0.1, 0.16, 0.25, 0.36, 0.5, 0.7, 1, 1.4, 2 }; /* 1 / nu */
	enum { N = sizeof grid / sizeof *grid };
	enum vt_status status = VT_OK;
	const double golden = 0.6180339887498949, penalty = 4 / (double)t->n;
	double value[N], low, high;
	size_t best = 0;
	for (size_t i = 0; i < N; i++) {
		VT_TRY(fit_nu(ctx, t, grid[i] > 0 ? 1 / grid[i] : INFINITY, &value[i], singular));
		if (*singular) goto done;
		if (value[i] > value[best] + (best == 0 ? penalty : 0)) best = i;
		if (i > best + 2) break; /* one hill */
	}
	*nu = INFINITY;
	if (best == 0) goto done;
	low = grid[best - 1] > 0 ? grid[best - 1] : 0.005;
	high = best + 1 < N ? grid[best + 1] : 3;
	while (high - low > 1e-3 * high) {
		double a = high - golden * (high - low), b = low + golden * (high - low), at_a, at_b;
		VT_TRY(fit_nu(ctx, t, 1 / a, &at_a, singular));
		VT_TRY(fit_nu(ctx, t, 1 / b, &at_b, singular));
		if (at_a < at_b) low = a;
		else high = b;
	}
	*nu = 2 / (low + high);
done:
	return status;
}

/* Standard error of h = 1 / nu by the curvature of the likelihood; 0 for the normal copula. */
static enum vt_status error_of(struct vt_ctx *ctx, struct trial *t, double nu, double *se, bool *singular)
{
	enum vt_status status = VT_OK;
	double at[3], h = 1 / nu, step = 0.1 * h;
	*se = 0;
	if (isinf(nu)) goto done;
	for (int i = 0; i < 3; i++) {
		VT_TRY(fit_nu(ctx, t, 1 / (h + (i - 1) * step), &at[i], singular));
		if (*singular) goto done;
	}
	double curvature = (2 * at[1] - at[0] - at[2]) / (step * step);
	*se = curvature > 0 ? 1 / sqrt((double)t->n * curvature) : h;
done:
	return status;
}

/* Rows enough to find nu in a time that does not grow with d. */
static size_t search_rows(size_t n, size_t d)
{
	size_t most = 2000 + 20 * d + 2000000 / (d * d);
	return n < most ? n : most;
}

static enum vt_status choose_nu(struct vt_ctx *ctx, const double *z, size_t n, size_t d, double *nu, double *se,
                                bool *singular)
{
	enum vt_status status = VT_OK;
	size_t rows = search_rows(n, d);
	struct trial t = { 0 };
	uint32_t *order = NULL;
	double *part = NULL;
	VT_TRY(vt_content_order(ctx, &(struct vt_mat){ z, n, d, d }, &order));
	VT_TRY(vt_rows_taken(ctx, &(struct vt_mat){ z, n, d, d }, order, rows, &part));
	VT_TRY(trial_create(ctx, rows, d, part, &t));
	reset(&t);
	VT_TRY(search(ctx, &t, nu, singular));
	if (!*singular) VT_TRY(error_of(ctx, &t, *nu, se, singular));
done:
	trial_clear(&t);
	free(order);
	free(part);
	return status;
}

/* ---- the fit --------------------------------------------------------------------- */

static double half_log_det(const double *r, size_t d, size_t begin, size_t size, double *scratch)
{
	for (size_t i = 0; i < size; i++) memcpy(scratch + i * size, r + (begin + i) * d + begin, size * sizeof *scratch);
	return vt_cholesky(scratch, size, least_pivot) ? vt_cholesky_log_det(scratch, size) / 2 : NAN;
}

/* Entropy of the t law in dimension d with correlation I. */
static double student_entropy(size_t d, double nu)
{
	double a = (nu + (double)d) / 2;
	return -log_constant(d, nu) + a * (gsl_sf_psi(a) - gsl_sf_psi(nu / 2));
}

double vt_student_excess(size_t dx, size_t dy, double nu)
{
	if (isinf(nu)) return 0;
	return student_entropy(dx, nu) + student_entropy(dy, nu) - student_entropy(dx + dy, nu);
}

/* Weights make the correlations as uncertain as those of fewer rows: by (d + nu + 2) / (d + nu) for the t law. */
static double excess(size_t n, size_t dx, size_t dy, double nu)
{
	size_t d = dx + dy;
	double bias = vt_normal_bias(n, dx) + vt_normal_bias(n, dy) - vt_normal_bias(n, d), k = (double)d;
	return isinf(nu) ? bias : bias * (k + nu + 2) / (k + nu);
}

static enum vt_status scores_of_both(struct vt_ctx *ctx, const struct vt_mat *x, const struct vt_mat *y, double **out)
{
	enum vt_status status = VT_OK;
	size_t n = x->rows, dx = x->cols, dy = y->cols;
	double *zx = NULL, *zy = NULL;
	VT_TRY(vt_normal_scores(ctx, x, &zx));
	VT_TRY(vt_normal_scores(ctx, y, &zy));
	status = vt_joined(ctx, 2, (struct vt_mat[]){ { zx, n, dx, dx }, { zy, n, dy, dy } }, out);
done:
	free(zx);
	free(zy);
	return status;
}

enum vt_status vt_elliptical_fit(struct vt_ctx *ctx, const struct vt_mat *x, const struct vt_mat *y, double nu,
                                 struct vt_elliptical *out, bool *singular)
{
	enum vt_status status = VT_OK;
	size_t n = x->rows, dx = x->cols, dy = y->cols, d = dx + dy;
	struct trial t = { 0 };
	double *z = NULL, value, error = 0;
	*singular = n <= d + 1;
	if (*singular) goto done;
	VT_TRY(scores_of_both(ctx, x, y, &z));
	if (!(nu > 0)) VT_TRY(choose_nu(ctx, z, n, d, &nu, &error, singular));
	if (*singular) goto done;
	VT_TRY(trial_create(ctx, n, d, z, &t));
	reset(&t);
	VT_TRY(fit_nu(ctx, &t, nu, &value, singular));
	if (*singular) goto done;
	double mi = half_log_det(t.scatter, d, 0, dx, t.factor) + half_log_det(t.scatter, d, dx, dy, t.factor) -
	            half_log_det(t.scatter, d, 0, d, t.factor);
	double more = vt_student_excess(dx, dy, nu), less = error > 0 ? vt_student_excess(dx, dy, 1 / (1 / nu + error)) : 0;
	*out = (struct vt_elliptical){ n, dx, dy, nu, error > 0 ? fabs(less - more) : 0, t.score, t.scatter, value,
	                               mi - excess(n, dx, dy, nu) + more };
	t.score = t.scatter = NULL;
done:
	trial_clear(&t);
	free(z);
	return status;
}

/* ln of the t density of rows v with factor l in dimension d, up to nothing. */
static void add_density(const double *score, size_t n, size_t stride, size_t d, const double *l, double nu, double sign,
                        double *scratch, double *local)
{
	double half = vt_cholesky_log_det(l, d) / 2, k = (double)d;
	for (size_t i = 0; i < n; i++) {
		double square = 0;
		memcpy(scratch, score + i * stride, d * sizeof *scratch);
		vt_cholesky_solve(l, d, scratch, 1);
		for (size_t c = 0; c < d; c++) square += scratch[c] * scratch[c];
		local[i] += sign * (isinf(nu) ? -square / 2 - half
		                              : log_constant(d, nu) - half - (nu + k) / 2 * log1p(square / nu));
	}
}

enum vt_status vt_elliptical_local(struct vt_ctx *ctx, const struct vt_elliptical *f, double *local)
{
	enum vt_status status = VT_OK;
	size_t d = f->dx + f->dy;
	const size_t begin[] = { 0, 0, f->dx }, size[] = { d, f->dx, f->dy };
	double *l = NULL, *scratch = NULL;
	VT_NEW(ctx, l, d * d);
	VT_NEW(ctx, scratch, d);
	memset(local, 0, f->n * sizeof *local);
	for (size_t part = 0; part < 3; part++) {
		size_t k = size[part];
		for (size_t i = 0; i < k; i++)
			memcpy(l + i * k, f->correlation + (begin[part] + i) * d + begin[part], k * sizeof *l);
		VT_REQUIRE(ctx, vt_cholesky(l, k, least_pivot), VT_EBUG, "a correlation matrix that was fitted has no inverse");
		add_density(f->score + begin[part], f->n, d, k, l, f->nu, part == 0 ? 1 : -1, scratch, local);
	}
done:
	free(l);
	free(scratch);
	return status;
}

enum vt_status vt_elliptical_estimate(struct vt_ctx *ctx, const struct vt_pair *in, const struct vt_elliptical *f,
                                      struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	double *local = NULL;
	VT_NEW(ctx, local, f->n);
	VT_TRY(vt_elliptical_local(ctx, f, local));
	vt_estimated_fitted(in, local, f->mi, f->dx * f->dy, f->nu_error, out);
done:
	free(local);
	return status;
}

enum vt_status vt_elliptical_pair(struct vt_ctx *ctx, const struct vt_pair *in, double nu, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_elliptical f = { 0 };
	double misfit, se;
	bool singular;
	VT_TRY(vt_elliptical_fit(ctx, &in->x, &in->y, nu, &f, &singular));
	if (singular) {
		size_t d = in->x.cols + in->y.cols;
		bool few = in->x.rows <= d + 1;
		vt_estimated_flag(out, few ? VT_DEGENERATE : VT_DETERMINISTIC,
		                  few ? "%zu rows for %zu dimensions are too few" : "the ranks of %zu rows in %zu dimensions are "
		                  "functions of each other", in->x.rows, d);
		goto done;
	}
	VT_TRY(vt_elliptical_estimate(ctx, in, &f, out));
	VT_TRY(vt_elliptical_misfit(ctx, &f, in->seed, &misfit, &se));
	if (misfit > vt_misfit_limit(f.mi) + 3 * se)
		vt_estimated_flag(out, VT_OUT_OF_REGIME, "the copula does not fit: some %.2g nat are left unexplained", misfit);
done:
	vt_elliptical_clear(&f);
	return status;
}
