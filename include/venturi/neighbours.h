/* Nearest neighbours in products of spaces, and how many rows lie within their distance: what estimators of
 * the KSG family are made of.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_NEIGHBOURS_H
#define VENTURI_NEIGHBOURS_H

#include "venturi/base.h"
#include "venturi/mat.h"

enum { VT_MOST_SPACES = 3, VT_MOST_K = 8, VT_MOST_COUNTS = 4 };

/* How rows are counted around row i, i itself never among them, with e_i its joint distance to its k-th
 * nearest row. */
enum vt_count_rule {
	VT_COUNT_WITHIN,    /* distance < e_i: KSG 1, Frenzel & Pompe */
	VT_COUNT_UPTO,      /* distance <= e_i: Gao's and Mesner & Shalizi's mixed estimators */
	VT_COUNT_RECTANGLE  /* one space each: distance <= the greatest distance in that space among i's k nearest
	                     * rows (those with joint distance <= e_i, ties included): KSG 2 */
};

enum vt_neighbour_method { VT_NEIGHBOURS_CHOOSE, VT_NEIGHBOURS_BRUTE, VT_NEIGHBOURS_SWEEP };

/* One to three spaces with the same n rows.  A distance in a space is the greatest absolute difference over
 * its columns, as |x_ic - x_jc| rounds in double; the joint distance is the greatest over the spaces.  A row
 * is within a distance if that same number compares so: no x +- r, which loses the k-th neighbour itself. */
struct vt_neighbours_input {
	size_t n_spaces;
	struct vt_mat space[VT_MOST_SPACES];
	size_t n_k, k[VT_MOST_K];                       /* ascending, 1 <= k < n */
	size_t sparse;                                  /* k[1] and above only for rows i with i % sparse == 0, NaN and 0
	                                                 * for the others; 0 or 1: for all rows */
	size_t n_counts;
	unsigned count[VT_MOST_COUNTS];                 /* bits of spaces: distance in their product */
	enum vt_count_rule rule;
	const int32_t *class;                           /* n numbers from 0 on: neighbours are of the same class, counts
	                                                 * are over all rows; null: one class */
	size_t n_classes;
	enum vt_neighbour_method method;                /* CHOOSE: by n and dimensions */
};

/* distance[a n + i]: to the k[a]-th nearest row; ties[a n + i]: rows with joint distance <= it;
 * count[(a n_counts + c) n + i].  Rows of a class with k or fewer members have distance NaN, counts 0. */
struct vt_neighbours {
	double *distance;
	uint32_t *ties, *count;
};

/* VT_EDOMAIN unless 1 <= k < n and the spaces agree in rows.  Same bits for any number of threads and either
 * method.  Brute force costs about n^2 (3 d + 8) / 16 vector operations, the sweep, a tree of
 * boxes, about n log n where dimensions are few; memory O(n) per thread beyond a copy of the data, never n x n. */
enum vt_status vt_neighbours_find(struct vt_ctx *ctx, const struct vt_neighbours_input *in, struct vt_neighbours *out);

/* Permutations: sum[r] = sum over rows i and counts c of term[c n + count_c(i)] under k[0], with place i of space
 * `moved` taken by its row order[r n + i], for r < n_orders.  The other spaces' distances are computed once for all
 * permutations that fit into 64 MB, in blocks of rows.  One class only.  Each sum is added up in an order of its own
 * that depends on shapes alone; a fraction of n_orders searches, memory those 64 MB and O(n) per thread. */
enum vt_status vt_neighbours_permuted(struct vt_ctx *ctx, const struct vt_neighbours_input *in, size_t moved,
                                      size_t n_orders, const uint32_t *order, const double *term, double *sum);
void vt_neighbours_clear(struct vt_neighbours *n);

#endif
