/* What each estimator's numbers cannot mean, with the settings that made them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "section.h"

/* The text at `label` of a variable over estimator in the first run that has it; caller
 * frees. */
static enum vt_status note(struct vt_ctx *ctx, const struct vt_study *s, const char *variable, const char *label,
                           char **out)
{
	struct vt_series *series = NULL;
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < s->n_runs && !*out; i++) {
		if (!vt_runs_has(s->runs, i, variable)) continue;
		VT_TRY(vt_runs_series(ctx, s->runs, i, variable, &series));
		long at = vt_series_index(series, "estimator", label);
		if (at >= 0 && series->text && series->text[at]) {
			*out = vt_copy(ctx, series->text[at]);
			if (!*out) { status = VT_ENOMEM; goto done; }
		}
		vt_series_free(series);
		series = NULL;
	}
done:
	vt_series_free(series);
	return status;
}

static enum vt_status one(struct vt_ctx *ctx, const struct vt_study *s, const char *label, struct vt_page *page)
{
	char *meaning = NULL, *settings = NULL;
	enum vt_status status;
	VT_TRY(note(ctx, s, "information/estimator_note", label, &meaning));
	VT_TRY(note(ctx, s, "information/estimator_settings", label, &settings));
	bool noted = meaning && *meaning;
	vt_page_add(page, "<dt>%s</dt><dd>%s", label, noted ? meaning : "The run files hold no note on this estimator.");
	if (settings && *settings && strcmp(settings, "{}") != 0) vt_page_add(page, " <code>%s</code>", settings);
	vt_page_add(page, "</dd>\n");
	status = page->status;
done:
	free(meaning);
	free(settings);
	return status;
}

enum vt_status vt_section_meaning(struct vt_ctx *ctx, const struct vt_study *s, struct vt_page *page)
{
	struct vt_field *g = NULL;
	enum vt_status status = VT_OK;
	if (!vt_study_has(s, "information/i_xt")) return VT_OK;
	VT_TRY(vt_field_load(ctx, s, "information/i_xt", &g));
	int d = vt_field_dim(g, "estimator");
	vt_page_add(page, "<h2>What these numbers cannot mean</h2>\n<dl>\n");
	for (size_t e = 0; d >= 0 && e < g->size[d]; e++) VT_TRY(one(ctx, s, g->label[d][e], page));
	vt_page_add(page, "</dl>\n");
	status = page->status;
done:
	vt_field_free(g);
	return status;
}
