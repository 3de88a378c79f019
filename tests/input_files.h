/* Files for tests of the readers: written into a folder of their own, wrong where a test
 * wants them wrong.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_INPUT_FILES_H
#define TESTS_INPUT_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <hdf5.h>
#include <zlib.h>

#include "venturi/input.h"

/* Test state: a context inside a fresh folder, which is the working directory. */
static inline int enter_folder(void **state)
{
	static const char pattern[] = "t_input.XXXXXX";
	char folder[sizeof pattern];
	memcpy(folder, pattern, sizeof pattern);
	if (!mkdtemp(folder) || chdir(folder) != 0) return -1;
	*state = vt_ctx_create();
	return *state ? 0 : -1;
}

static inline int leave_folder(void **state)
{
	char folder[4096];
	vt_ctx_free(*state);
	if (!getcwd(folder, sizeof folder) || chdir("..") != 0 || !strstr(folder, "/t_input.")) return -1;
	char *command = NULL;
	if (asprintf(&command, "rm -rf '%s'", folder) < 0) return -1;
	int result = system(command);
	free(command);
	return result;
}

static inline void write_bytes(const char *name, const void *bytes, size_t n)
{
	FILE *f = fopen(name, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static inline void write_text(const char *name, const char *text)
{
	write_bytes(name, text, strlen(text));
}

static inline void write_gz(const char *name, const void *bytes, size_t n)
{
	gzFile f = gzopen(name, "wb");
	assert_non_null(f);
	assert_int_equal(gzwrite(f, bytes, (unsigned)n), n);
	assert_int_equal(gzclose(f), Z_OK);
}

/* Version 1.0 with the given dictionary and elements. */
static inline void write_npy(const char *name, const char *dictionary, const void *bytes, size_t n)
{
	unsigned char file[4096] = "\x93NUMPY\x01";
	size_t length = strlen(dictionary) + 1;
	assert_true(10 + length + n <= sizeof file);
	file[8] = (unsigned char)(length & 255);
	file[9] = (unsigned char)(length >> 8);
	memcpy(file + 10, dictionary, length - 1);
	file[10 + length - 1] = '\n';
	if (n) memcpy(file + 10 + length, bytes, n);
	write_bytes(name, file, 10 + length + n);
}

/* A chunked or contiguous dataset; values may be null.  Closes everything. */
struct h5_set {
	const char *name;
	hid_t type, memory;
	int rank;
	hsize_t dim[8];
	hsize_t chunk[8]; /* chunk[0] = 0: contiguous */
	const void *value;
	unsigned deflate;
	const char *external; /* a file that holds the values */
};
static inline void put_set(hid_t file, const struct h5_set *s)
{
	hid_t space = s->rank >= 0 ? H5Screate_simple(s->rank, s->dim, NULL) : H5Screate(H5S_NULL);
	hid_t create = H5Pcreate(H5P_DATASET_CREATE);
	if (s->chunk[0]) H5Pset_chunk(create, s->rank, s->chunk);
	if (s->deflate) H5Pset_deflate(create, s->deflate);
	if (s->external) H5Pset_external(create, s->external, 0, H5F_UNLIMITED);
	hid_t d = H5Dcreate2(file, s->name, s->type, space, H5P_DEFAULT, create, H5P_DEFAULT);
	assert_true(d >= 0);
	if (s->value) assert_true(H5Dwrite(d, s->memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, s->value) >= 0);
	H5Dclose(d);
	H5Pclose(create);
	H5Sclose(space);
}

static inline hid_t new_h5(const char *name)
{
	hid_t file = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	assert_true(file >= 0);
	return file;
}

#endif
