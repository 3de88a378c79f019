/* CPUs, memory and time of a task, from what `check` finds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "forecasts.h"
#include "resources.h"

/* A cluster's nodes may be slower than the machine where the tasks were tried, and nulls and other things done now and
 * then are not in a forecast: twice the time and half as much memory again.  Who asks for much more waits longer. */
static const double time_reserve = 2, memory_reserve = 1.5;
enum { LEAST_MINUTES = 10, ROUND_MINUTES = 5, LEAST_GRACE = 120, MOST_GRACE = 3600 };
/* Small nets train best on one core: the sweep is what fills the machine. */
enum { SMALL_NET = 100000, CPUS_OF_LARGE = 4 };

/* The most of each that any chosen task needs. */
struct most {
	double seconds, bytes, longest;
	size_t n_parameters, n_tried, n_untried;
	char note[320];
};

static void raise_to(struct most *m, const struct vt_forecast *f)
{
	if (!f || f->n_steps == 0) {
		m->n_untried++;
		if (f && f->note[0]) memcpy(m->note, f->note, sizeof m->note);
		return;
	}
	m->n_tried++;
	m->seconds = fmax(m->seconds, f->seconds);
	m->bytes = fmax(m->bytes, f->bytes);
	m->longest = fmax(m->longest, f->longest);
	if (f->n_parameters > m->n_parameters) m->n_parameters = f->n_parameters;
}

static enum vt_status try_tasks(struct vt_ctx *ctx, const struct vt_experiment *e, const bool *chosen, struct most *m)
{
	enum vt_status status = VT_OK;
	struct vt_forecasts f = { 0 };
	struct vt_task *t = NULL;
	for (size_t i = 0; i < e->n_tasks; i++) {
		const struct vt_forecast *cost = NULL;
		if (!chosen[i]) continue;
		VT_TRY(vt_experiment_task(ctx, e, i, &t));
		VT_TRY(vt_forecasts_task(ctx, &f, t, &cost));
		raise_to(m, cost);
		vt_task_free(t);
		t = NULL;
	}
done:
	if (status != VT_OK && status != VT_ECONFIG) vt_ctx_frame(ctx, "in %s", e->path);
	vt_task_free(t);
	vt_forecasts_clear(&f);
	return status;
}

/* Seconds of a limit as sbatch takes it: M, M:S, H:M:S, D-H, D-H:M, D-H:M:S; 0 for anything else. */
static double limit_seconds(const char *text)
{
	unsigned days = 0, part[3] = { 0 };
	int n = 0, used = 0;
	const char *dash = strchr(text, '-');
	if (dash && (sscanf(text, "%u-%n", &days, &used) != 1 || text + used != dash + 1)) return 0;
	n = sscanf(dash ? dash + 1 : text, "%u:%u:%u", &part[0], &part[1], &part[2]);
	if (n < 1) return 0;
	if (dash) return 86400.0 * days + 3600.0 * part[0] + 60.0 * part[1] + part[2];
	return n == 3 ? 3600.0 * part[0] + 60.0 * part[1] + part[2] : 60.0 * part[0] + part[1];
}

static void print_limit(double seconds, char *out, size_t size)
{
	long minutes = (long)ceil(seconds / 60 / ROUND_MINUTES) * ROUND_MINUTES;
	if (minutes < LEAST_MINUTES) minutes = LEAST_MINUTES;
	long days = minutes / 1440, rest = minutes % 1440;
	if (days > 0) snprintf(out, size, "%ld-%02ld:%02ld:00", days, rest / 60, rest % 60);
	else snprintf(out, size, "%02ld:%02ld:00", rest / 60, rest % 60);
}

/* Enough to finish the longest step or snapshot and to commit, but not half of what the job may take. */
static long grace(double longest, double limit)
{
	double seconds = fmin(fmax(60 + 3 * longest, LEAST_GRACE), MOST_GRACE);
	if (limit > 0) seconds = fmin(seconds, limit / 2);
	return (long)seconds;
}

static enum vt_status take(struct vt_ctx *ctx, const char *name, const char *text, char *out, size_t size)
{
	if (text && *text && strlen(text) < size && !text[strspn(text, "0123456789KMGTUNLIMEDkmgt.:-")]) {
		strcpy(out, text);
		return VT_OK;
	}
	return vt_ctx_fail(ctx, VT_EUSAGE, "--%s=%.80s: wanted what sbatch takes, such as %s", name, text,
	                   strcmp(name, "mem") == 0 ? "2G" : "30 (minutes), 04:00:00 or 1-12:00:00");
}

static void say_guess(struct vt_ctx *ctx, const struct vt_experiment *e, const struct most *m,
                      const struct vt_resources *r)
{
	if (m->n_untried == 0) return;
	vt_log(ctx, VT_WARN, "%s: %zu of %zu tasks could not be tried here, so time and memory (%s, %s) are %s%s%s; "
	       "--time and --mem say it better", e->name, m->n_untried, m->n_tried + m->n_untried, r->time, r->mem,
	       m->n_tried ? "those of the others" : "guesses", m->note[0] ? ": " : "", m->note);
}

enum vt_status vt_resources_find(struct vt_ctx *ctx, const struct vt_args *a, const struct vt_experiment *e,
                                 const bool *chosen, struct vt_resources *out)
{
	enum vt_status status;
	const char *mem = vt_args_flag(a, "mem"), *time = vt_args_flag(a, "time");
	struct most m = { 0 };
	struct vt_resources r = { 0 };
	VT_TRY(vt_args_count(ctx, a, "threads", 1, 0, &r.cpus));
	if (mem) VT_TRY(take(ctx, "mem", mem, r.mem, sizeof r.mem));
	if (time) VT_TRY(take(ctx, "time", time, r.time, sizeof r.time));
	if (!r.cpus) vt_ctx_set_threads(ctx, 1);
	if (!mem || !time || !r.cpus) VT_TRY(try_tasks(ctx, e, chosen, &m));
	r.tried = m.n_tried > 0;
	r.seconds = m.seconds;
	r.bytes = m.bytes;
	if (!r.cpus) r.cpus = m.n_parameters < SMALL_NET ? 1 : CPUS_OF_LARGE;
	double wanted = r.tried ? time_reserve * m.seconds + 300 : 3600;
	if (!time) print_limit(fmax(wanted, 4 * (60 + 3 * m.longest)), r.time, sizeof r.time);
	double mebibytes = r.tried ? memory_reserve * m.bytes / 1048576 + 200 : 4096;
	if (!mem) snprintf(r.mem, sizeof r.mem, "%.0fM", fmax(ceil(mebibytes / 256) * 256, 512));
	r.grace = grace(m.longest, limit_seconds(r.time));
	if (!mem || !time) say_guess(ctx, e, &m, &r);
	*out = r;
	status = VT_OK;
done:
	return status;
}
