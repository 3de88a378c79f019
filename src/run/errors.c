/* A figure of a validation: the error of each estimator against the joint dimension, on the forty tasks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../report/gnuplot.h"
#include "promises.h"
#include "venturi/store.h"

/* The first pattern that matches says where a task belongs. */
static const struct {
	const char *label, *pattern;
} family[] = {
	{ "spirals of uniform pairs", "spiral-normal_cdf-*" },
	{ "spirals of normal pairs", "spiral-*" },
	{ "asinh of Student t", "asinh-*" },
	{ "Student t", "student-*" },
	{ "dense normal", "multinormal-dense-*" },
	{ "two normal pairs", "multinormal-sparse-*" },
	{ "two pairs, mapped by columns", "*-multinormal-*" },
	{ "one column each", "*" },
};
enum { N_FAMILIES = sizeof family / sizeof *family, MOST_PANELS = 12, COLUMNS = 3, LEAST_TASKS = 10 };

static size_t family_of(const char *name)
{
	size_t k = 0;
	while (fnmatch(family[k].pattern, name, 0) != 0) k++;
	return k;
}

static bool on_forty(const struct vt_validated *v, const char *estimator)
{
	return vt_known_case(v->known).suite == VT_KNOWN_FORTY && strcmp(v->estimator, estimator) == 0;
}

/* Estimators that ran on enough of the forty, in the order of the table. */
static size_t find_estimators(const struct vt_validation *v, const char *name[MOST_PANELS])
{
	size_t n = 0;
	for (size_t i = 0; i < v->n && n < MOST_PANELS; i++) {
		size_t lines = 0;
		bool known = false;
		for (size_t k = 0; k < n; k++) known |= strcmp(name[k], v->row[i].estimator) == 0;
		for (size_t k = 0; k < v->n && !known; k++) lines += on_forty(&v->row[k], v->row[i].estimator);
		if (!known && lines >= LEAST_TASKS) name[n++] = v->row[i].estimator;
	}
	return n;
}

static int by_place(const void *a, const void *b)
{
	const struct vt_point *p = a, *q = b;
	if (p->x != q->x) return p->x < q->x ? -1 : 1;
	return (p->y > q->y) - (p->y < q->y);
}

/* Tasks of equal dimension stand above each other. */
static enum vt_status curve(struct vt_ctx *ctx, const struct vt_validation *v, const char *estimator, size_t k,
                            struct vt_curve *c)
{
	enum vt_status status = VT_OK;
	snprintf(c->name, sizeof c->name, "%s", family[k].label);
	c->style = k;
	c->marked = true;
	VT_NEW(ctx, c->point, v->n);
	for (size_t i = 0; i < v->n; i++) {
		const struct vt_validated *r = &v->row[i];
		struct vt_known known = vt_known_case(r->known);
		if (!on_forty(r, estimator) || family_of(known.name) != k || !isfinite(r->e.mi)) continue;
		c->point[c->n++] = (struct vt_point){ (double)(known.dim_x + known.dim_y), r->e.mi - r->truth, NAN, NAN, 0 };
	}
	qsort(c->point, c->n, sizeof *c->point, by_place);
done:
	return status;
}

static enum vt_status panel(struct vt_ctx *ctx, const struct vt_validation *v, const char *estimator,
                            struct vt_panel *p)
{
	enum vt_status status;
	char safe[48];
	vt_safe_name(estimator, "estimator", 0, safe);
	snprintf(p->title, sizeof p->title, "%s", safe);
	p->x_label = "columns of X and Y together";
	p->y_label = "estimate - truth [nat]";
	p->log_x = true;
	p->n_rules = 1;
	p->rule[0] = (struct vt_rule){ "", 0, false };
	VT_TRY(vt_panel_curves(ctx, p, N_FAMILIES));
	for (size_t k = 0; k < N_FAMILIES; k++) VT_TRY(curve(ctx, v, estimator, k, &p->curve[k]));
done:
	return status;
}

/* ---- the file -------------------------------------------------------------------------------------------------- */

static enum vt_status read_whole(struct vt_ctx *ctx, const char *path, char **out, size_t *n)
{
	enum vt_status status = VT_OK;
	long size = -1;
	FILE *f = fopen(path, "rb");
	VT_REQUIRE(ctx, f && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0, VT_EIO,
	           "cannot read the figure %s", path);
	VT_NEW(ctx, *out, (size_t)size + 1);
	*n = fread(*out, 1, (size_t)size, f);
	VT_REQUIRE(ctx, *n == (size_t)size, VT_EIO, "cannot read the figure %s", path);
done:
	if (f) fclose(f);
	return status;
}

/* Drawn in a private folder and committed from there. */
static enum vt_status draw(struct vt_ctx *ctx, const struct vt_picture *p, const char *format, const char *path)
{
	enum vt_status status;
	char *folder = NULL, *made = NULL, *bytes = NULL;
	size_t n = 0;
	VT_TRY(vt_gnuplot_folder(ctx, &folder));
	VT_TRY(vt_gnuplot_write(ctx, p, folder));
	VT_TRY(vt_gnuplot_run(ctx, folder, p->name, format));
	made = vt_format(ctx, "%s/%s.%s", folder, p->name, format);
	VT_REQUIRE(ctx, made, VT_ENOMEM, "out of memory for a figure");
	VT_TRY(read_whole(ctx, made, &bytes, &n));
	status = vt_file_commit(ctx, path, bytes, n);
done:
	vt_gnuplot_clean(folder);
	free(folder);
	free(made);
	free(bytes);
	return status;
}

static const char *format_of(const char *path)
{
	static const char *const all[] = { "svg", "pdf", "png", NULL };
	const char *dot = strrchr(path, '.');
	for (size_t i = 0; dot && all[i]; i++)
		if (strcmp(dot + 1, all[i]) == 0) return all[i];
	return NULL;
}

enum vt_status vt_validate_figure(struct vt_ctx *ctx, const struct vt_validation *v, const char *path)
{
	enum vt_status status;
	struct vt_pictures pictures = { 0 };
	struct vt_picture *p;
	const char *name[MOST_PANELS], *format = format_of(path);
	size_t n = find_estimators(v, name);
	VT_REQUIRE(ctx, format, VT_EUSAGE, "%s: a figure's name ends in .svg, .pdf or .png", path);
	VT_REQUIRE(ctx, n > 0, VT_EUSAGE, "%s: no estimator ran on the forty tasks, nothing to draw", path);
	VT_REQUIRE(ctx, vt_gnuplot_present(), VT_EDATA, "gnuplot is not in PATH: apt-get install gnuplot-nox");
	VT_TRY(vt_picture_add(ctx, &pictures, "validate", NULL, n, n < COLUMNS ? n : COLUMNS, &p,
	                      "Errors on the forty tasks of Czyz et al. 2023"));
	for (size_t i = 0; i < n; i++) VT_TRY(panel(ctx, v, name[i], &p->panel[i]));
	vt_picture_ranges(p);
	for (size_t i = 0; i < n; i++) { /* no mark on an axis */
		p->panel[i].x_min /= 1.2;
		p->panel[i].x_max *= 1.2;
	}
	status = draw(ctx, p, format, path);
done:
	vt_pictures_clear(&pictures);
	return status;
}
