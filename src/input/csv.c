/* Numbers as text: one row a line, commas between, perhaps one line of names first.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <ctype.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "open.h"

struct table {
	const char *path;
	locale_t c;         /* numbers have a point, whatever the user's language */
	double *value;
	size_t n, capacity; /* of value */
	size_t rows, cols, first_line;
	bool integer;
};

/* How many numbers there are is known at the end only, so the table doubles. */
static enum vt_status push(struct vt_ctx *ctx, struct table *t, double x)
{
	if (t->n == t->capacity) {
		size_t more = t->capacity ? 2 * t->capacity : 1024;
		enum vt_status status = vt_input_fits(ctx, t->path, more * sizeof *t->value);
		if (status != VT_OK) return status;
		double *grown = realloc(t->value, more * sizeof *grown);
		if (!grown)
			return vt_ctx_fail(ctx, VT_ENOMEM, "%s: out of memory after %zu numbers", t->path, t->n);
		t->value = grown;
		t->capacity = more;
	}
	t->value[t->n++] = x;
	return VT_OK;
}

/* The cell [begin, end) without blanks at its ends. */
static void trim(const char **begin, const char **end)
{
	while (*begin < *end && (**begin == ' ' || **begin == '\t')) ++*begin;
	while (*end > *begin && ((*end)[-1] == ' ' || (*end)[-1] == '\t' || (*end)[-1] == '\r')) --*end;
}

/* Decimal numbers, nan and inf; hexadecimal ones are more likely a mistake. */
static bool number(const struct table *t, const char *begin, const char *end, double *x, bool *integer)
{
	trim(&begin, &end);
	if (begin == end || memchr(begin, 'x', (size_t)(end - begin)) || memchr(begin, 'X', (size_t)(end - begin)))
		return false;
	char *stop;
	*x = strtod_l(begin, &stop, t->c);
	*integer = true;
	for (const char *p = begin; p < end; p++)
		if (!isdigit((unsigned char)*p) && *p != '-' && *p != '+') *integer = false;
	return stop == end;
}

static const char *cell_end(const char *begin, const char *line_end)
{
	const char *comma = memchr(begin, ',', (size_t)(line_end - begin));
	return comma ? comma : line_end;
}

/* Nothing but blanks: what editors leave at the end of a file. */
static bool blank(const char *begin, const char *end)
{
	trim(&begin, &end);
	return begin == end;
}

/* A first line in which any cell is not a number names the columns. */
static bool is_header(const struct table *t, const char *begin, const char *end)
{
	double x;
	bool integer;
	for (const char *cell = begin;; cell = cell_end(cell, end) + 1) {
		const char *stop = cell_end(cell, end);
		if (!number(t, cell, stop, &x, &integer)) return true;
		if (stop == end) return false;
	}
}

/* The first row of numbers fixes how many columns there are. */
static enum vt_status read_line(struct vt_ctx *ctx, struct table *t, size_t line, const char *begin, const char *end)
{
	size_t cols = 0;
	for (const char *cell = begin;; cell = cell_end(cell, end) + 1) {
		const char *stop = cell_end(cell, end);
		double x;
		bool integer;
		cols++;
		if (!number(t, cell, stop, &x, &integer))
			return vt_ctx_fail(ctx, VT_EDATA, "%s:%zu: column %zu is '%.*s', wanted a number", t->path, line, cols,
			                   stop - cell > 40 ? 40 : (int)(stop - cell), cell);
		t->integer = t->integer && integer;
		enum vt_status status = push(ctx, t, x);
		if (status != VT_OK) return status;
		if (stop == end) break;
	}
	if (t->rows++ == 0) {
		t->cols = cols;
		t->first_line = line;
	}
	if (cols != t->cols)
		return vt_ctx_fail(ctx, VT_EDATA, "%s:%zu: has %zu columns, wanted %zu as in line %zu", t->path, line, cols,
		                   t->cols, t->first_line);
	return VT_OK;
}

/* An empty line among the rows is refused, since dropping it would shift the labels that a
 * second file holds. */
static enum vt_status read_lines(struct vt_ctx *ctx, struct table *t, const char *text)
{
	size_t line = 0, empty = 0;
	for (const char *begin = text; *begin;) {
		const char *end = begin + strcspn(begin, "\n");
		line++;
		if (blank(begin, end)) {
			if (empty == 0) empty = line;
		} else if (line != 1 || !is_header(t, begin, end)) {
			if (empty)
				return vt_ctx_fail(ctx, VT_EDATA, "%s:%zu: is empty, wanted a row; empty lines may stand at the end"
				                   " only", t->path, empty);
			enum vt_status status = read_line(ctx, t, line, begin, end);
			if (status != VT_OK) return status;
		}
		begin = *end ? end + 1 : end;
	}
	if (t->rows == 0) return vt_ctx_fail(ctx, VT_EDATA, "%s: has no row of numbers", t->path);
	return VT_OK;
}

enum vt_status vt_input_csv(struct vt_ctx *ctx, const char *path, struct vt_array *out)
{
	enum vt_status status;
	struct table t = { .path = path, .integer = true };
	char *text = NULL;
	size_t n = 0;

	t.c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	VT_REQUIRE(ctx, t.c, VT_ENOMEM, "%s: no memory for the C locale", path);
	VT_TRY(vt_input_text(ctx, path, SIZE_MAX, &text));
	bool mark = strncmp(text, "\xef\xbb\xbf", 3) == 0;
	VT_TRY(read_lines(ctx, &t, mark ? text + 3 : text));
	VT_TRY(vt_input_shape(ctx, path, t.cols > 1 ? 2 : 1, (size_t[]){ t.rows, t.cols }, sizeof(double), &n));
	*out = (struct vt_array){ .value = t.value, .rank = t.cols > 1 ? 2 : 1, .dim = { t.rows, t.cols },
	                          .n = n, .integer = t.integer };
	t.value = NULL;
	status = VT_OK;
done:
	if (t.c) freelocale(t.c);
	free(text);
	free(t.value);
	return status;
}
