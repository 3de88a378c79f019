/* Information between a label and a continuous variable, from neighbours inside each class.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "balls.h"

struct settings {
	int64_t k;
};

static const struct vt_option options[] = {
	{ "k", VT_INT, offsetof(struct settings, k), 1, 1000, "5", .unit = "neighbours",
	  .help = "of the same class; a class with k or fewer rows uses all it has, a class of one row is left out" },
	{ 0 }
};

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	const struct settings *s = settings;
	return vt_balls_estimate(ctx, in, (size_t)s->k, VT_BALLS_OWN, out);
}

const struct vt_estimate_kind vt_estimate_ross = {
	.kind = { "ross", "labels with a continuous variable, by neighbours inside each class", "Ross 2014, eq. 5",
	          sizeof(struct settings), options,
	          "classes with few rows, and more than about ten dimensions, where the estimate is too low; tied rows are "
	          "counted as symbols" },
	.traits = VT_TAKES_LABELS | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "The information of a layer that is a function of its input with that input.",
	.pair = pair,
};
