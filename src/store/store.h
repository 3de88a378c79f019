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

#endif
