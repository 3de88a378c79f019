/* The parent's end of a reading: known to the room, so that tests can put themselves in the child's place.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INPUT_FORKED_H
#define INPUT_FORKED_H

#include <sys/types.h>

#include "venturi/input.h"

struct vt_child {
	pid_t pid; /* 0: reaped, or none */
	int in;
	const char *file;
	size_t left;     /* of the frame that is being read */
	size_t at, have; /* of what came early */
	char early[1 << 13];
};

#endif
