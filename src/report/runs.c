/* How many seeds there are, which died, which did not end, what is flagged.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "section.h"
#include "venturi/value.h"

/* ---- runs ------------------------------------------------------------------ */

static void axes_line(struct vt_page *page, const struct vt_study *s)
{
	vt_page_add(page, "<p>%zu run%s", s->n_runs, s->n_runs == 1 ? "" : "s");
	if (s->n_axes > 0) vt_page_add(page, " in %zu arms, which differ in ", s->n_arms);
	for (size_t k = 0; k < s->n_axes; k++) vt_page_add(page, "%s<code>%s</code>", k > 0 ? ", " : "", s->axis[k]);
	vt_page_add(page, ". Means and bands are over live runs; dead ones are listed here and left out of every mean.</p>\n");
}

static bool differs(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") != 0;
}

/* Of sequences, what the rows of the measures were; silent where rows are whole inputs. */
static void samples_line(struct vt_page *page, const struct vt_study *s)
{
	const char *sample = NULL, *x = NULL, *y = NULL;
	bool differ = false;
	for (size_t i = 0; i < s->n_runs; i++) {
		const char *own = vt_runs_attribute(s->runs, i, "samples"), *own_x = vt_runs_attribute(s->runs, i, "samples_x");
		if (i == 0) {
			sample = own;
			x = own_x;
			y = vt_runs_attribute(s->runs, i, "samples_y");
			continue;
		}
		differ = differ || differs(own, sample) || differs(own_x, x);
	}
	if (differ) vt_page_add(page, "<p>What a sample is differs between runs: see the settings <code>probe.samples</code> "
		                "and <code>probe.x</code>.</p>\n");
	else if (sample && x && y)
		vt_page_add(page, "<p>A sample is %s; <var>X</var> is %s, <var>Y</var> %s. Errors and nulls take whole sequences."
			    "</p>\n", sample, x, y);
}

static void count_cell(struct vt_page *page, size_t n)
{
	vt_page_add(page, "<td class=\"n\">%zu</td>", n);
}

static void dead_cell(struct vt_page *page, const struct vt_study *s, size_t arm)
{
	bool any = false;
	vt_page_add(page, "<td>");
	for (size_t i = 0; i < s->n_runs; i++) {
		if (s->run[i].arm != arm || s->run[i].alive) continue;
		vt_page_add(page, "%s%s", any ? ", " : "", s->run[i].task);
		if (*s->run[i].seed) vt_page_add(page, " (seed %s)", s->run[i].seed);
		any = true;
	}
	vt_page_add(page, "%s</td>", any ? "" : "none");
}

static void arms_table(struct vt_page *page, const struct vt_study *s)
{
	vt_page_table(page, "plain", "arm,#seeds,#live,#dead,which died");
	vt_page_add(page, "<tbody>\n");
	for (size_t a = 0; a < s->n_arms; a++) {
		const struct vt_arm *arm = &s->arm[a];
		vt_page_add(page, "<tr><th scope=\"row\">%s</th>", arm->label);
		count_cell(page, arm->n_runs);
		count_cell(page, arm->n_live);
		count_cell(page, arm->n_runs - arm->n_live);
		dead_cell(page, s, a);
		vt_page_add(page, "</tr>\n");
	}
	vt_page_add(page, "</tbody></table></div>\n");
}

static void unfinished(struct vt_page *page, const struct vt_study *s)
{
	for (size_t i = 0; i < s->n_runs; i++) {
		const char *status = vt_runs_attribute(s->runs, i, "status");
		if (!status || strcmp(status, "complete") == 0) continue;
		vt_page_add(page, "<p class=\"warning\">%s is not complete: its status is %s.</p>\n", s->run[i].task, status);
	}
}

/* Tasks are numbered from 0 without gaps: a gap is a run that was not made, or whose file
 * is damaged. */
static bool has_task(const struct vt_study *s, long number)
{
	for (size_t i = 0; i < s->n_runs; i++)
		if (strncmp(s->run[i].task, "task-", 5) == 0 && strtol(s->run[i].task + 5, NULL, 10) == number) return true;
	return false;
}

static void missing(struct vt_page *page, const struct vt_study *s)
{
	long last = -1;
	size_t n = 0;
	for (size_t i = 0; i < s->n_runs; i++) {
		long number = strncmp(s->run[i].task, "task-", 5) == 0 ? strtol(s->run[i].task + 5, NULL, 10) : -1;
		if (number > last && number < 100000) last = number;
	}
	for (long k = 0; k < last && n < 20; k++) {
		if (has_task(s, k)) continue;
		char name[32];
		snprintf(name, sizeof name, "task-%05ld", k);
		vt_page_add(page, "%s%s", n++ == 0 ? "<p class=\"warning\">Missing or damaged: " : ", ", name);
	}
	if (n > 0) vt_page_add(page, ".</p>\n");
}

/* ---- flags ----------------------------------------------------------------- */

struct tally {
	size_t n, count[VT_N_FLAGS], clean;
};

static void add_flags(struct tally *t, double value)
{
	if (!(value >= 0 && value < 1L << 31)) return;
	unsigned flags = (unsigned)value;
	t->n++;
	if (flags == 0) t->clean++;
	for (size_t b = 0; b < VT_N_FLAGS; b++)
		if (flags >> b & 1) t->count[b]++;
}

/* Over runs of the arm, snapshots and layers. */
static struct tally tally_of(const struct vt_study *s, const struct vt_field *g, size_t arm, size_t estimator,
                             size_t n_estimators)
{
	struct tally t = { 0 };
	for (size_t r = 0; r < s->n_runs; r++) {
		if (s->run[r].arm != arm) continue;
		for (size_t f = 0; f < g->n_frames; f++)
			for (size_t c = estimator; c < g->n_cells; c += n_estimators) add_flags(&t, vt_field_at(g, r, f, c));
	}
	return t;
}

static void flags_row(struct vt_page *page, const char *arm, const char *estimator, const struct tally *t)
{
	bool any = false;
	vt_page_add(page, "<tr><th scope=\"row\">%s</th><td>%s</td>", arm, estimator);
	count_cell(page, t->n);
	count_cell(page, t->n - t->clean);
	vt_page_add(page, "<td>");
	for (size_t b = 0; b < VT_N_FLAGS; b++) {
		if (t->count[b] == 0) continue;
		vt_page_add(page, "%s%s %zu", any ? ", " : "", vt_flag_names[b], t->count[b]);
		any = true;
	}
	vt_page_add(page, "%s</td></tr>\n", any ? "" : "none");
}

static enum vt_status flags_table(struct vt_ctx *ctx, const struct vt_study *s, struct vt_page *page)
{
	struct vt_field *g = NULL;
	enum vt_status status = VT_OK;
	if (!vt_study_has(s, "information/flags")) return VT_OK;
	VT_TRY(vt_field_load(ctx, s, "information/flags", &g));
	int d = vt_field_dim(g, "estimator");
	if (d < 0 || (size_t)d + 1 != g->rank) goto done;
	vt_page_add(page, "<h3>Flags</h3>\n<p>Estimates of I(X;T) and I(T;Y), counted over runs, snapshots and layers, "
	            "with what was noted beside them.</p>\n");
	vt_page_table(page, "plain", "arm,estimator,#values,#flagged,flags");
	vt_page_add(page, "<tbody>\n");
	for (size_t a = 0; a < s->n_arms; a++)
		for (size_t e = 0; e < g->size[d]; e++) {
			struct tally t = tally_of(s, g, a, e, g->size[d]);
			flags_row(page, s->arm[a].label, g->label[d][e], &t);
		}
	vt_page_add(page, "</tbody></table></div>\n");
	status = page->status;
done:
	vt_field_free(g);
	return status;
}

enum vt_status vt_section_runs(struct vt_ctx *ctx, const struct vt_study *s, struct vt_page *page)
{
	vt_page_add(page, "<h2>Runs</h2>\n");
	axes_line(page, s);
	samples_line(page, s);
	arms_table(page, s);
	unfinished(page, s);
	missing(page, s);
	enum vt_status status = flags_table(ctx, s, page);
	return status == VT_OK ? page->status : status;
}
