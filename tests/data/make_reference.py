#!/usr/bin/env python3
"""Writes the reference values that the unit tests compare with: nn_reference.json from PyTorch and
metrics_reference.json from scikit-learn. Run with Debian's python3-torch and python3-sklearn:

    /usr/bin/python3 tests/data/make_reference.py
"""
import json
import pathlib

import numpy as np
import sklearn
import sklearn.metrics as skm
import torch

HERE = pathlib.Path(__file__).parent
ROWS, FEATURES, HIDDEN, STEPS = 200, 5, [8, 6], 20
LEARNING_RATE, WEIGHT_DECAY = 0.01, 0.1


def features():
    """x[i, j], exact in float32; nn/torch_reference_test.cpp has the same formula."""
    i, j = np.meshgrid(np.arange(ROWS), np.arange(FEATURES), indexing="ij")
    return (((i * 37 + j * 101 + i * j * 5) % 64) - 32) / 16


def numbers(tensor):
    return [float(f"{x:.9g}") for x in tensor.detach().numpy().astype(np.float64).ravel()]


def mlp_case(outputs, target, loss_of):
    torch.manual_seed(outputs)
    widths = [FEATURES] + HIDDEN + [outputs]
    layers = []
    for a, b in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    names = [f"{n}.{p}" for n in ["hidden0", "hidden1", "head"] for p in ["weight", "bias"]]
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(
        [{"params": parameters[0::2], "weight_decay": WEIGHT_DECAY},
         {"params": parameters[1::2], "weight_decay": 0.0}], lr=LEARNING_RATE)
    x = torch.tensor(features(), dtype=torch.float32)
    case = {"outputs": outputs, "initial": dict(zip(names, map(numbers, parameters))),
            "values": numbers(model(x)[:10])}
    losses = []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model(x), target)
        loss.backward()
        losses.append(float(loss))
        if step == 0:
            case["gradients"] = {n: numbers(p.grad) for n, p in zip(names, parameters)}
        optimizer.step()
    case["losses"] = losses
    case["final"] = dict(zip(names, map(numbers, parameters)))
    return case


def nn_reference():
    i = np.arange(ROWS)
    labels = torch.tensor((i * i + i // 3) % 3)
    values = torch.tensor(((i * 11) % 50 - 25) / 8, dtype=torch.float32)
    return {
        "torch": torch.__version__, "rows": ROWS, "features": FEATURES, "hidden": HIDDEN,
        "learning_rate": LEARNING_RATE, "weight_decay": WEIGHT_DECAY,
        "classification": mlp_case(3, labels, torch.nn.functional.cross_entropy),
        "regression": mlp_case(1, values, lambda y, t: torch.nn.functional.mse_loss(y[:, 0], t)),
    }


def probabilities(rng, rows, classes):
    """Multiples of 1/32 from 1/32 up that sum to 1: exact in float32, with many ties."""
    p = rng.dirichlet(np.ones(classes), rows)
    return (1 + np.array([rng.multinomial(32 - classes, q) for q in p])) / 32


def classification_case(rng, rows, classes, absent=None):
    p = probabilities(rng, rows, classes)
    labels = np.array([rng.choice(classes, p=q) for q in p])
    if absent is not None:
        labels[labels == absent] = 0
    guesses = p.argmax(axis=1)
    if classes == 2:
        auc = skm.roc_auc_score(labels, p[:, 1])
        f1 = skm.f1_score(labels, guesses)
    else:
        auc = float(np.mean([skm.roc_auc_score(labels == c, p[:, c]) for c in np.unique(labels)]))
        if len(np.unique(labels)) == classes:
            assert abs(auc - skm.roc_auc_score(labels, p, multi_class="ovr", average="macro")) < 1e-12
        f1 = skm.f1_score(labels, guesses, average="macro")
    recalls = [np.mean(guesses[labels == c] == c) for c in np.unique(labels)]
    return {
        "classes": classes, "labels": labels.tolist(), "predictions": p.ravel().tolist(),
        "scores": {"accuracy": skm.accuracy_score(labels, guesses), "balanced_accuracy": float(np.mean(recalls)),
                   "auc": auc, "log_loss": skm.log_loss(labels, p, labels=np.arange(classes)), "f1": f1},
    }


def metrics_reference():
    rng = np.random.default_rng(0)
    truth = np.round(rng.normal(10, 4, 50) * 16) / 16
    guess = truth + np.round(rng.normal(0.5, 2, 50) * 16) / 16
    return {
        "sklearn": sklearn.__version__,
        "binary": classification_case(rng, 80, 2),
        "multiclass": classification_case(rng, 100, 5),
        "class_absent": classification_case(rng, 60, 5, absent=3),
        "regression": {
            "values": truth.tolist(), "predictions": guess.tolist(),
            "scores": {"rmse": skm.mean_squared_error(truth, guess, squared=False),
                       "mae": skm.mean_absolute_error(truth, guess), "r2": skm.r2_score(truth, guess)},
        },
    }


def write(name, value):
    (HERE / name).write_text(json.dumps(value, indent=None, separators=(",", ":")).replace('},"', '},\n"') + "\n")


write("nn_reference.json", nn_reference())
write("metrics_reference.json", metrics_reference())
