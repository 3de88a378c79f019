/* One named dataset of a foreign HDF5 file, as doubles.  See guard.c for what is refused.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

#include "open.h"

/* Walks "/a/b/c" link by link. */
static enum vt_status walk(struct vt_ctx *ctx, hid_t file, const char *where, char *path, hid_t *object)
{
	hid_t at = -1;
	char *rest = path;
	for (char *name; (name = strsep(&rest, "/"));) {
		if (*name == '\0') continue;
		int64_t child;
		if (at >= 0 && H5Iget_type(at) != H5I_GROUP) {
			H5Oclose(at);
			return vt_ctx_fail(ctx, VT_EDATA, "%s: '%s' is asked of a dataset, wanted a group", where, name);
		}
		enum vt_status status = vt_hdf5_child(ctx, at >= 0 ? at : file, name, where, &child);
		if (at >= 0) H5Oclose(at);
		if (status != VT_OK) return status;
		at = child;
	}
	if (at < 0) return vt_ctx_fail(ctx, VT_EDATA, "%s: names no dataset, wanted FILE.h5:/PATH", where);
	*object = at;
	return VT_OK;
}

/* HDF5 converts byte order and width, half precision included. */
static enum vt_status read_dataset(struct vt_ctx *ctx, hid_t dataset, const char *where, struct vt_array *out)
{
	enum vt_status status;
	struct vt_hdf5_plain p;
	double *value = NULL;
	size_t n;

	VT_TRY(vt_hdf5_plain(ctx, dataset, where, &p));
	VT_REQUIRE(ctx, p.type != VT_PLAIN_TEXT, VT_EDATA, "%s: has elements of type string, wanted integers or floats",
	           where);
	VT_TRY(vt_input_shape(ctx, where, p.rank, p.dim, &n));
	VT_NEW(ctx, value, n);
	VT_REQUIRE(ctx, H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0, VT_EDATA,
	           "%s: its %zu values cannot be read: a chunk is damaged (check sum, deflate) or cut off", where, n);
	*out = (struct vt_array){ .value = value, .rank = p.rank, .n = n, .integer = p.type == VT_PLAIN_INTEGER };
	memcpy(out->dim, p.dim, p.rank * sizeof p.dim[0]);
	value = NULL;
	status = VT_OK;
done:
	free(value);
	return status;
}

enum vt_status vt_input_hdf5(struct vt_ctx *ctx, const char *file, const char *dataset, struct vt_array *out)
{
	enum vt_status status;
	struct vt_hdf5_quiet *quiet = NULL;
	char *where = NULL, *path = NULL;
	int64_t f = -1;
	hid_t d = -1;

	quiet = vt_hdf5_quiet_begin(ctx);
	where = vt_format(ctx, "%s:%s", file, dataset);
	path = vt_copy(ctx, dataset);
	if (!quiet || !where || !path) {
		status = VT_ENOMEM;
		goto done;
	}
	VT_TRY(vt_hdf5_open(ctx, file, &f));
	VT_TRY(walk(ctx, f, where, path, &d));
	VT_TRY(read_dataset(ctx, d, where, out));
	status = VT_OK;
done:
	if (d >= 0) H5Oclose(d);
	if (f >= 0) H5Fclose(f);
	vt_hdf5_quiet_end(quiet);
	free(path);
	free(where);
	return status;
}
