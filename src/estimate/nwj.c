/* The bound of Nguyen, Wainwright & Jordan: linear in the expectation of e^f.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "bound.h"

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in,
                           struct vt_estimated *out)
{
	return vt_bound_estimate(ctx, VT_NWJ, settings, in, out);
}

const struct vt_estimate_kind vt_estimate_nwj = {
	.kind = { "nwj", "lower bound by a trained critic, linear in the mean of e^f",
	          "Nguyen, Wainwright, Jordan 2010; held-out value: this project",
	          sizeof(struct vt_critic_settings), vt_critic_options,
	          "its variance grows as e^information: above a few nats held-out values are rare large terms, or "
	          "miss them" },
	.traits = VT_TAKES_CONTINUOUS,
	.n_bounds = 1,
	.bound = { VT_LOWER },
	.suffix = { "" },
	.cannot_mean = "A lower bound: the information may be larger by any amount.",
	.check = vt_bound_check,
	.pair = pair,
};
