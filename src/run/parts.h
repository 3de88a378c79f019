/* What a task is made of; private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUN_PARTS_H
#define RUN_PARTS_H

#include "venturi.h"

/* The model that fits the dataset, with its parameters as before the first update. */
enum vt_status vt_task_model(struct vt_ctx *ctx, const struct vt_task *t, const struct vt_dataset *data,
                             struct vt_model **out);
/* The probe of a task. */
enum vt_status vt_task_probe(struct vt_ctx *ctx, const struct vt_task *t, const struct vt_dataset *data,
                             const struct vt_model *model, struct vt_probe **out);

/* How its run file stands on the disk. */
enum vt_status vt_task_look(struct vt_ctx *ctx, const struct vt_experiment *e, const struct vt_task *t,
                            const struct vt_run_options *o, enum vt_stand *out);
/* Its run file, committed once before the first update, or what an earlier process left of it. */
enum vt_status vt_task_store(struct vt_ctx *ctx, const struct vt_experiment *e, const struct vt_task *t,
                             const struct vt_dataset *data, const struct vt_run_options *o, struct vt_store **out);
/* Parameters of one snapshot, in a file of their own. */
enum vt_status vt_task_keep_weights(struct vt_ctx *ctx, struct vt_store *store, const struct vt_snapshot *s);
/* Raw activations of one snapshot, in a file of their own. */
enum vt_status vt_task_keep_activations(struct vt_ctx *ctx, struct vt_store *store, const struct vt_snapshot *s);

/* The group /train: losses, accuracies, rate and norms at every snapshot, and metrics.jsonl. */
enum vt_status vt_curves_declare(struct vt_ctx *ctx, struct vt_frame *frame);
/* metrics.jsonl anew, from the rows of /train: what an earlier process wrote may end in half a line, or beyond them. */
enum vt_status vt_curves_retell(struct vt_ctx *ctx, struct vt_store *store);
enum vt_status vt_curves_record(struct vt_ctx *ctx, struct vt_store *store, const struct vt_moment *moment,
                                const struct vt_snapshot *snapshot);

/* The group /theory: the task's own bottleneck curve, where the dataset knows its law. */
enum vt_status vt_task_theory(struct vt_ctx *ctx, const struct vt_dataset *data, struct vt_frame *frame);

#endif
