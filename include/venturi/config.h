/* Experiments: a YAML file, a preset and overrides become numbered tasks, each with
 * every setting resolved through the option tables of its kinds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_CONFIG_H
#define VENTURI_CONFIG_H

#include "venturi/base.h"
#include "venturi/kind.h"

enum vt_expect { VT_ABOVE, VT_BELOW, VT_WITHIN, VT_OUTSIDE };

/* A hypothesis as registered: read from `hypotheses.NAME` before the run. */
struct vt_hypothesis {
	char *name, *claim;
	struct vt_chosen statistic;  /* room "statistic"; its options stand beside the others */
	char *series;                /* GROUP/VARIABLE, e.g. information/i_xt */
	struct vt_pairs at;          /* dimension = label, e.g. layer = h5, estimator = kde-upper */
	struct vt_pairs where;       /* setting = value: which tasks */
	char *over;                  /* the setting that replicates, normally train.seed */
	double delta;                /* smallest effect of interest, in `unit` */
	char *unit;
	int expect;                  /* enum vt_expect */
	int64_t seeds_min;           /* live seeds below which the outcome is inconclusive */
	struct vt_strings controls;  /* names of statistics' controls, e.g. flat-null */
	char *family;                /* Holm's family; null: all hypotheses of the file */
};

/* One swept setting.  For `arms` the key is "arm" and the values are the arms' names. */
struct vt_axis {
	char *key;
	size_t n;
	char **value; /* as it would stand in the file */
};

/* A read experiment.  Opaque parts: the YAML tree and the arms. */
struct vt_experiment {
	char *path, *name;  /* name: the file's name without folder and .yaml */
	char *text;         /* the file, verbatim */
	char *title;
	size_t n_axes;
	struct vt_axis *axis;  /* sweep keys in file order, the last one fastest */
	size_t n_tasks;
	size_t n_hypotheses;
	struct vt_hypothesis *hypothesis;
	char *hypotheses_json;        /* all hypotheses with every setting resolved, stable order */
	char hypotheses_sha256[65];
	struct vt_config *config;     /* private to the room */
};

struct vt_named {
	char *key; /* the key under `measure` */
	struct vt_chosen chosen;
};

/* One point of the sweep, resolved. */
struct vt_task {
	size_t number;
	int64_t seed;                 /* train.seed */
	struct vt_chosen dataset, model, train, probe, store;
	size_t n_measures;
	struct vt_named *measure;
	size_t n_axes;                /* this task's point: axis key and value */
	char **axis_key, **axis_value;
	char *settings_json;          /* flat: {"train.rate": 4e-4, ...}; numbers as numbers */
	char *defaults_json;          /* the keys among them that were left at their default: [...] */
};

/* What a file, a preset and the command line may set, from weakest to strongest:
 *   the file's settings < its `sweep` and `arms` < the preset < the overrides in order.
 * A list (for list-valued options a list of lists) or `a..b` sweeps: it adds an axis, or
 * replaces the one that stands in the file.  A single value of a swept setting removes the
 * axis.  Arms lose the settings that the preset or an override fixes; arms that become
 * equal collapse into the first of them; `arm=NAME` chooses.  A kind that is changed drops
 * weaker settings that it does not have; a stronger one that does not fit is an error.
 * A setting that chooses a kind (`train.optimiser`) appears as `train.optimiser.kind` in
 * axes, `where` and settings_json. */

/* Reads `path`, applies preset `preset` (null: none; "full" always exists) and the
 * overrides "room.setting=value" in order.  file < preset < overrides.
 *
 * VT_ECONFIG: "FILE:LINE:COLUMN: what was found, what was wanted" (syntax, unknown key
 * with the nearest one, key given twice, wrong type or range, unknown kind).
 * VT_EUSAGE: an override or a preset is at fault.  Every task is resolved once, so
 * that a bad value on any point of the sweep is found here.  `kinds` is borrowed and must
 * outlive the experiment.  At most 1 MiB of text, 1 000 000 tasks.  Caller frees. */
enum vt_status vt_experiment_read(struct vt_ctx *ctx, const struct vt_registry *kinds, const char *path,
                                  const char *preset, size_t n_overrides, const char *const *override,
                                  struct vt_experiment **out);
/* The same from text in memory; `name` stands in messages. */
enum vt_status vt_experiment_parse(struct vt_ctx *ctx, const struct vt_registry *kinds, const char *name,
                                   const char *text, const char *preset, size_t n_overrides,
                                   const char *const *override, struct vt_experiment **out);
/* The name of an experiment: its file's, without folder and .yaml or .yml.  Null: out of memory; caller frees. */
char *vt_experiment_name(struct vt_ctx *ctx, const char *path);
void vt_experiment_free(struct vt_experiment *e);

/* Hypotheses from their JSON as a run file keeps it (`hypotheses_json`): the section
 * `hypotheses` with keys sorted and every default written out, so this reads both.
 * VT_ECONFIG with the place in the text.  The caller frees with vt_hypotheses_free. */
enum vt_status vt_hypotheses_parse(struct vt_ctx *ctx, const struct vt_registry *kinds, const char *json, size_t *n,
                                   struct vt_hypothesis **out);
void vt_hypotheses_free(size_t n, struct vt_hypothesis *h);

/* Resolves task `number` < n_tasks.  Caller frees. */
enum vt_status vt_experiment_task(struct vt_ctx *ctx, const struct vt_experiment *e, size_t number,
                                  struct vt_task **out);
void vt_task_free(struct vt_task *t);

/* Settings of one kind from "name" or "name:key=value,key=value", with defaults
 * filled: what command-line estimators and tests use.  Commas inside brackets belong to
 * the value.  VT_EUSAGE names what is wrong.  The caller frees with vt_chosen_clear. */
enum vt_status vt_chosen_parse(struct vt_ctx *ctx, const struct vt_registry *kinds, const char *room,
                               const char *text, struct vt_chosen *out);
void vt_chosen_clear(struct vt_chosen *c);

/* Option text of a chosen kind as flat JSON, {"bins":30,"range":[-1,1]}; caller frees. */
enum vt_status vt_chosen_json(struct vt_ctx *ctx, const struct vt_chosen *c, char **out);

#endif
