/* A layer with noise of its own, as an estimator needs it.  Belongs to room base.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_SAMPLER_H
#define VENTURI_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "venturi/base.h"

/* For input row i the layer is
 *
 *     T = S + N(0, sd^2 I),
 *
 * where S is random too if there is noise further down, else a function of the row.  An output behind
 * a noisy layer has no noise of its own; T is then that part of the noisy layer which the output
 * reads, which holds exactly as much about the input (docs/theory.md).
 *
 * draw   S of `n` rows in the realisations first .. first + n_draws - 1 of all noise below:
 *        s[(k * n + i) * width + c] for realisation first + k of row row[i].  Realisations are independent of
 *        each other and fixed by their number, the row and the network's seed; 0 is the one that the
 *        snapshot holds.  VT_ENOMEM.  Cost: n n_draws forward passes, kept for the next layer that asks for
 *        the same. */
struct vt_sampler {
	void *self;
	size_t layer;
	size_t n_rows, width; /* of S; width 0: the layer reads nothing */
	double sd;            /* > 0 */
	bool fixed;           /* S is a function of the row */
	enum vt_status (*draw)(struct vt_ctx *ctx, const struct vt_sampler *s, size_t n, const uint32_t *row, uint64_t first,
	                       size_t n_draws, double *out);
};

#endif
