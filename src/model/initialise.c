/* Initial weights: the laws of the papers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers.h"
#include "venturi/rng.h"

/* Normal cut at two standard deviations, as TensorFlow's; the variance is not corrected. */
static double truncated(struct vt_rng *r)
{
	double x;
	do x = vt_rng_normal(r);
	while (fabs(x) > 2);
	return x;
}

static double deviation(enum vt_init law, double p, double q)
{
	switch (law) {
	case VT_NORMAL_FAN_IN:
	case VT_TRUNCATED_FAN_IN: return 1 / sqrt(p);
	case VT_TRUNCATED_FAN_OUT: return 1 / sqrt(q);
	case VT_GLOROT_UNIFORM: return sqrt(6 / (p + q)); /* half-width; Glorot & Bengio 2010, eq. 16 */
	case VT_GLOROT_NORMAL: return sqrt(2 / (p + q));
	case VT_HE_NORMAL: return sqrt(2 / p);            /* He et al. 2015, eq. 10 */
	case VT_HE_UNIFORM: return sqrt(6 / p);           /* half-width */
	case VT_TORCH_UNIFORM: return 1 / sqrt(p);        /* half-width; torch.nn.Linear's default */
	default: return 1;
	}
}

static double draw(enum vt_init law, struct vt_rng *r)
{
	switch (law) {
	case VT_TRUNCATED_FAN_IN:
	case VT_TRUNCATED_FAN_OUT: return truncated(r);
	case VT_GLOROT_UNIFORM:
	case VT_TORCH_UNIFORM:
	case VT_UNIFORM:
	case VT_HE_UNIFORM: return 2 * vt_rng_uniform(r) - 1;
	default: return vt_rng_normal(r);
	}
}

/* Makes n vectors of length m <= ... orthonormal: element k of vector i at v[i * step + k * stride].
 * Gram-Schmidt done twice, which is enough for full precision (Kahan, Parlett). */
static void orthonormalise(double *v, size_t n, size_t m, size_t step, size_t stride)
{
	for (size_t i = 0; i < n; i++) {
		double *a = v + i * step, norm = 0;
		for (int pass = 0; pass < 2; pass++)
			for (size_t j = 0; j < i; j++) {
				const double *b = v + j * step;
				double dot = 0;
				for (size_t k = 0; k < m; k++) dot += a[k * stride] * b[k * stride];
				for (size_t k = 0; k < m; k++) a[k * stride] -= dot * b[k * stride];
			}
		for (size_t k = 0; k < m; k++) norm += a[k * stride] * a[k * stride];
		for (size_t k = 0; k < m; k++) a[k * stride] /= sqrt(norm);
	}
}

enum vt_status vt_initialise_weights(struct vt_ctx *ctx, enum vt_init law, double scale, uint64_t seed, size_t block,
                                     size_t p, size_t q, double *w)
{
	(void)ctx;
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_INIT, block);
	double size = deviation(law, (double)p, (double)q);
	for (size_t i = 0; i < p * q; i++) w[i] = size * draw(law, &r);
	if (law == VT_ORTHOGONAL) {
		if (p <= q) orthonormalise(w, p, q, q, 1);
		else orthonormalise(w, q, p, 1, q);
	}
	for (size_t i = 0; i < p * q; i++) w[i] *= scale;
	return VT_OK;
}

void vt_initialise_biases(enum vt_bias_law law, double mean, double scale, uint64_t seed, size_t block, size_t n,
                          double *b)
{
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_INIT, block);
	for (size_t i = 0; i < n; i++) {
		double off = law == VT_BIAS_NORMAL ? vt_rng_normal(&r) : law == VT_BIAS_UNIFORM ? 2 * vt_rng_uniform(&r) - 1 : 0;
		b[i] = mean + scale * off;
	}
}
