/* Whether an elliptical copula fits the dependence: what it leaves unexplained is looked at for information.
 *
 * If p(y|x) is the fit's, then e = S^-1/2(x) (y - E(y|x)) is independent of x and has a known law.  Any bijection
 * y -> e at given x keeps I(X;Y) up to terms of h(E), so that I(X;E) and the distance of E's law from the known one
 * are what the fit misses.  Both are measured by features, which say "at least about so much".
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "elliptical.h"
#include "normal.h"
#include "venturi/linear.h"
#include "venturi/num.h"
#include "venturi/rng.h"

static const double least_pivot = 1e-12;

void vt_residual_clear(struct vt_residual *r)
{
	free(r->w);
	free(r->e);
	*r = (struct vt_residual){ 0 };
}

static void take_block(const double *r, size_t d, size_t row, size_t rows, size_t col, size_t cols, double *out)
{
	for (size_t i = 0; i < rows; i++) memcpy(out + i * cols, r + (row + i) * d + col, cols * sizeof *out);
}

/* Orthonormal columns `done` .. d - 1 behind the first `done` of v (d x d), from unit vectors. */
static void complete(double *v, size_t d, size_t done)
{
	for (size_t unit = 0; unit < d && done < d; unit++) {
		double norm = 0;
		for (size_t i = 0; i < d; i++) v[i * d + done] = i == unit;
		for (int twice = 0; twice < 2; twice++)
			for (size_t c = 0; c < done; c++) {
				double dot = 0;
				for (size_t i = 0; i < d; i++) dot += v[i * d + c] * v[i * d + done];
				for (size_t i = 0; i < d; i++) v[i * d + done] -= dot * v[i * d + c];
			}
		for (size_t i = 0; i < d; i++) norm += v[i * d + done] * v[i * d + done];
		if (norm < 1e-6) continue; /* lies in the span already */
		for (size_t i = 0; i < d; i++) v[i * d + done] /= sqrt(norm);
		done++;
	}
}

/* Canonical directions: the columns of u and v, and their correlations, descending.  m = lx^-1 c ly^-T. */
static enum vt_status canonical(struct vt_ctx *ctx, const double *m, size_t dx, size_t dy, double *u, double *v,
                                double *rho)
{
	enum vt_status status = VT_OK;
	size_t done = 0;
	double *square = NULL, *value = NULL;
	VT_NEW(ctx, square, dx * dx);
	VT_NEW(ctx, value, dx);
	int threads = vt_gemm_serial();
	vt_gemm_f64(false, true, dx, dx, dy, 1, m, dy, m, dy, 0, square, dx);
	vt_gemm_restore(threads);
	VT_TRY(vt_eigen_symmetric(ctx, square, dx, value, u));
	for (size_t j = 0; j < dx && j < dy; j++) {
		rho[j] = sqrt(fmax(value[j], 0));
		if (rho[j] < 1e-8) break;
		for (size_t i = 0; i < dy; i++) {
			double sum = 0;
			for (size_t k = 0; k < dx; k++) sum += m[k * dy + i] * u[k * dx + j];
			v[i * dy + j] = sum / rho[j];
		}
		done = j + 1;
	}
	for (size_t j = done; j < dx && j < dy; j++) rho[j] = 0;
	complete(v, dy, done);
done:
	free(square);
	free(value);
	return status;
}

/* Rows of `score` from column `begin` on, whitened by the factor l and turned by u: out = s l^-T u. */
static enum vt_status project(struct vt_ctx *ctx, const struct vt_elliptical *f, size_t begin, size_t size,
                              const double *l, const double *u, double *out)
{
	enum vt_status status = VT_OK;
	size_t d = f->dx + f->dy;
	double *inverse = NULL, *turn = NULL;
	VT_NEW(ctx, inverse, size * size);
	VT_NEW(ctx, turn, size * size);
	for (size_t i = 0; i < size; i++) inverse[i * size + i] = 1;
	vt_cholesky_solve(l, size, inverse, size);
	int threads = vt_gemm_serial();
	vt_gemm_f64(true, false, size, size, size, 1, inverse, size, u, size, 0, turn, size);
	vt_gemm_f64(false, false, f->n, size, size, 1, f->score + begin, d, turn, size, 0, out, size);
	vt_gemm_restore(threads);
done:
	free(inverse);
	free(turn);
	return status;
}

/* e in place of the y's canonical coordinates: what the pairs leave, scaled by the t law's conditional scale. */
static void subtract(const struct vt_elliptical *f, const double *rho, struct vt_residual *r)
{
	for (size_t i = 0; i < r->n; i++) {
		double *e = r->e + i * r->e_dim, square = 0;
		const double *w = r->w + i * r->d;
		for (size_t c = 0; c < r->d; c++) square += w[c] * w[c];
		double scale = isinf(f->nu) ? 1 : sqrt((f->nu + (double)r->d) / (f->nu + square));
		for (size_t c = 0; c < r->e_dim; c++) {
			double p = c < r->d ? rho[c] : 0;
			e[c] = scale * (e[c] - (c < r->d ? p * w[c] : 0)) / sqrt(1 - p * p);
		}
	}
}

void vt_axes_clear(struct vt_axes *a)
{
	free(a->lw);
	free(a->le);
	free(a->u);
	free(a->v);
	free(a->rho);
	*a = (struct vt_axes){ 0 };
}

/* m (a x b) = its transpose (b x a) solved by l. */
static void solve_transposed(const double *l, size_t b, size_t a, double *m, double *t)
{
	for (size_t i = 0; i < a; i++)
		for (size_t j = 0; j < b; j++) t[j * a + i] = m[i * b + j];
	vt_cholesky_solve(l, b, t, a);
	for (size_t i = 0; i < a; i++)
		for (size_t j = 0; j < b; j++) m[i * b + j] = t[j * a + i];
}

enum vt_status vt_elliptical_axes(struct vt_ctx *ctx, const struct vt_elliptical *f, bool swap, struct vt_axes *out)
{
	enum vt_status status = VT_OK;
	size_t d = f->dx + f->dy, dw = swap ? f->dy : f->dx, de = d - dw, at_w = swap ? f->dx : 0, at_e = swap ? 0 : f->dx;
	struct vt_axes a = { .dw = dw, .de = de };
	double *m = NULL, *t = NULL;
	VT_NEW(ctx, a.lw, dw * dw);
	VT_NEW(ctx, a.le, de * de);
	VT_NEW(ctx, a.u, dw * dw);
	VT_NEW(ctx, a.v, de * de);
	VT_NEW(ctx, a.rho, d);
	VT_NEW(ctx, m, dw * de);
	VT_NEW(ctx, t, de * dw);
	take_block(f->correlation, d, at_w, dw, at_w, dw, a.lw);
	take_block(f->correlation, d, at_e, de, at_e, de, a.le);
	take_block(f->correlation, d, at_w, dw, at_e, de, m);
	VT_REQUIRE(ctx, vt_cholesky(a.lw, dw, least_pivot) && vt_cholesky(a.le, de, least_pivot), VT_EBUG,
	           "a correlation matrix that was fitted has no inverse");
	vt_cholesky_solve(a.lw, dw, m, de);
	solve_transposed(a.le, de, dw, m, t);
	VT_TRY(canonical(ctx, m, dw, de, a.u, a.v, a.rho));
	*out = a;
	a = (struct vt_axes){ 0 };
done:
	vt_axes_clear(&a);
	free(m);
	free(t);
	return status;
}

enum vt_status vt_elliptical_residual(struct vt_ctx *ctx, const struct vt_elliptical *f, bool swap,
                                      struct vt_residual *out)
{
	enum vt_status status = VT_OK;
	struct vt_axes a = { 0 };
	struct vt_residual r = { .n = f->n };
	VT_TRY(vt_elliptical_axes(ctx, f, swap, &a));
	r.d = a.dw;
	r.e_dim = a.de;
	r.top = a.dw < a.de ? a.dw : a.de;
	r.top = r.top < 4 ? r.top : 4;
	r.nu = f->nu + (double)a.dw;
	VT_NEW(ctx, r.w, f->n * a.dw);
	VT_NEW(ctx, r.e, f->n * a.de);
	VT_TRY(project(ctx, f, swap ? f->dx : 0, a.dw, a.lw, a.u, r.w));
	VT_TRY(project(ctx, f, swap ? 0 : f->dx, a.de, a.le, a.v, r.e));
	subtract(f, a.rho, &r);
	*out = r;
	r = (struct vt_residual){ 0 };
done:
	vt_residual_clear(&r);
	vt_axes_clear(&a);
	return status;
}

/* ---- features -------------------------------------------------------------------- */

/* Rows scaled so that their lengths have the chi law of dimension d (Wilson & Hilferty's cube), by rank: features of
 * heavy tails keep their moments. */
static enum vt_status tame(struct vt_ctx *ctx, const double *v, size_t n, size_t d, double **out)
{
	enum vt_status status = VT_OK;
	double *length = NULL, *score = NULL, *tamed = NULL, k = 2 / (9 * (double)d);
	VT_NEW(ctx, length, n);
	VT_NEW(ctx, tamed, n * d);
	for (size_t i = 0; i < n; i++) {
		for (size_t c = 0; c < d; c++) length[i] += v[i * d + c] * v[i * d + c];
		length[i] = sqrt(length[i]);
	}
	VT_TRY(vt_normal_scores(ctx, &(struct vt_mat){ length, n, 1, 1 }, &score));
	for (size_t i = 0; i < n; i++) {
		double root = fmax(1 - k + score[i] * sqrt(k), 0), chi = sqrt((double)d * root * root * root);
		for (size_t c = 0; c < d; c++) tamed[i * d + c] = length[i] > 0 ? v[i * d + c] * chi / length[i] : 0;
	}
	*out = tamed;
	tamed = NULL;
done:
	free(length);
	free(score);
	free(tamed);
	return status;
}

/* All directions: w_c, w_c (r^2 - d - 2), r^2 - d. */
static size_t broad(const double *w, size_t d, size_t top, double *out)
{
	double r2 = -(double)d;
	(void)top;
	for (size_t c = 0; c < d; c++) r2 += w[c] * w[c];
	for (size_t c = 0; c < d; c++) {
		*out++ = w[c];
		*out++ = w[c] * (r2 - 2);
	}
	*out = r2;
	return 2 * d + 1;
}

/* The canonical pairs alone, in more detail: powers up to the third, products, and with the whole length. */
static size_t deep(const double *w, size_t d, size_t top, double *out)
{
	double r2 = -(double)d, *start = out;
	for (size_t c = 0; c < d; c++) r2 += w[c] * w[c];
	for (size_t c = 0; c < top; c++) {
		*out++ = w[c];
		*out++ = w[c] * w[c] - 1;
		*out++ = w[c] * (w[c] * w[c] - 3);
		if (d > 1) *out++ = w[c] * (r2 - 2);
		for (size_t b = 0; b < c; b++) *out++ = w[b] * w[c];
	}
	if (d > top) *out++ = r2;
	return (size_t)(out - start);
}

typedef size_t features_fn(const double *w, size_t d, size_t top, double *out);

static enum vt_status features(struct vt_ctx *ctx, features_fn *fn, const double *w, size_t n, size_t d, size_t top,
                               struct vt_mat *out, double **memory)
{
	enum vt_status status = VT_OK;
	enum { MOST_DEEP = 32 };
	double *row = NULL, *all = NULL;
	VT_NEW(ctx, row, 2 * d + 1 + MOST_DEEP);
	size_t p = fn(w, d, top, row);
	VT_NEW(ctx, all, n * p);
	for (size_t i = 0; i < n; i++) fn(w + i * d, d, top, all + i * p);
	*out = (struct vt_mat){ all, n, p, p };
	*memory = all;
done:
	free(row);
	return status;
}

/* Linear information between two sets of features, less its mean under permutations of the rows, which carries the
 * bias for features of any law. */
static enum vt_status between(struct vt_ctx *ctx, const struct vt_mat *a, const struct vt_mat *b, uint64_t seed,
                              double *out)
{
	enum vt_status status = VT_OK;
	enum { PERMUTATIONS = 4 };
	struct vt_normal f = { 0 };
	uint32_t *order = NULL;
	double *moved = NULL;
	bool singular;
	VT_NEW(ctx, order, a->rows);
	*out = INFINITY; /* features that are functions of each other: no fit */
	VT_TRY(vt_normal_fit(ctx, a, b, &f, &singular));
	if (singular) goto done;
	double value = f.mi, mean = 0;
	for (size_t i = 0; i < a->rows; i++) order[i] = (uint32_t)i;
	for (size_t r = 0; r < PERMUTATIONS; r++) {
		struct vt_rng rng = vt_rng_stream(seed, VT_PURPOSE_CONTROL, r);
		vt_rng_shuffle(&rng, order, a->rows);
		VT_TRY(vt_rows_taken(ctx, b, order, a->rows, &moved));
		vt_normal_clear(&f);
		VT_TRY(vt_normal_fit(ctx, a, &(struct vt_mat){ moved, b->rows, b->cols, b->cols }, &f, &singular));
		free(moved);
		moved = NULL;
		if (singular) goto done;
		mean += f.mi / PERMUTATIONS;
	}
	*out = value - mean;
done:
	vt_normal_clear(&f);
	free(order);
	free(moved);
	return status;
}

static enum vt_status cross(struct vt_ctx *ctx, features_fn *fn, const double *w, const double *e,
                            const struct vt_residual *r, uint64_t seed, double *value, double *se)
{
	enum vt_status status = VT_OK;
	struct vt_mat a, b;
	double *memory_a = NULL, *memory_b = NULL;
	VT_TRY(features(ctx, fn, w, r->n, r->d, r->top, &a, &memory_a));
	VT_TRY(features(ctx, fn, e, r->n, r->e_dim, r->top, &b, &memory_b));
	VT_TRY(between(ctx, &a, &b, seed, value));
	*se = sqrt((double)(a.cols * b.cols) / 2 * 1.25) / (double)r->n; /* a quarter more for four permutations */
done:
	free(memory_a);
	free(memory_b);
	return status;
}

/* ---- the residual's own law --------------------------------------------------------- */

enum { BINS = 20 };

/* Plug-in divergence from BINS equally likely bins, its bias removed. */
static double divergence(const size_t *count, size_t n)
{
	double sum = 0;
	for (size_t b = 0; b < BINS; b++)
		if (count[b] > 0) sum += (double)count[b] / (double)n * log((double)count[b] * BINS / (double)n);
	return sum - (BINS - 1) / (2 * (double)n);
}

static size_t bin_of(const double *edge, double v)
{
	size_t b = 0;
	while (b + 1 < BINS && v >= edge[b]) b++;
	return b;
}

/* Of every coordinate, added up, or of the squared length, whichever is more. */
static double law(const struct vt_residual *r)
{
	double edge[BINS] = { 0 }, around[BINS] = { 0 }, sum = 0, k = (double)r->e_dim;
	size_t count[BINS] = { 0 };
	for (size_t b = 0; b + 1 < BINS; b++) {
		double p = (double)(b + 1) / BINS;
		edge[b] = isinf(r->nu) ? gsl_cdf_ugaussian_Pinv(p) : gsl_cdf_tdist_Pinv(p, r->nu);
		around[b] = isinf(r->nu) ? gsl_cdf_chisq_Pinv(p, k) : k * gsl_cdf_fdist_Pinv(p, k, r->nu);
	}
	for (size_t c = 0; c < r->e_dim; c++) {
		memset(count, 0, sizeof count);
		for (size_t i = 0; i < r->n; i++) count[bin_of(edge, r->e[i * r->e_dim + c])]++;
		sum += divergence(count, r->n);
	}
	memset(count, 0, sizeof count);
	for (size_t i = 0; i < r->n; i++) {
		double square = 0;
		for (size_t c = 0; c < r->e_dim; c++) square += r->e[i * r->e_dim + c] * r->e[i * r->e_dim + c];
		count[bin_of(around, square)]++;
	}
	return fmax(sum, divergence(count, r->n));
}

static enum vt_status one_way(struct vt_ctx *ctx, const struct vt_elliptical *f, bool swap, uint64_t seed,
                              double *misfit, double *se)
{
	enum vt_status status = VT_OK;
	struct vt_residual r = { 0 };
	double *w = NULL, *e = NULL, wide, wide_se, near, near_se;
	VT_TRY(vt_elliptical_residual(ctx, f, swap, &r));
	VT_TRY(tame(ctx, r.w, r.n, r.d, &w));
	VT_TRY(tame(ctx, r.e, r.n, r.e_dim, &e));
	VT_TRY(cross(ctx, broad, w, e, &r, seed, &wide, &wide_se));
	VT_TRY(cross(ctx, deep, w, e, &r, seed, &near, &near_se));
	double own = law(&r), own_se = sqrt((double)r.e_dim * 2 * (BINS - 1)) / (2 * (double)r.n);
	/* whichever stands out further */
	bool far = wide / wide_se > near / near_se;
	*misfit = (far ? wide : near) + fmax(own, 0);
	*se = hypot(far ? wide_se : near_se, own_se);
done:
	vt_residual_clear(&r);
	free(w);
	free(e);
	return status;
}

double vt_misfit_limit(double mi)
{
	return fmax(0.02, 0.03 * mi);
}

enum vt_status vt_elliptical_misfit(struct vt_ctx *ctx, const struct vt_elliptical *f, uint64_t seed, double *misfit,
                                    double *se)
{
	enum vt_status status = VT_OK;
	double forth, back, forth_se, back_se;
	VT_TRY(one_way(ctx, f, false, seed, &forth, &forth_se));
	VT_TRY(one_way(ctx, f, true, seed, &back, &back_se));
	*misfit = fmax(forth, back);
	*se = forth > back ? forth_se : back_se;
done:
	return status;
}
