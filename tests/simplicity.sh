#!/bin/sh
# Experiments on simplicity, cut short: the same bytes for 1, 2 and 3 threads, and numbers where they must be.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
hash() { "$VENTURI" info "$1" --json | sed -n 's/.*"content_sha256": *"\([0-9a-f]*\)".*/\1/p'; }

same() { # EXPERIMENT SETTING...
	experiment=$1
	shift
	for threads in 1 2 3; do
		"$VENTURI" run "$top_srcdir/experiments/$experiment.yaml" --preset smoke -o "$folder/$experiment.$threads" --jobs 1 \
			--threads $threads "$@" > "$folder/out" 2>&1 || { cat "$folder/out"; echo "$experiment failed"; exit 1; }
	done
	for file in "$folder/$experiment.1"/task-*/run.h5; do
		task=$(basename "$(dirname "$file")") one=$(hash "$file")
		[ -n "$one" ] || { echo "$file has no sum"; exit 1; }
		for threads in 2 3; do
			[ "$one" = "$(hash "$folder/$experiment.$threads/$task/run.h5")" ] ||
				{ echo "$experiment, $task: other bytes with $threads threads"; exit 1; }
		done
	done
	echo "$experiment: equal"
}

same boolean-prior train.draws=500 train.seed=0
same boolean-fit train.epochs=3 train.seed=0
same sparse-parity dataset.n_train=640 train.seed=0
same simplicity-slabs dataset.n_train=1000 dataset.n_test=200 train.epochs=1 probe.points=3 train.seed=0
if [ -d /usr/share/datasets/fashion-mnist ]; then
	same simplicity-linear dataset.n=600 dataset.n_test=100 train.epochs=1 probe.points=3 train.seed=0
fi
