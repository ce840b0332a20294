#!/usr/bin/env python3
"""Writes the reference values that the unit tests compare with: nn_reference.json and loss_reference.json from
PyTorch, metrics_reference.json from scikit-learn. Run with Debian's python3-torch and python3-sklearn:

    /usr/bin/python3 tests/data/make_reference.py
"""
import json
import pathlib

import numpy as np
import sklearn
import sklearn.metrics as skm
import sklearn.utils.class_weight
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


def loss_case(rows, classes, weighted, smoothing):
    """Loss and gradient of cross-entropy; nn/loss_test.cpp has the same formulas for logits, labels and weights."""
    i, j = np.meshgrid(np.arange(rows), np.arange(classes), indexing="ij")
    logits = torch.tensor((((i * 37 + j * 101 + i * j * 5) % 64) - 32) / 16, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor((np.arange(rows) ** 2 + np.arange(rows) // 3) % classes)
    weights = torch.tensor((1 + np.arange(classes) % 4) / 2, dtype=torch.float64) if weighted else None
    loss = torch.nn.functional.cross_entropy(logits, labels, weight=weights, label_smoothing=smoothing, reduction="sum")
    loss.backward()
    return {"rows": rows, "classes": classes, "weighted": weighted, "smoothing": smoothing, "loss": float(loss),
            "gradient": numbers(logits.grad)}


def loss_reference():
    return {
        "torch": torch.__version__,
        "weighted": loss_case(12, 3, True, 0.0),
        "smoothed": loss_case(12, 3, False, 0.1),
        "weighted_and_smoothed": loss_case(12, 3, True, 0.2),
        "hundred_classes": loss_case(4, 100, True, 0.1),
    }


def probabilities(rng, rows, classes):
    """Multiples of 1/32 from 1/32 up that sum to 1: exact in float32, with many ties."""
    p = rng.dirichlet(np.ones(classes), rows)
    return (1 + np.array([rng.multinomial(32 - classes, q) for q in p])) / 32


def hundred_class_probabilities(rows):
    """Exact in float32, each row sums to 1; nn/metrics_test.cpp has the same formula."""
    i, j = np.meshgrid(np.arange(rows), np.arange(100), indexing="ij")
    p = (1 + (i * 37 + j * 101 + i * j * 5) % 32) / 4096
    p[np.arange(rows), np.arange(rows) * 7 % 100] += 1 - p.sum(axis=1)
    return p


def classification_case(rng, p, absent=None):
    classes = p.shape[1]
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
        "classes": classes, "labels": labels.tolist(), "predictions": p.ravel().tolist() if classes < 100 else [],
        "scores": {"accuracy": skm.accuracy_score(labels, guesses), "balanced_accuracy": float(np.mean(recalls)),
                   "auc": auc, "log_loss": skm.log_loss(labels, p, labels=np.arange(classes)), "f1": f1},
    }


def balanced_weights_case():
    labels = (np.arange(60) ** 2) % 7  # classes 0, 1, 2 and 4 occur
    weights = sklearn.utils.class_weight.compute_class_weight("balanced", classes=np.unique(labels), y=labels)
    return {"labels": labels.tolist(), "classes": np.unique(labels).tolist(), "weights": weights.tolist()}


def metrics_reference():
    rng = np.random.default_rng(0)
    truth = np.round(rng.normal(10, 4, 50) * 16) / 16
    guess = truth + np.round(rng.normal(0.5, 2, 50) * 16) / 16
    return {
        "sklearn": sklearn.__version__,
        "binary": classification_case(rng, probabilities(rng, 80, 2)),
        "multiclass": classification_case(rng, probabilities(rng, 100, 5)),
        "class_absent": classification_case(rng, probabilities(rng, 60, 5), absent=3),
        "hundred_classes": classification_case(np.random.default_rng(1), hundred_class_probabilities(300)),
        "balanced_class_weights": balanced_weights_case(),
        "regression": {
            "values": truth.tolist(), "predictions": guess.tolist(),
            "scores": {"rmse": skm.mean_squared_error(truth, guess, squared=False),
                       "mae": skm.mean_absolute_error(truth, guess), "r2": skm.r2_score(truth, guess)},
        },
    }


def write(name, value):
    (HERE / name).write_text(json.dumps(value, indent=None, separators=(",", ":")).replace('},"', '},\n"') + "\n")


write("nn_reference.json", nn_reference())
write("loss_reference.json", loss_reference())
write("metrics_reference.json", metrics_reference())
