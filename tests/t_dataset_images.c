/* Images on small IDX files that the test writes, and on the real ones where installed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/stat.h>
#include <unistd.h>

#include "dataset_open.h"

#define FOLDER "t_dataset_images.files"
#define PAIR(n) "images:images=" FOLDER "/" n "-images,labels=" FOLDER "/" n "-labels"

/* Big-endian lengths after two null bytes, the type and the number of dimensions. */
static void write_idx(const char *name, unsigned rank, const unsigned *dim, const unsigned char *data, size_t n)
{
	char path[128];
	snprintf(path, sizeof path, FOLDER "/%s", name);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	const unsigned char magic[4] = { 0, 0, 8, (unsigned char)rank };
	fwrite(magic, 1, 4, f);
	for (unsigned k = 0; k < rank; k++) {
		const unsigned char length[4] = { 0, 0, (unsigned char)(dim[k] >> 8), (unsigned char)dim[k] };
		fwrite(length, 1, 4, f);
	}
	fwrite(data, 1, n, f);
	fclose(f);
}

static void write_images(const char *name, unsigned n, unsigned high, unsigned wide, const unsigned char *pixel)
{
	write_idx(name, 3, (unsigned[]){ n, high, wide }, pixel, (size_t)n * high * wide);
}

static void write_labels(const char *name, unsigned n, const unsigned char *label)
{
	write_idx(name, 1, &n, label, n);
}

/* Six images of 1 x 2; the second pixel is constant in training and differs in the test. */
static const unsigned char pixels[12] = { 0, 7, 51, 7, 102, 7, 153, 7, 204, 7, 255, 7 };
static const unsigned char labels[6] = { 3, 8, 3, 0, 8, 3 };
static const unsigned char test_pixels[4] = { 51, 7, 102, 9 };

static int setup(void **state)
{
	mkdir(FOLDER, 0777);
	write_images("good-images", 6, 1, 2, pixels);
	write_labels("good-labels", 6, labels);
	write_images("test-images", 2, 1, 2, test_pixels);
	write_labels("test-labels", 2, (const unsigned char[]){ 8, 3 });
	write_images("train-images-idx3-ubyte", 6, 1, 2, pixels);
	write_labels("train-labels-idx1-ubyte", 6, labels);
	write_images("t10k-images-idx3-ubyte", 2, 1, 2, test_pixels);
	write_labels("t10k-labels-idx1-ubyte", 2, (const unsigned char[]){ 8, 3 });
	*state = vt_ctx_create();
	vt_ctx_set_level(*state, VT_QUIET);
	return 0;
}

static int teardown(void **state)
{
	vt_ctx_free(*state);
	return system("rm -rf " FOLDER) == 0 ? 0 : -1;
}

static void one_value(const struct vt_dataset *d, uint32_t row, size_t column, double wanted)
{
	double wide[2];
	float narrow[2];
	vt_dataset_rows_f64(d, &row, 1, wide);
	vt_dataset_rows_f32(d, &row, 1, narrow);
	WITHIN(wide[column], wanted, 1e-12);
	assert_true(narrow[column] == (float)wide[column]);
}

static void files_are_read(void **state)
{
	struct vt_dataset *d = dataset(*state, PAIR("good") ",train_share=0.5,split=ordered", 0);
	assert_int_equal(d->n, 6);
	assert_int_equal(d->n_inputs, 2);
	assert_int_equal(d->n_classes, 10);
	assert_int_equal(d->n_train, 3);
	assert_false(d->enumerated);
	assert_true(isnan(d->i_xy));
	assert_string_equal(d->sample, "image");
	for (size_t i = 0; i < 6; i++) assert_int_equal(d->label[i], labels[i]);
	one_value(d, 1, 0, 51 / 255.0);
	/* labels 3 8 3 0 8 3: H = -(1/2 log 1/2 + 1/3 log 1/3 + 1/6 log 1/6) */
	WITHIN(d->h_y, log(2) / 2 + log(3) / 3 + log(6) / 6, 1e-12);
	vt_dataset_close(d);
}

static void a_folder_has_all_four(void **state)
{
	struct vt_dataset *d = dataset(*state, "images:images=" FOLDER, 0);
	assert_int_equal(d->n_train, 6);
	assert_int_equal(d->n_test, 2);
	assert_int_equal(d->test[0], 6);
	assert_int_equal(d->label[6], 8);
	vt_dataset_close(d);
}

static void classes_and_limits(void **state)
{
	struct vt_dataset *d = dataset(*state, "images:images=" FOLDER ",classes=[8,3],n=4,n_test=1", 0);
	static const int wanted[] = { 1, 0, 1, 0, 0 };
	assert_int_equal(d->n_classes, 2);
	assert_int_equal(d->n_train, 4);
	assert_int_equal(d->n_test, 1);
	for (size_t i = 0; i < 5; i++) assert_int_equal(d->label[i], wanted[i]);
	one_value(d, 3, 0, 204 / 255.0);
	vt_dataset_close(d);
}

/* First pixel of the training images: 0 51 ... 255, mean 127.5, variance 51^2 35 / 12. */
static void standardise(void **state)
{
	const double deviation = 51 * sqrt(35.0 / 12);
	struct vt_dataset *d = dataset(*state, "images:images=" FOLDER ",standardise=column", 0);
	one_value(d, 0, 0, -127.5 / deviation);
	one_value(d, 6, 0, (51 - 127.5) / deviation);
	one_value(d, 7, 1, 0); /* constant in training */
	vt_dataset_close(d);
	d = dataset(*state, "images:images=" FOLDER ",standardise=none", 0);
	one_value(d, 7, 1, 9);
	vt_dataset_close(d);
	/* all pixels: mean (127.5 + 7) / 2, variance = mean square - mean^2 */
	const double mean = 67.25, square = (127.5 * 127.5 + deviation * deviation + 49) / 2;
	d = dataset(*state, "images:images=" FOLDER ",standardise=global", 0);
	one_value(d, 5, 0, (255 - mean) / sqrt(square - mean * mean));
	one_value(d, 7, 1, (9 - mean) / sqrt(square - mean * mean));
	vt_dataset_close(d);
}

static void gzip_is_the_same(void **state)
{
	struct vt_dataset *plain = dataset(*state, PAIR("good"), 4), *packed;
	if (system("cd " FOLDER " && gzip -c good-images >packed-images && gzip -c good-labels >packed-labels") != 0) skip();
	packed = dataset(*state, PAIR("packed"), 4);
	assert_string_equal(plain->sha256, packed->sha256);
	vt_dataset_close(plain);
	vt_dataset_close(packed);
}

static void refusals(void **state)
{
	write_images("short-images", 5, 1, 2, pixels);
	write_labels("short-labels", 5, labels);
	write_labels("wild-labels", 6, (const unsigned char[]){ 0, 1, 2, 10, 4, 5 });
	write_images("wide-images", 2, 2, 1, test_pixels);
	REFUSED(*state, "images:images=" FOLDER "/good-images,labels=" FOLDER "/short-labels", VT_EDATA, "5 labels",
	        "6 images", "in dataset images");
	REFUSED(*state, "images:images=" FOLDER "/good-images,labels=" FOLDER "/wild-labels", VT_EDATA, "item 3 is 10",
	        "0 to 9", "n_classes");
	REFUSED(*state, "images:images=" FOLDER "/good-labels,labels=" FOLDER "/good-labels", VT_EDATA, "wanted images");
	REFUSED(*state, "images:images=" FOLDER "/good-images,labels=" FOLDER "/good-images", VT_EDATA, "wanted labels");
	REFUSED(*state, "images:images=" FOLDER "/good-images", VT_ECONFIG, "dataset.labels");
	REFUSED(*state, PAIR("good") ",test_images=" FOLDER "/test-images", VT_ECONFIG, "dataset.test_labels");
	REFUSED(*state, PAIR("good") ",test_labels=" FOLDER "/test-labels", VT_ECONFIG, "dataset.test_images");
	REFUSED(*state, PAIR("good") ",test_images=" FOLDER "/wide-images,test_labels=" FOLDER "/test-labels", VT_EDATA,
	        "2 x 1", "1 x 2");
	REFUSED(*state, PAIR("good") ",classes=[3,3]", VT_ECONFIG, "3 twice");
	REFUSED(*state, PAIR("good") ",classes=[3,10]", VT_ECONFIG, "10", "0 to 9");
	REFUSED(*state, PAIR("good") ",classes=[3]", VT_ECONFIG, "1 class");
	REFUSED(*state, PAIR("good") ",classes=[1,2]", VT_EDATA, "none of its 6 labels");
	REFUSED(*state, PAIR("good") ",n_classes=8", VT_EDATA, "item 1 is 8", "0 to 7");
	REFUSED(*state, "images:images=" FOLDER "/absent", VT_EABSENT, "absent", "apt-get install dataset-fashion-mnist");
}

/* 60 000 and 10 000 images of 28 x 28, ten balanced classes (the data's own description). */
static void fashion_mnist(void **state)
{
	if (access("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz", R_OK) != 0) {
		print_message("Fashion-MNIST is not installed: apt-get install dataset-fashion-mnist\n");
		skip();
	}
	struct vt_dataset *d = dataset(*state, "images", 0);
	assert_int_equal(d->n_train, 60000);
	assert_int_equal(d->n_test, 10000);
	assert_int_equal(d->n_inputs, 784);
	WITHIN(d->h_y, log(10), 1e-12);
	vt_dataset_close(d);
	d = dataset(*state, "images:classes=[0,9],n=2000,n_test=500,standardise=global", 0);
	assert_int_equal(d->n, 2500);
	vt_dataset_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read), cmocka_unit_test(a_folder_has_all_four),
		cmocka_unit_test(classes_and_limits), cmocka_unit_test(standardise),
		cmocka_unit_test(gzip_is_the_same), cmocka_unit_test(refusals),
		cmocka_unit_test(fashion_mnist),
	};
	return cmocka_run_group_tests_name("dataset images", tests, setup, teardown);
}
