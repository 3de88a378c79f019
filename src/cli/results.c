/* Estimates as a table in bits, and as JSON in nats and bits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "results.h"

enum vt_status vt_results_add(struct vt_ctx *ctx, struct vt_results *all, const struct vt_result *r)
{
	if (all->n == all->room) {
		size_t room = all->room ? 2 * all->room : 16;
		struct vt_result *row = realloc(all->row, room * sizeof *row);
		if (!row) {
			struct vt_results lost = { .n = 1, .row = malloc(sizeof *row) };
			if (lost.row) *lost.row = *r;
			if (lost.row) vt_results_clear(&lost);
			return vt_ctx_fail(ctx, VT_ENOMEM, "out of memory for %zu estimates", all->n);
		}
		all->row = row;
		all->room = room;
	}
	all->row[all->n++] = *r;
	return VT_OK;
}

void vt_results_clear(struct vt_results *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->row[i].x);
		free(all->row[i].y);
		free(all->row[i].z);
		free(all->row[i].layer);
	}
	free(all->row);
	*all = (struct vt_results){ 0 };
}

/* ---- JSON --------------------------------------------------------------------------- */

static json_t *number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *text(const char *s)
{
	return s && *s ? json_string(s) : json_null();
}

static const char *bound_name(enum vt_bound bound)
{
	static const char *const name[] = { "point", "lower", "upper", "bracket" };
	return name[bound];
}

static json_t *flags_json(unsigned flags)
{
	json_t *list = json_array();
	for (size_t i = 0; i < VT_N_FLAGS; i++)
		if (flags >> i & 1) json_array_append_new(list, json_string(vt_flag_names[i]));
	return list;
}

/* "ksg,copula": the estimators that `auto` took. */
static json_t *chosen_json(const char *chosen)
{
	json_t *list = json_array();
	for (const char *at = chosen; *at;) {
		size_t n = strcspn(at, ",");
		json_array_append_new(list, json_stringn(at, n));
		at += n + (at[n] == ',');
		at += strspn(at, " ");
	}
	return list;
}

static const char *nature(bool discrete)
{
	return discrete ? "discrete" : "continuous";
}

/* What is no information (HSIC) is no number of nats: it stands under `value` alone. */
static void put_estimate(json_t *o, const struct vt_estimated *e)
{
	bool nats = strcmp(e->unit ? e->unit : "nat", "nat") == 0;
	double scale = nats ? 1 : NAN;
	json_object_set_new(o, "mi_nats", number(e->mi * scale));
	json_object_set_new(o, "mi_bits", number(e->mi * scale * VT_BITS_PER_NAT));
	json_object_set_new(o, "value", number(e->mi));
	json_object_set_new(o, "unit", json_string(e->unit ? e->unit : "nat"));
	json_object_set_new(o, "se_nats", number(e->se * scale));
	json_object_set_new(o, "ci95_nats", json_pack("[o, o]", number(e->lo * scale), number(e->hi * scale)));
	json_object_set_new(o, "method", text(e->method));
	json_object_set_new(o, "bound", json_string(bound_name(e->bound)));
	json_object_set_new(o, "lower_nats", number(e->lower * scale));
	json_object_set_new(o, "upper_nats", number(e->upper * scale));
	json_object_set_new(o, "ceiling_nats", number(e->ceiling * scale));
	json_object_set_new(o, "null_mean_nats", number(e->null_mean * scale));
	json_object_set_new(o, "null_p", number(e->null_p));
	json_object_set_new(o, "mi_calibrated_nats", number(e->calibrated * scale));
	json_object_set_new(o, "ci95_calibrated_nats", json_pack("[o, o]", number(e->calibrated_lo * scale),
	                                                         number(e->calibrated_hi * scale)));
	json_object_set_new(o, "n", json_integer((json_int_t)e->n));
	json_object_set_new(o, "dim_x", json_integer((json_int_t)e->dim_x));
	json_object_set_new(o, "dim_y", json_integer((json_int_t)e->dim_y));
	json_object_set_new(o, "dim_z", json_integer((json_int_t)e->dim_z));
}

static enum vt_status result_json(struct vt_ctx *ctx, const struct vt_result *r, char **out)
{
	enum vt_status status;
	char *settings = NULL, *line = NULL;
	json_t *o = json_object();

	VT_TRY(vt_chosen_json(ctx, &r->chosen, &settings));
	json_object_set_new(o, "estimator", json_string(r->chosen.kind->name));
	json_object_set_new(o, "settings", json_loads(settings, 0, NULL));
	json_object_set_new(o, "chosen", chosen_json(r->e.chosen));
	json_object_set_new(o, "layer", text(r->layer));
	json_object_set_new(o, "step", r->has_step ? json_integer(r->step) : json_null());
	json_object_set_new(o, "x", text(r->x));
	json_object_set_new(o, "y", text(r->y));
	json_object_set_new(o, "z", text(r->z));
	json_object_set_new(o, "type_x", json_string(nature(r->discrete_x)));
	json_object_set_new(o, "type_y", json_string(nature(r->discrete_y)));
	json_object_set_new(o, "type_z", r->z ? json_string(nature(r->discrete_z)) : json_null());
	put_estimate(o, &r->e);
	json_object_set_new(o, "flag", json_string(vt_flag_worst(r->e.flags)));
	json_object_set_new(o, "flags", flags_json(r->e.flags));
	json_object_set_new(o, "reason", text(r->e.reason));
	json_object_set_new(o, "seconds", number(r->e.seconds));
	line = o ? json_dumps(o, JSON_COMPACT) : NULL;
	VT_REQUIRE(ctx, line, VT_ENOMEM, "out of memory for the results");
	*out = line;
done:
	free(settings);
	json_decref(o);
	return status;
}

/* Line by line, so that many rows are not all in memory as JSON. */
enum vt_status vt_results_json(struct vt_ctx *ctx, const struct vt_results *all)
{
	printf("{\"results\":[");
	for (size_t i = 0; i < all->n; i++) {
		char *line = NULL;
		enum vt_status status = result_json(ctx, &all->row[i], &line);
		if (status != VT_OK) return status;
		printf("%s\n%s", i ? "," : "", line);
		free(line);
	}
	printf("\n]}\n");
	return VT_OK;
}

/* ---- the table ------------------------------------------------------------------------- */

enum { LAYER, STEP, X, Y, Z, ESTIMATOR, VALUE, INTERVAL, NULL_P, CEILING, CALIBRATED, N, DIMENSIONS, FLAG, N_COLUMNS };
enum { LONGEST_CELL = 64 };

static const char *const heading[N_COLUMNS] = { "layer", "step", "x", "y", "z", "estimator", "bit", "95 % interval",
                                                "null p", "ceiling", "calibrated", "n", "dimensions", "flag" };
/* Words stand left, numbers right. */
static const bool left[N_COLUMNS] = { [LAYER] = true, [X] = true, [Y] = true, [Z] = true, [ESTIMATOR] = true,
                                      [DIMENSIONS] = true, [FLAG] = true };

/* Enough digits for three decimals of a bit; more only where the number is large. */
static void bits(double nats, char *out)
{
	double x = nats * VT_BITS_PER_NAT;
	if (isnan(x)) snprintf(out, LONGEST_CELL, "-");
	else snprintf(out, LONGEST_CELL, fabs(x) < 1e4 ? "%.4f" : "%.4g", x);
}

static void interval(double low, double high, char *out)
{
	char lo[LONGEST_CELL], hi[LONGEST_CELL];
	bits(low, lo);
	bits(high, hi);
	if (isnan(low) && isnan(high)) snprintf(out, LONGEST_CELL, "-");
	else snprintf(out, LONGEST_CELL, "[%.28s, %.28s]", lo, hi);
}

static void calibrated(const struct vt_estimated *e, double scale, char *out)
{
	char mi[LONGEST_CELL], ends[LONGEST_CELL];
	bits(e->calibrated * scale, mi);
	interval(e->calibrated_lo * scale, e->calibrated_hi * scale, ends);
	snprintf(out, LONGEST_CELL, isnan(e->calibrated) ? "%.15s" : "%.15s %.45s", mi, ends);
}

/* A bracket is two numbers, a bound says so, and what is no information shows its own unit. */
static void value(const struct vt_estimated *e, double scale, char *out)
{
	char a[LONGEST_CELL], b[LONGEST_CELL];
	bits(e->mi * scale, a);
	if (e->bound == VT_BRACKET) {
		bits(e->lower, a);
		bits(e->upper, b);
		snprintf(out, LONGEST_CELL, "%.28s .. %.28s", a, b);
	} else {
		const char *sign = isnan(e->mi) || e->bound == VT_POINT ? "" : e->bound == VT_LOWER ? ">= " : "<= ";
		snprintf(out, LONGEST_CELL, "%s%.40s%s", sign, a, scale != 1 ? " (no bits)" : "");
	}
}

/* "12c + 1d": so many columns, continuous or discrete. */
static void dimensions(const struct vt_result *r, char *out)
{
	char z[24] = "";
	if (r->z) snprintf(z, sizeof z, " | %zu%c", r->e.dim_z, r->discrete_z ? 'd' : 'c');
	snprintf(out, LONGEST_CELL, "%zu%c + %zu%c%s", r->e.dim_x, r->discrete_x ? 'd' : 'c', r->e.dim_y,
	         r->discrete_y ? 'd' : 'c', z);
}

static void cells(const struct vt_result *r, char cell[N_COLUMNS][LONGEST_CELL])
{
	const struct vt_estimated *e = &r->e;
	double scale = strcmp(e->unit ? e->unit : "nat", "nat") == 0 ? 1 : 1 / VT_BITS_PER_NAT;
	snprintf(cell[LAYER], LONGEST_CELL, "%s", r->layer ? r->layer : "");
	if (r->has_step) snprintf(cell[STEP], LONGEST_CELL, "%" PRId64, r->step);
	else cell[STEP][0] = '\0';
	snprintf(cell[X], LONGEST_CELL, "%s", r->x);
	snprintf(cell[Y], LONGEST_CELL, "%s", r->y);
	snprintf(cell[Z], LONGEST_CELL, "%s", r->z ? r->z : "");
	snprintf(cell[ESTIMATOR], LONGEST_CELL, "%.40s%s%.20s", r->estimator, e->chosen[0] ? ": " : "", e->chosen);
	value(e, scale, cell[VALUE]);
	interval(e->lo * scale, e->hi * scale, cell[INTERVAL]);
	if (isnan(e->null_p)) snprintf(cell[NULL_P], LONGEST_CELL, "-");
	else snprintf(cell[NULL_P], LONGEST_CELL, "%.3g", e->null_p);
	bits(e->ceiling * scale, cell[CEILING]);
	calibrated(e, scale, cell[CALIBRATED]);
	snprintf(cell[N], LONGEST_CELL, "%zu", e->n);
	dimensions(r, cell[DIMENSIONS]);
	snprintf(cell[FLAG], LONGEST_CELL, "%s", vt_flag_worst(e->flags));
}

/* Widths of the columns; one in which no row has anything is left out. */
static void widths(const struct vt_results *all, size_t width[N_COLUMNS])
{
	char cell[N_COLUMNS][LONGEST_CELL];
	memset(width, 0, N_COLUMNS * sizeof *width);
	for (size_t i = 0; i < all->n; i++) {
		cells(&all->row[i], cell);
		for (size_t c = 0; c < N_COLUMNS; c++) {
			bool nothing = cell[c][0] == '\0' || (strcmp(cell[c], "-") == 0 && (c == NULL_P || c == CALIBRATED));
			if (!nothing && strlen(cell[c]) > width[c]) width[c] = strlen(cell[c]);
		}
	}
	for (size_t c = 0; c < N_COLUMNS; c++)
		if (width[c] > 0 && width[c] < strlen(heading[c])) width[c] = strlen(heading[c]);
}

/* Names come from files: a terminal must not obey them. */
static void print_row(const size_t width[N_COLUMNS], const char *const word[N_COLUMNS])
{
	for (size_t c = 0; c < N_COLUMNS; c++) {
		if (width[c] == 0) continue;
		int pad = (int)(width[c] - strlen(word[c]));
		if (!left[c]) printf("%*s", pad, "");
		for (const char *p = word[c]; *p; p++) putchar((unsigned char)*p < 32 || *p == 127 ? '?' : *p);
		if (c + 1 < N_COLUMNS) printf("%*s", left[c] ? pad + 2 : 2, "");
	}
	putchar('\n');
}

/* Where a row stands, in words. */
static void print_place(const struct vt_result *r)
{
	printf(r->layer ? "layer " : "");
	vt_print_text(r->layer ? r->layer : "");
	printf(r->layer ? ", " : "");
	if (r->has_step) printf("step %" PRId64 ", ", r->step);
	vt_print_text(r->x);
	printf(" with ");
	vt_print_text(r->y);
	printf(", %s", r->estimator);
}

/* Each reason once, with how many rows have it: a sweep over layers and snapshots repeats itself. */
static void print_reasons(const struct vt_results *all)
{
	bool first = true;
	for (size_t i = 0; i < all->n; i++) {
		const char *reason = all->row[i].e.reason;
		size_t same = 0, before = 0;
		if (!*reason) continue;
		for (size_t j = 0; j < i && before == 0; j++) before += strcmp(all->row[j].e.reason, reason) == 0;
		if (before > 0) continue;
		for (size_t j = i; j < all->n; j++) same += strcmp(all->row[j].e.reason, reason) == 0;
		if (first) putchar('\n');
		first = false;
		printf("%s: %s\n    ", all->row[i].e.flags ? vt_flag_worst(all->row[i].e.flags) : "note", reason);
		print_place(&all->row[i]);
		if (same > 1) printf(", and %zu more", same - 1);
		putchar('\n');
	}
}

enum vt_status vt_results_print(struct vt_ctx *ctx, const struct vt_results *all)
{
	size_t width[N_COLUMNS];
	char cell[N_COLUMNS][LONGEST_CELL];
	const char *word[N_COLUMNS];
	(void)ctx;
	widths(all, width);
	print_row(width, heading);
	for (size_t c = 0; c < N_COLUMNS; c++) word[c] = cell[c];
	for (size_t i = 0; i < all->n; i++) {
		cells(&all->row[i], cell);
		print_row(width, word);
	}
	print_reasons(all);
	return VT_OK;
}
