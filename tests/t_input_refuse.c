/* Malformed files: each with its status and the words that its one line must have (where,
 * what was found, what was wanted).  The test writes them all itself.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <sys/stat.h>

#include "input_files.h"

static void check_status(struct vt_ctx *ctx, enum vt_status wanted, const char *where, enum vt_status status,
                         const char *const *word)
{
	const char *trail = vt_ctx_trail(ctx);
	if (status != wanted) fail_msg("%s: status %d, wanted %d: %s", where, status, wanted, trail);
	if (strchr(trail, '\n')) fail_msg("%s: more than one line: %s", where, trail);
	for (; *word; word++)
		if (!strstr(trail, *word)) fail_msg("%s: \"%s\" is not in \"%s\"", where, *word, trail);
}

static void check(struct vt_ctx *ctx, const char *where, enum vt_status status, const char *const *word)
{
	check_status(ctx, VT_EDATA, where, status, word);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void refuse_array(struct vt_ctx *ctx, const char *where, const char *const *word)
{
	struct vt_array a = { .n = 77 };
	enum vt_status status = vt_input_array(ctx, where, &a);
	check(ctx, where, status, word);
	assert_int_equal(a.n, 77); /* untouched on failure */
}

static void refuse_idx(struct vt_ctx *ctx, const char *path, const char *const *word)
{
	size_t rank = 77, dim[VT_MAX_RANK];
	uint8_t *value = NULL;
	enum vt_status status = vt_input_idx(ctx, path, &rank, dim, &value);
	check(ctx, path, status, word);
	assert_null(value);
	assert_int_equal(rank, 77);
}

/* ---- places that hold no file ------------------------------------------- */

static void no_files(void **state)
{
	char *out = NULL;
	mkdir("folder.npy", 0777);
	assert_int_equal(mkfifo("fifo.npy", 0666), 0);
	write_text("empty.npy", "");
	refuse_array(*state, "absent.npy", WORDS("absent.npy", "No such file"));
	refuse_array(*state, "folder.npy", WORDS("folder.npy", "is a folder, wanted a regular file"));
	refuse_array(*state, "fifo.npy", WORDS("fifo.npy", "is a FIFO, wanted a regular file"));
	refuse_array(*state, "empty.npy", WORDS("empty.npy", "is empty (0 bytes)"));
	refuse_array(*state, "/dev/null.npy", WORDS("/dev/null.npy"));
	refuse_array(*state, "some.txt", WORDS("some.txt", "unknown format", "FILE.npy, FILE.csv or FILE.h5:/PATH"));
	refuse_idx(*state, "fifo.npy", WORDS("is a FIFO"));
	check(*state, "text", vt_input_text(*state, "/dev/zero", 10, &out), WORDS("/dev/zero", "is a device"));
	write_text("long.txt", "0123456789x");
	check(*state, "text", vt_input_text(*state, "long.txt", 10, &out), WORDS("long.txt", "11 bytes", "at most 10"));
	write_bytes("null.txt", "ab\0c", 4);
	check(*state, "text", vt_input_text(*state, "null.txt", 10, &out), WORDS("null.txt", "byte 2 of 4 is null"));
	assert_null(out);
}

static void no_places(void **state)
{
	const char *const places[] = { "/nonexistent/a", "/nonexistent/b", NULL };
	char *out = NULL;
	check_status(*state, VT_EABSENT, "locate", vt_input_locate(*state, NULL, places, "train",
	                                                           "apt-get install images", &out),
	      WORDS("train", "none of the 2 usual places", "apt-get install images"));
	check_status(*state, VT_EABSENT, "locate", vt_input_locate(*state, "absent", places, "train", "fetch it", &out),
	      WORDS("absent", "No such file", "fetch it"));
	mkdir("hollow", 0777);
	check_status(*state, VT_EABSENT, "locate", vt_input_locate(*state, "hollow", places, "train", "fetch it", &out),
	      WORDS("hollow", "neither train nor train.gz"));
	assert_null(out);
}

/* ---- npy -------------------------------------------------------------- */

static void npy_headers(void **state)
{
	static const struct {
		const char *name, *dictionary, *word[2];
	} c[] = {
		{ "object.npy", "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", { "element type '|O'", "f8" } },
		{ "complex.npy", "{'descr': '<c16', 'fortran_order': False, 'shape': (2,), }", { "element type '<c16'", "i1" } },
		{ "text.npy", "{'descr': '<U8', 'fortran_order': False, 'shape': (2,), }", { "element type '<U8'", "f8" } },
		{ "long.npy", "{'descr': '<f16', 'fortran_order': False, 'shape': (2,), }", { "element type '<f16'", "f8" } },
		{ "record.npy", "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,), }",
		  { "the header is not", "plain TYPE" } },
		{ "scalar.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (), }", { "has 0 dimensions", "1 to 4" } },
		{ "deep.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1, 1, 2), }",
		  { "has 5 dimensions", "1 to 4" } },
		{ "none.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 2), }",
		  { "dimension 1 of 2 has length 0", "at least 1" } },
		{ "huge.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (65536, 65536), }",
		  { "more than 2147483648 elements", "dimension 2 of 2 is 65536" } },
		{ "wrap.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
		  { "more than 2147483648 elements", "raise --max-bytes" } },
		{ "digits.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999,), }",
		  { "the header is not", "shape" } },
		{ "minus.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", { "the header is not", "shape" } },
		{ "key.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'run': 1}", { "the header is not", "" } },
		{ "open.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (2", { "the header is not", "" } },
		{ "code.npy", "__import__('os').system('id')", { "the header is not", "" } },
		{ "shape.npy", "{'descr': '<f8', 'fortran_order': False}", { "the header is not", "" } },
	};
	static const double two[2] = { 1, 2 };
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		write_npy(c[i].name, c[i].dictionary, two, sizeof two);
		refuse_array(*state, c[i].name, WORDS(c[i].name, c[i].word[0], c[i].word[1]));
	}
}

static void npy_sizes(void **state)
{
	static const char pair[] = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }";
	static const double three[3] = { 1, 2, 3 };
	write_npy("short.npy", pair, three, 15);
	write_npy("beyond.npy", pair, three, 17);
	write_npy("bare.npy", pair, NULL, 0);
	write_bytes("magic.npy", "PK\3\4 this is a zip file", 24);
	write_bytes("stub.npy", "\x93NUMPY\x01", 8);
	write_bytes("version.npy", "\x93NUMPY\x09\x00\x10\x00 and so on", 20);
	write_bytes("header.npy", "\x93NUMPY\x01\x00\xff\xff and so on", 20);
	refuse_array(*state, "short.npy", WORDS("short.npy", "15 bytes of elements, wanted 16", "too short"));
	refuse_array(*state, "beyond.npy", WORDS("beyond.npy", "17 bytes of elements, wanted 16", "too long"));
	refuse_array(*state, "bare.npy", WORDS("bare.npy", "0 bytes of elements", "too short"));
	refuse_array(*state, "magic.npy", WORDS("magic.npy", "is not a .npy file"));
	refuse_array(*state, "stub.npy", WORDS("stub.npy", "8 bytes", "too short"));
	refuse_array(*state, "version.npy", WORDS("version.npy", "version 9.0", "1.0 to 3.0"));
	refuse_array(*state, "header.npy", WORDS("header.npy", "wants 65535 bytes", "the file has"));
}

static void values(void **state)
{
	static const double nan[4] = { 1, __builtin_nan(""), -__builtin_inf(), __builtin_nan("") };
	static const int64_t large[2] = { 1, 9007199254740993 };
	write_npy("nan.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", nan, sizeof nan);
	write_npy("large.npy", "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }", large, sizeof large);
	write_text("inf.csv", "1,2\n3,1e999\n");
	refuse_array(*state, "nan.npy", WORDS("nan.npy", "2 NaN and 1 infinite of 4", "the first at [0, 1]"));
	refuse_array(*state, "inf.csv", WORDS("inf.csv", "0 NaN and 1 infinite", "[1, 1]"));
	refuse_array(*state, "large.npy", WORDS("large.npy", "1 integers of 2^53 or more", "the first at [1]"));
}

/* ---- csv -------------------------------------------------------------- */

static void csv_tables(void **state)
{
	static const struct {
		const char *name, *text, *word[2];
	} c[] = {
		{ "word.csv", "a,b\n1,2\n3,four\n", { "word.csv:3: column 2 is 'four'", "wanted a number" } },
		{ "ragged.csv", "1,2\n3,4,5\n", { "ragged.csv:2: has 3 columns, wanted 2", "line 1" } },
		{ "hole.csv", "1,2\n3,\n", { "hole.csv:2: column 2 is ''", "wanted a number" } },
		{ "gap.csv", "1,2\n\n3,4\n", { "gap.csv:2: is empty", "at the end only" } },
		{ "names.csv", "a,b\n", { "names.csv", "has no row of numbers" } },
		{ "comma.csv", "1,5;2,5\n3,5;4,5\n", { "comma.csv:2", "'5;4'" } },
		{ "hexadecimal.csv", "1\n0x10\n", { "hexadecimal.csv:2: column 1 is '0x10'", "number" } },
		{ "unit.csv", "1\n3.5 mm\n", { "unit.csv:2", "'3.5 mm'" } },
	};
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		write_text(c[i].name, c[i].text);
		refuse_array(*state, c[i].name, WORDS(c[i].word[0], c[i].word[1]));
	}
	write_bytes("null.csv", "1,2\n3,\0\n", 8);
	refuse_array(*state, "null.csv", WORDS("null.csv", "byte 6 of 8 is null"));
}

/* ---- IDX -------------------------------------------------------------- */

static void idx_files(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t n;
		const char *word[2];
	} c[] = {
		{ "magic.idx", "\1\0\10\1\0\0\0\2ab", 10, { "is not an IDX file", "01 00 08 01" } },
		{ "type.idx", "\0\0\15\1\0\0\0\2ab", 10, { "IDX type 0x0d", "0x08" } },
		{ "rank0.idx", "\0\0\10\0\0\0\0\2ab", 10, { "has 0 dimensions", "1 to 4" } },
		{ "rank255.idx", "\0\0\10\377\0\0\0\2ab", 10, { "has 255 dimensions", "1 to 4" } },
		{ "zero.idx", "\0\0\10\1\0\0\0\0ab", 10, { "dimension 1 of 1 has length 0", "at least 1" } },
		{ "short.idx", "\0\0\10\1\0\0\0\3ab", 10, { "has 10 bytes, wanted 11", "too short" } },
		{ "long.idx", "\0\0\10\1\0\0\0\1ab", 10, { "has 10 bytes, wanted 9", "too long" } },
		{ "stub.idx", "\0\0\10", 3, { "has 3 bytes", "too short for an IDX file" } },
		{ "header.idx", "\0\0\10\3\0\0\0\1\0\0", 10, { "the header ends after 10 of 16 bytes", "" } },
		/* (2^16)^4 = 0 modulo 2^64, 2^31 x 2 = 0 modulo 2^32 */
		{ "wrap.idx", "\0\0\10\4\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0", 20, { "more than 17179869184 elements", "65536" } },
		{ "wrap32.idx", "\0\0\10\2\200\0\0\0\0\0\0\2", 12, { "has 12 bytes, wanted 4294967308", "too short" } },
		{ "most.idx", "\0\0\10\1\377\377\377\377", 8, { "has 8 bytes, wanted 4294967303", "too short" } },
		{ "text.idx", "these are words, not images", 27, { "is not an IDX file", "74 68 65 73" } },
	};
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		write_bytes(c[i].name, c[i].bytes, c[i].n);
		refuse_idx(*state, c[i].name, WORDS(c[i].name, c[i].word[0], c[i].word[1]));
	}
}

static void cut(const char *from, const char *to, size_t lost, long flip)
{
	unsigned char bytes[4096];
	FILE *f = fopen(from, "rb");
	assert_non_null(f);
	size_t n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	if (flip) bytes[n - (size_t)flip] ^= 0x55;
	write_bytes(to, bytes, n - lost);
}

static void idx_gzip(void **state)
{
	uint8_t file[8 + 300] = { 0, 0, 8, 1, 0, 0, 1, 44 };
	for (size_t i = 0; i < 300; i++) file[8 + i] = (uint8_t)(i * i % 251);
	write_gz("good.gz", file, sizeof file);
	write_gz("short.gz", file, sizeof file - 1);
	file[7] = 43;
	write_gz("long.gz", file, sizeof file);
	cut("good.gz", "cut.gz", 30, 0);
	cut("good.gz", "tail.gz", 4, 0);
	cut("good.gz", "sum.gz", 0, 7);
	/* 2^31 - 1 bytes that a file of some 30 bytes cannot hold */
	write_gz("bomb.gz", "\0\0\10\1\177\377\377\377", 8);
	refuse_idx(*state, "short.gz", WORDS("short.gz", "299 bytes of data, wanted 300", "too short"));
	refuse_idx(*state, "long.gz", WORDS("long.gz", "more than the 299 bytes", "too long"));
	refuse_idx(*state, "cut.gz", WORDS("cut.gz", "gzip stream is damaged or cut off"));
	refuse_idx(*state, "tail.gz", WORDS("tail.gz", "gzip stream is damaged or cut off"));
	refuse_idx(*state, "sum.gz", WORDS("sum.gz", "gzip stream is damaged or cut off"));
	refuse_idx(*state, "bomb.gz", WORDS("bomb.gz", "declares 2147483647 bytes"));
}

/* ---- HDF5 ------------------------------------------------------------- */

static void put_links(hid_t file)
{
	H5Lcreate_soft("/good", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
	H5Lcreate_soft("/soft_loop", file, "soft_loop", H5P_DEFAULT, H5P_DEFAULT);
	H5Lcreate_external("other.h5", "/good", file, "outside", H5P_DEFAULT, H5P_DEFAULT);
}

static void put_types(hid_t file)
{
	static const char *const words[2] = { "one", "two" };
	hid_t text = H5Tcopy(H5T_C_S1), fixed = H5Tcopy(H5T_C_S1), pair = H5Tcreate(H5T_COMPOUND, 16),
	      flag = H5Tenum_create(H5T_NATIVE_INT8), list = H5Tvlen_create(H5T_NATIVE_INT),
	      array = H5Tarray_create2(H5T_NATIVE_INT, 1, (hsize_t[]){ 2 }), wide = H5Tcopy(H5T_NATIVE_LDOUBLE);
	H5Tset_size(text, H5T_VARIABLE);
	H5Tset_size(fixed, 4);
	H5Tinsert(pair, "re", 0, H5T_NATIVE_DOUBLE);
	H5Tinsert(pair, "im", 8, H5T_NATIVE_DOUBLE);
	H5Tenum_insert(flag, "FALSE", &(int8_t){ 0 });
	const struct h5_set set[] = {
		{ .name = "text", .type = text, .memory = text, .rank = 1, .dim = { 2 }, .value = words },
		{ .name = "fixed", .type = fixed, .rank = 1, .dim = { 2 } },
		{ .name = "complex", .type = pair, .rank = 1, .dim = { 2 } },
		{ .name = "bool", .type = flag, .rank = 1, .dim = { 2 } },
		{ .name = "list", .type = list, .rank = 1, .dim = { 2 } },
		{ .name = "array", .type = array, .rank = 1, .dim = { 2 } },
		{ .name = "reference", .type = H5T_STD_REF_OBJ, .rank = 1, .dim = { 2 } },
		{ .name = "bits", .type = H5T_STD_B8LE, .rank = 1, .dim = { 2 } },
		{ .name = "wide", .type = wide, .rank = 1, .dim = { 2 } },
	};
	for (size_t i = 0; i < sizeof set / sizeof set[0]; i++) put_set(file, &set[i]);
	H5Tclose(text); H5Tclose(fixed); H5Tclose(pair); H5Tclose(flag); H5Tclose(list); H5Tclose(array); H5Tclose(wide);
}

static void put_shapes(hid_t file)
{
	static const double one = 1;
	const struct h5_set set[] = {
		{ .name = "good", .type = H5T_NATIVE_DOUBLE, .memory = H5T_NATIVE_DOUBLE, .rank = 1, .dim = { 1 }, .value = &one },
		{ .name = "null", .type = H5T_NATIVE_DOUBLE, .rank = -1 },
		{ .name = "deep", .type = H5T_NATIVE_DOUBLE, .memory = H5T_NATIVE_DOUBLE, .rank = 5, .dim = { 1, 1, 1, 1, 1 },
		  .value = &one },
		{ .name = "none", .type = H5T_NATIVE_DOUBLE, .rank = 2, .dim = { 0, 3 } },
		{ .name = "huge", .type = H5T_NATIVE_DOUBLE, .rank = 2, .dim = { (hsize_t)1 << 40, 3 }, .chunk = { 1024, 3 } },
		{ .name = "hollow", .type = H5T_NATIVE_DOUBLE, .rank = 1, .dim = { 1 << 28 }, .chunk = { 1024 } },
		{ .name = "slab", .type = H5T_NATIVE_DOUBLE, .rank = 1, .dim = { 1 << 28 }, .chunk = { 1 << 27 } },
		{ .name = "outside_values", .type = H5T_NATIVE_DOUBLE, .rank = 1, .dim = { 4 }, .external = "secret.bin" },
	};
	for (size_t i = 0; i < sizeof set / sizeof set[0]; i++) put_set(file, &set[i]);
	hid_t group = H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	H5Gclose(group);
}

/* A virtual dataset, a filter that is not on the list. */
static void put_storage(hid_t file)
{
	hsize_t four = 4;
	hid_t space = H5Screate_simple(1, &four, NULL), create = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_virtual(create, space, "other.h5", "/good", space);
	H5Dclose(H5Dcreate2(file, "virtual", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, create, H5P_DEFAULT));
	H5Pclose(create);
	create = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_chunk(create, 1, &four);
	H5Pset_scaleoffset(create, H5Z_SO_INT, 0);
	H5Dclose(H5Dcreate2(file, "filter", H5T_NATIVE_INT, space, H5P_DEFAULT, create, H5P_DEFAULT));
	H5Pclose(create);
	H5Sclose(space);
}

static void hdf5_files(void **state)
{
	static const struct {
		const char *path, *word[2];
	} c[] = {
		{ "absent", { "there is no 'absent'", "" } },
		{ "group", { "is a group, wanted a dataset", "" } },
		{ "good/deeper", { "'deeper' is asked of a dataset", "" } },
		{ "", { "names no dataset", "" } },
		{ "soft", { "'soft' is a soft link", "" } },
		{ "soft_loop", { "'soft_loop' is a soft link", "" } },
		{ "outside", { "'outside' is an external link", "" } },
		{ "text", { "elements of type string", "wanted integers or floats" } },
		{ "fixed", { "elements of type fixed-length string", "wanted integers or floats" } },
		{ "complex", { "elements of type compound", "wanted integers or floats" } },
		{ "bool", { "elements of type enum", "booleans are stored as uint8" } },
		{ "list", { "elements of type variable-length", "" } },
		{ "array", { "elements of type array", "" } },
		{ "reference", { "elements of type reference", "" } },
		{ "bits", { "elements of type bitfield", "" } },
		{ "wide", { "numbers of 16 bytes", "wanted 8, 16, 32 or 64 bits" } },
		{ "null", { "has no values", "" } },
		{ "deep", { "has 5 dimensions", "1 to 4" } },
		{ "none", { "dimension 1 of 2 has length 0", "" } },
		{ "huge", { "more than 1099511627776 elements", "" } },
		{ "hollow", { "declares 268435456 elements", "the file holds 0 bytes" } },
		{ "slab", { "chunks of 1073741824 bytes", "at most 268435456" } },
		{ "outside_values", { "external storage", "not read" } },
		{ "virtual", { "virtual storage", "not read" } },
		{ "filter", { "filter 6 (scaleoffset)", "wanted none or deflate" } },
	};
	write_text("secret.bin", "what no dataset may show to anybody");
	hid_t file = new_h5("bad.h5");
	put_links(file);
	put_shapes(file);
	put_types(file);
	put_storage(file);
	H5Fclose(file);
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		char where[64];
		snprintf(where, sizeof where, "bad.h5:/%s", c[i].path);
		refuse_array(*state, where, WORDS(where, c[i].word[0], c[i].word[1]));
	}
	refuse_array(*state, "bad.h5", WORDS("bad.h5: names no dataset", "bad.h5:/PATH"));
}

/* A file that was cut off, at many places, and one whose packed values are damaged. */
static void hdf5_damage(void **state)
{
	double value[512];
	for (size_t i = 0; i < 512; i++) value[i] = (double)(i * i % 97);
	hid_t file = new_h5("whole.h5"), create = H5Pcreate(H5P_DATASET_CREATE);
	hid_t space = H5Screate_simple(1, (hsize_t[]){ 512 }, NULL);
	H5Pset_chunk(create, 1, (hsize_t[]){ 512 });
	H5Pset_fletcher32(create);
	hid_t d = H5Dcreate2(file, "x", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, create, H5P_DEFAULT);
	H5Dwrite(d, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
	H5Dclose(d);
	H5Sclose(space);
	H5Pclose(create);
	H5Fclose(file);
	unsigned char bytes[16384];
	FILE *f = fopen("whole.h5", "rb");
	size_t n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	assert_true(n > 4096 && n < sizeof bytes);
	for (size_t kept = 1; kept < n; kept += n / 23) {
		write_bytes("cut.h5", bytes, kept);
		refuse_array(*state, "cut.h5:/x", WORDS("cut.h5"));
	}
	unsigned char *at = memmem(bytes, n, &value[3], sizeof(double));
	assert_non_null(at);
	at[6] ^= 1;
	write_bytes("flip.h5", bytes, n);
	refuse_array(*state, "flip.h5:/x", WORDS("flip.h5:/x", "512 values cannot be read", "check sum"));
	write_text("words.h5", "this is not HDF5 at all");
	refuse_array(*state, "words.h5:/x", WORDS("words.h5", "is not an HDF5 file"));
}

/* One limit for all that is read: each refusal names the flag, and with more room the same file is read. */
static void limits(void **state)
{
	enum { N = 4096 };
	static double x[N];
	static uint8_t idx[12 + 10 * N] = { 0, 0, 8, 2, 0, 0, 0, 10, 0, 0, 16, 0 };
	char text[] = "1,2\n", *out = NULL;
	struct vt_array a;
	size_t most = vt_ctx_most_bytes(*state), n = 0, rank = 0, dim[VT_MAX_RANK];
	uint8_t *bytes = NULL;
	write_bytes("x.bin", x, sizeof x);
	assert_int_equal(system("(printf '\\223NUMPY\\001\\000\\107\\000'; printf '%-70s\\n' "
	                        "\"{'descr': '<f8', 'fortran_order': False, 'shape': (4096,), }\"; cat x.bin) > x.npy"), 0);
	FILE *f = fopen("x.csv", "w");
	for (size_t i = 0; i < N; i++) fputs(text, f);
	fclose(f);
	hid_t file = new_h5("x.h5");
	put_set(file, &(struct h5_set){ .name = "x", .type = H5T_NATIVE_DOUBLE, .memory = H5T_NATIVE_DOUBLE, .rank = 1,
	                                .dim = { N }, .value = x });
	H5Fclose(file);
	write_bytes("x.idx", idx, sizeof idx);
	write_gz("x.gz", idx, sizeof idx);
	for (int raised = 0; raised < 2; raised++) {
		enum vt_status wanted = raised ? VT_OK : VT_EDATA, status[6];
		vt_ctx_set_most_bytes(*state, raised ? 1 << 17 : 10000);
		static const char *const array[] = { "x.npy", "x.csv", "x.h5:/x" };
		for (size_t i = 0; i < 6; i++) {
			status[i] = i < 3    ? vt_input_array(*state, array[i], &a)
			            : i == 3 ? vt_input_idx(*state, "x.idx", &rank, dim, &bytes)
			            : i == 4 ? vt_input_octets(*state, "x.gz", SIZE_MAX, &n, &bytes)
			                     : vt_input_text(*state, "x.csv", SIZE_MAX, &out);
			if (status[i] != wanted) fail_msg("%zu, %d: status %d, %s", i, raised, status[i], vt_ctx_trail(*state));
			if (!raised && !strstr(vt_ctx_trail(*state), "--max-bytes")) fail_msg("%s", vt_ctx_trail(*state));
			if (raised) free(i < 3 ? (void *)a.value : i < 5 ? (void *)bytes : (void *)out);
		}
	}
	vt_ctx_set_most_bytes(*state, most);
}

/* A name is not obeyed by a terminal, and a message stays one line. */
static void control_characters(void **state)
{
	struct vt_array a;
	assert_int_equal(vt_input_array(*state, "a\nb\033[31m\177\xc2\x9b" "1m.npy", &a), VT_EDATA);
	for (const char *p = vt_ctx_trail(*state); *p; p++) assert_true((unsigned char)*p >= 32 && *p != 127);
	assert_null(strstr(vt_ctx_trail(*state), "\xc2\x9b"));
	assert_non_null(strstr(vt_ctx_trail(*state), "a b [31m   1m.npy: cannot be opened"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_files),  cmocka_unit_test(no_places),  cmocka_unit_test(npy_headers),
		cmocka_unit_test(npy_sizes), cmocka_unit_test(values),     cmocka_unit_test(csv_tables),
		cmocka_unit_test(idx_files), cmocka_unit_test(idx_gzip),   cmocka_unit_test(hdf5_files),
		cmocka_unit_test(hdf5_damage), cmocka_unit_test(limits),   cmocka_unit_test(control_characters),
	};
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
