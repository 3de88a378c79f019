/* Layers as estimators and files want them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "layers.h"

struct vt_layer vt_measure_layer(const struct vt_snapshot *s, size_t tap)
{
	return (struct vt_layer){ .t = s->tap[tap].x, .x = s->input, .y = s->label, .sampler = s->tap[tap].sampler,
	                         .step = s->tap[tap].step, .enumerated = s->enumerated, .seed = s->seed,
	                         .block = s->block, .partial_x = s->partial_x };
}

enum vt_status vt_measure_declare_layers(struct vt_ctx *ctx, struct vt_frame *frame, const char *group, size_t n,
                                         const char *const *name)
{
	enum vt_status status = VT_OK;
	VT_TRY(vt_frame_dim(ctx, frame, group, "step", 0, NULL, NULL, "1", "updates done"));
	VT_TRY(vt_frame_dim(ctx, frame, group, "layer", n, name, NULL, NULL, "layer, from the input on"));
done:
	return status;
}

enum vt_status vt_measure_declare_variables(struct vt_ctx *ctx, struct vt_frame *frame, const char *group, size_t n,
                                            const struct vt_variable *variable)
{
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < n; i++) VT_TRY(vt_frame_variable(ctx, frame, group, &variable[i]));
done:
	return status;
}
