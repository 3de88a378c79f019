/* The information plane's data for the page, small enough for twenty runs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "plane.h"

/* ---- loading ------------------------------------------------------------ */

/* The largest finite value of a variable, of one estimator's where it has them. */
static enum vt_status largest(struct vt_ctx *ctx, const struct vt_study *s, const char *variable, size_t n,
                              double *out)
{
	struct vt_field *g = NULL;
	enum vt_status status = VT_OK;
	for (size_t e = 0; e < n; e++) out[e] = NAN;
	if (!vt_study_has(s, variable)) return VT_OK;
	VT_TRY(vt_field_load(ctx, s, variable, &g));
	bool apart = g->rank > 0 && strcmp(g->dim[g->rank - 1], "estimator") == 0 && g->size[g->rank - 1] == n;
	for (size_t i = 0; i < g->n_runs * g->n_frames * g->n_cells; i++)
		for (size_t e = 0; e < n; e++)
			if (isfinite(g->value[i]) && (!apart || i % n == e)) out[e] = fmax(out[e], g->value[i]);
done:
	vt_field_free(g);
	return status;
}

/* H(Y) may be a scalar or stand at every step. */
static enum vt_status label_entropy(struct vt_ctx *ctx, const struct vt_study *s, double *out)
{
	struct vt_series *series = NULL;
	enum vt_status status = VT_OK;
	*out = NAN;
	for (size_t i = 0; i < s->n_runs; i++) {
		if (!vt_runs_has(s->runs, i, "information/h_y")) continue;
		VT_TRY(vt_runs_series(ctx, s->runs, i, "information/h_y", &series));
		for (size_t k = 0; series->value && k < series->n; k++) *out = fmax(*out, series->value[k]);
		vt_series_free(series);
		series = NULL;
	}
done:
	vt_series_free(series);
	return status;
}

static bool same_frames(const struct vt_field *a, const struct vt_field *b)
{
	return a->n_frames == b->n_frames && memcmp(a->step, b->step, a->n_frames * sizeof *a->step) == 0;
}

static enum vt_status take(struct vt_ctx *ctx, const struct vt_study *s, size_t run, const char *variable, size_t *n,
                           double **out)
{
	struct vt_series *series = NULL;
	enum vt_status status;
	VT_TRY(vt_runs_series(ctx, s->runs, run, variable, &series));
	VT_REQUIRE(ctx, series->value && series->rank == 1, VT_EDATA, "%s: %s is no curve", s->run[run].task, variable);
	*n = series->n;
	*out = series->value;
	series->value = NULL;
done:
	vt_series_free(series);
	return status;
}

static void keep_finite(struct vt_optimum *o)
{
	size_t n = 0;
	for (size_t i = 0; i < o->n; i++) {
		if (!isfinite(o->x[i]) || !isfinite(o->y[i])) continue;
		o->x[n] = o->x[i];
		o->y[n++] = o->y[i];
	}
	o->n = n;
}

/* Runs of an arm differ in the seed only: the first one that has the curve speaks for all. */
static enum vt_status load_optima(struct vt_ctx *ctx, const struct vt_study *s, struct vt_plane *p)
{
	enum vt_status status;
	size_t n_y = 0;
	VT_NEW(ctx, p->optimum, s->n_arms);
	p->n_arms = s->n_arms;
	for (size_t i = 0; i < s->n_runs; i++) {
		struct vt_optimum *o = &p->optimum[s->run[i].arm];
		if (o->x || !vt_runs_has(s->runs, i, "theory/i_xt") || !vt_runs_has(s->runs, i, "theory/i_ty")) continue;
		VT_TRY(take(ctx, s, i, "theory/i_xt", &o->n, &o->x));
		VT_TRY(take(ctx, s, i, "theory/i_ty", &n_y, &o->y));
		if (n_y < o->n) o->n = n_y;
		keep_finite(o);
	}
	status = VT_OK;
done:
	return status;
}

enum vt_status vt_plane_load(struct vt_ctx *ctx, const struct vt_study *s, struct vt_plane *out)
{
	struct vt_plane p = { .h_y = NAN };
	enum vt_status status;
	VT_TRY(vt_field_load(ctx, s, "information/i_xt", &p.xt));
	VT_TRY(vt_field_load(ctx, s, "information/i_ty", &p.ty));
	VT_REQUIRE(ctx, vt_field_dim(p.xt, "layer") == 0 && vt_field_dim(p.xt, "estimator") == 1 && p.xt->rank == 2 &&
	           p.xt->n_cells == p.ty->n_cells && same_frames(p.xt, p.ty), VT_EDATA,
	           "%s: information/i_xt and i_ty must lie over the same step, layer, estimator", s->dir);
	p.n_layers = p.xt->size[0];
	p.n_estimators = p.xt->size[1];
	VT_NEW(ctx, p.ceiling, p.n_estimators);
	VT_TRY(largest(ctx, s, "information/ceiling", p.n_estimators, p.ceiling));
	VT_TRY(largest(ctx, s, "information/n_samples", 1, &p.n_samples));
	VT_TRY(label_entropy(ctx, s, &p.h_y));
	VT_TRY(load_optima(ctx, s, &p));
	*out = p;
	p = (struct vt_plane){ 0 };
done:
	vt_plane_clear(&p);
	return status;
}

void vt_plane_clear(struct vt_plane *p)
{
	vt_field_free(p->xt);
	vt_field_free(p->ty);
	for (size_t a = 0; p->optimum && a < p->n_arms; a++) {
		free(p->optimum[a].x);
		free(p->optimum[a].y);
	}
	free(p->optimum);
	free(p->ceiling);
	*p = (struct vt_plane){ 0 };
}

size_t vt_plane_cell(const struct vt_plane *p, size_t layer, size_t estimator)
{
	return layer * p->n_estimators + estimator;
}

/* ---- JSON ---------------------------------------------------------------- */

static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
enum { LONGEST_VALUE = 8 }; /* digits: 40 bits of a difference */

static size_t vlq(long difference, char *out)
{
	unsigned long v = difference < 0 ? (unsigned long)-difference << 1 | 1 : (unsigned long)difference << 1;
	size_t n = 0;
	do {
		unsigned long low = v & 31;
		v >>= 5;
		out[n++] = digit[low | (v ? 32u : 0u)];
	} while (v && n < LONGEST_VALUE);
	return n;
}

/* One run's series of one cell. */
static json_t *encoded(const struct vt_field *g, size_t run, size_t cell, char *buffer)
{
	long before = 0;
	size_t n = 0;
	for (size_t t = 0; t < g->n_frames; t++) {
		double v = vt_field_at(g, run, t, cell);
		if (!(fabs(v) < 1e6)) {
			buffer[n++] = '.';
			continue;
		}
		long now = lround(1000 * v);
		n += vlq(now - before, buffer + n);
		before = now;
	}
	return json_stringn(buffer, n);
}

static json_t *series(const struct vt_plane *p, const struct vt_field *g, size_t run, char *buffer)
{
	json_t *out = json_array();
	for (size_t e = 0; e < p->n_estimators; e++) {
		json_t *layers = json_array();
		for (size_t l = 0; l < p->n_layers; l++)
			json_array_append_new(layers, encoded(g, run, vt_plane_cell(p, l, e), buffer));
		json_array_append_new(out, layers);
	}
	return out;
}

/* Text that is not UTF-8 cannot be JSON. */
static json_t *text(const char *s)
{
	json_t *out = json_string(s);
	return out ? out : json_string("?");
}

static json_t *texts(const char *const *s, size_t n)
{
	json_t *out = json_array();
	for (size_t i = 0; i < n; i++) json_array_append_new(out, text(s[i]));
	return out;
}

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *numbers(const double *v, size_t n)
{
	json_t *out = json_array();
	for (size_t i = 0; i < n; i++) json_array_append_new(out, number(v[i]));
	return out;
}

static json_t *steps(const double *v, size_t n)
{
	json_t *out = json_array();
	for (size_t i = 0; i < n; i++) json_array_append_new(out, json_integer((json_int_t)v[i]));
	return out;
}

static json_t *optima(const struct vt_plane *p)
{
	json_t *out = json_array();
	for (size_t a = 0; a < p->n_arms; a++) {
		const struct vt_optimum *o = &p->optimum[a];
		json_array_append_new(out, o->n == 0 ? json_null() : json_pack("{s:o, s:o}", "x", numbers(o->x, o->n), "y",
		                                                                numbers(o->y, o->n)));
	}
	return out;
}

static json_t *arms(const struct vt_study *s)
{
	json_t *out = json_array();
	for (size_t a = 0; a < s->n_arms; a++)
		json_array_append_new(out, json_pack("{s:o, s:I, s:I}", "label", text(s->arm[a].label), "runs",
		                                     (json_int_t)s->arm[a].n_runs, "live", (json_int_t)s->arm[a].n_live));
	return out;
}

static json_t *runs(const struct vt_study *s, const struct vt_plane *p, char *buffer)
{
	json_t *out = json_array();
	for (size_t r = 0; r < s->n_runs; r++)
		json_array_append_new(out, json_pack("{s:o, s:o, s:I, s:b, s:o, s:o}", "task", text(s->run[r].task), "seed",
		                                     text(s->run[r].seed), "arm", (json_int_t)s->run[r].arm, "alive",
		                                     (int)s->run[r].alive, "x", series(p, p->xt, r, buffer), "y",
		                                     series(p, p->ty, r, buffer)));
	return out;
}

enum vt_status vt_plane_json(struct vt_ctx *ctx, const struct vt_study *s, const struct vt_plane *p, char **out)
{
	char *buffer = NULL, *json = NULL;
	json_t *root = NULL;
	enum vt_status status;
	VT_NEW(ctx, buffer, p->xt->n_frames * LONGEST_VALUE + 1);
	const char *const *layer = (const char *const *)p->xt->label[0];
	const char *const *estimator = (const char *const *)p->xt->label[1];
	root = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "schema", "venturi-plane/1",
	                 "step", steps(p->xt->step, p->xt->n_frames), "epoch", numbers(p->xt->epoch, p->xt->n_frames),
	                 "layer", texts(layer, p->n_layers), "estimator", texts(estimator, p->n_estimators),
	                 "ceiling", numbers(p->ceiling, p->n_estimators), "h_y", number(p->h_y),
	                 "n", number(p->n_samples), "axis", texts(s->axis, s->n_axes), "arm", arms(s),
	                 "optimum", optima(p), "run", runs(s, p, buffer));
	if (root) json = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(7));
	VT_REQUIRE(ctx, json, VT_ENOMEM, "out of memory for the plane of %zu runs", s->n_runs);
	*out = json;
	status = VT_OK;
done:
	json_decref(root);
	free(buffer);
	return status;
}
