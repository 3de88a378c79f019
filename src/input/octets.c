/* Whole files as bytes, whatever is in them: plain, gzip, or the compressed text of Debian's bible-kjv-text.
 *
 * The last is a table of windows of equal size, each packed by the `compress` program of 1985 (LZW, codes of 9 to 16
 * bits) on its own; only the first carries its signature.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "open.h"

struct packed {
	const char *path;
	size_t size;
	uint8_t *byte;
};

static enum vt_status load(struct vt_ctx *ctx, const char *path, size_t limit, struct packed *out)
{
	enum vt_status status;
	int fd = -1;

	VT_TRY(vt_input_open(ctx, path, &fd, &out->size));
	VT_TRY(vt_bytes_fit(ctx, VT_EDATA, path, out->size, limit));
	VT_TRY(vt_input_fits(ctx, path, out->size));
	out->path = path;
	VT_NEW(ctx, out->byte, out->size);
	VT_TRY(vt_input_bytes(ctx, fd, path, out->size, out->byte));
done:
	if (fd >= 0) close(fd);
	return status;
}

/* ---- gzip ------------------------------------------------------------------ */

/* Streams one after the other are one file, and tapes end in null bytes; anything else behind a stream is damage, which
 * reading on will find. */
static bool goes_on(z_stream *z)
{
	while (z->avail_in > 0 && *z->next_in == 0) {
		z->next_in++;
		z->avail_in--;
	}
	return z->avail_in > 0;
}

/* Into `out`, which grows up to the limit. */
static enum vt_status inflate_all(struct vt_ctx *ctx, const struct packed *p, z_stream *z, size_t limit, size_t *n,
                                  uint8_t **out)
{
	enum vt_status status = VT_OK;
	size_t room = 0, most = limit < vt_ctx_most_bytes(ctx) ? limit : vt_ctx_most_bytes(ctx);
	int code = Z_OK;
	while (code != Z_STREAM_END) {
		if (*n == room) {
			VT_REQUIRE(ctx, room < most, VT_EDATA, "%s: unpacks to more than %zu bytes (--max-bytes raises this)", p->path,
			           most);
			room = room == 0 ? 1 << 16 : room < most / 2 ? room * 2 : most;
			if (room > most) room = most;
			uint8_t *larger = realloc(*out, room);
			VT_REQUIRE(ctx, larger, VT_ENOMEM, "no memory for %zu bytes", room);
			*out = larger;
		}
		size_t piece = room - *n < 1u << 30 ? room - *n : 1u << 30;
		z->next_out = *out + *n;
		z->avail_out = (unsigned)piece;
		code = inflate(z, Z_NO_FLUSH);
		*n += piece - z->avail_out;
		VT_REQUIRE(ctx, code == Z_STREAM_END || (code == Z_OK && (z->avail_out == 0 || z->avail_in > 0)), VT_EDATA,
		           "%s: the gzip stream is damaged or cut off after %zu bytes", p->path, *n);
		if (code == Z_STREAM_END && goes_on(z)) code = inflateReset(z);
	}
done:
	return status;
}

static enum vt_status gunzip(struct vt_ctx *ctx, const struct packed *p, size_t limit, size_t *n, uint8_t **out)
{
	enum vt_status status;
	z_stream z = { .next_in = p->byte, .avail_in = (unsigned)p->size };
	VT_REQUIRE(ctx, p->size <= UINT32_MAX, VT_EDATA, "%s: has %zu bytes, wanted at most %u", p->path, p->size,
	           UINT32_MAX);
	VT_REQUIRE(ctx, inflateInit2(&z, 15 + 16) == Z_OK, VT_ENOMEM, "%s: zlib has no memory", p->path);
	status = inflate_all(ctx, p, &z, limit, n, out);
	inflateEnd(&z);
done:
	return status;
}

/* ---- windows of LZW ----------------------------------------------------------- */

enum { SIGNATURE = 4, TABLE = 0x60, CLEAR = 256, FIRST_CODE = 257, MOST_BITS = 16, CODES = 1 << MOST_BITS,
       LARGEST_WINDOW = 1 << 20 };

/* Words by code: a byte behind the word `before`. */
struct words {
	uint16_t before[CODES];
	uint8_t last[CODES];
	uint8_t backwards[CODES];
};

/* Codes come in groups of eight of the same width; what is left of a group when the width changes is padding. */
struct codes {
	const uint8_t *byte;
	size_t size, bit, group; /* group: bit at which it began */
	unsigned width;
};

static void change_width(struct codes *c, unsigned width)
{
	size_t group = 8 * (size_t)c->width, used = (c->bit - c->group) % group;
	if (used > 0) c->bit += group - used;
	c->group = c->bit;
	c->width = width;
}

/* -1 at the end. */
static long next_code(struct codes *c)
{
	unsigned long code = 0;
	if (c->bit + c->width > 8 * c->size) return -1;
	for (unsigned b = 0; b < c->width; b++, c->bit++)
		code |= (unsigned long)(c->byte[c->bit / 8] >> c->bit % 8 & 1) << b;
	return (long)code;
}

/* The word of a code, backwards; `first` and `before` are those of the code before it.  0: there is no such word. */
static size_t spell(struct words *w, size_t code, size_t next, size_t before, uint8_t first)
{
	size_t length = 0, at = code;
	if (code > next) return 0;
	if (code == next) { /* the word that is being made: the last one and its own first byte */
		w->backwards[length++] = first;
		at = before;
	}
	for (; at > 255; at = w->before[at]) { /* before[at] < at: this ends */
		if (at == CLEAR || length + 2 > CODES) return 0;
		w->backwards[length++] = w->last[at];
	}
	w->backwards[length++] = (uint8_t)at;
	return length;
}

/* Unpacks one window of at most `room` bytes; SIZE_MAX where the codes make no sense. */
static size_t unpack(struct codes c, struct words *w, uint8_t *out, size_t room)
{
	size_t n = 0, next = FIRST_CODE, before = CODES; /* CODES: no word came before */
	uint8_t first = 0;
	for (long code; (code = next_code(&c)) >= 0; before = (size_t)code) {
		if (code == CLEAR) { /* its own code goes to a word that nobody can refer to */
			change_width(&c, 9);
			next = FIRST_CODE - 1;
			code = (long)before;
			continue;
		}
		if (before == CODES && code > 255) return SIZE_MAX;
		size_t length = spell(w, (size_t)code, next, before, first);
		if (length == 0 || length > room - n) return SIZE_MAX;
		first = w->backwards[length - 1];
		while (length > 0) out[n++] = w->backwards[--length];
		if (before < CODES && next < CODES) {
			w->before[next] = (uint16_t)before;
			w->last[next++] = first;
		}
		if (next >= (size_t)1 << c.width && c.width < MOST_BITS) change_width(&c, c.width + 1);
	}
	return n;
}

static size_t number(const uint8_t *b)
{
	return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
}

/* At 0x54 the size of a window, at 0x58 how many there are, at 0x5c where the first begins, from 0x60 where each
 * ends. */
static enum vt_status unpack_windows(struct vt_ctx *ctx, const struct packed *p, size_t limit, size_t *n, uint8_t **out)
{
	enum vt_status status;
	struct words *w = NULL;
	size_t all = 0, most = limit < vt_ctx_most_bytes(ctx) ? limit : vt_ctx_most_bytes(ctx);
	VT_REQUIRE(ctx, p->size > TABLE, VT_EDATA, "%s: ends after %zu bytes of its header", p->path, p->size);
	size_t window = number(p->byte + 0x54), count = number(p->byte + 0x58), begin = number(p->byte + 0x5c), end;
	VT_REQUIRE(ctx, window >= 1 && window <= LARGEST_WINDOW && count >= 1 && count <= (p->size - TABLE) / 4, VT_EDATA,
	           "%s: declares %zu windows of %zu bytes, which %zu bytes cannot hold", p->path, count, window, p->size);
	VT_REQUIRE(ctx, !__builtin_mul_overflow(count, window, &all) && all <= most, VT_EDATA,
	           "%s: unpacks to %zu windows of %zu bytes, wanted at most %zu bytes (--max-bytes raises this)", p->path,
	           count, window, most);
	VT_NEW(ctx, w, 1);
	VT_NEW(ctx, *out, all);
	for (size_t k = 0; k < count; k++, begin = end) {
		end = number(p->byte + TABLE + 4 * k);
		VT_REQUIRE(ctx, begin < end && end <= p->size, VT_EDATA, "%s: window %zu lies at %zu to %zu of %zu bytes", p->path,
		           k, begin, end, p->size);
		struct codes c = { .byte = p->byte + begin, .size = end - begin, .width = 9 };
		size_t got = unpack(c, w, *out + *n, window);
		VT_REQUIRE(ctx, got == window || (k + 1 == count && got < window), VT_EDATA, "%s: window %zu of %zu is damaged",
		           p->path, k, count);
		*n += got;
	}
	status = VT_OK;
done:
	free(w);
	return status;
}

/* ---- the door ------------------------------------------------------------------- */

enum vt_status vt_input_octets(struct vt_ctx *ctx, const char *path, size_t limit, size_t *n, uint8_t **out)
{
	enum vt_status status;
	struct packed p = { 0 };
	uint8_t *plain = NULL;
	size_t size = 0;

	VT_TRY(load(ctx, path, limit, &p));
	if (p.size > 2 && p.byte[0] == 0x1f && p.byte[1] == 0x8b) {
		VT_TRY(gunzip(ctx, &p, limit, &size, &plain));
	} else if (p.size > SIGNATURE && memcmp(p.byte, "EC02", SIGNATURE) == 0) {
		VT_TRY(unpack_windows(ctx, &p, limit, &size, &plain));
	} else {
		plain = p.byte;
		size = p.size;
		p.byte = NULL;
	}
	*out = plain;
	*n = size;
	plain = NULL;
done:
	free(p.byte);
	free(plain);
	return status;
}
