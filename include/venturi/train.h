/* The training loop, optimisers, schedules.  Calls a hook and knows nothing of probes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_TRAIN_H
#define VENTURI_TRAIN_H

#include "venturi/base.h"
#include "venturi/dataset.h"
#include "venturi/kind.h"
#include "venturi/model.h"
#include "venturi/state.h"

/* One update of n parameters p from their gradient g. */
struct vt_update {
	double rate;
	double decay;   /* weight_decay for this block: 0 for biases */
	uint64_t step;  /* 1 for the first update */
};
struct vt_optimiser_kind {
	struct vt_kind kind;
	size_t n_moments; /* arrays of the parameters' size that it keeps, at most 2 */
	void (*update_f32)(const void *settings, const struct vt_update *u, size_t n, float *p, const float *g,
	                   float *m, float *v);
	void (*update_f64)(const void *settings, const struct vt_update *u, size_t n, double *p, const double *g,
	                   double *m, double *v);
};

/* Options of `train` that every training kind shares. */
struct vt_train_settings {
	struct vt_chosen optimiser;  /* kind null: the training kind moves the parameters itself */
	double rate;
	int64_t batch, epochs, seed; /* batch 0: full batch */
	bool shuffle;
	int schedule;                /* enum vt_schedule */
	int64_t warmup, decay_every; /* steps */
	double floor, decay_factor;
	double weight_decay, clip, l1, l2;
	int loss, precision;         /* enum vt_loss, enum vt_precision; their names below */
	double stop_accuracy, stop_loss; /* NaN-free: 0 is off */
	int64_t patience;            /* epochs without a better test loss; 0: off */
	bool fused;                  /* the fused step where the shape allows it */
};
extern const char *const vt_loss_names[], *const vt_precision_names[]; /* choices of options */
enum vt_schedule { VT_CONSTANT, VT_COSINE, VT_LINEAR, VT_STEPS, VT_EXPONENTIAL };

/* ---- evaluation mode -------------------------------------------------- */

/* Runs the network over any rows of a dataset, in chunks, on a fixed number of slots. */
enum { VT_FORWARD_SLOTS = 8 };
struct vt_chunk {
	size_t slot;               /* who computed it: visitors sum per slot */
	const struct vt_pass *pass;
	const uint32_t *row;       /* data rows of the chunk */
	size_t first, n;           /* the chunk's place among all rows asked for */
	struct vt_targets targets;
};
/* Called from several threads, for different slots; a slot's chunks come in order. */
typedef void vt_forward_fn(void *self, const struct vt_chunk *chunk);
struct vt_forward;
enum vt_status vt_forward_create(struct vt_ctx *ctx, const struct vt_dataset *data, const struct vt_model *model,
                                 struct vt_forward **out);
void vt_forward_free(struct vt_forward *f);
/* Which realisation of a noisy network's noise the next runs are made with; 0, from the start, is
 * that of evaluation mode, in which losses are taken too. */
void vt_forward_realise(struct vt_forward *f, uint64_t draw);
enum vt_status vt_forward_run(struct vt_ctx *ctx, struct vt_forward *f, const uint32_t *row, size_t n,
                              vt_forward_fn *visit, void *self);

/* Sums over rows; n counts what was asked: rows, or the labels of sequences. */
struct vt_score {
	size_t n, correct;
	double loss; /* nats for cross-entropy */
};
void vt_score_add(struct vt_score *s, size_t n, double loss, size_t correct);
struct vt_score vt_score_total(const struct vt_score *slot); /* of VT_FORWARD_SLOTS, in order */
enum vt_status vt_forward_score(struct vt_ctx *ctx, struct vt_forward *f, const uint32_t *row, size_t n,
                                struct vt_score *out);

/* Inputs and targets of rows, in the model's precision. */
void vt_gather_inputs(const struct vt_dataset *data, const struct vt_model *model, const uint32_t *row, size_t n,
                      void *out);
struct vt_targets vt_gather_targets(const struct vt_dataset *data, const uint32_t *row, size_t n, int32_t *label,
                                    double *value);

/* ---- training ---------------------------------------------------------- */

/* Rate at update `step` (1 for the first) of `total`. */
double vt_schedule_rate(const struct vt_train_settings *s, uint64_t step, uint64_t total);

/* A model in training. */
struct vt_trainer;

/* Where training stands when the hook is called. */
struct vt_moment {
	int64_t step;
	double epoch;     /* step / steps per epoch */
	double rate;      /* of the last update; at step 0 of the first */
	double grad_norm; /* of the last update's batch, before clipping; NaN at step 0 */
	bool last, diverged;
	struct vt_trainer *trainer;
};
/* Training between two steps: all of the last one is done. */
struct vt_rest {
	int64_t step;
	bool last;
	void *self;
	enum vt_status (*carry)(struct vt_ctx *ctx, void *self, struct vt_state *s);
};
struct vt_hook {
	void *self;
	/* The first step >= `step` at which `at` wants to be called. */
	int64_t (*next)(void *self, int64_t step);
	enum vt_status (*at)(struct vt_ctx *ctx, void *self, const struct vt_moment *m);
	/* Called after every step, before which everything due was done: may carry the state away, and stop the training
	 * by VT_ESTOPPED or VT_EINTERRUPTED.  Null: never called. */
	enum vt_status (*rest)(struct vt_ctx *ctx, void *self, const struct vt_rest *r);
	/* Where to go on, as `rest` carried it away; null: begin at the beginning. */
	struct vt_state *from;
};
/* Calls the hook's rest, if it has one. */
enum vt_status vt_hook_rest(struct vt_ctx *ctx, const struct vt_hook *hook, const struct vt_rest *r);
/* VT_EDATA unless the step of a checkpoint is one of 0 to `last`. */
enum vt_status vt_train_step_within(struct vt_ctx *ctx, int64_t step, int64_t last);

/* Trains; the hook is called before the first update, when due, and at the end, always.
 * VT_EDIVERGED when a parameter left the finite numbers (the hook has then been called
 * with `diverged`). */
struct vt_train_kind {
	struct vt_kind kind;
	enum vt_status (*train)(struct vt_ctx *ctx, const void *settings, const struct vt_dataset *data,
	                        struct vt_model *model, const struct vt_hook *hook);
	/* The last step, as a run without early stopping has it, and steps of an epoch.  VT_ECONFIG: too many.  Null: epochs
	 * of batches. */
	enum vt_status (*steps)(struct vt_ctx *ctx, const void *settings, size_t n_train, int64_t *total,
	                        int64_t *per_epoch);
	/* One step, for its time's sake: the parameters are of no use afterwards.  Null: a batch's update. */
	enum vt_status (*attempt)(struct vt_ctx *ctx, const void *settings, struct vt_model *model,
	                          struct vt_trainer *trainer, uint64_t step);
};
enum vt_status vt_train(struct vt_ctx *ctx, const struct vt_chosen *chosen, const struct vt_dataset *data,
                        struct vt_model *model, const struct vt_hook *hook);

enum vt_status vt_train_steps(struct vt_ctx *ctx, const struct vt_chosen *chosen, size_t n_train, int64_t *total,
                              int64_t *per_epoch);
enum vt_status vt_train_attempt(struct vt_ctx *ctx, const struct vt_chosen *chosen, struct vt_model *model,
                                struct vt_trainer *trainer, uint64_t step);

/* The settings that every training kind's settings begin with; a kind may have no optimiser. */
const struct vt_train_settings *vt_train_common(const struct vt_chosen *chosen);
size_t vt_train_steps_per_epoch(const struct vt_train_settings *s, size_t n_train);

/* The trainer, for hooks and tests. */
enum vt_status vt_trainer_create(struct vt_ctx *ctx, const struct vt_train_settings *s,
                                 const struct vt_dataset *data, struct vt_model *model, struct vt_trainer **out);
void vt_trainer_free(struct vt_trainer *t);
/* Gradient of the mean loss of `n` training rows, without decay and penalties, in the
 * model's precision, laid out as its parameters; valid until the next call.  In a noisy network,
 * under realisation 0 of the noise; vt_trainer_step takes other noise for every update. */
enum vt_status vt_trainer_gradient(struct vt_ctx *ctx, struct vt_trainer *t, const uint32_t *row, size_t n,
                                   const void **gradient);
/* One update with the gradient of these rows; grad_norm may be null. */
enum vt_status vt_trainer_step(struct vt_ctx *ctx, struct vt_trainer *t, const uint32_t *row, size_t n,
                               uint64_t step, double rate, double *grad_norm);
/* Batches of epoch `epoch`: order of the rows, and batch b as a range of it. */
const uint32_t *vt_trainer_order(struct vt_trainer *t, uint64_t epoch);
size_t vt_trainer_batches(const struct vt_trainer *t);
void vt_trainer_batch(const struct vt_trainer *t, size_t b, size_t *begin, size_t *n);
const struct vt_model *vt_trainer_model(const struct vt_trainer *t);
double vt_trainer_weight_norm(const struct vt_trainer *t); /* of all parameters */
/* All that model and optimiser carry from step to step; taken up, what follows from it is made anew. */
enum vt_status vt_trainer_carry(struct vt_ctx *ctx, struct vt_trainer *t, struct vt_state *s);

#endif
