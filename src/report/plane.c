/* Figure `plane`: the information plane.  It moves on the page (plane.js); as a picture
 * it shows trails from start over peak to end.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "page.h"
#include "picture.h"
#include "plane.h"
#include "venturi/report.h"

static bool applies(const struct vt_study *study)
{
	return vt_study_has(study, "information/i_xt") && vt_study_has(study, "information/i_ty");
}

/* ---- on the page --------------------------------------------------------- */

static enum vt_status page(struct vt_ctx *ctx, const struct vt_study *s, struct vt_page *page)
{
	struct vt_plane p = { 0 };
	char *json = NULL;
	size_t id = page->n_planes++;
	enum vt_status status;
	VT_TRY(vt_plane_load(ctx, s, &p));
	VT_TRY(vt_plane_json(ctx, s, &p, &json));
	vt_page_add(page, "<div class=\"plane\" data-from=\"plane-data-%zu\" tabindex=\"0\" role=\"group\" "
	            "aria-label=\"Animated information plane; space plays and pauses, arrows step, home and end jump\">"
	            "<noscript><p class=\"note\">The animated plane needs JavaScript, which is switched off here. "
	            "<code>venturi report %s --format svg</code> draws it as a still picture; the figures below show the same "
	            "numbers against epoch.</p></noscript></div>\n<script type=\"application/json\" id=\"plane-data-%zu\">",
	            id, s->dir, id);
	vt_page_json(page, json);
	vt_page_add(page, "</script>\n");
	status = page->status;
done:
	free(json);
	vt_plane_clear(&p);
	return status;
}

/* ---- as pictures ---------------------------------------------------------- */

/* The mean over the arm's live seeds; the peak is that of I(X;T). */
static enum vt_status trail(struct vt_ctx *ctx, const struct vt_study *s, const struct vt_plane *p, size_t arm,
                            size_t cell, struct vt_curve *out)
{
	enum vt_status status;
	double zero = vt_epoch_zero(p->xt);
	out->trail = true;
	VT_NEW(ctx, out->point, p->xt->n_frames);
	for (size_t t = 0; t < p->xt->n_frames; t++) {
		double x = vt_field_spread(p->xt, s, arm, t, cell).mean, y = vt_field_spread(p->ty, s, arm, t, cell).mean;
		if (!isfinite(x) || !isfinite(y)) continue;
		out->point[out->n++] = (struct vt_point){ x, y, NAN, NAN, fmax(p->xt->epoch[t], zero) };
		if (x > out->point[out->mark[VT_MARK_PEAK]].x) out->mark[VT_MARK_PEAK] = out->n - 1;
	}
	out->mark[VT_MARK_END] = out->n > 0 ? out->n - 1 : 0;
	status = VT_OK;
done:
	return status;
}

/* Behind the trails; drawn by another rule, since it is no trail. */
static enum vt_status optimum(struct vt_ctx *ctx, const struct vt_optimum *o, struct vt_curve *out)
{
	enum vt_status status;
	snprintf(out->name, sizeof out->name, "IB curve");
	VT_NEW(ctx, out->point, o->n);
	out->n = o->n;
	for (size_t i = 0; i < o->n; i++) out->point[i] = (struct vt_point){ o->x[i], o->y[i], NAN, NAN, NAN };
	status = VT_OK;
done:
	return status;
}

static enum vt_status panel(struct vt_ctx *ctx, const struct vt_study *s, const struct vt_plane *p, size_t arm,
                            size_t estimator, struct vt_panel *out)
{
	enum vt_status status;
	snprintf(out->title, sizeof out->title, "%s", s->arm[arm].name);
	out->x_label = "I(X;T) [bit]";
	out->y_label = "I(T;Y) [bit]";
	double most = p->ceiling[estimator];
	if (isfinite(most)) out->rule[out->n_rules++] = (struct vt_rule){ "ceiling", most, true };
	if (isfinite(p->h_y)) out->rule[out->n_rules++] = (struct vt_rule){ "H(Y)", p->h_y, false };
	VT_TRY(vt_panel_curves(ctx, out, p->n_layers + (p->optimum[arm].n > 0)));
	if (p->optimum[arm].n > 0) VT_TRY(optimum(ctx, &p->optimum[arm], &out->curve[p->n_layers]));
	for (size_t l = 0; l < p->n_layers; l++) {
		vt_safe_name(p->xt->label[0][l], "layer", l + 1, out->curve[l].name);
		out->curve[l].style = l;
		VT_TRY(trail(ctx, s, p, arm, vt_plane_cell(p, l, estimator), &out->curve[l]));
	}
done:
	return status;
}

static bool any_optimum(const struct vt_plane *p)
{
	for (size_t a = 0; a < p->n_arms; a++)
		if (p->optimum[a].n > 0) return true;
	return false;
}

static enum vt_status picture(struct vt_ctx *ctx, const struct vt_study *s, const struct vt_plane *p,
                              size_t estimator, struct vt_pictures *out)
{
	struct vt_picture *added;
	struct vt_layout at = vt_study_layout(s);
	char safe[48], name[64];
	enum vt_status status;
	vt_safe_name(p->xt->label[1][estimator], "estimator", estimator + 1, safe);
	snprintf(name, sizeof name, "plane-%s", safe);
	VT_TRY(vt_picture_add(ctx, out, name, p->xt->label[1][estimator], at.slots, at.columns < 2 ? at.columns : 2, &added,
	                      "Information plane under %s, mean over the live seeds. Small mark: before training; hollow: at "
	                      "the peak of I(X;T); filled: at the end.%s", p->xt->label[1][estimator],
	                      any_optimum(p) ? " Thin line: the task's own information-bottleneck curve, which no layer can "
	                      "lie above (its estimate can)." : ""));
	for (size_t a = 0; a < at.arms; a++) VT_TRY(panel(ctx, s, p, a, estimator, &added->panel[a]));
	vt_picture_ranges(added);
done:
	return status;
}

static enum vt_status pictures(struct vt_ctx *ctx, const struct vt_study *s, struct vt_pictures *out)
{
	struct vt_plane p = { 0 };
	enum vt_status status;
	VT_TRY(vt_plane_load(ctx, s, &p));
	for (size_t e = 0; e < p.n_estimators; e++) VT_TRY(picture(ctx, s, &p, e, out));
done:
	vt_plane_clear(&p);
	return status;
}

const struct vt_figure_kind vt_figure_plane = {
	.kind = { .name = "plane", .summary = "the information plane: I(T;Y) against I(X;T) as training goes on",
	          .source = "Tishby & Zaslavsky 2015; Shwartz-Ziv & Tishby 2017",
	          .misleads = "for a deterministic network the abscissa is a property of the estimator as much as of the "
	                      "network" },
	.heading = "The information plane",
	.applies = applies,
	.page = page,
	.pictures = pictures,
};
