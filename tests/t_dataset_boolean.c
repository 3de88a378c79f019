/* Boolean functions and slabs: what is known about them, against plain loops over their rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "dataset_open.h"
#include "venturi/value.h"

static double coin_bits(double p)
{
	return p <= 0 || p >= 1 ? 0 : -p * log2(p) - (1 - p) * log2(1 - p);
}

/* Label of a row as the words say it, bits from the columns. */
static int parity_of(const struct vt_dataset *d, size_t row, size_t k)
{
	int odd = 0;
	for (size_t j = 0; j < k; j++) odd ^= d->x[row * d->n_inputs + j] > 0;
	return odd;
}

static void words_ascend(void **state)
{
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_dataset *d = dataset(ctx, "boolean:bits=5,function=parity", 1);
	struct vt_dataset *s = dataset(ctx, "boolean:bits=5,coding=sign", 1);
	(void)state;
	assert_int_equal(d->n, 32);
	assert_true(d->enumerated && d->n_train == 32 && d->n_test == 0);
	for (size_t i = 0; i < 32; i++)
		for (size_t k = 0; k < 5; k++) {
			assert_true(d->x[i * 5 + k] == (i >> (4 - k) & 1));
			assert_true(s->x[i * 5 + k] == 2 * d->x[i * 5 + k] - 1);
		}
	vt_dataset_close(d);
	vt_dataset_close(s);
	vt_ctx_free(ctx);
}

/* I(X;Y) = H(Y) - H(noise); a parity's label is a fair coin, its law sums to 1. */
static void parity_information(void **state)
{
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_dataset *d = dataset(ctx, "boolean:bits=6,function=parity,order=4,noise=0.1", 1);
	(void)state;
	WITHIN(d->i_xy * VT_BITS_PER_NAT, 1 - coin_bits(0.1), 1e-12);
	double sum = 0;
	for (size_t i = 0; i < 64; i++) {
		sum += d->law[2 * i] + d->law[2 * i + 1];
		WITHIN(d->law[2 * i + (size_t)parity_of(d, i, 4)], 0.9 / 64, 1e-15);
	}
	WITHIN(sum, 1, 1e-12);
	vt_dataset_close(d);
	d = dataset(ctx, "boolean:bits=40,function=parity,order=3,noise=0.25,n_train=40000,n_test=0", 1);
	WITHIN(d->i_xy * VT_BITS_PER_NAT, 1 - coin_bits(0.25), 1e-12);
	size_t flipped = 0;
	for (size_t i = 0; i < d->n; i++) flipped += d->label[i] != parity_of(d, i, 3);
	WITHIN((double)flipped / 40000, 0.25, 4 * sqrt(0.25 * 0.75 / 40000));
	assert_null(d->law);
	assert_false(d->enumerated);
	vt_dataset_close(d);
	vt_ctx_free(ctx);
}

/* Closed shares beyond 20 bits agree with what is counted in samples, and at 20 bits and below everything is
 * counted. */
static void shares_of_ones(void **state)
{
	static const char *const text[] = { "boolean:bits=31,function=majority,n_train=20000,n_test=0",
		                            "boolean:bits=32,function=majority,n_train=20000,n_test=0",
		                            "boolean:bits=24,function=staircase,order=4,n_train=20000,n_test=0",
		                            "boolean:bits=9,function=staircase,order=3,n_train=20000,n_test=0" };
	/* C(32,16) / 2^32 = 0.13995; a walk of 4 steps is at 0 with 6/16; odd walks never are. */
	static const double wanted[] = { 0.5, 0.430025, 0.3125, 0.5 };
	struct vt_ctx *ctx = vt_ctx_create();
	(void)state;
	for (size_t k = 0; k < 4; k++) {
		struct vt_dataset *d = dataset(ctx, text[k], 3);
		double ones = 0;
		for (size_t i = 0; i < d->n; i++) ones += d->label[i] / (double)d->n;
		WITHIN(ones, wanted[k], 4 * sqrt(0.25 / 20000));
		WITHIN(d->i_xy * VT_BITS_PER_NAT, coin_bits(wanted[k]), 1e-5);
		vt_dataset_close(d);
	}
	vt_ctx_free(ctx);
}

static void staircase_is_its_sum(void **state)
{
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_dataset *d = dataset(ctx, "boolean:bits=4,function=staircase,order=3,coding=sign", 1);
	(void)state;
	for (size_t i = 0; i < 16; i++) {
		const double *x = d->x + 4 * i;
		assert_int_equal(d->label[i], x[0] + x[0] * x[1] + x[0] * x[1] * x[2] > 0);
	}
	vt_dataset_close(d);
	vt_ctx_free(ctx);
}

static void tables_and_targets(void **state)
{
	static const int wanted[] = { 1, 0, 1, 0, 0, 1, 0, 1 }; /* a5 */
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_dataset *d = dataset(ctx, "boolean:bits=3,function=table,table=A5,targets=sign", 1);
	(void)state;
	assert_null(d->label);
	for (size_t i = 0; i < 8; i++) assert_true(d->target[i] == 2 * wanted[i] - 1);
	vt_dataset_close(d);
	REFUSED(ctx, "boolean:bits=3,function=table,table=a5f", VT_ECONFIG, "3 digits", "need 2");
	REFUSED(ctx, "boolean:bits=3,function=table,table=ag", VT_ECONFIG, "'g' at place 1");
	REFUSED(ctx, "boolean:bits=3,function=table", VT_ECONFIG, "2^3 labels in 2");
	REFUSED(ctx, "boolean:bits=3,function=parity,order=4", VT_ECONFIG, "order = 4 of 3 bits");
	REFUSED(ctx, "boolean:bits=21", VT_ECONFIG, "2^21", "n_train");
	vt_ctx_free(ctx);
}

/* The bits that count move with the seed; a random function is half ones and another one for another seed. */
static void seeds(void **state)
{
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_dataset *a = dataset(ctx, "boolean:bits=12", 1), *b = dataset(ctx, "boolean:bits=12", 2);
	size_t ones = 0, equal = 0, moved = 0;
	(void)state;
	for (size_t i = 0; i < 4096; i++) {
		ones += a->label[i] != 0;
		equal += a->label[i] == b->label[i];
	}
	WITHIN(ones / 4096.0, 0.5, 4 * 0.5 / 64);
	WITHIN(equal / 4096.0, 0.5, 4 * 0.5 / 64);
	vt_dataset_close(a);
	vt_dataset_close(b);
	a = dataset(ctx, "boolean:bits=12,function=parity,place=drawn", 1);
	b = dataset(ctx, "boolean:bits=12,function=parity,place=drawn", 2);
	for (size_t i = 0; i < 4096; i++) moved += a->label[i] != b->label[i];
	assert_int_equal(moved, 2048);
	vt_dataset_close(a);
	vt_dataset_close(b);
	vt_ctx_free(ctx);
}

/* Which of k slabs of width w, 2 margin apart, x lies in; -1: none. */
static int slab_of(double x, int k, double margin)
{
	double width = (2 - 2 * margin * (k - 1)) / k, pitch = width + 2 * margin;
	int j = (int)lround(fabs(x) / pitch);
	return fabs(fabs(x) - j * pitch) <= width / 2 + 1e-9 && j <= k / 2 ? j : -1;
}

static void slabs_keep_their_margins(void **state)
{
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_dataset *d =
		dataset(ctx, "slabs:linear=1,slabs=[3,5,7],counts=[2,2,2],rotate=false,n_train=4000,n_test=1000", 5);
	double centre[3] = { 0 }, zeros = 0;
	(void)state;
	assert_int_equal(d->n_inputs, 7);
	assert_int_equal(d->n_test, 1000);
	WITHIN(d->i_xy * VT_BITS_PER_NAT, 1, 1e-12);
	for (size_t i = 0; i < d->n; i++) {
		const double *x = d->x + 7 * i;
		int y = d->label[i];
		assert_true((x[0] > 0) == (y == 1) && fabs(x[0]) >= 0.1 && fabs(x[0]) <= 1);
		for (int c = 0; c < 6; c++) {
			int slab = slab_of(x[1 + c], 3 + c / 2 * 2, 0.1);
			if (slab < 0 || slab % 2 != y)
				fail_msg("row %zu, coordinate %d: %g is in slab %d, label %d", i, c, x[1 + c], slab, y);
			centre[c / 2] += slab == 0 ? 0.5 : 0;
		}
		zeros += y == 0;
	}
	/* Of label 0, all, 3/4 and 1/2 are in the centre. */
	WITHIN(centre[0] / zeros, 1, 1e-12);
	WITHIN(centre[1] / zeros, 0.75, 0.03);
	WITHIN(centre[2] / zeros, 0.5, 0.03);
	WITHIN(zeros / 5000, 0.5, 0.03);
	vt_dataset_close(d);
	REFUSED(ctx, "slabs:slabs=[5,7]", VT_ECONFIG, "2 kinds", "1 numbers");
	REFUSED(ctx, "slabs:slabs=[4]", VT_ECONFIG, "4 slabs");
	vt_ctx_free(ctx);
}

/* Rotating back gives the coordinates that the unrotated dataset has. */
static void rotation_is_undone(void **state)
{
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_dataset *d = dataset(ctx, "slabs:counts=[9],n_train=200,n_test=0", 5);
	struct vt_dataset *z = dataset(ctx, "slabs:counts=[9],n_train=200,n_test=0,rotate=false", 5);
	(void)state;
	assert_null(z->basis);
	for (size_t a = 0; a < 10; a++)
		for (size_t b = 0; b < 10; b++) {
			double dot = 0;
			for (size_t k = 0; k < 10; k++) dot += d->basis[a * 10 + k] * d->basis[b * 10 + k];
			WITHIN(dot, a == b, 1e-14);
		}
	for (size_t i = 0; i < 200; i++)
		for (size_t a = 0; a < 10; a++) {
			double back = 0;
			for (size_t k = 0; k < 10; k++) back += d->x[i * 10 + k] * d->basis[a * 10 + k];
			WITHIN(back, z->x[i * 10 + a], 1e-13);
		}
	vt_dataset_close(d);
	vt_dataset_close(z);
	vt_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_ascend), cmocka_unit_test(parity_information), cmocka_unit_test(shares_of_ones),
		cmocka_unit_test(staircase_is_its_sum), cmocka_unit_test(tables_and_targets), cmocka_unit_test(seeds),
		cmocka_unit_test(slabs_keep_their_margins), cmocka_unit_test(rotation_is_undone),
	};
	return cmocka_run_group_tests_name("datasets boolean and slabs", tests, NULL, NULL);
}
