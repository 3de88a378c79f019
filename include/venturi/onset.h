/* When something happens in a series: the step at which it crosses a level and stays, or at
 * which its level changes.  Statistics and figures ask the same questions.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_ONSET_H
#define VENTURI_ONSET_H

#include "venturi/base.h"

enum vt_onset_by {
	VT_ONSET_LEVEL,  /* the first snapshot at `level` or beyond that stays */
	VT_ONSET_HALF,   /* the same with the level half-way from the first value to the mean of the last tenth */
	VT_ONSET_CHANGE  /* the centre of a logistic step fitted over the logarithm of the step */
};
enum vt_onset_way { VT_ONSET_UP, VT_ONSET_DOWN, VT_ONSET_EITHER };

struct vt_onset_rule {
	int by;       /* enum vt_onset_by */
	int way;      /* enum vt_onset_way; `either`: the way the series goes */
	double level; /* in the series' unit; of VT_ONSET_LEVEL alone */
	double stay;  /* share of the snapshots from there on that must be beyond; 1: all, 0: a first touch will do */
};

/* An onset with its interval, in steps.
 *
 * step     a crossing: the first snapshot beyond the level; a change: the centre of the fit
 * lo, hi   a crossing: the last snapshot before it, and itself; a change: the centres that an
 *          F test does not tell from the best (95 %)
 * reached  false: it did not happen until the last snapshot; step is that one, a lower bound,
 *          and hi infinite
 * Beyond the level from the first snapshot on: step is that one, an upper bound, and lo minus
 * infinite.  All NaN without numbers, or with too few for the question. */
struct vt_onset {
	double step, lo, hi;
	bool reached;
};
/* Whether `step` is only a bound of one side or the other. */
bool vt_onset_bound(const struct vt_onset *o);

/* value: n numbers at increasing steps; NaN is skipped.  A change needs 8 snapshots after
 * step 0 and an AICc better by 10 than that of a constant; half-way needs a change of five
 * times the scatter between neighbouring snapshots.  VT_ENOMEM.  Cost: n; a change some
 * 1000 n.
 *
 * When it misleads: a crossing is late by up to the distance between snapshots, and noise
 * makes it earlier with stay = 0, later with stay = 1.  Neighbouring snapshots are taken for
 * independent in the interval of a change: with slow noise it is too narrow.
 * Source: crossing: Rahaman et al. 2019, sec. 3; interval: Bates, Watts 1988, sec. 6.1. */
enum vt_status vt_onset_find(struct vt_ctx *ctx, const struct vt_onset_rule *rule, size_t n, const double *step,
                             const double *value, struct vt_onset *out);

/* y = base + slope x + height / (1 + exp(-(x - centre) / width)) by least squares.
 *
 * n       at least 8 and no NaN; x increasing or not, not all equal
 * sloped  false: slope = 0, and what it is compared with is a constant instead of a line
 * steepest: largest |dy/dx| between the smallest and largest x
 * gain    AICc without the step less AICc with it; above 10 is strong evidence for a step
 * lo, hi  centres that an F test on the residuals does not tell from the best (95 %)
 *
 * VT_EDOMAIN with fewer points or one x; VT_ENOMEM.  Cost: some 1000 n.
 * The width is at least a quarter of the median distance of neighbouring x (10 to 90 % of the step
 * then lie between two of them), below which the data say
 * nothing of it.  With noise that lasts over several points a step is found too easily.
 * Source: Burnham, Anderson 2002, sec. 2.4 (AICc). */
struct vt_step_fit {
	double base, slope, height, centre, width, steepest, gain, lo, hi;
};
enum vt_status vt_step_fit(struct vt_ctx *ctx, size_t n, const double *x, const double *y, bool sloped,
                           struct vt_step_fit *out);

#endif
