#!/bin/sh
# The program and the shared library have what configure's hardening promises, read from the files themselves: a
# position-independent program, relocations that are read-only before main begins, no memory that is both writable and
# executable, guarded stacks, fortified calls.  SPDX-License-Identifier: GPL-3.0-or-later
set -eu
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)} top_builddir=${top_builddir:-$top_srcdir/build}
promised=$(sed -n 's/^VT_HARDENING = *//p' "$top_builddir/Makefile")
[ -n "$promised" ] || { echo "skipped: configured without hardening"; exit 77; }
command -v readelf > /dev/null || { echo "skipped: readelf is not installed"; exit 77; }
echo "promised: $promised"

promises() { case " $promised " in *" $1"*) return 0 ;; *) return 1 ;; esac; }

# weak FILE: one line for each thing that is wanting.
weak() {
	readelf -hlW "$1" > "$folder/head"
	readelf -dW "$1" > "$folder/dynamic"
	readelf --dyn-syms -W "$1" > "$folder/symbols"
	if promises -pie; then
		grep -q 'Type: *DYN' "$folder/head" || echo "sits at a fixed address"
		! grep -q TEXTREL "$folder/dynamic" || echo "has relocations in its code"
	fi
	if promises -Wl,-z,relro; then
		grep -q GNU_RELRO "$folder/head" || echo "has no segment that becomes read-only"
		grep -qE 'BIND_NOW|FLAGS_1.* NOW' "$folder/dynamic" || echo "binds its symbols while it runs"
		grep -qE 'GNU_STACK .* RW +0x' "$folder/head" || echo "has an executable stack"
		! grep -qE 'LOAD .* RWE +0x' "$folder/head" ||
			echo "has memory that is writable and executable"
	fi
	! promises -fstack-protector || grep -q __stack_chk_fail "$folder/symbols" || echo "has no guarded stack"
	! promises -D_FORTIFY_SOURCE || grep -qE '__(memcpy|snprintf|vsnprintf|printf|fprintf|vfprintf|strcpy|memset)_chk' \
		"$folder/symbols" || echo "has no fortified call"
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
status=0
for file in "$top_builddir/venturi" "$top_builddir/.libs/libventuri.so"; do
	[ -f "$file" ] || { echo "$file: not built"; continue; }
	found=$(weak "$file")
	if [ -n "$found" ]; then
		echo "$found" | sed "s|^|$file: |"
		status=1
	else
		echo "$file: hardened"
	fi
done
[ -f "$top_builddir/venturi" ] || { echo "no program was built"; exit 1; }

# A program with none of it: everything must be found wanting.
compiler=$(sed -n 's/^CC = //p' "$top_builddir/Makefile")
echo 'int main(void) { return 0; }' > "$folder/plain.c"
# shellcheck disable=SC2086 # may hold options
if $compiler -fno-pie -no-pie -Wl,-z,norelro,-z,lazy,-z,execstack -fno-stack-protector "$folder/plain.c" \
	-o "$folder/plain" 2> /dev/null; then
	found=$(weak "$folder/plain" | wc -l)
	wanted=0
	for flag in -pie -Wl,-z,relro -Wl,-z,relro -Wl,-z,relro -fstack-protector -D_FORTIFY_SOURCE; do
		! promises "$flag" || wanted=$((wanted + 1))
	done
	[ "$found" -ge "$wanted" ] || { echo "$found faults of $wanted were found in a program that has them all"; status=1; }
	echo "a program without any of it: $found faults found"
fi
exit $status
