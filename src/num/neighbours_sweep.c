/* Sort by one column, and look only at rows whose difference in it is small enough: for few dimensions, where a
 * column alone rules most rows out.  Everything is in double and as defined: |a - b| as it rounds grows with a on
 * one side of b, so bisection by that very comparison finds the window's ends exactly.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "simd.h"

enum { CHUNK = 32, BLOCK = 256 };

/* Places in the order of one of the columns; x holds d columns of n numbers in that order, that one first. */
struct sorted {
	size_t n, d, *column;
	uint32_t *place, *at; /* position to place and back */
	double *x;
};

struct job {
	const struct vt_near *near;
	struct vt_neighbours *out;
	struct sorted joint, set[VT_MOST_COUNTS];
};

struct work {
	double *distance; /* of the positions that were looked at, for row `place`'s own NaN */
	double *nearest;  /* k smallest, ascending */
	double *row;      /* d numbers */
	struct vt_near_row *found;
	void *memory;
};

/* ---- sorting ---------------------------------------------------------------------- */

struct entry {
	double key;
	uint32_t place;
};

static void merge(const struct entry *from, struct entry *to, size_t begin, size_t middle, size_t end)
{
	size_t a = begin, b = middle;
	for (size_t i = begin; i < end; i++)
		to[i] = a < middle && (b >= end || from[a].key <= from[b].key) ? from[a++] : from[b++];
}

/* Merges runs of doubling length; equal keys keep their order.  Returns the one of the two that is sorted. */
static struct entry *sort_entries(struct entry *v, struct entry *scratch, size_t n)
{
	for (size_t run = 1; run < n; run *= 2) {
		for (size_t begin = 0; begin < n; begin += 2 * run) {
			size_t middle = begin + run < n ? begin + run : n, end = begin + 2 * run < n ? begin + 2 * run : n;
			merge(v, scratch, begin, middle, end);
		}
		struct entry *swap = v;
		v = scratch;
		scratch = swap;
	}
	return v;
}

/* Columns of the set, the widest first: it rules out most. */
static size_t take_columns(const struct vt_near *n, unsigned set, size_t *column)
{
	size_t d = 0;
	double widest = -1, spread;
	for (size_t s = 0; s < n->n_spaces; s++)
		for (size_t c = n->first[s]; (set >> s & 1) && c < n->first[s + 1]; c++) {
			column[d++] = c;
			vt_near_middle(n, c, &spread);
			if (!(spread > widest)) continue;
			widest = spread;
			column[d - 1] = column[0];
			column[0] = c;
		}
	return d;
}

static void sorted_clear(struct sorted *s)
{
	free(s->column);
	free(s->place);
	free(s->at);
	free(s->x);
}

static void order_range(const struct vt_near *n, size_t column, size_t begin, size_t end, struct entry *v,
                        struct entry *scratch, uint32_t *place)
{
	for (size_t p = begin; p < end; p++) v[p - begin] = (struct entry){ n->x[p * n->d + column], (uint32_t)p };
	const struct entry *in_order = sort_entries(v, scratch, end - begin);
	for (size_t p = begin; p < end; p++) place[p] = in_order[p - begin].place;
}

static enum vt_status sorted_create(struct vt_ctx *ctx, const struct vt_near *n, unsigned set, bool by_class,
                                    struct sorted *out)
{
	enum vt_status status = VT_OK;
	struct entry *v = NULL, *scratch = NULL;
	out->n = n->n;
	VT_NEW(ctx, out->column, n->d);
	VT_NEW(ctx, out->place, n->n);
	VT_NEW(ctx, out->at, n->n);
	out->d = take_columns(n, set, out->column);
	VT_NEW(ctx, out->x, n->n * out->d);
	VT_NEW(ctx, v, n->n);
	VT_NEW(ctx, scratch, n->n);
	if (by_class)
		for (size_t c = 0; c < n->n_classes; c++)
			order_range(n, out->column[0], n->class_begin[c], n->class_begin[c + 1], v, scratch, out->place);
	else
		order_range(n, out->column[0], 0, n->n, v, scratch, out->place);
	for (size_t q = 0; q < n->n; q++) {
		out->at[out->place[q]] = (uint32_t)q;
		for (size_t c = 0; c < out->d; c++) out->x[c * n->n + q] = n->x[out->place[q] * n->d + out->column[c]];
	}
done:
	free(v);
	free(scratch);
	return status;
}

/* ---- windows ----------------------------------------------------------------------- */

/* Distances of the row whose columns are `a` to `count` positions from `begin` on. */
VT_CLONES static void distances(const struct sorted *s, const double *a, size_t begin, size_t count,
                                double *restrict out)
{
	const double *key = s->x + begin, first = a[0];
	for (size_t i = 0; i < count; i++) out[i] = fabs(key[i] - first);
	for (size_t c = 1; c < s->d; c++) {
		const double *x = s->x + c * s->n + begin, value = a[c];
		for (size_t i = 0; i < count; i++) {
			double gap = fabs(x[i] - value);
			out[i] = gap > out[i] ? gap : out[i];
		}
	}
}

static bool inside(double distance, double radius, bool strict)
{
	return strict ? distance < radius : distance <= radius;
}

/* The last position from `at` on, in steps of `side`, that is inside; `most` steps are possible. */
static size_t reach(const double *key, size_t at, int side, size_t most, double radius, bool strict)
{
	size_t good = 0, bad = most + 1, step = 1;
	while (bad - good > 1) {
		size_t next = step > 0 && good + step < bad ? good + step : good + (bad - good) / 2;
		if (inside(fabs(key[side > 0 ? at + next : at - next] - key[at]), radius, strict)) {
			good = next;
			step *= 2;
		} else {
			bad = next;
			step = 0; /* from here on by halves */
		}
	}
	return good;
}

static uint32_t count_rows(const struct sorted *s, size_t place, double radius, bool strict, double *row)
{
	size_t at = s->at[place];
	double distance[CHUNK];
	if (strict && !(radius > 0)) return 0;
	size_t left = at - reach(s->x, at, -1, at, radius, strict);
	size_t right = at + reach(s->x, at, 1, s->n - 1 - at, radius, strict) + 1;
	if (s->d == 1) return (uint32_t)(right - left - 1);
	uint32_t count = 0;
	for (size_t c = 0; c < s->d; c++) row[c] = s->x[c * s->n + at];
	for (size_t q = left; q < right; q += CHUNK) {
		size_t some = right - q < CHUNK ? right - q : CHUNK;
		distances(s, row, q, some, distance);
		for (size_t i = 0; i < some; i++) count += inside(distance[i], radius, strict);
	}
	return count - 1; /* the row itself */
}

/* ---- the nearest ---------------------------------------------------------------------- */

static void offer(double *nearest, size_t k, const double *distance, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!(distance[i] < nearest[k - 1])) continue;
		size_t at = k - 1;
		for (; at > 0 && nearest[at - 1] > distance[i]; at--) nearest[at] = nearest[at - 1];
		nearest[at] = distance[i];
	}
}

struct window {
	size_t begin, end; /* what has been looked at */
};

/* Widens the window towards the nearer side until both sides are farther than the k-th nearest. */
static struct window search(const struct sorted *s, size_t at, size_t begin, size_t end, size_t k, struct work *w)
{
	struct window seen = { at, at + 1 };
	const double *key = s->x;
	for (size_t a = 0; a < k; a++) w->nearest[a] = INFINITY;
	for (size_t c = 0; c < s->d; c++) w->row[c] = key[c * s->n + at];
	w->distance[at] = NAN; /* compares false with everything */
	for (;;) {
		double below = seen.begin > begin ? fabs(key[seen.begin - 1] - key[at]) : NAN;
		double above = seen.end < end ? fabs(key[seen.end] - key[at]) : NAN;
		bool down = !(below > above), up = !(above > below); /* NaN: the other side */
		size_t from, count;
		if (isnan(below)) down = false;
		if (isnan(above)) up = false;
		if (down && below <= w->nearest[k - 1]) {
			count = seen.begin - begin < CHUNK ? seen.begin - begin : CHUNK;
			from = seen.begin -= count;
		} else if (up && above <= w->nearest[k - 1]) {
			count = end - seen.end < CHUNK ? end - seen.end : CHUNK;
			from = seen.end;
			seen.end += count;
		} else return seen;
		distances(s, w->row, from, count, w->distance + from);
		offer(w->nearest, k, w->distance + from, count);
	}
}

static void finish(const struct job *job, size_t at, struct work *w)
{
	const struct vt_near *n = job->near;
	const struct vt_neighbours_input *in = n->in;
	size_t place = job->joint.place[at], begin, end, n_k, found = 0;
	uint32_t count[VT_MOST_COUNTS];
	struct vt_near_radius radius;
	vt_near_range(n, place, &begin, &end);
	n_k = vt_near_wanted(n, place, end - begin);
	if (n_k == 0) return;
	size_t k = in->k[n_k - 1];
	struct window seen = search(&job->joint, at, begin, end, k, w);
	for (size_t q = seen.begin; q < seen.end; q++)
		if (w->distance[q] <= w->nearest[k - 1]) vt_near_distance(n, place, job->joint.place[q], &w->found[found++]);
	for (size_t a = 0; a < n_k; a++) {
		vt_near_radii(in, w->found, found, w->nearest[in->k[a] - 1], &radius);
		for (size_t c = 0; c < in->n_counts; c++)
			count[c] = count_rows(&job->set[c], place, radius.count[c], radius.strict, w->row);
		vt_near_store(n, place, a, &radius, count, job->out);
	}
}

static enum vt_status run_block(void *self, size_t block)
{
	const struct job *job = self;
	const struct vt_near *near = job->near;
	struct work w = { 0 };
	size_t n = near->n, k = near->in->k[near->in->n_k - 1], end = (block + 1) * BLOCK < n ? (block + 1) * BLOCK : n;
	w.memory = malloc((n + k + near->d) * sizeof(double) + n * sizeof *w.found);
	if (!w.memory) return VT_ENOMEM;
	w.found = w.memory;
	w.distance = (double *)(w.found + n);
	w.nearest = w.distance + n;
	w.row = w.nearest + k;
	for (size_t at = block * BLOCK; at < end; at++) finish(job, at, &w);
	free(w.memory);
	return VT_OK;
}

enum vt_status vt_near_sweep(struct vt_ctx *ctx, const struct vt_near *n, struct vt_neighbours *out)
{
	enum vt_status status = VT_OK;
	struct job job = { .near = n, .out = out };
	VT_TRY(sorted_create(ctx, n, (1u << n->n_spaces) - 1, true, &job.joint));
	for (size_t c = 0; c < n->in->n_counts; c++) VT_TRY(sorted_create(ctx, n, n->in->count[c], false, &job.set[c]));
	status = vt_blocks_run(ctx, (n->n + BLOCK - 1) / BLOCK, false, run_block, &job);
	VT_REQUIRE(ctx, status == VT_OK, status, "out of memory for the neighbours of %zu rows", n->n);
done:
	sorted_clear(&job.joint);
	for (size_t c = 0; c < n->in->n_counts; c++) sorted_clear(&job.set[c]);
	return status;
}
