/* Information of a layer with Gaussian noise of known variance: T = S + N(0, sd^2 I).
 *
 *   I(X;T) = E ln p(T|X) - E ln p(T),   p(t|x) = E N(t; S(x), sd^2 I),   p(t) = mean over rows of p(t|x)
 *
 * The means over T are Monte Carlo, the densities exact mixtures where S is a function of the row.
 * Where it is not (noise further down), p(t|x) is a mean over `own` realisations of S(x) for the rows in
 * which T is drawn, and over `draws` for the other rows in p(t).  The logarithm of such a mean is too
 * small on average if the realisation that made t is left out, and too large if it is among them: both
 * are computed, and bracket the answer.  Their mean is the estimate, in which the first order of both
 * errors cancels.  What `draws` leaves of error in p(t) is removed by a jackknife over its halves.
 *
 * Sources: Goldfeld et al. 2019 (sample propagation); the two sides: Foster et al. 2020.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "venturi/pairs.h"
#include "venturi/rng.h"
#include "layer.h"

struct settings {
	double sd;
	int64_t points, own, draws;
};

static const struct vt_option options[] = {
	{ "sd", VT_REAL, offsetof(struct settings, sd), 0, 1e100, "0", .unit = "activation",
	  .help = "standard deviation of noise that is added for measuring; 0: the network's own (model.noise)" },
	{ "points", VT_INT, offsetof(struct settings, points), 2, 10000000, "4096", .unit = "points",
	  .help = "where densities are compared: so many rows at random, or all rows several times" },
	{ "own", VT_INT, offsetof(struct settings, own), 2, 100000, "128", .unit = "realisations",
	  .help = "of the noise below, for each row that a point comes from" },
	{ "draws", VT_INT, offsetof(struct settings, draws), 2, 100000, "4", .unit = "realisations",
	  .help = "of the noise below, for all other rows" },
	{ 0 }
};

enum { BLOCKS = 64 };

/* Everything that a point needs. */
struct work {
	const struct vt_layer *in;
	double sd;
	bool fixed;
	size_t n, width, n_rows, n_points, n_own, n_draws;
	uint32_t *row;        /* n_rows rows that points come from; point p from row p % n_rows */
	double *own;          /* n_own x n_rows x width */
	double *all;          /* width x (n_draws x n): signals of all rows, coordinate by coordinate */
	double *class_rows;   /* rows of each class */
	int32_t *null_label;
	struct local *local;  /* n_points */
	double *null;         /* n_points x n_null */
	uint32_t *group;      /* of each row: which of the n_rows it is, or n; null without blocks */
};

/* Local terms of one point, in nats.  apart: between the two halves of the other rows' realisations,
 * which all points share, so that their scatter does not show what error those leave. */
struct local {
	double upper, lower, i_ty, log_p, jackknife, apart, i_ty_apart;
};

/* ---- one point ---------------------------------------------------------------- */

/* ln(e^a + e^b) */
static double log_add(double a, double b)
{
	double top = fmax(a, b);
	return top == -INFINITY ? top : top + log1p(exp(fmin(a, b) - top));
}

/* k = exp(-(d2 - least) / (2 sd^2)); returns -least / (2 sd^2), what was divided out. */
VT_CLONES static double kernels(size_t n, double sd, double *d2, double *k)
{
	double least = INFINITY;
#pragma omp simd reduction(min : least)
	for (size_t i = 0; i < n; i++) least = d2[i] < least ? d2[i] : least;
	if (least == INFINITY) least = 0;
	for (size_t i = 0; i < n; i++) d2[i] = (d2[i] - least) / (sd * sd);
	vt_pair_kernel(n, 0.5, d2, k);
	return -least / (2 * sd * sd);
}

VT_CLONES static void distances(const struct work *w, const double *t, double *d2)
{
	size_t n = w->n * w->n_draws;
	for (size_t i = 0; i < n; i++) d2[i] = (w->all[i] - t[0]) * (w->all[i] - t[0]);
	for (size_t c = 1; c < w->width; c++) {
		const double *x = w->all + c * n, at = t[c];
		for (size_t i = 0; i < n; i++) d2[i] += (x[i] - at) * (x[i] - at);
	}
}

/* ln of the mean kernel over the realisations of the point's own row: with the one that made it, and
 * without. */
static void own_density(const struct work *w, size_t p, const double *t, double *d2, double *k, double *with,
                        double *without)
{
	size_t r = p % w->n_rows, made = w->fixed ? 0 : p / w->n_rows, last = w->n_own - 1;
	for (size_t o = 0; o < w->n_own; o++) {
		const double *s = w->own + (o * w->n_rows + r) * w->width;
		d2[o] = 0;
		for (size_t c = 0; c < w->width; c++) d2[o] += (t[c] - s[c]) * (t[c] - s[c]);
	}
	double swapped = d2[made], sum = 0;
	d2[made] = d2[last];
	d2[last] = swapped;
	double mine = -d2[last] / (2 * w->sd * w->sd), shift = w->fixed ? 0 : kernels(last, w->sd, d2, k);
	for (size_t o = 0; o < last; o++) sum += k[o];
	double others = log(sum) + shift;
	*with = w->fixed ? mine : log_add(others, mine) - log((double)w->n_own);
	*without = w->fixed ? mine : others - log((double)last);
}

/* Sums of kernels over the other rows: the two halves of their realisations, all rows and those of one
 * class.  Where S is fixed there is one realisation, and both halves are it. */
struct others {
	double half[2], own_class[2];
};

VT_CLONES static double sum_of(size_t n, const double *k)
{
	double sum = 0;
#pragma omp simd reduction(+ : sum)
	for (size_t j = 0; j < n; j++) sum += k[j];
	return sum;
}

VT_CLONES static double sum_of_class(size_t n, const double *k, const int32_t *label, int32_t class)
{
	double sum = 0;
#pragma omp simd reduction(+ : sum)
	for (size_t j = 0; j < n; j++) sum += label[j] == class ? k[j] : 0;
	return sum;
}

VT_CLONES static void add_to(size_t n, double *sum, const double *k)
{
	for (size_t j = 0; j < n; j++) sum[j] += k[j];
}

/* n_draws x n kernels, those of each row summed over each half of its realisations: k becomes 2 x n. */
static void sum_halves(size_t n, size_t n_draws, double *k)
{
	size_t half = n_draws / 2;
	for (size_t d = 1; d < half; d++) add_to(n, k, k + d * n);
	memmove(k + n, k + half * n, n * sizeof *k);
	for (size_t d = half + 1; d < n_draws; d++) add_to(n, k + n, k + d * n);
}

static struct others other_rows(const struct work *w, const double *k, const int32_t *label, int32_t class)
{
	struct others o = { { 0 }, { 0 } };
	double per_half = w->fixed ? 1 : (double)w->n_draws / 2;
	for (size_t h = 0; h < 2; h++) {
		const double *half = w->fixed ? k : k + h * w->n;
		o.half[h] = sum_of(w->n, half) / per_half;
		if (label) o.own_class[h] = sum_of_class(w->n, half, label, class) / per_half;
	}
	return o;
}

/* f = ln(e^own + e^shift b) with the error that b's realisations leave removed: 2 f(b) less the mean of
 * f over the halves of b; how much that moved it, and how far apart the halves are. */
struct halved {
	double value, moved, apart;
};

static struct halved jackknifed(double own, double shift, const double half[2])
{
	double whole = log_add(own, log((half[0] + half[1]) / 2) + shift);
	double first = log_add(own, log(half[0]) + shift), second = log_add(own, log(half[1]) + shift);
	double moved = whole - (first + second) / 2;
	return (struct halved){ whole + moved, moved, first - second };
}

/* ln p(t|y) / p(t), the mean of both sides. */
static struct halved label_term(const struct work *w, double with, double without, double shift, const struct others *o,
                                double n_class)
{
	struct halved term = { -log(n_class / (double)w->n), 0, 0 };
	for (size_t side = 0; side < 2; side++) {
		struct halved class = jackknifed(side ? with : without, shift, o->own_class);
		struct halved all = jackknifed(side ? with : without, shift, o->half);
		term.value += (class.value - all.value) / 2;
		term.apart += (class.apart - all.apart) / 2;
	}
	return term;
}

/* memory: 2 (n n_draws + n_own) + width numbers. */
static void one_point(const struct work *w, size_t p, double *memory)
{
	size_t n = w->n * w->n_draws, r = p % w->n_rows, made = w->fixed ? 0 : p / w->n_rows;
	double *d2 = memory, *k = d2 + n, *own_d2 = k + n, *own_k = own_d2 + w->n_own, *t = own_k + w->n_own;
	double with, without, log_n = log((double)w->n);
	const struct vt_labels *y = &w->in->y;
	struct vt_rng rng = vt_rng_stream(w->in->seed, VT_PURPOSE_RESAMPLE, 1 + p);
	for (size_t c = 0; c < w->width; c++)
		t[c] = w->own[(made * w->n_rows + r) * w->width + c] + w->sd * vt_rng_normal(&rng);
	own_density(w, p, t, own_d2, own_k, &with, &without);
	distances(w, t, d2);
	for (size_t d = 0; d < w->n_draws; d++) d2[d * w->n + w->row[r]] = INFINITY;
	double shift = kernels(n, w->sd, d2, k);
	for (size_t d = 0; d < w->n_draws; d++) k[d * w->n + w->row[r]] = 0;
	if (!w->fixed) sum_halves(w->n, w->n_draws, k);
	int32_t class = y->y ? y->y[w->row[r]] : 0;
	struct others o = other_rows(w, k, y->y, class);
	struct local *out = &w->local[p];
	struct halved p_with = jackknifed(with, shift, o.half), p_without = jackknifed(without, shift, o.half), ty = { 0 };
	if (y->y) ty = label_term(w, with, without, shift, &o, w->class_rows[class]);
	*out = (struct local){
		.upper = with - p_without.value + log_n,
		.lower = without - p_with.value + log_n,
		.log_p = (p_with.value + p_without.value) / 2 - log_n - (double)w->width / 2 * log(2 * M_PI * w->sd * w->sd),
		.jackknife = (p_with.moved + p_without.moved) / 2,
		.apart = (p_with.apart + p_without.apart) / 2,
		.i_ty = ty.value,
		.i_ty_apart = ty.apart,
	};
	for (size_t q = 0; w->null_label && q < w->in->n_null; q++) {
		const int32_t *label = w->null_label + q * w->n;
		struct others under = other_rows(w, k, label, label[w->row[r]]);
		w->null[p * w->in->n_null + q] =
			label_term(w, with, without, shift, &under, w->class_rows[label[w->row[r]]]).value;
	}
}

static enum vt_status some_points(void *self, size_t b)
{
	const struct work *w = self;
	double *memory = malloc((2 * (w->n * w->n_draws + w->n_own) + w->width + 1) * sizeof *memory);
	if (!memory) return VT_ENOMEM;
	size_t end = vt_block_begin(b + 1, BLOCKS, w->n_points);
	for (size_t p = vt_block_begin(b, BLOCKS, w->n_points); p < end; p++) one_point(w, p, memory);
	free(memory);
	return VT_OK;
}

/* ---- the layer ------------------------------------------------------------------- */

/* Rows of points: all of them as often as asked, or a sample without replacement. */
static enum vt_status choose_rows(struct vt_ctx *ctx, const struct settings *s, struct work *w)
{
	enum vt_status status;
	size_t points = (size_t)s->points;
	VT_NEW(ctx, w->row, w->n);
	for (size_t i = 0; i < w->n; i++) w->row[i] = (uint32_t)i;
	w->n_rows = points < w->n ? points : w->n;
	w->n_points = points < w->n ? points : points / w->n * w->n;
	if (w->n_rows < w->n) {
		struct vt_rng rng = vt_rng_stream(w->in->seed, VT_PURPOSE_RESAMPLE, 0);
		vt_rng_shuffle(&rng, w->row, w->n);
	}
	if (w->in->block) VT_NEW(ctx, w->group, w->n);
	for (size_t i = 0; w->group && i < w->n; i++) w->group[w->row[i]] = (uint32_t)(i < w->n_rows ? i : w->n);
	status = VT_OK;
done:
	return status;
}

/* Signals of rows, from the layer's sampler or, where noise is added for measuring, the layer itself. */
static enum vt_status signals(struct vt_ctx *ctx, const struct work *w, bool own_noise, size_t n, const uint32_t *row,
                              uint64_t first, size_t n_draws, double *out)
{
	const struct vt_mat *t = &w->in->t;
	if (own_noise) return w->in->sampler->draw(ctx, w->in->sampler, n, row, first, n_draws, out);
	for (size_t i = 0; i < n; i++) memcpy(out + i * w->width, t->x + row[i] * t->stride, w->width * sizeof *out);
	return VT_OK;
}

/* All rows' signals are turned from rows to coordinates, so that distances are long loops. */
static enum vt_status fetch(struct vt_ctx *ctx, const struct settings *s, bool own_noise, struct work *w)
{
	enum vt_status status;
	size_t n = w->n * w->n_draws, repeats = w->n_points / w->n_rows;
	double *rows = NULL;
	uint32_t *every = NULL;
	if (!w->fixed && w->n_own < repeats + 1) w->n_own = repeats + 1;
	VT_NEW(ctx, rows, n * w->width);
	VT_NEW(ctx, w->all, n * w->width);
	VT_NEW(ctx, w->own, w->n_own * w->n_rows * w->width);
	VT_NEW(ctx, every, w->n);
	for (size_t i = 0; i < w->n; i++) every[i] = (uint32_t)i;
	VT_TRY(signals(ctx, w, own_noise, w->n, every, 1, w->n_draws, rows));
	VT_TRY(signals(ctx, w, own_noise, w->n_rows, w->row, 1 + (uint64_t)s->draws, w->n_own, w->own));
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < w->width; c++) w->all[c * n + i] = rows[i * w->width + c];
done:
	free(rows);
	free(every);
	return status;
}

static enum vt_status labels(struct vt_ctx *ctx, struct work *w)
{
	enum vt_status status = VT_OK;
	const struct vt_labels *y = &w->in->y;
	if (!y->y) return VT_OK;
	VT_NEW(ctx, w->class_rows, y->n_classes);
	for (size_t i = 0; i < w->n; i++) w->class_rows[y->y[i]]++;
	if (w->in->n_null > 0) VT_TRY(vt_null_labels(ctx, w->in, &w->null_label));
	if (w->in->n_null > 0) VT_NEW(ctx, w->null, w->n_points * w->in->n_null);
done:
	return status;
}

/* Mean of a member of struct local over the points. */
static double mean(const struct work *w, size_t member)
{
	double sum = 0;
	for (size_t p = 0; p < w->n_points; p++) sum += *(const double *)((const char *)&w->local[p] + member);
	return sum / (double)w->n_points;
}

/* Of the points of group g, together. */
static double deviation(const struct work *w, double (*of)(const struct local *), double about, size_t groups, size_t g)
{
	double sum = 0;
	for (size_t p = g; p < w->n_points; p += groups) sum += of(&w->local[p]) - about;
	return sum;
}

/* The same where rows are not independent: rows in their order, those of a block as one. */
static double block_error(const struct work *w, double (*of)(const struct local *), double about, double apart)
{
	struct vt_scatter s = { 0 };
	bool open = false;
	for (size_t i = 0; i < w->n; i++) {
		if (open && w->in->block[i] != w->in->block[i - 1]) vt_scatter_add(&s, NULL, 0, 0, 0);
		open = w->group[i] < w->n_rows || (open && w->in->block[i] == w->in->block[i - 1]);
		if (w->group[i] < w->n_rows) s.within += deviation(w, of, about, w->n_rows, w->group[i]);
	}
	if (open) vt_scatter_add(&s, NULL, 0, 0, 0);
	double se = vt_scatter_error(&s, w->in->block, w->n_points);
	return sqrt(se * se + apart * apart / 4);
}

/* Standard error of a mean over points: from their scatter, or where rows are a sample, or points of a
 * row share its realisations, from that of the rows' means; and from how far apart the halves are of
 * what all points share.  Rows that are all there are scatter too, which makes it too large. */
static double error(const struct work *w, double (*of)(const struct local *), double about, double apart)
{
	size_t groups = w->in->enumerated && w->fixed ? w->n_points : w->n_rows, repeats = w->n_points / groups;
	double square = 0;
	if (w->in->block) return block_error(w, of, about, apart);
	for (size_t g = 0; g < groups; g++) {
		double sum = deviation(w, of, about, groups, g);
		square += sum * sum / (double)(repeats * repeats);
	}
	return sqrt(square / (double)groups / (double)(groups - 1) + apart * apart / 4);
}

static double middle(const struct local *l)
{
	return (l->upper + l->lower) / 2;
}

static double label_part(const struct local *l)
{
	return l->i_ty;
}

static enum vt_status null(struct vt_ctx *ctx, const struct work *w, struct vt_information *out)
{
	enum vt_status status = VT_OK;
	size_t n_null = w->in->n_null;
	double *value = NULL;
	if (!w->null) return VT_OK;
	VT_NEW(ctx, value, n_null);
	for (size_t p = 0; p < w->n_points; p++)
		for (size_t q = 0; q < n_null; q++) value[q] += w->null[p * n_null + q] / (double)w->n_points;
	vt_null_summary(w->in, value, out);
done:
	free(value);
	return status;
}

/* The interval spans the bracket and what the jackknife moved, each widened by the sampling error. */
static enum vt_status summarise(struct vt_ctx *ctx, const struct work *w, struct vt_information *out)
{
	const double normal_975 = 1.959963984540054, share = 0.25, least = 0.1;
	double upper = mean(w, offsetof(struct local, upper)), lower = mean(w, offsetof(struct local, lower));
	double moved = fabs(mean(w, offsetof(struct local, jackknife)));
	out->i_xt = (upper + lower) / 2;
	out->i_xt_se = error(w, middle, out->i_xt, mean(w, offsetof(struct local, apart)));
	out->i_xt_lo = lower - moved - normal_975 * out->i_xt_se;
	out->i_xt_hi = upper + moved + normal_975 * out->i_xt_se;
	out->h_t = -mean(w, offsetof(struct local, log_p));
	if (upper - lower + 2 * moved > fmax(least, share * fabs(out->i_xt))) out->flags |= VT_BIAS_DOMINATED;
	if (!w->in->enumerated && out->i_xt > out->ceiling - 0.05 / VT_BITS_PER_NAT) out->flags |= VT_SATURATED;
	if (!w->in->y.y) return VT_OK;
	out->i_ty = mean(w, offsetof(struct local, i_ty));
	out->i_ty_se = error(w, label_part, out->i_ty, mean(w, offsetof(struct local, i_ty_apart)));
	out->i_ty_lo = out->i_ty - normal_975 * out->i_ty_se;
	out->i_ty_hi = out->i_ty + normal_975 * out->i_ty_se;
	return null(ctx, w, out);
}

/* A layer that reads nothing of a noisy one below. */
static void nothing(const struct vt_layer *in, struct vt_information *out)
{
	out->i_xt = out->i_xt_se = out->i_xt_lo = out->i_xt_hi = 0;
	if (in->y.y) out->i_ty = out->i_ty_se = out->i_ty_lo = out->i_ty_hi = 0;
}

static enum vt_status layer(struct vt_ctx *ctx, const void *settings, const struct vt_layer *in,
                            struct vt_information out[2])
{
	enum vt_status status = VT_OK;
	const struct settings *s = settings;
	const struct vt_sampler *sampler = in->sampler;
	bool own_noise = s->sd == 0;
	struct work w = { .in = in, .n = in->t.rows };
	struct vt_information info = vt_information_none(w.n, own_noise && !sampler ? VT_NOT_COMPUTED : 0);
	if (own_noise && sampler && sampler->width == 0) nothing(in, &info);
	if (own_noise && (!sampler || sampler->width == 0)) goto found;
	w.sd = own_noise ? sampler->sd : s->sd;
	w.width = own_noise ? sampler->width : in->t.cols;
	w.fixed = !own_noise || sampler->fixed;
	w.n_own = w.fixed ? 1 : (size_t)s->own + 1;
	w.n_draws = w.fixed ? 1 : (size_t)(s->draws / 2 * 2);
	VT_TRY(choose_rows(ctx, s, &w));
	VT_TRY(fetch(ctx, s, own_noise, &w));
	VT_TRY(labels(ctx, &w));
	VT_NEW(ctx, w.local, w.n_points);
	status = vt_blocks_run(ctx, BLOCKS, false, some_points, &w);
	VT_REQUIRE(ctx, status == VT_OK, status, "out of memory for %zu signals", w.n * w.n_draws);
	VT_TRY(summarise(ctx, &w, &info));
found:
	out[0] = info;
done:
	free(w.row);
	free(w.own);
	free(w.all);
	free(w.class_rows);
	free(w.null_label);
	free(w.local);
	free(w.null);
	free(w.group);
	return status;
}

const struct vt_estimate_kind vt_estimate_noisy = {
	.kind = { "noisy", "I(X;T) of a layer with Gaussian noise of known variance, by Monte Carlo",
	          "Goldfeld et al. 2019; Foster et al. 2020", sizeof(struct settings), options,
	          "the answer belongs to the noise's variance: the same network with less noise holds more, and with "
	          "rows that are a sample no more than log2 n can be seen" },
	.traits = VT_TRUE_WITH_NOISE,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "The information of the layer with its noise: with another variance it is another network. The "
	               "interval spans both sides of the realisations' error; where it is flagged, they are far apart.",
	.layer = layer,
};
