/* What every estimator promises: its regime, in cases and tolerances.
 *
 * One line: estimator, cases, rows, seeds, and the tolerance absolute + relative x truth + errors x standard error.
 * OUTSIDE lines promise nothing; they show how an estimator fails where it is not meant to be used, and whether it says
 * so.  The first line that matches a case counts.  A kind without a line makes `venturi validate` fall short.
 *
 * Where tolerances come from: docs/theory.md has each regime with its source; the numbers are three to four times the
 * spread over seeds, and the known bias at that size where there is one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

#include "promises.h"

#define OUTSIDE .outside = true

const struct vt_promise vt_promises[] = {
	/* auto is judged by its score as well: see score.c. */
	{ "auto", "forty", 10000, 3, OUTSIDE },
	{ "auto", "more", 10000, 3, OUTSIDE },
	{ "auto", "bsc-*", 10000, 1, 0.01, 0, 5 },
	{ "auto", "bec-*", 10000, 1, 0.01, 0, 5 },
	{ "auto", "symmetric-16-0.2", 10000, 1, 0.02, 0, 5 },
	{ "auto", "discrete", 10000, 1, OUTSIDE },
	{ "auto", "labels10-gauss1d-3.0", 5000, 1, 0.05, 0, 5 },
	{ "auto", "mixed", 5000, 1, OUTSIDE },
	{ "auto", "cmi-*", 5000, 1, OUTSIDE },
	{ "auto", "independent-*", 5000, 1, 0.05, 0, 5 },
	{ "auto", "saturating", 5000, 1, OUTSIDE },

	/* Parametric. */
	{ "gaussian", "1v1-normal-*", 10000, 1, 0.005, 0, 5 },
	{ "gaussian", "multinormal-*", 10000, 1, 0.005, 0, 5 },
	{ "gaussian", "linear-*", 10000, 1, 0.005, 0, 5 },
	{ "gaussian", "pairs3-*", 10000, 1, 0.005, 0, 5 },
	{ "gaussian", "independent-*", 10000, 1, 0.005, 0, 5 },
	{ "gaussian", "forty", 10000, 1, OUTSIDE },
	{ "copula", "1v1-normal-*", 10000, 1, 0.01, 0, 5 },
	{ "copula", "multinormal-*", 10000, 1, 0.01, 0.01, 5 },
	{ "copula", "normal_cdf-*", 10000, 1, 0.01, 0.01, 5 },
	{ "copula", "half_cube-*", 10000, 1, 0.01, 0.01, 5 },
	{ "copula", "wiggly-*", 10000, 1, 0.02, 0.01, 5 },
	{ "copula", "1v1-bimodal-*", 10000, 1, 0.02, 0.01, 5 },
	{ "copula", "independent-*", 10000, 1, 0.01, 0, 5 },
	{ "copula", "forty", 10000, 1, OUTSIDE },

	{ "student", "student-identity-*", 10000, 1, 0.03, 0.05, 5 },
	{ "student", "asinh-student-*", 10000, 1, 0.03, 0.05, 5 },
	{ "student", "multinormal-*", 10000, 1, 0.02, 0.02, 5 },
	{ "student", "normal_cdf-*", 10000, 1, 0.02, 0.02, 5 },
	{ "student", "half_cube-*", 10000, 1, 0.02, 0.02, 5 },
	{ "student", "1v1-normal-*", 10000, 1, 0.01, 0.01, 5 },
	{ "student", "independent-*", 10000, 1, 0.01, 0, 5 },
	{ "student", "forty", 10000, 1, OUTSIDE },

	/* Neighbours: joint dimension up to 4, light tails; bias of order k / n there, and a lost tenth at 3+3. */
	{ "ksg", "1v1-*", 10000, 1, 0.03, 0, 5 },
	{ "ksg", "*-1v1-*", 10000, 1, 0.03, 0, 5 },
	{ "ksg", "asinh-student-identity-1-1-1", 10000, 1, 0.03, 0, 5 },
	{ "ksg", "multinormal-*e-2-2-*", 10000, 1, 0.03, 0, 5 },
	{ "ksg", "multinormal-dense-3-3-0.5", 10000, 1, 0.03, 0, 5 },
	{ "ksg", "tanh1-*", 10000, 1, 0.03, 0, 5 },
	{ "ksg", "independent-1-1", 10000, 1, 0.02, 0, 5 },
	{ "ksg", "forty", 10000, 1, OUTSIDE },
	{ "ksg", "saturating", 10000, 1, OUTSIDE },
	{ "ksg2", "1v1-*", 10000, 1, 0.03, 0, 5 },
	{ "ksg2", "*-1v1-*", 10000, 1, 0.03, 0, 5 },
	{ "ksg2", "multinormal-*e-2-2-*", 10000, 1, 0.03, 0, 5 },
	{ "ksg2", "independent-1-1", 10000, 1, 0.02, 0, 5 },
	{ "ksg2", "forty", 5000, 1, OUTSIDE },
	{ "lnc", "1v1-normal-*", 5000, 1, 0.05, 0, 5 },
	{ "lnc", "multinormal-sparse-2-2-*", 5000, 1, 0.08, 0, 5 },
	{ "lnc", "1v1-additive-0.1", 5000, 1, OUTSIDE },
	{ "kozachenko-leonenko", "1v1-normal-*", 10000, 1, 0.06, 0, 5 },
	{ "kozachenko-leonenko", "multinormal-sparse-2-2-*", 10000, 1, 0.1, 0, 5 },
	{ "kozachenko-leonenko", "multinormal-*", 5000, 1, OUTSIDE },
	{ "frenzel-pompe", "cmi-chain-0.9", 5000, 1, 0.04, 0, 5 },
	{ "frenzel-pompe", "cmi-fork-0.6", 5000, 1, 0.04, 0, 5 },
	{ "frenzel-pompe", "cmi-pair0.8-z1", 5000, 1, 0.06, 0, 5 },
	{ "frenzel-pompe", "cmi-pair0.8-z*", 5000, 1, OUTSIDE },
	{ "mesner-shalizi", "cmi-xor", 2000, 1, 0.02, 0, 5 },
	{ "mesner-shalizi", "cmi-bsc-*", 5000, 1, 0.02, 0, 5 },
	{ "mesner-shalizi", "cmi-labels5-0.6", 5000, 1, 0.06, 0, 5 },
	{ "mesner-shalizi", "cmi-chain-0.9", 5000, 1, 0.06, 0, 5 },
	{ "mesner-shalizi", "cmi-*", 5000, 1, OUTSIDE },
	{ "ross", "gao-uniform-[25]", 5000, 1, 0.05, 0, 5 },
	{ "ross", "labels10-gauss1d-3.0", 5000, 1, 0.05, 0, 5 },
	{ "ross", "labels10-gauss16d-1.0", 5000, 1, 0.1, 0, 5 },
	{ "ross", "labels10-independent", 5000, 1, 0.05, 0, 5 },
	{ "ross", "tanhnet-3-s0.2-ty", 5000, 1, 0.05, 0, 5 },
	{ "ross", "gao-*", 5000, 1, OUTSIDE },
	{ "mixed", "gao-uniform-[25]", 5000, 1, 0.05, 0, 5 },
	{ "mixed", "gao-zip-*", 5000, 1, 0.05, 0, 5 },
	{ "mixed", "1v1-normal-*", 5000, 1, 0.05, 0, 5 },
	{ "mixed", "labels10-gauss1d-3.0", 5000, 1, 0.08, 0, 5 },
	{ "mixed", "half-atoms-0.9", 10000, 1, OUTSIDE },
	{ "mixed", "mixed", 5000, 1, OUTSIDE },

	/* Counting. */
	{ "plug-in", "bsc-*", 10000, 1, 0.002, 0, 5 },
	{ "plug-in", "bec-*", 10000, 1, 0.002, 0, 5 },
	{ "plug-in", "symmetric-16-0.2", 10000, 1, 0.02, 0, 5 },
	{ "plug-in", "discrete", 10000, 1, OUTSIDE },
	{ "miller-madow", "bsc-*", 10000, 1, 0.001, 0, 5 },
	{ "miller-madow", "bec-*", 10000, 1, 0.001, 0, 5 },
	{ "miller-madow", "symmetric-16-0.2", 10000, 1, 0.01, 0, 5 },
	{ "miller-madow", "discrete", 10000, 1, OUTSIDE },
	{ "grassberger", "bsc-*", 10000, 1, 0.001, 0, 5 },
	{ "grassberger", "bec-*", 10000, 1, 0.001, 0, 5 },
	{ "grassberger", "symmetric-16-0.2", 1000, 1, 0.03, 0, 5 },
	{ "grassberger", "discrete", 10000, 1, OUTSIDE },
	{ "chao-shen", "bsc-*", 10000, 1, 0.005, 0, 5 },
	{ "chao-shen", "bec-*", 10000, 1, 0.005, 0, 5 },
	{ "chao-shen", "zipf-100-1.0-copy0.7", 10000, 1, 0.05, 0, 5 },
	{ "chao-shen", "discrete", 10000, 1, OUTSIDE },
	{ "james-stein", "bsc-*", 10000, 1, 0.005, 0, 5 },
	{ "james-stein", "bec-*", 10000, 1, 0.005, 0, 5 },
	{ "james-stein", "symmetric-16-0.2", 1000, 1, 0.03, 0, 5 },
	{ "james-stein", "uniform-32x32-independent", 1000, 1, 0.03, 0, 5 },
	{ "james-stein", "discrete", 10000, 1, OUTSIDE },
	{ "nsb", "bsc-*", 10000, 1, 0.002, 0, 5 },
	{ "nsb", "bec-*", 10000, 1, 0.002, 0, 5 },
	{ "nsb", "symmetric-16-0.2", 1000, 1, 0.05, 0, 5 },
	{ "nsb", "discrete", 10000, 1, OUTSIDE },

	/* Critics, codes and projections. */
	{ "infonce", "1v1-normal-0.75", 10000, 1, 0.06, 0, 5 },
	{ "infonce", "multinormal-sparse-3-3-*", 10000, 1, 0.1, 0, 5 },
	{ "infonce", "multinormal-dense-25-25-0.5", 10000, 1, OUTSIDE },
	{ "infonce", "multinormal-sparse-25-25-*", 10000, 1, OUTSIDE },
	{ "infonce", "spiral-multinormal-sparse-3-3-*", 10000, 1, OUTSIDE },
	{ "infonce", "student-identity-5-5-2", 10000, 1, OUTSIDE },
	{ "infonce", "pairs3-mi8", 10000, 1, OUTSIDE },
	{ "nwj", "1v1-normal-0.75", 10000, 1, 0.06, 0, 5 },
	{ "nwj", "multinormal-sparse-3-3-*", 10000, 1, 0.12, 0, 5 },
	{ "nwj", "multinormal-sparse-25-25-*", 10000, 1, OUTSIDE },
	{ "dv", "1v1-normal-0.75", 10000, 1, 0.06, 0, 5 },
	{ "dv", "multinormal-sparse-3-3-*", 10000, 1, 0.1, 0, 5 },
	{ "dv", "multinormal-sparse-25-25-*", 10000, 1, OUTSIDE },
	{ "classifier", "labels10-gauss1d-3.0", 5000, 1, 0.1, 0, 5 },
	{ "classifier", "labels10-gauss16d-1.0", 5000, 1, 0.15, 0, 5 },
	{ "classifier", "labels10-independent", 5000, 1, 0.05, 0, 5 },
	{ "lmi", "multinormal-sparse-25-25-*", 10000, 1, 0.2, 0, 5 },
	{ "lmi", "1v1-normal-0.75", 10000, 1, 0.08, 0, 5 },
	{ "lmi", "multinormal-dense-25-25-0.5", 10000, 1, OUTSIDE },
	{ "pca", "1v1-normal-*", 10000, 1, 0.05, 0, 5 },
	{ "pca", "multinormal-dense-5-5-0.5", 10000, 1, OUTSIDE },
	{ "pca", "multinormal-*", 10000, 1, OUTSIDE },

	/* No Shannon information, or none without a width: shown beside it. */
	{ "renyi", "1v1-normal-*", 1000, 1, OUTSIDE },
	{ "renyi", "independent-1-1", 1000, 1, OUTSIDE },
	{ "hsic", "independent-1-1", 2000, 1, 0.02, 0, 5 },
	{ "hsic", "1v1-normal-*", 2000, 1, OUTSIDE },

	/* Layers on all their inputs. */
	{ "exact", "tanhnet-*-bin30-*", 4096, 1, 0, 0, 0 },
	{ "binning:bins=30,range=[-0.5,29.5]", "tanhnet-*-bin30-*", 4096, 1, 0, 0, 0 },
	{ "kde:variance=0.04", "tanhnet-3-s0.2-xt", 4096, 1, 0, 0, 5 },
	{ "kde:variance=0.01", "tanhnet-*-s0.1-xt", 4096, 1, 0, 0, 5 },
	{ "kde:variance=0.04", "tanhnet-3-s0.2-ty", 4096, 1, OUTSIDE },
	{ "kde:variance=0.01", "tanhnet-*-s0.1-ty", 4096, 1, OUTSIDE },
	{ "noisy", "tanhnet-*-s0.*", 4096, 1, 0, 0, 5 },
	{ "noisy-pair", "tanhnet-*-s0.*-xt", 4096, 1, 0, 0, 5 },
	{ "noisy-pair", "tanhnet-*-s0.*-ty", 4096, 1, OUTSIDE },
	{ 0 }
};

static bool is_suite(const char *word, enum vt_known_suite suite)
{
	return strcmp(word, vt_known_suites[suite]) == 0;
}

bool vt_case_matches(const struct vt_known *c, const char *pattern)
{
	return !pattern || is_suite(pattern, c->suite) || fnmatch(pattern, c->name, 0) == 0;
}

bool vt_promise_of(const struct vt_promise *p, const char *kind)
{
	size_t n = strcspn(p->estimator, ":");
	return strlen(kind) == n && strncmp(p->estimator, kind, n) == 0;
}
