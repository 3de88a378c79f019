/* Logits over all pairs of residues.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "residue.h"

/* ---- asking the network -------------------------------------------------------- */

/* All pairs, in the order of the planes. */
static void fill_inputs(const struct vt_snapshot *s, size_t p, size_t n_inputs, double *input)
{
	for (size_t i = 0; i < p * p; i++) {
		double *x = input + i * n_inputs;
		for (size_t j = 2; j < n_inputs; j++) x[j] = s->input.x[j];
		x[0] = (double)(i / p);
		x[1] = (double)(i % p);
	}
}

/* A network that answers at every position fills all of `answer`, one that answers once a row only the first part:
 * what it left alone is still NaN. */
static void take_answers(const struct vt_residue *r, size_t most, const double *answer)
{
	size_t n = r->p * r->p, c = r->n_classes, positions = most > 1 && !isnan(answer[n * c]) ? most : 1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < c; k++)
			r->plane[k * n + i] = answer[(i * positions + positions - 1) * c + k];
}

static enum vt_status ask(struct vt_ctx *ctx, const struct vt_snapshot *s, size_t n_inputs, struct vt_residue *r)
{
	enum vt_status status;
	size_t n = r->p * r->p;
	double *input = NULL, *answer = NULL;
	VT_NEW(ctx, input, n * n_inputs);
	VT_NEW(ctx, answer, n * n_inputs * r->n_classes);
	for (size_t i = 0; i < n * n_inputs * r->n_classes; i++) answer[i] = NAN;
	fill_inputs(s, r->p, n_inputs, input);
	const struct vt_query q = { .input = { input, n, n_inputs, n_inputs }, .tap = s->n_taps };
	VT_TRY(s->net->run(ctx, s->net->self, &q, answer));
	take_answers(r, n_inputs, answer);
done:
	free(input);
	free(answer);
	return status;
}

/* ---- frequencies ------------------------------------------------------------------ */

/* The two bins of frequency k; one and the same where k is p / 2. */
static void bins_of(const struct vt_residue *r, size_t k, size_t bin[2])
{
	size_t p = r->p;
	bin[0] = k * p + (r->difference ? p - k : k);
	bin[1] = (p - k) * p + (r->difference ? k : p - k);
}

static double square(struct vt_complex c)
{
	return c.re * c.re + c.im * c.im;
}

struct transform {
	struct vt_ctx *ctx;
	struct vt_residue *r;
	struct vt_complex *work; /* of each class */
	size_t n_keys;
	const size_t *frequency;
};

static enum vt_status forward_class(void *self, size_t c)
{
	const struct transform *t = self;
	size_t p = t->r->p, n = p * p;
	struct vt_complex *x = t->work + c * n;
	for (size_t i = 0; i < n; i++) x[i] = (struct vt_complex){ t->r->plane[c * n + i], 0 };
	return vt_fft_plane(t->ctx, p, false, x, t->r->spectrum + c * n);
}

static enum vt_status keep_class(void *self, size_t c)
{
	const struct transform *t = self;
	size_t p = t->r->p, n = p * p, bin[2];
	struct vt_complex *x = t->work + c * n;
	for (size_t i = 0; i < n; i++) x[i] = (struct vt_complex){ 0, 0 };
	for (size_t k = 0; k < t->n_keys; k++) {
		bins_of(t->r, t->frequency[k], bin);
		for (size_t b = 0; b < 2; b++) x[bin[b]] = t->r->spectrum[c * n + bin[b]];
	}
	enum vt_status status = vt_fft_plane(t->ctx, p, true, x, x);
	for (size_t i = 0; i < n; i++) t->r->key[c * n + i] = x[i].re;
	return status;
}

static enum vt_status transform(struct vt_ctx *ctx, struct vt_residue *r, vt_block_fn *fn, size_t n_keys,
                                const size_t *frequency)
{
	enum vt_status status;
	struct transform t = { ctx, r, NULL, n_keys, frequency };
	VT_NEW(ctx, t.work, r->n_classes * r->p * r->p);
	VT_TRY(vt_fft_plane_plan(ctx, r->p));
	VT_TRY(vt_blocks_run(ctx, r->n_classes, false, fn, &t));
done:
	free(t.work);
	return status;
}

static void fill_shares(struct vt_residue *r)
{
	size_t n = r->p * r->p, bin[2];
	double total = 0;
	for (size_t c = 0; c < r->n_classes; c++)
		for (size_t i = 1; i < n; i++) total += square(r->spectrum[c * n + i]);
	for (size_t k = 1; k <= r->p / 2; k++) {
		double sum = 0;
		bins_of(r, k, bin);
		for (size_t c = 0; c < r->n_classes; c++) {
			sum += square(r->spectrum[c * n + bin[0]]);
			if (bin[1] != bin[0]) sum += square(r->spectrum[c * n + bin[1]]);
		}
		r->share[k - 1] = total > 0 ? sum / total : (double)NAN;
	}
}

enum vt_status vt_residue_ask(struct vt_ctx *ctx, const struct vt_snapshot *s, size_t n_inputs, size_t p,
                              size_t n_classes, bool difference, struct vt_residue *out)
{
	enum vt_status status;
	size_t n = n_classes * p * p;
	*out = (struct vt_residue){ .p = p, .n_classes = n_classes, .difference = difference };
	VT_NEW(ctx, out->plane, n);
	VT_NEW(ctx, out->key, n);
	VT_NEW(ctx, out->spectrum, n);
	VT_NEW(ctx, out->share, p / 2);
	VT_TRY(ask(ctx, s, n_inputs, out));
	VT_TRY(transform(ctx, out, forward_class, 0, NULL));
	fill_shares(out);
done:
	return status;
}

enum vt_status vt_residue_keep(struct vt_ctx *ctx, struct vt_residue *r, size_t n_keys, const size_t *frequency)
{
	return transform(ctx, r, keep_class, n_keys, frequency);
}

void vt_residue_clear(struct vt_residue *r)
{
	free(r->plane);
	free(r->key);
	free(r->spectrum);
	free(r->share);
	*r = (struct vt_residue){ 0 };
}

/* ---- losses -------------------------------------------------------------------------- */

/* Bin (0, 0) of an orthonormal transform is p times the mean. */
static double logit(const struct vt_residue *r, enum vt_residue_part part, size_t c, size_t pair)
{
	size_t n = r->p * r->p, at = c * n + pair;
	if (part == VT_RESIDUE_PLAIN) return r->plane[at];
	if (part == VT_RESIDUE_EXCLUDED) return r->plane[at] - r->key[at];
	return r->key[at] + r->spectrum[c * n].re / (double)r->p;
}

static double cross_entropy(const struct vt_residue *r, enum vt_residue_part part, size_t pair, size_t label)
{
	double largest = -INFINITY, sum = 0, own = logit(r, part, label, pair);
	for (size_t c = 0; c < r->n_classes; c++) largest = fmax(largest, logit(r, part, c, pair));
	/* The others' sum apart: a loss of 1e-20 is not lost in 1 + 1e-20. */
	for (size_t c = 0; c < r->n_classes; c++)
		if (c != label) sum += exp(logit(r, part, c, pair) - (own == largest ? own : largest));
	return own == largest ? log1p(sum) : largest - own + log(sum + exp(own - largest));
}

double vt_residue_loss(const struct vt_residue *r, const struct vt_snapshot *s, enum vt_residue_part part, int which)
{
	double total = 0;
	size_t n = 0;
	for (size_t i = 0; i < s->input.rows; i++) {
		const double *x = s->input.x + i * s->input.stride;
		bool test = s->is_test && s->is_test[i], pair = x[0] < (double)r->p && x[1] < (double)r->p;
		if ((which < 2 && test != (which == 1)) || !pair || s->label.y[i] < 0) continue;
		total += cross_entropy(r, part, (size_t)x[0] * r->p + (size_t)x[1], (size_t)s->label.y[i]);
		n++;
	}
	return n > 0 ? total / (double)n : (double)NAN;
}
