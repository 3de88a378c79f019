/* The list of targets, and what they share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

/* For LeakSanitizer.  HDF5 keeps 72 bytes for each image of a file; venturi opens one in a process that ends. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:H5LTopen_file_image";
}

extern const struct fuzz_target fuzz_npy, fuzz_csv, fuzz_idx, fuzz_octets;
extern const struct fuzz_target fuzz_experiment, fuzz_override, fuzz_estimator, fuzz_hypotheses, fuzz_rulings;
extern const struct fuzz_target fuzz_dataset_answer, fuzz_names_answer, fuzz_groups_answer;
extern const struct fuzz_target fuzz_frame_answer, fuzz_files_answer;
extern const struct fuzz_target fuzz_made, fuzz_frame, fuzz_runs, fuzz_checkpoint_frame;
extern const struct fuzz_target fuzz_activations, fuzz_run_file, fuzz_checkpoint_file, fuzz_sealed_file;

const struct fuzz_target *const fuzz_targets[] = {
	&fuzz_npy, &fuzz_csv, &fuzz_idx, &fuzz_octets, &fuzz_experiment, &fuzz_override, &fuzz_estimator, &fuzz_hypotheses,
	&fuzz_rulings, &fuzz_dataset_answer, &fuzz_names_answer, &fuzz_groups_answer, &fuzz_frame_answer,
	&fuzz_files_answer, &fuzz_made, &fuzz_frame, &fuzz_runs, &fuzz_checkpoint_frame, &fuzz_activations, &fuzz_run_file,
	&fuzz_checkpoint_file, &fuzz_sealed_file, NULL,
};

const struct fuzz_target *fuzz_target_named(const char *name)
{
	for (size_t i = 0; fuzz_targets[i]; i++)
		if (strcmp(fuzz_targets[i]->name, name) == 0) return fuzz_targets[i];
	return NULL;
}

void fuzz_fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fprintf(stderr, "broken promise: ");
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	abort();
}

struct fuzz_counts fuzz_counts;

void fuzz_expect(struct vt_ctx *ctx, enum vt_status status)
{
	const char *line = vt_ctx_trail(ctx);
	if (status == VT_OK) return;
	fuzz_counts.refused++;
	fuzz_counts.died += strstr(line, "ended by signal") != NULL;
	if (status != VT_EDATA && status != VT_ECONFIG && status != VT_EUSAGE && status != VT_EDOMAIN)
		fuzz_fail("status %d: %s", status, line);
	if (!*line) fuzz_fail("status %d without a message", status);
	for (const char *p = line; *p; p++)
		if (((unsigned char)*p < 32 && *p != '\n') || *p == 127) fuzz_fail("byte %d in the message: %s", *p, line);
	vt_ctx_forget(ctx);
}

/* A child may say that it has no memory. */
void fuzz_expect_answer(struct vt_ctx *ctx, enum vt_status status)
{
	fuzz_expect(ctx, status == VT_ENOMEM ? VT_EDATA : status);
}

/* ---- files ----------------------------------------------------------------- */

static char folder[64];
static pid_t maker;

/* By its maker alone: workers that end leave it. */
static void remove_folder(void)
{
	char command[128];
	if (getpid() != maker) return;
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	if (system(command) != 0) perror(folder);
}

const char *fuzz_folder(void)
{
	if (folder[0]) return folder;
	snprintf(folder, sizeof folder, "%s/venturi-fuzz.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(folder)) {
		perror(folder);
		exit(1);
	}
	maker = getpid();
	atexit(remove_folder);
	return folder;
}

const char *fuzz_file(const char *name, const void *bytes, size_t n)
{
	static char path[256];
	snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || close(fd) != 0) {
		perror(path);
		exit(1);
	}
	return path;
}

uint8_t *fuzz_read(const char *path, size_t *n)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *bytes = fd >= 0 && fstat(fd, &st) == 0 ? malloc((size_t)st.st_size + 1) : NULL;
	if (!bytes || read(fd, bytes, (size_t)st.st_size) != st.st_size) {
		perror(path);
		exit(1);
	}
	close(fd);
	*n = (size_t)st.st_size;
	return bytes;
}

/* ---- decisions --------------------------------------------------------------- */

uint8_t fuzz_byte(struct fuzz_bytes *b)
{
	return b->at < b->end ? *b->at++ : 0;
}

uint64_t fuzz_number(struct fuzz_bytes *b)
{
	uint64_t x = 0;
	for (int i = 0; i < 8; i++) x |= (uint64_t)fuzz_byte(b) << 8 * i;
	return x;
}
