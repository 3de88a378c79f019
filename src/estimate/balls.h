/* Balls around rows of a pair, and how many rows lie in them in each space: what estimators from neighbours are
 * made of where variables may be discrete, continuous, or both by turns; private to room estimate.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_BALLS_H
#define ESTIMATE_BALLS_H

#include "pair.h"

enum vt_ball_space { VT_BALL_X, VT_BALL_Y, VT_BALL_Z, VT_BALL_SPACES }; /* with z given: (x,z), (y,z), z */

/* Around row i, the row itself never counted, with r_i the distance to its k-th nearest row in all spaces
 * together (the greatest over columns; continuous columns at scale 1; rows with other symbols infinitely far, and
 * a continuous variable's value that more than k rows share is a symbol: an atom).
 *
 * rank     k, or as many rows as share i's symbols where these are fewer; 0: i has no neighbour
 * radius   r_i; NaN where rank is 0
 * ties     rows with joint distance <= r_i: more than rank where distances are equal
 * open     rows with distance < r_i in a space; n - 1 in z if nothing is given
 * closed   rows with distance <= r_i: where `ties` exceeds `rank` or r_i is 0, and everywhere if it was asked for
 *
 * Where all variables are discrete, r_i is 0 and rank and ties are the rows that share all symbols. */
struct vt_balls {
	size_t n, n_tied, n_alone, n_short; /* rows with ties; with rank 0; with rank below k */
	double *radius;
	uint32_t *rank, *ties, *open[VT_BALL_SPACES], *closed[VT_BALL_SPACES];
};

/* Balls for n_k values of k, ascending, from one pass: out[0 .. n_k - 1].  VT_EDOMAIN unless k < n.  Cost: one
 * search, a second one where distances are tied, and O(n d) for each row that has fewer than k of its symbols. */
enum vt_status vt_balls_find(struct vt_ctx *ctx, const struct vt_pair *in, const size_t *k, size_t n_k, bool closed,
                             struct vt_balls *out);
void vt_balls_clear(struct vt_balls *b);

/* Columns divided by their standard deviation, or by that of a normal law with their quartiles where outliers make
 * the former more than ten times as large; not centred, since differences are all that counts and an outlier's
 * mean would swallow the digits of the rest.  n x cols packed, caller frees. */
enum vt_status vt_scaled(struct vt_ctx *ctx, const struct vt_mat *m, double **out);
/* The same for x and y side by side, n x (dx + dy). */
enum vt_status vt_scaled_together(struct vt_ctx *ctx, const struct vt_pair *in, double **out);

/* How a row's counts make its term, psi(k~) - psi(n_xz) - psi(n_yz) + psi(n_z).  An open ball (r_i > 0, no ties) has
 * k~ = rank and n = 1 + open, as in Kraskov et al. 2004 (eq. 8), Frenzel & Pompe 2007, Ross 2014.  Otherwise: */
enum vt_ball_rule {
	VT_BALLS_OWN,      /* 1 + ties and 1 + closed, the row itself among those at its place, as Grassberger's entropy has
	                    * it; a row with fewer than k of its symbols uses those, with none it is left out (NaN), or,
	                    * where all variables are discrete, is a symbol of its own */
	VT_BALLS_OTHERS,   /* ties and closed, without the row itself; a row with fewer than k of its symbols has term 0:
	                    * it tells nothing (Mesner & Shalizi 2020 with other symbols infinitely far) */
	VT_BALLS_PUBLISHED /* the same for every row, open balls too: biased up where variables are continuous */
};
void vt_balls_terms(const struct vt_balls *b, size_t k, enum vt_ball_rule rule, double *local);

/* The whole estimate: balls at k and 2 k, terms, error, flags.  Rows without neighbours that are left out are said
 * to be; `flags` for what no neighbour can tell (n <= k; no row with a neighbour) are set here too. */
enum vt_status vt_balls_estimate(struct vt_ctx *ctx, const struct vt_pair *in, size_t k, enum vt_ball_rule rule,
                                 struct vt_estimated *out);

#endif
