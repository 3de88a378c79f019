/* When something happened, over the live seeds of an arm.  Called by figures that mark onsets.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "picture.h"
#include "venturi/verdict.h"

enum { FEWEST_AFTER = 5 };

/* The onset of one run, NaN where there is none or only a bound of one. */
static enum vt_status onset_of(struct vt_ctx *ctx, const struct vt_source *from, size_t run,
                               const struct vt_onset_rule *rule, double *line, double *out)
{
	enum vt_status status;
	const struct vt_field *g = from->grid;
	struct vt_onset o;
	for (size_t t = 0; t < g->n_frames; t++) line[t] = vt_field_at(g, run, t, from->cell);
	VT_TRY(vt_onset_find(ctx, rule, g->n_frames, g->step, line, &o));
	size_t left = 0; /* snapshots from there on: of the last few nobody can say that they stay */
	for (size_t t = 0; t < g->n_frames; t++) left += !isnan(line[t]) && g->step[t] >= o.step;
	bool stays = rule->by == VT_ONSET_CHANGE || left >= FEWEST_AFTER;
	*out = o.reached && !vt_onset_bound(&o) && o.step > 0 && stays ? o.step : (double)NAN;
done:
	return status;
}

/* Mean and 95 % interval of logarithms, back in steps. */
static void average(struct vt_strip_row *r, double *work)
{
	double mean, lo, hi, p;
	for (size_t k = 0; k < r->n; k++) work[k] = log10(r->seed[k]);
	vt_decide(VT_ABOVE, r->n, work, 0, 0.95, &mean, &lo, &hi, &p);
	r->at = pow(10, mean);
	r->lo = pow(10, lo);
	r->hi = pow(10, hi);
}

enum vt_status vt_onset_over_seeds(struct vt_ctx *ctx, const struct vt_source *from, const struct vt_onset_rule *rule,
                                   struct vt_strip_row *out)
{
	enum vt_status status;
	const struct vt_study *s = from->study;
	double *line = NULL, *work = NULL;
	VT_NEW(ctx, line, from->grid->n_frames);
	VT_NEW(ctx, work, s->n_runs);
	VT_NEW(ctx, out->seed, s->n_runs);
	for (size_t r = 0; r < s->n_runs; r++) {
		double step;
		if (s->run[r].arm != from->arm || !s->run[r].alive) continue;
		VT_TRY(onset_of(ctx, from, r, rule, line, &step));
		out->n_live++;
		if (!isnan(step)) out->seed[out->n++] = step;
	}
	average(out, work);
	status = VT_OK;
done:
	free(line);
	free(work);
	return status;
}

double vt_epoch_of_step(const struct vt_field *g, double step)
{
	size_t t = 0;
	if (isnan(step)) return NAN;
	while (t + 1 < g->n_frames && g->step[t + 1] < step) t++;
	if (t + 1 == g->n_frames) return g->epoch[t];
	double share = (step - g->step[t]) / (g->step[t + 1] - g->step[t]);
	return g->epoch[t] + fmin(1, fmax(0, share)) * (g->epoch[t + 1] - g->epoch[t]);
}
