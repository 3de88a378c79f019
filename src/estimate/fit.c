/* Training a critic, and the bound it gives on rows that it never saw.
 *
 * Three parts of the rows: the critic learns on the first, the second says which of its states to keep, the third
 * gives the value.  Keeping the state that is best on the rows that give the value, as is common, adds the luck of
 * those rows to it and bounds nothing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "critic.h"
#include "split.h"
#include "venturi/rng.h"

const struct vt_option vt_critic_options[] = {
	{ "hidden", VT_INTS, offsetof(struct vt_critic_settings, hidden), 1, 512, "[16, 8]", .unit = "units",
	  .help = "widths of the critic's hidden layers (ReLU)", .max_items = VT_CRITIC_MOST_HIDDEN },
	{ "rate", VT_REAL, offsetof(struct vt_critic_settings, rate), 1e-6, 1, "0.03", NULL, "learning rate of Adam" },
	{ "batch", VT_INT, offsetof(struct vt_critic_settings, batch), 2, 4096, "256", .unit = "rows",
	  .help = "all pairs of a batch are scored; InfoNCE cannot exceed ln batch" },
	{ "steps", VT_INT, offsetof(struct vt_critic_settings, steps), 1, 10000000, "3000", .unit = "steps",
	  .help = "at most" },
	{ "every", VT_INT, offsetof(struct vt_critic_settings, every), 1, 1000000, "50", .unit = "steps",
	  .help = "between looks at the validation rows" },
	{ "patience", VT_INT, offsetof(struct vt_critic_settings, patience), 1, 1000000, "10", .unit = "looks",
	  .help = "without a better one before training stops" },
	{ "test", VT_REAL, offsetof(struct vt_critic_settings, test), 0.01, 0.9, "0.3", NULL,
	  "share of the rows that gives the value" },
	{ "validation", VT_REAL, offsetof(struct vt_critic_settings, validation), 0.01, 0.9, "0.15", NULL,
	  "share of the rows that chooses the state to keep" },
	{ 0 }
};

struct vt_critic_settings vt_critic_defaults(void)
{
	static const int64_t hidden[2] = { 16, 8 };
	return (struct vt_critic_settings){ .hidden = { 2, (int64_t *)(uintptr_t)hidden }, .batch = 256, .steps = 3000,
		                                .every = 50, .patience = 10, .rate = 0.03, .test = 0.3, .validation = 0.15 };
}

struct fit {
	struct vt_critic critic;
	struct vt_split_rows part;
	float *x, *y;            /* in the order of the parts */
	float *batch_x, *batch_y, *best, *average;
	uint32_t *order;
	double *local;
};

static void clear(struct fit *f)
{
	vt_critic_clear(&f->critic);
	vt_split_clear(&f->part);
	free(f->x);
	free(f->y);
	free(f->batch_x);
	free(f->batch_y);
	free(f->best);
	free(f->average);
	free(f->order);
	free(f->local);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static enum vt_status prepare(struct vt_ctx *ctx, const struct vt_pair *in, const struct vt_critic_settings *s,
                              struct fit *f)
{
	enum vt_status status = VT_OK;
	const struct vt_split_rows *p = &f->part;
	struct vt_critic_shape shape = { .dx = in->x.cols, .dy = in->y.cols, .n_hidden = s->hidden.n };
	shape.batch = smaller((size_t)s->batch, p->n_train);
	for (size_t l = 0; l < s->hidden.n; l++) shape.hidden[l] = (size_t)s->hidden.v[l];
	VT_TRY(vt_critic_create(ctx, &shape, &f->critic));
	VT_TRY(vt_split_columns(ctx, &in->x, p, &f->x));
	VT_TRY(vt_split_columns(ctx, &in->y, p, &f->y));
	VT_NEW(ctx, f->batch_x, shape.batch * shape.dx);
	VT_NEW(ctx, f->batch_y, shape.batch * shape.dy);
	VT_NEW(ctx, f->best, f->critic.n_parameters);
	VT_NEW(ctx, f->average, f->critic.n_parameters);
	VT_NEW(ctx, f->order, p->n_train);
	VT_NEW(ctx, f->local, p->n_validation > p->n_test ? p->n_validation : p->n_test);
	for (size_t i = 0; i < p->n_train; i++) f->order[i] = (uint32_t)i;
	vt_critic_initialise(&f->critic, in->seed);
done:
	return status;
}

/* Batch `step` of the shuffled epochs; what is left of an epoch below a whole batch waits for the next. */
static void draw_batch(struct fit *f, uint64_t seed, int64_t step)
{
	size_t size = f->critic.shape.batch, dx = f->critic.shape.dx, dy = f->critic.shape.dy;
	size_t per_epoch = f->part.n_train / size, b = (size_t)(step - 1) % per_epoch;
	if (b == 0) {
		struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_CRITIC, 2 + (uint64_t)(step - 1) / per_epoch);
		vt_rng_shuffle(&r, f->order, f->part.n_train);
	}
	for (size_t i = 0; i < size; i++) {
		size_t row = f->order[b * size + i];
		memcpy(f->batch_x + i * dx, f->x + row * dx, dx * sizeof *f->x);
		memcpy(f->batch_y + i * dy, f->y + row * dy, dy * sizeof *f->y);
	}
}

static enum vt_status train_step(struct vt_ctx *ctx, struct fit *f, enum vt_objective objective,
                                 const struct vt_critic_settings *s, uint64_t seed, int64_t step)
{
	enum vt_status status = VT_OK;
	struct vt_critic *c = &f->critic;
	draw_batch(f, seed, step);
	VT_TRY(vt_critic_scores(ctx, c, f->batch_x, f->batch_y, c->shape.batch, objective == VT_INFONCE));
	vt_bound_scales(objective, c);
	VT_TRY(vt_critic_gradient(ctx, c, f->batch_x, f->batch_y));
	vt_critic_update(c, s->rate, step);
done:
	return status;
}

static double mean(const double *v, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) sum += v[i];
	return sum / (double)n;
}

/* The mean of the last hundred or so states: what a step of this size adds in noise is not in it. */
static void average(struct fit *f, int64_t step)
{
	const float most = 0.01f, share = fmaxf(most, 1 / (float)step);
	for (size_t i = 0; i < f->critic.n_parameters; i++)
		f->average[i] += share * (f->critic.parameter[i] - f->average[i]);
}

static void swap_average(struct fit *f)
{
	float *swap = f->average;
	f->average = f->critic.parameter;
	f->critic.parameter = swap;
}

/* The bound on rows first .. first + n - 1 of the order of parts. */
static enum vt_status held_out(struct vt_ctx *ctx, struct fit *f, enum vt_objective objective, size_t first, size_t n,
                               double *value, double *partition_se)
{
	enum vt_status status = VT_OK;
	VT_TRY(vt_bound_held_out(ctx, objective, &f->critic, f->x + first * f->critic.shape.dx,
	                         f->y + first * f->critic.shape.dy, n, f->local, partition_se));
	*value = mean(f->local, n);
done:
	return status;
}

static enum vt_status train(struct vt_ctx *ctx, struct fit *f, enum vt_objective objective,
                            const struct vt_critic_settings *s, uint64_t seed, struct vt_critic_bound *out)
{
	enum vt_status status = VT_OK;
	size_t bytes = f->critic.n_parameters * sizeof(float);
	double best = -INFINITY, value, ignored;
	int64_t worse = 0;
	memcpy(f->best, f->critic.parameter, bytes);
	for (int64_t step = 1; step <= s->steps && worse < s->patience; step++) {
		VT_TRY(train_step(ctx, f, objective, s, seed, step));
		average(f, step);
		out->steps = step;
		if (step % s->every != 0 && step < s->steps) continue;
		swap_average(f);
		VT_TRY(held_out(ctx, f, objective, f->part.n_train, f->part.n_validation, &value, &ignored));
		swap_average(f);
		worse++;
		if (!(value > best)) continue;
		best = value;
		worse = 0;
		out->best = step;
		memcpy(f->best, f->average, bytes);
	}
	memcpy(f->critic.parameter, f->best, bytes);
done:
	return status;
}

enum vt_status vt_critic_bound(struct vt_ctx *ctx, const struct vt_pair *in, enum vt_objective objective,
                               const struct vt_critic_settings *s, struct vt_critic_bound *out)
{
	enum vt_status status = VT_OK;
	struct fit f = { 0 };
	struct vt_critic_bound bound = { .value = NAN, .se = NAN };
	VT_TRY(vt_split_draw(ctx, in, s->test, s->validation, &f.part));
	bound.n_train = f.part.n_train;
	bound.n_validation = f.part.n_validation;
	bound.n_test = f.part.n_test;
	if (!vt_split_large_enough(&f.part)) goto found;
	VT_TRY(prepare(ctx, in, s, &f));
	bound.batch = smaller(f.critic.shape.batch, bound.n_test);
	VT_TRY(train(ctx, &f, objective, s, in->seed, &bound));
	VT_TRY(held_out(ctx, &f, objective, bound.n_train + bound.n_validation, bound.n_test, &bound.value,
	                &bound.partition_se));
	VT_TRY(vt_split_error(ctx, in, &f.part, f.local, &bound.se));
found:
	*out = bound;
done:
	clear(&f);
	return status;
}
