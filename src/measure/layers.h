/* What measures of layers share; private to room measure.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MEASURE_LAYERS_H
#define MEASURE_LAYERS_H

#include "venturi/estimate.h"
#include "venturi/measure.h"

/* A tap of a snapshot as an estimator wants it, without a null. */
struct vt_layer vt_measure_layer(const struct vt_snapshot *s, size_t tap);

/* Declares step and layer in the group. */
enum vt_status vt_measure_declare_layers(struct vt_ctx *ctx, struct vt_frame *frame, const char *group, size_t n,
                                         const char *const *name);

/* Declares n variables; the first failure ends it. */
enum vt_status vt_measure_declare_variables(struct vt_ctx *ctx, struct vt_frame *frame, const char *group, size_t n,
                                            const struct vt_variable *variable);

#endif
