/* Matrix products by our own kernels.  Called by model.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "venturi/base.h"
#include "venturi/num.h"
#include "venturi/product.h"

/* One block of c, and what a kernel needs for it. */
struct vt_tile {
	size_t k, lda, ldb, ldc, ldstart;
	const void *a, *b, *start;
	void *c;
};
/* rows of the block, vectors across (1 or 2), whether a is transposed */
typedef void tile_fn(int rows, int wide, bool ta, const struct vt_tile *p);
struct kernel {
	int rows, lanes;
	tile_fn *run;
};
struct vt_kernels {
	struct kernel f32, f64;
};

#define real float
#define BYTES 16
#define ROWS 4
#define TARGET
#define TILE(name) name##_f32_base
#include "tile.h"
#undef real
#undef TILE
#define real double
#define TILE(name) name##_f64_base
#include "tile.h"
#undef real
#undef TILE
#undef BYTES
#undef ROWS
#undef TARGET
#if defined __x86_64__ && !defined VT_WITHOUT_CLONES
#define BYTES 32
#define ROWS 6
#define TARGET __attribute__((target("avx2,fma")))
#define real float
#define TILE(name) name##_f32_avx2
#include "tile.h"
#undef real
#undef TILE
#define real double
#define TILE(name) name##_f64_avx2
#include "tile.h"
#undef real
#undef TILE
#undef BYTES
#undef ROWS
#undef TARGET
#define BYTES 64
#define ROWS 12
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,fma")))
#define real float
#define TILE(name) name##_f32_avx512
#include "tile.h"
#undef real
#undef TILE
#define real double
#define TILE(name) name##_f64_avx512
#include "tile.h"
#undef real
#undef TILE
static const struct vt_kernels kernels[] = {
	{ { 4, 4, run_f32_base }, { 4, 2, run_f64_base } },
	{ { 6, 8, run_f32_avx2 }, { 6, 4, run_f64_avx2 } },
	{ { 12, 16, run_f32_avx512 }, { 12, 8, run_f64_avx512 } },
};
#else
static const struct vt_kernels kernels[] = { { { 4, 4, run_f32_base }, { 4, 2, run_f64_base } } };
#endif

const struct vt_kernels *vt_kernels_here(void)
{
	const char *isa = vt_isa();
	return &kernels[strcmp(isa, "avx512") == 0 ? 2 : strcmp(isa, "avx2") == 0 ? 1 : 0];
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* A block whose c has no room for whole vectors. */
static void narrow(const struct kernel *f, size_t item, size_t rows, size_t columns, int wide, bool ta,
                   const struct vt_tile *t)
{
	char room[12 * 2 * 64] __attribute__((aligned(64)));
	const size_t full = 2 * (size_t)f->lanes * item;
	struct vt_tile in = *t;
	in.c = room;
	in.ldc = 2 * (size_t)f->lanes;
	if (t->start) {
		for (size_t i = 0; i < rows; i++)
			memcpy(room + i * full, (const char *)t->start + i * t->ldstart * item, columns * item);
		in.start = room;
		in.ldstart = in.ldc;
	}
	f->run((int)rows, wide, ta, &in);
	for (size_t i = 0; i < rows; i++) memcpy((char *)t->c + i * t->ldc * item, room + i * full, columns * item);
}

/* Columns j .. j + 2 lanes - 1, all rows. */
static void stripe(const struct kernel *f, size_t item, size_t panel, size_t j, const struct vt_product *p)
{
	size_t columns = least(2 * (size_t)f->lanes, p->n - j);
	int wide = columns > (size_t)f->lanes ? 2 : 1;
	bool whole = p->padded || columns == (size_t)(wide * f->lanes);
	size_t at = p->panels ? j / panel * panel * p->k + j % panel : j;
	struct vt_tile t = { p->k, p->lda, p->panels ? panel : p->ldb, p->ldc, p->ldstart, NULL,
		             (const char *)p->b + at * item, NULL, NULL };
	for (size_t i = 0; i < p->m; i += (size_t)f->rows) {
		size_t rows = least((size_t)f->rows, p->m - i);
		t.a = (const char *)p->a + i * (p->ta ? 1 : p->lda) * item;
		t.c = (char *)p->c + (i * p->ldc + j) * item;
		t.start = p->start ? (const char *)p->start + (i * p->ldstart + j) * item : NULL;
		if (whole) f->run((int)rows, wide, p->ta, &t);
		else narrow(f, item, rows, columns, wide, p->ta, &t);
	}
}

void vt_product_f32(const struct vt_product *p)
{
	const struct kernel *f = &p->kernels->f32;
	for (size_t j = 0; j < p->n; j += 2 * (size_t)f->lanes) stripe(f, sizeof(float), VT_PANEL_F32, j, p);
}

void vt_product_f64(const struct vt_product *p)
{
	const struct kernel *f = &p->kernels->f64;
	for (size_t j = 0; j < p->n; j += 2 * (size_t)f->lanes) stripe(f, sizeof(double), VT_PANEL_F64, j, p);
}

/* ---- panels ------------------------------------------------------------------- */

static size_t panels_size(size_t panel, size_t k, size_t n)
{
	return (n + panel - 1) / panel * panel * k;
}

size_t vt_panels_size_f32(size_t k, size_t n)
{
	return panels_size(VT_PANEL_F32, k, n);
}

size_t vt_panels_size_f64(size_t k, size_t n)
{
	return panels_size(VT_PANEL_F64, k, n);
}

/* Rows of a panel from rows of b. */
#define PACK(type, suffix, panel) \
	VT_CLONES void vt_panels_pack_##suffix(bool tb, size_t k, size_t n, const type *b, size_t ldb, type *panels) \
	{ \
		for (size_t j = 0; j < n; j += panel, panels += panel * k) { \
			size_t columns = least(panel, n - j); \
			if (columns < panel) memset(panels, 0, panel * k * sizeof *panels); \
			if (tb) vt_transpose_##suffix(columns, k, b + j * ldb, ldb, panels, panel); \
			for (size_t t = 0; t < k; t++) { \
				type *to = panels + t * panel; \
				const type *from = b + t * ldb + j; \
				if (!tb && columns == panel) memcpy(to, from, panel * sizeof *to); \
				else if (!tb) memcpy(to, from, columns * sizeof *to); \
			} \
		} \
	}
PACK(float, f32, (size_t)VT_PANEL_F32)
PACK(double, f64, (size_t)VT_PANEL_F64)

size_t vt_row_stride(size_t width, size_t item)
{
	size_t line = 64 / item, lines = (width + line - 1) / line;
	if (lines >= 8 && lines % 2 == 0) lines++;
	return lines * line;
}
