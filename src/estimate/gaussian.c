/* Information of a joint normal law, from the determinants of sample covariances.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "normal.h"

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in,
                           struct vt_estimated *out)
{
	(void)settings;
	return vt_normal_estimate(ctx, in, &in->x, &in->y, out);
}

const struct vt_estimate_kind vt_estimate_gaussian = {
	.kind = { "gaussian", "information of a joint normal law, by determinants of covariances",
	          "Kay 1992; bias: Ahmed & Gokhale 1989; chi-square null: Brillinger 2004", 0, NULL,
	          "the law must be normal: dependence that is not linear counts for nothing, and tails without a "
	          "variance make the number arbitrary" },
	.traits = VT_TAKES_CONTINUOUS | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "The information that a normal law with these covariances would have.",
	.pair = pair,
};
