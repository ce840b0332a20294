#!/usr/bin/env python3
"""Writes families_reference.json: values, gradients and 20 AdamW steps of the three families of RTDL (arXiv 2106.11959,
section 3) in PyTorch, which space/families_reference_test.cpp compares with. Parameters have the names that the C++ has.

    python3 tests/data/make_families_reference.py     # numpy and torch
"""
import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
ROWS, NUMERIC, CARDINALITIES, OUTPUTS, STEPS = 400, 3, [4, 3], 3, 20
LEARNING_RATE, WEIGHT_DECAY = 0.01, 0.1
# A bias in front of BatchNorm and that of the keys have a gradient of zero but for rounding, which AdamW would blow up to
# steps of their own with a small epsilon: PyTorch's 1e-8 makes them whole ones, 1e-4 still differs from machine to machine.
EPSILON = 1e-3
SHOWN = 10  # rows whose outputs are kept


def features():
    """Exact in float32; the C++ has the same formulas."""
    i, j = np.meshgrid(np.arange(ROWS), np.arange(NUMERIC), indexing="ij")
    numbers = (((i * 37 + j * 101 + i * j * 5) % 64) - 32) / 16
    r = np.arange(ROWS)
    codes = np.stack([(r * 7 + r // 3) % CARDINALITIES[0], (r * 5) % CARDINALITIES[1]], axis=1)
    return torch.tensor(np.concatenate([numbers, codes], axis=1), dtype=torch.float32)


def labels():
    i = np.arange(ROWS)
    return torch.tensor((i * i + i // 3) % OUTPUTS)


class Family:
    """Parameters by name, made by `linear`, `norm` and `table`; `decayed` are the weights of linear layers."""

    def __init__(self):
        self.parameters, self.decayed, self.buffers = {}, set(), {}

    def make(self, name, *shape):
        self.parameters[name] = (torch.rand(*shape) - 0.5).requires_grad_()

    def linear(self, name, inputs, outputs):
        self.make(name + ".weight", outputs, inputs)
        self.make(name + ".bias", outputs)
        self.decayed.add(name + ".weight")

    def norm(self, name, width, batch=False):
        self.parameters[name + ".weight"] = (torch.rand(width) + 0.5).requires_grad_()
        self.make(name + ".bias", width)
        if batch:
            self.buffers[name + ".mean"] = torch.zeros(width)
            self.buffers[name + ".variance"] = torch.ones(width)

    def __call__(self, name, x):
        return F.linear(x, self.parameters[name + ".weight"], self.parameters[name + ".bias"])

    def layernorm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.parameters[name + ".weight"], self.parameters[name + ".bias"])

    def batchnorm(self, name, x, training):
        return F.batch_norm(x, self.buffers[name + ".mean"], self.buffers[name + ".variance"],
                            self.parameters[name + ".weight"], self.parameters[name + ".bias"], training)


class Mlp(Family):
    architecture = {"space": "mlp", "depth": 2, "width": 8}

    def __init__(self):
        super().__init__()
        for name, a, b in [("hidden0", NUMERIC + 2, 8), ("hidden1", 8, 8), ("head", 8, OUTPUTS)]:
            self.linear(name, a, b)

    def forward(self, x, training):
        for name in ["hidden0", "hidden1"]:
            x = F.relu(self(name, x))
        return self("head", x)


class ResNet(Family):
    architecture = {"space": "resnet", "depth": 2, "width": 8, "hidden": 12}

    def __init__(self):
        super().__init__()
        self.linear("stem", NUMERIC + 2, 8)
        for block in ["block0.", "block1."]:
            self.norm(block + "norm", 8, batch=True)
            self.linear(block + "up", 8, 12)
            self.linear(block + "down", 12, 8)
        self.norm("head.norm", 8, batch=True)
        self.linear("head", 8, OUTPUTS)

    def forward(self, x, training):
        x = self("stem", x)
        for block in ["block0.", "block1."]:
            y = self.batchnorm(block + "norm", x, training)
            x = x + self(block + "down", F.relu(self(block + "up", y)))
        return self("head", F.relu(self.batchnorm("head.norm", x, training)))


class FtTransformer(Family):
    architecture = {"space": "ft", "depth": 3, "width": 8, "heads": 2, "ffn_sixths": 8}
    width, heads, hidden, depth = 8, 2, 8 * 8 // 6, 3

    def __init__(self):
        super().__init__()
        d = self.width
        self.make("tokens.cls", 1, d)
        self.make("tokens.weight", NUMERIC, d)
        self.make("tokens.bias", NUMERIC, d)
        self.make("tokens.table", sum(CARDINALITIES), d)
        self.make("tokens.codes", len(CARDINALITIES), d)
        for i in range(self.depth):
            block = f"block{i}."
            if i > 0:
                self.norm(block + "attention.norm", d)
            for name in ["query", "key", "value", "out"]:
                self.linear(block + "attention." + name, d, d)
            self.norm(block + "ffn.norm", d)
            self.linear(block + "ffn.up", d, 2 * self.hidden)
            self.linear(block + "ffn.down", self.hidden, d)
        self.norm("head.norm", d)
        self.linear("head", d, OUTPUTS)

    def tokens(self, x):
        p = self.parameters
        cls = p["tokens.cls"].expand(len(x), 1, -1)
        numbers = x[:, :NUMERIC, None] * p["tokens.weight"] + p["tokens.bias"]
        offsets = torch.tensor([0] + list(np.cumsum(CARDINALITIES)[:-1]))
        codes = p["tokens.table"][x[:, NUMERIC:].long() + offsets] + p["tokens.codes"]
        return torch.cat([cls, numbers, codes], dim=1)

    def attend(self, block, queries, x):
        def heads(name, y):
            return self(block + name, y).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        q, k, v = heads("query", queries), heads("key", x), heads("value", x)
        weights = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(self.width // self.heads), dim=-1)
        return self(block + "out", (weights @ v).transpose(1, 2).flatten(2))

    def forward(self, x, training):
        x = self.tokens(x)
        for i in range(self.depth):
            block = f"block{i}."
            y = self.layernorm(block + "attention.norm", x) if i > 0 else x
            queries = y
            if i == self.depth - 1:  # CLS alone
                queries, x = y[:, :1], x[:, :1]
            x = x + self.attend(block + "attention.", queries, y)
            a, b = self(block + "ffn.up", self.layernorm(block + "ffn.norm", x)).chunk(2, dim=-1)
            x = x + self(block + "ffn.down", a * F.relu(b))
        return self("head", F.relu(self.layernorm("head.norm", x[:, 0])))


def numbers(name, tensor):
    """Row by row. The C++ keeps ReGLU's halves side by side, pair by pair."""
    value = tensor.detach().numpy().astype(np.float64)
    if ".ffn.up." in name:
        value = np.stack(np.split(value, 2), axis=1).reshape(value.shape)
    return [float(f"{x:.9g}") for x in value.ravel()]


def case(model):
    x, y = features(), labels()
    optimizer = torch.optim.AdamW(
        [{"params": [p for n, p in model.parameters.items() if n in model.decayed], "weight_decay": WEIGHT_DECAY},
         {"params": [p for n, p in model.parameters.items() if n not in model.decayed], "weight_decay": 0.0}],
        lr=LEARNING_RATE, eps=EPSILON)
    snapshot = lambda: {n: numbers(n, p) for n, p in model.parameters.items()}
    result = {"architecture": model.architecture, "initial": snapshot(),
              "values": numbers("", model.forward(x, False)[:SHOWN]), "losses": []}
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = F.cross_entropy(model.forward(x, True), y)
        loss.backward()
        result["losses"].append(float(f"{loss.item():.9g}"))
        if step == 0:
            result["gradients"] = {n: numbers(n, p.grad) for n, p in model.parameters.items()}
        optimizer.step()
    result["final"] = {**snapshot(), **{n: numbers(n, b) for n, b in model.buffers.items()}}
    result["final_values"] = numbers("", model.forward(x, False)[:SHOWN])
    return result


torch.manual_seed(0)
reference = {"torch": torch.__version__, "rows": ROWS, "numeric": NUMERIC, "cardinalities": CARDINALITIES,
             "outputs": OUTPUTS, "learning_rate": LEARNING_RATE, "weight_decay": WEIGHT_DECAY,
             "epsilon": EPSILON, "cases": {"mlp": case(Mlp()), "resnet": case(ResNet()), "ft": case(FtTransformer())}}
text = json.dumps(reference, separators=(",", ":")).replace('},"', '},\n"')
(HERE / "families_reference.json").write_text(text + "\n")
