/* Transformers: decoder-only (causal) or encoder-style networks on sequences of tokens.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transformer.h"
#include "venturi/num.h"
#include "venturi/rng.h"

static const char *const activations[] = { "tanh", "relu", "leaky-relu", "softsign", "softplus", "gelu", "linear",
                                           NULL };
static const char *const norms[] = { "pre", "post", "none", NULL };
static const char *const position_kinds[] = { "learned", "sinusoidal", "none", NULL };
static const char *const bias_places[] = { "all", "mlp", "none", NULL };
static const char *const laws[] = { "gpt2", "fan-in", "width", "uniform", "torch", NULL };
static const char *const tap_sets[] = { "residual", "all", NULL };

#define AT(member) offsetof(struct vt_transformer_settings, member)
static const struct vt_option options[] = {
	{ "layers", VT_INT, AT(layers), 0, 96, "2", "blocks", "blocks of attention and MLP" },
	{ "width", VT_INT, AT(width), 1, 16384, NULL, "units", "width of the residual stream" },
	{ "heads", VT_INT, AT(heads), 1, 1024, "4", "heads", "attention heads; they divide the width" },
	{ "mlp_ratio", VT_REAL, AT(mlp_ratio), 0, 64, "4", "of the width", "of the MLP's hidden layer; 0: attention only" },
	{ "activation", VT_CHOICE, AT(activation), 0, 0, "gelu", NULL, "of the MLP's hidden layer", activations },
	{ "norm", VT_CHOICE, AT(norm), 0, 0, "pre", NULL, "layer norms before each sublayer, after its sum, or none", norms },
	{ "positions", VT_CHOICE, AT(positions), 0, 0, "learned", NULL, "what is added to the embeddings", position_kinds },
	{ "causal", VT_BOOL, AT(causal), 0, 0, "true", NULL, "a position attends to itself and those before it only" },
	{ "tied", VT_BOOL, AT(tied), 0, 0, "false", NULL, "the read-out is the embedding transposed" },
	{ "bias", VT_CHOICE, AT(bias), 0, 0, "all", NULL, "which layers have biases; mlp: its two alone", bias_places },
	{ "init", VT_CHOICE, AT(init), 0, 0, "gpt2", NULL,
	  "gpt2: N(0, 0.02^2), into the stream 1/sqrt(2 layers) of that; fan-in: N(0, 1/rows); width: N(0, 1/width), read-out "
	  "N(0, 1/outputs) (Nanda et al.); uniform: U(-1, 1) everywhere, biases and positions too; torch: U(+-1/sqrt(rows)), "
	  "embeddings N(0, 1)", laws },
	{ "init_scale", VT_REAL, AT(init_scale), 0, 1e6, "1", NULL, "factor on every initial weight" },
	{ "taps", VT_CHOICE, AT(taps), 0, 0, "residual", NULL,
	  "what snapshots hold: embeddings, the stream after each block and the output; or attention and MLP as well",
	  tap_sets },
	{ "noise", VT_REAL, AT(noise), 0, 1e6, "0", "activation",
	  "standard deviation of Gaussian noise added to the stream after each block, in training and wherever the network "
	  "runs; 0: none" },
	{ "weights", VT_STRING, AT(weights), 0, 0, NULL, NULL,
	  "initial weights from an HDF5 file or a folder of npy files, a block of parameters by its name; see the manual",
	  .optional = true },
	{ "shortcuts", VT_BOOL, AT(shortcuts), 0, 0, "true", NULL,
	  "leave out, in training, what no answer that is asked needs: the same gradient but for rounding" },
	{ 0 }
};

enum { MICRO_TOKENS = 96, MAX_PARAMETERS = 1 << 28 };

static const struct vt_sequence_ops *ops(const struct vt_model *m)
{
	return m->shape.precision == VT_SINGLE ? &vt_sequence_ops_f32 : &vt_sequence_ops_f64;
}

/* ---- plan --------------------------------------------------------------------- */

/* Blocks and taps as they are laid down, one after the other. */
struct layout {
	struct vt_model *m;
	struct vt_sequence *s;
	size_t blocks, taps, room_blocks, room_taps;
	bool over;
};

static size_t add_block(struct layout *y, const char *layer, const char *name, size_t rows, size_t cols, bool weight)
{
	struct vt_model *m = y->m;
	struct vt_parameters *k = &m->block[y->blocks];
	if (y->blocks >= y->room_blocks || rows > MAX_PARAMETERS / cols || m->n_parameters > MAX_PARAMETERS - rows * cols) {
		y->over = true;
		return VT_NONE;
	}
	*k = (struct vt_parameters){ m->n_parameters, rows, cols, y->taps, weight, "" };
	snprintf(k->name, sizeof k->name, "%.8s%s%.14s", layer, *layer ? "." : "", name);
	m->n_parameters += rows * cols;
	return y->blocks++;
}

/* Blocks of a sublayer come before the tap that the block of layers ends in, so they count for that one. */
static struct vt_paneled add_matrix(struct layout *y, const char *layer, const char *name, size_t rows, size_t cols)
{
	struct vt_paneled w = { add_block(y, layer, name, rows, cols, true), y->s->n_working, 0 };
	bool single = y->m->shape.precision == VT_SINGLE;
	y->s->n_working += single ? vt_panels_size_f32(rows, cols) : vt_panels_size_f64(rows, cols);
	w.backward = y->s->n_working;
	y->s->n_working += single ? vt_panels_size_f32(cols, rows) : vt_panels_size_f64(cols, rows);
	return w;
}

static size_t add_bias(struct layout *y, const char *layer, const char *name, size_t cols, bool wanted)
{
	return wanted ? add_block(y, layer, name, 1, cols, false) : VT_NONE;
}

static struct vt_gain add_gain(struct layout *y, const char *layer, const char *name, bool wanted)
{
	char text[12];
	struct vt_gain gain = { VT_NONE, VT_NONE };
	if (!wanted) return gain;
	snprintf(text, sizeof text, "%.8s.g", name);
	gain.g = add_block(y, layer, text, 1, y->s->width, false);
	snprintf(text, sizeof text, "%.8s.b", name);
	gain.b = add_block(y, layer, text, 1, y->s->width, false);
	return gain;
}

static enum vt_status add_tap(struct vt_ctx *ctx, struct layout *y, const char *layer, const char *name,
                              size_t positions, size_t width, size_t *tap)
{
	struct vt_model *m = y->m;
	if (y->taps >= y->room_taps) return vt_ctx_fail(ctx, VT_EBUG, "more than %zu taps", y->room_taps);
	m->tap_name[y->taps] = vt_format(ctx, "%s%s%s", layer, *layer && *name ? "." : "", name);
	if (!m->tap_name[y->taps]) return VT_ENOMEM;
	m->tap_positions[y->taps] = positions;
	m->tap_width[y->taps] = positions * width;
	*tap = y->taps++;
	m->n_taps = y->taps;
	return VT_OK;
}

static void plan_attention(struct layout *y, const struct vt_transformer_settings *t, const char *layer,
                           struct vt_layer_plan *p)
{
	size_t d = y->s->width;
	bool biased = t->bias == VT_BIASES_ALL;
	p->norm1 = add_gain(y, layer, "norm1", t->norm != VT_NORM_NONE);
	p->q = add_matrix(y, layer, "q.w", d, d);
	p->q_b = add_bias(y, layer, "q.b", d, biased);
	p->k = add_matrix(y, layer, "k.w", d, d);
	p->k_b = add_bias(y, layer, "k.b", d, biased);
	p->v = add_matrix(y, layer, "v.w", d, d);
	p->v_b = add_bias(y, layer, "v.b", d, biased);
	p->o = add_matrix(y, layer, "o.w", d, d);
	p->o_b = add_bias(y, layer, "o.b", d, biased);
}

static void plan_mlp(struct layout *y, const struct vt_transformer_settings *t, const char *layer,
                     struct vt_layer_plan *p)
{
	size_t d = y->s->width, m = y->s->mlp;
	bool biased = t->bias != VT_BIASES_NONE;
	p->norm2 = add_gain(y, layer, "norm2", m > 0 && t->norm != VT_NORM_NONE);
	if (m == 0) return;
	p->in = add_matrix(y, layer, "in.w", d, m);
	p->in_b = add_bias(y, layer, "in.b", m, biased);
	p->out = add_matrix(y, layer, "out.w", m, d);
	p->out_b = add_bias(y, layer, "out.b", d, biased);
}

static enum vt_status plan_layer(struct vt_ctx *ctx, struct layout *y, const struct vt_transformer_settings *t,
                                 size_t l)
{
	enum vt_status status = VT_OK;
	struct vt_sequence *s = y->s;
	struct vt_layer_plan *p = &s->layer[l];
	char layer[8];
	snprintf(layer, sizeof layer, "h%u", (unsigned)(l + 1) % 100);
	*p = (struct vt_layer_plan){ 0 };
	p->tap_attention = p->tap_pattern = p->tap_pre = p->tap_post = VT_NONE;
	if (t->taps == VT_TAPS_ALL) {
		VT_TRY(add_tap(ctx, y, layer, "attention", s->length, s->width, &p->tap_attention));
		VT_TRY(add_tap(ctx, y, layer, "pattern", s->length, s->heads * s->length, &p->tap_pattern));
		if (s->mlp > 0) VT_TRY(add_tap(ctx, y, layer, "pre", s->length, s->mlp, &p->tap_pre));
		if (s->mlp > 0) VT_TRY(add_tap(ctx, y, layer, "post", s->length, s->mlp, &p->tap_post));
	}
	plan_attention(y, t, layer, p);
	plan_mlp(y, t, layer, p);
	VT_TRY(add_tap(ctx, y, layer, "", s->length, s->width, &p->tap));
done:
	return status;
}

static enum vt_status plan_ends(struct vt_ctx *ctx, struct layout *y, const struct vt_transformer_settings *t)
{
	enum vt_status status = VT_OK;
	struct vt_sequence *s = y->s;
	size_t tap;
	s->embed = add_block(y, "", "embed", s->n_tokens, s->width, true);
	s->position = t->positions == VT_POSITIONS_LEARNED ? add_block(y, "", "position", s->length, s->width, true) : VT_NONE;
	VT_TRY(add_tap(ctx, y, "", "embed", s->length, s->width, &tap));
	for (size_t l = 0; l < s->n_layers; l++) VT_TRY(plan_layer(ctx, y, t, l));
	s->final = add_gain(y, "", "final", t->norm == VT_NORM_PRE);
	if (t->tied) {
		bool single = y->m->shape.precision == VT_SINGLE;
		s->unembed = (struct vt_paneled){ s->embed, s->n_working, 0 };
		s->n_working += single ? vt_panels_size_f32(s->width, s->n_tokens) : vt_panels_size_f64(s->width, s->n_tokens);
		s->unembed.backward = s->n_working;
		s->n_working += single ? vt_panels_size_f32(s->n_tokens, s->width) : vt_panels_size_f64(s->n_tokens, s->width);
	} else {
		s->unembed = add_matrix(y, "", "unembed.w", s->width, s->n_outputs);
	}
	s->unembed_b = add_bias(y, "", "unembed.b", s->n_outputs, t->bias == VT_BIASES_ALL && !t->tied);
	VT_TRY(add_tap(ctx, y, "", "output", s->last ? 1 : s->length, s->n_outputs, &tap));
done:
	return status;
}

static enum vt_status check_shape(struct vt_ctx *ctx, const struct vt_transformer_settings *t, const struct vt_model *m)
{
	enum vt_status status = VT_OK;
	const struct vt_model_shape *shape = &m->shape;
	VT_REQUIRE(ctx, shape->n_tokens > 0, VT_ECONFIG,
	           "model transformer reads sequences of tokens, and the rows of this dataset are numbers; wanted: a dataset "
	           "of tokens such as modadd, lagged or text, or model mlp");
	VT_REQUIRE(ctx, t->width % t->heads == 0, VT_ECONFIG, "model.heads: %lld heads do not divide a width of %lld",
	           (long long)t->heads, (long long)t->width);
	VT_REQUIRE(ctx, shape->n_labels == 1 || shape->n_labels == shape->n_inputs, VT_EBUG, "%zu labels for %zu tokens",
	           shape->n_labels, shape->n_inputs);
	VT_REQUIRE(ctx, shape->loss != VT_HINGE, VT_ECONFIG, "train.loss: model transformer has no hinge loss");
	VT_REQUIRE(ctx, shape->n_labels == 1 || shape->loss == VT_CROSS_ENTROPY, VT_ECONFIG,
	           "train.loss: squared asks for one answer a sequence, the dataset for %zu; wanted: cross-entropy",
	           shape->n_labels);
	VT_REQUIRE(ctx, !t->tied || shape->n_outputs == shape->n_tokens, VT_ECONFIG,
	           "model.tied: a tied read-out answers with one of the %zu tokens, and the dataset has %zu classes",
	           shape->n_tokens, shape->n_outputs);
done:
	return status;
}

static void measure_rows(struct vt_sequence *s, size_t item)
{
	size_t panel = item == sizeof(float) ? VT_PANEL_F32 : VT_PANEL_F64;
	/* Heads are written in whole panels, the last one beyond its columns. */
	s->stride = vt_row_stride(s->width + (s->head % panel ? panel - s->head % panel : 0), item);
	s->wide = vt_row_stride(s->mlp > s->n_outputs ? s->mlp : s->n_outputs, item);
	s->pattern = s->length <= panel / 2 ? panel / 2 : (s->length + panel - 1) / panel * panel;
	s->micro = s->length < MICRO_TOKENS ? MICRO_TOKENS / s->length : 1;
}

/* Measured: below these sizes columns are the faster ones. */
static bool small_enough(const struct vt_transformer_settings *t, const struct vt_model *m)
{
	return m->shape.precision == VT_SINGLE && m->shape.loss == VT_CROSS_ENTROPY && t->noise == 0 && t->width <= 64 &&
	       m->shape.n_inputs <= 24 && t->layers <= VT_COLUMN_LAYERS;
}

static void fill_sizes(const struct vt_transformer_settings *t, const struct vt_model_shape *shape,
                       struct vt_sequence *s)
{
	s->n_tokens = shape->n_tokens;
	s->length = shape->n_inputs;
	s->width = (size_t)t->width;
	s->heads = (size_t)t->heads;
	s->head = s->width / s->heads;
	s->mlp = (size_t)llround(t->mlp_ratio * (double)t->width);
	s->n_layers = (size_t)t->layers;
	s->n_outputs = shape->n_outputs;
	s->last = shape->n_labels == 1;
	s->shortcut = t->shortcuts;
	s->noise = t->noise;
	s->kernels = vt_kernels_here();
}

static enum vt_status plan(struct vt_ctx *ctx, const void *settings, struct vt_model *m)
{
	enum vt_status status;
	const struct vt_transformer_settings *t = settings;
	size_t n_layers = (size_t)t->layers;
	struct vt_sequence *s = NULL;
	VT_TRY(check_shape(ctx, t, m));
	s = vt_alloc(ctx, 1, sizeof *s + n_layers * sizeof s->layer[0]);
	if (!s) return VT_ENOMEM;
	m->plan = s;
	struct layout y = { m, s, 0, 0, 8 + 18 * n_layers, 2 + 5 * n_layers, false };
	VT_NEW(ctx, m->block, y.room_blocks);
	VT_NEW(ctx, m->tap_name, y.room_taps);
	VT_NEW(ctx, m->tap_width, y.room_taps);
	VT_NEW(ctx, m->tap_positions, y.room_taps);
	fill_sizes(t, &m->shape, s);
	s->columns = small_enough(t, m);
	VT_TRY(plan_ends(ctx, &y, t));
	VT_REQUIRE(ctx, !y.over, VT_ECONFIG, "model: %lld blocks of width %lld make more than %d parameters",
	           (long long)t->layers, (long long)t->width, MAX_PARAMETERS);
	m->n_blocks = y.blocks;
	m->perturbed = s->noise > 0;
	measure_rows(s, vt_model_item(m));
	s->table = t->positions == VT_POSITIONS_SINUSOIDAL ? s->n_working : VT_NONE;
	if (s->table != VT_NONE) s->n_working += s->length * s->width;
	m->working = vt_alloc(ctx, s->n_working, vt_model_item(m));
	status = m->working ? VT_OK : VT_ENOMEM;
done:
	return status;
}

/* ---- initial parameters ----------------------------------------------------------- */

/* How far the law lets a block's numbers go: a standard deviation, or a half-width. */
static double spread_of(const struct vt_transformer_settings *t, const struct vt_sequence *s, const struct vt_model *m,
                        size_t b)
{
	const struct vt_parameters *k = &m->block[b];
	const size_t length = strlen(k->name);
	bool table = b == s->embed || b == s->position;
	bool into_stream = length > 4 && (!strcmp(k->name + length - 4, ".o.w") ||
	                                  (length > 6 && !strcmp(k->name + length - 6, ".out.w")));
	switch ((enum vt_transformer_init)t->init) {
	case VT_INIT_GPT2: return 0.02 / (into_stream ? sqrt(2 * (double)s->n_layers) : 1);
	case VT_INIT_FAN_IN: return 1 / sqrt((double)(table ? k->cols : k->rows));
	case VT_INIT_WIDTH: return 1 / sqrt((double)(b == s->unembed.block && !t->tied ? k->cols : s->width));
	case VT_INIT_UNIFORM: return 1;
	case VT_INIT_TORCH: return table ? 1 : 1 / sqrt((double)k->rows);
	}
	return 0;
}

static bool is_gain(const struct vt_parameters *k)
{
	size_t length = strlen(k->name);
	return !k->weight && length > 2 && strcmp(k->name + length - 2, ".g") == 0;
}

static void set(const struct vt_model *m, size_t i, double value)
{
	if (m->shape.precision == VT_SINGLE) ((float *)m->parameter)[i] = (float)value;
	else ((double *)m->parameter)[i] = value;
}

/* Gains begin at 1 and offsets of norms at 0; biases at 0 but for the uniform laws. */
static void initialise_block(const struct vt_transformer_settings *t, struct vt_model *m, uint64_t seed, size_t b)
{
	const struct vt_sequence *s = m->plan;
	const struct vt_parameters *k = &m->block[b];
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_INIT, b);
	bool table = b == s->embed || b == s->position, norm = strstr(k->name, "norm") || strstr(k->name, "final");
	bool uniform = t->init == VT_INIT_UNIFORM || (t->init == VT_INIT_TORCH && !table);
	bool random = k->weight || (uniform && !norm);
	double size = t->init_scale * spread_of(t, s, m, b);
	if (!k->weight && t->init == VT_INIT_TORCH) size = t->init_scale / sqrt((double)m->block[b - 1].rows);
	for (size_t i = 0; i < k->rows * k->cols; i++) {
		double draw = !random ? 0 : uniform ? 2 * vt_rng_uniform(&r) - 1 : vt_rng_normal(&r);
		set(m, k->offset + i, is_gain(k) ? 1 : size * draw);
	}
}

/* Vaswani et al. 2017, sec. 3.5. */
static void sinusoids(const struct vt_sequence *s, struct vt_model *m)
{
	for (size_t p = 0; s->table != VT_NONE && p < s->length; p++)
		for (size_t j = 0; j < s->width; j++) {
			double angle = (double)p / pow(10000, (double)(j / 2 * 2) / (double)s->width);
			double value = j % 2 ? cos(angle) : sin(angle);
			size_t at = s->table + p * s->width + j;
			if (m->shape.precision == VT_SINGLE) ((float *)m->working)[at] = (float)value;
			else ((double *)m->working)[at] = value;
		}
}

static enum vt_status initialise(struct vt_ctx *ctx, struct vt_model *m, uint64_t seed)
{
	(void)ctx;
	for (size_t b = 0; b < m->n_blocks; b++) initialise_block(m->settings, m, seed, b);
	sinusoids(m->plan, m);
	return VT_OK;
}

static const char *weights(const void *settings)
{
	return ((const struct vt_transformer_settings *)settings)->weights;
}

static void follow(struct vt_model *m, const struct vt_pass *p, size_t n_rows)
{
	(void)p;
	(void)n_rows;
	ops(m)->pack(m);
}

/* ---- passes ------------------------------------------------------------------------- */

static void workspace_free(void *own)
{
	struct vt_workspace *w = own;
	if (!w) return;
	for (size_t i = 0; i < w->n_arenas; i++) free(w->arena[i]);
	free(w->arena);
	free(w->gradient);
	free(w);
}

static enum vt_status workspace(struct vt_ctx *ctx, const struct vt_model *m, size_t n_arenas, size_t n_shards,
                                struct vt_pass *p)
{
	enum vt_status status;
	struct vt_workspace *w = p->own;
	char **arena = NULL;
	if (!w) {
		VT_NEW(ctx, w, 1);
		p->own = w;
		p->own_free = workspace_free;
		const struct vt_sequence *s = m->plan;
		size_t columns = s->columns ? vt_columns_room(s) : 0, rows = ops(m)->room(s);
		w->bytes = columns > rows ? columns : rows;
	}
	if (w->n_arenas < n_arenas) {
		VT_NEW(ctx, arena, n_arenas);
		if (w->n_arenas > 0) memcpy(arena, w->arena, w->n_arenas * sizeof *arena);
		free(w->arena);
		w->arena = arena;
		while (w->n_arenas < n_arenas) {
			if (!(arena[w->n_arenas] = vt_alloc(ctx, 1, w->bytes))) return VT_ENOMEM;
			w->n_arenas++;
		}
	}
	status = VT_OK;
	if (w->n_shards >= n_shards) goto done;
	free(w->gradient);
	w->n_shards = n_shards;
	w->gradient = vt_alloc(ctx, n_shards, m->n_parameters * vt_model_item(m));
	if (!w->gradient) status = VT_ENOMEM;
done:
	return status;
}

static enum vt_status prepare(struct vt_ctx *ctx, const struct vt_model *m, struct vt_pass *p)
{
	return workspace(ctx, m, 1, 0, p);
}

static void forward(const struct vt_model *m, struct vt_pass *p, size_t r0, size_t r1)
{
	const struct vt_sequence *s = m->plan;
	const struct vt_workspace *w = p->own;
	for (size_t r = r0; r < r1; r += s->micro) {
		size_t n = r1 - r < s->micro ? r1 - r : s->micro;
		ops(m)->evaluate(&(struct vt_stretch){ .m = m, .pass = p, .arena = w->arena[0], .first = r, .n = n });
	}
}

static void loss(const struct vt_model *m, const struct vt_pass *p, const struct vt_targets *t, size_t r0, size_t r1,
                 double *sum, size_t *correct)
{
	const struct vt_sequence *s = m->plan;
	const struct vt_layer_ops *plain = m->shape.precision == VT_SINGLE ? &vt_layer_ops_f32 : &vt_layer_ops_f64;
	size_t last = m->n_taps - 1, q = s->n_outputs, n = (r1 - r0) * m->shape.n_labels, item = vt_model_item(m);
	const char *z = (const char *)vt_pass_delta(m, p, last) + r0 * m->tap_width[last] * item;
	const char *y = (const char *)vt_pass_activation(m, p, last) + r0 * m->tap_width[last] * item;
	struct vt_targets here = { t->label ? t->label + r0 * m->shape.n_labels : NULL, t->value ? t->value + r0 * q : NULL };
	*sum = m->shape.loss == VT_CROSS_ENTROPY ? ops(m)->cross_entropy(n, q, z, here.label) : plain->squared(n, q, y, &here);
	*correct = here.label ? ops(m)->correct(n, q, y, here.label) : 0;
}

/* The stream after a block is what the block makes and noise; all positions of it side by side. */
static enum vt_status smooth(struct vt_ctx *ctx, const struct vt_model *m, size_t tap, struct vt_smooth *out)
{
	const struct vt_sequence *s = m->plan;
	(void)ctx;
	*out = (struct vt_smooth){ 0, tap, m->tap_width[tap], NULL, false };
	for (size_t l = 0; l < s->n_layers; l++)
		if (s->layer[l].tap == tap) {
			out->sd = s->noise;
			out->fixed = l == 0;
		}
	return VT_OK;
}

/* Patterns are used as they are made, head by head. */
static bool editable(const struct vt_model *m, size_t tap)
{
	const struct vt_sequence *s = m->plan;
	for (size_t l = 0; l < s->n_layers; l++)
		if (s->layer[l].tap_pattern == tap) return false;
	return true;
}

/* ---- the gradient of a batch ---------------------------------------------------------- */

struct batch {
	const struct vt_model *m;
	struct vt_pass *pass;
	const struct vt_targets *targets;
	size_t n_rows, n_shards;
	double scale;
	void *gradient;
};
enum { SUM_BLOCK = 1 << 14 };

static enum vt_status shard(void *self, size_t b)
{
	const struct batch *j = self;
	const struct vt_sequence *s = j->m->plan;
	const struct vt_workspace *w = j->pass->own;
	size_t bytes = j->m->n_parameters * vt_model_item(j->m);
	char *gradient = w->gradient + b * bytes;
	size_t r1 = vt_block_begin(b + 1, j->n_shards, j->n_rows);
	size_t micro = s->columns ? VT_COLUMN_LANES : s->micro;
	memset(gradient, 0, bytes);
	for (size_t r = vt_block_begin(b, j->n_shards, j->n_rows); r < r1; r += micro) {
		size_t n = r1 - r < micro ? r1 - r : micro;
		const struct vt_stretch piece = { j->m, j->pass, w->arena[vt_blocks_worker()], r, n, j->targets, j->scale, gradient };
		if (s->columns) vt_columns_train(&piece);
		else ops(j->m)->train(&piece);
	}
	return VT_OK;
}

static enum vt_status add_up(void *self, size_t b)
{
	const struct batch *j = self;
	const struct vt_workspace *w = j->pass->own;
	size_t n = j->m->n_parameters, begin = b * SUM_BLOCK, end = begin + SUM_BLOCK < n ? begin + SUM_BLOCK : n;
	ops(j->m)->add_up(j->n_shards, n, begin, end, w->gradient, j->gradient);
	return VT_OK;
}

static enum vt_status batch_gradient(struct vt_ctx *ctx, const struct vt_model *m, struct vt_pass *p,
                                     const struct vt_targets *t, size_t n_rows, void *gradient)
{
	enum vt_status status;
	struct batch j = { m, p, t, n_rows, n_rows < 8 ? n_rows : 8, 0, gradient };
	size_t asked = vt_targets_asked(&m->shape, t, 0, n_rows);
	j.scale = asked > 0 ? 1 / (double)asked : 0;
	VT_TRY(workspace(ctx, m, (size_t)vt_ctx_threads(ctx), j.n_shards, p));
	VT_TRY(vt_blocks_run(ctx, j.n_shards, true, shard, &j));
	VT_TRY(vt_blocks_run(ctx, (m->n_parameters + SUM_BLOCK - 1) / SUM_BLOCK, true, add_up, &j));
done:
	return status;
}

const struct vt_model_kind vt_model_transformer = {
	.kind = { "transformer", "transformer on sequences of tokens", "Vaswani et al. 2017; Radford et al. 2019 (pre-norm)",
	          sizeof(struct vt_transformer_settings), options,
	          "a deterministic network: the information of a layer with its input is that of a partition unless noise is "
	          "added; tokens of one sequence are no independent samples" },
	.plan = plan,
	.initialise = initialise,
	.weights = weights,
	.forward = forward,
	.loss = loss,
	.follow = follow,
	.smooth = smooth,
	.generate = vt_transformer_generate,
	.prepare = prepare,
	.editable = editable,
	.batch = batch_gradient,
};
