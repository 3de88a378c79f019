/* The group /train.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include <jansson.h>

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

/* The same as one line of JSON, for `tail -f` and trackers; a missing number is null. */
static enum vt_status tell(struct vt_ctx *ctx, struct vt_store *store, const struct vt_snapshot *s, const double *value)
{
	enum vt_status status;
	json_t *line = json_pack("{s:I, s:f}", "step", (json_int_t)s->step, "epoch", s->epoch);
	char *text = NULL;
	for (size_t i = 0; line && i < N_VARIABLES; i++)
		json_object_set_new(line, variables[i].name, isfinite(value[i]) ? json_real(value[i]) : json_null());
	if (line) text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9));
	VT_REQUIRE(ctx, text, VT_ENOMEM, "out of memory");
	VT_TRY(vt_store_metric(ctx, store, text));
done:
	free(text);
	json_decref(line);
	return status;
}

enum vt_status vt_curves_record(struct vt_ctx *ctx, struct vt_store *store, const struct vt_moment *moment,
                                const struct vt_snapshot *s)
{
	enum vt_status status;
	const double value[N_VARIABLES] = { s->loss_train, s->loss_test, s->accuracy_train, s->accuracy_test, moment->rate,
		                            moment->grad_norm, vt_trainer_weight_norm(moment->trainer), s->flags };
	struct vt_frame *frame = vt_store_frame(store);
	VT_TRY(vt_frame_step(ctx, frame, "train", s->step, s->epoch));
	for (size_t i = 0; i < N_VARIABLES; i++)
		VT_TRY(vt_frame_put(ctx, frame, "train", variables[i].name, 1, &value[i]));
	VT_TRY(tell(ctx, store, s, value));
done:
	return status;
}
