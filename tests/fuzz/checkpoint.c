/* A checkpoint's frame, taken up.  Includes the source, for what is private to it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "../../src/store/checkpoint.c"

#include "child.h"
#include "frames.h"

/* As a run would: is it of this run, and what does it carry? */
static void run(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	struct vt_child c = fuzz_child(data, n);
	struct vt_frame *f = NULL, *of = NULL;
	struct vt_state *state = NULL;
	float parameter[60];
	int64_t step = 0;
	bool dead = false;
	size_t count = 0;
	enum vt_status status = vt_frame_take(ctx, &c, "checkpoint.h5", n, &f);
	if (status == VT_OK) of = fuzz_run_frame(ctx, 1, 2);
	if (status == VT_OK) status = belongs(ctx, f, of);
	if (status == VT_OK) status = read_state(ctx, f, &state);
	fuzz_expect_answer(ctx, status);
	if (status == VT_OK) {
		vt_state_owner(state, "model");
		fuzz_expect(ctx, vt_state_carry(ctx, state, "parameter", VT_SCALAR_F32, 60, parameter));
		vt_state_owner(state, "train");
		fuzz_expect(ctx, vt_state_carry_int(ctx, state, "step", &step));
		fuzz_expect(ctx, vt_state_carry_count(ctx, state, "step", 1000, &count));
		vt_state_owner(state, "probe");
		fuzz_expect(ctx, vt_state_carry_flag(ctx, state, "dead", &dead));
		if (count > 1000) fuzz_fail("a count of %zu, at most 1000 were allowed", count);
	}
	vt_state_free(state);
	vt_frame_free(of);
	vt_frame_free(f);
	close(c.in);
}

static bool send(void *what, int out)
{
	return vt_frame_send(what, out);
}

static void seeds(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	struct vt_frame *f = fuzz_checkpoint_frame_of(ctx, 2);
	fuzz_add_sent(send, f, give, self);
	vt_frame_free(f);
}

const struct fuzz_target fuzz_checkpoint_frame = {
	.name = "checkpoint", .what = "checkpoints that are taken up",
	.run = run, .seeds = seeds, .many = 2000,
};
