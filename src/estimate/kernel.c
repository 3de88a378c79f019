/* Gaussian kernels of variables, row by row, and their factors of low rank.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "balls.h"
#include "kernel.h"
#include "venturi/num.h"
#include "venturi/pairs.h"

enum { MOST_FOR_MEDIAN = 1000 };

static double squared(const struct vt_kernel *k, size_t i, size_t j)
{
	double sum = 0;
	for (size_t c = 0; c < k->cols; c++) {
		double d = k->x[i * k->cols + c] - k->x[j * k->cols + c];
		sum += d * d;
	}
	return sum;
}

/* Square of the median distance over distinct rows; equal rows would make it 0 where half of the sample is one atom. */
static enum vt_status median_square(struct vt_ctx *ctx, const struct vt_kernel *k, double *out)
{
	enum vt_status status = VT_OK;
	size_t m = k->n < MOST_FOR_MEDIAN ? k->n : MOST_FOR_MEDIAN, count = 0;
	double *d = NULL;
	VT_NEW(ctx, d, m * (m - 1) / 2);
	for (size_t a = 0; a < m; a++)
		for (size_t b = 0; b < a; b++) {
			double square = squared(k, a * k->n / m, b * k->n / m);
			if (square > 0) d[count++] = square;
		}
	vt_sort(d, count);
	*out = count > 0 ? d[count / 2] : 1;
done:
	free(d);
	return status;
}

enum vt_status vt_kernel_create(struct vt_ctx *ctx, const struct vt_mat *m, bool discrete, double width,
                                struct vt_kernel *out)
{
	enum vt_status status = VT_OK;
	struct vt_kernel k = { .n = m->rows, .cols = m->cols };
	size_t n_symbols;
	double square = width * width;
	if (discrete) {
		VT_TRY(vt_symbols(ctx, m, &k.symbol, &n_symbols));
	} else {
		VT_TRY(vt_scaled(ctx, m, &k.x));
		if (width == 0) VT_TRY(median_square(ctx, &k, &square));
		k.rate = 1 / (2 * square);
	}
	*out = k;
	k = (struct vt_kernel){ 0 };
done:
	vt_kernel_clear(&k);
	return status;
}

void vt_kernel_clear(struct vt_kernel *k)
{
	free(k->x);
	free(k->symbol);
	*k = (struct vt_kernel){ 0 };
}

void vt_kernel_row(const struct vt_kernel *k, size_t i, size_t from, size_t to, double *out)
{
	if (k->symbol) {
		for (size_t j = from; j < to; j++) out[j - from] = k->symbol[j] == k->symbol[i];
		return;
	}
	for (size_t j = from; j < to; j++) out[j - from] = squared(k, i, j);
	vt_pair_kernel(to - from, k->rate, out, out);
}

/* ---- factor ------------------------------------------------------------------- */

static void product_row(const struct vt_kernel *kernel, size_t n_kernels, size_t i, double *row, double *scratch)
{
	vt_kernel_row(&kernel[0], i, 0, kernel[0].n, row);
	for (size_t a = 1; a < n_kernels; a++) {
		vt_kernel_row(&kernel[a], i, 0, kernel[a].n, scratch);
		for (size_t j = 0; j < kernel[a].n; j++) row[j] *= scratch[j];
	}
}

/* Column r of the factor from the kernel's row at the pivot; takes its squares off the diagonal that is left. */
static void add_column(double *factor, size_t n, size_t room, size_t r, size_t pivot, const double *row, double *left)
{
	const double *own = factor + pivot * room;
	double root = sqrt(left[pivot]);
	for (size_t i = 0; i < n; i++) {
		double *l = factor + i * room, sum = row[i];
		for (size_t c = 0; c < r; c++) sum -= l[c] * own[c];
		l[r] = i == pivot ? root : left[i] > 0 ? sum / root : 0;
	}
	for (size_t i = 0; i < n; i++) left[i] = i == pivot ? 0 : fmax(0, left[i] - pow(factor[i * room + r], 2));
}

enum vt_status vt_kernel_factor(struct vt_ctx *ctx, const struct vt_kernel *kernel, size_t n_kernels, double left,
                                size_t most, double **factor, size_t *rank)
{
	enum vt_status status = VT_OK;
	size_t n = kernel[0].n, room = most < n ? most : n, r = 0;
	double *l = NULL, *diagonal = NULL, *row = NULL, *scratch = NULL, trace = (double)n;
	VT_NEW(ctx, l, n * room);
	VT_NEW(ctx, diagonal, n);
	VT_NEW(ctx, row, n);
	VT_NEW(ctx, scratch, n);
	for (size_t i = 0; i < n; i++) diagonal[i] = 1;
	while (r < room && trace > left * (double)n) {
		size_t pivot = 0;
		for (size_t i = 1; i < n; i++)
			if (diagonal[i] > diagonal[pivot]) pivot = i;
		if (!(diagonal[pivot] > 0)) break;
		product_row(kernel, n_kernels, pivot, row, scratch);
		add_column(l, n, room, r++, pivot, row, diagonal);
		trace = 0;
		for (size_t i = 0; i < n; i++) trace += diagonal[i];
	}
	*rank = trace > left * (double)n && room < n ? 0 : r;
	*factor = NULL;
	if (*rank == 0) goto done;
	for (size_t i = 0; i < n; i++) memmove(l + i * r, l + i * room, r * sizeof *l);
	*factor = l;
	l = NULL;
done:
	free(l);
	free(diagonal);
	free(row);
	free(scratch);
	return status;
}
