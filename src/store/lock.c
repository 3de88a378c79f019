/* One writer to a task's folder: a lock that the system takes back when its process dies, however it dies.
 *
 * It is a record lock (fcntl), not flock: children that read data for us do not inherit it, and
 * network file systems know it.  The text in the file is for people.
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

#include "store.h"

/* "HOST PID" of whoever holds it, or what is known. */
static void holder(int fd, char out[300])
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	ssize_t n = pread(fd, out, 299, 0);
	out[n > 0 ? n : 0] = '\0';
	for (char *p = out; *p; p++)
		if ((unsigned char)*p < 32 || (unsigned char)*p > 126) *p = p[1] ? ' ' : '\0';
	if (!*out && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		snprintf(out, 300, "process %ld", (long)lock.l_pid);
	if (!*out) snprintf(out, 300, "another process");
}

/* Whether the file that we hold is still the one of that name: its last holder may have removed it in between. */
static bool current(int fd, const char *path)
{
	struct stat held, named;
	return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

static enum vt_status try_once(struct vt_ctx *ctx, const char *path, int *out)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char who[300];
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0) return vt_ctx_fail(ctx, VT_EIO, "%s: the lock cannot be made: %s", path, strerror(errno));
	*out = fd;
	if (fcntl(fd, F_SETLK, &lock) == 0) return VT_OK;
	if (errno == EACCES || errno == EAGAIN) {
		holder(fd, who);
		close(fd);
		return vt_ctx_fail(ctx, VT_EIO, "%s: is held by %s, which is still running; two cannot write one folder", path, who);
	}
	vt_log(ctx, VT_WARN, "%s: this file system knows no locks (%s): see to it that nothing else writes there", path,
	       strerror(errno));
	return VT_OK;
}

enum vt_status vt_lock_take(struct vt_ctx *ctx, const char *path, int *fd)
{
	char host[256] = "unknown", text[300];
	for (int tries = 0; tries < 100; tries++) {
		int held = -1;
		enum vt_status status = try_once(ctx, path, &held);
		if (status != VT_OK) return status;
		if (!current(held, path)) {
			close(held);
			continue;
		}
		gethostname(host, sizeof host - 1);
		int n = snprintf(text, sizeof text, "%s %ld\n", host, (long)getpid());
		if (ftruncate(held, 0) != 0 || pwrite(held, text, (size_t)n, 0) != n)
			vt_log(ctx, VT_VERBOSE, "%s: does not say who holds it: %s", path, strerror(errno));
		*fd = held;
		return VT_OK;
	}
	return vt_ctx_fail(ctx, VT_EIO, "%s: others take this lock and give it back without end", path);
}

void vt_lock_give(const char *path, int fd)
{
	if (fd < 0) return;
	unlink(path); /* while it is held: nobody else can be its holder */
	close(fd);
}
