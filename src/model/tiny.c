/* The gradient of a batch of a tiny net in one go: forward and backward of 32 samples at a
 * time, samples in vector lanes, everything in the first-level cache.  This is the hot path
 * of information-plane experiments; a library's matrix product costs more to call than
 * these layers take to compute.
 *
 * Weight gradients are summed per lane over the batch and across lanes at the end, in an
 * order that depends on nothing but the batch.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "../num/simd.h"
#include "layers.h"

enum { LANES = 8, VECTORS = 4, SAMPLES = LANES * VECTORS }; /* a block: four vectors per unit */
enum { MAX_WIDTH = 32, MAX_UNITS = 256, MAX_WEIGHTS = 8192 };

size_t vt_tiny_scratch(const struct vt_model *m)
{
	const struct vt_mlp_settings *s = m->settings;
	size_t units = m->shape.n_inputs;
	if (m->perturbed) return 0;
	if (m->shape.precision != VT_SINGLE || m->shape.loss != VT_CROSS_ENTROPY) return 0;
	if (s->activation != VT_TANH && s->activation != VT_RELU) return 0;
	if (m->n_parameters > MAX_WEIGHTS || m->shape.n_inputs > MAX_WIDTH) return 0;
	for (size_t l = 0; l < m->n_taps; l++) {
		if (m->tap_width[l] > MAX_WIDTH) return 0;
		units += m->tap_width[l];
	}
	return units <= MAX_UNITS ? LANES * (2 * units * VECTORS + m->n_parameters) : 0;
}

/* Unit u of a block holds its 32 samples in x[u * VECTORS + k]. */
struct block {
	vt_v8 *y;  /* input, then the layers' outputs */
	vt_v8 *dz; /* derivatives with respect to pre-activations */
};

/* z[q .. q + n) = b + sum over p of w[p, q] x[p] */
VT_INLINE void affine(const size_t n, size_t in, size_t out, size_t q, const float *w, const float *b, const vt_v8 *x,
                      vt_v8 *z)
{
	vt_v8 sum[2][VECTORS];
	for (size_t c = 0; c < n; c++)
		for (int k = 0; k < VECTORS; k++) sum[c][k] = (vt_v8){ 0 } + b[q + c];
	for (size_t p = 0; p < in; p++) {
		vt_v8 v[VECTORS]; /* in registers: read once for both columns */
		for (int k = 0; k < VECTORS; k++) v[k] = x[p * VECTORS + k];
		for (size_t c = 0; c < n; c++)
			for (int k = 0; k < VECTORS; k++) sum[c][k] += w[p * out + q + c] * v[k];
	}
	for (size_t c = 0; c < n; c++)
		for (int k = 0; k < VECTORS; k++) z[(q + c) * VECTORS + k] = sum[c][k];
}

/* dy[p .. p + n) = sum over q of w[p, q] dz[q] */
VT_INLINE void affine_input(const size_t n, size_t out, size_t p, const float *w, const vt_v8 *dz, vt_v8 *dy)
{
	vt_v8 sum[2][VECTORS] = { { { 0 } } };
	for (size_t q = 0; q < out; q++) {
		vt_v8 v[VECTORS];
		for (int k = 0; k < VECTORS; k++) v[k] = dz[q * VECTORS + k];
		for (size_t c = 0; c < n; c++)
			for (int k = 0; k < VECTORS; k++) sum[c][k] += w[(p + c) * out + q] * v[k];
	}
	for (size_t c = 0; c < n; c++)
		for (int k = 0; k < VECTORS; k++) dy[(p + c) * VECTORS + k] = sum[c][k];
}

/* dw[p .. p + n, q] += x[p] dz[q], lane by lane */
VT_INLINE void affine_weight(const size_t n, size_t out, size_t p, const vt_v8 *x, const vt_v8 *dz, vt_v8 *dw)
{
	vt_v8 left[2][VECTORS]; /* in registers: the compiler cannot know that dw is not x */
	for (size_t c = 0; c < n; c++)
		for (int k = 0; k < VECTORS; k++) left[c][k] = x[(p + c) * VECTORS + k];
	for (size_t q = 0; q < out; q++) {
		vt_v8 v[VECTORS];
		for (int k = 0; k < VECTORS; k++) v[k] = dz[q * VECTORS + k];
		for (size_t c = 0; c < n; c++) {
			vt_v8 sum = dw[(p + c) * out + q];
			for (int k = 0; k < VECTORS; k++) sum += left[c][k] * v[k];
			dw[(p + c) * out + q] = sum;
		}
	}
}

VT_INLINE void layer_forward(size_t in, size_t out, const float *w, const vt_v8 *x, vt_v8 *y)
{
	const float *b = w + in * out;
	size_t q = 0;
	for (; q + 2 <= out; q += 2) affine(2, in, out, q, w, b, x, y);
	if (q < out) affine(1, in, out, q, w, b, x, y);
}

VT_INLINE void layer_backward_input(size_t in, size_t out, const float *w, const vt_v8 *dz, vt_v8 *dy)
{
	size_t p = 0;
	for (; p + 2 <= in; p += 2) affine_input(2, out, p, w, dz, dy);
	if (p < in) affine_input(1, out, p, w, dz, dy);
}

VT_INLINE void layer_backward_weight(size_t in, size_t out, const vt_v8 *x, const vt_v8 *dz, vt_v8 *dw)
{
	size_t p = 0;
	for (; p + 2 <= in; p += 2) affine_weight(2, out, p, x, dz, dw);
	if (p < in) affine_weight(1, out, p, x, dz, dw);
	for (size_t q = 0; q < out; q++) {
		vt_v8 sum = dw[in * out + q];
		for (int k = 0; k < VECTORS; k++) sum += dz[q * VECTORS + k];
		dw[in * out + q] = sum;
	}
}

VT_INLINE void activate(bool relu, size_t n, vt_v8 *y)
{
	if (relu)
		for (size_t i = 0; i < n; i++) y[i] = (vt_v8)((vt_v8i)y[i] & (y[i] > 0.0f));
	else
		for (size_t i = 0; i < n; i++) vt_v8_tanh_training(&y[i], &y[i]);
}

/* dz = dy f'(z), with y = f(z); dy and dz in one place */
VT_INLINE void activate_backward(bool relu, size_t n, const vt_v8 *y, vt_v8 *dz)
{
	if (relu)
		for (size_t i = 0; i < n; i++) dz[i] = (vt_v8)((vt_v8i)dz[i] & (y[i] > 0.0f));
	else
		for (size_t i = 0; i < n; i++) dz[i] *= 1.0f - y[i] * y[i];
}

/* y = softmax over the q units; exponents below -87 count as -87 */
VT_INLINE void softmax(size_t q, vt_v8 *y)
{
	for (int k = 0; k < VECTORS; k++) {
		vt_v8 top = y[k], sum = { 0 };
		const vt_v8 least = top * 0.0f - 87.0f;
		for (size_t j = 1; j < q; j++) {
			vt_v8i more = y[j * VECTORS + k] > top;
			vt_v8_select(&more, &y[j * VECTORS + k], &top, &top);
		}
		for (size_t j = 0; j < q; j++) {
			vt_v8 z = y[j * VECTORS + k] - top;
			vt_v8i below = z < least;
			vt_v8_select(&below, &least, &z, &z);
			vt_v8_exp(&z, &y[j * VECTORS + k]);
			sum += y[j * VECTORS + k];
		}
		for (size_t j = 0; j < q; j++) y[j * VECTORS + k] /= sum;
	}
}

/* Eight units of eight samples at a time; the units beyond the last full eight one by one. */
VT_INLINE void load_eight(const float *const sample[LANES], size_t width, size_t k, vt_v8 *x)
{
	size_t u = 0;
	for (; u + LANES <= width; u += LANES) {
		const float *at[LANES];
		for (int s = 0; s < LANES; s++) at[s] = sample[s] + u;
		vt_v8_transpose(at, x + u * VECTORS + k, VECTORS);
	}
	for (; u < width; u++)
		x[u * VECTORS + k] = (vt_v8){ sample[0][u], sample[1][u], sample[2][u], sample[3][u],
			                      sample[4][u], sample[5][u], sample[6][u], sample[7][u] };
}

/* Samples first .. first + n of the batch into the lanes; unused lanes repeat the first sample,
 * and have no derivative. */
VT_INLINE void load(const struct vt_gathered *batch, size_t first, size_t n, size_t width, vt_v8 *x)
{
	for (size_t k = 0; k < VECTORS; k++) {
		const float *sample[LANES];
		for (size_t s = 0; s < LANES; s++) {
			size_t at = k * LANES + s < n ? first + k * LANES + s : first;
			sample[s] = batch->x + batch->row[at] * width;
		}
		load_eight(sample, width, k, x);
	}
}

/* dz of the mean loss over the batch: (softmax - one-hot) / n, zero in unused lanes. */
VT_INLINE void loss_backward(const struct vt_gathered *batch, size_t first, size_t n, size_t q, const vt_v8 *y,
                             vt_v8 *dz)
{
	const vt_v8 one = (vt_v8){ 0 } + 1.0f;
	int32_t label[SAMPLES];
	float weight[SAMPLES];
	for (size_t s = 0; s < SAMPLES; s++) {
		label[s] = batch->label[batch->row[s < n ? first + s : first]];
		weight[s] = s < n ? 1.0f / (float)batch->n : 0.0f;
	}
	for (size_t k = 0; k < VECTORS; k++) {
		vt_v8i wanted;
		vt_v8 scale;
		memcpy(&wanted, label + k * LANES, sizeof wanted);
		memcpy(&scale, weight + k * LANES, sizeof scale);
		for (size_t u = 0; u < q; u++) {
			vt_v8i hit = wanted == (int32_t)u;
			dz[u * VECTORS + k] = (y[u * VECTORS + k] - (vt_v8)(hit & (vt_v8i)one)) * scale;
		}
	}
}

/* The net as the block loop wants it. */
struct net {
	size_t n_layers, in[MAX_UNITS], out[MAX_UNITS], unit[MAX_UNITS]; /* unit: first one of the layer's output */
	const float *w[MAX_UNITS];                                       /* in x out weights, then out biases */
	size_t at[MAX_UNITS];                                            /* their place among the parameters */
	bool relu;
};

static void describe(const struct vt_model *m, struct net *net)
{
	size_t unit = m->shape.n_inputs;
	net->n_layers = m->n_taps;
	net->relu = ((const struct vt_mlp_settings *)m->settings)->activation == VT_RELU;
	for (size_t l = 0; l < m->n_taps; l++) {
		const struct vt_parameters *k = &m->block[2 * l];
		net->in[l] = k->rows;
		net->out[l] = k->cols;
		net->unit[l] = unit;
		net->at[l] = k->offset;
		net->w[l] = (const float *)m->parameter + k->offset;
		unit += k->cols;
	}
}

VT_INLINE void block_forward(const struct net *net, struct block *b)
{
	const vt_v8 *x = b->y;
	for (size_t l = 0; l < net->n_layers; l++) {
		vt_v8 *y = b->y + net->unit[l] * VECTORS;
		layer_forward(net->in[l], net->out[l], net->w[l], x, y);
		if (l + 1 < net->n_layers) activate(net->relu, net->out[l] * VECTORS, y);
		else softmax(net->out[l], y);
		x = y;
	}
}

VT_INLINE void block_backward(const struct net *net, struct block *b, vt_v8 *gradient)
{
	for (size_t l = net->n_layers; l-- > 0;) {
		const vt_v8 *dz = b->dz + net->unit[l] * VECTORS;
		size_t below = l > 0 ? net->unit[l - 1] : 0;
		layer_backward_weight(net->in[l], net->out[l], b->y + below * VECTORS, dz, gradient + net->at[l]);
		if (l == 0) break;
		vt_v8 *dy = b->dz + below * VECTORS;
		layer_backward_input(net->in[l], net->out[l], net->w[l], dz, dy);
		activate_backward(net->relu, net->in[l] * VECTORS, b->y + below * VECTORS, dy);
	}
}

/* The lanes of eight gradients at a time: transposed, they are added as vectors. */
VT_INLINE void add_lanes(size_t n, const vt_v8 *lanes, float *gradient)
{
	for (size_t i = 0; i < n; i += LANES) {
		const float *row[LANES];
		vt_v8 g[LANES];
		for (size_t k = 0; k < LANES; k++) row[k] = (const float *)&lanes[i + k < n ? i + k : i];
		vt_v8_transpose(row, g, 1);
		g[0] = ((g[0] + g[4]) + (g[2] + g[6])) + ((g[1] + g[5]) + (g[3] + g[7]));
		memcpy(gradient + i, &g[0], (n - i < LANES ? n - i : LANES) * sizeof *gradient);
	}
}

VT_CLONES void vt_tiny_gradient(const struct vt_model *m, const struct vt_gathered *batch, float *scratch,
                                float *gradient)
{
	struct net net;
	describe(m, &net);
	const size_t last = net.n_layers - 1, vectors = (net.unit[last] + net.out[last]) * VECTORS;
	struct block block = { (vt_v8 *)scratch, (vt_v8 *)scratch + vectors };
	vt_v8 *lanes = block.dz + vectors;
	memset(lanes, 0, m->n_parameters * sizeof *lanes);
	for (size_t first = 0; first < batch->n; first += SAMPLES) {
		size_t n = batch->n - first < SAMPLES ? batch->n - first : SAMPLES;
		load(batch, first, n, net.in[0], block.y);
		block_forward(&net, &block);
		loss_backward(batch, first, n, net.out[last], block.y + net.unit[last] * VECTORS,
		              block.dz + net.unit[last] * VECTORS);
		block_backward(&net, &block, lanes);
	}
	add_lanes(m->n_parameters, lanes, gradient);
}
