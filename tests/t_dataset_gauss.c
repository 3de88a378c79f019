/* Gaussian classes: I(X;Y) against an anchor and against the drawn rows themselves.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "dataset_open.h"
#include "venturi/value.h"

static int setup(void **state)
{
	*state = vt_ctx_create();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	vt_ctx_free(*state);
	return 0;
}

/* Antipodal signals in Gaussian noise of deviation s are two classes 2/s apart.  The channel
 * carries 1/2 bit at Eb/N0 = 0.187 dB, s = 0.97869 (Richardson, Shokrollahi & Urbanke 2001). */
static void half_a_bit(void **state)
{
	struct vt_dataset *d = dataset(*state, "gauss:separation=2.043549,n=10", 0);
	WITHIN(d->i_xy * VT_BITS_PER_NAT, 0.5, 2e-4);
	vt_dataset_close(d);
}

static void limits(void **state)
{
	struct vt_dataset *d = dataset(*state, "gauss:separation=0,classes=5,n=10", 0);
	WITHIN(d->i_xy, 0, 1e-12);
	WITHIN(d->h_y, log(5), 1e-12);
	vt_dataset_close(d);
	d = dataset(*state, "gauss:separation=100,classes=64,n=64", 0);
	WITHIN(d->i_xy, log(64), 1e-12);
	vt_dataset_close(d);
}

/* log p(y | x) of a row, from all inputs: the plain Bayes rule in `dim` dimensions. */
static double log_posterior(const struct vt_dataset *d, size_t row, double separation, bool diagonal)
{
	double own = 0, sum = 0, dim = (double)d->n_inputs;
	for (size_t c = 0; c < d->n_classes; c++) {
		double mean = ((double)c - (double)(d->n_classes - 1) / 2) * separation, square = 0;
		for (size_t j = 0; j < d->n_inputs; j++) {
			double m = diagonal ? mean / sqrt(dim) : j == 0 ? mean : 0, z = d->x[row * d->n_inputs + j] - m;
			square += z * z;
		}
		sum += exp(-square / 2);
		if ((int32_t)c == d->label[row]) own = exp(-square / 2);
	}
	return log(own / sum);
}

/* The mean of log K + log p(y | x) over the rows is I(X;Y) within 4 standard errors: tests
 * the integral and the generator at once. */
static void information_of_the_rows(void **state)
{
	static const struct {
		const char *text;
		double separation;
		bool diagonal;
	} cases[] = {
		{ "gauss:n=40000,separation=2,dim=1", 2, false },
		{ "gauss:n=40000,separation=1.5,dim=5,classes=4", 1.5, false },
		{ "gauss:n=40000,separation=1.5,dim=5,classes=4,direction=diagonal", 1.5, true },
		{ "gauss:n=40000,separation=5,dim=3,classes=7,direction=diagonal", 5, true },
		{ "gauss:n=40000,separation=0.3,dim=2,classes=3", 0.3, false },
	};
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		struct vt_dataset *d = dataset(*state, cases[k].text, 11);
		double sum = 0, square = 0, n = (double)d->n;
		for (size_t i = 0; i < d->n; i++) {
			double v = log((double)d->n_classes) + log_posterior(d, i, cases[k].separation, cases[k].diagonal);
			sum += v;
			square += v * v;
		}
		double mean = sum / n, se = sqrt((square / n - mean * mean) / n);
		if (fabs(mean - d->i_xy) > 4 * se)
			fail_msg("%s, seed 11: rows say %g +- %g nats, the source has %g", cases[k].text, mean, se, d->i_xy);
		vt_dataset_close(d);
	}
}

static void refusals(void **state)
{
	REFUSED(*state, "gauss:n=3,classes=4", VT_ECONFIG, "n = 3", "classes = 4");
	REFUSED(*state, "gauss:n=10,train_share=0.01", VT_EDOMAIN, "0.01", "of 10 rows");
}

/* ---- what every kind shares: split, order, digest --------------------------- */

static void split_is_a_partition(void **state)
{
	struct vt_dataset *d = dataset(*state, "gauss:n=1001,train_share=0.7", 5);
	unsigned char seen[1001] = { 0 };
	assert_int_equal(d->n_train, 701);
	assert_int_equal(d->n_test, 300);
	for (size_t i = 0; i < d->n_train; i++) assert_int_equal(seen[d->train[i]]++, 0);
	for (size_t i = 0; i < d->n_test; i++) assert_int_equal(seen[d->test[i]]++, 0);
	vt_dataset_close(d);
	d = dataset(*state, "gauss:n=12,train_share=1", 5);
	assert_int_equal(d->n_test, 0);
	vt_dataset_close(d);
}

static void digest_follows_seed_and_settings(void **state)
{
	static const char *const text[] = { "gauss:n=100", "gauss:n=100", "gauss:n=101", "gauss:n=100,split=ordered",
		                            "gauss:n=100" };
	static const uint64_t seed[] = { 1, 1, 1, 1, 2 };
	char sum[5][65];
	for (size_t k = 0; k < 5; k++) {
		struct vt_dataset *d = dataset(*state, text[k], seed[k]);
		memcpy(sum[k], d->sha256, 65);
		assert_int_equal(strlen(sum[k]), 64);
		vt_dataset_close(d);
	}
	assert_string_equal(sum[0], sum[1]);
	for (size_t k = 2; k < 5; k++) assert_string_not_equal(sum[0], sum[k]);
}

static void order_is_a_pure_permutation(void **state)
{
	enum { N = 80 };
	struct vt_dataset *d = dataset(*state, "gauss:n=100", 5);
	uint32_t order[4][N];
	unsigned char seen[100] = { 0 };
	vt_dataset_epoch(d, 5, 17, true, order[0]);
	vt_dataset_epoch(d, 5, 18, true, order[1]);
	vt_dataset_epoch(d, 6, 17, true, order[2]);
	vt_dataset_epoch(d, 5, 17, true, order[3]);
	assert_memory_equal(order[0], order[3], sizeof order[0]);
	assert_memory_not_equal(order[0], order[1], sizeof order[0]);
	assert_memory_not_equal(order[0], order[2], sizeof order[0]);
	for (size_t i = 0; i < N; i++) assert_int_equal(seen[order[0][i]]++, 0);
	for (size_t i = 0; i < N; i++) assert_int_equal(seen[d->train[i]], 1);
	vt_dataset_epoch(d, 5, 17, false, order[1]);
	assert_memory_equal(order[1], d->train, sizeof order[1]);
	vt_dataset_close(d);
}

/* Where a row lands is uniform: chi-square over 8 bins, 400 epochs (99.9 % of 7 degrees: 24.3). */
static void order_is_uniform(void **state)
{
	struct vt_dataset *d = dataset(*state, "gauss:n=8,train_share=1", 0);
	uint32_t order[8];
	double count[8] = { 0 }, chi = 0;
	for (uint64_t epoch = 0; epoch < 400; epoch++) {
		vt_dataset_epoch(d, 3, epoch, true, order);
		for (size_t i = 0; i < 8; i++) count[i] += order[i] == 0;
	}
	for (size_t i = 0; i < 8; i++) chi += (count[i] - 50) * (count[i] - 50) / 50;
	if (chi > 24.3) fail_msg("seed 3: chi-square %g of 7 degrees", chi);
	vt_dataset_close(d);
}

static void rows_in_both_precisions(void **state)
{
	static const uint32_t row[] = { 7, 0, 7 };
	struct vt_dataset *d = dataset(*state, "gauss:n=10,dim=3", 5);
	double wide[9];
	float narrow[9];
	vt_dataset_rows_f64(d, row, 3, wide);
	vt_dataset_rows_f32(d, row, 3, narrow);
	for (size_t i = 0; i < 9; i++) {
		assert_true(wide[i] == d->x[row[i / 3] * 3 + i % 3]);
		assert_true(narrow[i] == (float)wide[i]);
	}
	vt_dataset_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_a_bit), cmocka_unit_test(limits),
		cmocka_unit_test(information_of_the_rows), cmocka_unit_test(refusals),
		cmocka_unit_test(split_is_a_partition), cmocka_unit_test(digest_follows_seed_and_settings),
		cmocka_unit_test(order_is_a_pure_permutation), cmocka_unit_test(order_is_uniform),
		cmocka_unit_test(rows_in_both_precisions),
	};
	return cmocka_run_group_tests_name("dataset gauss", tests, setup, teardown);
}
