/* The information of a normal law from covariances; private to room estimate.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_NORMAL_H
#define ESTIMATE_NORMAL_H

#include "pair.h"

/* A fitted normal law of (x, y): Cholesky factors of the covariances of x, y and both. */
struct vt_normal {
	size_t dx, dy;
	double *mean;               /* dx + dy */
	double *lx, *ly, *lxy;
	double mi, bias;            /* plug-in, and its expected excess over the truth */
};

/* VT_OK with *singular set where a covariance has no inverse.  The caller clears. */
enum vt_status vt_normal_fit(struct vt_ctx *ctx, const struct vt_mat *x, const struct vt_mat *y, struct vt_normal *out,
                             bool *singular);
void vt_normal_clear(struct vt_normal *f);

/* Local information of each row, ln p(x,y) / (p(x) p(y)) under the fit: n numbers. */
enum vt_status vt_normal_local(struct vt_ctx *ctx, const struct vt_normal *f, const struct vt_mat *x,
                               const struct vt_mat *y, double *local);

/* The estimate of a fit: bias removed, error, interval. */
enum vt_status vt_normal_estimate(struct vt_ctx *ctx, const struct vt_pair *in, const struct vt_mat *x,
                                  const struct vt_mat *y, struct vt_estimated *out);

/* Half the expected excess of ln det of a sample covariance of dimension d, n rows: sum psi((n - i) / 2) / 2,
 * i = 1 .. d, without the terms that cancel in an information. */
double vt_normal_bias(size_t n, size_t d);

#endif
