/* Opening and reading files from outside: regular ones only, and never more than they
 * hold.  Called by every reader of the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "open.h"

static const char *sort_of_file(mode_t mode)
{
	if (S_ISDIR(mode)) return "a folder";
	if (S_ISFIFO(mode)) return "a FIFO";
	if (S_ISSOCK(mode)) return "a socket";
	return "a device";
}

enum vt_status vt_input_open(struct vt_ctx *ctx, const char *path, int *fd, size_t *size)
{
	enum vt_status status;
	struct stat st;
	/* O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever. */
	int f = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	VT_REQUIRE(ctx, f >= 0, VT_EDATA, "%s: cannot be opened: %s", path, strerror(errno));
	VT_REQUIRE(ctx, fstat(f, &st) == 0, VT_EDATA, "%s: cannot be examined: %s", path, strerror(errno));
	VT_REQUIRE(ctx, S_ISREG(st.st_mode), VT_EDATA, "%s: is %s, wanted a regular file", path,
	           sort_of_file(st.st_mode));
	VT_REQUIRE(ctx, st.st_size > 0, VT_EDATA, "%s: is empty (0 bytes)", path);
	*fd = f;
	*size = (size_t)st.st_size;
	return VT_OK;
done:
	if (f >= 0) close(f);
	return status;
}

/* The size was asked before; a file that shrinks meanwhile ends early here. */
enum vt_status vt_input_bytes(struct vt_ctx *ctx, int fd, const char *path, size_t n, void *out)
{
	unsigned char *p = out;
	size_t have = 0;
	while (have < n) {
		ssize_t got = read(fd, p + have, n - have);
		if (got < 0 && errno == EINTR) continue;
		if (got < 0)
			return vt_ctx_fail(ctx, VT_EDATA, "%s: cannot be read: %s (after %zu of %zu bytes)", path,
			                   strerror(errno), have, n);
		if (got == 0)
			return vt_ctx_fail(ctx, VT_EDATA, "%s: ends after %zu of %zu bytes", path, have, n);
		have += (size_t)got;
	}
	return VT_OK;
}

enum vt_status vt_input_fits(struct vt_ctx *ctx, const char *where, size_t bytes)
{
	size_t most = vt_ctx_most_bytes(ctx);
	if (bytes <= most) return VT_OK;
	return vt_ctx_fail(ctx, VT_EDATA, "%s: would take %zu bytes of memory, at most %zu are allowed (--max-bytes raises"
	                   " this)", where, bytes, most);
}

enum vt_status vt_input_shape(struct vt_ctx *ctx, const char *where, size_t rank, const size_t *dim, size_t *n)
{
	enum vt_status status;
	size_t product = 1;

	VT_REQUIRE(ctx, rank >= 1 && rank <= VT_MAX_RANK, VT_EDATA, "%s: has %zu dimensions, wanted 1 to %d", where,
	           rank, VT_MAX_RANK);
	for (size_t i = 0; i < rank; i++) {
		VT_REQUIRE(ctx, dim[i] > 0, VT_EDATA, "%s: dimension %zu of %zu has length 0, wanted at least 1", where,
		           i + 1, rank);
		VT_REQUIRE(ctx, !__builtin_mul_overflow(product, dim[i], &product) && product <= VT_MOST_ELEMENTS, VT_EDATA,
		           "%s: has more than 2^31 elements (dimension %zu of %zu is %zu); take a part of it", where, i + 1,
		           rank, dim[i]);
	}
	*n = product;
	status = VT_OK;
done:
	return status;
}

enum vt_status vt_input_part(struct vt_ctx *ctx, const char *where, const struct vt_extent *e, size_t index,
                             struct vt_array *out)
{
	enum vt_status status;
	size_t dropped = index == VT_WHOLE ? 0 : 1;
	struct vt_array a = { .integer = e->integer };

	VT_REQUIRE(ctx, !dropped || e->rank >= 2, VT_EDATA, "%s: has %zu dimensions, wanted (snapshots, rows, ...)", where,
	           e->rank);
	VT_REQUIRE(ctx, !dropped || index < e->dim[0], VT_EDATA, "%s: has %zu snapshots, number %zu is wanted", where,
	           e->dim[0], index);
	a.rank = e->rank - dropped;
	VT_TRY(vt_input_shape(ctx, where, a.rank, e->dim + dropped, &a.n));
	memcpy(a.dim, e->dim + dropped, a.rank * sizeof a.dim[0]);
	*out = a;
done:
	return status;
}
