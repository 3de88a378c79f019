/* venturi verdict: judges finished runs again; the end of `run` judges through the same door.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../report/folders.h"
#include "cli.h"

static const struct vt_flag_option flags[] = {
	{ "with", 0, "EXPERIMENT.yaml", "judge by this file's hypotheses instead: post hoc, and the rulings say so" },
	{ 0 }
};

/* DIR/rulings.json; a single run file has no folder of its own, and its rulings are only printed. */
static enum vt_status write_rulings(struct vt_ctx *ctx, const char *dir, const struct vt_rulings *r)
{
	enum vt_status status;
	struct stat st;
	char *json = NULL;

	if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) return VT_OK;
	VT_TRY(vt_rulings_json(ctx, r, &json));
	VT_TRY(vt_rulings_write(ctx, dir, json));
	vt_log(ctx, VT_VERBOSE, "%zu ruling%s written to %s/rulings.json", r->n, r->n == 1 ? "" : "s", dir);
done:
	free(json);
	return status;
}

/* Moves the rulings of `from` to the end of `to`. */
static enum vt_status append(struct vt_ctx *ctx, struct vt_rulings *to, struct vt_rulings *from)
{
	enum vt_status status;
	struct vt_ruling *all = NULL;

	VT_NEW(ctx, all, to->n + from->n);
	if (to->n > 0) memcpy(all, to->ruling, to->n * sizeof *all);
	if (from->n > 0) memcpy(all + to->n, from->ruling, from->n * sizeof *all);
	free(to->ruling);
	to->ruling = all;
	to->n += from->n;
	from->n = 0;
	status = VT_OK;
done:
	return status;
}

static enum vt_status judge_folder(struct vt_ctx *ctx, const char *dir, const struct vt_experiment *with,
                                   struct vt_rulings *all)
{
	enum vt_status status;
	struct vt_runs *runs = NULL;
	struct vt_rulings *r = NULL;

	VT_TRY(vt_runs_open(ctx, dir, &runs));
	VT_TRY(vt_verdict(ctx, &vt_registry, runs, with, &r));
	VT_TRY(write_rulings(ctx, dir, r));
	VT_TRY(append(ctx, all, r));
done:
	vt_rulings_free(r);
	vt_runs_free(runs);
	return status;
}

enum vt_status vt_command_judge_none(struct vt_ctx *ctx, const char *dir)
{
	const struct vt_rulings none = { 0 };
	return write_rulings(ctx, dir, &none);
}

static void print_rulings(const struct vt_rulings *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct vt_ruling *g = &r->ruling[i];
		vt_print_text(g->experiment);
		printf(": ");
		vt_print_text(g->hypothesis);
		printf(": %s%s\n    ", vt_outcome_names[g->outcome], g->registered ? "" : " (post hoc, not as registered)");
		vt_print_text(g->reason);
		putchar('\n');
	}
	if (r->n == 0) printf("no hypotheses were registered: there is nothing to rule on\n");
}

static enum vt_status print(struct vt_ctx *ctx, const struct vt_args *a, const struct vt_rulings *r)
{
	char *json = NULL;
	if (!vt_args_flag(a, "json")) {
		print_rulings(r);
		return VT_OK;
	}
	enum vt_status status = vt_rulings_json(ctx, r, &json);
	if (status == VT_OK) puts(json);
	free(json);
	return status;
}

enum vt_status vt_command_judge(struct vt_ctx *ctx, const struct vt_args *a, size_t n_dirs, const char *const *dir)
{
	enum vt_status status;
	struct vt_folders folders = { 0 };
	struct vt_experiment *with = NULL;
	struct vt_rulings *all = NULL;
	const char *path = vt_args_flag(a, "with");

	VT_NEW(ctx, all, 1);
	if (path) VT_TRY(vt_args_experiment(ctx, a, path, 0, NULL, &with));
	VT_TRY(vt_folders_find(ctx, n_dirs, dir, &folders));
	for (size_t i = 0; i < folders.n; i++) VT_TRY(judge_folder(ctx, folders.path[i], with, all));
	status = print(ctx, a, all);
done:
	vt_rulings_free(all);
	vt_folders_clear(&folders);
	vt_experiment_free(with);
	return status;
}

static enum vt_status command_main(struct vt_ctx *ctx, const struct vt_args *a)
{
	return vt_command_judge(ctx, a, a->n_words, a->word);
}

const struct vt_command_kind vt_command_verdict = {
	.kind = { "verdict", "judge finished runs again", "venturi", 0, NULL, NULL },
	.usage = "DIR... [--with EXPERIMENT.yaml]",
	.example = "venturi verdict results/information-plane",
	.flags = flags,
	.min_words = 1,
	.main = command_main,
};
