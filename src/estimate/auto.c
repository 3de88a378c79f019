/* The estimator for those who do not want to choose: looks at types, n, dimensions, ties and at whether a copula fits,
 * takes what is in its regime there, says which and why, and brackets or flags where nothing is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "automatic.h"
#include "venturi/config.h"

double vt_auto_tolerance(double mi)
{
	return fmax(0.05, 0.1 * fabs(mi));
}

enum vt_status vt_auto_run(struct vt_ctx *ctx, const struct vt_estimate_kind *kind, const struct vt_pair *in,
                           struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	const struct vt_registered entry = { "estimate", &kind->kind };
	const struct vt_registry alone = { 1, &entry };
	struct vt_chosen chosen = { 0 };
	VT_TRY(vt_chosen_parse(ctx, &alone, "estimate", kind->kind.name, &chosen));
	VT_TRY(vt_estimate_raw(ctx, kind, chosen.settings, in, out));
done:
	vt_chosen_clear(&chosen);
	return status;
}

/* Rows in an order that their content makes: halves and random parts are then the same for any order of rows. */
static enum vt_status in_content_order(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_pair *out,
                                       double *copy[3])
{
	enum vt_status status = VT_OK;
	const struct vt_mat from[3] = { in->x, in->y, in->z };
	struct vt_mat *to[3] = { &out->x, &out->y, &out->z };
	size_t n = in->x.rows, d = in->x.cols + in->y.cols + in->z.cols;
	double *all = NULL, *score = NULL;
	uint32_t *order = NULL;
	VT_TRY(vt_joined(ctx, 3, from, &all));
	/* of scores: units do not matter, bit by bit */
	VT_TRY(vt_normal_scores(ctx, &(struct vt_mat){ all, n, d, d }, &score));
	VT_TRY(vt_content_order(ctx, &(struct vt_mat){ score, n, d, d }, &order));
	for (int v = 0; v < 3; v++) {
		VT_TRY(vt_rows_taken(ctx, &from[v], order, n, &copy[v]));
		*to[v] = (struct vt_mat){ copy[v], n, from[v].cols, from[v].cols };
	}
done:
	free(all);
	free(score);
	free(order);
	return status;
}

static enum vt_status answer(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_estimated *out)
{
	if (in->z.cols > 0) return vt_auto_conditional(ctx, in, out);
	if (in->discrete_x && in->discrete_y) return vt_auto_discrete(ctx, in, out);
	if (in->discrete_x || in->discrete_y) return vt_auto_labels(ctx, in, out);
	return vt_auto_continuous(ctx, in, out);
}

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_pair p = *in;
	double *copy[3] = { NULL, NULL, NULL };
	(void)settings;
	if (!in->block) VT_TRY(in_content_order(ctx, in, &p, copy));
	VT_TRY(answer(ctx, &p, out));
done:
	for (int v = 0; v < 3; v++) free(copy[v]);
	return status;
}

static enum vt_status test(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, const uint32_t *order,
                           double *observed, double *null)
{
	(void)settings;
	return vt_dependence(ctx, in, order, observed, null);
}

const struct vt_estimate_kind vt_estimate_auto = {
	.kind = { "auto", "chooses estimators by types, n, dimensions, ties and fit of a copula, and says which", "venturi", 0,
	          NULL,
	          "what no estimator of ours can do is flagged, and then at most a bound; null and p come from a statistic of "
	          "their own (random features), fixed before the data are seen" },
	.traits = VT_TAKES_ALL | VT_TAKES_CONDITION | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "In a network without noise, the information of a layer with its input.",
	.pair = pair,
	.test = test,
};
