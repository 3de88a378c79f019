/* The group /train.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
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

/* The same as one line of JSON, for `tail -f` and trackers; a missing number is null.  Caller frees. */
static char *line_of(int64_t step, double epoch, const double *value)
{
	json_t *line = json_pack("{s:I, s:f}", "step", (json_int_t)step, "epoch", epoch);
	for (size_t i = 0; line && i < N_VARIABLES; i++)
		json_object_set_new(line, variables[i].name, isfinite(value[i]) ? json_real(value[i]) : json_null());
	char *text = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	json_decref(line);
	return text;
}

enum vt_status vt_curves_record(struct vt_ctx *ctx, struct vt_store *store, const struct vt_moment *moment,
                                const struct vt_snapshot *s)
{
	enum vt_status status;
	const double value[N_VARIABLES] = { s->loss_train, s->loss_test, s->accuracy_train, s->accuracy_test, moment->rate,
		                            moment->grad_norm, vt_trainer_weight_norm(moment->trainer), s->flags };
	struct vt_frame *frame = vt_store_frame(store);
	char *line = NULL;
	VT_TRY(vt_frame_step(ctx, frame, "train", s->step, s->epoch));
	for (size_t i = 0; i < N_VARIABLES; i++)
		VT_TRY(vt_frame_put(ctx, frame, "train", variables[i].name, 1, &value[i]));
	line = line_of(s->step, s->epoch, value);
	VT_REQUIRE(ctx, line, VT_ENOMEM, "out of memory");
	VT_TRY(vt_store_metric(ctx, store, line));
done:
	free(line);
	return status;
}

/* All columns of /train: step, epoch, and the variables. */
static enum vt_status read_columns(struct vt_ctx *ctx, const struct vt_frame *frame, size_t *n, double **column)
{
	enum vt_status status;
	VT_TRY(vt_frame_values(ctx, frame, "train", "step", n, &column[0]));
	VT_TRY(vt_frame_values(ctx, frame, "train", "epoch", n, &column[1]));
	for (size_t i = 0; i < N_VARIABLES; i++)
		VT_TRY(vt_frame_values(ctx, frame, "train", variables[i].name, n, &column[2 + i]));
done:
	return status;
}

enum vt_status vt_curves_retell(struct vt_ctx *ctx, struct vt_store *store)
{
	enum vt_status status;
	double *column[2 + N_VARIABLES] = { NULL }, value[N_VARIABLES];
	size_t n = 0, size = 0;
	char *text = NULL, *path = vt_format(ctx, "%s/metrics.jsonl", vt_store_folder(store));
	FILE *f = open_memstream(&text, &size);
	VT_REQUIRE(ctx, path && f, VT_ENOMEM, "out of memory");
	VT_TRY(read_columns(ctx, vt_store_frame(store), &n, column));
	for (size_t k = 0; k < n; k++) {
		for (size_t i = 0; i < N_VARIABLES; i++) value[i] = column[2 + i][k];
		char *line = line_of((int64_t)column[0][k], column[1][k], value);
		bool good = line && fprintf(f, "%s\n", line) > 0;
		free(line);
		VT_REQUIRE(ctx, good, VT_ENOMEM, "out of memory");
	}
	VT_REQUIRE(ctx, fflush(f) == 0, VT_ENOMEM, "out of memory");
	VT_TRY(vt_file_commit(ctx, path, text, size));
done:
	if (f) fclose(f);
	for (size_t i = 0; i < 2 + N_VARIABLES; i++) free(column[i]);
	free(text);
	free(path);
	return status;
}
