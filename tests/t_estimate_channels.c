/* What intervals and nulls of discrete information promise, over many samples.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "discrete_pairs.h"
#include "tally.h"

enum { REPLICATES = 200, MOST_ROWS = 1000 };

static void cover(struct vt_ctx *ctx, struct channel c, size_t n, int most_flagged)
{
	static const char *const kind[3] = { "grassberger", "james-stein", "nsb" };
	static double x[MOST_ROWS], y[MOST_ROWS];
	struct tally t[3] = { { REPLICATES }, { REPLICATES }, { REPLICATES } };
	for (uint64_t seed = 0; seed < REPLICATES; seed++) {
		struct vt_pair p = discrete_pair(x, y, n);
		draw(&c, seed, n, x, y);
		for (int e = 0; e < 3; e++) {
			struct vt_estimated got = estimated(ctx, kind[e], &p);
			tally_add(&t[e], &got, c.mi, VT_BIAS_DOMINATED);
		}
	}
	for (int e = 0; e < 3; e++) tally_check(kind[e], c.name, n, c.mi, &t[e]);
	/* A flag is no way out: Grassberger's holds without where rows are many. */
	if (t[0].flagged > most_flagged) fail_msg("%s, n = %zu: %d of %d are flagged", c.name, n, t[0].flagged, REPLICATES);
	free(c.up_to);
}

static void intervals(void **state)
{
	cover(*state, symmetric(2, 0.1), 200, 0);
	cover(*state, symmetric(2, 0.1), 1000, 0);
	cover(*state, symmetric(2, 0.3), 1000, 0);
	cover(*state, symmetric(2, 0.5), 1000, 0);
	cover(*state, erasing(0.1), 1000, 0);
	cover(*state, erasing(0.5), 200, 0);
	cover(*state, symmetric(16, 0.2), 1000, REPLICATES);
	cover(*state, zipf(100, 1, 0.7), 1000, REPLICATES);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Independent Zipf symbols: far from 0, but not farther than their permutations.  p = k / 20 is uniform on 20 values
 * (ties of discrete tables only raise it, and are rare here); Kolmogorov's 1 % point is 1.628 / sqrt(200). */
static void null_is_uniform(void **state)
{
	enum { N = 300, N_NULL = 19 };
	struct channel c = zipf(30, 1, 0);
	double x[N], y[N], p_value[REPLICATES], worst = 0;
	for (uint64_t seed = 0; seed < REPLICATES; seed++) {
		struct vt_pair p = discrete_pair(x, y, N);
		draw(&c, 1000 + seed, N, x, y);
		p.n_null = N_NULL;
		p.seed = seed;
		struct vt_estimated got = estimated(*state, "grassberger", &p);
		p_value[seed] = got.null_p;
		assert_true(got.null_p >= 1.0 / (N_NULL + 1) - 1e-12 && fabs(got.null_mean - got.mi) < 0.5);
	}
	qsort(p_value, REPLICATES, sizeof *p_value, ascending);
	for (int k = 1; k <= N_NULL + 1; k++) {
		double want = (double)k / (N_NULL + 1), below = 0;
		for (int i = 0; i < REPLICATES; i++) below += p_value[i] <= want + 1e-9;
		worst = fmax(worst, fabs(below / REPLICATES - want));
	}
	if (worst > 1.628 / sqrt(REPLICATES)) fail_msg("p-values of independent symbols: distance %g from uniform", worst);
	free(c.up_to);
}

/* The null that the kinds bring and the door's, which estimates anew, are one. */
static void null_is_the_door_s(void **state)
{
	enum { N = 60, N_NULL = 9 };
	static const char *const kind[] = { "plug-in", "miller-madow", "grassberger", "chao-shen", "james-stein", "nsb",
	                                    "exact", "binning:width=1" };
	struct channel c = zipf(8, 1, 0.3);
	double x[N], y[N];
	draw(&c, 5, N, x, y);
	for (size_t e = 0; e < sizeof kind / sizeof *kind; e++) {
		struct vt_pair p = discrete_pair(x, y, N);
		struct vt_chosen chosen = { 0 };
		struct vt_estimate_kind plain;
		struct vt_estimated want, got;
		p.n_null = N_NULL;
		assert_int_equal(vt_chosen_parse(*state, &vt_registry, "estimate", kind[e], &chosen), VT_OK);
		assert_int_equal(vt_estimate_pair(*state, &chosen, &p, &got), VT_OK);
		plain = *vt_estimate_kind_of(&chosen);
		assert_non_null(plain.null);
		plain.null = NULL;
		struct vt_chosen other = { &plain.kind, chosen.settings };
		assert_int_equal(vt_estimate_pair(*state, &other, &p, &want), VT_OK);
		within(kind[e], got.null_mean, want.null_mean, 1e-12);
		within(kind[e], got.null_p, want.null_p, 1e-12);
		vt_chosen_clear(&chosen);
	}
	free(c.up_to);
}

/* Rows that come in blocks of ten equal ones carry a tenth of the news: the error says so. */
static void blocks(void **state)
{
	enum { N = 1000, BLOCK = 10 };
	struct channel c = symmetric(2, 0.1);
	double x[N], y[N];
	uint32_t block[N];
	draw(&c, 2, N / BLOCK, x, y);
	for (size_t i = N; i-- > 0;) {
		x[i] = x[i / BLOCK];
		y[i] = y[i / BLOCK];
		block[i] = (uint32_t)(i / BLOCK);
	}
	struct vt_pair p = discrete_pair(x, y, N);
	double rows = estimated(*state, "plug-in", &p).se;
	p.block = block;
	double blocked = estimated(*state, "plug-in", &p).se;
	if (fabs(blocked / rows / sqrt(BLOCK) - 1) > 0.1) fail_msg("error %g of rows, %g of blocks", rows, blocked);
	free(c.up_to);
}

/* Few rows for so many symbols: what auto says is a bracket, it is flagged, and the truth is in it. */
static void brackets(void **state)
{
	enum { SEEDS = 10 };
	struct channel c[] = { symmetric(113, 0.3), zipf(300, 1, 0), zipf(300, 1, 0.7), zipf(300, 1.5, 0) };
	static double x[MOST_ROWS], y[MOST_ROWS];
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			struct vt_pair p = discrete_pair(x, y, MOST_ROWS);
			draw(&c[i], seed, MOST_ROWS, x, y);
			struct vt_estimated e = estimated(*state, "auto", &p);
			assert_true(e.bound == VT_BRACKET && e.flags & VT_BIAS_DOMINATED && isnan(e.mi));
			if (!(e.lower <= c[i].mi && c[i].mi <= e.upper))
				fail_msg("%s, seed %d: %g to %g, the truth is %g", c[i].name, (int)seed, e.lower, e.upper, c[i].mi);
		}
		free(c[i].up_to);
	}
}

static int create(void **state)
{
	*state = vt_ctx_create();
	return *state ? 0 : -1;
}

static int clear(void **state)
{
	vt_ctx_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals),
		cmocka_unit_test(null_is_uniform),
		cmocka_unit_test(null_is_the_door_s),
		cmocka_unit_test(blocks),
		cmocka_unit_test(brackets),
	};
	return cmocka_run_group_tests(tests, create, clear);
}
