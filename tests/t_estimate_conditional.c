/* frenzel-pompe and mesner-shalizi: definitions, known answers, the null given a third variable, degenerate triples.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "plain_balls.h"

enum { SEED = 4410 };

static void near(double got, double wanted, double tolerance, const char *what)
{
	if (!(fabs(got - wanted) <= tolerance)) fail_msg("%s: %.17g, wanted %.17g within %g", what, got, wanted, tolerance);
}

/* z of four symbols, x and y normal around it: independent given z, or correlated by `direct`. */
static struct sample sample_strata(size_t n, double direct, uint64_t seed)
{
	struct sample s = sample_of(n, 1, 1, 1, seed);
	s.pair.discrete_z = true;
	for (size_t i = 0; i < n; i++) {
		s.z[i] = (double)vt_rng_below(&s.rng, 4);
		s.x[i] = vt_rng_normal(&s.rng);
		s.y[i] = direct * s.x[i] + sqrt(1 - direct * direct) * vt_rng_normal(&s.rng) + 0.7 * s.z[i];
		s.x[i] += 0.7 * s.z[i];
	}
	return s;
}

static void test_definitions(void **state)
{
	(void)state;
	for (uint64_t seed = SEED; seed < SEED + 3; seed++) {
		struct sample s = sample_fork(120, 2, 0.8, 0.5, seed), t = sample_strata(120, 0.5, seed);
		double strict = plain_information(&s.pair, 4, false);
		near(estimate_pair("frenzel-pompe:k=4", &s.pair).mi, strict, 1e-12, "Frenzel & Pompe, eq. 7");
		near(estimate_pair("mesner-shalizi:k=4", &s.pair).mi, strict, 1e-12, "strict counts");
		near(estimate_pair("mesner-shalizi:k=4,counts=published", &s.pair).mi, plain_information(&s.pair, 4, true),
			1e-12,
		     "Mesner & Shalizi, continuous");
		near(estimate_pair("mesner-shalizi:k=4,counts=published", &t.pair).mi, plain_information(&t.pair, 4, true),
			1e-12,
		     "Mesner & Shalizi, z discrete");
		s.pair.z.cols = 0;
		near(estimate_pair("frenzel-pompe:k=4", &s.pair).mi, plain_information(&s.pair, 4, false), 1e-12,
			"nothing given");
		sample_clear(&s);
		sample_clear(&t);
	}
}

/* Partial correlation r: -ln(1 - r^2) / 2 = 0.2231436 for 0.6; exclusive or: ln 2. */
static void test_known(void **state)
{
	enum { N = 1000, SAMPLES = 3 };
	double chain = 0, partial = 0, strata = 0;
	struct sample s;
	(void)state;
	for (uint64_t seed = SEED; seed < SEED + SAMPLES; seed++) {
		s = sample_fork(N, 1, 0.9, 0, seed);
		chain += estimate_pair("frenzel-pompe", &s.pair).mi / SAMPLES;
		sample_clear(&s);
		s = sample_fork(N, 1, 0.8, 0.6, seed);
		partial += estimate_pair("frenzel-pompe", &s.pair).mi / SAMPLES;
		sample_clear(&s);
		s = sample_strata(N, 0.6, seed);
		strata += estimate_pair("mesner-shalizi", &s.pair).mi / SAMPLES;
		sample_clear(&s);
	}
	near(chain, 0, 0.03, "x <- z -> y");
	near(partial, 0.2231436, 0.05, "partial correlation 0.6");
	near(strata, 0.2231436, 0.05, "the same in strata");
	s = sample_of(N, 1, 1, 1, SEED);
	s.pair.discrete_x = s.pair.discrete_y = s.pair.discrete_z = true;
	for (size_t i = 0; i < N; i++) {
		s.x[i] = (double)vt_rng_below(&s.rng, 2);
		s.z[i] = (double)vt_rng_below(&s.rng, 2);
		s.y[i] = s.x[i] != s.z[i];
	}
	near(estimate_pair("mesner-shalizi", &s.pair).mi, M_LN2, 0.01, "exclusive or");
	s.pair.z.cols = 0;
	near(estimate_pair("mesner-shalizi", &s.pair).mi, 0, 0.01, "exclusive or, nothing given");
	sample_clear(&s);
}

/* Kolmogorov's p for the greatest distance between an empirical law of n and the true one. */
static double kolmogorov(double d, size_t n)
{
	double root = sqrt((double)n), l = (root + 0.12 + 0.11 / root) * d, sum = 0;
	for (int j = 1; j < 60; j++) sum += (j % 2 ? 2 : -2) * exp(-2.0 * j * j * l * l);
	return sum;
}

/* p-values are multiples of 1 / 100, so the empirical law is compared there only. */
static double uniform_p(double *p, size_t n)
{
	double d = 0;
	qsort(p, n, sizeof *p, plain_ascending);
	for (size_t i = 0; i < n; i++)
		if (i + 1 == n || p[i + 1] != p[i]) d = fmax(d, fabs((double)(i + 1) / (double)n - p[i]));
	return kolmogorov(d, n);
}

static void test_null(void **state)
{
	enum { N = 40, SEEDS = 200 };
	double chain[SEEDS], strata[SEEDS];
	(void)state;
	for (uint64_t r = 0; r < SEEDS; r++) {
		struct sample s = sample_fork(N, 1, 0.7, 0, SEED + r), t = sample_strata(N, 0, SEED + r);
		s.pair.n_null = t.pair.n_null = 99;
		chain[r] = estimate_pair("frenzel-pompe:k=3", &s.pair).null_p;
		strata[r] = estimate_pair("mesner-shalizi:k=3", &t.pair).null_p;
		assert_true(chain[r] >= 0.01 && chain[r] <= 1 && strata[r] >= 0.01 && strata[r] <= 1);
		sample_clear(&s);
		sample_clear(&t);
	}
	double p_chain = uniform_p(chain, SEEDS), p_strata = uniform_p(strata, SEEDS);
	if (p_chain < 0.01 || p_strata < 0.01)
		fail_msg("p-values are not uniform: Kolmogorov p %.4f given continuous z, %.4f given discrete z", p_chain,
			p_strata);
}

/* A null that let y run free of z would find this chain dependent; and what depends must be found. */
static void test_power(void **state)
{
	struct sample s = sample_fork(200, 1, 0.7, 0.7, SEED), free_of = sample_fork(200, 1, 0.9, 0, SEED);
	(void)state;
	s.pair.n_null = free_of.pair.n_null = 99;
	assert_true(estimate_pair("frenzel-pompe", &s.pair).null_p <= 0.02);
	free_of.pair.z.cols = 0;
	assert_true(estimate_pair("frenzel-pompe", &free_of.pair).null_p <= 0.02);
	sample_clear(&s);
	sample_clear(&free_of);
}

static void test_degenerate(void **state)
{
	struct sample s = sample_fork(80, 1, 0.8, 0.5, SEED);
	struct vt_estimated got, given;
	(void)state;
	for (size_t i = 0; i < 80; i++) s.z[i] = 3; /* a constant is no condition */
	got = estimate_pair("frenzel-pompe", &s.pair);
	s.pair.z.cols = 0;
	given = estimate_pair("frenzel-pompe", &s.pair);
	assert_true(got.mi == given.mi && got.dim_z == 1);
	s.pair.z.cols = 1;
	for (size_t i = 0; i < 80; i++) s.z[i] = (double)i; /* every row has a z of its own */
	s.pair.discrete_z = true;
	got = estimate_pair("mesner-shalizi", &s.pair);
	assert_true(got.mi == 0 && (got.flags & VT_OUT_OF_REGIME));
	s.pair.discrete_z = false;
	for (size_t i = 0; i < 80; i++) s.x[i] = s.x[i % 10], s.y[i] = s.y[i % 10], s.z[i] = s.z[i % 10];
	assert_true(isfinite(estimate_pair("frenzel-pompe", &s.pair).mi)); /* every point eight times */
	assert_true(isfinite(estimate_pair("mesner-shalizi", &s.pair).mi));
	s.pair.x.rows = s.pair.y.rows = s.pair.z.rows = 4;
	got = estimate_pair("mesner-shalizi", &s.pair);
	assert_true(isnan(got.mi) && (got.flags & VT_DEGENERATE));
	sample_clear(&s);
}

static void test_invariance(void **state)
{
	enum { N = 150 };
	struct sample s = sample_fork(N, 2, 0.7, 0.5, SEED), t = sample_of(N, 1, 1, 2, SEED);
	struct vt_pair swapped = s.pair;
	double wanted = estimate_pair("frenzel-pompe", &s.pair).mi;
	(void)state;
	swapped.x = s.pair.y;
	swapped.y = s.pair.x;
	assert_true(estimate_pair("frenzel-pompe", &swapped).mi == wanted);
	for (size_t i = 0; i < N; i++) {
		size_t j = N - 1 - i;
		t.x[j] = 1e6 * s.x[i];
		t.y[j] = 1e-6 * s.y[i];
		t.z[j * 2] = 1e6 * s.z[i * 2 + 1];
		t.z[j * 2 + 1] = s.z[i * 2];
	}
	near(estimate_pair("frenzel-pompe", &t.pair).mi, wanted, 1e-9, "rows, columns, scales");
	sample_clear(&s);
	sample_clear(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_definitions), cmocka_unit_test(test_known),      cmocka_unit_test(test_null),
		cmocka_unit_test(test_power),       cmocka_unit_test(test_degenerate), cmocka_unit_test(test_invariance),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
