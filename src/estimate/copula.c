/* Information of a normal copula: normal scores of the ranks, then determinants.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "elliptical.h"

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in,
                           struct vt_estimated *out)
{
	(void)settings;
	return vt_elliptical_pair(ctx, in, INFINITY, out);
}

const struct vt_estimate_kind vt_estimate_copula = {
	.kind = { "copula", "information of a normal copula: ranks alone count",
	          "Ince et al. 2017; bias: Ahmed & Gokhale 1989", 0, NULL,
	          "dependence that is not linear between normal scores counts for nothing: 0.00 for every Student law; the "
	          "flag out_of_regime says when much is left" },
	.traits = VT_TAKES_CONTINUOUS | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "The information that a normal copula with these rank correlations would have.",
	.pair = pair,
};
