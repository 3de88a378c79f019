/* A frame as HDF5 bytes that are also valid netCDF-4: built with the core driver, never
 * on the disk.
 *
 * HDF5 reports a failed write only where the dataset is closed or the file flushed, so
 * those are checked too.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "venturi/input.h"

enum { MOST_STEPS = 64, MOST_CHUNK = 256 << 10, DEFLATE_FROM = 64 << 10, DEFLATE_LEVEL = 4 };

/* ---- types and properties ------------------------------------------------ */

static size_t stored_size(enum vt_dtype type)
{
	return type == VT_U8 ? 1 : type == VT_I32 || type == VT_F32 ? 4 : 8;
}

/* Variable-length UTF-8: netCDF-C 4.9.0 corrupts its heap on fixed-length strings. */
static hid_t text_type(void)
{
	hid_t t = H5Tcopy(H5T_C_S1);
	if (t >= 0 && (H5Tset_size(t, H5T_VARIABLE) < 0 || H5Tset_cset(t, H5T_CSET_UTF8) < 0)) {
		H5Tclose(t);
		return -1;
	}
	return t;
}

static hid_t file_type(enum vt_dtype type)
{
	switch (type) {
	case VT_F64: return H5Tcopy(H5T_IEEE_F64LE);
	case VT_F32: return H5Tcopy(H5T_IEEE_F32LE);
	case VT_I64: return H5Tcopy(H5T_STD_I64LE);
	case VT_I32: return H5Tcopy(H5T_STD_I32LE);
	case VT_U8: return H5Tcopy(H5T_STD_U8LE);
	case VT_TEXT: break;
	}
	return text_type();
}

static hid_t memory_type(enum vt_dtype type)
{
	if (type == VT_TEXT) return text_type();
	return H5Tcopy(vt_dtype_is_real(type) ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64);
}

/* No timestamps and a fixed order: equal frames, equal bytes. */
static bool reproducible(hid_t properties)
{
	const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
	return H5Pset_obj_track_times(properties, false) >= 0 && H5Pset_attr_creation_order(properties, order) >= 0 &&
	       (H5Pisa_class(properties, H5P_GROUP_CREATE) <= 0 || H5Pset_link_creation_order(properties, order) >= 0);
}

/* At most 64 steps and 256 KiB, in nearly equal parts. */
static void chunk_shape(const struct group *g, const struct var *v, hsize_t *chunk)
{
	size_t bytes = stored_size(v->type);
	for (size_t i = 0; i < v->rank; i++) {
		const struct dim *d = &g->dim[v->dim[i]];
		size_t n = d->n > 0 ? d->n : 1;
		if (strcmp(d->name, "step") == 0) n = (n - 1) / ((n - 1) / MOST_STEPS + 1) + 1;
		chunk[i] = n;
		bytes *= n;
	}
	for (size_t i = 0; i < v->rank; i++)
		while (bytes > MOST_CHUNK && chunk[i] > 1) {
			bytes = bytes / chunk[i];
			chunk[i] = (chunk[i] + 1) / 2;
			bytes *= chunk[i];
		}
}

/* Filters need chunks.  HDF5 applies them in the order in which they are set: the check sum
 * comes last and covers what is stored. */
static hid_t dataset_properties(const struct group *g, const struct var *v)
{
	const double nan = NAN;
	hsize_t chunk[VT_MAX_RANK_FRAME];
	hid_t p = H5Pcreate(H5P_DATASET_CREATE);
	bool good = p >= 0 && reproducible(p);
	if (good && vt_dtype_is_real(v->type)) good = H5Pset_fill_value(p, H5T_NATIVE_DOUBLE, &nan) >= 0;
	if (good && v->rank > 0 && (v->type != VT_TEXT || v->growing)) {
		chunk_shape(g, v, chunk);
		good = H5Pset_chunk(p, (int)v->rank, chunk) >= 0;
	}
	/* HDF5 1.10 refuses filters on strings. */
	if (good && v->rank > 0 && v->type != VT_TEXT) {
		if (!v->raw && v->n * stored_size(v->type) > DEFLATE_FROM && H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0)
			good = H5Pset_shuffle(p) >= 0 && H5Pset_deflate(p, DEFLATE_LEVEL) >= 0;
		good = good && H5Pset_fletcher32(p) >= 0;
	}
	if (good) return p;
	if (p >= 0) H5Pclose(p);
	return -1;
}

/* Unlimited only along the steps of a running file, as netCDF knows it. */
static hid_t dataset_space(const struct group *g, const struct var *v)
{
	hsize_t dim[VT_MAX_RANK_FRAME], most[VT_MAX_RANK_FRAME];
	for (size_t i = 0; i < v->rank; i++) {
		dim[i] = g->dim[v->dim[i]].n;
		most[i] = g->dim[v->dim[i]].growing ? H5S_UNLIMITED : dim[i];
	}
	return v->rank ? H5Screate_simple((int)v->rank, dim, most) : H5Screate(H5S_SCALAR);
}

/* ---- attributes ------------------------------------------------------- */

static bool put_attribute(hid_t object, const char *name, hid_t stored, hid_t memory, hid_t space, const void *value)
{
	hid_t a = stored >= 0 && memory >= 0 && space >= 0
	          ? H5Acreate2(object, name, stored, space, H5P_DEFAULT, H5P_DEFAULT) : -1;
	bool good = a >= 0 && H5Awrite(a, memory, value) >= 0;
	if (a >= 0) good = H5Aclose(a) >= 0 && good;
	return good;
}

/* Scalars, except for lists of integers: what every reader takes. */
static bool write_attribute(hid_t object, const struct attr *a)
{
	hsize_t n = a->n;
	hid_t scalar = H5Screate(H5S_SCALAR), list = a->type == ATTR_INTS ? H5Screate_simple(1, &n, NULL) : -1;
	hid_t text = text_type();
	bool good = false;
	switch (a->type) {
	case ATTR_TEXT: good = put_attribute(object, a->name, text, text, scalar, &a->text); break;
	case ATTR_INT: good = put_attribute(object, a->name, H5T_STD_I64LE, H5T_NATIVE_INT64, scalar, &a->integer); break;
	case ATTR_REAL: good = put_attribute(object, a->name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, scalar, &a->real); break;
	case ATTR_INTS: good = put_attribute(object, a->name, H5T_STD_I32LE, H5T_NATIVE_INT32, list, a->ints); break;
	}
	if (text >= 0) H5Tclose(text);
	if (list >= 0) H5Sclose(list);
	if (scalar >= 0) H5Sclose(scalar);
	return good;
}

static enum vt_status write_attributes(struct vt_ctx *ctx, hid_t object, const struct attrs *a, const char *where)
{
	for (size_t i = 0; i < a->n; i++)
		if (!write_attribute(object, &a->item[i]))
			return vt_ctx_fail(ctx, VT_EBUG, "HDF5 refused attribute '%s' of '%s'", a->item[i].name, where);
	return VT_OK;
}

/* An array of one, as netCDF writes it. */
static bool write_fill_value(hid_t dataset, enum vt_dtype type)
{
	const double nan = NAN;
	hsize_t one = 1;
	hid_t space = H5Screate_simple(1, &one, NULL);
	bool good = put_attribute(dataset, "_FillValue", type == VT_F32 ? H5T_IEEE_F32LE : H5T_IEEE_F64LE,
	                          H5T_NATIVE_DOUBLE, space, &nan);
	if (space >= 0) H5Sclose(space);
	return good;
}

/* ---- datasets --------------------------------------------------------- */

/* HDF5 converts doubles and int64 to the type of the file; strings are handed over as an
 * array of pointers. */
static enum vt_status write_values(struct vt_ctx *ctx, hid_t dataset, const struct var *v)
{
	enum vt_status status;
	const char **text = NULL;
	hid_t type = memory_type(v->type);

	if (v->type == VT_TEXT) {
		VT_NEW(ctx, text, v->n);
		for (size_t i = 0; i < v->n; i++) text[i] = vt_var_text(v, i);
	}
	VT_REQUIRE(ctx, type >= 0 && (v->n == 0 || H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT,
	                                                    text ? (const void *)text : v->u.data) >= 0),
	           VT_EBUG, "HDF5 refused %zu values of '%s'", v->n, v->name);
	status = VT_OK;
done:
	free(text);
	if (type >= 0) H5Tclose(type);
	return status;
}

/* The scale is declared before anything is attached to it. */
static enum vt_status write_dataset(struct vt_ctx *ctx, hid_t parent, const struct group *g, const struct var *v,
                                    hid_t *out)
{
	enum vt_status status;
	hid_t type = file_type(v->type), space = dataset_space(g, v), properties = dataset_properties(g, v), d = -1;

	if (type >= 0 && space >= 0 && properties >= 0)
		d = H5Dcreate2(parent, v->name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
	VT_REQUIRE(ctx, d >= 0, VT_EBUG, "HDF5 refused to make dataset '/%s/%s'", g->name, v->name);
	VT_TRY(write_values(ctx, d, v));
	VT_REQUIRE(ctx, !v->coordinate || H5DSset_scale(d, v->name) >= 0, VT_EBUG, "HDF5 refused the scale '/%s/%s'",
	           g->name, v->name);
	VT_REQUIRE(ctx, !vt_dtype_is_real(v->type) || write_fill_value(d, v->type), VT_EBUG,
	           "HDF5 refused the fill value of '/%s/%s'", g->name, v->name);
	VT_TRY(write_attributes(ctx, d, &v->attrs, v->name));
	*out = d;
	d = -1;
	status = VT_OK;
done:
	if (d >= 0) H5Dclose(d);
	if (properties >= 0) H5Pclose(properties);
	if (space >= 0) H5Sclose(space);
	if (type >= 0) H5Tclose(type);
	return status;
}

/* scale[i]: the open coordinate of dimension i, or -1. */
static enum vt_status attach_scales(struct vt_ctx *ctx, const struct group *g, const struct var *v, hid_t dataset,
                                    const hid_t *scale)
{
	if (v->coordinate) return VT_OK;
	for (size_t i = 0; i < v->rank; i++)
		if (scale[v->dim[i]] >= 0 && H5DSattach_scale(dataset, scale[v->dim[i]], (unsigned)i) < 0)
			return vt_ctx_fail(ctx, VT_EBUG, "HDF5 refused dimension %zu of '/%s/%s'", i, g->name, v->name);
	return VT_OK;
}

/* Scales stay open until the group is written: attaching needs both ends. */
static enum vt_status write_coordinates(struct vt_ctx *ctx, hid_t parent, const struct group *g, hid_t *scale)
{
	for (size_t i = 0; i < g->n_dims; i++) {
		const struct var *v = g->dim[i].bare ? NULL : vt_group_var(g, g->dim[i].name);
		enum vt_status status = v ? write_dataset(ctx, parent, g, v, &scale[i]) : VT_OK;
		if (status != VT_OK) return status;
	}
	return VT_OK;
}

/* Coordinates first, so that readers that number dimensions number them in order. */
static enum vt_status write_group(struct vt_ctx *ctx, hid_t parent, const struct group *g)
{
	enum vt_status status;
	hid_t *scale = NULL, d = -1;

	VT_NEW(ctx, scale, g->n_dims);
	for (size_t i = 0; i < g->n_dims; i++) scale[i] = -1;
	VT_TRY(write_coordinates(ctx, parent, g, scale));
	for (size_t i = 0; i < g->n_vars; i++) {
		if (g->var[i].coordinate) continue;
		VT_TRY(write_dataset(ctx, parent, g, &g->var[i], &d));
		VT_TRY(attach_scales(ctx, g, &g->var[i], d, scale));
		hid_t closing = d;
		d = -1;
		VT_REQUIRE(ctx, H5Dclose(closing) >= 0, VT_EBUG, "HDF5 could not close '/%s/%s'", g->name, g->var[i].name);
	}
	VT_TRY(write_attributes(ctx, parent, &g->attrs, g->name));
	status = VT_OK;
done:
	if (d >= 0) H5Dclose(d);
	for (size_t i = 0; scale && i < g->n_dims; i++)
		if (scale[i] >= 0 && H5Dclose(scale[i]) < 0 && status == VT_OK)
			status = vt_ctx_fail(ctx, VT_EBUG, "HDF5 could not close '/%s/%s'", g->name, g->dim[i].name);
	free(scale);
	return status;
}

static enum vt_status write_subgroup(struct vt_ctx *ctx, hid_t file, const struct group *g)
{
	enum vt_status status;
	hid_t made = -1, properties = H5Pcreate(H5P_GROUP_CREATE);

	if (properties >= 0 && reproducible(properties))
		made = H5Gcreate2(file, g->name, H5P_DEFAULT, properties, H5P_DEFAULT);
	VT_REQUIRE(ctx, made >= 0, VT_EBUG, "HDF5 refused to make group '/%s'", g->name);
	status = write_group(ctx, made, g);
done:
	if (made >= 0) H5Gclose(made);
	if (properties >= 0) H5Pclose(properties);
	return status;
}

/* ---- the file --------------------------------------------------------- */

/* The core driver's memory, taken over when the file is closed.  H5Fget_file_image of 1.10
 * will not do: it takes the image of an open file and clears the mark "open for writing"
 * without making the superblock's check sum anew, so that nobody can open it. */
struct memory {
	void *bytes;
	size_t size;
};

static void *memory_malloc(size_t size, H5FD_file_image_op_t op, void *self)
{
	(void)op;
	((struct memory *)self)->size = size;
	return calloc(1, size);
}

static void *memory_realloc(void *old, size_t size, H5FD_file_image_op_t op, void *self)
{
	(void)op;
	((struct memory *)self)->size = size;
	return realloc(old, size);
}

static herr_t memory_free(void *bytes, H5FD_file_image_op_t op, void *self)
{
	if (op == H5FD_FILE_IMAGE_OP_FILE_CLOSE) ((struct memory *)self)->bytes = bytes;
	else free(bytes);
	return 0;
}

/* Property lists are copied; the memory stays one. */
static void *memory_same(void *self)
{
	return self;
}

static herr_t memory_keep(void *self)
{
	(void)self;
	return 0;
}

static hid_t create_in_memory(struct memory *m)
{
	H5FD_file_image_callbacks_t callbacks = { memory_malloc, NULL, memory_realloc, memory_free, memory_same, memory_keep,
	                                          m };
	hid_t access = H5Pcreate(H5P_FILE_ACCESS), create = H5Pcreate(H5P_FILE_CREATE), file = -1;
	if (access >= 0 && create >= 0 && reproducible(create) && H5Pset_fapl_core(access, 1 << 18, false) >= 0 &&
	    H5Pset_file_image_callbacks(access, &callbacks) >= 0 &&
	    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110) >= 0 &&
	    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0)
		file = H5Fcreate("venturi-image", H5F_ACC_TRUNC, create, access);
	if (create >= 0) H5Pclose(create);
	if (access >= 0) H5Pclose(access);
	return file;
}

/* Where the file ends inside its memory, which is a little longer: the end-of-file address
 * of the superblock, versions 2 and 3 (HDF5 File Format Specification, II.A). */
static size_t image_size(const struct memory *m)
{
	const unsigned char *b = m->bytes;
	size_t size = 0;
	if (!b || m->size < 48 || (b[8] != 2 && b[8] != 3) || b[9] != 8) return 0;
	for (int i = 7; i >= 0; i--) size = size << 8 | b[28 + i];
	return size <= m->size ? size : 0;
}

/* The sum is of the frame, not of the bytes: the next version of HDF5 may lay them out anew. */
static enum vt_status note_content(struct vt_ctx *ctx, struct vt_frame *f)
{
	char sum[65];
	enum vt_status status = vt_frame_sha256(ctx, f, sum);
	return status == VT_OK ? vt_frame_attr_text(ctx, f, "/", "content_sha256", sum) : status;
}

/* Appends the seal; no other program reads so far. */
static enum vt_status append_seal(struct vt_ctx *ctx, struct memory *m, size_t *n)
{
	size_t size = image_size(m);
	char *larger = size > 0 ? realloc(m->bytes, size + VT_SEAL_SIZE) : NULL;
	if (!larger) return vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for a file of %zu bytes", size);
	m->bytes = larger;
	vt_seal_make(larger, size, larger + size);
	*n = size + VT_SEAL_SIZE;
	return VT_OK;
}

enum vt_status vt_frame_image(struct vt_ctx *ctx, struct vt_frame *f, void **bytes, size_t *n)
{
	enum vt_status status;
	struct vt_hdf5_quiet *quiet = NULL;
	struct memory m = { 0 };
	hid_t file = -1, closing;

	VT_TRY(note_content(ctx, f));
	quiet = vt_hdf5_quiet_begin(ctx);
	VT_REQUIRE(ctx, quiet, VT_ENOMEM, "out of memory for HDF5");
	file = create_in_memory(&m);
	VT_REQUIRE(ctx, file >= 0, VT_ENOMEM, "HDF5 could not make a file in memory");
	VT_TRY(write_group(ctx, file, &f->group[0]));
	for (size_t i = 1; i < f->n_groups; i++) VT_TRY(write_subgroup(ctx, file, &f->group[i]));
	VT_REQUIRE(ctx, H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0, VT_EBUG, "HDF5 could not finish a file in memory");
	closing = file;
	file = -1;
	VT_REQUIRE(ctx, H5Fclose(closing) >= 0 && image_size(&m) > 0, VT_EBUG, "HDF5 could not close a file in memory");
	VT_TRY(append_seal(ctx, &m, n));
	*bytes = m.bytes;
	m.bytes = NULL;
done:
	if (file >= 0) H5Fclose(file);
	free(m.bytes);
	vt_hdf5_quiet_end(quiet);
	return status;
}
