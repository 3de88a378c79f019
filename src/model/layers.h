/* Layers for one precision each: forward and backward side by side in layers_real.h, behind
 * a table of functions, so that the model is written once.  Private to the room.
 *
 * Matrices are row-major and dense; x[n,p] means n rows of p numbers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_LAYERS_H
#define MODEL_LAYERS_H

#include <stddef.h>
#include <stdint.h>

#include "venturi/model.h"
#include "venturi/rng.h"

enum vt_activation { VT_TANH, VT_RELU, VT_LEAKY, VT_SOFTSIGN, VT_SOFTPLUS, VT_GELU, VT_LINEAR };

/* Whole multiples of `step`, from first to last; step 0: one point, 0. */
struct vt_grid {
	double step, first, last;
};

struct vt_layer_ops {
	/* z[n,q] = x[n,p] w[p,q] + b[q] */
	void (*dense)(size_t n, size_t p, size_t q, const void *x, const void *w, const void *b, void *z);
	/* dx[n,p] = dz[n,q] w' */
	void (*dense_input)(size_t n, size_t p, size_t q, const void *dz, const void *w, void *dx);
	/* dw[p0..p1,q] = x' dz over n rows */
	void (*dense_weight)(size_t n, size_t p, size_t q, size_t p0, size_t p1, const void *x, const void *dz, void *dw);
	/* db[q] = column sums of dz */
	void (*dense_bias)(size_t n, size_t q, const void *dz, void *db);
	/* y = f(z) */
	void (*activate)(enum vt_activation f, double leak, size_t n, const void *z, void *y);
	/* y = f(z) and slope = f'(z); y may be z */
	void (*activate_with_slope)(enum vt_activation f, double leak, size_t n, const void *z, void *y, void *slope);
	/* z becomes dy * f'(z), given y = f(z) */
	void (*activate_backward)(enum vt_activation f, double leak, size_t n, void *z, const void *y, const void *dy);
	/* y = softmax of the rows of z */
	void (*softmax)(size_t n, size_t q, const void *z, void *y);
	/* dz of cross-entropy after softmax, y = softmax(z), times scale */
	void (*cross_entropy_backward)(size_t n, size_t q, const void *y, const int32_t *label, double scale, void *dz);
	/* dz of the squared error of y = z against values or one-hot labels, times scale */
	void (*squared_backward)(size_t n, size_t q, const void *y, const struct vt_targets *t, double scale, void *dz);
	/* The same of max(0, 1 - t y), targets of -1 and +1, labels as + for their output and - for the others */
	void (*hinge_backward)(size_t n, size_t q, const void *y, const struct vt_targets *t, double scale, void *dz);
	/* Sums over rows; the cross-entropy from z, not from y, so that it cannot overflow. */
	double (*cross_entropy)(size_t n, size_t q, const void *z, const int32_t *label);
	double (*squared)(size_t n, size_t q, const void *y, const struct vt_targets *t);
	double (*hinge)(size_t n, size_t q, const void *y, const struct vt_targets *t);
	/* Rows whose every output is on its target's side of 0 */
	size_t (*right_signs)(size_t n, size_t q, const void *y, const double *value);
	size_t (*correct)(size_t n, size_t q, const void *y, const int32_t *label);
	bool (*finite)(size_t n, const void *x);
	/* y = x + sd z */
	void (*add_noise)(size_t n, double sd, const double *z, const void *x, void *y);
	/* y = the nearest point of the grid to x, ties to even codes */
	void (*round)(size_t n, const struct vt_grid *g, const void *x, void *y);
	/* dy = 0 where x lies outside the grid */
	void (*clip)(size_t n, const struct vt_grid *g, const void *x, void *dy);
	/* Widens low and high to what x holds. */
	void (*extent)(size_t n, const void *x, double *low, double *high);
};
extern const struct vt_layer_ops vt_layer_ops_f32, vt_layer_ops_f64;

struct vt_mlp_settings {
	struct vt_ints widths;
	int activation, init, init_output;
	double init_scale, bias, leak;
	int bias_law;
	double bias_scale;
	struct vt_reals noise;
	char *weights;
	int quantise;
};
enum vt_init { VT_TRUNCATED_FAN_IN, VT_TRUNCATED_FAN_OUT, VT_GLOROT_UNIFORM, VT_GLOROT_NORMAL, VT_HE_NORMAL,
               VT_HE_UNIFORM, VT_ORTHOGONAL, VT_TORCH_UNIFORM, VT_NORMAL_FAN_IN,
               VT_UNIFORM, VT_INIT_SAME };
enum vt_bias_law { VT_BIAS_CONSTANT, VT_BIAS_NORMAL, VT_BIAS_UNIFORM };

/* w[p,q] by (seed, VT_PURPOSE_INIT, block), in double. */
enum vt_status vt_initialise_weights(struct vt_ctx *ctx, enum vt_init law, double scale, uint64_t seed, size_t block,
                                     size_t p, size_t q, double *w);

/* n biases about `mean` by (seed, VT_PURPOSE_INIT, block). */
void vt_initialise_biases(enum vt_bias_law law, double mean, double scale, uint64_t seed, size_t block, size_t n,
                          double *b);

/* Noise and rounding, perturb.c.  plan: VT_ECONFIG when the settings do not go together. */
enum vt_status vt_perturb_plan(struct vt_ctx *ctx, const struct vt_mlp_settings *s, struct vt_model *m);
/* Activations of rows r0 .. r1 - 1 of a tap from the clean ones, in a perturbed model. */
void vt_perturb_rows(const struct vt_model *m, const struct vt_pass *p, size_t tap, size_t r0, size_t r1);
/* Derivatives dy with respect to a tap's activation: to those with respect to the clean one. */
void vt_perturb_backward(const struct vt_model *m, const struct vt_pass *p, size_t tap, size_t r0, size_t r1, void *dy);
/* The stream of random numbers of row r of a tap. */
struct vt_rng vt_noise_stream(const struct vt_model *m, const struct vt_noise *n, size_t tap, size_t r);
void vt_perturb_follow(struct vt_model *m, const struct vt_pass *p, size_t n_rows);
double vt_perturb_step(const struct vt_model *m, size_t tap);
enum vt_status vt_perturb_smooth(struct vt_ctx *ctx, const struct vt_model *m, size_t tap, struct vt_smooth *out);

/* The fused step of tiny nets, tiny.c. */
size_t vt_tiny_scratch(const struct vt_model *m);
void vt_tiny_gradient(const struct vt_model *m, const struct vt_gathered *batch, float *scratch, float *gradient);

#endif
