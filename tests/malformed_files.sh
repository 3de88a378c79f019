# Malformed data, run files, checkpoints, folders and command lines about them.  Read by malformed.sh, whose expect and
# scratch it uses, and which counts.  Each input ends with its exit status and one line; HDF5 files made to do harm end so
# within a minute and within 8 GiB of addresses, and nothing of the files that they lead to is shown.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154
built=$(cd "${top_builddir:-.}" && pwd)
for program in tests/bomb_files tests/make_runs tests/fuzz/mutate; do
	[ -x "$built/$program" ] || { echo "$program is missing: make check builds it"; exit 1; }
done
cd "$scratch" || exit 1
g='-e gaussian'

# ---- npy -------------------------------------------------------------------
npy() { # FILE DICTIONARY: version 1, without elements
	{ printf '\223NUMPY\001\000\166\000'; printf '%-117s\n' "$2"; } > "$1"
}
zeros() { head -c "$1" /dev/zero; }
npy good.npy "{'descr': '<f8', 'fortran_order': False, 'shape': (8,), }"
cp good.npy short.npy
cp good.npy long.npy
cp good.npy nan.npy
for i in 10 20 30 40 50 60 70 71; do printf '\0\0\0\0\0\0%b\77' "\\0$i" >> good.npy; done
zeros 63 >> short.npy
zeros 65 >> long.npy
{ zeros 56; printf '\0\0\0\0\0\0\370\177'; } >> nan.npy
: > empty.npy
printf 'PK\003\004 an archive of arrays' > zip.npy
printf '\223NUMPY' > stub.npy
printf '\223NUMPY\011\000\020\000%-16s' '{}' > version.npy
printf '\223NUMPY\001\000\377\377{}%-20s' ' ' > header.npy
npy object.npy "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }"
npy complex.npy "{'descr': '<c16', 'fortran_order': False, 'shape': (2,), }"
npy deep.npy "{'descr': '<f8', 'fortran_order': False, 'shape': (8, 1, 1, 1, 1), }"
zeros 64 >> deep.npy
npy none.npy "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }"
npy wrap.npy "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }"
npy minus.npy "{'descr': '<f8', 'fortran_order': False, 'shape': (-8,), }"
npy python.npy "__import__('os').system('touch HARM')"
mkfifo fifo.npy
mkdir folder.npy
while IFS='|' read -r file part; do
	# shellcheck disable=SC2086
	expect 4 "$file: " "$part" estimate --x "$file" --y good.npy $g
done <<'LIST'
absent.npy|No such file
empty.npy|is empty
fifo.npy|is a FIFO, wanted a regular file
folder.npy|is a folder, wanted a regular file
zip.npy|does not start with \x93NUMPY
stub.npy|too short
version.npy|version 9.0
header.npy|the header wants 65535 bytes
object.npy|element type '|O'
complex.npy|element type '<c16'
deep.npy|has 5 dimensions
none.npy|dimension 1 of 2 has length 0
wrap.npy|raise --max-bytes
minus.npy|the header is not
python.npy|the header is not
short.npy|it is too short
long.npy|it is too long
nan.npy|1 NaN and 0 infinite of 8 values, the first at [7]
LIST
expect 4 "good.npy: " "raise --max-bytes" estimate --x good.npy --y good.npy $g --max-bytes 16
expect 2 "'x.txt' " "wanted FILE.h5:/PATH, FILE.npy or FILE.csv" estimate --x x.txt --y good.npy
[ ! -e HARM ] || { echo 'a header was evaluated'; status=1; }

# ---- CSV -------------------------------------------------------------------
: > empty.csv
printf 'a,b\n' > names.csv
printf '1,2\n3\n' > ragged.csv
printf '1,2\n3,four\n' > word.csv
printf '1\n\n2\n' > hole.csv
printf '1\0002\n' > null.csv
printf '1\n0x10\n' > hexadecimal.csv
printf '1\n1e999\n3\n4\n5\n6\n7\n8\n' > vast.csv
printf '1,2\n2,\n4,5\n' > blank.csv
printf '\377\376\61\0\n\0' > utf16.csv
while IFS='|' read -r file place part; do
	# shellcheck disable=SC2086
	expect 4 "$file:$place" "$part" estimate --x "$file" --y good.npy $g
done <<'LIST'
empty.csv| |is empty
names.csv| |has no row of numbers
ragged.csv|2: |has 1 columns, wanted 2
word.csv|2: |column 2 is 'four'
hole.csv|2: |is empty, wanted a row
null.csv| |byte 1 of 4 is null
hexadecimal.csv|2: |is '0x10', wanted a number
vast.csv| |0 NaN and 1 infinite
blank.csv|2: |column 2 is ''
utf16.csv| |is null
LIST

# ---- images and labels, text, arrays and weights of an experiment ---------------
cat > task.yaml <<'YAML'
dataset: {kind: sphere12}
model: {kind: mlp, widths: [4], activation: tanh}
train: {optimiser: adam, rate: 1e-3, epochs: 1}
probe: {points: 2}
YAML
printf '\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\2abcdefgh' > good.idx
printf '\0\0\10\1\0\0\0\2\0\1' > labels.idx
printf '\1\0\10\1\0\0\0\2\0\1' > magic.idx
printf '\0\0\15\1\0\0\0\2\0\1' > type.idx
printf '\0\0\10\377\0\0\0\2\0\1' > rank.idx
printf '\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\2abcdefg' > short.idx
printf '\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\2abcdefghi' > long.idx
printf '\0\0\10\4\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0' > wrap.idx
printf '\0\0\10\1\0\0\0\3\0\1\1' > three.idx
printf '\0\0\10\1\0\0\0\2\0\13' > class.idx
gzip -c good.idx | head -c 30 > cut.idx
printf '\0\0\10\1\177\377\377\377' | gzip -c > bomb.idx
while IFS='|' read -r images labels part; do
	expect 4 "" "$part" run task.yaml dataset.kind=images "dataset.images=$images" "dataset.labels=$labels" -o out --force
done <<'LIST'
absent.idx|labels.idx|absent.idx: cannot be opened
magic.idx|labels.idx|magic.idx: is not an IDX file
type.idx|labels.idx|type.idx: has IDX type 0x0d
rank.idx|labels.idx|rank.idx: has 255 dimensions
short.idx|labels.idx|short.idx: has 23 bytes, wanted 24
long.idx|labels.idx|long.idx: has 25 bytes, wanted 24
wrap.idx|labels.idx|wrap.idx: has more than
cut.idx|labels.idx|cut.idx: the gzip stream is damaged or cut off
bomb.idx|labels.idx|bomb.idx: declares 2147483647 bytes
fifo.npy|labels.idx|fifo.npy: is a FIFO
good.idx|three.idx|3
good.idx|class.idx|11
labels.idx|labels.idx|dimension
LIST
printf 'too short' > short.txt
: > empty.txt
printf 'a text that is long enough for a window or two, and is cut off in its middle' | gzip -c | head -c 50 > cut.gz
zeros 300000 | gzip -c > zeros.gz
printf 'EC02 is how it begins, and that is all there is of it' > windows.data
while IFS='|' read -r file part; do
	expect 4 "" "$part" run task.yaml dataset.kind=text "dataset.file=$file" -o out --force --max-bytes 16M
done <<'LIST'
absent.txt|absent.txt: cannot be opened
empty.txt|empty.txt: is empty
short.txt|short.txt: has 9 bytes
cut.gz|cut.gz: the gzip stream is damaged or cut off
zeros.gz|zeros.gz: unpacks to more than 262144 bytes (--max-bytes raises this)
windows.data|windows.data: ends after 53 bytes of its header
fifo.npy|fifo.npy: is a FIFO
LIST
while IFS='|' read -r x y part; do
	expect 4 "" "$part" run task.yaml dataset.kind=array "dataset.x=$x" "dataset.y=$y" -o out --force
done <<'LIST'
absent.npy|good.npy|absent.npy: cannot be opened
nan.npy|good.npy|1 NaN
good.npy|word.csv|column 2 is 'four'
good.npy|names.csv|has no row
good.npy|fifo.npy|is a FIFO
LIST

# ---- HDF5 that does harm ---------------------------------------------------------
"$built/tests/bomb_files" . || { echo 'bomb_files failed'; exit 1; }
limits() { # WORD...: the program within a minute and, unless a sanitizer wants all addresses, 8 GiB of them
	nm "$VENTURI" 2> /dev/null | grep -q __asan_init || ulimit -v 8388608
	exec timeout 60 "$VENTURI" "$@"
}
bomb() { # PART WORD...
	part=$1
	shift
	count=$((count + 1))
	(limits "$@") > out.txt 2> err.txt
	found=$?
	grep -q SECRET out.txt err.txt && { echo "$*: shows what another file holds"; status=1; }
	grep -q root: out.txt err.txt && { echo "$*: shows what /etc/passwd holds"; status=1; }
	[ "$found" = 4 ] && [ ! -s out.txt ] && one_line err.txt && grep -qF -- "$part" err.txt && return
	printf 'venturi %s\n  exit %s, wanted 4 and: %s\n  said: %s\n' "$*" "$found" "$part" "$(head -c 1000 err.txt)"
	status=1
}
[ "$(wc -c < declared.h5)" -lt 80000 ] || { echo 'declared.h5 is no small file'; status=1; }
deep=$(awk 'BEGIN { for (i = 0; i < 20000; i++) printf "/g" }')
while IFS='|' read -r file dataset part; do
	# shellcheck disable=SC2086
	bomb "$part" estimate "$file" --x "$dataset" --y sound $g
done <<LIST
declared.h5|x|has more than 1099511627776 elements
hollow.h5|x|declares 549755813888 elements of 8 bytes, the file holds 0 bytes
nested.h5|$deep/x|there is no 'x'
circle.h5|round|is a soft link, which is not followed
circle.h5|here|is a soft link, which is not followed
circle.h5|outside|is an external link, which is not followed
circle.h5|secret|is an external link, which is not followed
circle.h5|g/self/up/g|is a group, wanted a dataset
external.h5|x|external storage
external.h5|passwd|external storage
virtual.h5|x|virtual storage
filter.h5|x|filter 300
odd.h5|reference|elements of type reference
odd.h5|deep|has 32 dimensions
LIST
bomb 'a 64th of --max-bytes' estimate packed.h5 --x x --y sound $g --max-bytes 1G
bomb 'raise --max-bytes' estimate declared.h5 --x x --y sound $g --max-bytes 4G
bomb 'more than 16 deep, or in a circle of links' info nested.h5
bomb 'more than 16 deep, or in a circle of links' info circle.h5
bomb 'more than 16 deep, or in a circle of links' estimate nested.h5 --layers '*' --y none -e exact
bomb 'more than 16 deep, or in a circle of links' estimate circle.h5 --layers '*' --y none -e exact
bomb 'more than 10000 objects' estimate doubling.h5 --layers '*' --y none -e exact
bomb 'more than 10000 objects' estimate many.h5 --layers '*' --y none -e exact
bomb 'external storage' measure external.h5 --layers /x -m information:estimator=exact --y none -o never.h5
bomb 'virtual storage' run task.yaml dataset.kind=array dataset.x=virtual.h5:/x dataset.y=good.npy -o out --force
bomb 'more than 10000 objects' run task.yaml model.weights=many.h5 -o out --force
bomb 'has neither' run task.yaml model.weights=secret.h5 -o out --force
bomb 'there is no absent.h5' run task.yaml model.weights=absent.h5 -o out --force
bomb 'is not an HDF5 file' run task.yaml model.weights=good.npy -o out --force
bomb 'is a FIFO' run task.yaml model.weights=fifo.npy -o out --force
head -c 1500 odd.h5 > cut.h5
bomb 'cannot be opened' estimate cut.h5 --x sound --y sound $g
bomb 'is not an HDF5 file' estimate task.yaml:/x --x good.npy:/x --y good.npy $g
[ ! -e never.h5 ] || { echo 'a failed measure left a file'; status=1; }

# ---- run files, folders of them, rulings ---------------------------------------------
"$built/tests/make_runs" runs 2 4 2 || { echo 'make_runs failed'; exit 1; }
run=runs/task-00000/run.h5
change() { # FROM TO FILE: one text for another of the same length, in a copy
	sed "s/$1/$2/" "$run" > "$3"
}
change 'units' 'unitz' unit.h5
change 'complete' 'campaign' status.h5
change 'venturi-run' 'venturi-ran' schema.h5
change 'venturi-seal' 'venturi-meal' seal.h5
head -c -80 "$run" > bare.h5
head -c -40 "$run" > half.h5
head -c 5000 "$run" > start.h5
head -c -1 "$run" > newline.h5
{ cat "$run"; echo; } > more.h5
{ head -c -80 "$run" | sed 's/A synthetic/A symbolic /'; } > title.h5
printf 'venturi-seal/1 %s\n' "$(sha256sum < title.h5 | cut -c 1-64)" >> title.h5
{ printf 'no HDF5 at all'; printf 'venturi-seal/1 %s\n' "$(printf 'no HDF5 at all' | sha256sum | cut -c 1-64)"; } > text.h5
for file in unit status schema; do
	expect 4 "$file.h5: is damaged: " "the SHA-256 of its first" info "$file.h5"
	expect 4 "$file.h5: is damaged: " "its seal says otherwise" report "$file.h5" -o page.html
done
for file in seal bare half newline more; do
	expect 4 "$file.h5: is damaged: " "do not end in a seal" info "$file.h5" --json
	expect 4 "$file.h5: is damaged: " "do not end in a seal" verdict "$file.h5"
done
expect 4 "start.h5: " "cannot be opened" info start.h5
expect 4 "text.h5: " "is no HDF5 file" info text.h5
expect 4 "good.npy: " "is not an HDF5 file" info good.npy
expect 4 "fifo.npy: " "is a FIFO" info fifo.npy
expect 4 "runs: " "is a folder" info runs
expect 4 "absent.h5: " "No such file" info absent.h5
expect 4 "fifo.npy: " "is a FIFO" verdict fifo.npy
expect 4 "absent: " "No such file" report absent -o page.html
mkdir -p hollow/task-00000 damaged/task-00000
expect 4 "hollow: " "holds no usable run" collect hollow -o all.h5 --quiet
expect 4 "hollow: " "holds no usable run" report hollow -o page.html --quiet
cp bare.h5 damaged/task-00000/run.h5
expect 4 "damaged: " "holds no usable run" collect damaged -o all.h5 --quiet
expect 4 "damaged: " "holds no usable run" verdict damaged --quiet
cp -r runs ruled
for text in '{' '{"rulings": 3}' '[]' '{"rulings": [], "sha256": "0"}' '{"rulings": [], "rulings": []}'; do
	printf '%s' "$text" > ruled/rulings.json
	expect 4 "ruled/rulings.json: " "" collect ruled -o all.h5
done
"$VENTURI" verdict ruled > /dev/null && sed 's/rulings/rulingz/' ruled/rulings.json > changed && mv changed ruled/rulings.json
expect 4 "ruled/rulings.json: " "there is no list 'rulings'" collect ruled -o all.h5
rm ruled/rulings.json && mkfifo ruled/rulings.json
expect 4 "ruled/rulings.json: " "is a FIFO" collect ruled -o all.h5
[ ! -e all.h5 ] && [ ! -e page.html ] || { echo 'a failed command left a file'; status=1; }

# ---- going on, and where to -------------------------------------------------------------
"$VENTURI" run task.yaml -o done > /dev/null 2> err.txt || { echo "a sound task fails: $(cat err.txt)"; status=1; }
cp -r done broken
head -c 9000 done/task-00000/run.h5 > broken/task-00000/run.h5
expect 4 "broken/task-00000/run.h5: is damaged" "--force starts anew" run task.yaml -o broken --resume
rm broken/task-00000/run.h5 && mkfifo broken/task-00000/run.h5
expect 4 "broken/task-00000/run.h5: " "is a FIFO" run task.yaml -o broken --resume
expect 3 "done/task-00000/run.h5: " "train.rate" run task.yaml -o done --resume train.rate=2e-3
expect 2 "done/task-00000/run.h5 exists; " "give another -o, --resume to go on, or --force" run task.yaml -o done
expect 2 "" "tasks 0 to 0" run task.yaml -o never --task 1
expect 7 "" "good.npy" run task.yaml -o good.npy/here
expect 2 "--max-time=soon: " "wanted a time" run task.yaml -o never --max-time soon

# ---- questions about data ------------------------------------------------------------------
while IFS='|' read -r wanted part words; do
	# shellcheck disable=SC2086
	expect "$wanted" "" "$part" $words
done <<'LIST'
2|did you mean 'gaussian'?|estimate --x good.npy --y good.npy -e gausian
2|unknown kind 'nonsense'|estimate --x good.npy --y good.npy -e nonsense
2|bins = 0|estimate --x good.npy --y good.npy -e binning:bins=0,range=[-1,1]
2|given twice|estimate --x good.npy --y good.npy -e binning:bins=3,bins=4,range=[-1,1]
2||estimate --x good.npy --y good.npy -e binning:bins
2|a whole number|estimate --x good.npy --y good.npy -e gaussian --null many
2|a whole number|estimate --x good.npy --y good.npy -e gaussian --seed -1
2||estimate --y good.npy
2||estimate good.npy --x-columns 3:1 --x good.npy --y good.npy
2|did you mean 'information'?|measure secret.h5 -m informaton -o never.h5
2||measure secret.h5 -m information
2|no output file|collect runs
2|exists|collect runs -o good.npy
LIST
