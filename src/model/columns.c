/* The gradient of small transformers on short sequences, in single precision: sixteen sequences side by side.
 *
 * A row of a matrix is one feature, a column one token of one sequence: column 16 t + s is position t of sequence s.
 * Products then run over whole rows of columns, whatever the width of the network, and everything between them
 * (norms, softmax, attention) is the same operation on sixteen sequences, without a sum across lanes.  Where no
 * answer is asked before position t0, the last block and the read-out begin there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <string.h>

#include "columns.h"
#include "venturi/num.h"

/* The arena, and how much of it is cut off; null while only that is asked. */
struct cutter {
	char *arena;
	size_t used;
};

static float *cut(struct cutter *at, size_t rows, size_t ld)
{
	char *here = at->arena ? at->arena + at->used : NULL;
	at->used += rows * ld * sizeof(float);
	return (float *)(void *)here;
}

static size_t most(size_t a, size_t b)
{
	return a > b ? a : b;
}

static void lay_layer(const struct vt_sequence *s, struct cutter *at, size_t ld, struct vt_kept *k)
{
	size_t d = s->width;
	float **rows[] = { &k->x, &k->a, &k->q, &k->k, &k->v, &k->z, &k->sum1, &k->mid, &k->b, &k->sum2 };
	float **lines[] = { &k->mean1, &k->rate1, &k->mean2, &k->rate2 };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) *rows[i] = cut(at, d, ld);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) *lines[i] = cut(at, 1, ld);
	k->p = cut(at, s->heads * s->length * s->length, LANES);
	k->post = cut(at, s->mlp, ld);
	k->slope = cut(at, s->mlp, ld);
}

/* Bytes of the arena; cuts it up where there is one. */
static size_t lay(const struct vt_sequence *s, char *arena, struct vt_columns *w)
{
	struct cutter at = { arena, 0 };
	size_t d = s->width, largest = most(most(s->mlp, s->n_outputs), d);
	float **rows[] = { &w->top, &w->normed, &w->dx, &w->dmid, &w->da, &w->dq, &w->dk, &w->dv, &w->dz };
	w->n = s->length * LANES;
	w->ld = vt_row_stride(w->n, sizeof(float));
	for (size_t l = 0; l < s->n_layers; l++) lay_layer(s, &at, w->ld, &w->layer[l]);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) *rows[i] = cut(&at, d, w->ld);
	w->mean = cut(&at, 1, w->ld);
	w->rate = cut(&at, 1, w->ld);
	for (size_t i = 0; i < 3; i++) w->line[i] = cut(&at, 1, w->ld);
	w->logits = cut(&at, s->n_outputs, w->ld);
	w->dwide = cut(&at, s->mlp, w->ld);
	w->dp = cut(&at, s->length * s->length, LANES);
	w->panels = cut(&at, vt_panels_size_f32(w->n, largest), 1);
	w->token = (int32_t *)(void *)cut(&at, 1, w->ld);
	w->label = (int32_t *)(void *)cut(&at, 1, w->ld);
	cut(&at, 1, w->ld + VT_PANEL_F32); /* kernels read a panel beyond the last row */
	return at.used;
}

size_t vt_columns_room(const struct vt_sequence *s)
{
	struct vt_columns w;
	return lay(s, NULL, &w);
}

/* ---- y[q,n] = w' x[p,n] -------------------------------------------------------------- */

static const float *parameters(const struct vt_columns *w, size_t block)
{
	return block == VT_NONE ? NULL : (const float *)w->m->parameter + w->m->block[block].offset;
}

static float *gradient(const struct vt_columns *w, size_t block)
{
	return block == VT_NONE ? NULL : (float *)w->j->gradient + w->m->block[block].offset;
}

VT_CLONES static void add_bias(size_t q, size_t n, const float *b, float *y, size_t ld)
{
	for (size_t o = 0; o < q; o++)
		for (size_t c = 0; c < n; c++) y[o * ld + c] += b[o];
}

VT_CLONES static void add_rows(size_t q, size_t n, const float *x, float *y, size_t ld)
{
	for (size_t o = 0; o < q; o++)
		for (size_t c = 0; c < n; c++) y[o * ld + c] += x[o * ld + c];
}

static void product(const struct vt_columns *w, struct vt_product p)
{
	p.kernels = w->s->kernels;
	vt_product_f32(&p);
}

/* Columns from .. n - 1; start may be null. */
static void forward(const struct vt_columns *w, size_t from, size_t block, size_t bias, const float *x,
                    const float *start, float *y)
{
	const struct vt_parameters *k = &w->m->block[block];
	const struct vt_product p = {
		.m = k->cols, .n = w->n - from, .k = k->rows, .ta = true, .lda = k->cols, .ldb = w->ld, .ldc = w->ld,
		.ldstart = w->ld, .a = parameters(w, block), .b = x + from, .start = start ? start + from : NULL, .c = y + from,
	};
	product(w, p);
	if (bias != VT_NONE) add_bias(k->cols, w->n - from, parameters(w, bias), y + from, w->ld);
}

/* dx = w dy + start */
static void backward(const struct vt_columns *w, size_t from, size_t block, const float *dy, const float *start,
                     float *dx)
{
	const struct vt_parameters *k = &w->m->block[block];
	const struct vt_product p = {
		.m = k->rows, .n = w->n - from, .k = k->cols, .lda = k->cols, .ldb = w->ld, .ldc = w->ld, .ldstart = w->ld,
		.a = parameters(w, block), .b = dy + from, .start = start ? start + from : NULL, .c = dx + from,
	};
	product(w, p);
}

VT_CLONES static void sum_rows(size_t q, size_t n, const float *y, size_t ld, float *sum)
{
	for (size_t o = 0; o < q; o++) {
		float total = 0;
#pragma omp simd reduction(+ : total)
		for (size_t c = 0; c < n; c++) total += y[o * ld + c];
		sum[o] += total;
	}
}

/* dw += x dy', db += the sums of dy */
static void weight(const struct vt_columns *w, size_t from, size_t block, size_t bias, const float *x, const float *dy)
{
	const struct vt_parameters *k = &w->m->block[block];
	size_t n = w->n - from;
	float *dw = gradient(w, block);
	vt_panels_pack_f32(true, n, k->cols, dy + from, w->ld, w->panels);
	const struct vt_product p = {
		.m = k->rows, .n = k->cols, .k = n, .panels = true, .lda = w->ld, .ldc = k->cols, .ldstart = k->cols,
		.a = x + from, .b = w->panels, .start = dw, .c = dw,
	};
	product(w, p);
	if (bias != VT_NONE) sum_rows(k->cols, n, dy + from, w->ld, gradient(w, bias));
}

/* ---- y = g (x - mean) / sd + b, down the columns ------------------------------------------ */

VT_CLONES static void norm(size_t d, size_t n, size_t ld, const float *x, const float *g, const float *b, float *y,
                           float *restrict mean, float *restrict rate)
{
	memset(mean, 0, n * sizeof *mean);
	memset(rate, 0, n * sizeof *rate);
	for (size_t i = 0; i < d; i++)
		for (size_t c = 0; c < n; c++) mean[c] += x[i * ld + c];
	for (size_t c = 0; c < n; c++) mean[c] /= (float)d;
	for (size_t i = 0; i < d; i++)
		for (size_t c = 0; c < n; c++) rate[c] += (x[i * ld + c] - mean[c]) * (x[i * ld + c] - mean[c]);
	for (size_t c = 0; c < n; c++) rate[c] = 1 / sqrtf(rate[c] / (float)d + 1e-5f);
	for (size_t i = 0; i < d; i++)
		for (size_t c = 0; c < n; c++) y[i * ld + c] = g[i] * ((x[i * ld + c] - mean[c]) * rate[c]) + b[i];
}

/* dx += ..., dg and db += ...; sum and dot are scratch. */
VT_CLONES static void norm_backward(size_t d, size_t n, size_t ld, const float *x, const float *g, const float *mean,
                                    const float *rate, const float *dy, float *restrict dx, float *dg, float *db,
                                    float *restrict sum, float *restrict dot)
{
	memset(sum, 0, n * sizeof *sum);
	memset(dot, 0, n * sizeof *dot);
	for (size_t i = 0; i < d; i++) {
		float of_g = 0, of_b = 0;
#pragma omp simd reduction(+ : of_g, of_b)
		for (size_t c = 0; c < n; c++) {
			float hat = (x[i * ld + c] - mean[c]) * rate[c], back = dy[i * ld + c];
			of_g += back * hat;
			of_b += back;
			sum[c] += back * g[i];
			dot[c] += back * g[i] * hat;
		}
		dg[i] += of_g;
		db[i] += of_b;
	}
	for (size_t i = 0; i < d; i++)
		for (size_t c = 0; c < n; c++) {
			float hat = (x[i * ld + c] - mean[c]) * rate[c];
			dx[i * ld + c] += rate[c] * (dy[i * ld + c] * g[i] - (sum[c] + hat * dot[c]) / (float)d);
		}
}

static void apply_norm(const struct vt_columns *w, size_t from, const struct vt_gain *gain, const float *x, float *y,
                       float *mean, float *rate)
{
	norm(w->s->width, w->n - from, w->ld, x + from, parameters(w, gain->g), parameters(w, gain->b), y + from, mean + from,
	     rate + from);
}

static void undo_norm(const struct vt_columns *w, size_t from, const struct vt_gain *gain, const float *x,
                      const float *mean, const float *rate, const float *dy, float *dx)
{
	norm_backward(w->s->width, w->n - from, w->ld, x + from, parameters(w, gain->g), mean + from, rate + from, dy + from,
	              dx + from, gradient(w, gain->g), gradient(w, gain->b), w->line[0], w->line[1]);
}

/* ---- blocks ------------------------------------------------------------------------------------- */

/* Where block l's sums begin. */
static size_t begin(const struct vt_columns *w, size_t l)
{
	return l + 1 == w->s->n_layers ? w->first : 0;
}

static void attend(const struct vt_columns *w, size_t l)
{
	const struct vt_layer_plan *p = &w->s->layer[l];
	const struct vt_kept *k = &w->layer[l];
	size_t from = begin(w, l);
	const float *a = w->t->norm == VT_NORM_PRE ? k->a : k->x;
	if (w->t->norm == VT_NORM_PRE) apply_norm(w, 0, &p->norm1, k->x, k->a, k->mean1, k->rate1);
	forward(w, from, p->q.block, p->q_b, a, NULL, k->q);
	forward(w, 0, p->k.block, p->k_b, a, NULL, k->k);
	forward(w, 0, p->v.block, p->v_b, a, NULL, k->v);
	for (size_t e = 0; e < w->s->heads; e++) vt_columns_head(w, k, e, from);
	float *sum = w->t->norm == VT_NORM_POST ? k->sum1 : k->mid;
	forward(w, from, p->o.block, p->o_b, k->z, k->x, sum);
	if (w->t->norm == VT_NORM_POST) apply_norm(w, from, &p->norm1, sum, k->mid, k->mean1, k->rate1);
}

static void swap(float **a, float **b)
{
	float *c = *a;
	*a = *b;
	*b = c;
}

static void clear(const struct vt_columns *w, float *x)
{
	memset(x, 0, w->s->width * w->ld * sizeof *x);
}

/* w->dx: from mid to x. */
static void attend_back(struct vt_columns *w, size_t l)
{
	const struct vt_layer_plan *p = &w->s->layer[l];
	const struct vt_kept *k = &w->layer[l];
	size_t from = begin(w, l);
	const float *a = w->t->norm == VT_NORM_PRE ? k->a : k->x;
	if (w->t->norm == VT_NORM_POST) {
		clear(w, w->dmid);
		undo_norm(w, from, &p->norm1, k->sum1, k->mean1, k->rate1, w->dx, w->dmid);
		swap(&w->dx, &w->dmid);
	}
	weight(w, from, p->o.block, p->o_b, k->z, w->dx);
	backward(w, from, p->o.block, w->dx, NULL, w->dz);
	for (size_t e = 0; e < w->s->heads; e++) vt_columns_head_backward(w, k, e, from);
	weight(w, from, p->q.block, p->q_b, a, w->dq);
	weight(w, 0, p->k.block, p->k_b, a, w->dk);
	weight(w, 0, p->v.block, p->v_b, a, w->dv);
	backward(w, 0, p->k.block, w->dk, NULL, w->da);
	backward(w, 0, p->v.block, w->dv, w->da, w->da);
	backward(w, from, p->q.block, w->dq, w->da, w->da);
	/* What is not asked has no derivative yet. */
	for (size_t i = 0; i < w->s->width; i++) memset(w->dx + i * w->ld, 0, from * sizeof *w->dx);
	if (w->t->norm == VT_NORM_PRE) undo_norm(w, 0, &p->norm1, k->x, k->mean1, k->rate1, w->da, w->dx);
	else add_rows(w->s->width, w->n, w->da, w->dx, w->ld);
}

static void think(const struct vt_columns *w, size_t l, float *y)
{
	const struct vt_layer_plan *p = &w->s->layer[l];
	const struct vt_kept *k = &w->layer[l];
	size_t from = begin(w, l), d = w->s->width, n = w->n - from;
	if (w->s->mlp == 0) {
		memcpy(y, k->mid, d * w->ld * sizeof *y);
		return;
	}
	const float *b = w->t->norm == VT_NORM_PRE ? k->b : k->mid;
	if (w->t->norm == VT_NORM_PRE) apply_norm(w, from, &p->norm2, k->mid, k->b, k->mean2, k->rate2);
	forward(w, from, p->in.block, p->in_b, b, NULL, k->post);
	for (size_t i = 0; i < w->s->mlp; i++) {
		float *z = k->post + i * w->ld + from, *slope = k->slope + i * w->ld + from;
		if (w->t->activation == VT_GELU) vt_gelu_f32(n, z, z, slope);
		else vt_layer_ops_f32.activate_with_slope((enum vt_activation)w->t->activation, 0.01, n, z, z, slope);
	}
	float *sum = w->t->norm == VT_NORM_POST ? k->sum2 : y;
	forward(w, from, p->out.block, p->out_b, k->post, k->mid, sum);
	if (w->t->norm == VT_NORM_POST) apply_norm(w, from, &p->norm2, sum, y, k->mean2, k->rate2);
}

VT_CLONES static void multiply(size_t q, size_t n, size_t ld, const float *restrict slope, float *restrict dy)
{
	for (size_t o = 0; o < q; o++)
		for (size_t c = 0; c < n; c++) dy[o * ld + c] *= slope[o * ld + c];
}

/* w->dx: from y to mid. */
static void think_back(struct vt_columns *w, size_t l)
{
	const struct vt_layer_plan *p = &w->s->layer[l];
	const struct vt_kept *k = &w->layer[l];
	size_t from = begin(w, l);
	if (w->s->mlp == 0) return;
	const float *b = w->t->norm == VT_NORM_PRE ? k->b : k->mid;
	if (w->t->norm == VT_NORM_POST) {
		clear(w, w->dmid);
		undo_norm(w, from, &p->norm2, k->sum2, k->mean2, k->rate2, w->dx, w->dmid);
		swap(&w->dx, &w->dmid);
	}
	weight(w, from, p->out.block, p->out_b, k->post, w->dx);
	backward(w, from, p->out.block, w->dx, NULL, w->dwide);
	multiply(w->s->mlp, w->n - from, w->ld, k->slope + from, w->dwide + from);
	weight(w, from, p->in.block, p->in_b, b, w->dwide);
	if (w->t->norm == VT_NORM_PRE) {
		backward(w, from, p->in.block, w->dwide, NULL, w->da);
		undo_norm(w, from, &p->norm2, k->mid, k->mean2, k->rate2, w->da, w->dx);
	} else {
		backward(w, from, p->in.block, w->dwide, w->dx, w->dx);
	}
}

/* ---- ends ------------------------------------------------------------------------------------------ */

/* Tokens and labels by column; lanes beyond the stretch hold token 0 and are asked nothing. */
static void gather(struct vt_columns *w)
{
	const struct vt_sequence *s = w->s;
	const float *token = (const float *)w->j->pass->input + w->j->first * s->length;
	const int32_t *label = w->j->targets->label + w->j->first * w->m->shape.n_labels;
	w->first = w->n;
	for (size_t t = 0; t < s->length; t++)
		for (size_t b = 0; b < LANES; b++) {
			size_t c = t * LANES + b;
			bool here = b < w->j->n, asked = here && (!s->last || t + 1 == s->length);
			w->token[c] = here ? (int32_t)token[b * s->length + t] : 0;
			w->label[c] = asked ? label[s->last ? b : b * s->length + t] : -1;
			if (w->label[c] >= 0 && w->first > t * LANES) w->first = t * LANES;
		}
	if (!s->shortcut) w->first = 0;
}

static const float *position_table(const struct vt_columns *w)
{
	return w->s->table != VT_NONE ? (const float *)w->m->working + w->s->table : parameters(w, w->s->position);
}

static void embed(const struct vt_columns *w, float *x)
{
	size_t d = w->s->width;
	const float *table = parameters(w, w->s->embed), *position = position_table(w);
	for (size_t c = 0; c < w->n; c++) {
		const float *row = table + (size_t)w->token[c] * d;
		for (size_t i = 0; i < d; i++) x[i * w->ld + c] = row[i] + (position ? position[c / LANES * d + i] : 0);
	}
}

static void embed_back(const struct vt_columns *w)
{
	size_t d = w->s->width;
	float *table = gradient(w, w->s->embed), *position = gradient(w, w->s->position);
	for (size_t c = 0; c < w->n; c++) {
		float *row = table + (size_t)w->token[c] * d;
		if (c % LANES >= w->j->n) continue;
		for (size_t i = 0; i < d; i++) row[i] += w->dx[i * w->ld + c];
	}
	for (size_t t = 0; position && t < w->s->length; t++) sum_rows(d, w->j->n, w->dx + t * LANES, w->ld, position + t * d);
}

/* logits become scale (softmax - one-hot), 0 where nothing is asked; as in blocks_real.h, the label's own is less the
 * sum of the others. */
VT_CLONES static void softmax_error(size_t q, size_t n, size_t ld, const int32_t *label, float scale, float *z,
                                    float *restrict top, float *restrict own, float *restrict sum)
{
	memcpy(top, z, n * sizeof *top);
	memset(sum, 0, n * sizeof *sum);
	for (size_t o = 1; o < q; o++)
		for (size_t c = 0; c < n; c++) top[c] = z[o * ld + c] > top[c] ? z[o * ld + c] : top[c];
	for (size_t o = 0; o < q; o++) {
		for (size_t c = 0; c < n; c++) z[o * ld + c] -= top[c];
		vt_exp_f32(n, z + o * ld, z + o * ld);
	}
	for (size_t c = 0; c < n; c++) {
		float *at = z + (size_t)(label[c] < 0 ? 0 : label[c]) * ld + c;
		own[c] = *at;
		*at = 0;
	}
	for (size_t o = 0; o < q; o++)
		for (size_t c = 0; c < n; c++) sum[c] += z[o * ld + c];
	for (size_t c = 0; c < n; c++) top[c] = label[c] < 0 ? 0 : scale / (own[c] + sum[c]);
	for (size_t o = 0; o < q; o++)
		for (size_t c = 0; c < n; c++) z[o * ld + c] *= top[c];
	for (size_t c = 0; c < n; c++)
		if (label[c] >= 0) z[(size_t)label[c] * ld + c] = -sum[c] * top[c];
}

static void read_out(const struct vt_columns *w)
{
	const struct vt_sequence *s = w->s;
	const float *f = s->final.g == VT_NONE ? w->top : w->normed;
	if (s->final.g != VT_NONE) apply_norm(w, w->first, &s->final, w->top, w->normed, w->mean, w->rate);
	if (s->unembed.block == s->embed) backward(w, w->first, s->embed, f, NULL, w->logits);
	else forward(w, w->first, s->unembed.block, s->unembed_b, f, NULL, w->logits);
	softmax_error(s->n_outputs, w->n - w->first, w->ld, w->label + w->first, (float)w->j->scale, w->logits + w->first,
	              w->line[0], w->line[1], w->line[2]);
}

static void read_out_back(struct vt_columns *w)
{
	const struct vt_sequence *s = w->s;
	const float *f = s->final.g == VT_NONE ? w->top : w->normed;
	if (s->unembed.block == s->embed) {
		weight(w, w->first, s->embed, VT_NONE, w->logits, f);
		forward(w, w->first, s->embed, VT_NONE, w->logits, NULL, w->dx);
	} else {
		weight(w, w->first, s->unembed.block, s->unembed_b, f, w->logits);
		backward(w, w->first, s->unembed.block, w->logits, NULL, w->dx);
	}
	if (s->final.g == VT_NONE) return;
	clear(w, w->da);
	undo_norm(w, w->first, &s->final, w->top, w->mean, w->rate, w->dx, w->da);
	swap(&w->dx, &w->da);
}

void vt_columns_train(const struct vt_stretch *j)
{
	struct vt_columns w = { .j = j, .m = j->m, .s = j->m->plan, .t = j->m->settings };
	size_t layers = w.s->n_layers;
	lay(w.s, j->arena, &w);
	gather(&w);
	if (w.first == w.n) return;
	embed(&w, layers > 0 ? w.layer[0].x : w.top);
	for (size_t l = 0; l < layers; l++) {
		attend(&w, l);
		think(&w, l, l + 1 < layers ? w.layer[l + 1].x : w.top);
	}
	read_out(&w);
	read_out_back(&w);
	for (size_t l = layers; l-- > 0;) {
		think_back(&w, l);
		attend_back(&w, l);
	}
	if (layers == 0)
		for (size_t i = 0; i < w.s->width; i++) memset(w.dx + i * w.ld, 0, w.first * sizeof *w.dx);
	embed_back(&w);
}
