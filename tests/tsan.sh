#!/bin/sh
# No data race: the unit tests and one task of every experiment, built with clang's thread sanitizer and run on three
# threads.  archer, which comes with clang's OpenMP library, tells the sanitizer what a parallel loop waits for; first a
# planted race must be reported, and a clean loop must not.  Part of `make check-long`; 5 minutes on two cores.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
jobs=2 longest=600
skip() { echo "skipped: $*"; exit 77; }
[ ! -f "$top_srcdir/config.status" ] || skip "the source folder is configured itself, so it cannot be built elsewhere"
command -v clang > /dev/null || skip "needs clang and libomp-dev"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# Libraries that were not built with the sanitizer look like races: what they do among themselves is not looked at.
TSAN_OPTIONS="ignore_noninstrumented_modules=1 exitcode=66"
OMP_NUM_THREADS=3
export TSAN_OPTIONS OMP_NUM_THREADS

# ---- can races be seen here? ----------------------------------------------------
loop() { # CLAUSE
	cat <<-C
		#include <stdio.h>
		int main(void)
		{
			long sum = 0;
		#pragma omp parallel for num_threads(3) $1
			for (int i = 0; i < 3000; i++) sum += i;
			printf("%ld\n", sum);
			return 0;
		}
	C
}
loop '' > racy.c
loop 'reduction(+ : sum)' > clean.c
for name in racy clean; do
	clang -O1 -g -fopenmp -fsanitize=thread $name.c -o $name > log 2>&1 ||
		{ cat log; skip "needs libomp-dev: clang cannot build a parallel loop with the thread sanitizer"; }
done
# The sanitizer's map of memory does not fit every kernel's random addresses.
run=
ARCHER_OPTIONS=verbose=1 ./clean > log 2>&1 || grep -q 'data race' log || run="setarch $(uname -m) -R"
ARCHER_OPTIONS=verbose=1 $run ./clean > log 2>&1 || { cat log; skip "a clean loop is reported, or the sanitizer cannot run"; }
grep -q '^Archer detected' log || { cat log; skip "needs archer (libarcher.so, which comes with libomp-dev)"; }
status=0
$run ./racy > log 2>&1 || status=$?
if [ "$status" != 66 ] || ! grep -q 'WARNING: ThreadSanitizer: data race' log; then
	cat log
	echo "a planted race was not reported (status $status)"
	exit 1
fi
echo "a planted race is reported, a clean loop is not"

# ---- build ------------------------------------------------------------------------
{ "$top_srcdir/configure" -q --enable-sanitizers=thread --enable-werror --disable-shared CC=clang CFLAGS='-O1 -g' &&
	make -j $jobs check TESTS=; } > build.log 2>&1 || { tail -n 50 build.log; echo "the build failed"; exit 1; }

# ---- run --------------------------------------------------------------------------
# one NAME COMMAND...: its log in NAME.log, its verdict in NAME.verdict.
cat > one <<'SH'
name=$1
shift
status=0
timeout "$LONGEST" "$@" > "$name.log" 2>&1 || status=$?
races=$(grep -c 'WARNING: ThreadSanitizer' "$name.log") || :
if [ "$races" -gt 0 ] || { [ $status != 0 ] && [ $status != 77 ]; }; then
	echo "$name: status $status, $races reports" > "$name.verdict"
	grep -A 40 -m 1 'WARNING: ThreadSanitizer' "$name.log" >> "$name.verdict" || tail -n 20 "$name.log" >> "$name.verdict"
fi
SH
top_builddir=$scratch VENTURI=$scratch/venturi OPENBLAS_NUM_THREADS=1 LC_ALL=C LONGEST=$longest
export top_srcdir top_builddir VENTURI OPENBLAS_NUM_THREADS LC_ALL LONGEST
{
	for program in tests/t_*; do
		case $program in *.o | *.log | *.trs) continue ;; esac
		[ ! -x "$program" ] || echo "$(basename "$program") ./$program"
	done
	for file in "$top_srcdir"/experiments/*.yaml; do
		name=$(basename "$file" .yaml)
		case $name in *-fashion) continue ;; esac # the same code on data that take longer
		echo "$name ./venturi run $file --preset smoke --task 0 --threads 3 -o out-$name"
	done
} > work
n=$(wc -l < work)
[ "$n" -gt 40 ] || { cat work; echo "only $n programs to run: the list is wrong"; exit 1; }
sed "s|^|$run sh one |" work | xargs -P $jobs -I '{}' sh -c '{}'
[ "$(find . -maxdepth 1 -name 't_*.log' | wc -l)" -gt 40 ] || { echo "the tests did not run"; exit 1; }
if ls ./*.verdict > /dev/null 2>&1; then
	cat ./*.verdict
	exit 1
fi
echo "no race in $n programs"
