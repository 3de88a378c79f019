/* Sweeps, arms, presets and overrides: which tasks there are, and who beats whom.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config_kinds.h"

#define BASE "dataset: {kind: coin}\nmodel: {kind: net, widths: [4, 2]}\n"
#define SWEPT BASE "sweep: {model.activation: [tanh, relu], train.seed: 0..2}\n" \
	"presets: {smoke: {train.epochs: 3, train.seed: 0..1}, one: {train.seed: 5}, shapes: {model.widths: [[3], [3, 3]]}}\n"

/* The sweep point of every task, "a=1,b=2;a=1,b=3"; caller frees. */
static char *points(struct vt_ctx *ctx, const struct vt_experiment *e)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	assert_non_null(f);
	for (size_t i = 0; i < e->n_tasks; i++) {
		struct vt_task *t = task_ok(ctx, e, i);
		assert_int_equal(t->number, i);
		for (size_t j = 0; j < t->n_axes; j++)
			fprintf(f, "%s%s=%s", j ? "," : i ? ";" : "", t->axis_key[j], t->axis_value[j]);
		vt_task_free(t);
	}
	fclose(f);
	return text;
}

static void expect_points(struct vt_ctx *ctx, const char *text, const char *preset, const char *const *override,
                          const char *wanted)
{
	struct vt_experiment *e = read_ok(ctx, text, preset, override);
	char *found = points(ctx, e);
	assert_string_equal(found, wanted);
	free(found);
	vt_experiment_free(e);
}

/* A setting of a task as JSON text. */
static void expect_setting(struct vt_ctx *ctx, const char *text, const char *preset, const char *const *override,
                           size_t number, const char *wanted)
{
	struct vt_experiment *e = read_ok(ctx, text, preset, override);
	struct vt_task *t = task_ok(ctx, e, number);
	if (!strstr(t->settings_json, wanted)) fail_msg("no %s in %s", wanted, t->settings_json);
	vt_task_free(t);
	vt_experiment_free(e);
}

static void last_key_is_fastest(void **state)
{
	expect_points(*state, SWEPT, NULL, NULL,
		"model.activation=tanh,train.seed=0;model.activation=tanh,train.seed=1;model.activation=tanh,train.seed=2;"
		"model.activation=relu,train.seed=0;model.activation=relu,train.seed=1;model.activation=relu,train.seed=2");
	expect_setting(*state, SWEPT, NULL, NULL, 4, "\"model.activation\":\"relu\"");
	expect_setting(*state, SWEPT, NULL, NULL, 4, "\"train.seed\":1");
}

static void presets_replace_axes(void **state)
{
	expect_points(*state, SWEPT, "smoke", NULL, "model.activation=tanh,train.seed=0;model.activation=tanh,train.seed=1;"
		"model.activation=relu,train.seed=0;model.activation=relu,train.seed=1");
	expect_setting(*state, SWEPT, "smoke", NULL, 0, "\"train.epochs\":3");
	expect_points(*state, SWEPT, "one", NULL, "model.activation=tanh;model.activation=relu");
	expect_setting(*state, SWEPT, "one", NULL, 1, "\"train.seed\":5");
	struct vt_experiment *e = read_ok(*state, SWEPT, "full", NULL);
	assert_int_equal(e->n_tasks, 6);
	vt_experiment_free(e);
	e = read_ok(*state, SWEPT, "shapes", NULL);
	assert_int_equal(e->n_tasks, 12);
	assert_string_equal(e->axis[2].key, "model.widths");
	assert_string_equal(e->axis[2].value[1], "[3,3]");
	vt_experiment_free(e);
}

static void overrides_beat_presets(void **state)
{
	expect_setting(*state, SWEPT, "smoke", LIST("train.epochs=7"), 0, "\"train.epochs\":7");
	expect_points(*state, SWEPT, "smoke", LIST("train.seed=9", "model.activation=linear"), "");
	expect_setting(*state, SWEPT, "smoke", LIST("train.seed=9", "model.activation=linear"), 0, "\"train.seed\":9");
	/* in order: the last one counts; a list brings the axis back, at its end */
	expect_points(*state, SWEPT, NULL, LIST("model.activation=tanh", "train.seed=4", "train.seed=[8, 9]"),
		"train.seed=8;train.seed=9");
	/* replacing an axis keeps its place */
	expect_points(*state, SWEPT, NULL, LIST("model.activation=[linear]", "train.seed=1..1"),
		"model.activation=linear,train.seed=1");
	expect_points(*state, BASE, NULL, LIST("train.rate=[1e-3, 0.01]"), "train.rate=0.001;train.rate=0.01");
}

static void lists_and_lists_of_lists(void **state)
{
	expect_setting(*state, BASE, NULL, LIST("model.widths=[5, 6]"), 0, "\"model.widths\":[5,6]");
	expect_points(*state, BASE, NULL, LIST("model.widths=[[5, 6], [7]]"), "model.widths=[5,6];model.widths=[7]");
	expect_setting(*state, BASE, NULL, LIST("model.widths=[[5, 6], [7]]"), 1, "\"model.widths\":[7]");
	refuse(*state, BASE "sweep: {model.widths: [5, 6]}\n", NULL, NULL, VT_ECONFIG, "x.yaml:3:23: model.widths is a "
	       "list, a sweep wants a list of lists, as [[1, 2], [3]] is one");
}

static void kinds_in_kinds(void **state)
{
	const char *text = "dataset: coin\nmodel: {kind: net, widths: [4]}\ntrain: {optimiser: {kind: adam, beta1: 0.7}}\n"
		"measure: {b: {kind: info, estimator: {kind: bins, bins: 50}}}\n";
	expect_setting(*state, text, NULL, LIST("train.optimiser.beta2=0.5"), 0,
		"\"train.optimiser.beta1\":0.7,\"train.optimiser.beta2\":0.5");
	expect_setting(*state, text, NULL, LIST("train.optimiser=adam"), 0, "\"train.optimiser.beta1\":0.7");
	/* another kind drops what it does not have, if that came from the file */
	expect_setting(*state, text, NULL, LIST("train.optimiser=sgd"), 0,
		"\"train.optimiser.kind\":\"sgd\",\"train.optimiser.momentum\":0,\"train.rate\"");
	expect_setting(*state, text, NULL, LIST("measure.b.estimator=smooth", "measure.b.estimator.variance=1"), 0,
		"\"measure.b.estimator.kind\":\"smooth\",\"measure.b.estimator.variance\":1}");
	expect_setting(*state, text, NULL, LIST("measure.b.estimator={kind: bins, range: [0, 1]}"), 0,
		"\"measure.b.estimator.bins\":30,\"measure.b.estimator.range\":[0,1]");
	expect_setting(*state, text, NULL, LIST("measure.new=words", "measure.new.words=[q]"), 0,
		"\"measure.new.kind\":\"words\",\"measure.new.words\":[\"q\"]");
	/* what was asked for explicitly must fit */
	refuse(*state, text, NULL, LIST("train.optimiser=sgd", "train.optimiser.beta1=0.5"), VT_EUSAGE,
	       "'train.optimiser.beta1=0.5': unknown setting 'beta1'; sgd has momentum");
	/* an option of the default kind, which the file does not name */
	expect_setting(*state, BASE, NULL, LIST("train.optimiser.momentum=0.5"), 0, "\"train.optimiser.momentum\":0.5");
	expect_setting(*state, BASE, NULL, LIST("train.optimiser=adam", "train.optimiser.beta1=0.5"), 0,
		"\"train.optimiser.beta1\":0.5");
}

static void swept_kinds(void **state)
{
	const char *text = "dataset: coin\nmodel: {kind: net, widths: [4]}\n"
		"sweep: {model.kind: [net, tree], train.optimiser: [sgd, adam]}\n";
	expect_points(*state, text, NULL, NULL, "model.kind=net,train.optimiser.kind=sgd;model.kind=net,"
		"train.optimiser.kind=adam;model.kind=tree,train.optimiser.kind=sgd;model.kind=tree,train.optimiser.kind=adam");
	expect_setting(*state, text, NULL, NULL, 2, "\"model.kind\":\"tree\",\"model.depth\":3,\"model.activation\":\"relu\"");
	refuse(*state, "dataset: coin\nmodel: tree\nsweep: {model.kind: [net, tre]}\n", NULL, NULL, VT_ECONFIG,
	       "x.yaml:3:27: unknown kind 'tre' for model.kind (did you mean 'tree'?)");
	/* an axis over a setting that the command line's kind does not have goes with it */
	expect_points(*state, BASE "sweep: {model.widths: [[3], [4]], train.seed: [1, 2]}\n", NULL, LIST("model.kind=tree"),
		"train.seed=1;train.seed=2");
}

#define ARMED BASE "arms:\n" \
	"  slow: {train.rate: 1e-4, train.epochs: 9}\n" \
	"  fast: {train.rate: 0.1, train.epochs: 3}\n" \
	"  base: {}\n"

static void arms(void **state)
{
	expect_points(*state, ARMED, NULL, NULL, "arm=slow;arm=fast;arm=base");
	expect_setting(*state, ARMED, NULL, NULL, 1, "{\"arm\":\"fast\",");
	expect_setting(*state, ARMED, NULL, NULL, 1, "\"train.rate\":0.1,\"train.epochs\":3");
	expect_setting(*state, ARMED, NULL, NULL, 2, "\"train.rate\":0.001,\"train.epochs\":10");
	expect_points(*state, ARMED "sweep: {train.seed: 0..1}\n", NULL, NULL,
		"arm=slow,train.seed=0;arm=slow,train.seed=1;arm=fast,train.seed=0;arm=fast,train.seed=1;"
		"arm=base,train.seed=0;arm=base,train.seed=1");
	/* the command line beats arms, and those that become equal collapse */
	expect_setting(*state, ARMED, NULL, LIST("train.rate=5"), 1, "\"train.rate\":5,\"train.epochs\":3");
	expect_points(*state, ARMED, NULL, LIST("train.rate=5"), "arm=slow;arm=fast;arm=base");
	expect_points(*state, ARMED, NULL, LIST("train.rate=5", "train.epochs=2"), "");
	expect_points(*state, ARMED, NULL, LIST("train.epochs=[4, 5]", "train.rate=1"), "train.epochs=4;train.epochs=5");
	/* and one may be chosen */
	expect_points(*state, ARMED, NULL, LIST("arm=fast"), "arm=fast");
	expect_points(*state, ARMED, NULL, LIST("arm=[base, slow]"), "arm=base;arm=slow");
	refuse(*state, ARMED, NULL, LIST("arm=zzzz"), VT_EUSAGE, "'arm=zzzz': no arm 'zzzz'; the first of 3 is 'slow'");
	refuse(*state, BASE, NULL, LIST("arm=x"), VT_EUSAGE, "'arm=x': this experiment has no 'arms' to choose from");
}

static void wrong_overrides(void **state)
{
	static const struct { const char *override, *message; } wrong[] = {
		{ "train.rat=1", "'train.rat=1': unknown setting 'train.rat' (did you mean 'train.rate'?)" },
		{ "trian.rate=1", "'trian.rate=1': unknown setting 'trian.rate' (did you mean 'train.rate'?)" },
		{ "noise=1", "'noise=1': unknown setting 'noise'; write room.setting, as train.rate is one" },
		{ "train.rate=1e-3x", "'train.rate=1e-3x': rate = 1e-3x is not a finite number (a step)" },
		{ "train.rate=", "'train.rate=': rate has no value; give one, or leave the setting out" },
		{ "train.rate.x=1", "'train.rate.x=1': unknown setting 'train.rate.x': 'train.rate' has no settings below it" },
		{ "train..rate=1", "'train..rate=1': 'train..rate' is no setting; write room.setting, as train.rate is one" },
		{ "=1", "'=1': an override is written SETTING=VALUE" },
		{ "train.seed=9..0", "'train.seed=9..0': train.seed = 9..0 is no range; a..b wants whole numbers with a <= b" },
		{ "train.seed=[1, 1]", "'train.seed=[1, 1]': the sweep of train.seed has 1 twice; remove one" },
		{ "train.rate=[1e-3, 0.001]", "'train.rate=[1e-3, 0.001]': the sweep of train.rate has 0.001 twice; remove one" },
		{ "train.seed=[]", "'train.seed=[]': the sweep of train.seed is an empty list" },
		{ "train.seed=0..999999", "'train.seed=0..999999': train.seed = 0..999999 has more than 100000 values" },
		{ "train.optimiser=qqqq", "'train.optimiser=qqqq': unknown kind 'qqqq' of optimiser; known: sgd, adam" },
		{ "measure=3", "'measure=3': 'measure' is no setting; name a measure below it, as measure.NAME" },
		{ "model.widths=5", "'model.widths=5': widths is a single value, a list is wanted, as [1, 2] is one" },
		{ "train.rate=[1, x]", "'train.rate=[1, x]': rate = x is not a finite number (a step)" },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		refuse(*state, BASE, NULL, LIST(wrong[i].override), VT_EUSAGE, wrong[i].message);
	struct vt_experiment *e = NULL;
	assert_int_equal(attempt(*state, BASE, NULL, LIST("train.rate=[1, 2"), &e), VT_EUSAGE);
	assert_int_equal(attempt(*state, SWEPT, "smok", NULL, &e), VT_EUSAGE);
	assert_string_equal(vt_ctx_trail(*state), "x.yaml has no preset 'smok' (did you mean 'smoke'?)");
}

static void wrong_sweeps(void **state)
{
	static const struct { const char *text, *message; } wrong[] = {
		{ BASE "sweep: {train.rate: 1}\n", "x.yaml:3:21: train.rate is a single value, a sweep wants a list or a range of "
		  "whole numbers, as 0..9 is one" },
		{ BASE "sweep: {train.rate: [1, -2]}\n", "x.yaml:3:25: rate = -2 is below the least value, 0 a step" },
		{ BASE "sweep: {train.rat: [1, 2]}\n",
		  "x.yaml:3:9: unknown setting 'train.rat' (did you mean 'train.rate'?)" },
		{ BASE "sweep: {train.seed: 0..99999, dataset.n: 2..1000}\n",
		  "x.yaml:3:42: the sweep has more than 1000000 tasks with 999 values of dataset.n; shorten it" },
		{ BASE "sweep: {}\n", "x.yaml:3:8: 'sweep' is empty; leave it out" },
		{ BASE "sweep: [1]\n", "x.yaml:3:8: 'sweep' is a list, a mapping is wanted" },
		{ BASE "sweep: {train.optimiser: [sgd], train.optimiser.kind: [adam]}\n",
		  "x.yaml:3:33: train.optimiser.kind is swept twice; remove one" },
		{ BASE "arms: {a: 3}\n", "x.yaml:3:11: arm 'a' is a single value, a mapping of settings is wanted ({} for none)" },
		{ BASE "arms: {a: {train.rate: [1, 2]}}\n",
		  "x.yaml:3:24: train.rate is a list, an arm sets one value; sweep it under 'sweep'" },
		{ BASE "arms: {a: {train.seed: 1}}\nsweep: {train.seed: 0..3}\n",
		  "x.yaml:3:12: train.seed is set by arm 'a' and swept as well; remove one" },
		{ BASE "arms: {a: {train.rate: x}}\n", "x.yaml:3:24: rate = x is not a finite number (a step)" },
		/* a preset that nobody asked for must be right, too */
		{ BASE "presets: {smoke: {train.epoch: 3}}\n",
		  "x.yaml:3:19: unknown setting 'train.epoch' (did you mean 'train.epochs'?)" },
		{ BASE "presets: {smoke: {train.epochs: 0}}\n", "x.yaml:3:33: epochs = 0 is outside [1, 1000000000]" },
		{ BASE "presets: {smoke: 3}\n", "x.yaml:3:18: preset 'smoke' is a single value, a mapping of settings is wanted" },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		refuse(*state, wrong[i].text, NULL, NULL, VT_ECONFIG, wrong[i].message);
}

static void task_beyond_the_last(void **state)
{
	struct vt_experiment *e = read_ok(*state, SWEPT, NULL, NULL);
	struct vt_task *t = NULL;
	assert_int_equal(vt_experiment_task(*state, e, 6, &t), VT_EUSAGE);
	assert_null(t);
	vt_experiment_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(last_key_is_fastest, make_context, free_context),
		cmocka_unit_test_setup_teardown(presets_replace_axes, make_context, free_context),
		cmocka_unit_test_setup_teardown(overrides_beat_presets, make_context, free_context),
		cmocka_unit_test_setup_teardown(lists_and_lists_of_lists, make_context, free_context),
		cmocka_unit_test_setup_teardown(kinds_in_kinds, make_context, free_context),
		cmocka_unit_test_setup_teardown(swept_kinds, make_context, free_context),
		cmocka_unit_test_setup_teardown(arms, make_context, free_context),
		cmocka_unit_test_setup_teardown(wrong_overrides, make_context, free_context),
		cmocka_unit_test_setup_teardown(wrong_sweeps, make_context, free_context),
		cmocka_unit_test_setup_teardown(task_beyond_the_last, make_context, free_context),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
