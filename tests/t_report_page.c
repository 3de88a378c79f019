/* What the page is made of: escaping, numbers, safe names, arms, means over live runs, the
 * plane's encoding, figures made smaller.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../src/report/gnuplot.h"
#include "../src/report/plane.h"
#include "venturi.h"

static const char dir[] = "t_report_page.runs";

static int setup(void **state)
{
	*state = vt_ctx_create();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	vt_ctx_free(*state);
	return 0;
}

#define DO(call) \
	do { \
		if ((call) != VT_OK) fail_msg("%s: %s", #call, vt_ctx_trail(*state)); \
	} while (0)

/* ---- text --------------------------------------------------------------------- */

static void markup_cannot_be_inserted(void **state)
{
	struct vt_page p = { .ctx = *state };
	const char *volatile nothing = NULL;
	vt_page_add(&p, "<b>%s</b>%zu%%", "<i a='b' c=\"d\">&\x01", (size_t)7);
	assert_string_equal(p.text, "<b>&lt;i a=&#39;b&#39; c=&quot;d&quot;&gt;&amp; </b>7%");
	vt_page_clear(&p);
	vt_page_add(&p, "%s", nothing);
	assert_string_equal(p.text, "\xe2\x80\x93");
	vt_page_clear(&p);
	vt_page_json(&p, "{\"a\":\"</script>\"}");
	assert_string_equal(p.text, "{\"a\":\"\\u003c/script>\"}");
	vt_page_clear(&p);
}

static void numbers_can_be_read(void **state)
{
	static const struct {
		double value;
		int digits;
		const char *text;
	} case_[] = {
		{ 5.812, 3, "5.81" }, { -0.0512, 3, "\xe2\x88\x92" "0.0512" }, { 0.3, 3, "0.300" }, { 128700, 3, "128700" },
		{ 1.2e-7, 2, "1.2e-07" }, { NAN, 3, "\xe2\x80\x93" }, { 0, 3, "0" }, { -1e-9, 3, "\xe2\x88\x92" "1e-09" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof case_ / sizeof *case_; i++)
		assert_string_equal(vt_number(case_[i].value, case_[i].digits).text, case_[i].text);
	assert_string_equal(vt_decimal(-0.001, 2).text, "0.00");
}

static void unsafe_names_become_numbers(void **state)
{
	static const char *const bad[] = { "", "a b", "a'b", "`id`", "$(id)", "a\"b", "-e", "..", "\xce\xb1",
	                                   "0123456789012345678901234567890123456789" };
	char out[48];
	(void)state;
	vt_safe_name("kde-upper_1.5+", "x", 1, out);
	assert_string_equal(out, "kde-upper_1.5+");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		vt_safe_name(bad[i], "layer", 3, out);
		assert_string_equal(out, "layer 3");
	}
}

/* ---- runs ----------------------------------------------------------------------- */

enum { STEPS = 5, RUNS = 6 };
/* 0.5 - 11.999 and the like: one, two and three digits, both signs, a gap. */
static const double planted[STEPS] = { 12, 11.999, NAN, 0.5, -0.001 };

static void information(void **state, struct vt_frame *f, double shift)
{
	static const char *const layer[] = { "h1" }, *const estimator[] = { "bin30" };
	DO(vt_frame_dim(*state, f, "information", "step", 0, NULL, NULL, NULL, NULL));
	DO(vt_frame_dim(*state, f, "information", "layer", 1, layer, NULL, NULL, NULL));
	DO(vt_frame_dim(*state, f, "information", "estimator", 1, estimator, NULL, NULL, NULL));
	for (size_t i = 0; i < 2; i++)
		DO(vt_frame_variable(*state, f, "information", &(struct vt_variable){
			.name = i ? "i_ty" : "i_xt", .type = VT_F64, .rank = 3, .dim = { "step", "layer", "estimator" }, .unit = "bit" }));
	for (size_t t = 0; t < STEPS; t++) {
		double x = planted[t] + shift;
		DO(vt_frame_step(*state, f, "information", (int64_t)t, (double)t / 2));
		DO(vt_frame_put(*state, f, "information", "i_xt", 1, &x));
		DO(vt_frame_put(*state, f, "information", "i_ty", 1, &x));
	}
}

/* Two activations, three seeds; the rate goes with the activation and says nothing new.
 * Run 5 is dead. */
static void make_run(void **state, int i)
{
	char path[64], settings[128];
	struct vt_frame *f = vt_frame_create(*state);
	const char *text = settings;
	assert_non_null(f);
	snprintf(settings, sizeof settings, "{\"model.activation\": \"%s\", \"train.rate\": %d, \"train.seed\": %d}",
	         i < 3 ? "tanh" : "relu", i < 3 ? 1 : 2, i % 3);
	DO(vt_frame_attr_text(*state, f, "/", "venturi_schema", "venturi-run/1"));
	DO(vt_frame_attr_int(*state, f, "/", "alive", i != 5));
	DO(vt_frame_variable(*state, f, "", &(struct vt_variable){ .name = "settings", .type = VT_TEXT }));
	DO(vt_frame_put_text(*state, f, "", "settings", 1, &text));
	information(state, f, i % 3);
	snprintf(path, sizeof path, "%s/task-%05d", dir, i);
	mkdir(path, 0777);
	snprintf(path, sizeof path, "%s/task-%05d/run.h5", dir, i);
	DO(vt_frame_write(*state, f, path));
	vt_frame_free(f);
}

static void remove_runs(void)
{
	char path[64];
	for (int i = 0; i < RUNS; i++) {
		snprintf(path, sizeof path, "%s/task-%05d/run.h5", dir, i);
		unlink(path);
		snprintf(path, sizeof path, "%s/task-%05d", dir, i);
		rmdir(path);
	}
	rmdir(dir);
}

static void runs_are_grouped_and_averaged(void **state)
{
	struct vt_study *s = NULL;
	struct vt_field *g = NULL;
	mkdir(dir, 0777);
	for (int i = 0; i < RUNS; i++) make_run(state, i);
	DO(vt_study_open(*state, dir, &s));
	assert_int_equal(s->n_arms, 2);
	assert_int_equal(s->n_axes, 1);
	assert_string_equal(s->axis[0], "model.activation");
	assert_string_equal(s->arm[1].label, "relu");
	assert_int_equal(s->arm[1].n_live, 2);
	DO(vt_field_load(*state, s, "information/i_xt", &g));
	assert_int_equal(g->n_frames, STEPS);
	/* live seeds 0, 1 of relu: 12 and 13; all three of tanh: 12, 13, 14 */
	struct vt_spread relu = vt_field_spread(g, s, 1, 0, 0), tanh_ = vt_field_spread(g, s, 0, 0, 0);
	assert_int_equal(relu.n, 2);
	assert_true(relu.mean == 12.5 && fabs(relu.sd - sqrt(0.5)) < 1e-15);
	assert_true(tanh_.n == 3 && tanh_.mean == 13 && tanh_.sd == 1);
	assert_int_equal(vt_field_spread(g, s, 0, 2, 0).n, 0);
	vt_field_free(g);
	vt_study_free(s);
}

/* The word was worked out by hand: 12000 is 24000 = 0 + 32 (14 + 32 * 23) with the sign in
 * the lowest bit, so g u X; then -1, missing, -11499, -501.  page_overlap.html decodes it. */
static void the_plane_is_encoded(void **state)
{
	struct vt_study *s = NULL;
	struct vt_plane p = { 0 };
	char *json = NULL;
	DO(vt_study_open(*state, dir, &s));
	DO(vt_plane_load(*state, s, &p));
	DO(vt_plane_json(*state, s, &p, &json));
	assert_non_null(strstr(json, "\"x\":[[\"guXD.3uWrf\"]]"));
	assert_non_null(strstr(json, "\"axis\":[\"model.activation\"]"));
	free(json);
	vt_plane_clear(&p);
	vt_study_free(s);
	remove_runs();
}

/* ---- figures --------------------------------------------------------------------- */

static void squeezed(void **state, const char *svg, const char *wanted)
{
	struct vt_page p = { .ctx = *state, .n_pictures = 3 };
	FILE *f = fopen("t_report_page.svg", "w");
	assert_non_null(f);
	fputs(svg, f);
	fclose(f);
	DO(vt_svg_inline(*state, ".", "t_report_page", &p));
	assert_string_equal(p.text, wanted);
	vt_page_clear(&p);
	unlink("t_report_page.svg");
}

static void figures_get_smaller(void **state)
{
	squeezed(state,
	         "<?xml version=\"1.0\"?>\n<!DOCTYPE svg>\n<svg  viewBox=\"0 0 9 9\">\n<title>t</title><!-- c --></svg>\n",
	         "<svg viewBox=\"0 0 9 9\"></svg>");
	/* 1.23 -> 1.2; horizontal runs merge; a fall of .04 disappears */
	squeezed(state, "<svg><path d='M1.23,4.00 L2.00,4.01 L3.04,4.04 \n\t\tL4.00,2.50  '/></svg>",
	         "<svg><path d='M1.2 4l1.8 0 1-1.5'/></svg>");
	squeezed(state, "<svg><path d='M1.00,1.00 L2.00,2.00 M3.00,3.00 '/></svg>",
	         "<svg><path d='M1 1l1 1M3 3'/></svg>");
	squeezed(state,
	         "<svg><g fill=\"none\" stroke-width=\"1.00\" stroke-linecap=\"butt\"> <a/></g><g a=\"b\">\n</g></svg>",
	         "<svg><g fill=\"none\"><a/></g></svg>");
	squeezed(state, "<svg><polygon points = '1.00,1.00 2.00,2.00 3.00,1.00'/></svg>",
	         "<svg><path d = 'M1 1l1 1 1-1z'/></svg>");
	squeezed(state, "<svg><g id=\"a\"><use xlink:href='#a'/></g><text>1.234 a=\"M1,2\"</text></svg>",
	         "<svg><g id=\"f3-a\"><use xlink:href='#f3-a'/></g><text>1.234 a=\"M1,2\"</text></svg>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markup_cannot_be_inserted), cmocka_unit_test(numbers_can_be_read),
		cmocka_unit_test(unsafe_names_become_numbers), cmocka_unit_test(runs_are_grouped_and_averaged),
		cmocka_unit_test(the_plane_is_encoded), cmocka_unit_test(figures_get_smaller),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
