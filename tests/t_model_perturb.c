/* Noise and rounding in the multi-layer perceptron: gradients under a fixed noise, its law and its
 * numbers, grids, and that training depends neither on threads nor on who looks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "small_task.h"

enum { ROWS = 40 };

struct batch {
	struct small_task s;
	struct vt_pass *p;
	struct vt_targets t;
	uint32_t row[ROWS];
	int32_t label[ROWS];
};

static void batch_open(struct batch *b, const char *const *override)
{
	small_task_open(&b->s, override);
	assert_int_equal(vt_pass_create(b->s.ctx, b->s.model, ROWS, &b->p), VT_OK);
	for (uint32_t i = 0; i < ROWS; i++) b->row[i] = i * 101;
	vt_gather_inputs(b->s.data, b->s.model, b->row, ROWS, b->p->input);
	b->t = vt_gather_targets(b->s.data, b->row, ROWS, b->label, NULL);
	b->p->noise.row = b->row;
}

static void batch_close(struct batch *b)
{
	vt_pass_free(b->p);
	small_task_close(&b->s);
}

/* ---- gradients ---------------------------------------------------------------- */

static double loss_of(struct batch *b)
{
	double loss;
	size_t correct;
	b->s.model->kind->forward(b->s.model, b->p, 0, ROWS);
	b->s.model->kind->loss(b->s.model, b->p, &b->t, 0, ROWS, &loss, &correct);
	return loss / ROWS;
}

/* With one realisation of the noise the loss is a smooth function of the parameters. */
static double worst_error(const char *activation, const char *noise, const char *loss, double bend)
{
	char with_activation[64], with_noise[96], with_loss[64];
	snprintf(with_activation, sizeof with_activation, "model.activation=%s", activation);
	snprintf(with_noise, sizeof with_noise, "model.noise=%s", noise);
	snprintf(with_loss, sizeof with_loss, "train.loss=%s", loss);
	const char *const override[] = { with_activation, with_noise, with_loss, "train.precision=double", "model.bias=0.05",
		                         NULL };
	struct batch b;
	batch_open(&b, override);
	double *g = calloc(b.s.model->n_parameters, sizeof *g), *w = b.s.model->parameter, worst = 0;
	assert_int_equal(vt_model_gradient(b.s.ctx, b.s.model, b.p, &b.t, ROWS, g), VT_OK);
	g[7] += bend;
	for (size_t i = 0; i < b.s.model->n_parameters; i += 5) {
		size_t at = i == 0 ? 7 : i;
		double kept = w[at], h = cbrt(2.2e-16) * fmax(1, fabs(kept));
		w[at] = kept + h;
		double above = loss_of(&b);
		w[at] = kept - h;
		double below = loss_of(&b);
		w[at] = kept;
		double difference = (above - below) / (2 * h);
		worst = fmax(worst, fabs(g[at] - difference) / fmax(1e-3, fabs(difference)));
	}
	free(g);
	batch_close(&b);
	return worst;
}

static void gradients_with_noise(void **state)
{
	static const char *const activations[] = { "tanh", "relu", "softsign", "softplus", "gelu", "linear" };
	(void)state;
	for (size_t a = 0; a < sizeof activations / sizeof *activations; a++) {
		double one = worst_error(activations[a], "[0.3]", "cross-entropy", 0);
		double each = worst_error(activations[a], "[0.1, 0, 0.5, 0, 0.2]", "squared", 0);
		if (!(one < 1e-6 && each < 1e-6)) fail_msg("%s: relative errors %g, %g", activations[a], one, each);
	}
	assert_true(worst_error("tanh", "[0.3]", "cross-entropy", 1e-5) > 1e-4);
}

/* ---- the noise itself ------------------------------------------------------------ */

/* (activation - clean) / sd of hidden layer `tap`, row r, unit c. */
static double noise_at(const struct batch *b, size_t tap, size_t r, size_t c, double sd)
{
	size_t at = r * b->s.model->tap_width[tap] + c;
	const double *y = vt_pass_activation(b->s.model, b->p, tap), *x = vt_pass_clean(b->s.model, b->p, tap);
	return (y[at] - x[at]) / sd;
}

/* Mean 0 and variance 1 within 5 standard errors; the layers have the sds they were given, the output none. */
static void the_law_of_the_noise(void **state)
{
	static const char *const override[] = { "model.noise=[0.1, 0.2, 0.3, 0, 0.5]", "train.precision=double", NULL };
	static const double sd[] = { 0.1, 0.2, 0.3, 1, 0.5, 1 };
	struct batch b;
	(void)state;
	batch_open(&b, override);
	for (size_t tap = 0; tap < 6; tap++) {
		double n = 0, sum = 0, square = 0;
		for (b.p->noise.draw = 0; b.p->noise.draw < 50; b.p->noise.draw++) {
			b.s.model->kind->forward(b.s.model, b.p, 0, ROWS);
			for (size_t r = 0; r < ROWS; r++)
				for (size_t c = 0; c < b.s.model->tap_width[tap]; c++, n++) {
					double z = noise_at(&b, tap, r, c, sd[tap]);
					sum += z;
					square += z * z;
				}
		}
		if (tap == 3 || tap == 5) assert_true(square == 0);
		else assert_true(fabs(sum / n) < 5 / sqrt(n) && fabs(square / n - 1) < 5 * sqrt(2 / n));
	}
	batch_close(&b);
}

/* A row's noise does not depend on where the row stands, nor on how the pass was cut; another draw,
 * another purpose and another layer have other noise. */
static void noise_belongs_to_its_row(void **state)
{
	static const char *const override[] = { "model.noise=[1]", "train.precision=double", NULL };
	struct batch b;
	(void)state;
	batch_open(&b, override);
	b.s.model->kind->forward(b.s.model, b.p, 0, ROWS);
	double first = noise_at(&b, 1, 9, 2, 1), other_layer = noise_at(&b, 2, 9, 2, 1), other_row = noise_at(&b, 1, 8, 2, 1);
	assert_true(first != other_layer && first != other_row);
	uint32_t turned[ROWS];
	for (size_t i = 0; i < ROWS; i++) turned[i] = b.row[ROWS - 1 - i];
	b.p->noise.row = turned;
	b.s.model->kind->forward(b.s.model, b.p, 20, ROWS);
	b.s.model->kind->forward(b.s.model, b.p, 0, 20);
	assert_true(fabs(noise_at(&b, 1, ROWS - 1 - 9, 2, 1) - first) < 1e-12);
	b.p->noise.draw = 1;
	b.s.model->kind->forward(b.s.model, b.p, 0, ROWS);
	assert_true(fabs(noise_at(&b, 1, ROWS - 1 - 9, 2, 1) - first) > 1e-6);
	b.p->noise = (struct vt_noise){ VT_PURPOSE_NOISE, 0, turned };
	b.s.model->kind->forward(b.s.model, b.p, 0, ROWS);
	assert_true(fabs(noise_at(&b, 1, ROWS - 1 - 9, 2, 1) - first) > 1e-6);
	batch_close(&b);
}

/* ---- training --------------------------------------------------------------------- */

struct watch {
	struct vt_probe *probe;
	const struct vt_snapshot *last;
};

static int64_t next(void *self, int64_t step)
{
	return vt_probe_next(((struct watch *)self)->probe, step);
}

static enum vt_status at(struct vt_ctx *ctx, void *self, const struct vt_moment *m)
{
	struct watch *w = self;
	return vt_probe_take(ctx, w->probe, m, &w->last);
}

/* Bytes of the trained parameters and of the last snapshot's layers. */
static void train(const char *setting, const char *points, int threads, char sha[65], double *test_loss)
{
	const char *const override[] = { setting, points, NULL };
	struct small_task s;
	struct watch w = { 0 };
	const struct vt_hook hook = { &w, next, at };
	small_task_open(&s, override);
	vt_ctx_set_threads(s.ctx, threads);
	assert_int_equal(vt_probe_create(s.ctx, &s.task->probe, s.data, s.model, 3 * 13, 13, 1, &w.probe), VT_OK);
	assert_int_equal(vt_train(s.ctx, &s.task->train, s.data, s.model, &hook), VT_OK);
	struct vt_sha256 *h = vt_sha256_create(s.ctx);
	vt_sha256_add(h, s.model->parameter, s.model->n_parameters * vt_model_item(s.model));
	for (size_t t = 0; t < w.last->n_taps; t++)
		vt_sha256_add(h, w.last->tap[t].x.x, w.last->tap[t].x.rows * w.last->tap[t].x.cols * sizeof(double));
	vt_sha256_finish(h, sha);
	*test_loss = w.last->loss_test;
	assert_true(w.last->deterministic == (strstr(setting, "0.1") == NULL));
	vt_probe_free(w.probe);
	small_task_close(&s);
}

static void training_depends_on_nothing_else(void **state)
{
	static const char *const setting[] = { "model.noise=[0.1]", "model.quantise=4" };
	char base[65], other[65], plain[65];
	double loss, same;
	(void)state;
	train("model.leak=0.01", "probe.points=2", 1, plain, &loss);
	train("model.noise=[0, 0, 0, 0, 0]", "probe.points=2", 1, other, &same);
	assert_string_equal(plain, other);
	for (size_t i = 0; i < 2; i++) {
		train(setting[i], "probe.points=2", 1, base, &loss);
		assert_true(strcmp(base, plain) != 0);
		for (int threads = 1; threads <= 3; threads++) {
			train(setting[i], "probe.points=9", threads, other, &same);
			assert_string_equal(base, other);
			assert_true(same == loss);
		}
	}
}

/* ---- grids --------------------------------------------------------------------------- */

/* Largest distance of n numbers from whole multiples of the step, in steps; how many codes there are. */
static double off_grid(const double *x, size_t n, double step, long *least, long *most)
{
	double worst = 0;
	*least = LONG_MAX;
	*most = LONG_MIN;
	for (size_t i = 0; i < n; i++) {
		long code = lround(x[i] / step);
		worst = fmax(worst, fabs(x[i] / step - (double)code));
		*least = code < *least ? code : *least;
		*most = code > *most ? code : *most;
	}
	return worst;
}

static void everything_lies_on_grids(const char *activation, int bits)
{
	char with_activation[64], with_bits[64];
	snprintf(with_activation, sizeof with_activation, "model.activation=%s", activation);
	snprintf(with_bits, sizeof with_bits, "model.quantise=%d", bits);
	const char *const override[] = { with_activation, with_bits, "train.precision=double", "train.rate=1e-2", NULL };
	struct small_task s;
	struct vt_trainer *t;
	struct vt_pass *p;
	long least, most;
	small_task_open(&s, override);
	assert_int_equal(vt_trainer_create(s.ctx, vt_train_common(&s.task->train), s.data, s.model, &t), VT_OK);
	const uint32_t *order = vt_trainer_order(t, 0);
	for (uint64_t step = 1; step <= 30; step++)
		assert_int_equal(vt_trainer_step(s.ctx, t, order + step * 100, 100, step, 0.01, NULL), VT_OK);
	assert_int_equal(vt_pass_create(s.ctx, s.model, ROWS, &p), VT_OK);
	vt_gather_inputs(s.data, s.model, order, ROWS, p->input);
	s.model->kind->forward(s.model, p, 0, ROWS);
	for (size_t tap = 0; tap < s.model->n_taps; tap++) {
		double step = s.model->kind->step(s.model, tap);
		const double *y = vt_pass_activation(s.model, p, tap);
		assert_true(step > 0);
		assert_true(off_grid(y, ROWS * s.model->tap_width[tap], step, &least, &most) < 1e-9);
		assert_true(most - least < 1L << bits);
	}
	for (size_t b = 0; b < s.model->n_blocks; b += 2) {
		const struct vt_parameters *k = &s.model->block[b];
		const double *w = (const double *)s.model->parameter + k->offset;
		const double *rounded = (const double *)s.model->working + k->offset;
		double low = 0, high = 0;
		for (size_t i = 0; i < k->rows * k->cols; i++) {
			low = fmin(low, w[i]);
			high = fmax(high, w[i]);
		}
		double step = (high - low) / ((1 << bits) - 1);
		assert_true(off_grid(rounded, k->rows * k->cols, step, &least, &most) < 1e-9 && most - least < 1L << bits);
		for (size_t i = 0; i < k->rows * k->cols; i++) assert_true(fabs(rounded[i] - w[i]) <= 1.001 * step);
	}
	vt_pass_free(p);
	vt_trainer_free(t);
	small_task_close(&s);
}

static void grids(void **state)
{
	(void)state;
	everything_lies_on_grids("tanh", 4);
	everything_lies_on_grids("tanh", 8);
	everything_lies_on_grids("relu", 4);
	everything_lies_on_grids("gelu", 16);
}

/* At 16 bits the straight-through gradient is that of the network without rounding. */
static void gradients_pass_straight_through(void **state)
{
	static const char *const fine[] = { "model.quantise=16", "train.precision=double", NULL };
	static const char *const none[] = { "train.precision=double", NULL };
	struct batch a, b;
	(void)state;
	batch_open(&a, fine);
	batch_open(&b, none);
	size_t n = a.s.model->n_parameters;
	double *g = calloc(2 * n, sizeof *g), difference = 0, norm = 0;
	assert_int_equal(vt_model_gradient(a.s.ctx, a.s.model, a.p, &a.t, ROWS, g), VT_OK);
	assert_int_equal(vt_model_gradient(b.s.ctx, b.s.model, b.p, &b.t, ROWS, g + n), VT_OK);
	for (size_t i = 0; i < n; i++) {
		difference += (g[i] - g[n + i]) * (g[i] - g[n + i]);
		norm += g[n + i] * g[n + i];
	}
	assert_true(difference > 0 && difference < 1e-6 * norm);
	free(g);
	batch_close(&a);
	batch_close(&b);
}

/* ---- settings ---------------------------------------------------------------------------- */

static void settings_that_do_not_go_together(void **state)
{
	static const char *const wrong[][3] = { { "model.noise=[0.1, 0.2]" }, { "model.noise=[0.1]", "model.quantise=8" } };
	static const char *const right[][3] = { { "model.noise=[0]", "model.quantise=8" }, { "model.noise=[0.1]" } };
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		const char *const *override = i < 2 ? wrong[i] : right[i - 2];
		struct small_task s;
		struct vt_model *m = NULL;
		static const char *const plain[] = { NULL };
		small_task_open(&s, plain);
		struct vt_experiment *e;
		struct vt_task *task;
		size_t n = override[1] ? 2 : 1;
		assert_int_equal(vt_experiment_parse(s.ctx, &vt_registry, "small", small_experiment, NULL, n, override, &e), VT_OK);
		assert_int_equal(vt_experiment_task(s.ctx, e, 0, &task), VT_OK);
		assert_int_equal(vt_model_create(s.ctx, &task->model, &s.model->shape, 1, &m), i < 2 ? VT_ECONFIG : VT_OK);
		if (m) assert_true(m->perturbed && m->kind->fused_scratch(m) == 0);
		vt_model_free(m);
		vt_task_free(task);
		vt_experiment_free(e);
		small_task_close(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gradients_with_noise),
		cmocka_unit_test(the_law_of_the_noise),
		cmocka_unit_test(noise_belongs_to_its_row),
		cmocka_unit_test(training_depends_on_nothing_else),
		cmocka_unit_test(grids),
		cmocka_unit_test(gradients_pass_straight_through),
		cmocka_unit_test(settings_that_do_not_go_together),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
