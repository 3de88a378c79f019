#!/bin/sh
# Runs a test through PROGRAM, or skips it where that is not installed: skip-without.sh PROGRAM FILE
# Called by the Makefile for .bats and .py tests.  SPDX-License-Identifier: GPL-3.0-or-later
command -v "$1" > /dev/null || { echo "skipped: $1 is not installed (./quickstart deps bench)"; exit 77; }
exec "$@"
