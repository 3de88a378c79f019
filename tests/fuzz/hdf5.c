/* HDF5 files through the program's own doors: libhdf5 runs in a child, the parent survives what becomes of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <hdf5.h>

#include "../../src/store/frame.h"
#include "frames.h"
#include "fuzz.h"
#include "venturi/input.h"

static void add_file(const char *path, fuzz_seed_fn *give, void *self)
{
	size_t n;
	uint8_t *bytes = fuzz_read(path, &n);
	give(self, bytes, n);
	free(bytes);
}

/* ---- somebody else's activations ----------------------------------------------------- */

static void run_activations(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	char where[300], path[256];
	struct vt_array a = { 0 };
	size_t names = 0;
	char **name = NULL;
	snprintf(path, sizeof path, "%s", fuzz_file("activations.h5", data, n));
	snprintf(where, sizeof where, "%s:/activations/fc1", path);
	fuzz_expect(ctx, vt_input_slab(ctx, where, 1, &a));
	free(a.value);
	a.value = NULL;
	snprintf(where, sizeof where, "%s:/y", path);
	fuzz_expect(ctx, vt_input_array(ctx, where, &a));
	free(a.value);
	enum vt_status status = vt_input_names(ctx, path, "", &names, &name);
	fuzz_expect(ctx, status);
	for (size_t i = 0; status == VT_OK && i < names; i++) free(name[i]);
	if (status == VT_OK) free(name);
}

static void put(hid_t parent, const char *name, hid_t type, int rank, const hsize_t *dim, bool packed,
                const void *value)
{
	hid_t space = H5Screate_simple(rank, dim, NULL), p = H5Pcreate(H5P_DATASET_CREATE);
	if (packed) {
		H5Pset_chunk(p, rank, dim);
		H5Pset_shuffle(p);
		H5Pset_deflate(p, 4);
		H5Pset_fletcher32(p);
	}
	hid_t d = H5Dcreate2(parent, name, type, space, H5P_DEFAULT, p, H5P_DEFAULT);
	if (d < 0 || H5Dwrite(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0) exit(1);
	H5Dclose(d);
	H5Pclose(p);
	H5Sclose(space);
}

/* The old format of h5py and the new one; plain, and chunked and packed. */
static void seeds_activations(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	static float x[3 * 8 * 4];
	static int64_t y[8] = { 0, 1, 0, 1, 1, 0, 1, 0 }, step[3] = { 0, 10, 100 };
	char path[256];
	(void)ctx;
	for (size_t i = 0; i < sizeof x / sizeof *x; i++) x[i] = (float)i / 7;
	for (int k = 0; k < 4; k++) {
		snprintf(path, sizeof path, "%s/seed.h5", fuzz_folder());
		hid_t access = H5Pcreate(H5P_FILE_ACCESS);
		if (k & 1) H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
		hid_t f = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
		hid_t g = H5Gcreate2(f, "activations", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
		put(g, "fc1", H5T_NATIVE_FLOAT, 3, (hsize_t[]){ 3, 8, 4 }, k & 2, x);
		put(f, "y", H5T_NATIVE_INT64, 1, (hsize_t[]){ 8 }, k & 2, y);
		put(f, "step", H5T_NATIVE_INT64, 1, (hsize_t[]){ 3 }, false, step);
		H5Gclose(g);
		H5Fclose(f);
		H5Pclose(access);
		add_file(path, give, self);
	}
}

const struct fuzz_target fuzz_activations = {
	.name = "activations", .what = "HDF5 files of somebody else's",
	.run = run_activations, .seeds = seeds_activations, .forks = true, .many = 20000,
};

/* ---- our own files --------------------------------------------------------------------- */

static void run_own(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	struct vt_frame *f = NULL;
	bool intact = false;
	fuzz_expect(ctx, vt_frame_read(ctx, fuzz_file("own.h5", data, n), &f, &intact));
	vt_frame_free(f);
}

/* Refused, or the same bytes and so the same values.  Its datasets, one by one, likewise. */
static void compare_own(struct vt_ctx *ctx, const uint8_t *seed, size_t n_seed, const uint8_t *data, size_t n)
{
	struct vt_frame *f = NULL;
	bool intact = false, same = n == n_seed && memcmp(seed, data, n) == 0;
	char where[300];
	struct vt_array a = { 0 };
	const char *path = fuzz_file("own.h5", data, n);
	enum vt_status status = vt_frame_read(ctx, path, &f, &intact);
	if (status == VT_OK && (!same || !intact)) fuzz_fail("a damaged file was taken for a sound one");
	if (status != VT_OK && same) fuzz_fail("a sound file was refused: %s", vt_ctx_trail(ctx));
	fuzz_expect(ctx, status);
	vt_frame_free(f);
	snprintf(where, sizeof where, "%s:/train/step", path);
	status = vt_input_array(ctx, where, &a);
	if (status == VT_OK && !same) fuzz_fail("a dataset of a damaged file was read");
	fuzz_expect(ctx, status);
	free(a.value);
}

static void add_frame(struct vt_ctx *ctx, struct vt_frame *f, fuzz_seed_fn *give, void *self)
{
	void *image = NULL;
	size_t n = 0;
	if (vt_frame_image(ctx, f, &image, &n) != VT_OK) fuzz_fail("%s", vt_ctx_trail(ctx));
	give(self, image, n);
	free(image);
	vt_frame_free(f);
}

static void seeds_run(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	add_frame(ctx, fuzz_run_frame(ctx, 1, 3), give, self);
	add_frame(ctx, fuzz_run_frame(ctx, 2, 90), give, self);
	add_frame(ctx, fuzz_run_frame(ctx, 0, 0), give, self);
}

static void seeds_checkpoint(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	add_frame(ctx, fuzz_checkpoint_frame_of(ctx, 2), give, self);
	add_frame(ctx, fuzz_checkpoint_frame_of(ctx, 1), give, self);
}

const struct fuzz_target fuzz_run_file = {
	.name = "run-file", .what = "run files of ours, damaged",
	.run = run_own, .seeds = seeds_run, .forks = true, .compare = compare_own, .many = 20000,
};
const struct fuzz_target fuzz_checkpoint_file = {
	.name = "checkpoint-file", .what = "checkpoints of ours, damaged",
	.run = run_own, .seeds = seeds_checkpoint, .forks = true, .compare = compare_own, .many = 20000,
};

/* ---- our own files, changed and sealed again: not by accident any more ------------------------ */

static void run_sealed(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	struct vt_frame *f = NULL;
	bool intact = false;
	char *json = NULL;
	uint8_t *sealed = malloc(n + VT_SEAL_SIZE);
	if (!sealed) exit(1);
	size_t body = n > VT_SEAL_SIZE ? n - VT_SEAL_SIZE : n;
	memcpy(sealed, data, body);
	vt_seal_make(sealed, body, (char *)sealed + body);
	const char *path = fuzz_file("own.h5", sealed, body + VT_SEAL_SIZE);
	fuzz_expect(ctx, vt_frame_read(ctx, path, &f, &intact));
	fuzz_expect(ctx, vt_info_json(ctx, path, &json));
	free(json);
	vt_frame_free(f);
	free(sealed);
}

const struct fuzz_target fuzz_sealed_file = {
	.name = "sealed-file", .what = "run files of ours, changed and sealed again",
	.run = run_sealed, .seeds = seeds_run, .forks = true, .many = 2000,
};
