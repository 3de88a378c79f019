/* Neighbours, counts and digammas once more, by plain loops.  Included by tests/t_estimate_*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_PLAIN_BALLS_H
#define TESTS_PLAIN_BALLS_H

#include "pair_samples.h"

/* psi(m) = -gamma + 1 + 1/2 + .. + 1/(m - 1) */
static inline double plain_psi(size_t m)
{
	double sum = -0.57721566490153286061;
	for (size_t j = 1; j < m; j++) sum += 1 / (double)j;
	return sum;
}

static inline double plain_deviation(const struct vt_mat *m, size_t c)
{
	double mean = 0, square = 0;
	for (size_t i = 0; i < m->rows; i++) mean += m->x[i * m->stride + c] / (double)m->rows;
	for (size_t i = 0; i < m->rows; i++) square += pow(m->x[i * m->stride + c] - mean, 2) / (double)m->rows;
	return sqrt(square);
}

/* Distances between all rows of a variable, n x n: columns in standard deviations, or infinite between symbols. */
static inline double *plain_distances(const struct vt_mat *m, bool discrete)
{
	size_t n = m->rows;
	double *d = calloc(n * n, sizeof *d);
	for (size_t c = 0; c < m->cols; c++) {
		double sd = plain_deviation(m, c);
		for (size_t i = 0; i < n * n; i++) {
			double v = fabs(m->x[i / n * m->stride + c] / sd - m->x[i % n * m->stride + c] / sd);
			d[i] = fmax(d[i], discrete && v > 0 ? INFINITY : v);
		}
	}
	return d;
}

static inline int plain_ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The k-th smallest of n numbers but for the i-th. */
static inline double plain_nearest(const double *d, size_t n, size_t i, size_t k)
{
	double *v = malloc(n * sizeof *v), found;
	memcpy(v, d, n * sizeof *v);
	v[i] = -1;
	qsort(v, n, sizeof *v, plain_ascending);
	found = v[k];
	free(v);
	return found;
}

static inline size_t plain_count(const double *d, size_t n, size_t i, double radius, bool closed)
{
	size_t count = 0;
	for (size_t j = 0; j < n; j++) count += j != i && (closed ? d[j] <= radius : d[j] < radius);
	return count;
}

/* Mean of psi(k~) - psi(n_xz + own) - psi(n_yz + own) + psi(n_z + own): closed or open balls. */
static inline double plain_information(const struct vt_pair *in, size_t k, bool closed)
{
	size_t n = in->x.rows, own = closed ? 0 : 1;
	double *x = plain_distances(&in->x, in->discrete_x), *y = plain_distances(&in->y, in->discrete_y), sum = 0;
	double *z = in->z.cols > 0 ? plain_distances(&in->z, in->discrete_z) : calloc(n * n, sizeof *z);
	double *xz = malloc(n * n * sizeof *xz), *yz = malloc(n * n * sizeof *yz), *all = malloc(n * n * sizeof *all);
	for (size_t i = 0; i < n * n; i++) {
		xz[i] = fmax(x[i], z[i]);
		yz[i] = fmax(y[i], z[i]);
		all[i] = fmax(xz[i], yz[i]);
	}
	for (size_t i = 0; i < n; i++) {
		double radius = plain_nearest(all + i * n, n, i, k);
		size_t n_z = in->z.cols > 0 ? plain_count(z + i * n, n, i, radius, closed) : n - 1;
		sum += plain_psi(closed ? plain_count(all + i * n, n, i, radius, true) : k);
		sum -= plain_psi(plain_count(xz + i * n, n, i, radius, closed) + own);
		sum -= plain_psi(plain_count(yz + i * n, n, i, radius, closed) + own);
		sum += plain_psi(n_z + own);
	}
	free(x);
	free(y);
	free(z);
	free(xz);
	free(yz);
	free(all);
	return sum / (double)n;
}

#endif
