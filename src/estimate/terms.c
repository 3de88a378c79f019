/* Local terms and estimates from the counts in balls.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <stdlib.h>

#include "balls.h"

static bool is_open(const struct vt_balls *b, size_t i)
{
	return b->radius[i] > 0 && b->ties[i] <= b->rank[i];
}

static double sum_of_digammas(uint32_t joint, uint32_t *const *count, size_t i, uint32_t own)
{
	return gsl_sf_psi_int((int)joint) - gsl_sf_psi_int((int)(count[VT_BALL_X][i] + own)) -
	       gsl_sf_psi_int((int)(count[VT_BALL_Y][i] + own)) + gsl_sf_psi_int((int)(count[VT_BALL_Z][i] + own));
}

void vt_balls_terms(const struct vt_balls *b, size_t k, enum vt_ball_rule rule, double *local)
{
	for (size_t i = 0; i < b->n; i++) {
		if (rule != VT_BALLS_OWN && b->rank[i] < k)
			local[i] = 0;
		else if (isnan(b->radius[i]))
			local[i] = NAN;
		else if (is_open(b, i) && rule != VT_BALLS_PUBLISHED)
			local[i] = sum_of_digammas(b->rank[i], b->open, i, 1);
		else if (rule == VT_BALLS_OWN)
			local[i] = sum_of_digammas(b->ties[i] + 1, b->closed, i, 1);
		else
			local[i] = sum_of_digammas(b->ties[i], b->closed, i, 0);
	}
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
			uint32_t others = is_open(b, i) ? b->open[c][i] : b->closed[c][i];
			sum += (gsl_sf_psi(n) - gsl_sf_psi_int((int)others + 1)) / n;
		}
		least = in->discrete_x && in->discrete_y && c == 0 ? sum : fmin(least, sum);
	}
	return least;
}

/* Local terms are not independent: rows near each other share neighbours, and a term is smoothed over its ball.  What
 * their scatter leaves out was measured on replicates (labels, mixtures, normal pairs, n = 400, k from 1 to 10): 0.1 to
 * 0.3 nat^2 / n for k >= 3, up to 1 for k = 1.  With this much more, widths are 0.8 to 1.4 times the right ones. */
static double shared_error(const struct vt_balls *b, size_t k)
{
	size_t open = 0;
	for (size_t i = 0; i < b->n; i++) open += is_open(b, i);
	return sqrt((double)open * (0.2 + 0.2 / (double)k)) / (double)b->n;
}

static bool all_symbols(const struct vt_pair *in)
{
	return in->discrete_x && in->discrete_y && (in->discrete_z || in->z.cols == 0);
}

/* A row that is alone with its symbols seems to determine everything, or has no neighbour to be compared with. */
static void flag_sparse(const struct vt_pair *in, const struct vt_balls *b, size_t k, enum vt_ball_rule rule,
                        struct vt_estimated *out)
{
	const size_t n = b->n, few = all_symbols(in) ? 20 : 2;
	unsigned biased = few * b->n_alone > n ? VT_BIAS_DOMINATED : 0;
	if (rule != VT_BALLS_OWN && 4 * b->n_short > n)
		vt_estimated_flag(out, VT_OUT_OF_REGIME, "%zu of %zu rows share their symbols with fewer than %zu others and "
		                  "count as independent: the estimate is too low", b->n_short, n, k);
	if (rule != VT_BALLS_OWN || b->n_alone == 0) return;
	if (all_symbols(in))
		vt_estimated_flag(out, biased, "%zu of %zu rows share their symbols with no other row: each seems to "
		                  "determine all",
		                  b->n_alone, n);
	else
		vt_estimated_flag(out, biased | (100 * b->n_alone > n ? VT_OUT_OF_REGIME : 0),
		                  "%zu of %zu rows share their symbols with no other row and are left out", b->n_alone, n);
}

/* A sound estimate does not depend on k; beyond its own error, a change from k to 2 k is bias. */
static void flag_drift(double coarse, size_t k, struct vt_estimated *out)
{
	if (fabs(coarse - out->mi) > 1.96 * out->se)
		vt_estimated_flag(out, VT_BIAS_DOMINATED, "%.4g nat with %zu neighbours, %.4g with %zu: bias is larger than "
		                  "the standard error %.2g", out->mi, k, coarse, 2 * k, out->se);
}

static void flag_data(const struct vt_pair *in, const struct vt_balls *b, size_t k, struct vt_estimated *out)
{
	const size_t many = 10; /* dimensions in which n of any practical size leaves neighbours far away */
	size_t d = (in->discrete_x ? 0 : in->x.cols) + (in->discrete_y ? 0 : in->y.cols) +
	           (in->discrete_z ? 0 : in->z.cols);
	if (d >= many)
		vt_estimated_flag(out, VT_OUT_OF_REGIME, "%zu continuous dimensions: neighbours are far, and the estimate "
		                  "too low", d);
	if (d > 0 && out->mi > gsl_sf_psi((double)b->n) - gsl_sf_psi((double)k) - 0.05 / VT_BITS_PER_NAT)
		vt_estimated_flag(out, VT_SATURATED, "%zu rows can show no more information", b->n);
}

static bool answerable(const struct vt_pair *in, const struct vt_balls *b, struct vt_estimated *out)
{
	if (all_symbols(in) || b->n_alone < b->n) return true;
	vt_estimated_flag(out, VT_DEGENERATE | VT_DETERMINISTIC,
	                  "no two of %zu rows share their symbols: the discrete variable "
	                  "names each row, and has no neighbours to compare", b->n);
	return false;
}

enum vt_status vt_balls_estimate(struct vt_ctx *ctx, const struct vt_pair *in, size_t k, enum vt_ball_rule rule,
                                 struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_balls b[2] = { { 0 }, { 0 } };
	size_t n = in->x.rows, n_k = 2 * k < n ? 2 : 1;
	double *local = NULL;
	if (n <= k) {
		vt_estimated_flag(out, VT_DEGENERATE, "%zu rows, %zu neighbours of each: more rows than neighbours are "
		                  "needed", n, k);
		goto done;
	}
	VT_TRY(vt_balls_find(ctx, in, (size_t[2]){ k, 2 * k }, n_k, rule == VT_BALLS_PUBLISHED, b));
	if (rule == VT_BALLS_OWN && !answerable(in, &b[0], out)) goto done;
	VT_NEW(ctx, local, n);
	vt_balls_terms(&b[n_k - 1], n_k * k, rule, local);
	double coarse = fill_mean(n, local);
	vt_balls_terms(&b[0], k, rule, local);
	fill_mean(n, local);
	vt_estimated_local(in, local, out);
	vt_estimated_normal(out->mi, hypot(out->se, shared_error(&b[0], k)), out->method, out);
	out->ceiling = ceiling(in, &b[0], k);
	flag_sparse(in, &b[0], k, rule, out);
	flag_data(in, &b[0], k, out);
	if (n_k > 1) flag_drift(coarse, k, out);
done:
	free(local);
	vt_balls_clear(&b[0]);
	vt_balls_clear(&b[1]);
	return status;
}
