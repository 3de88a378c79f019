/* Transformers: decoder-only (causal) or encoder-style networks on sequences of tokens.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "transformer.h"

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
	  "runs but for generation; 0: none" },
	{ "weights", VT_STRING, AT(weights), 0, 0, NULL, NULL,
	  "initial weights from an HDF5 file or a folder of npy files, a block of parameters by its name; see the manual",
	  .optional = true },
	{ "shortcuts", VT_BOOL, AT(shortcuts), 0, 0, "true", NULL,
	  "leave out, in training, what no answer that is asked needs: the same gradient but for rounding" },
	{ 0 }
};

static const struct vt_sequence_ops *ops(const struct vt_model *m)
{
	return m->shape.precision == VT_SINGLE ? &vt_sequence_ops_f32 : &vt_sequence_ops_f64;
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
	free(w->tables);
	free(w->entries);
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
	if (m->shape.loss == VT_CROSS_ENTROPY) *sum = ops(m)->cross_entropy(n, q, z, here.label);
	else *sum = m->shape.loss == VT_HINGE ? plain->hinge(n, q, y, &here) : plain->squared(n, q, y, &here);
	*correct = 0;
	if (here.label) *correct = ops(m)->correct(n, q, y, here.label);
	else if (m->shape.loss == VT_HINGE) *correct = plain->right_signs(n, q, y, here.value);
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
	bool tabulated;
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
	size_t each = j->tabulated ? ops(j->m)->tables_derivatives(s) * vt_model_item(j->m) : 0;
	char *entries = j->tabulated ? w->entries + b * each : NULL;
	memset(gradient, 0, bytes);
	if (j->tabulated) memset(entries, 0, each);
	for (size_t r = vt_block_begin(b, j->n_shards, j->n_rows); r < r1; r += micro) {
		size_t n = r1 - r < micro ? r1 - r : micro;
		const struct vt_stretch piece = { j->m, j->pass, w->arena[vt_blocks_worker()], r, n, j->targets, j->scale, gradient,
			                          j->tabulated ? w->tables : NULL, entries };
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

/* Worth it where each token comes at each position several times, and while the tables stay in the caches. */
static bool worth_tables(const struct vt_sequence *s, size_t n_rows)
{
	enum { MOST_NUMBERS = 1 << 18 };
	return s->shortcut && !s->columns && s->n_layers > 0 && n_rows >= 4 * s->n_tokens &&
	       s->length * s->n_tokens <= MOST_NUMBERS / s->stride;
}

static enum vt_status tabulate(struct vt_ctx *ctx, struct batch *j)
{
	const struct vt_sequence *s = j->m->plan;
	struct vt_workspace *w = j->pass->own;
	size_t item = vt_model_item(j->m);
	j->tabulated = worth_tables(s, j->n_rows);
	if (!j->tabulated) return VT_OK;
	if (!w->tables && !(w->tables = vt_alloc(ctx, 1, ops(j->m)->tables_room(s)))) return VT_ENOMEM;
	if (!w->entries && !(w->entries = vt_alloc(ctx, 8, ops(j->m)->tables_derivatives(s) * item))) return VT_ENOMEM;
	ops(j->m)->tabulate(j->m, w->tables);
	return VT_OK;
}

/* The shards' entries into the first one's, and from there into the gradient. */
static void settle(const struct batch *j)
{
	const struct vt_sequence *s = j->m->plan;
	const struct vt_workspace *w = j->pass->own;
	size_t n = ops(j->m)->tables_derivatives(s);
	ops(j->m)->add_up(j->n_shards, n, 0, n, w->entries, w->entries);
	ops(j->m)->settle(&(struct vt_stretch){ .m = j->m, .pass = j->pass, .gradient = j->gradient, .tables = w->tables,
		                                .entries = w->entries });
}

static enum vt_status batch_gradient(struct vt_ctx *ctx, const struct vt_model *m, struct vt_pass *p,
                                     const struct vt_targets *t, size_t n_rows, void *gradient)
{
	enum vt_status status;
	struct batch j = { m, p, t, n_rows, n_rows < 8 ? n_rows : 8, 0, gradient };
	size_t asked = vt_targets_asked(&m->shape, t, 0, n_rows);
	j.scale = asked > 0 ? 1 / (double)asked : 0;
	VT_TRY(workspace(ctx, m, (size_t)vt_ctx_threads(ctx), j.n_shards, p));
	VT_TRY(tabulate(ctx, &j));
	VT_TRY(vt_blocks_run(ctx, j.n_shards, true, shard, &j));
	VT_TRY(vt_blocks_run(ctx, (m->n_parameters + SUM_BLOCK - 1) / SUM_BLOCK, true, add_up, &j));
	if (j.tabulated) settle(&j);
done:
	return status;
}

const struct vt_model_kind vt_model_transformer = {
	.kind = { "transformer", "transformer on sequences of tokens", "Vaswani et al. 2017; Radford et al. 2019 (pre-norm)",
	          sizeof(struct vt_transformer_settings), options,
	          "a deterministic network: the information of a layer with its input is that of a partition unless noise is "
	          "added; tokens of one sequence are no independent samples" },
	.plan = vt_transformer_plan,
	.initialise = vt_transformer_initialise,
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
