/* Random123's Philox behind a small stream.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include <Random123/philox.h>

#include "venturi/rng.h"

/* The seed is the key.  The upper half of the counter holds purpose and index, the lower
 * counts blocks of four numbers: streams cannot overlap before 2^32 blocks. */
struct vt_rng vt_rng_stream(uint64_t seed, enum vt_purpose purpose, uint64_t index)
{
	struct vt_rng r = { .left = 0 };
	r.key[0] = (uint32_t)seed;
	r.key[1] = (uint32_t)(seed >> 32);
	r.counter[1] = (uint32_t)purpose;
	r.counter[2] = (uint32_t)index;
	r.counter[3] = (uint32_t)(index >> 32);
	return r;
}

static void refill(struct vt_rng *r)
{
	philox4x32_ctr_t c = { { r->counter[0], r->counter[1], r->counter[2], r->counter[3] } };
	philox4x32_key_t k = { { r->key[0], r->key[1] } };
	philox4x32_ctr_t out = philox4x32(c, k);
	for (int i = 0; i < 4; i++) r->block[i] = out.v[i];
	r->counter[0]++;
	r->left = 4;
}

uint32_t vt_rng_u32(struct vt_rng *r)
{
	if (r->left == 0) refill(r);
	return r->block[4 - r->left--];
}

double vt_rng_uniform(struct vt_rng *r)
{
	uint64_t high = vt_rng_u32(r) >> 5, low = vt_rng_u32(r) >> 6;
	return (double)(high << 26 | low) * 0x1p-53;
}

/* Box and Muller 1958; 1 - u keeps the logarithm finite. */
double vt_rng_normal(struct vt_rng *r)
{
	if (r->has_spare) {
		r->has_spare = 0;
		return r->spare;
	}
	double u = vt_rng_uniform(r), v = vt_rng_uniform(r);
	double radius = sqrt(-2 * log(1 - u)), angle = 2 * M_PI * v;
	r->spare = radius * sin(angle);
	r->has_spare = 1;
	return radius * cos(angle);
}

/* The high half of a 32-bit number times n; the low half tells which few numbers to reject so that
 * no item is favoured, and nothing is divided unless one of them is near (Lemire 2019, algorithm 5). */
static uint32_t below_32(struct vt_rng *r, uint32_t n)
{
	uint64_t product = (uint64_t)vt_rng_u32(r) * n;
	if ((uint32_t)product < n) {
		uint32_t reject = -n % n;
		while ((uint32_t)product < reject) product = (uint64_t)vt_rng_u32(r) * n;
	}
	return (uint32_t)(product >> 32);
}

size_t vt_rng_below(struct vt_rng *r, size_t n)
{
	if (n <= UINT32_MAX) return below_32(r, (uint32_t)n);
	uint64_t limit = UINT64_MAX - UINT64_MAX % n, x;
	do {
		x = (uint64_t)vt_rng_u32(r) << 32;
		x |= vt_rng_u32(r);
	} while (x >= limit);
	return (size_t)(x % n);
}

void vt_rng_shuffle(struct vt_rng *r, uint32_t *item, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = vt_rng_below(r, i);
		uint32_t swapped = item[i - 1];
		item[i - 1] = item[j];
		item[j] = swapped;
	}
}
