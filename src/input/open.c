/* Opening and reading files from outside, and the sizes that they claim.  Called by every reader of the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "open.h"

enum vt_status vt_input_open(struct vt_ctx *ctx, const char *path, int *fd, size_t *size)
{
	enum vt_status status;
	int f = -1;
	size_t n = 0;

	VT_TRY(vt_file_open(ctx, VT_EDATA, path, &f, &n));
	VT_REQUIRE(ctx, n > 0, VT_EDATA, "%s: is empty (0 bytes)", path);
	*fd = f;
	*size = n;
	return VT_OK;
done:
	if (f >= 0) close(f);
	return status;
}

enum vt_status vt_input_bytes(struct vt_ctx *ctx, int fd, const char *path, size_t n, void *out)
{
	return vt_file_bytes(ctx, VT_EDATA, fd, path, n, out);
}

enum vt_status vt_input_fits(struct vt_ctx *ctx, const char *where, size_t bytes)
{
	return vt_bytes_fit(ctx, VT_EDATA, where, bytes, vt_ctx_most_bytes(ctx));
}

size_t vt_input_most_stored(const struct vt_ctx *ctx)
{
	size_t most = vt_ctx_most_bytes(ctx);
	return most < (SIZE_MAX >> 8) / 64 ? 64 * most : SIZE_MAX >> 8;
}

enum vt_status vt_input_shape(struct vt_ctx *ctx, const char *where, size_t rank, const size_t *dim, size_t size,
                              size_t *n)
{
	enum vt_status status;
	size_t product = 1, most = vt_ctx_most_bytes(ctx) / size;

	VT_REQUIRE(ctx, rank >= 1 && rank <= VT_MAX_RANK, VT_EDATA, "%s: has %zu dimensions, wanted 1 to %d", where,
	           rank, VT_MAX_RANK);
	for (size_t i = 0; i < rank; i++) {
		VT_REQUIRE(ctx, dim[i] > 0, VT_EDATA, "%s: dimension %zu of %zu has length 0, wanted at least 1", where,
		           i + 1, rank);
		VT_REQUIRE(ctx, !__builtin_mul_overflow(product, dim[i], &product) && product <= most, VT_EDATA,
		           "%s: has more than %zu elements (dimension %zu of %zu is %zu); take a part of it, or raise --max-bytes",
		           where, most, i + 1, rank, dim[i]);
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
	VT_TRY(vt_input_shape(ctx, where, a.rank, e->dim + dropped, sizeof(double), &a.n));
	memcpy(a.dim, e->dim + dropped, a.rank * sizeof a.dim[0]);
	*out = a;
done:
	return status;
}
