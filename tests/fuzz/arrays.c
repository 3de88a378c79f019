/* Arrays and whole files in formats that we read ourselves.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <zlib.h>

#include "../../src/input/open.h"
#include "fuzz.h"

/* ---- npy --------------------------------------------------------------------- */

/* All of it, and the last snapshot; what is read must be as large as the extent says. */
static void run_npy(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	const char *path = fuzz_file("x.npy", data, n);
	struct vt_extent e = { 0 };
	struct vt_array a = { 0 };
	enum vt_status status = vt_npy_extent(ctx, path, &e), whole = vt_input_array(ctx, path, &a);
	if (status != VT_OK && whole == VT_OK) fuzz_fail("an array without an extent");
	fuzz_expect(ctx, whole);
	if (whole == VT_OK && a.n * sizeof *a.value > 8 * n) fuzz_fail("%zu numbers of %zu bytes", a.n, n);
	free(a.value);
	if (status != VT_OK || e.rank == 0 || e.dim[0] == 0) return;
	a.value = NULL;
	fuzz_expect(ctx, vt_input_slab(ctx, path, e.dim[0] - 1, &a));
	free(a.value);
}

static void add_npy(fuzz_seed_fn *give, void *self, const char *dictionary, const void *bytes, size_t n)
{
	unsigned char file[1024] = "\x93NUMPY\x01";
	size_t length = strlen(dictionary) + 1;
	file[8] = (unsigned char)length;
	memcpy(file + 10, dictionary, length - 1);
	file[10 + length - 1] = '\n';
	memcpy(file + 10 + length, bytes, n);
	give(self, file, 10 + length + n);
}

static void seeds_npy(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	static const char *const type[] = { "<f8", ">f4", "<f2", "|b1", "<i8", ">u2", "|i1", "<u4" };
	static const size_t size[] = { 8, 4, 2, 1, 8, 2, 1, 4 };
	unsigned char bytes[24 * 8];
	char dictionary[200];
	(void)ctx;
	for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i % 2);
	for (size_t i = 0; i < sizeof type / sizeof *type; i++) {
		snprintf(dictionary, sizeof dictionary, "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }", type[i],
		         i % 2 ? "True" : "False", i % 3 == 0 ? "24," : i % 3 == 1 ? "6, 4" : "2, 3, 4");
		add_npy(give, self, dictionary, bytes, 24 * size[i]);
	}
}

const struct fuzz_target fuzz_npy = {
	.name = "npy", .what = "arrays of NumPy's",
	.run = run_npy, .seeds = seeds_npy, .many = 2000,
};

/* ---- CSV ------------------------------------------------------------------------ */

static void run_csv(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	struct vt_array a = { 0 };
	enum vt_status status = vt_input_array(ctx, fuzz_file("x.csv", data, n), &a);
	fuzz_expect(ctx, status);
	if (status == VT_OK && a.n > n) fuzz_fail("%zu numbers of %zu bytes", a.n, n);
	free(a.value);
}

static void seeds_csv(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	static const char *const text[] = { "a,b\n1,2\n3,4\n", "1\n2\n3\n",
	                                    "\xef\xbb\xbfx, y ,z\r\n1e-3,-.5,+7\r\n0,inf,nan\r\n\r\n",
	                                    "1,2,3,4,5,6,7,8", "0.1\n\n\n" };
	(void)ctx;
	for (size_t i = 0; i < sizeof text / sizeof *text; i++) give(self, text[i], strlen(text[i]));
}

const struct fuzz_target fuzz_csv = {
	.name = "csv", .what = "tables of numbers as text",
	.run = run_csv, .seeds = seeds_csv, .many = 2000,
};

/* ---- IDX, plain and gzip ----------------------------------------------------------- */

static void run_idx(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	size_t rank = 0, dim[VT_MAX_RANK] = { 0 };
	uint8_t *value = NULL;
	enum vt_status status = vt_input_idx(ctx, fuzz_file("x.idx", data, n), &rank, dim, &value);
	fuzz_expect(ctx, status);
	if (status == VT_OK && (rank < 1 || rank > VT_MAX_RANK)) fuzz_fail("rank %zu", rank);
	free(value);
}

static size_t pack(const void *bytes, size_t n, uint8_t *out, size_t room)
{
	z_stream z = { .next_in = (uint8_t *)bytes, .avail_in = (unsigned)n, .next_out = out, .avail_out = (unsigned)room };
	if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) exit(1);
	deflate(&z, Z_FINISH);
	size_t used = room - z.avail_out;
	deflateEnd(&z);
	return used;
}

static void seeds_idx(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	uint8_t images[16 + 8 * 9] = { 0, 0, 8, 3, 0, 0, 0, 8, 0, 0, 0, 3, 0, 0, 0, 3 };
	uint8_t labels[8 + 8] = { 0, 0, 8, 1, 0, 0, 0, 8 }, packed[512];
	(void)ctx;
	for (size_t i = 16; i < sizeof images; i++) images[i] = (uint8_t)(7 * i);
	give(self, images, sizeof images);
	give(self, labels, sizeof labels);
	give(self, packed, pack(images, sizeof images, packed, sizeof packed));
	give(self, packed, pack(labels, sizeof labels, packed, sizeof packed));
}

const struct fuzz_target fuzz_idx = {
	.name = "idx", .what = "images and labels as MNIST has them, plain and gzip",
	.run = run_idx, .seeds = seeds_idx, .many = 2000,
};

/* ---- text, plain, gzip and in windows ------------------------------------------------- */

enum { MOST_TEXT = 1 << 20 };

static void run_octets(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	uint8_t *out = NULL;
	size_t size = 0;
	enum vt_status status = vt_input_octets(ctx, fuzz_file("x.text", data, n), MOST_TEXT, &size, &out);
	fuzz_expect(ctx, status);
	if (status == VT_OK && size > MOST_TEXT) fuzz_fail("%zu bytes, at most %d were asked for", size, MOST_TEXT);
	free(out);
}

/* The table of two windows of 16 bytes, each packed as codes of nine bits: literals only. */
static size_t make_windows(uint8_t *out)
{
	static const char text[] = "In the beginning was the word..";
	enum { TABLE = 0x60, WINDOW = 16, PACKED = 18 };
	memset(out, 0, TABLE + 8 + 2 * PACKED);
	memcpy(out, "EC02", 4);
	out[0x57] = WINDOW;
	out[0x5b] = 2;
	out[0x5f] = TABLE + 8;
	out[TABLE + 3] = TABLE + 8 + PACKED;
	out[TABLE + 7] = TABLE + 8 + 2 * PACKED;
	for (size_t k = 0; k < 2 * WINDOW; k++)
		for (size_t b = 0; b < 9; b++) {
			size_t bit = 8 * (TABLE + 8 + k / WINDOW * PACKED) + 9 * (k % WINDOW) + b;
			out[bit / 8] = (uint8_t)(out[bit / 8] | (text[k] >> b & 1) << bit % 8);
		}
	return TABLE + 8 + 2 * PACKED;
}

static void seeds_octets(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	static const char text[] = "And God said, Let there be light: and there was light.\n"
	                           "And God saw the light, that it was good.\n";
	uint8_t bytes[2048];
	(void)ctx;
	give(self, text, sizeof text - 1);
	size_t n = pack(text, sizeof text - 1, bytes, sizeof bytes / 2);
	give(self, bytes, n);
	memcpy(bytes + n, bytes, n);
	give(self, bytes, 2 * n);
	give(self, bytes, make_windows(bytes));
}

const struct fuzz_target fuzz_octets = {
	.name = "octets", .what = "text: plain, gzip, or in windows as Debian's Bible",
	.run = run_octets, .seeds = seeds_octets, .many = 2000,
};
