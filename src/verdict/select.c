/* Which runs a hypothesis is about.  Called when evidence is gathered.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "select.h"

static bool same_number(const char *a, const char *b)
{
	char *end_a, *end_b;
	double x = strtod(a, &end_a), y = strtod(b, &end_b);
	return end_a != a && end_b != b && *end_a == '\0' && *end_b == '\0' && x == y;
}

/* As text without blanks, or as numbers. */
static bool same_setting(const char *a, const char *b)
{
	if (!a || !b) return a == b;
	if (same_number(a, b)) return true;
	for (;; a++, b++) {
		while (*a == ' ') a++;
		while (*b == ' ') b++;
		if (*a != *b) return false;
		if (*a == '\0') return true;
	}
}

static bool agrees(const struct vt_runs *runs, size_t run, const char *text, const struct vt_pairs *where)
{
	const char *registered = vt_runs_text(runs, run, "hypotheses");
	if (text && (!registered || strcmp(registered, text) != 0)) return false;
	for (size_t k = 0; k < where->n; k++)
		if (!same_setting(vt_runs_setting(runs, run, where->key[k]), where->value[k])) return false;
	return true;
}

static bool any_has(const struct vt_runs *runs, const char *key)
{
	for (size_t i = 0; i < vt_runs_count(runs); i++)
		if (vt_runs_setting(runs, i, key)) return true;
	return false;
}

static bool settings_exist(const struct vt_runs *runs, const struct vt_hypothesis *h, struct vt_excuse *why)
{
	for (size_t k = 0; k < h->where.n; k++) {
		if (any_has(runs, h->where.key[k])) continue;
		vt_excuse_set(why, "none of the %zu runs has the setting %s of `where`", vt_runs_count(runs), h->where.key[k]);
		return false;
	}
	if (any_has(runs, h->over)) return true;
	vt_excuse_set(why, "none of the %zu runs has the setting %s of `over`", vt_runs_count(runs), h->over);
	return false;
}

/* Runs that differ in anything but `over` are different experiments: their mean means nothing. */
static bool one_condition(const struct vt_runs *runs, const struct vt_hypothesis *h, const struct vt_selection *s,
                          struct vt_excuse *why)
{
	for (const char *const *axis = vt_runs_axes(runs); *axis; axis++) {
		if (strcmp(*axis, h->over) == 0) continue;
		const char *first = vt_runs_setting(runs, s->run[0], *axis);
		for (size_t i = 1; i < s->n; i++) {
			const char *other = vt_runs_setting(runs, s->run[i], *axis);
			if (same_setting(first, other)) continue;
			vt_excuse_set(why, "%s differs among the %zu runs ('%s' and '%s'), and `where` does not fix it", *axis, s->n,
			              first ? first : "none", other ? other : "none");
			return false;
		}
	}
	return true;
}

static bool replicates_differ(const struct vt_runs *runs, const struct vt_hypothesis *h, const struct vt_selection *s,
                              struct vt_excuse *why)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t j = 0; j < i; j++) {
			const char *value = vt_runs_setting(runs, s->run[i], h->over);
			if (!same_setting(value, vt_runs_setting(runs, s->run[j], h->over))) continue;
			vt_excuse_set(why, "%s and %s have the same %s = %s: they are no replicates", vt_runs_path(runs, s->run[j]),
			              vt_runs_path(runs, s->run[i]), h->over, value ? value : "none");
			return false;
		}
	return true;
}

enum vt_status vt_selection_make(struct vt_ctx *ctx, const struct vt_runs *runs, const char *text,
                                 const struct vt_hypothesis *h, struct vt_selection *out, struct vt_excuse *why,
                                 bool *misfit)
{
	enum vt_status status;

	*misfit = !settings_exist(runs, h, why);
	if (*misfit) return VT_OK;
	VT_NEW(ctx, out->run, vt_runs_count(runs));
	for (size_t i = 0; i < vt_runs_count(runs); i++)
		if (agrees(runs, i, text, &h->where)) out->run[out->n++] = i;
	if (out->n == 0)
		vt_excuse_set(why, "none of the %zu runs agrees with `where`", vt_runs_count(runs));
	else if (one_condition(runs, h, out, why)) replicates_differ(runs, h, out, why);
	status = VT_OK;
done:
	return status;
}

static const char *value_in(const struct vt_pairs *p, const char *key)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->key[i], key) == 0) return p->value[i];
	return NULL;
}

enum vt_status vt_selection_versus(struct vt_ctx *ctx, const struct vt_runs *runs, const char *text,
                                   const struct vt_hypothesis *h, const struct vt_pairs *versus,
                                   struct vt_selection *out, struct vt_excuse *why, bool *misfit)
{
	enum vt_status status;
	struct vt_hypothesis other = *h;
	struct vt_pairs where = { 0 };
	struct vt_excuse own = { "" };

	VT_NEW(ctx, where.key, h->where.n + versus->n + 1);
	VT_NEW(ctx, where.value, h->where.n + versus->n + 1);
	for (size_t i = 0; i < h->where.n; i++) {
		if (value_in(versus, h->where.key[i])) continue;
		where.key[where.n] = h->where.key[i];
		where.value[where.n++] = h->where.value[i];
	}
	for (size_t i = 0; i < versus->n; i++) {
		where.key[where.n] = versus->key[i];
		where.value[where.n++] = versus->value[i];
	}
	other.where = where;
	VT_TRY(vt_selection_make(ctx, runs, text, &other, out, &own, misfit));
	if (own.text[0]) vt_excuse_set(why, "with `versus`: %.500s", own.text);
done:
	free(where.key);
	free(where.value);
	return status;
}

size_t vt_selection_partner(const struct vt_runs *runs, const struct vt_selection *s, const char *over, size_t run)
{
	const char *value = vt_runs_setting(runs, run, over);
	for (size_t i = 0; i < s->n; i++)
		if (same_setting(value, vt_runs_setting(runs, s->run[i], over))) return s->run[i];
	return SIZE_MAX;
}
