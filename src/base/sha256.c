/* SHA-256 through nettle.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include <nettle/sha2.h>

#include "venturi/base.h"

struct vt_sha256 {
	struct sha256_ctx state;
};

static void hexadecimal(struct sha256_ctx *state, char out[65])
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	sha256_digest(state, sizeof digest, digest);
	for (size_t i = 0; i < sizeof digest; i++) snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

void vt_sha256(const void *data, size_t n, char out[65])
{
	struct sha256_ctx state;
	sha256_init(&state);
	sha256_update(&state, n, data);
	hexadecimal(&state, out);
}

struct vt_sha256 *vt_sha256_create(struct vt_ctx *ctx)
{
	struct vt_sha256 *h = vt_alloc(ctx, 1, sizeof *h);
	if (h) sha256_init(&h->state);
	return h;
}

void vt_sha256_add(struct vt_sha256 *h, const void *data, size_t n)
{
	sha256_update(&h->state, n, data);
}

void vt_sha256_finish(struct vt_sha256 *h, char out[65])
{
	hexadecimal(&h->state, out);
	free(h);
}
