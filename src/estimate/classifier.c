/* I(T;Y) >= H(Y) - CE: a probe that reads the label off the other variable, judged on rows that it did not see.
 *
 * For any q(y|t), E ln q(y|t) <= -H(Y|T).  Each fold is predicted by a probe of its own, trained on the other folds
 * (Barber & Agakov 2003; on layers: Alain & Bengio 2017).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dense.h"
#include "split.h"
#include "venturi/rng.h"

struct settings {
	struct vt_ints hidden;
	int64_t folds, batch, steps, every, patience;
	double rate, decay;
};

enum { MOST_HIDDEN = VT_DENSE_MOST_LAYERS - 1 };

static const struct vt_option options[] = {
	{ "hidden", VT_INTS, offsetof(struct settings, hidden), 1, 4096, NULL, .unit = "units",
	  .help = "widths of hidden layers (ReLU); none: a linear probe", .optional = true, .max_items = MOST_HIDDEN },
	{ "folds", VT_INT, offsetof(struct settings, folds), 2, 100, "5", NULL, "parts, each predicted from the others" },
	{ "rate", VT_REAL, offsetof(struct settings, rate), 1e-6, 1, "0.01", NULL, "learning rate of Adam" },
	{ "decay", VT_REAL, offsetof(struct settings, decay), 0, 10, "1e-3", NULL, "decoupled weight decay" },
	{ "batch", VT_INT, offsetof(struct settings, batch), 1, 65536, "256", .unit = "rows", .help = "of a step" },
	{ "steps", VT_INT, offsetof(struct settings, steps), 1, 10000000, "3000", .unit = "steps", .help = "at most" },
	{ "every", VT_INT, offsetof(struct settings, every), 1, 1000000, "50", .unit = "steps",
	  .help = "between looks at the validation rows" },
	{ "patience", VT_INT, offsetof(struct settings, patience), 1, 1000000, "10", .unit = "looks",
	  .help = "without a better one before training stops" },
	{ 0 }
};

/* Share of a fold's training rows that choose the state to keep, and of the labels' own frequencies in every
 * prediction: a label that no training row bears then costs a finite amount. */
static const double validation = 0.15, prior_share = 1e-3;

struct probe {
	struct vt_dense net;
	const float *x;          /* n x d, standardised */
	const int32_t *label;
	size_t d, classes;
	double *prior;
	float *input, *d_out;    /* of a batch */
};

/* Logits to probabilities, in place, in double where it matters: the sum. */
static void softmax(float *v, size_t n)
{
	float top = v[0];
	double sum = 0;
	for (size_t k = 1; k < n; k++) top = v[k] > top ? v[k] : top;
	for (size_t k = 0; k < n; k++) {
		v[k] = expf(v[k] - top);
		sum += v[k];
	}
	for (size_t k = 0; k < n; k++) v[k] = (float)(v[k] / sum);
}

/* Probabilities of rows row[0 .. n) to p->d_out. */
static void predict(struct probe *p, const uint32_t *row, size_t n)
{
	for (size_t i = 0; i < n; i++) memcpy(p->input + i * p->d, p->x + row[i] * p->d, p->d * sizeof *p->input);
	memcpy(p->d_out, vt_dense_forward(&p->net, p->input, n), n * p->classes * sizeof *p->d_out);
	for (size_t i = 0; i < n; i++) softmax(p->d_out + i * p->classes, p->classes);
}

/* Derivative of the mean cross-entropy by the logits: q - 1 at the label. */
static void train_step(struct probe *p, const struct settings *s, const uint32_t *row, size_t n, int64_t step)
{
	predict(p, row, n);
	for (size_t i = 0; i < n; i++) p->d_out[i * p->classes + (size_t)p->label[row[i]]] -= 1;
	for (size_t i = 0; i < n * p->classes; i++) p->d_out[i] /= (float)n;
	vt_dense_backward(&p->net, p->d_out, n, NULL);
	vt_dense_update(&p->net, s->rate, s->decay, step);
}

/* ln q(y_i | t_i) of the rows, q mixed with the labels' frequencies; returns their mean. */
static double log_likelihood(struct probe *p, const uint32_t *row, size_t n, double *local)
{
	double sum = 0;
	for (size_t begin = 0; begin < n; begin += p->net.batch) {
		size_t size = n - begin < p->net.batch ? n - begin : p->net.batch;
		predict(p, row + begin, size);
		for (size_t i = 0; i < size; i++) {
			size_t y = (size_t)p->label[row[begin + i]];
			double q = (1 - prior_share) * (double)p->d_out[i * p->classes + y] + prior_share * p->prior[y];
			if (local) local[row[begin + i]] = log(q);
			sum += log(q);
		}
	}
	return sum / (double)n;
}

/* Trains on row[0 .. n), of which the first part chooses the state to keep: the row order is random. */
static void train(struct probe *p, const struct settings *s, uint64_t seed, uint64_t fold, uint32_t *row, size_t n)
{
	size_t held = (size_t)(validation * (double)n) + 1, rest = n - held, size = p->net.batch < rest ? p->net.batch : rest;
	struct vt_rng rng = vt_rng_stream(seed, VT_PURPOSE_CRITIC, 2 * fold + 3);
	double best = -INFINITY;
	int64_t worse = 0;
	size_t at = rest;
	vt_dense_initialise(&p->net, seed, 2 * fold + 2);
	vt_dense_keep(&p->net);
	for (int64_t step = 1; step <= s->steps && worse < s->patience; step++) {
		if (at + size > rest) {
			vt_rng_shuffle(&rng, row + held, rest);
			at = 0;
		}
		train_step(p, s, row + held + at, size, step);
		at += size;
		if (step % s->every != 0 && step < s->steps) continue;
		double value = log_likelihood(p, row, held, NULL);
		worse++;
		if (!(value > best)) continue;
		best = value;
		worse = 0;
		vt_dense_keep(&p->net);
	}
	vt_dense_recall(&p->net);
}

static void label_frequencies(struct probe *p, const uint32_t *row, size_t n)
{
	for (size_t c = 0; c < p->classes; c++) p->prior[c] = 0.5 / ((double)n + 0.5 * (double)p->classes);
	for (size_t i = 0; i < n; i++) p->prior[p->label[row[i]]] += 1 / ((double)n + 0.5 * (double)p->classes);
}

/* Fold f of the order: rows begin .. end - 1 are predicted, the others are moved to `rest`. */
static void run_fold(struct probe *p, const struct settings *s, const struct vt_pair *in, const uint32_t *order,
                     const size_t *begin, size_t f, uint32_t *rest, double *local)
{
	size_t n = in->x.rows, after = n - begin[f + 1];
	memcpy(rest, order, begin[f] * sizeof *rest);
	memcpy(rest + begin[f], order + begin[f + 1], after * sizeof *rest);
	label_frequencies(p, rest, begin[f] + after);
	train(p, s, in->seed, f, rest, begin[f] + after);
	log_likelihood(p, order + begin[f], begin[f + 1] - begin[f], local);
}

static enum vt_status probe_create(struct vt_ctx *ctx, const struct settings *s, size_t n, struct probe *p)
{
	enum vt_status status = VT_OK;
	size_t width[VT_DENSE_MOST_LAYERS + 1] = { p->d }, batch = (size_t)s->batch < n ? (size_t)s->batch : n;
	for (size_t l = 0; l < s->hidden.n; l++) width[l + 1] = (size_t)s->hidden.v[l];
	width[s->hidden.n + 1] = p->classes;
	VT_TRY(vt_dense_create(ctx, s->hidden.n + 1, width, batch, &p->net));
	VT_NEW(ctx, p->prior, p->classes);
	VT_NEW(ctx, p->input, batch * p->d);
	VT_NEW(ctx, p->d_out, batch * p->classes);
done:
	return status;
}

/* local[i] = ln q(y_i | t_i), each by the probe that did not see row i. */
static enum vt_status cross_validate(struct vt_ctx *ctx, const struct settings *s, const struct vt_pair *in,
                                     struct probe *p, double *local)
{
	enum vt_status status = VT_OK;
	struct vt_split_rows part = { 0 };
	size_t *begin = NULL;
	uint32_t *rest = NULL;
	VT_TRY(probe_create(ctx, s, in->x.rows, p));
	VT_NEW(ctx, begin, (size_t)s->folds + 1);
	VT_NEW(ctx, rest, in->x.rows);
	VT_TRY(vt_split_folds(ctx, in, (size_t)s->folds, &part, begin));
	for (size_t f = 0; f < (size_t)s->folds; f++) run_fold(p, s, in, part.row, begin, f, rest, local);
done:
	vt_split_clear(&part);
	free(begin);
	free(rest);
	return status;
}

/* H(Y) by plug-in with Miller's correction; local terms ln q - ln p(y) carry the error of both parts, since -ln p(y)
 * is the influence of a row on the plug-in entropy. */
static void conclude(const struct vt_pair *in, const struct probe *p, double *count, double *local,
                     struct vt_estimated *out)
{
	double n = (double)in->x.rows, h = 0, alone = 0;
	for (size_t i = 0; i < in->x.rows; i++) count[p->label[i]]++;
	for (size_t i = 0; i < in->x.rows; i++) local[i] -= log(count[p->label[i]] / n);
	for (size_t c = 0; c < p->classes; c++) {
		h -= count[c] / n * log(count[c] / n);
		alone += count[c] == 1;
	}
	double correction = (double)(p->classes - 1) / (2 * n);
	vt_estimated_local(in, local, out);
	vt_estimated_normal(out->mi + correction, out->se, out->method, out);
	out->ceiling = h + correction;
	if (correction > 0.05)
		vt_estimated_flag(out, VT_BIAS_DOMINATED, "%zu labels on %zu rows: H(Y) itself is uncertain by %.2g nats", p->classes,
		                  in->x.rows, correction);
	if (alone > 0)
		vt_estimated_flag(out, 0, "%.0f labels occur once: no probe can have learned them", alone);
}

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in,
                           struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	const struct settings *s = settings;
	const struct vt_mat *t = in->discrete_x ? &in->y : &in->x, *y = in->discrete_x ? &in->x : &in->y;
	struct probe p = { .d = t->cols };
	int32_t *label = NULL;
	double *local = NULL, *count = NULL;
	float *x = NULL;
	out->bound = VT_LOWER;
	VT_TRY(vt_symbols(ctx, y, &label, &p.classes));
	if (t->rows < 4 * (size_t)s->folds || 2 * p.classes > t->rows) {
		vt_estimated_flag(out, VT_DEGENERATE, "%zu rows with %zu labels are too few for %lld folds: at least %lld rows and "
		                  "two of a label are wanted", t->rows, p.classes, (long long)s->folds, 4 * (long long)s->folds);
		goto done;
	}
	VT_TRY(vt_split_all_columns(ctx, t, &x));
	p.x = x;
	p.label = label;
	VT_NEW(ctx, local, t->rows);
	VT_NEW(ctx, count, p.classes);
	VT_TRY(cross_validate(ctx, s, in, &p, local));
	conclude(in, &p, count, local, out);
done:
	vt_dense_clear(&p.net);
	free(p.prior);
	free(p.input);
	free(p.d_out);
	free(label);
	free(local);
	free(count);
	free(x);
	return status;
}

const struct vt_estimate_kind vt_estimate_classifier = {
	.kind = { "classifier", "lower bound H(Y) - cross-entropy of a cross-validated probe",
	          "Barber & Agakov 2003; Alain & Bengio 2017; Miller 1955 for H(Y)", sizeof(struct settings), options,
	          "what the probe cannot read is not counted: a linear probe sees linear boundaries only, and few rows "
	          "train any probe badly" },
	.traits = VT_TAKES_LABELS,
	.n_bounds = 1,
	.bound = { VT_LOWER },
	.suffix = { "" },
	.cannot_mean = "A lower bound, by what a probe of this kind can read: the information may be larger.",
	.pair = pair,
};
