/* The file of a running task; private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "venturi/store.h"

struct vt_store {
	struct vt_frame *frame;
	char *folder, *path;
	double commit_seconds;
	double began, committed, cost; /* seconds of the steady clock; of the last commit */
};

/* Root attributes, root texts and /provenance of a new run. */
enum vt_status vt_store_describe(struct vt_ctx *ctx, struct vt_frame *f, const struct vt_store_info *info);

#endif
