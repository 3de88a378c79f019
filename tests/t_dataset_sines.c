/* The sum of sinusoids: its spectrum is what was asked for and nothing else.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "dataset_open.h"
#include "venturi/fft.h"

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

static void check_spectrum(struct vt_ctx *ctx, const struct vt_dataset *d, bool rising)
{
	struct vt_complex c[101];
	struct vt_strided l = vt_strided_rows(1, 200, 200);
	assert_int_equal(d->n, 200);
	assert_int_equal(vt_fft_real(ctx, &l, d->target, c), VT_OK);
	for (size_t k = 0; k <= 100; k++) {
		bool there = k % 5 == 0 && k > 0 && k <= 50;
		double wanted = !there ? 0 : rising ? (double)k / 50 : 1;
		WITHIN(vt_fft_amplitude(200, k, c[k]), wanted, 1e-13);
	}
}

static void spectrum_of_the_target(void **state)
{
	struct vt_dataset *d = dataset(*state, "sines", 3), *e = dataset(*state, "sines:amplitudes=rising", 3),
	                  *f = dataset(*state, "sines", 4);
	check_spectrum(*state, d, false);
	check_spectrum(*state, e, true);
	check_spectrum(*state, f, false);
	assert_true(d->n_train == 200 && d->n_test == 0 && d->n_inputs == 1 && d->n_targets == 1 && !d->label);
	for (size_t i = 0; i < 200; i++) assert_true(d->x[i] == (double)i / 200);
	assert_true(memcmp(d->target, f->target, 200 * sizeof *d->target) != 0);
	vt_dataset_close(d);
	vt_dataset_close(e);
	vt_dataset_close(f);
}

static void features(void **state)
{
	struct vt_dataset *d = dataset(*state, "sines:features=7,features_power=0.5", 0);
	assert_int_equal(d->n_inputs, 14);
	for (size_t i = 0; i < d->n; i++)
		for (int j = 1; j <= 7; j++) {
			double angle = 2 * M_PI * j * (double)i / 200, *x = d->x + i * 14 + 2 * (j - 1);
			WITHIN(x[0], cos(angle) / sqrt(j), 1e-12);
			WITHIN(x[1], sin(angle) / sqrt(j), 1e-12);
		}
	vt_dataset_close(d);
}

static void what_it_refuses(void **state)
{
	REFUSED(*state, "sines:n=90,frequencies=[45]", VT_ECONFIG, "45 cycles on 90 points", "fewer than 45");
	REFUSED(*state, "sines:frequencies=[3,4,3]", VT_ECONFIG, "3 is given twice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(spectrum_of_the_target, setup, teardown),
		cmocka_unit_test_setup_teardown(features, setup, teardown),
		cmocka_unit_test_setup_teardown(what_it_refuses, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
