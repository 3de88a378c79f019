/* YAML text to a tree, by libyaml's events.  The only file that sees yaml.h.
 *
 * YAML offers far more than an experiment needs, and most of it surprises: anchors, tags,
 * merge keys, several documents, keys given twice.  All of that is refused here, and types
 * are left to the option tables: a scalar stays text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "tree.h"

enum { DEEPEST = 32, LONGEST_SCALAR = 65536, MOST_KEYS = 4096 };

struct reader {
	struct vt_ctx *ctx;
	struct vt_arena *arena;
	const struct vt_source *source;
	yaml_parser_t parser;
};

static enum vt_status fail_at(struct vt_ctx *ctx, const struct vt_source *source, size_t line, size_t column,
                              const char *message)
{
	struct vt_node at = { .source = source, .line = line, .column = column };
	return vt_node_fail(ctx, &at, "%s", message);
}

/* Bytes of the UTF-8 character at `s`, of which `n` are left; 0 if it is none.  Overlong
 * forms, surrogates and what lies beyond U+10FFFF are none. */
static size_t character(const unsigned char *s, size_t n)
{
	if (s[0] < 0x80) return 1;
	size_t length = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
	if (length == 0 || length > n) return 0;
	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80) return 0;
	if (s[0] == 0xe0 && s[1] < 0xa0) return 0;
	if (s[0] == 0xed && s[1] >= 0xa0) return 0;
	if (s[0] == 0xf0 && s[1] < 0x90) return 0;
	return s[0] == 0xf4 && s[1] >= 0x90 ? 0 : length;
}

/* What is wrong with the character at `s`; null if nothing is. */
static const char *wrong(const unsigned char *s, size_t n, bool indentation)
{
	if (character(s, n) == 0) return "a byte that is not UTF-8; save the file as UTF-8";
	if (s[0] == '\0') return "a null byte; an experiment file is plain text";
	if (s[0] == '\t') return indentation ? "a tab in the indentation; indent with spaces" : NULL;
	if ((s[0] < ' ' && s[0] != '\n' && s[0] != '\r') || s[0] == 0x7f) return "a control character; remove it";
	return NULL;
}

enum vt_status vt_text_check(struct vt_ctx *ctx, const struct vt_source *source, const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t line = 1, column = 1;
	bool indentation = true;
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return fail_at(ctx, source, 1, 1, "a byte order mark; save the file as UTF-8 without one");
	for (size_t i = 0; i < n; i += character(s + i, n - i), column++) {
		const char *problem = wrong(s + i, n - i, indentation);
		if (problem) return fail_at(ctx, source, line, column, problem);
		if (s[i] != ' ') indentation = false;
		if (s[i] != '\n') continue;
		line++;
		column = 0;
		indentation = true;
	}
	return VT_OK;
}

/* libyaml's own complaint, with its place. */
static enum vt_status syntax(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	char message[256], begins[64] = "";
	if (p->error == YAML_MEMORY_ERROR) return vt_ctx_fail(r->ctx, VT_ENOMEM, "out of memory while reading YAML");
	if (p->context) snprintf(begins, sizeof begins, " that begins in line %zu", p->context_mark.line + 1);
	snprintf(message, sizeof message, "not YAML: %s%s%s%s", p->problem ? p->problem : "it cannot be read",
	         p->context ? " " : "", p->context ? p->context : "", begins);
	return fail_at(r->ctx, r->source, p->problem_mark.line + 1, p->problem_mark.column + 1, message);
}

static enum vt_status next(struct reader *r, yaml_event_t *event)
{
	return yaml_parser_parse(&r->parser, event) ? VT_OK : syntax(r);
}

/* An empty node of this type at the event's place. */
static enum vt_status create(struct reader *r, const yaml_event_t *e, enum vt_node_type type, struct vt_node **out)
{
	struct vt_node *node = vt_node_create(r->ctx, r->arena, type, 0, NULL);
	if (!node) return VT_ENOMEM;
	node->source = r->source;
	node->line = e->start_mark.line + 1;
	node->column = e->start_mark.column + 1;
	*out = node;
	return VT_OK;
}

static enum vt_status add_scalar(struct reader *r, const yaml_event_t *e, struct vt_node *node)
{
	const char *value = (const char *)e->data.scalar.value;
	size_t length = e->data.scalar.length;
	if (length > LONGEST_SCALAR)
		return vt_node_fail(r->ctx, node, "a value of %zu bytes; at most %d are read", length, LONGEST_SCALAR);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)value[i] < ' ' && value[i] != '\n' && value[i] != '\t')
			return vt_node_fail(r->ctx, node, "the text holds control character %d; remove it", value[i]);
	node->text = vt_arena_text(r->ctx, r->arena, value, length);
	node->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return node->text ? VT_OK : VT_ENOMEM;
}

/* Doubles the room at 1, 2, 4, ... entries. */
static enum vt_status grow(struct reader *r, struct vt_node *node)
{
	size_t n = node->n;
	if (n & (n - 1)) return VT_OK;
	struct vt_node **item = vt_arena_take(r->ctx, r->arena, n ? 2 * n : 1, sizeof *item);
	struct vt_node **key = node->type == VT_NODE_MAP
		? vt_arena_take(r->ctx, r->arena, n ? 2 * n : 1, sizeof *key) : NULL;
	if (!item || (node->type == VT_NODE_MAP && !key)) return VT_ENOMEM;
	if (n) memcpy(item, node->item, n * sizeof *item);
	if (n && key) memcpy(key, node->key, n * sizeof *key);
	node->item = item;
	node->key = key;
	return VT_OK;
}

static enum vt_status read_node(struct reader *r, yaml_event_t *e, int depth, struct vt_node **out);

/* The key is read, its value follows. */
static enum vt_status read_key(struct reader *r, struct vt_node *map, struct vt_node *key)
{
	const struct vt_node *before = key->type == VT_NODE_SCALAR ? vt_node_key(map, key->text) : NULL;
	if (key->type != VT_NODE_SCALAR)
		return vt_node_fail(r->ctx, key, "%s as a key; a key is a word", vt_node_noun(key));
	if (key->text[0] == '\0') return vt_node_fail(r->ctx, key, "a key is missing before ':'");
	if (strlen(key->text) > VT_LONGEST_KEY)
		return vt_node_fail(r->ctx, key, "a key of %zu bytes; at most %d are read", strlen(key->text),
		                    VT_LONGEST_KEY);
	if (before)
		return vt_node_fail(r->ctx, key, "'%s' is given twice (first in line %zu); remove one", key->text,
		                    before->line);
	if (map->n >= MOST_KEYS)
		return vt_node_fail(r->ctx, key, "more than %d keys in one mapping", MOST_KEYS);
	return VT_OK;
}

/* Items up to the event that ends the list or mapping. */
static enum vt_status read_items(struct reader *r, yaml_event_type_t end, int depth, struct vt_node *node)
{
	enum vt_status status = VT_OK;
	for (;;) {
		struct vt_node *key = NULL, *item = NULL;
		yaml_event_t e;
		VT_TRY(next(r, &e));
		if (e.type == end) {
			yaml_event_delete(&e);
			break;
		}
		VT_TRY(grow(r, node));
		if (node->type == VT_NODE_MAP) {
			VT_TRY(read_node(r, &e, depth, &key));
			VT_TRY(read_key(r, node, key));
			VT_TRY(next(r, &e));
		}
		VT_TRY(read_node(r, &e, depth, &item));
		if (key) node->key[node->n] = key;
		node->item[node->n++] = item;
	}
done:
	return status;
}

static bool has_anchor(const yaml_event_t *e)
{
	return e->type == YAML_ALIAS_EVENT || (e->type == YAML_SCALAR_EVENT && e->data.scalar.anchor) ||
	       (e->type == YAML_SEQUENCE_START_EVENT && e->data.sequence_start.anchor) ||
	       (e->type == YAML_MAPPING_START_EVENT && e->data.mapping_start.anchor);
}

static bool has_tag(const yaml_event_t *e)
{
	return (e->type == YAML_SCALAR_EVENT && e->data.scalar.tag) ||
	       (e->type == YAML_SEQUENCE_START_EVENT && e->data.sequence_start.tag) ||
	       (e->type == YAML_MAPPING_START_EVENT && e->data.mapping_start.tag);
}

/* The node that begins with this event, which is deleted in any case. */
static enum vt_status read_node(struct reader *r, yaml_event_t *e, int depth, struct vt_node **out)
{
	enum vt_node_type type = e->type == YAML_SEQUENCE_START_EVENT ? VT_NODE_LIST
		: e->type == YAML_MAPPING_START_EVENT ? VT_NODE_MAP : VT_NODE_SCALAR;
	struct vt_node *node = NULL;
	enum vt_status status = create(r, e, type, &node);
	if (status == VT_OK && has_anchor(e))
		status = vt_node_fail(r->ctx, node, "an anchor or alias (& or *); write the value out");
	else if (status == VT_OK && has_tag(e))
		status = vt_node_fail(r->ctx, node, "a tag (!); types follow from the setting, remove it");
	else if (status == VT_OK && depth > DEEPEST)
		status = vt_node_fail(r->ctx, node, "more than %d levels of nesting", DEEPEST);
	else if (status == VT_OK && type == VT_NODE_SCALAR)
		status = add_scalar(r, e, node);
	yaml_event_delete(e);
	if (status == VT_OK && type != VT_NODE_SCALAR)
		status = read_items(r, type == VT_NODE_LIST ? YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT,
		                    depth + 1, node);
	if (status == VT_OK) *out = node;
	return status;
}

/* Skips the event, which must be of this type. */
static enum vt_status skip(struct reader *r, yaml_event_type_t type, const char *otherwise)
{
	yaml_event_t e;
	enum vt_status status = next(r, &e);
	if (status != VT_OK) return status;
	if (e.type != type)
		status = fail_at(r->ctx, r->source, e.start_mark.line + 1, e.start_mark.column + 1, otherwise);
	yaml_event_delete(&e);
	return status;
}

static enum vt_status read_document(struct reader *r, struct vt_node **out)
{
	enum vt_status status;
	yaml_event_t e;
	VT_TRY(skip(r, YAML_STREAM_START_EVENT, "no YAML"));
	VT_TRY(skip(r, YAML_DOCUMENT_START_EVENT, "there is nothing in it"));
	VT_TRY(next(r, &e));
	VT_TRY(read_node(r, &e, 1, out));
	VT_TRY(skip(r, YAML_DOCUMENT_END_EVENT, "the document does not end here"));
	VT_TRY(skip(r, YAML_STREAM_END_EVENT, "a second document begins; put it into a file of its own"));
done:
	return status;
}

enum vt_status vt_yaml_parse(struct vt_ctx *ctx, struct vt_arena *a, const struct vt_source *source, const char *text,
                             size_t n, struct vt_node **out)
{
	struct reader r = { .ctx = ctx, .arena = a, .source = source };
	enum vt_status status = vt_text_check(ctx, source, text, n);
	if (status != VT_OK) return status;
	if (!yaml_parser_initialize(&r.parser)) return vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for a YAML parser");
	/* else a byte order mark would choose */
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
	status = read_document(&r, out);
	yaml_parser_delete(&r.parser);
	return status;
}

enum vt_status vt_yaml_value(struct vt_ctx *ctx, struct vt_arena *a, const struct vt_source *source, const char *text,
                             struct vt_node **out)
{
	if (text[0] != '\0' && strchr("[{\"'", text[0]))
		return vt_yaml_parse(ctx, a, source, text, strlen(text), out);
	enum vt_status status = vt_text_check(ctx, source, text, strlen(text));
	if (status != VT_OK) return status;
	const struct vt_node at = { .source = source, .line = 1, .column = 1 };
	struct vt_node *node = vt_node_scalar(ctx, a, text, &at);
	if (!node) return VT_ENOMEM;
	*out = node;
	return VT_OK;
}
