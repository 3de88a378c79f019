/* gnuplot: scripts, their data, and running it without a shell.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_REPORT_GNUPLOT_H
#define VENTURI_REPORT_GNUPLOT_H

#include "picture.h"

/* Whether gnuplot is in PATH. */
bool vt_gnuplot_present(void);

/* FOLDER/NAME.gp and FOLDER/NAME.dat; VT_EIO. */
enum vt_status vt_gnuplot_write(struct vt_ctx *ctx, const struct vt_picture *p, const char *folder);

/* Runs NAME.gp inside the folder: NAME.FORMAT appears there.  `format` is one of svg,
 * pdf, png.  VT_EDATA when gnuplot is not installed, VT_EIO with its first complaint. */
enum vt_status vt_gnuplot_run(struct vt_ctx *ctx, const char *folder, const char *name, const char *format);

/* A private folder (mode 0700) for scripts in the making, and its removal with all that
 * is in it. */
enum vt_status vt_gnuplot_folder(struct vt_ctx *ctx, char **path);
void vt_gnuplot_clean(const char *path);

/* FOLDER/NAME.svg into the page: without prolog, comments and white space, numbers to a
 * tenth of a unit, ids made unique. */
enum vt_status vt_svg_inline(struct vt_ctx *ctx, const char *folder, const char *name, struct vt_page *page);

#endif
