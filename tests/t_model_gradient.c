/* Gradients of the multi-layer perceptron against central differences in double precision,
 * for every activation and loss; and the fused step against the generic path.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "small_task.h"

enum { ROWS = 40, CHECKED = 60 };

static double loss_of(struct small_task *s, struct vt_pass *p, const struct vt_targets *t)
{
	double loss;
	size_t correct;
	s->model->kind->forward(s->model, p, 0, ROWS);
	s->model->kind->loss(s->model, p, t, 0, ROWS, &loss, &correct);
	return loss / ROWS;
}

/* Largest relative error over a sample of the parameters; `bend` spoils one number of the
 * gradient, to show that the test can fail. */
static double worst_error(const char *activation, const char *loss, double bend)
{
	char with_activation[64], with_loss[64];
	snprintf(with_activation, sizeof with_activation, "model.activation=%s", activation);
	snprintf(with_loss, sizeof with_loss, "train.loss=%s", loss);
	const char *const override[] = { with_activation, with_loss, "train.precision=double", "model.bias=0.05", NULL };
	struct small_task s;
	small_task_open(&s, override);
	struct vt_pass *p;
	assert_int_equal(vt_pass_create(s.ctx, s.model, ROWS, &p), VT_OK);
	uint32_t row[ROWS];
	int32_t label[ROWS];
	for (uint32_t i = 0; i < ROWS; i++) row[i] = i * 101;
	vt_gather_inputs(s.data, s.model, row, ROWS, p->input);
	const struct vt_targets t = vt_gather_targets(s.data, row, ROWS, label, NULL);
	double *g = calloc(s.model->n_parameters, sizeof *g), *w = s.model->parameter, worst = 0;
	assert_int_equal(vt_model_gradient(s.ctx, s.model, p, &t, ROWS, g), VT_OK);
	g[7] += bend;
	struct vt_rng r = vt_rng_stream(5, VT_PURPOSE_NOISE, 0);
	for (int k = 0; k < CHECKED; k++) {
		size_t i = k == 0 ? 7 : vt_rng_below(&r, s.model->n_parameters);
		double kept = w[i], h = cbrt(2.2e-16) * fmax(1, fabs(kept));
		w[i] = kept + h;
		double above = loss_of(&s, p, &t);
		w[i] = kept - h;
		double below = loss_of(&s, p, &t);
		w[i] = kept;
		double difference = (above - below) / (2 * h);
		worst = fmax(worst, fabs(g[i] - difference) / fmax(1e-3, fabs(difference)));
	}
	free(g);
	vt_pass_free(p);
	small_task_close(&s);
	return worst;
}

static void gradients_match_differences(void **state)
{
	static const char *const activations[] = { "tanh", "relu", "leaky-relu", "softsign", "softplus", "gelu", "linear" };
	static const char *const losses[] = { "cross-entropy", "squared", "hinge" };
	(void)state;
	for (size_t a = 0; a < sizeof activations / sizeof *activations; a++)
		for (size_t l = 0; l < sizeof losses / sizeof *losses; l++) {
			double worst = worst_error(activations[a], losses[l], 0);
			if (!(worst < 1e-6)) fail_msg("%s, %s: relative error %g", activations[a], losses[l], worst);
		}
}

static void a_wrong_gradient_is_caught(void **state)
{
	(void)state;
	assert_true(worst_error("tanh", "cross-entropy", 1e-5) > 1e-4);
}

/* Both paths on the same batch differ by rounding only.  The bound, 3e-5 of the norm, leaves room for
 * sums of thousands of rows that nearly cancel; a wrong term would show at 1e-3 or more. */
static void fused_equals_generic(const char *activation, const char *widths, size_t n, uint64_t seed)
{
	char with_activation[64], with_widths[96];
	snprintf(with_activation, sizeof with_activation, "model.activation=%s", activation);
	snprintf(with_widths, sizeof with_widths, "model.widths=%s", widths);
	const char *const override[] = { with_activation, with_widths, "model.bias=0.02", NULL };
	struct small_task s;
	small_task_open(&s, override);
	assert_true(s.model->kind->fused_scratch(s.model) > 0);
	struct vt_train_settings generic = *vt_train_common(&s.task->train), fused = generic;
	generic.batch = fused.batch = (int64_t)n;
	generic.fused = false;
	struct vt_trainer *a, *b;
	assert_int_equal(vt_trainer_create(s.ctx, &generic, s.data, s.model, &a), VT_OK);
	assert_int_equal(vt_trainer_create(s.ctx, &fused, s.data, s.model, &b), VT_OK);
	const uint32_t *order = vt_trainer_order(a, seed);
	const void *x, *y;
	assert_int_equal(vt_trainer_gradient(s.ctx, a, order, n, &x), VT_OK);
	assert_int_equal(vt_trainer_gradient(s.ctx, b, order, n, &y), VT_OK);
	const float *g = x, *f = y;
	double norm = 0, difference = 0;
	for (size_t i = 0; i < s.model->n_parameters; i++) {
		norm += g[i] * g[i];
		difference += (g[i] - f[i]) * (g[i] - f[i]);
	}
	if (!(difference <= 1e-9 * norm)) fail_msg("%s %s, %zu rows, seed %llu: relative difference %g", activation, widths, n,
		                                     (unsigned long long)seed, sqrt(difference / norm));
	assert_true(norm > 0);
	vt_trainer_free(a);
	vt_trainer_free(b);
	small_task_close(&s);
}

static void fused_step_matches(void **state)
{
	static const char *const widths[] = { "[10,7,5,4,3]", "[32,32]", "[1]", "[9,1,31]" };
	static const size_t rows[] = { 1, 31, 32, 33, 205, 256, 3277 };
	(void)state;
	for (size_t w = 0; w < 4; w++)
		for (size_t r = 0; r < 7; r++) {
			fused_equals_generic("tanh", widths[w], rows[r], w + r);
			fused_equals_generic("relu", widths[w], rows[r], w + r);
		}
}

static void shapes_that_do_not_fuse(void **state)
{
	static const char *const one[] = { "model.widths=[33]", NULL }, *const two[] = { "train.precision=double", NULL };
	static const char *const three[] = { "model.activation=gelu", NULL }, *const four[] = { "train.loss=squared", NULL };
	static const char *const *const all[] = { one, two, three, four };
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct small_task s;
		small_task_open(&s, all[i]);
		assert_int_equal(s.model->kind->fused_scratch(s.model), 0);
		small_task_close(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gradients_match_differences),
		cmocka_unit_test(a_wrong_gradient_is_caught),
		cmocka_unit_test(fused_step_matches),
		cmocka_unit_test(shapes_that_do_not_fuse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
