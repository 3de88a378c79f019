/* Figure `leads`: who leads whom.  One line a series: the step at which it changes, seeds and mean,
 * earliest first.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"
#include "venturi/report.h"

enum { MOST_ROWS = 40 };

/* One series at fixed places of its dimensions. */
struct candidate {
	struct vt_field *field;
	size_t cell;
	char name[144];
};
struct list {
	size_t n, n_fields;
	struct candidate row[MOST_ROWS];
	struct vt_field *field[MOST_ROWS];
};

static const struct vt_onset_rule change = { .by = VT_ONSET_CHANGE, .way = VT_ONSET_EITHER };

static bool applies(const struct vt_study *study)
{
	return vt_study_has(study, "train/loss_train");
}

/* ---- which series --------------------------------------------------------------------- */

/* Loads a variable unless the list is full, or it is no numbers over step. */
static enum vt_status load(struct vt_ctx *ctx, const struct vt_study *s, const char *variable, struct list *l,
                           struct vt_field **out)
{
	enum vt_status status = VT_OK;
	*out = NULL;
	if (l->n == MOST_ROWS || l->n_fields == MOST_ROWS || !vt_study_has(s, variable)) return VT_OK;
	VT_TRY(vt_field_load(ctx, s, variable, out));
	l->field[l->n_fields++] = *out;
done:
	return status;
}

/* All three texts go through vt_safe_name: they may be somebody's text. */
static void append(struct list *l, struct vt_field *g, size_t cell, const char *group, const char *name,
                   const char *place)
{
	char safe_group[48] = "", safe_name[48], safe_place[48] = "";
	if (l->n == MOST_ROWS) return;
	struct candidate *c = &l->row[l->n];
	if (group) vt_safe_name(group, "group", l->n_fields, safe_group);
	vt_safe_name(name, "series", l->n + 1, safe_name);
	if (place) vt_safe_name(place, "place", cell + 1, safe_place);
	snprintf(c->name, sizeof c->name, "%s%s%s%s%s", safe_group, group ? " " : "", safe_name, place ? " " : "", safe_place);
	c->field = g;
	c->cell = cell;
	l->n++;
}

static enum vt_status add_training(struct vt_ctx *ctx, const struct vt_study *s, struct list *l)
{
	static const char *const name[] = { "loss_train", "loss_test", "accuracy_train", "accuracy_test" };
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		char variable[64];
		struct vt_field *g;
		snprintf(variable, sizeof variable, "train/%s", name[i]);
		VT_TRY(load(ctx, s, variable, l, &g));
		if (g && g->rank == 0) append(l, g, 0, NULL, name[i], NULL);
	}
done:
	return status;
}

/* Every layer under the first estimator. */
static enum vt_status add_information(struct vt_ctx *ctx, const struct vt_study *s, struct list *l)
{
	static const char *const name[] = { "i_xt", "i_ty" };
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < 2; i++) {
		char variable[64];
		struct vt_field *g;
		snprintf(variable, sizeof variable, "information/%s", name[i]);
		VT_TRY(load(ctx, s, variable, l, &g));
		if (!g || g->rank != 2 || vt_field_dim(g, "layer") != 0 || vt_field_dim(g, "estimator") != 1) continue;
		for (size_t k = 0; k < g->size[0]; k++) append(l, g, k * g->size[1], NULL, name[i], g->label[0][k]);
	}
done:
	return status;
}

static bool counts(const char *variable)
{
	static const char *const beside[] = { "epoch", "flags", "n_samples", NULL };
	for (size_t i = 0; beside[i]; i++)
		if (strcmp(variable, beside[i]) == 0) return false;
	size_t n = strlen(variable);
	static const char *const ending[] = { "_se", "_lo", "_hi", "_flags", NULL };
	for (size_t i = 0; ending[i]; i++) {
		size_t k = strlen(ending[i]);
		if (n > k && strcmp(variable + n - k, ending[i]) == 0) return false;
	}
	return true;
}

/* A series over step alone, or the lowest, a middle and the highest frequency of a map. */
static void add_places(struct list *l, struct vt_field *g, const char *group, const char *variable)
{
	if (g->rank == 0) append(l, g, 0, group, variable, NULL);
	if (g->rank != 1 || strcmp(variable, "amplitude_ratio") != 0) return;
	for (size_t k = 0; k < 3; k++) {
		size_t cell = k * (g->n_cells - 1) / 2;
		if (k == 0 || cell > (k - 1) * (g->n_cells - 1) / 2) append(l, g, cell, group, variable, g->label[0][cell]);
	}
}

static bool is_scalar(struct vt_ctx *ctx, const struct vt_study *s, size_t run, const char *path, const char *variable)
{
	struct vt_series *series = NULL;
	bool fits = vt_runs_series(ctx, s->runs, run, path, &series) == VT_OK && series->value && series->rank >= 1 &&
	            series->coord[0] && strcmp(series->dim_name[0], "step") == 0 &&
	            (series->rank == 1 || (series->rank == 2 && strcmp(variable, "amplitude_ratio") == 0));
	vt_series_free(series);
	return fits;
}

static enum vt_status add_group(struct vt_ctx *ctx, const struct vt_study *s, size_t run, const char *group,
                                struct list *l)
{
	enum vt_status status = VT_OK;
	const char *variable;
	for (size_t v = 0; (variable = vt_runs_variable(s->runs, run, group, v)); v++) {
		char path[320];
		struct vt_field *g;
		snprintf(path, sizeof path, "%s/%s", group, variable);
		if (!counts(variable) || !is_scalar(ctx, s, run, path, variable)) continue;
		VT_TRY(load(ctx, s, path, l, &g));
		if (g) add_places(l, g, group, variable);
	}
done:
	return status;
}

/* Groups of any other measure, once each, in the order of the runs. */
static enum vt_status add_measures(struct vt_ctx *ctx, const struct vt_study *s, struct list *l)
{
	static const char *const told[] = { "train", "information", "provenance", "theory", "rulings", NULL };
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < s->n_runs; i++)
		for (const char *const *group = vt_runs_groups(s->runs, i); *group; group++) {
			bool skip = false;
			for (size_t k = 0; told[k]; k++) skip = skip || strcmp(*group, told[k]) == 0;
			for (size_t j = 0; j < i && !skip; j++)
				for (const char *const *seen = vt_runs_groups(s->runs, j); *seen; seen++)
					skip = skip || strcmp(*seen, *group) == 0;
			if (!skip) VT_TRY(add_group(ctx, s, i, *group, l));
		}
done:
	return status;
}

/* ---- rows ------------------------------------------------------------------------------- */

/* The rows of all arms, arm by arm. */
static enum vt_status find_onsets(struct vt_ctx *ctx, const struct vt_study *s, const struct list *l, size_t arms,
                                  struct vt_strip_row *out)
{
	enum vt_status status = VT_OK;
	for (size_t a = 0; a < arms; a++)
		for (size_t i = 0; i < l->n; i++) {
			const struct vt_source from = { s, l->row[i].field, a, l->row[i].cell };
			struct vt_strip_row *r = &out[a * l->n + i];
			snprintf(r->name, sizeof r->name, "%s", l->row[i].name);
			VT_TRY(vt_onset_over_seeds(ctx, &from, &change, r));
		}
done:
	return status;
}

struct rank {
	double at;
	size_t row;
};

static int by_time(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;
	if (x->at == y->at) return (x->row > y->row) - (x->row < y->row);
	return x->at > y->at ? 1 : -1;
}

/* Rows that changed in some arm, by the mean logarithm over arms; returns how many. */
static size_t sort_rows(const struct vt_strip_row *all, size_t n, size_t arms, struct rank *rank)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		double sum = 0, known = 0;
		for (size_t a = 0; a < arms; a++) {
			double at = all[a * n + i].at;
			sum += isnan(at) ? 0 : log(at);
			known += !isnan(at);
		}
		if (known > 0) rank[kept++] = (struct rank){ sum / known, i };
	}
	qsort(rank, kept, sizeof *rank, by_time);
	return kept;
}

static enum vt_status panel(struct vt_ctx *ctx, const struct vt_study *s, const struct vt_field *axis, size_t arm,
                            struct vt_strip_row *all, size_t n, const struct rank *rank, struct vt_panel *out)
{
	enum vt_status status;
	snprintf(out->title, sizeof out->title, "%s", s->arm[arm].name);
	out->x_label = "step";
	out->y_label = "";
	out->epochs = true;
	VT_NEW(ctx, out->strip, n);
	out->n_strips = n;
	for (size_t i = 0; i < n; i++) {
		out->strip[i] = all[rank[i].row];
		all[rank[i].row].seed = NULL; /* moved */
	}
	out->x_min = vt_step_place(axis, 0);
	out->x_max = fmax(axis->step[axis->n_frames - 1], 10 * out->x_min);
	out->y_min = 0.4;
	out->y_max = (double)n + 0.6;
	status = VT_OK;
done:
	return status;
}

static enum vt_status draw(struct vt_ctx *ctx, const struct vt_study *s, const struct list *l, struct vt_pictures *out)
{
	enum vt_status status;
	struct vt_layout at = vt_study_layout(s);
	size_t arms = at.arms;
	struct vt_strip_row *all = NULL;
	struct rank *rank = NULL;
	struct vt_picture *p;
	VT_NEW(ctx, all, arms * l->n);
	VT_NEW(ctx, rank, l->n);
	VT_TRY(find_onsets(ctx, s, l, arms, all));
	size_t n = sort_rows(all, l->n, arms, rank);
	if (n == 0) goto done;
	VT_TRY(vt_picture_add(ctx, out, "leads", NULL, at.slots, at.columns, &p,
	                      "The step at which each series changes: the centre of a logistic step fitted over the "
	                      "logarithm of the step. Small circles: seeds; dots: their geometric mean with its 95 %% "
	                      "interval; at the right, in how many live seeds the change is clear. Earliest first, by the "
	                      "mean over arms; series that change in no seed are left out. A series that rises and falls "
	                      "again has one of its two changes here. To come first is not to be the cause; the statistic "
	                      "lag asks whether two of them belong together."));
	for (size_t a = 0; a < arms; a++)
		VT_TRY(panel(ctx, s, l->row[0].field, a, &all[a * l->n], n, rank, &p->panel[a]));
done:
	for (size_t i = 0; all && i < arms * l->n; i++) free(all[i].seed);
	free(all);
	free(rank);
	return status;
}

static enum vt_status pictures(struct vt_ctx *ctx, const struct vt_study *s, struct vt_pictures *out)
{
	struct list *l = NULL;
	enum vt_status status;
	VT_NEW(ctx, l, 1);
	VT_TRY(add_training(ctx, s, l));
	VT_TRY(add_information(ctx, s, l));
	VT_TRY(add_measures(ctx, s, l));
	if (l->n > 0) VT_TRY(draw(ctx, s, l, out));
done:
	for (size_t i = 0; l && i < l->n_fields; i++) vt_field_free(l->field[i]);
	free(l);
	return status;
}

const struct vt_figure_kind vt_figure_leads = {
	.kind = { .name = "leads", .summary = "who leads whom: the step at which each series changes, on one axis",
	          .source = "venturi",
	          .misleads = "what comes first need not be the cause; a series with two changes shows the larger one" },
	.heading = "Who leads whom",
	.applies = applies,
	.pictures = pictures,
};
