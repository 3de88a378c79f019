/* Functions of n bits as tables of 2^n values, words in ascending order, the first bit the most significant.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_WORDS_H
#define VENTURI_WORDS_H

#include <stddef.h>
#include <stdint.h>

/* Walsh-Hadamard transform in place: x[S] becomes the sum over words w of x[w] (-1)^|S and w|.  Not divided by
 * anything; twice gives 2^n x.  Exact for whole numbers.  Cost n 2^n additions.
 * Source: Yates 1937; O'Donnell 2014, Analysis of Boolean Functions, sec. 1.2. */
void vt_walsh(double *x, size_t n_bits);

/* Words of the parsing of n bits (one a byte) into the shortest pieces that did not occur before, as Lempel and Ziv
 * 1976 count them.  n > 0.  Cost n^2 at worst.  Source: Kaspar & Schuster 1987. */
size_t vt_lempel_ziv_words(const uint8_t *bit, size_t n);

/* Complexity in bits: log2 n of a constant string, else log2(n) / 2 times the words of the string and of the same read
 * backwards.  It depends on the order of the bits, and is coarse: a step is log2(n) / 2.
 * Source: Dingle, Camargo, Louis 2018, eq. 4; Valle-Perez et al. 2019, app. C. */
double vt_lempel_ziv(const uint8_t *bit, size_t n);

#endif
