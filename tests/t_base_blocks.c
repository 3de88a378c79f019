/* Parallel blocks: each runs once, the worst status is returned, and a process that ran them may have children that run
 * them too.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "venturi/base.h"

enum { BLOCKS = 40, THREADS = 3, PATIENCE = 60 };

struct tally {
	int ran[BLOCKS];
	enum vt_status status[BLOCKS];
};

static enum vt_status count(void *self, size_t b)
{
	struct tally *t = self;
	t->ran[b]++;
	return t->status[b];
}

static struct vt_ctx *three_threads(void)
{
	struct vt_ctx *ctx = vt_ctx_create();
	assert_non_null(ctx);
	vt_ctx_set_threads(ctx, THREADS);
	return ctx;
}

static void each_once(void **state)
{
	struct tally t = { 0 };
	struct vt_ctx *ctx = three_threads();
	(void)state;
	assert_int_equal(vt_blocks_run(ctx, BLOCKS, false, count, &t), VT_OK);
	for (int b = 0; b < BLOCKS; b++) assert_int_equal(t.ran[b], 1);
	vt_ctx_free(ctx);
}

static void worst_status(void **state)
{
	struct tally t = { .status = { [3] = VT_EDOMAIN, [7] = VT_EDATA } };
	struct vt_ctx *ctx = three_threads();
	(void)state;
	assert_int_equal(vt_blocks_run(ctx, BLOCKS, false, count, &t), VT_EDOMAIN);
	t.status[11] = VT_ENOMEM;
	assert_int_equal(vt_blocks_run(ctx, BLOCKS, false, count, &t), VT_ENOMEM);
	vt_ctx_free(ctx);
}

/* A sweep forks after a single task, or after a verdict, has used threads. */
static void children(void **state)
{
	struct tally t = { 0 };
	struct vt_ctx *ctx = three_threads();
	int how;
	(void)state;
#if defined VT_SANITIZED
	vt_ctx_free(ctx);
	skip(); /* the thread sanitizer lets no child of threads have threads */
#endif
	for (int child = 0; child < 3; child++) {
		assert_int_equal(vt_blocks_run(ctx, BLOCKS, false, count, &t), VT_OK);
		vt_blocks_dismiss();
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			alarm(PATIENCE); /* ends a child that waits for ever */
			bool ran = vt_blocks_run(ctx, BLOCKS, false, count, &t) == VT_OK && t.ran[0] == child + 2;
			vt_ctx_free(ctx);
			_exit(ran ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &how, 0), pid);
		assert_int_equal(how, 0);
	}
	vt_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_once), cmocka_unit_test(worst_status),
		                            cmocka_unit_test(children) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
