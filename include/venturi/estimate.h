/* Mutual information and entropy of matrices.  Nats inside, always.  Estimators know
 * nothing of training.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_ESTIMATE_H
#define VENTURI_ESTIMATE_H

#include "venturi/base.h"
#include "venturi/kind.h"
#include "venturi/mat.h"
#include "venturi/sampler.h"
#include "venturi/value.h"

/* One layer T with its labels Y, where T is a function of an input X whose rows are
 * the same rows. */
struct vt_layer {
	struct vt_mat t;        /* n x width, finite */
	struct vt_mat x;        /* n x inputs, or x.x null: estimators of pairs then leave i_xt NaN */
	struct vt_labels y;     /* y null: i_ty stays NaN */
	const struct vt_sampler *sampler; /* the layer as signal and known Gaussian noise; null: it is not known as such */
	double step;            /* every t is a whole multiple of it; 0: not known to be */
	bool enumerated;        /* rows are all inputs there are: no sampling error */
	size_t n_null;          /* label shuffles for the null of I(T;Y); 0: none */
	uint64_t seed;          /* of the shuffles: (seed, VT_PURPOSE_NULL, replicate) */
	const uint32_t *block;  /* n block numbers, ascending: rows of one block (a sequence) are not independent, so
	                         * errors come from sums over blocks and shuffles move the labels of whole blocks (of
	                         * equal length; others are rotated as one circle); null: rows are independent */
	bool partial_x;         /* x is less than t is a function of, and its rows are symbols (a token of many): i_xt is
	                         * then estimated as i_ty is, with the symbols for labels, and no bound */
};

enum vt_bound { VT_POINT, VT_LOWER, VT_UPPER, VT_BRACKET };

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

/* ---- pairs --------------------------------------------------------------- */

/* Two variables, and perhaps a third that is given: I(X;Y) or I(X;Y|Z).  Rows are samples of the
 * joint law; nothing is owned.  A discrete variable's rows are symbols (equal or not, no distance);
 * a continuous one's are points.  Rows of one block (a sequence) are not independent of each other:
 * errors then come from sums over blocks, and nulls move whole blocks of equal length. */
struct vt_pair {
	struct vt_mat x, y, z;                   /* n x dim, finite; z.cols == 0: nothing is given */
	bool discrete_x, discrete_y, discrete_z;
	const uint32_t *block;                   /* n block numbers, ascending; null: rows are independent */
	size_t n_null, n_resample;               /* permutations for the null; half-samples for the error; 0: none */
	uint64_t seed;                           /* of nulls, resampling, critics: never of the data */
	bool swapped;                            /* x and y stand in for each other: set for a kind, not by callers */
};

enum { VT_LONGEST_REASON = 256, VT_LONGEST_CHOSEN = 96 };

/* What one estimator says of a pair, in nats.  NaN + flag + reason where there is no answer; signed:
 * a negative estimate stays negative.
 *
 * mi         the estimate; NaN for a bracket, whose ends are lower and upper
 * lower, upper  bounds that the estimator has beside a point, or the bracket; else NaN
 * se         standard error of mi (of the nearer end for a bound): scatter of local terms, of blocks, or of
 *            half-samples where n_resample > 0.  Sampling error alone: bias is not in it
 * lo, hi     95 % interval; `method` says how
 * ceiling    the most this estimator can return here (ln n, ln batch, H(Y)); NaN: none
 * null_mean, null_p   mean over permutations and (1 + #{null >= mi}) / (n_null + 1); NaN without
 * calibrated mi corrected by surrogates of known information (`vt_estimate_calibrate`), with its interval; NaN without
 *
 * Flags beyond those of a layer:
 *         out_of_regime   dimension, information, tails or n are where this estimator is known to fail
 *         bias_dominated  the estimate moves with its own resolution (k, n) by more than its error allows
 *         deterministic   one variable is a function of the other: continuous information is infinite
 *         not_computed    this estimator does not take this kind of variables */
struct vt_estimated {
	enum vt_bound bound;
	double mi, se, lo, hi, lower, upper, ceiling;
	double null_mean, null_p, calibrated, calibrated_lo, calibrated_hi;
	size_t n, dim_x, dim_y, dim_z;
	unsigned flags;
	double seconds;
	const char *method;              /* of the interval, static text; null: no interval */
	const char *unit;                /* "nat", or "1" for what is no information (HSIC) */
	char chosen[VT_LONGEST_CHOSEN];  /* auto: the estimators it took, commas between; else empty */
	char reason[VT_LONGEST_REASON];  /* why it is flagged or missing; empty if there is nothing to say */
};
/* A point in nats, every number NaN, no rows, no flags: an estimate before it is made. */
struct vt_estimated vt_estimated_nothing(void);

/* What a kind takes: it answers not_computed for anything else. */
enum vt_traits {
	VT_TAKES_CONTINUOUS = 1 << 0, /* both variables continuous */
	VT_TAKES_DISCRETE = 1 << 1,   /* both discrete */
	VT_TAKES_LABELS = 1 << 2,     /* one discrete, one continuous */
	VT_TAKES_CONDITION = 1 << 3,  /* a third variable, of a nature that the two above allow */
	VT_SYMMETRIC = 1 << 4,        /* I(X;Y) and I(Y;X) are equal bit by bit */
	/* For `layer`: i_xt is the information itself, and no property of the estimator, */
	VT_TRUE_ON_GRID = 1 << 5,     /* of a layer on a grid (step > 0) */
	VT_TRUE_WITH_NOISE = 1 << 6,  /* of a layer with noise (sampler) */
	VT_TAKES_ALL = VT_TAKES_CONTINUOUS | VT_TAKES_DISCRETE | VT_TAKES_LABELS
};

struct vt_estimate_kind {
	struct vt_kind kind;
	unsigned traits;                 /* enum vt_traits, for `pair` */
	size_t n_bounds;                 /* 1, or 2 for a pair */
	enum vt_bound bound[2];          /* what i_xt is; the difference of two bounds bounds nothing,
	                                  * so i_ty of a pair is a point estimate */
	const char *suffix[2];           /* of the label: "" or "-upper", "-lower" */
	/* A line for the page: what these numbers cannot mean. */
	const char *cannot_mean;
	/* A layer with its labels.  Null: made from `pair` (X with T, T with Y). */
	enum vt_status (*layer)(struct vt_ctx *ctx, const void *settings, const struct vt_layer *in,
	                        struct vt_information out[2]);
	/* Any pair that the traits allow; the caller has checked rows, finite values and constant columns, and
	 * fills in dimensions, null, resampling and time.  Null: layers only. */
	enum vt_status (*pair)(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in,
	                       struct vt_estimated *out);
	/* mi with the rows of y put in the order order[r * n ..], for r < in->n_null, where that is cheaper than
	 * `pair` once more for each.  Null: the door does that. */
	enum vt_status (*null)(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, const uint32_t *order,
	                       double *mi);
	/* A statistic of its own for the null, where mi is chosen after a look at the joint data: of the data as they
	 * are, and for each order.  Null: the statistic is mi. */
	enum vt_status (*test)(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, const uint32_t *order,
	                       double *observed, double *null);
	/* Settings that make no sense together: VT_ECONFIG.  Null: all do. */
	enum vt_status (*check)(struct vt_ctx *ctx, const void *settings);
};

/* Runs an estimator (a chosen kind of room "estimate") on a layer: what everybody calls.
 * Fills out[0 .. n_bounds - 1].  VT_ECONFIG by the kind's check; VT_EDOMAIN when there is no
 * row, when labels and rows differ in number, or a label is out of range. */
enum vt_status vt_estimate_layer(struct vt_ctx *ctx, const struct vt_chosen *chosen, const struct vt_layer *in,
                                 struct vt_information out[2]);
/* Runs an estimator on a pair.  VT_EDOMAIN when the rows differ in number or there are fewer than 2, when a
 * value is not finite (count and first place), VT_ECONFIG by the kind's check.  What the data make
 * impossible is no failure but NaN with flag and reason: constant columns (0 for a constant discrete
 * variable), identical variables, too few rows.  With n_null permutations, null_mean and null_p are filled; with
 * n_resample half-samples se, lo and hi come from their scatter (the spread of estimates on n / 2 rows drawn
 * without replacement is the error at n, Politis & Romano 1994). */
enum vt_status vt_estimate_pair(struct vt_ctx *ctx, const struct vt_chosen *chosen, const struct vt_pair *in,
                                struct vt_estimated *out);
/* Differential entropy of the rows of x in nats, with its standard error (scatter of local terms), by the distance to
 * the k-th nearest row, greatest column difference, columns as they stand; NaN where k rows lie at one place.
 * VT_EDOMAIN unless 1 <= k < rows.  Misleads in more than a few dimensions: biased up where the density changes
 * within a ball.  Source: Kozachenko & Leonenko 1987; Kraskov et al. 2004, eq. 20. */
enum vt_status vt_entropy_kozachenko_leonenko(struct vt_ctx *ctx, const struct vt_mat *x, size_t k, double *h,
                                              double *se);
/* Corrects an estimate by surrogates: data of known information with the margins, dimensions, n and kind of
 * dependence of the given ones, in several strengths.  The estimator's mean on them against their truth is its bias
 * curve; inout->calibrated is the truth at which the curve passes inout->mi, calibrated_lo and calibrated_hi those at
 * which it passes the ends of the interval, widened for the four draws behind each point of the curve (hi: NaN where it
 * does not rise so far).  Where the curve is flat, as in many dimensions, they are far apart.
 *
 * Continuous pairs: an elliptical copula with the fitted correlations (and degrees of freedom) made weaker and
 * stronger, its columns mapped to the given values by rank.  Discrete pairs: rows of the data mixed with rows whose
 * y was drawn anew.  For other pairs, brackets, invalid estimates and where no copula can be fitted, calibrated is NaN
 * and the reason says so unless it says something already.  A curve that does not rise to the estimate flags
 * `saturated`.
 *
 * Misleads where the dependence is of another shape than the surrogates': then it removes only the part of the bias
 * that n and the dimensions make.  Cost: some 30 estimates. */
enum vt_status vt_estimate_calibrate(struct vt_ctx *ctx, const struct vt_chosen *chosen, const struct vt_pair *in,
                                     struct vt_estimated *inout);
/* binning with `width` and kde with `variance`, for those who go through many of them. */
enum vt_status vt_binning_by_width(struct vt_ctx *ctx, double width, const struct vt_layer *in,
                                   struct vt_information *out);
enum vt_status vt_kde_bounds(struct vt_ctx *ctx, double variance, const struct vt_layer *in,
                             struct vt_information out[2]);
/* The kind behind a choice, and its check. */
const struct vt_estimate_kind *vt_estimate_kind_of(const struct vt_chosen *chosen);
enum vt_status vt_estimate_check(struct vt_ctx *ctx, const struct vt_chosen *chosen);

#endif
