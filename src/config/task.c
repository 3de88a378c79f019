/* One point of the sweep, resolved: every kind's settings, and the same as flat JSON.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "plan.h"

enum { MOST_MEASURES = 256 };

/* `/KEY` of a measure may not be a group that something else writes. */
static enum vt_status check_measure_name(struct vt_filling *f, const struct vt_node *name, const struct vt_kind *kind)
{
	static const char *const taken[] = { "train", "provenance", "theory", "rulings", "step" };
	enum vt_status status = vt_name_check(f->ctx, "a measure", name);
	if (status != VT_OK) return status;
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		if (strcmp(taken[i], name->text) == 0)
			return vt_node_fail(f->ctx, name, "a measure cannot be called '%s', a group of every run file", taken[i]);
	if (strcmp(kind->name, name->text) != 0 && vt_kind_find(f->kinds, "measure", name->text))
		return vt_node_fail(f->ctx, name, "a measure of kind %s cannot be called '%s', which is another kind", kind->name,
		                    name->text);
	return VT_OK;
}

/* One that fails halfway is freed with the task: n_measures counts what vt_task_free must free. */
static enum vt_status fill_measures(struct vt_filling *f, const struct vt_node *section, struct vt_task *t)
{
	enum vt_status status;
	if (!section) return VT_OK;
	if (section->type != VT_NODE_MAP || section->n > MOST_MEASURES)
		return vt_node_fail(f->ctx, section, "'measure' is %s, a mapping of at most %d names to measures is wanted",
		                    vt_node_noun(section), MOST_MEASURES);
	VT_NEW(f->ctx, t->measure, section->n);
	for (size_t i = 0; i < section->n; i++) {
		const struct vt_node *name = section->key[i], *node = section->item[i];
		struct vt_named *m = &t->measure[t->n_measures];
		VT_TRY(vt_chosen_fill(f, "measure", name->text, node, name, NULL, &m->chosen));
		t->n_measures++;
		m->key = vt_copy(f->ctx, name->text);
		if (!m->key) return VT_ENOMEM;
		VT_TRY(check_measure_name(f, name, m->chosen.kind));
	}
	status = VT_OK;
done:
	return status;
}

static enum vt_status fill_section(struct vt_filling *f, const struct vt_node *root, const char *room,
                                   struct vt_chosen *out)
{
	const char *fallback = vt_room_fallback(f->kinds, room);
	return vt_chosen_fill(f, room, room, vt_node_find(root, room), root, fallback, out);
}

static enum vt_status fill_point(struct vt_ctx *ctx, const struct vt_plan *p, const size_t *index, struct vt_task *t)
{
	enum vt_status status;
	VT_NEW(ctx, t->axis_key, p->n_axes);
	VT_NEW(ctx, t->axis_value, p->n_axes);
	t->n_axes = p->n_axes;
	for (size_t i = 0; i < p->n_axes; i++) {
		t->axis_key[i] = vt_copy(ctx, p->axis[i]->key);
		t->axis_value[i] = vt_copy(ctx, p->axis[i]->text[index[i]]);
		if (!t->axis_key[i] || !t->axis_value[i]) return VT_ENOMEM;
	}
	status = VT_OK;
done:
	return status;
}

/* Fixed order of sections, then each table's own order: equal tasks give equal text, which the
 * store hashes. */
static void write_settings(struct vt_flat *flat, const struct vt_task *t, const struct vt_node *root)
{
	const struct { const char *room; const struct vt_chosen *chosen; } section[] = {
		{ "dataset", &t->dataset }, { "model", &t->model }, { "train", &t->train }, { "probe", &t->probe },
		{ "store", &t->store },
	};
	const struct vt_node *measure = vt_node_find(root, "measure");
	for (size_t i = 0; i < t->n_axes; i++)
		if (strcmp(t->axis_key[i], VT_ARM) == 0) vt_flat_text(flat, VT_ARM, t->axis_value[i]);
	for (size_t i = 0; i < sizeof section / sizeof *section; i++)
		vt_flat_chosen(flat, section[i].chosen, vt_node_find(root, section[i].room), section[i].room, true);
	for (size_t i = 0; i < t->n_measures; i++) {
		char prefix[VT_LONGEST_KEY];
		snprintf(prefix, sizeof prefix, "measure.%s", t->measure[i].key);
		vt_flat_chosen(flat, &t->measure[i].chosen, vt_node_find(measure, t->measure[i].key), prefix, true);
	}
}

static enum vt_status fill_json(struct vt_ctx *ctx, struct vt_task *t, const struct vt_node *root)
{
	size_t size[2] = { 0 };
	struct vt_flat flat = { .settings = open_memstream(&t->settings_json, &size[0]),
	                        .defaults = open_memstream(&t->defaults_json, &size[1]) };
	bool lost = !flat.settings || !flat.defaults;
	if (!lost) {
		putc('{', flat.settings);
		putc('[', flat.defaults);
		write_settings(&flat, t, root);
		putc('}', flat.settings);
		putc(']', flat.defaults);
	}
	if (flat.settings) lost |= fclose(flat.settings) != 0;
	if (flat.defaults) lost |= fclose(flat.defaults) != 0;
	return lost ? vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for the settings of task %zu", t->number) : VT_OK;
}

/* train.seed, whatever the kind of training. */
static int64_t seed(const struct vt_chosen *train)
{
	const struct vt_option *o = vt_option_find(train->kind->options, "seed");
	return o && o->type == VT_INT ? *(const int64_t *)((const char *)train->settings + o->offset) : 0;
}

enum vt_status vt_task_resolve(struct vt_ctx *ctx, const struct vt_plan *p, size_t number, bool json,
                               struct vt_task **out)
{
	size_t index[VT_MOST_AXES];
	struct vt_filling f = { .ctx = ctx, .kinds = p->config->kinds, .arena = vt_arena_create(ctx) };
	struct vt_task *t = NULL;
	enum vt_status status;
	VT_REQUIRE(ctx, f.arena, VT_ENOMEM, "out of memory for task %zu", number);
	VT_NEW(ctx, t, 1);
	t->number = number;
	vt_plan_point(p, number, index);
	const struct vt_node *root = vt_plan_tree(&f, p, index);
	VT_REQUIRE(ctx, root, VT_ENOMEM, "out of memory for task %zu", number);
	/* in the order of the data's way, so that the first error is the one nearest to the source */
	VT_TRY(fill_section(&f, root, "dataset", &t->dataset));
	VT_TRY(fill_section(&f, root, "model", &t->model));
	VT_TRY(fill_section(&f, root, "train", &t->train));
	VT_TRY(fill_section(&f, root, "probe", &t->probe));
	VT_TRY(fill_section(&f, root, "store", &t->store));
	VT_TRY(fill_measures(&f, vt_node_find(root, "measure"), t));
	VT_TRY(fill_point(ctx, p, index, t));
	if (json) VT_TRY(fill_json(ctx, t, root));
	t->seed = seed(&t->train);
	*out = t;
	t = NULL;
done:
	vt_task_free(t);
	vt_arena_free(f.arena);
	return status;
}

void vt_task_free(struct vt_task *t)
{
	if (!t) return;
	vt_chosen_clear(&t->dataset);
	vt_chosen_clear(&t->model);
	vt_chosen_clear(&t->train);
	vt_chosen_clear(&t->probe);
	vt_chosen_clear(&t->store);
	for (size_t i = 0; i < t->n_measures; i++) {
		free(t->measure[i].key);
		vt_chosen_clear(&t->measure[i].chosen);
	}
	for (size_t i = 0; i < t->n_axes; i++) {
		free(t->axis_key[i]);
		free(t->axis_value[i]);
	}
	free(t->measure);
	free(t->axis_key);
	free(t->axis_value);
	free(t->settings_json);
	free(t->defaults_json);
	free(t);
}
