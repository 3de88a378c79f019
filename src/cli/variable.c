/* Arrays from outside as variables: which rows, which columns, which type.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "variable.h"

static bool ends_in(const char *text, const char *ending)
{
	size_t n = strlen(text), m = strlen(ending);
	return n > m && strcmp(text + n - m, ending) == 0;
}

bool vt_is_hdf5_name(const char *path)
{
	return !ends_in(path, ".npy") && !ends_in(path, ".csv");
}

/* ---- where --------------------------------------------------------------------- */

/* "F.h5:/path" and "F.npy" stand by themselves; anything else is a dataset of the file. */
static enum vt_status resolve(struct vt_ctx *ctx, const char *file, const char *path, struct vt_given *g)
{
	enum vt_status status = VT_OK;
	bool alone = strstr(path, ":/") || !vt_is_hdf5_name(path);
	VT_REQUIRE(ctx, *path, VT_EUSAGE, "the name of an array is empty; wanted /PATH, FILE.h5:/PATH, FILE.npy or FILE.csv");
	VT_REQUIRE(ctx, alone || file, VT_EUSAGE, "'%s' names no file; wanted FILE.h5:/PATH, FILE.npy or FILE.csv, or FILE as"
	           " the first word", path);
	VT_REQUIRE(ctx, alone || vt_is_hdf5_name(file), VT_EUSAGE, "'%s' is asked of %s, which holds one array; wanted "
	           "FILE.h5:/PATH, FILE.npy or FILE.csv", path, file);
	g->where = alone ? vt_copy(ctx, path) : vt_format(ctx, "%s:%s%s", file, path[0] == '/' ? "" : "/", path);
	g->name = alone || path[0] == '/' ? vt_copy(ctx, path) : vt_format(ctx, "/%s", path);
	VT_REQUIRE(ctx, g->where && g->name, VT_ENOMEM, "out of memory for '%s'", path);
	g->discrete_of_text = ends_in(path, ".csv");
done:
	return status;
}

enum vt_status vt_given_open(struct vt_ctx *ctx, const char *file, const char *path, struct vt_given *out)
{
	enum vt_status status;
	struct vt_given g = { .nature = out->nature };
	VT_TRY(resolve(ctx, file, path, &g));
	VT_TRY(vt_input_extent(ctx, g.where, &g.extent));
	VT_REQUIRE(ctx, g.extent.rank > 0, VT_EDATA, "%s: is a single number (0 dimensions), wanted rows", g.where);
	for (size_t k = 0; k < g.extent.rank; k++)
		VT_REQUIRE(ctx, g.extent.dim[k] > 0, VT_EDATA, "%s: is empty: dimension %zu of %zu has length 0, wanted at least 1",
		           g.where, k + 1, g.extent.rank);
	*out = g;
	return VT_OK;
done:
	vt_given_close(&g);
	return status;
}

static void drop_columns(struct vt_given *g)
{
	for (size_t i = 0; g->columns && i < g->n_columns; i++) {
		free(g->columns[i].text);
		free(g->columns[i].index);
	}
	free(g->columns);
	g->columns = NULL;
	g->n_columns = 0;
}

void vt_given_close(struct vt_given *g)
{
	drop_columns(g);
	free(g->where);
	free(g->name);
	free(g->held.value);
	*g = (struct vt_given){ .nature = g->nature };
}

/* ---- rows ------------------------------------------------------------------------ */

size_t vt_given_rows(const struct vt_given *g)
{
	return g->extent.dim[g->stepped ? 1 : 0];
}

size_t vt_given_cols(const struct vt_given *g)
{
	size_t n = 1;
	for (size_t k = g->stepped ? 2 : 1; k < g->extent.rank; k++) n *= g->extent.dim[k];
	return n;
}

static const char *shape_text(const struct vt_given *g, char *out, size_t size)
{
	size_t used = 0;
	for (size_t k = 0; k < g->extent.rank && used < size; k++)
		used += (size_t)snprintf(out + used, size - used, "%s%zu", k ? ", " : "[", g->extent.dim[k]);
	if (used < size) snprintf(out + used, size - used, "]");
	return out;
}

static bool rows_agree(size_t n, struct vt_given *const *g)
{
	for (size_t i = 1; i < n; i++)
		if (vt_given_rows(g[i]) != vt_given_rows(g[0])) return false;
	return true;
}

static enum vt_status rows_differ(struct vt_ctx *ctx, size_t n, struct vt_given *const *g, size_t n_steps)
{
	char first[120], second[120], steps[64] = "";
	size_t i = 1;
	while (i + 1 < n && vt_given_rows(g[i]) == vt_given_rows(g[0])) i++;
	if (n_steps > 0) snprintf(steps, sizeof steps, "; there are %zu snapshots", n_steps);
	return vt_ctx_fail(ctx, VT_EDATA, "%s: has %zu rows (shape %s), %s has %zu (shape %s): wanted as many%s", g[i]->where,
	                   vt_given_rows(g[i]), shape_text(g[i], first, sizeof first), g[0]->where, vt_given_rows(g[0]),
	                   shape_text(g[0], second, sizeof second), steps);
}

/* With as many rows as snapshots a shape alone does not tell which of the two its first dimension counts: all ways of
 * reading are tried, those with the most stepped arrays first. */
enum vt_status vt_given_align(struct vt_ctx *ctx, size_t n, struct vt_given *const *g, size_t n_steps, size_t *rows)
{
	unsigned can = 0;
	for (size_t i = 0; i < n; i++)
		if (n_steps > 0 && g[i]->extent.rank >= 2 && g[i]->extent.dim[0] == n_steps) can |= 1u << i;
	for (unsigned set = can;; set = (set - 1) & can) {
		for (size_t i = 0; i < n; i++) g[i]->stepped = set >> i & 1;
		if (rows_agree(n, g)) break;
		if (set == 0) {
			for (size_t i = 0; i < n; i++) g[i]->stepped = can >> i & 1;
			return rows_differ(ctx, n, g, n_steps);
		}
	}
	*rows = vt_given_rows(g[0]);
	if (*rows >= 2) return VT_OK;
	return vt_ctx_fail(ctx, VT_EDATA, "%s: has %zu row, wanted at least 2", g[0]->where, *rows);
}

/* ---- columns ---------------------------------------------------------------------- */

static bool whole_number(const char **at, size_t *out)
{
	char *end;
	if (**at < '0' || **at > '9') return false;
	errno = 0;
	unsigned long v = strtoul(*at, &end, 10);
	if (errno) return false;
	*at = end;
	*out = v;
	return true;
}

/* One of "7", "0:3", ":3", "3:" before a comma or the end. */
static bool range(const char **at, size_t cols, size_t *from, size_t *to)
{
	bool begins = whole_number(at, from);
	if (!begins) *from = 0;
	*to = *from + 1;
	if (**at == ':') {
		++*at;
		if (!whole_number(at, to)) *to = cols;
	} else if (!begins) {
		return false;
	}
	return (**at == ',' || **at == '\0') && *from < *to && *to <= cols;
}

static enum vt_status parse_columns(struct vt_ctx *ctx, const struct vt_given *g, const char *flag, const char *text,
                                    struct vt_columns *out)
{
	enum vt_status status;
	size_t cols = vt_given_cols(g), from, to, room = 0;
	const char *at = text;
	for (bool more = true; more; more = *at++ == ',') {
		VT_REQUIRE(ctx, range(&at, cols, &from, &to), VT_EUSAGE, "--%s=%s: wanted columns such as 0:3,7 (that is 0, 1, 2 "
		           "and 7) out of 0 to %zu, which %s has", flag, text, cols - 1, g->where);
		VT_REQUIRE(ctx, room + (to - from) <= 4 * cols + 16, VT_EUSAGE, "--%s=%s: names more columns than there are", flag,
		           text);
		room += to - from;
	}
	VT_NEW(ctx, out->index, room);
	out->text = vt_copy(ctx, text);
	VT_REQUIRE(ctx, out->text, VT_ENOMEM, "out of memory for columns");
	at = text;
	for (bool more = true; more; more = *at++ == ',')
		for (range(&at, cols, &from, &to); from < to; from++) out->index[out->n++] = from;
	status = VT_OK;
done:
	return status;
}

enum vt_status vt_given_choose(struct vt_ctx *ctx, struct vt_given *g, const char *flag, size_t n,
                               const char *const *text)
{
	enum vt_status status = VT_OK;
	drop_columns(g);
	if (n == 0) return VT_OK;
	VT_NEW(ctx, g->columns, n);
	g->n_columns = n;
	for (size_t i = 0; i < n; i++) VT_TRY(parse_columns(ctx, g, flag, text[i], &g->columns[i]));
done:
	return status;
}

/* ---- values ----------------------------------------------------------------------- */

enum vt_status vt_given_load(struct vt_ctx *ctx, struct vt_given *g, size_t index)
{
	size_t wanted = g->stepped ? index : SIZE_MAX;
	if (g->held.value && g->held_index == wanted) return VT_OK;
	free(g->held.value); /* before, so that there are never two */
	g->held = (struct vt_array){ 0 };
	g->held_index = wanted;
	return g->stepped ? vt_input_slab(ctx, g->where, index, &g->held) : vt_input_array(ctx, g->where, &g->held);
}

static bool whole(const struct vt_mat *m)
{
	for (size_t i = 0; i < m->rows; i++)
		for (size_t c = 0; c < m->cols; c++)
			if (m->x[i * m->stride + c] != rint(m->x[i * m->stride + c])) return false;
	return true;
}

static int compare_rows(const void *a, const void *b, void *matrix)
{
	const struct vt_mat *m = matrix;
	const double *x = m->x + *(const size_t *)a * m->stride, *y = m->x + *(const size_t *)b * m->stride;
	for (size_t c = 0; c < m->cols; c++)
		if (x[c] != y[c]) return x[c] < y[c] ? -1 : 1;
	return 0;
}

enum vt_status vt_rows_number(struct vt_ctx *ctx, const struct vt_mat *m, int32_t **out, size_t *n_numbers)
{
	enum vt_status status = VT_OK;
	size_t *row = NULL;
	int32_t *number = NULL, last = 0;
	VT_NEW(ctx, row, m->rows);
	VT_NEW(ctx, number, m->rows);
	for (size_t i = 0; i < m->rows; i++) row[i] = i;
	qsort_r(row, m->rows, sizeof *row, compare_rows, (void *)m);
	for (size_t i = 0; i < m->rows; i++)
		number[row[i]] = last += i > 0 && compare_rows(&row[i - 1], &row[i], (void *)m) != 0;
	*n_numbers = (size_t)last + (m->rows > 0);
	*out = number;
	number = NULL;
done:
	free(row);
	free(number);
	return status;
}

enum vt_status vt_rows_distinct(struct vt_ctx *ctx, const struct vt_mat *m, size_t *out)
{
	int32_t *number = NULL;
	enum vt_status status = vt_rows_number(ctx, m, &number, out);
	free(number);
	return status;
}

static enum vt_status decide(struct vt_ctx *ctx, const struct vt_given *g, const struct vt_mat *m, bool *discrete)
{
	enum vt_status status = VT_OK;
	size_t distinct;
	*discrete = g->nature == VT_NATURE_DISCRETE;
	if (g->nature != VT_NATURE_AUTO || !(g->held.integer || (g->discrete_of_text && whole(m)))) return VT_OK;
	VT_TRY(vt_rows_distinct(ctx, m, &distinct));
	*discrete = distinct <= m->rows / 2;
done:
	return status;
}

enum vt_status vt_given_matrix(struct vt_ctx *ctx, const struct vt_given *g, size_t group, struct vt_mat *out,
                               double **copy, bool *discrete)
{
	enum vt_status status;
	size_t rows = g->held.dim[0], cols = g->held.n / rows;
	struct vt_mat m = { g->held.value, rows, cols, cols };
	double *taken = NULL;
	if (g->columns) {
		const struct vt_columns *c = &g->columns[group];
		VT_NEW(ctx, taken, rows * c->n);
		for (size_t i = 0; i < rows; i++)
			for (size_t k = 0; k < c->n; k++) taken[i * c->n + k] = g->held.value[i * cols + c->index[k]];
		m = (struct vt_mat){ taken, rows, c->n, c->n };
	}
	VT_TRY(decide(ctx, g, &m, discrete));
	*out = m;
	*copy = taken;
	taken = NULL;
done:
	free(taken);
	return status;
}
