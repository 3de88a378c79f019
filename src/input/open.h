/* What the readers share; private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INPUT_OPEN_H
#define INPUT_OPEN_H

#include "venturi/input.h"

/* deflate packs at most 1032 to 1: a file of n bytes never holds more than this times n. */
enum { VT_MOST_PACKED = 1100 };
/* No index along the first dimension: the array as a whole. */
#define VT_WHOLE SIZE_MAX

/* Opens a regular file for reading; a FIFO, a folder or a device is refused without
 * blocking.  The caller closes *fd. */
enum vt_status vt_input_open(struct vt_ctx *ctx, const char *path, int *fd, size_t *size);
/* Reads exactly n bytes; a file that ends earlier is VT_EDATA. */
enum vt_status vt_input_bytes(struct vt_ctx *ctx, int fd, const char *path, size_t n, void *out);

/* VT_EDATA, with the flag that raises the limit, where `bytes` are more than the context allows. */
enum vt_status vt_input_fits(struct vt_ctx *ctx, const char *where, size_t bytes);

/* Before a file is read a part at a time: VT_EDATA where it ends in a seal that does not agree with it.  *sealed:
 * whether it ends in one.  A file that did not change since is not read again. */
enum vt_status vt_seal_of_file(struct vt_ctx *ctx, const char *path, bool *sealed);

/* Rank 1 to 4, every dimension at least 1, no more elements of `size` bytes than the context allows; *n is their
 * product. */
enum vt_status vt_input_shape(struct vt_ctx *ctx, const char *where, size_t rank, const size_t *dim, size_t size,
                              size_t *n);
/* The most elements that a file may declare, of which a part is read: 2^40, or 64 times the limit of the context. */
size_t vt_input_most_stored(const struct vt_ctx *ctx);

/* The shape that part `index` along the first dimension has: the dimensions after the first, or all of them for
 * VT_WHOLE.  VT_EDATA where there is no such part or it is too large. */
enum vt_status vt_input_part(struct vt_ctx *ctx, const char *where, const struct vt_extent *e, size_t index,
                             struct vt_array *out);

/* One format each: the extent, and a part of the values, which are not yet looked at. */
enum vt_status vt_npy_extent(struct vt_ctx *ctx, const char *path, struct vt_extent *out);
enum vt_status vt_input_npy(struct vt_ctx *ctx, const char *path, size_t index, struct vt_array *out);
enum vt_status vt_input_csv(struct vt_ctx *ctx, const char *path, struct vt_array *out);
enum vt_status vt_hdf5_extent(struct vt_ctx *ctx, const char *file, const char *dataset, struct vt_extent *out);
enum vt_status vt_input_hdf5(struct vt_ctx *ctx, const char *file, const char *dataset, size_t index,
                             struct vt_array *out);

#endif
