/* The bias curve of an estimator on surrogates, and its inverse.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "surrogate.h"

enum { MOST_POINTS = 8, REPLICATES = 4 };

/* Strengths that are tried until the curve has passed the estimate. */
static const double strengths[MOST_POINTS] = { 0, 0.4, 0.7, 1, 1.35, 1.8, 2.5, 4 };

struct curve {
	size_t n;
	double truth[MOST_POINTS], raw[MOST_POINTS];
};

/* The same pair with surrogate rows in place of its own. */
static enum vt_status estimate_surrogate(struct vt_ctx *ctx, const struct vt_chosen *chosen, const struct vt_pair *in,
                                         const double *x, const double *y, double *mi)
{
	enum vt_status status = VT_OK;
	struct vt_pair p = *in;
	struct vt_estimated e;
	bool discrete = in->discrete_x;
	p.x = (struct vt_mat){ x, in->x.rows, discrete ? 1 : in->x.cols, discrete ? 1 : in->x.cols };
	p.y = (struct vt_mat){ y, in->y.rows, discrete ? 1 : in->y.cols, discrete ? 1 : in->y.cols };
	p.block = NULL;
	VT_TRY(vt_estimate_raw(ctx, vt_estimate_kind_of(chosen), chosen->settings, &p, &e));
	*mi = e.mi;
done:
	return status;
}

static enum vt_status add_point(struct vt_ctx *ctx, const struct vt_chosen *chosen, const struct vt_surrogates *s,
                                struct curve *c)
{
	enum vt_status status = VT_OK;
	const struct vt_pair *in = s->in;
	double *x = NULL, *y = NULL, mi, sum = 0;
	VT_NEW(ctx, x, in->x.rows * in->x.cols);
	VT_NEW(ctx, y, in->y.rows * in->y.cols);
	for (uint64_t r = 0; r < REPLICATES; r++) { /* the same draws at every strength: the curve is smooth */
		VT_TRY(vt_surrogates_draw(ctx, s, strengths[c->n], r, x, y));
		VT_TRY(estimate_surrogate(ctx, chosen, in, x, y, &mi));
		sum += mi / REPLICATES;
	}
	VT_TRY(vt_surrogates_truth(ctx, s, strengths[c->n], &c->truth[c->n]));
	c->raw[c->n++] = sum;
done:
	free(x);
	free(y);
	return status;
}

/* The truth at which the curve passes `raw`: linear between points, of slope 1 below the first. */
static double invert(const struct curve *c, double raw)
{
	if (raw <= c->raw[0]) return raw - c->raw[0];
	for (size_t i = 1; i < c->n; i++) {
		if (raw > c->raw[i]) continue;
		double step = c->raw[i] - c->raw[i - 1];
		double share = step > 0 ? (raw - c->raw[i - 1]) / step : 1;
		return c->truth[i - 1] + share * (c->truth[i] - c->truth[i - 1]);
	}
	return NAN;
}

/* Stronger and stronger surrogates until the estimate on them has passed `to`. */
static enum vt_status draw_curve(struct vt_ctx *ctx, const struct vt_chosen *chosen, const struct vt_surrogates *s,
                                 double to, struct curve *c)
{
	enum vt_status status = VT_OK;
	size_t points = s->in->discrete_x ? 4 : MOST_POINTS; /* a table mixed with nothing is the strongest there is */
	while (c->n < points && (c->n < 2 || !(c->raw[c->n - 1] > to))) {
		VT_TRY(add_point(ctx, chosen, s, c));
		if (!isnan(c->raw[c->n - 1])) continue;
		c->n--;
		break;
	}
done:
	return status;
}

enum vt_status vt_estimate_calibrate(struct vt_ctx *ctx, const struct vt_chosen *chosen, const struct vt_pair *in,
                                     struct vt_estimated *inout)
{
	enum vt_status status = VT_OK;
	struct vt_surrogates s = { 0 };
	struct curve c = { 0 };
	double began = vt_clock();
	if (isnan(inout->mi) || inout->flags & VT_INVALID) goto done;
	VT_TRY(vt_surrogates_create(ctx, in, &s));
	if (!s.possible) {
		vt_estimated_flag(inout, 0, "not calibrated: %s", s.why);
		goto done;
	}
	double widened = sqrt(1 + 1.0 / REPLICATES), high = inout->mi + fmax(inout->hi - inout->mi, 0) * widened;
	VT_TRY(draw_curve(ctx, chosen, &s, high, &c)); /* without an interval: up to the estimate */
	if (c.n > 1) {
		inout->calibrated = invert(&c, inout->mi);
		inout->calibrated_lo = invert(&c, inout->mi - fmax(inout->mi - inout->lo, 0) * widened);
		inout->calibrated_hi = invert(&c, high);
	}
	if (c.n > 1 && isnan(inout->calibrated)) {
		inout->calibrated = c.truth[c.n - 1];
		vt_estimated_flag(inout, VT_SATURATED, "the strongest surrogates, of %.3g nat, give no more than %.3g nat: the "
		                  "calibrated value is at least so much", c.truth[c.n - 1], c.raw[c.n - 1]);
	}
	inout->seconds += vt_clock() - began;
done:
	vt_surrogates_clear(&s);
	if (status != VT_OK) vt_ctx_frame(ctx, "in the calibration of %s", vt_estimate_kind_of(chosen)->kind.name);
	return status;
}
