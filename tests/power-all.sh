#!/bin/sh
# 500 power cuts of tests/power.py.  SPDX-License-Identifier: GPL-3.0-or-later
VT_LONG=1 exec sh "${top_srcdir:-$(dirname "$0")/..}/build-aux/skip-without.sh" python3 "${top_srcdir:-$(dirname "$0")/..}/tests/power.py"
