/* What an earlier process left of a run: whether it is the same run, and how it stands.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame.h"
#include "runs.h"
#include "store.h"

static const char *root_text(const struct vt_frame *f, const char *name)
{
	const struct var *v = vt_group_var(&f->group[0], name);
	return v && v->type == VT_TEXT && v->n == 1 ? vt_var_text(v, 0) : NULL;
}

static const char *root_attribute(const struct vt_frame *f, const char *name)
{
	const char *text = vt_attrs_text(&f->group[0].attrs, name);
	return text ? text : "";
}

/* ---- the same run? ---------------------------------------------------- */

/* How often it commits is no part of what a run is. */
static bool matters(const char *key)
{
	return strcmp(key, "store.commit") != 0;
}

static enum vt_status differs(struct vt_ctx *ctx, const char *path, const char *key, json_t *before, json_t *now)
{
	char *a = before ? vt_run_setting_text(ctx, before) : NULL, *b = now ? vt_run_setting_text(ctx, now) : NULL;
	enum vt_status status = vt_ctx_fail(ctx, VT_ECONFIG, "%s: %s was %.100s when this run began, and is %.100s now; "
	                                    "--force starts anew", path, key, a ? a : "not there", b ? b : "not there");
	free(a);
	free(b);
	return status;
}

/* Numbers are compared as they are printed, which tells all that differ. */
static enum vt_status same_settings(struct vt_ctx *ctx, const char *path, const char *before, const char *now)
{
	enum vt_status status = VT_OK;
	const char *key;
	json_t *value, *a = before ? json_loads(before, 0, NULL) : NULL, *b = json_loads(now, 0, NULL);
	VT_REQUIRE(ctx, json_is_object(a) && json_is_object(b), VT_EDATA, "%s: has no readable settings", path);
	json_object_foreach(b, key, value)
		if (matters(key) && !json_equal(value, json_object_get(a, key)))
			VT_TRY(differs(ctx, path, key, json_object_get(a, key), value));
	json_object_foreach(a, key, value)
		if (matters(key) && !json_object_get(b, key)) VT_TRY(differs(ctx, path, key, value, NULL));
done:
	json_decref(a);
	json_decref(b);
	return status;
}

static enum vt_status same_run(struct vt_ctx *ctx, const char *path, const struct vt_frame *f,
                               const struct vt_store_info *info)
{
	enum vt_status status;
	VT_TRY(same_settings(ctx, path, root_text(f, "settings"), info->task->settings_json));
	VT_REQUIRE(ctx, strcmp(root_attribute(f, "hypotheses_sha256"), info->experiment->hypotheses_sha256) == 0, VT_ECONFIG,
	           "%s: its hypotheses are not those of %s; they are registered before a run, --force starts anew", path,
	           info->experiment->path);
	VT_REQUIRE(ctx, !info->dataset_sha256 || strcmp(root_attribute(f, "dataset_sha256"), info->dataset_sha256) == 0,
	           VT_EDATA, "%s: the data are not those with which this run began; --force starts anew", path);
done:
	return status;
}

/* ---- reading ---------------------------------------------------------- */

static enum vt_status read_run(struct vt_ctx *ctx, const char *path, const struct vt_store_info *info,
                               struct vt_frame **out)
{
	enum vt_status status;
	struct vt_frame *f = NULL;
	bool intact = false;
	status = vt_frame_read(ctx, path, &f, &intact);
	if (status == VT_EDATA) vt_ctx_frame(ctx, "in what is to go on; --force starts anew");
	if (status != VT_OK) goto done;
	VT_REQUIRE(ctx, intact && strcmp(root_attribute(f, "venturi_schema"), "venturi-run/1") == 0, VT_EDATA,
	           "%s: is damaged, or no run file: its content does not agree with its content_sha256; --force starts anew",
	           path);
	VT_TRY(same_run(ctx, path, f, info));
	*out = f;
	f = NULL;
done:
	vt_frame_free(f);
	return status;
}

static bool is_temporary(const char *name)
{
	size_t n = strlen(name);
	return n > 4 && strcmp(name + n - 4, ".tmp") == 0;
}

/* A kill in a run's last commit leaves a temporary file that nobody would replace.  Not while somebody works there;
 * and a folder that cannot be written to is none the worse for it. */
static void tidy(struct vt_ctx *ctx, const struct vt_store_info *info)
{
	int lock = -1;
	bool any = false;
	char *folder = vt_format(ctx, "%s/task-%05zu", info->dir, info->task->number);
	char *name = folder ? vt_format(ctx, "%s/lock", folder) : NULL;
	DIR *d = name ? opendir(folder) : NULL;
	for (struct dirent *e; d && (e = readdir(d));) any = any || is_temporary(e->d_name);
	if (any && vt_lock_take(ctx, name, &lock) == VT_OK) {
		rewinddir(d);
		for (struct dirent *e; (e = readdir(d));)
			if (is_temporary(e->d_name)) unlinkat(dirfd(d), e->d_name, 0);
		vt_lock_give(name, lock);
	}
	vt_ctx_forget(ctx);
	if (d) closedir(d);
	free(name);
	free(folder);
}

enum vt_status vt_store_look(struct vt_ctx *ctx, const struct vt_store_info *info, enum vt_stand *out)
{
	enum vt_status status;
	struct vt_frame *f = NULL;
	char *path = vt_format(ctx, "%s/task-%05zu/run.h5", info->dir, info->task->number);
	VT_REQUIRE(ctx, path, VT_ENOMEM, "%s: out of memory", info->dir);
	*out = VT_STANDS_NOT;
	status = VT_OK;
	if (access(path, F_OK) != 0) goto done;
	VT_TRY(read_run(ctx, path, info, &f));
	const char *state = root_attribute(f, "status");
	*out = strcmp(state, "complete") == 0 ? VT_STANDS_COMPLETE
	       : strcmp(state, "failed") == 0 ? VT_STANDS_FAILED
	                                      : VT_STANDS_UNFINISHED;
	if (*out != VT_STANDS_UNFINISHED) tidy(ctx, info);
done:
	vt_frame_free(f);
	free(path);
	return status;
}

enum vt_status vt_left_read(struct vt_ctx *ctx, struct vt_store *s, const struct vt_store_info *info)
{
	enum vt_status status;
	if (access(s->path, F_OK) != 0) return VT_OK;
	VT_TRY(read_run(ctx, s->path, info, &s->left));
	VT_TRY(vt_file_sha256(ctx, VT_EDATA, s->path, 0, s->run_sha256));
	s->on_disk = vt_frame_standing(s->left).step;
	status = vt_checkpoint_choose(ctx, s, s->left, &s->left_step, &s->state);
done:
	return status;
}

/* ---- going on --------------------------------------------------------- */

static const char *provenance_text(const struct vt_frame *f, const char *name)
{
	const struct group *g = vt_frame_group(f, "provenance");
	const char *text = g ? vt_attrs_text(&g->attrs, name) : NULL;
	return text ? text : "";
}

/* Other kernels or libraries give other last bits: the first of them that differs, or null. */
static const char *other_build(const struct vt_frame *before, const struct vt_frame *now)
{
	static const char *const root[] = { "kernel", "venturi_version", "git_revision" };
	static const char *const group[] = { "libraries", "compiler" };
	for (size_t i = 0; i < sizeof root / sizeof *root; i++)
		if (strcmp(root_attribute(before, root[i]), root_attribute(now, root[i])) != 0) return root[i];
	for (size_t i = 0; i < sizeof group / sizeof *group; i++)
		if (strcmp(provenance_text(before, group[i]), provenance_text(now, group[i])) != 0) return group[i];
	return NULL;
}

/* The step after which training goes on; -1: at the beginning. */
static int64_t state_step(const struct vt_state *s)
{
	for (size_t i = 0; s && i < vt_state_count(s); i++) {
		const struct vt_carried c = vt_state_at(s, i);
		if (strcmp(c.owner, "train") == 0 && strcmp(c.name, "step") == 0 && c.item == VT_SCALAR_I64 && c.n == 1)
			return *(const int64_t *)c.x;
	}
	return -1;
}

enum vt_status vt_left_describe(struct vt_ctx *ctx, struct vt_store *s)
{
	enum vt_status status;
	const struct attr *before = vt_attrs_find(&s->left->group[0].attrs, "bits_mixed");
	const char *what = other_build(s->left, s->frame);
	bool mixed = false;
	char *history = vt_format(ctx, "%s\n%s", provenance_text(s->left, "history"), provenance_text(s->frame, "history"));
	VT_REQUIRE(ctx, history, VT_ENOMEM, "out of memory for the provenance");
	VT_TRY(vt_frame_attr_text(ctx, s->frame, "provenance", "history", history));
	VT_TRY(vt_frame_attr_text(ctx, s->frame, "provenance", "parent_uuid", provenance_text(s->left, "run_uuid")));
	VT_TRY(vt_frame_attr_int(ctx, s->frame, "provenance", "resumed_step", state_step(s->state)));
	vt_log(ctx, VT_VERBOSE, "%s: goes on after step %lld", s->folder, (long long)state_step(s->state));
	if (s->left_step >= 0) mixed = what || (before && before->type == ATTR_INT && before->integer != 0);
	if (s->left_step >= 0 && what)
		vt_log(ctx, VT_WARN, "%s: began with another %s: its last bits may differ from those of a run in one piece "
		       "(bits_mixed = 1)", s->path, what);
	status = vt_frame_attr_int(ctx, s->frame, "/", "bits_mixed", mixed);
done:
	free(history);
	return status;
}
