#!/usr/bin/env python3
"""tests/golden/forecast/simplex.json and synthetic_control.json: least squares over the unit simplex.

Every support is tried: the best convex combination of the points of a support, by orthogonal least squares in the affine hull,
is the solution where it is no worse than any other. Among solutions the one of least |w|^2 is the shortest vector
pinv(A_S) b over all supports, A stacking the points and a row of ones. Problems too large for that are solved by
Clarabel's interior point (tolerances 1e-14), whose support is then solved exactly.
"""
from itertools import combinations

import clarabel
import numpy as np
from scipy import sparse

from common import write

SCRIPT = "tests/golden/scripts/simplex.py"
SUPPORTS = "numpy 2.4.6: all supports, numpy.linalg.lstsq and pinv"
CLARABEL = "clarabel 0.11.1 for the support, numpy.linalg.lstsq on it"


def affine(P, ridge):
    """Weights of the point of the affine hull of P's columns that is next to the origin."""
    P = np.vstack([P, np.sqrt(ridge) * np.eye(P.shape[1])])
    rest = np.linalg.lstsq(P[:, 1:] - P[:, :1], -P[:, 0], rcond=None)[0]
    return np.concatenate([[1 - rest.sum()], rest])


def supports(n):
    return (list(S) for k in range(1, n + 1) for S in combinations(range(n), k))


def enumerate_all(X, y, v, ridge):
    P = np.sqrt(v)[:, None] * (X - y[:, None])
    scale, best, value = np.abs(P).max(), None, np.inf
    for S in supports(X.shape[1]):
        w = affine(P[:, S], ridge)
        if w.min() >= -1e-13:
            f = np.sum((P[:, S] @ w) ** 2) + ridge * np.sum(w ** 2)
            if f < value - 1e-13 * scale ** 2:
                best, value = (S, w), f
    S, w = best
    z = P[:, S] @ w
    A, b = np.vstack([P, np.ones(P.shape[1])]), np.append(z, 1)
    feasible = []
    for S in supports(X.shape[1]):
        w = np.linalg.pinv(A[:, S], rcond=1e-10) @ b
        if np.abs(A[:, S] @ w - b).max() < 1e-9 * scale and w.min() >= -1e-12:
            full = np.zeros(X.shape[1])
            full[S] = w
            feasible.append(full)
    if ridge > 0:
        full = np.zeros(X.shape[1])
        full[best[0]] = best[1]
        return full, np.linalg.norm(z), False
    least = min(feasible, key=lambda w: w @ w)
    unique = all(np.abs(w - least).max() < 1e-8 for w in feasible)
    return least, np.linalg.norm(z), not unique


def interior_point(X, y):
    """Exact solution on the support that the interior point finds; its optimality is asserted."""
    P = X - y[:, None]
    scale = np.abs(P).max()
    n = P.shape[1]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-14
    Q = sparse.csc_matrix(np.triu(P.T @ P / scale ** 2))
    A = sparse.csc_matrix(np.vstack([np.ones((1, n)), -np.eye(n)]))
    b = np.append(1.0, np.zeros(n))
    w = np.array(clarabel.DefaultSolver(Q, np.zeros(n), A, b, [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(n)],
                                        settings).solve().x)
    S = list(np.flatnonzero(w > 1e-5))
    full = np.zeros(n)
    full[S] = affine(P[:, S], 0.0)
    z = P @ full
    assert full.min() >= 0 and (z @ z - P.T @ z).max() < 1e-9 * scale ** 2, (full, (z @ z - P.T @ z).max())
    return full


def problem(name, X, y, v=None, ridge=0.0, note=""):
    w, distance, non_unique = enumerate_all(X, y, np.ones(len(y)) if v is None else v, ridge)
    return {"name": name, "source": SUPPORTS, "script": SCRIPT, "tolerance": 1e-8, "note": note,
            "inputs": {"points": X.T, "target": y, "importance": v, "ridge": ridge},
            "expected": {"weights": w, "distance": distance, "non_unique": non_unique}}


def problems():
    rng = np.random.default_rng(20261125)
    cases = []
    for i, (d, n) in enumerate([(8, 5), (12, 7), (4, 8), (2, 9), (1, 4)]):
        X, y = rng.normal(size=(d, n)), 1.5 * rng.normal(size=d)
        cases.append(problem(f"outside_{i}", X, y))
        cases.append(problem(f"importance_{i}", X, y, v=rng.uniform(0, 3, d)))
        cases.append(problem(f"ridge_{i}", X, y, ridge=0.3))
    level = np.cumsum(rng.normal(size=(20, 6)), axis=0) * 0.01 + 100 + rng.normal(size=6)
    cases.append(problem("common_trend", level, level[:, :3].mean(axis=1) + 0.01 * rng.normal(size=20),
                         note="levels near 100 that differ by hundredths"))
    X = rng.normal(size=(3, 9))
    cases.append(problem("inside", X, X @ rng.dirichlet(np.ones(9)), note="the target is inside the hull"))
    X = rng.normal(size=(6, 5))
    cases.append(problem("repeated_point", np.column_stack([X, X[:, 0]]), X @ [.5, .3, .2, 0, 0] + 0.05 * rng.normal(size=6)))
    cases.append(problem("inside_simplex", X[:4], X[:4] @ [.1, .2, .3, .15, .25], note="as many points as fix the weights"))
    cases.append(problem("line", np.array([[-1.0, 9.0, 90.0]]), np.array([0.0]),
                         note="the two points of the smallest solution are not the only ones that reach the target"))
    cases.append(problem("all_equal", np.ones((3, 4)), np.zeros(3)))
    cases.append(problem("vertex", np.array([[0.0, 1, 2], [0, 1, -1]]), np.array([0.0, 0.0])))
    return cases


def control(Y, y, pre):
    w = interior_point(Y[:pre], y[:pre])
    gap = y - Y @ w
    pre_rmspe, post_rmspe = (np.sqrt(np.mean(part ** 2)) for part in (gap[:pre], gap[pre:]))
    return w, gap, pre_rmspe, post_rmspe


def synthetic():
    rng = np.random.default_rng(20261126)
    cases = []
    for name, periods, n, pre, effect in [("factor_model", 30, 12, 20, 2.0), ("many_donors", 24, 40, 18, 0.0)]:
        factors = np.cumsum(rng.normal(size=(periods, 3)), axis=0)
        Y = 50 + factors @ rng.uniform(0, 2, (3, n + 1)) + rng.normal(size=(periods, n + 1))
        Y = np.round(Y, 3)
        y, Y = Y[:, 0], Y[:, 1:]
        y[pre:] += effect
        w, gap, pre_rmspe, post_rmspe = control(Y, y, pre)
        others = [control(np.delete(Y, j, axis=1), Y[:, j], pre) for j in range(n)]
        ratio, ratios = post_rmspe / pre_rmspe, [c[3] / c[2] for c in others]
        without = []
        for j in np.flatnonzero(w):
            _, g, fit, _ = control(np.delete(Y, j, axis=1), y, pre)
            without.append({"donor": j, "att": g[pre:].mean(), "pre_rmspe": fit})
        cases.append({
            "name": name, "source": CLARABEL, "script": SCRIPT, "tolerance": 1e-8,
            "note": "simulated: three random-walk factors and noise",
            "inputs": {"treated": y, "donors": Y.T, "pre": pre},
            "expected": {"weights": w, "gap": gap, "att": gap[pre:].mean(), "pre_rmspe": pre_rmspe,
                         "ratio": ratio, "ratios": ratios, "p_value": (1 + sum(r >= ratio for r in ratios)) / (n + 1),
                         "without": without}})
    return cases


write("forecast/simplex.json", "Least squares over the unit simplex", problems())
write("forecast/synthetic_control.json", "Synthetic control from outcomes alone", synthetic())
