/* An experiment's finished runs as figures want them: grouped into arms, their series
 * on one grid.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_REPORT_STUDY_H
#define VENTURI_REPORT_STUDY_H

#include "venturi/base.h"
#include "venturi/store.h"

/* The setting whose values are replicates of each other. */
#define VT_REPLICATE "train.seed"

struct vt_member {
	char *task;        /* "task-00003" */
	const char *seed;  /* "" when the runs do not say */
	size_t arm;
	bool alive;
};
/* Runs that differ in the seed only. */
struct vt_arm {
	char *label;   /* "tanh", "relu, 0.01": somebody's text */
	char name[48]; /* the same for scripts: safe, or "arm 2" */
	size_t n_runs, n_live;
};
struct vt_study {
	struct vt_runs *runs;
	char *dir, *name;
	size_t n_runs, n_arms, n_axes;
	struct vt_member *run;
	struct vt_arm *arm;
	const char **axis; /* the settings that tell the arms apart */
};

enum vt_status vt_study_open(struct vt_ctx *ctx, const char *dir, struct vt_study **out);
void vt_study_free(struct vt_study *s);
/* Whether any run has the variable. */
bool vt_study_has(const struct vt_study *s, const char *variable);

/* Groups that hold what a figure draws: those whose file says that this measure wrote them, and
 * that have the variable.  Of files that do not say which measure wrote a group, those with the
 * variable.  Group number k in the order of the first run that has it, or null. */
struct vt_group_finder {
	const char *measure, *variable;
};
const char *vt_study_group(const struct vt_study *s, const struct vt_group_finder *f, size_t k);

/* `text` if it is made of [A-Za-z0-9._+-] only, else "PREFIX NUMBER": what may stand in a
 * gnuplot script or a file name. */
void vt_safe_name(const char *text, const char *prefix, size_t number, char out[48]);

/* ---- grids ------------------------------------------------------------ */

/* One variable of all runs on the union of their steps and labels; NaN where a run has
 * nothing.  A cell is one combination of the dimensions after step. */
struct vt_field {
	char *unit, *long_name;
	size_t n_runs, n_frames, n_cells, rank; /* rank: dimensions after step */
	double *step, *epoch;
	bool epochs;                            /* any run tells epochs; else they are steps */
	char *dim[VT_MAX_RANK_FRAME];
	size_t size[VT_MAX_RANK_FRAME];
	char **label[VT_MAX_RANK_FRAME];
	double *value;                          /* run x frame x cell */
	uint8_t *there;                         /* run x frame: the run made a snapshot at this step */
};
/* VT_EDATA when no run has the variable or its first dimension is not step. */
enum vt_status vt_field_load(struct vt_ctx *ctx, const struct vt_study *s, const char *variable,
                            struct vt_field **out);
void vt_field_free(struct vt_field *g);
double vt_field_at(const struct vt_field *g, size_t run, size_t frame, size_t cell);
/* Which dimension is called so, or -1. */
int vt_field_dim(const struct vt_field *g, const char *name);

/* Whether any of the arm's live runs made a snapshot at this step: runs of other lengths have steps of their own. */
bool vt_field_there(const struct vt_field *g, const struct vt_study *s, size_t arm, size_t frame);

/* Over the arm's live runs that have a value. */
struct vt_spread {
	size_t n;
	double mean, sd; /* sd: NaN for n < 2 */
};
struct vt_spread vt_field_spread(const struct vt_field *g, const struct vt_study *s, size_t arm, size_t frame,
                                size_t cell);
/* The same for the logarithm of positive values; mean is the geometric mean. */
struct vt_spread vt_field_log_spread(const struct vt_field *g, const struct vt_study *s, size_t arm, size_t frame,
                                    size_t cell);

#endif
