/* One file from all runs of a folder: the same groups with a leading dimension `run`.
 * Values are copied, never linked: a file that links breaks when others move.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "merge.h"

/* A group while it is collected. */
struct collecting {
	const struct vt_runs *runs;
	struct vt_frame *frame;
	const char *group;
	struct grid grid;
	char *coordinates;
};

/* ---- one variable ------------------------------------------------------- */

/* Where the elements of one run's variable go. */
struct placing {
	size_t rank, from[VT_MAX_RANK_FRAME], to[VT_MAX_RANK_FRAME]; /* lengths in the run, on the grid */
	size_t *map[VT_MAX_RANK_FRAME];
};

static void clear_placing(struct placing *p)
{
	for (size_t k = 0; k < p->rank; k++) free(p->map[k]);
}

/* Maps are made per variable: layers may differ from run to run. */
static enum vt_status prepare(struct vt_ctx *ctx, const struct collecting *c, const struct group *g,
                              const struct var *v, struct placing *p)
{
	p->rank = v->rank;
	for (size_t k = 0; k < v->rank; k++) {
		const struct dim *d = &g->dim[v->dim[k]];
		p->from[k] = d->n;
		p->to[k] = vt_grid_dim(&c->grid, d->name)->n;
		enum vt_status status = vt_grid_map(ctx, &c->grid, g, d, &p->map[k]);
		if (status != VT_OK) return status;
	}
	return VT_OK;
}

/* Row-major index in the run to row-major index on the grid. */
static size_t placed(const struct placing *p, size_t i)
{
	size_t index[VT_MAX_RANK_FRAME], at = 0;
	for (size_t k = p->rank; k-- > 0; i /= p->from[k]) index[k] = i % p->from[k];
	for (size_t k = 0; k < p->rank; k++) at = at * p->to[k] + p->map[k][index[k]];
	return at;
}

/* Whether a run's variable lies along the dimensions of the collected one, after `run`. */
static bool alike(const struct group *to, const struct var *made, const struct group *from, const struct var *v)
{
	if (v->type != made->type || v->rank + 1 != made->rank) return false;
	for (size_t k = 0; k < v->rank; k++)
		if (strcmp(from->dim[v->dim[k]].name, to->dim[made->dim[k + 1]].name) != 0) return false;
	return true;
}

/* Both buffers have the length of the whole variable; one of them is used. */
static enum vt_status fill(struct vt_ctx *ctx, const struct collecting *c, const char *name, size_t per_run,
                           double *value, const char **text)
{
	const struct group *to = vt_frame_group(c->frame, c->group);
	const struct var *made = vt_group_var(to, name);
	for (size_t i = 0; i < c->runs->n; i++) {
		const struct group *g = vt_frame_group(c->runs->run[i].frame, c->group);
		const struct var *v = g ? vt_group_var(g, name) : NULL;
		if (!v || !alike(to, made, g, v)) continue;
		struct placing p = { 0 };
		enum vt_status status = prepare(ctx, c, g, v, &p);
		for (size_t e = 0; status == VT_OK && e < v->n; e++) {
			size_t at = i * per_run + placed(&p, e);
			if (v->type == VT_TEXT) text[at] = vt_var_text(v, e);
			else value[at] = vt_var_number(v, e);
		}
		clear_placing(&p);
		if (status != VT_OK) return status;
	}
	return VT_OK;
}

/* Gaps are marked where the type allows it: a 0 among flags would read as "ok". */
static enum vt_status put_values(struct vt_ctx *ctx, const struct collecting *c, const char *name)
{
	enum vt_status status;
	const struct var *v = vt_group_var(vt_frame_group(c->frame, c->group), name);
	bool flags = vt_attrs_find(&v->attrs, "flag_masks") != NULL;
	double *value = NULL, gap = flags ? VT_NOT_COMPUTED : vt_dtype_is_real(v->type) ? (double)NAN : 0;
	const char **text = NULL;

	VT_NEW(ctx, value, v->type == VT_TEXT ? 0 : v->n);
	VT_NEW(ctx, text, v->type == VT_TEXT ? v->n : 0);
	for (size_t i = 0; i < v->n; i++) {
		if (v->type == VT_TEXT) text[i] = "";
		else value[i] = gap;
	}
	VT_TRY(fill(ctx, c, name, v->n / c->runs->n, value, text));
	status = v->type == VT_TEXT ? vt_frame_put_text(ctx, c->frame, c->group, name, v->n, text)
	                            : vt_frame_put(ctx, c->frame, c->group, name, v->n, value);
done:
	free(text);
	free(value);
	return status;
}

/* Unit, long name, flag meanings and what else the first run says of it. */
static enum vt_status copy_attributes(struct vt_ctx *ctx, const struct collecting *c, const struct attrs *from,
                                      struct attrs *to, bool steps)
{
	enum vt_status status;
	const char *epoch = steps && vt_group_var(vt_frame_group(c->frame, c->group), "epoch") ? " epoch" : "";
	char *coordinates = vt_format(ctx, "%s%s", c->coordinates, epoch);
	struct attr a = { .name = "coordinates", .type = ATTR_TEXT, .text = coordinates };

	VT_REQUIRE(ctx, coordinates, VT_ENOMEM, "out of memory for coordinates");
	for (size_t i = 0; i < from->n; i++) VT_TRY(vt_attrs_set(ctx, to, &from->item[i]));
	status = vt_attrs_set(ctx, to, &a);
done:
	free(coordinates);
	return status;
}

/* False for what has no place in a collected file; said once, by name. */
static bool collectable(struct vt_ctx *ctx, const struct collecting *c, const struct group *g, const struct var *v)
{
	bool known = true, empty = false;
	for (size_t k = 0; k < v->rank; k++) {
		const struct merged *m = vt_grid_dim(&c->grid, g->dim[v->dim[k]].name);
		known = known && m;
		empty = empty || (m && m->n == 0);
	}
	if (empty) return false; /* no run has a step yet */
	if (known && v->rank < VT_MAX_RANK_FRAME) return true;
	vt_log(ctx, VT_WARN, "'/%s/%s' is left out: it has %s", g->name, v->name,
	       known ? "too many dimensions" : "an axis without coordinate");
	return false;
}

/* The first run that has the variable declares it; put_values then asks all runs. */
static enum vt_status collect_variable(struct vt_ctx *ctx, struct collecting *c, const struct group *g,
                                       const struct var *v)
{
	enum vt_status status;
	struct vt_variable made = { .name = v->name, .type = v->type, .rank = v->rank + 1, .dim = { "run" } };
	struct group *to = vt_frame_group(c->frame, c->group);

	if (v->coordinate || vt_group_var(to, v->name) || !collectable(ctx, c, g, v)) return VT_OK;
	for (size_t k = 0; k < v->rank; k++) made.dim[k + 1] = g->dim[v->dim[k]].name;
	bool steps = v->rank > 0 && strcmp(made.dim[1], "step") == 0 && strcmp(v->name, "epoch") != 0;
	VT_TRY(vt_frame_variable(ctx, c->frame, c->group, &made));
	VT_TRY(copy_attributes(ctx, c, &v->attrs, &to->var[to->n_vars - 1].attrs, steps));
	status = put_values(ctx, c, v->name);
done:
	return status;
}

/* ---- one group ---------------------------------------------------------- */

/* A dimension that no run has an entry of (steps of runs just begun) is left out. */
static enum vt_status declare_dims(struct vt_ctx *ctx, struct collecting *c)
{
	enum vt_status status;

	VT_TRY(vt_frame_dim(ctx, c->frame, c->group, "run", c->runs->n, NULL, NULL, NULL, "number of the run in this file"));
	for (size_t k = 0; k < c->grid.n; k++) {
		const struct merged *m = &c->grid.dim[k];
		if (m->n == 0) continue;
		VT_TRY(vt_frame_dim(ctx, c->frame, c->group, m->name, m->n, (const char *const *)m->label, m->value, m->unit,
		                    m->long_name));
	}
	status = vt_run_coordinates(ctx, c->runs, c->frame, c->group, &c->coordinates);
done:
	return status;
}

/* What the first run that has the group says of it; where and when stays in the runs. */
static enum vt_status copy_group_attributes(struct vt_ctx *ctx, const struct collecting *c, const struct group *g)
{
	struct attrs *to = &vt_frame_group(c->frame, c->group)->attrs;
	bool shared = g && *c->group && strcmp(c->group, "provenance") != 0;
	for (size_t i = 0; shared && i < g->attrs.n; i++) {
		if (vt_attrs_find(to, g->attrs.item[i].name)) continue;
		enum vt_status status = vt_attrs_set(ctx, to, &g->attrs.item[i]);
		if (status != VT_OK) return status;
	}
	return VT_OK;
}

static enum vt_status collect_group(struct vt_ctx *ctx, const struct vt_runs *r, struct vt_frame *f, const char *group)
{
	enum vt_status status;
	struct collecting c = { .runs = r, .frame = f, .group = group };

	VT_TRY(vt_grid_merge(ctx, r, group, &c.grid));
	VT_TRY(declare_dims(ctx, &c));
	for (size_t i = 0; i < r->n; i++) {
		const struct group *g = vt_frame_group(r->run[i].frame, group);
		for (size_t k = 0; g && k < g->n_vars; k++) VT_TRY(collect_variable(ctx, &c, g, &g->var[k]));
		VT_TRY(copy_group_attributes(ctx, &c, g));
	}
	status = VT_OK;
done:
	vt_grid_clear(&c.grid);
	free(c.coordinates);
	if (status != VT_OK) vt_ctx_frame(ctx, "in group '/%s'", group);
	return status;
}

/* ---- the file ----------------------------------------------------------- */

/* What all runs agree on, and a word where they do not. */
static enum vt_status collect_attributes(struct vt_ctx *ctx, const struct vt_runs *r, struct vt_frame *f)
{
	static const char *const shared[] = { "title", "experiment", "git_revision", "dataset_sha256",
	                                      "hypotheses_sha256", "kernel" };
	enum vt_status status;

	VT_TRY(vt_frame_attr_text(ctx, f, "/", "Conventions", "CF-1.10"));
	VT_TRY(vt_frame_attr_text(ctx, f, "/", "venturi_schema", "venturi-sweep/1"));
	VT_TRY(vt_frame_attr_text(ctx, f, "/", "venturi_version", PACKAGE_VERSION));
	for (size_t k = 0; k < sizeof shared / sizeof shared[0]; k++) {
		const char *value = vt_runs_attribute(r, 0, shared[k]);
		for (size_t i = 1; i < r->n && value; i++) {
			const char *other = vt_runs_attribute(r, i, shared[k]);
			if (!other || strcmp(other, value) != 0) value = "(differs between runs)";
		}
		if (value) VT_TRY(vt_frame_attr_text(ctx, f, "/", shared[k], value));
	}
	status = vt_frame_attr_int(ctx, f, "/", "runs", (int64_t)r->n);
done:
	return status;
}

enum vt_status vt_runs_collect(struct vt_ctx *ctx, const struct vt_runs *r, const char *rulings_json,
                               const char *path)
{
	enum vt_status status;
	struct vt_frame *f = vt_frame_create(ctx);

	VT_REQUIRE(ctx, f, VT_ENOMEM, "%s: out of memory", path);
	VT_TRY(collect_attributes(ctx, r, f));
	VT_TRY(collect_group(ctx, r, f, ""));
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; r->run[i].group[k]; k++)
			if (!vt_frame_group(f, r->run[i].group[k])) VT_TRY(collect_group(ctx, r, f, r->run[i].group[k]));
	if (rulings_json) VT_TRY(vt_rulings_collect(ctx, rulings_json, f));
	status = vt_frame_write(ctx, f, path);
done:
	vt_frame_free(f);
	return status;
}
