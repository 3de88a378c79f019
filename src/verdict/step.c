/* A logistic step, with or without a line below it, by least squares.  Called for onsets and
 * for sharpness.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Centre and width are searched, the rest is linear: what the constant (and the line) explain
 * is taken out of y and of the step's shape beforehand, so that one shape costs one pass. */
#include "config.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "venturi/num.h"
#include "venturi/onset.h"

enum { CENTRES = 48, WIDTHS = 10, FEWEST = 8 };

struct problem {
	size_t n;
	bool sloped;
	const double *x, *y;
	double *line, *rest, *shape; /* unit vector along x; y less the plain model; work */
	double first, last, narrowest, widest;
	double square;               /* of rest */
	double floor;                /* what rounding leaves of a sum of squares */
};

static double dot(const double *a, const double *b, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
	return sum;
}

/* Takes the plain model, a constant or a line, out of v. */
static void take_plain(const struct problem *p, double *v)
{
	double mean = 0;
	for (size_t i = 0; i < p->n; i++) mean += v[i] / (double)p->n;
	for (size_t i = 0; i < p->n; i++) v[i] -= mean;
	if (!p->sloped) return;
	double along = dot(v, p->line, p->n);
	for (size_t i = 0; i < p->n; i++) v[i] -= along * p->line[i];
}

static double logistic(double z)
{
	return 1 / (1 + exp(-z));
}

/* Residual sum of squares with a step there, and its height. */
static double residual(const struct problem *p, double centre, double width, double *height)
{
	for (size_t i = 0; i < p->n; i++) p->shape[i] = logistic((p->x[i] - centre) / width);
	take_plain(p, p->shape);
	double own = dot(p->shape, p->shape, p->n), with = dot(p->shape, p->rest, p->n);
	/* a shape that the plain model explains says nothing */
	*height = own > 1e-9 ? with / own : 0;
	return fmax(p->square - *height * with, p->floor);
}

/* ---- preparation --------------------------------------------------------------- */

static double median_gap(double *x, size_t n)
{
	vt_sort(x, n);
	size_t gaps = 0;
	for (size_t i = 1; i < n; i++)
		if (x[i] > x[i - 1]) x[gaps++] = x[i] - x[i - 1];
	vt_sort(x, gaps);
	return x[gaps / 2];
}

static enum vt_status prepare(struct vt_ctx *ctx, struct problem *p)
{
	enum vt_status status;
	size_t n = p->n;

	VT_REQUIRE(ctx, n >= FEWEST, VT_EDOMAIN, "a step needs %d points, found %zu", FEWEST, n);
	VT_NEW(ctx, p->line, n);
	VT_NEW(ctx, p->rest, n);
	VT_NEW(ctx, p->shape, n);
	p->first = INFINITY;
	p->last = -INFINITY;
	for (size_t i = 0; i < n; i++) {
		p->first = fmin(p->first, p->x[i]);
		p->last = fmax(p->last, p->x[i]);
	}
	VT_REQUIRE(ctx, p->last > p->first, VT_EDOMAIN, "all %zu points have x = %g: no step can be fitted", n, p->first);
	memcpy(p->shape, p->x, n * sizeof *p->shape);
	p->narrowest = median_gap(p->shape, n) / 4;
	p->widest = fmax(p->narrowest, (p->last - p->first) / 4);
	memcpy(p->line, p->x, n * sizeof *p->line);
	bool sloped = p->sloped;
	p->sloped = false;
	take_plain(p, p->line);
	p->sloped = sloped;
	double size = sqrt(dot(p->line, p->line, n));
	for (size_t i = 0; i < n; i++) p->line[i] /= size;
	memcpy(p->rest, p->y, n * sizeof *p->rest);
	take_plain(p, p->rest);
	p->square = dot(p->rest, p->rest, n);
	p->floor = 1e-20 * dot(p->y, p->y, n) + DBL_MIN;
	p->square = fmax(p->square, p->floor);
	status = VT_OK;
done:
	return status;
}

/* ---- search ---------------------------------------------------------------------- */

static double width_at(const struct problem *p, double i)
{
	return p->narrowest * pow(p->widest / p->narrowest, fmin(1, i / (WIDTHS - 1)));
}

static double centre_at(const struct problem *p, size_t i)
{
	return p->first + (p->last - p->first) * ((double)i + 0.5) / CENTRES;
}

struct place {
	double centre, width, rss, height;
};

static void improve(const struct problem *p, double centre, double width, struct place *best)
{
	double height;
	if (centre < p->first || centre > p->last || width < p->narrowest || width > p->widest) return;
	double rss = residual(p, centre, width, &height);
	if (rss < best->rss) *best = (struct place){ centre, width, rss, height };
}

/* From the best point of the grid, in ever smaller strides. */
static struct place refine(const struct problem *p, struct place best)
{
	double stride = (p->last - p->first) / CENTRES, factor = pow(p->widest / p->narrowest, 1.0 / (WIDTHS - 1));
	for (int round = 0; round < 40 && stride > 1e-6 * (p->last - p->first); round++) {
		double before = best.rss, centre = best.centre, width = best.width;
		improve(p, centre - stride, width, &best);
		improve(p, centre + stride, width, &best);
		improve(p, centre, width * factor, &best);
		improve(p, centre, width / factor, &best);
		if (best.rss < before) continue;
		stride /= 2;
		factor = sqrt(factor);
	}
	return best;
}

/* Least residual at each centre of the grid, over widths; the best of all. */
static struct place scan(const struct problem *p, double *profile)
{
	struct place best = { .rss = INFINITY };
	for (size_t i = 0; i < CENTRES; i++) {
		struct place here = { .rss = INFINITY };
		for (size_t k = 0; k < WIDTHS; k++) improve(p, centre_at(p, i), width_at(p, (double)k), &here);
		profile[i] = here.rss;
		if (here.rss < best.rss) best = here;
	}
	return best;
}

/* ---- answers ------------------------------------------------------------------------ */

static double aicc(double rss, double n, double k)
{
	return n * log(rss / n) + 2 * k + (n - k - 1 > 0 ? 2 * k * (k + 1) / (n - k - 1) : INFINITY);
}

static double least_at(const struct problem *p, double centre, const struct place *best)
{
	double least = INFINITY, height;
	for (size_t k = 0; k < 4 * WIDTHS; k++) least = fmin(least, residual(p, centre, width_at(p, k / 4.0), &height));
	return fmin(least, residual(p, centre, best->width, &height));
}

/* Where the profile leaves what the best one allows: between `in` (allowed) and `out`. */
static double edge(const struct problem *p, double in, double out, double allowed, const struct place *best)
{
	for (int i = 0; i < 12; i++) {
		double middle = (in + out) / 2;
		if (least_at(p, middle, best) <= allowed) in = middle;
		else out = middle;
	}
	return in;
}

static void interval(const struct problem *p, const double *profile, const struct place *best, struct vt_step_fit *out)
{
	double freedom = (double)p->n - (p->sloped ? 5 : 4), t = gsl_cdf_tdist_Pinv(0.975, freedom);
	double allowed = best->rss * (1 + t * t / freedom); /* F of one and so many degrees, 95 % */
	size_t right = 0;
	while (right < CENTRES && centre_at(p, right) <= best->centre) right++;
	size_t left = right, i = right;
	while (i < CENTRES && profile[i] <= allowed) i++;
	out->hi = edge(p, i > right ? centre_at(p, i - 1) : best->centre, i < CENTRES ? centre_at(p, i) : p->last, allowed,
	               best);
	while (left > 0 && profile[left - 1] <= allowed) left--;
	out->lo = edge(p, left < right ? centre_at(p, left) : best->centre, left > 0 ? centre_at(p, left - 1) : p->first,
	               allowed, best);
}

/* |dy/dx| is largest or smallest where the step is steepest, and at the ends. */
static double steepest(const struct problem *p, const struct vt_step_fit *f)
{
	const double at[3] = { p->first, p->last, f->centre };
	double most = 0;
	for (size_t i = 0; i < 3; i++) {
		double s = logistic((at[i] - f->centre) / f->width);
		most = fmax(most, fabs(f->slope + f->height / f->width * s * (1 - s)));
	}
	return most;
}

/* Slope and base of what the step leaves. */
static void plain_part(const struct problem *p, struct vt_step_fit *f)
{
	double mean_x = 0, mean_y = 0, xy = 0, xx = 0, n = (double)p->n;
	for (size_t i = 0; i < p->n; i++) {
		p->shape[i] = p->y[i] - f->height * logistic((p->x[i] - f->centre) / f->width);
		mean_x += p->x[i] / n;
		mean_y += p->shape[i] / n;
	}
	for (size_t i = 0; i < p->n; i++) {
		xy += (p->x[i] - mean_x) * (p->shape[i] - mean_y);
		xx += (p->x[i] - mean_x) * (p->x[i] - mean_x);
	}
	f->slope = p->sloped ? xy / xx : 0;
	f->base = mean_y - f->slope * mean_x;
}

enum vt_status vt_step_fit(struct vt_ctx *ctx, size_t n, const double *x, const double *y, bool sloped,
                           struct vt_step_fit *out)
{
	enum vt_status status;
	struct problem p = { .n = n, .sloped = sloped, .x = x, .y = y };
	struct vt_step_fit fit = { 0 };
	double profile[CENTRES];

	VT_TRY(prepare(ctx, &p));
	struct place best = refine(&p, scan(&p, profile));
	fit.height = best.height;
	fit.centre = best.centre;
	fit.width = best.width;
	/* parameters: constant, variance, and the line; height, centre, width more */
	fit.gain = aicc(p.square, (double)n, sloped ? 3 : 2) - aicc(best.rss, (double)n, sloped ? 6 : 5);
	interval(&p, profile, &best, &fit);
	plain_part(&p, &fit);
	fit.steepest = steepest(&p, &fit);
	*out = fit;
done:
	free(p.line);
	free(p.rest);
	free(p.shape);
	return status;
}
