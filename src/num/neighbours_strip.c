/* Distances of a row to all others as floats, and what is looked for in them.  Plain loops that the compiler turns
 * into vectors: 16 places at a time with AVX-512, 8 with AVX2.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "near.h"
#include "simd.h"

enum { COLUMNS = 8, LANES = 64, LANE_ROWS = 16 };

/* |x - a|: unsigned bits of floats that are not negative compare like the floats, and their maximum is one
 * instruction, which that of floats is only when no NaN is promised. */
VT_INLINE uint32_t gap(float x, float a)
{
	float difference = x - a;
	uint32_t bits;
	memcpy(&bits, &difference, sizeof bits);
	return bits & 0x7fffffffu;
}

VT_INLINE uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* `cols` columns of a tile: a constant where it is called, so that the loop over them is unrolled. */
VT_INLINE void columns(size_t cols, const float *restrict x, const float *restrict a, bool first,
                       uint32_t *restrict out)
{
	for (size_t j = 0; j < VT_STRIP_TILE; j++) {
		uint32_t most = first ? 0 : out[j];
		for (size_t c = 0; c < cols; c++) most = larger(most, gap(x[c * VT_STRIP_TILE + j], a[c]));
		out[j] = most;
	}
}

VT_INLINE void tile(size_t cols, const float *x, const float *a, uint32_t *out)
{
	size_t c = 0;
	switch (cols % COLUMNS) {
	case 1: columns(1, x, a, true, out); break;
	case 2: columns(2, x, a, true, out); break;
	case 3: columns(3, x, a, true, out); break;
	case 4: columns(4, x, a, true, out); break;
	case 5: columns(5, x, a, true, out); break;
	case 6: columns(6, x, a, true, out); break;
	case 7: columns(7, x, a, true, out); break;
	default: columns(COLUMNS, x, a, true, out); c = COLUMNS;
	}
	if (c == 0) c = cols % COLUMNS;
	for (; c < cols; c += COLUMNS) columns(COLUMNS, x + c * VT_STRIP_TILE, a + c, false, out);
}

/* A tile's columns stay in the first cache while the rows pass by. */
VT_CLONES void vt_strip_distances(size_t n_tiles, size_t cols, size_t stride, const float *x, size_t n_rows,
                                  const float *const *a, uint32_t *const *out)
{
	for (size_t t = 0; t < n_tiles; t++)
		for (size_t r = 0; r < n_rows; r++)
			tile(cols, x + t * stride * VT_STRIP_TILE, a[r], out[r] + t * VT_STRIP_TILE);
}

VT_CLONES void vt_strip_join(size_t n, const uint32_t *restrict f, uint32_t *restrict out)
{
	for (size_t j = 0; j < n; j++) out[j] = larger(out[j], f[j]);
}

/* Both are below 2^31: the sign of the difference tells which is smaller, and as an unsigned number it is small
 * only where f is at or a little above lo. */
VT_CLONES uint32_t vt_strip_below(size_t n, const uint32_t *f, uint32_t lo, uint32_t *least)
{
	uint32_t below = 0, nearest = UINT32_MAX;
	for (size_t j = 0; j < n; j++) {
		uint32_t above = f[j] - lo;
		below += above >> 31;
		nearest = above < nearest ? above : nearest;
	}
	*least = nearest;
	return below;
}

static void insert(struct vt_strip_list *list, uint32_t bits, uint32_t place)
{
	size_t at = list->n < list->room ? list->n++ : list->n - 1;
	for (; at > 0 && list->bits[at - 1] > bits; at--) {
		list->bits[at] = list->bits[at - 1];
		list->place[at] = list->place[at - 1];
	}
	list->bits[at] = bits;
	list->place[at] = place;
}

static void offer(struct vt_strip_list *list, uint32_t bits, size_t place)
{
	if (list->n < list->room || bits < list->bits[list->n - 1]) insert(list, bits, (uint32_t)place);
}

VT_INLINE uint32_t joint(size_t n_strips, const uint32_t *const *f, size_t j)
{
	uint32_t most = f[0][j];
	for (size_t s = 1; s < n_strips; s++) most = larger(most, f[s][j]);
	return most;
}

/* least[l] = min over q < n_rows of joint[begin + q LANES + l]: no minimum across a vector is needed. */
VT_INLINE void lane_minima(size_t n_strips, const uint32_t *const *f, size_t begin, size_t n_rows,
                           uint32_t *restrict least)
{
	for (size_t l = 0; l < LANES; l++) least[l] = UINT32_MAX;
	for (size_t q = 0; q < n_rows; q++) {
		const uint32_t *f0 = f[0] + begin + q * LANES, *f1 = f[n_strips > 1] + begin + q * LANES;
		const uint32_t *f2 = f[n_strips - 1] + begin + q * LANES;
		for (size_t l = 0; l < LANES; l++) {
			uint32_t most = larger(f0[l], f1[l]);
			if (n_strips > 2) most = larger(most, f2[l]);
			least[l] = most < least[l] ? most : least[l];
		}
	}
}

VT_INLINE size_t count_upto(size_t n, const uint32_t *v, uint32_t t)
{
	uint32_t count = 0;
	for (size_t i = 0; i < n; i++) count += v[i] <= t;
	return count;
}

/* Some number that at least `want` of v are not above, and hopefully no more than twice as many: by halves from a
 * guess on.  Halving bits halves logarithms. */
VT_INLINE uint32_t bound(size_t n, const uint32_t *v, size_t want, uint32_t guess)
{
	uint32_t low = 0, high = UINT32_MAX, step = 1u << 21;
	if (n <= want) return UINT32_MAX;
	for (uint32_t t = guess;; step = step < 1u << 30 ? 2 * step : step) {
		size_t count = count_upto(n, v, t);
		if (count >= want && count <= 2 * want) return t;
		if (count < want) low = t;
		else high = t;
		if (high - low <= 1) return high;
		if (high == UINT32_MAX) t = step < UINT32_MAX - low ? low + step : UINT32_MAX - 1;
		else if (low == 0 && step < high) t = high - step;
		else t = low + (high - low) / 2;
	}
}

/* A lane can only hold one of the nearest if its minimum is among the smallest minima: few are looked through. */
VT_INLINE void look_through(size_t n_strips, const uint32_t *const *f, size_t begin, size_t n_rows, size_t lane,
                            uint32_t most, struct vt_strip_list *list)
{
	for (size_t q = 0; q < n_rows; q++) {
		size_t j = begin + q * LANES + lane;
		uint32_t bits = joint(n_strips, f, j);
		if (bits <= most) offer(list, bits, j);
	}
}

static size_t rows_of(size_t whole, size_t block)
{
	return whole - block * LANE_ROWS < LANE_ROWS ? whole - block * LANE_ROWS : LANE_ROWS;
}

VT_CLONES void vt_strip_select(size_t begin, size_t end, size_t n_strips, const uint32_t *const *f, uint32_t *minima,
                               struct vt_strip_list *list)
{
	size_t whole = (end - begin) / LANES, blocks = (whole + LANE_ROWS - 1) / LANE_ROWS;
	for (size_t b = 0; b < blocks; b++)
		lane_minima(n_strips, f, begin + b * LANE_ROWS * LANES, rows_of(whole, b), minima + b * LANES);
	uint32_t most = bound(blocks * LANES, minima, list->room, list->guess);
	list->guess = most;
	list->n = 0;
	for (size_t b = 0; b < blocks; b++)
		for (size_t l = 0; l < LANES; l++)
			if (minima[b * LANES + l] <= most)
				look_through(n_strips, f, begin + b * LANE_ROWS * LANES, rows_of(whole, b), l, most, list);
	for (size_t j = begin + whole * LANES; j < end; j++) offer(list, joint(n_strips, f, j), j);
}
