/* Parts of the neighbour search; private to room num.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NUM_NEAR_H
#define NUM_NEAR_H

#include "venturi/neighbours.h"

/* The question, and the data as rows of n x d doubles in an order of their own, classes together: place p holds
 * row[p] of the input.  Space s has columns first[s] .. first[s + 1] - 1. */
struct vt_near {
	const struct vt_neighbours_input *in;
	size_t n, d, n_spaces, first[VT_MOST_SPACES + 1];
	double *x;
	uint32_t *row;
	size_t *class_begin; /* n_classes + 1 places */
	size_t n_classes;
	size_t moved;          /* space whose place p holds the row of place order[p], under a permutation */
	const uint32_t *order; /* null: none */
};

enum vt_status vt_near_create(struct vt_ctx *ctx, const struct vt_neighbours_input *in, struct vt_near *out);
void vt_near_clear(struct vt_near *n);
/* Places of the class of place p: begin, end. */
void vt_near_range(const struct vt_near *n, size_t p, size_t *begin, size_t *end);

/* How many of the k are wanted at place p, whose class has `members` rows. */
size_t vt_near_wanted(const struct vt_near *n, size_t p, size_t members);

/* A row whose distances are known as they are defined. */
struct vt_near_row {
	double space[VT_MOST_SPACES], joint;
	uint32_t place, bits[VT_MOST_SPACES]; /* what stood in its strips */
	bool own;                             /* of the class */
};
void vt_near_distance(const struct vt_near *n, size_t p, size_t q, struct vt_near_row *out);
/* Distance in the product of the spaces of `set`. */
double vt_near_set(const struct vt_near_row *r, unsigned set);

/* Median of a sample of column c, and a quantile of the distances from it. */
double vt_near_middle(const struct vt_near *n, size_t c, double *spread);
/* k-th smallest of n numbers, k from 1 on; changes their order. */
double vt_near_kth(double *v, size_t n, size_t k);

/* Radii for place p under k[a], from `near`, which holds all rows of the class within the distance e. */
struct vt_near_radius {
	double e;
	uint32_t ties;
	double count[VT_MOST_COUNTS];
	bool strict;
};
void vt_near_radii(const struct vt_neighbours_input *in, const struct vt_near_row *near, size_t n_near, double e,
                   struct vt_near_radius *out);
void vt_near_store(const struct vt_near *n, size_t p, size_t a, const struct vt_near_radius *r,
                   const uint32_t count[VT_MOST_COUNTS], struct vt_neighbours *out);

/* ---- brute force ------------------------------------------------------------ */

enum vt_status vt_near_brute(struct vt_ctx *ctx, const struct vt_near *n, struct vt_neighbours *out);

/* Distances as floats are kept as their bits, which compare like the numbers as none is negative. */
enum { VT_STRIP_TILE = 256 };
static const uint32_t vt_strip_infinite = 0x7f800000;

/* out[j] = bits of max over columns c of |x[c][j] - a[c]|, for n_tiles tiles of VT_STRIP_TILE places; a tile of all
 * `stride` columns lies together, this space's from x on. */
void vt_strip_distances(size_t n_tiles, size_t cols, size_t stride, const float *x, size_t n_rows,
                        const float *const *a, uint32_t *const *out);
/* out[j] = max(out[j], f[j]) */
void vt_strip_join(size_t n, const uint32_t *f, uint32_t *out);
/* How many are below lo; *least: how far the least of the others is above lo, as bits. */
uint32_t vt_strip_below(size_t n, const uint32_t *f, uint32_t lo, uint32_t *least);

/* The smallest of what was offered, ascending; ties beyond its room are lost.  guess: of where they end, for speed;
 * the last one found is left there. */
enum { VT_STRIP_MOST = 24 };
struct vt_strip_list {
	size_t n, room;
	uint32_t guess, bits[VT_STRIP_MOST + 1], place[VT_STRIP_MOST + 1];
};
/* minima: scratch for (end - begin) / 16 + 64 numbers */
void vt_strip_select(size_t begin, size_t end, size_t n_strips, const uint32_t *const *f, uint32_t *minima,
                     struct vt_strip_list *list);

/* ---- brute force, in parts ------------------------------------------------------ */

enum { VT_BRUTE_ROWS = 8 };

struct vt_brute {
	const struct vt_near *near;
	struct vt_neighbours *out; /* or null: terms are summed up */
	const double *term;        /* of count c: term[c n + count] */
	size_t n_tiles, room;
	double scale;
	float *x; /* tiles of VT_STRIP_TILE places, d columns each */
};

/* What one block works with. */
struct vt_brute_work {
	uint32_t *strip[VT_BRUTE_ROWS][VT_MOST_SPACES], *both;
	float *row;                /* VT_BRUTE_ROWS x d */
	struct vt_near_row *found; /* room for all */
	double *value;
	uint32_t guess; /* where the nearest of the row before ended */
	double sum; /* of terms */
	void *memory;
};

/* One row while it is looked at. */
struct vt_brute_row {
	size_t place, begin, end, n_k, n_found;
	uint32_t *f[VT_MOST_SPACES];
	double size[VT_MOST_SPACES], most;
};

/* All columns as floats. */
enum vt_status vt_brute_create(struct vt_ctx *ctx, const struct vt_near *n, struct vt_brute *out);
bool vt_brute_work_create(const struct vt_brute *b, struct vt_brute_work *w);
/* Row p as floats into out (d numbers), and its sizes. */
void vt_brute_take(const struct vt_brute *b, size_t p, float *out, struct vt_brute_row *r);
/* Distances of all places in space s to rows row[0 .. count - 1], whose floats are at w->row; x: that space's tiles. */
void vt_brute_strips(const struct vt_brute *b, const struct vt_brute_work *w, size_t s, const float *x, size_t stride,
                     struct vt_brute_row *row, size_t count);
/* The neighbours of a row whose strips, place and sizes are known; the row's own and found places in the strips
 * become infinite. */
void vt_brute_finish(const struct vt_brute *b, struct vt_brute_work *w, struct vt_brute_row *r);

enum vt_status vt_brute_permuted(struct vt_ctx *ctx, const struct vt_near *n, size_t moved, size_t n_orders,
                                 const uint32_t *order, const double *term, double *sum);

/* ---- few dimensions ----------------------------------------------------------- */

enum vt_status vt_near_sweep(struct vt_ctx *ctx, const struct vt_near *n, struct vt_neighbours *out);

/* Lines and trees are allocated first and filled then, side by side.  Scratch that filling one needs: so many bytes
 * for each row. */
enum { VT_NEAR_SCRATCH = 32 };

/* One column in ascending order, and where its values pass equal steps. */
struct vt_line {
	size_t n, n_steps;
	double low, per_step, *x;
	uint32_t *at, *begin; /* place to position; n_steps + 1 positions */
};
enum vt_status vt_line_create(struct vt_ctx *ctx, const struct vt_near *n, struct vt_line *out);
void vt_line_fill(const struct vt_near *n, size_t column, void *scratch, struct vt_line *out);
void vt_line_clear(struct vt_line *s);
/* How many other rows are within a distance of the row at a place. */
uint32_t vt_line_count(const struct vt_line *s, size_t place, double radius, bool strict);

/* Rows in leaves of VT_TREE_LEAF slots, the last of each tree with room to spare: leaf l has d columns of that many
 * numbers from x[l d VT_TREE_LEAF] on.  A root is its own parent; by class: one tree for each. */
enum { VT_TREE_LEAF = 16 };
struct vt_tree_node {
	uint32_t parent, leaf, leaves, rows;
};
struct vt_tree {
	size_t d, n_leaves, *column;
	uint32_t *place, *at, *leaf; /* slot to place (UINT32_MAX: none) and back; leaf to node */
	struct vt_tree_node *node;
	double *box, *x; /* of node i: d low sides from box[2 d i] on, and d high ones */
};
/* The k nearest of a row, and all rows as near: slots and distances. */
struct vt_tree_found {
	size_t n;
	double *nearest, *distance, *row; /* k ascending; room for all and a leaf; d numbers */
	uint32_t *slot;
};
enum vt_status vt_tree_create(struct vt_ctx *ctx, const struct vt_near *n, unsigned set, bool by_class,
                              struct vt_tree *out);
void vt_tree_fill(const struct vt_near *n, bool by_class, void *scratch, struct vt_tree *out);
void vt_tree_clear(struct vt_tree *t);
void vt_tree_nearest(const struct vt_tree *t, size_t slot, size_t k, struct vt_tree_found *f);
uint32_t vt_tree_count(const struct vt_tree *t, size_t place, double radius, bool strict, double *row);

#endif
