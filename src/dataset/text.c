/* Text as bytes: windows of a file, each byte followed by the question which one comes next.
 *
 * The file is cut into documents, documents into windows; a document is on one side of the split as a whole, so that
 * no test window continues a training window.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prepare.h"
#include "venturi/input.h"
#include "venturi/rng.h"

enum documents { BY_BLOCK, BY_BLANK };
static const char *const documents_names[] = { "block", "blank", NULL };
enum alphabet { ALL_BYTES, SEEN_BYTES };
static const char *const alphabet_names[] = { "bytes", "seen", NULL };

enum { N_BYTES = 256 };
/* Of what may be read: 256 MiB.  A window may begin at each byte, and they are counted in 32 bits. */
enum { SHARE = 64 };

struct settings {
	char *file;
	int64_t length, stride, block, n;
	double train_share;
	int documents, split, alphabet;
};

#define AT(member) offsetof(struct settings, member)
static const struct vt_option options[] = {
	{ "file", VT_STRING, AT(file), 0, 0, NULL, NULL,
	  "any file, plain or gzip, at most a 64th of --max-bytes (256 MiB); left out: the King James Bible of Debian's "
	  "bible-kjv-text",
	  .optional = true },
	{ "length", VT_INT, AT(length), 1, 65536, "64", "bytes", "of a window" },
	{ "stride", VT_INT, AT(stride), 0, 1 << 24, "0", "bytes", "from one window to the next; 0: length" },
	{ "documents", VT_CHOICE, AT(documents), 0, 0, "block", NULL,
	  "block: pieces of `block` KiB; blank: what blank lines separate", documents_names },
	{ "block", VT_INT, AT(block), 1, 1 << 18, "16", "KiB", "size of a document with documents: block" },
	{ "n", VT_INT, AT(n), 0, 1e9, "0", "windows", "the first so many of the file; 0: all" },
	{ "train_share", VT_REAL, AT(train_share), 1e-7, 1, "0.9", "of the windows",
	  "windows to train on, whole documents: nearly so many" },
	{ "split", VT_CHOICE, AT(split), 0, 0, "iid", NULL,
	  "iid: documents drawn by the seed; ordered: the first of the file for training", vt_split_names },
	{ "alphabet", VT_CHOICE, AT(alphabet), 0, 0, "bytes", NULL,
	  "bytes: tokens are the 256 bytes; seen: only those that occur in the file, by their codes", alphabet_names },
	{ 0 }
};

static const char *const remedy = "apt-get install bible-kjv-text, or name your own file with dataset.file";
static const char *const places[] = { "/usr/lib", "/usr/local/lib", NULL };

/* The file, and the first window and number of windows of each document. */
struct text {
	uint8_t *byte;
	size_t size, n_documents, n_windows;
	size_t *begin;           /* n_documents + 1: first byte of each document */
	uint32_t *window;        /* n_documents + 1: windows before each document */
};

static void text_clear(struct text *t)
{
	free(t->byte);
	free(t->begin);
	free(t->window);
}

static enum vt_status read_file(struct vt_ctx *ctx, const struct settings *s, struct text *t)
{
	enum vt_status status;
	char *path = NULL;

	VT_TRY(vt_input_locate(ctx, s->file, places, "bible.data", remedy, &path));
	size_t most = vt_ctx_most_bytes(ctx) / SHARE;
	VT_TRY(vt_input_octets(ctx, path, most < UINT32_MAX ? most : UINT32_MAX, &t->size, &t->byte));
	VT_REQUIRE(ctx, t->size > (size_t)s->length, VT_EDATA, "%s: has %zu bytes, wanted at least %lld for one window and"
	           " the byte after it", path, t->size, (long long)s->length + 1);
done:
	free(path);
	return status;
}

/* ---- documents ---------------------------------------------------------------- */

/* Whether a document begins at byte i: two line ends before it, and it is none. */
static bool begins(const struct settings *s, const struct text *t, size_t i)
{
	if (s->documents == BY_BLOCK) return i % ((size_t)s->block * 1024) == 0;
	return i == 0 || (i >= 2 && t->byte[i - 1] == '\n' && t->byte[i - 2] == '\n' && t->byte[i] != '\n');
}

static size_t stride(const struct settings *s)
{
	return (size_t)(s->stride > 0 ? s->stride : s->length);
}

static enum vt_status find_documents(struct vt_ctx *ctx, const struct settings *s, struct text *t)
{
	enum vt_status status;
	size_t n = 0, step = stride(s), length = (size_t)s->length, limit = s->n > 0 ? (size_t)s->n : SIZE_MAX;

	for (size_t i = 0; i < t->size; i++) n += begins(s, t, i);
	VT_NEW(ctx, t->begin, n + 1);
	VT_NEW(ctx, t->window, n + 1);
	for (size_t i = 0; i < t->size; i++)
		if (begins(s, t, i)) t->begin[t->n_documents++] = i;
	t->begin[n] = t->size;
	for (size_t d = 0; d < n; d++) {
		size_t size = t->begin[d + 1] - t->begin[d], windows = size > length ? (size - length - 1) / step + 1 : 0;
		if (windows > limit - t->n_windows) windows = limit - t->n_windows;
		t->n_windows += windows;
		t->window[d + 1] = (uint32_t)t->n_windows;
	}
	VT_REQUIRE(ctx, t->n_windows > 0, VT_EDATA, "none of the %zu documents has the %zu bytes of a window and the byte"
	           " after it; dataset.documents and dataset.length say what they are", n, length);
	status = VT_OK;
done:
	return status;
}

/* ---- tokens ---------------------------------------------------------------------- */

/* token[byte], in the order of the codes; the number of tokens. */
static size_t number_tokens(const struct settings *s, const struct text *t, uint8_t token[N_BYTES])
{
	bool seen[N_BYTES] = { false };
	size_t n = 0;
	for (size_t i = 0; i < t->size; i++) seen[t->byte[i]] = true;
	for (size_t b = 0; b < N_BYTES; b++) {
		token[b] = (uint8_t)n;
		n += s->alphabet == ALL_BYTES || seen[b];
	}
	return n;
}

static void fill_document(const struct settings *s, const struct text *t, size_t document, const uint8_t *token,
                          struct vt_dataset *d)
{
	size_t length = d->n_inputs;
	for (size_t w = t->window[document]; w < t->window[document + 1]; w++) {
		const uint8_t *from = t->byte + t->begin[document] + (w - t->window[document]) * stride(s);
		for (size_t i = 0; i < length; i++) {
			d->bytes[w * length + i] = token[from[i]];
			d->label[w * length + i] = token[from[i + 1]];
		}
	}
}

/* ---- split -------------------------------------------------------------------------- */

/* Documents in the order given, each to training if it fits; `ordered`: none after the first that did not. */
static void share_out(const struct text *t, const uint32_t *order, bool ordered, size_t wanted, struct vt_dataset *d)
{
	for (size_t k = 0; k < t->n_documents; k++) {
		size_t document = order[k], n = t->window[document + 1] - t->window[document];
		bool fits = d->n_train + n <= wanted;
		if (!fits && ordered) wanted = 0;
		uint32_t *part = fits ? d->train : d->test;
		size_t *count = fits ? &d->n_train : &d->n_test;
		for (size_t w = 0; w < n; w++) part[(*count)++] = t->window[document] + (uint32_t)w;
	}
}

/* Documents that have a window. */
static size_t count_filled(const struct text *t)
{
	size_t n = 0;
	for (size_t d = 0; d < t->n_documents; d++) n += t->window[d + 1] > t->window[d];
	return n;
}

static enum vt_status split(struct vt_ctx *ctx, const struct settings *s, const struct text *t, uint64_t seed,
                            struct vt_dataset *d)
{
	enum vt_status status;
	uint32_t *order = NULL;
	size_t wanted = (size_t)llround(s->train_share * (double)d->n);

	VT_NEW(ctx, order, t->n_documents);
	VT_NEW(ctx, d->train, d->n);
	VT_NEW(ctx, d->test, d->n);
	for (size_t k = 0; k < t->n_documents; k++) order[k] = (uint32_t)k;
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_SPLIT, 0);
	if (s->split == VT_SPLIT_IID) vt_rng_shuffle(&r, order, t->n_documents);
	share_out(t, order, s->split == VT_SPLIT_ORDERED, wanted, d);
	VT_REQUIRE(ctx, d->n_train > 0, VT_EDOMAIN, "dataset.train_share = %g of %zu windows in %zu documents leaves no"
	           " document for training; smaller documents (dataset.block) would", s->train_share, d->n, count_filled(t));
	status = VT_OK;
done:
	free(order);
	return status;
}

static enum vt_status open_text(struct vt_ctx *ctx, const void *settings, uint64_t seed, struct vt_dataset *out)
{
	enum vt_status status;
	const struct settings *s = settings;
	struct text t = { 0 };
	uint8_t token[N_BYTES];

	VT_TRY(read_file(ctx, s, &t));
	VT_TRY(find_documents(ctx, s, &t));
	out->n = t.n_windows;
	out->n_inputs = out->n_labels = (size_t)s->length;
	out->n_tokens = out->n_classes = number_tokens(s, &t, token);
	out->sample = "window";
	VT_NEW(ctx, out->bytes, out->n * out->n_inputs);
	VT_NEW(ctx, out->label, out->n * out->n_labels);
	for (size_t d = 0; d < t.n_documents; d++) fill_document(s, &t, d, token, out);
	VT_TRY(split(ctx, s, &t, seed, out));
	status = vt_dataset_standardise(ctx, out, VT_STANDARDISE_NONE);
done:
	text_clear(&t);
	return status;
}

const struct vt_dataset_kind vt_dataset_text = {
	.kind = { "text", "windows of a text, byte by byte; the King James Bible where nothing is named",
	          "venturi; the text: Debian's package bible-kjv-text", sizeof(struct settings), options,
	          "documents: block cuts where no document ends: test blocks then follow training blocks, and share their "
	          "names and phrases.  h_y is the entropy of single bytes in the windows, train and test.  With a stride "
	          "below the length windows overlap and are not independent, though errors take them as such." },
	.open = open_text,
};
