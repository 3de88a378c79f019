/* Tiny kinds that only the tests of `config` know: options of every type, two kinds in the
 * rooms where a change of kind matters.  Included by tests/t_config_*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_CONFIG_KINDS_H
#define TESTS_CONFIG_KINDS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "venturi/config.h"

struct coin { double bias; int64_t n; bool fair; char *path; };
struct net { struct vt_ints widths; int activation; };
struct tree { int64_t depth; int activation; };
struct sgd { double momentum; };
struct adam { double beta1; double beta2; };
struct training { struct vt_chosen optimiser; double rate; int64_t epochs, seed; };
struct probe { int64_t points; struct vt_ints steps; };
struct bins { int64_t bins; struct vt_reals range; };
struct smooth { double variance; };
struct info { struct vt_chosen estimator; };
struct words { struct vt_strings words; struct vt_pairs names; };
struct fall { double tail; };

static const char *const activations[] = { "tanh", "relu", "linear", NULL };
static const char *const optimiser_room[] = { "optimiser", NULL };
static const char *const estimate_room[] = { "estimate", NULL };

static const struct vt_option coin_options[] = {
	{ "bias", VT_REAL, offsetof(struct coin, bias), 0, 1, "0.5", "heads a throw", "share of heads" },
	{ "n", VT_INT, offsetof(struct coin, n), 2, 1e9, "100", "throws", "how many" },
	{ "fair", VT_BOOL, offsetof(struct coin, fair), .def = "true", .help = "claimed" },
	{ "path", VT_STRING, offsetof(struct coin, path), .optional = true, .help = "a record of throws" },
	{ 0 }
};
static const struct vt_option net_options[] = {
	{ "widths", VT_INTS, offsetof(struct net, widths), 1, 64, NULL, "units", "hidden layers", .max_items = 8 },
	{ "activation", VT_CHOICE, offsetof(struct net, activation), .def = "tanh", .choices = activations },
	{ 0 }
};
static const struct vt_option tree_options[] = {
	{ "depth", VT_INT, offsetof(struct tree, depth), 1, 30, "3", "levels", "depth" },
	{ "activation", VT_CHOICE, offsetof(struct tree, activation), .def = "relu", .choices = activations },
	{ 0 }
};
static const struct vt_option sgd_options[] = {
	{ "momentum", VT_REAL, offsetof(struct sgd, momentum), 0, 1, "0" },
	{ 0 }
};
static const struct vt_option adam_options[] = {
	{ "beta1", VT_REAL, offsetof(struct adam, beta1), 0, 1, "0.9" },
	{ "beta2", VT_REAL, offsetof(struct adam, beta2), 0, 1, "0.999" },
	{ 0 }
};
static const struct vt_option training_options[] = {
	{ "optimiser", VT_CHOSEN, offsetof(struct training, optimiser), .def = "sgd", .choices = optimiser_room },
	{ "rate", VT_REAL, offsetof(struct training, rate), 0, INFINITY, "1e-3", "a step" },
	{ "epochs", VT_INT, offsetof(struct training, epochs), 1, 1e9, "10" },
	{ "seed", VT_INT, offsetof(struct training, seed), 0, 1e9, "0" },
	{ 0 }
};
static const struct vt_option probe_options[] = {
	{ "points", VT_INT, offsetof(struct probe, points), 2, 1000, "20" },
	{ "steps", VT_INTS, offsetof(struct probe, steps), 0, 1e9, .optional = true },
	{ 0 }
};
static const struct vt_option bins_options[] = {
	{ "bins", VT_INT, offsetof(struct bins, bins), 2, 4096, "30", "bins" },
	{ "range", VT_REALS, offsetof(struct bins, range), .def = "[-1, 1]", .max_items = 2 },
	{ 0 }
};
static const struct vt_option smooth_options[] = {
	{ "variance", VT_REAL, offsetof(struct smooth, variance), 1e-12, 1e6, NULL, "squared units", "of the noise" },
	{ 0 }
};
static const struct vt_option info_options[] = {
	{ "estimator", VT_CHOSEN, offsetof(struct info, estimator), .choices = estimate_room, .help = "of entropies" },
	{ 0 }
};
static const struct vt_option words_options[] = {
	{ "words", VT_STRINGS, offsetof(struct words, words), .def = "[a, b]", .max_items = 4 },
	{ "names", VT_PAIRS, offsetof(struct words, names), .optional = true },
	{ 0 }
};
static const struct vt_option fall_options[] = {
	{ "tail", VT_REAL, offsetof(struct fall, tail), 0.01, 1, "0.1", "of the snapshots" },
	{ 0 }
};

#define KIND(name, type, options) { name, "for tests", "venturi", sizeof(type), options, NULL }
static const struct vt_kind coin_kind = KIND("coin", struct coin, coin_options);
static const struct vt_kind net_kind = KIND("net", struct net, net_options);
static const struct vt_kind tree_kind = KIND("tree", struct tree, tree_options);
static const struct vt_kind sgd_kind = KIND("sgd", struct sgd, sgd_options);
static const struct vt_kind adam_kind = KIND("adam", struct adam, adam_options);
static const struct vt_kind training_kind = KIND("steps", struct training, training_options);
static const struct vt_kind probe_kind = KIND("fixed", struct probe, probe_options);
static const struct vt_kind store_kind = { "file", "for tests", "venturi", 0, NULL, NULL };
static const struct vt_kind bins_kind = KIND("bins", struct bins, bins_options);
static const struct vt_kind smooth_kind = KIND("smooth", struct smooth, smooth_options);
static const struct vt_kind info_kind = KIND("info", struct info, info_options);
static const struct vt_kind words_kind = KIND("words", struct words, words_options);
static const struct vt_kind fall_kind = KIND("fall", struct fall, fall_options);

static const struct vt_registered entries[] = {
	{ "dataset", &coin_kind }, { "model", &net_kind }, { "model", &tree_kind }, { "optimiser", &sgd_kind },
	{ "optimiser", &adam_kind }, { "train", &training_kind }, { "probe", &probe_kind }, { "store", &store_kind },
	{ "estimate", &bins_kind }, { "estimate", &smooth_kind }, { "measure", &info_kind }, { "measure", &words_kind },
	{ "statistic", &fall_kind },
};
static const struct vt_registry kinds = { sizeof entries / sizeof *entries, entries };

/* Reads `text` as x.yaml with a preset and overrides (null-terminated, or null); the status. */
static enum vt_status attempt(struct vt_ctx *ctx, const char *text, const char *preset, const char *const *override,
                              struct vt_experiment **out)
{
	size_t n = 0;
	while (override && override[n]) n++;
	return vt_experiment_parse(ctx, &kinds, "x.yaml", text, preset, n, override, out);
}

/* The same, which must succeed. */
static inline struct vt_experiment *read_ok(struct vt_ctx *ctx, const char *text, const char *preset,
                                            const char *const *override)
{
	struct vt_experiment *e = NULL;
	enum vt_status status = attempt(ctx, text, preset, override, &e);
	if (status != VT_OK) fail_msg("status %d: %s", status, vt_ctx_trail(ctx));
	return e;
}

static inline struct vt_task *task_ok(struct vt_ctx *ctx, const struct vt_experiment *e, size_t number)
{
	struct vt_task *t = NULL;
	enum vt_status status = vt_experiment_task(ctx, e, number, &t);
	if (status != VT_OK) fail_msg("task %zu, status %d: %s", number, status, vt_ctx_trail(ctx));
	return t;
}

/* It must fail with this status and exactly this message. */
static inline void refuse(struct vt_ctx *ctx, const char *text, const char *preset, const char *const *override,
                          enum vt_status wanted, const char *message)
{
	struct vt_experiment *e = NULL;
	enum vt_status status = attempt(ctx, text, preset, override, &e);
	assert_null(e);
	assert_string_equal(vt_ctx_trail(ctx), message);
	assert_int_equal(status, wanted);
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static int make_context(void **state)
{
	*state = vt_ctx_create();
	return *state ? 0 : -1;
}

static int free_context(void **state)
{
	vt_ctx_free(*state);
	return 0;
}

#endif
