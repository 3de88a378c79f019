/* Eight floats at a time, for vector code that the compiler copies per instruction set
 * (VT_CLONES).  Everything is inlined into such a function and takes pointers: vectors
 * passed by value would change the calling convention from one copy to the other.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NUM_SIMD_H
#define NUM_SIMD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VT_INLINE static inline __attribute__((always_inline))

typedef float vt_v8 __attribute__((vector_size(32)));
typedef int32_t vt_v8i __attribute__((vector_size(32)));

/* mask ? yes : no, lane by lane */
VT_INLINE void vt_v8_select(const vt_v8i *mask, const vt_v8 *yes, const vt_v8 *no, vt_v8 *out)
{
	*out = (vt_v8)((*mask & (vt_v8i)*yes) | (~*mask & (vt_v8i)*no));
}

/* e^r - 1 for |r| <= ln 2 / 2, and 2^n, with x = n ln 2 + r (Cody and Waite reduction, minimax
 * polynomial of Cephes expf).  x in [-87, 88], the caller's promise. */
VT_INLINE void vt_v8_reduce(const vt_v8 *in, vt_v8 *fraction, vt_v8 *power)
{
	/* 1.5 * 2^23 + 127: the sum's last bit is worth 1, and its low bits are n as an exponent. */
	const float round = 12583039.0f;
	vt_v8 shifted = *in * 1.44269504088896341f + round;
	vt_v8 n = shifted - round;
	vt_v8 r = *in - n * 0.693359375f;
	r = r - n * -2.12194440e-4f;
	vt_v8 p = 1.9875691500e-4f * r + 1.3981999507e-3f;
	p = p * r + 8.3334519073e-3f;
	p = p * r + 4.1665795894e-2f;
	p = p * r + 1.6666665459e-1f;
	p = p * r + 5.0000001201e-1f;
	*fraction = p * (r * r) + r;
	*power = (vt_v8)((vt_v8i)shifted << 23);
}

/* e^x for x in [-87, 88]; 2 units in the last place. */
VT_INLINE void vt_v8_exp(const vt_v8 *in, vt_v8 *out)
{
	vt_v8 q, power;
	vt_v8_reduce(in, &q, &power);
	*out = power + power * q;
}

/* |x|, at most 9.5, and the sign. */
VT_INLINE void vt_v8_split(const vt_v8 *in, vt_v8 *size, vt_v8i *sign)
{
	const vt_v8i bit = { INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN };
	const vt_v8 most = (vt_v8){ 0 } + 9.5f;
	vt_v8 a = (vt_v8)((vt_v8i)*in & ~bit);
	vt_v8i over = a > most;
	vt_v8_select(&over, &most, &a, size);
	*sign = (vt_v8i)*in & bit;
}

/* tanh a = (1 - t) / (1 + t) with t = e^-2a, a = |x|: below 0.5 from 1 - e^-2a, which keeps the
 * relative error, above as 1 - 2 t / (1 + t), which rounds to exactly 1 where tanh does. */
VT_INLINE void vt_v8_tanh(const vt_v8 *in, vt_v8 *out)
{
	vt_v8 a, q, power, ratio, complement;
	vt_v8i sign;
	vt_v8_split(in, &a, &sign);
	vt_v8i small = a < 0.5f;
	vt_v8 twice = -2.0f * a;
	vt_v8_reduce(&twice, &q, &power);
	vt_v8 below_one = (1.0f - power) - power * q, t = power * q + power, numerator = t + t;
	vt_v8_select(&small, &below_one, &numerator, &numerator);
	ratio = numerator / (1.0f + t);
	complement = 1.0f - ratio;
	vt_v8_select(&small, &ratio, &complement, &a);
	*out = (vt_v8)((vt_v8i)a | sign);
}

/* The same by (1 - t) / (1 + t) alone: a third cheaper, 3 units in the last place, and 1 from
 * 8.67 on, where the nearest float still is 1 - 2^-24 up to 9.01.  For training; what is
 * measured goes through the one above. */
VT_INLINE void vt_v8_tanh_training(const vt_v8 *in, vt_v8 *out)
{
	vt_v8 a, q, power;
	vt_v8i sign;
	vt_v8_split(in, &a, &sign);
	vt_v8 twice = -2.0f * a;
	vt_v8_reduce(&twice, &q, &power);
	vt_v8 below_one = (1.0f - power) - power * q;
	a = below_one / (2.0f - below_one);
	*out = (vt_v8)((vt_v8i)a | sign);
}

/* Lane i of `out` is lane mask[i] of a followed by b.  The masks are constants: an instruction or two. */
VT_INLINE void vt_v8_shuffle(const vt_v8 *a, const vt_v8 *b, const vt_v8i *mask, vt_v8 *out)
{
#if defined __clang__
	const vt_v8 x = *a, y = *b;
	for (int i = 0; i < 8; i++) (*out)[i] = (*mask)[i] < 8 ? x[(*mask)[i]] : y[(*mask)[i] - 8];
#else
	*out = __builtin_shuffle(*a, *b, *mask);
#endif
}

/* Transposes 8 x 8: row i of `in` (any alignment) becomes column i of `out`. */
VT_INLINE void vt_v8_transpose(const float *const in[8], vt_v8 *out, size_t stride)
{
	const vt_v8i low = { 0, 8, 1, 9, 4, 12, 5, 13 }, high = { 2, 10, 3, 11, 6, 14, 7, 15 };
	const vt_v8i pairs_low = { 0, 1, 8, 9, 4, 5, 12, 13 }, pairs_high = { 2, 3, 10, 11, 6, 7, 14, 15 };
	const vt_v8i halves_low = { 0, 1, 2, 3, 8, 9, 10, 11 }, halves_high = { 4, 5, 6, 7, 12, 13, 14, 15 };
	vt_v8 r[8], a[8], b[8];
	for (int i = 0; i < 8; i++) memcpy(&r[i], in[i], sizeof r[i]);
	for (int i = 0; i < 4; i++) {
		vt_v8_shuffle(&r[2 * i], &r[2 * i + 1], &low, &a[2 * i]);
		vt_v8_shuffle(&r[2 * i], &r[2 * i + 1], &high, &a[2 * i + 1]);
	}
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < 2; k++) {
			vt_v8_shuffle(&a[4 * i + k], &a[4 * i + 2 + k], &pairs_low, &b[4 * i + 2 * k]);
			vt_v8_shuffle(&a[4 * i + k], &a[4 * i + 2 + k], &pairs_high, &b[4 * i + 2 * k + 1]);
		}
	for (int k = 0; k < 4; k++) {
		vt_v8_shuffle(&b[k], &b[4 + k], &halves_low, &out[(size_t)k * stride]);
		vt_v8_shuffle(&b[k], &b[4 + k], &halves_high, &out[(size_t)(4 + k) * stride]);
	}
}

#endif
