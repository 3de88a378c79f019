/* venturi check: is the experiment right, which tasks are there, what will they cost?
 * Writes nothing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>

#include "cli.h"
#include "forecasts.h"

/* ---- one task --------------------------------------------------------- */

static json_t *point_json(const struct vt_task *t)
{
	json_t *point = json_object();
	for (size_t i = 0; point && i < t->n_axes; i++)
		json_object_set_new(point, t->axis_key[i], json_string(t->axis_value[i]));
	return point;
}

/* A count or a number that is known only with a forecast. */
/* null, not 0, where it was not tried. */
static json_t *known(const struct vt_forecast *f, double value)
{
	if (!f || f->n_steps == 0) return json_null();
	return value == (double)(json_int_t)value ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *task_json(const struct vt_experiment *e, const struct vt_task *t, const struct vt_forecast *f)
{
	const char *note = f ? f->note : "not timed: more different tasks than are tried";
	return json_pack("{s:s, s:s, s:I, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:s?}", "experiment", e->name, "file", e->path,
	                 "task", (json_int_t)t->number, "point", point_json(t), "seed", (json_int_t)t->seed, "parameters",
	                 known(f, f ? (double)f->n_parameters : 0), "steps", known(f, f ? (double)f->n_steps : 0),
	                 "snapshots", known(f, f ? (double)f->n_snapshots : 0), "seconds", known(f, f ? f->seconds : 0),
	                 "bytes", known(f, f ? f->bytes : 0), "note", note[0] ? note : NULL);
}

/* "3.2 s", "14 min", "2.5 h", "5 d" */
static void print_seconds(double s)
{
	if (s < 100) printf("%.1f s", s);
	else if (s < 6000) printf("%.0f min", s / 60);
	else if (s < 172800) printf("%.1f h", s / 3600);
	else printf("%.1f d", s / 86400);
}

static void print_bytes(double b)
{
	if (b < 1e9) printf("%.0f MB", b / 1e6);
	else printf("%.1f GB", b / 1e9);
}

static void print_task(const struct vt_task *t, const struct vt_forecast *f)
{
	printf("  task %zu", t->number);
	for (size_t i = 0; i < t->n_axes; i++) printf("%s%s=%s", i ? ", " : ": ", t->axis_key[i], t->axis_value[i]);
	if (f && f->n_steps > 0) {
		printf("  (%zu parameters, %zu steps, %zu snapshots, about ", f->n_parameters, f->n_steps, f->n_snapshots);
		print_seconds(f->seconds);
		printf(", ");
		print_bytes(f->bytes);
		printf(")");
	}
	printf("\n");
}

/* ---- one experiment --------------------------------------------------- */

struct total {
	size_t n_tasks;
	double seconds, most_bytes;
	bool complete; /* every task has a forecast */
};

static void add_total(struct total *total, const struct vt_forecast *f)
{
	total->n_tasks++;
	if (!f || f->n_steps == 0) total->complete = false;
	else total->seconds += f->seconds;
	if (f && f->bytes > total->most_bytes) total->most_bytes = f->bytes;
}

static void print_heading(const struct vt_experiment *e)
{
	printf("%s: %s\n  %zu task%s", e->path, e->title, e->n_tasks, e->n_tasks == 1 ? "" : "s");
	for (size_t i = 0; i < e->n_axes; i++) printf("%s%s (%zu)", i ? " x " : ", ", e->axis[i].key, e->axis[i].n);
	printf("; %zu hypothes%s, SHA-256 %.12s\n", e->n_hypotheses, e->n_hypotheses == 1 ? "is" : "es",
	       e->hypotheses_sha256);
}

/* With `tasks` the result is gathered for JSON, else printed. */
static enum vt_status check_experiment(struct vt_ctx *ctx, const struct vt_experiment *e, json_t *tasks,
                                       struct total *total)
{
	struct vt_forecasts f = { 0 };
	struct vt_task *t = NULL;
	const char *note = NULL;
	enum vt_status status;
	if (!tasks) print_heading(e);
	for (size_t i = 0; i < e->n_tasks; i++) {
		const struct vt_forecast *cost = NULL;
		VT_TRY(vt_experiment_task(ctx, e, i, &t));
		VT_TRY(vt_forecasts_task(ctx, &f, t, &cost));
		add_total(total, cost);
		if (cost && cost->note[0]) note = cost->note;
		if (!tasks) print_task(t, cost);
		else if (json_array_append_new(tasks, task_json(e, t, cost)) != 0)
			VT_FAIL(ctx, VT_ENOMEM, "out of memory for task %zu", i);
		vt_task_free(t);
		t = NULL;
	}
	if (!tasks && note) printf("  note: %s\n", note);
done:
	if (status != VT_OK && status != VT_ECONFIG && status != VT_EUSAGE) vt_ctx_frame(ctx, "in %s", e->path);
	vt_task_free(t);
	vt_forecasts_clear(&f);
	return status;
}

static void print_total(const struct total *total)
{
	printf("%zu task%s", total->n_tasks, total->n_tasks == 1 ? "" : "s");
	if (total->n_tasks > 0 && total->seconds > 0) {
		printf(", %sabout ", total->complete ? "" : "those timed ");
		print_seconds(total->seconds);
		printf(" one after the other, ");
		print_bytes(total->most_bytes);
		printf(" for the largest");
	}
	printf("\n");
}

static enum vt_status print_json(struct vt_ctx *ctx, json_t *tasks, const struct total *total)
{
	bool timed = total->complete && total->n_tasks > 0;
	json_t *all = json_pack("{s:O, s:I, s:o, s:o}", "tasks", tasks, "n_tasks", (json_int_t)total->n_tasks, "seconds",
	                        timed ? json_real(total->seconds) : json_null(), "bytes",
	                        timed ? json_real(total->most_bytes) : json_null());
	if (!all) return vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for %zu tasks", total->n_tasks);
	json_dumpf(all, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(all);
	return VT_OK;
}

static enum vt_status command_main(struct vt_ctx *ctx, const struct vt_args *a)
{
	size_t n_files, n_overrides;
	const char **file = NULL, **override = NULL;
	struct vt_experiment *e = NULL;
	struct total total = { .complete = true };
	json_t *tasks = vt_args_flag(a, "json") ? json_array() : NULL;
	enum vt_status status;
	VT_TRY(vt_args_split(ctx, a, &n_files, &file, &n_overrides, &override));
	for (size_t i = 0; i < n_files; i++) {
		VT_TRY(vt_args_experiment(ctx, a, file[i], n_overrides, override, &e));
		VT_TRY(check_experiment(ctx, e, tasks, &total));
		vt_experiment_free(e);
		e = NULL;
	}
	if (tasks) VT_TRY(print_json(ctx, tasks, &total));
	else print_total(&total);
done:
	vt_experiment_free(e);
	json_decref(tasks);
	free(file);
	free(override);
	return status;
}

static const struct vt_flag_option flags[] = {
	{ "preset", 0, "NAME", "a preset of the file; full is the file as it stands" },
	{ 0 }
};

const struct vt_command_kind vt_command_check = {
	.kind = { "check", "validate experiments, list their tasks, estimate memory and time; writes nothing", "venturi", 0,
	          NULL, NULL },
	.usage = "EXPERIMENT.yaml... [SETTING=VALUE ...] [--preset NAME]",
	.example = "venturi check experiments/information-plane.yaml --preset smoke",
	.flags = flags,
	.min_words = 1,
	.main = command_main,
};
