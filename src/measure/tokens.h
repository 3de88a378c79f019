/* Activations along the positions of sequences; private to room measure.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MEASURE_TOKENS_H
#define MEASURE_TOKENS_H

#include "venturi/base.h"
#include "venturi/snapshot.h"

/* Rows of a snapshot sequence by sequence, in order, padding left out: sequence i has rows
 * row[offset[i] .. offset[i + 1] - 1]. */
struct vt_tokens {
	size_t n;
	size_t *offset, *row;
};

/* Sequences with at least `shortest` tokens that are not `padding` (-1: there is none), the first `most` of
 * them.  The token of a row is its only input, or of as many inputs as the sequence has positions the one at
 * its position, or else the last one.  VT_EDOMAIN: padding is asked for and there are no inputs.  VT_ENOMEM.
 * Caller frees with vt_tokens_clear, also after a failure. */
enum vt_status vt_tokens_find(struct vt_ctx *ctx, const struct vt_snapshot *s, int64_t padding, size_t shortest,
                              size_t most, struct vt_tokens *out);
void vt_tokens_clear(struct vt_tokens *t);

/* Sums of squares of DCT-II coefficients over sequences and columns of `x`, by period: energy[0] of the
 * mean (index 0), energy[1 + b] of periods below edge[b] and not below edge[b - 1], energy[1 + n_edges] of
 * all longer ones; a token.  Index k of a sequence of L tokens has the period 2 L / k.  The first `skip`
 * tokens of each sequence are left out; a sequence is transformed at its own length. */
enum vt_status vt_tokens_bands(struct vt_ctx *ctx, const struct vt_tokens *t, const struct vt_mat *x, size_t skip,
                               size_t n_edges, const double *edge, double *energy);

/* Multitaper spectrum of `window` tokens from `skip` on, of the sequences that have them, columns averaged
 * after their mean over the window is taken off; white noise of variance s^2 has s^2 everywhere.
 *
 * taper, concentration  as vt_dpss makes them; concentration null: plain mean over tapers
 * mean, lo, hi          window / 2 + 1 bins; 95 % interval by jackknife over sequences, or over the tapers
 *                       where there are fewer than 4 sequences; NaN where there is none
 *
 * Columns of one sequence are no replicates: they are averaged before.  Cost: columns times tapers
 * transforms a sequence. */
struct vt_tokens_spectrum {
	size_t window, n_tapers, skip;
	const double *taper, *concentration;
	double *mean, *lo, *hi;
};
enum vt_status vt_tokens_multitaper(struct vt_ctx *ctx, const struct vt_tokens *t, const struct vt_mat *x,
                                    const struct vt_tokens_spectrum *s);

#endif
