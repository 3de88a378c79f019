/* What a sample is: a data row, or positions of a sequence.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "probe.h"

size_t vt_probe_positions(const struct vt_model *m, size_t tap)
{
	return m->tap_positions ? m->tap_positions[tap] : 1;
}

/* ---- what is chosen -------------------------------------------------------------- */

/* Labels a data row: one a position? */
static bool asked_everywhere(const struct vt_dataset *d)
{
	return d->n_labels > 1;
}

static enum vt_status choose_kinds(struct vt_ctx *ctx, const struct vt_probe_settings *s, struct vt_probe *p)
{
	enum vt_status status;
	p->samples = (enum vt_probe_samples)s->samples;
	p->x = (enum vt_probe_x)s->x;
	VT_REQUIRE(ctx, p->data->n_tokens > 0 || (p->samples == VT_PROBE_AUTO && p->x == VT_PROBE_X_AUTO), VT_ECONFIG,
	           "probe.%s is about sequences, and rows of this dataset are %zu numbers", p->samples ? "samples" : "x",
	           p->data->n_inputs);
	if (p->data->n_tokens == 0) return VT_OK;
	if (p->samples == VT_PROBE_AUTO) p->samples = asked_everywhere(p->data) ? VT_PROBE_TOKEN : VT_PROBE_LAST;
	if (p->x == VT_PROBE_X_AUTO) p->x = p->samples == VT_PROBE_TOKEN ? VT_PROBE_X_TOKEN : VT_PROBE_X_PREFIX;
	VT_REQUIRE(ctx, p->samples != VT_PROBE_SEQUENCE || p->x == VT_PROBE_X_PREFIX, VT_ECONFIG,
	           "probe.x: a sample is a whole sequence of %zu tokens, and so is its X; wanted: prefix", p->data->n_inputs);
	for (size_t t = 0; p->samples == VT_PROBE_TOKEN && t < p->model->n_taps; t++)
		VT_REQUIRE(ctx, vt_probe_positions(p->model, t) == p->data->n_inputs, VT_ECONFIG,
		           "probe.samples: token wants every layer at all %zu positions, and %s is there at %zu; wanted: last",
		           p->data->n_inputs, p->model->tap_name[t], vt_probe_positions(p->model, t));
	status = VT_OK;
done:
	return status;
}

static size_t tap_width(const struct vt_probe *p, size_t tap)
{
	bool part = p->samples == VT_PROBE_TOKEN || p->samples == VT_PROBE_LAST;
	return p->model->tap_width[tap] / (part ? vt_probe_positions(p->model, tap) : 1);
}

static size_t count_columns(const struct vt_probe *p)
{
	if (p->x == VT_PROBE_X_TOKEN) return 1;
	return p->x == VT_PROBE_X_BIGRAM ? 2 : p->data->n_inputs;
}

/* ---- places ------------------------------------------------------------------------ */

/* The label of a position, or of the whole sequence; -1: nothing is asked. */
static int32_t label_at(const struct vt_dataset *d, size_t row, size_t position)
{
	return d->label[row * d->n_labels + (asked_everywhere(d) ? position : 0)];
}

static bool is_sample(const struct vt_probe *p, size_t row, size_t position)
{
	if (p->samples != VT_PROBE_TOKEN) return position + 1 == p->data->n_inputs;
	return !p->data->label || label_at(p->data, row, position) >= 0;
}

static size_t count_samples(const struct vt_probe *p, size_t row)
{
	size_t n = 0;
	for (size_t t = 0; t < p->data->n_inputs; t++) n += is_sample(p, row, t);
	return n;
}

/* Probe rows by their places: data_row[place]. */
static void list_rows(const struct vt_probe *p, uint32_t *data_row)
{
	for (size_t i = 0; i < p->n_all; i++)
		if (p->place[i] >= 0) data_row[p->place[i]] = p->all[i];
}

static enum vt_status place_samples(struct vt_ctx *ctx, struct vt_probe *p, const uint32_t *data_row)
{
	enum vt_status status;
	VT_NEW(ctx, p->first, p->n_rows + 1);
	for (size_t r = 0; r < p->n_rows; r++) p->first[r + 1] = p->first[r] + count_samples(p, data_row[r]);
	p->n_samples = p->first[p->n_rows];
	VT_REQUIRE(ctx, p->n_samples > 0 && p->n_samples < UINT32_MAX, VT_ECONFIG,
	           "%zu probe rows have %zu samples (positions that are asked), wanted 1 to %u", p->n_rows, p->n_samples,
	           UINT32_MAX - 1);
	VT_NEW(ctx, p->data_row, p->n_samples);
	if (p->samples != VT_PROBE_AUTO) VT_NEW(ctx, p->block, p->n_samples);
	if (p->samples == VT_PROBE_TOKEN || p->samples == VT_PROBE_LAST) VT_NEW(ctx, p->position, p->n_samples);
	for (size_t r = 0; r < p->n_rows; r++)
		for (size_t t = 0, i = p->first[r]; t < p->data->n_inputs; t++) {
			if (!is_sample(p, data_row[r], t)) continue;
			p->data_row[i] = data_row[r];
			if (p->block) p->block[i] = (uint32_t)r;
			if (p->position) p->position[i] = (uint32_t)t;
			i++;
		}
	status = VT_OK;
done:
	return status;
}

enum vt_status vt_probe_choose_samples(struct vt_ctx *ctx, const struct vt_probe_settings *s, struct vt_probe *p)
{
	enum vt_status status;
	uint32_t *data_row = NULL;
	VT_TRY(choose_kinds(ctx, s, p));
	VT_NEW(ctx, data_row, p->n_rows);
	VT_NEW(ctx, p->tap_width, p->model->n_taps);
	for (size_t t = 0; t < p->model->n_taps; t++) p->tap_width[t] = tap_width(p, t);
	p->n_x = count_columns(p);
	list_rows(p, data_row);
	VT_TRY(place_samples(ctx, p, data_row));
done:
	free(data_row);
	return status;
}

/* ---- contents ------------------------------------------------------------------------ */

/* X of the sample at `position` of the data row `whole`. */
static void fill_x(const struct vt_probe *p, const double *whole, size_t position, double *x)
{
	if (p->x == VT_PROBE_X_TOKEN) {
		x[0] = whole[position];
	} else if (p->x == VT_PROBE_X_BIGRAM) {
		x[0] = position > 0 ? whole[position - 1] : -1;
		x[1] = whole[position];
	} else {
		for (size_t j = 0; j < p->n_x; j++) x[j] = p->samples != VT_PROBE_TOKEN || j <= position ? whole[j] : -1;
	}
}

static void fill_row(struct vt_probe *p, size_t place, bool is_test, const double *whole)
{
	const struct vt_dataset *d = p->data;
	for (size_t i = p->first[place]; i < p->first[place + 1]; i++) {
		size_t row = p->data_row[i], position = p->position ? p->position[i] : d->n_inputs - 1;
		fill_x(p, whole, position, p->input + i * p->n_x);
		p->row_is_test[i] = is_test;
		if (d->label) p->label[i] = label_at(d, row, position);
		else memcpy(p->target + i * d->n_targets, d->target + row * d->n_targets, d->n_targets * sizeof *p->target);
	}
}

/* Whole sequences may end where nothing is asked: there are then no labels. */
static void drop_labels(struct vt_probe *p)
{
	bool asked = true;
	for (size_t i = 0; p->label && i < p->n_samples; i++) asked = asked && p->label[i] >= 0;
	if (asked) return;
	free(p->label);
	p->label = NULL;
}

enum vt_status vt_probe_fill_samples(struct vt_ctx *ctx, struct vt_probe *p)
{
	enum vt_status status;
	const struct vt_dataset *d = p->data;
	double *whole = NULL;
	size_t cells;
	VT_REQUIRE(ctx, !__builtin_mul_overflow(p->n_samples, p->n_x, &cells), VT_ENOMEM, "too many probe samples: %zu",
	           p->n_samples);
	VT_NEW(ctx, whole, d->n_inputs);
	VT_NEW(ctx, p->input, cells);
	VT_NEW(ctx, p->row_is_test, p->n_samples);
	if (d->label) VT_NEW(ctx, p->label, p->n_samples);
	else VT_NEW(ctx, p->target, p->n_samples * d->n_targets);
	for (size_t i = 0; i < p->n_all; i++) {
		if (p->place[i] < 0) continue;
		vt_dataset_rows_f64(d, &p->all[i], 1, whole);
		fill_row(p, (size_t)p->place[i], p->is_test[i], whole);
	}
	drop_labels(p);
	VT_TRY(vt_probe_input_entropy(ctx, p));
done:
	free(whole);
	return status;
}

void vt_probe_copy_row(const struct vt_probe *p, const struct vt_pass *pass, size_t tap, size_t row, size_t place,
                       double *out)
{
	const struct vt_model *m = p->model;
	size_t whole = m->tap_width[tap], width = p->tap_width[tap];
	const void *activation = vt_pass_activation(m, pass, tap);
	for (size_t i = p->first[place]; i < p->first[place + 1]; i++) {
		/* A tap that is there at the last position only has just that. */
		size_t at = p->position && whole > width ? p->position[i] * width : 0, from = row * whole + at;
		for (size_t j = 0; j < width; j++)
			out[i * width + j] = m->shape.precision == VT_DOUBLE ? ((const double *)activation)[from + j]
			                                                     : ((const float *)activation)[from + j];
	}
}

/* ---- words ------------------------------------------------------------------------------ */

const char *vt_probe_sample_words(const struct vt_probe *p)
{
	if (p->samples == VT_PROBE_AUTO) return NULL;
	if (p->samples == VT_PROBE_LAST) return "the last position of a sequence";
	return p->samples == VT_PROBE_TOKEN ? "a position of a sequence" : "a sequence, all positions side by side";
}

const char *vt_probe_x_words(const struct vt_probe *p)
{
	if (p->samples == VT_PROBE_AUTO) return NULL;
	if (p->x == VT_PROBE_X_TOKEN) return "the token";
	if (p->x == VT_PROBE_X_BIGRAM) return "the token and the one before it";
	return p->samples == VT_PROBE_TOKEN ? "all tokens up to the position" : "all tokens";
}

const char *vt_probe_y_words(const struct vt_probe *p)
{
	if (p->samples == VT_PROBE_AUTO) return NULL;
	if (!p->label) return "not asked at every sample";
	return asked_everywhere(p->data) ? "the label of the position" : "the label of the sequence";
}
