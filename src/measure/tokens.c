/* Activations along the positions of sequences.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tokens.h"
#include "venturi/fft.h"
#include "venturi/multitaper.h"

/* ---- sequences ------------------------------------------------------------------- */

static double token(const struct vt_snapshot *s, size_t row)
{
	size_t cols = s->input.cols, at = cols - 1;
	if (cols > 1 && cols == s->n_positions) at = s->position[row];
	return s->input.x[row * s->input.stride + at];
}

enum vt_status vt_tokens_find(struct vt_ctx *ctx, const struct vt_snapshot *s, int64_t padding, size_t shortest,
                              size_t most, struct vt_tokens *out)
{
	enum vt_status status;
	size_t rows = s->tap[0].x.rows, used = 0;
	*out = (struct vt_tokens){ 0 };
	VT_REQUIRE(ctx, padding < 0 || (s->input.rows == rows && s->input.cols > 0), VT_EDOMAIN,
	           "padding %lld is to be left out, and the rows have no tokens to tell it by", (long long)padding);
	VT_NEW(ctx, out->offset, rows + 1);
	VT_NEW(ctx, out->row, rows);
	for (size_t i = 0, end; i < rows && out->n < most; i = end) {
		size_t begin = out->offset[out->n];
		for (end = i, used = begin; end < rows && s->block[end] == s->block[i]; end++)
			if (padding < 0 || token(s, end) != (double)padding) out->row[used++] = end;
		if (used - begin >= shortest) out->offset[++out->n] = used;
	}
	status = VT_OK;
done:
	return status;
}

void vt_tokens_clear(struct vt_tokens *t)
{
	free(t->offset);
	free(t->row);
	*t = (struct vt_tokens){ 0 };
}

static size_t length(const struct vt_tokens *t, size_t i)
{
	return t->offset[i + 1] - t->offset[i];
}

static size_t longest(const struct vt_tokens *t)
{
	size_t n = 0;
	for (size_t i = 0; i < t->n; i++)
		if (length(t, i) > n) n = length(t, i);
	return n;
}

/* n tokens of sequence i from `skip` on, n x cols. */
static void gather(const struct vt_tokens *t, const struct vt_mat *x, size_t i, size_t skip, size_t n, double *out)
{
	const size_t *row = t->row + t->offset[i] + skip;
	for (size_t j = 0; j < n; j++) memcpy(out + j * x->cols, x->x + row[j] * x->stride, x->cols * sizeof *out);
}

/* ---- bands ------------------------------------------------------------------------- */

static size_t band_of(size_t k, size_t n, size_t n_edges, const double *edge)
{
	size_t b = 0;
	double period = 2 * (double)n / (double)k;
	while (b < n_edges && period >= edge[b]) b++;
	return 1 + b;
}

enum vt_status vt_tokens_bands(struct vt_ctx *ctx, const struct vt_tokens *t, const struct vt_mat *x, size_t skip,
                               size_t n_edges, const double *edge, double *energy)
{
	enum vt_status status = VT_OK;
	size_t most = longest(t), cells = most * x->cols, tokens = 0;
	double *line = NULL, *coefficient = NULL;
	memset(energy, 0, (n_edges + 2) * sizeof *energy);
	VT_NEW(ctx, line, cells);
	VT_NEW(ctx, coefficient, cells);
	for (size_t i = 0; i < t->n; i++) {
		size_t n = length(t, i) > skip ? length(t, i) - skip : 0;
		const struct vt_strided columns = vt_strided_columns(n, x->cols, x->cols);
		if (n == 0) continue;
		gather(t, x, i, skip, n, line);
		VT_TRY(vt_dct(ctx, &columns, line, coefficient));
		for (size_t k = 0; k < n; k++) {
			double *to = &energy[k == 0 ? 0 : band_of(k, n, n_edges, edge)];
			for (size_t j = 0; j < x->cols; j++) *to += coefficient[j * n + k] * coefficient[j * n + k];
		}
		tokens += n;
	}
	for (size_t b = 0; b < n_edges + 2; b++) energy[b] = tokens > 0 ? energy[b] / (double)tokens : (double)NAN;
done:
	free(line);
	free(coefficient);
	return status;
}

/* ---- multitaper ---------------------------------------------------------------------- */

/* Room for one sequence. */
struct work {
	size_t bins;
	double *line, *one, *eigen; /* window x cols; tapers x bins of a column, and their mean over columns */
	double *spectra;            /* sequences x bins */
	double *tapers;             /* tapers x bins, mean over sequences */
};

/* Eigenspectra of one sequence, averaged over columns; returns the mean variance of a column. */
static enum vt_status sequence(struct vt_ctx *ctx, const struct vt_tokens_spectrum *s, size_t cols, struct work *w,
                               double *variance)
{
	enum vt_status status = VT_OK;
	size_t cells = s->n_tapers * w->bins;
	*variance = 0;
	memset(w->eigen, 0, cells * sizeof *w->eigen);
	for (size_t j = 0; j < cols; j++) {
		double mean = 0;
		for (size_t i = 0; i < s->window; i++) mean += w->line[i * cols + j] / (double)s->window;
		for (size_t i = 0; i < s->window; i++) {
			w->line[i * cols + j] -= mean;
			*variance += w->line[i * cols + j] * w->line[i * cols + j] / (double)(s->window * cols);
		}
		VT_TRY(vt_eigenspectra(ctx, s->window, s->n_tapers, s->taper, w->line + j, cols, w->one));
		for (size_t i = 0; i < cells; i++) w->eigen[i] += w->one[i] / (double)cols;
	}
done:
	return status;
}

static void intervals(const struct vt_tokens_spectrum *s, const struct work *w, size_t n)
{
	enum { ENOUGH = 4 };
	bool by_sequence = n >= ENOUGH;
	for (size_t b = 0; b < w->bins; b++) {
		struct vt_log_interval i = by_sequence ? vt_jackknife_log(n, w->spectra + b, w->bins)
		                                       : vt_jackknife_log(s->n_tapers, w->tapers + b, w->bins);
		s->mean[b] = n > 0 ? i.mean : (double)NAN;
		s->lo[b] = n > 0 ? i.lo : (double)NAN;
		s->hi[b] = n > 0 ? i.hi : (double)NAN;
	}
}

enum vt_status vt_tokens_multitaper(struct vt_ctx *ctx, const struct vt_tokens *t, const struct vt_mat *x,
                                    const struct vt_tokens_spectrum *s)
{
	enum vt_status status = VT_OK;
	struct work w = { .bins = vt_fft_bins(s->window) };
	size_t cells = s->n_tapers * w.bins, n = 0;
	double variance;
	VT_NEW(ctx, w.line, s->window * x->cols);
	VT_NEW(ctx, w.one, cells);
	VT_NEW(ctx, w.eigen, cells);
	VT_NEW(ctx, w.tapers, cells);
	VT_NEW(ctx, w.spectra, t->n * w.bins);
	for (size_t i = 0; i < t->n; i++) {
		if (length(t, i) < s->skip + s->window) continue;
		gather(t, x, i, s->skip, s->window, w.line);
		VT_TRY(sequence(ctx, s, x->cols, &w, &variance));
		vt_multitaper(s->n_tapers, w.bins, w.eigen, s->concentration, variance, w.spectra + n * w.bins);
		for (size_t c = 0; c < cells; c++) w.tapers[c] += w.eigen[c];
		n++;
	}
	for (size_t c = 0; c < cells && n > 0; c++) w.tapers[c] /= (double)n;
	intervals(s, &w, n);
done:
	free(w.line);
	free(w.one);
	free(w.eigen);
	free(w.tapers);
	free(w.spectra);
	return status;
}
