/* Everything read from outside, guarded: HDF5, npy, IDX, CSV.  Whatever is wrong gives
 * one line naming the file and the dataset, what was found and what was wanted.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_INPUT_H
#define VENTURI_INPUT_H

#include "venturi/base.h"

enum { VT_MAX_RANK = 4, VT_MAX_RANK_HDF5 = 8 };

/* A plain array, row-major, widened to double; caller frees `value`. */
struct vt_array {
	double *value;
	size_t rank, dim[VT_MAX_RANK], n; /* n: product of dim */
	bool integer;                     /* the stored type was an integer */
};

/* Reads "F.h5:/path", "F.npy" or "F.csv" (numbers, one row a line, commas; an optional
 * header line of names; a single column has rank 1).  Of HDF5 only plain integers and
 * floats (any byte order, 8 to 64 bit), rank 1 to 4, at most 2^31 elements, filters
 * deflate, shuffle, fletcher32; no external, virtual or linked-away storage, no plugins.
 * Of npy the same types; Fortran order is turned, pickled objects are refused.
 *
 * NaN and infinity are an error that gives their count and the first index, and so are
 * integers that a double cannot hold.  What is read is bounded by the size of the file
 * (deflate packs 1032 to 1 at best), so that a small file cannot ask for much memory.
 *
 * VT_EDATA for anything malformed or missing, VT_ENOMEM. */
enum vt_status vt_input_array(struct vt_ctx *ctx, const char *where, struct vt_array *out);

/* An IDX file (MNIST), plain or gzip, of unsigned bytes; rank 1 to 4.  The caller
 * frees *out. */
enum vt_status vt_input_idx(struct vt_ctx *ctx, const char *path, size_t *rank, size_t dim[VT_MAX_RANK],
                            uint8_t **out);

/* A whole text file of at most `limit` bytes, null-terminated and without a null byte
 * inside; caller frees. */
enum vt_status vt_input_text(struct vt_ctx *ctx, const char *path, size_t limit, char **out);

/* The path of a real data file: `given` if not null (a file, or a folder that holds
 * `name`), else the first of the usual places (null-terminated) that holds `name`, plain
 * or as name.gz.  No environment variable is consulted.  VT_EDATA ends in `remedy`, which
 * names the Debian package or the fetch script.  Caller frees. */
enum vt_status vt_input_locate(struct vt_ctx *ctx, const char *given, const char *const *places,
                               const char *name, const char *remedy, char **out);

/* ---- for the two rooms that see HDF5 ----------------------------------- */

/* Silences HDF5's error printing and turns its plugin loading off; end restores both.
 * Null when out of memory; end accepts null. */
struct vt_hdf5_quiet;
struct vt_hdf5_quiet *vt_hdf5_quiet_begin(struct vt_ctx *ctx);
void vt_hdf5_quiet_end(struct vt_hdf5_quiet *q);

/* Opens a regular file for reading, without locks; *file is a hid_t.  Never blocks on a
 * FIFO.  Call between begin and end. */
enum vt_status vt_hdf5_open(struct vt_ctx *ctx, const char *path, int64_t *file);
/* Opens the object one hard link below `parent` (a hid_t); other links are refused.
 * `where` stands in messages. */
enum vt_status vt_hdf5_child(struct vt_ctx *ctx, int64_t parent, const char *name, const char *where,
                             int64_t *object);

/* What a dataset holds, once it has been found to be plain: numbers or variable-length
 * strings, known filters, storage inside the file, and not more than that storage can
 * hold. */
enum vt_plain { VT_PLAIN_INTEGER = 1, VT_PLAIN_FLOAT, VT_PLAIN_TEXT };
struct vt_hdf5_plain {
	enum vt_plain type;
	size_t size; /* bytes of an element as stored */
	bool is_signed;
	size_t rank, dim[VT_MAX_RANK_HDF5], n;
};
enum vt_status vt_hdf5_plain(struct vt_ctx *ctx, int64_t dataset, const char *where, struct vt_hdf5_plain *out);

#endif
