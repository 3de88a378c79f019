/* Arena and nodes: how a tree is held, changed and blamed.  Called by everything in the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tree.h"

/* A task's changes fit into one block: resolving it costs one allocation. */
enum { BLOCK_BYTES = 16384, ALIGNMENT = 16 };

struct block {
	struct block *next;
	size_t used, size;
};

struct vt_arena {
	struct block *first;
};

struct vt_arena *vt_arena_create(struct vt_ctx *ctx)
{
	return vt_alloc(ctx, 1, sizeof(struct vt_arena));
}

void vt_arena_free(struct vt_arena *a)
{
	if (!a) return;
	for (struct block *b = a->first, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

static size_t aligned(size_t n)
{
	return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void *vt_arena_take(struct vt_ctx *ctx, struct vt_arena *a, size_t n, size_t size)
{
	size_t bytes = 0, head = aligned(sizeof(struct block));
	if (__builtin_mul_overflow(n, size, &bytes) || bytes > PTRDIFF_MAX / 2) {
		vt_ctx_fail(ctx, VT_ENOMEM, "out of memory: %zu times %zu bytes wanted", n, size);
		return NULL;
	}
	bytes = aligned(bytes ? bytes : 1);
	struct block *b = a->first;
	if (!b || b->size - b->used < bytes) {
		size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
		b = vt_alloc(ctx, 1, head + room);
		if (!b) return NULL;
		b->size = room;
		b->next = a->first;
		a->first = b;
	}
	void *p = (char *)b + head + b->used;
	b->used += bytes;
	return p;
}

char *vt_arena_text(struct vt_ctx *ctx, struct vt_arena *a, const char *text, size_t n)
{
	char *copy = vt_arena_take(ctx, a, n + 1, 1);
	if (copy) memcpy(copy, text, n);
	return copy;
}

static size_t find(const struct vt_node *map, const char *key, size_t length)
{
	if (!map || map->type != VT_NODE_MAP) return SIZE_MAX;
	for (size_t i = 0; i < map->n; i++)
		if (strncmp(map->key[i]->text, key, length) == 0 && map->key[i]->text[length] == '\0') return i;
	return SIZE_MAX;
}

struct vt_node *vt_node_find(const struct vt_node *map, const char *key)
{
	size_t i = find(map, key, strlen(key));
	return i == SIZE_MAX ? NULL : map->item[i];
}

struct vt_node *vt_node_key(const struct vt_node *map, const char *key)
{
	size_t i = find(map, key, strlen(key));
	return i == SIZE_MAX ? NULL : map->key[i];
}

struct vt_node *vt_node_create(struct vt_ctx *ctx, struct vt_arena *a, enum vt_node_type type, size_t n,
                               const struct vt_node *at)
{
	struct vt_node *node = vt_arena_take(ctx, a, 1, sizeof *node);
	if (!node) return NULL;
	if (at) *node = (struct vt_node){ .origin = at->origin, .source = at->source, .line = at->line,
	                                  .column = at->column };
	node->type = type;
	if (type == VT_NODE_SCALAR) return node;
	node->item = vt_arena_take(ctx, a, n, sizeof *node->item);
	if (!node->item) return NULL;
	if (type == VT_NODE_LIST) return node;
	node->key = vt_arena_take(ctx, a, n, sizeof *node->key);
	return node->key ? node : NULL;
}

struct vt_node *vt_node_scalar(struct vt_ctx *ctx, struct vt_arena *a, const char *text, const struct vt_node *at)
{
	struct vt_node *node = vt_node_create(ctx, a, VT_NODE_SCALAR, 0, at);
	if (node) node->text = vt_arena_text(ctx, a, text, strlen(text));
	return node && node->text ? node : NULL;
}

/* A copy of the mapping with room for one more entry; a scalar becomes {kind: scalar},
 * nothing an empty mapping. */
static struct vt_node *open_mapping(struct vt_ctx *ctx, struct vt_arena *a, const struct vt_node *old,
                                    struct vt_node *value)
{
	bool mapping = old && old->type == VT_NODE_MAP;
	struct vt_node *new = vt_node_create(ctx, a, VT_NODE_MAP, mapping ? old->n + 1 : 2, old ? old : value);
	if (!new) return NULL;
	if (mapping) {
		new->n = old->n;
		memcpy(new->key, old->key, old->n * sizeof *old->key);
		memcpy(new->item, old->item, old->n * sizeof *old->item);
	} else if (old && old->type == VT_NODE_SCALAR) {
		new->n = 1;
		new->item[0] = (struct vt_node *)old;
		new->key[0] = vt_node_scalar(ctx, a, "kind", old);
		if (!new->key[0]) return NULL;
	}
	return new;
}

struct vt_node *vt_node_with(struct vt_ctx *ctx, struct vt_arena *a, const struct vt_node *root, const char *path,
                             struct vt_node *value)
{
	size_t length = strcspn(path, ".");
	struct vt_node *new = open_mapping(ctx, a, root, value);
	if (!new) return NULL;
	size_t i = find(new, path, length);
	bool last = path[length] == '\0';
	if (i == SIZE_MAX || last) {
		/* the key is blamed where its value came from */
		char word[VT_LONGEST_KEY + 1];
		snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), path);
		if (i == SIZE_MAX) i = new->n++;
		new->key[i] = vt_node_scalar(ctx, a, word, value);
		if (!new->key[i]) return NULL;
	}
	if (!last) value = vt_node_with(ctx, a, new->item[i], path + length + 1, value);
	new->item[i] = value;
	return value ? new : NULL;
}

void vt_node_mark(struct vt_node *node, enum vt_origin origin)
{
	if (!node) return;
	node->origin = origin;
	for (size_t i = 0; i < node->n; i++) {
		if (node->key) node->key[i]->origin = origin;
		vt_node_mark(node->item[i], origin);
	}
}

/* The order of a mapping does not count. */
bool vt_node_equal(const struct vt_node *a, const struct vt_node *b)
{
	if (a->type != b->type || a->n != b->n) return false;
	if (a->type == VT_NODE_SCALAR) return strcmp(a->text, b->text) == 0;
	for (size_t i = 0; i < a->n; i++) {
		const struct vt_node *other = a->key ? vt_node_find(b, a->key[i]->text) : b->item[i];
		if (!other || !vt_node_equal(a->item[i], other)) return false;
	}
	return true;
}

const char *vt_node_noun(const struct vt_node *node)
{
	if (node->type == VT_NODE_LIST) return "a list";
	if (node->type == VT_NODE_MAP) return "a mapping";
	return node->text[0] == '\0' && !node->quoted ? "nothing" : "a single value";
}

/* User text may hold anything; a message is one line and does nothing to a terminal. */
static void make_printable(char *message)
{
	for (char *p = message; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f) *p = ' ';
}

enum vt_status vt_node_fail(struct vt_ctx *ctx, const struct vt_node *at, const char *format, ...)
{
	char message[1024], place[512];
	const struct vt_source *s = at->source;
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	if (s->blame == VT_ECONFIG) snprintf(place, sizeof place, "%.400s:%zu:%zu", s->name, at->line, at->column);
	else snprintf(place, sizeof place, "%s'%.200s'", s->blame == VT_EBUG ? "default " : "", s->name);
	make_printable(message);
	make_printable(place);
	return vt_ctx_fail(ctx, s->blame, "%s: %s", place, message);
}
