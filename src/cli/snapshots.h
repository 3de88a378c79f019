/* Somebody else's activations as snapshots, one after the other, as measures want them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_SNAPSHOTS_H
#define CLI_SNAPSHOTS_H

#include "variable.h"

struct vt_snapshots {
	const char *file;          /* borrowed */
	size_t n, rows, n_layers;  /* n: snapshots, at least 1 */
	char **path, **name;       /* of the layers; the name is without activations/ */
	struct vt_given *layer, x, y;
	int64_t *step;
	double *epoch;
	size_t *width;
	bool enumerated;
	struct vt_tap *tap;
	int32_t *label;            /* null: there are none */
	size_t n_classes;
	double h_x;                /* nats; NaN without x */
};

/* Layers that the glob takes; `x` and `y` may be null for the file's own, where it has them.  x, y, nature of y and
 * `enumerated` are set before.  VT_EDATA.  The caller clears, also when it fails. */
enum vt_status vt_snapshots_open(struct vt_ctx *ctx, const char *file, const char *glob, const char *x, const char *y,
                                 struct vt_snapshots *out);
void vt_snapshots_clear(struct vt_snapshots *s);
/* Names and widths are borrowed from `s`. */
struct vt_snapshot_shape vt_snapshots_shape(const struct vt_snapshots *s);
/* Snapshot `index` with all its layers; what it points to lives until the next one. */
enum vt_status vt_snapshots_take(struct vt_ctx *ctx, struct vt_snapshots *s, size_t index, uint64_t seed,
                                 struct vt_snapshot *out);

#endif
