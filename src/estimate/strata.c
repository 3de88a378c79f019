/* Rows exchanged among those with nearly the same z: the null of I(X;Y|Z).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "balls.h"
#include "strata.h"
#include "venturi/rng.h"

/* Rows that y may come from, the row itself among them: Runge's k_perm.  More would loosen the tie to z, and find
 * dependence where there is none; fewer leave most rows where they are. */
enum { NEAR = 5, PARTS = 64 };

/* ---- strata ------------------------------------------------------------------- */

/* Rows of each symbol together, in `row`; stratum s from begin[s] to begin[s + 1]. */
static enum vt_status sort_strata(struct vt_ctx *ctx, const int32_t *symbol, size_t n, size_t n_symbols,
                                  struct vt_strata *s)
{
	enum vt_status status = VT_OK;
	uint32_t *next = NULL;
	VT_NEW(ctx, s->row, n);
	VT_NEW(ctx, s->begin, n_symbols + 1);
	VT_NEW(ctx, next, n_symbols);
	s->n_strata = n_symbols;
	for (size_t i = 0; i < n; i++) s->begin[symbol[i] + 1]++;
	for (size_t b = 0; b < n_symbols; b++) s->begin[b + 1] += s->begin[b];
	for (size_t b = 0; b < n_symbols; b++) next[b] = s->begin[b];
	for (size_t i = 0; i < n; i++) s->row[next[symbol[i]]++] = (uint32_t)i;
done:
	free(next);
	return status;
}

static enum vt_status order_in_strata(struct vt_ctx *ctx, const struct vt_strata *s, struct vt_rng *rng,
                                      uint32_t *order)
{
	enum vt_status status = VT_OK;
	uint32_t *shuffled = NULL;
	VT_NEW(ctx, shuffled, s->n);
	for (size_t b = 0; b < s->n_strata; b++) {
		size_t begin = s->begin[b], size = s->begin[b + 1] - begin;
		for (size_t i = 0; i < size; i++) shuffled[i] = s->row[begin + i];
		vt_rng_shuffle(rng, shuffled, size);
		for (size_t i = 0; i < size; i++) order[s->row[begin + i]] = shuffled[i];
	}
done:
	free(shuffled);
	return status;
}

/* ---- neighbours --------------------------------------------------------------- */

struct near_job {
	const struct vt_strata *s;
	const double *z;
	size_t cols;
	uint32_t salt;
};

/* Rows at equal distance are taken in an order of their own for each row: were it the same for all, an atom's rows
 * would all draw from the same few. */
static uint32_t scrambled(uint32_t salt, size_t i, size_t j)
{
	uint64_t h = (((uint64_t)i << 32) ^ (uint64_t)j ^ ((uint64_t)salt << 16)) * 0x9e3779b97f4a7c15u;
	h = (h ^ (h >> 29)) * 0xbf58476d1ce4e5b9u;
	return (uint32_t)(h >> 32);
}

static double distance(const struct near_job *job, size_t i, size_t j)
{
	double most = 0;
	for (size_t c = 0; c < job->cols; c++) {
		double d = fabs(job->z[i * job->cols + c] - job->z[j * job->cols + c]);
		most = d > most ? d : most;
	}
	return most;
}

static void nearest(const struct near_job *job, size_t i, uint32_t *near)
{
	double best[NEAR];
	uint32_t key[NEAR];
	size_t have = 0, width = job->s->n_near;
	for (size_t j = 0; j < job->s->n; j++) {
		double d = distance(job, i, j);
		if (have == width && d > best[width - 1]) continue;
		uint32_t k = j == i ? 0 : scrambled(job->salt, i, j); /* itself always */
		if (have == width && d == best[width - 1] && k >= key[width - 1]) continue;
		size_t at = have < width ? have++ : width - 1;
		for (; at > 0 && (best[at - 1] > d || (best[at - 1] == d && key[at - 1] > k)); at--) {
			best[at] = best[at - 1];
			key[at] = key[at - 1];
			near[at] = near[at - 1];
		}
		best[at] = d;
		key[at] = k;
		near[at] = (uint32_t)j;
	}
}

static enum vt_status near_part(void *self, size_t part)
{
	const struct near_job *job = self;
	size_t n = job->s->n;
	for (size_t i = vt_block_begin(part, PARTS, n); i < vt_block_begin(part + 1, PARTS, n); i++)
		nearest(job, i, job->s->row + i * job->s->n_near);
	return VT_OK;
}

/* Runge 2018, algorithm 1: rows in random order take the first of their shuffled neighbours that nobody has taken,
 * or the last one. */
static enum vt_status order_among_near(struct vt_ctx *ctx, const struct vt_strata *s, struct vt_rng *rng,
                                       uint32_t *order)
{
	enum vt_status status = VT_OK;
	uint32_t *turn = NULL, mine[NEAR];
	bool *taken = NULL;
	VT_NEW(ctx, turn, s->n);
	VT_NEW(ctx, taken, s->n);
	for (size_t i = 0; i < s->n; i++) turn[i] = (uint32_t)i;
	vt_rng_shuffle(rng, turn, s->n);
	for (size_t t = 0; t < s->n; t++) {
		size_t i = turn[t], m = 0;
		for (size_t a = 0; a < s->n_near; a++) mine[a] = s->row[i * s->n_near + a];
		vt_rng_shuffle(rng, mine, s->n_near);
		while (m + 1 < s->n_near && taken[mine[m]]) m++;
		order[i] = mine[m];
		taken[mine[m]] = true;
	}
done:
	free(turn);
	free(taken);
	return status;
}

/* ---- the door ----------------------------------------------------------------- */

enum vt_status vt_strata_create(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_strata *out)
{
	enum vt_status status = VT_OK;
	struct vt_strata s = { .n = in->z.rows };
	size_t n_symbols;
	int32_t *symbol = NULL;
	double *z = NULL;
	if (in->discrete_z) {
		VT_TRY(vt_symbols(ctx, &in->z, &symbol, &n_symbols));
		VT_TRY(sort_strata(ctx, symbol, s.n, n_symbols, &s));
	} else {
		s.n_near = s.n < NEAR ? s.n : NEAR;
		VT_NEW(ctx, s.row, s.n * s.n_near);
		VT_TRY(vt_scaled(ctx, &in->z, &z));
		VT_TRY(vt_blocks_run(ctx, PARTS, false, near_part,
		                     &(struct near_job){ &s, z, in->z.cols, (uint32_t)in->seed }));
	}
	*out = s;
	s = (struct vt_strata){ 0 };
done:
	vt_strata_clear(&s);
	free(symbol);
	free(z);
	return status;
}

void vt_strata_clear(struct vt_strata *s)
{
	free(s->row);
	free(s->begin);
	*s = (struct vt_strata){ 0 };
}

enum vt_status vt_strata_order(struct vt_ctx *ctx, const struct vt_strata *s, struct vt_rng *rng, uint32_t *order)
{
	return s->n_near > 0 ? order_among_near(ctx, s, rng, order) : order_in_strata(ctx, s, rng, order);
}
