/* Functions of many inputs whose frequencies are known: a Gaussian filter on a circle has its own factors, a wave along
 * the first principal component is found there and nowhere else.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "measured.h"

enum { N = 240, DIM = 6, OUTPUTS = 2, WIDTHS = 3, K = 20 };
static const char *const tap_names[] = { "output" };
static const size_t tap_widths[] = { OUTPUTS };
static const struct vt_snapshot_shape shape = { .n_taps = 1, .n_rows = N, .n_inputs = DIM, .n_targets = OUTPUTS,
	                                        .tap_name = tap_names, .tap_width = tap_widths };

static void record(struct measured *m, int step, double *x, double *y, double *t)
{
	struct vt_tap tap = { "output", VT_ROLE_OUTPUT, { y, N, OUTPUTS, OUTPUTS }, NULL, 0 };
	const struct vt_snapshot s = { .step = step, .index = (size_t)step, .n_taps = 1, .tap = &tap,
		                       .input = { x, N, DIM, DIM }, .target = { t, N, OUTPUTS, OUTPUTS }, .seed = 1 };
	measured_must(m, vt_measures_record(m->ctx, m->measures, &s), "record");
}

/* What the Gaussian leaves of k cycles on N points of a circle of radius 2: the mean of cos(k angle) under it. */
static double factor(int k, double width)
{
	double sum = 0, total = 0;
	for (int i = 0; i < N; i++) {
		double chord = 4 * sin(M_PI * i / N), weight = exp(-chord * chord / (2 * width * width));
		sum += weight * cos(2 * M_PI * k * i / N);
		total += weight;
	}
	return sum / total;
}

/* Wanted: 1 of 2 cycles and 0.5 of 40.  Got: a of the first, b of the second; the parts of each are harmonics of the
 * circle and do not mix, so that the errors are those of two numbers. */
static void filter_on_a_circle(void **state)
{
	static const double widths[WIDTHS] = { 0.1, 0.5, 2 }, a = 0.9, b = 0.2;
	static double x[N * DIM], y[N * OUTPUTS], t[N * OUTPUTS];
	struct measured m;
	(void)state;
	for (int i = 0; i < N; i++) {
		double angle = 2 * M_PI * i / N;
		x[i * DIM + 1] = 7 + 2 * cos(angle);
		x[i * DIM + 4] = 2 * sin(angle);
		t[i * OUTPUTS] = cos(2 * angle) + 0.5 * cos(40 * angle + 1);
		y[i * OUTPUTS] = a * cos(2 * angle) + 0.5 * b * cos(40 * angle + 1);
	}
	measured_must(&m, measured_open(&m, "filter:widths=[0.1,0.5,2]", &shape), "open");
	record(&m, 0, x, y, t);
	double *low = measured_values(&m, "e_low", WIDTHS), *high = measured_values(&m, "e_high", WIDTHS);
	double *lead = measured_values(&m, "lead", WIDTHS), *share = measured_values(&m, "low_share", WIDTHS);
	for (int w = 0; w < WIDTHS; w++) {
		double g = factor(2, widths[w]), h = 0.5 * factor(40, widths[w]), r = 1 - g, s = 0.5 - h;
		WITHIN(low[w], sqrt((pow(g * (1 - a), 2) + pow(h * (1 - b), 2)) / (g * g + h * h)), 1e-9);
		WITHIN(high[w], sqrt((pow(r * (1 - a), 2) + pow(s * (1 - b), 2)) / (r * r + s * s)), 1e-9);
		WITHIN(share[w], (g * g + h * h) / 1.25, 1e-9);
		WITHIN(lead[w], high[w] - low[w], 1e-15);
	}
	assert_true(lead[1] > 0.5); /* between the two waves the split is clean */
	free(low);
	free(high);
	free(lead);
	free(share);
	measured_close(&m);
}

/* Rows on a line through six dimensions, unevenly spaced, with a little noise beside it. */
static void line(double *x, double *place)
{
	static const double direction[DIM] = { 1, -2, 0.5, 0, 3, 1 };
	struct vt_rng r = vt_rng_stream(2, VT_PURPOSE_DATASET, 0);
	for (int i = 0; i < N; i++) {
		place[i] = i == 0 ? 0 : i == 1 ? 1 : vt_rng_uniform(&r);
		for (int j = 0; j < DIM; j++) x[i * DIM + j] = 5 * j + 10 * place[i] * direction[j];
	}
}

static void wave_along_the_component(void **state)
{
	static double x[N * DIM], y[N * OUTPUTS], t[N * OUTPUTS], place[N];
	struct measured m;
	size_t above = 0;
	(void)state;
	line(x, place);
	measured_must(&m, measured_open(&m, "projection", &shape), "open");
	for (int step = 0; step < 3; step++) {
		for (int i = 0; i < N; i++) {
			t[i * OUTPUTS] = 3 + cos(2 * M_PI * 5 * place[i]);
			y[i * OUTPUTS] = 0.45 * step * cos(2 * M_PI * 5 * place[i]) - 8;
		}
		record(&m, step, x, y, t);
	}
	double *error = measured_values(&m, "complex_error", 3 * K), *flags = measured_values(&m, "flags", 3 * K);
	double *ratio = measured_values(&m, "amplitude_ratio", 3 * K), *target = measured_values(&m, "target_power", K);
	double *time = measured_values(&m, "t_learned", K), *share = measured_values(&m, "variance_share", 1);
	double *floor = measured_values(&m, "noise_floor", 1), re = 0, im = 0, mean = 0, variance = 0;
	for (int i = 0; i < N; i++) mean += t[i * OUTPUTS] / N;
	for (int i = 0; i < N; i++) {
		double d = (t[i * OUTPUTS] - mean) / N;
		re += d * cos(2 * M_PI * 5 * place[i]);
		im -= d * sin(2 * M_PI * 5 * place[i]);
		variance += d * d * N;
	}
	WITHIN(share[0], 1, 1e-12);
	WITHIN(target[4], re * re + im * im, 1e-9); /* whichever end is 0 */
	WITHIN(floor[0], variance / N, 1e-12);
	for (int step = 0; step < 3; step++) {
		WITHIN(error[step * K + 4], 1 - 0.45 * step, 1e-9);
		WITHIN(ratio[step * K + 4], 0.45 * step, 1e-9);
	}
	assert_true(flags[4] == 0 && time[4] == 2);
	for (int k = 0; k < K; k++) {
		above += flags[k] == 0;
		if (flags[k] != 0) assert_true(flags[k] == VT_OUT_OF_REGIME && isnan(error[k]) && isnan(time[k]));
	}
	/* Uneven spacing leaks a little into other frequencies; most of them stay below the null. */
	if (above > 6) fail_msg("%zu of %d frequencies are above their null", above, K);
	free(error);
	free(flags);
	free(ratio);
	free(target);
	free(time);
	free(share);
	free(floor);
	measured_close(&m);
}

/* Answers without order stay below the null at 95 % of the frequencies, and their power is the floor on average. */
static void no_order_no_frequency(void **state)
{
	static double x[N * DIM], y[N * OUTPUTS], t[N * OUTPUTS], place[N];
	enum { DRAWS = 20 };
	double power = 0, floors = 0;
	size_t above = 0;
	(void)state;
	line(x, place);
	for (uint64_t seed = 0; seed < DRAWS; seed++) {
		struct measured m;
		struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, 3);
		for (int i = 0; i < N * OUTPUTS; i++) t[i] = vt_rng_normal(&r);
		measured_must(&m, measured_open(&m, "projection", &shape), "open");
		record(&m, 0, x, y, t);
		double *flags = measured_values(&m, "flags", K), *target = measured_values(&m, "target_power", K);
		double *floor = measured_values(&m, "noise_floor", 1);
		for (int k = 0; k < K; k++) {
			above += flags[k] == 0;
			power += target[k] / K;
		}
		floors += floor[0];
		free(flags);
		free(target);
		free(floor);
		measured_close(&m);
	}
	/* 400 at 5 %: 20 expected, 4.4 their standard deviation. */
	if (above < 6 || above > 38) fail_msg("%zu of 400 frequencies are above their null", above);
	WITHIN(power / floors, 1, 0.15);
}

static void nothing_to_compare_with(void **state)
{
	static double y[N * OUTPUTS];
	static const char *const kinds[] = { "filter:widths=[1]", "projection:frequencies=1" };
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct vt_tap tap = { "output", VT_ROLE_OUTPUT, { y, N, OUTPUTS, OUTPUTS }, NULL, 0 };
		const struct vt_snapshot s = { .n_taps = 1, .tap = &tap };
		struct measured m;
		measured_must(&m, measured_open(&m, kinds[i], &shape), "open");
		measured_must(&m, vt_measures_record(m.ctx, m.measures, &s), "record");
		double *flags = measured_values(&m, "flags", 1), *value = measured_values(&m, i ? "complex_error" : "e_low", 1);
		assert_true(flags[0] == VT_NOT_COMPUTED && isnan(value[0]));
		free(flags);
		free(value);
		measured_close(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filter_on_a_circle),
		cmocka_unit_test(wave_along_the_component),
		cmocka_unit_test(no_order_no_frequency),
		cmocka_unit_test(nothing_to_compare_with),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
