/* Writes HDF5 files made to do harm into the folder that is named: what tests/malformed_files.sh shows to the program.
 * Each is small, or declares far more than it holds, or leads elsewhere.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 64 << 20, NESTED = 20000, LINKS = 20000, HUGE_ATTRIBUTE = 32 << 20 };

static void must(bool good, const char *what)
{
	if (good) return;
	fprintf(stderr, "bomb_files: %s\n", what);
	exit(1);
}

static hid_t create(const char *name)
{
	hid_t access = H5Pcreate(H5P_FILE_ACCESS);
	H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
	hid_t file = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, access);
	must(file >= 0, name);
	H5Pclose(access);
	return file;
}

static hid_t dataset(hid_t file, const char *name, hid_t type, int rank, const hsize_t *dim, hid_t properties)
{
	hid_t space = H5Screate_simple(rank, dim, NULL);
	hid_t d = H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
	must(d >= 0, name);
	H5Sclose(space);
	return d;
}

/* A file that is sound but for what is in it besides. */
static hid_t create_sound(const char *name)
{
	static const double x[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	hid_t file = create(name), d = dataset(file, "sound", H5T_NATIVE_DOUBLE, 1, (hsize_t[]){ 8 }, H5P_DEFAULT);
	must(H5Dwrite(d, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0, name);
	H5Dclose(d);
	return file;
}

/* One chunk of zeros, 64 MiB in 64 KiB, of a dataset that declares `n` bytes. */
static void write_declared(const char *name, hsize_t n, size_t chunks)
{
	hid_t file = create_sound(name), p = H5Pcreate(H5P_DATASET_CREATE);
	hsize_t chunk = CHUNK, start = 0, most = H5S_UNLIMITED;
	uint8_t *zeros = calloc(1, CHUNK);
	must(zeros, "no memory");
	H5Pset_chunk(p, 1, &chunk);
	H5Pset_deflate(p, 6);
	hid_t all = H5Screate_simple(1, &n, &most), one = H5Screate_simple(1, &chunk, NULL);
	hid_t d = H5Dcreate2(file, "x", H5T_STD_U8LE, all, H5P_DEFAULT, p, H5P_DEFAULT);
	for (size_t i = 0; i < chunks; i++, start += chunk) {
		H5Sselect_hyperslab(all, H5S_SELECT_SET, &start, NULL, &chunk, NULL);
		must(H5Dwrite(d, H5T_NATIVE_UINT8, one, all, H5P_DEFAULT, zeros) >= 0, name);
	}
	free(zeros);
	H5Sclose(one);
	H5Sclose(all);
	H5Dclose(d);
	H5Pclose(p);
	H5Fclose(file);
}

static void write_late(void)
{
	hid_t file = create_sound("hollow.h5"), p = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_alloc_time(p, H5D_ALLOC_TIME_LATE);
	H5Dclose(dataset(file, "x", H5T_NATIVE_DOUBLE, 2, (hsize_t[]){ (hsize_t)1 << 20, (hsize_t)1 << 19 }, p));
	H5Pclose(p);
	H5Fclose(file);
}

static void write_nested(void)
{
	hid_t file = create_sound("nested.h5"), at = file;
	for (int i = 0; i < NESTED; i++) {
		hid_t deeper = H5Gcreate2(at, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
		must(deeper >= 0, "nested.h5");
		if (at != file) H5Gclose(at);
		at = deeper;
	}
	H5Gclose(at);
	H5Fclose(file);
}

static void write_links(void)
{
	hid_t file = create_sound("circle.h5");
	hid_t g = H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	H5Lcreate_hard(file, "/", g, "up", H5P_DEFAULT, H5P_DEFAULT);
	H5Lcreate_hard(g, ".", g, "self", H5P_DEFAULT, H5P_DEFAULT);
	H5Lcreate_soft("/round", file, "round", H5P_DEFAULT, H5P_DEFAULT);
	H5Lcreate_soft("/there", file, "here", H5P_DEFAULT, H5P_DEFAULT);
	H5Lcreate_soft("/here", file, "there", H5P_DEFAULT, H5P_DEFAULT);
	H5Lcreate_external("circle.h5", "/outside", file, "outside", H5P_DEFAULT, H5P_DEFAULT);
	H5Lcreate_external("secret.h5", "/x", file, "secret", H5P_DEFAULT, H5P_DEFAULT);
	H5Gclose(g);
	H5Fclose(file);

	/* Each group leads to the next one twice: 2^16 ways to the end. */
	char name[2][16];
	file = create_sound("doubling.h5");
	g = H5Gcreate2(file, "g16", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	for (int i = 15; i > 0; i--) {
		snprintf(name[0], sizeof name[0], "g%d", i);
		snprintf(name[1], sizeof name[1], "/g%d", i + 1);
		hid_t before = H5Gcreate2(file, name[0], H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
		H5Lcreate_hard(file, name[1], before, "a", H5P_DEFAULT, H5P_DEFAULT);
		H5Lcreate_hard(file, name[1], before, "b", H5P_DEFAULT, H5P_DEFAULT);
		H5Gclose(before);
	}
	H5Gclose(g);
	H5Fclose(file);

	file = create("many.h5");
	hid_t d = dataset(file, "x", H5T_NATIVE_DOUBLE, 1, (hsize_t[]){ 1 }, H5P_DEFAULT);
	for (int i = 0; i < LINKS; i++) {
		snprintf(name[0], sizeof name[0], "x%d", i);
		H5Lcreate_hard(file, "/x", file, name[0], H5P_DEFAULT, H5P_DEFAULT);
	}
	H5Dclose(d);
	H5Fclose(file);
}

/* Values in other files: what stands there must not be read. */
static void write_elsewhere(void)
{
	hsize_t n = 8;
	hid_t file = create_sound("secret.h5"), p = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, &n, NULL);
	H5Fclose(file);
	FILE *f = fopen("secret.txt", "w");
	must(f && fputs("SECRET SECRET SECRET SECRET SECRET SECRET SECRET SECRET SECRET SECRET", f) >= 0 && fclose(f) == 0,
	     "secret.txt");
	file = create_sound("external.h5");
	H5Pset_external(p, "secret.txt", 0, H5F_UNLIMITED);
	H5Dclose(dataset(file, "x", H5T_NATIVE_DOUBLE, 1, &n, p));
	H5Pclose(p);
	p = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_external(p, "/etc/passwd", 0, H5F_UNLIMITED);
	H5Dclose(dataset(file, "passwd", H5T_STD_U8LE, 1, &n, p));
	H5Pclose(p);
	H5Fclose(file);

	file = create_sound("virtual.h5");
	p = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_virtual(p, space, "secret.h5", "/sound", space);
	H5Dclose(dataset(file, "x", H5T_NATIVE_DOUBLE, 1, &n, p));
	H5Pclose(p);
	H5Fclose(file);
	H5Sclose(space);
}

static size_t pass(unsigned flags, size_t n_values, const unsigned *value, size_t n, size_t *room, void **bytes)
{
	(void)flags, (void)n_values, (void)value, (void)room, (void)bytes;
	return n;
}

static void write_filter(void)
{
	static const H5Z_class2_t unknown = { H5Z_CLASS_T_VERS, 300, 1, 1, "of nobody's", NULL, NULL, pass };
	static const double x[8] = { 0 };
	hsize_t n = 8;
	hid_t file = create_sound("filter.h5"), p = H5Pcreate(H5P_DATASET_CREATE);
	must(H5Zregister(&unknown) >= 0, "filter");
	H5Pset_chunk(p, 1, &n);
	H5Pset_filter(p, 300, H5Z_FLAG_MANDATORY, 0, NULL);
	hid_t d = dataset(file, "x", H5T_NATIVE_DOUBLE, 1, &n, p);
	H5Dwrite(d, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x);
	H5Dclose(d);
	H5Pclose(p);
	H5Fclose(file);
}

/* An attribute of 32 MiB, a name of 60 000 letters, a reference to itself, 32 dimensions. */
static void write_odd(void)
{
	static char name[60001];
	hsize_t n = HUGE_ATTRIBUTE, many[32];
	hid_t file = create_sound("odd.h5"), space = H5Screate_simple(1, &n, NULL);
	void *zeros = calloc(1, HUGE_ATTRIBUTE);
	must(zeros, "no memory");
	hid_t a = H5Acreate2(file, "huge", H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT);
	must(a >= 0 && H5Awrite(a, H5T_NATIVE_UINT8, zeros) >= 0, "attribute");
	H5Aclose(a);
	H5Sclose(space);
	free(zeros);
	memset(name, 'n', sizeof name - 1);
	H5Dclose(dataset(file, name, H5T_NATIVE_DOUBLE, 1, (hsize_t[]){ 1 }, H5P_DEFAULT));
	hid_t d = dataset(file, "reference", H5T_STD_REF_OBJ, 1, (hsize_t[]){ 1 }, H5P_DEFAULT);
	hobj_ref_t self;
	H5Rcreate(&self, file, "/reference", H5R_OBJECT, -1);
	H5Dwrite(d, H5T_STD_REF_OBJ, H5S_ALL, H5S_ALL, H5P_DEFAULT, &self);
	H5Dclose(d);
	for (size_t i = 0; i < 32; i++) many[i] = 1;
	H5Dclose(dataset(file, "deep", H5T_NATIVE_DOUBLE, 32, many, H5P_DEFAULT));
	H5Fclose(file);
}

int main(int argc, char **argv)
{
	if (argc != 2 || chdir(argv[1]) != 0) {
		fprintf(stderr, "usage: bomb_files DIR\n");
		return 2;
	}
	write_declared("declared.h5", (hsize_t)1 << 42, 1); /* 4 TiB in some 69 KB */
	write_declared("packed.h5", (hsize_t)4 * CHUNK, 4); /* 256 MiB in 260 KB, and all of it is there */
	write_late();
	write_nested();
	write_links();
	write_elsewhere();
	write_filter();
	write_odd();
	return 0;
}
