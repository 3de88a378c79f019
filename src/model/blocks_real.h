/* A transformer's blocks and its read-out, forward and backward side by side: see sequence_real.h.  No include
 * guard.
 *
 * In training, where only some rows are asked for an answer, the last block's sums and MLP and the read-out
 * are made for those rows alone; with one answer a sequence its queries too.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */

/* Rows of a stretch, and the rows that a block's sums are made for. */
struct REAL_NAME(rows) {
	size_t all, few;
	bool picked;    /* few < all: w->row has which */
	bool queries;   /* and queries are those alone */
};

static struct REAL_NAME(rows) REAL_NAME(rows_of)(const struct vt_stretch *j, const struct REAL_NAME(arena) *w, size_t l)
{
	const struct vt_sequence *s = j->m->plan;
	size_t n = j->n * s->length;
	bool picked = j->gradient && l + 1 == s->n_layers && w->picked;
	return (struct REAL_NAME(rows)){ n, picked ? w->n_picked : n, picked, picked && s->last };
}

/* Which rows are asked; all of them counts as none picked. */
static void REAL_NAME(pick)(const struct vt_stretch *j, struct REAL_NAME(arena) *w)
{
	const struct vt_sequence *s = j->m->plan;
	const int32_t *label = j->targets && j->targets->label ? j->targets->label + j->first * j->m->shape.n_labels : NULL;
	w->n_picked = 0;
	for (size_t i = 0; i < j->n * s->length; i++)
		if (s->last ? i % s->length + 1 == s->length : !label || label[i] >= 0) w->row[w->n_picked++] = (uint32_t)i;
	w->picked = j->gradient && s->shortcut && w->n_picked < j->n * s->length;
}

static void REAL_NAME(gather)(const struct vt_sequence *s, const struct REAL_NAME(arena) *w, const real *from, real *to)
{
	for (size_t i = 0; i < w->n_picked; i++)
		memcpy(to + i * s->stride, from + w->row[i] * s->stride, s->width * sizeof *to);
}

/* to[all] = from[picked], 0 elsewhere */
static void REAL_NAME(spread)(const struct vt_sequence *s, const struct REAL_NAME(arena) *w, size_t all,
                              const real *from, real *to)
{
	memset(to, 0, all * s->stride * sizeof *to);
	for (size_t i = 0; i < w->n_picked; i++)
		memcpy(to + w->row[i] * s->stride, from + i * s->stride, s->width * sizeof *to);
}

static int REAL_NAME(norm_place)(const struct vt_model *m)
{
	return ((const struct vt_transformer_settings *)m->settings)->norm;
}

static struct REAL_NAME(head) REAL_NAME(head_at)(const struct vt_stretch *j, const struct REAL_NAME(arena) *w, size_t l,
                                                 size_t b, size_t e, bool few)
{
	const struct vt_sequence *s = j->m->plan;
	const struct REAL_NAME(kept) *k = &w->layer[l];
	size_t queries = few ? 1 : s->length, at = b * s->length * s->stride + e * s->head;
	return (struct REAL_NAME(head)){
		.s = s,
		.queries = queries,
		.first = s->length - queries,
		.causal = ((const struct vt_transformer_settings *)j->m->settings)->causal,
		.q = k->q + b * queries * s->stride + e * s->head,
		.k = k->k + at,
		.v = k->v + at,
		.pattern = k->pattern + (b * s->heads + e) * s->length * s->pattern,
		.turned = w->turned,
	};
}

#include "tables_real.h"

/* ---- attention: mid = x + z Wo + bo, z = heads of (a Wq, a Wk, a Wv) ---------------------- */

/* Queries, keys and values: from the tables, or by products. */
static void REAL_NAME(project)(const struct vt_stretch *j, const struct REAL_NAME(arena) *w, size_t l,
                               const struct REAL_NAME(rows) *rows)
{
	const struct vt_model *m = j->m;
	const struct vt_sequence *s = m->plan;
	const struct vt_layer_plan *p = &s->layer[l];
	const struct REAL_NAME(kept) *k = &w->layer[l];
	size_t d = s->width, ld = s->stride;
	bool pre = REAL_NAME(norm_place)(m) == VT_NORM_PRE;
	const real *a = pre ? k->a : k->x, *aq = rows->queries ? k->aq : a;
	if (j->tables && l == 0) {
		REAL_NAME(look_up)(j, w, rows);
		return;
	}
	if (pre) REAL_NAME(apply_norm)(m, &p->norm1, rows->all, k->x, k->a, k->mean1, k->rate1);
	if (rows->queries) REAL_NAME(gather)(s, w, a, k->aq);
	const real *q_b = REAL_NAME(parameters)(m, p->q_b);
	REAL_NAME(linear)(m, rows->queries ? rows->few : rows->all, d, d, aq, ld, p->q.forward, q_b, 0, k->q, ld);
	REAL_NAME(linear)(m, rows->all, d, d, a, ld, p->k.forward, REAL_NAME(parameters)(m, p->k_b), 0, k->k, ld);
	REAL_NAME(linear)(m, rows->all, d, d, a, ld, p->v.forward, REAL_NAME(parameters)(m, p->v_b), 0, k->v, ld);
}

static void REAL_NAME(attend)(const struct vt_stretch *j, struct REAL_NAME(arena) *w, size_t l)
{
	const struct vt_model *m = j->m;
	const struct vt_sequence *s = m->plan;
	const struct vt_layer_plan *p = &s->layer[l];
	struct REAL_NAME(kept) *k = &w->layer[l];
	struct REAL_NAME(rows) rows = REAL_NAME(rows_of)(j, w, l);
	size_t d = s->width, ld = s->stride, queries = rows.queries ? 1 : s->length;
	int norm = REAL_NAME(norm_place)(m);
	const real *xq = rows.picked ? k->xq : k->x;
	if (rows.picked) REAL_NAME(gather)(s, w, k->x, k->xq);
	REAL_NAME(project)(j, w, l, &rows);
	for (size_t b = 0; b < j->n; b++)
		for (size_t e = 0; e < s->heads; e++) {
			struct REAL_NAME(head) h = REAL_NAME(head_at)(j, w, l, b, e, rows.queries);
			REAL_NAME(head_forward)(&h, k->z + b * queries * ld + e * s->head);
		}
	REAL_NAME(keep_pattern)(j, p->tap_pattern, k->pattern);
	REAL_NAME(keep)(j, p->tap_attention, rows.all, d, k->z, ld);
	if (rows.picked && !rows.queries) REAL_NAME(gather)(s, w, k->z, k->aq);
	real *sum = norm == VT_NORM_POST ? k->sum1 : k->mid;
	REAL_NAME(linear)(m, rows.few, d, d, rows.picked && !rows.queries ? k->aq : k->z, ld, p->o.forward, xq, ld, sum, ld);
	if (p->o_b != VT_NONE) REAL_NAME(add_row)(rows.few, d, REAL_NAME(parameters)(m, p->o_b), sum, ld);
	if (norm == VT_NORM_POST) REAL_NAME(apply_norm)(m, &p->norm1, rows.few, sum, k->mid, k->mean1, k->rate1);
}

/* dq, dk, dv to the weights and to da, all rows. */
static void REAL_NAME(attend_inputs)(const struct vt_stretch *j, struct REAL_NAME(arena) *w, size_t l,
                                     const struct REAL_NAME(rows) *rows)
{
	const struct vt_model *m = j->m;
	const struct vt_sequence *s = m->plan;
	const struct vt_layer_plan *p = &s->layer[l];
	const struct REAL_NAME(kept) *k = &w->layer[l];
	size_t d = s->width, ld = s->stride, n = rows->all, nq = rows->queries ? rows->few : n;
	const real *a = REAL_NAME(norm_place)(m) == VT_NORM_PRE ? k->a : k->x, *aq = rows->queries ? k->aq : a;
	REAL_NAME(linear_weight)(m, nq, d, d, aq, ld, w->dq, ld, REAL_NAME(gradient)(j, p->q.block));
	REAL_NAME(linear_weight)(m, n, d, d, a, ld, w->dk, ld, REAL_NAME(gradient)(j, p->k.block));
	REAL_NAME(linear_weight)(m, n, d, d, a, ld, w->dv, ld, REAL_NAME(gradient)(j, p->v.block));
	REAL_NAME(bias_gradient)(j, p->q_b, nq, d, w->dq, ld);
	REAL_NAME(bias_gradient)(j, p->k_b, n, d, w->dk, ld);
	REAL_NAME(bias_gradient)(j, p->v_b, n, d, w->dv, ld);
	REAL_NAME(linear)(m, n, d, d, w->dk, ld, p->k.backward, NULL, 0, w->da, ld);
	REAL_NAME(linear)(m, n, d, d, w->dv, ld, p->v.backward, w->da, ld, w->da, ld);
	if (!rows->queries) {
		REAL_NAME(linear)(m, n, d, d, w->dq, ld, p->q.backward, w->da, ld, w->da, ld);
		return;
	}
	REAL_NAME(linear)(m, nq, d, d, w->dq, ld, p->q.backward, NULL, 0, w->dz, ld);
	for (size_t i = 0; i < nq; i++) REAL_NAME(add_rows)(1, d, w->dz + i * ld, w->da + w->row[i] * ld, ld);
}

static void REAL_NAME(swap)(real **a, real **b)
{
	real *c = *a;
	*a = *b;
	*b = c;
}

/* w->dx: from the derivative with respect to mid to that with respect to x. */
static void REAL_NAME(attend_backward)(const struct vt_stretch *j, struct REAL_NAME(arena) *w, size_t l)
{
	const struct vt_model *m = j->m;
	const struct vt_sequence *s = m->plan;
	const struct vt_layer_plan *p = &s->layer[l];
	struct REAL_NAME(kept) *k = &w->layer[l];
	struct REAL_NAME(rows) rows = REAL_NAME(rows_of)(j, w, l);
	size_t d = s->width, ld = s->stride, queries = rows.queries ? 1 : s->length;
	bool picked = rows.picked && !rows.queries;
	int norm = REAL_NAME(norm_place)(m);
	if (norm == VT_NORM_POST) {
		memset(w->dmid, 0, rows.few * ld * sizeof *w->dmid);
		REAL_NAME(undo_norm)(j, &p->norm1, rows.few, k->sum1, k->mean1, k->rate1, w->dx, w->dmid);
		REAL_NAME(swap)(&w->dx, &w->dmid);
	}
	REAL_NAME(linear_weight)(m, rows.few, d, d, picked ? k->aq : k->z, ld, w->dx, ld, REAL_NAME(gradient)(j, p->o.block));
	REAL_NAME(bias_gradient)(j, p->o_b, rows.few, d, w->dx, ld);
	REAL_NAME(linear)(m, rows.few, d, d, w->dx, ld, p->o.backward, NULL, 0, w->dz, ld);
	if (picked) {
		REAL_NAME(spread)(s, w, rows.all, w->dz, w->dmid);
		REAL_NAME(swap)(&w->dz, &w->dmid);
	}
	if (rows.picked) {
		REAL_NAME(spread)(s, w, rows.all, w->dx, w->dmid);
		REAL_NAME(swap)(&w->dx, &w->dmid);
	}
	for (size_t b = 0; b < j->n; b++)
		for (size_t e = 0; e < s->heads; e++) {
			struct REAL_NAME(head) h = REAL_NAME(head_at)(j, w, l, b, e, rows.queries);
			size_t few = b * queries * ld + e * s->head, all = b * s->length * ld + e * s->head;
			REAL_NAME(head_backward)(&h, w->dz + few, w->dq + few, w->dk + all, w->dv + all, w->dpattern);
		}
	if (j->tables && l == 0) {
		REAL_NAME(enter)(j, w, &rows);
		return;
	}
	REAL_NAME(attend_inputs)(j, w, l, &rows);
	if (norm == VT_NORM_PRE) REAL_NAME(undo_norm)(j, &p->norm1, rows.all, k->x, k->mean1, k->rate1, w->da, w->dx);
	else REAL_NAME(add_rows)(rows.all, d, w->da, w->dx, ld);
}

/* ---- MLP: y = mid + f(b Win + bin) Wout + bout ---------------------------------------------- */

static void REAL_NAME(activate)(const struct vt_model *m, size_t n, size_t q, size_t ld, real *y, real *slope)
{
	const struct vt_transformer_settings *t = m->settings;
	if (q == ld) ACTIVATE(t->activation, n * q, y, y, slope);
	else
		for (size_t i = 0; i < n; i++) ACTIVATE(t->activation, q, y + i * ld, y + i * ld, slope + i * ld);
}

static void REAL_NAME(think)(const struct vt_stretch *j, struct REAL_NAME(arena) *w, size_t l, real *y)
{
	const struct vt_model *m = j->m;
	const struct vt_sequence *s = m->plan;
	const struct vt_layer_plan *p = &s->layer[l];
	struct REAL_NAME(kept) *k = &w->layer[l];
	size_t n = REAL_NAME(rows_of)(j, w, l).few, d = s->width, ld = s->stride;
	int norm = REAL_NAME(norm_place)(m);
	const real *b = norm == VT_NORM_PRE ? k->b : k->mid;
	if (s->mlp == 0) {
		memcpy(y, k->mid, n * ld * sizeof *y);
		return;
	}
	if (norm == VT_NORM_PRE) REAL_NAME(apply_norm)(m, &p->norm2, n, k->mid, k->b, k->mean2, k->rate2);
	REAL_NAME(linear)(m, n, d, s->mlp, b, ld, p->in.forward, REAL_NAME(parameters)(m, p->in_b), 0, k->post, s->wide);
	REAL_NAME(keep)(j, p->tap_pre, n, s->mlp, k->post, s->wide);
	REAL_NAME(activate)(m, n, s->mlp, s->wide, k->post, k->slope);
	REAL_NAME(keep)(j, p->tap_post, n, s->mlp, k->post, s->wide);
	real *sum = norm == VT_NORM_POST ? k->sum2 : y;
	REAL_NAME(linear)(m, n, s->mlp, d, k->post, s->wide, p->out.forward, k->mid, ld, sum, ld);
	if (p->out_b != VT_NONE) REAL_NAME(add_row)(n, d, REAL_NAME(parameters)(m, p->out_b), sum, ld);
	if (norm == VT_NORM_POST) REAL_NAME(apply_norm)(m, &p->norm2, n, sum, y, k->mean2, k->rate2);
}

VT_CLONES static void REAL_NAME(multiply)(size_t n, size_t q, size_t ld, const real *restrict slope, real *restrict dy)
{
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < q; c++) dy[i * ld + c] *= slope[i * ld + c];
}

/* w->dx: from the derivative with respect to y to that with respect to mid. */
static void REAL_NAME(think_backward)(const struct vt_stretch *j, struct REAL_NAME(arena) *w, size_t l)
{
	const struct vt_model *m = j->m;
	const struct vt_sequence *s = m->plan;
	const struct vt_layer_plan *p = &s->layer[l];
	struct REAL_NAME(kept) *k = &w->layer[l];
	size_t n = REAL_NAME(rows_of)(j, w, l).few, d = s->width, ld = s->stride, wide = s->wide;
	int norm = REAL_NAME(norm_place)(m);
	const real *b = norm == VT_NORM_PRE ? k->b : k->mid;
	if (s->mlp == 0) return;
	if (norm == VT_NORM_POST) {
		memset(w->dmid, 0, n * ld * sizeof *w->dmid);
		REAL_NAME(undo_norm)(j, &p->norm2, n, k->sum2, k->mean2, k->rate2, w->dx, w->dmid);
		REAL_NAME(swap)(&w->dx, &w->dmid);
	}
	REAL_NAME(linear_weight)(m, n, s->mlp, d, k->post, wide, w->dx, ld, REAL_NAME(gradient)(j, p->out.block));
	REAL_NAME(bias_gradient)(j, p->out_b, n, d, w->dx, ld);
	REAL_NAME(linear)(m, n, d, s->mlp, w->dx, ld, p->out.backward, NULL, 0, w->dwide, wide);
	REAL_NAME(multiply)(n, s->mlp, wide, k->slope, w->dwide);
	REAL_NAME(linear_weight)(m, n, d, s->mlp, b, ld, w->dwide, wide, REAL_NAME(gradient)(j, p->in.block));
	REAL_NAME(bias_gradient)(j, p->in_b, n, s->mlp, w->dwide, wide);
	if (norm == VT_NORM_PRE) {
		REAL_NAME(linear)(m, n, s->mlp, d, w->dwide, wide, p->in.backward, NULL, 0, w->da, ld);
		REAL_NAME(undo_norm)(j, &p->norm2, n, k->mid, k->mean2, k->rate2, w->da, w->dx);
	} else {
		REAL_NAME(linear)(m, n, s->mlp, d, w->dwide, wide, p->in.backward, w->dx, ld, w->dx, ld);
	}
}

/* ---- read-out: logits = norm(x) U + b, of the rows that are asked --------------------------------- */

/* Rows of the top that the read-out reads, and how many. */
static const real *REAL_NAME(asked)(const struct vt_stretch *j, struct REAL_NAME(arena) *w, size_t *n)
{
	const struct vt_sequence *s = j->m->plan;
	bool all = !s->last && !w->picked;
	*n = all ? j->n * s->length : w->n_picked;
	if (all || (w->picked && s->n_layers > 0)) return w->top;
	REAL_NAME(gather)(s, w, w->top, w->asked);
	return w->asked;
}

static size_t REAL_NAME(read_out)(const struct vt_stretch *j, struct REAL_NAME(arena) *w)
{
	const struct vt_model *m = j->m;
	const struct vt_sequence *s = m->plan;
	size_t n;
	const real *x = REAL_NAME(asked)(j, w, &n), *f = s->final.g == VT_NONE ? x : w->normed;
	if (s->final.g != VT_NONE) REAL_NAME(apply_norm)(m, &s->final, n, x, w->normed, w->mean, w->rate);
	const real *bias = REAL_NAME(parameters)(m, s->unembed_b);
	REAL_NAME(linear)(m, n, s->width, s->n_outputs, f, s->stride, s->unembed.forward, bias, 0, w->logits, s->wide);
	return n;
}

/* w->logits holds the derivative with respect to them, n rows; w->dx that with respect to the top, after. */
static void REAL_NAME(read_out_backward)(const struct vt_stretch *j, struct REAL_NAME(arena) *w, size_t n)
{
	const struct vt_model *m = j->m;
	const struct vt_sequence *s = m->plan;
	size_t d = s->width, ld = s->stride, q = s->n_outputs, rows;
	const real *x = REAL_NAME(asked)(j, w, &rows), *f = s->final.g == VT_NONE ? x : w->normed;
	real *du = REAL_NAME(gradient)(j, s->unembed.block);
	if (s->unembed.block == s->embed) REAL_NAME(linear_weight)(m, n, q, d, w->logits, s->wide, f, ld, du);
	else REAL_NAME(linear_weight)(m, n, d, q, f, ld, w->logits, s->wide, du);
	REAL_NAME(bias_gradient)(j, s->unembed_b, n, q, w->logits, s->wide);
	REAL_NAME(linear)(m, n, q, d, w->logits, s->wide, s->unembed.backward, NULL, 0, w->dx, ld);
	if (s->final.g != VT_NONE) {
		memset(w->da, 0, n * ld * sizeof *w->da);
		REAL_NAME(undo_norm)(j, &s->final, n, x, w->mean, w->rate, w->dx, w->da);
		REAL_NAME(swap)(&w->dx, &w->da);
	}
	if (x != w->asked) return;
	REAL_NAME(spread)(s, w, j->n * s->length, w->dx, w->da);
	REAL_NAME(swap)(&w->dx, &w->da);
}

/* ---- losses ----------------------------------------------------------------------------------- */

/* logits[n,q] become scale (softmax - one-hot); a row without a label 0.  The label's own is less the sum of the
 * others, not p - 1, which would be 0 as soon as p rounds to 1: near the end of training that is all there is. */
VT_CLONES static void REAL_NAME(softmax_error)(size_t n, size_t q, size_t ld, const int32_t *label, real scale, real *z)
{
	for (size_t i = 0; i < n; i++, z += ld) {
		real top = z[0], sum;
		if (label[i] < 0) {
			memset(z, 0, q * sizeof *z);
			continue;
		}
#pragma omp simd reduction(max : top)
		for (size_t c = 1; c < q; c++) top = z[c] > top ? z[c] : top;
		for (size_t c = 0; c < q; c++) z[c] -= top;
		REAL_EXP(q, z, z);
		real own = z[label[i]], others = 0;
		z[label[i]] = 0;
#pragma omp simd reduction(+ : others)
		for (size_t c = 0; c < q; c++) others += z[c];
		sum = scale / (own + others);
		for (size_t c = 0; c < q; c++) z[c] *= sum;
		z[label[i]] = -others * sum;
	}
}

static void REAL_NAME(error)(const struct vt_stretch *j, struct REAL_NAME(arena) *w, size_t n)
{
	const struct vt_sequence *s = j->m->plan;
	size_t each = j->m->shape.n_labels, q = s->n_outputs;
	if (j->m->shape.loss == VT_CROSS_ENTROPY) {
		const int32_t *label = j->targets->label + j->first * each;
		if (!s->last && w->picked)
			for (size_t i = 0; i < n; i++) w->label[i] = label[w->row[i]];
		REAL_NAME(softmax_error)(n, q, s->wide, !s->last && w->picked ? w->label : label, (real)j->scale, w->logits);
		return;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < q; c++) {
			size_t row = j->first + i;
			bool hinge = j->m->shape.loss == VT_HINGE, own = j->targets->label && (size_t)j->targets->label[row] == c;
			double wanted = !j->targets->label ? j->targets->value[row * q + c] : own ? 1 : hinge ? -1 : 0;
			real *z = &w->logits[i * s->wide + c];
			if (hinge) *z = wanted * *z < 1 ? (real)(-wanted * j->scale / (double)q) : 0;
			else *z = (real)(2 * j->scale / (double)q * (*z - wanted));
		}
}

static double REAL_NAME(sum_cross_entropy)(size_t n, size_t q, const void *zs, const int32_t *label)
{
	const real *z = zs;
	double total = 0;
	for (size_t i = 0; i < n; i++, z += q) {
		double top = z[0], sum = 0;
		if (label[i] < 0) continue;
		for (size_t c = 1; c < q; c++) top = z[c] > top ? z[c] : top;
		/* The sum of the others: near 0 the loss keeps its digits. */
		for (size_t c = 0; c < q; c++) sum += c == (size_t)label[i] ? 0 : exp(z[c] - top);
		double own = exp(z[label[i]] - top);
		total += own > sum ? log1p(sum / own) : log(sum + own) - (z[label[i]] - top);
	}
	return total;
}

static size_t REAL_NAME(count_correct)(size_t n, size_t q, const void *ys, const int32_t *label)
{
	const real *y = ys;
	size_t right = 0;
	for (size_t i = 0; i < n; i++, y += q) {
		size_t best = 0;
		if (label[i] < 0) continue;
		for (size_t c = 1; c < q; c++)
			if (y[c] > y[best]) best = c;
		right += best == (size_t)label[i];
	}
	return right;
}

/* ---- noise ---------------------------------------------------------------------------------------- */

/* Rows of the stream after block l: x becomes x + sd z.  A row's noise is that of its place in its sequence, whichever
 * rows are there. */
static void REAL_NAME(add_noise)(const struct vt_stretch *j, const struct REAL_NAME(arena) *w, size_t l, real *x)
{
	const struct vt_sequence *s = j->m->plan;
	struct REAL_NAME(rows) rows = REAL_NAME(rows_of)(j, w, l);
	size_t tap = s->layer[l].tap, next = 0, whole = s->length * s->width;
	real *clean = j->gradient ? NULL : (real *)vt_pass_clean(j->m, j->pass, tap) + j->first * whole;
	for (size_t b = 0; b < j->n; b++) {
		struct vt_rng r = vt_noise_stream(j->m, &j->pass->noise, tap, j->first + b);
		for (size_t i = b * s->length; i < (b + 1) * s->length; i++) {
			bool here = !rows.picked || (next < rows.few && w->row[next] == i);
			real *row = x + (rows.picked ? next : i) * s->stride;
			if (here && clean) memcpy(clean + i * s->width, row, s->width * sizeof *row);
			for (size_t c = 0; c < s->width; c++) {
				double z = vt_rng_normal(&r);
				if (here) row[c] = (real)(row[c] + s->noise * z);
			}
			next += here;
		}
	}
}

/* ---- a stretch of sequences ----------------------------------------------------------------------- */

static size_t REAL_NAME(run)(const struct vt_stretch *j, struct REAL_NAME(arena) *w)
{
	const struct vt_sequence *s = j->m->plan;
	REAL_NAME(pick)(j, w);
	real *x = s->n_layers > 0 ? w->layer[0].x : w->top;
	REAL_NAME(embed)(j, x);
	REAL_NAME(keep)(j, 0, j->n * s->length, s->width, x, s->stride);
	for (size_t l = 0; l < s->n_layers; l++) {
		x = l + 1 < s->n_layers ? w->layer[l + 1].x : w->top;
		REAL_NAME(attend)(j, w, l);
		REAL_NAME(think)(j, w, l, x);
		if (s->noise > 0) REAL_NAME(add_noise)(j, w, l, x);
		REAL_NAME(keep)(j, s->layer[l].tap, j->n * s->length, s->width, x, s->stride);
	}
	return REAL_NAME(read_out)(j, w);
}

static void REAL_NAME(evaluate)(const struct vt_stretch *j)
{
	const struct vt_model *m = j->m;
	const struct vt_sequence *s = m->plan;
	struct REAL_NAME(arena) w;
	size_t last = m->n_taps - 1, q = s->n_outputs;
	REAL_NAME(lay)(s, j->arena, &w);
	size_t n = REAL_NAME(run)(j, &w);
	real *z = (real *)vt_pass_delta(m, j->pass, last) + j->first * m->tap_width[last];
	real *y = (real *)vt_pass_activation(m, j->pass, last) + j->first * m->tap_width[last];
	for (size_t i = 0; i < n; i++) memcpy(z + i * q, w.logits + i * s->wide, q * sizeof *z);
	if (m->shape.loss == VT_CROSS_ENTROPY) SOFTMAX(n, q, z, y);
	else memcpy(y, z, n * q * sizeof *y);
	if (j->pass->n_edits > 0) vt_pass_edit(m, j->pass, last, j->first, j->first + j->n);
}

static void REAL_NAME(train)(const struct vt_stretch *j)
{
	const struct vt_sequence *s = j->m->plan;
	struct REAL_NAME(arena) w;
	REAL_NAME(lay)(s, j->arena, &w);
	size_t n = REAL_NAME(run)(j, &w);
	REAL_NAME(error)(j, &w, n);
	REAL_NAME(read_out_backward)(j, &w, n);
	for (size_t l = s->n_layers; l-- > 0;) {
		REAL_NAME(think_backward)(j, &w, l);
		REAL_NAME(attend_backward)(j, &w, l);
	}
	REAL_NAME(embed_backward)(j, w.dx);
}

VT_CLONES static void REAL_NAME(add_up)(size_t n_shards, size_t n, size_t begin, size_t end, const void *gradient,
                                        void *sum)
{
	const real *g = gradient;
	real *out = sum; /* may be the first shard itself */
	for (size_t i = begin; i < end; i++) out[i] = g[i];
	for (size_t b = 1; b < n_shards; b++)
		for (size_t i = begin; i < end; i++) out[i] += g[b * n + i];
}
