/* Drift and diffusion of the weight gradient: its mean, its scatter and their ratio over the
 * batches of an epoch, with frozen weights.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "layers.h"

static const struct vt_variable variables[] = {
	{ .name = "mean_norm", .type = VT_F64, .rank = 2, .dim = { "step", "layer" }, .unit = "1",
	  .long_name = "norm of the mean over batches of the weight gradient" },
	{ .name = "std_norm", .type = VT_F64, .rank = 2, .dim = { "step", "layer" }, .unit = "1",
	  .long_name = "norm of the standard deviation (over n) over batches of the weight gradient" },
	{ .name = "snr", .type = VT_F64, .rank = 2, .dim = { "step", "layer" }, .unit = "1",
	  .long_name = "mean_norm / std_norm" },
	{ .name = "flags", .type = VT_I32, .rank = 2, .dim = { "step", "layer" }, .unit = "1",
	  .long_name = "what the numbers carry", .flags = true },
};
enum { N_VARIABLES = sizeof variables / sizeof *variables };

static enum vt_status declare(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                              const struct vt_snapshot_shape *shape, struct vt_frame *frame, const char *group)
{
	enum vt_status status = VT_OK;
	bool net = shape->n_net_layers > 0;
	(void)n;
	(void)measure;
	/* Without a net the taps stand in, and every value is not_computed. */
	VT_TRY(vt_measure_declare_layers(ctx, frame, group, net ? shape->n_net_layers : shape->n_taps,
	                                 net ? shape->net_layer_name : shape->tap_name));
	VT_TRY(vt_measure_declare_variables(ctx, frame, group, N_VARIABLES, variables));
done:
	return status;
}

/* Welford's running mean and sum of squares about it, for every weight of one layer. */
struct moments {
	size_t n;
	double *mean, *squares;
};

struct visitor {
	size_t n_layers, n_batches;
	struct moments *layer;
};

static enum vt_status visit(void *self, size_t n_layers, const size_t *n, const double *const *gradient)
{
	struct visitor *v = self;
	double weight = 1.0 / (double)++v->n_batches;
	if (n_layers != v->n_layers) return VT_EBUG;
	for (size_t l = 0; l < n_layers; l++) {
		struct moments *m = &v->layer[l];
		if (!m->mean) {
			m->n = n[l];
			m->mean = calloc(n[l] + !n[l], sizeof *m->mean);
			m->squares = calloc(n[l] + !n[l], sizeof *m->squares);
		}
		if (!m->mean || !m->squares) return VT_ENOMEM;
		if (m->n != n[l]) return VT_EBUG;
		for (size_t i = 0; i < n[l]; i++) {
			double d = gradient[l][i] - m->mean[i];
			m->mean[i] += d * weight;
			m->squares[i] += d * (gradient[l][i] - m->mean[i]);
		}
	}
	return VT_OK;
}

/* value[variable * n_layers + layer].  The standard deviation divides by the number of batches, as
 * numpy's does by default and the published code. */
static void summarise(const struct visitor *v, unsigned flags, double *value)
{
	size_t n = v->n_layers;
	for (size_t l = 0; l < n; l++) {
		const struct moments *m = &v->layer[l];
		double mean2 = 0, variance = 0;
		for (size_t i = 0; i < m->n; i++) {
			mean2 += m->mean[i] * m->mean[i];
			variance += m->squares[i] / (double)v->n_batches;
		}
		bool alone = v->n_batches < 2 || !(variance > 0); /* no scatter, no ratio */
		value[l] = sqrt(mean2);
		value[n + l] = sqrt(variance);
		value[2 * n + l] = alone ? NAN : sqrt(mean2 / variance);
		value[3 * n + l] = flags | (alone ? VT_DEGENERATE : 0);
	}
}

static enum vt_status measure_net(struct vt_ctx *ctx, const struct vt_snapshot *snapshot, size_t n_layers,
                                  double *value)
{
	enum vt_status status = VT_OK;
	const struct vt_net *net = snapshot->net;
	struct visitor v = { .n_layers = n_layers };
	VT_NEW(ctx, v.layer, n_layers);
	status = net->gradients(ctx, net->self, visit, &v);
	if (status != VT_OK) vt_ctx_frame(ctx, "in one pass over the batches, at batch %zu", v.n_batches);
	if (status != VT_OK) goto done;
	summarise(&v, snapshot->flags, value);
done:
	for (size_t l = 0; v.layer && l < n_layers; l++) {
		free(v.layer[l].mean);
		free(v.layer[l].squares);
	}
	free(v.layer);
	return status;
}

static enum vt_status record(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                             const struct vt_snapshot_shape *shape, const struct vt_snapshot *snapshot,
                             struct vt_frame *frame, const char *group)
{
	enum vt_status status = VT_OK;
	size_t n_layers = shape->n_net_layers > 0 ? shape->n_net_layers : shape->n_taps;
	double *value = NULL;
	(void)n;
	(void)measure;
	VT_NEW(ctx, value, N_VARIABLES * n_layers);
	if (snapshot->net && shape->n_net_layers > 0) {
		VT_TRY(measure_net(ctx, snapshot, n_layers, value));
	} else {
		for (size_t i = 0; i < 3 * n_layers; i++) value[i] = NAN;
		for (size_t l = 0; l < n_layers; l++) value[3 * n_layers + l] = snapshot->flags | VT_NOT_COMPUTED;
	}
	VT_TRY(vt_frame_step(ctx, frame, group, snapshot->step, snapshot->epoch));
	for (size_t i = 0; i < N_VARIABLES; i++)
		VT_TRY(vt_frame_put(ctx, frame, group, variables[i].name, n_layers, value + i * n_layers));
done:
	free(value);
	return status;
}

const struct vt_measure_kind vt_measure_gradient = {
	.kind = { "gradient", "mean, scatter and signal-to-noise ratio of the weight gradient over an epoch's batches",
	          "Shwartz-Ziv & Tishby 2017, sec. 3.3; Saxe et al. 2018, published code", 0, NULL,
	          "the ratio falls as the loss does, in networks that compress and in those that do not: it is no "
	          "evidence of compression; it grows with the batch size" },
	.declare = declare,
	.record = record,
};
