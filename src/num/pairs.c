/* Gaussian kernels between all pairs of rows.  Called by the pairwise entropy bounds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "venturi/pairs.h"
#include "simd.h"
#include "tiles.h"

/* Pairs of tiles are dealt to so many parts, each with sums of its own, whatever the threads. */
enum { PARTS = 32, LOOK_EVERY = 16 };

/* e^-36 is two units in the last place of 1. */
static const double negligible_nats = 36;
/* Kernels with an exponent of 2 below this are 0, so that fourth powers stay normal numbers. */
static const double least_exponent = -200;

/* Four doubles, masks, words.  Everything that takes them is inlined and takes pointers: passed
 * by value they would change the calling convention from one copy of the code to the other. */
typedef double vector __attribute__((vector_size(32), may_alias));
typedef int64_t mask __attribute__((vector_size(32), may_alias));
typedef uint64_t bits __attribute__((vector_size(32), may_alias));
enum { LANES = 4, GROUP = VT_TILE_STEP / LANES };

/* 2^x for x in [least_exponent, 0]: 2^n with n nearest to x, times 2^f, |f| <= 1/2.
 * (2^f - 1) / f is its interpolant of degree 9 at the Chebyshev nodes, made with 80 digits:
 * relative error of 2^f 6e-16, and exactly 1 at 0.  Other x give some number, or none. */
VT_INLINE void power_of_two(const vector *x, vector *out)
{
	const double round = 0x1.8p52; /* the sum's last bit is worth 1 */
	vector shifted = *x + round, f = *x - (shifted - round);
	vector g = f * f; /* even and odd powers apart: two short chains instead of a long one */
	vector even = 0x1.e5e9f548e5725p-28 * g + 0x1.62bfe46117445p-20;
	vector odd = 0x1.b6571de2f2351p-24 * g + 0x1.ffcb76789860fp-17;
	even = even * g + 0x1.4309130378460p-13;
	odd = odd * g + 0x1.5d87fe908f88ap-10;
	even = even * g + 0x1.3b2ab6fba385fp-7;
	odd = odd * g + 0x1.c6b08d7044119p-5;
	even = even * g + 0x1.ebfbdff82c590p-3;
	odd = odd * g + 0x1.62e42fefa39f7p-1;
	vector p = (even * g + 1.0) + odd * f;
	/* The low bits of `shifted` are n; moved to the exponent, the rest falls out at the top. */
	*out = (vector)((bits)p + ((bits)shifted << 52));
}

/* Wide kernel of a squared distance: 0 beyond `far`. */
VT_INLINE void kernel(double rate, double far, const vector *d2, vector *out)
{
	vector x = *d2 * -rate;
	mask near = *d2 <= far;
	power_of_two(&x, out);
	*out = (vector)((mask)*out & near);
}

VT_CLONES void vt_pair_kernel(size_t n, double rate, const double *d2, double *k)
{
	const double far = -least_exponent / (rate * M_LOG2E);
	size_t whole = n / LANES * LANES;
	vector v;
	for (size_t i = 0; i < whole; i += LANES) {
		memcpy(&v, d2 + i, sizeof v);
		kernel(rate * M_LOG2E, far, &v, &v);
		memcpy(k + i, &v, sizeof v);
	}
	if (whole == n) return;
	v = (vector){ 0 };
	memcpy(&v, d2 + whole, (n - whole) * sizeof *d2);
	kernel(rate * M_LOG2E, far, &v, &v);
	memcpy(k + whole, &v, (n - whole) * sizeof *k);
}

VT_INLINE bool any_near(size_t n, const vector *d2, double far)
{
	mask near = d2[0] <= far;
	for (size_t g = 1; g < n; g++) near |= d2[g] <= far;
	return (near[0] | near[1] | near[2] | near[3]) != 0;
}

/* Squared distances of n_rows rows to the GROUP * LANES columns of a tile at x, whose coordinates stand `room` numbers
 * apart; false once all of them are beyond `far`.  Two rows at a time hide the latency of a multiply-add, which four
 * sums cannot; in few dimensions, where kernels take longer than distances, each is better looked at alone. */
VT_INLINE bool distances(size_t n_rows, size_t width, const double *const *row, const double *x, size_t room,
                         double far, vector *d2)
{
	for (size_t g = 0; g < n_rows * GROUP; g++) d2[g] = (vector){ 0 };
	for (size_t begin = 0; begin < width; begin += LOOK_EVERY) {
		size_t end = width - begin < LOOK_EVERY ? width : begin + LOOK_EVERY;
		for (size_t c = begin; c < end; c++) {
			const vector *column = (const vector *)(x + c * room);
			for (size_t g = 0; g < n_rows * GROUP; g++) {
				vector d = column[g % GROUP] - row[g / GROUP][c];
				d2[g] += d * d;
			}
		}
		if (!any_near(n_rows * GROUP, d2, far)) return false;
	}
	return true;
}

VT_INLINE double total(const vector *v)
{
	return ((*v)[0] + (*v)[2]) + ((*v)[1] + (*v)[3]);
}

/* What a job needs to know; `rate` is that of the wide kernel, for powers of 2. */
struct job {
	const struct vt_pair_input *in;
	const struct vt_tiles *tiles;
	double rate, far;
	double *part; /* PARTS x 4 x n_slots: wide and narrow with the own label, with others */
	struct vt_pair_sums *out;
	double *null_label; /* of VT_TILE_STEP slots under each labelling in turn, then of the next */
};

/* Where sums go: n_slots numbers each. */
struct target {
	double *wide, *narrow;
};

/* What one group of a tile gives to a row, and the row to the group. */
VT_INLINE void add_group(const struct job *job, double weight_a, const vector *weight_b, const vector *d2,
                         vector sum_a[2], vector *wide_b, vector *narrow_b)
{
	for (size_t g = 0; g < GROUP; g++) {
		vector wide, square, narrow;
		kernel(job->rate, job->far, &d2[g], &wide);
		square = wide * wide;
		narrow = square * square;
		sum_a[0] += weight_b[g] * wide;
		sum_a[1] += weight_b[g] * narrow;
		wide_b[g] += weight_a * wide;
		narrow_b[g] += weight_a * narrow;
	}
}

/* Rows i .. i + n_rows - 1 against tile b: to the rows' sums, and by symmetry to those of the tile. */
VT_INLINE void add_rows(size_t n_rows, const struct job *job, size_t i, size_t b, struct target row_sum,
                        vector *wide_b, vector *narrow_b)
{
	const struct vt_tiles *t = job->tiles;
	size_t first = t->first[b], room = t->first[b + 1] - first;
	const double *row[2], *x = t->x + first * t->width;
	const vector *weight_b = (const vector *)(t->weight + first);
	vector d2[2 * GROUP], sum[2][2] = { 0 };
	for (size_t r = 0; r < n_rows; r++) row[r] = job->in->x.x + t->row[i + r] * job->in->x.stride;
	for (size_t j = 0; j < room; j += VT_TILE_STEP) {
		size_t k = j / LANES;
		if (!distances(n_rows, t->width, row, x + j, room, job->far, d2)) continue;
		for (size_t r = 0; r < n_rows; r++)
			add_group(job, t->weight[i + r], weight_b + k, d2 + r * GROUP, sum[r], wide_b + k, narrow_b + k);
	}
	for (size_t r = 0; r < n_rows; r++) {
		row_sum.wide[i + r] += total(&sum[r][0]);
		row_sum.narrow[i + r] += total(&sum[r][1]);
	}
}

/* All pairs of tiles a <= b, once: to the rows of a, and of b unless they are the same. */
VT_CLONES static void add_tiles(const struct job *job, size_t a, size_t b, struct target to)
{
	const struct vt_tiles *t = job->tiles;
	vector wide_b[VT_TILE / LANES] = { 0 }, narrow_b[VT_TILE / LANES] = { 0 };
	size_t i = t->first[a], end = i + t->count[a];
	for (; t->width >= LOOK_EVERY && i + 1 < end; i += 2) add_rows(2, job, i, b, to, wide_b, narrow_b);
	for (; i < end; i++) add_rows(1, job, i, b, to, wide_b, narrow_b);
	if (a == b) return;
	for (size_t j = 0; j < t->count[b]; j++) {
		to.wide[t->first[b] + j] += wide_b[j / LANES][j % LANES];
		to.narrow[t->first[b] + j] += narrow_b[j / LANES][j % LANES];
	}
}

/* Row a of the upper triangle of n x n that holds its pair number p, and p's place in the row. */
static size_t triangle_row(size_t n, size_t *p)
{
	size_t a = 0;
	while (*p >= n - a) *p -= n - a++;
	return a;
}

static enum vt_status add_part(void *self, size_t part)
{
	const struct job *job = self;
	const struct vt_tiles *t = job->tiles;
	size_t n = t->n_tiles, n_pairs = n * (n + 1) / 2;
	size_t p = vt_block_begin(part, PARTS, n_pairs), left = vt_block_begin(part + 1, PARTS, n_pairs) - p;
	double *sums = job->part + part * 4 * t->n_slots;
	struct target own = { sums, sums + t->n_slots }, other = { sums + 2 * t->n_slots, sums + 3 * t->n_slots };
	if (left == 0) return VT_OK;
	size_t a = triangle_row(n, &p), b = a + p;
	for (; left > 0; left--) {
		if (vt_tiles_gap(t, a, b, job->far) <= job->far)
			add_tiles(job, a, b, t->label[a] == t->label[b] ? own : other);
		if (++b == n) b = ++a;
	}
	return VT_OK;
}

/* Parts are added in their order, for each row. */
static enum vt_status combine(void *self, size_t tile)
{
	const struct job *job = self;
	const struct vt_tiles *t = job->tiles;
	size_t n = t->n_slots;
	for (size_t i = t->first[tile]; i < t->first[tile] + t->count[tile]; i++) {
		double sum[4] = { 0 };
		for (size_t part = 0; part < PARTS; part++)
			for (size_t k = 0; k < 4; k++) sum[k] += job->part[(part * 4 + k) * n + i];
		uint32_t row = t->row[i];
		job->out->wide_own[row] = sum[0];
		job->out->narrow_own[row] = sum[1];
		job->out->wide[row] = sum[0] + sum[2];
		job->out->narrow[row] = sum[1] + sum[3];
	}
	return VT_OK;
}

/* Labels of the slots from `slot` on, a multiple of VT_TILE_STEP, under labelling r.  What is used
 * together lies together; n_null rows of n_slots numbers would fight for the same cache lines. */
VT_INLINE double *null_labels(const struct job *job, size_t slot, size_t r)
{
	return job->null_label + (slot * job->in->n_null + r * VT_TILE_STEP);
}

/* One row against one tile, under all null labellings: n_null vectors each of wide and narrow.
 * mine: the row's own labels. */
VT_CLONES static void add_null(const struct job *job, size_t i, size_t b, const double *mine, vector *wide_sum,
                               vector *narrow_sum)
{
	const struct vt_tiles *t = job->tiles;
	size_t first = t->first[b], room = t->first[b + 1] - first;
	const double *row = job->in->x.x + t->row[i] * job->in->x.stride, *x = t->x + first * t->width;
	for (size_t j = 0; j < room; j += VT_TILE_STEP) {
		const vector *weight = (const vector *)(t->weight + first + j);
		vector wide[GROUP], narrow[GROUP];
		if (!distances(1, t->width, &row, x + j, room, job->far, wide)) continue;
		for (size_t g = 0; g < GROUP; g++) {
			kernel(job->rate, job->far, &wide[g], &wide[g]);
			narrow[g] = wide[g] * wide[g];
			narrow[g] *= narrow[g] * weight[g];
			wide[g] *= weight[g];
		}
		for (size_t r = 0; r < job->in->n_null; r++) {
			const vector *label = (const vector *)null_labels(job, first + j, r);
			vector w = wide_sum[r], u = narrow_sum[r];
			for (size_t g = 0; g < GROUP; g++) {
				mask same = label[g] == mine[r];
				w += (vector)((mask)wide[g] & same);
				u += (vector)((mask)narrow[g] & same);
			}
			wide_sum[r] = w;
			narrow_sum[r] = u;
		}
	}
}

/* What one row of a tile gathers: n_null numbers of `mine`, n_null vectors of the others. */
struct null_row {
	vector *wide, *narrow;
	double *mine;
};

static struct null_row null_row(vector *memory, size_t n_null, size_t i)
{
	vector *v = memory + 3 * n_null * i;
	return (struct null_row){ v, v + n_null, (double *)(v + 2 * n_null) };
}

/* The rows of one tile against all tiles, tile by tile, so that a wide tile is fetched once for all
 * rows.  Using each pair twice costs less than keeping the null's sums in parts. */
static enum vt_status null_tile(void *self, size_t a)
{
	const struct job *job = self;
	const struct vt_tiles *t = job->tiles;
	size_t n_null = job->in->n_null, n = t->n, first = t->first[a], count = t->count[a], bytes;
	if (__builtin_mul_overflow(3 * count * sizeof(vector), n_null, &bytes)) return VT_ENOMEM;
	vector *memory = aligned_alloc(sizeof *memory, bytes);
	if (!memory) return VT_ENOMEM;
	memset(memory, 0, bytes);
	for (size_t i = 0; i < count; i++)
		for (size_t r = 0; r < n_null; r++)
			null_row(memory, n_null, i).mine[r] =
				null_labels(job, first + i - i % VT_TILE_STEP, r)[i % VT_TILE_STEP];
	for (size_t b = 0; b < t->n_tiles; b++) {
		if (vt_tiles_gap(t, a, b, job->far) > job->far) continue;
		for (size_t i = 0; i < count; i++) {
			struct null_row row = null_row(memory, n_null, i);
			add_null(job, first + i, b, row.mine, row.wide, row.narrow);
		}
	}
	for (size_t i = 0; i < count; i++)
		for (size_t r = 0; r < n_null; r++) {
			struct null_row row = null_row(memory, n_null, i);
			job->out->wide_null[r * n + t->row[first + i]] = total(&row.wide[r]);
			job->out->narrow_null[r * n + t->row[first + i]] = total(&row.narrow[r]);
		}
	free(memory);
	return VT_OK;
}

static enum vt_status run_null(struct vt_ctx *ctx, struct job *job)
{
	enum vt_status status = VT_OK;
	const struct vt_tiles *t = job->tiles;
	VT_NEW(ctx, job->null_label, job->in->n_null * t->n_slots);
	for (size_t r = 0; r < job->in->n_null; r++)
		for (size_t tile = 0; tile < t->n_tiles; tile++)
			for (size_t i = t->first[tile]; i < t->first[tile] + t->count[tile]; i++)
				null_labels(job, i - i % VT_TILE_STEP, r)[i % VT_TILE_STEP] = job->in->null_label[r * t->n + t->row[i]];
	status = vt_blocks_run(ctx, t->n_tiles, false, null_tile, job);
	VT_REQUIRE(ctx, status == VT_OK, status, "out of memory for %zu null labellings", job->in->n_null);
done:
	free(job->null_label);
	return status;
}

/* Squared distance beyond which all rows together do not show beside the lightest row. */
static double far_squared(const struct vt_pair_input *in, double rate)
{
	double total = 0, lightest = INFINITY;
	for (size_t i = 0; i < in->x.rows; i++) {
		double w = in->weight ? in->weight[i] : 1;
		total += w;
		lightest = w < lightest ? w : lightest;
	}
	double nats = negligible_nats + log(total / lightest), most = -least_exponent * M_LN2;
	return (nats < most ? nats : most) / rate;
}

enum vt_status vt_pair_sums(struct vt_ctx *ctx, const struct vt_pair_input *in, struct vt_pair_sums *out)
{
	enum vt_status status = VT_OK;
	struct vt_tiles tiles = { 0 };
	struct job job = { .in = in, .tiles = &tiles, .out = out };
	double rate = 1 / (8 * in->variance);
	VT_REQUIRE(ctx, in->x.rows > 0, VT_EDOMAIN, "pair sums need at least 1 row, there are none");
	VT_REQUIRE(ctx, in->variance > 0 && isfinite(rate) && rate > 0, VT_EDOMAIN,
	           "a noise variance of %g is not a positive, finite number", in->variance);
	VT_TRY(vt_tiles_create(ctx, &in->x, in->weight, in->label, in->n_classes, &tiles));
	job.rate = rate * M_LOG2E;
	job.far = far_squared(in, rate);
	VT_NEW(ctx, job.part, PARTS * 4 * tiles.n_slots);
	VT_TRY(vt_blocks_run(ctx, PARTS, false, add_part, &job));
	VT_TRY(vt_blocks_run(ctx, tiles.n_tiles, false, combine, &job));
	if (in->n_null > 0) VT_TRY(run_null(ctx, &job));
done:
	free(job.part);
	vt_tiles_clear(&tiles);
	return status;
}
