/* What a context holds; private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_CONTEXT_H
#define BASE_CONTEXT_H

#include "venturi/base.h"

/* What somebody keeps between calls. */
struct kept {
	const void *owner;
	void *thing;
	void (*release)(void *thing);
	struct kept *next;
};

struct vt_ctx {
	int threads;
	size_t most_bytes;
	enum vt_level level;
	vt_progress_fn *progress;
	void *progress_self;
	struct kept *kept;
	const volatile int *signal;
	double deadline;
	char trail[4096];
};

#endif
