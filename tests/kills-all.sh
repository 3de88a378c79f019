#!/bin/sh
# 200 kills of tests/kills.sh.  SPDX-License-Identifier: GPL-3.0-or-later
VT_LONG=1 exec sh "${top_srcdir:-$(dirname "$0")/..}/tests/kills.sh"
