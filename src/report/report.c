/* Puts the page together.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folders.h"
#include "gnuplot.h"
#include "page.inc"
#include "section.h"

/* ---- what surrounds the sections ------------------------------------------- */

static const char *text_of(const unsigned char *embedded)
{
	return (const char *)embedded;
}

/* The template up to the mark `name`; returns what follows it. */
static const char *template_until(struct vt_page *page, const char *template, const char *name)
{
	const char *mark = strstr(template, name);
	if (!mark) {
		page->status = vt_ctx_fail(page->ctx, VT_EBUG, "the page's template has no %s", name);
		return template;
	}
	vt_page_bytes(page, template, (size_t)(mark - template));
	return mark + strlen(name);
}

static const char *begin(struct vt_page *page, const char *title)
{
	const char *rest = template_until(page, text_of(vt_page_html), "@TITLE@");
	vt_page_add(page, "%s", title);
	rest = template_until(page, rest, "@STYLE@");
	vt_page_bytes(page, text_of(vt_page_css), sizeof vt_page_css - 1);
	return template_until(page, rest, "@BODY@");
}

static void end(struct vt_page *page, const char *rest)
{
	rest = template_until(page, rest, "@SCRIPT@");
	vt_page_bytes(page, text_of(vt_plane_js), sizeof vt_plane_js - 1);
	vt_page_bytes(page, text_of(vt_page_js), sizeof vt_page_js - 1);
	vt_page_bytes(page, rest, strlen(rest));
}

/* ---- sections --------------------------------------------------------------- */

static enum vt_status section(struct vt_ctx *ctx, const struct vt_registry *kinds, const struct vt_study *s,
                              size_t number, struct vt_page *page)
{
	enum vt_status status;
	vt_page_add(page, "<section class=\"experiment\" id=\"experiment-%zu\">\n", number);
	VT_TRY(vt_section_head(ctx, s, page));
	VT_TRY(vt_section_rulings(ctx, s, page));
	VT_TRY(vt_section_figures(ctx, kinds, s, page));
	VT_TRY(vt_section_meaning(ctx, s, page));
	VT_TRY(vt_section_runs(ctx, s, page));
	VT_TRY(vt_section_provenance(ctx, s, page));
	vt_page_add(page, "</section>\n");
	status = page->status;
done:
	return status;
}

static const char *title_of(const struct vt_study *s)
{
	const char *title = vt_runs_attribute(s->runs, 0, "title");
	return title && *title ? title : s->name;
}

static void contents(struct vt_page *page, size_t n, struct vt_study *const *study)
{
	vt_page_add(page, "<p class=\"maker\">venturi report</p>\n");
	if (page->without_gnuplot)
		vt_page_add(page, "<p class=\"warning\">gnuplot was not found where this page was made: numbers stand in place of "
		            "the figures. With <code>apt-get install gnuplot-nox</code>, make the page again.</p>\n");
	if (n < 2) return;
	vt_page_add(page, "<nav aria-label=\"Experiments\"><ul>\n");
	for (size_t i = 0; i < n; i++)
		vt_page_add(page, "<li><a href=\"#experiment-%zu\">%s</a></li>\n", i + 1, title_of(study[i]));
	vt_page_add(page, "</ul></nav>\n");
}

static enum vt_status write_page(struct vt_ctx *ctx, const struct vt_registry *kinds, size_t n,
                                 struct vt_study *const *study, struct vt_page *page)
{
	enum vt_status status;
	const char *rest = begin(page, n == 1 ? title_of(study[0]) : "venturi report");
	vt_page_add(page, "<main>\n");
	contents(page, n, study);
	for (size_t i = 0; i < n; i++) VT_TRY(section(ctx, kinds, study[i], i + 1, page));
	vt_page_add(page, "</main>\n");
	end(page, rest);
	status = page->status;
done:
	return status;
}

enum vt_status vt_report_page(struct vt_ctx *ctx, const struct vt_registry *kinds, size_t n_dirs,
                              const char *const *dir, const char *path, struct vt_report *out)
{
	struct vt_folders f = { 0 };
	struct vt_study **study = NULL;
	struct vt_page page = { .ctx = ctx };
	size_t n_runs = 0;
	enum vt_status status;
	VT_TRY(vt_folders_find(ctx, n_dirs, dir, &f));
	VT_NEW(ctx, study, f.n);
	for (size_t i = 0; i < f.n; i++) {
		VT_TRY(vt_study_open(ctx, f.path[i], &study[i]));
		n_runs += study[i]->n_runs;
	}
	page.without_gnuplot = !vt_gnuplot_present();
	if (page.without_gnuplot) vt_log(ctx, VT_WARN, "gnuplot is not in PATH: the page shows numbers in place of figures");
	VT_TRY(write_page(ctx, kinds, f.n, study, &page));
	VT_TRY(vt_file_commit(ctx, path, page.text, page.n));
	*out = (struct vt_report){ f.n, n_runs, page.n_pictures, page.n, page.without_gnuplot };
done:
	for (size_t i = 0; study && i < f.n; i++) vt_study_free(study[i]);
	free(study);
	vt_folders_clear(&f);
	vt_page_clear(&page);
	return status;
}
