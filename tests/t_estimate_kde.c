/* The pairwise bounds against plain loops, to 1e-9 bit, and the same bits for any threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "plain_estimates.h"

#include "venturi/pairs.h"

static void compare(struct vt_ctx *ctx, enum shape_of_layer shape, size_t n, size_t width, double variance,
                    uint64_t seed)
{
	struct sample_layer s = sample_layer(shape, seed, n, width, 2 + seed % 3);
	struct vt_information got[2];
	double i_xt, i_ty;
	char what[200], settings[80];
	snprintf(settings, sizeof settings, "kde:variance=%.17g", variance);
	estimate_as(ctx, settings, &s.layer, got);
	for (int b = 0; b < 2; b++) {
		plain_kde(&s.layer, b == 0 ? variance : 4 * variance, &i_xt, &i_ty);
		snprintf(what, sizeof what, "%s bound %d on %s, %zu x %zu, seed %llu", settings, b, shape_names[shape], n, width,
		         (unsigned long long)seed);
		same_bits(what, got[b].i_xt, i_xt);
		same_bits(what, got[b].i_ty, i_ty);
		same_bits(what, got[b].h_t, i_xt + 0.5 * (double)width * log(2 * M_PI * M_E * variance));
	}
	sample_clear(&s);
}

static void test_plain_loops(void **state)
{
	const double variances[] = { 1e-5, 1e-3, 0.1, 10 };
	const size_t rows[] = { 1, 2, 63, 64, 65, 140 }, widths[] = { 1, 3, 10, 70 };
	struct vt_ctx *ctx = test_context();
	(void)state;
	for (int shape = 0; shape < N_SHAPES; shape++)
		for (size_t v = 0; v < 4; v++) {
			for (size_t n = 0; n < 6; n++) compare(ctx, (enum shape_of_layer)shape, rows[n], 3, variances[v], v + n);
			for (size_t w = 0; w < 4; w++) compare(ctx, (enum shape_of_layer)shape, 90, widths[w], variances[v], v + w);
		}
	vt_ctx_free(ctx);
}

/* Two points at distance d: -ln((1 + k) / 2) with k = exp(-d^2 / (2 v)) or its fourth root. */
static void test_two_points(void **state)
{
	static const double x[2] = { 0.25, 0.35 };
	static const int32_t y[2] = { 0, 1 };
	struct vt_ctx *ctx = test_context();
	struct vt_layer in = { .t = { x, 2, 1, 1 }, .y = { y, 2, 2 }, .enumerated = true };
	struct vt_information got[2];
	(void)state;
	estimate_as(ctx, "kde:variance=0.01", &in, got);
	double d2 = (x[1] - x[0]) * (x[1] - x[0]);
	same_bits("upper", got[0].i_xt, -log((1 + exp(-d2 / 0.02)) / 2));
	same_bits("lower", got[1].i_xt, -log((1 + exp(-d2 / 0.08)) / 2));
	same_bits("each class is one point", got[0].i_ty, got[0].i_xt);
	vt_ctx_free(ctx);
}

static void test_exponential(void **state)
{
	enum { N = 4001 };
	static double d2[N], k[N];
	double worst = 0;
	(void)state;
	for (int i = 0; i < N; i++) d2[i] = 137.9 / 0.37 * i / (N - 1);
	vt_pair_kernel(N, 0.37, d2, k);
	for (int i = 0; i < N; i++) worst = fmax(worst, fabs((double)(k[i] / expl(-0.37L * (long double)d2[i]) - 1)));
	if (worst > 4e-14) fail_msg("relative error %.3g of the exponential", worst);
	assert_true(k[0] == 1);
	d2[0] = 139 / 0.37;
	vt_pair_kernel(1, 0.37, d2, k);
	assert_true(k[0] == 0);
}

/* Weights, labels and null labellings, against sums over all pairs. */
static void test_sums(void **state)
{
	enum { N = 130, WIDTH = 4, NULLS = 3 };
	struct sample_layer s = sample_layer(TANH, 7, N, WIDTH, 3);
	double out[(4 + 2 * NULLS) * N], weight[N];
	int32_t null_label[NULLS * N];
	struct vt_rng r = vt_rng_stream(SEED, VT_PURPOSE_NULL, 0);
	struct vt_ctx *ctx = test_context();
	(void)state;
	for (int i = 0; i < N; i++) weight[i] = 1 + (double)vt_rng_below(&r, 4);
	for (int i = 0; i < NULLS * N; i++) null_label[i] = (int32_t)vt_rng_below(&r, 3);
	struct vt_pair_input in = { s.layer.t, weight, s.y, 3, 0.02, NULLS, null_label };
	struct vt_pair_sums sums = { out, out + N, out + 2 * N, out + 3 * N, out + 4 * N, out + (4 + NULLS) * N };
	assert_int_equal(vt_pair_sums(ctx, &in, &sums), VT_OK);
	for (int i = 0; i < N; i++) {
		double want[4] = { 0 }, null[2] = { 0 };
		for (int j = 0; j < N; j++) {
			double d2 = 0;
			for (int c = 0; c < WIDTH; c++)
				d2 += pow(s.x[i * (int)s.layer.t.stride + c] - s.x[j * (int)s.layer.t.stride + c], 2);
			double narrow = weight[j] * exp(-d2 / 0.04), wide = weight[j] * exp(-d2 / 0.16);
			bool own = s.y[i] == s.y[j], by_null = null_label[N + i] == null_label[N + j];
			want[0] += narrow, want[1] += wide, want[2] += own ? narrow : 0, want[3] += own ? wide : 0;
			null[0] += by_null ? narrow : 0, null[1] += by_null ? wide : 0;
		}
		for (int k = 0; k < 4; k++) assert_true(fabs(out[k * N + i] / want[k] - 1) < 1e-13);
		assert_true(fabs(sums.narrow_null[N + i] / null[0] - 1) < 1e-13);
		assert_true(fabs(sums.wide_null[N + i] / null[1] - 1) < 1e-13);
	}
	sample_clear(&s);
	vt_ctx_free(ctx);
}

static void test_threads(void **state)
{
	struct vt_information want[2], got[2];
	struct vt_ctx *ctx = test_context();
	(void)state;
	for (int shape = 0; shape < N_SHAPES; shape++)
		for (size_t n_null = 0; n_null <= 5; n_null += 5) {
			struct sample_layer s = sample_layer((enum shape_of_layer)shape, 4, 700, 5, 3);
			s.layer.n_null = n_null;
			for (int threads = 1; threads <= 3; threads++) {
				vt_ctx_set_threads(ctx, threads);
				estimate_as(ctx, "kde:variance=1e-3", &s.layer, threads == 1 ? want : got);
				for (int b = 0; b < 2 && threads > 1; b++)
					if (memcmp(&want[b], &got[b], offsetof(struct vt_information, n)) != 0) /* all its doubles */
						fail_msg("%s: %d threads give other bits than 1", shape_names[shape], threads);
			}
			sample_clear(&s);
		}
	vt_ctx_free(ctx);
}

static void test_refusals(void **state)
{
	struct vt_ctx *ctx = test_context();
	double x = 0, out[4];
	struct vt_pair_sums sums = { out, out + 1, out + 2, out + 3, NULL, NULL };
	struct vt_pair_input in = { .x = { &x, 1, 1, 1 }, .variance = -1 };
	(void)state;
	assert_int_equal(vt_pair_sums(ctx, &in, &sums), VT_EDOMAIN);
	in.variance = NAN;
	assert_int_equal(vt_pair_sums(ctx, &in, &sums), VT_EDOMAIN);
	in.variance = 1;
	in.x.rows = 0;
	assert_int_equal(vt_pair_sums(ctx, &in, &sums), VT_EDOMAIN);
	vt_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_loops), cmocka_unit_test(test_two_points), cmocka_unit_test(test_exponential),
		cmocka_unit_test(test_sums),        cmocka_unit_test(test_threads),    cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
