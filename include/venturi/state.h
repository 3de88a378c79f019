/* What a run carries from one step to the next, by name: what a checkpoint holds.
 *
 * Whoever keeps something between steps has one function that hands it to a state, name by name.
 * The same function serves both ways: while the state is being saved it copies the numbers out,
 * and when the state is taken up again it copies them back.  So nothing can be saved that is not
 * taken up, and the other way round.  Random generators have no state to carry: they count.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_STATE_H
#define VENTURI_STATE_H

#include "venturi/base.h"

enum vt_scalar { VT_SCALAR_F32 = 1, VT_SCALAR_F64, VT_SCALAR_I64, VT_SCALAR_U8 };
size_t vt_scalar_size(enum vt_scalar item);

struct vt_state;
/* An empty one, to be saved into.  Null when out of memory; the caller frees. */
struct vt_state *vt_state_create(struct vt_ctx *ctx);
void vt_state_free(struct vt_state *s);

/* From now on carries copy back what was saved. */
void vt_state_take_up(struct vt_state *s);
/* Whether they do. */
bool vt_state_taken_up(const struct vt_state *s);

/* Names that follow belong to this owner: two owners may use the same name. */
void vt_state_owner(struct vt_state *s, const char *owner);
/* n numbers at x.  VT_EDATA when a state that is taken up has none of this owner, name, item and n. */
enum vt_status vt_state_carry(struct vt_ctx *ctx, struct vt_state *s, const char *name, enum vt_scalar item, size_t n,
                              void *x);
enum vt_status vt_state_carry_real(struct vt_ctx *ctx, struct vt_state *s, const char *name, double *x);
enum vt_status vt_state_carry_int(struct vt_ctx *ctx, struct vt_state *s, const char *name, int64_t *x);
enum vt_status vt_state_carry_flag(struct vt_ctx *ctx, struct vt_state *s, const char *name, bool *x);
/* A count that says how long other arrays are; at most `most`, so that they can be allocated before their carry. */
enum vt_status vt_state_carry_count(struct vt_ctx *ctx, struct vt_state *s, const char *name, size_t most, size_t *n);

/* What it holds, for those who write and read it. */
struct vt_carried {
	const char *owner, *name;
	enum vt_scalar item;
	size_t n;
	const void *x;
};
size_t vt_state_count(const struct vt_state *s);
struct vt_carried vt_state_at(const struct vt_state *s, size_t i);

#endif
