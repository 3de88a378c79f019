# A small task of every registered kind, for tests that loop over the registry: tests/bits.sh, tests/resume.sh.
# A new kind takes part with its defaults, and so do its options; what makes it small, or what it cannot do without,
# stands here and nowhere else.  Sourced, with $VENTURI, $top_srcdir and $folder (a scratch folder) set.
# SPDX-License-Identifier: GPL-3.0-or-later
kinds() { "$VENTURI" list "$1" --names; }

awk 'BEGIN { srand(1); for (i = 0; i < 200; i++) print rand() "," rand() }' > "$folder/x.csv"
awk 'BEGIN { for (i = 0; i < 200; i++) print i * i % 7 % 3 }' > "$folder/y.csv"
cat "$top_srcdir"/experiments/*.yaml > "$folder/text"

dataset() { # KIND: as in an experiment
	case $1 in
	images) echo "kind: images, n: 300, n_test: 100" ;;
	array) echo "kind: array, x: $folder/x.csv, y: $folder/y.csv" ;;
	gauss | known) echo "kind: $1, n: 300" ;;
	boolean) echo "kind: boolean, function: parity, train_share: 0.8" ;;
	slabs) echo "kind: slabs, counts: [3], n_train: 200, n_test: 50" ;;
	modadd) echo "kind: modadd, p: 11" ;;
	lagged) echo "kind: lagged, n: 100, length: 10" ;;
	text) echo "kind: text, file: $folder/text, n: 100, length: 16, block: 1" ;;
	*) echo "kind: $1" ;;
	esac
}

model() { # KIND
	case $1 in
	mlp) echo "kind: mlp, widths: [9, 5]" ;;
	table) echo "kind: table, points: 200" ;;
	transformer) echo "kind: transformer, width: 16, heads: 2, layers: 2, taps: all" ;;
	*) echo "kind: $1" ;;
	esac
}

training() { # KIND EPOCHS
	case $1 in
	gradient) echo "kind: gradient, optimiser: adam, rate: 1e-2, batch: 16, epochs: $2, seed: 1" ;;
	jacobi) echo "kind: jacobi, epochs: $((4 * $2)), seed: 1" ;;
	draw) echo "kind: draw, draws: $((4 * $2)), seed: 1" ;;
	*) echo "kind: $1, epochs: $2, seed: 1" ;;
	esac
}

estimator() { # KIND
	case $1 in
	binning) echo "kind: binning, bins: 8, range: [-2, 2]" ;;
	kde) echo "kind: kde, variance: 0.1" ;;
	noisy) echo "kind: noisy, sd: 0.1" ;;
	infonce | nwj | dv | classifier | lmi) echo "kind: $1, steps: 20, every: 10" ;;
	*) echo "kind: $1" ;;
	esac
}

measure() { # KIND
	case $1 in
	information) echo "kind: information, estimator: {$(estimator binning)}, null: 2, null_every: 2" ;;
	robustness) echo "kind: robustness, snapshots: 3" ;;
	explained) echo "kind: explained, window: [0.35, 0.43]" ;;
	randomised) echo "kind: randomised, groups: [1]" ;;
	*) echo "kind: $1" ;;
	esac
}

# Datasets for a kind, those that suit it first: a pair that does not go together costs a start of the program.
data_for() { # ROOM KIND
	case $1-$2 in
	*-table | *-jacobi | *-spectrum-grid) echo sines ;;
	*-walsh | *-complexity | *-draw) echo boolean ;;
	*-transformer) echo 'modadd lagged' ;;
	*-spectrum-residue) echo modadd ;;
	*-spectrum-token) echo lagged ;;
	*-explained | *-randomised) echo slabs ;;
	optimiser-* | model-*) echo 'sphere12 modadd lagged sines' ;;
	*) echo "sphere12 $(kinds datasets | tr '\n' ' ')" ;;
	esac
}

# Models likewise.
models_for() { # ROOM KIND
	case $1-$2 in
	*-spectrum-residue | *-spectrum-token) echo transformer ;;
	*) kinds models ;;
	esac
}

# Probe rows: few, but all where a measure wants a whole grid or all words.
rows_of() { # DATASET
	case $1 in
	sines | boolean | slabs) echo 'n: 0' ;;
	*) echo 'n: 60' ;;
	esac
}

# task NAME DATASET MODEL TRAIN PROBE MEASURE...: writes $folder/NAME.yaml.  The first two are kinds, the others lines.
task() {
	file=$folder/$1.yaml
	{
		echo "title: $1"
		echo "dataset: {$(dataset "$2")}"
		echo "model: {$(model "$3")}"
		echo "train: {$4}"
		echo "probe: {$5}"
		echo 'store: {commit: 0}'
		echo 'measure:'
		shift 5
		for line in "$@"; do echo "  $line"; done
	} > "$file"
}

# pairing NAME "DATASETS" "MODELS" TRAIN [MEASURE [OVERRIDE]]: the first of the pairs that go together, with the loss they
# want, is given to the test's own `contract NAME DATASET MODEL TRAIN MEASURE OVERRIDE...`, which returns 1 where they do
# not and leaves what was said in $folder/said.  No pair at all fails, but for data that are not installed.
pairing() {
	for data in $2; do
		for net in $3; do
			for loss in '' train.loss=squared; do
				# shellcheck disable=SC2086 # none or one word
				contract "$1" "$data" "$net" "$4" "${5:-}" ${6:-} $loss && return 0
			done
		done
	done
	if grep -q 'apt-get install' "$folder/said"; then
		echo "$1: its data are not installed"
		return 0
	fi
	cat "$folder/said"
	echo "$1: no run of it succeeds; tests/tasks.sh has the settings that a kind cannot do without"
	exit 1
}

# options ROOM KIND: a line "NAME TYPE DEFAULT CHOICES..." for each option.
options() {
	"$VENTURI" describe "$1/$2" --json | awk '
		function text(line) { sub(/^[^:]*: */, "", line); sub(/,$/, "", line); gsub(/"/, "", line); gsub(/ /, "_", line); return line }
		/^     "name":/ { name = text($0); choices = "" }
		/^     "type":/ { type = text($0) }
		/^     "default":/ { preset = text($0) }
		/^      "/ { choices = choices " " text("x: " $0) }
		/^     "help":/ { print name, type, preset, choices }' | sed 's/x:_*//g'
}

# variants ROOM KIND: every choice and switch of its options that is not the default, and what is off by default (0)
# switched on, as "OPTION=VALUE".
variants() {
	options "$1" "$2" | while read -r name type preset choices; do
		special=$(variant "$1-$2-$name")
		[ "$special" != none ] || continue
		if [ -n "$special" ]; then
			echo "$name=$special"
			continue
		fi
		case $type in
		choice) for choice in $choices; do [ "$choice" = "$preset" ] || echo "$name=$choice"; done ;;
		true_or_false) [ "$preset" = true ] && echo "$name=false" || echo "$name=true" ;;
		integer | real) [ "$preset" != 0 ] || echo "$name=1" ;;
		esac
	done
}

# Values of options that are not to be guessed; `none` where there is nothing to try.
variant() { # ROOM-KIND-OPTION
	case $1 in
	model-mlp-noise) echo '[0.1]' ;;
	model-*-noise) echo 0.1 ;;
	*-seed | train-*-batch | measure-spectrum-grid-output) echo none ;;
	measure-spectrum-residue-p) echo 11 ;;
	measure-spectrum-token-window) echo 8 ;;
	train-gradient-stop_accuracy) echo 0.62 ;;
	train-gradient-stop_loss) echo 0.65 ;;
	train-gradient-patience) echo 2 ;;
	train-gradient-warmup) echo 10 ;;
	train-gradient-decay_every) echo 3 ;;
	train-gradient-clip) echo 0.05 ;;
	train-gradient-l1 | train-gradient-l2 | train-gradient-weight_decay) echo 0.01 ;;
	esac
}
