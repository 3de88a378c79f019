/* The table of a validation, its summary, and both as JSON.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../run/promises.h"
#include "validated.h"

/* ---- numbers ------------------------------------------------------------------------------------------------- */

static json_t *number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static void cell(double x, int width)
{
	if (isfinite(x)) printf(" %*.3f", width, x);
	else printf(" %*s", width, "-");
}

static const char *bound_name(enum vt_bound b)
{
	static const char *const name[] = { "point", "lower", "upper", "bracket" };
	return name[b];
}

static enum vt_status print_json(struct vt_ctx *ctx, json_t *o)
{
	char *text = o ? json_dumps(o, JSON_INDENT(1) | JSON_REAL_PRECISION(15)) : NULL;
	json_decref(o);
	if (!text) return vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for the output");
	puts(text);
	free(text);
	return VT_OK;
}

/* ---- summary of one estimator ---------------------------------------------------------------------------------- */

struct summary {
	size_t lines, n[VT_N_JUDGEMENTS];
	double seconds, worst; /* largest error inside the regime, as a share of the tolerance */
};

static struct summary summarise(const struct vt_validation *v, const char *estimator)
{
	struct summary s = { 0 };
	for (size_t i = 0; i < v->n; i++) {
		const struct vt_validated *r = &v->row[i];
		if (strcmp(r->estimator, estimator) != 0) continue;
		s.lines++;
		s.n[r->judgement]++;
		s.seconds += r->e.seconds;
		double share = fabs(r->e.mi - r->truth) / r->tolerance;
		if (share > s.worst) s.worst = share;
	}
	return s;
}

/* ---- text ------------------------------------------------------------------------------------------------------ */

static void print_line(const struct vt_validated *r)
{
	bool bracket = r->e.bound == VT_BRACKET;
	printf("%-49s %-20.20s %6zu %4llu", vt_known_case(r->known).name, r->estimator, r->n, (unsigned long long)r->seed);
	cell(r->truth, 6);
	cell(r->e.mi, 8);
	cell(bracket ? r->e.lower : r->e.lo, 8);
	cell(bracket ? r->e.upper : r->e.hi, 8);
	printf(" %-7s %-14s %-3s", bound_name(r->e.bound), vt_flag_worst(r->e.flags), r->in_regime ? "in" : "out");
	cell(r->tolerance, 6);
	printf(" %-7s %7.2f\n", vt_judgement_names[r->judgement], r->e.seconds);
	if (r->judgement == VT_JUDGED_SHORT || r->judgement == VT_JUDGED_FAILED)
		if (r->e.reason[0]) printf("    %s\n", r->e.reason);
}

static void print_table(const struct vt_validation *v)
{
	printf("%-49s %-20s %6s %4s %6s %8s %8s %8s %-7s %-14s %-3s %6s %-7s %7s\n", "case", "estimator", "n", "seed", "truth",
	       "estimate", "from", "to", "bound", "flag", "reg", "toler", "verdict", "seconds");
	for (size_t i = 0; i < v->n; i++) print_line(&v->row[i]);
}

static void print_summary(const struct vt_validation *v)
{
	printf("\n%-34s %6s | %4s %5s | %6s %7s %6s | %6s %8s\n", "estimator", "lines", "ok", "short", "right", "flagged",
	       "silent", "failed", "seconds");
	for (size_t i = 0; i < v->n; i++) {
		if (!vt_validated_first(v, i)) continue;
		struct summary s = summarise(v, v->row[i].estimator);
		printf("%-34s %6zu | %4zu %5zu | %6zu %7zu %6zu | %6zu %8.1f\n", v->row[i].estimator, s.lines, s.n[VT_JUDGED_OK],
		       s.n[VT_JUDGED_SHORT], s.n[VT_JUDGED_RIGHT], s.n[VT_JUDGED_FLAGGED], s.n[VT_JUDGED_SILENT],
		       s.n[VT_JUDGED_FAILED], s.seconds);
	}
	printf("inside its regime an estimate is ok or short; outside it is right, flagged or silently wrong\n");
}

static void print_score(const struct vt_validated_score *s)
{
	printf("%-20s %-6s %zu tasks: within max(0.05 nat, 10 %%) %zu", s->estimator, vt_known_suites[s->suite], s->n_tasks,
	       s->within);
	if (s->wanted_within) printf(" (>= %zu)", s->wanted_within);
	printf(", within 0.1 nat %zu", s->near);
	if (s->wanted_near) printf(" (>= %zu)", s->wanted_near);
	printf(", wrong without a flag %zu", s->unsaid);
	if (s->wanted_within) printf(" (0)");
	printf(", right with a flag %zu", s->cautious);
	if (s->wanted_within) printf(" (<= %zu)", s->wanted_cautious);
	printf(", silently off by over 0.2 nat %zu", s->silent);
	if (s->wanted_within) printf(" (0): %s", !s->met ? "SHORT" : s->complete ? "met" : "not all tasks were run");
	printf("\n");
}

static void print_text(const struct vt_validation *v)
{
	print_table(v);
	print_summary(v);
	if (v->n_scores) printf("\n");
	for (size_t i = 0; i < v->n_scores; i++) print_score(&v->score[i]);
	for (size_t i = 0; i < v->n_uncovered; i++)
		printf("estimator %s promises nothing: it needs a line in src/run/promises.c\n", v->uncovered[i]);
	printf("\n%zu estimates in %.0f s: %s\n", v->n, v->seconds,
	       v->fell_short ? "the validation fell short" : "all promises held");
}

/* ---- JSON ------------------------------------------------------------------------------------------------------ */

static json_t *flags_json(unsigned flags)
{
	json_t *all = json_array();
	for (size_t b = 0; b < VT_N_FLAGS; b++)
		if (flags >> b & 1) json_array_append_new(all, json_string(vt_flag_names[b]));
	return all;
}

static json_t *line_json(const struct vt_validated *r)
{
	struct vt_known c = vt_known_case(r->known);
	const struct vt_estimated *e = &r->e;
	json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "case", c.name, "suite", vt_known_suites[c.suite],
	                      "estimator", r->estimator, "n", (json_int_t)r->n, "seed", (json_int_t)r->seed, "dim_x",
	                      (json_int_t)c.dim_x, "dim_y", (json_int_t)c.dim_y, "dim_z", (json_int_t)c.dim_z);
	json_object_set_new(o, "truth_nats", number(r->truth));
	json_object_set_new(o, "truth_se_nats", number(r->truth_se));
	json_object_set_new(o, "mi_nats", number(e->mi));
	json_object_set_new(o, "se_nats", number(e->se));
	json_object_set_new(o, "ci95_nats", json_pack("[o, o]", number(e->lo), number(e->hi)));
	json_object_set_new(o, "lower_nats", number(e->lower));
	json_object_set_new(o, "upper_nats", number(e->upper));
	json_object_set_new(o, "ceiling_nats", number(e->ceiling));
	json_object_set_new(o, "bound", json_string(bound_name(e->bound)));
	json_object_set_new(o, "chosen", json_string(e->chosen));
	json_object_set_new(o, "flag", json_string(vt_flag_worst(e->flags)));
	json_object_set_new(o, "flags", flags_json(e->flags));
	json_object_set_new(o, "reason", json_string_nocheck(e->reason));
	json_object_set_new(o, "in_regime", json_boolean(r->in_regime));
	json_object_set_new(o, "tolerance_nats", number(r->tolerance));
	json_object_set_new(o, "judgement", json_string(vt_judgement_names[r->judgement]));
	json_object_set_new(o, "seconds", number(e->seconds));
	return o;
}

static json_t *score_json(const struct vt_validated_score *s)
{
	json_t *o = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:b}", "estimator", s->estimator,
	                      "suite", vt_known_suites[s->suite], "tasks", (json_int_t)s->n_tasks, "within",
	                      (json_int_t)s->within, "within_0.1", (json_int_t)s->near, "within_by_mean",
	                      (json_int_t)s->within_mean, "wrong_unflagged", (json_int_t)s->unsaid, "right_flagged",
	                      (json_int_t)s->cautious, "silently_wrong", (json_int_t)s->silent, "complete", s->complete,
	                      "judged", s->wanted_within > 0, "met", s->met);
	return o;
}

static json_t *estimators_json(const struct vt_validation *v)
{
	json_t *all = json_array();
	for (size_t i = 0; i < v->n; i++) {
		if (!vt_validated_first(v, i)) continue;
		struct summary s = summarise(v, v->row[i].estimator);
		json_t *o = json_pack("{s:s, s:I, s:f}", "estimator", v->row[i].estimator, "lines", (json_int_t)s.lines, "seconds",
		                      s.seconds);
		for (size_t k = 0; k < VT_N_JUDGEMENTS; k++)
			json_object_set_new(o, vt_judgement_names[k], json_integer((json_int_t)s.n[k]));
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *validation_json(const struct vt_validation *v)
{
	json_t *o = json_object(), *lines = json_array(), *scores = json_array(), *uncovered = json_array();
	for (size_t i = 0; i < v->n; i++) json_array_append_new(lines, line_json(&v->row[i]));
	for (size_t i = 0; i < v->n_scores; i++) json_array_append_new(scores, score_json(&v->score[i]));
	for (size_t i = 0; i < v->n_uncovered; i++) json_array_append_new(uncovered, json_string(v->uncovered[i]));
	json_object_set_new(o, "cases", lines);
	json_object_set_new(o, "estimators", estimators_json(v));
	json_object_set_new(o, "scores", scores);
	json_object_set_new(o, "uncovered", uncovered);
	json_object_set_new(o, "fell_short", json_boolean(v->fell_short));
	json_object_set_new(o, "seconds", number(v->seconds));
	return o;
}

/* ---- what the command calls -------------------------------------------------------------------------------------- */

enum vt_status vt_print_validation(struct vt_ctx *ctx, const struct vt_validation *v, bool json)
{
	if (json) return print_json(ctx, validation_json(v));
	print_text(v);
	return VT_OK;
}

static const char *nature(bool discrete)
{
	return discrete ? "discrete" : "continuous";
}

static json_t *case_json(const struct vt_known *c, double mi, double se)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:f, s:f, s:s}", "case", c->name, "suite",
	                 vt_known_suites[c->suite], "dim_x", (json_int_t)c->dim_x, "dim_y", (json_int_t)c->dim_y, "dim_z",
	                 (json_int_t)c->dim_z, "kind_x", nature(c->discrete_x), "kind_y", nature(c->discrete_y),
	                 "truth_nats", mi, "truth_se_nats", se, "method", c->method);
}

enum vt_status vt_print_cases(struct vt_ctx *ctx, const char *pattern, bool json)
{
	enum vt_status status = VT_OK;
	json_t *all = json ? json_array() : NULL;
	for (size_t i = 0; i < vt_known_count(); i++) {
		struct vt_known c = vt_known_case(i);
		double mi, se;
		if (!vt_case_matches(&c, pattern)) continue;
		VT_TRY(vt_known_truth(ctx, i, &mi, &se));
		if (json) json_array_append_new(all, case_json(&c, mi, se));
		else printf("%-12s %-50s %3zu + %-3zu%s %-10s %-10s %9.5f nat  %s\n", vt_known_suites[c.suite], c.name, c.dim_x,
		            c.dim_y, c.dim_z ? " |" : "  ", nature(c.discrete_x), nature(c.discrete_y), mi, c.method);
	}
	if (json) status = print_json(ctx, json_pack("{s:O}", "cases", all));
done:
	json_decref(all);
	return status;
}

enum vt_status vt_print_dumped(struct vt_ctx *ctx, const char *path, size_t n, bool json)
{
	if (!json) {
		printf("%s\n", path);
		return VT_OK;
	}
	return print_json(ctx, json_pack("{s:{s:s, s:I}}", "dump", "path", path, "samples", (json_int_t)n));
}
