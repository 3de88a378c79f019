/* Known laws: injective maps, which change every estimate and no information.
 *
 * Formulas: Czyz et al. 2023, section 3 and their task list.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "known.h"

static double normal_cdf(double v)
{
	return erfc(-v * M_SQRT1_2) / 2;
}

static double half_cube(double v)
{
	return v * sqrt(fabs(v));
}

/* Both have a positive derivative everywhere. */
static double wiggly_x(double v)
{
	return v + 0.4 * sin(v) + 0.2 * sin(1.7 * v + 1) + 0.03 * sin(3.3 * v - 2.5);
}

static double wiggly_y(double v)
{
	return v - 0.4 * sin(0.4 * v) + 0.17 * sin(1.3 * v + 3.5) + 0.02 * sin(4.3 * v - 2.5);
}

/* Quantile of share N(low, 1) + (1 - share) N(high, 1).  Bisection: the same on every machine but for erfc. */
static double mixture_quantile(double u, double share, double low, double high)
{
	double a = -40, b = 40;
	for (int i = 0; i < 56; i++) {
		double middle = (a + b) / 2;
		bool below = share * normal_cdf(middle - low) + (1 - share) * normal_cdf(middle - high) < u;
		*(below ? &a : &b) = middle;
	}
	return (a + b) / 2;
}

static double bimodal(double u, bool of_x)
{
	return of_x ? mixture_quantile(u, 0.3, 0, 5) : mixture_quantile(u, 0.5, -1, 3);
}

/* (0, 1) onto a plane spiral of two turns' length. */
static void swiss_roll(double *v)
{
	double t = 1.5 * M_PI * (1 + 2 * v[0]);
	v[0] = t * cos(t) / 21;
	v[1] = t * sin(t) / 21;
}

/* Turns the plane (k, k + 1) by |v|^2 / d radians.  The norm stays, hence the map inverts. */
static void spiral(size_t d, size_t k, double *v)
{
	double square = 0;
	for (size_t j = 0; j < d; j++) square += v[j] * v[j];
	double angle = square / (double)d, c = cos(angle), s = sin(angle), a = v[k], b = v[k + 1];
	v[k] = c * a - s * b;
	v[k + 1] = s * a + c * b;
}

void vt_map_row(enum vt_map map, bool of_x, size_t d, double *v)
{
	if (map == VT_MAP_SWISS && of_x) swiss_roll(v);
	if (map == VT_MAP_SPIRAL) spiral(d, of_x ? 0 : 1, v);
	for (size_t j = 0; j < d; j++) {
		if (map == VT_MAP_CDF) v[j] = normal_cdf(v[j]);
		if (map == VT_MAP_HALF_CUBE) v[j] = half_cube(v[j]);
		if (map == VT_MAP_ASINH) v[j] = asinh(v[j]);
		if (map == VT_MAP_WIGGLY) v[j] = of_x ? wiggly_x(v[j]) : wiggly_y(v[j]);
		if (map == VT_MAP_BIMODAL) v[j] = bimodal(v[j], of_x);
	}
}
