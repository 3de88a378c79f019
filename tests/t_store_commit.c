/* The commit: the new file or the old one, whatever fails.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "venturi/store.h"

#define FOLDER "t_store_commit.files"

static const char path[] = FOLDER "/file", temporary[] = FOLDER "/file.tmp";

static int setup(void **state)
{
	*state = vt_ctx_create();
	signal(SIGXFSZ, SIG_IGN); /* as the program does */
	return *state && vt_folder_create(*state, FOLDER) == VT_OK ? 0 : -1;
}

static int teardown(void **state)
{
	vt_ctx_free(*state);
	return system("rm -rf " FOLDER);
}

static void holds(const char *name, const char *wanted)
{
	char text[64] = "";
	FILE *f = fopen(name, "rb");
	assert_non_null(f);
	assert_int_equal(fread(text, 1, sizeof text - 1, f), strlen(wanted));
	fclose(f);
	assert_string_equal(text, wanted);
}

static bool exists(const char *name)
{
	struct stat st;
	return lstat(name, &st) == 0;
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "wb");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void replaces(void **state)
{
	assert_int_equal(vt_file_commit(*state, path, "first", 5), VT_OK);
	holds(path, "first");
	assert_int_equal(vt_file_commit(*state, path, "second", 6), VT_OK);
	holds(path, "second");
	assert_int_equal(vt_file_commit(*state, path, NULL, 0), VT_OK);
	holds(path, "");
	assert_false(exists(temporary));
}

static void stale_temporary(void **state)
{
	write_file(temporary, "left by a run that was killed");
	assert_int_equal(vt_file_commit(*state, path, "fresh", 5), VT_OK);
	holds(path, "fresh");
	assert_false(exists(temporary));
}

/* A link under the temporary name is removed, never written through. */
static void linked_temporary(void **state)
{
	write_file(FOLDER "/victim", "precious");
	assert_int_equal(symlink("victim", temporary), 0);
	assert_int_equal(vt_file_commit(*state, path, "fresh", 5), VT_OK);
	holds(path, "fresh");
	holds(FOLDER "/victim", "precious");
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A full disk, as a limit on the size of files: the old file, one line, no rubbish. */
static void full_disk(void **state)
{
	char *bytes = calloc(1, 100000);
	assert_non_null(bytes);
	assert_int_equal(vt_file_commit(*state, path, "old", 3), VT_OK);
	limit_files(4096);
	enum vt_status status = vt_file_commit(*state, path, bytes, 100000);
	limit_files(RLIM_INFINITY);
	const char *trail = vt_ctx_trail(*state);
	assert_int_equal(status, VT_EIO);
	assert_int_equal(vt_status_exit(status), 7);
	if (!strstr(trail, path) || !strstr(trail, "100000 bytes wanted, 4096 written") || !strstr(trail, "File too large"))
		fail_msg("%s", trail);
	holds(path, "old");
	assert_false(exists(temporary));
	assert_int_equal(vt_file_commit(*state, path, "new", 3), VT_OK);
	holds(path, "new");
	free(bytes);
}

/* The same through a frame: HDF5 never sees the disk. */
static void full_disk_frame(void **state)
{
	struct vt_frame *f = vt_frame_create(*state), *back = NULL;
	bool intact = false;
	double *value = calloc(1 << 16, sizeof *value);
	const struct vt_variable v = { .name = "v", .type = VT_F64, .rank = 1, .dim = { "d" } };
	assert_non_null(value);
	for (size_t i = 0; i < 1 << 16; i++) value[i] = (double)(i * i % 65521) / 3;
	assert_int_equal(vt_frame_attr_text(*state, f, "/", "venturi_schema", "venturi-run/1"), VT_OK);
	assert_int_equal(vt_frame_write(*state, f, FOLDER "/run.h5"), VT_OK);
	assert_int_equal(vt_frame_dim(*state, f, "g", "d", 1 << 16, NULL, NULL, NULL, NULL), VT_OK);
	assert_int_equal(vt_frame_variable(*state, f, "g", &v), VT_OK);
	assert_int_equal(vt_frame_put(*state, f, "g", "v", 1 << 16, value), VT_OK);
	for (rlim_t limit = 1; limit < 100000; limit *= 7) {
		limit_files(limit);
		enum vt_status status = vt_frame_write(*state, f, FOLDER "/run.h5");
		limit_files(RLIM_INFINITY);
		assert_int_equal(status, VT_EIO);
		assert_int_equal(vt_frame_read(*state, FOLDER "/run.h5", &back, &intact), VT_OK);
		assert_true(intact);
		vt_frame_free(back);
	}
	assert_int_equal(vt_frame_write(*state, f, FOLDER "/run.h5"), VT_OK);
	vt_frame_free(f);
	free(value);
}

static void no_place(void **state)
{
	assert_int_equal(vt_file_commit(*state, FOLDER "/none/file", "x", 1), VT_EIO);
	assert_non_null(strstr(vt_ctx_trail(*state), "No such file or directory"));
	assert_int_equal(vt_file_commit(*state, FOLDER, "x", 1), VT_EIO); /* a folder stands there */
	assert_false(exists(FOLDER ".tmp"));
	write_file(FOLDER "/plain", "");
	assert_int_equal(vt_folder_create(*state, FOLDER "/plain/deeper"), VT_EIO);
	assert_int_equal(vt_folder_create(*state, FOLDER "/a//b/c/"), VT_OK);
	assert_true(exists(FOLDER "/a/b/c"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replaces),  cmocka_unit_test(stale_temporary), cmocka_unit_test(linked_temporary),
		cmocka_unit_test(full_disk), cmocka_unit_test(full_disk_frame), cmocka_unit_test(no_place),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
