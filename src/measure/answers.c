/* Answers side by side.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "answers.h"

static const struct vt_mat *output(const struct vt_snapshot *s)
{
	return &s->tap[s->n_taps - 1].x;
}

bool vt_answers_there(const struct vt_snapshot *s)
{
	size_t rows = output(s)->rows, cols = output(s)->cols;
	bool labels = s->label.y && s->label.n == rows && s->label.n_classes == cols;
	bool values = s->target.rows == rows && s->target.cols == cols;
	return rows > 0 && s->n_positions == 0 && s->input.rows == rows && s->input.cols > 0 && (labels || values) &&
	       !(s->flags & VT_DIVERGED);
}

static void centre(size_t n, size_t dim, double *x)
{
	for (size_t j = 0; j < dim; j++) {
		double mean = 0;
		for (size_t i = 0; i < n; i++) mean += x[i * dim + j] / (double)n;
		for (size_t i = 0; i < n; i++) x[i * dim + j] -= mean;
	}
}

enum vt_status vt_answers_take(struct vt_ctx *ctx, const struct vt_snapshot *s, size_t most, struct vt_answers *out)
{
	enum vt_status status;
	const struct vt_mat *y = output(s);
	*out = (struct vt_answers){ .n = y->rows < most ? y->rows : most, .dim = s->input.cols, .cols = y->cols };
	VT_NEW(ctx, out->input, out->n * out->dim);
	VT_NEW(ctx, out->wanted, out->n * out->cols);
	VT_NEW(ctx, out->got, out->n * out->cols);
	for (size_t i = 0; i < out->n; i++) {
		double *wanted = out->wanted + i * out->cols;
		memcpy(out->input + i * out->dim, s->input.x + i * s->input.stride, out->dim * sizeof *out->input);
		memcpy(out->got + i * out->cols, y->x + i * y->stride, out->cols * sizeof *out->got);
		if (s->target.rows > 0) memcpy(wanted, s->target.x + i * s->target.stride, out->cols * sizeof *wanted);
		else if (s->label.y[i] >= 0) wanted[s->label.y[i]] = 1;
	}
	centre(out->n, out->dim, out->input);
	status = VT_OK;
done:
	return status;
}

void vt_answers_clear(struct vt_answers *a)
{
	free(a->input);
	free(a->wanted);
	free(a->got);
	*a = (struct vt_answers){ 0 };
}
