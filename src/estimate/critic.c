/* The critic's scores of all pairs of a batch, and their gradient.
 *
 * The first layer is a sum of one part by x and one by y: two products of matrices serve all n^2 pairs.  What
 * follows is fused over strips of pairs (i, j .. j + 127), so that nothing of size n^2 x hidden is ever stored; the
 * way back computes the strip's activations once more, which is cheaper than memory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "adam.h"
#include "critic.h"
#include "strip.h"
#include "venturi/num.h"
#include "venturi/rng.h"

/* ---- memory ------------------------------------------------------------------ */

/* What one block of rows writes to: activations, their derivatives, and sums with lanes apart. */
struct work {
	vt_v8 *z[VT_CRITIC_MOST_HIDDEN], *d[2], *left, *dw[VT_CRITIC_MOST_HIDDEN + 1], *db[VT_CRITIC_MOST_HIDDEN + 1];
	float *right;
};

static size_t widest(const struct vt_critic *c)
{
	size_t most = 0;
	for (size_t l = 0; l < c->shape.n_hidden; l++) most = c->width[l] > most ? c->width[l] : most;
	return most;
}

/* Vectors of one block's memory: what is written afresh for each strip, and the sums. */
static size_t fresh_size(const struct vt_critic *c)
{
	size_t units = 2 * widest(c);
	for (size_t l = 0; l < c->shape.n_hidden; l++) units += c->width[l];
	return units * VT_STRIP_VECTORS;
}

static size_t sums_size(const struct vt_critic *c)
{
	size_t size = c->width[0] + c->width[0] * c->lanes / VT_STRIP_LANES;
	size_t before = c->width[0];
	for (size_t l = 1; l < c->shape.n_hidden; l++) {
		size += c->width[l] * (before + 1);
		before = c->width[l];
	}
	return size + before + 1;
}

static vt_v8 *take(vt_v8 **at, size_t n)
{
	vt_v8 *p = *at;
	*at += n;
	return p;
}

/* Block b's parts: first what is written afresh, then the sums. */
static struct work block_work(const struct vt_critic *c, size_t b)
{
	struct work w;
	size_t layers = c->shape.n_hidden;
	vt_v8 *at = (vt_v8 *)c->work + b * c->work_size;
	for (size_t l = 0; l < layers; l++) w.z[l] = take(&at, c->width[l] * VT_STRIP_VECTORS);
	for (size_t k = 0; k < 2; k++) w.d[k] = take(&at, widest(c) * VT_STRIP_VECTORS);
	w.left = take(&at, c->width[0]);
	w.right = (float *)take(&at, c->width[0] * c->lanes / VT_STRIP_LANES);
	for (size_t l = 1; l <= layers; l++) {
		size_t out = l < layers ? c->width[l] : 1;
		w.dw[l] = take(&at, out * c->width[l - 1]);
		w.db[l] = take(&at, out);
	}
	return w;
}

static void number_parameters(struct vt_critic *c)
{
	size_t at = 0, layers = c->shape.n_hidden;
	c->wx = at;
	at += c->width[0] * c->shape.dx;
	c->wy = at;
	at += c->width[0] * c->shape.dy;
	c->bias[0] = at;
	at += c->width[0];
	for (size_t l = 1; l <= layers; l++) {
		size_t out = l < layers ? c->width[l] : 1;
		c->weight[l] = at;
		at += out * c->width[l - 1];
		c->bias[l] = at;
		at += out;
	}
	c->n_parameters = at;
}

enum vt_status vt_critic_create(struct vt_ctx *ctx, const struct vt_critic_shape *shape, struct vt_critic *out)
{
	enum vt_status status = VT_OK;
	struct vt_critic c = { .shape = *shape };
	size_t n = shape->batch;
	c.lanes = (n + 31) / 32 * 32; /* vectors by twos, and exponents by fours */
	for (size_t l = 0; l < shape->n_hidden; l++) c.width[l] = (shape->hidden[l] + 3) / 4 * 4;
	number_parameters(&c);
	c.work_size = fresh_size(&c) + sums_size(&c);
	VT_NEW(ctx, c.parameter, c.n_parameters);
	VT_NEW(ctx, c.gradient, c.n_parameters);
	VT_NEW(ctx, c.mean, c.n_parameters);
	VT_NEW(ctx, c.square, c.n_parameters);
	VT_NEW(ctx, c.left, n * c.width[0]);
	VT_NEW(ctx, c.d_left, n * c.width[0]);
	VT_NEW(ctx, c.right, c.lanes * c.width[0]);
	VT_NEW(ctx, c.d_right, c.lanes * c.width[0]);
	VT_NEW(ctx, c.score, n * c.lanes);
	VT_NEW(ctx, c.own, n);
	VT_NEW(ctx, c.top, n);
	VT_NEW(ctx, c.sum, n);
	VT_NEW(ctx, c.scale, n);
	c.work = vt_alloc(ctx, c.work_size * VT_CRITIC_BLOCKS, sizeof(vt_v8));
	if (!c.work) status = VT_ENOMEM;
	*out = c;
done:
	if (status != VT_OK) vt_critic_clear(&c);
	return status;
}

void vt_critic_clear(struct vt_critic *c)
{
	float *const floats[] = { c->parameter, c->gradient, c->mean, c->square, c->left, c->d_left, c->right, c->d_right,
		                      c->score };
	double *const doubles[] = { c->own, c->top, c->sum, c->scale };
	for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) free(floats[i]);
	for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) free(doubles[i]);
	free(c->work);
	*c = (struct vt_critic){ 0 };
}

static void uniform_block(struct vt_rng *r, float *w, size_t rows, size_t cols, size_t stride, size_t inputs)
{
	double most = sqrt(3 / (double)inputs);
	for (size_t i = 0; i < rows; i++)
		for (size_t k = 0; k < cols; k++) w[i * stride + k] = (float)(most * (2 * vt_rng_uniform(r) - 1));
}

void vt_critic_initialise(struct vt_critic *c, uint64_t seed)
{
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_CRITIC, 1);
	const struct vt_critic_shape *s = &c->shape;
	memset(c->parameter, 0, c->n_parameters * sizeof *c->parameter);
	memset(c->mean, 0, c->n_parameters * sizeof *c->mean);
	memset(c->square, 0, c->n_parameters * sizeof *c->square);
	uniform_block(&r, c->parameter + c->wx, s->hidden[0], s->dx, s->dx, s->dx + s->dy);
	uniform_block(&r, c->parameter + c->wy, s->hidden[0], s->dy, s->dy, s->dx + s->dy);
	for (size_t l = 1; l <= s->n_hidden; l++)
		uniform_block(&r, c->parameter + c->weight[l], l < s->n_hidden ? s->hidden[l] : 1, s->hidden[l - 1],
		              c->width[l - 1], s->hidden[l - 1]);
}

/* ---- strips -------------------------------------------------------------------- */

/* Activations of the pairs (i, first ..) up to the last hidden layer. */
VT_INLINE void strip_activations(const struct vt_critic *c, const struct work *w, size_t i, size_t first,
                                 size_t vectors)
{
	const float *left = c->left + i * c->width[0];
	for (size_t k = 0; k < c->width[0]; k++) {
		const vt_v8 *right = (const vt_v8 *)(c->right + k * c->lanes + first);
		for (size_t v = 0; v < vectors; v++) {
			vt_v8 a = left[k] + right[v];
			vt_strip_gate(&a, &a, &w->z[0][k * VT_STRIP_VECTORS + v]);
		}
	}
	for (size_t l = 1; l < c->shape.n_hidden; l++)
		vt_strip_forward(c->width[l], c->width[l - 1], vectors, c->parameter + c->weight[l], c->parameter + c->bias[l],
		                 w->z[l - 1], w->z[l]);
}

/* v' h + c of a strip. */
VT_INLINE void strip_scores(const struct vt_critic *c, const struct work *w, size_t vectors, vt_v8 *score)
{
	size_t last = c->shape.n_hidden;
	const float *weight = c->parameter + c->weight[last];
	for (size_t v = 0; v < vectors; v++) {
		vt_v8 s = (vt_v8){ 0 } + c->parameter[c->bias[last]];
		for (size_t k = 0; k < c->width[last - 1]; k++) s += weight[k] * w->z[last - 1][k * VT_STRIP_VECTORS + v];
		score[v] = s;
	}
}

VT_CLONES static void row_scores(const struct vt_critic *c, const struct work *w, size_t i)
{
	size_t all = c->lanes / VT_STRIP_LANES;
	for (size_t v = 0; v < all; v += VT_STRIP_VECTORS) {
		size_t vectors = all - v < VT_STRIP_VECTORS ? all - v : VT_STRIP_VECTORS;
		strip_activations(c, w, i, v * VT_STRIP_LANES, vectors);
		strip_scores(c, w, vectors, (vt_v8 *)(c->score + i * c->lanes) + v);
	}
}

/* Derivatives of a strip's scores, g, back to the first layer; sums go to the block's memory. */
VT_INLINE void strip_gradient(const struct vt_critic *c, const struct work *w, const vt_v8 *g, size_t first,
                              size_t vectors)
{
	size_t last = c->shape.n_hidden, top = c->width[last - 1];
	const float *weight = c->parameter + c->weight[last];
	vt_v8 *d = w->d[0], *before = w->d[1];
	for (size_t k = 0; k < top; k++)
		for (size_t v = 0; v < vectors; v++) {
			const vt_v8 *z = &w->z[last - 1][k * VT_STRIP_VECTORS + v];
			vt_v8 dz = weight[k] * g[v];
			w->dw[last][k] += g[v] * *z;
			vt_strip_gate(z, &dz, &d[k * VT_STRIP_VECTORS + v]);
		}
	vt_strip_sums(1, vectors, g, w->db[last]);
	for (size_t l = last - 1; l > 0; l--) {
		vt_strip_weights(c->width[l], c->width[l - 1], vectors, d, w->z[l - 1], w->dw[l]);
		vt_strip_sums(c->width[l], vectors, d, w->db[l]);
		vt_strip_backward(c->width[l], c->width[l - 1], vectors, c->parameter + c->weight[l], d, w->z[l - 1], before);
		vt_v8 *swap = d;
		d = before;
		before = swap;
	}
	vt_strip_sums(c->width[0], vectors, d, w->left);
	for (size_t k = 0; k < c->width[0]; k++) {
		vt_v8 *right = (vt_v8 *)(w->right + k * c->lanes + first);
		for (size_t v = 0; v < vectors; v++) right[v] += d[k * VT_STRIP_VECTORS + v];
	}
}

/* Row i with derivatives scale_i score_ij, less 1 / n for j = i. */
VT_CLONES static void row_gradient(const struct vt_critic *c, const struct work *w, size_t i)
{
	size_t all = c->lanes / VT_STRIP_LANES;
	const float scale = (float)c->scale[i];
	memset(w->left, 0, c->width[0] * sizeof *w->left);
	for (size_t v = 0; v < all; v += VT_STRIP_VECTORS) {
		size_t vectors = all - v < VT_STRIP_VECTORS ? all - v : VT_STRIP_VECTORS, first = v * VT_STRIP_LANES;
		const vt_v8 *score = (const vt_v8 *)(c->score + i * c->lanes) + v;
		vt_v8 g[VT_STRIP_VECTORS];
		for (size_t k = 0; k < vectors; k++) g[k] = scale * score[k];
		if (i >= first && i < first + VT_STRIP) g[(i - first) / VT_STRIP_LANES][i % VT_STRIP_LANES] -= 1 / (float)c->n;
		strip_activations(c, w, i, first, vectors);
		strip_gradient(c, w, g, first, vectors);
	}
	for (size_t k = 0; k < c->width[0]; k++) c->d_left[i * c->width[0] + k] = vt_strip_lanes(&w->left[k]);
}

/* ---- a batch ---------------------------------------------------------------------- */

/* The greatest of s, n being a multiple of 8. */
VT_INLINE float greatest(const float *s, size_t n)
{
	vt_v8 most, v;
	float top;
	memcpy(&most, s, sizeof most);
	for (size_t j = 8; j < n; j += 8) {
		memcpy(&v, s + j, sizeof v);
		vt_v8i above = v > most;
		vt_v8_select(&above, &v, &most, &most);
	}
	top = most[0];
	for (int k = 1; k < 8; k++) top = most[k] > top ? most[k] : top;
	return top;
}

/* s = e^(s - top), e^-87 where that is less. */
VT_CLONES static void exponents(float *s, size_t n, double *top_out)
{
	const vt_v8 least = (vt_v8){ 0 } - 87.0f;
	const float top = greatest(s, n);
	vt_v8 v;
	for (size_t j = 0; j < n; j += 8) {
		memcpy(&v, s + j, sizeof v);
		v -= top;
		vt_v8i below = v < least;
		vt_v8_select(&below, &least, &v, &v);
		vt_v8_exp(&v, &v);
		memcpy(s + j, &v, sizeof v);
	}
	*top_out = top;
}

/* Exponents of a row below its greatest score, and their sum; lanes beyond the batch hold 0. */
static void row_exponents(struct vt_critic *c, size_t i, bool diagonal)
{
	float *s = c->score + i * c->lanes;
	double sum[4] = { 0 };
	c->own[i] = s[i];
	for (size_t j = c->n; j < c->lanes; j++) s[j] = s[0]; /* no greater than the greatest */
	exponents(s, c->lanes, &c->top[i]);
	for (size_t j = c->n; j < c->lanes; j++) s[j] = 0;
	if (!diagonal) s[i] = 0;
	for (size_t j = 0; j < c->lanes; j += 4) /* lanes are a multiple of 32 */
		for (size_t k = 0; k < 4; k++) sum[k] += s[j + k];
	c->sum[i] = sum[0] + sum[1] + sum[2] + sum[3];
}

/* Blocks on the context's threads, or here: folds run side by side already. */
static enum vt_status run_blocks(struct vt_ctx *ctx, vt_block_fn *fn, void *self)
{
	if (ctx) return vt_blocks_run(ctx, VT_CRITIC_BLOCKS, true, fn, self);
	for (size_t b = 0; b < VT_CRITIC_BLOCKS; b++) fn(self, b);
	return VT_OK;
}

struct job {
	struct vt_critic *c;
	bool diagonal;
};

static enum vt_status scores_block(void *self, size_t b)
{
	const struct job *job = self;
	struct vt_critic *c = job->c;
	const struct work w = block_work(c, b);
	for (size_t i = vt_block_begin(b, VT_CRITIC_BLOCKS, c->n); i < vt_block_begin(b + 1, VT_CRITIC_BLOCKS, c->n); i++) {
		row_scores(c, &w, i);
		row_exponents(c, i, job->diagonal);
	}
	return VT_OK;
}

static enum vt_status gradient_block(void *self, size_t b)
{
	const struct job *job = self;
	const struct vt_critic *c = job->c;
	const struct work w = block_work(c, b);
	memset(w.left, 0, sums_size(c) * sizeof *w.left);
	for (size_t i = vt_block_begin(b, VT_CRITIC_BLOCKS, c->n); i < vt_block_begin(b + 1, VT_CRITIC_BLOCKS, c->n); i++)
		row_gradient(c, &w, i);
	return VT_OK;
}

enum vt_status vt_critic_scores(struct vt_ctx *ctx, struct vt_critic *c, const float *x, const float *y, size_t n,
                                bool diagonal)
{
	size_t h = c->width[0], dx = c->shape.dx, dy = c->shape.dy;
	struct job job = { c, diagonal };
	c->n = n;
	for (size_t i = 0; i < n; i++) memcpy(c->left + i * h, c->parameter + c->bias[0], h * sizeof *c->left);
	vt_gemm_f32(false, true, n, h, dx, 1, x, dx, c->parameter + c->wx, dx, 1, c->left, h);
	vt_gemm_f32(false, true, h, n, dy, 1, c->parameter + c->wy, dy, y, dy, 0, c->right, c->lanes);
	return run_blocks(ctx, scores_block, &job);
}

/* Sums over blocks, in their order, of what they kept with lanes apart. */
static void gather_layer(struct vt_critic *c, size_t l)
{
	size_t out = l < c->shape.n_hidden ? c->width[l] : 1, n = out * c->width[l - 1];
	float *weight = c->gradient + c->weight[l], *bias = c->gradient + c->bias[l];
	for (size_t b = 0; b < VT_CRITIC_BLOCKS; b++) {
		const struct work w = block_work(c, b);
		for (size_t i = 0; i < n; i++) weight[i] += vt_strip_lanes(&w.dw[l][i]);
		for (size_t i = 0; i < out; i++) bias[i] += vt_strip_lanes(&w.db[l][i]);
	}
}

enum vt_status vt_critic_gradient(struct vt_ctx *ctx, struct vt_critic *c, const float *x, const float *y)
{
	enum vt_status status = VT_OK;
	size_t n = c->n, h = c->width[0], dx = c->shape.dx, dy = c->shape.dy, size = h * c->lanes;
	struct job job = { c, false };
	VT_TRY(run_blocks(ctx, gradient_block, &job));
	memset(c->gradient, 0, c->n_parameters * sizeof *c->gradient);
	memset(c->d_right, 0, size * sizeof *c->d_right);
	for (size_t b = 0; b < VT_CRITIC_BLOCKS; b++) {
		const struct work w = block_work(c, b);
		for (size_t i = 0; i < size; i++) c->d_right[i] += w.right[i];
	}
	for (size_t l = 1; l <= c->shape.n_hidden; l++) gather_layer(c, l);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < h; k++) c->gradient[c->bias[0] + k] += c->d_left[i * h + k];
	vt_gemm_f32(true, false, h, dx, n, 1, c->d_left, h, x, dx, 0, c->gradient + c->wx, dx);
	vt_gemm_f32(false, false, h, dy, n, 1, c->d_right, c->lanes, y, dy, 0, c->gradient + c->wy, dy);
done:
	return status;
}

void vt_critic_update(struct vt_critic *c, double rate, double decay, int64_t step)
{
	vt_adam_step(c->n_parameters, rate, decay, step, c->gradient, c->mean, c->square, c->parameter);
}
