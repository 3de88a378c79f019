/* Runs gnuplot as a child, in a private folder, by argv.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gnuplot.h"

extern char **environ;

#define LOG_NAME "gnuplot.log"

static int wait_for(pid_t child)
{
	int how;
	while (waitpid(child, &how, 0) < 0)
		if (errno != EINTR) return -1;
	return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

/* Exit status of `gnuplot ARGUMENT...` inside `folder`, its words in FOLDER/gnuplot.log;
 * 127 when there is no such program. */
static int run(const char *folder, const char *log, char *const argv[])
{
	posix_spawn_file_actions_t actions;
	pid_t child;
	if (posix_spawn_file_actions_init(&actions) != 0) return -1;
	int error = folder ? posix_spawn_file_actions_addchdir_np(&actions, folder) : 0;
	if (!error) error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (!error) error = posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (!error) error = posix_spawn_file_actions_adddup2(&actions, 1, 2);
	if (!error) error = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error) return error == ENOENT ? 127 : -1;
	return wait_for(child);
}

bool vt_gnuplot_present(void)
{
	char name[] = "gnuplot", version[] = "--version";
	return run(NULL, "/dev/null", (char *[]){ name, version, NULL }) == 0;
}

/* The first line of the log that says what failed; without a UTF-8 locale gnuplot warns as well. */
static void complaint(const char *folder, char *out, size_t size)
{
	char path[4096];
	snprintf(out, size, "no message");
	if (snprintf(path, sizeof path, "%s/" LOG_NAME, folder) >= (int)sizeof path) return;
	FILE *f = fopen(path, "r");
	if (!f) return;
	char line[256];
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[strspn(line, " \t^")] == '\0' || strstr(line, "warning:")) continue;
		snprintf(out, size, "%s", line);
		if (strstr(line, "line ")) break;
	}
	fclose(f);
}

enum vt_status vt_gnuplot_run(struct vt_ctx *ctx, const char *folder, const char *name, const char *format)
{
	/* -d: the user's own start-up files must not change a figure. */
	char program[] = "gnuplot", defaults[] = "-d", expression[] = "-e";
	char script[128], set_format[32], said[300];
	snprintf(script, sizeof script, "%s.gp", name);
	snprintf(set_format, sizeof set_format, "format='%s'", format);
	int status = run(folder, LOG_NAME, (char *[]){ program, defaults, expression, set_format, script, NULL });
	if (status == 0) return VT_OK;
	if (status == 127)
		return vt_ctx_fail(ctx, VT_EDATA, "gnuplot is not in PATH any more: apt-get install gnuplot-nox");
	complaint(folder, said, sizeof said);
	return vt_ctx_fail(ctx, VT_EIO, "gnuplot could not draw %s.%s (exit status %d): %s", name, format, status, said);
}

enum vt_status vt_gnuplot_folder(struct vt_ctx *ctx, char **path)
{
	const char *parent = getenv("TMPDIR");
	char *made = vt_format(ctx, "%s/venturi-XXXXXX", parent && *parent == '/' ? parent : "/tmp");
	if (!made) return VT_ENOMEM;
	if (!mkdtemp(made)) {
		enum vt_status status = vt_ctx_fail(ctx, VT_EIO, "cannot make a temporary folder %s: %s; set TMPDIR to a folder "
		                                    "with room", made, strerror(errno));
		free(made);
		return status;
	}
	*path = made;
	return VT_OK;
}

/* One level deep: that is all we make. */
void vt_gnuplot_clean(const char *path)
{
	DIR *folder = path ? opendir(path) : NULL;
	if (!folder) return;
	for (struct dirent *e; (e = readdir(folder));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) unlinkat(dirfd(folder), e->d_name, 0);
	closedir(folder);
	rmdir(path);
}
