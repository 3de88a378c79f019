/* One named dataset of a foreign HDF5 file, or one snapshot of it, as doubles.  See guard.c for what is refused,
 * forked.c for the process in which libhdf5 does it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forked.h"
#include "open.h"

enum { LONGEST_SHOWN = 400, PIECE = 1 << 19, LARGEST_PIECE = 1 << 23 }; /* elements: 4 MiB and 64 MiB of doubles */

/* What is asked for, and in the parent where the answer goes. */
struct request {
	const char *file, *dataset;
	char *where; /* FILE:DATASET */
	bool extent_only, sealed;
	size_t index;
	struct vt_extent extent;
	struct vt_array array;
};

/* ---- in the child ----------------------------------------------------------- */

/* Walks "/a/b/c" link by link. */
static enum vt_status walk(struct vt_ctx *ctx, hid_t file, const char *where, char *path, hid_t *object)
{
	hid_t at = -1;
	char *rest = path;
	for (char *name; (name = strsep(&rest, "/"));) {
		if (*name == '\0') continue;
		int64_t child;
		if (at >= 0 && H5Iget_type(at) != H5I_GROUP) {
			H5Oclose(at);
			return vt_ctx_fail(ctx, VT_EDATA, "%s: '%s' is asked of a dataset, wanted a group", where, name);
		}
		enum vt_status status = vt_hdf5_child(ctx, at >= 0 ? at : file, name, where, &child);
		if (at >= 0) H5Oclose(at);
		if (status != VT_OK) return status;
		at = child;
	}
	if (at < 0) return vt_ctx_fail(ctx, VT_EDATA, "%s: names no dataset, wanted FILE.h5:/PATH", where);
	*object = at;
	return VT_OK;
}

static enum vt_status send_extent(struct vt_ctx *ctx, hid_t dataset, struct request *q, int out)
{
	enum vt_status status;
	struct vt_hdf5_plain p;

	VT_TRY(vt_hdf5_plain(ctx, dataset, q->where, &p));
	VT_REQUIRE(ctx, p.type != VT_PLAIN_TEXT, VT_EDATA, "%s: has elements of type string, wanted integers or floats",
	           q->where);
	q->extent = (struct vt_extent){ .rank = p.rank, .integer = p.type == VT_PLAIN_INTEGER };
	memcpy(q->extent.dim, p.dim, p.rank * sizeof p.dim[0]);
	status = vt_child_send(out, &q->extent, sizeof q->extent) ? VT_OK : VT_EIO;
done:
	return status;
}

/* Rows of a piece: a few MiB, and whole chunks where they are not much larger, so that none is unpacked twice. */
static size_t piece_rows(hid_t dataset, const struct vt_array *a, size_t dropped, size_t row)
{
	hsize_t chunk[VT_MAX_RANK_HDF5] = { 0 };
	size_t rows = PIECE / row > 0 ? PIECE / row : 1;
	hid_t created = H5Dget_create_plist(dataset);
	if (created >= 0 && H5Pget_layout(created) == H5D_CHUNKED &&
	    H5Pget_chunk(created, VT_MAX_RANK_HDF5, chunk) == (int)(a->rank + dropped)) {
		size_t band = (size_t)chunk[dropped];
		if (band > 0 && band <= LARGEST_PIECE / row) rows = (rows + band - 1) / band * band;
	}
	if (created >= 0) H5Pclose(created);
	return rows;
}

/* Rows first .. first + rows - 1 of the part; HDF5 converts byte order and width, half precision included. */
static bool read_rows(hid_t dataset, const struct request *q, const struct vt_array *a, size_t first, size_t rows,
                      double *into)
{
	hsize_t start[VT_MAX_RANK_HDF5] = { 0 }, count[VT_MAX_RANK_HDF5] = { 0 };
	size_t dropped = q->index == VT_WHOLE ? 0 : 1;
	start[0] = dropped ? q->index : first;
	count[0] = 1;
	for (size_t k = 0; k < a->rank; k++) count[k + dropped] = a->dim[k];
	start[dropped] = first;
	count[dropped] = rows;
	hid_t from = H5Dget_space(dataset), to = H5Screate_simple((int)(a->rank + dropped), count, NULL);
	bool good = from >= 0 && to >= 0 && H5Sselect_hyperslab(from, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
	            H5Dread(dataset, H5T_NATIVE_DOUBLE, to, from, H5P_DEFAULT, into) >= 0;
	if (from >= 0) H5Sclose(from);
	if (to >= 0) H5Sclose(to);
	return good;
}

/* In pieces, so that the child never holds what the parent holds. */
static enum vt_status send_values(struct vt_ctx *ctx, hid_t dataset, const struct request *q, int out)
{
	enum vt_status status;
	struct vt_array a = { 0 };
	double *piece = NULL;

	VT_TRY(vt_input_part(ctx, q->where, &q->extent, q->index, &a));
	size_t row = a.n / a.dim[0], most = piece_rows(dataset, &a, q->index == VT_WHOLE ? 0 : 1, row);
	if (most > a.dim[0]) most = a.dim[0];
	VT_NEW(ctx, piece, most * row);
	for (size_t i = 0; i < a.dim[0]; i += most) {
		size_t rows = a.dim[0] - i < most ? a.dim[0] - i : most;
		VT_REQUIRE(ctx, read_rows(dataset, q, &a, i, rows, piece), VT_EDATA,
		           "%s: its %zu values cannot be read: a chunk is damaged (check sum, deflate) or cut off", q->where, a.n);
		if (!vt_child_send(out, piece, rows * row * sizeof *piece)) break;
	}
	status = VT_OK;
done:
	free(piece);
	return status;
}

static enum vt_status read_dataset(struct vt_ctx *ctx, void *self, int out)
{
	enum vt_status status;
	struct request *q = self;
	struct vt_hdf5_quiet *quiet = vt_hdf5_quiet_begin(ctx);
	char *path = vt_copy(ctx, q->dataset);
	int64_t f = -1;
	hid_t d = -1;

	VT_REQUIRE(ctx, quiet && path, VT_ENOMEM, "%s: out of memory", q->where);
	VT_TRY(vt_hdf5_open(ctx, q->file, &f));
	VT_REQUIRE(ctx, q->sealed || !vt_hdf5_ours(f, q->file), VT_EDATA, "%s: is damaged: a file of venturi's that does not"
	           " end in its seal, so it was cut off or changed by another program", q->file);
	VT_TRY(walk(ctx, f, q->where, path, &d));
	VT_TRY(send_extent(ctx, d, q, out));
	if (!q->extent_only) VT_TRY(send_values(ctx, d, q, out));
	status = VT_OK;
done:
	if (d >= 0) H5Oclose(d);
	if (f >= 0) H5Fclose(f);
	vt_hdf5_quiet_end(quiet);
	free(path);
	return status;
}

/* ---- in the parent ------------------------------------------------------------ */

/* A child that was taken over may claim any shape: no more memory than the file's size allows. */
static enum vt_status check_claim(struct vt_ctx *ctx, const struct request *q, size_t n)
{
	enum vt_status status;
	int fd = -1;
	size_t size = 0;
	VT_TRY(vt_input_open(ctx, q->file, &fd, &size));
	VT_REQUIRE(ctx, size > SIZE_MAX / VT_MOST_PACKED || n <= size * VT_MOST_PACKED, VT_EDATA,
	           "%s: declares %zu elements, the file has %zu bytes", q->where, n, size);
done:
	if (fd >= 0) close(fd);
	return status;
}

static enum vt_status take_dataset(struct vt_ctx *ctx, void *self, struct vt_child *child)
{
	enum vt_status status;
	struct request *q = self;
	unsigned char raw[sizeof q->extent];

	VT_TRY(vt_child_take(ctx, child, sizeof raw, raw));
	memcpy(&q->extent, raw, offsetof(struct vt_extent, integer));
	q->extent.integer = raw[offsetof(struct vt_extent, integer)] != 0; /* any byte, not only 0 and 1 */
	VT_REQUIRE(ctx, q->extent.rank <= VT_MAX_RANK_HDF5, VT_EDATA, "%s: has %zu dimensions, wanted at most %d", q->where,
	           q->extent.rank, VT_MAX_RANK_HDF5);
	if (q->extent_only) return VT_OK;
	VT_TRY(vt_input_part(ctx, q->where, &q->extent, q->index, &q->array));
	VT_TRY(check_claim(ctx, q, q->array.n));
	VT_NEW(ctx, q->array.value, q->array.n);
	status = vt_child_take(ctx, child, q->array.n * sizeof *q->array.value, q->array.value);
done:
	return status;
}

static enum vt_status ask(struct vt_ctx *ctx, struct request *q)
{
	enum vt_status status;
	const struct vt_reading r = { q->file, q, read_dataset, take_dataset };

	/* a path may be longer than any message */
	size_t length = strlen(q->dataset);
	q->where = length <= LONGEST_SHOWN
	           ? vt_format(ctx, "%s:%s", q->file, q->dataset)
	           : vt_format(ctx, "%s:%.80s...%s", q->file, q->dataset, q->dataset + length - 80);
	VT_REQUIRE(ctx, q->where, VT_ENOMEM, "%s: out of memory", q->file);
	VT_TRY(vt_seal_of_file(ctx, q->file, &q->sealed));
	H5open(); /* once here, so that no child has to start the library up */
	status = vt_read_forked(ctx, &r);
	if (status != VT_OK) free(q->array.value);
done:
	free(q->where);
	q->where = NULL;
	return status;
}

enum vt_status vt_hdf5_extent(struct vt_ctx *ctx, const char *file, const char *dataset, struct vt_extent *out)
{
	struct request q = { .file = file, .dataset = dataset, .extent_only = true };
	enum vt_status status = ask(ctx, &q);
	if (status == VT_OK) *out = q.extent;
	return status;
}

enum vt_status vt_input_hdf5(struct vt_ctx *ctx, const char *file, const char *dataset, size_t index,
                             struct vt_array *out)
{
	struct request q = { .file = file, .dataset = dataset, .index = index };
	enum vt_status status = ask(ctx, &q);
	if (status == VT_OK) *out = q.array;
	return status;
}
