/* The probe's kind: which rows, and when.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "venturi/probe.h"

static const char *const schedules[] = { "log", "every", "list", "ibsgd", "idnns", NULL };
static const char *const rows[] = { "all", "train", "test", NULL };
static const char *const samples[] = { "auto", "token", "sequence", "last", NULL };
static const char *const x[] = { "auto", "token", "bigram", "prefix", NULL };

#define AT(member) offsetof(struct vt_probe_settings, member)
static const struct vt_option options[] = {
	{ "schedule", VT_CHOICE, AT(schedule), 0, 0, "log", NULL,
	  "log-spaced steps, every so many, a list, or those of Saxe et al. (ibsgd) and Shwartz-Ziv & Tishby (idnns)",
		schedules },
	{ "points", VT_INT, AT(points), 2, 1000000, "200", "snapshots", "of schedule log; fewer where steps coincide" },
	{ "every", VT_INT, AT(every), 1, 1e12, "1000", "steps", "of schedule every" },
	{ "steps", VT_INTS, AT(steps), 0, 1e15, NULL, "steps", "of schedule list", .optional = true, .max_items = 100000 },
	{ "rows", VT_CHOICE, AT(rows), 0, 0, "all", NULL,
	  "rows that snapshots hold: train and test together, or one of them", rows },
	{ "samples", VT_CHOICE, AT(samples), 0, 0, "auto", NULL,
	  "of sequences: token (each position asked), last (position), sequence (all positions side by side); auto: token "
	  "where every position has a label, else last", samples },
	{ "x", VT_CHOICE, AT(x), 0, 0, "auto", NULL,
	  "of sequences, what I(X;T) is about: the token, the last two (bigram), all up to the position (prefix); auto: token "
	  "with samples: token, else prefix", x },
	{ "n", VT_INT, AT(n), 0, 1 << 30, "0", "rows", "a fixed random sample of so many of them; 0: all of them" },
	{ 0 }
};

const struct vt_probe_kind vt_probe_fixed = {
	.kind = { "fixed", "the same rows at every snapshot", "venturi", sizeof(struct vt_probe_settings), options,
	          "train, test and all rows give different planes; an ordered split is not a sample.  With full attention a "
	          "layer is a function of the whole sequence, and x: prefix is then less than that." },
};
