/* A law p(x, y) as the solvers want it; private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef THEORY_LAW_H
#define THEORY_LAW_H

#include "venturi/theory.h"

/* The minimal sufficient statistic of X in the place of X: no two rows have the same p(y|x). */
struct vt_law {
	size_t n_x, n_y;
	double *px;    /* n_x, all above 0 */
	double *py;    /* n_y; may be 0 */
	double *joint; /* n_x x n_y */
	double *cond;  /* n_x x n_y: p(y|x), rows in lexicographic order */
	struct vt_ib_facts facts;
};
enum vt_status vt_law_create(struct vt_ctx *ctx, struct vt_mat joint, struct vt_law **out);
void vt_law_free(struct vt_law *l);

/* - p ln p, 0 at 0. */
double vt_plogp(double p);
/* I(T;Y) of a table p(t, y), n x n_y, whose columns sum to py. */
double vt_law_information(const struct vt_law *l, size_t n, const double *w);

/* Eigenvalues of a symmetric n x n matrix, in no order; `a` is destroyed.  Cyclic Jacobi: every
 * eigenvalue to a few units in the last place of the largest.  Cost some 10 n^3. */
void vt_symmetric_eigenvalues(size_t n, double *a, double *out);

/* Settings with the defaults in place of zeros. */
struct vt_ib_settings vt_ib_resolved(const struct vt_ib_settings *s);
/* Numbers >= 0, not NaN; infinity is allowed only where it means something. */
enum vt_status vt_ib_check_betas(struct vt_ctx *ctx, size_t n, const double *beta);
/* Indices of beta in ascending order. */
void vt_ib_order(size_t n, const double *beta, size_t *order);

#endif
