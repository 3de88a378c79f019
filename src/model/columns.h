/* The gradient of small transformers, sixteen sequences side by side: see columns.c.  Private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_COLUMNS_H
#define MODEL_COLUMNS_H

#include "transformer.h"

enum { LANES = VT_COLUMN_LANES };

/* What a block keeps for its backward pass; p: patterns, of heads x queries x keys x lanes. */
struct vt_kept {
	float *x, *a, *q, *k, *v, *p, *z, *sum1, *mid, *b, *post, *slope, *sum2, *mean1, *rate1, *mean2, *rate2;
};
struct vt_columns {
	const struct vt_stretch *j;
	const struct vt_model *m;
	const struct vt_sequence *s;
	const struct vt_transformer_settings *t;
	size_t n, ld, first; /* columns; stride of rows; first column that is asked */
	struct vt_kept layer[VT_COLUMN_LAYERS];
	float *top, *normed, *mean, *rate, *logits;
	float *dx, *dmid, *da, *dq, *dk, *dv, *dz, *dwide, *dp, *panels, *line[3];
	int32_t *token, *label;
};

/* One head, from the first position that is asked; z, and dq, dk, dv from dz. */
void vt_columns_head(const struct vt_columns *w, const struct vt_kept *k, size_t e, size_t from);
void vt_columns_head_backward(const struct vt_columns *w, const struct vt_kept *k, size_t e, size_t from);

#endif
