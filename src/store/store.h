/* The file of a running task; private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "venturi/store.h"

struct vt_store {
	struct vt_frame *frame;
	char *folder, *path, *checkpoint, *previous, *lock;
	int lock_fd;                   /* -1: not held */
	double commit_seconds;
	double began, committed;       /* seconds of the steady clock */
	double cost, spent;            /* seconds: of the last commit, of all */
	bool news;                     /* the frame has what no commit had */
	bool snapshot;                 /* there was one since the last commit */
	int64_t on_disk;               /* furthest step of the run file on the disk; -1: none */
	char run_sha256[65];           /* of that file's bytes */

	/* What an earlier process left, until it is taken up. */
	struct vt_frame *left;
	struct vt_state *state;
	int64_t left_step;             /* up to which its rows are taken; -1: none */
};

/* How many snapshots a frame has, the step of the last one, and the furthest step of any group: measures may have rows
 * at snapshots of which the run keeps none.  -1: none. */
struct vt_standing {
	size_t rows;
	int64_t row_step, step;
};
struct vt_standing vt_frame_standing(const struct vt_frame *f);

/* Takes the lock of a folder, *fd, or VT_EIO in one line that names its holder.  Given back by vt_lock_give, or by the
 * system when the process ends. */
enum vt_status vt_lock_take(struct vt_ctx *ctx, const char *path, int *fd);
void vt_lock_give(const char *path, int fd);

/* Removes what an earlier run left in a task's folder beside its run file: it would pass for this one's. */
enum vt_status vt_folder_clear(struct vt_ctx *ctx, const char *folder);

/* Commits a state beside the run file as it is on the disk; the checkpoint before it is kept. */
enum vt_status vt_checkpoint_write(struct vt_ctx *ctx, const struct vt_store *s, const struct vt_state *state);
/* The newest usable checkpoint of a run file, and the step of the last row that was there; null and -1: none is. */
enum vt_status vt_checkpoint_choose(struct vt_ctx *ctx, const struct vt_store *s, const struct vt_frame *run,
                                    int64_t *step, struct vt_state **out);

/* What an earlier process left in the store's folder: fills left, left_step, state, on_disk, run_sha256; nothing
 * where there is no run file.  VT_ECONFIG: it is not the same run; VT_EDATA: it is damaged. */
enum vt_status vt_left_read(struct vt_ctx *ctx, struct vt_store *s, const struct vt_store_info *info);
/* Its attributes that go on: history, parent_uuid, bits_mixed. */
enum vt_status vt_left_describe(struct vt_ctx *ctx, struct vt_store *s);

#endif
