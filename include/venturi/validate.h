/* Estimators against known answers: what `venturi validate` does.
 *
 * Every registered estimator *promises* something: on which cases (venturi/known.h), at how many rows, within which
 * tolerance.  The promises are one table, src/run/promises.c.  Where a promise is broken, or an estimator has none, the
 * validation falls short.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_VALIDATE_H
#define VENTURI_VALIDATE_H

#include "venturi/base.h"
#include "venturi/estimate.h"
#include "venturi/known.h"
#include "venturi/run.h"

/* How one estimate is judged.
 *
 * Inside the regime   OK: within the tolerance.  SHORT: not
 * Outside             RIGHT: within max(0.05 nat, 10 %), and a bound on its side of the truth
 *                     FLAGGED: not right, and says so (a flag, or no number)
 *                     SILENT: not right, and says nothing
 * Either              FAILED: the estimator returned an error */
enum vt_judgement { VT_JUDGED_OK, VT_JUDGED_SHORT, VT_JUDGED_RIGHT, VT_JUDGED_FLAGGED, VT_JUDGED_SILENT,
                    VT_JUDGED_FAILED, VT_N_JUDGEMENTS };
extern const char *const vt_judgement_names[VT_N_JUDGEMENTS];

/* One line of the table. */
struct vt_validated {
	const char *estimator;  /* as one would write it after -e; as long as the validation lives */
	const struct vt_kind *kind;
	size_t known;           /* number of the case */
	size_t n;
	uint64_t seed;
	double truth, truth_se; /* nats */
	bool in_regime;
	double tolerance;       /* nats, of this line; NaN outside the regime */
	struct vt_estimated e;  /* a layer's pair of bounds: a bracket */
	enum vt_judgement judgement;
};

/* How an estimator did on the cases of one suite at three seeds each, for those that promise a score: `auto`.  A task
 * is what its worst seed is.
 *
 * within   tasks within max(0.05 nat, 10 %); near: within 0.1 nat
 * unsaid   tasks that are not within and carry no flag on a seed that is off
 * cautious tasks within that carry a flag
 * silent   estimates off by more than 0.2 nat without a flag
 * The wanted_ are the bounds: at least within and near, at most the others. */
struct vt_validated_score {
	const char *estimator;
	enum vt_known_suite suite;
	size_t n_tasks, within, near, unsaid, cautious, silent;
	size_t within_mean; /* tasks whose mean over the seeds is within: not judged */
	size_t wanted_within, wanted_near, wanted_cautious;
	bool complete; /* all tasks of the suite at 10 000 rows; else it is not judged */
	bool met;
};

enum { VT_MAX_SCORES = 64, VT_MAX_UNCOVERED = 64 };
struct vt_validation {
	size_t n;
	struct vt_validated *row;
	size_t n_scores;
	struct vt_validated_score score[VT_MAX_SCORES];
	size_t n_uncovered;    /* kinds that promise nothing */
	const char *uncovered[VT_MAX_UNCOVERED];
	bool fell_short;
	double seconds;
	struct vt_item *item;  /* private */
	size_t n_chosen;
	struct vt_chosen *chosen;
};

struct vt_validate_options {
	const char *cases;               /* a pattern for names (*, ?, [..]) or the name of a suite; null: all */
	size_t n_estimators;
	const char *const *estimator;    /* NAME[:key=value,...]; none: all that promise something */
	size_t n;                        /* rows; 0: as promised */
	bool seeds_given;
	uint64_t first_seed, last_seed;  /* else as promised */
	bool quick;                      /* one case for each promise, one seed: under a minute */
	double tolerance_scale;          /* on every tolerance; 0: 1 */
};

/* Runs it, estimates side by side in as many processes as the context has threads; each runs on one.  A number never
 * depends on how many.  VT_EUSAGE when nothing matches; a broken promise is no failure here: see fell_short.  The
 * caller frees with vt_validation_free. */
enum vt_status vt_validate(struct vt_ctx *ctx, const struct vt_registry *kinds, const struct vt_validate_options *o,
                           struct vt_validation **out);
void vt_validation_free(struct vt_validation *v);

/* Writes the samples that `o` asks for to one HDF5 file: groups CASE, or CASE-sSEED where there are several seeds, with
 * x, y and, where it is given, z (rows x columns; symbols as int32) and the attributes true_mi_nats, true_mi_stderr,
 * measure (mi, cmi), task, suite, n, seed, kind_x, kind_y, kind_z, truth_method.  Everything is held in memory. */
enum vt_status vt_validate_dump(struct vt_ctx *ctx, const struct vt_validate_options *o, const char *path, size_t *n);

/* A figure, FILE.svg, .pdf or .png: error against joint dimension for each estimator that ran on the forty tasks, one
 * panel each, one curve per family of tasks.  VT_EDATA without gnuplot, VT_EUSAGE for another ending or when no
 * estimator ran there. */
enum vt_status vt_validate_figure(struct vt_ctx *ctx, const struct vt_validation *v, const char *path);

#endif
