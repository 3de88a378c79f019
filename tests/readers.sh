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
for word in 'elsewhere: is a soft' 'flag: has the forbidden type bool' 'content_sha256 is'; do
	case $said in *"$word"*) ;; *) echo "the walker did not say '$word': $said"; exit 1 ;; esac
done
echo 'planted faults were found'
