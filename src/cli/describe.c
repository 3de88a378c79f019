/* venturi describe: one kind, as its descriptor has it.  The reference pages are made of its
 * --markdown.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { MOST_FOUND = 16, MOST_NAMES = 512 };

static const char *type_name(const struct vt_option *o)
{
	switch (o->type) {
	case VT_INT: return "integer";
	case VT_REAL: return "real";
	case VT_BOOL: return "true or false";
	case VT_STRING: return "text";
	case VT_CHOICE: return "choice";
	case VT_INTS: return "list of integers";
	case VT_REALS: return "list of reals";
	case VT_STRINGS: return "list of texts";
	case VT_PAIRS: return "mapping";
	case VT_CHOSEN: return "kind";
	}
	return "?";
}

static bool limited(const struct vt_option *o)
{
	bool numbers = o->type == VT_INT || o->type == VT_REAL || o->type == VT_INTS || o->type == VT_REALS;
	return numbers && (o->min != 0 || o->max != 0);
}

/* "[0, 1]", "at least 0", "tanh, relu", "kinds of estimate", or "". */
static void print_range(const struct vt_option *o, char *out, size_t size)
{
	const double huge = 1e300;
	size_t used = 0;
	out[0] = '\0';
	if (o->type == VT_CHOSEN) snprintf(out, size, "a kind of room %s", o->choices[0]);
	for (size_t i = 0; o->type == VT_CHOICE && o->choices[i] && used + 1 < size; i++) {
		int n = snprintf(out + used, size - used, "%s%s", i ? ", " : "", o->choices[i]);
		used += n > 0 ? (size_t)n : 0;
	}
	if (!limited(o)) return;
	if (o->max >= huge) snprintf(out, size, "at least %.15g", o->min);
	else if (o->min <= -huge) snprintf(out, size, "at most %.15g", o->max);
	else snprintf(out, size, "[%.15g, %.15g]", o->min, o->max);
}

static const char *default_text(const struct vt_option *o)
{
	if (o->def) return o->def[0] ? o->def : "\"\"";
	return o->optional ? "may be left out" : "must be given";
}

/* ---- plain text ------------------------------------------------------- */

static void print_option(const struct vt_option *o)
{
	char range[512];
	print_range(o, range, sizeof range);
	printf("\n  %s  %s", o->name, type_name(o));
	if (range[0]) printf(", %s", range);
	if (o->unit) printf(" %s", o->unit);
	printf("; default: %s\n", default_text(o));
	if (o->help) printf("      %s\n", o->help);
}

static void print_text(const char *room, const struct vt_kind *k)
{
	const struct vt_option *o = k->options;
	printf("%s/%s: %s\n", room, k->name, k->summary);
	if (k->source) printf("\nSource: %s\n", k->source);
	if (k->misleads) printf("\nMisleads: %s\n", k->misleads);
	printf("\n%s\n", o && o->name ? "Options:" : "Options: none");
	for (; o && o->name; o++) print_option(o);
}

/* ---- markdown --------------------------------------------------------- */

/* A cell: bars would end it. */
static void print_cell(const char *text)
{
	printf(" ");
	for (; text && *text; text++) {
		if (*text == '|') putchar('\\');
		putchar(*text);
	}
	printf(" |");
}

static void print_markdown(const char *room, const struct vt_kind *k)
{
	const struct vt_option *o = k->options;
	char range[512];
	printf("## %s (%s)\n\n%s.\n", k->name, room, k->summary);
	if (k->source) printf("\n*Source:* %s.\n", k->source);
	if (k->misleads) printf("\n*Misleads:* %s\n", k->misleads);
	if (!o || !o->name) return;
	printf("\n| option | type | default | range | unit | |\n|---|---|---|---|---|---|\n");
	for (; o->name; o++) {
		print_range(o, range, sizeof range);
		printf("| `%s` | %s |", o->name, type_name(o));
		print_cell(default_text(o));
		print_cell(range);
		print_cell(o->unit);
		print_cell(o->help);
		printf("\n");
	}
}

/* ---- JSON ------------------------------------------------------------- */

static json_t *limit(const struct vt_option *o, double value)
{
	return limited(o) && isfinite(value) ? json_real(value) : json_null();
}

static json_t *option_json(const struct vt_option *o)
{
	json_t *choices = json_array();
	for (size_t i = 0; (o->type == VT_CHOICE || o->type == VT_CHOSEN) && o->choices[i]; i++)
		json_array_append_new(choices, json_string(o->choices[i]));
	return json_pack("{s:s, s:s, s:s?, s:b, s:o, s:o, s:s?, s:o, s:s?}", "name", o->name, "type", type_name(o),
	                 "default", o->def, "required", !o->def && !o->optional, "min", limit(o, o->min), "max",
	                 limit(o, o->max), "unit", o->unit, "choices", choices, "help", o->help);
}

static json_t *kind_json(const char *room, const struct vt_kind *k)
{
	json_t *options = json_array();
	for (const struct vt_option *o = k->options; o && o->name; o++) json_array_append_new(options, option_json(o));
	return json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:o}", "room", room, "name", k->name, "summary", k->summary, "source",
	                 k->source, "misleads", k->misleads, "options", options);
}

/* ---- finding ---------------------------------------------------------- */

/* Adds the registry's kinds called `name`, in `room` where that is given. */
static size_t find(const struct vt_registry *r, const char *room, size_t room_length, const char *name,
                   const struct vt_registered **found, size_t n)
{
	for (size_t i = 0; i < r->n && n < MOST_FOUND; i++) {
		const struct vt_registered *e = &r->entry[i];
		if (strcmp(e->kind->name, name) != 0) continue;
		if (room && (strncmp(e->room, room, room_length) != 0 || e->room[room_length] != '\0')) continue;
		found[n++] = e;
	}
	return n;
}

static enum vt_status unknown(struct vt_ctx *ctx, const char *word, const char *name)
{
	const char *known[MOST_NAMES];
	size_t n = 0;
	for (size_t i = 0; i < vt_registry.n && n < MOST_NAMES; i++) known[n++] = vt_registry.entry[i].kind->name;
	for (size_t i = 0; i < vt_commands.n && n < MOST_NAMES; i++) known[n++] = vt_commands.entry[i].kind->name;
	const char *near = vt_nearest(name, known, n);
	return vt_ctx_fail(ctx, VT_EUSAGE, "unknown kind '%.80s'%s%s%s", word,
	                   near ? " (did you mean '" : "; 'venturi list' shows all", near ? near : "", near ? "'?)" : "");
}

static enum vt_status print_found(struct vt_ctx *ctx, const struct vt_args *a, size_t n,
                                  const struct vt_registered *const *found)
{
	bool markdown = vt_args_flag(a, "markdown") != NULL;
	if (!vt_args_flag(a, "json")) {
		for (size_t i = 0; i < n; i++) {
			if (i) putchar('\n');
			(markdown ? print_markdown : print_text)(found[i]->room, found[i]->kind);
		}
		return VT_OK;
	}
	json_t *kinds = json_array(), *all = json_pack("{s:o}", "kinds", kinds);
	if (!all) return vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for the description");
	for (size_t i = 0; i < n; i++) json_array_append_new(kinds, kind_json(found[i]->room, found[i]->kind));
	json_dumpf(all, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(all);
	return VT_OK;
}

static enum vt_status command_main(struct vt_ctx *ctx, const struct vt_args *a)
{
	const struct vt_registered *found[MOST_FOUND];
	const char *word = a->word[0], *slash = strchr(word, '/');
	const char *room = slash ? word : NULL, *name = slash ? slash + 1 : word;
	size_t length = slash ? (size_t)(slash - word) : 0;
	size_t n = find(&vt_registry, room, length, name, found, 0);
	n = find(&vt_commands, room, length, name, found, n);
	return n ? print_found(ctx, a, n, found) : unknown(ctx, word, name);
}

static const struct vt_flag_option flags[] = {
	{ "markdown", 0, NULL, "as a section of a reference page" },
	{ 0 }
};

const struct vt_command_kind vt_command_describe = {
	.kind = { "describe", "a kind: its options with type, range, default and unit, its source, when it misleads",
	          "venturi", 0, NULL, NULL },
	.usage = "KIND",
	.example = "venturi describe binning",
	.flags = flags,
	.min_words = 1,
	.max_words = 1,
	.main = command_main,
};
