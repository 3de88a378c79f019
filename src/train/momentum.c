/* Gradient descent with momentum: m = mu m + (g + decay p), p -= rate m; Nesterov's form
 * steps by g + mu m.
 *
 * The file includes itself once per precision; the update stands at the end.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REAL_NAME
#include "config.h"

#include "venturi/train.h"

struct settings {
	double momentum;
	bool nesterov;
};

static const struct vt_option options[] = {
	{ "momentum", VT_REAL, offsetof(struct settings, momentum), 0, 0.999999, "0.9", NULL, "share of the last step kept" },
	{ "nesterov", VT_BOOL, offsetof(struct settings, nesterov), 0, 0, "false", NULL, "look ahead" },
	{ 0 }
};

#define real float
#define REAL_NAME(x) x##_f32
#include "momentum.c"
#undef real
#undef REAL_NAME
#define real double
#define REAL_NAME(x) x##_f64
#include "momentum.c"

const struct vt_optimiser_kind vt_optimiser_momentum = {
	.kind = { "momentum", "gradient descent with momentum", "Polyak 1964; Sutskever et al. 2013, eqs. 1-2",
	          sizeof(struct settings), options, NULL },
	.n_moments = 1,
	.update_f32 = update_f32,
	.update_f64 = update_f64,
};
#else

VT_CLONES static void REAL_NAME(update)(const void *settings, const struct vt_update *u, size_t n, real *p,
                                        const real *g,
                                        real *m, real *v)
{
	const struct settings *s = settings;
	(void)v;
	const real rate = (real)u->rate, decay = (real)u->decay, mu = (real)s->momentum, ahead = s->nesterov ? mu : 0;
	const real now = s->nesterov ? 1 : 0, kept = s->nesterov ? ahead : 1;
	for (size_t i = 0; i < n; i++) {
		real d = g[i] + decay * p[i];
		m[i] = mu * m[i] + d;
		p[i] -= rate * (now * d + kept * m[i]);
	}
}
#endif
