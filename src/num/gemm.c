/* General products: our own kernels where they are the faster ones (product.h), else the library's.  The only caller
 * of CBLAS.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cblas.h>

#include "venturi/num.h"
#include "venturi/product.h"

static CBLAS_TRANSPOSE transposed(bool t)
{
	return t ? CblasTrans : CblasNoTrans;
}

/* So many numbers along k at a time: a panel of them is 64 KiB, and stays in the nearer caches. */
enum { DEPTH = 512, SHALLOW = 64, PANEL = VT_PANEL_F32 };

/* One panel of columns: b is copied into it piece by piece, and every row of a meets it there. */
static void panel_product(const struct vt_product *whole, bool tb, const float *b, size_t ldb, size_t j, float *panel)
{
	struct vt_product p = *whole;
	p.n = whole->n - j < PANEL ? whole->n - j : PANEL;
	p.b = panel;
	p.c = (float *)whole->c + j;
	p.start = whole->start ? (const float *)whole->start + j : NULL;
	for (size_t t = 0; t < whole->k; t += DEPTH) {
		p.k = whole->k - t < DEPTH ? whole->k - t : DEPTH;
		p.a = (const float *)whole->a + (whole->ta ? t * whole->lda : t);
		vt_panels_pack_f32(tb, p.k, p.n, tb ? b + j * ldb + t : b + t * ldb + j, ldb, panel);
		vt_product_f32(&p);
		p.start = p.c;
		p.ldstart = p.ldc;
	}
}

static void panel_products(const struct vt_product *p, bool tb, const float *b, size_t ldb, float *panel)
{
	for (size_t j = 0; j < p->n; j += PANEL) panel_product(p, tb, b, ldb, j, panel);
}

/* Apart, because a guarded stack pays for every page of a frame, at each call: thin products are called most. */
__attribute__((noinline)) static void deep_products(const struct vt_product *p, bool tb, const float *b, size_t ldb)
{
	float panel[DEPTH * PANEL] __attribute__((aligned(64)));
	panel_products(p, tb, b, ldb, panel);
}

__attribute__((noinline)) static void shallow_products(const struct vt_product *p, bool tb, const float *b, size_t ldb)
{
	float panel[SHALLOW * PANEL] __attribute__((aligned(64)));
	panel_products(p, tb, b, ldb, panel);
}

/* The library has nothing better than AVX2 for many CPUs, and less for some; ours take what the CPU has. */
static bool ours(float alpha, float beta, size_t k)
{
	return alpha == 1 && (beta == 0 || beta == 1) && k > 0 && strcmp(vt_isa(), "baseline") != 0;
}

void vt_gemm_f32(bool ta, bool tb, size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda,
                 const float *b, size_t ldb, float beta, float *c, size_t ldc)
{
	if (!ours(alpha, beta, k)) {
		cblas_sgemm(CblasRowMajor, transposed(ta), transposed(tb), (int)m, (int)n, (int)k, alpha, a, (int)lda, b,
		            (int)ldb, beta, c, (int)ldc);
		return;
	}
	const struct vt_product p = { .kernels = vt_kernels_here(), .m = m, .n = n, .k = k, .ta = ta, .panels = true,
		                      .lda = lda, .ldc = ldc, .ldstart = ldc, .a = a, .start = beta == 1 ? c : NULL, .c = c };
	if (k > SHALLOW) deep_products(&p, tb, b, ldb);
	else shallow_products(&p, tb, b, ldb);
}

void vt_gemm_f64(bool ta, bool tb, size_t m, size_t n, size_t k, double alpha, const double *a, size_t lda,
                 const double *b, size_t ldb, double beta, double *c, size_t ldc)
{
	cblas_dgemm(CblasRowMajor, transposed(ta), transposed(tb), (int)m, (int)n, (int)k, alpha, a, (int)lda, b,
	            (int)ldb, beta, c, (int)ldc);
}

int vt_gemm_serial(void)
{
#if defined HAVE_OPENBLAS_SET_NUM_THREADS && defined HAVE_OPENBLAS_GET_NUM_THREADS
	int before = openblas_get_num_threads();
	if (before != 1) openblas_set_num_threads(1);
	return before;
#else
	return 1;
#endif
}

void vt_gemm_restore(int threads)
{
#if defined HAVE_OPENBLAS_SET_NUM_THREADS && defined HAVE_OPENBLAS_GET_NUM_THREADS
	if (threads != 1) openblas_set_num_threads(threads);
#else
	(void)threads;
#endif
}

const char *vt_gemm_core(void)
{
#if defined HAVE_OPENBLAS_GET_CORENAME
	return openblas_get_corename();
#else
	return "unknown";
#endif
}

/* Kernels without AVX, by OpenBLAS's names. */
bool vt_gemm_misjudged(void)
{
	static const char *const old[] = { "Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Atom", "Athlon",
	                                   "Generic" };
	if (strcmp(vt_isa(), "baseline") == 0) return false;
	for (size_t i = 0; i < sizeof old / sizeof *old; i++)
		if (strcasecmp(vt_gemm_core(), old[i]) == 0) return true;
	return false;
}

double vt_gemm_gflops(void)
{
	enum { SIZE = 256, REPEATS = 8 };
	float *a = calloc(3 * SIZE * SIZE, sizeof *a);
	if (!a) return 0;
	float *b = a + SIZE * SIZE, *c = b + SIZE * SIZE;
	for (int i = 0; i < 2 * SIZE * SIZE; i++) a[i] = (float)(i % 7) * 0.1f;
	int threads = vt_gemm_serial();
	double best = 1e30;
	for (int r = 0; r < REPEATS; r++) {
		double began = vt_clock();
		vt_gemm_f32(false, false, SIZE, SIZE, SIZE, 1, a, SIZE, b, SIZE, 0, c, SIZE);
		double seconds = vt_clock() - began;
		if (seconds < best) best = seconds;
	}
	vt_gemm_restore(threads);
	free(a);
	return 2.0 * SIZE * SIZE * SIZE / best * 1e-9;
}
