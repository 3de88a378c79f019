/* Onsets, and the statistics `onset` and `sharp`, on planted series: crossings by hand, steps found where they were
 * planted, and the rates at which a line is called sharp and a step is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "venturi/onset.h"
#include "venturi/rng.h"
#include "../src/verdict/judge.h"

extern const struct vt_statistic_kind vt_statistic_onset, vt_statistic_sharp;

enum { STEPS = 60, SEEDS = 6, REPLICATES = 60 };

struct onset_settings {
	struct vt_onset_rule rule;
	int scale;
};
struct sharp_settings {
	char *along;
	double steeper, tail;
	int value; /* 0 gain, 1 exponent, 2 width */
};

static void near(const char *what, double found, double wanted, double within)
{
	if (!(fabs(found - wanted) <= within)) fail_msg("%s: found %.15g, wanted %.15g +- %g", what, found, wanted, within);
}

static struct vt_onset onset(struct vt_ctx *ctx, struct vt_onset_rule rule, size_t n, const double *step,
                             const double *value)
{
	struct vt_onset o = { 0 };
	assert_int_equal(vt_onset_find(ctx, &rule, n, step, value, &o), VT_OK);
	return o;
}

/* ---- crossings -------------------------------------------------------------------- */

static void crossings_by_hand(void **state)
{
	const double step[8] = { 0, 1, 2, 4, 8, 16, 32, 64 }, value[8] = { 0, 0.2, 0.9, 0.3, NAN, 0.8, 0.7, 0.85 };
	struct vt_onset o = onset(*state, (struct vt_onset_rule){ VT_ONSET_LEVEL, VT_ONSET_UP, 0.8, 0 }, 8, step, value);
	assert_true(o.reached && o.step == 2 && o.lo == 1 && o.hi == 2); /* a first touch */
	o = onset(*state, (struct vt_onset_rule){ VT_ONSET_LEVEL, VT_ONSET_UP, 0.8, 0.6 }, 8, step, value);
	assert_true(o.step == 2); /* 3 of 5: two of the last three and itself */
	o = onset(*state, (struct vt_onset_rule){ VT_ONSET_LEVEL, VT_ONSET_UP, 0.8, 0.66 }, 8, step, value);
	assert_true(o.step == 16 && o.lo == 4); /* 2 of 3; the gap at 8 is passed over */
	o = onset(*state, (struct vt_onset_rule){ VT_ONSET_LEVEL, VT_ONSET_UP, 0.8, 1 }, 8, step, value);
	assert_true(o.step == 64 && o.lo == 32);
	o = onset(*state, (struct vt_onset_rule){ VT_ONSET_LEVEL, VT_ONSET_UP, 0.95, 1 }, 8, step, value);
	assert_true(!o.reached && o.step == 64 && isinf(o.hi) && vt_onset_bound(&o));
	o = onset(*state, (struct vt_onset_rule){ VT_ONSET_LEVEL, VT_ONSET_DOWN, 0.1, 0 }, 8, step, value);
	assert_true(o.reached && o.step == 0 && isinf(o.lo) && vt_onset_bound(&o));
	o = onset(*state, (struct vt_onset_rule){ VT_ONSET_LEVEL, VT_ONSET_UP, 0.1, 0 }, 1, step, (const double[]){ NAN });
	assert_true(isnan(o.step) && !vt_onset_bound(&o));
}

/* A logistic of height 1 in log10 step at 2.3, width 0.15, and noise. */
static void plant(uint64_t replicate, double height, double noise, double *step, double *value)
{
	struct vt_rng r = vt_rng_stream(43, VT_PURPOSE_NOISE, replicate);
	for (size_t i = 0; i < STEPS; i++) {
		step[i] = i == 0 ? 0 : pow(10, 4 * (double)i / (STEPS - 1));
		double x = i == 0 ? -10 : log10(step[i]);
		value[i] = 0.2 + height / (1 + exp(-(x - 2.3) / 0.15)) + noise * vt_rng_normal(&r);
	}
}

/* Half of 0.2 .. 1.2 is passed at 10^2.3 = 199.5, between the snapshots 184.8 and 216. */
static void half_way(void **state)
{
	double step[STEPS], value[STEPS];
	const struct vt_onset_rule rule = { VT_ONSET_HALF, VT_ONSET_EITHER, 0, 0.9 };
	plant(0, 1, 0, step, value);
	struct vt_onset o = onset(*state, rule, STEPS, step, value);
	assert_true(o.reached && o.lo < 199.5 && o.step > 199.5 && log10(o.step / o.lo) < 0.07);
	plant(0, -1, 0.02, step, value);
	o = onset(*state, rule, STEPS, step, value);
	near("half-way down", log10(o.step), 2.3, 0.07);
	assert_false(onset(*state, (struct vt_onset_rule){ VT_ONSET_HALF, VT_ONSET_UP, 0, 0.9 }, STEPS, step, value).reached);
}

/* The fit finds the step within its interval in 95 % of the cases, and none where there is none. */
static void change_points(void **state)
{
	double step[STEPS], value[STEPS];
	const struct vt_onset_rule rule = { VT_ONSET_CHANGE, VT_ONSET_EITHER, 0, 0.9 };
	int covered = 0, false_alarms = 0;
	for (uint64_t t = 0; t < 200; t++) {
		plant(t, t % 2 ? 1 : -1, 0.1, step, value);
		struct vt_onset o = onset(*state, rule, STEPS, step, value);
		if (!o.reached || fabs(log10(o.step) - 2.3) > 0.12) fail_msg("seed 43, %d: change at %g", (int)t, o.step);
		covered += log10(o.lo) <= 2.3 && log10(o.hi) >= 2.3;
		plant(t, 0, 0.1, step, value);
		false_alarms += onset(*state, rule, STEPS, step, value).reached;
	}
	print_message("change: %d of 200 intervals cover the step; %d of 200 flat series have one\n", covered, false_alarms);
	assert_true(covered >= 178 && covered < 200); /* 190 expected, 4 standard deviations */
	assert_true(false_alarms <= 10);
}

/* Rounding aside, the parameters come back. */
static void a_step_without_noise(void **state)
{
	double x[40], y[40];
	struct vt_step_fit f;
	for (size_t i = 0; i < 40; i++) {
		x[i] = 0.1 * (double)i;
		y[i] = 3 - 0.6 * x[i] - 2 / (1 + exp(-(x[i] - 1.73) / 0.13));
	}
	assert_int_equal(vt_step_fit(*state, 40, x, y, true, &f), VT_OK);
	near("centre", f.centre, 1.73, 1e-3);
	near("width", f.width, 0.13, 2e-3);
	near("height", f.height, -2, 1e-2);
	near("slope", f.slope, -0.6, 1e-2);
	near("base", f.base, 3, 1e-2);
	near("steepest", f.steepest, 0.6 + 2 / 0.13 / 4, 0.05);
	assert_true(f.gain > 100 && f.lo <= 1.73 + 1e-3 && f.hi >= 1.73 - 1e-3);
	assert_int_equal(vt_step_fit(*state, 7, x, y, true, &f), VT_EDOMAIN);
	for (size_t i = 0; i < 40; i++) x[i] = 1;
	assert_int_equal(vt_step_fit(*state, 40, x, y, true, &f), VT_EDOMAIN);
}

/* ---- the statistic onset ------------------------------------------------------------ */

static void values_and_bounds(void **state)
{
	double step[STEPS], value[3 * STEPS], out[3];
	bool bound[3];
	const struct onset_settings s = { { VT_ONSET_LEVEL, VT_ONSET_UP, 0.7, 0.9 }, 0 };
	for (uint64_t k = 0; k < 3; k++) plant(k, k == 2 ? 0 : 1, 0, step, value + k * STEPS);
	value[0] = 1;
	for (size_t i = 1; i < STEPS; i++) value[i] = 1; /* seed 0: there at step 0, which has no logarithm */
	const struct vt_sample sample = { 3, STEPS, step, value, NULL, 1, NULL, NULL };
	assert_int_equal(vt_statistic_onset.values(*state, &s, &sample, out), VT_OK);
	assert_int_equal(vt_statistic_onset.bounds(*state, &s, &sample, bound), VT_OK);
	assert_true(isnan(out[0]) && bound[0] && !bound[1] && bound[2]);
	near("onset", out[1], 2.3, 0.07);
	near("never", out[2], 4, 1e-12);
}

static bool flat_null(struct vt_ctx *ctx, struct vt_onset_rule rule, double noise)
{
	double step[STEPS], value[SEEDS * STEPS];
	struct onset_settings s = { rule, 0 };
	const struct vt_hypothesis h = { .statistic = { &vt_statistic_onset.kind, &s }, .expect = VT_ABOVE, .delta = 1 };
	bool passed = false;
	for (uint64_t k = 0; k < SEEDS; k++) plant(k, 1, noise, step, value + k * STEPS);
	const struct vt_sample sample = { SEEDS, STEPS, step, value, NULL, 1, NULL, NULL };
	assert_int_equal(vt_statistic_onset.control(ctx, &s, 0, &sample, &h, &passed), VT_OK);
	return passed;
}

static void onset_control(void **state)
{
	assert_true(flat_null(*state, (struct vt_onset_rule){ VT_ONSET_LEVEL, VT_ONSET_UP, 0.7, 0.9 }, 0.05));
	assert_true(flat_null(*state, (struct vt_onset_rule){ VT_ONSET_HALF, VT_ONSET_EITHER, 0, 0.9 }, 0.05));
	assert_true(flat_null(*state, (struct vt_onset_rule){ VT_ONSET_CHANGE, VT_ONSET_EITHER, 0, 0.9 }, 0.05));
	/* A level that noise touches, and a first touch will do. */
	assert_false(flat_null(*state, (struct vt_onset_rule){ VT_ONSET_LEVEL, VT_ONSET_UP, 0.25, 0 }, 0.05));
}

/* ---- sharp ------------------------------------------------------------------------------ */

/* ln y over two decades of x: a power law of exponent 0.6, and a step down by `height` within `width` (in ln x). */
static void plant_law(struct vt_rng *r, size_t n, double height, double width, double *x, double *y)
{
	for (size_t i = 0; i < n; i++) {
		x[i] = 3 * pow(100, (double)i / (double)(n - 1));
		double u = log(x[i]), middle = log(30);
		y[i] = exp(1 - 0.6 * u - height / (1 + exp(-(u - middle) / width)) + 0.15 * vt_rng_normal(r));
	}
}

/* Share of REPLICATES that the rule calls sharp: gain above 10 over the seeds. */
static double called_sharp(struct vt_ctx *ctx, size_t n_seeds, double height, double width)
{
	const struct sharp_settings s = { NULL, 3, 0.1, 0 };
	const struct vt_hypothesis h = { .expect = VT_ABOVE, .delta = 10 };
	size_t found = 0;
	for (uint64_t t = 0; t < REPLICATES; t++) {
		struct vt_rng r = vt_rng_stream(44, VT_PURPOSE_NOISE, t);
		double x[STEPS], y[SEEDS * STEPS], out[SEEDS];
		for (size_t k = 0; k < n_seeds; k++) plant_law(&r, STEPS, height, width, x, y + k * STEPS);
		const struct vt_sample sample = { n_seeds, STEPS, x, y, NULL, 1, NULL, NULL };
		assert_int_equal(vt_statistic_sharp.values(ctx, &s, &sample, out), VT_OK);
		found += vt_outcome_of(&h, n_seeds, out) == VT_SUPPORTED;
	}
	return (double)found / REPLICATES;
}

/* A power law never, a step by e^3 within a tenth of a decade always (with two seeds in most cases: an interval with
 * one degree of freedom is wide), a mild one (a factor e over 0.3 decades: an exponent of 1.4) hardly ever. */
static void sharp_rates(void **state)
{
	for (size_t n = 2; n <= SEEDS; n += 4) {
		double line = called_sharp(*state, n, 0, 1), step = called_sharp(*state, n, 3, log(10) / 40);
		double mild = called_sharp(*state, n, 1, 0.3 * log(10) / 2);
		print_message("sharp, %zu seeds: line %.3f, step %.3f, mild step %.3f\n", n, line, step, mild);
		assert_true(line == 0 && step >= (n == 2 ? 0.8 : 1) && mild <= 0.05);
	}
}

/* The same rule on the pooled points of 8 sizes and 2 or 6 seeds, each with an offset of 0.05: the fit alone. */
static void pooled_rates(void **state)
{
	for (size_t n = 2; n <= SEEDS; n += 4) {
		size_t sharp[2] = { 0, 0 };
		for (uint64_t t = 0; t < 2 * REPLICATES; t++) {
			struct vt_rng r = vt_rng_stream(45, VT_PURPOSE_NOISE, t);
			double x[8 * SEEDS], y[8 * SEEDS];
			struct vt_step_fit f;
			for (size_t k = 0; k < n; k++) {
				double offset = 0.05 * vt_rng_normal(&r);
				plant_law(&r, 8, t % 2 ? 3 : 0, 0.1, x + 8 * k, y + 8 * k);
				for (size_t i = 8 * k; i < 8 * k + 8; i++) x[i] = log(x[i]), y[i] = log(y[i]) + offset;
			}
			assert_int_equal(vt_step_fit(*state, 8 * n, x, y, true, &f), VT_OK);
			sharp[t % 2] += f.gain > 10 && f.steepest > 3;
		}
		print_message("pooled, 8 sizes, %zu seeds: line %zu, step %zu of %d\n", n, sharp[0], sharp[1], REPLICATES);
		assert_true(sharp[0] == 0 && sharp[1] == REPLICATES);
	}
}

/* Along a dimension: the end of the series at each place, against its coordinate. */
static void sharp_along(void **state)
{
	static char frequency[] = "frequency";
	enum { PLACES = 40 };
	double place[PLACES], end[PLACES], value[PLACES * 10], step[10], out[1];
	const struct sharp_settings s = { frequency, 3, 0.1, 1 };
	struct vt_rng r = vt_rng_stream(46, VT_PURPOSE_NOISE, 0);
	plant_law(&r, PLACES, 3, 0.1, place, end);
	for (size_t i = 0; i < 10; i++) step[i] = (double)i;
	for (size_t i = 0; i < PLACES * 10; i++) value[i] = i % 10 == 9 ? end[i / 10] : 1;
	const struct vt_sample sample = { 1, 10, step, value, NULL, PLACES, place, NULL };
	assert_int_equal(vt_statistic_sharp.values(*state, &s, &sample, out), VT_OK);
	near("exponent", out[0], 0.6 + 3 / 0.1 / 4, 3);
}

static bool sharp_passes(struct vt_ctx *ctx, size_t which, double memory)
{
	double x[STEPS], y[SEEDS * STEPS];
	struct sharp_settings s = { NULL, 3, 0.1, 0 };
	const struct vt_hypothesis h = { .statistic = { &vt_statistic_sharp.kind, &s }, .expect = VT_ABOVE, .delta = 10 };
	struct vt_rng r = vt_rng_stream(47, VT_PURPOSE_NOISE, 0);
	bool passed = false;
	for (size_t k = 0; k < SEEDS; k++) {
		plant_law(&r, STEPS, 3, 0.1, x, y + k * STEPS);
		for (size_t i = 0; i < STEPS; i++) y[k * STEPS + i] *= exp(memory * vt_rng_normal(&r));
	}
	const struct vt_sample sample = { SEEDS, STEPS, x, y, NULL, 1, NULL, NULL };
	assert_int_equal(vt_statistic_sharp.control(ctx, &s, which, &sample, &h, &passed), VT_OK);
	return passed;
}

static void sharp_controls(void **state)
{
	assert_true(sharp_passes(*state, 0, 0));
	assert_true(sharp_passes(*state, 1, 0));
	assert_true(sharp_passes(*state, 0, 3));
	assert_false(sharp_passes(*state, 1, 3)); /* noise of a factor e^3 hides a step of that size */
}

static void nothing_to_fit(void **state)
{
	double x[STEPS], y[STEPS], out[1];
	const struct sharp_settings s = { NULL, 3, 0.1, 0 };
	for (size_t i = 0; i < STEPS; i++) x[i] = (double)i, y[i] = i < 7 ? 1 : -1;
	const struct vt_sample sample = { 1, STEPS, x, y, NULL, 1, NULL, NULL };
	assert_int_equal(vt_statistic_sharp.values(*state, &s, &sample, out), VT_OK);
	assert_true(isnan(out[0]));
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crossings_by_hand), cmocka_unit_test(half_way), cmocka_unit_test(change_points),
		cmocka_unit_test(a_step_without_noise), cmocka_unit_test(values_and_bounds), cmocka_unit_test(onset_control),
		cmocka_unit_test(sharp_rates), cmocka_unit_test(pooled_rates), cmocka_unit_test(sharp_along),
		cmocka_unit_test(sharp_controls), cmocka_unit_test(nothing_to_fit),
	};
	return cmocka_run_group_tests_name("verdict onset", tests, setup, teardown);
}
