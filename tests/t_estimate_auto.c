/* auto, the copulas it trusts, its p-value and the calibration.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "venturi.h"
#include "venturi/estimate.h"
#include "venturi/rng.h"

enum { MOST = 2000, WIDEST = 6 };

struct sample {
	size_t n, d;
	double x[MOST * WIDEST], y[MOST * WIDEST];
};

/* d pairs, the first `pairs` of correlation rho; all rows divided by one root of chi-square / nu, nu whole,
 * 0: normal. */
static void draw(struct sample *s, size_t n, size_t d, size_t pairs, double rho, int nu, uint64_t seed)
{
	struct vt_rng rng = vt_rng_stream(seed, VT_PURPOSE_DATASET, 0);
	s->n = n;
	s->d = d;
	for (size_t i = 0; i < n; i++) {
		double square = 0;
		for (int k = 0; k < nu; k++) {
			double z = vt_rng_normal(&rng);
			square += z * z;
		}
		double scale = nu > 0 ? 1 / sqrt(square / nu) : 1;
		for (size_t c = 0; c < d; c++) {
			double a = vt_rng_normal(&rng), b = vt_rng_normal(&rng), r = c < pairs ? rho : 0;
			s->x[i * d + c] = scale * a;
			s->y[i * d + c] = scale * (r * a + sqrt(1 - r * r) * b);
		}
	}
}

/* Turns the plane (0, 1) of each row by |v|^2 / d: the map has an inverse, information stays. */
static void spiral(double *v, size_t n, size_t d)
{
	for (size_t i = 0; i < n; i++) {
		double square = 0, a = v[i * d], b = v[i * d + 1];
		for (size_t c = 0; c < d; c++) square += v[i * d + c] * v[i * d + c];
		v[i * d] = cos(square / (double)d) * a - sin(square / (double)d) * b;
		v[i * d + 1] = sin(square / (double)d) * a + cos(square / (double)d) * b;
	}
}

static struct vt_pair pair_of(const struct sample *s)
{
	return (struct vt_pair){ .x = { s->x, s->n, s->d, s->d }, .y = { s->y, s->n, s->d, s->d } };
}

static struct vt_estimated estimate(const char *name, const struct vt_pair *p, bool calibrate, int threads)
{
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_chosen chosen = { 0 };
	struct vt_estimated e;
	vt_ctx_set_threads(ctx, threads);
	assert_int_equal(vt_chosen_parse(ctx, &vt_registry, "estimate", name, &chosen), VT_OK);
	enum vt_status status = vt_estimate_pair(ctx, &chosen, p, &e);
	if (status == VT_OK && calibrate) status = vt_estimate_calibrate(ctx, &chosen, p, &e);
	if (status != VT_OK) print_error("%s: %s\n", name, vt_ctx_trail(ctx));
	assert_int_equal(status, VT_OK);
	vt_chosen_clear(&chosen);
	vt_ctx_free(ctx);
	return e;
}

static void near(const char *what, double found, double wanted, double within)
{
	if (fabs(found - wanted) <= within) return;
	print_error("%s: %.4f, wanted %.4f +- %.4f\n", what, found, wanted, within);
	fail();
}

/* - ln(1 - rho^2) / 2 a pair */
static double normal_information(size_t pairs, double rho)
{
	return -0.5 * (double)pairs * log1p(-rho * rho);
}

static void test_copula_takes_any_margins(void **state)
{
	struct sample *s = test_malloc(sizeof *s);
	(void)state;
	draw(s, MOST, 5, 2, 0.8, 0, 1);
	struct vt_pair p = pair_of(s);
	struct vt_estimated plain = estimate("copula", &p, false, 1);
	near("copula, 5+5", plain.mi, normal_information(2, 0.8), 4 * plain.se);
	assert_int_equal(plain.flags, 0);
	for (size_t i = 0; i < s->n * s->d; i++) {
		s->x[i] = exp(s->x[i]);
		s->y[i] = s->y[i] * s->y[i] * s->y[i];
	}
	struct vt_estimated mapped = estimate("copula", &p, false, 1);
	assert_memory_equal(&plain.mi, &mapped.mi, sizeof plain.mi);
	test_free(s);
}

/* Entropies of the t law: I = 0.29854 for 5+5, nu = 3; 0.43195 for 2+2, nu = 1 (Czyz et al. 2023, table of tasks). */
static void test_student_tails(void **state)
{
	struct sample *s = test_malloc(sizeof *s);
	(void)state;
	draw(s, MOST, 5, 0, 0, 3, 2);
	struct vt_pair p = pair_of(s);
	struct vt_estimated e = estimate("student", &p, false, 1), c = estimate("copula", &p, false, 1);
	near("student, 5+5, nu 3", e.mi, 0.29854, 4 * e.se);
	assert_true(c.flags & VT_OUT_OF_REGIME); /* about 0, and says that it is wrong */
	draw(s, MOST, 2, 0, 0, 1, 3);
	p = pair_of(s);
	e = estimate("student", &p, false, 1);
	near("student, 2+2, nu 1", e.mi, 0.43195, 4 * e.se);
	test_free(s);
}

static void test_auto_chooses(void **state)
{
	struct sample *s = test_malloc(sizeof *s);
	(void)state;
	draw(s, 990, 5, 2, 0.8, 0, 4);
	struct vt_pair p = pair_of(s);
	struct vt_estimated e = estimate("auto", &p, false, 2);
	assert_string_equal(e.chosen, "copula");
	near("auto, 5+5", e.mi, normal_information(2, 0.8), 4 * e.se);
	draw(s, 990, 3, 0, 0, 2, 5);
	p = pair_of(s);
	e = estimate("auto", &p, false, 2);
	assert_string_equal(e.chosen, "student");
	near("auto, Student 3+3, nu 2", e.mi, 0.29092, 4 * e.se);
	draw(s, 500, 3, 2, 0.8, 0, 6);
	spiral(s->x, s->n, s->d);
	p = pair_of(s);
	e = estimate("auto", &p, false, 2);
	assert_true(e.flags & VT_OUT_OF_REGIME);
	assert_int_equal(e.bound, VT_LOWER);
	assert_true(e.mi < normal_information(2, 0.8) + 4 * e.se);
	test_free(s);
}

/* A circle has no correlation of any kind; y = x^2 none that is linear. */
static void test_auto_sees_other_shapes(void **state)
{
	struct sample *s = test_malloc(sizeof *s);
	struct vt_rng rng = vt_rng_stream(7, VT_PURPOSE_DATASET, 0);
	(void)state;
	draw(s, MOST, 1, 0, 0, 0, 7);
	for (size_t i = 0; i < s->n; i++) s->y[i] = s->x[i] * s->x[i] + 0.3 * vt_rng_normal(&rng);
	struct vt_pair p = pair_of(s);
	p.n_null = 19;
	struct vt_estimated e = estimate("auto", &p, false, 1);
	assert_string_equal(e.chosen, "ksg");
	assert_true(e.mi > 0.7);
	near("p of a parabola", e.null_p, 0.05, 1e-12);
	test_free(s);
}

static void test_auto_invariance(void **state)
{
	struct sample *s = test_malloc(sizeof *s), *t = test_malloc(sizeof *t);
	(void)state;
	draw(s, 900, 3, 1, 0.6, 4, 8); /* too few rows for a critic */
	*t = *s;
	for (size_t i = 0; i < s->n; i++)
		for (size_t c = 0; c < 3; c++) { /* rows backwards, columns turned, other units */
			t->x[(s->n - 1 - i) * 3 + (c + 1) % 3] = 1e6 * s->x[i * 3 + c];
			t->y[(s->n - 1 - i) * 3 + (c + 2) % 3] = 1e-6 * s->y[i * 3 + c];
		}
	struct vt_pair p = pair_of(s), q = pair_of(t), swapped = p;
	swapped.x = p.y;
	swapped.y = p.x;
	struct vt_estimated a = estimate("auto", &p, false, 1), b = estimate("auto", &q, false, 1);
	struct vt_estimated c = estimate("auto", &swapped, false, 3);
	near("rows, columns, units", b.mi, a.mi, 1e-9);
	assert_memory_equal(&a.mi, &c.mi, sizeof a.mi); /* symmetry and threads, bit by bit */
	test_free(s);
	test_free(t);
}

/* Kolmogorov's distance of p-values of independent data from the uniform law: 1 % at 1.63 / sqrt(m). */
static void test_auto_p_is_uniform(void **state)
{
	enum { SEEDS = 200, ORDERS = 39 };
	struct sample *s = test_malloc(sizeof *s);
	double worst = 0, below[ORDERS + 2] = { 0 };
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		draw(s, 60, 1, 0, 0, 0, 100 + seed);
		struct vt_pair p = pair_of(s);
		p.n_null = ORDERS;
		p.seed = seed;
		double at = estimate("auto", &p, false, 1).null_p * (ORDERS + 1);
		for (size_t k = (size_t)lrint(at); k <= ORDERS + 1; k++) below[k] += 1.0 / SEEDS;
	}
	for (size_t k = 1; k <= ORDERS + 1; k++) worst = fmax(worst, fabs(below[k] - (double)k / (ORDERS + 1)));
	near("distance from uniform", worst, 0, 1.63 / sqrt(SEEDS));
	test_free(s);
}

static void test_calibration_removes_bias(void **state)
{
	struct sample *s = test_malloc(sizeof *s);
	(void)state;
	for (uint64_t seed = 0; seed < 2; seed++) {
		draw(s, 500, 5, 2, 0.8, seed ? 2 : 0, 20 + seed);
		double truth = seed ? normal_information(2, 0.8) + 0.44815 : normal_information(2, 0.8);
		struct vt_pair p = pair_of(s);
		struct vt_estimated e = estimate("ksg:k=5", &p, true, 2);
		if (!(fabs(e.calibrated - truth) < 0.7 * fabs(e.mi - truth)))
			print_error("raw %.3f, calibrated %.3f, truth %.3f\n", e.mi, e.calibrated, truth);
		assert_true(fabs(e.calibrated - truth) < 0.7 * fabs(e.mi - truth));
	}
	/* a good estimate stays good */
	draw(s, 1000, 1, 1, 0.7, 0, 22);
	struct vt_pair p = pair_of(s);
	struct vt_estimated e = estimate("ksg", &p, true, 2);
	assert_true(fabs(e.calibrated - e.mi) < 0.05);
	test_free(s);
}

static void test_calibration_of_tables(void **state)
{
	struct sample *s = test_malloc(sizeof *s);
	struct vt_rng rng = vt_rng_stream(30, VT_PURPOSE_DATASET, 0);
	(void)state;
	s->n = 1000;
	s->d = 1;
	for (size_t i = 0; i < s->n; i++) { /* independent, 20 x 20: the plug-in finds 0.18 nat of bias */
		s->x[i] = (double)vt_rng_below(&rng, 20);
		s->y[i] = (double)vt_rng_below(&rng, 20);
	}
	struct vt_pair p = pair_of(s);
	p.discrete_x = p.discrete_y = true;
	struct vt_estimated e = estimate("plug-in", &p, true, 1);
	assert_true(e.mi > 0.12);
	near("calibrated plug-in", e.calibrated, 0, 0.05);
	test_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copula_takes_any_margins), cmocka_unit_test(test_student_tails),
		cmocka_unit_test(test_auto_chooses), cmocka_unit_test(test_auto_sees_other_shapes),
		cmocka_unit_test(test_auto_invariance), cmocka_unit_test(test_auto_p_is_uniform),
		cmocka_unit_test(test_calibration_removes_bias), cmocka_unit_test(test_calibration_of_tables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
