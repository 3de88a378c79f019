/* What tells the runs of a collected file apart: coordinates over `run`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "merge.h"

/* What one coordinate says of run i: text, or null where the run has no such thing. */
typedef const char *ask_fn(const struct vt_runs *r, size_t i, const char *key);

/* Relative to the folder, so that equal sweeps in different folders give equal files. */
static const char *ask_file(const struct vt_runs *r, size_t i, const char *key)
{
	(void)key;
	size_t n = strlen(r->dir);
	const char *path = r->run[i].path;
	if (strncmp(path, r->dir, n) != 0 || path[n] != '/') return path;
	return path + n + strspn(path + n, "/");
}

/* Whole numbers that a double holds exactly. */
static bool is_integer(const char *text)
{
	return strlen(text) <= 15 && strspn(text, "-0123456789") == strlen(text);
}

static bool is_number(const char *text)
{
	char *end;
	strtod(text, &end);
	return end != text && *end == '\0';
}

/* Numbers where all runs have numbers, int64 where those are whole; else text. */
static enum vt_dtype common_type(const struct vt_runs *r, ask_fn *ask, const char *key)
{
	bool integer = true, number = true;
	for (size_t i = 0; i < r->n; i++) {
		const char *text = ask(r, i, key);
		const struct setting *s = vt_run_setting(&r->run[i], key);
		number = number && text && is_number(text) && (!s || s->is_number || s->swept);
		integer = integer && number && is_integer(text);
	}
	return integer ? VT_I64 : number ? VT_F64 : VT_TEXT;
}

static enum vt_status put(struct vt_ctx *ctx, const struct vt_runs *r, struct vt_frame *f, const char *group,
                          const struct vt_variable *v, ask_fn *ask, const char *key)
{
	enum vt_status status;
	double *value = NULL;
	const char **text = NULL;

	VT_NEW(ctx, value, r->n);
	VT_NEW(ctx, text, r->n);
	for (size_t i = 0; i < r->n; i++) {
		const char *answer = ask(r, i, key);
		text[i] = answer ? answer : "";
		value[i] = v->type == VT_TEXT ? 0 : strtod(text[i], NULL);
	}
	VT_TRY(vt_frame_variable(ctx, f, group, v));
	status = v->type == VT_TEXT ? vt_frame_put_text(ctx, f, group, v->name, r->n, text)
	                            : vt_frame_put(ctx, f, group, v->name, r->n, value);
done:
	free(text);
	free(value);
	return status;
}

static enum vt_status add(struct vt_ctx *ctx, const struct vt_runs *r, struct vt_frame *f, const char *group,
                          const char *name, const char *long_name, enum vt_dtype type, ask_fn *ask, const char *key,
                          char **names)
{
	struct vt_variable v = { .name = name, .type = type, .rank = 1, .dim = { "run" }, .long_name = long_name };
	if (vt_group_var(vt_frame_group(f, group), name)) return VT_OK; /* two keys that differ in a dot only */
	enum vt_status status = put(ctx, r, f, group, &v, ask, key);
	char *longer = status == VT_OK ? vt_format(ctx, "%s%s%s", *names ? *names : "", *names ? " " : "", name) : NULL;
	if (status != VT_OK) return status;
	if (!longer) return VT_ENOMEM;
	free(*names);
	*names = longer;
	return VT_OK;
}

/* "train.seed" as train_seed, which xarray takes for an attribute. */
static enum vt_status add_axis(struct vt_ctx *ctx, const struct vt_runs *r, struct vt_frame *f, const char *group,
                               const char *key, char **names)
{
	char *name = vt_copy(ctx, key), *long_name = vt_format(ctx, "setting %s", key);
	enum vt_status status = VT_ENOMEM;
	if (name && long_name) {
		for (char *p = name; *p; p++)
			if (*p == '.' || *p == ' ' || *p == '/') *p = '_';
		status = add(ctx, r, f, group, name, long_name, common_type(r, vt_runs_setting, key), vt_runs_setting, key,
		             names);
	}
	free(long_name);
	free(name);
	return status;
}

/* Every group repeats them: each must be usable by itself. */
enum vt_status vt_run_coordinates(struct vt_ctx *ctx, const struct vt_runs *r, struct vt_frame *f, const char *group,
                                  char **names)
{
	enum vt_status status;
	char *list = NULL;

	for (size_t i = 0; r->axis[i]; i++) VT_TRY(add_axis(ctx, r, f, group, r->axis[i], &list));
	VT_TRY(add(ctx, r, f, group, "seed", "train.seed", VT_I64, vt_runs_attribute, "seed", &list));
	VT_TRY(add(ctx, r, f, group, "alive", "1 unless the run was born dead or diverged", VT_U8, vt_runs_attribute,
	           "alive", &list));
	VT_TRY(add(ctx, r, f, group, "status", "running, complete, stopped, failed", VT_TEXT, vt_runs_attribute, "status",
	           &list));
	VT_TRY(add(ctx, r, f, group, "run_file", "file of the run, in the folder collected", VT_TEXT, ask_file, "",
	           &list));
	*names = list;
	list = NULL;
	status = VT_OK;
done:
	free(list);
	return status;
}
