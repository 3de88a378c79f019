/* Information from entropies with a prior that is nearly flat in entropy.
 *
 * A Dirichlet prior of concentration beta for each of K symbols fixes the entropy in advance: a priori it is
 * xi(beta) = psi(K beta + 1) - psi(beta + 1) and hardly varies.  The mixture of all beta with the weight d xi / d beta
 * is nearly flat in entropy, and given the counts its weight is
 *     w(beta) = d xi / d beta  Gamma(K beta) / Gamma(n + K beta)  prod_i Gamma(c_i + beta) / Gamma(beta)
 * The integral runs over ln beta, by Gauss-Legendre on both sides of the peak of beta w(beta).
 *
 * Source: Nemenman, Shafee & Bialek 2002, eqs. 8 to 12; moments of the entropy under one Dirichlet prior: Wolpert &
 * Wolf 1995, theorem 8.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gsl/gsl_integration.h>
#include <gsl/gsl_sf_psi.h>
#include <math.h>

#include "discrete.h"

struct settings {
	int64_t cells;
};

static const struct vt_option options[] = {
	{ "cells", VT_INT, offsetof(struct settings, cells), 0, 1e15, "0", .unit = "cells",
	  .help = "of the joint table that can be occupied at all; 0: all combinations of the symbols that the variables "
	          "took. The margins always have the combinations of the symbols that were seen" },
	{ 0 }
};

/* ---- one concentration ------------------------------------------------------- */

/* ln of b (b + 1) .. (b + n - 1) / b^n = sum ln(1 + j / b), without the cancellation of log-gammas at large b. */
static double log_rise(double n, double b)
{
	double sum = 0;
	if (n <= 8) {
		double product = 1;
		for (double j = 1; j < n; j++) product *= 1 + j / b;
		if (product < 1e300) return log(product);
	}
	if (b < 10) return lgamma(n + b) - lgamma(b) - n * log(b);
	const double x[2] = { b, b + n }; /* Stirling's series, to 1e-13 from 10 on */
	for (int k = 0; k < 2; k++) {
		double r = 1 / (x[k] * x[k]);
		sum += (k ? 1 : -1) / x[k] * (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r * (1.0 / 1680 - r / 1188))));
	}
	return (b + n - 0.5) * log1p(n / b) - n + sum;
}

/* d xi / d beta = K psi'(K beta + 1) - psi'(beta + 1).  At large beta the leading terms, 1 / beta each, cancel: what
 * follows them is taken from psi'(x + 1) = 1/x - 1/(2 x^2) + 1/(6 x^3) - 1/(30 x^5) .. */
static double prior(double cells, double beta)
{
	double k = 1 / cells, r = 1 / beta;
	if (beta < 1000) return cells * gsl_sf_psi_1(cells * beta + 1) - gsl_sf_psi_1(beta + 1);
	return r * r * ((1 - k) / 2 - r * ((1 - k * k) / 6 - r * r * (1 - k * k * k * k) / 30));
}

/* ln of beta w(beta), up to a constant. */
static double log_weight(const struct vt_counts *c, double cells, double log_beta)
{
	double beta = exp(log_beta), sum = log_beta + log(prior(cells, beta)) - log_rise((double)c->n, cells * beta);
	for (size_t k = 0; k < c->n_sizes; k++) sum += (double)c->times[k] * log_rise((double)c->size[k], beta);
	return sum;
}

/* Mean and mean square of the entropy given the counts and beta.  With a = c + beta, A = n + K beta and
 *   u = a (psi(a + 1) - psi(A + 2)):
 * the square is ((sum u)^2 - sum u^2 - psi'(A + 2) (A^2 - sum a^2) + sum a (a + 1) ((psi(a + 2) - psi(A + 2))^2 +
 * psi'(a + 2) - psi'(A + 2))) / (A (A + 1)), cells without a row included. */
static void moments(const struct vt_counts *c, double cells, double beta, double *mean, double *square)
{
	double all = (double)c->n + cells * beta, top = gsl_sf_psi(all + 1), top2 = top + 1 / (all + 1);
	double curve = square ? gsl_sf_psi_1(all + 2) : 0, first = 0, u1 = 0, u2 = 0, a2 = 0, same = 0;
	for (size_t k = 0; k <= c->n_sizes; k++) {
		double times = k < c->n_sizes ? (double)c->times[k] : cells - (double)c->occupied;
		double a = (k < c->n_sizes ? (double)c->size[k] : 0) + beta, psi = gsl_sf_psi(a + 1);
		if (times <= 0) continue;
		first += times * a * (top - psi);
		if (!square) continue;
		double u = a * (psi - top2), next = psi + 1 / (a + 1) - top2;
		u1 += times * u;
		u2 += times * u * u;
		a2 += times * a * a;
		same += times * a * (a + 1) * (next * next + gsl_sf_psi_1(a + 2) - curve);
	}
	*mean = first / all;
	if (square) *square = (u1 * u1 - u2 - curve * (all * all - a2) + same) / (all * (all + 1));
}

/* ---- the mixture --------------------------------------------------------------- */

static const double least_log_beta = -60, most_log_beta = 60, step = 1;
static const double negligible = 40; /* e^-40 of the peak */

/* Golden section between a and b around the peak. */
static double peak_between(const struct vt_counts *c, double cells, double a, double b)
{
	const double golden = 0.6180339887498949;
	double x = b - golden * (b - a), y = a + golden * (b - a);
	double fx = log_weight(c, cells, x), fy = log_weight(c, cells, y);
	while (b - a > 1e-3) {
		if (fx > fy) {
			b = y, y = x, fy = fx, x = b - golden * (b - a);
			fx = log_weight(c, cells, x);
		} else {
			a = x, x = y, fx = fy, y = a + golden * (b - a);
			fy = log_weight(c, cells, y);
		}
	}
	return (a + b) / 2;
}

/* Where the weight has become negligible on the way from the peak: doubling steps, then bisection. */
static double end_of_weight(const struct vt_counts *c, double cells, double peak, double top, double direction)
{
	double inside = 0, outside = 0.125;
	while (log_weight(c, cells, peak + direction * outside) > top - negligible) {
		inside = outside;
		outside *= 2;
		if (peak + direction * outside < least_log_beta || peak + direction * outside > most_log_beta) break;
	}
	for (int i = 0; i < 6; i++) { /* a rough end will do */
		double middle = (inside + outside) / 2;
		if (log_weight(c, cells, peak + direction * middle) > top - negligible) inside = middle;
		else outside = middle;
	}
	return peak + direction * outside;
}

static double peak_of(const struct vt_counts *c, double cells)
{
	double best = 0, most = -INFINITY;
	for (double x = -30; x <= 30; x += step) {
		double w = log_weight(c, cells, x);
		if (w > most) {
			most = w;
			best = x;
		}
	}
	return peak_between(c, cells, best - step, best + step);
}

struct sums {
	double weight, mean, square, data;
};

static void integrate(const struct vt_counts *c, double cells, double from, double to, double top,
                      const gsl_integration_glfixed_table *nodes, bool squares, struct sums *s)
{
	for (size_t i = 0; i < nodes->n; i++) {
		double x, w, mean, square = 0;
		gsl_integration_glfixed_point(from, to, i, &x, &w, nodes);
		w *= exp(log_weight(c, cells, x) - top);
		moments(c, cells, exp(x), &mean, squares ? &square : NULL);
		s->weight += w;
		s->mean += w * mean;
		s->square += w * square;
		s->data += w * (double)c->n / ((double)c->n + cells * exp(x));
	}
}

/* *data: posterior mean of n / (n + K beta), what the sample counts beside the prior. */
static enum vt_status posterior(struct vt_ctx *ctx, const struct vt_counts *c, double cells, double *mean, double *sd,
                                double *data)
{
	enum vt_status status = VT_OK;
	struct sums s = { 0 };
	gsl_integration_glfixed_table *nodes = NULL;
	VT_REQUIRE(ctx, cells >= (double)c->occupied, VT_EDOMAIN, "%zu cells are occupied, more than the %.17g that are said "
	           "to exist", c->occupied, cells);
	if (cells <= 1) {
		*mean = 0;
		*data = 1;
		if (sd) *sd = 0;
		return VT_OK;
	}
	nodes = gsl_integration_glfixed_table_alloc(64); /* of the sizes that GSL has ready: no root finding */
	VT_REQUIRE(ctx, nodes, VT_ENOMEM, "no memory for 64 nodes");
	double peak = peak_of(c, cells), top = log_weight(c, cells, peak);
	double low = end_of_weight(c, cells, peak, top, -1), high = end_of_weight(c, cells, peak, top, 1);
	integrate(c, cells, low, peak, top, nodes, sd, &s);
	integrate(c, cells, peak, high, top, nodes, sd, &s);
	*mean = s.mean / s.weight;
	*data = s.data / s.weight;
	if (sd) *sd = sqrt(fmax(s.square / s.weight - *mean * *mean, 0));
done:
	if (nodes) gsl_integration_glfixed_table_free(nodes);
	return status;
}

enum vt_status vt_entropy_nsb(struct vt_ctx *ctx, const struct vt_counts *c, double cells, double *mean, double *sd)
{
	double data;
	return posterior(ctx, c, cells, mean, sd, &data);
}

/* ---- information ------------------------------------------------------------------ */

static double joint_cells(const struct settings *s, const struct vt_joint *j)
{
	return s->cells > 0 ? (double)s->cells : j->n_x * j->n_y * j->n_z;
}

static enum vt_status mi(struct vt_ctx *ctx, const void *settings, const struct vt_joint *j, double *out)
{
	enum vt_status status = VT_OK;
	double a, b, ab, c, cells = joint_cells(settings, j);
	*out = 0;
	if (j->n_x == 1 || j->n_y == 1) goto done;
	*out = NAN;
	if (cells < (double)j->ab.occupied) goto done;
	VT_TRY(vt_entropy_nsb(ctx, &j->a, j->n_x * j->n_z, &a, NULL));
	VT_TRY(vt_entropy_nsb(ctx, &j->b, j->n_y * j->n_z, &b, NULL));
	VT_TRY(vt_entropy_nsb(ctx, &j->ab, cells, &ab, NULL));
	VT_TRY(vt_entropy_nsb(ctx, &j->c, j->n_z, &c, NULL));
	*out = (a + b) - (ab + c);
done:
	return status;
}

/* The shares that the posterior expects deviate n / (n + K beta) times as much as those of the sample. */
static enum vt_status local(struct vt_ctx *ctx, const void *settings, const struct vt_joint *j, double *out,
                            double *keep)
{
	enum vt_status status = VT_OK;
	double mean, data, cells = joint_cells(settings, j);
	if (cells >= (double)j->ab.occupied) {
		VT_TRY(posterior(ctx, &j->ab, cells, &mean, NULL, &data));
		*keep = data * data;
	}
	VT_TRY(vt_discrete_local(ctx, j, out));
done:
	return status;
}

static const struct vt_discrete_method method = { mi, local, NULL };

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	return vt_discrete_estimate(ctx, &method, settings, in, out);
}

static enum vt_status null(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, const uint32_t *order,
                           double *out)
{
	return vt_discrete_null(ctx, &method, settings, in, order, out);
}

const struct vt_estimate_kind vt_estimate_nsb = {
	.kind = { "nsb", "information from entropies with a prior that is nearly flat in entropy",
	          "Nemenman, Shafee & Bialek 2002; Wolpert & Wolf 1995", sizeof(struct settings), options,
	          "the number of possible cells is part of the question: with `cells` far above the truth the entropy of few "
	          "rows rises with its logarithm; Zipf tails are not what the prior expects" },
	.traits = VT_TAKES_DISCRETE | VT_TAKES_CONDITION | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "A posterior mean of the information: it is the difference of posterior means of entropies that were "
	               "each computed with a prior of its own.",
	.pair = pair,
	.null = null,
};
