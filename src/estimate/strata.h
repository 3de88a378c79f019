/* Which rows may exchange their y without touching the law of (y,z); private to room estimate.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_STRATA_H
#define ESTIMATE_STRATA_H

#include "pair.h"
#include "venturi/rng.h"

/* Discrete z: rows of equal z, begin[s] .. begin[s + 1] - 1 in `row`.  Continuous z: n_near rows nearest in z for each
 * row, itself among them, at row[i n_near ..]; columns of z at scale 1, the greatest difference counts. */
struct vt_strata {
	size_t n, n_strata, n_near;
	uint32_t *row, *begin;
};

/* Cost O(n) for discrete z, n^2 dz otherwise: once for all permutations. */
enum vt_status vt_strata_create(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_strata *out);
void vt_strata_clear(struct vt_strata *s);

/* One draw: y of row i comes from row order[i].  In strata a permutation; among neighbours nearly one, since a row
 * whose neighbours are all taken takes one again.  Source: Runge 2018, algorithm 1, k_perm = 5. */
enum vt_status vt_strata_order(struct vt_ctx *ctx, const struct vt_strata *s, struct vt_rng *rng, uint32_t *order);

#endif
