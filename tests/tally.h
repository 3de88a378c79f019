/* What many estimates of one law add up to.  Included by tests/t_estimate_{channels,intervals}.c after cmocka.h.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_TALLY_H
#define TESTS_TALLY_H

#include <math.h>

#include "venturi.h"

struct tally {
	int all, covered, flagged, fine;
	double width, mean, square;
};

/* One of t->all estimates; `flags`: those that say that it is biased. */
static inline void tally_add(struct tally *t, const struct vt_estimated *e, double truth, unsigned flags)
{
	bool covers = e->lo <= truth && truth <= e->hi, flag = e->flags & flags;
	t->covered += covers;
	t->flagged += flag;
	t->fine += covers || flag;
	t->width += (e->hi - e->lo) / t->all;
	t->mean += e->mi / t->all;
	t->square += e->mi * e->mi / t->all;
}

/* 95 % intervals cover the truth, but for 5 standard deviations of 200 draws (87.3 %), or the estimate says that it is
 * biased; and they are not wide to be safe. */
static inline void tally_check(const char *kind, const char *law, size_t n, double truth, const struct tally *t)
{
	double sd = sqrt(t->square - t->mean * t->mean);
	if (t->fine < 0.873 * t->all)
		fail_msg("%s of %s, n = %zu: %d of %d intervals cover, %d are flagged, together %d; mean %g, truth %g", kind, law, n,
		         t->covered, t->all, t->flagged, t->fine, t->mean, truth);
	if (t->width > 1.5 * 3.92 * sd)
		fail_msg("%s of %s, n = %zu: mean width %g, standard deviation %g", kind, law, n, t->width, sd);
}

#endif
