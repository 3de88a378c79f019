/* Logits over all pairs of residues, class by class, in two-dimensional frequencies; private to
 * room measure.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MEASURE_RESIDUE_H
#define MEASURE_RESIDUE_H

#include "venturi/base.h"
#include "venturi/fft.h"
#include "venturi/snapshot.h"

/* Frequencies k = 1 .. p / 2 of residues mod p, and the bins that they stand for: a function of a + b lives
 * on (k, k) and (p - k, p - k), one of a - b on (k, p - k) and (p - k, k).  Constant over (a, b): bin (0, 0).
 *
 * plane      [class][a][b], the logits
 * spectrum   the orthonormal transform of each class's plane
 * share      [k - 1]: power of k's bins over all power but the constants', all classes together
 * key        [class][a][b]: the part of the logits on the bins of the key frequencies */
struct vt_residue {
	size_t p, n_classes;
	bool difference;
	double *plane, *key, *share;
	struct vt_complex *spectrum;
};

/* Asks the network for all p^2 pairs: its first two inputs are a and b, the rest is as in `row`.  n_classes
 * logits a position; of several positions the last one counts.  VT_ENOMEM.  Cost: p^2 rows, n_classes
 * transforms of p x p.  Caller frees with vt_residue_clear, also after a failure. */
enum vt_status vt_residue_ask(struct vt_ctx *ctx, const struct vt_snapshot *s, size_t n_inputs, size_t p,
                              size_t n_classes, bool difference, struct vt_residue *out);
void vt_residue_clear(struct vt_residue *r);
/* Fills `key` for these frequencies (1 .. p / 2, different). */
enum vt_status vt_residue_keep(struct vt_ctx *ctx, struct vt_residue *r, size_t n_keys, const size_t *frequency);

/* Mean loss, nats, over rows of the snapshot (first two inputs a and b, and their label) of logits
 *     plain       as they are
 *     restricted  the keys' part and the constants
 *     excluded    everything but the keys' part
 * by softmax in double.  which: 0 training rows, 1 test rows, 2 all; NaN where there are none. */
enum vt_residue_part { VT_RESIDUE_PLAIN, VT_RESIDUE_RESTRICTED, VT_RESIDUE_EXCLUDED };
double vt_residue_loss(const struct vt_residue *r, const struct vt_snapshot *s, enum vt_residue_part part, int which);

#endif
