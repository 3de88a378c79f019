/* A frame through a pipe: from the process that reads HDF5 to the one that computes.  The sender may have been taken
 * over by the file that it read, so the receiver builds a frame by the same rules as if each part were new, and asks
 * for no more memory than the file's size and the context allow.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "venturi/input.h"

/* A byte packed by deflate can become 1032, and a number of one byte takes eight in memory. */
enum { LONGEST_NAME = 200, MOST_ITEMS = 1 << 20, MOST_INTS = 1024, MOST_GROWTH = 1100 * 8, PIECE = 1 << 15 };

/* ---- the child's side ------------------------------------------------------ */

struct sender {
	int out;
	bool lost; /* nobody listens */
	size_t used;
	char piece[PIECE];
};

static void flush(struct sender *s)
{
	s->lost = s->lost || !vt_child_send(s->out, s->piece, s->used);
	s->used = 0;
}

static void put(struct sender *s, const void *bytes, size_t n)
{
	if (n > PIECE - s->used) flush(s);
	if (n > PIECE) {
		s->lost = s->lost || !vt_child_send(s->out, bytes, n);
		return;
	}
	memcpy(s->piece + s->used, bytes, n);
	s->used += n;
}

static void put_number(struct sender *s, uint64_t x)
{
	put(s, &x, sizeof x);
}

static void put_text(struct sender *s, const char *text)
{
	size_t n = strlen(text);
	put_number(s, n);
	put(s, text, n);
}

static void put_attrs(struct sender *s, const struct attrs *a)
{
	put_number(s, a->n);
	for (size_t i = 0; i < a->n; i++) {
		const struct attr *x = &a->item[i];
		put_text(s, x->name);
		put_number(s, x->type);
		switch (x->type) {
		case ATTR_TEXT: put_text(s, x->text); break;
		case ATTR_INT: put(s, &x->integer, sizeof x->integer); break;
		case ATTR_REAL: put(s, &x->real, sizeof x->real); break;
		case ATTR_INTS:
			put_number(s, x->n);
			put(s, x->ints, x->n * sizeof *x->ints);
		}
	}
}

static void put_var(struct sender *s, const struct var *v)
{
	put_text(s, v->name);
	put_number(s, v->type);
	put_number(s, v->coordinate);
	put_number(s, v->rank);
	for (size_t i = 0; i < v->rank; i++) put_number(s, v->dim[i]);
	if (v->type != VT_TEXT) put(s, v->u.data, v->n * 8);
	for (size_t i = 0; v->type == VT_TEXT && i < v->n; i++) put_text(s, vt_var_text(v, i));
	put_attrs(s, &v->attrs);
}

static void put_group(struct sender *s, const struct group *g)
{
	put_text(s, g->name);
	put_number(s, g->n_dims);
	for (size_t i = 0; i < g->n_dims; i++) {
		put_text(s, g->dim[i].name);
		put_number(s, g->dim[i].n);
		put_number(s, g->dim[i].growing);
		put_number(s, g->dim[i].bare);
	}
	put_number(s, g->n_vars);
	for (size_t i = 0; i < g->n_vars; i++) put_var(s, &g->var[i]);
	put_attrs(s, &g->attrs);
}

bool vt_frame_send(const struct vt_frame *f, int out)
{
	struct sender s;
	s.out = out;
	s.lost = false;
	s.used = 0;
	put_number(&s, f->n_groups);
	for (size_t i = 0; i < f->n_groups; i++) put_group(&s, &f->group[i]);
	flush(&s);
	return !s.lost;
}

/* ---- the parent's side ----------------------------------------------------- */

struct taker {
	struct vt_ctx *ctx;
	struct vt_child *child;
	const char *path;
	size_t left; /* bytes of memory that may still be asked for */
};

static enum vt_status spend(struct taker *t, size_t bytes)
{
	if (bytes > t->left)
		return vt_ctx_fail(t->ctx, VT_EDATA, "%s: holds more than its size or --max-bytes allows: %zu bytes more are wanted",
		                   t->path, bytes);
	t->left -= bytes;
	return VT_OK;
}

static enum vt_status take_number(struct taker *t, size_t most, const char *what, size_t *out)
{
	uint64_t x = 0;
	enum vt_status status = vt_child_take(t->ctx, t->child, sizeof x, &x);
	if (status != VT_OK) return status;
	if (x > most) return vt_ctx_fail(t->ctx, VT_EDATA, "%s: is damaged or hostile: %s %llu, wanted at most %zu", t->path,
	                                 what, (unsigned long long)x, most);
	*out = (size_t)x;
	return VT_OK;
}

static enum vt_status take_text(struct taker *t, size_t most, char **out)
{
	enum vt_status status;
	size_t n = 0;
	char *text = NULL;

	VT_TRY(take_number(t, most, "a text of length", &n));
	VT_TRY(spend(t, n + 1));
	text = malloc(n + 1);
	VT_REQUIRE(t->ctx, text, VT_ENOMEM, "%s: out of memory for a text of %zu bytes", t->path, n);
	VT_TRY(vt_child_take(t->ctx, t->child, n, text));
	text[n] = '\0';
	*out = text;
	text = NULL;
done:
	free(text);
	return status;
}

static enum vt_status take_ints(struct taker *t, struct attr *a)
{
	enum vt_status status;
	VT_TRY(take_number(t, MOST_INTS, "integers in an attribute:", &a->n));
	VT_REQUIRE(t->ctx, a->n > 0, VT_EDATA, "%s: attribute '%s' has no integers", t->path, a->name);
	VT_NEW(t->ctx, a->ints, a->n);
	status = vt_child_take(t->ctx, t->child, a->n * sizeof *a->ints, a->ints);
done:
	return status;
}

static enum vt_status take_attr(struct taker *t, struct attrs *into)
{
	enum vt_status status;
	struct attr a = { 0 };
	size_t type = 0;

	VT_TRY(take_text(t, LONGEST_NAME + 56, &a.name));
	VT_REQUIRE(t->ctx, *a.name, VT_EDATA, "%s: is damaged or hostile: an attribute has no name", t->path);
	VT_TRY(take_number(t, ATTR_INTS, "an attribute of type", &type));
	a.type = (enum attr_type)type;
	switch (type) {
	case ATTR_TEXT: VT_TRY(take_text(t, t->left, &a.text)); break;
	case ATTR_INT: VT_TRY(vt_child_take(t->ctx, t->child, sizeof a.integer, &a.integer)); break;
	case ATTR_REAL: VT_TRY(vt_child_take(t->ctx, t->child, sizeof a.real, &a.real)); break;
	case ATTR_INTS: VT_TRY(take_ints(t, &a)); break;
	default: VT_FAIL(t->ctx, VT_EDATA, "%s: is damaged or hostile: an attribute of type 0", t->path);
	}
	status = vt_attrs_set(t->ctx, into, &a);
done:
	free(a.name);
	free(a.text);
	free(a.ints);
	return status;
}

static enum vt_status take_attrs(struct taker *t, struct attrs *into)
{
	enum vt_status status;
	size_t n = 0;
	VT_TRY(take_number(t, MOST_ITEMS, "attributes:", &n));
	for (size_t i = 0; i < n; i++) VT_TRY(take_attr(t, into));
done:
	return status;
}

static enum vt_status take_dim(struct taker *t, struct group *g)
{
	enum vt_status status;
	char *name = NULL;
	size_t n = 0, growing = 0, bare = 0;

	VT_TRY(take_text(t, LONGEST_NAME, &name));
	VT_TRY(take_number(t, SIZE_MAX / 8, "a dimension of length", &n));
	VT_TRY(take_number(t, 1, "a flag of", &growing));
	VT_TRY(take_number(t, 1, "a flag of", &bare));
	status = vt_group_add_dim(t->ctx, g, name, n, growing, bare);
done:
	free(name);
	return status;
}

/* Whether a type that is narrower in the file than in memory can hold the number. */
static bool holds(const struct var *v, size_t i)
{
	if (v->type == VT_U8) return v->u.integer[i] >= 0 && v->u.integer[i] <= UINT8_MAX;
	if (v->type == VT_I32) return v->u.integer[i] >= INT32_MIN && v->u.integer[i] <= INT32_MAX;
	return v->type != VT_F32 || (double)(float)v->u.real[i] == v->u.real[i] || isnan(v->u.real[i]);
}

static enum vt_status take_numbers(struct taker *t, struct var *v)
{
	enum vt_status status = vt_child_take(t->ctx, t->child, v->n * 8, v->u.data);
	for (size_t i = 0; status == VT_OK && i < v->n; i++)
		if (!holds(v, i))
			status = vt_ctx_fail(t->ctx, VT_EDATA, "%s: element %zu of '%s' is no number of type %s", t->path, i, v->name,
			                     vt_dtype_name(v->type));
	return status;
}

static enum vt_status take_values(struct taker *t, struct var *v)
{
	enum vt_status status = VT_OK;
	if (v->type != VT_TEXT) return take_numbers(t, v);
	for (size_t i = 0; status == VT_OK && i < v->n; i++) status = take_text(t, t->left, &v->u.text[i]);
	return status;
}

/* As many elements as the dimensions say, before any memory is asked for. */
static enum vt_status afford(struct taker *t, const struct group *g, const struct vt_variable *v)
{
	size_t bytes = 8;
	for (size_t i = 0; i < v->rank; i++)
		if (__builtin_mul_overflow(bytes, vt_group_dim(g, v->dim[i])->n, &bytes)) bytes = SIZE_MAX;
	return spend(t, bytes);
}

/* A coordinate lies along the dimension of its own name, since others look for it there. */
static enum vt_status take_var(struct taker *t, struct group *g)
{
	enum vt_status status;
	struct vt_variable v = { 0 };
	char *name = NULL;
	size_t type = 0, coordinate = 0, dim = 0;

	VT_TRY(take_text(t, LONGEST_NAME, &name));
	v.name = name;
	VT_TRY(take_number(t, VT_F32, "a variable of type", &type));
	VT_REQUIRE(t->ctx, type > 0, VT_EDATA, "%s: is damaged or hostile: a variable of type 0", t->path);
	v.type = (enum vt_dtype)type;
	VT_TRY(take_number(t, 1, "a flag of", &coordinate));
	VT_TRY(take_number(t, VT_MAX_RANK_FRAME, "a variable of rank", &v.rank));
	for (size_t i = 0; i < v.rank; i++) {
		VT_TRY(take_number(t, g->n_dims, "a dimension of number", &dim));
		VT_REQUIRE(t->ctx, dim < g->n_dims, VT_EDATA, "%s: '/%s/%s' has dimension %zu of %zu", t->path, g->name, name, dim,
		           g->n_dims);
		v.dim[i] = g->dim[dim].name;
	}
	VT_REQUIRE(t->ctx, !coordinate || (v.rank == 1 && strcmp(v.dim[0], name) == 0), VT_EDATA,
	           "%s: '/%s/%s' is no coordinate of its dimension", t->path, g->name, name);
	VT_TRY(afford(t, g, &v));
	VT_TRY(vt_group_add_var(t->ctx, g, &v, coordinate));
	VT_TRY(take_values(t, &g->var[g->n_vars - 1]));
	status = take_attrs(t, &g->var[g->n_vars - 1].attrs);
done:
	free(name);
	return status;
}

static enum vt_status take_group(struct taker *t, struct vt_frame *f, bool root)
{
	enum vt_status status;
	char *name = NULL;
	size_t n = 0, before = f->n_groups;
	struct group *g = NULL;

	VT_TRY(take_text(t, LONGEST_NAME, &name));
	VT_REQUIRE(t->ctx, root == (*name == '\0'), VT_EDATA, "%s: is damaged or hostile: its root has a name", t->path);
	VT_TRY(vt_frame_need_group(t->ctx, f, name, &g));
	VT_REQUIRE(t->ctx, root || f->n_groups > before, VT_EDATA, "%s: has group '/%s' twice", t->path, name);
	VT_TRY(take_number(t, MOST_ITEMS, "dimensions:", &n));
	for (size_t i = 0; i < n; i++) VT_TRY(take_dim(t, g));
	VT_TRY(take_number(t, MOST_ITEMS, "variables:", &n));
	for (size_t i = 0; i < n; i++) VT_TRY(take_var(t, g));
	status = take_attrs(t, &g->attrs);
done:
	free(name);
	return status;
}

enum vt_status vt_frame_take(struct vt_ctx *ctx, struct vt_child *child, const char *path, size_t size,
                             struct vt_frame **out)
{
	enum vt_status status;
	struct vt_frame *f = vt_frame_create(ctx);
	size_t n = 0, most = vt_ctx_most_bytes(ctx), grown;
	if (__builtin_mul_overflow(size, (size_t)MOST_GROWTH, &grown)) grown = SIZE_MAX;
	struct taker t = { ctx, child, path, grown < most ? grown : most };

	VT_REQUIRE(ctx, f, VT_ENOMEM, "%s: out of memory", path);
	VT_TRY(take_number(&t, MOST_ITEMS, "groups:", &n));
	for (size_t i = 0; i < n; i++) VT_TRY(take_group(&t, f, i == 0));
	*out = f;
	f = NULL;
	status = VT_OK;
done:
	vt_frame_free(f);
	/* A frame's own complaints (a name given twice) are about the file here. */
	return status == VT_ECONFIG || status == VT_EBUG ? VT_EDATA : status;
}
