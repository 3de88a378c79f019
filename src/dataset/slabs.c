/* Coordinates of different simplicity that all tell the label: linear ones and slabs.
 *
 * Each coordinate lies in [-w, w].  A linear one has its sign by the label, at least the margin
 * m w away from 0.  One of k slabs has k intervals of equal width, 2 m w apart, numbered 0, +-1,
 * ... from the centre outwards; even numbers belong to label 0, odd ones to label 1.  Inner slabs
 * of a label take the share that the published code gives them: 3/4 of label 0 in the centre of
 * five, 1/2 of seven; 7/8 of label 1 in the inner pair of seven.  Given the label, coordinates
 * are independent.
 *
 * Streams by purpose: index 0 labels and coordinates, 1 flipped linear coordinates, 2 rotation.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "prepare.h"
#include "venturi/rng.h"

struct settings {
	int64_t linear, noise_coordinates, n_train, n_test;
	struct vt_ints slabs;
	struct vt_ints counts;
	double margin, slab_margin, width, flip;
	bool rotate;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "linear", VT_INT, AT(linear), 0, 4096, "1", "coordinates", "linear coordinates, which come first" },
	{ "slabs", VT_INTS, AT(slabs), 3, 7, "[5]", "slabs", "kinds of slab coordinates: 3, 5 or 7 slabs each",
	  .max_items = 64 },
	{ "counts", VT_INTS, AT(counts), 1, 4096, "[49]", "coordinates", "how many coordinates of each kind, in that order",
	  .max_items = 64 },
	{ "noise_coordinates", VT_INT, AT(noise_coordinates), 0, 4096, "0", "coordinates",
	  "uniform in [0, width], of no use, at the end" },
	{ "margin", VT_REAL, AT(margin), 0, 0.99, "0.1", "of the width", "of linear coordinates" },
	{ "slab_margin", VT_REAL, AT(slab_margin), 0, 0.16, "0.1", "of the width",
	  "half the gap between slabs; 7 slabs leave room for less than 1/6" },
	{ "width", VT_REAL, AT(width), 1e-6, 1e6, "1", "input", "a coordinate lies in [-width, width]" },
	{ "flip", VT_REAL, AT(flip), 0, 0.5, "0", "share of rows", "whose linear coordinates point the wrong way" },
	{ "rotate", VT_BOOL, AT(rotate), 0, 0, "true", NULL, "by a random orthonormal matrix drawn by the seed" },
	{ "n_train", VT_INT, AT(n_train), 1, 1 << 30, "100000", "rows", "training rows" },
	{ "n_test", VT_INT, AT(n_test), 0, 1 << 30, "10000", "rows", "test rows" },
	{ 0 }
};

/* ---- one coordinate -------------------------------------------------------------- */

static double linear(const struct settings *s, bool label, struct vt_rng *r)
{
	double size = s->width * (s->margin + (1 - s->margin) * vt_rng_uniform(r));
	return label ? size : -size;
}

/* Number of a slab, 0 the centre: which of its label's, inner or outer. */
static unsigned ring(unsigned slabs, bool label, struct vt_rng *r)
{
	double inner = label ? (slabs == 7 ? 0.875 : 1) : slabs == 3 ? 1 : slabs == 5 ? 0.75 : 0.5;
	return (vt_rng_uniform(r) < inner ? 0 : 2) + label;
}

static double slab(const struct settings *s, unsigned slabs, bool label, struct vt_rng *r)
{
	double gap = 2 * s->slab_margin * s->width, width = (2 * s->width - (slabs - 1) * gap) / slabs;
	double place = ring(slabs, label, r) * (width + gap) + width * (vt_rng_uniform(r) - 0.5);
	return vt_rng_uniform(r) < 0.5 ? place : -place;
}

/* ---- rotation ---------------------------------------------------------------------- */

/* Rows of `basis` orthonormal, from normal numbers by Gram and Schmidt, each done twice. */
static void draw_basis(uint64_t seed, size_t d, double *basis)
{
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, 2);
	for (size_t i = 0; i < d * d; i++) basis[i] = vt_rng_normal(&r);
	for (size_t i = 0; i < d; i++) {
		double *a = basis + i * d, norm = 0;
		for (size_t pair = 0; pair < 2 * i; pair++) {
			const double *b = basis + pair % i * d;
			double dot = 0;
			for (size_t k = 0; k < d; k++) dot += a[k] * b[k];
			for (size_t k = 0; k < d; k++) a[k] -= dot * b[k];
		}
		for (size_t k = 0; k < d; k++) norm += a[k] * a[k];
		for (size_t k = 0; k < d; k++) a[k] /= sqrt(norm);
	}
}

/* x = z basis, in place. */
static void rotate_row(const double *basis, size_t d, double *x, double *work)
{
	for (size_t k = 0; k < d; k++) work[k] = 0;
	for (size_t i = 0; i < d; i++)
		for (size_t k = 0; k < d; k++) work[k] += x[i] * basis[i * d + k];
	for (size_t k = 0; k < d; k++) x[k] = work[k];
}

static enum vt_status rotate(struct vt_ctx *ctx, struct vt_dataset *d, uint64_t seed)
{
	enum vt_status status;
	double *work = NULL;
	VT_NEW(ctx, work, d->n_inputs);
	VT_NEW(ctx, d->basis, d->n_inputs * d->n_inputs);
	draw_basis(seed, d->n_inputs, d->basis);
	for (size_t i = 0; i < d->n; i++) rotate_row(d->basis, d->n_inputs, d->x + i * d->n_inputs, work);
	status = VT_OK;
done:
	free(work);
	return status;
}

/* ---- rows ---------------------------------------------------------------------------- */

static enum vt_status check(struct vt_ctx *ctx, const struct settings *s, size_t *n_inputs)
{
	enum vt_status status;
	VT_REQUIRE(ctx, s->slabs.n == s->counts.n, VT_ECONFIG, "dataset.slabs has %zu kinds and dataset.counts %zu numbers",
	           s->slabs.n, s->counts.n);
	*n_inputs = (size_t)(s->linear + s->noise_coordinates);
	for (size_t k = 0; k < s->slabs.n; k++) {
		VT_REQUIRE(ctx, s->slabs.v[k] % 2 == 1, VT_ECONFIG, "dataset.slabs: %d slabs, wanted 3, 5 or 7", (int)s->slabs.v[k]);
		VT_REQUIRE(ctx, (double)(s->slabs.v[k] - 1) * s->slab_margin < 1, VT_ECONFIG,
		           "dataset.slab_margin = %g leaves no room for %d slabs", s->slab_margin, (int)s->slabs.v[k]);
		*n_inputs += (size_t)s->counts.v[k];
	}
	VT_REQUIRE(ctx, s->linear > 0 || s->slabs.n > 0, VT_ECONFIG, "no coordinate would tell the label");
	status = VT_OK;
done:
	return status;
}

static void fill_row(const struct settings *s, bool label, bool flipped, struct vt_rng *r, double *x)
{
	for (int64_t k = 0; k < s->linear; k++) *x++ = linear(s, label != flipped, r);
	for (size_t kind = 0; kind < s->slabs.n; kind++)
		for (int64_t k = 0; k < s->counts.v[kind]; k++) *x++ = slab(s, (unsigned)s->slabs.v[kind], label, r);
	for (int64_t k = 0; k < s->noise_coordinates; k++) *x++ = s->width * vt_rng_uniform(r);
}

static enum vt_status open_slabs(struct vt_ctx *ctx, const void *settings, uint64_t seed, struct vt_dataset *out)
{
	enum vt_status status;
	const struct settings *s = settings;
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, 0), flips = vt_rng_stream(seed, VT_PURPOSE_DATASET, 1);

	VT_TRY(check(ctx, s, &out->n_inputs));
	out->n = (size_t)(s->n_train + s->n_test);
	out->n_classes = 2;
	if (s->slabs.n > 0 || s->flip == 0) out->i_xy = M_LN2; /* one coordinate without noise is enough */
	VT_NEW(ctx, out->x, out->n * out->n_inputs);
	VT_NEW(ctx, out->label, out->n);
	for (size_t i = 0; i < out->n; i++) {
		bool label = vt_rng_uniform(&r) < 0.5, flipped = vt_rng_uniform(&flips) < s->flip;
		out->label[i] = label;
		fill_row(s, label, flipped, &r, out->x + i * out->n_inputs);
	}
	if (s->rotate) VT_TRY(rotate(ctx, out, seed));
	VT_TRY(vt_dataset_ranges(ctx, out, (size_t)s->n_train));
done:
	return status;
}

const struct vt_dataset_kind vt_dataset_slabs = {
	.kind = { "slabs", "linear and slab coordinates that each tell the label alone",
	          "Shah et al. 2020, sec. 3 and published code: LMS-k, MS-(5,7)", sizeof(struct settings), options,
	          "Nothing about an unrotated net shows which coordinates it uses: ask the measure `randomised`.  LMS-5 is "
	          "linear: 1, slabs: [5]; MS-(5,7) is linear: 0, slabs: [5, 7]." },
	.open = open_slabs,
};
