/* Random networks from a parameter law instead of steps: step t is draw t.
 *
 * The law is that of the model's initial weights and biases.  Draw t has its own seed, made from
 * (seed, t), so that any draw can be had without those before it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "venturi/rng.h"
#include "venturi/train.h"

struct settings {
	struct vt_train_settings train; /* what every training kind has; no optimiser */
	int64_t draws;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "draws", VT_INT, AT(draws), 1, 1e9, NULL, "networks", "how many; steps 0 to draws - 1 are one each" },
	{ "seed", VT_INT, AT(train.seed), 0, 9007199254740991, "0", NULL, "of the networks, split, noise, nulls" },
	{ "batch", VT_INT, AT(train.batch), 0, 1 << 30, "0", "rows", "rows per batch of measures of gradients; 0: all" },
	{ "loss", VT_CHOICE, AT(train.loss), 0, 0, "cross-entropy", NULL,
	  "what losses and gradients mean; cross-entropy ends in softmax", vt_loss_names },
	{ "precision", VT_CHOICE, AT(train.precision), 0, 0, "single", NULL, "of parameters and activations",
	  vt_precision_names },
	{ 0 }
};

/* The first 64 bits of the draw's own stream. */
static uint64_t seed_of(const struct settings *s, uint64_t draw)
{
	struct vt_rng r = vt_rng_stream((uint64_t)s->train.seed, VT_PURPOSE_DRAW, draw);
	uint64_t high = vt_rng_u32(&r);
	return high << 32 | vt_rng_u32(&r);
}

static enum vt_status redraw(struct vt_ctx *ctx, const struct settings *s, struct vt_model *model, uint64_t draw)
{
	enum vt_status status = model->kind->initialise(ctx, model, seed_of(s, draw));
	if (status == VT_OK && model->kind->follow) model->kind->follow(model, NULL, 0);
	return status;
}

/* A draw needs nothing of those before it. */
static enum vt_status carry(struct vt_ctx *ctx, void *self, struct vt_state *s)
{
	vt_state_owner(s, "train");
	return vt_state_carry_int(ctx, s, "step", self);
}

static enum vt_status train(struct vt_ctx *ctx, const void *settings, const struct vt_dataset *data,
                            struct vt_model *model, const struct vt_hook *hook)
{
	enum vt_status status;
	const struct settings *s = settings;
	struct vt_trainer *trainer = NULL;
	int64_t first = 0, done_before = 0;
	VT_REQUIRE(ctx, !model->kind->weights || !model->kind->weights(model->settings), VT_ECONFIG,
	           "model.weights: every draw would replace them; leave them out, or choose another train.kind than draw");
	VT_TRY(vt_trainer_create(ctx, &s->train, data, model, &trainer));
	if (hook->from) {
		VT_TRY(carry(ctx, &done_before, hook->from));
		VT_TRY(vt_train_step_within(ctx, done_before, s->draws - 1));
		first = hook->next(hook->self, done_before + 1);
	}
	for (int64_t draw = first; draw < s->draws; draw = hook->next(hook->self, draw + 1)) {
		VT_TRY(redraw(ctx, s, model, (uint64_t)draw));
		const struct vt_moment now = { .step = draw, .epoch = (double)draw, .rate = 0, .grad_norm = NAN,
			                       .last = draw + 1 == s->draws, .trainer = trainer };
		VT_TRY(hook->at(ctx, hook->self, &now));
		const struct vt_rest rest = { draw, now.last, &draw, carry };
		VT_TRY(vt_hook_rest(ctx, hook, &rest));
		vt_progress(ctx, (double)(draw + 1), (double)s->draws, "");
	}
done:
	vt_trainer_free(trainer);
	return status;
}

static enum vt_status steps(struct vt_ctx *ctx, const void *settings, size_t n_train, int64_t *total,
                            int64_t *per_epoch)
{
	(void)ctx;
	(void)n_train;
	*total = ((const struct settings *)settings)->draws - 1;
	*per_epoch = 1;
	return VT_OK;
}

static enum vt_status attempt(struct vt_ctx *ctx, const void *settings, struct vt_model *model,
                              struct vt_trainer *trainer, uint64_t step)
{
	(void)trainer;
	return redraw(ctx, settings, model, step);
}

const struct vt_train_kind vt_train_draw = {
	.kind = { "draw", "random networks from the law of the initial parameters, one a step; nothing is trained",
	          "Valle-Perez, Camargo & Louis 2019", sizeof(struct settings), options,
	          "A step is a network of its own: no series over steps is a course of anything.  Only the draws that the "
	          "probe's schedule asks for are made; `every: 1` asks for all.  The prior over functions is that of one "
	          "parameter law, and changes with it." },
	.train = train,
	.steps = steps,
	.attempt = attempt,
};
