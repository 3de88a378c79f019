/* Networks: parameters, forward and backward passes, taps.
 *
 * A model is its parameters in one array, cut into named blocks.  A pass holds what one
 * batch needs: activations and the derivatives of the loss with respect to them.  The
 * rows of a batch are cut into a fixed number of shards, and weight gradients into tiles
 * of the weight matrix; each piece is computed on one thread and no two pieces are ever
 * added in an order that depends on threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_MODEL_H
#define VENTURI_MODEL_H

#include "venturi/base.h"
#include "venturi/kind.h"
#include "venturi/rng.h"
#include "venturi/snapshot.h"
#include "venturi/state.h"

enum vt_precision { VT_SINGLE, VT_DOUBLE };
enum vt_loss { VT_CROSS_ENTROPY, VT_SQUARED, VT_HINGE };

/* What the model must map to what. */
struct vt_model_shape {
	size_t n_inputs, n_outputs;
	size_t n_tokens;         /* inputs are tokens below this, as whole numbers; 0: they are numbers */
	size_t n_labels;         /* outputs a row: 1, or n_inputs, one a position; n_outputs numbers each */
	bool classes;            /* outputs are classes: labels, not values, are the targets */
	enum vt_loss loss;       /* cross-entropy ends in softmax; squared: mean over rows and outputs
	                          * of (y - t)^2, labels as one-hot rows; hinge: of max(0, 1 - t y), targets and
	                          * labels as -1 and +1, an answer is right where all its signs are */
	enum vt_precision precision;
};

/* A block of parameters: rows x cols at `offset` of the parameter array. */
struct vt_parameters {
	size_t offset, rows, cols;
	size_t layer;   /* index of the tap it produces */
	bool weight;    /* weights decay and count for gradient statistics, biases do not */
	char name[24];  /* in files of weights: "h1.w" */
};

struct vt_model {
	const struct vt_model_kind *kind;
	const void *settings; /* borrowed */
	struct vt_model_shape shape;
	size_t n_blocks, n_parameters;
	struct vt_parameters *block;
	void *parameter;      /* n_parameters floats or doubles */
	void *plan;           /* the kind's own, freed with the model */
	uint64_t seed;
	/* Networks that round or make noise; false and null elsewhere. */
	bool perturbed;       /* hidden activations are noisy or rounded: passes hold them clean as well */
	void *working;        /* the parameters as forward reads them, rounded; null: `parameter` itself */
	double *range;        /* rounded: least and largest activation of each tap, 2 a tap; NaN: none seen */
	size_t n_taps;        /* hidden layers and the output, in order */
	char **tap_name;
	size_t *tap_width;    /* numbers a row; of a sequence, all positions together */
	size_t *tap_positions;/* positions of a row: 1, or as many as the sequence has; null: 1 everywhere */
};

/* Targets of the rows of a batch: n_labels labels a row for classes (-1: none is asked there), else n_outputs values
 * a row. */
struct vt_targets {
	const int32_t *label;
	const double *value;
};

/* How many answers rows r0 .. r1 - 1 are asked for: the labels that are not -1, or the rows. */
size_t vt_targets_asked(const struct vt_model_shape *shape, const struct vt_targets *t, size_t r0, size_t r1);

/* A batch in place: row i is data row row[i] of `x` (float or double, n_inputs a row) and of
 * the labels.  What the fused step reads. */
struct vt_gathered {
	const float *x;
	const int32_t *label;
	const uint32_t *row;
	size_t n;
};

/* Which random numbers a pass's noise is made of.  The noise of a row depends on its number, on
 * the model's seed and on this; not on the other rows, on threads or on what was computed before. */
struct vt_noise {
	enum vt_purpose purpose; /* VT_PURPOSE_NOISE in training, VT_PURPOSE_REALISE elsewhere */
	uint64_t draw;           /* the update, or the realisation; taken modulo 2^32 */
	const uint32_t *row;     /* data rows of the pass; null: 0, 1, 2 ... */
};

/* A layer of a noisy network as T = S + N(0, sd^2 I): S is the clean activation of tap `from`, or its
 * coordinates in `basis` where that says as much about the input as the layer does. */
struct vt_smooth {
	double sd;
	size_t from, width;
	double *basis; /* width x width of tap `from`, orthonormal rows, owned; null: S as it is */
	bool fixed;    /* no noise comes in below: S is a function of the input */
};

/* Activations of up to `capacity` rows; opaque to others. */
struct vt_pass {
	size_t capacity;
	void *input;        /* capacity x n_inputs: the caller fills it */
	void *activation;   /* per tap, capacity x width, one after the other */
	void *delta;        /* the same for derivatives; pre-activations until backward */
	void *scratch;      /* capacity x widest */
	void *clean;        /* as activation, before noise or rounding; null unless the model is perturbed */
	struct vt_noise noise;
	size_t n_edits;     /* changes to taps that forward makes: null outside net.run */
	const struct vt_edit *edit;
	void *own;          /* what a kind keeps for itself, and how it is freed */
	void (*own_free)(void *own);
	size_t first;       /* the pass's first row among all rows that the edits speak of */
};

struct vt_model_kind {
	struct vt_kind kind;
	/* Fills blocks, taps and n_parameters.  VT_ECONFIG when the shape cannot be. */
	enum vt_status (*plan)(struct vt_ctx *ctx, const void *settings, struct vt_model *m);
	/* Initial parameters by (seed, VT_PURPOSE_INIT, block). */
	enum vt_status (*initialise)(struct vt_ctx *ctx, struct vt_model *m, uint64_t seed);
	/* The file that the settings name for initial weights; null: none. */
	const char *(*weights)(const void *settings);
	/* Rows r0 .. r1 - 1 of the pass. */
	void (*forward)(const struct vt_model *m, struct vt_pass *p, size_t r0, size_t r1);
	/* After forward: deltas of the mean loss over `n_rows` rows. */
	void (*backward)(const struct vt_model *m, struct vt_pass *p, const struct vt_targets *t, size_t r0, size_t r1,
	                 size_t n_rows);
	/* After backward: gradient of tile `tile` over the pass's first n_rows rows. */
	size_t (*n_tiles)(const struct vt_model *m);
	void (*gradient)(const struct vt_model *m, const struct vt_pass *p, size_t n_rows, size_t tile, void *gradient);
	/* Sum over rows of the loss (nats), and of correct answers; after forward. */
	void (*loss)(const struct vt_model *m, const struct vt_pass *p, const struct vt_targets *t, size_t r0, size_t r1,
	             double *loss, size_t *correct);
	/* The whole gradient of a batch in one go, where the shape allows it (null: never). */
	/* Instead of backward, n_tiles and gradient: the gradient of the mean loss over the first n_rows rows. */
	enum vt_status (*batch)(struct vt_ctx *ctx, const struct vt_model *m, struct vt_pass *p, const struct vt_targets *t,
	                        size_t n_rows, void *gradient);
	/* Continues token sequences: as vt_net.generate (null: it makes no tokens). */
	enum vt_status (*generate)(struct vt_ctx *ctx, const struct vt_model *m, const struct vt_mat *prompt, size_t n_new,
	                           double temperature, uint64_t seed, int32_t *out);
	/* Whether edits of a tap can be made (null: of every tap). */
	bool (*editable)(const struct vt_model *m, size_t tap);
	/* What the kind keeps in a pass (null: nothing). */
	enum vt_status (*prepare)(struct vt_ctx *ctx, const struct vt_model *m, struct vt_pass *p);
	/* Networks that are more than their parameters (null: none is).  Called after the parameters
	 * changed, with the pass of the batch that changed them, or null: rounds them anew, and moves the
	 * ranges of activations after those of the batch's n_rows rows. */
	void (*follow)(struct vt_model *m, const struct vt_pass *p, size_t n_rows);
	/* Step of the grid that a tap's activations lie on; 0: none. */
	double (*step)(const struct vt_model *m, size_t tap);
	/* A tap as signal and noise; sd = 0: it is none.  VT_ENOMEM. */
	enum vt_status (*smooth)(struct vt_ctx *ctx, const struct vt_model *m, size_t tap, struct vt_smooth *out);
	/* The gradient of a whole batch in one go, for nets that are worth it: how many floats of scratch, 64-byte
	 * aligned, it wants (0: not for this net). */
	size_t (*fused_scratch)(const struct vt_model *m);
	void (*fused)(const struct vt_model *m, const struct vt_gathered *batch, float *scratch, float *gradient);
};

enum vt_status vt_model_create(struct vt_ctx *ctx, const struct vt_chosen *chosen,
                               const struct vt_model_shape *shape, uint64_t seed, struct vt_model **out);
void vt_model_free(struct vt_model *m);
/* Every block of parameters from an HDF5 file (dataset /NAME) or a folder (NAME.npy), by its name: rows x cols as in
 * struct vt_parameters.  A block may also stand under the name that a PyTorch module of the same name gives it
 * (h1.w: h1.weight, held as outputs x inputs; h1.b: h1.bias; gains and tables: NAME.weight), so that a state_dict can
 * be written as it is.  VT_EDATA: one is missing, or of another shape; the parameters are then undefined.  For kinds,
 * before `follow`. */
enum vt_status vt_model_load(struct vt_ctx *ctx, struct vt_model *m, const char *path);
size_t vt_model_item(const struct vt_model *m); /* bytes of a number: 4 or 8 */
bool vt_model_finite(const struct vt_model *m); /* every parameter is */
/* All that a model carries from step to step: parameters, and ranges of activations.  Taken up, `follow` is called. */
enum vt_status vt_model_carry(struct vt_ctx *ctx, struct vt_model *m, struct vt_state *s);

enum vt_status vt_pass_create(struct vt_ctx *ctx, const struct vt_model *m, size_t capacity, struct vt_pass **out);
void vt_pass_free(struct vt_pass *p);
/* Rows that an evaluation pass should hold: 256, or fewer where rows are large. */
size_t vt_pass_rows(const struct vt_model *m);
/* Whether forward can make edits of this tap. */
bool vt_model_editable(const struct vt_model *m, size_t tap);
/* Number of shards that n_rows are cut into: at least 32 rows each, 64 in a large network, at most 8; shapes only. */
size_t vt_pass_shards(const struct vt_model *m, size_t n_rows);
/* Activation `tap`, capacity x width. */
void *vt_pass_activation(const struct vt_model *m, const struct vt_pass *p, size_t tap);
void *vt_pass_delta(const struct vt_model *m, const struct vt_pass *p, size_t tap);
/* The same before noise or rounding; the activation itself where there is neither. */
void *vt_pass_clean(const struct vt_model *m, const struct vt_pass *p, size_t tap);
/* Scratch of the shard that begins at `row`: room for its rows of the widest layer. */
void *vt_pass_scratch(const struct vt_model *m, const struct vt_pass *p, size_t row);

/* Makes the pass's edits of tap `tap` on rows r0 .. r1 - 1; for kinds, as soon as forward has computed the tap. */
void vt_pass_edit(const struct vt_model *m, const struct vt_pass *p, size_t tap, size_t r0, size_t r1);

/* Gradient of the mean loss over the first n_rows rows of the pass, whose inputs are
 * filled: shards, then tiles, on the context's threads.  Cost 6 n_rows n_parameters. */
enum vt_status vt_model_gradient(struct vt_ctx *ctx, const struct vt_model *m, struct vt_pass *p,
                                 const struct vt_targets *t, size_t n_rows, void *gradient);

#endif
