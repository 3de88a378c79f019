/* Transforms against their definitions, Parseval, planted waves, the same bits on any number of threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "dataset_open.h"
#include "venturi/fft.h"
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

static double *noise(size_t n, uint64_t seed)
{
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, 0);
	double *x = malloc(n * sizeof *x);
	assert_non_null(x);
	for (size_t i = 0; i < n; i++) x[i] = vt_rng_normal(&r);
	return x;
}

static void must(struct vt_ctx *ctx, enum vt_status status)
{
	if (status != VT_OK) fail_msg("status %d: %s", status, vt_ctx_trail(ctx));
}

static double squares(size_t n, const double *x)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
	return sum;
}

static const size_t lengths[] = { 1, 2, 3, 8, 53, 97, 113, 200, 256 };
enum { N_LENGTHS = sizeof lengths / sizeof *lengths };

/* A column of a 3-column matrix, by the sum that the header states, in long double. */
static void check_real(struct vt_ctx *ctx, size_t n)
{
	double *x = noise(3 * n, n), power = 0, own = 0;
	struct vt_complex *out = malloc(3 * vt_fft_bins(n) * sizeof *out);
	struct vt_strided l = vt_strided_columns(n, 3, 3);
	must(ctx, vt_fft_real(ctx, &l, x, out));
	for (size_t k = 0; k < vt_fft_bins(n); k++) {
		long double re = 0, im = 0, turn = 2 * acosl(-1) / (long double)n;
		for (size_t j = 0; j < n; j++) {
			re += x[3 * j + 1] * cosl(turn * (long double)(j * k % n));
			im -= x[3 * j + 1] * sinl(turn * (long double)(j * k % n));
		}
		struct vt_complex c = out[vt_fft_bins(n) + k];
		WITHIN(c.re, (double)(re / sqrtl(n)), 1e-13);
		WITHIN(c.im, (double)(im / sqrtl(n)), 1e-13);
		power += vt_fft_power(n, k, c);
	}
	for (size_t j = 0; j < n; j++) own += x[3 * j + 1] * x[3 * j + 1];
	WITHIN(power, own, 1e-12 * own);
	free(x);
	free(out);
}

static void check_cosine(struct vt_ctx *ctx, size_t n)
{
	double *x = noise(2 * n, n), *out = malloc(2 * n * sizeof *out);
	struct vt_strided l = vt_strided_rows(2, n, n);
	must(ctx, vt_dct(ctx, &l, x, out));
	for (size_t k = 0; k < n; k++) {
		long double sum = 0;
		for (size_t j = 0; j < n; j++)
			sum += x[n + j] * cosl(acosl(-1) * (long double)k * (2 * (long double)j + 1) / (2 * (long double)n));
		WITHIN(out[n + k], (double)(sum * sqrtl((k ? 2 : 1) / (long double)n)), 1e-13);
	}
	WITHIN(squares(2 * n, out), squares(2 * n, x), 1e-12 * squares(2 * n, x));
	free(x);
	free(out);
}

static void series_follow_their_definition(void **state)
{
	for (size_t i = 0; i < N_LENGTHS; i++) check_real(*state, lengths[i]);
	for (size_t i = 0; i < N_LENGTHS; i++) check_cosine(*state, lengths[i]);
}

/* x[a][b] = exp(2 pi i (3 a + 5 b) / p) has all its power, p^2, in bin (3, 5); there and back is the identity. */
static void planes(void **state)
{
	enum { P = 13 };
	struct vt_complex x[P * P], y[P * P], z[P * P];
	double *r = noise(2 * P * P, 5), before = squares(2 * P * P, r), after = 0;
	for (int a = 0; a < P; a++)
		for (int b = 0; b < P; b++) {
			double angle = 2 * M_PI * (3 * a + 5 * b) / P;
			x[a * P + b] = (struct vt_complex){ cos(angle), sin(angle) };
		}
	must(*state, vt_fft_plane(*state, P, false, x, y));
	for (int i = 0; i < P * P; i++) {
		WITHIN(y[i].re, i == 3 * P + 5 ? P : 0, 1e-12);
		WITHIN(y[i].im, 0, 1e-12);
	}
	memcpy(x, r, sizeof x);
	must(*state, vt_fft_plane(*state, P, false, x, y));
	must(*state, vt_fft_plane(*state, P, true, y, z));
	for (int i = 0; i < P * P; i++) {
		after += y[i].re * y[i].re + y[i].im * y[i].im;
		WITHIN(z[i].re, x[i].re, 1e-14);
		WITHIN(z[i].im, x[i].im, 1e-14);
	}
	WITHIN(after, before, 1e-12 * before);
	free(r);
}

/* Rahaman's grid i / 200: a wave on a bin is in that bin, with its amplitude. */
static void amplitude_of_a_wave(void **state)
{
	enum { N = 200, K = 35 };
	double x[N], total = 0;
	struct vt_complex out[N / 2 + 1];
	for (int i = 0; i < N; i++) x[i] = 0.7 * sin(2 * M_PI * K * i / N + 1);
	struct vt_strided l = vt_strided_rows(1, N, N);
	must(*state, vt_fft_real(*state, &l, x, out));
	for (size_t k = 0; k <= N / 2; k++) total += vt_fft_power(N, k, out[k]);
	WITHIN(vt_fft_amplitude(N, K, out[K]), 0.7, 1e-14);
	assert_true(total - vt_fft_power(N, K, out[K]) < 1e-26 * total);
}

static void threads_change_no_bit(void **state)
{
	enum { N = 113, SERIES = 77 };
	double *x = noise(N * SERIES, 9), *y = malloc(N * SERIES * sizeof *y), *z = malloc(N * SERIES * sizeof *z);
	struct vt_strided l = vt_strided_columns(N, SERIES, SERIES);
	vt_ctx_set_threads(*state, 1);
	must(*state, vt_dct(*state, &l, x, y));
	for (int threads = 2; threads <= 3; threads++) {
		vt_ctx_set_threads(*state, threads);
		must(*state, vt_dct(*state, &l, x, z));
		assert_memory_equal(y, z, N * SERIES * sizeof *y);
	}
	free(x);
	free(y);
	free(z);
}

static void nothing_to_transform(void **state)
{
	double x = 1;
	struct vt_strided l = vt_strided_rows(1, 0, 1);
	assert_int_equal(vt_dct(*state, &l, &x, &x), VT_EDOMAIN);
	assert_non_null(strstr(vt_ctx_trail(*state), "length 0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(series_follow_their_definition, setup, teardown),
		cmocka_unit_test_setup_teardown(planes, setup, teardown),
		cmocka_unit_test_setup_teardown(amplitude_of_a_wave, setup, teardown),
		cmocka_unit_test_setup_teardown(threads_change_no_bit, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_to_transform, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
