/* One update of the small networks of estimators; private to room estimate.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_ADAM_H
#define ESTIMATE_ADAM_H

#include <stddef.h>
#include <stdint.h>

/* Adam (Kingma & Ba 2015, algorithm 1, with its constants) on n parameters, step counted from 1, with decoupled
 * weight decay. */
void vt_adam_step(size_t n, double rate, double decay, int64_t step, const float *gradient, float *mean, float *square,
                  float *parameter);

#endif
