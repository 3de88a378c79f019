/* venturi estimate: information between arrays of anybody's.
 *
 * Two forms: one pair of arrays, or layers (--layers), each with x and with y.  Where an array has snapshots, there is
 * a row for each; one snapshot of one layer is in memory at a time.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "results.h"
#include "variable.h"

static const struct vt_flag_option flags[] = {
	{ "x", 0, "PATH", "/PATH in FILE, FILE.h5:/PATH, FILE.npy or FILE.csv; with --layers: FILE's x, or none" },
	{ "y", 0, "PATH", "the other variable; with --layers: FILE's y, or none" },
	{ "z", 0, "PATH", "a third one that is given: I(X;Y|Z)" },
	{ "estimator", 'e', "NAME[:key=value,...]", "an estimator, may be repeated; default auto ('venturi list estimators')" },
	{ "layers", 0, "GLOB", "arrays of FILE as layers T: rows for I(X;T) and I(T;Y); 'fc*' or 'activations/*'" },
	{ "x-columns", 0, "LIST", "columns 0:3,7 (0, 1, 2, 7) of what follows the rows; repeated: a row for each group" },
	{ "y-columns", 0, "LIST", "the same for y" },
	{ "z-columns", 0, "LIST", "the same for z" },
	{ "x-type", 0, "TYPE", "discrete, continuous or auto: floats are continuous, integers discrete if they repeat" },
	{ "y-type", 0, "TYPE", "the same for y" },
	{ "z-type", 0, "TYPE", "the same for z" },
	{ "layer-type", 0, "TYPE", "the same for layers" },
	{ "steps", 0, "PATH", "update numbers of the snapshots, for arrays (T, n, ...); default: FILE's step" },
	{ "block", 0, "N|PATH", "rows that belong together (sequences): so many each, or a number a row" },
	{ "null", 0, "N", "permutations for the null and its p (default 0)" },
	{ "resample", 0, "N", "half-samples for the standard error (default 0: from local terms)" },
	{ "calibrate", 0, NULL, "correct by surrogates of known information" },
	{ "seed", 0, "N", "of permutations, half-samples and critics (default 0)" },
	{ 0 }
};

enum { MOST_GIVEN = 8 };

struct question {
	const struct vt_args *args;
	const char *file; /* null: every array names its own */
	size_t n_estimators;
	const char **spelling;
	struct vt_chosen *estimator;
	struct vt_given x, y, z, block, layer;
	size_t n_layers, n_steps, rows, block_length;
	char **layer_path; /* null: no layers */
	int64_t *step;
	uint32_t *block_of;
	long null, resample, seed;
	struct vt_results results;
	struct vt_bar *bar;
};

/* ---- the command line ------------------------------------------------------------------- */

static size_t flag_values(const struct vt_args *a, const char *name, const char **out)
{
	size_t n = 0;
	for (size_t i = 0; i < a->n_flags; i++)
		if (strcmp(a->flag_name[i], name) == 0) out[n++] = a->flag_value[i];
	return n;
}

/* An estimator's own check speaks of experiment files; here the command line is at fault. */
static enum vt_status read_estimator(struct vt_ctx *ctx, const char *text, struct vt_chosen *out)
{
	enum vt_status status = vt_chosen_parse(ctx, &vt_registry, "estimate", text, out);
	if (status == VT_OK) status = vt_estimate_check(ctx, out);
	if (status != VT_ECONFIG) return status;
	char *line = vt_copy(ctx, vt_ctx_trail(ctx));
	if (!line) return VT_ENOMEM;
	vt_ctx_fail(ctx, VT_EUSAGE, "-e %s: %.*s", text, (int)strcspn(line, "\n"), line);
	free(line);
	return VT_EUSAGE;
}

static enum vt_status read_estimators(struct vt_ctx *ctx, struct question *q)
{
	enum vt_status status;
	size_t n;
	VT_NEW(ctx, q->spelling, q->args->n_flags + 1);
	VT_NEW(ctx, q->estimator, q->args->n_flags + 1);
	n = flag_values(q->args, "estimator", q->spelling);
	if (n == 0) q->spelling[n++] = "auto";
	for (size_t i = 0; i < n; i++, q->n_estimators++) VT_TRY(read_estimator(ctx, q->spelling[i], &q->estimator[i]));
	status = VT_OK;
done:
	return status;
}

static enum vt_status read_type(struct vt_ctx *ctx, const struct vt_args *a, const char *flag, enum vt_nature *out)
{
	static const char *const name[] = { "auto", "discrete", "continuous" };
	const char *given = vt_args_flag(a, flag);
	if (!given) return VT_OK;
	for (size_t i = 0; i < 3; i++)
		if (strcmp(given, name[i]) == 0) {
			*out = (enum vt_nature)i;
			return VT_OK;
		}
	const char *near = vt_nearest(given, name, 3);
	return vt_ctx_fail(ctx, VT_EUSAGE, "--%s=%s: discrete, continuous or auto is wanted%s%s%s", flag, given,
	                   near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static enum vt_status read_numbers(struct vt_ctx *ctx, struct question *q)
{
	enum vt_status status;
	VT_TRY(vt_args_count(ctx, q->args, "null", 0, 0, &q->null));
	VT_TRY(vt_args_count(ctx, q->args, "resample", 0, 0, &q->resample));
	VT_TRY(vt_args_count(ctx, q->args, "seed", 0, 0, &q->seed));
	VT_REQUIRE(ctx, q->null <= 1000000, VT_EUSAGE, "--null=%ld: at most 1000000 are wanted", q->null);
	VT_REQUIRE(ctx, q->resample != 1 && q->resample <= 1000000, VT_EUSAGE, "--resample=%ld: 0, or 2 to 1000000 are wanted",
	           q->resample);
	VT_TRY(read_type(ctx, q->args, "x-type", &q->x.nature));
	VT_TRY(read_type(ctx, q->args, "y-type", &q->y.nature));
	VT_TRY(read_type(ctx, q->args, "z-type", &q->z.nature));
	VT_TRY(read_type(ctx, q->args, "layer-type", &q->layer.nature));
done:
	return status;
}

/* Whether a word that is given to --x or --y means an array. */
static bool names_array(const char *path)
{
	return path && strcmp(path, "none") != 0;
}

/* An array by its flag; without one, `missing` where the file holds it. */
static enum vt_status open_variable(struct vt_ctx *ctx, struct question *q, const char *flag, const char *missing,
                                    struct vt_given *out)
{
	const char *path = vt_args_flag(q->args, flag);
	bool there = false;
	enum vt_status status = VT_OK;
	if (!path && missing) {
		if (q->file && vt_is_hdf5_name(q->file)) status = vt_file_holds(ctx, q->file, missing, &there);
		path = there ? missing : NULL;
	}
	if (status != VT_OK || !names_array(path)) return status;
	return vt_given_open(ctx, q->file, path, out);
}

/* FILE may be an array itself: a table whose columns are x and y. */
static enum vt_status open_pair(struct vt_ctx *ctx, struct question *q)
{
	enum vt_status status;
	bool table = q->file && !vt_is_hdf5_name(q->file);
	const char *x = vt_args_flag(q->args, "x"), *y = vt_args_flag(q->args, "y");
	VT_REQUIRE(ctx, names_array(x) || table, VT_EUSAGE, "no --x PATH is given; it names an array, as --y does (or --layers "
	           "GLOB takes all of a file)");
	VT_REQUIRE(ctx, names_array(y) || (table && vt_args_flag(q->args, "y-columns")), VT_EUSAGE,
	           "no --y PATH is given; it names an array, as --x does");
	VT_TRY(names_array(x) ? open_variable(ctx, q, "x", NULL, &q->x) : vt_given_open(ctx, NULL, q->file, &q->x));
	VT_TRY(names_array(y) ? open_variable(ctx, q, "y", NULL, &q->y) : vt_given_open(ctx, NULL, q->file, &q->y));
done:
	return status;
}

static enum vt_status open_layers(struct vt_ctx *ctx, struct question *q, const char *glob)
{
	enum vt_status status;
	VT_REQUIRE(ctx, q->file && vt_is_hdf5_name(q->file), VT_EUSAGE, "--layers %s: takes the arrays of an HDF5 file, which is "
	           "the first word; %s%s", glob, q->file ? "found " : "there is none", q->file ? q->file : "");
	VT_TRY(vt_layers_match(ctx, q->file, glob, &q->n_layers, &q->layer_path));
	VT_TRY(open_variable(ctx, q, "x", "x", &q->x));
	VT_TRY(open_variable(ctx, q, "y", "y", &q->y));
	VT_REQUIRE(ctx, q->x.where || q->y.where, VT_EUSAGE, "%s: has neither x nor y; name one with --x or --y", q->file);
done:
	return status;
}

static enum vt_status open_block(struct vt_ctx *ctx, struct question *q)
{
	const char *given = vt_args_flag(q->args, "block");
	if (!given) return VT_OK;
	if (given[strspn(given, "0123456789-+")] != '\0' || !*given) return vt_given_open(ctx, q->file, given, &q->block);
	long length = 0;
	enum vt_status status = vt_args_count(ctx, q->args, "block", 1, 1, &length);
	q->block_length = (size_t)length;
	return status;
}

/* "F.h5" of "F.h5:/path": where steps and other arrays are looked for. */
static enum vt_status file_of_x(struct vt_ctx *ctx, struct question *q, char **owned)
{
	const char *x = vt_args_flag(q->args, "x"), *colon = x ? strstr(x, ":/") : NULL;
	if (q->args->n_words > 0) q->file = q->args->word[0];
	if (q->args->n_words > 0 || !colon) return VT_OK;
	*owned = vt_format(ctx, "%.*s", (int)(colon - x), x);
	q->file = *owned;
	return *owned ? VT_OK : VT_ENOMEM;
}

static enum vt_status open_question(struct vt_ctx *ctx, struct question *q)
{
	enum vt_status status;
	const char *glob = vt_args_flag(q->args, "layers");
	VT_TRY(read_estimators(ctx, q));
	VT_TRY(read_numbers(ctx, q));
	VT_TRY(glob ? open_layers(ctx, q, glob) : open_pair(ctx, q));
	VT_TRY(open_variable(ctx, q, "z", NULL, &q->z));
	VT_TRY(open_block(ctx, q));
	VT_TRY(vt_steps_read(ctx, q->file, vt_args_flag(q->args, "steps"), &q->n_steps, &q->step));
done:
	return status;
}

/* ---- rows and columns -------------------------------------------------------------------- */

static enum vt_status choose(struct vt_ctx *ctx, struct question *q, const char *flag, struct vt_given *g)
{
	enum vt_status status;
	const char **text = NULL;
	VT_NEW(ctx, text, q->args->n_flags + 1);
	size_t n = flag_values(q->args, flag, text);
	VT_REQUIRE(ctx, n == 0 || g->where, VT_EUSAGE, "--%s is given, but no --%c", flag, flag[0]);
	status = n > 0 ? vt_given_choose(ctx, g, flag, n, text) : VT_OK;
done:
	free(text);
	return status;
}

/* Rows of one block lie together, whatever its number: runs are counted. */
static enum vt_status number_blocks(struct vt_ctx *ctx, struct question *q)
{
	enum vt_status status = VT_OK;
	size_t distinct = 0, runs = 1;
	if (!q->block.where && q->block_length == 0) return VT_OK;
	free(q->block_of);
	VT_NEW(ctx, q->block_of, q->rows);
	if (!q->block.where) {
		for (size_t i = 0; i < q->rows; i++) q->block_of[i] = (uint32_t)(i / q->block_length);
		return VT_OK;
	}
	VT_TRY(vt_given_load(ctx, &q->block, 0));
	const double *id = q->block.held.value;
	VT_REQUIRE(ctx, q->block.held.n == q->rows, VT_EDATA, "%s: has %zu numbers for %zu rows, wanted one a row",
	           q->block.where, q->block.held.n, q->rows);
	for (size_t i = 1; i < q->rows; i++) q->block_of[i] = (uint32_t)(runs += id[i] != id[i - 1]) - 1;
	const struct vt_mat m = { id, q->rows, 1, 1 };
	VT_TRY(vt_rows_distinct(ctx, &m, &distinct));
	VT_REQUIRE(ctx, distinct == runs, VT_EDATA, "%s: has %zu numbers in %zu runs: rows of one block must stand together; "
	           "sort the rows by it", q->block.where, distinct, runs);
done:
	return status;
}

/* Everything that goes together has as many rows; the layer comes last, so that it is the first to have snapshots. */
static enum vt_status align(struct vt_ctx *ctx, struct question *q, bool *stepped)
{
	enum vt_status status;
	struct vt_given *all[] = { &q->x, &q->y, &q->z, &q->block, &q->layer }, *there[MOST_GIVEN];
	size_t n = 0;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i]->where) there[n++] = all[i];
	VT_TRY(vt_given_align(ctx, n, there, q->n_steps, &q->rows));
	*stepped = false;
	for (size_t i = 0; i < n; i++) *stepped |= there[i]->stepped;
	VT_TRY(choose(ctx, q, "x-columns", &q->x));
	VT_TRY(choose(ctx, q, "y-columns", &q->y));
	VT_TRY(choose(ctx, q, "z-columns", &q->z));
	VT_TRY(number_blocks(ctx, q));
done:
	return status;
}

/* ---- estimates ---------------------------------------------------------------------------- */

/* Two variables, and the groups of columns that are taken of them. */
struct pairing {
	struct vt_given *a, *b, *c; /* c null: nothing is given */
	size_t group_a, group_b, group_c;
	const char *layer;
	bool has_step;
	int64_t step;
};

static char *named(struct vt_ctx *ctx, const struct vt_given *g, size_t group)
{
	if (!g->columns) return vt_copy(ctx, g->name);
	return vt_format(ctx, "%s[%s]", g->name, g->columns[group].text);
}

static enum vt_status calibrated(struct vt_ctx *ctx, const struct question *q, const struct vt_chosen *chosen,
                                 const struct vt_pair *p, struct vt_estimated *e)
{
	(void)chosen;
	(void)p;
	(void)e;
	if (!vt_args_flag(q->args, "calibrate")) return VT_OK;
	return vt_ctx_fail(ctx, VT_EUSAGE, "--calibrate: there are no surrogates in this version");
}

static enum vt_status keep(struct vt_ctx *ctx, struct question *q, const struct pairing *p, const struct vt_pair *data,
                           size_t estimator, const struct vt_estimated *e)
{
	struct vt_result r = {
		.estimator = q->spelling[estimator], .chosen = q->estimator[estimator], .has_step = p->has_step, .step = p->step,
		.discrete_x = data->discrete_x, .discrete_y = data->discrete_y, .discrete_z = data->discrete_z, .e = *e,
		.x = named(ctx, p->a, p->group_a), .y = named(ctx, p->b, p->group_b),
		.z = p->c ? named(ctx, p->c, p->group_c) : NULL, .layer = p->layer ? vt_copy(ctx, p->layer) : NULL,
	};
	bool whole = r.x && r.y && (!p->c || r.z) && (!p->layer || r.layer);
	enum vt_status status = vt_results_add(ctx, &q->results, &r);
	return status != VT_OK || whole ? status : VT_ENOMEM;
}

static enum vt_status estimate_with_all(struct vt_ctx *ctx, struct question *q, const struct pairing *p,
                                        const struct vt_pair *data)
{
	enum vt_status status = VT_OK;
	struct vt_estimated e;
	for (size_t i = 0; i < q->n_estimators; i++) {
		status = vt_estimate_pair(ctx, &q->estimator[i], data, &e);
		if (status == VT_OK) status = calibrated(ctx, q, &q->estimator[i], data, &e);
		if (status == VT_OK) status = keep(ctx, q, p, data, i, &e);
		if (status == VT_OK) continue;
		vt_ctx_frame(ctx, "in %s with %s", p->a->name, p->b->name);
		break;
	}
	return status;
}

static enum vt_status estimate_groups(struct vt_ctx *ctx, struct question *q, const struct pairing *p)
{
	enum vt_status status;
	double *a = NULL, *b = NULL, *c = NULL;
	struct vt_pair data = { .block = q->block_of, .n_null = (size_t)q->null, .n_resample = (size_t)q->resample,
	                        .seed = (uint64_t)q->seed };
	VT_TRY(vt_given_matrix(ctx, p->a, p->group_a, &data.x, &a, &data.discrete_x));
	VT_TRY(vt_given_matrix(ctx, p->b, p->group_b, &data.y, &b, &data.discrete_y));
	if (p->c) VT_TRY(vt_given_matrix(ctx, p->c, p->group_c, &data.z, &c, &data.discrete_z));
	status = estimate_with_all(ctx, q, p, &data);
done:
	free(a);
	free(b);
	free(c);
	return status;
}

static size_t groups_of(const struct vt_given *g)
{
	return g && g->columns ? g->n_columns : 1;
}

static enum vt_status estimate_pairing(struct vt_ctx *ctx, struct question *q, struct pairing p)
{
	enum vt_status status = VT_OK;
	size_t n_a = groups_of(p.a), n_b = groups_of(p.b), n_c = groups_of(p.c);
	for (size_t i = 0; i < n_a * n_b * n_c && status == VT_OK; i++) {
		p.group_a = i / (n_b * n_c);
		p.group_b = i / n_c % n_b;
		p.group_c = i % n_c;
		status = estimate_groups(ctx, q, &p);
	}
	return status;
}

/* One snapshot: x with y, or the layer with each. */
static enum vt_status estimate_snapshot(struct vt_ctx *ctx, struct question *q, struct pairing p, size_t index)
{
	enum vt_status status = VT_OK;
	struct vt_given *all[] = { &q->x, &q->y, &q->z, &q->layer };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i]->where) VT_TRY(vt_given_load(ctx, all[i], index));
	p.c = q->z.where ? &q->z : NULL;
	if (!q->layer.where) {
		p.a = &q->x;
		p.b = &q->y;
		VT_TRY(estimate_pairing(ctx, q, p));
	}
	if (q->layer.where && q->x.where) {
		p.a = &q->x;
		p.b = &q->layer;
		VT_TRY(estimate_pairing(ctx, q, p));
	}
	if (q->layer.where && q->y.where) {
		p.a = &q->layer;
		p.b = &q->y;
		VT_TRY(estimate_pairing(ctx, q, p));
	}
done:
	return status;
}

/* All snapshots of one layer, or of the pair. */
static enum vt_status estimate_layer(struct vt_ctx *ctx, struct question *q, size_t layer)
{
	enum vt_status status;
	bool stepped = false;
	struct pairing p = { 0 };
	if (q->layer_path) {
		const char *path = q->layer_path[layer], *start = "activations/";
		p.layer = strncmp(path, start, strlen(start)) == 0 ? path + strlen(start) : path;
		vt_given_close(&q->layer);
		VT_TRY(vt_given_open(ctx, q->file, path, &q->layer));
	}
	VT_TRY(align(ctx, q, &stepped));
	size_t n = stepped ? q->n_steps : 1, total = q->layer_path ? q->n_layers : 1;
	for (size_t s = 0; s < n; s++) {
		p.has_step = stepped;
		p.step = stepped ? q->step[s] : 0;
		VT_TRY(estimate_snapshot(ctx, q, p, s));
		if (q->bar) vt_bar_draw(q->bar, (double)(layer * n + s + 1), (double)(total * n), p.layer ? p.layer : "");
	}
done:
	return status;
}

/* A label that is a float by an accident of its making would be taken for a point. */
static enum vt_status warn_of_floats(struct vt_ctx *ctx, const struct question *q)
{
	enum vt_status status = VT_OK;
	size_t distinct;
	const struct vt_array *a = &q->y.held;
	if (!a->value || a->integer || q->y.nature != VT_NATURE_AUTO || a->n != a->dim[0]) return VT_OK;
	const struct vt_mat m = { a->value, a->n, 1, 1 };
	VT_TRY(vt_rows_distinct(ctx, &m, &distinct));
	if (distinct <= 100 && distinct <= a->n / 10 && !q->y.discrete_of_text)
		vt_log(ctx, VT_WARN, "%s: %zu different floats in %zu rows were taken for points; if they are labels, say "
		       "--y-type=discrete", q->y.where, distinct, a->n);
done:
	return status;
}

static enum vt_status answer(struct vt_ctx *ctx, struct question *q)
{
	enum vt_status status;
	size_t n = q->layer_path ? q->n_layers : 1;
	if (n > 1 || q->n_steps > 1) q->bar = vt_bar_create(ctx, "estimating");
	for (size_t i = 0; i < n; i++) VT_TRY(estimate_layer(ctx, q, i));
	VT_TRY(warn_of_floats(ctx, q));
done:
	vt_bar_free(q->bar);
	q->bar = NULL;
	return status;
}

static void question_clear(struct question *q)
{
	struct vt_given *all[] = { &q->x, &q->y, &q->z, &q->block, &q->layer };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) vt_given_close(all[i]);
	vt_results_clear(&q->results); /* first: it borrows from the estimators */
	for (size_t i = 0; i < q->n_estimators; i++) vt_chosen_clear(&q->estimator[i]);
	for (size_t i = 0; q->layer_path && i < q->n_layers; i++) free(q->layer_path[i]);
	free(q->layer_path);
	free(q->estimator);
	free(q->spelling);
	free(q->step);
	free(q->block_of);
}

static enum vt_status command_main(struct vt_ctx *ctx, const struct vt_args *a)
{
	enum vt_status status;
	struct question q = { .args = a };
	char *file = NULL;

	VT_TRY(file_of_x(ctx, &q, &file));
	VT_TRY(open_question(ctx, &q));
	VT_TRY(answer(ctx, &q));
	status = vt_args_flag(a, "json") ? vt_results_json(ctx, &q.results) : vt_results_print(ctx, &q.results);
done:
	question_clear(&q);
	free(file);
	return status;
}

const struct vt_command_kind vt_command_estimate = {
	.kind = { "estimate", "mutual information between arrays, or of layers with x and y", "venturi", 0, NULL, NULL },
	.usage = "[FILE] --x PATH --y PATH [--z PATH] [-e NAME[:key=value,...]]... [--layers GLOB] [--null N] [--resample N]"
	         " [--calibrate] [--seed N]",
	.example = "venturi estimate activations.h5 --layers 'fc*' -e gaussian",
	.flags = flags,
	.max_words = 1,
	.main = command_main,
};
