#!/bin/sh
# Weights from PyTorch and to it.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
python=
for candidate in python3 /usr/bin/python3; do
	[ -z "$python" ] && "$candidate" -c 'import torch, h5py' 2> /dev/null && python=$candidate
done
[ -n "$python" ] || { echo 'skipped: needs python3-torch python3-h5py'; exit 77; }
exec "$python" "$top_srcdir/tests/torch_weights.py"
