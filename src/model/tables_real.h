/* Queries, keys and values of a first block by token and position, for batches that hold each token many times: see
 * sequence_real.h.  No include guard.
 *
 * What enters the first block is a function of token and position alone, so that its three products are made once for
 * each of them instead of once for each token of the batch; in the backward pass derivatives are first summed by token
 * and position.  The gradient is the same but for rounding.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */

/* length x tokens rows each. */
struct REAL_NAME(tables) {
	real *x, *a, *q, *k, *v, *mean, *rate, *dx, *da;
};

static size_t REAL_NAME(lay_tables)(const struct vt_sequence *s, void *base, struct REAL_NAME(tables) *t)
{
	struct REAL_NAME(cutter) c = { base, 0 };
	size_t rows = s->length * s->n_tokens;
	real **wide[] = { &t->x, &t->a, &t->q, &t->k, &t->v, &t->dx, &t->da };
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) *wide[i] = REAL_NAME(cut)(&c, rows, s->stride);
	t->mean = REAL_NAME(cut)(&c, rows, 1);
	t->rate = REAL_NAME(cut)(&c, rows, 1);
	REAL_NAME(cut)(&c, 1, s->stride + PANELS); /* kernels write and read a panel beyond the last row */
	return c.used;
}

static size_t REAL_NAME(tables_room)(const struct vt_sequence *s)
{
	struct REAL_NAME(tables) t;
	return REAL_NAME(lay_tables)(s, NULL, &t);
}

/* Numbers of one shard's derivatives: of queries, keys and values, one after the other. */
static size_t REAL_NAME(tables_derivatives)(const struct vt_sequence *s)
{
	return 3 * s->length * s->n_tokens * s->stride + PANELS;
}

static void REAL_NAME(tabulate)(const struct vt_model *m, void *base)
{
	const struct vt_sequence *s = m->plan;
	const struct vt_layer_plan *p = &s->layer[0];
	const real *table = REAL_NAME(parameters)(m, s->embed), *position = REAL_NAME(position_table)(m);
	size_t rows = s->length * s->n_tokens, d = s->width, ld = s->stride;
	struct REAL_NAME(tables) t;
	REAL_NAME(lay_tables)(s, base, &t);
	for (size_t i = 0; i < rows; i++) {
		memcpy(t.x + i * ld, table + i % s->n_tokens * d, d * sizeof *t.x);
		if (position) REAL_NAME(add_row)(1, d, position + i / s->n_tokens * d, t.x + i * ld, ld);
	}
	bool pre = REAL_NAME(norm_place)(m) == VT_NORM_PRE;
	if (pre) REAL_NAME(apply_norm)(m, &p->norm1, rows, t.x, t.a, t.mean, t.rate);
	const real *a = pre ? t.a : t.x;
	REAL_NAME(linear)(m, rows, d, d, a, ld, p->q.forward, REAL_NAME(parameters)(m, p->q_b), 0, t.q, ld);
	REAL_NAME(linear)(m, rows, d, d, a, ld, p->k.forward, REAL_NAME(parameters)(m, p->k_b), 0, t.k, ld);
	REAL_NAME(linear)(m, rows, d, d, a, ld, p->v.forward, REAL_NAME(parameters)(m, p->v_b), 0, t.v, ld);
}

static size_t REAL_NAME(entry)(const struct vt_stretch *j, size_t row)
{
	const struct vt_sequence *s = j->m->plan;
	return row % s->length * s->n_tokens + (size_t)REAL_NAME(tokens)(j)[row];
}

/* The first block's queries, keys and values of a stretch. */
static void REAL_NAME(look_up)(const struct vt_stretch *j, const struct REAL_NAME(arena) *w,
                               const struct REAL_NAME(rows) *rows)
{
	const struct vt_sequence *s = j->m->plan;
	const struct REAL_NAME(kept) *k = &w->layer[0];
	size_t ld = s->stride, bytes = s->width * sizeof(real);
	struct REAL_NAME(tables) t;
	REAL_NAME(lay_tables)(s, j->tables, &t);
	for (size_t i = 0; i < rows->all; i++) {
		size_t at = REAL_NAME(entry)(j, i) * ld;
		memcpy(k->k + i * ld, t.k + at, bytes);
		memcpy(k->v + i * ld, t.v + at, bytes);
		if (!rows->queries) memcpy(k->q + i * ld, t.q + at, bytes);
	}
	for (size_t i = 0; rows->queries && i < rows->few; i++)
		memcpy(k->q + i * ld, t.q + REAL_NAME(entry)(j, w->row[i]) * ld, bytes);
}

/* Adds the derivatives of a stretch to its shard's. */
static void REAL_NAME(enter)(const struct vt_stretch *j, const struct REAL_NAME(arena) *w,
                             const struct REAL_NAME(rows) *rows)
{
	const struct vt_sequence *s = j->m->plan;
	size_t ld = s->stride, d = s->width, each = s->length * s->n_tokens * ld;
	real *dq = j->entries, *dk = dq + each, *dv = dk + each;
	for (size_t i = 0; i < rows->all; i++) {
		size_t at = REAL_NAME(entry)(j, i) * ld;
		REAL_NAME(add_rows)(1, d, w->dk + i * ld, dk + at, ld);
		REAL_NAME(add_rows)(1, d, w->dv + i * ld, dv + at, ld);
		if (!rows->queries) REAL_NAME(add_rows)(1, d, w->dq + i * ld, dq + at, ld);
	}
	for (size_t i = 0; rows->queries && i < rows->few; i++)
		REAL_NAME(add_rows)(1, d, w->dq + i * ld, dq + REAL_NAME(entry)(j, w->row[i]) * ld, ld);
}

/* j->entries: the sum over shards.  Adds what it does to the weights, the norm and the embeddings. */
static void REAL_NAME(settle)(const struct vt_stretch *j)
{
	const struct vt_model *m = j->m;
	const struct vt_sequence *s = m->plan;
	const struct vt_layer_plan *p = &s->layer[0];
	size_t rows = s->length * s->n_tokens, d = s->width, ld = s->stride;
	const struct vt_paneled *w[] = { &p->q, &p->k, &p->v };
	const size_t bias[] = { p->q_b, p->k_b, p->v_b };
	real *table = REAL_NAME(gradient)(j, s->embed), *position = REAL_NAME(gradient)(j, s->position);
	struct REAL_NAME(tables) t;
	REAL_NAME(lay_tables)(s, j->tables, &t);
	bool pre = REAL_NAME(norm_place)(m) == VT_NORM_PRE;
	for (size_t i = 0; i < 3; i++) {
		const real *dy = (const real *)j->entries + i * rows * ld;
		REAL_NAME(linear_weight)(m, rows, d, d, pre ? t.a : t.x, ld, dy, ld, REAL_NAME(gradient)(j, w[i]->block));
		REAL_NAME(bias_gradient)(j, bias[i], rows, d, dy, ld);
		REAL_NAME(linear)(m, rows, d, d, dy, ld, w[i]->backward, i > 0 ? t.da : NULL, ld, t.da, ld);
	}
	if (pre) {
		memset(t.dx, 0, rows * ld * sizeof *t.dx);
		REAL_NAME(undo_norm)(j, &p->norm1, rows, t.x, t.mean, t.rate, t.da, t.dx);
	}
	const real *dx = pre ? t.dx : t.da;
	for (size_t i = 0; i < rows; i++) {
		REAL_NAME(add_columns)(1, d, dx + i * ld, ld, table + i % s->n_tokens * d);
		if (position) REAL_NAME(add_columns)(1, d, dx + i * ld, ld, position + i / s->n_tokens * d);
	}
}
