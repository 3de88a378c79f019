/* Information from neighbours: Kraskov, Stoegbauer & Grassberger 2004.  n_x and n_y count the other rows around row
 * i, e_i is the distance to its k-th nearest in the greater of the two spaces' distances:
 *
 *   1 (eq. 8)   psi(k) + psi(n) - < psi(n_x + 1) + psi(n_y + 1) >          counts strictly within e_i
 *   2 (eq. 9)   psi(k) - 1/k + psi(n) - < psi(n_x) + psi(n_y) >            counts up to the sides of the rectangle
 *
 * Rows share neighbours, so their local terms are correlated and the plain standard error of the mean is too small,
 * by 10 % at k = 1 and up to 50 % at k = 20.  No formula for the excess is known; the one used,
 *
 *   n se^2 = (1 + (k - 1) / (k + 6)) Var(local) + psi'(k),
 *
 * was fitted to repeated samples of 1000 rows (normal pairs of 1 to 5 dimensions and rho 0 to 0.9, Student, uniform
 * noise, a sine), where the ratio of se to the true deviation lay between 0.8 and 1.4; at k = 3 from 0.93 to 1.2.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kraskov.h"

/* Beyond this joint dimension neighbours are no longer near at any n that fits into memory. */
enum { MOST_DIMENSIONS = 8, TREND_FACTOR = 3, TREND_ROWS = 2000 };

static const char *const methods[] = { "auto", "brute", "sweep", NULL };

const struct vt_option vt_kraskov_options[] = {
	{ "k", VT_INT, offsetof(struct vt_kraskov_settings, k), 1, 100000, "3", .unit = "neighbours", .help = "of each row" },
	{ "trend", VT_INT, offsetof(struct vt_kraskov_settings, trend), 0, 100000, "0", .unit = "neighbours",
	  .help = "another k, found in the same search: an estimate that moves from one to the other is biased; 0: 3 k" },
	{ "method", VT_CHOICE, offsetof(struct vt_kraskov_settings, method), .def = "auto", .choices = methods,
	  .help = "search for neighbours: by all pairs or by sorting; the numbers are the same" },
	{ 0 }
};

enum vt_status vt_kraskov_check(struct vt_ctx *ctx, const void *settings)
{
	enum vt_status status = VT_OK;
	const struct vt_kraskov_settings *s = settings;
	VT_REQUIRE(ctx, s->trend != s->k, VT_ECONFIG, "trend = %lld is k itself; give another, or leave it out",
	           (long long)s->trend);
done:
	return status;
}

/* ---- the question ----------------------------------------------------------------- */

/* The search wants k ascending: where the estimate's and the trend's are among them. */
struct question {
	struct vt_neighbours_input in;
	size_t first, trend;
};

static void add_k(struct vt_neighbours_input *in, size_t k)
{
	size_t at = in->n_k++;
	for (; at > 0 && in->k[at - 1] > k; at--) in->k[at] = in->k[at - 1];
	in->k[at] = k;
}

static size_t place_of(const struct vt_neighbours_input *in, size_t k)
{
	for (size_t a = 0; a < in->n_k; a++)
		if (in->k[a] == k) return a;
	return 0;
}

/* Two numbers of neighbours are enough: the estimate's, and one to see it move: the last of the list, or, for a
 * single k, three times as many. */
static struct question question(const struct vt_kraskov_settings *s, enum vt_count_rule rule, const struct vt_pair *p)
{
	struct question q = { .in = { .n_spaces = 2, .space = { p->x, p->y }, .n_counts = 2, .count = { 1, 2 },
	                              .rule = rule, .method = (enum vt_neighbour_method)s->method } };
	size_t k = (size_t)s->k, trend = s->trend > 0 ? (size_t)s->trend : TREND_FACTOR * k;
	add_k(&q.in, k);
	if (trend < p->x.rows) add_k(&q.in, trend);
	q.first = place_of(&q.in, k);
	q.trend = place_of(&q.in, trend);
	if (q.in.n_k == 1) q.trend = q.first;
	if (q.trend > q.first && !p->block) q.in.sparse = p->x.rows / TREND_ROWS;
	return q;
}

/* ---- local terms --------------------------------------------------------------------- */

/* psi(m + shift) at table[m], m < n; psi(m + 1) = psi(m) + 1 / m.  Nothing is within 0 rows of a rectangle. */
static enum vt_status digamma_table(struct vt_ctx *ctx, size_t n, enum vt_count_rule rule, double **out)
{
	enum vt_status status = VT_OK;
	double *table = NULL, psi = gsl_sf_psi_int(1);
	size_t shift = rule == VT_COUNT_RECTANGLE ? 0 : 1;
	VT_NEW(ctx, table, n + 1);
	for (size_t m = 1; m < n + shift; m++) {
		table[m - shift] = psi;
		psi += 1 / (double)m;
	}
	if (shift == 0) table[0] = NAN;
	*out = table;
done:
	return status;
}

static double constant_term(size_t n, size_t k, enum vt_count_rule rule)
{
	return gsl_sf_psi_int((int)k) + gsl_sf_psi_int((int)n) - (rule == VT_COUNT_RECTANGLE ? 1 / (double)k : 0);
}

static void local_terms(const struct question *q, const struct vt_neighbours *found, size_t a, const double *psi,
                        double *local)
{
	size_t n = q->in.space[0].rows;
	const uint32_t *x = found->count + a * 2 * n, *y = x + n;
	double constant = constant_term(n, q->in.k[a], q->in.rule);
	for (size_t i = 0; i < n; i++) local[i] = constant - (psi[x[i]] + psi[y[i]]);
}

static double mean(const double *v, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) sum += v[i];
	return sum / (double)n;
}

static double widened(double error, size_t k)
{
	return error * sqrt(1 + (double)(k - 1) / (double)(k + 6));
}

/* ---- what is wrong with it --------------------------------------------------------------- */

/* Each row has at least k - 1 (rule 2: k) others within its distance in either space, unless distances tie. */
static double ceiling(size_t n, size_t k, enum vt_count_rule rule)
{
	return gsl_sf_psi_int((int)n) - gsl_sf_psi_int((int)k) - (rule == VT_COUNT_RECTANGLE ? 1 / (double)k : 0);
}

/* Flags that follow from the number itself.  Gao, Ver Steeg & Galstyan 2015: rows needed grow like e^I, so that half
 * of the ceiling is about where the estimate stops following the truth. */
static void flag_size(size_t k, struct vt_estimated *out)
{
	size_t d = out->dim_x + out->dim_y;
	if (out->mi > fmax(out->ceiling - 1, 0.75 * out->ceiling))
		vt_estimated_flag(out, VT_DETERMINISTIC | VT_OUT_OF_REGIME, "%.2f nat is next to the most that %zu rows can show, "
		                  "%.2f: one variable may be a function of the other", out->mi, out->n, out->ceiling);
	else if (out->mi > 0.5 * out->ceiling)
		vt_estimated_flag(out, VT_OUT_OF_REGIME, "%.2f nat is above half of the most that %zu rows can show, %.2f: the "
		                  "estimate stays behind the truth", out->mi, out->n, out->ceiling);
	if (d > MOST_DIMENSIONS)
		vt_estimated_flag(out, VT_OUT_OF_REGIME, "%zu dimensions: above %d the %zu nearest rows are not near, and the "
		                  "estimate is far too low", d, MOST_DIMENSIONS, k);
}

/* Where a column's tails are long, densities within a neighbourhood out there are far from even. */
static void flag_tails(const struct vt_pair *in, struct vt_estimated *out)
{
	const double most = 20; /* a normal law has 0, an exponential one 6, Student's t with 4 degrees no end */
	double k = fmax(vt_extreme_kurtosis(&in->x), vt_extreme_kurtosis(&in->y));
	if (k > most)
		vt_estimated_flag(out, VT_OUT_OF_REGIME, "a column has an excess kurtosis of %.3g: neighbours in long tails are not "
		                  "near, and the estimate is too low; ranks or asinh of the columns keep the information", k);
}

static void flag_ties(const struct question *q, const struct vt_neighbours *found, struct vt_estimated *out)
{
	size_t n = out->n, tied = 0, same = 0;
	for (size_t i = 0; i < n; i++) {
		tied += found->ties[q->first * n + i] > q->in.k[q->first];
		same += found->distance[q->first * n + i] == 0;
	}
	if (same > 0 || 100 * tied > n)
		vt_estimated_flag(out, VT_TIES, "%zu of %zu rows are tied with their neighbours (%zu at distance 0): these are no "
		                  "densities, mixed takes them", tied, n, same);
}

/* The estimate at another k, and how far it moved; some 2000 rows are enough to tell. */
static void flag_trend(const struct vt_pair *in, const struct question *q, const double *other, double *local,
                       struct vt_estimated *out)
{
	const double least = 0.02; /* nats */
	size_t step = q->in.sparse > 1 ? q->in.sparse : 1, k = q->in.k[q->first], to = q->in.k[q->trend];
	struct vt_pair some = *in;
	some.x.rows = 0;
	for (size_t i = 0; i < out->n; i += step) local[some.x.rows++] = other[i] - local[i];
	double moved = mean(local, some.x.rows), error = widened(vt_local_error(&some, local), to);
	if (fabs(moved) > fmax(least, 3 * error))
		vt_estimated_flag(out, VT_BIAS_DOMINATED, "the estimate moves by %+.3f nat from k = %zu to %zu: density is not even "
		                  "within the neighbourhoods", moved, k, to);
}

/* ---- the estimate -------------------------------------------------------------------------- */

static enum vt_status answer(struct vt_ctx *ctx, const struct vt_pair *in, const struct question *q,
                             const struct vt_neighbours *found, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	size_t n = in->x.rows, k = q->in.k[q->first];
	double *psi = NULL, *local = NULL, *other = NULL;
	VT_TRY(digamma_table(ctx, n, q->in.rule, &psi));
	VT_NEW(ctx, local, n);
	VT_NEW(ctx, other, n);
	local_terms(q, found, q->first, psi, local);
	double noise = gsl_sf_psi_1_int((int)k) / (double)n;
	vt_estimated_normal(mean(local, n), hypot(widened(vt_local_error(in, local), k), sqrt(noise)),
	                    in->block ? "local terms over blocks, widened for shared neighbours"
	                              : "local terms, widened for shared neighbours", out);
	out->ceiling = ceiling(n, k, q->in.rule);
	flag_size(k, out);
	flag_tails(in, out);
	flag_ties(q, found, out);
	if (q->trend != q->first) {
		local_terms(q, found, q->trend, psi, other);
		flag_trend(in, q, other, local, out);
	}
done:
	free(psi);
	free(local);
	free(other);
	return status;
}

enum vt_status vt_kraskov_pair(struct vt_ctx *ctx, const struct vt_kraskov_settings *s, enum vt_count_rule rule,
                               const struct vt_pair *in, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_neighbours found = { 0 };
	if ((size_t)s->k >= in->x.rows) {
		vt_estimated_flag(out, VT_DEGENERATE, "k = %lld needs more than %zu rows", (long long)s->k, in->x.rows);
		return VT_OK;
	}
	struct question q = question(s, rule, in);
	VT_TRY(vt_neighbours_find(ctx, &q.in, &found));
	VT_TRY(answer(ctx, in, &q, &found, out));
done:
	vt_neighbours_clear(&found);
	return status;
}

/* mi of permutation r = constant - sum of psi over rows / n. */
enum vt_status vt_kraskov_null(struct vt_ctx *ctx, const struct vt_kraskov_settings *s, enum vt_count_rule rule,
                               const struct vt_pair *in, const uint32_t *order, double *mi)
{
	enum vt_status status = VT_OK;
	size_t n = in->x.rows, k = (size_t)s->k;
	struct question q = question(s, rule, in);
	double *psi = NULL, *term = NULL;
	q.in.n_k = 1;
	q.in.k[0] = k;
	q.in.sparse = 0;
	VT_TRY(digamma_table(ctx, n, rule, &psi));
	VT_NEW(ctx, term, 2 * n);
	memcpy(term, psi, n * sizeof *term);
	memcpy(term + n, psi, n * sizeof *term);
	VT_TRY(vt_neighbours_permuted(ctx, &q.in, 1, in->n_null, order, term, mi));
	for (size_t r = 0; r < in->n_null; r++) mi[r] = constant_term(n, k, rule) - mi[r] / (double)n;
done:
	free(psi);
	free(term);
	return status;
}
