/* The information of a normal law from covariances, shared by gaussian and copula.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "normal.h"
#include "venturi/linear.h"

/* Pivots below this share of the largest variance are rounding. */
static const double least_pivot = 1e-13;

void vt_normal_clear(struct vt_normal *f)
{
	free(f->mean);
	free(f->lx);
	free(f->ly);
	free(f->lxy);
	*f = (struct vt_normal){ 0 };
}

double vt_normal_bias(size_t n, size_t d)
{
	double sum = 0;
	for (size_t i = 1; i <= d; i++) sum += gsl_sf_psi((double)(n - i) / 2) / 2;
	return sum;
}

static void block(const double *a, size_t d, size_t begin, size_t size, double *out)
{
	for (size_t i = 0; i < size; i++) memcpy(out + i * size, a + (begin + i) * d + begin, size * sizeof *out);
}

enum vt_status vt_normal_fit(struct vt_ctx *ctx, const struct vt_mat *x, const struct vt_mat *y, struct vt_normal *out,
                             bool *singular)
{
	enum vt_status status = VT_OK;
	struct vt_normal f = { .dx = x->cols, .dy = y->cols };
	size_t n = x->rows, d = f.dx + f.dy;
	double *both = NULL;
	*singular = true;
	if (n <= d + 1) goto done;
	VT_TRY(vt_joined(ctx, 2, (struct vt_mat[]){ *x, *y }, &both));
	VT_NEW(ctx, f.mean, d);
	VT_NEW(ctx, f.lxy, d * d);
	VT_NEW(ctx, f.lx, f.dx * f.dx);
	VT_NEW(ctx, f.ly, f.dy * f.dy);
	VT_TRY(vt_covariance(ctx, &(struct vt_mat){ both, n, d, d }, f.mean, f.lxy));
	block(f.lxy, d, 0, f.dx, f.lx);
	block(f.lxy, d, f.dx, f.dy, f.ly);
	*singular = !vt_cholesky(f.lx, f.dx, least_pivot) || !vt_cholesky(f.ly, f.dy, least_pivot) ||
	            !vt_cholesky(f.lxy, d, least_pivot);
	if (*singular) goto done;
	f.mi = 0.5 * (vt_cholesky_log_det(f.lx, f.dx) + vt_cholesky_log_det(f.ly, f.dy) - vt_cholesky_log_det(f.lxy, d));
	f.bias = vt_normal_bias(n, f.dx) + vt_normal_bias(n, f.dy) - vt_normal_bias(n, d);
	*out = f;
	f = (struct vt_normal){ 0 };
done:
	free(both);
	vt_normal_clear(&f);
	return status;
}

/* (v - mean)' S^-1 (v - mean) */
static double distance(const double *l, size_t d, const double *v, const double *mean, double *scratch)
{
	double sum = 0;
	for (size_t i = 0; i < d; i++) scratch[i] = v[i] - mean[i];
	vt_cholesky_solve(l, d, scratch, 1);
	for (size_t i = 0; i < d; i++) sum += scratch[i] * scratch[i];
	return sum;
}

enum vt_status vt_normal_local(struct vt_ctx *ctx, const struct vt_normal *f, const struct vt_mat *x,
                               const struct vt_mat *y, double *local)
{
	enum vt_status status = VT_OK;
	size_t dx = f->dx, dy = f->dy, d = dx + dy;
	double *v = NULL, *scratch = NULL;
	VT_NEW(ctx, v, d);
	VT_NEW(ctx, scratch, d);
	for (size_t i = 0; i < x->rows; i++) {
		memcpy(v, x->x + i * x->stride, dx * sizeof *v);
		memcpy(v + dx, y->x + i * y->stride, dy * sizeof *v);
		local[i] = f->mi + 0.5 * (distance(f->lx, dx, v, f->mean, scratch) +
		                          distance(f->ly, dy, v + dx, f->mean + dx, scratch) -
		                          distance(f->lxy, d, v, f->mean, scratch));
	}
done:
	free(v);
	free(scratch);
	return status;
}

enum vt_status vt_normal_estimate(struct vt_ctx *ctx, const struct vt_pair *in, const struct vt_mat *x,
                                  const struct vt_mat *y, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_normal f = { 0 };
	size_t n = x->rows, d = x->cols + y->cols;
	double *local = NULL;
	bool singular;
	VT_TRY(vt_normal_fit(ctx, x, y, &f, &singular));
	if (singular) {
		vt_estimated_flag(out, n <= d + 1 ? VT_DEGENERATE : VT_DETERMINISTIC,
		                  n <= d + 1 ? "%zu rows for %zu dimensions: the covariance has no inverse"
		                             : "the covariance of %zu rows in %zu dimensions has no inverse: a column is a linear "
		                               "function of others", n, d);
		goto done;
	}
	VT_NEW(ctx, local, n);
	VT_TRY(vt_normal_local(ctx, &f, x, y, local));
	vt_estimated_fitted(in, local, f.mi - f.bias, x->cols * y->cols, 0, out);
done:
	free(local);
	vt_normal_clear(&f);
	return status;
}
