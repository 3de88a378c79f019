/* Information of a joint normal law, from the determinants of sample covariances.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "normal.h"

/* A test of margins only: they can be normal, and the dependence not. */
static void flag_margins(const struct vt_pair *in, struct vt_estimated *out)
{
	double x = vt_extreme_kurtosis(&in->x), y = vt_extreme_kurtosis(&in->y), k = fabs(x) > fabs(y) ? x : y;
	double spread = sqrt(24 / (double)in->x.rows);
	if (fabs(k) > fmax(1, 6 * spread))
		vt_estimated_flag(out, VT_OUT_OF_REGIME, "a column of %s has an excess kurtosis of %.3g, where a normal law has 0 "
		                  "+- %.2g: copula does not look at margins", fabs(x) > fabs(y) ? "x" : "y", k, spread);
}

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in,
                           struct vt_estimated *out)
{
	enum vt_status status;
	(void)settings;
	VT_TRY(vt_normal_estimate(ctx, in, &in->x, &in->y, out));
	flag_margins(in, out);
done:
	return status;
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
