/* The rule: a mean over seeds, its Student-t interval, where that lies.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>

#include "judge.h"
#include "venturi/num.h"

const char *const vt_expect_names[] = { "above", "below", "within", "outside", NULL };
const char *const vt_outcome_names[] = { "supported", "refuted", "inconclusive", "not_run",
                                           "not_operationalised", NULL };

static enum vt_outcome one_sided(bool above, bool below)
{
	return above ? VT_SUPPORTED : below ? VT_REFUTED : VT_INCONCLUSIVE;
}

static enum vt_outcome place(enum vt_expect expect, double lo, double hi, double delta)
{
	bool inside = lo > -delta && hi < delta, outside = lo > delta || hi < -delta;
	switch (expect) {
	case VT_ABOVE: return one_sided(lo > delta, hi < delta);
	case VT_BELOW: return one_sided(hi < -delta, lo > -delta);
	case VT_WITHIN: return one_sided(inside, outside);
	case VT_OUTSIDE: return one_sided(outside, inside);
	}
	return VT_INCONCLUSIVE;
}

/* Two-sided p of mean = bound. */
static double p_at(double mean, double se, double freedom, double bound)
{
	if (se > 0) return 2 * gsl_cdf_tdist_Q(fabs(mean - bound) / se, freedom);
	return mean == bound;
}

/* The smallest error rate at which the interval would be decided: it must then exclude the
 * one bound, or both where there are two. */
static double p_value(enum vt_expect expect, double mean, double se, double freedom, double delta)
{
	double above = p_at(mean, se, freedom, delta), below = p_at(mean, se, freedom, -delta);
	if (expect == VT_ABOVE) return above;
	return expect == VT_BELOW ? below : fmax(above, below);
}

static void moments(size_t n, const double *value, double *mean, double *se)
{
	double sum = 0, square = 0;
	for (size_t i = 0; i < n; i++) sum += value[i];
	*mean = sum / (double)n;
	for (size_t i = 0; i < n; i++) square += (value[i] - *mean) * (value[i] - *mean);
	*se = n > 1 ? sqrt(square / (double)(n - 1) / (double)n) : (double)NAN;
}

enum vt_outcome vt_decide(enum vt_expect expect, size_t n, const double *value, double delta, double level,
                          double *mean, double *lo, double *hi, double *p)
{
	double se;
	*mean = *lo = *hi = *p = NAN;
	if (n == 0) return VT_INCONCLUSIVE;
	moments(n, value, mean, &se);
	if (n == 1) return VT_INCONCLUSIVE;
	double freedom = (double)(n - 1), half = se > 0 ? gsl_cdf_tdist_Pinv((1 + level) / 2, freedom) * se : 0;
	*lo = *mean - half;
	*hi = *mean + half;
	*p = p_value(expect, *mean, se, freedom, delta);
	return place(expect, *lo, *hi, delta);
}

/* ---- Holm ---------------------------------------------------------------- */

enum vt_status vt_holm(struct vt_ctx *ctx, size_t n, const double *p, double alpha, double *adjusted, double *level)
{
	enum vt_status status;
	struct vt_ranked *rank = NULL;
	double running = 0;
	size_t tested = n; /* how many are left at the level in force */

	VT_NEW(ctx, rank, n);
	for (size_t i = 0; i < n; i++) rank[i] = (struct vt_ranked){ p[i], i };
	vt_ranked_sort(rank, n);
	for (size_t k = 0; k < n; k++) {
		if (running < alpha) tested = n - k;
		running = fmax(running, fmin(1, (double)(n - k) * rank[k].value));
		adjusted[rank[k].row] = running;
		level[rank[k].row] = 1 - alpha / (double)tested;
	}
	status = VT_OK;
done:
	free(rank);
	return status;
}
