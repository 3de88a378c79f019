/* What the kinds of bounds by a critic share; private to room estimate.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_BOUND_H
#define ESTIMATE_BOUND_H

#include "critic.h"

/* The estimate of a kind whose settings are a struct vt_critic_settings: value, error, ceiling, flags. */
enum vt_status vt_bound_estimate(struct vt_ctx *ctx, enum vt_objective objective,
                                 const struct vt_critic_settings *s, const struct vt_pair *in,
                                 struct vt_estimated *out);
/* Shares that leave nothing to train on: VT_ECONFIG. */
enum vt_status vt_bound_check(struct vt_ctx *ctx, const void *settings);

#endif
