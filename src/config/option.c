/* Option tables: from nodes to the members of a settings struct.  One table per kind says
 * what may be set; everything here is generic.  Called for every task and hypothesis.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

enum { MOST_ITEMS = 4096, LONGEST_TEXT = 4096, MOST_NAMES = 256 };

const struct vt_option *vt_option_find(const struct vt_option *options, const char *name)
{
	for (const struct vt_option *o = options; o && o->name; o++)
		if (strcmp(o->name, name) == 0) return o;
	return NULL;
}

/* ---- single values ---------------------------------------------------- */

/* YAML has three ways to say nothing.  All are refused: a setting that is left out has its
 * default, and one that is there has a value. */
static bool nothing(const struct vt_node *node)
{
	return !node->quoted && (node->text[0] == '\0' || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0);
}

/* Any single value that is there. */
static enum vt_status want_scalar(struct vt_ctx *ctx, const struct vt_option *o, const struct vt_node *node)
{
	if (node->type == VT_NODE_LIST)
		return vt_node_fail(ctx, node, "%s is a list, a single value is wanted (to vary it, put it under 'sweep')",
		                    o->name);
	if (node->type == VT_NODE_MAP)
		return vt_node_fail(ctx, node, "%s is a mapping, a single value is wanted", o->name);
	if (nothing(node))
		return vt_node_fail(ctx, node, "%s has no value; give one, or leave the setting out", o->name);
	return VT_OK;
}

static const char *type_noun(enum vt_type type)
{
	return type == VT_INT || type == VT_INTS ? "a whole number" : "a finite number";
}

/* Text that a number is read from. */
static enum vt_status want_number(struct vt_ctx *ctx, const struct vt_option *o, const struct vt_node *node, bool read)
{
	if (node->quoted)
		return vt_node_fail(ctx, node, "%s = \"%.80s\" is text, %s is wanted; remove the quotes", o->name,
		                    node->text, type_noun(o->type));
	if (!read)
		return vt_node_fail(ctx, node, "%s = %.80s is not %s%s%s%s", o->name, node->text, type_noun(o->type),
		                    o->unit ? " (" : "", o->unit ? o->unit : "", o->unit ? ")" : "");
	return VT_OK;
}

/* Limits are inclusive; both 0 means none.  An end beyond 1e300 is no end, and is not shown. */
static enum vt_status want_range(struct vt_ctx *ctx, const struct vt_option *o, const struct vt_node *node,
                                 double value)
{
	const double huge = 1e300;
	const char *space = o->unit ? " " : "", *unit = o->unit ? o->unit : "";
	if (o->min == 0 && o->max == 0) return VT_OK;
	if (value >= o->min && value <= o->max) return VT_OK;
	if (o->max >= huge)
		return vt_node_fail(ctx, node, "%s = %.80s is below the least value, %.15g%s%s", o->name, node->text, o->min,
		                    space, unit);
	if (o->min <= -huge)
		return vt_node_fail(ctx, node, "%s = %.80s is above the greatest value, %.15g%s%s", o->name, node->text,
		                    o->max, space, unit);
	return vt_node_fail(ctx, node, "%s = %.80s is outside [%.15g, %.15g]%s%s", o->name, node->text, o->min, o->max,
	                    space, unit);
}

static enum vt_status set_int(struct vt_ctx *ctx, const struct vt_option *o, const struct vt_node *node, int64_t *out)
{
	int64_t value = 0;
	enum vt_status status;
	VT_TRY(want_scalar(ctx, o, node));
	VT_TRY(want_number(ctx, o, node, vt_text_int(node->text, &value)));
	VT_TRY(want_range(ctx, o, node, (double)value));
	*out = value;
done:
	return status;
}

static enum vt_status set_real(struct vt_ctx *ctx, const struct vt_option *o, const struct vt_node *node, double *out)
{
	double value = 0;
	enum vt_status status;
	VT_TRY(want_scalar(ctx, o, node));
	VT_TRY(want_number(ctx, o, node, vt_text_real(node->text, &value)));
	VT_TRY(want_range(ctx, o, node, value));
	*out = value;
done:
	return status;
}

/* YAML 1.1 takes yes, on and y for true as well, which has bitten many: only two words here. */
static enum vt_status set_bool(struct vt_ctx *ctx, const struct vt_option *o, const struct vt_node *node, bool *out)
{
	enum vt_status status = want_scalar(ctx, o, node);
	if (status != VT_OK) return status;
	bool yes = strcmp(node->text, "true") == 0;
	if (node->quoted || (!yes && strcmp(node->text, "false") != 0))
		return vt_node_fail(ctx, node, "%s = %.80s is neither true nor false", o->name, node->text);
	*out = yes;
	return VT_OK;
}

static enum vt_status set_string(struct vt_ctx *ctx, const struct vt_option *o, const struct vt_node *node, char **out)
{
	enum vt_status status = want_scalar(ctx, o, node);
	if (status != VT_OK) return status;
	if (strlen(node->text) > LONGEST_TEXT)
		return vt_node_fail(ctx, node, "%s has %zu bytes; at most %d are read", o->name, strlen(node->text),
		                    LONGEST_TEXT);
	char *copy = vt_copy(ctx, node->text);
	if (!copy) return VT_ENOMEM;
	*out = copy;
	return VT_OK;
}

/* "a, b, c" */
static void join(const char *const *name, size_t n, char *out, size_t size)
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < n && used + 1 < size; i++) {
		int printed = snprintf(out + used, size - used, "%s%s", i ? ", " : "", name[i]);
		used += printed > 0 ? (size_t)printed : 0;
	}
}

static enum vt_status set_choice(struct vt_ctx *ctx, const struct vt_option *o, const struct vt_node *node, int *out)
{
	enum vt_status status = want_scalar(ctx, o, node);
	if (status != VT_OK) return status;
	size_t n = 0;
	for (; o->choices[n]; n++) {
		if (strcmp(o->choices[n], node->text) != 0) continue;
		*out = (int)n;
		return VT_OK;
	}
	char all[256];
	join(o->choices, n, all, sizeof all);
	const char *near = vt_nearest(node->text, o->choices, n);
	if (near) return vt_node_fail(ctx, node, "%s = %.80s is unknown (did you mean '%s'?); choose from %s", o->name,
	                              node->text, near, all);
	return vt_node_fail(ctx, node, "%s = %.80s is unknown; choose from %s", o->name, node->text, all);
}

/* ---- lists and pairs -------------------------------------------------- */

/* A flat list.  One value is not taken for a list of one: [10] and 10 mean different things
 * under `sweep`, so they must look different here. */
static enum vt_status want_list(struct vt_ctx *ctx, const struct vt_option *o, const struct vt_node *node)
{
	size_t most = o->max_items ? o->max_items : MOST_ITEMS;
	if (node->type != VT_NODE_LIST)
		return vt_node_fail(ctx, node, "%s is %s, a list is wanted, as [1, 2] is one", o->name, vt_node_noun(node));
	if (node->n > most)
		return vt_node_fail(ctx, node, "%s has %zu items, at most %zu are allowed", o->name, node->n, most);
	for (size_t i = 0; i < node->n; i++)
		if (node->item[i]->type != VT_NODE_SCALAR)
			return vt_node_fail(ctx, node->item[i], "%s holds %s, single values are wanted (lists of lists belong "
			                    "under 'sweep')", o->name, vt_node_noun(node->item[i]));
	return VT_OK;
}

/* first, first + 1, ..., last */
static enum vt_status set_count(struct vt_ctx *ctx, const struct vt_option *o, const struct vt_node *node,
                                int64_t first, int64_t last, struct vt_ints *out)
{
	uint64_t n = (uint64_t)last - (uint64_t)first + 1, most = o->max_items ? o->max_items : MOST_ITEMS;
	if (n == 0 || n > most)
		return vt_node_fail(ctx, node, "%s = %.80s has more than %llu items", o->name, node->text,
		                    (unsigned long long)most);
	enum vt_status status = want_range(ctx, o, node, (double)first);
	if (status == VT_OK) status = want_range(ctx, o, node, (double)last);
	if (status != VT_OK) return status;
	out->v = vt_alloc(ctx, (size_t)n, sizeof *out->v);
	if (!out->v) return VT_ENOMEM;
	out->n = (size_t)n;
	for (size_t i = 0; i < out->n; i++) out->v[i] = first + (int64_t)i;
	return VT_OK;
}

static enum vt_status set_ints(struct vt_ctx *ctx, const struct vt_option *o, const struct vt_node *node,
                               struct vt_ints *out)
{
	int64_t first, last;
	enum vt_status status;
	if (node->type == VT_NODE_SCALAR && !node->quoted && vt_text_range(node->text, &first, &last))
		return set_count(ctx, o, node, first, last, out);
	VT_TRY(want_list(ctx, o, node));
	VT_NEW(ctx, out->v, node->n);
	out->n = node->n;
	for (size_t i = 0; i < node->n; i++) VT_TRY(set_int(ctx, o, node->item[i], &out->v[i]));
done:
	return status;
}

static enum vt_status set_reals(struct vt_ctx *ctx, const struct vt_option *o, const struct vt_node *node,
                                struct vt_reals *out)
{
	enum vt_status status;
	VT_TRY(want_list(ctx, o, node));
	VT_NEW(ctx, out->v, node->n);
	out->n = node->n;
	for (size_t i = 0; i < node->n; i++) VT_TRY(set_real(ctx, o, node->item[i], &out->v[i]));
done:
	return status;
}

static enum vt_status set_strings(struct vt_ctx *ctx, const struct vt_option *o, const struct vt_node *node,
                                  struct vt_strings *out)
{
	enum vt_status status;
	VT_TRY(want_list(ctx, o, node));
	VT_NEW(ctx, out->v, node->n);
	out->n = node->n;
	for (size_t i = 0; i < node->n; i++) VT_TRY(set_string(ctx, o, node->item[i], &out->v[i]));
done:
	return status;
}

static enum vt_status set_pairs(struct vt_ctx *ctx, const struct vt_option *o, const struct vt_node *node,
                                struct vt_pairs *out)
{
	size_t most = o->max_items ? o->max_items : MOST_ITEMS;
	enum vt_status status = VT_OK;
	if (node->type != VT_NODE_MAP || node->n > most)
		return vt_node_fail(ctx, node, "%s is %s, a mapping of at most %zu names to single values is wanted", o->name,
		                    vt_node_noun(node), most);
	VT_NEW(ctx, out->key, node->n);
	VT_NEW(ctx, out->value, node->n);
	out->n = node->n;
	for (size_t i = 0; i < node->n; i++) {
		const struct vt_option one = { .name = node->key[i]->text };
		out->key[i] = vt_copy(ctx, node->key[i]->text);
		if (!out->key[i]) return VT_ENOMEM;
		VT_TRY(set_string(ctx, &one, node->item[i], &out->value[i]));
	}
done:
	return status;
}

/* ---- tables ----------------------------------------------------------- */

/* Sets one member from what was given, or from the default's tree: then `at` blames the table. */
static enum vt_status set_member(struct vt_filling *f, const struct vt_option *o, const struct vt_node *node, void *m)
{
	switch (o->type) {
	case VT_INT: return set_int(f->ctx, o, node, m);
	case VT_REAL: return set_real(f->ctx, o, node, m);
	case VT_BOOL: return set_bool(f->ctx, o, node, m);
	case VT_STRING: return set_string(f->ctx, o, node, m);
	case VT_CHOICE: return set_choice(f->ctx, o, node, m);
	case VT_INTS: return set_ints(f->ctx, o, node, m);
	case VT_REALS: return set_reals(f->ctx, o, node, m);
	case VT_STRINGS: return set_strings(f->ctx, o, node, m);
	case VT_PAIRS: return set_pairs(f->ctx, o, node, m);
	case VT_CHOSEN: return vt_chosen_fill(f, o->choices[0], o->name, node, node, o->def, m);
	}
	return vt_ctx_fail(f->ctx, VT_EBUG, "option %s has type %d", o->name, (int)o->type);
}

/* A default is text, read by the same code as the file: it cannot differ from what describe
 * shows.  One that does not parse is a bug of the kind (VT_EBUG, found by any test that
 * resolves it). */
static enum vt_status set_default(struct vt_filling *f, const struct vt_option *o, const struct vt_node *at, void *m)
{
	if (!o->def && o->optional) return VT_OK;
	if (!o->def && o->type == VT_CHOSEN) return vt_chosen_fill(f, o->choices[0], o->name, NULL, at, NULL, m);
	if (!o->def)
		return vt_node_fail(f->ctx, at, "%s is missing%s%s%s: %s", o->name, o->unit ? " (" : "",
		                    o->unit ? o->unit : "", o->unit ? ")" : "", o->help ? o->help : "it must be given");
	/* the one default that could not stand in a file without quotes */
	if (strcmp(o->def, "") == 0 && o->type == VT_STRING) {
		char *empty = vt_copy(f->ctx, "");
		if (!empty) return VT_ENOMEM;
		*(char **)m = empty;
		return VT_OK;
	}
	struct vt_source *source = vt_arena_take(f->ctx, f->arena, 1, sizeof *source);
	struct vt_node *node = NULL;
	if (!source) return VT_ENOMEM;
	*source = (struct vt_source){ o->def, VT_EBUG };
	enum vt_status status = vt_yaml_value(f->ctx, f->arena, source, o->def, &node);
	return status == VT_OK ? set_member(f, o, node, m) : status;
}

enum vt_status vt_options_fill(struct vt_filling *f, const struct vt_option *options, const struct vt_node *map,
                               const struct vt_node *at, void *base)
{
	enum vt_status status = VT_OK;
	for (const struct vt_option *o = options; o && o->name && status == VT_OK; o++) {
		void *member = (char *)base + o->offset;
		const struct vt_node *node = vt_node_find(map, o->name);
		status = node ? set_member(f, o, node, member) : set_default(f, o, at, member);
	}
	return status;
}

static void clear_texts(size_t n, char **text)
{
	for (size_t i = 0; text && i < n; i++) free(text[i]);
	free(text);
}

void vt_options_clear(const struct vt_option *options, void *base)
{
	for (const struct vt_option *o = options; o && o->name; o++) {
		void *m = (char *)base + o->offset;
		const struct vt_strings *strings = m;
		const struct vt_pairs *pairs = m;
		if (o->type == VT_STRING) free(*(char **)m);
		if (o->type == VT_INTS) free(((struct vt_ints *)m)->v);
		if (o->type == VT_REALS) free(((struct vt_reals *)m)->v);
		if (o->type == VT_STRINGS) clear_texts(strings->n, strings->v);
		if (o->type == VT_PAIRS) {
			clear_texts(pairs->n, pairs->key);
			clear_texts(pairs->n, pairs->value);
		}
		if (o->type == VT_CHOSEN) vt_chosen_clear(m);
	}
}

static size_t add_names(const struct vt_option *options, const char **name, size_t n)
{
	for (const struct vt_option *o = options; o && o->name && n < MOST_NAMES; o++) name[n++] = o->name;
	return n;
}

enum vt_status vt_options_unknown(struct vt_ctx *ctx, const struct vt_node *map, const char *owner,
                                  const struct vt_option *a, const struct vt_option *b, enum vt_origin strength)
{
	const char *name[MOST_NAMES];
	char all[512];
	size_t n = add_names(b, name, add_names(a, name, 0));
	for (size_t i = 0; map && map->type == VT_NODE_MAP && i < map->n; i++) {
		const struct vt_node *key = map->key[i];
		if (strcmp(key->text, "kind") == 0 || vt_option_find(a, key->text) || vt_option_find(b, key->text)) continue;
		if (map->item[i]->origin < strength) continue;
		const char *near = vt_nearest(key->text, name, n);
		if (near) return vt_node_fail(ctx, key, "unknown setting '%.80s' (did you mean '%s'?)", key->text, near);
		join(name, n, all, sizeof all);
		return vt_node_fail(ctx, key, "unknown setting '%.80s'; %s has %s", key->text, owner, n ? all : "no settings");
	}
	return VT_OK;
}
