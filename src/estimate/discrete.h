/* Discrete variables as counts, the entropy of counts by several formulas, and information from such entropies;
 * private to room estimate.
 *
 * Rows become symbols (`vt_symbols`: verified hashing, different rows never share one), symbols become counts, and
 * all formulas see only how often each count occurs: new names for the symbols change no bit.
 *
 *   I(X;Y)   = H(X) + H(Y) - H(X,Y)
 *   I(X;Y|Z) = H(X,Z) + H(Y,Z) - H(X,Y,Z) - H(Z)
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_DISCRETE_H
#define ESTIMATE_DISCRETE_H

#include "pair.h"

/* ---- counts ---------------------------------------------------------------- */

/* n rows in `occupied` cells: times[k] of them hold size[k] rows each, sizes ascending.  A variable that is not
 * there has n rows in one cell. */
struct vt_counts {
	size_t n, occupied, n_sizes;
	uint32_t *size, *times;
	uint32_t *of_row; /* rows in the cell of row i, n numbers; null where made from a list */
};

/* Counts of the cells of a list; empty cells are passed over.  VT_EDOMAIN when there is no row.  The caller
 * clears. */
enum vt_status vt_counts_of(struct vt_ctx *ctx, const uint32_t *rows, size_t n_cells, struct vt_counts *out);
void vt_counts_clear(struct vt_counts *c);

/* ---- entropy of counts, nats ------------------------------------------------- */

/* -sum p ln p of the shares. */
double vt_entropy_plug_in(const struct vt_counts *c);
/* Plug-in + (occupied - 1) / (2 n): Miller 1955. */
double vt_entropy_miller_madow(const struct vt_counts *c);
/* ln n - 1/n sum c G(c), G(c) = psi(c) + (-1)^c int_0^1 x^(c-1) / (1+x) dx: Grassberger, physics/0307138v2 (2008),
 * the estimator announced in 2003. */
double vt_entropy_grassberger(const struct vt_counts *c);
double vt_grassberger(size_t count); /* G */
/* Coverage C = 1 - f1 / n (f1 singletons; n - 1 where all are), Horvitz-Thompson: Chao & Shen 2003. */
double vt_entropy_chao_shen(const struct vt_counts *c);

/* Shares moved towards equal ones, lambda / cells + (1 - lambda) p: Hausser & Strimmer 2009, eq. 5; and the entropy
 * of the moved shares.  `cells` >= occupied; need not be whole. */
double vt_shrinkage(const struct vt_counts *c, double cells);
double vt_entropy_shrunk(const struct vt_counts *c, double cells, double lambda);

/* Posterior mean and standard deviation of the entropy under the prior of Nemenman, Shafee & Bialek 2002, for `cells`
 * >= occupied possible symbols.  sd null: not wanted, and a third of the time. */
enum vt_status vt_entropy_nsb(struct vt_ctx *ctx, const struct vt_counts *c, double cells, double *mean, double *sd);

/* ---- a pair as counts -------------------------------------------------------- */

/* Symbols of the rows of each variable, 0 .. n_symbols - 1; z null: nothing is given. */
struct vt_symbol_rows {
	size_t n, n_x, n_y, n_z;
	int32_t *x, *y, *z;
};

/* a = (X,Z), b = (Y,Z), ab = (X,Y,Z), c = Z, the symbols that each variable took. */
struct vt_joint {
	struct vt_counts a, b, ab, c;
	double n_x, n_y, n_z;
};

/* An estimator of information from counts. */
struct vt_discrete_method {
	enum vt_status (*mi)(struct vt_ctx *ctx, const void *settings, const struct vt_joint *j, double *mi);
	/* Local terms: how mi moves with the weight of each row, up to a constant; *keep: the factor by which it answers to
	 * second-order deviations.  Null: logarithms of counts, and 1. */
	enum vt_status (*local)(struct vt_ctx *ctx, const void *settings, const struct vt_joint *j, double *local,
	                        double *keep);
	/* Variance that the formula itself adds.  Null: none. */
	double (*jitter)(const struct vt_joint *j);
};

/* Local terms from logarithms of counts. */
enum vt_status vt_discrete_local(struct vt_ctx *ctx, const struct vt_joint *j, double *local);

extern const struct vt_discrete_method vt_plug_in_method; /* for kinds that make symbols of their own */

/* Symbols of a pair whose variables are all taken as they are.  The caller clears. */
enum vt_status vt_symbol_rows_of(struct vt_ctx *ctx, const struct vt_pair *in, struct vt_symbol_rows *out);
void vt_symbol_rows_clear(struct vt_symbol_rows *s);

enum vt_status vt_joint_of(struct vt_ctx *ctx, const struct vt_symbol_rows *s, struct vt_joint *out);
void vt_joint_clear(struct vt_joint *j);

/* The combination of entropies by one formula. */
double vt_joint_information(const struct vt_joint *j, double (*entropy)(const struct vt_counts *));

/* Estimate, error, interval, ceiling and flags from symbols, and from a pair as it is.  The error is that of the local
 * terms and of the second-order term together (discrete.c). */
enum vt_status vt_discrete_estimate_symbols(struct vt_ctx *ctx, const struct vt_discrete_method *m,
                                            const void *settings, const struct vt_pair *in,
                                            const struct vt_symbol_rows *s, struct vt_estimated *out);
enum vt_status vt_discrete_estimate(struct vt_ctx *ctx, const struct vt_discrete_method *m, const void *settings,
                                    const struct vt_pair *in, struct vt_estimated *out);

/* mi of each order of y's rows: symbols are found once. */
enum vt_status vt_discrete_null_symbols(struct vt_ctx *ctx, const struct vt_discrete_method *m, const void *settings,
                                        const struct vt_pair *in, const struct vt_symbol_rows *s,
                                        const uint32_t *order, double *mi);
enum vt_status vt_discrete_null(struct vt_ctx *ctx, const struct vt_discrete_method *m, const void *settings,
                                const struct vt_pair *in, const uint32_t *order, double *mi);

#endif
