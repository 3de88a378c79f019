#!/usr/bin/env python3
"""A network of PyTorch's, written as its state_dict, gives the same answers here, and ours there.
SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
    import torch
    from torch import nn
except ImportError as missing:
    print("skipped: %s" % missing)
    sys.exit(77)

LENGTH, TOKENS, WIDTH, HEADS, LAYERS = 8, 16, 24, 3, 2
EXPERIMENT = """title: somebody else's weights
dataset: {kind: lagged, vocabulary: %d, length: %d, n: 64}
model: {kind: transformer, layers: %d, width: %d, heads: %d%s}
train: {optimiser: adamw, rate: 1e-3, epochs: %d, batch: 16, seed: 3}
probe: {schedule: list, steps: [0], rows: all, samples: sequence}
store: {activations: true, weights: all}
measure: {w: {kind: weights}}
"""


class Block(nn.Module):
    """Modules are called as venturi calls its blocks of parameters."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        setattr(self, "in", nn.Linear(WIDTH, 4 * WIDTH))
        self.out = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        n, t, d = x.shape
        a = self.norm1(x)
        q, k, v = (f(a).view(n, t, HEADS, d // HEADS).transpose(1, 2) for f in (self.q, self.k, self.v))
        hidden = torch.triu(torch.ones(t, t, dtype=torch.bool), 1)
        p = (q @ k.transpose(2, 3) * (d // HEADS) ** -0.5).masked_fill(hidden, float("-inf")).softmax(3)
        x = x + self.o((p @ v).transpose(1, 2).reshape(n, t, d))
        return x + self.out(nn.functional.gelu(getattr(self, "in")(self.norm2(x))))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.position = nn.Embedding(TOKENS, WIDTH), nn.Embedding(LENGTH, WIDTH)
        for layer in range(LAYERS):
            setattr(self, "h%d" % (layer + 1), Block())
        self.final, self.unembed = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, TOKENS)

    def forward(self, x):
        x = self.embed(x) + self.position(torch.arange(LENGTH))
        for layer in range(LAYERS):
            x = getattr(self, "h%d" % (layer + 1))(x)
        return self.unembed(self.final(x))


def run(venturi, folder, name, weights="", epochs=0):
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w") as f:
        f.write(EXPERIMENT % (TOKENS, LENGTH, LAYERS, WIDTH, HEADS, weights, epochs))
    out = os.path.join(folder, name)
    subprocess.run([venturi, "run", path, "-o", out], check=True, stdout=subprocess.DEVNULL)
    return os.path.join(out, "task-00000")


def answers(folder, step):
    with h5py.File(os.path.join(folder, "activations-%d.h5" % step)) as f:
        return f["x"][:].astype(int), f["activations/output"][:].reshape(-1, LENGTH, TOKENS)


def furthest(net, x, p):
    with torch.no_grad():
        theirs = net(torch.from_numpy(x)).log_softmax(2).numpy()
    return np.abs(theirs - np.log(p)).max()


def main():
    venturi = os.environ.get("VENTURI", "./venturi")
    torch.manual_seed(4)
    net = Net()
    with tempfile.TemporaryDirectory() as folder:
        state = {k: v.numpy() for k, v in net.state_dict().items()}
        with h5py.File(os.path.join(folder, "net.h5"), "w") as f:
            for key, value in state.items():
                f[key] = value
        os.mkdir(os.path.join(folder, "npy"))
        for key, value in state.items():
            np.save(os.path.join(folder, "npy", key + ".npy"), value)
        for form in "net.h5", "npy":
            there = run(venturi, folder, "in-" + form.replace(".", "-"), ", weights: %s" % os.path.join(folder, form))
            error = furthest(net, *answers(there, 0))
            print("PyTorch's weights from %s: log-probabilities differ by at most %.2g" % (form, error))
            if not error < 1e-5:
                return 1
        here = run(venturi, folder, "out", epochs=2)
        step = max(int(n[8:-3]) for n in os.listdir(here) if n.startswith("weights-"))
        with h5py.File(os.path.join(here, "weights-%d.h5" % step)) as f:
            ours = {}
            for key in net.state_dict():
                name = key
                for theirs, mine in (".weight", ".w"), (".bias", ".b"):
                    name = name[:-len(theirs)] + mine if name.endswith(theirs) else name
                stem = key[:-len(".weight")]
                value = f[name][:] if name in f else f[stem][:] if stem in f else f[stem + ".g"][:]
                shape = tuple(net.state_dict()[key].shape)
                turned = name in f and value.ndim == 2 and len(shape) == 2
                ours[key] = torch.from_numpy(value.T.copy() if turned else value.reshape(shape)).float()
            net.load_state_dict(ours)
        error = furthest(net, *answers(here, step))
        print("our weights of step %d in PyTorch: log-probabilities differ by at most %.2g" % (step, error))
        return 0 if error < 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main())
