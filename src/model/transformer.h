/* Transformers: settings, where everything lies, and the passes in both precisions.  Private to the room.
 *
 * Rows of a batch are sequences of T tokens; inside, a token is a row of d numbers ("the residual stream").
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_TRANSFORMER_H
#define MODEL_TRANSFORMER_H

#include "layers.h"
#include "venturi/product.h"

enum vt_norm { VT_NORM_PRE, VT_NORM_POST, VT_NORM_NONE };
enum vt_positions { VT_POSITIONS_LEARNED, VT_POSITIONS_SINUSOIDAL, VT_POSITIONS_NONE };
enum vt_biases { VT_BIASES_ALL, VT_BIASES_MLP, VT_BIASES_NONE };
enum vt_transformer_init { VT_INIT_GPT2, VT_INIT_FAN_IN, VT_INIT_WIDTH, VT_INIT_UNIFORM, VT_INIT_TORCH };
enum vt_transformer_taps { VT_TAPS_RESIDUAL, VT_TAPS_ALL };

struct vt_transformer_settings {
	int64_t layers, width, heads;
	double mlp_ratio, init_scale, noise;
	int activation, norm, positions, bias, init, taps;
	bool causal, tied, shortcuts;
	char *weights;
};

/* No such block of parameters, or no such tap. */
#define VT_NONE SIZE_MAX

/* A weight matrix w[p,q], and where its panels lie among the working numbers: w itself for forward, w' for
 * backward. */
struct vt_paneled {
	size_t block, forward, backward;
};
/* A norm's gain and offset: parameter blocks. */
struct vt_gain {
	size_t g, b;
};
struct vt_layer_plan {
	struct vt_gain norm1, norm2;
	struct vt_paneled q, k, v, o, in, out;
	size_t q_b, k_b, v_b, o_b, in_b, out_b;
	size_t tap_attention, tap_pattern, tap_pre, tap_post, tap; /* tap: the stream after the block */
};
struct vt_sequence {
	size_t n_tokens, length, width, heads, head, mlp, n_layers, n_outputs; /* head: width of one; mlp 0: none */
	size_t stride, wide, pattern;  /* of rows of the stream, of the MLP's hidden layer, of a head's pattern */
	size_t micro;                  /* sequences of a micro-batch: its activations stay in the cache */
	bool last;                     /* one answer a sequence, at its last position */
	double noise;
	bool columns;                  /* trained by columns.c */
	bool shortcut;                 /* in training, the last block computes only what that answer needs */
	size_t embed, position;        /* blocks; position: a block, or VT_NONE */
	size_t table;                  /* sinusoidal positions: where they lie among the working numbers, or VT_NONE */
	struct vt_gain final;
	struct vt_paneled unembed;     /* of a tied read-out, block is the embedding's */
	size_t unembed_b;
	size_t n_working;
	const struct vt_kernels *kernels;
	struct vt_layer_plan layer[];
};

/* What a shard works in: arenas for activations, one a worker, made when first needed. */
struct vt_workspace {
	size_t n_arenas, bytes;
	char **arena;
	size_t n_shards;
	char *gradient; /* n_shards x parameters */
	char *tables, *entries; /* of the first block, where it is tabulated: shared; n_shards x derivatives */
};

/* One call's job on sequences first .. first + n - 1 of a pass. */
struct vt_stretch {
	const struct vt_model *m;
	struct vt_pass *pass;
	void *arena;
	size_t first, n;
	/* Training: targets of the whole pass and 1 / answers asked of it; gradient is added to. */
	const struct vt_targets *targets;
	double scale;
	void *gradient;
	/* The first block by token and position, tables_real.h, and this shard's derivatives of it; null: as any block. */
	void *tables, *entries;
};

/* Sequences that are continued together. */
struct vt_continuation {
	const struct vt_model *one; /* the network for sequences of one token */
	void *arena, *room;         /* room: of the cache */
	size_t first, n, length, n_new;
	const int32_t *prompt;      /* n x length */
	int32_t *token;             /* n: scratch */
	double temperature;
	uint64_t seed;
	int32_t *out;               /* n x n_new */
};
/* The kind's plan and initialise; see venturi/model.h. */
enum vt_status vt_transformer_plan(struct vt_ctx *ctx, const void *settings, struct vt_model *m);
enum vt_status vt_transformer_initialise(struct vt_ctx *ctx, struct vt_model *m, uint64_t seed);
enum vt_status vt_transformer_generate(struct vt_ctx *ctx, const struct vt_model *m, const struct vt_mat *prompt,
                                       size_t n_new, double temperature, uint64_t seed, int32_t *out);

/* Small networks on short sequences in single precision train sixteen sequences side by side, columns.c. */
enum { VT_COLUMN_LANES = 16, VT_COLUMN_LAYERS = 8 };
size_t vt_columns_room(const struct vt_sequence *s);
void vt_columns_train(const struct vt_stretch *j);

struct vt_sequence_ops {
	/* Parameters to panels. */
	void (*pack)(const struct vt_model *m);
	/* Bytes of an arena. */
	size_t (*room)(const struct vt_sequence *s);
	/* Evaluation: fills the pass's taps and the last tap's delta. */
	void (*evaluate)(const struct vt_stretch *j);
	/* Training: adds the gradient. */
	void (*train)(const struct vt_stretch *j);
	/* Bytes of the tables; numbers of a shard's derivatives; fills the tables; adds the gradient of all entries. */
	size_t (*tables_room)(const struct vt_sequence *s);
	size_t (*tables_derivatives)(const struct vt_sequence *s);
	void (*tabulate)(const struct vt_model *m, void *tables);
	void (*settle)(const struct vt_stretch *j);
	void (*generate)(const struct vt_continuation *g);
	size_t (*cache_room)(const struct vt_sequence *s, size_t n, size_t length);
	/* Sum over the labels asked; the cross-entropy from z. */
	double (*cross_entropy)(size_t n, size_t q, const void *z, const int32_t *label);
	size_t (*correct)(size_t n, size_t q, const void *y, const int32_t *label);
	/* sum[n] = sum of the shards' gradients, in order, numbers begin .. end - 1 */
	void (*add_up)(size_t n_shards, size_t n, size_t begin, size_t end, const void *gradient, void *sum);
};
extern const struct vt_sequence_ops vt_sequence_ops_f32, vt_sequence_ops_f64;

#endif
