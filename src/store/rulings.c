/* rulings.json as `venturi verdict` writes it: written, read again, and as the group /rulings of a collected file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runs.h"
#include "venturi/input.h"

/* ---- the file, whose last line is the sum of the lines above ------------------- */

static const char last_line[] = " \"sha256\": \"";

/* The text of an object without what closes it. */
static size_t open_end(const char *json)
{
	size_t n = strlen(json);
	while (n > 0 && strchr(" \t\r\n", json[n - 1])) n--;
	if (n > 0 && json[n - 1] == '}') n--;
	while (n > 0 && strchr(" \t\r\n", json[n - 1])) n--;
	return n;
}

enum vt_status vt_rulings_write(struct vt_ctx *ctx, const char *dir, const char *json)
{
	enum vt_status status;
	char sum[65], *path = vt_format(ctx, "%s/rulings.json", dir);
	char *body = vt_format(ctx, "%.*s,\n", (int)open_end(json), json), *text = NULL;

	VT_REQUIRE(ctx, path && body, VT_ENOMEM, "%s: out of memory for rulings", dir);
	vt_sha256(body, strlen(body), sum);
	text = vt_format(ctx, "%s%s%s\"}\n", body, last_line, sum);
	VT_REQUIRE(ctx, text, VT_ENOMEM, "%s: out of memory for rulings", dir);
	status = vt_file_commit(ctx, path, text, strlen(text));
done:
	free(path);
	free(body);
	free(text);
	return status;
}

/* Where the last line begins. */
static const char *last_of(const char *text)
{
	const char *at = text + strlen(text);
	if (at > text && at[-1] == '\n') at--;
	while (at > text && at[-1] != '\n') at--;
	return at;
}

/* A file that has nothing but rulings was made by hand, or is what `verdict --json` prints. */
static enum vt_status check_rulings(struct vt_ctx *ctx, const char *path, const char *text)
{
	enum vt_status status;
	char wanted[128], sum[65];
	const char *last = last_of(text);
	json_error_t error = { 0 };
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	VT_REQUIRE(ctx, root, VT_EDATA, "%s: is no JSON (line %d: %s)", path, error.line, error.text);
	VT_REQUIRE(ctx, json_is_array(json_object_get(root, "rulings")), VT_EDATA, "%s: wanted {\"rulings\": [...]}: there is"
	           " no list 'rulings'", path);
	vt_sha256(text, (size_t)(last - text), sum);
	snprintf(wanted, sizeof wanted, "%s%s\"}\n", last_line, sum);
	VT_REQUIRE(ctx, json_object_size(root) == 1 || strcmp(last, wanted) == 0, VT_EDATA, "%s: is damaged: its last line is"
	           " not the sum of the lines above; `venturi verdict` makes it anew", path);
	status = VT_OK;
done:
	json_decref(root);
	return status;
}

enum vt_status vt_rulings_read(struct vt_ctx *ctx, const char *dir, char **out)
{
	enum vt_status status;
	char *path = vt_format(ctx, "%s/rulings.json", dir), *text = NULL;

	VT_REQUIRE(ctx, path, VT_ENOMEM, "%s: out of memory for rulings", dir);
	status = VT_OK;
	if (access(path, F_OK) != 0) goto done;
	VT_TRY(vt_input_text(ctx, path, SIZE_MAX, &text));
	VT_TRY(check_rulings(ctx, path, text));
	*out = text;
	text = NULL;
done:
	free(path);
	free(text);
	return status;
}

/* ---- the group ------------------------------------------------------------------ */

/* One column: a key of each ruling, or an entry of the pair that stands there. */
struct column {
	const char *name, *key;
	int entry; /* of a list; -1: the value itself */
	enum vt_dtype type;
	const char *long_name;
};

static const struct column columns[] = {
	{ "claim", "claim", -1, VT_TEXT, "claim of the registry" },
	{ "experiment", "experiment", -1, VT_TEXT, "experiment" },
	{ "statistic", "statistic", -1, VT_TEXT, "statistic" },
	{ "value", "value", -1, VT_F64, "mean of the statistic over live seeds, in `unit`" },
	{ "lo", "ci95", 0, VT_F64, "lower end of the interval, in `unit`" },
	{ "hi", "ci95", 1, VT_F64, "upper end of the interval, in `unit`" },
	{ "delta", "delta", -1, VT_F64, "smallest effect of interest, in `unit`" },
	{ "unit", "unit", -1, VT_TEXT, "unit of value, interval and delta" },
	{ "expect", "expect", -1, VT_TEXT, "what the hypothesis expects: above, below, within, outside" },
	{ "n_seeds", "n_seeds", -1, VT_I32, "live seeds that gave a value" },
	{ "n_dead", "n_dead", -1, VT_I32, "runs that were born dead or diverged" },
	{ "n_flagged", "n_flagged", -1, VT_I32, "runs with flagged values" },
	{ "p_holm", "p_holm", -1, VT_F64, "p after Holm's correction" },
	{ "ci_level", "ci_level", -1, VT_F64, "confidence at which the outcome was decided" },
	{ "registered", "registered", -1, VT_U8, "1: judged by the hypotheses in the run files" },
	{ "outcome", "outcome", -1, VT_TEXT, "supported, refuted, inconclusive, not_run, not_operationalised" },
	{ "reason", "reason", -1, VT_TEXT, "why" },
};

/* null and what is missing become NaN, or 0 in columns of integers. */
static double number(const json_t *v)
{
	if (json_is_boolean(v)) return json_is_true(v);
	return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static enum vt_status put_column(struct vt_ctx *ctx, const json_t *list, const struct column *c, struct vt_frame *f)
{
	enum vt_status status;
	size_t n = json_array_size(list);
	struct vt_variable v = { .name = c->name, .type = c->type, .rank = 1, .dim = { "ruling" },
	                         .long_name = c->long_name };
	double *value = NULL;
	const char **text = NULL;

	VT_NEW(ctx, value, n);
	VT_NEW(ctx, text, n);
	for (size_t i = 0; i < n; i++) {
		const json_t *cell = json_object_get(json_array_get(list, i), c->key);
		if (c->entry >= 0) cell = json_array_get(cell, (size_t)c->entry);
		value[i] = number(cell);
		text[i] = json_is_string(cell) ? json_string_value(cell) : "";
	}
	VT_TRY(vt_frame_variable(ctx, f, "rulings", &v));
	status = c->type == VT_TEXT ? vt_frame_put_text(ctx, f, "rulings", c->name, n, text)
	                            : vt_frame_put(ctx, f, "rulings", c->name, n, value);
done:
	free(text);
	free(value);
	return status;
}

/* Numbered, not named: two experiments may have hypotheses of one name. */
static enum vt_status put_rulings(struct vt_ctx *ctx, const json_t *list, struct vt_frame *f)
{
	enum vt_status status;
	size_t n = json_array_size(list);
	const char **name = NULL;

	VT_NEW(ctx, name, n);
	for (size_t i = 0; i < n; i++) {
		name[i] = json_string_value(json_object_get(json_array_get(list, i), "hypothesis"));
		if (!name[i]) name[i] = "";
	}
	VT_TRY(vt_frame_dim(ctx, f, "rulings", "ruling", n, NULL, NULL, NULL, "number of the ruling"));
	VT_TRY(vt_frame_variable(ctx, f, "rulings", &(struct vt_variable){ .name = "hypothesis", .type = VT_TEXT,
	                         .rank = 1, .dim = { "ruling" }, .long_name = "hypothesis as registered" }));
	VT_TRY(vt_frame_put_text(ctx, f, "rulings", "hypothesis", n, name));
	for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) VT_TRY(put_column(ctx, list, &columns[i], f));
	status = VT_OK;
done:
	free(name);
	return status;
}

enum vt_status vt_rulings_collect(struct vt_ctx *ctx, const char *json, struct vt_frame *f)
{
	enum vt_status status;
	json_error_t error = { 0 };
	json_t *root = json_loads(json, 0, &error);
	const json_t *list = json_object_get(root, "rulings");

	VT_REQUIRE(ctx, json_is_array(list), VT_EDATA, "rulings.json:%d:%d: wanted {\"rulings\": [...]}: %s", error.line,
	           error.column, root ? "there is no list 'rulings'" : error.text);
	status = json_array_size(list) > 0 ? put_rulings(ctx, list, f) : VT_OK;
done:
	json_decref(root);
	return status;
}
