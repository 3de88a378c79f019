/* The group /theory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "parts.h"

/* Most points; restarts draw from their own stream of seed 0, so that all runs of a law have
 * the same curve whatever their seed. */
enum { MOST_POINTS = 64 };
static const struct vt_ib_settings search = { .n_starts = 4, .max_iterations = 20000, .tolerance = 1e-11 };

static const struct vt_variable variables[] = {
	{ "beta", VT_F64, 1, { "point" }, "1", "price of I(T;Y) in I(X;T); infinite at the curve's end", false },
	{ "i_xt", VT_F64, 1, { "point" }, "bit", "information between input and an optimal T", false },
	{ "i_ty", VT_F64, 1, { "point" }, "bit", "information between an optimal T and the label", false },
	{ "h_t", VT_F64, 1, { "point" }, "bit", "entropy of the optimal T", false },
	{ "residual", VT_F64, 1, { "point" }, "1", "largest change of p(t, y) in the last step", false },
	{ "iterations", VT_I32, 1, { "point" }, "1", "steps of the start that won", false },
	{ "converged", VT_U8, 1, { "point" }, "1", "1: the residual is within the tolerance", false },
};
enum { N_VARIABLES = sizeof variables / sizeof *variables };

static double value(const struct vt_ib_point *p, size_t variable)
{
	const double all[N_VARIABLES] = { p->beta, p->i_xt * VT_BITS_PER_NAT, p->i_ty * VT_BITS_PER_NAT,
		                          p->h_t * VT_BITS_PER_NAT, p->residual, (double)p->iterations, p->converged };
	return all[variable];
}

static enum vt_status put(struct vt_ctx *ctx, struct vt_frame *frame, size_t n, const struct vt_ib_point *p)
{
	enum vt_status status;
	double column[MOST_POINTS];
	VT_TRY(vt_frame_dim(ctx, frame, "theory", "point", n, NULL, NULL, "1", "point of the curve, by rising i_xt"));
	for (size_t v = 0; v < N_VARIABLES; v++) {
		for (size_t i = 0; i < n; i++) column[i] = value(&p[i], v);
		VT_TRY(vt_frame_variable(ctx, frame, "theory", &variables[v]));
		VT_TRY(vt_frame_put(ctx, frame, "theory", variables[v].name, n, column));
	}
done:
	return status;
}

/* Of the law, not of a point; variables, not attributes, so that a collected sweep keeps each run's own. */
static enum vt_status put_facts(struct vt_ctx *ctx, struct vt_frame *frame, const struct vt_ib_facts *f)
{
	static const struct vt_variable fact[] = {
		{ "beta_c", VT_F64, 0, { NULL }, "1", "1 / squared maximal correlation: above it a constant T is unstable", false },
		{ "h_x", VT_F64, 0, { NULL }, "bit", "entropy of the input", false },
		{ "h_y", VT_F64, 0, { NULL }, "bit", "entropy of the label", false },
		{ "i_xy", VT_F64, 0, { NULL }, "bit", "information between input and label", false },
		{ "states", VT_I64, 0, { NULL }, "1", "inputs that differ in what they say of the label", false },
		{ "deterministic", VT_U8, 0, { NULL }, "1", "1: the label is a function of the input", false },
	};
	const double number[] = { f->beta_c, f->h_x * VT_BITS_PER_NAT, f->h_y * VT_BITS_PER_NAT, f->i_xy * VT_BITS_PER_NAT,
		                  (double)f->n_states, f->deterministic };
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < sizeof fact / sizeof *fact; i++) {
		VT_TRY(vt_frame_variable(ctx, frame, "theory", &fact[i]));
		VT_TRY(vt_frame_put(ctx, frame, "theory", fact[i].name, 1, &number[i]));
	}
done:
	return status;
}

static enum vt_status describe(struct vt_ctx *ctx, struct vt_frame *frame, const struct vt_ib_facts *f)
{
	enum vt_status status;
	char settings[160];
	snprintf(settings, sizeof settings, "{\"points\":%d,\"starts\":%zu,\"iterations\":%zu,\"tolerance\":%g}",
	         MOST_POINTS, search.n_starts, search.max_iterations, search.tolerance);
	VT_TRY(vt_frame_attr_text(ctx, frame, "theory", "method", f->deterministic
	                          ? "exact: i_ty = min(i_xt, H(Y)), since the label is a function of the input"
	                          : "information bottleneck by Blahut-Arimoto steps, annealed, with random starts"));
	VT_TRY(vt_frame_attr_text(ctx, frame, "theory", "settings", f->deterministic ? "{}" : settings));
	VT_TRY(vt_frame_attr_text(ctx, frame, "theory", "note", "of the source of the rows, not of the rows drawn; straight "
	                          "lines between points are never above the curve; no T made from X lies above it, but "
	                          "estimates can"));
done:
	return status;
}

enum vt_status vt_task_theory(struct vt_ctx *ctx, const struct vt_dataset *data, struct vt_frame *frame)
{
	enum vt_status status;
	struct vt_ib_point point[MOST_POINTS];
	struct vt_ib_facts facts;
	size_t n;
	if (!data->law) return VT_OK;
	const struct vt_mat law = { data->law, data->n_law, data->n_classes, data->n_classes };
	VT_TRY(vt_ib_facts(ctx, law, &facts));
	VT_TRY(vt_ib_trace(ctx, law, &search, MOST_POINTS, point, &n));
	VT_TRY(put(ctx, frame, n, point));
	VT_TRY(put_facts(ctx, frame, &facts));
	VT_TRY(describe(ctx, frame, &facts));
done:
	if (status != VT_OK) vt_ctx_frame(ctx, "in the bottleneck curve of the task");
	return status;
}
