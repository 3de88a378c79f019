/* The same information under many bin widths and noise variances: what a ruling depends on.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>

#include "layers.h"

struct settings {
	int64_t snapshots;
	struct vt_reals widths, variances;
};

static const struct vt_option options[] = {
	{ "snapshots", VT_INT, offsetof(struct settings, snapshots), 2, 100000, "12", .unit = "snapshots",
	  .help = "at how many of the run's snapshots, the first and the last included" },
	{ "widths", VT_REALS, offsetof(struct settings, widths), 1e-100, 1e100, "[0.01, 0.03, 0.07, 0.1, 0.2, 0.5]",
	  .unit = "activation", .help = "of bins without a range" },
	{ "variances", VT_REALS, offsetof(struct settings, variances), 1e-200, 1e200, "[1e-4, 1e-3, 1e-2, 1e-1]",
	  .unit = "activation squared", .help = "of the noise of the pairwise bounds" },
	{ 0 }
};

/* The table's order is that of `values` below: two by width, four by variance. */
static const struct vt_variable variables[] = {
	{ .name = "i_xt_binned", .type = VT_F64, .rank = 3, .dim = { "step", "layer", "width" }, .unit = "bit",
	  .long_name = "entropy of the layer in bins of a width" },
	{ .name = "i_ty_binned", .type = VT_F64, .rank = 3, .dim = { "step", "layer", "width" }, .unit = "bit",
	  .long_name = "information between the layer in bins of a width and the labels" },
	{ .name = "i_xt_upper", .type = VT_F64, .rank = 3, .dim = { "step", "layer", "variance" }, .unit = "bit",
	  .long_name = "upper bound on the information between the input and the layer with noise" },
	{ .name = "i_ty_upper", .type = VT_F64, .rank = 3, .dim = { "step", "layer", "variance" }, .unit = "bit",
	  .long_name = "difference of upper bounds: the layer with noise and the labels" },
	{ .name = "i_xt_lower", .type = VT_F64, .rank = 3, .dim = { "step", "layer", "variance" }, .unit = "bit",
	  .long_name = "lower bound on the information between the input and the layer with noise" },
	{ .name = "i_ty_lower", .type = VT_F64, .rank = 3, .dim = { "step", "layer", "variance" }, .unit = "bit",
	  .long_name = "difference of lower bounds: the layer with noise and the labels" },
	{ .name = "flags", .type = VT_I32, .rank = 2, .dim = { "step", "layer" }, .unit = "1",
	  .long_name = "what the numbers carry, from all widths and variances together", .flags = true },
};
enum { BY_WIDTH = 2, N_VALUES = 6, N_VARIABLES = sizeof variables / sizeof *variables };

static enum vt_status declare(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                              const struct vt_snapshot_shape *shape, struct vt_frame *frame, const char *group)
{
	enum vt_status status = VT_OK;
	const struct settings *s = measure[0]->chosen.settings;
	(void)n;
	VT_REQUIRE(ctx, s->widths.n > 0 && s->variances.n > 0, VT_ECONFIG,
	           "%zu widths and %zu variances are given, at least 1 of each is wanted", s->widths.n, s->variances.n);
	VT_TRY(vt_measure_declare_layers(ctx, frame, group, shape->n_taps, shape->tap_name));
	VT_TRY(vt_frame_dim(ctx, frame, group, "width", s->widths.n, NULL, s->widths.v, "1", "width of bins"));
	VT_TRY(vt_frame_dim(ctx, frame, group, "variance", s->variances.n, NULL, s->variances.v, "1",
	                    "variance of the noise"));
	VT_TRY(vt_measure_declare_variables(ctx, frame, group, N_VARIABLES, variables));
done:
	return status;
}

/* One layer under all widths and variances; values[v] is variable v's [layer * length + ...]. */
static enum vt_status measure_layer(struct vt_ctx *ctx, const struct settings *s, const struct vt_layer *layer,
                                    size_t tap, double *const values[N_VALUES], unsigned *flags)
{
	enum vt_status status = VT_OK;
	struct vt_information info[2];
	for (size_t w = 0; w < s->widths.n; w++) {
		size_t at = tap * s->widths.n + w;
		VT_TRY(vt_binning_by_width(ctx, s->widths.v[w], layer, &info[0]));
		values[0][at] = info[0].i_xt * VT_BITS_PER_NAT;
		values[1][at] = info[0].i_ty * VT_BITS_PER_NAT;
		*flags |= info[0].flags;
	}
	for (size_t v = 0; v < s->variances.n; v++) {
		size_t at = tap * s->variances.n + v;
		VT_TRY(vt_kde_bounds(ctx, s->variances.v[v], layer, info));
		for (size_t b = 0; b < 2; b++) {
			values[BY_WIDTH + 2 * b][at] = info[b].i_xt * VT_BITS_PER_NAT;
			values[BY_WIDTH + 2 * b + 1][at] = info[b].i_ty * VT_BITS_PER_NAT;
			*flags |= info[b].flags;
		}
	}
done:
	return status;
}

static enum vt_status record(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                             const struct vt_snapshot_shape *shape, const struct vt_snapshot *snapshot,
                             struct vt_frame *frame, const char *group)
{
	enum vt_status status = VT_OK;
	const struct settings *s = measure[0]->chosen.settings;
	size_t taps = shape->n_taps, by_width = taps * s->widths.n, by_variance = taps * s->variances.n;
	double *memory = NULL, *values[N_VALUES], *flags;
	(void)n;
	if (!snapshot->last && !vt_measure_due(snapshot->index, shape->n_snapshots, (size_t)s->snapshots)) goto done;
	VT_NEW(ctx, memory, BY_WIDTH * by_width + (N_VALUES - BY_WIDTH) * by_variance + taps);
	for (size_t v = 0; v < N_VALUES; v++)
		values[v] = memory + (v < BY_WIDTH ? v * by_width : BY_WIDTH * by_width + (v - BY_WIDTH) * by_variance);
	flags = values[N_VALUES - 1] + by_variance;
	for (size_t tap = 0; tap < taps; tap++) {
		struct vt_layer layer = vt_measure_layer(snapshot, tap);
		unsigned found = snapshot->flags | (snapshot->deterministic && !snapshot->partial_x ? VT_DETERMINISTIC : 0);
		VT_TRY(measure_layer(ctx, s, &layer, tap, values, &found));
		flags[tap] = found;
	}
	VT_TRY(vt_frame_step(ctx, frame, group, snapshot->step, snapshot->epoch));
	for (size_t v = 0; v < N_VALUES; v++)
		VT_TRY(vt_frame_put(ctx, frame, group, variables[v].name, v < BY_WIDTH ? by_width : by_variance, values[v]));
	VT_TRY(vt_frame_put(ctx, frame, group, "flags", taps, flags));
done:
	free(memory);
	return status;
}

const struct vt_measure_kind vt_measure_robustness = {
	.kind = { "robustness", "information of every layer under many bin widths and noise variances", "venturi",
	          sizeof(struct settings), options,
	          "the widths and variances are the experimenter's: a range in which the answer is stable is not "
	          "thereby the right one" },
	.declare = declare,
	.record = record,
};
