/* One Blahut-Arimoto step of the information bottleneck, in log space.
 *
 * In log space because at large beta p(t|x) of most pairs is far below the smallest double,
 * while their ratios still decide who wins.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "solve.h"

/* ln of the smallest probability that is kept: 1e-300 in place of 0, so that a decoder that
 * excludes a label costs much and not infinity times zero. */
static const double floor_log = -690;

static double log_of(double p)
{
	return p > 0 ? fmax(log(p), floor_log) : floor_log;
}

enum vt_status vt_ib_room_create(struct vt_ctx *ctx, const struct vt_law *l, const struct vt_ib_settings *s,
                                 size_t most, struct vt_ib_room *out)
{
	enum vt_status status;
	size_t n = most * l->n_y;
	*out = (struct vt_ib_room){ .law = l, .settings = s, .most = most };
	VT_NEW(ctx, out->next, n);
	VT_NEW(ctx, out->second, n);
	VT_NEW(ctx, out->far, n);
	VT_NEW(ctx, out->sum, n);
	VT_NEW(ctx, out->log_q, most);
	VT_NEW(ctx, out->log_a, n);
	VT_NEW(ctx, out->e, most);
	status = VT_OK;
done:
	return status;
}

void vt_ib_room_clear(struct vt_ib_room *r)
{
	free(r->next);
	free(r->second);
	free(r->far);
	free(r->sum);
	free(r->log_q);
	free(r->log_a);
	free(r->e);
}

/* ln p(t) and ln p(y|t) of a state; an extrapolated one need not sum to 1. */
static void split(struct vt_ib_room *r, size_t n, const double *w)
{
	size_t n_y = r->law->n_y;
	double total = 0;
	for (size_t t = 0; t < n; t++) {
		double q = 0;
		for (size_t y = 0; y < n_y; y++) q += exp(w[t * n_y + y]);
		r->log_q[t] = log_of(q);
		for (size_t y = 0; y < n_y; y++) r->log_a[t * n_y + y] = w[t * n_y + y] - r->log_q[t];
		total += q;
	}
	for (size_t t = 0; t < n; t++) r->log_q[t] -= log(total);
}

/* e[t] = p(t|x) up to the factor 1 / sum; returns ln Z(x). */
static double weigh(struct vt_ib_room *r, double beta, size_t n, size_t x, double *sum)
{
	size_t n_y = r->law->n_y;
	const double *cond = r->law->cond + x * n_y;
	double most = -INFINITY, total = 0;
	for (size_t t = 0; t < n; t++) {
		double s = 0;
		for (size_t y = 0; y < n_y; y++) s += cond[y] * r->log_a[t * n_y + y];
		r->e[t] = r->log_q[t] + beta * s;
		if (r->e[t] > most) most = r->e[t];
	}
	for (size_t t = 0; t < n; t++) total += r->e[t] = exp(r->e[t] - most);
	*sum = total;
	return most + log(total);
}

double vt_ib_step(struct vt_ib_room *r, double beta, size_t n, const double *w, double *next)
{
	const struct vt_law *l = r->law;
	double energy = 0, sum;
	split(r, n, w);
	memset(r->sum, 0, n * l->n_y * sizeof *r->sum);
	for (size_t x = 0; x < l->n_x; x++) {
		energy -= l->px[x] * weigh(r, beta, n, x, &sum);
		for (size_t t = 0; t < n; t++) {
			double p = r->e[t] / sum;
			for (size_t y = 0; y < l->n_y; y++) r->sum[t * l->n_y + y] += p * l->joint[x * l->n_y + y];
		}
	}
	for (size_t i = 0; i < n * l->n_y; i++) next[i] = log_of(r->sum[i]);
	return energy;
}

/* I(X;T) from p(t|x) and its own p(t), not from the state's, so that the point is that of a
 * channel whether or not the state is a fixed point. */
void vt_ib_measure(struct vt_ib_room *r, double beta, const struct vt_channel *c, struct vt_ib_point *out)
{
	const struct vt_law *l = r->law;
	double conditional = 0, sum, h_t = 0;
	size_t clusters = 0;
	split(r, c->n, c->w);
	memset(r->sum, 0, c->n * l->n_y * sizeof *r->sum);
	for (size_t x = 0; x < l->n_x; x++) {
		weigh(r, beta, c->n, x, &sum);
		for (size_t t = 0; t < c->n; t++) {
			double p = r->e[t] / sum;
			conditional += l->px[x] * vt_plogp(p);
			for (size_t y = 0; y < l->n_y; y++) r->sum[t * l->n_y + y] += p * l->joint[x * l->n_y + y];
		}
	}
	for (size_t t = 0; t < c->n; t++) {
		double q = 0;
		for (size_t y = 0; y < l->n_y; y++) q += r->sum[t * l->n_y + y];
		h_t += vt_plogp(q);
		clusters += q > 0;
	}
	out->beta = beta;
	out->h_t = h_t;
	out->i_xt = fmax(h_t - conditional, 0);
	out->i_ty = vt_law_information(l, c->n, r->sum);
	out->clusters = clusters;
}
