/* When something was learned.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "learned.h"

static bool there(double value, double level, bool above)
{
	return above ? value >= level : value <= level; /* false for NaN */
}

struct vt_learned vt_learned_when(size_t n, const double *step, const double *value, size_t stride, double level,
                                  bool above)
{
	size_t first = n, stays = n;
	if (n == 0) return (struct vt_learned){ NAN, NAN, true, true };
	for (size_t i = n; i-- > 0;)
		if (there(value[i * stride], level, above)) first = i;
	for (size_t i = n; i-- > 0 && there(value[i * stride], level, above);) stays = i;
	return (struct vt_learned){ step[first < n ? first : n - 1], step[stays < n ? stays : n - 1], first == n, stays == n };
}

double vt_learned_area(size_t n, const double *step, const double *value, size_t stride)
{
	double area = 0, length = 0;
	for (size_t i = 1; i < n; i++) {
		double a = value[(i - 1) * stride], b = value[i * stride], width = step[i] - step[i - 1];
		if (isnan(a) || isnan(b)) continue;
		area += width * (fmax(0, 1 - a) + fmax(0, 1 - b)) / 2;
		length += width;
	}
	return length > 0 ? area / length : (double)NAN;
}
