/* The batch scripts that `submit` writes: a head with what Slurm is to give, then experiments/slurm.sh.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_BATCH_H
#define CLI_BATCH_H

#include "resources.h"

struct vt_batch {
	const char *name, *dir;     /* of the experiment; its folder of results */
	const char *program;        /* venturi itself, with its folder */
	const char *folder;         /* where the job starts: the folder of whoever submits */
	const char *array;          /* "0-19%4", or null: one job */
	const char *log;            /* pattern of the log file's name in DIR/log */
	const char *about;          /* a line of comment */
	const struct vt_resources *needs;
	size_t n_options, n_words;
	const char *const *option;  /* further options of sbatch, --NAME=VALUE each; they count more than the rest */
	const char *const *word;    /* the words of the script */
};

/* Whether a text can stand in a line for sbatch: without control characters, and without backslashes, which Slurm
 * reads in its own way.  VT_EUSAGE names it as `what`. */
enum vt_status vt_batch_check(struct vt_ctx *ctx, const char *what, const char *text);
/* The text of the script; caller frees. */
enum vt_status vt_batch_text(struct vt_ctx *ctx, const struct vt_batch *b, char **out);

#endif
