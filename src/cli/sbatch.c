/* Calls of sbatch and scontrol.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sbatch.h"

extern char **environ;

enum { NO_PROGRAM = 127, ARRAY_SIZE = 1001 };

/* All that comes down the pipe; what does not fit is read and dropped, so that the writer ends. */
static void drain(int from, char *out, size_t size)
{
	size_t n = 0;
	char rest[4096];
	for (;;) {
		bool full = n + 1 >= size;
		ssize_t got = read(from, full ? rest : out + n, full ? sizeof rest : size - 1 - n);
		if (got < 0 && errno == EINTR) continue;
		if (got <= 0) break;
		if (!full) n += (size_t)got;
	}
	out[n] = '\0';
}

static int spawn(pid_t *child, char *const argv[], int out, bool silent)
{
	posix_spawn_file_actions_t actions;
	if (posix_spawn_file_actions_init(&actions) != 0) return ENOMEM;
	int error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (!error) error = posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (!error && silent) error = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (!error) error = posix_spawnp(child, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* Exit status of the program, its stdout in `out`; NO_PROGRAM where there is none, -1 for other failures. */
static int capture(char *const argv[], bool silent, char *out, size_t size)
{
	int ends[2], how, error;
	pid_t child;
	out[0] = '\0';
	if (pipe2(ends, O_CLOEXEC) != 0) return -1;
	error = spawn(&child, argv, ends[1], silent);
	close(ends[1]);
	if (!error) drain(ends[0], out, size);
	close(ends[0]);
	if (error) return error == ENOENT || error == EACCES ? NO_PROGRAM : -1;
	while (waitpid(child, &how, 0) < 0)
		if (errno != EINTR) return -1;
	return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

size_t vt_sbatch_array_size(void)
{
	char program[] = "scontrol", show[] = "show", config[] = "config", said[1 << 16];
	unsigned size = 0;
	if (capture((char *[]){ program, show, config, NULL }, true, said, sizeof said) != 0) return ARRAY_SIZE;
	const char *at = strstr(said, "MaxArraySize");
	if (!at || sscanf(at, "MaxArraySize = %u", &size) != 1 || size == 0) return ARRAY_SIZE;
	return size;
}

enum vt_status vt_sbatch_send(struct vt_ctx *ctx, const char *script, char *const argv[], long long *job)
{
	char said[256], *end;
	int how = capture(argv, false, said, sizeof said);
	if (how == NO_PROGRAM)
		return vt_ctx_fail(ctx, VT_EIO, "%s: is written, but there is no sbatch here to send it with", script);
	if (how != 0)
		return vt_ctx_fail(ctx, VT_EIO, "%s: is written, but sbatch refused it (exit status %d) for the reason above",
		                   script, how);
	errno = 0;
	long long number = strtoll(said, &end, 10);
	if (errno || number <= 0 || (*end && *end != ';' && *end != '\n'))
		return vt_ctx_fail(ctx, VT_EIO, "%s: sbatch said '%.*s', wanted the number of a job", script,
		                   (int)strcspn(said, "\n"), said);
	*job = number;
	return VT_OK;
}
