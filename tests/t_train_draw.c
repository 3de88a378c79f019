/* Random networks: the laws of their parameters, and exact laws of the functions that they are.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "small_task.h"

/* A random network of `settings`, all words of n bits through it, one draw after the other. */
struct drawn {
	struct vt_ctx *ctx;
	struct vt_experiment *experiment;
	struct vt_task *task;
	struct vt_dataset *data;
	struct vt_model *model;
	struct vt_pass *pass;
	int64_t every;
	size_t seen;
	void (*visit)(struct drawn *d, int64_t step);
	void *self;
};

static const char prior[] = "title: prior\n"
			    "dataset: {kind: boolean, bits: 7, function: constant, targets: sign}\n"
			    "model: {kind: mlp, widths: [40, 40], activation: relu, init: normal-fan-in}\n"
			    "train: {kind: draw, draws: 100, loss: hinge}\n"
			    "probe: {schedule: every, every: 1}\n"
			    "measure: {prior: {kind: complexity}}\n";

static void drawn_open(struct drawn *d, const char *const *override)
{
	size_t n = 0;
	while (override[n]) n++;
	*d = (struct drawn){ .ctx = vt_ctx_create(), .every = 1 };
	enum vt_status status = vt_experiment_parse(d->ctx, &vt_registry, "prior", prior, NULL, n, override, &d->experiment);
	if (status == VT_OK) status = vt_experiment_task(d->ctx, d->experiment, 0, &d->task);
	if (status == VT_OK) status = vt_dataset_open(d->ctx, &d->task->dataset, 0, &d->data);
	if (status != VT_OK) fail_msg("%s", vt_ctx_trail(d->ctx));
	const struct vt_train_settings *t = vt_train_common(&d->task->train);
	const struct vt_model_shape shape = { .n_inputs = d->data->n_inputs, .n_outputs = 1, .n_labels = 1,
		                              .loss = (enum vt_loss)t->loss, .precision = (enum vt_precision)t->precision };
	status = vt_model_create(d->ctx, &d->task->model, &shape, 0, &d->model);
	if (status == VT_OK) status = vt_pass_create(d->ctx, d->model, d->data->n, &d->pass);
	if (status != VT_OK) fail_msg("%s", vt_ctx_trail(d->ctx));
}

static void drawn_close(struct drawn *d)
{
	vt_pass_free(d->pass);
	vt_model_free(d->model);
	vt_dataset_close(d->data);
	vt_task_free(d->task);
	vt_experiment_free(d->experiment);
	vt_ctx_free(d->ctx);
}

static int64_t next(void *self, int64_t step)
{
	const struct drawn *d = self;
	return (step + d->every - 1) / d->every * d->every;
}

static enum vt_status at(struct vt_ctx *ctx, void *self, const struct vt_moment *m)
{
	struct drawn *d = self;
	(void)ctx;
	assert_non_null(m->trainer);
	d->seen++;
	d->visit(d, m->step);
	return VT_OK;
}

static void drawn_run(struct drawn *d, void (*visit)(struct drawn *, int64_t), void *self)
{
	const struct vt_hook hook = { d, next, at };
	d->visit = visit;
	d->self = self;
	if (vt_train(d->ctx, &d->task->train, d->data, d->model, &hook) != VT_OK) fail_msg("%s", vt_ctx_trail(d->ctx));
}

/* Answers of the network as it stands, a byte a word; returns the ones. */
static size_t table(struct drawn *d, uint8_t *bit)
{
	size_t n = d->data->n, ones = 0;
	uint32_t row[128] = { 0 };
	for (uint32_t i = 0; i < n; i++) row[i] = i;
	vt_gather_inputs(d->data, d->model, row, n, d->pass->input);
	d->model->kind->forward(d->model, d->pass, 0, n);
	const void *y = vt_pass_activation(d->model, d->pass, d->model->n_taps - 1);
	for (size_t i = 0; i < n; i++) {
		bit[i] = d->model->shape.precision == VT_SINGLE ? ((const float *)y)[i] > 0 : ((const double *)y)[i] > 0;
		ones += bit[i];
	}
	return ones;
}

/* ---- Mingard et al. 2019: a perceptron without bias ------------------------------------ */

static void count_ones(struct drawn *d, int64_t step)
{
	size_t *count = d->self;
	uint8_t bit[128];
	(void)step;
	count[table(d, bit)]++;
}

/* T = 0 .. 127 ones equally likely, 128 never; and with words of -1 and +1 there are always 64. */
static void perceptron_is_uniform_in_its_ones(void **state)
{
	static const char *const plain[] = { "model.widths=[]", "train.draws=200000", NULL };
	static const char *const sign[] = { "model.widths=[]", "train.draws=200", "dataset.coding=sign", NULL };
	size_t count[129] = { 0 };
	struct drawn d;
	double chi2 = 0, wanted = 200000.0 / 128;
	(void)state;
	drawn_open(&d, plain);
	drawn_run(&d, count_ones, count);
	assert_int_equal(d.seen, 200000);
	assert_int_equal(count[128], 0);
	for (size_t t = 0; t < 128; t++) chi2 += ((double)count[t] - wanted) * ((double)count[t] - wanted) / wanted;
	double p = gsl_cdf_chisq_Q(chi2, 127);
	if (!(p > 1e-3 && p < 1 - 1e-3)) fail_msg("chi-square %g on 127 degrees of freedom, p = %g (seed 0)", chi2, p);
	drawn_close(&d);
	memset(count, 0, sizeof count);
	drawn_open(&d, sign);
	drawn_run(&d, count_ones, count);
	assert_int_equal(count[64], 200);
	drawn_close(&d);
}

/* ---- scale ----------------------------------------------------------------------------- */

static void keep_tables(struct drawn *d, int64_t step)
{
	uint8_t *bits = d->self;
	table(d, bits + 128 * step);
}

/* Without biases a power of two changes no bit of any table; with biases it does. */
static void scale_is_invisible_without_biases(void **state)
{
	static const char *const scale[] = { "model.init_scale=1", "model.init_scale=4" };
	static const char *const bias[] = { "model.bias_law=constant", "model.bias_law=normal" };
	static const char *const precision[] = { "train.precision=single", "train.precision=double" };
	(void)state;
	for (int b = 0; b < 2; b++)
		for (int p = 0; p < 2; p++) {
			uint8_t *bits[2];
			for (int s = 0; s < 2; s++) {
				const char *const override[] = { scale[s], bias[b], precision[p], NULL };
				struct drawn d;
				drawn_open(&d, override);
				bits[s] = calloc(100, 128);
				drawn_run(&d, keep_tables, bits[s]);
				drawn_close(&d);
			}
			bool equal = memcmp(bits[0], bits[1], 12800) == 0;
			if (equal != (b == 0)) fail_msg("%s, %s: tables are %s", bias[b], precision[p], equal ? "equal" : "different");
			free(bits[0]);
			free(bits[1]);
		}
}

/* ---- draws ----------------------------------------------------------------------------- */

/* Draw t is the same network whichever draws are looked at. */
static void a_draw_does_not_depend_on_the_schedule(void **state)
{
	static const char *const override[] = { "model.bias_law=normal", NULL };
	uint8_t *all = calloc(100, 128), *some = calloc(100, 128);
	struct drawn d;
	size_t different = 0;
	(void)state;
	drawn_open(&d, override);
	drawn_run(&d, keep_tables, all);
	drawn_close(&d);
	drawn_open(&d, override);
	d.every = 7;
	drawn_run(&d, keep_tables, some);
	assert_int_equal(d.seen, 15);
	drawn_close(&d);
	for (size_t t = 0; t < 100; t += 7) assert_memory_equal(all + 128 * t, some + 128 * t, 128);
	for (size_t t = 1; t < 100; t++) different += memcmp(all, all + 128 * t, 128) != 0;
	assert_true(different > 10);
	free(all);
	free(some);
}

/* Sums and sums of squares of the first layer's weights and biases. */
static void add_moments(struct drawn *d, int64_t step)
{
	double *sum = d->self;
	const double *w = d->model->parameter;
	(void)step;
	for (size_t b = 0; b < 2; b++)
		for (size_t i = 0; i < d->model->block[b].rows * d->model->block[b].cols; i++) {
			double x = w[d->model->block[b].offset + i];
			sum[4 * b] += 1;
			sum[4 * b + 1] += x;
			sum[4 * b + 2] += x * x;
			sum[4 * b + 3] = fmax(sum[4 * b + 3], fabs(x));
		}
}

static void moments(const char *const *override, double weight, double bias, double most)
{
	struct drawn d;
	double sum[8] = { 0 };
	drawn_open(&d, override);
	drawn_run(&d, add_moments, sum);
	for (size_t b = 0; b < 2; b++) {
		double n = sum[4 * b], wanted = b ? bias : weight, square = sum[4 * b + 2] / n;
		/* Five standard errors; of a square at most sqrt(2 / n) of its mean. */
		if (fabs(sum[4 * b + 1] / n) > 5 * sqrt(wanted / n)) fail_msg("block %zu: mean %g", b, sum[4 * b + 1] / n);
		if (fabs(square - wanted) > 5 * wanted * sqrt(2 / n)) fail_msg("block %zu: %g, wanted %g", b, square, wanted);
		if (most > 0 && sum[4 * b + 3] > most) fail_msg("block %zu: %g is beyond %g", b, sum[4 * b + 3], most);
	}
	drawn_close(&d);
}

static void laws_have_their_moments(void **state)
{
	static const char *const normal[] = { "train.precision=double", "model.init_scale=1.5", "model.bias_law=normal",
		                              "model.bias_scale=0.5", NULL };
	static const char *const uniform[] = { "train.precision=double", "model.init=uniform", "model.init_scale=2",
		                               "model.bias_law=uniform", "model.bias_scale=2", NULL };
	(void)state;
	moments(normal, 2.25 / 7, 0.25, 0);
	moments(uniform, 4.0 / 3, 4.0 / 3, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(perceptron_is_uniform_in_its_ones), cmocka_unit_test(scale_is_invisible_without_biases),
		cmocka_unit_test(a_draw_does_not_depend_on_the_schedule), cmocka_unit_test(laws_have_their_moments),
	};
	return cmocka_run_group_tests_name("training kind draw", tests, NULL, NULL);
}
