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

	/* What a snapshot's rows are: all of a data row, or positions of it. */
	enum vt_probe_samples samples; /* VT_PROBE_AUTO: rows are no sequences */
	enum vt_probe_x x;
	size_t n_samples, n_x;        /* n_x: columns of input */
	size_t *first;                /* n_rows + 1: samples before each probe row */
	uint32_t *block, *position;   /* of each sample; null where rows are whole inputs */
	size_t *tap_width;            /* numbers of a sample */

	double *input;                /* n_samples x n_x */
	int32_t *label;               /* n_samples, or null */
	double *target;               /* n_samples x n_targets, or null */
	uint8_t *row_is_test;         /* n_samples */
	double **tap;                 /* per tap, n_samples x tap_width */
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
	uint32_t *data_row;           /* of each sample */

	struct vt_snapshot snapshot;
};
enum { VT_PROBE_DRAWS = 2 };

/* Fills all, is_test, place from the settings. */
enum vt_status vt_probe_choose_rows(struct vt_ctx *ctx, const struct vt_probe_settings *s, struct vt_probe *p);
/* What a sample is, how many there are and their places. */
enum vt_status vt_probe_choose_samples(struct vt_ctx *ctx, const struct vt_probe_settings *s, struct vt_probe *p);
/* In words, for files and pages; null where rows are no sequences. */
const char *vt_probe_sample_words(const struct vt_probe *p);
const char *vt_probe_x_words(const struct vt_probe *p);
const char *vt_probe_y_words(const struct vt_probe *p);
/* Inputs, labels and targets of the samples. */
enum vt_status vt_probe_fill_samples(struct vt_ctx *ctx, struct vt_probe *p);
/* Row `row` of a pass as samples at `out`, n_samples x tap_width: probe row `place`. */
void vt_probe_copy_row(const struct vt_probe *p, const struct vt_pass *pass, size_t tap, size_t row, size_t place,
                       double *out);
/* Positions of a tap in one data row. */
size_t vt_probe_positions(const struct vt_model *m, size_t tap);
/* Entropy of the samples' inputs, nats. */
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
