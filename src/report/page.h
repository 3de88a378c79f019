/* The page under construction: markup of ours, other people's text escaped.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_REPORT_PAGE_H
#define VENTURI_REPORT_PAGE_H

#include "venturi/base.h"

/* A growing text.  The first failure stays in `status` and turns later calls into
 * nothing, so that writers need not check each one. */
struct vt_page {
	struct vt_ctx *ctx;
	char *text;
	size_t n, room;
	enum vt_status status;
	size_t n_pictures;    /* numbers the ids of what is inlined */
	size_t n_planes;
	bool without_gnuplot; /* tables stand in for figures */
};

/* `markup` is a literal of ours and knows %s, %zu and %% only.  Every %s is escaped for
 * HTML (null becomes a dash): there is no way to insert somebody's text as markup. */
void vt_page_add(struct vt_page *p, const char *markup, ...) __attribute__((format(printf, 2, 3)));
/* Bytes as they are: embedded files, finished SVG. */
void vt_page_bytes(struct vt_page *p, const char *bytes, size_t n);
/* JSON for a <script>: `<` leaves as \u003c, so that no text can end the element. */
void vt_page_json(struct vt_page *p, const char *json);
/* Opens a table of class `class` up to <tbody>, exclusive; columns: their headings, separated
 * by commas, "#" in front of those that hold numbers. */
void vt_page_table(struct vt_page *p, const char *class, const char *columns);
void vt_page_clear(struct vt_page *p);

/* A number for reading: `digits` significant ones, a real minus sign, a dash for NaN. */
struct vt_number {
	char text[40];
};
struct vt_number vt_number(double value, int digits);
/* The same with a fixed number of decimals. */
struct vt_number vt_decimal(double value, int decimals);

#endif
