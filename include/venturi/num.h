/* Matrix products, element-wise mathematics and sorting that more than one room computes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_NUM_H
#define VENTURI_NUM_H

#include <stdbool.h>
#include <stddef.h>

#include "venturi/base.h"

/* c[m,n] = alpha op(a)[m,k] op(b)[k,n] + beta c, row-major, op = transpose where ta, tb.
 * On the calling thread, provided the caller holds vt_gemm_serial: threads come from
 * vt_blocks_run, so that bits never depend on how a library cuts its work.  Cost 2 m n k
 * operations. */
void vt_gemm_f32(bool ta, bool tb, size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda,
                 const float *b, size_t ldb, float beta, float *c, size_t ldc);
void vt_gemm_f64(bool ta, bool tb, size_t m, size_t n, size_t k, double alpha, const double *a, size_t lda,
                 const double *b, size_t ldb, double beta, double *c, size_t ldc);

/* Keeps the BLAS on the calling thread until restored with the value returned here. */
int vt_gemm_serial(void);
void vt_gemm_restore(int threads);

/* The kernel family that the BLAS chose ("Zen", "SkylakeX"; "unknown" if it does not tell)
 * and its speed on 256 x 256 x 256 in single precision, about 5 ms to measure.  Some
 * libraries take new CPUs for old ones and run 3 to 5 times too slow. */
const char *vt_gemm_core(void);
double vt_gemm_gflops(void);
/* The BLAS took a CPU with AVX2 for one without, and runs several times too slow. */
bool vt_gemm_misjudged(void);

/* Element-wise y = f(x); x and y may be the same.
 * Single precision: within 2 units in the last place of the true value, and exactly +-1
 * where tanh rounds to it; double: the C library's. */
void vt_tanh_f32(size_t n, const float *x, float *y);
void vt_exp_f32(size_t n, const float *x, float *y);
void vt_exp_f64(size_t n, const double *x, double *y);
/* y = x Phi(x), the Gaussian error unit, and its slope; Phi within 1.5e-7 (Abramowitz & Stegun 7.1.26). */
void vt_gelu_f32(size_t n, const float *x, float *y, float *slope);

/* y[cols, rows] = x[rows, cols]', rows of x `ldx` and of y `ldy` numbers apart. */
void vt_transpose_f32(size_t rows, size_t cols, const float *x, size_t ldx, float *y, size_t ldy);
void vt_transpose_f64(size_t rows, size_t cols, const double *x, size_t ldx, double *y, size_t ldy);

/* Puts n numbers in ascending order; none is NaN.  Cost n log n. */
void vt_sort(double *v, size_t n);
/* Index of x among n different numbers in ascending order, n where it is none of them.  Cost log n. */
size_t vt_sorted_place(const double *v, size_t n, double x);

/* A number, and the row that it is from. */
struct vt_ranked {
	double value;
	size_t row;
};
/* Puts n of them in ascending order of value, equal values in the order of their rows: no order is left to how the
 * sort works.  No value is NaN.  Cost n log n. */
void vt_ranked_sort(struct vt_ranked *v, size_t n);

/* Area under the ROC curve of n scores, none NaN: the chance that a row with positive[i] scores above one without, ties
 * counted half; and its standard error from the placements of the rows of each class (NaN with one row in a class).
 * It is 0 for classes that are told apart without a fault.  VT_EDOMAIN: a class without rows.  Cost n log n.
 * Source: DeLong, DeLong, Clarke-Pearson 1988. */
enum vt_status vt_auc(struct vt_ctx *ctx, size_t n, const double *score, const uint8_t *positive, double *auc,
                      double *se);

#endif
