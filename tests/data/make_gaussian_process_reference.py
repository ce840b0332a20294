"""Writes gaussian_process_reference.json: predictions and likeliest priors of scikit-learn's Gaussian process.

    pip install scikit-learn
    python3 make_gaussian_process_reference.py
"""
import json
import os

import numpy as np
import sklearn
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

rng = np.random.default_rng(7)
x = rng.uniform(-2, 2, size=(90, 3)).astype(np.float32)
signal = np.sin(2 * x[:, 0]) + np.cos(2 * x[:, 1])  # the third feature says nothing
y = (signal + 0.2 * rng.standard_normal(90)).astype(np.float32)
weight = np.where(np.arange(90) % 3 == 0, 0.5, 1.0)
probes = np.vstack([rng.uniform(-2, 2, size=(5, 3)), [[40, 40, 40]]]).astype(np.float32)
mean = float(y.mean())

fixed = GaussianProcessRegressor(Matern([1.0, 2.0, 4.0], nu=2.5), alpha=0.05 / weight, optimizer=None)
fixed.fit(x, y - mean)

free = GaussianProcessRegressor(
    ConstantKernel(1.0, (1e-3, 1e3)) * Matern([1.0, 1.0, 1.0], (0.1, 1e3), nu=2.5) + WhiteKernel(0.05, (1e-5, 10)),
    alpha=1e-10, n_restarts_optimizer=10, random_state=0)
free.fit(x, y - mean)
variance, matern, white = free.kernel_.k1.k1.constant_value, free.kernel_.k1.k2, free.kernel_.k2

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gaussian_process_reference.json")
with open(path, "w") as out:
    json.dump({
        "made_by": f"make_gaussian_process_reference.py, scikit-learn {sklearn.__version__}, numpy {np.__version__}",
        "features": [round(float(v), 7) for v in x.ravel()],
        "target": [round(float(v), 7) for v in y],
        "weight": weight.tolist(),
        "probes": [round(float(v), 7) for v in probes.ravel()],
        "predictions": [mean + float(v) for v in fixed.predict(probes)],
        "likeliest_scales": matern.length_scale.tolist(),
        "likeliest_noise": float(white.noise_level / variance),
    }, out, indent=1)
    out.write("\n")
