/* A child's answer about many files of ours.  Includes the source, for what is private to it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "../../src/store/reading.c"

#include "child.h"
#include "frames.h"

enum { FILES = 3 };

static void run(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	static uint8_t some[64];
	struct vt_child c = fuzz_child(data, n);
	struct vt_frame_file file[FILES] = { { .path = "a.h5" }, { .path = "b.h5" }, { .path = "c.h5" } };
	struct batch b = { .n = FILES, .file = file, .bytes = { some, NULL, some }, .size = { sizeof some, 0, sizeof some } };
	fuzz_expect_answer(ctx, take_batch(ctx, &b, &c));
	for (size_t i = 0; i < FILES; i++) {
		if (file[i].why && strchr(file[i].why, '\n')) fuzz_fail("two lines: %s", file[i].why);
		free(file[i].why);
		vt_frame_free(file[i].frame);
	}
	close(c.in);
}

struct sending {
	struct vt_ctx *ctx;
	bool fails;
};

static bool send(void *what, int out)
{
	const struct sending *s = what;
	const uint64_t good = 0;
	struct vt_frame *f = fuzz_run_frame(s->ctx, 0, 3);
	bool sent;
	vt_ctx_fail(s->ctx, VT_EDATA, "a.h5: is not as it should be");
	sent = s->fails ? send_failure(s->ctx, VT_EDATA, out)
	                : vt_child_send(out, &good, sizeof good) && vt_frame_send(f, out);
	sent = sent && vt_child_send(out, &good, sizeof good) && vt_frame_send(f, out);
	vt_frame_free(f);
	vt_ctx_forget(s->ctx);
	return sent;
}

static void seeds(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	for (int fails = 0; fails < 2; fails++) fuzz_add_sent(send, &(struct sending){ ctx, fails }, give, self);
}

const struct fuzz_target fuzz_files_answer = {
	.name = "files-answer", .what = "a child's answer about several files of ours",
	.run = run, .seeds = seeds, .many = 2000,
};
