/* Groups the runs of a folder into arms.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study.h"

void vt_safe_name(const char *text, const char *prefix, size_t number, char out[48])
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-";
	size_t n = strlen(text);
	if (n > 0 && n < 40 && strspn(text, allowed) == n && text[0] != '-' && text[0] != '.') snprintf(out, 48, "%s", text);
	else snprintf(out, 48, "%.20s %zu", prefix, number);
}

static const char *last_part(const char *path, size_t *length)
{
	size_t end = strlen(path);
	while (end > 1 && path[end - 1] == '/') end--;
	size_t begin = end;
	while (begin > 0 && path[begin - 1] != '/') begin--;
	*length = end - begin;
	return path + begin;
}

/* "DIR/task-00003/run.h5" is task-00003. */
static char *task_name(struct vt_ctx *ctx, const char *path)
{
	size_t length;
	const char *file = last_part(path, &length);
	if (file == path) return vt_copy(ctx, path);
	char *folder = vt_format(ctx, "%.*s", (int)(file - path), path);
	if (!folder) return NULL;
	const char *name = last_part(folder, &length);
	char *out = vt_format(ctx, "%.*s", (int)length, name);
	free(folder);
	return out;
}

static const char *setting(const struct vt_study *s, size_t run, const char *key)
{
	const char *value = vt_runs_setting(s->runs, run, key);
	return value ? value : "";
}

static bool same_arm(const struct vt_study *s, size_t a, size_t b, size_t n_axes)
{
	for (size_t k = 0; k < n_axes; k++)
		if (strcmp(setting(s, a, s->axis[k]), setting(s, b, s->axis[k])) != 0) return false;
	return true;
}

/* Fills run[].arm by the first n_axes axes and returns the number of arms. */
static size_t partition(struct vt_study *s, size_t n_axes)
{
	size_t n_arms = 0;
	for (size_t i = 0; i < s->n_runs; i++) {
		size_t j = 0;
		while (j < i && !same_arm(s, i, j, n_axes)) j++;
		s->run[i].arm = j < i ? s->run[j].arm : n_arms++;
	}
	return n_arms;
}

/* Keeps an axis only if it splits what the axes before it left together: the settings
 * that an arm implies say nothing new. */
static enum vt_status choose_axes(struct vt_ctx *ctx, struct vt_study *s)
{
	const char *const *axes = vt_runs_axes(s->runs);
	size_t n = 0;
	enum vt_status status;
	while (axes && axes[n]) n++;
	VT_NEW(ctx, s->axis, n + 1);
	s->n_arms = 1;
	for (size_t k = 0; k < n; k++) {
		if (strcmp(axes[k], VT_REPLICATE) == 0) continue;
		s->axis[s->n_axes] = axes[k];
		size_t arms = partition(s, s->n_axes + 1);
		if (arms > s->n_arms) s->n_axes++;
		s->n_arms = arms;
	}
	s->n_arms = partition(s, s->n_axes);
	status = VT_OK;
done:
	return status;
}

static enum vt_status label_arm(struct vt_ctx *ctx, struct vt_study *s, size_t run)
{
	struct vt_arm *arm = &s->arm[s->run[run].arm];
	enum vt_status status = VT_OK;
	char *label = vt_copy(ctx, s->n_axes == 0 ? "all runs" : "");
	for (size_t k = 0; label && k < s->n_axes; k++) {
		char *longer = vt_format(ctx, "%s%s%s", label, k > 0 ? ", " : "", setting(s, run, s->axis[k]));
		free(label);
		label = longer;
	}
	if (!label) status = VT_ENOMEM;
	arm->label = label;
	if (label) vt_safe_name(label, s->n_axes == 0 ? "all runs, arm" : "arm", s->run[run].arm + 1, arm->name);
	return status;
}

static enum vt_status group(struct vt_ctx *ctx, struct vt_study *s)
{
	enum vt_status status;
	VT_NEW(ctx, s->run, s->n_runs);
	for (size_t i = 0; i < s->n_runs; i++) {
		s->run[i].task = task_name(ctx, vt_runs_path(s->runs, i));
		if (!s->run[i].task) { status = VT_ENOMEM; goto done; }
		s->run[i].seed = setting(s, i, VT_REPLICATE);
		s->run[i].alive = vt_runs_alive(s->runs, i);
	}
	VT_TRY(choose_axes(ctx, s));
	VT_NEW(ctx, s->arm, s->n_arms);
	for (size_t i = 0; i < s->n_runs; i++) {
		struct vt_arm *arm = &s->arm[s->run[i].arm];
		if (arm->n_runs++ == 0) VT_TRY(label_arm(ctx, s, i));
		arm->n_live += s->run[i].alive;
	}
	status = VT_OK;
done:
	return status;
}

enum vt_status vt_study_open(struct vt_ctx *ctx, const char *dir, struct vt_study **out)
{
	struct vt_study *s = NULL;
	enum vt_status status;
	size_t length;
	VT_NEW(ctx, s, 1);
	VT_TRY(vt_runs_open(ctx, dir, &s->runs));
	s->n_runs = vt_runs_count(s->runs);
	s->dir = vt_copy(ctx, dir);
	const char *name = last_part(dir, &length);
	s->name = vt_format(ctx, "%.*s", (int)length, name);
	if (!s->dir || !s->name) { status = VT_ENOMEM; goto done; }
	VT_TRY(group(ctx, s));
	*out = s;
	s = NULL;
	status = VT_OK;
done:
	vt_study_free(s);
	return status;
}

void vt_study_free(struct vt_study *s)
{
	if (!s) return;
	for (size_t i = 0; s->run && i < s->n_runs; i++) free(s->run[i].task);
	for (size_t i = 0; s->arm && i < s->n_arms; i++) free(s->arm[i].label);
	free(s->run);
	free(s->arm);
	free(s->axis);
	free(s->dir);
	free(s->name);
	vt_runs_free(s->runs);
	free(s);
}

static bool fits(const struct vt_study *s, size_t run, const char *group, const struct vt_group_finder *f)
{
	const char *kind = vt_runs_group_text(s->runs, run, group, "measure_kind"), *name;
	if (kind && strcmp(kind, f->measure) != 0) return false;
	for (size_t v = 0; (name = vt_runs_variable(s->runs, run, group, v)); v++)
		if (strcmp(name, f->variable) == 0) return true;
	return false;
}

const char *vt_study_group(const struct vt_study *s, const struct vt_group_finder *f, size_t k)
{
	for (size_t i = 0; i < s->n_runs; i++)
		for (const char *const *group = vt_runs_groups(s->runs, i); *group; group++) {
			bool seen = false;
			for (size_t j = 0; j < i && !seen; j++) seen = fits(s, j, *group, f);
			if (!seen && fits(s, i, *group, f) && k-- == 0) return *group;
		}
	return NULL;
}

bool vt_study_has(const struct vt_study *s, const char *variable)
{
	for (size_t i = 0; i < s->n_runs; i++)
		if (vt_runs_has(s->runs, i, variable)) return true;
	return false;
}
