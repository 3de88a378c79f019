/* Variables of which one at least is discrete, or that are conditional on a third.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "automatic.h"
#include "balls.h"
#include "elliptical.h"

enum { NEAR_DIMENSIONS = 4, MOST_GIVEN_DIMENSIONS = 5, NEIGHBOURS = 4 };

static void bracket(double lower, double upper, struct vt_estimated *out)
{
	out->bound = VT_BRACKET;
	out->mi = out->se = out->lo = out->hi = NAN;
	out->method = NULL;
	out->lower = lower;
	out->upper = upper;
}

/* Plug-in information less its mean under permutations and two of their standard deviations.  Independent variables
 * fill more cells than dependent ones and are biased more, so that this is too little, not too much. */
static enum vt_status beyond_chance(struct vt_ctx *ctx, const struct vt_pair *in, double *out)
{
	enum vt_status status = VT_OK;
	enum { PERMUTATIONS = 8 };
	struct vt_pair p = *in;
	struct vt_estimated plain;
	double null[PERMUTATIONS], mean = 0, square = 0;
	uint32_t *order = NULL;
	p.n_null = PERMUTATIONS;
	VT_TRY(vt_auto_run(ctx, &vt_estimate_plug_in, in, &plain));
	VT_NEW(ctx, order, PERMUTATIONS * in->x.rows);
	VT_TRY(vt_null_orders(ctx, &p, PERMUTATIONS, order));
	VT_TRY(vt_estimate_plug_in.null(ctx, NULL, &p, order, null));
	for (size_t r = 0; r < PERMUTATIONS; r++) mean += null[r] / PERMUTATIONS;
	for (size_t r = 0; r < PERMUTATIONS; r++) square += (null[r] - mean) * (null[r] - mean) / (PERMUTATIONS - 1);
	*out = plain.mi - mean - 2 * sqrt(square);
done:
	free(order);
	return status;
}

/* Where the counts are too few for Grassberger's estimate, others of the same standing say how far it is from
 * certain, and all of them may be too large. */
enum vt_status vt_auto_discrete(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_estimated *out)
{
	static const struct vt_estimate_kind *const other[] = { &vt_estimate_chao_shen, &vt_estimate_james_stein,
		                                                    &vt_estimate_nsb, &vt_estimate_miller_madow };
	enum vt_status status = VT_OK;
	VT_TRY(vt_auto_run(ctx, &vt_estimate_grassberger, in, out));
	snprintf(out->chosen, sizeof out->chosen, "grassberger");
	if (!(out->flags & VT_BIAS_DOMINATED)) {
		if (!out->flags) snprintf(out->reason, sizeof out->reason, "counts are many enough for Grassberger's entropies");
		goto done;
	}
	double low, high = out->mi;
	VT_TRY(beyond_chance(ctx, in, &low));
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		struct vt_estimated e;
		VT_TRY(vt_auto_run(ctx, other[i], in, &e));
		if (isnan(e.mi)) continue;
		low = fmin(low, e.mi);
		high = fmax(high, e.mi);
	}
	bracket(fmin(fmax(low, 0), high), high, out);
	snprintf(out->chosen, sizeof out->chosen, "grassberger,chao-shen,james-stein,nsb,miller-madow,plug-in");
	snprintf(out->reason, sizeof out->reason, "few rows for so many symbols: from what the plug-in has beyond its mean "
	         "under permutations (or the least of five estimators) to the greatest; neither end is certain");
done:
	return status;
}

/* ---- labels ---------------------------------------------------------------------------- */

/* The continuous side as normal scores. */
static enum vt_status with_scores(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_pair *out, double *z[3])
{
	enum vt_status status = VT_OK;
	*out = *in;
	struct vt_mat *m[3] = { &out->x, &out->y, &out->z };
	const bool discrete[3] = { in->discrete_x, in->discrete_y, in->discrete_z };
	for (int v = 0; v < 3; v++) {
		if (discrete[v] || m[v]->cols == 0) continue;
		VT_TRY(vt_normal_scores(ctx, m[v], &z[v]));
		*m[v] = (struct vt_mat){ z[v], m[v]->rows, m[v]->cols, m[v]->cols };
	}
done:
	return status;
}

/* A change from k to 3 k neighbours that matters is bias. */
static enum vt_status judge_neighbours(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_estimated wide = vt_estimated_none(in, 0, NULL);
	if (out->flags & VT_INVALID) goto done;
	out->flags &= ~(unsigned)VT_BIAS_DOMINATED;
	if (!out->flags) out->reason[0] = '\0';
	VT_TRY(vt_balls_estimate(ctx, in, 3 * NEIGHBOURS, VT_BALLS_OWN, &wide));
	if (fabs(wide.mi - out->mi) > 0.6 * vt_auto_tolerance(out->mi) + 2 * out->se)
		vt_estimated_flag(out, VT_BIAS_DOMINATED, "neighbours see %.3f nat, and %.3f with three times as many", out->mi,
		                  wide.mi);
	else if (in->x.rows < 200)
		vt_estimated_flag(out, VT_OUT_OF_REGIME, "%zu rows are too few for neighbours", in->x.rows);
done:
	return status;
}

static enum vt_status few_units(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	VT_TRY(vt_balls_estimate(ctx, in, NEIGHBOURS, VT_BALLS_OWN, out));
	VT_TRY(judge_neighbours(ctx, in, out));
	snprintf(out->chosen, sizeof out->chosen, "ross");
	if (!out->flags && !out->reason[0])
		snprintf(out->reason, sizeof out->reason, "few enough dimensions for neighbours inside each class");
done:
	return status;
}

/* A probe's lower bound and the labels' entropy above: a number only where they are near each other. */
static enum vt_status many_units(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_estimated probe, near = *out;
	VT_TRY(vt_auto_run(ctx, &vt_estimate_classifier, in, &probe));
	if (isnan(probe.mi)) {
		*out = probe;
		goto done;
	}
	VT_TRY(vt_balls_estimate(ctx, in, NEIGHBOURS, VT_BALLS_OWN, &near));
	double h = probe.ceiling, allowed = vt_auto_tolerance(h);
	*out = probe;
	out->lower = probe.mi;
	out->upper = h;
	snprintf(out->chosen, sizeof out->chosen, "classifier,ross");
	if (h - probe.mi <= allowed) {
		out->bound = VT_POINT;
		out->mi = fmin(fmax(near.mi, probe.mi), h);
		vt_estimated_normal(out->mi, fmax(probe.se, (h - probe.mi) / 4), probe.method, out);
		out->flags &= ~(unsigned)VT_CENSORED;
		snprintf(out->reason, sizeof out->reason, "a probe reads nearly all of the label's %.3f nat", h);
		goto done;
	}
	bracket(probe.mi, h, out);
	out->flags |= VT_OUT_OF_REGIME;
	snprintf(out->reason, sizeof out->reason, "too many dimensions for neighbours (they see %.3f nat): from what a probe "
	         "reads to the label's entropy", near.mi);
done:
	return status;
}

enum vt_status vt_auto_labels(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_pair p;
	double *z[3] = { NULL, NULL, NULL };
	VT_TRY(with_scores(ctx, in, &p, z));
	size_t d = in->discrete_x ? in->y.cols : in->x.cols;
	VT_TRY((d <= NEAR_DIMENSIONS ? few_units : many_units)(ctx, &p, out));
done:
	for (int v = 0; v < 3; v++) free(z[v]);
	return status;
}

/* ---- conditional -------------------------------------------------------------------------- */

/* I(X;Y|Z) = I(X,Z;Y) - I(Z;Y), both by one copula; the difference of local terms carries the error. */
static enum vt_status by_copula(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_estimated *out, bool *fit)
{
	enum vt_status status = VT_OK;
	struct vt_elliptical whole = { 0 }, given = { 0 };
	size_t d = in->x.cols + in->z.cols;
	double *xz = NULL, *a = NULL, *b = NULL, misfit, se;
	bool singular;
	*fit = false;
	VT_TRY(vt_joined(ctx, 2, (struct vt_mat[]){ in->x, in->z }, &xz));
	VT_TRY(vt_elliptical_fit(ctx, &(struct vt_mat){ xz, in->x.rows, d, d }, &in->y, 0, &whole, &singular));
	if (singular) goto done;
	VT_TRY(vt_elliptical_misfit(ctx, &whole, in->seed, &misfit, &se));
	*fit = misfit <= vt_misfit_limit(whole.mi) + 3 * se && 3 * se <= vt_auto_tolerance(whole.mi);
	if (!*fit) goto done;
	VT_TRY(vt_elliptical_fit(ctx, &in->z, &in->y, whole.nu, &given, &singular));
	if (singular) goto done;
	VT_NEW(ctx, a, whole.n);
	VT_NEW(ctx, b, whole.n);
	VT_TRY(vt_elliptical_local(ctx, &whole, a));
	VT_TRY(vt_elliptical_local(ctx, &given, b));
	for (size_t i = 0; i < whole.n; i++) a[i] -= b[i];
	vt_estimated_fitted(in, a, whole.mi - given.mi, in->x.cols * in->y.cols, 0, out);
	snprintf(out->chosen, sizeof out->chosen, "%s", isinf(whole.nu) ? "copula" : "student");
	snprintf(out->reason, sizeof out->reason, "one copula fits all variables: %.3f +- %.3f nat unexplained", misfit, se);
done:
	vt_elliptical_clear(&whole);
	vt_elliptical_clear(&given);
	free(xz);
	free(a);
	free(b);
	return status;
}

enum vt_status vt_auto_conditional(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_pair p;
	double *z[3] = { NULL, NULL, NULL };
	bool discrete = in->discrete_x || in->discrete_y || in->discrete_z, fit = false;
	size_t d = (in->discrete_x ? 0 : in->x.cols) + (in->discrete_y ? 0 : in->y.cols) + (in->discrete_z ? 0 : in->z.cols);
	if (in->discrete_x && in->discrete_y && in->discrete_z) return vt_auto_discrete(ctx, in, out);
	VT_TRY(with_scores(ctx, in, &p, z));
	if (!discrete) VT_TRY(by_copula(ctx, &p, out, &fit));
	if (fit) goto done;
	VT_TRY(vt_balls_estimate(ctx, &p, NEIGHBOURS, VT_BALLS_OWN, out));
	VT_TRY(judge_neighbours(ctx, &p, out));
	snprintf(out->chosen, sizeof out->chosen, "%s", discrete ? "mesner-shalizi" : "frenzel-pompe");
	if (d > MOST_GIVEN_DIMENSIONS)
		vt_estimated_flag(out, VT_OUT_OF_REGIME, "no copula fits, and %zu continuous dimensions are too many for neighbours",
		                  d);
	else if (!out->flags && !out->reason[0])
		snprintf(out->reason, sizeof out->reason, "few enough dimensions for neighbours");
done:
	for (int v = 0; v < 3; v++) free(z[v]);
	return status;
}
