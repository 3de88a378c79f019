/* Rulings as a sentence, as JSON, and freed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "judge.h"
#include "venturi/value.h"

void vt_rulings_free(struct vt_rulings *r)
{
	if (!r) return;
	for (size_t i = 0; i < r->n; i++) {
		struct vt_ruling *g = &r->ruling[i];
		char *text[] = { g->claim, g->experiment, g->hypothesis, g->statistic, g->unit, g->expect, g->family, g->reason };
		for (size_t k = 0; k < sizeof text / sizeof *text; k++) free(text[k]);
		for (size_t k = 0; k < g->n_controls; k++) free(g->control[k]);
		free(g->control);
		free(g->control_passed);
	}
	free(r->ruling);
	free(r);
}

/* ---- the sentence -------------------------------------------------------------- */

static const char *unit_word(const struct vt_ruling *r)
{
	return r->unit[0] == '\0' || (r->unit[0] == '1' && r->unit[1] == '\0') ? "" : r->unit;
}

/* "lies above 0.5 bit" */
static void write_place(FILE *f, const struct vt_ruling *r, enum vt_expect expect)
{
	bool range = expect == VT_WITHIN || expect == VT_OUTSIDE;
	double bound = expect == VT_BELOW ? -r->delta : r->delta;
	bool upper = range ? r->lo > r->delta || r->hi < -r->delta : r->lo > bound;
	bool lower = range ? r->lo > -r->delta && r->hi < r->delta : r->hi < bound;
	const char *blank = *unit_word(r) ? " " : "";
	if (range) {
		fprintf(f, "%s [%.6g, %.6g]%s%s", upper ? "lies outside" : lower ? "lies inside" : "crosses an end of", -r->delta,
		        r->delta, blank, unit_word(r));
		return;
	}
	fprintf(f, "%s %.6g%s%s", upper ? "lies above" : lower ? "lies below" : "contains", bound, blank, unit_word(r));
}

/* As many decimals as the width of the interval has two digits in. */
static void write_number(FILE *f, double x, double width)
{
	int digits = width > 0 && isfinite(width) ? 1 - (int)floor(log10(width)) : 2;
	fprintf(f, "%.*f", digits < 0 ? 0 : digits > 12 ? 12 : digits, x);
}

static void write_interval(FILE *f, const struct vt_ruling *r, enum vt_expect expect)
{
	double width = r->hi - r->lo;
	fprintf(f, "mean %s ", r->statistic);
	write_number(f, r->value, width);
	fprintf(f, "%s%s, %.4g %% interval [", *unit_word(r) ? " " : "", unit_word(r), 100 * r->ci_level);
	write_number(f, r->lo, width);
	fprintf(f, ", ");
	write_number(f, r->hi, width);
	fprintf(f, "] over %zu seeds ", r->n_seeds);
	write_place(f, r, expect);
	if (r->ci_level > VT_CONFIDENCE + 1e-9) fprintf(f, " (level after Holm's correction)");
}

static void write_controls(FILE *f, const struct vt_ruling *r)
{
	size_t failed = 0;
	for (size_t i = 0; i < r->n_controls; i++) {
		if (r->control_passed[i]) continue;
		fprintf(f, "%s%s", failed++ ? ", " : "; nothing is concluded because these controls failed: ", r->control[i]);
	}
	if (r->n_controls > 0 && failed == 0) fprintf(f, "; %s passed", r->n_controls > 1 ? "controls" : r->control[0]);
}

static void write_cautions(FILE *f, const struct vt_evidence *e)
{
	if (e->n_flagged == 0) return;
	fprintf(f, "; %zu of %zu runs carry cautions (", e->n_flagged, e->sample.n_seeds);
	bool first = true;
	for (size_t i = 0; i < VT_N_FLAGS; i++) {
		if (!(e->cautions >> i & 1)) continue;
		fprintf(f, "%s%s", first ? "" : ", ", vt_flag_names[i]);
		first = false;
	}
	fprintf(f, ")");
}

static void write_counts(FILE *f, const struct vt_evidence *e)
{
	if (e->n_dead > 0) fprintf(f, "; %zu dead run%s left out", e->n_dead, e->n_dead > 1 ? "s" : "");
	if (e->n_left_out > 0) fprintf(f, "; %zu unfinished run%s left out", e->n_left_out, e->n_left_out > 1 ? "s" : "");
	if (e->n_missing > 0) fprintf(f, "; %zu invalid value%s left out", e->n_missing, e->n_missing > 1 ? "s" : "");
	if (e->n_bounds > 0)
		fprintf(f, "; in %zu of %zu runs the value is only a bound: what it waits for did not happen", e->n_bounds,
		        e->sample.n_seeds);
	write_cautions(f, e);
}

/* Controls passed and the interval is clear, yet there is no outcome: bounds decide it. */
static bool hangs_on_bounds(const struct vt_ruling *r, const struct vt_evidence *e)
{
	if (e->n_censored + e->n_bounds == 0 || r->outcome != VT_INCONCLUSIVE) return false;
	for (size_t i = 0; i < r->n_controls; i++)
		if (!r->control_passed[i]) return false;
	return isfinite(r->p_holm) && r->p_holm < 1 - VT_CONFIDENCE;
}

static void write_sentence(FILE *f, const struct vt_ruling *r, const struct vt_evidence *e,
                           const struct vt_hypothesis *h)
{
	if (e->excuse.text[0]) {
		fprintf(f, "%s", e->excuse.text);
	} else if (isnan(r->p_holm)) {
		fprintf(f, "%zu live seed%s gave a value, wanted at least %lld", r->n_seeds, r->n_seeds == 1 ? "" : "s",
		        (long long)h->seeds_min);
	} else {
		write_interval(f, r, (enum vt_expect)h->expect);
		if (hangs_on_bounds(r, e)) fprintf(f, ", but not without the %zu values that are bounds",
			                              e->n_censored + e->n_bounds);
		write_controls(f, r);
	}
	write_counts(f, e);
}

char *vt_ruling_sentence(struct vt_ctx *ctx, const struct vt_ruling *r, const struct vt_evidence *e,
                         const struct vt_hypothesis *h)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	if (f) write_sentence(f, r, e, h);
	if (f && fclose(f) == 0) return text;
	free(text);
	vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for the ruling on %s", h->name);
	return NULL;
}

/* ---- JSON ------------------------------------------------------------------------ */

static json_t *number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *controls_json(const struct vt_ruling *r)
{
	json_t *list = json_array();
	for (size_t i = 0; i < r->n_controls; i++)
		json_array_append_new(list, json_pack("{s:s, s:b}", "name", r->control[i], "passed", (int)r->control_passed[i]));
	return list;
}

static json_t *ruling_json(const struct vt_ruling *r)
{
	json_t *o = json_object();
	json_object_set_new(o, "claim", json_string(r->claim));
	json_object_set_new(o, "experiment", json_string(r->experiment));
	json_object_set_new(o, "hypothesis", json_string(r->hypothesis));
	json_object_set_new(o, "statistic", json_string(r->statistic));
	json_object_set_new(o, "value", number(r->value));
	json_object_set_new(o, "ci95", json_pack("[o, o]", number(r->lo95), number(r->hi95)));
	json_object_set_new(o, "delta", number(r->delta));
	json_object_set_new(o, "unit", json_string(r->unit));
	json_object_set_new(o, "expect", json_string(r->expect));
	json_object_set_new(o, "n_seeds", json_integer((json_int_t)r->n_seeds));
	json_object_set_new(o, "n_dead", json_integer((json_int_t)r->n_dead));
	json_object_set_new(o, "n_flagged", json_integer((json_int_t)r->n_flagged));
	json_object_set_new(o, "n_missing", json_integer((json_int_t)r->n_missing));
	json_object_set_new(o, "p", number(r->p));
	json_object_set_new(o, "p_holm", number(r->p_holm));
	json_object_set_new(o, "ci", json_pack("[o, o]", number(r->lo), number(r->hi)));
	json_object_set_new(o, "ci_level", number(r->ci_level));
	json_object_set_new(o, "family", text_or_null(r->family));
	json_object_set_new(o, "controls", controls_json(r));
	json_object_set_new(o, "registered", json_boolean(r->registered));
	json_object_set_new(o, "outcome", json_string(vt_outcome_names[r->outcome]));
	json_object_set_new(o, "reason", json_string(r->reason));
	return o;
}

enum vt_status vt_rulings_json(struct vt_ctx *ctx, const struct vt_rulings *r, char **out)
{
	enum vt_status status;
	json_t *list = json_array(), *root = json_pack("{s:o}", "rulings", list);
	char *text;

	for (size_t i = 0; i < r->n; i++) json_array_append_new(list, ruling_json(&r->ruling[i]));
	text = root ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(15)) : NULL;
	VT_REQUIRE(ctx, text, VT_ENOMEM, "out of memory for %zu rulings", r->n);
	*out = text;
	status = VT_OK;
done:
	json_decref(root);
	return status;
}
