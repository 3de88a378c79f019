/* Information from entropies corrected for unseen symbols by the coverage of the sample.
 * H = -sum C p ln(C p) / (1 - (1 - C p)^n) with C = 1 - f1 / n: a cell that was seen stands for those of its size that
 * were not.  Where all rows are singletons C would be 0 and H undefined: then f1 = n - 1.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "discrete.h"

double vt_entropy_chao_shen(const struct vt_counts *c)
{
	double sum = 0, n = (double)c->n, singletons = c->size[0] == 1 ? (double)c->times[0] : 0;
	if (c->occupied == 1) return 0;
	if (singletons == n) singletons = n - 1;
	double coverage = 1 - singletons / n;
	for (size_t k = 0; k < c->n_sizes; k++) {
		double p = coverage * (double)c->size[k] / n;
		if (p < 1) sum -= (double)c->times[k] * p * log(p) / -expm1(n * log1p(-p)); /* a share of 1 adds 0 */
	}
	return sum;
}

static enum vt_status mi(struct vt_ctx *ctx, const void *settings, const struct vt_joint *j, double *out)
{
	(void)ctx;
	(void)settings;
	*out = vt_joint_information(j, vt_entropy_chao_shen);
	return VT_OK;
}

static const struct vt_discrete_method method = { mi, NULL, NULL };

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	return vt_discrete_estimate(ctx, &method, settings, in, out);
}

static enum vt_status null(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, const uint32_t *order,
                           double *out)
{
	return vt_discrete_null(ctx, &method, settings, in, order, out);
}

const struct vt_estimate_kind vt_estimate_chao_shen = {
	.kind = { "chao-shen", "information from entropies corrected for unseen symbols",
	          "Chao & Shen 2003; guard for singletons as in Hausser & Strimmer's entropy package", 0, NULL,
	          "the entropy of the joint table is raised more than those of the margins, so the information of a "
	          "table with many singletons comes out too small, even below 0" },
	.traits = VT_TAKES_DISCRETE | VT_TAKES_CONDITION | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "An information of the law where most joint cells hold one row: the coverage is then itself an "
	               "estimate from nothing.",
	.pair = pair,
	.null = null,
};
