/* venturi collect: one file from all tasks of a sweep.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "tasklist.h"

static const struct vt_flag_option flags[] = {
	{ "output", 'o', "FILE.h5", "the file to write" },
	{ "force", 'f', NULL, "overwrite what is there" },
	{ 0 }
};

/* ---- what is not there --------------------------------------------------- */

enum { MISSING, UNFINISHED, DIVERGED, N_GAPS };

/* Which tasks of the sweep are not as they should be: they are gaps in the file. */
struct gaps {
	size_t n_tasks, n[N_GAPS];
	bool *in[N_GAPS];
	char *list[N_GAPS];
};

static void clear_gaps(struct gaps *g)
{
	for (int k = 0; k < N_GAPS; k++) {
		free(g->in[k]);
		free(g->list[k]);
	}
}

/* A number that a run file says of itself; runs of several experiments in one folder may say what they like. */
static size_t number(const struct vt_runs *r, size_t i, const char *name)
{
	const char *text = vt_runs_attribute(r, i, name);
	size_t digits = text ? strspn(text, "0123456789") : 0;
	return digits > 0 && digits <= 7 && !text[digits] ? (size_t)atol(text) : 0;
}

/* A folder knows how many tasks there are from any of its runs. */
static enum vt_status find_gaps(struct vt_ctx *ctx, const struct vt_runs *r, struct gaps *g)
{
	enum vt_status status;
	for (size_t i = 0; i < vt_runs_count(r); i++) {
		size_t tasks = number(r, i, "tasks"), task = number(r, i, "task");
		if (tasks > g->n_tasks) g->n_tasks = tasks;
		if (task >= g->n_tasks) g->n_tasks = task + 1;
	}
	for (int k = 0; k < N_GAPS; k++) VT_NEW(ctx, g->in[k], g->n_tasks);
	for (size_t i = 0; i < g->n_tasks; i++) g->in[MISSING][i] = true;
	for (size_t i = 0; i < vt_runs_count(r); i++) {
		size_t task = number(r, i, "task");
		const char *how = vt_runs_attribute(r, i, "status");
		g->in[MISSING][task] = false;
		g->in[DIVERGED][task] = how && strcmp(how, "failed") == 0;
		g->in[UNFINISHED][task] = how && strcmp(how, "failed") != 0 && strcmp(how, "complete") != 0;
	}
	for (int k = 0; k < N_GAPS; k++) {
		for (size_t i = 0; i < g->n_tasks; i++) g->n[k] += g->in[k][i];
		g->list[k] = vt_tasklist_text(ctx, g->in[k], 0, g->n_tasks);
		VT_REQUIRE(ctx, g->list[k], VT_ENOMEM, "out of memory for the list of gaps");
	}
	status = VT_OK;
done:
	return status;
}

static void say_gaps(struct vt_ctx *ctx, const char *dir, const struct gaps *g)
{
	static const char *const what[N_GAPS] = { "without usable run file", "not finished", "diverged" };
	static const char *const remedy[N_GAPS] = {
		"; `run` with --resume, or `submit` with --tasks, makes just these",
		"; `run` with --resume, or `submit` with --tasks, goes on with just these",
		"; their files end there",
	};
	for (int k = 0; k < N_GAPS; k++)
		if (g->n[k] > 0)
			vt_log(ctx, VT_WARN, "%s: %zu of %zu tasks %s: %s%s", dir, g->n[k], g->n_tasks, what[k], g->list[k], remedy[k]);
}

static json_t *numbers(const struct gaps *g, int k)
{
	json_t *list = json_array();
	for (size_t i = 0; list && i < g->n_tasks; i++)
		if (g->in[k][i]) json_array_append_new(list, json_integer((json_int_t)i));
	return list;
}

static void print(const struct vt_args *a, const char *path, size_t n, const struct gaps *g)
{
	if (!vt_args_flag(a, "json")) {
		printf("%s: %zu runs\n", path, n);
		return;
	}
	json_t *o = json_pack("{s:{s:s, s:I, s:I, s:o, s:o, s:o}}", "collected", "file", path, "runs", (json_int_t)n, "tasks",
	                      (json_int_t)g->n_tasks, "missing", numbers(g, MISSING), "unfinished", numbers(g, UNFINISHED),
	                      "diverged", numbers(g, DIVERGED));
	if (o) json_dumpf(o, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(o);
}

static enum vt_status command_main(struct vt_ctx *ctx, const struct vt_args *a)
{
	enum vt_status status;
	struct vt_runs *runs = NULL;
	char *rulings = NULL;
	struct gaps gaps = { 0 };
	const char *dir = a->word[0], *path = vt_args_flag(a, "output");

	VT_REQUIRE(ctx, path, VT_EUSAGE, "collect: no output file is named; wanted -o FILE.h5");
	VT_REQUIRE(ctx, vt_args_flag(a, "force") || access(path, F_OK) != 0, VT_EUSAGE,
	           "%s exists; give another -o, or --force to overwrite it", path);
	VT_TRY(vt_runs_open(ctx, dir, &runs));
	VT_TRY(vt_rulings_read(ctx, dir, &rulings));
	VT_TRY(vt_runs_collect(ctx, runs, rulings, path));
	VT_TRY(find_gaps(ctx, runs, &gaps));
	say_gaps(ctx, dir, &gaps);
	print(a, path, vt_runs_count(runs), &gaps);
	status = VT_OK;
done:
	clear_gaps(&gaps);
	free(rulings);
	vt_runs_free(runs);
	return status;
}

const struct vt_command_kind vt_command_collect = {
	.kind = { "collect", "one file from all tasks of a sweep, for xarray and the like", "venturi", 0, NULL, NULL },
	.usage = "DIR -o FILE.h5 [--force]",
	.example = "venturi collect results/information-plane -o information-plane.h5",
	.flags = flags,
	.min_words = 1,
	.max_words = 1,
	.main = command_main,
};
