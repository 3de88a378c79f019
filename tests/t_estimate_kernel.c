/* renyi, hsic, kozachenko-leonenko and lnc: definitions, known answers, nulls, degenerate data, invariances.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "plain_balls.h"
#include "venturi/linear.h"

enum { SEED = 5150 };

static void near(double got, double wanted, double tolerance, const char *what)
{
	if (!(fabs(got - wanted) <= tolerance)) fail_msg("%s: %.17g, wanted %.17g within %g", what, got, wanted, tolerance);
}

/* Gaussian kernel of all rows, n x n, columns in standard deviations; of symbols 1 where they are equal. */
static double *plain_kernel(const struct vt_mat *m, bool discrete, double width)
{
	size_t n = m->rows;
	double *k = calloc(n * n, sizeof *k);
	for (size_t c = 0; c < m->cols; c++) {
		double sd = plain_deviation(m, c);
		for (size_t i = 0; i < n * n; i++)
			k[i] += pow((m->x[i / n * m->stride + c] - m->x[i % n * m->stride + c]) / sd, 2);
	}
	for (size_t i = 0; i < n * n; i++) k[i] = discrete ? k[i] == 0 : exp(-k[i] / (2 * width * width));
	return k;
}

/* ---- renyi ------------------------------------------------------------------ */

static double plain_renyi(const double *k, size_t n, double alpha)
{
	struct vt_ctx *ctx = vt_ctx_create();
	double *a = malloc(n * n * sizeof *a), *value = malloc(n * sizeof *value), sum = 0;
	for (size_t i = 0; i < n * n; i++) a[i] = k[i] / (double)n;
	assert_int_equal(vt_eigen_symmetric(ctx, a, n, value, NULL), VT_OK);
	for (size_t i = 0; i < n; i++) sum += value[i] > 0 ? pow(value[i], alpha) : 0;
	free(a);
	free(value);
	vt_ctx_free(ctx);
	return log(sum) / (1 - alpha);
}

static void check_renyi(const struct vt_pair *p, const char *settings, double width, double alpha)
{
	size_t n = p->x.rows;
	double *x = plain_kernel(&p->x, p->discrete_x, width), *y = plain_kernel(&p->y, p->discrete_y, width);
	double wanted = plain_renyi(x, n, alpha) + plain_renyi(y, n, alpha);
	for (size_t i = 0; i < n * n; i++) x[i] *= y[i];
	struct vt_estimated e = estimate_pair(settings, p);
	near(e.mi, wanted - plain_renyi(x, n, alpha), 1e-9, settings);
	assert_string_equal(e.unit, "Renyi nat");
	free(x);
	free(y);
}

static void test_renyi(void **state)
{
	struct sample s = sample_normal(70, 2, 0.7, SEED), t = sample_labels(70, 3, 2, 1, SEED, NULL);
	(void)state;
	check_renyi(&s.pair, "renyi:width=1.3", 1.3, 1.01);
	check_renyi(&s.pair, "renyi:width=0.2,alpha=2", 0.2, 2);
	check_renyi(&s.pair, "renyi", 5 * pow(70, -1.0 / 6), 1.01);
	check_renyi(&t.pair, "renyi:width=1", 1, 1.01);
	sample_clear(&s);
	sample_clear(&t);
	s = sample_normal(300, 1, 0.7, SEED); /* narrow: no 20 eigenvalues are enough */
	struct vt_estimated e = estimate_pair("renyi:width=0.01,rank=20", &s.pair);
	assert_true(isfinite(e.mi) && (e.flags & VT_OUT_OF_REGIME) && strstr(e.reason, "20 of 300 rows"));
	sample_clear(&s);
}

/* Labels alone: the kernel's eigenvalues are shares of classes, and x with itself has S(X). */
static void test_renyi_labels(void **state)
{
	struct sample s = sample_of(100, 1, 1, 0, SEED);
	double wanted = log(pow(0.5, 1.01) + pow(0.3, 1.01) + pow(0.2, 1.01)) / (1 - 1.01);
	(void)state;
	for (size_t i = 0; i < 100; i++) s.x[i] = s.y[i] = i < 50 ? 0 : i < 80 ? 1 : 2;
	s.pair.discrete_x = s.pair.discrete_y = true;
	near(estimate_pair("renyi", &s.pair).mi, wanted, 1e-10, "classes of 50, 30, 20");
	sample_clear(&s);
}

/* ---- hsic -------------------------------------------------------------------- */

/* tr(K H L H) / n^2 by its definition. */
static double plain_biased(const double *k, const double *l, size_t n)
{
	double sum = 0, *a = calloc(n * n, sizeof *a), *b = calloc(n * n, sizeof *b);
	const double *from[2] = { k, l };
	double *to[2] = { a, b };
	for (size_t m = 0; m < 2; m++)
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n; j++) { /* K H */
				double mean = 0;
				for (size_t q = 0; q < n; q++) mean += from[m][i * n + q] / (double)n;
				to[m][i * n + j] = from[m][i * n + j] - mean;
			}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) sum += a[i * n + j] * b[j * n + i];
	free(a);
	free(b);
	return sum / (double)(n * n);
}

/* Unbiased by the sum over distinct i, j, q, r: E[k l] + E[k] E[l] - 2 E[k_ij l_iq] (Gretton et al. 2008). */
static double plain_unbiased(const double *k, const double *l, size_t n)
{
	double pairs = 0, triples = 0, quads = 0, m = (double)n;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			if (j == i) continue;
			pairs += k[i * n + j] * l[i * n + j];
			for (size_t q = 0; q < n; q++) {
				if (q == i || q == j) continue;
				triples += k[i * n + j] * l[i * n + q];
				for (size_t r = 0; r < n; r++)
					if (r != i && r != j && r != q) quads += k[i * n + j] * l[q * n + r];
			}
		}
	return pairs / (m * (m - 1)) + quads / (m * (m - 1) * (m - 2) * (m - 3)) - 2 * triples / (m * (m - 1) * (m - 2));
}

static void test_hsic(void **state)
{
	struct sample s = sample_normal(30, 2, 0.7, SEED), t = sample_labels(30, 3, 2, 1, SEED, NULL);
	const struct vt_pair *pair[] = { &s.pair, &t.pair };
	(void)state;
	for (size_t a = 0; a < 2; a++) {
		double *k = plain_kernel(&pair[a]->x, pair[a]->discrete_x, 1.2), *l = plain_kernel(&pair[a]->y, false, 1.2);
		struct vt_estimated e = estimate_pair("hsic:width_x=1.2,width_y=1.2", pair[a]);
		near(e.mi, plain_biased(k, l, 30), 1e-12, "biased");
		near(estimate_pair("hsic:width_x=1.2,width_y=1.2,statistic=unbiased", pair[a]).mi, plain_unbiased(k, l, 30),
			1e-12,
		     "unbiased");
		assert_string_equal(e.unit, "1");
		free(k);
		free(l);
	}
	sample_clear(&s);
	sample_clear(&t);
}

/* The null by factors and the one over all pairs (a kernel too narrow for a factor) reject what depends and not what
 * does not; a dependence without correlation too. */
static void test_hsic_null(void **state)
{
	size_t n = 450;
	struct sample s = sample_of(n, 1, 1, 0, SEED);
	(void)state;
	for (size_t i = 0; i < n; i++) {
		s.x[i] = vt_rng_normal(&s.rng);
		s.y[i] = s.x[i] * s.x[i] + 0.5 * vt_rng_normal(&s.rng);
	}
	s.pair.n_null = 19;
	struct vt_estimated e = estimate_pair("hsic", &s.pair), narrow;
	assert_true(e.null_p == 0.05 && e.null_mean > 0 && e.null_mean < e.mi / 3);
	narrow = estimate_pair("hsic:width_x=1e-9,width_y=1e-9", &s.pair); /* the identity matrix: always the same value */
	near(narrow.mi, (double)(n - 1) / (double)(n * n), 1e-9, "identity kernels: (n - 1) / n^2");
	assert_true(narrow.null_p == 1);
	for (size_t i = 0; i < n; i++) s.y[i] = vt_rng_normal(&s.rng);
	assert_true(estimate_pair("hsic", &s.pair).null_p > 0.05);
	sample_clear(&s);
}

/* ---- kozachenko-leonenko, lnc ---------------------------------------------------- */

/* Uniform on [0, 1]^2: 0.  Normal of variance 4: ln(2 pi e 4) / 2 = 2.1120857. */
static void test_entropy(void **state)
{
	enum { N = 1500 };
	struct vt_ctx *ctx = vt_ctx_create();
	struct sample s = sample_of(N, 1, 2, 0, SEED);
	double h, se, wanted = 0;
	(void)state;
	for (size_t i = 0; i < N; i++) {
		s.x[i] = 2 * vt_rng_normal(&s.rng);
		s.y[2 * i] = vt_rng_uniform(&s.rng);
		s.y[2 * i + 1] = vt_rng_uniform(&s.rng);
	}
	assert_int_equal(vt_entropy_kozachenko_leonenko(ctx, &s.pair.x, 4, &h, &se), VT_OK);
	near(h, 2.1120857, 0.1, "normal");
	assert_true(se > 0.01 && se < 0.05);
	assert_int_equal(vt_entropy_kozachenko_leonenko(ctx, &s.pair.y, 4, &h, &se), VT_OK);
	near(h, 0, 0.15, "uniform square");
	s.pair.x.rows = 200; /* psi(n) - psi(k) + mean of ln(2 r) */
	for (size_t i = 0; i < 200; i++) {
		double d[200];
		for (size_t j = 0; j < 200; j++) d[j] = fabs(s.x[i] - s.x[j]);
		wanted += (plain_psi(200) - plain_psi(4) + log(2 * plain_nearest(d, 200, i, 4))) / 200;
	}
	assert_int_equal(vt_entropy_kozachenko_leonenko(ctx, &s.pair.x, 4, &h, &se), VT_OK);
	near(h, wanted, 1e-12, "definition");
	sample_clear(&s);
	vt_ctx_free(ctx);
}

/* -ln(1 - r^2) / 2: 0.5108256 for r = 0.8; 4.2586331 for 0.9999, which neighbours alone cannot see with 300 rows. */
static void test_strong(void **state)
{
	struct sample s = sample_normal(800, 1, 0.8, SEED), t = sample_normal(300, 1, 0.9999, SEED);
	(void)state;
	near(estimate_pair("kozachenko-leonenko", &s.pair).mi, 0.5108256, 0.15, "three entropies");
	near(estimate_pair("lnc", &s.pair).mi, 0.5108256, 0.12, "lnc where there is nothing to correct");
	near(estimate_pair("lnc", &t.pair).mi, 4.2586331, 0.4, "lnc, strong dependence");
	near(estimate_pair("lnc:alpha=1e-300", &t.pair).mi, estimate_pair("mixed:k=8", &t.pair).mi, 0.3,
		"lnc without correction");
	assert_true(estimate_pair("lnc:alpha=1e-300", &t.pair).mi < 3.9);
	sample_clear(&s);
	sample_clear(&t);
}

/* ---- all --------------------------------------------------------------------- */

static const char *const all[] = { "renyi", "hsic", "kozachenko-leonenko", "lnc" };

static void test_invariance(void **state)
{
	enum { N = 120 };
	(void)state;
	for (size_t a = 0; a < sizeof all / sizeof *all; a++) {
		struct sample s = sample_normal(N, 2, 0.6, SEED), t = sample_of(N, 2, 2, 0, SEED);
		struct vt_pair swapped = { .x = s.pair.y, .y = s.pair.x };
		double wanted = estimate_pair(all[a], &s.pair).mi;
		assert_true(estimate_pair(all[a], &swapped).mi == wanted);
		for (size_t i = 0; i < N; i++)
			for (size_t c = 0; c < 2; c++) {
				t.x[(N - 1 - i) * 2 + 1 - c] = s.x[i * 2 + c] * (c == 0 ? 1e6 : 1e-6);
				t.y[(N - 1 - i) * 2 + c] = s.y[i * 2 + c] * 1e6;
			}
		near(estimate_pair(all[a], &t.pair).mi, wanted, 1e-9, all[a]);
		sample_clear(&s);
		sample_clear(&t);
	}
}

/* A number, or a reason why there is none. */
static void test_degenerate(void **state)
{
	(void)state;
	for (size_t a = 0; a < sizeof all / sizeof *all; a++) {
		struct sample s = sample_normal(60, 1, 0.6, SEED), few = sample_normal(3, 4, 0.6, SEED);
		struct vt_estimated e = estimate_pair(all[a], &few.pair); /* n below k, and below d */
		assert_true(isfinite(e.mi) || ((e.flags & VT_DEGENERATE) && e.reason[0]));
		s.x[5] = 1e30;
		for (size_t i = 0; i < 60; i++) s.y[i] *= 1e-40;
		e = estimate_pair(all[a], &s.pair);
		assert_true(isfinite(e.mi) && isfinite(e.se));
		for (size_t i = 0; i < 60; i++) s.x[i] = s.x[i % 3], s.y[i] = s.y[i % 3]; /* every point twenty times */
		e = estimate_pair(all[a], &s.pair);
		assert_true(isfinite(e.mi) || ((e.flags & VT_DEGENERATE) && e.reason[0]));
		sample_clear(&s);
		sample_clear(&few);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_renyi),   cmocka_unit_test(test_renyi_labels), cmocka_unit_test(test_hsic),
		cmocka_unit_test(test_hsic_null), cmocka_unit_test(test_entropy),    cmocka_unit_test(test_strong),
		cmocka_unit_test(test_invariance), cmocka_unit_test(test_degenerate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
