/* What `estimate` is asked: arrays, estimators, numbers; and how the arrays' rows and columns go together.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_QUESTION_H
#define CLI_QUESTION_H

#include "cli.h"
#include "results.h"
#include "variable.h"

struct vt_question {
	const struct vt_args *args;
	const char *file; /* null: every array names its own */
	char *owned_file;
	size_t n_estimators;
	const char **spelling;
	struct vt_chosen *estimator;
	struct vt_given x, y, z, block, layer;
	size_t n_layers, n_steps, rows, block_length;
	char **layer_path; /* null: no layers */
	int64_t *step;
	uint32_t *block_of;
	long null, resample, seed;
	struct vt_results results;
	struct vt_bar *bar;
};

/* Reads the command line and opens what it names; no array is read yet.  VT_EUSAGE, VT_EDATA.  The caller clears, also
 * when it fails. */
enum vt_status vt_question_open(struct vt_ctx *ctx, const struct vt_args *a, struct vt_question *q);
/* Rows, snapshots and columns of x, y, z, blocks and the layer that is open; VT_EDATA where they do not go together. */
enum vt_status vt_question_align(struct vt_ctx *ctx, struct vt_question *q, bool *stepped);
void vt_question_clear(struct vt_question *q);

#endif
