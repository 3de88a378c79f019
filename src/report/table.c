/* A picture's numbers, for pages made where gnuplot is not installed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "picture.h"

enum { COLUMNS = 7 };

/* COLUMNS points spread evenly over the curve: epochs are about logarithmic already. */
static size_t column(const struct vt_curve *c, size_t k)
{
	return c->n > 0 ? k * (c->n - 1) / (COLUMNS - 1) : 0;
}

static void row(struct vt_page *page, const struct vt_curve *c)
{
	vt_page_add(page, "<tr><th scope=\"row\">%s</th>", c->name);
	for (size_t k = 0; k < COLUMNS && c->n > 0; k++)
		vt_page_add(page, "<td class=\"n\">%s</td>", vt_number(c->point[column(c, k)].y, 3).text);
	vt_page_add(page, "</tr>\n");
}

/* Rows of a map, from the lowest to the highest. */
static void map(struct vt_page *page, const struct vt_panel *p)
{
	const struct vt_map *m = p->map;
	size_t rows = m->n_rows < COLUMNS ? m->n_rows : COLUMNS;
	vt_page_add(page, "<div class=\"scroll\"><table class=\"plain\"><caption>%s: %s</caption>", p->title, m->unit);
	vt_page_add(page, "<thead><tr><th scope=\"col\">%s</th>", p->y_label);
	for (size_t k = 0; k < COLUMNS; k++)
		vt_page_add(page, "<th scope=\"col\" class=\"n\">%s %s</th>", p->x_label,
		            vt_number(m->x[k * (m->n_columns - 1) / (COLUMNS - 1)], 3).text);
	vt_page_add(page, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < rows; i++) {
		size_t r = rows > 1 ? i * (m->n_rows - 1) / (rows - 1) : 0;
		vt_page_add(page, "<tr><th scope=\"row\">%s</th>", vt_number((m->y[r] + m->y[r + 1]) / 2, 3).text);
		for (size_t k = 0; k < COLUMNS; k++) {
			size_t t = k * (m->n_columns - 1) / (COLUMNS - 1);
			vt_page_add(page, "<td class=\"n\">%s</td>", vt_number(m->value[r * m->n_columns + t], 3).text);
		}
		vt_page_add(page, "</tr>\n");
	}
	vt_page_add(page, "</tbody></table></div>\n");
}

static void strip(struct vt_page *page, const struct vt_panel *p)
{
	vt_page_add(page, "<div class=\"scroll\"><table class=\"plain\"><caption>%s</caption>", p->title);
	vt_page_add(page, "<thead><tr><th scope=\"col\">series</th><th scope=\"col\" class=\"n\">step</th>"
	            "<th scope=\"col\" class=\"n\">95 %% interval</th><th scope=\"col\" class=\"n\">seeds</th></tr></thead>"
	            "<tbody>\n");
	for (size_t i = 0; i < p->n_strips; i++) {
		const struct vt_strip_row *r = &p->strip[i];
		vt_page_add(page, "<tr><th scope=\"row\">%s</th><td class=\"n\">%s</td><td class=\"n\">[%s, %s]</td>", r->name,
		            vt_number(r->at, 3).text, vt_number(r->lo, 3).text, vt_number(r->hi, 3).text);
		vt_page_add(page, "<td class=\"n\">%zu of %zu</td></tr>\n", r->n, r->n_live);
	}
	vt_page_add(page, "</tbody></table></div>\n");
}

static void panel(struct vt_page *page, const struct vt_panel *p)
{
	const struct vt_curve *first = &p->curve[0];
	vt_page_add(page, "<div class=\"scroll\"><table class=\"plain\"><caption>%s: %s</caption>", p->title, p->y_label);
	vt_page_add(page, "<thead><tr><th scope=\"col\">%s</th>", p->x_label);
	for (size_t k = 0; k < COLUMNS && first->n > 0; k++)
		vt_page_add(page, "<th scope=\"col\" class=\"n\">%s</th>",
		            vt_number(p->epochs ? first->point[column(first, k)].level : first->point[column(first, k)].x, 3).text);
	vt_page_add(page, "</tr></thead><tbody>\n");
	/* What stands behind trails has other abscissae. */
	for (size_t c = 0; c < p->n_curves; c++)
		if (p->curve[c].trail == first->trail) row(page, &p->curve[c]);
	vt_page_add(page, "</tbody></table></div>\n");
}

void vt_picture_table(struct vt_page *page, const struct vt_picture *p)
{
	for (size_t k = 0; k < p->n_panels; k++) {
		if (p->panel[k].map) map(page, &p->panel[k]);
		if (p->panel[k].n_strips > 0) strip(page, &p->panel[k]);
		if (p->panel[k].n_curves > 0) panel(page, &p->panel[k]);
	}
}
