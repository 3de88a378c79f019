/* Fourier and cosine transforms.
 *
 * Conventions.  All are orthonormal: the sum of squares is the same before and after (Parseval).
 * Frequencies count cycles per domain: bin k of n samples turns k times over them.  Forward
 * transforms have exp(-2 pi i j k / n).  No window and no padding: the domain of the Fourier
 * transforms is a circle, that of the cosine transform is mirrored at its ends.
 *
 * Plans are made once per context, kind and length, with estimated costs (measured ones may differ
 * from run to run, and with them the last bits), and freed with the context.  Series are transformed
 * one by one, in a fixed number of blocks on the context's threads: no bit depends on threads.
 *
 * All functions: VT_ENOMEM; VT_EDOMAIN for a length of 0 or above 2^30.
 *
 * Source: FFTW 3 (Frigo & Johnson 2005), one-dimensional r2c, c2r and REDFT10, two-dimensional c2c.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_FFT_H
#define VENTURI_FFT_H

#include "venturi/base.h"

struct vt_complex {
	double re, im;
};

/* n series of `length` numbers in a matrix: number j of series r at r * next + j * step. */
struct vt_strided {
	size_t n, length, next, step;
};
/* The rows, or the columns, of a rows x cols matrix whose rows lie `stride` numbers apart. */
struct vt_strided vt_strided_rows(size_t rows, size_t cols, size_t stride);
struct vt_strided vt_strided_columns(size_t rows, size_t cols, size_t stride);

/* Bins of a real series of n numbers: 0 .. n / 2. */
size_t vt_fft_bins(size_t n);
/* out: l->n x vt_fft_bins(l->length), row-major:
 * out[r][k] = 1 / sqrt(n) * sum over j of x[r][j] exp(-2 pi i j k / n).  Cost n log n a series. */
enum vt_status vt_fft_real(struct vt_ctx *ctx, const struct vt_strided *l, const double *x, struct vt_complex *out);
/* Squared modulus of bin k of n real numbers, with that of bin n - k, which a real series' spectrum
 * does not list: over k = 0 .. n / 2 they sum to the sum of squares. */
double vt_fft_power(size_t n, size_t k, struct vt_complex c);
/* Amplitude A of the cosine A cos(2 pi k j / n + phase) that bin k stands for. */
double vt_fft_amplitude(size_t n, size_t k, struct vt_complex c);

/* p x p complex numbers (row-major, first index slow) into out, which may be x itself:
 * out[k][l] = 1 / p * sum over a, b of x[a][b] exp(-+2 pi i (a k + b l) / p), `inverse` with plus.
 * On the calling thread; may be called inside vt_blocks_run after vt_fft_plane_plan(p). */
enum vt_status vt_fft_plane_plan(struct vt_ctx *ctx, size_t p);
enum vt_status vt_fft_plane(struct vt_ctx *ctx, size_t p, bool inverse, const struct vt_complex *x,
                            struct vt_complex *out);

/* DCT-II.  out: l->n x l->length, row-major:
 * out[r][k] = s_k * sum over j of x[r][j] cos(pi k (j + 1/2) / n), s_0 = sqrt(1 / n), else sqrt(2 / n).
 * Index k turns k / 2 times over the series: its period is 2 n / k samples. */
enum vt_status vt_dct(struct vt_ctx *ctx, const struct vt_strided *l, const double *x, double *out);

#endif
