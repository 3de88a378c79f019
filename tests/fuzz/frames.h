/* Frames for seeds: run files, checkpoints, activations, small but of every sort of thing that they hold.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_FUZZ_FRAMES_H
#define TESTS_FUZZ_FRAMES_H

#include "venturi/store.h"

/* A run of this seed with `steps` snapshots, as a task would have written it. */
struct vt_frame *fuzz_run_frame(struct vt_ctx *ctx, int seed, size_t steps);
/* A checkpoint after it. */
struct vt_frame *fuzz_checkpoint_frame_of(struct vt_ctx *ctx, size_t steps);

#endif
