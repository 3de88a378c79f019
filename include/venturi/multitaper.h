/* Spectra of measured series, with intervals: multitaper estimates and a jackknife in the logarithm.
 *
 * For what is measured and finite, where the frequency is not exact by construction.  A spectrum
 * here is a density on the bins of the orthonormal transform (fft.h): white noise of variance s^2 has
 * s^2 in every bin 0 .. n / 2.
 *
 * Source: Thomson 1982; jackknife: Thomson & Chave 1991.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_MULTITAPER_H
#define VENTURI_MULTITAPER_H

#include "venturi/base.h"

/* Discrete prolate spheroidal sequences: the k of length n whose energy lies most within nw / n cycles
 * per sample.  taper: k x n, orthonormal rows, even ones with a positive sum, odd ones with a positive
 * first half; concentration (k, or null): the share of energy inside, descending.
 *
 * By the tridiagonal matrix that commutes with the band-limiting one, split by parity (Slepian 1978).
 * VT_EDOMAIN unless 1 <= k <= n and 0 < nw < n / 2.  Cost n^3.
 * When it misleads: beyond k = 2 nw - 1 the energy leaks. */
enum vt_status vt_dpss(struct vt_ctx *ctx, size_t n, double nw, size_t k, double *taper, double *concentration);

/* Eigenspectra of a real series of n numbers, x[j * step]: out[t][b] for taper t of k, bin b of n / 2 + 1. */
enum vt_status vt_eigenspectra(struct vt_ctx *ctx, size_t n, size_t k, const double *taper, const double *x,
                               size_t step, double *out);

/* One spectrum from k eigenspectra.  Thomson's adaptive weights hold down, bin by bin, the tapers whose
 * leakage from the rest of the series (of variance `variance`) exceeds what is there; without
 * concentration: the plain mean.  out: `bins` numbers. */
void vt_multitaper(size_t k, size_t bins, const double *eigen, const double *concentration, double variance,
                   double *out);

/* Mean of n positive numbers value[i * stride], and the 95 % interval of their expectation: the
 * logarithm of the mean, leaving out one at a time, with Student's t of n - 1 degrees.  The numbers
 * must be independent: tapers of one series, or series of one process.  NaN with fewer than 2, or
 * where a mean is not positive. */
struct vt_log_interval {
	double mean, lo, hi;
};
struct vt_log_interval vt_jackknife_log(size_t n, const double *value, size_t stride);

#endif
