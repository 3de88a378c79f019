/* What a task will cost: a few steps and one snapshot are tried and timed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "parts.h"

/* Seconds of one update, from as many as fit into a tenth of a second (at least one). */
static enum vt_status time_step(struct vt_ctx *ctx, const struct vt_task *t, struct vt_model *model,
                                struct vt_trainer *trainer, double *seconds)
{
	enum vt_status status = VT_OK;
	double began = vt_clock(), now = began;
	size_t done = 0;
	while (done == 0 || now - began < 0.1) {
		VT_TRY(vt_train_attempt(ctx, &t->train, model, trainer, done));
		done++;
		now = vt_clock();
	}
	*seconds = (now - began) / (double)done;
done:
	return status;
}

/* Seconds of the first snapshot with all measures, which may fit models of their own, and of one of the others, from as
 * many as fit into a tenth of a second, into a frame that is thrown away.  Nulls and other things done now and then are
 * not in it. */
static enum vt_status time_snapshot(struct vt_ctx *ctx, const struct vt_task *t, struct vt_probe *probe,
                                    struct vt_trainer *trainer, double *first, double *seconds)
{
	enum vt_status status;
	struct vt_frame *frame = vt_frame_create(ctx);
	struct vt_measures *measures = NULL;
	const struct vt_snapshot_shape shape = vt_probe_shape(probe);
	struct vt_moment moment = { .trainer = trainer };
	const struct vt_snapshot *snapshot;
	struct vt_snapshot ordinary;
	VT_REQUIRE(ctx, frame, VT_ENOMEM, "out of memory");
	VT_TRY(vt_measures_create(ctx, t->n_measures, t->measure, &shape, frame, &measures));
	double began = vt_clock(), now = began;
	for (; moment.step < 2 || now - began < 0.1; now = vt_clock()) {
		if (moment.step == 1) *first = now - began;
		if (moment.step == 1) began = now;
		moment.step++;
		VT_TRY(vt_probe_take(ctx, probe, &moment, &snapshot));
		ordinary = *snapshot;
		ordinary.index = 1;
		VT_TRY(vt_measures_record(ctx, measures, &ordinary));
	}
	*seconds = (now - began) / (double)(moment.step - 1);
done:
	vt_measures_free(measures);
	vt_frame_free(frame);
	return status;
}

static double memory(const struct vt_dataset *data, const struct vt_model *model, const struct vt_snapshot_shape *shape,
                     size_t batch)
{
	double item = (double)vt_model_item(model), units = 0;
	for (size_t t = 0; t < model->n_taps; t++) units += (double)model->tap_width[t];
	double inputs = (double)data->n_inputs, stored = data->bytes ? 1 : 8;
	double rows = (double)shape->n_rows * (units + inputs) * 8;
	double passes = (8 * (double)vt_pass_rows(model) + (double)batch) * (2 * units + inputs) * item;
	/* parameters, gradient, moments; and a checkpoint: its state, the frame of it, the file in memory */
	double parameters = (double)model->n_parameters * (4 * item + 3 * (2 * item + 8));
	return (double)data->n * inputs * stored + rows + passes + parameters + 48e6;
}

enum vt_status vt_task_forecast(struct vt_ctx *ctx, const struct vt_task *t, struct vt_forecast *out)
{
	enum vt_status status;
	const struct vt_train_settings *s = vt_train_common(&t->train);
	struct vt_dataset *data = NULL;
	struct vt_model *model = NULL;
	struct vt_probe *probe = NULL;
	struct vt_trainer *trainer = NULL;
	double step = 0, first = 0, snapshot = 0;
	int64_t total, per_epoch;
	*out = (struct vt_forecast){ 0 };
	status = vt_dataset_open(ctx, &t->dataset, (uint64_t)t->seed, &data);
	if (status == VT_EABSENT) {
		snprintf(out->note, sizeof out->note, "%.*s", (int)strcspn(vt_ctx_trail(ctx), "\n"), vt_ctx_trail(ctx));
		vt_ctx_forget(ctx);
		return VT_OK;
	}
	VT_TRY(status);
	VT_TRY(vt_task_model(ctx, t, data, &model));
	VT_TRY(vt_task_probe(ctx, t, data, model, &probe));
	VT_TRY(vt_trainer_create(ctx, s, data, model, &trainer));
	VT_TRY(time_step(ctx, t, model, trainer, &step));
	VT_TRY(vt_train_steps(ctx, &t->train, data->n_train, &total, &per_epoch));
	VT_TRY(time_snapshot(ctx, t, probe, trainer, &first, &snapshot));
	const struct vt_snapshot_shape shape = vt_probe_shape(probe);
	size_t begin, batch;
	vt_trainer_batch(trainer, 0, &begin, &batch);
	out->n_parameters = model->n_parameters;
	out->n_snapshots = vt_probe_snapshots(probe);
	out->n_steps = (size_t)total;
	out->seconds = (double)out->n_steps * step + first + (double)(out->n_snapshots - 1) * snapshot;
	out->longest = fmax(step, fmax(first, snapshot));
	out->bytes = memory(data, model, &shape, batch);
done:
	vt_trainer_free(trainer);
	vt_probe_free(probe);
	vt_model_free(model);
	vt_dataset_close(data);
	return status;
}
