/* Validation: promises, items of work, judging.  Private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUN_PROMISES_H
#define RUN_PROMISES_H

#include "venturi/validate.h"

/* What an estimator promises on cases that match; of several that match a case, the first counts.
 *
 * tolerance   |estimate - truth| <= absolute + relative * truth + errors * standard error.  A bracket: the truth lies
 *             inside, give or take as much.  All 0: exact to 1e-9
 * outside     nothing is promised: the line shows how it fails */
struct vt_promise {
	const char *estimator; /* NAME or NAME:settings */
	const char *cases;     /* names with * ? [..], or a suite */
	size_t n, seeds;       /* rows; seeds 0 .. seeds - 1 */
	double absolute, relative, errors;
	bool outside;
};
extern const struct vt_promise vt_promises[]; /* ends with a null estimator */

/* Whether a case is meant by a pattern or a suite's name; null means all. */
bool vt_case_matches(const struct vt_known *c, const char *pattern);
/* Whether a promise is one of this kind's. */
bool vt_promise_of(const struct vt_promise *p, const char *kind);

/* One estimate to be made. */
struct vt_item {
	const struct vt_promise *promise; /* null: none covers it */
	const struct vt_chosen *chosen;
	const char *text;
	size_t known, n;
	uint64_t seed;
	double scale; /* of the tolerance */
};

/* Fills a line but for the judgement; errors of the estimator become a reason. */
void vt_item_run(struct vt_ctx *ctx, const struct vt_item *item, struct vt_validated *out);
void vt_item_judge(const struct vt_item *item, struct vt_validated *out);
/* max(0.05 nat, 10 %). */
bool vt_validated_right(const struct vt_validated *v);

/* Whether line i is the first of its estimator. */
bool vt_validated_first(const struct vt_validation *v, size_t i);
/* Scores of those that promise one, and whether everything held. */
void vt_validation_score(struct vt_validation *v);

/* All items, in child processes, into row[0 .. n - 1]. */
enum vt_status vt_pool_run(struct vt_ctx *ctx, size_t n, const struct vt_item *item, struct vt_validated *row);

#endif
