/* What the two estimators of Kraskov, Stoegbauer & Grassberger 2004 share; private to room estimate.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_KRASKOV_H
#define ESTIMATE_KRASKOV_H

#include "pair.h"
#include "venturi/neighbours.h"

struct vt_kraskov_settings {
	int64_t k, trend;
	int method;
};
extern const struct vt_option vt_kraskov_options[];

enum vt_status vt_kraskov_check(struct vt_ctx *ctx, const void *settings);
/* rule: VT_COUNT_WITHIN for equation 8, VT_COUNT_RECTANGLE for equation 9. */
enum vt_status vt_kraskov_pair(struct vt_ctx *ctx, const struct vt_kraskov_settings *s, enum vt_count_rule rule,
                               const struct vt_pair *in, struct vt_estimated *out);
enum vt_status vt_kraskov_null(struct vt_ctx *ctx, const struct vt_kraskov_settings *s, enum vt_count_rule rule,
                               const struct vt_pair *in, const uint32_t *order, double *mi);

#endif
