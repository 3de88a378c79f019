/* NumPy's .npy files: magic, version, a Python dictionary as text, the elements.
 * Source: NumPy enhancement proposal 1, format versions 1.0 to 3.0.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "open.h"

enum { LONGEST_HEADER = 1 << 16 };

struct header {
	char descr[16];
	bool fortran;
	size_t rank, dim[VT_MAX_RANK_HDF5];
	bool has_descr, has_order, has_shape;
};

struct cursor {
	const char *at;
};

static void skip_blanks(struct cursor *c)
{
	while (isspace((unsigned char)*c->at)) c->at++;
}

/* Steps over `text` if it comes next. */
static bool accept(struct cursor *c, const char *text)
{
	skip_blanks(c);
	size_t n = strlen(text);
	if (strncmp(c->at, text, n) != 0) return false;
	c->at += n;
	return true;
}

/* 'text' or "text", without escapes, shorter than n. */
static bool quoted(struct cursor *c, size_t n, char *out)
{
	skip_blanks(c);
	char quote = *c->at;
	if (quote != '\'' && quote != '"') return false;
	const char *begin = ++c->at, *end = strchr(begin, quote);
	if (!end || (size_t)(end - begin) >= n) return false;
	memcpy(out, begin, (size_t)(end - begin));
	out[end - begin] = '\0';
	c->at = end + 1;
	return true;
}

/* (3, 4) or (3,); more dimensions than VT_MAX_RANK_HDF5 are counted and not kept. */
static bool shape(struct cursor *c, struct header *h)
{
	if (!accept(c, "(")) return false;
	for (h->rank = 0; !accept(c, ")"); h->rank++) {
		skip_blanks(c);
		size_t value = 0;
		if (!isdigit((unsigned char)*c->at) || h->rank > 64) return false;
		for (; isdigit((unsigned char)*c->at); c->at++)
			if (__builtin_mul_overflow(value, (size_t)10, &value) ||
			    __builtin_add_overflow(value, (size_t)(*c->at - '0'), &value))
				return false;
		if (h->rank < VT_MAX_RANK_HDF5) h->dim[h->rank] = value;
		if (accept(c, ",")) continue;
		skip_blanks(c);
		if (*c->at != ')') return false;
	}
	return true;
}

/* One of the three keys; any other makes the header unknown. */
static bool entry(struct cursor *c, struct header *h)
{
	char key[32];
	if (!quoted(c, sizeof key, key) || !accept(c, ":")) return false;
	if (strcmp(key, "descr") == 0) return h->has_descr = quoted(c, sizeof h->descr, h->descr);
	if (strcmp(key, "shape") == 0) return h->has_shape = shape(c, h);
	if (strcmp(key, "fortran_order") != 0) return false;
	h->fortran = accept(c, "True");
	return h->has_order = h->fortran || accept(c, "False");
}

/* The dictionary is Python source in the standard; a parser of three keys reads it, nothing
 * evaluates it. */
static bool parse(const char *text, struct header *h)
{
	struct cursor c = { text };
	if (!accept(&c, "{")) return false;
	while (!accept(&c, "}")) {
		if (!entry(&c, h)) return false;
		if (accept(&c, ",")) continue;
		skip_blanks(&c);
		if (*c.at != '}') return false;
	}
	skip_blanks(&c);
	return *c.at == '\0' && h->has_descr && h->has_order && h->has_shape;
}

/* Magic, version and length of the dictionary; *at: bytes before the elements. */
static enum vt_status read_header(struct vt_ctx *ctx, int fd, const char *path, size_t size, struct header *h,
                                  size_t *at)
{
	enum vt_status status;
	unsigned char start[12] = { 0 };
	char *text = NULL;

	VT_REQUIRE(ctx, size >= 16, VT_EDATA, "%s: has %zu bytes, which is too short for a .npy file", path, size);
	VT_TRY(vt_input_bytes(ctx, fd, path, 10, start));
	VT_REQUIRE(ctx, memcmp(start, "\x93NUMPY", 6) == 0, VT_EDATA,
	           "%s: is not a .npy file: it does not start with \\x93NUMPY (.npz and pickles are not read)", path);
	VT_REQUIRE(ctx, start[6] >= 1 && start[6] <= 3, VT_EDATA, "%s: has .npy version %d.%d, wanted 1.0 to 3.0", path,
	           start[6], start[7]);
	size_t length = start[8] | (size_t)start[9] << 8, before = 10;
	if (start[6] > 1) {
		VT_TRY(vt_input_bytes(ctx, fd, path, 2, start + 10));
		length |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
		before = 12;
	}
	VT_REQUIRE(ctx, length <= LONGEST_HEADER && before + length <= size, VT_EDATA,
	           "%s: the header wants %zu bytes, the file has %zu", path, length, size - before);
	VT_NEW(ctx, text, length + 1);
	VT_TRY(vt_input_bytes(ctx, fd, path, length, text));
	VT_REQUIRE(ctx, strlen(text) == length && parse(text, h), VT_EDATA,
	           "%s: the header is not {'descr': TYPE, 'fortran_order': BOOL, 'shape': (N, ...)} with a plain TYPE",
	           path);
	*at = before + length;
	status = VT_OK;
done:
	free(text);
	return status;
}

/* ---- elements ----------------------------------------------------------- */

struct element {
	char type;   /* i, u, f, b */
	size_t size;
	bool swap;
};

static bool known_size(char type, size_t size)
{
	if (type == 'b') return size == 1;
	if (type == 'f') return size == 2 || size == 4 || size == 8;
	return (type == 'i' || type == 'u') && (size == 1 || size == 2 || size == 4 || size == 8);
}

static enum vt_status parse_element(struct vt_ctx *ctx, const char *path, const char *descr, struct element *e)
{
	const char *p = descr;
	char order = '=';
	if (*p && strchr("<>|=", *p)) order = *p++;
	e->type = *p;
	e->size = 0;
	if (*p && p[1] >= '1' && p[1] <= '9' && p[2] == '\0') e->size = (size_t)(p[1] - '0');
	if (!known_size(e->type, e->size))
		return vt_ctx_fail(ctx, VT_EDATA, "%s: has element type '%s', wanted f2, f4, f8, i1 to i8, u1 to u8 or b1",
		                   path, descr);
	e->swap = order == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '>' : '<');
	return VT_OK;
}

/* IEEE 754 binary16, which C11 has no type for. */
static double half(uint16_t bits)
{
	int exponent = bits >> 10 & 31, fraction = bits & 1023;
	double sign = bits >> 15 ? -1.0 : 1.0;
	if (exponent == 31) return fraction ? (double)NAN : sign * (double)INFINITY;
	return sign * (exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24));
}

static double widen_signed(const unsigned char *b, size_t size)
{
	int8_t i1;
	int16_t i2;
	int32_t i4;
	int64_t i8;
	switch (size) {
	case 1: memcpy(&i1, b, 1); return i1;
	case 2: memcpy(&i2, b, 2); return i2;
	case 4: memcpy(&i4, b, 4); return i4;
	default: memcpy(&i8, b, 8); return (double)i8;
	}
}

static double widen_unsigned(const unsigned char *b, size_t size)
{
	uint16_t u2;
	uint32_t u4;
	uint64_t u8;
	switch (size) {
	case 1: return b[0];
	case 2: memcpy(&u2, b, 2); return u2;
	case 4: memcpy(&u4, b, 4); return u4;
	default: memcpy(&u8, b, 8); return (double)u8;
	}
}

static double widen_float(const unsigned char *b, size_t size)
{
	uint16_t f2;
	float f4;
	double f8;
	switch (size) {
	case 2: memcpy(&f2, b, 2); return half(f2);
	case 4: memcpy(&f4, b, 4); return (double)f4;
	default: memcpy(&f8, b, 8); return f8;
	}
}

/* Elements may stand at odd addresses and in the other byte order: always through a copy. */
static double widen(const struct element *e, const unsigned char *stored)
{
	unsigned char b[8];
	for (size_t i = 0; i < e->size; i++) b[i] = stored[e->swap ? e->size - 1 - i : i];
	if (e->type == 'f') return widen_float(b, e->size);
	return e->type == 'i' ? widen_signed(b, e->size) : widen_unsigned(b, e->size);
}

/* Where element i of a column-major array stands in a row-major one. */
static size_t row_major(const struct header *h, size_t i)
{
	size_t index[VT_MAX_RANK_HDF5], at = 0;
	for (size_t k = 0; k < h->rank; k++) {
		index[k] = i % h->dim[k];
		i /= h->dim[k];
	}
	for (size_t k = 0; k < h->rank; k++) at = at * h->dim[k] + index[k];
	return at;
}

/* ---- files ---------------------------------------------------------------- */

struct npy {
	int fd;
	const char *path;
	size_t at; /* bytes before the elements */
	size_t n;  /* elements of the file */
	struct header h;
	struct element e;
	struct vt_extent extent;
};

/* All that can be wrong before an element is read. */
static enum vt_status open_npy(struct vt_ctx *ctx, const char *path, struct npy *f)
{
	enum vt_status status;
	size_t size = 0, stored = 0, most = vt_input_most_stored(ctx);

	*f = (struct npy){ .fd = -1, .path = path, .n = 1 };
	VT_TRY(vt_input_open(ctx, path, &f->fd, &size));
	VT_TRY(read_header(ctx, f->fd, path, size, &f->h, &f->at));
	VT_TRY(parse_element(ctx, path, f->h.descr, &f->e));
	VT_REQUIRE(ctx, f->h.rank <= VT_MAX_RANK_HDF5, VT_EDATA, "%s: has %zu dimensions, wanted 1 to %d", path, f->h.rank,
	           VT_MAX_RANK);
	for (size_t k = 0; k < f->h.rank; k++)
		if (__builtin_mul_overflow(f->n, f->h.dim[k], &f->n) || f->n > most) f->n = most + 1; /* times 8: no overflow */
	stored = f->n * f->e.size;
	f->extent = (struct vt_extent){ .rank = f->h.rank, .integer = f->e.type != 'f' };
	memcpy(f->extent.dim, f->h.dim, sizeof f->extent.dim);
	if (f->n == 0 || f->n > vt_ctx_most_bytes(ctx) / 8 || f->h.rank == 0)
		VT_TRY(vt_input_shape(ctx, path, f->h.rank, f->h.dim, 8, &f->n));
	VT_REQUIRE(ctx, size - f->at == stored, VT_EDATA,
	           "%s: holds %zu bytes of elements, wanted %zu (%zu of %zu bytes each): it is too %s", path, size - f->at,
	           stored, f->n, f->e.size, size - f->at < stored ? "short" : "long");
	status = VT_OK;
done:
	return status;
}

/* n elements from number `first` on, in pieces, so that the file need not be in memory twice. */
static enum vt_status read_elements(struct vt_ctx *ctx, const struct npy *f, size_t first, size_t n, double *value)
{
	enum { PIECE = 1 << 16 };
	enum vt_status status;
	unsigned char *piece = NULL;

	VT_REQUIRE(ctx, lseek(f->fd, (off_t)(f->at + first * f->e.size), SEEK_SET) >= 0, VT_EDATA,
	           "%s: cannot be read: %s", f->path, strerror(errno));
	VT_NEW(ctx, piece, (size_t)PIECE * 8);
	for (size_t i = 0; i < n; i += PIECE) {
		size_t m = n - i < PIECE ? n - i : PIECE;
		VT_TRY(vt_input_bytes(ctx, f->fd, f->path, m * f->e.size, piece));
		for (size_t k = 0; k < m; k++)
			value[f->h.fortran ? row_major(&f->h, i + k) : i + k] = widen(&f->e, piece + k * f->e.size);
	}
	status = VT_OK;
done:
	free(piece);
	return status;
}

/* Fortran's order scatters a snapshot over the whole file: all of it is read and the part cut out. */
static enum vt_status read_part(struct vt_ctx *ctx, const struct npy *f, size_t index, const struct vt_array *a,
                                double **out)
{
	enum vt_status status;
	bool scattered = f->h.fortran && index != VT_WHOLE;
	size_t first = index == VT_WHOLE ? 0 : index * a->n, n = scattered ? f->n : a->n;
	double *value = NULL;

	VT_REQUIRE(ctx, n <= vt_ctx_most_bytes(ctx) / sizeof *value, VT_EDATA, "%s: has %zu elements in Fortran's order; save "
	           "it with numpy.ascontiguousarray, or raise --max-bytes", f->path, n);
	VT_NEW(ctx, value, n);
	VT_TRY(read_elements(ctx, f, scattered ? 0 : first, n, value));
	if (scattered) memmove(value, value + first, a->n * sizeof *value);
	*out = value;
	value = NULL;
done:
	free(value);
	return status;
}

enum vt_status vt_npy_extent(struct vt_ctx *ctx, const char *path, struct vt_extent *out)
{
	struct npy f;
	enum vt_status status = open_npy(ctx, path, &f);
	if (f.fd >= 0) close(f.fd);
	if (status == VT_OK) *out = f.extent;
	return status;
}

enum vt_status vt_input_npy(struct vt_ctx *ctx, const char *path, size_t index, struct vt_array *out)
{
	enum vt_status status;
	struct npy f;
	struct vt_array a = { 0 };

	VT_TRY(open_npy(ctx, path, &f));
	VT_TRY(vt_input_part(ctx, path, &f.extent, index, &a));
	VT_TRY(read_part(ctx, &f, index, &a, &a.value));
	*out = a;
done:
	if (f.fd >= 0) close(f.fd);
	return status;
}
