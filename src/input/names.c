/* The datasets of somebody else's HDF5 file by name; not a value is read.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forked.h"
#include "open.h"

enum { MOST_OBJECTS = 10000, MOST_LEVELS = 16, LONGEST_NAME = 256, LONGEST_PATH = 1024 };

/* Names one after the other, each with its null byte. */
struct listing {
	const char *file, *group;
	size_t seen, n, used, room;
	char *text, **name;
	bool kept; /* the order is the file's own */
};

/* ---- in the child ------------------------------------------------------------- */

static enum vt_status add(struct vt_ctx *ctx, struct listing *l, const char *path)
{
	size_t n = strlen(path) + 1;
	if (l->used + n > l->room) {
		size_t room = 2 * l->room + n + 4096;
		char *text = realloc(l->text, room);
		if (!text) return vt_ctx_fail(ctx, VT_ENOMEM, "%s: out of memory for %zu names", l->file, l->n);
		l->text = text;
		l->room = room;
	}
	memcpy(l->text + l->used, path, n);
	l->used += n;
	l->n++;
	return VT_OK;
}

/* Whether the group remembers in which order its members were made. */
static H5_index_t order_of(hid_t group)
{
	unsigned flags = 0;
	hid_t created = H5Gget_create_plist(group);
	if (created >= 0) {
		H5Pget_link_creation_order(created, &flags);
		H5Pclose(created);
	}
	return flags & H5P_CRT_ORDER_TRACKED ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
}

/* One group while it is listed. */
struct level {
	struct vt_ctx *ctx;
	struct listing *l;
	const char *path;
	int depth;
	enum vt_status status;
};

static enum vt_status list_group(struct vt_ctx *ctx, hid_t group, const char *path, int depth, struct listing *l);

/* Links to elsewhere are not followed. */
static enum vt_status list_link(const struct level *v, hid_t group, const char *name)
{
	char deeper[LONGEST_PATH];
	enum vt_status status = VT_OK;
	if (snprintf(deeper, sizeof deeper, "%s%s%s", v->path, *v->path ? "/" : "", name) >= (int)sizeof deeper)
		return VT_OK;
	hid_t object = H5Oopen(group, name, H5P_DEFAULT);
	if (object < 0) return VT_OK;
	H5I_type_t type = H5Iget_type(object);
	if (type == H5I_DATASET) status = add(v->ctx, v->l, deeper);
	else if (type == H5I_GROUP) status = list_group(v->ctx, object, deeper, v->depth + 1, v->l);
	H5Oclose(object);
	return status;
}

static herr_t take_link(hid_t group, const char *name, const H5L_info_t *link, void *self)
{
	struct level *v = self;
	if (v->l->seen++ == MOST_OBJECTS)
		v->status = vt_ctx_fail(v->ctx, VT_EDATA, "%s: has more than %d objects; name the datasets themselves", v->l->file,
		                        MOST_OBJECTS);
	else if (link->type == H5L_TYPE_HARD && strlen(name) < LONGEST_NAME) v->status = list_link(v, group, name);
	return v->status == VT_OK ? 0 : 1;
}

/* Hard links can form circles, and trees that grow without end; a part of the names would pass for all of them. */
static enum vt_status list_group(struct vt_ctx *ctx, hid_t group, const char *path, int depth, struct listing *l)
{
	struct level v = { ctx, l, path, depth, VT_OK };
	H5_index_t order = order_of(group);
	if (depth == 0) l->kept = order == H5_INDEX_CRT_ORDER;
	if (depth > MOST_LEVELS)
		return vt_ctx_fail(ctx, VT_EDATA, "%s: its groups lie more than %d deep, or in a circle of links; name the datasets"
		                   " themselves", l->file, MOST_LEVELS);
	H5Literate(group, order, H5_ITER_INC, NULL, take_link, &v);
	return v.status;
}

static enum vt_status read_names(struct vt_ctx *ctx, void *self, int out)
{
	enum vt_status status;
	struct listing *l = self;
	int64_t file = -1, group = -1;
	struct vt_hdf5_quiet *quiet = vt_hdf5_quiet_begin(ctx);

	VT_REQUIRE(ctx, quiet, VT_ENOMEM, "%s: out of memory", l->file);
	VT_TRY(vt_hdf5_open(ctx, l->file, &file));
	if (*l->group) VT_TRY(vt_hdf5_child(ctx, file, l->group, l->file, &group));
	VT_REQUIRE(ctx, !*l->group || H5Iget_type(group) == H5I_GROUP, VT_EDATA, "%s: '%s' is a dataset, wanted a group",
	           l->file, l->group);
	VT_TRY(list_group(ctx, *l->group ? group : file, "", 0, l));
	const size_t head[3] = { l->n, l->used, l->kept };
	status = vt_child_send(out, head, sizeof head) && vt_child_send(out, l->text, l->used) ? VT_OK : VT_EIO;
done:
	return status; /* the process ends: nothing needs closing */
}

/* ---- in the parent -------------------------------------------------------------- */

static int by_version(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static void clear(struct listing *l)
{
	for (size_t i = 0; l->name && i < l->n; i++) free(l->name[i]);
	free(l->name);
	free(l->text);
}

static enum vt_status take_names(struct vt_ctx *ctx, void *self, struct vt_child *child)
{
	enum vt_status status;
	struct listing *l = self;
	size_t head[3], at = 0;

	VT_TRY(vt_child_take(ctx, child, sizeof head, head));
	VT_REQUIRE(ctx, head[0] <= MOST_OBJECTS && head[1] <= MOST_OBJECTS * (size_t)LONGEST_PATH, VT_EDATA,
	           "%s: has %zu names of %zu bytes", l->file, head[0], head[1]);
	VT_NEW(ctx, l->text, head[1] + 1);
	VT_NEW(ctx, l->name, head[0]);
	VT_TRY(vt_child_take(ctx, child, head[1], l->text));
	for (; l->n < head[0] && at < head[1]; at += strlen(l->text + at) + 1) {
		l->name[l->n] = vt_copy(ctx, l->text + at);
		VT_REQUIRE(ctx, l->name[l->n], VT_ENOMEM, "%s: out of memory for names", l->file);
		l->n++;
	}
	if (head[2] == 0) qsort(l->name, l->n, sizeof *l->name, by_version);
	status = VT_OK;
done:
	return status;
}

enum vt_status vt_input_names(struct vt_ctx *ctx, const char *file, const char *group, size_t *n, char ***name)
{
	struct listing l = { .file = file, .group = group };
	const struct vt_reading r = { file, &l, read_names, take_names };
	H5open();
	enum vt_status status = vt_read_forked(ctx, &r);
	if (status == VT_OK) {
		*n = l.n;
		*name = l.name;
		l.n = 0;
		l.name = NULL;
	}
	clear(&l);
	return status;
}
