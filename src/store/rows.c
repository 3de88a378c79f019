/* The values of a frame: fill, convert, append.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

bool vt_dtype_is_real(enum vt_dtype type)
{
	return type == VT_F64 || type == VT_F32;
}

const char *vt_dtype_name(enum vt_dtype type)
{
	switch (type) {
	case VT_F64: return "float64";
	case VT_F32: return "float32";
	case VT_I64: return "int64";
	case VT_I32: return "int32";
	case VT_U8: return "uint8";
	case VT_TEXT: break;
	}
	return "string";
}

enum vt_status vt_var_extend(struct vt_ctx *ctx, struct var *v, size_t more)
{
	size_t need, bytes;
	if (__builtin_add_overflow(v->n, more, &need) || __builtin_mul_overflow(need, (size_t)16, &bytes))
		return vt_ctx_fail(ctx, VT_ENOMEM, "out of memory: %zu more elements wanted", more);
	if (need > v->capacity || !v->u.data) {
		/* Fixed variables are extended once, growing ones again and again. */
		size_t capacity = v->growing && need < 2 * v->capacity ? 2 * v->capacity : need;
		void *grown = realloc(v->u.data, capacity ? capacity * sizeof(double) : 1);
		if (!grown) return vt_ctx_fail(ctx, VT_ENOMEM, "out of memory: %zu elements of 8 bytes wanted", capacity);
		v->u.data = grown;
		v->capacity = capacity;
	}
	for (size_t i = v->n; i < need; i++) {
		if (v->type == VT_TEXT) v->u.text[i] = NULL;
		else if (vt_dtype_is_real(v->type)) v->u.real[i] = NAN;
		else v->u.integer[i] = 0;
	}
	v->n = need;
	return VT_OK;
}

/* Conversions that C leaves undefined become 0.  The largest double below 2^63 is the bound. */
static int64_t whole(enum vt_dtype type, double x)
{
	double low = type == VT_U8 ? 0 : type == VT_I32 ? INT32_MIN : -0x1p63;
	double high = type == VT_U8 ? UINT8_MAX : type == VT_I32 ? INT32_MAX : 0x1p62 * 1.999999;
	double r = nearbyint(x);
	return r >= low && r <= high ? (int64_t)r : 0; /* false for NaN */
}

void vt_var_set(struct var *v, size_t i, double x)
{
	if (v->type == VT_F64) v->u.real[i] = x;
	else if (v->type == VT_F32) v->u.real[i] = (double)(float)x;
	else v->u.integer[i] = whole(v->type, x);
}

double vt_var_number(const struct var *v, size_t i)
{
	return vt_dtype_is_real(v->type) ? v->u.real[i] : (double)v->u.integer[i];
}

const char *vt_var_text(const struct var *v, size_t i)
{
	return v->u.text[i] ? v->u.text[i] : "";
}

/* All variables grow together: a row is complete, with fill values, before any is put. */
enum vt_status vt_frame_step(struct vt_ctx *ctx, struct vt_frame *f, const char *group, int64_t step,
                             double epoch)
{
	enum vt_status status;
	struct group *g = vt_frame_group(f, group);

	struct dim *d = g ? (struct dim *)vt_group_dim(g, "step") : NULL;
	VT_REQUIRE(ctx, d && d->growing, VT_EBUG, "group '/%s' has no growing dimension 'step'", group);
	const struct var *steps = vt_group_var(g, "step"), *epochs = vt_group_var(g, "epoch");
	VT_REQUIRE(ctx, steps && steps->type == VT_I64 && epochs && epochs->type == VT_F64 && epochs->growing, VT_EBUG,
	           "group '/%s' has something else than steps and epochs of that name", group);
	VT_REQUIRE(ctx, d->n == 0 || steps->u.integer[d->n - 1] < step, VT_EBUG,
	           "group '/%s': step %lld follows step %lld, wanted a larger one", group, (long long)step,
	           (long long)steps->u.integer[d->n - 1]);
	for (size_t i = 0; i < g->n_vars; i++)
		if (g->var[i].growing) VT_TRY(vt_var_extend(ctx, &g->var[i], g->var[i].row));
	steps->u.integer[d->n] = step;
	vt_group_var(g, "epoch")->u.real[d->n] = epoch;
	d->n++;
	status = VT_OK;
done:
	return status;
}

/* The variable, and where its current row (or all of it) begins. */
static enum vt_status place(struct vt_ctx *ctx, const struct vt_frame *f, const char *group, const char *variable,
                            size_t n, bool text, struct var **out, size_t *begin)
{
	enum vt_status status;
	struct group *g = vt_frame_group(f, group);
	struct var *v = g ? vt_group_var(g, variable) : NULL;

	VT_REQUIRE(ctx, v, VT_EBUG, "there is no variable '/%s/%s'", group, variable);
	VT_REQUIRE(ctx, text == (v->type == VT_TEXT), VT_EBUG, "variable '/%s/%s' has type %s, given were %s", group,
	           variable, vt_dtype_name(v->type), text ? "texts" : "numbers");
	VT_REQUIRE(ctx, n == v->row && v->n >= n, VT_EBUG, "variable '/%s/%s' takes %zu values, given were %zu%s", group,
	           variable, v->row, n, v->n < n ? " before the first step" : "");
	*out = v;
	*begin = v->n - n;
	status = VT_OK;
done:
	return status;
}

enum vt_status vt_frame_put(struct vt_ctx *ctx, struct vt_frame *f, const char *group, const char *variable,
                            size_t n, const double *value)
{
	struct var *v;
	size_t begin;
	enum vt_status status = place(ctx, f, group, variable, n, false, &v, &begin);
	if (status != VT_OK) return status;
	for (size_t i = 0; i < n; i++) vt_var_set(v, begin + i, value[i]);
	return VT_OK;
}

enum vt_status vt_frame_values(struct vt_ctx *ctx, const struct vt_frame *f, const char *group, const char *variable,
                               size_t *n, double **out)
{
	enum vt_status status;
	const struct group *g = vt_frame_group(f, group);
	const struct var *v = g ? vt_group_var(g, variable) : NULL;
	double *value = NULL;
	VT_REQUIRE(ctx, v && v->type != VT_TEXT, VT_EBUG, "there is no variable '/%s/%s' of numbers", group, variable);
	VT_NEW(ctx, value, v->n);
	for (size_t i = 0; i < v->n; i++) value[i] = vt_var_number(v, i);
	*n = v->n;
	*out = value;
	status = VT_OK;
done:
	return status;
}

enum vt_status vt_frame_put_text(struct vt_ctx *ctx, struct vt_frame *f, const char *group, const char *variable,
                                 size_t n, const char *const *value)
{
	struct var *v;
	size_t begin;
	enum vt_status status = place(ctx, f, group, variable, n, true, &v, &begin);
	if (status != VT_OK) return status;
	for (size_t i = 0; i < n; i++) {
		char *copy = vt_copy(ctx, value[i]);
		if (!copy) return VT_ENOMEM;
		free(v->u.text[begin + i]);
		v->u.text[begin + i] = copy;
	}
	return VT_OK;
}
