/* Solving the information bottleneck at one beta from one start; private to the room.
 *
 * The state is w[t][y] = ln p(t, y), n_t x n_y.  It fixes p(t), p(y|t) and through them
 *
 *     p(t|x) = p(t) exp( beta sum_y p(y|x) ln p(y|t) ) / Z(x)
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef THEORY_SOLVE_H
#define THEORY_SOLVE_H

#include "law.h"

struct vt_channel {
	size_t n;  /* clusters */
	double *w; /* room for most x n_y */
};

/* Room that one start at a time needs, for at most `most` clusters. */
struct vt_ib_room {
	const struct vt_law *law;
	const struct vt_ib_settings *settings;
	size_t most;
	double *next, *second, *far;  /* most x n_y */
	double *sum;                  /* most x n_y */
	double *log_q, *log_a, *e;    /* most, most x n_y, most */
};
enum vt_status vt_ib_room_create(struct vt_ctx *ctx, const struct vt_law *l, const struct vt_ib_settings *s,
                                 size_t most, struct vt_ib_room *out);
void vt_ib_room_clear(struct vt_ib_room *r);

/* One Blahut-Arimoto step w -> next.  Returns the free energy of w, - sum_x p(x) ln Z(x), which
 * steps never raise and which at a fixed point is the lagrangian but for a constant. */
double vt_ib_step(struct vt_ib_room *r, double beta, size_t n, const double *w, double *next);
/* The point that the channel of w is. */
void vt_ib_measure(struct vt_ib_room *r, double beta, const struct vt_channel *c, struct vt_ib_point *out);

/* Makes clusters one where that costs nothing, and drops those without probability; returns
 * whether there were any. */
bool vt_ib_merge(struct vt_ib_room *r, double beta, struct vt_channel *c);

/* From the state in c to a fixed point, or to the trivial one if that is no worse. */
void vt_ib_solve(struct vt_ib_room *r, double beta, struct vt_channel *c, struct vt_ib_point *out);

#endif
