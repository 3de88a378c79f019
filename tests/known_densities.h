/* Densities of the laws of known information, written from their definitions: log p(x, y) / (p(x) p(y)) of one row.
 * Included by tests/t_dataset_known.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_KNOWN_DENSITIES_H
#define TESTS_KNOWN_DENSITIES_H

#include <math.h>
#include <string.h>

#include "venturi/known.h"

static inline double square(const double *v, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) sum += v[i] * v[i];
	return sum;
}

static inline double sum(const double *v, size_t n)
{
	double total = 0;
	for (size_t i = 0; i < n; i++) total += v[i];
	return total;
}

/* log p(x, y) - log p(x) - log p(y) of one row; a and b are the case's parameters. */
typedef double ratio_fn(const struct vt_known *c, double a, double b, const double *x, const double *y,
                        const double *z);

static inline double ratio_pairs(const struct vt_known *c, double rho, double pairs, const double *x,
                                 const double *y, const double *z)
{
	double r = 0, rest = 1 - rho * rho;
	(void)c, (void)z;
	for (size_t j = 0; j < (size_t)pairs; j++) {
		double e = y[j] - rho * x[j];
		r += y[j] * y[j] / 2 - e * e / (2 * rest) - log(rest) / 2;
	}
	return r;
}

/* Log density of an equicorrelated normal by Sherman and Morrison, without the 2 pi. */
static inline double log_dense(const double *v, size_t d, double s, double rho)
{
	double n = (double)d, common = rho / (1 + (n - 1) * rho);
	double form = (square(v, d) - common * s * s) / (1 - rho);
	return -(form + (n - 1) * log(1 - rho) + log(1 + (n - 1) * rho)) / 2;
}

static inline double ratio_dense(const struct vt_known *c, double rho, double unused, const double *x,
                                 const double *y, const double *z)
{
	double both[128];
	(void)unused, (void)z;
	memcpy(both, x, c->dim_x * sizeof *x);
	memcpy(both + c->dim_x, y, c->dim_y * sizeof *y);
	size_t d = c->dim_x + c->dim_y;
	return log_dense(both, d, sum(both, d), rho) - log_dense(x, c->dim_x, sum(x, c->dim_x), rho) -
	       log_dense(y, c->dim_y, sum(y, c->dim_y), rho);
}

static inline double log_student(double form, double k, double nu)
{
	return lgamma((nu + k) / 2) - lgamma(nu / 2) - k / 2 * log(nu * M_PI) - (nu + k) / 2 * log1p(form / nu);
}

static inline double ratio_student(const struct vt_known *c, double nu, double unused, const double *x,
                                   const double *y, const double *z)
{
	double dx = (double)c->dim_x, dy = (double)c->dim_y, xx = square(x, c->dim_x), yy = square(y, c->dim_y);
	(void)unused, (void)z;
	return log_student(xx + yy, dx + dy, nu) - log_student(xx, dx, nu) - log_student(yy, dy, nu);
}

static inline double ratio_additive(const struct vt_known *c, double eps, double unused, const double *x,
                                    const double *y, const double *z)
{
	(void)c, (void)unused, (void)x, (void)z;
	return -log(fmin(1, y[0] + eps) - fmax(0, y[0] - eps)); /* p(y) is this over 2 eps */
}

static inline double ratio_bsc(const struct vt_known *c, double flip, double unused, const double *x,
                               const double *y, const double *z)
{
	(void)c, (void)unused, (void)z;
	return log(2 * (*x == *y ? 1 - flip : flip));
}

static inline double ratio_bec(const struct vt_known *c, double erased, double unused, const double *x,
                               const double *y, const double *z)
{
	(void)c, (void)unused, (void)z, (void)erased;
	if (*y != 2 && *x != *y) fail_msg("an erasure channel changed a bit");
	return *y == 2 ? 0 : log(2);
}

static inline double ratio_symmetric(const struct vt_known *c, double k, double wrong, const double *x,
                                     const double *y, const double *z)
{
	(void)c, (void)z;
	return log(k * (*x == *y ? 1 - wrong : wrong / (k - 1)));
}

static inline double ratio_zipf(const struct vt_known *c, double k, double power, const double *x, const double *y,
                                const double *z)
{
	double total = 0;
	(void)c, (void)z;
	for (double i = 1; i <= k; i++) total += pow(i, -power);
	return log(0.3 + (*x == *y ? 0.7 * total * pow(*x + 1, power) : 0));
}

/* p(y) counts the steps over y, each of height 1/2. */
static inline double ratio_staircase(const struct vt_known *c, double m, double unused, const double *x,
                                     const double *y, const double *z)
{
	double over = 0;
	(void)c, (void)unused, (void)x, (void)z;
	for (double k = 0; k < m; k++) over += *y > k && *y < k + 2;
	return log(m / over);
}

static inline double ratio_zip(const struct vt_known *c, double a, double unused, const double *x, const double *y,
                               const double *z)
{
	double zero = *y == 0 ? a : 0;
	(void)c, (void)unused, (void)z;
	return log(zero + (1 - a) * exp(*y * log(*x) - *x - lgamma(*y + 1))) - log(zero + (1 - a) * ldexp(0.5, -(int)*y));
}

static inline double ratio_atoms(const struct vt_known *c, double rho, double unused, const double *x,
                                 const double *y, const double *z)
{
	(void)unused;
	if (fabs(*x) == 1 && fabs(*y) == 1) return log(2) + log(2 * (*x == *y ? rho : 1 - rho));
	return log(2) + ratio_pairs(c, rho, 1, x, y, z);
}

static inline double ratio_given(const struct vt_known *c, double partial, double loading, const double *x,
                                 const double *y, const double *z)
{
	double own = sqrt(1 - loading * loading), u = (*x - loading * *z) / own, v = (*y - loading * *z) / own;
	return ratio_pairs(c, partial, 1, &u, &v, NULL);
}

static inline double ratio_given_label(const struct vt_known *c, double partial, double unused, const double *x,
                                       const double *y, const double *z)
{
	double u = *x - *z, v = *y + *z;
	(void)unused;
	return ratio_pairs(c, partial, 1, &u, &v, NULL);
}

static inline double ratio_bsc_given(const struct vt_known *c, double flip, double other, const double *x,
                                     const double *y, const double *z)
{
	return ratio_bsc(c, *z > 0 ? other : flip, 0, x, y, NULL);
}

static inline double ratio_ring(const struct vt_known *c, double k, double sigma, const double *x, const double *y,
                                const double *z)
{
	double own = 0, all = 0;
	(void)c, (void)z;
	for (double i = 0; i < k; i++) {
		double u = y[0] - cos(2 * M_PI * i / k), v = y[1] - sin(2 * M_PI * i / k);
		double p = exp(-(u * u + v * v) / (2 * sigma * sigma));
		all += p / k;
		if (i == *x) own = p;
	}
	return log(own / all);
}

static const struct {
	const char *name;
	ratio_fn *ratio;
	double a, b;
} written[] = {
	{ "1v1-normal-0.75", ratio_pairs, 0.75, 1 }, { "1v1-normal-0.95", ratio_pairs, 0.95, 1 },
	{ "multinormal-sparse-3-3-2-2.0", ratio_pairs, 0.8, 2 }, { "multinormal-sparse-1-5-1-2.0", ratio_pairs, 0.8, 1 },
	{ "multinormal-sparse-10-2-2-2.0", ratio_pairs, 0.8, 2 }, { "pairs3-mi5", ratio_pairs, 0.996625399, 2 },
	{ "independent-5-5", ratio_pairs, 0, 0 }, { "multinormal-dense-3-3-0.5", ratio_dense, 0.5, 0 },
	{ "multinormal-dense-50-50-0.5", ratio_dense, 0.5, 0 }, { "multinormal-dense-5-20-0.4", ratio_dense, 0.4, 0 },
	{ "student-identity-1-1-1", ratio_student, 1, 0 }, { "student-identity-5-5-2", ratio_student, 2, 0 },
	{ "student-identity-3-3-3", ratio_student, 3, 0 }, { "student-identity-2-2-5", ratio_student, 5, 0 },
	{ "student-identity-4-4-3", ratio_student, 3, 0 }, { "1v1-additive-0.1", ratio_additive, 0.1, 0 },
	{ "1v1-additive-0.75", ratio_additive, 0.75, 0 }, { "bsc-0.1", ratio_bsc, 0.1, 0 }, { "bsc-0.3", ratio_bsc, 0.3, 0 },
	{ "bec-0.1", ratio_bec, 0.1, 0 }, { "symmetric-16-0.2", ratio_symmetric, 16, 0.2 },
	{ "symmetric-113-0.3", ratio_symmetric, 113, 0.3 }, { "zipf-100-1.0-copy0.7", ratio_zipf, 100, 1 },
	{ "gao-uniform-2", ratio_staircase, 2, 0 }, { "gao-uniform-50", ratio_staircase, 50, 0 },
	{ "gao-zip-0.0", ratio_zip, 0, 0 }, { "gao-zip-0.15", ratio_zip, 0.15, 0 }, { "half-atoms-0.9", ratio_atoms, 0.9, 0 },
	{ "cmi-fork-0.6", ratio_given, 0.35 / 0.75, 0.5 }, { "cmi-chain-0.9", ratio_given, 0, 0.9 },
	{ "cmi-labels5-0.6", ratio_given_label, 0.6, 0 }, { "cmi-bsc-0.1-0.4", ratio_bsc_given, 0.1, 0.4 },
	{ "ring-113-s0.05", ratio_ring, 113, 0.05 }, { "ring-113-s0.3", ratio_ring, 113, 0.3 },
};

#endif
