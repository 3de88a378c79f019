/* A variable that somebody hands over: where its array lies, which columns of it, and whether its rows are symbols or
 * points.  What `estimate` and `measure` share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_VARIABLE_H
#define CLI_VARIABLE_H

#include "venturi.h"

enum vt_nature { VT_NATURE_AUTO, VT_NATURE_DISCRETE, VT_NATURE_CONTINUOUS };

/* Columns that go together, as "0:3,7" names them: Python's ranges, so 0, 1, 2 and 7. */
struct vt_columns {
	char *text;
	size_t n, *index;
};

struct vt_given {
	char *where;  /* FILE.h5:/PATH, FILE.npy or FILE.csv; null: not given */
	char *name;   /* as results show it: /PATH, or the file where it is another one */
	struct vt_extent extent;
	bool stepped; /* the first dimension counts snapshots */
	enum vt_nature nature;
	size_t n_columns;
	struct vt_columns *columns; /* null: one group of all */
	struct vt_array held;       /* what is in memory; value null: nothing */
	size_t held_index;          /* which snapshot that is; SIZE_MAX: the whole array */
	bool discrete_of_text;      /* a table has no types: whole numbers are integers */
};

/* Finds what `path` means: a dataset of `file` (null: none), or a file of its own; and its extent. */
enum vt_status vt_given_open(struct vt_ctx *ctx, const char *file, const char *path, struct vt_given *out);
void vt_given_close(struct vt_given *g);

/* Which of the n variables count snapshots in their first dimension, where there are `n_steps` of them (0: none), so
 * that all have as many rows; the later in the list, the rather.  VT_EDATA names the two that differ. */
enum vt_status vt_given_align(struct vt_ctx *ctx, size_t n, struct vt_given *const *g, size_t n_steps, size_t *rows);
size_t vt_given_rows(const struct vt_given *g);
size_t vt_given_cols(const struct vt_given *g); /* what follows the rows is flattened */

/* The groups of columns; after vt_given_align.  VT_EUSAGE where the text is no list of columns that are there. */
enum vt_status vt_given_choose(struct vt_ctx *ctx, struct vt_given *g, const char *flag, size_t n,
                               const char *const *text);

/* Brings snapshot `index` into memory, and drops what was there; what is not stepped is read once. */
enum vt_status vt_given_load(struct vt_ctx *ctx, struct vt_given *g, size_t index);
/* A group of columns of what is loaded.  *copy is the caller's; null where a view is enough.
 *
 * Rule for types: integers whose rows take at most half as many values as there are rows are symbols, any other
 * integers (pixels, counts) and all floats are points; vt_given.nature overrules it. */
enum vt_status vt_given_matrix(struct vt_ctx *ctx, const struct vt_given *g, size_t group, struct vt_mat *out,
                               double **copy, bool *discrete);
/* How many different rows a matrix has. */
enum vt_status vt_rows_distinct(struct vt_ctx *ctx, const struct vt_mat *m, size_t *out);
/* A number from 0 on for each row, in the order of the rows' values; equal rows, equal numbers.  Caller frees. */
enum vt_status vt_rows_number(struct vt_ctx *ctx, const struct vt_mat *m, int32_t **out, size_t *n_numbers);

/* The names below `group` that a glob takes; a glob with a slash is matched with whole paths.
 * VT_EDATA when none is. */
enum vt_status vt_layers_match(struct vt_ctx *ctx, const char *file, const char *glob, size_t *n, char ***path);
/* Whether the file holds a dataset of that name at its root. */
enum vt_status vt_file_holds(struct vt_ctx *ctx, const char *file, const char *name, bool *out);
/* The update numbers of the snapshots: `path`, or else `step` of the file; n 0 where there are none.  Caller frees. */
enum vt_status vt_steps_read(struct vt_ctx *ctx, const char *file, const char *path, size_t *n, int64_t **step);
bool vt_is_hdf5_name(const char *path);

#endif
