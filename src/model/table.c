/* A table: one free answer for every point of a grid, so that no point knows of its neighbours.
 * Under gradient descent the kernel is the identity and all frequencies are learned at one speed;
 * it also holds the vector that an iteration without a network moves.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers.h"
#include "venturi/model.h"

struct settings {
	int64_t points;
};

static const struct vt_option options[] = {
	{ "points", VT_INT, offsetof(struct settings, points), 1, 1 << 24, NULL, "points",
	  "of the grid i / points: an input t is answered by the nearest one, the end of the grid being its start" },
	{ 0 }
};

static const struct vt_layer_ops *ops(const struct vt_model *m)
{
	return m->shape.precision == VT_SINGLE ? &vt_layer_ops_f32 : &vt_layer_ops_f64;
}

static enum vt_status plan(struct vt_ctx *ctx, const void *settings, struct vt_model *m)
{
	enum vt_status status;
	size_t points = (size_t)((const struct settings *)settings)->points;
	VT_REQUIRE(ctx, m->shape.n_inputs == 1 && m->shape.n_tokens == 0 && m->shape.n_labels <= 1, VT_ECONFIG,
	           "model table reads one number from 0 to 1, and the dataset has %zu inputs", m->shape.n_inputs);
	VT_REQUIRE(ctx, m->shape.loss == VT_SQUARED, VT_ECONFIG, "model table wants train.loss: squared");
	m->n_taps = m->n_blocks = 1;
	VT_NEW(ctx, m->tap_name, 1);
	VT_NEW(ctx, m->tap_width, 1);
	VT_NEW(ctx, m->block, 1);
	m->tap_width[0] = m->shape.n_outputs;
	m->tap_name[0] = vt_copy(ctx, "output");
	if (!m->tap_name[0]) return VT_ENOMEM;
	m->block[0] = (struct vt_parameters){ 0, points, m->shape.n_outputs, 0, true, "table" };
	m->n_parameters = points * m->shape.n_outputs;
	status = VT_OK;
done:
	return status;
}

/* All answers are 0. */
static enum vt_status initialise(struct vt_ctx *ctx, struct vt_model *m, uint64_t seed)
{
	(void)ctx;
	(void)seed;
	memset(m->parameter, 0, m->n_parameters * vt_model_item(m));
	return VT_OK;
}

/* The table's row for row r of the pass. */
static size_t entry(const struct vt_model *m, const struct vt_pass *p, size_t r)
{
	double t = m->shape.precision == VT_SINGLE ? ((const float *)p->input)[r] : ((const double *)p->input)[r];
	double points = (double)m->block[0].rows, at = fmod(round(t * points), points);
	return (size_t)(at < 0 ? at + points : at >= 0 ? at : 0);
}

static void forward(const struct vt_model *m, struct vt_pass *p, size_t r0, size_t r1)
{
	size_t bytes = m->tap_width[0] * vt_model_item(m);
	char *y = vt_pass_activation(m, p, 0), *z = vt_pass_delta(m, p, 0);
	for (size_t r = r0; r < r1; r++) {
		const char *from = (const char *)m->parameter + entry(m, p, r) * bytes;
		memcpy(y + r * bytes, from, bytes);
		memcpy(z + r * bytes, from, bytes);
	}
	if (p->n_edits > 0) vt_pass_edit(m, p, 0, r0, r1);
}

static struct vt_targets targets_from(const struct vt_model *m, const struct vt_targets *t, size_t r)
{
	return (struct vt_targets){ t->label ? t->label + r : NULL, t->value ? t->value + r * m->shape.n_outputs : NULL };
}

static void *rows(const struct vt_model *m, void *array, size_t r)
{
	return (char *)array + r * m->tap_width[0] * vt_model_item(m);
}

static void backward(const struct vt_model *m, struct vt_pass *p, const struct vt_targets *t, size_t r0, size_t r1,
                     size_t n_rows)
{
	struct vt_targets here = targets_from(m, t, r0);
	ops(m)->squared_backward(r1 - r0, m->tap_width[0], rows(m, vt_pass_activation(m, p, 0), r0), &here,
	                         1.0 / (double)n_rows, rows(m, vt_pass_delta(m, p, 0), r0));
}

static size_t n_tiles(const struct vt_model *m)
{
	(void)m;
	return 1;
}

static void gradient(const struct vt_model *m, const struct vt_pass *p, size_t n_rows, size_t tile, void *g)
{
	size_t width = m->tap_width[0];
	const void *dz = vt_pass_delta(m, p, 0);
	(void)tile;
	memset(g, 0, m->n_parameters * vt_model_item(m));
	for (size_t r = 0; r < n_rows; r++)
		for (size_t j = 0, to = entry(m, p, r) * width; j < width; j++) {
			if (m->shape.precision == VT_SINGLE) ((float *)g)[to + j] += ((const float *)dz)[r * width + j];
			else ((double *)g)[to + j] += ((const double *)dz)[r * width + j];
		}
}

static void loss(const struct vt_model *m, const struct vt_pass *p, const struct vt_targets *t, size_t r0, size_t r1,
                 double *sum, size_t *correct)
{
	struct vt_targets here = targets_from(m, t, r0);
	const void *y = rows(m, vt_pass_activation(m, p, 0), r0);
	*sum = ops(m)->squared(r1 - r0, m->tap_width[0], y, &here);
	*correct = here.label ? ops(m)->correct(r1 - r0, m->tap_width[0], y, here.label) : 0;
}

const struct vt_model_kind vt_model_table = {
	.kind = { "table", "one free answer a grid point, zero at first: no network", "venturi", sizeof(struct settings),
	          options,
	          "Points that training does not visit keep their 0: it cannot generalise, and is a control, not a model" },
	.plan = plan,
	.initialise = initialise,
	.forward = forward,
	.backward = backward,
	.n_tiles = n_tiles,
	.gradient = gradient,
	.loss = loss,
};
