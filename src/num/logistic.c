/* Logistic regression by L-BFGS.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "venturi/logistic.h"
#include "venturi/rng.h"

enum { BLOCKS = 16, MEMORY = 10 };
static const double small_enough = 1e-5;

/* The objective at w: rows are cut into fixed blocks, whose sums are added in order. */
struct problem {
	const struct vt_mat *x;
	const int32_t *y;
	const uint8_t *use;
	size_t q, n_used, size; /* size: (d + 1) q */
	double ridge;
	const double *w;
	double *z;              /* BLOCKS x q */
	double *part;           /* BLOCKS x size */
	double loss[BLOCKS];
};

static double dot(size_t n, const double *a, const double *b)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
	return sum;
}

/* Eight sums side by side, so that they can be vectorised in a fixed order. */
VT_CLONES static double inner(size_t n, const double *a, const double *b)
{
	double part[8] = { 0 };
	size_t i = 0;
	for (; i + 8 <= n; i += 8)
		for (size_t k = 0; k < 8; k++) part[k] += a[i + k] * b[i + k];
	for (; i < n; i++) part[0] += a[i] * b[i];
	return ((part[0] + part[4]) + (part[1] + part[5])) + ((part[2] + part[6]) + (part[3] + part[7]));
}

VT_CLONES static void add(size_t n, double factor, const double *restrict x, double *restrict y)
{
	for (size_t i = 0; i < n; i++) y[i] += factor * x[i];
}

/* z[c] = x . w_c + b_c; here and in gradients a class is a row, so that columns of x lie together. */
static void scores(const struct problem *p, const double *x, double *z)
{
	size_t d = p->x->cols;
	for (size_t c = 0; c < p->q; c++) z[c] = inner(d, x, p->w + c * (d + 1)) + p->w[c * (d + 1) + d];
}

/* z becomes softmax(z) less the label; returns -log softmax(z)[y]. */
static double residual(double *z, size_t q, size_t y)
{
	double top = z[0], sum = 0, own = z[y];
	for (size_t c = 1; c < q; c++) top = fmax(top, z[c]);
	for (size_t c = 0; c < q; c++) sum += z[c] = exp(z[c] - top);
	for (size_t c = 0; c < q; c++) z[c] = z[c] / sum - (c == y);
	return log(sum) + top - own;
}

static enum vt_status block(void *self, size_t b)
{
	struct problem *p = self;
	size_t n = p->x->rows, d = p->x->cols, q = p->q;
	double *g = p->part + b * p->size, *z = p->z + b * q;
	memset(g, 0, p->size * sizeof *g);
	p->loss[b] = 0;
	for (size_t i = vt_block_begin(b, BLOCKS, n); i < vt_block_begin(b + 1, BLOCKS, n); i++) {
		const double *x = p->x->x + i * p->x->stride;
		if (p->use && !p->use[i]) continue;
		scores(p, x, z);
		p->loss[b] += residual(z, q, (size_t)p->y[i]);
		for (size_t c = 0; c < q; c++) {
			add(d, z[c], x, g + c * (d + 1));
			g[c * (d + 1) + d] += z[c];
		}
	}
	return VT_OK;
}

static enum vt_status objective(struct vt_ctx *ctx, struct problem *p, const double *w, double *loss, double *g)
{
	size_t d = p->x->cols;
	p->w = w;
	enum vt_status status = vt_blocks_run(ctx, BLOCKS, false, block, p);
	if (status != VT_OK) return status;
	*loss = 0;
	memset(g, 0, p->size * sizeof *g);
	for (size_t b = 0; b < BLOCKS; b++) {
		*loss += p->loss[b] / (double)p->n_used;
		for (size_t i = 0; i < p->size; i++) g[i] += p->part[b * p->size + i] / (double)p->n_used;
	}
	for (size_t c = 0; c < p->q; c++) {
		const double *own = w + c * (d + 1);
		*loss += p->ridge / 2 * dot(d, own, own);
		for (size_t k = 0; k < d; k++) g[c * (d + 1) + k] += p->ridge * own[k];
	}
	return VT_OK;
}

/* The last steps and changes of the gradient, the newest at (n - 1) % MEMORY. */
struct history {
	size_t n;
	double *s, *y, rho[MEMORY];
};

/* direction = -H g by the two loops. */
static void descend(const struct history *h, size_t size, const double *g, double *direction)
{
	size_t kept = h->n < MEMORY ? h->n : MEMORY;
	double alpha[MEMORY];
	for (size_t i = 0; i < size; i++) direction[i] = -g[i];
	for (size_t back = 1; back <= kept; back++) {
		size_t k = (h->n - back) % MEMORY;
		alpha[k] = h->rho[k] * dot(size, h->s + k * size, direction);
		for (size_t i = 0; i < size; i++) direction[i] -= alpha[k] * h->y[k * size + i];
	}
	if (kept > 0) {
		size_t k = (h->n - 1) % MEMORY;
		double scale = 1 / (h->rho[k] * dot(size, h->y + k * size, h->y + k * size));
		for (size_t i = 0; i < size; i++) direction[i] *= scale;
	}
	for (size_t back = kept; back >= 1; back--) {
		size_t k = (h->n - back) % MEMORY;
		double beta = h->rho[k] * dot(size, h->y + k * size, direction);
		for (size_t i = 0; i < size; i++) direction[i] += (alpha[k] - beta) * h->s[k * size + i];
	}
}

/* The problem is convex: curvature along a step is positive but for rounding, which is left out. */
static void remember(struct history *h, size_t size, const double *w, const double *w_new, const double *g,
                     const double *g_new)
{
	size_t k = h->n % MEMORY;
	double *s = h->s + k * size, *y = h->y + k * size;
	for (size_t i = 0; i < size; i++) {
		s[i] = w_new[i] - w[i];
		y[i] = g_new[i] - g[i];
	}
	double curvature = dot(size, s, y);
	if (!(curvature > 1e-14 * dot(size, y, y))) return;
	h->rho[k] = 1 / curvature;
	h->n++;
}

/* Halves the step until the loss falls as it should (Armijo).  *moved: false where no step does. */
static enum vt_status search(struct vt_ctx *ctx, struct problem *p, double first, const double *w, double loss,
                             const double *g, const double *direction, double *w_new, double *loss_new, double *g_new,
                             bool *moved)
{
	enum vt_status status = VT_OK;
	double slope = dot(p->size, g, direction), step = first;
	for (int halvings = 0; halvings < 40; halvings++, step /= 2) {
		for (size_t i = 0; i < p->size; i++) w_new[i] = w[i] + step * direction[i];
		VT_TRY(objective(ctx, p, w_new, loss_new, g_new));
		*moved = *loss_new <= loss + 1e-4 * step * slope;
		if (*moved) break;
	}
done:
	return status;
}

static enum vt_status minimise(struct vt_ctx *ctx, struct problem *p, size_t most, double *memory, double *w,
                               double *slope)
{
	enum vt_status status;
	size_t size = p->size;
	double *g = memory, *g_new = g + size, *w_new = g_new + size, *direction = w_new + size, loss, loss_new;
	struct history h = { .s = direction + size, .y = direction + (1 + MEMORY) * size };
	VT_TRY(objective(ctx, p, w, &loss, g));
	for (size_t k = 0; k < most && sqrt(dot(size, g, g)) > small_enough; k++) {
		bool moved = false;
		descend(&h, size, g, direction);
		double first = h.n > 0 ? 1 : fmin(1, 1 / sqrt(dot(size, g, g)));
		VT_TRY(search(ctx, p, first, w, loss, g, direction, w_new, &loss_new, g_new, &moved));
		if (!moved) break;
		remember(&h, size, w, w_new, g, g_new);
		memcpy(w, w_new, size * sizeof *w);
		memcpy(g, g_new, size * sizeof *g);
		loss = loss_new;
	}
	*slope = sqrt(dot(size, g, g));
done:
	return status;
}

enum vt_status vt_logistic_fit(struct vt_ctx *ctx, const struct vt_mat *x, const int32_t *y, const uint8_t *use,
                               size_t q, double ridge, size_t most, double *w, double *slope)
{
	enum vt_status status;
	struct problem p = { .x = x, .y = y, .use = use, .q = q, .size = (x->cols + 1) * q, .ridge = ridge };
	double *memory = NULL, *found = NULL;
	for (size_t i = 0; i < x->rows; i++) p.n_used += !use || use[i];
	VT_REQUIRE(ctx, p.n_used > 0, VT_EDOMAIN, "logistic regression on none of %zu rows", x->rows);
	VT_NEW(ctx, p.z, BLOCKS * q);
	VT_NEW(ctx, p.part, BLOCKS * p.size);
	VT_NEW(ctx, memory, (4 + 2 * MEMORY) * p.size);
	VT_NEW(ctx, found, p.size);
	memcpy(found, w, p.size * sizeof *w);
	VT_TRY(minimise(ctx, &p, most, memory, found, slope));
	memcpy(w, found, p.size * sizeof *w);
done:
	free(p.z);
	free(p.part);
	free(memory);
	free(found);
	return status;
}

enum vt_status vt_logistic_answers(struct vt_ctx *ctx, const struct vt_mat *x, size_t q, const double *w, int32_t *out)
{
	enum vt_status status;
	struct problem p = { .x = x, .q = q, .w = w };
	double *z = NULL;
	VT_NEW(ctx, z, q);
	for (size_t i = 0; i < x->rows; i++) {
		scores(&p, x->x + i * x->stride, z);
		out[i] = 0;
		for (size_t c = 1; c < q; c++)
			if (z[c] > z[out[i]]) out[i] = (int32_t)c;
	}
	status = VT_OK;
done:
	free(z);
	return status;
}

/* Mean loss of the rows with use[i], w as it stands. */
static enum vt_status mean_loss(struct vt_ctx *ctx, const struct vt_mat *x, const int32_t *y, const uint8_t *use,
                                size_t q, const double *w, double *out)
{
	enum vt_status status;
	struct problem p = { .x = x, .q = q, .w = w };
	double *z = NULL, sum = 0;
	size_t n = 0;
	VT_NEW(ctx, z, q);
	for (size_t i = 0; i < x->rows; i++) {
		if (!use[i]) continue;
		scores(&p, x->x + i * x->stride, z);
		sum += residual(z, q, (size_t)y[i]);
		n++;
	}
	*out = sum / (double)n;
	status = VT_OK;
done:
	free(z);
	return status;
}

/* fitted[i], held[i]: the rows with use[i], a tenth of them held out. */
static void hold_out(size_t n, const uint8_t *use, uint8_t *fitted, uint8_t *held)
{
	struct vt_rng r = vt_rng_stream(0, VT_PURPOSE_SPLIT, 1);
	size_t seen = 0, out = vt_rng_below(&r, 10);
	for (size_t i = 0; i < n; i++) {
		bool used = !use || use[i];
		if (used && seen > 0 && seen % 10 == 0) out = vt_rng_below(&r, 10);
		held[i] = used && seen % 10 == out;
		fitted[i] = used && !held[i];
		seen += used;
	}
}

enum vt_status vt_logistic_choose(struct vt_ctx *ctx, const struct vt_mat *x, const int32_t *y, const uint8_t *use,
                                  size_t q, size_t most, double *w, double *ridge, double *slope)
{
	enum vt_status status;
	size_t size = (x->cols + 1) * q, n = 0;
	uint8_t *fitted = NULL, *held = NULL;
	double *try = NULL, best = INFINITY, loss;
	for (size_t i = 0; i < x->rows; i++) n += !use || use[i];
	VT_REQUIRE(ctx, n >= 10, VT_EDOMAIN, "a ridge is to be chosen on %zu rows, wanted at least 10", n);
	VT_NEW(ctx, fitted, x->rows);
	VT_NEW(ctx, held, x->rows);
	VT_NEW(ctx, try, size);
	hold_out(x->rows, use, fitted, held);
	for (int k = 0; k <= 12; k++) { /* each fit begins where the one before ended */
		double here = pow(10, -0.5 * k);
		VT_TRY(vt_logistic_fit(ctx, x, y, fitted, q, here, most, try, slope));
		VT_TRY(mean_loss(ctx, x, y, held, q, try, &loss));
		if (!(loss < best)) break;
		best = loss;
		*ridge = here;
		memcpy(w, try, size * sizeof *w);
	}
	VT_TRY(vt_logistic_fit(ctx, x, y, use, q, *ridge, most, w, slope));
done:
	free(fitted);
	free(held);
	free(try);
	return status;
}
