/* Damped Jacobi iteration: every frequency decays by its own factor, high ones first; a table under
 * gradient descent has no order.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include <gsl/gsl_statistics.h>

#include "small_task.h"

enum { N = 200, STEPS = 400, WAVES = 10 };

/* Target and prediction of every step, at the frequencies 5, 10 .. 50. */
struct watch {
	struct vt_model *model;
	const double *target;
	int64_t calls, learned[WAVES];
	double ratio[WAVES];
};

static double amplitude(struct vt_ctx *ctx, const double *x, size_t k)
{
	struct vt_complex c[N / 2 + 1];
	struct vt_strided l = vt_strided_rows(1, N, N);
	assert_int_equal(vt_fft_real(ctx, &l, x, c), VT_OK);
	return vt_fft_amplitude(N, k, c[k]);
}

static int64_t every(void *self, int64_t step)
{
	(void)self;
	return step;
}

static enum vt_status look(struct vt_ctx *ctx, void *self, const struct vt_moment *m)
{
	struct watch *w = self;
	assert_int_equal(m->step, w->calls++);
	for (size_t k = 0; k < WAVES; k++) {
		w->ratio[k] = amplitude(ctx, w->model->parameter, 5 * (k + 1)) / amplitude(ctx, w->target, 5 * (k + 1));
		if (w->learned[k] < 0 && w->ratio[k] >= 0.8) w->learned[k] = m->step;
	}
	return VT_OK;
}

static void run(const char *training, struct watch *w)
{
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_chosen dataset = { 0 }, model = { 0 }, train = { 0 };
	struct vt_dataset *d = NULL;
	struct vt_model *m = NULL;
	if (vt_chosen_parse(ctx, &vt_registry, "dataset", "sines", &dataset) != VT_OK ||
	    vt_chosen_parse(ctx, &vt_registry, "model", "table:points=200", &model) != VT_OK ||
	    vt_chosen_parse(ctx, &vt_registry, "train", training, &train) != VT_OK ||
	    vt_dataset_open(ctx, &dataset, 1, &d) != VT_OK)
		fail_msg("%s", vt_ctx_trail(ctx));
	const struct vt_model_shape shape = { .n_inputs = 1, .n_labels = 1, .n_outputs = 1, .loss = VT_SQUARED,
		                              .precision = VT_DOUBLE };
	if (vt_model_create(ctx, &model, &shape, 1, &m) != VT_OK) fail_msg("%s", vt_ctx_trail(ctx));
	*w = (struct watch){ .model = m, .target = d->target };
	for (size_t k = 0; k < WAVES; k++) w->learned[k] = -1;
	const struct vt_hook hook = { w, every, look };
	if (vt_train(ctx, &train, d, m, &hook) != VT_OK) fail_msg("%s", vt_ctx_trail(ctx));
	vt_model_free(m);
	vt_dataset_close(d);
	vt_chosen_clear(&dataset);
	vt_chosen_clear(&model);
	vt_chosen_clear(&train);
	vt_ctx_free(ctx);
}

/* The error of k cycles after s steps is (1 - 2/3 (1 - cos(2 pi k / n)))^s: 80 % is learned at the first s
 * where that is at most 0.2.  From 45 cycles on that is after two steps. */
static void jacobi_reverses_the_order(void **state)
{
	struct watch w;
	double k[WAVES], t[WAVES], scratch[2 * WAVES];
	(void)state;
	run("jacobi:epochs=400,precision=double", &w);
	assert_int_equal(w.calls, STEPS + 1);
	for (int i = 0; i < WAVES; i++) {
		double factor = 1 - 2.0 / 3 * (1 - cos(2 * M_PI * 5 * (i + 1) / N));
		assert_int_equal(w.learned[i], (int64_t)ceil(log(0.2) / log(factor) - 1e-9));
		assert_true(fabs(w.ratio[i] - (1 - pow(factor, STEPS))) < 1e-12);
		k[i] = 5 * (i + 1);
		t[i] = (double)w.learned[i];
	}
	assert_true(w.learned[0] == 196 && w.learned[WAVES - 1] == 2);
	double rho = gsl_stats_spearman(k, 1, t, 1, WAVES, scratch);
	if (rho > -0.9) fail_msg("Spearman %g, wanted at most -0.9", rho);
}

static void a_table_has_no_order(void **state)
{
	struct watch w;
	(void)state;
	run("gradient:rate=1,batch=0,epochs=400,loss=squared,precision=double", &w);
	for (int i = 1; i < WAVES; i++) assert_int_equal(w.learned[i], w.learned[0]);
	/* One step takes 2 / n of the error. */
	assert_int_equal(w.learned[0], (int64_t)ceil(log(0.2) / log(1 - 2.0 / N)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jacobi_reverses_the_order),
		cmocka_unit_test(a_table_has_no_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
