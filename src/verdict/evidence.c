/* From run files to one sample: live runs, one line each, common steps, one unit.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "select.h"
#include "venturi/value.h"

/* What is asked of a run. */
struct question {
	const char *series, *along;
	const struct vt_pairs *at;
	const char *unit; /* to convert into; null: the series keeps its own */
};

/* The judged lines of one live run, with the flags beside them. */
struct trace {
	struct vt_series *series, *flags;
	struct vt_lines value, flag; /* flag.n = 0: the group has none */
	double factor;
};

/* A run, and the one it is compared with: the same for another series. */
struct couple {
	size_t run, partner;
};

void vt_evidence_clear(struct vt_evidence *e)
{
	for (size_t i = 0; i < 2; i++) {
		free(e->behind[i].step);
		free(e->behind[i].value);
		free(e->behind[i].place);
		free(e->behind[i].flags);
	}
	*e = (struct vt_evidence){ 0 };
}

struct vt_needs vt_needs_of(const struct vt_hypothesis *h)
{
	const struct vt_statistic_kind *kind = (const struct vt_statistic_kind *)h->statistic.kind;
	struct vt_needs needs = { 0 };
	if (kind && kind->needs) kind->needs(h->statistic.settings, &needs);
	return needs;
}

static bool excused(const struct vt_evidence *e)
{
	return e->excuse.text[0] != '\0';
}

/* ---- one run -------------------------------------------------------------- */

static bool has_status(const struct vt_runs *runs, size_t run, const char *wanted)
{
	const char *found = vt_runs_attribute(runs, run, "status");
	return found && strcmp(found, wanted) == 0;
}

/* Flags may lack dimensions of the variables beside them: what `at` says of those is left out. */
static enum vt_status find_flags(struct vt_ctx *ctx, const struct question *q, struct trace *t)
{
	enum vt_status status;
	struct vt_excuse none;
	struct vt_pairs at = { 0 };
	const char *along = NULL;

	VT_NEW(ctx, at.key, q->at->n + 1);
	VT_NEW(ctx, at.value, q->at->n + 1);
	for (size_t d = 1; d < t->flags->rank; d++) {
		if (q->along && strcmp(q->along, t->flags->dim_name[d]) == 0) along = q->along;
		for (size_t i = 0; i < q->at->n; i++) {
			if (strcmp(q->at->key[i], t->flags->dim_name[d]) != 0 || at.n > q->at->n) continue;
			at.key[at.n] = q->at->key[i];
			at.value[at.n++] = q->at->value[i];
		}
	}
	if (!vt_lines_find(t->flags, &at, along, &t->flag, &none) || t->flag.n != t->value.n) t->flag.n = 0;
	status = VT_OK;
done:
	free(at.key);
	free(at.value);
	return status;
}

/* Flags of a group stand in GROUP/flags. */
static enum vt_status read_flags(struct vt_ctx *ctx, const struct vt_runs *runs, size_t run, const struct question *q,
                                 struct trace *t)
{
	enum vt_status status;
	char *name = vt_format(ctx, "%.*s/flags", (int)strcspn(q->series, "/"), q->series);

	VT_REQUIRE(ctx, name, VT_ENOMEM, "out of memory for the flags of %s", q->series);
	status = VT_OK;
	if (!vt_runs_has(runs, run, name)) goto done;
	VT_TRY(vt_runs_series(ctx, runs, run, name, &t->flags));
	VT_TRY(find_flags(ctx, q, t));
done:
	free(name);
	return status;
}

static enum vt_status read_trace(struct vt_ctx *ctx, const struct vt_runs *runs, size_t run, const struct question *q,
                                 struct trace *t, struct vt_evidence *e)
{
	enum vt_status status;

	VT_TRY(vt_runs_series(ctx, runs, run, q->series, &t->series));
	const char *unit = t->series->unit ? t->series->unit : "1";
	e->misfit = !vt_lines_find(t->series, q->at, q->along, &t->value, &e->excuse);
	if (e->misfit) return VT_OK;
	t->factor = q->unit ? vt_unit_factor(unit, q->unit) : 1;
	if (isnan(t->factor)) {
		e->misfit = true;
		vt_excuse_set(&e->excuse, "%s is in %s, and the hypothesis has delta in %s", q->series, unit, q->unit);
		return VT_OK;
	}
	status = read_flags(ctx, runs, run, q, t);
done:
	return status;
}

static bool is_dead(const struct vt_runs *runs, size_t run)
{
	return !vt_runs_alive(runs, run) || has_status(runs, run, "failed");
}

static bool has(const struct vt_runs *runs, size_t run, const struct question *q)
{
	return has_status(runs, run, "complete") && vt_runs_has(runs, run, q->series);
}

/* Sorts the couples into dead, left out, and traces: q[0] of the runs, q[1] of their partners
 * where n_questions is 2. */
static enum vt_status read_traces(struct vt_ctx *ctx, const struct vt_runs *runs, size_t n_couples,
                                  const struct couple *couple, size_t n_questions, const struct question *q,
                                  struct trace *const *trace, size_t *n, struct vt_evidence *e)
{
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < n_couples && !excused(e); i++) {
		const struct couple *c = &couple[i];
		bool both = n_questions == 2;
		if (is_dead(runs, c->run) || (both && is_dead(runs, c->partner))) {
			e->n_dead++;
		} else if (!has(runs, c->run, &q[0]) || (both && !has(runs, c->partner, &q[1]))) {
			e->n_left_out++;
		} else {
			size_t k = (*n)++;
			VT_TRY(read_trace(ctx, runs, c->run, &q[0], &trace[0][k], e));
			if (both && !excused(e)) VT_TRY(read_trace(ctx, runs, c->partner, &q[1], &trace[1][k], e));
		}
	}
	if (*n > 0 || e->n_left_out == 0 || excused(e)) goto done;
	e->not_run = true;
	vt_excuse_set(&e->excuse, "none of %zu live runs is complete and has the series %s%s%s", e->n_left_out, q[0].series,
	              n_questions == 2 ? " and a partner with " : "", n_questions == 2 ? q[1].series : "");
done:
	return status;
}

static void free_traces(struct trace *t, size_t n)
{
	for (size_t i = 0; t && i < n; i++) {
		vt_series_free(t[i].series);
		vt_series_free(t[i].flags);
	}
	free(t);
}

/* ---- the sample ------------------------------------------------------------ */

/* Steps increase: those that all traces have, by walking along each. */
static enum vt_status common_steps(struct vt_ctx *ctx, const struct trace *t, size_t n, double **step, size_t *n_steps)
{
	enum vt_status status;
	size_t *at = NULL, found = 0;

	VT_NEW(ctx, at, n);
	VT_NEW(ctx, *step, t[0].value.n);
	for (size_t i = 0; i < t[0].value.n; i++) {
		size_t have = 0;
		for (size_t k = 0; k < n; k++) {
			while (at[k] < t[k].value.n && t[k].value.step[at[k]] < t[0].value.step[i]) at[k]++;
			have += at[k] < t[k].value.n && t[k].value.step[at[k]] == t[0].value.step[i];
		}
		if (have == n) (*step)[found++] = t[0].value.step[i];
	}
	*n_steps = found;
	status = VT_OK;
done:
	free(at);
	return status;
}

static double place_of(const struct trace *t, size_t p)
{
	const double *coord = t->series->coord[t->value.dimension];
	return coord ? coord[p] : (double)(p + 1);
}

/* Lines of different frequencies are no replicates of each other. */
static bool same_places(const struct trace *t, size_t n, const char *along, struct vt_excuse *why)
{
	for (size_t k = 1; along && k < n; k++)
		for (size_t p = 0; p < t[0].value.n_places; p++) {
			if (t[k].value.n_places == t[0].value.n_places && place_of(&t[k], p) == place_of(&t[0], p)) continue;
			vt_excuse_set(why, "%s does not have the same places along %s in all of the %zu live runs", t[0].series->name,
			              along, n);
			return false;
		}
	return true;
}

static unsigned flags_at(const struct trace *t, size_t i, size_t place)
{
	double v = t->flag.n ? t->flag.value[i * t->flag.stride + place * t->flag.place_stride] : 0;
	return v >= 0 && v < 1 << VT_N_FLAGS ? (unsigned)v : 0;
}

/* An invalid value is missing; what else is flagged is remembered. */
static double admit(struct vt_evidence *e, double value, unsigned flags)
{
	if (flags & VT_INVALID) {
		e->n_missing++;
		return NAN;
	}
	e->n_censored += (flags & VT_CENSORED) != 0;
	e->cautions |= flags;
	return value;
}

/* One place of one seed.  Returns whether it carries a caution. */
static bool fill_line(struct vt_evidence *e, const struct vt_numbers *to, size_t n, const struct trace *t, size_t place,
                      size_t at)
{
	bool flagged = false;
	for (size_t i = 0, j = 0; i < n; i++) {
		while (t->value.step[j] < to->step[i]) j++;
		unsigned flags = flags_at(t, j, place);
		double value = t->value.value[j * t->value.stride + place * t->value.place_stride];
		flagged = flagged || (flags & ~(unsigned)VT_INVALID);
		to->flags[at + i] = flags;
		to->value[at + i] = admit(e, value * t->factor, flags);
	}
	return flagged;
}

/* `flagged`: n seeds, set where one carries a caution. */
static enum vt_status fill_sample(struct vt_ctx *ctx, const struct trace *t, size_t n, const char *along,
                                  struct vt_evidence *e, size_t which, bool *flagged)
{
	enum vt_status status;
	struct vt_numbers *to = &e->behind[which];
	size_t n_steps, n_places = t[0].value.n_places;

	e->misfit = !same_places(t, n, along, &e->excuse);
	if (e->misfit) return VT_OK;
	VT_TRY(common_steps(ctx, t, n, &to->step, &n_steps));
	if (n_steps == 0) vt_excuse_set(&e->excuse, "the %zu live runs have no step in common", n);
	if (excused(e)) return VT_OK;
	VT_NEW(ctx, to->value, n * n_places * n_steps);
	VT_NEW(ctx, to->flags, n * n_places * n_steps);
	VT_NEW(ctx, to->place, n_places);
	for (size_t p = 0; p < n_places; p++) to->place[p] = along ? place_of(&t[0], p) : 0;
	for (size_t k = 0; k < n; k++)
		for (size_t p = 0; p < n_places; p++)
			flagged[k] |= fill_line(e, to, n_steps, &t[k], p, (k * n_places + p) * n_steps);
	*(which ? &e->other : &e->sample) = (struct vt_sample){ n, n_steps, to->step, to->value, to->flags, n_places,
		                                                along ? to->place : NULL, NULL };
done:
	return status;
}

static enum vt_status fill_samples(struct vt_ctx *ctx, struct trace *const *trace, size_t n, size_t n_questions,
                                   const struct question *q, struct vt_evidence *e)
{
	enum vt_status status;
	bool *flagged = NULL;

	VT_NEW(ctx, flagged, n);
	for (size_t i = 0; i < n_questions && !excused(e); i++)
		VT_TRY(fill_sample(ctx, trace[i], n, q[i].along, e, i, flagged));
	if (excused(e)) e->sample = e->other = (struct vt_sample){ 0 };
	for (size_t k = 0; k < n; k++) e->n_flagged += flagged[k];
	status = VT_OK;
done:
	free(flagged);
	return status;
}

/* ---- the two sides of a comparison ------------------------------------------- */

static enum vt_status couple_with_itself(struct vt_ctx *ctx, const struct vt_selection *s, struct couple **out)
{
	enum vt_status status;
	VT_NEW(ctx, *out, s->n + 1);
	for (size_t i = 0; i < s->n; i++) (*out)[i] = (struct couple){ s->run[i], s->run[i] };
	status = VT_OK;
done:
	return status;
}

/* Each run with the one of the other arm; those without one are left out. */
static enum vt_status couple_arms(struct vt_ctx *ctx, const struct vt_runs *runs, const char *text,
                                  const struct vt_hypothesis *h, const struct vt_pairs *versus,
                                  const struct vt_selection *s, struct couple **out, size_t *n, struct vt_evidence *e)
{
	enum vt_status status;
	struct vt_selection arm = { 0 };

	VT_TRY(vt_selection_versus(ctx, runs, text, h, versus, &arm, &e->excuse, &e->misfit));
	e->not_run = arm.n == 0 && !e->misfit;
	VT_NEW(ctx, *out, s->n + 1);
	for (size_t i = 0; i < s->n && !excused(e); i++) {
		size_t partner = vt_selection_partner(runs, &arm, h->over, s->run[i]);
		if (partner == SIZE_MAX) e->n_left_out++;
		else (*out)[(*n)++] = (struct couple){ s->run[i], partner };
	}
	if (*n == 0 && !excused(e)) {
		e->not_run = true;
		vt_excuse_set(&e->excuse, "none of the %zu runs has a partner in `versus` with the same %s", s->n, h->over);
	}
	status = VT_OK;
done:
	free(arm.run);
	return status;
}

static enum vt_status read_sides(struct vt_ctx *ctx, const struct vt_runs *runs, size_t n_couples,
                                 const struct couple *couple, size_t n_questions, const struct question *q,
                                 struct vt_evidence *e)
{
	enum vt_status status;
	struct trace *trace[2] = { NULL, NULL };
	size_t n = 0;

	for (size_t i = 0; i < n_questions; i++) VT_NEW(ctx, trace[i], n_couples);
	VT_TRY(read_traces(ctx, runs, n_couples, couple, n_questions, q, trace, &n, e));
	if (!excused(e) && n > 0) VT_TRY(fill_samples(ctx, trace, n, n_questions, q, e));
	status = VT_OK;
done:
	for (size_t i = 0; i < n_questions; i++) free_traces(trace[i], n);
	return status;
}

enum vt_status vt_evidence_gather(struct vt_ctx *ctx, const struct vt_runs *runs, const char *text,
                                  const struct vt_hypothesis *h, struct vt_evidence *out)
{
	enum vt_status status;
	static const struct vt_pairs nothing = { 0 };
	struct vt_evidence e = { 0 };
	struct vt_selection selection = { 0 };
	struct couple *couple = NULL;
	const struct vt_needs needs = vt_needs_of(h);
	const struct question q[2] = {
		{ h->series, needs.along, &h->at, needs.unit ? NULL : h->unit },
		{ needs.against ? needs.against : h->series, needs.along,
		  !needs.against ? &h->at : needs.at_against ? needs.at_against : &nothing, needs.unit ? NULL : h->unit },
	};
	bool arms = needs.versus && needs.versus->n > 0;

	VT_TRY(vt_selection_make(ctx, runs, text, h, &selection, &e.excuse, &e.misfit));
	e.n_matching = selection.n;
	e.not_run = selection.n == 0 && !e.misfit;
	size_t n = arms ? 0 : selection.n;
	if (!excused(&e) && arms) VT_TRY(couple_arms(ctx, runs, text, h, needs.versus, &selection, &couple, &n, &e));
	else VT_TRY(couple_with_itself(ctx, &selection, &couple));
	if (!excused(&e)) VT_TRY(read_sides(ctx, runs, n, couple, arms || needs.against ? 2 : 1, q, &e));
	*out = e;
	if (out->other.n_seeds > 0) out->sample.other = &out->other;
	e = (struct vt_evidence){ 0 };
	status = VT_OK;
done:
	free(couple);
	free(selection.run);
	vt_evidence_clear(&e);
	return status;
}
