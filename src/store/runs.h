/* The finished tasks of a folder, in memory; private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STORE_RUNS_H
#define STORE_RUNS_H

#include "frame.h"

struct setting {
	char *key, *text;
	bool swept;      /* from the attribute `sweep`, not from the settings */
	bool is_number;
};

struct run {
	char *path;
	struct vt_frame *frame;
	size_t n_settings;
	struct setting *setting;
	char **attribute;        /* root attributes as text, in their order */
	const char **group;      /* null-terminated */
};

struct vt_runs {
	char *dir;
	size_t n;
	struct run *run;
	char **axis;             /* null-terminated */
};

enum vt_status vt_frame_series(struct vt_ctx *ctx, const struct vt_frame *f, const char *variable,
                               struct vt_series **out);

/* Fills the settings of a run from its datasets, and the axes of all. */
enum vt_status vt_run_settings(struct vt_ctx *ctx, struct run *r);
/* A setting as people write it, numbers with the fewest digits; null without a message for JSON's null. */
struct json_t;
char *vt_run_setting_text(struct vt_ctx *ctx, const struct json_t *value);
enum vt_status vt_runs_find_axes(struct vt_ctx *ctx, struct vt_runs *r);
const struct setting *vt_run_setting(const struct run *r, const char *key);

/* The group /rulings from the text of rulings.json. */
enum vt_status vt_rulings_collect(struct vt_ctx *ctx, const char *json, struct vt_frame *f);

#endif
