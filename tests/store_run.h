/* Small run files, as a task would write them, for tests of the store.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_STORE_RUN_H
#define TESTS_STORE_RUN_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venturi/input.h"
#include "venturi/store.h"

enum { RUN_LAYERS = 3, RUN_ESTIMATORS = 2 };

/* What differs between the runs of a test. */
struct run_plan {
	const char *dir;
	size_t task;
	int seed;
	const char *activation;
	size_t n_steps;
	int64_t every; /* steps are 0, every, 2 every, ... */
	bool alive, force;
	double commit;
	bool resume;
};

static inline double run_value(const struct run_plan *p, int64_t step, size_t cell)
{
	return sin(1.0 + p->seed + 0.01 * (double)step + (double)cell) + 3;
}

/* Stops the test with a line where the library fails. */
static inline void run_do(struct vt_ctx *ctx, enum vt_status status, int line)
{
	if (status == VT_OK) return;
	fprintf(stderr, "store_run.h:%d: status %d: %s\n", line, status, vt_ctx_trail(ctx));
	abort();
}
#define RUN_DO(ctx, call) run_do(ctx, call, __LINE__)

static inline void run_declare(struct vt_ctx *ctx, struct vt_frame *f)
{
	static const char *const layer[RUN_LAYERS] = { "h1", "h2", "output" };
	static const char *const estimator[RUN_ESTIMATORS] = { "bin30", "kde-upper" };
	static const char *const settings[RUN_ESTIMATORS] = { "{\"bins\":30,\"range\":[-1,1]}", "{\"variance\":0.001}" };
	static const double frequency[4] = { 0.5, 1, 2, 4 };
	static const struct vt_variable loss = { "loss_train", VT_F64, 1, { "step" }, "1", "loss in nat", false };
	static const struct vt_variable tokens = { "rows_seen", VT_I64, 1, { "step" }, "1", "rows seen", false };
	static const struct vt_variable i_xt = { "i_xt", VT_F64, 3, { "step", "layer", "estimator" }, "bit",
	                                         "information between input and layer", false };
	static const struct vt_variable flags = { "flags", VT_I32, 3, { "step", "layer", "estimator" }, NULL, NULL, true };
	static const struct vt_variable bound = { "bound", VT_U8, 1, { "estimator" }, "1", "0 point, 1 lower, 2 upper",
	                                          false };
	static const struct vt_variable text = { "estimator_settings", VT_TEXT, 1, { "estimator" }, "1", "settings", false };
	static const struct vt_variable power = { "power", VT_F32, 2, { "step", "frequency" }, "1", "power", false };
	RUN_DO(ctx, vt_frame_dim(ctx, f, "train", "step", 0, NULL, NULL, NULL, NULL));
	RUN_DO(ctx, vt_frame_variable(ctx, f, "train", &loss));
	RUN_DO(ctx, vt_frame_variable(ctx, f, "train", &tokens));
	RUN_DO(ctx, vt_frame_dim(ctx, f, "information", "step", 0, NULL, NULL, NULL, NULL));
	RUN_DO(ctx, vt_frame_dim(ctx, f, "information", "layer", RUN_LAYERS, layer, NULL, NULL, "layer"));
	RUN_DO(ctx, vt_frame_dim(ctx, f, "information", "estimator", RUN_ESTIMATORS, estimator, NULL, NULL, "estimator"));
	RUN_DO(ctx, vt_frame_variable(ctx, f, "information", &i_xt));
	RUN_DO(ctx, vt_frame_variable(ctx, f, "information", &flags));
	RUN_DO(ctx, vt_frame_variable(ctx, f, "information", &bound));
	RUN_DO(ctx, vt_frame_variable(ctx, f, "information", &text));
	RUN_DO(ctx, vt_frame_put(ctx, f, "information", "bound", RUN_ESTIMATORS, (double[]){ 0, 2 }));
	RUN_DO(ctx, vt_frame_put_text(ctx, f, "information", "estimator_settings", RUN_ESTIMATORS, settings));
	RUN_DO(ctx, vt_frame_dim(ctx, f, "spectrum", "step", 0, NULL, NULL, NULL, NULL));
	RUN_DO(ctx, vt_frame_dim(ctx, f, "spectrum", "frequency", 4, NULL, frequency, NULL, "cycles per domain"));
	RUN_DO(ctx, vt_frame_variable(ctx, f, "spectrum", &power));
}

static inline void run_record(struct vt_ctx *ctx, struct vt_frame *f, const struct run_plan *p, int64_t step)
{
	enum { CELLS = RUN_LAYERS * RUN_ESTIMATORS };
	double i_xt[CELLS], flags[CELLS], power[4], epoch = (double)step / 13, rows = 256.0 * (double)step;
	double loss = run_value(p, step, 100);
	for (size_t i = 0; i < CELLS; i++) {
		i_xt[i] = run_value(p, step, i);
		flags[i] = i == 1 ? VT_SATURATED | VT_TIES : 0;
	}
	for (size_t i = 0; i < 4; i++) power[i] = run_value(p, step, i) / 7;
	i_xt[CELLS - 1] = NAN;
	RUN_DO(ctx, vt_frame_step(ctx, f, "train", step, epoch));
	RUN_DO(ctx, vt_frame_put(ctx, f, "train", "loss_train", 1, &loss));
	RUN_DO(ctx, vt_frame_put(ctx, f, "train", "rows_seen", 1, &rows));
	RUN_DO(ctx, vt_frame_step(ctx, f, "information", step, epoch));
	RUN_DO(ctx, vt_frame_put(ctx, f, "information", "i_xt", CELLS, i_xt));
	RUN_DO(ctx, vt_frame_put(ctx, f, "information", "flags", CELLS, flags));
	RUN_DO(ctx, vt_frame_step(ctx, f, "spectrum", step, epoch));
	RUN_DO(ctx, vt_frame_put(ctx, f, "spectrum", "power", 4, power));
}

/* Creates the run; the caller frees the store. */
static inline enum vt_status run_create(struct vt_ctx *ctx, const struct run_plan *p, struct vt_store **out)
{
	char seed[16], settings[256];
	snprintf(seed, sizeof seed, "%d", p->seed);
	snprintf(settings, sizeof settings,
	         "{\"model.activation\": \"%s\", \"train.rate\": 4e-4, \"train.seed\": %d, \"model.widths\": [10, 7]}",
	         p->activation, p->seed);
	char *key[] = { "model.activation", "train.seed" }, *value[] = { (char *)p->activation, seed };
	struct vt_task task = { .number = p->task, .seed = p->seed, .n_axes = 2, .axis_key = key, .axis_value = value,
	                        .settings_json = settings, .defaults_json = "[\"train.rate\"]" };
	struct vt_experiment e = { .path = "small.yaml", .name = "small", .text = "title: Klein, aber µ\n",
	                           .title = "Small, but µ", .hypotheses_json = "{}" };
	memset(e.hypotheses_sha256, 'a', 64);
	struct vt_store_info info = { .dir = p->dir, .experiment = &e, .task = &task, .dataset_sha256 = "0123",
	                              .command_line = "venturi run \"small.yaml\"", .force = p->force,
	                              .resume = p->resume, .commit_seconds = p->commit, .gemm_gflops = 12.5 };
	return vt_store_create(ctx, &info, out);
}

/* A whole run, from creation to its last commit. */
static inline void run_write(struct vt_ctx *ctx, const struct run_plan *p)
{
	struct vt_store *s = NULL;
	RUN_DO(ctx, run_create(ctx, p, &s));
	run_declare(ctx, vt_store_frame(s));
	for (size_t i = 0; i < p->n_steps; i++) {
		int64_t step = (int64_t)i * p->every;
		run_record(ctx, vt_store_frame(s), p, step);
		RUN_DO(ctx, vt_store_row(ctx, s, step, (double)step / 13));
		if (vt_store_due(s)) RUN_DO(ctx, vt_store_commit(ctx, s, NULL));
	}
	RUN_DO(ctx, vt_store_finish(ctx, s, "complete", p->alive, NULL));
	vt_store_free(s);
}

#endif
