/* The transformer's layers, once per precision, forward and backward side by side.  The includer defines `real`,
 * REAL_NAME(x), REAL_SQRT, REAL_EXP(n, x, y), PRODUCT, PANELS (columns of a panel), PACK, TRANSPOSE and
 * ACTIVATE(f, n, z, y, slope).  No include guard, on purpose.
 *
 * x[n,d] means n rows of d numbers with the plan's strides.  A micro-batch is a few sequences, whose activations
 * stay in the cache from the forward to the backward pass.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */

/* What a block keeps for its backward pass.  Without a norm a and b are x and mid themselves. */
struct REAL_NAME(kept) {
	real *x, *a, *q, *k, *v, *pattern, *z, *sum1, *mid, *b, *post, *slope, *sum2;
	real *mean1, *rate1, *mean2, *rate2; /* of the norms, a number a row */
	real *xq, *aq;                       /* rows of x and a that queries come from */
};

struct REAL_NAME(arena) {
	struct REAL_NAME(kept) *layer;
	real *top, *asked, *normed, *mean, *rate, *logits; /* after the last block; of the rows that are asked */
	real *dx, *dmid, *da, *dq, *dk, *dv, *dz, *dwide, *dpattern, *turned;
	/* The rows that are asked for an answer; picked: they are fewer than all, in training. */
	uint32_t *row;
	int32_t *label;
	size_t n_picked;
	bool picked;
};

struct REAL_NAME(cutter) {
	char *base;
	size_t used;
};

static real *REAL_NAME(cut)(struct REAL_NAME(cutter) *c, size_t rows, size_t width)
{
	size_t bytes = (rows * width * sizeof(real) + 63) / 64 * 64;
	char *at = c->base ? c->base + c->used : NULL;
	c->used += bytes;
	return (real *)at;
}

static void REAL_NAME(cut_layer)(struct REAL_NAME(cutter) *c, const struct vt_sequence *s, struct REAL_NAME(kept) *k)
{
	size_t n = s->micro * s->length, d = s->stride;
	real **rows[] = { &k->x, &k->a, &k->q, &k->k, &k->v, &k->z, &k->sum1, &k->mid, &k->b, &k->sum2, &k->xq, &k->aq };
	real **numbers[] = { &k->mean1, &k->rate1, &k->mean2, &k->rate2 };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) *rows[i] = REAL_NAME(cut)(c, n, d);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) *numbers[i] = REAL_NAME(cut)(c, n, 1);
	k->pattern = REAL_NAME(cut)(c, n * s->heads, s->pattern);
	k->post = REAL_NAME(cut)(c, n, s->wide);
	k->slope = REAL_NAME(cut)(c, n, s->wide);
}

/* Cuts the arena up; returns the bytes that it takes.  base null: only those. */
static size_t REAL_NAME(lay)(const struct vt_sequence *s, void *base, struct REAL_NAME(arena) *w)
{
	struct REAL_NAME(cutter) c = { base, 0 };
	struct REAL_NAME(kept) none;
	size_t n = s->micro * s->length, d = s->stride;
	real **rows[] = { &w->top, &w->asked, &w->normed, &w->dx, &w->dmid, &w->da, &w->dq, &w->dk, &w->dv, &w->dz };
	real *layers = REAL_NAME(cut)(&c, (s->n_layers + 1) * sizeof(struct REAL_NAME(kept)) / sizeof(real) + 1, 1);
	w->layer = (struct REAL_NAME(kept) *)layers;
	for (size_t l = 0; l < s->n_layers; l++) REAL_NAME(cut_layer)(&c, s, base ? &w->layer[l] : &none);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) *rows[i] = REAL_NAME(cut)(&c, n, d);
	w->row = (uint32_t *)(void *)REAL_NAME(cut)(&c, n, 1);
	w->label = (int32_t *)(void *)REAL_NAME(cut)(&c, n, 1);
	w->mean = REAL_NAME(cut)(&c, n, 1);
	w->rate = REAL_NAME(cut)(&c, n, 1);
	w->logits = REAL_NAME(cut)(&c, n, s->wide);
	w->dwide = REAL_NAME(cut)(&c, n, s->wide);
	w->dpattern = REAL_NAME(cut)(&c, s->length, s->pattern);
	w->turned = REAL_NAME(cut)(&c, s->head, s->pattern);
	/* Kernels read a panel beyond the last row. */
	REAL_NAME(cut)(&c, 1, s->wide + s->stride + PANELS);
	return c.used;
}

static size_t REAL_NAME(room)(const struct vt_sequence *s)
{
	struct REAL_NAME(arena) w;
	return REAL_NAME(lay)(s, NULL, &w);
}

/* ---- parameters ---------------------------------------------------------------- */

static const real *REAL_NAME(parameters)(const struct vt_model *m, size_t block)
{
	return block == VT_NONE ? NULL : (const real *)m->parameter + m->block[block].offset;
}

static void REAL_NAME(pack_one)(const struct vt_model *m, const struct vt_paneled *w, bool turned)
{
	const struct vt_parameters *k = &m->block[w->block];
	const real *from = REAL_NAME(parameters)(m, w->block);
	size_t rows = turned ? k->cols : k->rows, cols = turned ? k->rows : k->cols;
	PACK(turned, rows, cols, from, k->cols, (real *)m->working + w->forward);
	PACK(!turned, cols, rows, from, k->cols, (real *)m->working + w->backward);
}

static void REAL_NAME(pack)(const struct vt_model *m)
{
	const struct vt_sequence *s = m->plan;
	for (size_t l = 0; l < s->n_layers; l++) {
		const struct vt_layer_plan *p = &s->layer[l];
		const struct vt_paneled *w[] = { &p->q, &p->k, &p->v, &p->o, &p->in, &p->out };
		for (size_t i = 0; i < (s->mlp > 0 ? 6 : 4); i++) REAL_NAME(pack_one)(m, w[i], false);
	}
	REAL_NAME(pack_one)(m, &s->unembed, s->unembed.block == s->embed);
}

/* ---- y[n,q] = x[n,p] w[p,q] + start[n,q] ------------------------------------------- */

/* ldstart 0: a bias. */
static void REAL_NAME(linear)(const struct vt_model *m, size_t n, size_t p, size_t q, const real *x, size_t ldx,
                              size_t panels, const real *start, size_t ldstart, real *y, size_t ldy)
{
	const struct vt_sequence *s = m->plan;
	const struct vt_product job = { .kernels = s->kernels, .m = n, .n = q, .k = p, .panels = true, .lda = ldx,
		                        .ldc = ldy, .ldstart = ldstart, .a = x, .b = (const real *)m->working + panels,
		                        .start = start, .c = y,
		                        /* a bias has no room beyond its columns */
		                        .padded = !(start && ldstart == 0) };
	PRODUCT(&job);
}

/* dw += x' dy */
static void REAL_NAME(linear_weight)(const struct vt_model *m, size_t n, size_t p, size_t q, const real *x, size_t ldx,
                                     const real *dy, size_t ldy, real *dw)
{
	const struct vt_sequence *s = m->plan;
	const struct vt_product job = { .kernels = s->kernels, .m = p, .n = q, .k = n, .ta = true, .lda = ldx, .ldb = ldy,
		                        .ldc = q, .ldstart = q, .a = x, .b = dy, .start = dw, .c = dw };
	PRODUCT(&job);
}

/* sum[q] += the columns of dy[n,q] */
VT_CLONES static void REAL_NAME(add_columns)(size_t n, size_t q, const real *dy, size_t ld, real *restrict sum)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < q; j++) sum[j] += dy[i * ld + j];
}

VT_CLONES static void REAL_NAME(add_row)(size_t n, size_t q, const real *restrict row, real *y, size_t ld)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < q; j++) y[i * ld + j] += row[j];
}

VT_CLONES static void REAL_NAME(add_rows)(size_t n, size_t q, const real *x, real *restrict y, size_t ld)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < q; j++) y[i * ld + j] += x[i * ld + j];
}

/* Gradient of a block of parameters; null where there is none. */
static real *REAL_NAME(gradient)(const struct vt_stretch *j, size_t block)
{
	return block == VT_NONE ? NULL : (real *)j->gradient + j->m->block[block].offset;
}

static void REAL_NAME(bias_gradient)(const struct vt_stretch *j, size_t block, size_t n, size_t q, const real *dy,
                                     size_t ld)
{
	if (block != VT_NONE) REAL_NAME(add_columns)(n, q, dy, ld, REAL_NAME(gradient)(j, block));
}

/* ---- y = g (x - mean) / sd + b ------------------------------------------------------- */

#define NORM_EPSILON ((real)1e-5)

VT_CLONES static void REAL_NAME(norm)(size_t n, size_t d, size_t ld, const real *x, const real *restrict g,
                                      const real *restrict b, real *restrict y, real *mean, real *rate)
{
	for (size_t i = 0; i < n; i++) {
		const real *row = x + i * ld;
		real sum = 0, square = 0;
#pragma omp simd reduction(+ : sum)
		for (size_t j = 0; j < d; j++) sum += row[j];
		real centre = sum / (real)d;
#pragma omp simd reduction(+ : square)
		for (size_t j = 0; j < d; j++) square += (row[j] - centre) * (row[j] - centre);
		real r = 1 / REAL_SQRT(square / (real)d + NORM_EPSILON);
		for (size_t j = 0; j < d; j++) y[i * ld + j] = g[j] * ((row[j] - centre) * r) + b[j];
		mean[i] = centre;
		rate[i] = r;
	}
}

/* dx += (dy to x), dg += , db += */
VT_CLONES static void REAL_NAME(norm_backward)(size_t n, size_t d, size_t ld, const real *x, const real *restrict g,
                                               const real *mean, const real *rate, const real *dy, real *restrict dx,
                                               real *restrict dg, real *restrict db)
{
	for (size_t i = 0; i < n; i++) {
		const real *row = x + i * ld, *dr = dy + i * ld;
		real *out = dx + i * ld, sum = 0, dot = 0, r = rate[i], centre = mean[i];
#pragma omp simd reduction(+ : sum, dot)
		for (size_t j = 0; j < d; j++) {
			real hat = (row[j] - centre) * r, dhat = dr[j] * g[j];
			sum += dhat;
			dot += dhat * hat;
			dg[j] += dr[j] * hat;
			db[j] += dr[j];
		}
		sum /= (real)d;
		dot /= (real)d;
		for (size_t j = 0; j < d; j++) out[j] += r * (dr[j] * g[j] - sum - (row[j] - centre) * r * dot);
	}
}

static void REAL_NAME(apply_norm)(const struct vt_model *m, const struct vt_gain *gain, size_t n, const real *x,
                                  real *y, real *mean, real *rate)
{
	const struct vt_sequence *s = m->plan;
	const real *g = REAL_NAME(parameters)(m, gain->g), *b = REAL_NAME(parameters)(m, gain->b);
	REAL_NAME(norm)(n, s->width, s->stride, x, g, b, y, mean, rate);
}

static void REAL_NAME(undo_norm)(const struct vt_stretch *j, const struct vt_gain *gain, size_t n, const real *x,
                                 const real *mean, const real *rate, const real *dy, real *dx)
{
	const struct vt_sequence *s = j->m->plan;
	REAL_NAME(norm_backward)(n, s->width, s->stride, x, REAL_NAME(parameters)(j->m, gain->g), mean, rate, dy, dx,
	                         REAL_NAME(gradient)(j, gain->g), REAL_NAME(gradient)(j, gain->b));
}

#include "attention_real.h"

/* ---- embeddings ------------------------------------------------------------------------ */

static const real *REAL_NAME(position_table)(const struct vt_model *m)
{
	const struct vt_sequence *s = m->plan;
	return s->table != VT_NONE ? (const real *)m->working + s->table : REAL_NAME(parameters)(m, s->position);
}

static const real *REAL_NAME(tokens)(const struct vt_stretch *j)
{
	const struct vt_sequence *s = j->m->plan;
	return (const real *)j->pass->input + j->first * s->length;
}

static void REAL_NAME(embed)(const struct vt_stretch *j, real *x)
{
	const struct vt_sequence *s = j->m->plan;
	const real *token = REAL_NAME(tokens)(j), *table = REAL_NAME(parameters)(j->m, s->embed);
	const real *position = REAL_NAME(position_table)(j->m);
	for (size_t i = 0; i < j->n * s->length; i++) {
		memcpy(x + i * s->stride, table + (size_t)token[i] * s->width, s->width * sizeof *x);
		if (position) REAL_NAME(add_row)(1, s->width, position + i % s->length * s->width, x + i * s->stride, s->stride);
	}
}

static void REAL_NAME(embed_backward)(const struct vt_stretch *j, const real *dx)
{
	const struct vt_sequence *s = j->m->plan;
	const real *token = REAL_NAME(tokens)(j);
	real *table = REAL_NAME(gradient)(j, s->embed), *position = REAL_NAME(gradient)(j, s->position);
	for (size_t i = 0; i < j->n * s->length; i++) {
		const real *row = dx + i * s->stride;
		REAL_NAME(add_columns)(1, s->width, row, s->stride, table + (size_t)token[i] * s->width);
		if (position) REAL_NAME(add_columns)(1, s->width, row, s->stride, position + i % s->length * s->width);
	}
}

/* ---- what snapshots hold ------------------------------------------------------------------ */

/* Rows of a tap, `positions` a sequence, to the pass; with edits, what they make of them comes back. */
static void REAL_NAME(keep)(const struct vt_stretch *j, size_t tap, size_t rows, size_t width, real *from, size_t ld)
{
	if (!j->pass->activation || tap == VT_NONE || j->gradient) return;
	real *to = (real *)vt_pass_activation(j->m, j->pass, tap) + j->first * j->m->tap_width[tap];
	for (size_t i = 0; i < rows; i++) memcpy(to + i * width, from + i * ld, width * sizeof *to);
	if (j->pass->n_edits == 0) return;
	vt_pass_edit(j->m, j->pass, tap, j->first, j->first + j->n);
	for (size_t i = 0; i < rows; i++) memcpy(from + i * ld, to + i * width, width * sizeof *to);
}

/* Patterns: a row of heads x keys for each query. */
static void REAL_NAME(keep_pattern)(const struct vt_stretch *j, size_t tap, const real *pattern)
{
	const struct vt_sequence *s = j->m->plan;
	if (tap == VT_NONE || j->gradient) return;
	real *to = (real *)vt_pass_activation(j->m, j->pass, tap) + j->first * j->m->tap_width[tap];
	for (size_t b = 0; b < j->n; b++)
		for (size_t e = 0; e < s->heads; e++)
			for (size_t i = 0; i < s->length; i++)
				memcpy(to + ((b * s->length + i) * s->heads + e) * s->length,
				       pattern + ((b * s->heads + e) * s->length + i) * s->pattern, s->length * sizeof *to);
}
