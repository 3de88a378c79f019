/* Laws p(x, y) for tests of the room theory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_LAW_TABLES_H
#define TESTS_LAW_TABLES_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dataset_open.h"
#include "venturi/rng.h"
#include "venturi/theory.h"
#include "venturi/value.h"

#define OK(ctx, call) \
	do { \
		if ((call) != VT_OK) fail_msg("%s: %s", #call, vt_ctx_trail(ctx)); \
	} while (0)

static inline struct vt_mat table(const double *p, size_t n_x, size_t n_y)
{
	return (struct vt_mat){ p, n_x, n_y, n_y };
}

/* A law with entries of all sizes, some of them 0. */
static inline struct vt_mat random_law(struct vt_rng *r, size_t n_x, size_t n_y, double *p)
{
	double sum = 0;
	for (size_t i = 0; i < n_x * n_y; i++) {
		p[i] = vt_rng_uniform(r) < 0.1 ? 0 : exp(2 * vt_rng_normal(r));
		sum += p[i];
	}
	for (size_t i = 0; i < n_x * n_y; i++) p[i] /= sum;
	return table(p, n_x, n_y);
}

static inline double plogp(double p)
{
	return p > 0 ? -p * log(p) : 0;
}

/* Entropy of a coin, nats. */
static inline double coin(double p)
{
	return plogp(p) + plogp(1 - p);
}

static inline int context_create(void **state)
{
	*state = vt_ctx_create();
	return 0;
}

static inline int context_free(void **state)
{
	vt_ctx_free(*state);
	return 0;
}

#endif
