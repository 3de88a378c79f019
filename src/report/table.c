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
	for (size_t k = 0; k < p->n_panels; k++)
		if (p->panel[k].n_curves > 0) panel(page, &p->panel[k]);
}
