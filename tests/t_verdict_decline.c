/* The statistic `decline` on planted series: a flat one is not found, a fall is, at the
 * rates that the rule promises, for several shapes of noise and numbers of seeds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "venturi/rng.h"
#include "../src/verdict/judge.h"

extern const struct vt_statistic_kind vt_statistic_decline;

enum { STEPS = 100, MOST_SEEDS = 10, REPLICATES = 200 };
static const double delta = 0.5;

/* What the option table fills. */
struct settings {
	double tail;
	int64_t window;
	int peak; /* 0: all other seeds, 1: the other half */
};
static const struct settings defaults = { 0.1, 3, 0 }, single = { 0.1, 1, 0 }, halves = { 0.1, 3, 1 };

/* First-order autoregression with this memory, and a seed's own offset. */
struct shape {
	const char *name;
	double memory, offset;
	size_t seeds_from; /* the fewest seeds at which a fall must be found */
};

/* With a memory of 0.9 the ten snapshots of the tail count as one and a half: one seed's fall
 * then has 1.28 times the deviation of the noise, and six seeds find 60 % of the falls, near
 * what Student's t allows.  Nine find 80 %. */
static const struct shape shapes[] = {
	{ "white", 0, 0, 6 },
	{ "memory 0.5", 0.5, 0, 8 },
	{ "memory 0.9", 0.9, 0, 10 },
	{ "white, seed offsets", 0, 3, 6 },
};

/* Rises to `height` at 30 of 100 steps and is back at 0 at 70, as the layers' series do. */
static double bump(double height, size_t i)
{
	double x = ((double)i - 30) / 40;
	return i > 70 ? 0 : height * exp(-4 * x * x) * (i < 30 ? 1 : 1 - x * x);
}

static void plant(uint64_t replicate, const struct shape *s, double sd, double height, size_t n_seeds, double *value)
{
	struct vt_rng r = vt_rng_stream(41, VT_PURPOSE_NOISE, replicate);
	for (size_t k = 0; k < n_seeds; k++) {
		double x = vt_rng_normal(&r), offset = s->offset * vt_rng_normal(&r);
		for (size_t i = 0; i < STEPS; i++) {
			value[k * STEPS + i] = bump(height, i) + offset + sd * x;
			x = s->memory * x + sqrt(1 - s->memory * s->memory) * vt_rng_normal(&r);
		}
	}
}

static void decline_by(struct vt_ctx *ctx, const struct settings *settings, size_t n_seeds, size_t n_steps,
                       const double *value, double *out)
{
	double step[STEPS];
	for (size_t i = 0; i < n_steps; i++) step[i] = (double)(i * i);
	const struct vt_sample sample = { n_seeds, n_steps, step, value, NULL, 1, NULL, NULL };
	assert_int_equal(vt_statistic_decline.values(ctx, settings, &sample, out), VT_OK);
}

static void decline(struct vt_ctx *ctx, size_t n_seeds, size_t n_steps, const double *value, double *out)
{
	decline_by(ctx, &defaults, n_seeds, n_steps, value, out);
}

/* ---- values ------------------------------------------------------------------ */

static void a_fall_without_noise(void **state)
{
	double value[3 * STEPS], out[3];
	plant(0, &shapes[0], 0, 4, 3, value);
	decline(*state, 3, STEPS, value, out);
	/* The window of three takes the neighbours of the peak, 4 exp(-1/400) before it. */
	for (size_t k = 0; k < 3; k++) assert_true(fabs(out[k] - 4) < 0.01 && out[k] < 4);
	decline_by(*state, &single, 3, STEPS, value, out);
	for (size_t k = 0; k < 3; k++) assert_true(fabs(out[k] - 4) < 1e-12);
}

static void a_rise_is_negative(void **state)
{
	double value[2 * STEPS], out[2];
	for (size_t i = 0; i < 2 * STEPS; i++) value[i] = (double)(i % STEPS);
	decline(*state, 2, STEPS, value, out);
	/* Last three before the tail: 87 88 89, clipped at the tail: 88.5; tail mean 94.5. */
	assert_true(fabs(out[0] + 6) < 1e-12 && out[0] == out[1]);
}

/* The definition in plain loops: the step where the mean of all other seeds is highest, before the tail. */
static void values_by_definition(void **state)
{
	double value[7 * STEPS], out[7];
	plant(17, &shapes[1], 0.7, 2, 7, value);
	decline_by(*state, &single, 7, STEPS, value, out);
	for (size_t s = 0; s < 7; s++) {
		double best = -INFINITY, peak = 0, end = 0;
		for (size_t i = 0; i < 90; i++) {
			double sum = 0;
			for (size_t k = 0; k < 7; k++) sum += k == s ? 0 : value[k * STEPS + i];
			if (sum > best) peak = value[s * STEPS + i];
			best = fmax(best, sum);
		}
		for (size_t i = 90; i < STEPS; i++) end += value[s * STEPS + i] / 10;
		assert_true(fabs(out[s] - (peak - end)) < 1e-12);
	}
}

/* A jump of one seed where the others do not peak is not its peak. */
static void own_noise_is_no_peak(void **state)
{
	double value[4 * STEPS], out[4];
	plant(0, &shapes[0], 0, 4, 4, value);
	value[10] = 1000;
	decline(*state, 4, STEPS, value, out);
	assert_true(fabs(out[0] - 4) < 0.01);
}

static void missing_values(void **state)
{
	double value[3 * STEPS], out[3];
	plant(0, &shapes[0], 0, 4, 3, value);
	value[30] = value[STEPS + 95] = NAN;
	for (size_t i = 90; i < STEPS; i++) value[2 * STEPS + i] = NAN; /* no tail: no value */
	decline(*state, 3, STEPS, value, out);
	assert_true(fabs(out[0] - 4) < 0.02 && fabs(out[1] - 4) < 0.02 && isnan(out[2]));
}

static void too_little_to_tell(void **state)
{
	const double value[3] = { 3, 2, 1 };
	double out[3];
	decline(*state, 1, 3, value, out);
	assert_true(isnan(out[0]));
	decline(*state, 3, 1, value, out);
	assert_true(isnan(out[0]));
	decline(*state, 3, 0, value, out);
	assert_true(isnan(out[0]));
}

/* Flat noise: 0 on average within 4 standard errors, where the plain maximum gives 2.4. */
static void flat_noise_does_not_fall(void **state)
{
	double value[8 * STEPS], out[8], sum = 0, square = 0, highest = 0;
	for (uint64_t t = 0; t < REPLICATES; t++) {
		double mean = 0, most = -INFINITY;
		plant(t, &shapes[0], 1, 0, 8, value);
		decline(*state, 8, STEPS, value, out);
		for (size_t k = 0; k < 8; k++) mean += out[k] / 8;
		for (size_t i = 0; i < STEPS; i++) most = fmax(most, value[i]);
		sum += mean / REPLICATES;
		square += mean * mean / REPLICATES;
		highest += most / REPLICATES;
	}
	double se = sqrt((square - sum * sum) / REPLICATES);
	if (fabs(sum) > 4 * se) fail_msg("seed 41: flat noise declines by %g +- %g", sum, se);
	assert_true(highest > 2);
}

/* Without an effect and with delta = 0 the interval of `peak: half` misses 0 in about 6 % of the
 * cases (the seeds of a half share their step); steps taken from all other seeds make that 20 %. */
static void interval_is_honest(void **state)
{
	enum { CASES = 1000 };
	for (size_t n = 6; n <= MOST_SEEDS; n += 4) {
		double value[MOST_SEEDS * STEPS], out[MOST_SEEDS], mean, lo, hi, p;
		int missed = 0;
		for (uint64_t t = 0; t < CASES; t++) {
			plant(t, &shapes[0], 1, 0, n, value);
			decline_by(*state, &halves, n, STEPS, value, out);
			vt_decide(VT_ABOVE, n, out, 0, 0.95, &mean, &lo, &hi, &p);
			missed += lo > 0 || hi < 0;
		}
		if (missed > 100) fail_msg("seed 41, %zu seeds: the 95 %% interval misses 0 in %d of %d", n, missed, CASES);
	}
}

/* ---- rates ------------------------------------------------------------------- */

/* Share of the replicates that the rule calls supported. */
static double supported(struct vt_ctx *ctx, const struct shape *s, double height, size_t n_seeds)
{
	double value[MOST_SEEDS * STEPS], out[MOST_SEEDS], mean, lo, hi, p;
	size_t found = 0;
	for (uint64_t t = 0; t < REPLICATES; t++) {
		plant(t, s, delta / 1.5, height, n_seeds, value);
		decline(ctx, n_seeds, STEPS, value, out);
		found += vt_decide(VT_ABOVE, n_seeds, out, delta, 0.95, &mean, &lo, &hi, &p) == VT_SUPPORTED;
	}
	return (double)found / REPLICATES;
}

/* Noise sd = delta / 1.5: flat at most 5 % supported, a fall of 2 delta at least 80 %. */
static void rates(void **state)
{
	for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
		for (size_t n = 6; n <= MOST_SEEDS; n += 2) {
			double flat = supported(*state, &shapes[k], 0, n), fall = supported(*state, &shapes[k], 2 * delta, n);
			print_message("%-20s %2zu seeds: flat supported %5.3f, fall supported %5.3f\n", shapes[k].name, n, flat, fall);
			if (flat > 0.05) fail_msg("seed 41, %s, %zu seeds: flat supported in %g", shapes[k].name, n, flat);
			if (n >= shapes[k].seeds_from && fall < 0.8)
				fail_msg("seed 41, %s, %zu seeds: a fall of 2 delta supported in %g", shapes[k].name, n, fall);
		}
}

/* ---- controls ---------------------------------------------------------------- */

static bool passes_by(struct vt_ctx *ctx, struct settings settings, const char *name, enum vt_expect expect, double sd,
                      double height)
{
	double value[8 * STEPS], step[STEPS];
	bool passed = false;
	size_t which = 0;
	struct vt_hypothesis h = { .statistic = { &vt_statistic_decline.kind, &settings }, .delta = delta, .expect = expect };
	for (size_t i = 0; i < STEPS; i++) step[i] = (double)i;
	while (strcmp(vt_statistic_decline.controls[which], name) != 0) which++;
	plant(3, &shapes[3], sd, height, 8, value);
	const struct vt_sample sample = { 8, STEPS, step, value, NULL, 1, NULL, NULL };
	assert_int_equal(vt_statistic_decline.control(ctx, &settings, which, &sample, &h, &passed), VT_OK);
	return passed;
}

static bool passes(struct vt_ctx *ctx, const char *name, enum vt_expect expect, double sd, double height)
{
	return passes_by(ctx, defaults, name, expect, sd, height);
}

static void controls(void **state)
{
	for (int expect = VT_ABOVE; expect <= VT_OUTSIDE; expect++) {
		assert_true(passes(*state, "flat-null", (enum vt_expect)expect, delta / 1.5, 2 * delta));
		/* Noise far beyond delta: only steps from the other half keep the false alarms rare. */
		assert_true(passes_by(*state, halves, "flat-null", (enum vt_expect)expect, 20 * delta, 0));
		assert_true(passes(*state, "flat-null", (enum vt_expect)expect, 0, 0));
		assert_true(passes(*state, "planted-fall", (enum vt_expect)expect, delta / 1.5, 2 * delta));
		/* Noise in which nothing of this size could be found. */
		assert_false(passes(*state, "planted-fall", (enum vt_expect)expect, 10 * delta, 2 * delta));
	}
}

/* A statistic that counts a seed's own maximum, and is found out by the flat null. */
static enum vt_status own_maximum(struct vt_ctx *ctx, const void *settings, const struct vt_sample *in, double *out)
{
	(void)ctx;
	(void)settings;
	for (size_t k = 0; k < in->n_seeds; k++) {
		const double *x = in->value + k * in->n_steps;
		double most = -INFINITY, end = 0;
		for (size_t i = 0; i < in->n_steps; i++) most = fmax(most, x[i]);
		for (size_t i = in->n_steps - 10; i < in->n_steps; i++) end += x[i] / 10;
		out[k] = most - end;
	}
	return VT_OK;
}

static void flat_null_can_fail(void **state)
{
	double value[8 * STEPS], step[STEPS] = { 0 }, flat[STEPS] = { 0 };
	struct vt_noise noise;
	struct vt_hypothesis h = { .delta = delta, .expect = VT_ABOVE };
	const struct vt_sample sample = { 8, STEPS, step, value, NULL, 1, NULL, NULL };
	size_t count;
	plant(3, &shapes[0], delta / 1.5, 2 * delta, 8, value);
	assert_int_equal(vt_noise_estimate(*state, &sample, &noise), VT_OK);
	assert_int_equal(vt_planted_count(*state, own_maximum, &h, &sample, flat, &noise, VT_SUPPORTED, &count), VT_OK);
	assert_true(vt_exceeds(count, 0.05));
}

/* Robust: within 10 % on 800 values, and a seed that jumps for a while does not change that. */
static void noise_is_estimated(void **state)
{
	double value[8 * STEPS], step[STEPS] = { 0 };
	const struct vt_sample sample = { 8, STEPS, step, value, NULL, 1, NULL, NULL };
	struct vt_noise noise;
	plant(5, &shapes[3], 0.4, 3, 8, value);
	for (size_t i = 40; i < 50; i++) value[i] += 100;
	assert_int_equal(vt_noise_estimate(*state, &sample, &noise), VT_OK);
	if (fabs(noise.white - 0.4) > 0.04 || noise.offset < 1 || noise.offset > 20)
		fail_msg("seed 41: white %g, wanted 0.4; offset %g, wanted about 3", noise.white, noise.offset);
}

static void chance(void **state)
{
	(void)state;
	assert_false(vt_exceeds(10, 0.05)); /* 10 of 200 expected */
	assert_false(vt_exceeds(17, 0.05)); /* P(17 or more) = 0.024 */
	assert_true(vt_exceeds(19, 0.05));  /* P(19 or more) = 0.0061 */
	assert_false(vt_exceeds(0, 0));
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
		cmocka_unit_test(a_fall_without_noise), cmocka_unit_test(a_rise_is_negative), cmocka_unit_test(values_by_definition),
		cmocka_unit_test(own_noise_is_no_peak), cmocka_unit_test(missing_values),
		cmocka_unit_test(too_little_to_tell), cmocka_unit_test(flat_noise_does_not_fall),
		cmocka_unit_test(interval_is_honest), cmocka_unit_test(rates), cmocka_unit_test(controls),
		cmocka_unit_test(flat_null_can_fail),
		cmocka_unit_test(noise_is_estimated), cmocka_unit_test(chance),
	};
	return cmocka_run_group_tests_name("verdict decline", tests, setup, teardown);
}
