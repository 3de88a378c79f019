/* A critic: a small network f(x, y) that scores pairs, trained so that a bound of the information is as large as it
 * can be; private to room estimate.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_CRITIC_H
#define ESTIMATE_CRITIC_H

#include "pair.h"

/* ---- what others call ------------------------------------------------------ */

/* Lower bounds of I(X;Y) by any function f; the best f is ln p(y|x) / p(y), but for a constant.
 *   INFONCE  mean_i [ f_ii - ln mean_j e^f_ij ], j over the batch, i itself among them    van den Oord 2018
 *   NWJ      mean_i f_ii - mean_{i /= j} e^(f_ij - 1)                                     Nguyen et al. 2010
 *   DV       mean_i f_ii - ln mean_{i /= j} e^f_ij                                        Donsker & Varadhan 1983 */
enum vt_objective { VT_INFONCE, VT_NWJ, VT_DV };

struct vt_critic_settings {
	struct vt_ints hidden;
	int64_t batch, steps, every, patience, folds;
	double rate, decay, test, validation;
};
/* The table of the settings above, for kinds whose settings they are. */
extern const struct vt_option vt_critic_options[];
/* Settings as the table's defaults have them; nothing to free. */
struct vt_critic_settings vt_critic_defaults(void);

/* value, se: of the bound on rows that were tested, in nats; NaN, and batch 0, where a part has too few rows. */
struct vt_critic_bound {
	double value, se;
	size_t n_train, n_validation, n_test; /* of the smallest fold; n_test of all */
	size_t batch;        /* of the test rows: InfoNCE cannot exceed ln of it */
	double partition_se; /* NWJ, DV: relative standard error of the mean of e^f, the worst fold's; 0 for InfoNCE */
	int64_t steps;       /* the most that a fold took */
	bool rising;         /* a fold was at its best when its steps ran out */
};

/* Trains a critic on a part of the rows of in (blocks stay whole), keeps the state that was best on a second part,
 * and reports the bound on a third, which had no say in anything: with folds = F > 1 each F-th of the rows by a critic
 * that learned on the others, with folds = 1 a share `test` of them.  Columns are standardised first; in->seed chooses
 * rows, weights and order.  in's nature (discrete or not), z, n_null and n_resample are ignored.  Same bits for any
 * number of threads: folds side by side, or with one fold the rows of a batch.
 *
 * Cost about 0.65 ms a step of 256 x 256 pairs, 25+25 dims, hidden 16-8, on one thread, times the folds.  VT_ENOMEM. */
enum vt_status vt_critic_bound(struct vt_ctx *ctx, const struct vt_pair *in, enum vt_objective objective,
                               const struct vt_critic_settings *s, struct vt_critic_bound *out);

/* ---- the network ----------------------------------------------------------- */

enum { VT_CRITIC_MOST_HIDDEN = 4, VT_CRITIC_BLOCKS = 16 };

struct vt_critic_shape {
	size_t dx, dy, batch, n_hidden, hidden[VT_CRITIC_MOST_HIDDEN];
};

/* f(x, y) = v' h_L + c, h_l = max(0, W_l h_(l-1) + b_l), h_1 = max(0, W_x x + W_y y + b_1).  Parameters lie in one
 * array: W_x, W_y, b_1, then W_l, b_l, at last v, c; widths are padded to multiples of 4 with weights that are and
 * stay 0. */
struct vt_critic {
	struct vt_critic_shape shape;
	size_t width[VT_CRITIC_MOST_HIDDEN]; /* padded */
	size_t lanes;                        /* batch, padded */
	size_t n, n_parameters, wx, wy, weight[VT_CRITIC_MOST_HIDDEN + 1], bias[VT_CRITIC_MOST_HIDDEN + 1];
	float *parameter, *gradient, *mean, *square; /* n_parameters each; the last two are Adam's */
	/* Of the last batch: n rows. */
	float *left, *right;                 /* W_x x_i + b_1 by rows; W_y y_j by columns */
	float *d_left, *d_right;
	float *score;                        /* n x lanes: f_ij, and after vt_critic_exponents e^(f_ij - top_i) */
	double *own, *top, *sum, *scale;     /* f_ii; greatest f_ij of row i, sum of exponents of row i; see below */
	void *work;
	size_t work_size;
};

enum vt_status vt_critic_create(struct vt_ctx *ctx, const struct vt_critic_shape *shape, struct vt_critic *out);
void vt_critic_clear(struct vt_critic *c);
/* Weights uniform within +- sqrt(3 / inputs), biases 0, from (seed, VT_PURPOSE_CRITIC, 1). */
void vt_critic_initialise(struct vt_critic *c, uint64_t seed);

/* In these a null context means: on the calling thread.  The caller holds vt_gemm_serial. */

/* All pairs of n <= batch rows of x (n x dx) and y (n x dy), packed: score, own, top, sum.  Without `diagonal` the
 * exponent of f_ii counts as 0. */
enum vt_status vt_critic_scores(struct vt_ctx *ctx, struct vt_critic *c, const float *x, const float *y, size_t n,
                                bool diagonal);
/* gradient of sum_ij scale_i score_ij f_ij - mean_i f_ii, on the scores just computed. */
enum vt_status vt_critic_gradient(struct vt_ctx *ctx, struct vt_critic *c, const float *x, const float *y);
/* Adam with decoupled weight decay, step counted from 1. */
void vt_critic_update(struct vt_critic *c, double rate, double decay, int64_t step);

/* ---- the bounds -------------------------------------------------------------- */

/* Row scales that make vt_critic_gradient the gradient of minus the bound. */
void vt_bound_scales(enum vt_objective objective, struct vt_critic *c);

/* The bound on n held-out rows, by batches of nearly equal size.  local[i] is row i's influence on it: their mean
 * is the value, their scatter its error, in which the pairs that share row i are accounted for.  partition_se as
 * above.  cross: room for n numbers. */
enum vt_status vt_bound_held_out(struct vt_ctx *ctx, enum vt_objective objective, struct vt_critic *c, const float *x,
                                 const float *y, size_t n, double *local, double *cross, double *partition_se);

#endif
