/* Opening files from outside: regular ones only, and never more bytes than they hold.  What reads experiments, arrays,
 * rulings and run files goes through here.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "venturi/base.h"

static const char *sort_of_file(mode_t mode)
{
	if (S_ISDIR(mode)) return "a folder";
	if (S_ISFIFO(mode)) return "a FIFO";
	if (S_ISSOCK(mode)) return "a socket";
	return "a device";
}

enum vt_status vt_file_open(struct vt_ctx *ctx, enum vt_status code, const char *path, int *fd, size_t *size)
{
	enum vt_status status;
	struct stat st;
	/* O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever. */
	int f = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	VT_REQUIRE(ctx, f >= 0, code, "%s: cannot be opened: %s", path, strerror(errno));
	VT_REQUIRE(ctx, fstat(f, &st) == 0, code, "%s: cannot be examined: %s", path, strerror(errno));
	VT_REQUIRE(ctx, S_ISREG(st.st_mode), code, "%s: is %s, wanted a regular file", path, sort_of_file(st.st_mode));
	*fd = f;
	*size = (size_t)st.st_size;
	return VT_OK;
done:
	if (f >= 0) close(f);
	return status;
}

/* The size was asked before; a file that shrinks meanwhile ends early here. */
enum vt_status vt_file_bytes(struct vt_ctx *ctx, enum vt_status code, int fd, const char *path, size_t n, void *out)
{
	unsigned char *p = out;
	size_t have = 0;
	while (have < n) {
		ssize_t got = read(fd, p + have, n - have);
		if (got < 0 && errno == EINTR) continue;
		if (got < 0)
			return vt_ctx_fail(ctx, code, "%s: cannot be read: %s (after %zu of %zu bytes)", path, strerror(errno), have, n);
		if (got == 0) return vt_ctx_fail(ctx, code, "%s: ends after %zu of %zu bytes", path, have, n);
		have += (size_t)got;
	}
	return VT_OK;
}

enum vt_status vt_bytes_fit(struct vt_ctx *ctx, enum vt_status code, const char *where, size_t bytes, size_t most)
{
	if (bytes <= most) return VT_OK;
	return vt_ctx_fail(ctx, code, "%s: would take %zu bytes of memory, at most %zu are allowed (--max-bytes raises this)",
	                   where, bytes, most);
}

enum vt_status vt_file_whole(struct vt_ctx *ctx, enum vt_status code, const char *path, size_t most, size_t *n,
                             uint8_t **out)
{
	enum vt_status status;
	int fd = -1;
	size_t size = 0;
	uint8_t *bytes = NULL;

	VT_TRY(vt_file_open(ctx, code, path, &fd, &size));
	VT_TRY(vt_bytes_fit(ctx, code, path, size, most));
	VT_NEW(ctx, bytes, size + 1);
	VT_TRY(vt_file_bytes(ctx, code, fd, path, size, bytes));
	*n = size;
	*out = bytes;
	bytes = NULL;
done:
	if (fd >= 0) close(fd);
	free(bytes);
	return status;
}

enum vt_status vt_file_sha256(struct vt_ctx *ctx, enum vt_status code, const char *path, size_t lost, char out[65])
{
	enum { PIECE = 1 << 20 };
	enum vt_status status;
	int fd = -1;
	size_t n = 0;
	struct vt_sha256 *h = NULL;
	uint8_t *piece = NULL;

	VT_NEW(ctx, piece, PIECE);
	VT_TRY(vt_file_open(ctx, code, path, &fd, &n));
	n = n > lost ? n - lost : 0;
	h = vt_sha256_create(ctx);
	VT_REQUIRE(ctx, h, VT_ENOMEM, "%s: out of memory", path);
	for (size_t done = 0; done < n; done += PIECE) {
		size_t m = n - done < PIECE ? n - done : PIECE;
		VT_TRY(vt_file_bytes(ctx, code, fd, path, m, piece));
		vt_sha256_add(h, piece, m);
	}
	status = VT_OK;
done:
	if (h) vt_sha256_finish(h, out);
	if (fd >= 0) close(fd);
	free(piece);
	return status;
}
