/* Arrays from outside that are well: every type and byte order that is read, against the
 * values that were written.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "input_files.h"

static struct vt_array read_array(struct vt_ctx *ctx, const char *where)
{
	struct vt_array a = { 0 };
	if (vt_input_array(ctx, where, &a) != VT_OK) fail_msg("%s: %s", where, vt_ctx_trail(ctx));
	return a;
}

static void same(struct vt_ctx *ctx, const char *where, size_t rank, const size_t *dim, const double *value,
                 bool integer)
{
	struct vt_array a = read_array(ctx, where);
	size_t n = 1;
	assert_int_equal(a.rank, rank);
	for (size_t i = 0; i < rank; i++) {
		assert_int_equal(a.dim[i], dim[i]);
		n *= dim[i];
	}
	assert_int_equal(a.n, n);
	assert_int_equal(a.integer, integer);
	for (size_t i = 0; i < n; i++)
		if (a.value[i] != value[i]) fail_msg("%s: value %zu is %.17g, wanted %.17g", where, i, a.value[i], value[i]);
	free(a.value);
}

static const double six[6] = { 0, 1, 2, 3, 4, 5 };
static const size_t two_by_three[2] = { 2, 3 };

static void npy_types(void **state)
{
	static const float f4[6] = { 0, 1, 2, 3, 4, 5 };
	static const int64_t i8[6] = { 0, 1, 2, 3, 4, 5 };
	static const uint8_t u1[6] = { 0, 1, 2, 3, 4, 5 };
	/* 0, 1, 2, 3, 4, 5 in half precision and as big-endian 16-bit integers. */
	static const uint16_t f2[6] = { 0x0000, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500 };
	static const uint8_t big[12] = { 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5 };
	write_npy("f8.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", six, sizeof six);
	write_npy("f4.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", f4, sizeof f4);
	write_npy("f2.npy", "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3), }", f2, sizeof f2);
	write_npy("i8.npy", "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }", i8, sizeof i8);
	write_npy("u1.npy", "{'shape': (2, 3), 'descr': '|u1', 'fortran_order': False}", u1, sizeof u1);
	write_npy("big.npy", "{'descr': '>i2', 'fortran_order': False, 'shape': (2, 3), }", big, sizeof big);
	same(*state, "f8.npy", 2, two_by_three, six, false);
	same(*state, "f4.npy", 2, two_by_three, six, false);
	same(*state, "f2.npy", 2, two_by_three, six, false);
	same(*state, "i8.npy", 2, two_by_three, six, true);
	same(*state, "u1.npy", 2, two_by_three, six, true);
	same(*state, "big.npy", 2, two_by_three, six, true);
}

static void npy_half_precision(void **state)
{
	/* smallest subnormal, largest finite, -1/3 rounded: IEEE 754 binary16 */
	static const uint16_t bits[3] = { 0x0001, 0x7bff, 0xb555 };
	static const double wanted[3] = { 0x1p-24, 65504, -0.333251953125 };
	write_npy("half.npy", "{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }", bits, sizeof bits);
	same(*state, "half.npy", 1, (size_t[]){ 3 }, wanted, false);
}

/* Fortran order, as numpy.asfortranarray(arange(6).reshape(2, 3)) is saved. */
static void npy_fortran(void **state)
{
	static const double columns[6] = { 0, 3, 1, 4, 2, 5 };
	write_npy("fortran.npy", "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }", columns, sizeof columns);
	same(*state, "fortran.npy", 2, two_by_three, six, false);
}

static void csv_tables(void **state)
{
	static const double reals[6] = { 0.5, -1e-3, 2, 3, 4, 5 };
	write_text("plain.csv", "0,1,2\n3,4,5\n");
	write_text("names.csv", "\xef\xbb\xbf" "a, \"b\" ,c\r\n0, 1 ,2\r\n3,4,5\r\n\r\n");
	write_text("reals.csv", "0.5,-1e-3,2\n3,4,5");
	write_text("column.csv", "y\n0\n1\n2\n");
	same(*state, "plain.csv", 2, two_by_three, six, true);
	same(*state, "names.csv", 2, two_by_three, six, true);
	same(*state, "reals.csv", 2, two_by_three, reals, false);
	same(*state, "column.csv", 1, (size_t[]){ 3 }, six, true);
}

static hid_t half_type(void)
{
	hid_t t = H5Tcopy(H5T_IEEE_F32LE);
	H5Tset_fields(t, 15, 10, 5, 0, 10);
	H5Tset_size(t, 2);
	H5Tset_ebias(t, 15);
	return t;
}

static void hdf5_types(void **state)
{
	hid_t file = new_h5("good.h5"), half = half_type();
	const struct h5_set set[] = {
		{ .name = "f8", .type = H5T_IEEE_F64LE, .memory = H5T_NATIVE_DOUBLE, .rank = 2, .dim = { 2, 3 }, .value = six },
		{ .name = "big", .type = H5T_IEEE_F32BE, .memory = H5T_NATIVE_DOUBLE, .rank = 2, .dim = { 2, 3 }, .value = six },
		{ .name = "half", .type = half, .memory = H5T_NATIVE_DOUBLE, .rank = 2, .dim = { 2, 3 }, .value = six },
		{ .name = "i2", .type = H5T_STD_I16BE, .memory = H5T_NATIVE_DOUBLE, .rank = 2, .dim = { 2, 3 }, .value = six },
		{ .name = "packed", .type = H5T_STD_U64LE, .memory = H5T_NATIVE_DOUBLE, .rank = 2, .dim = { 2, 3 },
		  .chunk = { 1, 3 }, .value = six, .deflate = 6 },
	};
	hid_t group = H5Gcreate2(file, "deep", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	for (size_t i = 0; i < sizeof set / sizeof set[0]; i++) put_set(group, &set[i]);
	H5Gclose(group);
	H5Tclose(half);
	H5Fclose(file);
	same(*state, "good.h5:/deep/f8", 2, two_by_three, six, false);
	same(*state, "./good.h5:/deep/big", 2, two_by_three, six, false);
	same(*state, "good.h5:/deep/half", 2, two_by_three, six, false);
	same(*state, "good.h5:/deep/i2", 2, two_by_three, six, true);
	same(*state, "good.h5:/deep/packed", 2, two_by_three, six, true);
}

static herr_t count_errors(hid_t stack, void *n)
{
	(void)stack;
	++*(int *)n;
	return 0;
}

/* HDF5's handler and plugin loading are the caller's again, after success and failure. */
static void hdf5_restored(void **state)
{
	int n = 0;
	unsigned plugins = 0;
	H5E_auto2_t handler = NULL;
	void *data = NULL;
	struct vt_array a;
	H5PLset_loading_state(H5PL_FILTER_PLUGIN);
	H5Eset_auto2(H5E_DEFAULT, count_errors, &n);
	free(read_array(*state, "good.h5:/deep/f8").value);
	assert_int_equal(vt_input_array(*state, "good.h5:/deep/none", &a), VT_EDATA);
	assert_int_equal(n, 0);
	H5Eget_auto2(H5E_DEFAULT, &handler, &data);
	H5PLget_loading_state(&plugins);
	assert_true(handler == count_errors && data == &n);
	assert_int_equal(plugins, H5PL_FILTER_PLUGIN);
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

static void idx_plain_and_gzip(void **state)
{
	static const uint8_t file[4 + 8 + 6] = { 0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 9, 8, 7, 6, 5, 255 };
	static const char *const name[] = { "plain.idx", "packed.idx.gz" };
	write_bytes(name[0], file, sizeof file);
	write_gz(name[1], file, sizeof file);
	for (size_t i = 0; i < 2; i++) {
		size_t rank = 0, dim[VT_MAX_RANK] = { 0 };
		uint8_t *value = NULL;
		if (vt_input_idx(*state, name[i], &rank, dim, &value) != VT_OK) fail_msg("%s", vt_ctx_trail(*state));
		assert_int_equal(rank, 2);
		assert_int_equal(dim[0], 2);
		assert_int_equal(dim[1], 3);
		assert_memory_equal(value, file + 12, 6);
		free(value);
	}
}

static void text_and_places(void **state)
{
	const char *const places[] = { "/nonexistent", ".", NULL };
	char *out = NULL;
	write_text("note.txt", "two\nlines\n");
	write_text("data.gz", "x");
	assert_int_equal(vt_input_text(*state, "note.txt", 100, &out), VT_OK);
	assert_string_equal(out, "two\nlines\n");
	free(out);
	assert_int_equal(vt_input_locate(*state, NULL, places, "note.txt", "fetch it", &out), VT_OK);
	assert_string_equal(out, "./note.txt");
	free(out);
	assert_int_equal(vt_input_locate(*state, ".", places, "data", "fetch it", &out), VT_OK);
	assert_string_equal(out, "./data.gz");
	free(out);
	assert_int_equal(vt_input_locate(*state, "note.txt", places, "data", "fetch it", &out), VT_OK);
	assert_string_equal(out, "note.txt");
	free(out);
}

/* gzip files one after the other are one, with null bytes of padding or without; other bytes behind them are damage. */
static void gzip_members(void **state)
{
	uint8_t *out = NULL;
	size_t n = 0;
	write_gz("a.gz", "first ", 6);
	write_gz("b.gz", "second", 6);
	assert_int_equal(system("cat a.gz b.gz > ab.gz; (cat ab.gz; head -c 1000 /dev/zero) > padded.gz; "
	                        "(cat ab.gz; echo more) > more.gz"), 0);
	for (int padded = 0; padded < 2; padded++) {
		if (vt_input_octets(*state, padded ? "padded.gz" : "ab.gz", 2000, &n, &out) != VT_OK)
			fail_msg("%s", vt_ctx_trail(*state));
		assert_int_equal(n, 12);
		assert_memory_equal(out, "first second", 12);
		free(out);
	}
	assert_int_equal(vt_input_octets(*state, "more.gz", 100, &n, &out), VT_EDATA);
	assert_non_null(strstr(vt_ctx_trail(*state), "more.gz: the gzip stream is damaged"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(npy_types),     cmocka_unit_test(npy_half_precision), cmocka_unit_test(npy_fortran),
		cmocka_unit_test(csv_tables),    cmocka_unit_test(hdf5_types),         cmocka_unit_test(hdf5_restored),
		cmocka_unit_test(idx_plain_and_gzip), cmocka_unit_test(text_and_places),      cmocka_unit_test(gzip_members),
	};
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
