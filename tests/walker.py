#!/usr/bin/env python3
"""Shows a file of venturi's to other people's readers: walker.py FILE...

xarray by both engines, group by group, each engine in a process of its own; ncdump -h and h5dump -H;
a walk with h5py that finds forbidden types, filters and links, and makes content_sha256 and the seal
anew from their definitions in venturi/store.h and docs/format.md.  Exit 0, 1 with what is wrong, 77 where a reader is missing.

SPDX-License-Identifier: GPL-3.0-or-later"""

import hashlib
import shutil
import struct
import subprocess
import sys

SKIP = 77
# Opens a file's groups one by one and reads every value, so that what fails only on reading fails here.
READ = """
import sys, warnings
warnings.simplefilter("ignore")
import xarray
path, engine, *groups = sys.argv[1:]
for group in groups:
    with xarray.open_dataset(path, engine=engine, group=group.strip("/") or None) as ds:
        ds.load()
        names = sorted(str(name) for name in ds.variables)
        print(group, ",".join(names), ",".join(f"{d}={n}" for d, n in sorted(ds.sizes.items())), flush=True)
"""


def missing():
    """The first reader that is not here, or nothing."""
    for module in ("h5py", "netCDF4", "h5netcdf", "xarray"):
        try:
            __import__(module)
        except ImportError:
            return f"python3-{module.lower()}"
    for program, package in (("ncdump", "netcdf-bin"), ("h5dump", "hdf5-tools")):
        if not shutil.which(program):
            return package
    return None


class Walk:
    """One file; what is wrong with it collects in `wrong`."""

    def __init__(self, path):
        self.path = path
        self.wrong = []
        self.groups = [""]
        self.datasets = {}

    def say(self, where, what):
        self.wrong.append(f"{self.path}: {where}: {what}")

    def seal(self):
        with open(self.path, "rb") as f:
            body, line = (lambda b: (b[:-80], b[-80:]))(f.read())
        wanted = b"venturi-seal/1 " + hashlib.sha256(body).hexdigest().encode() + b"\n"
        if line != wanted:
            self.say("the seal", f"is {line}, wanted {wanted}")

    def visit(self, h5py):
        self.seal()
        with h5py.File(self.path, "r") as f:
            self.activations = f.attrs["venturi_schema"].startswith("venturi-activations/")
            self.group(h5py, f, "")
            stated, found = f.attrs["content_sha256"], self.content()
            if stated != found:
                self.say("/", f"content_sha256 is {stated}, its definition gives {found}")
            for name in ("Conventions", "venturi_version", "title") if not self.activations else ():
                if name not in f.attrs:
                    self.say("/", f"has no attribute {name}")

    def group(self, h5py, g, path):
        for name in g:
            where = f"{path}/{name}"
            if not isinstance(g.get(name, getlink=True), h5py.HardLink):
                self.say(where, "is a soft or external link")
                continue
            item = g[name]
            if isinstance(item, h5py.Group):
                self.groups.append(where)
                self.group(h5py, item, where)
            else:
                self.dataset(h5py, g, item, where)

    def dataset(self, h5py, g, d, where):
        text = h5py.check_string_dtype(d.dtype)
        if text is not None:
            if text.length is not None or text.encoding != "utf-8":
                self.say(where, "is not a variable-length UTF-8 string")
            kind = "string"
        else:
            kind = d.dtype.name
            if kind not in ("int64", "int32", "uint8", "float32", "float64"):
                self.say(where, f"has the forbidden type {d.dtype}")
            if d.dtype.byteorder == ">":
                self.say(where, "is big-endian")
        for name in ("units", "long_name"):
            if name not in d.attrs:
                self.say(where, f"has no attribute {name}")
        self.storage(d, where, kind)
        self.scales(h5py, g, d, where)
        self.datasets[where] = (kind, d.shape, d[()])

    def storage(self, d, where, kind):
        if d.external or d.is_virtual:
            self.say(where, "is stored elsewhere")
        numeric = kind != "string"
        if numeric and d.ndim and not d.fletcher32:
            self.say(where, "has no fletcher32")
        if numeric and d.ndim and d.nbytes > 65536 and not (d.shuffle and d.compression == "gzip"):
            self.say(where, f"has {d.nbytes} bytes and is not shuffled and deflated")
        if d.compression not in (None, "gzip"):
            self.say(where, f"has the filter {d.compression}")
        if d.chunks and kind.startswith(("int", "uint", "float")):
            bytes_ = d.dtype.itemsize
            for n in d.chunks:
                bytes_ *= n
            if bytes_ > 262144:
                self.say(where, f"has chunks of {bytes_} bytes")
        if kind.startswith("float"):
            fill = d.attrs.get("_FillValue")
            if fill is None or fill[0] == fill[0]:
                self.say(where, f"has _FillValue {fill}, wanted NaN")

    def scales(self, h5py, g, d, where):
        """Every axis has one scale, in the same group."""
        if self.activations or h5py.h5ds.is_scale(d.id):
            return
        for i, axis in enumerate(d.dims):
            names = [scale.name for scale in axis.values()]
            inside = [f"{g.name.rstrip('/')}/{name.rsplit('/', 1)[1]}" == name for name in names]
            if len(names) != 1 or not all(inside):
                self.say(where, f"axis {i} has the scales {names}, wanted one of the same group")

    def content(self):
        h = hashlib.sha256()
        for path in sorted(self.datasets, key=lambda p: p.encode()):
            kind, shape, value = self.datasets[path]
            if path.startswith("/provenance/"):
                continue
            h.update(" ".join([path, kind, str(len(shape)), *map(str, shape)]).encode() + b"\n")
            if kind != "string":
                h.update(value.astype(value.dtype.newbyteorder("<")).tobytes())
                continue
            for s in [value] if not shape else value.ravel():
                h.update(struct.pack("<Q", len(s)) + s)
        return h.hexdigest()

    def command(self, where, *words):
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode != 0:
            self.say(where, f"{words[0]} exits {done.returncode}: {done.stderr.strip()[-300:]}")
        return done.stdout

    def read(self):
        self.command("ncdump -h", "ncdump", "-h", self.path)
        self.command("h5dump -H", "h5dump", "-H", self.path)
        if self.activations:
            return  # plain arrays, without dimension scales
        # A process for each engine: a fault in the one must not hide in the other.
        groups = [group or "/" for group in self.groups]
        seen = {}
        for engine in ("netcdf4", "h5netcdf"):
            text = self.command(f"xarray, {engine}", sys.executable, "-c", READ, self.path, engine, *groups)
            seen[engine] = dict(line.split(" ", 1) for line in text.splitlines())
        for group in groups:
            first, second = seen["netcdf4"].get(group, "nothing"), seen["h5netcdf"].get(group, "nothing")
            if first != second:
                self.say(group, f"netcdf4 sees {first!r}, h5netcdf sees {second!r}")
            inside = (p.rsplit("/", 1) for p in self.datasets)
            held = ",".join(sorted(name for folder, name in inside if (folder or "/") == group))
            if first.split(" ")[0] != held:
                self.say(group, f"xarray sees {first!r}, the group holds {held!r}")


def main(paths):
    absent = missing()
    if absent:
        print(f"skipped: {absent} is not installed")
        return SKIP
    import h5py

    wrong = []
    for path in paths:
        walk = Walk(path)
        walk.visit(h5py)
        walk.read()
        wrong += walk.wrong
        print(f"{path}: {len(walk.groups)} groups, {len(walk.datasets)} datasets, {len(walk.wrong)} faults")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
