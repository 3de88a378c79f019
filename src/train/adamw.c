/* AdamW: Adam whose weight decay acts on the parameter itself.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "adam.h"

static void update_f32(const void *s, const struct vt_update *u, size_t n, float *p, const float *g, float *m, float *v)
{
	vt_adam_f32(s, true, u, n, p, g, m, v);
}

static void update_f64(const void *s, const struct vt_update *u, size_t n, double *p, const double *g, double *m,
                       double *v)
{
	vt_adam_f64(s, true, u, n, p, g, m, v);
}

const struct vt_optimiser_kind vt_optimiser_adamw = {
	.kind = { "adamw", "Adam with decoupled weight decay", "Loshchilov & Hutter 2019, algorithm 2",
	          sizeof(struct vt_adam_settings), vt_adam_options, NULL },
	.n_moments = 2,
	.update_f32 = update_f32,
	.update_f64 = update_f64,
};
