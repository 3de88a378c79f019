#!/bin/sh
# The contract of resuming: every registered dataset, model, optimiser, training, measure and estimator, and every option
# of theirs that is a choice or a switch, is stopped in the middle of training, between two snapshots, and goes on in
# another process with another number of threads.  The run file is the undisturbed run's, bit by bit.  VT_LONG: the
# options too; else kinds with their defaults, and the few options that are known to carry something.  VT_ONLY: a
# pattern of names, as `measure-*`.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
. "${top_srcdir:-$(dirname "$0")/..}/tests/faults/faults.sh"
need_preload
. "$top_srcdir/tests/tasks.sh"
bins="it: {$(measure information)}"
equal=0 ends=0

# contract NAME DATASET MODEL TRAIN MEASURE OVERRIDE...: a signal comes in the commit after step 4, so that the run stops
# at step 5, where nothing is measured.  (Training `draw` goes from snapshot to snapshot: 9.)
contract() {
	# shellcheck disable=SC2254 # a pattern
	case $1 in ${VT_ONLY:-*}) ;; *) return 0 ;; esac
	name=$1 stops_at=5 snapshots='"step":0 "step":4 '
	case $4 in *'kind: draw'*) stops_at=9 snapshots="$snapshots\"step\":9 " ;; esac
	task "$1" "$2" "$3" "$4" "schedule: list, steps: [0, 4, 9, 20], $(rows_of "$2")" "$5"
	described="$name ($2, $3${6:+, }$(shift 5; echo "$@"))"
	shift 5
	rm -rf "$folder/base" "$folder/base.sha" "$folder/x"
	run_to "$folder/said" "$VENTURI" run "$folder/$name.yaml" -o "$folder/base" --threads 2 "$@"
	[ $status != 3 ] && [ $status != 4 ] || return 1
	[ $status = $ends ] || fail "$described: the undisturbed run ends with $status: $(cat "$folder/said")"

	match='sync */checkpoint.h5.tmp'
	faulty 2 USR1 "$VENTURI" run "$folder/$name.yaml" -o "$folder/x" --threads 1 "$@"
	[ $status = 75 ] && grep -q "stopped by SIGUSR1 after step $stops_at;" "$folder/said" ||
		fail "$described: should have been stopped after step $stops_at, ends with $status: $(cat "$folder/said")"
	[ "$(grep -o '"step":[0-9]*' "$folder/x/task-00000/metrics.jsonl" | tr '\n' ' ')" = "$snapshots" ] ||
		fail "$described: was not stopped where it should have been"
	run_to "$folder/said" "$VENTURI" run "$folder/$name.yaml" -o "$folder/x" --resume --threads 3 "$@"
	[ $status = $ends ] || fail "$described: --resume ends with $status: $(cat "$folder/said")"
	same_task "$described" "$folder/base/task-00000" "$folder/x/task-00000"
	[ "$(told resumed_step)" = $stops_at ] && [ -n "$(told parent_uuid)" ] ||
		fail "$described: was not taken up after step $stops_at: $(cat "$folder/said")"
	equal=$((equal + 1))
}

# each ROOM KIND DATASETS MODELS TRAIN MEASURE PREFIX: the kind with its defaults, and with its options.
each() {
	pairing "$1-$2" "$3" "$4" "$5" "$6"
	[ -n "$long" ] || return 0
	for setting in $(variants "$1" "$2"); do pairing "$1-$2-${setting%%=*}" "$3" "$4" "$5" "$6" "$7.$setting"; done
}
gradient=$(training gradient 8)
models=$(kinds models)
for kind in $(kinds datasets); do pairing "dataset-$kind" "$kind" "$models" "$gradient" "$bins"; done
for kind in $models; do each model "$kind" "$(data_for model "$kind")" "$kind" "$gradient" "$bins" model; done
for kind in $(kinds trainings); do each train "$kind" "$(data_for train "$kind")" "$models" "$(training "$kind" 8)" "$bins" train; done
for kind in $(kinds optimisers); do
	pairing "optimiser-$kind" 'sphere12' mlp "$(echo "$gradient" | sed "s/optimiser: adam/optimiser: $kind/")" "$bins"
	[ -n "$long" ] || continue
	for net in $models; do
		pairing "optimiser-$kind-$net" "$(data_for optimiser "$net")" "$net" \
			"$(echo "$gradient" | sed "s/optimiser: adam/optimiser: $kind/")" "$bins"
	done
done
for kind in $(kinds measures); do
	each measure "$kind" "$(data_for measure "$kind")" "$(models_for measure "$kind")" "$gradient" "it: {$(measure "$kind")}" measure.it
done
pairing 'measure-complexity-draws' boolean mlp "$(training draw 8)" 'it: {kind: complexity, accumulate: true}'

# What only some settings together have to remember.  Rounded activations that have no bound follow the range that they had.
pairing unbounded sphere12 mlp "$gradient" "$bins" 'model.quantise=8 model.activation=relu'
# A run that diverges does so again, and once more when it is asked to go on.
ends=5 state=failed
pairing diverging sphere12 mlp "$(training gradient 8)" "$bins" \
	'train.optimiser=sgd train.rate=0.5 train.loss=squared model.activation=linear'
# shellcheck disable=SC2254
case diverging in ${VT_ONLY:-*})
	run_to "$folder/said" "$VENTURI" run "$folder/diverging.yaml" -o "$folder/x" --resume train.optimiser=sgd train.rate=0.5 \
		train.loss=squared model.activation=linear
	[ $status = 5 ] || fail "a run that diverged ends with $status when it is resumed: $(cat "$folder/said")"
	same_task 'a diverged run, resumed' "$folder/base/task-00000" "$folder/x/task-00000"
	;;
esac
ends=0 state=
# Early stopping: the best test loss comes before the stop at step 5, the end before step 9, which would be a snapshot.
pairing early-stopping boolean mlp "$(training gradient 30)" "$bins" 'train.batch=0 train.rate=0.1 train.patience=5'
ended=$(tail -n 1 "$folder/x/task-00000/metrics.jsonl" 2> /dev/null | sed 's/.*"step":\([0-9]*\).*/\1/')
# shellcheck disable=SC2254
case early-stopping in ${VT_ONLY:-*}) [ "$ended" -gt 5 ] && [ "$ended" -lt 9 ] || fail "early stopping came at step $ended" ;; esac

if [ -n "$long" ]; then
	for kind in $(kinds estimators); do
		pairing "estimator-$kind" "$(data_for estimator "$kind")" "$models" "$gradient" \
			"it: {kind: information, estimator: {$(estimator "$kind")}, null: 2, null_every: 2}"
	done
else
	for setting in train.schedule=cosine train.precision=double model.noise=[0.1] model.quantise=8; do
		pairing "setting-$setting" sphere12 mlp "$gradient" "$bins" "$setting"
	done
fi
echo "$equal runs stopped between snapshots and resumed: all equal"
