/* Kraskov's second estimator, corrected where the density is not uniform within a neighbourhood.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "balls.h"
#include "venturi/linear.h"
#include "venturi/neighbours.h"
#include "venturi/num.h"
#include "venturi/rng.h"

enum { PARTS = 64, MOST_K = 100, MOST_COLS = 64, DRAWS = 2000 };

struct settings {
	int64_t k;
	double alpha;
};

static const struct vt_option options[] = {
	{ "k", VT_INT, offsetof(struct settings, k), 1, MOST_K, "8", .unit = "neighbours",
	  .help = "of each row; more than the columns of x and y together, or no box can be turned into them" },
	{ "alpha", VT_REAL, offsetof(struct settings, alpha), 0, 1, "0",
	  .help = "a turned box below this share of the volume is corrected for; 0: the share that a uniform density falls "
	          "short of once in 200 neighbourhoods, for this k and these dimensions, from 2000 draws" },
	{ 0 }
};

/* k neighbours of one row as differences from it, k x d, and how the columns belong to x and y. */
struct box {
	size_t k, dx, d;
	double *difference, *covariance, *value, *vector;
};

static enum vt_status box_create(struct vt_ctx *ctx, size_t k, size_t dx, size_t d, struct box *b)
{
	enum vt_status status = VT_OK;
	*b = (struct box){ .k = k, .dx = dx, .d = d };
	VT_NEW(ctx, b->difference, k * d);
	VT_NEW(ctx, b->covariance, d * d);
	VT_NEW(ctx, b->value, d);
	VT_NEW(ctx, b->vector, d * d);
done:
	return status;
}

static void box_clear(struct box *b)
{
	free(b->difference);
	free(b->covariance);
	free(b->value);
	free(b->vector);
}

/* ln of the volume of KSG 2's neighbourhood: a cube in x times a cube in y. */
static double log_volume(const struct box *b)
{
	double x = 0, y = 0;
	for (size_t j = 0; j < b->k; j++)
		for (size_t c = 0; c < b->d; c++) {
			double v = fabs(b->difference[j * b->d + c]);
			*(c < b->dx ? &x : &y) = fmax(c < b->dx ? x : y, v);
		}
	return (double)b->dx * log(x) + (double)(b->d - b->dx) * log(y);
}

/* ln of the volume of the box along the principal axes of the neighbours, centred on the row. */
static enum vt_status log_turned(struct vt_ctx *ctx, struct box *b, double *out)
{
	enum vt_status status = VT_OK;
	size_t d = b->d;
	memset(b->covariance, 0, d * d * sizeof *b->covariance);
	for (size_t j = 0; j < b->k; j++)
		for (size_t a = 0; a < d; a++)
			for (size_t c = 0; c < d; c++)
				b->covariance[a * d + c] += b->difference[j * d + a] * b->difference[j * d + c] / (double)b->k;
	VT_TRY(vt_eigen_symmetric(ctx, b->covariance, d, b->value, b->vector));
	*out = 0;
	for (size_t m = 0; m < d; m++) {
		double most = 0;
		for (size_t j = 0; j < b->k; j++) {
			double along = 0;
			for (size_t c = 0; c < d; c++) along += b->vector[c * d + m] * b->difference[j * d + c];
			most = fmax(most, fabs(along));
		}
		*out += log(most);
	}
done:
	return status;
}

/* ---- alpha ------------------------------------------------------------------------ */

/* ln of the share that k rows drawn evenly from a cube fall short of once in 200 times (epsilon = 0.005 in the
 * paper).  Its own seed: alpha is a constant of (k, dx, dy), not of a sample. */
static enum vt_status uniform_share(struct vt_ctx *ctx, struct box *b, double *out)
{
	enum vt_status status = VT_OK;
	struct vt_rng rng = vt_rng_stream(2015, VT_PURPOSE_CONTROL, b->k);
	double *share = NULL, turned;
	VT_NEW(ctx, share, DRAWS);
	for (size_t r = 0; r < DRAWS; r++) {
		for (size_t i = 0; i < b->k * b->d; i++) b->difference[i] = 2 * vt_rng_uniform(&rng) - 1;
		VT_TRY(log_turned(ctx, b, &turned));
		share[r] = turned - log_volume(b);
	}
	vt_sort(share, DRAWS);
	*out = share[DRAWS / 200];
done:
	free(share);
	return status;
}

/* ---- correction ------------------------------------------------------------------- */

/* The k rows nearest to i, those at its k-th distance by their order; the search gives distances, not rows. */
static void gather(const struct vt_mat *both, size_t i, double radius, struct box *b)
{
	size_t have = 0;
	const double *own = both->x + i * b->d;
	for (size_t j = 0; j < both->rows && have < b->k; j++) {
		const double *other = both->x + j * b->d;
		double most = 0;
		for (size_t c = 0; c < b->d && most <= radius; c++) most = fmax(most, fabs(other[c] - own[c]));
		if (j == i || most > radius) continue;
		for (size_t c = 0; c < b->d; c++) b->difference[have * b->d + c] = other[c] - own[c];
		have++;
	}
}

/* ln(turned volume / volume) where that is below alpha: the mean of these is taken off KSG 2's estimate. */
static enum vt_status correct(struct vt_ctx *ctx, const struct vt_mat *both, const double *radius, struct box *b,
                              double log_alpha, double *local)
{
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < both->rows; i++) {
		double turned, volume;
		if (radius[i] == 0) continue;
		gather(both, i, radius[i], b);
		VT_TRY(log_turned(ctx, b, &turned));
		volume = log_volume(b);
		if (isfinite(turned) && turned < volume + log_alpha) local[i] -= turned - volume;
	}
done:
	return status;
}

/* Kraskov et al. 2004, eq. 9: psi(k) - 1/k - psi(n_x) - psi(n_y) + psi(n). */
static void kraskov_terms(const struct vt_neighbours *found, size_t n, size_t k, double *local)
{
	double constant = gsl_sf_psi((double)k) - 1 / (double)k + gsl_sf_psi((double)n);
	for (size_t i = 0; i < n; i++)
		local[i] = constant - gsl_sf_psi_int((int)found->count[i]) - gsl_sf_psi_int((int)found->count[n + i]);
}

static enum vt_status estimate(struct vt_ctx *ctx, const struct settings *s, const struct vt_pair *in,
                               struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	size_t n = in->x.rows, dx = in->x.cols, d = dx + in->y.cols, k = (size_t)s->k, ties = 0;
	double *both = NULL, *local = NULL, log_alpha = log(s->alpha);
	struct vt_neighbours found = { 0 };
	struct box box = { 0 };
	VT_TRY(vt_scaled_together(ctx, in, &both));
	VT_NEW(ctx, local, n);
	VT_TRY(box_create(ctx, k, dx, d, &box));
	VT_TRY(vt_neighbours_find(ctx, &(struct vt_neighbours_input){
	           .n_spaces = 2, .space = { { both, n, dx, d }, { both + dx, n, d - dx, d } }, .n_k = 1, .k = { k },
	           .n_counts = 2, .count = { 1, 2 }, .rule = VT_COUNT_RECTANGLE }, &found));
	if (s->alpha == 0) VT_TRY(uniform_share(ctx, &box, &log_alpha));
	kraskov_terms(&found, n, k, local);
	VT_TRY(correct(ctx, &(struct vt_mat){ both, n, d, d }, found.distance, &box, log_alpha, local));
	vt_estimated_local(in, local, out);
	vt_estimated_normal(out->mi, hypot(out->se, sqrt((0.2 + 0.2 / (double)k) / (double)n)), out->method, out);
	for (size_t i = 0; i < n; i++) ties += found.ties[i] > k;
	if (ties > 0) vt_estimated_flag(out, VT_TIES, "%zu of %zu rows have neighbours at equal distances", ties, n);
	if (d > 6) vt_estimated_flag(out, VT_OUT_OF_REGIME, "%zu dimensions: %zu neighbours show no shape", d, k);
done:
	free(both);
	free(local);
	vt_neighbours_clear(&found);
	box_clear(&box);
	return status;
}

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	const struct settings *s = settings;
	size_t n = in->x.rows, d = in->x.cols + in->y.cols, k = (size_t)s->k;
	if (n <= k) {
		vt_estimated_flag(out, VT_DEGENERATE, "%zu rows, %zu neighbours of each: more rows than neighbours are "
		                  "needed", n, k);
		return VT_OK;
	}
	if (k <= d || d > MOST_COLS) {
		vt_estimated_flag(out, VT_DEGENERATE, "%zu neighbours in %zu dimensions: a box around them needs more "
		                  "neighbours than dimensions, and at most %d dimensions", k, d, MOST_COLS);
		return VT_OK;
	}
	return estimate(ctx, s, in, out);
}

const struct vt_estimate_kind vt_estimate_lnc = {
	.kind = { "lnc", "Kraskov's second estimator with a correction for local non-uniformity",
	          "Gao, Ver Steeg & Galstyan 2015, algorithm 1", sizeof(struct settings), options,
	          "strong dependence alone is helped; noise as narrow as the neighbourhoods still sets the end, and curved "
	          "dependence seems flat only with enough rows" },
	.traits = VT_TAKES_CONTINUOUS | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "The information of a layer that is a function of its input with that input: it is infinite.",
	.pair = pair,
};
