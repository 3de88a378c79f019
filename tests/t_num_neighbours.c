/* Neighbour distances and counts are those of the definition, to the last bit: plain loops over all pairs against
 * both methods, all rules, ties, duplicates, outliers, tiny scales, classes, and any number of threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
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
#include "venturi/neighbours.h"

enum { SEED = 4711 };

enum shape { PLAIN, TIED, DUPLICATED, OUTLIERS, TINY, HUGE_SCALE, FAR, MIXED_SCALES, WHOLE, HEAVY, N_SHAPES };
static const char *const shape_names[] = { "plain", "30 % tied", "duplicated", "outliers", "1e-40", "1e300", "far",
                                           "mixed scales", "whole numbers", "heavy tails" };

static double draw(enum shape shape, struct vt_rng *r, size_t c)
{
	double z = vt_rng_normal(r);
	switch (shape) {
	case TIED: return vt_rng_uniform(r) < 0.3 ? 0 : z;
	case OUTLIERS: return vt_rng_uniform(r) < 0.02 ? 1e30 * z : z;
	case TINY: return 1e-40 * z;
	case HUGE_SCALE: return 1e300 * z;
	case FAR: return 1e6 + z;
	case MIXED_SCALES: return c % 2 ? z : 1e-40 * z;
	case WHOLE: return (double)vt_rng_below(r, 5);
	case HEAVY: return z / pow(vt_rng_uniform(r), 6);
	default: return z;
	}
}

struct sample {
	struct vt_neighbours_input in;
	double *x;
	int32_t *class;
};

/* n rows of spaces with d[s] columns, in one array with a column that belongs to nobody. */
static struct sample sample(enum shape shape, size_t n, size_t n_spaces, const size_t *d, size_t n_classes)
{
	struct sample s = { .in = { .n_spaces = n_spaces } };
	size_t stride = 1, first = 0;
	struct vt_rng r = vt_rng_stream(SEED, VT_PURPOSE_DATASET, n * 100 + (size_t)shape);
	for (size_t a = 0; a < n_spaces; a++) stride += d[a];
	s.x = malloc(n * stride * sizeof *s.x);
	s.class = malloc(n * sizeof *s.class);
	assert_non_null(s.x);
	assert_non_null(s.class);
	for (size_t i = 0; i < n; i++) {
		for (size_t c = 0; c < stride; c++) s.x[i * stride + c] = draw(shape, &r, c);
		if (shape == DUPLICATED && i > 0 && i % 3 == 0)
			memcpy(s.x + i * stride, s.x + vt_rng_below(&r, i) * stride, stride * sizeof *s.x);
		s.class[i] = n_classes ? (int32_t)vt_rng_below(&r, n_classes) : 0;
	}
	for (size_t a = 0; a < n_spaces; first += d[a++]) s.in.space[a] = (struct vt_mat){ s.x + first, n, d[a], stride };
	s.in.class = n_classes ? s.class : NULL;
	s.in.n_classes = n_classes;
	return s;
}

static void clear(struct sample *s)
{
	free(s->x);
	free(s->class);
}

/* ---- the definition ------------------------------------------------------------- */

static double set_distance(const struct vt_neighbours_input *in, unsigned set, size_t i, size_t j)
{
	double most = 0;
	for (size_t s = 0; s < in->n_spaces; s++)
		for (size_t c = 0; (set >> s & 1) && c < in->space[s].cols; c++) {
			const struct vt_mat *m = &in->space[s];
			double gap = fabs(m->x[i * m->stride + c] - m->x[j * m->stride + c]);
			if (gap > most) most = gap;
		}
	return most;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static size_t gather(const struct vt_neighbours_input *in, size_t i, double *joint)
{
	size_t m = 0;
	for (size_t j = 0; j < in->space[0].rows; j++)
		if (j != i && (!in->class || in->class[j] == in->class[i]))
			joint[m++] = set_distance(in, (1u << in->n_spaces) - 1, i, j);
	return m;
}

static double radius(const struct vt_neighbours_input *in, size_t i, unsigned set, double e)
{
	double most = 0;
	if (in->rule != VT_COUNT_RECTANGLE) return e;
	for (size_t j = 0; j < in->space[0].rows; j++) {
		if (j == i || (in->class && in->class[j] != in->class[i])) continue;
		if (set_distance(in, (1u << in->n_spaces) - 1, i, j) > e) continue;
		double d = set_distance(in, set, i, j);
		if (d > most) most = d;
	}
	return most;
}

static uint32_t count(const struct vt_neighbours_input *in, size_t i, unsigned set, double t)
{
	uint32_t inside = 0;
	for (size_t j = 0; j < in->space[0].rows; j++) {
		double d = set_distance(in, set, i, j);
		inside += j != i && (in->rule == VT_COUNT_WITHIN ? d < t : d <= t);
	}
	return inside;
}

static void same_row(const struct vt_neighbours_input *in, const struct vt_neighbours *out, size_t i, double *joint,
                     const char *where)
{
	size_t n = in->space[0].rows, m = gather(in, i, joint);
	qsort(joint, m, sizeof *joint, ascending);
	for (size_t a = 0; a < in->n_k; a++) {
		bool none = in->k[a] > m;
		double e = none ? NAN : joint[in->k[a] - 1], found = out->distance[a * n + i];
		uint32_t ties = 0;
		for (size_t j = 0; j < m; j++) ties += joint[j] <= e;
		if ((none ? !isnan(found) : found != e) || out->ties[a * n + i] != ties)
			fail_msg("%s: row %zu, k %zu: %.17g with %u within, not %.17g with %u", where, i, in->k[a], found,
			         out->ties[a * n + i], e, ties);
		for (size_t c = 0; c < in->n_counts; c++) {
			uint32_t want = none ? 0 : count(in, i, in->count[c], radius(in, i, in->count[c], e));
			if (out->count[(a * in->n_counts + c) * n + i] != want)
				fail_msg("%s: row %zu, k %zu, count %zu: %u, not %u", where, i, in->k[a], c,
				         out->count[(a * in->n_counts + c) * n + i], want);
		}
	}
}

/* Every `step`-th row against the definition, for both methods. */
static void compare(struct vt_ctx *ctx, struct vt_neighbours_input in, size_t step, const char *name)
{
	static const enum vt_neighbour_method methods[] = { VT_NEIGHBOURS_BRUTE, VT_NEIGHBOURS_SWEEP };
	size_t n = in.space[0].rows;
	double *joint = malloc(n * sizeof *joint);
	assert_non_null(joint);
	for (int m = 0; m < 2; m++)
		for (int rule = VT_COUNT_WITHIN; rule <= VT_COUNT_RECTANGLE; rule++) {
			struct vt_neighbours out = { 0 };
			char where[128];
			in.rule = (enum vt_count_rule)rule;
			in.method = methods[m];
			snprintf(where, sizeof where, "%s, n %zu, dimension %zu, %s, rule %d", name, n, in.space[0].cols,
			         m ? "sweep" : "brute", rule);
			if (vt_neighbours_find(ctx, &in, &out) != VT_OK) fail_msg("%s: %s", where, vt_ctx_trail(ctx));
			for (size_t i = 0; i < n; i += step) same_row(&in, &out, i, joint, where);
			vt_neighbours_clear(&out);
		}
	free(joint);
}

static void two_spaces(struct vt_neighbours_input *in, size_t n)
{
	static const size_t k[] = { 1, 3, 5, 10 };
	in->n_k = 0;
	for (size_t a = 0; a < 4 && k[a] < n; a++) in->k[in->n_k++] = k[a];
	in->n_counts = in->n_spaces;
	for (size_t s = 0; s < in->n_spaces; s++) in->count[s] = 1u << s;
}

static void equals_the_definition(void **state)
{
	static const size_t sizes[] = { 2, 12, 256, 333 };
	static const size_t dims[][2] = { { 1, 1 }, { 1, 3 }, { 2, 2 }, { 8, 9 }, { 30, 30 } };
	for (size_t a = 0; a < sizeof sizes / sizeof *sizes; a++)
		for (size_t b = 0; b < sizeof dims / sizeof *dims; b++)
			for (int shape = 0; shape < N_SHAPES; shape++) {
				struct sample s = sample((enum shape)shape, sizes[a], 2, dims[b], 0);
				two_spaces(&s.in, sizes[a]);
				compare(*state, s.in, sizes[a] < 100 ? 1 : 61, shape_names[shape]);
				clear(&s);
			}
}

static void more_rows(void **state)
{
	static const size_t dims[][2] = { { 1, 1 }, { 3, 3 } };
	for (size_t b = 0; b < 2; b++)
		for (int shape = 0; shape < N_SHAPES; shape++) {
			struct sample s = sample((enum shape)shape, 1100, 2, dims[b], 0);
			two_spaces(&s.in, 1100);
			compare(*state, s.in, 211, shape_names[shape]);
			clear(&s);
		}
}

/* Three spaces and counts in products, as conditional information wants them. */
static void products_of_spaces(void **state)
{
	static const size_t dims[] = { 1, 2, 1 };
	for (int shape = 0; shape < N_SHAPES; shape++) {
		struct sample s = sample((enum shape)shape, 300, 3, dims, 0);
		two_spaces(&s.in, 300);
		s.in.n_counts = 3;
		s.in.count[0] = 1 | 4;
		s.in.count[1] = 2 | 4;
		s.in.count[2] = 4;
		compare(*state, s.in, 7, shape_names[shape]);
		clear(&s);
	}
}

static void classes(void **state)
{
	static const size_t dims[] = { 2 };
	static const size_t many[] = { 2, 7, 150 };
	for (size_t a = 0; a < 3; a++)
		for (int shape = 0; shape < N_SHAPES; shape++) {
			struct sample s = sample((enum shape)shape, 301, 1, dims, many[a]);
			two_spaces(&s.in, 301);
			compare(*state, s.in, 3, shape_names[shape]);
			clear(&s);
		}
}

/* k beyond what short lists hold. */
static void great_k(void **state)
{
	static const size_t dims[] = { 1, 2 };
	for (int shape = 0; shape < N_SHAPES; shape++) {
		struct sample s = sample((enum shape)shape, 130, 2, dims, 0);
		s.in.n_k = 3;
		s.in.k[0] = 2;
		s.in.k[1] = 40;
		s.in.k[2] = 129;
		s.in.n_counts = 2;
		s.in.count[0] = 1;
		s.in.count[1] = 2;
		compare(*state, s.in, 3, shape_names[shape]);
		clear(&s);
	}
}

static void any_threads(void **state)
{
	static const size_t dims[] = { 2, 2 };
	struct sample s = sample(TIED, 1500, 2, dims, 3);
	two_spaces(&s.in, 1500);
	for (int m = VT_NEIGHBOURS_BRUTE; m <= VT_NEIGHBOURS_SWEEP; m++) {
		struct vt_neighbours first = { 0 };
		s.in.method = (enum vt_neighbour_method)m;
		for (int threads = 1; threads <= 3; threads++) {
			struct vt_neighbours out = { 0 };
			vt_ctx_set_threads(*state, threads);
			assert_int_equal(vt_neighbours_find(*state, &s.in, &out), VT_OK);
			if (threads == 1) {
				first = out;
				continue;
			}
			assert_memory_equal(first.distance, out.distance, 4 * 1500 * sizeof *out.distance);
			assert_memory_equal(first.ties, out.ties, 4 * 1500 * sizeof *out.ties);
			assert_memory_equal(first.count, out.count, 4 * 2 * 1500 * sizeof *out.count);
			vt_neighbours_clear(&out);
		}
		vt_neighbours_clear(&first);
	}
	clear(&s);
}

static void refuses(void **state)
{
	static const size_t dims[] = { 1, 1 };
	struct sample s = sample(PLAIN, 5, 2, dims, 0);
	struct vt_neighbours out = { 0 };
	s.in.n_k = 1;
	s.in.k[0] = 5;
	assert_int_equal(vt_neighbours_find(*state, &s.in, &out), VT_EDOMAIN);
	s.in.k[0] = 0;
	assert_int_equal(vt_neighbours_find(*state, &s.in, &out), VT_EDOMAIN);
	s.in.k[0] = 2;
	s.in.space[1].rows = 4;
	assert_int_equal(vt_neighbours_find(*state, &s.in, &out), VT_EDOMAIN);
	clear(&s);
}

int main(void)
{
	struct vt_ctx *ctx = vt_ctx_create();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(equals_the_definition, ctx), cmocka_unit_test_prestate(more_rows, ctx),
		cmocka_unit_test_prestate(products_of_spaces, ctx),    cmocka_unit_test_prestate(classes, ctx),
		cmocka_unit_test_prestate(great_k, ctx),               cmocka_unit_test_prestate(any_threads, ctx),
		cmocka_unit_test_prestate(refuses, ctx),
	};
	printf("seed %d\n", SEED);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	vt_ctx_free(ctx);
	return failed;
}
