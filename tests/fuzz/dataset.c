/* One dataset of a foreign HDF5 file: what a child that was taken over may answer, and files that HDF5 itself makes
 * with everything in them that we refuse.  Includes the source, for what is private to it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "../../src/input/hdf5.c"

#include <fcntl.h>

#include "child.h"

/* ---- a hostile answer ---------------------------------------------------------- */

static void run_answer(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	static char where[] = "fuzz.h5:/x";
	for (int whole = 0; whole < 2; whole++) {
		struct vt_child c = fuzz_child(data, n);
		struct request q = { .file = fuzz_file("some.bin", "123456789", 9), .dataset = "/x", .where = where,
		                     .index = whole ? VT_WHOLE : 1 };
		enum vt_status status = take_dataset(ctx, &q, &c);
		fuzz_expect_answer(ctx, status);
		if (status == VT_OK && q.array.n > 9 * VT_MOST_PACKED) fuzz_fail("%zu numbers of 9 bytes", q.array.n);
		free(q.array.value);
		close(c.in);
	}
}

struct answer {
	struct vt_extent extent;
	double value[24];
};

static bool send_answer(void *what, int out)
{
	const struct answer *a = what;
	return vt_child_send(out, &a->extent, sizeof a->extent) && vt_child_send(out, a->value, sizeof a->value);
}

static void seeds_answer(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	struct answer a = { .extent = { .rank = 1, .dim = { 24 } } };
	(void)ctx;
	for (size_t i = 0; i < 24; i++) a.value[i] = (double)i;
	fuzz_add_sent(send_answer, &a, give, self);
	a.extent = (struct vt_extent){ .rank = 3, .dim = { 2, 3, 4 }, .integer = true };
	fuzz_add_sent(send_answer, &a, give, self);
}

const struct fuzz_target fuzz_dataset_answer = {
	.name = "dataset-answer", .what = "a child's answer about one dataset",
	.run = run_answer, .seeds = seeds_answer, .many = 2000,
};

/* ---- what HDF5 can make ------------------------------------------------------------ */

enum sort { PLAIN, TEXT, FIXED, COMPOUND, ENUM, VLEN, ARRAY, OPAQUE, REFERENCE, N_SORTS };

static hid_t made_type(struct fuzz_bytes *b)
{
	hid_t plain[] = { H5T_IEEE_F64LE, H5T_IEEE_F32BE, H5T_STD_I8LE, H5T_STD_U64BE, H5T_STD_I16BE, H5T_STD_B32LE,
	                  H5T_NATIVE_LDOUBLE };
	hid_t base = H5Tcopy(plain[fuzz_byte(b) % (sizeof plain / sizeof *plain)]), t = -1;
	uint8_t sort = fuzz_byte(b);
	hsize_t length = 1 + fuzz_byte(b) % 4;
	switch (sort < 128 ? PLAIN : sort % N_SORTS) {
	case TEXT: t = H5Tcopy(H5T_C_S1); H5Tset_size(t, H5T_VARIABLE); break;
	case FIXED: t = H5Tcopy(H5T_C_S1); H5Tset_size(t, length); break;
	case COMPOUND: t = H5Tcreate(H5T_COMPOUND, 16); H5Tinsert(t, "r", 0, H5T_IEEE_F64LE); break;
	case ENUM: t = H5Tenum_create(H5T_STD_I8LE); H5Tenum_insert(t, "F", (char[]){ 0 }); break;
	case VLEN: t = H5Tvlen_create(base); break;
	case ARRAY: t = H5Tarray_create2(base, 1, &length); break;
	case OPAQUE: t = H5Tcreate(H5T_OPAQUE, length); break;
	case REFERENCE: t = H5Tcopy(H5T_STD_REF_OBJ); break;
	default:
		if (sort % 16 == 7) H5Tset_precision(base, 1 + fuzz_byte(b) % 64);
		return base;
	}
	H5Tclose(base);
	return t;
}

static hid_t made_storage(struct fuzz_bytes *b, int rank, hid_t space)
{
	hid_t p = H5Pcreate(H5P_DATASET_CREATE);
	hsize_t chunk[H5S_MAX_RANK];
	uint8_t how = fuzz_byte(b);
	if (how % 8 == 6) H5Pset_external(p, "/etc/passwd", 0, H5F_UNLIMITED);
	else if (how % 8 == 7) H5Pset_virtual(p, space, "/etc/passwd", "/x", space);
	else if (how % 8 == 5) H5Pset_layout(p, H5D_COMPACT);
	else if (how % 2 && rank > 0) {
		for (int i = 0; i < rank; i++) chunk[i] = 1 + fuzz_byte(b) % 16 * (how & 64 ? 4096 : 1);
		H5Pset_chunk(p, rank, chunk);
		if (how & 16) H5Pset_deflate(p, 1);
		if (how & 32) H5Pset_fletcher32(p);
		if (how == 255) H5Pset_scaleoffset(p, H5Z_SO_INT, 2);
	}
	return p;
}

static void make_dataset(struct fuzz_bytes *b, hid_t parent, const char *name)
{
	hsize_t dim[H5S_MAX_RANK];
	static const uint8_t value[1 << 16];
	int rank = fuzz_byte(b) % 10;
	hsize_t n = 1;
	for (int i = 0; i < rank; i++) {
		uint8_t x = fuzz_byte(b);
		dim[i] = x == 255 ? fuzz_number(b) >> 8 : x % 8;
		if (__builtin_mul_overflow(n, dim[i], &n)) n = HSIZE_UNDEF;
	}
	hid_t space = rank < 9 ? H5Screate_simple(rank, dim, NULL) : H5Screate(H5S_NULL);
	hid_t type = made_type(b), create = made_storage(b, rank < 9 ? rank : 0, space);
	hid_t d = H5Dcreate2(parent, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
	H5T_class_t class = H5Tget_class(type);
	bool numbers = class == H5T_INTEGER || class == H5T_FLOAT;
	if (d >= 0 && numbers && n <= sizeof value / 16) H5Dwrite(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
	if (d >= 0) H5Dclose(d);
	H5Pclose(create);
	H5Tclose(type);
	H5Sclose(space);
}

static void make_link(struct fuzz_bytes *b, hid_t parent, const char *name)
{
	switch (fuzz_byte(b) % 4) {
	case 0: H5Lcreate_soft("/x", parent, name, H5P_DEFAULT, H5P_DEFAULT); break;
	case 1: H5Lcreate_external("/etc/passwd", "/x", parent, name, H5P_DEFAULT, H5P_DEFAULT); break;
	case 2: H5Lcreate_hard(parent, ".", parent, name, H5P_DEFAULT, H5P_DEFAULT); break;
	default: H5Lcreate_soft(name, parent, name, H5P_DEFAULT, H5P_DEFAULT);
	}
}

static void run_made(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	static const char *const path[] = { "/x", "/g/x", "/g", "/l", "/g/l/x", "/none", "/l/l/l/x" };
	static char where[] = "made.h5:/x";
	struct fuzz_bytes b = { data, data + n };
	char file[256];
	snprintf(file, sizeof file, "%s/made.h5", fuzz_folder());
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	hid_t access = H5Pcreate(H5P_FILE_ACCESS);
	if (fuzz_byte(&b) % 2) H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
	hid_t f = H5Fcreate(file, H5F_ACC_TRUNC, H5P_DEFAULT, access);
	hid_t g = H5Gcreate2(f, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	make_dataset(&b, f, "x");
	make_dataset(&b, g, "x");
	make_link(&b, f, "l");
	make_link(&b, g, "l");
	H5Gclose(g);
	H5Pclose(access);
	H5Fclose(f);
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof path / sizeof *path; i++) {
		struct request q = { .file = file, .dataset = path[i], .where = where, .index = i % 2 ? VT_WHOLE : 0,
		                     .sealed = true };
		fuzz_expect(ctx, read_dataset(ctx, &q, nowhere));
	}
	close(nowhere);
}

static void seeds_made(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	uint8_t bytes[64];
	(void)ctx;
	for (size_t k = 0; k < 12; k++) {
		for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * i * 7 + k * 29 + (k % 3 == 0 ? 0 : i * k));
		give(self, bytes, sizeof bytes);
	}
}

const struct fuzz_target fuzz_made = {
	.name = "made", .what = "HDF5 with foreign types, storage elsewhere and links",
	.run = run_made, .seeds = seeds_made, .many = 2000,
};
