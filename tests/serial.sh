#!/bin/sh
# A program built with --disable-openmp writes the same bytes as this one.  Part of `make check-long`.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if [ -f "$top_srcdir/config.status" ]; then
	echo "skipped: the source folder is configured itself, so it cannot be built elsewhere"
	exit 77
fi
cd "$scratch"
{ "$top_srcdir/configure" -q --disable-openmp --disable-shared && make -j 2; } > log 2>&1 ||
	{ tail -n 50 log; echo "the build without OpenMP failed"; exit 1; }
if nm -u ./venturi | grep -q GOMP_; then
	echo "built without OpenMP, and yet it calls it"
	exit 1
fi
VENTURI2=$scratch/venturi
export VENTURI2
sh "$top_srcdir/tests/bits.sh"
