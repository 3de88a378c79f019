/* Growing the page; the only place where text becomes HTML.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"

static bool reserve(struct vt_page *p, size_t more)
{
	if (p->status != VT_OK) return false;
	if (p->n + more < p->room) return true;
	size_t room = p->room ? p->room : 1 << 16;
	while (room <= p->n + more) room *= 2;
	char *text = realloc(p->text, room);
	if (!text) {
		p->status = vt_ctx_fail(p->ctx, VT_ENOMEM, "out of memory: a page of %zu bytes", room);
		return false;
	}
	p->text = text;
	p->room = room;
	return true;
}

void vt_page_bytes(struct vt_page *p, const char *bytes, size_t n)
{
	if (!reserve(p, n)) return;
	memcpy(p->text + p->n, bytes, n);
	p->n += n;
	p->text[p->n] = '\0';
}

static const char *entity(char c)
{
	switch (c) {
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '&': return "&amp;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

/* Control characters have no place in HTML; they come out as a space. */
static void escaped(struct vt_page *p, const char *text)
{
	if (!text) text = "\xe2\x80\x93";
	for (const char *c = text; *c; c++) {
		const char *e = entity(*c);
		bool control = (unsigned char)*c < ' ' && *c != '\n' && *c != '\t';
		if (e) vt_page_bytes(p, e, strlen(e));
		else vt_page_bytes(p, control ? " " : c, 1);
	}
}

static void count(struct vt_page *p, size_t n)
{
	char digits[24];
	vt_page_bytes(p, digits, (size_t)snprintf(digits, sizeof digits, "%zu", n));
}

void vt_page_add(struct vt_page *p, const char *markup, ...)
{
	va_list args;
	va_start(args, markup);
	while (p->status == VT_OK && *markup) {
		size_t plain = strcspn(markup, "%");
		vt_page_bytes(p, markup, plain);
		markup += plain;
		if (strncmp(markup, "%s", 2) == 0) escaped(p, va_arg(args, const char *)), markup += 2;
		else if (strncmp(markup, "%zu", 3) == 0) count(p, va_arg(args, size_t)), markup += 3;
		else if (strncmp(markup, "%%", 2) == 0) vt_page_bytes(p, "%", 1), markup += 2;
		else if (*markup) p->status = vt_ctx_fail(p->ctx, VT_EBUG, "the page has no conversion '%.4s'", markup);
	}
	va_end(args);
}

void vt_page_json(struct vt_page *p, const char *json)
{
	while (*json) {
		size_t plain = strcspn(json, "<");
		vt_page_bytes(p, json, plain);
		json += plain;
		if (*json) vt_page_bytes(p, "\\u003c", 6), json++;
	}
}

void vt_page_table(struct vt_page *p, const char *class, const char *columns)
{
	vt_page_add(p, "<div class=\"scroll\"><table class=\"%s\"><thead><tr>", class);
	while (*columns) {
		char name[64];
		bool number = *columns == '#';
		size_t n = strcspn(columns += number, ",");
		snprintf(name, sizeof name, "%.*s", (int)n, columns);
		vt_page_add(p, "<th scope=\"col\" class=\"%s\">%s</th>", number ? "n" : "t", name);
		columns += n + (columns[n] == ',');
	}
	vt_page_add(p, "</tr></thead>\n");
}

void vt_page_clear(struct vt_page *p)
{
	free(p->text);
	*p = (struct vt_page){ .ctx = p->ctx };
}

static struct vt_number signed_number(double value, const char *size)
{
	struct vt_number out;
	bool minus = value < 0 && strtod(size, NULL) != 0;
	snprintf(out.text, sizeof out.text, "%s%s", minus ? "\xe2\x88\x92" : "", size);
	return out;
}

/* Plain decimals for ordinary sizes, an exponent elsewhere; trailing zeros are digits too. */
struct vt_number vt_number(double value, int digits)
{
	double size = fabs(value);
	char plain[32];
	if (size > 0 && (size < 1e-4 || size >= 1e6)) snprintf(plain, sizeof plain, "%.*g", digits, size);
	else return vt_decimal(value, size > 0 ? digits - 1 - (int)floor(log10(size)) : 0);
	return signed_number(value, plain);
}

struct vt_number vt_decimal(double value, int decimals)
{
	char plain[32];
	if (isnan(value)) return (struct vt_number){ "\xe2\x80\x93" };
	snprintf(plain, sizeof plain, "%.*f", decimals > 0 ? decimals : 0, fabs(value));
	return signed_number(value, plain);
}
