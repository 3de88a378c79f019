/* What adam and adamw share; private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TRAIN_ADAM_H
#define TRAIN_ADAM_H

#include "venturi/train.h"

struct vt_adam_settings {
	double beta1, beta2, epsilon;
};
extern const struct vt_option vt_adam_options[];

/* Decay by the gradient (Adam) or of the parameter itself (`decoupled`, AdamW). */
void vt_adam_f32(const struct vt_adam_settings *s, bool decoupled, const struct vt_update *u, size_t n, float *p,
                 const float *g, float *m, float *v);
void vt_adam_f64(const struct vt_adam_settings *s, bool decoupled, const struct vt_update *u, size_t n, double *p,
                 const double *g, double *m, double *v);

#endif
