/* Rows cut into tiles of near neighbours with one label each; private to room num.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NUM_TILES_H
#define NUM_TILES_H

#include "venturi/base.h"
#include "venturi/mat.h"

/* Rows in a tile, and the multiple that a tile is padded to, so that loops over it need no rest. */
enum { VT_TILE = 64, VT_TILE_STEP = 16 };

/* Slots are places for rows in the order of the tiles, padding included: tile t has the slots
 * first[t] .. first[t + 1] - 1, of which the first count[t] hold rows.  A tile's coordinates are
 * kept column by column, from x + first[t] * width.  Padding has weight 0. */
struct vt_tiles {
	size_t n, width, n_tiles, n_slots;
	size_t *first, *count;
	int32_t *label;    /* of each tile */
	uint32_t *row;     /* of each slot */
	double *x, *weight;
	double *low, *high; /* n_tiles x width: the box of each tile */
};

/* weight and label may be null.  Rows of one label are halved along the widest side of their
 * box until a tile holds them, so that tiles are compact and far tiles can be left out as a
 * whole.  Cost O(n width log(n)). */
enum vt_status vt_tiles_create(struct vt_ctx *ctx, const struct vt_mat *x, const double *weight,
                               const int32_t *label, size_t n_classes, struct vt_tiles *out);
void vt_tiles_clear(struct vt_tiles *t);

/* Square of the distance between two boxes, or some number above `enough` once it is larger. */
double vt_tiles_gap(const struct vt_tiles *t, size_t a, size_t b, double enough);

#endif
