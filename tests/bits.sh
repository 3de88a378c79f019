#!/bin/sh
# The same bytes in every dataset outside /provenance for 1, 2 and 3 threads and for 1 and 2 jobs, and for every model,
# optimiser and dataset of the registry; other bytes for another seed.  VENTURI2, if set, is a second program (built
# without OpenMP, say) whose files must be equal too.
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
# A new kind takes part with its defaults; what makes it small, or what it cannot do without, stands here.
kinds() { "$VENTURI" list "$1" | sed -n 's/^  \([^ ]*\) .*/\1/p'; }

awk 'BEGIN { srand(1); for (i = 0; i < 200; i++) print rand() "," rand() }' > "$folder/x.csv"
awk 'BEGIN { for (i = 0; i < 200; i++) print i * i % 7 % 3 }' > "$folder/y.csv"
cat "$top_srcdir"/experiments/*.yaml > "$folder/text"

dataset() { # KIND: as in an experiment
	case $1 in
	images) echo "kind: images, n: 300, n_test: 100" ;;
	array) echo "kind: array, x: $folder/x.csv, y: $folder/y.csv" ;;
	gauss | known) echo "kind: $1, n: 300" ;;
	modadd) echo "kind: modadd, p: 11" ;;
	lagged) echo "kind: lagged, n: 100, length: 10" ;;
	text) echo "kind: text, file: $folder/text, n: 100, length: 16, block: 1" ;;
	*) echo "kind: $1" ;;
	esac
}

model() { # KIND
	case $1 in
	mlp) echo "kind: mlp, widths: [9, 5]" ;;
	table) echo "kind: table, points: 50" ;;
	transformer) echo "kind: transformer, width: 16, heads: 2, layers: 2, taps: all" ;;
	*) echo "kind: $1" ;;
	esac
}

# contract NAME DATASET MODEL OPTIMISER OVERRIDE: the same bytes for 1, 2 and 3 threads.  Returns 1 where the parts do not go
# together, for a reason that is the caller's to judge (in $folder/NAME.1.out).
contract() {
	cat > "$folder/$1.yaml" <<-TEXT
		title: $1
		dataset: {$(dataset "$2")}
		model: {$(model "$3")}
		train: {optimiser: $4, rate: 1e-3, batch: 64, epochs: 2, seed: 1}
		probe: {points: 3, n: 60}
		measure:
		  kde: {kind: information, estimator: {kind: kde, variance: 0.1}}
	TEXT
	for threads in 1 2 3; do
		"$VENTURI" run "$folder/$1.yaml" -o "$folder/$1.$threads" --threads $threads --jobs 1 $5 > "$folder/$1.$threads.out" 2>&1 || {
			found=$?
			[ $found = 3 ] || [ $found = 4 ] && return 1
			cat "$folder/$1.$threads.out"
			echo "$1: $2 with $3 ends with status $found"
			exit 1
		}
	done
	for threads in 2 3; do
		[ -n "$(hash "$folder/$1.1/task-00000/run.h5")" ] &&
			[ "$(hash "$folder/$1.1/task-00000/run.h5")" = "$(hash "$folder/$1.$threads/task-00000/run.h5")" ] || {
			echo "$1: $threads threads give other bytes than 1"
			exit 1
		}
	done
	echo "$1: equal"
}

# pairing: the first of the pairs that go together, with the loss they want.
pairing() { # NAME "DATASETS" "MODELS" OPTIMISER
	for data in $2; do
		for net in $3; do
			for loss in "" train.loss=squared; do
				contract "$1" "$data" "$net" "$4" "$loss" && return
			done
		done
	done
	if grep -q 'apt-get install' "$folder/$1.1.out"; then
		echo "$1: its data are not installed"
	elif grep -q 'wanted: model transformer' "$folder/$1.1.out" && ! kinds model | grep -q transformer; then
		echo "$1: there is no model for it yet"
	else
		cat "$folder/$1.1.out"
		echo "$1: no run of it succeeds"
		exit 1
	fi
}

models=$(kinds model)
for kind in $(kinds dataset); do pairing "dataset-$kind" "$kind" "$models" adam; done
for kind in $models; do pairing "model-$kind" "modadd lagged sphere12 sines" "$kind" adam; done
for kind in $(kinds optimiser); do
	for net in $models; do pairing "optimiser-$kind-$net" "modadd lagged sphere12 sines" "$net" "$kind"; done
done
