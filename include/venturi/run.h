/* An experiment, a task, a sweep.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_RUN_H
#define VENTURI_RUN_H

#include "venturi/base.h"
#include "venturi/config.h"

/* Every kind that was compiled in; generated from the Makefile's lists. */
extern const struct vt_registry vt_registry;

/* Runs one task into DIR/task-NNNNN.  VT_EDIVERGED when training left the finite numbers
 * (the file is complete all the same); VT_ESTOPPED or VT_EINTERRUPTED when the context was told to
 * stop: the state is committed and `resume` goes on with it, bit by bit as if nothing had been. */
struct vt_run_options {
	const char *dir;
	const char *command_line;
	bool force, resume;
	int jobs, threads;  /* 0: default */
	long task;          /* -1: all */
	bool verdict;       /* judge at the end of a sweep */
};
enum vt_status vt_task_run(struct vt_ctx *ctx, const struct vt_experiment *e, size_t number,
                           const struct vt_run_options *o);
/* All tasks (or one), side by side as processes; then the verdict.  Returns the first of
 * the contract's order that occurred.  A task that fails does not stop the others; what failed is said on stderr.
 * When the context is told to stop, tasks finish their step and commit, and no new ones start. */
enum vt_status vt_sweep_worse(enum vt_status a, enum vt_status b); /* of two, the one that counts */
enum vt_status vt_sweep_run(struct vt_ctx *ctx, const struct vt_experiment *e, const struct vt_run_options *o);

/* What `check` tells of one task. */
struct vt_forecast {
	size_t n_parameters, n_steps, n_snapshots;
	double seconds, bytes;
	double longest; /* seconds of the longest step or snapshot: a run can be told to stop between them */
	char note[320]; /* where real data are not installed: which, and what installs them; else empty */
};
enum vt_status vt_task_forecast(struct vt_ctx *ctx, const struct vt_task *t, struct vt_forecast *out);

#endif
