/* The table of cases of known information.
 *
 * One line each: name, suite, law with its dimensions and parameters, maps in order.  What a, b, c mean stands with
 * each family.  Names and parameters of the forty are those of Czyz et al. 2023; "sparse-D-D-2-2.0" are two pairs of
 * latent strength 2 against unit noise, hence of correlation 2^2 / (1 + 2^2).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "known.h"

const char *const vt_known_suites[] = { "forty", "more", "discrete", "mixed", "layer", "conditional", "saturating",
                                        "null", NULL };

enum { MOST_MAPS = 2 };
struct known_case {
	const char *name;
	enum vt_known_suite suite;
	struct vt_law law;
	enum vt_map map[MOST_MAPS];
	double mi, se; /* where the family knows no truth: Monte Carlo by tests/t_dataset_known.c, VENTURI_DRAWS=400000 */
};

#define FORTY VT_KNOWN_FORTY
#define MORE VT_KNOWN_MORE

static const struct known_case cases[] = {
	{ "1v1-normal-0.75", FORTY, { &vt_law_pairs, 1, 1, 0, 0.75, 1, 0 }, { 0 } },
	{ "normal_cdf-1v1-normal-0.75", FORTY, { &vt_law_pairs, 1, 1, 0, 0.75, 1, 0 }, { VT_MAP_CDF } },
	{ "1v1-additive-0.1", FORTY, { &vt_law_additive, 1, 1, 0, 0.1, 0, 0 }, { 0 } },
	{ "1v1-additive-0.75", FORTY, { &vt_law_additive, 1, 1, 0, 0.75, 0, 0 }, { 0 } },
	{ "1v1-bimodal-0.75", FORTY, { &vt_law_pairs, 1, 1, 0, 0.75, 1, 0 }, { VT_MAP_CDF, VT_MAP_BIMODAL } },
	{ "wiggly-1v1-normal-0.75", FORTY, { &vt_law_pairs, 1, 1, 0, 0.75, 1, 0 }, { VT_MAP_WIGGLY } },
	{ "half_cube-1v1-normal-0.75", FORTY, { &vt_law_pairs, 1, 1, 0, 0.75, 1, 0 }, { VT_MAP_HALF_CUBE } },
	{ "student-identity-1-1-1", FORTY, { &vt_law_student, 1, 1, 0, 1, 0, 0 }, { 0 } },
	{ "asinh-student-identity-1-1-1", FORTY, { &vt_law_student, 1, 1, 0, 1, 0, 0 }, { VT_MAP_ASINH } },
	{ "swissroll_x-normal_cdf-1v1-normal-0.75", FORTY, { &vt_law_pairs, 1, 1, 0, 0.75, 1, 0 },
	  { VT_MAP_CDF, VT_MAP_SWISS } },
	{ "multinormal-dense-2-2-0.5", FORTY, { &vt_law_dense, 2, 2, 0, 0.5, 0, 0 }, { 0 } },
	{ "multinormal-dense-3-3-0.5", FORTY, { &vt_law_dense, 3, 3, 0, 0.5, 0, 0 }, { 0 } },
	{ "multinormal-dense-5-5-0.5", FORTY, { &vt_law_dense, 5, 5, 0, 0.5, 0, 0 }, { 0 } },
	{ "multinormal-dense-25-25-0.5", FORTY, { &vt_law_dense, 25, 25, 0, 0.5, 0, 0 }, { 0 } },
	{ "multinormal-dense-50-50-0.5", FORTY, { &vt_law_dense, 50, 50, 0, 0.5, 0, 0 }, { 0 } },
	{ "multinormal-sparse-2-2-2-2.0", FORTY, { &vt_law_pairs, 2, 2, 0, 0.8, 2, 0 }, { 0 } },
	{ "multinormal-sparse-3-3-2-2.0", FORTY, { &vt_law_pairs, 3, 3, 0, 0.8, 2, 0 }, { 0 } },
	{ "multinormal-sparse-5-5-2-2.0", FORTY, { &vt_law_pairs, 5, 5, 0, 0.8, 2, 0 }, { 0 } },
	{ "multinormal-sparse-25-25-2-2.0", FORTY, { &vt_law_pairs, 25, 25, 0, 0.8, 2, 0 }, { 0 } },
	{ "student-identity-2-2-1", FORTY, { &vt_law_student, 2, 2, 0, 1, 0, 0 }, { 0 } },
	{ "student-identity-2-2-2", FORTY, { &vt_law_student, 2, 2, 0, 2, 0, 0 }, { 0 } },
	{ "student-identity-3-3-2", FORTY, { &vt_law_student, 3, 3, 0, 2, 0, 0 }, { 0 } },
	{ "student-identity-3-3-3", FORTY, { &vt_law_student, 3, 3, 0, 3, 0, 0 }, { 0 } },
	{ "student-identity-5-5-2", FORTY, { &vt_law_student, 5, 5, 0, 2, 0, 0 }, { 0 } },
	{ "student-identity-5-5-3", FORTY, { &vt_law_student, 5, 5, 0, 3, 0, 0 }, { 0 } },
	{ "normal_cdf-multinormal-sparse-3-3-2-2.0", FORTY, { &vt_law_pairs, 3, 3, 0, 0.8, 2, 0 }, { VT_MAP_CDF } },
	{ "normal_cdf-multinormal-sparse-5-5-2-2.0", FORTY, { &vt_law_pairs, 5, 5, 0, 0.8, 2, 0 }, { VT_MAP_CDF } },
	{ "normal_cdf-multinormal-sparse-25-25-2-2.0", FORTY, { &vt_law_pairs, 25, 25, 0, 0.8, 2, 0 }, { VT_MAP_CDF } },
	{ "half_cube-multinormal-sparse-3-3-2-2.0", FORTY, { &vt_law_pairs, 3, 3, 0, 0.8, 2, 0 }, { VT_MAP_HALF_CUBE } },
	{ "half_cube-multinormal-sparse-5-5-2-2.0", FORTY, { &vt_law_pairs, 5, 5, 0, 0.8, 2, 0 }, { VT_MAP_HALF_CUBE } },
	{ "half_cube-multinormal-sparse-25-25-2-2.0", FORTY, { &vt_law_pairs, 25, 25, 0, 0.8, 2, 0 },
	  { VT_MAP_HALF_CUBE } },
	{ "spiral-multinormal-sparse-3-3-2-2.0", FORTY, { &vt_law_pairs, 3, 3, 0, 0.8, 2, 0 }, { VT_MAP_SPIRAL } },
	{ "spiral-multinormal-sparse-5-5-2-2.0", FORTY, { &vt_law_pairs, 5, 5, 0, 0.8, 2, 0 }, { VT_MAP_SPIRAL } },
	{ "spiral-multinormal-sparse-25-25-2-2.0", FORTY, { &vt_law_pairs, 25, 25, 0, 0.8, 2, 0 }, { VT_MAP_SPIRAL } },
	{ "spiral-normal_cdf-multinormal-sparse-3-3-2-2.0", FORTY, { &vt_law_pairs, 3, 3, 0, 0.8, 2, 0 },
	  { VT_MAP_CDF, VT_MAP_SPIRAL } },
	{ "spiral-normal_cdf-multinormal-sparse-5-5-2-2.0", FORTY, { &vt_law_pairs, 5, 5, 0, 0.8, 2, 0 },
	  { VT_MAP_CDF, VT_MAP_SPIRAL } },
	{ "spiral-normal_cdf-multinormal-sparse-25-25-2-2.0", FORTY, { &vt_law_pairs, 25, 25, 0, 0.8, 2, 0 },
	  { VT_MAP_CDF, VT_MAP_SPIRAL } },
	{ "asinh-student-identity-2-2-1", FORTY, { &vt_law_student, 2, 2, 0, 1, 0, 0 }, { VT_MAP_ASINH } },
	{ "asinh-student-identity-3-3-2", FORTY, { &vt_law_student, 3, 3, 0, 2, 0, 0 }, { VT_MAP_ASINH } },
	{ "asinh-student-identity-5-5-2", FORTY, { &vt_law_student, 5, 5, 0, 2, 0, 0 }, { VT_MAP_ASINH } },

	{ "1v1-normal-0.3", MORE, { &vt_law_pairs, 1, 1, 0, 0.3, 1, 0 }, { 0 } },
	{ "1v1-normal-0.95", MORE, { &vt_law_pairs, 1, 1, 0, 0.95, 1, 0 }, { 0 } },
	{ "1v1-additive-0.3", MORE, { &vt_law_additive, 1, 1, 0, 0.3, 0, 0 }, { 0 } },
	{ "1v1-bimodal-0.9", MORE, { &vt_law_pairs, 1, 1, 0, 0.9, 1, 0 }, { VT_MAP_CDF, VT_MAP_BIMODAL } },
	{ "wiggly-1v1-normal-0.5", MORE, { &vt_law_pairs, 1, 1, 0, 0.5, 1, 0 }, { VT_MAP_WIGGLY } },
	{ "swissroll_x-normal_cdf-1v1-normal-0.6", MORE, { &vt_law_pairs, 1, 1, 0, 0.6, 1, 0 },
	  { VT_MAP_CDF, VT_MAP_SWISS } },
	{ "multinormal-dense-10-10-0.3", MORE, { &vt_law_dense, 10, 10, 0, 0.3, 0, 0 }, { 0 } },
	{ "multinormal-dense-5-20-0.4", MORE, { &vt_law_dense, 5, 20, 0, 0.4, 0, 0 }, { 0 } },
	{ "multinormal-sparse-1-5-1-2.0", MORE, { &vt_law_pairs, 1, 5, 0, 0.8, 1, 0 }, { 0 } },
	{ "multinormal-sparse-10-2-2-2.0", MORE, { &vt_law_pairs, 10, 2, 0, 0.8, 2, 0 }, { 0 } },
	{ "multinormal-sparse-10-10-2-2.0", MORE, { &vt_law_pairs, 10, 10, 0, 0.8, 2, 0 }, { 0 } },
	{ "student-identity-2-2-5", MORE, { &vt_law_student, 2, 2, 0, 5, 0, 0 }, { 0 } },
	{ "student-identity-4-4-3", MORE, { &vt_law_student, 4, 4, 0, 3, 0, 0 }, { 0 } },
	{ "asinh-student-identity-4-4-2", MORE, { &vt_law_student, 4, 4, 0, 2, 0, 0 }, { VT_MAP_ASINH } },
	{ "half_cube-multinormal-sparse-4-4-2-2.0", MORE, { &vt_law_pairs, 4, 4, 0, 0.8, 2, 0 }, { VT_MAP_HALF_CUBE } },
	{ "normal_cdf-multinormal-sparse-10-10-2-2.0", MORE, { &vt_law_pairs, 10, 10, 0, 0.8, 2, 0 }, { VT_MAP_CDF } },
	{ "spiral-multinormal-sparse-4-4-2-2.0", MORE, { &vt_law_pairs, 4, 4, 0, 0.8, 2, 0 }, { VT_MAP_SPIRAL } },
	{ "spiral-normal_cdf-multinormal-sparse-10-10-2-2.0", MORE, { &vt_law_pairs, 10, 10, 0, 0.8, 2, 0 },
	  { VT_MAP_CDF, VT_MAP_SPIRAL } },

	{ "bsc-0.0", VT_KNOWN_DISCRETE, { &vt_law_bsc, 1, 1, 0, 0, 0, 0 }, { 0 } },
	{ "bsc-0.1", VT_KNOWN_DISCRETE, { &vt_law_bsc, 1, 1, 0, 0.1, 0, 0 }, { 0 } },
	{ "bsc-0.3", VT_KNOWN_DISCRETE, { &vt_law_bsc, 1, 1, 0, 0.3, 0, 0 }, { 0 } },
	{ "bsc-0.5", VT_KNOWN_DISCRETE, { &vt_law_bsc, 1, 1, 0, 0.5, 0, 0 }, { 0 } },
	{ "bec-0.1", VT_KNOWN_DISCRETE, { &vt_law_bec, 1, 1, 0, 0.1, 0, 0 }, { 0 } },
	{ "bec-0.5", VT_KNOWN_DISCRETE, { &vt_law_bec, 1, 1, 0, 0.5, 0, 0 }, { 0 } },
	{ "symmetric-16-0.2", VT_KNOWN_DISCRETE, { &vt_law_symmetric, 1, 1, 0, 16, 0.2, 0 }, { 0 } },
	{ "symmetric-113-0.3", VT_KNOWN_DISCRETE, { &vt_law_symmetric, 1, 1, 0, 113, 0.3, 0 }, { 0 } },
	{ "zipf-100-1.0-copy0.7", VT_KNOWN_DISCRETE, { &vt_law_zipf, 1, 1, 0, 100, 1, 0.7 }, { 0 } },
	{ "zipf-1000-1.0-copy0.7", VT_KNOWN_DISCRETE, { &vt_law_zipf, 1, 1, 0, 1000, 1, 0.7 }, { 0 } },
	{ "zipf-1000-1.5-copy0.7", VT_KNOWN_DISCRETE, { &vt_law_zipf, 1, 1, 0, 1000, 1.5, 0.7 }, { 0 } },
	{ "zipf-100-1.0-independent", VT_KNOWN_DISCRETE, { &vt_law_zipf, 1, 1, 0, 100, 1, 0 }, { 0 } },
	{ "zipf-1000-1.0-independent", VT_KNOWN_DISCRETE, { &vt_law_zipf, 1, 1, 0, 1000, 1, 0 }, { 0 } },
	{ "zipf-1000-1.5-independent", VT_KNOWN_DISCRETE, { &vt_law_zipf, 1, 1, 0, 1000, 1.5, 0 }, { 0 } },
	{ "uniform-32x32-independent", VT_KNOWN_DISCRETE, { &vt_law_zipf, 1, 1, 0, 32, 0, 0 }, { 0 } },

	{ "gao-uniform-2", VT_KNOWN_MIXED, { &vt_law_staircase, 1, 1, 0, 2, 0, 0 }, { 0 } },
	{ "gao-uniform-5", VT_KNOWN_MIXED, { &vt_law_staircase, 1, 1, 0, 5, 0, 0 }, { 0 } },
	{ "gao-uniform-50", VT_KNOWN_MIXED, { &vt_law_staircase, 1, 1, 0, 50, 0, 0 }, { 0 } },
	{ "gao-zip-0.0", VT_KNOWN_MIXED, { &vt_law_zip, 1, 1, 0, 0, 0, 0 }, { 0 } },
	{ "gao-zip-0.15", VT_KNOWN_MIXED, { &vt_law_zip, 1, 1, 0, 0.15, 0, 0 }, { 0 } },
	{ "half-atoms-0.9", VT_KNOWN_MIXED, { &vt_law_atoms, 1, 1, 0, 0.9, 0, 0 }, { 0 } },
	{ "labels10-gauss1d-3.0", VT_KNOWN_MIXED, { &vt_law_labels_line, 1, 1, 0, 10, 3, 0 }, { 0 } },
	{ "labels10-gauss16d-1.0", VT_KNOWN_MIXED, { &vt_law_labels, 1, 16, 0, 10, 1, 0 }, { 0 }, 2.20358, 0.00016 },

	{ "linear-8to4-s0.5", VT_KNOWN_LAYER, { &vt_law_linear, 8, 4, 0, 0.5, 0, 0 }, { 0 } },
	{ "linear-50to10-s1.0", VT_KNOWN_LAYER, { &vt_law_linear, 50, 10, 0, 1, 0, 0 }, { 0 } },
	{ "tanh1-g1.0-s0.1", VT_KNOWN_LAYER, { &vt_law_tanh, 1, 1, 0, 1, 0.1, 0 }, { 0 } },
	{ "tanh1-g3.0-s0.1", VT_KNOWN_LAYER, { &vt_law_tanh, 1, 1, 0, 3, 0.1, 0 }, { 0 } },
	{ "tanh1-g1.0-s0.5", VT_KNOWN_LAYER, { &vt_law_tanh, 1, 1, 0, 1, 0.5, 0 }, { 0 } },
	{ "ring-113-s0.05", VT_KNOWN_LAYER, { &vt_law_ring, 1, 2, 0, 113, 0.05, 0 }, { 0 } },
	{ "ring-113-s0.3", VT_KNOWN_LAYER, { &vt_law_ring, 1, 2, 0, 113, 0.3, 0 }, { 0 } },
	{ "tanhnet-3-s0.2-xt", VT_KNOWN_LAYER, { &vt_law_noisy_xt, 12, 3, 0, 0, 0.2, 0 }, { 0 }, 3.21794, 0.00187 },
	{ "tanhnet-3-s0.2-ty", VT_KNOWN_LAYER, { &vt_law_noisy_ty, 1, 3, 0, 0, 0.2, 0 }, { 0 }, 0.08000, 0.00058 },
	{ "tanhnet-10-7-5-s0.1-xt", VT_KNOWN_LAYER, { &vt_law_noisy_xt, 12, 5, 0, 1, 0.1, 0 }, { 0 }, 5.84140, 0.00289 },
	{ "tanhnet-10-7-5-s0.1-ty", VT_KNOWN_LAYER, { &vt_law_noisy_ty, 1, 5, 0, 1, 0.1, 0 }, { 0 }, 0.34478, 0.00082 },
	{ "tanhnet-10-7-5-4-3-s0.1-xt", VT_KNOWN_LAYER, { &vt_law_noisy_xt, 12, 3, 0, 2, 0.1, 0 }, { 0 }, 2.46640, 0.00271 },
	{ "tanhnet-10-7-5-4-3-s0.1-ty", VT_KNOWN_LAYER, { &vt_law_noisy_ty, 1, 3, 0, 2, 0.1, 0 }, { 0 }, 0.07858, 0.00059 },
	{ "tanhnet-3-bin30-xt", VT_KNOWN_LAYER, { &vt_law_codes_xt, 1, 3, 0, 0, 30, 0 }, { 0 } },
	{ "tanhnet-3-bin30-ty", VT_KNOWN_LAYER, { &vt_law_codes_ty, 1, 3, 0, 0, 30, 0 }, { 0 } },
	{ "tanhnet-10-7-5-bin30-xt", VT_KNOWN_LAYER, { &vt_law_codes_xt, 1, 5, 0, 1, 30, 0 }, { 0 } },
	{ "tanhnet-10-7-5-bin30-ty", VT_KNOWN_LAYER, { &vt_law_codes_ty, 1, 5, 0, 1, 30, 0 }, { 0 } },
	{ "tanhnet-10-7-5-4-3-bin30-xt", VT_KNOWN_LAYER, { &vt_law_codes_xt, 1, 3, 0, 2, 30, 0 }, { 0 } },
	{ "tanhnet-10-7-5-4-3-bin30-ty", VT_KNOWN_LAYER, { &vt_law_codes_ty, 1, 3, 0, 2, 30, 0 }, { 0 } },

	{ "cmi-chain-0.9", VT_KNOWN_CONDITIONAL, { &vt_law_given, 1, 1, 1, 0, 0.9, 0 }, { 0 } },
	{ "cmi-fork-0.6", VT_KNOWN_CONDITIONAL, { &vt_law_given, 1, 1, 1, 0.35 / 0.75, 0.5, 0 }, { 0 } },
	{ "cmi-pair0.8-z1", VT_KNOWN_CONDITIONAL, { &vt_law_given, 1, 1, 1, 0.8, 0, 0 }, { 0 } },
	{ "cmi-pair0.8-z5", VT_KNOWN_CONDITIONAL, { &vt_law_given, 1, 1, 5, 0.8, 0, 0 }, { 0 } },
	{ "cmi-pair0.8-z20", VT_KNOWN_CONDITIONAL, { &vt_law_given, 1, 1, 20, 0.8, 0, 0 }, { 0 } },
	{ "cmi-labels5-0.6", VT_KNOWN_CONDITIONAL, { &vt_law_given_label, 1, 1, 1, 0.6, 5, 0 }, { 0 } },
	{ "cmi-xor", VT_KNOWN_CONDITIONAL, { &vt_law_xor, 1, 1, 1, 0, 0, 0 }, { 0 } },
	{ "cmi-bsc-0.1-0.4", VT_KNOWN_CONDITIONAL, { &vt_law_bsc_given, 1, 1, 1, 0.1, 0.4, 0 }, { 0 } },

	{ "pairs3-mi2", VT_KNOWN_SATURATING, { &vt_law_pairs_mi, 3, 3, 0, 2, 2, 0 }, { 0 } },
	{ "pairs3-mi3", VT_KNOWN_SATURATING, { &vt_law_pairs_mi, 3, 3, 0, 3, 2, 0 }, { 0 } },
	{ "pairs3-mi5", VT_KNOWN_SATURATING, { &vt_law_pairs_mi, 3, 3, 0, 5, 2, 0 }, { 0 } },
	{ "pairs3-mi8", VT_KNOWN_SATURATING, { &vt_law_pairs_mi, 3, 3, 0, 8, 2, 0 }, { 0 } },
	{ "half_cube-pairs3-mi5", VT_KNOWN_SATURATING, { &vt_law_pairs_mi, 3, 3, 0, 5, 2, 0 }, { VT_MAP_HALF_CUBE } },
	{ "spiral-pairs3-mi5", VT_KNOWN_SATURATING, { &vt_law_pairs_mi, 3, 3, 0, 5, 2, 0 }, { VT_MAP_SPIRAL } },

	{ "independent-1-1", VT_KNOWN_NULL, { &vt_law_pairs, 1, 1, 0, 0, 0, 0 }, { 0 } },
	{ "independent-5-5", VT_KNOWN_NULL, { &vt_law_pairs, 5, 5, 0, 0, 0, 0 }, { 0 } },
	{ "independent-25-25", VT_KNOWN_NULL, { &vt_law_pairs, 25, 25, 0, 0, 0, 0 }, { 0 } },
	{ "half_cube-independent-5-5", VT_KNOWN_NULL, { &vt_law_pairs, 5, 5, 0, 0, 0, 0 }, { VT_MAP_HALF_CUBE } },
	{ "labels10-independent", VT_KNOWN_NULL, { &vt_law_labels_line, 1, 1, 0, 10, 0, 0 }, { 0 } },
};
enum { N_CASES = sizeof cases / sizeof *cases };

/* ---- what a case is ---------------------------------------------------------------------------------------- */

size_t vt_known_count(void)
{
	return N_CASES;
}

static size_t columns(const struct known_case *c, bool of_x)
{
	size_t d = of_x ? c->law.dx : c->law.dy;
	for (size_t m = 0; of_x && m < MOST_MAPS; m++) d += c->map[m] == VT_MAP_SWISS;
	return d;
}

struct vt_known vt_known_case(size_t i)
{
	const struct known_case *c = &cases[i];
	const struct vt_family *f = c->law.family;
	return (struct vt_known){
		.name = c->name, .suite = c->suite, .dim_x = columns(c, true), .dim_y = columns(c, false), .dim_z = c->law.dz,
		.discrete_x = f->discrete_x, .discrete_y = f->discrete_y, .discrete_z = f->discrete_z,
		.enumerated = f->enumerated, .of_class = f->of_class,
		.variance = f->enumerated && !f->discrete_y ? c->law.b * c->law.b : 0, .method = f->method,
	};
}

size_t vt_known_find(const char *name)
{
	size_t i = 0;
	while (i < N_CASES && strcmp(cases[i].name, name) != 0) i++;
	return i;
}

const char *vt_known_nearest(const char *name)
{
	const char *all[N_CASES];
	for (size_t i = 0; i < N_CASES; i++) all[i] = cases[i].name;
	return vt_nearest(name, all, N_CASES);
}

/* ---- truth and rows ---------------------------------------------------------------------------------------- */

/* The law's constants; caller frees. */
static enum vt_status fixed_of(struct vt_ctx *ctx, const struct vt_law *law, double **out)
{
	enum vt_status status = VT_OK;
	*out = NULL;
	if (!law->family->n_fixed) return VT_OK;
	VT_NEW(ctx, *out, law->family->n_fixed(law));
	law->family->fix(law, *out);
done:
	return status;
}

enum vt_status vt_known_truth(struct vt_ctx *ctx, size_t i, double *mi, double *se)
{
	enum vt_status status = VT_OK;
	const struct known_case *c = &cases[i];
	double *fixed = NULL;
	*mi = c->mi;
	*se = c->se;
	if (!c->law.family->truth) return VT_OK;
	VT_TRY(fixed_of(ctx, &c->law, &fixed));
	*mi = c->law.family->truth(&c->law, fixed);
done:
	free(fixed);
	return status;
}

static uint64_t mix(uint64_t h, const void *data, size_t n)
{
	const unsigned char *byte = data;
	for (size_t i = 0; i < n; i++) h = (h ^ byte[i]) * 0x100000001b3; /* FNV-1a */
	return h;
}

/* Which stream a law draws from: a function of what the law is, so that its images draw the same, and a case that is
 * added changes no other. */
static uint64_t stream_of(const struct vt_law *l)
{
	const double number[] = { (double)l->dx, (double)l->dy, (double)l->dz, l->a, l->b, l->c };
	uint64_t h = mix(0xcbf29ce484222325, l->family->name, strlen(l->family->name));
	return mix(h, number, sizeof number);
}

enum vt_status vt_known_draw(struct vt_ctx *ctx, size_t i, size_t n, uint64_t seed, struct vt_known_rows *out)
{
	enum vt_status status = VT_OK;
	const struct known_case *c = &cases[i];
	size_t dx = columns(c, true), dy = columns(c, false), dz = c->law.dz;
	struct vt_rng r = vt_rng_stream(seed, VT_PURPOSE_DATASET, stream_of(&c->law));
	struct vt_known_rows rows = { .n = n };
	double *fixed = NULL;
	VT_TRY(fixed_of(ctx, &c->law, &fixed));
	VT_NEW(ctx, rows.x, n * dx);
	VT_NEW(ctx, rows.y, n * dy);
	if (dz > 0) VT_NEW(ctx, rows.z, n * dz);
	for (size_t k = 0; k < n; k++) {
		double *x = rows.x + k * dx, *y = rows.y + k * dy;
		c->law.family->draw(&c->law, fixed, &r, x, y, dz > 0 ? rows.z + k * dz : NULL);
		for (size_t m = 0; m < MOST_MAPS; m++) {
			vt_map_row(c->map[m], true, c->law.dx, x);
			vt_map_row(c->map[m], false, c->law.dy, y);
		}
	}
	*out = rows;
	rows = (struct vt_known_rows){ 0 };
done:
	vt_known_rows_clear(&rows);
	free(fixed);
	return status;
}

void vt_known_rows_clear(struct vt_known_rows *r)
{
	free(r->x);
	free(r->y);
	free(r->z);
	*r = (struct vt_known_rows){ 0 };
}

enum vt_status vt_known_layer(struct vt_ctx *ctx, size_t i, struct vt_known_layer *out)
{
	enum vt_status status = VT_OK;
	const struct known_case *c = &cases[i];
	struct vt_known_layer l = { .n = VT_SIGN_ROWS, .width = c->law.dy };
	VT_REQUIRE(ctx, c->law.family->enumerated, VT_EDOMAIN, "case %s is no enumerated layer", c->name);
	VT_TRY(fixed_of(ctx, &c->law, &l.t));
	VT_NEW(ctx, l.input, l.n * VT_SIGN_BITS);
	VT_NEW(ctx, l.label, l.n);
	for (size_t k = 0; k < l.n; k++) {
		vt_sign_vector(k, l.input + k * VT_SIGN_BITS);
		l.label[k] = vt_sign_class(k);
	}
	*out = l;
	l = (struct vt_known_layer){ 0 };
done:
	vt_known_layer_clear(&l);
	return status;
}

void vt_known_layer_clear(struct vt_known_layer *l)
{
	free(l->input);
	free(l->t);
	free(l->label);
	*l = (struct vt_known_layer){ 0 };
}
