/* Rows of discrete variables, alone and together, as counts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "discrete.h"
#include "partition.h"

void vt_counts_clear(struct vt_counts *c)
{
	free(c->size);
	free(c->times);
	free(c->of_row);
	*c = (struct vt_counts){ 0 };
}

static void total(const uint32_t *rows, size_t n_cells, struct vt_counts *c, size_t *largest)
{
	*largest = 0;
	for (size_t k = 0; k < n_cells; k++) {
		c->n += rows[k];
		c->occupied += rows[k] > 0;
		*largest = rows[k] > *largest ? rows[k] : *largest;
	}
}

enum vt_status vt_counts_of(struct vt_ctx *ctx, const uint32_t *rows, size_t n_cells, struct vt_counts *out)
{
	enum vt_status status = VT_OK;
	struct vt_counts c = { 0 };
	size_t largest, k = 0;
	uint32_t *cells = NULL; /* that hold s rows each */
	total(rows, n_cells, &c, &largest);
	VT_REQUIRE(ctx, c.n > 0, VT_EDOMAIN, "%zu cells hold no row: there is nothing to count", n_cells);
	VT_NEW(ctx, cells, largest + 1);
	for (size_t i = 0; i < n_cells; i++) cells[rows[i]]++;
	for (size_t s = 1; s <= largest; s++) c.n_sizes += cells[s] > 0;
	VT_NEW(ctx, c.size, c.n_sizes);
	VT_NEW(ctx, c.times, c.n_sizes);
	for (size_t s = 1; s <= largest; s++) {
		if (cells[s] == 0) continue;
		c.size[k] = (uint32_t)s;
		c.times[k++] = cells[s];
	}
	*out = c;
	c = (struct vt_counts){ 0 };
done:
	free(cells);
	vt_counts_clear(&c);
	return status;
}

/* Cells are tuples of up to three symbols; null for those that are left out. */
static enum vt_status count_tuples(struct vt_ctx *ctx, size_t n, const int32_t *u, const int32_t *v, const int32_t *w,
                                   struct vt_counts *out)
{
	enum vt_status status = VT_OK;
	const int32_t *const variable[3] = { u, v, w };
	struct vt_partition p = { 0 };
	struct vt_counts c = { 0 };
	uint64_t *word = NULL;
	uint32_t *rows = NULL;
	VT_NEW(ctx, word, n);
	VT_TRY(vt_partition_create(ctx, n, &p));
	for (int k = 0; k < 3; k++) {
		if (!variable[k]) continue;
		for (size_t i = 0; i < n; i++) word[i] = (uint64_t)variable[k][i];
		vt_partition_refine(&p, word);
	}
	VT_NEW(ctx, rows, p.n_cells);
	for (size_t i = 0; i < n; i++) rows[p.cell[i]]++;
	VT_TRY(vt_counts_of(ctx, rows, p.n_cells, &c));
	VT_NEW(ctx, c.of_row, n);
	for (size_t i = 0; i < n; i++) c.of_row[i] = rows[p.cell[i]];
	*out = c;
	c = (struct vt_counts){ 0 };
done:
	vt_counts_clear(&c);
	vt_partition_clear(&p);
	free(word);
	free(rows);
	return status;
}

void vt_joint_clear(struct vt_joint *j)
{
	vt_counts_clear(&j->a);
	vt_counts_clear(&j->b);
	vt_counts_clear(&j->ab);
	vt_counts_clear(&j->c);
}

enum vt_status vt_joint_of(struct vt_ctx *ctx, const struct vt_symbol_rows *s, struct vt_joint *out)
{
	enum vt_status status = VT_OK;
	struct vt_joint j = { .n_x = (double)s->n_x, .n_y = (double)s->n_y, .n_z = s->z ? (double)s->n_z : 1 };
	VT_TRY(count_tuples(ctx, s->n, s->x, s->z, NULL, &j.a));
	VT_TRY(count_tuples(ctx, s->n, s->y, s->z, NULL, &j.b));
	VT_TRY(count_tuples(ctx, s->n, s->x, s->y, s->z, &j.ab));
	VT_TRY(count_tuples(ctx, s->n, s->z, NULL, NULL, &j.c));
	*out = j;
	j = (struct vt_joint){ 0 };
done:
	vt_joint_clear(&j);
	return status;
}

void vt_symbol_rows_clear(struct vt_symbol_rows *s)
{
	free(s->x);
	free(s->y);
	free(s->z);
	*s = (struct vt_symbol_rows){ 0 };
}

enum vt_status vt_symbol_rows_of(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_symbol_rows *out)
{
	enum vt_status status = VT_OK;
	struct vt_symbol_rows s = { .n = in->x.rows };
	VT_TRY(vt_symbols(ctx, &in->x, &s.x, &s.n_x));
	VT_TRY(vt_symbols(ctx, &in->y, &s.y, &s.n_y));
	if (in->z.cols > 0) VT_TRY(vt_symbols(ctx, &in->z, &s.z, &s.n_z));
	*out = s;
	s = (struct vt_symbol_rows){ 0 };
done:
	vt_symbol_rows_clear(&s);
	return status;
}
