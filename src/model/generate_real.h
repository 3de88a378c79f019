/* Continuing sequences token by token, with the keys and values of what went before kept: see sequence_real.h.  No
 * include guard.
 *
 * A step is a stretch of sequences of length 1; `one` is the network seen so, and attention looks into the cache.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */

/* Keys and values of every block: n x length rows each. */
struct REAL_NAME(cache) {
	size_t n, length, at; /* at: positions that are filled, the one being made included */
	real *k, *v;          /* per block, sequence and position a row of the stream's stride */
	real *pattern;        /* length weights */
};

static real *REAL_NAME(cached)(const struct REAL_NAME(cache) *c, real *rows, size_t ld, size_t l, size_t b, size_t t)
{
	return rows + ((l * c->n + b) * c->length + t) * ld;
}

/* One query against the keys up to its own. */
static void REAL_NAME(look_back)(const struct vt_sequence *s, const struct REAL_NAME(cache) *c, size_t l, size_t b,
                                 size_t e, const real *q, real *z)
{
	real scale = 1 / REAL_SQRT((real)s->head), top = 0, sum = 0;
	for (size_t t = 0; t < c->at; t++) {
		const real *k = REAL_NAME(cached)(c, c->k, s->stride, l, b, t) + e * s->head;
		real dot = 0;
		for (size_t i = 0; i < s->head; i++) dot += q[i] * k[i];
		c->pattern[t] = dot * scale;
		top = t == 0 || c->pattern[t] > top ? c->pattern[t] : top;
	}
	for (size_t t = 0; t < c->at; t++) c->pattern[t] -= top;
	REAL_EXP(c->at, c->pattern, c->pattern);
	for (size_t t = 0; t < c->at; t++) sum += c->pattern[t];
	memset(z, 0, s->head * sizeof *z);
	for (size_t t = 0; t < c->at; t++) {
		const real *v = REAL_NAME(cached)(c, c->v, s->stride, l, b, t) + e * s->head;
		for (size_t i = 0; i < s->head; i++) z[i] += c->pattern[t] / sum * v[i];
	}
}

static void REAL_NAME(attend_cached)(const struct vt_stretch *j, struct REAL_NAME(arena) *w, size_t l,
                                     const struct REAL_NAME(cache) *c)
{
	const struct vt_model *m = j->m;
	const struct vt_sequence *s = m->plan;
	const struct vt_layer_plan *p = &s->layer[l];
	struct REAL_NAME(kept) *k = &w->layer[l];
	size_t d = s->width, ld = s->stride;
	int norm = REAL_NAME(norm_place)(m);
	const real *a = norm == VT_NORM_PRE ? k->a : k->x;
	if (norm == VT_NORM_PRE) REAL_NAME(apply_norm)(m, &p->norm1, j->n, k->x, k->a, k->mean1, k->rate1);
	REAL_NAME(linear)(m, j->n, d, d, a, ld, p->q.forward, REAL_NAME(parameters)(m, p->q_b), 0, k->q, ld);
	REAL_NAME(linear)(m, j->n, d, d, a, ld, p->k.forward, REAL_NAME(parameters)(m, p->k_b), 0, k->k, ld);
	REAL_NAME(linear)(m, j->n, d, d, a, ld, p->v.forward, REAL_NAME(parameters)(m, p->v_b), 0, k->v, ld);
	for (size_t b = 0; b < j->n; b++) {
		memcpy(REAL_NAME(cached)(c, c->k, ld, l, b, c->at - 1), k->k + b * ld, d * sizeof(real));
		memcpy(REAL_NAME(cached)(c, c->v, ld, l, b, c->at - 1), k->v + b * ld, d * sizeof(real));
		for (size_t e = 0; e < s->heads; e++)
			REAL_NAME(look_back)(s, c, l, b, e, k->q + b * ld + e * s->head, k->z + b * ld + e * s->head);
	}
	real *sum = norm == VT_NORM_POST ? k->sum1 : k->mid;
	REAL_NAME(linear)(m, j->n, d, d, k->z, ld, p->o.forward, k->x, ld, sum, ld);
	if (p->o_b != VT_NONE) REAL_NAME(add_row)(j->n, d, REAL_NAME(parameters)(m, p->o_b), sum, ld);
	if (norm == VT_NORM_POST) REAL_NAME(apply_norm)(m, &p->norm1, j->n, sum, k->mid, k->mean1, k->rate1);
}

/* One more token of every sequence: what follows it, before softmax, n x outputs with the plan's stride. */
static const real *REAL_NAME(advance)(const struct vt_stretch *j, struct REAL_NAME(arena) *w,
                                      struct REAL_NAME(cache) *c, const int32_t *token)
{
	const struct vt_model *m = j->m;
	const struct vt_sequence *s = m->plan;
	const real *table = REAL_NAME(parameters)(m, s->embed), *position = REAL_NAME(position_table)(m);
	real *x = s->n_layers > 0 ? w->layer[0].x : w->top;
	REAL_NAME(pick)(j, w);
	for (size_t b = 0; b < j->n; b++) {
		memcpy(x + b * s->stride, table + (size_t)token[b] * s->width, s->width * sizeof *x);
		if (position) REAL_NAME(add_row)(1, s->width, position + c->at * s->width, x + b * s->stride, s->stride);
	}
	c->at++;
	for (size_t l = 0; l < s->n_layers; l++) {
		REAL_NAME(attend_cached)(j, w, l, c);
		REAL_NAME(think)(j, w, l, l + 1 < s->n_layers ? w->layer[l + 1].x : w->top);
	}
	REAL_NAME(read_out)(j, w);
	return w->logits;
}

/* The likeliest token, the first of equals; or one by softmax(z / temperature). */
static int32_t REAL_NAME(choose)(size_t q, const real *z, double temperature, struct vt_rng *r)
{
	size_t best = 0;
	double sum = 0;
	for (size_t c = 1; c < q; c++)
		if (z[c] > z[best]) best = c;
	if (!(temperature > 0)) return (int32_t)best;
	for (size_t c = 0; c < q; c++) sum += exp((z[c] - z[best]) / temperature);
	double left = vt_rng_uniform(r) * sum;
	for (size_t c = 0; c < q; c++)
		if ((left -= exp((z[c] - z[best]) / temperature)) < 0) return (int32_t)c;
	return (int32_t)best;
}

static void REAL_NAME(generate)(const struct vt_continuation *g)
{
	const struct vt_sequence *s = g->one->plan;
	struct REAL_NAME(arena) w;
	struct REAL_NAME(cache) c = { g->n, g->length + g->n_new, 0, g->room, NULL, NULL };
	struct vt_pass pass = { 0 };
	const struct vt_stretch j = { .m = g->one, .pass = &pass, .arena = g->arena, .n = g->n };
	const real *z = NULL;
	c.v = c.k + s->n_layers * c.n * c.length * s->stride;
	c.pattern = c.v + s->n_layers * c.n * c.length * s->stride;
	REAL_NAME(lay)(s, g->arena, &w);
	for (size_t t = 0; t < g->length; t++) {
		for (size_t b = 0; b < g->n; b++) g->token[b] = g->prompt[b * g->length + t];
		z = REAL_NAME(advance)(&j, &w, &c, g->token);
	}
	for (size_t t = 0; t < g->n_new; t++) {
		for (size_t b = 0; b < g->n; b++) {
			struct vt_rng r = vt_rng_stream(g->seed, VT_PURPOSE_GENERATE, (g->first + b) << 24 | t);
			g->token[b] = REAL_NAME(choose)(s->n_outputs, z + b * s->wide, g->temperature, &r);
			g->out[b * g->n_new + t] = g->token[b];
		}
		if (t + 1 < g->n_new) z = REAL_NAME(advance)(&j, &w, &c, g->token);
	}
}

static size_t REAL_NAME(cache_room)(const struct vt_sequence *s, size_t n, size_t length)
{
	return (2 * s->n_layers * n * length * s->stride + length + PANELS) * sizeof(real);
}

const struct vt_sequence_ops REAL_NAME(vt_sequence_ops) = {
	.pack = REAL_NAME(pack),
	.room = REAL_NAME(room),
	.evaluate = REAL_NAME(evaluate),
	.train = REAL_NAME(train),
	.tables_room = REAL_NAME(tables_room),
	.tables_derivatives = REAL_NAME(tables_derivatives),
	.tabulate = REAL_NAME(tabulate),
	.settle = REAL_NAME(settle),
	.generate = REAL_NAME(generate),
	.cache_room = REAL_NAME(cache_room),
	.cross_entropy = REAL_NAME(sum_cross_entropy),
	.correct = REAL_NAME(count_correct),
	.add_up = REAL_NAME(add_up),
};
