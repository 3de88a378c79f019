/* The network in evaluation mode over many rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "venturi/num.h"
#include "venturi/train.h"

enum { SLOTS = VT_FORWARD_SLOTS };

struct vt_forward {
	const struct vt_dataset *data;
	const struct vt_model *model;
	struct vt_pass *pass[SLOTS];
	size_t chunk;          /* rows of a pass */
	uint64_t draw;
	int32_t *label[SLOTS]; /* targets of a slot's chunk */
	double *value[SLOTS];
};

enum vt_status vt_forward_create(struct vt_ctx *ctx, const struct vt_dataset *data, const struct vt_model *model,
                                 struct vt_forward **out)
{
	enum vt_status status;
	struct vt_forward *f = NULL;
	VT_NEW(ctx, f, 1);
	f->data = data;
	f->model = model;
	f->chunk = vt_pass_rows(model);
	for (size_t s = 0; s < SLOTS; s++) {
		VT_TRY(vt_pass_create(ctx, model, f->chunk, &f->pass[s]));
		if (data->label) VT_NEW(ctx, f->label[s], f->chunk * data->n_labels);
		else VT_NEW(ctx, f->value[s], f->chunk * data->n_targets);
	}
	*out = f;
	f = NULL;
	status = VT_OK;
done:
	vt_forward_free(f);
	return status;
}

void vt_forward_free(struct vt_forward *f)
{
	if (!f) return;
	for (size_t s = 0; s < SLOTS; s++) {
		vt_pass_free(f->pass[s]);
		free(f->label[s]);
		free(f->value[s]);
	}
	free(f);
}

void vt_forward_realise(struct vt_forward *f, uint64_t draw)
{
	f->draw = draw;
}

void vt_gather_inputs(const struct vt_dataset *data, const struct vt_model *model, const uint32_t *row, size_t n,
                      void *out)
{
	if (model->shape.precision == VT_SINGLE) vt_dataset_rows_f32(data, row, n, out);
	else vt_dataset_rows_f64(data, row, n, out);
}

struct vt_targets vt_gather_targets(const struct vt_dataset *data, const uint32_t *row, size_t n, int32_t *label,
                                    double *value)
{
	if (data->label) {
		size_t each = data->n_labels;
		for (size_t i = 0; i < n; i++) memcpy(label + i * each, data->label + row[i] * each, each * sizeof *label);
		return (struct vt_targets){ label, NULL };
	}
	size_t width = data->n_targets;
	for (size_t i = 0; i < n; i++) memcpy(value + i * width, data->target + row[i] * width, width * sizeof *value);
	return (struct vt_targets){ NULL, value };
}

struct job {
	const struct vt_forward *f;
	const uint32_t *row;
	size_t n;
	vt_forward_fn *visit;
	void *self;
};

static enum vt_status slot(void *self, size_t b)
{
	const struct job *j = self;
	const struct vt_forward *f = j->f;
	size_t end = vt_block_begin(b + 1, SLOTS, j->n);
	for (size_t first = vt_block_begin(b, SLOTS, j->n); first < end; first += f->chunk) {
		struct vt_chunk c = { .slot = b, .pass = f->pass[b], .row = j->row + first, .first = first };
		c.n = end - first < f->chunk ? end - first : f->chunk;
		vt_gather_inputs(f->data, f->model, c.row, c.n, f->pass[b]->input);
		f->pass[b]->noise = (struct vt_noise){ VT_PURPOSE_REALISE, f->draw, c.row };
		c.targets = vt_gather_targets(f->data, c.row, c.n, f->label[b], f->value[b]);
		f->model->kind->forward(f->model, f->pass[b], 0, c.n);
		j->visit(j->self, &c);
	}
	return VT_OK;
}

enum vt_status vt_forward_run(struct vt_ctx *ctx, struct vt_forward *f, const uint32_t *row, size_t n,
                              vt_forward_fn *visit, void *self)
{
	struct job job = { f, row, n, visit, self };
	int threads = vt_gemm_serial();
	enum vt_status status = vt_blocks_run(ctx, SLOTS, true, slot, &job);
	vt_gemm_restore(threads);
	return status;
}

struct scoring {
	const struct vt_model *model;
	struct vt_score slot[SLOTS];
};

static void add_score(void *self, const struct vt_chunk *c)
{
	struct scoring *s = self;
	double loss;
	size_t correct;
	s->model->kind->loss(s->model, c->pass, &c->targets, 0, c->n, &loss, &correct);
	vt_score_add(&s->slot[c->slot], vt_targets_asked(&s->model->shape, &c->targets, 0, c->n), loss, correct);
}

void vt_score_add(struct vt_score *s, size_t n, double loss, size_t correct)
{
	s->n += n;
	s->loss += loss;
	s->correct += correct;
}

struct vt_score vt_score_total(const struct vt_score *slot)
{
	struct vt_score total = { 0 };
	for (size_t b = 0; b < SLOTS; b++) vt_score_add(&total, slot[b].n, slot[b].loss, slot[b].correct);
	return total;
}

enum vt_status vt_forward_score(struct vt_ctx *ctx, struct vt_forward *f, const uint32_t *row, size_t n,
                                struct vt_score *out)
{
	struct scoring s = { .model = f->model };
	enum vt_status status = vt_forward_run(ctx, f, row, n, add_score, &s);
	if (status == VT_OK) *out = vt_score_total(s.slot);
	return status;
}
