#!/bin/sh
# Every case of tests/foreign.sh.  SPDX-License-Identifier: GPL-3.0-or-later
FOREIGN=all exec sh "${top_srcdir:-$(dirname "$0")/..}/tests/foreign.sh"
