/* Whole files: bytes as they are, and text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "open.h"

enum vt_status vt_input_whole(struct vt_ctx *ctx, const char *path, size_t *n, uint8_t **out)
{
	size_t size = 0;
	enum vt_status status = vt_file_whole(ctx, VT_EDATA, path, vt_ctx_most_bytes(ctx), &size, out);
	if (status == VT_OK) *n = size;
	return status;
}

enum vt_status vt_input_text(struct vt_ctx *ctx, const char *path, size_t limit, char **out)
{
	enum vt_status status;
	int fd = -1;
	size_t size = 0;
	char *text = NULL;

	VT_TRY(vt_input_open(ctx, path, &fd, &size));
	VT_REQUIRE(ctx, size <= limit, VT_EDATA, "%s: has %zu bytes, wanted at most %zu", path, size, limit);
	VT_TRY(vt_input_fits(ctx, path, size));
	VT_NEW(ctx, text, size + 1);
	VT_TRY(vt_input_bytes(ctx, fd, path, size, text));
	size_t length = strlen(text);
	VT_REQUIRE(ctx, length == size, VT_EDATA, "%s: byte %zu of %zu is null, wanted text", path, length, size);
	*out = text;
	text = NULL;
	status = VT_OK;
done:
	if (fd >= 0) close(fd);
	free(text);
	return status;
}
