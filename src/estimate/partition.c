/* Rows cut into cells: the basis of all plug-in estimators.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "partition.h"

enum { EMPTY = 0 }; /* else the number of a cell, plus 1 */

enum vt_status vt_partition_create(struct vt_ctx *ctx, size_t n, struct vt_partition *out)
{
	enum vt_status status = VT_OK;
	struct vt_partition p = { .n = n, .n_cells = n > 0, .n_slots = 2 };
	VT_REQUIRE(ctx, n < UINT32_C(1) << 31, VT_EDOMAIN, "%zu rows are too many to be told apart, at most 2^31 - 1", n);
	while (p.n_slots < 2 * n) p.n_slots *= 2;
	VT_NEW(ctx, p.cell, n);
	VT_NEW(ctx, p.slot, p.n_slots);
	VT_NEW(ctx, p.before, n);
	VT_NEW(ctx, p.word, n);
	*out = p;
done:
	if (status != VT_OK) vt_partition_clear(&p);
	return status;
}

void vt_partition_clear(struct vt_partition *p)
{
	free(p->cell);
	free(p->slot);
	free(p->before);
	free(p->word);
	*p = (struct vt_partition){ 0 };
}

/* Fibonacci hashing, folded: the table takes the upper half's bits. */
static size_t hash(uint64_t word, uint32_t cell)
{
	uint64_t h = (word ^ (uint64_t)cell << 32 ^ cell) * UINT64_C(0x9E3779B97F4A7C15);
	h ^= h >> 29;
	h *= UINT64_C(0xBF58476D1CE4E5B9);
	return (size_t)(h >> 32);
}

/* The cell of rows that were in `before` and hold `word`; a new one if there is none yet. */
static inline uint32_t find(struct vt_partition *p, uint32_t before, uint64_t word)
{
	size_t mask = p->n_slots - 1, s = hash(word, before) & mask;
	uint32_t found;
	while ((found = p->slot[s]) != EMPTY) {
		if (p->word[found - 1] == word && p->before[found - 1] == before) return found - 1;
		s = (s + 1) & mask;
	}
	p->word[p->n_cells] = word;
	p->before[p->n_cells] = before;
	p->slot[s] = (uint32_t)++p->n_cells;
	return (uint32_t)p->n_cells - 1;
}

void vt_partition_refine(struct vt_partition *p, const uint64_t *word)
{
	if (p->n_cells == p->n) return; /* each row has its own already */
	memset(p->slot, EMPTY, p->n_slots * sizeof *p->slot);
	p->n_cells = 0;
	for (size_t i = 0; i < p->n; i++) p->cell[i] = find(p, p->cell[i], word[i]);
}

uint64_t vt_partition_bits(double x)
{
	double positive_zero = x + 0.0;
	uint64_t bits;
	memcpy(&bits, &positive_zero, sizeof bits);
	return bits;
}

void vt_partition_refine_rows(struct vt_partition *p, const struct vt_mat *x, uint64_t *scratch)
{
	for (size_t c = 0; c < x->cols && p->n_cells < p->n; c++) {
		for (size_t i = 0; i < p->n; i++) scratch[i] = vt_partition_bits(x->x[i * x->stride + c]);
		vt_partition_refine(p, scratch);
	}
}

void vt_partition_sort(const struct vt_partition *p, uint32_t *row, uint32_t *begin)
{
	memset(begin, 0, (p->n_cells + 1) * sizeof *begin);
	for (size_t i = 0; i < p->n; i++) begin[p->cell[i]]++;
	for (size_t c = 1; c <= p->n_cells; c++) begin[c] += begin[c - 1]; /* ends of cells */
	for (size_t i = p->n; i-- > 0;) row[--begin[p->cell[i]]] = (uint32_t)i;
}
