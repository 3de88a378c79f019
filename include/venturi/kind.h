/* Kinds and their option tables.
 *
 * A dataset, model, optimiser, estimator, measure, statistic, figure or command is
 * one .c file that ends in one constant descriptor whose first member is a
 * struct vt_kind, plus one line in a Makefile list.  One table of options feeds
 * the parser, `venturi describe`, the documentation and the file's attributes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_KIND_H
#define VENTURI_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The C type of the settings member behind each. */
enum vt_type {
	VT_INT = 1, /* int64_t */
	VT_REAL,    /* double */
	VT_BOOL,    /* bool */
	VT_STRING,  /* char *, null if unset */
	VT_CHOICE,  /* int: index into `choices` */
	VT_INTS,    /* struct vt_ints */
	VT_REALS,   /* struct vt_reals */
	VT_STRINGS, /* struct vt_strings */
	VT_PAIRS,   /* struct vt_pairs: a flat mapping of names to scalars */
	VT_CHOSEN   /* struct vt_chosen: a kind of the room choices[0], with its settings;
	             * written `name: KIND` or `name: {kind: KIND, option: ...}` */
};

struct vt_ints {
	size_t n;
	int64_t *v;
};
struct vt_reals {
	size_t n;
	double *v;
};
struct vt_strings {
	size_t n;
	char **v;
};
struct vt_pairs {
	size_t n;
	char **key, **value;
};
struct vt_chosen {
	const struct vt_kind *kind;
	void *settings; /* kind->settings_size bytes, filled from kind->options */
};

struct vt_option {
	const char *name;
	enum vt_type type;
	size_t offset;              /* into the settings struct */
	double min, max;            /* numbers and list items, inclusive; both 0: no limit */
	const char *def;            /* as it would stand in the file; null: must be given */
	const char *unit;           /* null for a pure number */
	const char *help;           /* one line */
	const char *const *choices; /* null-terminated; VT_CHOSEN: the room's name */
	bool optional;              /* def == null and may be left out: pointer null, n = 0, kind null */
	size_t max_items;           /* lists: at most so many; 0: 4096 */
};

struct vt_kind {
	const char *name;    /* as in files; the .c file has the same name */
	const char *summary; /* one line */
	const char *source;  /* paper and equation, or "venturi" */
	size_t settings_size;
	const struct vt_option *options; /* ends with a null name; null: none */
	const char *misleads;            /* when the result misleads; null if nothing to say */
};

/* Every kind that was compiled in, by room, in the order of the Makefile lists.
 * The program's one registry is vt_registry in run.h; rooms below `run` get it
 * as an argument. */
struct vt_registered {
	const char *room;
	const struct vt_kind *kind;
};
struct vt_registry {
	size_t n;
	const struct vt_registered *entry;
};

/* Null if there is none. */
const struct vt_kind *vt_kind_find(const struct vt_registry *r, const char *room, const char *name);

#endif
