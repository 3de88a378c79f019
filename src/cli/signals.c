/* Signals that ask a run to stop: the first lets it finish its step and commit, the second ends it at once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* The program's one writable variable: the signal that came, or 0. */
volatile sig_atomic_t vt_signal;
_Static_assert(_Generic((sig_atomic_t)0, int: 1, default: 0), "the library reads it as an int");

/* What is on the disk is whole at every moment, so that ending here loses only what was not committed yet.  A sweep
 * sends its tasks the signal that it got (by sigqueue), and a terminal sends it to all of them as well: the sweep's
 * does not count as a second one. */
static void note(int signal, siginfo_t *info, void *machine)
{
	(void)machine;
	if (vt_signal == 0) vt_signal = signal;
	else if (info->si_code != SI_QUEUE) _exit(vt_status_exit(vt_signal == SIGINT ? VT_EINTERRUPTED : VT_ESTOPPED));
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
	vt_ctx_on_stop(ctx, &vt_signal, deadline);
}
