#!/usr/bin/env python3
"""Fits the constants of devices/sim-jetson-agx-orin.json to measured GEMM energies and times of a Jetson AGX Orin.

The formulas are those of src/runtime/simulated_gpu.cpp (linear kernels); docs/simulated-devices.md explains them. The measured kernels found nothing in the cache.
Usage: fit_orin.py FOLDER, which holds orin_gemm.csv (M, N, K, precision, min_runtime_ms, energy_mJ). Needs numpy, scipy.
"""
import csv
import sys

import numpy as np
from scipy.optimize import minimize

SMS = 16
TILES = [(256, 128), (128, 128), (128, 64), (64, 64), (32, 64)]
SPLITS = [1, 2, 4, 8]


def column(table, name):
    return np.array([float(r[name]) for r in table])


def rows(path, precision):
    with open(path, newline="") as file:
        table = [r for r in csv.DictReader(file) if r["precision"] == precision]
    return ([column(table, c) for c in ("M", "N", "K")], 1e-3 * column(table, "min_runtime_ms"),
            1e-3 * column(table, "energy_mJ"))


def work(p, shape, element_bytes):
    """Time and what energy is charged for, of the tile and split that take least time."""
    m, n, k = shape
    start_s, peak, fill_k, l2_rate, dram_rate, sharpness, half = np.exp(p[:7])
    best = np.full(m.shape, np.inf)
    flops, l2, dram, busy = (np.zeros(m.shape) for _ in range(4))
    for tm, tn in TILES:
        for split in SPLITS:
            blocks = np.ceil(m / tm) * np.ceil(n / tn) * split
            waves = np.ceil(blocks / SMS)
            efficiency = tm * tn / (tm * tn + half)
            compute_s = waves * 2 * tm * tn * (k / split + fill_k) / (peak / SMS * efficiency)
            l2_bytes = blocks * (tm + tn) * (k / split) * element_bytes + m * n * element_bytes
            partial = 8 * m * n * split if split > 1 else 0
            dram_bytes = element_bytes * (m * k + n * k + m * n)
            l2_bytes = l2_bytes + partial
            s = sharpness
            time_s = start_s + ((compute_s) ** s + (l2_bytes / l2_rate) ** s + (dram_bytes / dram_rate) ** s) ** (1 / s)
            better = time_s < best
            best = np.where(better, time_s, best)
            flops = np.where(better, 2 * blocks * tm * tn * k / split, flops)
            l2 = np.where(better, l2_bytes, l2)
            dram = np.where(better, dram_bytes, dram)
            busy = np.where(better, (time_s - start_s) * blocks / (waves * SMS), busy)
    return best, flops, l2, dram, busy


def roofline(p, blocks, block_flops, efficiency, l2_bytes, dram_bytes, dram_efficiency):
    """A kernel that has no choice of tile."""
    start_s, peak, _, l2_rate, dram_rate, sharpness, _ = np.exp(p)
    waves = np.ceil(blocks / SMS)
    compute_s = waves * block_flops / (peak / SMS * efficiency)
    s = sharpness
    busy_s = (compute_s**s + (l2_bytes / l2_rate) ** s + (dram_bytes / dram_rate / dram_efficiency) ** s) ** (1 / s)
    return start_s + busy_s, blocks * block_flops, l2_bytes, dram_bytes, busy_s * blocks / (waves * SMS)


def attention(p, folder, efficiency):
    with open(folder + "/orin_flash_attention.csv", newline="") as file:
        table = list(csv.DictReader(file))
    q, kv, heads, kv_heads, dim = (column(table, c) for c in (
        "seq_len_q", "seq_len_kv", "num_heads_q", "num_heads_kv", "head_dim"))
    causal = np.array([r["is_causal"] == "True" for r in table])
    rows_a_block = 64
    blocks = heads * np.ceil(q / rows_a_block)
    seen = np.where(causal, 0.5 * (kv + rows_a_block), kv)
    l2 = 2 * blocks * dim * (2 * rows_a_block + 2 * seen)
    dram = 2 * dim * (2 * q * heads + 2 * kv * kv_heads)
    return (roofline(p, blocks, 4 * rows_a_block * seen * dim, efficiency, l2, dram, 1.0),
            1e-3 * column(table, "min_runtime_ms"), 1e-3 * column(table, "energy_mJ"))


def layernorm(p, folder, dram_efficiency):
    with open(folder + "/orin_layernorm.csv", newline="") as file:
        table = list(csv.DictReader(file))
    m, n = column(table, "M"), column(table, "N")
    moved = 4 * m * n
    return (roofline(p, m, 8 * n, 0.1, moved, moved, dram_efficiency), 1e-3 * column(table, "min_runtime_ms"),
            1e-3 * column(table, "energy_mJ"))


def energy(p, parts):
    base_w, sm_w, flop_j, l2_j, dram_j = np.exp(p)
    time_s, flops, l2, dram, busy = parts
    return base_w * time_s + sm_w * busy + flop_j * flops + l2_j * l2 + dram_j * dram


def robust(error):
    return np.mean(np.sqrt(error**2 + 0.03**2))


def fit(loss, start):
    best = np.array(start)
    for _ in range(4):
        penalised = lambda p: loss(p) + 1e-4 * np.mean((p - start) ** 2)
        best = minimize(penalised, best, method="Nelder-Mead", options={"maxiter": 1500, "xatol": 1e-4, "fatol": 1e-6}).x
    return best


def report(name, got, truth):
    error = np.abs(got / truth - 1)
    print("  %-18s median %.3f mean %.3f nine tenths within %.3f" % (
        name, np.median(error), error.mean(), np.quantile(error, 0.9)))


def distance(got, truth):
    return robust(np.log(got) - np.log(truth))


def main():
    folder = sys.argv[1]
    for precision, element_bytes, peak in (("fp16", 2, 40e12), ("int8", 1, 80e12)):
        shape, time_s, energy_j = rows(folder + "/orin_gemm.csv", precision)
        start = np.log([5e-6, peak, 128, 1e12, 170e9, 4, 500])
        p = fit(lambda q: distance(work(q, shape, element_bytes)[0], time_s), start)
        names = ("start_s", "peak", "fill_k", "l2_rate", "dram_rate", "sharpness", "half")
        print(precision, {name: float("%.4g" % value) for name, value in zip(names, np.exp(p))})
        data = [("linear", work(p, shape, element_bytes), time_s, energy_j)]
        if precision == "fp16":
            for name, function, first in (("attention", attention, 0.6), ("layernorm", layernorm, 0.5)):
                best = fit(lambda e: distance(function(p, folder, np.exp(e[0]))[0][0], function(p, folder, 1.0)[1]),
                           np.log([first]))
                print("  efficiency of", name, float("%.4g" % np.exp(best[0])))
                data.append((name, *function(p, folder, np.exp(best[0]))))
        loss = lambda e: np.mean([distance(energy(e, parts), truth) for _, parts, _, truth in data])
        q = fit(loss, np.log([9, 15, 0.6e-12, 5e-12, 40e-12]))
        names = ("base_w", "sm_w", "flop_j", "l2_j", "dram_j")
        print(" ", {name: float("%.4g" % value) for name, value in zip(names, np.exp(q))})
        for name, parts, kernel_s, kernel_j in data:
            report(name + " time", parts[0], kernel_s)
            report(name + " energy", energy(q, parts), kernel_j)


main()
