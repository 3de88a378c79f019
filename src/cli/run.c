/* venturi run: trains, measures, stores, judges.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "cli.h"

static const struct vt_flag_option flags[] = {
	{ "output", 'o', "DIR", "where results go; default results/NAME, several experiments get one folder each" },
	{ "preset", 0, "NAME", "a preset of the file; full is the file as it stands" },
	{ "task", 0, "N", "only task N of the sweep, counted from 0" },
	{ "jobs", 'j', "J", "tasks side by side; default: the cores for small nets, else 1" },
	{ "resume", 0, NULL, "go on where runs stopped, and start what is missing; finished ones stay" },
	{ "max-time", 0, "TIME", "stop after this time (90s, 30m, 2h, 1d), to be resumed: exit 75" },
	{ "force", 'f', NULL, "overwrite what is there" },
	{ 0 }
};

static enum vt_status parse(struct vt_ctx *ctx, const struct vt_args *a, struct vt_run_options *o)
{
	enum vt_status status;
	long jobs, threads;
	o->resume = vt_args_flag(a, "resume") != NULL;
	VT_TRY(vt_args_count(ctx, a, "jobs", 1, 0, &jobs));
	VT_TRY(vt_args_count(ctx, a, "threads", 1, 0, &threads));
	VT_TRY(vt_args_count(ctx, a, "task", 0, -1, &o->task));
	o->jobs = jobs > 1024 ? 1024 : (int)jobs;
	o->threads = threads > 1024 ? 1024 : (int)threads;
	o->force = vt_args_flag(a, "force") != NULL;
	VT_REQUIRE(ctx, !o->force || !o->resume, VT_EUSAGE, "--resume goes on with what is there and --force starts anew: "
	           "wanted one of them");
	o->command_line = a->line;
done:
	return status;
}

static enum vt_status refuse_existing(struct vt_ctx *ctx, const struct vt_experiment *e, const struct vt_run_options *o)
{
	for (size_t i = 0; i < e->n_tasks && !o->force && !o->resume; i++) {
		struct stat st;
		if (o->task >= 0 && (size_t)o->task != i) continue;
		char *path = vt_format(ctx, "%s/task-%05zu/run.h5", o->dir, i);
		if (!path) return VT_ENOMEM;
		bool there = stat(path, &st) == 0;
		if (there)
			vt_ctx_fail(ctx, VT_EUSAGE, "%s exists; give another -o, --resume to go on, or --force to overwrite it", path);
		free(path);
		if (there) return VT_EUSAGE;
	}
	return VT_OK;
}

/* The experiments of one command line, and their folders at the end: to be judged, and without hypotheses. */
struct batch {
	const struct vt_args *args;
	size_t n_files, n_overrides, n_dirs, n_bare;
	const char **file, **override;
	char **dir, **bare;
};

static enum vt_status run_experiment(struct vt_ctx *ctx, struct batch *b, const char *path)
{
	enum vt_status status;
	struct vt_experiment *e = NULL;
	struct vt_run_options o = { 0 };
	char *dir = NULL;
	VT_TRY(parse(ctx, b->args, &o));
	VT_TRY(vt_args_experiment(ctx, b->args, path, b->n_overrides, b->override, &e));
	VT_REQUIRE(ctx, o.task < (long)e->n_tasks, VT_EUSAGE, "--task=%ld: %s has tasks 0 to %zu", o.task, path,
	           e->n_tasks - 1);
	dir = vt_args_folder(ctx, b->args, e, b->n_files);
	VT_REQUIRE(ctx, dir, VT_ENOMEM, "out of memory");
	o.dir = dir;
	VT_TRY(refuse_existing(ctx, e, &o));
	status = vt_sweep_run(ctx, e, &o);
	/* tasks of a sweep say so themselves */
	if (status == VT_EDIVERGED && (o.task >= 0 || e->n_tasks == 1)) vt_ctx_print(ctx);
	if (o.task < 0 && (status == VT_OK || status == VT_EDIVERGED)) {
		if (e->n_hypotheses > 0) b->dir[b->n_dirs++] = dir;
		else b->bare[b->n_bare++] = dir;
		dir = NULL;
	}
done:
	free(dir);
	vt_experiment_free(e);
	return status;
}

/* A mistake in the second file is not left for the hour when the first has been trained. */
static enum vt_status read_all(struct vt_ctx *ctx, const struct batch *b)
{
	for (size_t i = 0; b->n_files > 1 && i < b->n_files; i++) {
		struct vt_experiment *e = NULL;
		enum vt_status status = vt_args_experiment(ctx, b->args, b->file[i], b->n_overrides, b->override, &e);
		vt_experiment_free(e);
		if (status != VT_OK) return status;
	}
	return VT_OK;
}

static bool told_to_stop(enum vt_status status)
{
	return status == VT_ESTOPPED || status == VT_EINTERRUPTED;
}

/* What one experiment's failure means for the others: they go on, unless they would fail as it did. */
static bool others_go_on(enum vt_status status)
{
	return status == VT_EDATA || status == VT_EABSENT || status == VT_EDIVERGED || status == VT_EBUG ||
	       status == VT_ENOMEM;
}

/* Nothing is lost where judging ends in the middle; it can take minutes, in which a signal must not go unheard. */
static enum vt_status judge(struct vt_ctx *ctx, const struct batch *b)
{
	enum vt_status status = VT_OK;
	if (b->n_dirs + b->n_bare == 0) return VT_OK;
	vt_signals_end_at_once();
	enum vt_status stop = vt_ctx_stop(ctx);
	for (size_t i = 0; stop == VT_OK && status == VT_OK && i < b->n_bare; i++)
		status = vt_command_judge_none(ctx, b->bare[i]);
	if (status != VT_OK) return status;
	if (stop == VT_OK) return vt_command_judge(ctx, b->args, b->n_dirs, (const char *const *)b->dir);
	return vt_ctx_fail(ctx, stop, "stopped by %s: the runs came to their end and are not judged; the same command with "
	                   "--resume goes on with that", vt_ctx_stop_reason(ctx));
}

/* One after the other; all that came to its end is judged, whatever became of the rest.  A diverged run is a result. */
static enum vt_status run_all(struct vt_ctx *ctx, struct batch *b)
{
	enum vt_status status = VT_OK, worst = VT_OK;
	for (size_t i = 0; i < b->n_files; i++) {
		status = run_experiment(ctx, b, b->file[i]);
		worst = vt_sweep_worse(worst, status);
		if (status == VT_OK || status == VT_EDIVERGED) continue;
		if (b->n_files == 1 || told_to_stop(status)) return status;
		vt_ctx_print(ctx);
		if (!others_go_on(status)) break;
	}
	status = judge(ctx, b);
	if (status != VT_OK) return status;
	if (worst == VT_EDIVERGED) return vt_ctx_fail(ctx, worst, "a run diverged; its file says where");
	return worst == VT_OK ? VT_OK : vt_ctx_fail(ctx, worst, "not every experiment could be run; see above");
}

static enum vt_status command_main(struct vt_ctx *ctx, const struct vt_args *a)
{
	enum vt_status status;
	struct batch b = { .args = a };
	double most = 0;
	VT_TRY(vt_args_split(ctx, a, &b.n_files, &b.file, &b.n_overrides, &b.override));
	VT_NEW(ctx, b.dir, b.n_files);
	VT_NEW(ctx, b.bare, b.n_files);
	VT_TRY(vt_args_seconds(ctx, a, "max-time", &most));
	VT_TRY(vt_args_distinct(ctx, b.n_files, b.file));
	VT_TRY(read_all(ctx, &b));
	vt_signals_catch(ctx, most > 0 ? vt_clock() + most : 0);
	status = run_all(ctx, &b);
done:
	for (size_t i = 0; i < b.n_dirs; i++) free(b.dir[i]);
	for (size_t i = 0; i < b.n_bare; i++) free(b.bare[i]);
	free(b.dir);
	free(b.bare);
	free(b.file);
	free(b.override);
	return status;
}

const struct vt_command_kind vt_command_run = {
	.kind = { "run", "train, measure, store and judge", "venturi", 0, NULL, NULL },
	.usage = "EXPERIMENT.yaml... [-o DIR] [SETTING=VALUE ...] [--preset NAME] [--task N] [--jobs J] [--resume]",
	.example = "venturi run experiments/information-plane.yaml --preset smoke -o results/first",
	.flags = flags,
	.min_words = 1,
	.main = command_main,
};
