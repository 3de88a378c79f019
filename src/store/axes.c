/* Settings of finished runs as text, and which of them differ.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runs.h"

/* The fewest digits that read back the same. */
static char *real_text(struct vt_ctx *ctx, double x)
{
	char text[40];
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, x);
		if (strtod(text, NULL) == x) break;
	}
	return vt_copy(ctx, text);
}

char *vt_run_setting_text(struct vt_ctx *ctx, const json_t *value)
{
	if (json_is_string(value)) return vt_copy(ctx, json_string_value(value));
	if (json_is_real(value)) return real_text(ctx, json_real_value(value));
	if (json_is_null(value)) return NULL;
	char *dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
	if (!dumped) vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for a setting");
	return dumped;
}

/* Adds every member of a flat JSON object. */
static enum vt_status add_settings(struct vt_ctx *ctx, struct run *r, const char *text, const char *what, bool swept)
{
	enum vt_status status;
	const char *key;
	json_t *value, *o = NULL;
	json_error_t error;

	VT_REQUIRE(ctx, text, VT_EDATA, "%s: has no %s", r->path, what);
	o = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	VT_REQUIRE(ctx, json_is_object(o), VT_EDATA, "%s: its %s are not a JSON object: %s", r->path, what, error.text);
	json_object_foreach(o, key, value) {
		VT_TRY(vt_array_grow(ctx, &r->setting, r->n_settings, sizeof *r->setting));
		struct setting *s = &r->setting[r->n_settings++];
		s->swept = swept;
		s->is_number = json_is_number(value);
		s->key = vt_copy(ctx, key);
		s->text = vt_run_setting_text(ctx, value);
		VT_REQUIRE(ctx, s->key && (s->text || json_is_null(value)), VT_ENOMEM, "%s: out of memory", r->path);
	}
	status = VT_OK;
done:
	json_decref(o);
	return status;
}

/* A sweep over arms has an axis that is no setting; it is known from the attribute alone. */
enum vt_status vt_run_settings(struct vt_ctx *ctx, struct run *r)
{
	const struct var *settings = vt_frame_var(r->frame, "settings");
	const char *text = settings && settings->type == VT_TEXT && settings->n == 1 ? vt_var_text(settings, 0) : NULL;
	const char *sweep = vt_attrs_text(&r->frame->group[0].attrs, "sweep");
	enum vt_status status = add_settings(ctx, r, text, "settings", false);
	if (status == VT_OK && sweep) status = add_settings(ctx, r, sweep, "points of the sweep", true);
	return status;
}

/* Resolved settings come first; the sweep adds what is no setting: "arm". */
const struct setting *vt_run_setting(const struct run *r, const char *key)
{
	for (size_t i = 0; i < r->n_settings; i++)
		if (strcmp(r->setting[i].key, key) == 0) return &r->setting[i];
	return NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* A setting that only some runs have (another kind, say) differs too. */
static bool differs(const struct vt_runs *r, const char *key)
{
	const struct setting *first = vt_run_setting(&r->run[0], key);
	for (size_t i = 1; i < r->n; i++) {
		const struct setting *other = vt_run_setting(&r->run[i], key);
		if (!first != !other || (first && !same_text(first->text, other->text))) return true;
	}
	return false;
}

static bool listed(const struct vt_runs *r, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(r->axis[i], key) == 0) return true;
	return false;
}

/* First pass: what was swept on purpose.  Second: what differs for another reason. */
enum vt_status vt_runs_find_axes(struct vt_ctx *ctx, struct vt_runs *r)
{
	enum vt_status status;
	size_t n = 0;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < r->n; i++)
			for (size_t k = 0; k < r->run[i].n_settings; k++) {
				const struct setting *s = &r->run[i].setting[k];
				if (s->swept != (pass == 0) || listed(r, n, s->key) || !differs(r, s->key)) continue;
				VT_TRY(vt_array_grow(ctx, &r->axis, n, sizeof *r->axis));
				r->axis[n] = vt_copy(ctx, s->key);
				VT_REQUIRE(ctx, r->axis[n], VT_ENOMEM, "out of memory for the axes");
				n++;
			}
	VT_TRY(vt_array_grow(ctx, &r->axis, n, sizeof *r->axis));
	r->axis[n] = NULL;
	status = VT_OK;
done:
	return status;
}

const char *vt_runs_setting(const struct vt_runs *r, size_t i, const char *key)
{
	const struct setting *s = vt_run_setting(&r->run[i], key);
	return s ? s->text : NULL;
}

const char *const *vt_runs_axes(const struct vt_runs *r)
{
	return (const char *const *)r->axis;
}
