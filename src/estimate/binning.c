/* Plug-in information of discretised rows: the estimator of the published information planes.
 * A row's cell is the tuple of its units' bins.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discrete.h"
#include "layer.h"
#include "venturi/num.h"

enum edges { STATED, IDNNS, ADAPTIVE, QUANTILE };

struct settings {
	int edges;
	int64_t bins;
	struct vt_reals range;
	double width;
};

static const char *const edge_names[] = { "stated", "idnns", "adaptive", "quantile", NULL };

static const struct vt_option options[] = {
	{ "edges", VT_CHOICE, offsetof(struct settings, edges), .def = "stated", .choices = edge_names,
	  .help = "stated: `bins` equal bins over `range`, the top one closed, and two more for what lies outside; or, "
	          "without a range, floor(x / width). idnns: the published code's linspace edges over `range`: bins - 1 "
	          "bins, the top one open, values below wrap to it. adaptive: `bins` equal bins over the layer's own "
	          "least to greatest value at each snapshot. quantile: `bins` bins with equally many of the layer's "
	          "values at each snapshot, ties together" },
	{ "bins", VT_INT, offsetof(struct settings, bins), 2, 1000000, "30", .unit = "bins per unit",
	  .help = "how many, except with `width`" },
	{ "range", VT_REALS, offsetof(struct settings, range), .optional = true, .max_items = 2,
	  .unit = "activation", .help = "[a, b]: where the bins lie; never taken from the data silently" },
	{ "width", VT_REAL, offsetof(struct settings, width), 0, 1e300, "0", .unit = "activation",
	  .help = "width of bins without a range; 0: not given" },
	{ 0 }
};

static enum vt_status check(struct vt_ctx *ctx, const void *settings)
{
	enum vt_status status = VT_OK;
	const struct settings *s = settings;
	bool ranged = s->range.n > 0, stated = s->edges == STATED;
	VT_REQUIRE(ctx, !ranged || s->range.n == 2, VT_ECONFIG, "range has %zu numbers, 2 are wanted: [a, b]", s->range.n);
	if (ranged) {
		double a = s->range.v[0], b = s->range.v[1], step = (b - a) / (double)s->bins;
		VT_REQUIRE(ctx, isfinite(b - a) && a < a + step, VT_ECONFIG,
		           "range [%g, %g] has no room for %lld bins; write [a, b] with a < b", a, b, (long long)s->bins);
	}
	VT_REQUIRE(ctx, s->width == 0 || stated, VT_ECONFIG, "width = %g does not go with edges: %s; leave one out",
	           s->width, edge_names[s->edges]);
	VT_REQUIRE(ctx, !(ranged && s->width != 0), VT_ECONFIG,
	           "range [%g, %g] and width = %g are both given; leave one out", s->range.v[0], s->range.v[1], s->width);
	VT_REQUIRE(ctx, ranged || s->width > 0 || !stated, VT_ECONFIG,
	           "binning needs a range ([-1, 1] for tanh) with bins, or a width; neither is given");
	VT_REQUIRE(ctx, ranged || s->edges != IDNNS, VT_ECONFIG, "edges: idnns needs a range; [-1, 1] is the published one");
	VT_REQUIRE(ctx, !ranged || s->edges <= IDNNS, VT_ECONFIG,
	           "range [%g, %g] does not go with edges: %s, which take it from the data; leave one out",
	           s->range.v[0], s->range.v[1], edge_names[s->edges]);
done:
	return status;
}

/* Numbers the bins.  With edges, in ascending order between two sentinels: a value that lies at or
 * above edge[c] and below edge[c + 1] is in bin[c].  Without: floor(x / width) - first. */
struct ruler {
	uint64_t n_bins;          /* 0: too many to be counted, told apart by their bits */
	size_t n_edges;
	double *edge;             /* n_edges + 2 */
	uint32_t *bin;            /* n_edges + 1 */
	double low, per_step;     /* first guess c = (x - low) per_step + 1, for equal edges; else 0 */
	double width, first;
};

static void ruler_clear(struct ruler *r)
{
	free(r->edge);
	free(r->bin);
}

static enum vt_status ruler_create(struct vt_ctx *ctx, size_t n_edges, struct ruler *r)
{
	enum vt_status status = VT_OK;
	r->n_edges = n_edges;
	r->n_bins = n_edges + 1;
	VT_NEW(ctx, r->edge, n_edges + 2);
	VT_NEW(ctx, r->bin, n_edges + 1);
	r->edge[0] = -INFINITY;
	r->edge[n_edges + 1] = INFINITY;
	for (size_t c = 0; c <= n_edges; c++) r->bin[c] = (uint32_t)c;
done:
	return status;
}

/* a + i step as numpy's linspace rounds it: product and sum apart, the last edge exact. */
static void place_equally(struct ruler *r, double a, double b)
{
	double step = (b - a) / (double)(r->n_edges - 1);
	for (size_t i = 0; i < r->n_edges; i++) {
		volatile double product = (double)i * step; /* keeps the compiler from fusing */
		r->edge[i + 1] = product + a;
	}
	r->edge[r->n_edges] = b;
	r->low = a;
	r->per_step = step > 0 && isfinite(1 / step) ? 1 / step : 0;
}

/* n equal bins from a to b; the top edge moves up by the least step, so that b itself is inside. */
static enum vt_status equal_bins(struct vt_ctx *ctx, size_t n, double a, double b, struct ruler *r)
{
	enum vt_status status = VT_OK;
	VT_TRY(ruler_create(ctx, n + 1, r));
	place_equally(r, a, b);
	r->edge[r->n_edges] = nextafter(b, INFINITY);
done:
	return status;
}

/* numpy.digitize(x, linspace(a, b, n)) - 1 with index -1 meaning the last: values below wrap. */
static enum vt_status idnns_bins(struct vt_ctx *ctx, size_t n, double a, double b, struct ruler *r)
{
	enum vt_status status = VT_OK;
	VT_TRY(ruler_create(ctx, n, r));
	place_equally(r, a, b);
	r->n_bins = n;
	r->bin[0] = (uint32_t)n - 1;
	for (size_t c = 1; c <= n; c++) r->bin[c] = (uint32_t)c - 1;
done:
	return status;
}

/* Edges at the values of rank k m / n among all m values of the layer. */
static enum vt_status quantile_bins(struct vt_ctx *ctx, size_t n, const struct vt_mat *t, struct ruler *r)
{
	enum vt_status status = VT_OK;
	size_t m = t->rows * t->cols;
	double *sorted = NULL;
	VT_NEW(ctx, sorted, m);
	for (size_t i = 0; i < t->rows; i++)
		memcpy(sorted + i * t->cols, t->x + i * t->stride, t->cols * sizeof *sorted);
	vt_sort(sorted, m);
	VT_TRY(ruler_create(ctx, n - 1, r));
	for (size_t k = 1; k < n; k++) r->edge[k] = sorted[(size_t)((double)k * (double)m / (double)n)];
done:
	free(sorted);
	return status;
}

/* Edges at or below x, for the guess and for the few steps that rounding may leave. */
static inline size_t edges_below(const struct ruler *r, double x)
{
	double guess = (x - r->low) * r->per_step + 1, most = (double)r->n_edges;
	guess = guess > 0 ? guess : 0;
	size_t c = (size_t)(guess < most ? guess : most);
	while (x < r->edge[c]) c--;
	while (x >= r->edge[c + 1]) c++;
	return c;
}

/* The same by bisection, for unequal edges. */
static size_t edges_below_bisect(const struct ruler *r, double x)
{
	size_t low = 0, high = r->n_edges + 1;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (x >= r->edge[middle]) low = middle;
		else high = middle;
	}
	return low;
}

VT_CLONES static void bounds(const struct vt_mat *t, double *low, double *high)
{
	struct vt_mat flat = vt_flat(t);
	double least = INFINITY, most = -INFINITY;
	for (size_t i = 0; i < flat.rows; i++) {
		const double *x = flat.x + i * flat.stride;
#pragma omp simd reduction(min : least) reduction(max : most)
		for (size_t c = 0; c < flat.cols; c++) {
			least = x[c] < least ? x[c] : least;
			most = x[c] > most ? x[c] : most;
		}
	}
	*low = least;
	*high = most;
}

/* floor(x / width) unbounded.  Division and floor keep the order of numbers, so the layer's least
 * and greatest value bound the bins. */
static void unbounded_bins(double width, const struct vt_mat *t, struct ruler *r)
{
	double low, high;
	bounds(t, &low, &high);
	double first = floor(low / width), last = floor(high / width);
	bool few = last - first < 0x1p32 && fabs(first) < 0x1p52 && fabs(last) < 0x1p52;
	*r = (struct ruler){ .width = width, .first = first, .n_bins = few ? (uint64_t)(last - first) + 1 : 0 };
}

static enum vt_status make_ruler(struct vt_ctx *ctx, const struct settings *s, const struct vt_mat *t, struct ruler *r)
{
	size_t n = (size_t)s->bins;
	double low, high;
	if (s->edges == IDNNS) return idnns_bins(ctx, n, s->range.v[0], s->range.v[1], r);
	if (s->edges == QUANTILE) return quantile_bins(ctx, n, t, r);
	if (s->edges == ADAPTIVE) {
		bounds(t, &low, &high);
		return equal_bins(ctx, n, low, high, r);
	}
	if (s->range.n > 0) return equal_bins(ctx, n, s->range.v[0], s->range.v[1], r);
	unbounded_bins(s->width, t, r);
	return VT_OK;
}

/* A row's bins of units begin .. end - 1 are the digits of its word. */
VT_CLONES static void make_words(const struct ruler *r, const struct vt_mat *t, size_t begin, size_t end,
                                 uint64_t *word)
{
	for (size_t i = 0; i < t->rows; i++) {
		const double *x = t->x + i * t->stride;
		uint64_t w = 0;
		if (r->per_step > 0) {
			for (size_t c = begin; c < end; c++) w = w * r->n_bins + r->bin[edges_below(r, x[c])];
		} else if (r->edge) {
			for (size_t c = begin; c < end; c++) w = w * r->n_bins + r->bin[edges_below_bisect(r, x[c])];
		} else if (r->n_bins > 0) {
			for (size_t c = begin; c < end; c++)
				w = w * r->n_bins + (uint64_t)(int64_t)(floor(x[c] / r->width) - r->first);
		} else {
			w = vt_partition_bits(floor(x[begin] / r->width));
		}
		word[i] = w;
	}
}

/* As many units as fit into 64 bits are taken in at a time. */
static void refine_by_bins(const struct ruler *r, const struct vt_mat *t, uint64_t *word, struct vt_partition *p)
{
	size_t units = 1;
	if (r->n_bins > 1)
		for (uint64_t room = UINT64_MAX / r->n_bins; room >= r->n_bins; room /= r->n_bins) units++;
	for (size_t c = 0; c < t->cols && p->n_cells < p->n; c += units) {
		make_words(r, t, c, t->cols - c < units ? t->cols : c + units, word);
		vt_partition_refine(p, word);
	}
}

VT_CLONES static double share_outside(const struct vt_mat *t, double low, double high)
{
	struct vt_mat flat = vt_flat(t);
	double outside = 0;
	for (size_t i = 0; i < flat.rows; i++) {
		const double *x = flat.x + i * flat.stride;
#pragma omp simd reduction(+ : outside)
		for (size_t c = 0; c < flat.cols; c++) outside += (x[c] < low ? 1.0 : 0.0) + (x[c] > high ? 1.0 : 0.0);
	}
	return outside / (double)(t->rows * t->cols);
}

static enum vt_status layer(struct vt_ctx *ctx, const void *settings, const struct vt_layer *in,
                            struct vt_information out[2])
{
	enum vt_status status = VT_OK;
	const struct settings *s = settings;
	struct ruler ruler = { 0 };
	struct vt_partition cells = { 0 };
	uint64_t *word = NULL;
	VT_TRY(make_ruler(ctx, s, &in->t, &ruler));
	VT_NEW(ctx, word, in->t.rows);
	VT_TRY(vt_partition_create(ctx, in->t.rows, &cells));
	refine_by_bins(&ruler, &in->t, word, &cells);
	VT_TRY(vt_cells_information(ctx, &cells, in, &out[0]));
	if (s->range.n > 0) out[0].out_of_range_share = share_outside(&in->t, s->range.v[0], s->range.v[1]);
	if (out[0].out_of_range_share > 0.01) out[0].flags |= VT_OUT_OF_RANGE;
done:
	vt_partition_clear(&cells);
	free(word);
	ruler_clear(&ruler);
	return status;
}

/* ---- pairs --------------------------------------------------------------------- */

/* Cells of a continuous variable, by a ruler of its own where the settings take it from the data. */
static enum vt_status binned(struct vt_ctx *ctx, const struct settings *s, const struct vt_mat *m, int32_t **out,
                             size_t *n_symbols)
{
	enum vt_status status = VT_OK;
	struct ruler ruler = { 0 };
	struct vt_partition cells = { 0 };
	uint64_t *word = NULL;
	int32_t *symbol = NULL;
	VT_TRY(make_ruler(ctx, s, m, &ruler));
	VT_NEW(ctx, word, m->rows);
	VT_NEW(ctx, symbol, m->rows);
	VT_TRY(vt_partition_create(ctx, m->rows, &cells));
	refine_by_bins(&ruler, m, word, &cells);
	for (size_t i = 0; i < m->rows; i++) symbol[i] = (int32_t)cells.cell[i];
	*n_symbols = cells.n_cells;
	*out = symbol;
	symbol = NULL;
done:
	vt_partition_clear(&cells);
	ruler_clear(&ruler);
	free(word);
	free(symbol);
	return status;
}

static enum vt_status symbols(struct vt_ctx *ctx, const struct settings *s, const struct vt_pair *in,
                              struct vt_symbol_rows *out)
{
	enum vt_status status = VT_OK;
	struct vt_symbol_rows r = { .n = in->x.rows };
	VT_TRY(in->discrete_x ? vt_symbols(ctx, &in->x, &r.x, &r.n_x) : binned(ctx, s, &in->x, &r.x, &r.n_x));
	VT_TRY(in->discrete_y ? vt_symbols(ctx, &in->y, &r.y, &r.n_y) : binned(ctx, s, &in->y, &r.y, &r.n_y));
	if (in->z.cols > 0)
		VT_TRY(in->discrete_z ? vt_symbols(ctx, &in->z, &r.z, &r.n_z) : binned(ctx, s, &in->z, &r.z, &r.n_z));
	*out = r;
	r = (struct vt_symbol_rows){ 0 };
done:
	vt_symbol_rows_clear(&r);
	return status;
}

static void flag_range(const struct settings *s, const struct vt_mat *m, bool discrete, struct vt_estimated *out)
{
	if (discrete || m->cols == 0 || s->range.n == 0) return;
	double share = share_outside(m, s->range.v[0], s->range.v[1]);
	if (share > 0.01)
		vt_estimated_flag(out, VT_OUT_OF_RANGE, "%.3g %% of the values lie outside [%g, %g]", 100 * share, s->range.v[0],
		                  s->range.v[1]);
}

static enum vt_status pair(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, struct vt_estimated *out)
{
	enum vt_status status = VT_OK;
	struct vt_symbol_rows s = { 0 };
	VT_TRY(symbols(ctx, settings, in, &s));
	flag_range(settings, &in->x, in->discrete_x, out);
	flag_range(settings, &in->y, in->discrete_y, out);
	flag_range(settings, &in->z, in->discrete_z, out);
	VT_TRY(vt_discrete_estimate_symbols(ctx, &vt_plug_in_method, settings, in, &s, out));
done:
	vt_symbol_rows_clear(&s);
	return status;
}

static enum vt_status null(struct vt_ctx *ctx, const void *settings, const struct vt_pair *in, const uint32_t *order,
                           double *out)
{
	enum vt_status status = VT_OK;
	struct vt_symbol_rows s = { 0 };
	VT_TRY(symbols(ctx, settings, in, &s));
	VT_TRY(vt_discrete_null_symbols(ctx, &vt_plug_in_method, settings, in, &s, order, out));
done:
	vt_symbol_rows_clear(&s);
	return status;
}

const struct vt_estimate_kind vt_estimate_binning = {
	.kind = { "binning", "plug-in entropy of discretised rows",
	          "Shwartz-Ziv & Tishby 2017 (range, idnns); Saxe et al. 2018 (width); Chelombiev et al. 2019 (quantile)",
	          sizeof(struct settings), options,
	          "the bins decide the number: unbounded units in bins on [-1, 1] seem to lose information as they grow; "
	          "adaptive and quantile bins change the ruler from one snapshot to the next" },
	.traits = VT_TAKES_ALL | VT_TAKES_CONDITION | VT_SYMMETRIC,
	.n_bounds = 1,
	.bound = { VT_POINT },
	.suffix = { "" },
	.cannot_mean = "The entropy of a partition of the layer's space, not mutual information: in a deterministic "
	               "network the true I(X;T) is H(X) or infinite, and a fall of this number means that rows gather "
	               "in fewer bins.",
	.layer = layer,
	.pair = pair,
	.null = null,
	.check = check,
};

enum vt_status vt_binning_by_width(struct vt_ctx *ctx, double width, const struct vt_layer *in,
                                   struct vt_information *out)
{
	const struct settings s = { .edges = STATED, .bins = 30, .width = width };
	struct vt_information point[2];
	enum vt_status status = vt_estimate_run(ctx, &vt_estimate_binning, &s, in, point);
	if (status == VT_OK) *out = point[0];
	return status;
}
