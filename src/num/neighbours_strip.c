/* Distances of a row to all others as floats, and what is looked for in them.  Plain loops that the compiler turns
 * into vectors: 16 places at a time with AVX-512, 8 with AVX2.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "near.h"
#include "simd.h"

enum { COLUMNS = 8, GROUP = 64 };

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
VT_INLINE void columns(size_t cols, const float *restrict x, const float *restrict a, bool first, uint32_t *restrict out)
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

static uint32_t worst(const struct vt_strip_list *list)
{
	return list->n < list->room ? UINT32_MAX : list->bits[list->n - 1];
}

static void offer(struct vt_strip_list *list, size_t begin, size_t end, const uint32_t *joint)
{
	for (size_t j = begin; j < end; j++)
		if (joint[j - begin] < worst(list)) insert(list, joint[j - begin], (uint32_t)j);
}

VT_INLINE uint32_t joint(size_t n, size_t n_strips, const uint32_t *const *f, size_t begin, uint32_t *restrict out)
{
	uint32_t least = UINT32_MAX;
	const uint32_t *f0 = f[0] + begin, *f1 = f[n_strips > 1] + begin;
	const uint32_t *f2 = f[n_strips - 1] + begin;
	for (size_t j = 0; j < n; j++) {
		out[j] = larger(f0[j], f1[j]);
		if (n_strips > 2) out[j] = larger(out[j], f2[j]);
		least = out[j] < least ? out[j] : least;
	}
	return least;
}

VT_CLONES void vt_strip_select(size_t begin, size_t end, size_t n_strips, const uint32_t *const *f,
                               struct vt_strip_list *list)
{
	uint32_t all[GROUP];
	for (; begin + GROUP <= end; begin += GROUP)
		if (joint(GROUP, n_strips, f, begin, all) < worst(list)) offer(list, begin, begin + GROUP, all);
	joint(end - begin, n_strips, f, begin, all);
	offer(list, begin, end, all);
}
