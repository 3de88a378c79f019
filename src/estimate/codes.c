/* KSG 1 on low-dimensional codes of two variables.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gsl/gsl_sf_psi.h>
#include <stdlib.h>

#include "codes.h"
#include "venturi/neighbours.h"

/* psi[i] = psi(i), i = 1 .. n. */
static enum vt_status digammas(struct vt_ctx *ctx, size_t n, double **out)
{
	enum vt_status status = VT_OK;
	double *psi = NULL;
	VT_NEW(ctx, psi, n + 1);
	for (size_t i = 1; i <= n; i++) psi[i] = i == 1 ? gsl_sf_psi_int(1) : psi[i - 1] + 1 / (double)(i - 1);
	*out = psi;
done:
	return status;
}

enum vt_status vt_codes_local(struct vt_ctx *ctx, const struct vt_mat *x, const struct vt_mat *y, size_t k,
                              double *local)
{
	enum vt_status status = VT_OK;
	struct vt_neighbours found = { 0 };
	size_t n = x->rows;
	double *a = NULL, *b = NULL, *psi = NULL;
	VT_TRY(vt_standardised(ctx, x, &a));
	VT_TRY(vt_standardised(ctx, y, &b));
	VT_TRY(digammas(ctx, n, &psi));
	VT_TRY(vt_neighbours_find(ctx, &(struct vt_neighbours_input){
		.n_spaces = 2, .space = { { a, n, x->cols, x->cols }, { b, n, y->cols, y->cols } }, .n_k = 1, .k = { k },
		.n_counts = 2, .count = { 1, 2 }, .rule = VT_COUNT_WITHIN }, &found));
	for (size_t i = 0; i < n; i++) local[i] = psi[k] + psi[n] - psi[found.count[i] + 1] - psi[found.count[n + i] + 1];
done:
	vt_neighbours_clear(&found);
	free(a);
	free(b);
	free(psi);
	return status;
}
