/* Axes: the values of a swept setting, and arms, which vary several settings at once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

static bool is_number(const struct vt_setting *s)
{
	return s->option && (s->option->type == VT_INT || s->option->type == VT_REAL);
}

static bool is_list(const struct vt_setting *s)
{
	return s->option &&
	       (s->option->type == VT_INTS || s->option->type == VT_REALS || s->option->type == VT_STRINGS);
}

/* Where the setting itself is a list, one list is its value and a list of lists sweeps.
 * A range that is wrong (9..0) counts as a sweep as well, to be refused as one. */
bool vt_value_sweeps(const struct vt_setting *s, const struct vt_node *value)
{
	if (is_list(s)) return value->type == VT_NODE_LIST && value->n > 0 && value->item[0]->type == VT_NODE_LIST;
	if (value->type == VT_NODE_LIST) return true;
	return is_number(s) && value->type == VT_NODE_SCALAR && !value->quoted && strstr(value->text, "..");
}

static enum vt_status allocate(struct vt_filling *f, struct vt_sweep *sweep, size_t n)
{
	sweep->n = n;
	sweep->value = vt_arena_take(f->ctx, f->arena, n, sizeof *sweep->value);
	sweep->text = vt_arena_take(f->ctx, f->arena, n, sizeof *sweep->text);
	return sweep->value && sweep->text ? VT_OK : VT_ENOMEM;
}

static enum vt_status expand_range(struct vt_filling *f, const struct vt_setting *s, const struct vt_node *value,
                                   struct vt_sweep *sweep)
{
	int64_t first = 0, last = 0;
	char text[32];
	if (!vt_text_range(value->text, &first, &last))
		return vt_node_fail(f->ctx, value, "%s = %.80s is no range; a..b wants whole numbers with a <= b", s->key,
		                    value->text);
	uint64_t span = (uint64_t)last - (uint64_t)first;
	if (span >= VT_MOST_VALUES)
		return vt_node_fail(f->ctx, value, "%s = %.80s has more than %d values", s->key, value->text, VT_MOST_VALUES);
	enum vt_status status;
	VT_TRY(allocate(f, sweep, (size_t)span + 1));
	for (size_t i = 0; i < sweep->n; i++) {
		snprintf(text, sizeof text, "%" PRId64, first + (int64_t)i);
		sweep->value[i] = vt_node_scalar(f->ctx, f->arena, text, value);
		if (!sweep->value[i]) return VT_ENOMEM;
		VT_TRY(vt_setting_text(f, s, sweep->value[i], &sweep->text[i]));
	}
done:
	return status;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Tasks that are the same would count as seeds. */
static enum vt_status check_twice(struct vt_filling *f, const struct vt_setting *s, const struct vt_node *at,
                                  const struct vt_sweep *sweep)
{
	const char **sorted = vt_alloc(f->ctx, sweep->n, sizeof *sorted);
	enum vt_status status = VT_OK;
	if (!sorted) return VT_ENOMEM;
	memcpy(sorted, sweep->text, sweep->n * sizeof *sorted);
	qsort(sorted, sweep->n, sizeof *sorted, by_text);
	for (size_t i = 1; i < sweep->n && status == VT_OK; i++)
		if (strcmp(sorted[i - 1], sorted[i]) == 0)
			status = vt_node_fail(f->ctx, at, "the sweep of %s has %.80s twice; remove one", s->key, sorted[i]);
	free(sorted);
	return status;
}

enum vt_status vt_sweep_expand(struct vt_filling *f, const struct vt_setting *s, const struct vt_node *value,
                               struct vt_sweep *sweep)
{
	enum vt_status status;
	if (value->type == VT_NODE_SCALAR) return expand_range(f, s, value, sweep);
	if (value->n == 0) return vt_node_fail(f->ctx, value, "the sweep of %s is an empty list", s->key);
	if (value->n > VT_MOST_VALUES)
		return vt_node_fail(f->ctx, value, "the sweep of %s has %zu values, at most %d are allowed", s->key, value->n,
		                    VT_MOST_VALUES);
	VT_TRY(allocate(f, sweep, value->n));
	for (size_t i = 0; i < value->n; i++) {
		sweep->value[i] = value->item[i];
		VT_TRY(vt_setting_text(f, s, value->item[i], &sweep->text[i]));
	}
	VT_TRY(check_twice(f, s, value, sweep));
done:
	return status;
}

/* ---- arms ------------------------------------------------------------- */

static size_t arm_axis(const struct vt_plan *p)
{
	for (size_t i = 0; i < p->n_axes; i++)
		if (strcmp(p->axis[i]->key, VT_ARM) == 0) return i;
	return SIZE_MAX;
}

/* A copy of one arm with its keys as axes write them; it belongs to the plan, which may take
 * entries out of it. */
static enum vt_status read_arm(struct vt_filling *f, const struct vt_plan *p, const struct vt_node *name,
                               const struct vt_node *entries, struct vt_node **out)
{
	if (entries->type != VT_NODE_MAP)
		return vt_node_fail(f->ctx, entries, "arm '%s' is %s, a mapping of settings is wanted ({} for none)",
		                    name->text, vt_node_noun(entries));
	struct vt_node *arm = vt_node_create(f->ctx, f->arena, VT_NODE_MAP, entries->n, entries);
	struct vt_setting s;
	enum vt_status status = arm ? VT_OK : VT_ENOMEM;
	for (size_t i = 0; status == VT_OK && i < entries->n; i++) {
		const struct vt_node *key = entries->key[i];
		struct vt_node *value = entries->item[i];
		VT_TRY(vt_setting_find(f, p->now, key->text, key, &s));
		if (!s.sweepable) VT_TRY(vt_node_fail(f->ctx, key, "%s cannot be swept", s.key));
		if (vt_value_sweeps(&s, value))
			VT_TRY(vt_node_fail(f->ctx, value, "%s is a list, an arm sets one value; sweep it under 'sweep'", s.key));
		arm->key[i] = vt_node_scalar(f->ctx, f->arena, value->type == VT_NODE_MAP ? key->text : s.key, key);
		if (!arm->key[i]) return VT_ENOMEM;
		arm->item[i] = value;
		arm->n++;
	}
	*out = arm;
done:
	return status;
}

enum vt_status vt_arms_add(struct vt_filling *f, struct vt_plan *p, const struct vt_node *section)
{
	struct vt_sweep *sweep = vt_arena_take(f->ctx, f->arena, 1, sizeof *sweep);
	enum vt_status status;
	if (!sweep) return VT_ENOMEM;
	if (section->n == 0) return vt_node_fail(f->ctx, section, "'arms' is empty; leave it out");
	sweep->key = VT_ARM;
	sweep->origin = VT_FROM_SWEEP;
	VT_TRY(allocate(f, sweep, section->n));
	for (size_t i = 0; i < section->n; i++) {
		VT_TRY(vt_name_check(f->ctx, "an arm", section->key[i]));
		VT_TRY(read_arm(f, p, section->key[i], section->item[i], &sweep->value[i]));
		sweep->text[i] = section->key[i]->text;
	}
	VT_TRY(vt_plan_add_axis(f, p, section, sweep, p->n_axes));
done:
	return status;
}

enum vt_status vt_arms_check(struct vt_filling *f, const struct vt_plan *p)
{
	size_t arms = arm_axis(p);
	if (arms == SIZE_MAX) return VT_OK;
	for (size_t i = 0; i < p->axis[arms]->n; i++) {
		const struct vt_node *arm = p->axis[arms]->value[i];
		for (size_t j = 0; j < arm->n; j++)
			for (size_t k = 0; k < p->n_axes; k++)
				if (vt_key_covers(arm->key[j]->text, p->axis[k]->key))
					return vt_node_fail(f->ctx, arm->key[j], "%s is set by arm '%s' and swept as well; remove one",
					                    arm->key[j]->text, p->axis[arms]->text[i]);
	}
	return VT_OK;
}

/* Index of the arm that `name` names. */
static enum vt_status find_arm(struct vt_filling *f, const struct vt_sweep *arms, const struct vt_node *name,
                               size_t *out)
{
	if (name->type != VT_NODE_SCALAR)
		return vt_node_fail(f->ctx, name, "%s, the name of an arm is wanted", vt_node_noun(name));
	for (size_t i = 0; i < arms->n; i++) {
		if (strcmp(arms->text[i], name->text) != 0) continue;
		*out = i;
		return VT_OK;
	}
	const char *near = vt_nearest(name->text, arms->text, arms->n);
	if (near) return vt_node_fail(f->ctx, name, "no arm '%.80s' (did you mean '%s'?)", name->text, near);
	return vt_node_fail(f->ctx, name, "no arm '%.80s'; the first of %zu is '%s'", name->text, arms->n, arms->text[0]);
}

enum vt_status vt_arms_choose(struct vt_filling *f, struct vt_plan *p, const struct vt_node *at,
                              const struct vt_node *value)
{
	size_t axis = arm_axis(p), n = value->type == VT_NODE_LIST ? value->n : 1, chosen = 0;
	if (axis == SIZE_MAX) return vt_node_fail(f->ctx, at, "this experiment has no 'arms' to choose from");
	if (n == 0) return vt_node_fail(f->ctx, value, "an empty list of arms");
	struct vt_sweep *arms = p->axis[axis];
	struct vt_sweep kept = { 0 };
	enum vt_status status;
	VT_TRY(allocate(f, &kept, n));
	for (size_t i = 0; i < n; i++) {
		VT_TRY(find_arm(f, arms, value->type == VT_NODE_LIST ? value->item[i] : value, &chosen));
		kept.value[i] = arms->value[chosen];
		kept.text[i] = arms->text[chosen];
	}
	VT_TRY(check_twice(f, &(struct vt_setting){ .key = VT_ARM }, value, &kept));
	arms->n = kept.n;
	arms->value = kept.value;
	arms->text = kept.text;
done:
	return status;
}

void vt_arms_strip(struct vt_plan *p, const char *key)
{
	size_t axis = arm_axis(p);
	if (axis == SIZE_MAX) return;
	for (size_t i = 0; i < p->axis[axis]->n; i++) {
		struct vt_node *arm = p->axis[axis]->value[i];
		size_t kept = 0;
		for (size_t j = 0; j < arm->n; j++) {
			if (vt_key_covers(key, arm->key[j]->text)) continue;
			arm->key[kept] = arm->key[j];
			arm->item[kept++] = arm->item[j];
		}
		p->arms_stripped |= kept < arm->n;
		arm->n = kept;
	}
}

/* Only arms that became equal: two that are equal in the file are what the file says. */
void vt_arms_collapse(struct vt_plan *p)
{
	size_t axis = arm_axis(p), kept = 0;
	if (axis == SIZE_MAX || !p->arms_stripped) return;
	struct vt_sweep *arms = p->axis[axis];
	for (size_t i = 0; i < arms->n; i++) {
		bool twin = false;
		for (size_t j = 0; j < kept && !twin; j++) twin = vt_node_equal(arms->value[j], arms->value[i]);
		if (twin) continue;
		arms->value[kept] = arms->value[i];
		arms->text[kept++] = arms->text[i];
	}
	arms->n = kept;
	if (kept == 1 && arms->value[0]->n == 0) vt_plan_remove_axis(p, axis);
}
