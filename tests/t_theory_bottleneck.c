/* The information bottleneck of laws whose curve is known.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "law_tables.h"

enum { MOST = 64 };

/* Numbers of an independent Blahut-Arimoto program (53 classes, best of 3 starts), printed to
 * the digits given; its maximal correlation is a singular value: 0.9948092 = 1 / 1.0052179. */
static void noisy_sphere(void **state)
{
	static const double beta[] = { 0.9, 1.004, 1.02, 1.1, 1.5, 3, 5, 20 };
	static const double wanted[][2] = { { 0, 0 }, { 0, 0 }, { 0.8672, 0.8602 }, { 0.98040, 0.96920 }, { 0.99829, 0.98432 },
		                            { 0.999157, 0.984842 }, { 0.999157, 0.984842 }, { 0.999157, 0.984842 } };
	struct vt_ctx *ctx = *state;
	struct vt_dataset *d = dataset(ctx, "sphere12:gamma=54.4922", 0);
	struct vt_mat law = table(d->law, d->n_law, 2);
	struct vt_ib_point p[8];
	struct vt_ib_facts f;

	OK(ctx, vt_ib_facts(ctx, law, &f));
	assert_int_equal(f.n_states, 53);
	WITHIN(f.beta_c, 1.0052179, 1e-6);
	WITHIN(f.h_x * VT_BITS_PER_NAT, 12, 1e-12);
	WITHIN(f.h_states * VT_BITS_PER_NAT, 5.34702, 5e-6);
	WITHIN(f.h_y * VT_BITS_PER_NAT, 0.9992197, 1e-6);
	WITHIN(f.i_xy * VT_BITS_PER_NAT, 0.99, 1e-6);
	WITHIN(f.i_xy, d->i_xy, 1e-14);
	assert_false(f.deterministic);
	OK(ctx, vt_ib_curve(ctx, law, NULL, 8, beta, p));
	for (int i = 0; i < 8; i++) {
		WITHIN(p[i].i_xt * VT_BITS_PER_NAT, wanted[i][0], 5e-5);
		WITHIN(p[i].i_ty * VT_BITS_PER_NAT, wanted[i][1], 5e-5);
		assert_true(p[i].converged);
	}
	assert_int_equal(p[6].clusters, 2);
	vt_dataset_close(d);
}

/* Hard labels: 2118 ones of 4096.  The corner at every beta > 1, nothing below 1. */
static void hard_sphere(void **state)
{
	static const double beta[] = { 0.5, 0.999, 1, 1.000001, 1.1, 5, 1e6 };
	struct vt_ctx *ctx = *state;
	struct vt_dataset *d = dataset(ctx, "sphere12", 0);
	struct vt_mat law = table(d->law, d->n_law, 2);
	struct vt_ib_point p[MOST];
	struct vt_ib_facts f;
	const double h = coin(2118.0 / 4096);
	size_t n;

	OK(ctx, vt_ib_facts(ctx, law, &f));
	assert_true(f.deterministic);
	assert_int_equal(f.n_states, 2);
	assert_true(f.beta_c == 1);
	OK(ctx, vt_ib_curve(ctx, law, NULL, 7, beta, p));
	for (int i = 0; i < 7; i++) {
		double wanted = beta[i] < 1 ? 0 : beta[i] > 1 ? h : h / 2;
		WITHIN(p[i].i_xt, wanted, 1e-12);
		WITHIN(p[i].i_ty, wanted, 1e-12);
	}
	OK(ctx, vt_ib_trace(ctx, law, NULL, MOST, p, &n));
	for (size_t i = 0; i < n; i++) WITHIN(p[i].i_ty, fmin(p[i].i_xt, h), 1e-12);
	assert_true(n > 10);
	WITHIN(p[n - 2].i_xt * VT_BITS_PER_NAT, 0.99915712, 5e-9);
	WITHIN(p[n - 1].i_xt * VT_BITS_PER_NAT, 12, 1e-12);
	vt_dataset_close(d);
}

/* Binary symmetric channel with crossing a, X uniform: by Mrs. Gerber's lemma (Wyner, Ziv 1973)
 * the optimal T is X through another such channel with crossing d,
 *     I(X;T) = ln 2 - h(d),  I(T;Y) = ln 2 - h(a * d),  a * d = a (1 - d) + d (1 - a),
 * and beta is the ratio of the derivatives. */
static void symmetric_channel(void **state)
{
	struct vt_ctx *ctx = *state;
	for (double a = 0.01; a < 0.45; a += 0.07) {
		const double p[] = { (1 - a) / 2, a / 2, a / 2, (1 - a) / 2 };
		const double crossing[] = { 0.001, 0.02, 0.1, 0.25, 0.4, 0.47 };
		double beta[6];
		struct vt_ib_point got[6];
		struct vt_ib_facts f;
		for (int i = 0; i < 6; i++) {
			double d = crossing[i], b = a * (1 - d) + d * (1 - a);
			beta[i] = log((1 - d) / d) / ((1 - 2 * a) * log((1 - b) / b));
		}
		OK(ctx, vt_ib_facts(ctx, table(p, 2, 2), &f));
		WITHIN(f.correlation, 1 - 2 * a, 1e-12);
		WITHIN(f.beta_c, 1 / ((1 - 2 * a) * (1 - 2 * a)), 1e-9);
		OK(ctx, vt_ib_curve(ctx, table(p, 2, 2), NULL, 6, beta, got));
		for (int i = 0; i < 6; i++) {
			double d = crossing[i], b = a * (1 - d) + d * (1 - a);
			WITHIN(got[i].i_xt, log(2) - coin(d), 1e-7);
			WITHIN(got[i].i_ty, log(2) - coin(b), 1e-7);
			WITHIN(vt_ib_cost(&got[i], beta[i]), log(2) - coin(d) - beta[i] * (log(2) - coin(b)), 1e-11);
			assert_true(got[i].converged);
		}
	}
}

/* ---- two inputs -------------------------------------------------------------------- */

enum { GRID = 2000 };

/* A law of two inputs and its labels given each. */
struct two {
	size_t n_y;
	double p1, cond[2][5];
};

/* - h(p) + beta H(Y) where input 1 has probability p. */
static double potential(const struct two *l, double beta, double p)
{
	double h = 0;
	for (size_t y = 0; y < l->n_y; y++) h += plogp((1 - p) * l->cond[0][y] + p * l->cond[1][y]);
	return beta * h - coin(p);
}

/* With two inputs a cluster is a number p, and the least cost is the lower convex envelope of the
 * potential less the potential itself (Witsenhausen & Wyner 1975): two clusters on a grid. */
static double envelope(const struct two *l, double beta)
{
	double at[GRID + 1], own = potential(l, beta, l->p1), best = 0;
	for (int i = 0; i <= GRID; i++) at[i] = potential(l, beta, (double)i / GRID);
	int middle = (int)(l->p1 * GRID);
	for (int i = 0; i <= middle; i++)
		for (int k = middle + 1; k <= GRID; k++) {
			double a = (double)i / GRID, b = (double)k / GRID, share = (l->p1 - a) / (b - a);
			best = fmin(best, (1 - share) * at[i] + share * at[k] - own);
		}
	return best;
}

static void check_two_inputs(struct vt_ctx *ctx, const struct two *l, size_t n, const double *beta,
                             struct vt_ib_point *p)
{
	double joint[10];
	for (size_t y = 0; y < l->n_y; y++) {
		joint[y] = (1 - l->p1) * l->cond[0][y];
		joint[l->n_y + y] = l->p1 * l->cond[1][y];
	}
	OK(ctx, vt_ib_curve(ctx, table(joint, 2, l->n_y), NULL, n, beta, p));
	for (size_t i = 0; i < n; i++) {
		double cost = vt_ib_cost(&p[i], beta[i]), wanted = envelope(l, beta[i]);
		if (cost > wanted + 1e-10 || cost < wanted - 2e-4 * beta[i])
			fail_msg("p %g, beta %g: cost %.10g, by the envelope %.10g", l->p1, beta[i], cost, wanted);
	}
}

static void two_inputs(void **state)
{
	static const double beta[] = { 1.1, 1.4, 2, 4, 15 };
	struct vt_ib_point p[5];
	for (uint64_t seed = 0; seed < 8; seed++) {
		struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, 12);
		struct two l = { .n_y = 2 + seed % 4, .p1 = vt_rng_uniform(&r) };
		if (seed >= 4) l.p1 *= l.p1 * l.p1;
		for (int x = 0; x < 2; x++) {
			double sum = 0;
			for (size_t y = 0; y < l.n_y; y++) sum += l.cond[x][y] = exp(1.5 * vt_rng_normal(&r));
			for (size_t y = 0; y < l.n_y; y++) l.cond[x][y] /= sum;
		}
		printf("seed %d\n", (int)seed);
		check_two_inputs(*state, &l, 5, beta, p);
	}
}

/* A rare input that settles the label: solutions appear at a distance, far below beta_c. */
static void lopsided(void **state)
{
	const struct two l = { .n_y = 2, .p1 = 0.0165, .cond = { { 0.8959, 0.1041 }, { 0, 1 } } };
	const double beta[] = { 1.2, 2.2, 4, 7 }, joint[] = { 0.9835 * 0.8959, 0.9835 * 0.1041, 0, 0.0165 };
	struct vt_ib_point p[4];
	struct vt_ib_facts f;
	check_two_inputs(*state, &l, 4, beta, p);
	OK(*state, vt_ib_facts(*state, table(joint, 2, 2), &f));
	assert_true(f.beta_c > 8 && p[1].i_xt > 0.03 && p[0].i_xt == 0);
}

/* ---- straight curves -------------------------------------------------------------------- */

/* Y is X with probability 1 - e, else erased: I(T;Y) = (1 - e) I(X;T) for every T, a straight
 * curve without being deterministic. */
static void erasure_channel(void **state)
{
	struct vt_ctx *ctx = *state;
	const double e = 0.3, q = (1 - e) / 4, p[] = { q, 0, 0, 0, e / 4, 0, q, 0, 0, e / 4,
	                                               0, 0, q, 0, e / 4, 0, 0, 0, q, e / 4 };
	const double beta[] = { 1.2, 1.42, 1.44, 3 };
	struct vt_ib_point got[4], line[MOST];
	struct vt_ib_facts f;
	size_t n;
	OK(ctx, vt_ib_facts(ctx, table(p, 4, 5), &f));
	assert_false(f.deterministic);
	WITHIN(f.beta_c, 1 / (1 - e), 1e-12);
	OK(ctx, vt_ib_curve(ctx, table(p, 4, 5), NULL, 4, beta, got));
	for (int i = 0; i < 4; i++) {
		WITHIN(got[i].i_xt, i < 2 ? 0 : log(4), 1e-9);
		WITHIN(got[i].i_ty, (1 - e) * (i < 2 ? 0 : log(4)), 1e-9);
	}
	OK(ctx, vt_ib_trace(ctx, table(p, 4, 5), NULL, MOST, line, &n));
	for (size_t i = 0; i < n; i++) WITHIN(line[i].i_ty, (1 - e) * line[i].i_xt, 1e-9);
	WITHIN(line[n - 1].i_xt, log(4), 1e-12);
}

static void independent(void **state)
{
	struct vt_ctx *ctx = *state;
	const double p[] = { 0.1, 0.3, 0.05, 0.15, 0.1, 0.3 }, beta[] = { 0, 1, 1e5 };
	struct vt_ib_point got[3], line[8];
	struct vt_ib_facts f;
	size_t n;
	OK(ctx, vt_ib_facts(ctx, table(p, 3, 2), &f));
	assert_int_equal(f.n_states, 1);
	assert_true(isinf(f.beta_c) && f.correlation == 0);
	OK(ctx, vt_ib_curve(ctx, table(p, 3, 2), NULL, 3, beta, got));
	for (int i = 0; i < 3; i++) assert_true(got[i].i_xt == 0 && got[i].i_ty == 0);
	OK(ctx, vt_ib_trace(ctx, table(p, 3, 2), NULL, 8, line, &n));
	assert_int_equal(n, 2);
	WITHIN(line[1].i_xt, plogp(0.4) + plogp(0.2) + plogp(0.4), 1e-12);
	assert_true(line[1].i_ty == 0);
}

/* A constant label is a function of X too, and tells nothing. */
static void constant_label(void **state)
{
	struct vt_ctx *ctx = *state;
	const double p[] = { 0.25, 0, 0.75, 0 }, beta = 2;
	struct vt_ib_point got, line[8];
	size_t n;
	OK(ctx, vt_ib_curve(ctx, table(p, 2, 2), NULL, 1, &beta, &got));
	assert_true(got.i_xt == 0 && got.i_ty == 0);
	OK(ctx, vt_ib_trace(ctx, table(p, 2, 2), NULL, 8, line, &n));
	assert_int_equal(n, 2);
	WITHIN(line[1].i_xt, coin(0.25), 1e-12);
}

/* No law, or no beta: refused, with the number in the message and the output untouched. */
static void refusals(void **state)
{
	struct vt_ctx *ctx = *state;
	const double good[] = { 0.5, 0, 0.25, 0.25 }, one = 1;
	const struct {
		double p[4], beta;
		size_t rows;
		const char *word;
	} bad[] = {
		{ { 0.5, 0.5, 0.5, 0.5 }, 1, 2, "sums to 2" },
		{ { 0.75, -0.25, 0.25, 0.25 }, 1, 2, "-0.25" },
		{ { 0.75, NAN, 0.25, 0 }, 1, 2, "nan" },
		{ { 0.5, INFINITY, 0.25, 0.25 }, 1, 2, "inf" },
		{ { 0.5, 0.5 }, 1, 0, "0 x 2" },
		{ { 0.5, 0, 0.25, 0.25 }, -1, 2, "beta 0 of 1 is -1" },
		{ { 0.5, 0, 0.25, 0.25 }, NAN, 2, "beta 0 of 1 is" },
		{ { 0.5, 0, 0.25, 0.25 }, INFINITY, 2, "inf" },
	};
	struct vt_ib_point out = { .beta = -7 };
	size_t n = 77;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct vt_mat joint = table(bad[i].p, bad[i].rows, 2);
		assert_int_equal(vt_ib_curve(ctx, joint, NULL, 1, &bad[i].beta, &out), VT_EDOMAIN);
		if (!strstr(vt_ctx_trail(ctx), bad[i].word)) fail_msg("'%s' is not in '%s'", bad[i].word, vt_ctx_trail(ctx));
		assert_int_equal(vt_dib_curve(ctx, joint, NULL, 1, &bad[i].beta, &out), VT_EDOMAIN);
		assert_true(out.beta == -7);
	}
	assert_int_equal(vt_ib_trace(ctx, table(good, 2, 2), NULL, 7, &out, &n), VT_EDOMAIN);
	assert_int_equal(n, 77);
	OK(ctx, vt_ib_curve(ctx, table(good, 2, 2), NULL, 1, &one, &out));
	OK(ctx, vt_ib_curve(ctx, table(good, 2, 2), NULL, 0, NULL, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(noisy_sphere),    cmocka_unit_test(hard_sphere), cmocka_unit_test(symmetric_channel),
		cmocka_unit_test(erasure_channel), cmocka_unit_test(independent), cmocka_unit_test(constant_label),
		cmocka_unit_test(refusals),        cmocka_unit_test(two_inputs),  cmocka_unit_test(lopsided),
	};
	return cmocka_run_group_tests(tests, context_create, context_free);
}
