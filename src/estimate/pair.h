/* What estimators of pairs share; private to room estimate.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_PAIR_H
#define ESTIMATE_PAIR_H

#include "venturi/estimate.h"

/* Every number NaN; n and dimensions set.  `format` may be null. */
struct vt_estimated vt_estimated_none(const struct vt_pair *in, unsigned flags, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds flags, and the reason unless there is one already. */
void vt_estimated_flag(struct vt_estimated *e, unsigned flags, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* mi = mean of the n local terms, se from their scatter over rows (or blocks), lo and hi 1.96 of it away. */
void vt_estimated_local(const struct vt_pair *in, const double *local, struct vt_estimated *e);
/* se of the mean of n local terms: over rows, or over blocks where rows are not independent. */
double vt_local_error(const struct vt_pair *in, const double *local);
/* The information mi of a law whose dependence was fitted with `parameters` numbers, the local terms being its
 * influence function; `more` is an error from elsewhere.  They scatter by parameters / n more than about the true law.
 * At independence they vanish, and 2 n I follows chi-square with that many degrees: its variance, parameters / (2 n^2),
 * is always there.
 *
 * The variance grows like a I, so that sqrt(I) is what is nearly normal: the interval is made there, mi + z^2 a / 4 +-
 * z se.  Where its lower end is not above 0 it goes from mi, or 0 if that is less, to the one-sided 96 % limit.  By
 * simulation of chi-square with 1 to 25 degrees it covers 90 to 99 %; +- 1.96 se covers 80 % in places. */
void vt_estimated_fitted(const struct vt_pair *in, const double *local, double mi, size_t parameters, double more,
                         struct vt_estimated *e);
/* mi and its standard error given; lo and hi from the normal law. */
void vt_estimated_normal(double mi, double se, const char *method, struct vt_estimated *e);

/* The kind on a pair that has passed the door's checks, without null, resampling and time. */
enum vt_status vt_estimate_raw(struct vt_ctx *ctx, const struct vt_estimate_kind *kind, const void *settings,
                               const struct vt_pair *in, struct vt_estimated *out);

/* Order of the rows in permutation `r` of the null, y of row i from row order[i]: of rows, or of whole blocks where
 * these are of equal length (blocks of unequal length are rotated as one circle, which keeps neighbours together).
 * Where z is given, y moves among rows of equal or nearly equal z only (strata.h), and blocks are not looked at. */
enum vt_status vt_null_order(struct vt_ctx *ctx, const struct vt_pair *in, size_t r, uint32_t *order);
/* The same for r = 0 .. n_null - 1 at order[r * n ..], looking for near rows once. */
enum vt_status vt_null_orders(struct vt_ctx *ctx, const struct vt_pair *in, size_t n_null, uint32_t *order);

/* Rows `row` of m as a packed copy; caller frees. */
enum vt_status vt_rows_taken(struct vt_ctx *ctx, const struct vt_mat *m, const uint32_t *row, size_t n, double **out);
/* Matrices of as many rows side by side, packed; caller frees. */
enum vt_status vt_joined(struct vt_ctx *ctx, size_t n_parts, const struct vt_mat *part, double **out);
/* Symbols of the rows of m, numbered by first appearance: n numbers, caller frees. */
enum vt_status vt_symbols(struct vt_ctx *ctx, const struct vt_mat *m, int32_t **out, size_t *n_symbols);

/* Normal scores of each column, Phi^-1(rank / (n + 1)), ties by their mean rank: n x cols packed, caller frees.
 * Monotone maps of a column change nothing, bit by bit. */
enum vt_status vt_normal_scores(struct vt_ctx *ctx, const struct vt_mat *m, double **out);
/* Columns at mean 0 and variance 1 (a constant column stays 0): n x cols packed, caller frees. */
enum vt_status vt_standardised(struct vt_ctx *ctx, const struct vt_mat *m, double **out);

/* Excess kurtosis of the column where it is farthest from a normal law's 0; columns that are constant do not count. */
double vt_extreme_kurtosis(const struct vt_mat *m);

/* An order of the rows that looks random and hangs on what they hold alone: by a hash of each row that does not
 * depend on the order of its columns.  Estimates that take a part of the rows, or halves, are then the same for any
 * order of rows.  n numbers, caller frees. */
enum vt_status vt_content_order(struct vt_ctx *ctx, const struct vt_mat *m, uint32_t **out);

#endif
