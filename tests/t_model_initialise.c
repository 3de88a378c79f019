/* Laws of the initial weights: mean, spread, bounds, orthonormal rows; same seed, same bytes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "small_task.h"

/* Standard deviation and largest size of the first weight matrix, 12 x 500. */
static void spread(const char *law, double *deviation, double *largest)
{
	char with_law[64];
	snprintf(with_law, sizeof with_law, "model.init=%s", law);
	const char *const override[] = { with_law, "model.widths=[500,400]", "train.precision=double", NULL };
	struct small_task s;
	small_task_open(&s, override);
	const struct vt_parameters *k = &s.model->block[2]; /* 500 x 400 */
	const double *w = (const double *)s.model->parameter + k->offset;
	size_t n = k->rows * k->cols;
	double sum = 0, squares = 0;
	*largest = 0;
	for (size_t i = 0; i < n; i++) {
		sum += w[i];
		squares += w[i] * w[i];
		*largest = fmax(*largest, fabs(w[i]));
	}
	*deviation = sqrt(squares / (double)n);
	assert_true(fabs(sum / (double)n) < 5 * *deviation / sqrt((double)n));
	small_task_close(&s);
}

static void laws_have_their_spread(void **state)
{
	/* A normal cut at 2 sd has 0.8796 of its sd; a uniform 1 / sqrt 3 of its half-width. */
	const struct {
		const char *name;
		double deviation, bound;
	} law[] = {
		{ "truncated-fan-in", 0.87962566 / sqrt(500), 2 / sqrt(500) },
		{ "truncated-fan-out", 0.87962566 / sqrt(400), 2 / sqrt(400) },
		{ "glorot-uniform", sqrt(2.0 / 900), sqrt(6.0 / 900) },
		{ "glorot-normal", sqrt(2.0 / 900), 1 },
		{ "he-normal", sqrt(2.0 / 500), 1 },
		{ "he-uniform", sqrt(2.0 / 500), sqrt(6.0 / 500) },
		{ "orthogonal", 1 / sqrt(500), 1 },
		{ "torch-uniform", 1 / sqrt(3.0 * 500), 1 / sqrt(500) },
	};
	(void)state;
	for (size_t i = 0; i < sizeof law / sizeof *law; i++) {
		double deviation, largest;
		spread(law[i].name, &deviation, &largest);
		if (fabs(deviation / law[i].deviation - 1) > 0.01 || largest > law[i].bound)
			fail_msg("%s: sd %g wanted %g, largest %g bound %g", law[i].name, deviation, law[i].deviation,
			         largest, law[i].bound);
	}
}

/* torch.nn.Linear draws biases from the law of the weights: 400 biases above 500 inputs. */
static void torch_has_biases(void **state)
{
	static const char *const override[] = { "model.init=torch-uniform", "model.widths=[500,400]", "model.bias=3",
		                                "model.init_output=he-normal", "train.precision=double", NULL };
	struct small_task s;
	double squares = 0, half = 1 / sqrt(500);
	(void)state;
	small_task_open(&s, override);
	const double *b = (const double *)s.model->parameter + s.model->block[3].offset, *last = b + 400 + 400 * 2;
	for (size_t i = 0; i < 400; i++) {
		assert_true(fabs(b[i] - 3) <= half);
		squares += (b[i] - 3) * (b[i] - 3);
	}
	assert_true(fabs(sqrt(squares / 400) * sqrt(3) / half - 1) < 0.1);
	assert_true(last[0] == 3 && last[1] == 3);
	small_task_close(&s);
}

static void orthogonal_is_orthonormal(void **state)
{
	static const char *const shapes[] = { "model.widths=[5]", "model.widths=[12]", "model.widths=[30]" };
	(void)state;
	for (size_t c = 0; c < 3; c++) {
		const char *const override[] = { "model.init=orthogonal", shapes[c], "train.precision=double", NULL };
		struct small_task s;
		small_task_open(&s, override);
		size_t p = s.model->block[0].rows, q = s.model->block[0].cols, n = p < q ? p : q, m = p < q ? q : p;
		const double *w = s.model->parameter;
		for (size_t a = 0; a < n; a++)
			for (size_t b = 0; b < n; b++) {
				double dot = 0;
				for (size_t k = 0; k < m; k++) dot += p < q ? w[a * q + k] * w[b * q + k] : w[k * q + a] * w[k * q + b];
				assert_true(fabs(dot - (a == b)) < 1e-12);
			}
		small_task_close(&s);
	}
}

static void bias_and_seed(void **state)
{
	static const char *const override[] = { "model.bias=-10", NULL };
	struct small_task a, b;
	(void)state;
	small_task_open(&a, override);
	small_task_open(&b, override);
	assert_memory_equal(a.model->parameter, b.model->parameter, a.model->n_parameters * sizeof(float));
	const float *w = a.model->parameter;
	for (size_t i = 0; i < a.model->block[1].cols; i++) assert_true(w[a.model->block[1].offset + i] == -10);
	small_task_close(&a);
	small_task_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(laws_have_their_spread),
		cmocka_unit_test(torch_has_biases),
		cmocka_unit_test(orthogonal_is_orthonormal),
		cmocka_unit_test(bias_and_seed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
