/* The estimators once more, with plain loops and nothing in common with the library's code, and
 * random layers like those of saturated, dead and wide networks.  Included by tests/t_estimate_*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_PLAIN_ESTIMATES_H
#define TESTS_PLAIN_ESTIMATES_H

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

enum { SEED = 20260 };

/* ---- layers ------------------------------------------------------------- */

enum shape_of_layer {
	TANH,       /* moderate, rounded to float */
	SATURATED,  /* most values exactly -1 or 1 */
	RELU,       /* zeros and unbounded values */
	REPEATED,   /* every row several times */
	CONSTANT_COLUMNS,
	CONSTANT,
	FAR,        /* narrow clusters far from the origin */
	N_SHAPES
};
static const char *const shape_names[N_SHAPES] = { "tanh", "saturated", "relu", "repeated", "constant columns",
                                                   "constant", "far" };

struct sample_layer {
	struct vt_layer layer;
	double *x;
	int32_t *y;
};

static inline double plain_value(enum shape_of_layer shape, struct vt_rng *r, size_t column)
{
	double z = vt_rng_normal(r);
	switch (shape) {
	case SATURATED: return tanhf((float)(12 * z));
	case RELU: return z > 0 ? (float)(4 * z) : 0;
	case CONSTANT_COLUMNS: return column % 2 ? (double)0.25f : (double)tanhf((float)z);
	case CONSTANT: return 0.5;
	case FAR: return 1000 * (double)(vt_rng_below(r, 3)) + (double)(float)(0.02 * z);
	default: return tanhf((float)(0.4 * z));
	}
}

/* n x width values in a wider array, so that the stride is not the width; labels depend on the
 * first column and on chance. */
static inline struct sample_layer sample_layer(enum shape_of_layer shape, uint64_t seed, size_t n, size_t width,
                                               size_t n_classes)
{
	struct vt_rng r = vt_rng_stream(SEED + seed, VT_PURPOSE_DATASET, (uint64_t)shape);
	size_t stride = width + seed % 3;
	double *x = calloc(n * stride + 1, sizeof *x);
	int32_t *y = calloc(n + 1, sizeof *y);
	assert_non_null(x);
	assert_non_null(y);
	for (size_t i = 0; i < n; i++) {
		for (size_t c = 0; c < width; c++) x[i * stride + c] = plain_value(shape, &r, c);
		size_t kept = n / 4 + 1;
		if (shape == REPEATED && i >= kept) memcpy(x + i * stride, x + vt_rng_below(&r, kept) * stride, width * sizeof *x);
		bool guess = vt_rng_uniform(&r) < 0.3;
		y[i] = (int32_t)(guess ? vt_rng_below(&r, n_classes) : (size_t)(x[i * stride] > 0.1) % n_classes);
	}
	struct vt_layer layer = { .t = { x, n, width, stride }, .y = { y, n, n_classes }, .enumerated = seed % 2 == 0,
	                          .seed = seed };
	return (struct sample_layer){ layer, x, y };
}

static inline void sample_clear(struct sample_layer *s)
{
	free(s->x);
	free(s->y);
}

/* ---- plug-in estimators ------------------------------------------------- */

/* numpy.linspace(a, b, n). */
static inline void plain_linspace(double a, double b, size_t n, double *out)
{
	double step = (b - a) / (double)(n - 1);
	for (size_t i = 0; i < n; i++) {
		volatile double product = (double)i * step;
		out[i] = product + a;
	}
	out[n - 1] = b;
}

/* numpy.digitize(x, edges). */
static inline long plain_digitize(double x, size_t n, const double *edge)
{
	long below = 0;
	for (size_t i = 0; i < n; i++) below += edge[i] <= x;
	return below;
}

/* Entropy and information, in nats, of the tuples cell[i * width + c], by comparing all rows. */
static inline void plain_plugin(const struct vt_layer *in, const double *cell, double *h_t, double *i_ty)
{
	size_t n = in->t.rows, width = in->t.cols;
	*h_t = *i_ty = 0;
	for (size_t i = 0; i < n; i++) {
		double t = 0, ty = 0, y = 0;
		for (size_t j = 0; j < n; j++) {
			bool same = true, label = in->y.y[i] == in->y.y[j];
			for (size_t c = 0; c < width && same; c++) same = cell[i * width + c] == cell[j * width + c];
			t += same;
			y += label;
			ty += same && label;
		}
		*h_t -= log(t / (double)n) / (double)n;
		*i_ty += log(ty * (double)n / (t * y)) / (double)n;
	}
}

static inline double plain_label_entropy(const struct vt_layer *in)
{
	double h = 0, n = (double)in->t.rows;
	for (size_t c = 0; c < in->y.n_classes; c++) {
		double k = 0;
		for (size_t i = 0; i < in->t.rows; i++) k += in->y.y[i] == (int32_t)c;
		if (k > 0) h -= k / n * log(k / n);
	}
	return h;
}

/* ---- pairwise bounds ---------------------------------------------------- */

/* -1/n sum_i ln 1/n sum_j exp(-d2 / (2 v)) over the rows with label c, or all for c < 0. */
static inline double plain_bound(const struct vt_layer *in, double variance, int32_t c, double *n_rows)
{
	size_t n = in->t.rows;
	double sum = 0, count = 0;
	for (size_t i = 0; i < n; i++) count += c < 0 || in->y.y[i] == c;
	for (size_t i = 0; i < n; i++) {
		double near = 0;
		if (c >= 0 && in->y.y[i] != c) continue;
		for (size_t j = 0; j < n; j++) {
			double d2 = 0;
			if (c >= 0 && in->y.y[j] != c) continue;
			for (size_t k = 0; k < in->t.cols; k++) {
				double d = in->t.x[i * in->t.stride + k] - in->t.x[j * in->t.stride + k];
				d2 += d * d;
			}
			near += exp(-d2 / (2 * variance));
		}
		sum -= log(near / count);
	}
	*n_rows = count;
	return count > 0 ? sum / count : 0;
}

static inline void plain_kde(const struct vt_layer *in, double variance, double *i_xt, double *i_ty)
{
	double n, k;
	*i_xt = *i_ty = plain_bound(in, variance, -1, &n);
	for (size_t c = 0; c < in->y.n_classes; c++) {
		double h = plain_bound(in, variance, (int32_t)c, &k);
		*i_ty -= k / n * h;
	}
}

/* ---- comparing ---------------------------------------------------------- */

/* 1e-9 bit. */
static inline void same_bits(const char *what, double got, double want)
{
	if (fabs(got - want) * VT_BITS_PER_NAT <= 1e-9) return;
	fail_msg("%s: %.15g bit, the plain loops give %.15g (seed base %d)", what, got * VT_BITS_PER_NAT,
	         want * VT_BITS_PER_NAT, SEED);
}

static inline void estimate_as(struct vt_ctx *ctx, const char *settings, const struct vt_layer *in,
                               struct vt_information out[2])
{
	struct vt_chosen chosen = { 0 };
	enum vt_status status = vt_chosen_parse(ctx, &vt_registry, "estimate", settings, &chosen);
	if (status == VT_OK) status = vt_estimate_layer(ctx, &chosen, in, out);
	if (status != VT_OK) fail_msg("%s: %s", settings, vt_ctx_trail(ctx));
	vt_chosen_clear(&chosen);
}

static inline struct vt_ctx *test_context(void)
{
	struct vt_ctx *ctx = vt_ctx_create();
	assert_non_null(ctx);
	return ctx;
}

#endif
