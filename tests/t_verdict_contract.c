/* What every statistic promises, whatever it computes: the same answer again, a value for each seed that does not
 * depend on how the seeds are called, nothing out of nothing, controls that answer, words on when it misleads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "venturi/rng.h"
#include "venturi/run.h"
#include "../src/verdict/judge.h"

enum { STEPS = 40, PLACES = 12, SEEDS = 6, CELLS = SEEDS * PLACES * STEPS };

/* What must be given, by option; the rest is left at its defaults. */
static const char *const given[][2] = {
	{ "along", "along=frequency" }, { "against", "against=train/loss_train" }, { "versus", "versus={train.seed: 1}" },
};

struct world {
	double step[STEPS], place[PLACES], value[2][CELLS];
	unsigned flags[CELLS];
	struct vt_sample sample, other;
};

static const struct vt_statistic_kind *statistic(size_t i)
{
	for (size_t k = 0; k < vt_registry.n; k++)
		if (strcmp(vt_registry.entry[k].room, "statistic") == 0 && i-- == 0)
			return (const struct vt_statistic_kind *)(const void *)vt_registry.entry[k].kind;
	return NULL;
}

static void choose(struct vt_ctx *ctx, const struct vt_statistic_kind *kind, struct vt_chosen *out)
{
	char text[256];
	size_t n = (size_t)snprintf(text, sizeof text, "%s", kind->kind.name);
	const char *mark = ":";
	for (size_t g = 0; g < sizeof given / sizeof *given; g++)
		for (const struct vt_option *o = kind->kind.options; o && o->name; o++) {
			if (strcmp(o->name, given[g][0]) != 0 || o->optional) continue;
			n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", mark, given[g][1]);
			mark = ",";
		}
	if (vt_chosen_parse(ctx, &vt_registry, "statistic", text, out) != VT_OK) fail_msg("%s", vt_ctx_trail(ctx));
}

/* Sigmoids of every place and seed at their own steps, rising from 0.1 to 1.1 in one sample, falling in the other. */
static void fill(struct world *w, const struct vt_statistic_kind *kind, const struct vt_chosen *c)
{
	struct vt_needs needs = { 0 };
	struct vt_rng r = vt_rng_stream(61, VT_PURPOSE_NOISE, 0);
	if (kind->needs) kind->needs(c->settings, &needs);
	size_t places = needs.along ? PLACES : 1;
	for (size_t i = 0; i < STEPS; i++) w->step[i] = i == 0 ? 0 : pow(10, 4 * (double)i / (STEPS - 1));
	for (size_t p = 0; p < PLACES; p++) w->place[p] = (double)(p + 1);
	for (size_t side = 0; side < 2; side++)
		for (size_t k = 0; k < SEEDS * places; k++) {
			double at = 2 + 0.1 * (double)(k % places) + 0.2 * vt_rng_normal(&r);
			for (size_t i = 0; i < STEPS; i++) {
				double s = 1 / (1 + exp(-(log10(w->step[i] + 0.1) - at) / 0.1));
				w->value[side][k * STEPS + i] = (side ? 1.1 - s : 0.1 + s) + 0.01 * vt_rng_normal(&r);
			}
		}
	memset(w->flags, 0, sizeof w->flags);
	w->other = (struct vt_sample){ SEEDS, STEPS, w->step, w->value[1], w->flags, places, needs.along ? w->place : NULL,
		                       NULL };
	w->sample = w->other;
	w->sample.value = w->value[0];
	if (needs.against || needs.versus) w->sample.other = &w->other;
}

static void values(struct vt_ctx *ctx, const struct vt_statistic_kind *kind, const struct vt_chosen *c,
                   const struct world *w, double *out)
{
	if (kind->values(ctx, c->settings, &w->sample, out) != VT_OK) fail_msg("%s: %s", kind->kind.name, vt_ctx_trail(ctx));
}

typedef void promise_fn(struct vt_ctx *ctx, const struct vt_statistic_kind *kind, const struct vt_chosen *c,
                        struct world *w);

static void for_all(void **state, promise_fn *promise)
{
	const struct vt_statistic_kind *kind;
	struct world *w = malloc(sizeof *w);
	assert_non_null(w);
	for (size_t i = 0; (kind = statistic(i)); i++) {
		struct vt_chosen c = { 0 };
		choose(*state, kind, &c);
		fill(w, kind, &c);
		promise(*state, kind, &c, w);
		vt_chosen_clear(&c);
	}
	assert_non_null(statistic(0));
	free(w);
}

static void check_words(struct vt_ctx *ctx, const struct vt_statistic_kind *kind, const struct vt_chosen *c,
                        struct world *w)
{
	(void)ctx;
	(void)c;
	(void)w;
	if (!kind->kind.summary || !kind->kind.source || !kind->kind.misleads)
		fail_msg("%s: summary, source and when it misleads are wanted", kind->kind.name);
	if ((kind->controls != NULL) != (kind->control != NULL)) fail_msg("%s: controls without names", kind->kind.name);
}

static void check_again(struct vt_ctx *ctx, const struct vt_statistic_kind *kind, const struct vt_chosen *c,
                        struct world *w)
{
	double first[SEEDS], second[SEEDS];
	values(ctx, kind, c, w, first);
	values(ctx, kind, c, w, second);
	for (size_t k = 0; k < SEEDS; k++) {
		if (!isfinite(first[k])) fail_msg("%s: no value for seed %zu of clear series", kind->kind.name, k);
		if (first[k] != second[k]) fail_msg("%s: %g, then %g", kind->kind.name, first[k], second[k]);
	}
}

static void reverse_seeds(double *value, size_t width)
{
	for (size_t k = 0; k < SEEDS / 2; k++)
		for (size_t i = 0; i < width; i++) {
			double kept = value[k * width + i];
			value[k * width + i] = value[(SEEDS - 1 - k) * width + i];
			value[(SEEDS - 1 - k) * width + i] = kept;
		}
}

static void check_names_of_seeds(struct vt_ctx *ctx, const struct vt_statistic_kind *kind, const struct vt_chosen *c,
                                 struct world *w)
{
	double before[SEEDS], after[SEEDS];
	values(ctx, kind, c, w, before);
	reverse_seeds(w->value[0], w->sample.n_places * STEPS);
	reverse_seeds(w->value[1], w->sample.n_places * STEPS);
	values(ctx, kind, c, w, after);
	for (size_t k = 0; k < SEEDS; k++)
		if (!(fabs(before[k] - after[SEEDS - 1 - k]) <= 1e-12 * (1 + fabs(before[k]))))
			fail_msg("%s: %.17g, %.17g with the seeds reversed", kind->kind.name, before[k], after[SEEDS - 1 - k]);
}

/* Series without a number have no value, and a bound is not made of them either. */
static void check_nothing(struct vt_ctx *ctx, const struct vt_statistic_kind *kind, const struct vt_chosen *c,
                          struct world *w)
{
	double out[SEEDS];
	bool bound[SEEDS];
	for (size_t i = 0; i < CELLS; i++) w->value[0][i] = w->value[1][i] = NAN;
	values(ctx, kind, c, w, out);
	for (size_t k = 0; k < SEEDS; k++)
		if (!isnan(out[k])) fail_msg("%s: %g out of nothing", kind->kind.name, out[k]);
	if (!kind->bounds) return;
	assert_int_equal(kind->bounds(ctx, c->settings, &w->sample, bound), VT_OK);
	for (size_t k = 0; k < SEEDS; k++)
		if (bound[k]) fail_msg("%s: a bound out of nothing", kind->kind.name);
}

/* One snapshot, and one seed: an answer or none, and no harm. */
static void check_little(struct vt_ctx *ctx, const struct vt_statistic_kind *kind, const struct vt_chosen *c,
                         struct world *w)
{
	double out[SEEDS];
	w->sample.n_steps = w->other.n_steps = 1;
	values(ctx, kind, c, w, out);
	w->sample.n_seeds = w->other.n_seeds = 1;
	values(ctx, kind, c, w, out);
}

static void check_controls(struct vt_ctx *ctx, const struct vt_statistic_kind *kind, const struct vt_chosen *c,
                           struct world *w)
{
	for (int nothing = 0; nothing < 2; nothing++) {
		for (size_t i = 0; nothing && i < CELLS; i++) w->value[0][i] = w->value[1][i] = NAN;
		for (size_t i = 0; kind->controls && kind->controls[i]; i++) {
			const struct vt_hypothesis h = { .statistic = *c, .delta = 0.1, .expect = VT_ABOVE };
			bool passed = false, again = false;
			enum vt_status status = kind->control(ctx, c->settings, i, &w->sample, &h, &passed);
			if (status == VT_OK) status = kind->control(ctx, c->settings, i, &w->sample, &h, &again);
			if (status != VT_OK) fail_msg("%s, %s: %s", kind->kind.name, kind->controls[i], vt_ctx_trail(ctx));
			if (passed != again) fail_msg("%s, %s: passes and does not", kind->kind.name, kind->controls[i]);
		}
	}
}

static void words(void **state) { for_all(state, check_words); }
static void again(void **state) { for_all(state, check_again); }
static void names_of_seeds(void **state) { for_all(state, check_names_of_seeds); }
static void nothing(void **state) { for_all(state, check_nothing); }
static void little(void **state) { for_all(state, check_little); }
static void controls(void **state) { for_all(state, check_controls); }

static int setup(void **state)
{
	*state = vt_ctx_create();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	vt_ctx_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words), cmocka_unit_test(again), cmocka_unit_test(names_of_seeds), cmocka_unit_test(nothing),
		cmocka_unit_test(little), cmocka_unit_test(controls),
	};
	return cmocka_run_group_tests_name("verdict contract", tests, setup, teardown);
}
