/* A file that an earlier process of the same run left, cut back to a step, becomes the frame of the next one.
 *
 * The frame has been declared anew, by the same settings: what it declares and what the file holds
 * must agree, and only values are taken.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "frame.h"

/* Rows of a group that are not beyond the step. */
static size_t rows_until(const struct group *g, int64_t last)
{
	const struct var *step = vt_group_var(g, "step");
	size_t n = 0;
	while (step && n < step->n && step->u.integer[n] <= last) n++;
	return n;
}

static enum vt_status take_values(struct vt_ctx *ctx, struct var *to, const struct var *from, size_t n)
{
	if (to->n < n) {
		enum vt_status status = vt_var_extend(ctx, to, n - to->n);
		if (status != VT_OK) return status;
	}
	for (size_t i = 0; i < n; i++) {
		if (to->type != VT_TEXT) {
			to->u.integer[i] = from->u.integer[i]; /* eight bytes, whatever they mean */
			continue;
		}
		char *copy = vt_copy(ctx, vt_var_text(from, i));
		if (!copy) return VT_ENOMEM;
		free(to->u.text[i]);
		to->u.text[i] = copy;
	}
	return VT_OK;
}

static enum vt_status take_attributes(struct vt_ctx *ctx, struct attrs *to, const struct attrs *from)
{
	for (size_t i = 0; i < from->n; i++) {
		enum vt_status status = vt_attrs_set(ctx, to, &from->item[i]);
		if (status != VT_OK) return status;
	}
	return VT_OK;
}

static enum vt_status take_variable(struct vt_ctx *ctx, const struct group *g, struct var *to,
                                    const struct group *source, size_t rows)
{
	enum vt_status status;
	const struct var *from = vt_group_var(source, to->name);
	VT_REQUIRE(ctx, from && from->type == to->type && from->growing == to->growing && from->row == to->row, VT_EDATA,
	           "'/%s/%s' is laid out otherwise than this version of venturi does", g->name, to->name);
	VT_TRY(take_values(ctx, to, from, to->growing ? rows * to->row : from->n));
	status = take_attributes(ctx, &to->attrs, &from->attrs);
done:
	return status;
}

static enum vt_status take_group(struct vt_ctx *ctx, struct group *g, const struct group *source, int64_t last)
{
	enum vt_status status = VT_OK;
	size_t rows = rows_until(source, last);
	bool described = *g->name && strcmp(g->name, "provenance") != 0;
	for (size_t i = 0; i < g->n_vars; i++) VT_TRY(take_variable(ctx, g, &g->var[i], source, rows));
	for (size_t i = 0; i < g->n_dims; i++)
		if (g->dim[i].growing) g->dim[i].n = rows;
	if (described) VT_TRY(take_attributes(ctx, &g->attrs, &source->attrs));
done:
	return status;
}

enum vt_status vt_frame_take_rows(struct vt_ctx *ctx, struct vt_frame *f, const struct vt_frame *from, int64_t last)
{
	enum vt_status status = VT_OK;
	/* Without a snapshot there are only the texts that were registered: the first commit has no more. */
	for (size_t i = 0; i < (last < 0 ? 1 : f->n_groups); i++) {
		const struct group *source = vt_frame_group(from, f->group[i].name);
		VT_REQUIRE(ctx, source, VT_EDATA, "there is no group '/%s'", f->group[i].name);
		VT_TRY(take_group(ctx, &f->group[i], source, last));
	}
done:
	return status;
}
