/* Raw activations of one snapshot, in the layout in which we take other people's.
 *
 * Root: x, y, step.  Group `activations` holds the layers and nothing else, so that whoever
 * lists it sees layers; hence axes without coordinates.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "store.h"

/* Views have strides, files have not. */
static double *packed(struct vt_ctx *ctx, const struct vt_mat *m)
{
	size_t n;
	if (__builtin_mul_overflow(m->rows, m->cols, &n)) n = SIZE_MAX;
	double *x = vt_alloc(ctx, n, sizeof *x);
	for (size_t i = 0; x && i < m->rows; i++) memcpy(x + i * m->cols, m->x + i * m->stride, m->cols * sizeof *x);
	return x;
}

/* A variable over new axes NAME_axis0, ... of the given lengths. */
static enum vt_status add(struct vt_ctx *ctx, struct vt_frame *f, const char *group, struct vt_variable v,
                          const size_t *length, const double *value)
{
	enum vt_status status;
	struct group *g;
	char *axis[VT_MAX_RANK_FRAME] = { NULL };
	size_t n = 1;

	VT_TRY(vt_frame_need_group(ctx, f, group, &g));
	for (size_t i = 0; i < v.rank; i++) {
		axis[i] = vt_format(ctx, "%.180s_axis%zu", v.name, i);
		VT_REQUIRE(ctx, axis[i], VT_ENOMEM, "out of memory for '%s'", v.name);
		VT_TRY(vt_group_add_dim(ctx, g, axis[i], length[i], false, true));
		v.dim[i] = axis[i];
		n *= length[i];
	}
	VT_TRY(vt_frame_variable(ctx, f, group, &v));
	status = vt_frame_put(ctx, f, group, v.name, n, value);
done:
	for (size_t i = 0; i < v.rank; i++) free(axis[i]);
	return status;
}

/* The leading axis is the step, of length 1, so that files can be joined along it. */
static enum vt_status add_layer(struct vt_ctx *ctx, struct vt_frame *f, const char *name, const struct vt_mat *m)
{
	struct vt_variable v = { .name = name, .type = VT_F64, .rank = 3, .long_name = "activations: step, row, unit" };
	size_t length[3] = { 1, m->rows, m->cols };
	double *x = packed(ctx, m);
	enum vt_status status = x ? add(ctx, f, "activations", v, length, x) : VT_ENOMEM;
	free(x);
	return status;
}

enum vt_status vt_frame_matrix(struct vt_ctx *ctx, struct vt_frame *f, const char *group, const char *name,
                               enum vt_dtype type, const struct vt_mat *m, const char *long_name)
{
	struct vt_variable v = { .name = name, .type = type, .rank = 2, .long_name = long_name };
	size_t length[2] = { m->rows, m->cols };
	double *x = packed(ctx, m);
	enum vt_status status = x ? add(ctx, f, group, v, length, x) : VT_ENOMEM;
	free(x);
	return status;
}

static enum vt_status add_labels(struct vt_ctx *ctx, struct vt_frame *f, const struct vt_labels *label)
{
	struct vt_variable v = { .name = "y", .type = VT_I32, .rank = 1, .long_name = "classes" };
	double *y = vt_alloc(ctx, label->n, sizeof *y);
	for (size_t i = 0; y && i < label->n; i++) y[i] = label->y[i];
	enum vt_status status = y ? add(ctx, f, "", v, &label->n, y) : VT_ENOMEM;
	free(y);
	return status;
}

enum vt_status vt_store_activations(struct vt_ctx *ctx, struct vt_store *s, int64_t step, size_t n_taps,
                                    const char *const *name, const struct vt_mat *tap, const struct vt_mat *input,
                                    const struct vt_labels *label)
{
	enum vt_status status;
	struct vt_frame *f = vt_frame_create(ctx);
	char *path = vt_format(ctx, "%s/activations-%" PRId64 ".h5", s->folder, step);
	struct vt_variable steps = { .name = "step", .type = VT_I64, .rank = 1, .long_name = "updates done" };

	VT_REQUIRE(ctx, f && path, VT_ENOMEM, "%s: out of memory for activations", s->folder);
	VT_TRY(vt_frame_attr_text(ctx, f, "/", "venturi_schema", "venturi-activations/1"));
	VT_TRY(add(ctx, f, "", steps, (size_t[]){ 1 }, (double[]){ (double)step }));
	if (input && input->x) VT_TRY(vt_frame_matrix(ctx, f, "", "x", VT_F64, input, "inputs: row, column"));
	if (label && label->y) VT_TRY(add_labels(ctx, f, label));
	for (size_t i = 0; i < n_taps; i++) VT_TRY(add_layer(ctx, f, name[i], &tap[i]));
	status = vt_frame_write(ctx, f, path);
done:
	if (status != VT_OK) vt_ctx_frame(ctx, "in the activations of step %" PRId64, step);
	free(path);
	vt_frame_free(f);
	return status;
}

enum vt_status vt_store_weights(struct vt_ctx *ctx, struct vt_store *s, int64_t step, size_t n, const char *const *name,
                                const struct vt_mat *w)
{
	enum vt_status status;
	struct vt_frame *f = vt_frame_create(ctx);
	char *path = vt_format(ctx, "%s/weights-%" PRId64 ".h5", s->folder, step);
	VT_REQUIRE(ctx, f && path, VT_ENOMEM, "%s: out of memory for weights", s->folder);
	VT_TRY(vt_frame_attr_text(ctx, f, "/", "venturi_schema", "venturi-weights/1"));
	for (size_t i = 0; i < n; i++)
		VT_TRY(vt_frame_matrix(ctx, f, "", name[i], VT_F64, &w[i], "parameters: what is read, what is written"));
	status = vt_frame_write(ctx, f, path);
done:
	if (status != VT_OK) vt_ctx_frame(ctx, "in the weights of step %" PRId64, step);
	free(path);
	vt_frame_free(f);
	return status;
}
