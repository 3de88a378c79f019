/* Products by our own kernels against sums in long double: every shape of edge, plain and transposed, packed and not.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "venturi.h"

enum { MOST = 75, ROOM = 160, GUARD = -77 };

struct made {
	float a[MOST * ROOM], b[(MOST + 1) * ROOM], c[MOST * ROOM], panels[ROOM * MOST];
};

static void fill(struct made *d, uint64_t seed)
{
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, 0);
	for (size_t i = 0; i < MOST * ROOM; i++) d->a[i] = (float)vt_rng_normal(&r);
	for (size_t i = 0; i < (MOST + 1) * ROOM; i++) d->b[i] = (float)vt_rng_normal(&r);
	for (size_t i = 0; i < MOST * ROOM; i++) d->c[i] = GUARD;
}

/* What c should be at (i, j), without the start. */
static double wanted(const struct made *d, bool ta, size_t k, size_t i, size_t j, bool tb)
{
	long double sum = 0;
	for (size_t t = 0; t < k; t++)
		sum += (long double)(ta ? d->a[t * ROOM + i] : d->a[i * ROOM + t]) * (tb ? d->b[j * ROOM + t] : d->b[t * ROOM + j]);
	return (double)sum;
}

static void one_shape(struct made *d, size_t m, size_t n, size_t k, unsigned how)
{
	bool ta = how & 1, tb = how & 2, panels = tb || (how & 4), bias = how & 8;
	float start[MOST];
	for (size_t j = 0; j < MOST; j++) start[j] = (float)j;
	fill(d, m * 10000 + n * 100 + k);
	if (panels) vt_panels_pack_f32(tb, k, n, d->b, ROOM, d->panels);
	vt_product_f32(&(struct vt_product){ .kernels = vt_kernels_here(), .m = m, .n = n, .k = k, .ta = ta, .panels = panels,
		.lda = ROOM, .ldb = ROOM, .ldc = ROOM, .a = d->a, .b = panels ? d->panels : d->b, .c = d->c,
		.start = bias ? start : NULL });
	for (size_t i = 0; i < m; i++) {
		for (size_t j = 0; j < n; j++) {
			double value = wanted(d, ta, k, i, j, tb) + (bias ? start[j] : 0);
			if (!(fabs(d->c[i * ROOM + j] - value) <= 2e-5 * sqrt((double)k + 1) + 1e-6 * fabs(value)))
				fail_msg("%zu x %zu x %zu, way %u: c[%zu,%zu] = %g, wanted %g", m, n, k, how, i, j,
				         (double)d->c[i * ROOM + j], value);
		}
		for (size_t j = n; j < ROOM; j++) assert_true(d->c[i * ROOM + j] == GUARD); /* nothing beyond n */
	}
}

static void products_are_sums(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 5, 8, 11, 12, 13, 16, 17, 25, 31, 32, 33, 48, 65, 75 };
	struct made *d = malloc(sizeof *d);
	const size_t n_sizes = sizeof sizes / sizeof *sizes;
	(void)state;
	for (size_t i = 0; i < n_sizes; i++)
		for (size_t j = 0; j < n_sizes; j++)
			for (unsigned how = 0; how < 16; how++) one_shape(d, sizes[i], sizes[j], sizes[(i + 3 * j + how) % n_sizes], how);
	free(d);
}

/* The general door, with depths beyond a panel's. */
static void general_products(void **state)
{
	enum { M = 37, N = 45, K = 1100 };
	float *a = calloc(M * K, sizeof *a), *b = calloc(K * N, sizeof *b), *c = calloc(M * N, sizeof *c);
	struct vt_rng r = vt_rng_stream(3, VT_PURPOSE_DATASET, 0);
	(void)state;
	for (size_t i = 0; i < M * K; i++) a[i] = (float)vt_rng_normal(&r);
	for (size_t i = 0; i < K * N; i++) b[i] = (float)vt_rng_normal(&r);
	for (int way = 0; way < 4; way++) {
		bool ta = way & 1, tb = way & 2;
		for (size_t i = 0; i < M * N; i++) c[i] = 1;
		vt_gemm_f32(ta, tb, M, N, K, 1, a, ta ? M : K, b, tb ? K : N, 1, c, N);
		for (size_t i = 0; i < M; i++)
			for (size_t j = 0; j < N; j++) {
				double sum = 1;
				for (size_t t = 0; t < K; t++)
					sum += (double)(ta ? a[t * M + i] : a[i * K + t]) * (double)(tb ? b[j * K + t] : b[t * N + j]);
				assert_true(fabs(sum - c[i * N + j]) < 1e-3);
			}
	}
	free(a);
	free(b);
	free(c);
}

/* How rows are cut into calls changes no bit: shards rely on it. */
static void rows_do_not_depend_on_the_cut(void **state)
{
	struct made *d = malloc(sizeof *d);
	float whole[MOST * ROOM];
	(void)state;
	fill(d, 5);
	vt_panels_pack_f32(false, 50, 40, d->b, ROOM, d->panels);
	struct vt_product p = { .kernels = vt_kernels_here(), .m = 61, .n = 40, .k = 50, .panels = true, .lda = ROOM,
		                .ldc = ROOM, .a = d->a, .b = d->panels, .c = d->c };
	vt_product_f32(&p);
	memcpy(whole, d->c, sizeof whole);
	p.m = 7;
	vt_product_f32(&p);
	p.m = 54;
	p.a = d->a + 7 * ROOM;
	p.c = d->c + 7 * ROOM;
	vt_product_f32(&p);
	assert_memory_equal(whole, d->c, sizeof whole);
	free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(products_are_sums),
		cmocka_unit_test(general_products),
		cmocka_unit_test(rows_do_not_depend_on_the_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
