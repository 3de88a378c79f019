/* Rows cut into a part to learn from, one to choose by and one to report on.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "split.h"
#include "venturi/rng.h"

void vt_split_clear(struct vt_split_rows *p)
{
	free(p->row);
	*p = (struct vt_split_rows){ 0 };
}

bool vt_split_large_enough(const struct vt_split_rows *p)
{
	return p->n_train >= 16 && p->n_validation >= 8 && p->n_test >= 8;
}

/* First row of each unit (a row, or a block of them); returns their number. */
static size_t find_units(const struct vt_pair *in, uint32_t *first)
{
	size_t n = in->x.rows, units = 0;
	for (size_t i = 0; i < n; i++)
		if (!in->block || i == 0 || in->block[i] != in->block[i - 1]) first[units++] = (uint32_t)i;
	first[units] = (uint32_t)n;
	return units;
}

/* Whole units in a random order; a part ends with the unit that reaches its share. */
static void fill_parts(const uint32_t *first, const uint32_t *order, size_t units, size_t n, double test,
                       double validation, struct vt_split_rows *p)
{
	size_t taken = 0;
	double train = 1 - test - validation;
	for (size_t u = 0; u < units; u++) {
		size_t *part = (double)taken < train * (double)n              ? &p->n_train
		               : (double)taken < (1 - test) * (double)n ? &p->n_validation
		                                                        : &p->n_test;
		for (uint32_t i = first[order[u]]; i < first[order[u] + 1]; i++) p->row[taken++] = i;
		*part += first[order[u] + 1] - first[order[u]];
	}
}

/* So that neighbours in a sequence do not meet in a batch. */
static void shuffle_parts(struct vt_split_rows *p, uint64_t seed, uint64_t fold)
{
	struct vt_rng rng = vt_rng_stream(seed, VT_PURPOSE_CRITIC, UINT64_MAX - fold);
	vt_rng_shuffle(&rng, p->row, p->n_train);
	vt_rng_shuffle(&rng, p->row + p->n_train, p->n_validation);
	vt_rng_shuffle(&rng, p->row + p->n_train + p->n_validation, p->n_test);
}

/* Units in a random order: first[order[u]] .. first[order[u] + 1] - 1 are the rows of the u-th.  Caller frees. */
static enum vt_status shuffled_units(struct vt_ctx *ctx, const struct vt_pair *in, uint32_t **first, uint32_t **order,
                                     size_t *units)
{
	enum vt_status status = VT_OK;
	struct vt_rng rng = vt_rng_stream(in->seed, VT_PURPOSE_CRITIC, 0);
	VT_NEW(ctx, *first, in->x.rows + 1);
	*units = find_units(in, *first);
	VT_NEW(ctx, *order, *units);
	for (size_t u = 0; u < *units; u++) (*order)[u] = (uint32_t)u;
	vt_rng_shuffle(&rng, *order, *units);
done:
	return status;
}

enum vt_status vt_split_draw(struct vt_ctx *ctx, const struct vt_pair *in, double test, double validation,
                             struct vt_split_rows *out)
{
	enum vt_status status = VT_OK;
	struct vt_split_rows p = { 0 };
	uint32_t *first = NULL, *order = NULL;
	size_t n = in->x.rows, units;
	VT_NEW(ctx, p.row, n);
	VT_TRY(shuffled_units(ctx, in, &first, &order, &units));
	fill_parts(first, order, units, n, test, validation, &p);
	shuffle_parts(&p, in->seed, 0);
	*out = p;
	p.row = NULL;
done:
	free(p.row);
	free(first);
	free(order);
	return status;
}

enum vt_status vt_split_folds(struct vt_ctx *ctx, const struct vt_pair *in, size_t n_folds, struct vt_split_rows *out,
                              size_t *begin)
{
	enum vt_status status = VT_OK;
	uint32_t *first = NULL, *order = NULL, *row = NULL;
	size_t n = in->x.rows, units, taken = 0, f = 0;
	VT_NEW(ctx, row, n);
	VT_TRY(shuffled_units(ctx, in, &first, &order, &units));
	begin[0] = 0;
	for (size_t u = 0; u < units; u++) {
		while (f + 1 < n_folds && taken >= vt_block_begin(f + 1, n_folds, n)) begin[++f] = taken;
		for (uint32_t i = first[order[u]]; i < first[order[u] + 1]; i++) row[taken++] = i;
	}
	while (f < n_folds) begin[++f] = n;
	*out = (struct vt_split_rows){ .row = row, .n_train = n };
	row = NULL;
done:
	free(row);
	free(first);
	free(order);
	return status;
}

enum vt_status vt_split_fold(struct vt_ctx *ctx, const struct vt_pair *in, const struct vt_split_rows *folds,
                             const size_t *begin, size_t f, double validation, struct vt_split_rows *out)
{
	enum vt_status status = VT_OK;
	size_t n = in->x.rows, test = begin[f + 1] - begin[f], rest = n - test;
	struct vt_split_rows p = { .n_train = (size_t)((1 - validation) * (double)rest), .n_test = test };
	VT_NEW(ctx, p.row, n);
	memcpy(p.row, folds->row, begin[f] * sizeof *p.row);
	memcpy(p.row + begin[f], folds->row + begin[f + 1], (n - begin[f + 1]) * sizeof *p.row);
	memcpy(p.row + rest, folds->row + begin[f], test * sizeof *p.row);
	while (in->block && p.n_train > 0 && p.n_train < rest &&
	       in->block[p.row[p.n_train]] == in->block[p.row[p.n_train - 1]]) p.n_train++; /* blocks stay whole */
	p.n_validation = rest - p.n_train;
	shuffle_parts(&p, in->seed, f);
	*out = p;
done:
	return status;
}

enum vt_status vt_split_columns(struct vt_ctx *ctx, const struct vt_mat *m, const struct vt_split_rows *p, float **out)
{
	enum vt_status status = VT_OK;
	size_t n = p->n_train + p->n_validation + p->n_test, d = m->cols;
	double *scaled = NULL;
	float *x = NULL;
	VT_TRY(vt_standardised(ctx, m, &scaled));
	VT_NEW(ctx, x, n * d);
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < d; c++) x[i * d + c] = (float)scaled[p->row[i] * d + c];
	*out = x;
done:
	free(scaled);
	return status;
}

enum vt_status vt_split_all_columns(struct vt_ctx *ctx, const struct vt_mat *m, float **out)
{
	enum vt_status status = VT_OK;
	double *scaled = NULL;
	float *x = NULL;
	VT_TRY(vt_standardised(ctx, m, &scaled));
	VT_NEW(ctx, x, m->rows * m->cols);
	for (size_t i = 0; i < m->rows * m->cols; i++) x[i] = (float)scaled[i];
	*out = x;
done:
	free(scaled);
	return status;
}

struct placed {
	uint32_t row;
	double local;
};

static int by_row(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	return (x->row > y->row) - (x->row < y->row);
}

/* The test rows back in their own order, where blocks hang together. */
enum vt_status vt_split_error(struct vt_ctx *ctx, const struct vt_pair *in, const struct vt_split_rows *p,
                              const double *local, double *out)
{
	enum vt_status status = VT_OK;
	struct placed *v = NULL;
	uint32_t *block = NULL;
	double *ordered = NULL;
	struct vt_pair test = { .x = { .rows = p->n_test } };
	VT_NEW(ctx, v, p->n_test);
	VT_NEW(ctx, block, p->n_test);
	VT_NEW(ctx, ordered, p->n_test);
	for (size_t i = 0; i < p->n_test; i++)
		v[i] = (struct placed){ p->row[p->n_train + p->n_validation + i], local[i] };
	qsort(v, p->n_test, sizeof *v, by_row);
	for (size_t i = 0; i < p->n_test; i++) {
		ordered[i] = v[i].local;
		block[i] = in->block ? in->block[v[i].row] : 0;
	}
	if (in->block) test.block = block;
	*out = vt_local_error(&test, ordered);
done:
	free(v);
	free(block);
	free(ordered);
	return status;
}
