/* Searches under permutations of one space: its columns are put in order once per permutation, for as many
 * permutations as fit into TILE_BYTES; strips of the other spaces are made once for a block of rows and serve all
 * these permutations.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "near.h"

enum { MOST_ROWS = 256, STRIP_BYTES = 1 << 19, TILE_BYTES = 1 << 26 };

struct null_job {
	const struct vt_brute *brute;
	size_t moved, n_orders, block; /* rows of a block */
	const uint32_t *order;
	size_t begin, end; /* permutations that are looked at */
	float *x;          /* their tiles of the moved space */
	double *sum;       /* of block b under order r: sum[b n_orders + r] */
};

/* What stays while permutations pass: rows of the block, their strips in spaces that do not move. */
struct null_work {
	struct vt_brute_row row[MOST_ROWS];
	uint32_t *strip;
};

static uint32_t *fixed_strip(const struct null_job *job, const struct null_work *w, size_t r, size_t s)
{
	size_t n_fixed = job->brute->near->n_spaces - 1;
	return w->strip + (r * n_fixed + (s > job->moved ? s - 1 : s)) * job->brute->room;
}

static void fill_fixed(const struct null_job *job, struct vt_brute_work *few, struct null_work *w, size_t begin,
                       size_t count)
{
	const struct vt_brute *b = job->brute;
	const struct vt_near *n = b->near;
	for (size_t first = 0; first < count; first += VT_BRUTE_ROWS) {
		size_t some = count - first < VT_BRUTE_ROWS ? count - first : VT_BRUTE_ROWS;
		for (size_t r = first; r < first + some; r++) {
			vt_brute_take(b, begin + r, few->row + (r - first) * n->d, &w->row[r]);
			for (size_t s = 0; s < n->n_spaces; s++)
				if (s != job->moved) w->row[r].f[s] = fixed_strip(job, w, r, s);
		}
		for (size_t s = 0; s < n->n_spaces; s++)
			if (s != job->moved)
				vt_brute_strips(b, few, s, b->x + n->first[s] * VT_STRIP_TILE, n->d, &w->row[first], some);
	}
}

/* The moved space's tiles with their rows in another order; what is beyond the last row stays infinite. */
static void move_tiles(const struct null_job *job, const uint32_t *order, float *x)
{
	const struct vt_near *n = job->brute->near;
	size_t first = n->first[job->moved], cols = n->first[job->moved + 1] - first;
	for (size_t p = 0; p < job->brute->room; p++) {
		size_t q = p < n->n ? order[p] : p;
		const float *from = job->brute->x + ((q / VT_STRIP_TILE) * n->d + first) * VT_STRIP_TILE + q % VT_STRIP_TILE;
		float *to = x + (p / VT_STRIP_TILE) * cols * VT_STRIP_TILE + p % VT_STRIP_TILE;
		for (size_t c = 0; c < cols; c++) to[c * VT_STRIP_TILE] = from[c * VT_STRIP_TILE];
	}
}

/* Makes the strips as they were, but for the row itself, which is never anybody's neighbour. */
static void reveal(const struct null_job *job, const struct vt_brute_work *few, const struct vt_brute_row *r)
{
	for (size_t i = 0; i < r->n_found; i++)
		for (size_t s = 0; s < job->brute->near->n_spaces; s++)
			r->f[s][few->found[i].place] = few->found[i].bits[s];
}

/* Row p of the block with the moved space's row order[p]: its floats and size there. */
static void take_moved(const struct null_job *job, struct vt_brute_work *few, size_t slot, size_t place,
                       struct vt_brute_row *row)
{
	const struct vt_near *n = job->brute->near;
	struct vt_brute_row other;
	vt_brute_take(job->brute, place, few->row + slot * n->d, &other);
	row->size[job->moved] = other.size[job->moved];
	row->most = 0;
	for (size_t s = 0; s < n->n_spaces; s++) row->most = row->size[s] > row->most ? row->size[s] : row->most;
}

static size_t moved_columns(const struct vt_near *n, size_t moved)
{
	return n->first[moved + 1] - n->first[moved];
}

static enum vt_status move_order(void *self, size_t r)
{
	const struct null_job *job = self;
	const struct vt_near *n = job->brute->near;
	move_tiles(job, job->order + (job->begin + r) * n->n, job->x + r * job->brute->room * moved_columns(n, job->moved));
	return VT_OK;
}

static double permuted_block(const struct null_job *job, const struct vt_brute *b, struct vt_brute_work *few,
                             struct null_work *w, const float *x, size_t count)
{
	const struct vt_near *n = b->near;
	few->sum = 0;
	for (size_t first = 0; first < count; first += VT_BRUTE_ROWS) {
		size_t some = count - first < VT_BRUTE_ROWS ? count - first : VT_BRUTE_ROWS;
		for (size_t r = 0; r < some; r++) {
			struct vt_brute_row *row = &w->row[first + r];
			take_moved(job, few, r, n->order[row->place], row);
			row->f[job->moved] = few->strip[r][job->moved];
		}
		vt_brute_strips(b, few, job->moved, x, moved_columns(n, job->moved), &w->row[first], some);
		for (size_t r = 0; r < some; r++) {
			vt_brute_finish(b, few, &w->row[first + r]);
			reveal(job, few, &w->row[first + r]);
		}
	}
	return few->sum;
}

static enum vt_status run_block(void *self, size_t block)
{
	const struct null_job *job = self;
	struct vt_near near = *job->brute->near;
	struct vt_brute brute = *job->brute;
	struct vt_brute_work few = { 0 };
	struct null_work *w = malloc(sizeof *w);
	enum vt_status status = VT_ENOMEM;
	size_t begin = block * job->block, count = near.n - begin < job->block ? near.n - begin : job->block;
	uint32_t *strip = aligned_alloc(64, brute.room * sizeof *strip * (count * (near.n_spaces - 1) + 1));
	if (!w || !strip || !vt_brute_work_create(&brute, &few)) goto done;
	w->strip = strip;
	fill_fixed(job, &few, w, begin, count);
	near.moved = job->moved;
	brute.near = &near;
	for (size_t r = job->begin; r < job->end; r++) {
		const float *x = job->x + (r - job->begin) * brute.room * moved_columns(&near, job->moved);
		near.order = job->order + r * near.n;
		job->sum[block * job->n_orders + r] = permuted_block(job, &brute, &few, w, x, count);
	}
	status = VT_OK;
done:
	free(few.memory);
	free(strip);
	free(w);
	return status;
}

/* Rows of a block: so many that their fixed strips fit into the second cache, or, where a permutation's columns do
 * not, into four times their size: each block fetches the columns of all permutations from far away. */
static size_t block_rows(const struct vt_brute *b, size_t moved)
{
	size_t rows = MOST_ROWS, strip = b->room * sizeof(float), columns = 4 * strip * moved_columns(b->near, moved);
	size_t most = columns > STRIP_BYTES ? columns : STRIP_BYTES;
	while (rows > VT_BRUTE_ROWS && rows * strip * (b->near->n_spaces - 1) > most) rows /= 2;
	return rows;
}

static enum vt_status run_orders(struct vt_ctx *ctx, struct null_job *job, size_t blocks)
{
	enum vt_status status = VT_OK;
	size_t room = job->brute->room * moved_columns(job->brute->near, job->moved);
	size_t some = TILE_BYTES / sizeof *job->x / room;
	if (some < 1) some = 1;
	if (some > job->n_orders) some = job->n_orders;
	job->x = aligned_alloc(64, some * room * sizeof *job->x);
	VT_REQUIRE(ctx, job->x, VT_ENOMEM, "out of memory for %zu permutations of %zu columns", some, room);
	for (job->begin = 0; job->begin < job->n_orders; job->begin = job->end) {
		job->end = job->n_orders - job->begin < some ? job->n_orders : job->begin + some;
		VT_TRY(vt_blocks_run(ctx, job->end - job->begin, false, move_order, job));
		status = vt_blocks_run(ctx, blocks, false, run_block, job);
		VT_REQUIRE(ctx, status == VT_OK, status, "out of memory for %zu permutations", job->n_orders);
	}
done:
	free(job->x);
	return status;
}

enum vt_status vt_brute_permuted(struct vt_ctx *ctx, const struct vt_near *n, size_t moved, size_t n_orders,
                                 const uint32_t *order, const double *term, double *sum)
{
	enum vt_status status = VT_OK;
	struct vt_brute brute = { 0 };
	struct null_job job = { .brute = &brute, .moved = moved, .n_orders = n_orders, .order = order };
	if (n_orders == 0) return VT_OK;
	VT_TRY(vt_brute_create(ctx, n, &brute));
	brute.term = term;
	job.block = block_rows(&brute, moved);
	size_t blocks = (n->n + job.block - 1) / job.block;
	VT_NEW(ctx, job.sum, blocks * n_orders);
	VT_TRY(run_orders(ctx, &job, blocks));
	for (size_t r = 0; r < n_orders; r++) {
		sum[r] = 0;
		for (size_t b = 0; b < blocks; b++) sum[r] += job.sum[b * n_orders + r];
	}
done:
	free(brute.x);
	free(job.sum);
	return status;
}
