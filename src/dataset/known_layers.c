/* Known laws: layers of networks.
 *
 * The inputs are the 4096 sign vectors of length 12, the weights fixed normal draws.  With noise of known deviation
 * I(X;T) is a number (Goldfeld et al. 2019); with cells it is the entropy of the cells.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "known.h"

void vt_sign_vector(size_t i, double out[VT_SIGN_BITS])
{
	for (size_t j = 0; j < VT_SIGN_BITS; j++) out[j] = (i >> j & 1) ? 1 : -1;
}

/* The sign of a fixed linear form: 2048 inputs in each class, since -x has the other sign. */
int vt_sign_class(size_t i)
{
	struct vt_rng r = vt_rng_stream(5, VT_PURPOSE_INIT, 1);
	double sum = 0;
	for (size_t j = 0; j < VT_SIGN_BITS; j++) sum += vt_rng_normal(&r) * ((i >> j & 1) ? 1 : -1);
	return sum > 0;
}

/* ---- tanh: X normal, T = tanh(a X) + noise of deviation b ---------------------------------------------------- */

static void tanh_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y, double *z)
{
	(void)fixed, (void)z;
	*x = vt_rng_normal(r);
	*y = tanh(law->a * *x) + law->b * vt_rng_normal(r);
}

/* h(T) - h(noise), both integrals by the trapezoid rule: everything vanishes at the ends, and the steps are under
 * half the width of what they sum. */
static double tanh_truth(const struct vt_law *law, const double *fixed)
{
	enum { N = 1200 };
	double reach = 1 + 10 * law->b, h = 0, sigma = law->b, dx = 18.0 / N, dt = 2 * reach / N;
	(void)fixed;
	double centre[N + 1], weight[N + 1];
	for (int i = 0; i <= N; i++) {
		double x = -9 + i * dx;
		centre[i] = tanh(law->a * x);
		weight[i] = exp(-x * x / 2) * dx / (2 * M_PI * sigma);
	}
	for (int j = 0; j <= N; j++) {
		double t = -reach + j * dt, p = 0;
		for (int i = 0; i <= N; i++) {
			double e = (t - centre[i]) / sigma;
			p += weight[i] * exp(-e * e / 2);
		}
		if (p > 0) h -= dt * p * log(p);
	}
	return h - log(2 * M_PI * M_E * sigma * sigma) / 2;
}

const struct vt_family vt_law_tanh = {
	.name = "tanh", .method = "quadrature", .draw = tanh_draw, .truth = tanh_truth,
};

/* ---- a stack of tanh layers on the sign vectors --------------------------------------------------------------- */

/* a: which stack.  Gain 1 leaves the units nearly linear, 2 drives them to their ends. */
static const struct stack {
	size_t depth, width[5];
	double gain;
} stacks[] = {
	{ 1, { 3 }, 1 },
	{ 3, { 10, 7, 5 }, 2 },
	{ 5, { 10, 7, 5, 4, 3 }, 2 },
};
enum { WIDEST = 12 };

static const struct stack *stack_of(const struct vt_law *law)
{
	return &stacks[(size_t)law->a];
}

/* Weights of layer `l`, from `n` units: variance gain^2 / n. */
static void weights(const struct stack *s, size_t l, size_t n, double *w)
{
	struct vt_rng r = vt_rng_stream(31, VT_PURPOSE_INIT, s->depth * 16 + l);
	for (size_t i = 0; i < n * s->width[l]; i++) w[i] = vt_rng_normal(&r) * s->gain / sqrt((double)n);
}

static void forward(const double *w, size_t n, size_t width, double *h)
{
	double out[WIDEST];
	for (size_t j = 0; j < width; j++) {
		double sum = 0;
		for (size_t i = 0; i < n; i++) sum += h[i] * w[i * width + j];
		out[j] = tanh(sum);
	}
	memcpy(h, out, width * sizeof *h);
}

static size_t noisy_n(const struct vt_law *law)
{
	return (size_t)VT_SIGN_ROWS * law->dy;
}

/* The last layer on all inputs. */
static void noisy_fix(const struct vt_law *law, double *t)
{
	const struct stack *s = stack_of(law);
	double w[5][WIDEST * WIDEST];
	for (size_t l = 0; l < s->depth; l++) weights(s, l, l ? s->width[l - 1] : VT_SIGN_BITS, w[l]);
	for (size_t i = 0; i < VT_SIGN_ROWS; i++) {
		double h[WIDEST];
		vt_sign_vector(i, h);
		for (size_t l = 0; l < s->depth; l++) forward(w[l], l ? s->width[l - 1] : VT_SIGN_BITS, s->width[l], h);
		memcpy(t + i * law->dy, h, law->dy * sizeof *t);
	}
}

/* ---- noisy: T with noise of deviation b; Y is T, X the input or its class -------------------------------------- */

static void noisy_row(const struct vt_law *law, const double *t, size_t i, struct vt_rng *r, double *y)
{
	for (size_t j = 0; j < law->dy; j++) y[j] = t[i * law->dy + j] + law->b * vt_rng_normal(r);
}

static void noisy_xt_draw(const struct vt_law *law, const double *t, struct vt_rng *r, double *x, double *y, double *z)
{
	size_t i = vt_rng_below(r, VT_SIGN_ROWS);
	(void)z;
	vt_sign_vector(i, x);
	noisy_row(law, t, i, r, y);
}

static void noisy_ty_draw(const struct vt_law *law, const double *t, struct vt_rng *r, double *x, double *y, double *z)
{
	size_t i = vt_rng_below(r, VT_SIGN_ROWS);
	(void)z;
	*x = vt_sign_class(i);
	noisy_row(law, t, i, r, y);
}

const struct vt_family vt_law_noisy_xt = {
	.name = "noisy-xt", .enumerated = true, .method = "Monte Carlo on the exact density", .n_fixed = noisy_n,
	.fix = noisy_fix, .draw = noisy_xt_draw,
};
const struct vt_family vt_law_noisy_ty = {
	.name = "noisy-ty", .discrete_x = true, .enumerated = true, .of_class = true,
	.method = "Monte Carlo on the exact density", .n_fixed = noisy_n, .fix = noisy_fix, .draw = noisy_ty_draw,
};

/* ---- codes: each unit in b equal cells of [-1, 1] --------------------------------------------------------------- */

static void codes_fix(const struct vt_law *law, double *t)
{
	noisy_fix(law, t);
	for (size_t i = 0; i < noisy_n(law); i++) t[i] = fmin(floor((t[i] + 1) / 2 * law->b), law->b - 1);
}

static void codes_xt_draw(const struct vt_law *law, const double *t, struct vt_rng *r, double *x, double *y, double *z)
{
	size_t i = vt_rng_below(r, VT_SIGN_ROWS);
	(void)z;
	*x = (double)i;
	memcpy(y, t + i * law->dy, law->dy * sizeof *y);
}

static void codes_ty_draw(const struct vt_law *law, const double *t, struct vt_rng *r, double *x, double *y, double *z)
{
	codes_xt_draw(law, t, r, x, y, z);
	*x = vt_sign_class((size_t)*x);
}

/* A cell as a number: b^dy is under 2^53 for all stacks. */
struct cell {
	double code;
	int class;
};

static int by_code(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;
	return (x->code > y->code) - (x->code < y->code);
}

/* Sums over cells of p ln p and of p(class, cell) ln p(class, cell), uniform inputs. */
static void cell_entropies(const struct vt_law *law, const double *t, double *h_cell, double *h_both)
{
	static const double n = VT_SIGN_ROWS;
	struct cell cell[VT_SIGN_ROWS];
	for (size_t i = 0; i < VT_SIGN_ROWS; i++) {
		cell[i] = (struct cell){ 0, vt_sign_class(i) };
		for (size_t j = 0; j < law->dy; j++) cell[i].code = cell[i].code * law->b + t[i * law->dy + j];
	}
	qsort(cell, VT_SIGN_ROWS, sizeof *cell, by_code);
	*h_cell = *h_both = 0;
	double count[2] = { 0, 0 };
	for (size_t i = 0; i < VT_SIGN_ROWS; i++) {
		count[cell[i].class]++;
		if (i + 1 < VT_SIGN_ROWS && cell[i + 1].code == cell[i].code) continue;
		double both = count[0] + count[1];
		*h_cell -= both / n * log(both / n);
		for (int k = 0; k < 2; k++)
			if (count[k] > 0) *h_both -= count[k] / n * log(count[k] / n);
		count[0] = count[1] = 0;
	}
}

static double codes_xt_truth(const struct vt_law *law, const double *t)
{
	double h_cell, h_both;
	cell_entropies(law, t, &h_cell, &h_both);
	return h_cell;
}

static double codes_ty_truth(const struct vt_law *law, const double *t)
{
	double h_cell, h_both;
	cell_entropies(law, t, &h_cell, &h_both);
	return M_LN2 + h_cell - h_both;
}

const struct vt_family vt_law_codes_xt = {
	.name = "codes-xt", .discrete_x = true, .discrete_y = true, .enumerated = true, .method = "enumeration",
	.n_fixed = noisy_n, .fix = codes_fix, .draw = codes_xt_draw, .truth = codes_xt_truth,
};
const struct vt_family vt_law_codes_ty = {
	.name = "codes-ty", .discrete_x = true, .discrete_y = true, .enumerated = true, .of_class = true,
	.method = "enumeration", .n_fixed = noisy_n, .fix = codes_fix, .draw = codes_ty_draw, .truth = codes_ty_truth,
};
