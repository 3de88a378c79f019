/* Figure `robustness`: how far I(X;T) falls, under many bin widths and noise variances.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "picture.h"
#include "venturi/report.h"

static const struct {
	const char *variable, *dimension, *x_label, *y_label;
} row[] = {
	{ "i_xt_binned", "width", "bin width [activation]", "fall, binned [bit]" },
	{ "i_xt_upper", "variance", "noise variance [activation squared]", "fall, KDE upper [bit]" },
};
enum { N_ROWS = sizeof row / sizeof *row };

/* The measure's group has the name that the experiment gave it. */
static const char *group_of(const struct vt_study *s)
{
	char variable[256];
	for (size_t i = 0; i < s->n_runs; i++) {
		const char *const *group = vt_runs_groups(s->runs, i);
		for (size_t k = 0; group[k]; k++) {
			snprintf(variable, sizeof variable, "%s/%s", group[k], row[0].variable);
			if (vt_runs_has(s->runs, i, variable)) return group[k];
		}
	}
	return NULL;
}

static bool applies(const struct vt_study *study)
{
	return group_of(study) != NULL;
}

/* Where the seeds' mean is largest; a peak of each seed's own would make noise look like
 * a fall. */
static size_t peak_of_mean(const struct vt_study *s, const struct vt_field *g, size_t arm, size_t cell)
{
	size_t best = 0;
	double most = -INFINITY;
	for (size_t t = 0; t < g->n_frames; t++) {
		double mean = vt_field_spread(g, s, arm, t, cell).mean;
		if (mean > most) most = mean, best = t;
	}
	return best;
}

/* Peak minus end over the arm's live seeds: mean and standard deviation. */
static struct vt_point fall(const struct vt_study *s, const struct vt_field *g, size_t arm, size_t cell, double x)
{
	size_t peak = peak_of_mean(s, g, arm, cell), n = 0;
	double mean = 0, m2 = 0;
	for (size_t r = 0; r < s->n_runs; r++) {
		double v = vt_field_at(g, r, peak, cell) - vt_field_at(g, r, g->n_frames - 1, cell);
		if (s->run[r].arm != arm || !s->run[r].alive || isnan(v)) continue;
		double from = v - mean;
		mean += from / (double)++n;
		m2 += from * (v - mean);
	}
	double half = n > 1 ? sqrt(m2 / (double)(n - 1)) : NAN;
	return (struct vt_point){ x, n > 0 ? mean : NAN, mean - half, mean + half, x };
}

static enum vt_status panel(struct vt_ctx *ctx, const struct vt_study *s, const struct vt_field *g, size_t r,
                            size_t arm, struct vt_panel *out)
{
	enum vt_status status;
	size_t n_scales = g->size[1];
	snprintf(out->title, sizeof out->title, "%s", s->arm[arm].name);
	out->x_label = row[r].x_label;
	out->y_label = row[r].y_label;
	out->log_x = true;
	VT_TRY(vt_panel_curves(ctx, out, g->size[0]));
	for (size_t l = 0; l < g->size[0]; l++) {
		struct vt_curve *c = &out->curve[l];
		vt_safe_name(g->label[0][l], "layer", l + 1, c->name);
		c->style = l;
		VT_NEW(ctx, c->point, n_scales);
		for (size_t k = 0; k < n_scales; k++) {
			double x = strtod(g->label[1][k], NULL);
			if (x > 0) c->point[c->n++] = fall(s, g, arm, l * n_scales + k, x);
		}
	}
	status = VT_OK;
done:
	return status;
}

static enum vt_status panels(struct vt_ctx *ctx, const struct vt_study *s, const char *group, size_t r,
                             const struct vt_layout *at, struct vt_panel *out)
{
	char variable[256];
	struct vt_field *g = NULL;
	enum vt_status status;
	snprintf(variable, sizeof variable, "%s/%s", group, row[r].variable);
	VT_TRY(vt_field_load(ctx, s, variable, &g));
	VT_REQUIRE(ctx, vt_field_dim(g, "layer") == 0 && vt_field_dim(g, row[r].dimension) == 1 && g->rank == 2, VT_EDATA,
	           "%s: %s must lie over step, layer, %s", s->dir, variable, row[r].dimension);
	for (size_t a = 0; a < at->arms; a++) VT_TRY(panel(ctx, s, g, r, a, &out[a]));
done:
	vt_field_free(g);
	return status;
}

static enum vt_status pictures(struct vt_ctx *ctx, const struct vt_study *s, struct vt_pictures *out)
{
	struct vt_picture *p;
	struct vt_layout at = vt_study_layout(s);
	const char *group = group_of(s);
	enum vt_status status;
	VT_TRY(vt_picture_add(ctx, out, "robustness", NULL, N_ROWS * at.slots, at.columns, &p,
	                      "What the ruling depends on: how far I(X;T) falls from its peak to the end of training, under "
	                      "bin widths (without a range) and under noise variances, a free choice of the experimenter. "
	                      "Lines: mean over the live seeds; bands: one standard deviation. The snapshot of the peak is "
	                      "taken from the seeds' mean."));
	for (size_t r = 0; r < N_ROWS; r++) VT_TRY(panels(ctx, s, group, r, &at, &p->panel[r * at.slots]));
	vt_picture_ranges(p);
done:
	return status;
}

const struct vt_figure_kind vt_figure_robustness = {
	.kind = { .name = "robustness", .summary = "how far I(X;T) falls under many bin widths and noise variances",
	          .source = "venturi",
	          .misleads = "a range in which the answer is stable is not thereby the right one" },
	.heading = "What it depends on",
	.applies = applies,
	.pictures = pictures,
};
