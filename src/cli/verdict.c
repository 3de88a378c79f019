/* venturi verdict: judges finished runs again.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum vt_status vt_command_judge(struct vt_ctx *ctx, const struct vt_args *a, size_t n_dirs, const char *const *dir)
{
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < n_dirs; i++) {
		struct vt_runs *runs = NULL;
		struct vt_rulings *r = NULL;
		char *json = NULL, *path = NULL;
		status = vt_runs_open(ctx, dir[i], &runs);
		if (status == VT_OK) status = vt_verdict(ctx, &vt_registry, runs, NULL, &r);
		if (status == VT_OK) status = vt_rulings_json(ctx, r, &json);
		if (status == VT_OK) {
			path = vt_format(ctx, "%s/rulings.json", dir[i]);
			status = vt_file_commit(ctx, path, json, strlen(json));
			if (vt_args_flag(a, "json")) puts(json);
			else for (size_t k = 0; k < r->n; k++)
				printf("%-24s %-12s %s\n", r->ruling[k].hypothesis, vt_outcome_names[r->ruling[k].outcome], r->ruling[k].reason);
		}
		free(json);
		free(path);
		vt_rulings_free(r);
		vt_runs_free(runs);
		if (status != VT_OK) break;
	}
	return status;
}

static enum vt_status command_main(struct vt_ctx *ctx, const struct vt_args *a)
{
	return vt_command_judge(ctx, a, a->n_words, a->word);
}

static const struct vt_flag_option flags[] = { { 0 } };
const struct vt_command_kind vt_command_verdict = {
	.kind = { "verdict", "judge finished runs again", "venturi", 0, NULL, NULL },
	.usage = "DIR... [--json]",
	.example = "venturi verdict results/information-plane",
	.flags = flags,
	.min_words = 1,
	.main = command_main,
};
