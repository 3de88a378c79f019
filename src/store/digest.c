/* content_sha256: what a frame holds, without when and where it was made.  The definition
 * stands in the header.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

struct entry {
	char *path;
	const struct group *g;
	const struct var *v;
};

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

static void add_little_endian(struct vt_sha256 *h, const void *value, size_t size)
{
	unsigned char b[8];
	memcpy(b, value, size);
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		for (size_t i = 0; i < size / 2; i++) {
			unsigned char other = b[i];
			b[i] = b[size - 1 - i];
			b[size - 1 - i] = other;
		}
	vt_sha256_add(h, b, size);
}

static void add_element(struct vt_sha256 *h, const struct var *v, size_t i)
{
	switch (v->type) {
	case VT_F64: add_little_endian(h, &v->u.real[i], 8); break;
	case VT_F32: break; /* add_singles */
	case VT_I64: add_little_endian(h, &v->u.integer[i], 8); break;
	case VT_I32: add_little_endian(h, &(int32_t){ (int32_t)v->u.integer[i] }, 4); break;
	case VT_U8: add_little_endian(h, &(uint8_t){ (uint8_t)v->u.integer[i] }, 1); break;
	case VT_TEXT: {
		const char *text = vt_var_text(v, i);
		uint64_t length = strlen(text);
		add_little_endian(h, &length, 8);
		vt_sha256_add(h, text, length);
	}
	}
}

/* Checkpoints hold millions of them. */
static void add_singles(struct vt_sha256 *h, const struct var *v)
{
	enum { BLOCK = 1024 };
	unsigned char b[4 * BLOCK];
	for (size_t begin = 0; begin < v->n; begin += BLOCK) {
		size_t n = v->n - begin < BLOCK ? v->n - begin : BLOCK;
		for (size_t i = 0; i < n; i++) {
			uint32_t bits;
			memcpy(&bits, &(float){ (float)v->u.real[begin + i] }, sizeof bits);
			for (size_t k = 0; k < 4; k++) b[4 * i + k] = (unsigned char)(bits >> 8 * k);
		}
		vt_sha256_add(h, b, 4 * n);
	}
}

/* The line of words ends before the values begin, so that no two frames give the same bytes. */
static void add_variable(struct vt_sha256 *h, const struct entry *e)
{
	char words[64 + 24 * VT_MAX_RANK_FRAME];
	int used = snprintf(words, sizeof words, " %s %zu", vt_dtype_name(e->v->type), e->v->rank);
	for (size_t i = 0; i < e->v->rank; i++)
		used += snprintf(words + used, sizeof words - (size_t)used, " %zu", e->g->dim[e->v->dim[i]].n);
	vt_sha256_add(h, e->path, strlen(e->path));
	vt_sha256_add(h, words, (size_t)used);
	vt_sha256_add(h, "\n", 1);
	if (e->v->type == VT_F32) add_singles(h, e->v);
	else if (e->v->type == VT_F64 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		vt_sha256_add(h, e->v->u.real, 8 * e->v->n);
	else
		for (size_t i = 0; i < e->v->n; i++) add_element(h, e->v, i);
}

static enum vt_status list(struct vt_ctx *ctx, const struct vt_frame *f, struct entry *entry, size_t *n)
{
	for (size_t i = 0; i < f->n_groups; i++) {
		const struct group *g = &f->group[i];
		if (strcmp(g->name, "provenance") == 0) continue;
		for (size_t k = 0; k < g->n_vars; k++) {
			char *path = vt_format(ctx, "%s%s/%s", *g->name ? "/" : "", g->name, g->var[k].name);
			if (!path) return VT_ENOMEM;
			entry[(*n)++] = (struct entry){ path, g, &g->var[k] };
		}
	}
	return VT_OK;
}

enum vt_status vt_frame_sha256(struct vt_ctx *ctx, const struct vt_frame *f, char out[65])
{
	enum vt_status status;
	struct entry *entry = NULL;
	struct vt_sha256 *h = NULL;
	size_t n = 0, most = 0;

	for (size_t i = 0; i < f->n_groups; i++) most += f->group[i].n_vars;
	VT_NEW(ctx, entry, most);
	VT_TRY(list(ctx, f, entry, &n));
	h = vt_sha256_create(ctx);
	if (!h) {
		status = VT_ENOMEM;
		goto done;
	}
	qsort(entry, n, sizeof *entry, by_path);
	for (size_t i = 0; i < n; i++) add_variable(h, &entry[i]);
	vt_sha256_finish(h, out);
	status = VT_OK;
done:
	for (size_t i = 0; entry && i < n; i++) free(entry[i].path);
	free(entry);
	return status;
}
