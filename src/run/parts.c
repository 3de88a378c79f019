/* The parts of a task, each made from the settings and what came before it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "parts.h"

/* Hinge loss reads targets as the side of 0 that an output must be on. */
static enum vt_status check_signs(struct vt_ctx *ctx, const struct vt_dataset *d)
{
	for (size_t i = 0; i < d->n * d->n_targets; i++)
		if (fabs(d->target[i]) != 1)
			return vt_ctx_fail(ctx, VT_ECONFIG, "train.loss: hinge needs targets of -1 and +1, and that of row %zu is %g",
			                   i / d->n_targets, d->target[i]);
	return VT_OK;
}

enum vt_status vt_task_model(struct vt_ctx *ctx, const struct vt_task *t, const struct vt_dataset *data,
                             struct vt_model **out)
{
	enum vt_status status;
	const struct vt_train_settings *s = vt_train_common(&t->train);
	const bool classes = data->label != NULL;
	VT_REQUIRE(ctx, classes || s->loss != VT_CROSS_ENTROPY, VT_ECONFIG,
	           "train.loss: cross-entropy needs class labels, and the targets of dataset %s are %zu real numbers a row; "
	           "wanted: squared, or hinge where they are -1 and +1", t->dataset.kind->name, data->n_targets);
	if (s->loss == VT_HINGE && !classes) VT_TRY(check_signs(ctx, data));
	const struct vt_model_shape shape = {
		.n_inputs = data->n_inputs,
		.n_tokens = data->n_tokens,
		.n_labels = data->n_labels,
		.n_outputs = classes ? data->n_classes : data->n_targets,
		.classes = classes,
		.loss = (enum vt_loss)s->loss,
		.precision = (enum vt_precision)s->precision,
	};
	VT_TRY(vt_model_create(ctx, &t->model, &shape, (uint64_t)s->seed, out));
done:
	return status;
}

enum vt_status vt_task_probe(struct vt_ctx *ctx, const struct vt_task *t, const struct vt_dataset *data,
                             const struct vt_model *model, struct vt_probe **out)
{
	const struct vt_train_settings *s = vt_train_common(&t->train);
	int64_t per_epoch, total;
	enum vt_status status = vt_train_steps(ctx, &t->train, data->n_train, &total, &per_epoch);
	if (status != VT_OK) return status;
	return vt_probe_create(ctx, &t->probe, data, model, total, per_epoch, (uint64_t)s->seed, out);
}

enum vt_status vt_task_look(struct vt_ctx *ctx, const struct vt_experiment *e, const struct vt_task *t,
                            const struct vt_run_options *o, enum vt_stand *out)
{
	const struct vt_store_info info = { .dir = o->dir, .experiment = e, .task = t };
	return vt_store_look(ctx, &info, out);
}

enum vt_status vt_task_store(struct vt_ctx *ctx, const struct vt_experiment *e, const struct vt_task *t,
                             const struct vt_dataset *data, const struct vt_run_options *o, struct vt_store **out)
{
	const struct vt_store_settings *s = t->store.settings;
	const struct vt_store_info info = {
		.dir = o->dir,
		.experiment = e,
		.task = t,
		.dataset_sha256 = data->sha256,
		.command_line = o->command_line,
		.force = o->force,
		.resume = o->resume,
		.commit_seconds = s->commit,
	};
	return vt_store_create(ctx, &info, out);
}

enum vt_status vt_task_keep_activations(struct vt_ctx *ctx, struct vt_store *store, const struct vt_snapshot *s)
{
	enum vt_status status;
	const char **name = NULL;
	struct vt_mat *x = NULL;
	VT_NEW(ctx, name, s->n_taps);
	VT_NEW(ctx, x, s->n_taps);
	for (size_t i = 0; i < s->n_taps; i++) {
		name[i] = s->tap[i].name;
		x[i] = s->tap[i].x;
	}
	VT_TRY(vt_store_activations(ctx, store, s->step, s->n_taps, name, x, &s->input, &s->label));
done:
	free(name);
	free(x);
	return status;
}

enum vt_status vt_task_keep_weights(struct vt_ctx *ctx, struct vt_store *store, const struct vt_snapshot *s)
{
	enum vt_status status;
	const struct vt_net *net = s->net;
	const char **name = NULL;
	struct vt_mat *w = NULL;
	VT_NEW(ctx, name, net->n_weights);
	VT_NEW(ctx, w, net->n_weights);
	for (size_t i = 0; i < net->n_weights; i++) {
		name[i] = net->weight[i].name;
		w[i] = net->weight[i].w;
	}
	VT_TRY(vt_store_weights(ctx, store, s->step, net->n_weights, name, w));
done:
	free(name);
	free(w);
	return status;
}
