/* venturi submit: an experiment as a Slurm job array, one task an index, and a last job that judges, collects and
 * reports.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch.h"
#include "sbatch.h"
#include "tasklist.h"

static const struct vt_flag_option flags[] = {
	{ "output", 'o', "DIR", "where results go; default results/NAME, several experiments get one folder each" },
	{ "preset", 0, "NAME", "a preset of the file; full is the file as it stands" },
	{ "dry-run", 'n', NULL, "print the scripts and the calls of sbatch; write and send nothing" },
	{ "tasks", 0, "LIST", "only these tasks, such as 0-2,5" },
	{ "max-parallel", 0, "N", "at most N tasks at a time" },
	{ "threads", 0, "N", "CPUs of a task; default 1, for large nets 4" },
	{ "time", 0, "TIME", "time limit of a task, as sbatch takes it; default: twice what it is likely to take" },
	{ "mem", 0, "SIZE", "memory of a task, as sbatch takes it; default: half as much again as it is likely to take" },
	{ "partition", 'p', "NAME", "partition of the cluster" },
	{ "account", 'A', "NAME", "account to charge" },
	{ "qos", 0, "NAME", "quality of service" },
	{ "sbatch", 0, "OPTION", "any other option, such as --sbatch=--constraint=avx512; may be given again" },
	{ 0 }
};

/* ---- one experiment ------------------------------------------------------ */

/* The indices of one array, which starts at task `first`; a cluster limits how large they may be. */
struct array {
	size_t first, n;
	char *indices;
	long long job; /* 0: not sent */
};

struct submission {
	const struct vt_args *args;
	struct vt_experiment *e;
	char *dir, *program, *folder;
	bool *chosen;
	size_t n_chosen, n_arrays;
	long most; /* tasks at a time, 0: any */
	struct array *array;
	struct vt_resources needs;
	size_t n_options, n_words;
	const char **option, **word; /* borrowed, but for the words that start with --output and --preset */
	char *tasks_path, *tasks_text, *finish_path, *finish_text;
	long long finish_job;
};

static void clear(struct submission *s)
{
	for (size_t i = 0; i < s->n_arrays; i++) free(s->array[i].indices);
	for (size_t i = 0; i < s->n_options; i++) free((char *)s->option[i]);
	for (size_t i = 0; i < s->n_words; i++) free((char *)s->word[i]);
	free(s->array);
	free(s->option);
	free(s->word);
	free(s->chosen);
	free(s->dir);
	free(s->program);
	free(s->folder);
	free(s->tasks_path);
	free(s->tasks_text);
	free(s->finish_path);
	free(s->finish_text);
	vt_experiment_free(s->e);
	*s = (struct submission){ 0 };
}

static enum vt_status choose_tasks(struct vt_ctx *ctx, struct submission *s)
{
	enum vt_status status;
	const char *list = vt_args_flag(s->args, "tasks");
	VT_NEW(ctx, s->chosen, s->e->n_tasks);
	for (size_t i = 0; i < s->e->n_tasks && !list; i++) s->chosen[i] = true;
	if (list) VT_TRY(vt_tasklist_parse(ctx, list, s->e->n_tasks, s->chosen));
	for (size_t i = 0; i < s->e->n_tasks; i++) s->n_chosen += s->chosen[i];
	status = vt_args_count(ctx, s->args, "max-parallel", 1, 0, &s->most);
done:
	return status;
}

/* One array for every `size` tasks of which one is chosen. */
static enum vt_status cut_arrays(struct vt_ctx *ctx, struct submission *s, size_t size)
{
	enum vt_status status;
	VT_NEW(ctx, s->array, s->e->n_tasks / size + 1);
	for (size_t first = 0; first < s->e->n_tasks; first += size) {
		size_t end = s->e->n_tasks - first < size ? s->e->n_tasks : first + size;
		struct array a = { .first = first };
		for (size_t i = first; i < end; i++) a.n += s->chosen[i];
		if (a.n == 0) continue;
		char *list = vt_tasklist_text(ctx, s->chosen, first, end);
		VT_REQUIRE(ctx, list, VT_ENOMEM, "out of memory for an array of %zu tasks", a.n);
		a.indices = s->most > 0 ? vt_format(ctx, "%s%%%ld", list, s->most) : vt_copy(ctx, list);
		free(list);
		VT_REQUIRE(ctx, a.indices, VT_ENOMEM, "out of memory for an array of %zu tasks", a.n);
		s->array[s->n_arrays++] = a;
	}
	status = VT_OK;
done:
	return status;
}

/* ---- words ----------------------------------------------------------------- */

static enum vt_status add(struct vt_ctx *ctx, const char **list, size_t *n, char *text)
{
	if (!text) return vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for the words of a script");
	list[(*n)++] = text;
	return VT_OK;
}

static enum vt_status add_option(struct vt_ctx *ctx, struct submission *s, const char *name, const char *value)
{
	enum vt_status status;
	bool whole = strcmp(name, "sbatch") == 0;
	if (!whole && strcmp(name, "partition") != 0 && strcmp(name, "account") != 0 && strcmp(name, "qos") != 0) return VT_OK;
	size_t letters = whole ? 2 + strspn(value + strspn(value, "-"), "abcdefghijklmnopqrstuvwxyz-0123456789") : 0;
	VT_REQUIRE(ctx, !whole || (strncmp(value, "--", 2) == 0 && letters > 2 && (!value[letters] || value[letters] == '=')),
	           VT_EUSAGE, "--sbatch=%.80s: wanted one option of sbatch, as --NAME or --NAME=VALUE", value);
	VT_REQUIRE(ctx, !whole || strncmp(value, "--array", 7) != 0, VT_EUSAGE,
	           "--sbatch=%.80s: which tasks are sent is said by --tasks and --max-parallel", value);
	VT_TRY(vt_batch_check(ctx, whole ? "an option for sbatch" : name, value));
	status = add(ctx, s->option, &s->n_options, whole ? vt_copy(ctx, value) : vt_format(ctx, "--%s=%s", name, value));
done:
	return status;
}

/* In the order in which they came: of two, sbatch takes the last. */
static enum vt_status gather_options(struct vt_ctx *ctx, struct submission *s)
{
	enum vt_status status;
	VT_NEW(ctx, s->option, s->args->n_flags);
	for (size_t i = 0; i < s->args->n_flags; i++)
		VT_TRY(add_option(ctx, s, s->args->flag_name[i], s->args->flag_value[i]));
	status = VT_OK;
done:
	return status;
}

/* What `run` is told: flags, then nothing but words. */
static enum vt_status gather_words(struct vt_ctx *ctx, struct submission *s, const char *file, size_t n,
                                   const char *const *override)
{
	enum vt_status status;
	const char *preset = vt_args_flag(s->args, "preset"), *most = vt_args_flag(s->args, "max-bytes");
	VT_NEW(ctx, s->word, n + 5);
	VT_TRY(add(ctx, s->word, &s->n_words, vt_format(ctx, "--output=%s", s->dir)));
	if (preset) VT_TRY(add(ctx, s->word, &s->n_words, vt_format(ctx, "--preset=%s", preset)));
	if (most) VT_TRY(add(ctx, s->word, &s->n_words, vt_format(ctx, "--max-bytes=%s", most)));
	VT_TRY(add(ctx, s->word, &s->n_words, vt_copy(ctx, "--")));
	VT_TRY(add(ctx, s->word, &s->n_words, vt_copy(ctx, file)));
	for (size_t i = 0; i < n; i++) VT_TRY(add(ctx, s->word, &s->n_words, vt_copy(ctx, override[i])));
done:
	return status;
}

/* ---- scripts --------------------------------------------------------------- */

/* The path behind a link of /proc, or null. */
static char *link_target(struct vt_ctx *ctx, const char *link)
{
	char path[4096];
	ssize_t n = readlink(link, path, sizeof path - 1);
	return n > 0 && (size_t)n < sizeof path - 1 ? vt_format(ctx, "%.*s", (int)n, path) : NULL;
}

static enum vt_status write_texts(struct vt_ctx *ctx, struct submission *s)
{
	enum vt_status status;
	/* judging holds all runs in memory at once, and takes minutes */
	const struct vt_resources last = { .cpus = 1, .mem = "4096M", .time = "01:00:00", .grace = 60 };
	const char *finish[] = { "--finish", s->dir };
	char *cost = s->needs.tried ? vt_format(ctx, ", at most %.0f s and %.0f MB each as tried", s->needs.seconds,
	                                        s->needs.bytes / 1e6) : vt_copy(ctx, "");
	char *about = cost ? vt_format(ctx, ": %zu of %zu tasks%s.\n# sbatch with this file goes on with what is left.",
	                               s->n_chosen, s->e->n_tasks, cost) : NULL;
	struct vt_batch b = { .name = s->e->name, .dir = s->dir, .program = s->program, .folder = s->folder,
	                      .array = s->array[0].indices, .log = "%A_%a.txt", .about = about, .needs = &s->needs,
	                      .n_options = s->n_options, .option = s->option, .n_words = s->n_words, .word = s->word };
	s->tasks_path = vt_format(ctx, "%s/slurm.sh", s->dir);
	s->finish_path = vt_format(ctx, "%s/finish.sh", s->dir);
	VT_REQUIRE(ctx, about && s->tasks_path && s->finish_path, VT_ENOMEM, "out of memory for the scripts");
	VT_TRY(vt_batch_text(ctx, &b, &s->tasks_text));
	b.array = NULL;
	b.log = "finish-%j.txt";
	b.about = ": judges, collects and reports what is there.";
	b.needs = &last;
	b.n_words = 2;
	b.word = finish;
	status = vt_batch_text(ctx, &b, &s->finish_text);
done:
	free(about);
	free(cost);
	return status;
}

static enum vt_status prepare(struct vt_ctx *ctx, struct submission *s, const char *file, size_t n_files, size_t n,
                              const char *const *override)
{
	enum vt_status status;
	VT_TRY(vt_args_experiment(ctx, s->args, file, n, override, &s->e));
	s->dir = vt_args_folder(ctx, s->args, s->e, n_files);
	s->program = link_target(ctx, "/proc/self/exe");
	s->folder = link_target(ctx, "/proc/self/cwd");
	if (!s->program) s->program = vt_copy(ctx, "venturi");
	if (!s->folder) s->folder = vt_copy(ctx, ".");
	VT_REQUIRE(ctx, s->dir && s->program && s->folder, VT_ENOMEM, "out of memory for %s", file);
	VT_TRY(vt_batch_check(ctx, "the folder of results", s->dir));
	VT_TRY(choose_tasks(ctx, s));
	VT_TRY(gather_options(ctx, s));
	VT_TRY(gather_words(ctx, s, file, n, override));
	VT_TRY(cut_arrays(ctx, s, vt_sbatch_array_size()));
	VT_TRY(vt_resources_find(ctx, s->args, s->e, s->chosen, &s->needs));
	status = write_texts(ctx, s);
done:
	return status;
}

static enum vt_status write_scripts(struct vt_ctx *ctx, const struct submission *s)
{
	enum vt_status status;
	char *logs = vt_format(ctx, "%s/log", s->dir);
	VT_REQUIRE(ctx, logs, VT_ENOMEM, "out of memory for %s", s->dir);
	VT_TRY(vt_folder_create(ctx, logs));
	VT_TRY(vt_file_commit(ctx, s->tasks_path, s->tasks_text, strlen(s->tasks_text)));
	status = vt_file_commit(ctx, s->finish_path, s->finish_text, strlen(s->finish_text));
done:
	free(logs);
	return status;
}

/* ---- calls of sbatch --------------------------------------------------------- */

/* A call: at most six words, and a null after the last. */
struct call {
	size_t n;
	char *word[7];
};

static void clear_call(struct call *c)
{
	for (size_t i = 0; i < c->n; i++) free(c->word[i]);
	*c = (struct call){ 0 };
}

static enum vt_status say(struct vt_ctx *ctx, struct call *c, char *word)
{
	if (!word) return vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for a call of sbatch");
	c->word[c->n++] = word;
	return VT_OK;
}

/* Jobs to wait for, as ":1:2"; those not sent are called JOB.  From array `begin` to before `end`. */
static char *jobs_text(struct vt_ctx *ctx, const struct submission *s, size_t begin, size_t end)
{
	char *text = vt_copy(ctx, "");
	for (size_t i = begin; text && i < end; i++) {
		char *longer = s->array[i].job > 0 ? vt_format(ctx, "%s:%lld", text, s->array[i].job)
		               : s->n_arrays > 1   ? vt_format(ctx, "%s:JOB%zu", text, i + 1)
		                                   : vt_format(ctx, "%s:JOB", text);
		free(text);
		text = longer;
	}
	return text;
}

/* With --max-parallel arrays follow each other, so that the limit holds for all of them together. */
static enum vt_status call_tasks(struct vt_ctx *ctx, const struct submission *s, size_t i, struct call *c)
{
	enum vt_status status;
	char *before = NULL;
	VT_TRY(say(ctx, c, vt_copy(ctx, "sbatch")));
	VT_TRY(say(ctx, c, vt_copy(ctx, "--parsable")));
	if (i > 0) VT_TRY(say(ctx, c, vt_format(ctx, "--array=%s", s->array[i].indices)));
	if (i > 0 && s->most > 0) {
		before = jobs_text(ctx, s, i - 1, i);
		VT_REQUIRE(ctx, before, VT_ENOMEM, "out of memory for a call of sbatch");
		VT_TRY(say(ctx, c, vt_format(ctx, "--dependency=afterany%s", before)));
	}
	VT_TRY(say(ctx, c, vt_copy(ctx, s->tasks_path)));
	if (s->array[i].first > 0) VT_TRY(say(ctx, c, vt_format(ctx, "--first=%zu", s->array[i].first)));
done:
	free(before);
	return status;
}

/* afterany: a task that diverged is a result, and one that failed must not keep the others from being judged. */
static enum vt_status call_finish(struct vt_ctx *ctx, const struct submission *s, struct call *c)
{
	enum vt_status status;
	char *jobs = jobs_text(ctx, s, 0, s->n_arrays);
	VT_REQUIRE(ctx, jobs, VT_ENOMEM, "out of memory for a call of sbatch");
	VT_TRY(say(ctx, c, vt_copy(ctx, "sbatch")));
	VT_TRY(say(ctx, c, vt_copy(ctx, "--parsable")));
	VT_TRY(say(ctx, c, vt_format(ctx, "--dependency=afterany%s", jobs)));
	VT_TRY(say(ctx, c, vt_copy(ctx, s->finish_path)));
done:
	free(jobs);
	return status;
}

/* ---- telling ------------------------------------------------------------------- */

static void print_call(const struct call *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (i > 0) putchar(' ');
		vt_args_quote(stdout, c->word[i]);
	}
	putchar('\n');
}

static json_t *call_json(const struct submission *s, const struct call *c, const struct array *a, long long job)
{
	json_t *words = json_array();
	for (size_t i = 0; words && i < c->n; i++) json_array_append_new(words, json_string(c->word[i]));
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:o}", "experiment", s->e->name, "dir", s->dir, "what",
	                      a ? "tasks" : "finish", "script", a ? s->tasks_path : s->finish_path, "command", words);
	if (o && a) {
		json_object_set_new(o, "n_tasks", json_integer((json_int_t)a->n));
		json_object_set_new(o, "first", json_integer((json_int_t)a->first));
		json_object_set_new(o, "array", json_string(a->indices));
	}
	if (o) json_object_set_new(o, "job", job > 0 ? json_integer(job) : json_null());
	return o;
}

/* One call: printed or sent, and noted. */
static enum vt_status make_call(struct vt_ctx *ctx, const struct submission *s, struct call *c, const struct array *a,
                                json_t *jobs, long long *job)
{
	enum vt_status status = VT_OK;
	bool dry = vt_args_flag(s->args, "dry-run") != NULL;
	if (!dry) VT_TRY(vt_sbatch_send(ctx, a ? s->tasks_path : s->finish_path, c->word, job));
	else if (!jobs) print_call(c);
	if (jobs && json_array_append_new(jobs, call_json(s, c, a, *job)) != 0)
		VT_FAIL(ctx, VT_EDATA, "%s: a path that is not UTF-8 cannot stand in JSON", s->dir);
done:
	return status;
}

static enum vt_status make_calls(struct vt_ctx *ctx, struct submission *s, json_t *jobs)
{
	enum vt_status status;
	struct call c = { 0 };
	for (size_t i = 0; i < s->n_arrays; i++) {
		VT_TRY(call_tasks(ctx, s, i, &c));
		VT_TRY(make_call(ctx, s, &c, &s->array[i], jobs, &s->array[i].job));
		clear_call(&c);
	}
	VT_TRY(call_finish(ctx, s, &c));
	VT_TRY(make_call(ctx, s, &c, NULL, jobs, &s->finish_job));
done:
	clear_call(&c);
	return status;
}

static void print_sent(const struct submission *s)
{
	printf("%s: %zu task%s, job%s", s->e->name, s->n_chosen, s->n_chosen == 1 ? "" : "s", s->n_arrays == 1 ? "" : "s");
	for (size_t i = 0; i < s->n_arrays; i++) printf("%s %lld", i ? "," : "", s->array[i].job);
	printf(" (%ld CPU%s, %s, %s each); then job %lld writes %s/report.html and %s/runs.h5\n", s->needs.cpus,
	       s->needs.cpus == 1 ? "" : "s", s->needs.mem, s->needs.time, s->finish_job, s->dir, s->dir);
}

static void print_scripts(const struct submission *s)
{
	printf("# %s\n%s\n# %s\n%s\n", s->tasks_path, s->tasks_text, s->finish_path, s->finish_text);
}

/* What was sent already runs, whatever happens to the rest. */
static void frame_sent(struct vt_ctx *ctx, const struct submission *s)
{
	for (size_t i = 0; i < s->n_arrays; i++)
		if (s->array[i].job > 0)
			vt_ctx_frame(ctx, "after job %lld of %s, which was sent and runs", s->array[i].job, s->e->name);
}

static enum vt_status submit(struct vt_ctx *ctx, struct submission *s, json_t *jobs)
{
	enum vt_status status;
	if (vt_args_flag(s->args, "dry-run")) {
		if (!jobs) print_scripts(s);
		return make_calls(ctx, s, jobs);
	}
	VT_TRY(write_scripts(ctx, s));
	status = make_calls(ctx, s, jobs);
	if (status != VT_OK) frame_sent(ctx, s);
	else if (!jobs) print_sent(s);
done:
	return status;
}

static enum vt_status command_main(struct vt_ctx *ctx, const struct vt_args *a)
{
	size_t n_files, n_overrides;
	const char **file = NULL, **override = NULL;
	json_t *jobs = vt_args_flag(a, "json") ? json_array() : NULL;
	struct submission s = { 0 };
	enum vt_status status;
	VT_TRY(vt_args_split(ctx, a, &n_files, &file, &n_overrides, &override));
	VT_TRY(vt_args_distinct(ctx, n_files, file));
	for (size_t i = 0; i < n_files; i++) {
		s.args = a;
		VT_TRY(prepare(ctx, &s, file[i], n_files, n_overrides, override));
		VT_TRY(submit(ctx, &s, jobs));
		clear(&s);
	}
	status = VT_OK;
done:
	if (jobs && (status == VT_OK || json_array_size(jobs) > 0)) {
		json_t *all = json_pack("{s:O}", "jobs", jobs);
		if (all) json_dumpf(all, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(all);
	}
	json_decref(jobs);
	clear(&s);
	free(file);
	free(override);
	return status;
}

const struct vt_command_kind vt_command_submit = {
	.kind = { "submit", "send to Slurm: tasks as a job array, then verdict, collect and report", "venturi", 0,
	          NULL, NULL },
	.usage = "EXPERIMENT.yaml... [-o DIR] [SETTING=VALUE ...] [--preset NAME] [--dry-run] [--partition NAME] ...",
	.example = "venturi submit experiments/information-plane.yaml -o results/plane --dry-run",
	.flags = flags,
	.min_words = 1,
	.main = command_main,
};
