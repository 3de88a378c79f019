/* Signals that ask a run to stop: the first lets it finish its step and commit, the second ends it at once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

/* The program's one writable variable: the signal that came, or 0, and since when; whether the first one is to end the
 * program. */
struct {
	volatile sig_atomic_t number, at_once;
	struct timespec since;
} vt_signal;
_Static_assert(_Generic((sig_atomic_t)0, int: 1, default: 0), "the library reads it as an int");

/* Whether it counts as a second one.  A sweep sends its tasks the signal that it got (by sigqueue), and a terminal
 * sends it to all of them as well.  At the end of a job's time Slurm says TERM to the step, srun says it again, and a
 * batch script may hand it on: three within milliseconds, and the first must not be kept from committing.  Ctrl-C
 * twice is meant. */
static bool second(int signal, const siginfo_t *info)
{
	struct timespec now;
	if (info->si_code == SI_QUEUE) return false;
	if (signal == SIGINT) return true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	double passed = (double)(now.tv_sec - vt_signal.since.tv_sec);
	passed += 1e-9 * (double)(now.tv_nsec - vt_signal.since.tv_nsec);
	return passed > 0.25;
}

/* What is on the disk is whole at every moment, so that ending here loses only what was not committed yet. */
static void note(int signal, siginfo_t *info, void *machine)
{
	(void)machine;
	bool first = vt_signal.number == 0;
	if (first) {
		clock_gettime(CLOCK_MONOTONIC, &vt_signal.since);
		vt_signal.number = signal;
	}
	if (vt_signal.at_once || (!first && second(signal, info)))
		_exit(vt_status_exit(vt_signal.number == SIGINT ? VT_EINTERRUPTED : VT_ESTOPPED));
}

void vt_signals_end_at_once(void)
{
	vt_signal.at_once = 1;
}

void vt_signals_catch(struct vt_ctx *ctx, double deadline)
{
	static const int stopping[] = { SIGTERM, SIGUSR1, SIGINT, SIGHUP };
	struct sigaction action, before;
	memset(&action, 0, sizeof action);
	action.sa_sigaction = note;
	action.sa_flags = SA_RESTART | SA_SIGINFO;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof stopping / sizeof *stopping; i++) {
		/* nohup means that a terminal which goes away is no reason to stop */
		bool ignored = sigaction(stopping[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN;
		if (stopping[i] != SIGHUP || !ignored) sigaction(stopping[i], &action, NULL);
	}
	vt_ctx_on_stop(ctx, &vt_signal.number, deadline);
}
