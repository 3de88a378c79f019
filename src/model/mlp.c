/* Multi-layer perceptron: dense layers h1 .. hN with one activation, and a linear output
 * that softmax follows under cross-entropy.  Hidden activations may be noisy, or everything
 * rounded to few bits, so that the information of a layer means something: perturb.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layers.h"
#include "venturi/model.h"

static const char *const activations[] = { "tanh", "relu", "leaky-relu", "softsign", "softplus", "gelu", "linear",
                                           NULL };
static const char *const laws[] = { "truncated-fan-in", "truncated-fan-out", "glorot-uniform", "glorot-normal",
                                    "he-normal",
                                    "he-uniform", "orthogonal", "torch-uniform", "normal-fan-in", "uniform", NULL };
static const char *const output_laws[] = { "truncated-fan-in", "truncated-fan-out", "glorot-uniform", "glorot-normal",
                                           "he-normal", "he-uniform", "orthogonal", "torch-uniform", "normal-fan-in",
                                           "uniform", "same", NULL };
static const char *const bias_laws[] = { "constant", "normal", "uniform", NULL };

static const char *const bits[] = { "0", "4", "8", "16", NULL };

#define AT(member) offsetof(struct vt_mlp_settings, member)
static const struct vt_option options[] = {
	{ "widths", VT_INTS, AT(widths), 1, 65536, NULL, "units", "widths of the hidden layers, input and output left out",
	  .max_items = 64 },
	{ "activation", VT_CHOICE, AT(activation), 0, 0, "tanh", NULL, "activation of the hidden layers", activations },
	{ "init", VT_CHOICE, AT(init), 0, 0, "truncated-fan-in", NULL, "law of the hidden layers' initial weights; "
	  "torch-uniform: U(+-1/sqrt(fan-in)), and biases from the same law; normal-fan-in: variance 1 / inputs; uniform: in "
	  "[-1, 1], both times init_scale", laws },
	{ "init_output", VT_CHOICE, AT(init_output), 0, 0, "same", NULL, "law of the output layer's, or same", output_laws },
	{ "init_scale", VT_REAL, AT(init_scale), 0, 1e6, "1", NULL, "factor on every initial weight" },
	{ "bias", VT_REAL, AT(bias), -1e6, 1e6, "0", NULL, "initial value of every bias, or their mean" },
	{ "bias_law", VT_CHOICE, AT(bias_law), 0, 0, "constant", NULL, "law of the initial biases about `bias`", bias_laws },
	{ "bias_scale", VT_REAL, AT(bias_scale), 0, 1e6, "1", NULL,
	  "their standard deviation (normal), or greatest distance from the mean (uniform)" },
	{ "leak", VT_REAL, AT(leak), 0, 1, "0.01", NULL, "slope of leaky-relu below 0" },
	{ "noise", VT_REALS, AT(noise), 0, 1e6, "[0]", "activation",
	  "standard deviation of Gaussian noise added to every hidden unit's activation, in training and wherever the "
	  "network runs: [one for all hidden layers], or one each; 0: none", .max_items = 64 },
	{ "weights", VT_STRING, AT(weights), 0, 0, NULL, NULL,
	  "initial weights from an HDF5 file or a folder of npy files, a block of parameters by its name; see the manual",
	  .optional = true },
	{ "quantise", VT_CHOICE, AT(quantise), 0, 0, "0", "bits",
	  "weights and activations are rounded to so many bits in every forward pass, straight-through gradients; 0: off",
	  bits },
	{ 0 }
};

/* A tile of a weight gradient: so many numbers of one dw, and so many multiplications. */
enum { TILE_ROWS = 128, MAX_PARAMETERS = 1 << 28 };

static const struct vt_layer_ops *ops(const struct vt_model *m)
{
	return m->shape.precision == VT_SINGLE ? &vt_layer_ops_f32 : &vt_layer_ops_f64;
}

static enum vt_status name_taps(struct vt_ctx *ctx, const struct vt_mlp_settings *s, struct vt_model *m)
{
	enum vt_status status;
	m->n_taps = s->widths.n + 1;
	VT_NEW(ctx, m->tap_name, m->n_taps);
	VT_NEW(ctx, m->tap_width, m->n_taps);
	for (size_t l = 0; l < m->n_taps; l++) {
		bool last = l + 1 == m->n_taps;
		m->tap_width[l] = last ? m->shape.n_outputs : (size_t)s->widths.v[l];
		m->tap_name[l] = last ? vt_copy(ctx, "output") : vt_format(ctx, "h%zu", l + 1);
		if (!m->tap_name[l]) return VT_ENOMEM;
	}
	status = VT_OK;
done:
	return status;
}

static enum vt_status plan(struct vt_ctx *ctx, const void *settings, struct vt_model *m)
{
	enum vt_status status;
	size_t in = m->shape.n_inputs, offset = 0;
	VT_REQUIRE(ctx, m->shape.n_labels <= 1, VT_ECONFIG,
	           "model mlp answers once a row, and the dataset asks %zu times (at every token); wanted: model transformer",
	           m->shape.n_labels);
	VT_TRY(name_taps(ctx, settings, m));
	m->n_blocks = 2 * m->n_taps;
	VT_NEW(ctx, m->block, m->n_blocks);
	for (size_t l = 0; l < m->n_taps; l++) {
		size_t out = m->tap_width[l];
		VT_REQUIRE(ctx, in <= MAX_PARAMETERS / out && offset <= MAX_PARAMETERS - in * out, VT_ECONFIG,
		           "model.widths: layer %s of %zu x %zu weights makes more than %d parameters", m->tap_name[l],
		           in, out, MAX_PARAMETERS);
		m->block[2 * l] = (struct vt_parameters){ offset, in, out, l, true, "" };
		m->block[2 * l + 1] = (struct vt_parameters){ offset + in * out, 1, out, l, false, "" };
		snprintf(m->block[2 * l].name, sizeof m->block->name, "%s.w", m->tap_name[l]);
		snprintf(m->block[2 * l + 1].name, sizeof m->block->name, "%s.b", m->tap_name[l]);
		offset += (in + 1) * out;
		in = out;
	}
	m->n_parameters = offset;
	VT_TRY(vt_perturb_plan(ctx, settings, m));
done:
	return status;
}

static void store(const struct vt_model *m, size_t offset, size_t n, const double *value)
{
	if (m->shape.precision == VT_DOUBLE) {
		memcpy((double *)m->parameter + offset, value, n * sizeof *value);
		return;
	}
	for (size_t i = 0; i < n; i++) ((float *)m->parameter)[offset + i] = (float)value[i];
}

static enum vt_status initialise_block(struct vt_ctx *ctx, struct vt_model *m, uint64_t seed, size_t b)
{
	enum vt_status status;
	const struct vt_mlp_settings *s = m->settings;
	const struct vt_parameters *k = &m->block[b];
	size_t n = k->rows * k->cols;
	bool output = k->layer + 1 == m->n_taps;
	int law = output && s->init_output != VT_INIT_SAME ? s->init_output : s->init;
	double *w = NULL;
	VT_NEW(ctx, w, n);
	/* The one law of weights that speaks of biases: as many inputs as the weights above them have rows. */
	double width = law == VT_TORCH_UNIFORM && !k->weight ? 1 / sqrt((double)m->block[b - 1].rows) : 0;
	if (k->weight) VT_TRY(vt_initialise_weights(ctx, (enum vt_init)law, s->init_scale, seed, b, k->rows, k->cols, w));
	else if (width > 0) vt_initialise_biases(VT_BIAS_UNIFORM, s->bias, width, seed, b, n, w);
	else vt_initialise_biases((enum vt_bias_law)s->bias_law, s->bias, s->bias_scale, seed, b, n, w);
	store(m, k->offset, n, w);
	status = VT_OK;
done:
	free(w);
	return status;
}

static enum vt_status initialise(struct vt_ctx *ctx, struct vt_model *m, uint64_t seed)
{
	enum vt_status status = VT_OK;
	for (size_t b = 0; status == VT_OK && b < m->n_blocks; b++) status = initialise_block(ctx, m, seed, b);
	return status;
}

static const char *weights(const void *settings)
{
	return ((const struct vt_mlp_settings *)settings)->weights;
}

/* Row r of an array of rows of `width` numbers. */
static void *row(const struct vt_model *m, const void *array, size_t r, size_t width)
{
	return (char *)array + r * width * vt_model_item(m);
}

static const void *parameter(const struct vt_model *m, size_t block)
{
	return (const char *)(m->working ? m->working : m->parameter) + m->block[block].offset * vt_model_item(m);
}

/* What layer l reads: the batch's input or the activation below. */
static const void *below(const struct vt_model *m, const struct vt_pass *p, size_t l)
{
	return l == 0 ? p->input : vt_pass_activation(m, p, l - 1);
}

/* a_l = f(a_{l-1} W_l + b_l); the pre-activations stay in delta. */
static void forward(const struct vt_model *m, struct vt_pass *p, size_t r0, size_t r1)
{
	const struct vt_mlp_settings *s = m->settings;
	for (size_t l = 0; l < m->n_taps; l++) {
		size_t in = m->block[2 * l].rows, out = m->tap_width[l], n = r1 - r0;
		void *z = row(m, vt_pass_delta(m, p, l), r0, out), *y = row(m, vt_pass_clean(m, p, l), r0, out);
		ops(m)->dense(n, in, out, row(m, below(m, p, l), r0, in), parameter(m, 2 * l), parameter(m, 2 * l + 1), z);
		if (l + 1 < m->n_taps) ops(m)->activate((enum vt_activation)s->activation, s->leak, n * out, z, y);
		else if (m->shape.loss == VT_CROSS_ENTROPY) ops(m)->softmax(n, out, z, y);
		else memcpy(y, z, n * out * vt_model_item(m));
		if (m->perturbed) vt_perturb_rows(m, p, l, r0, r1);
		if (p->n_edits > 0) vt_pass_edit(m, p, l, r0, r1);
	}
}

static struct vt_targets targets_from(const struct vt_model *m, const struct vt_targets *t, size_t r)
{
	return (struct vt_targets){ t->label ? t->label + r : NULL, t->value ? t->value + r * m->shape.n_outputs : NULL };
}

/* dz_L from the loss, then dz_l = (dz_{l+1} W_{l+1}') f'(z_l) downwards.  Noise is added to f(z_l) and
 * drops out; rounding is taken for the identity (straight through). */
static void backward(const struct vt_model *m, struct vt_pass *p, const struct vt_targets *t, size_t r0, size_t r1,
                     size_t n_rows)
{
	const struct vt_mlp_settings *s = m->settings;
	size_t n = r1 - r0, last = m->n_taps - 1, out = m->tap_width[last];
	double scale = 1.0 / (double)n_rows;
	struct vt_targets here = targets_from(m, t, r0);
	void *y = row(m, vt_pass_clean(m, p, last), r0, out), *dz = row(m, vt_pass_delta(m, p, last), r0, out);
	if (m->shape.loss == VT_CROSS_ENTROPY) ops(m)->cross_entropy_backward(n, out, y, here.label, scale, dz);
	else if (m->shape.loss == VT_HINGE) ops(m)->hinge_backward(n, out, y, &here, scale, dz);
	else ops(m)->squared_backward(n, out, y, &here, scale, dz);
	for (size_t l = last; l > 0; l--) {
		size_t width = m->tap_width[l - 1];
		void *dy = vt_pass_scratch(m, p, r0), *below_dz = row(m, vt_pass_delta(m, p, l - 1), r0, width);
		ops(m)->dense_input(n, width, m->tap_width[l], dz, parameter(m, 2 * l), dy);
		if (m->perturbed) vt_perturb_backward(m, p, l - 1, r0, r1, dy);
		ops(m)->activate_backward((enum vt_activation)s->activation, s->leak, n * width, below_dz,
		                          row(m, vt_pass_clean(m, p, l - 1), r0, width), dy);
		dz = below_dz;
	}
}

static size_t layer_tiles(const struct vt_model *m, size_t l)
{
	return (m->block[2 * l].rows + TILE_ROWS - 1) / TILE_ROWS;
}

static size_t n_tiles(const struct vt_model *m)
{
	size_t n = 0;
	for (size_t l = 0; l < m->n_taps; l++) n += layer_tiles(m, l);
	return n;
}

/* Tiles run over the rows of the weight matrices, layer by layer; the first tile of a layer
 * also sums its bias gradient. */
static void gradient(const struct vt_model *m, const struct vt_pass *p, size_t n_rows, size_t tile, void *g)
{
	size_t l = 0, item = vt_model_item(m);
	for (; tile >= layer_tiles(m, l); l++) tile -= layer_tiles(m, l);
	const struct vt_parameters *w = &m->block[2 * l], *b = &m->block[2 * l + 1];
	size_t p0 = tile * TILE_ROWS, p1 = p0 + TILE_ROWS < w->rows ? p0 + TILE_ROWS : w->rows;
	const void *dz = vt_pass_delta(m, p, l);
	ops(m)->dense_weight(n_rows, w->rows, w->cols, p0, p1, below(m, p, l), dz, (char *)g + w->offset * item);
	if (tile == 0) ops(m)->dense_bias(n_rows, b->cols, dz, (char *)g + b->offset * item);
}

static void loss(const struct vt_model *m, const struct vt_pass *p, const struct vt_targets *t, size_t r0, size_t r1,
                 double *sum, size_t *correct)
{
	size_t last = m->n_taps - 1, q = m->tap_width[last], n = r1 - r0;
	struct vt_targets here = targets_from(m, t, r0);
	const void *y = row(m, vt_pass_clean(m, p, last), r0, q);
	if (m->shape.loss == VT_CROSS_ENTROPY)
		*sum = ops(m)->cross_entropy(n, q, row(m, vt_pass_delta(m, p, last), r0, q), here.label);
	else if (m->shape.loss == VT_HINGE) *sum = ops(m)->hinge(n, q, y, &here);
	else *sum = ops(m)->squared(n, q, y, &here);
	*correct = 0;
	if (here.label) *correct = ops(m)->correct(n, q, y, here.label);
	else if (m->shape.loss == VT_HINGE) *correct = ops(m)->right_signs(n, q, y, here.value);
}

const struct vt_model_kind vt_model_mlp = {
	.kind = { "mlp", "multi-layer perceptron", "Rumelhart, Hinton, Williams 1986", sizeof(struct vt_mlp_settings), options,
	          "ReLU layers with zero biases can be born dead; such a run is flagged and counted apart. Tokens are read as "
	          "the numbers that they are, which orders them. Losses are of the "
	          "output before rounding and, with noise, of one realisation of it" },
	.plan = plan,
	.initialise = initialise,
	.weights = weights,
	.forward = forward,
	.backward = backward,
	.n_tiles = n_tiles,
	.gradient = gradient,
	.loss = loss,
	.follow = vt_perturb_follow,
	.step = vt_perturb_step,
	.smooth = vt_perturb_smooth,
	.fused_scratch = vt_tiny_scratch,
	.fused = vt_tiny_gradient,
};
