/* Planted series: noise as in the data around a known mean, and what the rule makes of
 * them.  What controls of statistics are made of.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>

#include "judge.h"
#include "venturi/num.h"
#include "venturi/rng.h"

/* ---- noise ------------------------------------------------------------------ */

/* Standard deviation from the median size of n deviations, by the normal's 0.6745; sorts x. */
static double robust_deviation(double *x, size_t n)
{
	if (n == 0) return 0;
	for (size_t i = 0; i < n; i++) x[i] = fabs(x[i]);
	vt_sort(x, n);
	double median = n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
	return median / 0.67448975019608171;
}

/* What is left of each value after the mean over seeds, scaled up by what that mean took. */
static void residuals(const struct vt_sample *in, double *r)
{
	for (size_t i = 0; i < in->n_steps; i++) {
		double sum = 0;
		size_t n = 0;
		for (size_t k = 0; k < in->n_seeds; k++) {
			double x = in->value[k * in->n_steps + i];
			if (isnan(x)) continue;
			sum += x;
			n++;
		}
		double scale = n > 1 ? sqrt((double)n / (double)(n - 1)) : (double)NAN;
		for (size_t k = 0; k < in->n_seeds; k++) {
			size_t at = k * in->n_steps + i;
			r[at] = (in->value[at] - sum / (double)n) * scale;
		}
	}
}

/* Takes each seed's mean out of its residuals; n_seeds means, NaN for a seed without values. */
static void take_offsets(const struct vt_sample *in, double *r, double *offset)
{
	for (size_t k = 0; k < in->n_seeds; k++) {
		double sum = 0, *own = r + k * in->n_steps;
		size_t n = 0;
		for (size_t i = 0; i < in->n_steps; i++) {
			if (isnan(own[i])) continue;
			sum += own[i];
			n++;
		}
		offset[k] = n > 0 ? sum / (double)n : (double)NAN;
		for (size_t i = 0; i < in->n_steps; i++) own[i] -= offset[k];
	}
}

static size_t known(const double *r, size_t n, double *out)
{
	size_t found = 0;
	for (size_t i = 0; i < n; i++)
		if (!isnan(r[i])) out[found++] = r[i];
	return found;
}

static size_t differences(const struct vt_sample *in, const double *r, double *out)
{
	size_t found = 0;
	for (size_t k = 0; k < in->n_seeds; k++)
		for (size_t i = 1; i < in->n_steps; i++) {
			double d = r[k * in->n_steps + i] - r[k * in->n_steps + i - 1];
			if (!isnan(d)) out[found++] = d / sqrt(2);
		}
	return found;
}

enum vt_status vt_noise_estimate(struct vt_ctx *ctx, const struct vt_sample *in, struct vt_noise *out)
{
	enum vt_status status;
	size_t n = in->n_seeds * in->n_steps;
	double *r = NULL, *work = NULL, *offset = NULL;

	VT_NEW(ctx, r, n);
	VT_NEW(ctx, work, n);
	VT_NEW(ctx, offset, in->n_seeds);
	residuals(in, r);
	take_offsets(in, r, offset);
	out->offset = robust_deviation(work, known(offset, in->n_seeds, work));
	double all = robust_deviation(work, known(r, n, work));
	double white = robust_deviation(work, differences(in, r, work));
	out->white = white;
	out->slow = sqrt(fmax(0, all * all - white * white));
	status = VT_OK;
done:
	free(r);
	free(work);
	free(offset);
	return status;
}

/* ---- replicates --------------------------------------------------------------- */

/* The slow part is a first-order autoregression with deviation 1. */
void vt_plant(const struct vt_sample *in, const double *mean, const struct vt_noise *noise, uint64_t replicate,
              double *value)
{
	struct vt_rng r = vt_rng_stream(0, VT_PURPOSE_CONTROL, replicate);
	double keep = exp(-5 / (double)in->n_steps), renew = sqrt(1 - keep * keep);
	for (size_t k = 0; k < in->n_seeds; k++) {
		double offset = noise->offset * vt_rng_normal(&r), slow = vt_rng_normal(&r);
		for (size_t i = 0; i < in->n_steps; i++) {
			value[k * in->n_steps + i] = mean[i] + offset + noise->slow * slow + noise->white * vt_rng_normal(&r);
			slow = keep * slow + renew * vt_rng_normal(&r);
		}
	}
}

enum vt_outcome vt_alarm(const struct vt_hypothesis *h)
{
	return h->expect == VT_WITHIN ? VT_REFUTED : VT_SUPPORTED;
}

enum vt_outcome vt_outcome_of(const struct vt_hypothesis *h, size_t n, double *value)
{
	double mean, lo, hi, p;
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (isfinite(value[i])) value[kept++] = value[i];
	return vt_decide((enum vt_expect)h->expect, kept, value, h->delta, VT_CONFIDENCE, &mean, &lo, &hi, &p);
}

enum vt_status vt_planted_count(struct vt_ctx *ctx, vt_values_fn *values, const struct vt_hypothesis *h,
                                const struct vt_sample *in, const double *mean, const struct vt_noise *noise,
                                enum vt_outcome wanted, size_t *count)
{
	enum vt_status status;
	double *series = NULL, *value = NULL;
	size_t found = 0;

	VT_NEW(ctx, series, in->n_seeds * in->n_steps);
	VT_NEW(ctx, value, in->n_seeds);
	const struct vt_sample sample = { in->n_seeds, in->n_steps, in->step, series, in->flags, 1, NULL, NULL };
	for (uint64_t replicate = 0; replicate < VT_REPLICATES; replicate++) {
		vt_plant(in, mean, noise, replicate, series);
		VT_TRY(values(ctx, h->statistic.settings, &sample, value));
		found += vt_outcome_of(h, in->n_seeds, value) == wanted;
	}
	*count = found;
	status = VT_OK;
done:
	free(series);
	free(value);
	return status;
}

bool vt_exceeds(size_t count, double rate)
{
	return count > 0 && gsl_cdf_binomial_Q((unsigned)(count - 1), rate, VT_REPLICATES) < 0.01;
}
