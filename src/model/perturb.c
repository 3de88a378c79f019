/* Noise on hidden activations, and networks rounded to few bits: the two modes in which the
 * information that a layer holds about the input means something.
 *
 * Noise (Goldfeld et al. 2019): T_l = f(z_l) + N(0, sd_l^2 I), in training and wherever the network
 * runs; none on the output.
 *
 * Rounding (Lorenzen, Igel & Nielsen 2022, after Jacob et al. 2018): in every forward pass each
 * weight matrix and each activation lies on a grid of whole multiples of one step, 0 among them;
 * biases and inputs are not rounded.  Gradients pass as if nothing were rounded, and are 0 where a
 * value left the grid.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers.h"

enum { LAYER_BIT = 54 }; /* of a stream's seed: train.seed stays below 2^53 */

/* How fast ranges follow the batches: 100 updates. */
static const double range_follows = 0.01;

static const struct vt_layer_ops *ops(const struct vt_model *m)
{
	return m->shape.precision == VT_SINGLE ? &vt_layer_ops_f32 : &vt_layer_ops_f64;
}

static int n_bits(const struct vt_model *m)
{
	static const int bits[] = { 0, 4, 8, 16 };
	return bits[((const struct vt_mlp_settings *)m->settings)->quantise];
}

/* 0 for the output, which has none. */
static double noise_of(const struct vt_model *m, size_t tap)
{
	const struct vt_mlp_settings *s = m->settings;
	if (tap + 1 >= m->n_taps || s->noise.n == 0) return 0;
	return s->noise.v[s->noise.n == 1 ? 0 : tap];
}

enum vt_status vt_perturb_plan(struct vt_ctx *ctx, const struct vt_mlp_settings *s, struct vt_model *m)
{
	enum vt_status status = VT_OK;
	bool noisy = false;
	VT_REQUIRE(ctx, s->noise.n <= 1 || s->noise.n == s->widths.n, VT_ECONFIG,
	           "model.noise has %zu values for %zu hidden layers; give one for all, or one each", s->noise.n, s->widths.n);
	for (size_t l = 0; l < m->n_taps; l++) noisy |= noise_of(m, l) > 0;
	VT_REQUIRE(ctx, !noisy || n_bits(m) == 0, VT_ECONFIG,
	           "model.noise and model.quantise = %d exclude each other: a rounded network's information is that of "
	           "its codes, a noisy one's that of its noise", n_bits(m));
	m->perturbed = noisy || n_bits(m) > 0;
	if (n_bits(m) == 0) goto done;
	VT_NEW(ctx, m->range, 2 * m->n_taps);
	for (size_t i = 0; i < 2 * m->n_taps; i++) m->range[i] = NAN;
	m->working = vt_alloc(ctx, m->n_parameters, vt_model_item(m));
	if (!m->working) status = VT_ENOMEM;
done:
	return status;
}

/* ---- grids ------------------------------------------------------------------ */

/* 2^bits points from about low to about high, with 0 among them. */
static struct vt_grid grid_over(int bits, double low, double high)
{
	double intervals = ldexp(1, bits) - 1;
	low = fmin(low, 0);
	high = fmax(high, 0);
	double step = (high - low) / intervals;
	if (!(step > 0)) return (struct vt_grid){ 0 };
	double first = rint(low / step);
	return (struct vt_grid){ step, first, first + intervals };
}

/* Where the activation has bounds the grid is fixed, [-1, 1] (one code fewer, so that -1, 0 and 1 are
 * on it) or [0, 1]; else it follows the values.  False as long as none were seen. */
static bool tap_grid(const struct vt_model *m, size_t tap, struct vt_grid *out)
{
	const struct vt_mlp_settings *s = m->settings;
	double half = ldexp(1, n_bits(m) - 1) - 1, low = m->range[2 * tap], high = m->range[2 * tap + 1];
	bool output = tap + 1 == m->n_taps;
	if (output && m->shape.loss == VT_CROSS_ENTROPY) *out = grid_over(n_bits(m), 0, 1);
	else if (!output && (s->activation == VT_TANH || s->activation == VT_SOFTSIGN))
		*out = (struct vt_grid){ 1 / half, -half, half };
	else if (isnan(low)) return false;
	else *out = grid_over(n_bits(m), low, high);
	return true;
}

double vt_perturb_step(const struct vt_model *m, size_t tap)
{
	struct vt_grid g;
	return m->range && tap_grid(m, tap, &g) ? g.step : 0;
}

static void round_weights(struct vt_model *m)
{
	size_t item = vt_model_item(m);
	for (size_t b = 0; b < m->n_blocks; b++) {
		const struct vt_parameters *k = &m->block[b];
		const void *from = (const char *)m->parameter + k->offset * item;
		void *to = (char *)m->working + k->offset * item;
		size_t n = k->rows * k->cols;
		double low = 0, high = 0;
		ops(m)->extent(n, from, &low, &high);
		const struct vt_grid g = grid_over(n_bits(m), low, high);
		if (k->weight) ops(m)->round(n, &g, from, to);
		else memcpy(to, from, n * item);
	}
}

/* The first batch sets a range, the others move it. */
static void follow_range(double *range, double low, double high)
{
	double rate = isnan(range[0]) ? 1 : range_follows;
	range[0] = rate == 1 ? low : range[0] + rate * (low - range[0]);
	range[1] = rate == 1 ? high : range[1] + rate * (high - range[1]);
}

void vt_perturb_follow(struct vt_model *m, const struct vt_pass *p, size_t n_rows)
{
	if (!m->range) return;
	for (size_t tap = 0; p && tap < m->n_taps; tap++) {
		double low = INFINITY, high = -INFINITY;
		ops(m)->extent(n_rows * m->tap_width[tap], vt_pass_clean(m, p, tap), &low, &high);
		if (isfinite(low) && isfinite(high)) follow_range(m->range + 2 * tap, low, high);
	}
	round_weights(m);
}

/* ---- rows of a pass ----------------------------------------------------------- */

static void *row(const struct vt_model *m, void *array, size_t r, size_t width)
{
	return (char *)array + r * width * vt_model_item(m);
}

struct vt_rng vt_noise_stream(const struct vt_model *m, const struct vt_noise *n, size_t tap, size_t r)
{
	uint64_t index = (n->draw & UINT32_MAX) << 32 | (n->row ? n->row[r] : (uint32_t)r);
	return vt_rng_stream(m->seed | (uint64_t)tap << LAYER_BIT, n->purpose, index);
}

static void add_noise(const struct vt_model *m, const struct vt_pass *p, size_t tap, double sd, size_t r)
{
	enum { PIECE = 64 };
	size_t width = m->tap_width[tap], item = vt_model_item(m);
	const char *x = row(m, vt_pass_clean(m, p, tap), r, width);
	char *y = row(m, vt_pass_activation(m, p, tap), r, width);
	struct vt_rng rng = vt_noise_stream(m, &p->noise, tap, r);
	double z[PIECE];
	for (size_t c = 0; c < width; c += PIECE) {
		size_t n = width - c < PIECE ? width - c : PIECE;
		for (size_t i = 0; i < n; i++) z[i] = vt_rng_normal(&rng);
		ops(m)->add_noise(n, sd, z, x + c * item, y + c * item);
	}
}

void vt_perturb_rows(const struct vt_model *m, const struct vt_pass *p, size_t tap, size_t r0, size_t r1)
{
	size_t width = m->tap_width[tap];
	double sd = noise_of(m, tap);
	struct vt_grid g;
	void *x = row(m, vt_pass_clean(m, p, tap), r0, width), *y = row(m, vt_pass_activation(m, p, tap), r0, width);
	if (sd > 0)
		for (size_t r = r0; r < r1; r++) add_noise(m, p, tap, sd, r);
	else if (m->range && tap_grid(m, tap, &g)) ops(m)->round((r1 - r0) * width, &g, x, y);
	else memcpy(y, x, (r1 - r0) * width * vt_model_item(m));
}

void vt_perturb_backward(const struct vt_model *m, const struct vt_pass *p, size_t tap, size_t r0, size_t r1, void *dy)
{
	size_t width = m->tap_width[tap];
	struct vt_grid g;
	if (!m->range || !tap_grid(m, tap, &g) || g.step == 0) return;
	ops(m)->clip((r1 - r0) * width, &g, row(m, vt_pass_clean(m, p, tap), r0, width), dy);
}

/* ---- a tap as signal and noise -------------------------------------------------- */

static double weight(const struct vt_model *m, const struct vt_parameters *k, size_t r, size_t c)
{
	size_t at = k->offset + r * k->cols + c;
	return m->shape.precision == VT_SINGLE ? ((const float *)m->parameter)[at] : ((const double *)m->parameter)[at];
}

/* Takes from v what lies along the rows of the basis, twice (once leaves rounding errors); its length. */
static double orthogonalise(const double *basis, size_t n, size_t width, double *v)
{
	double square = 0;
	for (size_t twice = 0; twice < 2; twice++)
		for (size_t b = 0; b < n; b++) {
			double along = 0;
			for (size_t c = 0; c < width; c++) along += basis[b * width + c] * v[c];
			for (size_t c = 0; c < width; c++) v[c] -= along * basis[b * width + c];
		}
	for (size_t c = 0; c < width; c++) square += v[c] * v[c];
	return sqrt(square);
}

/* An orthonormal basis of what the output reads of the layer below: its weights, under softmax less
 * those of the first class, since softmax forgets what all outputs share.  The output is then one to one
 * with the coordinates of the noisy layer below in this basis, whose noise has the same sd. */
static enum vt_status output_basis(struct vt_ctx *ctx, const struct vt_model *m, struct vt_smooth *out)
{
	enum vt_status status = VT_OK;
	const struct vt_parameters *k = &m->block[2 * (m->n_taps - 1)];
	size_t first = m->shape.loss == VT_CROSS_ENTROPY ? 1 : 0;
	VT_NEW(ctx, out->basis, k->rows * k->rows);
	for (size_t q = first; q < k->cols && out->width < k->rows; q++) {
		double *v = out->basis + out->width * k->rows, before = 0;
		for (size_t r = 0; r < k->rows; r++) {
			v[r] = weight(m, k, r, q) - (first ? weight(m, k, r, 0) : 0);
			before += v[r] * v[r];
		}
		double length = orthogonalise(out->basis, out->width, k->rows, v);
		if (!(length > 1e-6 * sqrt(before))) continue; /* already spanned */
		for (size_t r = 0; r < k->rows; r++) v[r] /= length;
		out->width++;
	}
done:
	return status;
}

static bool noise_below(const struct vt_model *m, size_t tap)
{
	for (size_t l = 0; l < tap; l++)
		if (noise_of(m, l) > 0) return true;
	return false;
}

enum vt_status vt_perturb_smooth(struct vt_ctx *ctx, const struct vt_model *m, size_t tap, struct vt_smooth *out)
{
	bool output = tap + 1 == m->n_taps;
	size_t from = output && tap > 0 ? tap - 1 : tap;
	*out = (struct vt_smooth){ noise_of(m, from), from, 0, NULL, !noise_below(m, from) };
	if (!(out->sd > 0)) return VT_OK;
	if (output) return output_basis(ctx, m, out);
	out->width = m->tap_width[tap];
	return VT_OK;
}
