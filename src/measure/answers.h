/* What the network answers and what it should, as numbers side by side; private to room measure.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MEASURE_ANSWERS_H
#define MEASURE_ANSWERS_H

#include "venturi/base.h"
#include "venturi/snapshot.h"
#include "venturi/value.h"

/* The first rows of a snapshot.
 *
 * input        n x dim, every column less its mean
 * wanted, got  n x cols: targets, or labels as one-hot rows; the output layer
 *
 * Rows of sequences are left alone: vt_answers_there is false for them. */
struct vt_answers {
	size_t n, dim, cols;
	double *input, *wanted, *got;
};

/* Whether a snapshot has inputs, wanted answers of the output's width, and is finite. */
bool vt_answers_there(const struct vt_snapshot *s);
/* At most `most` rows.  VT_ENOMEM.  Caller frees with vt_answers_clear, also after a failure. */
enum vt_status vt_answers_take(struct vt_ctx *ctx, const struct vt_snapshot *s, size_t most, struct vt_answers *out);
void vt_answers_clear(struct vt_answers *a);

#endif
