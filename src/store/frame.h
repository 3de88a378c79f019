/* A netCDF-like file in memory; private to the room.
 *
 * Every element takes eight bytes in memory, whatever it takes in the file: a double
 * (float64, float32), an int64_t (int64, int32, uint8) or a string that the variable owns.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STORE_FRAME_H
#define STORE_FRAME_H

#include "venturi/store.h"

enum attr_type { ATTR_TEXT = 1, ATTR_INT, ATTR_REAL, ATTR_INTS };

struct attr {
	char *name;
	enum attr_type type;
	char *text;
	int64_t integer;
	double real;
	size_t n; /* of ints */
	int32_t *ints;
};

struct attrs {
	size_t n;
	struct attr *item;
};

struct dim {
	char *name;
	size_t n;
	bool growing; /* "step" of a running file */
	bool bare;    /* has neither coordinate nor scale: an axis of activations */
};

struct var {
	char *name;
	enum vt_dtype type;
	size_t rank, dim[VT_MAX_RANK_FRAME]; /* indices into the group's dimensions */
	bool growing;
	bool coordinate;        /* of the dimension with the same name */
	bool raw;               /* stored without compression, which would cost more than the disk */
	size_t row;             /* elements per step, or all of them */
	size_t n, capacity;     /* elements */
	union {
		void *data;
		double *real;
		int64_t *integer;
		char **text;        /* null entries are "" */
	} u;
	struct attrs attrs;
};

struct group {
	char *name; /* "" for the root */
	size_t n_dims, n_vars;
	struct dim *dim;
	struct var *var;
	struct attrs attrs;
};

struct vt_frame {
	size_t n_groups; /* the root is the first */
	struct group *group;
};

bool vt_dtype_is_real(enum vt_dtype type);
const char *vt_dtype_name(enum vt_dtype type);

/* Null if there is none. */
struct group *vt_frame_group(const struct vt_frame *f, const char *name);
struct var *vt_group_var(const struct group *g, const char *name);
const struct dim *vt_group_dim(const struct group *g, const char *name);
/* "group/variable"; "variable" in the root. */
struct var *vt_frame_var(const struct vt_frame *f, const char *path);
const struct attr *vt_attrs_find(const struct attrs *a, const char *name);
/* Text of an attribute, or null. */
const char *vt_attrs_text(const struct attrs *a, const char *name);

/* The group, made if it is not there; VT_ECONFIG for a name that cannot stand in a file. */
enum vt_status vt_frame_need_group(struct vt_ctx *ctx, struct vt_frame *f, const char *name, struct group **out);
/* bare: without coordinate or scale. */
enum vt_status vt_group_add_dim(struct vt_ctx *ctx, struct group *g, const char *name, size_t n, bool growing,
                                bool bare);
/* The variable is the group's last one afterwards, with fill values. */
enum vt_status vt_group_add_var(struct vt_ctx *ctx, struct group *g, const struct vt_variable *from, bool coordinate);
/* Sets one attribute; takes nothing from `value`, replaces one of the same name. */
enum vt_status vt_attrs_set(struct vt_ctx *ctx, struct attrs *a, const struct attr *value);

/* Growing dimensions and variables of `f` take the rows up to step `last` of `from`, a file of the same run, fixed ones
 * its values; attributes too, but those of the root and of /provenance.  VT_EDATA: it is not laid out alike. */
enum vt_status vt_frame_take_rows(struct vt_ctx *ctx, struct vt_frame *f, const struct vt_frame *from, int64_t last);

/* Room for `more` elements, set to fill values (NaN, 0, ""). */
enum vt_status vt_var_extend(struct vt_ctx *ctx, struct var *v, size_t more);
/* x as the type can hold it, in element i. */
void vt_var_set(struct var *v, size_t i, double x);
double vt_var_number(const struct var *v, size_t i);
const char *vt_var_text(const struct var *v, size_t i);

/* As vt_file_commit; the file that was there, if any, is kept as `previous` (null: it is not). */
enum vt_status vt_file_replace(struct vt_ctx *ctx, const char *path, const char *previous, const void *bytes, size_t n);

/* HDF5 bytes without their seal into a frame, in this process: for the child of vt_frame_read alone.  `path` stands in
 * messages. */
enum vt_status vt_frame_parse(struct vt_ctx *ctx, const char *path, const void *bytes, size_t n, struct vt_frame **out);
/* Through a pipe: false when nobody listens any more; VT_EDATA for what no frame of a file of `size` bytes can be. */
struct vt_child;
bool vt_frame_send(const struct vt_frame *f, int out);
enum vt_status vt_frame_take(struct vt_ctx *ctx, struct vt_child *child, const char *path, size_t size,
                             struct vt_frame **out);

/* One of many files to read. */
struct vt_frame_file {
	const char *path;
	enum vt_status status;  /* VT_OK: frame and intact; else why, one line */
	struct vt_frame *frame; /* the caller's */
	bool intact;
	bool sealed; /* it ends in a seal, whether that agrees or not */
	char *why;   /* the caller's */
};
/* vt_frame_read of each, a few milliseconds a file less.  What is wrong with one is said there. */
void vt_frames_read(struct vt_ctx *ctx, size_t n, struct vt_frame_file *file);

/* Frees what `items` of `n` items has outgrown: room for one more of `size` bytes. */
enum vt_status vt_array_grow(struct vt_ctx *ctx, void *items, size_t n, size_t size);

#endif
