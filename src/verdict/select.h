/* Which runs a hypothesis is about.  Private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_VERDICT_SELECT_H
#define VENTURI_VERDICT_SELECT_H

#include "judge.h"

struct vt_selection {
	size_t n, *run; /* numbers of runs, ascending; caller frees */
};

/* The runs that registered `text` (null: all) and agree with `where`.  An excuse where there
 * are none, where they differ in more than `over`, or where two have the same `over`.
 * *misfit: no run has a setting that the hypothesis names. */
enum vt_status vt_selection_make(struct vt_ctx *ctx, const struct vt_runs *runs, const char *text,
                                 const struct vt_hypothesis *h, struct vt_selection *out, struct vt_excuse *why,
                                 bool *misfit);
/* The same with `versus` in place of what `where` says of those settings. */
enum vt_status vt_selection_versus(struct vt_ctx *ctx, const struct vt_runs *runs, const char *text,
                                   const struct vt_hypothesis *h, const struct vt_pairs *versus,
                                   struct vt_selection *out, struct vt_excuse *why, bool *misfit);
/* The run of `s` with the same value of the setting `over` as `run`, or SIZE_MAX. */
size_t vt_selection_partner(const struct vt_runs *runs, const struct vt_selection *s, const char *over, size_t run);

#endif
