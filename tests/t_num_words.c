/* Walsh transforms against FFTW, Lempel-Ziv words against strings parsed by hand, logistic regression, areas under ROC
 * curves, and singular values against GSL's.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <fftw3.h>
#include <gsl/gsl_linalg.h>

#include "measured_file.h"
#include "venturi/linear.h"

/* FFTW's rank-n real-even transform of size 2 in each dimension is the same sum. */
static void walsh_is_fftws(void **state)
{
	(void)state;
	for (int n = 1; n <= 14; n++) {
		size_t words = (size_t)1 << n;
		int size[14];
		fftw_r2r_kind kind[14];
		for (int k = 0; k < n; k++) {
			size[k] = 2;
			kind[k] = FFTW_R2HC;
		}
		double *x = fftw_alloc_real(words), *y = fftw_alloc_real(words), square = 0, parseval = 0;
		fftw_plan plan = fftw_plan_r2r(n, size, y, y, kind, FFTW_ESTIMATE);
		struct vt_rng r = vt_rng_stream(n, VT_PURPOSE_DATASET, 0);
		for (size_t i = 0; i < words; i++) {
			x[i] = y[i] = vt_rng_u32(&r) & 1 ? 1 : -1;
			square += x[i] * x[i];
		}
		fftw_execute(plan);
		vt_walsh(x, (size_t)n);
		for (size_t i = 0; i < words; i++) {
			if (x[i] != y[i]) fail_msg("n = %d: coefficient %zu is %g, FFTW has %g", n, i, x[i], y[i]);
			parseval += x[i] * x[i];
		}
		assert_true(parseval == square * (double)words);
		fftw_destroy_plan(plan);
		fftw_free(x);
		fftw_free(y);
	}
}

static size_t words_of(const char *text)
{
	uint8_t bit[64];
	size_t n = strlen(text);
	for (size_t i = 0; i < n; i++) bit[i] = text[i] == '1';
	return vt_lempel_ziv_words(bit, n);
}

/* Parsed by hand; 0001101001000101 as 0.001.10.100.1000.101 stands in Kaspar & Schuster 1987. */
static void strings_parsed_by_hand(void **state)
{
	(void)state;
	assert_int_equal(words_of("0"), 1);
	assert_int_equal(words_of("0000000000000000"), 2);
	assert_int_equal(words_of("0101010101010101"), 3);
	assert_int_equal(words_of("0001101001000101"), 6);
	assert_int_equal(words_of("01"), 2);
}

/* A constant string of 128 bits has 7; uniform ones 148.8 on average (20 000 strings of an independent program gave
 * 148.80 to 148.85, three times). */
static void complexity_of_constant_and_random(void **state)
{
	enum { N = 128, STRINGS = 4000 };
	uint8_t bit[N] = { 0 };
	double sum = 0;
	struct vt_rng r = vt_rng_stream(1, VT_PURPOSE_DATASET, 0);
	(void)state;
	assert_true(vt_lempel_ziv(bit, N) == 7);
	memset(bit, 1, N);
	assert_true(vt_lempel_ziv(bit, N) == 7);
	for (int s = 0; s < STRINGS; s++) {
		for (size_t i = 0; i < N; i++) bit[i] = vt_rng_u32(&r) >> 31;
		sum += vt_lempel_ziv(bit, N);
	}
	WITHIN(sum / STRINGS, 148.8, 0.3);
}

/* Ties and all: 2 x 3 rows by counting pairs. */
static void areas_are_pairs(void **state)
{
	enum { N = 200 };
	double score[N], auc, se, pairs = 0, won = 0;
	uint8_t positive[N];
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_rng r = vt_rng_stream(2, VT_PURPOSE_DATASET, 0);
	(void)state;
	for (size_t i = 0; i < N; i++) {
		positive[i] = i % 3 == 0;
		score[i] = floor(6 * vt_rng_uniform(&r)) + positive[i];
	}
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j < N; j++) {
			if (!positive[i] || positive[j]) continue;
			pairs++;
			won += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
		}
	assert_int_equal(vt_auc(ctx, N, score, positive, &auc, &se), VT_OK);
	WITHIN(auc, won / pairs, 1e-12);
	assert_true(se > 0.01 && se < 0.06);
	memset(positive, 1, N);
	assert_int_equal(vt_auc(ctx, N, score, positive, &auc, &se), VT_EDOMAIN);
	vt_ctx_free(ctx);
}

/* The standard error is the spread over samples of the same law. */
static void area_error_is_its_spread(void **state)
{
	enum { N = 100, SAMPLES = 400 };
	double score[N], auc, se, sum = 0, square = 0, errors = 0;
	uint8_t positive[N];
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_rng r = vt_rng_stream(3, VT_PURPOSE_DATASET, 0);
	(void)state;
	for (size_t i = 0; i < N; i++) positive[i] = i % 2;
	for (int s = 0; s < SAMPLES; s++) {
		for (size_t i = 0; i < N; i++) score[i] = vt_rng_normal(&r) + positive[i];
		assert_int_equal(vt_auc(ctx, N, score, positive, &auc, &se), VT_OK);
		sum += auc / SAMPLES;
		square += auc * auc / SAMPLES;
		errors += se / SAMPLES;
	}
	WITHIN(sum, 0.76025, 0.01); /* Phi(1 / sqrt 2) */
	WITHIN(sqrt(square - sum * sum) / errors, 1, 0.12);
	vt_ctx_free(ctx);
}

static void singular_values_are_gsls(void **state)
{
	static const size_t shape[][2] = { { 1, 1 }, { 7, 3 }, { 3, 7 }, { 40, 40 }, { 100, 20 } };
	struct vt_ctx *ctx = vt_ctx_create();
	(void)state;
	for (size_t k = 0; k < sizeof shape / sizeof *shape; k++) {
		size_t rows = shape[k][0], cols = shape[k][1], least = rows < cols ? rows : cols, most = rows < cols ? cols : rows;
		gsl_matrix *a = gsl_matrix_alloc(most, least), *v = gsl_matrix_alloc(least, least);
		gsl_vector *s = gsl_vector_alloc(least);
		double *x = calloc(rows * cols, sizeof *x), *value = calloc(least, sizeof *value);
		struct vt_rng r = vt_rng_stream(k, VT_PURPOSE_DATASET, 0);
		for (size_t i = 0; i < rows; i++)
			for (size_t j = 0; j < cols; j++) {
				x[i * cols + j] = vt_rng_normal(&r);
				if (rows < cols) gsl_matrix_set(a, j, i, x[i * cols + j]);
				else gsl_matrix_set(a, i, j, x[i * cols + j]);
			}
		gsl_linalg_SV_decomp_jacobi(a, v, s);
		const struct vt_mat m = { x, rows, cols, cols };
		assert_int_equal(vt_singular_values(ctx, &m, value), VT_OK);
		for (size_t i = 0; i < least; i++) WITHIN(value[i], gsl_vector_get(s, i), 1e-12 * gsl_vector_get(s, 0));
		gsl_matrix_free(a);
		gsl_matrix_free(v);
		gsl_vector_free(s);
		free(x);
		free(value);
	}
	vt_ctx_free(ctx);
}

/* At the minimum the gradient, written once more in plain loops, vanishes; rows out of use change nothing. */
static void logistic_regression_is_at_its_minimum(void **state)
{
	enum { N = 300, D = 5, Q = 3 };
	double x[N * D], w[Q * (D + 1)] = { 0 }, again[Q * (D + 1)] = { 0 }, slope, ridge = 0.01;
	int32_t y[N];
	uint8_t use[N];
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_rng r = vt_rng_stream(4, VT_PURPOSE_DATASET, 0);
	(void)state;
	for (size_t i = 0; i < N; i++) {
		for (size_t k = 0; k < D; k++) x[i * D + k] = vt_rng_normal(&r);
		y[i] = x[i * D] + vt_rng_normal(&r) > 0.5 ? 2 : x[i * D + 1] > 0;
		use[i] = i < 250;
	}
	const struct vt_mat m = { x, N, D, D };
	assert_int_equal(vt_logistic_fit(ctx, &m, y, use, Q, ridge, 500, w, &slope), VT_OK);
	assert_true(slope < 1e-5);
	double g[Q * (D + 1)] = { 0 };
	for (size_t i = 0; i < 250; i++) {
		double p[Q], sum = 0;
		for (size_t c = 0; c < Q; c++) {
			p[c] = w[c * (D + 1) + D];
			for (size_t k = 0; k < D; k++) p[c] += w[c * (D + 1) + k] * x[i * D + k];
			sum += p[c] = exp(p[c]);
		}
		for (size_t c = 0; c < Q; c++)
			for (size_t k = 0; k <= D; k++)
				g[c * (D + 1) + k] += (p[c] / sum - ((size_t)y[i] == c)) * (k < D ? x[i * D + k] : 1) / 250;
	}
	for (size_t c = 0; c < Q; c++)
		for (size_t k = 0; k <= D; k++)
			WITHIN(g[c * (D + 1) + k] + (k < D ? ridge * w[c * (D + 1) + k] : 0), 0, 1e-5);
	for (size_t i = 250; i < N; i++) y[i] = 0;
	vt_ctx_set_threads(ctx, 3);
	assert_int_equal(vt_logistic_fit(ctx, &m, y, use, Q, ridge, 500, again, &slope), VT_OK);
	assert_memory_equal(w, again, sizeof w);
	vt_ctx_free(ctx);
}

/* Noise of 40 columns asks for a large ridge, a clear rule in 2 for a small one. */
static void ridge_follows_the_noise(void **state)
{
	enum { N = 120, D = 40 };
	double x[N * D], w[2 * (D + 1)], slope, noisy, clear;
	int32_t y[N];
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_rng r = vt_rng_stream(5, VT_PURPOSE_DATASET, 0);
	(void)state;
	for (size_t i = 0; i < N; i++) {
		for (size_t k = 0; k < D; k++) x[i * D + k] = vt_rng_normal(&r);
		y[i] = (x[i * D] + 0.8 * vt_rng_normal(&r) > 0);
	}
	const struct vt_mat all = { x, N, D, D }, two = { x, N, 2, D };
	assert_int_equal(vt_logistic_choose(ctx, &all, y, NULL, 2, 300, w, &noisy, &slope), VT_OK);
	for (size_t i = 0; i < N; i++) y[i] = x[i * D] > x[i * D + 1];
	assert_int_equal(vt_logistic_choose(ctx, &two, y, NULL, 2, 300, w, &clear, &slope), VT_OK);
	if (!(noisy > 3 * clear)) fail_msg("ridges %g with noise, %g without", noisy, clear);
	int32_t answer[N];
	assert_int_equal(vt_logistic_answers(ctx, &two, 2, w, answer), VT_OK);
	size_t wrong = 0;
	for (size_t i = 0; i < N; i++) wrong += answer[i] != y[i];
	assert_in_range(wrong, 0, 2);
	vt_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walsh_is_fftws), cmocka_unit_test(strings_parsed_by_hand),
		cmocka_unit_test(complexity_of_constant_and_random), cmocka_unit_test(areas_are_pairs),
		cmocka_unit_test(area_error_is_its_spread), cmocka_unit_test(singular_values_are_gsls),
		cmocka_unit_test(logistic_regression_is_at_its_minimum), cmocka_unit_test(ridge_follows_the_noise),
	};
	return cmocka_run_group_tests_name("words, ranks, logistic", tests, NULL, NULL);
}
