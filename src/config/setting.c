/* What a dotted key names: "train.optimiser.beta1" through sections, kinds and their tables.
 * Called for overrides, presets, sweeps, arms and the `where` of hypotheses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "plan.h"

const char *vt_room_section(const char *word)
{
	static const char *const section[] = { "dataset", "model", "train", "probe", "store" };
	for (size_t i = 0; i < sizeof section / sizeof *section; i++)
		if (strcmp(section[i], word) == 0) return section[i];
	return NULL;
}

const char *vt_room_fallback(const struct vt_registry *kinds, const char *room)
{
	bool must = strcmp(room, "dataset") == 0 || strcmp(room, "model") == 0 || strcmp(room, "measure") == 0;
	return must ? NULL : vt_kind_first(kinds, room);
}

/* A key on its way down the tree. */
struct walk {
	struct vt_filling *f;
	const char *key;             /* the whole key */
	const struct vt_node *at;    /* where it stands */
	const char *room, *fallback; /* of the kind that comes next */
	const struct vt_node *node;  /* its node, or null */
	const char *rest;            /* what is left of the key */
	char word[VT_LONGEST_KEY + 1];
	size_t before;               /* bytes of the key before `word` */
};

/* Takes the next word; false at the end. */
static bool step(struct walk *w)
{
	if (!w->rest) return false;
	size_t length = strcspn(w->rest, ".");
	snprintf(w->word, sizeof w->word, "%.*s", (int)length, w->rest);
	w->before = (size_t)(w->rest - w->key);
	w->rest = w->rest[length] == '.' ? w->rest + length + 1 : NULL;
	return true;
}

/* owner: whose name is unknown; null for the first word. */
static enum vt_status unknown(struct walk *w, const char *const *name, size_t n, const char *owner)
{
	const char *near = vt_nearest(w->word, name, n);
	if (near)
		return vt_node_fail(w->f->ctx, w->at, "unknown setting '%.100s' (did you mean '%.*s%s%s%s'?)", w->key,
		                    (int)w->before, w->key, near, w->rest ? "." : "", w->rest ? w->rest : "");
	if (!owner)
		return vt_node_fail(w->f->ctx, w->at, "unknown setting '%.100s'; write room.setting, as train.rate is one", w->key);
	return vt_node_fail(w->f->ctx, w->at, "unknown setting '%.100s': %s has no '%.80s'", w->key, owner, w->word);
}

static const struct vt_option *in_any_kind(const struct vt_registry *kinds, const char *room, const char *name)
{
	for (size_t i = 0; i < kinds->n; i++) {
		if (strcmp(kinds->entry[i].room, room) != 0) continue;
		const struct vt_option *o = vt_option_find(kinds->entry[i].kind->options, name);
		if (o) return o;
	}
	return NULL;
}

/* The option that `word` names in the kind at hand, else in any of the room. */
static enum vt_status find_option(struct walk *w, const struct vt_option **out)
{
	enum { MOST = 256 };
	const struct vt_kind *kind = vt_chosen_kind(w->f->kinds, w->room, w->node, w->fallback);
	const struct vt_option *option = kind ? vt_option_find(kind->options, w->word) : NULL;
	const char *name[MOST];
	size_t n = 0;
	/* a kind that the preset, the sweep or a later override chooses may have it: whether it fits
	 * is known when the task is resolved */
	if (!option) option = in_any_kind(w->f->kinds, w->room, w->word);
	*out = option;
	if (option) return VT_OK;
	name[n++] = "kind";
	for (const struct vt_option *o = kind ? kind->options : NULL; o && o->name && n < MOST; o++) name[n++] = o->name;
	return unknown(w, name, n, kind ? kind->name : w->room);
}

static enum vt_status found_kind(struct walk *w, bool suffix, struct vt_setting *out)
{
	char key[VT_LONGEST_KEY + 8];
	snprintf(key, sizeof key, "%s%s", w->key, suffix ? ".kind" : "");
	const char *copy = vt_arena_text(w->f->ctx, w->f->arena, key, strlen(key));
	if (!copy) return VT_ENOMEM;
	*out = (struct vt_setting){ .key = copy, .room = w->room, .sweepable = true };
	return VT_OK;
}

/* An entry of a mapping option: any name, any single value. */
static enum vt_status found_pair(struct walk *w, struct vt_setting *out)
{
	static const struct vt_option text = { .name = "value", .type = VT_STRING };
	*out = (struct vt_setting){ .option = &text, .key = w->key, .sweepable = true };
	return VT_OK;
}

static enum vt_status walk_kind(struct walk *w, struct vt_setting *out)
{
	const struct vt_option *o;
	for (;;) {
		if (!step(w)) return found_kind(w, true, out);
		if (strcmp(w->word, "kind") == 0 && !w->rest) return found_kind(w, false, out);
		enum vt_status status = find_option(w, &o);
		if (status != VT_OK) return status;
		if (o->type != VT_CHOSEN) break;
		w->room = o->choices[0];
		w->fallback = o->def;
		w->node = vt_node_find(w->node, w->word);
	}
	if (o->type == VT_PAIRS && w->rest && !strchr(w->rest, '.')) return found_pair(w, out);
	if (w->rest)
		return vt_node_fail(w->f->ctx, w->at, "unknown setting '%.100s': '%.*s' has no settings below it", w->key,
		                    (int)(w->rest - w->key - 1), w->key);
	*out = (struct vt_setting){ .option = o, .key = w->key, .sweepable = true };
	return VT_OK;
}

/* NAME.KEY below `hypotheses`. */
static enum vt_status walk_hypothesis(struct walk *w, const struct vt_node *section, struct vt_setting *out)
{
	enum vt_status status = VT_OK;
	if (!step(w) || !vt_node_find(section, w->word) || !w->rest)
		return unknown(w, NULL, 0, "the section 'hypotheses'");
	w->node = vt_node_find(vt_node_find(section, w->word), "statistic");
	w->room = "statistic";
	w->fallback = NULL;
	step(w);
	const struct vt_option *o = vt_option_find(vt_hypothesis_options, w->word);
	if (strcmp(w->word, "statistic") == 0 && !w->rest) status = found_kind(w, false, out);
	else if (o && o->type == VT_PAIRS && w->rest) status = found_pair(w, out);
	else if (!o && (status = find_option(w, &o)) != VT_OK) return status;
	else *out = (struct vt_setting){ .option = o, .key = w->key };
	out->sweepable = false;
	return status;
}

/* NAME below `measure`; a new one may be added by giving its kind. */
static enum vt_status enter_measure(struct walk *w, const struct vt_node *section)
{
	enum { MOST = 64 };
	const char *name[MOST];
	size_t n = 0;
	w->room = "measure";
	if (!step(w))
		return vt_node_fail(w->f->ctx, w->at, "'measure' is no setting; name a measure below it, as measure.NAME");
	w->node = vt_node_find(section, w->word);
	if (w->node || !w->rest || strcmp(w->rest, "kind") == 0) return VT_OK;
	for (; section && section->type == VT_NODE_MAP && n < section->n && n < MOST; n++) name[n] = section->key[n]->text;
	return unknown(w, name, n, "the section 'measure'");
}

/* The section that the first word names, and what stands there. */
static enum vt_status enter(struct walk *w, const struct vt_node *root)
{
	static const char *const name[] = { "dataset", "model", "train", "probe", "store", "measure", "hypotheses" };
	enum vt_status status = VT_OK;
	w->node = vt_node_find(root, w->word);
	w->room = vt_room_section(w->word);
	if (strcmp(w->word, "measure") == 0) status = enter_measure(w, w->node);
	else if (!w->room) status = unknown(w, name, sizeof name / sizeof *name, NULL);
	if (status == VT_OK) w->fallback = vt_room_fallback(w->f->kinds, w->room);
	return status;
}

enum vt_status vt_setting_find(struct vt_filling *f, const struct vt_node *root, const char *key,
                               const struct vt_node *at, struct vt_setting *out)
{
	struct walk w = { .f = f, .key = key, .at = at, .rest = key };
	if (strlen(key) > VT_LONGEST_KEY)
		return vt_node_fail(f->ctx, at, "a key of %zu bytes; at most %d are read", strlen(key), VT_LONGEST_KEY);
	if (key[0] == '\0' || key[0] == '.' || strstr(key, "..") || key[strlen(key) - 1] == '.')
		return vt_node_fail(f->ctx, at, "'%.80s' is no setting; write room.setting, as train.rate is one", key);
	step(&w);
	if (strcmp(w.word, "hypotheses") == 0) return walk_hypothesis(&w, vt_node_find(root, w.word), out);
	enum vt_status status = enter(&w, root);
	return status == VT_OK ? walk_kind(&w, out) : status;
}

enum vt_status vt_setting_text(struct vt_filling *f, const struct vt_setting *s, const struct vt_node *value,
                               const char **out)
{
	char *text = NULL;
	enum vt_status status;
	const struct vt_option kind = { .name = "kind", .type = VT_STRING };
	VT_TRY(vt_option_canonical(f, s->option ? s->option : &kind, value, &text));
	if (!s->option && !vt_kind_find(f->kinds, s->room, text)) {
		const char *near = vt_kind_nearest(f->kinds, s->room, text);
		status = vt_node_fail(f->ctx, value, "unknown kind '%.80s' for %s%s%s%s", text, s->key,
		                      near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
		goto done;
	}
	*out = vt_arena_text(f->ctx, f->arena, text, strlen(text));
	status = *out ? VT_OK : VT_ENOMEM;
done:
	free(text);
	return status;
}

bool vt_setting_stale(struct vt_filling *f, const struct vt_node *root, const char *key, enum vt_origin origin)
{
	struct walk w = { .f = f, .key = key, .at = root, .rest = key };
	step(&w);
	if (enter(&w, root) != VT_OK) return false;
	while (step(&w)) {
		const struct vt_node *name = vt_chosen_name(w.node);
		const struct vt_kind *kind = vt_chosen_kind(f->kinds, w.room, w.node, w.fallback);
		if (!kind || strcmp(w.word, "kind") == 0) return false;
		const struct vt_option *o = vt_option_find(kind->options, w.word);
		if (!o) return name && name->origin > origin;
		if (o->type != VT_CHOSEN) return false;
		w.room = o->choices[0];
		w.fallback = o->def;
		w.node = vt_node_find(w.node, w.word);
	}
	return false;
}
