/* Milliseconds of a critic's step: 256 x 256 pairs, 25 + 25 dims, hidden 16-8, one thread.  Reads numbers of steps,
 * one a line, so that critic.py can ask it and PyTorch in turn.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "../../src/estimate/critic.h"
#include "venturi.h"

enum { BATCH = 256, DIMS = 25 };

static double steps(struct vt_ctx *ctx, struct vt_critic *c, const float *x, const float *y, int n)
{
	double began = vt_clock();
	for (int i = 1; i <= n; i++) {
		vt_critic_scores(ctx, c, x, y, BATCH, true);
		vt_bound_scales(VT_INFONCE, c);
		vt_critic_gradient(ctx, c, x, y);
		vt_critic_update(c, 0.03, 0.1, i);
	}
	return 1e3 * (vt_clock() - began) / n;
}

int main(void)
{
	static float x[BATCH * DIMS], y[BATCH * DIMS];
	const struct vt_critic_shape shape = { DIMS, DIMS, BATCH, 2, { 16, 8 } };
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_rng r = vt_rng_stream(1, VT_PURPOSE_DATASET, 0);
	struct vt_critic c;
	int n;
	if (!ctx || vt_critic_create(ctx, &shape, &c) != VT_OK) return 1;
	vt_ctx_set_threads(ctx, 1);
	vt_critic_initialise(&c, 1);
	for (size_t i = 0; i < BATCH * DIMS; i++) {
		x[i] = (float)vt_rng_normal(&r);
		y[i] = (float)vt_rng_normal(&r);
	}
	int threads = vt_gemm_serial();
	steps(ctx, &c, x, y, 50);
	while (scanf("%d", &n) == 1) {
		printf("%.4f\n", steps(ctx, &c, x, y, n > 0 ? n : 1));
		fflush(stdout);
	}
	vt_gemm_restore(threads);
	vt_critic_clear(&c);
	vt_ctx_free(ctx);
	return 0;
}
