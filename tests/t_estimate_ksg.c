/* KSG 1 and 2 against their definition by plain loops, their laws, and what they say of data that they cannot take.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "venturi.h"

enum { SEED = 90125, MOST = 1200, WIDEST = 8 };

struct data {
	size_t n, dx, dy;
	double x[MOST * WIDEST], y[MOST * WIDEST];
};

/* Columns of y are rho times those of x and noise. */
static void fill(struct data *d, size_t n, size_t dx, size_t dy, double rho, uint64_t seed)
{
	struct vt_rng r = vt_rng_stream(SEED, VT_PURPOSE_DATASET, seed);
	*d = (struct data){ .n = n, .dx = dx, .dy = dy };
	for (size_t i = 0; i < n; i++) {
		for (size_t c = 0; c < dx; c++) d->x[i * dx + c] = vt_rng_normal(&r);
		for (size_t c = 0; c < dy; c++)
			d->y[i * dy + c] = (c < dx ? rho * d->x[i * dx + c] : 0) + sqrt(1 - rho * rho) * vt_rng_normal(&r);
	}
}

static struct vt_pair pair_of(const struct data *d)
{
	return (struct vt_pair){ .x = { d->x, d->n, d->dx, d->dx }, .y = { d->y, d->n, d->dy, d->dy }, .seed = SEED };
}

static struct vt_estimated run(struct vt_ctx *ctx, const char *settings, const struct vt_pair *in)
{
	struct vt_chosen chosen = { 0 };
	struct vt_estimated e = { 0 };
	if (vt_chosen_parse(ctx, &vt_registry, "estimate", settings, &chosen) != VT_OK ||
	    vt_estimate_pair(ctx, &chosen, in, &e) != VT_OK)
		fail_msg("%s: %s", settings, vt_ctx_trail(ctx));
	vt_chosen_clear(&chosen);
	return e;
}

/* ---- the definition ------------------------------------------------------------------ */

static double distance(const struct vt_mat *m, size_t i, size_t j)
{
	double most = 0;
	for (size_t c = 0; c < m->cols; c++)
		most = fmax(most, fabs(m->x[i * m->stride + c] - m->x[j * m->stride + c]));
	return most;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Kraskov et al. 2004, equations 8 and 9. */
static double definition(const struct vt_pair *p, size_t k, bool rectangle)
{
	static double joint[MOST], sorted[MOST], x[MOST], y[MOST];
	size_t n = p->x.rows;
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		size_t m = 0, nx = 0, ny = 0;
		double ex = 0, ey = 0;
		for (size_t j = 0; j < n; j++) {
			x[j] = distance(&p->x, i, j);
			y[j] = distance(&p->y, i, j);
			joint[j] = fmax(x[j], y[j]);
			if (j != i) sorted[m++] = joint[j];
		}
		qsort(sorted, m, sizeof *sorted, ascending);
		for (size_t j = 0; j < n; j++)
			if (j != i && joint[j] <= sorted[k - 1]) {
				ex = fmax(ex, x[j]);
				ey = fmax(ey, y[j]);
			}
		for (size_t j = 0; j < n; j++) {
			if (j == i) continue;
			nx += rectangle ? x[j] <= ex : x[j] < sorted[k - 1];
			ny += rectangle ? y[j] <= ey : y[j] < sorted[k - 1];
		}
		sum += rectangle ? gsl_sf_psi_int((int)nx) + gsl_sf_psi_int((int)ny)
		                 : gsl_sf_psi_int((int)nx + 1) + gsl_sf_psi_int((int)ny + 1);
	}
	return gsl_sf_psi_int((int)k) + gsl_sf_psi_int((int)n) - sum / (double)n - (rectangle ? 1 / (double)k : 0);
}

static void equals_the_definition(void **state)
{
	static const size_t dims[][2] = { { 1, 1 }, { 2, 1 }, { 3, 4 } };
	static const int ks[] = { 1, 3, 10 };
	struct data *d = malloc(sizeof *d);
	assert_non_null(d);
	for (size_t a = 0; a < 3; a++)
		for (size_t b = 0; b < 3; b++) {
			char name[64];
			fill(d, 400, dims[a][0], dims[a][1], 0.7, a);
			struct vt_pair p = pair_of(d);
			snprintf(name, sizeof name, "ksg:k=%d", ks[b]);
			assert_true(fabs(run(*state, name, &p).mi - definition(&p, (size_t)ks[b], false)) < 1e-12);
			snprintf(name, sizeof name, "ksg2:k=%d", ks[b]);
			assert_true(fabs(run(*state, name, &p).mi - definition(&p, (size_t)ks[b], true)) < 1e-12);
		}
	free(d);
}

/* ---- laws ----------------------------------------------------------------------------- */

static void same_bits(double a, double b)
{
	assert_memory_equal(&a, &b, sizeof a);
}

static void symmetric(void **state)
{
	struct data *d = malloc(sizeof *d);
	assert_non_null(d);
	for (size_t dims = 1; dims <= 3; dims++) {
		fill(d, 500, dims, 2, 0.6, 10 + dims);
		struct vt_pair p = pair_of(d), q = p;
		q.x = p.y;
		q.y = p.x;
		struct vt_estimated a = run(*state, "ksg", &p), b = run(*state, "ksg", &q);
		same_bits(a.mi, b.mi);
		same_bits(a.se, b.se);
		same_bits(run(*state, "ksg2", &p).mi, run(*state, "ksg2", &q).mi);
	}
	free(d);
}

/* Rows and columns in reverse, all numbers times a million or its inverse. */
static void invariant(void **state)
{
	struct data *d = malloc(2 * sizeof *d);
	assert_non_null(d);
	for (int turn = 0; turn < 2; turn++) {
		double scale = turn ? 1e6 : 1e-6;
		fill(d, 500, 2, 3, 0.6, 20);
		d[1] = d[0];
		for (size_t i = 0; i < 500; i++) {
			for (size_t c = 0; c < 2; c++) d[1].x[i * 2 + c] = scale * d->x[(499 - i) * 2 + 1 - c];
			for (size_t c = 0; c < 3; c++) d[1].y[i * 3 + c] = scale * d->y[(499 - i) * 3 + 2 - c];
		}
		struct vt_pair p = pair_of(&d[0]), q = pair_of(&d[1]);
		assert_true(fabs(run(*state, "ksg", &p).mi - run(*state, "ksg", &q).mi) < 1e-9);
		assert_true(fabs(run(*state, "ksg2", &p).mi - run(*state, "ksg2", &q).mi) < 1e-9);
	}
	free(d);
}

/* The null is the estimate of permuted rows, by either method: what the search for all of them at once gives is
 * what one search for each gives. */
static void null_is_the_estimate_of_permuted_rows(void **state)
{
	struct data *d = malloc(sizeof *d);
	assert_non_null(d);
	for (size_t dims = 1; dims <= 4; dims++) {
		fill(d, 300, dims, dims + 1, 0.5, 30 + dims);
		struct vt_pair p = pair_of(d);
		p.n_null = 9;
		struct vt_estimated brute = run(*state, "ksg:method=brute", &p), sweep = run(*state, "ksg:method=sweep", &p);
		assert_true(fabs(brute.null_mean - sweep.null_mean) < 1e-12);
		assert_true(brute.null_p == sweep.null_p);
		brute = run(*state, "ksg2:method=brute", &p);
		sweep = run(*state, "ksg2:method=sweep", &p);
		assert_true(fabs(brute.null_mean - sweep.null_mean) < 1e-12);
	}
	free(d);
}

/* ---- flags ------------------------------------------------------------------------------ */

static void says_what_is_wrong(void **state)
{
	struct data *d = malloc(sizeof *d);
	struct vt_estimated e;
	assert_non_null(d);
	fill(d, 3, 1, 1, 0.5, 40);
	struct vt_pair p = pair_of(d);
	e = run(*state, "ksg", &p);
	assert_true(isnan(e.mi) && e.flags & VT_DEGENERATE && e.reason[0]);
	fill(d, 600, 4, 5, 0.5, 41);
	p = pair_of(d);
	assert_true(run(*state, "ksg", &p).flags & VT_OUT_OF_REGIME);
	fill(d, 600, 1, 1, 0.5, 42);
	for (size_t i = 0; i < 600; i++) d->y[i] = sin(3 * d->x[i]);
	p = pair_of(d);
	assert_true(run(*state, "ksg", &p).flags & (VT_DETERMINISTIC | VT_OUT_OF_REGIME));
	for (size_t i = 0; i < 600; i++) d->y[i] = atan(d->x[i]);
	assert_true(run(*state, "ksg", &p).flags & VT_DETERMINISTIC);
	fill(d, 600, 1, 1, 0.5, 43);
	for (size_t i = 0; i < 200; i++) {
		d->x[i] = d->x[i % 40];
		d->y[i] = d->y[i % 40];
	}
	p = pair_of(d);
	e = run(*state, "ksg", &p);
	assert_true(isfinite(e.mi) && e.flags & VT_TIES);
	fill(d, 1000, 2, 2, 0.95, 44);
	p = pair_of(d);
	assert_true(run(*state, "ksg", &p).flags & VT_BIAS_DOMINATED);
	fill(d, 1000, 1, 1, 0.5, 45);
	p = pair_of(d);
	assert_int_equal(run(*state, "ksg", &p).flags, 0);
	free(d);
}

/* 1.96 errors cover -log(1 - rho^2) / 2 about as often as they should; 40 repetitions, so at least 31 of them (five
 * standard deviations below 38), and their mean length is at most 1.5 times that of the estimates' own scatter. */
static void covers(void **state)
{
	enum { TURNS = 40 };
	struct data *d = malloc(sizeof *d);
	double sum = 0, squares = 0, width = 0, truth = -0.5 * log(1 - 0.25);
	int covered = 0;
	assert_non_null(d);
	for (uint64_t t = 0; t < TURNS; t++) {
		fill(d, 500, 1, 1, 0.5, 100 + t);
		struct vt_pair p = pair_of(d);
		struct vt_estimated e = run(*state, "ksg", &p);
		sum += e.mi / TURNS;
		squares += e.mi * e.mi / TURNS;
		width += (e.hi - e.lo) / TURNS;
		covered += e.lo <= truth && truth <= e.hi;
	}
	assert_true(covered >= 31);
	assert_true(width < 1.5 * 3.92 * sqrt((squares - sum * sum) * TURNS / (TURNS - 1)));
	assert_true(width > 0.7 * 3.92 * sqrt((squares - sum * sum) * TURNS / (TURNS - 1)));
	free(d);
}

int main(void)
{
	struct vt_ctx *ctx = vt_ctx_create();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(equals_the_definition, ctx), cmocka_unit_test_prestate(symmetric, ctx),
		cmocka_unit_test_prestate(invariant, ctx),
		cmocka_unit_test_prestate(null_is_the_estimate_of_permuted_rows, ctx),
		cmocka_unit_test_prestate(says_what_is_wrong, ctx),    cmocka_unit_test_prestate(covers, ctx),
	};
	printf("seed %d\n", SEED);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	vt_ctx_free(ctx);
	return failed;
}
