/* venturi estimate: information between arrays of anybody's.
 *
 * Two forms: one pair of arrays, or layers (--layers), each with x and with y.  Where an array has snapshots, there is
 * a row for each; one snapshot of one layer is in memory at a time.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "question.h"

static const struct vt_flag_option flags[] = {
	{ "x", 0, "PATH", "/PATH in FILE, FILE.h5:/PATH, FILE.npy or FILE.csv; with --layers: FILE's x, or none" },
	{ "y", 0, "PATH", "the other variable; with --layers: FILE's y, or none" },
	{ "z", 0, "PATH", "a third one that is given: I(X;Y|Z)" },
	{ "estimator", 'e', "NAME[:key=value,...]", "an estimator, may be repeated; default auto (see 'venturi list')" },
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

static enum vt_status calibrated(struct vt_ctx *ctx, const struct vt_question *q, const struct vt_chosen *chosen,
                                 const struct vt_pair *p, struct vt_estimated *e)
{
	return vt_args_flag(q->args, "calibrate") ? vt_estimate_calibrate(ctx, chosen, p, e) : VT_OK;
}

static enum vt_status keep(struct vt_ctx *ctx, struct vt_question *q, const struct pairing *p,
                           const struct vt_pair *data, size_t estimator, const struct vt_estimated *e)
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

/* Kinds that take no pairs but layers (binning, kde) answer for a layer's two roles: T of an input,
 * T of labels. */
static bool by_layer(const struct vt_question *q, size_t i, const struct pairing *p)
{
	const struct vt_estimate_kind *kind = vt_estimate_kind_of(&q->estimator[i]);
	return p->layer && !p->c && !kind->pair && kind->layer;
}

/* Estimators of layers give flags alone; whoever reads a table wants a sentence. */
static void explain(const struct vt_information *info, struct vt_estimated *e)
{
	if (info->flags & VT_DEGENERATE)
		snprintf(e->reason, sizeof e->reason, "a value of the layer is not finite, or its square is not");
	else if (info->flags & VT_OUT_OF_RANGE)
		snprintf(e->reason, sizeof e->reason, "values outside the stated range: more than 1 %%");
	else if (info->flags & VT_BIAS_DOMINATED)
		snprintf(e->reason, sizeof e->reason, "more than half of the rows are alone in their cell or kernel: no error is "
		         "known");
	else if (info->flags & VT_SATURATED)
		snprintf(e->reason, sizeof e->reason, "within 0.05 bit of the most that so many rows can show");
}

static struct vt_estimated taken(const struct vt_pair *data, const struct vt_information *info, bool is_input)
{
	struct vt_estimated e = vt_estimated_nothing();
	e.n = info->n;
	e.dim_x = data->x.cols;
	e.dim_y = data->y.cols;
	e.flags = info->flags;
	if (is_input) e.ceiling = info->ceiling;
	e.mi = is_input ? info->i_xt : info->i_ty;
	e.se = is_input ? info->i_xt_se : info->i_ty_se;
	e.lo = is_input ? info->i_xt_lo : info->i_ty_lo;
	e.hi = is_input ? info->i_xt_hi : info->i_ty_hi;
	e.method = isnan(e.lo) ? NULL : data->block ? "local terms, summed over blocks" : "local terms";
	explain(info, &e);
	if (is_input) return e;
	e.null_mean = info->i_ty_null;
	e.null_p = info->i_ty_null_p;
	return e;
}

/* A pair of bounds on I(X;T) is one row; of I(T;Y) it makes two differences, neither of which bounds anything. */
static enum vt_status keep_layer(struct vt_ctx *ctx, struct vt_question *q, const struct pairing *p,
                                 const struct vt_pair *data, size_t i, const struct vt_information info[2])
{
	const struct vt_estimate_kind *kind = vt_estimate_kind_of(&q->estimator[i]);
	bool is_input = p->b == &q->layer;
	struct vt_estimated e[2] = { taken(data, &info[0], is_input), taken(data, &info[kind->n_bounds - 1], is_input) };
	if (kind->n_bounds == 1) {
		e[0].bound = is_input ? kind->bound[0] : VT_POINT;
		return keep(ctx, q, p, data, i, &e[0]);
	}
	if (!is_input) {
		for (size_t b = 0; b < 2; b++)
			snprintf(e[b].reason, sizeof e[b].reason, "a difference of two %s bounds is no bound",
			         kind->bound[b] == VT_UPPER ? "upper" : "lower");
		enum vt_status status = keep(ctx, q, p, data, i, &e[0]);
		return status == VT_OK ? keep(ctx, q, p, data, i, &e[1]) : status;
	}
	size_t up = kind->bound[0] == VT_UPPER ? 0 : 1;
	struct vt_estimated both = e[0];
	both.bound = VT_BRACKET;
	both.lower = e[!up].mi;
	both.upper = e[up].mi;
	both.lo = e[!up].lo;
	both.hi = e[up].hi;
	both.mi = both.se = NAN;
	both.flags |= e[1].flags;
	return keep(ctx, q, p, data, i, &both);
}

/* The labels of a layer are any symbols; an estimator of layers wants them numbered. */
static enum vt_status estimate_by_layer(struct vt_ctx *ctx, struct vt_question *q, const struct pairing *p,
                                        const struct vt_pair *data, size_t i)
{
	enum vt_status status;
	bool is_input = p->b == &q->layer;
	struct vt_information info[2];
	struct vt_layer layer = { .t = is_input ? data->y : data->x, .n_null = data->n_null, .seed = data->seed,
		                  .block = data->block };
	int32_t *label = NULL;
	if (is_input) {
		layer.x = data->x;
	} else if (data->discrete_y) {
		VT_TRY(vt_rows_number(ctx, &data->y, &label, &layer.y.n_classes));
		layer.y.y = label;
		layer.y.n = data->y.rows;
	}
	VT_TRY(vt_estimate_layer(ctx, &q->estimator[i], &layer, info));
	if (is_input || label) {
		status = keep_layer(ctx, q, p, data, i, info);
	} else {
		struct vt_estimated e = taken(data, &info[0], false);
		e.flags |= VT_NOT_COMPUTED;
		snprintf(e.reason, sizeof e.reason, "%s wants labels, y is continuous", q->estimator[i].kind->name);
		status = keep(ctx, q, p, data, i, &e);
	}
done:
	free(label);
	return status;
}

static enum vt_status estimate_one(struct vt_ctx *ctx, struct vt_question *q, const struct pairing *p,
                                   const struct vt_pair *data, size_t i)
{
	enum vt_status status;
	struct vt_estimated e;
	if (by_layer(q, i, p)) return estimate_by_layer(ctx, q, p, data, i);
	VT_TRY(vt_estimate_pair(ctx, &q->estimator[i], data, &e));
	VT_TRY(calibrated(ctx, q, &q->estimator[i], data, &e));
	status = keep(ctx, q, p, data, i, &e);
done:
	return status;
}

static enum vt_status estimate_with_all(struct vt_ctx *ctx, struct vt_question *q, const struct pairing *p,
                                        const struct vt_pair *data)
{
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < q->n_estimators && status == VT_OK; i++) {
		status = estimate_one(ctx, q, p, data, i);
		if (status != VT_OK) vt_ctx_frame(ctx, "in %s with %s", p->a->name, p->b->name);
	}
	return status;
}

static enum vt_status estimate_groups(struct vt_ctx *ctx, struct vt_question *q, const struct pairing *p)
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

static enum vt_status estimate_pairing(struct vt_ctx *ctx, struct vt_question *q, struct pairing p)
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
static enum vt_status estimate_snapshot(struct vt_ctx *ctx, struct vt_question *q, struct pairing p, size_t index)
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
static enum vt_status estimate_layer(struct vt_ctx *ctx, struct vt_question *q, size_t layer)
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
	VT_TRY(vt_question_align(ctx, q, &stepped));
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
static enum vt_status warn_of_floats(struct vt_ctx *ctx, const struct vt_question *q)
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

static enum vt_status answer(struct vt_ctx *ctx, struct vt_question *q)
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

static enum vt_status command_main(struct vt_ctx *ctx, const struct vt_args *a)
{
	enum vt_status status;
	struct vt_question q = { 0 };

	VT_TRY(vt_question_open(ctx, a, &q));
	VT_TRY(answer(ctx, &q));
	status = vt_args_flag(a, "json") ? vt_results_json(ctx, &q.results) : vt_results_print(ctx, &q.results);
done:
	vt_question_clear(&q);
	return status;
}

const struct vt_command_kind vt_command_estimate = {
	.kind = { "estimate", "mutual information between arrays, or of layers with x and y", "venturi", 0, NULL, NULL },
	.usage = "[FILE] --x PATH --y PATH [--z PATH] [-e NAME[:key=value,...]]... [--layers GLOB] [--null N] [--resample N]"
	         " [--calibrate] [--seed N]",
	.example = "venturi estimate activations.h5 --layers 'fc*' --null 200",
	.flags = flags,
	.max_words = 1,
	.main = command_main,
};
