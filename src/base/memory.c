/* Allocation that cannot overflow, printed strings, nearest names.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venturi/base.h"

enum { ALIGNMENT = 64 };

void *vt_alloc(struct vt_ctx *ctx, size_t n, size_t size)
{
	size_t bytes = 0;
	bool overflow = __builtin_mul_overflow(n, size, &bytes) || bytes > PTRDIFF_MAX - ALIGNMENT;
	void *p = NULL;
	if (!overflow) {
		bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
		if (bytes == 0) bytes = ALIGNMENT;
		p = aligned_alloc(ALIGNMENT, bytes);
	}
	if (!p) {
		vt_ctx_fail(ctx, VT_ENOMEM, "out of memory: %zu times %zu bytes wanted", n, size);
		return NULL;
	}
	return memset(p, 0, bytes);
}

char *vt_format(struct vt_ctx *ctx, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	if (length >= 0) return text;
	vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for a message");
	return NULL;
}

char *vt_copy(struct vt_ctx *ctx, const char *text)
{
	return vt_format(ctx, "%s", text);
}

enum { LONGEST_NAME = 64 };

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;
	return m < c ? m : c;
}

/* Letters to insert, delete, change or swap with their neighbour (optimal string alignment). */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t rows[3][LONGEST_NAME + 1], *before = rows[0], *above = rows[1], *row = rows[2];
	for (size_t j = 0; j <= m; j++) above[j] = before[j] = j;
	for (size_t i = 1; i <= n; i++) {
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
			if (swapped && before[j - 2] + 1 < row[j]) row[j] = before[j - 2] + 1;
		}
		size_t *oldest = before;
		before = above;
		above = row;
		row = oldest;
	}
	return above[m];
}

const char *vt_nearest(const char *word, const char *const *names, size_t n)
{
	size_t length = strlen(word), best_distance = 0;
	const char *best = NULL;
	if (length > LONGEST_NAME) return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t other = strlen(names[i]);
		if (other > LONGEST_NAME) continue;
		size_t d = distance(word, length, names[i], other);
		if (best && d >= best_distance) continue;
		if (3 * d > (length > other ? length : other) + 1) continue;
		best = names[i];
		best_distance = d;
	}
	return best;
}
