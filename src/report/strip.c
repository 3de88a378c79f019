/* Strips: one line a series, on one axis of steps.  Called by the figure that builds them and
 * by the script that shows them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "picture.h"

/* The first row is at the top. */
static double height_at(const struct vt_panel *panel, size_t row)
{
	return (double)(panel->n_strips - row);
}

void vt_strip_data(FILE *f, const struct vt_panel *panel)
{
	fputs("# step  row  low  high: means over seeds\n", f);
	for (size_t r = 0; r < panel->n_strips; r++) {
		const struct vt_strip_row *s = &panel->strip[r];
		double lo = isfinite(s->lo) ? s->lo : s->at, hi = isfinite(s->hi) ? s->hi : s->at;
		fprintf(f, "%.6g %g %.6g %.6g # %s\n", s->at, height_at(panel, r), lo, hi, s->name);
	}
	fputs("\n\n# step  row: seeds\n", f);
	bool any = false;
	for (size_t r = 0; r < panel->n_strips; r++)
		for (size_t k = 0; k < panel->strip[r].n; k++, any = true)
			fprintf(f, "%.6g %g\n", panel->strip[r].seed[k], height_at(panel, r));
	fputs(any ? "\n\n" : "NaN NaN\n\n\n", f);
}

/* Names at the left of the first column, how many seeds at the right of each. */
static void labels(FILE *f, const struct vt_panel *panel, bool named)
{
	for (size_t r = 0; r < panel->n_strips; r++) {
		const struct vt_strip_row *s = &panel->strip[r];
		double y = height_at(panel, r);
		if (named)
			fprintf(f, "set label '%s' at graph 0, first %g offset -0.7, 0 right textcolor rgb '#222222'\n", s->name, y);
		fprintf(f, "set label '%zu/%zu' at graph 1, first %g offset 0.7, 0 left textcolor rgb '#555555'\n", s->n, s->n_live,
		        y);
		fprintf(f, "set arrow from graph 0, first %g to graph 1, first %g nohead back ls 100\n", y, y);
	}
}

void vt_strip_plot(FILE *f, const struct vt_picture *p, const struct vt_panel *panel, size_t index, bool named)
{
	labels(f, panel, named);
	fprintf(f, "plot '%s.dat' index %zu using 1:2:3:4 with xerrorbars pt 7 ps 0.8 lw 2 lc rgb '#56a3d1', \\\n"
	        "     '%s.dat' index %zu using 1:2 with points pt 6 ps 0.6 lw 1.2 lc rgb '#444444'\n", p->name, index,
	        p->name, index + 1);
}
