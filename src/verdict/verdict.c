/* Judging: evidence, statistic, controls, Holm, outcome.  Called by the command `verdict`
 * and at the end of a sweep.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "venturi/value.h"

/* One hypothesis on its way to a ruling. */
struct matter {
	const struct vt_hypothesis *h;
	struct vt_evidence evidence;
	double *value;    /* of the live seeds that gave one: ruling.n_seeds of them */
	double *bounded;  /* the same without censored values, where there were any */
	size_t n_bounded;
	bool decided;     /* enough seeds: takes part in Holm's correction */
};

static const struct vt_statistic_kind *statistic_of(const struct vt_hypothesis *h)
{
	return (const struct vt_statistic_kind *)h->statistic.kind;
}

static void matter_clear(struct matter *m)
{
	vt_evidence_clear(&m->evidence);
	free(m->value);
	free(m->bounded);
}

static size_t drop_missing(double *value, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (isfinite(value[i])) value[kept++] = value[i];
	return kept;
}

/* ---- one hypothesis ------------------------------------------------------- */

static enum vt_status name_ruling(struct vt_ctx *ctx, const struct vt_hypothesis *h, const char *experiment,
                                  struct vt_ruling *r)
{
	enum vt_status status;
	const char *from[] = { h->claim, experiment, h->name, h->statistic.kind->name, h->unit, vt_expect_names[h->expect] };
	char **to[] = { &r->claim, &r->experiment, &r->hypothesis, &r->statistic, &r->unit, &r->expect };

	for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
		*to[i] = vt_copy(ctx, from[i] ? from[i] : "");
		VT_REQUIRE(ctx, *to[i], VT_ENOMEM, "out of memory for the ruling on %s", h->name);
	}
	r->family = h->family ? vt_copy(ctx, h->family) : NULL;
	VT_REQUIRE(ctx, r->family || !h->family, VT_ENOMEM, "out of memory for the ruling on %s", h->name);
	r->value = r->lo = r->hi = r->lo95 = r->hi95 = r->p = r->p_holm = r->ci_level = NAN;
	r->delta = h->delta;
	r->outcome = VT_INCONCLUSIVE;
	status = VT_OK;
done:
	return status;
}

static enum vt_status mask_censored(struct vt_ctx *ctx, const struct vt_sample *s, double **value,
                                    struct vt_sample *out)
{
	enum vt_status status;
	size_t n = s->n_seeds * s->n_places * s->n_steps;

	VT_NEW(ctx, *value, n);
	for (size_t i = 0; i < n; i++) (*value)[i] = s->flags[i] & VT_CENSORED ? (double)NAN : s->value[i];
	*out = *s;
	out->value = *value;
	status = VT_OK;
done:
	return status;
}

/* Values that are bounds by the statistic's own account. */
static enum vt_status drop_bounds(struct vt_ctx *ctx, struct matter *m)
{
	enum vt_status status;
	const struct vt_sample *s = &m->evidence.sample;
	bool *bound = NULL;

	if (!statistic_of(m->h)->bounds) return VT_OK;
	VT_NEW(ctx, bound, s->n_seeds);
	VT_TRY(statistic_of(m->h)->bounds(ctx, m->h->statistic.settings, s, bound));
	for (size_t i = 0; i < s->n_seeds; i++) {
		if (!bound[i]) continue;
		m->bounded[i] = NAN;
		m->evidence.n_bounds++;
	}
done:
	free(bound);
	return status;
}

/* The statistic once more with the censored values missing, and without the values that are
 * bounds: one of unknown side may not carry an outcome. */
static enum vt_status values_without_bounds(struct vt_ctx *ctx, struct matter *m)
{
	enum vt_status status;
	const struct vt_sample *s = &m->evidence.sample;
	struct vt_sample rest, other;
	double *value[2] = { NULL, NULL };

	VT_NEW(ctx, m->bounded, s->n_seeds);
	VT_TRY(mask_censored(ctx, s, &value[0], &rest));
	if (s->other) VT_TRY(mask_censored(ctx, s->other, &value[1], &other));
	if (s->other) rest.other = &other;
	VT_TRY(statistic_of(m->h)->values(ctx, m->h->statistic.settings, &rest, m->bounded));
	VT_TRY(drop_bounds(ctx, m));
	m->n_bounded = drop_missing(m->bounded, s->n_seeds);
done:
	free(value[0]);
	free(value[1]);
	return status;
}

static enum vt_status compute(struct vt_ctx *ctx, struct matter *m, struct vt_ruling *r)
{
	enum vt_status status;
	const struct vt_sample *s = &m->evidence.sample;
	size_t wanted = m->h->seeds_min > 2 ? (size_t)m->h->seeds_min : 2;

	VT_NEW(ctx, m->value, s->n_seeds);
	if (s->n_seeds > 0) VT_TRY(statistic_of(m->h)->values(ctx, m->h->statistic.settings, s, m->value));
	r->n_seeds = drop_missing(m->value, s->n_seeds);
	if (s->n_seeds > 0 && (m->evidence.n_censored > 0 || statistic_of(m->h)->bounds))
		VT_TRY(values_without_bounds(ctx, m));
	vt_decide((enum vt_expect)m->h->expect, r->n_seeds, m->value, m->h->delta, VT_CONFIDENCE, &r->value, &r->lo95,
	          &r->hi95, &r->p);
	r->lo = r->lo95;
	r->hi = r->hi95;
	if (r->n_seeds >= 2) r->ci_level = VT_CONFIDENCE;
	m->decided = r->n_seeds >= wanted;
	status = VT_OK;
done:
	return status;
}

static bool find_control(const struct vt_statistic_kind *kind, const char *name, size_t *out)
{
	for (*out = 0; kind->controls && kind->controls[*out]; ++*out)
		if (strcmp(kind->controls[*out], name) == 0) return true;
	return false;
}

/* Controls are names of the statistic's; any other is a hypothesis that does not fit. */
static bool controls_exist(const struct vt_hypothesis *h, struct vt_excuse *why)
{
	const struct vt_statistic_kind *kind = statistic_of(h);
	size_t n = 0, at;
	while (kind->controls && kind->controls[n]) n++;
	for (size_t i = 0; i < h->controls.n; i++) {
		const char *name = h->controls.v[i];
		if (find_control(kind, name, &at)) continue;
		const char *near = n > 0 ? vt_nearest(name, kind->controls, n) : NULL;
		vt_excuse_set(why, "statistic %s has no control '%s'%s%s%s", kind->kind.name, name,
		              near || n > 0 ? "; the nearest is '" : "", near ? near : n > 0 ? kind->controls[0] : "",
		              near || n > 0 ? "'" : "");
		return false;
	}
	return true;
}

/* A value with a unit of its own is judged in that unit. */
static bool unit_agrees(const struct vt_hypothesis *h, struct vt_excuse *why)
{
	const struct vt_needs needs = vt_needs_of(h);
	if (!needs.unit || strcmp(needs.unit, h->unit) == 0) return true;
	vt_excuse_set(why, "%s is in %s, and the hypothesis has delta in %s", h->statistic.kind->name, needs.unit, h->unit);
	return false;
}

static enum vt_status run_controls(struct vt_ctx *ctx, const struct matter *m, struct vt_ruling *r)
{
	enum vt_status status;
	const struct vt_hypothesis *h = m->h;

	VT_NEW(ctx, r->control, h->controls.n);
	VT_NEW(ctx, r->control_passed, h->controls.n);
	for (size_t i = 0; i < h->controls.n; i++) {
		size_t which;
		r->control[i] = vt_copy(ctx, h->controls.v[i]);
		VT_REQUIRE(ctx, r->control[i], VT_ENOMEM, "out of memory for the controls of %s", h->name);
		r->n_controls = i + 1;
		VT_REQUIRE(ctx, find_control(statistic_of(h), h->controls.v[i], &which), VT_EBUG, "unknown control '%s'",
		           h->controls.v[i]);
		VT_TRY(statistic_of(h)->control(ctx, h->statistic.settings, which, &m->evidence.sample, h, &r->control_passed[i]));
	}
	status = VT_OK;
done:
	return status;
}

static enum vt_status examine(struct vt_ctx *ctx, const struct vt_runs *runs, const char *text, struct matter *m,
                              struct vt_ruling *r)
{
	enum vt_status status;
	struct vt_evidence *e = &m->evidence;

	VT_TRY(vt_evidence_gather(ctx, runs, text, m->h, e));
	if (!e->excuse.text[0]) e->misfit = !controls_exist(m->h, &e->excuse) || !unit_agrees(m->h, &e->excuse);
	VT_REQUIRE(ctx, text || !e->misfit, VT_ECONFIG, "hypothesis %s: %s", m->h->name, e->excuse.text);
	r->n_dead = e->n_dead;
	r->n_flagged = e->n_flagged;
	r->n_missing = e->n_missing;
	if (e->not_run) r->outcome = VT_NOT_RUN;
	if (e->excuse.text[0]) return VT_OK;
	VT_TRY(compute(ctx, m, r));
	if (m->decided) VT_TRY(run_controls(ctx, m, r));
done:
	return status;
}

/* ---- the family ------------------------------------------------------------ */

static bool controls_passed(const struct vt_ruling *r)
{
	for (size_t i = 0; i < r->n_controls; i++)
		if (!r->control_passed[i]) return false;
	return true;
}

/* Outcome at the level that Holm leaves; with values that are bounds it must stand without them. */
static void conclude(const struct matter *m, struct vt_ruling *r, double adjusted, double level)
{
	double mean, lo, hi, p;
	enum vt_expect expect = (enum vt_expect)m->h->expect;
	enum vt_outcome o = vt_decide(expect, r->n_seeds, m->value, m->h->delta, level, &r->value, &r->lo, &r->hi, &p);
	if (m->bounded && o != vt_decide(expect, m->n_bounded, m->bounded, m->h->delta, level, &mean, &lo, &hi, &p))
		o = VT_INCONCLUSIVE;
	r->p_holm = adjusted;
	r->ci_level = level;
	r->outcome = controls_passed(r) ? o : VT_INCONCLUSIVE;
}

static bool same_family(const struct vt_ruling *a, const struct vt_ruling *b)
{
	return a->family && b->family ? strcmp(a->family, b->family) == 0 : a->family == b->family;
}

/* Corrects the family of ruling `first`, unless an earlier ruling belongs to it. */
static enum vt_status correct_family(struct vt_ctx *ctx, size_t first, size_t n, const struct matter *m,
                                     struct vt_ruling *r)
{
	enum vt_status status;
	double *p = NULL, *adjusted = NULL, *level = NULL;
	size_t *member = NULL, k = 0;

	for (size_t i = 0; i < first; i++)
		if (same_family(&r[i], &r[first])) return VT_OK;
	VT_NEW(ctx, p, n);
	VT_NEW(ctx, adjusted, n);
	VT_NEW(ctx, level, n);
	VT_NEW(ctx, member, n);
	for (size_t i = first; i < n; i++) {
		if (!m[i].decided || !same_family(&r[i], &r[first])) continue;
		p[k] = controls_passed(&r[i]) ? r[i].p : 1; /* what fails a control rejects nothing */
		member[k++] = i;
	}
	VT_TRY(vt_holm(ctx, k, p, 1 - VT_CONFIDENCE, adjusted, level));
	for (size_t i = 0; i < k; i++) conclude(&m[member[i]], &r[member[i]], adjusted[i], level[i]);
done:
	free(p);
	free(adjusted);
	free(level);
	free(member);
	return status;
}

/* ---- all hypotheses of one experiment ---------------------------------------- */

static enum vt_status judge(struct vt_ctx *ctx, const struct vt_runs *runs, const char *text, const char *experiment,
                            size_t n, const struct vt_hypothesis *h, struct vt_ruling *r)
{
	enum vt_status status;
	struct matter *m = NULL;

	VT_NEW(ctx, m, n);
	for (size_t i = 0; i < n; i++) {
		m[i].h = &h[i];
		r[i].registered = text != NULL;
		VT_TRY(name_ruling(ctx, &h[i], experiment, &r[i]));
		VT_TRY(examine(ctx, runs, text, &m[i], &r[i]));
	}
	for (size_t i = 0; i < n; i++) VT_TRY(correct_family(ctx, i, n, m, r));
	for (size_t i = 0; i < n; i++) {
		r[i].reason = vt_ruling_sentence(ctx, &r[i], &m[i].evidence, &h[i]);
		VT_REQUIRE(ctx, r[i].reason, VT_ENOMEM, "out of memory for the ruling on %s", h[i].name);
	}
	status = VT_OK;
done:
	for (size_t i = 0; m && i < n; i++) matter_clear(&m[i]);
	free(m);
	return status;
}

/* Room for n more rulings; *at is the first of them. */
static enum vt_status grow(struct vt_ctx *ctx, struct vt_rulings *r, size_t n, struct vt_ruling **at)
{
	enum vt_status status;
	struct vt_ruling *all = NULL;

	VT_NEW(ctx, all, r->n + n);
	if (r->n > 0) memcpy(all, r->ruling, r->n * sizeof *all);
	free(r->ruling);
	r->ruling = all;
	*at = all + r->n;
	r->n += n;
	status = VT_OK;
done:
	return status;
}

static const char *name_of(const struct vt_runs *runs, size_t run)
{
	const char *name = vt_runs_attribute(runs, run, "experiment");
	return name ? name : vt_runs_attribute(runs, run, "title");
}

static enum vt_status judge_registered(struct vt_ctx *ctx, const struct vt_registry *kinds, const struct vt_runs *runs,
                                       size_t run, struct vt_rulings *out)
{
	enum vt_status status;
	const char *text = vt_runs_text(runs, run, "hypotheses");
	struct vt_hypothesis *h = NULL;
	struct vt_ruling *at;
	size_t n = 0;

	VT_TRY(vt_hypotheses_parse(ctx, kinds, text, &n, &h));
	VT_TRY(grow(ctx, out, n, &at));
	VT_TRY(judge(ctx, runs, text, name_of(runs, run), n, h, at));
done:
	if (status != VT_OK) vt_ctx_frame(ctx, "in the hypotheses that %s registered", vt_runs_path(runs, run));
	vt_hypotheses_free(n, h);
	return status;
}

/* Whether run i registers hypotheses that no earlier run has. */
static bool is_first(const struct vt_runs *runs, size_t run)
{
	const char *text = vt_runs_text(runs, run, "hypotheses");
	if (!text || !text[0]) return false;
	for (size_t i = 0; i < run; i++) {
		const char *earlier = vt_runs_text(runs, i, "hypotheses");
		if (earlier && strcmp(earlier, text) == 0) return false;
	}
	return true;
}

enum vt_status vt_verdict(struct vt_ctx *ctx, const struct vt_registry *kinds, const struct vt_runs *runs,
                          const struct vt_experiment *with, struct vt_rulings **out)
{
	enum vt_status status;
	struct vt_rulings *r = NULL;
	struct vt_ruling *at;

	VT_NEW(ctx, r, 1);
	for (size_t i = 0; !with && i < vt_runs_count(runs); i++)
		if (is_first(runs, i)) VT_TRY(judge_registered(ctx, kinds, runs, i, r));
	if (with) {
		VT_TRY(grow(ctx, r, with->n_hypotheses, &at));
		VT_TRY(judge(ctx, runs, NULL, with->name, with->n_hypotheses, with->hypothesis, at));
	}
	*out = r;
	return VT_OK;
done:
	if (with) vt_ctx_frame(ctx, "in %s", with->path);
	vt_rulings_free(r);
	return status;
}
