/* Figure `information`: I(X;T) and I(T;Y) against epoch, one picture per estimator.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>

#include "picture.h"
#include "venturi/report.h"

static bool applies(const struct vt_study *study)
{
	return vt_study_has(study, "information/i_xt") && vt_study_has(study, "information/i_ty");
}

static enum vt_status picture(struct vt_ctx *ctx, const struct vt_study *s, const struct vt_field *xt,
                              const struct vt_field *ty, size_t estimator, struct vt_pictures *out)
{
	struct vt_picture *p;
	enum vt_status status;
	const char *label = xt->label[1][estimator];
	struct vt_layout at = vt_study_layout(s);
	size_t layers = xt->size[0], stride = xt->size[1];
	char safe[48], name[64];
	vt_safe_name(label, "estimator", estimator + 1, safe);
	snprintf(name, sizeof name, "information-%s", safe);
	VT_TRY(vt_picture_add(ctx, out, name, label, 2 * at.slots, at.columns, &p,
	                      "Information under %s. Lines: mean over the live seeds; bands: one standard deviation over "
	                      "seeds. Epoch 0, before the first update, stands at the left edge.", label));
	for (size_t a = 0; a < at.arms; a++) {
		struct vt_source x = { s, xt, a, estimator }, y = { s, ty, a, estimator };
		VT_TRY(vt_panel_over_epochs(ctx, &x, layers, stride, "I(X;T) [bit]", false, &p->panel[a]));
		VT_TRY(vt_panel_over_epochs(ctx, &y, layers, stride, "I(T;Y) [bit]", false, &p->panel[at.slots + a]));
	}
	vt_picture_ranges(p);
done:
	return status;
}

static enum vt_status pictures(struct vt_ctx *ctx, const struct vt_study *s, struct vt_pictures *out)
{
	struct vt_field *xt = NULL, *ty = NULL;
	enum vt_status status;
	VT_TRY(vt_field_load(ctx, s, "information/i_xt", &xt));
	VT_TRY(vt_field_load(ctx, s, "information/i_ty", &ty));
	VT_REQUIRE(ctx, vt_field_dim(xt, "layer") == 0 && vt_field_dim(xt, "estimator") == 1 && xt->n_cells == ty->n_cells,
	           VT_EDATA, "%s: information/i_xt and i_ty must lie over step, layer, estimator", s->dir);
	for (size_t e = 0; e < xt->size[1]; e++) VT_TRY(picture(ctx, s, xt, ty, e, out));
done:
	vt_field_free(xt);
	vt_field_free(ty);
	return status;
}

const struct vt_figure_kind vt_figure_information = {
	.kind = { .name = "information", .summary = "I(X;T) and I(T;Y) against epoch, with bands over seeds",
	          .source = "venturi" },
	.heading = "Information against epoch",
	.applies = applies,
	.pictures = pictures,
};
