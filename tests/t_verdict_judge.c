/* Judging run files that the test writes: which runs, which line, units, flags, controls,
 * Holm, and what is said where there is nothing to judge.
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
#include <jansson.h>

#include "venturi/rng.h"
#include "venturi/run.h"
#include "venturi/value.h"
#include "venturi/verdict.h"

#define FOLDER "t_verdict_judge.runs"
enum { STEPS = 40, LAYERS = 2, ESTIMATORS = 2 };

/* One run file. */
struct plan {
	int task, seed;
	const char *activation;
	double fall;      /* of h2 under kde-upper; the others stay at 3 bit */
	double noise;     /* standard deviation */
	bool dead;
	const char *status;
	unsigned flags;   /* of the judged line, at the first step */
	int first_step;   /* steps are first_step, first_step + 1, ... */
};

static const char rules[] =
	"{\"falls\": {\"claim\": \"replication\", \"statistic\": \"decline\", \"series\": \"information/i_xt\","
	" \"at\": {\"layer\": \"h2\", \"estimator\": \"kde-upper\"}, \"where\": {\"model.activation\": \"tanh\"},"
	" \"over\": \"train.seed\", \"delta\": 0.5, \"unit\": \"bit\", \"expect\": \"above\", \"seeds_min\": 4,"
	" \"controls\": [\"flat-null\"]%s}}";

/* ---- writing ------------------------------------------------------------------- */

static enum vt_status describe(struct vt_ctx *ctx, struct vt_frame *f, const struct plan *p, const char *hypotheses)
{
	enum vt_status status;
	char sweep[128], settings[256];

	snprintf(sweep, sizeof sweep, "{\"model.activation\": \"%s\", \"train.seed\": %d}", p->activation, p->seed);
	snprintf(settings, sizeof settings, "{\"model.activation\": \"%s\", \"train.seed\": %d, \"train.rate\": 4e-4}",
	         p->activation, p->seed);
	const char *attr[][2] = { { "venturi_schema", "venturi-run/1" }, { "title", "a test" }, { "experiment", "planted" },
		                  { "status", p->status ? p->status : "complete" }, { "sweep", sweep } };
	const char *text[][2] = { { "config", "" }, { "settings", settings }, { "defaults", "[]" },
		                  { "hypotheses", hypotheses } };
	for (size_t i = 0; i < sizeof attr / sizeof *attr; i++)
		VT_TRY(vt_frame_attr_text(ctx, f, "/", attr[i][0], attr[i][1]));
	VT_TRY(vt_frame_attr_int(ctx, f, "/", "alive", !p->dead));
	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		VT_TRY(vt_frame_variable(ctx, f, "", &(struct vt_variable){ .name = text[i][0], .type = VT_TEXT }));
		VT_TRY(vt_frame_put_text(ctx, f, "", text[i][0], 1, &text[i][1]));
	}
done:
	return status;
}

/* High until the middle, low after it, with noise, at h2 and kde-upper: the last of the four. */
static enum vt_status put_steps(struct vt_ctx *ctx, struct vt_frame *f, const struct plan *p)
{
	enum vt_status status = VT_OK;
	struct vt_rng r = vt_rng_stream(51, VT_PURPOSE_NOISE, (uint64_t)p->task);
	for (int i = 0; i < STEPS; i++) {
		double value[LAYERS * ESTIMATORS] = { 3, 3, 3, 3 }, flags[LAYERS * ESTIMATORS] = { 0 };
		value[3] += (i < STEPS / 2 ? p->fall : 0) + p->noise * vt_rng_normal(&r);
		if (i == 0) flags[3] = p->flags;
		VT_TRY(vt_frame_step(ctx, f, "information", p->first_step + i, i));
		VT_TRY(vt_frame_put(ctx, f, "information", "i_xt", LAYERS * ESTIMATORS, value));
		VT_TRY(vt_frame_put(ctx, f, "information", "flags", LAYERS * ESTIMATORS, flags));
	}
done:
	return status;
}

static enum vt_status fill(struct vt_ctx *ctx, struct vt_frame *f, const struct plan *p, const char *hypotheses)
{
	static const char *const layer[] = { "h1", "h2" }, *const estimator[] = { "bin30", "kde-upper" };
	enum vt_status status;

	VT_TRY(describe(ctx, f, p, hypotheses));
	VT_TRY(vt_frame_dim(ctx, f, "information", "step", 0, NULL, NULL, NULL, NULL));
	VT_TRY(vt_frame_dim(ctx, f, "information", "layer", LAYERS, layer, NULL, NULL, NULL));
	VT_TRY(vt_frame_dim(ctx, f, "information", "estimator", ESTIMATORS, estimator, NULL, NULL, NULL));
	struct vt_variable v = { .name = "i_xt", .type = VT_F64, .rank = 3, .dim = { "step", "layer", "estimator" },
		                 .unit = "bit" };
	VT_TRY(vt_frame_variable(ctx, f, "information", &v));
	v.name = "flags";
	v.unit = NULL;
	v.type = VT_I32;
	v.flags = true;
	VT_TRY(vt_frame_variable(ctx, f, "information", &v));
	VT_TRY(put_steps(ctx, f, p));
done:
	return status;
}

static void write_run(struct vt_ctx *ctx, const struct plan *p, const char *hypotheses)
{
	char path[128];
	struct vt_frame *f = vt_frame_create(ctx);
	snprintf(path, sizeof path, FOLDER "/task-%05d", p->task);
	enum vt_status status = vt_folder_create(ctx, path);
	strcat(path, "/run.h5");
	if (status == VT_OK) status = fill(ctx, f, p, hypotheses);
	if (status == VT_OK) status = vt_frame_write(ctx, f, path);
	if (status != VT_OK) fail_msg("%s", vt_ctx_trail(ctx));
	vt_frame_free(f);
}

/* Writes the runs (n = 0: those of the last call stay) and judges them; `with` may be null. */
static struct vt_rulings *judge(struct vt_ctx *ctx, size_t n, const struct plan *plan, const char *hypotheses,
                                const struct vt_experiment *with)
{
	struct vt_runs *runs = NULL;
	struct vt_rulings *r = NULL;
	if (n > 0) assert_int_equal(system("rm -rf " FOLDER), 0);
	for (size_t i = 0; i < n; i++) write_run(ctx, &plan[i], hypotheses);
	enum vt_status status = vt_runs_open(ctx, FOLDER, &runs);
	if (status == VT_OK) status = vt_verdict(ctx, &vt_registry, runs, with, &r);
	vt_runs_free(runs);
	if (status != VT_OK && !with) fail_msg("%s", vt_ctx_trail(ctx));
	return r;
}

/* Six tanh runs that fall by 2 bit, and two others. */
enum { RUNS = 8 };
static void make_plan(struct plan *p)
{
	for (int i = 0; i < RUNS; i++)
		p[i] = (struct plan){ .task = i, .seed = i, .activation = i < 6 ? "tanh" : "relu", .fall = i < 6 ? 2 : 0,
		                      .noise = 0.1 };
}

static const char *with_rules(const char *more)
{
	static char text[sizeof rules + 256];
	snprintf(text, sizeof text, rules, more);
	return text;
}

static void expect(struct vt_rulings *r, enum vt_outcome outcome, const char *const *words)
{
	assert_non_null(r);
	assert_int_equal(r->n, 1);
	const char *reason = r->ruling[0].reason;
	if (r->ruling[0].outcome != outcome) fail_msg("outcome %s: %s", vt_outcome_names[r->ruling[0].outcome], reason);
	for (; *words; words++)
		if (!strstr(reason, *words)) fail_msg("\"%s\" is not in \"%s\"", *words, reason);
	vt_rulings_free(r);
}
#define EXPECT(rulings, outcome, ...) expect((rulings), (outcome), (const char *const[]){ __VA_ARGS__, NULL })

/* ---- outcomes ------------------------------------------------------------------- */

static void a_fall_is_supported(void **state)
{
	struct plan p[RUNS];
	make_plan(p);
	p[5].dead = true;
	p[4].flags = VT_OUT_OF_RANGE;
	p[3].flags = VT_NOT_COMPUTED;
	struct vt_rulings *r = judge(*state, RUNS, p, with_rules(""), NULL);
	const struct vt_ruling *g = &r->ruling[0];
	assert_string_equal(g->experiment, "planted");
	assert_string_equal(g->hypothesis, "falls");
	assert_true(g->registered);
	assert_int_equal(g->n_seeds, 5);
	assert_int_equal(g->n_dead, 1);
	assert_int_equal(g->n_flagged, 1);
	assert_int_equal(g->n_missing, 1);
	assert_true(g->control_passed[0] && g->lo > 1.5 && g->hi < 2.5 && g->value > g->lo);
	assert_true(g->p_holm == g->p && fabs(g->ci_level - 0.95) < 1e-12 && g->lo == g->lo95);
	EXPECT(r, VT_SUPPORTED, "mean decline", "95 % interval", "over 5 seeds lies above 0.5 bit", "flat-null passed",
	       "1 dead run left out", "1 invalid value left out", "1 of 5 runs carry cautions (out_of_range)");
}

static void no_fall_is_refuted(void **state)
{
	struct plan p[RUNS];
	make_plan(p);
	for (int i = 0; i < RUNS; i++) p[i].fall = 0;
	EXPECT(judge(*state, RUNS, p, with_rules(""), NULL), VT_REFUTED, "lies below 0.5 bit");
}

static void between_is_inconclusive(void **state)
{
	struct plan p[RUNS];
	make_plan(p);
	for (int i = 0; i < RUNS; i++) p[i].fall = i / 3 % 2; /* 0.5 on average, half of the seeds each */
	EXPECT(judge(*state, RUNS, p, with_rules(""), NULL), VT_INCONCLUSIVE, "contains 0.5 bit");
}

static void a_failed_control_is_inconclusive(void **state)
{
	struct plan p[RUNS];
	char text[1024];
	make_plan(p);
	for (int i = 0; i < RUNS; i++) {
		p[i].fall = 30;
		p[i].noise = 4; /* no fall of 2 delta could be found in this */
	}
	snprintf(text, sizeof text, "%s", with_rules(""));
	char *at = strstr(text, "\"flat-null\"");
	memmove(at + strlen("\"planted-fall\""), at + strlen("\"flat-null\""), strlen(at + strlen("\"flat-null\"")) + 1);
	memcpy(at, "\"planted-fall\"", strlen("\"planted-fall\""));
	EXPECT(judge(*state, RUNS, p, text, NULL), VT_INCONCLUSIVE, "lies above 0.5 bit", "controls failed: planted-fall");
}

static void too_few_seeds(void **state)
{
	struct plan p[RUNS];
	make_plan(p);
	p[1].dead = p[2].dead = true;
	p[3].status = "failed";
	p[4].status = "running";
	struct vt_rulings *r = judge(*state, RUNS, p, with_rules(""), NULL);
	assert_int_equal(r->ruling[0].n_dead, 3);
	assert_true(isnan(r->ruling[0].p_holm));
	EXPECT(r, VT_INCONCLUSIVE, "2 live seeds gave a value, wanted at least 4", "3 dead runs", "1 unfinished run");
	for (int i = 0; i < RUNS; i++) p[i].dead = true;
	EXPECT(judge(*state, RUNS, p, with_rules(""), NULL), VT_INCONCLUSIVE, "0 live seeds", "6 dead runs");
}

static void bounds_decide_nothing(void **state)
{
	struct plan p[RUNS];
	make_plan(p);
	for (int i = 0; i < RUNS; i++) p[i].flags = VT_CENSORED;
	/* One of forty values is a bound: the outcome stands without it. */
	EXPECT(judge(*state, RUNS, p, with_rules(""), NULL), VT_SUPPORTED, "censored");
}

/* ---- which runs ------------------------------------------------------------------- */

static void conditions_are_not_mixed(void **state)
{
	struct plan p[RUNS];
	char text[1024];
	make_plan(p);
	snprintf(text, sizeof text, "%s", with_rules(""));
	char *at = strstr(text, "\"where\": {\"model.activation\": \"tanh\"},"), *end = strchr(at, '}') + 2;
	memmove(at, end, strlen(end) + 1);
	EXPECT(judge(*state, RUNS, p, text, NULL), VT_INCONCLUSIVE, "model.activation differs among the 8 runs", "tanh",
	       "relu", "`where` does not fix it");
}

static void copies_are_no_replicates(void **state)
{
	struct plan p[RUNS];
	make_plan(p);
	p[3].seed = 2;
	EXPECT(judge(*state, RUNS, p, with_rules(""), NULL), VT_INCONCLUSIVE, "task-00002", "task-00003", "train.seed = 2");
}

static void nothing_matches(void **state)
{
	struct plan p[RUNS];
	make_plan(p);
	for (int i = 0; i < RUNS; i++) p[i].activation = "relu";
	EXPECT(judge(*state, RUNS, p, with_rules(""), NULL), VT_NOT_RUN, "none of the 8 runs agrees with `where`");
}

static void steps_differ(void **state)
{
	struct plan p[RUNS];
	make_plan(p);
	p[2].first_step = 10;
	EXPECT(judge(*state, RUNS, p, with_rules(""), NULL), VT_SUPPORTED, "over 6 seeds");
	p[2].first_step = 100;
	EXPECT(judge(*state, RUNS, p, with_rules(""), NULL), VT_INCONCLUSIVE, "no step in common");
}

/* ---- hypotheses that do not fit ------------------------------------------------------ */

/* `from` replaced by `to` in the rules. */
static const char *changed(const char *from, const char *to)
{
	static char text[1024];
	char *whole = strdup(with_rules("")), *at = strstr(whole, from);
	assert_non_null(at);
	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, to, at + strlen(from));
	free(whole);
	return text;
}

/* From run files: a ruling that says so. */
static void misfit_registered(struct vt_ctx *ctx, const char *from, const char *to, const char *word)
{
	struct plan p[RUNS];
	make_plan(p);
	EXPECT(judge(ctx, RUNS, p, changed(from, to), NULL), VT_INCONCLUSIVE, word);
}

/* From an experiment file: the file is at fault. */
static void misfit(struct vt_ctx *ctx, const char *from, const char *to, const char *word, const char *other)
{
	struct vt_experiment with = { .path = "other.yaml", .name = "other" };
	struct vt_hypothesis *h = NULL;
	assert_int_equal(vt_hypotheses_parse(ctx, &vt_registry, changed(from, to), &with.n_hypotheses, &h), VT_OK);
	with.hypothesis = h;
	assert_null(judge(ctx, 0, NULL, NULL, &with));
	const char *trail = vt_ctx_trail(ctx);
	if (!strstr(trail, word) || !strstr(trail, other) || !strstr(trail, "other.yaml"))
		fail_msg("\"%s\" is not in \"%s\"", word, trail);
	vt_hypotheses_free(with.n_hypotheses, h);
}

static void misfits(void **state)
{
	misfit_registered(*state, "\"h2\"", "\"h3\"", "no layer 'h3'");
	misfit_registered(*state, "flat-null", "flat-nul", "no control 'flat-nul'");
	misfit(*state, "\"h2\"", "\"h3\"", "no layer 'h3'", "'h");
	misfit(*state, "kde-upper", "kde-uper", "no estimator 'kde-uper'", "'kde-upper'");
	misfit(*state, "\"layer\"", "\"layr\"", "no dimension 'layr'", "'layer'");
	misfit(*state, "\"layer\": \"h2\", ", "", "2 places along layer", "`at`");
	misfit(*state, "\"bit\"", "\"1\"", "is in bit", "delta in 1");
	misfit(*state, "\"model.activation\"", "\"model.width\"", "setting model.width", "of `where`");
	misfit(*state, "\"train.seed\"", "\"train.sed\"", "setting train.sed", "of `over`");
	misfit(*state, "flat-null", "flat-nul", "no control 'flat-nul'", "flat-null");
}

static void a_series_that_is_not_there(void **state)
{
	struct plan p[RUNS];
	make_plan(p);
	EXPECT(judge(*state, RUNS, p, changed("information/i_xt", "information/i_zt"), NULL), VT_NOT_RUN,
	       "information/i_zt");
}

static void nats_become_bits(void **state)
{
	struct plan p[RUNS];
	make_plan(p);
	struct vt_rulings *r = judge(*state, RUNS, p, changed("\"bit\"", "\"nat\""), NULL);
	assert_true(fabs(r->ruling[0].value - 2 / VT_BITS_PER_NAT) < 0.1);
	EXPECT(r, VT_SUPPORTED, "0.5 nat");
}

/* ---- families, JSON -------------------------------------------------------------------- */

/* Twice the same hypothesis: decided at 97.5 %; the p of both doubles. */
static void holm_in_the_family(void **state)
{
	struct plan p[RUNS];
	char text[2048];
	make_plan(p);
	const char *one = with_rules("");
	snprintf(text, sizeof text, "%.*s, \"again\"%s", (int)strlen(one) - 1, one, strchr(one, ':'));
	struct vt_rulings *r = judge(*state, RUNS, p, text, NULL);
	assert_int_equal(r->n, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct vt_ruling *g = &r->ruling[i];
		assert_true(fabs(g->p_holm - 2 * g->p) < 1e-15 && g->lo <= g->lo95 && g->hi >= g->hi95);
		assert_int_equal(g->outcome, VT_SUPPORTED);
	}
	assert_true(fabs(fmax(r->ruling[0].ci_level, r->ruling[1].ci_level) - 0.975) < 1e-12);
	assert_non_null(strstr(r->ruling[0].reason, "97.5 % interval"));
	vt_rulings_free(r);
}

static void json(void **state)
{
	static const char *const keys[] = { "claim", "experiment", "hypothesis", "statistic", "value", "ci95", "delta",
		                            "unit", "expect", "n_seeds", "n_dead", "n_flagged", "p_holm", "controls",
		                            "registered", "outcome", "reason", "ci_level", "family" };
	struct plan p[RUNS];
	char *text = NULL;
	make_plan(p);
	struct vt_rulings *r = judge(*state, RUNS, p, with_rules(""), NULL);
	assert_int_equal(vt_rulings_json(*state, r, &text), VT_OK);
	json_t *root = json_loads(text, 0, NULL), *g = json_array_get(json_object_get(root, "rulings"), 0);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (!json_object_get(g, keys[i])) fail_msg("no key %s in %s", keys[i], text);
	assert_true(json_real_value(json_object_get(g, "value")) > 1.5);
	assert_int_equal(json_array_size(json_object_get(g, "ci95")), 2);
	assert_true(json_is_null(json_object_get(g, "family")));
	assert_true(json_is_true(json_object_get(json_array_get(json_object_get(g, "controls"), 0), "passed")));
	assert_string_equal(json_string_value(json_object_get(g, "outcome")), "supported");
	json_decref(root);
	free(text);
	vt_rulings_free(r);
}

static void judged_post_hoc(void **state)
{
	struct plan p[RUNS];
	struct vt_experiment with = { .path = "other.yaml", .name = "other" };
	make_plan(p);
	assert_int_equal(vt_hypotheses_parse(*state, &vt_registry, changed("0.5", "0.25"), &with.n_hypotheses,
	                                     &with.hypothesis), VT_OK);
	struct vt_rulings *r = judge(*state, RUNS, p, "{}", &with);
	assert_false(r->ruling[0].registered);
	assert_string_equal(r->ruling[0].experiment, "other");
	EXPECT(r, VT_SUPPORTED, "above 0.25 bit");
	vt_hypotheses_free(with.n_hypotheses, with.hypothesis);
	/* Without hypotheses there is nothing to rule on. */
	r = judge(*state, RUNS, p, "{}", NULL);
	assert_int_equal(r->n, 0);
	vt_rulings_free(r);
}

static int setup(void **state)
{
	*state = vt_ctx_create();
	vt_ctx_set_level(*state, VT_QUIET);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	vt_ctx_free(*state);
	return system("rm -rf " FOLDER) == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fall_is_supported), cmocka_unit_test(no_fall_is_refuted),
		cmocka_unit_test(between_is_inconclusive), cmocka_unit_test(a_failed_control_is_inconclusive),
		cmocka_unit_test(too_few_seeds), cmocka_unit_test(bounds_decide_nothing),
		cmocka_unit_test(conditions_are_not_mixed), cmocka_unit_test(copies_are_no_replicates),
		cmocka_unit_test(nothing_matches), cmocka_unit_test(steps_differ), cmocka_unit_test(misfits),
		cmocka_unit_test(a_series_that_is_not_there), cmocka_unit_test(nats_become_bits),
		cmocka_unit_test(holm_in_the_family), cmocka_unit_test(json), cmocka_unit_test(judged_post_hoc),
	};
	return cmocka_run_group_tests_name("verdict judge", tests, setup, teardown);
}
