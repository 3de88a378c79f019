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

#endif
