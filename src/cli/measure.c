/* venturi measure: measures of somebody else's activations, as a run file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "snapshots.h"

static const struct vt_flag_option flags[] = {
	{ "measure", 'm', "[KEY=]NAME[:key=value,...]", "a measure, may be repeated; default information:estimator=auto; a "
	  "kind inside has dots: information:estimator=binning,estimator.range=[-1,1]" },
	{ "output", 'o', "OUT.h5", "the run file to write" },
	{ "force", 'f', NULL, "replace what exists" },
	{ "layers", 0, "GLOB", "which arrays are layers; default all of activations/" },
	{ "x", 0, "PATH", "inputs of the same rows; default FILE's x where there is one; none: without" },
	{ "y", 0, "PATH", "labels; default FILE's y where there is one; none: without" },
	{ "y-type", 0, "TYPE", "discrete or auto (whole numbers that repeat are labels)" },
	{ "enumerated", 0, NULL, "the rows are all inputs there are: no error of sampling" },
	{ "seed", 0, "N", "of nulls (default 0)" },
	{ 0 }
};

struct job {
	const struct vt_args *args;
	const char *file, *output;
	size_t n_measures;
	struct vt_named *measure;
	long seed;
	struct vt_snapshots snapshots;
	char *title, *name, *settings;
	char sha256[65];
	struct vt_frame *frame;
	struct vt_measures *measures;
};

/* ---- measures ----------------------------------------------------------------------- */

/* The key of an information measure names its estimator in the file; that of any other its group. */
static char *default_key(struct vt_ctx *ctx, const struct vt_chosen *c)
{
	const struct vt_option *o = c->kind->options;
	for (; o && o->name; o++)
		if (o->type == VT_CHOSEN && strcmp(o->name, "estimator") == 0)
			return vt_copy(ctx, ((const struct vt_chosen *)((const char *)c->settings + o->offset))->kind->name);
	return vt_copy(ctx, c->kind->name);
}

static bool key_taken(const struct job *j, const char *key)
{
	for (size_t i = 0; i < j->n_measures; i++)
		if (strcmp(j->measure[i].key, key) == 0) return true;
	return false;
}

/* binning, binning-2, binning-3 */
static enum vt_status free_key(struct vt_ctx *ctx, const struct job *j, char *wanted, char **out)
{
	enum vt_status status = VT_OK;
	char *key = wanted ? vt_copy(ctx, wanted) : NULL;
	for (size_t k = 2; key && key_taken(j, key); k++) {
		free(key);
		key = vt_format(ctx, "%s-%zu", wanted, k);
	}
	VT_REQUIRE(ctx, key, VT_ENOMEM, "out of memory for a measure");
	*out = key;
done:
	free(wanted);
	return status;
}

/* "KEY=NAME:..."; the equals sign stands before the colon. */
static enum vt_status add_measure(struct vt_ctx *ctx, struct job *j, const char *text)
{
	enum vt_status status;
	struct vt_named *m = &j->measure[j->n_measures];
	size_t key = strcspn(text, "=:");
	bool named = text[key] == '=';
	char *wanted = NULL;

	VT_TRY(vt_chosen_parse(ctx, &vt_registry, "measure", text + (named ? key + 1 : 0), &m->chosen));
	wanted = named ? vt_format(ctx, "%.*s", (int)key, text) : default_key(ctx, &m->chosen);
	VT_REQUIRE(ctx, wanted, VT_ENOMEM, "out of memory for a measure");
	if (named && key_taken(j, wanted)) {
		status = vt_ctx_fail(ctx, VT_EUSAGE, "-m %s: there is a measure '%s' already", text, wanted);
		free(wanted);
		goto done;
	}
	VT_TRY(free_key(ctx, j, wanted, &m->key));
	j->n_measures++;
done:
	if (status != VT_OK) vt_chosen_clear(&m->chosen);
	return status;
}

static enum vt_status read_measures(struct vt_ctx *ctx, struct job *j)
{
	enum vt_status status = VT_OK;
	const struct vt_args *a = j->args;
	VT_NEW(ctx, j->measure, a->n_flags + 1);
	for (size_t i = 0; i < a->n_flags; i++)
		if (strcmp(a->flag_name[i], "measure") == 0) VT_TRY(add_measure(ctx, j, a->flag_value[i]));
	if (j->n_measures == 0) VT_TRY(add_measure(ctx, j, "information:estimator=auto"));
done:
	return status;
}

static enum vt_status read_flags(struct vt_ctx *ctx, struct job *j)
{
	enum vt_status status;
	const char *type = vt_args_flag(j->args, "y-type");
	j->file = j->args->word[0];
	j->output = vt_args_flag(j->args, "output");
	j->snapshots.enumerated = vt_args_flag(j->args, "enumerated") != NULL;
	VT_REQUIRE(ctx, j->output, VT_EUSAGE, "measure: no output file is named; wanted -o OUT.h5");
	VT_REQUIRE(ctx, vt_args_flag(j->args, "force") || access(j->output, F_OK) != 0, VT_EUSAGE,
	           "%s exists; give another -o, or --force to replace it", j->output);
	VT_REQUIRE(ctx, vt_is_hdf5_name(j->file), VT_EUSAGE,
	           "%s: is one array; measure wants an HDF5 file with activations/NAME", j->file);
	VT_REQUIRE(ctx, !type || strcmp(type, "discrete") == 0 || strcmp(type, "auto") == 0, VT_EUSAGE,
	           "--y-type=%s: discrete or auto is wanted", type);
	if (type && type[0] == 'd') j->snapshots.y.nature = VT_NATURE_DISCRETE;
	VT_TRY(vt_args_count(ctx, j->args, "seed", 0, 0, &j->seed));
	status = read_measures(ctx, j);
done:
	return status;
}

/* ---- what the file says of itself --------------------------------------------------- */

/* {"a": {"kind": "b", "c": 1}} as {"a.kind": "b", "a.c": 1}, as a task's settings are written. */
static void flatten(json_t *into, const char *prefix, json_t *from)
{
	const char *key;
	json_t *value;
	json_object_foreach(from, key, value) {
		char name[512];
		snprintf(name, sizeof name, "%s.%s", prefix, key);
		if (json_is_object(value)) flatten(into, name, value);
		else json_object_set(into, name, value);
	}
}

static enum vt_status settings_json(struct vt_ctx *ctx, struct job *j)
{
	enum vt_status status;
	json_t *all = json_pack("{s:s, s:b}", "dataset.kind", "activations", "dataset.enumerated", j->snapshots.enumerated);
	char *text = NULL;
	for (size_t i = 0; i < j->n_measures; i++) {
		char prefix[300];
		VT_TRY(vt_chosen_json(ctx, &j->measure[i].chosen, &text));
		json_t *one = json_loads(text, 0, NULL);
		free(text);
		text = NULL;
		snprintf(prefix, sizeof prefix, "measure.%.250s", j->measure[i].key);
		if (one) json_object_set_new(one, "kind", json_string(j->measure[i].chosen.kind->name));
		flatten(all, prefix, one);
		json_decref(one);
	}
	j->settings = all ? json_dumps(all, JSON_COMPACT) : NULL;
	VT_REQUIRE(ctx, j->settings, VT_ENOMEM, "out of memory for the settings");
	status = VT_OK;
done:
	json_decref(all);
	return status;
}

/* A task of an experiment that nobody wrote: without a file, without hypotheses. */
static enum vt_status describe(struct vt_ctx *ctx, struct job *j)
{
	enum vt_status status;
	static const char none[] = "{}";
	const char *slash = strrchr(j->file, '/'), *base = slash ? slash + 1 : j->file, *dot = strrchr(base, '.');
	VT_TRY(vt_file_sha256(ctx, VT_EDATA, j->file, 0, j->sha256));
	VT_TRY(settings_json(ctx, j));
	j->name = vt_format(ctx, "%.*s", dot && dot > base ? (int)(dot - base) : (int)strlen(base), base);
	j->title = vt_format(ctx, "Activations of %s", base);
	VT_REQUIRE(ctx, j->name && j->title, VT_ENOMEM, "out of memory for the title");
	struct vt_experiment e = { .path = (char *)j->file, .name = j->name, .title = j->title, .text = (char *)"",
	                           .n_tasks = 1, .hypotheses_json = (char *)none };
	vt_sha256(none, strlen(none), e.hypotheses_sha256);
	struct vt_task t = { .seed = j->seed, .settings_json = j->settings, .defaults_json = (char *)"[]" };
	const struct vt_store_info info = { .experiment = &e, .task = &t, .dataset_sha256 = j->sha256,
	                                    .command_line = j->args->line };
	status = vt_store_describe(ctx, j->frame, &info);
done:
	return status;
}

/* ---- measuring ------------------------------------------------------------------------ */

/* A measure's own check speaks of experiment files; here the command line is at fault. */
static enum vt_status bind_measures(struct vt_ctx *ctx, struct job *j)
{
	const struct vt_snapshot_shape shape = vt_snapshots_shape(&j->snapshots);
	enum vt_status status = vt_measures_create(ctx, j->n_measures, j->measure, &shape, j->frame, &j->measures);
	if (status != VT_ECONFIG) return status;
	char *line = vt_copy(ctx, vt_ctx_trail(ctx));
	if (!line) return VT_ENOMEM;
	vt_ctx_fail(ctx, VT_EUSAGE, "-m: %.*s", (int)strcspn(line, "\n"), line);
	free(line);
	return VT_EUSAGE;
}

static enum vt_status record_all(struct vt_ctx *ctx, struct job *j)
{
	enum vt_status status = VT_OK;
	struct vt_snapshot s;
	double began = vt_clock(), wall;
	struct vt_bar *bar = j->snapshots.n > 1 ? vt_bar_create(ctx, "measuring") : NULL;
	for (size_t i = 0; i < j->snapshots.n; i++) {
		VT_TRY(vt_snapshots_take(ctx, &j->snapshots, i, (uint64_t)j->seed, &s));
		VT_TRY(vt_measures_record(ctx, j->measures, &s));
		VT_TRY(vt_frame_step(ctx, j->frame, "provenance", s.step, s.epoch));
		wall = vt_clock() - began;
		VT_TRY(vt_frame_put(ctx, j->frame, "provenance", "wall_time", 1, &wall));
		if (bar) vt_bar_draw(bar, (double)(i + 1), (double)j->snapshots.n, "");
	}
done:
	vt_bar_free(bar);
	return status;
}

static void print(const struct job *j)
{
	const struct vt_snapshots *s = &j->snapshots;
	if (!vt_args_flag(j->args, "json")) {
		printf("%s: %zu layer%s, %zu snapshot%s, %zu rows; %zu measure%s\n", j->output, s->n_layers,
		       s->n_layers == 1 ? "" : "s", s->n, s->n == 1 ? "" : "s", s->rows, j->n_measures,
		       j->n_measures == 1 ? "" : "s");
		return;
	}
	json_t *measures = json_array(), *layers = json_array();
	for (size_t i = 0; i < j->n_measures; i++) json_array_append_new(measures, json_string(j->measure[i].key));
	for (size_t i = 0; i < s->n_layers; i++) json_array_append_new(layers, json_string(s->name[i]));
	json_t *o = json_pack("{s:{s:s, s:o, s:I, s:I, s:o}}", "measured", "file", j->output, "layers", layers, "snapshots",
	                      (json_int_t)s->n, "rows", (json_int_t)s->rows, "measures", measures);
	if (o) json_dumpf(o, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(o);
}

static void job_clear(struct job *j)
{
	vt_measures_free(j->measures);
	vt_frame_free(j->frame);
	vt_snapshots_clear(&j->snapshots);
	for (size_t i = 0; i < j->n_measures; i++) {
		free(j->measure[i].key);
		vt_chosen_clear(&j->measure[i].chosen);
	}
	free(j->measure);
	free(j->title);
	free(j->name);
	free(j->settings);
}

static enum vt_status command_main(struct vt_ctx *ctx, const struct vt_args *a)
{
	enum vt_status status;
	struct job j = { .args = a };
	const char *glob = vt_args_flag(a, "layers");

	VT_TRY(read_flags(ctx, &j));
	VT_TRY(vt_snapshots_open(ctx, j.file, glob ? glob : "*", vt_args_flag(a, "x"), vt_args_flag(a, "y"), &j.snapshots));
	j.frame = vt_frame_create(ctx);
	VT_REQUIRE(ctx, j.frame, VT_ENOMEM, "%s: out of memory", j.output);
	VT_TRY(describe(ctx, &j));
	VT_TRY(bind_measures(ctx, &j));
	VT_TRY(record_all(ctx, &j));
	VT_TRY(vt_frame_attr_text(ctx, j.frame, "/", "status", "complete"));
	VT_TRY(vt_frame_write(ctx, j.frame, j.output));
	print(&j);
done:
	job_clear(&j);
	return status;
}

const struct vt_command_kind vt_command_measure = {
	.kind = { "measure", "measures of somebody else's activations, as a run file", "venturi", 0, NULL, NULL },
	.usage = "FILE [-m [KEY=]NAME[:key=value,...]]... -o OUT.h5 [--layers GLOB] [--force]",
	.example = "venturi measure activations.h5 -m information:estimator=kde,estimator.variance=1e-2 -o measured.h5",
	.flags = flags,
	.min_words = 1,
	.max_words = 1,
	.main = command_main,
};
