/* The statistic `order` on planted series over (step, frequency): the order of the steps, ties and places that never
 * get there, and how often an order is found where there is one and where there is none.
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

extern const struct vt_statistic_kind vt_statistic_order;

enum { STEPS = 80, PLACES = 10, SEEDS = 6, CELLS = SEEDS * PLACES * STEPS, REPLICATES = 200 };

/* What the option table fills. */
struct settings {
	char *along;
	double level;
	int way;
	double stay;
	int value;
};
static char frequency[] = "frequency";
static const struct settings correlation = { frequency, 0.8, 0, 1, 0 }, slope = { frequency, 0.8, 0, 1, 1 };

struct planted {
	double step[STEPS], place[PLACES], value[CELLS];
};

static struct vt_sample sample_of(const struct planted *p, size_t n_seeds)
{
	return (struct vt_sample){ n_seeds, STEPS, p->step, p->value, NULL, PLACES, p->place, NULL };
}

/* Amplitudes that pass 0.8 at step at[seed * PLACES + place]. */
static void fill(struct planted *p, size_t n_seeds, const double *at)
{
	for (size_t i = 0; i < STEPS; i++) p->step[i] = i == 0 ? 0 : round(pow(10, 4 * (double)i / (STEPS - 1)) + (double)i);
	for (size_t f = 0; f < PLACES; f++) p->place[f] = (double)(5 * (f + 1));
	for (size_t k = 0; k < n_seeds * PLACES; k++)
		for (size_t i = 0; i < STEPS; i++) p->value[k * STEPS + i] = p->step[i] >= at[k] ? 0.9 : 0.3;
}

/* Steps that follow frequency^power, with noise of `sd` decades. */
static void plant(struct planted *p, uint64_t replicate, double power, double sd)
{
	double at[SEEDS * PLACES];
	struct vt_rng r = vt_rng_stream(42, VT_PURPOSE_NOISE, replicate);
	for (size_t k = 0; k < SEEDS * PLACES; k++)
		at[k] = 100 * pow((double)(k % PLACES + 1), power) * pow(10, sd * vt_rng_normal(&r));
	fill(p, SEEDS, at);
}

static void order(struct vt_ctx *ctx, const struct settings *s, const struct planted *p, size_t n_seeds, double *out)
{
	const struct vt_sample sample = sample_of(p, n_seeds);
	assert_int_equal(vt_statistic_order.values(ctx, s, &sample, out), VT_OK);
}

static void near(double found, double wanted, double within)
{
	if (!(fabs(found - wanted) <= within)) fail_msg("seed 42: found %.15g, wanted %.15g", found, wanted);
}

static void perfect_order(void **state)
{
	struct planted p;
	double out[SEEDS];
	plant(&p, 0, 1.5, 0);
	order(*state, &correlation, &p, SEEDS, out);
	near(out[0], 1, 1e-12);
	plant(&p, 0, -1, 0);
	order(*state, &correlation, &p, SEEDS, out);
	near(out[5], -1, 1e-12);
}

/* Steps are read off at snapshots, 12 % apart: the slope is that of the law within that. */
static void slope_of_a_law(void **state)
{
	struct planted p;
	double out[SEEDS];
	plant(&p, 0, 1.5, 0);
	order(*state, &slope, &p, SEEDS, out);
	near(out[0], 1.5, 0.1);
}

/* scipy.stats.spearmanr([1..10], [100,100,200,300,300,300,900,inf,inf,inf]) with 1e9 for inf, scipy 1.10. */
static void never_is_last_and_tied(void **state)
{
	static const double at[PLACES] = { 100, 100, 200, 300, 300, 300, 900, 1e9, 1e9, 1e9 };
	struct planted p;
	double out[1];
	fill(&p, 1, at);
	order(*state, &correlation, &p, 1, out);
	near(out[0], 0.9723448696087954, 1e-12);
}

static void missing_and_excursions(void **state)
{
	struct planted p;
	double out[SEEDS];
	plant(&p, 0, 1.5, 0);
	for (size_t i = 0; i < STEPS; i++) p.value[3 * STEPS + i] = NAN; /* one frequency of seed 0 */
	p.value[STEPS * PLACES] = 0.95; /* seed 1: the first frequency is there at step 0, and leaves again */
	for (size_t i = 0; i < PLACES * STEPS; i++) p.value[2 * PLACES * STEPS + i] = 0.1; /* seed 2 never learns */
	order(*state, &correlation, &p, SEEDS, out);
	near(out[0], 1, 1e-12);
	near(out[1], 1, 1e-12);
	assert_true(isnan(out[2]));
}

/* Found in at most 5 % where places are drawn by lot, in all cases where the law is frequency^1.5 and 0.2 decades. */
static void rates(void **state)
{
	const struct vt_hypothesis h[2] = { { .expect = VT_ABOVE, .delta = 0 }, { .expect = VT_ABOVE, .delta = 0.5 } };
	size_t found[2] = { 0, 0 };
	for (uint64_t t = 0; t < REPLICATES; t++)
		for (size_t k = 0; k < 2; k++) {
			struct planted p;
			double out[SEEDS];
			plant(&p, t, k == 0 ? 0 : 1.5, 0.2);
			order(*state, &correlation, &p, SEEDS, out);
			found[k] += vt_outcome_of(&h[k], SEEDS, out) == VT_SUPPORTED;
		}
	print_message("order found: %zu of %d without, %zu of %d with\n", found[0], REPLICATES, found[1], REPLICATES);
	assert_true(found[0] <= REPLICATES / 20);
	assert_int_equal(found[1], REPLICATES);
}

static bool passes(struct vt_ctx *ctx, const struct planted *p, size_t which, enum vt_expect expect)
{
	struct settings s = correlation;
	const struct vt_hypothesis h = { .statistic = { &vt_statistic_order.kind, &s }, .expect = expect, .delta = 0.7 };
	const struct vt_sample sample = sample_of(p, SEEDS);
	bool passed = false;
	assert_int_equal(vt_statistic_order.control(ctx, &s, which, &sample, &h, &passed), VT_OK);
	return passed;
}

static void controls(void **state)
{
	double never[SEEDS * PLACES];
	struct planted p;
	for (int expect = VT_ABOVE; expect <= VT_OUTSIDE; expect++) {
		plant(&p, 0, 1.5, 0.1);
		assert_true(passes(*state, &p, 0, (enum vt_expect)expect));
		assert_true(passes(*state, &p, 1, (enum vt_expect)expect));
		/* One place of ten gets there: 0.52 at most, below delta. */
		for (size_t k = 0; k < SEEDS * PLACES; k++) never[k] = k % PLACES == 0 ? 100 : 1e9;
		fill(&p, SEEDS, never);
		assert_false(passes(*state, &p, 1, (enum vt_expect)expect));
	}
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
		cmocka_unit_test(perfect_order), cmocka_unit_test(slope_of_a_law), cmocka_unit_test(never_is_last_and_tied),
		cmocka_unit_test(missing_and_excursions), cmocka_unit_test(rates), cmocka_unit_test(controls),
	};
	return cmocka_run_group_tests_name("verdict order", tests, setup, teardown);
}
