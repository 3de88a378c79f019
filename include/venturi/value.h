/* A number never travels alone: what it may carry besides its value.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_VALUE_H
#define VENTURI_VALUE_H

#include <stddef.h>

enum vt_flag {
	VT_SATURATED = 1 << 0,      /* within 0.05 bit of the ceiling of a sample */
	VT_CENSORED = 1 << 1,       /* a bound, not a value */
	VT_BIAS_DOMINATED = 1 << 2, /* the estimator's bias may exceed what it measures */
	VT_TIES = 1 << 3,
	VT_DEGENERATE = 1 << 4,     /* constant, empty: no answer */
	VT_DETERMINISTIC = 1 << 5,  /* true information infinite or trivially H(X) */
	VT_OUT_OF_RANGE = 1 << 6,   /* more than 1 % of the values outside the stated range */
	VT_OUT_OF_REGIME = 1 << 7,
	VT_DEAD = 1 << 8,
	VT_DIVERGED = 1 << 9,
	VT_NOT_COMPUTED = 1 << 10
};
enum { VT_N_FLAGS = 11, VT_INVALID = VT_DEGENERATE | VT_DEAD | VT_DIVERGED | VT_NOT_COMPUTED };
extern const char *const vt_flag_names[VT_N_FLAGS];
const char *vt_flag_worst(unsigned flags); /* "ok" for none; the order of the enum, worst last */

/* Nats to bits: 1 / ln 2.  Nats inside estimators, bits in files, figures, messages. */
#define VT_BITS_PER_NAT 1.4426950408889634

#endif
