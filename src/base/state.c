/* Numbers by owner and name, copied in and out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venturi/state.h"

struct carried {
	char *owner, *name;
	enum vt_scalar item;
	size_t n;
	void *x;
};

struct vt_state {
	bool taken_up;
	char owner[256];
	size_t n, room;
	struct carried *carried;
};

size_t vt_scalar_size(enum vt_scalar item)
{
	return item == VT_SCALAR_U8 ? 1 : item == VT_SCALAR_F32 ? 4 : 8;
}

struct vt_state *vt_state_create(struct vt_ctx *ctx)
{
	return vt_alloc(ctx, 1, sizeof(struct vt_state));
}

void vt_state_free(struct vt_state *s)
{
	if (!s) return;
	for (size_t i = 0; i < s->n; i++) {
		free(s->carried[i].owner);
		free(s->carried[i].name);
		free(s->carried[i].x);
	}
	free(s->carried);
	free(s);
}

void vt_state_take_up(struct vt_state *s)
{
	s->taken_up = true;
}

bool vt_state_taken_up(const struct vt_state *s)
{
	return s->taken_up;
}

void vt_state_owner(struct vt_state *s, const char *owner)
{
	snprintf(s->owner, sizeof s->owner, "%s", owner);
}

static enum vt_status save(struct vt_ctx *ctx, struct vt_state *s, const char *name, enum vt_scalar item, size_t n,
                           const void *x)
{
	enum vt_status status = VT_ENOMEM;
	struct carried c = { .item = item, .n = n };
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 16;
		struct carried *grown = realloc(s->carried, room * sizeof *grown);
		VT_REQUIRE(ctx, grown, VT_ENOMEM, "out of memory for a checkpoint");
		s->carried = grown;
		s->room = room;
	}
	if (!(c.owner = vt_copy(ctx, s->owner)) || !(c.name = vt_copy(ctx, name))) goto done;
	if (!(c.x = vt_alloc(ctx, n, vt_scalar_size(item)))) goto done;
	memcpy(c.x, x, n * vt_scalar_size(item));
	s->carried[s->n++] = c;
	return VT_OK;
done:
	free(c.owner);
	free(c.name);
	return status;
}

static enum vt_status take(struct vt_ctx *ctx, const struct vt_state *s, const char *name, enum vt_scalar item,
                           size_t n, void *x)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct carried *c = &s->carried[i];
		if (strcmp(c->owner, s->owner) != 0 || strcmp(c->name, name) != 0) continue;
		if (c->item != item || c->n != n)
			return vt_ctx_fail(ctx, VT_EDATA, "the checkpoint's %s/%s has %zu numbers of %zu bytes, wanted %zu of %zu",
			                   s->owner, name, c->n, vt_scalar_size(c->item), n, vt_scalar_size(item));
		memcpy(x, c->x, n * vt_scalar_size(item));
		return VT_OK;
	}
	return vt_ctx_fail(ctx, VT_EDATA, "the checkpoint has no %s/%s", s->owner, name);
}

enum vt_status vt_state_carry(struct vt_ctx *ctx, struct vt_state *s, const char *name, enum vt_scalar item, size_t n,
                              void *x)
{
	if (n == 0) return VT_OK; /* what nothing says, no file has to hold */
	return s->taken_up ? take(ctx, s, name, item, n, x) : save(ctx, s, name, item, n, x);
}

enum vt_status vt_state_carry_real(struct vt_ctx *ctx, struct vt_state *s, const char *name, double *x)
{
	return vt_state_carry(ctx, s, name, VT_SCALAR_F64, 1, x);
}

enum vt_status vt_state_carry_int(struct vt_ctx *ctx, struct vt_state *s, const char *name, int64_t *x)
{
	return vt_state_carry(ctx, s, name, VT_SCALAR_I64, 1, x);
}

enum vt_status vt_state_carry_flag(struct vt_ctx *ctx, struct vt_state *s, const char *name, bool *x)
{
	uint8_t byte = *x;
	enum vt_status status = vt_state_carry(ctx, s, name, VT_SCALAR_U8, 1, &byte);
	if (status == VT_OK) *x = byte != 0;
	return status;
}

enum vt_status vt_state_carry_count(struct vt_ctx *ctx, struct vt_state *s, const char *name, size_t most, size_t *n)
{
	int64_t whole = (int64_t)*n;
	enum vt_status status = vt_state_carry_int(ctx, s, name, &whole);
	if (status != VT_OK) return status;
	if (whole < 0 || (uint64_t)whole > most)
		return vt_ctx_fail(ctx, VT_EDATA, "the checkpoint's %s/%s is %lld, wanted 0 to %zu", s->owner, name,
		                   (long long)whole, most);
	*n = (size_t)whole;
	return VT_OK;
}

size_t vt_state_count(const struct vt_state *s)
{
	return s->n;
}

struct vt_carried vt_state_at(const struct vt_state *s, size_t i)
{
	const struct carried *c = &s->carried[i];
	return (struct vt_carried){ c->owner, c->name, c->item, c->n, c->x };
}
