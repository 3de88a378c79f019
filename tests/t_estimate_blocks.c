/* Samples of one sequence are not independent: errors come from sums over blocks, and nulls move whole blocks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "venturi/config.h"
#include "venturi/estimate.h"
#include "venturi/rng.h"
#include "venturi/run.h"

enum { BLOCKS = 60, LENGTH = 8, N = BLOCKS * LENGTH, CLASSES = 3 };

/* Estimators of a layer with each way of computing an error: cells, kernels; Monte Carlo, local terms of pairs.  The
 * first three say the same of a row and of copies of it. */
static const char *const estimators[] = { "binning:bins=6,range=[-3,3]", "kde:variance=0.3", "exact",
                                          "noisy:sd=1,points=2000", "ross:k=3" };
enum { N_ESTIMATORS = sizeof estimators / sizeof *estimators, N_OF_COPIES = 3 };

struct rows {
	double t[N], x[N];
	int32_t y[N];
	uint32_t block[N];
};

static struct vt_information estimate(struct vt_ctx *ctx, const char *text, const struct vt_layer *layer)
{
	struct vt_chosen chosen = { 0 };
	struct vt_information out[2];
	if (vt_chosen_parse(ctx, &vt_registry, "estimate", text, &chosen) != VT_OK) fail_msg("%s", vt_ctx_trail(ctx));
	if (vt_estimate_layer(ctx, &chosen, layer, out) != VT_OK) fail_msg("%s: %s", text, vt_ctx_trail(ctx));
	vt_chosen_clear(&chosen);
	return out[0];
}

static struct vt_layer layer_of(struct rows *r, size_t n)
{
	return (struct vt_layer){ .t = { r->t, n, 1, 1 }, .y = { r->y, n, CLASSES }, .seed = 1 };
}

/* One token a sequence, on few values where `few`; then each repeated `times` times beside itself. */
static void draw(struct rows *r, uint64_t seed, size_t times, bool few)
{
	struct vt_rng g = vt_rng_stream(seed, VT_PURPOSE_CONTROL, 0);
	for (size_t b = 0; b < BLOCKS; b++) {
		int32_t y = (int32_t)vt_rng_below(&g, CLASSES);
		double t = 0.8 * y - 0.8 + vt_rng_normal(&g);
		for (size_t i = b * times; i < (b + 1) * times; i++) {
			r->t[i] = few ? floor(2 * t) / 2 : t;
			r->y[i] = y;
			r->x[i] = y;
			r->block[i] = (uint32_t)b;
		}
	}
}

/* Tokens that repeat one another fully are worth one token: the same value and, with blocks, the same error but for
 * the factor sqrt(B / (B - 1)) of a mean that was estimated; without, an error too small by sqrt(LENGTH). */
static void repeated_tokens_count_once(void **state)
{
	static struct rows once, often;
	for (size_t e = 0; e < N_OF_COPIES; e++) {
		bool few = strcmp(estimators[e], "exact") == 0;
		draw(&once, 7, 1, few);
		draw(&often, 7, LENGTH, few);
		struct vt_layer l = layer_of(&once, BLOCKS);
		struct vt_information one = estimate(*state, estimators[e], &l);
		l = layer_of(&often, N);
		struct vt_information careless = estimate(*state, estimators[e], &l);
		l.block = often.block;
		struct vt_information whole = estimate(*state, estimators[e], &l);
		double factor = sqrt(BLOCKS / (BLOCKS - 1.0)), slack = 1e-9;
		if (fabs(whole.i_ty_se / (one.i_ty_se * factor) - 1) > slack)
			fail_msg("%s: se %g with blocks, %g of one token each", estimators[e], whole.i_ty_se, one.i_ty_se * factor);
		if (fabs(careless.i_ty_se * sqrt(LENGTH) / one.i_ty_se - 1) > slack)
			fail_msg("%s: se %g without blocks, %g", estimators[e], careless.i_ty_se, one.i_ty_se);
		assert_true(fabs(whole.i_ty - one.i_ty) < 1e-9 && fabs(whole.i_ty - careless.i_ty) < 1e-12);
	}
}

/* Noise of its own at each copy: between one token's error and that of eight, and nearer to the first. */
static void monte_carlo_over_blocks(void **state)
{
	static struct rows often;
	draw(&often, 7, LENGTH, false);
	struct vt_layer l = layer_of(&often, N);
	struct vt_information careless = estimate(*state, "noisy:sd=0.3,points=4800", &l);
	l.block = often.block;
	struct vt_information whole = estimate(*state, "noisy:sd=0.3,points=4800", &l);
	assert_true(whole.i_ty == careless.i_ty);
	if (!(whole.i_ty_se > 2.3 * careless.i_ty_se && whole.i_ty_se < 3.1 * careless.i_ty_se))
		fail_msg("se %g with blocks, %g without: wanted 2.3 to 3.1 times", whole.i_ty_se, careless.i_ty_se);
	/* a part of the rows only */
	struct vt_information part = estimate(*state, "noisy:sd=0.3,points=240", &l);
	assert_true(part.i_ty_se > 0.8 * whole.i_ty_se && part.i_ty_se < 2.5 * whole.i_ty_se);
}

/* Layers and labels that are constant in a sequence but for a little, and independent between sequences: p of the
 * null is uniform with blocks (below 0.05 and 0.25 about as often as that), and far from it without. */
static void null_is_uniform(void **state)
{
	enum { RUNS = 120, SHUFFLES = 19 };
	static struct rows r;
	const char *text[] = { "binning:bins=6,range=[-3,3]", "kde:variance=0.3", "ross:k=3" };
	for (size_t e = 0; e < sizeof text / sizeof *text; e++) {
		size_t below[2] = { 0, 0 }, quarter = 0, runs = e == 0 ? RUNS : RUNS / 4;
		for (size_t run = 0; run < runs; run++) {
			struct vt_rng g = vt_rng_stream(1000 + run, VT_PURPOSE_CONTROL, 1);
			for (size_t b = 0; b < BLOCKS; b++) {
				double t = vt_rng_normal(&g);
				int32_t y = (int32_t)vt_rng_below(&g, CLASSES);
				for (size_t i = b * LENGTH; i < (b + 1) * LENGTH; i++) {
					r.t[i] = t + 0.1 * vt_rng_normal(&g);
					r.y[i] = vt_rng_uniform(&g) < 0.9 ? y : (int32_t)vt_rng_below(&g, CLASSES);
					r.block[i] = (uint32_t)b;
				}
			}
			struct vt_layer l = layer_of(&r, N);
			l.n_null = SHUFFLES;
			l.seed = run;
			below[0] += estimate(*state, text[e], &l).i_ty_null_p <= 0.05 + 1e-9;
			l.block = r.block;
			double p = estimate(*state, text[e], &l).i_ty_null_p;
			below[1] += p <= 0.05 + 1e-9;
			quarter += p <= 0.25 + 1e-9;
		}
		double n = (double)runs;
		if (fabs((double)below[1] - 0.05 * n) > 4 * sqrt(0.05 * 0.95 * n) ||
		    fabs((double)quarter - 0.25 * n) > 4 * sqrt(0.25 * 0.75 * n))
			fail_msg("%s: p <= 0.05 in %zu, p <= 0.25 in %zu of %zu runs", text[e], below[1], quarter, runs);
		if ((double)below[0] < 0.5 * n) fail_msg("%s: without blocks only %zu of %zu", text[e], below[0], runs);
	}
}

/* A token of many: I(X;T) is what the symbols share with the layer, H(X) at most, and not H(T). */
static void partial_inputs(void **state)
{
	static struct rows r;
	for (size_t e = 0; e < N_ESTIMATORS; e++) {
		draw(&r, 3, 1, strcmp(estimators[e], "exact") == 0);
		struct vt_layer l = layer_of(&r, BLOCKS);
		l.x = (struct vt_mat){ r.x, BLOCKS, 1, 1 };
		l.partial_x = true;
		struct vt_information i = estimate(*state, estimators[e], &l);
		/* X and the labels are the same symbols here */
		if (!(fabs(i.i_xt - i.i_ty) < 1e-9 && fabs(i.i_xt_se - i.i_ty_se) < 1e-9))
			fail_msg("%s: i_xt %g, i_ty %g", estimators[e], i.i_xt, i.i_ty);
		assert_true(i.i_xt <= log(CLASSES) && !(i.flags & VT_SATURATED));
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
		cmocka_unit_test_setup_teardown(repeated_tokens_count_once, setup, teardown),
		cmocka_unit_test_setup_teardown(monte_carlo_over_blocks, setup, teardown),
		cmocka_unit_test_setup_teardown(null_is_uniform, setup, teardown),
		cmocka_unit_test_setup_teardown(partial_inputs, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
