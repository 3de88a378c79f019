/* What estimators of layers share; private to room estimate.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_LAYER_H
#define ESTIMATE_LAYER_H

#include "venturi/estimate.h"
#include "partition.h"

/* Plug-in entropy and information of rows in cells: H(T) = -sum p ln p, I(T;Y) = H(T) + H(Y) -
 * H(T,Y), I(X;T) = H(T) since T is a function of X.  Fills `out` but for out_of_range_share. */
enum vt_status vt_cells_information(struct vt_ctx *ctx, const struct vt_partition *t, const struct vt_layer *in,
                                    struct vt_information *out);

/* A kind on a layer, after the checks that all kinds take for granted: rows, labels, finite values. */
enum vt_status vt_estimate_run(struct vt_ctx *ctx, const struct vt_estimate_kind *kind, const void *settings,
                               const struct vt_layer *in, struct vt_information out[2]);

/* The same values as one long row where nothing lies between the rows: loops over it are longer. */
struct vt_mat vt_flat(const struct vt_mat *x);

/* Every number NaN, n and ceiling set. */
struct vt_information vt_information_none(size_t n, unsigned flags);

/* Scatter of local terms about their mean, row by row in order; with blocks, of sums over blocks. */
struct vt_scatter {
	double sum, within; /* of squares; of the block so far */
	size_t blocks;      /* that are complete */
};
/* `deviation` of row i of n from the mean. */
void vt_scatter_add(struct vt_scatter *s, const uint32_t *block, size_t n, size_t i, double deviation);
/* Standard error of the mean of n local terms: sqrt(sum) / n; over B blocks sqrt(sum B / (B - 1)) / n, NaN for one. */
double vt_scatter_error(const struct vt_scatter *s, const uint32_t *block, size_t n);

/* Sets se, lo and hi of both informations and the flag `saturated`, from the errors of the means of
 * their local terms. */
void vt_information_errors(const struct vt_layer *in, double se_xt, double se_ty, struct vt_information *out);

/* Labels shuffled n_null times (whole blocks where there are any), [r * n + i], by (seed, VT_PURPOSE_NULL, r); caller
 * frees. */
enum vt_status vt_null_labels(struct vt_ctx *ctx, const struct vt_layer *in, int32_t **out);

/* Mean and p of in->n_null values of I(T;Y) under shuffles against out->i_ty. */
void vt_null_summary(const struct vt_layer *in, const double *null, struct vt_information *out);

#endif
