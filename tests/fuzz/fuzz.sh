#!/bin/sh
# `make fuzz`: every target under libFuzzer for FUZZ_SECONDS (20 unless set), from the seeds that mutate writes; FUZZ
# names targets, else all.  Builds with clang and its coverage in fuzz-build/, or uses what is there.  What is found is
# left there as TARGET-crash-*.  Skipped, with the reason, where clang or libFuzzer is missing.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
: "${top_srcdir:?make fuzz sets it}" "${top_builddir:?make fuzz sets it}"
seconds=${FUZZ_SECONDS:-20} clang=${FUZZ_CC:-clang}
build=$top_builddir/fuzz-build
mkdir -p "$build"
cd "$build"

command -v "$clang" > /dev/null || { echo "skipped: there is no $clang: apt-get install clang"; exit 0; }
printf '%s\n' '#include <stddef.h>' '#include <stdint.h>' 'int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);' \
	'int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) { return n > 3 && p[0] == 1 ? 0 : 0; }' > try.c
"$clang" -fsanitize=fuzzer,address try.c -o try 2> try.log ||
	{ echo "skipped: $clang has no libFuzzer: apt-get install libclang-rt-14-dev"; exit 0; }

[ -f Makefile ] || "$top_srcdir/configure" -q CC="$clang" --enable-sanitizers=fuzzer --disable-shared CFLAGS='-O1 -g'
make -s src/kinds.inc src/commands.inc src/page.inc > make.log 2>&1 && make -s -j "$(nproc)" tests/fuzz/fuzz tests/fuzz/mutate >> make.log 2>&1 || { tail -n 30 make.log; exit 1; }
targets=$(tests/fuzz/mutate --corpus=seeds)

status=0
for target in ${FUZZ:-$targets}; do
	mkdir -p "corpus/$target"
	if VT_FUZZ=$target ASAN_OPTIONS=allocator_may_return_null=1 LSAN_OPTIONS=print_suppressions=0 \
		tests/fuzz/fuzz -max_total_time="$seconds" -timeout=100 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
		-artifact_prefix="$target-" "corpus/$target" "seeds/$target" > "$target.log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$target.log")
		cover=$(sed -n 's/.*cov: \([0-9]*\).*/\1/p' "$target.log" | tail -n 1)
		printf '%-16s %9s runs in %s s, %s places covered\n' "$target" "$runs" "$seconds" "$cover"
	else
		status=1
		echo "$target: found something ($build/$target.log):"
		grep -E -m 3 'ERROR:|SUMMARY:|broken promise|runtime error' "$target.log" || tail -n 5 "$target.log"
	fi
done
exit $status
