/* The run file of one task while it runs.  Called by the task alone.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame.h"
#include "store.h"

/* Seconds between checkpoints where every snapshot is committed, and none is due. */
enum { BETWEEN_SNAPSHOTS = 30 };

struct vt_standing vt_frame_standing(const struct vt_frame *f)
{
	struct vt_standing s = { 0, -1, -1 };
	for (size_t i = 0; i < f->n_groups; i++) {
		const struct var *step = vt_group_var(&f->group[i], "step");
		if (!step || step->type != VT_I64 || step->n == 0) continue;
		int64_t last = step->u.integer[step->n - 1];
		if (last > s.step) s.step = last;
		if (strcmp(f->group[i].name, "provenance") == 0) s = (struct vt_standing){ step->n, last, s.step };
	}
	return s;
}

/* A run file never gets shorter: while a run that was taken up is behind what an earlier process committed, that
 * stays. */
static enum vt_status commit_run(struct vt_ctx *ctx, struct vt_store *s)
{
	enum vt_status status;
	void *bytes = NULL;
	size_t n = 0;
	int64_t step = vt_frame_standing(s->frame).step;
	if (step < s->on_disk || (step == s->on_disk && !s->news)) return VT_OK;
	VT_TRY(vt_frame_image(ctx, s->frame, &bytes, &n));
	VT_TRY(vt_file_commit(ctx, s->path, bytes, n));
	vt_sha256(bytes, n, s->run_sha256);
	s->on_disk = step;
	s->news = false;
done:
	free(bytes);
	return status;
}

/* The run file first: a checkpoint is never ahead of it. */
static enum vt_status commit(struct vt_ctx *ctx, struct vt_store *s, const struct vt_state *state)
{
	double before = vt_clock();
	enum vt_status status = commit_run(ctx, s);
	if (status == VT_OK && state) status = vt_checkpoint_write(ctx, s, state);
	s->committed = vt_clock();
	s->cost = s->committed - before;
	s->spent += s->cost;
	s->snapshot = false;
	return status;
}

static enum vt_status name_files(struct vt_ctx *ctx, const struct vt_store_info *info, struct vt_store *s)
{
	s->folder = vt_format(ctx, "%s/task-%05zu", info->dir, info->task->number);
	if (!s->folder) return VT_ENOMEM;
	s->path = vt_format(ctx, "%s/run.h5", s->folder);
	s->checkpoint = vt_format(ctx, "%s/checkpoint.h5", s->folder);
	s->previous = vt_format(ctx, "%s/checkpoint.prev.h5", s->folder);
	s->lock = vt_format(ctx, "%s/lock", s->folder);
	return s->path && s->checkpoint && s->previous && s->lock ? VT_OK : VT_ENOMEM;
}

/* The question whether something is there comes before anything is made or removed, and after the lock again. */
static enum vt_status open_folder(struct vt_ctx *ctx, const struct vt_store_info *info, struct vt_store *s)
{
	enum vt_status status;
	bool may = info->force || info->resume;

	VT_TRY(name_files(ctx, info, s));
	VT_REQUIRE(ctx, may || access(s->path, F_OK) != 0, VT_EUSAGE,
	           "%s: exists already; --resume goes on, --force replaces it, -o DIR writes somewhere else", s->path);
	VT_TRY(vt_folder_create(ctx, s->folder));
	VT_TRY(vt_lock_take(ctx, s->lock, &s->lock_fd));
	VT_REQUIRE(ctx, may || access(s->path, F_OK) != 0, VT_EUSAGE, "%s: somebody else made it just now", s->path);
	if (info->resume) VT_TRY(vt_left_read(ctx, s, info));
	status = s->left ? VT_OK : vt_folder_clear(ctx, s->folder);
done:
	return status;
}

enum vt_status vt_store_create(struct vt_ctx *ctx, const struct vt_store_info *info, struct vt_store **out)
{
	enum vt_status status;
	struct vt_store *s = NULL;

	VT_NEW(ctx, s, 1);
	s->lock_fd = -1;
	s->on_disk = s->left_step = -1;
	s->began = vt_clock();
	s->commit_seconds = info->commit_seconds;
	VT_TRY(open_folder(ctx, info, s));
	s->frame = vt_frame_create(ctx);
	VT_REQUIRE(ctx, s->frame, VT_ENOMEM, "%s: out of memory", s->path);
	VT_TRY(vt_store_describe(ctx, s->frame, info));
	s->news = true;
	if (s->left) VT_TRY(vt_left_describe(ctx, s));
	else VT_TRY(commit(ctx, s, NULL));
	*out = s;
	s = NULL;
	status = VT_OK;
done:
	vt_store_free(s);
	return status;
}

/* Rows, wall time and what was registered go on as they were. */
enum vt_status vt_store_take_up(struct vt_ctx *ctx, struct vt_store *s, struct vt_state **state)
{
	enum vt_status status = VT_OK;
	*state = s->state;
	if (!s->left) return VT_OK;
	status = vt_frame_take_rows(ctx, s->frame, s->left, s->left_step);
	if (status != VT_OK) {
		vt_ctx_frame(ctx, "in %s, which --force replaces", s->path);
		return status;
	}
	const struct var *wall = vt_frame_var(s->frame, "provenance/wall_time");
	if (wall->n > 0) s->began -= wall->u.real[wall->n - 1];
	vt_frame_free(s->left);
	s->left = NULL;
	return commit(ctx, s, NULL);
}

void vt_store_free(struct vt_store *s)
{
	if (!s) return;
	vt_lock_give(s->lock, s->lock_fd);
	vt_frame_free(s->frame);
	vt_frame_free(s->left);
	vt_state_free(s->state);
	free(s->folder);
	free(s->path);
	free(s->checkpoint);
	free(s->previous);
	free(s->lock);
	free(s);
}

struct vt_frame *vt_store_frame(struct vt_store *s)
{
	return s->frame;
}

const char *vt_store_folder(const struct vt_store *s)
{
	return s->folder;
}

/* Between commits only memory changes. */
enum vt_status vt_store_row(struct vt_ctx *ctx, struct vt_store *s, int64_t step, double epoch)
{
	enum vt_status status;
	double wall = vt_clock() - s->began;
	VT_TRY(vt_frame_step(ctx, s->frame, "provenance", step, epoch));
	VT_TRY(vt_frame_put(ctx, s->frame, "provenance", "wall_time", 1, &wall));
	s->news = s->snapshot = true;
done:
	return status;
}

bool vt_store_due(const struct vt_store *s)
{
	if (s->commit_seconds <= 0 && s->snapshot) return true;
	double wait = s->commit_seconds > 0 ? s->commit_seconds : BETWEEN_SNAPSHOTS, least = 50 * s->cost;
	return vt_clock() - s->committed >= (wait > least ? wait : least); /* under 2 % of the run */
}

enum vt_status vt_store_commit(struct vt_ctx *ctx, struct vt_store *s, const struct vt_state *state)
{
	return commit(ctx, s, state);
}

/* A run that is complete is not taken up again, so that nobody would make its lines anew. */
static enum vt_status sync_metrics(struct vt_ctx *ctx, const struct vt_store *s)
{
	enum vt_status status;
	char *path = vt_format(ctx, "%s/metrics.jsonl", s->folder);
	int fd = path ? open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
	VT_REQUIRE(ctx, path, VT_ENOMEM, "%s: out of memory", s->folder);
	VT_REQUIRE(ctx, fd >= 0 ? fsync(fd) == 0 : errno == ENOENT, VT_EIO, "%s: cannot be brought to the disk: %s", path,
	           strerror(errno));
	status = VT_OK;
done:
	if (fd >= 0) close(fd);
	free(path);
	return status;
}

enum vt_status vt_store_finish(struct vt_ctx *ctx, struct vt_store *s, const char *status_text, bool alive,
                               const struct vt_state *state)
{
	enum vt_status status;
	VT_TRY(vt_frame_attr_text(ctx, s->frame, "/", "status", status_text));
	VT_TRY(vt_frame_attr_int(ctx, s->frame, "/", "alive", alive));
	VT_TRY(vt_frame_attr_real(ctx, s->frame, "provenance", "commit_seconds", s->spent));
	VT_TRY(vt_frame_attr_real(ctx, s->frame, "provenance", "run_seconds", vt_clock() - s->began));
	s->news = true;
	VT_TRY(sync_metrics(ctx, s));
	status = commit(ctx, s, state);
done:
	return status;
}

/* One write per line: whoever follows the file sees whole lines. */
enum vt_status vt_store_metric(struct vt_ctx *ctx, struct vt_store *s, const char *json)
{
	enum vt_status status;
	int fd = -1;
	char *line = vt_format(ctx, "%s\n", json), *path = vt_format(ctx, "%s/metrics.jsonl", s->folder);

	VT_REQUIRE(ctx, line && path, VT_ENOMEM, "%s: out of memory", s->folder);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666);
	VT_REQUIRE(ctx, fd >= 0, VT_EIO, "%s: cannot be opened: %s", path, strerror(errno));
	size_t n = strlen(line);
	ssize_t wrote = write(fd, line, n);
	if (wrote >= 0 && wrote < (ssize_t)n) { /* the rest, to hear whether it is the disk or a quota */
		ssize_t more = write(fd, line + wrote, n - (size_t)wrote);
		wrote = more < 0 ? more : wrote + more;
	}
	VT_REQUIRE(ctx, wrote == (ssize_t)n, VT_EIO, "%s: cannot be written: %s (%zu bytes wanted)", path,
	           wrote < 0 ? strerror(errno) : strerror(ENOSPC), n);
	bool closed = close(fd) == 0; /* where a network file system says that the disk was full */
	fd = -1;
	VT_REQUIRE(ctx, closed, VT_EIO, "%s: cannot be closed: %s (%zu bytes wanted)", path, strerror(errno), n);
	status = VT_OK;
done:
	if (fd >= 0) close(fd);
	free(path);
	free(line);
	return status;
}
