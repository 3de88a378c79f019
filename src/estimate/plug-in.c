/* Information of the observed shares, -sum p ln p for each entropy.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "discrete.h"

double vt_entropy_plug_in(const struct vt_counts *c)
{
	double sum = 0, n = (double)c->n;
	if (c->occupied == 1) return 0; /* exactly, whatever the logarithm rounds to */
	for (size_t k = 0; k < c->n_sizes; k++) sum += (double)c->times[k] * c->size[k] * log((double)c->size[k]);
	return log(n) - sum / n;
}

static enum vt_status mi(struct vt_ctx *ctx, const void *settings, const struct vt_joint *j, double *out)
{
	(void)ctx;
	(void)settings;
	*out = vt_joint_information(j, vt_entropy_plug_in);
	return VT_OK;
}

const struct vt_discrete_method vt_plug_in_method = { mi, NULL, NULL };

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	return vt_discrete_estimate(ctx, &vt_plug_in_method, settings, in, out);
}

static enum vt_status null(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, const uint32_t *order,
                           double *out)
{
	return vt_discrete_null(ctx, &vt_plug_in_method, settings, in, order, out);
}

const struct vt_estimate_kind vt_estimate_plug_in = {
	.kind = { "plug-in", "information of the observed shares",
	          "definition; bias: Miller 1955, Paninski 2003", 0, NULL,
	          "too large by about (cells of the joint table less those of both margins) / (2 n): independent "
	          "variables of 1000 symbols seem to share 2 nats at 10 000 rows; wants 10 rows for each occupied joint "
	          "cell" },
	.traits = VT_TAKES_DISCRETE | VT_TAKES_CONDITION | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "The information of the sample itself, which exceeds that of the law it came from.",
	.pair = pair,
	.null = null,
};
