/* A subcommand: one file ending in one constant descriptor.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_CLI_H
#define VENTURI_CLI_H

#include <stdio.h>

#include "venturi.h"

struct vt_flag_option {
	const char *name;       /* "output" for --output */
	char letter;            /* 'o', or 0 */
	const char *value_name; /* "DIR"; null: takes no value */
	const char *help;
};

struct vt_command_kind;

/* The parsed command line of a subcommand. */
struct vt_args {
	size_t n_flags;
	const char **flag_name, **flag_value; /* as they came; value "" for a bare flag */
	size_t n_words;
	const char **word;                    /* positional: files, SETTING=VALUE */
	const char *line;                     /* the whole command line, for provenance */
};
/* Value of --name, the last one given; null if absent, "" for a bare flag. */
const char *vt_args_flag(const struct vt_args *a, const char *name);

/* Parses what follows the command's name by its table and the common flags; flags may come
 * after words, `--` ends them.  VT_EUSAGE names what is wrong, and the nearest flag.
 * The caller clears. */
enum vt_status vt_args_parse(struct vt_ctx *ctx, const struct vt_command_kind *command, int argc, char **argv,
                             struct vt_args *out);
void vt_args_clear(struct vt_args *a);

/* Words of `run` and `check`: one with '=' before any '/' is an override SETTING=VALUE, the
 * others are experiment files, of which there must be one.  The arrays point into `a`; the
 * caller frees each with free(), also when it fails (null until filled). */
enum vt_status vt_args_split(struct vt_ctx *ctx, const struct vt_args *a, size_t *n_files, const char ***file,
                             size_t *n_overrides, const char ***override);

/* VT_EUSAGE where two experiment files have the same name, and would get the same folder. */
enum vt_status vt_args_distinct(struct vt_ctx *ctx, size_t n, const char *const *file);

/* Reads one experiment with --preset and the overrides, and checks what config cannot know:
 * that each control named is one of the hypothesis's statistic.  Caller frees. */
enum vt_status vt_args_experiment(struct vt_ctx *ctx, const struct vt_args *a, const char *path, size_t n_overrides,
                                  const char *const *override, struct vt_experiment **out);

/* Where the results of one of `n` experiments go: DIR, DIR/NAME or results/NAME.  Caller frees. */
char *vt_args_folder(struct vt_ctx *ctx, const struct vt_args *a, const struct vt_experiment *e, size_t n);
/* Prints a word as a shell takes it again, whatever is in it. */
void vt_args_quote(FILE *f, const char *word);

/* A whole number of at least `least` given to --name, or `missing` where it is absent. */
enum vt_status vt_args_count(struct vt_ctx *ctx, const struct vt_args *a, const char *name, long least, long missing,
                             long *out);

/* A time given to --name, in seconds: "90", "90s", "30m", "2h", "1d"; 0 where it is absent. */
enum vt_status vt_args_seconds(struct vt_ctx *ctx, const struct vt_args *a, const char *name, double *out);

/* From now on SIGTERM, SIGUSR1, SIGINT and SIGHUP tell the context to stop, and so does the deadline (by vt_clock;
 * 0: none).  A second signal ends the program at once, if it comes more than a quarter of a second later or is
 * SIGINT.  For commands whose work can be resumed: others end at the first. */
void vt_signals_catch(struct vt_ctx *ctx, double deadline);
/* And now the first one does: what goes on is done again as easily. */
void vt_signals_end_at_once(void);

/* A number of bytes, with K, M, G or T for powers of 1024, or `missing`. */
enum vt_status vt_args_bytes(struct vt_ctx *ctx, const struct vt_args *a, const char *name, size_t missing,
                             size_t *out);

/* Text from files to standard output, cleaned for a terminal. */
void vt_print_text(const char *text);

/* Judges finished runs and prints the rulings: `verdict`, and the end of a sweep's `run`. */
enum vt_status vt_command_judge(struct vt_ctx *ctx, const struct vt_args *a, size_t n_dirs, const char *const *dir);
/* The same of runs known to have no hypotheses: no rulings, and none of hundreds of files has to be read for that. */
enum vt_status vt_command_judge_none(struct vt_ctx *ctx, const char *dir);

/* Every subcommand, room "command"; its kinds are the first member of vt_command_kind. */
extern const struct vt_registry vt_commands;
const struct vt_command_kind *vt_command_find(const char *name);
/* One command's page: an example, usage, flags, exit statuses. */
void vt_command_help(const struct vt_command_kind *c);
/* Flags that every command has; ends with a null name. */
extern const struct vt_flag_option vt_common_flags[];

/* --help, --json, --quiet, --verbose, --threads, --max-bytes exist for every command. */
struct vt_command_kind {
	struct vt_kind kind;
	const char *usage;   /* "EXPERIMENT.yaml... [-o DIR] [SETTING=VALUE ...]" */
	const char *example; /* one line that works */
	const struct vt_flag_option *flags; /* ends with a null name */
	size_t min_words, max_words;        /* max 0: any */
	enum vt_status (*main)(struct vt_ctx *ctx, const struct vt_args *args);
};

#endif
