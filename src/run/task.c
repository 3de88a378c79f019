/* One task, from data to a run file: reads like a table of contents.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "parts.h"

/* At most so many rows of curves, evenly spread: a run of a million random networks has as many snapshots. */
enum { CURVE_ROWS = 10000 };

/* What the training hook feeds. */
struct sink {
	struct vt_probe *probe;
	struct vt_measures *measures;
	struct vt_store *store;
	struct vt_state *end; /* as training ended */
	bool activations, force;
	int weights;
};

static int64_t next_snapshot(void *self, int64_t step)
{
	return vt_probe_next(((struct sink *)self)->probe, step);
}

static enum vt_status measure_snapshot(struct vt_ctx *ctx, void *self, const struct vt_moment *moment)
{
	enum vt_status status;
	struct sink *sink = self;
	const struct vt_snapshot *snapshot;
	VT_TRY(vt_probe_take(ctx, sink->probe, moment, &snapshot));
	bool kept = snapshot->last || vt_measure_due(snapshot->index, vt_probe_snapshots(sink->probe), CURVE_ROWS);
	if (kept) VT_TRY(vt_curves_record(ctx, sink->store, moment, snapshot));
	VT_TRY(vt_measures_record(ctx, sink->measures, snapshot));
	if (sink->weights == VT_KEEP_ALL || (sink->weights == VT_KEEP_LAST && snapshot->last))
		VT_TRY(vt_task_keep_weights(ctx, sink->store, snapshot));
	if (sink->activations) VT_TRY(vt_task_keep_activations(ctx, sink->store, snapshot));
	if (kept) VT_TRY(vt_store_row(ctx, sink->store, snapshot->step, snapshot->epoch));
done:
	if (status != VT_OK) vt_ctx_frame(ctx, "in step %lld", (long long)moment->step);
	return status;
}

/* All that the run carries from this step to the next. */
static enum vt_status carry_away(struct vt_ctx *ctx, struct sink *sink, const struct vt_rest *r, struct vt_state **out)
{
	enum vt_status status;
	struct vt_state *state = vt_state_create(ctx);
	if (!state) return VT_ENOMEM;
	VT_TRY(r->carry(ctx, r->self, state));
	VT_TRY(vt_probe_carry(ctx, sink->probe, state));
	VT_TRY(vt_measures_carry(ctx, sink->measures, state));
	*out = state;
	state = NULL;
done:
	vt_state_free(state);
	return status;
}

/* Between two steps: commits when it is time, and stops when the program is told to. */
static enum vt_status rest(struct vt_ctx *ctx, void *self, const struct vt_rest *r)
{
	enum vt_status status = VT_OK, stop = r->last ? VT_OK : vt_ctx_stop(ctx);
	struct sink *sink = self;
	struct vt_state *state = NULL;
	if (stop == VT_OK && !r->last && !vt_store_due(sink->store)) return VT_OK;
	VT_TRY(carry_away(ctx, sink, r, &state));
	if (r->last) {
		sink->end = state;
		return VT_OK;
	}
	if (stop == VT_OK) VT_TRY(vt_store_commit(ctx, sink->store, state));
	else VT_TRY(vt_store_finish(ctx, sink->store, "stopped", vt_probe_alive(sink->probe), state));
	VT_REQUIRE(ctx, stop == VT_OK, stop, "stopped by %s after step %lld; the same command with --resume%s goes on",
	           vt_ctx_stop_reason(ctx), (long long)r->step, sink->force ? " instead of --force" : "");
done:
	vt_state_free(state);
	return status;
}

/* Where an earlier process stopped; null: at the beginning. */
static enum vt_status take_up(struct vt_ctx *ctx, struct sink *sink, bool resume, struct vt_state **from)
{
	enum vt_status status;
	VT_TRY(vt_store_take_up(ctx, sink->store, from));
	if (*from) VT_TRY(vt_probe_carry(ctx, sink->probe, *from));
	if (*from) VT_TRY(vt_measures_carry(ctx, sink->measures, *from));
	if (resume) VT_TRY(vt_curves_retell(ctx, sink->store));
done:
	return status;
}

/* A diverged run is a result: its file is finished, and the status says so. */
static enum vt_status train_and_finish(struct vt_ctx *ctx, const struct vt_task *t, const struct vt_dataset *data,
                                       struct vt_model *model, struct sink *sink, bool resume)
{
	struct vt_hook hook = { sink, next_snapshot, measure_snapshot, rest, NULL };
	enum vt_status trained, status = take_up(ctx, sink, resume, &hook.from);
	if (status != VT_OK) return status;
	trained = vt_train(ctx, &t->train, data, model, &hook);
	if (trained == VT_EDATA && hook.from)
		vt_ctx_frame(ctx, "in %s/checkpoint.h5, which --force replaces", vt_store_folder(sink->store));
	if (trained != VT_OK && trained != VT_EDIVERGED) return trained;
	status = vt_store_finish(ctx, sink->store, trained == VT_OK ? "complete" : "failed", vt_probe_alive(sink->probe),
	                         sink->end);
	return status != VT_OK ? status : trained;
}

/* Whether there is nothing left to do; a run that diverged would do so again. */
static enum vt_status finished_before(struct vt_ctx *ctx, const struct vt_experiment *e, const struct vt_task *t,
                                      const struct vt_run_options *o, bool *finished)
{
	enum vt_status status;
	enum vt_stand stand;
	VT_TRY(vt_task_look(ctx, e, t, o, &stand));
	*finished = stand == VT_STANDS_COMPLETE || stand == VT_STANDS_FAILED;
	VT_REQUIRE(ctx, stand != VT_STANDS_FAILED, VT_EDIVERGED, "it diverged before, and would again: see its run file");
done:
	return status;
}

enum vt_status vt_task_run(struct vt_ctx *ctx, const struct vt_experiment *e, size_t number,
                           const struct vt_run_options *o)
{
	enum vt_status status;
	struct vt_task *t = NULL;
	struct vt_dataset *data = NULL;
	struct vt_model *model = NULL;
	struct sink sink = { .force = o->force };
	bool finished = false;

	VT_TRY(vt_experiment_task(ctx, e, number, &t));
	if (o->resume) VT_TRY(finished_before(ctx, e, t, o, &finished));
	if (finished) goto done;
	VT_TRY(vt_dataset_open(ctx, &t->dataset, (uint64_t)t->seed, &data));
	VT_TRY(vt_task_model(ctx, t, data, &model));
	VT_TRY(vt_task_probe(ctx, t, data, model, &sink.probe));
	VT_TRY(vt_task_store(ctx, e, t, data, o, &sink.store));
	VT_TRY(vt_task_theory(ctx, data, vt_store_frame(sink.store)));
	const struct vt_snapshot_shape shape = vt_probe_shape(sink.probe);
	VT_TRY(vt_curves_declare(ctx, vt_store_frame(sink.store)));
	VT_TRY(vt_measures_create(ctx, t->n_measures, t->measure, &shape, vt_store_frame(sink.store), &sink.measures));
	sink.activations = ((const struct vt_store_settings *)t->store.settings)->activations;
	sink.weights = ((const struct vt_store_settings *)t->store.settings)->weights;
	VT_TRY(train_and_finish(ctx, t, data, model, &sink, o->resume));
done:
	if (status != VT_OK) vt_ctx_frame(ctx, "in %s, task %zu", e->path, number);
	vt_state_free(sink.end);
	vt_measures_free(sink.measures);
	vt_store_free(sink.store);
	vt_probe_free(sink.probe);
	vt_model_free(model);
	vt_dataset_close(data);
	vt_task_free(t);
	return status;
}
