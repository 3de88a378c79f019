/* The context: error trail, threads, log.  Created by the program or by a caller of the
 * library; everything else takes it as its first argument.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "venturi/base.h"

#define DEFAULT_BYTES ((size_t)16 << 30)

int vt_status_exit(enum vt_status status)
{
	switch (status) {
	case VT_OK: return 0;
	case VT_EUSAGE: return 2;
	case VT_ECONFIG: return 3;
	case VT_EDATA:
	case VT_EABSENT:
	case VT_EDOMAIN: return 4;
	case VT_EDIVERGED: return 5;
	case VT_ESHORT: return 6;
	case VT_EIO: return 7;
	case VT_ESTOPPED: return 75;
	case VT_EINTERRUPTED: return 130;
	case VT_ENOMEM: return 71;
	case VT_EBUG: break;
	}
	return 70;
}

/* A count in the environment, as schedulers and OpenMP write it; 0 if there is none.
 * OMP_NUM_THREADS may be a list for nested levels: the first one counts. */
static int env_count(const char *name)
{
	const char *text = getenv(name);
	if (!text) return 0;
	char *end;
	long n = strtol(text, &end, 10);
	return end != text && (*end == '\0' || *end == ',') && n > 0 && n <= 4096 ? (int)n : 0;
}

static int default_threads(void)
{
	int n = env_count("OMP_NUM_THREADS");
	if (n == 0) n = env_count("SLURM_CPUS_PER_TASK");
	if (n > 0) return n;
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) == 0) n = CPU_COUNT(&set);
	return n > 0 ? n : 1;
}

struct vt_ctx *vt_ctx_create(void)
{
	struct vt_ctx *ctx = calloc(1, sizeof *ctx);
	if (!ctx) return NULL;
	ctx->threads = default_threads();
	ctx->level = VT_INFO;
	ctx->most_bytes = DEFAULT_BYTES;
	return ctx;
}

void vt_ctx_free(struct vt_ctx *ctx)
{
	if (!ctx) return;
	for (struct kept *k = ctx->kept, *next; k; k = next) {
		next = k->next;
		k->release(k->thing);
		free(k);
	}
	free(ctx);
}

enum vt_status vt_ctx_keep(struct vt_ctx *ctx, const void *owner, void *thing, void (*release)(void *thing))
{
	enum vt_status status;
	struct kept *k;
	VT_NEW(ctx, k, 1);
	*k = (struct kept){ owner, thing, release, ctx->kept };
	ctx->kept = k;
	status = VT_OK;
done:
	return status;
}

void *vt_ctx_kept(const struct vt_ctx *ctx, const void *owner)
{
	for (const struct kept *k = ctx->kept; k; k = k->next)
		if (k->owner == owner) return k->thing;
	return NULL;
}

int vt_ctx_threads(const struct vt_ctx *ctx)
{
	return ctx->threads;
}

size_t vt_ctx_most_bytes(const struct vt_ctx *ctx)
{
	return ctx->most_bytes;
}

void vt_ctx_set_most_bytes(struct vt_ctx *ctx, size_t bytes)
{
	ctx->most_bytes = bytes;
}

void vt_ctx_set_threads(struct vt_ctx *ctx, int threads)
{
	ctx->threads = threads > 0 ? threads : 1;
}

void vt_ctx_on_stop(struct vt_ctx *ctx, const volatile int *signal, double deadline)
{
	ctx->signal = signal;
	ctx->deadline = deadline;
}

enum vt_status vt_ctx_stop(const struct vt_ctx *ctx)
{
	int signal = ctx->signal ? *ctx->signal : 0;
	if (signal != 0) return signal == SIGINT ? VT_EINTERRUPTED : VT_ESTOPPED;
	return ctx->deadline > 0 && vt_clock() >= ctx->deadline ? VT_ESTOPPED : VT_OK;
}

const char *vt_ctx_stop_reason(const struct vt_ctx *ctx)
{
	int signal = ctx->signal ? *ctx->signal : 0;
	return signal == SIGINT    ? "SIGINT"
	       : signal == SIGTERM ? "SIGTERM"
	       : signal == SIGUSR1 ? "SIGUSR1"
	       : signal == SIGHUP  ? "SIGHUP"
	       : signal != 0       ? "a signal"
	                           : "the end of its time";
}

void vt_text_clean(char *text)
{
	unsigned char before = 0;
	for (unsigned char *p = (unsigned char *)text; *p; before = *p++) {
		if (*p < 32 || *p == 127) *p = ' ';
		if (before == 0xc2 && *p >= 0x80 && *p < 0xa0) p[-1] = *p = ' '; /* U+0080 to U+009F */
	}
}

/* Appends to the trail; what does not fit is cut. */
static void append(struct vt_ctx *ctx, const char *format, va_list args)
{
	size_t used = strlen(ctx->trail);
	if (used + 2 >= sizeof ctx->trail) return;
	if (used > 0) ctx->trail[used++] = '\n';
	vsnprintf(ctx->trail + used, sizeof ctx->trail - used, format, args);
	vt_text_clean(ctx->trail + used);
}

enum vt_status vt_ctx_fail(struct vt_ctx *ctx, enum vt_status status, const char *format, ...)
{
	/* The message may quote the trail that it replaces. */
	char before[sizeof ctx->trail];
	va_list args;
	va_start(args, format);
	vsnprintf(before, sizeof before, format, args);
	va_end(args);
	vt_text_clean(before);
	memcpy(ctx->trail, before, sizeof before);
	return status;
}

void vt_ctx_frame(struct vt_ctx *ctx, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	append(ctx, format, args);
	va_end(args);
}

const char *vt_ctx_trail(const struct vt_ctx *ctx)
{
	return ctx->trail;
}

/* "venturi: " and the innermost message; the lines around it are indented. */
void vt_ctx_print(const struct vt_ctx *ctx)
{
	const char *trail = vt_ctx_trail(ctx);
	fprintf(stderr, "venturi: ");
	if (trail[0] == '\0') fprintf(stderr, "failed without a message: a bug of ours, please report it");
	for (; *trail; trail++) {
		putc(*trail, stderr);
		if (*trail == '\n') fputs("  ", stderr);
	}
	putc('\n', stderr);
}

void vt_ctx_forget(struct vt_ctx *ctx)
{
	ctx->trail[0] = '\0';
}

void vt_ctx_set_level(struct vt_ctx *ctx, enum vt_level level)
{
	ctx->level = level;
}

void vt_log(struct vt_ctx *ctx, enum vt_level level, const char *format, ...)
{
	char line[sizeof ctx->trail];
	if (level > ctx->level) return;
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	vt_text_clean(line);
	fprintf(stderr, "venturi: %s%s\n", level == VT_WARN ? "warning: " : "", line);
}

void vt_ctx_on_progress(struct vt_ctx *ctx, vt_progress_fn *fn, void *self)
{
	ctx->progress = fn;
	ctx->progress_self = self;
}

void vt_progress(struct vt_ctx *ctx, double done, double total, const char *note)
{
	if (ctx->progress) ctx->progress(ctx->progress_self, done, total, note);
}
