/* Lays one variable of all runs on the union of their steps and labels.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study.h"
#include "venturi/num.h"

static bool has_steps(const struct vt_series *s)
{
	return s->value && s->rank >= 1 && s->coord[0] && s->dim_name[0] && strcmp(s->dim_name[0], "step") == 0;
}

/* The label at index i of dimension d; numbers as text. */
static const char *label_of(const struct vt_series *s, size_t d, size_t i, char number[32])
{
	if (s->label[d]) return s->label[d][i] ? s->label[d][i] : "";
	snprintf(number, 32, "%g", s->coord[d] ? s->coord[d][i] : (double)i);
	return number;
}

static long find_label(const struct vt_field *g, size_t d, const char *text)
{
	for (size_t i = 0; i < g->size[d]; i++)
		if (strcmp(g->label[d][i], text) == 0) return (long)i;
	return -1;
}

static enum vt_status add_labels(struct vt_ctx *ctx, struct vt_field *g, size_t d, const struct vt_series *s)
{
	enum vt_status status = VT_OK;
	char number[32];
	char **grown = NULL;
	VT_NEW(ctx, grown, g->size[d] + s->dim[d + 1]);
	if (g->size[d]) memcpy(grown, g->label[d], g->size[d] * sizeof *grown);
	free(g->label[d]);
	g->label[d] = grown;
	for (size_t i = 0; i < s->dim[d + 1]; i++) {
		const char *text = label_of(s, d + 1, i, number);
		if (find_label(g, d, text) >= 0) continue;
		grown[g->size[d]] = vt_copy(ctx, text);
		if (!grown[g->size[d]]) { status = VT_ENOMEM; goto done; }
		g->size[d]++;
	}
done:
	return status;
}

/* The longest list of labels goes first, so that a short network's `output` does not
 * come between the hidden layers of a long one. */
static size_t longest(const struct vt_study *s, struct vt_series *const *series, size_t d)
{
	size_t best = 0, length = 0;
	for (size_t i = 0; i < s->n_runs; i++)
		if (series[i] && series[i]->dim[d + 1] > length) best = i, length = series[i]->dim[d + 1];
	return best;
}

static size_t find_step(const struct vt_field *g, double step)
{
	return vt_sorted_place(g->step, g->n_frames, step);
}

static enum vt_status merge_steps(struct vt_ctx *ctx, struct vt_field *g, struct vt_series *const *series)
{
	enum vt_status status;
	size_t n = 0;
	for (size_t i = 0; i < g->n_runs; i++) n += series[i] ? series[i]->dim[0] : 0;
	VT_NEW(ctx, g->step, n);
	VT_NEW(ctx, g->epoch, n);
	n = 0;
	for (size_t i = 0; i < g->n_runs; i++)
		for (size_t t = 0; series[i] && t < series[i]->dim[0]; t++) g->step[n++] = series[i]->coord[0][t];
	vt_sort(g->step, n);
	for (size_t t = 0; t < n; t++)
		if (g->n_frames == 0 || g->step[t] > g->step[g->n_frames - 1]) g->step[g->n_frames++] = g->step[t];
	/* Somebody else's activations may tell no epochs: steps stand in their place. */
	for (size_t t = 0; t < g->n_frames; t++) g->epoch[t] = g->step[t];
	for (size_t i = 0; i < g->n_runs; i++)
		for (size_t t = 0; series[i] && series[i]->epoch && t < series[i]->dim[0]; t++) {
			if (isnan(series[i]->epoch[t])) continue;
			g->epoch[find_step(g, series[i]->coord[0][t])] = series[i]->epoch[t];
			g->epochs = true;
		}
	status = VT_OK;
done:
	return status;
}

/* Where cell `c` of the series lies in the grid. */
static size_t grid_cell(const struct vt_field *g, const struct vt_series *s, size_t c)
{
	size_t cell = 0, stride = 1;
	char number[32];
	for (size_t d = g->rank; d-- > 0;) {
		size_t i = c % s->dim[d + 1];
		c /= s->dim[d + 1];
		cell += stride * (size_t)find_label(g, d, label_of(s, d + 1, i, number));
		stride *= g->size[d];
	}
	return cell;
}

static enum vt_status copy_values(struct vt_ctx *ctx, struct vt_field *g, struct vt_series *const *series)
{
	enum vt_status status;
	size_t n;
	VT_REQUIRE(ctx, !__builtin_mul_overflow(g->n_runs, g->n_frames, &n) && !__builtin_mul_overflow(n, g->n_cells, &n),
	           VT_EDATA, "%zu runs of %zu steps and %zu values each are too many for a page", g->n_runs, g->n_frames,
	           g->n_cells);
	VT_NEW(ctx, g->value, n);
	VT_NEW(ctx, g->there, g->n_runs * g->n_frames);
	for (size_t i = 0; i < n; i++) g->value[i] = NAN;
	for (size_t r = 0; r < g->n_runs; r++) {
		const struct vt_series *s = series[r];
		if (!s || s->dim[0] == 0) continue;
		size_t cells = s->n / s->dim[0];
		for (size_t t = 0; t < s->dim[0]; t++) g->there[r * g->n_frames + find_step(g, s->coord[0][t])] = 1;
		for (size_t c = 0; c < cells; c++) {
			size_t cell = grid_cell(g, s, c);
			for (size_t t = 0; t < s->dim[0]; t++)
				g->value[(r * g->n_frames + find_step(g, s->coord[0][t])) * g->n_cells + cell] = s->value[t * cells + c];
		}
	}
	status = VT_OK;
done:
	return status;
}

/* Dimensions from the first run that has the variable; the others must agree on them. */
static enum vt_status merge_labels(struct vt_ctx *ctx, struct vt_field *g, const struct vt_study *s,
                                   struct vt_series *const *series, const struct vt_series *first)
{
	enum vt_status status = VT_OK;
	g->rank = first->rank - 1;
	g->n_cells = 1;
	for (size_t d = 0; d < g->rank; d++) {
		g->dim[d] = vt_copy(ctx, first->dim_name[d + 1] ? first->dim_name[d + 1] : "");
		if (!g->dim[d]) { status = VT_ENOMEM; goto done; }
		VT_TRY(add_labels(ctx, g, d, series[longest(s, series, d)]));
		for (size_t i = 0; i < g->n_runs; i++)
			if (series[i]) VT_TRY(add_labels(ctx, g, d, series[i]));
		g->n_cells *= g->size[d];
	}
done:
	return status;
}

static enum vt_status read_all(struct vt_ctx *ctx, const struct vt_study *s, const char *variable,
                               struct vt_series **series, const struct vt_series **first)
{
	enum vt_status status = VT_OK;
	for (size_t i = 0; i < s->n_runs; i++) {
		if (!vt_runs_has(s->runs, i, variable)) continue;
		VT_TRY(vt_runs_series(ctx, s->runs, i, variable, &series[i]));
		VT_REQUIRE(ctx, has_steps(series[i]), VT_EDATA, "%s: %s is no series over step", s->run[i].task, variable);
		if (!*first) *first = series[i];
		VT_REQUIRE(ctx, series[i]->rank == (*first)->rank, VT_EDATA, "%s: %s has %zu dimensions, in another run %zu",
		           s->run[i].task, variable, series[i]->rank, (*first)->rank);
	}
	VT_REQUIRE(ctx, *first, VT_EDATA, "%s: no run has %s", s->dir, variable);
done:
	return status;
}

enum vt_status vt_field_load(struct vt_ctx *ctx, const struct vt_study *s, const char *variable, struct vt_field **out)
{
	struct vt_field *g = NULL;
	struct vt_series **series = NULL;
	const struct vt_series *first = NULL;
	enum vt_status status;
	VT_NEW(ctx, g, 1);
	VT_NEW(ctx, series, s->n_runs);
	g->n_runs = s->n_runs;
	VT_TRY(read_all(ctx, s, variable, series, &first));
	g->unit = vt_copy(ctx, first->unit ? first->unit : "1");
	g->long_name = vt_copy(ctx, first->long_name ? first->long_name : variable);
	if (!g->unit || !g->long_name) { status = VT_ENOMEM; goto done; }
	VT_TRY(merge_labels(ctx, g, s, series, first));
	VT_TRY(merge_steps(ctx, g, series));
	VT_TRY(copy_values(ctx, g, series));
	*out = g;
	g = NULL;
done:
	for (size_t i = 0; series && i < s->n_runs; i++) vt_series_free(series[i]);
	free(series);
	vt_field_free(g);
	return status;
}

void vt_field_free(struct vt_field *g)
{
	if (!g) return;
	for (size_t d = 0; d < VT_MAX_RANK_FRAME; d++) {
		for (size_t i = 0; i < g->size[d]; i++) free(g->label[d][i]);
		free(g->label[d]);
		free(g->dim[d]);
	}
	free(g->unit);
	free(g->long_name);
	free(g->step);
	free(g->epoch);
	free(g->value);
	free(g->there);
	free(g);
}

double vt_field_at(const struct vt_field *g, size_t run, size_t frame, size_t cell)
{
	return g->value[(run * g->n_frames + frame) * g->n_cells + cell];
}

int vt_field_dim(const struct vt_field *g, const char *name)
{
	for (size_t d = 0; d < g->rank; d++)
		if (strcmp(g->dim[d], name) == 0) return (int)d;
	return -1;
}

static struct vt_spread spread(const struct vt_field *g, const struct vt_study *s, size_t arm, size_t frame,
                               size_t cell, bool logarithm)
{
	struct vt_spread out = { 0, NAN, NAN };
	double mean = 0, m2 = 0; /* Welford 1962 */
	for (size_t r = 0; r < s->n_runs; r++) {
		double v = vt_field_at(g, r, frame, cell);
		if (s->run[r].arm != arm || !s->run[r].alive || isnan(v) || (logarithm && v <= 0)) continue;
		if (logarithm) v = log(v);
		double from = v - mean;
		mean += from / (double)++out.n;
		m2 += from * (v - mean);
	}
	if (out.n > 0) out.mean = mean;
	if (out.n > 1) out.sd = sqrt(m2 / (double)(out.n - 1));
	return out;
}

bool vt_field_there(const struct vt_field *g, const struct vt_study *s, size_t arm, size_t frame)
{
	for (size_t r = 0; r < g->n_runs; r++)
		if (s->run[r].arm == arm && s->run[r].alive && g->there[r * g->n_frames + frame]) return true;
	return false;
}

struct vt_spread vt_field_spread(const struct vt_field *g, const struct vt_study *s, size_t arm, size_t frame,
                                size_t cell)
{
	return spread(g, s, arm, frame, cell, false);
}

struct vt_spread vt_field_log_spread(const struct vt_field *g, const struct vt_study *s, size_t arm, size_t frame,
                                    size_t cell)
{
	struct vt_spread out = spread(g, s, arm, frame, cell, true);
	out.mean = exp(out.mean);
	return out;
}
