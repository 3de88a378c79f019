/* Covariances, Cholesky factors, eigenvalues: small dense matrices in double.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_LINEAR_H
#define VENTURI_LINEAR_H

#include "venturi/base.h"
#include "venturi/mat.h"

/* Covariance of columns, sum over rows of (x - mean)(x - mean)' / (n - 1), d x d into `out`; mean (d) unless null.
 * On one thread by a fixed order.  Cost 2 n d^2. */
enum vt_status vt_covariance(struct vt_ctx *ctx, const struct vt_mat *x, double *mean, double *out);

/* Lower Cholesky factor of the symmetric d x d matrix a, in place; the upper triangle is zeroed.  False when
 * a pivot is not above `least` times the largest diagonal element: not positive definite to that precision. */
bool vt_cholesky(double *a, size_t d, double least);
/* ln det of a from its factor. */
double vt_cholesky_log_det(const double *l, size_t d);
/* Solves l y = b in place for m columns, b being d x m row-major. */
void vt_cholesky_solve(const double *l, size_t d, double *b, size_t m);

/* Eigenvalues, descending, and eigenvectors (column j of `vector`, d x d row-major; null: none) of a symmetric d x d
 * matrix, which is kept.  Each vector's largest component is positive.  VT_ENOMEM. */
enum vt_status vt_eigen_symmetric(struct vt_ctx *ctx, const double *a, size_t d, double *value, double *vector);

/* Singular values of x, descending, min(rows, cols) of them; each to about 1e-15 times the largest, the small ones of
 * well-scaled columns better.  Cost about 30 rows cols^2 with cols the smaller side.  VT_ENOMEM.
 * Source: Hestenes 1958, one-sided Jacobi rotations. */
enum vt_status vt_singular_values(struct vt_ctx *ctx, const struct vt_mat *x, double *value);

#endif
