#!/usr/bin/env python3
"""A training step of venturi against Debian's PyTorch, side by side in one run.

Same network, batch, optimiser and data sizes, the same number of threads, rounds in turn (A/B), medians of the ratios.
PyTorch gets its batches ready made and the OPENBLAS_CORETYPE that is fastest here, since Debian's OpenBLAS takes new
CPUs for old ones.  GFLOP/s count 6 operations a weight and token and, in attention, what a causal mask leaves;
the peak is measured in the same run, by chains of multiply-adds.
Usage: step.py [NAME...]; THREADS=2 for two.
SPDX-License-Identifier: GPL-3.0-or-later
"""
import os
import statistics
import subprocess
import sys

ROUNDS = int(os.environ.get("ROUNDS", "9"))
CORES = [None, "Haswell", "Zen", "SkylakeX", "Prescott"]


def mlp(optimiser, batch, widths, activation="tanh"):
    return {"ours": [optimiser, batch, "mlp:activation=%s,widths=[%s]" % (activation, ",".join(map(str, widths[1:-1]))),
                     widths[0], 0, widths[-1], 1],
            "peer": ["mlp", optimiser, batch, activation] + widths,
            "gflop": 6e-9 * batch * (sum(a * b for a, b in zip(widths, widths[1:])) - widths[0] * widths[1] / 3)}


def transformer(layers, width, heads, length, batch, tokens):
    weights = 12 * layers * width * width + tokens * width
    return {"ours": ["adamw", batch, "transformer:layers=%d,width=%d,heads=%d" % (layers, width, heads), length, tokens,
                     tokens, length],
            "peer": ["transformer", "adamw", batch, layers, width, heads, length, tokens],
            "gflop": 1e-9 * batch * length * (6 * weights + 6 * layers * width * (length + 1))}


NETS = {
    "tiny-sgd": mlp("sgd", 256, [12, 10, 7, 5, 4, 3, 2]),
    "tiny-adam": mlp("adam", 256, [12, 10, 7, 5, 4, 3, 2]),
    "saxe-sgd": mlp("sgd", 128, [784, 1024, 20, 20, 20, 10]),
    "saxe-adam": mlp("adam", 128, [784, 1024, 20, 20, 20, 10]),
    "mlp-sgd": mlp("sgd", 128, [784, 256, 256, 10]),
    "mlp-adam": mlp("adam", 128, [784, 256, 256, 10]),
    "A": transformer(1, 128, 4, 3, 3800, 114),
    "B": transformer(2, 64, 4, 64, 64, 128),
    "C": transformer(4, 128, 4, 128, 32, 256),
    "D": transformer(6, 384, 6, 256, 16, 256),
    "E8": transformer(2, 8, 2, 11, 256, 13),
    "E32": transformer(2, 32, 4, 11, 256, 13),
}

PEER = r"""
import os, sys, time
import torch
from torch import nn
torch.set_num_threads(int(os.environ["THREADS"]))
torch.manual_seed(1)
kind, optimiser, batch = sys.argv[1], sys.argv[2], int(sys.argv[3])
sets = 4

class Block(nn.Module):
    def __init__(self, d, heads, length):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.o = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.mlp = nn.Sequential(nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, d))
        self.register_buffer("hidden", torch.triu(torch.ones(length, length, dtype=torch.bool), 1))
    def forward(self, x):
        n, t, d = x.shape
        q, k, v = (z.view(n, t, self.heads, d // self.heads).transpose(1, 2) for z in self.qkv(self.norm1(x)).split(d, 2))
        p = (q @ k.transpose(2, 3) * (d // self.heads) ** -0.5).masked_fill(self.hidden, float("-inf")).softmax(3)
        x = x + self.o((p @ v).transpose(1, 2).reshape(n, t, d))
        return x + self.mlp(self.norm2(x))

class Transformer(nn.Module):
    def __init__(self, layers, d, heads, length, tokens):
        super().__init__()
        self.embed, self.position = nn.Embedding(tokens, d), nn.Parameter(torch.randn(length, d) * 0.02)
        self.blocks = nn.Sequential(*(Block(d, heads, length) for _ in range(layers)))
        self.norm, self.unembed = nn.LayerNorm(d), nn.Linear(d, tokens)
    def forward(self, x):
        return self.unembed(self.norm(self.blocks(self.embed(x) + self.position))).flatten(0, 1)

if kind == "mlp":
    activation, widths = sys.argv[4], [int(w) for w in sys.argv[5:]]
    layers = []
    for a, b in zip(widths, widths[1:]):
        layers += [nn.Linear(a, b), nn.Tanh() if activation == "tanh" else nn.ReLU()]
    net = nn.Sequential(*layers[:-1])
    x = torch.randint(0, 2, (sets, batch, widths[0])).float()
    y = torch.randint(0, widths[-1], (sets, batch))
else:
    n_layers, d, heads, length, tokens = (int(w) for w in sys.argv[4:])
    net = Transformer(n_layers, d, heads, length, tokens)
    x = torch.randint(0, tokens, (sets, batch, length))
    y = torch.randint(0, tokens, (sets, batch * length))
make = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[optimiser]
opt = make(net.parameters(), lr=1e-3)
loss_of = nn.CrossEntropyLoss()
def steps(n):
    began = time.perf_counter()
    for i in range(n):
        opt.zero_grad()
        loss_of(net(x[i % sets]), y[i % sets]).backward()
        opt.step()
    return (time.perf_counter() - began) / n * 1e6
steps(2)
for line in sys.stdin:
    print("%.4f" % steps(int(line)), flush=True)
"""


def start(command, threads, core=None):
    env = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads), THREADS=str(threads))
    env.pop("OPENBLAS_CORETYPE", None)
    if core:
        env["OPENBLAS_CORETYPE"] = core
    cpus = sorted(os.sched_getaffinity(0))[-threads:]  # the same cores for both, in turn
    return subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env,
                            preexec_fn=lambda: os.sched_setaffinity(0, cpus))


def ask(process, n):
    try:
        process.stdin.write("%d\n" % n)
        process.stdin.flush()
        line = process.stdout.readline()
    except BrokenPipeError:  # a core type that this CPU cannot run
        line = ""
    return float(line) if line else float("inf")


def stop(process):
    try:
        process.stdin.close()
    except BrokenPipeError:
        pass
    process.wait()


def steps_for(process, seconds):
    return max(1, int(seconds * 1e6 / ask(process, 1)))


def fastest_core(arguments, threads):
    best = (float("inf"), None)
    for core in CORES:
        peer = start([sys.executable, "-c", PEER] + arguments, threads, core)
        best = min(best, (min(ask(peer, 1) for _ in range(4)), core), key=lambda pair: pair[0])
        stop(peer)
    return best[1]


def measured_peak(builddir, threads):
    probe = start([os.path.join(builddir, "tests/bench/b_peak")], threads)
    peak = float(probe.stdout.readline())
    stop(probe)
    return peak


def main():
    try:
        import torch
    except ImportError:
        print("skipped: PyTorch is not installed (./quickstart deps bench)")
        return 77
    builddir = os.environ.get("top_builddir", ".")
    threads = int(os.environ.get("THREADS", "1"))
    peak = measured_peak(builddir, threads)
    print("%d thread(s), peak %.0f GFLOP/s, load %.1f, PyTorch %s" % (threads, peak, os.getloadavg()[0], torch.__version__))
    for name in sys.argv[1:] or NETS:
        net = NETS[name]
        core = fastest_core(net["peer"], threads)
        peer = start([sys.executable, "-c", PEER] + net["peer"], threads, core)
        a, b, *rest = net["ours"]
        ours = start([os.path.join(builddir, "tests/bench/b_step"), a, b, threads] + rest, threads)
        n_ours, n_peer = steps_for(ours, 0.1), steps_for(peer, 0.1)
        pairs = [(ask(ours, n_ours), ask(peer, n_peer)) for _ in range(ROUNDS)]
        stop(peer)
        stop(ours)
        ratios = [q / p for p, q in pairs]
        mine = statistics.median(p for p, _ in pairs)
        print("%-9s venturi %9.1f us (best %9.1f), %5.1f GFLOP/s, %2.0f %% of peak; PyTorch %9.1f us (best %9.1f, OPENBLAS_CORETYPE "
              "%s); ratio median %.2f (%.2f to %.2f)"
              % (name, mine, min(p for p, _ in pairs), net["gflop"] / mine * 1e6, 100 * net["gflop"] / mine * 1e6 / peak,
                 statistics.median(q for _, q in pairs), min(q for _, q in pairs), core or "unset",
                 statistics.median(ratios), min(ratios), max(ratios)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
