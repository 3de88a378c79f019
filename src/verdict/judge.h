/* What the files of this room share: evidence, Holm's correction, planted series.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_VERDICT_JUDGE_H
#define VENTURI_VERDICT_JUDGE_H

#include "venturi/verdict.h"

extern const char *const vt_expect_names[]; /* of enum vt_expect */

/* The level before correction, and its error rate. */
#define VT_CONFIDENCE 0.95

/* ---- evidence ----------------------------------------------------------- */

/* Why there is nothing to judge, in one sentence; empty where there is. */
struct vt_excuse {
	char text[600];
};
void vt_excuse_set(struct vt_excuse *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What the runs say about one hypothesis.  Where they say nothing, `excuse` has the reason
 * in one sentence and the sample is empty. */
struct vt_evidence {
	struct vt_sample sample, other; /* sample.other is &other where the statistic compares */
	struct vt_numbers {
		double *step, *value, *place;
		unsigned *flags;
	} behind[2];          /* what the two samples point to */
	size_t n_matching;    /* runs that `where` selects */
	size_t n_dead;        /* of them, born dead or diverged */
	size_t n_left_out;    /* of them, unfinished, without the series or without a partner in `versus` */
	size_t n_flagged;     /* live runs with a caution on the series */
	size_t n_missing;     /* values of live runs behind an invalid flag */
	size_t n_censored;    /* numbers of series that are bounds */
	size_t n_bounds;      /* seeds whose value is a bound by the statistic's account */
	unsigned cautions;    /* union of the flags that are not invalid */
	struct vt_excuse excuse;
	bool not_run;         /* the excuse is that nothing was run */
	bool misfit;          /* the excuse is that the hypothesis does not fit the files */
};
/* What the statistic of h asks for. */
struct vt_needs vt_needs_of(const struct vt_hypothesis *h);

/* Takes the runs whose registered hypotheses read `text` (null: all runs), that agree with
 * `where`, are alive and complete; their series at `at`, in the hypothesis's unit, on the
 * steps that all of them have.  VT_OK also with an excuse.  The caller clears. */
enum vt_status vt_evidence_gather(struct vt_ctx *ctx, const struct vt_runs *runs, const char *text,
                                  const struct vt_hypothesis *h, struct vt_evidence *out);
void vt_evidence_clear(struct vt_evidence *e);

/* Lines of a series: the numbers over `step` at fixed labels of the other dimensions, and at
 * every place of one of them where a statistic asks for that; strided, borrowed from the
 * series.  Value i at place p is value[i * stride + p * place_stride]. */
struct vt_lines {
	const double *step, *value;
	size_t n, stride;
	size_t n_places, place_stride; /* 1 and 0 without such a dimension */
	size_t dimension;              /* its number in the series; 0: none */
};
/* along: that dimension, or null.  False: there are no such lines, and *why says so. */
bool vt_lines_find(const struct vt_series *s, const struct vt_pairs *at, const char *along, struct vt_lines *out,
                   struct vt_excuse *why);

/* What to multiply `from` by to have `to`; NaN where they do not agree. */
double vt_unit_factor(const char *from, const char *to);

/* ---- decision ----------------------------------------------------------- */

/* Holm's correction of n values p at error rate `alpha`: *adjusted, and the confidence at
 * which each hypothesis is decided.  Once one is not rejected, the larger ones keep its
 * level, so that an interval at that level agrees with the correction.
 * Source: Holm 1979. */
enum vt_status vt_holm(struct vt_ctx *ctx, size_t n, const double *p, double alpha, double *adjusted, double *level);

/* One plain sentence for a ruling that is otherwise complete.  Null when out of memory. */
char *vt_ruling_sentence(struct vt_ctx *ctx, const struct vt_ruling *r, const struct vt_evidence *e,
                         const struct vt_hypothesis *h);

/* ---- onsets, ends ---------------------------------------------------------- */

struct vt_onset_rule;
/* Names of enum vt_onset_by, enum vt_onset_way and of the scales, for option tables. */
extern const char *const vt_onset_bys[], *const vt_onset_ways[], *const vt_onset_scales[];
enum { VT_SCALE_LOG, VT_SCALE_STEP };
const char *vt_onset_unit(int scale);
/* Onset of every seed of a sample with one place, as log10 of the step or as the step, and
 * whether it is only a bound; either may be null.  Step 0 has no logarithm: NaN.  VT_ENOMEM. */
enum vt_status vt_onset_values(struct vt_ctx *ctx, const struct vt_onset_rule *rule, int scale,
                               const struct vt_sample *in, double *value, bool *bound);

/* Mean of the numbers that are not NaN; NaN without any. */
double vt_finite_mean(const double *x, size_t n);
/* The same of the last `tail` of n snapshots, at least one. */
double vt_end_mean(const double *x, size_t n, double tail);

/* ---- ranks --------------------------------------------------------------- */

/* Spearman's correlation of n pairs, ties at their middle rank; NaN with fewer than 3 or
 * where one side is all ties.  Source: Kendall, Gibbons 1990, ch. 3. */
enum vt_status vt_rank_correlation(struct vt_ctx *ctx, size_t n, const double *x, const double *y, double *out);

/* ---- planted series ----------------------------------------------------- */

/* Noise as in a sample, standard deviations: `offset` of a seed as a whole, `slow` with a
 * memory of a fifth of the run, `white` from one snapshot to the next. */
struct vt_noise {
	double offset, slow, white;
};
/* From what is left of each seed after the mean over seeds, by medians, so that a few
 * jumps do not count.  VT_ENOMEM. */
enum vt_status vt_noise_estimate(struct vt_ctx *ctx, const struct vt_sample *in, struct vt_noise *out);

enum { VT_REPLICATES = 200 };

/* The outcome that says "there is something": of a planted null a false alarm, of an effect
 * beyond delta, planted in the direction that h speaks of, a finding. */
enum vt_outcome vt_alarm(const struct vt_hypothesis *h);
/* The outcome of h by these values at the uncorrected level; those that are NaN do not count. */
enum vt_outcome vt_outcome_of(const struct vt_hypothesis *h, size_t n, double *value);

/* One sample as `in` has seeds and steps: `mean` (n_steps numbers) and noise, from a stream of
 * its own for each replicate, into n_seeds x n_steps. */
void vt_plant(const struct vt_sample *in, const double *mean, const struct vt_noise *noise, uint64_t replicate,
              double *value);

/* For how many of VT_REPLICATES samples of the same size as `in`, made of `mean` (n_steps
 * numbers) and noise, the outcome of `h` is `wanted`.  `values` is the statistic; its
 * settings are those of `h`. */
typedef enum vt_status vt_values_fn(struct vt_ctx *ctx, const void *settings, const struct vt_sample *in, double *out);
enum vt_status vt_planted_count(struct vt_ctx *ctx, vt_values_fn *values, const struct vt_hypothesis *h,
                                const struct vt_sample *in, const double *mean, const struct vt_noise *noise,
                                enum vt_outcome wanted, size_t *count);

/* Whether `count` of VT_REPLICATES is more than chance makes of `rate` (one in a hundred). */
bool vt_exceeds(size_t count, double rate);

#endif
