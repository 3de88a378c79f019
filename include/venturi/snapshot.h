/* What every layer holds at one moment of training, on fixed probe rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_SNAPSHOT_H
#define VENTURI_SNAPSHOT_H

#include "venturi/base.h"
#include "venturi/mat.h"
#include "venturi/sampler.h"

enum vt_role { VT_ROLE_INPUT = 1, VT_ROLE_HIDDEN, VT_ROLE_OUTPUT, VT_ROLE_ATTENTION, VT_ROLE_WEIGHT,
               VT_ROLE_GRADIENT, VT_ROLE_GENERATED };

struct vt_tap {
	const char *name;  /* h1 .. hN, output */
	enum vt_role role;
	struct vt_mat x;   /* probe rows x width; in a noisy network one realisation of it */
	const struct vt_sampler *sampler; /* the layer as signal and Gaussian noise; null: it is not such a layer */
	double step;       /* of a rounded network: every x is a whole multiple of it; 0: no grid */
};

/* The frozen network, for measures that run it again.  Null for somebody else's
 * activations: what needs it is then `not_computed`. */
struct vt_net {
	void *self;
	size_t n_layers;          /* layers with weights; names as taps */
	/* One pass over the batches of an epoch with frozen weights: visit is called once per
	 * batch, in order, with the gradient of each layer's weights (without biases) as
	 * layer_gradient[l] of n[l] doubles.  `visit` keeps nothing. */
	enum vt_status (*gradients)(struct vt_ctx *ctx, void *self,
	                            enum vt_status (*visit)(void *visitor, size_t n_layers, const size_t *n,
	                                                    const double *const *layer_gradient),
	                            void *visitor);
	const char *const *layer_name;
};

struct vt_snapshot {
	int64_t step;        /* updates done */
	double epoch;
	size_t index;        /* 0 for the first snapshot of the run */
	bool last;
	/* Evaluation mode, nats; NaN unknown.  In a noisy network those of one realisation of the noise. */
	double loss_train, loss_test, accuracy_train, accuracy_test;
	size_t n_taps;
	const struct vt_tap *tap; /* hidden and output layers, in order */
	struct vt_mat input;
	struct vt_labels label;   /* y null for regression */
	bool enumerated;          /* the probe rows are all inputs there are */
	bool deterministic;       /* each layer is a function of the input: false in a noisy network */
	double h_x;               /* nats: entropy of the probe rows' input (log of the number of
	                           * distinct rows when equally likely) */
	unsigned flags;           /* VT_DEAD, VT_DIVERGED */
	uint64_t seed;
	const struct vt_net *net;
};

/* What is fixed over a run: names and widths of the taps, rows, classes. */
struct vt_snapshot_shape {
	size_t n_taps, n_rows, n_classes;
	size_t n_snapshots;                /* that the schedule makes; 0 unknown */
	const char *const *tap_name;
	const size_t *tap_width;
	size_t n_net_layers;               /* 0 without a net */
	const char *const *net_layer_name;
};

#endif
