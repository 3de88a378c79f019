/* Matrix products by our own kernels, for callers that lay their rows out for them.
 *
 * One product is c[m,n] = start[m,n] + a[m,k] b[k,n].  The kernels keep a block of 12 x 32
 * (AVX-512), 6 x 16 (AVX2) or 4 x 8 numbers of c in registers while they walk along k, so that
 * each sum is taken in the order of k and does not depend on how rows are cut into calls.
 *
 * Layouts.  Rows are row-major, with a stride of numbers between them.  `ta`: a is held as
 * [k,m], as in dw = x' dy.  b lies in panels of VT_PANEL columns (vt_panels_pack), or plainly
 * with row stride `ldb`; then whole panels are read, up to the next multiple of VT_PANEL
 * columns, so its rows need that room.  Results are written in whole panels too where
 * `padded` is set: c, and start, then need the room; else only n columns are touched, somewhat
 * slower.
 *
 * One thread; cost 2 m n k operations at 70 to 90 % of the core's peak from m n k = 32^3 on.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_PRODUCT_H
#define VENTURI_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

/* Columns of a panel, whatever the kernel: 32 floats, 16 doubles. */
enum { VT_PANEL_F32 = 32, VT_PANEL_F64 = 16 };

struct vt_kernels;
struct vt_product {
	const struct vt_kernels *kernels; /* vt_kernels_here(), asked once */
	size_t m, n, k;
	bool ta, panels, padded;
	size_t lda, ldb, ldc, ldstart; /* ldstart 0: one row for all (a bias) */
	const void *a, *b;
	const void *start;             /* null: 0; may be c */
	void *c;
};
/* The kernels of this machine; a constant. */
const struct vt_kernels *vt_kernels_here(void);
void vt_product_f32(const struct vt_product *p);
void vt_product_f64(const struct vt_product *p);

/* Numbers that b[k,n] takes in panels. */
size_t vt_panels_size_f32(size_t k, size_t n);
size_t vt_panels_size_f64(size_t k, size_t n);
/* b[k,n] into panels, missing columns as 0.  tb: b is held as [n,k]. */
void vt_panels_pack_f32(bool tb, size_t k, size_t n, const float *b, size_t ldb, float *panels);
void vt_panels_pack_f64(bool tb, size_t k, size_t n, const double *b, size_t ldb, double *panels);

/* A stride for rows of `width` numbers of `item` bytes: whole vectors of 64 bytes, and for wide rows an odd number
 * of them, so that a column does not fall into a few sets of the cache. */
size_t vt_row_stride(size_t width, size_t item);

#endif
