/* IDX files, as MNIST and Fashion-MNIST come: two null bytes, a type, the number of
 * dimensions, their lengths (32-bit big-endian), the bytes.  Plain or gzip.
 * Source: Y. LeCun, C. Cortes, C. Burges, the MNIST database.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "open.h"

enum { UNSIGNED_BYTE = 0x08 };

struct reader {
	const char *path;
	gzFile gz; /* reads plain files as they are */
	size_t file_size;
	bool packed;
};

/* Reads up to n bytes; *have tells how many came before the end. */
static enum vt_status take(struct vt_ctx *ctx, const struct reader *r, size_t n, uint8_t *out, size_t *have)
{
	*have = 0;
	while (*have < n) {
		size_t want = n - *have;
		int got = gzread(r->gz, out + *have, want > 1u << 30 ? 1u << 30 : (unsigned)want);
		int code = Z_OK;
		const char *why = gzerror(r->gz, &code);
		if (got < 0 || (got == 0 && code != Z_OK))
			return vt_ctx_fail(ctx, VT_EDATA, "%s: the gzip stream is damaged or cut off after %zu bytes: %s",
			                   r->path, *have, code == Z_BUF_ERROR ? "it ends early" : why);
		if (got == 0) return VT_OK;
		*have += (size_t)got;
	}
	return VT_OK;
}

static enum vt_status read_header(struct vt_ctx *ctx, const struct reader *r, size_t *rank, size_t dim[VT_MAX_RANK],
                                  size_t *n)
{
	enum vt_status status;
	uint8_t magic[4] = { 0 }, length[4 * VT_MAX_RANK] = { 0 };
	size_t have;

	VT_TRY(take(ctx, r, 4, magic, &have));
	VT_REQUIRE(ctx, have == 4 && magic[0] == 0 && magic[1] == 0, VT_EDATA,
	           "%s: is not an IDX file: it starts with %02x %02x %02x %02x, wanted 00 00 08 and the number of"
	           " dimensions", r->path, magic[0], magic[1], magic[2], magic[3]);
	VT_REQUIRE(ctx, magic[2] == UNSIGNED_BYTE, VT_EDATA, "%s: has IDX type 0x%02x, wanted 0x08 (unsigned bytes)",
	           r->path, magic[2]);
	*rank = magic[3];
	VT_REQUIRE(ctx, *rank >= 1 && *rank <= VT_MAX_RANK, VT_EDATA, "%s: has %zu dimensions, wanted 1 to %d", r->path,
	           *rank, VT_MAX_RANK);
	VT_TRY(take(ctx, r, 4 * *rank, length, &have));
	VT_REQUIRE(ctx, have == 4 * *rank, VT_EDATA, "%s: the header ends after %zu of %zu bytes", r->path, 4 + have,
	           4 + 4 * *rank);
	for (size_t i = 0; i < *rank; i++) {
		const uint8_t *b = length + 4 * i;
		dim[i] = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
	}
	status = vt_input_shape(ctx, r->path, *rank, dim, 1, n);
done:
	return status;
}

/* Before any memory is asked for: can a file of this size hold n bytes? */
static enum vt_status check_size(struct vt_ctx *ctx, const struct reader *r, size_t rank, size_t n)
{
	size_t header = 4 + 4 * rank;
	if (!r->packed && r->file_size != header + n)
		return vt_ctx_fail(ctx, VT_EDATA, "%s: has %zu bytes, wanted %zu (%zu of header, %zu of data): it is too %s",
		                   r->path, r->file_size, header + n, header, n,
		                   r->file_size < header + n ? "short" : "long");
	if (r->packed && n / VT_MOST_PACKED > r->file_size)
		return vt_ctx_fail(ctx, VT_EDATA, "%s: declares %zu bytes of data, which gzip cannot pack into %zu", r->path, n,
		                   r->file_size);
	return VT_OK;
}

/* Too long is as wrong as too short: both mean that header and data do not belong together. */
static enum vt_status read_data(struct vt_ctx *ctx, const struct reader *r, size_t n, uint8_t *data)
{
	enum vt_status status;
	uint8_t more;
	size_t have, beyond;

	VT_TRY(take(ctx, r, n, data, &have));
	VT_REQUIRE(ctx, have == n, VT_EDATA, "%s: holds %zu bytes of data, wanted %zu: it is too short", r->path, have, n);
	/* Also brings the check sum at the end of a gzip stream to be looked at. */
	VT_TRY(take(ctx, r, 1, &more, &beyond));
	VT_REQUIRE(ctx, beyond == 0, VT_EDATA, "%s: holds more than the %zu bytes of data that its header declares: it is"
	           " too long", r->path, n);
	status = VT_OK;
done:
	return status;
}

/* zlib takes the descriptor that was checked, so that nobody can exchange the file between. */
static enum vt_status open_reader(struct vt_ctx *ctx, const char *path, struct reader *r)
{
	enum vt_status status;
	int fd = -1;
	uint8_t start[2] = { 0 };

	r->path = path;
	VT_TRY(vt_input_open(ctx, path, &fd, &r->file_size));
	VT_REQUIRE(ctx, r->file_size >= 8, VT_EDATA, "%s: has %zu bytes, which is too short for an IDX file (at least 8)",
	           path, r->file_size);
	VT_TRY(vt_input_bytes(ctx, fd, path, 2, start));
	r->packed = start[0] == 0x1f && start[1] == 0x8b;
	VT_REQUIRE(ctx, lseek(fd, 0, SEEK_SET) == 0, VT_EDATA, "%s: cannot be rewound", path);
	r->gz = gzdopen(fd, "rb");
	VT_REQUIRE(ctx, r->gz, VT_ENOMEM, "%s: zlib has no memory", path);
	return VT_OK;
done:
	if (fd >= 0) close(fd);
	return status;
}

enum vt_status vt_input_idx(struct vt_ctx *ctx, const char *path, size_t *rank, size_t dim[VT_MAX_RANK],
                            uint8_t **out)
{
	enum vt_status status;
	struct reader r = { 0 };
	size_t r_rank = 0, r_dim[VT_MAX_RANK] = { 0 }, n = 0;
	uint8_t *data = NULL;

	VT_TRY(open_reader(ctx, path, &r));
	VT_TRY(read_header(ctx, &r, &r_rank, r_dim, &n));
	VT_TRY(check_size(ctx, &r, r_rank, n));
	VT_NEW(ctx, data, n);
	VT_TRY(read_data(ctx, &r, n, data));
	*rank = r_rank;
	memcpy(dim, r_dim, sizeof r_dim);
	*out = data;
	data = NULL;
	status = VT_OK;
done:
	if (r.gz) gzclose(r.gz);
	free(data);
	return status;
}
