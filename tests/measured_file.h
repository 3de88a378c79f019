/* One measure on snapshots that a test makes, and its numbers as a reader finds them in a file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_MEASURED_FILE_H
#define TESTS_MEASURED_FILE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "venturi.h"

#define WITHIN(x, wanted, tolerance) \
	do { \
		double x_ = (x), wanted_ = (wanted), tolerance_ = (tolerance); \
		if (!(fabs(x_ - wanted_) <= tolerance_)) \
			fail_msg("%s = %.12g, wanted %.12g within %g", #x, x_, wanted_, tolerance_); \
	} while (0)

/* The group is called m. */
struct measured {
	struct vt_ctx *ctx;
	struct vt_snapshot_shape shape;
	struct vt_frame *frame;
	struct vt_named named;
	struct vt_measures *measures;
	struct vt_runs *runs;
	char path[64];
};

static inline void measured_must(struct measured *m, enum vt_status status, const char *what)
{
	if (status != VT_OK) fail_msg("%s: status %d, %s", what, status, vt_ctx_trail(m->ctx));
}

/* `shape` and what it names must outlive it. */
static inline void measured_open(struct measured *m, const char *settings, const struct vt_snapshot_shape *shape)
{
	static char key[] = "m";
	*m = (struct measured){ .ctx = vt_ctx_create(), .shape = *shape };
	m->frame = vt_frame_create(m->ctx);
	m->named.key = key;
	measured_must(m, vt_chosen_parse(m->ctx, &vt_registry, "measure", settings, &m->named.chosen), settings);
	measured_must(m, vt_measures_create(m->ctx, 1, &m->named, &m->shape, m->frame, &m->measures), settings);
	snprintf(m->path, sizeof m->path, "/tmp/t_measured.%ld.h5", (long)getpid());
}

static inline void measured_record(struct measured *m, const struct vt_snapshot *s)
{
	measured_must(m, vt_measures_record(m->ctx, m->measures, s), "record");
}

/* What a run file holds besides, for the reader's sake. */
static inline void measured_write(struct measured *m)
{
	static const char *const texts[] = { "config", "settings", "defaults", "hypotheses" }, *const empty = "{}";
	for (size_t i = 0; i < 4; i++) {
		const struct vt_variable text = { .name = texts[i], .type = VT_TEXT };
		measured_must(m, vt_frame_variable(m->ctx, m->frame, "", &text), texts[i]);
		measured_must(m, vt_frame_put_text(m->ctx, m->frame, "", texts[i], 1, &empty), texts[i]);
	}
	measured_must(m, vt_frame_attr_text(m->ctx, m->frame, "", "venturi_schema", "venturi-run/1"), "schema");
	measured_must(m, vt_frame_attr_text(m->ctx, m->frame, "", "status", "complete"), "status");
	measured_must(m, vt_frame_write(m->ctx, m->frame, m->path), "write");
	measured_must(m, vt_runs_open(m->ctx, m->path, &m->runs), "open");
}

/* Number `index` of the variable at the step that is `step`-th in the file. */
static inline double measured_value(struct measured *m, const char *variable, size_t step, size_t index)
{
	struct vt_series *s = NULL;
	char name[80];
	snprintf(name, sizeof name, "m/%s", variable);
	measured_must(m, vt_runs_series(m->ctx, m->runs, 0, name, &s), name);
	size_t row = 1;
	for (size_t d = 1; d < s->rank; d++) row *= s->dim[d];
	if (step >= s->dim[0] || index >= row) fail_msg("%s has no [%zu][%zu]", name, step, index);
	double value = s->value[step * row + index];
	vt_series_free(s);
	return value;
}

static inline void measured_close(struct measured *m)
{
	vt_runs_free(m->runs);
	vt_measures_free(m->measures);
	vt_chosen_clear(&m->named.chosen);
	vt_frame_free(m->frame);
	unlink(m->path);
	vt_ctx_free(m->ctx);
}

#endif
