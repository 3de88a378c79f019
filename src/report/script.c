/* Writes a picture as a gnuplot script with its data: one script gives SVG, PDF and PNG,
 * and is meant to be restyled by hand.
 *
 * No text from outside comes this way: see picture.h.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gnuplot.h"

/* In units of the SVG: a figure is WIDTH wide whatever its columns. */
enum { WIDTH = 960, ROW = 298, LEFT = 84, RIGHT = 74, TOP = 34, BOTTOM = 58, LABEL = 15, DECADE = 48 };
/* A plane is taller, and has a colour bar at the right and a legend below. */
enum { MAP_RIGHT = 104, MAP_GAP = 26, STRIP_RIGHT = 52, STRIP_LINE = 19 };
enum { PLANE_ROW = ROW + 120, PLANE_RIGHT = 100, LEGEND = 44, MARKS_RIGHT = 18, MARKS_LEGEND = 66 };

/* Okabe and Ito 2008 without yellow, which white paper swallows. */
static const char *const colour[] = { "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000",
                                      "#888888" };
static const char *const dashes[] = { "1", "(14,4)", "(3,3)", "(14,4,3,4)", "(22,5)", "(7,3)", "(10,3,3,3,3,3)",
                                      "(2,5)" };
static const int marker[] = { 6, 4, 8, 10, 12, 14, 1, 2 };
enum { N_STYLES = 8 };
/* A curve among trails. */
#define BEHIND "lw 1.2 lc rgb '#0062a3'"

static void comment(FILE *f, const struct vt_picture *p)
{
	fprintf(f, "# Drawn by venturi; restyle at will, then:  gnuplot -e \"format='pdf'\" %s.gp\n", p->name);
	fprintf(f, "# %s.dat: blocks of  x  y  band_low  band_high  epoch, one per curve.\n", p->name);
}

static size_t rows_of(const struct vt_picture *p)
{
	return (p->n_panels + p->columns - 1) / p->columns;
}

static bool has_trails(const struct vt_picture *p)
{
	return p->panel[0].n_curves > 0 && p->panel[0].curve[0].trail;
}

/* Marks alone: curves are no functions of x, and their names stand in one legend. */
static bool has_marks(const struct vt_picture *p)
{
	return p->panel[0].n_curves > 0 && p->panel[0].curve[0].marked;
}

static const struct vt_map *first_map(const struct vt_picture *p)
{
	for (size_t k = 0; k < p->n_panels; k++)
		if (p->panel[k].map) return p->panel[k].map;
	return NULL;
}

static double legend_of(const struct vt_picture *p)
{
	return has_trails(p) ? LEGEND : has_marks(p) ? MARKS_LEGEND : 0;
}

static double row_height(const struct vt_picture *p)
{
	if (p->panel[0].n_strips > 0) return (double)(TOP + BOTTOM + STRIP_LINE * (p->panel[0].n_strips + 1));
	return has_trails(p) ? PLANE_ROW : ROW;
}

static double height_of(const struct vt_picture *p)
{
	return (double)rows_of(p) * row_height(p) + legend_of(p);
}

static void terminals(FILE *f, const struct vt_picture *p)
{
	double h = height_of(p);
	fprintf(f, "if (!exists(\"format\")) format = \"svg\"\n"
	        "if (format eq \"svg\") set terminal svg size %d,%.0f dynamic noenhanced font \"sans-serif,13\" \\\n"
	        "	background \"white\"\n"
	        "if (format eq \"pdf\") set terminal pdfcairo size %.2fcm,%.2fcm noenhanced font \"sans,9\" \\\n"
	        "	linewidth 1.2 pointscale 0.7\n"
	        "if (format eq \"png\") set terminal pngcairo size %d,%.0f noenhanced font \"sans,20\" \\\n"
	        "	linewidth 2 pointscale 2\n"
	        "set output \"%s.\" . format\n",
	        WIDTH, h, WIDTH / 50.0, h / 50, 2 * WIDTH, 2 * h, p->name);
}

/* Cividis (Nunez, Anderton, Renslow 2018) without the yellow end, which paper swallows. */
static void palette(FILE *f)
{
	fputs("set palette defined (0 '#00204d', 1 '#00336f', 2 '#39486b', 3 '#575c6d', 4 '#707173', 5 '#8a8779', "
	      "6 '#a69d75', 7 '#c4b56c', 7.6 '#d7c562')\nset cblabel 'epoch'\nset logscale cb\nset format cb '%g'\n", f);
}

/* Cividis whole, in steps that the eye can count. */
static void map_palette(FILE *f, const struct vt_map *m)
{
	fprintf(f, "set palette maxcolors %d defined (0 '#00204d', 1 '#00336f', 2 '#39486b', 3 '#575c6d', 4 '#707173', "
	        "5 '#8a8779', 6 '#a69d75', 7 '#c4b56c', 8 '#e4cf5b', 8.6 '#ffe945')\nset cblabel '%s' offset 1.2, 0\n"
	        "set cbrange [%.6g:%.6g]\nset format cb '%%g'\n", VT_MAP_COLOURS, m->unit, m->lo, m->hi);
}

static void prologue(FILE *f, const struct vt_picture *p)
{
	comment(f, p);
	fputs("set encoding utf8\n", f);
	terminals(f, p);
	fputs("set style line 100 lc rgb '#dddddd' lw 0.6\nset grid xtics ytics ls 100\n"
	      "set border 3 lc rgb '#555555'\nset tics nomirror out scale 0.6 textcolor rgb '#333333'\nset key off\n", f);
	for (size_t i = 0; i < N_STYLES; i++)
		fprintf(f, "set style line %zu lw 2 lc rgb '%s' dt %s pt %d\n", i + 1, colour[i], dashes[i], marker[i]);
	if (has_trails(p)) palette(f);
	if (first_map(p)) map_palette(f, first_map(p));
	fputs("set multiplot\n", f);
}

static bool has_curves(const struct vt_picture *p)
{
	for (size_t k = 0; k < p->n_panels; k++)
		if (p->panel[k].n_curves > 0) return true;
	return false;
}

/* Room for the longest name of a row. */
static double names_width(const struct vt_picture *p)
{
	size_t longest = 0;
	for (size_t r = 0; r < p->panel[0].n_strips; r++)
		if (strlen(p->panel[0].strip[r].name) > longest) longest = strlen(p->panel[0].strip[r].name);
	return fmin(24 + 7.6 * (double)longest, 0.4 * WIDTH);
}

struct box {
	double left, right, bottom, top; /* shares of the whole figure */
	double height;                   /* of the plot, in units */
};

static struct box box_of(const struct vt_picture *p, size_t k)
{
	double h = height_of(p), row = row_height(p), left = LEFT;
	double column = WIDTH / (double)p->columns, right = has_trails(p) ? PLANE_RIGHT : has_marks(p) ? MARKS_RIGHT : RIGHT;
	double x = column * (double)(k % p->columns), y = row * (double)(k / p->columns);
	if (first_map(p)) { /* only the last column has a bar beside it; the others lend it their room */
		double gap = has_curves(p) ? RIGHT : MAP_GAP, all = WIDTH - MAP_RIGHT + gap;
		column = all / (double)p->columns;
		x = column * (double)(k % p->columns);
		right = gap;
	}
	if (p->panel[0].n_strips > 0) { /* the names of the rows stand once, at the left of the figure */
		double names = names_width(p);
		column = (WIDTH - names) / (double)p->columns;
		x = names + column * (double)(k % p->columns);
		left = 6;
		right = STRIP_RIGHT;
	}
	return (struct box){
		(x + left) / WIDTH, (x + column - right) / WIDTH, 1 - (y + row - BOTTOM) / h, 1 - (y + TOP) / h,
		row - TOP - BOTTOM,
	};
}

/* Epoch 0 at the left edge, then the powers of ten from the first snapshot on: none may
 * stand between the two.  Narrow panels label every other one. */
static void epoch_tics(FILE *f, const struct vt_panel *p, const struct box *b)
{
	double first = pow(10, ceil(log10(3 * p->x_min) - 1e-9));
	double decade = (b->right - b->left) * WIDTH / log10(p->x_max / p->x_min);
	fprintf(f, "set xtics ('0' %.6g", p->x_min);
	bool label = true;
	for (double e = first; e <= p->x_max * 1.001; e *= 10) {
		if (label) fprintf(f, ", '%g' %g", e, e);
		else fprintf(f, ", '' %g", e);
		if (decade < DECADE) label = !label;
	}
	fputs(")\n", f);
}

/* Behind the curves: a line where the seeds' mean is. */
static void moments(FILE *f, const struct vt_panel *p)
{
	for (size_t i = 0; i < p->n_moments; i++) {
		const struct vt_event *m = &p->moment[i];
		size_t style = m->style % N_STYLES;
		fprintf(f, "set arrow from first %.6g, graph 0 to first %.6g, graph 1 nohead back lw 1.3 dt %s lc rgb '%s'\n", m->at,
		        m->at, dashes[style], colour[style]);
		if (isfinite(m->lo))
			fprintf(f, "set arrow from first %.6g, graph %.3f to first %.6g, graph %.3f heads size screen 0.004,90 back "
			        "lw 1.3 lc rgb '%s'\n", m->lo, 0.03 + 0.03 * (double)i, m->hi, 0.03 + 0.03 * (double)i, colour[style]);
	}
}

static void axes(FILE *f, const struct vt_panel *p, const struct box *b)
{
	fprintf(f, "unset label\nunset arrow\nset lmargin at screen %.4f\nset rmargin at screen %.4f\n"
	        "set bmargin at screen %.4f\nset tmargin at screen %.4f\n", b->left, b->right, b->bottom, b->top);
	fprintf(f, "set label '%s' at graph 0, graph 1 offset 0, 0.9 left textcolor rgb '#111111'\n", p->title);
	fprintf(f, "set xlabel '%s' offset 0, 0.3\nset ylabel '%s' offset 0.4, 0\n", p->x_label, p->y_label);
	fprintf(f, "set xrange [%.6g:%.6g]\nset yrange [%.6g:%.6g]\n", p->x_min, p->x_max, p->y_min, p->y_max);
	fputs(p->epochs || p->log_x ? "set logscale x\nset format x '%g'\n" : "unset logscale x\nset format x '%g'\n", f);
	fputs(p->log_y ? "set logscale y\nset format y '%g'\n" : "unset logscale y\nset format y '%g'\n", f);
	if (p->epochs) epoch_tics(f, p, b);
	else fputs("set xtics autofreq\n", f);
	fputs(p->n_strips > 0 ? "unset ytics\n" : "set ytics autofreq\n", f);
	moments(f, p);
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct vt_rule *r = &p->rule[i];
		const char *line = "nohead lw 1 dt (4,3) lc rgb '#777777'";
		if (r->vertical) {
			fprintf(f, "set arrow from first %.6g, graph 0 to first %.6g, graph 1 %s\n", r->at, r->at, line);
			fprintf(f, "set label '%s' at first %.6g, graph 1 offset 0, 0.9 right textcolor rgb '#555555'\n", r->name, r->at);
		} else {
			fprintf(f, "set arrow from graph 0, first %.6g to graph 1, first %.6g %s\n", r->at, r->at, line);
			fprintf(f, "set label '%s' at graph 1, first %.6g offset 0.5, 0 left textcolor rgb '#555555'\n", r->name, r->at);
		}
	}
}

/* ---- labels at the ends of the curves ---------------------------------- */

struct end {
	const struct vt_curve *curve;
	double at, label; /* share of the panel's height */
};

static double share(const struct vt_panel *p, double y)
{
	return p->log_y ? log(y / p->y_min) / log(p->y_max / p->y_min) : (y - p->y_min) / (p->y_max - p->y_min);
}

static int by_height(const void *a, const void *b)
{
	const struct end *x = a, *y = b;
	return (x->at > y->at) - (x->at < y->at);
}

/* Pushes labels apart upwards, then back down from the top. */
static void spread(struct end *e, size_t n, double least, double top)
{
	for (size_t i = 0; i < n; i++) {
		e[i].label = e[i].at;
		if (i > 0 && e[i].label < e[i - 1].label + least) e[i].label = e[i - 1].label + least;
	}
	for (size_t i = n; i-- > 0;) {
		double most = i + 1 < n ? e[i + 1].label - least : top;
		if (e[i].label > most) e[i].label = most;
	}
}

static size_t find_ends(const struct vt_panel *p, struct end *out)
{
	size_t n = 0;
	for (size_t c = 0; c < p->n_curves; c++) {
		size_t last = p->curve[c].n;
		while (last > 0 && !isfinite(p->curve[c].point[last - 1].y)) last--;
		if (last > 0) out[n++] = (struct end){ &p->curve[c], share(p, p->curve[c].point[last - 1].y), 0 };
	}
	return n;
}

static enum vt_status end_labels(struct vt_ctx *ctx, FILE *f, const struct vt_panel *p, double height)
{
	struct end *e = NULL;
	enum vt_status status;
	VT_NEW(ctx, e, p->n_curves);
	size_t n = find_ends(p, e);
	qsort(e, n, sizeof *e, by_height);
	spread(e, n, LABEL / height, 1.02);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "set arrow from graph 1, graph %.4f to graph 1.035, graph %.4f nohead ls %zu lw 1.2\n"
		        "set label '%s' at graph 1.045, graph %.4f left textcolor rgb '#222222'\n",
		        e[i].at, e[i].label, e[i].curve->style % N_STYLES + 1, e[i].curve->name, e[i].label);
	status = VT_OK;
done:
	free(e);
	return status;
}

/* ---- plots -------------------------------------------------------------- */

static bool has_band(const struct vt_curve *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (isfinite(c->point[i].lo)) return true;
	return false;
}

static void plot_curves(FILE *f, const struct vt_picture *p, const struct vt_panel *panel, size_t index)
{
	const char *before = "plot ";
	for (size_t c = 0; c < panel->n_curves; c++) {
		if (!has_band(&panel->curve[c])) continue;
		fprintf(f, "%s'%s.dat' index %zu using 1:3:4 with filledcurves fs transparent solid 0.16 noborder lc rgb '%s'",
		        before, p->name, index + c, colour[panel->curve[c].style % N_STYLES]);
		before = ", \\\n     ";
	}
	for (size_t c = 0; c < panel->n_curves; c++) {
		fprintf(f, "%s'%s.dat' index %zu using 1:2 with lines ls %zu", before, p->name, index + c,
		        panel->curve[c].style % N_STYLES + 1);
		before = ", \\\n     ";
	}
	fputs(panel->n_curves ? "\n" : "plot NaN\n", f);
}

static void plot_marks(FILE *f, const struct vt_picture *p, const struct vt_panel *panel, size_t index)
{
	const char *before = "plot ";
	for (size_t c = 0; c < panel->n_curves; c++) {
		size_t style = panel->curve[c].style % N_STYLES + 1;
		fprintf(f, "%s'%s.dat' index %zu using 1:2 with points ls %zu", before, p->name, index + c, style);
		before = ", \\\n     ";
	}
	fputs(panel->n_curves ? "\n" : "plot NaN\n", f);
}

/* gnuplot's hollow marks are followed by their filled ones; plus has none. */
static int filled(int type)
{
	return type >= 4 && type % 2 == 0 ? type + 1 : type;
}

/* The legend stands once, so it names what any panel has behind its trails; null: none has. */
static const struct vt_curve *behind(const struct vt_picture *p)
{
	for (size_t k = 0; k < p->n_panels; k++)
		for (size_t c = 0; c < p->panel[k].n_curves; c++)
			if (!p->panel[k].curve[c].trail) return &p->panel[k].curve[c];
	return NULL;
}

/* Start small and hollow, peak hollow, end filled: the order can be read in print. */
static void plot_trails(FILE *f, const struct vt_picture *p, const struct vt_panel *panel, size_t index)
{
	static const double size[VT_N_MARKS] = { 0.7, 1.1, 1.5 };
	const char *before = "plot ";
	for (size_t c = panel->n_curves; c-- > 0;) { /* what is no trail stands last, and is drawn first, behind */
		fprintf(f, "%s'%s.dat' index %zu using 1:2%s notitle", before, p->name, index + c,
		        panel->curve[c].trail ? ":5 with lines lw 2 lc palette" : " with lines " BEHIND);
		before = ", \\\n     ";
	}
	for (size_t c = 0; c < panel->n_curves; c++) {
		const struct vt_curve *t = &panel->curve[c];
		if (!t->trail) continue;
		int type = marker[t->style % N_STYLES];
		for (size_t m = 0; m < VT_N_MARKS; m++)
			fprintf(f, "%s'%s.dat' index %zu every ::%zu::%zu using 1:2 with points pt %d ps %.1f lw 1.4 "
			        "lc rgb '#222222' notitle", before, p->name, index + c, t->mark[m], t->mark[m],
			        m == VT_MARK_END ? filled(type) : type, size[m]);
	}
	fputs(panel->n_curves ? "\n" : "plot NaN\n", f);
}

/* The colour bar stands once, at the right of the last panel. */
static void trail_frame(FILE *f, const struct vt_picture *p, size_t k, const struct box *b)
{
	bool last = k + 1 == p->n_panels;
	if (last) fprintf(f, "set colorbox user origin screen %.4f, screen %.4f size screen 0.012, screen %.4f\n",
	                  b->right + 0.012, b->bottom, b->top - b->bottom);
	else fputs("unset colorbox\n", f);
}

/* Once, as a plot of its own at the foot: gnuplot gives a legend the width of its plot. */
static void legend(FILE *f, const struct vt_picture *p)
{
	const struct vt_panel *panel = &p->panel[0]; /* the last slot may be empty */
	const struct vt_curve *still = has_trails(p) ? behind(p) : NULL;
	fprintf(f, "\n# legend\nunset label\nunset arrow\nunset border\nunset tics\nunset xlabel\nunset ylabel\n"
	        "unset logscale\nunset colorbox\nset lmargin at screen 0.02\nset rmargin at screen 0.98\n"
	        "set bmargin at screen 0\nset tmargin at screen %.4f\nset key center center horizontal samplen 1.5\n"
	        "plot [0:1][0:1] NaN notitle", legend_of(p) / height_of(p));
	for (size_t c = 0; c < panel->n_curves; c++) {
		const struct vt_curve *k = &panel->curve[c];
		size_t style = k->style % N_STYLES;
		if (k->marked) fprintf(f, ", \\\n     keyentry with points ls %zu title '%s'", style + 1, k->name);
		if (k->trail) fprintf(f, ", \\\n     keyentry with points pt %d ps 1.3 lc rgb '#222222' title '%s'",
		                      filled(marker[style]), k->name);
	}
	if (still) fprintf(f, ", \\\n     keyentry with lines " BEHIND " title '%s'", still->name);
	fputc('\n', f);
}

/* A bar at the last map of each row of panels. */
static void map_frame(FILE *f, const struct vt_picture *p, size_t k, const struct box *b)
{
	bool last = (k + 1) % p->columns == 0 || k + 1 == p->n_panels || !p->panel[k + 1].map;
	if (last) fprintf(f, "set colorbox user origin screen %.4f, screen %.4f size screen 0.012, screen %.4f\n",
	                  b->right + 0.012, b->bottom, b->top - b->bottom);
	else fputs("unset colorbox\n", f);
}

static size_t blocks_of(const struct vt_panel *p)
{
	return p->map ? 1 : p->n_strips > 0 ? 2 : p->n_curves;
}

static enum vt_status plots(struct vt_ctx *ctx, FILE *f, const struct vt_picture *p)
{
	enum vt_status status = VT_OK;
	size_t index = 0;
	bool trails = has_trails(p);
	for (size_t k = 0; k < p->n_panels; k++) {
		const struct vt_panel *panel = &p->panel[k];
		struct box b = box_of(p, k);
		if (!panel->x_label) continue; /* an empty slot */
		fprintf(f, "\n# panel %zu\n", k + 1);
		axes(f, panel, &b);
		if (panel->map) {
			map_frame(f, p, k, &b);
			vt_map_plot(f, p, panel, index);
		} else if (panel->n_strips > 0) {
			vt_strip_plot(f, p, panel, index, k % p->columns == 0);
		} else if (trails) {
			trail_frame(f, p, k, &b);
			plot_trails(f, p, panel, index);
		} else if (has_marks(p)) {
			plot_marks(f, p, panel, index);
		} else {
			VT_TRY(end_labels(ctx, f, panel, b.height));
			plot_curves(f, p, panel, index);
		}
		index += blocks_of(panel);
	}
	if (trails || has_marks(p)) legend(f, p);
done:
	return status;
}

/* One block; a missing value is one empty line, which interrupts the curve.  A trail
 * keeps every line, so that its marks can be counted. */
static void block(FILE *f, const struct vt_curve *c)
{
	bool gap = true, any = false;
	for (size_t i = 0; i < c->n; i++) {
		const struct vt_point *q = &c->point[i];
		if (isfinite(q->y)) {
			fprintf(f, "%.6g %.5g %.5g %.5g %.6g\n", q->x, q->y, q->lo, q->hi, q->level);
			any = true;
		} else if (!gap && !c->trail) {
			fputc('\n', f);
		}
		gap = !isfinite(q->y);
	}
	if (!any) fputs("NaN NaN NaN NaN NaN\n", f);
	fputs("\n\n", f);
}

static void data(FILE *f, const struct vt_picture *p)
{
	for (size_t k = 0; k < p->n_panels; k++) {
		const struct vt_panel *panel = &p->panel[k];
		if (panel->map || panel->n_strips > 0) fprintf(f, "# panel %zu (%s)\n", k + 1, panel->title);
		if (panel->map) vt_map_data(f, panel->map);
		if (panel->n_strips > 0) vt_strip_data(f, panel);
		for (size_t c = 0; c < panel->n_curves; c++) {
			fprintf(f, "# panel %zu (%s), %s\n", k + 1, panel->title, panel->curve[c].name);
			block(f, &panel->curve[c]);
		}
	}
}

static enum vt_status open_file(struct vt_ctx *ctx, const char *folder, const char *name, const char *ending,
                                FILE **out)
{
	enum vt_status status = VT_OK;
	char *path = vt_format(ctx, "%s/%s.%s", folder, name, ending);
	if (!path) return VT_ENOMEM;
	*out = fopen(path, "w");
	VT_REQUIRE(ctx, *out, VT_EIO, "cannot write %s: %s", path, strerror(errno));
done:
	free(path);
	return status;
}

static enum vt_status close_file(struct vt_ctx *ctx, FILE *f, const char *folder, const char *name)
{
	bool failed = ferror(f) != 0;
	if (fclose(f) != 0) failed = true;
	return failed ? vt_ctx_fail(ctx, VT_EIO, "%s/%s.*: writing failed: %s", folder, name, strerror(errno)) : VT_OK;
}

enum vt_status vt_gnuplot_write(struct vt_ctx *ctx, const struct vt_picture *p, const char *folder)
{
	FILE *f = NULL;
	enum vt_status status;
	VT_TRY(open_file(ctx, folder, p->name, "dat", &f));
	data(f, p);
	VT_TRY(close_file(ctx, f, folder, p->name));
	VT_TRY(open_file(ctx, folder, p->name, "gp", &f));
	prologue(f, p);
	status = plots(ctx, f, p);
	fputs("unset multiplot\n", f);
	enum vt_status closed = close_file(ctx, f, folder, p->name);
	if (status == VT_OK) status = closed;
done:
	return status;
}
