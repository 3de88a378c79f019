/* Dimensions of the same name in many runs, laid on one grid; private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include "runs.h"

/* Numbers ascend; texts stand in the order in which they were first met. */
struct merged {
	char *name, *unit, *long_name;
	bool text;
	size_t n;
	double *value;
	char **label;
};

struct grid {
	size_t n;
	struct merged *dim;
};

/* The dimensions of a group over all runs.  The caller clears, also after a failure. */
enum vt_status vt_grid_merge(struct vt_ctx *ctx, const struct vt_runs *r, const char *group, struct grid *out);
void vt_grid_clear(struct grid *g);
const struct merged *vt_grid_dim(const struct grid *g, const char *name);
/* to[i]: where entry i of the run's dimension stands on the grid. */
enum vt_status vt_grid_map(struct vt_ctx *ctx, const struct grid *grid, const struct group *g, const struct dim *d,
                           size_t **to);

/* Coordinates over `run` in a group that has that dimension: one per axis of the sweep,
 * seed, alive, status, run_file.  *names: what they are called, separated by blanks;
 * caller frees. */
enum vt_status vt_run_coordinates(struct vt_ctx *ctx, const struct vt_runs *r, struct vt_frame *f, const char *group,
                                  char **names);

#endif
