/* What `auto` is made of: an answer for each nature of variables, and one statistic for the null; private to room
 * estimate.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_AUTOMATIC_H
#define ESTIMATE_AUTOMATIC_H

#include "pair.h"

/* Each fills estimate, error, flags, which estimators it took and why. */
enum vt_status vt_auto_continuous(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_estimated *out);
enum vt_status vt_auto_labels(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_estimated *out);
enum vt_status vt_auto_discrete(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_estimated *out);
enum vt_status vt_auto_conditional(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_estimated *out);

/* The registered kinds that it calls; each stands at the end of its file. */
extern const struct vt_estimate_kind vt_estimate_grassberger, vt_estimate_chao_shen, vt_estimate_james_stein,
	vt_estimate_nsb, vt_estimate_miller_madow, vt_estimate_plug_in, vt_estimate_classifier;

/* A registered kind with its defaults on a pair, as the door would call it. */
enum vt_status vt_auto_run(struct vt_ctx *ctx, const struct vt_estimate_kind *kind, const struct vt_pair *in,
                           struct vt_estimated *out);

/* What an estimate may be wrong by and still be called right: 0.05 nat or 10 %. */
double vt_auto_tolerance(double mi);

/* Dependence of x and y in nats by one statistic that n, dimensions and types fix: the linear information between
 * random features of the normal scores (cosines; indicators of symbols), less its expectation without dependence.
 * observed, and null[r] for each order of y's rows.  Weak, but of any shape, and cheap: 2 n 64^2 operations an order.
 * Sources: Rahimi & Recht 2007; Lopez-Paz, Hennig & Schoelkopf 2013; Zhang et al. 2018. */
enum vt_status vt_dependence(struct vt_ctx *ctx, const struct vt_pair *in, const uint32_t *order, double *observed,
                             double *null);

#endif
