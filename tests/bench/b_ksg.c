/* Times KSG 1: b_ksg N DX DY [THREADS [PERMUTATIONS]] reads N rows of DX + DY doubles, in the machine's order, from
 * standard input; then each line "K" makes an estimate with K neighbours and prints seconds, estimate and the
 * greatest memory of the process in MB.  Without input, times a few sizes on normal pairs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "venturi.h"

enum { ROUNDS = 5 };

static void die(const char *why)
{
	fprintf(stderr, "b_ksg: %s\n", why);
	exit(1);
}

static struct vt_estimated estimate(struct vt_ctx *ctx, long k, const struct vt_pair *in)
{
	struct vt_chosen chosen = { 0 };
	struct vt_estimated e;
	char settings[64];
	snprintf(settings, sizeof settings, "ksg:k=%ld", k);
	if (vt_chosen_parse(ctx, &vt_registry, "estimate", settings, &chosen) != VT_OK ||
	    vt_estimate_pair(ctx, &chosen, in, &e) != VT_OK)
		die(vt_ctx_trail(ctx));
	vt_chosen_clear(&chosen);
	return e;
}

static double most_memory(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return (double)r.ru_maxrss / 1024;
}

static void serve(struct vt_ctx *ctx, const struct vt_pair *in)
{
	char line[64];
	while (fgets(line, sizeof line, stdin)) {
		struct vt_estimated e = estimate(ctx, strtol(line, NULL, 10), in);
		printf("%.6f %.12f %.1f\n", e.seconds, e.mi, most_memory());
		fflush(stdout);
	}
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void alone(struct vt_ctx *ctx, size_t n, size_t d)
{
	double *x = vt_alloc(ctx, 2 * n * d, sizeof *x), seconds[ROUNDS];
	struct vt_rng r = vt_rng_stream(1, VT_PURPOSE_DATASET, d);
	struct vt_pair in = { .x = { x, n, d, 2 * d }, .y = { x + d, n, d, 2 * d } };
	if (!x) die("out of memory");
	for (size_t i = 0; i < 2 * n * d; i++) x[i] = vt_rng_normal(&r);
	for (int t = 0; t < ROUNDS; t++) seconds[t] = estimate(ctx, 5, &in).seconds;
	qsort(seconds, ROUNDS, sizeof *seconds, ascending);
	printf("ksg k 5, %zu rows, %2zu + %2zu: %.2f ms (median of %d)\n", n, d, d, 1e3 * seconds[ROUNDS / 2], ROUNDS);
	free(x);
}

int main(int argc, char **argv)
{
	struct vt_ctx *ctx = vt_ctx_create();
	if (!ctx) return 1;
	vt_ctx_set_threads(ctx, argc > 4 ? atoi(argv[4]) : 1);
	if (argc < 4) {
		static const size_t dims[] = { 1, 2, 3, 5, 25 };
		for (size_t a = 0; a < sizeof dims / sizeof *dims; a++) alone(ctx, 10000, dims[a]);
		vt_ctx_free(ctx);
		return 0;
	}
	size_t n = (size_t)atol(argv[1]), dx = (size_t)atol(argv[2]), dy = (size_t)atol(argv[3]), d = dx + dy;
	double *x = vt_alloc(ctx, n * d, sizeof *x);
	if (!x || fread(x, sizeof *x, n * d, stdin) != n * d) die("too few numbers");
	serve(ctx, &(struct vt_pair){ .x = { x, n, dx, d }, .y = { x + dx, n, dy, d },
	                              .n_null = argc > 5 ? (size_t)atol(argv[5]) : 0 });
	free(x);
	vt_ctx_free(ctx);
	return 0;
}
