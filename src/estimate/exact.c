/* Entropy of the raw rows, as the floating-point numbers stand: what a layer of a deterministic
 * net really keeps of its input, which binning cannot show.  Of a layer on a grid, entropy of its
 * whole-number codes, which is I(X;T) itself (Lorenzen, Igel & Nielsen 2022).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "discrete.h"
#include "layer.h"

static void refine_codes(struct vt_partition *rows, const struct vt_layer *in, uint64_t *scratch)
{
	for (size_t c = 0; c < in->t.cols; c++) {
		for (size_t i = 0; i < in->t.rows; i++)
			scratch[i] = (uint64_t)(int64_t)rint(in->t.x[i * in->t.stride + c] / in->step);
		vt_partition_refine(rows, scratch);
	}
}

static enum vt_status layer(struct vt_ctx *ctx, const void *settings, const struct vt_layer *in,
                            struct vt_information out[2])
{
	enum vt_status status = VT_OK;
	struct vt_partition rows = { 0 };
	uint64_t *scratch = NULL;
	(void)settings;
	VT_NEW(ctx, scratch, in->t.rows);
	VT_TRY(vt_partition_create(ctx, in->t.rows, &rows));
	if (in->step > 0) refine_codes(&rows, in, scratch);
	else vt_partition_refine_rows(&rows, &in->t, scratch);
	VT_TRY(vt_cells_information(ctx, &rows, in, &out[0]));
	if (rows.n_cells < rows.n && !(in->step > 0)) out[0].flags |= VT_TIES;
	/* All inputs, and the codes that the network really has: rows that are alone bias nothing. */
	if (in->step > 0 && in->enumerated) out[0].flags &= ~(unsigned)VT_BIAS_DOMINATED;
done:
	vt_partition_clear(&rows);
	free(scratch);
	return status;
}

static enum vt_status mi(struct vt_ctx *ctx, const void *settings, const struct vt_joint *j, double *out)
{
	(void)ctx;
	(void)settings;
	*out = vt_joint_information(j, vt_entropy_plug_in);
	return VT_OK;
}

static const struct vt_discrete_method method = { .mi = mi };

/* Of a pair: the plug-in on rows as they stand, whether they are called discrete or not. */
static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	return vt_discrete_estimate(ctx, &method, settings, in, out);
}

static enum vt_status null(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, const uint32_t *order,
                           double *out)
{
	return vt_discrete_null(ctx, &method, settings, in, order, out);
}

const struct vt_estimate_kind vt_estimate_exact = {
	.kind = { "exact", "entropy of the raw rows, equal only if equal bit by bit", "venturi", 0, NULL,
	          "rows count as different however near they are: the number falls below log2 n only where numbers "
	          "round to the same bits, so it depends on train.precision" },
	.traits = VT_TAKES_ALL | VT_TAKES_CONDITION | VT_SYMMETRIC | VT_TRUE_ON_GRID,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "The entropy of the rows as rounded numbers. It shows whether the layer still tells all inputs "
	               "apart, not how well anything could read them: I(T;Y) is H(Y) whenever all rows differ. In a "
	               "network with model.quantise it is the information that the layer holds about the input.",
	.layer = layer,
	.pair = pair,
	.null = null,
};
