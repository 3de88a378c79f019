/* Settings back to text: JSON for files and attributes, canonical values for sweeps.
 *
 * Reals are written by our own shortest form, since 4e-4 as 0.00040000000000000002 helps
 * nobody; strings by jansson.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

void vt_json_text(FILE *f, const char *text)
{
	json_t *string = text ? json_string(text) : json_null();
	json_dumpf(string, f, JSON_ENCODE_ANY);
	json_decref(string);
}

static void write_real(FILE *f, double value)
{
	char text[32];
	vt_text_from_real(value, text);
	fputs(text, f);
}

static void write_pairs(FILE *f, const struct vt_pairs *p)
{
	putc('{', f);
	for (size_t i = 0; i < p->n; i++) {
		if (i) putc(',', f);
		vt_json_text(f, p->key[i]);
		putc(':', f);
		vt_json_text(f, p->value[i]);
	}
	putc('}', f);
}

static void write_chosen(FILE *f, const struct vt_chosen *c)
{
	if (!c->kind) {
		fputs("null", f);
		return;
	}
	fputs("{\"kind\":", f);
	vt_json_text(f, c->kind->name);
	for (const struct vt_option *o = c->kind->options; o && o->name; o++) {
		putc(',', f);
		vt_json_text(f, o->name);
		putc(':', f);
		vt_json_value(f, o, (const char *)c->settings + o->offset);
	}
	putc('}', f);
}

static void write_list(FILE *f, const struct vt_option *o, const void *member)
{
	const struct vt_ints *ints = member;
	const struct vt_reals *reals = member;
	const struct vt_strings *strings = member;
	size_t n = o->type == VT_INTS ? ints->n : o->type == VT_REALS ? reals->n : strings->n;
	putc('[', f);
	for (size_t i = 0; i < n; i++) {
		if (i) putc(',', f);
		if (o->type == VT_INTS) fprintf(f, "%" PRId64, ints->v[i]);
		else if (o->type == VT_REALS) write_real(f, reals->v[i]);
		else vt_json_text(f, strings->v[i]);
	}
	putc(']', f);
}

/* An optional setting that was left out. */
static bool unset(const struct vt_option *o, const void *member)
{
	if (o->type == VT_STRING) return !*(char *const *)member;
	if (o->type == VT_INTS) return !((const struct vt_ints *)member)->v;
	if (o->type == VT_REALS) return !((const struct vt_reals *)member)->v;
	return o->type == VT_STRINGS && !((const struct vt_strings *)member)->v;
}

void vt_json_value(FILE *f, const struct vt_option *o, const void *member)
{
	if (unset(o, member)) {
		fputs("null", f);
		return;
	}
	switch (o->type) {
	case VT_INT: fprintf(f, "%" PRId64, *(const int64_t *)member); return;
	case VT_REAL: write_real(f, *(const double *)member); return;
	case VT_BOOL: fputs(*(const bool *)member ? "true" : "false", f); return;
	case VT_STRING: vt_json_text(f, *(char *const *)member); return;
	case VT_CHOICE: vt_json_text(f, o->choices[*(const int *)member]); return;
	case VT_INTS:
	case VT_REALS:
	case VT_STRINGS: write_list(f, o, member); return;
	case VT_PAIRS: write_pairs(f, member); return;
	case VT_CHOSEN: write_chosen(f, member); return;
	}
}

/* ---- flat settings ---------------------------------------------------- */

/* "PREFIX.NAME" as the next key; adds it to the defaults too when nobody gave it. */
static void write_key(struct vt_flat *flat, const char *prefix, const char *name, bool given)
{
	char key[2 * VT_LONGEST_KEY + 2];
	snprintf(key, sizeof key, "%s%s%s", prefix, prefix[0] ? "." : "", name);
	if (flat->n_settings++) putc(',', flat->settings);
	vt_json_text(flat->settings, key);
	putc(':', flat->settings);
	if (given) return;
	if (flat->n_defaults++) putc(',', flat->defaults);
	vt_json_text(flat->defaults, key);
}

void vt_flat_text(struct vt_flat *flat, const char *key, const char *text)
{
	write_key(flat, "", key, true);
	vt_json_text(flat->settings, text);
}

static void flat_pairs(struct vt_flat *flat, const struct vt_pairs *pairs, const char *prefix)
{
	for (size_t i = 0; i < pairs->n; i++) {
		write_key(flat, prefix, pairs->key[i], true);
		vt_json_text(flat->settings, pairs->value[i]);
	}
}

/* A chosen kind becomes `name.kind` and one key for each of its options, a mapping one key for
 * each entry: values are single values or lists, for attributes and tables. */
static void flat_option(struct vt_flat *flat, const struct vt_option *o, const void *member,
                        const struct vt_node *node, const char *prefix)
{
	char below[2 * VT_LONGEST_KEY + 2];
	const struct vt_chosen *chosen = member;
	snprintf(below, sizeof below, "%s%s%s", prefix, prefix[0] ? "." : "", o->name);
	if (o->type == VT_CHOSEN && chosen->kind) {
		vt_flat_chosen(flat, chosen, node, below, true);
		return;
	}
	if (o->type == VT_PAIRS && ((const struct vt_pairs *)member)->n > 0) {
		flat_pairs(flat, member, below);
		return;
	}
	write_key(flat, prefix, o->name, node != NULL);
	vt_json_value(flat->settings, o, member);
}

void vt_flat_chosen(struct vt_flat *flat, const struct vt_chosen *chosen, const struct vt_node *node,
                    const char *prefix, bool with_kind)
{
	if (with_kind) {
		write_key(flat, prefix, "kind", vt_chosen_name(node) != NULL);
		vt_json_text(flat->settings, chosen->kind->name);
	}
	for (const struct vt_option *o = chosen->kind->options; o && o->name; o++)
		flat_option(flat, o, (const char *)chosen->settings + o->offset, vt_node_find(node, o->name), prefix);
}

enum vt_status vt_chosen_json(struct vt_ctx *ctx, const struct vt_chosen *c, char **out)
{
	char *text = NULL, *defaults = NULL;
	size_t size = 0, defaults_size = 0;
	struct vt_flat flat = { .settings = open_memstream(&text, &size),
	                        .defaults = open_memstream(&defaults, &defaults_size) };
	bool lost = !flat.settings || !flat.defaults;
	if (!lost) {
		putc('{', flat.settings);
		vt_flat_chosen(&flat, c, NULL, "", false);
		putc('}', flat.settings);
	}
	if (flat.settings) lost |= fclose(flat.settings) != 0;
	if (flat.defaults) lost |= fclose(flat.defaults) != 0;
	free(defaults);
	if (lost) {
		free(text);
		return vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for the settings of %s", c->kind->name);
	}
	*out = text;
	return VT_OK;
}

/* ---- one value -------------------------------------------------------- */

enum vt_status vt_option_canonical(struct vt_filling *f, const struct vt_option *option, const struct vt_node *node,
                                   char **out)
{
	union {
		int64_t integer;
		struct vt_strings strings;
		struct vt_pairs pairs;
		struct vt_chosen chosen;
	} member = { 0 };
	struct vt_option one[2] = { *option, { 0 } };
	char *text = NULL;
	size_t size = 0;
	one[0].offset = 0;
	struct vt_node map = { .type = VT_NODE_MAP, .n = 1, .source = node->source,
	                       .key = &(struct vt_node *){ &(struct vt_node){ .text = option->name } },
	                       .item = &(struct vt_node *){ (struct vt_node *)node } };
	enum vt_status status = vt_options_fill(f, one, &map, node, &member);
	FILE *stream = status == VT_OK ? open_memstream(&text, &size) : NULL;
	if (stream) {
		if (option->type == VT_STRING) fputs(node->text, stream);
		else if (option->type == VT_CHOICE) fputs(node->text, stream);
		else vt_json_value(stream, option, &member);
	}
	if (status == VT_OK && (!stream || fclose(stream) != 0))
		status = vt_ctx_fail(f->ctx, VT_ENOMEM, "out of memory for the value of %s", option->name);
	vt_options_clear(one, &member);
	if (status == VT_OK) *out = text;
	else free(text);
	return status;
}
