/* Rows cut into a part to learn from, one to choose by and one to report on; private to room estimate.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_SPLIT_H
#define ESTIMATE_SPLIT_H

#include "pair.h"

/* row: numbers of all rows, first those to train on, then those to validate with, then those to test, each part
 * shuffled: neighbours in a sequence should not meet in one batch. */
struct vt_split_rows {
	uint32_t *row;
	size_t n_train, n_validation, n_test;
};

/* Whole blocks where rows are not independent; by (in->seed, VT_PURPOSE_CRITIC, 0).  Shares of the rows; parts may
 * come out empty. */
enum vt_status vt_split_draw(struct vt_ctx *ctx, const struct vt_pair *in, double test, double validation,
                             struct vt_split_rows *out);
void vt_split_clear(struct vt_split_rows *p);
/* At least 16 rows to train on, 8 to validate with, 8 to test. */
bool vt_split_large_enough(const struct vt_split_rows *p);

/* Standardised columns of m in the order of the parts, packed; caller frees. */
enum vt_status vt_split_columns(struct vt_ctx *ctx, const struct vt_mat *m, const struct vt_split_rows *p, float **out);

/* All rows in a random order of whole units, cut into n_folds folds of about equal size: fold f is row[begin[f] ..
 * begin[f + 1] - 1]; a fold may be empty where there are fewer units than folds. */
enum vt_status vt_split_folds(struct vt_ctx *ctx, const struct vt_pair *in, size_t n_folds, struct vt_split_rows *out,
                              size_t *begin);
/* Fold f's test rows, and all others to train on but for a share `validation` of them; each part shuffled. */
enum vt_status vt_split_fold(struct vt_ctx *ctx, const struct vt_pair *in, const struct vt_split_rows *folds,
                             const size_t *begin, size_t f, double validation, struct vt_split_rows *out);
/* Standardised columns of all rows in their own order, packed; caller frees. */
enum vt_status vt_split_all_columns(struct vt_ctx *ctx, const struct vt_mat *m, float **out);

/* se of the mean of the test rows' local terms (in the order of the part), over blocks where rows are not
 * independent. */
enum vt_status vt_split_error(struct vt_ctx *ctx, const struct vt_pair *in, const struct vt_split_rows *p,
                              const double *local, double *out);

#endif
