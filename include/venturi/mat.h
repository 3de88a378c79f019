/* A matrix view: rows are samples, columns features, row-major, nothing owned.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_MAT_H
#define VENTURI_MAT_H

#include <stddef.h>
#include <stdint.h>

struct vt_mat {
	const double *x; /* element (i, j) at x[i * stride + j] */
	size_t rows, cols, stride;
};

/* Class labels of the same rows: y[i] in 0 .. n_classes - 1. */
struct vt_labels {
	const int32_t *y;
	size_t n, n_classes;
};

#endif
