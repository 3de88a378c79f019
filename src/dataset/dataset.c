/* Opening a dataset through its kind, its rows, its split, the order of an epoch.
 * Called by run (open), train and probe (rows, order).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "venturi/dataset.h"
#include "venturi/rng.h"

/* ---- open -------------------------------------------------------------- */

static enum vt_status label_entropy(struct vt_ctx *ctx, struct vt_dataset *d)
{
	enum vt_status status;
	size_t *count = NULL;
	double h = 0;
	size_t n = 0;

	VT_NEW(ctx, count, d->n_classes);
	for (size_t i = 0; i < d->n * d->n_labels; i++) {
		if (d->label[i] == -1 && d->n_labels > 1) continue;
		n++;
		VT_REQUIRE(ctx, d->label[i] >= 0 && (size_t)d->label[i] < d->n_classes, VT_EBUG,
		           "row %zu has label %d, wanted 0 to %zu", i, (int)d->label[i], d->n_classes - 1);
		count[d->label[i]]++;
	}
	for (size_t c = 0; c < d->n_classes; c++) {
		double p = (double)count[c] / (double)n;
		if (count[c] > 0) h -= p * log(p);
	}
	d->h_y = h;
	status = VT_OK;
done:
	free(count);
	return status;
}

static void add_reals(struct vt_sha256 *h, const double *x, size_t n)
{
	if (x) vt_sha256_add(h, x, n * sizeof *x);
}

/* The shape goes first, so that the same bytes in another shape are another dataset. */
static enum vt_status digest(struct vt_ctx *ctx, struct vt_dataset *d)
{
	const uint64_t shape[] = { d->n, d->n_inputs, d->n_classes, d->n_targets, d->n_train, d->n_test };
	struct vt_sha256 *h = vt_sha256_create(ctx);
	if (!h) return VT_ENOMEM;
	vt_sha256_add(h, shape, sizeof shape);
	add_reals(h, d->x, d->n * d->n_inputs);
	if (d->bytes) vt_sha256_add(h, d->bytes, d->n * d->n_inputs);
	add_reals(h, d->shift, d->n_inputs);
	add_reals(h, d->scale, d->n_inputs);
	if (d->label) vt_sha256_add(h, d->label, d->n * d->n_labels * sizeof *d->label);
	add_reals(h, d->target, d->n * d->n_targets);
	vt_sha256_add(h, d->train, d->n_train * sizeof *d->train);
	if (d->n_test > 0) vt_sha256_add(h, d->test, d->n_test * sizeof *d->test);
	vt_sha256_finish(h, d->sha256);
	return VT_OK;
}

enum vt_status vt_dataset_open(struct vt_ctx *ctx, const struct vt_chosen *chosen, uint64_t seed,
                               struct vt_dataset **out)
{
	enum vt_status status;
	const struct vt_dataset_kind *kind = (const struct vt_dataset_kind *)chosen->kind;
	struct vt_dataset *d = NULL;

	VT_NEW(ctx, d, 1);
	d->i_xy = d->h_y = d->loss_floor = NAN;
	d->sample = "row";
	VT_TRY(kind->open(ctx, chosen->settings, seed, d));
	if (d->n_labels == 0) d->n_labels = 1;
	if (d->label) VT_TRY(label_entropy(ctx, d));
	VT_TRY(digest(ctx, d));
	*out = d;
	return VT_OK;
done:
	vt_ctx_frame(ctx, "in dataset %s", chosen->kind->name);
	vt_dataset_close(d);
	return status;
}

void vt_dataset_close(struct vt_dataset *d)
{
	if (!d) return;
	free(d->x);
	free(d->bytes);
	free(d->shift);
	free(d->scale);
	free(d->label);
	free(d->target);
	free(d->law);
	free(d->basis);
	free(d->train);
	free(d->test);
	free(d);
}

/* ---- rows -------------------------------------------------------------- */

VT_CLONES static void narrow(size_t n, const double *x, float *out)
{
	for (size_t j = 0; j < n; j++) out[j] = (float)x[j];
}

/* Both precisions map in double, so that the single one is the double one rounded. */
VT_CLONES static void map_f32(const struct vt_dataset *d, const uint8_t *b, float *restrict out)
{
	for (size_t j = 0; j < d->n_inputs; j++) out[j] = (float)((b[j] - d->shift[j]) * d->scale[j]);
}

VT_CLONES static void map_f64(const struct vt_dataset *d, const uint8_t *b, double *restrict out)
{
	for (size_t j = 0; j < d->n_inputs; j++) out[j] = (b[j] - d->shift[j]) * d->scale[j];
}

void vt_dataset_rows_f32(const struct vt_dataset *d, const uint32_t *row, size_t n, float *out)
{
	size_t width = d->n_inputs;
	for (size_t i = 0; i < n; i++, out += width) {
		if (d->bytes) map_f32(d, d->bytes + row[i] * width, out);
		else narrow(width, d->x + row[i] * width, out);
	}
}

void vt_dataset_rows_f64(const struct vt_dataset *d, const uint32_t *row, size_t n, double *out)
{
	size_t width = d->n_inputs;
	for (size_t i = 0; i < n; i++, out += width) {
		if (d->bytes) map_f64(d, d->bytes + row[i] * width, out);
		else memcpy(out, d->x + row[i] * width, width * sizeof *out);
	}
}

/* ---- split and order --------------------------------------------------- */

enum vt_status vt_dataset_split(struct vt_ctx *ctx, struct vt_dataset *d, double train_share, bool ordered,
                                uint64_t seed)
{
	enum vt_status status;
	size_t n_train = (size_t)llround(train_share * (double)d->n);
	uint32_t *all = NULL;

	VT_REQUIRE(ctx, d->n > 0 && d->n <= UINT32_MAX, VT_EDATA, "there are %zu rows, wanted 1 to %u", d->n, UINT32_MAX);
	VT_REQUIRE(ctx, n_train >= 1 && n_train <= d->n, VT_EDOMAIN,
	           "dataset.train_share = %g of %zu rows leaves %zu for training, wanted 1 to %zu", train_share, d->n,
	           n_train, d->n);
	VT_NEW(ctx, all, d->n);
	for (size_t i = 0; i < d->n; i++) all[i] = (uint32_t)i;
	if (!ordered) {
		struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_SPLIT, 0);
		vt_rng_shuffle(&r, all, d->n);
	}
	d->n_train = n_train;
	d->n_test = d->n - n_train;
	VT_NEW(ctx, d->train, d->n_train);
	VT_NEW(ctx, d->test, d->n_test);
	memcpy(d->train, all, d->n_train * sizeof *all);
	memcpy(d->test, all + d->n_train, d->n_test * sizeof *all);
	status = VT_OK;
done:
	free(all);
	return status;
}

void vt_dataset_epoch(const struct vt_dataset *d, uint64_t seed, uint64_t epoch, bool shuffle, uint32_t *order)
{
	memcpy(order, d->train, d->n_train * sizeof *order);
	if (!shuffle) return;
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_ORDER, epoch);
	vt_rng_shuffle(&r, order, d->n_train);
}
