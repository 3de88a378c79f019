/* What a file is, as JSON: for `venturi info` and for scripts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "info.h"

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *attribute_json(const struct attr *a)
{
	if (!a) return json_null();
	switch (a->type) {
	case ATTR_TEXT: return json_string(a->text);
	case ATTR_INT: return json_integer(a->integer);
	case ATTR_REAL: return isfinite(a->real) ? json_real(a->real) : json_null();
	case ATTR_INTS: break;
	}
	json_t *list = json_array();
	for (size_t i = 0; i < a->n; i++) json_array_append_new(list, json_integer(a->ints[i]));
	return list;
}

static json_t *attributes_json(const struct attrs *a)
{
	json_t *o = json_object();
	for (size_t i = 0; i < a->n; i++) json_object_set_new(o, a->item[i].name, attribute_json(&a->item[i]));
	return o;
}

static json_t *variable_json(const struct group *g, const struct var *v)
{
	json_t *dims = json_array();
	for (size_t i = 0; i < v->rank; i++) json_array_append_new(dims, json_string(g->dim[v->dim[i]].name));
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "name", v->name, "type", vt_dtype_name(v->type), "dimensions", dims,
	                 "unit", text_or_null(vt_attrs_text(&v->attrs, "units")), "long_name",
	                 text_or_null(vt_attrs_text(&v->attrs, "long_name")));
}

static json_t *group_json(const struct group *g)
{
	json_t *dims = json_object(), *vars = json_array(), *name = json_sprintf("/%s", g->name);
	for (size_t i = 0; i < g->n_dims; i++)
		json_object_set_new(dims, g->dim[i].name, json_integer((json_int_t)g->dim[i].n));
	for (size_t i = 0; i < g->n_vars; i++) json_array_append_new(vars, variable_json(g, &g->var[i]));
	return json_pack("{s:o, s:o, s:o}", "name", name, "dimensions", dims, "variables", vars);
}

/* The text dataset `settings`, parsed; null in a collected file, which has one per run. */
static json_t *settings_json(const struct vt_frame *f)
{
	const struct var *v = vt_frame_var(f, "settings");
	json_t *parsed = v && v->type == VT_TEXT && v->rank == 0 ? json_loads(vt_var_text(v, 0), 0, NULL) : NULL;
	return parsed ? parsed : json_null();
}

static const char *file_kind(const char *schema)
{
	if (strncmp(schema, "venturi-run/", 12) == 0) return "run";
	if (strncmp(schema, "venturi-sweep/", 14) == 0) return "sweep";
	if (strncmp(schema, "venturi-activations/", 20) == 0) return "activations";
	if (strncmp(schema, "venturi-checkpoint/", 19) == 0) return "checkpoint";
	return "foreign";
}

/* The longest `step` of any group, and where it ends. */
static void count_steps(const struct vt_frame *f, json_t *o)
{
	const struct var *longest = NULL;
	for (size_t i = 0; i < f->n_groups; i++) {
		const struct var *v = vt_group_var(&f->group[i], "step");
		if (v && v->type == VT_I64 && (!longest || v->n > longest->n)) longest = v;
	}
	json_object_set_new(o, "steps", longest ? json_integer((json_int_t)longest->n) : json_null());
	json_object_set_new(o, "last_step",
	                    longest && longest->n > 0 ? json_integer(longest->u.integer[longest->n - 1]) : json_null());
}

/* Keys that a file of this kind lacks stand as null: scripts need not ask which kind it is. */
static json_t *own_json(const char *path, const struct vt_frame *f, bool intact)
{
	const struct attrs *root = &f->group[0].attrs;
	const struct attr *alive = vt_attrs_find(root, "alive");
	const struct group *provenance = vt_frame_group(f, "provenance");
	const char *schema = vt_attrs_text(root, "venturi_schema"), *sum = vt_attrs_text(root, "content_sha256");
	json_t *groups = json_array(), *o = json_object();

	for (size_t i = 0; i < f->n_groups; i++) json_array_append_new(groups, group_json(&f->group[i]));
	json_object_set_new(o, "path", json_string(path));
	json_object_set_new(o, "kind", json_string(file_kind(schema)));
	json_object_set_new(o, "schema", json_string(schema));
	json_object_set_new(o, "title", text_or_null(vt_attrs_text(root, "title")));
	json_object_set_new(o, "status", text_or_null(vt_attrs_text(root, "status")));
	json_object_set_new(o, "alive", alive && alive->type == ATTR_INT ? json_boolean(alive->integer) : json_null());
	count_steps(f, o);
	json_object_set_new(o, "content_sha256", text_or_null(sum));
	json_object_set_new(o, "content_ok", sum ? json_boolean(intact) : json_null());
	json_object_set_new(o, "attributes", attributes_json(root));
	json_object_set_new(o, "groups", groups);
	json_object_set_new(o, "settings", settings_json(f));
	json_object_set_new(o, "provenance", provenance ? attributes_json(&provenance->attrs) : json_null());
	return o;
}

/* The same keys, and null for what only our files have. */
static json_t *foreign_json(const char *path, json_t *groups)
{
	static const char *const missing[] = { "schema", "title", "status", "alive", "steps", "last_step", "content_sha256",
	                                       "content_ok", "attributes", "settings", "provenance" };
	json_t *o = json_pack("{s:s, s:s, s:o}", "path", path, "kind", "foreign", "groups", groups);
	for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) json_object_set_new(o, missing[i], json_null());
	return o;
}

/* Ours if it can be read as ours.  A damaged file of ours says why, and is not shown as
 * somebody else's. */
static enum vt_status describe(struct vt_ctx *ctx, const char *path, json_t **out)
{
	enum vt_status status;
	struct vt_frame_file f = { .path = path };
	json_t *groups = NULL;
	bool ours = false;

	vt_frames_read(ctx, 1, &f);
	if (f.status == VT_OK) {
		*out = own_json(path, f.frame, f.intact);
	} else {
		VT_REQUIRE(ctx, f.status == VT_EDATA && !f.sealed, f.status, "%s", f.why ? f.why : path);
		VT_TRY(vt_foreign_groups(ctx, path, &groups, &ours));
		VT_REQUIRE(ctx, !ours, VT_EDATA, "%s", f.why);
		*out = foreign_json(path, groups);
		groups = NULL;
		vt_ctx_forget(ctx);
	}
	status = VT_OK;
done:
	json_decref(groups);
	free(f.why);
	vt_frame_free(f.frame);
	return status;
}

enum vt_status vt_info_json(struct vt_ctx *ctx, const char *path, char **out)
{
	json_t *info = NULL;
	enum vt_status status = describe(ctx, path, &info);
	if (status != VT_OK) return status;
	json_t *root = json_pack("{s:o}", "info", info);
	char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
	json_decref(root);
	if (!text) return vt_ctx_fail(ctx, VT_ENOMEM, "%s: out of memory for its description", path);
	*out = text;
	return VT_OK;
}
