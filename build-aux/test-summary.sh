#!/bin/sh
# Counts the results that automake left (*.trs) in the build folders given, and ends with one line
# `N passed, N failed` (and `, N skipped` where some were).  Fails if anything failed or if a folder
# holds no result at all.  Called by quickstart and .ci/run.  SPDX-License-Identifier: GPL-3.0-or-later
set -eu
passed=0 failed=0 skipped=0 empty=
for folder in "$@"; do
	ran=no
	for result in $(find "$folder" -name '*.trs' | sort); do
		ran=yes
		case $(sed -n 's/^:global-test-result: *//p' "$result") in
		PASS | XFAIL) passed=$((passed + 1)) ;;
		SKIP)
			skipped=$((skipped + 1))
			reason=$(grep -i 'skip' "${result%.trs}.log" | grep -v '^SKIP ' | tail -n 1)
			printf 'skipped: %s: %s\n' "${result%.trs}" "$(printf '%s' "$reason" | sed 's/^[Ss][Kk][Ii][Pp][a-z]*: //')"
			;;
		*)
			failed=$((failed + 1))
			printf 'failed: %s (see %s)\n' "${result%.trs}" "${result%.trs}.log"
			;;
		esac
	done
	[ $ran = yes ] || { empty=yes; printf 'no test ran in %s\n' "$folder"; }
done
line="$passed passed, $failed failed"
[ $skipped = 0 ] || line="$line, $skipped skipped"
printf '%s\n' "$line"
[ $failed = 0 ] && [ -z "$empty" ] && [ $((passed + failed)) -gt 0 ]
