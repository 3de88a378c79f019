/* What more than one kind of dataset does: the split's settings and standardising.
 * Private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_DATASET_PREPARE_H
#define VENTURI_DATASET_PREPARE_H

#include "venturi/dataset.h"

/* Choices of option `split`; index 1 takes the first rows for training. */
extern const char *const vt_split_names[];
enum { VT_SPLIT_IID, VT_SPLIT_ORDERED };

/* Choices of option `standardise`, in the order of vt_standardise_names.
 *
 * none     values as they stand (bytes: 0 to 255)
 * unit     bytes: divided by 255.  Numbers: each column's range to [0, 1]
 * column   each column to mean 0, standard deviation 1
 * centre   each column to mean 0; bytes are divided by 255 as well
 * global   one mean and standard deviation for all columns
 *
 * Means, deviations and ranges are those of the training rows, so that nothing leaks from
 * the test rows.  A column that is constant there becomes 0 everywhere. */
extern const char *const vt_standardise_names[];
enum vt_standardise { VT_STANDARDISE_NONE, VT_STANDARDISE_UNIT, VT_STANDARDISE_COLUMN, VT_STANDARDISE_GLOBAL,
                      VT_STANDARDISE_CENTRE };

/* Call when the split stands.  Fills shift and scale where the inputs are bytes, changes x
 * in place where they are numbers.  VT_ENOMEM. */
enum vt_status vt_dataset_standardise(struct vt_ctx *ctx, struct vt_dataset *d, enum vt_standardise how);

/* The first n_train rows for training, the others for tests.  VT_ENOMEM. */
enum vt_status vt_dataset_ranges(struct vt_ctx *ctx, struct vt_dataset *d, size_t n_train);

#endif
