/* Rulings: one decision rule, one statistic per file.  Takes series from files and knows
 * nothing of models.
 *
 * The rule.  A statistic gives one number per live seed.  The mean over seeds has a
 * Student-t interval at the level left after Holm's correction inside the family.
 *   above:   supported if the interval lies above delta, refuted if below it
 *   below:   supported if it lies below -delta ... (as `above` with the sign turned)
 *   within:  supported if it lies inside [-delta, delta], refuted if outside
 *   outside: supported if it lies outside, refuted if inside
 * anything else, fewer live seeds than seeds_min, or a control that fails: inconclusive.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_VERDICT_H
#define VENTURI_VERDICT_H

#include "venturi/base.h"
#include "venturi/config.h"
#include "venturi/store.h"

/* The series of one hypothesis over its live seeds, on the steps that all of them have. */
struct vt_sample {
	size_t n_seeds, n_steps;
	const double *step;    /* n_steps, increasing */
	const double *value;   /* n_seeds x n_places x n_steps, each line contiguous; NaN missing */
	const unsigned *flags; /* the same shape; null where nothing is flagged */
	size_t n_places;       /* 1 but for a statistic that asks for a whole dimension */
	const double *place;   /* n_places coordinates along it; labels that are words count 1, 2, ...; else null */
	/* What the series is compared with, for a statistic that asks for it, else null: the same
	 * seeds in the same order, one place, steps of its own. */
	const struct vt_sample *other;
};

/* What a statistic reads besides one line over step, and what its value is in.  All of it
 * comes from its options and is borrowed from them; all null: the line alone, and a value in
 * the unit of the hypothesis, into which the series is converted. */
struct vt_needs {
	const char *along;                  /* a dimension of the series that `at` leaves open: all its places */
	const char *against;                /* another series of the same runs, at `at_against` */
	const struct vt_pairs *at_against;
	const struct vt_pairs *versus;      /* the same series of other runs: these settings in place of those of
	                                     * `where`; a run is paired with the one that has the same `over` */
	const char *unit;                   /* of the value where that is not the series': the hypothesis's must be
	                                     * the same, and the series keep their own */
};

struct vt_statistic_kind {
	struct vt_kind kind;
	/* One value per seed.  NaN: no value for that seed. */
	enum vt_status (*values)(struct vt_ctx *ctx, const void *settings, const struct vt_sample *in, double *out);
	/* Names of the controls that a hypothesis may ask for, null-terminated; those asked for
	 * must pass for any outcome but inconclusive. */
	const char *const *controls;
	enum vt_status (*control)(struct vt_ctx *ctx, const void *settings, size_t control, const struct vt_sample *in,
	                          const struct vt_hypothesis *h, bool *passed);
	/* Null: needs nothing but the line.  `settings` have passed the option table. */
	void (*needs)(const void *settings, struct vt_needs *out);
	/* Which values are only bounds, as the step of an event that did not happen is: the outcome
	 * must stand without them.  Null: none ever is.  `out` holds n_seeds. */
	enum vt_status (*bounds)(struct vt_ctx *ctx, const void *settings, const struct vt_sample *in, bool *out);
};

enum vt_outcome { VT_SUPPORTED, VT_REFUTED, VT_INCONCLUSIVE, VT_NOT_RUN, VT_NOT_OPERATIONALISED };
extern const char *const vt_outcome_names[];

struct vt_ruling {
	char *claim, *experiment, *hypothesis, *statistic, *unit, *expect, *family, *reason;
	double value, delta;
	double lo, hi, ci_level; /* the interval that decided, and its confidence */
	double lo95, hi95;       /* the 95 % interval; the same where nothing was corrected */
	double p, p_holm;        /* of the mean lying on the bound; NaN where nothing was decided */
	size_t n_seeds, n_dead, n_flagged, n_missing; /* n_seeds: live ones that gave a value */
	size_t n_controls;
	char **control;
	bool *control_passed;
	bool registered;   /* judged by the hypotheses in the run files themselves */
	enum vt_outcome outcome;
};
struct vt_rulings {
	size_t n;
	struct vt_ruling *ruling;
};

/* The decision alone, for n finite numbers, one a live seed: mean, interval at confidence
 * `level` (two-sided; 0.95 before correction), outcome.  *p is the smallest error rate at
 * which the interval would be decided, so that a corrected p below 0.05 and an interval at
 * the corrected level say the same.  With fewer than two: NaN and inconclusive. */
enum vt_outcome vt_decide(enum vt_expect expect, size_t n, const double *value, double delta, double level,
                          double *mean, double *lo, double *hi, double *p);

/* Judges every hypothesis that the runs registered, each by the runs that registered it.
 * `with`: judge all runs by these instead (post hoc: registered false).
 *
 * The runs of a hypothesis are those that agree with `where`.  They must differ in `over`
 * alone, else the outcome is inconclusive and the reason names the other setting: seeds of
 * different networks are not mixed.  Runs born dead (alive = 0) and diverged ones are
 * counted apart, unfinished ones left out.  Values with an invalid flag (value.h) are
 * missing and counted; an outcome must stand without values that are only bounds
 * (censored, or bounds by the statistic's own account); other flags are named in the
 * reason.  Bits and nats are converted.
 *
 * VT_ECONFIG: with `with`, a label, dimension, setting, unit or control that the files do
 * not have (from run files: an inconclusive ruling that says so); registered hypotheses
 * that cannot be read.  VT_ENOMEM.  Caller frees.  Cost: 200 replicates of the sample for
 * each control. */
enum vt_status vt_verdict(struct vt_ctx *ctx, const struct vt_registry *kinds, const struct vt_runs *runs,
                          const struct vt_experiment *with, struct vt_rulings **out);
void vt_rulings_free(struct vt_rulings *r);
/* {"rulings":[...]}: claim, experiment, hypothesis, statistic, value, ci95, delta, unit,
 * expect, n_seeds, n_dead, n_flagged, n_missing, p, p_holm, ci (the interval that decided),
 * ci_level, family, controls, registered, outcome, reason; missing numbers are null.
 * Caller frees. */
enum vt_status vt_rulings_json(struct vt_ctx *ctx, const struct vt_rulings *r, char **out);

#endif
