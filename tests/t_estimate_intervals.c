/* What intervals of continuous information promise, over many samples.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "pair_samples.h"
#include "tally.h"

/* d pairs of normal numbers with correlation rho. */
static struct sample normal_pairs(size_t n, size_t d, double rho, uint64_t seed)
{
	struct sample s = sample_of(n, d, d, 0, seed);
	for (size_t i = 0; i < n * d; i++) {
		s.x[i] = vt_rng_normal(&s.rng);
		s.y[i] = rho * s.x[i] + sqrt(1 - rho * rho) * vt_rng_normal(&s.rng);
	}
	return s;
}

static void check(const char *kind, size_t n, size_t d, double rho, int all)
{
	double truth = -(double)d / 2 * log(1 - rho * rho);
	struct tally t = { .all = all };
	char law[64];
	snprintf(law, sizeof law, "%zu + %zu normal columns, rho = %g", d, d, rho);
	for (int r = 0; r < all; r++) {
		struct sample s = normal_pairs(n, d, rho, 7000 + (uint64_t)r);
		struct vt_estimated e = estimate_pair(kind, &s.pair);
		tally_add(&t, &e, truth, ~0u);
		sample_clear(&s);
	}
	tally_check(kind, law, n, truth, &t);
}

/* 2 n I of independent normal numbers is chi-square, whose sample variance is uncertain: more replicates. */
static void of_normal_laws(void **state)
{
	static const double rho[] = { 0, 0.05, 0.1, 0.5, 0.9 };
	(void)state;
	for (size_t r = 0; r < sizeof rho / sizeof *rho; r++)
		for (size_t d = 1; d <= 2; d++) {
			check("gaussian", 400, d, rho[r], 1000);
			check("gaussian", 2000, d, rho[r], 400);
			check("copula", 400, d, rho[r], 400);
		}
}

static void of_neighbours(void **state)
{
	static const double rho[] = { 0, 0.5, 0.9 };
	(void)state;
	for (size_t r = 0; r < sizeof rho / sizeof *rho; r++)
		for (size_t d = 1; d <= 2; d++) {
			check("ksg:k=3", 400, d, rho[r], 200);
			check("ksg:k=3", 2000, d, rho[r], 200);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_normal_laws),
		cmocka_unit_test(of_neighbours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
