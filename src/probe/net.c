/* The frozen network as measures see it: its weights, gradients of an epoch's batches, its answers on other inputs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>

#include "probe.h"
#include "venturi/num.h"

/* The weights' gradients, layer by layer, as doubles. */
static void spread(struct vt_probe *p, const void *gradient)
{
	const struct vt_model *m = p->model;
	size_t filled = 0, layer = SIZE_MAX;
	for (size_t b = 0; b < m->n_blocks; b++) {
		const struct vt_parameters *k = &m->block[b];
		if (!k->weight) continue;
		if (k->layer != layer) filled = 0;
		layer = k->layer;
		double *to = p->layer_gradient[layer] + filled;
		size_t n = k->rows * k->cols;
		for (size_t i = 0; i < n; i++)
			to[i] = m->shape.precision == VT_SINGLE ? ((const float *)gradient)[k->offset + i]
			                                        : ((const double *)gradient)[k->offset + i];
		filled += n;
	}
}

enum vt_status vt_probe_gradients(struct vt_ctx *ctx, void *self,
                                  enum vt_status (*visit)(void *visitor, size_t n_layers, const size_t *n,
                                                          const double *const *layer_gradient),
                                  void *visitor)
{
	enum vt_status status = VT_OK;
	struct vt_probe *p = self;
	const uint32_t *order = vt_trainer_order(p->trainer, p->epoch);
	for (size_t b = 0; b < vt_trainer_batches(p->trainer); b++) {
		size_t begin, n;
		const void *gradient;
		vt_trainer_batch(p->trainer, b, &begin, &n);
		VT_TRY(vt_trainer_gradient(ctx, p->trainer, order + begin, n, &gradient));
		spread(p, gradient);
		VT_TRY(visit(visitor, p->model->n_taps, p->layer_size, (const double *const *)p->layer_gradient));
	}
done:
	return status;
}

/* ---- weights ------------------------------------------------------------------ */

void vt_probe_net_refresh(struct vt_probe *p)
{
	const struct vt_model *m = p->model;
	const float *single = m->parameter;
	const double *twice = m->parameter;
	for (size_t i = 0; i < m->n_parameters; i++) p->weights[i] = m->shape.precision == VT_SINGLE ? single[i] : twice[i];
}

/* ---- other inputs --------------------------------------------------------------- */

/* Rows first .. first + n - 1 of a query through `pass`. */
static void ask(const struct vt_model *m, const struct vt_query *q, struct vt_pass *pass, size_t first, size_t n,
                double *out)
{
	size_t width = q->input.cols, last = m->n_taps - 1, tap = q->tap < m->n_taps ? q->tap : last;
	bool single = m->shape.precision == VT_SINGLE;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < width; j++) {
			double x = q->input.x[(first + i) * q->input.stride + j];
			if (single) ((float *)pass->input)[i * width + j] = (float)x;
			else ((double *)pass->input)[i * width + j] = x;
		}
	pass->first = first;
	m->kind->forward(m, pass, 0, n);
	const void *y = q->tap < m->n_taps ? vt_pass_activation(m, pass, tap) : vt_pass_delta(m, pass, last);
	size_t cells = n * m->tap_width[tap], from = first * m->tap_width[tap];
	for (size_t i = 0; i < cells; i++) out[from + i] = single ? ((const float *)y)[i] : ((const double *)y)[i];
}

/* What a network would read beyond its tables, or write beyond a row. */
static enum vt_status check_query(struct vt_ctx *ctx, const struct vt_model *m, const struct vt_query *q)
{
	enum vt_status status = VT_OK;
	VT_REQUIRE(ctx, q->input.cols == m->shape.n_inputs, VT_EBUG, "a query of %zu columns, the network reads %zu",
	           q->input.cols, m->shape.n_inputs);
	VT_REQUIRE(ctx, q->tap <= m->n_taps, VT_EBUG, "a query of tap %zu, the network has %zu", q->tap, m->n_taps);
	for (size_t i = 0; m->shape.n_tokens > 0 && i < q->input.rows; i++)
		for (size_t c = 0; c < q->input.cols; c++) {
			double x = q->input.x[i * q->input.stride + c];
			VT_REQUIRE(ctx, x >= 0 && x < (double)m->shape.n_tokens && x == (double)(size_t)x, VT_ECONFIG,
			           "the network is asked about token %g; wanted: 0 to %zu", x, m->shape.n_tokens - 1);
		}
	for (size_t k = 0; k < q->n_edits; k++) {
		const struct vt_edit *e = &q->edit[k];
		VT_REQUIRE(ctx, vt_model_editable(m, e->tap), VT_ECONFIG, "tap %zu of model %s cannot be edited", e->tap,
		           m->kind->kind.name);
		long positions = m->tap_positions ? (long)m->tap_positions[e->tap] : 1;
		VT_REQUIRE(ctx, e->position < positions, VT_ECONFIG, "an edit of %s at position %ld, which has %ld",
		           m->tap_name[e->tap], e->position, positions);
	}
done:
	return status;
}

static enum vt_status run(struct vt_ctx *ctx, void *self, const struct vt_query *q, double *out)
{
	enum vt_status status;
	const struct vt_probe *p = self;
	const struct vt_model *m = p->model;
	struct vt_pass *pass = NULL;
	VT_TRY(check_query(ctx, m, q));
	const size_t chunk = vt_pass_rows(m);
	VT_TRY(vt_pass_create(ctx, m, chunk, &pass));
	pass->n_edits = q->n_edits;
	pass->edit = q->edit;
	int threads = vt_gemm_serial();
	unsigned mode = vt_denormals_flush();
	for (size_t first = 0; first < q->input.rows; first += chunk)
		ask(m, q, pass, first, q->input.rows - first < chunk ? q->input.rows - first : chunk, out);
	vt_denormals_restore(mode);
	vt_gemm_restore(threads);
done:
	vt_pass_free(pass);
	return status;
}

static enum vt_status generate(struct vt_ctx *ctx, void *self, struct vt_mat prompt, size_t n_new, double temperature,
                               uint64_t seed, int32_t *out)
{
	const struct vt_probe *p = self;
	int threads = vt_gemm_serial();
	unsigned mode = vt_denormals_flush();
	enum vt_status status = p->model->kind->generate(ctx, p->model, &prompt, n_new, temperature, seed, out);
	vt_denormals_restore(mode);
	vt_gemm_restore(threads);
	return status;
}

/* ---- the whole -------------------------------------------------------------------- */

enum vt_status vt_probe_net_create(struct vt_ctx *ctx, struct vt_probe *p)
{
	enum vt_status status;
	const struct vt_model *m = p->model;
	VT_NEW(ctx, p->weights, m->n_parameters);
	VT_NEW(ctx, p->weight, m->n_blocks);
	for (size_t b = 0; b < m->n_blocks; b++) {
		const struct vt_parameters *k = &m->block[b];
		p->weight[b] = (struct vt_weight){ k->name, k->weight, { p->weights + k->offset, k->rows, k->cols, k->cols } };
	}
	p->net = (struct vt_net){ .self = p, .n_layers = m->n_taps, .gradients = vt_probe_gradients,
		                  .layer_name = (const char *const *)m->tap_name, .run = run,
		                  .generate = m->kind->generate ? generate : NULL,
		                  .n_weights = m->n_blocks, .weight = p->weight };
	status = VT_OK;
done:
	return status;
}

void vt_probe_net_free(struct vt_probe *p)
{
	free(p->weight);
	free(p->weights);
}
