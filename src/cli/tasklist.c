/* Lists of task numbers, written and read.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tasklist.h"

char *vt_tasklist_text(struct vt_ctx *ctx, const bool *in, size_t begin, size_t end)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	const char *comma = "";
	for (size_t i = begin, last; f && i < end; i = last + 1) {
		for (last = i; in[i] && last + 1 < end && in[last + 1];) last++;
		if (!in[i]) continue;
		fprintf(f, "%s%zu", comma, i - begin);
		if (last > i) fprintf(f, "-%zu", last - begin);
		comma = ",";
	}
	if (f && fclose(f) == 0) return text;
	free(text);
	vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for a list of %zu tasks", end - begin);
	return NULL;
}

/* A number below n at *at, which is moved behind it. */
static bool number(const char **at, size_t n, size_t *out)
{
	size_t value = 0, digits = strspn(*at, "0123456789");
	if (digits == 0 || digits > 9) return false;
	for (size_t i = 0; i < digits; i++) value = 10 * value + (size_t)((*at)[i] - '0');
	*at += digits;
	*out = value;
	return value < n;
}

enum vt_status vt_tasklist_parse(struct vt_ctx *ctx, const char *text, size_t n, bool *in)
{
	enum vt_status status = VT_OK;
	const char *at = text;
	size_t first, last;
	do {
		bool good = number(&at, n, &first);
		last = first;
		if (good && *at == '-') good = number((at++, &at), n, &last);
		VT_REQUIRE(ctx, good && last >= first && (*at == ',' || !*at), VT_EUSAGE,
		           "--tasks=%.80s: wanted task numbers from 0 to %zu, such as 0-2,5", text, n - 1);
		for (size_t i = first; i <= last; i++) in[i] = true;
	} while (*at++ == ',');
done:
	return status;
}
