/* The deterministic information bottleneck: functions t(x) that minimise H(T) - beta I(T;Y).
 *
 * The cost is a sum over clusters (but for the constant beta H(Y)),
 *
 *     f(t) = - q ln q + beta q H(Y|t),      q = p(t)
 *
 * so that moving a state or merging two clusters changes two terms.  Moving single states, each
 * as soon as it pays, never raises the cost; moving all at once, as the published iteration
 * does, can.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "law.h"
#include "venturi/rng.h"

enum { MOST_CLUSTERS = 128, MOST_RANDOM = 12 };

/* Least gain that counts: above rounding, so that no two assignments follow each other for ever. */
static const double gain = 1e-13;

struct clustering {
	size_t n;      /* clusters */
	uint32_t *of;  /* n_x: the cluster of each state */
	double *w;     /* most x n_y: p(t, y) */
	double cost;
};

struct curve {
	const struct vt_law *law;
	struct vt_ib_settings settings;
	size_t n, most;
	const double *beta;
	struct clustering *held, *trial, *path;
	size_t *sweeps;
	bool *converged;
};

/* ---- cost ------------------------------------------------------------------------ */

/* f of the cluster a + sign b; b may be null. */
static double term(size_t n_y, double beta, const double *a, const double *b, double sign)
{
	double q = 0, h = 0;
	for (size_t y = 0; y < n_y; y++) {
		double p = b ? a[y] + sign * b[y] : a[y];
		q += p > 0 ? p : 0; /* what is left of an emptied cluster may be -1e-17 */
		h += vt_plogp(p);
	}
	return vt_plogp(q) + beta * (h - vt_plogp(q));
}

static double cost(const struct vt_law *l, double beta, const struct clustering *c)
{
	double sum = 0;
	for (size_t t = 0; t < c->n; t++) sum += term(l->n_y, beta, c->w + t * l->n_y, NULL, 0);
	return sum;
}

/* Sums anew from the assignment: differences would collect rounding. */
static void fill(const struct vt_law *l, struct clustering *c)
{
	memset(c->w, 0, c->n * l->n_y * sizeof *c->w);
	for (size_t x = 0; x < l->n_x; x++)
		for (size_t y = 0; y < l->n_y; y++) c->w[c->of[x] * l->n_y + y] += l->joint[x * l->n_y + y];
}

/* ---- local search ------------------------------------------------------------------ */

static bool move_state(const struct vt_law *l, double beta, struct clustering *c, size_t x)
{
	size_t n_y = l->n_y, from = c->of[x], best = from;
	const double *p = l->joint + x * n_y;
	double *w = c->w + from * n_y;
	double leave = term(n_y, beta, w, p, -1) - term(n_y, beta, w, NULL, 0), least = -gain;
	for (size_t t = 0; t < c->n; t++) {
		if (t == from) continue;
		const double *to = c->w + t * n_y;
		double change = leave + term(n_y, beta, to, p, 1) - term(n_y, beta, to, NULL, 0);
		if (change < least) least = change, best = t;
	}
	if (best == from) return false;
	for (size_t y = 0; y < n_y; y++) {
		w[y] -= p[y];
		c->w[best * n_y + y] += p[y];
	}
	c->of[x] = (uint32_t)best;
	return true;
}

static bool move_states(const struct vt_law *l, double beta, struct clustering *c)
{
	bool any = false;
	for (size_t x = 0; x < l->n_x; x++) any |= move_state(l, beta, c, x);
	fill(l, c);
	return any;
}

static void relabel(const struct vt_law *l, struct clustering *c, size_t from, size_t to)
{
	for (size_t x = 0; x < l->n_x; x++)
		if (c->of[x] == from) c->of[x] = (uint32_t)to;
}

/* Merges the pair that gains most, if that is more than -limit; empty clusters gain nothing. */
static bool merge_pair(const struct vt_law *l, double beta, struct clustering *c, double limit)
{
	size_t n_y = l->n_y, t = 0, u = 0;
	double least = limit;
	for (size_t i = 0; i < c->n; i++)
		for (size_t j = i + 1; j < c->n; j++) {
			const double *a = c->w + i * n_y, *b = c->w + j * n_y;
			double change = term(n_y, beta, a, b, 1) - term(n_y, beta, a, NULL, 0) - term(n_y, beta, b, NULL, 0);
			if (change < least) least = change, t = i, u = j;
		}
	if (t == u) return false;
	relabel(l, c, u, t);
	fill(l, c);
	return true;
}

/* Numbers the clusters that are in use from 0. */
static void compact(const struct vt_law *l, struct clustering *c)
{
	size_t n = 0;
	for (size_t t = 0; t < c->n; t++) {
		bool used = false;
		for (size_t x = 0; x < l->n_x; x++) used |= c->of[x] == t;
		if (used) relabel(l, c, t, n++);
	}
	c->n = n;
	fill(l, c);
}

/* Returns whether nothing was left to gain; adds the sweeps it took. */
static bool descend(const struct curve *k, double beta, struct clustering *c, size_t *sweeps)
{
	bool moved = true;
	fill(k->law, c);
	for (size_t i = 0; moved && i < k->settings.max_iterations; i++) {
		moved = move_states(k->law, beta, c);
		compact(k->law, c);
		while (merge_pair(k->law, beta, c, -gain)) moved = true;
		compact(k->law, c);
		++*sweeps;
	}
	c->cost = cost(k->law, beta, c);
	return !moved;
}

/* ---- starts ---------------------------------------------------------------------------- */

static void copy(const struct vt_law *l, const struct clustering *from, struct clustering *to)
{
	to->n = from->n;
	to->cost = from->cost;
	memcpy(to->of, from->of, l->n_x * sizeof *to->of);
	memcpy(to->w, from->w, from->n * l->n_y * sizeof *to->w);
}

static void attempt(struct curve *k, size_t i)
{
	const double beta = k->beta[i];
	size_t sweeps = 0;
	bool converged = descend(k, beta, &k->trial[i], &sweeps);
	if (k->held[i].n > 0 && k->trial[i].cost >= k->held[i].cost - gain) return;
	copy(k->law, &k->trial[i], &k->held[i]);
	k->sweeps[i] = sweeps;
	k->converged[i] = converged;
}

static void start_from_states(const struct curve *k, struct clustering *c)
{
	c->n = k->most;
	for (size_t t = 0; t < c->n; t++)
		for (size_t x = vt_block_begin(t, c->n, k->law->n_x); x < vt_block_begin(t + 1, c->n, k->law->n_x); x++)
			c->of[x] = (uint32_t)t;
}

static void start_at_random(const struct curve *k, uint64_t index, struct clustering *c)
{
	struct vt_rng r = vt_rng_stream(k->settings.seed, VT_PURPOSE_THEORY, index);
	size_t room = k->most < MOST_RANDOM ? k->most : MOST_RANDOM;
	c->n = 1 + vt_rng_below(&r, room);
	for (size_t x = 0; x < k->law->n_x; x++) c->of[x] = (uint32_t)vt_rng_below(&r, c->n);
}

/* The greedy merging of pairs from T = X to T = constant, each stage as a start: it passes over
 * hills that single moves do not climb. */
static void start_from_mergers(struct curve *k, size_t i)
{
	struct clustering *path = &k->path[i];
	start_from_states(k, path);
	fill(k->law, path);
	do {
		copy(k->law, path, &k->trial[i]);
		attempt(k, i);
		merge_pair(k->law, k->beta[i], path, INFINITY);
		compact(k->law, path);
	} while (path->n > 1);
}

static enum vt_status search_one(void *self, size_t i)
{
	struct curve *k = self;
	k->trial[i].n = 1; /* T = constant */
	memset(k->trial[i].of, 0, k->law->n_x * sizeof *k->trial[i].of);
	attempt(k, i);
	start_from_mergers(k, i);
	for (size_t s = 0; s < k->settings.n_starts; s++) {
		start_at_random(k, (uint64_t)s << 32 | i, &k->trial[i]);
		attempt(k, i);
	}
	return VT_OK;
}

/* Solutions of all other betas as starts; in a fixed order, on one thread. */
static void exchange(struct curve *k)
{
	for (size_t i = 0; i < k->n; i++)
		for (size_t j = 0; j < k->n; j++) {
			if (cost(k->law, k->beta[i], &k->held[j]) >= k->held[i].cost - gain) continue;
			copy(k->law, &k->held[j], &k->trial[i]);
			attempt(k, i);
		}
}

/* ---- the curve ----------------------------------------------------------------------------- */

static enum vt_status make_clusterings(struct vt_ctx *ctx, const struct curve *k, struct clustering **out)
{
	enum vt_status status;
	VT_NEW(ctx, *out, k->n);
	for (size_t i = 0; i < k->n; i++) {
		VT_NEW(ctx, (*out)[i].of, k->law->n_x);
		VT_NEW(ctx, (*out)[i].w, k->most * k->law->n_y);
	}
	status = VT_OK;
done:
	return status;
}

static enum vt_status make_room(struct vt_ctx *ctx, struct curve *k)
{
	enum vt_status status;
	VT_TRY(make_clusterings(ctx, k, &k->held));
	VT_TRY(make_clusterings(ctx, k, &k->trial));
	VT_TRY(make_clusterings(ctx, k, &k->path));
	VT_NEW(ctx, k->sweeps, k->n);
	VT_NEW(ctx, k->converged, k->n);
	status = VT_OK;
done:
	return status;
}

static void clear_clusterings(const struct curve *k, struct clustering *c)
{
	for (size_t i = 0; c && i < k->n; i++) {
		free(c[i].of);
		free(c[i].w);
	}
	free(c);
}

static void clear(struct curve *k)
{
	clear_clusterings(k, k->held);
	clear_clusterings(k, k->trial);
	clear_clusterings(k, k->path);
	free(k->sweeps);
	free(k->converged);
}

static struct vt_ib_point point(const struct curve *k, size_t i)
{
	const struct clustering *c = &k->held[i];
	double h = 0;
	for (size_t t = 0; t < c->n; t++) {
		double q = 0;
		for (size_t y = 0; y < k->law->n_y; y++) q += c->w[t * k->law->n_y + y];
		h += vt_plogp(q);
	}
	if (c->n == 1) h = 0;
	return (struct vt_ib_point){ .beta = k->beta[i], .i_xt = h, .h_t = h, .clusters = c->n,
		                     .i_ty = c->n == 1 ? 0 : vt_law_information(k->law, c->n, c->w),
		                     .iterations = k->sweeps[i], .converged = k->converged[i] };
}

enum vt_status vt_dib_curve(struct vt_ctx *ctx, struct vt_mat joint, const struct vt_ib_settings *s, size_t n,
                            const double *beta, struct vt_ib_point *out)
{
	enum vt_status status;
	struct vt_law *l = NULL;
	struct curve k = { .settings = vt_ib_resolved(s), .n = n, .beta = beta };
	VT_TRY(vt_ib_check_betas(ctx, n, beta));
	VT_TRY(vt_law_create(ctx, joint, &l));
	k.law = l;
	k.most = l->n_x < MOST_CLUSTERS ? l->n_x : MOST_CLUSTERS;
	VT_TRY(make_room(ctx, &k));
	VT_TRY(vt_blocks_run(ctx, n, false, search_one, &k));
	exchange(&k);
	for (size_t i = 0; i < n; i++) out[i] = point(&k, i);
done:
	clear(&k);
	vt_law_free(l);
	return status;
}
