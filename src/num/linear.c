/* Small dense linear algebra in double.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gsl/gsl_eigen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "venturi/linear.h"
#include "venturi/num.h"

/* Centred first: the difference of large moments would lose digits. */
enum vt_status vt_covariance(struct vt_ctx *ctx, const struct vt_mat *x, double *mean, double *out)
{
	enum vt_status status = VT_OK;
	size_t n = x->rows, d = x->cols;
	double *centred = NULL, *m = NULL;
	VT_NEW(ctx, centred, n * d);
	VT_NEW(ctx, m, d);
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < d; c++) m[c] += x->x[i * x->stride + c] / (double)n;
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < d; c++) centred[i * d + c] = x->x[i * x->stride + c] - m[c];
	int threads = vt_gemm_serial();
	vt_gemm_f64(true, false, d, d, n, 1 / (double)(n - 1), centred, d, centred, d, 0, out, d);
	vt_gemm_restore(threads);
	for (size_t a = 0; a < d; a++)
		for (size_t b = 0; b < a; b++) out[a * d + b] = out[b * d + a]; /* exactly symmetric */
	if (mean) memcpy(mean, m, d * sizeof *mean);
done:
	free(centred);
	free(m);
	return status;
}

bool vt_cholesky(double *a, size_t d, double least)
{
	double largest = 0;
	for (size_t i = 0; i < d; i++) largest = fmax(largest, a[i * d + i]);
	for (size_t j = 0; j < d; j++) {
		for (size_t i = j; i < d; i++) {
			double sum = a[i * d + j];
			for (size_t k = 0; k < j; k++) sum -= a[i * d + k] * a[j * d + k];
			if (i == j && !(sum > least * largest)) return false;
			a[i * d + j] = i == j ? sqrt(sum) : sum / a[j * d + j];
		}
		for (size_t i = 0; i < j; i++) a[i * d + j] = 0;
	}
	return true;
}

double vt_cholesky_log_det(const double *l, size_t d)
{
	double sum = 0;
	for (size_t i = 0; i < d; i++) sum += 2 * log(l[i * d + i]);
	return sum;
}

void vt_cholesky_solve(const double *l, size_t d, double *b, size_t m)
{
	for (size_t i = 0; i < d; i++) {
		for (size_t k = 0; k < i; k++)
			for (size_t c = 0; c < m; c++) b[i * m + c] -= l[i * d + k] * b[k * m + c];
		for (size_t c = 0; c < m; c++) b[i * m + c] /= l[i * d + i];
	}
}

/* GSL sorts by value; the sign is fixed here, since it would flip with the rounding of the input. */
enum vt_status vt_eigen_symmetric(struct vt_ctx *ctx, const double *a, size_t d, double *value, double *vector)
{
	enum vt_status status = VT_ENOMEM;
	gsl_matrix *m = gsl_matrix_alloc(d, d), *v = gsl_matrix_alloc(d, d);
	gsl_vector *e = gsl_vector_alloc(d);
	gsl_eigen_symmv_workspace *w = gsl_eigen_symmv_alloc(d);
	VT_REQUIRE(ctx, m && v && e && w, VT_ENOMEM, "out of memory for %zu x %zu eigenvectors", d, d);
	for (size_t i = 0; i < d; i++)
		for (size_t j = 0; j < d; j++) gsl_matrix_set(m, i, j, a[i * d + j]);
	gsl_eigen_symmv(m, e, v, w);
	gsl_eigen_symmv_sort(e, v, GSL_EIGEN_SORT_VAL_DESC);
	for (size_t j = 0; j < d; j++) {
		double largest = 0;
		for (size_t i = 0; i < d; i++)
			if (fabs(gsl_matrix_get(v, i, j)) > fabs(largest) * (1 + 1e-9)) largest = gsl_matrix_get(v, i, j);
		value[j] = gsl_vector_get(e, j);
		for (size_t i = 0; vector && i < d; i++) vector[i * d + j] = (largest < 0 ? -1 : 1) * gsl_matrix_get(v, i, j);
	}
	status = VT_OK;
done:
	if (w) gsl_eigen_symmv_free(w);
	if (e) gsl_vector_free(e);
	if (v) gsl_matrix_free(v);
	if (m) gsl_matrix_free(m);
	return status;
}

/* Turns columns a and b (as rows of n numbers) until they are orthogonal; false where they were. */
static bool rotate(size_t n, double *a, double *b)
{
	double aa = 0, bb = 0, ab = 0;
	for (size_t k = 0; k < n; k++) {
		aa += a[k] * a[k];
		bb += b[k] * b[k];
		ab += a[k] * b[k];
	}
	if (fabs(ab) <= 1e-15 * sqrt(aa * bb)) return false;
	double zeta = (bb - aa) / (2 * ab), t = copysign(1, zeta) / (fabs(zeta) + sqrt(1 + zeta * zeta));
	double c = 1 / sqrt(1 + t * t), s = c * t;
	for (size_t k = 0; k < n; k++) {
		double old = a[k];
		a[k] = c * old - s * b[k];
		b[k] = s * old + c * b[k];
	}
	return true;
}

enum vt_status vt_singular_values(struct vt_ctx *ctx, const struct vt_mat *x, double *value)
{
	enum { SWEEPS = 60 };
	enum vt_status status = VT_OK;
	bool wide = x->rows < x->cols;
	size_t least = wide ? x->rows : x->cols, most = wide ? x->cols : x->rows;
	double *v = NULL; /* the columns of the taller of x and x', as rows */
	VT_NEW(ctx, v, least * most);
	for (size_t i = 0; i < x->rows; i++)
		for (size_t j = 0; j < x->cols; j++) v[wide ? i * most + j : j * most + i] = x->x[i * x->stride + j];
	bool turned = true;
	for (int sweep = 0; sweep < SWEEPS && turned; sweep++) {
		turned = false;
		for (size_t i = 0; i < least; i++)
			for (size_t j = i + 1; j < least; j++) turned |= rotate(most, v + i * most, v + j * most);
	}
	for (size_t i = 0; i < least; i++) {
		double square = 0;
		for (size_t k = 0; k < most; k++) square += v[i * most + k] * v[i * most + k];
		value[i] = -sqrt(square);
	}
	vt_sort(value, least);
	for (size_t i = 0; i < least; i++) value[i] = -value[i];
done:
	free(v);
	return status;
}
