/* Known laws: a discrete variable with a continuous one, and mixtures of both.
 *
 * Sources: Gao, Kannan, Oh & Viswanath 2017 (staircase, zero-inflated Poisson); the others are ours.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "known.h"

/* ---- staircase: X uniform on a symbols, Y uniform on (X, X + 2) ------------------------------------------- */

static void staircase_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y,
                           double *z)
{
	(void)fixed, (void)z;
	*x = (double)vt_rng_below(r, (size_t)law->a);
	*y = *x + 2 * vt_rng_uniform(r);
}

static double staircase_truth(const struct vt_law *law, const double *fixed)
{
	(void)fixed;
	return log(law->a) - (law->a - 1) * M_LN2 / law->a;
}

const struct vt_family vt_law_staircase = {
	.name = "staircase", .discrete_x = true, .method = "closed form", .draw = staircase_draw, .truth = staircase_truth,
};

/* ---- zip: X exponential, Y = 0 with probability a, else Poisson(X) ------------------------------------------ */

/* Knuth's product of uniforms: X is rarely above 10. */
static double poisson(struct vt_rng *r, double mean)
{
	double limit = exp(-mean), product = vt_rng_uniform(r), k = 0;
	for (; product > limit; k++) product *= vt_rng_uniform(r);
	return k;
}

static void zip_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y, double *z)
{
	(void)fixed, (void)z;
	*x = -log1p(-vt_rng_uniform(r));
	double count = poisson(r, *x);
	*y = vt_rng_uniform(r) < law->a ? 0 : count;
}

static double surprise(double p)
{
	return p > 0 ? -p * log(p) : 0;
}

/* H(Y | X = x). */
static double zip_conditional(double x, double inflated)
{
	double h = 0, most = x + 12 * sqrt(x + 1) + 40;
	for (double k = 0; k < most; k++) {
		double p = (1 - inflated) * exp(k * log(x) - x - lgamma(k + 1));
		h += surprise(k == 0 ? p + inflated : p);
	}
	return h;
}

/* H(Y) - H(Y|X).  Without inflation Y is geometric, P(k) = 2^-(k + 1).  The integral over x, which has a kink of
 * x ln x at 0, is over ln x: there the trapezoid rule converges exponentially. */
static double zip_truth(const struct vt_law *law, const double *fixed)
{
	const double step = 1.0 / 16;
	double h = 0, conditional = 0;
	(void)fixed;
	for (int k = 0; k < 400; k++) h += surprise((1 - law->a) * ldexp(0.5, -k) + (k == 0 ? law->a : 0));
	for (int i = -480; i <= 72; i++) {
		double x = exp(i * step);
		conditional += step * x * exp(-x) * zip_conditional(x, law->a);
	}
	return h - conditional;
}

const struct vt_family vt_law_zip = {
	.name = "zip", .discrete_y = true, .method = "quadrature", .draw = zip_draw, .truth = zip_truth,
};

/* ---- atoms: half the mass is normal with correlation a, half lies on the four points (+-1, +-1), whose signs agree
 * with probability a ------------------------------------------------------------------------------------------ */

static void atoms_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y, double *z)
{
	(void)fixed, (void)z;
	bool atom = vt_rng_u32(r) & 1;
	vt_normal_pair(r, law->a, x, y);
	double sign = vt_rng_u32(r) & 1 ? 1 : -1, same = vt_rng_uniform(r) < law->a ? 1 : -1;
	if (!atom) return;
	*x = sign;
	*y = sign * same;
}

/* Which half a point belongs to can be read off X and off Y: ln 2, and then the mean of the halves' own. */
static double atoms_truth(const struct vt_law *law, const double *fixed)
{
	(void)fixed;
	return M_LN2 + (-log1p(-law->a * law->a) / 2 + M_LN2 - vt_binary_entropy(law->a)) / 2;
}

const struct vt_family vt_law_atoms = {
	.name = "atoms", .method = "closed form", .draw = atoms_draw, .truth = atoms_truth,
};

/* ---- labels: one of a classes, and a unit normal around its centre in dy dimensions; the centres are fixed draws
 * of deviation b ------------------------------------------------------------------------------------------------ */

static size_t labels_n(const struct vt_law *law)
{
	return (size_t)law->a * law->dy;
}

static void labels_fix(const struct vt_law *law, double *centre)
{
	struct vt_rng r = vt_rng_stream(2024 + law->dy, VT_PURPOSE_INIT, 0);
	for (size_t i = 0; i < labels_n(law); i++) centre[i] = law->b * vt_rng_normal(&r);
}

static void labels_draw(const struct vt_law *law, const double *centre, struct vt_rng *r, double *x, double *y,
                        double *z)
{
	size_t k = vt_rng_below(r, (size_t)law->a);
	(void)z;
	*x = (double)k;
	for (size_t j = 0; j < law->dy; j++) y[j] = centre[k * law->dy + j] + vt_rng_normal(r);
}

/* ln a + E ln p(k | y) in one dimension; the trapezoid rule is exact to rounding on an analytic function that
 * vanishes at both ends. */
static double labels_line_truth(const struct vt_law *law, const double *centre)
{
	const double step = 1.0 / 64;
	double total = 0;
	for (size_t k = 0; k < (size_t)law->a; k++)
		for (int i = -640; i <= 640; i++) {
			double e = i * step, sum = 0;
			for (size_t j = 0; j < (size_t)law->a; j++) {
				double d = centre[j] - centre[k];
				sum += exp(d * e - d * d / 2);
			}
			total -= step * exp(-e * e / 2) * log(sum);
		}
	return log(law->a) + total / (law->a * sqrt(2 * M_PI));
}

const struct vt_family vt_law_labels_line = {
	.name = "labels", .discrete_x = true, .method = "quadrature", .n_fixed = labels_n, .fix = labels_fix,
	.draw = labels_draw, .truth = labels_line_truth,
};

const struct vt_family vt_law_labels = {
	.name = "labels", .discrete_x = true, .method = "Monte Carlo on the exact density", .n_fixed = labels_n,
	.fix = labels_fix, .draw = labels_draw,
};

/* ---- ring: one of a points of the unit circle, seen in normal noise of deviation b: a residue and its Fourier
 * circuit ------------------------------------------------------------------------------------------------------- */

static void ring_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y, double *z)
{
	(void)fixed, (void)z;
	*x = (double)vt_rng_below(r, (size_t)law->a);
	double angle = 2 * M_PI * *x / law->a;
	y[0] = cos(angle) + law->b * vt_rng_normal(r);
	y[1] = sin(angle) + law->b * vt_rng_normal(r);
}

/* ln of the sum over points of the ratio of densities, seen from point 0 with noise (u, v). */
static double ring_log_ratio(const struct vt_law *law, double u, double v)
{
	double sum = 0;
	for (double k = 0; k < law->a; k++) {
		double dx = (cos(2 * M_PI * k / law->a) - 1) / law->b, dy = sin(2 * M_PI * k / law->a) / law->b;
		sum += exp(dx * u + dy * v - (dx * dx + dy * dy) / 2);
	}
	return log(sum);
}

/* All points are alike: one double integral over the noise by the trapezoid rule. */
static double ring_truth(const struct vt_law *law, const double *fixed)
{
	const double step = 1.0 / 4;
	double total = 0;
	(void)fixed;
	for (int i = -32; i <= 32; i++)
		for (int j = -32; j <= 32; j++) {
			double u = i * step, v = j * step;
			total += exp(-(u * u + v * v) / 2) * ring_log_ratio(law, u, v);
		}
	return log(law->a) - total * step * step / (2 * M_PI);
}

const struct vt_family vt_law_ring = {
	.name = "ring", .discrete_x = true, .method = "quadrature", .draw = ring_draw, .truth = ring_truth,
};
