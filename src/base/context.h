/* What a context holds; private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_CONTEXT_H
#define BASE_CONTEXT_H

#include "venturi/base.h"

struct vt_ctx {
	int threads;
	enum vt_level level;
	vt_progress_fn *progress;
	void *progress_self;
	char trail[4096];
};

#endif
