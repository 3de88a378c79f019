/* Stochastic gradient descent: p -= rate (g + decay p).
 *
 * The file includes itself once per precision; the update stands at the end.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REAL_NAME
#include "config.h"

#include "venturi/train.h"

#define real float
#define REAL_NAME(x) x##_f32
#include "sgd.c"
#undef real
#undef REAL_NAME
#define real double
#define REAL_NAME(x) x##_f64
#include "sgd.c"

const struct vt_optimiser_kind vt_optimiser_sgd = {
	.kind = { "sgd", "stochastic gradient descent", "Robbins & Monro 1951", 0, NULL, NULL },
	.n_moments = 0,
	.update_f32 = update_f32,
	.update_f64 = update_f64,
};
#else

VT_CLONES static void REAL_NAME(update)(const void *settings, const struct vt_update *u, size_t n, real *p,
                                        const real *g,
                                        real *m, real *v)
{
	(void)settings;
	(void)m;
	(void)v;
	const real rate = (real)u->rate, decay = (real)u->decay;
	for (size_t i = 0; i < n; i++) p[i] -= rate * (g[i] + decay * p[i]);
}
#endif
