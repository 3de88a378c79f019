/* Spectra of activations along the positions of sequences: what a layer holds from token to token, and
 * what it holds over many.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "layers.h"
#include "tokens.h"
#include "venturi/fft.h"
#include "venturi/multitaper.h"

struct settings {
	int64_t padding, sequences, window, tapers;
	struct vt_reals bands;
	double half_bandwidth;
	int weights;
};

enum { MEAN, ADAPTIVE };
static const char *const weightings[] = { "mean", "adaptive", NULL };

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "bands", VT_REALS, AT(bands), 2, 1e9, "[4, 16, 64]", "tokens",
	  "periods at which bands meet, ascending; the lowest band begins at 2, the highest has no end", .max_items = 32 },
	{ "padding", VT_INT, AT(padding), -1, 1e9, "-1", NULL, "token that fills sequences up and is left out; -1: none" },
	{ "sequences", VT_INT, AT(sequences), 1, 1e6, "64", "sequences", "at most, the first ones" },
	{ "window", VT_INT, AT(window), 0, 4096, "0", "tokens",
	  "of the multitaper spectrum; shorter sequences are left out of it; 0: one less than there are positions" },
	{ "half_bandwidth", VT_REAL, AT(half_bandwidth), 0.5, 64, "2.5", "bins", "over which the spectrum is smoothed, NW" },
	{ "tapers", VT_INT, AT(tapers), 1, 128, "4", NULL, "of the multitaper spectrum; at most 2 NW - 1 keep their energy" },
	{ "weights", VT_CHOICE, AT(weights), 0, 0, "mean", NULL, "of the tapers", weightings },
	{ 0 }
};

static const struct vt_variable variables[] = {
	{ "band_energy", VT_F64, 4, { "step", "layer", "positions", "band" }, "1",
	  "DCT-II energy a token by period, all units", false },
	{ "band_share", VT_F64, 4, { "step", "layer", "positions", "band" }, "1",
	  "share of the energy; of the bands without the mean's", false },
	{ "varying_share", VT_F64, 3, { "step", "layer", "positions" }, "1",
	  "share of the energy that is not the mean's over tokens", false },
	{ "spectrum", VT_F64, 4, { "step", "layer", "positions", "frequency" }, "1",
	  "multitaper spectrum of a unit, mean over units; white noise has its variance", false },
	{ "spectrum_lo", VT_F64, 4, { "step", "layer", "positions", "frequency" }, "1", "lower end of its 95 % interval",
	  false },
	{ "spectrum_hi", VT_F64, 4, { "step", "layer", "positions", "frequency" }, "1", "upper end of its 95 % interval",
	  false },
	{ "flags", VT_I32, 2, { "step", "layer" }, "1", "what the numbers carry", true },
};
enum { N_VARIABLES = sizeof variables / sizeof *variables, N_CUTS = 2, SHORTEST = 4 };

/* The first token of a sequence often holds an outlier, which is white: spectra come with it and without. */
static const char *const cuts[N_CUTS] = { "all", "without-first" };

static size_t window_of(const struct settings *s, const struct vt_snapshot_shape *shape)
{
	return s->window > 0 ? (size_t)s->window : shape->n_positions - 1;
}

static size_t n_bands(const struct settings *s)
{
	return s->bands.n + 2;
}

static enum vt_status check(struct vt_ctx *ctx, const struct settings *s, const struct vt_snapshot_shape *shape)
{
	enum vt_status status = VT_OK;
	VT_REQUIRE(ctx, shape->n_positions > SHORTEST, VT_ECONFIG,
	           "spectrum-token wants rows that are tokens of sequences of more than %d, and these have %zu positions",
	           SHORTEST, shape->n_positions);
	size_t window = window_of(s, shape);
	VT_REQUIRE(ctx, window < shape->n_positions && 2 * s->half_bandwidth < (double)window &&
	           (size_t)s->tapers <= window, VT_ECONFIG,
	           "window %zu with half_bandwidth %g and %lld tapers: wanted fewer tokens than the %zu of a sequence, and "
	           "more than twice the half-bandwidth and the tapers", window, s->half_bandwidth, (long long)s->tapers,
	           shape->n_positions);
	for (size_t i = 1; i < s->bands.n; i++)
		VT_REQUIRE(ctx, s->bands.v[i] > s->bands.v[i - 1], VT_ECONFIG, "bands: %g follows %g, wanted ascending periods",
		           s->bands.v[i], s->bands.v[i - 1]);
done:
	return status;
}

static enum vt_status declare_bands(struct vt_ctx *ctx, const struct settings *s, struct vt_frame *frame,
                                    const char *group)
{
	enum vt_status status;
	size_t n = n_bands(s);
	char (*text)[48] = NULL;
	const char **label = NULL;
	VT_NEW(ctx, text, n);
	VT_NEW(ctx, label, n);
	for (size_t b = 0; b < n; b++) {
		label[b] = text[b];
		if (b == 0) snprintf(text[b], sizeof text[b], "mean");
		else if (b + 1 == n) snprintf(text[b], sizeof text[b], "%g-", b > 1 ? s->bands.v[b - 2] : 2);
		else snprintf(text[b], sizeof text[b], "%g-%g", b > 1 ? s->bands.v[b - 2] : 2, s->bands.v[b - 1]);
	}
	VT_TRY(vt_frame_dim(ctx, frame, group, "band", n, label, NULL, NULL, "periods in tokens"));
done:
	free(text);
	free(label);
	return status;
}

static enum vt_status declare(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                              const struct vt_snapshot_shape *shape, struct vt_frame *frame, const char *group)
{
	enum vt_status status;
	const struct settings *s = measure[0]->chosen.settings;
	double *frequency = NULL;
	(void)n;
	VT_TRY(check(ctx, s, shape));
	size_t window = window_of(s, shape), bins = vt_fft_bins(window);
	VT_NEW(ctx, frequency, bins);
	for (size_t b = 0; b < bins; b++) frequency[b] = (double)b / (double)window;
	VT_TRY(vt_measure_declare_layers(ctx, frame, group, shape->n_taps, shape->tap_name));
	VT_TRY(vt_frame_dim(ctx, frame, group, "positions", N_CUTS, cuts, NULL, NULL, "which tokens of a sequence"));
	VT_TRY(declare_bands(ctx, s, frame, group));
	VT_TRY(vt_frame_dim(ctx, frame, group, "frequency", bins, NULL, frequency, "1", "cycles per token"));
	VT_TRY(vt_measure_declare_variables(ctx, frame, group, N_VARIABLES, variables));
done:
	free(frequency);
	return status;
}

/* ---- one snapshot ------------------------------------------------------------------- */

/* All that is written, [layer][cut][...]. */
struct values {
	size_t n_layers, bands, bins;
	double *energy, *share, *varying, *spectrum, *lo, *hi, *flags;
};

static void fill_shares(size_t n, const double *energy, double *share, double *varying)
{
	double moving = 0;
	for (size_t b = 1; b < n; b++) moving += energy[b];
	double all = moving + energy[0];
	for (size_t b = 0; b < n; b++) {
		double of = b == 0 ? all : moving;
		share[b] = of > 0 ? energy[b] / of : (double)NAN;
	}
	*varying = all > 0 ? moving / all : (double)NAN;
}

static enum vt_status measure_layer(struct vt_ctx *ctx, const struct settings *s, const struct vt_tokens *t,
                                    const struct vt_mat *x, struct vt_tokens_spectrum *spectrum, size_t layer,
                                    struct values *v)
{
	enum vt_status status = VT_OK;
	for (size_t cut = 0; cut < N_CUTS; cut++) {
		size_t at = layer * N_CUTS + cut, bin = at * v->bins, band = at * v->bands;
		spectrum->skip = cut;
		spectrum->mean = v->spectrum + bin;
		spectrum->lo = v->lo + bin;
		spectrum->hi = v->hi + bin;
		VT_TRY(vt_tokens_bands(ctx, t, x, cut, s->bands.n, s->bands.v, v->energy + band));
		fill_shares(v->bands, v->energy + band, v->share + band, &v->varying[at]);
		VT_TRY(vt_tokens_multitaper(ctx, t, x, spectrum));
	}
done:
	return status;
}

static enum vt_status measure_layers(struct vt_ctx *ctx, const struct settings *s, const struct vt_snapshot *snapshot,
                                     size_t window, struct values *v)
{
	enum vt_status status;
	struct vt_tokens tokens = { 0 };
	double *taper = NULL, *concentration = NULL;
	size_t k = (size_t)s->tapers;
	VT_NEW(ctx, taper, k * window);
	VT_NEW(ctx, concentration, k);
	VT_TRY(vt_tokens_find(ctx, snapshot, s->padding, SHORTEST, (size_t)s->sequences, &tokens));
	VT_TRY(vt_dpss(ctx, window, s->half_bandwidth, k, taper, concentration));
	struct vt_tokens_spectrum spectrum = { .window = window, .n_tapers = k, .taper = taper,
		                               .concentration = s->weights == ADAPTIVE ? concentration : NULL };
	for (size_t l = 0; l < v->n_layers; l++) {
		v->flags[l] = snapshot->flags | (tokens.n == 0 ? VT_DEGENERATE : 0);
		if (tokens.n == 0 || (snapshot->flags & VT_DIVERGED)) continue;
		status = measure_layer(ctx, s, &tokens, &snapshot->tap[l].x, &spectrum, l, v);
		if (status != VT_OK) vt_ctx_frame(ctx, "in layer %s", snapshot->tap[l].name);
		if (status != VT_OK) goto done;
	}
done:
	vt_tokens_clear(&tokens);
	free(taper);
	free(concentration);
	return status;
}

static enum vt_status record(struct vt_ctx *ctx, size_t n, const struct vt_named *const *measure,
                             const struct vt_snapshot_shape *shape, const struct vt_snapshot *snapshot,
                             struct vt_frame *frame, const char *group)
{
	enum vt_status status;
	const struct settings *s = measure[0]->chosen.settings;
	size_t window = window_of(s, shape), lines = shape->n_taps * N_CUTS, bins = vt_fft_bins(window), bands = n_bands(s);
	struct values v = { .n_layers = shape->n_taps, .bands = bands, .bins = bins };
	const size_t size[N_VARIABLES] = { lines * bands, lines * bands, lines, lines * bins, lines * bins, lines * bins,
		                           shape->n_taps };
	double **const array[N_VARIABLES] = { &v.energy, &v.share, &v.varying, &v.spectrum, &v.lo, &v.hi, &v.flags };
	double *memory = NULL;
	size_t total = 0;
	(void)n;
	for (size_t i = 0; i < N_VARIABLES; i++) total += size[i];
	VT_NEW(ctx, memory, total);
	for (size_t i = 0; i < total; i++) memory[i] = NAN;
	for (size_t i = 0, at = 0; i < N_VARIABLES; at += size[i++]) *array[i] = memory + at;
	for (size_t l = 0; l < shape->n_taps; l++) v.flags[l] = snapshot->flags | VT_NOT_COMPUTED;
	if (snapshot->block && snapshot->position) VT_TRY(measure_layers(ctx, s, snapshot, window, &v));
	VT_TRY(vt_frame_step(ctx, frame, group, snapshot->step, snapshot->epoch));
	for (size_t i = 0; i < N_VARIABLES; i++)
		VT_TRY(vt_frame_put(ctx, frame, group, variables[i].name, size[i], *array[i]));
done:
	free(memory);
	return status;
}

const struct vt_measure_kind vt_measure_spectrum_token = {
	.kind = { "spectrum-token", "spectra of activations along token positions: bands by period, multitaper with intervals",
	          "Tamkin et al. 2020; low-pass: Wang et al. 2022; multitaper: Thomson 1982, Thomson & Chave 1991",
	          sizeof(struct settings), options,
	          "The first position often holds an outlier of the network's own, an impulse whose spectrum is flat: compare "
	          "positions without-first.  The cosine transform mirrors a window at its ends, so that a wave which does not "
	          "end on an extremum leaks a little into other bands.  Units of a layer are not independent: intervals are "
	          "over sequences.  The multitaper spectrum has the mean over its window taken off, so that its lowest bins, "
	          "up to NW, are too low" },
	.declare = declare,
	.record = record,
};
