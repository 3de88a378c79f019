/* The decision rule alone: intervals, outcomes, p, Holm.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "venturi/rng.h"
#include "../src/verdict/judge.h"

static void near(double x, double wanted, double tolerance)
{
	if (!(fabs(x - wanted) <= tolerance)) fail_msg("%.12g, wanted %.12g within %g", x, wanted, tolerance);
}

/* Student's own example (1908): extra sleep by drug 2 over drug 1, ten patients.  Mean 1.58,
 * 95 % interval [0.7001142, 2.4598858], p = 0.002833 of no difference. */
static const double sleep[10] = { 1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4 };

static void students_sleep(void **state)
{
	double mean, lo, hi, p;
	(void)state;
	assert_int_equal(vt_decide(VT_ABOVE, 10, sleep, 0, 0.95, &mean, &lo, &hi, &p), VT_SUPPORTED);
	near(mean, 1.58, 1e-12);
	near(lo, 0.7001142, 1e-7);
	near(hi, 2.4598858, 1e-7);
	near(p, 0.002833, 5e-7);
}

static enum vt_outcome outcome(enum vt_expect expect, double sign, double delta)
{
	double value[10], mean, lo, hi, p;
	for (size_t i = 0; i < 10; i++) value[i] = sign * sleep[i];
	return vt_decide(expect, 10, value, delta, 0.95, &mean, &lo, &hi, &p);
}

/* The interval of the sleep data is [0.70, 2.46]. */
static void every_expectation(void **state)
{
	(void)state;
	assert_int_equal(outcome(VT_ABOVE, 1, 0.6), VT_SUPPORTED);
	assert_int_equal(outcome(VT_ABOVE, 1, 1.0), VT_INCONCLUSIVE);
	assert_int_equal(outcome(VT_ABOVE, 1, 2.5), VT_REFUTED);
	assert_int_equal(outcome(VT_ABOVE, -1, 0.6), VT_REFUTED);
	assert_int_equal(outcome(VT_BELOW, -1, 0.6), VT_SUPPORTED);
	assert_int_equal(outcome(VT_BELOW, -1, 1.0), VT_INCONCLUSIVE);
	assert_int_equal(outcome(VT_BELOW, -1, 2.5), VT_REFUTED);
	assert_int_equal(outcome(VT_WITHIN, 1, 2.5), VT_SUPPORTED);
	assert_int_equal(outcome(VT_WITHIN, 1, 1.0), VT_INCONCLUSIVE);
	assert_int_equal(outcome(VT_WITHIN, -1, 0.6), VT_REFUTED);
	assert_int_equal(outcome(VT_OUTSIDE, -1, 0.6), VT_SUPPORTED);
	assert_int_equal(outcome(VT_OUTSIDE, -1, 1.0), VT_INCONCLUSIVE);
	assert_int_equal(outcome(VT_OUTSIDE, 1, 2.5), VT_REFUTED);
}

static void too_few_values(void **state)
{
	double mean, lo, hi, p;
	(void)state;
	assert_int_equal(vt_decide(VT_ABOVE, 0, sleep, 0, 0.95, &mean, &lo, &hi, &p), VT_INCONCLUSIVE);
	assert_true(isnan(mean) && isnan(p));
	assert_int_equal(vt_decide(VT_ABOVE, 1, sleep, 0, 0.95, &mean, &lo, &hi, &p), VT_INCONCLUSIVE);
	assert_true(mean == 1.2 && isnan(lo) && isnan(hi) && isnan(p));
}

/* A series that never moves is a result and not a division by 0. */
static void equal_values(void **state)
{
	const double zero[6] = { 0 };
	double mean, lo, hi, p;
	(void)state;
	assert_int_equal(vt_decide(VT_ABOVE, 6, zero, 0.5, 0.95, &mean, &lo, &hi, &p), VT_REFUTED);
	assert_true(lo == 0 && hi == 0 && p == 0);
	assert_int_equal(vt_decide(VT_WITHIN, 6, zero, 0.5, 0.95, &mean, &lo, &hi, &p), VT_SUPPORTED);
	assert_int_equal(vt_decide(VT_ABOVE, 6, zero, 0, 0.95, &mean, &lo, &hi, &p), VT_INCONCLUSIVE);
	assert_true(p == 1);
}

/* p < 1 - level exactly where there is an outcome: for random values, bounds and levels. */
static void p_agrees_with_the_interval(void **state)
{
	struct vt_rng r = vt_rng_stream(7, VT_PURPOSE_NOISE, 0);
	(void)state;
	for (int t = 0; t < 20000; t++) {
		double value[6], mean, lo, hi, p, level = 0.5 + 0.499 * vt_rng_uniform(&r);
		enum vt_expect expect = (enum vt_expect)vt_rng_below(&r, 4);
		double shift = 2 * vt_rng_normal(&r), delta = vt_rng_uniform(&r);
		for (int i = 0; i < 6; i++) value[i] = shift + vt_rng_normal(&r);
		enum vt_outcome o = vt_decide(expect, 6, value, delta, level, &mean, &lo, &hi, &p);
		if ((p < 1 - level) != (o != VT_INCONCLUSIVE))
			fail_msg("seed 7, case %d: p = %g at level %g, [%g, %g], delta %g, outcome %d", t, p, level, lo, hi, delta, o);
	}
}

/* On the bound itself an outcome is wrong in 5 % of the cases: 4000 cases, 4 standard errors. */
static void error_rate_on_the_bound(void **state)
{
	struct vt_rng r = vt_rng_stream(8, VT_PURPOSE_NOISE, 0);
	int wrong = 0;
	(void)state;
	for (int t = 0; t < 4000; t++) {
		double value[7], mean, lo, hi, p;
		for (int i = 0; i < 7; i++) value[i] = 0.5 + vt_rng_normal(&r);
		wrong += vt_decide(VT_ABOVE, 7, value, 0.5, 0.95, &mean, &lo, &hi, &p) != VT_INCONCLUSIVE;
	}
	near(wrong / 4000.0, 0.05, 4 * sqrt(0.05 * 0.95 / 4000));
}

/* R 4.2: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") is 0.03 0.06 0.06 0.02. */
static void holm(void **state)
{
	const double p[4] = { 0.01, 0.04, 0.03, 0.005 }, wanted[4] = { 0.03, 0.06, 0.06, 0.02 };
	/* Two are rejected, at alpha / 4 and alpha / 3; the third is not, and keeps the fourth. */
	const double level[4] = { 1 - 0.05 / 3, 1 - 0.05 / 2, 1 - 0.05 / 2, 1 - 0.05 / 4 };
	double adjusted[4], found[4];
	struct vt_ctx *ctx = vt_ctx_create();
	(void)state;
	assert_int_equal(vt_holm(ctx, 4, p, 0.05, adjusted, found), VT_OK);
	for (int i = 0; i < 4; i++) {
		near(adjusted[i], wanted[i], 1e-12);
		near(found[i], level[i], 1e-12);
	}
	assert_int_equal(vt_holm(ctx, 1, p, 0.05, adjusted, found), VT_OK);
	assert_true(adjusted[0] == 0.01);
	near(found[0], 0.95, 1e-12);
	assert_int_equal(vt_holm(ctx, 0, p, 0.05, adjusted, found), VT_OK);
	vt_ctx_free(ctx);
}

/* p < level's rest if and only if the adjusted p is below alpha: for random families. */
static void holm_levels_agree(void **state)
{
	struct vt_rng r = vt_rng_stream(9, VT_PURPOSE_NOISE, 0);
	struct vt_ctx *ctx = vt_ctx_create();
	(void)state;
	for (int t = 0; t < 5000; t++) {
		double p[8], adjusted[8], level[8];
		size_t n = 1 + vt_rng_below(&r, 8);
		for (size_t i = 0; i < n; i++) p[i] = pow(vt_rng_uniform(&r), 6);
		assert_int_equal(vt_holm(ctx, n, p, 0.05, adjusted, level), VT_OK);
		for (size_t i = 0; i < n; i++)
			if ((p[i] < 1 - level[i]) != (adjusted[i] < 0.05))
				fail_msg("seed 9, family %d: p %g, adjusted %g, level %g", t, p[i], adjusted[i], level[i]);
	}
	vt_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(students_sleep), cmocka_unit_test(every_expectation),
		cmocka_unit_test(too_few_values), cmocka_unit_test(equal_values),
		cmocka_unit_test(p_agrees_with_the_interval), cmocka_unit_test(error_rate_on_the_bound),
		cmocka_unit_test(holm), cmocka_unit_test(holm_levels_agree),
	};
	return cmocka_run_group_tests_name("verdict decide", tests, NULL, NULL);
}
