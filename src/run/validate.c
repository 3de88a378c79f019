/* Validation: which estimates are to be made, and the whole of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "promises.h"

enum { LAYER_ROWS = 4096, DEFAULT_ROWS = 10000 };

/* What is being put together. */
struct plan {
	const struct vt_registry *kinds;
	const struct vt_validate_options *o;
	struct vt_validation *v;
	size_t capacity; /* of items */
};

/* ---- estimators ---------------------------------------------------------------------------------------------- */

static const struct vt_kind *kind_of(const struct plan *p, const char *text)
{
	char name[64];
	size_t n = strcspn(text, ":");
	if (n >= sizeof name) return NULL;
	memcpy(name, text, n);
	name[n] = '\0';
	return vt_kind_find(p->kinds, "estimate", name);
}

/* The estimator as asked for, if it is asked for: with the settings of -e where those are given. */
static const char *asked(const struct vt_validate_options *o, const struct vt_promise *promise)
{
	if (o->n_estimators == 0) return promise->estimator;
	for (size_t i = 0; i < o->n_estimators; i++) {
		const char *text = o->estimator[i];
		if (strchr(text, ':') && strncmp(text, promise->estimator, strcspn(promise->estimator, ":")) == 0 &&
		    strcspn(text, ":") == strcspn(promise->estimator, ":"))
			return text;
		if (vt_promise_of(promise, text)) return promise->estimator;
	}
	return NULL;
}

/* The parsed choice behind a text; parsed once. */
static enum vt_status choose(struct vt_ctx *ctx, struct plan *p, const char *text, const struct vt_chosen **out)
{
	enum vt_status status = VT_OK;
	struct vt_validation *v = p->v;
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->item[i].text, text) == 0) {
			*out = v->item[i].chosen;
			return VT_OK;
		}
	VT_TRY(vt_chosen_parse(ctx, p->kinds, "estimate", text, &v->chosen[v->n_chosen]));
	*out = &v->chosen[v->n_chosen++];
	status = vt_estimate_check(ctx, *out);
done:
	return status;
}

/* ---- items ---------------------------------------------------------------------------------------------------- */

static unsigned nature(const struct vt_known *c)
{
	unsigned xy = c->discrete_x && c->discrete_y   ? VT_TAKES_DISCRETE
	              : c->discrete_x || c->discrete_y ? VT_TAKES_LABELS
	                                               : VT_TAKES_CONTINUOUS;
	return xy | (c->dim_z > 0 ? VT_TAKES_CONDITION : 0);
}

static bool as_layer(const struct vt_kind *kind, const struct vt_known *c)
{
	return c->enumerated && ((const struct vt_estimate_kind *)kind)->layer;
}

static bool takes(const struct vt_kind *kind, const struct vt_known *c)
{
	const struct vt_estimate_kind *e = (const struct vt_estimate_kind *)kind; /* its first member */
	return as_layer(kind, c) || (e->pair && (e->traits & nature(c)) == nature(c));
}

static bool planned(const struct plan *p, const char *text, size_t known)
{
	for (size_t i = 0; i < p->v->n; i++)
		if (p->v->item[i].known == known && strcmp(p->v->item[i].text, text) == 0) return true;
	return false;
}

static enum vt_status append(struct vt_ctx *ctx, struct plan *p, const struct vt_item *item)
{
	enum vt_status status = VT_OK;
	struct vt_item *grown = NULL;
	struct vt_validation *v = p->v;
	if (v->n == p->capacity) {
		size_t more = p->capacity ? 2 * p->capacity : 256;
		VT_NEW(ctx, grown, more);
		if (v->n) memcpy(grown, v->item, v->n * sizeof *grown);
		free(v->item);
		v->item = grown;
		p->capacity = more;
	}
	v->item[v->n++] = *item;
done:
	return status;
}

/* One estimator on one case, all seeds. */
static enum vt_status add_case(struct vt_ctx *ctx, struct plan *p, const struct vt_promise *promise, const char *text,
                               size_t known)
{
	enum vt_status status;
	const struct vt_validate_options *o = p->o;
	struct vt_known c = vt_known_case(known);
	struct vt_item item = { .promise = promise, .text = text, .known = known, .scale = o->tolerance_scale };
	uint64_t first = o->seeds_given ? o->first_seed : 0;
	uint64_t last = o->seeds_given ? o->last_seed : promise && !o->quick ? promise->seeds - 1 : 0;
	if (item.scale == 0) item.scale = 1;
	VT_TRY(choose(ctx, p, text, &item.chosen));
	item.n = o->n ? o->n : promise ? promise->n : DEFAULT_ROWS;
	if (as_layer(item.chosen->kind, &c)) {
		item.n = LAYER_ROWS; /* nothing is drawn: seeds would only repeat it */
		last = first;
	}
	for (item.seed = first; item.seed <= last; item.seed++) VT_TRY(append(ctx, p, &item));
done:
	return status;
}

static enum vt_status add_promise(struct vt_ctx *ctx, struct plan *p, const struct vt_promise *promise)
{
	enum vt_status status = VT_OK;
	const char *text = asked(p->o, promise);
	const struct vt_kind *kind = kind_of(p, promise->estimator);
	size_t taken = 0;
	if (!text) return VT_OK;
	if (!kind) {
		vt_log(ctx, VT_VERBOSE, "validate: there is no estimator %s here: passed over", promise->estimator);
		return VT_OK;
	}
	for (size_t i = 0; i < vt_known_count(); i++) {
		struct vt_known c = vt_known_case(i);
		bool meant = vt_case_matches(&c, promise->cases) && vt_case_matches(&c, p->o->cases);
		if (!meant || !takes(kind, &c) || planned(p, text, i)) continue;
		if (p->o->quick && (taken > 0 || (promise->outside && strcmp(kind->name, "auto") != 0))) continue;
		VT_TRY(add_case(ctx, p, promise, text, i));
		taken++;
	}
done:
	return status;
}

/* What was asked for by name on cases named as well, and no promise covers: shown. */
static enum vt_status add_unpromised(struct vt_ctx *ctx, struct plan *p, const char *text)
{
	enum vt_status status = VT_OK;
	const struct vt_kind *kind = kind_of(p, text);
	for (size_t i = 0; i < vt_known_count(); i++) {
		struct vt_known c = vt_known_case(i);
		if (!vt_case_matches(&c, p->o->cases) || !takes(kind, &c)) continue;
		bool done_already = false;
		for (size_t k = 0; k < p->v->n; k++)
			done_already |= p->v->item[k].known == i && p->v->item[k].chosen->kind == kind;
		if (!done_already) VT_TRY(add_case(ctx, p, NULL, text, i));
	}
done:
	return status;
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

/* A misspelt name would otherwise match nothing in silence. */
static enum vt_status check_names(struct vt_ctx *ctx, const struct plan *p)
{
	enum vt_status status = VT_OK;
	struct vt_chosen chosen = { 0 };
	for (size_t i = 0; i < p->o->n_estimators; i++) {
		if (kind_of(p, p->o->estimator[i])) continue;
		status = vt_chosen_parse(ctx, p->kinds, "estimate", p->o->estimator[i], &chosen);
		vt_chosen_clear(&chosen);
		return status;
	}
	bool any = false;
	for (size_t i = 0; i < vt_known_count(); i++) {
		struct vt_known c = vt_known_case(i);
		any |= vt_case_matches(&c, p->o->cases);
	}
	if (any) return VT_OK;
	const char *near = vt_known_nearest(p->o->cases);
	return vt_ctx_fail(ctx, VT_EUSAGE, "no case is called '%.80s'%s%s%s", p->o->cases, near ? " (did you mean '" :
	                   "; --list names them", near ? near : "", near ? "'?)" : "");
}

static void find_uncovered(const struct plan *p)
{
	struct vt_validation *v = p->v;
	if (p->o->n_estimators > 0) return;
	for (size_t i = 0; i < p->kinds->n; i++) {
		const struct vt_kind *kind = p->kinds->entry[i].kind;
		bool covered = strcmp(p->kinds->entry[i].room, "estimate") != 0;
		for (const struct vt_promise *q = vt_promises; q->estimator && !covered; q++) covered = vt_promise_of(q, kind->name);
		if (!covered && v->n_uncovered < VT_MAX_UNCOVERED) v->uncovered[v->n_uncovered++] = kind->name;
	}
}

static enum vt_status make_plan(struct vt_ctx *ctx, struct plan *p)
{
	enum vt_status status;
	size_t n_promises = 0;
	while (vt_promises[n_promises].estimator) n_promises++;
	VT_TRY(check_names(ctx, p));
	/* Every text is a promise's or one of -e. */
	VT_NEW(ctx, p->v->chosen, n_promises + p->o->n_estimators);
	for (size_t i = 0; i < n_promises; i++) VT_TRY(add_promise(ctx, p, &vt_promises[i]));
	for (size_t i = 0; i < p->o->n_estimators && p->o->cases; i++) VT_TRY(add_unpromised(ctx, p, p->o->estimator[i]));
	VT_REQUIRE(ctx, p->v->n > 0, VT_EUSAGE, "nothing to validate: no estimator that is asked for takes or promises these "
	           "cases; name both, -e NAME --cases PATTERN, to see it anyway");
	find_uncovered(p);
done:
	return status;
}

enum vt_status vt_validate(struct vt_ctx *ctx, const struct vt_registry *kinds, const struct vt_validate_options *o,
                           struct vt_validation **out)
{
	enum vt_status status;
	struct vt_validation *v = NULL;
	double began = vt_clock();
	VT_NEW(ctx, v, 1);
	struct plan p = { kinds, o, v, 0 };
	VT_TRY(make_plan(ctx, &p));
	VT_NEW(ctx, v->row, v->n);
	VT_TRY(vt_pool_run(ctx, v->n, v->item, v->row));
	vt_validation_score(v);
	v->seconds = vt_clock() - began;
	*out = v;
	v = NULL;
done:
	vt_validation_free(v);
	return status;
}

void vt_validation_free(struct vt_validation *v)
{
	if (!v) return;
	for (size_t i = 0; i < v->n_chosen; i++) vt_chosen_clear(&v->chosen[i]);
	free(v->chosen);
	free(v->item);
	free(v->row);
	free(v);
}
