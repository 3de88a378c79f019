/* Runs: written by steps, read back, told apart, collected.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store_run.h"

#define FOLDER "t_store_runs.files"

static const struct run_plan tanh_run = { .dir = FOLDER "/a", .task = 0, .seed = 3, .activation = "tanh", .n_steps = 4,
                                          .every = 10, .alive = true };
static const struct run_plan relu_run = { .dir = FOLDER "/a", .task = 1, .seed = 4, .activation = "relu", .n_steps = 3,
                                          .every = 15 };

static int setup(void **state)
{
	*state = vt_ctx_create();
	if (!*state) return -1;
	run_write(*state, &tanh_run);
	run_write(*state, &relu_run);
	return 0;
}

static int teardown(void **state)
{
	vt_ctx_free(*state);
	return system("rm -rf " FOLDER);
}

#define DO(call) \
	do { \
		if ((call) != VT_OK) fail_msg("%s: %s", #call, vt_ctx_trail(*state)); \
	} while (0)

static bool exists(const char *name)
{
	struct stat st;
	return stat(name, &st) == 0;
}

/* ---- one running task --------------------------------------------------- */

static void registers_first(void **state)
{
	struct run_plan plan = tanh_run;
	struct vt_store *s = NULL;
	struct vt_runs *r = NULL;
	plan.dir = FOLDER "/first";
	DO(run_create(*state, &plan, &s));
	DO(vt_runs_open(*state, FOLDER "/first", &r));
	assert_string_equal(vt_runs_attribute(r, 0, "status"), "running");
	assert_string_equal(vt_runs_text(r, 0, "hypotheses"), "{}");
	assert_string_equal(vt_runs_text(r, 0, "config"), "title: Klein, aber µ\n");
	assert_string_equal(vt_runs_attribute(r, 0, "title"), "Small, but µ");
	assert_string_equal(vt_runs_attribute(r, 0, "seed"), "3");
	assert_null(vt_runs_attribute(r, 0, "none"));
	vt_runs_free(r);
	vt_store_free(s);
}

/* Between commits the file stays as it was; 0 commits every time. */
static void commits_in_time(void **state)
{
	for (int patient = 0; patient < 2; patient++) {
		struct run_plan plan = tanh_run;
		struct vt_store *s = NULL;
		struct vt_frame *seen = NULL;
		bool intact = false;
		plan.dir = patient ? FOLDER "/patient" : FOLDER "/eager";
		plan.commit = patient ? 3600 : 0;
		DO(run_create(*state, &plan, &s));
		run_declare(*state, vt_store_frame(s));
		run_record(*state, vt_store_frame(s), &plan, 0);
		DO(vt_store_row(*state, s, 0, 0));
		assert_int_equal(vt_store_due(s), !patient);
		if (vt_store_due(s)) DO(vt_store_commit(*state, s, NULL));
		DO(vt_frame_read(*state, patient ? FOLDER "/patient/task-00000/run.h5" : FOLDER "/eager/task-00000/run.h5",
		                 &seen, &intact));
		assert_int_equal(vt_frame_put(*state, seen, "train", "loss_train", 1, &(double){ 1 }) == VT_OK, !patient);
		vt_frame_free(seen);
		vt_store_free(s);
	}
}

/* What is there is not overwritten by accident; with force nothing old is left beside. */
static void exists_already(void **state)
{
	struct run_plan plan = tanh_run;
	struct vt_store *s = NULL;
	plan.dir = FOLDER "/twice";
	DO(run_create(*state, &plan, &s));
	DO(vt_store_metric(*state, s, "{\"step\":0}"));
	DO(vt_store_metric(*state, s, "{\"step\":1}"));
	double x[6] = { 1, 2, 3, 4, 5, 6 };
	struct vt_mat tap = { x, 2, 2, 3 };
	const char *name = "h1";
	DO(vt_store_activations(*state, s, 40, 1, &name, &tap, NULL, NULL));
	assert_string_equal(vt_store_folder(s), FOLDER "/twice/task-00000");
	vt_store_free(s);
	s = NULL;
	char *text = NULL;
	DO(vt_input_text(*state, FOLDER "/twice/task-00000/metrics.jsonl", 1000, &text));
	assert_string_equal(text, "{\"step\":0}\n{\"step\":1}\n");
	free(text);
	assert_int_equal(run_create(*state, &plan, &s), VT_EUSAGE);
	assert_non_null(strstr(vt_ctx_trail(*state), "twice/task-00000/run.h5: exists already; --resume goes on, --force"));
	assert_true(exists(FOLDER "/twice/task-00000/activations-40.h5"));
	plan.force = true;
	DO(run_create(*state, &plan, &s));
	assert_false(exists(FOLDER "/twice/task-00000/activations-40.h5"));
	assert_false(exists(FOLDER "/twice/task-00000/metrics.jsonl"));
	vt_store_free(s);
}

/* In the layout for foreign activations, as our own reader takes it. */
static void activations(void **state)
{
	struct run_plan plan = tanh_run;
	struct vt_store *s = NULL;
	struct vt_array a;
	double x[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, in[4] = { 0, 1, 2, 3 };
	int32_t y[2] = { 1, 0 };
	struct vt_mat tap = { x, 2, 3, 4 }, input = { in, 2, 2, 2 };
	const char *name = "h1";
	plan.dir = FOLDER "/activations";
	DO(run_create(*state, &plan, &s));
	DO(vt_store_activations(*state, s, 7, 1, &name, &tap, &input, &(struct vt_labels){ y, 2, 2 }));
	vt_store_free(s);
#define FILE7 FOLDER "/activations/task-00000/activations-7.h5"
	DO(vt_input_array(*state, FILE7 ":/activations/h1", &a));
	assert_true(a.rank == 3 && a.dim[0] == 1 && a.dim[1] == 2 && a.dim[2] == 3);
	assert_true(a.value[2] == 3 && a.value[3] == 5); /* row 1 begins after the stride */
	free(a.value);
	DO(vt_input_array(*state, FILE7 ":/x", &a));
	assert_true(a.rank == 2 && a.value[3] == 3);
	free(a.value);
	DO(vt_input_array(*state, FILE7 ":/y", &a));
	assert_true(a.rank == 1 && a.integer && a.value[0] == 1);
	free(a.value);
	DO(vt_input_array(*state, FILE7 ":/step", &a));
	assert_true(a.n == 1 && a.value[0] == 7);
	free(a.value);
}

/* The same run, by another process on another day: the same content and name. */
static void repetition(void **state)
{
	struct run_plan plan = tanh_run;
	struct vt_runs *one = NULL, *two = NULL;
	plan.dir = FOLDER "/again";
	plan.commit = 3600;
	vt_ctx_set_threads(*state, 5);
	run_write(*state, &plan);
	vt_ctx_set_threads(*state, 1);
	DO(vt_runs_open(*state, FOLDER "/a/task-00000/run.h5", &one));
	DO(vt_runs_open(*state, FOLDER "/again", &two));
	static const char *const same[] = { "content_sha256", "uuid", "kernel", "status", "alive" };
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
		assert_string_equal(vt_runs_attribute(one, 0, same[i]), vt_runs_attribute(two, 0, same[i]));
	assert_int_equal(strlen(vt_runs_attribute(one, 0, "uuid")), 36);
	assert_int_equal(vt_runs_attribute(one, 0, "uuid")[14], '5');
	vt_runs_free(one);
	vt_runs_free(two);
}

/* ---- finished runs ------------------------------------------------------- */

static void settings(void **state)
{
	struct vt_runs *r = NULL;
	DO(vt_runs_open(*state, FOLDER "/a", &r));
	assert_int_equal(vt_runs_count(r), 2);
	assert_string_equal(vt_runs_path(r, 1), FOLDER "/a/task-00001/run.h5");
	assert_string_equal(vt_runs_setting(r, 0, "train.rate"), "0.0004");
	assert_string_equal(vt_runs_setting(r, 1, "model.activation"), "relu");
	assert_string_equal(vt_runs_setting(r, 1, "model.widths"), "[10,7]");
	assert_null(vt_runs_setting(r, 0, "none"));
	assert_true(vt_runs_alive(r, 0) && !vt_runs_alive(r, 1));
	const char *const *axis = vt_runs_axes(r);
	assert_string_equal(axis[0], "model.activation");
	assert_string_equal(axis[1], "train.seed");
	assert_null(axis[2]);
	const char *const *group = vt_runs_groups(r, 0);
	assert_string_equal(group[0], "provenance");
	assert_string_equal(group[2], "information");
	assert_null(group[4]);
	assert_true(vt_runs_has(r, 0, "information/i_xt") && !vt_runs_has(r, 0, "information/none"));
	vt_runs_free(r);
}

static void series(void **state)
{
	struct vt_runs *r = NULL;
	struct vt_series *s = NULL;
	DO(vt_runs_open(*state, FOLDER "/a", &r));
	DO(vt_runs_series(*state, r, 1, "information/i_xt", &s));
	assert_true(s->rank == 3 && s->dim[0] == 3 && s->dim[1] == RUN_LAYERS && s->dim[2] == RUN_ESTIMATORS && s->n == 18);
	assert_string_equal(s->unit, "bit");
	assert_string_equal(s->dim_name[1], "layer");
	assert_string_equal(s->label[2][1], "kde-upper");
	assert_true(s->coord[0][2] == 30 && s->epoch[2] == 30.0 / 13);
	assert_int_equal(vt_series_index(s, "layer", "output"), 2);
	assert_int_equal(vt_series_index(s, "step", "15"), 1);
	assert_int_equal(vt_series_index(s, "layer", "h9"), -1);
	assert_true(s->value[6 + 3] == run_value(&relu_run, 15, 3));
	assert_true(isnan(s->value[6 + 5]));
	vt_series_free(s);
	DO(vt_runs_series(*state, r, 0, "information/estimator_settings", &s));
	assert_null(s->value);
	assert_string_equal(s->text[1], "{\"variance\":0.001}");
	vt_series_free(s);
	assert_int_equal(vt_runs_series(*state, r, 0, "information/none", &s), VT_EDATA);
	vt_runs_free(r);
}

/* One line each for what is missing, damaged or foreign; the rest is used. */
static void skips(void **state)
{
	struct vt_runs *r = NULL;
	struct run_plan plan = tanh_run;
	plan.dir = FOLDER "/mixed";
	run_write(*state, &plan);
	mkdir(FOLDER "/mixed/task-00001", 0777);
	mkdir(FOLDER "/mixed/task-00002", 0777);
	mkdir(FOLDER "/mixed/task-00003", 0777);
	assert_int_equal(system("head -c 9000 " FOLDER "/mixed/task-00000/run.h5 > " FOLDER "/mixed/task-00002/run.h5"), 0);
	assert_int_equal(system("sed 's/Klein, aber/Gross, aber/' " FOLDER "/mixed/task-00000/run.h5 > " FOLDER
	                        "/mixed/task-00003/run.h5"), 0);
	vt_ctx_set_level(*state, VT_QUIET);
	DO(vt_runs_open(*state, FOLDER "/mixed", &r));
	assert_int_equal(vt_runs_count(r), 1);
	vt_runs_free(r);
	assert_int_equal(vt_runs_open(*state, FOLDER "/mixed/task-00003/run.h5", &r), VT_EDATA);
	assert_non_null(strstr(vt_ctx_trail(*state), "task-00003/run.h5: is damaged: the SHA-256 of its first"));
	assert_int_equal(system("cd " FOLDER "/mixed/task-00003 && truncate -s -80 run.h5 && printf 'venturi-seal/1 %s\\n' "
	                        "\"$(sha256sum < run.h5 | cut -c 1-64)\" >> run.h5"), 0); /* as docs/format.md says */
	assert_int_equal(vt_runs_open(*state, FOLDER "/mixed/task-00003/run.h5", &r), VT_EDATA);
	assert_non_null(strstr(vt_ctx_trail(*state), "does not agree with its content_sha256"));
	assert_int_equal(system("truncate -s -80 " FOLDER "/mixed/task-00003/run.h5"), 0);
	assert_int_equal(vt_runs_open(*state, FOLDER "/mixed/task-00003/run.h5", &r), VT_EDATA);
	assert_non_null(strstr(vt_ctx_trail(*state), "do not end in a seal"));
	mkdir(FOLDER "/none", 0777);
	assert_int_equal(vt_runs_open(*state, FOLDER "/none", &r), VT_EDATA);
	assert_int_equal(vt_runs_open(*state, FOLDER "/absent", &r), VT_EDATA);
	vt_ctx_set_level(*state, VT_INFO);
}

/* ---- collecting --------------------------------------------------------- */

static struct vt_frame *collected(void **state, const char *rulings)
{
	struct vt_runs *r = NULL;
	struct vt_frame *f = NULL;
	bool intact = false;
	DO(vt_runs_open(*state, FOLDER "/a", &r));
	DO(vt_runs_collect(*state, r, rulings, FOLDER "/all.h5"));
	vt_runs_free(r);
	DO(vt_frame_read(*state, FOLDER "/all.h5", &f, &intact));
	assert_true(intact);
	return f;
}

static double element(void **state, const char *variable, size_t i)
{
	struct vt_array a;
	char *where = vt_format(*state, FOLDER "/all.h5:/%s", variable);
	/* rows_seen has no NaN, so that the strict reader may see it */
	if (vt_input_array(*state, where, &a) != VT_OK) fail_msg("%s", vt_ctx_trail(*state));
	double x = a.value[i];
	free(a.value);
	free(where);
	return x;
}

/* Steps 0 10 20 30 and 0 15 30 become 0 10 15 20 30; what a run has not is a gap. */
static void collects(void **state)
{
	static const double steps[5] = { 0, 10, 15, 20, 30 }, rows[10] = { 0, 2560, 0, 5120, 7680, 0, 0, 3840, 0, 7680 };
	vt_frame_free(collected(state, NULL));
	for (size_t i = 0; i < 5; i++) assert_true(element(state, "information/step", i) == steps[i]);
	for (size_t i = 0; i < 10; i++) assert_true(element(state, "train/rows_seen", i) == rows[i]);
	assert_true(element(state, "train/train_seed", 1) == 4);
	assert_true(element(state, "train/alive", 1) == 0);
	/* [run 0, step 15]: no snapshot; [run 0, step 10]: as it was */
	assert_true(element(state, "information/flags", 2 * 6 + 1) == VT_NOT_COMPUTED);
	assert_true(element(state, "information/flags", 1 * 6 + 1) == (VT_SATURATED | VT_TIES));
	struct vt_array a;
	assert_int_equal(vt_input_array(*state, FOLDER "/all.h5:/train/loss_train", &a), VT_EDATA);
	assert_non_null(strstr(vt_ctx_trail(*state), "3 NaN and 0 infinite of 10 values, the first at [0, 2]"));
}

/* As written, or refused: a digit that changed must not become a ruling. */
static void rulings_file(void **state)
{
	static const char json[] = "{\n \"rulings\": [\n  {\n   \"hypothesis\": \"a\",\n   \"value\": 2\n  }\n ]\n}";
	static const char file[] = FOLDER "/ruled/rulings.json";
	char *text = NULL, *again = NULL;
	size_t n = 0;
	DO(vt_folder_create(*state, FOLDER "/ruled"));
	DO(vt_rulings_read(*state, FOLDER "/ruled", &text));
	assert_null(text);
	DO(vt_rulings_write(*state, FOLDER "/ruled", json));
	DO(vt_rulings_read(*state, FOLDER "/ruled", &text));
	assert_non_null(strstr(text, "\"value\": 2"));
	assert_int_equal(system("cd " FOLDER "/ruled && head -n -1 rulings.json | sha256sum | cut -c 1-64 | "
	                        "xargs -I SUM grep -q '^ \"sha256\": \"SUM\"}$' rulings.json"), 0);
	for (n = 0; n < strlen(text); n++) {
		char *bad = strdup(text);
		bad[n] ^= 1;
		DO(vt_file_commit(*state, file, bad, strlen(bad)));
		if (vt_rulings_read(*state, FOLDER "/ruled", &again) != VT_EDATA) fail_msg("byte %zu does not count", n);
		free(bad);
	}
	DO(vt_file_commit(*state, file, json, strlen(json))); /* made by hand */
	DO(vt_rulings_read(*state, FOLDER "/ruled", &again));
	assert_string_equal(again, json);
	free(again);
	free(text);
}

static void collects_rulings(void **state)
{
	struct vt_runs *r = NULL;
	vt_frame_free(collected(state, "{\"rulings\":[{\"hypothesis\":\"a\",\"value\":2,\"ci95\":[1,3],\"registered\":true},"
	                               "{\"hypothesis\":\"b\",\"value\":5,\"ci95\":[4,6],\"registered\":false}]}"));
	assert_true(element(state, "rulings/value", 1) == 5);
	assert_true(element(state, "rulings/lo", 0) == 1 && element(state, "rulings/hi", 1) == 6);
	assert_true(element(state, "rulings/registered", 0) == 1 && element(state, "rulings/registered", 1) == 0);
	DO(vt_runs_open(*state, FOLDER "/a", &r));
	assert_int_equal(vt_runs_collect(*state, r, "{\"rulings\": 3}", FOLDER "/bad.h5"), VT_EDATA);
	assert_int_equal(vt_runs_collect(*state, r, "[", FOLDER "/bad.h5"), VT_EDATA);
	assert_non_null(strstr(vt_ctx_trail(*state), "rulings.json:1:"));
	assert_false(exists(FOLDER "/bad.h5"));
	vt_runs_free(r);
}

static void info(void **state)
{
	char *text = NULL;
	vt_frame_free(collected(state, NULL));
	DO(vt_info_json(*state, FOLDER "/a/task-00000/run.h5", &text));
	static const char *const run[] = { "\"kind\": \"run\"", "\"status\": \"complete\"", "\"alive\": true", "\"steps\": 4",
	                                   "\"last_step\": 30", "\"content_ok\": true", "\"train.rate\": 0.0004" };
	for (size_t i = 0; i < sizeof run / sizeof run[0]; i++)
		if (!strstr(text, run[i])) fail_msg("%s is not in %s", run[i], text);
	free(text);
	DO(vt_info_json(*state, FOLDER "/all.h5", &text));
	assert_non_null(strstr(text, "\"kind\": \"sweep\""));
	free(text);
	assert_int_equal(vt_info_json(*state, FOLDER, &text), VT_EDATA);
	assert_int_equal(vt_info_json(*state, FOLDER "/absent.h5", &text), VT_EDATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_first), cmocka_unit_test(commits_in_time), cmocka_unit_test(exists_already),
		cmocka_unit_test(activations),     cmocka_unit_test(repetition),      cmocka_unit_test(settings),
		cmocka_unit_test(series),          cmocka_unit_test(skips),           cmocka_unit_test(collects),
		cmocka_unit_test(collects_rulings), cmocka_unit_test(rulings_file),   cmocka_unit_test(info),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
