/* Readers in a child process under limits.  libhdf5 crashes on about one damaged file in two hundred (measured on
 * 3 100 mutations with HDF5 1.10.8), and a crash must be one line and exit 4, not the end of a sweep.
 *
 * The child gets no new files to write, an eighth of the context's limit more memory than it starts with (2 GiB unless
 * it was raised), and time by the size of the file; it answers in frames through a pipe, and what it says is checked
 * like the file itself.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forked.h"

enum frame_type { DATA = 1, FAILURE };
enum { LONGEST_MESSAGE = 4096, PIPE_BYTES = 1 << 18, BYTES_PER_SECOND = 8 << 20, LEAST_SECONDS = 10,
       LEAST_MEMORY = 1 << 28 };

struct frame {
	uint32_t type, status;
	uint64_t size;
};

/* ---- the child's side ------------------------------------------------------ */

static bool write_all(int fd, const void *bytes, size_t n)
{
	const char *at = bytes;
	while (n > 0) {
		ssize_t wrote = write(fd, at, n);
		if (wrote < 0 && errno == EINTR) continue;
		if (wrote <= 0) return false;
		at += wrote;
		n -= (size_t)wrote;
	}
	return true;
}

bool vt_child_send(int out, const void *bytes, size_t n)
{
	const struct frame f = { .type = DATA, .size = n };
	return n == 0 || (write_all(out, &f, sizeof f) && write_all(out, bytes, n));
}

static void send_failure(struct vt_ctx *ctx, int out, enum vt_status status)
{
	const char *text = vt_ctx_trail(ctx);
	size_t n = strnlen(text, LONGEST_MESSAGE - 1);
	const struct frame f = { .type = FAILURE, .status = status == VT_ENOMEM, .size = n };
	if (write_all(out, &f, sizeof f)) write_all(out, text, n);
}

static void lower(int resource, size_t most)
{
	struct rlimit l;
	if (getrlimit((__rlimit_resource_t)resource, &l) != 0) return;
	if (l.rlim_max == RLIM_INFINITY || l.rlim_max > most) l.rlim_max = most;
	if (l.rlim_cur == RLIM_INFINITY || l.rlim_cur > l.rlim_max) l.rlim_cur = l.rlim_max;
	setrlimit((__rlimit_resource_t)resource, &l);
}

#if defined VT_SANITIZED || defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
/* Sanitizers reserve terabytes of addresses: no limit of memory with them. */
static void lower_memory(size_t more)
{
	(void)more;
}
#else
/* Bytes of address space in use; 0 where nobody tells. */
static size_t address_space(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (f && fscanf(f, "%lu", &pages) != 1) pages = 0;
	if (f) fclose(f);
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void lower_memory(size_t more)
{
	size_t now = address_space();
	if (now > 0 && more < SIZE_MAX - now) lower(RLIMIT_AS, now + more);
}
#endif

/* What asks the program to end is the parent's matter: a terminal and Slurm tell every process, and a reader that ended
 * by itself would pass for one that a file has ended.  It ends with its parent, whatever happens. */
static void set_signals(void)
{
	static const int deadly[] = { SIGALRM, SIGXCPU, SIGSEGV, SIGBUS, SIGABRT, SIGFPE };
	static const int parents[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };
	for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) signal(deadly[i], SIG_DFL);
	for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) signal(parents[i], SIG_IGN);
}

static void confine(struct vt_ctx *ctx, const char *file, pid_t parent)
{
	struct stat st;
	size_t seconds = LEAST_SECONDS + (stat(file, &st) == 0 ? (size_t)st.st_size / BYTES_PER_SECOND : 0);
	set_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) _exit(0); /* it died before it could be noticed */
	prctl(PR_SET_DUMPABLE, 0);
	lower(RLIMIT_CORE, 0);
	lower(RLIMIT_FSIZE, 0);
	lower(RLIMIT_CPU, seconds);
	alarm((unsigned)(seconds < 1000000 ? 10 * seconds : 10000000)); /* a slow disk is no fault */
	size_t share = vt_ctx_most_bytes(ctx) / 8;
	lower_memory(share > LEAST_MEMORY ? share : LEAST_MEMORY);
}

static _Noreturn void child_main(struct vt_ctx *ctx, const struct vt_reading *r, int out, pid_t parent)
{
	confine(ctx, r->file, parent);
	enum vt_status status = r->read(ctx, r->self, out);
	if (status != VT_OK) send_failure(ctx, out, status);
	_exit(0); /* no buffers, no handlers: they are the parent's */
}

/* ---- the parent's side ----------------------------------------------------- */

static int reap(struct vt_child *c)
{
	int how = 0;
	if (c->pid <= 0) return 0;
	while (waitpid(c->pid, &how, 0) < 0)
		if (errno != EINTR) break;
	c->pid = 0;
	return how;
}

/* The pipe ended before the answer did. */
static enum vt_status died(struct vt_ctx *ctx, struct vt_child *c)
{
	int how = reap(c);
	if (!WIFSIGNALED(how))
		return vt_ctx_fail(ctx, VT_EDATA, "%s: its reader stopped with status %d in the middle: the file is damaged or"
		                   " hostile", c->file, WEXITSTATUS(how));
	int signal = WTERMSIG(how);
	bool slow = signal == SIGXCPU || signal == SIGALRM || signal == SIGKILL;
	return vt_ctx_fail(ctx, VT_EDATA, "%s: its reader was ended by signal %d (%s)%s: the file is damaged or hostile",
	                   c->file, signal, strsignal(signal), slow ? ", out of time or memory" : "");
}

static size_t read_some(int fd, void *into, size_t n)
{
	ssize_t got;
	do got = read(fd, into, n);
	while (got < 0 && errno == EINTR);
	return got > 0 ? (size_t)got : 0;
}

/* False at the end of the pipe.  Small pieces come many at a time, large ones straight to their place. */
static bool read_all(struct vt_child *c, void *into, size_t n)
{
	char *at = into;
	while (n > 0) {
		if (c->at == c->have && n < sizeof c->early) {
			c->at = 0;
			c->have = read_some(c->in, c->early, sizeof c->early);
			if (c->have == 0) return false;
		}
		size_t early = c->have - c->at, got = n < early ? n : early;
		if (early > 0) memcpy(at, c->early + c->at, got);
		else if ((got = read_some(c->in, at, n)) == 0) return false;
		if (early > 0) c->at += got;
		at += got;
		n -= got;
	}
	return true;
}

/* The child's own message. */
static enum vt_status failure(struct vt_ctx *ctx, struct vt_child *c, const struct frame *f)
{
	char text[LONGEST_MESSAGE] = "";
	if (f->size >= sizeof text || !read_all(c, text, (size_t)f->size)) return died(ctx, c);
	if (!*text) return vt_ctx_fail(ctx, VT_EDATA, "%s: its reader failed and does not say why", c->file);
	return vt_ctx_fail(ctx, f->status ? VT_ENOMEM : VT_EDATA, "%s", text);
}

enum vt_status vt_child_take(struct vt_ctx *ctx, struct vt_child *c, size_t n, void *into)
{
	char *at = into;
	while (n > 0) {
		if (c->left == 0) {
			struct frame f;
			if (!read_all(c, &f, sizeof f)) return died(ctx, c);
			if (f.type == FAILURE) return failure(ctx, c, &f);
			if (f.type != DATA || f.size == 0 || f.size > SIZE_MAX / 2)
				return vt_ctx_fail(ctx, VT_EDATA, "%s: its reader answers nonsense: the file is damaged or hostile", c->file);
			c->left = (size_t)f.size;
		}
		size_t m = n < c->left ? n : c->left;
		if (!read_all(c, at, m)) return died(ctx, c);
		at += m;
		n -= m;
		c->left -= m;
	}
	return VT_OK;
}

enum vt_status vt_read_forked(struct vt_ctx *ctx, const struct vt_reading *r)
{
	int end[2];
	pid_t parent = getpid();
	if (pipe2(end, O_CLOEXEC) != 0)
		return vt_ctx_fail(ctx, VT_ENOMEM, "%s: no pipe for its reader: %s", r->file, strerror(errno));
	fcntl(end[1], F_SETPIPE_SZ, PIPE_BYTES); /* fewer turns; where it is refused, more of them */
	pid_t pid = fork();
	if (pid == 0) {
		close(end[0]);
		child_main(ctx, r, end[1], parent);
	}
	int reason = errno;
	close(end[1]);
	if (pid < 0) {
		close(end[0]);
		return vt_ctx_fail(ctx, VT_ENOMEM, "%s: no process for its reader: %s", r->file, strerror(reason));
	}
	struct vt_child c = { .pid = pid, .in = end[0], .file = r->file };
	enum vt_status status = r->take(ctx, r->self, &c);
	close(end[0]);
	if (c.pid > 0 && status != VT_OK) kill(c.pid, SIGKILL); /* it may be writing to nobody, or be in a loop */
	reap(&c);
	return status;
}
