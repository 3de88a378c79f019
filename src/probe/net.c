/* The frozen network as measures see it: gradients of an epoch's batches.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "probe.h"

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
