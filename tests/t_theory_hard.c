/* The deterministic bottleneck against an exact solution for two labels.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "law_tables.h"

enum { MOST_X = 24, N_BETA = 6 };

static const double beta[N_BETA] = { 0.9, 1.2, 2, 5, 20, 200 };

/* f of a cluster: its part of H(T) - beta (I(T;Y) - H(Y)). */
static double term(double b, double one, double zero)
{
	return plogp(one + zero) + b * (plogp(one) + plogp(zero) - plogp(one + zero));
}

static int by_odds(const void *a, const void *b)
{
	const double *p = a, *q = b;
	double u = p[1] > 0 ? p[1] / (p[0] + p[1]) : 0, v = q[1] > 0 ? q[1] / (q[0] + q[1]) : 0;
	return (u > v) - (u < v);
}

/* With two labels some optimal clustering is made of intervals of p(y|x), since a state goes
 * where a linear function of p(y|x) is largest: dynamic programming over the sorted states
 * finds it.  p: n x 2, sorted here. */
static double optimal_cost(double b, size_t n, double *p)
{
	double best[MOST_X + 1] = { 0 }, one = 0;
	qsort(p, n, 2 * sizeof *p, by_odds);
	for (size_t end = 1; end <= n; end++) {
		double w[2] = { 0, 0 };
		best[end] = INFINITY;
		for (size_t begin = end; begin-- > 0;) {
			w[0] += p[2 * begin];
			w[1] += p[2 * begin + 1];
			best[end] = fmin(best[end], best[begin] + term(b, w[1], w[0]));
		}
		one += p[2 * end - 1];
	}
	return best[n] - b * coin(one);
}

static void two_labels(void **state)
{
	struct vt_ctx *ctx = *state;
	for (uint64_t seed = 0; seed < 40; seed++) {
		double p[2 * MOST_X];
		struct vt_ib_point got[N_BETA];
		struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, 8);
		size_t n = 2 + vt_rng_below(&r, MOST_X - 1);
		OK(ctx, vt_dib_curve(ctx, random_law(&r, n, 2, p), NULL, N_BETA, beta, got));
		for (int i = 0; i < N_BETA; i++) {
			double wanted = optimal_cost(beta[i], n, p);
			if (fabs(vt_dib_cost(&got[i], beta[i]) - wanted) > 1e-11)
				fail_msg("seed %d, %zu states, beta %g: cost %.12g, optimal %.12g", (int)seed, n, beta[i],
				         vt_dib_cost(&got[i], beta[i]), wanted);
			assert_true(got[i].converged);
		}
	}
}

/* ---- all partitions of a few states -------------------------------------------------- */

static double partition_cost(double b, struct vt_mat law, const size_t *of, size_t k)
{
	double sum = 0, py[4] = { 0 };
	for (size_t t = 0; t < k; t++) {
		double w[4] = { 0 }, q = 0, h = 0;
		for (size_t x = 0; x < law.rows; x++)
			for (size_t y = 0; of[x] == t && y < law.cols; y++) w[y] += law.x[x * law.cols + y];
		for (size_t y = 0; y < law.cols; y++) {
			q += w[y];
			h += plogp(w[y]);
			py[y] += w[y];
		}
		sum += plogp(q) + b * (h - plogp(q));
	}
	for (size_t y = 0; y < law.cols; y++) sum -= b * plogp(py[y]);
	return sum;
}

/* Every assignment in which cluster k appears after cluster k - 1: each partition once. */
static double least_cost(double b, struct vt_mat law, size_t *of, size_t x, size_t k)
{
	double best = INFINITY;
	if (x == law.rows) return partition_cost(b, law, of, k);
	for (of[x] = 0; of[x] <= k; of[x]++) {
		size_t mine = of[x];
		best = fmin(best, least_cost(b, law, of, x + 1, mine == k ? k + 1 : k));
		of[x] = mine;
	}
	return best;
}

static void all_partitions(void **state)
{
	struct vt_ctx *ctx = *state;
	for (uint64_t seed = 0; seed < 12; seed++) {
		double p[7 * 4];
		size_t of[7], n_y = 2 + seed % 3;
		struct vt_ib_point got[N_BETA];
		struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, 11);
		struct vt_mat law = random_law(&r, 7, n_y, p);
		OK(ctx, vt_dib_curve(ctx, law, NULL, N_BETA, beta, got));
		for (int i = 0; i < N_BETA; i++) {
			double wanted = least_cost(beta[i], law, of, 0, 0);
			if (fabs(vt_dib_cost(&got[i], beta[i]) - wanted) > 1e-11)
				fail_msg("seed %d, beta %g: cost %.12g, of all partitions %.12g", (int)seed, beta[i],
				         vt_dib_cost(&got[i], beta[i]), wanted);
		}
	}
}

/* A function is a channel: the soft bottleneck is never worse in I, the hard one never in H. */
static void hard_and_soft(void **state)
{
	struct vt_ctx *ctx = *state;
	for (uint64_t seed = 0; seed < 10; seed++) {
		double p[MOST_X * 3];
		struct vt_ib_point soft[N_BETA], hard[N_BETA];
		struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, 9);
		struct vt_mat law = random_law(&r, 10, 3, p);
		printf("seed %d\n", (int)seed);
		OK(ctx, vt_ib_curve(ctx, law, NULL, N_BETA, beta, soft));
		OK(ctx, vt_dib_curve(ctx, law, NULL, N_BETA, beta, hard));
		for (int i = 0; i < N_BETA; i++) {
			assert_true(hard[i].h_t == hard[i].i_xt && hard[i].i_ty <= hard[i].i_xt + 1e-12);
			assert_true(soft[i].h_t >= soft[i].i_xt - 1e-12);
			assert_true(vt_ib_cost(&soft[i], beta[i]) <= vt_ib_cost(&hard[i], beta[i]) + 1e-11);
			assert_true(vt_dib_cost(&hard[i], beta[i]) <= vt_dib_cost(&soft[i], beta[i]) + 1e-11);
		}
	}
}

/* The stochastic task: at beta = 5 both bottlenecks choose the same two clusters (0.999157,
 * 0.984842 bit by an independent program). */
static void noisy_sphere(void **state)
{
	struct vt_ctx *ctx = *state;
	struct vt_dataset *d = dataset(ctx, "sphere12:gamma=54.4922", 0);
	struct vt_ib_point p[2];
	const double b[] = { 1.001, 5 };
	OK(ctx, vt_dib_curve(ctx, table(d->law, d->n_law, 2), NULL, 2, b, p));
	assert_true(p[0].i_xt == 0 && p[0].clusters == 1);
	WITHIN(p[1].h_t * VT_BITS_PER_NAT, 0.999157, 5e-7);
	WITHIN(p[1].i_ty * VT_BITS_PER_NAT, 0.984842, 5e-7);
	assert_int_equal(p[1].clusters, 2);
	vt_dataset_close(d);
}

/* Labels without noise: H(Y) of both at every beta > 1. */
static void hard_labels(void **state)
{
	struct vt_ctx *ctx = *state;
	const double p[] = { 0.1, 0, 0, 0, 0.2, 0, 0, 0.3, 0, 0, 0, 0.4 }, b[] = { 0.5, 1.5 };
	struct vt_ib_point got[2];
	OK(ctx, vt_dib_curve(ctx, table(p, 4, 3), NULL, 2, b, got));
	assert_true(got[0].h_t == 0);
	WITHIN(got[1].h_t, plogp(0.1) + plogp(0.5) + plogp(0.4), 1e-12);
	WITHIN(got[1].i_ty, got[1].h_t, 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_labels),   cmocka_unit_test(all_partitions), cmocka_unit_test(hard_and_soft),
		cmocka_unit_test(noisy_sphere), cmocka_unit_test(hard_labels),
	};
	return cmocka_run_group_tests(tests, context_create, context_free);
}
