/* A tree of boxes over the rows: halves of the rows along the longest side, down to leaves of LEAF rows that are
 * compared as vectors.  Distances are those of the definition, and so are the bounds from boxes: |x - a| as it
 * rounds grows with x on one side of a, so that the distance to a box's side is never greater than that to a row
 * within, to the last bit.
 *
 * Nodes stand in the order of a walk from the root, a node before its children: the first child of node i is i + 1,
 * and what follows its whole subtree of l leaves is i + 2 l - 1.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "simd.h"

enum { LEAF = VT_TREE_LEAF };

/* ---- building ------------------------------------------------------------------------ */

struct entry {
	double key;
	uint32_t place;
};

/* Hoare's selection: no key before `at` is greater than those from it on. */
static void part(struct entry *v, size_t n, size_t to)
{
	ptrdiff_t begin = 0, end = (ptrdiff_t)n - 1, at = (ptrdiff_t)to;
	while (begin < end) {
		double pivot = v[begin + (end - begin) / 2].key;
		ptrdiff_t i = begin, j = end;
		while (i <= j) {
			while (v[i].key < pivot) i++;
			while (v[j].key > pivot) j--;
			if (i > j) break;
			struct entry swap = v[i];
			v[i++] = v[j];
			v[j--] = swap;
		}
		if (j < at) begin = i;
		if (at < i) end = j;
	}
}

struct builder {
	const struct vt_near *near;
	struct vt_tree *tree;
	struct entry *v;
};

/* Sides of the rows at v[begin .. end - 1]: low[c], high[c]; returns the longest one's column. */
static size_t fill_box(const struct builder *b, size_t begin, size_t end, double *low, double *high)
{
	const struct vt_near *n = b->near;
	size_t longest = 0;
	for (size_t c = 0; c < b->tree->d; c++) {
		const double *x = n->x + b->tree->column[c];
		double least = INFINITY, most = -INFINITY;
		for (size_t i = begin; i < end; i++) {
			double v = x[b->v[i].place * n->d];
			least = v < least ? v : least;
			most = v > most ? v : most;
		}
		low[c] = least;
		high[c] = most;
		if (most - least > high[longest] - low[longest]) longest = c;
	}
	return longest;
}

static void fill_leaf(const struct builder *b, size_t leaf, size_t begin, size_t end)
{
	struct vt_tree *t = b->tree;
	for (size_t i = begin; i < end; i++) {
		size_t slot = leaf * LEAF + i - begin;
		t->place[slot] = b->v[i].place;
		t->at[b->v[i].place] = (uint32_t)slot;
		for (size_t c = 0; c < t->d; c++)
			t->x[(leaf * t->d + c) * LEAF + i - begin] = b->near->x[b->v[i].place * b->near->d + t->column[c]];
	}
}

/* Node `node` with rows v[begin .. end - 1], whose first leaf is `leaf`. */
static void grow(const struct builder *b, size_t node, size_t parent, size_t leaf, size_t begin, size_t end)
{
	struct vt_tree *t = b->tree;
	size_t leaves = (end - begin + LEAF - 1) / LEAF, middle = begin + leaves / 2 * LEAF;
	double *box = t->box + node * 2 * t->d;
	size_t longest = fill_box(b, begin, end, box, box + t->d);
	t->node[node] = (struct vt_tree_node){ .parent = (uint32_t)parent, .leaf = (uint32_t)leaf,
	                                       .leaves = (uint32_t)leaves, .rows = (uint32_t)(end - begin) };
	if (leaves == 1) {
		t->leaf[leaf] = (uint32_t)node;
		fill_leaf(b, leaf, begin, end);
		return;
	}
	const double *x = b->near->x + t->column[longest];
	for (size_t i = begin; i < end; i++) b->v[i].key = x[b->v[i].place * b->near->d];
	part(b->v + begin, end - begin, middle - begin);
	grow(b, node + 1, node, leaf, begin, middle);
	grow(b, node + 2 * (leaves / 2), node, leaf + leaves / 2, middle, end);
}

void vt_tree_clear(struct vt_tree *t)
{
	free(t->column);
	free(t->place);
	free(t->at);
	free(t->leaf);
	free(t->node);
	free(t->box);
	free(t->x);
	*t = (struct vt_tree){ 0 };
}

static size_t take_columns(const struct vt_near *n, unsigned set, size_t *column)
{
	size_t d = 0;
	for (size_t s = 0; s < n->n_spaces; s++)
		for (size_t c = n->first[s]; (set >> s & 1) && c < n->first[s + 1]; c++) column[d++] = c;
	return d;
}

static enum vt_status allocate(struct vt_ctx *ctx, const struct vt_near *n, struct vt_tree *t)
{
	enum vt_status status = VT_OK;
	size_t slots = t->n_leaves * LEAF;
	VT_NEW(ctx, t->place, slots);
	VT_NEW(ctx, t->at, n->n);
	VT_NEW(ctx, t->leaf, t->n_leaves);
	VT_NEW(ctx, t->node, 2 * t->n_leaves);
	VT_NEW(ctx, t->box, 4 * t->n_leaves * t->d);
	VT_NEW(ctx, t->x, slots * t->d);
done:
	return status;
}

static size_t class_rows(const struct vt_near *n, bool by_class, size_t c, size_t *begin)
{
	*begin = by_class ? n->class_begin[c] : 0;
	return by_class ? n->class_begin[c + 1] - *begin : n->n;
}

enum vt_status vt_tree_create(struct vt_ctx *ctx, const struct vt_near *n, unsigned set, bool by_class,
                              struct vt_tree *out)
{
	enum vt_status status = VT_OK;
	size_t begin;
	VT_NEW(ctx, out->column, n->d);
	out->d = take_columns(n, set, out->column);
	for (size_t c = 0; c < (by_class ? n->n_classes : 1); c++)
		out->n_leaves += (class_rows(n, by_class, c, &begin) + LEAF - 1) / LEAF;
	status = allocate(ctx, n, out);
done:
	return status;
}

void vt_tree_fill(const struct vt_near *n, bool by_class, void *scratch, struct vt_tree *out)
{
	struct builder b = { n, out, scratch };
	size_t leaf = 0, begin, slots = out->n_leaves * LEAF;
	/* Slots that hold no row are NaN, which is never within a distance. */
	for (size_t i = 0; i < slots * out->d; i++) out->x[i] = NAN;
	for (size_t i = 0; i < slots; i++) out->place[i] = UINT32_MAX;
	for (size_t p = 0; p < n->n; p++) b.v[p].place = (uint32_t)p;
	for (size_t c = 0; c < (by_class ? n->n_classes : 1); c++) {
		size_t rows = class_rows(n, by_class, c, &begin);
		if (rows == 0) continue;
		grow(&b, 2 * leaf, 2 * leaf, leaf, begin, begin + rows);
		leaf += (rows + LEAF - 1) / LEAF;
	}
}

/* ---- boxes and leaves --------------------------------------------------------------------- */

/* Not greater than the distance of any row in the box. */
VT_INLINE double nearest_of(size_t d, const double *box, const double *a)
{
	double most = 0;
	for (size_t c = 0; c < d; c++) {
		double below = box[c] - a[c], above = a[c] - box[d + c];
		most = below > most ? below : most;
		most = above > most ? above : most;
	}
	return most;
}

/* Not less. */
VT_INLINE double farthest_of(size_t d, const double *box, const double *a)
{
	double most = 0;
	for (size_t c = 0; c < d; c++) {
		double low = fabs(box[c] - a[c]), high = fabs(box[d + c] - a[c]);
		most = low > most ? low : most;
		most = high > most ? high : most;
	}
	return most;
}

VT_INLINE void distances(size_t d, const double *x, const double *a, double *restrict out)
{
	for (size_t i = 0; i < LEAF; i++) out[i] = fabs(x[i] - a[0]);
	for (size_t c = 1; c < d; c++)
		for (size_t i = 0; i < LEAF; i++) {
			double gap = fabs(x[c * LEAF + i] - a[c]);
			out[i] = gap > out[i] ? gap : out[i];
		}
}

static void take_row(const struct vt_tree *t, size_t slot, double *a)
{
	const double *x = t->x + slot / LEAF * t->d * LEAF + slot % LEAF;
	for (size_t c = 0; c < t->d; c++) a[c] = x[c * LEAF];
}

/* ---- the nearest ------------------------------------------------------------------------------ */

VT_INLINE void offer(double *nearest, size_t k, double distance)
{
	size_t at = k - 1;
	if (!(distance < nearest[at])) return;
	for (; at > 0 && nearest[at - 1] > distance; at--) nearest[at] = nearest[at - 1];
	nearest[at] = distance;
}

/* Keeps what may be among the nearest: without branches, few of a leaf's rows are. */
VT_INLINE void keep_leaf(const double *distance, size_t slot, size_t k, struct vt_tree_found *f)
{
	size_t first = f->n, n = f->n;
	double most = f->nearest[k - 1];
	for (size_t i = 0; i < LEAF; i++) {
		f->distance[n] = distance[i];
		f->slot[n] = (uint32_t)(slot + i);
		n += distance[i] <= most;
	}
	for (size_t i = first; i < n; i++) offer(f->nearest, k, f->distance[i]);
	f->n = n;
}

VT_INLINE void walk(const struct vt_tree *t, size_t d, size_t root, const double *a, size_t k, struct vt_tree_found *f)
{
	double distance[LEAF];
	size_t end = root + 2 * t->node[root].leaves - 1;
	for (size_t i = root; i < end;) {
		const struct vt_tree_node *node = &t->node[i];
		if (nearest_of(d, t->box + i * 2 * d, a) > f->nearest[k - 1]) {
			i += 2 * node->leaves - 1;
			continue;
		}
		i++;
		if (node->leaves > 1) continue;
		distances(d, t->x + node->leaf * d * LEAF, a, distance);
		keep_leaf(distance, node->leaf * LEAF, k, f);
	}
}

VT_INLINE void nearest(const struct vt_tree *t, size_t d, size_t slot, size_t k, struct vt_tree_found *f)
{
	double distance[LEAF];
	size_t i = t->leaf[slot / LEAF];
	f->n = 0;
	for (size_t a = 0; a < k; a++) f->nearest[a] = INFINITY;
	take_row(t, slot, f->row);
	distances(d, t->x + slot / LEAF * d * LEAF, f->row, distance);
	distance[slot % LEAF] = NAN; /* compares false with everything */
	keep_leaf(distance, slot / LEAF * LEAF, k, f);
	while (t->node[i].parent != i) {
		size_t parent = t->node[i].parent, second = parent + 2 * (t->node[parent].leaves / 2);
		walk(t, d, i == second ? parent + 1 : second, f->row, k, f);
		i = parent;
	}
	size_t kept = 0;
	for (size_t j = 0; j < f->n; j++) {
		f->distance[kept] = f->distance[j];
		f->slot[kept] = f->slot[j];
		kept += f->distance[j] <= f->nearest[k - 1];
	}
	f->n = kept;
}

VT_CLONES void vt_tree_nearest(const struct vt_tree *t, size_t slot, size_t k, struct vt_tree_found *f)
{
	switch (t->d) {
	case 2: nearest(t, 2, slot, k, f); break;
	case 3: nearest(t, 3, slot, k, f); break;
	case 4: nearest(t, 4, slot, k, f); break;
	case 6: nearest(t, 6, slot, k, f); break;
	default: nearest(t, t->d, slot, k, f);
	}
}

/* ---- counts ------------------------------------------------------------------------------------- */

VT_INLINE bool inside(double distance, double radius, bool strict)
{
	return strict ? distance < radius : distance <= radius;
}

VT_INLINE uint32_t count(const struct vt_tree *t, size_t d, const double *a, double radius, bool strict)
{
	double distance[LEAF];
	uint32_t total = 0;
	size_t end = 2 * t->n_leaves - 1;
	for (size_t i = 0; i < end;) {
		const struct vt_tree_node *node = &t->node[i];
		const double *box = t->box + i * 2 * d;
		size_t whole = 2 * node->leaves - 1;
		if (!inside(nearest_of(d, box, a), radius, strict)) {
			i += whole;
		} else if (inside(farthest_of(d, box, a), radius, strict)) {
			total += node->rows;
			i += whole;
		} else {
			i++;
			if (node->leaves > 1) continue;
			distances(d, t->x + node->leaf * d * LEAF, a, distance);
			for (size_t j = 0; j < LEAF; j++) total += inside(distance[j], radius, strict);
		}
	}
	return total;
}

VT_CLONES uint32_t vt_tree_count(const struct vt_tree *t, size_t place, double radius, bool strict, double *row)
{
	if (strict && !(radius > 0)) return 0;
	take_row(t, t->at[place], row);
	switch (t->d) {
	case 2: return count(t, 2, row, radius, strict) - 1; /* the row itself */
	case 3: return count(t, 3, row, radius, strict) - 1;
	default: return count(t, t->d, row, radius, strict) - 1;
	}
}
