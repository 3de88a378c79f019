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

/* What stands behind a name, before a value of it is read. */
struct vt_extent {
	size_t rank, dim[VT_MAX_RANK_HDF5];
	bool integer;
};
/* The extent of what vt_input_array would read; more than 2^31 elements and rank up to 8 are no failure here.
 * A text file has to be read for it. */
enum vt_status vt_input_extent(struct vt_ctx *ctx, const char *where, struct vt_extent *out);

/* Part `index` along the first dimension, without that dimension: one snapshot of (T, n, ...).  Neither memory nor
 * time grows with T, but for npy files in Fortran's order, where the part lies scattered.  Else as vt_input_array; the
 * index of a NaN begins with `index`. */
enum vt_status vt_input_slab(struct vt_ctx *ctx, const char *where, size_t index, struct vt_array *out);

/* The datasets in and below `group` ("" for all) of an HDF5 file, by their paths below it ("fc1", "block/0"): in the
 * order of making where the file keeps it, else numbers by value (fc2 before fc10).  Hard links only; more than 10 000
 * objects, or 16 levels of groups as circles of links make them, are VT_EDATA.  *n may be 0.  VT_EDATA when the file
 * cannot be read or has no such group.  The caller frees each name and
 * the array. */
enum vt_status vt_input_names(struct vt_ctx *ctx, const char *file, const char *group, size_t *n, char ***name);

/* HDF5 is read in a child process under limits of memory and time, so that a damaged or hostile file ends in one line
 * (VT_EDATA, with the signal that ended the reader) and never takes the program with it.  Costs about a millisecond a
 * call. */

/* An IDX file (MNIST), plain or gzip, of unsigned bytes; rank 1 to 4.  The caller
 * frees *out. */
enum vt_status vt_input_idx(struct vt_ctx *ctx, const char *path, size_t *rank, size_t dim[VT_MAX_RANK],
                            uint8_t **out);

/* A whole text file of at most `limit` bytes, null-terminated and without a null byte
 * inside; caller frees. */
enum vt_status vt_input_text(struct vt_ctx *ctx, const char *path, size_t limit, char **out);

/* A whole file as bytes, whatever is in it, of at most `limit` bytes, packed and unpacked: plain, gzip, or the text of
 * Debian's bible-kjv-text (/usr/lib/bible.data).  Caller frees.  VT_EDATA for what is damaged, empty or longer. */
enum vt_status vt_input_octets(struct vt_ctx *ctx, const char *path, size_t limit, size_t *n, uint8_t **out);

/* A whole regular file as it is. */
enum vt_status vt_input_whole(struct vt_ctx *ctx, const char *path, size_t *n, uint8_t **out);

/* Every HDF5 file of ours ends in a seal, one line of text behind what HDF5 reads: "venturi-seal/1 ", the SHA-256 of
 * all bytes before the line as 64 hexadecimal digits, a newline. */
enum { VT_SEAL_SIZE = 80 };
void vt_seal_make(const void *bytes, size_t n, char out[VT_SEAL_SIZE]);
/* Whether the n bytes end in something like it. */
bool vt_seal_there(const void *bytes, size_t n);
/* VT_EDATA ("WHERE: is damaged: ...") unless the n bytes, the seal included, end in a seal that agrees with them; its
 * digits to `out`.  About a second for 1.5 GB. */
enum vt_status vt_seal_check(struct vt_ctx *ctx, const char *where, const void *bytes, size_t n, char out[65]);
/* The same of a file, which is read whole. */
enum vt_status vt_file_seal(struct vt_ctx *ctx, const char *path, char out[65]);
/* VT_EDATA where a file does not end in a seal, as its last bytes tell: the rest is not read, and not checked. */
enum vt_status vt_seal_expect(struct vt_ctx *ctx, const char *path);

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
/* Whether an open file says that it is venturi's, or did before it was damaged. */
bool vt_hdf5_ours(int64_t file, const char *path);
/* Opens the object one hard link below `parent` (a hid_t); other links are refused.
 * `where` stands in messages. */
enum vt_status vt_hdf5_child(struct vt_ctx *ctx, int64_t parent, const char *name, const char *where,
                             int64_t *object);

/* A reader in a process of its own, so that a file that makes its library crash, hang or ask for all memory takes
 * nothing with it.  `read` runs in the child under limits of memory and time and sends plain bytes, `take` runs in the
 * parent and believes none of them without a check.  `read` may fail with a message, which becomes the parent's.
 * `file` stands in messages; its size sets the time that is allowed.  VT_EDATA when the child dies (with the signal) or
 * says nonsense. */
struct vt_child;
struct vt_reading {
	const char *file;
	void *self;
	enum vt_status (*read)(struct vt_ctx *ctx, void *self, int out);
	enum vt_status (*take)(struct vt_ctx *ctx, void *self, struct vt_child *child);
};
enum vt_status vt_read_forked(struct vt_ctx *ctx, const struct vt_reading *r);
/* In the child: sends bytes; false when nobody listens any more. */
bool vt_child_send(int out, const void *bytes, size_t n);
/* In the parent: takes exactly n bytes. */
enum vt_status vt_child_take(struct vt_ctx *ctx, struct vt_child *c, size_t n, void *into);

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
