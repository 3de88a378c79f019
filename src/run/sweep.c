/* All tasks of an experiment, side by side as processes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parts.h"

enum { SMALL_NET = 100000, MAX_JOBS = 1024 };

/* ---- what a sweep returns ---------------------------------------------- */

/* The contract's order, worst first; statuses that are not in it come last. */
static int severity(enum vt_status status)
{
	static const enum vt_status order[] = { VT_EINTERRUPTED, VT_ESTOPPED, VT_EIO, VT_ENOMEM, VT_EBUG, VT_EDIVERGED,
	                                        VT_EDATA };
	const int n = sizeof order / sizeof *order;
	for (int i = 0; i < n; i++)
		if (order[i] == status) return n + 1 - i;
	return status == VT_OK ? 0 : 1;
}

enum vt_status vt_sweep_worse(enum vt_status a, enum vt_status b)
{
	return severity(b) > severity(a) ? b : a;
}

/* The status behind a child's exit status. */
static enum vt_status from_exit(int code)
{
	static const enum vt_status all[] = { VT_OK, VT_EUSAGE, VT_ECONFIG, VT_EDATA, VT_EDIVERGED, VT_ESHORT, VT_EIO,
	                                      VT_ENOMEM, VT_ESTOPPED, VT_EINTERRUPTED };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (vt_status_exit(all[i]) == code) return all[i];
	return VT_EBUG;
}

/* Killed from outside: when nobody did it by hand, it was the system for want of memory.  What else ends a process is
 * a bug. */
static enum vt_status from_signal(int signal)
{
	return signal == SIGKILL ? VT_ENOMEM : VT_EBUG;
}

/* ---- how many at a time ------------------------------------------------- */

static int cores(void)
{
	cpu_set_t set;
	return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}

static enum vt_status parameters(struct vt_ctx *ctx, const struct vt_experiment *e, size_t task, size_t *n)
{
	enum vt_status status;
	struct vt_task *t = NULL;
	struct vt_dataset *data = NULL;
	struct vt_model *model = NULL;
	VT_TRY(vt_experiment_task(ctx, e, task, &t));
	VT_TRY(vt_dataset_open(ctx, &t->dataset, (uint64_t)t->seed, &data));
	VT_TRY(vt_task_model(ctx, t, data, &model));
	*n = model->n_parameters;
done:
	if (status != VT_OK) vt_ctx_frame(ctx, "in %s, task %zu", e->path, task);
	vt_model_free(model);
	vt_dataset_close(data);
	vt_task_free(t);
	return status;
}

/* Small nets train best one to a core; large ones one at a time on all of them.  A task that cannot be made is no
 * reason to keep the others from running; if none can, the first says why. */
static enum vt_status default_jobs(struct vt_ctx *ctx, const struct vt_experiment *e, int *jobs)
{
	enum vt_status status = VT_EBUG;
	int most = cores() < MAX_JOBS ? cores() : MAX_JOBS;
	size_t n = 0;
	for (size_t i = 0; status != VT_OK && i < e->n_tasks; i++) status = parameters(ctx, e, i, &n);
	if (status != VT_OK) return parameters(ctx, e, 0, &n);
	vt_ctx_forget(ctx);
	*jobs = n >= SMALL_NET ? 1 : e->n_tasks < (size_t)most ? (int)e->n_tasks : most;
	return VT_OK;
}

/* ---- one child per task --------------------------------------------------- */

struct child {
	pid_t pid;
	int progress;  /* read end of its pipe */
	size_t task;
	double share;
};

/* How a task ended. */
struct outcome {
	enum vt_status status;
	int signal; /* that killed it, or 0 */
};

struct sweep {
	const struct vt_experiment *e;
	const struct vt_run_options *o;
	int jobs, threads, running;
	size_t next, finished;
	enum vt_status stop;     /* VT_OK until the sweep is told to stop */
	struct child *child;     /* jobs of them; pid 0: free */
	struct outcome *outcome; /* of each task */
	struct vt_bar *bar;
};

/* A child's progress sink: shares as doubles down a pipe, ten a second.  Each wakes the parent, which takes its time
 * from the tasks. */
struct teller {
	int pipe_end;
	double told; /* when, by vt_clock */
};

static void tell_parent(void *self, double done, double total, const char *note)
{
	struct teller *t = self;
	double share = total > 0 ? done / total : 1, now = vt_clock();
	(void)note;
	if (now - t->told < 0.1) return;
	t->told = now;
	ssize_t written = write(t->pipe_end, &share, sizeof share);
	(void)written; /* a lost share only delays the bar */
}

/* A task that was told to stop says nothing: the sweep speaks for all.  Without its sweep it stops, too. */
static _Noreturn void child_main(struct vt_ctx *ctx, const struct sweep *s, size_t task, int pipe_end, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) _exit(vt_status_exit(VT_ESTOPPED));
	struct teller teller = { pipe_end, vt_clock() };
	vt_ctx_on_progress(ctx, tell_parent, &teller);
	vt_ctx_set_threads(ctx, s->threads);
	enum vt_status status = vt_task_run(ctx, s->e, task, s->o);
	if (status != VT_OK && status != VT_ESTOPPED && status != VT_EINTERRUPTED) vt_ctx_print(ctx);
	fflush(NULL);
	_exit(vt_status_exit(status));
}

static enum vt_status start(struct vt_ctx *ctx, struct sweep *s, struct child *c)
{
	enum vt_status status = VT_OK;
	int ends[2];
	pid_t parent = getpid();
	/* never waited for: a sweep that is stopped, or whose terminal is, must not keep its tasks from going on */
	VT_REQUIRE(ctx, pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0, VT_EBUG, "no pipe for task %zu: %s", s->next,
	           strerror(errno));
	fflush(NULL);
	vt_blocks_dismiss();
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		child_main(ctx, s, s->next, ends[1], parent);
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
static void reap(struct sweep *s, struct child *c)
{
	int code = 0;
	while (waitpid(c->pid, &code, 0) < 0 && errno == EINTR) continue;
	int killed = WIFSIGNALED(code) ? WTERMSIG(code) : 0;
	s->outcome[c->task] = (struct outcome){ killed ? from_signal(killed) : from_exit(WEXITSTATUS(code)), killed };
	close(c->progress);
	c->pid = 0;
	s->running--;
	s->finished++;
}

/* When the sweep is told to stop, its tasks are, once.  Those that the terminal's signal reached as well take this one
 * for what it is (see the program's handler). */
static void pass_on_stop(struct vt_ctx *ctx, struct sweep *s)
{
	if (s->stop != VT_OK || (s->stop = vt_ctx_stop(ctx)) == VT_OK) return;
	int signal = s->stop == VT_EINTERRUPTED ? SIGINT : SIGTERM;
	for (int i = 0; i < s->jobs; i++)
		if (s->child[i].pid) sigqueue(s->child[i].pid, signal, (union sigval){ 0 });
}

static void listen_once(struct sweep *s)
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
		else if (got == 0) reap(s, &s->child[i]);
	}
}

static enum vt_status run_children(struct vt_ctx *ctx, struct sweep *s)
{
	enum vt_status status = VT_OK;
	while (s->finished < s->e->n_tasks && (s->stop == VT_OK || s->running > 0)) {
		pass_on_stop(ctx, s);
		for (int i = 0; i < s->jobs && s->next < s->e->n_tasks && s->stop == VT_OK; i++)
			if (!s->child[i].pid) VT_TRY(start(ctx, s, &s->child[i]));
		listen_once(s);
		draw(s);
	}
done:
	while (s->running > 0) {
		pass_on_stop(ctx, s);
		listen_once(s);
	}
	return status;
}

/* ---- what came of it ------------------------------------------------------ */

static void say_failed(struct vt_ctx *ctx, const struct sweep *s, size_t task)
{
	const struct outcome *o = &s->outcome[task];
	if (o->signal)
		vt_log(ctx, VT_WARN, "task %zu of %s was killed by signal %d (%s)", task, s->e->path, o->signal,
		       strsignal(o->signal));
	else vt_log(ctx, VT_WARN, "task %zu of %s ended with exit status %d", task, s->e->path, vt_status_exit(o->status));
}

/* What failed, and how to run just that. */
static enum vt_status sum_up(struct vt_ctx *ctx, const struct sweep *s)
{
	enum vt_status worst = s->finished == s->e->n_tasks ? VT_OK : s->stop;
	size_t n_failed = 0, n_stopped = s->e->n_tasks - s->finished, n_done = 0, example = 0;
	for (size_t i = 0; i < s->next; i++) {
		enum vt_status status = s->outcome[i].status;
		worst = vt_sweep_worse(worst, status);
		n_done += status == VT_OK;
		n_stopped += status == VT_ESTOPPED || status == VT_EINTERRUPTED;
		if (status == VT_OK || status == VT_ESTOPPED || status == VT_EINTERRUPTED) continue;
		say_failed(ctx, s, i);
		if (n_failed++ == 0) example = i;
	}
	const char *how = s->o->force ? " instead of --force" : "";
	const char *why = s->stop != VT_OK ? vt_ctx_stop_reason(ctx) : "a signal to one of its tasks";
	if (worst == VT_ESTOPPED || worst == VT_EINTERRUPTED)
		return vt_ctx_fail(ctx, worst, "%s: stopped by %s: %zu of %zu tasks are complete, %zu failed, %zu are left; the same "
		                   "command with --resume%s goes on", s->e->path, why, n_done, s->e->n_tasks, n_failed, n_stopped,
		                   how);
	if (n_failed > 0)
		return vt_ctx_fail(ctx, worst, "%s: %zu of %zu tasks failed; for just one of them, add --task %zu --resume%s to the "
		                   "same command; for all that is missing, --resume", s->e->path, n_failed, s->e->n_tasks, example,
		                   how);
	return VT_OK;
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
	/* Before any task is forked: a child in which the number of threads changes gets a new pool of them, which spins. */
	int blas = vt_gemm_serial();
	if (vt_gemm_misjudged())
		vt_log(ctx, VT_WARN, "the BLAS takes this CPU for a %s: %.0f GFLOP/s; wide nets train several times faster with "
		       "OPENBLAS_CORETYPE=%s in the environment", vt_gemm_core(), vt_gemm_gflops(),
		       strcmp(vt_isa(), "avx512") == 0 ? "SkylakeX" : "Haswell");
	if (o->task >= 0 || e->n_tasks == 1) {
		VT_TRY(run_one(ctx, e, o->task >= 0 ? (size_t)o->task : 0, o, s.bar));
		goto done;
	}
	int jobs = 0;
	if (s.jobs <= 0 || o->force) VT_TRY(default_jobs(ctx, e, &jobs));
	if (s.jobs <= 0) s.jobs = jobs;
	/* once it is clear that this one can be run: stopped in the middle, none of the earlier sweep must pass for its own */
	if (o->force && vt_ctx_stop(ctx) == VT_OK) VT_TRY(vt_store_clear(ctx, o->dir));
	if (s.jobs > MAX_JOBS) s.jobs = MAX_JOBS;
	if ((size_t)s.jobs > e->n_tasks) s.jobs = (int)e->n_tasks;
	s.threads = threads / s.jobs > 1 ? threads / s.jobs : 1;
	VT_NEW(ctx, s.child, (size_t)s.jobs);
	VT_NEW(ctx, s.outcome, e->n_tasks);
	VT_TRY(run_children(ctx, &s));
	status = sum_up(ctx, &s);
done:
	vt_gemm_restore(blas);
	vt_bar_free(s.bar);
	free(s.child);
	free(s.outcome);
	return status;
}
