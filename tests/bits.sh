#!/bin/sh
# The same bytes in every dataset outside /provenance for 1, 2 and 3 threads and for 1 and 2 jobs, and for every model,
# optimiser and dataset of the registry; other bytes for another seed.  Under each kernel of OpenBLAS that the CPU can run,
# the same bytes among themselves.  VENTURI2, if set, is a second program (built without OpenMP, say) whose files must be
# equal too.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
if nm "$VENTURI" 2> /dev/null | grep -q __asan_init; then
	echo "skipped: takes ten minutes under the sanitizers, which other tests serve as well"
	exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
settings="train.epochs=30 probe.points=5 train.seed=0..1 measure.robustness.snapshots=2"
experiment=$top_srcdir/experiments/information-plane.yaml

run() { # PROGRAM NAME FLAG...
	program=$1 name=$2
	shift 2
	"$program" run "$experiment" $settings -o "$folder/$name" "$@" > "$folder/$name.out" 2>&1 || {
		cat "$folder/$name.out"
		echo "run $name failed"
		exit 1
	}
}
hash() { "$VENTURI" info "$1" --json | sed -n 's/.*"content_sha256": *"\([0-9a-f]*\)".*/\1/p'; }

same() { # NAME: every task's datasets equal those of `base`
	for file in "$folder"/base/task-*/run.h5; do
		other=$folder/$1/$(basename "$(dirname "$file")")/run.h5
		[ -n "$(hash "$file")" ] && [ "$(hash "$file")" = "$(hash "$other")" ] || { echo "$1: $other differs"; exit 1; }
		if command -v h5diff > /dev/null; then
			h5diff --exclude-path=/provenance "$file" "$other" || { echo "$1: h5diff finds a difference in $other"; exit 1; }
		fi
	done
	echo "$1: equal"
}

run "$VENTURI" base --jobs 1 --threads 1
for threads in 2 3; do
	run "$VENTURI" threads$threads --jobs 1 --threads $threads
	same threads$threads
done
run "$VENTURI" jobs2 --jobs 2 --threads 2
same jobs2
if [ -n "${VENTURI2:-}" ]; then
	run "$VENTURI2" second --jobs 2
	same second
fi
[ "$(hash "$folder/base/task-00000/run.h5")" != "$(hash "$folder/base/task-00001/run.h5")" ] || {
	echo "two seeds give the same bytes"
	exit 1
}

# ---- every model, optimiser and dataset of the registry -----------------------
. "$top_srcdir/tests/tasks.sh"
measured='kde: {kind: information, estimator: {kind: kde, variance: 0.1}}'
adam='optimiser: adam, rate: 1e-3, batch: 64, epochs: 2, seed: 1'

# contract NAME DATASET MODEL TRAIN MEASURE OVERRIDE...: the same bytes for 1, 2 and 3 threads.
contract() {
	name=$1
	task "$1" "$2" "$3" "$4" 'points: 3, n: 60' "$measured"
	what="$2 with $3"
	shift 5
	for threads in 1 2 3; do
		"$VENTURI" run "$folder/$name.yaml" -o "$folder/$name.$threads" --threads $threads --jobs 1 "$@" > "$folder/said" 2>&1 || {
			found=$?
			[ $found = 3 ] || [ $found = 4 ] && return 1
			cat "$folder/said"
			echo "$name: $what ends with status $found"
			exit 1
		}
	done
	for threads in 2 3; do
		[ -n "$(hash "$folder/$name.1/task-00000/run.h5")" ] &&
			[ "$(hash "$folder/$name.1/task-00000/run.h5")" = "$(hash "$folder/$name.$threads/task-00000/run.h5")" ] || {
			echo "$name: $threads threads give other bytes than 1"
			exit 1
		}
	done
	echo "$name: equal"
}

models=$(kinds models)
for kind in $(kinds datasets); do pairing "dataset-$kind" "$kind" "$models" "$adam"; done
for kind in $models; do pairing "model-$kind" "$(data_for model "$kind")" "$kind" "$adam"; done
for kind in $(kinds optimisers); do
	for net in $models; do
		pairing "optimiser-$kind-$net" "$(data_for optimiser "$net")" "$net" "optimiser: $kind, ${adam#*, }"
	done
done

# ---- the library's other kernels ------------------------------------------------
# What calls the library, since the rest has kernels of its own.
measured='renyi: {kind: information, estimator: {kind: renyi}}
  hsic: {kind: information, estimator: {kind: hsic}}
  copula: {kind: information, estimator: {kind: copula}}'
for core in Haswell SkylakeX; do
	case $core in Haswell) flag=avx2 ;; SkylakeX) flag=avx512vl ;; esac
	grep -qw "$flag" /proc/cpuinfo || continue
	export OPENBLAS_CORETYPE=$core
	"$VENTURI" version | grep -q "blas_core.*$core" || continue # another BLAS
	for kind in $models; do pairing "$core-$kind" "$(data_for model "$kind")" "$kind" "$adam"; done
	run "$VENTURI" base --force --jobs 1 --threads 1
	for threads in 2 3; do
		run "$VENTURI" threads$threads --force --jobs 1 --threads $threads
		same threads$threads
	done
	echo "$core: equal"
done
unset OPENBLAS_CORETYPE
