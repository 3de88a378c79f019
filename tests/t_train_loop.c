/* The training loop: optimisers against plain loops, schedules, hooks, early stop, the same
 * bits for any number of threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "small_task.h"

/* ---- optimisers --------------------------------------------------------- */

enum { N = 19, STEPS = 5 };

/* The definitions, written once more in plain double loops. */
static void plain(const char *name, double rate, double decay, int step, double *p, const double *g, double *m,
                  double *v)
{
	for (int i = 0; i < N; i++) {
		bool adamw = strcmp(name, "adamw") == 0;
		double d = g[i] + (adamw ? 0 : decay * p[i]);
		if (strcmp(name, "sgd") == 0) {
			p[i] -= rate * d;
		} else if (strcmp(name, "momentum") == 0) {
			m[i] = 0.9 * m[i] + d;
			p[i] -= rate * m[i];
		} else {
			m[i] = 0.9 * m[i] + 0.1 * d;
			v[i] = 0.999 * v[i] + 0.001 * d * d;
			double mean = m[i] / (1 - pow(0.9, step)), square = v[i] / (1 - pow(0.999, step));
			if (adamw) p[i] -= rate * decay * p[i];
			p[i] -= rate * mean / (sqrt(square) + 1e-8);
		}
	}
}

static void check_optimiser(const char *name)
{
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_chosen chosen;
	assert_int_equal(vt_chosen_parse(ctx, &vt_registry, "optimiser", name, &chosen), VT_OK);
	const struct vt_optimiser_kind *kind = (const struct vt_optimiser_kind *)chosen.kind;
	double p[N], q[N], m[N] = { 0 }, v[N] = { 0 }, m2[N] = { 0 }, v2[N] = { 0 }, g[N];
	float pf[N], mf[N] = { 0 }, vf[N] = { 0 }, gf[N];
	struct vt_rng r = vt_rng_stream(11, VT_PURPOSE_NOISE, 0);
	for (int i = 0; i < N; i++) p[i] = q[i] = pf[i] = (float)vt_rng_normal(&r);
	for (int step = 1; step <= STEPS; step++) {
		const struct vt_update u = { 0.01, 0.1, (uint64_t)step };
		for (int i = 0; i < N; i++) g[i] = gf[i] = (float)vt_rng_normal(&r);
		plain(name, 0.01, 0.1, step, q, g, m2, v2);
		kind->update_f64(chosen.settings, &u, N, p, g, m, v);
		kind->update_f32(chosen.settings, &u, N, pf, gf, mf, vf);
	}
	for (int i = 0; i < N; i++) {
		if (fabs(p[i] - q[i]) > 1e-12) fail_msg("%s: %.17g wanted %.17g", name, p[i], q[i]);
		if (fabs(pf[i] - q[i]) > 2e-6) fail_msg("%s, single: %.9g wanted %.9g", name, pf[i], q[i]);
	}
	vt_chosen_clear(&chosen);
	vt_ctx_free(ctx);
}

static void optimisers_follow_their_definitions(void **state)
{
	(void)state;
	check_optimiser("sgd");
	check_optimiser("momentum");
	check_optimiser("adam");
	check_optimiser("adamw");
}

/* ---- schedules ------------------------------------------------------------ */

static void schedules(void **state)
{
	struct vt_train_settings s = { .rate = 2, .floor = 0.1, .decay_every = 10, .decay_factor = 0.5 };
	(void)state;
	assert_true(vt_schedule_rate(&s, 7, 100) == 2);
	s.schedule = VT_COSINE;
	assert_true(fabs(vt_schedule_rate(&s, 50, 100) - 2 * (0.1 + 0.9 * 0.5)) < 1e-12);
	assert_true(fabs(vt_schedule_rate(&s, 100, 100) - 0.2) < 1e-12);
	s.warmup = 4;
	assert_true(fabs(vt_schedule_rate(&s, 1, 100) - 0.5) < 1e-12);
	s.schedule = VT_STEPS;
	s.warmup = 0;
	assert_true(vt_schedule_rate(&s, 10, 100) == 2 && vt_schedule_rate(&s, 11, 100) == 1);
	s.schedule = VT_LINEAR;
	assert_true(fabs(vt_schedule_rate(&s, 100, 100) - 0.2) < 1e-12);
}

/* ---- the loop --------------------------------------------------------------- */

struct log {
	int64_t step[64], every;
	size_t n;
	bool last_seen;
	double loss;
};

static int64_t next(void *self, int64_t step)
{
	const struct log *l = self;
	return (step + l->every - 1) / l->every * l->every;
}

static enum vt_status at(struct vt_ctx *ctx, void *self, const struct vt_moment *m)
{
	struct log *l = self;
	(void)ctx;
	if (l->n < 64) l->step[l->n++] = m->step;
	if (m->last) l->last_seen = true;
	return VT_OK;
}

static struct log train(const char *const *override, int threads, char sha[65], enum vt_status wanted)
{
	struct small_task s;
	struct log l = { .every = 10 };
	const struct vt_hook hook = { &l, next, at };
	small_task_open(&s, override);
	vt_ctx_set_threads(s.ctx, threads);
	assert_int_equal(vt_train(s.ctx, &s.task->train, s.data, s.model, &hook), wanted);
	if (sha) vt_sha256(s.model->parameter, s.model->n_parameters * vt_model_item(s.model), sha);
	small_task_close(&s);
	return l;
}

static void hook_sees_first_due_and_last(void **state)
{
	static const char *const override[] = { "train.epochs=2", NULL }; /* 3277 rows: 13 steps an epoch */
	(void)state;
	struct log l = train(override, 1, NULL, VT_OK);
	const int64_t wanted[] = { 0, 10, 20, 26 };
	assert_int_equal(l.n, 4);
	assert_memory_equal(l.step, wanted, sizeof wanted);
	assert_true(l.last_seen);
}

static void early_stop(void **state)
{
	static const char *const override[] = { "train.epochs=1000", "train.stop_accuracy=0.6", "train.rate=3e-3", NULL };
	(void)state;
	struct log l = train(override, 1, NULL, VT_OK);
	assert_true(l.last_seen && l.n > 1 && l.step[l.n - 1] < 13000 && l.step[l.n - 1] % 13 == 0);
}

static void divergence_is_reported(void **state)
{
	static const char *const override[] = { "train.epochs=50", "train.optimiser=sgd", "train.rate=1e6",
	                                        "model.activation=linear",
		                                "model.init_scale=100", NULL };
	(void)state;
	struct log l = train(override, 1, NULL, VT_EDIVERGED);
	assert_true(l.last_seen);
}

/* For every optimiser, both precisions, both paths, and a net too wide to fuse. */
/* A clipped SGD step is as long as rate times clip, along the gradient; a short gradient is left alone. */
static void clipping_shortens(void **state)
{
	static const char *const clips[] = { "train.clip=1e-3", "train.clip=1e3" };
	(void)state;
	for (int k = 0; k < 2; k++) {
		const char *const override[] = { "train.optimiser=sgd", "train.precision=double", clips[k], NULL };
		struct small_task s;
		small_task_open(&s, override);
		struct vt_trainer *t;
		uint32_t row[50];
		size_t n = s.model->n_parameters;
		double *p = s.model->parameter, *before = malloc(n * sizeof *p), length, moved = 0, along = 0;
		for (uint32_t i = 0; i < 50; i++) row[i] = i * 3;
		assert_int_equal(vt_trainer_create(s.ctx, vt_train_common(&s.task->train), s.data, s.model, &t), VT_OK);
		memcpy(before, p, n * sizeof *p);
		const void *g;
		assert_int_equal(vt_trainer_gradient(s.ctx, t, row, 50, &g), VT_OK);
		double *gradient = malloc(n * sizeof *gradient);
		memcpy(gradient, g, n * sizeof *gradient);
		assert_int_equal(vt_trainer_step(s.ctx, t, row, 50, 1, 0.5, &length), VT_OK);
		for (size_t i = 0; i < n; i++) {
			moved += (p[i] - before[i]) * (p[i] - before[i]);
			along -= (p[i] - before[i]) * gradient[i];
		}
		double wanted = 0.5 * (k == 0 ? 1e-3 : length);
		assert_true(length > 1e-3 && length < 1e3);
		assert_true(fabs(sqrt(moved) - wanted) < 1e-9 * wanted);
		assert_true(fabs(along - wanted * length) < 1e-9 * wanted * length);
		free(before);
		free(gradient);
		vt_trainer_free(t);
		small_task_close(&s);
	}
}

static void same_bits_for_any_threads(void **state)
{
	static const char *const optimiser[] = { "train.optimiser=sgd", "train.optimiser=momentum", "train.optimiser=adam",
		                                 "train.optimiser=adamw" };
	static const char *const shape[] = { "train.fused=true", "train.fused=false", "train.precision=double",
		                             "model.widths=[150,130]" };
	(void)state;
	for (size_t o = 0; o < 4; o++)
		for (size_t k = 0; k < 4; k++) {
			const char *const override[] = { optimiser[o], shape[k], "train.weight_decay=0.01", "train.epochs=1", NULL };
			char one[65], other[65];
			train(override, 1, one, VT_OK);
			for (int threads = 2; threads <= 3; threads++) {
				train(override, threads, other, VT_OK);
				if (strcmp(one, other) != 0) fail_msg("%s %s: %d threads give other bits", optimiser[o], shape[k], threads);
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(optimisers_follow_their_definitions),
		cmocka_unit_test(schedules),
		cmocka_unit_test(hook_sees_first_due_and_last),
		cmocka_unit_test(early_stop),
		cmocka_unit_test(divergence_is_reported),
		cmocka_unit_test(clipping_shortens),
		cmocka_unit_test(same_bits_for_any_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
