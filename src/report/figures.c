/* Figures of an experiment: on the page, or as files.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folders.h"
#include "gnuplot.h"
#include "picture.h"
#include "section.h"

/* ---- on the page ------------------------------------------------------------ */

static enum vt_status drawing(struct vt_ctx *ctx, const struct vt_picture *p, const char *folder, struct vt_page *page)
{
	enum vt_status status;
	VT_TRY(vt_gnuplot_write(ctx, p, folder));
	VT_TRY(vt_gnuplot_run(ctx, folder, p->name, "svg"));
	vt_page_add(page, "<div class=\"sheet\">");
	VT_TRY(vt_svg_inline(ctx, folder, p->name, page));
	vt_page_add(page, "</div>");
	status = page->status;
done:
	return status;
}

/* The first picture of a kind stands open, the others (same layout, other estimators) wait
 * behind a line. */
static enum vt_status one_picture(struct vt_ctx *ctx, const struct vt_picture *p, bool first, const char *folder,
                                  struct vt_page *page)
{
	enum vt_status status;
	page->n_pictures++;
	const char *label = p->label ? p->label : p->name;
	if (!first) vt_page_add(page, "<details class=\"figure\"><summary>The same under %s</summary>", label);
	vt_page_add(page, "<figure class=\"drawn\" id=\"figure-%zu\" role=\"group\" ", page->n_pictures);
	vt_page_add(page, "aria-label=\"%s\">", p->name);
	if (folder) VT_TRY(drawing(ctx, p, folder, page));
	else vt_picture_table(page, p);
	vt_page_add(page, "<figcaption>%s</figcaption></figure>\n", p->caption);
	if (!first) vt_page_add(page, "</details>\n");
	status = page->status;
done:
	return status;
}

static enum vt_status kind_on_page(struct vt_ctx *ctx, const struct vt_figure_kind *kind, const struct vt_study *s,
                                   const char *folder, struct vt_page *page)
{
	struct vt_pictures p = { 0 };
	enum vt_status status;
	vt_page_add(page, "<h2>%s</h2>\n", kind->heading);
	if (kind->page) VT_TRY(kind->page(ctx, s, page));
	else VT_TRY(kind->pictures(ctx, s, &p));
	if (s->n_arms > VT_MAX_ARMS_DRAWN && !kind->page)
		vt_page_add(page, "<p class=\"note\">%zu of %zu arms are drawn; the others are in the run files.</p>\n",
		            (size_t)VT_MAX_ARMS_DRAWN, s->n_arms);
	if (!kind->page && p.n == 0)
		vt_page_add(page, "<p class=\"note\">These runs are too short or too noisy for it.</p>\n");
	for (size_t i = 0; i < p.n; i++) VT_TRY(one_picture(ctx, &p.picture[i], i == 0, folder, page));
	status = page->status;
done:
	vt_pictures_clear(&p);
	return status;
}

enum vt_status vt_section_figures(struct vt_ctx *ctx, const struct vt_registry *kinds, const struct vt_study *s,
                                  struct vt_page *page)
{
	char *folder = NULL;
	enum vt_status status = VT_OK;
	if (!page->without_gnuplot) VT_TRY(vt_gnuplot_folder(ctx, &folder));
	for (size_t i = 0; i < kinds->n; i++) {
		if (strcmp(kinds->entry[i].room, "figure") != 0) continue;
		/* A descriptor begins with its kind. */
		const struct vt_figure_kind *kind = (const struct vt_figure_kind *)(const void *)kinds->entry[i].kind;
		if (kind->applies(s)) VT_TRY(kind_on_page(ctx, kind, s, folder, page));
	}
done:
	vt_gnuplot_clean(folder);
	free(folder);
	return status;
}

/* ---- as files ---------------------------------------------------------------- */

struct export {
	const char *folder, *format, *prefix; /* prefix: the experiment's name, or "" */
	bool keep, force;
	size_t n;
};

static enum vt_status must_be_new(struct vt_ctx *ctx, const struct export *x, const char *name, const char *ending)
{
	enum vt_status status = VT_OK;
	char *path = vt_format(ctx, "%s/%s.%s", x->folder, name, ending);
	if (!path) return VT_ENOMEM;
	VT_REQUIRE(ctx, access(path, F_OK) != 0, VT_EUSAGE, "%s exists; --force replaces it", path);
done:
	free(path);
	return status;
}

static void forget(const struct export *x, const char *name, const char *ending)
{
	char path[4096];
	int n = snprintf(path, sizeof path, "%s/%s%s%s", x->folder, name, *ending ? "." : "", ending);
	if (n < (int)sizeof path) unlink(path);
}

static enum vt_status export_picture(struct vt_ctx *ctx, struct export *x, struct vt_picture *p)
{
	enum vt_status status;
	if (*x->prefix) {
		char name[96];
		snprintf(name, sizeof name, "%.40s-%.50s", x->prefix, p->name);
		snprintf(p->name, sizeof p->name, "%s", name);
	}
	if (!x->force) {
		VT_TRY(must_be_new(ctx, x, p->name, x->format));
		VT_TRY(must_be_new(ctx, x, p->name, "gp"));
		VT_TRY(must_be_new(ctx, x, p->name, "dat"));
	}
	VT_TRY(vt_gnuplot_write(ctx, p, x->folder));
	status = vt_gnuplot_run(ctx, x->folder, p->name, x->format);
	forget(x, "gnuplot.log", "");
	if (!x->keep || status != VT_OK) {
		forget(x, p->name, "gp");
		forget(x, p->name, "dat");
	}
	if (status == VT_OK) x->n++;
done:
	return status;
}

static enum vt_status export_study(struct vt_ctx *ctx, const struct vt_registry *kinds, const struct vt_study *s,
                                   struct export *x)
{
	struct vt_pictures p = { 0 };
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < kinds->n; i++) {
		if (strcmp(kinds->entry[i].room, "figure") != 0) continue;
		const struct vt_figure_kind *kind = (const struct vt_figure_kind *)(const void *)kinds->entry[i].kind;
		if (!kind->applies(s)) continue;
		VT_TRY(kind->pictures(ctx, s, &p));
		for (size_t k = 0; k < p.n; k++) VT_TRY(export_picture(ctx, x, &p.picture[k]));
		vt_pictures_clear(&p);
	}
done:
	vt_pictures_clear(&p);
	return status;
}

static bool known_format(const char *format)
{
	return strcmp(format, "svg") == 0 || strcmp(format, "pdf") == 0 || strcmp(format, "png") == 0;
}

enum vt_status vt_report_figures(struct vt_ctx *ctx, const struct vt_registry *kinds, size_t n_dirs,
                                 const char *const *dir, const char *format, const char *folder, bool keep,
                                 bool force, struct vt_report *out)
{
	struct export x = { .folder = folder, .format = format, .prefix = "", .keep = keep, .force = force };
	struct vt_folders f = { 0 };
	struct vt_study *s = NULL;
	char prefix[48];
	enum vt_status status;
	size_t n_runs = 0;
	VT_REQUIRE(ctx, known_format(format), VT_EUSAGE, "unknown format '%s': svg, pdf or png", format);
	VT_REQUIRE(ctx, vt_gnuplot_present(), VT_EDATA, "gnuplot is not in PATH: apt-get install gnuplot-nox");
	VT_TRY(vt_folders_find(ctx, n_dirs, dir, &f));
	VT_TRY(vt_folder_create(ctx, folder));
	for (size_t i = 0; i < f.n; i++) {
		VT_TRY(vt_study_open(ctx, f.path[i], &s));
		vt_safe_name(s->name, "experiment", i + 1, prefix);
		if (f.n > 1) x.prefix = prefix;
		VT_TRY(export_study(ctx, kinds, s, &x));
		n_runs += s->n_runs;
		vt_study_free(s);
		s = NULL;
	}
	*out = (struct vt_report){ .n_experiments = f.n, .n_runs = n_runs, .n_pictures = x.n };
done:
	vt_study_free(s);
	vt_folders_clear(&f);
	return status;
}
