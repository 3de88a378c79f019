/* A picture as data: panels of curves.  Kinds build it; script.c writes it for gnuplot,
 * table.c shows its numbers where gnuplot is missing.
 *
 * Every text in here reaches a script, so every text is a literal of ours or went
 * through vt_safe_name; only caption and label, which stay on the page, are free.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_REPORT_PICTURE_H
#define VENTURI_REPORT_PICTURE_H

#include "page.h"
#include "study.h"

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
struct vt_panel {
	char title[112];
	const char *x_label, *y_label; /* with units */
	bool epochs;                   /* x is the epoch: logarithmic, with a place for 0 */
	bool log_x, log_y;             /* besides the epoch's */
	double x_min, x_max, y_min, y_max;
	size_t n_curves, n_rules;
	struct vt_curve *curve;
	struct vt_rule rule[2];
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
/* Where epoch 0 stands on a logarithmic axis: a third of the first positive one. */
double vt_epoch_zero(const struct vt_field *g);

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
