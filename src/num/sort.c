/* Numbers in order, and rows in the order of their numbers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>

#include "venturi/num.h"

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

void vt_sort(double *v, size_t n)
{
	qsort(v, n, sizeof *v, ascending);
}

size_t vt_sorted_place(const double *v, size_t n, double x)
{
	const double *at = bsearch(&x, v, n, sizeof x, ascending);
	return at ? (size_t)(at - v) : n;
}

static int by_value(const void *a, const void *b)
{
	const struct vt_ranked *x = a, *y = b;
	if (x->value != y->value) return x->value > y->value ? 1 : -1;
	return (x->row > y->row) - (x->row < y->row);
}

void vt_ranked_sort(struct vt_ranked *v, size_t n)
{
	qsort(v, n, sizeof *v, by_value);
}
