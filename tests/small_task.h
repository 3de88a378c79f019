/* A small task for tests: an experiment in memory with overrides.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_SMALL_TASK_H
#define TESTS_SMALL_TASK_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "venturi.h"

static const char small_experiment[] =
	"title: a small net\n"
	"dataset: {kind: sphere12}\n"
	"model: {kind: mlp, widths: [10, 7, 5, 4, 3], activation: tanh, init: truncated-fan-out}\n"
	"train: {optimiser: adam, rate: 4e-4, batch: 256, epochs: 3, seed: 1}\n"
	"probe: {schedule: log, points: 5}\n"
	"measure:\n"
	"  exact: {kind: information, estimator: exact}\n";

/* What a test needs of a task; `override` ends with a null. */
struct small_task {
	struct vt_ctx *ctx;
	struct vt_experiment *experiment;
	struct vt_task *task;
	struct vt_dataset *data;
	struct vt_model *model;
};

static inline void small_task_open(struct small_task *s, const char *const *override)
{
	size_t n = 0;
	while (override[n]) n++;
	s->ctx = vt_ctx_create();
	enum vt_status status = vt_experiment_parse(s->ctx, &vt_registry, "small", small_experiment, NULL, n, override,
	                                            &s->experiment);
	if (status == VT_OK) status = vt_experiment_task(s->ctx, s->experiment, 0, &s->task);
	if (status == VT_OK) status = vt_dataset_open(s->ctx, &s->task->dataset, (uint64_t)s->task->seed, &s->data);
	if (status != VT_OK) fail_msg("%s", vt_ctx_trail(s->ctx));
	const struct vt_train_settings *t = vt_train_common(&s->task->train);
	const struct vt_model_shape shape = { s->data->n_inputs, s->data->n_classes, 0, 1, true, (enum vt_loss)t->loss,
		                              (enum vt_precision)t->precision };
	status = vt_model_create(s->ctx, &s->task->model, &shape, (uint64_t)s->task->seed, &s->model);
	if (status != VT_OK) fail_msg("%s", vt_ctx_trail(s->ctx));
}

static inline void small_task_close(struct small_task *s)
{
	vt_model_free(s->model);
	vt_dataset_close(s->data);
	vt_task_free(s->task);
	vt_experiment_free(s->experiment);
	vt_ctx_free(s->ctx);
}

#endif
