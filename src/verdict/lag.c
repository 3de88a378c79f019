/* Does one series lead another?  The onset of the second less that of the first, per run:
 * positive where the series of the hypothesis comes first.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any two clocks have a mean lag, also those of runs that have nothing to do with each other.
 * What makes one series lead another is that, where the first is late, the second is late
 * too.  Shuffling which run's second series stands against which run's first leaves the mean
 * lag as it is and destroys that, so the control shuffled-pairs compares the spread of the
 * lags, which is small where the onsets belong together. */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "judge.h"
#include "venturi/onset.h"
#include "venturi/rng.h"

struct settings {
	char *against;
	struct vt_pairs at_against;
	int by;
	double level, level_against, stay;
	int way, way_against, scale;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "against", VT_STRING, AT(against), .help = "the other series, GROUP/VARIABLE of the same runs" },
	{ "at_against", VT_PAIRS, AT(at_against), .optional = true, .help = "dimension: label, of the other series" },
	{ "by", VT_CHOICE, AT(by), 0, 0, "half", NULL,
	  "crossing of a level, crossing half-way between start and end, or the centre of a fitted logistic step",
	  vt_onset_bys },
	{ "level", VT_REAL, AT(level), 0, 0, "0.99", NULL, "of the series, where by: level" },
	{ "level_against", VT_REAL, AT(level_against), 0, 0, "0.99", NULL, "of the other series, where by: level" },
	{ "stay", VT_REAL, AT(stay), 0, 1, "0.9", "of the snapshots",
	  "how many from the crossing on are beyond; 0: a first touch" },
	{ "direction", VT_CHOICE, AT(way), 0, 0, "either", NULL, "which way the series goes", vt_onset_ways },
	{ "direction_against", VT_CHOICE, AT(way_against), 0, 0, "either", NULL, "which way the other series goes",
	  vt_onset_ways },
	{ "scale", VT_CHOICE, AT(scale), 0, 0, "log", NULL, "the lag is in decades (a ratio of steps), or in steps",
	  vt_onset_scales },
	{ 0 }
};

/* ---- the statistic ------------------------------------------------------------- */

/* Onsets of one side (which = 1: the other series). */
static enum vt_status onsets(struct vt_ctx *ctx, const struct settings *s, int which, const struct vt_sample *in,
                             double *value, bool *bound)
{
	const struct vt_onset_rule rule = { s->by, which ? s->way_against : s->way, which ? s->level_against : s->level,
		                            s->stay };
	return vt_onset_values(ctx, &rule, s->scale, in, value, bound);
}

/* Onsets of both sides, n_seeds each; where neither happened there is no lag, and both are NaN. */
static enum vt_status both(struct vt_ctx *ctx, const struct settings *s, const struct vt_sample *in, double *first,
                           double *second, bool *bound)
{
	enum vt_status status;
	bool *own = NULL;

	VT_REQUIRE(ctx, in->other, VT_EBUG, "lag was given one series of two");
	VT_NEW(ctx, own, in->n_seeds);
	VT_TRY(onsets(ctx, s, 0, in, first, own));
	VT_TRY(onsets(ctx, s, 1, in->other, second, bound));
	for (size_t k = 0; k < in->n_seeds; k++) {
		if (own[k] && bound[k]) first[k] = second[k] = NAN;
		bound[k] = bound[k] || own[k];
	}
done:
	free(own);
	return status;
}

static enum vt_status lags(struct vt_ctx *ctx, const struct settings *s, const struct vt_sample *in, double *value,
                           bool *bound)
{
	enum vt_status status;
	double *first = NULL;
	bool *work = NULL;

	VT_NEW(ctx, first, in->n_seeds);
	VT_NEW(ctx, work, in->n_seeds);
	VT_TRY(both(ctx, s, in, first, value, bound ? bound : work));
	for (size_t k = 0; k < in->n_seeds; k++) value[k] -= first[k];
done:
	free(first);
	free(work);
	return status;
}

static enum vt_status values(struct vt_ctx *ctx, const void *settings, const struct vt_sample *in, double *out)
{
	return lags(ctx, settings, in, out, NULL);
}

static enum vt_status bounds(struct vt_ctx *ctx, const void *settings, const struct vt_sample *in, bool *out)
{
	enum vt_status status;
	double *value = NULL;

	VT_NEW(ctx, value, in->n_seeds);
	VT_TRY(lags(ctx, settings, in, value, out));
done:
	free(value);
	return status;
}

/* ---- shuffled pairs ------------------------------------------------------------- */

enum { EXACT = 7, DRAWS = 5000 };

/* The spread of second - first is smallest where this is largest. */
static double product(const double *first, const double *second, const uint32_t *order, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) sum += first[i] * second[order[i]];
	return sum;
}

/* Next permutation in lexical order; false after the last. */
static bool next_order(uint32_t *order, size_t n)
{
	size_t i = n - 1, k = n - 1;
	while (i > 0 && order[i - 1] >= order[i]) i--;
	if (i == 0) return false;
	while (order[k] <= order[i - 1]) k--;
	uint32_t kept = order[k];
	order[k] = order[i - 1];
	order[i - 1] = kept;
	for (k = n - 1; i < k; i++, k--) {
		kept = order[k];
		order[k] = order[i];
		order[i] = kept;
	}
	return true;
}

/* Share of the pairings whose lags spread as little as those of the runs: of all, or of 5000. */
static double pairing_p(const double *first, const double *second, uint32_t *order, size_t n)
{
	if (n < 2) return 1;
	for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
	double own = product(first, second, order, n), least = own - 1e-12 * (1 + fabs(own));
	double as_good = 0, all = 0;
	if (n <= EXACT) {
		do {
			as_good += product(first, second, order, n) >= least;
			all++;
		} while (next_order(order, n));
		return as_good / all;
	}
	struct vt_rng r = vt_rng_stream(0, VT_PURPOSE_CONTROL, VT_REPLICATES);
	for (all = 1, as_good = 1; all <= DRAWS; all++) {
		vt_rng_shuffle(&r, order, n);
		as_good += product(first, second, order, n) >= least;
	}
	return as_good / all;
}

static enum vt_status shuffled_pairs(struct vt_ctx *ctx, const struct settings *s, const struct vt_sample *in,
                                     double *p)
{
	enum vt_status status;
	double *first = NULL, *second = NULL;
	uint32_t *order = NULL;
	bool *bound = NULL;
	size_t n = 0;

	VT_NEW(ctx, first, in->n_seeds);
	VT_NEW(ctx, second, in->n_seeds);
	VT_NEW(ctx, order, in->n_seeds);
	VT_NEW(ctx, bound, in->n_seeds);
	VT_TRY(both(ctx, s, in, first, second, bound));
	for (size_t k = 0; k < in->n_seeds; k++) {
		if (isnan(first[k]) || isnan(second[k])) continue;
		first[n] = first[k];
		second[n++] = second[k];
	}
	double middle = vt_finite_mean(first, n);
	for (size_t k = 0; k < n; k++) first[k] -= middle;
	*p = pairing_p(first, second, order, n);
done:
	free(first);
	free(second);
	free(order);
	free(bound);
	return status;
}

/* ---- planted lag ------------------------------------------------------------------ */

/* The series at step t as it was at an earlier time: straight lines between snapshots in log step. */
static void shift_series(const struct vt_sample *in, const double *from, double lag, int scale, double *to)
{
	for (size_t i = 0, k = 0; i < in->n_steps; i++) {
		double then = scale == VT_SCALE_LOG ? in->step[i] / pow(10, lag) : in->step[i] - lag;
		if (lag >= 0 && k > i) k = i;
		while (k + 1 < in->n_steps && in->step[k + 1] <= then) k++;
		double gap = k + 1 < in->n_steps ? in->step[k + 1] - in->step[k] : 0;
		double part = gap > 0 ? (then - in->step[k]) / gap : 0;
		part = part < 0 ? 0 : part > 1 ? 1 : part;
		to[i] = part > 0 ? from[k] + part * (from[k + 1] - from[k]) : from[k];
	}
}

/* Second series that are the first ones, 2 delta later, with the spread of the lags of the data. */
static enum vt_status count_planted(struct vt_ctx *ctx, const struct settings *s, const struct vt_sample *in,
                                    const struct vt_hypothesis *h, double *spread, double *line, double *value,
                                    size_t *count)
{
	enum vt_status status;
	double lag = h->expect == VT_BELOW ? -2 * h->delta : 2 * h->delta;
	struct vt_sample other = *in, planted = *in;
	size_t n = 0, found = 0;

	VT_TRY(values(ctx, s, in, spread));
	double mean = vt_finite_mean(spread, in->n_seeds);
	for (size_t k = 0; k < in->n_seeds; k++)
		if (!isnan(spread[k])) spread[n++] = spread[k] - mean;
	other.value = line;
	other.other = NULL;
	planted.other = &other;
	struct settings same = *s;
	same.way_against = s->way;
	same.level_against = s->level;
	for (uint64_t t = 0; n > 0 && t < VT_REPLICATES; t++) {
		struct vt_rng r = vt_rng_stream(0, VT_PURPOSE_CONTROL, t);
		for (size_t k = 0; k < in->n_seeds; k++) {
			double own = spread[vt_rng_below(&r, n)] * (vt_rng_below(&r, 2) ? 1 : -1);
			shift_series(in, in->value + k * in->n_steps, lag + own, s->scale, line + k * in->n_steps);
		}
		VT_TRY(values(ctx, &same, &planted, value));
		found += vt_outcome_of(h, in->n_seeds, value) == vt_alarm(h);
	}
	*count = found;
done:
	return status;
}

static enum vt_status planted_lag(struct vt_ctx *ctx, const struct settings *s, const struct vt_sample *in,
                                  const struct vt_hypothesis *h, bool *passed)
{
	enum vt_status status;
	double *spread = NULL, *line = NULL, *value = NULL;
	size_t count;

	VT_NEW(ctx, spread, in->n_seeds);
	VT_NEW(ctx, value, in->n_seeds);
	VT_NEW(ctx, line, in->n_seeds * in->n_steps);
	VT_TRY(count_planted(ctx, s, in, h, spread, line, value, &count));
	*passed = !vt_exceeds(VT_REPLICATES - count, 0.2);
done:
	free(spread);
	free(line);
	free(value);
	return status;
}

/* ---- controls ------------------------------------------------------------------------ */

enum { SHUFFLED_PAIRS, PLANTED_LAG };
static const char *const controls[] = { "shuffled-pairs", "planted-lag", NULL };

/* shuffled-pairs: the lags of the runs spread less than those of all but 5 % of the pairings.
 * planted-lag: the first series against itself, 2 delta later, is found in at least 80 %. */
static enum vt_status control(struct vt_ctx *ctx, const void *settings, size_t which, const struct vt_sample *in,
                              const struct vt_hypothesis *h, bool *passed)
{
	enum vt_status status;
	double p;

	if (which == PLANTED_LAG) return planted_lag(ctx, settings, in, h, passed);
	VT_TRY(shuffled_pairs(ctx, settings, in, &p));
	*passed = p <= 0.05;
done:
	return status;
}

static void needs(const void *settings, struct vt_needs *out)
{
	const struct settings *s = settings;
	out->against = s->against;
	out->at_against = &s->at_against;
	out->unit = vt_onset_unit(s->scale);
}

const struct vt_statistic_kind vt_statistic_lag = {
	.kind = { "lag", "onset of a second series less that of the first, per run: positive where the first leads",
	          "venturi; pairings: Fisher 1935, sec. 21", sizeof(struct settings), options,
	          "Two series of unrelated clocks have a mean lag too; only shuffled-pairs asks whether the onsets "
	          "belong together, and it needs seeds whose onsets differ by more than the distance between "
	          "snapshots, at least 4 of them.  To lead is not to cause: a third thing may move both.  A lag of a "
	          "series that never gets there is a bound, and the outcome must hold without it." },
	.values = values,
	.controls = controls,
	.control = control,
	.needs = needs,
	.bounds = bounds,
};
