/* Where does a series stand at its end, or at a step?  One number per seed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The mean over the last tenth of the snapshots, since one snapshot of a noisy series is one draw of its noise; where
 * the last number is the answer (a count that grows, a running minimum), `tail` of one snapshot takes it alone. */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "judge.h"

struct settings {
	double tail, from;
	int64_t step;
	bool last;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "tail", VT_REAL, AT(tail), 0.001, 1, "0.1", "of the snapshots", "the mean over the last so many" },
	{ "last", VT_BOOL, AT(last), 0, 0, "false", NULL, "the last snapshot that has a value, alone" },
	{ "from", VT_REAL, AT(from), -1e300, 1e300, "0", NULL,
	  "subtracted: the level is counted from here, in the series' unit" },
	{ "step", VT_INT, AT(step), -1, 1e15, "-1", "steps",
	  "the value at the last snapshot not after this step; -1: at the end" },
	{ 0 }
};

/* ---- the statistic ---------------------------------------------------------- */

/* The snapshots that count: begin .. end - 1. */
static void window(const struct settings *s, const struct vt_sample *in, size_t *begin, size_t *end)
{
	size_t tail = (size_t)ceil(fmax(1, s->tail * (double)in->n_steps - 1e-9));
	*end = in->n_steps;
	while (s->step >= 0 && *end > 0 && in->step[*end - 1] > (double)s->step) (*end)--;
	*begin = *end > tail ? *end - tail : 0;
	if (s->step >= 0 && *end > 0) *begin = *end - 1;
}

static enum vt_status values(struct vt_ctx *ctx, const void *settings, const struct vt_sample *in, double *out)
{
	const struct settings *s = settings;
	size_t begin, end;
	(void)ctx;
	window(s, in, &begin, &end);
	for (size_t seed = 0; seed < in->n_seeds; seed++) {
		const double *own = in->value + seed * in->n_steps;
		double sum = 0;
		size_t n = 0;
		for (size_t i = end; i > (s->last ? 0 : begin) && !(s->last && n > 0); i--) {
			if (isnan(own[i - 1])) continue;
			sum += own[i - 1];
			n++;
		}
		out[seed] = n > 0 ? sum / (double)n - s->from : (double)NAN;
	}
	return VT_OK;
}

/* ---- controls ---------------------------------------------------------------- */

enum { FLAT_NULL, PLANTED_LEVEL };
static const char *const controls[] = { "flat-null", "planted-level", NULL };

/* Where a series must stand for the claim just not to hold, and where for it to hold well. */
static double edge(const struct vt_hypothesis *h)
{
	return h->expect == VT_BELOW ? -h->delta : h->delta;
}

static double inside(const struct vt_hypothesis *h)
{
	switch (h->expect) {
	case VT_BELOW: return -2 * h->delta;
	case VT_WITHIN: return 0;
	default: return 2 * h->delta;
	}
}

static enum vt_status count_level(struct vt_ctx *ctx, const struct settings *s, const struct vt_sample *in,
                                  const struct vt_hypothesis *h, double height, size_t *count)
{
	enum vt_status status;
	struct vt_noise noise;
	double *mean = NULL;
	VT_NEW(ctx, mean, in->n_steps);
	for (size_t i = 0; i < in->n_steps; i++) mean[i] = height + s->from;
	VT_TRY(vt_noise_estimate(ctx, in, &noise));
	VT_TRY(vt_planted_count(ctx, values, h, in, mean, &noise, VT_SUPPORTED, count));
done:
	free(mean);
	return status;
}

/* flat-null: flat series that stand exactly at the bound, with noise as in the data, are supported in at most 5 % of
 * the replicates.  planted-level: flat ones well on the claim's side (twice delta; 0 for within) in at least 80 %. */
static enum vt_status control(struct vt_ctx *ctx, const void *settings, size_t which, const struct vt_sample *in,
                              const struct vt_hypothesis *h, bool *passed)
{
	enum vt_status status;
	size_t count;
	VT_TRY(count_level(ctx, settings, in, h, which == FLAT_NULL ? edge(h) : inside(h), &count));
	*passed = which == FLAT_NULL ? !vt_exceeds(count, 0.05) : !vt_exceeds(VT_REPLICATES - count, 0.2);
done:
	return status;
}

const struct vt_statistic_kind vt_statistic_level = {
	.kind = { "level", "mean of the last tenth of a series, or its value at a step, in the series' unit", "venturi",
	          sizeof(struct settings), options,
	          "The end of a run is where its budget ended: a series that still moves has no level.  Log-spaced snapshots "
	          "make the last tenth of them a good part of the run.  Missing values are left out of the mean.  Runs that "
	          "stopped early have fewer steps, and the end is that of the steps that all runs have." },
	.values = values,
	.controls = controls,
	.control = control,
};
