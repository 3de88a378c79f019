/* Information between variables of any nature given a third of any nature, by neighbours.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "balls.h"

enum counts { STRICT, PUBLISHED };

struct settings {
	int64_t k;
	int counts;
};

static const char *const count_names[] = { "strict", "published", NULL };

static const struct vt_option options[] = {
	{ "k", VT_INT, offsetof(struct settings, k), 1, 1000, "5", .unit = "neighbours",
	  .help = "of each row in all variables together; where more lie at the same distance, all are counted" },
	{ "counts", VT_CHOICE, offsetof(struct settings, counts), .def = "strict", .choices = count_names,
	  .help = "strict: rows nearer than the k-th neighbour where no distances are equal, as Frenzel & Pompe count. "
	          "published: rows up to the k-th neighbour everywhere, which is too high by some 0.03 nat for 500 "
	          "continuous rows" },
	{ 0 }
};

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	const struct settings *s = settings;
	return vt_balls_estimate(ctx, in, (size_t)s->k, s->counts == PUBLISHED ? VT_BALLS_PUBLISHED : VT_BALLS_OTHERS, out);
}

const struct vt_estimate_kind vt_estimate_mesner_shalizi = {
	.kind = { "mesner-shalizi", "variables of any nature, also given one of any nature, by neighbours",
	          "Mesner & Shalizi 2020, algorithm 1, without setting negative values to 0", sizeof(struct settings),
	          options,
	          "rows that share their symbols with fewer than k others count as independent, so that sparse tables "
	          "and many dimensions of z give 0 whether or not there is dependence" },
	.traits = VT_TAKES_ALL | VT_TAKES_CONDITION | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "The information of a layer that is a function of its input with that input.",
	.pair = pair,
};
