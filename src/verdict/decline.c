/* Does a series fall?  Its height at the peak less the mean of its last tenth, per seed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The largest value of a noisy series is no peak: the maximum of 200 flat snapshots stands
 * 2.8 standard deviations above their mean.  The step of a seed's peak is therefore taken
 * from the mean of the other seeds, whose noise is not its own, and what a flat series gives
 * is then 0 on average.
 *
 * Steps from all other seeds have a price: the seeds agree on the step at which their common
 * mean happens to be high, so that over flat noise the 95 % interval misses 0 in 15 to 26 %
 * of the cases.  Steps from the other half of the seeds (`peak: half`, every second one) bring
 * that to 6 %.  Against a delta of the noise's size neither calls a flat series a fall, and
 * the control flat-null checks that with the noise of the data.
 *
 * The height at the peak is the mean of three snapshots around its step: of one alone, six
 * seeds would find a fall of twice delta in noise of delta / 1.5 in 75 % of the cases, of
 * three in 98 %.
 *
 * The peak is looked for before the tail: a series that rises to its end has a negative
 * decline, not the rise inside its tail. */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "judge.h"

struct settings {
	double tail;
	int64_t window;
	int peak;
};
enum { OTHERS, HALF };
static const char *const peaks[] = { "others", "half", NULL };

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "tail", VT_REAL, AT(tail), 0.001, 0.5, "0.1", "of the snapshots", "the end is the mean over the last so many" },
	{ "window", VT_INT, AT(window), 1, 1001, "3", "snapshots",
	  "the peak is the mean over so many around its step; at most a fifth of those before the tail" },
	{ "peak", VT_CHOICE, AT(peak), 0, 0, "others", NULL,
	  "whose mean gives the step of a seed's peak: all other seeds, or the other half of them", peaks },
	{ 0 }
};

/* ---- the statistic ---------------------------------------------------------- */

/* How the steps are cut: [0, head) is searched for the peak, [head, n) is the end. */
struct cut {
	size_t n, head, half; /* half: of the window, so that it has 2 half + 1 snapshots */
	int peak;
};

static struct cut cut_steps(const struct settings *s, size_t n)
{
	size_t tail = (size_t)ceil(fmax(1, s->tail * (double)n - 1e-9));
	struct cut c = { .n = n, .head = n > tail ? n - tail : 0, .peak = s->peak };
	size_t most = c.head / 5 < (size_t)s->window ? c.head / 5 : (size_t)s->window;
	c.half = most > 1 ? (most - 1) / 2 : 0;
	return c;
}

/* Mean of the finite ones of x[begin .. end - 1]; NaN where there is none. */
static double mean_finite(const double *x, size_t begin, size_t end)
{
	double sum = 0;
	size_t n = 0;
	for (size_t i = begin; i < end; i++) {
		if (isnan(x[i])) continue;
		sum += x[i];
		n++;
	}
	return n > 0 ? sum / (double)n : (double)NAN;
}

static double around(const double *x, const struct cut *c, size_t i)
{
	size_t end = i + c->half + 1 < c->head ? i + c->half + 1 : c->head;
	return mean_finite(x, i > c->half ? i - c->half : 0, end);
}

/* Mean of the other seeds at each step of the head. */
static void mean_of_others(const struct vt_sample *in, const struct cut *c, size_t seed, double *mean)
{
	for (size_t i = 0; i < c->head; i++) {
		double sum = 0;
		size_t n = 0;
		for (size_t k = 0; k < in->n_seeds; k++) {
			double x = in->value[k * in->n_steps + i];
			bool counts = c->peak == HALF ? k % 2 != seed % 2 : k != seed;
			if (!counts || isnan(x)) continue;
			sum += x;
			n++;
		}
		mean[i] = n > 0 ? sum / (double)n : (double)NAN;
	}
}

static double decline_of(const struct vt_sample *in, const struct cut *c, size_t seed, double *others)
{
	const double *own = in->value + seed * in->n_steps;
	double highest = -INFINITY, peak = NAN;
	mean_of_others(in, c, seed, others);
	for (size_t i = 0; i < c->head; i++) {
		double height = around(others, c, i), here = around(own, c, i);
		if (isnan(here) || isnan(height) || height <= highest) continue;
		highest = height;
		peak = here;
	}
	return peak - mean_finite(own, c->head, c->n);
}

static enum vt_status values(struct vt_ctx *ctx, const void *settings, const struct vt_sample *in, double *out)
{
	enum vt_status status;
	struct cut c = cut_steps(settings, in->n_steps);
	double *others = NULL;

	VT_NEW(ctx, others, in->n_steps);
	for (size_t seed = 0; seed < in->n_seeds; seed++) out[seed] = decline_of(in, &c, seed, others);
	status = VT_OK;
done:
	free(others);
	return status;
}

/* ---- controls ---------------------------------------------------------------- */

enum { FLAT_NULL, PLANTED_FALL };
static const char *const controls[] = { "flat-null", "planted-fall", NULL };

/* `height` until the middle of the steps, down in a straight line until four fifths, then 0. */
static double planted(double height, double place)
{
	double left = (0.8 - place) / 0.3;
	return height * (left > 1 ? 1 : left < 0 ? 0 : left);
}

/* The outcome that a fall beyond delta must have. */
static enum vt_outcome finding(const struct vt_hypothesis *h)
{
	return h->expect == VT_WITHIN || h->expect == VT_BELOW ? VT_REFUTED : VT_SUPPORTED;
}

static enum vt_status count_planted(struct vt_ctx *ctx, const struct vt_sample *in, const struct vt_hypothesis *h,
                                    double height, enum vt_outcome wanted, size_t *count)
{
	enum vt_status status;
	struct vt_noise noise;
	double *mean = NULL;

	VT_NEW(ctx, mean, in->n_steps);
	for (size_t i = 0; i < in->n_steps; i++) mean[i] = planted(height, (double)i / (double)in->n_steps);
	VT_TRY(vt_noise_estimate(ctx, in, &noise));
	VT_TRY(vt_planted_count(ctx, values, h, in, mean, &noise, wanted, count));
done:
	free(mean);
	return status;
}

/* flat-null: series without a fall and with noise as in the data are taken for one in at most
 * 5 % of the replicates.  planted-fall: a fall of 2 delta in that noise is found in at least
 * 80 %.  Both with an allowance for chance. */
static enum vt_status control(struct vt_ctx *ctx, const void *settings, size_t which, const struct vt_sample *in,
                              const struct vt_hypothesis *h, bool *passed)
{
	enum vt_status status;
	size_t count;

	(void)settings; /* they stand in h as well */
	if (which == FLAT_NULL) VT_TRY(count_planted(ctx, in, h, 0, vt_alarm(h), &count));
	else VT_TRY(count_planted(ctx, in, h, 2 * h->delta, finding(h), &count));
	*passed = which == FLAT_NULL ? !vt_exceeds(count, 0.05) : !vt_exceeds(VT_REPLICATES - count, 0.2);
done:
	return status;
}

const struct vt_statistic_kind vt_statistic_decline = {
	.kind = { "decline", "height at the peak less the mean of the last tenth, in the series' unit", "venturi",
	          sizeof(struct settings), options,
	          "The peak's step comes from the other seeds, so seeds that peak at very different steps seem to "
	          "fall less than each does; with one seed there is no value.  A fall inside the tail is not seen.  "
	          "planted-fall fails where the seeds are too few or too noisy for delta, however large the fall that was "
	          "measured." },
	.values = values,
	.controls = controls,
	.control = control,
};
