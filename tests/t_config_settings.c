/* Types, ranges, messages with their place, kinds in kinds, settings as JSON and back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config_kinds.h"

#define BASE "dataset: {kind: coin}\nmodel: {kind: net, widths: [4, 2]}\n"

static void every_type(void **state)
{
	struct vt_experiment *e = read_ok(*state,
		"title: \"A title: with a colon\"\n"
		"dataset: {kind: coin, bias: .25, n: 1e4, fair: false, path: 'a b.csv'}\n"
		"model:\n  kind: net\n  widths: [10, 7]\n  activation: relu\n"
		"train: {optimiser: {kind: adam, beta1: 0.8}, rate: 4e-4, seed: 7}\n"
		"probe: {points: 50, steps: 0..3}\n"
		"measure:\n  w: {kind: words, words: [x, 'y z'], names: {h1: first, h2: 2}}\n", NULL, NULL);
	struct vt_task *t = task_ok(*state, e, 0);
	const struct coin *d = t->dataset.settings;
	const struct net *m = t->model.settings;
	const struct training *s = t->train.settings;
	const struct probe *p = t->probe.settings;
	const struct words *w = t->measure[0].chosen.settings;

	assert_string_equal(e->title, "A title: with a colon");
	assert_string_equal(e->name, "x");
	assert_true(d->bias == 0.25 && d->n == 10000 && !d->fair);
	assert_string_equal(d->path, "a b.csv");
	assert_int_equal(m->widths.n, 2);
	assert_int_equal(m->widths.v[1], 7);
	assert_int_equal(m->activation, 1);
	assert_ptr_equal(s->optimiser.kind, &adam_kind);
	assert_true(((const struct adam *)s->optimiser.settings)->beta1 == 0.8);
	assert_true(((const struct adam *)s->optimiser.settings)->beta2 == 0.999);
	assert_true(s->rate == 4e-4 && t->seed == 7);
	assert_int_equal(p->steps.n, 4);
	assert_int_equal(p->steps.v[3], 3);
	assert_string_equal(w->words.v[1], "y z");
	assert_string_equal(w->names.key[1], "h2");
	assert_string_equal(w->names.value[1], "2");
	vt_task_free(t);
	vt_experiment_free(e);
}

/* Section left out: the room's first kind with its defaults. */
static void defaults(void **state)
{
	struct vt_experiment *e = read_ok(*state, BASE, NULL, NULL);
	struct vt_task *t = task_ok(*state, e, 0);
	const struct training *s = t->train.settings;
	assert_ptr_equal(t->train.kind, &training_kind);
	assert_ptr_equal(s->optimiser.kind, &sgd_kind);
	assert_ptr_equal(t->store.kind, &store_kind);
	assert_null(((const struct probe *)t->probe.settings)->steps.v);
	assert_int_equal(e->n_tasks, 1);
	assert_string_equal(e->hypotheses_json, "{}");
	vt_task_free(t);
	vt_experiment_free(e);
}

static void flat_json(void **state)
{
	struct vt_experiment *e = read_ok(*state,
		"dataset: {kind: coin, bias: 0.1}\nmodel: {kind: net, widths: [4, 2]}\n"
		"train: {optimiser: adam, rate: 4e-4}\n"
		"measure: {b: {kind: info, estimator: {kind: bins, range: [-0.5, 1e-5]}}}\n", NULL, NULL);
	struct vt_task *t = task_ok(*state, e, 0);
	assert_string_equal(t->settings_json,
		"{\"dataset.kind\":\"coin\",\"dataset.bias\":0.1,\"dataset.n\":100,\"dataset.fair\":true,\"dataset.path\":null,"
		"\"model.kind\":\"net\",\"model.widths\":[4,2],\"model.activation\":\"tanh\","
		"\"train.kind\":\"steps\",\"train.optimiser.kind\":\"adam\",\"train.optimiser.beta1\":0.9,"
		"\"train.optimiser.beta2\":0.999,\"train.rate\":0.0004,\"train.epochs\":10,\"train.seed\":0,"
		"\"probe.kind\":\"fixed\",\"probe.points\":20,\"probe.steps\":null,\"store.kind\":\"file\","
		"\"measure.b.kind\":\"info\",\"measure.b.estimator.kind\":\"bins\",\"measure.b.estimator.bins\":30,"
		"\"measure.b.estimator.range\":[-0.5,1e-05]}");
	assert_string_equal(t->defaults_json,
		"[\"dataset.n\",\"dataset.fair\",\"dataset.path\",\"model.activation\",\"train.kind\","
		"\"train.optimiser.beta1\",\"train.optimiser.beta2\",\"train.epochs\",\"train.seed\",\"probe.kind\","
		"\"probe.points\",\"probe.steps\",\"store.kind\",\"measure.b.estimator.bins\"]");
	vt_task_free(t);
	vt_experiment_free(e);
}

/* Every real reads back to the same bits from the shortest text that allows it. */
static void shortest_reals(void **state)
{
	static const struct { const char *in, *out; } pair[] = {
		{ "4e-4", "0.0004" }, { "0.1", "0.1" }, { "0.30000000000000004", "0.30000000000000004" }, { "1", "1" },
		{ "1e300", "1e+300" }, { "5e-324", "5e-324" }, { "123456789.125", "123456789.125" }, { "+2.50", "2.5" },
	};
	for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
		char override[64], wanted[64];
		snprintf(override, sizeof override, "train.rate=%s", pair[i].in);
		snprintf(wanted, sizeof wanted, "\"train.rate\":%s,", pair[i].out);
		struct vt_experiment *e = read_ok(*state, BASE, NULL, LIST(override));
		struct vt_task *t = task_ok(*state, e, 0);
		if (!strstr(t->settings_json, wanted)) fail_msg("%s is not in %s", wanted, t->settings_json);
		vt_task_free(t);
		vt_experiment_free(e);
	}
}

/* Each line: a file that is wrong in one place, and the message to the letter. */
static void messages(void **state)
{
	static const struct { const char *text, *message; } wrong[] = {
		{ BASE "noize: 1\n", "x.yaml:3:1: unknown setting 'noize'; there are title, dataset, model, train, probe, "
		  "store, measure, sweep, arms, hypotheses, presets" },
		{ BASE "trian: {}\n", "x.yaml:3:1: unknown setting 'trian' (did you mean 'train'?)" },
		{ BASE "train: {rat: 1}\n", "x.yaml:3:9: unknown setting 'rat' (did you mean 'rate'?)" },
		{ BASE "train: {zzz: 1}\n",
		  "x.yaml:3:9: unknown setting 'zzz'; steps has optimiser, rate, epochs, seed" },
		{ BASE "train:\n  rate: 1e-3x\n", "x.yaml:4:9: rate = 1e-3x is not a finite number (a step)" },
		{ BASE "train: {rate: 0x10}\n", "x.yaml:3:15: rate = 0x10 is not a finite number (a step)" },
		{ BASE "train: {rate: .inf}\n", "x.yaml:3:15: rate = .inf is not a finite number (a step)" },
		{ BASE "train: {rate: 1e999}\n", "x.yaml:3:15: rate = 1e999 is not a finite number (a step)" },
		{ BASE "train: {rate: -1}\n", "x.yaml:3:15: rate = -1 is below the least value, 0 a step" },
		{ BASE "train: {epochs: 1.5}\n", "x.yaml:3:17: epochs = 1.5 is not a whole number" },
		{ BASE "train: {epochs: '10'}\n",
		  "x.yaml:3:17: epochs = \"10\" is text, a whole number is wanted; remove the quotes" },
		{ BASE "train: {epochs: }\n", "x.yaml:3:17: epochs has no value; give one, or leave the setting out" },
		{ BASE "train: {epochs: [1, 2]}\n", "x.yaml:3:17: epochs is a list, a single value is wanted (to vary it, put "
		  "it under 'sweep')" },
		{ BASE "train: {rate: 1, rate: 2}\n", "x.yaml:3:18: 'rate' is given twice (first in line 3); remove one" },
		{ BASE "dataset: {kind: coin}\n", "x.yaml:3:1: 'dataset' is given twice (first in line 1); remove one" },
		{ "dataset: {kind: coin, bias: 2}\nmodel: tree\n", "x.yaml:1:29: bias = 2 is outside [0, 1] heads a throw" },
		{ "dataset: {kind: coin, fair: yes}\nmodel: tree\n", "x.yaml:1:29: fair = yes is neither true nor false" },
		{ "dataset: {kind: coinn}\nmodel: tree\n", "x.yaml:1:17: unknown kind 'coinn' of dataset (did you mean 'coin'?)" },
		{ "dataset: {kind: dice}\nmodel: tree\n", "x.yaml:1:17: unknown kind 'dice' of dataset; known: coin" },
		{ "dataset: {n: 3}\nmodel: tree\n", "x.yaml:1:10: dataset has no kind; give one of coin" },
		{ "model: tree\n", "x.yaml:1:1: dataset is missing; its kinds are coin" },
		{ "dataset: coin\nmodel: net\n", "x.yaml:2:8: widths is missing (units): hidden layers" },
		{ "dataset: coin\nmodel: {kind: net, widths: 4}\n",
		  "x.yaml:2:28: widths is a single value, a list is wanted, as [1, 2] is one" },
		{ "dataset: coin\nmodel: {kind: net, widths: [4, 0]}\n", "x.yaml:2:32: widths = 0 is outside [1, 64] units" },
		{ "dataset: coin\nmodel: {kind: net, widths: [1,2,3,4,5,6,7,8,9]}\n",
		  "x.yaml:2:28: widths has 9 items, at most 8 are allowed" },
		{ "dataset: coin\nmodel: {kind: tree, activation: reluu}\n",
		  "x.yaml:2:33: activation = reluu is unknown (did you mean 'relu'?); choose from tanh, relu, linear" },
		{ BASE "measure: {i: {kind: info}}\n", "x.yaml:3:21: estimator is missing; its kinds are bins, smooth" },
		{ BASE "measure: {i: {kind: info, estimator: smooth}}\n",
		  "x.yaml:3:38: variance is missing (squared units): of the noise" },
		{ BASE "measure: {train: {kind: words}}\n",
		  "x.yaml:3:11: a measure cannot be called 'train', a group of every run file" },
		{ BASE "measure: {a.b: {kind: words}}\n",
		  "x.yaml:3:11: 'a.b' cannot name a measure; use at most 64 letters, digits, '_' and '-'" },
		{ "", "x.yaml:1:1: there is nothing in it" },
		{ "- dataset\n", "x.yaml:1:1: an experiment is a mapping (dataset: ..., model: ...), this is a list" },
		{ BASE "train:\n\trate: 1\n", "x.yaml:4:1: a tab in the indentation; indent with spaces" },
		{ BASE "---\n" BASE, "x.yaml:3:1: a second document begins; put it into a file of its own" },
		{ BASE "train: &a {rate: 1}\n", "x.yaml:3:8: an anchor or alias (& or *); write the value out" },
		{ BASE "train: {rate: !!float 1}\n", "x.yaml:3:15: a tag (!); types follow from the setting, remove it" },
		{ BASE "title: \xff\n", "x.yaml:3:8: a byte that is not UTF-8; save the file as UTF-8" },
		{ "\xef\xbb\xbf" BASE, "x.yaml:1:1: a byte order mark; save the file as UTF-8 without one" },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		refuse(*state, wrong[i].text, NULL, NULL, VT_ECONFIG, wrong[i].message);
}

static void nesting_is_bounded(void **state)
{
	char text[4096] = BASE "title: ";
	struct vt_experiment *e = NULL;
	memset(text + strlen(text), '[', 2000);
	assert_int_equal(attempt(*state, text, NULL, NULL, &e), VT_ECONFIG);
	assert_non_null(strstr(vt_ctx_trail(*state), "more than 32 levels of nesting"));
}

static void chosen_from_text(void **state)
{
	struct vt_chosen c = { 0 };
	char *json = NULL;
	assert_int_equal(vt_chosen_parse(*state, &kinds, "estimate", "bins:range=[-2,2],bins=7", &c), VT_OK);
	assert_int_equal(((const struct bins *)c.settings)->bins, 7);
	assert_int_equal(vt_chosen_json(*state, &c, &json), VT_OK);
	assert_string_equal(json, "{\"bins\":7,\"range\":[-2,2]}");
	free(json);
	vt_chosen_clear(&c);
	assert_null(c.kind);

	assert_int_equal(vt_chosen_parse(*state, &kinds, "measure", "info:estimator=smooth,estimator.variance=2", &c), VT_OK);
	assert_int_equal(vt_chosen_json(*state, &c, &json), VT_OK);
	assert_string_equal(json, "{\"estimator.kind\":\"smooth\",\"estimator.variance\":2}");
	free(json);
	vt_chosen_clear(&c);

	assert_int_equal(vt_chosen_parse(*state, &kinds, "estimate", "bins:bin=7", &c), VT_EUSAGE);
	assert_string_equal(vt_ctx_trail(*state), "'bins:bin=7': unknown setting 'bin' (did you mean 'bins'?)");
	assert_int_equal(vt_chosen_parse(*state, &kinds, "estimate", "bins:7", &c), VT_EUSAGE);
	assert_int_equal(vt_chosen_parse(*state, &kinds, "estimate", "", &c), VT_EUSAGE);
	assert_null(c.kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_type, make_context, free_context),
		cmocka_unit_test_setup_teardown(defaults, make_context, free_context),
		cmocka_unit_test_setup_teardown(flat_json, make_context, free_context),
		cmocka_unit_test_setup_teardown(shortest_reals, make_context, free_context),
		cmocka_unit_test_setup_teardown(messages, make_context, free_context),
		cmocka_unit_test_setup_teardown(nesting_is_bounded, make_context, free_context),
		cmocka_unit_test_setup_teardown(chosen_from_text, make_context, free_context),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
