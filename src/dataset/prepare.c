/* Standardising inputs by their training rows; called by the kinds that read files.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "prepare.h"

const char *const vt_split_names[] = { "iid", "ordered", NULL };
const char *const vt_standardise_names[] = { "none", "unit", "column", "global", "centre", NULL };

enum vt_status vt_dataset_ranges(struct vt_ctx *ctx, struct vt_dataset *d, size_t n_train)
{
	enum vt_status status;

	d->n_train = n_train;
	d->n_test = d->n - n_train;
	VT_NEW(ctx, d->train, d->n_train);
	VT_NEW(ctx, d->test, d->n_test);
	for (size_t i = 0; i < d->n_train; i++) d->train[i] = (uint32_t)i;
	for (size_t i = 0; i < d->n_test; i++) d->test[i] = (uint32_t)(n_train + i);
	status = VT_OK;
done:
	return status;
}

/* value = (x - shift) * scale, a pair per column. */
struct map {
	double *shift, *scale;
};

/* Mean and standard deviation to a map; a constant column becomes 0. */
static void normalise(double mean, double variance, double *shift, double *scale)
{
	*shift = mean;
	*scale = variance > 0 ? 1 / sqrt(variance) : 0;
}

/* Sums of bytes and of their squares are integers: exact, in any order, up to 2^48 rows. */
static void bytes_column_sums(const struct vt_dataset *d, uint64_t *sum, uint64_t *square)
{
	for (size_t i = 0; i < d->n_train; i++) {
		const uint8_t *b = d->bytes + d->train[i] * d->n_inputs;
		for (size_t j = 0; j < d->n_inputs; j++) {
			sum[j] += b[j];
			square[j] += (uint64_t)b[j] * b[j];
		}
	}
}

static void bytes_normalise(uint64_t sum, uint64_t square, double n, double *shift, double *scale)
{
	double mean = (double)sum / n;
	normalise(mean, (double)square / n - mean * mean, shift, scale);
}

static enum vt_status bytes_moments(struct vt_ctx *ctx, const struct vt_dataset *d, enum vt_standardise how,
                                    struct map m)
{
	enum vt_status status;
	uint64_t *sum = NULL, *square = NULL, all = 0, all_square = 0;
	double n = (double)d->n_train;

	VT_NEW(ctx, sum, d->n_inputs);
	VT_NEW(ctx, square, d->n_inputs);
	bytes_column_sums(d, sum, square);
	for (size_t j = 0; j < d->n_inputs; j++) {
		all += sum[j];
		all_square += square[j];
		bytes_normalise(sum[j], square[j], n, m.shift + j, m.scale + j);
	}
	for (size_t j = 0; how == VT_STANDARDISE_CENTRE && j < d->n_inputs; j++) m.scale[j] = 1.0 / 255;
	for (size_t j = 0; how == VT_STANDARDISE_GLOBAL && j < d->n_inputs; j++)
		bytes_normalise(all, all_square, n * (double)d->n_inputs, m.shift + j, m.scale + j);
	status = VT_OK;
done:
	free(sum);
	free(square);
	return status;
}

static enum vt_status standardise_bytes(struct vt_ctx *ctx, struct vt_dataset *d, enum vt_standardise how)
{
	enum vt_status status;

	VT_NEW(ctx, d->shift, d->n_inputs);
	VT_NEW(ctx, d->scale, d->n_inputs);
	for (size_t j = 0; j < d->n_inputs; j++) d->scale[j] = how == VT_STANDARDISE_UNIT ? 1.0 / 255 : 1;
	if (how != VT_STANDARDISE_NONE && how != VT_STANDARDISE_UNIT)
		VT_TRY(bytes_moments(ctx, d, how, (struct map){ d->shift, d->scale }));
	status = VT_OK;
done:
	return status;
}

static double at(const struct vt_dataset *d, size_t i, size_t j)
{
	return d->x[d->train[i] * d->n_inputs + j];
}

static void column_range(const struct vt_dataset *d, size_t j, struct map m)
{
	double low = INFINITY, high = -INFINITY;
	for (size_t i = 0; i < d->n_train; i++) {
		low = fmin(low, at(d, i, j));
		high = fmax(high, at(d, i, j));
	}
	m.shift[j] = low;
	m.scale[j] = high > low ? 1 / (high - low) : 0;
}

/* Mean and variance over the columns begin .. end - 1 of the training rows: two passes,
 * since data far from the origin lose all digits in one. */
static void moments(const struct vt_dataset *d, size_t begin, size_t end, double *mean, double *variance)
{
	double n = (double)d->n_train * (double)(end - begin), sum = 0, square = 0;
	for (size_t i = 0; i < d->n_train; i++)
		for (size_t j = begin; j < end; j++) sum += at(d, i, j);
	*mean = sum / n;
	for (size_t i = 0; i < d->n_train; i++)
		for (size_t j = begin; j < end; j++) square += (at(d, i, j) - *mean) * (at(d, i, j) - *mean);
	/* What rounding leaves of a constant is not a deviation. */
	double rounding = 1e-14 * fabs(*mean);
	*variance = square / n > rounding * rounding ? square / n : 0;
}

static void real_map(const struct vt_dataset *d, enum vt_standardise how, struct map m)
{
	double mean = 0, variance = 0;
	if (how == VT_STANDARDISE_GLOBAL) moments(d, 0, d->n_inputs, &mean, &variance);
	for (size_t j = 0; j < d->n_inputs; j++) {
		if (how == VT_STANDARDISE_UNIT) {
			column_range(d, j, m);
			continue;
		}
		if (how != VT_STANDARDISE_GLOBAL) moments(d, j, j + 1, &mean, &variance);
		normalise(mean, variance, m.shift + j, m.scale + j);
		if (how == VT_STANDARDISE_CENTRE) m.scale[j] = 1;
	}
}

static enum vt_status standardise_reals(struct vt_ctx *ctx, struct vt_dataset *d, enum vt_standardise how)
{
	enum vt_status status;
	struct map m = { NULL, NULL };

	VT_NEW(ctx, m.shift, d->n_inputs);
	VT_NEW(ctx, m.scale, d->n_inputs);
	real_map(d, how, m);
	for (size_t i = 0; i < d->n; i++)
		for (size_t j = 0; j < d->n_inputs; j++) {
			double *x = d->x + i * d->n_inputs + j;
			*x = (*x - m.shift[j]) * m.scale[j];
		}
	status = VT_OK;
done:
	free(m.shift);
	free(m.scale);
	return status;
}

enum vt_status vt_dataset_standardise(struct vt_ctx *ctx, struct vt_dataset *d, enum vt_standardise how)
{
	if (d->bytes) return standardise_bytes(ctx, d, how);
	if (how == VT_STANDARDISE_NONE) return VT_OK;
	return standardise_reals(ctx, d, how);
}
