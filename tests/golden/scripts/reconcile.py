#!/usr/bin/env python3
"""tests/golden/forecast/reconcile.json: forecasts of a hierarchy made to add up.

Nodes in the order nation, groups, regions. Every expected value is computed here from the published formula with dense
matrices (generalised least squares, and for non-negative levels an NNLS on the whitened problem) and, where the package
has the method, compared with hierarchicalforecast before it is written.
"""
import numpy as np
from hierarchicalforecast.methods import MinTrace
from scipy.optimize import nnls
from statsforecast.models import RandomWalkWithDrift

from common import write

SCRIPT = "tests/golden/scripts/reconcile.py"
PACKAGE = "hierarchicalforecast 1.5.3, methods.MinTrace"
NAMES = {"ols": "ols", "wls_structural": "wls_struct", "wls_variance": "wls_var", "mint_shrink": "mint_shrink"}


def summing(groups):
    n, classes = len(groups), max((g for g in groups if g is not None), default=-1) + 1
    S = np.zeros((1 + classes + n, n))
    S[0] = 1
    for r, g in enumerate(groups):
        if g is not None:
            S[1 + g, r] = 1
        S[1 + classes + r, r] = 1
    return S


def shrink(e):
    """Schäfer and Strimmer (2005): W and λ from errors, node × date; dense, pair by pair."""
    n, T = e.shape
    x = e - e.mean(axis=1, keepdims=True)
    z = x / x.std(axis=1, keepdims=True)
    up = down = 0.0
    for i in range(n):
        for j in range(n):
            if i != j:
                w = z[i] * z[j]
                up += ((w - w.mean()) ** 2).sum() / (T * (T - 1))
                down += w.mean() ** 2
    lam = min(1.0, max(0.0, up / down))
    W = (1 - lam) * (x @ x.T) / (T - 1)
    np.fill_diagonal(W, (x ** 2).sum(axis=1) / (T - 1))
    return W, lam


def weights(method, S, e):
    if method == "ols":
        return np.eye(len(S)), None
    if method == "wls_structural":
        return np.diag(S.sum(axis=1)), None
    if method == "wls_variance":
        return np.diag((e ** 2).mean(axis=1)), None
    return shrink(e)


def gls(S, W, y):
    """S (S'W⁻¹S)⁻¹ S'W⁻¹ŷ."""
    V = np.linalg.inv(W)
    return S @ np.linalg.solve(S.T @ V @ S, S.T @ V @ y)


def non_negative(S, W, y):
    L = np.linalg.cholesky(np.linalg.inv(W)).T
    b, _ = nnls(L @ S, L @ y)
    gradient = S.T @ np.linalg.solve(W, S @ b - y)
    size = np.abs(S.T @ np.linalg.solve(W, y)).max()
    assert (b >= 0).all() and (gradient > -1e-9 * size).all() and np.abs(gradient * b).max() < 1e-9 * size * abs(y).max()
    return S @ b


def given_nation(S, W, y):
    """min (b - ŷ)'W⁻¹(b - ŷ) over the nodes but the nation, subject to the sum of the regions."""
    V, R, one = np.linalg.inv(W[1:, 1:]), S[1:], np.ones(S.shape[1])
    kkt = np.block([[R.T @ V @ R, one[:, None]], [one[None, :], np.zeros((1, 1))]])
    return S @ np.linalg.solve(kkt, np.append(R.T @ V @ y[1:], y[0]))[:-1]


def package(method, S, y, e, nonnegative=False):
    model = MinTrace(NAMES[method], nonnegative=nonnegative)
    return model.fit_predict(S=S, y_hat=y[:, None], y_insample=e, y_hat_insample=np.zeros_like(e))["mean"][:, 0]


def errors(S, T, seed, decimals=1):
    """Errors of regions with a factor in common, and of aggregates that partly follow them; rounded, so exact in the file."""
    rng = np.random.default_rng(seed)
    n = S.shape[1]
    regions = rng.uniform(20, 200, n)[:, None] * (rng.normal(size=(n, T)) + 0.8 * rng.normal(size=T))
    aggregates = (S @ regions)[: len(S) - n]
    aggregates = 0.7 * aggregates + 0.5 * aggregates.std(axis=1, keepdims=True) * rng.normal(size=aggregates.shape)
    return np.round(np.vstack([aggregates, regions]), decimals)


def hierarchy(name, groups, base, e):
    S = summing(groups)
    cases = []
    inputs = dict(groups=groups, base=base, errors=e)

    def case(method, suffix, expected, note, source, **extra):
        cases.append({"name": f"{name}_{method}{suffix}", "source": source, "script": SCRIPT, "tolerance": 1e-9 if suffix else 1e-10,
                      "note": note, "inputs": dict(method=method, nation="given" if suffix == "_given" else "forecast",
                                                   non_negative=suffix == "_non_negative", **inputs),
                      "expected": dict(levels=expected, **extra)})

    for method in NAMES:
        W, lam = weights(method, S, e)
        ours = gls(S, W, base)
        assert np.allclose(ours, package(method, S, base, e), rtol=1e-9, atol=1e-7), method
        more = {} if lam is None else {"shrinkage": lam}
        case(method, "", ours, "S (S'W⁻¹S)⁻¹ S'W⁻¹ŷ by dense inverses, equal to the package's to its ridge of 2e-8", PACKAGE, **more)
        least = non_negative(S, W, base)
        if (base >= 0).all():    # the package sets negative base forecasts to zero first and gives single precision
            assert np.allclose(least, package(method, S, base, e, nonnegative=True), rtol=1e-5, atol=1e-3 * abs(base).max())
        case(method, "_non_negative", least, "min (ŷ − S b)'W⁻¹(ŷ − S b), b ≥ 0; the conditions of Karush, Kuhn and Tucker are asserted",
             "scipy 1.17.1, optimize.nnls on the whitened problem")
        case(method, "_given", given_nation(S, W, base), "the same with b summing to the nation's ŷ, which has no error", "numpy solution of the Lagrangean")
    return cases


def shares(rng, n):
    return np.round(np.exp(rng.normal(0, 1.5, n)) * 100, 1)


def main():
    toy = [0, 0, 1, 1]
    base = np.array([100.0, 58, 45, 30, 27, 26, 18])
    e = errors(summing(toy), 12, 7, 2) / 100
    e = np.round(e, 4)
    cases = hierarchy("toy", toy, base, e)
    found = {case["name"]: case["expected"]["levels"] for case in cases}
    assert np.allclose(found["toy_ols"], [101, 57, 44, 30, 27, 26, 18])
    assert np.allclose(found["toy_wls_structural"], [101 + 1 / 3, 57 + 1 / 6, 44 + 1 / 6] + [x + 1 / 12 for x in [30, 27, 26, 18]])

    # Fewer dates than nodes, regions outside any group, and aggregates so low that regions fall below zero.
    rng = np.random.default_rng(20)
    groups = [None, None] + [r % 3 for r in range(16)] + [3]
    S = summing(groups)
    regions = shares(rng, len(groups))
    base = np.round((S @ regions) * rng.uniform(0.7, 0.95, len(S)), 1)
    base[-len(groups):] = regions
    cases += hierarchy("wide", groups, base, errors(S, 9, 21))
    # Base forecasts below zero, and a group of one region.
    low = base.copy()
    low[-3:] = [-80.0, -5.5, -140.0]
    low[1] = -30.0
    cases += hierarchy("low", groups, low, errors(S, 9, 22))
    # No groups at all.
    flat = [None] * 5
    cases += hierarchy("flat", flat, np.array([90.0, 30, 1, 25, 2, 60]), errors(summing(flat), 20, 23))

    levels = np.round(1000 * np.exp(np.cumsum(np.random.default_rng(24).normal(0.02, 0.03, 20))), 3)
    walk = RandomWalkWithDrift().fit(np.log(levels))
    point = np.exp(walk.predict(5)["mean"])
    residuals = walk.predict_in_sample()["fitted"][1:]
    ours = levels[-1] * (levels[-1] / levels[0]) ** (np.arange(1, 6) / 19)
    assert np.allclose(point, ours, rtol=1e-12)
    one_step = levels[1:] - levels[:-1] * (levels[-1] / levels[0]) ** (1 / 19)
    assert np.allclose(levels[1:] - np.exp(residuals), one_step, atol=1e-8)
    cases.append({"name": "random_walk", "source": "statsforecast 2.1.1, models.RandomWalkWithDrift on logarithms", "script": SCRIPT,
                  "tolerance": 1e-10, "note": "exp of the point forecasts; errors: level less exp of the fitted value",
                  "inputs": {"levels": levels}, "expected": {"point": point, "errors": one_step}})
    write("forecast/reconcile.json", "Reconciliation of forecasts of regions, groups and nation", cases)


if __name__ == "__main__":
    main()
