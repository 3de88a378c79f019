/* Element-wise functions over arrays, eight at a time.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
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
VT_INLINE void exp_clamped(const vt_v8 *in, vt_v8 *out)
{
	const vt_v8 least = (vt_v8){ 0 } - 87.0f, most = (vt_v8){ 0 } + 88.0f;
	vt_v8 x = *in;
	vt_v8i under = x < least, over = x > most;
	vt_v8_select(&under, &least, &x, &x);
	vt_v8_select(&over, &most, &x, &x);
	vt_v8_exp(&x, out);
}

VT_CLONES void vt_exp_f32(size_t n, const float *x, float *y)
{
	vt_v8 v = { 0 }, r;
	size_t i = 0;
	for (; i + LANES <= n; i += LANES) {
		memcpy(&v, x + i, sizeof v);
		exp_clamped(&v, &r);
		memcpy(y + i, &r, sizeof r);
	}
	if (i == n) return;
	memset(&v, 0, sizeof v);
	memcpy(&v, x + i, (n - i) * sizeof *x);
	exp_clamped(&v, &r);
	memcpy(y + i, &r, (n - i) * sizeof *y);
}

void vt_exp_f64(size_t n, const double *x, double *y)
{
	for (size_t i = 0; i < n; i++) y[i] = exp(x[i]);
}

/* erf(u) = 1 - (a1 t + ... + a5 t^5) e^(-u^2), t = 1 / (1 + 0.3275911 u), u = |x| / sqrt 2; the same exponential is
 * the density of the slope. */
VT_INLINE void gelu(const vt_v8 *x, vt_v8 *y, vt_v8 *slope)
{
	const vt_v8i bit = { INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN };
	const vt_v8 zero = { 0 }, most = zero + 13.0f;
	vt_v8 size = (vt_v8)((vt_v8i)*x & ~bit), e, half, tail;
	vt_v8i over = size > most, below = *x < zero;
	vt_v8_select(&over, &most, &size, &size);
	vt_v8 t = 1.0f / (1.0f + 0.231641888f * size), square = -0.5f * size * size;
	vt_v8_exp(&square, &e);
	vt_v8 p = 1.061405429f * t - 1.453152027f;
	p = p * t + 1.421413741f;
	p = p * t - 0.284496736f;
	p = p * t + 0.254829592f;
	half = 0.5f * p * t * e; /* Phi(-|x|) */
	tail = 1.0f - half;
	vt_v8_select(&below, &half, &tail, &half);
	*y = *x * half;
	*slope = half + *x * e * 0.39894228f;
}

VT_CLONES void vt_gelu_f32(size_t n, const float *x, float *y, float *slope)
{
	vt_v8 v = { 0 }, r, d;
	size_t i = 0;
	for (; i + LANES <= n; i += LANES) {
		memcpy(&v, x + i, sizeof v);
		gelu(&v, &r, &d);
		memcpy(y + i, &r, sizeof r);
		memcpy(slope + i, &d, sizeof d);
	}
	if (i == n) return;
	memset(&v, 0, sizeof v);
	memcpy(&v, x + i, (n - i) * sizeof *x);
	gelu(&v, &r, &d);
	memcpy(y + i, &r, (n - i) * sizeof *y);
	memcpy(slope + i, &d, (n - i) * sizeof *slope);
}

VT_CLONES void vt_transpose_f32(size_t rows, size_t cols, const float *x, size_t ldx, float *y, size_t ldy)
{
	size_t i = 0;
	for (; i + LANES <= rows; i += LANES) {
		size_t j = 0;
		for (; j + LANES <= cols; j += LANES) {
			const float *in[LANES];
			vt_v8 out[LANES];
			for (size_t k = 0; k < LANES; k++) in[k] = x + (i + k) * ldx + j;
			vt_v8_transpose(in, out, 1);
			for (size_t k = 0; k < LANES; k++) memcpy(y + (j + k) * ldy + i, &out[k], sizeof out[k]);
		}
		for (; j < cols; j++)
			for (size_t k = i; k < i + LANES; k++) y[j * ldy + k] = x[k * ldx + j];
	}
	for (; i < rows; i++)
		for (size_t j = 0; j < cols; j++) y[j * ldy + i] = x[i * ldx + j];
}

void vt_transpose_f64(size_t rows, size_t cols, const double *x, size_t ldx, double *y, size_t ldy)
{
	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < cols; j++) y[j * ldy + i] = x[i * ldx + j];
}
