/* KSG 1 on low-dimensional codes of two variables; private to room estimate.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_CODES_H
#define ESTIMATE_CODES_H

#include "pair.h"

enum { VT_CODES_MOST_DIMS = 8 }; /* of both together, beyond which KSG is known to fall short by a fifth or more */

/* Local terms psi(k) + psi(n) - psi(n_x + 1) - psi(n_y + 1) of n > k rows (Kraskov, Stoegbauer, Grassberger 2004,
 * eq. 8) of standardised columns; x and y have n rows. */
enum vt_status vt_codes_local(struct vt_ctx *ctx, const struct vt_mat *x, const struct vt_mat *y, size_t k,
                              double *local);

#endif
