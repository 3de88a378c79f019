/* Random streams: Philox's published answer, independence of streams, moments, unbiased
 * integers; and vector mathematics against the C library.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "venturi/num.h"
#include "venturi/rng.h"

/* Random123 1.14, kat_vectors: philox4x32 10 with counter and key 0 gives
 * 6627e8d5 e169c58d bc57ac4c 9b00dbd8.  Purpose 0 and index 0 make just that counter. */
static void philox_known_answer(void **state)
{
	static const uint32_t wanted[] = { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 };
	struct vt_rng r = vt_rng_stream(0, (enum vt_purpose)0, 0);
	(void)state;
	for (int i = 0; i < 4; i++) assert_int_equal(vt_rng_u32(&r), wanted[i]);
}

static void streams_differ(void **state)
{
	(void)state;
	struct vt_rng base = vt_rng_stream(1, VT_PURPOSE_INIT, 0), same = vt_rng_stream(1, VT_PURPOSE_INIT, 0);
	struct vt_rng other[] = { vt_rng_stream(2, VT_PURPOSE_INIT, 0), vt_rng_stream(1, VT_PURPOSE_ORDER, 0),
		                  vt_rng_stream(1, VT_PURPOSE_INIT, 1) };
	for (int i = 0; i < 100; i++) {
		uint32_t x = vt_rng_u32(&base);
		assert_int_equal(x, vt_rng_u32(&same));
		for (int k = 0; k < 3; k++) assert_true(x != vt_rng_u32(&other[k]));
	}
}

/* 5 standard errors on 10^5 draws. */
static void moments(void **state)
{
	enum { DRAWS = 100000 };
	(void)state;
	struct vt_rng r = vt_rng_stream(9, VT_PURPOSE_NOISE, 3);
	double mean = 0, square = 0, uniform = 0;
	size_t count[7] = { 0 };
	for (int i = 0; i < DRAWS; i++) {
		double x = vt_rng_normal(&r), u = vt_rng_uniform(&r);
		assert_true(u >= 0 && u < 1);
		mean += x / DRAWS;
		square += x * x / DRAWS;
		uniform += u / DRAWS;
		count[vt_rng_below(&r, 7)]++;
	}
	assert_true(fabs(mean) < 5 / sqrt(DRAWS));
	assert_true(fabs(square - 1) < 5 * sqrt(2.0 / DRAWS));
	assert_true(fabs(uniform - 0.5) < 5 * sqrt(1.0 / 12 / DRAWS));
	for (int i = 0; i < 7; i++) assert_true(fabs((double)count[i] - DRAWS / 7.0) < 5 * sqrt(DRAWS * 6 / 49.0));
}

static void shuffles_are_permutations(void **state)
{
	enum { ITEMS = 1000 };
	uint32_t item[ITEMS];
	unsigned char seen[ITEMS] = { 0 };
	struct vt_rng r = vt_rng_stream(4, VT_PURPOSE_ORDER, 1);
	size_t moved = 0;
	(void)state;
	for (uint32_t i = 0; i < ITEMS; i++) item[i] = i;
	vt_rng_shuffle(&r, item, ITEMS);
	for (uint32_t i = 0; i < ITEMS; i++) {
		assert_false(seen[item[i]]++);
		moved += item[i] != i;
	}
	assert_true(moved > ITEMS * 9 / 10);
}

/* Relative error in units of the last place of a float, 2^-23. */
static void tanh_and_exp_are_accurate(void **state)
{
	double worst_tanh = 0, worst_exp = 0;
	(void)state;
	for (int i = -1200000; i <= 1200000; i++) {
		float x = (float)i * 1e-5f, y;
		vt_tanh_f32(1, &x, &y);
		if (x != 0) worst_tanh = fmax(worst_tanh, fabs(y - tanh(x)) / fabs(tanh(x)));
		vt_exp_f32(1, &x, &y);
		worst_exp = fmax(worst_exp, fabs(y - exp(x)) / exp(x));
		if (tanhf(x) == 1.0f && x > 9.1f) {
			vt_tanh_f32(1, &x, &y);
			assert_true(y == 1.0f);
		}
	}
	assert_true(worst_tanh < 2 * 0x1p-23 && worst_exp < 2 * 0x1p-23);
	const float edge[] = { 0.0f, 8.9f, 9.2f, 1e30f, -1e30f, INFINITY, NAN, 1e-30f };
	float y[8];
	vt_tanh_f32(8, edge, y);
	assert_true(y[0] == 0 && y[1] < 1 && y[2] == 1 && y[3] == 1 && y[4] == -1 && y[5] == 1 && isnan(y[6]) &&
	            y[7] == 1e-30f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(philox_known_answer),
		cmocka_unit_test(streams_differ),
		cmocka_unit_test(moments),
		cmocka_unit_test(shuffles_are_permutations),
		cmocka_unit_test(tanh_and_exp_are_accurate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
