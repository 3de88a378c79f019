/* Milliseconds of the estimators on one snapshot of the classic network: six layers, 10, 7, 5, 4,
 * 3 and 2 wide, of all 4096 words of 12 bits.  Activations are those of random tanh networks of
 * three weight scales: fresh, in training, saturated.  Then of the pairwise bounds on a wide layer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "venturi.h"

enum { ROWS = 4096, LAYERS = 6, REPEATS = 15, WIDE_ROWS = 10000, WIDE = 50 };
static const size_t width[LAYERS + 1] = { 12, 10, 7, 5, 4, 3, 2 };

struct snapshot {
	double *x[LAYERS + 1];
	int32_t label[ROWS];
};

static void die(struct vt_ctx *ctx)
{
	fprintf(stderr, "%s\n", vt_ctx_trail(ctx));
	exit(1);
}

static void pass_layer(const double *x, size_t in, size_t out, double gain, struct vt_rng *r, double *y)
{
	double w[12 * 12];
	for (size_t k = 0; k < in * out; k++) w[k] = gain * vt_rng_normal(r) / sqrt((double)in);
	for (size_t i = 0; i < ROWS; i++)
		for (size_t c = 0; c < out; c++) {
			double sum = 0;
			for (size_t p = 0; p < in; p++) sum += x[i * in + p] * w[p * out + c];
			y[i * out + c] = tanhf((float)sum);
		}
}

static void fill(struct snapshot *s, double gain)
{
	struct vt_rng r = vt_rng_stream(3, VT_PURPOSE_DATASET, 0);
	for (size_t i = 0; i < ROWS; i++) {
		int ones = __builtin_popcount((unsigned)i);
		for (size_t b = 0; b < 12; b++) s->x[0][i * 12 + b] = (double)(i >> b & 1);
		s->label[i] = ones > 6 || (ones == 6 && i % 2);
	}
	for (size_t l = 1; l <= LAYERS; l++) pass_layer(s->x[l - 1], width[l - 1], width[l], gain, &r, s->x[l]);
}

/* All layers once; milliseconds. */
static double once(struct vt_ctx *ctx, const struct vt_layer *layer, size_t n_layers, const struct vt_chosen *chosen)
{
	struct vt_information out[2];
	double began = vt_clock();
	for (size_t l = 0; l < n_layers; l++)
		if (vt_estimate_layer(ctx, chosen, &layer[l], out) != VT_OK) die(ctx);
	return 1e3 * (vt_clock() - began);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void measure(struct vt_ctx *ctx, const struct vt_layer *layer, size_t n_layers, const char *settings)
{
	struct vt_chosen chosen = { 0 };
	if (vt_chosen_parse(ctx, &vt_registry, "estimate", settings, &chosen) != VT_OK) die(ctx);
	printf("  %-44s null %2zu", settings, layer->n_null);
	for (int threads = 1; threads <= 2; threads++) {
		double ms[REPEATS];
		vt_ctx_set_threads(ctx, threads);
		for (int r = 0; r < REPEATS; r++) ms[r] = once(ctx, layer, n_layers, &chosen);
		qsort(ms, REPEATS, sizeof *ms, ascending);
		printf("   %d thread%s %8.3f ms (best %8.3f)", threads, threads > 1 ? "s" : " ", ms[REPEATS / 2], ms[0]);
	}
	printf("\n");
	vt_chosen_clear(&chosen);
}

static void measure_all(struct vt_ctx *ctx, const struct snapshot *s, const char *settings, size_t n_null)
{
	struct vt_layer layer[LAYERS];
	for (size_t l = 0; l < LAYERS; l++)
		layer[l] = (struct vt_layer){ .t = { s->x[l + 1], ROWS, width[l + 1], width[l + 1] },
			                          .y = { s->label, ROWS, 2 }, .enumerated = true, .n_null = n_null };
	measure(ctx, layer, LAYERS, settings);
}

/* 10 000 rows of 50 units, whose differences are as large as the noise. */
static void measure_wide(struct vt_ctx *ctx)
{
	static double x[WIDE_ROWS * WIDE];
	static int32_t label[WIDE_ROWS];
	struct vt_rng r = vt_rng_stream(4, VT_PURPOSE_DATASET, 0);
	for (size_t i = 0; i < WIDE_ROWS * WIDE; i++) x[i] = tanh(vt_rng_normal(&r));
	for (size_t i = 0; i < WIDE_ROWS; i++) label[i] = x[i * WIDE] > 0;
	struct vt_layer layer = { .t = { x, WIDE_ROWS, WIDE, WIDE }, .y = { label, WIDE_ROWS, 2 } };
	printf("one layer, %d rows, %d units, medians of %d\n", WIDE_ROWS, WIDE, REPEATS);
	measure(ctx, &layer, 1, "kde:variance=0.1");
	measure(ctx, &layer, 1, "kde:variance=1");
}

int main(void)
{
	struct vt_ctx *ctx = vt_ctx_create();
	struct snapshot s;
	if (!ctx) return 1;
	for (size_t l = 0; l <= LAYERS; l++) s.x[l] = vt_alloc(ctx, ROWS * width[l], sizeof(double));
	for (double gain = 1; gain <= 4; gain *= 2) {
		printf("six layers, %d rows, weights of scale %g, medians of %d\n", ROWS, gain, REPEATS);
		fill(&s, gain);
		/* First, as it makes the allocator keep its memory, which the small ones profit from in a run too. */
		measure_all(ctx, &s, "kde:variance=1e-3", 0);
		measure_all(ctx, &s, "binning:bins=30,range=[-1,1]", 0);
		measure_all(ctx, &s, "binning:bins=30,range=[-1,1],edges=idnns", 0);
		measure_all(ctx, &s, "binning:width=0.07", 0);
		measure_all(ctx, &s, "binning:bins=30,range=[-1,1]", 19);
		measure_all(ctx, &s, "exact", 0);
		measure_all(ctx, &s, "kde:variance=1e-3", 19);
	}
	measure_wide(ctx);
	for (size_t l = 0; l <= LAYERS; l++) free(s.x[l]);
	vt_ctx_free(ctx);
	return 0;
}
