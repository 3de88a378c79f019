/* The neural tangent kernel on the circle.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include <gsl/gsl_integration.h>

#include "venturi/theory.h"

double vt_ntk_circle_kernel(bool biases, double theta)
{
	double open = M_PI - theta;
	return biases ? (cos(theta) + 1) * open / (4 * M_PI) : cos(theta) * open / (2 * M_PI);
}

/* Of cos theta (pi - theta) / (2 pi). */
static double without_biases(unsigned k)
{
	double square = (double)k * k;
	if (k == 0) return 1 / (M_PI * M_PI);
	if (k == 1) return 0.125;
	return k % 2 ? 0 : (square + 1) / (M_PI * M_PI * (square - 1) * (square - 1));
}

double vt_ntk_circle(bool biases, unsigned k)
{
	double square = (double)k * k;
	if (!biases) return without_biases(k);
	/* (pi - theta) / (2 pi) has 1/4 at 0, 1 / (pi k)^2 at odd k. */
	double ramp = k == 0 ? 0.25 : k % 2 ? 1 / (M_PI * M_PI * square) : 0;
	return (without_biases(k) + ramp) / 2;
}

enum vt_status vt_ntk_circle_integral(struct vt_ctx *ctx, bool biases, unsigned k, double *out)
{
	enum { POINTS = 128, LARGEST = 1000 };
	enum vt_status status;
	gsl_integration_glfixed_table *table = NULL;
	/* The kernel has kinks at 0 and pi alone, so that half the circle is smooth; pieces of at most ten turns are
	 * exact to rounding. */
	size_t pieces = 1 + k / 20;
	double sum = 0, x, weight;
	VT_REQUIRE(ctx, k <= LARGEST, VT_EDOMAIN, "frequency %u, wanted at most %d", k, LARGEST);
	table = gsl_integration_glfixed_table_alloc(POINTS);
	VT_REQUIRE(ctx, table, VT_ENOMEM, "out of memory for %d nodes", POINTS);
	for (size_t p = 0; p < pieces; p++)
		for (size_t i = 0; i < POINTS; i++) {
			double a = M_PI * (double)p / (double)pieces, b = M_PI * (double)(p + 1) / (double)pieces;
			gsl_integration_glfixed_point(a, b, i, &x, &weight, table);
			sum += weight * vt_ntk_circle_kernel(biases, x) * cos(k * x);
		}
	*out = sum / M_PI;
	status = VT_OK;
done:
	if (table) gsl_integration_glfixed_table_free(table);
	return status;
}
