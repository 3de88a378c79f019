/* Attention of small transformers, sixteen sequences side by side: see columns.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <string.h>

#include "../num/simd.h"
#include "columns.h"
#include "venturi/num.h"

/* Two times eight lanes. */
struct wide {
	vt_v8 half[2];
};

VT_INLINE void load(struct wide *x, const float *from)
{
	memcpy(x, from, sizeof *x);
}

VT_INLINE void save(const struct wide *x, float *to)
{
	memcpy(to, x, sizeof *x);
}

VT_INLINE void add_product(struct wide *sum, const float *a, const float *b)
{
	struct wide x, y;
	load(&x, a);
	load(&y, b);
	sum->half[0] += x.half[0] * y.half[0];
	sum->half[1] += x.half[1] * y.half[1];
}

/* out[i][j] = sum over c of a[c][i] b[c][j] */
VT_CLONES static void pair_sums(size_t head, size_t length, size_t i0, bool causal, size_t ld, const float *a,
                                const float *b, float scale, float *out)
{
	for (size_t i = i0; i < length; i++)
		for (size_t j = 0; j < (causal ? i + 1 : length); j++) {
			struct wide sum = { 0 };
			for (size_t c = 0; c < head; c++) add_product(&sum, a + c * ld + i * LANES, b + c * ld + j * LANES);
			sum.half[0] *= scale;
			sum.half[1] *= scale;
			save(&sum, out + (i * length + j) * LANES);
		}
}

/* out[c][i] = sum over j of p[i][j] x[c][j] */
VT_CLONES static void mix(size_t head, size_t length, size_t i0, bool causal, size_t ld, const float *p, const float *x,
                          float *out)
{
	for (size_t i = i0; i < length; i++)
		for (size_t c = 0; c < head; c++) {
			struct wide sum = { 0 };
			for (size_t j = 0; j < (causal ? i + 1 : length); j++)
				add_product(&sum, p + (i * length + j) * LANES, x + c * ld + j * LANES);
			save(&sum, out + c * ld + i * LANES);
		}
}

/* out[c][j] = sum over i of p[i][j] x[c][i] */
VT_CLONES static void mix_back(size_t head, size_t length, size_t i0, bool causal, size_t ld, const float *p,
                               const float *x, float *out)
{
	for (size_t j = 0; j < length; j++)
		for (size_t c = 0; c < head; c++) {
			struct wide sum = { 0 };
			for (size_t i = causal && j > i0 ? j : i0; i < length; i++)
				add_product(&sum, p + (i * length + j) * LANES, x + c * ld + i * LANES);
			save(&sum, out + c * ld + j * LANES);
		}
}

/* p[i][.] = softmax of the row. */
VT_CLONES static void soften(size_t length, size_t i, size_t keys, float *rows)
{
	float *p = rows + i * length * LANES, top[LANES], sum[LANES];
	memcpy(top, p, sizeof top);
	for (size_t j = 1; j < keys; j++)
		for (size_t s = 0; s < LANES; s++) top[s] = p[j * LANES + s] > top[s] ? p[j * LANES + s] : top[s];
	for (size_t j = 0; j < keys; j++)
		for (size_t s = 0; s < LANES; s++) p[j * LANES + s] -= top[s];
	vt_exp_f32(keys * LANES, p, p);
	memset(sum, 0, sizeof sum);
	for (size_t j = 0; j < keys; j++)
		for (size_t s = 0; s < LANES; s++) sum[s] += p[j * LANES + s];
	for (size_t s = 0; s < LANES; s++) sum[s] = 1 / sum[s];
	for (size_t j = 0; j < keys; j++)
		for (size_t s = 0; s < LANES; s++) p[j * LANES + s] *= sum[s];
}

/* dp becomes p (dp - sum of dp p) scale */
VT_CLONES static void soften_back(size_t length, size_t i, size_t keys, const float *weights, float scale, float *rows)
{
	const float *p = weights + i * length * LANES;
	float *dp = rows + i * length * LANES, sum[LANES] = { 0 };
	for (size_t j = 0; j < keys; j++)
		for (size_t s = 0; s < LANES; s++) sum[s] += dp[j * LANES + s] * p[j * LANES + s];
	for (size_t j = 0; j < keys; j++)
		for (size_t s = 0; s < LANES; s++) dp[j * LANES + s] = p[j * LANES + s] * (dp[j * LANES + s] - sum[s]) * scale;
}

void vt_columns_head(const struct vt_columns *w, const struct vt_kept *k, size_t e, size_t from)
{
	const struct vt_sequence *s = w->s;
	size_t length = s->length, at = e * s->head * w->ld, i0 = from / LANES;
	float *p = k->p + e * length * length * LANES;
	pair_sums(s->head, length, i0, w->t->causal, w->ld, k->q + at, k->k + at, 1 / sqrtf((float)s->head), p);
	for (size_t i = i0; i < length; i++) soften(length, i, w->t->causal ? i + 1 : length, p);
	mix(s->head, length, i0, w->t->causal, w->ld, p, k->v + at, k->z + at);
}

void vt_columns_head_backward(const struct vt_columns *w, const struct vt_kept *k, size_t e, size_t from)
{
	const struct vt_sequence *s = w->s;
	size_t length = s->length, at = e * s->head * w->ld, i0 = from / LANES;
	bool causal = w->t->causal;
	const float *p = k->p + e * length * length * LANES;
	pair_sums(s->head, length, i0, causal, w->ld, w->dz + at, k->v + at, 1, w->dp);
	mix_back(s->head, length, i0, causal, w->ld, p, w->dz + at, w->dv + at);
	for (size_t i = i0; i < length; i++)
		soften_back(length, i, causal ? i + 1 : length, p, 1 / sqrtf((float)s->head), w->dp);
	mix(s->head, length, i0, causal, w->ld, w->dp, k->k + at, w->dq + at);
	mix_back(s->head, length, i0, causal, w->ld, w->dp, k->q + at, w->dk + at);
}

