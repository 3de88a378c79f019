/* The statistic `level`: which snapshots it takes, and that its rule keeps its promises in noise.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "venturi/rng.h"
#include "../src/verdict/judge.h"

extern const struct vt_statistic_kind vt_statistic_level;

/* What the option table fills. */
struct settings {
	double tail, from;
	int64_t step;
	bool last;
};

enum { STEPS = 20, SEEDS = 6 };

static void levels(const struct settings *s, size_t n_seeds, const double *value, double *out)
{
	struct vt_ctx *ctx = vt_ctx_create();
	double step[STEPS];
	for (size_t i = 0; i < STEPS; i++) step[i] = (double)(10 * i);
	const struct vt_sample in = { .n_seeds = n_seeds, .n_steps = STEPS, .step = step, .value = value };
	assert_int_equal(vt_statistic_level.values(ctx, s, &in, out), VT_OK);
	vt_ctx_free(ctx);
}

static void snapshots_that_count(void **state)
{
	static const struct settings end = { 0.1, 0, -1, false }, half = { 0.5, 1, -1, false }, at = { 0.1, 0, 57, false },
	                             last = { 0.1, 0, -1, true }, early = { 0.1, 0, 0, false };
	double value[2 * STEPS], out[2];
	(void)state;
	for (size_t i = 0; i < STEPS; i++) {
		value[i] = (double)i;
		value[STEPS + i] = i < 12 ? 2 * (double)i : (double)NAN;
	}
	levels(&end, 2, value, out);
	assert_true(out[0] == 18.5 && isnan(out[1]));
	levels(&half, 2, value, out);
	assert_true(out[0] == 13.5 && out[1] == 20); /* 10 .. 19 less 1; 20 and 22 less 1 */
	levels(&at, 2, value, out);
	assert_true(out[0] == 5 && out[1] == 10);
	levels(&last, 2, value, out);
	assert_true(out[0] == 19 && out[1] == 22);
	levels(&early, 2, value, out);
	assert_true(out[0] == 0 && out[1] == 0);
}

/* Noise of `sd` a snapshot and a seed about `mean`. */
static void plant(double mean, double sd, uint64_t seed, double *value)
{
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_NOISE, 0);
	for (size_t k = 0; k < SEEDS; k++) {
		double own = sd * vt_rng_normal(&r);
		for (size_t i = 0; i < STEPS; i++) value[k * STEPS + i] = mean + own + sd * vt_rng_normal(&r);
	}
}

static bool passes(size_t control, enum vt_expect expect, double sd)
{
	static const struct settings s = { 0.1, 3, -1, false };
	struct vt_hypothesis h = { .delta = 0.5, .expect = (int)expect };
	struct vt_ctx *ctx = vt_ctx_create();
	double step[STEPS], value[SEEDS * STEPS];
	bool passed = false;
	h.statistic.settings = (void *)&s;
	for (size_t i = 0; i < STEPS; i++) step[i] = (double)(10 * i);
	plant(7, sd, 1, value);
	const struct vt_sample in = { .n_seeds = SEEDS, .n_steps = STEPS, .step = step, .value = value };
	assert_int_equal(vt_statistic_level.control(ctx, &s, control, &in, &h, &passed), VT_OK);
	vt_ctx_free(ctx);
	return passed;
}

/* Whatever the noise, series at the bound are no finding; in little noise what lies well inside is found, in much
 * not. */
static void controls_tell(void **state)
{
	(void)state;
	for (int expect = VT_ABOVE; expect <= VT_OUTSIDE; expect++) {
		assert_true(passes(0, (enum vt_expect)expect, 0.01));
		assert_true(passes(0, (enum vt_expect)expect, 1));
		assert_true(passes(1, (enum vt_expect)expect, 0.01));
		assert_false(passes(1, (enum vt_expect)expect, 3));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(snapshots_that_count), cmocka_unit_test(controls_tell) };
	return cmocka_run_group_tests_name("statistic level", tests, NULL, NULL);
}
