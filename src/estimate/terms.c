/* Local terms and estimates from the counts in balls.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <stdlib.h>

#include "balls.h"

/* A row whose neighbours lie at its own place, or as far away as others, has no open ball of exactly k rows: there
 * all counts are closed and include the row itself. */
static double term(const struct vt_balls *b, size_t i)
{
	bool tied = b->radius[i] == 0 || b->ties[i] > b->rank[i];
	uint32_t *const *count = tied ? b->closed : b->open;
	double sum = gsl_sf_psi_int((int)(tied ? b->ties[i] + 1 : b->rank[i]));
	sum -= gsl_sf_psi_int((int)count[VT_BALL_X][i] + 1) + gsl_sf_psi_int((int)count[VT_BALL_Y][i] + 1);
	return sum + gsl_sf_psi_int((int)count[VT_BALL_Z][i] + 1);
}

void vt_balls_terms(const struct vt_balls *b, double *local)
{
	for (size_t i = 0; i < b->n; i++) local[i] = isnan(b->radius[i]) ? NAN : term(b, i);
}

/* Rows left out get the mean of the others: the mean stays, and they add nothing to the scatter. */
static double fill_mean(size_t n, double *local)
{
	double sum = 0;
	size_t there = 0;
	for (size_t i = 0; i < n; i++) {
		if (isnan(local[i])) continue;
		sum += local[i];
		there++;
	}
	for (size_t i = 0; i < n; i++)
		if (isnan(local[i])) local[i] = sum / (double)there;
	return sum / (double)there;
}

/* No term exceeds psi(n) - psi of the larger count, and counts are no smaller than k; where a variable is discrete
 * its count is that of its symbol. */
static double ceiling(const struct vt_pair *in, const struct vt_balls *b, size_t k)
{
	double n = (double)b->n, least = gsl_sf_psi(n) - gsl_sf_psi((double)k);
	const bool discrete[2] = { in->discrete_x, in->discrete_y };
	for (size_t c = 0; c < 2 && in->z.cols == 0; c++) {
		double sum = 0;
		if (!discrete[c]) continue;
		for (size_t i = 0; i < b->n; i++) {
			uint32_t others = b->radius[i] == 0 || b->ties[i] > b->rank[i] ? b->closed[c][i] : b->open[c][i];
			sum += (gsl_sf_psi(n) - gsl_sf_psi_int((int)others + 1)) / n;
		}
		least = in->discrete_x && in->discrete_y && c == 0 ? sum : fmin(least, sum);
	}
	return least;
}

static bool all_symbols(const struct vt_pair *in)
{
	return in->discrete_x && in->discrete_y && (in->discrete_z || in->z.cols == 0);
}

static void flag_alone(const struct vt_pair *in, const struct vt_balls *b, struct vt_estimated *out)
{
	size_t alone = b->n_alone;
	if (alone == 0) return;
	if (all_symbols(in))
		vt_estimated_flag(out, 2 * alone > b->n ? VT_BIAS_DOMINATED : 0,
		                  "%zu of %zu rows share their symbols with no other row: each seems to determine all", alone, b->n);
	else
		vt_estimated_flag(out, VT_OUT_OF_REGIME | (2 * alone > b->n ? VT_BIAS_DOMINATED : 0),
		                  "%zu of %zu rows share their symbols with no other row and are left out", alone, b->n);
}

/* A sound estimate does not depend on k; beyond its own error, a change from k to 2 k is bias. */
static void flag_drift(double coarse, size_t k, struct vt_estimated *out)
{
	if (fabs(coarse - out->mi) > 1.96 * out->se)
		vt_estimated_flag(out, VT_BIAS_DOMINATED, "%.4g nat with %zu neighbours, %.4g with %zu: bias is larger than the "
		                  "standard error %.2g", out->mi, k, coarse, 2 * k, out->se);
}

static void flag_data(const struct vt_pair *in, const struct vt_balls *b, size_t k, struct vt_estimated *out)
{
	const size_t many = 10; /* dimensions in which n of any practical size leaves neighbours far away */
	size_t d = (in->discrete_x ? 0 : in->x.cols) + (in->discrete_y ? 0 : in->y.cols) + (in->discrete_z ? 0 : in->z.cols);
	flag_alone(in, b, out);
	if (d >= many)
		vt_estimated_flag(out, VT_OUT_OF_REGIME, "%zu continuous dimensions: neighbours are far, and the estimate too low", d);
	if (4 * b->n_short > b->n && b->n_short > b->n_alone)
		vt_estimated_flag(out, VT_OUT_OF_REGIME, "%zu of %zu rows share their symbols with fewer than %zu others", b->n_short,
		                  b->n, k);
	if (d > 0 && out->mi > gsl_sf_psi((double)b->n) - gsl_sf_psi((double)k) - 0.05 / VT_BITS_PER_NAT)
		vt_estimated_flag(out, VT_SATURATED, "%zu rows can show no more information", b->n);
}

static bool answerable(const struct vt_pair *in, const struct vt_balls *b, struct vt_estimated *out)
{
	if (all_symbols(in) || b->n_alone < b->n) return true;
	vt_estimated_flag(out, VT_DEGENERATE | VT_DETERMINISTIC, "no two of %zu rows share their symbols: the discrete variable "
	                  "names each row, and has no neighbours to compare", b->n);
	return false;
}

enum vt_status vt_balls_estimate(struct vt_ctx *ctx, const struct vt_pair *in, size_t k, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_balls b[2] = { { 0 }, { 0 } };
	size_t n = in->x.rows, n_k = 2 * k < n ? 2 : 1;
	double *local = NULL;
	if (n <= k) {
		vt_estimated_flag(out, VT_DEGENERATE, "%zu rows, %zu neighbours of each: more rows than neighbours are needed", n, k);
		goto done;
	}
	VT_TRY(vt_balls_find(ctx, in, (size_t[2]){ k, 2 * k }, n_k, false, b));
	if (!answerable(in, &b[0], out)) goto done;
	VT_NEW(ctx, local, n);
	vt_balls_terms(&b[n_k - 1], local);
	double coarse = fill_mean(n, local);
	vt_balls_terms(&b[0], local);
	fill_mean(n, local);
	vt_estimated_local(in, local, out);
	out->ceiling = ceiling(in, &b[0], k);
	flag_data(in, &b[0], k, out);
	if (n_k > 1) flag_drift(coarse, k, out);
done:
	free(local);
	vt_balls_clear(&b[0]);
	vt_balls_clear(&b[1]);
	return status;
}
