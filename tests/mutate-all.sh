#!/bin/sh
# mutate.sh with the full numbers.  SPDX-License-Identifier: GPL-3.0-or-later
MUTATE=1 MUTATE_RESUMES=300 exec "${SHELL:-/bin/sh}" "${top_srcdir:-$(dirname "$0")/..}/tests/mutate.sh"
