#!/bin/sh
# venturi estimate and venturi measure on other people's arrays: what is malformed ends with its exit status and one
# line, what has no answer says so and is no failure, memory does not grow with the number of snapshots.  A process
# for each case: every third of the long lists, all of them with FOREIGN=all (tests/foreign-all.sh).
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
[ -x "${VENTURI:?the program}" ] || { echo "$VENTURI is not there"; exit 1; }
files=${top_builddir:-.}/tests/foreign_files
[ -x "$files" ] || { echo "$files is missing: make check builds it"; exit 1; }
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
"$files" . || exit 1
status=0 count=0

fails() { echo "$*"; status=1; }

# refused STATUS PART WORD...: exits so, with one line that holds the part, and nothing on stdout.
refused() {
	wanted=$1 part=$2
	shift 2
	count=$((count + 1))
	timeout 60 "$VENTURI" "$@" > out 2> err
	found=$?
	case $(cat err) in
	"venturi: "*"$part"*) [ "$found" = "$wanted" ] && [ "$(wc -l < err)" = 1 ] && [ ! -s out ] && return ;;
	esac
	fails "venturi $*: exit $found, wanted $wanted; wanted '$part', said: $(cat err)"
}

# says PATTERN WORD...: exits 0, and its JSON has a result that matches (one result is one line).
says() {
	pattern=$1
	shift
	count=$((count + 1))
	timeout 60 "$VENTURI" "$@" --json > out 2> err || { fails "venturi $*: $(cat err)"; return; }
	grep -q -e "$pattern" out || fails "venturi $*: wanted $pattern, found $(cat out)"
	! grep -qE '[:[](-?nan|-?inf)' out || fails "venturi $*: NaN in JSON: $(cat out)"
}

lines() { # NUMBER WORD...
	wanted=$1
	shift
	count=$((count + 1))
	"$VENTURI" "$@" --json > out 2> err || { fails "venturi $*: $(cat err)"; return; }
	found=$(grep -c '"estimator"' out)
	[ "$found" = "$wanted" ] || fails "venturi $*: $found results, wanted $wanted"
}

# some: every third line, or all.
some() {
	if [ "${FOREIGN-}" = all ]; then cat; else awk 'NR % 3 == 1'; fi
}

g='-e gaussian'
# shellcheck disable=SC2086 # several words on purpose
malformed() {
	# Data that are not there, or not numbers.
	while IFS='|' read -r part words; do
		refused 4 "$part" estimate $words $g
	done < list
}
some > list <<'LIST'
none.h5: cannot be opened: No such file|none.h5 --x x --y y
table.csv: is not an HDF5 file|--x table.csv:/x --y bad.h5:/y
bad.h5:/xx: there is no 'xx' (did you mean 'x'?)|bad.h5 --x /xx --y y
there is no 'insid' (did you mean 'inside'?)|bad.h5 --x group/insid --y y
bad.h5:/group: is a group, wanted a dataset|bad.h5 --x group --y y
'soft' is a soft link|bad.h5 --x soft --y y
bad.h5:/nan: has 2 NaN and 1 infinite of 180 values, the first at [7, 1]|bad.h5 --x nan --y x
the first at [7, 1]|bad.h5 --x x --y nan
the first at [7, 1]|bad.h5 --x x --y x --z nan
integers of 2^53 or more, the first at [3]|bad.h5 --x x --y large
bad.h5:/short: has 59 rows (shape [59, 3]), bad.h5:/x has 60 (shape [60, 3]): wanted as many|bad.h5 --x x --y short
bad.h5:/short: has 59 rows|bad.h5 --x x --y y --z short
bad.h5:/one_row: has 1 row, wanted at least 2|bad.h5 --x one_row --y one_row
bad.h5:/no_rows: is empty: dimension 1 of 2 has length 0|bad.h5 --x no_rows --y y
bad.h5:/no_columns: is empty: dimension 2 of 2 has length 0|bad.h5 --x x --y no_columns
bad.h5:/scalar: is a single number (0 dimensions), wanted rows|bad.h5 --x scalar --y y
elements of type fixed-length string, wanted integers or floats|bad.h5 --x text --y y
complex numbers are two arrays|bad.h5 --x complex --y y
bad.h5:/rank5: has 5 dimensions, wanted 1 to 4|bad.h5 --x rank5 --y y
scattered: has 3 numbers in 4 runs: rows of one block must stand together|bad.h5 --x x --y y --block scattered
bad.h5:/short: has 59 rows|bad.h5 --x x --y x --block short
steps.h5:/step: goes from 10 to 10 at [2], wanted increasing numbers|steps.h5 --layers *
few_steps.h5:/activations/fc1: has 3 rows (shape [3, 60, 3]), few_steps.h5:/y has 60|few_steps.h5 --layers *
late_nan.h5:/activations/fc1: has 1 NaN and 0 infinite of 180 values, the first at [2, 4, 1]|late_nan.h5 --layers *
good.h5: --layers 'gc*' takes none of its|good.h5 --layers gc*
there is no '0x7'|bad.h5 --x x --y table.csv --block 0x7
is an HDF5 file that cannot be opened|cut.h5 --x x --y y
is not an HDF5 file|text.h5 --x x --y y
LIST
head -c 3000 good.h5 > cut.h5
echo 'these are words' > text.h5
set -f
malformed
refused 4 'has 1 NaN and 0 infinite' measure late_nan.h5 -m information:estimator=exact -o never.h5
refused 4 'No such file' measure none.h5 -m information:estimator=exact -o never.h5
refused 4 'takes none of its' measure odd.h5 --layers nothing -m information:estimator=exact -o never.h5
[ ! -e never.h5 ] || fails 'a refused measure left a file'

# A command line that means nothing.
some > list <<'LIST'
did you mean 'gaussian'?|estimate good.h5 --x x --y z -e gausian
unknown setting 'k'; gaussian has no settings|estimate good.h5 --x x --y z -e gaussian:k=3
-e binning|estimate good.h5 --layers * -e binning:range=[3,1]
no --x PATH is given|estimate good.h5 --y y -e gaussian
no --y PATH is given|estimate good.h5 --x x -e gaussian
'x' names no file|estimate --x x --y y -e gaussian
good.h5:/x has|estimate good.h5 --x x --y z -e gaussian --x-columns 2:1
wanted columns such as 0:3,7|estimate good.h5 --x x --y z -e gaussian --x-columns 3
wanted columns such as 0:3,7|estimate good.h5 --x x --y z -e gaussian --x-columns 0,
wanted columns such as 0:3,7|estimate good.h5 --x x --y z -e gaussian --y-columns a
--z-columns is given, but no --z|estimate good.h5 --x x --y z -e gaussian --z-columns 0
did you mean 'discrete'?|estimate good.h5 --x x --y z -e gaussian --y-type discreet
--null=-1: a whole number of at least 0|estimate good.h5 --x x --y z -e gaussian --null -1
--resample=1: 0, or 2 to 1000000|estimate good.h5 --x x --y z -e gaussian --resample 1
--seed=x: a whole number|estimate good.h5 --x x --y z -e gaussian --seed x
--block=0: a whole number of at least 1|estimate good.h5 --x x --y z -e gaussian --block 0
takes the arrays of an HDF5 file|estimate table.csv --layers * -e gaussian
has neither x nor y|estimate odd.h5 --layers wide --x none --y none -e gaussian
wanted -o OUT.h5|measure good.h5
exists; give another -o, or --force|measure good.h5 -m information:estimator=exact -o flat.h5
unknown kind 'informatoin' of measure (did you mean 'information'?)|measure good.h5 -m informatoin -o never.h5
there is a measure 'a' already|measure good.h5 -m a=gradient -m a=robustness -o never.h5
-m: measure 'train' would write the group /train|measure good.h5 -m train=gradient -o never.h5
is one array|measure table.csv -o never.h5
--y-type=continuous: discrete or auto|measure good.h5 --y-type continuous -o never.h5
LIST
# shellcheck disable=SC2086
while IFS='|' read -r part words; do
	refused 2 "$part" $words
done < list

# What is well formed and has no answer: a flag or 0, and exit 0.
some > list <<'LIST'
"mi_nats":0.0,.*"reason":"y is constant|--x x --y constant -e gaussian
"mi_nats":0.0,.*"reason":"x is constant|--x constant --y x -e gaussian
"type_y":"discrete".*"mi_nats":0.0,|--x x --y constant_labels -e gaussian
"mi_nats":0.0,|--x x --y zeros -e gaussian
"mi_nats":null,.*"flag":"deterministic"|--x x --y x -e gaussian
"mi_nats":null,.*"flag":"deterministic"|--x x --y affine -e gaussian
"mi_nats":null,.*"flag":"deterministic"|--x x --y constant_column -e gaussian
"mi_nats":null,.*"flag":"not_computed"|--x x --y y -e gaussian
"dim_x":3,|--x constant_column --y t -e gaussian
"n":60,|--x twice --y t -e gaussian
"n":60,|--x outliers --y t -e gaussian
"n":60,|--x tiny --y t -e gaussian
"n":60,|--x vast --y t -e gaussian
"n":60,|--x far --y t -e gaussian
"n":60,|--x rounded --y t -e gaussian
"mi_nats":null,.*"flags":\[.*"reason":"|--x wide --y x -e gaussian
"mi_nats":null,.*"flags":\[.*"reason":"|--x few_x --y few_y -e gaussian
"n":2,|--x two_x --y two_y -e gaussian
"type_y":"continuous"|--x x --y every_row -e gaussian
"type_y":"discrete"|--x x --y one_other -e gaussian
"type_x":"discrete","type_y":"discrete"|--x y --y y -e gaussian
LIST
# shellcheck disable=SC2086
while IFS='|' read -r pattern words; do
	says "$pattern" estimate odd.h5 $words
done < list

# Every estimator that needs no options, on everything odd at once: no crash, no NaN in the JSON, no hang.  One that
# needs some is refused by its name, and left out.
estimators=$("$VENTURI" list estimators --names | sed 's/^/-e /' | tr '\n' ' ')
# shellcheck disable=SC2086
while "$VENTURI" estimate odd.h5 --x few_x --y few_y $estimators > out 2> err; [ $? = 2 ]; do
	needs=$(sed -n "s/^venturi: \(-e \)\{0,1\}'\{0,1\}\([a-z0-9-]*\).*/\2/p" err | head -n 1)
	fewer=$(echo "$estimators" | sed "s/-e $needs //")
	[ -n "$needs" ] && [ "$fewer" != "$estimators" ] || { fails "three rows: $(cat err)"; break; }
	estimators=$fewer
done
[ ! -s err ] || fails "three rows: $(cat err)"
some > list <<'LIST'
x constant
x constant_labels
constant_labels y
x x
x every_row
x one_other
x affine
twice t
twice y
outliers t
outliers y
tiny t
vast t
far t
rounded rounded
wide x
wide y
few_x few_labels
two_x two_y
y y
LIST
# shellcheck disable=SC2086
while read -r pair; do
	says '"results"' estimate odd.h5 --x ${pair% *} --y ${pair#* } $estimators
	case $pair in
	*constant*)
		! grep -q '"mi_nats":-\{0,1\}[0-9.]*[1-9]' out || fails "$pair: information with a constant: $(cat out)" ;;
	'x x' | 'x affine')
		! grep '"mi_nats":-\{0,1\}[0-9]' out | grep -q '"flag":"ok"' || fails "$pair: a number that looks fine: $(cat out)" ;;
	esac
done < list

# Types and columns.
says '"type_x":"continuous","type_y":"continuous","type_z":null' estimate good.h5 --x pixels --y z $g
says '"type_y":"discrete"' estimate good.h5 --x x --y labels_as_floats --y-type discrete $g
says '"type_y":"continuous"' estimate good.h5 --x x --y labels_as_floats $g
grep -q '2 different floats in 60 rows' err || fails "floats that are labels pass without a word: $(cat err)"
says '"x":"table.csv\[0:3\]","y":"table.csv\[3\]".*"type_x":"continuous","type_y":"discrete"' \
	estimate table.csv --x-columns 0:3 --y-columns 3 $g
says '"x":"/x\[0,2\]".*"dim_x":2,"dim_y":1,"dim_z":0' estimate good.h5 --x x --y z --x-columns 0,2 $g
says '"dim_x":24,' estimate good.h5 --x pixels --y z $g
says '"z":"/z","type_x":"continuous".*"dim_z":1' estimate good.h5 --x x --y activations/still --z z $g
says '"null_mean_nats":-\{0,1\}[0-9].*"null_p":0.[0-9]' estimate good.h5 --x x --y z --null 19 $g
says '"null_mean_nats":null,"null_p":null,"mi_calibrated_nats":null' estimate good.h5 --x x --y z $g
says '"method":"half-samples' estimate good.h5 --x x --y z --resample 20 $g
says '"method":"[^"]*blocks' estimate good.h5 --x x --y z --block 6 $g
says '"method":"[^"]*blocks' estimate good.h5 --x x --y z --block block $g
lines 4 estimate good.h5 --x x --y activations/still --x-columns 0 --x-columns 1: --y-columns 0 --y-columns 2 $g
lines 1 estimate --x good.h5:/x --y good.h5:/z $g
same=$("$VENTURI" estimate good.h5 --x x --y z $g --null 19 --seed 4 --json | sed 's/"seconds":.*//')
count=$((count + 1))
[ "$same" = "$("$VENTURI" estimate good.h5 --x x --y z $g --null 19 --seed 4 --json --threads 1 | sed 's/"seconds":.*//')" ] ||
	fails 'the same seed gives another result'

# Layers and snapshots: 3 layers with 3 snapshots and one without, each with x and with y, two estimators.
lines 40 estimate good.h5 --layers '*' $g -e exact
lines 6 estimate good.h5 --layers 'fc1*' --y none $g
lines 3 estimate good.h5 --x x --y activations/fc2 $g
lines 3 estimate good.h5 --x images --y z $g
lines 3 estimate --x layers.npy --y good.h5:/z --steps good.h5:/step $g
lines 2 estimate flat.h5 --layers 'fc*' $g
says '"layer":"fc10","step":100,"x":"/x","y":"/activations/fc10"' estimate good.h5 --layers 'activations/fc*' $g
order=$(sed -n 's/.*"layer":"\([^"]*\)".*/\1/p' out | uniq | tr '\n' ' ')
[ "$order" = 'fc1 fc2 fc10 ' ] || fails "layers stand in the order $order"
says '"layer":"fc2","step":10,"x":"/activations/fc2","y":"/y"' estimate good.h5 --layers 'fc2' -e exact
says '"bound":"bracket","lower_nats":[0-9.]*,"upper_nats":[0-9.]*' estimate good.h5 --layers fc1 -e kde:variance=0.1 --y none
says '"mi_nats":null,"mi_bits":null' estimate good.h5 --layers fc1 -e kde:variance=0.1 --y none

# The keys of the contract.
"$VENTURI" estimate good.h5 --layers '*' $g -e kde:variance=0.1 --null 3 --json > out
if command -v python3 > /dev/null; then
	count=$((count + 1))
	python3 - out <<'CHECK' || status=1
import json, sys
keys = """estimator settings chosen mi_nats mi_bits se_nats ci95_nats bound lower_nats upper_nats ceiling_nats null_mean_nats
null_p mi_calibrated_nats ci95_calibrated_nats n dim_x dim_y flag flags reason seconds layer step x y""".split()
flags = """ok saturated censored bias_dominated ties degenerate deterministic out_of_range out_of_regime dead diverged
not_computed""".split()
results = json.load(open(sys.argv[1]))["results"]
assert len(results) > 20, len(results)
for r in results:
    assert not [k for k in keys if k not in r], (r, keys)
    assert r["flag"] in flags and all(f in flags for f in r["flags"]), r
    assert (r["flag"] == "ok") == (not r["flags"]), r
    assert r["bound"] in ("point", "lower", "upper", "bracket"), r
    assert isinstance(r["settings"], dict) and isinstance(r["chosen"], list) and len(r["ci95_nats"]) == 2, r
    assert r["bound"] != "bracket" or (r["mi_nats"] is None and r["lower_nats"] <= r["upper_nats"]), r
    assert r["mi_nats"] is None or abs(r["mi_bits"] * 0.6931471805599453 - r["mi_nats"]) < 1e-12, r
    assert r["mi_nats"] is not None or r["bound"] == "bracket" or (r["reason"] and r["flag"] != "ok"), r
CHECK
fi

# Text: aligned, in bits, with the reasons below.
count=$((count + 1))
"$VENTURI" estimate odd.h5 --x x --y x $g --null 5 > out
grep -q '^x   y   estimator  bit  95 % interval  ceiling   n  dimensions  flag$' out || fails "the heading: $(head -n 1 out)"
grep -q '^deterministic: column 0 of y is an affine map' out || fails "no reason below the table: $(cat out)"

# Measures: a run file that the other commands read.
count=$((count + 1))
"$VENTURI" measure good.h5 -m information:estimator=binning,estimator.bins=8,estimator.range=[-4,4] \
	-m kde=information:estimator=kde,estimator.variance=0.1 -m gradient -m robustness -o run.h5 > out 2> err ||
	fails "measure: $(cat err)"
grep -q '^run.h5: 4 layers, 3 snapshots, 60 rows; 4 measures$' out || fails "measure says $(cat out)"
"$VENTURI" info run.h5 --json > out
grep -q '"content_ok": *true' out || fails 'info finds the run file damaged'
"$VENTURI" verdict run.h5 > out
grep -q 'no hypotheses were registered' out || fails 'verdict does not read the run file'
"$VENTURI" report run.h5 -o page.html > out 2> err || fails "report: $(cat err)"
"$VENTURI" measure flat.h5 --layers 'fc*' -m information:estimator=exact -o flat_run.h5 --enumerated > out 2> err ||
	fails "measure without snapshots: $(cat err)"
refused 2 'exists' measure flat.h5 --layers 'fc*' -m information:estimator=exact -o flat_run.h5
"$VENTURI" measure flat.h5 --layers 'fc*' -m information:estimator=exact -o flat_run.h5 --force > out || fails '--force'
for python in python3 /usr/bin/python3; do
	"$python" -c 'import h5py' 2> /dev/null || continue
	count=$((count + 1))
	if [ "${FOREIGN-}" = all ]; then
		"$python" "${top_srcdir:-.}/tests/walker.py" run.h5 flat_run.h5 > out || [ $? = 77 ] || fails "$(cat out)"
	fi
	"$python" - <<'CHECK' || status=1
import h5py, numpy as np
with h5py.File("run.h5") as f:
    flags = f["gradient/flags"][:]
    assert (flags & 1024).all() and np.isnan(f["gradient/snr"][:]).all(), "a gradient without a network"
    assert f["information/i_xt"].shape == (3, 4, 3) and list(f["information/step"][:]) == [0, 10, 100]
    assert np.isfinite(f["information/i_ty"][:, :, 0]).all()
CHECK
	break
done

# Memory does not grow with the number of snapshots: 40 of them hold 48 MB.  A sanitizer would keep what was freed.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=0:thread_local_quarantine_size_kb=0
export ASAN_OPTIONS
peak() { # WORD...: KiB
	"$files" --peak peak.txt "$VENTURI" "$@" > out 2> err || fails "$*: $(cat err)"
	cat peak.txt
}
for words in "estimate FILE --layers layer -e exact --x none" \
	"measure FILE --layers layer -m information:estimator=exact,null=0 -o FILE.run.h5"; do
	count=$((count + 1))
	# shellcheck disable=SC2046,SC2086
	few=$(peak $(echo $words | sed 's/FILE/short_run.h5/g')) many=$(peak $(echo $words | sed 's/FILE/long_run.h5/g'))
	echo "${words%% *}: at most $few KiB with 2 snapshots, $many KiB with 40"
	[ "$few" -gt 1000 ] && [ "$many" -lt $((few + 16384)) ] ||
		fails "${words%% *}: memory grows with the number of snapshots"
done

echo "$count cases"
exit $status
