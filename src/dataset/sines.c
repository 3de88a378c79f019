/* A sum of sinusoids on a grid: which frequency does a network learn first?
 *
 * Row i is t = i / n, the end left out, so that every frequency lies exactly on a bin of the
 * discrete Fourier transform and none leaks into another.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "prepare.h"
#include "venturi/rng.h"

struct settings {
	int64_t n, features;
	struct vt_ints frequencies;
	int amplitudes;
	double features_power;
};

enum { EQUAL, RISING };
static const char *const amplitudes[] = { "equal", "rising", NULL };

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "n", VT_INT, AT(n), 2, 1000000, "200", "rows", "points of the grid, all of them training rows" },
	{ "frequencies", VT_INTS, AT(frequencies), 1, 500000, "[5, 10, 15, 20, 25, 30, 35, 40, 45, 50]", "cycles",
	  "of the sinusoids, over the grid; all different and below n / 2" },
	{ "amplitudes", VT_CHOICE, AT(amplitudes), 0, 0, "equal", NULL,
	  "equal: all 1; rising: 1/K, 2/K ... 1 for the K frequencies in the order given", amplitudes },
	{ "features", VT_INT, AT(features), 0, 4096, "0", NULL,
	  "0: the input is t; m: it is a_j cos(2 pi j t), a_j sin(2 pi j t) for j = 1 .. m" },
	{ "features_power", VT_REAL, AT(features_power), 0, 100, "0", NULL, "p of a_j = 1 / j^p" },
	{ 0 }
};

static enum vt_status check(struct vt_ctx *ctx, const struct settings *s)
{
	enum vt_status status = VT_OK;
	VT_REQUIRE(ctx, s->frequencies.n > 0, VT_ECONFIG, "dataset.frequencies is empty, at least 1 is wanted");
	for (size_t i = 0; i < s->frequencies.n; i++) {
		long long k = s->frequencies.v[i];
		VT_REQUIRE(ctx, 2 * k < s->n, VT_ECONFIG,
		           "dataset.frequencies: %lld cycles on %lld points, wanted fewer than %g: the grid cannot hold more", k,
		           (long long)s->n, (double)s->n / 2);
		for (size_t j = 0; j < i; j++)
			VT_REQUIRE(ctx, s->frequencies.v[j] != k, VT_ECONFIG, "dataset.frequencies: %lld is given twice", k);
	}
done:
	return status;
}

/* j t mod 1 in whole numbers first: exact on the grid. */
static double turn(const struct settings *s, size_t i, int64_t j)
{
	return 2 * M_PI * (double)((int64_t)i * j % s->n) / (double)s->n;
}

static void fill_input(const struct settings *s, size_t i, double *x)
{
	if (s->features == 0) *x = (double)i / (double)s->n;
	for (int64_t j = 1; j <= s->features; j++) {
		double a = pow((double)j, -s->features_power), angle = turn(s, i, j);
		*x++ = a * cos(angle);
		*x++ = a * sin(angle);
	}
}

static void fill(const struct settings *s, uint64_t seed, struct vt_dataset *d)
{
	size_t n_waves = s->frequencies.n;
	for (size_t i = 0; i < d->n; i++) fill_input(s, i, d->x + i * d->n_inputs);
	for (size_t k = 0; k < n_waves; k++) {
		struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, k);
		double phase = 2 * M_PI * vt_rng_uniform(&r);
		double a = s->amplitudes == RISING ? (double)(k + 1) / (double)n_waves : 1;
		for (size_t i = 0; i < d->n; i++) d->target[i] += a * sin(turn(s, i, s->frequencies.v[k]) + phase);
	}
}

static enum vt_status open_sines(struct vt_ctx *ctx, const void *settings, uint64_t seed, struct vt_dataset *out)
{
	enum vt_status status;
	const struct settings *s = settings;
	VT_TRY(check(ctx, s));
	out->n = (size_t)s->n;
	out->n_inputs = s->features > 0 ? 2 * (size_t)s->features : 1;
	out->n_targets = 1;
	out->enumerated = true;
	out->sample = "grid point";
	VT_NEW(ctx, out->x, out->n * out->n_inputs);
	VT_NEW(ctx, out->target, out->n);
	fill(s, seed, out);
	status = vt_dataset_split(ctx, out, 1, true, seed);
done:
	return status;
}

const struct vt_dataset_kind vt_dataset_sines = {
	.kind = { "sines", "a sum of sinusoids on the grid i / n, phases by the seed",
	          "Rahaman et al. 2019, sec. 3, experiment 1; features: Tancik et al. 2020, sec. 4", sizeof(struct settings),
	          options,
	          "Phases are part of the task: seeds differ in them as well as in the initial weights.  With rising "
	          "amplitudes the largest errors are at the highest frequencies, so the loss falls where it was slow.  "
	          "Features make the input 2 m numbers whose first cosine and sine are the circle" },
	.open = open_sines,
};
