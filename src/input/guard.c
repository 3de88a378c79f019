/* Before a byte of a foreign HDF5 file is used: no plugins, no error printing, hard links
 * only, nothing stored elsewhere, known filters, plain types, sizes that the file can
 * really hold.  A dataset with external or virtual storage would otherwise read any file
 * of the user's, and a file of a few KB could ask for terabytes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "open.h"

struct vt_hdf5_quiet {
	H5E_auto2_t handler;
	void *data;
	unsigned plugins;
};

/* A file names the filters that it wants; with plugins on, HDF5 would search folders for a
 * shared object of that number and run it. */
struct vt_hdf5_quiet *vt_hdf5_quiet_begin(struct vt_ctx *ctx)
{
	struct vt_hdf5_quiet *q = vt_alloc(ctx, 1, sizeof *q);
	if (!q) return NULL;
	H5open();
	H5Eget_auto2(H5E_DEFAULT, &q->handler, &q->data);
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	H5PLget_loading_state(&q->plugins);
	H5PLset_loading_state(0);
	return q;
}

void vt_hdf5_quiet_end(struct vt_hdf5_quiet *q)
{
	if (!q) return;
	H5PLset_loading_state(q->plugins);
	H5Eset_auto2(H5E_DEFAULT, q->handler, q->data);
	free(q);
}

/* H5Fopen itself would wait for ever on a FIFO, hence the look at the file before. */
enum vt_status vt_hdf5_open(struct vt_ctx *ctx, const char *path, int64_t *file)
{
	enum vt_status status;
	int fd = -1;
	size_t size;
	hid_t access = -1, f;

	VT_TRY(vt_input_open(ctx, path, &fd, &size)); /* refuses what is not a regular file */
	access = H5Pcreate(H5P_FILE_ACCESS);
	VT_REQUIRE(ctx, access >= 0, VT_ENOMEM, "%s: HDF5 has no memory", path);
	H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
#if H5_VERSION_GE(1, 10, 7)
	H5Pset_file_locking(access, false, true); /* we only read, and some file systems have no locks */
#endif
	VT_REQUIRE(ctx, H5Fis_hdf5(path) > 0, VT_EDATA, "%s: is not an HDF5 file (%zu bytes)", path, size);
	f = H5Fopen(path, H5F_ACC_RDONLY, access);
	VT_REQUIRE(ctx, f >= 0, VT_EDATA, "%s: is an HDF5 file that cannot be opened (%zu bytes): cut off, damaged, or"
	           " left open by a writer that was killed (h5clear -s)", path, size);
	*file = f;
	status = VT_OK;
done:
	if (access >= 0) H5Pclose(access);
	if (fd >= 0) close(fd);
	return status;
}

/* Where the attribute cannot be looked for, the file is damaged, and it may be the attribute that is.  Behind the end
 * that the superblock tells, only ours have bytes, as many as a seal. */
bool vt_hdf5_ours(int64_t file, const char *path)
{
	struct stat st;
	haddr_t end = 0;
	if (H5Aexists(file, "venturi_schema") != 0) return true;
	return H5Fget_eoa(file, &end) >= 0 && stat(path, &st) == 0 && end < (haddr_t)st.st_size &&
	       (haddr_t)st.st_size - end == VT_SEAL_SIZE;
}

/* Names in a group, for a message: at most MOST_NAMES, longer ones left out. */
enum { MOST_NAMES = 100, LONGEST_NAME = 80 };

static size_t names_in(hid_t group, char name[MOST_NAMES][LONGEST_NAME])
{
	H5G_info_t info;
	size_t n = 0;
	if (H5Gget_info(group, &info) < 0) return 0;
	for (hsize_t i = 0; i < info.nlinks && n < MOST_NAMES && i < 10 * MOST_NAMES; i++) {
		ssize_t length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name[n], LONGEST_NAME, H5P_DEFAULT);
		if (length > 0 && length < LONGEST_NAME) n++;
	}
	return n;
}

/* What is there instead: the nearest name, else the first few. */
static enum vt_status absent(struct vt_ctx *ctx, hid_t group, const char *name, const char *where)
{
	char there[MOST_NAMES][LONGEST_NAME], list[200] = "";
	const char *known[MOST_NAMES];
	size_t n = names_in(group, there), used = 0;
	for (size_t i = 0; i < n; i++) known[i] = there[i];
	const char *near = vt_nearest(name, known, n);
	if (near) return vt_ctx_fail(ctx, VT_EDATA, "%s: there is no '%s' (did you mean '%s'?)", where, name, near);
	for (size_t i = 0; i < n && used + LONGEST_NAME + 8 < sizeof list; i++)
		used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", there[i]);
	return vt_ctx_fail(ctx, VT_EDATA, "%s: there is no '%s'; %s%s", where, name, n ? "there is " : "nothing is there",
	                   list);
}

/* An external link can lead to any file, a soft link to an external one, and either in a
 * circle: only hard links are followed. */
enum vt_status vt_hdf5_child(struct vt_ctx *ctx, int64_t parent, const char *name, const char *where,
                             int64_t *object)
{
	enum vt_status status;
	H5L_info_t link;
	hid_t o;

	if (H5Lexists(parent, name, H5P_DEFAULT) <= 0 || H5Lget_info(parent, name, &link, H5P_DEFAULT) < 0)
		return absent(ctx, parent, name, where);
	VT_REQUIRE(ctx, link.type == H5L_TYPE_HARD, VT_EDATA, "%s: '%s' is %s link, which is not followed; name the object"
	           " itself", where, name, link.type == H5L_TYPE_SOFT ? "a soft" : "an external");
	o = H5Oopen(parent, name, H5P_DEFAULT);
	VT_REQUIRE(ctx, o >= 0, VT_EDATA, "%s: '%s' cannot be opened, the file is damaged", where, name);
	*object = o;
	status = VT_OK;
done:
	return status;
}

/* ---- plain datasets ------------------------------------------------------ */

static const char *class_name(H5T_class_t class)
{
	switch (class) {
	case H5T_STRING: return "fixed-length string";
	case H5T_BITFIELD: return "bitfield";
	case H5T_OPAQUE: return "opaque";
	case H5T_COMPOUND: return "compound (complex numbers are two arrays)";
	case H5T_REFERENCE: return "reference";
	case H5T_ENUM: return "enum (booleans are stored as uint8)";
	case H5T_VLEN: return "variable-length";
	case H5T_ARRAY: return "array";
	default: return "unknown";
	}
}

/* Numbers with padding bits, 80-bit floats and the like convert in ways that nobody checks. */
static enum vt_status check_type(struct vt_ctx *ctx, hid_t type, const char *where, struct vt_hdf5_plain *p)
{
	enum vt_status status;
	H5T_class_t class = H5Tget_class(type);

	p->size = H5Tget_size(type);
	p->is_signed = class == H5T_FLOAT || (class == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_2);
	if (class == H5T_INTEGER) p->type = VT_PLAIN_INTEGER;
	else if (class == H5T_FLOAT) p->type = VT_PLAIN_FLOAT;
	else if (class == H5T_STRING && H5Tis_variable_str(type) > 0) p->type = VT_PLAIN_TEXT;
	else
		VT_FAIL(ctx, VT_EDATA, "%s: has elements of type %s, wanted integers or floats", where, class_name(class));
	if (p->type != VT_PLAIN_TEXT) {
		bool known = p->size == 1 || p->size == 2 || p->size == 4 || p->size == 8;
		VT_REQUIRE(ctx, known && H5Tget_precision(type) == 8 * p->size, VT_EDATA,
		           "%s: has numbers of %zu bytes and %zu significant bits, wanted 8, 16, 32 or 64 bits", where, p->size,
		           H5Tget_precision(type));
	}
	status = VT_OK;
done:
	return status;
}

/* The product is formed here and nowhere else: no later multiplication can overflow.  A file of many snapshots may be
 * large; what is read of it at a time is bounded by vt_input_shape, and all of it by what is stored. */
static enum vt_status check_shape(struct vt_ctx *ctx, hid_t space, const char *where, struct vt_hdf5_plain *p)
{
	enum vt_status status;
	hsize_t dim[VT_MAX_RANK_HDF5] = { 0 };
	int rank = H5Sget_simple_extent_ndims(space);
	size_t most = vt_input_most_stored(ctx);

	VT_REQUIRE(ctx, H5Sget_simple_extent_type(space) != H5S_NULL, VT_EDATA, "%s: has no values (null space)", where);
	VT_REQUIRE(ctx, rank >= 0 && rank <= VT_MAX_RANK_HDF5, VT_EDATA, "%s: has %d dimensions, wanted at most %d", where,
	           rank, VT_MAX_RANK_HDF5);
	H5Sget_simple_extent_dims(space, dim, NULL);
	p->rank = (size_t)rank;
	p->n = 1;
	for (size_t i = 0; i < p->rank; i++) {
		p->dim[i] = (size_t)dim[i];
		VT_REQUIRE(ctx, !__builtin_mul_overflow(p->n, p->dim[i], &p->n) && p->n <= most, VT_EDATA,
		           "%s: has more than %zu elements (dimension %zu of %zu is %zu); raise --max-bytes", where, most, i + 1,
		           p->rank, p->dim[i]);
	}
	status = VT_OK;
done:
	return status;
}

/* What HDF5 always has; everything else is a plugin or has had holes. */
static enum vt_status check_filters(struct vt_ctx *ctx, hid_t created, const char *where)
{
	int n = H5Pget_nfilters(created);
	for (int i = 0; i < n; i++) {
		unsigned flags = 0, config = 0, value[8];
		size_t n_values = 8;
		char name[64] = "";
		H5Z_filter_t id = H5Pget_filter2(created, (unsigned)i, &flags, &n_values, value, sizeof name, name, &config);
		if (id != H5Z_FILTER_DEFLATE && id != H5Z_FILTER_SHUFFLE && id != H5Z_FILTER_FLETCHER32)
			return vt_ctx_fail(ctx, VT_EDATA, "%s: is packed with filter %d (%s), wanted none or deflate (gzip),"
			                   " shuffle, fletcher32", where, (int)id, name[0] ? name : "unknown");
	}
	return VT_OK;
}

/* Chunks are unpacked whole, so that a huge one asks for memory by itself. */
static enum vt_status check_chunk(struct vt_ctx *ctx, hid_t created, const char *where, const struct vt_hdf5_plain *p)
{
	const size_t most = vt_ctx_most_bytes(ctx) / 64;
	hsize_t chunk[VT_MAX_RANK_HDF5] = { 0 };
	size_t bytes = p->size;
	int rank = H5Pget_chunk(created, VT_MAX_RANK_HDF5, chunk);
	for (int i = 0; i < rank && i < VT_MAX_RANK_HDF5; i++)
		if (__builtin_mul_overflow(bytes, (size_t)chunk[i], &bytes)) bytes = SIZE_MAX;
	if (rank < 1 || bytes > most)
		return vt_ctx_fail(ctx, VT_EDATA, "%s: has chunks of %zu bytes, wanted at most %zu (a 64th of --max-bytes)", where,
		                   bytes, most);
	return VT_OK;
}

/* Comes before the shape is asked for: HDF5 opens the files of a virtual dataset to tell how long it is. */
static enum vt_status check_place(struct vt_ctx *ctx, hid_t created, const char *where)
{
	enum vt_status status;
	H5D_layout_t layout = created >= 0 ? H5Pget_layout(created) : H5D_LAYOUT_ERROR;

	VT_REQUIRE(ctx, layout != H5D_LAYOUT_ERROR, VT_EDATA, "%s: is damaged: it has no layout", where);
	VT_REQUIRE(ctx, H5Pget_external_count(created) == 0, VT_EDATA,
	           "%s: keeps its values in another file (external storage), which is not read", where);
	VT_REQUIRE(ctx, layout == H5D_COMPACT || layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED, VT_EDATA,
	           "%s: keeps its values in other datasets (virtual storage), which is not read", where);
	status = VT_OK;
done:
	return status;
}

/* A dataset may declare terabytes and hold nothing: no memory is asked for that the bytes in
 * the file could not fill. */
static enum vt_status check_storage(struct vt_ctx *ctx, hid_t dataset, hid_t created, const char *where,
                                    const struct vt_hdf5_plain *p)
{
	enum vt_status status;
	H5D_layout_t layout = H5Pget_layout(created);

	VT_TRY(check_filters(ctx, created, where));
	if (layout == H5D_CHUNKED) VT_TRY(check_chunk(ctx, created, where, p));
	size_t stored = (size_t)H5Dget_storage_size(dataset);
	size_t room = layout == H5D_CHUNKED && stored < SIZE_MAX / VT_MOST_PACKED ? stored * VT_MOST_PACKED : stored;
	VT_REQUIRE(ctx, p->n <= room / p->size, VT_EDATA,
	           "%s: declares %zu elements of %zu bytes, the file holds %zu bytes of them", where, p->n, p->size, stored);
	status = VT_OK;
done:
	return status;
}

enum vt_status vt_hdf5_plain(struct vt_ctx *ctx, int64_t dataset, const char *where, struct vt_hdf5_plain *out)
{
	enum vt_status status;
	struct vt_hdf5_plain p = { 0 };
	hid_t type = -1, space = -1, created = -1;

	VT_REQUIRE(ctx, H5Iget_type(dataset) == H5I_DATASET, VT_EDATA, "%s: is a group, wanted a dataset", where);
	created = H5Dget_create_plist(dataset);
	VT_TRY(check_place(ctx, created, where));
	type = H5Dget_type(dataset);
	space = H5Dget_space(dataset);
	VT_REQUIRE(ctx, type >= 0 && space >= 0 && created >= 0, VT_EDATA, "%s: is damaged: no type, shape or layout",
	           where);
	VT_TRY(check_type(ctx, type, where, &p));
	VT_TRY(check_shape(ctx, space, where, &p));
	VT_TRY(check_storage(ctx, dataset, created, where, &p));
	*out = p;
	status = VT_OK;
done:
	if (type >= 0) H5Tclose(type);
	if (space >= 0) H5Sclose(space);
	if (created >= 0) H5Pclose(created);
	return status;
}
