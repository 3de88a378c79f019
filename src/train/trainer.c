/* A model in training: batches, gradients, updates.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "venturi/num.h"
#include "venturi/train.h"

/* A dataset up to this size is kept in the model's precision, so that a batch is a list of
 * rows and nothing is converted twice. */
enum { CACHE_BYTES = 64 << 20, UPDATE_BLOCK = 1 << 14 };

struct vt_trainer {
	const struct vt_train_settings *s;
	const struct vt_dataset *data;
	struct vt_model *model;
	struct vt_pass *pass;      /* null with the fused step */
	void *cache;               /* n x n_inputs, or null */
	uint32_t *order;
	uint64_t order_epoch;
	bool has_order;
	float *fused;              /* scratch of the fused step; null without it */
	size_t batch;
	int32_t *label;
	double *value;
	void *gradient, *m, *v;
};

size_t vt_train_steps_per_epoch(const struct vt_train_settings *s, size_t n_train)
{
	size_t batch = s->batch > 0 && (size_t)s->batch < n_train ? (size_t)s->batch : n_train;
	return batch == 0 ? 0 : (n_train + batch - 1) / batch;
}

static enum vt_status fill_cache(struct vt_ctx *ctx, struct vt_trainer *t)
{
	enum vt_status status;
	const struct vt_dataset *d = t->data;
	size_t item = vt_model_item(t->model), bytes;
	if (__builtin_mul_overflow(d->n * d->n_inputs, item, &bytes) || bytes > CACHE_BYTES) return VT_OK;
	char *cache = NULL;
	VT_NEW(ctx, cache, bytes);
	for (uint32_t i = 0; i < d->n; i++) vt_gather_inputs(d, t->model, &i, 1, cache + i * d->n_inputs * item);
	t->cache = cache;
	status = VT_OK;
done:
	return status;
}

static enum vt_status allocate(struct vt_ctx *ctx, struct vt_trainer *t)
{
	enum vt_status status = VT_ENOMEM;
	size_t item = vt_model_item(t->model), n = t->model->n_parameters;
	const struct vt_optimiser_kind *o = (const struct vt_optimiser_kind *)t->s->optimiser.kind;
	if (!(t->gradient = vt_alloc(ctx, n, item))) goto done;
	size_t n_moments = o ? o->n_moments : 0;
	if (n_moments > 0 && !(t->m = vt_alloc(ctx, n, item))) goto done;
	if (n_moments > 1 && !(t->v = vt_alloc(ctx, n, item))) goto done;
	VT_NEW(ctx, t->order, t->data->n_train);
	if (t->data->label) VT_NEW(ctx, t->label, t->batch * t->data->n_labels);
	else VT_NEW(ctx, t->value, t->batch * t->data->n_targets);
	size_t scratch = t->s->fused && t->cache && t->data->label && t->model->kind->fused_scratch
	                 ? t->model->kind->fused_scratch(t->model) : 0;
	if (scratch > 0) VT_NEW(ctx, t->fused, scratch);
	else VT_TRY(vt_pass_create(ctx, t->model, t->batch, &t->pass));
	status = VT_OK;
done:
	return status;
}

static void fill_inputs(const struct vt_trainer *t, const uint32_t *row, size_t n);

/* A network that follows its activations begins with those of the first batch, before any update. */
static void see_first_batch(struct vt_trainer *t)
{
	const uint32_t *order = vt_trainer_order(t, 0);
	int threads = vt_gemm_serial();
	fill_inputs(t, order, t->batch);
	t->pass->noise = (struct vt_noise){ VT_PURPOSE_REALISE, 0, order };
	t->model->kind->forward(t->model, t->pass, 0, t->batch);
	t->model->kind->follow(t->model, t->pass, t->batch);
	vt_gemm_restore(threads);
}

enum vt_status vt_trainer_create(struct vt_ctx *ctx, const struct vt_train_settings *s,
                                 const struct vt_dataset *data, struct vt_model *model, struct vt_trainer **out)
{
	enum vt_status status;
	struct vt_trainer *t = NULL;
	VT_REQUIRE(ctx, data->n_train > 0, VT_EDATA, "the dataset has no training rows");
	VT_NEW(ctx, t, 1);
	t->s = s;
	t->data = data;
	t->model = model;
	t->batch = s->batch > 0 && (size_t)s->batch < data->n_train ? (size_t)s->batch : data->n_train;
	VT_TRY(fill_cache(ctx, t));
	VT_TRY(allocate(ctx, t));
	if (!t->fused && model->range) see_first_batch(t);
	*out = t;
	t = NULL;
done:
	vt_trainer_free(t);
	return status;
}

void vt_trainer_free(struct vt_trainer *t)
{
	if (!t) return;
	vt_pass_free(t->pass);
	free(t->cache);
	free(t->fused);
	free(t->order);
	free(t->label);
	free(t->value);
	free(t->gradient);
	free(t->m);
	free(t->v);
	free(t);
}

const struct vt_model *vt_trainer_model(const struct vt_trainer *t)
{
	return t->model;
}

const uint32_t *vt_trainer_order(struct vt_trainer *t, uint64_t epoch)
{
	if (!t->has_order || t->order_epoch != epoch)
		vt_dataset_epoch(t->data, (uint64_t)t->s->seed, epoch, t->s->shuffle, t->order);
	t->has_order = true;
	t->order_epoch = epoch;
	return t->order;
}

size_t vt_trainer_batches(const struct vt_trainer *t)
{
	return (t->data->n_train + t->batch - 1) / t->batch;
}

void vt_trainer_batch(const struct vt_trainer *t, size_t b, size_t *begin, size_t *n)
{
	*begin = b * t->batch;
	*n = t->data->n_train - *begin < t->batch ? t->data->n_train - *begin : t->batch;
}

static void fill_inputs(const struct vt_trainer *t, const uint32_t *row, size_t n)
{
	size_t bytes = t->data->n_inputs * vt_model_item(t->model);
	if (!t->cache) {
		vt_gather_inputs(t->data, t->model, row, n, t->pass->input);
		return;
	}
	for (size_t i = 0; i < n; i++)
		memcpy((char *)t->pass->input + i * bytes, (const char *)t->cache + row[i] * bytes, bytes);
}

static enum vt_status gradient_with(struct vt_ctx *ctx, struct vt_trainer *t, const uint32_t *row, size_t n,
                                    struct vt_noise noise, const void **gradient)
{
	enum vt_status status = VT_OK;
	if (t->fused) {
		const struct vt_gathered batch = { t->cache, t->data->label, row, n };
		unsigned mode = vt_denormals_flush();
		t->model->kind->fused(t->model, &batch, t->fused, t->gradient);
		vt_denormals_restore(mode);
	} else {
		fill_inputs(t, row, n);
		t->pass->noise = noise;
		struct vt_targets targets = vt_gather_targets(t->data, row, n, t->label, t->value);
		int threads = vt_gemm_serial();
		status = vt_model_gradient(ctx, t->model, t->pass, &targets, n, t->gradient);
		vt_gemm_restore(threads);
	}
	*gradient = t->gradient;
	return status;
}

enum vt_status vt_trainer_gradient(struct vt_ctx *ctx, struct vt_trainer *t, const uint32_t *row, size_t n,
                                   const void **gradient)
{
	return gradient_with(ctx, t, row, n, (struct vt_noise){ VT_PURPOSE_REALISE, 0, row }, gradient);
}

static double number(const struct vt_trainer *t, const void *array, size_t i)
{
	return t->model->shape.precision == VT_SINGLE ? ((const float *)array)[i] : ((const double *)array)[i];
}

VT_CLONES static double squares_f32(size_t n, const float *x)
{
	double sum = 0;
#pragma omp simd reduction(+ : sum)
	for (size_t i = 0; i < n; i++) sum += (double)x[i] * x[i];
	return sum;
}

VT_CLONES static double squares_f64(size_t n, const double *x)
{
	double sum = 0;
#pragma omp simd reduction(+ : sum)
	for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
	return sum;
}

static double norm(const struct vt_trainer *t, const void *array)
{
	size_t n = t->model->n_parameters;
	return sqrt(t->model->shape.precision == VT_SINGLE ? squares_f32(n, array) : squares_f64(n, array));
}

/* A gradient longer than `clip` is shortened to it (Pascanu, Mikolov, Bengio 2013, algorithm 1). */
static void clip(const struct vt_trainer *t, double length)
{
	double factor = t->s->clip / length;
	if (!(factor < 1)) return;
	for (size_t i = 0; i < t->model->n_parameters; i++) {
		if (t->model->shape.precision == VT_SINGLE) ((float *)t->gradient)[i] *= (float)factor;
		else ((double *)t->gradient)[i] *= factor;
	}
}

double vt_trainer_weight_norm(const struct vt_trainer *t)
{
	return norm(t, t->model->parameter);
}

enum vt_status vt_trainer_carry(struct vt_ctx *ctx, struct vt_trainer *t, struct vt_state *s)
{
	enum vt_status status;
	enum vt_scalar item = t->model->shape.precision == VT_SINGLE ? VT_SCALAR_F32 : VT_SCALAR_F64;
	size_t n = t->model->n_parameters;
	VT_TRY(vt_model_carry(ctx, t->model, s));
	vt_state_owner(s, "optimiser");
	VT_TRY(vt_state_carry(ctx, s, "m", item, t->m ? n : 0, t->m));
	VT_TRY(vt_state_carry(ctx, s, "v", item, t->v ? n : 0, t->v));
done:
	return status;
}

/* l2 w and l1 sign(w), weights only: the gradient of l2 |w|^2 / 2 + l1 |w|. */
static void add_penalties(const struct vt_trainer *t, const struct vt_parameters *k)
{
	size_t n = k->rows * k->cols;
	for (size_t i = k->offset; i < k->offset + n; i++) {
		double w = number(t, t->model->parameter, i), g = t->s->l2 * w + t->s->l1 * ((w > 0) - (w < 0));
		if (t->model->shape.precision == VT_SINGLE) ((float *)t->gradient)[i] += (float)g;
		else ((double *)t->gradient)[i] += g;
	}
}

/* Numbers begin .. end of the parameters, which lie in one block. */
static void update_range(const struct vt_trainer *t, const struct vt_update *u, size_t begin, size_t end)
{
	const struct vt_optimiser_kind *o = (const struct vt_optimiser_kind *)t->s->optimiser.kind;
	const void *s = t->s->optimiser.settings;
	if (!o) return; /* a training kind that moves the parameters itself */
	size_t n = end - begin;
	if (t->model->shape.precision == VT_SINGLE) {
		float *m = t->m ? (float *)t->m + begin : NULL, *v = t->v ? (float *)t->v + begin : NULL;
		o->update_f32(s, u, n, (float *)t->model->parameter + begin, (float *)t->gradient + begin, m, v);
	} else {
		double *m = t->m ? (double *)t->m + begin : NULL, *v = t->v ? (double *)t->v + begin : NULL;
		o->update_f64(s, u, n, (double *)t->model->parameter + begin, (double *)t->gradient + begin, m, v);
	}
}

struct update_job {
	const struct vt_trainer *t;
	struct vt_update u;
	size_t begin, end;
};

static enum vt_status update_piece(void *self, size_t b)
{
	const struct update_job *j = self;
	size_t begin = j->begin + b * UPDATE_BLOCK, end = begin + UPDATE_BLOCK;
	update_range(j->t, &j->u, begin, end < j->end ? end : j->end);
	return VT_OK;
}

/* Without decay all parameters are one range; with it, weights and biases differ. */
static enum vt_status update(struct vt_ctx *ctx, struct vt_trainer *t, uint64_t step, double rate)
{
	enum vt_status status = VT_OK;
	struct update_job job = { t, { rate, 0, step }, 0, t->model->n_parameters };
	size_t pieces = t->s->weight_decay > 0 ? t->model->n_blocks : 1;
	for (size_t k = 0; status == VT_OK && k < pieces; k++) {
		const struct vt_parameters *block = &t->model->block[k];
		if (pieces > 1) {
			job.u.decay = block->weight ? t->s->weight_decay : 0;
			job.begin = block->offset;
			job.end = block->offset + block->rows * block->cols;
		}
		status = vt_blocks_run(ctx, (job.end - job.begin + UPDATE_BLOCK - 1) / UPDATE_BLOCK, true, update_piece, &job);
	}
	return status;
}

enum vt_status vt_trainer_step(struct vt_ctx *ctx, struct vt_trainer *t, const uint32_t *row, size_t n,
                               uint64_t step, double rate, double *grad_norm)
{
	const void *gradient;
	struct vt_noise noise = { VT_PURPOSE_NOISE, step, row };
	enum vt_status status = gradient_with(ctx, t, row, n, noise, &gradient);
	if (status != VT_OK) return status;
	double length = grad_norm || t->s->clip > 0 ? norm(t, gradient) : 0;
	if (grad_norm) *grad_norm = length;
	if (t->s->clip > 0) clip(t, length);
	if (t->s->l1 > 0 || t->s->l2 > 0)
		for (size_t k = 0; k < t->model->n_blocks; k++)
			if (t->model->block[k].weight) add_penalties(t, &t->model->block[k]);
	status = update(ctx, t, step, rate);
	if (status == VT_OK && t->pass && t->model->kind->follow) t->model->kind->follow(t->model, t->pass, n);
	return status;
}
