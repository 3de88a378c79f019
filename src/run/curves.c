/* The group /train.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "parts.h"

static const struct vt_variable variables[] = {
	{ "loss_train", VT_F64, 1, { "step" }, "1", "mean training loss in evaluation mode, nat for cross-entropy", false },
	{ "loss_test", VT_F64, 1, { "step" }, "1", "mean test loss in evaluation mode, nat for cross-entropy", false },
	{ "accuracy_train", VT_F64, 1, { "step" }, "1", "share of training rows answered right", false },
	{ "accuracy_test", VT_F64, 1, { "step" }, "1", "share of test rows answered right", false },
	{ "rate", VT_F64, 1, { "step" }, "1", "learning rate of the last update", false },
	{ "grad_norm", VT_F64, 1, { "step" }, "1", "norm of the last batch's gradient, all parameters", false },
	{ "weight_norm", VT_F64, 1, { "step" }, "1", "norm of all parameters", false },
	{ "flags", VT_I32, 1, { "step" }, "1", "state of the run", true },
};
enum { N_VARIABLES = sizeof variables / sizeof *variables };

enum vt_status vt_curves_declare(struct vt_ctx *ctx, struct vt_frame *frame)
{
	enum vt_status status;
	VT_TRY(vt_frame_dim(ctx, frame, "train", "step", 0, NULL, NULL, "1", "updates done"));
	for (size_t i = 0; i < N_VARIABLES; i++) VT_TRY(vt_frame_variable(ctx, frame, "train", &variables[i]));
done:
	return status;
}

enum vt_status vt_curves_record(struct vt_ctx *ctx, struct vt_frame *frame, const struct vt_moment *moment,
                                const struct vt_snapshot *s)
{
	enum vt_status status;
	const double value[N_VARIABLES] = { s->loss_train, s->loss_test, s->accuracy_train, s->accuracy_test, moment->rate,
		                            moment->grad_norm, vt_trainer_weight_norm(moment->trainer), s->flags };
	VT_TRY(vt_frame_step(ctx, frame, "train", s->step, s->epoch));
	for (size_t i = 0; i < N_VARIABLES; i++)
		VT_TRY(vt_frame_put(ctx, frame, "train", variables[i].name, 1, &value[i]));
done:
	return status;
}
