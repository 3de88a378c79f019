/* The tree that an experiment file becomes, and the changes that presets, overrides and
 * sweeps make to it; private to the room.
 *
 * A tree is never changed in place: vt_node_with returns a new root that shares whatever
 * stayed the same.  So one file serves a million tasks, each of which changes a few
 * settings.  Everything lives in an arena and is freed with it.
 *
 * Every node knows where it came from: messages name the place, and the exit status says
 * whose fault it is.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "venturi/base.h"

/* ---- arena ------------------------------------------------------------ */

struct vt_arena;
struct vt_arena *vt_arena_create(struct vt_ctx *ctx);
void vt_arena_free(struct vt_arena *a);
/* n zeroed objects of `size` bytes; null and a message when out of memory. */
void *vt_arena_take(struct vt_ctx *ctx, struct vt_arena *a, size_t n, size_t size);
/* The first `n` bytes of `text`, and a null byte. */
char *vt_arena_text(struct vt_ctx *ctx, struct vt_arena *a, const char *text, size_t n);

/* ---- nodes ------------------------------------------------------------ */

/* A file, an override or a default. */
struct vt_source {
	const char *name;       /* file name, or the override's text */
	enum vt_status blame;   /* VT_ECONFIG: a file, with lines; VT_EUSAGE: the command line; VT_EBUG: a default */
};

/* From weakest to strongest. */
enum vt_origin { VT_FROM_FILE, VT_FROM_SWEEP, VT_FROM_PRESET, VT_FROM_OVERRIDE };

enum vt_node_type { VT_NODE_SCALAR, VT_NODE_LIST, VT_NODE_MAP };

struct vt_node {
	enum vt_node_type type;
	enum vt_origin origin;
	const struct vt_source *source;
	size_t line, column;    /* from 1 */
	const char *text;       /* of a scalar */
	bool quoted;            /* a scalar in quotes or a block: text, never a number */
	size_t n;               /* items of a list, entries of a mapping */
	struct vt_node **key;   /* of a mapping: scalars, no two alike */
	struct vt_node **item;
};

enum { VT_LONGEST_KEY = 256 };

/* Value of `key` in a mapping; null if there is none or `map` is null or no mapping. */
struct vt_node *vt_node_find(const struct vt_node *map, const char *key);
/* The node that is the key itself. */
struct vt_node *vt_node_key(const struct vt_node *map, const char *key);

/* A mapping or list with room for `n` entries, n = 0 so far, at the place of `at`. */
struct vt_node *vt_node_create(struct vt_ctx *ctx, struct vt_arena *a, enum vt_node_type type, size_t n,
                               const struct vt_node *at);
/* A scalar at the place of `at`. */
struct vt_node *vt_node_scalar(struct vt_ctx *ctx, struct vt_arena *a, const char *text, const struct vt_node *at);

/* A copy of `root` in which dotted `path` has `value`.  Mappings that are missing on the
 * way appear; a scalar on the way becomes {kind: SCALAR}.  Null when out of memory. */
struct vt_node *vt_node_with(struct vt_ctx *ctx, struct vt_arena *a, const struct vt_node *root, const char *path,
                             struct vt_node *value);

/* Marks the node and all below it. */
void vt_node_mark(struct vt_node *node, enum vt_origin origin);

/* The same text at the same nodes; places do not count. */
bool vt_node_equal(const struct vt_node *a, const struct vt_node *b);

/* "a number", "a list", "a mapping": what messages call it. */
const char *vt_node_noun(const struct vt_node *node);

/* Fails at the node's place: "FILE:LINE:COLUMN: MESSAGE" or "override 'TEXT': MESSAGE". */
enum vt_status vt_node_fail(struct vt_ctx *ctx, const struct vt_node *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- text ------------------------------------------------------------- */

/* The tree of one YAML document of `n` bytes: strict UTF-8, no anchors, tags or second
 * document, no key twice, at most 32 levels. */
enum vt_status vt_yaml_parse(struct vt_ctx *ctx, struct vt_arena *a, const struct vt_source *source, const char *text,
                             size_t n, struct vt_node **out);
/* The value of an override: what begins with a bracket or a quote is YAML, anything else
 * is one scalar as it stands. */
enum vt_status vt_yaml_value(struct vt_ctx *ctx, struct vt_arena *a, const struct vt_source *source, const char *text,
                             struct vt_node **out);
/* VT_ECONFIG at the first byte that is no clean UTF-8 text. */
enum vt_status vt_text_check(struct vt_ctx *ctx, const struct vt_source *source, const char *text, size_t n);

#endif
