/* A picture as data: panels of curves.  Kinds build it; script.c writes it for gnuplot,
 * table.c shows its numbers where gnuplot is missing.
 *
 * Every text in here reaches a script, so every text is a literal of ours or went
 * through vt_safe_name; only caption and label, which stay on the page, are free.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_REPORT_PICTURE_H
#define VENTURI_REPORT_PICTURE_H

#include <stdio.h>

#include "page.h"
#include "study.h"
#include "venturi/onset.h"

/* lo, hi: the band, NaN for none.  level: the epoch, for curves coloured by it. */
struct vt_point {
	double x, y, lo, hi, level;
};
enum vt_mark { VT_MARK_START, VT_MARK_PEAK, VT_MARK_END, VT_N_MARKS };
struct vt_curve {
	char name[48];
	size_t style; /* colour, dashes or marker: the same layer has the same one everywhere */
	size_t n;
	struct vt_point *point;
	bool marked;               /* points alone, all curves of the picture, with a legend */
	bool trail;                /* coloured by level, with marks */
	size_t mark[VT_N_MARKS];   /* indices of points */
};
/* A thin line across the panel: a ceiling. */
struct vt_rule {
	const char *name;
	double at;
	bool vertical;
};
/* Cells in colour, between edges; missing ones stay blank. */
enum { VT_MAP_COLOURS = 25 };
struct vt_map {
	size_t n_rows, n_columns;
	double *x, *y;    /* edges, ascending: n_columns + 1, n_rows + 1 */
	double *value;    /* n_rows x n_columns */
	double lo, hi;    /* ends of the colours: what lies beyond has the last one */
	const char *unit; /* label of the colour bar */
};
/* When something happens in a curve of this style: a line across the panel and, over several
 * seeds, where it may lie. */
struct vt_event {
	size_t style;
	double at, lo, hi; /* lo, hi: NaN for none */
};
/* A row of a strip: one mean with its interval, and the seeds it comes from. */
struct vt_strip_row {
	char name[144];
	double at, lo, hi;  /* at: NaN where it never happened */
	size_t n, n_live;   /* in how many seeds, of how many */
	double *seed;       /* n */
};
struct vt_panel {
	char title[112];
	const char *x_label, *y_label; /* with units */
	bool epochs;                   /* x is the epoch or step: logarithmic, with a place for 0 */
	bool log_x, log_y;             /* besides the epoch's */
	double x_min, x_max, y_min, y_max;
	size_t n_curves, n_rules;
	struct vt_curve *curve;
	struct vt_rule rule[2];
	struct vt_map *map;            /* in place of curves; null: none */
	size_t n_moments, n_strips;
	struct vt_event moment[4];
	struct vt_strip_row *strip;    /* in place of curves, first at the top; all panels have the same names */
};
struct vt_picture {
	char name[96]; /* of its files */
	char *caption;
	char *label;   /* what tells it from the kind's other pictures, for the page; null: nothing */
	size_t n_panels, columns;
	struct vt_panel *panel;
};
struct vt_pictures {
	size_t n;
	struct vt_picture *picture;
};

/* At most so many arms are drawn; captions say so. */
enum { VT_MAX_ARMS_DRAWN = 6 };

/* Appends a picture of n_panels in `columns` columns.  name: safe; label: copied, may be
 * null; its caption is printed. */
enum vt_status vt_picture_add(struct vt_ctx *ctx, struct vt_pictures *p, const char *name, const char *label,
                              size_t n_panels, size_t columns, struct vt_picture **out, const char *caption, ...)
	__attribute__((format(printf, 8, 9)));
void vt_pictures_clear(struct vt_pictures *p);
void vt_map_free(struct vt_map *m);
/* Room for n curves in a panel. */
enum vt_status vt_panel_curves(struct vt_ctx *ctx, struct vt_panel *p, size_t n);

/* The mean over an arm's live seeds with a band of one standard deviation; with `log_y`
 * geometric.  Points without a value are kept as gaps. */
struct vt_source {
	const struct vt_study *study;
	const struct vt_field *grid;
	size_t arm, cell;
};
enum vt_status vt_curve_over_epochs(struct vt_ctx *ctx, const struct vt_source *from, bool log_y,
                                    struct vt_curve *out);
/* A panel of n such curves: cells from->cell + i * stride, named by the grid's first
 * dimension (layers).  Titled by the arm. */
enum vt_status vt_panel_over_epochs(struct vt_ctx *ctx, const struct vt_source *from, size_t n, size_t stride,
                                    const char *y_label, bool log_y, struct vt_panel *out);
/* A panel of cells: a field over step and one dimension with numbers, the mean over an arm's
 * live seeds, colours from lo to hi (hi NaN: the largest mean of all arms).  At most 64 rows. */
enum vt_status vt_panel_map(struct vt_ctx *ctx, const struct vt_source *from, const char *y_label, const char *unit,
                            double lo, double hi, struct vt_panel *out);
/* The largest mean over seeds of any arm that is drawn; NaN where there is none. */
double vt_largest_mean(const struct vt_study *s, const struct vt_field *g, size_t arms);
/* Where epoch 0 stands on a logarithmic axis: a third of the first positive one. */
double vt_epoch_zero(const struct vt_field *g);

/* The same for steps: where a step stands on the axis. */
double vt_step_place(const struct vt_field *g, size_t frame);

/* Onsets of one series over an arm's live seeds: geometric mean and 95 % interval of those in which
 * it happened.  Fills all of `out` but its name; the caller frees out->seed. */
enum vt_status vt_onset_over_seeds(struct vt_ctx *ctx, const struct vt_source *from, const struct vt_onset_rule *rule,
                                   struct vt_strip_row *out);
/* The epoch at a step, by straight lines between snapshots; NaN for NaN. */
double vt_epoch_of_step(const struct vt_field *g, double step);

/* Their parts of a script: cells in colour; rows of a strip, two blocks of data, with the names
 * of the rows where the panel is the leftmost. */
void vt_map_data(FILE *f, const struct vt_map *m);
void vt_map_plot(FILE *f, const struct vt_picture *p, const struct vt_panel *panel, size_t index);
void vt_strip_data(FILE *f, const struct vt_panel *panel);
void vt_strip_plot(FILE *f, const struct vt_picture *p, const struct vt_panel *panel, size_t index, bool named);

/* Sets ranges from the curves: the same for all panels of a row, for trails of all rows. */
void vt_picture_ranges(struct vt_picture *p);

/* One panel per arm: how many arms are shown, side by side in how many columns, over how
 * many rows; slots = columns * rows, the last ones may stay empty. */
struct vt_layout {
	size_t arms, columns, rows, slots;
};
struct vt_layout vt_study_layout(const struct vt_study *s);

/* The picture's numbers at the first, the last and a few epochs between. */
void vt_picture_table(struct vt_page *page, const struct vt_picture *p);

#endif
