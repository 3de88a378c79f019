/* Figure `residue`: the power of an embedding over residues by frequency, over steps, with its Gini
 * coefficient below.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>

#include "picture.h"
#include "venturi/report.h"

static const struct vt_group_finder finder = { "spectrum-residue", "embed_power" };

static bool applies(const struct vt_study *study)
{
	return vt_study_group(study, &finder, 0) != NULL;
}

/* Shares of all power: a network that shrinks its weights has not lost a frequency. */
static void take_shares(struct vt_field *g)
{
	for (size_t line = 0; line < g->n_runs * g->n_frames; line++) {
		double *v = g->value + line * g->n_cells, sum = 0;
		for (size_t c = 0; c < g->n_cells; c++) sum += isnan(v[c]) ? 0 : v[c];
		for (size_t c = 0; c < g->n_cells; c++) v[c] = sum > 0 ? 100 * v[c] / sum : (double)NAN;
	}
}

/* Seeds choose different frequencies, and their mean would show none of them clearly: the first live
 * seed of each arm stands for it. */
static void keep_first_seed(const struct vt_study *s, struct vt_field *g)
{
	size_t run = g->n_frames * g->n_cells;
	for (size_t r = 0; r < g->n_runs; r++)
		for (size_t before = 0; before < r; before++) {
			if (s->run[before].arm != s->run[r].arm || !s->run[before].alive) continue;
			for (size_t i = 0; i < run; i++) g->value[r * run + i] = NAN;
		}
}

static enum vt_status maps(struct vt_ctx *ctx, const struct vt_study *s, const char *variable,
                           const struct vt_layout *at, struct vt_panel *out)
{
	struct vt_field *g = NULL;
	enum vt_status status;
	VT_TRY(vt_field_load(ctx, s, variable, &g));
	take_shares(g);
	keep_first_seed(s, g);
	double most = vt_largest_mean(s, g, at->arms);
	for (size_t a = 0; a < at->arms; a++)
		VT_TRY(vt_panel_map(ctx, &(struct vt_source){ s, g, a, 0 }, "frequency [cycles]", "share of power [%]", 0, most,
		                    &out[a]));
done:
	vt_field_free(g);
	return status;
}

static enum vt_status ginis(struct vt_ctx *ctx, const struct vt_study *s, const char *variable,
                            const struct vt_layout *at, struct vt_panel *out)
{
	struct vt_field *g = NULL;
	enum vt_status status = VT_OK;
	if (!vt_study_has(s, variable)) return VT_OK;
	VT_TRY(vt_field_load(ctx, s, variable, &g));
	VT_REQUIRE(ctx, g->rank == 0, VT_EDATA, "%s: %s must lie over step alone", s->dir, variable);
	for (size_t t = 0; t < g->n_frames; t++) g->epoch[t] = g->step[t]; /* the axis of the map above it */
	for (size_t a = 0; a < at->arms; a++) {
		struct vt_panel *p = &out[a];
		snprintf(p->title, sizeof p->title, "%s", s->arm[a].name);
		p->x_label = "step";
		p->y_label = "Gini [1]";
		p->epochs = true;
		VT_TRY(vt_panel_curves(ctx, p, 1));
		snprintf(p->curve[0].name, sizeof p->curve[0].name, "Gini");
		VT_TRY(vt_curve_over_epochs(ctx, &(struct vt_source){ s, g, a, 0 }, false, &p->curve[0]));
	}
done:
	vt_field_free(g);
	return status;
}

static enum vt_status picture(struct vt_ctx *ctx, const struct vt_study *s, const char *group, size_t number,
                              struct vt_pictures *out)
{
	char variable[256], gini[256], name[48];
	struct vt_picture *p;
	struct vt_layout at = vt_study_layout(s);
	enum vt_status status;
	snprintf(variable, sizeof variable, "%s/%s", group, finder.variable);
	snprintf(gini, sizeof gini, "%s/embed_gini", group);
	vt_safe_name(group, "residue", number + 1, name);
	size_t rows = vt_study_has(s, gini) ? 2 : 1;
	VT_TRY(vt_picture_add(ctx, out, name, group, rows * at.slots, at.columns, &p,
	                      "Power of the embedding over residues, by frequency (cycles over all residues) and step, as a "
	                      "share of all power. One seed, the first live one: each "
	                      "chooses key frequencies of its own.%s",
	                      rows == 2 ? " Below, the Gini coefficient, 0 where all have the same power and near 1 where one "
	                                  "has all: mean over the live seeds, band: one standard deviation." : ""));
	VT_TRY(maps(ctx, s, variable, &at, p->panel));
	if (rows == 2) VT_TRY(ginis(ctx, s, gini, &at, &p->panel[at.slots]));
	vt_picture_ranges(p);
done:
	return status;
}

static enum vt_status pictures(struct vt_ctx *ctx, const struct vt_study *s, struct vt_pictures *out)
{
	enum vt_status status = VT_OK;
	const char *group;
	for (size_t i = 0; (group = vt_study_group(s, &finder, i)); i++) VT_TRY(picture(ctx, s, group, i, out));
done:
	return status;
}

const struct vt_figure_kind vt_figure_residue = {
	.kind = { .name = "residue", .summary = "power of an embedding over residues by frequency, a map over steps",
	          .source = "Nanda et al. 2023, fig. 3",
	          .misleads = "seeds choose different frequencies: one of them stands for all" },
	.heading = "The embedding's spectrum",
	.applies = applies,
	.pictures = pictures,
};
