/* Figure `gradient`: the signal-to-noise ratio of each layer's gradient against epoch.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "picture.h"
#include "venturi/report.h"

static bool applies(const struct vt_study *study)
{
	return vt_study_has(study, "gradient/snr");
}

static enum vt_status pictures(struct vt_ctx *ctx, const struct vt_study *s, struct vt_pictures *out)
{
	struct vt_field *g = NULL;
	struct vt_picture *p;
	struct vt_layout at = vt_study_layout(s);
	enum vt_status status;
	VT_TRY(vt_field_load(ctx, s, "gradient/snr", &g));
	VT_REQUIRE(ctx, g->rank == 1, VT_EDATA, "%s: gradient/snr must lie over step, layer", s->dir);
	VT_TRY(vt_picture_add(ctx, out, "gradient", NULL, at.slots, at.columns, &p,
	                      "Signal-to-noise ratio of the weights' gradient over the batches of an epoch: the norm of its "
	                      "mean over the norm of its standard deviation. Geometric mean over the live seeds; bands: one "
	                      "standard deviation of the logarithm. A falling ratio is no evidence of compression: it falls "
	                      "in networks that do not compress as well."));
	for (size_t a = 0; a < at.arms; a++) {
		struct vt_source from = { s, g, a, 0 };
		VT_TRY(vt_panel_over_epochs(ctx, &from, g->n_cells, 1, "gradient SNR", true, &p->panel[a]));
	}
	vt_picture_ranges(p);
done:
	vt_field_free(g);
	return status;
}

const struct vt_figure_kind vt_figure_gradient = {
	.kind = { .name = "gradient", .summary = "signal-to-noise ratio of each layer's gradient against epoch",
	          .source = "Shwartz-Ziv & Tishby 2017; Saxe et al. 2018",
	          .misleads = "the ratio falls in networks that do not compress as well" },
	.heading = "Gradient signal to noise",
	.applies = applies,
	.pictures = pictures,
};
