/* The datasets of somebody else's HDF5 file by name, shape and type; not a value is read,
 * and no more than 1000 objects and 16 levels are looked at.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "info.h"
#include "venturi/input.h"

enum { MOST_OBJECTS = 1000, MOST_LEVELS = 16, LONGEST_NAME = 256, LONGEST_TEXT = 1 << 26 };

struct walk {
	json_t *groups;
	size_t seen;
	bool deep; /* deeper than is looked */
};

static const char *type_name(hid_t type, char *out, size_t size)
{
	H5T_class_t class = H5Tget_class(type);
	size_t bits = 8 * H5Tget_size(type);
	switch (class) {
	case H5T_INTEGER: snprintf(out, size, "%sint%zu", H5Tget_sign(type) == H5T_SGN_2 ? "" : "u", bits); break;
	case H5T_FLOAT: snprintf(out, size, "float%zu", bits); break;
	case H5T_STRING: snprintf(out, size, "string"); break;
	case H5T_COMPOUND: snprintf(out, size, "compound"); break;
	case H5T_ENUM: snprintf(out, size, "enum"); break;
	case H5T_REFERENCE: snprintf(out, size, "reference"); break;
	default: snprintf(out, size, "other"); break;
	}
	return out;
}

static bool is_virtual(hid_t dataset)
{
	hid_t created = H5Dget_create_plist(dataset);
	bool elsewhere = created < 0 || H5Pget_layout(created) == H5D_VIRTUAL;
	if (created >= 0) H5Pclose(created);
	return elsewhere;
}

static json_t *dataset_json(hid_t dataset, const char *name)
{
	hsize_t dim[H5S_MAX_RANK] = { 0 };
	char text[32];
	json_t *shape = json_array();
	/* HDF5 would open the files of a virtual dataset to tell how long it is. */
	hid_t type = H5Dget_type(dataset), space = is_virtual(dataset) ? -1 : H5Dget_space(dataset);
	int rank = space >= 0 ? H5Sget_simple_extent_dims(space, dim, NULL) : 0;
	for (int i = 0; i < rank; i++) json_array_append_new(shape, json_integer((json_int_t)dim[i]));
	json_t *o = json_pack("{s:s, s:s, s:o, s:n, s:n}", "name", name, "type", type_name(type, text, sizeof text), "shape",
	                      shape, "unit", "long_name");
	if (space >= 0) H5Sclose(space);
	if (type >= 0) H5Tclose(type);
	return o;
}

/* One group while it is listed. */
struct level {
	struct walk *w;
	const char *path;
	int depth;
	json_t *variables;
};

static void walk_group(hid_t group, const char *path, int depth, struct walk *w);

/* Links to elsewhere are not followed.  Ends with the bounds on levels and objects: hard links can form circles. */
static herr_t take_link(hid_t group, const char *name, const H5L_info_t *link, void *self)
{
	const struct level *v = self;
	hid_t object = -1;
	if (v->w->seen++ == MOST_OBJECTS) return 1;
	if (link->type == H5L_TYPE_HARD && strlen(name) < LONGEST_NAME) object = H5Oopen(group, name, H5P_DEFAULT);
	if (object < 0) return 0;
	if (H5Iget_type(object) == H5I_DATASET) {
		json_array_append_new(v->variables, dataset_json(object, name));
	} else if (H5Iget_type(object) == H5I_GROUP) {
		char deeper[(MOST_LEVELS + 2) * LONGEST_NAME];
		snprintf(deeper, sizeof deeper, "%s%s%s", v->path, v->path[1] ? "/" : "", name);
		walk_group(object, deeper, v->depth + 1, v->w);
	}
	H5Oclose(object);
	return v->w->deep || v->w->seen > MOST_OBJECTS;
}

static void walk_group(hid_t group, const char *path, int depth, struct walk *w)
{
	struct level v = { w, path, depth, json_array() };
	w->deep = w->deep || depth > MOST_LEVELS;
	json_array_append_new(w->groups, json_pack("{s:s, s:{}, s:o}", "name", path, "dimensions", "variables", v.variables));
	if (!w->deep) H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, take_link, &v);
}

/* ---- in the child ----------------------------------------------------------- */

struct request {
	const char *path;
	json_t *groups;
	bool schema;
};

static enum vt_status read_groups(struct vt_ctx *ctx, void *self, int out)
{
	enum vt_status status;
	struct request *q = self;
	struct walk w = { .groups = json_array() };
	int64_t file = -1;
	struct vt_hdf5_quiet *quiet = vt_hdf5_quiet_begin(ctx);

	VT_REQUIRE(ctx, quiet && w.groups, VT_ENOMEM, "%s: out of memory", q->path);
	VT_TRY(vt_hdf5_open(ctx, q->path, &file));
	uint64_t head[2] = { vt_hdf5_ours(file, q->path), 0 };
	walk_group(file, "/", 0, &w);
	VT_REQUIRE(ctx, !w.deep, VT_EDATA, "%s: its groups lie more than %d deep, or in a circle of links", q->path,
	           MOST_LEVELS);
	char *text = json_dumps(w.groups, JSON_COMPACT);
	VT_REQUIRE(ctx, text, VT_ENOMEM, "%s: out of memory for its description", q->path);
	head[1] = strlen(text);
	status = vt_child_send(out, head, sizeof head) && vt_child_send(out, text, head[1]) ? VT_OK : VT_EIO;
done:
	return status; /* the process ends: nothing needs closing */
}

/* ---- in the parent ------------------------------------------------------------ */

static enum vt_status take_groups(struct vt_ctx *ctx, void *self, struct vt_child *child)
{
	enum vt_status status;
	struct request *q = self;
	uint64_t head[2] = { 0 };
	char *text = NULL;

	VT_TRY(vt_child_take(ctx, child, sizeof head, head));
	VT_REQUIRE(ctx, head[1] <= LONGEST_TEXT, VT_EDATA, "%s: its description has %zu bytes, wanted at most %d", q->path,
	           (size_t)head[1], LONGEST_TEXT);
	VT_NEW(ctx, text, (size_t)head[1]);
	VT_TRY(vt_child_take(ctx, child, (size_t)head[1], text));
	q->schema = head[0] != 0;
	q->groups = json_loadb(text, (size_t)head[1], JSON_ALLOW_NUL, NULL);
	VT_REQUIRE(ctx, json_is_array(q->groups), VT_EDATA, "%s: its reader answers nonsense: the file is damaged or hostile",
	           q->path);
	status = VT_OK;
done:
	free(text);
	return status;
}

enum vt_status vt_foreign_groups(struct vt_ctx *ctx, const char *path, json_t **groups, bool *schema)
{
	struct request q = { .path = path };
	const struct vt_reading r = { path, &q, read_groups, take_groups };
	H5open(); /* once here, so that no child has to start the library up */
	enum vt_status status = vt_read_forked(ctx, &r);
	if (status == VT_OK) {
		*schema = q.schema;
		*groups = q.groups;
		q.groups = NULL;
	}
	json_decref(q.groups);
	return status;
}
