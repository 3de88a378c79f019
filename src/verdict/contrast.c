/* Does the one arm end higher, peak higher or get there later than the other?  The difference
 * of the two, seed by seed: what a seed shares (initial weights, order of the data) drops out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "judge.h"
#include "venturi/onset.h"
#include "venturi/rng.h"

struct settings {
	struct vt_pairs versus;
	int of;
	double tail;
	struct vt_onset_rule rule;
	int scale;
};
static const char *const ofs[] = { "end", "peak", "onset", NULL };
enum { END, PEAK, ONSET };

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "versus", VT_PAIRS, AT(versus),
	  .help = "setting: value of the arm that is subtracted, in place of what `where` says of those settings" },
	{ "of", VT_CHOICE, AT(of), 0, 0, "end", NULL, "mean of the last tenth, largest value, or onset", ofs },
	{ "tail", VT_REAL, AT(tail), 0.001, 1, "0.1", "of the snapshots", "the end is the mean over the last so many" },
	{ "by", VT_CHOICE, AT(rule.by), 0, 0, "level", NULL, "of: onset: crossing of `level`, half-way, or a fitted step",
	  vt_onset_bys },
	{ "level", VT_REAL, AT(rule.level), 0, 0, "0.99", NULL, "of: onset: to be crossed, in the unit of the series" },
	{ "direction", VT_CHOICE, AT(rule.way), 0, 0, "up", NULL, "of: onset: which way", vt_onset_ways },
	{ "stay", VT_REAL, AT(rule.stay), 0, 1, "0.9", "of the snapshots", "of: onset: how many from there on are beyond" },
	{ "scale", VT_CHOICE, AT(scale), 0, 0, "log", NULL, "of: onset: log10 of the step, or the step", vt_onset_scales },
	{ 0 }
};

/* ---- the statistic ---------------------------------------------------------------- */

static double largest(const double *x, size_t n)
{
	double most = NAN; /* which fmax passes over */
	for (size_t i = 0; i < n; i++) most = fmax(most, x[i]);
	return most;
}

/* What is compared, of every seed of one arm. */
static enum vt_status of_arm(struct vt_ctx *ctx, const struct settings *s, const struct vt_sample *arm, double *out,
                             bool *bound)
{
	if (s->of == ONSET) return vt_onset_values(ctx, &s->rule, s->scale, arm, out, bound);
	for (size_t k = 0; k < arm->n_seeds; k++) {
		const double *x = arm->value + k * arm->n_steps;
		out[k] = s->of == END ? vt_end_mean(x, arm->n_steps, s->tail) : largest(x, arm->n_steps);
		bound[k] = false;
	}
	return VT_OK;
}

/* Where neither arm gets there, there is no difference to speak of: NaN. */
static enum vt_status differences(struct vt_ctx *ctx, const struct settings *s, const struct vt_sample *in, double *out,
                                  bool *bound)
{
	enum vt_status status;
	double *other = NULL;
	bool *own = NULL, *others = NULL;

	VT_REQUIRE(ctx, in->other, VT_EBUG, "contrast was given one arm of two");
	VT_NEW(ctx, other, in->n_seeds);
	VT_NEW(ctx, own, in->n_seeds);
	VT_NEW(ctx, others, in->n_seeds);
	VT_TRY(of_arm(ctx, s, in, out, own));
	VT_TRY(of_arm(ctx, s, in->other, other, others));
	for (size_t k = 0; k < in->n_seeds; k++) {
		out[k] = own[k] && others[k] ? (double)NAN : out[k] - other[k];
		if (bound) bound[k] = own[k] || others[k];
	}
done:
	free(other);
	free(own);
	free(others);
	return status;
}

static enum vt_status values(struct vt_ctx *ctx, const void *settings, const struct vt_sample *in, double *out)
{
	return differences(ctx, settings, in, out, NULL);
}

static enum vt_status bounds(struct vt_ctx *ctx, const void *settings, const struct vt_sample *in, bool *out)
{
	enum vt_status status;
	double *value = NULL;

	VT_NEW(ctx, value, in->n_seeds);
	VT_TRY(differences(ctx, settings, in, value, out));
done:
	free(value);
	return status;
}

/* ---- sign flips --------------------------------------------------------------------- */

enum { EXACT = 16, DRAWS = 65536 };

/* Two-sided p of mean = bound: share of the sign patterns of x - bound whose sum is as far from 0; of all 2^n, or of
 * 65536 drawn. */
static double flip_p(const double *x, size_t n, double bound)
{
	double own = 0, as_far = 0, all = n <= EXACT ? (double)(1u << n) : DRAWS + 1;
	struct vt_rng r = vt_rng_stream(0, VT_PURPOSE_CONTROL, VT_REPLICATES);
	for (size_t i = 0; i < n; i++) own += x[i] - bound;
	for (uint32_t pattern = 0; pattern < (uint32_t)all; pattern++) {
		double sum = 0;
		for (size_t i = 0; i < n; i++) {
			uint32_t up = n <= EXACT ? pattern >> i & 1 : pattern == 0 || vt_rng_u32(&r) & 1;
			sum += up ? x[i] - bound : bound - x[i];
		}
		as_far += fabs(sum) >= fabs(own) * (1 - 1e-12);
	}
	return as_far / all;
}

/* As the interval does: the bounds that the expectation speaks of are all excluded. */
static bool flips_decide(const struct vt_hypothesis *h, const double *x, size_t n)
{
	double above = flip_p(x, n, h->delta), below = flip_p(x, n, -h->delta);
	if (h->expect == VT_ABOVE) return above <= 0.05;
	return (h->expect == VT_BELOW ? below : fmax(above, below)) <= 0.05;
}

/* ---- controls -------------------------------------------------------------------------- */

enum { SIGN_FLIP, PLANTED_DIFFERENCE };
static const char *const controls[] = { "sign-flip", "planted-difference", NULL };

/* Differences of 2 delta with the spread of the data, each deviation with a random sign. */
static size_t count_planted(const struct vt_hypothesis *h, const double *x, size_t n, double *value)
{
	size_t found = 0;
	double mean = vt_finite_mean(x, n), height = h->expect == VT_BELOW ? -2 * h->delta : 2 * h->delta;
	for (uint64_t t = 0; n > 0 && t < VT_REPLICATES; t++) {
		struct vt_rng r = vt_rng_stream(0, VT_PURPOSE_CONTROL, t);
		for (size_t k = 0; k < n; k++)
			value[k] = height + (x[vt_rng_below(&r, n)] - mean) * (vt_rng_below(&r, 2) ? 1 : -1);
		found += vt_outcome_of(h, n, value) == vt_alarm(h);
	}
	return found;
}

/* sign-flip: the exact test decides as well, at 5 %: no normal law is assumed; it needs 6
 * seeds.  planted-difference: one of 2 delta, with this spread, is found in at least 80 %. */
static enum vt_status control(struct vt_ctx *ctx, const void *settings, size_t which, const struct vt_sample *in,
                              const struct vt_hypothesis *h, bool *passed)
{
	enum vt_status status;
	double *x = NULL, *value = NULL;
	size_t n = 0;

	VT_NEW(ctx, x, in->n_seeds);
	VT_NEW(ctx, value, in->n_seeds);
	VT_TRY(values(ctx, settings, in, x));
	for (size_t k = 0; k < in->n_seeds; k++)
		if (isfinite(x[k])) x[n++] = x[k];
	if (which == SIGN_FLIP) *passed = flips_decide(h, x, n);
	else *passed = !vt_exceeds(VT_REPLICATES - count_planted(h, x, n, value), 0.2);
done:
	free(x);
	free(value);
	return status;
}

static void needs(const void *settings, struct vt_needs *out)
{
	const struct settings *s = settings;
	out->versus = &s->versus;
	if (s->of == ONSET) out->unit = vt_onset_unit(s->scale);
}

const struct vt_statistic_kind vt_statistic_contrast = {
	.kind = { "contrast", "paired difference of two arms: end, peak or onset of a series, seed by seed",
	          "Fisher 1935, sec. 21 (sign flips)", sizeof(struct settings), options,
	          "Seeds without a partner in the other arm are left out.  Pairing helps as far as a seed means the "
	          "same in both arms.  The largest of many noisy snapshots grows with their noise: arms that differ in "
	          "noise differ in peak.  An onset that did not happen is a bound, and the outcome must hold without "
	          "it: whether it happens at all is better asked of the end." },
	.values = values,
	.controls = controls,
	.control = control,
	.needs = needs,
	.bounds = bounds,
};
