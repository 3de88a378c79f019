/* Hypotheses that ask for more than one line, judged from run files that the test writes: a whole dimension, a second
 * series of the same runs, the same series of another arm; and what is said where these are not there.
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
#include "venturi/value.h"
#include "venturi/verdict.h"

#define FOLDER "t_verdict_sides.runs"
enum { STEPS = 60, PLACES = 6, SEEDS = 6 };

/* One run: the step of a frequency is its power, and test follows train by `delay` decades. */
struct plan {
	const char *decay;
	int seed;
	double power, delay;
	bool dead, flagged;
	size_t n_places;
};

#define RULE(statistic, series, more) \
	"{\"it\": {\"claim\": \"replication\", \"statistic\": \"" statistic "\", \"series\": \"" series "\", \"over\": " \
	"\"train.seed\", \"seeds_min\": 4, " more "}}"

/* ---- writing ----------------------------------------------------------------------- */

static void must(struct vt_ctx *ctx, enum vt_status status)
{
	if (status != VT_OK) fail_msg("%s", vt_ctx_trail(ctx));
}

static void put_text(struct vt_ctx *ctx, struct vt_frame *f, const char *name, const char *value)
{
	must(ctx, vt_frame_variable(ctx, f, "", &(struct vt_variable){ .name = name, .type = VT_TEXT }));
	must(ctx, vt_frame_put_text(ctx, f, "", name, 1, &value));
}

static void describe(struct vt_ctx *ctx, struct vt_frame *f, const struct plan *p, const char *rule)
{
	char settings[256];
	const char *attr[][2] = { { "venturi_schema", "venturi-run/1" }, { "title", "a test" }, { "experiment", "planted" },
		                  { "status", "complete" }, { "sweep", settings } };
	snprintf(settings, sizeof settings, "{\"train.weight_decay\": %s, \"train.seed\": %d}", p->decay, p->seed);
	for (size_t i = 0; i < sizeof attr / sizeof *attr; i++)
		must(ctx, vt_frame_attr_text(ctx, f, "/", attr[i][0], attr[i][1]));
	must(ctx, vt_frame_attr_int(ctx, f, "/", "alive", !p->dead));
	put_text(ctx, f, "config", "");
	put_text(ctx, f, "settings", settings);
	put_text(ctx, f, "defaults", "[]");
	put_text(ctx, f, "hypotheses", rule);
}

static void declare(struct vt_ctx *ctx, struct vt_frame *f, const struct plan *p)
{
	double frequency[PLACES];
	for (size_t i = 0; i < PLACES; i++) frequency[i] = 5 * (double)(i + 1);
	must(ctx, vt_frame_dim(ctx, f, "train", "step", 0, NULL, NULL, NULL, NULL));
	must(ctx, vt_frame_dim(ctx, f, "grid", "step", 0, NULL, NULL, NULL, NULL));
	must(ctx, vt_frame_dim(ctx, f, "grid", "frequency", p->n_places ? p->n_places : PLACES, NULL, frequency, "1", NULL));
	const struct vt_variable train[2] = { { "accuracy_train", VT_F64, 1, { "step" }, "1", NULL, false },
		                              { "accuracy_test", VT_F64, 1, { "step" }, "1", NULL, false } };
	const struct vt_variable ratio = { "amplitude_ratio", VT_F64, 2, { "step", "frequency" }, "1", NULL, false };
	const struct vt_variable flags = { "flags", VT_I32, 1, { "step" }, NULL, NULL, true };
	must(ctx, vt_frame_variable(ctx, f, "train", &train[0]));
	must(ctx, vt_frame_variable(ctx, f, "train", &train[1]));
	must(ctx, vt_frame_variable(ctx, f, "grid", &ratio));
	must(ctx, vt_frame_variable(ctx, f, "grid", &flags));
}

static void put_steps(struct vt_ctx *ctx, struct vt_frame *f, const struct plan *p)
{
	struct vt_rng r = vt_rng_stream(52, VT_PURPOSE_NOISE, (uint64_t)p->seed);
	double own = pow(10, 1.5 + 0.3 * vt_rng_normal(&r));
	for (int i = 0; i < STEPS; i++) {
		double step = i == 0 ? 0 : round(pow(10, 4.0 * i / (STEPS - 1)) + i), ratio[PLACES], flags = p->flagged && i == 3;
		double train = step >= own ? 1 : 0.1, test = step >= own * pow(10, p->delay) ? 1 : 0.1;
		for (int k = 0; k < PLACES; k++) ratio[k] = step >= own * pow(k + 1, p->power) ? 0.95 : 0.2;
		if (flags != 0) flags = VT_NOT_COMPUTED;
		must(ctx, vt_frame_step(ctx, f, "train", (int64_t)step, i));
		must(ctx, vt_frame_put(ctx, f, "train", "accuracy_train", 1, &train));
		must(ctx, vt_frame_put(ctx, f, "train", "accuracy_test", 1, &test));
		if (i % 2) continue; /* the grid is measured at every second snapshot */
		must(ctx, vt_frame_step(ctx, f, "grid", (int64_t)step, i));
		must(ctx, vt_frame_put(ctx, f, "grid", "amplitude_ratio", p->n_places ? p->n_places : PLACES, ratio));
		must(ctx, vt_frame_put(ctx, f, "grid", "flags", 1, &flags));
	}
}

static void write_run(struct vt_ctx *ctx, size_t task, const struct plan *p, const char *rule)
{
	char path[128];
	struct vt_frame *f = vt_frame_create(ctx);
	snprintf(path, sizeof path, FOLDER "/task-%05zu", task);
	must(ctx, vt_folder_create(ctx, path));
	strcat(path, "/run.h5");
	describe(ctx, f, p, rule);
	declare(ctx, f, p);
	put_steps(ctx, f, p);
	must(ctx, vt_frame_write(ctx, f, path));
	vt_frame_free(f);
}

/* Six seeds with weight decay: ordered, and test half a decade after train; six without: no delay. */
static void make_plan(struct plan *p)
{
	for (int i = 0; i < 2 * SEEDS; i++)
		p[i] = (struct plan){ .decay = i < SEEDS ? "1" : "0", .seed = i % SEEDS, .power = i < SEEDS ? 1 : 0,
		                      .delay = i < SEEDS ? 0.5 : 0 };
}

static struct vt_rulings *judge(struct vt_ctx *ctx, const struct plan *p, const char *rule)
{
	struct vt_runs *runs = NULL;
	struct vt_rulings *r = NULL;
	assert_int_equal(system("rm -rf " FOLDER), 0);
	for (size_t i = 0; i < 2 * SEEDS; i++) write_run(ctx, i, &p[i], rule);
	must(ctx, vt_runs_open(ctx, FOLDER, &runs));
	must(ctx, vt_verdict(ctx, &vt_registry, runs, NULL, &r));
	vt_runs_free(runs);
	assert_int_equal(r->n, 1);
	return r;
}

/* The outcome, and words that its reason has; `mean` NaN: none. */
static void expect(struct vt_ctx *ctx, const struct plan *p, const char *rule, enum vt_outcome outcome, double mean,
                   const char *words)
{
	struct vt_rulings *r = judge(ctx, p, rule);
	const struct vt_ruling *g = &r->ruling[0];
	if (g->outcome != outcome) fail_msg("outcome %s: %s", vt_outcome_names[g->outcome], g->reason);
	if (!strstr(g->reason, words)) fail_msg("\"%s\" is not in \"%s\"", words, g->reason);
	if (!isnan(mean) && !(fabs(g->value - mean) < 0.1)) fail_msg("found %g, wanted %g: %s", g->value, mean, g->reason);
	vt_rulings_free(r);
}

#define DECAY "\"where\": {\"train.weight_decay\": \"1\"}, "
#define ORDER(more) RULE("order", "grid/amplitude_ratio", DECAY "\"expect\": \"above\", " more)
#define LAG(more) \
	RULE("lag", "train/accuracy_train", DECAY "\"expect\": \"above\", \"delta\": 0.2, \"by\": \"level\", " more)
#define CONTRAST(more) RULE("contrast", "train/accuracy_test", DECAY "\"expect\": \"above\", \"of\": \"onset\", " more)

/* ---- a whole dimension -------------------------------------------------------------- */

static void along_a_dimension(void **state)
{
	struct plan p[2 * SEEDS];
	make_plan(p);
	expect(*state, p, ORDER("\"delta\": 0.7, \"along\": \"frequency\", "
	                      "\"controls\": [\"shuffled-places\", \"planted-order\"]"),
	       VT_SUPPORTED, 1, "controls passed");
	p[1].flagged = true; /* flags have no frequency: a snapshot of all places is missing */
	expect(*state, p, ORDER("\"delta\": 0.7, \"along\": \"frequency\""), VT_SUPPORTED, 1, "");
	for (int i = 0; i < SEEDS; i++) p[i].power = -1;
	expect(*state, p, ORDER("\"delta\": 0.7, \"along\": \"frequency\""), VT_REFUTED, -1, "lies below 0.7");
}

static void dimensions_that_do_not_fit(void **state)
{
	struct plan p[2 * SEEDS];
	make_plan(p);
	expect(*state, p, ORDER("\"delta\": 0.7, \"along\": \"frequencies\""), VT_INCONCLUSIVE, NAN,
	       "no dimension 'frequencies' (did you mean 'frequency'?)");
	expect(*state, p, ORDER("\"delta\": 0.7, \"along\": \"step\""), VT_INCONCLUSIVE, NAN, "`along` is step");
	expect(*state, p, ORDER("\"delta\": 0.7, \"along\": \"frequency\", \"at\": {\"frequency\": \"5\"}"),
	       VT_INCONCLUSIVE, NAN, "`at` fixes frequency");
	expect(*state, p, ORDER("\"delta\": 0.7, \"along\": \"frequency\", \"unit\": \"bit\""), VT_INCONCLUSIVE, NAN,
	       "order is in 1, and the hypothesis has delta in bit");
	p[2].n_places = 4;
	expect(*state, p, ORDER("\"delta\": 0.7, \"along\": \"frequency\""), VT_INCONCLUSIVE, NAN,
	       "does not have the same places along frequency");
}

/* ---- a second series ------------------------------------------------------------------ */

static void against_another_series(void **state)
{
	struct plan p[2 * SEEDS];
	make_plan(p);
	expect(*state, p, LAG("\"against\": \"train/accuracy_test\", \"controls\": [\"shuffled-pairs\", \"planted-lag\"]"),
	       VT_SUPPORTED, 0.5, "over 6 seeds lies above 0.2; controls passed");
	expect(*state, p, LAG("\"against\": \"grid/amplitude_ratio\", \"at_against\": {\"frequency\": \"30\"}, "
	                      "\"level_against\": 0.9"), VT_SUPPORTED, log10(6), "");
	p[0].dead = true;
	p[1].delay = 9; /* never: a bound, 2 decades above the other lags, so that the spread is wide */
	expect(*state, p, LAG("\"against\": \"train/accuracy_test\""), VT_INCONCLUSIVE, NAN,
	       "1 dead run left out; in 1 of 5 runs");
	for (int i = 1; i < SEEDS; i++) p[i].delay = i == 5 ? 2 : 9; /* all but one: clear with the bounds, one seed without */
	expect(*state, p, LAG("\"against\": \"train/accuracy_test\""), VT_INCONCLUSIVE, NAN,
	       "lies above 0.2, but not without the 4 values that are bounds");
}

static void series_that_do_not_fit(void **state)
{
	struct plan p[2 * SEEDS];
	make_plan(p);
	expect(*state, p, LAG("\"against\": \"train/loss\""), VT_NOT_RUN, NAN, "a partner with train/loss");
	expect(*state, p, LAG("\"against\": \"grid/amplitude_ratio\""), VT_INCONCLUSIVE, NAN, "`at` chooses none of them");
}

/* ---- another arm -------------------------------------------------------------------------- */

static void versus_another_arm(void **state)
{
	struct plan p[2 * SEEDS];
	make_plan(p);
	expect(*state, p, CONTRAST("\"delta\": 0.2, \"versus\": {\"train.weight_decay\": \"0\"}, "
	                           "\"controls\": [\"sign-flip\", \"planted-difference\"]"),
	       VT_SUPPORTED, 0.5, "over 6 seeds lies above 0.2; controls passed");
	p[SEEDS].dead = true;                       /* the partner of seed 0 */
	p[SEEDS + 1].seed = 17;                     /* no partner for seed 1 */
	expect(*state, p, CONTRAST("\"delta\": 0.2, \"versus\": {\"train.weight_decay\": \"0\"}"), VT_SUPPORTED, 0.5,
	       "over 4 seeds lies above 0.2; 1 dead run left out; 1 unfinished run left out");
}

static void arms_that_do_not_fit(void **state)
{
	struct plan p[2 * SEEDS];
	make_plan(p);
	expect(*state, p, CONTRAST("\"delta\": 0.2, \"versus\": {\"train.weight_decay\": \"7\"}"), VT_NOT_RUN, NAN,
	       "with `versus`: none of the 12 runs agrees");
	expect(*state, p, CONTRAST("\"delta\": 0.2, \"versus\": {\"model.depth\": \"7\"}"), VT_INCONCLUSIVE, NAN,
	       "none of the 12 runs has the setting model.depth");
	for (int i = SEEDS; i < 2 * SEEDS; i++) p[i].seed += 100;
	expect(*state, p, CONTRAST("\"delta\": 0.2, \"versus\": {\"train.weight_decay\": \"0\"}"), VT_NOT_RUN, NAN,
	       "has a partner in `versus` with the same train.seed");
}

static int setup(void **state)
{
	*state = vt_ctx_create();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	vt_ctx_free(*state);
	return system("rm -rf " FOLDER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(along_a_dimension), cmocka_unit_test(dimensions_that_do_not_fit),
		cmocka_unit_test(against_another_series), cmocka_unit_test(series_that_do_not_fit),
		cmocka_unit_test(versus_another_arm), cmocka_unit_test(arms_that_do_not_fit),
	};
	return cmocka_run_group_tests_name("verdict sides", tests, setup, teardown);
}
