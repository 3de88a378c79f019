/* The information plane's data, for plane.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_REPORT_PLANE_H
#define VENTURI_REPORT_PLANE_H

#include "study.h"

/* The task's own information-bottleneck curve, bit; n = 0 where the runs have none. */
struct vt_optimum {
	size_t n;
	double *x, *y;
};

/* I(X;T) and I(T;Y) of all runs on one grid of steps, with what bounds them. */
struct vt_plane {
	struct vt_field *xt, *ty;
	size_t n_layers, n_estimators, n_arms;
	struct vt_optimum *optimum; /* per arm */
	double *ceiling;   /* bit, per estimator: the most it could return; NaN unknown */
	double h_y;        /* bit: entropy of the labels; NaN unknown */
	double n_samples;  /* NaN unknown */
};
enum vt_status vt_plane_load(struct vt_ctx *ctx, const struct vt_study *s, struct vt_plane *out);
void vt_plane_clear(struct vt_plane *p);
size_t vt_plane_cell(const struct vt_plane *p, size_t layer, size_t estimator);

/* The JSON that plane.js draws; caller frees.  Series are in thousandths of a bit, the
 * differences from value to value as base-64 VLQ digits (5 bits each, the lowest first,
 * sign in the lowest bit; "." is a missing value). */
enum vt_status vt_plane_json(struct vt_ctx *ctx, const struct vt_study *s, const struct vt_plane *p, char **out);

#endif
