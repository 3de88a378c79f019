/* Laws of known information: what estimators are judged on.
 *
 * A case is a joint law of X and Y (and perhaps a given Z) whose mutual information is known in closed form, by
 * quadrature, by enumeration or, where nothing else is possible, by Monte Carlo on the exact density with its standard
 * error.  Cases that are injective images of another one (coordinatewise maps, rolls, spirals) are made from the very
 * same draw: row i of both is the image of one point.
 *
 * Sources: the forty tasks of Czyz, Grabowski, Vogt, Beerenwinkel & Marx 2023 (names and parameters as there); mixed
 * pairs after Gao, Kannan, Oh & Viswanath 2017; channels after Cover & Thomas 2006; the others are ours.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_KNOWN_H
#define VENTURI_KNOWN_H

#include "venturi/base.h"
#include "venturi/mat.h"

enum vt_known_suite {
	VT_KNOWN_FORTY,       /* Czyz et al. 2023 */
	VT_KNOWN_MORE,        /* the same families with other parameters, chosen before any was run */
	VT_KNOWN_DISCRETE,    /* channels and tables of symbols */
	VT_KNOWN_MIXED,       /* a discrete variable with a continuous one, and mixtures of both */
	VT_KNOWN_LAYER,       /* layers of networks: linear, noisy, quantised */
	VT_KNOWN_CONDITIONAL, /* triples: I(X;Y|Z) */
	VT_KNOWN_SATURATING,  /* more information than most estimators can return */
	VT_KNOWN_NULL,        /* independent */
	VT_KNOWN_N_SUITES
};
extern const char *const vt_known_suites[VT_KNOWN_N_SUITES + 1]; /* ends with null */

struct vt_known {
	const char *name;
	enum vt_known_suite suite;
	size_t dim_x, dim_y, dim_z; /* dim_z = 0: nothing is given */
	bool discrete_x, discrete_y, discrete_z;
	bool enumerated;            /* a layer on all 4096 inputs: vt_known_layer has it */
	bool of_class;              /* X is the class of an input, not the input: I(T;Y) of the layer */
	double variance;            /* of the noise of an enumerated layer; 0: it is made of whole numbers */
	const char *method;         /* how the truth is known */
};

size_t vt_known_count(void);
/* Case i < vt_known_count(). */
struct vt_known vt_known_case(size_t i);
/* The number of the case of this name, or vt_known_count() if there is none. */
size_t vt_known_find(const char *name);
/* The nearest name, or null. */
const char *vt_known_nearest(const char *name);

/* I(X;Y), or I(X;Y|Z) where Z is given, in nats; se: its standard error, 0 where it is exact.  At most 20 ms. */
enum vt_status vt_known_truth(struct vt_ctx *ctx, size_t i, double *mi, double *se);

/* n independent rows, packed: n x dim_x, n x dim_y, n x dim_z (null without Z).  Symbols are whole numbers.  Row i
 * does not depend on n.  The caller clears. */
struct vt_known_rows {
	size_t n;
	double *x, *y, *z;
};
enum vt_status vt_known_draw(struct vt_ctx *ctx, size_t i, size_t n, uint64_t seed, struct vt_known_rows *out);
void vt_known_rows_clear(struct vt_known_rows *r);

/* An enumerated case as a layer of a network: all 4096 sign vectors of length 12 (n x 12), the layer on them without
 * noise (n x dim_y), a balanced class.  For those that ask for I(T;Y), the class is Y.  VT_EDOMAIN for another case.
 * The caller frees the three arrays. */
struct vt_known_layer {
	size_t n, width;
	double *input, *t;
	int32_t *label;
};
enum vt_status vt_known_layer(struct vt_ctx *ctx, size_t i, struct vt_known_layer *out);
void vt_known_layer_clear(struct vt_known_layer *l);

#endif
