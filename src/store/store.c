/* The run file of one task while it runs.  Called by the task alone.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store.h"

static enum vt_status commit(struct vt_ctx *ctx, struct vt_store *s)
{
	double before = vt_clock();
	enum vt_status status = vt_frame_write(ctx, s->frame, s->path);
	s->committed = vt_clock();
	s->cost = s->committed - before;
	return status;
}

/* What an earlier run left beside its run file would pass for this one's. */
static enum vt_status clear_folder(struct vt_ctx *ctx, const char *folder)
{
	static const char *const stale[] = { "metrics.jsonl", "activations-*.h5", "checkpoint*.h5", "*.tmp" };
	DIR *d = opendir(folder);
	enum vt_status status = VT_OK;
	if (!d) return vt_ctx_fail(ctx, VT_EIO, "%s: the folder cannot be read: %s", folder, strerror(errno));
	for (struct dirent *entry; status == VT_OK && (entry = readdir(d));)
		for (size_t i = 0; i < sizeof stale / sizeof stale[0]; i++)
			if (fnmatch(stale[i], entry->d_name, FNM_PERIOD) == 0 && unlinkat(dirfd(d), entry->d_name, 0) != 0)
				status = vt_ctx_fail(ctx, VT_EIO, "%s/%s: is left from an earlier run and cannot be removed: %s", folder,
				                     entry->d_name, strerror(errno));
	closedir(d);
	return status;
}

/* The question whether something is there comes before anything is made or removed. */
static enum vt_status open_folder(struct vt_ctx *ctx, const struct vt_store_info *info, struct vt_store *s)
{
	enum vt_status status;

	s->folder = vt_format(ctx, "%s/task-%05zu", info->dir, info->task->number);
	VT_REQUIRE(ctx, s->folder, VT_ENOMEM, "%s: out of memory", info->dir);
	s->path = vt_format(ctx, "%s/run.h5", s->folder);
	VT_REQUIRE(ctx, s->path, VT_ENOMEM, "%s: out of memory", info->dir);
	VT_REQUIRE(ctx, info->force || access(s->path, F_OK) != 0, VT_EUSAGE,
	           "%s: exists already; --force replaces it, -o DIR writes somewhere else", s->path);
	VT_TRY(vt_folder_create(ctx, s->folder));
	status = clear_folder(ctx, s->folder);
done:
	return status;
}

enum vt_status vt_store_create(struct vt_ctx *ctx, const struct vt_store_info *info, struct vt_store **out)
{
	enum vt_status status;
	struct vt_store *s = NULL;

	VT_NEW(ctx, s, 1);
	s->began = vt_clock();
	s->commit_seconds = info->commit_seconds;
	VT_TRY(open_folder(ctx, info, s));
	s->frame = vt_frame_create(ctx);
	VT_REQUIRE(ctx, s->frame, VT_ENOMEM, "%s: out of memory", s->path);
	VT_TRY(vt_store_describe(ctx, s->frame, info));
	VT_TRY(commit(ctx, s));
	*out = s;
	s = NULL;
	status = VT_OK;
done:
	vt_store_free(s);
	return status;
}

void vt_store_free(struct vt_store *s)
{
	if (!s) return;
	vt_frame_free(s->frame);
	free(s->folder);
	free(s->path);
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
enum vt_status vt_store_checkpoint(struct vt_ctx *ctx, struct vt_store *s, int64_t step, double epoch)
{
	enum vt_status status;
	double now = vt_clock(), wall = now - s->began;

	VT_TRY(vt_frame_step(ctx, s->frame, "provenance", step, epoch));
	VT_TRY(vt_frame_put(ctx, s->frame, "provenance", "wall_time", 1, &wall));
	double wait = s->commit_seconds;
	if (wait > 0 && wait < 50 * s->cost) wait = 50 * s->cost; /* under 2 % of the run */
	status = now - s->committed >= wait ? commit(ctx, s) : VT_OK;
done:
	return status;
}

enum vt_status vt_store_finish(struct vt_ctx *ctx, struct vt_store *s, const char *state, bool alive)
{
	enum vt_status status;
	VT_TRY(vt_frame_attr_text(ctx, s->frame, "/", "status", state));
	VT_TRY(vt_frame_attr_int(ctx, s->frame, "/", "alive", alive));
	status = commit(ctx, s);
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
	VT_REQUIRE(ctx, wrote == (ssize_t)n, VT_EIO, "%s: cannot be written: %s (%zu bytes wanted)", path,
	           wrote < 0 ? strerror(errno) : strerror(ENOSPC), n);
	status = VT_OK;
done:
	if (fd >= 0) close(fd);
	free(path);
	free(line);
	return status;
}
