/* venturi collect: one file from all tasks of a sweep.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"

enum { MOST_RULINGS = 64 << 20 };

static const struct vt_flag_option flags[] = {
	{ "output", 'o', "FILE.h5", "the file to write" },
	{ "force", 'f', NULL, "overwrite what is there" },
	{ 0 }
};

/* The text of DIR/rulings.json, or null where there is none. */
static enum vt_status read_rulings(struct vt_ctx *ctx, const char *dir, char **out)
{
	char *path = vt_format(ctx, "%s/rulings.json", dir);
	if (!path) return VT_ENOMEM;
	enum vt_status status = access(path, F_OK) == 0 ? vt_input_text(ctx, path, MOST_RULINGS, out) : VT_OK;
	free(path);
	return status;
}

static void print(const struct vt_args *a, const char *path, size_t n)
{
	if (!vt_args_flag(a, "json")) {
		printf("%s: %zu runs\n", path, n);
		return;
	}
	json_t *o = json_pack("{s:{s:s, s:I}}", "collected", "file", path, "runs", (json_int_t)n);
	if (o) json_dumpf(o, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(o);
}

static enum vt_status command_main(struct vt_ctx *ctx, const struct vt_args *a)
{
	enum vt_status status;
	struct vt_runs *runs = NULL;
	char *rulings = NULL;
	const char *dir = a->word[0], *path = vt_args_flag(a, "output");

	VT_REQUIRE(ctx, path, VT_EUSAGE, "collect: no output file is named; wanted -o FILE.h5");
	VT_REQUIRE(ctx, vt_args_flag(a, "force") || access(path, F_OK) != 0, VT_EUSAGE,
	           "%s exists; give another -o, or --force to overwrite it", path);
	VT_TRY(vt_runs_open(ctx, dir, &runs));
	VT_TRY(read_rulings(ctx, dir, &rulings));
	VT_TRY(vt_runs_collect(ctx, runs, rulings, path));
	print(a, path, vt_runs_count(runs));
	status = VT_OK;
done:
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
