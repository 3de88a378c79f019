/* From nodes to settings and back to text, by the option tables; private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdio.h>

#include "tree.h"
#include "venturi/config.h"
#include "venturi/kind.h"

/* ---- single values ---------------------------------------------------- */

/* The whole text as a finite real: an optional sign, decimal digits, a fraction, an exponent. */
bool vt_text_real(const char *text, double *out);
/* The whole text as an integer; 1e4 and 1.5e3 count where exact. */
bool vt_text_int(const char *text, int64_t *out);
/* "a..b" with whole numbers a <= b. */
bool vt_text_range(const char *text, int64_t *first, int64_t *last);
/* The shortest decimal form that reads back to the same number. */
void vt_text_from_real(double value, char out[32]);

/* ---- option tables ---------------------------------------------------- */

const struct vt_option *vt_option_find(const struct vt_option *options, const char *name);

/* What filling needs besides the node. */
struct vt_filling {
	struct vt_ctx *ctx;
	const struct vt_registry *kinds;
	struct vt_arena *arena; /* for the trees of defaults */
	int depth;
};

/* Fills the members behind `options` from the entries of `map` (null: none given), what is
 * missing from the defaults.  Entries that no option names are left alone.  `at` is where
 * a missing setting is reported.  On failure `base` holds what vt_options_clear frees. */
enum vt_status vt_options_fill(struct vt_filling *f, const struct vt_option *options, const struct vt_node *map,
                               const struct vt_node *at, void *base);
void vt_options_clear(const struct vt_option *options, void *base);

/* Fails on an entry that no option of the tables (each may be null) names, with the nearest
 * name.  Entries weaker than `strength` are let pass: they belong to the kind that stood
 * there before.  `owner` is what the known names belong to. */
enum vt_status vt_options_unknown(struct vt_ctx *ctx, const struct vt_node *map, const char *owner,
                                  const struct vt_option *a, const struct vt_option *b, enum vt_origin strength);

/* Settings of the kind that `node` names (a scalar, or a mapping with `kind`).
 * label      what messages call it: "dataset", "estimator"
 * fallback   the kind where none is named; null: it must be
 * at         where it is reported missing, with node == null */
enum vt_status vt_chosen_fill(struct vt_filling *f, const char *room, const char *label, const struct vt_node *node,
                              const struct vt_node *at, const char *fallback, struct vt_chosen *out);

/* The kind that `node` names, or null; `name` is what it is called there, or the fallback. */
const struct vt_kind *vt_chosen_kind(const struct vt_registry *kinds, const char *room, const struct vt_node *node,
                                     const char *fallback);
/* Where a chosen node names its kind: the scalar itself or the entry `kind`; or null. */
const struct vt_node *vt_chosen_name(const struct vt_node *node);
/* "binning, kde, exact": names of the room's kinds as far as they fit. */
void vt_kind_names(const struct vt_registry *kinds, const char *room, char *out, size_t size);
const char *vt_kind_nearest(const struct vt_registry *kinds, const char *room, const char *name);
/* The first kind of the room, or null. */
const char *vt_kind_first(const struct vt_registry *kinds, const char *room);

/* ---- back to text ----------------------------------------------------- */

/* One value as the option's type writes it: 4e-4 as 0.0004, a choice by its name, text
 * without quotes, lists as [1,2].  Checks type and range.  Caller frees. */
enum vt_status vt_option_canonical(struct vt_filling *f, const struct vt_option *option, const struct vt_node *node,
                                   char **out);

void vt_json_text(FILE *f, const char *text);
/* A member of a settings struct as one JSON value; null where it is unset. */
void vt_json_value(FILE *f, const struct vt_option *option, const void *member);

/* Two growing texts: {"key":value,...} and ["key",...] of those left at their default. */
struct vt_flat {
	FILE *settings, *defaults;
	size_t n_settings, n_defaults;
};
/* Adds PREFIX.kind (when `with_kind`) and PREFIX.OPTION of a chosen kind; `node` tells what was given.
 * An empty prefix adds no dot. */
void vt_flat_chosen(struct vt_flat *flat, const struct vt_chosen *chosen, const struct vt_node *node,
                    const char *prefix, bool with_kind);
void vt_flat_text(struct vt_flat *flat, const char *key, const char *text);

#endif
