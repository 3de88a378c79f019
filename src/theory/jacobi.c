/* Eigenvalues of small symmetric matrices by cyclic Jacobi rotations (Golub & Van Loan, sec. 8.5).
 *
 * Chosen for its accuracy on eigenvalues next to 1 (correlations), and because it has no error
 * handler of its own that would have to be switched off for the whole process.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "law.h"

enum { MAX_SWEEPS = 60 };

static double off_diagonal(size_t n, const double *a)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++) sum += a[i * n + j] * a[i * n + j];
	return sum;
}

/* Makes a[p][q] zero; the smaller of the two angles keeps the rotation stable. */
static void rotate(size_t n, double *a, size_t p, size_t q)
{
	double apq = a[p * n + q];
	if (apq == 0) return;
	double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
	double t = copysign(1, theta) / (fabs(theta) + hypot(1, theta)), c = 1 / hypot(1, t), s = t * c;
	for (size_t k = 0; k < n; k++) {
		double kp = a[k * n + p], kq = a[k * n + q];
		a[k * n + p] = c * kp - s * kq;
		a[k * n + q] = s * kp + c * kq;
	}
	for (size_t k = 0; k < n; k++) {
		double pk = a[p * n + k], qk = a[q * n + k];
		a[p * n + k] = c * pk - s * qk;
		a[q * n + k] = s * pk + c * qk;
	}
	a[p * n + q] = a[q * n + p] = 0;
}

void vt_symmetric_eigenvalues(size_t n, double *a, double *out)
{
	double scale = 0;
	for (size_t i = 0; i < n * n; i++) scale += a[i] * a[i];
	for (int sweep = 0; sweep < MAX_SWEEPS && off_diagonal(n, a) > 1e-36 * scale; sweep++)
		for (size_t p = 0; p + 1 < n; p++)
			for (size_t q = p + 1; q < n; q++) rotate(n, a, p, q);
	for (size_t i = 0; i < n; i++) out[i] = a[i * n + i];
}
