/* Few dimensions: a tree of boxes for the nearest rows and for counts in several columns, a sorted column for counts
 * in one.  Everything is in double and as defined.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "near.h"

/* Scratch is one piece, and larger than it need be: an allocator that has had such a piece back keeps as much for the
 * next search, where it would return and fetch every page of every array, a third of the time of a search. */
enum { BLOCK = 256, SCRATCH = 192 };
_Static_assert((int)SCRATCH >= (VT_MOST_COUNTS + 1) * (int)VT_NEAR_SCRATCH, "room for filling all of them at once");

/* What serves one of the counts: a sorted column, or a tree. */
struct counter {
	bool one;
	size_t column; /* of one */
	struct vt_line line;
	struct vt_tree tree;
};

struct job {
	const struct vt_near *near;
	struct vt_neighbours *out;
	struct vt_tree joint;
	struct counter set[VT_MOST_COUNTS];
	char *scratch;
};

struct work {
	struct vt_tree_found found;
	struct vt_near_row *row;
	void *memory;
};

/* ---- counts -------------------------------------------------------------------------- */

static enum vt_status counter_create(struct vt_ctx *ctx, const struct vt_near *n, unsigned set, struct counter *out)
{
	size_t d = 0;
	for (size_t s = 0; s < n->n_spaces; s++) {
		if (!(set >> s & 1)) continue;
		d += n->first[s + 1] - n->first[s];
		out->column = n->first[s];
	}
	out->one = d == 1;
	return out->one ? vt_line_create(ctx, n, &out->line) : vt_tree_create(ctx, n, set, false, &out->tree);
}

static void counter_clear(struct counter *c)
{
	vt_line_clear(&c->line);
	vt_tree_clear(&c->tree);
}

static uint32_t count_rows(const struct counter *c, size_t place, double radius, bool strict, struct work *w)
{
	return c->one ? vt_line_count(&c->line, place, radius, strict)
	              : vt_tree_count(&c->tree, place, radius, strict, w->found.row);
}

/* ---- one row -------------------------------------------------------------------------- */

/* Distances in the spaces are only wanted where the rule looks at them. */
static void fill_rows(const struct job *job, size_t place, struct work *w)
{
	for (size_t i = 0; job->near->in->rule == VT_COUNT_RECTANGLE && i < w->found.n; i++)
		vt_near_distance(job->near, place, job->joint.place[w->found.slot[i]], &w->row[i]);
}

static void radii(const struct vt_neighbours_input *in, const struct work *w, double e, struct vt_near_radius *out)
{
	if (in->rule == VT_COUNT_RECTANGLE) {
		vt_near_radii(in, w->row, w->found.n, e, out);
		return;
	}
	vt_near_radii(in, NULL, 0, e, out);
	for (size_t i = 0; i < w->found.n; i++) out->ties += w->found.distance[i] <= e;
}

static void finish(const struct job *job, size_t slot, struct work *w)
{
	const struct vt_near *n = job->near;
	const struct vt_neighbours_input *in = n->in;
	size_t place = job->joint.place[slot], begin, end, n_k;
	uint32_t count[VT_MOST_COUNTS];
	struct vt_near_radius radius;
	vt_near_range(n, place, &begin, &end);
	n_k = vt_near_wanted(n, place, end - begin);
	if (n_k == 0) return;
	vt_tree_nearest(&job->joint, slot, in->k[n_k - 1], &w->found);
	fill_rows(job, place, w);
	for (size_t a = 0; a < n_k; a++) {
		radii(in, w, w->found.nearest[in->k[a] - 1], &radius);
		for (size_t c = 0; c < in->n_counts; c++)
			count[c] = count_rows(&job->set[c], place, radius.count[c], radius.strict, w);
		vt_near_store(n, place, a, &radius, count, job->out);
	}
}

/* ---- all rows ---------------------------------------------------------------------------- */

static bool work_create(const struct vt_near *n, struct work *w)
{
	size_t k = n->in->k[n->in->n_k - 1], room = n->n + VT_TREE_LEAF;
	size_t rows = n->in->rule == VT_COUNT_RECTANGLE ? n->n : 0;
	w->memory = malloc((room + k + n->d) * sizeof(double) + rows * sizeof *w->row + room * sizeof *w->found.slot);
	if (!w->memory) return false;
	w->row = w->memory;
	w->found.distance = (double *)(w->row + rows);
	w->found.nearest = w->found.distance + room;
	w->found.row = w->found.nearest + k;
	w->found.slot = (uint32_t *)(w->found.row + n->d);
	return true;
}

/* Rows near each other follow each other, so that what one looks at is at hand for the next. */
static enum vt_status run_block(void *self, size_t block)
{
	const struct job *job = self;
	struct work w = { 0 };
	size_t slots = job->joint.n_leaves * VT_TREE_LEAF, end = (block + 1) * BLOCK < slots ? (block + 1) * BLOCK : slots;
	if (!work_create(job->near, &w)) return VT_ENOMEM;
	for (size_t slot = block * BLOCK; slot < end; slot++)
		if (job->joint.place[slot] != UINT32_MAX) finish(job, slot, &w);
	free(w.memory);
	return VT_OK;
}

/* Block 0: the tree of all columns, which takes longest; then what counts. */
static enum vt_status fill_block(void *self, size_t block)
{
	struct job *job = self;
	void *scratch = job->scratch + block * job->near->n * VT_NEAR_SCRATCH;
	struct counter *c = &job->set[block > 0 ? block - 1 : 0];
	if (block == 0) vt_tree_fill(job->near, true, scratch, &job->joint);
	else if (c->one) vt_line_fill(job->near, c->column, scratch, &c->line);
	else vt_tree_fill(job->near, false, scratch, &c->tree);
	return VT_OK;
}

enum vt_status vt_near_sweep(struct vt_ctx *ctx, const struct vt_near *n, struct vt_neighbours *out)
{
	enum vt_status status = VT_OK;
	struct job job = { .near = n, .out = out, .scratch = malloc(n->n * SCRATCH) };
	size_t n_counts = n->in->n_counts;
	VT_REQUIRE(ctx, job.scratch, VT_ENOMEM, "out of memory for the neighbours of %zu rows", n->n);
	VT_TRY(vt_tree_create(ctx, n, (1u << n->n_spaces) - 1, true, &job.joint));
	for (size_t c = 0; c < n_counts; c++) VT_TRY(counter_create(ctx, n, n->in->count[c], &job.set[c]));
	VT_TRY(vt_blocks_run(ctx, n_counts + 1, false, fill_block, &job));
	status = vt_blocks_run(ctx, (job.joint.n_leaves * VT_TREE_LEAF + BLOCK - 1) / BLOCK, false, run_block, &job);
	VT_REQUIRE(ctx, status == VT_OK, status, "out of memory for the neighbours of %zu rows", n->n);
done:
	free(job.scratch);
	vt_tree_clear(&job.joint);
	for (size_t c = 0; c < n_counts; c++) counter_clear(&job.set[c]);
	return status;
}
