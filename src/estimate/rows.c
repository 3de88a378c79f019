/* Rows taken, put in order, ranked, standardised: what estimators of pairs do to their data.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pair.h"
#include "partition.h"
#include "strata.h"
#include "venturi/num.h"
#include "venturi/rng.h"

enum vt_status vt_rows_taken(struct vt_ctx *ctx, const struct vt_mat *m, const uint32_t *row, size_t n, double **out)
{
	enum vt_status status = VT_OK;
	double *copy = NULL;
	VT_NEW(ctx, copy, n * m->cols);
	for (size_t i = 0; m->cols > 0 && i < n; i++)
		memcpy(copy + i * m->cols, m->x + row[i] * m->stride, m->cols * sizeof *copy);
	*out = copy;
done:
	return status;
}

enum vt_status vt_joined(struct vt_ctx *ctx, size_t n_parts, const struct vt_mat *part, double **out)
{
	enum vt_status status = VT_OK;
	size_t n = part->rows, d = 0, at = 0;
	double *joined = NULL;
	for (size_t p = 0; p < n_parts; p++) d += part[p].cols;
	VT_NEW(ctx, joined, n * d);
	for (size_t p = 0; p < n_parts; p++) {
		for (size_t i = 0; part[p].cols > 0 && i < n; i++)
			memcpy(joined + i * d + at, part[p].x + i * part[p].stride, part[p].cols * sizeof *joined);
		at += part[p].cols;
	}
	*out = joined;
done:
	return status;
}

/* Length of all blocks, or 0 where they differ. */
static size_t block_length(const struct vt_pair *in)
{
	size_t n = in->x.rows, length = 0, run = 0;
	if (!in->block) return 1;
	for (size_t i = 0; i < n; i++) {
		run++;
		if (i + 1 < n && in->block[i + 1] == in->block[i]) continue;
		if (length > 0 && run != length) return 0;
		length = run;
		run = 0;
	}
	return length;
}

static enum vt_status order_rows(struct vt_ctx *ctx, const struct vt_pair *in, size_t r, uint32_t *order)
{
	enum vt_status status = VT_OK;
	struct vt_rng rng = vt_rng_stream(in->seed, VT_PURPOSE_NULL, r);
	size_t n = in->x.rows, length = block_length(in), blocks = length > 0 ? n / length : 0;
	uint32_t *block = NULL;
	if (blocks < 2) {
		size_t shift = 1 + vt_rng_below(&rng, n - 1);
		for (size_t i = 0; i < n; i++) order[i] = (uint32_t)((i + shift) % n);
		return VT_OK;
	}
	VT_NEW(ctx, block, blocks);
	for (size_t b = 0; b < blocks; b++) block[b] = (uint32_t)b;
	vt_rng_shuffle(&rng, block, blocks);
	for (size_t i = 0; i < n; i++) order[i] = (uint32_t)(block[i / length] * length + i % length);
done:
	free(block);
	return status;
}

enum vt_status vt_null_order(struct vt_ctx *ctx, const struct vt_pair *in, size_t r, uint32_t *order)
{
	enum vt_status status = VT_OK;
	struct vt_strata strata = { 0 };
	struct vt_rng rng = vt_rng_stream(in->seed, VT_PURPOSE_NULL, r);
	if (in->z.cols == 0) return order_rows(ctx, in, r, order);
	VT_TRY(vt_strata_create(ctx, in, &strata));
	status = vt_strata_order(ctx, &strata, &rng, order);
done:
	vt_strata_clear(&strata);
	return status;
}

enum vt_status vt_null_orders(struct vt_ctx *ctx, const struct vt_pair *in, size_t n_null, uint32_t *order)
{
	enum vt_status status = VT_OK;
	struct vt_strata strata = { 0 };
	if (in->z.cols > 0) VT_TRY(vt_strata_create(ctx, in, &strata));
	for (size_t r = 0; r < n_null; r++) {
		struct vt_rng rng = vt_rng_stream(in->seed, VT_PURPOSE_NULL, r);
		if (in->z.cols > 0)
			VT_TRY(vt_strata_order(ctx, &strata, &rng, order + r * in->x.rows));
		else
			VT_TRY(order_rows(ctx, in, r, order + r * in->x.rows));
	}
done:
	vt_strata_clear(&strata);
	return status;
}

enum vt_status vt_symbols(struct vt_ctx *ctx, const struct vt_mat *m, int32_t **out, size_t *n_symbols)
{
	enum vt_status status = VT_OK;
	struct vt_partition rows = { 0 };
	uint64_t *scratch = NULL;
	int32_t *symbol = NULL;
	VT_NEW(ctx, scratch, m->rows);
	VT_NEW(ctx, symbol, m->rows);
	VT_TRY(vt_partition_create(ctx, m->rows, &rows));
	vt_partition_refine_rows(&rows, m, scratch);
	for (size_t i = 0; i < m->rows; i++) symbol[i] = (int32_t)rows.cell[i];
	*n_symbols = rows.n_cells;
	*out = symbol;
	symbol = NULL;
done:
	vt_partition_clear(&rows);
	free(scratch);
	free(symbol);
	return status;
}

/* Scores of one column by a table of the quantiles at half ranks: entry r is Phi^-1((r + 2) / (2 n + 2)). */
static void score_column(const struct vt_mat *m, size_t c, const double *quantile, struct vt_ranked *v, double *out)
{
	size_t n = m->rows;
	for (size_t i = 0; i < n; i++) v[i] = (struct vt_ranked){ m->x[i * m->stride + c], i };
	vt_ranked_sort(v, n);
	for (size_t begin = 0, end; begin < n; begin = end) {
		for (end = begin + 1; end < n && v[end].value == v[begin].value;) end++;
		for (size_t i = begin; i < end; i++) out[v[i].row * m->cols + c] = quantile[begin + end - 1];
	}
}

enum vt_status vt_normal_scores(struct vt_ctx *ctx, const struct vt_mat *m, double **out)
{
	enum vt_status status = VT_OK;
	size_t n = m->rows;
	double *score = NULL, *quantile = NULL;
	struct vt_ranked *v = NULL;
	VT_NEW(ctx, score, n * m->cols);
	VT_NEW(ctx, quantile, 2 * n);
	VT_NEW(ctx, v, n);
	for (size_t r = 0; r + 1 < n; r++) { /* symmetric, so that a middle tie is exactly 0 */
		quantile[r] = gsl_cdf_ugaussian_Pinv((double)(r + 2) / (double)(2 * n + 2));
		quantile[2 * n - 2 - r] = -quantile[r];
	}
	for (size_t c = 0; c < m->cols; c++) score_column(m, c, quantile, v, score);
	*out = score;
	score = NULL;
done:
	free(score);
	free(quantile);
	free(v);
	return status;
}

enum vt_status vt_standardised(struct vt_ctx *ctx, const struct vt_mat *m, double **out)
{
	enum vt_status status = VT_OK;
	double *copy = NULL, n = (double)m->rows;
	VT_NEW(ctx, copy, m->rows * m->cols);
	for (size_t c = 0; c < m->cols; c++) {
		double mean = 0, square = 0, scale = 0;
		for (size_t i = 0; i < m->rows; i++) scale = fmax(scale, fabs(m->x[i * m->stride + c]));
		scale = scale > 0 ? scale : 1; /* squares of 1e-200 would vanish */
		for (size_t i = 0; i < m->rows; i++) mean += m->x[i * m->stride + c] / scale / n;
		for (size_t i = 0; i < m->rows; i++) {
			double d = m->x[i * m->stride + c] / scale - mean;
			copy[i * m->cols + c] = d;
			square += d * d / n;
		}
		for (size_t i = 0; square > 0 && i < m->rows; i++) copy[i * m->cols + c] /= sqrt(square);
	}
	*out = copy;
done:
	return status;
}

static double excess_kurtosis(const struct vt_mat *m, size_t column)
{
	const double *x = m->x + column;
	double n = (double)m->rows, mean = 0, scale = 0, square = 0, fourth = 0;
	for (size_t i = 0; i < m->rows; i++) mean += x[i * m->stride] / n;
	for (size_t i = 0; i < m->rows; i++) scale = fmax(scale, fabs(x[i * m->stride] - mean));
	if (!(scale > 0)) return 0;
	for (size_t i = 0; i < m->rows; i++) {
		double d = (x[i * m->stride] - mean) / scale, d2 = d * d; /* fourth powers of 1e100 would be infinite */
		square += d2 / n;
		fourth += d2 * d2 / n;
	}
	return fourth / (square * square) - 3;
}

double vt_extreme_kurtosis(const struct vt_mat *m)
{
	double most = 0;
	for (size_t c = 0; c < m->cols; c++) {
		double k = excess_kurtosis(m, c);
		if (fabs(k) > fabs(most)) most = k;
	}
	return most;
}

/* splitmix64's finaliser (Steele, Lea & Flood 2014). */
static uint64_t mix(uint64_t v)
{
	v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9u;
	v = (v ^ v >> 27) * 0x94d049bb133111ebu;
	return v ^ v >> 31;
}

struct hashed {
	uint64_t hash;
	uint32_t row;
};

static int by_hash(const void *a, const void *b)
{
	const struct hashed *x = a, *y = b;
	if (x->hash != y->hash) return x->hash > y->hash ? 1 : -1;
	return (x->row > y->row) - (x->row < y->row);
}

enum vt_status vt_content_order(struct vt_ctx *ctx, const struct vt_mat *m, uint32_t **out)
{
	enum vt_status status = VT_OK;
	struct hashed *h = NULL;
	uint32_t *order = NULL;
	VT_NEW(ctx, h, m->rows);
	VT_NEW(ctx, order, m->rows);
	for (size_t i = 0; i < m->rows; i++) {
		h[i].row = (uint32_t)i;
		for (size_t c = 0; c < m->cols; c++) h[i].hash += mix(vt_partition_bits(m->x[i * m->stride + c]));
		h[i].hash = mix(h[i].hash);
	}
	qsort(h, m->rows, sizeof *h, by_hash);
	for (size_t i = 0; i < m->rows; i++) order[i] = h[i].row;
	*out = order;
done:
	free(h);
	return status;
}
