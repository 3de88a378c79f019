/* The page and its figures, from files alone.
 *
 * A *study* is one experiment's finished runs, grouped: runs that differ in the seed
 * only are one *arm*.  A *figure* kind turns a study into *pictures*: panels of curves,
 * which gnuplot draws (SVG on the page, or SVG, PDF and PNG files with their scripts).
 * A figure that moves is drawn by the page itself: it adds its data to the *page*.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_REPORT_H
#define VENTURI_REPORT_H

#include "venturi/base.h"
#include "venturi/kind.h"
#include "venturi/store.h"

struct vt_study;
struct vt_page;
struct vt_pictures;

struct vt_figure_kind {
	struct vt_kind kind;
	const char *heading; /* of its part of the page */
	/* Whether the runs hold what it draws. */
	bool (*applies)(const struct vt_study *study);
	/* Adds its part to the page; null: its pictures stand there. */
	enum vt_status (*page)(struct vt_ctx *ctx, const struct vt_study *study, struct vt_page *page);
	enum vt_status (*pictures)(struct vt_ctx *ctx, const struct vt_study *study, struct vt_pictures *out);
};

/* What was written. */
struct vt_report {
	size_t n_experiments, n_runs, n_pictures;
	size_t bytes;          /* of the page */
	bool without_gnuplot;  /* the page shows tables in place of figures */
};

/* Writes one self-contained HTML page, one section per experiment.
 *
 * dir      each a folder with task-* and, if judged, rulings.json; or a folder of such
 *          folders, which are taken in the order of their names
 * path     committed by temporary name and rename: what was there stays until the page
 *          is complete.  Overwrites; asking first is the caller's matter.
 *
 * VT_EDATA when a folder holds no run, VT_EIO when the page cannot be written.  Without
 * gnuplot the page says so and shows the numbers.  Cost: about 0.2 s per picture. */
enum vt_status vt_report_page(struct vt_ctx *ctx, const struct vt_registry *kinds, size_t n_dirs,
                              const char *const *dir, const char *path, struct vt_report *out);

/* One file per picture, FOLDER/NAME.FORMAT through gnuplot; the name of the experiment
 * goes in front where there are several.
 *
 * format   "svg", "pdf" or "png"
 * keep     leaves NAME.gp and NAME.dat beside them; `gnuplot -e "format='pdf'" NAME.gp`
 *          draws them again
 * force    existing files may be overwritten; VT_EUSAGE otherwise
 *
 * VT_EUSAGE for another format, VT_EDATA when gnuplot is not installed or a folder holds
 * no run, VT_EIO when it fails. */
enum vt_status vt_report_figures(struct vt_ctx *ctx, const struct vt_registry *kinds, size_t n_dirs,
                                 const char *const *dir, const char *format, const char *folder, bool keep,
                                 bool force, struct vt_report *out);

#endif
