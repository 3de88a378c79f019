/* Bytes in the place of a child's answer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_FUZZ_CHILD_H
#define TESTS_FUZZ_CHILD_H

#include <sys/mman.h>
#include <unistd.h>

#include "../../src/input/forked.h"
#include "fuzz.h"

/* What comes after the first byte is the answer: raw, or in one frame of data, which spares the fuzzer to invent it. */
static inline struct vt_child fuzz_child(const uint8_t *data, size_t n)
{
	const uint32_t head[2] = { 1, 0 };
	const uint64_t size = n > 0 ? n - 1 : 0;
	struct vt_child c = { .in = memfd_create("answer", MFD_CLOEXEC), .file = "fuzz" };
	bool framed = n > 1 && data[0] % 2 == 0;
	if (c.in < 0) exit(1);
	if (framed && write(c.in, head, sizeof head) != sizeof head) exit(1);
	if (framed && write(c.in, &size, sizeof size) != sizeof size) exit(1);
	if (n > 1 && write(c.in, data + 1, n - 1) != (ssize_t)(n - 1)) exit(1);
	lseek(c.in, 0, SEEK_SET);
	return c;
}

/* What `write` sends to a descriptor, behind a byte that says that it is raw. */
static inline void fuzz_add_sent(bool (*send)(void *what, int out), void *what, fuzz_seed_fn *give, void *self)
{
	int fd = memfd_create("sent", MFD_CLOEXEC);
	char raw = 1;
	if (fd < 0 || write(fd, &raw, 1) != 1 || !send(what, fd)) exit(1);
	size_t n = (size_t)lseek(fd, 0, SEEK_CUR);
	uint8_t *bytes = malloc(n);
	if (!bytes || pread(fd, bytes, n, 0) != (ssize_t)n) exit(1);
	give(self, bytes, n);
	free(bytes);
	close(fd);
}

#endif
