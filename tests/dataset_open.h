/* Opening a dataset from "kind:key=value,..." in tests.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_DATASET_OPEN_H
#define TESTS_DATASET_OPEN_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "venturi/config.h"
#include "venturi/dataset.h"
#include "venturi/run.h"

#define WITHIN(x, wanted, tolerance) \
	do { \
		double x_ = (x), wanted_ = (wanted), tolerance_ = (tolerance); \
		if (!(fabs(x_ - wanted_) <= tolerance_)) \
			fail_msg("%s = %.12g, wanted %.12g within %g", #x, x_, wanted_, tolerance_); \
	} while (0)

static inline enum vt_status dataset_status(struct vt_ctx *ctx, const char *text, uint64_t seed,
                                            struct vt_dataset **out)
{
	struct vt_chosen chosen = { 0 };
	enum vt_status status = vt_chosen_parse(ctx, &vt_registry, "dataset", text, &chosen);
	if (status != VT_OK) fail_msg("%s: %s", text, vt_ctx_trail(ctx));
	status = vt_dataset_open(ctx, &chosen, seed, out);
	vt_chosen_clear(&chosen);
	return status;
}

/* Caller closes. */
static inline struct vt_dataset *dataset(struct vt_ctx *ctx, const char *text, uint64_t seed)
{
	struct vt_dataset *d = NULL;
	if (dataset_status(ctx, text, seed, &d) != VT_OK) fail_msg("%s: %s", text, vt_ctx_trail(ctx));
	return d;
}

/* Wants the status and a message that contains each of the words (null-terminated). */
static inline void refused(struct vt_ctx *ctx, const char *text, enum vt_status wanted, const char *const *word)
{
	struct vt_dataset *d = NULL;
	enum vt_status status = dataset_status(ctx, text, 0, &d);
	const char *trail = vt_ctx_trail(ctx);
	if (status != wanted || d) fail_msg("%s: status %d, wanted %d: %s", text, status, wanted, trail);
	for (; *word; word++)
		if (!strstr(trail, *word)) fail_msg("%s: \"%s\" is not in \"%s\"", text, *word, trail);
}

#define REFUSED(ctx, text, wanted, ...) refused((ctx), (text), (wanted), (const char *const[]){ __VA_ARGS__, NULL })

#endif
