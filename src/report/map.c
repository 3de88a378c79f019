/* Maps: a field over step and one dimension as cells in colour.  Called by figures, and by
 * the script that shows them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Colours are few, and neighbours of the same colour become one rectangle: an SVG of every
 * cell would be larger than the page. */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "picture.h"

enum { MOST_ROWS = 64 };

void vt_map_free(struct vt_map *m)
{
	if (!m) return;
	free(m->x);
	free(m->y);
	free(m->value);
	free(m);
}

/* ---- building ---------------------------------------------------------------------- */

static double first_step(const struct vt_field *g)
{
	for (size_t t = 0; t < g->n_frames; t++)
		if (g->step[t] > 0) return g->step[t];
	return 1;
}

double vt_step_place(const struct vt_field *g, size_t frame)
{
	return g->step[frame] > 0 ? g->step[frame] : first_step(g) / 3;
}

double vt_largest_mean(const struct vt_study *s, const struct vt_field *g, size_t arms)
{
	double most = NAN; /* which fmax passes over */
	for (size_t a = 0; a < arms; a++)
		for (size_t t = 0; t < g->n_frames; t++)
			for (size_t c = 0; c < g->n_cells; c++) most = fmax(most, vt_field_spread(g, s, a, t, c).mean);
	return most;
}

/* Places in ascending order, with the cells they come from. */
struct row {
	double place;
	size_t cell;
};

static int by_place(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	return (x->place > y->place) - (x->place < y->place);
}

static enum vt_status find_rows(struct vt_ctx *ctx, const struct vt_field *g, struct row **out, size_t *n)
{
	enum vt_status status;
	VT_NEW(ctx, *out, g->n_cells);
	for (size_t c = 0; c < g->n_cells; c++) (*out)[c] = (struct row){ strtod(g->label[0][c], NULL), c };
	qsort(*out, g->n_cells, sizeof **out, by_place);
	*n = g->n_cells < MOST_ROWS ? g->n_cells : MOST_ROWS;
	status = VT_OK;
done:
	return status;
}

/* Half-way between neighbours; the ends are as far out as in. */
static void row_edges(const struct row *row, size_t n, double *edge)
{
	for (size_t i = 1; i < n; i++) edge[i] = (row[i - 1].place + row[i].place) / 2;
	double first = n > 1 ? row[1].place - row[0].place : 1, last = n > 1 ? row[n - 1].place - row[n - 2].place : 1;
	edge[0] = row[0].place - first / 2;
	edge[n] = row[n - 1].place + last / 2;
}

/* Half-way on the logarithmic axis; the first and the last snapshot are its ends. */
static void step_edges(const struct vt_field *g, const size_t *frame, size_t n, double *edge)
{
	for (size_t t = 1; t < n; t++) edge[t] = sqrt(vt_step_place(g, frame[t - 1]) * vt_step_place(g, frame[t]));
	edge[0] = vt_step_place(g, frame[0]);
	edge[n] = n > 1 ? vt_step_place(g, frame[n - 1]) : 2 * edge[0];
}

static enum vt_status fill(struct vt_ctx *ctx, const struct vt_source *from, struct vt_map *m)
{
	enum vt_status status;
	const struct vt_field *g = from->grid;
	struct row *row = NULL;
	size_t *frame = NULL;
	VT_TRY(find_rows(ctx, g, &row, &m->n_rows));
	VT_NEW(ctx, frame, g->n_frames);
	for (size_t t = 0; t < g->n_frames; t++)
		if (vt_field_there(g, from->study, from->arm, t)) frame[m->n_columns++] = t;
	if (m->n_columns == 0) frame[m->n_columns++] = 0; /* an arm without a live run: a column of gaps */
	VT_NEW(ctx, m->x, m->n_columns + 1);
	VT_NEW(ctx, m->y, m->n_rows + 1);
	VT_NEW(ctx, m->value, m->n_rows * m->n_columns);
	step_edges(g, frame, m->n_columns, m->x);
	row_edges(row, m->n_rows, m->y);
	for (size_t r = 0; r < m->n_rows; r++)
		for (size_t t = 0; t < m->n_columns; t++)
			m->value[r * m->n_columns + t] = vt_field_spread(g, from->study, from->arm, frame[t], row[r].cell).mean;
	status = VT_OK;
done:
	free(row);
	free(frame);
	return status;
}

enum vt_status vt_panel_map(struct vt_ctx *ctx, const struct vt_source *from, const char *y_label, const char *unit,
                            double lo, double hi, struct vt_panel *out)
{
	enum vt_status status;
	const struct vt_field *g = from->grid;
	VT_REQUIRE(ctx, g->rank == 1 && g->n_cells > 0 && g->n_frames > 0, VT_EDATA,
	           "%s: a map wants a series over step and one dimension, found %zu beside step", from->study->dir, g->rank);
	snprintf(out->title, sizeof out->title, "%s", from->study->arm[from->arm].name);
	out->x_label = "step";
	out->y_label = y_label;
	out->epochs = true;
	VT_NEW(ctx, out->map, 1);
	out->map->unit = unit;
	out->map->lo = lo;
	out->map->hi = hi > lo ? hi : lo + 1;
	VT_TRY(fill(ctx, from, out->map));
done:
	return status;
}

/* ---- drawing ------------------------------------------------------------------------- */

/* The colour's number, or -1 for a missing value. */
static int colour_of(const struct vt_map *m, double v)
{
	if (!isfinite(v)) return -1;
	double share = (v - m->lo) / (m->hi - m->lo);
	return share <= 0 ? 0 : share >= 1 ? VT_MAP_COLOURS - 1 : (int)(share * VT_MAP_COLOURS);
}

void vt_map_data(FILE *f, const struct vt_map *m)
{
	bool any = false;
	/* A hair over the next cell, which is drawn later: edges that only touch let the paper through. */
	double over_x = pow(m->x[m->n_columns] / m->x[0], 0.002), over_y = 0.003 * (m->y[m->n_rows] - m->y[0]);
	fputs("# x_low  y_low  x_high  y_high  value, cells of one colour together\n", f);
	for (size_t r = 0; r < m->n_rows; r++)
		for (size_t t = 0, end; t < m->n_columns; t = end) {
			int colour = colour_of(m, m->value[r * m->n_columns + t]);
			for (end = t + 1; end < m->n_columns && colour_of(m, m->value[r * m->n_columns + end]) == colour;) end++;
			if (colour < 0) continue;
			double middle = m->lo + (m->hi - m->lo) * (colour + 0.5) / VT_MAP_COLOURS;
			fprintf(f, "%.5g %.6g %.5g %.6g %.5g\n", m->x[t], m->y[r], m->x[end] * over_x, m->y[r + 1] + over_y, middle);
			any = true;
		}
	if (!any) fputs("NaN NaN NaN NaN NaN\n", f);
	fputs("\n\n", f);
}

void vt_map_plot(FILE *f, const struct vt_picture *p, const struct vt_panel *panel, size_t index)
{
	(void)panel;
	fprintf(f, "unset grid\nplot '%s.dat' index %zu using 1:2:1:3:2:4:5 with boxxyerror fs solid noborder lc palette\n"
	        "set grid xtics ytics ls 100\n", p->name, index);
}
