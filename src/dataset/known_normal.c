/* Known laws: normal ones, Student's t, uniform noise.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "known.h"
#include "venturi/linear.h"

void vt_normal_pair(struct vt_rng *r, double rho, double *first, double *second)
{
	*first = vt_rng_normal(r);
	*second = rho * *first + sqrt((1 - rho) * (1 + rho)) * vt_rng_normal(r);
}

/* ---- pairs: the first b columns of X and Y are pairs of correlation a, the rest independent ---------------- */

static void draw_pairs(const struct vt_law *law, double rho, struct vt_rng *r, double *x, double *y)
{
	size_t pairs = (size_t)law->b;
	for (size_t j = 0; j < pairs; j++) vt_normal_pair(r, rho, x + j, y + j);
	for (size_t j = pairs; j < law->dx; j++) x[j] = vt_rng_normal(r);
	for (size_t j = pairs; j < law->dy; j++) y[j] = vt_rng_normal(r);
}

static void pairs_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y, double *z)
{
	(void)fixed, (void)z;
	draw_pairs(law, law->a, r, x, y);
}

static double pairs_truth(const struct vt_law *law, const double *fixed)
{
	(void)fixed;
	return law->b > 0 ? -law->b / 2 * log1p(-law->a * law->a) : 0;
}

const struct vt_family vt_law_pairs = {
	.name = "pairs", .method = "closed form", .draw = pairs_draw, .truth = pairs_truth,
};

/* The same, a being the information: rho^2 = 1 - exp(-2 a / b). */
static void pairs_mi_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y,
                          double *z)
{
	(void)fixed, (void)z;
	draw_pairs(law, sqrt(-expm1(-2 * law->a / law->b)), r, x, y);
}

static double pairs_mi_truth(const struct vt_law *law, const double *fixed)
{
	(void)fixed;
	return law->a;
}

const struct vt_family vt_law_pairs_mi = {
	.name = "pairs-mi", .method = "closed form", .draw = pairs_mi_draw, .truth = pairs_mi_truth,
};

/* ---- dense: every two columns have correlation a, through one common factor ------------------------------- */

static void dense_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y, double *z)
{
	(void)fixed, (void)z;
	double common = sqrt(law->a) * vt_rng_normal(r), own = sqrt(1 - law->a);
	for (size_t j = 0; j < law->dx; j++) x[j] = common + own * vt_rng_normal(r);
	for (size_t j = 0; j < law->dy; j++) y[j] = common + own * vt_rng_normal(r);
}

/* Eigenvalues are 1 - a, d - 1 times, and 1 + (d - 1) a. */
static double dense_log_det(double a, double d)
{
	return (d - 1) * log1p(-a) + log1p((d - 1) * a);
}

static double dense_truth(const struct vt_law *law, const double *fixed)
{
	double dx = (double)law->dx, dy = (double)law->dy;
	(void)fixed;
	return (dense_log_det(law->a, dx) + dense_log_det(law->a, dy) - dense_log_det(law->a, dx + dy)) / 2;
}

const struct vt_family vt_law_dense = {
	.name = "dense", .method = "closed form", .draw = dense_draw, .truth = dense_truth,
};

/* ---- linear: Y = X W + noise of deviation a, X unit normal, W fixed with entries of variance 1 / dx ---------- */

static size_t linear_n(const struct vt_law *law)
{
	return law->dx * law->dy;
}

static void linear_fix(const struct vt_law *law, double *w)
{
	struct vt_rng r = vt_rng_stream(100 * law->dx + law->dy, VT_PURPOSE_INIT, 0);
	for (size_t i = 0; i < linear_n(law); i++) w[i] = vt_rng_normal(&r) / sqrt((double)law->dx);
}

static void linear_draw(const struct vt_law *law, const double *w, struct vt_rng *r, double *x, double *y, double *z)
{
	(void)z;
	for (size_t i = 0; i < law->dx; i++) x[i] = vt_rng_normal(r);
	for (size_t j = 0; j < law->dy; j++) {
		y[j] = law->a * vt_rng_normal(r);
		for (size_t i = 0; i < law->dx; i++) y[j] += x[i] * w[i * law->dy + j];
	}
}

/* 1/2 ln det(I + W'W / a^2). */
static double linear_truth(const struct vt_law *law, const double *w)
{
	enum { MOST = 16 };
	double m[MOST * MOST];
	size_t d = law->dy;
	if (d > MOST) return NAN;
	for (size_t j = 0; j < d; j++)
		for (size_t k = 0; k < d; k++) {
			double sum = 0;
			for (size_t i = 0; i < law->dx; i++) sum += w[i * d + j] * w[i * d + k];
			m[j * d + k] = sum / (law->a * law->a) + (j == k);
		}
	return vt_cholesky(m, d, 0) ? vt_cholesky_log_det(m, d) / 2 : NAN;
}

const struct vt_family vt_law_linear = {
	.name = "linear", .method = "closed form", .n_fixed = linear_n, .fix = linear_fix, .draw = linear_draw,
	.truth = linear_truth,
};

/* ---- student: t with a degrees of freedom and identity dispersion: uncorrelated, yet dependent through the
 * common denominator ------------------------------------------------------------------------------------------ */

static void student_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y,
                         double *z)
{
	double square = 0;
	(void)fixed, (void)z;
	/* a is a small whole number: chi-square as a sum of squares. */
	for (int k = 0; k < (int)law->a; k++) {
		double e = vt_rng_normal(r);
		square += e * e;
	}
	double scale = 1 / sqrt(square / law->a);
	for (size_t j = 0; j < law->dx; j++) x[j] = scale * vt_rng_normal(r);
	for (size_t j = 0; j < law->dy; j++) y[j] = scale * vt_rng_normal(r);
}

/* psi(x), x > 0: recurrence up to 10, then the asymptotic series (Abramowitz & Stegun 6.3.18), exact to rounding
 * there. */
static double digamma(double x)
{
	double shift = 0;
	while (x < 10) shift -= 1 / x++;
	double u = 1 / (x * x);
	return shift + log(x) - 1 / (2 * x) -
	       u * (1.0 / 12 - u * (1.0 / 120 - u * (1.0 / 252 - u * (1.0 / 240 - u * (1.0 / 132 - u * 691.0 / 32760)))));
}

/* Differential entropy of the k-variate t (Arellano-Valle, Contreras-Reyes & Genton 2013). */
static double student_entropy(double k, double nu)
{
	double whole = (nu + k) / 2, half = nu / 2;
	return lgamma(half) - lgamma(whole) + k / 2 * log(nu * M_PI) + whole * (digamma(whole) - digamma(half));
}

static double student_truth(const struct vt_law *law, const double *fixed)
{
	double dx = (double)law->dx, dy = (double)law->dy;
	(void)fixed;
	return student_entropy(dx, law->a) + student_entropy(dy, law->a) - student_entropy(dx + dy, law->a);
}

const struct vt_family vt_law_student = {
	.name = "student", .method = "closed form", .draw = student_draw, .truth = student_truth,
};

/* ---- additive: X uniform on (0, 1), Y = X + uniform(-a, a) ------------------------------------------------- */

static void additive_draw(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y,
                          double *z)
{
	(void)fixed, (void)z;
	*x = vt_rng_uniform(r);
	*y = *x + law->a * (2 * vt_rng_uniform(r) - 1);
}

/* h(Y) - ln 2a, Y being a trapezium. */
static double additive_truth(const struct vt_law *law, const double *fixed)
{
	(void)fixed;
	return law->a > 0.5 ? 0.25 / law->a : law->a - log(2 * law->a);
}

const struct vt_family vt_law_additive = {
	.name = "additive", .method = "closed form", .draw = additive_draw, .truth = additive_truth,
};
