/* The finished tasks of a folder: opened, checked, and held in memory for verdicts, reports
 * and collecting.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runs.h"

static void clear_run(struct run *r)
{
	size_t n = r->frame ? r->frame->group[0].attrs.n : 0;
	for (size_t i = 0; r->attribute && i < n; i++) free(r->attribute[i]);
	for (size_t i = 0; i < r->n_settings; i++) {
		free(r->setting[i].key);
		free(r->setting[i].text);
	}
	free(r->attribute);
	free(r->setting);
	free(r->group);
	free(r->path);
	vt_frame_free(r->frame);
	*r = (struct run){ 0 };
}

void vt_runs_free(struct vt_runs *r)
{
	if (!r) return;
	for (size_t i = 0; i < r->n; i++) clear_run(&r->run[i]);
	for (size_t i = 0; r->axis && r->axis[i]; i++) free(r->axis[i]);
	free(r->axis);
	free(r->run);
	free(r->dir);
	free(r);
}

/* ---- opening ---------------------------------------------------------- */

static char *attribute_text(struct vt_ctx *ctx, const struct attr *a)
{
	switch (a->type) {
	case ATTR_TEXT: return vt_copy(ctx, a->text);
	case ATTR_INT: return vt_format(ctx, "%" PRId64, a->integer);
	case ATTR_REAL: return vt_format(ctx, "%.17g", a->real);
	case ATTR_INTS: break;
	}
	return vt_format(ctx, "(%zu integers)", a->n);
}

/* Callers get pointers to texts that live as long as the runs: made once, here. */
static enum vt_status index_run(struct vt_ctx *ctx, struct run *r)
{
	enum vt_status status;
	const struct attrs *a = &r->frame->group[0].attrs;

	VT_NEW(ctx, r->attribute, a->n);
	for (size_t i = 0; i < a->n; i++) {
		r->attribute[i] = attribute_text(ctx, &a->item[i]);
		VT_REQUIRE(ctx, r->attribute[i], VT_ENOMEM, "%s: out of memory", r->path);
	}
	VT_NEW(ctx, r->group, r->frame->n_groups);
	for (size_t i = 1; i < r->frame->n_groups; i++) r->group[i - 1] = r->frame->group[i].name;
	status = vt_run_settings(ctx, r);
done:
	return status;
}

/* Nothing is used of a file whose content does not agree with its sum.  The frame is taken over. */
static enum vt_status open_run(struct vt_ctx *ctx, struct vt_frame_file *f, struct run *out)
{
	enum vt_status status = f->status;
	struct run r = { .frame = f->frame };

	f->frame = NULL;
	VT_REQUIRE(ctx, status == VT_OK, status, "%s", f->why);
	const char *schema = vt_attrs_text(&r.frame->group[0].attrs, "venturi_schema");
	VT_REQUIRE(ctx, schema && strcmp(schema, "venturi-run/1") == 0, VT_EDATA,
	           "%s: has schema '%s', wanted 'venturi-run/1'", f->path, schema ? schema : "none");
	VT_REQUIRE(ctx, f->intact, VT_EDATA, "%s: is damaged: its content does not agree with its content_sha256", f->path);
	r.path = vt_copy(ctx, f->path);
	VT_REQUIRE(ctx, r.path, VT_ENOMEM, "%s: out of memory", f->path);
	VT_TRY(index_run(ctx, &r));
	*out = r;
	r = (struct run){ 0 };
	status = VT_OK;
done:
	clear_run(&r);
	return status;
}

/* A file that is missing or damaged is told in one line and left out. */
static enum vt_status add_run(struct vt_ctx *ctx, struct vt_runs *r, struct vt_frame_file *f)
{
	enum vt_status status = vt_array_grow(ctx, &r->run, r->n, sizeof *r->run);
	if (status == VT_OK) status = open_run(ctx, f, &r->run[r->n]);
	if (status == VT_OK) r->n++;
	if (status != VT_EDATA) return status;
	const char *trail = vt_ctx_trail(ctx);
	vt_log(ctx, VT_WARN, "%.*s; skipped", (int)strcspn(trail, "\n"), trail);
	vt_ctx_forget(ctx);
	return VT_OK;
}

static int is_task(const struct dirent *entry)
{
	return strncmp(entry->d_name, "task-", 5) == 0;
}

static void clear_files(struct vt_frame_file *file, size_t n)
{
	for (size_t i = 0; file && i < n; i++) {
		free((char *)file[i].path);
		free(file[i].why);
		vt_frame_free(file[i].frame);
	}
	free(file);
}

static enum vt_status read_tasks(struct vt_ctx *ctx, struct vt_runs *r, struct dirent **entry, size_t n)
{
	enum vt_status status;
	struct vt_frame_file *file = NULL;

	VT_NEW(ctx, file, n);
	for (size_t i = 0; i < n; i++) {
		file[i].path = vt_format(ctx, "%s/%s/run.h5", r->dir, entry[i]->d_name);
		VT_REQUIRE(ctx, file[i].path, VT_ENOMEM, "%s: out of memory for %zu paths", r->dir, n);
	}
	vt_frames_read(ctx, n, file);
	for (size_t i = 0; i < n; i++) VT_TRY(add_run(ctx, r, &file[i]));
	status = VT_OK;
done:
	clear_files(file, n);
	return status;
}

/* In the order of their numbers, also beyond 99999. */
static enum vt_status add_tasks(struct vt_ctx *ctx, struct vt_runs *r, size_t *seen)
{
	struct dirent **entry = NULL;
	int n = scandir(r->dir, &entry, is_task, versionsort);
	if (n < 0) return vt_ctx_fail(ctx, VT_EDATA, "%s: the folder cannot be read: %s", r->dir, strerror(errno));
	enum vt_status status = read_tasks(ctx, r, entry, (size_t)n);
	for (int i = 0; i < n; i++) free(entry[i]);
	free(entry);
	*seen = (size_t)n;
	return status;
}

static enum vt_status add_file(struct vt_ctx *ctx, struct vt_runs *r, const char *path)
{
	struct vt_frame_file f = { .path = path };
	enum vt_status status = vt_array_grow(ctx, &r->run, 0, sizeof *r->run);
	if (status != VT_OK) return status;
	vt_frames_read(ctx, 1, &f);
	status = open_run(ctx, &f, &r->run[0]);
	free(f.why);
	if (status == VT_OK) r->n = 1;
	return status;
}

enum vt_status vt_runs_open(struct vt_ctx *ctx, const char *dir, struct vt_runs **out)
{
	enum vt_status status;
	struct vt_runs *r = NULL;
	struct stat st;
	size_t seen = 0;

	VT_REQUIRE(ctx, stat(dir, &st) == 0, VT_EDATA, "%s: cannot be opened: %s; wanted a folder that `venturi run` made",
	           dir, strerror(errno));
	VT_NEW(ctx, r, 1);
	r->dir = vt_copy(ctx, dir);
	VT_REQUIRE(ctx, r->dir, VT_ENOMEM, "%s: out of memory", dir);
	if (S_ISDIR(st.st_mode)) {
		VT_TRY(add_tasks(ctx, r, &seen));
		VT_REQUIRE(ctx, r->n > 0, VT_EDATA, "%s: holds no usable run (%zu task folders); wanted task-NNNNN/run.h5 as"
		           " `venturi run` makes them", dir, seen);
	} else {
		VT_TRY(add_file(ctx, r, dir));
	}
	VT_TRY(vt_runs_find_axes(ctx, r));
	*out = r;
	r = NULL;
	status = VT_OK;
done:
	vt_runs_free(r);
	return status;
}

/* ---- asking ----------------------------------------------------------- */

size_t vt_runs_count(const struct vt_runs *r)
{
	return r->n;
}

const char *vt_runs_path(const struct vt_runs *r, size_t i)
{
	return r->run[i].path;
}

const char *vt_runs_attribute(const struct vt_runs *r, size_t i, const char *name)
{
	const struct attrs *a = &r->run[i].frame->group[0].attrs;
	const struct attr *found = vt_attrs_find(a, name);
	return found ? r->run[i].attribute[found - a->item] : NULL;
}

bool vt_runs_alive(const struct vt_runs *r, size_t i)
{
	const struct attr *alive = vt_attrs_find(&r->run[i].frame->group[0].attrs, "alive");
	return alive && alive->type == ATTR_INT && alive->integer != 0;
}

const char *vt_runs_text(const struct vt_runs *r, size_t i, const char *name)
{
	const struct var *v = vt_group_var(&r->run[i].frame->group[0], name);
	return v && v->type == VT_TEXT && v->n == 1 ? vt_var_text(v, 0) : NULL;
}

const char *const *vt_runs_groups(const struct vt_runs *r, size_t i)
{
	return r->run[i].group;
}

const char *vt_runs_variable(const struct vt_runs *r, size_t i, const char *group, size_t k)
{
	const struct group *g = vt_frame_group(r->run[i].frame, group);
	for (size_t v = 0; g && v < g->n_vars; v++)
		if (!g->var[v].coordinate && k-- == 0) return g->var[v].name;
	return NULL;
}

const char *vt_runs_group_text(const struct vt_runs *r, size_t i, const char *group, const char *name)
{
	const struct group *g = vt_frame_group(r->run[i].frame, group);
	return g ? vt_attrs_text(&g->attrs, name) : NULL;
}

bool vt_runs_has(const struct vt_runs *r, size_t i, const char *variable)
{
	return vt_frame_var(r->run[i].frame, variable) != NULL;
}

enum vt_status vt_runs_series(struct vt_ctx *ctx, const struct vt_runs *r, size_t i, const char *variable,
                              struct vt_series **out)
{
	enum vt_status status = vt_frame_series(ctx, r->run[i].frame, variable, out);
	if (status != VT_OK) vt_ctx_frame(ctx, "in %s", r->run[i].path);
	return status;
}
