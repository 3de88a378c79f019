/* Names of flags.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "venturi/value.h"

const char *const vt_flag_names[VT_N_FLAGS] = {
	"saturated", "censored", "bias_dominated", "ties", "degenerate", "deterministic",
	"out_of_range", "out_of_regime", "dead", "diverged", "not_computed",
};

const char *vt_flag_worst(unsigned flags)
{
	for (int i = VT_N_FLAGS - 1; i >= 0; i--)
		if (flags & 1u << i) return vt_flag_names[i];
	return "ok";
}
