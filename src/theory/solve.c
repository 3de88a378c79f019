/* From one start to a fixed point at one beta.
 *
 * Plain Blahut-Arimoto needs 10^4 to 10^6 steps near a critical beta, since the slowest mode
 * decays as 1 - O(distance).  Two steps tell that rate; one jump along it (scheme S3 of Varadhan
 * & Roland 2008) does the work of many, and is taken back where it raised the free energy.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <string.h>

#include "solve.h"

enum { CYCLES_BETWEEN_MERGES = 8 };
static const double longest_jump = 1024;

/* Probability that a cluster may lose, and lagrangian that a merger may cost, in all: far below
 * what anybody reads. */
static const double negligible = 1e-14;

/* ---- merging --------------------------------------------------------------- */

/* p (H of the mixture - mixture of the Hs): what I(T;Y) loses when two clusters become one. */
static double loss(size_t n_y, const double *a, const double *b)
{
	double qa = 0, qb = 0, sum = 0;
	for (size_t y = 0; y < n_y; y++) {
		qa += exp(a[y]);
		qb += exp(b[y]);
	}
	for (size_t y = 0; y < n_y; y++) {
		double u = exp(a[y]), v = exp(b[y]), middle = log((u + v) / (qa + qb));
		sum += u * (a[y] - log(qa) - middle) + v * (b[y] - log(qb) - middle);
	}
	return sum;
}

static double weight(size_t n_y, const double *w)
{
	double q = 0;
	for (size_t y = 0; y < n_y; y++) q += exp(w[y]);
	return q;
}

/* Cluster t takes over cluster u; the last one moves into the gap. */
static void absorb(size_t n_y, struct vt_channel *c, size_t t, size_t u)
{
	for (size_t y = 0; y < n_y; y++) {
		double *to = &c->w[t * n_y + y];
		*to = log(exp(*to) + exp(c->w[u * n_y + y]));
	}
	c->n--;
	memmove(c->w + u * n_y, c->w + c->n * n_y, n_y * sizeof *c->w);
}

/* Merging never raises I(X;T), so only the loss about Y counts against it. */
bool vt_ib_merge(struct vt_ib_room *r, double beta, struct vt_channel *c)
{
	size_t n_y = r->law->n_y, before = c->n;
	for (size_t t = 0; t < c->n; t++)
		for (size_t u = t + 1; u < c->n;) {
			bool gone = weight(n_y, c->w + u * n_y) < negligible;
			if (gone || beta * loss(n_y, c->w + t * n_y, c->w + u * n_y) < negligible) absorb(n_y, c, t, u);
			else u++;
		}
	return c->n < before;
}

/* ---- steps and jumps ----------------------------------------------------------- */

static double change(size_t n, const double *a, const double *b)
{
	double most = 0;
	for (size_t i = 0; i < n; i++) most = fmax(most, fabs(exp(a[i]) - exp(b[i])));
	return most;
}

/* far = w + 2 s r + s^2 v with r the first step, v the change from first to second, and
 * s = |r| / |v| in the norm of the probabilities. */
static void jump(size_t n, const double *w, const double *next, const double *second, double *far)
{
	double rr = 0, vv = 0;
	for (size_t i = 0; i < n; i++) {
		double r = next[i] - w[i], v = second[i] - next[i] - r, p = exp(second[i]);
		rr += p * r * r;
		vv += p * v * v;
	}
	double s = vv > 0 ? fmin(fmax(sqrt(rr / vv), 1), longest_jump) : 1;
	for (size_t i = 0; i < n; i++) {
		double r = next[i] - w[i], v = second[i] - next[i] - r;
		far[i] = fmin(fmax(w[i] + 2 * s * r + s * s * v, -690), 0);
	}
}

/* Two steps, a jump, and a third step from where it led, if that is lower than the first. */
static double cycle(struct vt_ib_room *r, double beta, struct vt_channel *c)
{
	size_t n = c->n * r->law->n_y;
	vt_ib_step(r, beta, c->n, c->w, r->next);
	double energy = vt_ib_step(r, beta, c->n, r->next, r->second), residual = change(n, r->next, r->second);
	jump(n, c->w, r->next, r->second, r->far);
	bool lower = vt_ib_step(r, beta, c->n, r->far, r->next) <= energy;
	memcpy(c->w, lower ? r->next : r->second, n * sizeof *c->w);
	return residual;
}

static void trivial(const struct vt_law *l, double beta, struct vt_channel *c, struct vt_ib_point *out)
{
	c->n = 1;
	for (size_t y = 0; y < l->n_y; y++) c->w[y] = l->py[y] > 0 ? log(l->py[y]) : -690;
	*out = (struct vt_ib_point){ .beta = beta, .iterations = out->iterations, .clusters = 1, .converged = true };
}

void vt_ib_solve(struct vt_ib_room *r, double beta, struct vt_channel *c, struct vt_ib_point *out)
{
	const struct vt_ib_settings *s = r->settings;
	bool merged = true;
	out->iterations = 0;
	out->residual = INFINITY;
	for (size_t k = 1; out->iterations < s->max_iterations && (merged || out->residual > s->tolerance); k++) {
		out->residual = cycle(r, beta, c);
		out->iterations += 3;
		merged = (k % CYCLES_BETWEEN_MERGES == 0 || out->residual <= s->tolerance) && vt_ib_merge(r, beta, c);
	}
	vt_ib_measure(r, beta, c, out);
	out->converged = out->residual <= s->tolerance;
	if (beta <= 1 || vt_ib_cost(out, beta) >= -negligible) trivial(r->law, beta, c, out);
}
