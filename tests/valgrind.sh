#!/bin/sh
# Under valgrind: no invalid access, no use of what was never set, no definite leak.  Every registered model, training,
# optimiser, measure and estimator in a small task; a run that goes on from where it was stopped; all that reads its files;
# the unit tests that take and free most.  First a planted leak must be reported.  Part of `make check-long`; 15 minutes.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
skip() { echo "skipped: $*"; exit 77; }
top_srcdir=$(cd "${top_srcdir:-$(dirname "$0")/..}" && pwd) top_builddir=$(cd "${top_builddir:-.}" && pwd)
command -v valgrind > /dev/null || skip 'needs valgrind'
if nm "${VENTURI:?the program}" 2> /dev/null | grep -qE '__[at]san_init'; then skip 'the sanitizers do not go with valgrind'; fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# One thread: valgrind lets one run at a time, and the others would wait in a loop.
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive OPENBLAS_NUM_THREADS=1

# HDF5 keeps 72 bytes for every image of a file; a process that ends opens it.
printf '%s\n' '{' '	hdf5-image' '	Memcheck:Leak' '	fun:malloc' '	...' '	fun:H5LTopen_file_image' '	...' '}' > "$folder/known"
failed=0 clean=0

# watched STATUSES NAME PROGRAM WORD...: its output in $folder/said.  Libraries keep what they keep: what nothing points
# to any more is a leak.
watched() {
	wanted=$1 name=$2 found=0
	shift 2
	rm -f "$folder"/log.*
	"$top_builddir/libtool" --silent --mode=execute valgrind -q --leak-check=full --errors-for-leak-kinds=definite \
		--show-leak-kinds=definite --error-exitcode=99 --suppressions="$folder/known" --log-file="$folder/log.%p" \
		"$@" > "$folder/said" 2>&1 || found=$?
	case " $wanted " in
	*" $found "*)
		# a process that ends by a signal, or whose status nobody asks for, has its log all the same
		[ -n "$(cat "$folder"/log.*)" ] || { clean=$((clean + 1)); return 0; } ;;
	esac
	echo "$name: status $found"
	tail -n 3 "$folder/said"
	cat "$folder"/log.* | head -n 40
	failed=$((failed + 1))
}

# ---- can leaks be seen here? -----------------------------------------------------
printf '%s\n' '#include <stdlib.h>' 'int main(void)' '{' '	volatile char *volatile p = malloc(77);' '	p = NULL;' \
	'	return p != NULL;' '}' > "$folder/leak.c"
${CC:-cc} -O0 -o "$folder/leak" "$folder/leak.c" || skip 'no C compiler for the planted leak'
watched 0 planted "$folder/leak" > "$folder/planted"
grep -q '77 bytes in 1 blocks are definitely lost' "$folder/planted" || { cat "$folder/planted"; echo 'a planted leak was not found'; exit 1; }
failed=0 clean=0

# ---- every kind ------------------------------------------------------------------
. "$top_srcdir/tests/tasks.sh"
contract() { # NAME DATASET MODEL TRAIN MEASURE OVERRIDE...
	task "$1" "$2" "$3" "$4" "points: 3, $(rows_of "$2")" "$5"
	name=$1
	shift 5
	"$VENTURI" check "$folder/$name.yaml" "$@" > "$folder/said" 2>&1 || return 1
	# what cannot be measured after all says so
	watched '0 3 4' "$name" "$VENTURI" run "$folder/$name.yaml" "$@" --threads 1 -q -o "$folder/runs/$name"
}
models=$(kinds models) gradient=$(training gradient 2) bins="it: {$(measure information)}"
for kind in $models; do pairing "model-$kind" "$(data_for model "$kind")" "$kind" "$gradient" "$bins"; done
for kind in $(kinds trainings); do
	pairing "training-$kind" "$(data_for train "$kind")" "$models" "$(training "$kind" 2)" "$bins"
done
for kind in $(kinds optimisers); do
	pairing "optimiser-$kind" sphere12 mlp "$(echo "$gradient" | sed "s/optimiser: adam/optimiser: $kind/")" "$bins"
done
for kind in $(kinds measures); do
	pairing "measure-$kind" "$(data_for measure "$kind")" "$(models_for measure "$kind")" "$gradient" "it: {$(measure "$kind")}"
done
for kind in $(kinds estimators); do
	pairing "estimator-$kind" "$(data_for estimator "$kind")" "$models" "$gradient" \
		"it: {kind: information, estimator: {$(estimator "$kind")}, null: 1, null_every: 2}"
done

# ---- a sweep that is stopped, resumed, judged and read ------------------------------
task sweep sphere12 mlp "$(training gradient 40)" "points: 20, n: 60" "$bins"
cat >> "$folder/sweep.yaml" <<-YAML
	sweep: {train.seed: 0..1}
	hypotheses:
	  falls: {claim: test, statistic: decline, series: information/i_xt, at: {layer: h1}, over: train.seed, delta: 0.1,
	          unit: bit, expect: above, seeds_min: 2}
YAML
run() { # NAME FLAG...
	name=$1
	shift
	watched '0 75' "$name" "$VENTURI" run "$folder/sweep.yaml" --threads 1 --jobs 2 -q -o "$folder/s" "$@"
}
"$VENTURI" check "$folder/sweep.yaml" > "$folder/said" || { cat "$folder/said"; exit 1; }
run stopped --max-time 5s
run resumed --resume
rm -r "$folder/s/task-00001"
run missing --resume
for command in "info $folder/s/task-00000/run.h5" "info $folder/s/task-00000/run.h5 --json" "verdict $folder/s" \
	"collect $folder/s -o $folder/all.h5" "info $folder/all.h5" "report $folder/s -o $folder/page.html" \
	"check $folder/sweep.yaml" list 'describe kde' "estimate --x $folder/x.csv --y $folder/y.csv --null=3"; do
	# shellcheck disable=SC2086 # words of the command
	watched 0 "$command" "$VENTURI" $command
done

# ---- units -----------------------------------------------------------------------
for test in "$top_builddir"/tests/t_store_* "$top_builddir"/tests/t_input_* "$top_builddir"/tests/t_config_* \
	"$top_builddir"/tests/t_verdict_*; do
	case $test in *.*) continue ;; esac
	[ ! -x "$test" ] || watched '0 77' "$(basename "$test")" "$test"
done

echo "$clean programs under valgrind are clean, $failed are not; a planted leak is found"
[ "$failed" = 0 ] && [ "$clean" -gt 50 ]
