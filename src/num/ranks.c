/* What follows from the ranks of scores.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "venturi/num.h"

/* Sum and sum of squares. */
struct sums {
	double n, sum, square;
};

static void add(struct sums *s, double x, double times)
{
	s->n += times;
	s->sum += times * x;
	s->square += times * x * x;
}

static double variance_of_mean(const struct sums *s)
{
	double mean = s->sum / s->n;
	return s->n > 1 ? fmax(0, s->square / s->n - mean * mean) / (s->n - 1) : (double)NAN;
}

/* Each score's placement is the share of the other class below it, ties counted half; over a run of equal scores
 * all placements of a class are equal. */
enum vt_status vt_auc(struct vt_ctx *ctx, size_t n, const double *score, const uint8_t *positive, double *auc,
                      double *se)
{
	enum vt_status status;
	struct vt_ranked *v = NULL;
	struct sums up = { 0 }, down = { 0 };
	double n_up = 0, below_up = 0, below_down = 0;
	VT_NEW(ctx, v, n);
	for (size_t i = 0; i < n; i++) {
		v[i] = (struct vt_ranked){ score[i], i };
		n_up += positive[i] != 0;
	}
	double n_down = (double)n - n_up;
	VT_REQUIRE(ctx, n_up > 0 && n_down > 0, VT_EDOMAIN, "an AUC of %g positive and %g negative rows", n_up, n_down);
	vt_ranked_sort(v, n);
	for (size_t i = 0, end; i < n; i = end) {
		double here_up = 0;
		for (end = i; end < n && v[end].value == v[i].value; end++) here_up += positive[v[end].row] != 0;
		double here_down = (double)(end - i) - here_up;
		add(&up, (below_down + here_down / 2) / n_down, here_up);
		add(&down, 1 - (below_up + here_up / 2) / n_up, here_down);
		below_up += here_up;
		below_down += here_down;
	}
	*auc = up.sum / n_up;
	*se = sqrt(variance_of_mean(&up) + variance_of_mean(&down));
	status = VT_OK;
done:
	free(v);
	return status;
}
