/* Optimal curves: how much a T made from X can tell of Y when it may tell so much of X.
 *
 * The information bottleneck minimises I(X;T) - beta I(T;Y) over all channels p(t|x); the
 * points (I(X;T), I(T;Y)) of all beta trace the concave curve that no layer can lie above.
 * What lies between two points of it can be reached by choosing at random between their
 * channels, so that straight lines between computed points are never above the curve.
 *
 * All information in nats.  At the end, what is known of how fast networks learn.  Nothing here
 * knows of networks, data or estimators: laws go in.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_THEORY_H
#define VENTURI_THEORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "venturi/base.h"
#include "venturi/mat.h"

/* One solution: the best that was found.  The problem is not convex; a better one may exist.
 *
 * beta        the price of a nat about Y in nats about X; infinite at the end of the curve
 * i_xt, i_ty  nats; never negative
 * h_t         entropy of T, nats; i_xt where T is a function of X
 * residual    the largest change of an entry of p(t, y) in the last plain step
 * iterations  plain steps of the start that won, counting those that were extrapolated from
 * clusters    values of T with probability above 0 that differ in p(y|t)
 * converged   residual <= tolerance.  A point that is not is still a channel that exists: it
 *             lies on or below the curve, and seems to lie too near the trivial one */
struct vt_ib_point {
	double beta, i_xt, i_ty, h_t, residual;
	size_t iterations, clusters;
	bool converged;
};

/* The lagrangian i_xt - beta i_ty (for the deterministic bottleneck h_t - beta i_ty). */
double vt_ib_cost(const struct vt_ib_point *p, double beta);
double vt_dib_cost(const struct vt_ib_point *p, double beta);

/* What is known of a law before any curve.
 *
 * n_states         rows whose p(y|x) differ: the minimal sufficient statistic of X for Y
 * h_x, h_y, i_xy   nats, of the table as given
 * h_states         entropy of the minimal sufficient statistic: where the curve ends
 * correlation      maximal correlation of X and Y (Hirschfeld, Gebelein, Renyi), in [0, 1]
 * beta_c           1 / correlation^2: above it T = constant is no longer even a local optimum.
 *                  Infinite for independent X and Y
 * deterministic    Y is a function of X: the curve is min(i_xt, h_y), and see below
 *
 * When it misleads: beta_c is where the trivial solution becomes unstable.  In laws far from
 * symmetric a solution away from it can be better already below beta_c (down to the inverse
 * of the strong data-processing constant); the points found there are right, and the name
 * "critical beta" is then too much said.
 * Source: Witsenhausen 1975; Anantharam, Gohari, Kamath, Nair 2013. */
struct vt_ib_facts {
	size_t n_states;
	double h_x, h_y, i_xy, h_states, correlation, beta_c;
	bool deterministic;
};

/* How to look for solutions.  Zero or null settings mean these defaults.
 *
 * n_starts        4: random starts at every beta besides the annealed one; SIZE_MAX: none
 * max_iterations  20000 plain steps per start
 * tolerance       1e-11 of the residual
 * seed            of the starts: (seed, VT_PURPOSE_THEORY, start and beta) */
struct vt_ib_settings {
	size_t n_starts, max_iterations;
	double tolerance;
	uint64_t seed;
};

/* joint       p(x, y), n_x rows by n_y columns: numbers >= 0 whose sum is 1 within
 *             1e-9.  Rows with equal p(y|x) (to a relative 1e-9) are merged: that changes no
 *             curve and makes large tables with few states cheap
 *
 * VT_EDOMAIN when the table is no law.  Cost O(n_x n_y + n_x log n_x + n_y^3) for the facts. */
enum vt_status vt_ib_facts(struct vt_ctx *ctx, struct vt_mat joint, struct vt_ib_facts *out);

/* The information bottleneck at n given beta >= 0, in any order, by Blahut-Arimoto steps in
 * log space.  Each beta is reached from T = X by annealing downwards through the given betas,
 * by random starts, and by the solutions of the other betas; the best is kept.
 *
 * out   n points, out[i] at beta[i].  With a deterministic law the answer is written down and
 *       not searched for: (0, 0) for beta < 1, (h_y, h_y) for beta > 1, and at beta = 1, where
 *       every point of the line between the two is optimal, its middle
 *
 * More restarts never make a point worse.  Bit for bit the same for any number of threads.
 * Cost per plain step O(n_states clusters n_y), clusters <= n_states; 53 states: some 10 us.
 *
 * When it misleads: where the curve is straight the lagrangian cannot trace it.  If Y = f(X)
 * all beta > 1 give one point (Kolchinsky, Tracey, Van Kuyk 2019); near it, as with slightly
 * noisy labels, all of the rise happens within a few per cent of beta.  Ask vt_ib_trace.
 * Source: Tishby, Pereira, Bialek 1999; the extrapolation: Varadhan, Roland 2008 (S3). */
enum vt_status vt_ib_curve(struct vt_ctx *ctx, struct vt_mat joint, const struct vt_ib_settings *s, size_t n,
                           const double *beta, struct vt_ib_point *out);

/* The deterministic bottleneck, h_t - beta i_ty over functions t(x).  Starts: T constant, every
 * stage of the greedy merging of pairs from T = X, n_starts random assignments, the solutions
 * of the other betas; from each, single states are moved and pairs merged as long as the cost
 * falls.  i_xt = h_t, residual is 0; iterations counts sweeps over all states.
 *
 * When it misleads: hard clusterings have many local optima (it found the best of all
 * partitions in every case small enough to try them all).  The curve is a set of corners with
 * nothing between them.
 * Source: Strouse, Schwab 2017; merging: Slonim, Tishby 1999; moving one at a time: Slonim,
 * Friedman, Tishby 2002.  Cost O(n_states clusters n_y) a sweep, O(clusters^2 n_y) a merger. */
enum vt_status vt_dib_curve(struct vt_ctx *ctx, struct vt_mat joint, const struct vt_ib_settings *s, size_t n,
                            const double *beta, struct vt_ib_point *out);

/* The whole curve as at most n >= 8 points for drawing, i_xt ascending, from (0, 0) over the
 * end of the curve (h_states, i_xy) to (h_x, i_xy), the last two at infinite beta.  The betas
 * between are put where neighbours lie far apart.  With a deterministic law the line
 * i_ty = i_xt up to h_y, at beta = 1, and the flat part: exact.  n_out: points written. */
enum vt_status vt_ib_trace(struct vt_ctx *ctx, struct vt_mat joint, const struct vt_ib_settings *s, size_t n,
                           struct vt_ib_point *out, size_t *n_out);

/* Jointly Gaussian X and Y, in closed form.  With l_i the eigenvalues of S_x|y S_x^-1 (l_i is
 * 1 less a squared canonical correlation), over those with beta > 1 / (1 - l_i):
 *
 *     i_xt = 1/2 sum ln( (beta - 1)(1 - l_i) / l_i )     i_ty = i_xt - 1/2 sum ln( beta (1 - l_i) )
 *
 * xx, xy, yy   blocks of the covariance: p x p, p x q, q x q; the lower triangles of xx and yy
 *              are used
 * beta_c       may be null: 1 / (1 - smallest l), infinite for independent X and Y
 * out          n points, out[i] at beta[i] >= 0, finite.  h_t is NaN: T has no entropy but a
 *              differential one.  clusters: the components in use
 *
 * VT_EDOMAIN when a block is not positive definite, or when a canonical correlation is 1 to
 * within 1e-12: the information is then infinite.  Cost O((p + q)^3).
 *
 * When it misleads: on what is not Gaussian it is a curve of another law with the same
 * covariances: neither above nor below the true one.
 * Source: Chechik, Globerson, Tishby, Weiss 2005, theorem 3.1. */
enum vt_status vt_gaussian_ib_curve(struct vt_ctx *ctx, struct vt_mat xx, struct vt_mat xy, struct vt_mat yy, size_t n,
                                    const double *beta, struct vt_ib_point *out, double *beta_c);

/* How fast gradient descent learns each frequency, where that is known: the neural tangent kernel of the
 * first layer of an infinitely wide network of one hidden ReLU layer, on the unit circle.  At an angle
 * theta in [0, pi] between two inputs it is
 *
 *     cos theta (pi - theta) / (2 pi)            without biases
 *     (cos theta + 1) (pi - theta) / (4 pi)      with biases
 *
 * and the error at k cycles over the circle decays at a rate in proportion to the eigenvalue
 * 1 / pi * integral over 0 .. pi of kernel(theta) cos(k theta): about 1 / k^2, and nothing for odd k >= 3
 * without biases.
 *
 * vt_ntk_circle           the eigenvalue in closed form
 * vt_ntk_circle_integral  the same by Gauss-Legendre quadrature, for any k up to 1000: absolute error 1e-15
 *
 * When it misleads: networks of finite width, of more layers, under Adam or at large rates leave the
 * kernel; points that are not uniform on the circle have other eigenfunctions.
 * Source: Basri, Jacobs, Kasten, Kritchman 2019, eqs. 4 to 7. */
double vt_ntk_circle_kernel(bool biases, double theta);
double vt_ntk_circle(bool biases, unsigned k);
enum vt_status vt_ntk_circle_integral(struct vt_ctx *ctx, bool biases, unsigned k, double *out);

#endif
