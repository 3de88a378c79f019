/* A reader in a process of its own, so that a file that makes its library crash, hang or ask for all memory takes
 * nothing with it.  Private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INPUT_FORKED_H
#define INPUT_FORKED_H

#include "venturi/base.h"

/* The parent's end of the pipe. */
struct vt_child;

/* In the child: sends bytes; false when nobody listens any more. */
bool vt_child_send(int out, const void *bytes, size_t n);
/* In the parent: takes exactly n bytes.  VT_EDATA when the child failed (its own message) or died (which signal). */
enum vt_status vt_child_take(struct vt_ctx *ctx, struct vt_child *c, size_t n, void *into);

/* Forks; `read` runs in the child under limits of memory and time and sends plain bytes, `take` runs in the parent and
 * believes none of them without a check.  `read` may fail with a message, which becomes the parent's.  `file` stands
 * in messages; its size sets the time that is allowed. */
struct vt_reading {
	const char *file;
	void *self;
	enum vt_status (*read)(struct vt_ctx *ctx, void *self, int out);
	enum vt_status (*take)(struct vt_ctx *ctx, void *self, struct vt_child *child);
};
enum vt_status vt_read_forked(struct vt_ctx *ctx, const struct vt_reading *r);

#endif
