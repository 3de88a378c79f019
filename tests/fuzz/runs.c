/* What is done with run files that were read: settings and axes, verdicts, a collected file, a page.  The runs come
 * from bytes, as frames through a pipe, in place of files.  Includes the source, for what is private to it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#define vt_runs_open open_from_files
#include "../../src/store/runs.c"
#undef vt_runs_open

#include "child.h"
#include "frames.h"
#include "venturi.h"

/* The frame of the first run; the second run is sound. */
static struct vt_child *answer;
static size_t answer_size;

static enum vt_status open_frame(struct vt_ctx *ctx, struct vt_frame *frame, const char *path, struct vt_runs *r)
{
	struct vt_frame_file f = { .path = path, .frame = frame, .intact = true };
	enum vt_status status = vt_array_grow(ctx, &r->run, r->n, sizeof *r->run);
	if (status == VT_OK) status = open_run(ctx, &f, &r->run[r->n]);
	if (status == VT_OK) r->n++;
	return status;
}

/* In the place of the one that reads files. */
enum vt_status vt_runs_open(struct vt_ctx *ctx, const char *dir, struct vt_runs **out);
enum vt_status vt_runs_open(struct vt_ctx *ctx, const char *dir, struct vt_runs **out)
{
	enum vt_status status;
	struct vt_runs *r = NULL;
	struct vt_frame *f = NULL;

	VT_NEW(ctx, r, 1);
	r->dir = vt_copy(ctx, dir);
	lseek(answer->in, 0, SEEK_SET);
	answer->left = answer->at = answer->have = 0;
	VT_TRY(vt_frame_take(ctx, answer, "a.h5", answer_size, &f));
	VT_TRY(open_frame(ctx, f, "d/task-00000/run.h5", r));
	VT_TRY(open_frame(ctx, fuzz_run_frame(ctx, 2, 3), "d/task-00001/run.h5", r));
	VT_TRY(vt_runs_find_axes(ctx, r));
	*out = r;
	r = NULL;
	status = VT_OK;
done:
	vt_runs_free(r);
	return status;
}

static void judge(struct vt_ctx *ctx, const struct vt_runs *r)
{
	struct vt_rulings *rulings = NULL;
	char *json = NULL;
	enum vt_status status = vt_verdict(ctx, &vt_registry, r, NULL, &rulings);
	fuzz_expect(ctx, status);
	if (status != VT_OK) return;
	if (vt_rulings_json(ctx, rulings, &json) != VT_OK) fuzz_fail("%s", vt_ctx_trail(ctx));
	free(json);
	vt_rulings_free(rulings);
}

static void run(struct vt_ctx *ctx, const uint8_t *data, size_t n)
{
	struct vt_child c = fuzz_child(data, n);
	struct vt_runs *r = NULL;
	struct vt_report report;
	char path[256], folder[256];
	const char *dir = folder;
	answer = &c;
	answer_size = n;
	snprintf(folder, sizeof folder, "%s/d/task-00000", fuzz_folder());
	if (vt_folder_create(ctx, folder) != VT_OK) exit(1);
	snprintf(folder, sizeof folder, "%s/d", fuzz_folder());
	snprintf(path, sizeof path, "%s/out", fuzz_folder());
	enum vt_status status = vt_runs_open(ctx, dir, &r);
	fuzz_expect_answer(ctx, status);
	if (status == VT_OK) {
		judge(ctx, r);
		fuzz_expect(ctx, vt_runs_collect(ctx, r, NULL, path));
		vt_runs_free(r);
		fuzz_expect(ctx, vt_report_page(ctx, &vt_registry, 1, &dir, path, &report));
	}
	close(c.in);
}

static bool send(void *what, int out)
{
	return vt_frame_send(what, out);
}

static void seeds(struct vt_ctx *ctx, fuzz_seed_fn *give, void *self)
{
	struct vt_frame *f[] = { fuzz_run_frame(ctx, 1, 3), fuzz_run_frame(ctx, 2, 1), fuzz_run_frame(ctx, 0, 0) };
	for (size_t i = 0; i < 3; i++) {
		fuzz_add_sent(send, f[i], give, self);
		vt_frame_free(f[i]);
	}
}

const struct fuzz_target fuzz_runs = {
	.name = "runs", .what = "run files judged, collected and reported",
	.run = run, .seeds = seeds, .many = 2000,
};
