/* Rank correlation.  Called by statistics.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "judge.h"
#include "venturi/num.h"

/* Middle ranks of n numbers, centred; ties share theirs. */
static void rank_middle(struct vt_ranked *work, const double *x, size_t n, double *rank)
{
	for (size_t i = 0; i < n; i++) work[i] = (struct vt_ranked){ x[i], i };
	vt_ranked_sort(work, n);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && work[end].value <= work[i].value; end++) continue;
		for (size_t k = i; k < end; k++) rank[work[k].row] = (double)(i + end - 1) / 2 - (double)(n - 1) / 2;
	}
}

enum vt_status vt_rank_correlation(struct vt_ctx *ctx, size_t n, const double *x, const double *y, double *out)
{
	enum vt_status status;
	struct vt_ranked *work = NULL;
	double *rx = NULL, *ry = NULL, xy = 0, xx = 0, yy = 0;

	VT_NEW(ctx, work, n);
	VT_NEW(ctx, rx, n);
	VT_NEW(ctx, ry, n);
	rank_middle(work, x, n, rx);
	rank_middle(work, y, n, ry);
	for (size_t i = 0; i < n; i++) {
		xy += rx[i] * ry[i];
		xx += rx[i] * rx[i];
		yy += ry[i] * ry[i];
	}
	*out = n >= 3 && xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : (double)NAN;
	status = VT_OK;
done:
	free(work);
	free(rx);
	free(ry);
	return status;
}
