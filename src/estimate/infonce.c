/* InfoNCE: a critic tells each row's partner from the other rows of a batch.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "bound.h"

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in,
                           struct vt_estimated *out)
{
	return vt_bound_estimate(ctx, VT_INFONCE, settings, in, out);
}

const struct vt_estimate_kind vt_estimate_infonce = {
	.kind = { "infonce", "lower bound by a trained critic that finds the partner among a batch",
	          "van den Oord, Li, Vinyals 2018, eq. 4; held-out value: this project",
	          sizeof(struct vt_critic_settings), vt_critic_options,
	          "it cannot exceed ln batch, and falls short by more the nearer the truth comes to that; a critic that "
	          "did not find the dependence gives a low number and no other sign of it" },
	.traits = VT_TAKES_CONTINUOUS,
	.n_bounds = 1,
	.bound = { VT_LOWER },
	.suffix = { "" },
	.cannot_mean = "A lower bound: the information may be larger by any amount.",
	.check = vt_bound_check,
	.pair = pair,
};
