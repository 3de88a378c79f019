/* When does it happen?  The step of a crossing or of a change, per seed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "judge.h"
#include "venturi/onset.h"

struct settings {
	struct vt_onset_rule rule;
	int scale;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "by", VT_CHOICE, AT(rule.by), 0, 0, "level", NULL,
	  "crossing of `level`, crossing half-way between start and end, or the centre of a fitted logistic step",
	  vt_onset_bys },
	{ "level", VT_REAL, AT(rule.level), 0, 0, "0.99", NULL, "to be crossed, in the unit of the series" },
	{ "direction", VT_CHOICE, AT(rule.way), 0, 0, "up", NULL, "which way; either: the way the series goes",
	  vt_onset_ways },
	{ "stay", VT_REAL, AT(rule.stay), 0, 1, "0.9", "of the snapshots",
	  "how many from the crossing on are beyond; 0: a first touch" },
	{ "scale", VT_CHOICE, AT(scale), 0, 0, "log", NULL, "the value is log10 of the step, or the step", vt_onset_scales },
	{ 0 }
};

static enum vt_status values(struct vt_ctx *ctx, const void *settings, const struct vt_sample *in, double *out)
{
	const struct settings *s = settings;
	return vt_onset_values(ctx, &s->rule, s->scale, in, out, NULL);
}

static enum vt_status bounds(struct vt_ctx *ctx, const void *settings, const struct vt_sample *in, bool *out)
{
	const struct settings *s = settings;
	return vt_onset_values(ctx, &s->rule, s->scale, in, NULL, out);
}

/* ---- control ---------------------------------------------------------------------- */

static const char *const controls[] = { "flat-null", NULL };

/* Series that stay where they began, with the noise of the data. */
static enum vt_status count_flat(struct vt_ctx *ctx, const struct settings *s, const struct vt_sample *in,
                                 size_t *count)
{
	enum vt_status status;
	struct vt_noise noise;
	double *mean = NULL, *value = NULL, start = 0, known = 0;
	size_t found = 0;

	VT_NEW(ctx, mean, in->n_steps);
	VT_NEW(ctx, value, in->n_steps);
	VT_TRY(vt_noise_estimate(ctx, in, &noise));
	for (size_t k = 0; k < in->n_seeds; k++) {
		double first = in->value[k * in->n_steps];
		start += isnan(first) ? 0 : first;
		known += !isnan(first);
	}
	for (size_t i = 0; i < in->n_steps; i++) mean[i] = start / known;
	noise.offset = 0; /* where a series lies as a whole is no change in it */
	const struct vt_sample one = { 1, in->n_steps, in->step, value, NULL, 1, NULL, NULL };
	for (uint64_t t = 0; t < VT_REPLICATES; t++) {
		struct vt_onset o;
		vt_plant(&one, mean, &noise, t, value);
		VT_TRY(vt_onset_find(ctx, &s->rule, one.n_steps, one.step, value, &o));
		found += o.reached && !isinf(o.lo);
	}
	*count = found;
	status = VT_OK;
done:
	free(mean);
	free(value);
	return status;
}

/* flat-null: in series that do not change an onset is seen in at most 5 %. */
static enum vt_status control(struct vt_ctx *ctx, const void *settings, size_t which, const struct vt_sample *in,
                              const struct vt_hypothesis *h, bool *passed)
{
	enum vt_status status;
	size_t count;

	(void)which; /* there is one */
	(void)h;
	VT_TRY(count_flat(ctx, settings, in, &count));
	*passed = !vt_exceeds(count, 0.05);
done:
	return status;
}

static void needs(const void *settings, struct vt_needs *out)
{
	out->unit = vt_onset_unit(((const struct settings *)settings)->scale);
}

const struct vt_statistic_kind vt_statistic_onset = {
	.kind = { "onset", "the step at which a series crosses a level and stays, or at which it changes",
	          "crossing: Power et al. 2022, fig. 1; step: least squares, AICc of Burnham, Anderson 2002",
	          sizeof(struct settings), options,
	          "Where it does not happen the last step stands as a bound, and an outcome must hold without those "
	          "seeds too: a mean over the seeds in which it happened says nothing of how often it does.  A "
	          "crossing is late by up to the distance between snapshots.  A logistic step through a slow drift "
	          "lies in its middle." },
	.values = values,
	.controls = controls,
	.control = control,
	.needs = needs,
	.bounds = bounds,
};
