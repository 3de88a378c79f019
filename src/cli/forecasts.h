/* What tasks will cost, tried out: shared by `check` and `submit`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_FORECASTS_H
#define CLI_FORECASTS_H

#include "venturi.h"

/* Each forecast tries a few steps, so tasks that differ in their seed alone share one. */
enum { VT_MOST_FORECASTS = 64 };

struct vt_forecasts {
	size_t n;
	char *settings[VT_MOST_FORECASTS]; /* without the seed */
	struct vt_forecast of[VT_MOST_FORECASTS];
};

/* The forecast of one task, made or found; it lives as long as `f`.  *out stays null when there were too many
 * different tasks already. */
enum vt_status vt_forecasts_task(struct vt_ctx *ctx, struct vt_forecasts *f, const struct vt_task *t,
                                 const struct vt_forecast **out);
void vt_forecasts_clear(struct vt_forecasts *f);

#endif
