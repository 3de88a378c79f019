/* Random streams without state: Philox 4x32-10 (Random123), keyed by seed,
 * purpose and index, never by thread.  Adding a consumer with a purpose of its
 * own changes nobody else's numbers.
 *
 * Source: Salmon, Moraes, Dror, Shaw 2011.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_RNG_H
#define VENTURI_RNG_H

#include <stddef.h>
#include <stdint.h>

enum vt_purpose {
	VT_PURPOSE_DATASET = 1, /* what a generator draws */
	VT_PURPOSE_SPLIT,       /* train and test rows */
	VT_PURPOSE_INIT,        /* initial weights; index: parameter block */
	VT_PURPOSE_ORDER,       /* batch order; index: epoch */
	VT_PURPOSE_NOISE,       /* a network's own noise in training; index: update, row */
	VT_PURPOSE_PROBE,       /* probe rows */
	VT_PURPOSE_NULL,        /* label shuffles; index: replicate */
	VT_PURPOSE_RESAMPLE,
	VT_PURPOSE_CONTROL,     /* planted controls of verdicts */
	VT_PURPOSE_THEORY,      /* starts of the solvers of optimal curves; index: start and beta */
	VT_PURPOSE_REALISE,     /* a network's own noise where it is measured; index: draw, row */
	VT_PURPOSE_CRITIC,      /* critics and codes; index 0: split, 1: weights, 2 on: order of an epoch */
	VT_PURPOSE_SURROGATE,   /* data of known information; index: replicate */
	VT_PURPOSE_DRAW,        /* seeds of random networks; index: draw */
	VT_PURPOSE_GENERATE     /* tokens that a network makes; index: sequence, token */
};

struct vt_rng {
	uint32_t key[2], counter[4], block[4];
	unsigned left;
	double spare;
	int has_spare;
};

struct vt_rng vt_rng_stream(uint64_t seed, enum vt_purpose purpose, uint64_t index);

uint32_t vt_rng_u32(struct vt_rng *r);
double vt_rng_uniform(struct vt_rng *r);          /* [0, 1), 53 bits */
double vt_rng_normal(struct vt_rng *r);           /* mean 0, variance 1 */
size_t vt_rng_below(struct vt_rng *r, size_t n);  /* 0 .. n - 1, unbiased; n > 0 */
void vt_rng_shuffle(struct vt_rng *r, uint32_t *item, size_t n); /* Fisher-Yates */

#endif
