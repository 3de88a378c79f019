/* Bytes to the disk so that the old file or the new one is there at every moment: a
 * temporary name, fsync, rename, fsync of the folder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frame.h"

/* Never through a link that somebody put there; one stale file is cleared away. */
static int open_fresh(const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(path, flags, 0666);
	if (fd >= 0 || errno != EEXIST) return fd;
	if (unlink(path) != 0) return -1;
	return open(path, flags, 0666);
}

/* How many bytes came to the file. */
static size_t write_all(int fd, const char *bytes, size_t n)
{
	size_t done = 0;
	while (done < n) {
		ssize_t wrote = write(fd, bytes + done, n - done > 1u << 30 ? 1u << 30 : n - done);
		if (wrote < 0 && errno == EINTR) continue;
		if (wrote < 0) break;
		if (wrote == 0) {
			errno = ENOSPC;
			break;
		}
		done += (size_t)wrote;
	}
	return done;
}

/* The rename itself must be on the disk too.  Some file systems know no fsync of a folder: EINVAL is then no failure;
 * nor is a folder that we may enter but not read, which cannot be asked. */
static bool sync_folder(struct vt_ctx *ctx, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? vt_format(ctx, "%.*s", slash == path ? 1 : (int)(slash - path), path) : vt_copy(ctx, ".");
	int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool good = fd >= 0 ? fsync(fd) == 0 || errno == EINVAL : errno == EACCES;
	int reason = errno;
	if (fd >= 0) close(fd);
	free(folder);
	errno = reason;
	return good;
}

/* errno is read first: printing may change it. */
static enum vt_status fail(struct vt_ctx *ctx, const char *what, const char *path, size_t n, size_t done)
{
	int reason = errno;
	if (done < n)
		return vt_ctx_fail(ctx, VT_EIO, "%s: cannot be %s: %s (%zu bytes wanted, %zu written); the previous file is as it"
		                   " was", path, what, strerror(reason), n, done);
	return vt_ctx_fail(ctx, VT_EIO, "%s: cannot be %s: %s (%zu bytes wanted); the previous file is as it was", path,
	                   what, strerror(reason), n);
}

/* After a failed fsync the kernel may have dropped the pages: never tried twice. */
static enum vt_status write_temporary(struct vt_ctx *ctx, const char *temporary, const char *path, const void *bytes,
                                      size_t n)
{
	int fd = open_fresh(temporary);
	if (fd < 0) return fail(ctx, "made", path, n, 0);
	size_t done = write_all(fd, bytes, n);
	enum vt_status status = VT_OK;
	if (done < n) status = fail(ctx, "written", path, n, done);
	else if (fsync(fd) != 0) status = fail(ctx, "brought to the disk", path, n, done);
	if (close(fd) != 0 && status == VT_OK) status = fail(ctx, "closed", path, n, done);
	return status;
}

/* With `previous`, the file that is replaced stays under that name: at no moment is there neither. */
enum vt_status vt_file_replace(struct vt_ctx *ctx, const char *path, const char *previous, const void *bytes, size_t n)
{
	enum vt_status status;
	bool made = false;
	char *temporary = vt_format(ctx, "%s.tmp", path);

	VT_REQUIRE(ctx, temporary, VT_ENOMEM, "%s: out of memory", path);
	made = true;
	VT_TRY(write_temporary(ctx, temporary, path, bytes, n));
	if (previous && rename(path, previous) != 0 && errno != ENOENT) {
		status = fail(ctx, "kept as the previous one", path, n, n);
		goto done;
	}
	if (rename(temporary, path) != 0) {
		status = fail(ctx, "renamed from .tmp", path, n, n);
		goto done;
	}
	made = false;
	VT_REQUIRE(ctx, sync_folder(ctx, path), VT_EIO, "%s: is written, but its folder cannot be brought to the disk: %s",
	           path, strerror(errno));
	status = VT_OK;
done:
	if (made) unlink(temporary);
	free(temporary);
	return status;
}

enum vt_status vt_file_commit(struct vt_ctx *ctx, const char *path, const void *bytes, size_t n)
{
	return vt_file_replace(ctx, path, NULL, bytes, n);
}

enum vt_status vt_frame_write(struct vt_ctx *ctx, struct vt_frame *f, const char *path)
{
	void *bytes = NULL;
	size_t n = 0;
	enum vt_status status = vt_frame_image(ctx, f, &bytes, &n);
	if (status == VT_OK) status = vt_file_commit(ctx, path, bytes, n);
	free(bytes);
	if (status != VT_OK) vt_ctx_frame(ctx, "in %s", path);
	return status;
}

/* Two tasks may make the same folder at once: that it exists is no failure.  What is committed in a folder outlives a
 * power cut only if the folder does: the last two, a run's and its task's, are brought to the disk even where they are
 * there, since whoever made them may have been killed before. */
enum vt_status vt_folder_create(struct vt_ctx *ctx, const char *path)
{
	enum vt_status status;
	struct stat st;
	char *part = vt_copy(ctx, path);

	VT_REQUIRE(ctx, part, VT_ENOMEM, "%s: out of memory", path);
	VT_REQUIRE(ctx, *part, VT_EUSAGE, "the name of the output folder is empty");
	for (char *p = part + 1;; p++) {
		char here = *p;
		if (here != '/' && here != '\0') continue;
		*p = '\0';
		bool made = mkdir(part, 0777) == 0;
		bool there = made || (errno == EEXIST && stat(part, &st) == 0 && S_ISDIR(st.st_mode));
		VT_REQUIRE(ctx, there, VT_EIO, "%s: the folder cannot be made: %s", part, strerror(errno));
		bool last_two = !here || !strchr(p + 1, '/');
		VT_REQUIRE(ctx, !(made || last_two) || sync_folder(ctx, part), VT_EIO,
		           "%s: is made, but the folder that it is in cannot be brought to the disk: %s", part, strerror(errno));
		*p = here;
		if (here == '\0') break;
	}
	status = VT_OK;
done:
	free(part);
	return status;
}
