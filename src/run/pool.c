/* Many estimates side by side, in child processes: one thread each, so that both cores are always busy and no result
 * depends on how many there are.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "promises.h"

enum { MAX_JOBS = 256 };

/* In memory that parent and children share.  Lines hold pointers to constants only, which are equal in all of them. */
struct board {
	atomic_size_t next, done;
	size_t at[MAX_JOBS]; /* the item that each child is at */
	struct vt_validated row[];
};

static void work(struct vt_ctx *ctx, struct board *b, int job, size_t n, const struct vt_item *item)
{
	for (size_t i; (i = atomic_fetch_add(&b->next, 1)) < n;) {
		b->at[job] = i;
		vt_item_run(ctx, &item[i], &b->row[i]);
		atomic_fetch_add(&b->done, 1);
	}
}

static void draw(struct vt_bar *bar, const struct board *b, size_t n)
{
	char note[64];
	size_t done = atomic_load(&b->done);
	snprintf(note, sizeof note, "%zu of %zu estimates", done, n);
	vt_bar_draw(bar, (double)done, (double)n, note);
}

static enum vt_status start(struct vt_ctx *ctx, struct board *b, int job, size_t n, const struct vt_item *item,
                            pid_t *pid)
{
	fflush(NULL);
	*pid = fork();
	if (*pid < 0) return vt_ctx_fail(ctx, VT_ENOMEM, "no process for estimates: %s", strerror(errno));
	if (*pid > 0) return VT_OK;
	vt_ctx_set_threads(ctx, 1);
	vt_ctx_on_progress(ctx, NULL, NULL);
	work(ctx, b, job, n, item);
	_exit(0);
}

/* The first child that ended otherwise than well. */
static enum vt_status reap(struct vt_ctx *ctx, const struct board *b, const struct vt_item *item, pid_t *pid,
                           int *running, int jobs)
{
	int how;
	pid_t ended = waitpid(-1, &how, WNOHANG);
	for (int i = 0; i < jobs; i++) {
		if (ended <= 0 || pid[i] != ended) continue;
		pid[i] = 0;
		--*running;
		if (WIFEXITED(how) && WEXITSTATUS(how) == 0) continue;
		const struct vt_item *last = &item[b->at[i]];
		return vt_ctx_fail(ctx, VT_EBUG, "estimator %s on %s, seed %llu: its process ended by %s %d", last->text,
		                   vt_known_case(last->known).name, (unsigned long long)last->seed,
		                   WIFSIGNALED(how) ? "signal" : "status", WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how));
	}
	return VT_OK;
}

static enum vt_status run(struct vt_ctx *ctx, struct board *b, size_t n, const struct vt_item *item, struct vt_bar *bar)
{
	const struct timespec pause = { 0, 20000000 };
	enum vt_status status = VT_OK, ended = VT_OK;
	pid_t pid[MAX_JOBS] = { 0 };
	int jobs = vt_ctx_threads(ctx) < MAX_JOBS ? vt_ctx_threads(ctx) : MAX_JOBS, running = 0;
	if ((size_t)jobs > n) jobs = (int)n;
	for (int i = 0; i < jobs && status == VT_OK; i++) {
		status = start(ctx, b, i, n, item, &pid[i]);
		running += status == VT_OK;
	}
	/* After a failure the others take no more work. */
	while (running > 0) {
		if (status != VT_OK) atomic_store(&b->next, n);
		ended = reap(ctx, b, item, pid, &running, jobs);
		if (status == VT_OK) status = ended;
		draw(bar, b, n);
		if (running > 0) nanosleep(&pause, NULL);
	}
	return status;
}

enum vt_status vt_pool_run(struct vt_ctx *ctx, size_t n, const struct vt_item *item, struct vt_validated *row)
{
	enum vt_status status = VT_OK;
	size_t size = sizeof(struct board) + n * sizeof *row;
	struct vt_bar *bar = vt_bar_create(ctx, "validate");
	struct board *b = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	VT_REQUIRE(ctx, bar && b != MAP_FAILED, VT_ENOMEM, "out of memory for %zu estimates", n);
	VT_TRY(run(ctx, b, n, item, bar));
	if (n > 0) memcpy(row, b->row, n * sizeof *row);
done:
	if (b != MAP_FAILED) munmap(b, size);
	vt_bar_free(bar);
	return status;
}
