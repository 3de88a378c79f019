/* Elliptical copulas: normal and Student, fitted to ranks; private to room estimate.
 *
 * A vector has the copula of a multivariate t with correlation R and nu degrees of freedom if monotone maps of
 * its columns, one by one, make it that t.  nu = infinity is the normal copula.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ESTIMATE_ELLIPTICAL_H
#define ESTIMATE_ELLIPTICAL_H

#include "pair.h"

struct vt_elliptical {
	size_t n, dx, dy;
	double nu;              /* INFINITY: normal */
	double nu_error;        /* what the standard error of nu makes of mi */
	double *score;          /* n x (dx + dy): t quantiles of the ranks */
	double *correlation;    /* (dx + dy)^2 */
	double log_likelihood;  /* of the copula, mean over rows */
	double mi;              /* of the fitted law, bias of the correlations removed */
};

/* The most likely nu in [least, infinity] unless `nu` is given (> 0, INFINITY for the normal copula); correlations
 * by the fixed point of the t law's scatter (Kent & Tyler 1991).  *singular where R has no inverse.  The caller
 * clears.  Cost some 20 n d^2 per trial of nu. */
enum vt_status vt_elliptical_fit(struct vt_ctx *ctx, const struct vt_mat *x, const struct vt_mat *y, double nu,
                                 struct vt_elliptical *out, bool *singular);
void vt_elliptical_clear(struct vt_elliptical *f);

/* Information of a t law with these dimensions beyond that of its correlations; 0 for nu = INFINITY.
 * Arellano-Valle, Contreras-Reyes & Genton 2013, through the entropies. */
double vt_student_excess(size_t dx, size_t dy, double nu);

/* ln p(x,y) / (p(x) p(y)) of the fitted law at each row: n numbers. */
enum vt_status vt_elliptical_local(struct vt_ctx *ctx, const struct vt_elliptical *f, double *local);

/* Canonical form of a fit: x = lw u w and y = le v e have its correlations if w and e are white and w_j, e_j have
 * correlation rho_j, descending. */
struct vt_axes {
	size_t dw, de;
	double *lw, *le;  /* Cholesky factors of the correlations of x (dw x dw) and y (de x de) */
	double *u, *v;    /* orthonormal columns */
	double *rho;      /* dw + de numbers, the first min(dw, de) count */
};
/* Of (x, y), or of (y, x) where `swap`.  The caller clears. */
enum vt_status vt_elliptical_axes(struct vt_ctx *ctx, const struct vt_elliptical *f, bool swap, struct vt_axes *out);
void vt_axes_clear(struct vt_axes *a);

/* Directions of x and y in which the fit has its dependence. */
struct vt_residual {
	size_t n, d, e_dim, top; /* w: n x d; e: n x e_dim; the first `top` columns of each are canonical pairs */
	double *w;               /* x, uncorrelated and of variance 1 under the fit */
	double *e;               /* what the fit leaves of y given x: independent of w and of a known law if it is right */
	double nu;               /* degrees of freedom of e's law */
};
/* Of y given x, or of x given y where `swap`.  The caller clears. */
enum vt_status vt_elliptical_residual(struct vt_ctx *ctx, const struct vt_elliptical *f, bool swap,
                                      struct vt_residual *out);
void vt_residual_clear(struct vt_residual *r);

/* How much information the fit misses, in nats, by what is left between w and e and of e's own law; its standard
 * error under a right fit.  About 0 (either sign) where the copula is right; not a bound where it is not. */
enum vt_status vt_elliptical_misfit(struct vt_ctx *ctx, const struct vt_elliptical *f, uint64_t seed, double *misfit,
                                    double *se);

/* What may be missed: 0.02 nat, or 3 % of the information. */
double vt_misfit_limit(double mi);

/* The estimate of a fit, with its error; and all of it: fit, estimate, flag where the copula does not fit. */
enum vt_status vt_elliptical_estimate(struct vt_ctx *ctx, const struct vt_pair *in, const struct vt_elliptical *f,
                                      struct vt_estimated *out);
enum vt_status vt_elliptical_pair(struct vt_ctx *ctx, const struct vt_pair *in, double nu, struct vt_estimated *out);

#endif
