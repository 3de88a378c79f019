/* Is it sudden?  ln y against ln x as a straight line, and as a line with one logistic step, per
 * seed: sharp where the step is better by 10 in AICc and the curve is somewhere steeper than 3.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asked of a continuous measure, as a loss is: an accuracy of many parts is exp(-loss) of them,
 * and looks sudden where the loss follows a power law. */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "judge.h"
#include "venturi/onset.h"
#include "venturi/rng.h"

struct settings {
	char *along;
	double steeper, tail;
	int value;
};
static const char *const values_of[] = { "gain", "exponent", "width", NULL };
enum { GAIN, EXPONENT, WIDTH };
enum { FEWEST = 8 };

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "along", VT_STRING, AT(along), .optional = true,
	  .help = "x is the coordinate along this dimension, y where the series ends; without: x is the step" },
	{ "steeper", VT_REAL, AT(steeper), 0, 1000, "3", NULL, "the local exponent that makes a step a sharp one" },
	{ "tail", VT_REAL, AT(tail), 0.001, 1, "0.1", "of the snapshots", "with `along`, the end is the mean over so many" },
	{ "value", VT_CHOICE, AT(value), 0, 0, "gain", NULL,
	  "AICc of the line less that of line and step; the largest local exponent; the width of the step in decades of x",
	  values_of },
	{ 0 }
};

/* ---- the statistic ---------------------------------------------------------------- */

/* Logarithms of what has one. */
static size_t take_logs(const struct settings *s, const struct vt_sample *in, const double *own, double *x, double *y)
{
	size_t n = 0, all = s->along ? in->n_places : in->n_steps;
	for (size_t i = 0; i < all; i++) {
		double at = s->along ? in->place[i] : in->step[i];
		double height = s->along ? vt_end_mean(own + i * in->n_steps, in->n_steps, s->tail) : own[i];
		if (!(at > 0) || !(height > 0)) continue;
		x[n] = log(at);
		y[n++] = log(height);
	}
	return n;
}

/* A step that is not steep enough is no evidence for a sharp one: its gain counts as none. */
static double value_of(const struct settings *s, const struct vt_step_fit *f)
{
	if (s->value == EXPONENT) return f->steepest;
	if (s->value == WIDTH) return f->width / log(10);
	return f->steepest > s->steeper ? f->gain : fmin(f->gain, 0);
}

static enum vt_status sharpness(struct vt_ctx *ctx, const struct settings *s, size_t n, const double *x,
                                const double *y, double *out)
{
	enum vt_status status = VT_OK;
	struct vt_step_fit f;

	*out = NAN;
	if (n < FEWEST || !(x[n - 1] > x[0])) return VT_OK;
	VT_TRY(vt_step_fit(ctx, n, x, y, true, &f));
	*out = value_of(s, &f);
done:
	return status;
}

static enum vt_status values(struct vt_ctx *ctx, const void *settings, const struct vt_sample *in, double *out)
{
	enum vt_status status;
	const struct settings *s = settings;
	size_t most = in->n_places > in->n_steps ? in->n_places : in->n_steps;
	double *x = NULL, *y = NULL;

	VT_NEW(ctx, x, most);
	VT_NEW(ctx, y, most);
	for (size_t k = 0; k < in->n_seeds; k++) {
		size_t n = take_logs(s, in, in->value + k * in->n_places * in->n_steps, x, y);
		VT_TRY(sharpness(ctx, s, n, x, y, &out[k]));
	}
	status = VT_OK;
done:
	free(x);
	free(y);
	return status;
}

/* ---- controls ------------------------------------------------------------------------ */

enum { PLANTED_LINE, PLANTED_STEP, REPLICATES = 40 };
static const char *const controls[] = { "planted-line", "planted-step", NULL };

/* The line and the scatter around the better of the two models, of one seed. */
static enum vt_status describe(struct vt_ctx *ctx, size_t n, const double *x, const double *y, struct vt_step_fit *f,
                               double *rest)
{
	enum vt_status status;

	VT_TRY(vt_step_fit(ctx, n, x, y, true, f));
	for (size_t i = 0; i < n; i++)
		rest[i] = y[i] - f->base - f->slope * x[i] - f->height / (1 + exp(-(x[i] - f->centre) / f->width));
done:
	return status;
}

/* In one seed's scatter: called sharp how often, of a line of its slope, or with a step down by a factor e^3 within a
 * tenth of a decade in its middle. */
static enum vt_status count_planted(struct vt_ctx *ctx, const struct settings *s, size_t n, const double *x,
                                    const double *y, double height, double *work, size_t *count)
{
	enum vt_status status;
	struct vt_step_fit f;
	double *rest = work, *planted = work + n, middle = (x[0] + x[n - 1]) / 2, width = log(10) / 40;

	VT_TRY(describe(ctx, n, x, y, &f, rest));
	for (uint64_t t = 0; t < REPLICATES; t++) {
		struct vt_rng r = vt_rng_stream(0, VT_PURPOSE_CONTROL, t);
		double gain;
		for (size_t i = 0; i < n; i++)
			planted[i] = f.slope * x[i] - height / (1 + exp(-(x[i] - middle) / width)) + rest[vt_rng_below(&r, n)];
		VT_TRY(sharpness(ctx, s, n, x, planted, &gain));
		*count += gain > 10;
	}
done:
	return status;
}

/* planted-line: in the scatter of the seeds a straight line is called sharp in at most 5 %.
 * planted-step: a clear step is in at least 80 %. */
static enum vt_status control(struct vt_ctx *ctx, const void *settings, size_t which, const struct vt_sample *in,
                              const struct vt_hypothesis *h, bool *passed)
{
	enum vt_status status;
	struct settings s = *(const struct settings *)settings;
	size_t most = in->n_places > in->n_steps ? in->n_places : in->n_steps, found = 0, all = 0;
	double *work = NULL;

	(void)h;
	s.value = GAIN;
	VT_NEW(ctx, work, 4 * most);
	for (size_t k = 0; k < in->n_seeds; k++) {
		double *x = work, *y = work + most;
		size_t n = take_logs(&s, in, in->value + k * in->n_places * in->n_steps, x, y);
		if (n < FEWEST || !(x[n - 1] > x[0])) continue;
		VT_TRY(count_planted(ctx, &s, n, x, y, which == PLANTED_STEP ? 3 : 0, work + 2 * most, &found));
		all += REPLICATES;
	}
	double share = all > 0 ? (double)found / (double)all : (double)NAN;
	*passed = which == PLANTED_STEP ? share >= 0.8 : share <= 0.05;
	status = VT_OK;
done:
	free(work);
	return status;
}

static void needs(const void *settings, struct vt_needs *out)
{
	out->along = ((const struct settings *)settings)->along;
	out->unit = "1";
}

const struct vt_statistic_kind vt_statistic_sharp = {
	.kind = { "sharp", "whether ln y against ln x has a sharp step: AICc of a line less that of line and logistic step",
	          "Schaeffer et al. 2023 (continuous measures); AICc: Burnham, Anderson 2002, sec. 2.4",
	          sizeof(struct settings), options,
	          "Snapshots of one run follow each other: with slow noise a step is found too easily, which "
	          "planted-line, whose noise is independent, does not see.  Points where y or x is not positive have "
	          "no logarithm and are left out.  A kink between two slopes is fitted by a wide step, and is not "
	          "sharp.  Between few points the steepness is only as large as their distance allows." },
	.values = values,
	.controls = controls,
	.control = control,
	.needs = needs,
};
