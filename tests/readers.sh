#!/bin/sh
# Run files, raw activations and a collected file, shown to xarray (both engines), netCDF-C, the HDF5 tools and
# h5py by walker.py.  Skipped where their Python packages are missing.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
here=${top_srcdir:-$(dirname "$0")/..}
built=${top_builddir:-$here}
python=
for candidate in python3 /usr/bin/python3; do
	if "$candidate" -c 'import h5py, h5netcdf, netCDF4, xarray' 2>/dev/null; then python=$candidate; break; fi
done
[ -n "$python" ] || { echo 'skipped: needs python3-xarray python3-h5netcdf python3-netcdf4 python3-h5py'; exit 77; }
[ -x "$built/tests/run_files" ] || { echo "$built/tests/run_files is missing: make check builds it"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$built/tests/run_files" "$folder"
"$python" "$here/tests/walker.py" "$folder/task-00000/run.h5" "$folder/all.h5" "$folder"/task-00002/*.h5

# The walker must be able to fail: a link and a boolean are planted.
"$python" - "$folder/task-00001/run.h5" <<'PLANT'
import sys, h5py
with h5py.File(sys.argv[1], "a", libver="v110") as f:
    f["train/elsewhere"] = h5py.SoftLink("/information/i_xt")
    f["train"].create_dataset("flag", data=[True, False])
PLANT
said=$("$python" "$here/tests/walker.py" "$folder/task-00001/run.h5") && { echo 'the walker passed a planted fault'; exit 1; }
for word in 'elsewhere: is a soft' 'flag: has the forbidden type bool' 'content_sha256 is' 'the seal: is'; do
	case $said in *"$word"*) ;; *) echo "the walker did not say '$word': $said"; exit 1 ;; esac
done

# What another program changed is refused, by name; sealed again (docs/format.md), it is found not to agree.
venturi=${VENTURI:-$built/venturi}
expect() { # MESSAGE COMMAND...: exit 4, the message, no results
	message=$1
	shift
	"$@" > "$folder/out" 2> "$folder/err" && { echo "passed: $*"; exit 1; }
	[ $? -eq 4 ] || { echo "wanted exit 4: $*"; exit 1; }
	grep -q "$message" "$folder/err" || { echo "wanted '$message', got $(cat "$folder/err"): $*"; exit 1; }
}
changed=$folder/task-00001/run.h5
expect 'is damaged: .* do not end in a seal' "$venturi" info "$changed" --json
[ ! -s "$folder/out" ] || { echo 'a damaged file was described'; exit 1; }
cp "$folder/task-00000/run.h5" "$changed"
"$python" - "$changed" "$folder/task-00002/activations-120.h5" <<'PLANT'
import sys, h5py
for path, change in zip(sys.argv[1:], ("train/loss_train", "activations/h1")):
    with h5py.File(path, "a", libver="v110") as f:
        f[change][0] += 1
PLANT
printf 'venturi-seal/1 %s\n' "$(sha256sum < "$changed" | cut -c 1-64)" >> "$changed"
expect 'does not agree with its content_sha256' "$venturi" info "$changed" --json
grep -q '"content_ok": false' "$folder/out" || { echo 'info does not say that the content is not as it was'; exit 1; }
expect 'does not agree with its content_sha256' "$venturi" report "$changed" -o "$folder/page.html"
expect 'is damaged' "$venturi" estimate "$folder/task-00002/activations-120.h5" --x /activations/h1 --y /y
echo 'planted faults were found'
