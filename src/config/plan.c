/* A file, a preset and overrides become a plan.  Called once per experiment and once per
 * preset that the file defines, so that a bad one is found before it is needed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "plan.h"

/* A dot, not any prefix: train.rate does not cover train.rate_scaling. */
bool vt_key_covers(const char *key, const char *other)
{
	size_t n = strlen(key);
	return strncmp(key, other, n) == 0 && (other[n] == '\0' || other[n] == '.');
}

enum vt_status vt_plan_add(struct vt_filling *f, struct vt_plan *p, const struct vt_node *at,
                           const struct vt_assigned *assigned)
{
	if (p->n_assigned >= VT_MOST_ASSIGNED)
		return vt_node_fail(f->ctx, at, "more than %d settings are swept, preset or overridden", VT_MOST_ASSIGNED);
	p->assigned[p->n_assigned++] = *assigned;
	return VT_OK;
}

enum vt_status vt_plan_add_axis(struct vt_filling *f, struct vt_plan *p, const struct vt_node *at,
                                struct vt_sweep *sweep, size_t position)
{
	if (p->n_axes >= VT_MOST_AXES) return vt_node_fail(f->ctx, at, "more than %d swept settings", VT_MOST_AXES);
	memmove(p->axis + position + 1, p->axis + position, (p->n_axes - position) * sizeof *p->axis);
	p->axis[position] = sweep;
	p->n_axes++;
	return vt_plan_add(f, p, at, &(struct vt_assigned){ .key = sweep->key, .sweep = sweep });
}

void vt_plan_remove_axis(struct vt_plan *p, size_t position)
{
	const struct vt_sweep *sweep = p->axis[position];
	size_t kept = 0;
	for (size_t i = 0; i < p->n_assigned; i++)
		if (p->assigned[i].sweep != sweep) p->assigned[kept++] = p->assigned[i];
	p->n_assigned = kept;
	p->n_axes--;
	memmove(p->axis + position, p->axis + position + 1, (p->n_axes - position) * sizeof *p->axis);
}

/* An axis that a stronger assignment takes over must go: it would multiply tasks that are all
 * the same.  Removes the axes that `key` covers; returns where a new one for it belongs. */
static size_t clear_axes(struct vt_plan *p, const char *key)
{
	size_t position = SIZE_MAX;
	for (size_t i = 0; i < p->n_axes;) {
		if (!vt_key_covers(key, p->axis[i]->key)) {
			i++;
			continue;
		}
		if (strcmp(key, p->axis[i]->key) == 0) position = i;
		vt_plan_remove_axis(p, i);
	}
	return position < p->n_axes ? position : p->n_axes;
}

/* An entry of `sweep` must sweep, and only once. */
static enum vt_status check_sweep(struct vt_filling *f, const struct vt_plan *p, const struct vt_setting *s,
                                  const struct vt_node *at, const struct vt_node *value)
{
	bool lists = s->option && (s->option->type == VT_INTS || s->option->type == VT_REALS ||
	                           s->option->type == VT_STRINGS);
	if (!s->sweepable) return vt_node_fail(f->ctx, at, "%s cannot be swept", s->key);
	if (!vt_value_sweeps(s, value))
		return vt_node_fail(f->ctx, value, "%s is %s, a sweep wants %s", s->key, vt_node_noun(value),
		                    lists ? "a list of lists, as [[1, 2], [3]] is one"
		                          : "a list or a range of whole numbers, as 0..9 is one");
	for (size_t i = 0; i < p->n_axes; i++)
		if (strcmp(p->axis[i]->key, s->key) == 0)
			return vt_node_fail(f->ctx, at, "%s is swept twice; remove one", s->key);
	return VT_OK;
}

static enum vt_status assign_sweep(struct vt_filling *f, struct vt_plan *p, const struct vt_setting *s,
                                   const struct vt_node *key, const struct vt_node *value, size_t position)
{
	struct vt_sweep *sweep = vt_arena_take(f->ctx, f->arena, 1, sizeof *sweep);
	if (!sweep) return VT_ENOMEM;
	sweep->key = s->key;
	sweep->origin = value->origin;
	enum vt_status status = vt_sweep_expand(f, s, value, sweep);
	return status == VT_OK ? vt_plan_add_axis(f, p, key, sweep, position) : status;
}

enum vt_status vt_plan_assign(struct vt_filling *f, struct vt_plan *p, const struct vt_node *key,
                              struct vt_node *value)
{
	struct vt_setting s;
	enum vt_status status;
	if (strcmp(key->text, VT_ARM) == 0 && value->origin > VT_FROM_SWEEP) return vt_arms_choose(f, p, key, value);
	VT_TRY(vt_setting_find(f, p->now, key->text, key, &s));
	bool sweeps = vt_value_sweeps(&s, value);
	if (value->origin == VT_FROM_SWEEP || (sweeps && !s.sweepable)) VT_TRY(check_sweep(f, p, &s, key, value));
	/* a kind given as a mapping replaces all that stood there */
	if (!s.option && value->type == VT_NODE_MAP) s.key = key->text;
	size_t position = p->n_axes;
	if (value->origin > VT_FROM_SWEEP) {
		vt_arms_strip(p, s.key);
		position = clear_axes(p, s.key);
	}
	if (sweeps) return assign_sweep(f, p, &s, key, value, position);
	p->now = vt_node_with(f->ctx, f->arena, p->now, s.key, value);
	if (!p->now) return VT_ENOMEM;
	VT_TRY(vt_plan_add(f, p, key, &(struct vt_assigned){ .key = s.key, .value = value }));
done:
	return status;
}

/* The file's `sweep` and `arms`, in the file's order. */
static enum vt_status add_file_axes(struct vt_filling *f, struct vt_plan *p)
{
	const struct vt_node *root = p->config->root;
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < root->n; i++) {
		const struct vt_node *section = root->item[i];
		if (strcmp(root->key[i]->text, "arms") == 0) VT_TRY(vt_arms_add(f, p, section));
		if (strcmp(root->key[i]->text, "sweep") != 0) continue;
		for (size_t j = 0; j < section->n; j++) VT_TRY(vt_plan_assign(f, p, section->key[j], section->item[j]));
	}
	VT_TRY(vt_arms_check(f, p));
done:
	return status;
}

static enum vt_status add_preset(struct vt_filling *f, struct vt_plan *p, const char *preset)
{
	const struct vt_node *presets = vt_node_find(p->config->root, "presets");
	const struct vt_node *entries = preset ? vt_node_find(presets, preset) : NULL;
	enum vt_status status = VT_OK;
	if (!preset || (!entries && strcmp(preset, "full") == 0)) return VT_OK;
	if (!entries) {
		enum { MOST = 64 };
		const char *name[MOST] = { "full" };
		size_t n = 1;
		for (size_t i = 0; presets && i < presets->n && n < MOST; i++) name[n++] = presets->key[i]->text;
		const char *near = vt_nearest(preset, name, n);
		return vt_ctx_fail(f->ctx, VT_EUSAGE, "%s has no preset '%.80s'%s%s%s", p->config->source.name, preset,
		                   near ? " (did you mean '" : "; 'full' always exists", near ? near : "", near ? "'?)" : "");
	}
	for (size_t i = 0; i < entries->n; i++) VT_TRY(vt_plan_assign(f, p, entries->key[i], entries->item[i]));
done:
	return status;
}

/* The key is cut out of the copy for a moment only: the source keeps the text as it was given,
 * to be quoted in messages. */
static enum vt_status add_override(struct vt_filling *f, struct vt_plan *p, const char *text)
{
	struct vt_source *source = vt_arena_take(f->ctx, f->arena, 1, sizeof *source);
	char *copy = vt_arena_text(f->ctx, f->arena, text, strlen(text));
	const char *equals = strchr(text, '=');
	struct vt_node *value = NULL;
	if (!source || !copy) return VT_ENOMEM;
	*source = (struct vt_source){ copy, VT_EUSAGE };
	const struct vt_node at = { .source = source };
	if (!equals || equals == text) return vt_node_fail(f->ctx, &at, "an override is written SETTING=VALUE");
	copy[equals - text] = '\0';
	struct vt_node *key = vt_node_scalar(f->ctx, f->arena, copy, &at);
	copy[equals - text] = '=';
	if (!key) return VT_ENOMEM;
	enum vt_status status = vt_yaml_value(f->ctx, f->arena, source, equals + 1, &value);
	if (status != VT_OK) return status;
	vt_node_mark(value, VT_FROM_OVERRIDE);
	return vt_plan_assign(f, p, key, value);
}

/* Axes over settings that a stronger change of kind took away.  Settings of that sort are let
 * pass when the kind is filled; an axis would leave equal tasks behind.  Looking them up may
 * leave a message, which is none. */
static void drop_stale_axes(struct vt_filling *f, struct vt_plan *p)
{
	for (size_t i = 0; i < p->n_axes;) {
		const struct vt_sweep *s = p->axis[i];
		if (strcmp(s->key, VT_ARM) != 0 && vt_setting_stale(f, p->now, s->key, s->origin)) vt_plan_remove_axis(p, i);
		else i++;
	}
	vt_ctx_forget(f->ctx);
}

static enum vt_status count_tasks(struct vt_filling *f, struct vt_plan *p)
{
	size_t n = 1;
	for (size_t i = 0; i < p->n_axes; i++) {
		p->axis[i]->position = i;
		if (__builtin_mul_overflow(n, p->axis[i]->n, &n) || n > VT_MOST_TASKS) {
			const struct vt_node *at = p->axis[i]->value[0];
			return vt_node_fail(f->ctx, at, "the sweep has more than %d tasks with %zu values of %s; shorten it",
			                    VT_MOST_TASKS, p->axis[i]->n, p->axis[i]->key);
		}
	}
	p->n_tasks = n;
	return VT_OK;
}

enum vt_status vt_plan_create(struct vt_ctx *ctx, const struct vt_config *c, const char *preset, size_t n_overrides,
                              const char *const *override, struct vt_plan **out)
{
	struct vt_filling f = { .ctx = ctx, .kinds = c->kinds };
	struct vt_plan *p = NULL;
	enum vt_status status;
	VT_NEW(ctx, p, 1);
	p->config = c;
	p->now = c->root;
	p->arena = f.arena = vt_arena_create(ctx);
	if (!f.arena) VT_FAIL(ctx, VT_ENOMEM, "out of memory for a plan");
	VT_TRY(add_file_axes(&f, p));
	VT_TRY(add_preset(&f, p, preset));
	for (size_t i = 0; i < n_overrides; i++) VT_TRY(add_override(&f, p, override[i]));
	drop_stale_axes(&f, p);
	vt_arms_collapse(p);
	VT_TRY(count_tasks(&f, p));
	*out = p;
	p = NULL;
done:
	vt_plan_free(p);
	return status;
}

void vt_plan_free(struct vt_plan *p)
{
	if (p) vt_arena_free(p->arena);
	free(p);
}

/* ---- points ----------------------------------------------------------- */

/* A number in mixed radix: the last axis is the fastest digit. */
void vt_plan_point(const struct vt_plan *p, size_t number, size_t index[VT_MOST_AXES])
{
	for (size_t i = p->n_axes; i-- > 0;) {
		index[i] = number % p->axis[i]->n;
		number /= p->axis[i]->n;
	}
}

static struct vt_node *apply_arm(struct vt_filling *f, struct vt_node *root, const struct vt_node *arm)
{
	for (size_t i = 0; root && i < arm->n; i++)
		root = vt_node_with(f->ctx, f->arena, root, arm->key[i]->text, arm->item[i]);
	return root;
}

/* From weakest to strongest, so that the strongest stays. */
struct vt_node *vt_plan_tree(struct vt_filling *f, const struct vt_plan *p, const size_t index[VT_MOST_AXES])
{
	struct vt_node *root = p->config->root;
	for (size_t i = 0; root && i < p->n_assigned; i++) {
		const struct vt_assigned *a = &p->assigned[i];
		struct vt_node *value = a->sweep ? a->sweep->value[index[a->sweep->position]] : a->value;
		if (strcmp(a->key, VT_ARM) == 0) root = apply_arm(f, root, value);
		else root = vt_node_with(f->ctx, f->arena, root, a->key, value);
	}
	return root;
}
