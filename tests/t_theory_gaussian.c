/* The Gaussian bottleneck: published closed form, figures of an independent program, laws.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "law_tables.h"

enum { D = 3 };

/* A rho 0.8 pair.  Figures in bit as an independent program printed them; the closed form of
 * Chechik et al. 2005, sec. 4, for one dimension, to 1e-9. */
static void one_dimension(void **state)
{
	struct vt_ctx *ctx = *state;
	const double one = 1, rho = 0.8, beta[] = { 0, 1, 1.5625, 2, 5, 1e9 };
	static const double printed[][2] = { { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0.41504, 0.23697 }, { 1.41504, 0.57600 } };
	struct vt_ib_point p[6];
	double beta_c, lambda = 1 - rho * rho;
	OK(ctx, vt_gaussian_ib_curve(ctx, table(&one, 1, 1), table(&rho, 1, 1), table(&one, 1, 1), 6, beta, p, &beta_c));
	WITHIN(beta_c, 1.5625, 1e-12);
	for (int i = 0; i < 5; i++) {
		WITHIN(p[i].i_xt * VT_BITS_PER_NAT, printed[i][0], 1e-5);
		WITHIN(p[i].i_ty * VT_BITS_PER_NAT, printed[i][1], 1e-5);
	}
	for (int i = 3; i < 6; i++) {
		double x = log((beta[i] - 1) * (1 - lambda) / lambda) / 2, y = x - log(beta[i] * (1 - lambda)) / 2;
		WITHIN(p[i].i_xt, x, 1e-9);
		WITHIN(p[i].i_ty, y, 1e-9);
		assert_true(isnan(p[i].h_t) && p[i].clusters == 1);
	}
	WITHIN(p[5].i_ty * VT_BITS_PER_NAT, 0.73697, 1e-5);
}

/* a = m s m', in place of another basis. */
static void transform(const double m[D][D], const double s[D][D], const double k[D][D], double out[D][D])
{
	for (int i = 0; i < D; i++)
		for (int j = 0; j < D; j++) {
			out[i][j] = 0;
			for (int a = 0; a < D; a++)
				for (int b = 0; b < D; b++) out[i][j] += m[i][a] * s[a][b] * k[j][b];
		}
}

static void draw_basis(struct vt_rng *r, double m[D][D])
{
	for (int i = 0; i < D; i++)
		for (int j = 0; j < D; j++) m[i][j] = vt_rng_normal(r) + (i == j ? 3 : 0);
}

/* rho = .9, .6, .3: figures of an independent program; in any basis of X and of Y the same. */
static void three_dimensions(void **state)
{
	struct vt_ctx *ctx = *state;
	const double unit[D][D] = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } };
	const double rho[D][D] = { { .9, 0, 0 }, { 0, .6, 0 }, { 0, 0, .3 } };
	const double beta[] = { 1.2345, 2, 2.7778, 5, 11.1111, 11.1112, 1e9 };
	for (uint64_t seed = 0; seed < 8; seed++) {
		struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, 10);
		double m[D][D], k[D][D], xx[D][D], xy[D][D], yy[D][D], beta_c;
		struct vt_ib_point p[7];
		draw_basis(&r, m);
		draw_basis(&r, k);
		transform(m, unit, m, xx);
		transform(m, rho, k, xy);
		transform(k, unit, k, yy);
		OK(ctx, vt_gaussian_ib_curve(ctx, table(xx[0], D, D), table(xy[0], D, D), table(yy[0], D, D), 7, beta, p, &beta_c));
		WITHIN(beta_c, 1.234568, 1e-6);
		WITHIN(p[3].i_xt * VT_BITS_PER_NAT, 2.63092, 1e-5);
		WITHIN(p[3].i_ty * VT_BITS_PER_NAT, 1.19796, 1e-5);
		WITHIN(p[6].i_ty * VT_BITS_PER_NAT, 1.58792, 1e-5);
		/* Components come in at 1.234568, 2.777778 and 11.11111. */
		static const size_t clusters[] = { 0, 1, 2, 2, 2, 3, 3 };
		for (int i = 0; i < 7; i++) assert_int_equal(p[i].clusters, clusters[i]);
	}
}

/* Concave, increasing, I(T;Y) <= I(X;T), and the slope at a point is 1 / beta. */
static void shape(void **state)
{
	struct vt_ctx *ctx = *state;
	const double xx[] = { 1, 0.3, 0.3, 1 }, yy = 1, xy[] = { 0.7, -0.2 };
	double beta[400];
	struct vt_ib_point p[400];
	for (int i = 0; i < 400; i++) beta[i] = exp(0.02 * i);
	OK(ctx, vt_gaussian_ib_curve(ctx, table(xx, 2, 2), table(xy, 2, 1), table(&yy, 1, 1), 400, beta, p, NULL));
	for (int i = 1; i < 400; i++) {
		double dx = p[i].i_xt - p[i - 1].i_xt, dy = p[i].i_ty - p[i - 1].i_ty;
		assert_true(dx >= 0 && dy >= 0 && p[i].i_ty <= p[i].i_xt);
		if (p[i - 1].i_xt > 0) assert_true(dy / dx <= 1 / beta[i - 1] && dy / dx >= 1 / beta[i]);
	}
}

/* The same law on a grid, solved by iteration: sums over a grid of Gaussians are integrals to
 * many digits as long as the grid reaches far enough. */
static void against_cells(void **state)
{
	enum { N = 20 };
	struct vt_ctx *ctx = *state;
	const double rho = 0.8, one = 1, beta[] = { 2, 3 };
	double p[N * N], sum = 0;
	struct vt_ib_point smooth[2], cells[2];
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++) {
			double x = (i - (N - 1) / 2.0) / 2.2, y = (j - (N - 1) / 2.0) / 2.2;
			p[i * N + j] = exp(-(x * x - 2 * rho * x * y + y * y) / (2 * (1 - rho * rho)));
			sum += p[i * N + j];
		}
	for (int i = 0; i < N * N; i++) p[i] /= sum;
	OK(ctx, vt_gaussian_ib_curve(ctx, table(&one, 1, 1), table(&rho, 1, 1), table(&one, 1, 1), 2, beta, smooth, NULL));
	OK(ctx, vt_ib_curve(ctx, table(p, N, N), NULL, 2, beta, cells));
	for (int i = 0; i < 2; i++) {
		WITHIN(cells[i].i_xt, smooth[i].i_xt, 1e-4);
		WITHIN(cells[i].i_ty, smooth[i].i_ty, 1e-4);
	}
}

static void refusals(void **state)
{
	struct vt_ctx *ctx = *state;
	const double one = 1, beta = 2, equal = 1, singular[] = { 1, 1, 1, 1 }, wide[] = { 0.1, 0.1 }, zero = 0;
	struct vt_ib_point p = { .beta = -7 };
	double beta_c;
	struct vt_mat scalar = table(&one, 1, 1);
	assert_int_equal(vt_gaussian_ib_curve(ctx, scalar, table(&equal, 1, 1), scalar, 1, &beta, &p, NULL), VT_EDOMAIN);
	assert_non_null(strstr(vt_ctx_trail(ctx), "infinite"));
	assert_int_equal(vt_gaussian_ib_curve(ctx, table(singular, 2, 2), table(wide, 2, 1), scalar, 1, &beta, &p, NULL),
	                 VT_EDOMAIN);
	assert_non_null(strstr(vt_ctx_trail(ctx), "not positive definite"));
	assert_int_equal(vt_gaussian_ib_curve(ctx, scalar, table(wide, 2, 1), scalar, 1, &beta, &p, NULL), VT_EDOMAIN);
	assert_true(p.beta == -7);
	OK(ctx, vt_gaussian_ib_curve(ctx, scalar, table(&zero, 1, 1), scalar, 1, &beta, &p, &beta_c));
	assert_true(isinf(beta_c) && p.i_xt == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_dimension), cmocka_unit_test(three_dimensions), cmocka_unit_test(shape),
		cmocka_unit_test(against_cells), cmocka_unit_test(refusals),
	};
	return cmocka_run_group_tests(tests, context_create, context_free);
}
