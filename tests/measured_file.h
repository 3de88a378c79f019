/* The same, and its numbers as a reader finds them in a file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_MEASURED_FILE_H
#define TESTS_MEASURED_FILE_H

#include <unistd.h>

#include "measured.h"

struct measured_file {
	struct measured in;
	struct vt_runs *runs;
	char path[64];
};

/* `shape` and what it names must outlive it. */
static inline void measured_file_open(struct measured_file *m, const char *settings,
                                      const struct vt_snapshot_shape *shape)
{
	*m = (struct measured_file){ 0 };
	enum vt_status status = measured_open(&m->in, settings, shape);
	measured_must(&m->in, status, settings);
	snprintf(m->path, sizeof m->path, "/tmp/t_measured.%ld.h5", (long)getpid());
}

static inline void measured_record(struct measured_file *m, const struct vt_snapshot *s)
{
	measured_must(&m->in, vt_measures_record(m->in.ctx, m->in.measures, s), "record");
}

/* What a run file holds besides, for the reader's sake. */
static inline void measured_write(struct measured_file *m)
{
	static const char *const texts[] = { "config", "settings", "defaults", "hypotheses" }, *const empty = "{}";
	for (size_t i = 0; i < 4; i++) {
		const struct vt_variable text = { .name = texts[i], .type = VT_TEXT };
		measured_must(&m->in, vt_frame_variable(m->in.ctx, m->in.frame, "", &text), texts[i]);
		measured_must(&m->in, vt_frame_put_text(m->in.ctx, m->in.frame, "", texts[i], 1, &empty), texts[i]);
	}
	measured_must(&m->in, vt_frame_attr_text(m->in.ctx, m->in.frame, "", "venturi_schema", "venturi-run/1"), "schema");
	measured_must(&m->in, vt_frame_attr_text(m->in.ctx, m->in.frame, "", "status", "complete"), "status");
	measured_must(&m->in, vt_frame_write(m->in.ctx, m->in.frame, m->path), "write");
	measured_must(&m->in, vt_runs_open(m->in.ctx, m->path, &m->runs), "open");
}

/* Number `index` of the variable at the step that is `step`-th in the file. */
static inline double measured_value(struct measured_file *m, const char *variable, size_t step, size_t index)
{
	struct vt_series *s = NULL;
	char name[80];
	snprintf(name, sizeof name, "m/%s", variable);
	measured_must(&m->in, vt_runs_series(m->in.ctx, m->runs, 0, name, &s), name);
	size_t row = 1;
	for (size_t d = 1; d < s->rank; d++) row *= s->dim[d];
	if (step >= s->dim[0] || index >= row) fail_msg("%s has no [%zu][%zu]", name, step, index);
	double value = s->value[step * row + index];
	vt_series_free(s);
	return value;
}

static inline void measured_file_close(struct measured_file *m)
{
	vt_runs_free(m->runs);
	unlink(m->path);
	measured_close(&m->in);
}

#endif
