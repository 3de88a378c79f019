/* Dense layers with ReLU between them, for probes and codes; private to room estimate.
 *
 * Room model has networks for people to train; this one has no options, no precision to choose and no threads, so
 * that an estimator can train a few thousand small steps inside another loop.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_DENSE_H
#define ESTIMATE_DENSE_H

#include "venturi/base.h"

enum { VT_DENSE_MOST_LAYERS = 6 };

/* z_l = max(0, W_l z_(l-1) + b_l), the last one without max; width[0] inputs, width[n_layers] outputs.  W_l is
 * width[l] x width[l-1]. */
struct vt_dense {
	size_t n_layers, width[VT_DENSE_MOST_LAYERS + 1], batch;
	size_t n_parameters, weight[VT_DENSE_MOST_LAYERS + 1], bias[VT_DENSE_MOST_LAYERS + 1];
	float *parameter, *gradient, *mean, *square, *best;
	const float *input;                        /* the caller's, of the last forward pass */
	float *z[VT_DENSE_MOST_LAYERS + 1];        /* from 1 on: batch x width */
	float *d[2];
};

/* width holds n_layers + 1 numbers.  VT_ENOMEM. */
enum vt_status vt_dense_create(struct vt_ctx *ctx, size_t n_layers, const size_t *width, size_t batch,
                               struct vt_dense *out);
void vt_dense_clear(struct vt_dense *net);
/* Weights uniform within +- sqrt(3 / inputs), biases 0, from (seed, VT_PURPOSE_CRITIC, index). */
void vt_dense_initialise(struct vt_dense *net, uint64_t seed, uint64_t index);

/* Outputs of n <= batch packed rows, which must stay as they are until the way back. */
const float *vt_dense_forward(struct vt_dense *net, const float *x, size_t n);
/* gradient of a loss from its derivative by the outputs, d_out (n x outputs); d_in (n x inputs) unless null. */
void vt_dense_backward(struct vt_dense *net, const float *d_out, size_t n, float *d_in);
/* Adam, step counted from 1; the decay is of weights and biases alike. */
void vt_dense_update(struct vt_dense *net, double rate, double decay, int64_t step);

void vt_dense_keep(struct vt_dense *net);    /* best = parameter */
void vt_dense_recall(struct vt_dense *net);  /* parameter = best */

#endif
