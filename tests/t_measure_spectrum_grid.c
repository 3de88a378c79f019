/* Planted outputs on a grid: coefficients, ratios, errors, and when each frequency is learned.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "measured.h"

enum { N = 100, STEPS = 7, FOLLOWED = 4 };
static const int cycles[FOLLOWED] = { 3, 8, 20, 30 };
/* Amplitude of each at the steps 0, 10 .. 60, and a phase error in turns: 8 comes, leaves and comes back; 20 is
 * reached in amplitude only; 30 never. */
static const double planted[FOLLOWED][STEPS] = { { 0, 0.5, 0.9, 1, 1, 1, 1 },
	                                         { 0, 0.85, 0.3, 0.7, 0.8, 0.9, 1.1 },
	                                         { 0, 0, 0, 1, 1, 1, 1 },
	                                         { 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6 } };
static const double phase_error[FOLLOWED] = { 0, 0, 0.25, 0 };

static const char *const tap_names[] = { "output" };
static const size_t tap_widths[] = { 1 };

static const struct vt_snapshot_shape shape = { .n_taps = 1, .n_rows = N, .n_inputs = 1, .n_targets = 1,
	                                        .n_snapshots = STEPS, .tap_name = tap_names, .tap_width = tap_widths };

static double wave(int i, int f, double turns)
{
	return sin(2 * M_PI * (cycles[f] * i / (double)N + 0.1 * f + turns));
}

static void record_planted(struct measured *m, int step, double offset)
{
	double x[N], y[N], t[N];
	struct vt_tap tap = { "output", VT_ROLE_OUTPUT, { y, N, 1, 1 }, NULL, 0 };
	for (int i = 0; i < N; i++) {
		x[i] = (double)i / N;
		y[i] = offset + 0.3 * cos(2 * M_PI * 11 * i / N);
		t[i] = 0;
		for (int f = 0; f < FOLLOWED; f++) {
			y[i] += planted[f][step] * 2 * wave(i, f, phase_error[f]);
			t[i] += 2 * wave(i, f, 0);
		}
	}
	const struct vt_snapshot s = { .step = 10 * step, .epoch = step, .index = (size_t)step, .last = step + 1 == STEPS,
		                       .n_taps = 1, .tap = &tap, .input = { x, N, 1, 1 }, .target = { t, N, 1, 1 } };
	measured_must(m, vt_measures_record(m->ctx, m->measures, &s), "record");
}

static void check_times(struct measured *m)
{
	/* t_learned, t_stays by amplitude, then by complex error (0.2); 60 is where the run ends. */
	static const double wanted[FOLLOWED][4] = { { 20, 20, 20, 20 }, { 10, 40, 10, 40 }, { 30, 30, 60, 60 },
		                                    { 60, 60, 60, 60 } };
	static const bool censored[FOLLOWED][2] = { { false, false }, { false, false }, { false, true }, { true, true } };
	double *first = measured_values(m, "t_learned", FOLLOWED * 2), *stays = measured_values(m, "t_stays", FOLLOWED * 2);
	double *first_flags = measured_values(m, "t_learned_flags", FOLLOWED * 2);
	double *stays_flags = measured_values(m, "t_stays_flags", FOLLOWED * 2);
	for (size_t f = 0; f < FOLLOWED; f++)
		for (size_t c = 0; c < 2; c++) {
			assert_true(first[f * 2 + c] == wanted[f][2 * c]);
			assert_true(stays[f * 2 + c] == wanted[f][2 * c + 1]);
			assert_int_equal(first_flags[f * 2 + c], censored[f][c] ? VT_CENSORED : 0);
			assert_int_equal(stays_flags[f * 2 + c], censored[f][c] ? VT_CENSORED : 0);
		}
	free(first);
	free(stays);
	free(first_flags);
	free(stays_flags);
}

static void planted_waves(void **state)
{
	struct measured m;
	(void)state;
	measured_must(&m, measured_open(&m, "spectrum-grid:frequencies=[3,8,20,30]", &shape), "open");
	for (int step = 0; step < STEPS; step++) record_planted(&m, step, 5);
	double *ratio = measured_values(&m, "amplitude_ratio", STEPS * FOLLOWED);
	double *error = measured_values(&m, "complex_error", STEPS * FOLLOWED);
	double *re = measured_values(&m, "coef_re", STEPS * FOLLOWED), *im = measured_values(&m, "coef_im", STEPS * FOLLOWED);
	double *power = measured_values(&m, "power", STEPS * (N / 2 + 1)), *off = measured_values(&m, "off_target", STEPS);
	double *area = measured_values(&m, "unlearned_area", FOLLOWED);
	for (int step = 0; step < STEPS; step++) {
		double all = 0;
		for (int f = 0; f < FOLLOWED; f++) {
			double a = planted[f][step], turn = 2 * M_PI * (0.1 * f + phase_error[f]);
			WITHIN(ratio[step * FOLLOWED + f], a, 1e-12);
			WITHIN(error[step * FOLLOWED + f], sqrt(1 + a * a - 2 * a * cos(2 * M_PI * phase_error[f])), 1e-12);
			/* 2 a sin(2 pi k t + turn) = a / i (exp(i ..) - exp(-i ..)): sqrt(n) a (sin turn - i cos turn). */
			WITHIN(re[step * FOLLOWED + f], sqrt(N) * a * sin(turn), 1e-11);
			WITHIN(im[step * FOLLOWED + f], -sqrt(N) * a * cos(turn), 1e-11);
		}
		for (int b = 0; b <= N / 2; b++) all += power[step * (N / 2 + 1) + b];
		double own = 25 + 0.3 * 0.3 / 2;
		for (int f = 0; f < FOLLOWED; f++) own += 2 * planted[f][step] * planted[f][step];
		WITHIN(all, N * own, 1e-9);
		WITHIN(off[step], 0.3 / sqrt(2), 1e-9);
	}
	/* Trapezoids of 1 - (0, .1 .. .6) over equal steps. */
	WITHIN(area[3], 0.7, 1e-12);
	check_times(&m);
	free(ratio);
	free(error);
	free(re);
	free(im);
	free(power);
	free(off);
	free(area);
	measured_close(&m);
}

/* DCT-II of cos(pi k (i + 1/2) / n), k = 7: 3.5 cycles, a half-wave that a periodic transform would smear. */
static void cosine_grid(void **state)
{
	struct measured m;
	double y[N], t[N];
	struct vt_tap tap = { "output", VT_ROLE_OUTPUT, { y, N, 1, 1 }, NULL, 0 };
	(void)state;
	measured_must(&m, measured_open(&m, "spectrum-grid:grid=cosine,frequencies=[3.5,20]", &shape), "open");
	for (int i = 0; i < N; i++) {
		t[i] = 3 * cos(M_PI * 7 * (i + 0.5) / N);
		y[i] = -0.5 * t[i];
	}
	const struct vt_snapshot s = { .n_taps = 1, .tap = &tap, .target = { t, N, 1, 1 } };
	measured_must(&m, vt_measures_record(m.ctx, m.measures, &s), "record");
	double *re = measured_values(&m, "coef_re", 2), *error = measured_values(&m, "complex_error", 2);
	double *flags = measured_values(&m, "flags", 2), *times = measured_values(&m, "t_learned", 4);
	WITHIN(re[0], -1.5 * sqrt(N / 2.0), 1e-11);
	WITHIN(error[0], 1.5, 1e-12);
	/* There is nothing of 20 in the target: no ratio, no time. */
	assert_true(isnan(error[1]) && flags[1] == VT_DEGENERATE && isnan(times[2]));
	free(re);
	free(error);
	free(flags);
	free(times);
	measured_close(&m);
}

static void what_it_refuses(void **state)
{
	struct measured m;
	double x[N] = { 0 }, y[N] = { 0 };
	struct vt_tap tap = { "output", VT_ROLE_OUTPUT, { y, N, 1, 1 }, NULL, 0 };
	const struct vt_snapshot s = { .n_taps = 1, .tap = &tap, .input = { x, N, 1, 1 } };
	(void)state;
	assert_int_equal(measured_open(&m, "spectrum-grid:frequencies=[51]", &shape), VT_ECONFIG);
	assert_non_null(strstr(vt_ctx_trail(m.ctx), "51 cycles is not on the grid of 100 rows"));
	measured_close(&m);
	measured_must(&m, measured_open(&m, "spectrum-grid", &shape), "open");
	for (int i = 0; i < N; i++) x[i] = i == 70 ? 70.4 : i;
	assert_int_equal(vt_measures_record(m.ctx, m.measures, &s), VT_EDOMAIN);
	assert_non_null(strstr(vt_ctx_trail(m.ctx), "no grid"));
	measured_close(&m);
	/* Without a target the spectrum stands and the ratio does not. */
	measured_must(&m, measured_open(&m, "spectrum-grid:spacing=any", &shape), "open");
	measured_must(&m, vt_measures_record(m.ctx, m.measures, &s), "record");
	double *ratio = measured_values(&m, "amplitude_ratio", N / 2 + 1), *flags = measured_values(&m, "flags", N / 2 + 1);
	assert_true(isnan(ratio[9]) && flags[9] == VT_NOT_COMPUTED);
	free(ratio);
	free(flags);
	measured_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planted_waves),
		cmocka_unit_test(cosine_grid),
		cmocka_unit_test(what_it_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
