/* The bound of Donsker & Varadhan, as MINE trains it, on rows that were held out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "bound.h"

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in,
                           struct vt_estimated *out)
{
	return vt_bound_estimate(ctx, VT_DV, settings, in, out);
}

const struct vt_estimate_kind vt_estimate_dv = {
	.kind = { "dv", "lower bound by a trained critic, as MINE has it, on held-out rows",
	          "Donsker & Varadhan 1983; Belghazi et al. 2018; held-out value: this project",
	          sizeof(struct vt_critic_settings), vt_critic_options,
	          "the logarithm of a sample mean lies below that of the mean, so rare large terms that are missed "
	          "push the number up: above a few nats it bounds nothing" },
	.traits = VT_TAKES_CONTINUOUS,
	.n_bounds = 1,
	.bound = { VT_LOWER },
	.suffix = { "" },
	.cannot_mean = "A lower bound: the information may be larger by any amount.",
	.check = vt_bound_check,
	.pair = pair,
};
