/* Two continuous variables.  An elliptical copula is tried first: where it fits, it is right in any dimension and for
 * any margins.  Where it does not, neighbours answer in up to four dimensions; beyond, there are lower bounds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "automatic.h"
#include "balls.h"
#include "critic.h"
#include "elliptical.h"
#include "venturi/num.h"

enum { NEAR_DIMENSIONS = 4, MOST_NEAR_DIMENSIONS = 12, NEIGHBOURS = 4, FEW_ROWS = 50 };

/* The pair as normal scores, and what was found out of it. */
struct look {
	const struct vt_pair *in;
	struct vt_pair scores;
	double *zx, *zy;
	struct vt_elliptical fit;
	double misfit, misfit_se;
	double tied; /* greatest share of rows whose value in one column is not theirs alone */
	size_t d;
};

static void look_clear(struct look *l)
{
	free(l->zx);
	free(l->zy);
	vt_elliptical_clear(&l->fit);
}

static enum vt_status tied_share(struct vt_ctx *ctx, const struct vt_mat *m, double *most)
{
	enum vt_status status = VT_OK;
	size_t n = m->rows;
	double *v = NULL;
	VT_NEW(ctx, v, n);
	for (size_t c = 0; c < m->cols; c++) {
		size_t tied = 0;
		for (size_t i = 0; i < n; i++) v[i] = m->x[i * m->stride + c];
		vt_sort(v, n);
		for (size_t i = 0; i < n; i++)
			tied += (i > 0 && v[i] == v[i - 1]) || (i + 1 < n && v[i] == v[i + 1]);
		*most = fmax(*most, (double)tied / (double)n);
	}
done:
	free(v);
	return status;
}

static enum vt_status look_at(struct vt_ctx *ctx, const struct vt_pair *in, struct look *l)
{
	enum vt_status status = VT_OK;
	l->in = in;
	l->scores = *in;
	l->d = in->x.cols + in->y.cols;
	VT_TRY(vt_normal_scores(ctx, &in->x, &l->zx));
	VT_TRY(vt_normal_scores(ctx, &in->y, &l->zy));
	l->scores.x = (struct vt_mat){ l->zx, in->x.rows, in->x.cols, in->x.cols };
	l->scores.y = (struct vt_mat){ l->zy, in->y.rows, in->y.cols, in->y.cols };
	VT_TRY(tied_share(ctx, &l->scores.x, &l->tied));
	VT_TRY(tied_share(ctx, &l->scores.y, &l->tied));
done:
	return status;
}

/* ---- the copula --------------------------------------------------------------------- */

/* A critic between what the fit leaves and x: catches shapes that no feature of the residual's test has. */
static enum vt_status critic_agrees(struct vt_ctx *ctx, const struct look *l, bool *agrees)
{
	enum vt_status status = VT_OK;
	struct vt_residual r = { 0 };
	struct vt_critic_bound bound;
	struct vt_critic_settings s = vt_critic_defaults();
	double *w = NULL, *e = NULL;
	*agrees = true;
	if (l->d <= NEAR_DIMENSIONS || l->in->x.rows < 1000) goto done;
	s.steps = 300;
	s.folds = 2;
	VT_TRY(vt_elliptical_residual(ctx, &l->fit, false, &r));
	VT_TRY(vt_normal_scores(ctx, &(struct vt_mat){ r.w, r.n, r.d, r.d }, &w));
	VT_TRY(vt_normal_scores(ctx, &(struct vt_mat){ r.e, r.n, r.e_dim, r.e_dim }, &e));
	struct vt_pair p = { .x = { w, r.n, r.d, r.d }, .y = { e, r.n, r.e_dim, r.e_dim }, .block = l->in->block,
	                     .seed = l->in->seed };
	VT_TRY(vt_critic_bound(ctx, &p, VT_INFONCE, &s, &bound));
	*agrees = !(bound.value - 3 * bound.se > vt_misfit_limit(l->fit.mi));
done:
	free(w);
	free(e);
	vt_residual_clear(&r);
	return status;
}

/* In few dimensions neighbours have a say, too. */
static enum vt_status neighbours_agree(struct vt_ctx *ctx, const struct look *l, bool *agree)
{
	enum vt_status status = VT_OK;
	struct vt_estimated near = vt_estimated_none(l->in, 0, NULL);
	*agree = true;
	if (l->d > NEAR_DIMENSIONS || l->fit.mi > 2 || l->in->x.rows < 500) goto done;
	VT_TRY(vt_balls_estimate(ctx, &l->scores, NEIGHBOURS, VT_BALLS_OWN, &near));
	*agree = fabs(near.mi - l->fit.mi) < vt_auto_tolerance(l->fit.mi) + 3 * near.se;
done:
	return status;
}

static enum vt_status fits(struct vt_ctx *ctx, struct look *l, bool *fit)
{
	enum vt_status status = VT_OK;
	VT_TRY(vt_elliptical_misfit(ctx, &l->fit, l->in->seed, &l->misfit, &l->misfit_se));
	*fit = l->misfit <= vt_misfit_limit(l->fit.mi) + 3 * l->misfit_se && l->tied < 0.05;
	if (*fit) VT_TRY(neighbours_agree(ctx, l, fit));
	if (*fit) VT_TRY(critic_agrees(ctx, l, fit));
done:
	return status;
}

static enum vt_status by_copula(struct vt_ctx *ctx, const struct look *l, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	VT_TRY(vt_elliptical_estimate(ctx, l->in, &l->fit, out));
	snprintf(out->chosen, sizeof out->chosen, "%s", isinf(l->fit.nu) ? "copula" : "student");
	if (3 * l->misfit_se > vt_auto_tolerance(out->mi) || l->in->x.rows < FEW_ROWS)
		vt_estimated_flag(out, VT_OUT_OF_REGIME, "%zu rows are too few to tell whether a copula fits in %zu dimensions",
		                  l->in->x.rows, l->d);
	else if (isinf(l->fit.nu))
		snprintf(out->reason, sizeof out->reason, "a normal copula fits: %.3f +- %.3f nat unexplained", l->misfit,
		         l->misfit_se);
	else
		snprintf(out->reason, sizeof out->reason, "a Student copula with %.3g degrees of freedom fits: %.3f +- %.3f nat "
		         "unexplained", l->fit.nu, l->misfit, l->misfit_se);
done:
	return status;
}

/* ---- neighbours ------------------------------------------------------------------------ */

/* What neighbours see of a half of the rows: their bias falls slowly with n, and a sound estimate does not move. */
static enum vt_status half_estimate(struct vt_ctx *ctx, const struct look *l, double *mi)
{
	enum vt_status status = VT_OK;
	struct vt_pair half = l->scores;
	struct vt_estimated e = vt_estimated_none(&half, 0, NULL);
	half.x.rows = half.y.rows = l->in->x.rows / 2; /* rows come in an order that looks random */
	VT_TRY(vt_balls_estimate(ctx, &half, NEIGHBOURS, VT_BALLS_OWN, &e));
	*mi = e.mi;
done:
	return status;
}

static enum vt_status by_neighbours(struct vt_ctx *ctx, const struct look *l, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_estimated wide = *out;
	double half;
	VT_TRY(vt_balls_estimate(ctx, &l->scores, NEIGHBOURS, VT_BALLS_OWN, out));
	snprintf(out->chosen, sizeof out->chosen, "%s", l->tied < 0.05 ? "ksg" : "mixed");
	if (out->flags & VT_INVALID) goto done;
	out->flags &= ~(unsigned)VT_BIAS_DOMINATED; /* judged here by how far it matters */
	if (!out->flags) out->reason[0] = '\0';
	VT_TRY(vt_balls_estimate(ctx, &l->scores, 3 * NEIGHBOURS, VT_BALLS_OWN, &wide));
	VT_TRY(half_estimate(ctx, l, &half));
	double allowed = 0.6 * vt_auto_tolerance(out->mi) + 2 * out->se;
	if (fabs(wide.mi - out->mi) > allowed || fabs(half - out->mi) > allowed)
		vt_estimated_flag(out, VT_BIAS_DOMINATED, "no copula fits, and neighbours see %.3f nat, %.3f with three times as "
		                  "many neighbours, %.3f in half of the rows", out->mi, wide.mi, half);
	else if (l->in->x.rows < 4 * FEW_ROWS)
		vt_estimated_flag(out, VT_OUT_OF_REGIME, "%zu rows are too few for neighbours", l->in->x.rows);
	else if (l->tied >= 0.05)
		vt_estimated_flag(out, VT_TIES, "%.0f %% of the values of a column are tied: they are counted as atoms",
		                  100 * l->tied);
	else
		snprintf(out->reason, sizeof out->reason, "no copula fits (%.2g nat unexplained); %zu dimensions are few enough for "
		         "neighbours", l->misfit, l->d);
done:
	return status;
}

/* ---- bounds ---------------------------------------------------------------------------- */

/* Donsker & Varadhan's bound with the fitted copula as the critic: a lower bound whether it fits or not. */
static enum vt_status copula_bound(struct vt_ctx *ctx, const struct look *l, double *value, double *se)
{
	enum vt_status status = VT_OK;
	enum { SHIFTS = 8 };
	size_t n = l->fit.n, d = l->fit.dx + l->fit.dy, dx = l->fit.dx;
	struct vt_elliptical apart = l->fit;
	double *local = NULL, *moved = NULL, sum = 0, square = 0, mean = 0;
	VT_NEW(ctx, local, n);
	VT_NEW(ctx, moved, n * d);
	VT_TRY(vt_elliptical_local(ctx, &l->fit, local));
	for (size_t i = 0; i < n; i++) mean += local[i] / (double)n;
	double joint = vt_local_error(l->in, local), most = 0;
	apart.score = moved;
	for (size_t s = 1; s <= SHIFTS; s++) {
		for (size_t i = 0; i < n; i++) {
			memcpy(moved + i * d, l->fit.score + i * d, dx * sizeof *moved);
			memcpy(moved + i * d + dx, l->fit.score + (i + s * n / (SHIFTS + 2)) % n * d + dx, (d - dx) * sizeof *moved);
		}
		VT_TRY(vt_elliptical_local(ctx, &apart, local));
		for (size_t i = 0; i < n; i++) {
			double e = exp(fmin(local[i], 700));
			sum += e;
			square += e * e;
			most = fmax(most, e);
		}
	}
	double m = (double)(n * SHIFTS), z = sum / m;
	*se = hypot(joint, sqrt(square / m - z * z) / (z * sqrt(m)));
	/* One pair that makes up most of the mean: the bound has no error to speak of. */
	*value = most > 0.1 * sum ? NAN : mean - log(z) - (double)(dx * (d - dx)) / (2 * (double)n);
done:
	free(local);
	free(moved);
	return status;
}

static void take_larger(double value, double se, const char *name, const char *method, struct vt_estimated *out)
{
	if (!(value > out->mi) && !isnan(out->mi)) return;
	if (isnan(value)) return;
	vt_estimated_normal(value, se, method, out);
	snprintf(out->chosen, sizeof out->chosen, "%s", name);
}

static enum vt_status by_bounds(struct vt_ctx *ctx, const struct look *l, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_estimated near = *out;
	struct vt_critic_bound critic;
	struct vt_critic_settings s = vt_critic_defaults();
	double value, se;
	s.steps = 1500;
	if (l->d <= MOST_NEAR_DIMENSIONS) {
		VT_TRY(vt_balls_estimate(ctx, &l->scores, NEIGHBOURS, VT_BALLS_OWN, &near));
		take_larger(near.mi, near.se, "ksg", near.method, out);
	}
	if (l->fit.score) {
		VT_TRY(copula_bound(ctx, l, &value, &se));
		take_larger(value, se, isinf(l->fit.nu) ? "copula" : "student", "local terms and shifted pairs", out);
	}
	VT_TRY(vt_critic_bound(ctx, &l->scores, VT_INFONCE, &s, &critic));
	take_larger(critic.value, critic.se, "infonce", "held-out rows", out);
	out->bound = VT_LOWER;
	out->lower = out->mi;
	vt_estimated_flag(out, VT_OUT_OF_REGIME | (l->tied >= 0.05 ? VT_TIES : 0),
	                  "no copula fits (%.2g nat unexplained), and %zu dimensions are too many for neighbours: the best of "
	                  "several lower bounds", l->misfit, l->d);
	if (isnan(out->mi)) out->flags |= VT_NOT_COMPUTED;
done:
	return status;
}

enum vt_status vt_auto_continuous(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct look l = { 0 };
	bool singular, fit = false;
	VT_TRY(look_at(ctx, in, &l));
	VT_TRY(vt_elliptical_fit(ctx, &in->x, &in->y, 0, &l.fit, &singular));
	l.misfit = NAN;
	if (singular && l.d > NEAR_DIMENSIONS && in->x.rows > l.d + 1 && l.tied < 0.05) {
		vt_estimated_flag(out, VT_DETERMINISTIC, "the ranks of %zu rows in %zu dimensions are functions of each other",
		                  in->x.rows, l.d);
		goto done;
	}
	if (!singular) VT_TRY(fits(ctx, &l, &fit));
	if (fit) status = by_copula(ctx, &l, out);
	else if (l.d <= NEAR_DIMENSIONS) status = by_neighbours(ctx, &l, out);
	else status = by_bounds(ctx, &l, out);
done:
	look_clear(&l);
	return status;
}
