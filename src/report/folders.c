/* Finds the experiments in folders.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folders.h"

static int is_task(const struct dirent *e)
{
	return strncmp(e->d_name, "task-", 5) == 0;
}

static int is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void free_names(struct dirent **name, int n)
{
	for (int i = 0; i < n; i++) free(name[i]);
	free(name);
}

static bool has_tasks(const char *dir)
{
	struct dirent **name = NULL;
	int n = scandir(dir, &name, is_task, NULL);
	free_names(name, n);
	return n > 0;
}

static enum vt_status add(struct vt_ctx *ctx, struct vt_folders *f, const char *path)
{
	enum vt_status status = VT_OK;
	char **grown = NULL;
	VT_NEW(ctx, grown, f->n + 1);
	if (f->n) memcpy(grown, f->path, f->n * sizeof *grown);
	free(f->path);
	f->path = grown;
	grown[f->n] = vt_copy(ctx, path);
	if (!grown[f->n]) return VT_ENOMEM;
	f->n++;
done:
	return status;
}

/* Sorted by bytes, so that the page's order depends on no locale. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum vt_status add_children(struct vt_ctx *ctx, struct vt_folders *f, const char *dir)
{
	enum vt_status status = VT_OK;
	struct dirent **name = NULL;
	char *path = NULL;
	int n = scandir(dir, &name, is_visible, by_bytes);
	for (int i = 0; i < n; i++) {
		path = vt_format(ctx, "%s/%s", dir, name[i]->d_name);
		if (!path) { status = VT_ENOMEM; goto done; }
		if (has_tasks(path)) VT_TRY(add(ctx, f, path));
		free(path);
		path = NULL;
	}
done:
	free(path);
	free_names(name, n);
	return status;
}

enum vt_status vt_folders_find(struct vt_ctx *ctx, size_t n_dirs, const char *const *dir, struct vt_folders *out)
{
	struct vt_folders f = { 0 };
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < n_dirs; i++) {
		size_t before = f.n;
		if (!has_tasks(dir[i])) VT_TRY(add_children(ctx, &f, dir[i]));
		/* What holds nothing is added too: opening it says best what is wrong. */
		if (f.n == before) VT_TRY(add(ctx, &f, dir[i]));
	}
	*out = f;
	f = (struct vt_folders){ 0 };
done:
	vt_folders_clear(&f);
	return status;
}

void vt_folders_clear(struct vt_folders *f)
{
	for (size_t i = 0; i < f->n; i++) free(f->path[i]);
	free(f->path);
	*f = (struct vt_folders){ 0 };
}
