/* The statistics that compare, `lag` and `contrast`, on planted pairs: what is planted is found, and between
 * independent runs, or arms without a difference, nothing is beyond 5 %.
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

extern const struct vt_statistic_kind vt_statistic_lag, vt_statistic_contrast;

enum { STEPS = 100, SEEDS = 8, REPLICATES = 200 };

struct lag_settings {
	char *against;
	struct vt_pairs at_against;
	int by;
	double level, level_against, stay;
	int way, way_against, scale;
};
static char other_series[] = "train/accuracy_train";
static const struct lag_settings half = { other_series, { 0 }, VT_ONSET_HALF, 0, 0, 0.9, VT_ONSET_EITHER,
	                                  VT_ONSET_EITHER, 0 };

struct contrast_settings {
	struct vt_pairs versus;
	int of;
	double tail;
	struct vt_onset_rule rule;
	int scale;
};
static const struct contrast_settings end = { { 0 }, 0, 0.1, { VT_ONSET_LEVEL, VT_ONSET_UP, 0.5, 0.9 }, 0 };

/* Two samples with the same seeds. */
struct pair {
	double step[STEPS], value[2][SEEDS * STEPS];
	struct vt_sample first, second;
};

static void connect(struct pair *p, size_t n_seeds)
{
	p->second = (struct vt_sample){ n_seeds, STEPS, p->step, p->value[1], NULL, 1, NULL, NULL };
	p->first = p->second;
	p->first.value = p->value[0];
	p->first.other = &p->second;
}

/* Sigmoids in log step around at[side][seed] (decades), the first rising and the second falling, with noise. */
static void fill(struct pair *p, struct vt_rng *r, size_t n_seeds, double at[2][SEEDS])
{
	connect(p, n_seeds);
	for (size_t i = 0; i < STEPS; i++) p->step[i] = i == 0 ? 0 : pow(10, 5 * (double)i / (STEPS - 1));
	for (int side = 0; side < 2; side++)
		for (size_t k = 0; k < n_seeds; k++)
			for (size_t i = 0; i < STEPS; i++) {
				double x = i == 0 ? -20 : log10(p->step[i]), s = 1 / (1 + exp(-(x - at[side][k]) / 0.1));
				p->value[side][k * STEPS + i] = (side ? 2 - 1.5 * s : s) + 0.03 * vt_rng_normal(r);
			}
}

/* Onsets of the first with sd 0.3 decades; of the second at a fixed lag from it, or on a clock of its own. */
static void plant(struct pair *p, uint64_t replicate, size_t n_seeds, double lag, bool independent)
{
	double at[2][SEEDS];
	struct vt_rng r = vt_rng_stream(48, VT_PURPOSE_NOISE, replicate);
	for (size_t k = 0; k < n_seeds; k++) {
		at[0][k] = 2.5 + 0.3 * vt_rng_normal(&r);
		at[1][k] = lag + (independent ? 2.5 + 0.3 * vt_rng_normal(&r) : at[0][k] + 0.05 * vt_rng_normal(&r));
	}
	fill(p, &r, n_seeds, at);
}

static void near(const char *what, double found, double wanted, double within)
{
	if (!(fabs(found - wanted) <= within)) fail_msg("%s: found %.15g, wanted %.15g +- %g", what, found, wanted, within);
}

static bool control(struct vt_ctx *ctx, const struct vt_statistic_kind *kind, const void *settings, size_t which,
                    const struct pair *p, enum vt_expect expect, double delta)
{
	const struct vt_hypothesis h = { .statistic = { &kind->kind, (void *)settings }, .expect = expect, .delta = delta };
	bool passed = false;
	assert_int_equal(kind->control(ctx, settings, which, &p->first, &h, &passed), VT_OK);
	return passed;
}

static enum vt_outcome outcome(struct vt_ctx *ctx, const struct vt_statistic_kind *kind, const void *settings,
                               const struct pair *p, enum vt_expect expect, double delta)
{
	const struct vt_hypothesis h = { .expect = expect, .delta = delta };
	double out[SEEDS];
	assert_int_equal(kind->values(ctx, settings, &p->first, out), VT_OK);
	return vt_outcome_of(&h, p->first.n_seeds, out);
}

/* ---- lag --------------------------------------------------------------------------- */

static void lag_of_shifted_series(void **state)
{
	double at[2][SEEDS] = { { 2, 2, 3 }, { 2.5, 1.5, 3 } }, out[3];
	struct vt_rng r = vt_rng_stream(48, VT_PURPOSE_NOISE, 0);
	struct pair p;
	struct lag_settings steps = half;
	fill(&p, &r, 3, at);
	assert_int_equal(vt_statistic_lag.values(*state, &half, &p.first, out), VT_OK);
	near("later", out[0], 0.5, 0.11);
	near("earlier", out[1], -0.5, 0.11);
	near("together", out[2], 0, 0.11);
	steps.scale = 1;
	steps.by = VT_ONSET_CHANGE;
	assert_int_equal(vt_statistic_lag.values(*state, &steps, &p.first, out), VT_OK);
	near("in steps", out[0], pow(10, 2.5) - 100, 25);
}

/* Never: the last step is a bound.  Neither: no value. */
static void lag_that_did_not_end(void **state)
{
	double at[2][SEEDS] = { { 2, 2, 9, 9 }, { 2.5, 9, 2, 9 } }, out[4];
	bool bound[4];
	struct vt_rng r = vt_rng_stream(48, VT_PURPOSE_NOISE, 0);
	struct pair p;
	fill(&p, &r, 4, at);
	assert_int_equal(vt_statistic_lag.values(*state, &half, &p.first, out), VT_OK);
	assert_int_equal(vt_statistic_lag.bounds(*state, &half, &p.first, bound), VT_OK);
	assert_true(!bound[0] && bound[1] && bound[2] && bound[3] && isnan(out[3]));
	near("lower bound", out[1], 3, 0.06);
	near("upper bound", out[2], -3, 0.06);
}

/* How often a lag is found in `expect`: plainly, and with both controls. */
static void lag_rates(struct vt_ctx *ctx, size_t n_seeds, double lag, bool independent, size_t *plain, size_t *checked)
{
	*plain = *checked = 0;
	for (uint64_t t = 0; t < REPLICATES; t++) {
		struct pair p;
		plant(&p, t, n_seeds, lag, independent);
		bool found = outcome(ctx, &vt_statistic_lag, &half, &p, VT_ABOVE, lag / 2) == VT_SUPPORTED;
		*plain += found;
		*checked += found && control(ctx, &vt_statistic_lag, &half, 0, &p, VT_ABOVE, lag / 2);
	}
}

static void lags_found(void **state)
{
	for (size_t n = 6; n <= SEEDS; n += 2) {
		size_t plain, checked, clocks, unpaired, none, chance;
		lag_rates(*state, n, 0.5, false, &plain, &checked);
		lag_rates(*state, n, 1, true, &clocks, &unpaired);
		lag_rates(*state, n, 0, true, &none, &chance);
		print_message("lag, %zu seeds: planted %zu, with shuffled-pairs %zu; two clocks %zu, with it %zu; none %zu, %zu\n",
		              n, plain, checked, clocks, unpaired, none, chance);
		assert_true(plain == REPLICATES && checked >= 0.95 * REPLICATES);
		assert_true(clocks > REPLICATES / 2 && !vt_exceeds(unpaired, 0.05));
		assert_true(!vt_exceeds(none, 0.05) && chance <= none);
	}
}

/* A planted lag of 2 delta is found where the lags spread little, not where they spread widely. */
static void planted_lag(void **state)
{
	struct pair p;
	for (int expect = VT_ABOVE; expect <= VT_OUTSIDE; expect++) {
		plant(&p, 1, SEEDS, 0.5, false);
		assert_true(control(*state, &vt_statistic_lag, &half, 1, &p, (enum vt_expect)expect, 0.25));
		plant(&p, 1, SEEDS, 0.5, true);
		assert_false(control(*state, &vt_statistic_lag, &half, 1, &p, (enum vt_expect)expect, 0.1));
	}
}

/* ---- contrast ------------------------------------------------------------------------- */

/* Flat series: seed offsets of 1 that the arms share, a difference with 0.05, noise of 0.1. */
static void plant_arms(struct pair *p, uint64_t replicate, size_t n_seeds, double difference)
{
	struct vt_rng r = vt_rng_stream(49, VT_PURPOSE_NOISE, replicate);
	connect(p, n_seeds);
	for (size_t k = 0; k < n_seeds; k++) {
		double offset = vt_rng_normal(&r), own = difference + 0.05 * vt_rng_normal(&r);
		for (size_t i = 0; i < STEPS; i++) {
			p->step[i] = (double)i;
			p->value[0][k * STEPS + i] = offset + own + 0.1 * vt_rng_normal(&r);
			p->value[1][k * STEPS + i] = offset + 0.1 * vt_rng_normal(&r);
		}
	}
}

static void contrasts_by_hand(void **state)
{
	struct pair p;
	struct contrast_settings s = end;
	double out[2];
	bool bound[2];
	connect(&p, 2);
	for (size_t i = 0; i < STEPS; i++) {
		p.step[i] = (double)(i + 1);
		for (int side = 0; side < 2; side++) {
			p.value[side][i] = i >= (side ? 9 : 99) ? 1 + side : 0; /* seed 0: onsets 100 and 10, peaks 1 and 2 */
			p.value[side][STEPS + i] = side ? 0 : (double)i / 10; /* seed 1: the second never */
		}
	}
	assert_int_equal(vt_statistic_contrast.values(*state, &s, &p.first, out), VT_OK);
	near("end", out[0], 0.1 - 2, 1e-12);
	near("end", out[1], 9.45, 1e-12);
	s.of = 1;
	assert_int_equal(vt_statistic_contrast.values(*state, &s, &p.first, out), VT_OK);
	near("peak", out[0], -1, 1e-12);
	s.of = 2;
	assert_int_equal(vt_statistic_contrast.values(*state, &s, &p.first, out), VT_OK);
	assert_int_equal(vt_statistic_contrast.bounds(*state, &s, &p.first, bound), VT_OK);
	near("onset", out[0], 1, 1e-12);
	near("onset", out[1], log10(6) - 2, 1e-12);
	assert_true(!bound[0] && bound[1]);
}

/* delta 0 and no difference: supported in at most 5 %; 0.4 against delta 0.2: in most cases, with its controls. */
static void contrast_rates(void **state)
{
	for (size_t n = 6; n <= SEEDS; n += 2) {
		size_t null = 0, found = 0, checked = 0;
		for (uint64_t t = 0; t < REPLICATES; t++) {
			struct pair p;
			plant_arms(&p, t, n, 0);
			null += outcome(*state, &vt_statistic_contrast, &end, &p, VT_OUTSIDE, 0) == VT_SUPPORTED;
			plant_arms(&p, t, n, 0.4);
			found += outcome(*state, &vt_statistic_contrast, &end, &p, VT_ABOVE, 0.2) == VT_SUPPORTED;
			checked += control(*state, &vt_statistic_contrast, &end, 0, &p, VT_ABOVE, 0.2) &&
			           control(*state, &vt_statistic_contrast, &end, 1, &p, VT_ABOVE, 0.2);
		}
		print_message("contrast, %zu seeds: null %zu, planted %zu, with controls %zu\n", n, null, found, checked);
		assert_true(!vt_exceeds(null, 0.05) && found >= 0.95 * REPLICATES && checked >= 0.9 * REPLICATES);
	}
}

/* 2 / 2^5 and 2 / 2^6: five seeds can decide nothing, six that agree can. */
static void sign_flips(void **state)
{
	struct pair p;
	plant_arms(&p, 0, 5, 5);
	assert_false(control(*state, &vt_statistic_contrast, &end, 0, &p, VT_ABOVE, 0.2));
	plant_arms(&p, 0, 6, 5);
	assert_true(control(*state, &vt_statistic_contrast, &end, 0, &p, VT_ABOVE, 0.2));
	assert_true(control(*state, &vt_statistic_contrast, &end, 0, &p, VT_OUTSIDE, 0.2));
	for (size_t i = 0; i < STEPS; i++) p.value[0][i] -= 10; /* one of six the other way */
	assert_false(control(*state, &vt_statistic_contrast, &end, 0, &p, VT_ABOVE, 0.2));
	plant_arms(&p, 0, 6, 0);
	assert_true(control(*state, &vt_statistic_contrast, &end, 0, &p, VT_WITHIN, 5));
	assert_true(control(*state, &vt_statistic_contrast, &end, 0, &p, VT_BELOW, 5)); /* decided: refuted */
	assert_true(control(*state, &vt_statistic_contrast, &end, 1, &p, VT_WITHIN, 5));
	assert_false(control(*state, &vt_statistic_contrast, &end, 1, &p, VT_ABOVE, 0.01));
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
		cmocka_unit_test(lag_of_shifted_series), cmocka_unit_test(lag_that_did_not_end), cmocka_unit_test(lags_found),
		cmocka_unit_test(planted_lag), cmocka_unit_test(contrasts_by_hand), cmocka_unit_test(contrast_rates),
		cmocka_unit_test(sign_flips),
	};
	return cmocka_run_group_tests_name("verdict lag", tests, setup, teardown);
}
