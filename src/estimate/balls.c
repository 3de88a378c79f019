/* Balls around rows in products of discrete and continuous spaces.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "balls.h"
#include "partition.h"
#include "venturi/neighbours.h"
#include "venturi/num.h"

/* ---- scale ------------------------------------------------------------------ */

/* Divided by the largest magnitude first: squares of 1e-200 and 1e200 are no numbers. */
static double deviation(const double *sorted, size_t n)
{
	double largest = fmax(fabs(sorted[0]), fabs(sorted[n - 1])), mean = 0, square = 0;
	if (largest == 0) return 0;
	for (size_t i = 0; i < n; i++) mean += sorted[i] / largest / (double)n;
	for (size_t i = 0; i < n; i++) {
		double d = sorted[i] / largest - mean;
		square += d * d / (double)n;
	}
	return largest * sqrt(square);
}

/* Sums run over sorted values, so that the order of rows changes no bit. */
static double column_scale(double *v, size_t n)
{
	const double quartiles = 1.3489795003921634; /* of the normal law, in standard deviations: 2 Phi^-1(3/4) */
	vt_sort(v, n);
	double sd = deviation(v, n), robust = (v[n - 1 - n / 4] - v[n / 4]) / quartiles;
	return robust > 0 && sd > 10 * robust ? robust : sd;
}

enum vt_status vt_scaled(struct vt_ctx *ctx, const struct vt_mat *m, double **out)
{
	enum vt_status status = VT_OK;
	double *copy = NULL, *v = NULL;
	VT_NEW(ctx, copy, m->rows * m->cols);
	VT_NEW(ctx, v, m->rows);
	for (size_t c = 0; c < m->cols; c++) {
		for (size_t i = 0; i < m->rows; i++) v[i] = m->x[i * m->stride + c];
		double scale = column_scale(v, m->rows);
		for (size_t i = 0; i < m->rows; i++)
			copy[i * m->cols + c] = scale > 0 ? m->x[i * m->stride + c] / scale : 0;
	}
	*out = copy;
	copy = NULL;
done:
	free(copy);
	free(v);
	return status;
}

enum vt_status vt_scaled_together(struct vt_ctx *ctx, const struct vt_pair *in, double **out)
{
	enum vt_status status = VT_OK;
	size_t n = in->x.rows, dx = in->x.cols, dy = in->y.cols;
	double *x = NULL, *y = NULL;
	VT_TRY(vt_scaled(ctx, &in->x, &x));
	VT_TRY(vt_scaled(ctx, &in->y, &y));
	status = vt_joined(ctx, 2, (struct vt_mat[]){ { x, n, dx, dx }, { y, n, dy, dy } }, out);
done:
	free(x);
	free(y);
	return status;
}

/* ---- spaces ----------------------------------------------------------------- */

/* The variables as the search takes them, and the rows that hold the same symbols. */
struct spaces {
	size_t n, n_spaces;
	struct vt_mat space[VT_MOST_SPACES];
	bool discrete[VT_MOST_SPACES];
	double *symbol[VT_MOST_SPACES];  /* of a discrete variable's rows; of a continuous one's atoms, or null */
	double *copy[VT_MOST_SPACES], far;
	int32_t *class;                  /* rows with all symbols and atoms in common */
	size_t *class_size;
	bool continuous;                 /* some variable is */
};

static void spaces_clear(struct spaces *s)
{
	for (size_t a = 0; a < VT_MOST_SPACES; a++) {
		free(s->copy[a]);
		free(s->symbol[a]);
	}
	free(s->class);
	free(s->class_size);
}

/* Beyond every distance between continuous rows, and a power of two, so that its multiples are exact and their
 * differences at least as large. */
static double beyond(const struct spaces *s)
{
	double range = 1;
	for (size_t a = 0; a < s->n_spaces; a++)
		for (size_t c = 0; !s->discrete[a] && c < s->space[a].cols; c++) {
			const struct vt_mat *m = &s->space[a];
			double least = m->x[c], most = m->x[c];
			for (size_t i = 1; i < m->rows; i++) {
				least = fmin(least, m->x[i * m->stride + c]);
				most = fmax(most, m->x[i * m->stride + c]);
			}
			range = fmax(range, most - least);
		}
	return range < 0x1p900 ? exp2(ceil(log2(range)) + 1) : 0x1p900;
}

/* Symbols of a variable's rows.  Of a continuous variable only values that more than k rows share are atoms, numbered
 * from 1 on, the rest are 0; null where there are none.  A variable with atoms is the pair of (which atom or none,
 * value): keeping atoms infinitely far from all else loses no information, and a ball around a row beside an atom
 * is not swamped by it. */
static enum vt_status symbols(struct vt_ctx *ctx, const struct vt_mat *variable, size_t k, struct spaces *s, size_t a)
{
	enum vt_status status = VT_OK;
	size_t n_symbols, *size = NULL;
	int32_t *symbol = NULL;
	bool any = s->discrete[a];
	VT_TRY(vt_symbols(ctx, variable, &symbol, &n_symbols));
	VT_NEW(ctx, size, n_symbols);
	for (size_t i = 0; i < s->n; i++) size[symbol[i]]++;
	for (size_t b = 0; b < n_symbols; b++) any = any || size[b] > k;
	if (any) {
		VT_NEW(ctx, s->symbol[a], s->n);
		for (size_t i = 0; i < s->n; i++)
			s->symbol[a][i] = s->discrete[a] || size[symbol[i]] > k ? symbol[i] + 1 : 0;
	}
done:
	free(symbol);
	free(size);
	return status;
}

/* Symbols and atoms of all variables together, numbered by first appearance. */
static enum vt_status classes(struct vt_ctx *ctx, struct spaces *s)
{
	enum vt_status status = VT_OK;
	struct vt_partition p = { 0 };
	uint64_t *scratch = NULL;
	VT_NEW(ctx, scratch, s->n);
	VT_TRY(vt_partition_create(ctx, s->n, &p));
	for (size_t a = 0; a < s->n_spaces; a++)
		if (s->symbol[a]) vt_partition_refine_rows(&p, &(struct vt_mat){ s->symbol[a], s->n, 1, 1 }, scratch);
	VT_NEW(ctx, s->class, s->n);
	VT_NEW(ctx, s->class_size, p.n_cells);
	for (size_t i = 0; i < s->n; i++) {
		s->class[i] = (int32_t)p.cell[i];
		s->class_size[p.cell[i]]++;
	}
done:
	vt_partition_clear(&p);
	free(scratch);
	return status;
}

/* One column for the symbol, if there are any, and the scaled columns of a continuous variable. */
static enum vt_status embed(struct vt_ctx *ctx, struct spaces *s, size_t a)
{
	enum vt_status status = VT_OK;
	double *copy = NULL;
	size_t from = s->discrete[a] ? 0 : s->space[a].cols, cols = from + 1;
	if (!s->symbol[a]) return VT_OK;
	VT_NEW(ctx, copy, s->n * cols);
	for (size_t i = 0; i < s->n; i++) {
		copy[i * cols] = s->symbol[a][i] * s->far;
		if (from > 0) memcpy(copy + i * cols + 1, s->copy[a] + i * from, from * sizeof *copy);
	}
	free(s->copy[a]);
	s->copy[a] = copy;
	s->space[a] = (struct vt_mat){ copy, s->n, cols, cols };
done:
	return status;
}

static enum vt_status spaces_create(struct vt_ctx *ctx, const struct vt_pair *in, size_t k, struct spaces *s)
{
	enum vt_status status = VT_OK;
	const struct vt_mat *variable[VT_MOST_SPACES] = { &in->x, &in->y, &in->z };
	const bool discrete[VT_MOST_SPACES] = { in->discrete_x, in->discrete_y, in->discrete_z };
	s->n = in->x.rows;
	s->n_spaces = in->z.cols > 0 ? 3 : 2;
	for (size_t a = 0; a < s->n_spaces; a++) {
		s->discrete[a] = discrete[a];
		VT_TRY(symbols(ctx, variable[a], k, s, a));
		if (discrete[a]) continue;
		s->continuous = true;
		VT_TRY(vt_scaled(ctx, variable[a], &s->copy[a]));
		s->space[a] = (struct vt_mat){ s->copy[a], s->n, variable[a]->cols, variable[a]->cols };
	}
	s->far = beyond(s);
	for (size_t a = 0; a < s->n_spaces; a++) VT_TRY(embed(ctx, s, a));
	status = classes(ctx, s);
done:
	return status;
}

/* ---- balls ------------------------------------------------------------------ */

/* Spaces whose product each count is taken in: without a condition x and y, else (x,z), (y,z) and z. */
static const unsigned given[VT_BALL_SPACES] = { 1 | 4, 2 | 4, 4 };

static unsigned members(const struct spaces *s, size_t c)
{
	return s->n_spaces == 3 ? given[c] : given[c] & 3;
}

static enum vt_status balls_create(struct vt_ctx *ctx, size_t n, struct vt_balls *b)
{
	enum vt_status status = VT_OK;
	*b = (struct vt_balls){ .n = n };
	VT_NEW(ctx, b->radius, n);
	VT_NEW(ctx, b->rank, n);
	VT_NEW(ctx, b->ties, n);
	for (size_t c = 0; c < VT_BALL_SPACES; c++) {
		VT_NEW(ctx, b->open[c], n);
		VT_NEW(ctx, b->closed[c], n);
	}
done:
	return status;
}

void vt_balls_clear(struct vt_balls *b)
{
	free(b->radius);
	free(b->rank);
	free(b->ties);
	for (size_t c = 0; c < VT_BALL_SPACES; c++) {
		free(b->open[c]);
		free(b->closed[c]);
	}
	*b = (struct vt_balls){ 0 };
}

static double distance(const struct vt_mat *m, size_t i, size_t j)
{
	double most = 0;
	for (size_t c = 0; c < m->cols; c++) {
		double d = fabs(m->x[i * m->stride + c] - m->x[j * m->stride + c]);
		most = d > most ? d : most;
	}
	return most;
}

static double within(const struct spaces *s, unsigned spaces, size_t i, size_t j)
{
	double most = 0;
	for (size_t a = 0; a < s->n_spaces; a++)
		if (spaces >> a & 1) most = fmax(most, distance(&s->space[a], i, j));
	return most;
}

/* The search found rows with other symbols: the ball is cut to the rows that share i's. */
static void cut_ball(const struct spaces *s, struct vt_balls *b, size_t i)
{
	double radius = 0;
	b->rank[i] = b->ties[i] = (uint32_t)(s->class_size[s->class[i]] - 1);
	for (size_t j = 0; j < s->n; j++)
		if (s->class[j] == s->class[i]) radius = fmax(radius, within(s, 7, i, j));
	b->radius[i] = b->rank[i] > 0 ? radius : NAN;
	for (size_t c = 0; c < VT_BALL_SPACES; c++) {
		b->open[c][i] = b->closed[c][i] = 0;
		if (members(s, c) == 0) continue;
		for (size_t j = 0; j < s->n; j++) {
			double d = within(s, members(s, c), i, j);
			b->open[c][i] += j != i && d < radius;
			b->closed[c][i] += j != i && d <= radius;
		}
	}
}

static bool tied(const struct vt_balls *b, size_t i)
{
	return b->radius[i] == 0 || b->ties[i] > b->rank[i];
}

static void count_rows(struct vt_balls *b, size_t k, bool continuous)
{
	for (size_t i = 0; i < b->n; i++) {
		b->n_tied += continuous && b->rank[i] > 0 && tied(b, i);
		b->n_alone += b->rank[i] == 0;
		b->n_short += b->rank[i] < k;
	}
}

static enum vt_status search(struct vt_ctx *ctx, const struct spaces *s, const size_t *k, size_t n_k,
                             enum vt_count_rule rule, struct vt_neighbours *found)
{
	struct vt_neighbours_input in = { .n_spaces = s->n_spaces, .n_k = n_k, .rule = rule };
	memcpy(in.space, s->space, sizeof in.space);
	memcpy(in.k, k, n_k * sizeof *k);
	for (size_t c = 0; c < VT_BALL_SPACES; c++)
		if (members(s, c) != 0) in.count[in.n_counts++] = members(s, c);
	return vt_neighbours_find(ctx, &in, found);
}

/* Takes over the a-th of n_k values of k.  Where nothing is given, all other rows are in the ball of z. */
static void take_open(const struct spaces *s, const struct vt_neighbours *found, size_t a, size_t k, struct vt_balls *b)
{
	size_t n = s->n, counts = s->n_spaces;
	for (size_t i = 0; i < n; i++) {
		b->radius[i] = found->distance[a * n + i];
		b->rank[i] = (uint32_t)k;
		b->ties[i] = found->ties[a * n + i];
		for (size_t c = 0; c < counts; c++) b->open[c][i] = found->count[(a * counts + c) * n + i];
		if (b->radius[i] >= s->far) cut_ball(s, b, i);
		for (size_t c = counts; c < VT_BALL_SPACES; c++) b->open[c][i] = b->closed[c][i] = (uint32_t)n - 1;
	}
}

static void take_closed(const struct spaces *s, const struct vt_neighbours *found, size_t a, size_t k,
                        struct vt_balls *b)
{
	size_t n = s->n, counts = s->n_spaces;
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; b->rank[i] == k && c < counts; c++)
			b->closed[c][i] = found->count[(a * counts + c) * n + i];
}

/* Closed counts cost a second search, and no tie-free sample needs them. */
static bool closed_wanted(const struct vt_balls *b, size_t n_k)
{
	for (size_t a = 0; a < n_k; a++)
		for (size_t i = 0; i < b->n; i++)
			if (b[a].rank[i] > 0 && tied(&b[a], i)) return true;
	return false;
}

static enum vt_status balls_in_space(struct vt_ctx *ctx, const struct spaces *s, const size_t *k, size_t n_k,
                                     bool closed, struct vt_balls *out)
{
	enum vt_status status = VT_OK;
	struct vt_neighbours open = { 0 }, upto = { 0 };
	VT_TRY(search(ctx, s, k, n_k, VT_COUNT_WITHIN, &open));
	for (size_t a = 0; a < n_k; a++) take_open(s, &open, a, k[a], &out[a]);
	if (closed || closed_wanted(out, n_k)) {
		VT_TRY(search(ctx, s, k, n_k, VT_COUNT_UPTO, &upto));
		for (size_t a = 0; a < n_k; a++) take_closed(s, &upto, a, k[a], &out[a]);
	}
done:
	vt_neighbours_clear(&open);
	vt_neighbours_clear(&upto);
	return status;
}

/* Rows that agree in all variables of a product, i not among them. */
static enum vt_status same_symbols(struct vt_ctx *ctx, const struct spaces *s, unsigned spaces, uint32_t *others)
{
	enum vt_status status = VT_OK;
	struct vt_partition p = { 0 };
	uint64_t *scratch = NULL;
	uint32_t *size = NULL;
	VT_NEW(ctx, scratch, s->n);
	VT_TRY(vt_partition_create(ctx, s->n, &p));
	for (size_t a = 0; a < s->n_spaces; a++)
		if (spaces >> a & 1) vt_partition_refine_rows(&p, &s->space[a], scratch);
	VT_NEW(ctx, size, p.n_cells);
	for (size_t i = 0; i < s->n; i++) size[p.cell[i]]++;
	for (size_t i = 0; i < s->n; i++) others[i] = size[p.cell[i]] - 1;
done:
	vt_partition_clear(&p);
	free(scratch);
	free(size);
	return status;
}

static enum vt_status balls_of_symbols(struct vt_ctx *ctx, const struct spaces *s, struct vt_balls *b)
{
	enum vt_status status = VT_OK;
	for (size_t c = 0; c < VT_BALL_SPACES; c++) VT_TRY(same_symbols(ctx, s, members(s, c), b->closed[c]));
	VT_TRY(same_symbols(ctx, s, 7, b->ties));
	memcpy(b->rank, b->ties, s->n * sizeof *b->rank);
done:
	return status;
}

enum vt_status vt_balls_find(struct vt_ctx *ctx, const struct vt_pair *in, const size_t *k, size_t n_k, bool closed,
                             struct vt_balls *out)
{
	enum vt_status status = VT_OK;
	struct spaces s = { 0 };
	for (size_t a = 0; a < n_k; a++) out[a] = (struct vt_balls){ 0 };
	VT_TRY(spaces_create(ctx, in, k[0], &s));
	for (size_t a = 0; a < n_k; a++) VT_TRY(balls_create(ctx, s.n, &out[a]));
	if (s.continuous)
		VT_TRY(balls_in_space(ctx, &s, k, n_k, closed, out));
	else
		for (size_t a = 0; a < n_k; a++) VT_TRY(balls_of_symbols(ctx, &s, &out[a]));
	for (size_t a = 0; a < n_k; a++) count_rows(&out[a], k[a], s.continuous);
done:
	if (status != VT_OK)
		for (size_t a = 0; a < n_k; a++) vt_balls_clear(&out[a]);
	spaces_clear(&s);
	return status;
}
