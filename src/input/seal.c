/* The line that ends each HDF5 file of ours: the SHA-256 of every byte before it.  HDF5 ends a file where its
 * superblock says, so that other readers never see the line; we look at it before HDF5 sees a byte.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "open.h"

static const char words[] = "venturi-seal/1 ";
enum { WORDS = sizeof words - 1, DIGITS = 64 };
_Static_assert(WORDS + DIGITS + 1 == VT_SEAL_SIZE, "the line has a fixed length");

void vt_seal_make(const void *bytes, size_t n, char out[VT_SEAL_SIZE])
{
	char sum[65];
	vt_sha256(bytes, n, sum);
	memcpy(out, words, WORDS);
	memcpy(out + WORDS, sum, DIGITS);
	out[VT_SEAL_SIZE - 1] = '\n';
}

bool vt_seal_there(const void *bytes, size_t n)
{
	return n > VT_SEAL_SIZE && memcmp((const char *)bytes + n - VT_SEAL_SIZE, words, WORDS) == 0;
}

static enum vt_status disagrees(struct vt_ctx *ctx, const char *where, size_t n, const char *sum)
{
	return vt_ctx_fail(ctx, VT_EDATA, "%s: is damaged: the SHA-256 of its first %zu bytes is %.16s..., its seal says"
	                   " otherwise", where, n - VT_SEAL_SIZE, sum);
}

static enum vt_status has_none(struct vt_ctx *ctx, const char *where, size_t n)
{
	return vt_ctx_fail(ctx, VT_EDATA, "%s: is damaged: its %zu bytes do not end in a seal, so it was cut off, or changed"
	                   " by another program, or is no file of venturi's", where, n);
}

enum vt_status vt_seal_check(struct vt_ctx *ctx, const char *where, const void *bytes, size_t n, char out[65])
{
	char line[VT_SEAL_SIZE];
	const char *found = (const char *)bytes + n - VT_SEAL_SIZE;
	if (!vt_seal_there(bytes, n)) return has_none(ctx, where, n);
	vt_seal_make(bytes, n - VT_SEAL_SIZE, line);
	if (memcmp(line, found, VT_SEAL_SIZE) != 0) return disagrees(ctx, where, n, line + WORDS);
	memcpy(out, line + WORDS, DIGITS);
	out[DIGITS] = '\0';
	return VT_OK;
}

/* The last bytes, and whether they are a seal. */
static bool end_is_seal(int fd, size_t n, char line[VT_SEAL_SIZE])
{
	return n > VT_SEAL_SIZE && pread(fd, line, VT_SEAL_SIZE, (off_t)(n - VT_SEAL_SIZE)) == VT_SEAL_SIZE &&
	       memcmp(line, words, WORDS) == 0;
}

enum vt_status vt_seal_expect(struct vt_ctx *ctx, const char *path)
{
	int fd = -1;
	size_t n = 0;
	char line[VT_SEAL_SIZE];
	enum vt_status status = vt_input_open(ctx, path, &fd, &n);
	if (status != VT_OK) return status;
	if (!end_is_seal(fd, n, line)) status = has_none(ctx, path, n);
	close(fd);
	return status;
}

enum vt_status vt_file_seal(struct vt_ctx *ctx, const char *path, char out[65])
{
	size_t n = 0;
	uint8_t *bytes = NULL;
	enum vt_status status = vt_input_whole(ctx, path, &n, &bytes);
	if (status == VT_OK) status = vt_seal_check(ctx, path, bytes, n, out);
	free(bytes);
	return status;
}

/* ---- files that are read a part at a time ------------------------------------- */

/* Files whose seal was found to agree, so that ten datasets of a file cost one look; the oldest is forgotten. */
enum { MOST_KNOWN = 16 };
struct known {
	size_t next;
	struct stat file[MOST_KNOWN];
};

static const char owner; /* its address alone counts */

static struct known *known_of(struct vt_ctx *ctx)
{
	struct known *k = vt_ctx_kept(ctx, &owner);
	if (k) return k;
	k = vt_alloc(ctx, 1, sizeof *k);
	if (k && vt_ctx_keep(ctx, &owner, k, free) == VT_OK) return k;
	free(k);
	return NULL;
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static enum vt_status check_file(struct vt_ctx *ctx, const char *path, size_t n, const char *line)
{
	char sum[65];
	enum vt_status status = vt_file_sha256(ctx, VT_EDATA, path, VT_SEAL_SIZE, sum);
	if (status != VT_OK) return status;
	if (memcmp(line + WORDS, sum, DIGITS) == 0) return VT_OK;
	return disagrees(ctx, path, n, sum);
}

enum vt_status vt_seal_of_file(struct vt_ctx *ctx, const char *path, bool *sealed)
{
	enum vt_status status;
	int fd = -1;
	size_t n = 0;
	struct stat st;
	char line[VT_SEAL_SIZE] = "";
	struct known *k = known_of(ctx);

	VT_REQUIRE(ctx, k, VT_ENOMEM, "%s: out of memory", path);
	VT_TRY(vt_input_open(ctx, path, &fd, &n));
	VT_REQUIRE(ctx, fstat(fd, &st) == 0, VT_EDATA, "%s: cannot be examined: %s", path, strerror(errno));
	*sealed = end_is_seal(fd, n, line);
	bool seen = false;
	for (size_t i = 0; i < MOST_KNOWN; i++) seen = seen || same(&k->file[i], &st);
	if (*sealed && !seen) {
		VT_TRY(check_file(ctx, path, n, line));
		k->file[k->next++ % MOST_KNOWN] = st;
	}
	status = VT_OK;
done:
	if (fd >= 0) close(fd);
	return status;
}
