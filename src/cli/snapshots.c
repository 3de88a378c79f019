/* Layers from a file in place of a network: no net, no training, no losses; what needs them is not_computed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "snapshots.h"

/* ---- opening ------------------------------------------------------------------------ */

static enum vt_status open_layers(struct vt_ctx *ctx, const char *glob, struct vt_snapshots *s)
{
	static const char folder[] = "activations/";
	enum vt_status status;
	VT_TRY(vt_layers_match(ctx, s->file, glob, &s->n_layers, &s->path));
	VT_NEW(ctx, s->name, s->n_layers);
	VT_NEW(ctx, s->layer, s->n_layers);
	VT_NEW(ctx, s->width, s->n_layers);
	VT_NEW(ctx, s->tap, s->n_layers);
	for (size_t i = 0; i < s->n_layers; i++) {
		bool inside = strncmp(s->path[i], folder, sizeof folder - 1) == 0;
		s->name[i] = vt_copy(ctx, s->path[i] + (inside ? sizeof folder - 1 : 0));
		VT_REQUIRE(ctx, s->name[i], VT_ENOMEM, "out of memory for layer %s", s->path[i]);
		VT_TRY(vt_given_open(ctx, s->file, s->path[i], &s->layer[i]));
	}
done:
	return status;
}

/* x or y: the one that is named, or the file's own where there is one; "none" is neither. */
static enum vt_status open_companion(struct vt_ctx *ctx, const struct vt_snapshots *s, const char *path,
                                     const char *own, struct vt_given *out)
{
	bool there = path != NULL;
	if (path && strcmp(path, "none") == 0) return VT_OK;
	enum vt_status status = path ? VT_OK : vt_file_holds(ctx, s->file, own, &there);
	if (status != VT_OK || !there) return status;
	return vt_given_open(ctx, s->file, path ? path : own, out);
}

/* Layers without snapshots stand in every one; x and y belong to all of them. */
static enum vt_status align(struct vt_ctx *ctx, struct vt_snapshots *s, size_t n_steps)
{
	enum vt_status status = VT_OK;
	bool stepped = false;
	for (size_t i = 0; i < s->n_layers; i++) {
		struct vt_given *there[4];
		size_t n = 0, rows;
		if (s->x.where) there[n++] = &s->x;
		if (s->y.where) there[n++] = &s->y;
		if (i > 0) there[n++] = &s->layer[0];
		there[n++] = &s->layer[i];
		VT_TRY(vt_given_align(ctx, n, there, n_steps, &rows));
		VT_REQUIRE(ctx, i == 0 || rows == s->rows, VT_EDATA,
		           "%s: has %zu rows, the layers before it have %zu: wanted as many", s->layer[i].where, rows, s->rows);
		s->rows = rows;
		stepped |= s->layer[i].stepped;
		s->width[i] = vt_given_cols(&s->layer[i]);
	}
	s->n = stepped ? n_steps : 1;
done:
	return status;
}

/* Time of the snapshots in epochs, where the file tells it. */
static enum vt_status read_epochs(struct vt_ctx *ctx, struct vt_snapshots *s)
{
	enum vt_status status;
	struct vt_given g = { 0 };
	bool there = false;
	VT_NEW(ctx, s->epoch, s->n);
	for (size_t i = 0; i < s->n; i++) s->epoch[i] = NAN;
	VT_TRY(vt_file_holds(ctx, s->file, "epoch", &there));
	if (!there || !s->step) goto done;
	VT_TRY(vt_given_open(ctx, s->file, "epoch", &g));
	VT_TRY(vt_given_load(ctx, &g, 0));
	VT_REQUIRE(ctx, g.held.n == s->n, VT_EDATA, "%s: has %zu values for %zu snapshots", g.where, g.held.n, s->n);
	memcpy(s->epoch, g.held.value, s->n * sizeof *s->epoch);
done:
	vt_given_close(&g);
	return status;
}

/* ---- x and y ---------------------------------------------------------------------------- */

static double entropy_of(const int32_t *number, size_t rows, size_t n_numbers, double *count)
{
	double h = 0;
	for (size_t i = 0; i < rows; i++) count[number[i]]++;
	for (size_t c = 0; c < n_numbers; c++) h -= count[c] / (double)rows * log(count[c] / (double)rows);
	return h;
}

static enum vt_status read_input(struct vt_ctx *ctx, struct vt_snapshots *s, size_t index)
{
	enum vt_status status;
	size_t distinct = 0;
	int32_t *number = NULL;
	double *count = NULL;
	s->h_x = NAN;
	if (!s->x.where) return VT_OK;
	VT_TRY(vt_given_load(ctx, &s->x, index));
	const size_t cols = s->x.held.n / s->rows;
	const struct vt_mat m = { s->x.held.value, s->rows, cols, cols };
	VT_TRY(vt_rows_number(ctx, &m, &number, &distinct));
	VT_NEW(ctx, count, distinct);
	s->h_x = entropy_of(number, s->rows, distinct, count);
done:
	free(number);
	free(count);
	return status;
}

/* What is no label (a float target, or numbers that hardly repeat) leaves i_ty without a value. */
static enum vt_status read_labels(struct vt_ctx *ctx, struct vt_snapshots *s, size_t index)
{
	enum vt_status status;
	struct vt_mat m;
	double *copy = NULL;
	bool discrete;
	if (!s->y.where) return VT_OK;
	free(s->label);
	s->label = NULL;
	VT_TRY(vt_given_load(ctx, &s->y, index));
	VT_TRY(vt_given_matrix(ctx, &s->y, 0, &m, &copy, &discrete));
	if (discrete) VT_TRY(vt_rows_number(ctx, &m, &s->label, &s->n_classes));
	else if (index == 0)
		vt_log(ctx, VT_WARN, "%s: is continuous and was not taken for labels; --y-type=discrete does", s->y.where);
done:
	free(copy);
	return status;
}

enum vt_status vt_snapshots_open(struct vt_ctx *ctx, const char *file, const char *glob, const char *x, const char *y,
                                 struct vt_snapshots *out)
{
	enum vt_status status;
	size_t n_steps = 0;
	out->file = file;
	VT_TRY(open_layers(ctx, glob, out));
	VT_TRY(open_companion(ctx, out, x, "x", &out->x));
	VT_TRY(open_companion(ctx, out, y, "y", &out->y));
	VT_TRY(vt_steps_read(ctx, file, NULL, &n_steps, &out->step));
	VT_TRY(align(ctx, out, n_steps));
	VT_TRY(read_epochs(ctx, out));
	VT_TRY(read_input(ctx, out, 0));
	VT_TRY(read_labels(ctx, out, 0));
done:
	return status;
}

void vt_snapshots_clear(struct vt_snapshots *s)
{
	for (size_t i = 0; i < s->n_layers; i++) {
		free(s->path[i]);
		if (s->name) free(s->name[i]);
		if (s->layer) vt_given_close(&s->layer[i]);
	}
	vt_given_close(&s->x);
	vt_given_close(&s->y);
	free(s->path);
	free(s->name);
	free(s->layer);
	free(s->width);
	free(s->tap);
	free(s->step);
	free(s->epoch);
	free(s->label);
}

/* ---- one after the other ------------------------------------------------------------------ */

struct vt_snapshot_shape vt_snapshots_shape(const struct vt_snapshots *s)
{
	return (struct vt_snapshot_shape){
		.n_taps = s->n_layers, .n_rows = s->rows, .n_classes = s->label ? s->n_classes : 0, .n_snapshots = s->n,
		.tap_name = (const char *const *)s->name, .tap_width = s->width,
	};
}

enum vt_status vt_snapshots_take(struct vt_ctx *ctx, struct vt_snapshots *s, size_t index, uint64_t seed,
                                 struct vt_snapshot *out)
{
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < s->n_layers; i++) {
		struct vt_given *g = &s->layer[i];
		VT_TRY(vt_given_load(ctx, g, index));
		s->tap[i] = (struct vt_tap){ .name = s->name[i], .role = VT_ROLE_HIDDEN,
		                             .x = { g->held.value, s->rows, s->width[i], s->width[i] } };
	}
	if (index > 0 && s->x.stepped) VT_TRY(read_input(ctx, s, index));
	if (index > 0 && s->y.stepped) VT_TRY(read_labels(ctx, s, index));
	const size_t cols = s->x.where ? s->x.held.n / s->rows : 0;
	*out = (struct vt_snapshot){
		.step = s->step && s->n > 1 ? s->step[index] : s->step ? s->step[0] : 0, .epoch = s->epoch[index], .index = index,
		.last = index + 1 == s->n, .loss_train = NAN, .loss_test = NAN, .accuracy_train = NAN, .accuracy_test = NAN,
		.n_taps = s->n_layers, .tap = s->tap, .input = { s->x.held.value, s->rows, cols, cols },
		.label = { s->label, s->label ? s->rows : 0, s->label ? s->n_classes : 0 }, .enumerated = s->enumerated,
		.h_x = s->h_x, .seed = seed,
	};
done:
	return status;
}
