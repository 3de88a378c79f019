/* Pictures as data: memory, curves over seeds, ranges.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

static bool taken(const struct vt_pictures *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->picture[i].name, name) == 0) return true;
	return false;
}

/* Names become file names: without blanks, and each once. */
static void name_picture(const struct vt_pictures *p, const char *name, char out[96])
{
	snprintf(out, 96, "%.80s", name);
	for (char *c = out; *c; c++)
		if (*c == ' ') *c = '-';
	size_t length = strlen(out);
	for (size_t again = 2; taken(p, out); again++) snprintf(out + length, 96 - length, "-%zu", again);
}

enum vt_status vt_picture_add(struct vt_ctx *ctx, struct vt_pictures *p, const char *name, const char *label,
                              size_t n_panels, size_t columns, struct vt_picture **out, const char *caption, ...)
{
	enum vt_status status = VT_ENOMEM;
	struct vt_picture *grown = NULL, *added;
	char *text = NULL, *copy = NULL;
	va_list args;
	va_start(args, caption);
	int length = vasprintf(&text, caption, args);
	va_end(args);
	if (length < 0) return vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for a caption");
	if (label && !(copy = vt_copy(ctx, label))) goto done;
	VT_NEW(ctx, grown, p->n + 1);
	added = &grown[p->n];
	VT_NEW(ctx, added->panel, n_panels);
	if (p->n) memcpy(grown, p->picture, p->n * sizeof *grown);
	name_picture(p, name, added->name);
	added->caption = text;
	added->label = copy;
	added->n_panels = n_panels;
	added->columns = columns;
	free(p->picture);
	p->picture = grown;
	p->n++;
	*out = added;
	return VT_OK;
done:
	free(text);
	free(copy);
	free(grown);
	return status;
}

void vt_pictures_clear(struct vt_pictures *p)
{
	for (size_t i = 0; i < p->n; i++) {
		for (size_t k = 0; k < p->picture[i].n_panels; k++) {
			struct vt_panel *panel = &p->picture[i].panel[k];
			for (size_t c = 0; c < panel->n_curves; c++) free(panel->curve[c].point);
			free(panel->curve);
			for (size_t r = 0; r < panel->n_strips; r++) free(panel->strip[r].seed);
			free(panel->strip);
			vt_map_free(panel->map);
		}
		free(p->picture[i].panel);
		free(p->picture[i].caption);
		free(p->picture[i].label);
	}
	free(p->picture);
	*p = (struct vt_pictures){ 0 };
}

enum vt_status vt_panel_curves(struct vt_ctx *ctx, struct vt_panel *p, size_t n)
{
	enum vt_status status = VT_OK;
	VT_NEW(ctx, p->curve, n);
	p->n_curves = n;
done:
	return status;
}

double vt_epoch_zero(const struct vt_field *g)
{
	double first = INFINITY;
	for (size_t t = 0; t < g->n_frames; t++)
		if (g->epoch[t] > 0 && g->epoch[t] < first) first = g->epoch[t];
	return isinf(first) ? 1.0 / 3 : first / 3;
}

enum vt_status vt_curve_over_epochs(struct vt_ctx *ctx, const struct vt_source *from, bool log_y,
                                    struct vt_curve *out)
{
	enum vt_status status;
	const struct vt_field *g = from->grid;
	double zero = vt_epoch_zero(g);
	VT_NEW(ctx, out->point, g->n_frames);
	for (size_t t = 0; t < g->n_frames; t++) {
		if (!vt_field_there(g, from->study, from->arm, t)) continue;
		struct vt_spread s = log_y ? vt_field_log_spread(g, from->study, from->arm, t, from->cell)
		                           : vt_field_spread(g, from->study, from->arm, t, from->cell);
		double half = s.n > 1 ? s.sd : NAN;
		out->point[out->n++] = (struct vt_point){
			.x = g->epoch[t] > 0 ? g->epoch[t] : zero,
			.y = s.mean,
			.lo = log_y ? s.mean * exp(-half) : s.mean - half,
			.hi = log_y ? s.mean * exp(half) : s.mean + half,
			.level = g->epoch[t],
		};
	}
	status = VT_OK;
done:
	return status;
}

enum vt_status vt_panel_over_epochs(struct vt_ctx *ctx, const struct vt_source *from, size_t n, size_t stride,
                                    const char *y_label, bool log_y, struct vt_panel *out)
{
	enum vt_status status;
	snprintf(out->title, sizeof out->title, "%s", from->study->arm[from->arm].name);
	out->x_label = from->grid->epochs ? "epoch" : "step";
	out->y_label = y_label;
	out->epochs = true;
	out->log_y = log_y;
	VT_TRY(vt_panel_curves(ctx, out, n));
	for (size_t i = 0; i < n; i++) {
		struct vt_source one = *from;
		one.cell += i * stride;
		vt_safe_name(from->grid->label[0][i], "layer", i + 1, out->curve[i].name);
		out->curve[i].style = i;
		VT_TRY(vt_curve_over_epochs(ctx, &one, log_y, &out->curve[i]));
	}
done:
	return status;
}

struct range {
	double min, max;
};

static void widen(struct range *r, double v)
{
	if (!isfinite(v)) return;
	r->min = fmin(r->min, v);
	r->max = fmax(r->max, v);
}

static void cover(const struct vt_panel *p, struct range *x, struct range *y)
{
	for (size_t c = 0; c < p->n_curves; c++)
		for (size_t i = 0; i < p->curve[c].n; i++) {
			const struct vt_point *q = &p->curve[c].point[i];
			if (!isfinite(q->y)) continue;
			widen(x, q->x);
			widen(y, q->y);
			widen(y, q->lo);
			widen(y, q->hi);
		}
	for (size_t k = 0; k < p->n_rules; k++) widen(p->rule[k].vertical ? x : y, p->rule[k].at);
	for (size_t k = 0; p->map && k < 2; k++) {
		widen(x, p->map->x[k * p->map->n_columns]);
		widen(y, p->map->y[k * p->map->n_rows]);
	}
}

/* A little air; an empty or flat range gets a size of its own. */
static struct range padded(struct range r, bool logarithm)
{
	if (r.min > r.max) return logarithm ? (struct range){ 0.1, 10 } : (struct range){ 0, 1 };
	if (logarithm) {
		double air = fmax(pow(r.max / r.min, 0.04), 1.1);
		return (struct range){ r.min / air, r.max * air };
	}
	/* Values that differ in their last digits alone are flat: the script writes six digits. */
	bool flat = r.max - r.min <= 1e-4 * fmax(fabs(r.min), fabs(r.max));
	double air = flat ? 0.5 : 0.04 * (r.max - r.min);
	return (struct range){ r.min - air, r.max + air };
}

static void set_row(struct vt_panel *panel, size_t n)
{
	struct range x = { INFINITY, -INFINITY }, y = x;
	for (size_t k = 0; k < n; k++) cover(&panel[k], &x, &y);
	/* Epochs fill their axis: its left end is epoch 0. */
	if ((!panel[0].epochs && !panel[0].map) || !(x.min < x.max)) x = padded(x, panel[0].epochs || panel[0].log_x);
	if (!panel[0].map) y = padded(y, panel[0].log_y);
	for (size_t k = 0; k < n; k++) {
		panel[k].x_min = x.min;
		panel[k].x_max = x.max;
		panel[k].y_min = y.min;
		panel[k].y_max = y.max;
	}
}

void vt_picture_ranges(struct vt_picture *p)
{
	bool trails = p->panel[0].n_curves > 0 && p->panel[0].curve[0].trail;
	size_t columns = trails ? p->n_panels : p->columns;
	for (size_t row = 0; row < p->n_panels; row += columns)
		set_row(&p->panel[row], row + columns < p->n_panels ? columns : p->n_panels - row);
}

struct vt_layout vt_study_layout(const struct vt_study *s)
{
	size_t arms = s->n_arms < VT_MAX_ARMS_DRAWN ? s->n_arms : VT_MAX_ARMS_DRAWN;
	size_t columns = arms < 3 ? arms : 3, rows = (arms + columns - 1) / columns;
	return (struct vt_layout){ arms, columns, rows, columns * rows };
}
