/* Onsets of a whole sample.  Called by the statistics that ask when.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "judge.h"
#include "venturi/onset.h"

const char *const vt_onset_bys[] = { "level", "half", "change", NULL };
const char *const vt_onset_ways[] = { "up", "down", "either", NULL };
const char *const vt_onset_scales[] = { "log", "step", NULL };

const char *vt_onset_unit(int scale)
{
	return scale == VT_SCALE_LOG ? "1" : "step";
}

static double scaled(int scale, double step)
{
	if (scale == VT_SCALE_STEP) return step;
	return step > 0 ? log10(step) : (double)NAN;
}

enum vt_status vt_onset_values(struct vt_ctx *ctx, const struct vt_onset_rule *rule, int scale,
                               const struct vt_sample *in, double *value, bool *bound)
{
	enum vt_status status = VT_OK;
	for (size_t k = 0; k < in->n_seeds; k++) {
		struct vt_onset o;
		VT_TRY(vt_onset_find(ctx, rule, in->n_steps, in->step, in->value + k * in->n_steps, &o));
		if (value) value[k] = scaled(scale, o.step);
		if (bound) bound[k] = vt_onset_bound(&o);
	}
done:
	return status;
}
