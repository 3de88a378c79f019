/* Entropy and information from three separate searches for nearest neighbours.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "balls.h"
#include "venturi/neighbours.h"

struct settings {
	int64_t k;
};

static const struct vt_option options[] = {
	{ "k", VT_INT, offsetof(struct settings, k), 1, 1000, "5", .unit = "neighbours",
	  .help = "of each row, in each space" },
	{ 0 }
};

/* Local terms psi(n) - psi(k) + d ln(2 r_i), r_i the distance by the greatest column: a ball is a cube of side 2 r_i.
 * *tied: rows with k others at their own place, where the logarithm has no value. */
static enum vt_status entropy_terms(struct vt_ctx *ctx, const struct vt_mat *x, size_t k, double *local, size_t *tied)
{
	enum vt_status status = VT_OK;
	struct vt_neighbours found = { 0 };
	struct vt_neighbours_input in = { .n_spaces = 1, .space = { *x }, .n_k = 1, .k = { k } };
	double constant = gsl_sf_psi((double)x->rows) - gsl_sf_psi((double)k);
	VT_TRY(vt_neighbours_find(ctx, &in, &found));
	*tied = 0;
	for (size_t i = 0; i < x->rows; i++) {
		*tied += found.distance[i] == 0;
		local[i] = constant + (double)x->cols * log(2 * found.distance[i]);
	}
done:
	vt_neighbours_clear(&found);
	return status;
}

/* Rows near each other share neighbours, which the scatter of local terms leaves out: 0.2 to 0.4 nat^2 / n more for
 * each search, as measured on replicates of normal pairs. */
static void add_shared_error(size_t n, size_t k, size_t searches, struct vt_estimated *e)
{
	double shared = sqrt((double)searches * (0.2 + 0.2 / (double)k) / (double)n);
	vt_estimated_normal(e->mi, hypot(e->se, shared), e->method, e);
}

enum vt_status vt_entropy_kozachenko_leonenko(struct vt_ctx *ctx, const struct vt_mat *x, size_t k, double *h,
                                              double *se)
{
	enum vt_status status = VT_OK;
	size_t tied;
	double *local = NULL;
	struct vt_estimated e;
	struct vt_pair rows = { .x = *x };
	VT_NEW(ctx, local, x->rows);
	VT_TRY(entropy_terms(ctx, x, k, local, &tied));
	vt_estimated_local(&rows, local, &e);
	add_shared_error(x->rows, k, 1, &e);
	*h = tied > 0 ? NAN : e.mi;
	*se = tied > 0 ? NAN : e.se;
done:
	free(local);
	return status;
}

static void answer(const struct vt_pair *in, const double *local, size_t tied, size_t k, struct vt_estimated *out)
{
	if (tied > 0) {
		vt_estimated_flag(out, VT_DEGENERATE | VT_TIES, "%zu of %zu rows have %zu others at their own place in some "
		                  "space: a density has none, and the entropy is minus infinity", tied, in->x.rows, k);
		return;
	}
	vt_estimated_local(in, local, out);
	add_shared_error(in->x.rows, k, 3, out);
	if (in->x.cols + in->y.cols > 4)
		vt_estimated_flag(out, VT_OUT_OF_REGIME, "the biases of three entropies do not cancel, least of all in %zu "
		                  "dimensions",
		                  in->x.cols + in->y.cols);
}

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	size_t n = in->x.rows, dx = in->x.cols, d = dx + in->y.cols, k = (size_t)((const struct settings *)settings)->k;
	size_t tied[3];
	double *both = NULL, *local = NULL;
	if (n <= k) {
		vt_estimated_flag(out, VT_DEGENERATE, "%zu rows, %zu neighbours of each: more rows than neighbours are "
		                  "needed", n, k);
		goto done;
	}
	VT_TRY(vt_scaled_together(ctx, in, &both));
	VT_NEW(ctx, local, 3 * n);
	VT_TRY(entropy_terms(ctx, &(struct vt_mat){ both, n, dx, d }, k, local, &tied[0]));
	VT_TRY(entropy_terms(ctx, &(struct vt_mat){ both + dx, n, d - dx, d }, k, local + n, &tied[1]));
	VT_TRY(entropy_terms(ctx, &(struct vt_mat){ both, n, d, d }, k, local + 2 * n, &tied[2]));
	for (size_t i = 0; i < n; i++) local[i] += local[n + i] - local[2 * n + i];
	answer(in, local, tied[0] > tied[1] ? tied[0] : tied[1], k, out); /* what is tied in both is tied in each */
done:
	free(both);
	free(local);
	return status;
}

const struct vt_estimate_kind vt_estimate_kozachenko_leonenko = {
	.kind = { "kozachenko-leonenko", "H(X) + H(Y) - H(X,Y), each from nearest neighbours",
	          "Kozachenko & Leonenko 1987; Kraskov et al. 2004, eq. 20", sizeof(struct settings), options,
	          "dependence of any strength, more than two or three dimensions: the joint search looks farther than "
	          "the two others, and what is lost there is not lost in them" },
	.traits = VT_TAKES_CONTINUOUS | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "The information of a layer that is a function of its input with that input: it is infinite.",
	.pair = pair,
};
