/* The information bottleneck at many betas: where to start from, and what to keep.
 *
 * The problem is not convex.  Annealing downwards from T = X follows one branch while clusters
 * merge; solutions of neighbours and random starts find other branches; the best of all is kept.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "solve.h"
#include "venturi/rng.h"

/* A law of more states starts from as many of them; solutions with more clusters are not seen. */
enum { MOST_CLUSTERS = 128, MOST_RANDOM = 12 };

/* Lagrangian by which a start must be better to win: above the rounding of its sums. */
static const double better_by = 1e-13;

struct curve {
	const struct vt_law *law;
	struct vt_ib_settings settings;
	size_t n, most;
	const double *beta;
	size_t *order;           /* of beta, ascending */
	struct vt_ib_point *best;
	struct vt_channel *held; /* the state of each best point */
	struct vt_ib_room *room; /* one per beta: starts at different betas run side by side */
	struct vt_channel *trial;
};

static void copy(const struct curve *c, const struct vt_channel *from, struct vt_channel *to)
{
	to->n = from->n;
	memcpy(to->w, from->w, from->n * c->law->n_y * sizeof *to->w);
}

/* Solves from trial[i] and keeps the result if it is better. */
static void attempt(struct curve *c, size_t i)
{
	struct vt_ib_point p;
	vt_ib_solve(&c->room[i], c->beta[i], &c->trial[i], &p);
	if (c->held[i].n > 0 && vt_ib_cost(&p, c->beta[i]) >= vt_ib_cost(&c->best[i], c->beta[i]) - better_by) return;
	c->best[i] = p;
	copy(c, &c->trial[i], &c->held[i]);
}

/* ---- starts -------------------------------------------------------------------- */

/* T = X, or as many states as there is room for, evenly spread over the sorted rows, each with
 * the mean of its neighbours. */
static void start_from_states(const struct curve *c, struct vt_channel *out)
{
	const struct vt_law *l = c->law;
	out->n = c->most;
	for (size_t t = 0; t < out->n; t++) {
		size_t begin = vt_block_begin(t, out->n, l->n_x), end = vt_block_begin(t + 1, out->n, l->n_x);
		for (size_t y = 0; y < l->n_y; y++) {
			double sum = 0;
			for (size_t x = begin; x < end; x++) sum += l->joint[x * l->n_y + y];
			out->w[t * l->n_y + y] = sum > 0 ? log(sum) : -690;
		}
	}
}

/* Equally likely clusters that each predict as a random state does, drawn a little to the mean
 * so that no label is excluded. */
static void start_at_random(const struct curve *c, uint64_t index, struct vt_channel *out)
{
	const struct vt_law *l = c->law;
	struct vt_rng r = vt_rng_stream(c->settings.seed, VT_PURPOSE_THEORY, index);
	size_t room = c->most < MOST_RANDOM ? c->most : MOST_RANDOM;
	out->n = room < 2 ? room : 2 + vt_rng_below(&r, room - 1);
	for (size_t t = 0; t < out->n; t++) {
		const double *cond = l->cond + vt_rng_below(&r, l->n_x) * l->n_y;
		for (size_t y = 0; y < l->n_y; y++) {
			double p = (0.95 * cond[y] + 0.05 * l->py[y]) / (double)out->n;
			out->w[t * l->n_y + y] = p > 0 ? log(p) : -690;
		}
	}
}

/* ---- passes ---------------------------------------------------------------------- */

static void anneal_down(struct curve *c)
{
	for (size_t k = c->n; k-- > 0;) {
		size_t i = c->order[k];
		if (k + 1 == c->n) start_from_states(c, &c->trial[i]);
		else copy(c, &c->held[c->order[k + 1]], &c->trial[i]);
		attempt(c, i);
	}
}

static void anneal_up(struct curve *c)
{
	for (size_t k = 1; k < c->n; k++) {
		copy(c, &c->held[c->order[k - 1]], &c->trial[c->order[k]]);
		attempt(c, c->order[k]);
	}
}

static enum vt_status random_starts(void *self, size_t i)
{
	struct curve *c = self;
	for (size_t s = 0; s < c->settings.n_starts; s++) {
		start_at_random(c, (uint64_t)s << 32 | i, &c->trial[i]);
		attempt(c, i);
	}
	return VT_OK;
}

/* A solution of another beta that is better here than the own one shows that the own one is
 * not optimal.  Afterwards no point lies below the line through any two others. */
static void exchange(struct curve *c)
{
	for (size_t i = 0; i < c->n; i++) {
		size_t best = i;
		for (size_t j = 0; j < c->n; j++)
			if (vt_ib_cost(&c->best[j], c->beta[i]) < vt_ib_cost(&c->best[best], c->beta[i]) - better_by) best = j;
		if (best == i) continue;
		copy(c, &c->held[best], &c->trial[i]);
		attempt(c, i);
	}
}

/* ---- the curve --------------------------------------------------------------------- */

static enum vt_status make_room(struct vt_ctx *ctx, struct curve *c)
{
	enum vt_status status;
	size_t size = c->most * c->law->n_y;
	VT_NEW(ctx, c->order, c->n);
	VT_NEW(ctx, c->best, c->n);
	VT_NEW(ctx, c->held, c->n);
	VT_NEW(ctx, c->trial, c->n);
	VT_NEW(ctx, c->room, c->n);
	for (size_t i = 0; i < c->n; i++) {
		VT_NEW(ctx, c->held[i].w, size);
		VT_NEW(ctx, c->trial[i].w, size);
		VT_TRY(vt_ib_room_create(ctx, c->law, &c->settings, c->most, &c->room[i]));
	}
	status = VT_OK;
done:
	return status;
}

static void clear(struct curve *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->held) free(c->held[i].w);
		if (c->trial) free(c->trial[i].w);
		if (c->room) vt_ib_room_clear(&c->room[i]);
	}
	free(c->order);
	free(c->best);
	free(c->held);
	free(c->trial);
	free(c->room);
}

static enum vt_status search(struct vt_ctx *ctx, struct curve *c, struct vt_ib_point *out)
{
	enum vt_status status;
	VT_TRY(make_room(ctx, c));
	vt_ib_order(c->n, c->beta, c->order);
	anneal_down(c);
	anneal_up(c);
	exchange(c); /* what random starts are compared with does not depend on how many there are */
	if (c->settings.n_starts > 0) {
		VT_TRY(vt_blocks_run(ctx, c->n, false, random_starts, c));
		exchange(c);
	}
	for (size_t i = 0; i < c->n; i++) out[i] = c->best[i];
done:
	clear(c);
	return status;
}

/* Kolchinsky, Tracey, Van Kuyk 2019: the lagrangian knows the two ends of the line only. */
static void write_down(const struct vt_ib_facts *f, size_t n, const double *beta, struct vt_ib_point *out)
{
	for (size_t i = 0; i < n; i++) {
		double share = beta[i] < 1 ? 0 : beta[i] > 1 ? 1 : 0.5, h = share * f->h_y;
		out[i] = (struct vt_ib_point){ .beta = beta[i], .i_xt = h, .i_ty = h, .h_t = h, .converged = true,
			                       .clusters = share > 0 ? f->n_states : 1 };
	}
}

enum vt_status vt_ib_curve(struct vt_ctx *ctx, struct vt_mat joint, const struct vt_ib_settings *s, size_t n,
                           const double *beta, struct vt_ib_point *out)
{
	enum vt_status status;
	struct vt_law *l = NULL;
	VT_TRY(vt_ib_check_betas(ctx, n, beta));
	VT_TRY(vt_law_create(ctx, joint, &l));
	struct curve c = { .law = l, .settings = vt_ib_resolved(s), .n = n, .beta = beta,
		           .most = l->n_x < MOST_CLUSTERS ? l->n_x : MOST_CLUSTERS };
	if (l->facts.deterministic) write_down(&l->facts, n, beta, out);
	else status = search(ctx, &c, out);
done:
	vt_law_free(l);
	return status;
}
