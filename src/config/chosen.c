/* A kind with its settings: chosen by a node, filled by its table.  Called for every room's
 * section and for options of type VT_CHOSEN.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "settings.h"

enum { DEEPEST = 8, MOST_KINDS = 256 };

/* Names of the room's kinds in the order of the Makefile lists; returns how many.  More than
 * MOST_KINDS would be missing from messages, never from the lookup. */
static size_t names(const struct vt_registry *kinds, const char *room, const char *name[MOST_KINDS])
{
	size_t n = 0;
	for (size_t i = 0; i < kinds->n && n < MOST_KINDS; i++)
		if (strcmp(kinds->entry[i].room, room) == 0) name[n++] = kinds->entry[i].kind->name;
	return n;
}

void vt_kind_names(const struct vt_registry *kinds, const char *room, char *out, size_t size)
{
	const char *name[MOST_KINDS];
	size_t n = names(kinds, room, name), used = 0;
	snprintf(out, size, "none");
	for (size_t i = 0; i < n && used + 1 < size; i++) {
		int printed = snprintf(out + used, size - used, "%s%s", i ? ", " : "", name[i]);
		used += printed > 0 ? (size_t)printed : 0;
	}
}

const char *vt_kind_nearest(const struct vt_registry *kinds, const char *room, const char *name)
{
	const char *known[MOST_KINDS];
	size_t n = names(kinds, room, known);
	return vt_nearest(name, known, n);
}

const char *vt_kind_first(const struct vt_registry *kinds, const char *room)
{
	const char *known[MOST_KINDS];
	return names(kinds, room, known) ? known[0] : NULL;
}

const struct vt_node *vt_chosen_name(const struct vt_node *node)
{
	if (!node || node->type == VT_NODE_LIST) return NULL;
	const struct vt_node *name = node->type == VT_NODE_MAP ? vt_node_find(node, "kind") : node;
	return name && name->type == VT_NODE_SCALAR ? name : NULL;
}

const struct vt_kind *vt_chosen_kind(const struct vt_registry *kinds, const char *room, const struct vt_node *node,
                                     const char *fallback)
{
	const struct vt_node *name = vt_chosen_name(node);
	if (!name && !fallback) return NULL;
	return vt_kind_find(kinds, room, name ? name->text : fallback);
}

/* Why there is no kind to choose. */
static enum vt_status no_kind(struct vt_filling *f, const char *room, const char *label, const struct vt_node *node,
                              const struct vt_node *at)
{
	char all[400];
	vt_kind_names(f->kinds, room, all, sizeof all);
	const struct vt_node *name = vt_chosen_name(node);
	if (!node) return vt_node_fail(f->ctx, at, "%s is missing; its kinds are %s", label, all);
	if (node->type == VT_NODE_LIST)
		return vt_node_fail(f->ctx, node, "%s is a list, a mapping with 'kind' is wanted (to vary it, put it under "
		                    "'sweep')", label);
	const struct vt_node *entry = vt_node_find(node, "kind");
	if (entry && entry->type != VT_NODE_SCALAR)
		return vt_node_fail(f->ctx, entry, "the kind of %s is %s, one name is wanted: %s", label,
		                    vt_node_noun(entry), all);
	if (!name || name->text[0] == '\0')
		return vt_node_fail(f->ctx, name ? name : node, "%s has no kind; give one of %s", label, all);
	const char *near = vt_kind_nearest(f->kinds, room, name->text);
	if (near) return vt_node_fail(f->ctx, name, "unknown kind '%.80s' of %s (did you mean '%s'?)", name->text, label,
	                              near);
	return vt_node_fail(f->ctx, name, "unknown kind '%.80s' of %s; known: %s", name->text, label, all);
}

enum vt_status vt_chosen_fill(struct vt_filling *f, const char *room, const char *label, const struct vt_node *node,
                              const struct vt_node *at, const char *fallback, struct vt_chosen *out)
{
	const struct vt_kind *kind = vt_chosen_kind(f->kinds, room, node, fallback);
	const struct vt_node *name = vt_chosen_name(node), *given = vt_node_find(node, "kind");
	bool odd = node && (node->type == VT_NODE_LIST || (given && !name));
	if (!kind || odd) return no_kind(f, room, label, node, at);
	if (f->depth >= DEEPEST)
		return vt_ctx_fail(f->ctx, VT_EBUG, "kind %s: settings nested more than %d deep", kind->name, DEEPEST);
	/* settings_size may be 0: vt_alloc then gives a byte, so that null still means failure */
	struct vt_chosen chosen = { .kind = kind, .settings = vt_alloc(f->ctx, 1, kind->settings_size) };
	if (!chosen.settings) return VT_ENOMEM;
	const struct vt_node *map = node && node->type == VT_NODE_MAP ? node : NULL;
	/* What is weaker than the choice of the kind was written for the kind before it, and is
	 * let pass when it does not fit; what is as strong must fit. */
	enum vt_origin strength = name ? name->origin : VT_FROM_FILE;
	f->depth++;
	enum vt_status status = vt_options_unknown(f->ctx, map, kind->name, kind->options, NULL, strength);
	if (status == VT_OK) status = vt_options_fill(f, kind->options, map, name ? name : node ? node : at, chosen.settings);
	f->depth--;
	if (status == VT_OK) *out = chosen;
	else vt_chosen_clear(&chosen);
	return status;
}

void vt_chosen_clear(struct vt_chosen *c)
{
	if (c->kind && c->settings) vt_options_clear(c->kind->options, c->settings);
	free(c->settings);
	*c = (struct vt_chosen){ 0 };
}

/* Length of "key=value" up to a comma outside brackets and quotes. */
static size_t part(const char *s)
{
	int depth = 0;
	char quote = '\0';
	size_t i = 0;
	for (; s[i]; i++) {
		if (quote) quote = s[i] == quote ? '\0' : quote;
		else if (s[i] == '"' || s[i] == '\'') quote = s[i];
		else if (s[i] == '[' || s[i] == '{') depth++;
		else if (s[i] == ']' || s[i] == '}') depth--;
		else if (s[i] == ',' && depth <= 0) break;
	}
	return i;
}

/* Adds one "key=value" of `length` bytes to the tree. */
static enum vt_status add_part(struct vt_filling *f, const struct vt_source *source, const char *text, size_t length,
                               struct vt_node **root)
{
	const struct vt_node at = { .source = source };
	const char *word = vt_arena_text(f->ctx, f->arena, text, length);
	if (!word) return VT_ENOMEM;
	const char *equals = strchr(word, '=');
	if (!equals || equals == word || equals - word > VT_LONGEST_KEY || word[0] == '.')
		return vt_node_fail(f->ctx, &at, "'%.80s' is not key=value", word);
	const char *key = vt_arena_text(f->ctx, f->arena, word, (size_t)(equals - word));
	struct vt_node *value = NULL;
	if (!key) return VT_ENOMEM;
	const struct vt_node *before = vt_node_find(*root, key);
	if (before && before->type != VT_NODE_MAP)
		return vt_node_fail(f->ctx, &at, "'%.80s' is given twice; leave one out", key);
	enum vt_status status = vt_yaml_value(f->ctx, f->arena, source, equals + 1, &value);
	if (status != VT_OK) return status;
	*root = vt_node_with(f->ctx, f->arena, *root, key, value);
	return *root ? VT_OK : VT_ENOMEM;
}

enum vt_status vt_chosen_parse(struct vt_ctx *ctx, const struct vt_registry *kinds, const char *room,
                               const char *text, struct vt_chosen *out)
{
	const struct vt_source source = { text, VT_EUSAGE };
	const struct vt_node at = { .source = &source };
	struct vt_filling f = { .ctx = ctx, .kinds = kinds, .arena = vt_arena_create(ctx) };
	enum vt_status status = f.arena ? VT_OK : VT_ENOMEM;
	size_t i = strcspn(text, ":");
	if (status != VT_OK) return status;
	const char *name = vt_arena_text(ctx, f.arena, text, i);
	struct vt_node *root = name ? vt_node_scalar(ctx, f.arena, name, &at) : NULL;
	if (!root) VT_FAIL(ctx, VT_ENOMEM, "out of memory for '%.80s'", text);
	while (text[i] != '\0') {
		size_t length = part(text + ++i);
		VT_TRY(add_part(&f, &source, text + i, length, &root));
		i += length;
	}
	VT_TRY(vt_chosen_fill(&f, room, room, root, &at, NULL, out));
done:
	vt_arena_free(f.arena);
	return status;
}
