/* Datasets: inputs, labels, split, and what is known about them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_DATASET_H
#define VENTURI_DATASET_H

#include "venturi/base.h"
#include "venturi/kind.h"
#include "venturi/mat.h"

/* An opened dataset; immutable.  Inputs are held either as doubles `x` or, for images,
 * as bytes with one affine map per column: value = (byte - shift) * scale. */
struct vt_dataset {
	size_t n, n_inputs;
	double *x;             /* n x n_inputs, or null */
	size_t n_tokens;       /* rows are sequences of n_inputs tokens: x holds whole numbers 0 .. n_tokens - 1;
	                        * 0: rows are numbers */
	uint8_t *bytes;        /* n x n_inputs, or null */
	double *shift, *scale; /* n_inputs each, with `bytes` */
	int32_t *label;        /* n x n_labels, in 0 .. n_classes - 1; -1: nothing is asked at this position; null for
	                        * regression */
	size_t n_labels;       /* labels a row: 1, asked of the whole row (of a sequence, at its last position), or
	                        * n_inputs, one a position; vt_dataset_open makes 0 a 1 */
	size_t n_classes;      /* 0 for regression */
	double *target;        /* n x n_targets for regression, else null */
	size_t n_targets;
	uint32_t *train, *test; /* row numbers, disjoint; n_test may be 0 */
	size_t n_train, n_test;
	bool enumerated;       /* the rows are all inputs there are, equally likely: log2 n is
	                        * then the truth and not a ceiling */
	double i_xy;           /* nats, of the source; NaN where unknown */
	double *law;           /* the exact p(x, y) of the source, n_law x n_classes, sums to 1;
	                        * null where it is not known or X is continuous */
	size_t n_law;
	double h_y;            /* nats, of the labels as they stand; NaN for regression */
	double loss_floor;     /* nats: the least mean loss that any model can have on the source (its entropy per label
	                        * given what comes before); NaN where unknown */
	double *basis;         /* n_inputs x n_inputs, orthonormal rows: the coordinates that the rows were made in are
	                        * x basis'; null: those of x */
	const char *sample;    /* what one row is: "word", "image", "row" */
	char sha256[65];       /* of inputs, labels and split */
};

struct vt_dataset_kind {
	struct vt_kind kind;
	/* Fills everything but sha256 and h_y (law only where it is known), with memory from vt_alloc; on failure
	 * vt_dataset_close frees what is there. */
	enum vt_status (*open)(struct vt_ctx *ctx, const void *settings, uint64_t seed, struct vt_dataset *out);
};

enum vt_status vt_dataset_open(struct vt_ctx *ctx, const struct vt_chosen *chosen, uint64_t seed,
                               struct vt_dataset **out);
void vt_dataset_close(struct vt_dataset *d);

/* Rows `row[0 .. n - 1]` as n x n_inputs numbers. */
void vt_dataset_rows_f32(const struct vt_dataset *d, const uint32_t *row, size_t n, float *out);
void vt_dataset_rows_f64(const struct vt_dataset *d, const uint32_t *row, size_t n, double *out);

/* For kinds: fills train and test from d->n.  order: "iid" shuffles by (seed, VT_PURPOSE_SPLIT),
 * "ordered" takes the first rows for training. */
enum vt_status vt_dataset_split(struct vt_ctx *ctx, struct vt_dataset *d, double train_share, bool ordered,
                                uint64_t seed);

/* Order of the training rows in `epoch`: a pure function of seed and epoch.
 * order: d->n_train row numbers.  Without `shuffle` the split's own order. */
void vt_dataset_epoch(const struct vt_dataset *d, uint64_t seed, uint64_t epoch, bool shuffle, uint32_t *order);

#endif
