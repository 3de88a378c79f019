/* Information of every layer with the input and with the labels, by any estimators: the
 * information plane.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers.h"

struct settings {
	struct vt_chosen estimator;
	int64_t null, null_every;
};

static const char *const estimate_room[] = { "estimate", NULL };

static const struct vt_option options[] = {
	{ "estimator", VT_CHOSEN, offsetof(struct settings, estimator), .choices = estimate_room,
	  .help = "how information is estimated; a pair of bounds makes two labels, KEY-upper and KEY-lower" },
	{ "null", VT_INT, offsetof(struct settings, null), 0, 10000, "19", .unit = "shuffles",
	  .help = "label shuffles for the null of I(T;Y); 0: none" },
	{ "null_every", VT_INT, offsetof(struct settings, null_every), 1, 1000000, "25", .unit = "snapshots",
	  .help = "how often the null is made; at the first and the last snapshot always" },
	{ 0 }
};

/* What the file holds of each estimate: doubles of struct vt_information, nats turned into bits. */
static const struct column {
	const char *name, *unit;
	double scale;
	size_t offset;
	const char *long_name;
} columns[] = {
	{ "i_xt", "bit", VT_BITS_PER_NAT, offsetof(struct vt_information, i_xt), "information between input and layer" },
	{ "i_xt_se", "bit", VT_BITS_PER_NAT, offsetof(struct vt_information, i_xt_se), "standard error of i_xt" },
	{ "i_xt_lo", "bit", VT_BITS_PER_NAT, offsetof(struct vt_information, i_xt_lo), "lower end of i_xt's 95 % interval" },
	{ "i_xt_hi", "bit", VT_BITS_PER_NAT, offsetof(struct vt_information, i_xt_hi), "upper end of i_xt's 95 % interval" },
	{ "i_ty", "bit", VT_BITS_PER_NAT, offsetof(struct vt_information, i_ty), "information between layer and labels" },
	{ "i_ty_se", "bit", VT_BITS_PER_NAT, offsetof(struct vt_information, i_ty_se), "standard error of i_ty" },
	{ "i_ty_lo", "bit", VT_BITS_PER_NAT, offsetof(struct vt_information, i_ty_lo), "lower end of i_ty's 95 % interval" },
	{ "i_ty_hi", "bit", VT_BITS_PER_NAT, offsetof(struct vt_information, i_ty_hi), "upper end of i_ty's 95 % interval" },
	{ "i_ty_null", "bit", VT_BITS_PER_NAT, offsetof(struct vt_information, i_ty_null),
	  "mean of i_ty under shuffled labels; missing where no null was made" },
	{ "i_ty_null_p", "1", 1, offsetof(struct vt_information, i_ty_null_p),
	  "p of i_ty under shuffled labels, (1 + #) / (shuffles + 1)" },
	{ "h_t", "bit", VT_BITS_PER_NAT, offsetof(struct vt_information, h_t),
	  "entropy of the layer as the estimator sees it; kde: differential, with the noise" },
	{ "ceiling", "bit", VT_BITS_PER_NAT, offsetof(struct vt_information, ceiling),
	  "most that the estimator can return on so many rows" },
	{ "out_of_range_share", "1", 1, offsetof(struct vt_information, out_of_range_share),
	  "share of values outside the stated range" },
};
enum { N_COLUMNS = sizeof columns / sizeof *columns };

static const struct vt_variable counts[] = {
	{ .name = "n_samples", .type = VT_I64, .rank = 3, .dim = { "step", "layer", "estimator" }, .unit = "1",
	  .long_name = "rows" },
	{ .name = "flags", .type = VT_I32, .rank = 3, .dim = { "step", "layer", "estimator" }, .unit = "1",
	  .long_name = "what the numbers carry", .flags = true },
};

static const struct vt_variable sources[] = {
	{ .name = "h_x", .type = VT_F64, .rank = 1, .dim = { "step" }, .unit = "bit",
	  .long_name = "entropy of the probe rows' inputs" },
	{ .name = "h_y", .type = VT_F64, .rank = 1, .dim = { "step" }, .unit = "bit",
	  .long_name = "entropy of the probe rows' labels" },
};

static const struct vt_variable notes[] = {
	{ .name = "bound", .type = VT_I32, .rank = 1, .dim = { "estimator" }, .unit = "1",
	  .long_name = "what i_xt is: 0 a point estimate, 1 a lower bound, 2 an upper bound; i_ty is never a bound" },
	{ .name = "estimator_kind", .type = VT_TEXT, .rank = 1, .dim = { "estimator" }, .long_name = "kind of estimator" },
	{ .name = "estimator_settings", .type = VT_TEXT, .rank = 1, .dim = { "estimator" },
	  .long_name = "settings of the estimator, JSON" },
	{ .name = "estimator_note", .type = VT_TEXT, .rank = 1, .dim = { "estimator" },
	  .long_name = "what these numbers cannot mean" },
};

static const struct settings *settings_of(const struct vt_named *m)
{
	return m->chosen.settings;
}

static const struct vt_estimate_kind *estimator(const struct vt_named *m)
{
	return vt_estimate_kind_of(&settings_of(m)->estimator);
}

static size_t count_labels(size_t n, const struct vt_named *const *measure)
{
	size_t labels = 0;
	for (size_t i = 0; i < n; i++) labels += estimator(measure[i])->n_bounds;
	return labels;
}

/* One column per label of what describes the estimators; `label` and `json` are owned. */
struct description {
	size_t n;
	char **label, **json;
	const char **kind, **note;
	double *bound;
};

static void description_clear(struct description *d)
{
	for (size_t i = 0; i < d->n; i++) {
		if (d->label) free(d->label[i]);
		if (d->json) free(d->json[i]);
	}
	free(d->label);
	free(d->json);
	free(d->kind);
	free(d->note);
	free(d->bound);
}

static enum vt_status describe(struct vt_ctx *ctx, const struct vt_named *m, size_t b, size_t at, struct description *d)
{
	enum vt_status status = VT_OK;
	const struct vt_estimate_kind *kind = estimator(m);
	d->label[at] = vt_format(ctx, "%s%s", m->key, kind->suffix[b]);
	if (!d->label[at]) return VT_ENOMEM;
	for (size_t i = 0; i < at; i++)
		VT_REQUIRE(ctx, strcmp(d->label[i], d->label[at]) != 0, VT_ECONFIG,
		           "two measures give the estimator label '%s'; rename one of them", d->label[at]);
	VT_TRY(vt_chosen_json(ctx, &settings_of(m)->estimator, &d->json[at]));
	d->kind[at] = kind->kind.name;
	d->note[at] = kind->cannot_mean;
	d->bound[at] = kind->bound[b];
done:
	return status;
}

static enum vt_status description_create(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                                         struct description *d)
{
	enum vt_status status = VT_OK;
	size_t at = 0;
	d->n = count_labels(n, measure);
	VT_NEW(ctx, d->label, d->n);
	VT_NEW(ctx, d->json, d->n);
	VT_NEW(ctx, d->kind, d->n);
	VT_NEW(ctx, d->note, d->n);
	VT_NEW(ctx, d->bound, d->n);
	for (size_t i = 0; i < n; i++) {
		status = vt_estimate_check(ctx, &settings_of(measure[i])->estimator);
		if (status != VT_OK) vt_ctx_frame(ctx, "in measure %s", measure[i]->key);
		if (status != VT_OK) goto done;
		for (size_t b = 0; b < estimator(measure[i])->n_bounds; b++)
			VT_TRY(describe(ctx, measure[i], b, at++, d));
	}
done:
	return status;
}

static enum vt_status declare(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                              const struct vt_snapshot_shape *shape, struct vt_frame *frame, const char *group)
{
	enum vt_status status = VT_OK;
	struct description d = { 0 };
	VT_TRY(description_create(ctx, n, measure, &d));
	VT_TRY(vt_measure_declare_layers(ctx, frame, group, shape->n_taps, shape->tap_name));
	VT_TRY(vt_frame_dim(ctx, frame, group, "estimator", d.n, (const char *const *)d.label, NULL, NULL,
	                    "measure, and which bound"));
	for (size_t c = 0; c < N_COLUMNS; c++)
		VT_TRY(vt_frame_variable(ctx, frame, group, &(struct vt_variable){
			.name = columns[c].name, .type = VT_F64, .rank = 3, .dim = { "step", "layer", "estimator" },
			.unit = columns[c].unit, .long_name = columns[c].long_name }));
	VT_TRY(vt_measure_declare_variables(ctx, frame, group, sizeof counts / sizeof *counts, counts));
	VT_TRY(vt_measure_declare_variables(ctx, frame, group, sizeof sources / sizeof *sources, sources));
	VT_TRY(vt_measure_declare_variables(ctx, frame, group, sizeof notes / sizeof *notes, notes));
	for (size_t b = 0; shape->partial_x && b < d.n; b++) d.bound[b] = VT_POINT; /* a difference of bounds, as i_ty is */
	VT_TRY(vt_frame_put(ctx, frame, group, "bound", d.n, d.bound));
	VT_TRY(vt_frame_put_text(ctx, frame, group, "estimator_kind", d.n, d.kind));
	VT_TRY(vt_frame_put_text(ctx, frame, group, "estimator_settings", d.n, (const char *const *)d.json));
	VT_TRY(vt_frame_put_text(ctx, frame, group, "estimator_note", d.n, d.note));
done:
	description_clear(&d);
	return status;
}

/* A null is dear and moves slowly: not at every snapshot. */
static size_t shuffles(const struct settings *s, const struct vt_snapshot *snapshot)
{
	bool due = snapshot->last || snapshot->index % (size_t)s->null_every == 0;
	return due && snapshot->label.y ? (size_t)s->null : 0;
}

/* `deterministic`: where a layer is a function of the input, the true I(X;T) is H(X) or infinite,
 * and a point estimate of it is something else.  A bound has noise of its own and means what it
 * says; and so does a point estimate of what is rounded to a grid, by an estimator of such layers.  One token of many
 * never determines a layer: its information is at most H(X). */
static unsigned more_flags(const struct vt_snapshot *s, size_t tap, const struct vt_estimate_kind *kind, size_t b)
{
	bool true_on_grid = s->tap[tap].step > 0 && (kind->traits & VT_TRUE_ON_GRID);
	bool a_property = s->deterministic && kind->bound[b] == VT_POINT && !true_on_grid && !s->partial_x;
	return s->flags | (a_property ? VT_DETERMINISTIC : 0);
}

/* All labels of all layers, [layer * n_labels + label]. */
static enum vt_status estimate(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                               const struct vt_snapshot *snapshot, struct vt_information *out)
{
	enum vt_status status = VT_OK;
	for (size_t tap = 0; tap < snapshot->n_taps; tap++) {
		struct vt_layer layer = vt_measure_layer(snapshot, tap);
		for (size_t i = 0; i < n; i++) {
			const struct vt_estimate_kind *kind = estimator(measure[i]);
			struct vt_information info[2];
			layer.n_null = shuffles(settings_of(measure[i]), snapshot);
			status = vt_estimate_layer(ctx, &settings_of(measure[i])->estimator, &layer, info);
			if (status != VT_OK) vt_ctx_frame(ctx, "in estimator %s, layer %s", measure[i]->key, snapshot->tap[tap].name);
			if (status != VT_OK) goto done;
			for (size_t b = 0; b < kind->n_bounds; b++) {
				info[b].flags |= more_flags(snapshot, tap, kind, b);
				*out++ = info[b];
			}
		}
	}
done:
	return status;
}

/* Nats; NaN without labels. */
static double label_entropy(const struct vt_labels *y)
{
	double h = 0;
	if (!y->y) return NAN;
	for (size_t c = 0; c < y->n_classes; c++) {
		size_t count = 0;
		for (size_t i = 0; i < y->n; i++) count += (size_t)y->y[i] == c;
		double p = (double)count / (double)y->n;
		if (count > 0) h -= p * log(p);
	}
	return h;
}

static enum vt_status record_sources(struct vt_ctx *ctx, const struct vt_snapshot *s, struct vt_frame *frame,
                                     const char *group)
{
	enum vt_status status;
	const double h_x = s->h_x * VT_BITS_PER_NAT, h_y = label_entropy(&s->label) * VT_BITS_PER_NAT;
	VT_TRY(vt_frame_put(ctx, frame, group, "h_x", 1, &h_x));
	VT_TRY(vt_frame_put(ctx, frame, group, "h_y", 1, &h_y));
done:
	return status;
}

static enum vt_status record(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                             const struct vt_snapshot_shape *shape, const struct vt_snapshot *snapshot,
                             struct vt_frame *frame, const char *group)
{
	enum vt_status status = VT_OK;
	size_t cells = count_labels(n, measure) * shape->n_taps;
	struct vt_information *info = NULL;
	double *value = NULL;
	VT_NEW(ctx, info, cells);
	VT_NEW(ctx, value, cells);
	VT_TRY(estimate(ctx, n, measure, snapshot, info));
	VT_TRY(vt_frame_step(ctx, frame, group, snapshot->step, snapshot->epoch));
	VT_TRY(record_sources(ctx, snapshot, frame, group));
	for (size_t c = 0; c < N_COLUMNS; c++) {
		for (size_t i = 0; i < cells; i++)
			value[i] = columns[c].scale * *(const double *)((const char *)&info[i] + columns[c].offset);
		VT_TRY(vt_frame_put(ctx, frame, group, columns[c].name, cells, value));
	}
	for (size_t i = 0; i < cells; i++) value[i] = (double)info[i].n;
	VT_TRY(vt_frame_put(ctx, frame, group, "n_samples", cells, value));
	for (size_t i = 0; i < cells; i++) value[i] = info[i].flags;
	VT_TRY(vt_frame_put(ctx, frame, group, "flags", cells, value));
done:
	free(info);
	free(value);
	return status;
}

const struct vt_measure_kind vt_measure_information = {
	.kind = { "information", "I(X;T), I(T;Y) and H(T) of every layer, by any estimator",
	          "Shwartz-Ziv & Tishby 2017; Saxe et al. 2018", sizeof(struct settings), options,
	          "in a deterministic network every estimate of I(X;T) measures its own bins or noise; see the note of "
	          "each estimator in the file" },
	.group = "information",
	.declare = declare,
	.record = record,
};
