#!/bin/sh
# Sweeps and several experiments on one command line, some of which fail: the others run and are judged, and the exit
# status does not depend on their order.  SPDX-License-Identifier: GPL-3.0-or-later
set -eu
[ -x "${VENTURI:?the program}" ] || { echo "$VENTURI is not there"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
fail() { echo "$*"; exit 1; }
# ends STATUS WORD...: runs venturi with these words; what it says is in the file said.
ends() {
	wanted=$1 status=0
	shift
	"$VENTURI" "$@" > said 2>&1 || status=$?
	[ $status = "$wanted" ] || fail "$*: wanted status $wanted, found $status: $(cat said)"
}
files() { find "$1" -name "$2" 2> /dev/null | sort | tr '\n' ' '; }

awk 'BEGIN { for (i = 0; i < 60; i++) print i % 7 "," i % 5 }' > there.csv
cp there.csv other.csv
awk 'BEGIN { for (i = 0; i < 60; i++) print i % 3 }' > y.csv
experiment() { # NAME X
	cat > "$1.yaml" <<- END
		title: $1
		dataset: {kind: array, x: "$2", y: y.csv}
		model: {kind: mlp, widths: [3]}
		train: {rate: 0.1, epochs: 2, batch: 20, seed: 0}
		probe: {schedule: log, points: 3}
	END
}
experiment good there.csv
experiment bad absent.csv
experiment mixed there.csv
echo 'sweep: {dataset.x: [absent.csv, there.csv, lost.csv, other.csv]}' >> mixed.yaml

# A task that cannot even be tried does not keep the others from running, be it the first.
for jobs in '' '--jobs 1'; do
	rm -rf out
	ends 4 run mixed.yaml -o out $jobs
	[ "$(files out run.h5)" = 'out/task-00001/run.h5 out/task-00003/run.h5 ' ] || fail "of a mixed sweep came $(files out '*')"
	grep -q '2 of 4 tasks failed' said || fail "a mixed sweep says: $(cat said)"
done
# If none can be tried, the first says why, once.
sed 's/^sweep.*/sweep: {dataset.x: [absent.csv, lost.csv]}/' mixed.yaml > none.yaml
ends 4 run none.yaml -o none
[ "$(grep -c 'cannot be opened' said)" = 1 ] || fail "without any data a sweep says: $(cat said)"

# Of several experiments, what comes to its end is judged, wherever the one stands that fails.
for order in 'good.yaml bad.yaml' 'bad.yaml good.yaml'; do
	rm -rf out
	ends 4 run $order -o out
	[ -f out/good/rulings.json ] || fail "'$order': the good one was not judged"
	grep -q 'not every experiment could be run' said || fail "'$order' says: $(cat said)"
done
ends 4 run bad.yaml -o out
! grep -q 'not every' said || fail "one experiment alone says: $(cat said)"

# A mistake in a later file is found before the first is trained.
rm -rf out
echo 'bogus: 1' | cat good.yaml - > wrong.yaml
ends 3 run good.yaml wrong.yaml -o out
[ ! -e out ] || fail "with a mistake in the second file the first was trained: $(cat said)"

# Two files of one name would share a folder, and the second take the place of the first.
mkdir -p sub && cp good.yaml sub/good.yaml && rm -rf out
ends 2 run good.yaml sub/good.yaml -o out --force
grep -q 'would go to one folder' said && [ ! -e out ] || fail "two files of one name: $(cat said)"

# One that diverges says at which step, alone and among others.
for order in good.yaml 'good.yaml bad.yaml'; do
	rm -rf out
	ends 5 run $order model.widths=[] train.loss=squared train.rate=1e6 dataset.x=there.csv train.epochs=100 -o out
	grep -q 'diverged at step' said || fail "a run that diverged says: $(cat said)"
done

# Told to stop before it began, a sweep starts nothing.
ends 75 run mixed.yaml -o late --jobs 2 --max-time 0.0001
[ ! -e late ] || fail "a sweep without time made $(files late '*')"
# By force, nothing of an earlier sweep is left that --resume, verdict or collect could take for a task of this one.
sed 's/^title: .*/title: again/' good.yaml > again.yaml
ends 0 run again.yaml train.seed=0..4 -o again
ends 4 run again.yaml train.seed=0..2 dataset.x=absent.csv -o again --force --jobs 1
[ "$(files again run.h5 | wc -w)" = 5 ] || fail "a sweep that could not be run removed the one before it"
ends 75 run again.yaml train.seed=0..2 train.epochs=100000000 -o again --force --jobs 1 --max-time 1
[ "$(files again run.h5)" = 'again/task-00000/run.h5 ' ] || fail "by force: $(files again run.h5)"
[ ! -e again/task-00004 ] || fail "by force: a task too many is still there"
ends 75 run again.yaml train.seed=0..2 train.epochs=100000000 -o again --resume --jobs 1 --max-time 1

# A sweep that is stopped by hand does not keep its tasks from going on, however much they have to tell it.
sed 's/epochs: 2/epochs: 100000/' good.yaml > long.yaml
"$VENTURI" run long.yaml train.seed=0..1 -o long --jobs 2 > said 2>&1 &
pid=$!
until [ "$(files long run.h5 | wc -w)" = 2 ]; do kill -0 $pid || fail "a sweep of two says: $(cat said)"; done
kill -STOP $pid
tries=0
for task in 0 1; do
	until "$VENTURI" info long/task-0000$task/run.h5 | grep -q 'status *complete'; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || { kill -KILL $pid; fail "task $task waits for its sweep, which is stopped"; }
		sleep 0.1
	done
done
kill -CONT $pid
wait $pid || fail "a sweep that was stopped for a while says: $(cat said)"
echo 'sweeps with failing tasks, and experiments that fail among others: as they should be'
