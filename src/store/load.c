/* The bytes that image.c made, back into a frame.  Runs in the process of its own that reading.c starts.  Everything
 * that such a file cannot hold is refused.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "venturi/input.h"

enum { LONGEST_NAME = 256, MOST_LINKS = 10000, MOST_INTS = 1024 };

/* ---- attributes ------------------------------------------------------- */

/* Files of ours have variable-length texts; h5py writes fixed-length ones when asked to. */
static char *take_text(struct vt_ctx *ctx, hid_t attribute, hid_t type)
{
	size_t size = H5Tget_size(type);
	char *text = NULL, *owned = NULL;
	if (H5Tis_variable_str(type) <= 0) {
		text = size < 1 << 20 ? vt_alloc(ctx, size + 1, 1) : NULL;
		if (text && H5Aread(attribute, type, text) >= 0) return text;
		free(text);
		return NULL;
	}
	hid_t space = H5Aget_space(attribute);
	if (H5Aread(attribute, type, &owned) >= 0) {
		text = vt_copy(ctx, owned ? owned : "");
		H5Dvlen_reclaim(type, space, H5P_DEFAULT, &owned);
	}
	if (space >= 0) H5Sclose(space);
	return text;
}

static bool take_ints(struct vt_ctx *ctx, hid_t attribute, size_t n, struct attr *out)
{
	if (n == 0 || n > MOST_INTS || !(out->ints = vt_alloc(ctx, n, sizeof *out->ints))) return false;
	out->type = ATTR_INTS;
	out->n = n;
	return H5Aread(attribute, H5T_NATIVE_INT32, out->ints) >= 0;
}

/* False for what no frame holds: the scales' own bookkeeping, references, other shapes. */
static bool take_attribute(struct vt_ctx *ctx, hid_t attribute, struct attr *out)
{
	hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
	bool good = false;
	if (type >= 0 && space >= 0) {
		bool scalar = H5Sget_simple_extent_type(space) == H5S_SCALAR;
		bool list = H5Sget_simple_extent_ndims(space) == 1;
		H5T_class_t class = H5Tget_class(type);
		if (class == H5T_STRING && scalar) {
			out->type = ATTR_TEXT;
			good = (out->text = take_text(ctx, attribute, type)) != NULL;
		} else if (class == H5T_INTEGER && scalar) {
			out->type = ATTR_INT;
			good = H5Aread(attribute, H5T_NATIVE_INT64, &out->integer) >= 0;
		} else if (class == H5T_FLOAT && scalar) {
			out->type = ATTR_REAL;
			good = H5Aread(attribute, H5T_NATIVE_DOUBLE, &out->real) >= 0;
		} else if (class == H5T_INTEGER && list) {
			good = take_ints(ctx, attribute, (size_t)H5Sget_simple_extent_npoints(space), out);
		}
	}
	if (space >= 0) H5Sclose(space);
	if (type >= 0) H5Tclose(type);
	return good;
}

/* Written again by image.c from what the frame knows. */
static bool bookkeeping(const char *name)
{
	static const char *const own[] = { "CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "_FillValue" };
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (strcmp(name, own[i]) == 0) return true;
	return false;
}

static enum vt_status read_attribute(struct vt_ctx *ctx, hid_t object, const char *name, struct attrs *out)
{
	hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
	if (attribute < 0) return VT_OK;
	struct attr a = { .name = (char *)name };
	enum vt_status status = VT_OK;
	if (take_attribute(ctx, attribute, &a)) status = vt_attrs_set(ctx, out, &a);
	free(a.text);
	free(a.ints);
	H5Aclose(attribute);
	return status;
}

/* In the order of creation where the file kept it: rereading then changes nothing. */
static enum vt_status read_attributes(struct vt_ctx *ctx, hid_t object, struct attrs *out)
{
	int n = H5Aget_num_attrs(object);
	for (int i = 0; i < n && i < MOST_LINKS; i++) {
		char name[LONGEST_NAME] = "";
		hsize_t k = (hsize_t)i;
		ssize_t length = H5Aget_name_by_idx(object, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, k, name, sizeof name, 0);
		if (length < 0)
			length = H5Aget_name_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, k, name, sizeof name, 0);
		if (length <= 0 || (size_t)length >= sizeof name || bookkeeping(name)) continue;
		enum vt_status status = read_attribute(ctx, object, name, out);
		if (status != VT_OK) return status;
	}
	return VT_OK;
}

/* ---- datasets --------------------------------------------------------- */

/* One dataset while it is read. */
struct source {
	hid_t dataset;
	const char *path; /* FILE:/group/name, for messages */
	const char *name;
	struct vt_hdf5_plain plain;
};

/* 0 for a type that no frame has. */
static enum vt_dtype dtype(const struct vt_hdf5_plain *p)
{
	if (p->type == VT_PLAIN_TEXT) return VT_TEXT;
	if (p->type == VT_PLAIN_FLOAT) return p->size == 8 ? VT_F64 : p->size == 4 ? VT_F32 : (enum vt_dtype)0;
	if (p->is_signed) return p->size == 8 ? VT_I64 : p->size == 4 ? VT_I32 : (enum vt_dtype)0;
	return p->size == 1 ? VT_U8 : (enum vt_dtype)0;
}

static bool unlimited(hid_t dataset)
{
	hsize_t dim[VT_MAX_RANK_HDF5], most[VT_MAX_RANK_HDF5] = { 0 };
	hid_t space = H5Dget_space(dataset);
	if (space >= 0) H5Sget_simple_extent_dims(space, dim, most);
	if (space >= 0) H5Sclose(space);
	return most[0] == H5S_UNLIMITED;
}

/* The first scale is taken; image.c attaches one. */
static herr_t keep_scale_name(hid_t dataset, unsigned dim, hid_t scale, void *name)
{
	(void)dataset;
	(void)dim;
	return H5DSget_scale_name(scale, name, LONGEST_NAME) > 0 ? 1 : -1;
}

/* The dimension that axis i of the dataset lies along; one without a scale gets a bare one. */
static enum vt_status axis_name(struct vt_ctx *ctx, struct group *g, const struct source *s, size_t i, char *name)
{
	if (H5DSget_num_scales(s->dataset, (unsigned)i) > 0 &&
	    H5DSiterate_scales(s->dataset, (unsigned)i, NULL, keep_scale_name, name) > 0) {
		const struct dim *d = vt_group_dim(g, name);
		if (d && d->n == s->plain.dim[i]) return VT_OK;
		return vt_ctx_fail(ctx, VT_EDATA, "%s: axis %zu has length %zu, its dimension '%s' has %zu", s->path, i,
		                   s->plain.dim[i], name, d ? d->n : 0);
	}
	snprintf(name, LONGEST_NAME, "%.200s_axis%zu", s->name, i);
	return vt_group_add_dim(ctx, g, name, s->plain.dim[i], false, true);
}

/* HDF5 owns what it read: every text is copied and then given back. */
static enum vt_status read_texts(struct vt_ctx *ctx, const struct source *s, struct var *v)
{
	enum vt_status status;
	char **owned = NULL;
	hid_t type = H5Dget_type(s->dataset), space = H5Dget_space(s->dataset);
	bool got = false;

	VT_NEW(ctx, owned, v->n);
	got = H5Dread(s->dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, owned) >= 0;
	VT_REQUIRE(ctx, got, VT_EDATA, "%s: its %zu texts cannot be read, the file is damaged", s->path, v->n);
	for (size_t i = 0; i < v->n; i++) {
		v->u.text[i] = vt_copy(ctx, owned[i] ? owned[i] : "");
		VT_REQUIRE(ctx, v->u.text[i], VT_ENOMEM, "%s: out of memory", s->path);
	}
	status = VT_OK;
done:
	if (got) H5Dvlen_reclaim(type, space, H5P_DEFAULT, owned);
	if (space >= 0) H5Sclose(space);
	if (type >= 0) H5Tclose(type);
	free(owned);
	return status;
}

static enum vt_status read_values(struct vt_ctx *ctx, const struct source *s, struct var *v)
{
	if (v->n != s->plain.n) return vt_ctx_fail(ctx, VT_EDATA, "%s: has %zu values, wanted %zu", s->path, s->plain.n, v->n);
	if (v->n == 0) return VT_OK;
	if (v->type == VT_TEXT) return read_texts(ctx, s, v);
	hid_t type = vt_dtype_is_real(v->type) ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64;
	if (H5Dread(s->dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, v->u.data) >= 0) return VT_OK;
	return vt_ctx_fail(ctx, VT_EDATA, "%s: its %zu values cannot be read: a check sum fails or the file is cut off",
	                   s->path, v->n);
}

/* The declaration and checks are those of the frame itself, as if the variable were new. */
static enum vt_status read_variable(struct vt_ctx *ctx, struct group *g, const struct source *s, bool scale)
{
	enum vt_status status;
	struct vt_variable v = { .name = s->name, .type = dtype(&s->plain), .rank = s->plain.rank };
	char axis[VT_MAX_RANK_FRAME][LONGEST_NAME] = { "" };

	VT_REQUIRE(ctx, v.type != 0 && v.rank <= VT_MAX_RANK_FRAME, VT_EDATA,
	           "%s: has %zu dimensions of %zu-byte elements, which no file of venturi's has", s->path, v.rank,
	           s->plain.size);
	if (scale) {
		bool growing = strcmp(s->name, "step") == 0 && unlimited(s->dataset);
		VT_TRY(vt_group_add_dim(ctx, g, s->name, s->plain.n, growing, false));
		v.dim[0] = s->name;
	}
	for (size_t i = 0; i < v.rank && !scale; i++) {
		VT_TRY(axis_name(ctx, g, s, i, axis[i]));
		v.dim[i] = axis[i];
	}
	VT_TRY(vt_group_add_var(ctx, g, &v, scale));
	VT_TRY(read_values(ctx, s, &g->var[g->n_vars - 1]));
	status = read_attributes(ctx, s->dataset, &g->var[g->n_vars - 1].attrs);
done:
	return status;
}

/* ---- groups ----------------------------------------------------------- */

/* Where the reading stands.  Two passes over a group: its scales, then what lies along them. */
struct reading {
	struct vt_frame *frame;
	const char *path;
	hid_t file;
};

static enum vt_status link_name(struct vt_ctx *ctx, hid_t group, size_t i, const char *where, char name[LONGEST_NAME])
{
	ssize_t n = H5Lget_name_by_idx(group, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, i, name, LONGEST_NAME, H5P_DEFAULT);
	if (n < 0) n = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, LONGEST_NAME, H5P_DEFAULT);
	if (n > 0 && n < LONGEST_NAME) return VT_OK;
	return vt_ctx_fail(ctx, VT_EDATA, "%s: link %zu has no readable name, the file is damaged", where, i);
}

static enum vt_status read_link(struct vt_ctx *ctx, struct reading *r, hid_t group, struct group *g, const char *name,
                                bool scales)
{
	enum vt_status status;
	int64_t object = -1;
	char *where = vt_format(ctx, "%s:/%s%s%s", r->path, g->name, *g->name ? "/" : "", name);

	VT_REQUIRE(ctx, where, VT_ENOMEM, "%s: out of memory", r->path);
	VT_TRY(vt_hdf5_child(ctx, group, name, where, &object));
	if (H5Iget_type(object) == H5I_GROUP) {
		VT_REQUIRE(ctx, g == &r->frame->group[0], VT_EDATA, "%s: is a group inside a group, which no file of venturi's"
		           " has", where);
	} else {
		bool is_scale = H5DSis_scale(object) > 0;
		struct source s = { .dataset = object, .path = where, .name = name };
		VT_TRY(vt_hdf5_plain(ctx, object, where, &s.plain));
		is_scale = is_scale && s.plain.rank == 1;
		if (is_scale == scales) VT_TRY(read_variable(ctx, g, &s, is_scale));
	}
	status = VT_OK;
done:
	if (object >= 0) H5Oclose(object);
	free(where);
	return status;
}

static enum vt_status read_group(struct vt_ctx *ctx, struct reading *r, hid_t group, struct group *g)
{
	enum vt_status status;
	H5G_info_t info;
	char name[LONGEST_NAME];

	VT_REQUIRE(ctx, H5Gget_info(group, &info) >= 0 && info.nlinks <= MOST_LINKS, VT_EDATA,
	           "%s:/%s: is damaged or has more than %d links", r->path, g->name, MOST_LINKS);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < info.nlinks; i++) {
			VT_TRY(link_name(ctx, group, i, r->path, name));
			VT_TRY(read_link(ctx, r, group, g, name, pass == 0));
		}
	status = read_attributes(ctx, group, &g->attrs);
done:
	return status;
}

static enum vt_status read_subgroups(struct vt_ctx *ctx, struct reading *r, hid_t top)
{
	enum vt_status status;
	H5G_info_t info;
	char name[LONGEST_NAME];
	int64_t object = -1;

	VT_REQUIRE(ctx, H5Gget_info(top, &info) >= 0, VT_EDATA, "%s: is damaged", r->path);
	for (size_t i = 0; i < info.nlinks; i++) {
		struct group *g;
		VT_TRY(link_name(ctx, top, i, r->path, name));
		VT_TRY(vt_hdf5_child(ctx, top, name, r->path, &object));
		if (H5Iget_type(object) == H5I_GROUP) {
			VT_TRY(vt_frame_need_group(ctx, r->frame, name, &g));
			VT_TRY(read_group(ctx, r, object, g));
		}
		H5Oclose(object);
		object = -1;
	}
	status = VT_OK;
done:
	if (object >= 0) H5Oclose(object);
	return status;
}

/* The schema comes first: of a foreign file nothing else is touched. */
static enum vt_status read_file(struct vt_ctx *ctx, struct reading *r)
{
	enum vt_status status;
	struct group *root = &r->frame->group[0];
	hid_t top = H5Gopen2(r->file, "/", H5P_DEFAULT);

	VT_REQUIRE(ctx, top >= 0, VT_EDATA, "%s: has no root group, the file is damaged", r->path);
	VT_TRY(read_attribute(ctx, top, "venturi_schema", &root->attrs));
	const char *schema = vt_attrs_text(&root->attrs, "venturi_schema");
	VT_REQUIRE(ctx, schema && strncmp(schema, "venturi-", 8) == 0, VT_EDATA,
	           "%s: is not a file of venturi's: it has no attribute venturi_schema", r->path);
	VT_TRY(read_group(ctx, r, top, root));
	status = read_subgroups(ctx, r, top);
done:
	if (top >= 0) H5Gclose(top);
	return status;
}

/* From bytes in memory, so that what was checked is what is read. */
enum vt_status vt_frame_parse(struct vt_ctx *ctx, const char *path, const void *bytes, size_t n, struct vt_frame **out)
{
	enum vt_status status;
	struct reading r = { .path = path, .file = -1 };
	struct vt_hdf5_quiet *quiet = vt_hdf5_quiet_begin(ctx);

	VT_REQUIRE(ctx, quiet, VT_ENOMEM, "%s: out of memory", path);
	r.frame = vt_frame_create(ctx);
	VT_REQUIRE(ctx, r.frame, VT_ENOMEM, "%s: out of memory", path);
	r.file = H5LTopen_file_image((void *)bytes, n, H5LT_FILE_IMAGE_DONT_COPY | H5LT_FILE_IMAGE_DONT_RELEASE);
	VT_REQUIRE(ctx, r.file >= 0, VT_EDATA, "%s: is no HDF5 file, or a damaged one (%zu bytes)", path, n);
	VT_TRY(read_file(ctx, &r));
	*out = r.frame;
	r.frame = NULL;
	status = VT_OK;
done:
	if (r.file >= 0) H5Fclose(r.file);
	vt_hdf5_quiet_end(quiet);
	vt_frame_free(r.frame);
	/* A frame's own complaints (a name given twice) are about the file here. */
	return status == VT_ECONFIG || status == VT_EBUG ? VT_EDATA : status;
}
