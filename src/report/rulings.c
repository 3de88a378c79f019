/* The table of rulings, from DIR/rulings.json: outcome by word and symbol.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "section.h"

static const struct {
	const char *outcome, *symbol, *word;
} shown[] = {
	{ "supported", "\xe2\x9c\x93", "supported" },
	{ "refuted", "\xe2\x9c\x97", "refuted" },
	{ "inconclusive", "?", "inconclusive" },
	{ "not_run", "\xe2\x80\x93", "not run" },
	{ "not_operationalised", "\xe2\x80\x93", "not operationalised" },
};

static const char *string_of(const json_t *r, const char *key)
{
	return json_string_value(json_object_get(r, key));
}

static double number_of(const json_t *value)
{
	return json_is_number(value) ? json_number_value(value) : NAN;
}

static void outcome(struct vt_page *page, const json_t *r)
{
	const char *name = string_of(r, "outcome");
	for (size_t i = 0; name && i < sizeof shown / sizeof *shown; i++)
		if (strcmp(shown[i].outcome, name) == 0) {
			vt_page_add(page, "<td><span class=\"outcome %s\"><b aria-hidden=\"true\">%s</b>%s</span></td>", name,
			            shown[i].symbol, shown[i].word);
			return;
		}
	vt_page_add(page, "<td>%s</td>", name);
}

/* "above 0.500 bit": the interval must lie there. */
static void wanted(struct vt_page *page, const json_t *r, const char *unit)
{
	const char *expect = string_of(r, "expect");
	double delta = number_of(json_object_get(r, "delta"));
	char size[32];
	snprintf(size, sizeof size, "%.6g", fabs(delta));
	bool range = expect && (strcmp(expect, "within") == 0 || strcmp(expect, "outside") == 0);
	bool below = expect && strcmp(expect, "below") == 0;
	vt_page_add(page, "<td class=\"nowrap\">%s %s%s %s</td>", expect,
	            range ? "\xc2\xb1" : below ? "\xe2\x88\x92" : "", isfinite(delta) ? size : NULL, unit);
}

static void count_cell(struct vt_page *page, const json_t *r, const char *key)
{
	vt_page_add(page, "<td class=\"n\">%s</td>", vt_decimal(number_of(json_object_get(r, key)), 0).text);
}

/* Value and interval with the same decimals: hundredths, or three digits of what is small. */
static void value_cells(struct vt_page *page, const json_t *r, const char *unit)
{
	const json_t *ci = json_object_get(r, "ci95");
	double value = number_of(json_object_get(r, "value"));
	double lo = number_of(json_array_get(ci, 0)), hi = number_of(json_array_get(ci, 1));
	double size = fmax(fabs(value), fmax(fabs(lo), fabs(hi)));
	int decimals = size > 1e-6 && size < 1 ? 2 - (int)floor(log10(size)) : 2;
	vt_page_add(page, "<td class=\"n\">%s", vt_decimal(value, decimals).text);
	if (isfinite(value)) vt_page_add(page, " %s", unit);
	vt_page_add(page, "</td><td class=\"n\">[%s, %s]", vt_decimal(lo, decimals).text, vt_decimal(hi, decimals).text);
	vt_page_add(page, " %s</td>", isfinite(lo) || isfinite(hi) ? unit : "");
}

static void controls(struct vt_page *page, const json_t *r)
{
	size_t i;
	const json_t *c;
	json_array_foreach(json_object_get(r, "controls"), i, c)
		vt_page_add(page, "%s%s %s", i == 0 ? " Controls: " : ", ", string_of(c, "name"),
		            json_is_true(json_object_get(c, "passed")) ? "passed" : "failed");
	if (i > 0) vt_page_add(page, ".");
}

static void row(struct vt_page *page, const json_t *r)
{
	const char *unit = string_of(r, "unit");
	double level = number_of(json_object_get(r, "ci_level")), p = number_of(json_object_get(r, "p_holm"));
	if (!unit || strcmp(unit, "1") == 0) unit = "";
	vt_page_add(page, "<tbody><tr><th scope=\"row\">%s</th>", string_of(r, "hypothesis"));
	outcome(page, r);
	value_cells(page, r, unit);
	wanted(page, r, unit);
	count_cell(page, r, "n_seeds");
	count_cell(page, r, "n_dead");
	count_cell(page, r, "n_flagged");
	vt_page_add(page, "</tr><tr><td></td><td class=\"why\" colspan=\"7\">%s", string_of(r, "reason"));
	vt_page_add(page, " (Claim: %s; statistic: %s", string_of(r, "claim"), string_of(r, "statistic"));
	if (isfinite(level)) vt_page_add(page, "; decided at %s %% confidence", vt_number(100 * level, 4).text);
	if (isfinite(p)) vt_page_add(page, "; p after Holm %s", vt_number(p, 2).text);
	if (json_is_false(json_object_get(r, "registered"))) vt_page_add(page, "; judged post hoc, not as registered");
	vt_page_add(page, ").");
	controls(page, r);
	vt_page_add(page, "</td></tr></tbody>\n");
}

static const char not_judged[] =
	"<p class=\"warning\">These runs were not judged: there is no usable <code>rulings.json</code> beside them. "
	"<code>venturi verdict %s</code> judges them by the hypotheses that they registered.</p>\n";

/* Damaged rulings are told and left out; the page is of the runs. */
static enum vt_status read_rulings(struct vt_ctx *ctx, const char *dir, json_t **out)
{
	char *text = NULL;
	enum vt_status status = vt_rulings_read(ctx, dir, &text);
	if (status == VT_EDATA) {
		vt_log(ctx, VT_WARN, "%s; left out", vt_ctx_trail(ctx));
		vt_ctx_forget(ctx);
		status = VT_OK;
	}
	*out = text ? json_loads(text, 0, NULL) : NULL;
	free(text);
	return status;
}

enum vt_status vt_section_rulings(struct vt_ctx *ctx, const struct vt_study *s, struct vt_page *page)
{
	json_t *root = NULL;
	size_t i;
	const json_t *r;
	enum vt_status status = read_rulings(ctx, s->dir, &root);
	if (status != VT_OK) return status;
	const json_t *list = json_object_get(root, "rulings");
	if (!json_is_array(list)) {
		vt_page_add(page, not_judged, s->dir);
	} else if (json_array_size(list) == 0) {
		vt_page_add(page, "<p class=\"note\">No hypotheses were registered: there is nothing to rule on.</p>\n");
	} else {
		vt_page_table(page, "rulings", "hypothesis,outcome,#value,#95 % interval,expected,#seeds,#dead,#flagged");
		json_array_foreach(list, i, r) row(page, r);
		vt_page_add(page, "</table></div>\n");
	}
	json_decref(root);
	return page->status;
}
