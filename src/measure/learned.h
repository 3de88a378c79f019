/* When something was learned, from its series so far; private to room measure.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MEASURE_LEARNED_H
#define MEASURE_LEARNED_H

#include <stdbool.h>
#include <stddef.h>

/* Steps in the unit of `step`.  first: the first snapshot at which the series is at the level or
 * beyond; stays: the first from which it never leaves again.  Not there yet: the last step, a lower
 * bound (first_censored, stays_censored).  Times are those of snapshots: late by up to their distance.
 * A series that has learned at its last snapshot `stays` as far as one can see, and may yet leave. */
struct vt_learned {
	double first, stays;
	bool first_censored, stays_censored;
};

/* value[i * stride] at step[i], n of them; NaN is never learned.  above: learned is at least the level,
 * else at most.  n = 0: NaN and censored. */
struct vt_learned vt_learned_when(size_t n, const double *step, const double *value, size_t stride, double level,
                                  bool above);

/* Unlearned area: the mean of max(0, 1 - value) over steps, by trapezoids; needs no level and keeps what
 * never got there.  Depends on how long the run is.  NaN with fewer than two steps; missing values are
 * left out with their trapezoids. */
double vt_learned_area(size_t n, const double *step, const double *value, size_t stride);

#endif
