/* Adam, with bias correction.
 *
 * The file includes itself once per precision; the update stands at the end.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REAL_NAME
#include "config.h"

#include <math.h>

#include "adam.h"

const struct vt_option vt_adam_options[] = {
	{ "beta1", VT_REAL, offsetof(struct vt_adam_settings, beta1), 0, 0.999999, "0.9", NULL, "decay of the mean gradient" },
	{ "beta2", VT_REAL, offsetof(struct vt_adam_settings, beta2), 0, 0.9999999, "0.999", NULL,
	  "decay of the mean squared gradient" },
	{ "epsilon", VT_REAL, offsetof(struct vt_adam_settings, epsilon), 1e-30, 1, "1e-8", NULL, "added to the root" },
	{ 0 }
};

#define real float
#define REAL_NAME(x) x##_f32
#define REAL_SQRT sqrtf
#include "adam.c"
#undef real
#undef REAL_NAME
#undef REAL_SQRT
#define real double
#define REAL_NAME(x) x##_f64
#define REAL_SQRT sqrt
#include "adam.c"

static void coupled_f32(const void *s, const struct vt_update *u, size_t n, float *p, const float *g, float *m,
                        float *v)
{
	vt_adam_f32(s, false, u, n, p, g, m, v);
}

static void coupled_f64(const void *s, const struct vt_update *u, size_t n, double *p, const double *g, double *m,
                        double *v)
{
	vt_adam_f64(s, false, u, n, p, g, m, v);
}

const struct vt_optimiser_kind vt_optimiser_adam = {
	.kind = { "adam", "adaptive moments; weight_decay enters the gradient", "Kingma & Ba 2015, algorithm 1",
	          sizeof(struct vt_adam_settings), vt_adam_options, NULL },
	.n_moments = 2,
	.update_f32 = coupled_f32,
	.update_f64 = coupled_f64,
};
#else

VT_CLONES void REAL_NAME(vt_adam)(const struct vt_adam_settings *s, bool decoupled, const struct vt_update *u, size_t n,
                                  real *p, const real *g, real *m, real *v)
{
	const double step = (double)u->step, root = sqrt(1 - pow(s->beta2, step));
	const real b1 = (real)s->beta1, b2 = (real)s->beta2, eps = (real)(s->epsilon * root);
	const real rate = (real)(u->rate * root / (1 - pow(s->beta1, step)));
	const real coupled = decoupled ? 0 : (real)u->decay, shrink = (real)(decoupled ? u->rate * u->decay : 0);
	for (size_t i = 0; i < n; i++) {
		real d = g[i] + coupled * p[i];
		m[i] = b1 * m[i] + (1 - b1) * d;
		v[i] = b2 * v[i] + (1 - b2) * d * d;
		p[i] -= shrink * p[i] + rate * m[i] / (REAL_SQRT(v[i]) + eps);
	}
}
#endif
