/* Rows cut into cells by what they hold; private to room estimate.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_PARTITION_H
#define ESTIMATE_PARTITION_H

#include "venturi/base.h"
#include "venturi/mat.h"

/* n rows in n_cells cells, numbered in the order of their first rows; cell[i] holds row i. */
struct vt_partition {
	size_t n, n_cells;
	uint32_t *cell;
	/* The hash table: cells by (cell before, word), kept between calls. */
	size_t n_slots;
	uint32_t *slot, *before;
	uint64_t *word;
};

/* All rows in one cell.  VT_EDOMAIN beyond 2^31 rows. */
enum vt_status vt_partition_create(struct vt_ctx *ctx, size_t n, struct vt_partition *out);
void vt_partition_clear(struct vt_partition *p);

/* Rows stay together where they were and their words are equal.  Every find in the hash table is
 * verified, so different rows never share a cell, however many columns are taken in one after
 * the other.  Cost about 5 ns a row. */
void vt_partition_refine(struct vt_partition *p, const uint64_t *word);

/* Refines by the rows of x as they stand, bit by bit, -0 as 0; `scratch` holds n words. */
void vt_partition_refine_rows(struct vt_partition *p, const struct vt_mat *x, uint64_t *scratch);

/* row: all rows, those of one cell together; cell c's from begin[c] to begin[c + 1] - 1.  Room for
 * n and n_cells + 1 numbers. */
void vt_partition_sort(const struct vt_partition *p, uint32_t *row, uint32_t *begin);

/* The 64 bits of a number, -0 as 0. */
uint64_t vt_partition_bits(double x);

#endif
