/* Eigenvalues of the tangent kernel on the circle: closed form, quadrature, the spectrum of a kernel row,
 * the kernel of random weights.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "dataset_open.h"
#include "venturi/fft.h"
#include "venturi/rng.h"
#include "venturi/theory.h"

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

static void closed_form_is_the_integral(void **state)
{
	for (int biases = 0; biases < 2; biases++)
		for (unsigned k = 0; k <= 40; k++) {
			double integral, closed = vt_ntk_circle(biases, k);
			assert_int_equal(vt_ntk_circle_integral(*state, biases, k, &integral), VT_OK);
			WITHIN(integral, closed, !biases && k % 2 && k >= 3 ? 1e-12 : 1e-8 * closed);
		}
	double far;
	assert_int_equal(vt_ntk_circle_integral(*state, true, 999, &far), VT_OK);
	WITHIN(far, vt_ntk_circle(true, 999), 1e-14);
	assert_int_equal(vt_ntk_circle_integral(*state, true, 1001, &far), VT_EDOMAIN);
}

/* To 12 digits by an independent program. */
static void printed_values(void **state)
{
	static const double with[] = { 0.175660591821, 0.113160591821, 0.028144773234, 0.0056289546468, 0.00382768915982 };
	static const double without[] = { 0.101321183642, 0.125, 0.056289546468, 0, 0.00765537831964 };
	(void)state;
	for (unsigned k = 0; k < 5; k++) {
		WITHIN(vt_ntk_circle(true, k), with[k], 1e-12);
		WITHIN(vt_ntk_circle(false, k), without[k], 1e-12);
	}
}

/* A row of the Gram matrix of n points is circulant: its transform is the eigenvalues, but for aliases of order 1 / n^2
 * from the kinks. */
static void kernel_row(void **state)
{
	enum { N = 65536 };
	double *row = malloc(N * sizeof *row);
	struct vt_complex *c = malloc((N / 2 + 1) * sizeof *c);
	struct vt_strided l = vt_strided_rows(1, N, N);
	for (int biases = 0; biases < 2; biases++) {
		for (int i = 0; i < N; i++) row[i] = vt_ntk_circle_kernel(biases, 2 * M_PI * (i <= N / 2 ? i : N - i) / N);
		assert_int_equal(vt_fft_real(*state, &l, row, c), VT_OK);
		for (unsigned k = 0; k <= 40; k++) WITHIN(c[k].re / sqrt(N), vt_ntk_circle(biases, k), 1e-10);
	}
	free(row);
	free(c);
}

/* The kernel itself, from its definition: the mean over normal weights of x . x' where both are active. */
static void kernel_is_what_networks_have(void **state)
{
	enum { WEIGHTS = 400000 };
	(void)state;
	for (int biases = 0; biases < 2; biases++)
		for (double theta = 0.3; theta < 3; theta += 0.9) {
			struct vt_rng r = vt_rng_stream(7, VT_PURPOSE_DATASET, (uint64_t)(10 * theta));
			size_t both = 0;
			for (int i = 0; i < WEIGHTS; i++) {
				double u = vt_rng_normal(&r), v = vt_rng_normal(&r);
				both += u > 0 && u * cos(theta) + v * sin(theta) > 0;
			}
			/* Biases that begin at 0 are one more input, 1 in both, with the whole divided by its two norms. */
			double product = biases ? (cos(theta) + 1) / 2 : cos(theta);
			WITHIN(product * (double)both / WEIGHTS, vt_ntk_circle_kernel(biases, theta), 0.004);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(closed_form_is_the_integral, setup, teardown),
		cmocka_unit_test_setup_teardown(printed_values, setup, teardown),
		cmocka_unit_test_setup_teardown(kernel_row, setup, teardown),
		cmocka_unit_test_setup_teardown(kernel_is_what_networks_have, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
