/* Writes two runs, raw activations and a collected file into the folder that is named: what
 * tests/readers.sh shows to other people's readers.  Not a test by itself.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store_run.h"

static const char rulings[] =
	"{\"rulings\":[{\"claim\":\"replication\",\"experiment\":\"small\",\"hypothesis\":\"tanh-falls\","
	"\"statistic\":\"decline\",\"value\":1.5,\"ci95\":[1.2,1.8],\"delta\":0.5,\"unit\":\"bit\",\"expect\":\"above\","
	"\"n_seeds\":2,\"n_dead\":0,\"n_flagged\":0,\"p_holm\":null,\"registered\":true,\"outcome\":\"supported\","
	"\"reason\":\"the interval lies above delta\"},{\"hypothesis\":\"relu-falls\",\"value\":null,\"ci95\":[null,null]}]}";

static void write_activations(struct vt_ctx *ctx, struct vt_store *s)
{
	static const char *const name[] = { "h1", "output" };
	double h1[40], out[8], x[12];
	int32_t y[4] = { 0, 1, 1, 0 };
	for (size_t i = 0; i < 40; i++) h1[i] = (double)i / 7;
	for (size_t i = 0; i < 12; i++) x[i] = (double)(i % 5);
	for (size_t i = 0; i < 8; i++) out[i] = -(double)i;
	struct vt_mat tap[] = { { h1, 4, 7, 10 }, { out, 4, 2, 2 } }, input = { x, 4, 3, 3 };
	struct vt_labels label = { y, 4, 2 };
	RUN_DO(ctx, vt_store_activations(ctx, s, 120, 2, name, tap, &input, &label));
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: run_files DIR\n");
		return 2;
	}
	struct vt_ctx *ctx = vt_ctx_create();
	struct run_plan plan[] = { { .task = 0, .seed = 3, .activation = "tanh", .n_steps = 70, .every = 10, .alive = true },
	                           { .task = 1, .seed = 4, .activation = "relu", .n_steps = 5, .every = 25 },
	                           { .task = 2, .seed = 5, .activation = "tanh" } };
	for (size_t i = 0; i < 2; i++) {
		plan[i].dir = argv[1];
		run_write(ctx, &plan[i]);
	}
	/* A third one that has only been created: zero steps, no groups yet. */
	struct vt_store *s = NULL;
	plan[2].dir = argv[1];
	RUN_DO(ctx, run_create(ctx, &plan[2], &s));
	write_activations(ctx, s);
	vt_store_free(s);

	struct vt_runs *runs = NULL;
	char *path = vt_format(ctx, "%s/all.h5", argv[1]);
	RUN_DO(ctx, vt_runs_open(ctx, argv[1], &runs));
	RUN_DO(ctx, vt_runs_collect(ctx, runs, rulings, path));
	vt_runs_free(runs);
	free(path);
	vt_ctx_free(ctx);
	return 0;
}
