/* Dense layers with ReLU between them, forward and back by products of matrices.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "adam.h"
#include "dense.h"
#include "venturi/num.h"
#include "venturi/rng.h"

VT_CLONES void vt_adam_step(size_t n, double rate, double decay, int64_t step, const float *gradient, float *mean,
                            float *square, float *parameter)
{
	const float b1 = 0.9f, b2 = 0.999f, epsilon = 1e-8f, keep = (float)(1 - rate * decay);
	const double root = sqrt(1 - pow(0.999, (double)step));
	const float r = (float)(rate * root / (1 - pow(0.9, (double)step)));
	for (size_t i = 0; i < n; i++) {
		float g = gradient[i];
		mean[i] = b1 * mean[i] + (1 - b1) * g;
		square[i] = b2 * square[i] + (1 - b2) * g * g;
		parameter[i] = keep * parameter[i] - r * mean[i] / (sqrtf(square[i]) + epsilon);
	}
}

enum vt_status vt_dense_create(struct vt_ctx *ctx, size_t n_layers, const size_t *width, size_t batch,
                               struct vt_dense *out)
{
	enum vt_status status = VT_OK;
	struct vt_dense net = { .n_layers = n_layers, .batch = batch };
	size_t widest = width[0];
	net.width[0] = width[0];
	for (size_t l = 1; l <= n_layers; l++) {
		net.width[l] = width[l];
		net.weight[l] = net.n_parameters;
		net.bias[l] = net.weight[l] + width[l] * width[l - 1];
		net.n_parameters = net.bias[l] + width[l];
		widest = width[l] > widest ? width[l] : widest;
	}
	for (size_t l = 1; l <= n_layers; l++) VT_NEW(ctx, net.z[l], batch * width[l]);
	for (size_t k = 0; k < 2; k++) VT_NEW(ctx, net.d[k], batch * widest);
	VT_NEW(ctx, net.parameter, net.n_parameters);
	VT_NEW(ctx, net.gradient, net.n_parameters);
	VT_NEW(ctx, net.mean, net.n_parameters);
	VT_NEW(ctx, net.square, net.n_parameters);
	VT_NEW(ctx, net.best, net.n_parameters);
	*out = net;
done:
	if (status != VT_OK) vt_dense_clear(&net);
	return status;
}

void vt_dense_clear(struct vt_dense *net)
{
	float *const part[] = { net->parameter, net->gradient, net->mean, net->square, net->best, net->d[0], net->d[1] };
	for (size_t l = 1; l <= net->n_layers; l++) free(net->z[l]);
	for (size_t i = 0; i < sizeof part / sizeof *part; i++) free(part[i]);
	*net = (struct vt_dense){ 0 };
}

void vt_dense_initialise(struct vt_dense *net, uint64_t seed, uint64_t index)
{
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_CRITIC, index);
	size_t bytes = net->n_parameters * sizeof(float);
	memset(net->parameter, 0, bytes);
	memset(net->mean, 0, bytes);
	memset(net->square, 0, bytes);
	for (size_t l = 1; l <= net->n_layers; l++) {
		double most = sqrt(3 / (double)net->width[l - 1]);
		for (size_t i = net->weight[l]; i < net->bias[l]; i++)
			net->parameter[i] = (float)(most * (2 * vt_rng_uniform(&r) - 1));
	}
}

/* z[n,q] = z_before[n,p] W[q,p]' + b[q] */
const float *vt_dense_forward(struct vt_dense *net, const float *x, size_t n)
{
	int threads = vt_gemm_serial();
	net->input = x;
	for (size_t l = 1; l <= net->n_layers; l++) {
		size_t p = net->width[l - 1], q = net->width[l];
		const float *before = l == 1 ? x : net->z[l - 1];
		for (size_t i = 0; i < n; i++) memcpy(net->z[l] + i * q, net->parameter + net->bias[l], q * sizeof(float));
		vt_gemm_f32(false, true, n, q, p, 1, before, p, net->parameter + net->weight[l], p, 1, net->z[l], q);
		for (size_t i = 0; l < net->n_layers && i < n * q; i++) net->z[l][i] = net->z[l][i] > 0 ? net->z[l][i] : 0;
	}
	vt_gemm_restore(threads);
	return net->z[net->n_layers];
}

/* dW = d' z_before, db = column sums of d, d_before = d W where z_before > 0 */
void vt_dense_backward(struct vt_dense *net, const float *d_out, size_t n, float *d_in)
{
	int threads = vt_gemm_serial();
	const float *d = d_out;
	for (size_t l = net->n_layers; l > 0; l--) {
		size_t p = net->width[l - 1], q = net->width[l];
		const float *before = l == 1 ? net->input : net->z[l - 1];
		float *db = net->gradient + net->bias[l], *next = l == 1 ? d_in : net->d[l % 2];
		vt_gemm_f32(true, false, q, p, n, 1, d, q, before, p, 0, net->gradient + net->weight[l], p);
		memset(db, 0, q * sizeof *db);
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < q; k++) db[k] += d[i * q + k];
		if (!next) break;
		vt_gemm_f32(false, false, n, p, q, 1, d, q, net->parameter + net->weight[l], p, 0, next, p);
		for (size_t i = 0; l > 1 && i < n * p; i++) next[i] = before[i] > 0 ? next[i] : 0;
		d = next;
	}
	vt_gemm_restore(threads);
}

void vt_dense_update(struct vt_dense *net, double rate, double decay, int64_t step)
{
	vt_adam_step(net->n_parameters, rate, decay, step, net->gradient, net->mean, net->square, net->parameter);
}

void vt_dense_keep(struct vt_dense *net)
{
	memcpy(net->best, net->parameter, net->n_parameters * sizeof(float));
}

void vt_dense_recall(struct vt_dense *net)
{
	memcpy(net->parameter, net->best, net->n_parameters * sizeof(float));
}
