/* What is recorded at a snapshot.  Measures know nothing of model kinds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_MEASURE_H
#define VENTURI_MEASURE_H

#include "venturi/base.h"
#include "venturi/config.h"
#include "venturi/snapshot.h"
#include "venturi/state.h"
#include "venturi/store.h"

struct vt_measure_kind {
	struct vt_kind kind;
	const char *group;  /* a group shared by all measures of this kind ("information"); null: /KEY */
	/* Declares dimensions and variables for the `n` measures of this kind that share the
	 * group (n = 1 unless `group` is set). */
	enum vt_status (*declare)(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
	                          const struct vt_snapshot_shape *shape, struct vt_frame *frame, const char *group);
	/* Appends one step to the group, or leaves it out where the measure keeps fewer snapshots.
	 * `shape` is the one that was declared. */
	enum vt_status (*record)(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
	                         const struct vt_snapshot_shape *shape, const struct vt_snapshot *snapshot,
	                         struct vt_frame *frame, const char *group);
	/* Measures that carry something from one snapshot to the next: `follow` then takes the place of `record`, with
	 * what `create` made for the run after `declare`, and `carry` hands on what it became to a checkpoint and back (see
	 * venturi/state.h; what the first snapshot would make again need not be carried).  All four or none; free accepts
	 * null. */
	enum vt_status (*create)(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
	                         const struct vt_snapshot_shape *shape, void **state);
	enum vt_status (*follow)(struct vt_ctx *ctx, void *state, size_t n, const struct vt_named *const *measure,
	                         const struct vt_snapshot_shape *shape, const struct vt_snapshot *snapshot,
	                         struct vt_frame *frame, const char *group);
	enum vt_status (*carry)(struct vt_ctx *ctx, void *state, struct vt_state *s);
	void (*free)(void *state);
};

/* The measures of a task, bound to a frame.  `measure`, the names in `shape` and the frame are
 * borrowed and must outlive it.  VT_ECONFIG: a key that cannot name a group, two labels that are
 * equal, settings of an estimator that do not go together. */
struct vt_measures;
enum vt_status vt_measures_create(struct vt_ctx *ctx, size_t n, const struct vt_named *measure,
                                  const struct vt_snapshot_shape *shape, struct vt_frame *frame,
                                  struct vt_measures **out);
/* VT_EBUG when the snapshot's taps are not those of the shape. */
enum vt_status vt_measures_record(struct vt_ctx *ctx, struct vt_measures *m, const struct vt_snapshot *snapshot);
/* What the measures carry from snapshot to snapshot. */
enum vt_status vt_measures_carry(struct vt_ctx *ctx, struct vt_measures *m, struct vt_state *s);
void vt_measures_free(struct vt_measures *m);

/* Whether snapshot `index` of `n` is one of `wanted`, spread evenly from the first to the last:
 * those at round(k (n - 1) / (wanted - 1)).  With n unknown, every one is. */
bool vt_measure_due(size_t index, size_t n, size_t wanted);

#endif
