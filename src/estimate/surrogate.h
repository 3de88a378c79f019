/* Data of known information made after given ones; private to room estimate.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_SURROGATE_H
#define ESTIMATE_SURROGATE_H

#include "elliptical.h"

/* A family of laws: strength 0 is independence, 1 the dependence that was fitted, more is more. */
struct vt_surrogates {
	const struct vt_pair *in;
	bool possible;            /* false: nothing could be fitted, `why` says so */
	const char *why;
	/* continuous */
	struct vt_axes axes;
	double nu;
	size_t pairs;             /* canonical pairs above the noise */
	double *sorted_x, *sorted_y; /* columns of the data in ascending order, one after the other */
	/* discrete */
	int32_t *symbol_x, *symbol_y;
	size_t n_x, n_y;
};

/* `in` is borrowed.  The caller clears. */
enum vt_status vt_surrogates_create(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_surrogates *out);
void vt_surrogates_clear(struct vt_surrogates *s);

/* Information of the law of this strength, nats. */
enum vt_status vt_surrogates_truth(struct vt_ctx *ctx, const struct vt_surrogates *s, double strength, double *mi);
/* n rows of it: x (n x dim_x) and y (n x dim_y), packed. */
enum vt_status vt_surrogates_draw(struct vt_ctx *ctx, const struct vt_surrogates *s, double strength,
                                  uint64_t replicate, double *x, double *y);

#endif
