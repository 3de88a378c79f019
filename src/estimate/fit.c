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
#include "venturi/num.h"
#include "venturi/rng.h"

const struct vt_option vt_critic_options[] = {
	{ "hidden", VT_INTS, offsetof(struct vt_critic_settings, hidden), 1, 512, "[16, 8]", .unit = "units",
	  .help = "widths of the critic's hidden layers (ReLU)", .max_items = VT_CRITIC_MOST_HIDDEN },
	{ "rate", VT_REAL, offsetof(struct vt_critic_settings, rate), 1e-6, 1, "0.03", NULL, "learning rate of Adam" },
	{ "decay", VT_REAL, offsetof(struct vt_critic_settings, decay), 0, 10, "0.1", NULL, "decoupled weight decay" },
	{ "batch", VT_INT, offsetof(struct vt_critic_settings, batch), 2, 4096, "256", .unit = "rows",
	  .help = "all pairs of a batch are scored; InfoNCE cannot exceed ln batch" },
	{ "steps", VT_INT, offsetof(struct vt_critic_settings, steps), 1, 10000000, "3000", .unit = "steps",
	  .help = "at most" },
	{ "every", VT_INT, offsetof(struct vt_critic_settings, every), 1, 1000000, "50", .unit = "steps",
	  .help = "between looks at the validation rows" },
	{ "patience", VT_INT, offsetof(struct vt_critic_settings, patience), 1, 1000000, "10", .unit = "looks",
	  .help = "without a better one before training stops" },
	{ "folds", VT_INT, offsetof(struct vt_critic_settings, folds), 1, 100, "4", NULL,
	  "parts, each judged by a critic that learned on the others; 1: one critic, judged on `test`" },
	{ "test", VT_REAL, offsetof(struct vt_critic_settings, test), 0.01, 0.9, "0.3", NULL,
	  "share of the rows that gives the value where there is one fold" },
	{ "validation", VT_REAL, offsetof(struct vt_critic_settings, validation), 0.01, 0.9, "0.15", NULL,
	  "share of the rows (of those not in the fold) that chooses the state to keep" },
	{ 0 }
};

struct vt_critic_settings vt_critic_defaults(void)
{
	static const int64_t hidden[2] = { 16, 8 };
	return (struct vt_critic_settings){ .hidden = { 2, (int64_t *)(uintptr_t)hidden }, .batch = 256, .steps = 3000,
	                                    .every = 50, .patience = 10, .folds = 4, .rate = 0.03, .decay = 0.1, .test = 0.3,
	                                    .validation = 0.15 };
}

/* One critic with its rows. */
struct fit {
	struct vt_critic critic;
	struct vt_split_rows part;
	float *held_x, *held_y;                /* validation rows, then test rows */
	float *batch_x, *batch_y, *best, *average;
	double *local, *cross;
	double value, partition_se;
	uint64_t seed;
	int64_t steps, kept;
};

/* What all critics of an estimate share. */
struct fits {
	struct vt_ctx *inner; /* for the rows of a batch; null where the folds run side by side */
	const struct vt_critic_settings *s;
	enum vt_objective objective;
	size_t n, dx, dy;
	float *x, *y;
	struct fit *fold;
};

static void clear(struct fits *all)
{
	for (size_t f = 0; all->fold && f < all->n; f++) {
		struct fit *a = &all->fold[f];
		vt_critic_clear(&a->critic);
		vt_split_clear(&a->part);
		float *const floats[] = { a->held_x, a->held_y, a->batch_x, a->batch_y, a->best, a->average };
		for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) free(floats[i]);
		free(a->local);
		free(a->cross);
	}
	free(all->fold);
	free(all->x);
	free(all->y);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void gather(const float *x, size_t d, const uint32_t *row, size_t n, float *out)
{
	for (size_t i = 0; i < n; i++) memcpy(out + i * d, x + row[i] * d, d * sizeof *x);
}

/* ---- one critic ---------------------------------------------------------------- */

static enum vt_status prepare(struct vt_ctx *ctx, const struct fits *all, struct fit *f)
{
	enum vt_status status = VT_OK;
	const struct vt_critic_settings *s = all->s;
	const struct vt_split_rows *p = &f->part;
	size_t held = p->n_validation + p->n_test;
	struct vt_critic_shape shape = { .dx = all->dx, .dy = all->dy, .n_hidden = s->hidden.n };
	shape.batch = smaller((size_t)s->batch, p->n_train);
	for (size_t l = 0; l < s->hidden.n; l++) shape.hidden[l] = (size_t)s->hidden.v[l];
	VT_TRY(vt_critic_create(ctx, &shape, &f->critic));
	VT_NEW(ctx, f->held_x, held * shape.dx);
	VT_NEW(ctx, f->held_y, held * shape.dy);
	VT_NEW(ctx, f->batch_x, shape.batch * shape.dx);
	VT_NEW(ctx, f->batch_y, shape.batch * shape.dy);
	VT_NEW(ctx, f->best, f->critic.n_parameters);
	VT_NEW(ctx, f->average, f->critic.n_parameters);
	VT_NEW(ctx, f->local, held);
	VT_NEW(ctx, f->cross, held);
	gather(all->x, shape.dx, p->row + p->n_train, held, f->held_x);
	gather(all->y, shape.dy, p->row + p->n_train, held, f->held_y);
	vt_critic_initialise(&f->critic, f->seed);
done:
	return status;
}

/* Batch `step` of the shuffled epochs; what is left of an epoch below a whole batch waits for the next. */
static void draw_batch(const struct fits *all, struct fit *f, int64_t step)
{
	size_t size = f->critic.shape.batch, per_epoch = f->part.n_train / size, b = (size_t)(step - 1) % per_epoch;
	if (b == 0) {
		struct vt_rng r = vt_rng_stream(f->seed, VT_PURPOSE_CRITIC, 2 + (uint64_t)(step - 1) / per_epoch);
		vt_rng_shuffle(&r, f->part.row, f->part.n_train);
	}
	gather(all->x, all->dx, f->part.row + b * size, size, f->batch_x);
	gather(all->y, all->dy, f->part.row + b * size, size, f->batch_y);
}

static void train_step(const struct fits *all, struct fit *f, int64_t step)
{
	struct vt_critic *c = &f->critic;
	draw_batch(all, f, step);
	vt_critic_scores(all->inner, c, f->batch_x, f->batch_y, c->shape.batch, all->objective == VT_INFONCE);
	vt_bound_scales(all->objective, c);
	vt_critic_gradient(all->inner, c, f->batch_x, f->batch_y);
	vt_critic_update(c, all->s->rate, all->s->decay, step);
}

/* The mean of the last hundred or so states: what a step of this size adds in noise is not in it. */
static void average(struct fit *f, int64_t step)
{
	const float share = fmaxf(0.01f, 1 / (float)step);
	for (size_t i = 0; i < f->critic.n_parameters; i++)
		f->average[i] += share * (f->critic.parameter[i] - f->average[i]);
}

static void swap_average(struct fit *f)
{
	float *swap = f->average;
	f->average = f->critic.parameter;
	f->critic.parameter = swap;
}

/* The bound on n of the held-out rows. */
static double held_out(const struct fits *all, struct fit *f, size_t first, size_t n)
{
	double sum = 0;
	vt_bound_held_out(all->inner, all->objective, &f->critic, f->held_x + first * all->dx, f->held_y + first * all->dy, n,
	                  f->local, f->cross, &f->partition_se);
	for (size_t i = 0; i < n; i++) sum += f->local[i];
	return sum / (double)n;
}

/* Trains until the validation rows have not liked a state better for `patience` looks, and keeps the one they liked
 * most. */
static void train(const struct fits *all, struct fit *f)
{
	const struct vt_critic_settings *s = all->s;
	size_t bytes = f->critic.n_parameters * sizeof(float);
	double best = -INFINITY;
	int64_t worse = 0;
	memcpy(f->best, f->critic.parameter, bytes);
	for (int64_t step = 1; step <= s->steps && worse < s->patience; step++) {
		train_step(all, f, step);
		average(f, step);
		f->steps = step;
		if (step % s->every != 0 && step < s->steps) continue;
		swap_average(f);
		double value = held_out(all, f, 0, f->part.n_validation);
		swap_average(f);
		worse++;
		if (!(value > best)) continue;
		best = value;
		worse = 0;
		f->kept = step;
		memcpy(f->best, f->average, bytes);
	}
	memcpy(f->critic.parameter, f->best, bytes);
}

static enum vt_status run_fold(void *self, size_t b)
{
	const struct fits *all = self;
	struct fit *f = &all->fold[b];
	train(all, f);
	f->value = held_out(all, f, f->part.n_validation, f->part.n_test);
	return VT_OK;
}

/* ---- all of them ------------------------------------------------------------------ */

static enum vt_status split(struct vt_ctx *ctx, const struct vt_pair *in, struct fits *all)
{
	enum vt_status status = VT_OK;
	struct vt_split_rows folds = { 0 };
	size_t *begin = NULL;
	if (all->n == 1) {
		VT_TRY(vt_split_draw(ctx, in, all->s->test, all->s->validation, &all->fold[0].part));
		goto done;
	}
	VT_NEW(ctx, begin, all->n + 1);
	VT_TRY(vt_split_folds(ctx, in, all->n, &folds, begin));
	for (size_t f = 0; f < all->n; f++)
		VT_TRY(vt_split_fold(ctx, in, &folds, begin, f, all->s->validation, &all->fold[f].part));
done:
	vt_split_clear(&folds);
	free(begin);
	return status;
}

/* Sizes of the smallest parts; false where one is too small. */
static bool sizes(const struct fits *all, struct vt_critic_bound *out)
{
	bool enough = true;
	out->n_train = out->n_validation = SIZE_MAX;
	size_t least = SIZE_MAX;
	for (size_t f = 0; f < all->n; f++) {
		const struct vt_split_rows *p = &all->fold[f].part;
		out->n_train = smaller(out->n_train, p->n_train);
		out->n_validation = smaller(out->n_validation, p->n_validation);
		least = smaller(least, p->n_test);
		out->n_test += p->n_test;
		enough = enough && vt_split_large_enough(p);
	}
	if (enough) out->batch = smaller(smaller((size_t)all->s->batch, out->n_train), least);
	return enough;
}

/* The mean over all tested rows, and its error from their local terms. */
static enum vt_status conclude(struct vt_ctx *ctx, const struct vt_pair *in, const struct fits *all,
                               struct vt_critic_bound *out)
{
	enum vt_status status = VT_OK;
	struct vt_split_rows tested = { .n_test = out->n_test };
	double *local = NULL;
	size_t at = 0;
	VT_NEW(ctx, tested.row, out->n_test);
	VT_NEW(ctx, local, out->n_test);
	out->value = 0;
	for (size_t f = 0; f < all->n; f++) {
		const struct fit *a = &all->fold[f];
		memcpy(tested.row + at, a->part.row + a->part.n_train + a->part.n_validation, a->part.n_test * sizeof *tested.row);
		memcpy(local + at, a->local, a->part.n_test * sizeof *local);
		at += a->part.n_test;
		out->value += a->value * (double)a->part.n_test / (double)out->n_test;
		out->partition_se = fmax(out->partition_se, a->partition_se);
		out->steps = a->steps > out->steps ? a->steps : out->steps;
		out->rising = out->rising || a->kept == all->s->steps;
	}
	VT_TRY(vt_split_error(ctx, in, &tested, local, &out->se));
done:
	vt_split_clear(&tested);
	free(local);
	return status;
}

static enum vt_status run(struct vt_ctx *ctx, struct fits *all)
{
	int threads = vt_gemm_serial();
	enum vt_status status = vt_blocks_run(ctx, all->n, true, run_fold, all);
	vt_gemm_restore(threads);
	return status;
}

enum vt_status vt_critic_bound(struct vt_ctx *ctx, const struct vt_pair *in, enum vt_objective objective,
                               const struct vt_critic_settings *s, struct vt_critic_bound *out)
{
	enum vt_status status = VT_OK;
	struct fits all = { .inner = s->folds == 1 ? ctx : NULL, .s = s, .objective = objective, .n = (size_t)s->folds,
		                .dx = in->x.cols, .dy = in->y.cols };
	struct vt_critic_bound bound = { .value = NAN, .se = NAN };
	VT_NEW(ctx, all.fold, all.n);
	VT_TRY(split(ctx, in, &all));
	if (sizes(&all, &bound)) {
		VT_TRY(vt_split_all_columns(ctx, &in->x, &all.x));
		VT_TRY(vt_split_all_columns(ctx, &in->y, &all.y));
		for (size_t f = 0; f < all.n; f++) {
			all.fold[f].seed = in->seed + 0x9E3779B97F4A7C15u * f;
			VT_TRY(prepare(ctx, &all, &all.fold[f]));
		}
		VT_TRY(run(ctx, &all));
		VT_TRY(conclude(ctx, in, &all, &bound));
	}
	*out = bound;
done:
	clear(&all);
	return status;
}
