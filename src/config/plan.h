/* A file, a preset and overrides as a plan: axes, and the assignments that turn the file's
 * tree into the tree of one task; private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CONFIG_PLAN_H
#define CONFIG_PLAN_H

#include "settings.h"

enum { VT_MOST_TASKS = 1000000, VT_MOST_VALUES = 100000, VT_MOST_AXES = 32, VT_MOST_ASSIGNED = 4096 };

/* What a read file is, before any preset. */
struct vt_config {
	const struct vt_registry *kinds; /* borrowed */
	struct vt_arena *arena;
	struct vt_source source;
	struct vt_node *root;
	struct vt_plan *plan;  /* the one that was asked for */
};

/* One swept setting, or `arm`. */
struct vt_sweep {
	const char *key;
	enum vt_origin origin;
	size_t position;        /* among the axes */
	size_t n;
	struct vt_node **value; /* of an arm: a mapping of dotted keys to values */
	const char **text;      /* canonical value, or the arm's name */
};

/* `value` goes to `key`, or the value of the sweep at this task's point. */
struct vt_assigned {
	const char *key;
	struct vt_node *value;
	struct vt_sweep *sweep;
};

struct vt_plan {
	const struct vt_config *config;
	struct vt_arena *arena;
	struct vt_node *now;                  /* the file with what is fixed so far */
	size_t n_axes;
	struct vt_sweep *axis[VT_MOST_AXES];  /* the last one fastest */
	size_t n_assigned;
	struct vt_assigned assigned[VT_MOST_ASSIGNED]; /* from weakest to strongest */
	bool arms_stripped;
	size_t n_tasks;
};

/* Name of the axis that `arms` makes. */
#define VT_ARM "arm"

/* ---- lookup ----------------------------------------------------------- */

/* What a dotted key names. */
struct vt_setting {
	const struct vt_option *option; /* null: a kind, whose value is a name */
	const char *key;                /* a kind's ends in ".kind" */
	const char *room;               /* of a kind */
	bool sweepable;
};

/* Finds `key` in the tree; where its kind does not have it, in any kind of the room: the
 * kind may change yet.  Fails at `at`, with the nearest name. */
enum vt_status vt_setting_find(struct vt_filling *f, const struct vt_node *root, const char *key,
                               const struct vt_node *at, struct vt_setting *out);
/* A value of the setting as axes and `where` write it, in the arena. */
enum vt_status vt_setting_text(struct vt_filling *f, const struct vt_setting *s, const struct vt_node *value,
                               const char **out);
/* True when the kind that rules `key` was chosen by something stronger than `origin` and
 * does not have the setting. */
bool vt_setting_stale(struct vt_filling *f, const struct vt_node *root, const char *key, enum vt_origin origin);
/* "dataset", "model", "train", "probe", "store", or null; and the kind that stands where none is named. */
const char *vt_room_section(const char *word);
const char *vt_room_fallback(const struct vt_registry *kinds, const char *room);

/* ---- plan ------------------------------------------------------------- */

/* Top-level keys, and what must be a mapping. */
enum vt_status vt_config_check(struct vt_ctx *ctx, const struct vt_config *c);
/* "a-z, 0-9, _ - ." names of measures, arms, presets and hypotheses. */
enum vt_status vt_name_check(struct vt_ctx *ctx, const char *what, const struct vt_node *name);

/* preset null or "full" where undefined: the file as it stands. */
enum vt_status vt_plan_create(struct vt_ctx *ctx, const struct vt_config *c, const char *preset, size_t n_overrides,
                              const char *const *override, struct vt_plan **out);
void vt_plan_free(struct vt_plan *p);

/* One entry of `sweep` or of a preset, or one override: adds, replaces or removes an axis,
 * or fixes a value. */
enum vt_status vt_plan_assign(struct vt_filling *f, struct vt_plan *p, const struct vt_node *key,
                              struct vt_node *value);
enum vt_status vt_plan_add(struct vt_filling *f, struct vt_plan *p, const struct vt_node *at,
                           const struct vt_assigned *assigned);
enum vt_status vt_plan_add_axis(struct vt_filling *f, struct vt_plan *p, const struct vt_node *at,
                                struct vt_sweep *sweep, size_t position);
void vt_plan_remove_axis(struct vt_plan *p, size_t position);
/* True for `key` itself and what lies below it. */
bool vt_key_covers(const char *key, const char *other);
/* Whether the value is a sweep over the setting: a list or a range where one value belongs. */
bool vt_value_sweeps(const struct vt_setting *s, const struct vt_node *value);
/* The values of a sweep. */
enum vt_status vt_sweep_expand(struct vt_filling *f, const struct vt_setting *s, const struct vt_node *value,
                               struct vt_sweep *sweep);

enum vt_status vt_arms_add(struct vt_filling *f, struct vt_plan *p, const struct vt_node *section);
/* Keeps the arms that `value` names. */
enum vt_status vt_arms_choose(struct vt_filling *f, struct vt_plan *p, const struct vt_node *at,
                              const struct vt_node *value);
/* Takes `key`, and what is below it, from every arm. */
void vt_arms_strip(struct vt_plan *p, const char *key);
/* Arms that became equal collapse; an axis of one empty arm goes. */
void vt_arms_collapse(struct vt_plan *p);
/* No setting may be swept and belong to an arm as well. */
enum vt_status vt_arms_check(struct vt_filling *f, const struct vt_plan *p);

/* Index along every axis of task `number`. */
void vt_plan_point(const struct vt_plan *p, size_t number, size_t index[VT_MOST_AXES]);
/* The tree of one task, in the filling's arena; null when out of memory. */
struct vt_node *vt_plan_tree(struct vt_filling *f, const struct vt_plan *p, const size_t index[VT_MOST_AXES]);

/* ---- tasks and hypotheses --------------------------------------------- */

/* json: fill settings_json and defaults_json as well, which takes three times as long. */
enum vt_status vt_task_resolve(struct vt_ctx *ctx, const struct vt_plan *p, size_t number, bool json,
                               struct vt_task **out);

/* Hypotheses of the section, which may be null.  With a plan, keys of `where` and `over`
 * and the groups of `series` are checked against its settings. */
enum vt_status vt_hypotheses_fill(struct vt_filling *f, const struct vt_plan *p, const struct vt_node *root,
                                  const struct vt_node *section, size_t *n, struct vt_hypothesis **out);
enum vt_status vt_hypotheses_json(struct vt_ctx *ctx, size_t n, const struct vt_hypothesis *h, char **out);
/* The table of `hypotheses.NAME`; the statistic's options stand beside it. */
extern const struct vt_option vt_hypothesis_options[];

#endif
