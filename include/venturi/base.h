/* Context, errors, memory, log, progress and parallel blocks: what every room stands on.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VENTURI_BASE_H
#define VENTURI_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a function that can fail returns.  Results go to out-parameters, which
 * are untouched on failure.
 *
 * Positive: the caller's matter; nothing was changed and the caller may go on.
 * Negative: stop. */
enum vt_status {
	VT_OK = 0,
	VT_EUSAGE = 1,    /* command line, override, preset, output that exists */
	VT_ECONFIG = 2,   /* experiment file */
	VT_EDATA = 3,     /* data from outside: missing, malformed, too large */
	VT_EDOMAIN = 4,   /* the question has no answer for this input */
	VT_EDIVERGED = 5, /* training left the finite numbers */
	VT_ESHORT = 6,    /* a validation fell short */
	VT_EABSENT = 7,   /* real data that are not installed: VT_EDATA, but no fault of anybody's */
	VT_ESTOPPED = 8,  /* stopped by a signal or at the end of its time: the run can be resumed */
	VT_EINTERRUPTED = 9, /* the same, by the interrupt of a keyboard */
	VT_ENOMEM = -1,   /* out of memory */
	VT_EIO = -2,      /* output cannot be written */
	VT_EBUG = -3      /* a bug of ours */
};

/* The exit status of the program for a status (the command line's contract). */
int vt_status_exit(enum vt_status status);

/* ---- context ---------------------------------------------------------- */

/* Holds the error trail, the log level, the number of threads and the progress
 * sink.  One per process, or one per thread of the caller's: never shared
 * between threads that call the library at the same time. */
struct vt_ctx;

/* Returns null only when out of memory.  Caller frees. */
struct vt_ctx *vt_ctx_create(void);
void vt_ctx_free(struct vt_ctx *ctx);

/* Threads for parallel blocks, at least 1.  Default: OMP_NUM_THREADS, else
 * SLURM_CPUS_PER_TASK, else the affinity mask.  No result depends on it. */
int vt_ctx_threads(const struct vt_ctx *ctx);
void vt_ctx_set_threads(struct vt_ctx *ctx, int threads);

/* The most bytes that one file or one array from outside may take in memory; default 16 GiB, `--max-bytes` of the
 * program.  All other bounds on the size of what is read are parts of it, so that one flag raises all:
 * docs/activations.md has the list. */
size_t vt_ctx_most_bytes(const struct vt_ctx *ctx);
void vt_ctx_set_most_bytes(struct vt_ctx *ctx, size_t bytes);

/* Records the innermost message, with the numbers in it, and returns `status`.
 * An earlier trail is dropped. */
enum vt_status vt_ctx_fail(struct vt_ctx *ctx, enum vt_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds one "in ..." line on the way out: a place the user knows (estimator,
 * layer, step, task, file), not a C function. */
void vt_ctx_frame(struct vt_ctx *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The trail, innermost first, lines separated by '\n', without a final one;
 * empty if nothing failed.  Valid until the next failure. */
const char *vt_ctx_trail(const struct vt_ctx *ctx);
void vt_ctx_forget(struct vt_ctx *ctx);
/* The trail to stderr: "venturi: " and the innermost message, the lines around it indented. */
void vt_ctx_print(const struct vt_ctx *ctx);

/* The three macros exist because a function cannot leave its caller: each sets
 * the local `status` and jumps to the local label `done`. */
#define VT_TRY(call) \
	do { \
		status = (call); \
		if (status != VT_OK) goto done; \
	} while (0)
#define VT_FAIL(ctx, code, ...) \
	do { \
		status = vt_ctx_fail((ctx), (code), __VA_ARGS__); \
		goto done; \
	} while (0)
#define VT_REQUIRE(ctx, condition, code, ...) \
	do { \
		if (!(condition)) VT_FAIL((ctx), (code), __VA_ARGS__); \
	} while (0)
/* p = room for n objects of p's type, zeroed, 64-byte aligned; VT_ENOMEM. */
#define VT_NEW(ctx, p, n) \
	do { \
		(p) = vt_alloc((ctx), (n), sizeof *(p)); \
		if (!(p)) { \
			status = VT_ENOMEM; \
			goto done; \
		} \
	} while (0)

/* Keeps `thing` with the context until vt_ctx_free, which calls `release` on it: what a library of
 * ours caches between calls.  owner: the address of anything constant of the keeper's; one thing an
 * owner.  VT_ENOMEM: nothing was kept and the caller still owns it. */
enum vt_status vt_ctx_keep(struct vt_ctx *ctx, const void *owner, void *thing, void (*release)(void *thing));
/* What `owner` keeps, or null. */
void *vt_ctx_kept(const struct vt_ctx *ctx, const void *owner);

/* ---- stopping --------------------------------------------------------- */

/* Long work asks now and then, at places where it can be taken up again, whether it is to stop.
 * `signal`: where the program's handler leaves the number of the signal that came, 0 before; borrowed, null: nowhere.
 * `deadline`: by vt_clock; 0: never. */
void vt_ctx_on_stop(struct vt_ctx *ctx, const volatile int *signal, double deadline);
/* VT_OK, VT_ESTOPPED or, for SIGINT, VT_EINTERRUPTED; no message. */
enum vt_status vt_ctx_stop(const struct vt_ctx *ctx);
/* In words, for messages: "SIGTERM", "the end of its time". */
const char *vt_ctx_stop_reason(const struct vt_ctx *ctx);

/* ---- memory ----------------------------------------------------------- */

/* n objects of `size` bytes, zeroed, 64-byte aligned; null and a message in the
 * trail when out of memory or when n * size overflows.  n = 0 gives one byte.
 * Free with free(). */
void *vt_alloc(struct vt_ctx *ctx, size_t n, size_t size);

/* A printed string, caller frees; null and a message when out of memory. */
char *vt_format(struct vt_ctx *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *vt_copy(struct vt_ctx *ctx, const char *text);

/* Control characters become blanks: texts come from files, and a terminal must not obey them.  Messages and the log are
 * cleaned already. */
void vt_text_clean(char *text);

/* The nearest of `n` names to `word` by edit distance, or null when none is
 * near enough (more than a third of the letters differ). */
const char *vt_nearest(const char *word, const char *const *names, size_t n);

/* ---- files from outside ------------------------------------------------- */

/* `code` is the status of what goes wrong with the file: VT_EDATA, or VT_ECONFIG for an experiment.
 *
 * Opens a regular file; a FIFO, a folder or a device is refused without blocking.  The caller closes *fd. */
enum vt_status vt_file_open(struct vt_ctx *ctx, enum vt_status code, const char *path, int *fd, size_t *size);
/* Reads exactly n bytes from where the file stands. */
enum vt_status vt_file_bytes(struct vt_ctx *ctx, enum vt_status code, int fd, const char *path, size_t n, void *out);
/* A whole regular file of at most `most` bytes, and a null byte behind it; caller frees. */
enum vt_status vt_file_whole(struct vt_ctx *ctx, enum vt_status code, const char *path, size_t most, size_t *n,
                             uint8_t **out);
/* SHA-256 of a regular file without its last `lost` bytes. */
enum vt_status vt_file_sha256(struct vt_ctx *ctx, enum vt_status code, const char *path, size_t lost, char out[65]);
/* Fails, naming the flag that raises the limit, where `bytes` are more than `most`. */
enum vt_status vt_bytes_fit(struct vt_ctx *ctx, enum vt_status code, const char *where, size_t bytes, size_t most);

/* ---- log and progress ------------------------------------------------- */

enum vt_level { VT_QUIET, VT_WARN, VT_INFO, VT_VERBOSE };

void vt_ctx_set_level(struct vt_ctx *ctx, enum vt_level level);
/* One line to stderr, prefixed "venturi: " (and "warning: " for VT_WARN). */
void vt_log(struct vt_ctx *ctx, enum vt_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Called with work done so far in [0, total] and a short note ("loss 0.12").
 * Without a sink nothing happens. */
typedef void vt_progress_fn(void *self, double done, double total, const char *note);
void vt_ctx_on_progress(struct vt_ctx *ctx, vt_progress_fn *fn, void *self);
void vt_progress(struct vt_ctx *ctx, double done, double total, const char *note);

/* A bar with rate and ETA on a terminal, a plain line every 30 s otherwise;
 * honours NO_COLOR and TERM=dumb.  bar_draw is a vt_progress_fn. */
struct vt_bar;
struct vt_bar *vt_bar_create(struct vt_ctx *ctx, const char *label);
void vt_bar_draw(void *bar, double done, double total, const char *note);
void vt_bar_free(struct vt_bar *bar); /* ends the line */

/* ---- parallel blocks -------------------------------------------------- */

/* Runs fn(self, b) for b = 0 .. n_blocks - 1 on the context's threads, with
 * denormals flushed when `flush` is set, and returns the worst status.  fn may
 * not write messages; block b may write only what belongs to block b.  The cut
 * into blocks must depend on shapes alone, so that no result depends on the
 * number of threads.  The only door to OpenMP. */
typedef enum vt_status vt_block_fn(void *self, size_t block);
enum vt_status vt_blocks_run(struct vt_ctx *ctx, size_t n_blocks, bool flush, vt_block_fn *fn, void *self);

/* Which of the context's threads runs the calling block, from 0: for scratch that holds nothing between blocks. */
size_t vt_blocks_worker(void);
/* Ends the threads that earlier blocks left waiting for more.  To be called before a fork whose child runs blocks: it
 * would wait for ever for threads that only its parent has. */
void vt_blocks_dismiss(void);
/* Runs fn(self) while no other thread of the process is inside this function: for libraries that
 * have parts that only one thread may enter. */
void vt_alone_run(void (*fn)(void *self), void *self);

/* First item of block b when n items are cut into n_blocks nearly equal parts. */
size_t vt_block_begin(size_t b, size_t n_blocks, size_t n);

/* Flush denormals to zero on the calling thread; returns the mode to restore.
 * A saturated tanh net trains 13 times slower without. */
unsigned vt_denormals_flush(void);
void vt_denormals_restore(unsigned mode);

/* Names the instruction set that multiversioned code runs with here:
 * "avx512", "avx2" or "baseline". */
const char *vt_isa(void);

/* Vector code is chosen at run time: the compiler makes one copy of the function
 * per instruction set and the loader picks.  Sanitizers cannot run before the
 * loader does, hence the switch. */
#if defined VT_WITHOUT_CLONES || !defined __x86_64__
#define VT_CLONES
#else
#define VT_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#endif

/* SHA-256 as 64 hexadecimal digits and a null. */
void vt_sha256(const void *data, size_t n, char out[65]);
struct vt_sha256; /* incremental; create returns null when out of memory */
struct vt_sha256 *vt_sha256_create(struct vt_ctx *ctx);
void vt_sha256_add(struct vt_sha256 *h, const void *data, size_t n);
void vt_sha256_finish(struct vt_sha256 *h, char out[65]); /* also frees h */

/* Seconds of a steady clock. */
double vt_clock(void);

#endif
