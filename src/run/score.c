/* Scores on the forty tasks, and on more of the same families.
 *
 * A task counts as what its worst seed is.  `auto` must reach the bounds; the others are counted beside it, so that one
 * can see what choosing is worth.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <string.h>

#include "promises.h"

/* Of forty tasks: at least 28 within, at least 32 near, at most 8 right ones flagged; the same shares of others. */
enum { OF = 40, WITHIN = 28, NEAR = 32, CAUTIOUS = 8, ROWS = 10000 };
static const double near_nat = 0.1, silent_nat = 0.2;

struct task {
	size_t seeds;
	bool within, near, flagged, unsaid, short_rows;
	double sum, truth;
};

static bool scored(const struct vt_kind *kind)
{
	return strcmp(kind->name, "auto") == 0;
}

static size_t suite_size(enum vt_known_suite suite)
{
	size_t n = 0;
	for (size_t i = 0; i < vt_known_count(); i++) n += vt_known_case(i).suite == suite;
	return n;
}

static void add_seed(const struct vt_validated *v, struct task *t, struct vt_validated_score *s)
{
	bool right = vt_validated_right(v), flagged = v->e.flags != 0 || v->e.bound == VT_BRACKET || !isfinite(v->e.mi);
	t->seeds++;
	t->within &= right;
	t->near &= fabs(v->e.mi - v->truth) <= near_nat; /* false for NaN */
	t->flagged |= flagged;
	t->unsaid |= !right && !flagged;
	t->short_rows |= v->n < ROWS;
	t->sum += v->e.mi;
	t->truth = v->truth;
	s->silent += fabs(v->e.mi - v->truth) > silent_nat && !flagged;
}

static void add_task(const struct vt_validation *v, size_t known, struct vt_validated_score *s)
{
	struct task t = { .within = true, .near = true };
	for (size_t i = 0; i < v->n; i++)
		if (v->row[i].known == known && strcmp(v->row[i].estimator, s->estimator) == 0) add_seed(&v->row[i], &t, s);
	if (t.seeds == 0) return;
	s->n_tasks++;
	s->within += t.within;
	s->near += t.near;
	s->unsaid += !t.within && t.unsaid;
	s->cautious += t.within && t.flagged;
	s->within_mean += fabs(t.sum / (double)t.seeds - t.truth) <= fmax(0.05, 0.1 * t.truth);
	s->complete &= !t.short_rows;
}

static size_t share(size_t of_forty, size_t n)
{
	return (of_forty * n + OF - 1) / OF;
}

static void score(const struct vt_validation *v, const struct vt_validated *like, enum vt_known_suite suite,
                  struct vt_validated_score *s)
{
	size_t n = suite_size(suite);
	*s = (struct vt_validated_score){ .estimator = like->estimator, .suite = suite, .complete = true, .met = true };
	for (size_t i = 0; i < vt_known_count(); i++)
		if (vt_known_case(i).suite == suite) add_task(v, i, s);
	s->complete &= s->n_tasks == n;
	if (!scored(like->kind)) return;
	s->wanted_within = share(WITHIN, n);
	s->wanted_near = share(NEAR, n);
	s->wanted_cautious = CAUTIOUS * n / OF;
	if (s->complete)
		s->met = s->within >= s->wanted_within && s->near >= s->wanted_near && s->unsaid == 0 &&
		         s->cautious <= s->wanted_cautious;
	s->met &= s->silent == 0;
}

bool vt_validated_first(const struct vt_validation *v, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(v->row[k].estimator, v->row[i].estimator) == 0) return false;
	return true;
}

void vt_validation_score(struct vt_validation *v)
{
	v->fell_short = v->n_uncovered > 0;
	for (size_t i = 0; i < v->n; i++)
		v->fell_short |= v->row[i].judgement == VT_JUDGED_SHORT || v->row[i].judgement == VT_JUDGED_FAILED;
	for (size_t i = 0; i < v->n; i++) {
		if (!vt_validated_first(v, i)) continue;
		for (enum vt_known_suite suite = VT_KNOWN_FORTY; suite <= VT_KNOWN_MORE; suite++) {
			struct vt_validated_score s;
			score(v, &v->row[i], suite, &s);
			bool told = s.n_tasks > 0 && (s.complete || scored(v->row[i].kind));
			v->fell_short |= told && !s.met;
			if (told && v->n_scores < VT_MAX_SCORES) v->score[v->n_scores++] = s;
		}
	}
}
