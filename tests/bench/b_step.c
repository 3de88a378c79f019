/* Times a training step: b_step OPTIMISER BATCH THREADS MODEL INPUTS TOKENS CLASSES LABELS; TOKENS 0 makes inputs of
 * numbers, LABELS is the labels a row.  Each line "N" on standard input makes N steps and prints their mean in
 * microseconds; without any, prints the median of a few rounds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venturi.h"

enum { LEAST_ROWS = 4096, ROUNDS = 11 };

static enum vt_status make_data(struct vt_ctx *ctx, size_t batch, struct vt_dataset *d)
{
	enum vt_status status;
	struct vt_rng r = vt_rng_stream(1, VT_PURPOSE_DATASET, 0);
	size_t rows = batch > LEAST_ROWS ? batch : LEAST_ROWS / batch * batch;
	d->n = d->n_train = rows;
	VT_NEW(ctx, d->x, rows * d->n_inputs);
	VT_NEW(ctx, d->label, rows * d->n_labels);
	VT_NEW(ctx, d->train, rows);
	for (size_t i = 0; i < rows * d->n_inputs; i++) d->x[i] = (double)vt_rng_below(&r, d->n_tokens ? d->n_tokens : 2);
	for (size_t i = 0; i < rows * d->n_labels; i++) d->label[i] = (int32_t)vt_rng_below(&r, d->n_classes);
	for (uint32_t i = 0; i < rows; i++) d->train[i] = i;
	status = VT_OK;
done:
	return status;
}

static double microseconds(struct vt_ctx *ctx, struct vt_trainer *t, long n)
{
	static const double rate = 1e-3;
	double began = vt_clock();
	for (long i = 0; i < n; i++) {
		size_t begin, rows, batches = vt_trainer_batches(t);
		const uint32_t *order = vt_trainer_order(t, (uint64_t)i / batches);
		vt_trainer_batch(t, (size_t)i % batches, &begin, &rows);
		if (vt_trainer_step(ctx, t, order + begin, rows, (uint64_t)i + 1, rate, NULL) != VT_OK) exit(70);
	}
	return (vt_clock() - began) / (double)n * 1e6;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void serve(struct vt_ctx *ctx, struct vt_trainer *t)
{
	char line[64];
	double round[ROUNDS];
	bool asked = false;
	microseconds(ctx, t, 2);
	while (fgets(line, sizeof line, stdin)) {
		printf("%.4f\n", microseconds(ctx, t, strtol(line, NULL, 10)));
		fflush(stdout);
		asked = true;
	}
	if (asked) return;
	for (int i = 0; i < ROUNDS; i++) {
		double once = microseconds(ctx, t, 1);
		round[i] = microseconds(ctx, t, (long)(1e5 / once) + 1);
	}
	qsort(round, ROUNDS, sizeof *round, ascending);
	printf("%.2f us a step (median of %d rounds of 0.1 s)\n", round[ROUNDS / 2], ROUNDS);
}

int main(int argc, char **argv)
{
	enum vt_status status = VT_OK;
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_chosen optimiser = { 0 }, model = { 0 };
	struct vt_dataset data = { 0 };
	struct vt_model *m = NULL;
	struct vt_trainer *t = NULL;
	if (argc != 9) return fputs("usage: b_step OPTIMISER BATCH THREADS MODEL INPUTS TOKENS CLASSES LABELS\n", stderr), 2;
	vt_ctx_set_threads(ctx, atoi(argv[3]));
	data = (struct vt_dataset){ .n_inputs = (size_t)atol(argv[5]), .n_tokens = (size_t)atol(argv[6]),
		                    .n_classes = (size_t)atol(argv[7]), .n_labels = (size_t)atol(argv[8]) };
	VT_TRY(vt_chosen_parse(ctx, &vt_registry, "optimiser", argv[1], &optimiser));
	VT_TRY(vt_chosen_parse(ctx, &vt_registry, "model", argv[4], &model));
	VT_TRY(make_data(ctx, (size_t)atol(argv[2]), &data));
	const struct vt_model_shape shape = { data.n_inputs, data.n_classes, data.n_tokens, data.n_labels, true,
		                              VT_CROSS_ENTROPY, VT_SINGLE };
	const struct vt_train_settings s = { .optimiser = optimiser, .rate = 1e-3, .batch = atol(argv[2]),
	                                     .shuffle = true, .fused = true };
	VT_TRY(vt_model_create(ctx, &model, &shape, 1, &m));
	VT_TRY(vt_trainer_create(ctx, &s, &data, m, &t));
	serve(ctx, t);
done:
	if (status != VT_OK) fprintf(stderr, "b_step: %s\n", vt_ctx_trail(ctx));
	vt_trainer_free(t);
	vt_model_free(m);
	vt_chosen_clear(&optimiser);
	vt_chosen_clear(&model);
	return vt_status_exit(status);
}
