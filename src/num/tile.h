/* The kernels of one instruction set and one precision: the includer defines `real`, BYTES (of a
 * vector), TARGET (attribute), ROWS (of a block) and TILE(name).  No include guard, on purpose.
 *
 * A panel is twice the number of lanes of the largest vector; smaller vectors take it in parts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */

typedef real TILE(vector) __attribute__((vector_size(BYTES), aligned(sizeof(real)), may_alias));
enum { TILE(lanes) = BYTES / sizeof(real) };

/* c[rows, wide vectors] = start + a b along k; a's element (i, t) at a[i * ars + t * acs]. */
__attribute__((always_inline)) TARGET static inline void TILE(block)(const int rows, const int wide, const bool ta,
                                                                     const struct vt_tile *p)
{
	enum { LANES = TILE(lanes) };
	const size_t lda = p->lda, ldb = p->ldb;
	const real *a0 = p->a, *b = p->b, *start = p->start;
	real *c = p->c;
	TILE(vector) sum[ROWS][2];
#pragma GCC unroll 16
	for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
		for (int v = 0; v < wide; v++)
			sum[i][v] = start ? *(const TILE(vector) *)(start + (size_t)i * p->ldstart + v * LANES) : (TILE(vector)){ 0 };
	const real *a3 = a0 + 3 * lda, *a6 = a0 + 6 * lda, *a9 = a0 + 9 * lda;
	for (size_t t = 0; t < p->k; t++, b += ldb) {
		TILE(vector) right[2];
#pragma GCC unroll 2
		for (int v = 0; v < wide; v++) right[v] = *(const TILE(vector) *)(b + v * LANES);
#pragma GCC unroll 16
		for (int i = 0; i < rows; i++) {
			const real *three = i < 3 ? a0 : i < 6 ? a3 : i < 9 ? a6 : a9;
			real left = ta ? a0[t * lda + (size_t)i] : three[(size_t)(i % 3) * lda + t];
#pragma GCC unroll 2
			for (int v = 0; v < wide; v++) sum[i][v] += left * right[v];
		}
	}
#pragma GCC unroll 16
	for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
		for (int v = 0; v < wide; v++) *(TILE(vector) *)(c + (size_t)i * p->ldc + v * LANES) = sum[i][v];
}

#define TILE_CASE(n) \
	case n: \
		if (n <= ROWS) TILE(block)(n <= ROWS ? n : 1, wide, ta, p); \
		break
__attribute__((always_inline)) TARGET static inline void TILE(any)(int rows, const int wide, const bool ta,
                                                                   const struct vt_tile *p)
{
	switch (rows) {
		TILE_CASE(12);
		TILE_CASE(11);
		TILE_CASE(10);
		TILE_CASE(9);
		TILE_CASE(8);
		TILE_CASE(7);
		TILE_CASE(6);
		TILE_CASE(5);
		TILE_CASE(4);
		TILE_CASE(3);
		TILE_CASE(2);
		TILE_CASE(1);
	}
}
#undef TILE_CASE

TARGET static void TILE(run)(int rows, int wide, bool ta, const struct vt_tile *p)
{
	if (wide == 2 && ta) TILE(any)(rows, 2, true, p);
	else if (wide == 2) TILE(any)(rows, 2, false, p);
	else if (ta) TILE(any)(rows, 1, true, p);
	else TILE(any)(rows, 1, false, p);
}
