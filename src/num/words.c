/* Functions of n bits: their Walsh transform and the complexity of their tables.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>

#include "venturi/words.h"

void vt_walsh(double *x, size_t n_bits)
{
	size_t n = (size_t)1 << n_bits;
	for (size_t half = 1; half < n; half *= 2)
		for (size_t block = 0; block < n; block += 2 * half)
			for (size_t i = block; i < block + half; i++) {
				double a = x[i], b = x[i + half];
				x[i] = a + b;
				x[i + half] = a - b;
			}
}

/* Bit i of the string, or of the string read backwards. */
static uint8_t at(const uint8_t *bit, size_t n, int backwards, size_t i)
{
	return bit[backwards ? n - 1 - i : i];
}

/* The piece that begins at `begin` grows while some earlier place `from` agrees with it. */
static size_t count_words(const uint8_t *bit, size_t n, int backwards)
{
	size_t words = 1;
	for (size_t begin = 1; begin < n; words++) {
		size_t longest = 0;
		for (size_t from = 0; from < begin && begin + longest < n; from++) {
			size_t k = 0;
			while (begin + k < n && at(bit, n, backwards, from + k) == at(bit, n, backwards, begin + k)) k++;
			if (k > longest) longest = k;
		}
		begin += longest + 1;
	}
	return words;
}

size_t vt_lempel_ziv_words(const uint8_t *bit, size_t n)
{
	return count_words(bit, n, 0);
}

double vt_lempel_ziv(const uint8_t *bit, size_t n)
{
	size_t same = 1;
	while (same < n && bit[same] == bit[0]) same++;
	if (same == n) return log2((double)n);
	return log2((double)n) / 2 * (double)(count_words(bit, n, 0) + count_words(bit, n, 1));
}
