/* What every bottleneck curve obeys, on random laws.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "law_tables.h"

enum { N_LAWS = 12, N_BETA = 10, MOST_X = 9, MOST_Y = 4, MOST = 40 };

static const double beta[N_BETA] = { 0.8, 1.05, 1.3, 1.7, 2.2, 3, 5, 9, 30, 300 };

/* Runs `law` on random tables; a failure names the seed. */
struct case_ {
	struct vt_ctx *ctx;
	uint64_t seed;
	struct vt_rng rng;
	struct vt_mat joint;
	double p[MOST_X * MOST_Y];
	struct vt_ib_facts facts;
	struct vt_ib_point point[N_BETA];
};

static void on_random_laws(struct vt_ctx *ctx, void (*law)(struct case_ *))
{
	for (uint64_t seed = 0; seed < N_LAWS; seed++) {
		struct case_ c = { .ctx = ctx, .seed = seed, .rng = vt_rng_stream(seed, VT_PURPOSE_DATASET, 7) };
		size_t n_x = 2 + vt_rng_below(&c.rng, MOST_X - 1), n_y = 2 + vt_rng_below(&c.rng, MOST_Y - 1);
		c.joint = random_law(&c.rng, n_x, n_y, c.p);
		OK(ctx, vt_ib_facts(ctx, c.joint, &c.facts));
		OK(ctx, vt_ib_curve(ctx, c.joint, NULL, N_BETA, beta, c.point));
		printf("seed %d: %zu x %zu\n", (int)seed, n_x, n_y);
		law(&c);
	}
}

/* ---- bounds, order, shape -------------------------------------------------------- */

static void check_shape(struct case_ *c)
{
	for (int i = 0; i < N_BETA; i++) {
		const struct vt_ib_point *p = &c->point[i];
		assert_true(p->beta == beta[i] && p->converged);
		assert_true(p->i_ty <= p->i_xt + 1e-12 && p->i_ty <= c->facts.i_xy + 1e-12);
		assert_true(p->i_xt <= p->h_t + 1e-12 && p->i_xt <= c->facts.h_states + 1e-9);
		assert_true(vt_ib_cost(p, beta[i]) <= 1e-12);
		if (i > 0) assert_true(p->i_xt >= p[-1].i_xt - 1e-9 && p->i_ty >= p[-1].i_ty - 1e-9);
		/* Concave: no point is better than another at that one's own beta. */
		for (int j = 0; j < N_BETA; j++)
			assert_true(vt_ib_cost(p, beta[j]) >= vt_ib_cost(&c->point[j], beta[j]) - 1e-10);
	}
	assert_true(c->point[0].i_xt == 0); /* beta < 1 */
}

static void shape(void **state)
{
	on_random_laws(*state, check_shape);
}

static void check_trace(struct case_ *c)
{
	struct vt_ib_point p[MOST];
	size_t n;
	OK(c->ctx, vt_ib_trace(c->ctx, c->joint, NULL, MOST, p, &n));
	assert_true(n >= 2 && n <= MOST && p[0].i_xt == 0 && p[0].i_ty == 0);
	WITHIN(p[n - 1].i_xt, c->facts.h_x, 1e-12);
	WITHIN(p[n - 1].i_ty, c->facts.i_xy, 1e-12);
	double slope = 1 + 1e-9;
	for (size_t i = 1; i < n; i++) {
		double dx = p[i].i_xt - p[i - 1].i_xt, dy = p[i].i_ty - p[i - 1].i_ty;
		assert_true(dx > 0 && dy >= -1e-12);
		if (dx < 1e-4) continue; /* a quotient of rounding errors */
		assert_true(dy / dx <= slope + 1e-6);
		slope = dy / dx;
	}
}

static void traces(void **state)
{
	on_random_laws(*state, check_trace);
}

/* ---- nothing lies above the curve -------------------------------------------------- */

/* I(X;T) and I(T;Y) of a channel r(t|x), straight from the definition. */
static struct vt_ib_point channel(struct vt_mat joint, size_t n_t, const double *r)
{
	struct vt_ib_point out = { 0 };
	double py[MOST_Y] = { 0 };
	for (size_t x = 0; x < joint.rows; x++)
		for (size_t y = 0; y < joint.cols; y++) py[y] += joint.x[x * joint.stride + y];
	for (size_t t = 0; t < n_t; t++) {
		double q = 0, w[MOST_Y] = { 0 };
		for (size_t x = 0; x < joint.rows; x++)
			for (size_t y = 0; y < joint.cols; y++) w[y] += r[x * n_t + t] * joint.x[x * joint.stride + y];
		for (size_t y = 0; y < joint.cols; y++) q += w[y];
		for (size_t y = 0; y < joint.cols; y++)
			if (w[y] > 0) out.i_ty += w[y] * log(w[y] / (q * py[y]));
		for (size_t x = 0; x < joint.rows; x++) {
			double px = 0;
			for (size_t y = 0; y < joint.cols; y++) px += joint.x[x * joint.stride + y];
			if (px * r[x * n_t + t] > 0) out.i_xt += px * r[x * n_t + t] * log(r[x * n_t + t] / q);
		}
	}
	return out;
}

/* From nearly constant to nearly hard channels. */
static void draw_channel(struct vt_rng *rng, size_t n_x, size_t n_t, double *r)
{
	double sharp = fmin(exp(3 * vt_rng_normal(rng)), 30);
	for (size_t x = 0; x < n_x; x++) {
		double sum = 0, most = -INFINITY;
		for (size_t t = 0; t < n_t; t++) most = fmax(most, r[x * n_t + t] = sharp * vt_rng_normal(rng));
		for (size_t t = 0; t < n_t; t++) sum += r[x * n_t + t] = exp(r[x * n_t + t] - most);
		for (size_t t = 0; t < n_t; t++) r[x * n_t + t] /= sum;
	}
}

static void check_above(struct case_ *c)
{
	double r[MOST_X * MOST_X];
	for (int k = 0; k < 5000; k++) {
		size_t n_t = 2 + vt_rng_below(&c->rng, c->joint.rows - 1);
		draw_channel(&c->rng, c->joint.rows, n_t, r);
		struct vt_ib_point p = channel(c->joint, n_t, r);
		for (int i = 0; i < N_BETA; i++)
			if (vt_ib_cost(&p, beta[i]) < vt_ib_cost(&c->point[i], beta[i]) - 1e-10)
				fail_msg("seed %d: a random channel beats beta = %g by %g", (int)c->seed, beta[i],
				         vt_ib_cost(&c->point[i], beta[i]) - vt_ib_cost(&p, beta[i]));
	}
}

static void nothing_above(void **state)
{
	on_random_laws(*state, check_above);
}

/* ---- starts, threads, merging --------------------------------------------------------- */

static void check_starts(struct case_ *c)
{
	struct vt_ib_settings none = { .n_starts = SIZE_MAX }, many = { .n_starts = 12, .seed = 3 };
	struct vt_ib_point without[N_BETA], with[N_BETA];
	OK(c->ctx, vt_ib_curve(c->ctx, c->joint, &none, N_BETA, beta, without));
	OK(c->ctx, vt_ib_curve(c->ctx, c->joint, &many, N_BETA, beta, with));
	for (int i = 0; i < N_BETA; i++) {
		assert_true(vt_ib_cost(&with[i], beta[i]) <= vt_ib_cost(&without[i], beta[i]));
		/* The default's few starts find what many find, from another seed. */
		WITHIN(vt_ib_cost(&c->point[i], beta[i]), vt_ib_cost(&with[i], beta[i]), 1e-9);
	}
}

static void starts(void **state)
{
	on_random_laws(*state, check_starts);
}

static void check_threads(struct case_ *c)
{
	struct vt_ib_point again[N_BETA], hard[2][N_BETA];
	int before = vt_ctx_threads(c->ctx);
	for (int threads = 1; threads <= 5; threads += 2) {
		vt_ctx_set_threads(c->ctx, threads);
		OK(c->ctx, vt_ib_curve(c->ctx, c->joint, NULL, N_BETA, beta, again));
		for (int i = 0; i < N_BETA; i++)
			assert_true(again[i].i_xt == c->point[i].i_xt && again[i].i_ty == c->point[i].i_ty &&
			            again[i].iterations == c->point[i].iterations);
		OK(c->ctx, vt_dib_curve(c->ctx, c->joint, NULL, N_BETA, beta, hard[threads > 1]));
	}
	for (int i = 0; i < N_BETA; i++) assert_true(hard[0][i].h_t == hard[1][i].h_t && hard[0][i].i_ty == hard[1][i].i_ty);
	vt_ctx_set_threads(c->ctx, before);
}

static void threads(void **state)
{
	on_random_laws(*state, check_threads);
}

/* Every row in three unequal parts, in reverse order: the same law of Y about X. */
static void check_merging(struct case_ *c)
{
	static const double part[] = { 0.5, 0.3, 0.2 };
	double p[3 * MOST_X * MOST_Y];
	struct vt_ib_point split[N_BETA];
	struct vt_ib_facts f;
	size_t n = c->joint.rows, n_y = c->joint.cols;
	for (size_t i = 0; i < 3 * n; i++)
		for (size_t y = 0; y < n_y; y++) p[(3 * n - 1 - i) * n_y + y] = part[i % 3] * c->joint.x[i / 3 * n_y + y];
	OK(c->ctx, vt_ib_facts(c->ctx, table(p, 3 * n, n_y), &f));
	assert_int_equal(f.n_states, c->facts.n_states);
	WITHIN(f.h_x, c->facts.h_x + plogp(0.5) + plogp(0.3) + plogp(0.2), 1e-12);
	WITHIN(f.beta_c, c->facts.beta_c, 1e-9);
	OK(c->ctx, vt_ib_curve(c->ctx, table(p, 3 * n, n_y), NULL, N_BETA, beta, split));
	for (int i = 0; i < N_BETA; i++) WITHIN(split[i].i_ty, c->point[i].i_ty, 1e-7);
}

static void merging(void **state)
{
	on_random_laws(*state, check_merging);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shape),  cmocka_unit_test(traces),  cmocka_unit_test(nothing_above),
		cmocka_unit_test(starts), cmocka_unit_test(threads), cmocka_unit_test(merging),
	};
	return cmocka_run_group_tests(tests, context_create, context_free);
}
