/* Pairs and triples of known information, and estimators run on them.  Included by tests/t_estimate_*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_PAIR_SAMPLES_H
#define TESTS_PAIR_SAMPLES_H

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

/* A sample of (x, y) or (x, y, z); rows of dx, dy, dz numbers. */
struct sample {
	struct vt_pair pair;
	double *x, *y, *z;
	struct vt_rng rng;
};

static inline struct sample sample_of(size_t n, size_t dx, size_t dy, size_t dz, uint64_t seed)
{
	struct sample s = { .x = calloc(n * dx + 1, sizeof(double)), .y = calloc(n * dy + 1, sizeof(double)),
	                    .z = calloc(n * dz + 1, sizeof(double)) };
	s.pair = (struct vt_pair){ .x = { s.x, n, dx, dx }, .y = { s.y, n, dy, dy }, .z = { s.z, n, dz, dz },
	                           .seed = seed };
	s.rng = vt_rng_stream(seed, VT_PURPOSE_DATASET, 0);
	return s;
}

static inline void sample_clear(struct sample *s)
{
	free(s->x);
	free(s->y);
	free(s->z);
}

/* The estimator `text` ("ross:k=3") on a pair. */
static inline struct vt_estimated estimate_pair(const char *text, const struct vt_pair *in)
{
	struct vt_ctx *ctx = vt_ctx_create();
	struct vt_chosen chosen = { 0 };
	struct vt_estimated e = { 0 };
	if (vt_chosen_parse(ctx, &vt_registry, "estimate", text, &chosen) != VT_OK ||
	    vt_estimate_pair(ctx, &chosen, in, &e) != VT_OK) {
		vt_ctx_print(ctx);
		fail_msg("%s failed", text);
	}
	vt_chosen_clear(&chosen);
	vt_ctx_free(ctx);
	return e;
}

/* ---- laws --------------------------------------------------------------- */

/* x uniform on m symbols, y = x + U(0, 2): I = ln m - (m - 1) ln 2 / m (Gao et al. 2017, section 5). */
static inline struct sample sample_uniform(size_t n, size_t m, uint64_t seed)
{
	struct sample s = sample_of(n, 1, 1, 0, seed);
	s.pair.discrete_x = true;
	for (size_t i = 0; i < n; i++) {
		s.x[i] = (double)vt_rng_below(&s.rng, m);
		s.y[i] = s.x[i] + 2 * vt_rng_uniform(&s.rng);
	}
	return s;
}

static inline double uniform_information(size_t m)
{
	return log((double)m) - (double)(m - 1) * M_LN2 / (double)m;
}

/* x exponential, y Poisson(x), set to 0 with probability p (the same paper). */
static inline struct sample sample_zip(size_t n, double p, uint64_t seed)
{
	struct sample s = sample_of(n, 1, 1, 0, seed);
	s.pair.discrete_y = true;
	for (size_t i = 0; i < n; i++) {
		double u = 1, below;
		s.x[i] = -log1p(-vt_rng_uniform(&s.rng));
		below = exp(-s.x[i]);
		s.y[i] = -1;
		do {
			u *= vt_rng_uniform(&s.rng);
			s.y[i]++;
		} while (u > below);
		if (vt_rng_uniform(&s.rng) < p) s.y[i] = 0;
	}
	return s;
}

/* Half normal with correlation 0.9, half on the atoms (+-1, +-1), equal with probability 0.9: ln 2 and the mean of
 * the halves' own information, since atoms and density never meet. */
static inline struct sample sample_half_atoms(size_t n, uint64_t seed)
{
	struct sample s = sample_of(n, 1, 1, 0, seed);
	for (size_t i = 0; i < n; i++) {
		double x = vt_rng_normal(&s.rng), y = 0.9 * x + sqrt(0.19) * vt_rng_normal(&s.rng);
		if (vt_rng_uniform(&s.rng) < 0.5) {
			x = vt_rng_uniform(&s.rng) < 0.5 ? -1 : 1;
			y = vt_rng_uniform(&s.rng) < 0.9 ? x : -x;
		}
		s.x[i] = x;
		s.y[i] = y;
	}
	return s;
}

static inline double half_atoms_information(void)
{
	return M_LN2 + 0.5 * (-0.5 * log(0.19) + 0.9 * log(1.8) + 0.1 * log(0.2));
}

/* A label of m, y its centre and normal noise of variance 1 in d dimensions; centres are normal, `apart` wide.
 * *mean is the mean log density ratio over the sample: the truth, but for sampling error that estimates share. */
static inline struct sample sample_labels(size_t n, size_t m, size_t d, double apart, uint64_t seed, double *mean)
{
	struct sample s = sample_of(n, 1, d, 0, seed);
	struct vt_rng fixed = vt_rng_stream(17, VT_PURPOSE_CONTROL, d);
	double centre[16][16], sum = 0;
	for (size_t j = 0; j < m; j++)
		for (size_t c = 0; c < d; c++) centre[j][c] = apart * vt_rng_normal(&fixed);
	s.pair.discrete_x = true;
	for (size_t i = 0; i < n; i++) {
		size_t label = vt_rng_below(&s.rng, m);
		double own = 0, all = 0;
		s.x[i] = (double)label;
		for (size_t c = 0; c < d; c++) {
			s.y[i * d + c] = centre[label][c] + vt_rng_normal(&s.rng);
			own += pow(s.y[i * d + c] - centre[label][c], 2);
		}
		for (size_t j = 0; j < m; j++) {
			double square = 0;
			for (size_t c = 0; c < d; c++) square += pow(s.y[i * d + c] - centre[j][c], 2);
			all += exp((own - square) / 2) / (double)m;
		}
		sum -= log(all);
	}
	if (mean) *mean = sum / (double)n;
	return s;
}

/* x <- z -> y, each normal with correlation r to z's mean; beyond that x and y have correlation `direct` given z, so
 * that I(X;Y|Z) = -ln(1 - direct^2) / 2. */
static inline struct sample sample_fork(size_t n, size_t dz, double r, double direct, uint64_t seed)
{
	struct sample s = sample_of(n, 1, 1, dz, seed);
	for (size_t i = 0; i < n; i++) {
		double z = 0, a = vt_rng_normal(&s.rng), b = direct * a + sqrt(1 - direct * direct) * vt_rng_normal(&s.rng);
		for (size_t c = 0; c < dz; c++) {
			s.z[i * dz + c] = vt_rng_normal(&s.rng);
			z += s.z[i * dz + c] / sqrt((double)dz);
		}
		s.x[i] = r * z + sqrt(1 - r * r) * a;
		s.y[i] = r * z + sqrt(1 - r * r) * b;
	}
	return s;
}

/* Normal pair with correlation r in each of d coordinates: -d ln(1 - r^2) / 2. */
static inline struct sample sample_normal(size_t n, size_t d, double r, uint64_t seed)
{
	struct sample s = sample_of(n, d, d, 0, seed);
	for (size_t i = 0; i < n * d; i++) {
		s.x[i] = vt_rng_normal(&s.rng);
		s.y[i] = r * s.x[i] + sqrt(1 - r * r) * vt_rng_normal(&s.rng);
	}
	return s;
}

#endif
