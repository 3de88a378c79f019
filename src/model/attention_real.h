/* Attention of one micro-batch, forward and backward side by side: see sequence_real.h.  No include guard.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */

/* Queries of a head in blocks of so many rows: what a causal block does not see is not computed. */
enum { REAL_NAME(query_block) = 48 };

/* One sequence's head: `queries` rows against `length` keys; query i stands at position first + i. */
struct REAL_NAME(head) {
	const struct vt_sequence *s;
	size_t queries, first;
	bool causal;
	const real *q, *k, *v;
	real *pattern;         /* queries x length, stride s->pattern */
	real *turned;          /* room for length x head, transposed */
};

/* How many keys the queries up to `end` - 1 see, in all. */
static size_t REAL_NAME(seen)(const struct REAL_NAME(head) *h, size_t end)
{
	return h->causal ? h->first + end : h->s->length;
}

/* c[m,n] = a[m,k] b[k,n], plain or a transposed, b in whole panels beyond n, c too. */
static void REAL_NAME(small)(const struct vt_sequence *s, bool ta, size_t m, size_t n, size_t k, const real *a,
                             size_t lda, const real *b, size_t ldb, real *c, size_t ldc)
{
	const struct vt_product p = { .kernels = s->kernels, .m = m, .n = n, .k = k, .ta = ta, .padded = true, .lda = lda,
		                      .ldb = ldb, .ldc = ldc, .a = a, .b = b, .c = c };
	PRODUCT(&p);
}

/* The rows of a block of scores become weights: softmax over the keys that each query sees, 0 beyond. */
VT_CLONES static void REAL_NAME(weigh)(const struct REAL_NAME(head) *h, size_t begin, size_t end, real scale)
{
	size_t width = REAL_NAME(seen)(h, end), ld = h->s->pattern;
	real *rows = h->pattern + begin * ld;
	for (size_t i = begin; i < end; i++) {
		real *row = h->pattern + i * ld, top = row[0];
		size_t n = REAL_NAME(seen)(h, i + 1);
#pragma omp simd reduction(max : top)
		for (size_t j = 1; j < n; j++) top = row[j] > top ? row[j] : top;
		for (size_t j = 0; j < n; j++) row[j] = (row[j] - top) * scale;
		for (size_t j = n; j < width; j++) row[j] = 0;
		if (width > ld / 2) REAL_EXP(width, row, row);
		else for (size_t j = width; j < ld; j++) row[j] = 0;
	}
	if (width <= ld / 2) REAL_EXP((end - begin) * ld, rows, rows);
	for (size_t i = begin; i < end; i++) {
		real *row = h->pattern + i * ld, sum = 0;
		size_t n = REAL_NAME(seen)(h, i + 1);
#pragma omp simd reduction(+ : sum)
		for (size_t j = 0; j < n; j++) sum += row[j];
		sum = 1 / sum;
		for (size_t j = 0; j < n; j++) row[j] *= sum;
		for (size_t j = n; j < ld; j++) row[j] = 0; /* to the end: patterns are taps as well */
	}
}

/* z = softmax(q k' / sqrt(head)) v */
static void REAL_NAME(head_forward)(const struct REAL_NAME(head) *h, real *z)
{
	const struct vt_sequence *s = h->s;
	real scale = 1 / REAL_SQRT((real)s->head);
	TRANSPOSE(s->length, s->head, h->k, s->stride, h->turned, s->pattern);
	for (size_t i = 0; i < h->queries; i += REAL_NAME(query_block)) {
		size_t end = i + REAL_NAME(query_block) < h->queries ? i + REAL_NAME(query_block) : h->queries;
		size_t keys = REAL_NAME(seen)(h, end);
		real *pattern = h->pattern + i * s->pattern;
		REAL_NAME(small)(s, false, end - i, keys, s->head, h->q + i * s->stride, s->stride, h->turned, s->pattern, pattern,
		                 s->pattern);
		REAL_NAME(weigh)(h, i, end, scale);
		REAL_NAME(small)(s, false, end - i, s->head, keys, pattern, s->pattern, h->v, s->stride, z + i * s->stride,
		                 s->stride);
	}
}

/* ds = p (dp - sum of dp p) / sqrt(head) */
VT_CLONES static void REAL_NAME(weigh_backward)(const struct REAL_NAME(head) *h, size_t begin, size_t end, real scale,
                                                real *d)
{
	size_t width = REAL_NAME(seen)(h, end), ld = h->s->pattern;
	for (size_t i = begin; i < end; i++) {
		const real *p = h->pattern + i * ld;
		real *dp = d + i * ld, sum = 0;
#pragma omp simd reduction(+ : sum)
		for (size_t j = 0; j < width; j++) sum += dp[j] * p[j];
		for (size_t j = 0; j < width; j++) dp[j] = p[j] * (dp[j] - sum) * scale;
	}
}

/* dz to dq, dk, dv; d has the room of a pattern. */
static void REAL_NAME(head_backward)(const struct REAL_NAME(head) *h, const real *dz, real *dq, real *dk, real *dv,
                                     real *d)
{
	const struct vt_sequence *s = h->s;
	real scale = 1 / REAL_SQRT((real)s->head);
	const size_t ld = s->stride, block = REAL_NAME(query_block);
	TRANSPOSE(s->length, s->head, h->v, ld, h->turned, s->pattern);
	for (size_t i = 0; i < h->queries; i += block) {
		size_t end = i + block < h->queries ? i + block : h->queries, keys = REAL_NAME(seen)(h, end);
		REAL_NAME(small)(s, false, end - i, keys, s->head, dz + i * ld, ld, h->turned, s->pattern, d + i * s->pattern,
		                 s->pattern);
		REAL_NAME(weigh_backward)(h, i, end, scale, d);
		REAL_NAME(small)(s, false, end - i, s->head, keys, d + i * s->pattern, s->pattern, h->k, ld, dq + i * ld, ld);
	}
	for (size_t j = 0; j < s->length; j += block) {
		/* The first query that sees key j begins its block of queries: what lies before is 0 or was not written. */
		size_t from = h->causal && j > h->first ? (j - h->first) / block * block : 0, n = h->queries - from;
		size_t keys = s->length - j < block ? s->length - j : block;
		const real *p = h->pattern + from * s->pattern + j, *ds = d + from * s->pattern + j;
		REAL_NAME(small)(s, true, keys, s->head, n, p, s->pattern, dz + from * ld, ld, dv + j * ld, ld);
		REAL_NAME(small)(s, true, keys, s->head, n, ds, s->pattern, h->q + from * ld, ld, dk + j * ld, ld);
	}
}
