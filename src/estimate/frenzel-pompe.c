/* Information between continuous variables given a third, by neighbours.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "balls.h"

struct settings {
	int64_t k;
};

static const struct vt_option options[] = {
	{ "k", VT_INT, offsetof(struct settings, k), 1, 1000, "5", .unit = "neighbours",
	  .help = "of each row in all variables together" },
	{ 0 }
};

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	const struct settings *s = settings;
	return vt_balls_estimate(ctx, in, (size_t)s->k, VT_BALLS_OWN, out); /* no row of a continuous sample is tied */
}

const struct vt_estimate_kind vt_estimate_frenzel_pompe = {
	.kind = { "frenzel-pompe", "continuous variables given a continuous one, by neighbours",
	          "Frenzel & Pompe 2007, eq. 7",
	          sizeof(struct settings), options,
	          "more than about three dimensions of z: neighbours are then far, and the estimate falls towards 0 "
	          "whether or not x and y are independent given z" },
	.traits = VT_TAKES_CONTINUOUS | VT_TAKES_CONDITION | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "The information of a layer that is a function of its input with that input: it is infinite.",
	.pair = pair,
};
