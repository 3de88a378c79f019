/* Discrete channels to draw from, and estimates of pairs.  Included by tests/t_estimate_discrete*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_DISCRETE_PAIRS_H
#define TESTS_DISCRETE_PAIRS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "venturi.h"

enum { SEED = 41, MOST_CELLS = 1000 * 1000 };

/* A table of joint probabilities, [x * ky + y], with its information in nats by the definition. */
struct channel {
	char name[40];
	size_t kx, ky;
	double *up_to; /* cumulated */
	double mi;
};

static inline struct channel channel_of(const char *name, size_t kx, size_t ky, const double *p)
{
	struct channel c = { .kx = kx, .ky = ky };
	double *a = calloc(kx, sizeof *a), *b = calloc(ky, sizeof *b), sum = 0;
	c.up_to = calloc(kx * ky, sizeof *c.up_to);
	assert_true(a && b && c.up_to);
	snprintf(c.name, sizeof c.name, "%s", name);
	for (size_t i = 0; i < kx * ky; i++) {
		a[i / ky] += p[i];
		b[i % ky] += p[i];
		c.up_to[i] = sum += p[i];
	}
	for (size_t i = 0; i < kx * ky; i++)
		if (p[i] > 0) c.mi += p[i] * log(p[i] / (a[i / ky] * b[i % ky]));
	free(a);
	free(b);
	return c;
}

/* K equal symbols, each passed on with probability 1 - error and else replaced by one of the others. */
static inline struct channel symmetric(size_t k, double error)
{
	char name[40];
	double *p = calloc(k * k, sizeof *p);
	assert_non_null(p);
	for (size_t i = 0; i < k * k; i++) p[i] = (i / k == i % k ? 1 - error : error / (double)(k - 1)) / (double)k;
	snprintf(name, sizeof name, "symmetric-%zu-%g", k, error);
	struct channel c = channel_of(name, k, k, p);
	free(p);
	return c;
}

static inline struct channel erasing(double e)
{
	char name[40];
	snprintf(name, sizeof name, "bec-%g", e);
	return channel_of(name, 2, 3, (const double[]){ (1 - e) / 2, 0, e / 2, 0, (1 - e) / 2, e / 2 });
}

/* Y copies X with probability `keep` and is else drawn afresh; both of weight 1 / rank^s. */
static inline struct channel zipf(size_t k, double s, double keep)
{
	char name[40];
	double *p = calloc(k * k, sizeof *p), *w = calloc(k, sizeof *w), sum = 0;
	assert_true(p && w);
	for (size_t i = 0; i < k; i++) sum += w[i] = pow((double)(i + 1), -s);
	for (size_t i = 0; i < k * k; i++)
		p[i] = (1 - keep) * w[i / k] * w[i % k] / sum / sum + (i / k == i % k ? keep * w[i / k] / sum : 0);
	snprintf(name, sizeof name, "zipf-%zu-%g copy %g", k, s, keep);
	struct channel c = channel_of(name, k, k, p);
	free(p);
	free(w);
	return c;
}

static inline void draw(const struct channel *c, uint64_t seed, size_t n, double *x, double *y)
{
	struct vt_rng r = vt_rng_stream(SEED + seed, VT_PURPOSE_DATASET, 7);
	for (size_t i = 0; i < n; i++) {
		size_t low = 0, high = c->kx * c->ky - 1;
		for (double u = vt_rng_uniform(&r) * c->up_to[high]; low < high;) {
			size_t middle = (low + high) / 2;
			if (c->up_to[middle] > u) high = middle;
			else low = middle + 1;
		}
		x[i] = (double)(low / c->ky);
		y[i] = (double)(low % c->ky);
	}
}

static inline struct vt_estimated estimated(struct vt_ctx *ctx, const char *settings, const struct vt_pair *p)
{
	struct vt_chosen chosen = { 0 };
	struct vt_estimated e = { 0 };
	enum vt_status status = vt_chosen_parse(ctx, &vt_registry, "estimate", settings, &chosen);
	if (status == VT_OK) status = vt_estimate_pair(ctx, &chosen, p, &e);
	if (status != VT_OK) fail_msg("%s: %s", settings, vt_ctx_trail(ctx));
	vt_chosen_clear(&chosen);
	return e;
}

static inline struct vt_pair discrete_pair(double *x, double *y, size_t n)
{
	return (struct vt_pair){ .x = { x, n, 1, 1 }, .y = { y, n, 1, 1 }, .discrete_x = true, .discrete_y = true };
}

static inline void within(const char *what, double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance)) fail_msg("%s: %.12g, wanted %.12g +- %g", what, got, want, tolerance);
}

#endif
