#!/bin/sh
# Every symbol that libventuri offers starts with vt_: in the static library nothing else is global, and the
# shared one exports nothing else.  SPDX-License-Identifier: GPL-3.0-or-later
set -eu
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)} top_builddir=${top_builddir:-$top_srcdir/build}
archive=$top_builddir/.libs/libventuri.a
shared=$top_builddir/.libs/libventuri.so
command -v nm > /dev/null || { echo "skipped: nm is not installed"; exit 77; }
if [ -f "$archive" ] && nm "$archive" 2> /dev/null | grep -q __asan_; then
	echo "skipped: the sanitizers add symbols of their own"
	exit 77
fi
status=0

# foreign LABEL FILE NM-OPTION...: prints global symbols without the prefix; fails if none has it.
foreign() {
	label=$1 file=$2
	shift 2
	[ -f "$file" ] || { echo "$label: not built (--disable-$label)"; return 0; }
	nm -g --defined-only "$@" "$file" | awk -v label="$label" '
		NF == 3 { n++; if ($3 !~ /^vt_/) { print label ": " $3 " does not start with vt_"; bad = 1 } }
		END { printf "%s: %d symbols\n", label, n; exit bad || !n }' || status=1
}
foreign static "$archive"
foreign shared "$shared" -D
[ -f "$archive" ] || [ -f "$shared" ] || { echo "neither library was built"; exit 1; }
exit $status
