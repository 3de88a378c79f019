/* Our own files, read again: by verdicts, reports, collecting, `venturi info`, a run that goes on.
 *
 * A file's seal is checked before HDF5 sees a byte, so that damage is never a matter of how HDF5 takes it.  Then a
 * process of its own parses it, since a seal is no proof of who made it.  A sweep has hundreds of small files: one
 * process reads many, and where it dies on one, another goes on with the next.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "venturi/input.h"

enum { MOST_FILES = 64, MOST_BYTES = 16 << 20, LONGEST_MESSAGE = 4096 };

/* Files that one process reads. */
struct batch {
	size_t n, at; /* at: the one that is waited for */
	struct vt_frame_file *file;
	uint8_t *bytes[MOST_FILES]; /* without the seal; null: nothing to read */
	size_t size[MOST_FILES];
};

/* ---- in the child ----------------------------------------------------------- */

static bool send_failure(struct vt_ctx *ctx, enum vt_status status, int out)
{
	const char *text = vt_ctx_trail(ctx);
	const uint64_t head[2] = { status == VT_ENOMEM ? 2 : 1, strnlen(text, LONGEST_MESSAGE) };
	return vt_child_send(out, head, sizeof head) && vt_child_send(out, text, (size_t)head[1]);
}

static enum vt_status read_batch(struct vt_ctx *ctx, void *self, int out)
{
	const struct batch *b = self;
	const uint64_t good = 0;
	bool heard = true;
	for (size_t i = b->at; heard && i < b->n; i++) {
		struct vt_frame *f = NULL;
		if (!b->bytes[i]) continue;
		enum vt_status status = vt_frame_parse(ctx, b->file[i].path, b->bytes[i], b->size[i], &f);
		if (status == VT_OK) heard = vt_child_send(out, &good, sizeof good) && vt_frame_send(f, out);
		else heard = send_failure(ctx, status, out);
		vt_frame_free(f);
	}
	return VT_OK;
}

/* ---- in the parent ------------------------------------------------------------ */

/* The child's message, one line as every message. */
static enum vt_status take_failure(struct vt_ctx *ctx, struct vt_child *child, uint64_t code, struct vt_frame_file *f)
{
	enum vt_status status;
	uint64_t n = 0;
	char text[LONGEST_MESSAGE + 1] = "";

	VT_TRY(vt_child_take(ctx, child, sizeof n, &n));
	VT_REQUIRE(ctx, code <= 2 && n <= LONGEST_MESSAGE, VT_EDATA, "%s: its reader answers nonsense: the file is damaged"
	           " or hostile", f->path);
	VT_TRY(vt_child_take(ctx, child, (size_t)n, text));
	VT_REQUIRE(ctx, *text, VT_EDATA, "%s: its reader failed and does not say why", f->path);
	vt_text_clean(text);
	f->status = code == 2 ? VT_ENOMEM : VT_EDATA;
	f->why = vt_copy(ctx, text);
	status = f->why ? VT_OK : VT_ENOMEM;
done:
	return status;
}

/* fletcher32 covers chunks, the seal the bytes; this covers what was made of them. */
static enum vt_status check_content(struct vt_ctx *ctx, struct vt_frame_file *f)
{
	char sum[65];
	enum vt_status status = vt_frame_sha256(ctx, f->frame, sum);
	const char *stated = vt_attrs_text(&f->frame->group[0].attrs, "content_sha256");
	if (status == VT_OK) f->intact = stated && strcmp(stated, sum) == 0;
	return status;
}

static enum vt_status take_batch(struct vt_ctx *ctx, void *self, struct vt_child *child)
{
	struct batch *b = self;
	for (; b->at < b->n; b->at++) {
		struct vt_frame_file *f = &b->file[b->at];
		uint64_t code = 0;
		if (!b->bytes[b->at]) continue;
		enum vt_status status = vt_child_take(ctx, child, sizeof code, &code);
		if (status == VT_OK && code != 0) status = take_failure(ctx, child, code, f);
		else if (status == VT_OK) status = vt_frame_take(ctx, child, f->path, b->size[b->at], &f->frame);
		if (status == VT_OK && f->frame) status = check_content(ctx, f);
		if (status != VT_OK) return status;
	}
	return VT_OK;
}

static void note(struct vt_ctx *ctx, enum vt_status status, struct vt_frame_file *f)
{
	vt_frame_free(f->frame);
	f->frame = NULL;
	f->status = status;
	f->why = vt_copy(ctx, vt_ctx_trail(ctx));
	if (!f->why) f->status = VT_ENOMEM;
}

static void load(struct vt_ctx *ctx, struct batch *b, size_t i, size_t *held)
{
	char sum[65];
	struct vt_frame_file *f = &b->file[i];
	/* A stranger's file may have gigabytes, which would all be read for nothing. */
	enum vt_status status = vt_seal_expect(ctx, f->path);
	if (status == VT_OK) status = vt_input_whole(ctx, f->path, &b->size[i], &b->bytes[i]);
	f->sealed = status == VT_OK && vt_seal_there(b->bytes[i], b->size[i]);
	if (status == VT_OK) status = vt_seal_check(ctx, f->path, b->bytes[i], b->size[i], sum);
	if (status == VT_OK) {
		*held += b->size[i];
		b->size[i] -= VT_SEAL_SIZE;
		return;
	}
	note(ctx, status, f);
	free(b->bytes[i]);
	b->bytes[i] = NULL;
}

/* As many files as fit; what one process dies on is left to that file alone. */
static size_t read_some(struct vt_ctx *ctx, size_t n, struct vt_frame_file *file)
{
	struct batch b = { .file = file };
	size_t held = 0;
	for (; b.n < n && b.n < MOST_FILES && held < MOST_BYTES; b.n++) load(ctx, &b, b.n, &held);
	while (held > 0 && b.at < b.n) {
		const struct vt_reading r = { file[b.at].path, &b, read_batch, take_batch };
		enum vt_status status = vt_read_forked(ctx, &r);
		if (status == VT_OK) break;
		while (b.at < b.n && !b.bytes[b.at]) b.at++; /* it stopped before it came to one */
		if (b.at < b.n) note(ctx, status, &file[b.at++]);
	}
	for (size_t i = 0; i < b.n; i++) free(b.bytes[i]);
	return b.n;
}

void vt_frames_read(struct vt_ctx *ctx, size_t n, struct vt_frame_file *file)
{
	H5open(); /* once here, so that no child has to start the library up */
	for (size_t done = 0; done < n;) done += read_some(ctx, n - done, file + done);
}

enum vt_status vt_frame_read(struct vt_ctx *ctx, const char *path, struct vt_frame **out, bool *intact)
{
	struct vt_frame_file f = { .path = path };
	vt_frames_read(ctx, 1, &f);
	if (f.status != VT_OK) {
		vt_ctx_fail(ctx, f.status, "%s", f.why ? f.why : path);
		free(f.why);
		return f.status;
	}
	*out = f.frame;
	*intact = f.intact;
	return VT_OK;
}
