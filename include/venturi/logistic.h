/* Logistic regression: the best linear classifier that one can name without training anything twice.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_LOGISTIC_H
#define VENTURI_LOGISTIC_H

#include "venturi/base.h"
#include "venturi/mat.h"

/* Minimises, over the rows i with use[i] (null: all), mean of -log softmax(x_i w + b)[y_i] + ridge / 2 |w|^2.
 *
 * x      n x d; not centred or scaled: the penalty is on the weights of the columns as they stand
 * y      n labels in 0 .. q - 1
 * ridge  above 0: the minimum is then unique in w, whatever the algorithm
 * most   iterations of L-BFGS at most
 * w      q x (d + 1), the last column the intercepts, which are not penalised; where it starts, and what it finds
 * slope  norm of the gradient where it stopped; it stops below 1e-5
 *
 * VT_EDOMAIN: no row to use.  VT_ENOMEM.  Bits do not depend on the number of threads.  Cost about 5 n d q operations
 * an iteration.  Two classes have two columns of opposite sign.  Source: Liu & Nocedal 1989; Nocedal & Wright 2006,
 * algorithms 3.1, 7.4. */
enum vt_status vt_logistic_fit(struct vt_ctx *ctx, const struct vt_mat *x, const int32_t *y, const uint8_t *use,
                               size_t q, double ridge, size_t most, double *w, double *slope);

/* The same with the ridge that serves rows best that were not fitted on: of 1, 10^-1/2, 10^-1 ... 10^-6 it takes the
 * one before the mean -log softmax of a held-out tenth of the rows rises, and fits all of them with it.  Which rows are
 * held out is fixed.  w need not be filled; ridge and slope: as found.  VT_EDOMAIN: fewer than 10 rows. */
enum vt_status vt_logistic_choose(struct vt_ctx *ctx, const struct vt_mat *x, const int32_t *y, const uint8_t *use,
                                  size_t q, size_t most, double *w, double *ridge, double *slope);

/* The likeliest class of each row, the first among equals. */
enum vt_status vt_logistic_answers(struct vt_ctx *ctx, const struct vt_mat *x, size_t q, const double *w, int32_t *out);

#endif
