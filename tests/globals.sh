#!/bin/sh
# No variable at file scope is writable, in the library and in the program; the one exception is the program's
# flag that a signal sets.  Constant tables of addresses, which the loader fills in (.data.rel.ro), are constant.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)} top_builddir=${top_builddir:-$top_srcdir/build}
allowed='vt_signal'
command -v nm > /dev/null || { echo "skipped: nm is not installed"; exit 77; }
objects=$(find "$top_builddir/src" -name '*.o' ! -path '*/.libs/*' | sort)
[ -n "$objects" ] || { echo "no object file under $top_builddir/src"; exit 1; }
# shellcheck disable=SC2086 # one word per object
if nm $objects | grep -q __asan_; then
	echo "skipped: the sanitizers add variables of their own"
	exit 77
fi
# One line a symbol: file:name|value|class|type|size|line|section
# shellcheck disable=SC2086
nm -A -f sysv $objects | awk -F '|' -v allowed="$allowed" '
	function trimmed(text) { gsub(/ /, "", text); return text }
	{
		class = trimmed($3); section = trimmed($7); name = trimmed($1); sub(/^.*:/, "", name); n++
		if (class !~ /^[bBcCdDsSgG]$/ || section ~ /^\.data\.rel\.ro/) next
		if (name == allowed) { exceptions++; next }
		printf "%s: writable at file scope (%s)\n", trimmed($1), section
		bad = 1
	}
	END {
		if (exceptions > 1) { printf "%s is defined %d times\n", allowed, exceptions; bad = 1 }
		printf "%d symbols read\n", n
		exit bad || !n
	}'
