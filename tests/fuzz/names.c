/* A child's answer about the names in a file.  Includes the source, for what is private to it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "../../src/input/names.c"

#include "child.h"

static void run(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	struct vt_child c = fuzz_child(data, n);
	struct listing l = { .file = "fuzz.h5", .group = "" };
	fuzz_expect_answer(ctx, take_names(ctx, &l, &c));
	size_t length = 0;
	for (size_t i = 0; i < l.n; i++) length += strlen(l.name[i]);
	if (length > n) fuzz_fail("%zu bytes of names from %zu", length, n);
	clear(&l);
	close(c.in);
}

static bool send(void *what, int out)
{
	static const char text[] = "fc1\0fc10\0fc2\0block/0";
	const size_t head[3] = { 4, sizeof text, *(size_t *)what };
	return vt_child_send(out, head, sizeof head) && vt_child_send(out, text, sizeof text);
}

static void seeds(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	(void)ctx;
	for (size_t kept = 0; kept < 2; kept++) fuzz_add_sent(send, &kept, give, self);
}

const struct fuzz_target fuzz_names_answer = {
	.name = "names-answer", .what = "a child's answer about names",
	.run = run, .seeds = seeds, .many = 2000,
};
