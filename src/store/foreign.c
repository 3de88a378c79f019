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

static json_t *dataset_json(hid_t dataset, const char *name)
{
	hsize_t dim[H5S_MAX_RANK] = { 0 };
	char text[32];
	json_t *shape = json_array();
	hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
	int rank = space >= 0 ? H5Sget_simple_extent_dims(space, dim, NULL) : 0;
	for (int i = 0; i < rank; i++) json_array_append_new(shape, json_integer((json_int_t)dim[i]));
	json_t *o = json_pack("{s:s, s:s, s:o, s:n, s:n}", "name", name, "type", type_name(type, text, sizeof text), "shape",
	                      shape, "unit", "long_name");
	if (space >= 0) H5Sclose(space);
	if (type >= 0) H5Tclose(type);
	return o;
}

static void walk_group(hid_t group, const char *path, int level, struct walk *w);

/* Links to elsewhere are not followed. */
static void walk_link(hid_t group, const char *name, const char *path, int level, struct walk *w, json_t *variables)
{
	H5L_info_t link;
	if (H5Lget_info(group, name, &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD) return;
	hid_t object = H5Oopen(group, name, H5P_DEFAULT);
	if (object < 0) return;
	if (H5Iget_type(object) == H5I_DATASET) {
		json_array_append_new(variables, dataset_json(object, name));
	} else if (H5Iget_type(object) == H5I_GROUP && level < MOST_LEVELS) {
		char deeper[MOST_LEVELS * LONGEST_NAME];
		snprintf(deeper, sizeof deeper, "%s%s%s", path, path[1] ? "/" : "", name);
		walk_group(object, deeper, level + 1, w);
	}
	H5Oclose(object);
}

/* Hard links can form circles; the bounds on levels and objects end them. */
static void walk_group(hid_t group, const char *path, int level, struct walk *w)
{
	H5G_info_t info;
	char name[LONGEST_NAME];
	json_t *variables = json_array();
	json_array_append_new(w->groups, json_pack("{s:s, s:{}, s:o}", "name", path, "dimensions", "variables", variables));
	if (H5Gget_info(group, &info) < 0) return;
	for (hsize_t i = 0; i < info.nlinks && w->seen < MOST_OBJECTS; i++) {
		ssize_t n = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
		w->seen++;
		if (n > 0 && (size_t)n < sizeof name) walk_link(group, name, path, level, w, variables);
	}
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
	uint64_t head[2] = { H5Aexists(file, "venturi_schema") > 0, 0 };
	walk_group(file, "/", 0, &w);
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
