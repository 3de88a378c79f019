/* Element-wise functions over arrays, eight at a time.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "simd.h"
#include "venturi/num.h"

enum { LANES = 8 };

VT_CLONES void vt_tanh_f32(size_t n, const float *x, float *y)
{
	vt_v8 v = { 0 }, r;
	size_t i = 0;
	for (; i + LANES <= n; i += LANES) {
		memcpy(&v, x + i, sizeof v);
		vt_v8_tanh(&v, &r);
		memcpy(y + i, &r, sizeof r);
	}
	if (i == n) return;
	memset(&v, 0, sizeof v);
	memcpy(&v, x + i, (n - i) * sizeof *x);
	vt_v8_tanh(&v, &r);
	memcpy(y + i, &r, (n - i) * sizeof *y);
}

/* Below -87 the result is taken as e^-87 (1e-38), above 88 as e^88. */
static inline float clamped(float x)
{
	if (x < -87.0f) return -87.0f;
	return x > 88.0f ? 88.0f : x;
}

VT_CLONES void vt_exp_f32(size_t n, const float *x, float *y)
{
	float in[LANES] __attribute__((aligned(32)));
	for (size_t i = 0; i < n; i += LANES) {
		size_t m = n - i < LANES ? n - i : LANES;
		for (size_t j = 0; j < LANES; j++) in[j] = j < m ? clamped(x[i + j]) : 0;
		vt_v8 v, r;
		memcpy(&v, in, sizeof v);
		vt_v8_exp(&v, &r);
		memcpy(y + i, &r, m * sizeof *y);
	}
}
