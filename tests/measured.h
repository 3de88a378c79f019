/* One measure of hand-made snapshots, into a frame that tests read back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_MEASURED_H
#define TESTS_MEASURED_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "venturi.h"

#define WITHIN(x, wanted, tolerance) \
	do { \
		double x_ = (x), wanted_ = (wanted), tolerance_ = (tolerance); \
		if (!(fabs(x_ - wanted_) <= tolerance_)) \
			fail_msg("%s = %.12g, wanted %.12g within %g", #x, x_, wanted_, tolerance_); \
	} while (0)

struct measured {
	struct vt_ctx *ctx;
	struct vt_frame *frame;
	struct vt_named named;
	struct vt_measures *measures;
};

static inline void measured_must(struct measured *m, enum vt_status status, const char *what)
{
	if (status != VT_OK) fail_msg("%s: status %d, %s", what, status, vt_ctx_trail(m->ctx));
}

/* settings: "spectrum-grid:level=0.5"; the group is /m.  Returns what declaring said. */
static inline enum vt_status measured_open(struct measured *m, const char *settings,
                                           const struct vt_snapshot_shape *shape)
{
	static char key[] = "m";
	*m = (struct measured){ .ctx = vt_ctx_create() };
	m->frame = vt_frame_create(m->ctx);
	m->named.key = key;
	measured_must(m, vt_chosen_parse(m->ctx, &vt_registry, "measure", settings, &m->named.chosen), settings);
	return vt_measures_create(m->ctx, 1, &m->named, shape, m->frame, &m->measures);
}

/* Caller frees. */
static inline double *measured_values(struct measured *m, const char *variable, size_t wanted)
{
	size_t n;
	double *value = NULL;
	measured_must(m, vt_frame_values(m->ctx, m->frame, "m", variable, &n, &value), variable);
	if (n != wanted) fail_msg("%s holds %zu numbers, wanted %zu", variable, n, wanted);
	return value;
}

static inline void measured_close(struct measured *m)
{
	vt_measures_free(m->measures);
	vt_chosen_clear(&m->named.chosen);
	vt_frame_free(m->frame);
	vt_ctx_free(m->ctx);
}

#endif
