/* Other people's arrays, good and bad, for tests/foreign.sh: foreign_files FOLDER.  Everything from one fixed stream
 * of numbers.  And foreign_files --peak FILE PROGRAM [WORD...] runs a program and writes the most memory that it or a
 * child of its own had, in KiB, to FILE.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <hdf5.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "venturi/rng.h"

enum { N = 60, D = 3, T = 3, MOST = T * N * 80 };

static double normal(uint64_t *index)
{
	struct vt_rng r = vt_rng_stream(3, VT_PURPOSE_DATASET, (*index)++);
	return vt_rng_normal(&r);
}

static void put(hid_t file, const char *name, hid_t type, int rank, const hsize_t *dim, const double *value)
{
	hid_t space = rank > 0 ? H5Screate_simple(rank, dim, NULL) : H5Screate(H5S_SCALAR);
	hid_t links = H5Pcreate(H5P_LINK_CREATE);
	H5Pset_create_intermediate_group(links, 1);
	hid_t d = H5Dcreate2(file, name, type, space, links, H5P_DEFAULT, H5P_DEFAULT);
	if (d < 0 || (value && H5Dwrite(d, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0)) {
		fprintf(stderr, "%s cannot be written\n", name);
		exit(1);
	}
	H5Dclose(d);
	H5Pclose(links);
	H5Sclose(space);
}

static void put_matrix(hid_t file, const char *name, size_t rows, size_t cols, const double *value)
{
	put(file, name, H5T_NATIVE_DOUBLE, 2, (hsize_t[]){ rows, cols }, value);
}

static void put_labels(hid_t file, const char *name, size_t rows, const double *value)
{
	put(file, name, H5T_STD_I64LE, 1, (hsize_t[]){ rows }, value);
}

static hid_t create(const char *folder, const char *name)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	if (file < 0) exit(1);
	return file;
}

struct data {
	double x[N * D], y[N], label[N], layer[T * N * D], other[N * D];
};

/* y depends on the first column of x, and the layer more and more on all of it. */
static void draw(struct data *s, uint64_t *at)
{
	for (size_t i = 0; i < N * D; i++) s->x[i] = normal(at);
	for (size_t i = 0; i < N * D; i++) s->other[i] = normal(at);
	for (size_t i = 0; i < N; i++) s->y[i] = s->x[i * D] + 0.5 * normal(at);
	for (size_t i = 0; i < N; i++) s->label[i] = s->y[i] > 0 ? 7 : -2; /* any whole numbers */
	for (size_t t = 0; t < T; t++)
		for (size_t i = 0; i < N * D; i++) s->layer[t * N * D + i] = (double)t * s->x[i] + normal(at);
}

static void write_good(const char *folder, const struct data *s)
{
	hid_t file = create(folder, "good.h5");
	const hsize_t layers[] = { T, N, D }, images[] = { T, N, 2, 2, 2 };
	double pixels[T * N * 8];
	for (size_t i = 0; i < sizeof pixels / sizeof *pixels; i++) pixels[i] = fmod((double)(i * i), 251);
	put_matrix(file, "x", N, D, s->x);
	put_labels(file, "y", N, s->label);
	put(file, "z", H5T_IEEE_F32BE, 1, (hsize_t[]){ N }, s->y);
	put(file, "labels_as_floats", H5T_NATIVE_DOUBLE, 1, (hsize_t[]){ N }, s->label);
	put(file, "pixels", H5T_STD_U8LE, 2, (hsize_t[]){ N, 24 }, pixels);
	put(file, "block", H5T_STD_I32LE, 1, (hsize_t[]){ N }, (double[N]){ 5, 5, 5, 1, 1 });
	put(file, "step", H5T_STD_I32LE, 1, (hsize_t[]){ T }, (double[]){ 0, 10, 100 });
	put(file, "activations/fc1", H5T_IEEE_F32LE, 3, layers, s->layer);
	put(file, "activations/fc2", H5T_NATIVE_DOUBLE, 3, layers, s->layer);
	put(file, "activations/fc10", H5T_NATIVE_DOUBLE, 3, layers, s->layer);
	put(file, "activations/still", H5T_NATIVE_DOUBLE, 2, (hsize_t[]){ N, D }, s->other);
	put(file, "images", H5T_STD_U8LE, 5, images, pixels);
	H5Fclose(file);
}

/* No step: one snapshot, and no group. */
static void write_flat(const char *folder, const struct data *s)
{
	hid_t file = create(folder, "flat.h5");
	put_labels(file, "y", N, s->label);
	put_matrix(file, "fc1", N, D, s->layer);
	put_matrix(file, "fc2", N, D, s->layer + N * D);
	H5Fclose(file);
}

static void write_malformed(const char *folder, const struct data *s)
{
	hid_t file = create(folder, "bad.h5"), text = H5Tcopy(H5T_C_S1), pair = H5Tcreate(H5T_COMPOUND, 16);
	double v[N * D];
	H5Tset_size(text, 4);
	H5Tinsert(pair, "re", 0, H5T_NATIVE_DOUBLE);
	H5Tinsert(pair, "im", 8, H5T_NATIVE_DOUBLE);
	put_matrix(file, "x", N, D, s->x);
	put_labels(file, "y", N, s->label);
	memcpy(v, s->x, sizeof v);
	v[7 * D + 1] = v[9 * D] = (double)NAN;
	v[20 * D + 2] = (double)INFINITY;
	put_matrix(file, "nan", N, D, v);
	put_matrix(file, "short", N - 1, D, s->x);
	put_matrix(file, "one_row", 1, D, s->x);
	put_matrix(file, "no_rows", 0, D, NULL);
	put_matrix(file, "no_columns", N, 0, NULL);
	put(file, "scalar", H5T_NATIVE_DOUBLE, 0, NULL, s->x);
	put(file, "text", text, 1, (hsize_t[]){ N }, NULL);
	put(file, "complex", pair, 1, (hsize_t[]){ N }, NULL);
	put(file, "rank5", H5T_NATIVE_DOUBLE, 5, (hsize_t[]){ N, 1, 1, 1, D }, s->x);
	put(file, "group/inside", H5T_NATIVE_DOUBLE, 1, (hsize_t[]){ N }, s->y);
	put(file, "scattered", H5T_STD_I32LE, 1, (hsize_t[]){ N }, (double[N]){ 1, 1, 2, 2, 1 });
	put_labels(file, "large", N, (double[N]){ 0, 0, 0, 9007199254740992.0 });
	H5Lcreate_soft("/x", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
	H5Fclose(file);
	file = create(folder, "steps.h5");
	put_labels(file, "y", N, s->label);
	put(file, "step", H5T_STD_I32LE, 1, (hsize_t[]){ T }, (double[]){ 0, 10, 10 });
	put(file, "activations/fc1", H5T_NATIVE_DOUBLE, 3, (hsize_t[]){ T, N, D }, s->layer);
	H5Fclose(file);
	file = create(folder, "few_steps.h5");
	put_labels(file, "y", N, s->label);
	put(file, "step", H5T_STD_I32LE, 1, (hsize_t[]){ 2 }, (double[]){ 0, 10 });
	put(file, "activations/fc1", H5T_NATIVE_DOUBLE, 3, (hsize_t[]){ T, N, D }, s->layer);
	H5Fclose(file);
	file = create(folder, "late_nan.h5");
	double late[T * N * D];
	memcpy(late, s->layer, sizeof late);
	late[(2 * N + 4) * D + 1] = (double)NAN;
	put_labels(file, "y", N, s->label);
	put(file, "step", H5T_STD_I32LE, 1, (hsize_t[]){ T }, (double[]){ 0, 10, 100 });
	put(file, "activations/fc1", H5T_NATIVE_DOUBLE, 3, (hsize_t[]){ T, N, D }, late);
	H5Fclose(file);
}

/* What is well formed and has no answer, or a trivial one. */
static void write_degenerate(const char *folder, const struct data *s, uint64_t *at)
{
	hid_t file = create(folder, "odd.h5");
	double v[N * 80], w[N * D];
	put_matrix(file, "x", N, D, s->x);
	put_labels(file, "y", N, s->label);
	put_matrix(file, "t", N, D, s->layer + 2 * N * D);
	for (size_t i = 0; i < N * D; i++) w[i] = 0.25;
	put_matrix(file, "constant", N, D, w);
	put_labels(file, "constant_labels", N, w);
	for (size_t i = 0; i < N * D; i++) w[i] = i % D == 1 ? 4 : s->x[i];
	put_matrix(file, "constant_column", N, D, w);
	for (size_t i = 0; i < N * D; i++) w[i] = -1e6 * s->x[i] + 17;
	put_matrix(file, "affine", N, D, w);
	for (size_t i = 0; i < N * D; i++) w[i] = s->x[i / D / 2 * 2 * D + i % D];
	put_matrix(file, "twice", N, D, w);
	for (size_t i = 0; i < N * D; i++) w[i] = i < 3 * D ? 1e30 : s->x[i];
	put_matrix(file, "outliers", N, D, w);
	for (size_t i = 0; i < N * D; i++) w[i] = 1e-40 * s->x[i];
	put_matrix(file, "tiny", N, D, w);
	for (size_t i = 0; i < N * D; i++) w[i] = 1e300 * s->x[i];
	put_matrix(file, "vast", N, D, w);
	for (size_t i = 0; i < N * D; i++) w[i] = 1e12 + 1e-3 * s->x[i];
	put_matrix(file, "far", N, D, w);
	for (size_t i = 0; i < N * D; i++) w[i] = floor(s->x[i]);
	put_matrix(file, "rounded", N, D, w);
	for (size_t i = 0; i < N * D; i++) w[i] = i < D ? 0 : -0.0;
	put_matrix(file, "zeros", N, D, w);
	for (size_t i = 0; i < N; i++) w[i] = (double)i;
	put_labels(file, "every_row", N, w);
	for (size_t i = 0; i < N; i++) w[i] = i == 0;
	put_labels(file, "one_other", N, w);
	for (size_t i = 0; i < N * 80; i++) v[i] = normal(at);
	put_matrix(file, "wide", N, 80, v);
	put_matrix(file, "few_x", 3, D, s->x);
	put_matrix(file, "few_y", 3, D, s->other);
	put_labels(file, "few_labels", 3, (double[]){ 0, 1, 1 });
	put_matrix(file, "two_x", 2, 1, s->x);
	put_matrix(file, "two_y", 2, 1, s->other);
	H5Fclose(file);
}

static void write_texts(const char *folder, const struct data *s)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/table.csv", folder);
	FILE *f = fopen(path, "w");
	if (!f) exit(1);
	fprintf(f, "a,b,c,label\n");
	for (size_t i = 0; i < N; i++)
		fprintf(f, "%.6g,%.6g,%.6g,%g\n", s->x[i * D], s->x[i * D + 1], s->x[i * D + 2], s->label[i]);
	fclose(f);
	snprintf(path, sizeof path, "%s/layers.npy", folder);
	char header[128] = "\x93NUMPY\x01";
	int n = snprintf(header + 10, sizeof header - 10, "{'descr': '<f8', 'fortran_order': False, 'shape': (%d, %d, "
	                 "%d), }\n", T, N, D);
	header[8] = (char)n;
	f = fopen(path, "wb");
	if (!f) exit(1);
	fwrite(header, 1, (size_t)n + 10, f);
	fwrite(s->layer, sizeof *s->layer, (size_t)T * N * D, f);
	fclose(f);
}

/* Two files that differ in the number of snapshots alone: 1.2 MB a snapshot. */
static void write_long(const char *folder, const char *name, size_t snapshots)
{
	enum { ROWS = 1000, WIDTH = 150 };
	hid_t file = create(folder, name), space = H5Screate_simple(3, (hsize_t[]){ snapshots, ROWS, WIDTH }, NULL);
	hid_t d = H5Dcreate2(file, "layer", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	double *v = calloc((size_t)ROWS * WIDTH, sizeof *v), step[64], y[ROWS];
	if (!v || snapshots > 64) exit(1);
	for (size_t t = 0; t < snapshots; t++) {
		const hsize_t start[] = { t, 0, 0 }, count[] = { 1, ROWS, WIDTH };
		for (size_t i = 0; i < (size_t)ROWS * WIDTH; i++) v[i] = (double)((i * 7919 + t) % 10007);
		hid_t one = H5Screate_simple(3, count, NULL);
		H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
		H5Dwrite(d, H5T_NATIVE_DOUBLE, one, space, H5P_DEFAULT, v);
		H5Sclose(one);
		step[t] = (double)t;
	}
	for (size_t i = 0; i < ROWS; i++) y[i] = (double)(i % 3);
	put(file, "step", H5T_STD_I32LE, 1, (hsize_t[]){ snapshots }, step);
	put_labels(file, "y", ROWS, y);
	free(v);
	H5Dclose(d);
	H5Sclose(space);
	H5Fclose(file);
}

static int peak(const char *path, char **words)
{
	struct rusage used;
	int how = -1;
	pid_t pid = fork();
	if (pid == 0) {
		execv(words[0], words);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &how, 0) != pid || getrusage(RUSAGE_CHILDREN, &used) != 0) return 1;
	FILE *f = fopen(path, "w");
	if (!f || fprintf(f, "%ld\n", used.ru_maxrss) < 0 || fclose(f) != 0) return 1;
	return WIFEXITED(how) ? WEXITSTATUS(how) : 1;
}

int main(int argc, char **argv)
{
	static struct data s;
	uint64_t at = 0;
	if (argc >= 4 && strcmp(argv[1], "--peak") == 0) return peak(argv[2], argv + 3);
	if (argc != 2) return 2;
	draw(&s, &at);
	write_good(argv[1], &s);
	write_flat(argv[1], &s);
	write_malformed(argv[1], &s);
	write_degenerate(argv[1], &s, &at);
	write_texts(argv[1], &s);
	write_long(argv[1], "short_run.h5", 2);
	write_long(argv[1], "long_run.h5", 40);
	return 0;
}
