/* Makes faults in what a program does to the files below one folder.  A module for LD_PRELOAD.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What changes these files or makes a change durable is an operation: create and open (for writing), write, truncate,
 * sync, close (of what was open for writing), rename, link, unlink, mkdir, and folder: the opening of one, which its
 * sync needs.  They are counted from 1 in each process; a child goes on from its parent's count.  Making a folder that
 * is there and unlinking what is not is no operation.
 *
 *   VT_FAULTS_UNDER  the folder, an absolute path without links; nothing happens without it
 *   VT_FAULTS_MATCH  count only operations whose text "KIND PATH" matches this pattern of fnmatch, extended ones
 *                    included: "@(write|sync) *.jsonl"; of a renaming, PATH is the new name
 *   VT_FAULTS_AT     the number of the operation that meets the fault; 0 or none: no fault
 *   VT_FAULTS_DO     kill: SIGKILL before it.  torn: a write brings half of its bytes, then SIGKILL.  short: a write
 *                    brings half of its bytes and says so.  ENOSPC, EDQUOT, EIO, EFBIG, EINTR, EMFILE: it fails so.
 *                    TERM, USR1, INT: that signal comes after it, and the program goes on.  stall: it begins late;
 *                    the log says so first (result "stalls"), and "signalled" for each signal meanwhile.
 *   VT_FAULTS_STICKY every later operation of the same process that can fail so does (errors only)
 *   VT_FAULTS_DELAY  microseconds between the operation and the signal, or of the stall
 *   VT_FAULTS_GO     a named pipe: the stall ends earlier, when a byte can be read from it
 *   VT_FAULTS_LOG    a line for each operation goes to the end of this file: "PID NUMBER RESULT KIND PATH"
 *   VT_FAULTS_TRACE  the same with all bytes, for replay.py: struct entry, the two paths, the data
 *   VT_FAULTS_KEEP   a folder on the same file system: each run.h5 that has got its name is linked there as
 *                    SECONDS.NANOSECONDS.h5: the commits that a kill may not take back
 *
 * Linux with 64 bits only.  Writes by stdio inside the C library are not seen; the program makes none there. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* ---- what is asked for ---------------------------------------------------- */

static const struct error {
	const char *name;
	int number;
} errors[] = {
	{ "ENOSPC", ENOSPC }, { "EDQUOT", EDQUOT }, { "EIO", EIO }, { "EFBIG", EFBIG }, { "EINTR", EINTR },
	{ "EMFILE", EMFILE },
};
static const struct error signals[] = { { "TERM", SIGTERM }, { "USR1", SIGUSR1 }, { "INT", SIGINT } };

static int named(const struct error *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0) return list[i].number;
	return 0;
}

static const char *given(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

static long given_number(const char *name)
{
	return given(name) ? atol(given(name)) : 0;
}

/* ---- one operation -------------------------------------------------------- */

enum kind { CREATE, OPEN, FOLDER, WRITE, TRUNCATE, SYNC, CLOSE, RENAME, LINK, UNLINK, MKDIR };
static const char *const kind_name[] = { "create", "open", "folder", "write", "truncate", "sync", "close", "rename",
	                                     "link", "unlink", "mkdir" };

/* As replay.py unpacks it. */
struct entry {
	uint32_t kind, path_size, other_size, pid;
	uint64_t inode;
	int64_t offset, size, result;
};

struct operation {
	enum kind kind;
	char path[4096], other[4096];
	uint64_t inode;
	int64_t offset, size;
	const void *data;
	long number; /* 0: not counted */
	int error;   /* that it shall fail with */
	bool tear, cut;
};

static atomic_long counter;

static bool below(const char *path)
{
	const char *under = given("VT_FAULTS_UNDER");
	size_t n = under ? strlen(under) : 0;
	return n > 0 && strncmp(path, under, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* An absolute path; the programs that are tested use no "..". */
static void resolve(int folder, const char *path, char *out, size_t size)
{
	char base[2048] = "", link[64];
	if (path[0] != '/') {
		if (folder == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
		else snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
		ssize_t n = readlink(link, base, sizeof base - 2);
		if (n > 0) {
			base[n] = '/';
			base[n + 1] = '\0';
		}
	}
	snprintf(out, size, "%s%s", base, path);
}

static void path_of(int fd, char *out, size_t size)
{
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, out, size - 1);
	out[n > 0 ? n : 0] = '\0';
}

static uint64_t inode_of(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

/* ---- records --------------------------------------------------------------- */

static void append(const char *file, const struct iovec *part, int n)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0) return;
	ssize_t wrote = (ssize_t)syscall(SYS_writev, fd, part, n);
	(void)wrote;
	syscall(SYS_close, fd);
}

static void log_line(const struct operation *o, const char *result)
{
	char line[8400];
	const char *file = given("VT_FAULTS_LOG");
	if (!file) return;
	int n = snprintf(line, sizeof line, "%d %ld %s %s %s%s%s\n", (int)getpid(), o->number, result, kind_name[o->kind],
	                 o->path, o->other[0] ? " " : "", o->other);
	append(file, &(struct iovec){ line, n < (int)sizeof line ? (size_t)n : sizeof line - 1 }, 1);
}

static void trace(const struct operation *o, long result)
{
	const char *file = given("VT_FAULTS_TRACE");
	if (!file) return;
	size_t size = o->kind == WRITE && result > 0 ? (size_t)result : 0;
	struct entry e = { o->kind, (uint32_t)strlen(o->path), (uint32_t)strlen(o->other), (uint32_t)getpid(),
		               o->inode, o->offset, o->kind == WRITE ? (int64_t)size : o->size, result };
	struct iovec part[] = { { &e, sizeof e }, { (void *)o->path, e.path_size }, { (void *)o->other, e.other_size },
		                    { (void *)o->data, size } };
	append(file, part, 4);
}

/* A commit that readers can see: a second name for that file, which nobody writes to again. */
static void keep(const struct operation *o, long result)
{
	char name[4096];
	struct timespec now;
	const char *folder = given("VT_FAULTS_KEEP");
	size_t n = strlen(o->other);
	if (!folder || result != 0 || o->kind != RENAME || n < 7 || strcmp(o->other + n - 7, "/run.h5") != 0) return;
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(name, sizeof name, "%s/%010lld.%09ld.h5", folder, (long long)now.tv_sec, now.tv_nsec);
	syscall(SYS_linkat, AT_FDCWD, o->other, AT_FDCWD, name, 0);
}

/* ---- the fault -------------------------------------------------------------- */

/* The process ends here. */
static void die(void)
{
	for (;;) kill(getpid(), SIGKILL);
}

static void *send_later(void *number)
{
	usleep((useconds_t)given_number("VT_FAULTS_DELAY"));
	kill(getpid(), *(const int *)number);
	return NULL;
}

static void signal_after(const char *what)
{
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		pthread_t thread;
		if (strcmp(signals[i].name, what) != 0) continue;
		if (given_number("VT_FAULTS_DELAY") > 0 && pthread_create(&thread, NULL, send_later, (void *)&signals[i].number) == 0)
			pthread_detach(thread);
		else kill(getpid(), signals[i].number);
	}
}

/* Signals wait while the log is written, so that none comes unseen. */
static void stall(const struct operation *o)
{
	sigset_t all, before;
	char byte;
	long delay = given_number("VT_FAULTS_DELAY");
	struct timespec most = { delay / 1000000, delay % 1000000 * 1000 };
	const char *go = given("VT_FAULTS_GO");
	struct pollfd end = { go ? (int)syscall(SYS_openat, AT_FDCWD, go, O_RDWR | O_CLOEXEC) : -1, POLLIN, 0 };
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	log_line(o, "stalls");
	int ready;
	while ((ready = ppoll(&end, 1, &most, &before)) < 0 && errno == EINTR) log_line(o, "signalled");
	ssize_t got = ready > 0 ? read(end.fd, &byte, 1) : 0;
	(void)got;
	if (end.fd >= 0) syscall(SYS_close, end.fd);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Later operations that a disk's error does not strike. */
static bool can_fail(enum kind kind, int error)
{
	if (error == EFBIG) return kind == WRITE || kind == TRUNCATE;
	if (error == ENOSPC || error == EDQUOT) return kind != FOLDER && kind != UNLINK;
	return true;
}

/* Before it: counts it and makes the fault.  False where the operation is none of ours. */
static bool begin(struct operation *o)
{
	char text[4200];
	if (!below(o->path) && !(o->other[0] && below(o->other))) return false;
	const char *pattern = given("VT_FAULTS_MATCH"), *what = given("VT_FAULTS_DO");
	snprintf(text, sizeof text, "%s %s", kind_name[o->kind], o->kind == RENAME || o->kind == LINK ? o->other : o->path);
	if (pattern && fnmatch(pattern, text, FNM_EXTMATCH) != 0) return true;
	o->number = atomic_fetch_add(&counter, 1) + 1;
	long at = given_number("VT_FAULTS_AT");
	if (at <= 0 || !what || o->number < at) return true;
	int error = named(errors, sizeof errors / sizeof *errors, what);
	if (error && can_fail(o->kind, error) && (o->number == at || given("VT_FAULTS_STICKY"))) o->error = error;
	if (o->number > at) return true;
	if (strcmp(what, "kill") == 0 || (strcmp(what, "torn") == 0 && o->kind != WRITE)) die();
	if (strcmp(what, "stall") == 0) stall(o);
	o->tear = strcmp(what, "torn") == 0;
	o->cut = strcmp(what, "short") == 0 && o->kind == WRITE && o->size > 1;
	return true;
}

/* After it: records, then the signal. */
static long end(const struct operation *o, long result)
{
	int reason = errno;
	char text[32];
	if (o->tear) die();
	snprintf(text, sizeof text, "%ld", result);
	log_line(o, text);
	trace(o, result);
	keep(o, result);
	const char *what = given("VT_FAULTS_DO");
	if (what && o->number > 0 && o->number == given_number("VT_FAULTS_AT")) signal_after(what);
	errno = reason;
	return result;
}

static bool failing(const struct operation *o)
{
	if (o->error) errno = o->error;
	return o->error != 0;
}

/* ---- opening ----------------------------------------------------------------- */

static int open_file(int folder, const char *path, int flags, mode_t mode)
{
	struct operation o = { .kind = OPEN };
	bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
	bool of_folder = (flags & O_DIRECTORY) == O_DIRECTORY && (flags & __O_TMPFILE) != __O_TMPFILE;
	resolve(folder, path, o.path, sizeof o.path);
	if (of_folder) o.kind = FOLDER;
	else if ((flags & O_CREAT) && syscall(SYS_faccessat, folder, path, F_OK) != 0) o.kind = CREATE;
	o.size = (flags & O_TRUNC) != 0;
	bool ours = (writes || of_folder) && begin(&o);
	if (ours && failing(&o)) return (int)end(&o, -1);
	int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
	if (ours && fd >= 0) o.inode = inode_of(fd);
	if (ours) end(&o, fd < 0 ? -1 : 0);
	return fd;
}

static mode_t mode_of(int flags, va_list rest)
{
	return (flags & O_CREAT) || (flags & __O_TMPFILE) == __O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list rest;
	va_start(rest, flags);
	mode_t mode = mode_of(flags, rest);
	va_end(rest);
	return open_file(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
	va_list rest;
	va_start(rest, flags);
	mode_t mode = mode_of(flags, rest);
	va_end(rest);
	return open_file(folder, path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));
int openat64(int folder, const char *path, int flags, ...) __attribute__((alias("openat")));

int creat(const char *path, mode_t mode)
{
	return open_file(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
int creat64(const char *path, mode_t mode) __attribute__((alias("creat")));

/* What a build with _FORTIFY_SOURCE calls. */
int __open_2(const char *path, int flags)
{
	return open_file(AT_FDCWD, path, flags, 0);
}
int __openat_2(int folder, const char *path, int flags)
{
	return open_file(folder, path, flags, 0);
}
int __open64_2(const char *path, int flags) __attribute__((alias("__open_2")));
int __openat64_2(int folder, const char *path, int flags) __attribute__((alias("__openat_2")));

/* ---- on what is open ----------------------------------------------------------- */

static bool begin_fd(struct operation *o, enum kind kind, int fd)
{
	if (!given("VT_FAULTS_UNDER")) return false;
	o->kind = kind;
	path_of(fd, o->path, sizeof o->path);
	if (!below(o->path)) return false;
	o->inode = inode_of(fd);
	return begin(o);
}

static ssize_t write_some(int fd, const void *bytes, size_t n, bool here, off_t offset)
{
	return here ? (ssize_t)syscall(SYS_write, fd, bytes, n) : (ssize_t)syscall(SYS_pwrite64, fd, bytes, n, offset);
}

static ssize_t write_file(int fd, const void *bytes, size_t n, bool here, off_t offset)
{
	struct operation o = { .data = bytes, .size = (int64_t)n };
	if (!begin_fd(&o, WRITE, fd)) return write_some(fd, bytes, n, here, offset);
	if (failing(&o)) return end(&o, -1);
	ssize_t wrote = write_some(fd, bytes, o.tear || o.cut ? n / 2 : n, here, offset);
	/* With O_APPEND only the place after the write is known. */
	o.offset = here ? lseek(fd, 0, SEEK_CUR) - (wrote > 0 ? wrote : 0) : offset;
	return end(&o, wrote);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	return write_file(fd, bytes, n, true, 0);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
	return write_file(fd, bytes, n, false, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t offset) __attribute__((alias("pwrite")));

/* One after the other: a caller must bear a short count anyway. */
ssize_t writev(int fd, const struct iovec *part, int n)
{
	char path[4096];
	path_of(fd, path, sizeof path);
	if (!below(path)) return (ssize_t)syscall(SYS_writev, fd, part, n);
	return n > 0 ? write_file(fd, part[0].iov_base, part[0].iov_len, true, 0) : 0;
}

int ftruncate(int fd, off_t size)
{
	struct operation o = { .size = size };
	if (!begin_fd(&o, TRUNCATE, fd)) return (int)syscall(SYS_ftruncate, fd, size);
	return (int)end(&o, failing(&o) ? -1 : syscall(SYS_ftruncate, fd, size));
}
int ftruncate64(int fd, off_t size) __attribute__((alias("ftruncate")));

int fsync(int fd)
{
	struct operation o = { 0 };
	if (!begin_fd(&o, SYNC, fd)) return (int)syscall(SYS_fsync, fd);
	return (int)end(&o, failing(&o) ? -1 : syscall(SYS_fsync, fd));
}

int fdatasync(int fd)
{
	struct operation o = { 0 };
	if (!begin_fd(&o, SYNC, fd)) return (int)syscall(SYS_fdatasync, fd);
	return (int)end(&o, failing(&o) ? -1 : syscall(SYS_fdatasync, fd));
}

/* A close that fails has closed all the same, as on Linux. */
int close(int fd)
{
	struct operation o = { 0 };
	int flags = given("VT_FAULTS_UNDER") ? fcntl(fd, F_GETFL) : -1;
	bool writes = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
	bool ours = writes && begin_fd(&o, CLOSE, fd);
	long closed = syscall(SYS_close, fd);
	if (!ours) return (int)closed;
	return (int)end(&o, failing(&o) ? -1 : closed);
}

/* ---- names ---------------------------------------------------------------------- */

static int rename_file(enum kind kind, int from, const char *path, int to, const char *other, unsigned flags)
{
	struct operation o = { .kind = kind };
	resolve(from, path, o.path, sizeof o.path);
	resolve(to, other, o.other, sizeof o.other);
	bool ours = begin(&o);
	if (ours && failing(&o)) return (int)end(&o, -1);
	long done = syscall(kind == LINK ? SYS_linkat : SYS_renameat2, from, path, to, other, flags);
	return ours ? (int)end(&o, done) : (int)done;
}

int rename(const char *path, const char *other)
{
	return rename_file(RENAME, AT_FDCWD, path, AT_FDCWD, other, 0);
}

int renameat(int from, const char *path, int to, const char *other)
{
	return rename_file(RENAME, from, path, to, other, 0);
}

int renameat2(int from, const char *path, int to, const char *other, unsigned flags)
{
	return rename_file(RENAME, from, path, to, other, flags);
}

int link(const char *path, const char *other)
{
	return rename_file(LINK, AT_FDCWD, path, AT_FDCWD, other, 0);
}

int linkat(int from, const char *path, int to, const char *other, int flags)
{
	return rename_file(LINK, from, path, to, other, (unsigned)flags);
}

static int change_name(enum kind kind, int folder, const char *path, unsigned how)
{
	struct operation o = { .kind = kind };
	resolve(folder, path, o.path, sizeof o.path);
	bool there = syscall(SYS_faccessat, folder, path, F_OK) == 0;
	bool ours = there == (kind == UNLINK) && begin(&o);
	if (ours && failing(&o)) return (int)end(&o, -1);
	long done = syscall(kind == MKDIR ? SYS_mkdirat : SYS_unlinkat, folder, path, how);
	return ours ? (int)end(&o, done) : (int)done;
}

int unlink(const char *path)
{
	return change_name(UNLINK, AT_FDCWD, path, 0);
}

int unlinkat(int folder, const char *path, int flags)
{
	return change_name(UNLINK, folder, path, (unsigned)flags);
}

int mkdir(const char *path, mode_t mode)
{
	return change_name(MKDIR, AT_FDCWD, path, mode);
}

int mkdirat(int folder, const char *path, mode_t mode)
{
	return change_name(MKDIR, folder, path, mode);
}
