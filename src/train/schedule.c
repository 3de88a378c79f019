/* Learning rate against steps.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "venturi/train.h"

/* Share of the way from the end of the warm-up to the last step. */
static double progress(const struct vt_train_settings *s, uint64_t step, uint64_t total)
{
	double warmup = (double)s->warmup, way = (double)total - warmup;
	double x = way > 0 ? ((double)step - warmup) / way : 1;
	return x < 0 ? 0 : x > 1 ? 1 : x;
}

double vt_schedule_rate(const struct vt_train_settings *s, uint64_t step, uint64_t total)
{
	if (s->warmup > 0 && step <= (uint64_t)s->warmup) return s->rate * (double)step / (double)s->warmup;
	double x = progress(s, step, total);
	switch ((enum vt_schedule)s->schedule) {
	case VT_COSINE: return s->rate * (s->floor + (1 - s->floor) * 0.5 * (1 + cos(M_PI * x)));
	case VT_LINEAR: return s->rate * (s->floor + (1 - s->floor) * (1 - x));
	case VT_STEPS: return s->rate * pow(s->decay_factor, (double)((step - 1) / (uint64_t)s->decay_every));
	case VT_EXPONENTIAL: return s->rate * pow(s->decay_factor, (double)step / (double)s->decay_every);
	case VT_CONSTANT: break;
	}
	return s->rate;
}
