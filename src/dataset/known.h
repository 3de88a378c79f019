/* Families of laws with known information; private to the room.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DATASET_KNOWN_H
#define DATASET_KNOWN_H

#include "venturi/known.h"
#include "venturi/rng.h"

struct vt_law;

/* What the laws of one family share.  `fixed` are a law's own constants (weights, centres, cumulative tables), the
 * same for every seed. */
struct vt_family {
	const char *name; /* part of the key of the random stream: never changed */
	bool discrete_x, discrete_y, discrete_z;
	bool enumerated, of_class;
	const char *method;
	/* How many constants, and what they are; null: none. */
	size_t (*n_fixed)(const struct vt_law *law);
	void (*fix)(const struct vt_law *law, double *fixed);
	/* One row. */
	void (*draw)(const struct vt_law *law, const double *fixed, struct vt_rng *r, double *x, double *y, double *z);
	/* Nats.  Null: the table of cases has it, by Monte Carlo. */
	double (*truth)(const struct vt_law *law, const double *fixed);
};

/* A family with its parameters.  What a, b, c mean stands with each family. */
struct vt_law {
	const struct vt_family *family;
	size_t dx, dy, dz;
	double a, b, c;
};

/* Continuous. */
extern const struct vt_family vt_law_pairs, vt_law_pairs_mi, vt_law_dense, vt_law_linear, vt_law_student,
	vt_law_additive;
/* Discrete. */
extern const struct vt_family vt_law_bsc, vt_law_bec, vt_law_symmetric, vt_law_zipf;
/* Mixed. */
extern const struct vt_family vt_law_staircase, vt_law_zip, vt_law_atoms, vt_law_labels_line, vt_law_labels,
	vt_law_ring;
/* Conditional. */
extern const struct vt_family vt_law_given, vt_law_given_label, vt_law_xor, vt_law_bsc_given;
/* Layers. */
extern const struct vt_family vt_law_tanh, vt_law_noisy_xt, vt_law_noisy_ty, vt_law_codes_xt, vt_law_codes_ty;

/* Injective maps, applied to all columns of one row; the swiss roll makes two columns of one. */
enum vt_map { VT_MAP_NONE, VT_MAP_CDF, VT_MAP_HALF_CUBE, VT_MAP_ASINH, VT_MAP_WIGGLY, VT_MAP_BIMODAL, VT_MAP_SWISS,
              VT_MAP_SPIRAL };
/* of_x: whether v is X or Y, which several maps treat differently. */
void vt_map_row(enum vt_map map, bool of_x, size_t d, double *v);

/* Correlated unit normals: the second has correlation rho with the first. */
void vt_normal_pair(struct vt_rng *r, double rho, double *first, double *second);

/* Entropy in nats of an event of probability p. */
double vt_binary_entropy(double p);

/* The layer of vt_known_layer: t (4096 x dy) and classes. */
enum { VT_SIGN_BITS = 12, VT_SIGN_ROWS = 4096 };
void vt_sign_vector(size_t i, double out[VT_SIGN_BITS]);
int vt_sign_class(size_t i);

#endif
