/* Parts of foreign arrays, lists of names, and readers that die: the parent never does.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <signal.h>

#include "../src/input/forked.h"
#include "input_files.h"

enum { T = 5, N = 7, D = 3 };

static double cell(size_t t, size_t i, size_t d)
{
	return (double)(100 * t + 10 * i + d);
}

static void fill(float *v)
{
	for (size_t t = 0; t < T; t++)
		for (size_t i = 0; i < N; i++)
			for (size_t d = 0; d < D; d++) v[(t * N + i) * D + d] = (float)cell(t, i, d);
}

static void check_slabs(struct vt_ctx *ctx, const char *where)
{
	struct vt_extent e;
	if (vt_input_extent(ctx, where, &e) != VT_OK) fail_msg("%s: %s", where, vt_ctx_trail(ctx));
	assert_int_equal(e.rank, 3);
	assert_int_equal(e.dim[0], T);
	assert_int_equal(e.dim[2], D);
	assert_false(e.integer);
	for (size_t t = 0; t < T; t++) {
		struct vt_array a;
		if (vt_input_slab(ctx, where, t, &a) != VT_OK) fail_msg("%s: %s", where, vt_ctx_trail(ctx));
		assert_int_equal(a.rank, 2);
		assert_int_equal(a.dim[0], N);
		assert_int_equal(a.n, N * D);
		for (size_t i = 0; i < N * D; i++) assert_true(a.value[i] == cell(t, i / D, i % D));
		free(a.value);
	}
	struct vt_array none = { .n = 77 };
	assert_int_equal(vt_input_slab(ctx, where, T, &none), VT_EDATA);
	assert_non_null(strstr(vt_ctx_trail(ctx), "has 5 snapshots"));
	assert_int_equal(none.n, 77);
}

static void write_layers(const char *name)
{
	float v[T * N * D];
	fill(v);
	hid_t file = new_h5(name);
	const struct h5_set set[] = {
		{ .name = "plain", .type = H5T_IEEE_F32LE, .memory = H5T_NATIVE_FLOAT, .rank = 3, .dim = { T, N, D }, .value = v },
		{ .name = "packed", .type = H5T_IEEE_F32BE, .memory = H5T_NATIVE_FLOAT, .rank = 3, .dim = { T, N, D }, .value = v,
		  .chunk = { 2, 3, 2 }, .deflate = 4 },
	};
	for (size_t i = 0; i < sizeof set / sizeof *set; i++) put_set(file, &set[i]);
	H5Fclose(file);
}

static void slabs(void **state)
{
	double v[T * N * D], turned[T * N * D];
	write_layers("layers.h5");
	for (size_t i = 0; i < T * N * D; i++) v[i] = cell(i / (N * D), i / D % N, i % D);
	for (size_t i = 0; i < T * N * D; i++) turned[i] = cell(i % T, i / T % N, i / T / N);
	write_npy("c.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (5, 7, 3), }", v, sizeof v);
	write_npy("f.npy", "{'descr': '<f8', 'fortran_order': True, 'shape': (5, 7, 3), }", turned, sizeof turned);
	check_slabs(*state, "layers.h5:/plain");
	check_slabs(*state, "layers.h5:/packed");
	check_slabs(*state, "c.npy");
	check_slabs(*state, "f.npy");
}

/* The first bad value's place counts snapshots too. */
static void place_of_nan(void **state)
{
	double v[2 * 3 * 2] = { 0 };
	struct vt_array a;
	v[2 * 3 + 4] = (double)NAN;
	write_npy("nan.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3, 2), }", v, sizeof v);
	assert_int_equal(vt_input_slab(*state, "nan.npy", 1, &a), VT_EDATA);
	if (!strstr(vt_ctx_trail(*state), "1 NaN and 0 infinite of 6 values, the first at [1, 2, 0]"))
		fail_msg("%s", vt_ctx_trail(*state));
	assert_int_equal(vt_input_slab(*state, "nan.npy", 0, &a), VT_OK);
	free(a.value);
}

/* A billion elements and more are no matter while only a part is read: the sizes are checked, not the sum. */
static void large_whole(void **state)
{
	struct vt_extent e;
	struct vt_array a;
	hid_t file = new_h5("large.h5");
	put_set(file, &(struct h5_set){ .name = "empty", .type = H5T_STD_U8LE, .rank = 3, .dim = { 1 << 20, 1 << 10, 16 },
	                                .chunk = { 1, 1024, 16 } });
	H5Fclose(file);
	assert_int_equal(vt_input_extent(*state, "large.h5:/empty", &e), VT_EDATA); /* nothing of it is stored */
	assert_non_null(strstr(vt_ctx_trail(*state), "declares 17179869184 elements"));
	assert_int_equal(vt_input_slab(*state, "large.h5:/empty", 3, &a), VT_EDATA);
}

static void expect_names(struct vt_ctx *ctx, const char *file, const char *group, size_t n, const char *const *wanted)
{
	size_t found = 0;
	char **name = NULL;
	if (vt_input_names(ctx, file, group, &found, &name) != VT_OK) fail_msg("%s", vt_ctx_trail(ctx));
	assert_int_equal(found, n);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(name[i], wanted[i]);
		free(name[i]);
	}
	free(name);
}

static void put_one(hid_t group, const char *name)
{
	put_set(group, &(struct h5_set){ .name = name, .type = H5T_NATIVE_DOUBLE, .memory = H5T_NATIVE_DOUBLE, .rank = 1,
	                                 .dim = { 1 }, .value = &(double){ 1 } });
}

static void names(void **state)
{
	hid_t file = new_h5("names.h5"), create = H5Pcreate(H5P_GROUP_CREATE), group, inner;
	H5Pset_link_creation_order(create, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
	group = H5Gcreate2(file, "activations", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	put_one(group, "fc10");
	put_one(group, "fc2");
	inner = H5Gcreate2(group, "block", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	put_one(inner, "0");
	H5Lcreate_soft("/activations/fc2", group, "soft", H5P_DEFAULT, H5P_DEFAULT);
	H5Gclose(inner);
	inner = H5Gcreate2(file, "circle", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	H5Lcreate_hard(file, "circle", inner, "again", H5P_DEFAULT, H5P_DEFAULT);
	H5Gclose(inner);
	H5Gclose(group);
	group = H5Gcreate2(file, "ordered", H5P_DEFAULT, create, H5P_DEFAULT);
	put_one(group, "second");
	put_one(group, "first");
	H5Gclose(group);
	H5Pclose(create);
	H5Fclose(file);
	expect_names(*state, "names.h5", "ordered", 2, (const char *const[]){ "second", "first" });
	size_t n = 0;
	char **name = NULL;
	assert_int_equal(vt_input_names(*state, "names.h5", "circle", &n, &name), VT_EDATA); /* it ends */
	assert_non_null(strstr(vt_ctx_trail(*state), "more than 16 deep, or in a circle of links"));
	expect_names(*state, "names.h5", "activations", 3, (const char *const[]){ "block/0", "fc2", "fc10" });
	assert_int_equal(vt_input_names(*state, "names.h5", "activation", &n, &name), VT_EDATA);
	assert_non_null(strstr(vt_ctx_trail(*state), "did you mean 'activations'?"));
	write_layers("layers.h5");
	expect_names(*state, "layers.h5", "", 2, (const char *const[]){ "packed", "plain" });
}

/* ---- readers that die -------------------------------------------------------------- */

static enum vt_status crash(struct vt_ctx *ctx, void *self, int out)
{
	(void)ctx;
	vt_child_send(out, "half an ans", 4);
	raise(*(int *)self);
	return VT_OK;
}

static enum vt_status chatter(struct vt_ctx *ctx, void *self, int out)
{
	static const char noise[64] = "this is no frame at all, whatever it may look like to a reader";
	(void)ctx;
	(void)self;
	return write(out, noise, sizeof noise) == sizeof noise ? VT_OK : VT_EIO;
}

static enum vt_status hungry(struct vt_ctx *ctx, void *self, int out)
{
	(void)self;
	(void)out;
	char *all = malloc((size_t)64 << 30); /* more than the limit, which only this process has */
	if (!all) return vt_ctx_fail(ctx, VT_ENOMEM, "no memory, and\nsaid \033[31mso");
	free(all);
	return VT_OK;
}

static enum vt_status want_ten(struct vt_ctx *ctx, void *self, struct vt_child *child)
{
	char ten[10];
	(void)self;
	return vt_child_take(ctx, child, sizeof ten, ten);
}

static void expect_death(struct vt_ctx *ctx, const struct vt_reading *r, const char *words)
{
	enum vt_status status = vt_read_forked(ctx, r);
	assert_int_equal(status, VT_EDATA);
	if (!strstr(vt_ctx_trail(ctx), words) || strchr(vt_ctx_trail(ctx), '\n')) fail_msg("%s", vt_ctx_trail(ctx));
}

static void deaths(void **state)
{
	static const int signals[] = { SIGSEGV, SIGABRT, SIGBUS, SIGKILL };
	write_text("file", "x");
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		char words[40];
		snprintf(words, sizeof words, "file: its reader was ended by signal %d", signals[i]);
		expect_death(*state, &(struct vt_reading){ "file", (void *)&signals[i], crash, want_ten }, words);
	}
	expect_death(*state, &(struct vt_reading){ "file", NULL, chatter, want_ten }, "answers nonsense");
#if !defined VT_SANITIZED && !defined __SANITIZE_ADDRESS__
	assert_int_equal(vt_read_forked(*state, &(struct vt_reading){ "file", NULL, hungry, want_ten }), VT_ENOMEM);
	assert_string_equal(vt_ctx_trail(*state), "no memory, and said  [31mso");
#else
	(void)hungry;
#endif
}

/* A terminal's and a scheduler's signals reach readers as well: whether to go on is for the parent to say. */
static enum vt_status told_to_stop(struct vt_ctx *ctx, void *self, int out)
{
	(void)ctx;
	(void)self;
	raise(SIGINT);
	raise(SIGTERM);
	raise(SIGHUP);
	raise(SIGUSR1);
	return vt_child_send(out, "ten bytes.", 10) ? VT_OK : VT_EIO;
}

static void stops(void **state)
{
	write_text("file", "x");
	assert_int_equal(vt_read_forked(*state, &(struct vt_reading){ "file", NULL, told_to_stop, want_ten }), VT_OK);
}

/* ---- damaged files -------------------------------------------------------------------- */

static size_t load(const char *name, unsigned char *bytes, size_t most)
{
	FILE *f = fopen(name, "rb");
	assert_non_null(f);
	size_t n = fread(bytes, 1, most, f);
	fclose(f);
	return n;
}

/* Whatever the file says: an answer, or one line. */
static void read_everything(struct vt_ctx *ctx, size_t *died)
{
	static const char *const where[] = { "damaged.h5:/packed", "damaged.h5:/plain" };
	size_t n = 0;
	char **name = NULL;
	for (size_t i = 0; i < 2; i++) {
		struct vt_array a = { 0 };
		enum vt_status status = vt_input_slab(ctx, where[i], 1, &a);
		if (status != VT_OK && status != VT_EDATA) fail_msg("status %d: %s", status, vt_ctx_trail(ctx));
		if (status != VT_OK && strchr(vt_ctx_trail(ctx), '\n')) fail_msg("%s", vt_ctx_trail(ctx));
		*died += status != VT_OK && strstr(vt_ctx_trail(ctx), "ended by signal");
		free(a.value);
	}
	enum vt_status status = vt_input_names(ctx, "damaged.h5", "", &n, &name);
	assert_true(status == VT_OK || status == VT_EDATA);
	for (size_t i = 0; status == VT_OK && i < n; i++) free(name[i]);
	if (status == VT_OK) free(name);
}

static void damage(void **state)
{
	enum { CUTS = 8, FLIPS = 60 };
	static unsigned char good[1 << 16], bad[1 << 16];
	uint64_t random = 20261127; /* the seed of what is damaged */
	size_t died = 0;
	write_layers("layers.h5");
	size_t n = load("layers.h5", good, sizeof good);
	assert_true(n > 1000 && n < sizeof good);
	for (size_t i = 0; i < CUTS; i++) {
		write_bytes("damaged.h5", good, 1 + i * (n - 2) / CUTS);
		read_everything(*state, &died);
	}
	for (size_t i = 0; i < FLIPS; i++) {
		memcpy(bad, good, n);
		for (size_t k = 0; k < 1 + i % 4; k++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			size_t at = (size_t)(random >> 33) % n;
			bad[at] = i % 2 ? (unsigned char)(random >> 20) : (unsigned char)(bad[at] ^ 1 << (random >> 61));
		}
		write_bytes("damaged.h5", bad, n);
		read_everything(*state, &died);
	}
	print_message("%d damaged files, %zu readers died\n", CUTS + FLIPS, died);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slabs),  cmocka_unit_test(place_of_nan), cmocka_unit_test(large_whole),
		cmocka_unit_test(names),  cmocka_unit_test(deaths),       cmocka_unit_test(damage),
		cmocka_unit_test(stops),
	};
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
