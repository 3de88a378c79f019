/* Information of a Student copula: tails that come together, as well as correlations.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "elliptical.h"

struct settings {
	double nu;
};

static const struct vt_option options[] = {
	{ "nu", VT_REAL, offsetof(struct settings, nu), 0, 1e6, "0", .unit = "degrees of freedom",
	  .help = "of the t law; 0: the most likely one, the normal copula among them" },
	{ 0 }
};

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in,
                           struct vt_estimated *out)
{
	return vt_elliptical_pair(ctx, in, ((const struct settings *)settings)->nu, out);
}

const struct vt_estimate_kind vt_estimate_student = {
	.kind = { "student", "information of a Student copula: correlations and tails that come together",
	          "Demarta & McNeil 2005; entropies: Arellano-Valle, Contreras-Reyes & Genton 2013", sizeof(struct settings),
	          options,
	          "one number of degrees of freedom serves all columns; the flag out_of_regime says when the copula does "
	          "not fit" },
	.traits = VT_TAKES_CONTINUOUS | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "The information that a Student copula with these rank correlations would have.",
	.pair = pair,
};
