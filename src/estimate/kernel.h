/* Gaussian kernels of variables; private to room estimate.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_KERNEL_H
#define ESTIMATE_KERNEL_H

#include "pair.h"

/* k(i,j) = exp(-|x_i - x_j|^2 / (2 width^2)) over columns at scale 1 (`vt_scaled`); of a discrete variable 1 where the
 * symbols are equal, else 0.  Owns x and symbol. */
struct vt_kernel {
	size_t n, cols;
	double *x, rate; /* rate = 1 / (2 width^2) */
	int32_t *symbol;
};

/* Width 0: the median distance between rows, of at most 1000 that are spread over the sample. */
enum vt_status vt_kernel_create(struct vt_ctx *ctx, const struct vt_mat *m, bool discrete, double width,
                                struct vt_kernel *out);
void vt_kernel_clear(struct vt_kernel *k);

/* k(i, from .. to - 1) into out. */
void vt_kernel_row(const struct vt_kernel *k, size_t i, size_t from, size_t to, double *out);

/* Factor L, n x *rank row-major, of the matrix of products of n_kernels kernels: K = L L' with trace(K - L L') at most
 * `left` n, by pivoted Cholesky; caller frees.  *rank is 0 and *factor null where more than `most` columns are wanted.
 * Cost n rank (rank + d).  Source: Fine & Scheinberg 2001. */
enum vt_status vt_kernel_factor(struct vt_ctx *ctx, const struct vt_kernel *kernel, size_t n_kernels, double left,
                                size_t most, double **factor, size_t *rank);

#endif
