/* Tapers against published concentrations and the definition; white noise: chi-square law, interval coverage.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_cdf.h>

#include "dataset_open.h"
#include "venturi/fft.h"
#include "venturi/multitaper.h"
#include "venturi/rng.h"

static int setup(void **state)
{
	*state = vt_ctx_create();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	vt_ctx_free(*state);
	return 0;
}

static void must(struct vt_ctx *ctx, enum vt_status status)
{
	if (status != VT_OK) fail_msg("status %d: %s", status, vt_ctx_trail(ctx));
}

/* Orthonormal eigenvectors of the sinc kernel, whose eigenvalues are the concentrations: the definition itself. */
static void check_tapers(struct vt_ctx *ctx, size_t n, double nw, size_t k)
{
	double *v = malloc(k * n * sizeof *v), *c = malloc(k * sizeof *c), w = nw / (double)n;
	must(ctx, vt_dpss(ctx, n, nw, k, v, c));
	for (size_t s = 0; s < k; s++) {
		if (s > 0) assert_true(c[s] <= c[s - 1]);
		for (size_t t = 0; t < k; t++) {
			double dot = 0;
			for (size_t i = 0; i < n; i++) dot += v[s * n + i] * v[t * n + i];
			WITHIN(dot, s == t, 1e-12);
		}
		for (size_t j = 0; j < n; j++) {
			double sum = 0;
			for (size_t l = 0; l < n; l++) {
				double d = (double)j - (double)l;
				sum += v[s * n + l] * (j == l ? 2 * w : sin(2 * M_PI * w * d) / (M_PI * d));
			}
			WITHIN(sum, c[s] * v[s * n + j], 1e-11);
		}
	}
	free(v);
	free(c);
}

static void tapers(void **state)
{
	check_tapers(*state, 64, 4, 7);
	check_tapers(*state, 65, 2.5, 4);
	check_tapers(*state, 5, 1, 5);
	check_tapers(*state, 1, 0.2, 1);
}

/* scipy.signal.windows.dpss(32, 4, 7, return_ratios=True), scipy 1.10. */
static void concentrations(void **state)
{
	static const double wanted[7] = { 0.9999999998398, 0.9999999829908, 0.9999991693931, 0.9999754075680,
		0.9995121105776, 0.9933191252146, 0.9399608402664 };
	double v[7 * 32], c[7];
	must(*state, vt_dpss(*state, 32, 4, 7, v, c));
	for (int i = 0; i < 7; i++) WITHIN(c[i], wanted[i], 1e-10);
	assert_int_equal(vt_dpss(*state, 32, 16, 7, v, c), VT_EDOMAIN);
}

enum { N = 256, K = 7, BINS = N / 2 + 1, SERIES = 40 };

/* Over the bins of white noise: 2 K S is chi-square with 2 K degrees, inside its own 95 % range in 95 % of the bins;
 * the jackknife, which does not know that, covers the truth in 90 to 99 %. */
static void white_noise(void **state)
{
	static double v[K * N], c[K], x[N], eigen[K * BINS], s[BINS];
	size_t in_law = 0, covered = 0, bins = 0;
	double lo = gsl_cdf_chisq_Pinv(0.025, 2 * K) / (2 * K), hi = gsl_cdf_chisq_Qinv(0.025, 2 * K) / (2 * K);
	double mean = 0, square = 0;
	must(*state, vt_dpss(*state, N, 4, K, v, c));
	for (uint64_t seed = 0; seed < SERIES; seed++) {
		struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, 0);
		for (int i = 0; i < N; i++) x[i] = 3 * vt_rng_normal(&r);
		must(*state, vt_eigenspectra(*state, N, K, v, x, 1, eigen));
		vt_multitaper(K, BINS, eigen, NULL, 9, s);
		for (int b = 4; b < BINS - 4; b++) { /* nearer to the ends a bin sees its mirror image */
			struct vt_log_interval j = vt_jackknife_log(K, eigen + b, BINS);
			WITHIN(j.mean, s[b], 1e-12 * s[b]);
			in_law += s[b] / 9 >= lo && s[b] / 9 <= hi;
			covered += j.lo <= 9 && 9 <= j.hi;
			mean += s[b] / 9;
			square += s[b] * s[b] / 81;
			bins++;
		}
	}
	mean /= (double)bins;
	double share = (double)covered / (double)bins, law = (double)in_law / (double)bins;
	double variance = square / (double)bins - mean * mean;
	WITHIN(mean, 1, 0.02);
	WITHIN(variance, 1.0 / K, 0.02);
	WITHIN(law, 0.95, 0.015);
	if (share < 0.9 || share > 0.99) fail_msg("intervals cover the truth in %.3f of %zu bins", share, bins);
}

/* A strong line leaks into the plain mean far away; the adaptive weights hold it down, and change nothing in white
 * noise beyond a few per cent. */
static void adaptive_weights(void **state)
{
	static double v[K * N], c[K], x[N], eigen[K * BINS], plain[BINS], adapted[BINS];
	double variance = 0, far_plain = 0, far_adapted = 0;
	struct vt_rng r = vt_rng_stream(5, VT_PURPOSE_DATASET, 0);
	must(*state, vt_dpss(*state, N, 4, K, v, c));
	for (int i = 0; i < N; i++) x[i] = 1e3 * cos(2 * M_PI * 20.5 * i / N) + 1e-3 * vt_rng_normal(&r);
	for (int i = 0; i < N; i++) variance += x[i] * x[i] / N;
	must(*state, vt_eigenspectra(*state, N, K, v, x, 1, eigen));
	vt_multitaper(K, BINS, eigen, NULL, variance, plain);
	vt_multitaper(K, BINS, eigen, c, variance, adapted);
	for (int b = 60; b < BINS - 4; b++) {
		far_plain += plain[b];
		far_adapted += adapted[b];
	}
	if (far_adapted > 0.01 * far_plain) fail_msg("far from the line: plain %g, adaptive %g", far_plain, far_adapted);
	WITHIN(adapted[20] / plain[20], 1, 0.05);
}

static void intervals_without_a_basis(void **state)
{
	const double none[] = { 1, 0, 0 };
	(void)state;
	assert_true(isnan(vt_jackknife_log(1, none, 1).lo));
	assert_true(isnan(vt_jackknife_log(3, none, 1).hi)); /* leaving out the 1 leaves nothing */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tapers, setup, teardown),
		cmocka_unit_test_setup_teardown(concentrations, setup, teardown),
		cmocka_unit_test_setup_teardown(white_noise, setup, teardown),
		cmocka_unit_test_setup_teardown(adaptive_weights, setup, teardown),
		cmocka_unit_test_setup_teardown(intervals_without_a_basis, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
