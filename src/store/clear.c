/* What earlier runs left, removed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store.h"

static enum vt_status cannot(struct vt_ctx *ctx, const char *folder, const char *name)
{
	return vt_ctx_fail(ctx, VT_EIO, "%s/%s: is left from an earlier run and cannot be removed: %s", folder, name,
	                   strerror(errno));
}

enum vt_status vt_folder_clear(struct vt_ctx *ctx, const char *folder)
{
	static const char *const stale[] = { "metrics.jsonl", "activations-*.h5", "weights-*.h5", "checkpoint*.h5", "*.tmp" };
	DIR *d = opendir(folder);
	enum vt_status status = VT_OK;
	if (!d) return vt_ctx_fail(ctx, VT_EIO, "%s: the folder cannot be read: %s", folder, strerror(errno));
	for (struct dirent *entry; status == VT_OK && (entry = readdir(d));)
		for (size_t i = 0; i < sizeof stale / sizeof stale[0]; i++)
			if (fnmatch(stale[i], entry->d_name, FNM_PERIOD) == 0 && unlinkat(dirfd(d), entry->d_name, 0) != 0)
				status = cannot(ctx, folder, entry->d_name);
	closedir(d);
	return status;
}

/* The run file first: without it, what is left is nobody's.  A folder with other things in it stays. */
static enum vt_status clear_task(struct vt_ctx *ctx, const char *dir, const char *name)
{
	enum vt_status status;
	char *folder = vt_format(ctx, "%s/%s", dir, name), *lock = vt_format(ctx, "%s/%s/lock", dir, name);
	char *run = vt_format(ctx, "%s/%s/run.h5", dir, name);
	int fd = -1;
	VT_REQUIRE(ctx, folder && lock && run, VT_ENOMEM, "%s: out of memory", dir);
	VT_TRY(vt_lock_take(ctx, lock, &fd));
	if (unlink(run) != 0 && errno != ENOENT) status = cannot(ctx, folder, "run.h5");
	else status = vt_folder_clear(ctx, folder);
	vt_lock_give(lock, fd);
	if (status == VT_OK) rmdir(folder);
done:
	free(folder);
	free(lock);
	free(run);
	return status;
}

enum vt_status vt_store_clear(struct vt_ctx *ctx, const char *dir)
{
	enum vt_status status = VT_OK;
	DIR *d = opendir(dir);
	if (!d && errno == ENOENT) return VT_OK;
	if (!d) return vt_ctx_fail(ctx, VT_EIO, "%s: the folder cannot be read: %s", dir, strerror(errno));
	for (struct dirent *entry; status == VT_OK && (entry = readdir(d));)
		if (fnmatch("task-[0-9][0-9][0-9][0-9][0-9]*", entry->d_name, 0) == 0)
			status = clear_task(ctx, dir, entry->d_name);
	closedir(d);
	return status;
}
