/* Training by gradient descent on batches: the loop.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>

#include "venturi/train.h"

static const char *const schedules[] = { "constant", "cosine", "linear", "steps", "exponential", NULL };
const char *const vt_loss_names[] = { "cross-entropy", "squared", "hinge", NULL };
const char *const vt_precision_names[] = { "single", "double", NULL };
static const char *const optimisers[] = { "optimiser", NULL };

#define AT(member) offsetof(struct vt_train_settings, member)
static const struct vt_option options[] = {
	{ "optimiser", VT_CHOSEN, AT(optimiser), 0, 0, "sgd", NULL, "how parameters follow the gradient", optimisers },
	{ "rate", VT_REAL, AT(rate), 1e-12, 1e6, NULL, "per step", "learning rate" },
	{ "batch", VT_INT, AT(batch), 0, 1 << 30, "128", "rows", "rows per update; 0 is the full batch" },
	{ "epochs", VT_INT, AT(epochs), 0, 1e9, NULL, "epochs", "passes over the training rows" },
	{ "seed", VT_INT, AT(seed), 0, 9007199254740991, "0", NULL, "split, initial weights, batch order, noise, nulls" },
	{ "shuffle", VT_BOOL, AT(shuffle), 0, 0, "true", NULL, "a new order in every epoch" },
	{ "schedule", VT_CHOICE, AT(schedule), 0, 0, "constant", NULL, "learning rate against steps", schedules },
	{ "warmup", VT_INT, AT(warmup), 0, 1e12, "0", "steps", "linear rise of the rate" },
	{ "floor", VT_REAL, AT(floor), 0, 1, "0", "of the rate", "where cosine and linear end" },
	{ "decay_every", VT_INT, AT(decay_every), 1, 1e12, "1000", "steps", "of schedules steps and exponential" },
	{ "decay_factor", VT_REAL, AT(decay_factor), 0, 1, "0.5", NULL, "of schedules steps and exponential" },
	{ "weight_decay", VT_REAL, AT(weight_decay), 0, 1e6, "0", NULL, "decay of weights, not of biases; see the optimiser" },
	{ "clip", VT_REAL, AT(clip), 0, 1e30, "0", NULL,
	  "most that a batch's gradient may measure, all parameters together: longer ones are shortened to it; 0: never" },
	{ "l1", VT_REAL, AT(l1), 0, 1e6, "0", NULL, "l1 |w| is added to the loss" },
	{ "l2", VT_REAL, AT(l2), 0, 1e6, "0", NULL, "l2 w^2 / 2 is added to the loss" },
	{ "loss", VT_CHOICE, AT(loss), 0, 0, "cross-entropy", NULL,
	  "cross-entropy after softmax; squared: mean over rows and outputs of (y - t)^2; hinge: of max(0, 1 - s y) with "
	  "s = +-1, the target itself or + for the label's output and - for the others", vt_loss_names },
	{ "precision", VT_CHOICE, AT(precision), 0, 0, "single", NULL, "of parameters and activations", vt_precision_names },
	{ "stop_accuracy", VT_REAL, AT(stop_accuracy), 0, 1, "0", "share of rows",
	  "stop after an epoch with this training accuracy; 0: never" },
	{ "stop_loss", VT_REAL, AT(stop_loss), 0, 1e6, "0", "nat", "stop after an epoch with this training loss; 0: never" },
	{ "patience", VT_INT, AT(patience), 0, 1e9, "0", "epochs", "stop after so many without a better test loss; 0: never" },
	{ "fused", VT_BOOL, AT(fused), 0, 0, "true", NULL, "the fused step for tiny nets; false: the generic path" },
	{ 0 }
};

/* The loop's state. */
struct loop {
	const struct vt_train_settings *s;
	const struct vt_dataset *data;
	struct vt_model *model;
	struct vt_trainer *trainer;
	struct vt_forward *forward; /* null without early stopping */
	const struct vt_hook *hook;
	int64_t step, total, due;
	double rate, grad_norm, best_test;
	int64_t stale; /* epochs since the best test loss */
	bool stop, diverged;
};

static enum vt_status call_hook(struct vt_ctx *ctx, struct loop *l)
{
	bool last = l->stop || l->diverged || l->step == l->total;
	if (l->step != l->due && !last) return VT_OK;
	const struct vt_moment now = {
		.step = l->step,
		.epoch = (double)l->step / (double)vt_trainer_batches(l->trainer),
		.rate = l->rate,
		.grad_norm = l->grad_norm,
		.last = last,
		.diverged = l->diverged,
		.trainer = l->trainer,
	};
	enum vt_status status = l->hook->at(ctx, l->hook->self, &now);
	l->due = l->hook->next(l->hook->self, l->step + 1);
	return status;
}

/* After an epoch: is it time to stop? */
static enum vt_status consider_stop(struct vt_ctx *ctx, struct loop *l)
{
	enum vt_status status;
	struct vt_score train = { 0 }, test = { 0 };
	if (!l->forward) return VT_OK;
	VT_TRY(vt_forward_score(ctx, l->forward, l->data->train, l->data->n_train, &train));
	double loss = train.loss / (double)train.n, accuracy = (double)train.correct / (double)train.n;
	if (l->s->stop_accuracy > 0 && accuracy >= l->s->stop_accuracy) l->stop = true;
	if (l->s->stop_loss > 0 && loss <= l->s->stop_loss) l->stop = true;
	if (l->s->patience == 0 || l->data->n_test == 0) goto done;
	VT_TRY(vt_forward_score(ctx, l->forward, l->data->test, l->data->n_test, &test));
	l->stale = test.loss < l->best_test ? 0 : l->stale + 1;
	l->best_test = fmin(l->best_test, test.loss);
	if (l->stale >= l->s->patience) l->stop = true;
done:
	return status;
}

static enum vt_status carry(struct vt_ctx *ctx, void *self, struct vt_state *s)
{
	enum vt_status status;
	struct loop *l = self;
	VT_TRY(vt_trainer_carry(ctx, l->trainer, s));
	vt_state_owner(s, "train");
	VT_TRY(vt_state_carry_int(ctx, s, "step", &l->step));
	VT_TRY(vt_state_carry_real(ctx, s, "rate", &l->rate));
	VT_TRY(vt_state_carry_real(ctx, s, "grad_norm", &l->grad_norm));
	VT_TRY(vt_state_carry_real(ctx, s, "best_test", &l->best_test));
	VT_TRY(vt_state_carry_int(ctx, s, "stale", &l->stale));
	VT_TRY(vt_state_carry_flag(ctx, s, "stop", &l->stop));
done:
	return status;
}

static enum vt_status rest(struct vt_ctx *ctx, struct loop *l)
{
	const struct vt_rest now = { l->step, l->stop || l->diverged || l->step == l->total, l, carry };
	return vt_hook_rest(ctx, l->hook, &now);
}

/* From the first step, or the one after that which was carried away. */
static enum vt_status begin(struct vt_ctx *ctx, struct loop *l)
{
	enum vt_status status = l->hook->from ? carry(ctx, l, l->hook->from) : call_hook(ctx, l);
	if (status == VT_OK) status = vt_train_step_within(ctx, l->step, l->total);
	if (status != VT_OK) return status;
	l->due = l->hook->next(l->hook->self, l->step + 1);
	return l->hook->from ? VT_OK : rest(ctx, l);
}

/* What is left of the epoch that the next step belongs to. */
static enum vt_status one_epoch(struct vt_ctx *ctx, struct loop *l)
{
	enum vt_status status = VT_OK;
	size_t n_batches = vt_trainer_batches(l->trainer), begin, n;
	uint64_t epoch = (uint64_t)l->step / n_batches;
	const uint32_t *order = vt_trainer_order(l->trainer, epoch);
	for (size_t b = (size_t)l->step % n_batches; b < n_batches && !l->diverged; b++) {
		bool epoch_ends = b + 1 == n_batches;
		vt_trainer_batch(l->trainer, b, &begin, &n);
		l->step++;
		l->rate = vt_schedule_rate(l->s, (uint64_t)l->step, (uint64_t)l->total);
		bool due = l->step == l->due || l->step == l->total;
		VT_TRY(vt_trainer_step(ctx, l->trainer, order + begin, n, (uint64_t)l->step, l->rate, due ? &l->grad_norm : NULL));
		if (due || epoch_ends) l->diverged = !vt_model_finite(l->model);
		if (epoch_ends && !l->diverged) VT_TRY(consider_stop(ctx, l));
		VT_TRY(call_hook(ctx, l));
		VT_TRY(rest(ctx, l));
		order = vt_trainer_order(l->trainer, epoch); /* a hook may have asked for another epoch's */
	}
done:
	return status;
}

static enum vt_status loop_run(struct vt_ctx *ctx, struct loop *l)
{
	enum vt_status status;
	VT_TRY(begin(ctx, l));
	while (l->step < l->total && !l->stop && !l->diverged) {
		VT_TRY(one_epoch(ctx, l));
		vt_progress(ctx, (double)l->step, (double)l->total, "");
	}
	VT_REQUIRE(ctx, !l->diverged, VT_EDIVERGED,
	           "training diverged at step %lld: a parameter is no longer finite; try a smaller train.rate than %g",
	           (long long)l->step, l->s->rate);
done:
	return status;
}

static enum vt_status train(struct vt_ctx *ctx, const void *settings, const struct vt_dataset *data,
                            struct vt_model *model, const struct vt_hook *hook)
{
	enum vt_status status;
	const struct vt_train_settings *s = settings;
	struct loop l = { .s = s, .data = data, .model = model, .hook = hook, .best_test = INFINITY, .grad_norm = NAN };
	l.total = s->epochs * (int64_t)vt_train_steps_per_epoch(s, data->n_train);
	l.rate = vt_schedule_rate(s, 1, (uint64_t)l.total);
	VT_TRY(vt_trainer_create(ctx, s, data, model, &l.trainer));
	if (s->stop_accuracy > 0 || s->stop_loss > 0 || s->patience > 0)
		VT_TRY(vt_forward_create(ctx, data, model, &l.forward));
	VT_TRY(loop_run(ctx, &l));
done:
	vt_forward_free(l.forward);
	vt_trainer_free(l.trainer);
	return status;
}

static enum vt_status steps(struct vt_ctx *ctx, const void *settings, size_t n_train, int64_t *total,
                            int64_t *per_epoch)
{
	const struct vt_train_settings *s = settings;
	*per_epoch = (int64_t)vt_train_steps_per_epoch(s, n_train);
	if (__builtin_mul_overflow(s->epochs, *per_epoch, total))
		return vt_ctx_fail(ctx, VT_ECONFIG, "train.epochs: %lld epochs of %lld steps are too many", (long long)s->epochs,
		                   (long long)*per_epoch);
	return VT_OK;
}

static enum vt_status attempt(struct vt_ctx *ctx, const void *settings, struct vt_model *model,
                              struct vt_trainer *trainer, uint64_t step)
{
	size_t begin, n;
	(void)settings;
	(void)model;
	vt_trainer_batch(trainer, step % vt_trainer_batches(trainer), &begin, &n);
	return vt_trainer_step(ctx, trainer, vt_trainer_order(trainer, 0) + begin, n, step + 1, 0, NULL);
}

enum vt_status vt_hook_rest(struct vt_ctx *ctx, const struct vt_hook *hook, const struct vt_rest *r)
{
	return hook->rest ? hook->rest(ctx, hook->self, r) : VT_OK;
}

enum vt_status vt_train_step_within(struct vt_ctx *ctx, int64_t step, int64_t last)
{
	if (step >= 0 && step <= last) return VT_OK;
	return vt_ctx_fail(ctx, VT_EDATA, "the checkpoint is of step %lld, and the last one is %lld", (long long)step,
	                   (long long)last);
}

static const struct vt_train_kind *kind_of(const struct vt_chosen *chosen)
{
	return (const struct vt_train_kind *)chosen->kind; /* its first member */
}

enum vt_status vt_train(struct vt_ctx *ctx, const struct vt_chosen *chosen, const struct vt_dataset *data,
                        struct vt_model *model, const struct vt_hook *hook)
{
	return kind_of(chosen)->train(ctx, chosen->settings, data, model, hook);
}

enum vt_status vt_train_steps(struct vt_ctx *ctx, const struct vt_chosen *chosen, size_t n_train, int64_t *total,
                              int64_t *per_epoch)
{
	const struct vt_train_kind *kind = kind_of(chosen);
	return (kind->steps ? kind->steps : steps)(ctx, chosen->settings, n_train, total, per_epoch);
}

enum vt_status vt_train_attempt(struct vt_ctx *ctx, const struct vt_chosen *chosen, struct vt_model *model,
                                struct vt_trainer *trainer, uint64_t step)
{
	const struct vt_train_kind *kind = kind_of(chosen);
	return (kind->attempt ? kind->attempt : attempt)(ctx, chosen->settings, model, trainer, step);
}

const struct vt_train_settings *vt_train_common(const struct vt_chosen *chosen)
{
	return chosen->settings;
}

const struct vt_train_kind vt_train_gradient = {
	.kind = { "gradient", "gradient descent on batches", "Robbins & Monro 1951", sizeof(struct vt_train_settings), options,
	          "single precision rounds a saturated tanh to exactly 1, which alone can look like compression" },
	.train = train,
	.steps = steps,
	.attempt = attempt,
};
