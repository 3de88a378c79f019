/* Mutual information and entropy of matrices.  Nats inside, always.  Estimators know
 * nothing of training.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_ESTIMATE_H
#define VENTURI_ESTIMATE_H

#include "venturi/base.h"
#include "venturi/kind.h"
#include "venturi/mat.h"
#include "venturi/value.h"

/* One layer T with its labels Y, where T is a function of an input X whose rows are
 * the same rows. */
struct vt_layer {
	struct vt_mat t;        /* n x width, finite */
	struct vt_labels y;     /* y null: i_ty stays NaN */
	bool enumerated;        /* rows are all inputs there are: no sampling error */
	size_t n_null;          /* label shuffles for the null of I(T;Y); 0: none */
	uint64_t seed;          /* of the shuffles: (seed, VT_PURPOSE_NULL, replicate) */
};

enum vt_bound { VT_POINT, VT_LOWER, VT_UPPER };

/* What one estimator says of one layer, in nats.  NaN + flag where there is no answer.
 *
 * Errors.  Where the rows are all inputs there are, nothing was sampled: se = 0, lo = hi = the
 * value.  Else se comes from the scatter of the rows' local terms (delta method), lo and hi are
 * 1.96 of it away; never from resampled rows, which would make ties.  Bias is not in it, so a
 * sample with `bias_dominated` has no error: se, lo, hi are NaN.
 *
 * Flags.  saturated       a sample's i_xt is within 0.05 bit of ln n: too few rows to tell more
 *         bias_dominated  more than half of the rows are alone: in a cell of their own, or, for
 *                         kernels, outweighing all other rows together.  I(T;Y) then tends to
 *                         H(Y) for any labels whatever; the null shows it.  Set for enumerated
 *                         rows too, although no sampling bias is in them
 *         out_of_range    more than 1 % of the values lie outside the stated range
 *         ties            exact: some rows are equal bit by bit
 *         degenerate      no number: a value is not finite, or its square is not
 * A constant layer is no failure: its entropy and information are 0 and carry no flag. */
struct vt_information {
	double i_xt, i_xt_se, i_xt_lo, i_xt_hi; /* lo, hi: 95 % interval */
	double i_ty, i_ty_se, i_ty_lo, i_ty_hi;
	double i_ty_null, i_ty_null_p;          /* mean under label shuffles; (1 + #) / (n_null + 1) */
	double h_t;                             /* entropy of T as the estimator sees it; kde: the
	                                         * differential entropy of T + noise, may be negative */
	double ceiling;                         /* ln n: the most this estimator can return on n rows;
	                                         * the truth and no cap where rows are enumerated */
	double out_of_range_share;              /* share of values outside the stated range; NaN: no range */
	size_t n;
	unsigned flags;                         /* enum vt_flag bits */
};

struct vt_estimate_kind {
	struct vt_kind kind;
	size_t n_bounds;                 /* 1, or 2 for a pair */
	enum vt_bound bound[2];          /* what i_xt is; the difference of two bounds bounds nothing,
	                                  * so i_ty of a pair is a point estimate */
	const char *suffix[2];           /* of the label: "" or "-upper", "-lower" */
	/* A line for the page: what these numbers cannot mean. */
	const char *cannot_mean;
	enum vt_status (*layer)(struct vt_ctx *ctx, const void *settings, const struct vt_layer *in,
	                        struct vt_information out[2]);
	/* Settings that make no sense together: VT_ECONFIG.  Null: all do. */
	enum vt_status (*check)(struct vt_ctx *ctx, const void *settings);
};

/* Runs an estimator (a chosen kind of room "estimate") on a layer: what everybody calls.
 * Fills out[0 .. n_bounds - 1].  VT_ECONFIG by the kind's check; VT_EDOMAIN when there is no
 * row, when labels and rows differ in number, or a label is out of range. */
enum vt_status vt_estimate_layer(struct vt_ctx *ctx, const struct vt_chosen *chosen, const struct vt_layer *in,
                                 struct vt_information out[2]);
/* binning with `width` and kde with `variance`, for those who go through many of them. */
enum vt_status vt_binning_by_width(struct vt_ctx *ctx, double width, const struct vt_layer *in,
                                   struct vt_information *out);
enum vt_status vt_kde_bounds(struct vt_ctx *ctx, double variance, const struct vt_layer *in,
                             struct vt_information out[2]);
/* The kind behind a choice, and its check. */
const struct vt_estimate_kind *vt_estimate_kind_of(const struct vt_chosen *chosen);
enum vt_status vt_estimate_check(struct vt_ctx *ctx, const struct vt_chosen *chosen);

#endif
