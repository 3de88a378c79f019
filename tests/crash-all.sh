#!/bin/sh
# Every crash point of tests/crash.sh: some 20 minutes.  SPDX-License-Identifier: GPL-3.0-or-later
VT_LONG=1 exec sh "${top_srcdir:-$(dirname "$0")/..}/tests/crash.sh"
