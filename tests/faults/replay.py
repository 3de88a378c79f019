"""Simulated power cuts: from a trace of what a run did to its files (tests/faults/preload.c) to the states in which a
disk may be found afterwards.

What a program has written reaches the disk when it is synced; before that each page of 4 KiB may be there or not, and
so may the new length.  Names (made, renamed, removed) reach it when their folder is synced; before that any subset of
the changes may have, in their order.  Syncing a file brings its data to the disk and not its name.

SPDX-License-Identifier: GPL-3.0-or-later"""
import os
import struct

PAGE = 4096
ENTRY = struct.Struct("<4IQ3q")
KINDS = ("create", "open", "folder", "write", "truncate", "sync", "close", "rename", "link", "unlink", "mkdir")


class Operation:
    """One line of a trace."""

    def __init__(self, kind, path, other, inode, offset, size, data):
        self.kind, self.path, self.other = kind, path, other
        self.inode, self.offset, self.size, self.data = inode, offset, size, data


def read_trace(path):
    """The operations that succeeded, in their order."""
    operations = []
    with open(path, "rb") as f:
        while True:
            head = f.read(ENTRY.size)
            if len(head) < ENTRY.size:
                return operations
            kind, n_path, n_other, _, inode, offset, size, result = ENTRY.unpack(head)
            name, other = f.read(n_path).decode(), f.read(n_other).decode()
            data = f.read(size) if KINDS[kind] == "write" else b""
            if result >= 0:
                operations.append(Operation(KINDS[kind], name, other, inode, offset, size, data))


class File:
    """Bytes now, bytes on the disk, and what was written since the last sync."""

    def __init__(self, durable=b""):
        self.now = bytearray(durable)
        self.durable = bytes(durable)
        self.dirty = set()  # pages

    def write(self, offset, data):
        if offset > len(self.now):
            self.now.extend(bytes(offset - len(self.now)))
        self.now[offset:offset + len(data)] = data
        self.dirty.update(range(offset // PAGE, (offset + len(data) + PAGE - 1) // PAGE))

    def truncate(self, size):
        self.dirty.update(range(min(size, len(self.now)) // PAGE, max(size, len(self.now)) // PAGE + 1))
        self.now = self.now[:size] + bytes(max(0, size - len(self.now)))

    def sync(self):
        self.durable = bytes(self.now)
        self.dirty.clear()

    def after_cut(self, rng, keep):
        """What is found: old pages, new ones, and zeros where the length grew and a page did not come."""
        if not self.dirty:
            return self.durable
        size = rng.choice([len(self.durable), len(self.now), len(self.now)])
        found = bytearray(self.durable[:size].ljust(size, b"\0"))
        for page in sorted(self.dirty):
            begin, end = page * PAGE, min((page + 1) * PAGE, size)
            if begin < end and rng.random() < keep:
                found[begin:end] = bytes(self.now[begin:end]).ljust(end - begin, b"\0")
        return bytes(found)


FOLDER = object()


class Disk:
    """A tree of files: the names as they are, those on the disk, and the changes between the two."""

    def __init__(self, root, found, inodes):
        """found: path to bytes (None: a folder), all of it on the disk; inodes: of these files, number to path."""
        self.root = root
        self.now = {root: FOLDER}
        self.now.update((path, FOLDER if data is None else File(data)) for path, data in found.items())
        self.durable = dict(self.now)
        self.pending = []  # (folder, [(name, object or None), ...]): one change of names, whole or not at all
        self.inode = {number: self.now[path] for number, path in inodes.items()}

    def change(self, path, *names):
        for name, thing in names:
            if thing is None:
                self.now.pop(name, None)
            else:
                self.now[name] = thing
        self.pending.append((os.path.dirname(path), names))

    def sync(self, path, by_number):
        thing = self.now.get(path, by_number)
        if isinstance(thing, File):
            thing.sync()
            return
        for folder, names in self.pending:
            if folder == path:
                self.settle(self.durable, names)
        self.pending = [change for change in self.pending if change[0] != path]

    @staticmethod
    def settle(tree, names):
        for name, thing in names:
            if thing is None:
                tree.pop(name, None)
            else:
                tree[name] = thing

    def apply(self, o):
        if o.kind == "mkdir":
            self.change(o.path, (o.path, FOLDER))
        elif o.kind == "create":
            self.inode[o.inode] = File()
            self.change(o.path, (o.path, self.inode[o.inode]))
        elif o.kind == "open" and o.size and o.inode in self.inode:
            self.inode[o.inode].truncate(0)
        elif o.kind == "write":
            self.inode[o.inode].write(o.offset, o.data)
        elif o.kind == "truncate":
            self.inode[o.inode].truncate(o.size)
        elif o.kind == "sync":
            self.sync(o.path, self.inode.get(o.inode))
        elif o.kind == "rename":
            self.change(o.other, (o.path, None), (o.other, self.now[o.path]))
        elif o.kind == "link":
            self.change(o.other, (o.other, self.now[o.path]))
        elif o.kind == "unlink":
            self.change(o.path, (o.path, None))

    def after_cut(self, rng):
        """Path to bytes (None: a folder) as a power cut may leave them now."""
        keep = rng.choice((0, 0.3, 0.7, 1))
        names = dict(self.durable)
        prefix = rng.randint(0, len(self.pending)) if rng.random() < 0.5 else None
        chance = rng.choice((0, 0.3, 0.7, 1))
        for i, (_, change) in enumerate(self.pending):
            if i < prefix if prefix is not None else rng.random() < chance:
                self.settle(names, change)
        found, memory = {}, {}
        for path in sorted(names):
            if path != self.root and os.path.dirname(path) not in found:
                continue  # its folder did not come
            thing = names[path]
            if isinstance(thing, File):
                memory.setdefault(id(thing), thing.after_cut(rng, keep))
            found[path] = memory[id(thing)] if isinstance(thing, File) else None
        return found


def build(found, root):
    """Writes a state whose paths begin with `root`, as a new folder; returns the numbers of its files."""
    inodes = {}
    os.makedirs(root)
    for path in sorted(found):
        if found[path] is None:
            os.makedirs(path, exist_ok=True)
            continue
        with open(path, "wb") as f:
            f.write(found[path])
            inodes[os.fstat(f.fileno()).st_ino] = path
    return inodes


def moved(found, old, new):
    """The same state elsewhere."""
    return {new + path[len(old):]: data for path, data in found.items() if path != old}
