/* Creating models and passes; the gradient of a batch, shard by shard and tile by tile.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>

#include "layers.h"
#include "venturi/model.h"
#include "venturi/num.h"
#include "venturi/rng.h"

size_t vt_model_item(const struct vt_model *m)
{
	return m->shape.precision == VT_SINGLE ? sizeof(float) : sizeof(double);
}

enum vt_status vt_model_carry(struct vt_ctx *ctx, struct vt_model *m, struct vt_state *s)
{
	enum vt_status status;
	enum vt_scalar item = m->shape.precision == VT_SINGLE ? VT_SCALAR_F32 : VT_SCALAR_F64;
	vt_state_owner(s, "model");
	VT_TRY(vt_state_carry(ctx, s, "parameter", item, m->n_parameters, m->parameter));
	VT_TRY(vt_state_carry(ctx, s, "range", VT_SCALAR_F64, m->range ? 2 * m->n_taps : 0, m->range));
	if (vt_state_taken_up(s) && m->kind->follow) m->kind->follow(m, NULL, 0);
done:
	return status;
}

bool vt_model_finite(const struct vt_model *m)
{
	const struct vt_layer_ops *ops = m->shape.precision == VT_SINGLE ? &vt_layer_ops_f32 : &vt_layer_ops_f64;
	return ops->finite(m->n_parameters, m->parameter);
}

size_t vt_targets_asked(const struct vt_model_shape *shape, const struct vt_targets *t, size_t r0, size_t r1)
{
	size_t asked = 0;
	if (!t->label) return r1 - r0;
	for (size_t i = r0 * shape->n_labels; i < r1 * shape->n_labels; i++) asked += t->label[i] >= 0;
	return asked;
}

enum vt_status vt_model_create(struct vt_ctx *ctx, const struct vt_chosen *chosen,
                               const struct vt_model_shape *shape, uint64_t seed, struct vt_model **out)
{
	enum vt_status status;
	struct vt_model *m = NULL;
	VT_NEW(ctx, m, 1);
	m->kind = (const struct vt_model_kind *)chosen->kind;
	m->settings = chosen->settings;
	m->shape = *shape;
	m->seed = seed;
	if (m->shape.n_labels == 0) m->shape.n_labels = 1;
	VT_TRY(m->kind->plan(ctx, m->settings, m));
	m->parameter = vt_alloc(ctx, m->n_parameters, vt_model_item(m));
	if (!m->parameter) {
		status = VT_ENOMEM;
		goto done;
	}
	VT_TRY(m->kind->initialise(ctx, m, seed));
	const char *file = m->kind->weights ? m->kind->weights(m->settings) : NULL;
	if (file) VT_TRY(vt_model_load(ctx, m, file));
	if (m->kind->follow) m->kind->follow(m, NULL, 0);
	*out = m;
	m = NULL;
done:
	vt_model_free(m);
	return status;
}

void vt_model_free(struct vt_model *m)
{
	if (!m) return;
	for (size_t i = 0; m->tap_name && i < m->n_taps; i++) free(m->tap_name[i]);
	free(m->tap_name);
	free(m->tap_width);
	free(m->tap_positions);
	free(m->block);
	free(m->parameter);
	free(m->working);
	free(m->plan);
	free(m->range);
	free(m);
}

/* Each shard brings the weights anew into the order that products read them in, so large ones want more rows. */
size_t vt_pass_shards(const struct vt_model *m, size_t n_rows)
{
	enum { LARGE = 1 << 15 };
	size_t least = m->n_parameters > LARGE ? 64 : 32, n = (n_rows + least - 1) / least;
	return n < 1 ? 1 : n > 8 ? 8 : n;
}

static size_t width_before(const struct vt_model *m, size_t tap)
{
	size_t sum = 0;
	for (size_t i = 0; i < tap; i++) sum += m->tap_width[i];
	return sum;
}

void *vt_pass_activation(const struct vt_model *m, const struct vt_pass *p, size_t tap)
{
	return (char *)p->activation + width_before(m, tap) * p->capacity * vt_model_item(m);
}

void *vt_pass_delta(const struct vt_model *m, const struct vt_pass *p, size_t tap)
{
	return (char *)p->delta + width_before(m, tap) * p->capacity * vt_model_item(m);
}

void *vt_pass_clean(const struct vt_model *m, const struct vt_pass *p, size_t tap)
{
	if (!p->clean) return vt_pass_activation(m, p, tap);
	return (char *)p->clean + width_before(m, tap) * p->capacity * vt_model_item(m);
}

static void set_number(const struct vt_model *m, void *array, size_t i, double value)
{
	if (m->shape.precision == VT_SINGLE) ((float *)array)[i] = (float)value;
	else ((double *)array)[i] = value;
}

static double get_number(const struct vt_model *m, const void *array, size_t i)
{
	return m->shape.precision == VT_SINGLE ? ((const float *)array)[i] : ((const double *)array)[i];
}

static void edit_row(const struct vt_model *m, const struct vt_pass *p, const struct vt_edit *e, size_t row)
{
	size_t positions = m->tap_positions ? m->tap_positions[e->tap] : 1, all = m->tap_width[e->tap];
	size_t width = all / positions, n = e->position < 0 ? all : width, number = p->first + row;
	size_t at = row * all + (e->position < 0 ? 0 : (size_t)e->position * width);
	void *y = vt_pass_activation(m, p, e->tap);
	struct vt_rng r = vt_rng_stream(e->seed, VT_PURPOSE_REALISE, number);
	for (size_t j = 0; j < n; j++) {
		double was = get_number(m, y, at + j);
		double now = e->kind == VT_EDIT_ZERO ? 0 : e->kind == VT_EDIT_REPLACE ? e->value[number * n + j]
		                                         : was + e->sd * vt_rng_normal(&r);
		set_number(m, y, at + j, now);
	}
}

void vt_pass_edit(const struct vt_model *m, const struct vt_pass *p, size_t tap, size_t r0, size_t r1)
{
	for (size_t k = 0; k < p->n_edits; k++)
		for (size_t row = r0; p->edit[k].tap == tap && row < r1; row++) edit_row(m, p, &p->edit[k], row);
}

static size_t widest(const struct vt_model *m)
{
	size_t most = m->shape.n_inputs;
	for (size_t i = 0; i < m->n_taps; i++)
		if (m->tap_width[i] > most) most = m->tap_width[i];
	return most;
}

/* Cut by rows of the widest layer: shards may stand at different layers at the same time. */
void *vt_pass_scratch(const struct vt_model *m, const struct vt_pass *p, size_t row)
{
	return (char *)p->scratch + row * widest(m) * vt_model_item(m);
}

enum vt_status vt_pass_create(struct vt_ctx *ctx, const struct vt_model *m, size_t capacity, struct vt_pass **out)
{
	enum vt_status status = VT_ENOMEM;
	size_t item = vt_model_item(m), all = width_before(m, m->n_taps);
	struct vt_pass *p = NULL;
	VT_NEW(ctx, p, 1);
	p->capacity = capacity;
	status = VT_ENOMEM;
	if (!(p->input = vt_alloc(ctx, capacity, m->shape.n_inputs * item))) goto done;
	if (!(p->activation = vt_alloc(ctx, capacity, all * item))) goto done;
	if (!(p->delta = vt_alloc(ctx, capacity, all * item))) goto done;
	if (!(p->scratch = vt_alloc(ctx, capacity, widest(m) * item))) goto done;
	if (m->perturbed && !(p->clean = vt_alloc(ctx, capacity, all * item))) goto done;
	p->noise.purpose = VT_PURPOSE_REALISE;
	status = m->kind->prepare ? m->kind->prepare(ctx, m, p) : VT_OK;
	if (status != VT_OK) goto done;
	*out = p;
	return VT_OK;
done:
	vt_pass_free(p);
	return status;
}

size_t vt_pass_rows(const struct vt_model *m)
{
	enum { MOST = 256, NUMBERS = 1 << 20 };
	size_t rows = NUMBERS / (width_before(m, m->n_taps) + m->shape.n_inputs);
	return rows > MOST ? MOST : rows > 0 ? rows : 1;
}

bool vt_model_editable(const struct vt_model *m, size_t tap)
{
	return tap < m->n_taps && (!m->kind->editable || m->kind->editable(m, tap));
}

void vt_pass_free(struct vt_pass *p)
{
	if (!p) return;
	if (p->own_free) p->own_free(p->own);
	free(p->input);
	free(p->activation);
	free(p->delta);
	free(p->scratch);
	free(p->clean);
	free(p);
}

struct gradient_job {
	const struct vt_model *m;
	struct vt_pass *p;
	const struct vt_targets *t;
	size_t n_rows, n_shards;
	void *gradient;
};

static enum vt_status shard(void *self, size_t b)
{
	const struct gradient_job *j = self;
	size_t r0 = vt_block_begin(b, j->n_shards, j->n_rows), r1 = vt_block_begin(b + 1, j->n_shards, j->n_rows);
	j->m->kind->forward(j->m, j->p, r0, r1);
	j->m->kind->backward(j->m, j->p, j->t, r0, r1, j->n_rows);
	return VT_OK;
}

static enum vt_status tile(void *self, size_t b)
{
	const struct gradient_job *j = self;
	j->m->kind->gradient(j->m, j->p, j->n_rows, b, j->gradient);
	return VT_OK;
}

enum vt_status vt_model_gradient(struct vt_ctx *ctx, const struct vt_model *m, struct vt_pass *p,
                                 const struct vt_targets *t, size_t n_rows, void *gradient)
{
	if (m->kind->batch) return m->kind->batch(ctx, m, p, t, n_rows, gradient);
	struct gradient_job job = { m, p, t, n_rows, vt_pass_shards(m, n_rows), gradient };
	enum vt_status status = vt_blocks_run(ctx, job.n_shards, true, shard, &job);
	if (status == VT_OK) status = vt_blocks_run(ctx, m->kind->n_tiles(m), true, tile, &job);
	return status;
}
