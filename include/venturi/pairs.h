/* Gaussian kernels between all pairs of rows: what pairwise entropy bounds and losses are
 * made of.  Belongs to room num.
 *
 * Two kernels are summed together, since one is the fourth power of the other:
 *   narrow  exp(-|x_i - x_j|^2 / (2 v))
 *   wide    exp(-|x_i - x_j|^2 / (8 v))
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_PAIRS_H
#define VENTURI_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "venturi/base.h"
#include "venturi/mat.h"

/* Rows, how often each counts, and groups of them.
 *
 * x          n x width, finite, any scale: differences are formed before scaling, so rows
 *            close together and far from the origin lose no digits
 * weight     n positive numbers; null: 1 each
 * label      n numbers in 0 .. n_classes - 1; null: all rows are one class
 * variance   v > 0, in the square of x's unit
 * n_null     further labellings of the same rows, null_label[r * n + i]; 0: none */
struct vt_pair_input {
	struct vt_mat x;
	const double *weight;
	const int32_t *label;
	size_t n_classes;
	double variance;
	size_t n_null;
	const int32_t *null_label;
};

/* For row i, sums over all rows j (i itself included, which gives weight[i]) of
 * weight[j] kernel(i, j); `own`: over the rows with i's label only; `null`: over the rows
 * with i's label in labelling r, at [r * n + i].  The caller owns the arrays: n numbers
 * each, n_null * n for the null. */
struct vt_pair_sums {
	double *narrow, *wide;
	double *narrow_own, *wide_own;
	double *narrow_null, *wide_null;
};

/* Relative error of each sum at most about 1e-14.  What is left out as negligible adds up
 * to less than e^-36 of a row's smallest possible sum, its own weight.
 *
 * VT_EDOMAIN unless 0 < variance and there is a row; VT_ENOMEM.  Cost: n^2 / 2 pairs of
 * 1 to 3 ns each at a width up to 10, less where rows lie many standard deviations apart;
 * null labellings add about n_null n^2 / 4 ns.  Memory 1 kB a row.  Bit-identical for any
 * number of threads. */
enum vt_status vt_pair_sums(struct vt_ctx *ctx, const struct vt_pair_input *in, struct vt_pair_sums *out);

/* k[i] = exp(-rate d2[i]) for d2 >= 0 and rate > 0, and 0 once rate d2 exceeds 138.
 * Relative error below 1e-14. */
void vt_pair_kernel(size_t n, double rate, const double *d2, double *k);

#endif
