/* What a probe holds; private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "venturi/probe.h"
#include "venturi/value.h"

struct vt_probe {
	const struct vt_dataset *data;
	const struct vt_model *model;
	uint64_t seed;
	size_t n_steps, taken;
	int64_t *step;
	struct vt_forward *forward;

	/* Every row that counts, ascending; whether it is a test row; its place among the
	 * probe rows, or -1. */
	size_t n_all, n_rows;
	uint32_t *all;
	bool *is_test;
	long *place;

	double *input;                /* n_rows x n_inputs */
	int32_t *label;               /* n_rows, or null */
	double *target;               /* n_rows x n_targets, or null */
	uint8_t *row_is_test;         /* n_rows */
	double **tap;                 /* per tap, n_rows x width */
	struct vt_tap *view;
	double h_x;
	bool dead, diverged;

	/* The frozen network, for measures. */
	struct vt_net net;
	struct vt_trainer *trainer;   /* of the current moment */
	uint64_t epoch;
	double **layer_gradient;      /* per layer, as doubles */
	size_t *layer_size;
	struct vt_weight *weight;     /* per block, views of weights */
	double *weights;              /* all parameters as doubles */

	/* Layers with noise of their own. */
	struct vt_smooth *smooth;     /* per tap, of the current moment */
	struct vt_sampler *sampler;
	struct vt_draws *draws;       /* the last VT_PROBE_DRAWS asked for */
	uint64_t draw_clock;
	uint32_t *data_row;           /* of each probe row */

	struct vt_snapshot snapshot;
};
enum { VT_PROBE_DRAWS = 2 };

/* Fills all, is_test, place from the settings. */
enum vt_status vt_probe_choose_rows(struct vt_ctx *ctx, const struct vt_probe_settings *s, struct vt_probe *p);
/* Entropy of the probe rows' inputs, nats. */
enum vt_status vt_probe_input_entropy(struct vt_ctx *ctx, struct vt_probe *p);
/* Samplers of the taps, and the grid steps, by the network as it is now. */
enum vt_status vt_probe_draws_create(struct vt_ctx *ctx, struct vt_probe *p);
enum vt_status vt_probe_draws_refresh(struct vt_ctx *ctx, struct vt_probe *p);
void vt_probe_draws_free(struct vt_probe *p);
/* The network as measures see it; refresh at each snapshot. */
enum vt_status vt_probe_net_create(struct vt_ctx *ctx, struct vt_probe *p);
void vt_probe_net_refresh(struct vt_probe *p);
void vt_probe_net_free(struct vt_probe *p);
/* net.gradients: self is the probe. */
enum vt_status vt_probe_gradients(struct vt_ctx *ctx, void *self,
                                  enum vt_status (*visit)(void *visitor, size_t n_layers, const size_t *n,
                                                          const double *const *layer_gradient),
                                  void *visitor);

#endif
