/* What is written and read again: run files, series, collected sweeps.
 *
 * Three layers.  A *frame* is a netCDF-like file in memory (groups, dimensions with
 * coordinates, variables, attributes) that becomes HDF5 bytes in one go and reaches
 * the disk by temporary name, fsync, rename, fsync of the folder: a reader always
 * sees a complete file.  A *store* is the frame of one running task, which grows by
 * steps.  *Runs* are the finished tasks of a folder, from which verdicts and reports
 * take series.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_STORE_H
#define VENTURI_STORE_H

#include "venturi/base.h"
#include "venturi/value.h"
#include "venturi/kind.h"
#include "venturi/mat.h"
#include "venturi/config.h"
#include "venturi/state.h"

enum { VT_MAX_RANK_FRAME = 5 };

/* ---- frame ------------------------------------------------------------ */

enum vt_dtype { VT_F64 = 1, VT_I64, VT_I32, VT_U8, VT_TEXT, VT_F32 };

/* Groups are one level deep and appear when something is put into them; "" is the root.
 * Every group holds its own dimensions and coordinates, so that xarray and ncdump open
 * each by itself.  A name that cannot stand in a file (empty, longer than 200 bytes, with
 * a slash or a control character, "." or "..") or stands there already is VT_ECONFIG,
 * since names of groups and layers come from experiments; a group, dimension or variable
 * that does not exist, or a wrong number of values, is VT_EBUG. */
struct vt_frame;
struct vt_frame *vt_frame_create(struct vt_ctx *ctx);
void vt_frame_free(struct vt_frame *f);

/* Attributes of the root (group "" or "/"), a group ("information") or a variable
 * ("information/i_xt"; "config" in the root).  Setting one again replaces it. */
enum vt_status vt_frame_attr_text(struct vt_ctx *ctx, struct vt_frame *f, const char *object, const char *name,
                                  const char *value);
enum vt_status vt_frame_attr_int(struct vt_ctx *ctx, struct vt_frame *f, const char *object, const char *name,
                                 int64_t value);
enum vt_status vt_frame_attr_real(struct vt_ctx *ctx, struct vt_frame *f, const char *object, const char *name,
                                  double value);
/* An array attribute of 32-bit integers, as CF wants for flag_masks. */
enum vt_status vt_frame_attr_ints(struct vt_ctx *ctx, struct vt_frame *f, const char *object, const char *name,
                                  size_t n, const int32_t *value);

/* A dimension of a group, with its coordinate variable of the same name.  `label` for
 * text coordinates, `value` for numbers, both null: 0 .. n - 1; n is at least 1.
 * Dimension "step" is unlimited and starts with n = 0: vt_frame_step appends to it, and
 * the auxiliary coordinate `epoch` comes with it.  (With n > 0 and `value` it is an
 * ordinary dimension of integers, as collected files need.)  unit null: "1"; long_name
 * null: the name. */
enum vt_status vt_frame_dim(struct vt_ctx *ctx, struct vt_frame *f, const char *group, const char *name, size_t n,
                            const char *const *label, const double *value, const char *unit,
                            const char *long_name);

/* A variable over dimensions that exist in the group; rank 0 for a scalar.  A first
 * dimension "step" makes it grow.  flags: adds CF flag_masks and flag_meanings of
 * enum vt_flag; the type is then VT_I32.  unit null: "1"; long_name null: the name. */
struct vt_variable {
	const char *name;
	enum vt_dtype type;
	size_t rank;
	const char *dim[VT_MAX_RANK_FRAME];
	const char *unit, *long_name;
	bool flags;
};
enum vt_status vt_frame_variable(struct vt_ctx *ctx, struct vt_frame *f, const char *group,
                                 const struct vt_variable *v);

/* Appends one step to the group: all its growing variables get a row of fill values
 * (NaN, 0, "").  Steps increase. */
enum vt_status vt_frame_step(struct vt_ctx *ctx, struct vt_frame *f, const char *group, int64_t step,
                             double epoch);
/* Writes the current row (growing) or the whole variable (fixed): n numbers, all of them.
 * Integer types round to nearest; what does not fit or is NaN becomes 0. */
enum vt_status vt_frame_put(struct vt_ctx *ctx, struct vt_frame *f, const char *group, const char *variable,
                            size_t n, const double *value);
/* All that a variable of numbers holds so far, every step of a growing one: *n numbers, caller frees. */
enum vt_status vt_frame_values(struct vt_ctx *ctx, const struct vt_frame *f, const char *group, const char *variable,
                               size_t *n, double **out);
enum vt_status vt_frame_put_text(struct vt_ctx *ctx, struct vt_frame *f, const char *group, const char *variable,
                                 size_t n, const char *const *value);
/* A matrix as somebody else's data have it: a variable over two axes of its own, NAME_axis0 and NAME_axis1, without
 * coordinates.  The values are copied. */
enum vt_status vt_frame_matrix(struct vt_ctx *ctx, struct vt_frame *f, const char *group, const char *name,
                               enum vt_dtype type, const struct vt_mat *m, const char *long_name);

/* SHA-256 of what the frame holds, as the root attribute content_sha256.  It covers every
 * dataset, coordinates included, but those of /provenance, in the byte order of their
 * full paths.  Each adds
 *
 *     PATH TYPE RANK DIM_1 ... DIM_RANK \n
 *
 * in ASCII, words separated by one blank ("/train/loss float64 1 200\n"; TYPE is float64,
 * float32, int64, int32, uint8 or string), and then its elements in row-major order:
 * numbers as they are stored, little-endian; strings as their length in bytes (64 bits,
 * little-endian) and their bytes.  Equal results have equal sums, whatever time, host or
 * number of threads they took; attributes are not covered. */
enum vt_status vt_frame_sha256(struct vt_ctx *ctx, const struct vt_frame *f, char out[65]);

/* The HDF5 bytes and their seal (input.h), as they stand in a file; caller frees.  Fills the root attribute
 * content_sha256.  Equal frames give equal bytes: no timestamps, a fixed order of objects. */
enum vt_status vt_frame_image(struct vt_ctx *ctx, struct vt_frame *f, void **bytes, size_t *n);
/* Image, then PATH.tmp, fsync, rename, fsync of the folder. VT_EIO leaves what was there.
 * On a full disk the message has the path, the bytes wanted and the system's reason. */
enum vt_status vt_frame_write(struct vt_ctx *ctx, struct vt_frame *f, const char *path);
/* Any bytes, committed the same way (rulings.json, pages).  A stale PATH.tmp is removed
 * and never followed as a link.  Callers that may meet a file-size limit must ignore
 * SIGXFSZ, as the program does: the library changes no signal. */
enum vt_status vt_file_commit(struct vt_ctx *ctx, const char *path, const void *bytes, size_t n);
/* Makes the folder and those above it; one that exists is well. */
enum vt_status vt_folder_create(struct vt_ctx *ctx, const char *path);

/* Reads a file that vt_frame_write made, whole, into a frame: its seal must agree with its bytes ("is damaged: ..."
 * else), and it holds only what such a file can hold (plain numbers, named strings, hard links one group deep).  HDF5
 * runs in a process of its own.  *intact: whether the content agrees with its content_sha256, as it does unless
 * somebody changed and sealed it.  VT_EDATA for anything else. */
enum vt_status vt_frame_read(struct vt_ctx *ctx, const char *path, struct vt_frame **out, bool *intact);

/* ---- series ----------------------------------------------------------- */

/* One variable of one file with its coordinates.  Caller frees. */
struct vt_series {
	char *name, *unit, *long_name;
	size_t rank, dim[VT_MAX_RANK_FRAME], n;
	char *dim_name[VT_MAX_RANK_FRAME];
	double *coord[VT_MAX_RANK_FRAME];  /* numeric coordinate or null */
	char **label[VT_MAX_RANK_FRAME];   /* text coordinate or null */
	double *value;                     /* row-major; NaN for fill; null for a text variable */
	char **text;                       /* text variables (estimator_settings), else null */
	double *epoch;                     /* dim[0] of them where dim_name[0] is "step" */
};
void vt_series_free(struct vt_series *s);
/* Index of `label` along dimension `dim`, or -1; numeric coordinates compare as numbers. */
long vt_series_index(const struct vt_series *s, const char *dim, const char *label);

/* ---- the file of one running task ------------------------------------- */

/* Settings `store.commit`, `store.activations`: the kind `file`. */
struct vt_store_settings {
	double commit;    /* least seconds between commits; 0: at every snapshot */
	bool activations; /* raw activations of every snapshot, a file each */
	int weights;      /* enum vt_keep: parameters, a file each */
};
enum vt_keep { VT_KEEP_NONE, VT_KEEP_LAST, VT_KEEP_ALL };
struct vt_store_kind {
	struct vt_kind kind;
};
extern const struct vt_store_kind vt_store_file;

struct vt_store;
/* Creates DIR/task-NNNNN/ with root attributes, settings, hypotheses and provenance
 * filled; the first commit is made here, before the first update: that registers the
 * hypotheses.  VT_EUSAGE when a run file exists and neither `force` nor `resume` is set; with
 * `force`, the old run's metrics.jsonl, activations, weights and checkpoints are removed as well.
 * The folder is locked until vt_store_free, or until the process ends in whatever way: VT_EIO in
 * one line when another process holds it.
 *
 * `resume`: what an earlier process left is read: the run file and, of the two checkpoints, the newer that is
 * usable (intact, of this run, and not ahead of the run file).  VT_ECONFIG: the settings (but store.commit) or the
 * hypotheses are not those of that run; VT_EDATA: its run file is damaged, or the data have changed.  Once everything
 * has been declared, vt_store_take_up goes on with it.
 *
 * Root attributes besides the contract's: `task` (its number) of `tasks` in the sweep, `sweep` (JSON: this task's
 * point, in the order of the axes).  `uuid` names the experiment, not the moment: it is
 * made (version 5 style) from settings, data and hypotheses, and is the same for a
 * repetition.  /provenance has the random `run_uuid`. */
struct vt_store_info {
	const char *dir;
	const struct vt_experiment *experiment;
	const struct vt_task *task;
	const char *dataset_sha256;
	const char *command_line;
	bool force, resume;
	double commit_seconds;   /* least time between commits; 0: at every call */
	double gemm_gflops;      /* as measured at start-up; 0: measured here */
};
enum vt_status vt_store_create(struct vt_ctx *ctx, const struct vt_store_info *info, struct vt_store **out);
/* Root attributes, root texts and /provenance, as every run file has them: of a frame that no store holds, such as the
 * measures of somebody else's activations.  Of `info`, dir, force and commit_seconds are not looked at; of the
 * experiment name, title, text and hypotheses; of the task number, seed, axes and settings.  `status` is "running"
 * until it is set again. */
enum vt_status vt_store_describe(struct vt_ctx *ctx, struct vt_frame *f, const struct vt_store_info *info);
struct vt_frame *vt_store_frame(struct vt_store *s); /* lives as long as the store */
const char *vt_store_folder(const struct vt_store *s); /* DIR/task-NNNNN */
/* What is on the disk of a task, looked at before anything is opened for it: dir, experiment and task of `info` count.
 * Fails as vt_store_create does with `resume`. */
enum vt_stand { VT_STANDS_NOT, VT_STANDS_UNFINISHED, VT_STANDS_COMPLETE, VT_STANDS_FAILED };
enum vt_status vt_store_look(struct vt_ctx *ctx, const struct vt_store_info *info, enum vt_stand *out);
/* Removes the runs in the task folders of `dir`, all of them, however few tasks the sweep has that takes their place;
 * nothing else.  VT_EIO: one is still running, or cannot be removed. */
enum vt_status vt_store_clear(struct vt_ctx *ctx, const char *dir);
/* After all groups and variables have been declared: rows, fixed values and registered texts of the earlier process,
 * cut back to its checkpoint.  *state (the store's): where to go on, or null: at the beginning.  Does nothing for a
 * run that begins.  VT_EDATA: the file is laid out otherwise. */
enum vt_status vt_store_take_up(struct vt_ctx *ctx, struct vt_store *s, struct vt_state **state);
/* A snapshot is complete: appends a step to /provenance (wall_time). */
enum vt_status vt_store_row(struct vt_ctx *ctx, struct vt_store *s, int64_t step, double epoch);
/* Whether to commit now: `commit_seconds` have gone by since the last time and 50 times what the last commit took:
 * under 2 % of the run.  With 0, at every snapshot, and between snapshots every 30 seconds. */
bool vt_store_due(const struct vt_store *s);
/* Commits the run file if it has something new, and after it the state as checkpoint.h5 (null: no checkpoint); the
 * checkpoint before stays as checkpoint.prev.h5.  While the run file on the disk, left by an earlier process, has more
 * snapshots, it stays as it is.  VT_EIO: what was there is as it was. */
enum vt_status vt_store_commit(struct vt_ctx *ctx, struct vt_store *s, const struct vt_state *state);
/* Sets status ("complete", "failed", "stopped") and `alive`, and commits. */
enum vt_status vt_store_finish(struct vt_ctx *ctx, struct vt_store *s, const char *status, bool alive,
                               const struct vt_state *state);
void vt_store_free(struct vt_store *s);

/* Appends one line of JSON to metrics.jsonl beside the run file, for `tail -f`. */
enum vt_status vt_store_metric(struct vt_ctx *ctx, struct vt_store *s, const char *json);
/* Writes matrices of parameters to weights-STEP.h5, a dataset /NAME of rows x columns each. */
enum vt_status vt_store_weights(struct vt_ctx *ctx, struct vt_store *s, int64_t step, size_t n, const char *const *name,
                                const struct vt_mat *w);
/* Writes the raw activations of a snapshot to activations-STEP.h5 in the layout for
 * foreign activations: `x` (rows x inputs) unless input is null, `y` (rows) unless label
 * or label->y is null, `activations/NAME` (1 x rows x width), `step` (1). */
enum vt_status vt_store_activations(struct vt_ctx *ctx, struct vt_store *s, int64_t step, size_t n_taps,
                                    const char *const *name, const struct vt_mat *tap, const struct vt_mat *input,
                                    const struct vt_labels *label);

/* ---- finished runs ---------------------------------------------------- */

/* The run files of DIR/task-*, or of one run.h5 given as DIR; those that are missing
 * or damaged are reported by name and skipped.  Every file's content_sha256 is checked.
 * VT_EDATA when there is none. */
struct vt_runs;
enum vt_status vt_runs_open(struct vt_ctx *ctx, const char *dir, struct vt_runs **out);
void vt_runs_free(struct vt_runs *r);
size_t vt_runs_count(const struct vt_runs *r);
const char *vt_runs_path(const struct vt_runs *r, size_t i);
/* Root attribute as text (numbers printed), or null: "status", "title", "kernel", ... */
const char *vt_runs_attribute(const struct vt_runs *r, size_t i, const char *name);
bool vt_runs_alive(const struct vt_runs *r, size_t i);
/* A resolved setting as text ("0.0004", "tanh", "[10,7,5,4,3]"), or null.  Numbers are
 * printed with the fewest digits that read back the same. */
const char *vt_runs_setting(const struct vt_runs *r, size_t i, const char *key);
/* Root text datasets: "config", "settings", "defaults", "hypotheses". */
const char *vt_runs_text(const struct vt_runs *r, size_t i, const char *name);
/* Groups that the file has, null-terminated. */
const char *const *vt_runs_groups(const struct vt_runs *r, size_t i);
/* Variable number k of a group, coordinates not counted; null when there is none. */
const char *vt_runs_variable(const struct vt_runs *r, size_t i, const char *group, size_t k);
/* A text attribute of a group ("measure_kind"), or null. */
const char *vt_runs_group_text(const struct vt_runs *r, size_t i, const char *group, const char *name);
bool vt_runs_has(const struct vt_runs *r, size_t i, const char *variable);
/* variable: "information/i_xt".  Files are held open in memory; cheap to call again. */
enum vt_status vt_runs_series(struct vt_ctx *ctx, const struct vt_runs *r, size_t i, const char *variable,
                              struct vt_series **out);
/* Keys of settings that differ between runs, the sweep's axes first (among them "arm",
 * which vt_runs_setting knows too); null-terminated. */
const char *const *vt_runs_axes(const struct vt_runs *r);

/* One file from all, schema venturi-sweep/1: leading dimension `run`; in every group one
 * coordinate over `run` per swept setting (dots become underscores: `train_seed`; numbers
 * where all are numbers, else text), seed, alive, status, run_file; union of steps and of
 * labels, NaN for gaps (flags: not_computed, other integers 0).  rulings_json: the text of
 * DIR/rulings.json for the group /rulings, or null.  Everything is held in memory. */
enum vt_status vt_runs_collect(struct vt_ctx *ctx, const struct vt_runs *r, const char *rulings_json,
                               const char *path);

/* DIR/rulings.json: the JSON of vt_rulings_json with one member more, on a line of its own at the end: "sha256", the
 * sum of all lines above it.  Reading gives the text, null where there is no such file; VT_EDATA where it does not
 * agree with its sum.  One that has nothing but "rulings" was made by hand and is taken as it is.  Caller frees. */
enum vt_status vt_rulings_write(struct vt_ctx *ctx, const char *dir, const char *json);
enum vt_status vt_rulings_read(struct vt_ctx *ctx, const char *dir, char **out);

/* What a file is, as {"info": {...}}: path, kind (run, sweep, activations, checkpoint, foreign),
 * schema, title, status, alive, steps, last_step, groups with dimensions and variables,
 * attributes, settings, provenance, content_sha256, content_ok (null where there is none).
 * A file of ours whose seal does not agree with it is not described: VT_EDATA.
 * A foreign HDF5 file has its datasets listed, at most 1000, and none of them is read.
 * Caller frees.  VT_EDATA when it is not HDF5 or cannot be read. */
enum vt_status vt_info_json(struct vt_ctx *ctx, const char *path, char **out);

#endif
