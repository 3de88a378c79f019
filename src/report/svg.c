/* A figure of gnuplot's becomes part of the page.
 *
 * Inlined, several figures share one document: their ids must differ.  gnuplot writes
 * coordinates to 0.01 of a unit, absolute, with much white space: a tenth is finer than
 * any screen, and paths of differences in tenths make the page three times smaller.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gnuplot.h"

enum { LARGEST = 8 << 20 };

static enum vt_status read_file(struct vt_ctx *ctx, const char *path, char **out, size_t *n)
{
	enum vt_status status;
	char *bytes = NULL;
	FILE *f = fopen(path, "r");
	VT_REQUIRE(ctx, f, VT_EIO, "cannot read %s: %s", path, strerror(errno));
	VT_NEW(ctx, bytes, LARGEST + 1);
	*n = fread(bytes, 1, LARGEST, f);
	VT_REQUIRE(ctx, !ferror(f) && *n < LARGEST, VT_EIO, "%s: a figure of %zu bytes, at most %d wanted", path, *n, LARGEST);
	bytes[*n] = '\0';
	*out = bytes;
	bytes = NULL;
	status = VT_OK;
done:
	free(bytes);
	if (f) fclose(f);
	return status;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ---- paths ------------------------------------------------------------------- */

struct pen {
	struct vt_page *page;
	long x, y;         /* in tenths, where the last written point is */
	long skip_x;       /* end of a horizontal run that is not yet written */
	bool skipping, drawing;
};

/* Tenths without superfluous characters: 12 is 1.2, -3 is -.3. */
static void tenths(struct vt_page *page, long v, bool separate)
{
	char text[32];
	long size = labs(v);
	int n = snprintf(text, sizeof text, "%s%s", separate && v >= 0 ? " " : "", v < 0 ? "-" : "");
	if (size >= 10 || size == 0) n += snprintf(text + n, sizeof text - (size_t)n, "%ld", size / 10);
	if (size % 10) n += snprintf(text + n, sizeof text - (size_t)n, ".%ld", size % 10);
	vt_page_bytes(page, text, (size_t)n);
}

static void stroke(struct pen *p, long x, long y)
{
	if (!p->drawing) vt_page_bytes(p->page, "l", 1);
	tenths(p->page, x - p->x, p->drawing);
	tenths(p->page, y - p->y, true);
	p->x = x;
	p->y = y;
	p->drawing = true;
}

static void flush(struct pen *p)
{
	if (p->skipping) stroke(p, p->skip_x, p->y);
	p->skipping = false;
}

static void move(struct pen *p, long x, long y)
{
	flush(p);
	vt_page_bytes(p->page, "M", 1);
	tenths(p->page, x, false);
	tenths(p->page, y, true);
	p->x = x;
	p->y = y;
	p->drawing = false;
}

/* Horizontal runs in one direction become one stroke. */
static void line(struct pen *p, long x, long y)
{
	if (y == p->y && (!p->skipping || (x >= p->skip_x) == (p->skip_x >= p->x))) {
		p->skip_x = x;
		p->skipping = true;
		return;
	}
	flush(p);
	if (y == p->y) {
		line(p, x, y);
		return;
	}
	stroke(p, x, y);
}

/* Rewrites "M1.23,4.56 L7.89,0.12 ..." or a polygon's points up to the quote; returns the
 * length in the source, or 0 for anything else (nothing was written then). */
static size_t path(const char *s, char quote, bool closed, struct vt_page *page)
{
	size_t length = strcspn(s, "'\"");
	if (s[length] != quote || strspn(s, "ML0123456789., \t\r\n") < length || length < 8) return 0;
	struct pen p = { .page = page };
	bool first = true;
	for (const char *c = s; c < s + length;) {
		bool jump = *c == 'M' || (closed && first);
		char *end;
		if (!digit(*c)) {
			if (*c++ != 'M') continue;
			jump = true;
		}
		double x = strtod(c, &end);
		double y = strtod(end + (*end == ','), &end);
		if (jump) move(&p, lround(10 * x), lround(10 * y));
		else line(&p, lround(10 * x), lround(10 * y));
		first = false;
		c = end + strspn(end, " \t\r\n");
	}
	flush(&p);
	vt_page_bytes(page, "z", closed);
	return length;
}

/* ---- tags -------------------------------------------------------------------- */

/* The attribute value that starts at s[0] just behind an opening quote, if it is a path. */
static size_t coordinates(const char *s, size_t i, bool polygon, struct vt_page *page)
{
	const char *name = polygon ? "points" : "d";
	size_t back = i - 1, n = strlen(name); /* s[i - 1] is the quote */
	while (back > 0 && (s[back - 1] == '=' || s[back - 1] == ' ')) back--;
	if (back <= n || strncmp(s + back - n, name, n) != 0 || s[back - n - 1] != ' ') return 0;
	return path(s + i, s[i - 1], polygon, page);
}

static size_t prefixed(const char *s, const char *what, const char *prefix, struct vt_page *page)
{
	size_t n = strlen(what);
	if (strncmp(s, what, n) != 0) return 0;
	vt_page_bytes(page, s, n);
	vt_page_add(page, "%s", prefix);
	return n;
}

static const char *const reference[] = { "href=\"#", "href='#", "url(#", NULL };
/* What gnuplot writes into each of a thousand groups, and is the default anyway. */
static const char *const needless[] = { " stroke-linecap=\"butt\"", " stroke-linejoin=\"miter\"",
                                        " stroke-width=\"1.00\"", NULL };

static size_t skipped(const char *s)
{
	for (size_t k = 0; needless[k]; k++)
		if (strncmp(s, needless[k], strlen(needless[k])) == 0) return strlen(needless[k]);
	return 0;
}

/* One tag up to its '>': blank runs get shorter, ids a prefix, paths their short form. */
static size_t tag(const char *s, const char *prefix, struct vt_page *page)
{
	bool polygon = strncmp(s, "<polygon", 8) == 0;
	size_t i = polygon ? 8 : 0;
	if (polygon) vt_page_bytes(page, "<path", 5);
	while (s[i] && s[i] != '>' && page->status == VT_OK) {
		size_t n = i > 0 && (s[i - 1] == '\'' || s[i - 1] == '"') ? coordinates(s, i, polygon, page) : 0;
		if (n == 0) n = skipped(s + i);
		for (size_t k = 0; n == 0 && reference[k]; k++) n = prefixed(s + i, reference[k], prefix, page);
		bool starts = i > 0 && strchr(" \t\n", s[i - 1]);
		if (n == 0 && starts) n = prefixed(s + i, "id=\"", prefix, page);
		if (n == 0 && starts) n = prefixed(s + i, "id='", prefix, page);
		if (n == 0 && polygon && starts && strncmp(s + i, "points", 6) == 0) {
			vt_page_bytes(page, "d", 1);
			n = 6;
		}
		if (n == 0) {
			bool blank = strchr(" \t\r\n", s[i]) != NULL;
			n = blank ? strspn(s + i, " \t\r\n") : 1;
			vt_page_bytes(page, blank ? " " : s + i, 1);
		}
		i += n;
	}
	return i;
}

/* Length of a group with nothing in it, or 0. */
static size_t empty_group(const char *s)
{
	if (strncmp(s, "<g ", 3) != 0) return 0;
	const char *end = strchr(s, '>');
	if (!end) return 0;
	end += 1 + strspn(end + 1, " \t\r\n");
	return strncmp(end, "</g>", 4) == 0 ? (size_t)(end + 4 - s) : 0;
}

/* The <svg> element alone, tag by tag; text between tags is kept unless it is blank.
 * <title> goes: it would pop up as a tool tip naming gnuplot's own plots. */
static void squeeze(const char *s, const char *prefix, struct vt_page *page)
{
	const char *svg = strstr(s, "<svg");
	if (!svg) {
		page->status = vt_ctx_fail(page->ctx, VT_EIO, "gnuplot wrote a figure without <svg>");
		return;
	}
	for (s = svg; *s;) {
		size_t text = strcspn(s, "<");
		if (text > strspn(s, " \t\r\n")) vt_page_bytes(page, s, text);
		s += text;
		const char *end = NULL;
		if (strncmp(s, "<!--", 4) == 0) end = strstr(s, "-->");
		if (end) { s = end + 3; continue; }
		if (strncmp(s, "<title>", 7) == 0) end = strstr(s, "</title>");
		if (end) { s = end + 8; continue; }
		size_t empty = empty_group(s);
		if (empty) { s += empty; continue; }
		s += tag(s, prefix, page);
		if (*s) vt_page_bytes(page, s++, 1);
	}
}

enum vt_status vt_svg_inline(struct vt_ctx *ctx, const char *folder, const char *name, struct vt_page *page)
{
	char *path = NULL, *bytes = NULL;
	char prefix[32];
	size_t n;
	enum vt_status status;
	path = vt_format(ctx, "%s/%s.svg", folder, name);
	if (!path) { status = VT_ENOMEM; goto done; }
	VT_TRY(read_file(ctx, path, &bytes, &n));
	snprintf(prefix, sizeof prefix, "f%zu-", page->n_pictures);
	squeeze(bytes, prefix, page);
	status = page->status;
done:
	free(path);
	free(bytes);
	return status;
}
