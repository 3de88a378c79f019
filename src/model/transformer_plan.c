/* How a transformer's parameters, taps and working numbers are laid out, and its initial parameters.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "transformer.h"
#include "venturi/rng.h"

enum { MICRO_TOKENS = 96, MAX_PARAMETERS = 1 << 28 };

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
	VT_REQUIRE(ctx, shape->n_labels == 1 || shape->loss == VT_CROSS_ENTROPY, VT_ECONFIG,
	           "train.loss: %s asks for one answer a sequence, the dataset for %zu; wanted: cross-entropy",
	           shape->loss == VT_HINGE ? "hinge" : "squared", shape->n_labels);
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

enum vt_status vt_transformer_plan(struct vt_ctx *ctx, const void *settings, struct vt_model *m)
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

enum vt_status vt_transformer_initialise(struct vt_ctx *ctx, struct vt_model *m, uint64_t seed)
{
	(void)ctx;
	for (size_t b = 0; b < m->n_blocks; b++) initialise_block(m->settings, m, seed, b);
	sinusoids(m->plan, m);
	return VT_OK;
}
