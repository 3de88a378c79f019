/* What an earlier process left: states that are carried both ways, locks, checkpoints that fit and do not fit.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store_run.h"

#define FOLDER "t_store_left.d"
static const struct run_plan tanh_run = { .seed = 3, .activation = "tanh", .n_steps = 5, .every = 10, .alive = true };

#define DO(call) assert_int_equal((call), VT_OK)

static int begin(void **state)
{
	(void)!system("rm -rf " FOLDER);
	*state = vt_ctx_create();
	vt_ctx_set_level(*state, VT_QUIET);
	return *state ? 0 : -1;
}

static int end(void **state)
{
	vt_ctx_free(*state);
	return 0;
}

/* ---- states ----------------------------------------------------------- */

struct owner {
	float moment[5];
	double least;
	int64_t step;
	bool stop;
	size_t n;
};

static enum vt_status carry(struct vt_ctx *ctx, struct vt_state *s, const char *name, struct owner *o)
{
	enum vt_status status;
	vt_state_owner(s, name);
	VT_TRY(vt_state_carry(ctx, s, "moment", VT_SCALAR_F32, 5, o->moment));
	VT_TRY(vt_state_carry_real(ctx, s, "least", &o->least));
	VT_TRY(vt_state_carry_int(ctx, s, "step", &o->step));
	VT_TRY(vt_state_carry_flag(ctx, s, "stop", &o->stop));
	VT_TRY(vt_state_carry_count(ctx, s, "n", 10, &o->n));
done:
	return status;
}

static void both_ways(void **state)
{
	struct owner a = { { 1, -0.f, 1e-42f, NAN, INFINITY }, -NAN, INT64_MIN, true, 7 };
	struct owner b = { { 9 }, 3, 4, false, 0 }, back = { { 0 }, 0, 0, false, 0 };
	struct vt_state *s = vt_state_create(*state);
	assert_non_null(s);
	DO(carry(*state, s, "a", &a));
	DO(carry(*state, s, "b", &b));
	assert_int_equal(vt_state_count(s), 10);
	vt_state_take_up(s);
	DO(carry(*state, s, "a", &back));
	assert_memory_equal(back.moment, a.moment, sizeof a.moment); /* bit by bit: denormals, NaN, -0 */
	assert_memory_equal(&back.least, &a.least, sizeof a.least);
	assert_true(back.step == INT64_MIN && back.stop && back.n == 7);
	DO(carry(*state, s, "b", &back));
	assert_true(back.moment[0] == 9 && back.step == 4 && !back.stop);
	vt_state_free(s);
}

/* What is not there, has another length or type, or is no count, is found. */
static void misfits(void **state)
{
	double x[3] = { 1, 2, 3 };
	float f[3];
	size_t n = 11;
	struct vt_state *s = vt_state_create(*state);
	vt_state_owner(s, "train");
	DO(vt_state_carry(*state, s, "x", VT_SCALAR_F64, 3, x));
	DO(vt_state_carry_count(*state, s, "n", 11, &n));
	vt_state_take_up(s);
	assert_int_equal(vt_state_carry(*state, s, "x", VT_SCALAR_F64, 2, x), VT_EDATA);
	assert_int_equal(vt_state_carry(*state, s, "x", VT_SCALAR_F32, 3, f), VT_EDATA);
	assert_int_equal(vt_state_carry(*state, s, "y", VT_SCALAR_F64, 3, x), VT_EDATA);
	assert_non_null(strstr(vt_ctx_trail(*state), "train/y"));
	assert_int_equal(vt_state_carry_count(*state, s, "n", 10, &n), VT_EDATA);
	vt_state_owner(s, "probe");
	assert_int_equal(vt_state_carry(*state, s, "x", VT_SCALAR_F64, 3, x), VT_EDATA);
	vt_state_free(s);
}

/* ---- locks ------------------------------------------------------------ */

/* A process that has made a store at FOLDER/locked and waits to be killed. */
static pid_t holder(int *told)
{
	int ends[2];
	char byte;
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct vt_ctx *ctx = vt_ctx_create();
		struct vt_store *s = NULL;
		struct run_plan plan = tanh_run;
		plan.dir = FOLDER "/locked";
		if (run_create(ctx, &plan, &s) != VT_OK) _exit(1);
		(void)!write(ends[1], "x", 1);
		pause();
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	*told = ends[0];
	return pid;
}

static void second_writer(void **state)
{
	struct run_plan plan = tanh_run;
	struct vt_store *s = NULL;
	int told;
	char pid_text[24];
	struct stat st;
	pid_t pid = holder(&told);
	plan.dir = FOLDER "/locked";
	plan.force = true;
	assert_int_equal(run_create(*state, &plan, &s), VT_EIO);
	snprintf(pid_text, sizeof pid_text, " %ld, which", (long)pid);
	assert_non_null(strstr(vt_ctx_trail(*state), "locked/task-00000/lock"));
	assert_non_null(strstr(vt_ctx_trail(*state), pid_text));
	assert_null(strchr(vt_ctx_trail(*state), '\n'));

	/* killed: its lock is stale, and so is its file */
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(told);
	assert_int_equal(stat(FOLDER "/locked/task-00000/lock", &st), 0);
	DO(run_create(*state, &plan, &s));
	vt_store_free(s);
	assert_int_not_equal(stat(FOLDER "/locked/task-00000/lock", &st), 0);
}

/* ---- checkpoints ------------------------------------------------------ */

/* Runs to a step, with a checkpoint at each snapshot, and leaves as a kill would: without finishing. */
static void run_part(struct vt_ctx *ctx, struct run_plan *plan, size_t from, size_t to)
{
	struct vt_store *s = NULL;
	struct vt_state *left = NULL;
	DO(run_create(ctx, plan, &s));
	run_declare(ctx, vt_store_frame(s));
	DO(vt_store_take_up(ctx, s, &left));
	int64_t at = -1;
	if (left) {
		vt_state_owner(left, "train");
		DO(vt_state_carry_int(ctx, left, "step", &at));
	}
	assert_int_equal(at, from == 0 ? -1 : (int64_t)(from - 1) * plan->every);
	for (size_t i = from; i < to; i++) {
		int64_t step = (int64_t)i * plan->every;
		struct vt_state *state = vt_state_create(ctx);
		run_record(ctx, vt_store_frame(s), plan, step);
		DO(vt_store_row(ctx, s, step, (double)step / 13));
		vt_state_owner(state, "train");
		DO(vt_state_carry_int(ctx, state, "step", &step));
		assert_true(vt_store_due(s));
		DO(vt_store_commit(ctx, s, state));
		assert_false(vt_store_due(s)); /* before the next snapshot, however far behind the file on the disk */
		vt_state_free(state);
	}
	vt_store_free(s);
}

static size_t group_rows(struct vt_ctx *ctx, const char *path, const char *group)
{
	struct vt_frame *f = NULL;
	bool intact = false;
	size_t n;
	double *step = NULL;
	DO(vt_frame_read(ctx, path, &f, &intact));
	assert_true(intact);
	DO(vt_frame_values(ctx, f, group, "step", &n, &step));
	free(step);
	vt_frame_free(f);
	return n;
}

static size_t rows_on_disk(struct vt_ctx *ctx, const char *path)
{
	return group_rows(ctx, path, "provenance");
}

static void overwrite(const char *path, long at, const char *text)
{
	FILE *f = fopen(path, "r+b");
	assert_non_null(f);
	assert_int_equal(fseek(f, at, at < 0 ? SEEK_END : SEEK_SET), 0);
	assert_true(fputs(text, f) >= 0);
	fclose(f);
}

#define RUN FOLDER "/parts/task-00000/run.h5"
#define CHECKPOINT FOLDER "/parts/task-00000/checkpoint.h5"
#define PREVIOUS FOLDER "/parts/task-00000/checkpoint.prev.h5"

/* The newest that is usable; the run file never gets shorter on the way. */
static void chooses(void **state)
{
	struct run_plan plan = tanh_run;
	plan.dir = FOLDER "/parts";
	plan.commit = 0;
	plan.resume = true;
	run_part(*state, &plan, 0, 4);
	assert_int_equal(rows_on_disk(*state, RUN), 4);
	run_part(*state, &plan, 4, 6);
	assert_int_equal(rows_on_disk(*state, RUN), 6);
	overwrite(CHECKPOINT, 600, "damaged");
	run_part(*state, &plan, 5, 5); /* the one before it */
	assert_int_equal(rows_on_disk(*state, RUN), 6);
	overwrite(PREVIOUS, 600, "damaged");
	run_part(*state, &plan, 0, 3); /* the beginning; makes checkpoints of its own */
	assert_int_equal(rows_on_disk(*state, RUN), 6);
	run_part(*state, &plan, 3, 7);
	assert_int_equal(rows_on_disk(*state, RUN), 7);
}

/* A checkpoint between snapshots: rows that measures had since the last one are neither lost nor there twice. */
static void rows_between(void **state)
{
	struct run_plan plan = tanh_run;
	struct vt_store *s = NULL;
	struct vt_state *left = NULL, *now = vt_state_create(*state);
	int64_t step = 7;
	plan.dir = FOLDER "/parts";
	plan.commit = 0;
	plan.resume = true;
	run_part(*state, &plan, 0, 1);
	DO(run_create(*state, &plan, &s));
	run_declare(*state, vt_store_frame(s));
	DO(vt_store_take_up(*state, s, &left));
	run_record(*state, vt_store_frame(s), &plan, step);
	vt_state_owner(now, "train");
	DO(vt_state_carry_int(*state, now, "step", &step));
	DO(vt_store_commit(*state, s, now));
	vt_state_free(now);
	vt_store_free(s);
	assert_int_equal(group_rows(*state, RUN, "information"), 2);

	DO(run_create(*state, &plan, &s));
	run_declare(*state, vt_store_frame(s));
	DO(vt_store_take_up(*state, s, &left));
	vt_state_owner(left, "train");
	step = 0;
	DO(vt_state_carry_int(*state, left, "step", &step));
	assert_int_equal(step, 7);
	run_record(*state, vt_store_frame(s), &plan, 9);
	DO(vt_store_row(*state, s, 9, 1));
	DO(vt_store_commit(*state, s, NULL));
	vt_store_free(s);
	assert_int_equal(group_rows(*state, RUN, "information"), 3);
	assert_int_equal(rows_on_disk(*state, RUN), 2);
}

/* Another run's checkpoint, or one that is ahead of the run file, is of no use. */
static void strangers(void **state)
{
	struct run_plan plan = tanh_run;
	plan.commit = 0;
	plan.resume = true;
	plan.dir = FOLDER "/ahead";
	run_part(*state, &plan, 0, 2);
	(void)!system("cp " FOLDER "/ahead/task-00000/run.h5 " FOLDER "/short.h5");
	run_part(*state, &plan, 2, 5);
	(void)!system("cp " FOLDER "/short.h5 " FOLDER "/ahead/task-00000/run.h5");
	run_part(*state, &plan, 0, 1);
	plan.dir = FOLDER "/other";
	plan.seed = 99;
	run_part(*state, &plan, 0, 1);
	(void)!system("cp " FOLDER "/other/task-00000/checkpoint.h5 " FOLDER "/ahead/task-00000/");
	(void)!system("rm " FOLDER "/ahead/task-00000/checkpoint.prev.h5");
	plan.dir = FOLDER "/ahead";
	plan.seed = tanh_run.seed;
	run_part(*state, &plan, 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_ways, begin, end), cmocka_unit_test_setup_teardown(misfits, begin, end),
		cmocka_unit_test_setup_teardown(second_writer, begin, end), cmocka_unit_test_setup_teardown(chooses, begin, end),
		cmocka_unit_test_setup_teardown(strangers, begin, end),
		cmocka_unit_test_setup_teardown(rows_between, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
