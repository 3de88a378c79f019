/* ross and mixed: their definitions, known answers, intervals, data that are no sample of a density, invariances.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "plain_balls.h"

enum { SEED = 3170 };

static void near(double got, double wanted, double tolerance, const char *what)
{
	if (!(fabs(got - wanted) <= tolerance)) fail_msg("%s: %.17g, wanted %.17g within %g", what, got, wanted, tolerance);
}

/* ---- definitions ---------------------------------------------------------- */

static void test_definitions(void **state)
{
	(void)state;
	for (uint64_t seed = SEED; seed < SEED + 3; seed++) {
		struct sample labels = sample_labels(150, 3, 2, 1, seed, NULL), normal = sample_normal(120, 2, 0.7, seed);
		near(estimate_pair("ross:k=3", &labels.pair).mi, plain_information(&labels.pair, 3, false), 1e-12,
			"Ross, eq. 5");
		near(estimate_pair("mixed:k=3", &labels.pair).mi, plain_information(&labels.pair, 3, false), 1e-12, "labels");
		near(estimate_pair("mixed:k=4", &normal.pair).mi, plain_information(&normal.pair, 4, false), 1e-12,
		     "Kraskov 2004, eq. 8");
		sample_clear(&labels);
		sample_clear(&normal);
	}
}

/* Symbols alone: Grassberger's entropies, psi of cell sizes. */
static void test_symbols(void **state)
{
	struct sample s = sample_of(200, 1, 1, 0, SEED);
	double wanted = 0;
	(void)state;
	s.pair.discrete_x = s.pair.discrete_y = true;
	for (size_t i = 0; i < 200; i++) {
		s.x[i] = (double)vt_rng_below(&s.rng, 3);
		s.y[i] = vt_rng_uniform(&s.rng) < 0.5 ? s.x[i] : (double)vt_rng_below(&s.rng, 4);
	}
	for (size_t i = 0; i < 200; i++) {
		size_t x = 0, y = 0, both = 0;
		for (size_t j = 0; j < 200; j++) {
			x += s.x[j] == s.x[i];
			y += s.y[j] == s.y[i];
			both += s.x[j] == s.x[i] && s.y[j] == s.y[i];
		}
		wanted += (plain_psi(both) - plain_psi(x) - plain_psi(y) + plain_psi(200)) / 200;
	}
	near(estimate_pair("mixed", &s.pair).mi, wanted, 1e-12, "symbols");
	sample_clear(&s);
}

/* ---- known answers -------------------------------------------------------- */

/* Mean of some samples within `bias` of the truth, which is closed form, or quadrature for zip: 0.2299910 nat is
 * H(Y) - H(Y|X) summed over 400 symbols and integrated over x. */
static void test_known(void **state)
{
	enum { N = 1500, SAMPLES = 3 };
	double uniform5 = 0, uniform50 = 0, zip = 0, atoms = 0, line = 0, space = 0;
	(void)state;
	for (uint64_t seed = SEED; seed < SEED + SAMPLES; seed++) {
		double ratio1, ratio16;
		struct sample s[] = { sample_uniform(N, 5, seed), sample_uniform(N, 50, seed), sample_zip(N, 0.15, seed),
		                      sample_half_atoms(N, seed), sample_labels(N, 10, 1, 3, seed, &ratio1),
		                      sample_labels(N, 10, 16, 1, seed, &ratio16) };
		uniform5 += (estimate_pair("ross", &s[0].pair).mi - uniform_information(5)) / SAMPLES;
		uniform50 += (estimate_pair("ross:k=3", &s[1].pair).mi - uniform_information(50)) / SAMPLES;
		zip += (estimate_pair("mixed", &s[2].pair).mi - 0.2299910) / SAMPLES;
		atoms += (estimate_pair("mixed", &s[3].pair).mi - half_atoms_information()) / SAMPLES;
		line += (estimate_pair("ross", &s[4].pair).mi - ratio1) / SAMPLES;
		struct vt_estimated high = estimate_pair("ross:k=3", &s[5].pair);
		assert_true(high.flags & VT_OUT_OF_REGIME);
		space += (high.mi - ratio16) / SAMPLES;
		for (size_t a = 0; a < sizeof s / sizeof *s; a++) sample_clear(&s[a]);
	}
	near(uniform5, 0, 0.03, "5 symbols plus U(0, 2)");
	near(uniform50, 0, 0.07, "50 symbols plus U(0, 2)");
	near(zip, 0, 0.03, "zero-inflated Poisson");
	near(atoms, 0, 0.05, "half normal, half atoms");
	near(line, 0, 0.03, "10 labels on a line");
	near(space, 0, 0.12, "10 labels in 16 dimensions");
}

/* Of 200 intervals at 95 % the five-sigma band begins at 87.3 %: 0.95 - 5 sqrt(0.95 0.05 / 200). */
static void test_intervals(void **state)
{
	enum { N = 300, REPLICATES = 200 };
	struct sample large = sample_labels(200000, 3, 2, 1.5, 1, NULL);
	double truth, mean = 0, square = 0, width = 0;
	size_t good = 0;
	(void)state;
	sample_clear(&large);
	large = sample_labels(200000, 3, 2, 1.5, 1, &truth);
	for (uint64_t r = 0; r < REPLICATES; r++) {
		struct sample s = sample_labels(N, 3, 2, 1.5, SEED + r, NULL);
		struct vt_estimated e = estimate_pair("ross:k=3", &s.pair);
		good += (e.lo <= truth && truth <= e.hi) || e.flags != 0;
		mean += e.mi / REPLICATES;
		square += e.mi * e.mi / REPLICATES;
		width += (e.hi - e.lo) / REPLICATES;
		sample_clear(&s);
	}
	double ratio = width / (3.92 * sqrt(square - mean * mean));
	if (good < 0.873 * REPLICATES || ratio > 1.5)
		fail_msg("%zu of %d intervals hold or are flagged, at %.2f times the right width; mean %.4f, truth %.4f", good,
		         REPLICATES, ratio, mean, truth);
	sample_clear(&large);
}

/* ---- what is no sample of a density ------------------------------------------ */

static const char *const both[] = { "ross", "mixed" };

static void test_degenerate(void **state)
{
	(void)state;
	for (size_t e = 0; e < 2; e++) {
		struct sample s = sample_labels(60, 3, 2, 1, SEED, NULL);
		for (size_t i = 0; i < 60; i++) s.x[i] = 4; /* constant labels */
		assert_true(estimate_pair(both[e], &s.pair).mi == 0);
		for (size_t i = 0; i < 60; i++) s.x[i] = (double)i; /* every row has a label of its own */
		struct vt_estimated got = estimate_pair(both[e], &s.pair);
		assert_true(isnan(got.mi) && (got.flags & VT_DEGENERATE) && strlen(got.reason) > 20);
		for (size_t i = 0; i < 60; i++) s.x[i] = (double)(i / 3); /* no class has more than k rows */
		got = estimate_pair(both[e], &s.pair);
		assert_true(isfinite(got.mi));
		for (size_t i = 0; i < 60; i++) s.x[i] = i < 59 ? (double)(i % 2) : 7; /* one row is alone */
		got = estimate_pair(both[e], &s.pair);
		assert_true(isfinite(got.mi) && (got.flags & VT_OUT_OF_REGIME) && strstr(got.reason, "1 of 60"));
		for (size_t i = 0; i < 120; i++) s.y[i] = s.y[i % 20]; /* every point six times */
		assert_true(isfinite(estimate_pair(both[e], &s.pair).mi));
		s.pair.x.rows = s.pair.y.rows = 5; /* n <= k */
		got = estimate_pair(both[e], &s.pair);
		assert_true(isnan(got.mi) && (got.flags & VT_DEGENERATE));
		sample_clear(&s);
		s = sample_labels(12, 2, 16, 1, SEED, NULL); /* d > n */
		got = estimate_pair(both[e], &s.pair);
		assert_true(isfinite(got.mi) && (got.flags & VT_OUT_OF_REGIME));
		sample_clear(&s);
	}
}

/* An outlier of 1e30 must not swallow the digits of the rest; nor 1e-40 vanish. */
static void test_scales(void **state)
{
	struct sample s = sample_labels(300, 3, 1, 2, SEED, NULL), pair = sample_normal(300, 1, 0.8, SEED);
	double before = estimate_pair("ross", &s.pair).mi, normal = estimate_pair("mixed", &pair.pair).mi;
	(void)state;
	s.y[17] = 1e30;
	pair.x[17] = 1e30;
	near(estimate_pair("ross", &s.pair).mi, before, 0.05, "ross with an outlier");
	near(estimate_pair("mixed", &pair.pair).mi, normal, 0.08, "mixed with an outlier");
	pair.x[17] = 0.1;
	normal = estimate_pair("mixed", &pair.pair).mi;
	for (size_t i = 0; i < 300; i++) pair.x[i] *= 1e-40;
	near(estimate_pair("mixed", &pair.pair).mi, normal, 1e-9, "mixed at 1e-40");
	memcpy(pair.y, pair.x, 300 * sizeof *pair.y);
	struct vt_estimated same = estimate_pair("mixed", &pair.pair);
	assert_true(isnan(same.mi) && (same.flags & VT_DETERMINISTIC));
	pair.pair.discrete_x = pair.pair.discrete_y = true; /* as symbols: each row its own */
	same = estimate_pair("mixed", &pair.pair);
	assert_true(same.flags & VT_BIAS_DOMINATED);
	sample_clear(&s);
	sample_clear(&pair);
}

/* ---- invariance -------------------------------------------------------------- */

static void test_invariance(void **state)
{
	enum { N = 200 };
	struct sample s = sample_normal(N, 2, 0.6, SEED), t = sample_of(N, 2, 2, 0, SEED);
	double wanted = estimate_pair("mixed", &s.pair).mi;
	struct vt_pair swapped = { .x = s.pair.y, .y = s.pair.x };
	(void)state;
	assert_true(estimate_pair("mixed", &swapped).mi == wanted);
	for (size_t i = 0; i < N; i++) /* rows backwards, columns exchanged, scales */
		for (size_t c = 0; c < 2; c++) {
			t.x[(N - 1 - i) * 2 + 1 - c] = s.x[i * 2 + c] * (c == 0 ? 1e6 : 1e-6);
			t.y[(N - 1 - i) * 2 + c] = s.y[i * 2 + c] * 1e6;
		}
	near(estimate_pair("mixed", &t.pair).mi, wanted, 1e-9, "rows, columns, scales");
	sample_clear(&s);
	sample_clear(&t);
	s = sample_labels(N, 3, 1, 1, SEED, NULL);
	swapped = (struct vt_pair){ .x = s.pair.y, .y = s.pair.x, .discrete_y = true };
	assert_true(estimate_pair("ross", &swapped).mi == estimate_pair("ross", &s.pair).mi);
	sample_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_definitions), cmocka_unit_test(test_symbols),    cmocka_unit_test(test_known),
		cmocka_unit_test(test_intervals),   cmocka_unit_test(test_degenerate), cmocka_unit_test(test_scales),
		cmocka_unit_test(test_invariance),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
