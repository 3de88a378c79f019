/* All tasks of an experiment, side by side as processes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parts.h"

enum { SMALL_NET = 100000, MAX_JOBS = 1024 };

/* ---- what a sweep returns ---------------------------------------------- */

/* The contract's order, worst first; statuses that are not in it come last. */
static int severity(enum vt_status status)
{
	static const enum vt_status order[] = { VT_EIO, VT_ENOMEM, VT_EBUG, VT_EDIVERGED, VT_EDATA };
	const int n = sizeof order / sizeof *order;
	for (int i = 0; i < n; i++)
		if (order[i] == status) return n + 1 - i;
	return status == VT_OK ? 0 : 1;
}

static enum vt_status worse(enum vt_status a, enum vt_status b)
{
	return severity(b) > severity(a) ? b : a;
}

/* The status behind a child's exit status. */
static enum vt_status from_exit(int code)
{
	static const enum vt_status all[] = { VT_OK, VT_EUSAGE, VT_ECONFIG, VT_EDATA, VT_EDIVERGED, VT_ESHORT, VT_EIO,
	                                      VT_ENOMEM };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (vt_status_exit(all[i]) == code) return all[i];
	return VT_EBUG;
}

/* ---- how many at a time ------------------------------------------------- */

static int cores(void)
{
	cpu_set_t set;
	return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}

/* Small nets train best one to a core; large ones one at a time on all of them. */
static enum vt_status default_jobs(struct vt_ctx *ctx, const struct vt_experiment *e, int *jobs)
{
	enum vt_status status;
	struct vt_task *t = NULL;
	struct vt_dataset *data = NULL;
	struct vt_model *model = NULL;
	VT_TRY(vt_experiment_task(ctx, e, 0, &t));
	VT_TRY(vt_dataset_open(ctx, &t->dataset, (uint64_t)t->seed, &data));
	VT_TRY(vt_task_model(ctx, t, data, &model));
	int most = cores() < MAX_JOBS ? cores() : MAX_JOBS;
	*jobs = model->n_parameters >= SMALL_NET ? 1 : e->n_tasks < (size_t)most ? (int)e->n_tasks : most;
done:
	if (status != VT_OK) vt_ctx_frame(ctx, "in %s, task 0", e->path);
	vt_model_free(model);
	vt_dataset_close(data);
	vt_task_free(t);
	return status;
}

/* ---- one child per task --------------------------------------------------- */

struct child {
	pid_t pid;
	int progress;  /* read end of its pipe */
	size_t task;
	double share;
};

struct sweep {
	const struct vt_experiment *e;
	const struct vt_run_options *o;
	int jobs, threads, running;
	size_t next, finished;
	struct child *child; /* jobs of them; pid 0: free */
	struct vt_bar *bar;
	enum vt_status status;
};

/* A child's progress sink: shares as doubles down a pipe. */
static void tell_parent(void *self, double done, double total, const char *note)
{
	double share = total > 0 ? done / total : 1;
	(void)note;
	ssize_t written = write(*(int *)self, &share, sizeof share);
	(void)written; /* a lost share only delays the bar */
}

static void child_main(struct vt_ctx *ctx, const struct sweep *s, size_t task, int pipe_end)
{
	vt_ctx_on_progress(ctx, tell_parent, &pipe_end);
	vt_ctx_set_threads(ctx, s->threads);
	enum vt_status status = vt_task_run(ctx, s->e, task, s->o);
	if (status != VT_OK) vt_ctx_print(ctx);
	fflush(NULL);
	_exit(vt_status_exit(status));
}

static enum vt_status start(struct vt_ctx *ctx, struct sweep *s, struct child *c)
{
	enum vt_status status = VT_OK;
	int ends[2];
	VT_REQUIRE(ctx, pipe(ends) == 0, VT_EBUG, "no pipe for task %zu: %s", s->next, strerror(errno));
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		child_main(ctx, s, s->next, ends[1]);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		VT_FAIL(ctx, VT_ENOMEM, "no process for task %zu: %s", s->next, strerror(errno));
	}
	*c = (struct child){ pid, ends[0], s->next++, 0 };
	s->running++;
done:
	return status;
}

static void draw(struct sweep *s)
{
	double done = (double)s->finished;
	char note[64];
	for (int i = 0; i < s->jobs; i++)
		if (s->child[i].pid) done += s->child[i].share;
	snprintf(note, sizeof note, "%zu of %zu tasks", s->finished, s->e->n_tasks);
	vt_bar_draw(s->bar, done, (double)s->e->n_tasks, note);
}

/* The pipe is closed: the child has ended or is about to. */
static void reap(struct vt_ctx *ctx, struct sweep *s, struct child *c)
{
	int code = 0;
	while (waitpid(c->pid, &code, 0) < 0 && errno == EINTR) continue;
	enum vt_status status = WIFEXITED(code) ? from_exit(WEXITSTATUS(code)) : VT_EBUG;
	if (WIFSIGNALED(code)) vt_log(ctx, VT_WARN, "task %zu was killed by signal %d", c->task, WTERMSIG(code));
	if (severity(status) > severity(s->status))
		vt_ctx_fail(ctx, status, "task %zu of %s ended with status %d", c->task, s->e->path, vt_status_exit(status));
	s->status = worse(s->status, status);
	close(c->progress);
	c->pid = 0;
	s->running--;
	s->finished++;
}

static void listen_once(struct vt_ctx *ctx, struct sweep *s)
{
	struct pollfd ends[MAX_JOBS];
	for (int i = 0; i < s->jobs; i++)
		ends[i] = (struct pollfd){ s->child[i].pid ? s->child[i].progress : -1, POLLIN, 0 };
	if (poll(ends, (nfds_t)s->jobs, 500) <= 0) return;
	for (int i = 0; i < s->jobs; i++) {
		double share[64];
		if (!(ends[i].revents & (POLLIN | POLLHUP | POLLERR))) continue;
		ssize_t got = read(s->child[i].progress, share, sizeof share);
		if (got >= (ssize_t)sizeof *share) s->child[i].share = share[got / (ssize_t)sizeof *share - 1];
		else if (got == 0) reap(ctx, s, &s->child[i]);
	}
}

static enum vt_status run_children(struct vt_ctx *ctx, struct sweep *s)
{
	enum vt_status status = VT_OK;
	while (s->finished < s->e->n_tasks) {
		for (int i = 0; i < s->jobs && s->next < s->e->n_tasks; i++)
			if (!s->child[i].pid) VT_TRY(start(ctx, s, &s->child[i]));
		listen_once(ctx, s);
		draw(s);
	}
done:
	while (s->running > 0) listen_once(ctx, s);
	return status != VT_OK ? status : s->status;
}

static enum vt_status run_one(struct vt_ctx *ctx, const struct vt_experiment *e, size_t task,
                              const struct vt_run_options *o,
                              struct vt_bar *bar)
{
	vt_ctx_on_progress(ctx, vt_bar_draw, bar);
	if (o->threads > 0) vt_ctx_set_threads(ctx, o->threads);
	enum vt_status status = vt_task_run(ctx, e, task, o);
	vt_ctx_on_progress(ctx, NULL, NULL);
	return status;
}

enum vt_status vt_sweep_run(struct vt_ctx *ctx, const struct vt_experiment *e, const struct vt_run_options *o)
{
	enum vt_status status;
	struct sweep s = { .e = e, .o = o, .jobs = o->jobs };
	int threads = o->threads > 0 ? o->threads : vt_ctx_threads(ctx);
	s.bar = vt_bar_create(ctx, e->name);
	if (!s.bar) return VT_ENOMEM;
	if (vt_gemm_misjudged())
		vt_log(ctx, VT_WARN, "the BLAS takes this CPU for a %s: %.0f GFLOP/s; wide nets train several times faster with "
		       "OPENBLAS_CORETYPE=%s in the environment", vt_gemm_core(), vt_gemm_gflops(),
		       strcmp(vt_isa(), "avx512") == 0 ? "SkylakeX" : "Haswell");
	if (o->task >= 0 || e->n_tasks == 1) {
		VT_TRY(run_one(ctx, e, o->task >= 0 ? (size_t)o->task : 0, o, s.bar));
		goto done;
	}
	if (s.jobs <= 0) VT_TRY(default_jobs(ctx, e, &s.jobs));
	if (s.jobs > MAX_JOBS) s.jobs = MAX_JOBS;
	if ((size_t)s.jobs > e->n_tasks) s.jobs = (int)e->n_tasks;
	s.threads = threads / s.jobs > 1 ? threads / s.jobs : 1;
	VT_NEW(ctx, s.child, (size_t)s.jobs);
	VT_TRY(run_children(ctx, &s));
done:
	vt_bar_free(s.bar);
	free(s.child);
	return status;
}
