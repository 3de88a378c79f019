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

/* A matrix of parameters, or its gradient. */
struct vt_weight {
	const char *name;  /* as in a file of weights: "h1.w", "embed" */
	bool weight;       /* false: a bias, a gain */
	struct vt_mat w;   /* rows: what it reads (a token, an input unit), columns: what it writes */
};

/* A change to what a tap holds, before anything above it reads it. */
enum vt_edit_kind { VT_EDIT_ZERO, VT_EDIT_REPLACE, VT_EDIT_NOISE };
struct vt_edit {
	enum vt_edit_kind kind;
	size_t tap;
	long position;       /* of the sequence; -1: all of them */
	const double *value; /* replace: n x positions x width of the tap, or n x width for one position */
	double sd;           /* noise: standard deviation, by (seed, row) */
	uint64_t seed;
};

/* A question to the frozen network: what does tap `tap` hold on these inputs, with these edits?
 * tap = number of taps asks for the output before softmax. */
struct vt_query {
	struct vt_mat input;  /* n x n_inputs, in the network's units (tokens as whole numbers) */
	size_t n_edits;
	const struct vt_edit *edit;
	size_t tap;
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
	/* out: n x positions x width of the tap, row-major.  Null for networks that cannot be run on other
	 * inputs.  VT_ECONFIG: an edit that this network has no way to make. */
	enum vt_status (*run)(struct vt_ctx *ctx, void *self, const struct vt_query *query, double *out);
	/* Continues prompts of `length` tokens each by `n_new` tokens; temperature 0: the likeliest one.  Null
	 * where the network makes no tokens. */
	enum vt_status (*generate)(struct vt_ctx *ctx, void *self, struct vt_mat prompt, size_t n_new, double temperature,
	                           uint64_t seed, int32_t *out);
	size_t n_weights;          /* matrices of parameters as they stand */
	const struct vt_weight *weight;
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
	struct vt_mat basis;      /* orthonormal rows: the coordinates that the inputs were made in are input basis';
	                           * no rows: those of the input itself, or unknown */
	struct vt_mat target;     /* regression: wanted outputs; no rows for classes */
	struct vt_labels label;   /* y null for regression */
	const uint8_t *is_test;   /* per row; null: all are training rows, or nobody knows */
	/* Sequences: rows are samples of them.  Null: a row is a whole input.  Rows of one block are dependent, so
	 * errors and nulls take whole blocks. */
	const uint32_t *block;    /* the sequence of each row; rows of a sequence stand together, in order */
	const uint32_t *position; /* in the sequence, from 0 */
	size_t n_positions;       /* tokens of a sequence; 0 where rows are no sequences */
	bool partial_x;           /* `input` is not all that the taps are functions of: one token of many, or two */
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
	size_t n_inputs, n_targets;        /* columns of the snapshots' input and target */
	size_t n_positions, n_tokens;      /* 0 where rows are no sequences */
	bool partial_x;                    /* as in the snapshots */
	const char *samples, *x, *y;       /* of sequences, in words: what a row is, what X and Y are; else null */
	size_t n_weights;                  /* names and sizes of net->weight; 0 without a net */
	const struct vt_weight *weight;    /* w.x is null here */
	size_t n_snapshots;                /* that the schedule makes; 0 unknown */
	const char *const *tap_name;
	const size_t *tap_width;
	size_t n_net_layers;               /* 0 without a net */
	const char *const *net_layer_name;
};

#endif
