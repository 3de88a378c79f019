/* Probes: schedules, rows, what a snapshot holds, dead runs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "small_task.h"

static size_t steps_of(enum vt_probe_schedule schedule, int64_t total, int64_t per_epoch, int64_t **steps)
{
	struct vt_ctx *ctx = vt_ctx_create();
	const struct vt_probe_settings s = { .schedule = (int)schedule, .points = 200, .every = 1000 };
	size_t n = 0;
	assert_int_equal(vt_probe_steps(ctx, &s, total, per_epoch, &n, steps), VT_OK);
	vt_ctx_free(ctx);
	assert_int_equal((*steps)[0], 0);
	assert_int_equal((*steps)[n - 1], total);
	for (size_t i = 1; i < n; i++) assert_true((*steps)[i] > (*steps)[i - 1]);
	return n;
}

/* Saxe et al.: 211 epochs of 10 000 (and the start).  Shwartz-Ziv & Tishby: 274 distinct epochs of 8000. */
static void schedules_of_the_papers(void **state)
{
	int64_t *steps;
	(void)state;
	assert_int_equal(steps_of(VT_PROBE_IBSGD, 130000, 13, &steps), 211 + 2);
	assert_int_equal(steps[1], 13);
	free(steps);
	size_t n = steps_of(VT_PROBE_IDNNS, 8000 * 7, 7, &steps);
	assert_true(n >= 274 && n <= 276);
	free(steps);
	assert_int_equal(steps_of(VT_PROBE_LOG, 130000, 13, &steps), 200);
	double spacing = log((double)steps[199] / (double)steps[100]) / 99;
	for (size_t i = 100; i < 199; i++) /* log-spaced where whole numbers allow */
		assert_true(fabs(log((double)steps[i + 1] / (double)steps[i]) - spacing) < 0.02);
	free(steps);
	assert_int_equal(steps_of(VT_PROBE_LOG, 26, 13, &steps), 27);
	free(steps);
	assert_int_equal(steps_of(VT_PROBE_EVERY, 10500, 13, &steps), 12);
	free(steps);
	assert_int_equal(steps_of(VT_PROBE_LOG, 0, 13, &steps), 1);
	free(steps);
}

/* The snapshots of a run, counted and checked as they come. */
struct watch {
	struct small_task *s;
	struct vt_probe *probe;
	size_t seen, dead;
	bool alive_at_end;
};

static int64_t next(void *self, int64_t step)
{
	return vt_probe_next(((struct watch *)self)->probe, step);
}

/* The loss once more, in plain loops over the output tap. */
static double plain_loss(const struct small_task *s, const struct vt_snapshot *shot, bool test)
{
	const struct vt_mat *y = &shot->tap[shot->n_taps - 1].x;
	const uint32_t *row = test ? s->data->test : s->data->train;
	size_t n = test ? s->data->n_test : s->data->n_train;
	double sum = 0;
	for (size_t i = 0; i < n; i++) sum -= log(y->x[row[i] * y->stride + (size_t)s->data->label[row[i]]]);
	return sum / (double)n;
}

static enum vt_status at(struct vt_ctx *ctx, void *self, const struct vt_moment *m)
{
	struct watch *w = self;
	const struct vt_snapshot *shot;
	assert_int_equal(vt_probe_take(ctx, w->probe, m, &shot), VT_OK);
	assert_int_equal(shot->index, w->seen++);
	assert_int_equal(shot->n_taps, 6);
	assert_int_equal(shot->tap[0].x.rows, 4096);
	assert_true(shot->enumerated && fabs(shot->h_x - 12 * M_LN2) < 1e-12);
	if (shot->flags & VT_DEAD) w->dead++;
	else assert_true(fabs(plain_loss(w->s, shot, true) - shot->loss_test) < 1e-5);
	assert_true(fabs(plain_loss(w->s, shot, false) - shot->loss_train) < 1e-5);
	return VT_OK;
}

static struct watch run(const char *const *override)
{
	struct small_task s;
	small_task_open(&s, override);
	struct watch w = { .s = &s };
	const struct vt_train_settings *t = vt_train_common(&s.task->train);
	int64_t per_epoch = (int64_t)vt_train_steps_per_epoch(t, s.data->n_train);
	assert_int_equal(vt_probe_create(s.ctx, &s.task->probe, s.data, s.model, t->epochs * per_epoch, per_epoch, 1,
	                                 &w.probe), VT_OK);
	const struct vt_hook hook = { &w, next, at };
	assert_int_equal(vt_train(s.ctx, &s.task->train, s.data, s.model, &hook), VT_OK);
	w.alive_at_end = vt_probe_alive(w.probe);
	assert_int_equal(w.seen, vt_probe_snapshots(w.probe));
	vt_probe_free(w.probe);
	small_task_close(&s);
	return w;
}

static void snapshots_hold_what_they_say(void **state)
{
	static const char *const override[] = { NULL };
	(void)state;
	struct watch w = run(override);
	assert_true(w.alive_at_end && w.dead == 0);
}

/* Biases of -10 switch every ReLU off, and round every tanh to -1: no gradient can pass. */
static void a_dead_run_is_seen(void **state)
{
	static const char *const relu[] = { "model.bias=-10", "model.activation=relu", NULL };
	static const char *const tanh_net[] = { "model.bias=-20", NULL }, *const fused[] = { "model.bias=-20",
	                                                                                     "train.fused=false", NULL };
	static const char *const *const all[] = { relu, tanh_net, fused };
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct watch w = run(all[i]);
		assert_int_equal(w.dead, w.seen);
		assert_false(w.alive_at_end);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schedules_of_the_papers),
		cmocka_unit_test(snapshots_hold_what_they_say),
		cmocka_unit_test(a_dead_run_is_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
