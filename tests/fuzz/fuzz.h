/* Targets for damaged and hostile input: each takes any bytes, hands them to one parser, and returns.  A crash, a
 * sanitizer's report or a broken promise (fuzz_fail) is a finding.
 *
 * Two programs run them: libfuzzer.c finds bytes by coverage (make fuzz), mutate.c damages seeds at random in great
 * number (mutate.sh).  To add a target: a descriptor at the end of its file, its name in targets.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venturi/base.h"

typedef void fuzz_seed_fn(void *self, const void *bytes, size_t n);

struct fuzz_target {
	const char *name, *what;
	void (*run)(struct vt_ctx *ctx, const uint8_t *data, size_t n);
	/* Sound examples, each handed to `give` with `self`. */
	void (*seeds)(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self);
	bool forks;  /* HDF5 in a child: too slow for libFuzzer, whose coverage ends at the fork besides */
	/* Files of ours: run on a damaged copy must not see other values than in the seed it came from. */
	void (*compare)(struct vt_ctx *ctx, const uint8_t *seed, size_t n_seed, const uint8_t *data, size_t n);
	size_t many; /* how many mutations make the full figure */
};

extern const struct fuzz_target *const fuzz_targets[]; /* null at the end */
const struct fuzz_target *fuzz_target_named(const char *name);

/* A promise was broken: says so and aborts. */
_Noreturn void fuzz_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Success, or a failure that is the input's fault, with one line that a terminal can show. */
void fuzz_expect(struct vt_ctx *ctx, enum vt_status status);

/* The same of a child's answer. */
void fuzz_expect_answer(struct vt_ctx *ctx, enum vt_status status);
/* What fuzz_expect has seen since the start: failures, and children that died among them. */
struct fuzz_counts {
	size_t refused, died;
};
extern struct fuzz_counts fuzz_counts;

/* A file of these bytes, valid until the next call with that name: FOLDER/NAME in memory. */
const char *fuzz_file(const char *name, const void *bytes, size_t n);
const char *fuzz_folder(void);
/* The whole of a file; the caller frees. */
uint8_t *fuzz_read(const char *path, size_t *n);

/* Bytes as decisions: 0 once they are used up. */
struct fuzz_bytes {
	const uint8_t *at, *end;
};
uint8_t fuzz_byte(struct fuzz_bytes *b);
uint64_t fuzz_number(struct fuzz_bytes *b); /* eight bytes */

#endif
