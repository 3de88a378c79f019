/* A progress bar on a terminal, a plain line now and then elsewhere.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "context.h"
#include "venturi/base.h"

enum { WIDTH = 30 };

struct vt_bar {
	bool terminal, colour, drawn, silent;
	double started, last;
	double first, base; /* the first call, and the share then: a run that goes on did it before; -1: none yet */
	char label[64];
};

struct vt_bar *vt_bar_create(struct vt_ctx *ctx, const char *label)
{
	struct vt_bar *bar = vt_alloc(ctx, 1, sizeof *bar);
	if (!bar) return NULL;
	const char *term = getenv("TERM");
	bar->silent = ctx->level < VT_INFO;
	bar->terminal = isatty(STDERR_FILENO) && !getenv("CI") && term && strcmp(term, "dumb") != 0;
	bar->colour = bar->terminal && !getenv("NO_COLOR");
	bar->started = bar->last = vt_clock();
	bar->base = -1;
	snprintf(bar->label, sizeof bar->label, "%s", label);
	return bar;
}

static void duration(double seconds, char *out, size_t size)
{
	long s = (long)(seconds + 0.5);
	if (s < 60) snprintf(out, size, "%ld s", s);
	else if (s < 3600) snprintf(out, size, "%ld min %02ld s", s / 60, s % 60);
	else snprintf(out, size, "%ld h %02ld min", s / 3600, s / 60 % 60);
}

static void draw_bar(const struct vt_bar *bar, double share, const char *eta, const char *note)
{
	int filled = (int)(share * WIDTH);
	fprintf(stderr, "\r%s %s", bar->label, bar->colour ? "\033[36m" : "");
	for (int i = 0; i < WIDTH; i++) fputs(i < filled ? "#" : ".", stderr);
	fprintf(stderr, "%s %3.0f %%  %s left  %s\033[K", bar->colour ? "\033[0m" : "", 100 * share, eta, note);
	fflush(stderr);
}

void vt_bar_draw(void *self, double done, double total, const char *note)
{
	struct vt_bar *bar = self;
	double now = vt_clock(), elapsed = now - bar->started;
	bool finished = done >= total;
	if (bar->base < 0) {
		bar->base = total > 0 ? done / total : 0;
		bar->first = now;
	}
	if (bar->silent || now - bar->last < (bar->terminal ? 0.1 : 30)) {
		if (!finished || bar->silent || !bar->terminal) return;
	}
	bar->last = now;
	double share = total > 0 ? done / total : 1;
	char eta[32] = "?", spent[32];
	if (share > bar->base) duration((now - bar->first) * (1 - share) / (share - bar->base), eta, sizeof eta);
	duration(elapsed, spent, sizeof spent);
	if (bar->terminal) draw_bar(bar, share, eta, note);
	else fprintf(stderr, "%s %.0f %% after %s, %s left  %s\n", bar->label, 100 * share, spent, eta, note);
	bar->drawn = bar->terminal;
}

void vt_bar_free(struct vt_bar *bar)
{
	if (bar && bar->drawn) fputc('\n', stderr);
	free(bar);
}
