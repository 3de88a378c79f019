/* Where a series ends.  Called by statistics.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "judge.h"

double vt_finite_mean(const double *x, size_t n)
{
	double sum = 0;
	size_t found = 0;
	for (size_t i = 0; i < n; i++) {
		if (isnan(x[i])) continue;
		sum += x[i];
		found++;
	}
	return found > 0 ? sum / (double)found : (double)NAN;
}

double vt_end_mean(const double *x, size_t n, double tail)
{
	size_t wanted = (size_t)ceil(fmax(1, tail * (double)n - 1e-9));
	return wanted >= n ? vt_finite_mean(x, n) : vt_finite_mean(x + n - wanted, wanted);
}
