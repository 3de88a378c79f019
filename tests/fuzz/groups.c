/* A child's answer about the groups of a foreign file.  Includes the source, for what is private to it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "../../src/store/foreign.c"

#include "child.h"

static void run(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	struct vt_child c = fuzz_child(data, n);
	struct request q = { .path = "fuzz.h5" };
	enum vt_status status = take_groups(ctx, &q, &c);
	fuzz_expect_answer(ctx, status);
	if (status == VT_OK && !json_is_array(q.groups)) fuzz_fail("groups that are no list");
	json_decref(q.groups);
	close(c.in);
}

static bool send(void *what, int out)
{
	const char *text = what;
	const uint64_t head[2] = { 0, strlen(text) };
	return vt_child_send(out, head, sizeof head) && vt_child_send(out, text, strlen(text));
}

static void seeds(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	static char text[] = "[{\"name\":\"/\",\"dimensions\":{},\"variables\":[{\"name\":\"x\",\"type\":\"float64\","
	                     "\"shape\":[2,3],\"unit\":null,\"long_name\":null}]}]";
	(void)ctx;
	fuzz_add_sent(send, text, give, self);
}

const struct fuzz_target fuzz_groups_answer = {
	.name = "groups-answer", .what = "a child's answer about a foreign file's groups",
	.run = run, .seeds = seeds, .many = 2000,
};
