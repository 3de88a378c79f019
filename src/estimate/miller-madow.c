/* Plug-in information with the first term of its bias removed, counted on the occupied cells.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "discrete.h"

double vt_entropy_miller_madow(const struct vt_counts *c)
{
	return vt_entropy_plug_in(c) + (double)(c->occupied - 1) / (2 * (double)c->n);
}

static enum vt_status mi(struct vt_ctx *ctx, const void *settings, const struct vt_joint *j, double *out)
{
	(void)ctx;
	(void)settings;
	*out = vt_joint_information(j, vt_entropy_miller_madow);
	return VT_OK;
}

static const struct vt_discrete_method method = { mi, NULL, NULL };

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	return vt_discrete_estimate(ctx, &method, settings, in, out);
}

static enum vt_status null(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, const uint32_t *order,
                           double *out)
{
	return vt_discrete_null(ctx, &method, settings, in, order, out);
}

const struct vt_estimate_kind vt_estimate_miller_madow = {
	.kind = { "miller-madow", "plug-in information with the first term of its bias removed",
	          "Miller 1955", 0, NULL,
	          "cells that were never seen are not counted, so with fewer than some 10 rows for each occupied joint "
	          "cell most of the bias stays" },
	.traits = VT_TAKES_DISCRETE | VT_TAKES_CONDITION | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "An information of the law where rows are few for each joint cell: most of the bias is then "
	               "left.",
	.pair = pair,
	.null = null,
};
