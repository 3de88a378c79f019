/* Damped Jacobi iteration on the one-dimensional Poisson problem: high frequencies converge first.
 * The control of claims about which frequency a network learns first: the same target, the same
 * measure, no network, and the order reversed.
 *
 * The grid is a circle.  With A u = 2 u_i - u_(i-1) - u_(i+1) and f = A target, one step is
 *     u <- u + rate D^-1 (f - A u),  D = 2,
 * so the error at k cycles over n points is multiplied by 1 - rate (1 - cos(2 pi k / n)).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "venturi/train.h"

struct settings {
	struct vt_train_settings common; /* first: vt_train_common */
};

static const char *const losses[] = { "cross-entropy", "squared", NULL };
static const char *const precisions[] = { "single", "double", NULL };

#define AT(member) offsetof(struct settings, common.member)
static const struct vt_option options[] = {
	{ "rate", VT_REAL, AT(rate), 1e-6, 1, "0.6666666666666666", NULL, "weight of the update; 1: undamped" },
	{ "epochs", VT_INT, AT(epochs), 0, 1e9, NULL, "steps", "iterations; each visits every row" },
	{ "seed", VT_INT, AT(seed), 0, 9007199254740991, "0", NULL, "of the dataset; the iteration draws nothing" },
	{ "loss", VT_CHOICE, AT(loss), 0, 0, "squared", NULL, "what is reported as loss: only squared will do", losses },
	{ "precision", VT_CHOICE, AT(precision), 0, 0, "single", NULL, "of the vector", precisions },
	{ 0 }
};

struct loop {
	const struct vt_train_settings *s;
	struct vt_model *model;
	struct vt_trainer *trainer;
	const struct vt_hook *hook;
	size_t n, width;
	double *error;        /* u - target, n x width */
	const double *target;
	double residual;      /* norm of D^-1 (f - A u) before the last step */
	int64_t step, due;
};

static double get(const struct vt_model *m, size_t i)
{
	return m->shape.precision == VT_SINGLE ? ((const float *)m->parameter)[i] : ((const double *)m->parameter)[i];
}

static void set(const struct vt_model *m, size_t i, double x)
{
	if (m->shape.precision == VT_SINGLE) ((float *)m->parameter)[i] = (float)x;
	else ((double *)m->parameter)[i] = x;
}

/* D^-1 (f - A u) = -D^-1 A (u - target), the same whatever the row's own scale. */
static void iterate(struct loop *l)
{
	double sum = 0;
	for (size_t i = 0; i < l->n * l->width; i++) l->error[i] = get(l->model, i) - l->target[i];
	for (size_t i = 0; i < l->n; i++)
		for (size_t j = 0; j < l->width; j++) {
			size_t before = (i + l->n - 1) % l->n, after = (i + 1) % l->n, at = i * l->width + j;
			double r = (l->error[before * l->width + j] + l->error[after * l->width + j]) / 2 - l->error[at];
			sum += r * r;
			set(l->model, at, l->error[at] + l->target[at] + l->s->rate * r);
		}
	l->residual = sqrt(sum);
}

static enum vt_status call_hook(struct vt_ctx *ctx, struct loop *l)
{
	bool last = l->step == l->s->epochs;
	if (l->step != l->due && !last) return VT_OK;
	const struct vt_moment now = { .step = l->step, .epoch = (double)l->step, .rate = l->s->rate, .grad_norm = l->residual,
		                       .last = last, .trainer = l->trainer };
	enum vt_status status = l->hook->at(ctx, l->hook->self, &now);
	l->due = l->hook->next(l->hook->self, l->step + 1);
	return status;
}

static enum vt_status carry(struct vt_ctx *ctx, void *self, struct vt_state *s)
{
	enum vt_status status;
	struct loop *l = self;
	VT_TRY(vt_trainer_carry(ctx, l->trainer, s));
	vt_state_owner(s, "train");
	VT_TRY(vt_state_carry_int(ctx, s, "step", &l->step));
	VT_TRY(vt_state_carry_real(ctx, s, "residual", &l->residual));
done:
	return status;
}

static enum vt_status rest(struct vt_ctx *ctx, struct loop *l)
{
	const struct vt_rest now = { l->step, l->step == l->s->epochs, l, carry };
	return vt_hook_rest(ctx, l->hook, &now);
}

static enum vt_status begin(struct vt_ctx *ctx, struct loop *l)
{
	if (!l->hook->from) {
		enum vt_status status = call_hook(ctx, l);
		return status == VT_OK ? rest(ctx, l) : status;
	}
	enum vt_status status = carry(ctx, l, l->hook->from);
	if (status == VT_OK) status = vt_train_step_within(ctx, l->step, l->s->epochs);
	if (status != VT_OK) return status;
	l->due = l->hook->next(l->hook->self, l->step + 1);
	return VT_OK;
}

static enum vt_status check(struct vt_ctx *ctx, const struct vt_dataset *data, const struct vt_model *model)
{
	enum vt_status status = VT_OK;
	bool table = model->n_blocks == 1 && model->n_taps == 1;
	VT_REQUIRE(ctx, data->target, VT_ECONFIG, "train jacobi wants a dataset with numbers as targets, not classes");
	VT_REQUIRE(ctx, table && model->block[0].rows == data->n && model->block[0].cols == data->n_targets, VT_ECONFIG,
	           "train jacobi moves one number a grid point: wanted model table with points: %zu", data->n);
done:
	return status;
}

static enum vt_status train(struct vt_ctx *ctx, const void *settings, const struct vt_dataset *data,
                            struct vt_model *model, const struct vt_hook *hook)
{
	enum vt_status status;
	struct loop l = { .s = settings, .model = model, .hook = hook, .n = data->n, .width = data->n_targets,
	                  .target = data->target, .residual = NAN };
	VT_TRY(check(ctx, data, model));
	VT_NEW(ctx, l.error, l.n * l.width);
	VT_TRY(vt_trainer_create(ctx, l.s, data, model, &l.trainer));
	VT_TRY(begin(ctx, &l));
	while (l.step < l.s->epochs) {
		iterate(&l);
		l.step++;
		VT_TRY(call_hook(ctx, &l));
		VT_TRY(rest(ctx, &l));
		vt_progress(ctx, (double)l.step, (double)l.s->epochs, "");
	}
done:
	vt_trainer_free(l.trainer);
	free(l.error);
	return status;
}

static enum vt_status steps(struct vt_ctx *ctx, const void *settings, size_t n_train, int64_t *total,
                            int64_t *per_epoch)
{
	(void)ctx;
	(void)n_train; /* an iteration visits every row */
	*total = ((const struct vt_train_settings *)settings)->epochs;
	*per_epoch = 1;
	return VT_OK;
}

/* One iteration towards 0: it takes as long as one towards the target. */
static enum vt_status attempt(struct vt_ctx *ctx, const void *settings, struct vt_model *model,
                              struct vt_trainer *trainer, uint64_t step)
{
	enum vt_status status;
	size_t n = model->block[0].rows, width = model->block[0].cols;
	struct loop l = { .s = settings, .model = model, .n = n, .width = width };
	double *target = NULL;
	(void)trainer;
	(void)step;
	VT_NEW(ctx, l.error, n * width);
	VT_NEW(ctx, target, n * width);
	l.target = target;
	iterate(&l);
	status = VT_OK;
done:
	free(l.error);
	free(target);
	return status;
}

const struct vt_train_kind vt_train_jacobi = {
	.kind = { "jacobi", "damped Jacobi iteration on a periodic Poisson problem: no network, no gradient",
	          "Briggs, Henson & McCormick 2000, sec. 2; as a control, Xu et al. 2020, sec. 5", sizeof(struct settings),
	          options,
	          "Undamped (rate 1) the highest frequency of an even grid never converges.  The mean of the target is "
	          "not part of the problem and stays where it started" },
	.train = train,
	.steps = steps,
	.attempt = attempt,
};
