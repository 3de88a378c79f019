/* Frames: what is put in comes out of the file again, equal frames give equal bytes, and a
 * file that was damaged is noticed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "store_run.h"

static const char path[] = "t_store_frame.h5", cut_path[] = "t_store_frame.cut.h5";

static int setup(void **state)
{
	*state = vt_ctx_create();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	vt_ctx_free(*state);
	unlink(path);
	unlink(cut_path);
	return 0;
}

#define DO(call) \
	do { \
		if ((call) != VT_OK) fail_msg("%s: %s", #call, vt_ctx_trail(*state)); \
	} while (0)

/* Three steps of everything that a frame can hold. */
static struct vt_frame *example(void **state, int seed)
{
	struct run_plan plan = { .seed = seed };
	struct vt_frame *f = vt_frame_create(*state);
	const char *config = "a: µ\nb: \"\"\n";
	assert_non_null(f);
	DO(vt_frame_attr_text(*state, f, "/", "venturi_schema", "venturi-run/1"));
	DO(vt_frame_attr_text(*state, f, "", "empty", ""));
	DO(vt_frame_attr_int(*state, f, "/", "seed", -7));
	DO(vt_frame_attr_real(*state, f, "/", "speed", 0.1));
	DO(vt_frame_variable(*state, f, "", &(struct vt_variable){ .name = "config", .type = VT_TEXT }));
	DO(vt_frame_put_text(*state, f, "", "config", 1, &config));
	DO(vt_frame_variable(*state, f, "", &(struct vt_variable){ .name = "share", .type = VT_F64 }));
	DO(vt_frame_put(*state, f, "", "share", 1, (double[]){ 0x1.23456789abcdep-3 }));
	run_declare(*state, f);
	for (int64_t step = 0; step < 300; step += 100) run_record(*state, f, &plan, step);
	return f;
}

static struct vt_frame *reread(void **state, struct vt_frame *f)
{
	struct vt_frame *back = NULL;
	bool intact = false;
	DO(vt_frame_write(*state, f, path));
	DO(vt_frame_read(*state, path, &back, &intact));
	assert_true(intact);
	return back;
}

/* The image of a frame that was read is the image of the frame that was written. */
static void round_trip(void **state)
{
	struct vt_frame *f = example(state, 1), *back = reread(state, f);
	char first[65], second[65];
	void *one = NULL, *two = NULL;
	size_t n_one = 0, n_two = 0;
	DO(vt_frame_sha256(*state, f, first));
	DO(vt_frame_sha256(*state, back, second));
	assert_string_equal(first, second);
	DO(vt_frame_image(*state, f, &one, &n_one));
	DO(vt_frame_write(*state, back, path));
	vt_frame_free(f);
	f = reread(state, back);
	DO(vt_frame_image(*state, f, &two, &n_two));
	DO(vt_frame_sha256(*state, f, second));
	assert_string_equal(first, second);
	assert_int_equal(n_one, n_two);
	free(one);
	free(two);
	vt_frame_free(f);
	vt_frame_free(back);
}

static void equal_bytes(void **state)
{
	struct vt_frame *f[3] = { example(state, 1), example(state, 1), example(state, 2) };
	void *image[3];
	size_t n[3];
	for (int i = 0; i < 3; i++) {
		DO(vt_frame_image(*state, f[i], &image[i], &n[i]));
		if (i == 0) sleep(1); /* a timestamp would differ */
	}
	assert_int_equal(n[0], n[1]);
	assert_memory_equal(image[0], image[1], n[0]);
	assert_true(n[0] != n[2] || memcmp(image[0], image[2], n[0]) != 0);
	for (int i = 0; i < 3; i++) {
		free(image[i]);
		vt_frame_free(f[i]);
	}
}

/* What lies in /provenance does not count, everything else does. */
static void content_sum(void **state)
{
	struct vt_frame *f = example(state, 1);
	char before[65], after[65];
	DO(vt_frame_sha256(*state, f, before));
	DO(vt_frame_dim(*state, f, "provenance", "step", 0, NULL, NULL, NULL, NULL));
	DO(vt_frame_step(*state, f, "provenance", 0, 0));
	DO(vt_frame_attr_text(*state, f, "/", "host", "elsewhere"));
	DO(vt_frame_sha256(*state, f, after));
	assert_string_equal(before, after);
	DO(vt_frame_put(*state, f, "", "share", 1, (double[]){ 0x1.23456789abcdfp-3 }));
	DO(vt_frame_sha256(*state, f, after));
	assert_string_not_equal(before, after);
	vt_frame_free(f);
}

/* A step gives a row of fill values until something is put. */
static void fill_values(void **state)
{
	struct vt_runs *runs = NULL;
	struct vt_series *s = NULL;
	struct vt_frame *f = example(state, 1);
	const char *settings = "{}";
	DO(vt_frame_variable(*state, f, "", &(struct vt_variable){ .name = "settings", .type = VT_TEXT }));
	DO(vt_frame_put_text(*state, f, "", "settings", 1, &settings));
	DO(vt_frame_step(*state, f, "information", 700, 1.5));
	DO(vt_frame_write(*state, f, path));
	vt_frame_free(f);
	DO(vt_runs_open(*state, path, &runs));
	DO(vt_runs_series(*state, runs, 0, "information/i_xt", &s));
	assert_int_equal(s->dim[0], 4);
	assert_true(s->coord[0][3] == 700 && s->epoch[3] == 1.5);
	for (size_t i = 0; i < 6; i++) assert_true(isnan(s->value[3 * 6 + i]));
	vt_series_free(s);
	DO(vt_runs_series(*state, runs, 0, "information/flags", &s));
	for (size_t i = 0; i < 6; i++) assert_true(s->value[3 * 6 + i] == 0);
	assert_true(s->value[1] == (VT_SATURATED | VT_TIES));
	vt_series_free(s);
	vt_runs_free(runs);
}

static void conversion(void **state)
{
	struct vt_frame *f = vt_frame_create(*state);
	const double given[4] = { 2.6, NAN, 1e30, -3 };
	static const enum vt_dtype type[] = { VT_U8, VT_I32, VT_I64 };
	static const double wanted[3][4] = { { 3, 0, 0, 0 }, { 3, 0, 0, -3 }, { 3, 0, 0, -3 } };
	char name[] = "x0";
	DO(vt_frame_attr_text(*state, f, "/", "venturi_schema", "venturi-run/1"));
	DO(vt_frame_dim(*state, f, "g", "d", 4, NULL, NULL, NULL, NULL));
	for (int i = 0; i < 3; i++) {
		name[1] = (char)('0' + i);
		DO(vt_frame_variable(*state, f, "g", &(struct vt_variable){ name, type[i], 1, { "d" }, NULL, NULL, false }));
		DO(vt_frame_put(*state, f, "g", name, 4, given));
	}
	DO(vt_frame_variable(*state, f, "", &(struct vt_variable){ .name = "settings", .type = VT_TEXT }));
	DO(vt_frame_put_text(*state, f, "", "settings", 1, (const char *[]){ "{}" }));
	DO(vt_frame_write(*state, f, path));
	vt_frame_free(f);
	struct vt_runs *runs = NULL;
	struct vt_series *s = NULL;
	DO(vt_runs_open(*state, path, &runs));
	for (int i = 0; i < 3; i++) {
		char variable[32];
		snprintf(variable, sizeof variable, "g/x%d", i);
		DO(vt_runs_series(*state, runs, 0, variable, &s));
		for (int k = 0; k < 4; k++) assert_true(s->value[k] == wanted[i][k]);
		vt_series_free(s);
	}
	vt_runs_free(runs);
}

/* Names come from experiments: theirs to mend.  The rest is ours. */
static void misuse(void **state)
{
	struct vt_ctx *ctx = *state;
	struct vt_frame *f = example(state, 1);
	const struct vt_variable again = { .name = "i_xt", .type = VT_F64 }, lost = { "v", VT_F64, 1, { "no" }, 0, 0, 0 };
	double x[6] = { 0 };
	assert_int_equal(vt_frame_dim(ctx, f, "information", "step", 0, NULL, NULL, NULL, NULL), VT_ECONFIG);
	assert_int_equal(vt_frame_variable(ctx, f, "information", &again), VT_ECONFIG);
	assert_int_equal(vt_frame_dim(ctx, f, "a/b", "d", 2, NULL, NULL, NULL, NULL), VT_ECONFIG);
	assert_int_equal(vt_frame_dim(ctx, f, "config", "d", 2, NULL, NULL, NULL, NULL), VT_ECONFIG);
	assert_int_equal(vt_frame_dim(ctx, f, "g", "a\nb", 2, NULL, NULL, NULL, NULL), VT_ECONFIG);
	assert_int_equal(vt_frame_dim(ctx, f, "g", "zero", 0, NULL, NULL, NULL, NULL), VT_EBUG);
	assert_int_equal(vt_frame_variable(ctx, f, "information", &lost), VT_EBUG);
	assert_int_equal(vt_frame_put(ctx, f, "information", "i_xt", 5, x), VT_EBUG);
	assert_non_null(strstr(vt_ctx_trail(ctx), "takes 6 values, given were 5"));
	assert_int_equal(vt_frame_put(ctx, f, "information", "none", 1, x), VT_EBUG);
	assert_int_equal(vt_frame_put(ctx, f, "", "config", 1, x), VT_EBUG);
	assert_int_equal(vt_frame_step(ctx, f, "information", 200, 0), VT_EBUG);
	assert_non_null(strstr(vt_ctx_trail(ctx), "step 200 follows step 200"));
	assert_int_equal(vt_frame_attr_text(ctx, f, "information/none", "units", "m"), VT_EBUG);
	vt_frame_free(f);
}

/* Refused, or "not intact": never other values under a good sum. */
static void notice(void **state, const char *bytes, size_t n, const char *what, size_t at)
{
	struct vt_frame *back = NULL;
	bool intact = false;
	FILE *file = fopen(cut_path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	fclose(file);
	enum vt_status status = vt_frame_read(*state, cut_path, &back, &intact);
	if (status != VT_OK && status != VT_EDATA) fail_msg("%s %zu: status %d", what, at, status);
	if (status != VT_OK && (strchr(vt_ctx_trail(*state), '\n') || !strstr(vt_ctx_trail(*state), cut_path)))
		fail_msg("%s %zu: said '%s'", what, at, vt_ctx_trail(*state));
	if (status == VT_OK && intact) fail_msg("%s %zu: was not noticed", what, at);
	vt_frame_free(back);
}

/* With the seal as it was, and with one made anew: what lies behind it is checked as well. */
static void notice_twice(void **state, char *bytes, size_t n, const char *what, size_t at)
{
	char seal[VT_SEAL_SIZE];
	memcpy(seal, bytes + n - VT_SEAL_SIZE, VT_SEAL_SIZE);
	notice(state, bytes, n, what, at);
	vt_seal_make(bytes, n - VT_SEAL_SIZE, bytes + n - VT_SEAL_SIZE);
	notice(state, bytes, n, what, at);
	memcpy(bytes + n - VT_SEAL_SIZE, seal, VT_SEAL_SIZE);
}

static void damage(void **state)
{
	struct vt_frame *f = example(state, 1);
	struct run_plan plan = { .seed = 1 };
	void *image = NULL;
	size_t n = 0;
	DO(vt_frame_image(*state, f, &image, &n));
	char *bytes = image, *copy = malloc(n);
	assert_non_null(copy);
	for (size_t kept = 1; kept < n; kept += n / 40) notice(state, bytes, kept, "cut after", kept);
	for (size_t kept = VT_SEAL_SIZE; kept < n; kept += n / 20) {
		memcpy(copy, bytes, kept);
		notice_twice(state, copy, kept, "cut after", kept);
	}

	/* A scalar, which has no check sum of its own, a packed value, a text. */
	double scalar = 0x1.23456789abcdep-3, loss = run_value(&plan, 100, 100);
	char *place[] = { memmem(bytes, n, &scalar, 8), memmem(bytes, n, &loss, 8), memmem(bytes, n, "a: \xc2\xb5", 5) };
	for (size_t i = 0; i < 3; i++) {
		assert_non_null(place[i]);
		*place[i] ^= 1;
		notice_twice(state, bytes, n, "changed at", (size_t)(place[i] - bytes));
		*place[i] ^= 1;
	}
	free(copy);
	free(image);
	vt_frame_free(f);
}

/* Every byte counts: attributes, units, what HDF5 skips, the seal itself. */
static void every_byte(void **state)
{
	struct vt_frame *f = example(state, 1);
	void *image = NULL;
	char sum[65];
	size_t n = 0;
	DO(vt_frame_image(*state, f, &image, &n));
	unsigned char *bytes = image;
	DO(vt_seal_check(*state, path, bytes, n, sum));
	for (size_t i = 0; i < n; i++) {
		bytes[i] ^= (unsigned char)(1 << i % 8);
		if (vt_seal_check(*state, path, bytes, n, sum) != VT_EDATA) fail_msg("byte %zu of %zu does not count", i, n);
		if (!strstr(vt_ctx_trail(*state), ".h5: is damaged: ")) fail_msg("%s", vt_ctx_trail(*state));
		bytes[i] ^= (unsigned char)(1 << i % 8);
	}
	free(image);
	vt_frame_free(f);
}

/* The seal of a file, as a checkpoint keeps it, is the last line's. */
static void seal_of_file(void **state)
{
	struct vt_frame *f = example(state, 1);
	char sum[65], line[VT_SEAL_SIZE + 1] = "";
	DO(vt_frame_write(*state, f, path));
	DO(vt_file_seal(*state, path, sum));
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	assert_int_equal(fseek(file, -VT_SEAL_SIZE, SEEK_END), 0);
	assert_int_equal(fread(line, 1, VT_SEAL_SIZE, file), VT_SEAL_SIZE);
	fclose(file);
	assert_memory_equal(line, "venturi-seal/1 ", 15);
	assert_memory_equal(line + 15, sum, 64);
	assert_true(line[VT_SEAL_SIZE - 1] == '\n');
	vt_frame_free(f);
}

/* The limit of the context is that of what is read. */
static void limit(void **state)
{
	struct vt_frame *f = example(state, 1), *back = NULL;
	size_t most = vt_ctx_most_bytes(*state);
	bool intact;
	DO(vt_frame_write(*state, f, path));
	vt_ctx_set_most_bytes(*state, 10000);
	assert_int_equal(vt_frame_read(*state, path, &back, &intact), VT_EDATA);
	if (!strstr(vt_ctx_trail(*state), "at most 10000 are allowed (--max-bytes raises this)"))
		fail_msg("%s", vt_ctx_trail(*state));
	vt_ctx_set_most_bytes(*state, most);
	vt_frame_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),  cmocka_unit_test(equal_bytes), cmocka_unit_test(content_sum),
		cmocka_unit_test(fill_values), cmocka_unit_test(conversion),  cmocka_unit_test(misuse),
		cmocka_unit_test(damage),      cmocka_unit_test(every_byte),  cmocka_unit_test(seal_of_file),
		cmocka_unit_test(limit),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
