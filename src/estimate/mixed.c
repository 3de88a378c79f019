/* Information between any two variables, each discrete, continuous, or atoms with a density between them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "balls.h"

struct settings {
	int64_t k;
};

static const struct vt_option options[] = {
	{ "k", VT_INT, offsetof(struct settings, k), 1, 1000, "5", .unit = "neighbours",
	  .help = "of each row; where more than k rows lie at the same distance, all of them are counted" },
	{ 0 }
};

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	const struct settings *s = settings;
	return vt_balls_estimate(ctx, in, (size_t)s->k, VT_BALLS_OWN, out);
}

const struct vt_estimate_kind vt_estimate_mixed = {
	.kind = { "mixed", "two variables of any nature, by neighbours; rows at distance 0 count as one symbol",
	          "Gao, Kannan, Oh & Viswanath 2017, with digammas throughout", sizeof(struct settings), options,
	          "high dimensions, strong dependence, atoms with few rows each" },
	.traits = VT_TAKES_ALL | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "The information of a layer that is a function of its input with that input: it is the entropy of "
	               "the atoms, or infinite.",
	.pair = pair,
};
