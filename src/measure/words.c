/* Snapshots as functions of n bits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "words.h"

bool vt_measure_words(const struct vt_snapshot_shape *shape, size_t *n_bits)
{
	size_t n = shape->n_inputs, width = shape->n_taps > 0 ? shape->tap_width[shape->n_taps - 1] : 0;
	*n_bits = n;
	return n >= 1 && n <= VT_MOST_BITS && shape->n_rows == (size_t)1 << n && (width == 1 || width == 2);
}

bool vt_measure_all_words(const struct vt_snapshot *s, size_t n_bits)
{
	size_t n = (size_t)1 << n_bits;
	if (!s->enumerated || s->input.rows != n || s->input.cols != n_bits) return false;
	const double *zero = s->input.x, *one = s->input.x + (n - 1) * s->input.stride;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n_bits; k++) {
			double x = s->input.x[i * s->input.stride + k];
			if (zero[k] == one[k] || x != (i >> (n_bits - 1 - k) & 1 ? one[k] : zero[k])) return false;
		}
	return true;
}

double vt_measure_output(const struct vt_snapshot *s, size_t row)
{
	const struct vt_mat *y = &s->tap[s->n_taps - 1].x;
	const double *at = y->x + row * y->stride;
	return y->cols == 1 ? at[0] : at[1] - at[0];
}
