/* Information from nearest neighbours, cubes: the same distance in both spaces (equation 8).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "kraskov.h"

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in,
                           struct vt_estimated *out)
{
	return vt_kraskov_pair(ctx, settings, VT_COUNT_WITHIN, in, out);
}

static enum vt_status null(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, const uint32_t *order,
                           double *mi)
{
	return vt_kraskov_null(ctx, settings, VT_COUNT_WITHIN, in, order, mi);
}

const struct vt_estimate_kind vt_estimate_ksg = {
	.kind = { "ksg", "information from nearest neighbours, equal distance in both spaces",
	          "Kraskov, Stoegbauer & Grassberger 2004, eq. 8", sizeof(struct vt_kraskov_settings), vt_kraskov_options,
	          "far too low above about 8 joint dimensions and above some 3 nat; columns of different scale, heavy tails "
	          "and ties spoil it: data are taken as they are" },
	.traits = VT_TAKES_CONTINUOUS | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "An estimate for smooth densities. Where one variable is a function of the other the truth is infinite "
	               "and the number says how many rows there were.",
	.pair = pair,
	.null = null,
	.check = vt_kraskov_check,
};
