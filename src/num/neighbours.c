/* The door to neighbour searches, and what both methods share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"

enum { SAMPLE = 255, MOST_SWEPT = 6 };

/* Rows from which trees win over brute force in d dimensions, measured with AVX2; with AVX-512 up to twice as many. */
static const size_t swept_from[MOST_SWEPT + 1] = { 0, 0, 0, 4000, 4000, 10000, 10000 };

/* ---- the data, classes together ---------------------------------------------- */

void vt_near_clear(struct vt_near *n)
{
	free(n->x);
	free(n->row);
	free(n->class_begin);
	*n = (struct vt_near){ 0 };
}

/* A counting sort keeps the order inside classes. */
static void sort_classes(const struct vt_neighbours_input *in, struct vt_near *n)
{
	size_t *begin = n->class_begin;
	if (!in->class) {
		for (size_t i = 0; i < n->n; i++) n->row[i] = (uint32_t)i;
		begin[1] = n->n;
		return;
	}
	for (size_t i = 0; i < n->n; i++) begin[in->class[i] + 1]++;
	for (size_t c = 0; c < n->n_classes; c++) begin[c + 1] += begin[c];
	for (size_t i = 0; i < n->n; i++) n->row[begin[in->class[i]]++] = (uint32_t)i;
	for (size_t c = n->n_classes; c > 0; c--) begin[c] = begin[c - 1];
	begin[0] = 0;
}

static void pack(const struct vt_neighbours_input *in, struct vt_near *n)
{
	for (size_t p = 0; p < n->n; p++)
		for (size_t s = 0; s < n->n_spaces; s++) {
			const struct vt_mat *m = &in->space[s];
			memcpy(n->x + p * n->d + n->first[s], m->x + n->row[p] * m->stride, m->cols * sizeof *n->x);
		}
}

enum vt_status vt_near_create(struct vt_ctx *ctx, const struct vt_neighbours_input *in, struct vt_near *out)
{
	enum vt_status status = VT_OK;
	struct vt_near n = { .in = in, .n = in->space[0].rows, .n_spaces = in->n_spaces };
	n.n_classes = in->class ? in->n_classes : 1;
	for (size_t s = 0; s < n.n_spaces; s++) n.first[s + 1] = n.d += in->space[s].cols;
	VT_NEW(ctx, n.x, n.n * n.d);
	VT_NEW(ctx, n.row, n.n);
	VT_NEW(ctx, n.class_begin, n.n_classes + 1);
	sort_classes(in, &n);
	pack(in, &n);
	*out = n;
	n = (struct vt_near){ 0 };
done:
	vt_near_clear(&n);
	return status;
}

void vt_near_range(const struct vt_near *n, size_t p, size_t *begin, size_t *end)
{
	size_t c = n->in->class ? (size_t)n->in->class[n->row[p]] : 0;
	*begin = n->class_begin[c];
	*end = n->class_begin[c + 1];
}

size_t vt_near_wanted(const struct vt_near *n, size_t p, size_t members)
{
	const struct vt_neighbours_input *in = n->in;
	size_t n_k = in->sparse > 1 && n->row[p] % in->sparse != 0 ? 1 : in->n_k;
	while (n_k > 0 && in->k[n_k - 1] >= members) n_k--;
	return n_k;
}

/* ---- distances and radii -------------------------------------------------------- */

void vt_near_distance(const struct vt_near *n, size_t p, size_t q, struct vt_near_row *out)
{
	out->place = (uint32_t)q;
	out->own = true;
	out->joint = 0;
	for (size_t s = 0; s < n->n_spaces; s++) {
		bool moved = n->order && s == n->moved;
		const double *a = n->x + (moved ? n->order[p] : p) * n->d, *b = n->x + (moved ? n->order[q] : q) * n->d;
		double most = 0;
		for (size_t c = n->first[s]; c < n->first[s + 1]; c++) {
			double gap = fabs(a[c] - b[c]);
			most = gap > most ? gap : most;
		}
		out->space[s] = most;
		out->joint = most > out->joint ? most : out->joint;
	}
}

double vt_near_set(const struct vt_near_row *r, unsigned set)
{
	double most = 0;
	for (size_t s = 0; s < VT_MOST_SPACES; s++)
		if (set >> s & 1 && r->space[s] > most) most = r->space[s];
	return most;
}

/* Hoare's selection: everything left of `begin` is no greater, right of `end` no smaller. */
double vt_near_kth(double *v, size_t n, size_t k)
{
	ptrdiff_t begin = 0, end = (ptrdiff_t)n - 1, at = (ptrdiff_t)k - 1;
	while (begin < end) {
		double pivot = v[at];
		ptrdiff_t i = begin, j = end;
		while (i <= j) {
			while (v[i] < pivot) i++;
			while (v[j] > pivot) j--;
			if (i > j) break;
			double swap = v[i];
			v[i++] = v[j];
			v[j--] = swap;
		}
		if (j < at) begin = i;
		if (at < i) end = j;
	}
	return v[at];
}

/* Middle of a sample of the column, and of the distances from it: a guide to centres and scales that outliers do not
 * move. */
double vt_near_middle(const struct vt_near *n, size_t c, double *spread)
{
	double v[SAMPLE] = { 0 };
	size_t m = n->n < SAMPLE ? n->n : SAMPLE;
	for (size_t i = 0; i < m; i++) v[i] = n->x[vt_block_begin(i, m, n->n) * n->d + c];
	double centre = vt_near_kth(v, m, (m + 1) / 2);
	for (size_t i = 0; i < m; i++) v[i] = fabs(v[i] - centre);
	*spread = vt_near_kth(v, m, (m + 3) / 4 * 3 < m ? (m + 3) / 4 * 3 : m);
	return centre;
}

void vt_near_radii(const struct vt_neighbours_input *in, const struct vt_near_row *near, size_t n_near, double e,
                   struct vt_near_radius *out)
{
	*out = (struct vt_near_radius){ .e = e, .strict = in->rule == VT_COUNT_WITHIN };
	for (size_t c = 0; c < in->n_counts; c++) out->count[c] = in->rule == VT_COUNT_RECTANGLE ? 0 : e;
	for (size_t i = 0; i < n_near; i++) {
		if (!near[i].own || near[i].joint > e) continue;
		out->ties++;
		for (size_t c = 0; in->rule == VT_COUNT_RECTANGLE && c < in->n_counts; c++)
			out->count[c] = fmax(out->count[c], vt_near_set(&near[i], in->count[c]));
	}
}

void vt_near_store(const struct vt_near *n, size_t p, size_t a, const struct vt_near_radius *r,
                   const uint32_t count[VT_MOST_COUNTS], struct vt_neighbours *out)
{
	size_t i = n->row[p], n_counts = n->in->n_counts;
	out->distance[a * n->n + i] = r->e;
	out->ties[a * n->n + i] = r->ties;
	for (size_t c = 0; c < n_counts; c++) out->count[(a * n_counts + c) * n->n + i] = count[c];
}

/* ---- the door --------------------------------------------------------------------- */

static enum vt_status check(struct vt_ctx *ctx, const struct vt_neighbours_input *in)
{
	enum vt_status status = VT_OK;
	size_t n = in->n_spaces > 0 ? in->space[0].rows : 0;
	VT_REQUIRE(ctx, in->n_spaces >= 1 && in->n_spaces <= VT_MOST_SPACES && in->n_k >= 1 && in->n_k <= VT_MOST_K &&
	           in->n_counts <= VT_MOST_COUNTS, VT_EDOMAIN, "%zu spaces, %zu numbers of neighbours, %zu counts",
	           in->n_spaces, in->n_k, in->n_counts);
	VT_REQUIRE(ctx, n <= UINT32_MAX / 2, VT_EDOMAIN, "%zu rows are too many", n);
	for (size_t s = 0; s < in->n_spaces; s++)
		VT_REQUIRE(ctx, in->space[s].rows == n && in->space[s].cols > 0, VT_EDOMAIN,
		           "space %zu has %zu rows and %zu columns, the first %zu rows", s, in->space[s].rows, in->space[s].cols, n);
	for (size_t a = 0; a < in->n_k; a++)
		VT_REQUIRE(ctx, in->k[a] >= 1 && in->k[a] < n && (a == 0 || in->k[a] > in->k[a - 1]), VT_EDOMAIN,
		           "k = %zu of %zu rows: ascending numbers from 1 to n - 1 are wanted", in->k[a], n);
done:
	return status;
}

void vt_neighbours_clear(struct vt_neighbours *n)
{
	free(n->distance);
	free(n->ties);
	free(n->count);
	*n = (struct vt_neighbours){ 0 };
}

static enum vt_status allocate(struct vt_ctx *ctx, const struct vt_neighbours_input *in, struct vt_neighbours *out)
{
	enum vt_status status = VT_OK;
	size_t n = in->space[0].rows;
	VT_NEW(ctx, out->distance, in->n_k * n);
	VT_NEW(ctx, out->ties, in->n_k * n);
	VT_NEW(ctx, out->count, in->n_k * in->n_counts * n);
	for (size_t i = 0; i < in->n_k * n; i++) out->distance[i] = NAN;
done:
	return status;
}

static bool by_sweep(const struct vt_near *n)
{
	if (n->in->method != VT_NEIGHBOURS_CHOOSE) return n->in->method == VT_NEIGHBOURS_SWEEP;
	return n->d <= MOST_SWEPT && n->n >= swept_from[n->d];
}

enum vt_status vt_neighbours_find(struct vt_ctx *ctx, const struct vt_neighbours_input *in, struct vt_neighbours *out)
{
	enum vt_status status = VT_OK;
	struct vt_near near = { 0 };
	struct vt_neighbours found = { 0 };
	VT_TRY(check(ctx, in));
	VT_TRY(vt_near_create(ctx, in, &near));
	VT_TRY(allocate(ctx, in, &found));
	VT_TRY(by_sweep(&near) ? vt_near_sweep(ctx, &near, &found) : vt_near_brute(ctx, &near, &found));
	*out = found;
	found = (struct vt_neighbours){ 0 };
done:
	vt_near_clear(&near);
	vt_neighbours_clear(&found);
	return status;
}

/* ---- permutations ------------------------------------------------------------------ */

static double summed(const struct vt_neighbours_input *in, const struct vt_neighbours *found, const double *term)
{
	size_t n = in->space[0].rows;
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < in->n_counts; c++) sum += term[c * n + found->count[c * n + i]];
	return sum;
}

/* Where a search is cheap it is simply repeated. */
static enum vt_status search_again(struct vt_ctx *ctx, const struct vt_neighbours_input *in, size_t moved,
                                   const uint32_t *order, const double *term, double *sum)
{
	enum vt_status status = VT_OK;
	struct vt_neighbours_input again = *in;
	struct vt_neighbours found = { 0 };
	const struct vt_mat *m = &in->space[moved];
	double *x = NULL;
	VT_NEW(ctx, x, m->rows * m->cols);
	for (size_t i = 0; i < m->rows; i++) memcpy(x + i * m->cols, m->x + order[i] * m->stride, m->cols * sizeof *x);
	again.n_k = 1;
	again.space[moved] = (struct vt_mat){ x, m->rows, m->cols, m->cols };
	VT_TRY(vt_neighbours_find(ctx, &again, &found));
	*sum = summed(in, &found, term);
done:
	free(x);
	vt_neighbours_clear(&found);
	return status;
}

enum vt_status vt_neighbours_permuted(struct vt_ctx *ctx, const struct vt_neighbours_input *in, size_t moved,
                                      size_t n_orders, const uint32_t *order, const double *term, double *sum)
{
	enum vt_status status = VT_OK;
	struct vt_near near = { 0 };
	VT_TRY(check(ctx, in));
	VT_REQUIRE(ctx, moved < in->n_spaces && !in->class, VT_EDOMAIN, "space %zu of %zu%s cannot be permuted", moved,
	           in->n_spaces, in->class ? " with classes" : "");
	VT_TRY(vt_near_create(ctx, in, &near));
	if (!by_sweep(&near)) VT_TRY(vt_brute_permuted(ctx, &near, moved, n_orders, order, term, sum));
	for (size_t r = 0; by_sweep(&near) && r < n_orders; r++)
		VT_TRY(search_again(ctx, in, moved, order + r * near.n, term, &sum[r]));
done:
	vt_near_clear(&near);
	return status;
}
