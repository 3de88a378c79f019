/* Layers of a small network on a strip of pairs, lane by lane; private to room estimate.
 *
 * A strip holds up to VT_STRIP pairs.  Unit k of a layer is `vectors` vectors from z + k * VT_STRIP_VECTORS.
 * Widths are multiples of 4 and vectors of 2, so that tiles need no rest; padding units have no weights and
 * stay 0.  Everything is inlined into functions that the compiler copies per instruction set (num/simd.h); vectors of
 * 16 floats would be twice as fast with AVX-512, and forty times slower without: gcc takes them apart lane by lane.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_STRIP_H
#define ESTIMATE_STRIP_H

#include <stddef.h>
#include <stdint.h>

#include "../num/simd.h"

enum { VT_STRIP_LANES = 8, VT_STRIP_VECTORS = 16, VT_STRIP = VT_STRIP_LANES * VT_STRIP_VECTORS };

/* y = x where gate > 0, else 0. */
VT_INLINE void vt_strip_gate(const vt_v8 *gate, const vt_v8 *x, vt_v8 *y)
{
	*y = (vt_v8)((vt_v8i)*x & (vt_v8i)(*gate > 0.0f));
}

/* acc[2 o + v] += sum_k w[o * across + k * along] in[k][v], o < 4, v < 2: eight independent sums hide the latency
 * of a fused multiply-add. */
VT_INLINE void vt_strip_tile(const float *w, size_t across, size_t along, size_t n, const vt_v8 *in, vt_v8 acc[8])
{
	for (size_t k = 0; k < n; k++) {
		const float *c = w + k * along;
		const vt_v8 a = in[k * VT_STRIP_VECTORS], b = in[k * VT_STRIP_VECTORS + 1];
#pragma GCC unroll 8
		for (int o = 0; o < 4; o++) {
			acc[2 * o] += c[(size_t)o * across] * a;
			acc[2 * o + 1] += c[(size_t)o * across] * b;
		}
	}
}

/* out = max(0, w in + bias), w being n_out x n_in. */
VT_INLINE void vt_strip_forward(size_t n_out, size_t n_in, size_t vectors, const float *w, const float *bias,
                                const vt_v8 *in, vt_v8 *out)
{
	for (size_t o = 0; o < n_out; o += 4)
		for (size_t v = 0; v < vectors; v += 2) {
			vt_v8 acc[8];
#pragma GCC unroll 8
			for (int i = 0; i < 8; i++) acc[i] = (vt_v8){ 0 } + bias[o + (size_t)i / 2];
			vt_strip_tile(w + o * n_in, n_in, 1, n_in, in + v, acc);
#pragma GCC unroll 8
			for (int i = 0; i < 8; i++)
				vt_strip_gate(&acc[i], &acc[i], &out[(o + (size_t)i / 2) * VT_STRIP_VECTORS + v + (size_t)i % 2]);
		}
}

/* d_in = w' d_out where in > 0, else 0. */
VT_INLINE void vt_strip_backward(size_t n_out, size_t n_in, size_t vectors, const float *w, const vt_v8 *d_out,
                                 const vt_v8 *in, vt_v8 *d_in)
{
	for (size_t k = 0; k < n_in; k += 4)
		for (size_t v = 0; v < vectors; v += 2) {
			vt_v8 acc[8] = { { 0 } };
			vt_strip_tile(w + k, 1, n_in, n_out, d_out + v, acc);
#pragma GCC unroll 8
			for (int i = 0; i < 8; i++) {
				size_t at = (k + (size_t)i / 2) * VT_STRIP_VECTORS + v + (size_t)i % 2;
				vt_strip_gate(&in[at], &acc[i], &d_in[at]);
			}
		}
}

/* dw[o][k] += d_out[o] in[k], lanes apart: summed over lanes once, at the end. */
VT_INLINE void vt_strip_weights(size_t n_out, size_t n_in, size_t vectors, const vt_v8 *d_out, const vt_v8 *in,
                                vt_v8 *dw)
{
	for (size_t o = 0; o < n_out; o += 4)
		for (size_t k = 0; k < n_in; k += 2) {
			vt_v8 acc[8];
#pragma GCC unroll 8
			for (size_t i = 0; i < 8; i++) acc[i] = dw[(o + i / 2) * n_in + k + i % 2];
			for (size_t v = 0; v < vectors; v++) {
				const vt_v8 *d = d_out + o * VT_STRIP_VECTORS + v, *z = in + k * VT_STRIP_VECTORS + v;
#pragma GCC unroll 8
				for (size_t i = 0; i < 8; i++) acc[i] += d[i / 2 * VT_STRIP_VECTORS] * z[i % 2 * VT_STRIP_VECTORS];
			}
#pragma GCC unroll 8
			for (size_t i = 0; i < 8; i++) dw[(o + i / 2) * n_in + k + i % 2] = acc[i];
		}
}

/* sum[o] += d[o], lanes apart. */
VT_INLINE void vt_strip_sums(size_t n_out, size_t vectors, const vt_v8 *d, vt_v8 *sum)
{
	for (size_t o = 0; o < n_out; o++)
		for (size_t v = 0; v < vectors; v++) sum[o] += d[o * VT_STRIP_VECTORS + v];
}

/* Lanes in a fixed tree. */
VT_INLINE float vt_strip_lanes(const vt_v8 *x)
{
	float s[VT_STRIP_LANES];
	memcpy(s, x, sizeof s);
	for (size_t half = VT_STRIP_LANES / 2; half > 0; half /= 2)
		for (size_t i = 0; i < half; i++) s[i] += s[i + half];
	return s[0];
}

#endif
