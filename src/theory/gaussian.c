/* The Gaussian information bottleneck in closed form.
 *
 * With S_xx = L L', S_yy = M M' the squared canonical correlations are the eigenvalues of K K',
 * K = L^-1 S_xy M^-T: a symmetric problem, unlike that of S_x|y S_x^-1, which has the same
 * answers as 1 - r^2.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "law.h"

/* a = L L' in place, the lower triangle; false where it is not positive definite to rounding. */
static bool cholesky(size_t n, double *a)
{
	for (size_t j = 0; j < n; j++) {
		double diagonal = a[j * n + j], d = diagonal;
		for (size_t k = 0; k < j; k++) d -= a[j * n + k] * a[j * n + k];
		if (!(d > 1e-14 * diagonal)) return false;
		a[j * n + j] = sqrt(d);
		for (size_t i = j + 1; i < n; i++) {
			double s = a[i * n + j];
			for (size_t k = 0; k < j; k++) s -= a[i * n + k] * a[j * n + k];
			a[i * n + j] = s / a[j * n + j];
		}
	}
	return true;
}

/* x = L^-1 x for one vector whose elements lie `stride` apart. */
static void forward(size_t n, const double *l, double *x, size_t stride)
{
	for (size_t i = 0; i < n; i++) {
		double s = x[i * stride];
		for (size_t k = 0; k < i; k++) s -= l[i * n + k] * x[k * stride];
		x[i * stride] = s / l[i * n + i];
	}
}

static enum vt_status factor(struct vt_ctx *ctx, struct vt_mat s, const char *name, double **out)
{
	enum vt_status status;
	double *a = NULL;
	VT_REQUIRE(ctx, s.rows == s.cols && s.rows > 0, VT_EDOMAIN, "the covariance of %s is %zu x %zu, wanted a square",
	           name, s.rows, s.cols);
	VT_NEW(ctx, a, s.rows * s.rows);
	for (size_t i = 0; i < s.rows; i++)
		for (size_t j = 0; j < s.rows; j++) a[i * s.rows + j] = s.x[i * s.stride + j];
	VT_REQUIRE(ctx, cholesky(s.rows, a), VT_EDOMAIN, "the covariance of %s (%zu x %zu) is not positive definite", name,
	           s.rows, s.rows);
	*out = a;
	a = NULL;
	status = VT_OK;
done:
	free(a);
	return status;
}

/* K K' of p x p from K of p x q. */
static void outer(size_t p, size_t q, const double *k, double *out)
{
	for (size_t i = 0; i < p; i++)
		for (size_t j = 0; j < p; j++) {
			double s = 0;
			for (size_t a = 0; a < q; a++) s += k[i * q + a] * k[j * q + a];
			out[i * p + j] = s;
		}
}

/* p squared canonical correlations, those beyond min(p, q) being 0. */
static enum vt_status squared_correlations(struct vt_ctx *ctx, struct vt_mat xx, struct vt_mat xy, struct vt_mat yy,
                                           double **out)
{
	enum vt_status status;
	size_t p = xx.rows, q = yy.rows;
	double *l = NULL, *m = NULL, *k = NULL, *kk = NULL, *value = NULL;
	VT_REQUIRE(ctx, xy.rows == p && xy.cols == q, VT_EDOMAIN, "the block of X and Y is %zu x %zu, wanted %zu x %zu",
	           xy.rows, xy.cols, p, q);
	VT_TRY(factor(ctx, xx, "X", &l));
	VT_TRY(factor(ctx, yy, "Y", &m));
	VT_NEW(ctx, k, p * q);
	VT_NEW(ctx, kk, p * p);
	VT_NEW(ctx, value, p);
	for (size_t i = 0; i < p; i++)
		for (size_t j = 0; j < q; j++) k[i * q + j] = xy.x[i * xy.stride + j];
	for (size_t j = 0; j < q; j++) forward(p, l, k + j, q);
	for (size_t i = 0; i < p; i++) forward(q, m, k + i * q, 1);
	outer(p, q, k, kk);
	vt_symmetric_eigenvalues(p, kk, value);
	for (size_t i = 0; i < p; i++)
		VT_REQUIRE(ctx, value[i] < 1 - 1e-12, VT_EDOMAIN, "a canonical correlation of X and Y is %.15g: they share a "
		           "direction without noise, and their information is infinite", sqrt(value[i]));
	*out = value;
	value = NULL;
	status = VT_OK;
done:
	free(l);
	free(m);
	free(k);
	free(kk);
	free(value);
	return status;
}

/* Chechik et al. 2005, eq. 21; square = 1 - lambda. */
static struct vt_ib_point point(size_t p, const double *square, double beta)
{
	struct vt_ib_point out = { .beta = beta, .h_t = NAN, .converged = true };
	for (size_t i = 0; i < p; i++) {
		if (!(beta * square[i] > 1)) continue;
		double x = log((beta - 1) * square[i] / (1 - square[i])) / 2;
		out.i_xt += x;
		out.i_ty += x - log(beta * square[i]) / 2;
		out.clusters++;
	}
	return out;
}

enum vt_status vt_gaussian_ib_curve(struct vt_ctx *ctx, struct vt_mat xx, struct vt_mat xy, struct vt_mat yy, size_t n,
                                    const double *beta, struct vt_ib_point *out, double *beta_c)
{
	enum vt_status status;
	double *square = NULL, largest = 0;
	VT_TRY(vt_ib_check_betas(ctx, n, beta));
	VT_TRY(squared_correlations(ctx, xx, xy, yy, &square));
	for (size_t i = 0; i < xx.rows; i++) largest = fmax(largest, square[i]);
	for (size_t i = 0; i < n; i++) out[i] = point(xx.rows, square, beta[i]);
	if (beta_c) *beta_c = largest > 1e-30 ? 1 / largest : INFINITY;
done:
	free(square);
	return status;
}
