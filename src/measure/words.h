/* What measures of Boolean functions share; private to room measure.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MEASURE_WORDS_H
#define MEASURE_WORDS_H

#include "venturi/snapshot.h"

enum { VT_MOST_BITS = 24 };
/* Whether snapshots can be functions of n bits: as many rows as words, and an output that is one number or two
 * classes; *n_bits then is n, at most VT_MOST_BITS. */
bool vt_measure_words(const struct vt_snapshot_shape *shape, size_t *n_bits);
/* Whether this one is: every word once, in ascending order, the first column the most significant bit, whatever two
 * numbers a bit is coded as. */
bool vt_measure_all_words(const struct vt_snapshot *s, size_t n_bits);
/* The network's output for word `row` as one number: the output, or the second class less the first. */
double vt_measure_output(const struct vt_snapshot *s, size_t row);

#endif
