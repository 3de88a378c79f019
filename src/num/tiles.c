/* Cuts rows into compact tiles of one label each.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>

#include "tiles.h"

static double at(const struct vt_mat *x, uint32_t row, size_t column)
{
	return x->x[row * x->stride + column];
}

/* Puts the `k` smallest along `column` first.  Hoare's selection: stops on equal keys from both
 * sides, so that ties split evenly. */
static void select_rows(const struct vt_mat *x, size_t column, uint32_t *row, size_t n, size_t k)
{
	ptrdiff_t low = 0, high = (ptrdiff_t)n - 1, target = (ptrdiff_t)k;
	while (low < high) {
		double pivot = at(x, row[low + (high - low) / 2], column);
		ptrdiff_t i = low, j = high;
		while (i <= j) {
			while (at(x, row[i], column) < pivot) i++;
			while (at(x, row[j], column) > pivot) j--;
			if (i > j) break;
			uint32_t swapped = row[i];
			row[i++] = row[j];
			row[j--] = swapped;
		}
		if (target <= j) high = j;
		else if (target >= i) low = i;
		else return;
	}
}

static void box(const struct vt_mat *x, const uint32_t *row, size_t n, double *low, double *high)
{
	for (size_t c = 0; c < x->cols; c++) low[c] = high[c] = at(x, row[0], c);
	for (size_t i = 1; i < n; i++) {
		const double *v = x->x + row[i] * x->stride;
		for (size_t c = 0; c < x->cols; c++) {
			low[c] = v[c] < low[c] ? v[c] : low[c];
			high[c] = v[c] > high[c] ? v[c] : high[c];
		}
	}
}

static size_t widest(size_t width, const double *low, const double *high)
{
	size_t best = 0;
	for (size_t c = 1; c < width; c++)
		if (high[c] - low[c] > high[best] - low[best]) best = c;
	return best;
}

/* Halves at a multiple of the tile's size, so that all tiles of a label but the last are full.
 * `low` and `high` are scratch. */
static void halve(const struct vt_mat *x, uint32_t *row, size_t n, double *low, double *high)
{
	if (n <= VT_TILE) return;
	size_t tiles = (n + VT_TILE - 1) / VT_TILE, k = (tiles + 1) / 2 * VT_TILE;
	box(x, row, n, low, high);
	select_rows(x, widest(x->cols, low, high), row, n, k);
	halve(x, row, k, low, high);
	halve(x, row + k, n - k, low, high);
}

/* order: rows by label (stable); begin: n_classes + 1 borders. */
static void sort_by_label(const int32_t *label, size_t n, size_t n_classes, uint32_t *order, size_t *begin)
{
	for (size_t i = 0; i < n; i++) begin[(label ? label[i] : 0) + 1]++;
	for (size_t c = 0; c < n_classes; c++) begin[c + 1] += begin[c];
	for (size_t i = n; i-- > 0;) order[--begin[(label ? label[i] : 0) + 1]] = (uint32_t)i;
	for (size_t c = 0; c < n_classes; c++) begin[c] = begin[c + 1];
	begin[n_classes] = n;
}

static size_t padded(size_t count)
{
	return (count + VT_TILE_STEP - 1) / VT_TILE_STEP * VT_TILE_STEP;
}

/* The borders of tiles, from the borders of labels. */
static enum vt_status cut(struct vt_ctx *ctx, const size_t *begin, size_t n_classes, struct vt_tiles *t)
{
	enum vt_status status = VT_OK;
	for (size_t c = 0; c < n_classes; c++) t->n_tiles += (begin[c + 1] - begin[c] + VT_TILE - 1) / VT_TILE;
	VT_NEW(ctx, t->first, t->n_tiles + 1);
	VT_NEW(ctx, t->count, t->n_tiles);
	VT_NEW(ctx, t->label, t->n_tiles);
	size_t tile = 0;
	for (size_t c = 0; c < n_classes; c++) {
		for (size_t i = begin[c]; i < begin[c + 1]; i += VT_TILE, tile++) {
			size_t left = begin[c + 1] - i;
			t->count[tile] = left < VT_TILE ? left : VT_TILE;
			t->first[tile + 1] = t->first[tile] + padded(t->count[tile]);
			t->label[tile] = (int32_t)c;
		}
	}
	t->n_slots = t->first[t->n_tiles];
done:
	return status;
}

static void fill(const struct vt_mat *x, const double *weight, const uint32_t *order, struct vt_tiles *t)
{
	for (size_t tile = 0; tile < t->n_tiles; tile++) {
		size_t first = t->first[tile], room = t->first[tile + 1] - first;
		double *columns = t->x + first * t->width;
		for (size_t i = 0; i < t->count[tile]; i++) {
			uint32_t row = *order++;
			t->row[first + i] = row;
			t->weight[first + i] = weight ? weight[row] : 1;
			for (size_t c = 0; c < t->width; c++) columns[c * room + i] = at(x, row, c);
		}
		box(x, t->row + first, t->count[tile], t->low + tile * t->width, t->high + tile * t->width);
	}
}

enum vt_status vt_tiles_create(struct vt_ctx *ctx, const struct vt_mat *x, const double *weight,
                               const int32_t *label, size_t n_classes, struct vt_tiles *out)
{
	enum vt_status status = VT_OK;
	struct vt_tiles t = { .n = x->rows, .width = x->cols };
	size_t classes = label ? n_classes : 1, *begin = NULL;
	uint32_t *order = NULL;
	double *scratch = NULL;
	VT_NEW(ctx, begin, classes + 2);
	VT_NEW(ctx, order, t.n);
	VT_NEW(ctx, scratch, 2 * t.width);
	sort_by_label(label, t.n, classes, order, begin);
	for (size_t c = 0; c < classes; c++)
		halve(x, order + begin[c], begin[c + 1] - begin[c], scratch, scratch + t.width);
	VT_TRY(cut(ctx, begin, classes, &t));
	VT_NEW(ctx, t.row, t.n_slots);
	VT_NEW(ctx, t.weight, t.n_slots);
	VT_NEW(ctx, t.x, t.n_slots * t.width);
	VT_NEW(ctx, t.low, t.n_tiles * t.width);
	VT_NEW(ctx, t.high, t.n_tiles * t.width);
	fill(x, weight, order, &t);
	*out = t;
done:
	if (status != VT_OK) vt_tiles_clear(&t);
	free(scratch);
	free(order);
	free(begin);
	return status;
}

void vt_tiles_clear(struct vt_tiles *t)
{
	free(t->first);
	free(t->count);
	free(t->label);
	free(t->row);
	free(t->x);
	free(t->weight);
	free(t->low);
	free(t->high);
	*t = (struct vt_tiles){ 0 };
}

double vt_tiles_gap(const struct vt_tiles *t, size_t a, size_t b, double enough)
{
	const double *low_a = t->low + a * t->width, *high_a = t->high + a * t->width;
	const double *low_b = t->low + b * t->width, *high_b = t->high + b * t->width;
	double d2 = 0;
	for (size_t c = 0; c < t->width && d2 <= enough; c++) {
		double left = low_a[c] - high_b[c], right = low_b[c] - high_a[c];
		double gap = left > right ? left : right;
		if (gap > 0) d2 += gap * gap;
	}
	return d2;
}
