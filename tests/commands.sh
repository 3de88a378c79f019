#!/bin/sh
# What every command owes its user: help that starts with an example, kinds that can be listed and described, JSON
# that parses, flags anywhere on the line; and `check` writes nothing.  SPDX-License-Identifier: GPL-3.0-or-later
set -u
[ -x "${VENTURI:?the program}" ] || { echo "$VENTURI is not there"; exit 1; }
cd "${top_srcdir:-$(dirname "$0")/..}" || exit 1
source=$PWD
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
status=0 count=0

fails() { echo "$*"; status=1; }
# same LABEL WANTED FOUND
same() {
	count=$((count + 1))
	[ "$2" = "$3" ] || fails "$1: wanted '$2', found '$3'"
}

# Help.
for command in $("$VENTURI" list commands --names); do
	"$VENTURI" "$command" --help > "$scratch/help" || fails "$command --help fails"
	same "$command --help, first line" "Example: venturi $command" "$(head -n 1 "$scratch/help" | cut -d ' ' -f 1-3)"
	"$VENTURI" help "$command" > "$scratch/same" || fails "help $command fails"
	cmp -s "$scratch/help" "$scratch/same" || fails "help $command and $command --help differ"
	for part in '^Usage: venturi ' '^Options:' '--json' '--help' '^Exit status:'; do
		count=$((count + 1))
		grep -q -e "$part" "$scratch/help" || fails "$command --help says nothing of '$part'"
	done
	"$VENTURI" --help | grep -q "^  $command " || fails "venturi --help leaves $command out"
done
same 'without a command' "$("$VENTURI" --help)" "$("$VENTURI")"
same 'version' "$("$VENTURI" --version | head -n 1)" "venturi $("$VENTURI" version | sed -n 's/^version *//p')"

# Kinds: every one that is listed can be described, in every form, alone and with its room.
for room in dataset model optimiser training probe store estimator measure statistic figure command; do
	for kind in $("$VENTURI" list "$room" --names); do
		count=$((count + 1))
		"$VENTURI" describe "$kind" | grep -q "/$kind: " || fails "describe $kind does not name it"
		"$VENTURI" describe "$kind" --markdown | grep -q "^## $kind (" || fails "describe $kind --markdown has no heading"
	done
done
same 'estimators, singular and plural' "$("$VENTURI" list estimators)" "$("$VENTURI" list estimator)"
same 'a room and a name' "estimate/kde:" "$("$VENTURI" describe estimate/kde | head -n 1 | cut -d ' ' -f 1)"
same 'a name in two rooms' "2" "$("$VENTURI" describe gradient --json | grep -cE '"room": "(train|measure)"')"
same 'experiments' "$(ls experiments/*.yaml)" "$("$VENTURI" list experiments --names)"

# JSON parses and has the keys of the contract.
json() { # KEY WORD...
	key=$1
	shift
	count=$((count + 1))
	"$VENTURI" "$@" > "$scratch/json" || fails "$* fails"
	command -v python3 > /dev/null || return 0
	python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); assert sys.argv[2] in d, list(d)' \
		"$scratch/json" "$key" || fails "$*: no JSON object with '$key'"
}
json datasets list --json
json kinds describe binning --json
json version version --json
json tasks check --json tests/malformed.d/good.yaml
json tasks check tests/malformed.d/good.yaml train.epochs=2 --preset=smoke --json

# Flags may come first, last or in between; -- ends them.
tasks() { "$VENTURI" check "$@" | sed -n 's/^\([0-9]*\) tasks\{0,1\}.*/\1/p'; }
good=tests/malformed.d/good.yaml
same 'tasks' 2 "$(tasks $good)"
same 'flag first' 4 "$(tasks --preset smoke $good 'train.seed=[1, 2]')"
same 'flag last' 4 "$(tasks $good train.seed=1..2 --preset smoke)"
same 'words after --' 2 "$(tasks --preset smoke -- train.seed=1 $good)"
same 'two files' 4 "$(tasks $good $good)"
same 'the last preset counts' 2 "$(tasks $good --preset nothing --preset smoke)"

# check writes nothing, wherever it is run.
cp $good "$scratch/x.yaml"
mkdir "$scratch/empty"
(cd "$scratch/empty" && "$VENTURI" check ../x.yaml > /dev/null) || fails "check fails in another folder"
same 'check writes nothing' "" "$(ls -A "$scratch/empty")"
same 'no experiments here' "" "$(cd "$scratch/empty" && "$VENTURI" list experiments --names | grep -v "$source" | grep '^experiments/')"

echo "$count checks"
exit $status
