/* Figure `spectrum`: how much of each frequency of the target the network has, over steps.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>

#include "picture.h"
#include "venturi/report.h"

static const struct vt_group_finder finder = { "spectrum-grid", "amplitude_ratio" };

static bool applies(const struct vt_study *study)
{
	return vt_study_group(study, &finder, 0) != NULL;
}

/* Colours end at a quarter above the target, so that what overshoots can be told from what is right. */
static enum vt_status picture(struct vt_ctx *ctx, const struct vt_study *s, const char *group, size_t number,
                              struct vt_pictures *out)
{
	char variable[256], name[48];
	struct vt_field *g = NULL;
	struct vt_picture *p;
	struct vt_layout at = vt_study_layout(s);
	enum vt_status status;
	snprintf(variable, sizeof variable, "%s/%s", group, finder.variable);
	vt_safe_name(group, "spectrum", number + 1, name);
	VT_TRY(vt_field_load(ctx, s, variable, &g));
	VT_TRY(vt_picture_add(ctx, out, name, group, at.slots, at.columns, &p,
	                      "Amplitude of the network's answer over that of the target, by frequency (cycles over the grid) "
	                      "and step: 1 is learned, 0 absent, and 1.25 stands for all above it. Mean over the live seeds. "
	                      "An amplitude can be right with the wrong phase: run files hold the complex error as well."));
	for (size_t a = 0; a < at.arms; a++)
		VT_TRY(vt_panel_map(ctx, &(struct vt_source){ s, g, a, 0 }, "frequency [cycles]", "amplitude ratio [1]", 0, 1.25,
		                    &p->panel[a]));
	vt_picture_ranges(p);
done:
	vt_field_free(g);
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

const struct vt_figure_kind vt_figure_spectrum = {
	.kind = { .name = "spectrum", .summary = "amplitude of each frequency over the target's, a map over steps",
	          .source = "Rahaman et al. 2019, fig. 1",
	          .misleads = "an amplitude passes 1 early where other frequencies interfere; phases are not shown" },
	.heading = "Which frequencies are learned, and when",
	.applies = applies,
	.pictures = pictures,
};
