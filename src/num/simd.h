/* Eight floats at a time, for vector code that the compiler copies per instruction set
 * (VT_CLONES).  Everything is inlined into such a function and takes pointers: vectors
 * passed by value would change the calling convention from one copy to the other.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NUM_SIMD_H
#define NUM_SIMD_H

#include <stdint.h>

#define VT_INLINE static inline __attribute__((always_inline))

typedef float vt_v8 __attribute__((vector_size(32)));
typedef int32_t vt_v8i __attribute__((vector_size(32)));

/* mask ? yes : no, lane by lane */
VT_INLINE void vt_v8_select(const vt_v8i *mask, const vt_v8 *yes, const vt_v8 *no, vt_v8 *out)
{
	*out = (vt_v8)((*mask & (vt_v8i)*yes) | (~*mask & (vt_v8i)*no));
}

/* e^r - 1 for |r| <= ln 2 / 2 and the exponent n with x = n ln 2 + r (Cody and Waite reduction,
 * minimax polynomial of Cephes expf). */
VT_INLINE void vt_v8_reduce(const vt_v8 *in, vt_v8 *fraction, vt_v8 *power)
{
	const float round = 12582912.0f; /* 1.5 * 2^23: the sum's last bit is worth 1 */
	vt_v8 n = (*in * 1.44269504088896341f + round) - round;
	vt_v8 r = *in - n * 0.693359375f;
	r = r - n * -2.12194440e-4f;
	vt_v8 p = 1.9875691500e-4f * r + 1.3981999507e-3f;
	p = p * r + 8.3334519073e-3f;
	p = p * r + 4.1665795894e-2f;
	p = p * r + 1.6666665459e-1f;
	p = p * r + 5.0000001201e-1f;
	*fraction = p * (r * r) + r;
	*power = (vt_v8)((__builtin_convertvector(n, vt_v8i) + 127) << 23);
}

/* e^x for x in [-87, 88], the caller's promise; 2 units in the last place. */
VT_INLINE void vt_v8_exp(const vt_v8 *in, vt_v8 *out)
{
	vt_v8 q, power;
	vt_v8_reduce(in, &q, &power);
	*out = power + power * q;
}

/* tanh a = (1 - t) / (1 + t) with t = e^-2a, a = |x|: below 0.5 from e^-2a - 1, which keeps the
 * relative error, above as 1 - 2 t / (1 + t), which rounds to exactly 1 where tanh does. */
VT_INLINE void vt_v8_tanh(const vt_v8 *in, vt_v8 *out)
{
	const vt_v8i sign_bit = { INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN };
	const vt_v8 most = (vt_v8){ 0 } + 9.5f;
	vt_v8i sign = (vt_v8i)*in & sign_bit;
	vt_v8 a = (vt_v8)((vt_v8i)*in & ~sign_bit);
	vt_v8i over = a > most, small = a < 0.5f;
	vt_v8_select(&over, &most, &a, &a);
	vt_v8 q, power, twice = -2.0f * a;
	vt_v8_reduce(&twice, &q, &power);
	vt_v8 minus_one = power * q + (power - 1.0f), t = power * q + power;
	vt_v8 numerator = t + t, negative = -minus_one, ratio, complement;
	vt_v8_select(&small, &negative, &numerator, &numerator);
	ratio = numerator / (1.0f + t);
	complement = 1.0f - ratio;
	vt_v8_select(&small, &ratio, &complement, &a);
	*out = (vt_v8)((vt_v8i)a | sign);
}

#endif
