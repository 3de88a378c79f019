/* Random tokens that repeat after a lag: what an induction head is for.
 *
 * A sequence of length + 1 tokens: the first L are drawn uniformly, each later one is the token L places before it.
 * The model reads all but the last and is asked at every position for the next one.  L is fixed, or drawn for each
 * sequence from lag .. lag_max; a fixed lag can be learned by position alone, a drawn one has to be found.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "prepare.h"
#include "venturi/rng.h"

enum asked { ASK_ALL, ASK_REPEATS };
static const char *const asked_names[] = { "all", "repeats", NULL };

struct settings {
	int64_t n, length, vocabulary, lag, lag_max;
	double train_share;
	int asked;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "n", VT_INT, AT(n), 2, 1 << 24, "2048", "sequences", "sequences to draw" },
	{ "length", VT_INT, AT(length), 2, 4096, "32", "tokens", "that the model reads" },
	{ "vocabulary", VT_INT, AT(vocabulary), 2, 65536, "16", "tokens", "different ones, equally likely" },
	{ "lag", VT_INT, AT(lag), 0, 4096, "0", "tokens", "after which a sequence repeats; 0: half of its length" },
	{ "lag_max", VT_INT, AT(lag_max), 0, 2048, "0", "tokens",
	  "above `lag`: each sequence's lag is drawn from lag .. lag_max, at most half of the length; 0: all have `lag`" },
	{ "asked", VT_CHOICE, AT(asked), 0, 0, "all", NULL,
	  "all: the next token at every position; repeats: only where it is a repeat", asked_names },
	{ "train_share", VT_REAL, AT(train_share), 1e-6, 1, "0.8", "of the sequences", "sequences to train on" },
	{ 0 }
};

/* The lags low .. high, equally likely. */
struct lags {
	size_t low, high;
};

/* ---- entropy ----------------------------------------------------------------- */

static int moebius(size_t n)
{
	int sign = 1;
	for (size_t f = 2; f * f <= n; f++) {
		if (n % f) continue;
		n /= f;
		if (n % f == 0) return 0;
		sign = -sign;
	}
	return n > 1 ? -sign : sign;
}

/* Share of primitive words (no repeats of a shorter one) among the V^d words of d tokens: the sum over divisors e of
 * moebius(d / e) V^(e - d). */
static double primitive(size_t d, double log_v)
{
	double share = 0;
	for (size_t e = 1; e <= d; e++)
		if (d % e == 0) share += moebius(d / e) * exp(((double)e - (double)d) * log_v);
	return share;
}

/* Entropy of a sequence, nats.  The lag is not seen: a sequence that has period d, its least, may come from any lag
 * that is a multiple of d.  Lags are at most half of the length, so that a sequence with two of them as periods has
 * their greatest common divisor as a period (Fine & Wilf 1965), and those from lag L are exactly the V^L with period L.
 * With p(d) = sum over multiples L of d of V^-L / K, H = -sum over d of (number of primitive words of d) p ln p. */
static double sequence_entropy(struct lags l, double log_v)
{
	double h = 0, k = (double)(l.high - l.low + 1);
	for (size_t d = 1; d <= l.high; d++) {
		size_t first = (l.low + d - 1) / d * d;
		double sum = 0; /* of V^(first - L): p(d) = V^-first sum / K */
		for (size_t lag = first; lag <= l.high; lag += d) sum += exp(((double)first - (double)lag) * log_v);
		if (sum == 0) continue;
		double log_p = log(sum / k) - (double)first * log_v;
		h -= primitive(d, log_v) * exp((double)d * log_v + log_p) * log_p;
	}
	return h;
}

/* Mean entropy of what is asked, given all that comes before; NaN where it has no closed form. */
static double floor_of(const struct settings *s, struct lags l)
{
	double log_v = log((double)s->vocabulary);
	if (s->asked == ASK_REPEATS) return l.low == l.high ? 0 : NAN;
	double h = l.low == l.high ? (double)l.low * log_v : sequence_entropy(l, log_v);
	return (h - log_v) / (double)s->length; /* the first token is not asked for */
}

/* ---- rows --------------------------------------------------------------------- */

static enum vt_status choose_lags(struct vt_ctx *ctx, const struct settings *s, struct lags *out)
{
	enum vt_status status;
	int64_t low = s->lag > 0 ? s->lag : (s->length + 1) / 2, high = s->lag_max > 0 ? s->lag_max : low;
	VT_REQUIRE(ctx, low <= s->length, VT_ECONFIG, "dataset.lag = %lld leaves nothing to repeat in %lld tokens",
	           (long long)low, (long long)s->length);
	VT_REQUIRE(ctx, high >= low, VT_ECONFIG, "dataset.lag_max = %lld is less than the lag, %lld", (long long)high,
	           (long long)low);
	VT_REQUIRE(ctx, high == low || 2 * high <= s->length, VT_ECONFIG,
	           "dataset.lag_max = %lld is more than half of dataset.length = %lld", (long long)high,
	           (long long)s->length);
	*out = (struct lags){ (size_t)low, (size_t)high };
	status = VT_OK;
done:
	return status;
}

/* One sequence from its own stream: `token` has room for length + 1. */
static void draw(const struct settings *s, struct lags l, uint64_t seed, size_t row, int32_t *token,
                 struct vt_dataset *d)
{
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, row);
	size_t length = (size_t)s->length, lag = l.low + vt_rng_below(&r, (uint32_t)(l.high - l.low + 1));
	for (size_t t = 0; t <= length; t++)
		token[t] = t < lag ? (int32_t)vt_rng_below(&r, (uint32_t)s->vocabulary) : token[t - lag];
	for (size_t t = 0; t < length; t++) {
		bool asked = s->asked == ASK_ALL || t + 1 >= lag;
		d->x[row * length + t] = token[t];
		d->label[row * length + t] = asked ? token[t + 1] : -1;
	}
}

static enum vt_status open_lagged(struct vt_ctx *ctx, const void *settings, uint64_t seed, struct vt_dataset *out)
{
	enum vt_status status;
	const struct settings *s = settings;
	struct lags lags = { 0, 0 };
	int32_t *token = NULL;

	VT_TRY(choose_lags(ctx, s, &lags));
	out->n = (size_t)s->n;
	out->n_inputs = out->n_labels = (size_t)s->length;
	out->n_tokens = out->n_classes = (size_t)s->vocabulary;
	out->sample = "sequence";
	out->loss_floor = floor_of(s, lags);
	VT_NEW(ctx, token, (size_t)s->length + 1);
	VT_NEW(ctx, out->x, out->n * out->n_inputs);
	VT_NEW(ctx, out->label, out->n * out->n_labels);
	for (size_t i = 0; i < out->n; i++) draw(s, lags, seed, i, token, out);
	VT_TRY(vt_dataset_split(ctx, out, s->train_share, false, seed));
done:
	free(token);
	return status;
}

const struct vt_dataset_kind vt_dataset_lagged = {
	.kind = { "lagged", "random tokens that repeat after a lag",
	          "after Olsson et al. 2022 (induction heads); the entropy is venturi's", sizeof(struct settings), options,
	          "with one lag for all sequences a model can copy by position and needs no induction.  loss_floor is that of "
	          "the source, over all that is asked; with drawn lags and asked: repeats it is not known." },
	.open = open_lagged,
};
