/* In which order do the places along a dimension get there?  Rank correlation of place and
 * step, per seed: frequencies that are learned from low to high give 1.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Places that never get there are ranked last and tied, not dropped: dropped, the
 * frequencies that were too high to be learned at all would not count as late. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "venturi/onset.h"
#include "venturi/rng.h"

struct settings {
	char *along;
	double level;
	int way;
	double stay;
	int value;
};
enum { CORRELATION, SLOPE };
static const char *const values_of[] = { "correlation", "slope", NULL };
static const char *const ways[] = { "up", "down", NULL };

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "along", VT_STRING, AT(along), .help = "the dimension whose places are ordered, as frequency; `at` leaves it open" },
	{ "level", VT_REAL, AT(level), 0, 0, "0.8", NULL, "what counts as there, in the unit of the series" },
	{ "direction", VT_CHOICE, AT(way), 0, 0, "up", NULL, "whether the series rises to the level or falls to it", ways },
	{ "stay", VT_REAL, AT(stay), 0, 1, "1", "of the snapshots",
	  "the step is the first from which so many are at the level or beyond; 0: a first touch" },
	{ "value", VT_CHOICE, AT(value), 0, 0, "correlation", NULL,
	  "Spearman's correlation of place and step, or the slope of log step against log place", values_of },
	{ 0 }
};

/* ---- the statistic ---------------------------------------------------------- */

/* Steps at which the places of all seeds get there: infinite for never, NaN without numbers. */
static enum vt_status find_steps(struct vt_ctx *ctx, const struct settings *s, const struct vt_sample *in, double *out)
{
	enum vt_status status = VT_OK;
	const struct vt_onset_rule rule = { VT_ONSET_LEVEL, s->way, s->level, s->stay };
	for (size_t i = 0; i < in->n_seeds * in->n_places; i++) {
		struct vt_onset o;
		VT_TRY(vt_onset_find(ctx, &rule, in->n_steps, in->step, in->value + i * in->n_steps, &o));
		out[i] = isnan(o.step) || o.reached ? o.step : INFINITY;
	}
done:
	return status;
}

/* Least squares over the places that get there, after step 0. */
static double slope(size_t n, const double *place, const double *step)
{
	double mean_x = 0, mean_y = 0, xy = 0, xx = 0, count = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < n; i++) {
			if (!(place[i] > 0) || !(step[i] > 0) || isinf(step[i])) continue;
			double x = log(place[i]), y = log(step[i]);
			count += pass == 0;
			mean_x += pass == 0 ? x : 0;
			mean_y += pass == 0 ? y : 0;
			xx += pass == 1 ? (x - mean_x) * (x - mean_x) : 0;
			xy += pass == 1 ? (x - mean_x) * (y - mean_y) : 0;
		}
		if (pass == 1 || count < 3) break;
		mean_x /= count;
		mean_y /= count;
	}
	return count >= 3 && xx > 0 ? xy / xx : (double)NAN;
}

/* One seed, from the steps of its places; work holds 2 n. */
static enum vt_status order_of(struct vt_ctx *ctx, const struct settings *s, size_t n, const double *place,
                               const double *step, double *work, double *out)
{
	size_t known = 0;
	for (size_t i = 0; i < n; i++) {
		if (isnan(step[i]) || isnan(place[i])) continue;
		work[known] = place[i];
		work[n + known++] = step[i];
	}
	if (s->value == CORRELATION) return vt_rank_correlation(ctx, known, work, work + n, out);
	*out = slope(known, work, work + n);
	return VT_OK;
}

static enum vt_status orders(struct vt_ctx *ctx, const struct settings *s, const struct vt_sample *in,
                             const double *step, double *out)
{
	enum vt_status status;
	double *work = NULL;

	VT_NEW(ctx, work, 2 * in->n_places);
	for (size_t k = 0; k < in->n_seeds; k++)
		VT_TRY(order_of(ctx, s, in->n_places, in->place, step + k * in->n_places, work, &out[k]));
	status = VT_OK;
done:
	free(work);
	return status;
}

static enum vt_status values(struct vt_ctx *ctx, const void *settings, const struct vt_sample *in, double *out)
{
	enum vt_status status;
	double *step = NULL;

	VT_NEW(ctx, step, in->n_seeds * in->n_places);
	VT_TRY(find_steps(ctx, settings, in, step));
	VT_TRY(orders(ctx, settings, in, step, out));
done:
	free(step);
	return status;
}

/* ---- controls ---------------------------------------------------------------- */

enum { SHUFFLED_PLACES, PLANTED_ORDER };
static const char *const controls[] = { "shuffled-places", "planted-order", NULL };

static void shuffle(struct vt_rng *r, double *v, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = vt_rng_below(r, i);
		double kept = v[k];
		v[k] = v[i - 1];
		v[i - 1] = kept;
	}
}

/* The steps of each seed at places drawn by lot: how often an order is found. */
static enum vt_status count_shuffled(struct vt_ctx *ctx, const struct settings *s, const struct vt_sample *in,
                                     const struct vt_hypothesis *h, double *step, double *value, size_t *count)
{
	enum vt_status status = VT_OK;
	size_t found = 0;
	for (uint64_t t = 0; t < VT_REPLICATES; t++) {
		struct vt_rng r = vt_rng_stream(0, VT_PURPOSE_CONTROL, t);
		for (size_t k = 0; k < in->n_seeds; k++) shuffle(&r, step + k * in->n_places, in->n_places);
		VT_TRY(orders(ctx, s, in, step, value));
		found += vt_outcome_of(h, in->n_seeds, value) == vt_alarm(h);
	}
	*count = found;
done:
	return status;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The steps of each seed sorted along the dimension; missing ones stay where they are. */
static enum vt_status plant_order(struct vt_ctx *ctx, const struct vt_sample *in, bool rising, double *step)
{
	enum vt_status status;
	double *sorted = NULL;

	VT_NEW(ctx, sorted, in->n_places);
	for (size_t k = 0; k < in->n_seeds; k++) {
		double *own = step + k * in->n_places;
		size_t n = 0, next = 0;
		for (size_t i = 0; i < in->n_places; i++)
			if (!isnan(own[i])) sorted[n++] = own[i];
		qsort(sorted, n, sizeof *sorted, by_size);
		for (size_t i = 0; i < in->n_places; i++) {
			if (isnan(own[i])) continue;
			own[i] = sorted[rising ? next : n - 1 - next];
			next++;
		}
	}
	status = VT_OK;
done:
	free(sorted);
	return status;
}

/* shuffled-places: where the places are drawn by lot, an order is found in at most 5 % of the
 * replicates.  planted-order: the very steps of the seeds, in perfect order, are found: else
 * too many places are tied, or never get there, for this delta. */
static enum vt_status control(struct vt_ctx *ctx, const void *settings, size_t which, const struct vt_sample *in,
                              const struct vt_hypothesis *h, bool *passed)
{
	enum vt_status status;
	double *step = NULL, *value = NULL;
	size_t count;

	VT_NEW(ctx, step, in->n_seeds * in->n_places);
	VT_NEW(ctx, value, in->n_seeds);
	VT_TRY(find_steps(ctx, settings, in, step));
	if (which == SHUFFLED_PLACES) {
		VT_TRY(count_shuffled(ctx, settings, in, h, step, value, &count));
		*passed = !vt_exceeds(count, 0.05);
	} else {
		VT_TRY(plant_order(ctx, in, h->expect != VT_BELOW, step));
		VT_TRY(orders(ctx, settings, in, step, value));
		*passed = vt_outcome_of(h, in->n_seeds, value) == vt_alarm(h);
	}
done:
	free(step);
	free(value);
	return status;
}

static void needs(const void *settings, struct vt_needs *out)
{
	out->along = ((const struct settings *)settings)->along;
	out->unit = "1";
}

const struct vt_statistic_kind vt_statistic_order = {
	.kind = { "order", "rank correlation of the places along a dimension with the step at which each gets to a level",
	          "Rahaman et al. 2019, sec. 3, fig. 1; correlation: Spearman 1904", sizeof(struct settings), options,
	          "Places that get there between the same two snapshots are tied, and so are those that never do: with "
	          "many ties the correlation cannot reach 1, which planted-order tells.  An amplitude can pass the "
	          "level early by interference of others; the error of the complex coefficient cannot.  The slope "
	          "leaves out places that never get there, and is then too small." },
	.values = values,
	.controls = controls,
	.control = control,
	.needs = needs,
};
