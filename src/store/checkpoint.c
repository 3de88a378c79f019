/* The state of a run as checkpoint.h5, and what an earlier process left as the place to go on from.
 *
 * The run file is committed first.  So a checkpoint is never ahead of it: what the run file has
 * beyond the checkpoint's step is cut off and computed again, bit by bit the same.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame.h"
#include "store.h"

static const char schema[] = "venturi-checkpoint/1";

/* ---- writing ---------------------------------------------------------- */

static enum vt_dtype dtype(enum vt_scalar item)
{
	switch (item) {
	case VT_SCALAR_F32: return VT_F32;
	case VT_SCALAR_I64: return VT_I64;
	case VT_SCALAR_U8: return VT_U8;
	case VT_SCALAR_F64: break;
	}
	return VT_F64;
}

static void fill(struct var *v, const struct vt_carried *c)
{
	for (size_t i = 0; i < c->n; i++) {
		switch (c->item) {
		case VT_SCALAR_F32: v->u.real[i] = ((const float *)c->x)[i]; break;
		case VT_SCALAR_F64: v->u.real[i] = ((const double *)c->x)[i]; break;
		case VT_SCALAR_I64: v->u.integer[i] = ((const int64_t *)c->x)[i]; break;
		case VT_SCALAR_U8: v->u.integer[i] = ((const uint8_t *)c->x)[i]; break;
		}
	}
}

/* One number as a scalar, more along an axis of their own. */
static enum vt_status add(struct vt_ctx *ctx, struct vt_frame *f, const struct vt_carried *c)
{
	enum vt_status status;
	struct group *g;
	char *axis = vt_format(ctx, "%.200s_axis0", c->name);
	struct vt_variable v = { .name = c->name, .type = dtype(c->item), .rank = c->n > 1 };
	VT_REQUIRE(ctx, axis, VT_ENOMEM, "out of memory for a checkpoint");
	v.dim[0] = axis;
	VT_TRY(vt_frame_need_group(ctx, f, c->owner, &g));
	if (c->n > 1) VT_TRY(vt_group_add_dim(ctx, g, axis, c->n, false, true));
	VT_TRY(vt_group_add_var(ctx, g, &v, false));
	struct var *made = &g->var[g->n_vars - 1];
	made->raw = true;
	fill(made, c);
done:
	free(axis);
	return status;
}

enum vt_status vt_checkpoint_write(struct vt_ctx *ctx, const struct vt_store *s, const struct vt_state *state)
{
	enum vt_status status;
	void *bytes = NULL;
	size_t n = 0;
	const struct vt_standing here = vt_frame_standing(s->frame);
	struct vt_frame *f = vt_frame_create(ctx);
	VT_REQUIRE(ctx, f, VT_ENOMEM, "%s: out of memory", s->checkpoint);
	VT_TRY(vt_frame_attr_text(ctx, f, "/", "venturi_schema", schema));
	VT_TRY(vt_frame_attr_text(ctx, f, "/", "venturi_version", PACKAGE_VERSION));
	VT_TRY(vt_frame_attr_text(ctx, f, "/", "uuid", vt_attrs_text(&s->frame->group[0].attrs, "uuid")));
	VT_TRY(vt_frame_attr_text(ctx, f, "/", "run_sha256", s->run_sha256));
	VT_TRY(vt_frame_attr_int(ctx, f, "/", "rows", (int64_t)here.rows));
	VT_TRY(vt_frame_attr_int(ctx, f, "/", "row_step", here.row_step));
	VT_TRY(vt_frame_attr_int(ctx, f, "/", "last_step", here.step));
	for (size_t i = 0; i < vt_state_count(state); i++) {
		const struct vt_carried c = vt_state_at(state, i);
		VT_TRY(add(ctx, f, &c));
	}
	VT_TRY(vt_frame_image(ctx, f, &bytes, &n));
	status = vt_file_replace(ctx, s->checkpoint, s->previous, bytes, n);
done:
	free(bytes);
	vt_frame_free(f);
	return status;
}

/* ---- reading ---------------------------------------------------------- */

static enum vt_status take(struct vt_ctx *ctx, const struct var *v, struct vt_state *state)
{
	enum vt_status status;
	enum vt_scalar item = v->type == VT_F32 ? VT_SCALAR_F32 : v->type == VT_F64 ? VT_SCALAR_F64
	                  : v->type == VT_U8  ? VT_SCALAR_U8  : VT_SCALAR_I64;
	void *x = NULL;
	VT_REQUIRE(ctx, v->type != VT_TEXT && v->type != VT_I32, VT_EDATA, "'%s' is no part of a checkpoint", v->name);
	x = vt_alloc(ctx, v->n, vt_scalar_size(item));
	VT_REQUIRE(ctx, x, VT_ENOMEM, "out of memory for a checkpoint");
	for (size_t i = 0; i < v->n; i++) {
		switch (item) {
		case VT_SCALAR_F32: ((float *)x)[i] = (float)v->u.real[i]; break;
		case VT_SCALAR_F64: ((double *)x)[i] = v->u.real[i]; break;
		case VT_SCALAR_I64: ((int64_t *)x)[i] = v->u.integer[i]; break;
		case VT_SCALAR_U8: ((uint8_t *)x)[i] = (uint8_t)v->u.integer[i]; break;
		}
	}
	status = vt_state_carry(ctx, state, v->name, item, v->n, x);
done:
	free(x);
	return status;
}

static int64_t integer(const struct vt_frame *f, const char *name)
{
	const struct attr *a = vt_attrs_find(&f->group[0].attrs, name);
	return a && a->type == ATTR_INT ? a->integer : -1;
}

static bool equal(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* Of this run, and of rows that the run file has. */
static enum vt_status belongs(struct vt_ctx *ctx, const struct vt_frame *f, const struct vt_frame *run)
{
	enum vt_status status = VT_OK;
	const struct attrs *a = &f->group[0].attrs;
	const struct group *p = vt_frame_group(run, "provenance");
	const struct var *step = p ? vt_group_var(p, "step") : NULL;
	int64_t rows = integer(f, "rows"), row_step = integer(f, "row_step"), last_step = integer(f, "last_step");
	VT_REQUIRE(ctx, equal(vt_attrs_text(a, "venturi_schema"), schema), VT_EDATA, "it has another schema than '%s'",
	           schema);
	VT_REQUIRE(ctx, equal(vt_attrs_text(a, "uuid"), vt_attrs_text(&run->group[0].attrs, "uuid")), VT_EDATA,
	           "it belongs to another run");
	VT_REQUIRE(ctx, step && rows > 0 && (uint64_t)rows <= step->n && step->u.integer[rows - 1] == row_step, VT_EDATA,
	           "it was made after %lld snapshots, the last at step %lld, and the run file has not this one",
	           (long long)rows, (long long)row_step);
	VT_REQUIRE(ctx, last_step >= row_step && last_step <= vt_frame_standing(run).step, VT_EDATA,
	           "it was made after the row of step %lld, and the run file has rows up to %lld", (long long)last_step,
	           (long long)vt_frame_standing(run).step);
done:
	return status;
}

static enum vt_status read_state(struct vt_ctx *ctx, const struct vt_frame *f, struct vt_state **out)
{
	enum vt_status status = VT_OK;
	struct vt_state *state = vt_state_create(ctx);
	VT_REQUIRE(ctx, state, VT_ENOMEM, "out of memory for a checkpoint");
	for (size_t i = 1; i < f->n_groups; i++) {
		vt_state_owner(state, f->group[i].name);
		for (size_t k = 0; k < f->group[i].n_vars; k++) VT_TRY(take(ctx, &f->group[i].var[k], state));
	}
	vt_state_take_up(state);
	*out = state;
	state = NULL;
done:
	vt_state_free(state);
	return status;
}

static enum vt_status read_checkpoint(struct vt_ctx *ctx, const char *path, const struct vt_frame *run, int64_t *step,
                                      struct vt_state **out)
{
	enum vt_status status;
	struct vt_frame *f = NULL;
	bool intact = false;
	VT_TRY(vt_frame_read(ctx, path, &f, &intact));
	VT_REQUIRE(ctx, intact, VT_EDATA, "its content does not agree with its content_sha256");
	VT_TRY(belongs(ctx, f, run));
	VT_TRY(read_state(ctx, f, out));
	*step = integer(f, "last_step");
done:
	vt_frame_free(f);
	return status;
}

/* A checkpoint that is of no use costs time, not results: the one before it, or the beginning, leads to the same. */
enum vt_status vt_checkpoint_choose(struct vt_ctx *ctx, const struct vt_store *s, const struct vt_frame *run,
                                    int64_t *step, struct vt_state **out)
{
	const char *const path[] = { s->checkpoint, s->previous };
	for (size_t i = 0; i < 2; i++) {
		if (access(path[i], F_OK) != 0) continue;
		enum vt_status status = read_checkpoint(ctx, path[i], run, step, out);
		if (status != VT_EDATA) return status;
		const char *trail = vt_ctx_trail(ctx);
		vt_log(ctx, VT_WARN, "%s: of no use, %.*s", path[i], (int)strcspn(trail, "\n"), trail);
		vt_ctx_forget(ctx);
	}
	*step = -1;
	*out = NULL;
	return VT_OK;
}
