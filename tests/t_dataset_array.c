/* Somebody's own arrays, from files that the test writes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/stat.h>

#include "dataset_open.h"
#include "venturi/store.h"

#define FOLDER "t_dataset_array.files"
#define HALF ",train_share=0.5,split=ordered"
#define PAIR(x, y) "array:x=" FOLDER "/" x ",y=" FOLDER "/" y

static void write_text(const char *name, const char *text)
{
	char path[128];
	snprintf(path, sizeof path, FOLDER "/%s", name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* Version 1.0 of the format: magic, a header padded to 64 bytes, little-endian doubles. */
static void write_npy(const char *name, size_t rows, size_t cols, const double *value)
{
	char path[128], header[119] = { 0 };
	snprintf(path, sizeof path, FOLDER "/%s", name);
	int n = snprintf(header, sizeof header, "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu, %zu), }", rows, cols);
	memset(header + n, ' ', sizeof header - 1 - (size_t)n);
	header[117] = '\n';
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	fwrite("\x93NUMPY\x01\x00\x76\x00", 1, 10, f);
	fwrite(header, 1, 118, f);
	fwrite(value, sizeof *value, rows * cols, f);
	fclose(f);
}

static const double x[8] = { 0, 10, 1, 20, 2, 30, 3, 40 };

static int setup(void **state)
{
	mkdir(FOLDER, 0777);
	write_text("x.csv", "a,b\n0,10\n1,20\n2,30\n3,40\n");
	write_text("class.csv", "5\n-1\n5\n7\n");
	write_text("real.csv", "0.5\n1.5\n2.5\n3.5\n");
	write_text("two.csv", "1,2\n3,4\n5,6\n7,8\n");
	write_text("short.csv", "1\n2\n3\n");
	write_text("same.csv", "4\n4\n4\n4\n");
	write_npy("x.npy", 4, 2, x);
	*state = vt_ctx_create();
	return 0;
}

static int teardown(void **state)
{
	vt_ctx_free(*state);
	return system("rm -rf " FOLDER) == 0 ? 0 : -1;
}

static void integers_are_classes(void **state)
{
	static const int wanted[] = { 1, 0, 1, 2 };
	struct vt_dataset *d = dataset(*state, PAIR("x.csv", "class.csv") ",train_share=0.5,split=ordered", 0);
	assert_int_equal(d->n, 4);
	assert_int_equal(d->n_inputs, 2);
	assert_int_equal(d->n_classes, 3);
	assert_null(d->target);
	for (size_t i = 0; i < 4; i++) assert_int_equal(d->label[i], wanted[i]);
	for (size_t i = 0; i < 8; i++) assert_true(d->x[i] == x[i]);
	assert_int_equal(d->n_train, 2);
	assert_int_equal(d->test[0], 2);
	WITHIN(d->h_y, 1.5 * log(2), 1e-12);
	vt_dataset_close(d);
}

static void numbers_are_targets(void **state)
{
	struct vt_dataset *d = dataset(*state, PAIR("x.npy", "real.csv"), 0);
	assert_int_equal(d->n_classes, 0);
	assert_null(d->label);
	assert_int_equal(d->n_targets, 1);
	assert_true(d->target[3] == 3.5);
	assert_true(isnan(d->h_y) && isnan(d->i_xy));
	vt_dataset_close(d);
	d = dataset(*state, PAIR("x.npy", "class.csv") ",task=regress", 0);
	assert_true(d->target[1] == -1);
	vt_dataset_close(d);
	d = dataset(*state, PAIR("x.npy", "two.csv"), 0);
	assert_int_equal(d->n_targets, 2);
	vt_dataset_close(d);
}

/* By the first two rows: column means 0.5 and 15, deviations 0.5 and 5. */
static void standardise(void **state)
{
	struct vt_dataset *d = dataset(*state, PAIR("x.npy", "class.csv") HALF ",standardise=column", 0);
	for (size_t i = 0; i < 8; i++) WITHIN(d->x[i], -1 + 2.0 * (double)(i / 2), 1e-12);
	vt_dataset_close(d);
	d = dataset(*state, PAIR("x.npy", "class.csv") HALF ",standardise=unit", 0);
	for (size_t i = 0; i < 8; i++) WITHIN(d->x[i], (double)(i / 2), 1e-12);
	vt_dataset_close(d);
	/* 0 10 1 20: mean 7.75, variance (100 + 1 + 400) / 4 - 7.75^2 */
	d = dataset(*state, PAIR("x.npy", "class.csv") HALF ",standardise=global", 0);
	for (size_t i = 0; i < 8; i++) WITHIN(d->x[i], (x[i] - 7.75) / sqrt(125.25 - 7.75 * 7.75), 1e-12);
	vt_dataset_close(d);
	/* A column that is constant in training. */
	d = dataset(*state, PAIR("two.csv", "class.csv") ",train_share=0.25,split=ordered,standardise=column", 0);
	for (size_t i = 0; i < 8; i++) assert_true(d->x[i] == 0);
	vt_dataset_close(d);
}

static enum vt_status write_hdf5(struct vt_ctx *ctx, const char *path)
{
	enum vt_status status;
	const double y[] = { 1, 0, 1, 1 };
	struct vt_frame *f = vt_frame_create(ctx);

	VT_TRY(vt_frame_dim(ctx, f, "data", "row", 4, NULL, NULL, NULL, NULL));
	VT_TRY(vt_frame_dim(ctx, f, "data", "column", 2, NULL, NULL, NULL, NULL));
	VT_TRY(vt_frame_variable(ctx, f, "data", &(struct vt_variable){ .name = "x", .type = VT_F64, .rank = 2,
	                                                                .dim = { "row", "column" } }));
	VT_TRY(vt_frame_variable(ctx, f, "data", &(struct vt_variable){ .name = "y", .type = VT_I32, .rank = 1,
	                                                                .dim = { "row" } }));
	VT_TRY(vt_frame_put(ctx, f, "data", "x", 8, x));
	VT_TRY(vt_frame_put(ctx, f, "data", "y", 4, y));
	VT_TRY(vt_frame_write(ctx, f, path));
done:
	vt_frame_free(f);
	return status;
}

static void hdf5(void **state)
{
	if (write_hdf5(*state, FOLDER "/f.h5") != VT_OK) fail_msg("%s", vt_ctx_trail(*state));
	struct vt_dataset *d = dataset(*state, PAIR("f.h5:/data/x", "f.h5:/data/y"), 0);
	assert_int_equal(d->n_classes, 2);
	for (size_t i = 0; i < 8; i++) assert_true(d->x[i] == x[i]);
	vt_dataset_close(d);
	REFUSED(*state, PAIR("f.h5:/data/x", "f.h5:/data/z"), VT_EDATA, "z");
}

static void refusals(void **state)
{
	REFUSED(*state, PAIR("x.csv", "short.csv"), VT_EDATA, "4 rows", "short.csv has 3");
	REFUSED(*state, PAIR("x.csv", "same.csv"), VT_EDATA, "all 4 labels are 4");
	REFUSED(*state, PAIR("x.csv", "real.csv") ",task=classify", VT_EDATA, "row 0 is 0.5", "dataset.task");
	REFUSED(*state, PAIR("x.csv", "two.csv") ",task=classify", VT_EDATA, "2 columns");
	REFUSED(*state, PAIR("absent.csv", "real.csv"), VT_EDATA, "absent.csv");
	REFUSED(*state, PAIR("x.csv", "class.csv") ",train_share=0.01", VT_EDOMAIN, "train_share = 0.01", "of 4 rows");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_classes), cmocka_unit_test(numbers_are_targets),
		cmocka_unit_test(standardise), cmocka_unit_test(hdf5), cmocka_unit_test(refusals),
	};
	return cmocka_run_group_tests_name("dataset array", tests, setup, teardown);
}
