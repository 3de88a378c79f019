/* Prints the peak of single-precision multiply-adds that this machine reaches, in GFLOP/s: independent chains in
 * registers on OMP_NUM_THREADS threads, the best of many rounds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venturi.h"

enum { CHAINS = 12, LOOPS = 200000, ROUNDS = 40, MAX_THREADS = 256 };

/* Chains of so many lanes; the sum keeps the compiler from leaving them out. */
#define CHAIN(name, bytes, isa) \
	__attribute__((target(isa))) static float name(float x, float y) \
	{ \
		typedef float vector __attribute__((vector_size(bytes))); \
		vector sum[CHAINS], a = (vector){ 0 } + x, b = (vector){ 0 } + y; \
		for (int i = 0; i < CHAINS; i++) sum[i] = a * (float)i; \
		for (int n = 0; n < LOOPS; n++) \
			_Pragma("GCC unroll 12") for (int i = 0; i < CHAINS; i++) sum[i] = sum[i] * a + b; \
		for (int i = 1; i < CHAINS; i++) sum[0] += sum[i]; \
		return sum[0][0]; \
	}
#if defined __x86_64__
CHAIN(chains_avx512, 64, "avx512f,fma")
CHAIN(chains_avx2, 32, "avx2,fma")
#endif
CHAIN(chains_base, 16, "sse2")

struct job {
	float (*chains)(float x, float y);
	float sink[MAX_THREADS];
};

static enum vt_status run(void *self, size_t b)
{
	struct job *j = self;
	j->sink[b] = j->chains(0.999f, 1e-3f * (float)(b + 1));
	return VT_OK;
}

int main(void)
{
	struct vt_ctx *ctx = vt_ctx_create();
	size_t threads = (size_t)vt_ctx_threads(ctx), lanes = 4;
	struct job j = { .chains = chains_base };
	double best = 1e30;
#if defined __x86_64__
	if (strcmp(vt_isa(), "avx512") == 0) j.chains = chains_avx512, lanes = 16;
	else if (strcmp(vt_isa(), "avx2") == 0) j.chains = chains_avx2, lanes = 8;
#endif
	if (threads > MAX_THREADS) threads = MAX_THREADS;
	for (int r = 0; r < ROUNDS; r++) {
		double began = vt_clock();
		if (vt_blocks_run(ctx, threads, false, run, &j) != VT_OK) return 70;
		double seconds = vt_clock() - began;
		if (seconds < best) best = seconds;
	}
	printf("%.1f\n", 2e-9 * (double)(threads * lanes) * CHAINS * LOOPS / best);
	vt_ctx_free(ctx);
	return j.sink[0] == 0;
}
