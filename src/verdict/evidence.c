/* From run files to one sample: live runs, one line each, common steps, one unit.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "select.h"
#include "venturi/value.h"

/* The judged line of one live run, with the flags beside it. */
struct trace {
	struct vt_series *series, *flags;
	struct vt_line value, flag; /* flag.n = 0: the group has none */
	double factor;
};

void vt_evidence_clear(struct vt_evidence *e)
{
	free(e->step);
	free(e->value);
	free(e->flags);
	*e = (struct vt_evidence){ 0 };
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

/* Flags of a group stand in GROUP/flags, over some of the dimensions of its variables. */
static enum vt_status read_flags(struct vt_ctx *ctx, const struct vt_runs *runs, size_t run,
                                 const struct vt_hypothesis *h, struct trace *t)
{
	enum vt_status status;
	struct vt_excuse none;
	char *name = vt_format(ctx, "%.*s/flags", (int)strcspn(h->series, "/"), h->series);

	VT_REQUIRE(ctx, name, VT_ENOMEM, "out of memory for the flags of %s", h->series);
	status = VT_OK;
	if (!vt_runs_has(runs, run, name)) goto done;
	VT_TRY(vt_runs_series(ctx, runs, run, name, &t->flags));
	if (!vt_line_find(t->flags, &h->at, &t->flag, &none) || t->flag.n != t->value.n) t->flag.n = 0;
done:
	free(name);
	return status;
}

static enum vt_status read_trace(struct vt_ctx *ctx, const struct vt_runs *runs, size_t run,
                                 const struct vt_hypothesis *h, struct trace *t, struct vt_evidence *e)
{
	enum vt_status status;

	VT_TRY(vt_runs_series(ctx, runs, run, h->series, &t->series));
	e->misfit = !vt_line_find(t->series, &h->at, &t->value, &e->excuse);
	if (e->misfit) return VT_OK;
	t->factor = vt_unit_factor(t->series->unit ? t->series->unit : "1", h->unit);
	if (isnan(t->factor)) {
		e->misfit = true;
		vt_excuse_set(&e->excuse, "%s is in %s, and the hypothesis has delta in %s", h->series,
		              t->series->unit ? t->series->unit : "1", h->unit);
		return VT_OK;
	}
	status = read_flags(ctx, runs, run, h, t);
done:
	return status;
}

/* Sorts the selected runs into dead, left out, and traces. */
static enum vt_status read_traces(struct vt_ctx *ctx, const struct vt_runs *runs, const struct vt_selection *s,
                                  const struct vt_hypothesis *h, struct trace *trace, size_t *n, struct vt_evidence *e)
{
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < s->n && !excused(e); i++) {
		size_t run = s->run[i];
		bool complete = has_status(runs, run, "complete"), there = vt_runs_has(runs, run, h->series);
		if (!vt_runs_alive(runs, run) || has_status(runs, run, "failed")) e->n_dead++;
		else if (!complete || !there) e->n_left_out++;
		else VT_TRY(read_trace(ctx, runs, run, h, &trace[(*n)++], e));
	}
	if (*n > 0 || e->n_left_out == 0) goto done;
	e->not_run = true;
	vt_excuse_set(&e->excuse, "none of %zu live runs is complete and has the series %s", e->n_left_out, h->series);
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
static enum vt_status common_steps(struct vt_ctx *ctx, const struct trace *t, size_t n, struct vt_evidence *e)
{
	enum vt_status status;
	size_t *at = NULL, found = 0;

	VT_NEW(ctx, at, n);
	VT_NEW(ctx, e->step, t[0].value.n);
	for (size_t i = 0; i < t[0].value.n; i++) {
		size_t have = 0;
		for (size_t k = 0; k < n; k++) {
			while (at[k] < t[k].value.n && t[k].value.step[at[k]] < t[0].value.step[i]) at[k]++;
			have += at[k] < t[k].value.n && t[k].value.step[at[k]] == t[0].value.step[i];
		}
		if (have == n) e->step[found++] = t[0].value.step[i];
	}
	e->sample.n_steps = found;
	if (found == 0) vt_excuse_set(&e->excuse, "the %zu live runs have no step in common", n);
	status = VT_OK;
done:
	free(at);
	return status;
}

static unsigned flags_at(const struct trace *t, size_t i)
{
	double v = t->flag.n ? t->flag.value[i * t->flag.stride] : 0;
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

static void fill_seed(struct vt_evidence *e, const struct trace *t, size_t seed)
{
	size_t n = e->sample.n_steps, j = 0;
	bool flagged = false;
	for (size_t i = 0; i < n; i++) {
		while (t->value.step[j] < e->step[i]) j++;
		unsigned flags = flags_at(t, j);
		flagged = flagged || (flags & ~(unsigned)VT_INVALID);
		e->flags[seed * n + i] = flags;
		e->value[seed * n + i] = admit(e, t->value.value[j * t->value.stride] * t->factor, flags);
	}
	e->n_flagged += flagged;
}

static enum vt_status fill_sample(struct vt_ctx *ctx, const struct trace *t, size_t n, struct vt_evidence *e)
{
	enum vt_status status;

	VT_TRY(common_steps(ctx, t, n, e));
	if (excused(e)) return VT_OK;
	VT_NEW(ctx, e->value, n * e->sample.n_steps);
	VT_NEW(ctx, e->flags, n * e->sample.n_steps);
	for (size_t k = 0; k < n; k++) fill_seed(e, &t[k], k);
	e->sample = (struct vt_sample){ n, e->sample.n_steps, e->step, e->value, e->flags };
done:
	return status;
}

enum vt_status vt_evidence_gather(struct vt_ctx *ctx, const struct vt_runs *runs, const char *text,
                                  const struct vt_hypothesis *h, struct vt_evidence *out)
{
	enum vt_status status;
	struct vt_evidence e = { 0 };
	struct vt_selection selection = { 0 };
	struct trace *trace = NULL;
	size_t n = 0;

	VT_TRY(vt_selection_make(ctx, runs, text, h, &selection, &e.excuse, &e.misfit));
	e.n_matching = selection.n;
	e.not_run = selection.n == 0 && !e.misfit;
	VT_NEW(ctx, trace, selection.n);
	if (!excused(&e)) VT_TRY(read_traces(ctx, runs, &selection, h, trace, &n, &e));
	if (!excused(&e) && n > 0) VT_TRY(fill_sample(ctx, trace, n, &e));
	*out = e;
	e = (struct vt_evidence){ 0 };
	status = VT_OK;
done:
	free_traces(trace, n);
	free(selection.run);
	vt_evidence_clear(&e);
	return status;
}
