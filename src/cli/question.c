/* The command line of `estimate`, and what goes together in it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "question.h"

enum { MOST_GIVEN = 8 };

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
	if (status != VT_OK) vt_chosen_clear(out);
	if (status != VT_ECONFIG) return status;
	char *line = vt_copy(ctx, vt_ctx_trail(ctx));
	if (!line) return VT_ENOMEM;
	vt_ctx_fail(ctx, VT_EUSAGE, "-e %s: %.*s", text, (int)strcspn(line, "\n"), line);
	free(line);
	return VT_EUSAGE;
}

static enum vt_status read_estimators(struct vt_ctx *ctx, struct vt_question *q)
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

static enum vt_status read_numbers(struct vt_ctx *ctx, struct vt_question *q)
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
static enum vt_status open_variable(struct vt_ctx *ctx, struct vt_question *q, const char *flag, const char *missing,
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
static enum vt_status open_pair(struct vt_ctx *ctx, struct vt_question *q)
{
	enum vt_status status;
	bool table = q->file && !vt_is_hdf5_name(q->file);
	const char *x = vt_args_flag(q->args, "x"), *y = vt_args_flag(q->args, "y");
	VT_REQUIRE(ctx, names_array(x) || table, VT_EUSAGE, "no --x PATH is given; it names an array, as --y does (or "
	           "--layers GLOB takes all of a file)");
	VT_REQUIRE(ctx, names_array(y) || (table && vt_args_flag(q->args, "y-columns")), VT_EUSAGE,
	           "no --y PATH is given; it names an array, as --x does");
	VT_TRY(names_array(x) ? open_variable(ctx, q, "x", NULL, &q->x) : vt_given_open(ctx, NULL, q->file, &q->x));
	VT_TRY(names_array(y) ? open_variable(ctx, q, "y", NULL, &q->y) : vt_given_open(ctx, NULL, q->file, &q->y));
done:
	return status;
}

static enum vt_status open_layers(struct vt_ctx *ctx, struct vt_question *q, const char *glob)
{
	enum vt_status status;
	VT_REQUIRE(ctx, q->file && vt_is_hdf5_name(q->file), VT_EUSAGE, "--layers %s: takes the arrays of an HDF5 file, which "
	           "is the first word; %s%s", glob, q->file ? "found " : "there is none", q->file ? q->file : "");
	VT_TRY(vt_layers_match(ctx, q->file, glob, &q->n_layers, &q->layer_path));
	VT_TRY(open_variable(ctx, q, "x", "x", &q->x));
	VT_TRY(open_variable(ctx, q, "y", "y", &q->y));
	VT_REQUIRE(ctx, q->x.where || q->y.where, VT_EUSAGE, "%s: has neither x nor y; name one with --x or --y", q->file);
done:
	return status;
}

static enum vt_status open_block(struct vt_ctx *ctx, struct vt_question *q)
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
static enum vt_status file_of_x(struct vt_ctx *ctx, struct vt_question *q)
{
	const char *x = vt_args_flag(q->args, "x"), *colon = x ? strstr(x, ":/") : NULL;
	if (q->args->n_words > 0) q->file = q->args->word[0];
	if (q->args->n_words > 0 || !colon) return VT_OK;
	q->owned_file = vt_format(ctx, "%.*s", (int)(colon - x), x);
	q->file = q->owned_file;
	return q->file ? VT_OK : VT_ENOMEM;
}

enum vt_status vt_question_open(struct vt_ctx *ctx, const struct vt_args *a, struct vt_question *q)
{
	enum vt_status status;
	const char *glob = vt_args_flag(a, "layers");
	q->args = a;
	VT_TRY(file_of_x(ctx, q));
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

static enum vt_status choose(struct vt_ctx *ctx, struct vt_question *q, const char *flag, struct vt_given *g)
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
static enum vt_status number_blocks(struct vt_ctx *ctx, struct vt_question *q)
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
enum vt_status vt_question_align(struct vt_ctx *ctx, struct vt_question *q, bool *stepped)
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

void vt_question_clear(struct vt_question *q)
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
	free(q->owned_file);
}
