/* One door to arrays from outside: tells the format by the name, and looks at every value
 * before anybody computes with it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "open.h"

static bool ends_in(const char *text, const char *ending)
{
	size_t n = strlen(text), m = strlen(ending);
	return n > m && strcmp(text + n - m, ending) == 0;
}

/* "F.h5:/path": the colon of the last ":/", or null. */
static const char *dataset_of(const char *where)
{
	const char *last = NULL;
	for (const char *p = where; (p = strstr(p, ":/")); p++)
		if (p > where) last = p;
	return last;
}

/* The format is told by the name alone: guessing from the content would let a file choose
 * its reader. */
enum format { UNKNOWN, HDF5, NPY, CSV };

static enum format format_of(const char *where)
{
	if (dataset_of(where)) return HDF5;
	if (ends_in(where, ".npy")) return NPY;
	return ends_in(where, ".csv") ? CSV : UNKNOWN;
}

static enum vt_status unknown(struct vt_ctx *ctx, const char *where)
{
	if (ends_in(where, ".h5") || ends_in(where, ".hdf5") || ends_in(where, ".nc"))
		return vt_ctx_fail(ctx, VT_EDATA, "%s: names no dataset, wanted %s:/PATH", where, where);
	return vt_ctx_fail(ctx, VT_EDATA, "%s: is of an unknown format, wanted FILE.npy, FILE.csv or FILE.h5:/PATH",
	                   where);
}

/* A part of a dataset, or its extent where `extent` is not null. */
static enum vt_status from_hdf5(struct vt_ctx *ctx, const char *where, size_t index, struct vt_extent *extent,
                                struct vt_array *out)
{
	const char *colon = dataset_of(where);
	char *file = vt_copy(ctx, where);
	if (!file) return VT_ENOMEM;
	file[colon - where] = '\0';
	enum vt_status status = extent ? vt_hdf5_extent(ctx, file, colon + 1, extent)
	                               : vt_input_hdf5(ctx, file, colon + 1, index, out);
	free(file);
	return status;
}

static enum vt_status read_any(struct vt_ctx *ctx, const char *where, size_t index, struct vt_array *out)
{
	switch (format_of(where)) {
	case HDF5: return from_hdf5(ctx, where, index, NULL, out);
	case NPY: return vt_input_npy(ctx, where, index, out);
	case CSV: break;
	default: return unknown(ctx, where);
	}
	if (index != VT_WHOLE) return vt_ctx_fail(ctx, VT_EDATA, "%s: is a table, which has no snapshots", where);
	return vt_input_csv(ctx, where, out);
}

/* "[3, 1]" for element i, "[7, 3, 1]" in part 7. */
static void print_index(const struct vt_array *a, size_t before, size_t i, size_t size, char *out)
{
	size_t index[VT_MAX_RANK], used = 0;
	if (before != VT_WHOLE) used += (size_t)snprintf(out, size, "[%zu, ", before);
	for (size_t k = a->rank; k-- > 0; i /= a->dim[k]) index[k] = i % a->dim[k];
	for (size_t k = 0; k < a->rank && used < size; k++)
		used += (size_t)snprintf(out + used, size - used, "%s%zu%s", k ? ", " : used ? "" : "[", index[k],
		                         k + 1 == a->rank ? "]" : "");
}

/* Every estimator assumes finite values, and labels that are integers are compared exactly. */
static enum vt_status check_values(struct vt_ctx *ctx, const char *where, size_t before, const struct vt_array *a)
{
	const double exact = 9007199254740992.0; /* 2^53 */
	size_t nan = 0, infinite = 0, large = 0, first = a->n;
	for (size_t i = 0; i < a->n; i++) {
		bool is_nan = isnan(a->value[i]), is_inf = isinf(a->value[i]);
		bool is_large = a->integer && fabs(a->value[i]) >= exact;
		nan += is_nan;
		infinite += is_inf;
		large += is_large;
		if ((is_nan || is_inf || is_large) && first == a->n) first = i;
	}
	if (first == a->n) return VT_OK;
	char index[96];
	print_index(a, before, first, sizeof index, index);
	if (nan + infinite > 0)
		return vt_ctx_fail(ctx, VT_EDATA, "%s: has %zu NaN and %zu infinite of %zu values, the first at %s; remove or"
		                   " replace those rows", where, nan, infinite, a->n, index);
	return vt_ctx_fail(ctx, VT_EDATA, "%s: has %zu integers of 2^53 or more, the first at %s, which a double cannot"
	                   " hold exactly", where, large, index);
}

/* `before` is the index that was cut off, or VT_WHOLE. */
static enum vt_status read_checked(struct vt_ctx *ctx, const char *where, size_t before, struct vt_array *out)
{
	enum vt_status status;
	struct vt_array a = { 0 };

	VT_TRY(read_any(ctx, where, before, &a));
	VT_TRY(check_values(ctx, where, before, &a));
	*out = a;
	a.value = NULL;
	status = VT_OK;
done:
	free(a.value);
	return status;
}

enum vt_status vt_input_array(struct vt_ctx *ctx, const char *where, struct vt_array *out)
{
	return read_checked(ctx, where, VT_WHOLE, out);
}

enum vt_status vt_input_slab(struct vt_ctx *ctx, const char *where, size_t index, struct vt_array *out)
{
	return read_checked(ctx, where, index, out);
}

enum vt_status vt_input_extent(struct vt_ctx *ctx, const char *where, struct vt_extent *out)
{
	struct vt_array a = { 0 };
	switch (format_of(where)) {
	case HDF5: return from_hdf5(ctx, where, VT_WHOLE, out, NULL);
	case NPY: return vt_npy_extent(ctx, where, out);
	case CSV: break;
	default: return unknown(ctx, where);
	}
	enum vt_status status = vt_input_csv(ctx, where, &a);
	if (status != VT_OK) return status;
	*out = (struct vt_extent){ .rank = a.rank, .dim = { a.dim[0], a.rank > 1 ? a.dim[1] : 0 }, .integer = a.integer };
	free(a.value);
	return VT_OK;
}
