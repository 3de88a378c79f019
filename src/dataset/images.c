/* Images and labels in MNIST's format: IDX files, plain or gzip.  Held as bytes; the
 * accessors map them to numbers, so that 70 000 images take 55 MB and not 440.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "prepare.h"
#include "venturi/input.h"

struct settings {
	char *images, *labels, *test_images, *test_labels;
	int64_t n, n_test, n_classes;
	struct vt_ints classes;
	double train_share;
	int standardise, split;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "images", VT_STRING, AT(images), 0, 0, NULL, NULL,
	  "IDX file of the training images, or a folder with MNIST's four files; left out: Debian's Fashion-MNIST",
	  .optional = true },
	{ "labels", VT_STRING, AT(labels), 0, 0, NULL, NULL, "IDX file of their labels", .optional = true },
	{ "test_images", VT_STRING, AT(test_images), 0, 0, NULL, NULL,
	  "IDX file of the test images; without one, `train_share` cuts the training images", .optional = true },
	{ "test_labels", VT_STRING, AT(test_labels), 0, 0, NULL, NULL, "IDX file of their labels", .optional = true },
	{ "classes", VT_INTS, AT(classes), 0, 255, NULL, NULL, "only these labels, which become 0, 1, ... in this order",
	  .optional = true, .max_items = 256 },
	{ "n_classes", VT_INT, AT(n_classes), 2, 256, "10", NULL, "labels in the files are 0 to n_classes - 1" },
	{ "n", VT_INT, AT(n), 0, 1e9, "0", "images", "the first so many training images of these classes; 0: all" },
	{ "n_test", VT_INT, AT(n_test), 0, 1e9, "0", "images", "likewise for the test images" },
	{ "train_share", VT_REAL, AT(train_share), 1e-7, 1, "0.8", "of the images", "where there are no test images" },
	{ "split", VT_CHOICE, AT(split), 0, 0, "iid", NULL, "with `train_share`; iid: drawn by the seed; ordered: the first",
	  vt_split_names },
	{ "standardise", VT_CHOICE, AT(standardise), 0, 0, "unit", NULL,
	  "none: 0 to 255; unit: divided by 255; column: each pixel, global: all pixels to mean 0 and deviation 1 over the "
	  "training images; centre: unit, and each pixel to mean 0 over them", vt_standardise_names },
	{ 0 }
};

static const char *const remedy = "apt-get install dataset-fashion-mnist, or name your own files with dataset.images";
static const char *const places[] = { "/usr/share/datasets/fashion-mnist", "/usr/local/share/datasets/fashion-mnist",
                                      NULL };

/* ---- files --------------------------------------------------------------- */

/* One file of images, one of labels, as read. */
struct part {
	char *image_path, *label_path;
	uint8_t *pixel, *label;
	size_t n, width, side[2]; /* side: of an image, for messages */
};

static void part_clear(struct part *p)
{
	free(p->image_path);
	free(p->label_path);
	free(p->pixel);
	free(p->label);
}

static bool is_file(const char *path)
{
	struct stat st;
	return path && stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* `given`, else the folder that `beside` names, else the usual places. */
static enum vt_status find(struct vt_ctx *ctx, const char *given, const char *beside, const char *name, char **out)
{
	return vt_input_locate(ctx, given ? given : beside, places, name, remedy, out);
}

static enum vt_status find_training(struct vt_ctx *ctx, const struct settings *s, struct part *p)
{
	enum vt_status status;

	VT_REQUIRE(ctx, s->labels || !is_file(s->images), VT_ECONFIG,
	           "dataset.images = %s is a file, so dataset.labels must name the file of its labels", s->images);
	VT_TRY(find(ctx, s->images, NULL, "train-images-idx3-ubyte", &p->image_path));
	VT_TRY(find(ctx, s->labels, s->images, "train-labels-idx1-ubyte", &p->label_path));
done:
	return status;
}

/* *there: whether there are test images at all. */
static enum vt_status find_test(struct vt_ctx *ctx, const struct settings *s, struct part *p, bool *there)
{
	enum vt_status status;
	const char *beside = s->test_images ? s->test_images : s->images;

	*there = s->test_images || !is_file(s->images);
	if (!*there && !s->test_labels) return VT_OK;
	VT_REQUIRE(ctx, *there, VT_ECONFIG, "dataset.test_labels = %s needs dataset.test_images beside it", s->test_labels);
	VT_REQUIRE(ctx, s->test_labels || !is_file(s->test_images), VT_ECONFIG,
	           "dataset.test_images = %s is a file, so dataset.test_labels must name the file of its labels",
	           s->test_images);
	VT_TRY(find(ctx, s->test_images, beside, "t10k-images-idx3-ubyte", &p->image_path));
	VT_TRY(find(ctx, s->test_labels, beside, "t10k-labels-idx1-ubyte", &p->label_path));
done:
	return status;
}

static enum vt_status check_labels(struct vt_ctx *ctx, const struct part *p, size_t n_classes)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->label[i] >= n_classes)
			return vt_ctx_fail(ctx, VT_EDATA, "%s: item %zu is %d, wanted 0 to %zu; dataset.n_classes says how many"
			                   " classes there are", p->label_path, i, p->label[i], n_classes - 1);
	return VT_OK;
}

static enum vt_status read_part(struct vt_ctx *ctx, const struct settings *s, struct part *p)
{
	enum vt_status status;
	size_t rank = 0, dim[VT_MAX_RANK] = { 0 }, n_labels;

	VT_TRY(vt_input_idx(ctx, p->image_path, &rank, dim, &p->pixel));
	VT_REQUIRE(ctx, rank >= 2, VT_EDATA, "%s: has 1 dimension of %zu, wanted images (2 to 4 dimensions); is it a file of"
	           " labels?", p->image_path, dim[0]);
	p->n = dim[0];
	p->width = 1;
	for (size_t k = 1; k < rank; k++) p->width *= dim[k];
	p->side[0] = dim[1];
	p->side[1] = p->width / dim[1];
	VT_TRY(vt_input_idx(ctx, p->label_path, &rank, dim, &p->label));
	n_labels = dim[0];
	VT_REQUIRE(ctx, rank == 1, VT_EDATA, "%s: has %zu dimensions, wanted labels (1 dimension); is it a file of images?",
	           p->label_path, rank);
	VT_REQUIRE(ctx, n_labels == p->n, VT_EDATA, "%s: has %zu labels, but %s has %zu images; wanted one label an image",
	           p->label_path, n_labels, p->image_path, p->n);
	status = check_labels(ctx, p, (size_t)s->n_classes);
done:
	return status;
}

/* ---- classes ------------------------------------------------------------- */

/* new[old label], or -1 where the label is left out. */
static enum vt_status number_classes(struct vt_ctx *ctx, const struct settings *s, int32_t new_label[256], size_t *n)
{
	enum vt_status status;
	size_t chosen = s->classes.n;

	for (size_t c = 0; c < 256; c++) new_label[c] = chosen ? -1 : (int32_t)c;
	VT_REQUIRE(ctx, chosen != 1, VT_ECONFIG, "dataset.classes has 1 class, wanted at least 2");
	for (size_t i = 0; i < chosen; i++) {
		int64_t c = s->classes.v[i];
		VT_REQUIRE(ctx, c >= 0 && c < s->n_classes, VT_ECONFIG, "dataset.classes has %lld, wanted 0 to %lld", (long long)c,
		           (long long)s->n_classes - 1);
		VT_REQUIRE(ctx, new_label[c] < 0, VT_ECONFIG, "dataset.classes has %lld twice", (long long)c);
		new_label[c] = (int32_t)i;
	}
	*n = chosen ? chosen : (size_t)s->n_classes;
	status = VT_OK;
done:
	return status;
}

/* Rows that stay, in the order of the file; moves them to the front. */
static size_t select_rows(struct part *p, const int32_t new_label[256], int64_t limit)
{
	size_t kept = 0;
	for (size_t i = 0; i < p->n && (limit == 0 || kept < (size_t)limit); i++) {
		if (new_label[p->label[i]] < 0) continue;
		memmove(p->pixel + kept * p->width, p->pixel + i * p->width, p->width);
		p->label[kept++] = p->label[i];
	}
	return kept;
}

static enum vt_status select_part(struct vt_ctx *ctx, struct part *p, const int32_t new_label[256], size_t n_classes,
                                  int64_t limit)
{
	enum vt_status status;
	size_t n_read = p->n, seen = 0;
	bool has[256] = { false };

	p->n = select_rows(p, new_label, limit);
	for (size_t i = 0; i < p->n; i++) has[p->label[i]] = true;
	for (size_t c = 0; c < 256; c++) seen += has[c];
	VT_REQUIRE(ctx, p->n > 0, VT_EDATA, "%s: none of its %zu labels is in dataset.classes", p->label_path, n_read);
	if (seen < n_classes)
		vt_log(ctx, VT_WARN, "%s: of %zu classes only %zu occur in the %zu images taken", p->label_path, n_classes, seen,
		       p->n);
	status = VT_OK;
done:
	return status;
}

/* ---- the dataset --------------------------------------------------------- */

static void append(struct vt_dataset *d, const struct part *p, const int32_t new_label[256], size_t first)
{
	memcpy(d->bytes + first * d->n_inputs, p->pixel, p->n * p->width);
	for (size_t i = 0; i < p->n; i++) d->label[first + i] = new_label[p->label[i]];
}

/* Both parts, read, cut to the classes and limits asked for. */
static enum vt_status read_parts(struct vt_ctx *ctx, const struct settings *s, const int32_t new_label[256],
                                 size_t n_classes, struct part part[2], bool *has_test)
{
	enum vt_status status;

	VT_TRY(find_training(ctx, s, &part[0]));
	VT_TRY(find_test(ctx, s, &part[1], has_test));
	VT_TRY(read_part(ctx, s, &part[0]));
	VT_TRY(select_part(ctx, &part[0], new_label, n_classes, s->n));
	if (!*has_test) return VT_OK;
	VT_TRY(read_part(ctx, s, &part[1]));
	VT_TRY(select_part(ctx, &part[1], new_label, n_classes, s->n_test));
	VT_REQUIRE(ctx, part[1].side[0] == part[0].side[0] && part[1].side[1] == part[0].side[1], VT_EDATA,
	           "%s: has images of %zu x %zu, but %s has %zu x %zu; wanted the same", part[1].image_path, part[1].side[0],
	           part[1].side[1], part[0].image_path, part[0].side[0], part[0].side[1]);
done:
	return status;
}

static enum vt_status open_images(struct vt_ctx *ctx, const void *settings, uint64_t seed, struct vt_dataset *out)
{
	enum vt_status status;
	const struct settings *s = settings;
	struct part part[2] = { { 0 } };
	int32_t new_label[256];
	bool has_test = false;

	VT_TRY(number_classes(ctx, s, new_label, &out->n_classes));
	VT_TRY(read_parts(ctx, s, new_label, out->n_classes, part, &has_test));
	out->n = part[0].n + part[1].n;
	out->n_inputs = part[0].width;
	out->sample = "image";
	VT_NEW(ctx, out->bytes, out->n * out->n_inputs);
	VT_NEW(ctx, out->label, out->n);
	append(out, &part[0], new_label, 0);
	if (has_test) append(out, &part[1], new_label, part[0].n);
	if (has_test) VT_TRY(vt_dataset_ranges(ctx, out, part[0].n));
	else VT_TRY(vt_dataset_split(ctx, out, s->train_share, s->split == VT_SPLIT_ORDERED, seed));
	status = vt_dataset_standardise(ctx, out, (enum vt_standardise)s->standardise);
done:
	part_clear(&part[0]);
	part_clear(&part[1]);
	return status;
}

const struct vt_dataset_kind vt_dataset_images = {
	.kind = { "images", "images in MNIST's format; Fashion-MNIST where nothing is named",
	          "LeCun & Cortes (format); Xiao, Rasul & Vollgraf 2017 (Fashion-MNIST)", sizeof(struct settings), options,
	          "`n` takes the first images of the file: a file sorted by class then has only some of the classes.  With "
	          "standardise: column, a pixel that is constant in training is 0 in the test images as well." },
	.open = open_images,
};
