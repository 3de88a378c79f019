/* Fixed probe rows, filling snapshots.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_PROBE_H
#define VENTURI_PROBE_H

#include "venturi/base.h"
#include "venturi/dataset.h"
#include "venturi/kind.h"
#include "venturi/model.h"
#include "venturi/snapshot.h"
#include "venturi/train.h"

struct vt_probe_kind {
	struct vt_kind kind;
};

/* Which rows, and when.
 *
 * schedule log     `points` steps log-spaced between 1 and the last, and step 0
 *          every   every `every` steps
 *          list    the `steps`
 *          ibsgd   epoch ends: every epoch below 20, every 5 below 100, every 20 below 2000,
 *                  every 100 after (Saxe et al. 2018, published code)
 *          idnns   about 400 log2-spaced epochs (Shwartz-Ziv & Tishby 2017, published code)
 * Step 0 (before the first update) and the last step are always there.
 *
 * Of sequences, a sample is
 *
 * token     a position that is asked; all positions where one label is asked of the whole sequence, which is then the
 *           label of each.  Samples of one sequence are one block: errors and nulls take it as a whole
 * last      the last position of every tap: the default where one label is asked of the sequence
 * sequence  all positions of a tap side by side
 *
 * and X, which information is about, the token at the position, the last two (-1 before the first), or the prefix: all
 * tokens up to the position (-1 after it); `last` and `sequence` have the prefix, all tokens, by default.  A causal
 * layer is a function of the prefix, not of the token or the last two: its information with these is estimated as that
 * with labels.  Y is the label of the position, or of the sequence. */
struct vt_probe_settings {
	int schedule, rows, samples, x;
	int64_t points, every, n;
	struct vt_ints steps;
};
enum vt_probe_samples { VT_PROBE_AUTO, VT_PROBE_TOKEN, VT_PROBE_SEQUENCE, VT_PROBE_LAST };
enum vt_probe_x { VT_PROBE_X_AUTO, VT_PROBE_X_TOKEN, VT_PROBE_X_BIGRAM, VT_PROBE_X_PREFIX };
enum vt_probe_schedule { VT_PROBE_LOG, VT_PROBE_EVERY, VT_PROBE_LIST, VT_PROBE_IBSGD, VT_PROBE_IDNNS };

/* The steps of a schedule, ascending and distinct, 0 and `total` included; caller frees. */
enum vt_status vt_probe_steps(struct vt_ctx *ctx, const struct vt_probe_settings *s, int64_t total,
                              int64_t steps_per_epoch, size_t *n, int64_t **out);

struct vt_probe;
/* `total`: updates that the run will make. */
enum vt_status vt_probe_create(struct vt_ctx *ctx, const struct vt_chosen *chosen, const struct vt_dataset *data,
                               const struct vt_model *model, int64_t total, int64_t steps_per_epoch, uint64_t seed,
                               struct vt_probe **out);
void vt_probe_free(struct vt_probe *p);

size_t vt_probe_snapshots(const struct vt_probe *p);
int64_t vt_probe_next(const struct vt_probe *p, int64_t step);
struct vt_snapshot_shape vt_probe_shape(const struct vt_probe *p);
/* Runs the network on all rows that count and fills a snapshot, valid until the next. */
enum vt_status vt_probe_take(struct vt_ctx *ctx, struct vt_probe *p, const struct vt_moment *moment,
                             const struct vt_snapshot **out);
/* False once a snapshot found the run dead (constant output and no gradient into any hidden
 * layer) or diverged, and it stayed so. */
bool vt_probe_alive(const struct vt_probe *p);
/* What the probe carries from snapshot to snapshot. */
enum vt_status vt_probe_carry(struct vt_ctx *ctx, struct vt_probe *p, struct vt_state *s);

#endif
