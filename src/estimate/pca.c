/* Principal components of each side, then KSG 1 on their scores.
 *
 * I(PX;QY) <= I(X;Y) for any projections: what is estimated is a lower bound, however wide the directions of large
 * variance miss those of dependence.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "codes.h"
#include "venturi/linear.h"

struct settings {
	int64_t dims, k;
	double share;
	bool scale;
};

static const struct vt_option options[] = {
	{ "dims", VT_INT, offsetof(struct settings, dims), 0, 1000, "0", .unit = "components",
	  .help = "kept of each side; 0: as many as `share` asks for" },
	{ "share", VT_REAL, offsetof(struct settings, share), 0.01, 1, "0.95", NULL, "of each side's variance that is kept" },
	{ "scale", VT_BOOL, offsetof(struct settings, scale), 0, 0, "true", NULL, "columns at variance 1 first" },
	{ "k", VT_INT, offsetof(struct settings, k), 1, 1000, "3", .unit = "neighbours", .help = "of KSG 1" },
	{ 0 }
};

/* Scores of one side. */
struct side {
	double *x, *score, *value, *vector;
	size_t dims;
	double share;
};

static void clear(struct side *s)
{
	free(s->x);
	free(s->score);
	free(s->value);
	free(s->vector);
}

/* Components that are kept, at least one, and their share of the variance. */
static void choose(const struct settings *s, size_t d, struct side *side)
{
	double total = 0, kept = 0;
	for (size_t i = 0; i < d; i++) total += side->value[i] > 0 ? side->value[i] : 0;
	for (size_t i = 0; i < d; i++) {
		if (s->dims > 0 ? i == (size_t)s->dims : i > 0 && kept >= s->share * total * (1 - 1e-12)) break;
		kept += side->value[i] > 0 ? side->value[i] : 0;
		side->dims = i + 1;
	}
	side->share = kept / total;
}

static enum vt_status project(struct vt_ctx *ctx, const struct settings *s, const struct vt_mat *m, struct side *side)
{
	enum vt_status status = VT_OK;
	size_t n = m->rows, d = m->cols;
	struct vt_mat x = *m;
	double *covariance = NULL, *mean = NULL;
	if (s->scale) {
		VT_TRY(vt_standardised(ctx, m, &side->x));
		x = (struct vt_mat){ side->x, n, d, d };
	}
	VT_NEW(ctx, covariance, d * d);
	VT_NEW(ctx, mean, d);
	VT_NEW(ctx, side->value, d);
	VT_NEW(ctx, side->vector, d * d);
	VT_TRY(vt_covariance(ctx, &x, mean, covariance));
	VT_TRY(vt_eigen_symmetric(ctx, covariance, d, side->value, side->vector));
	choose(s, d, side);
	VT_NEW(ctx, side->score, n * side->dims);
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < d; c++)
			for (size_t k = 0; k < side->dims; k++)
				side->score[i * side->dims + k] += (x.x[i * x.stride + c] - mean[c]) * side->vector[c * d + k];
done:
	free(covariance);
	free(mean);
	return status;
}

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in,
                           struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	const struct settings *s = settings;
	struct side x = { 0 }, y = { 0 };
	double *local = NULL;
	size_t n = in->x.rows;
	out->bound = VT_LOWER;
	if (n <= (size_t)s->k + 1) {
		vt_estimated_flag(out, VT_DEGENERATE, "%zu rows have no %lld neighbours", n, (long long)s->k);
		goto done;
	}
	VT_TRY(project(ctx, s, &in->x, &x));
	VT_TRY(project(ctx, s, &in->y, &y));
	VT_NEW(ctx, local, n);
	VT_TRY(vt_codes_local(ctx, &(struct vt_mat){ x.score, n, x.dims, x.dims },
	                      &(struct vt_mat){ y.score, n, y.dims, y.dims }, (size_t)s->k, local));
	vt_estimated_local(in, local, out);
	snprintf(out->reason, sizeof out->reason, "%zu of %zu components of %c keep %.3g of its variance, %zu of %zu of %c "
	         "%.3g", x.dims, in->x.cols, in->swapped ? 'y' : 'x', x.share, y.dims, in->y.cols, in->swapped ? 'x' : 'y',
	         y.share);
	if (x.share < 0.9 || y.share < 0.9 || x.dims + y.dims > VT_CODES_MOST_DIMS) out->flags |= VT_OUT_OF_REGIME;
done:
	clear(&x);
	clear(&y);
	free(local);
	return status;
}

const struct vt_estimate_kind vt_estimate_pca = {
	.kind = { "pca", "KSG 1 on the leading principal components of each side",
	          "Kraskov, Stoegbauer, Grassberger 2004, eq. 8, on principal components", sizeof(struct settings), options,
	          "dependence in directions of small variance is dropped with them; where many components are needed, "
	          "KSG falls short on what is kept" },
	.traits = VT_TAKES_CONTINUOUS | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_LOWER },
	.suffix = { "" },
	.cannot_mean = "The information between projections, which is at most that between the variables.",
	.pair = pair,
};
