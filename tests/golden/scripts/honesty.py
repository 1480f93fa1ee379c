#!/usr/bin/env python3
"""tests/golden/forecast/honesty.json: how far a future lies from history, and how unlikely imposed paths are.

Mahalanobis distances by scipy, hulls by Clarabel; conditional forecasts by the conditional distribution of the jointly
normal path (no use of R'(RR')^-1 r), with the moving averages of statsmodels' VAR.
"""
import clarabel
import numpy as np
from scipy import sparse
from scipy.spatial.distance import mahalanobis
from scipy.stats import chi2
from statsmodels.tsa.api import VAR

from common import write

SCRIPT = "tests/golden/scripts/honesty.py"


def hull(points, x):
    """x minus the nearest point of the hull of the rows of `points`."""
    P = (points - x).T
    n = P.shape[1]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-14
    A = sparse.csc_matrix(np.vstack([np.ones((1, n)), -np.eye(n)]))
    solver = clarabel.DefaultSolver(sparse.csc_matrix(np.triu(P.T @ P)), np.zeros(n), A, np.append(1.0, np.zeros(n)),
                                    [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(n)], settings)
    w = np.array(solver.solve().x)
    if np.linalg.norm(P @ w) < 1e-6:
        return np.zeros(len(x))
    S = np.flatnonzero(w > 1e-6)
    rest = np.linalg.lstsq(P[:, S[1:]] - P[:, S[:1]], -P[:, S[0]], rcond=None)[0]
    z = P[:, S] @ np.concatenate([[1 - rest.sum()], rest])
    assert (z @ z - P.T @ z).max() < 1e-10
    return -z


def distances():
    rng = np.random.default_rng(7)
    T, R, H = 15, 6, 4
    levels = rng.normal(size=(T + H, R, 3)) @ rng.normal(size=(3, 3))
    for t in range(1, T + H):
        levels[t] += 0.5 * levels[t - 1]
    levels[T:] *= 0.6
    levels[-2:, 2] += [4, -3, 0.5]
    levels = np.concatenate([np.ones((T + H, R, 1)), np.round(levels, 6)], axis=2)
    levels[4, 1, 2] = np.nan
    past, ahead = levels[:T], levels[T:]
    x = past[..., 1:]
    scale = np.sqrt(np.nanmean((x - np.nanmean(x, axis=(0, 1))) ** 2, axis=(0, 1)))
    rows = x.reshape(-1, 3)
    rows = rows[~np.isnan(rows).any(axis=1)]
    changes = np.diff(x, axis=0).reshape(-1, 3)
    changes = changes[~np.isnan(changes).any(axis=1)]
    inverse = np.linalg.inv(np.cov(changes.T))
    own = np.array([mahalanobis(c, changes.mean(axis=0), inverse) for c in changes])
    of_levels = np.linalg.inv(np.cov(rows.T))
    expected = []
    for r in range(R):
        path = np.vstack([x[-1:, r], ahead[:, r, 1:]])
        d = [mahalanobis(c, changes.mean(axis=0), inverse) for c in np.diff(path, axis=0)]
        step = int(np.argmax([mahalanobis(p, rows.mean(axis=0), of_levels) for p in path[1:]]))
        away = hull(rows / scale, path[1 + step] / scale)
        expected.append({"change_step": int(np.argmax(d)), "change": max(d), "farther": np.mean(own > max(d)),
                         "hull_step": step, "hull": np.linalg.norm(away),
                         "term": 1 + int(np.argmax(np.abs(away))) if away.any() else None})
    assert any(e["hull"] > 0 for e in expected) and any(e["hull"] == 0 for e in expected)
    return {"name": "distances", "source": "scipy 1.17.1 mahalanobis, clarabel 0.11.1 and numpy", "script": SCRIPT,
            "tolerance": 1e-8, "inputs": {"history": past, "ahead": ahead}, "expected": expected}


def conditioned(covariance, C, r):
    """Mean deviation of the path, and q, of a normal path under C path = r."""
    V = C @ covariance @ C.T
    return covariance @ C.T @ np.linalg.solve(V, r), float(r @ np.linalg.solve(V, r))


def var():
    rng = np.random.default_rng(11)
    y = np.zeros((120, 2))
    for t in range(2, 120):
        e = rng.normal(size=2) @ [[1, .4], [0, .7]]
        y[t] = [[.5, .1], [.2, .3]] @ y[t - 1] + [[-.2, 0], [.1, .2]] @ y[t - 2] + e
    fit, H = VAR(y).fit(2), 4
    phi, sigma = fit.ma_rep(H - 1), fit.sigma_u
    # Path: y1 and y2 of step 1, of step 2, ...
    big = np.zeros((2 * H, 2 * H))
    for h in range(H):
        for s in range(h + 1):
            big[2 * h:2 * h + 2, 2 * s:2 * s + 2] = phi[h - s]
    covariance = big @ np.kron(np.eye(H), sigma) @ big.T
    C = np.zeros((3, 2 * H))
    C[0, 2] = C[1, 4] = C[2, 7] = 1                   # y1 at steps 2 and 3, y2 at step 4
    r = np.array([.5, -.2, .3])
    path, q = conditioned(covariance, C, r)
    responses = big @ np.kron(np.eye(H), np.linalg.cholesky(sigma))
    d = 2 * H
    return {"name": "vector_autoregression", "source": "statsmodels 0.15.0 VAR.ma_rep, numpy: conditional normal distribution",
            "script": SCRIPT, "tolerance": 1e-10, "note": "two lags, conditions on several steps at once",
            "inputs": {"responses": responses, "conditioned": [2, 4, 7], "deviations": r},
            "expected": {"path": path, "q": q, "df": 3, "tail": chi2.sf(q, 3),
                         "calibrated": .5 * (1 + np.sqrt(1 - np.exp(-q / d)))}}


def imposed():
    rng = np.random.default_rng(13)
    cases = []
    for name, dates, cells, steps in [("many_dates", 40, 3, 5), ("more_cells_than_dates", 8, 12, 3)]:
        errors = np.round((rng.normal(size=(dates, 1)) + rng.normal(size=(dates, cells))) * rng.uniform(.01, .05, cells), 6)
        deviations = np.round(np.cumsum(.03 * rng.normal(size=(steps, cells)), axis=0), 6)
        x = (errors - errors.mean(axis=0)) / errors.std(axis=0, ddof=1)
        n = dates
        w = x[:, :, None] * x[:, None, :]                  # Schaefer and Strimmer (2005), appendix A
        r = n / (n - 1) * w.mean(axis=0)
        variance = n / (n - 1) ** 3 * ((w - w.mean(axis=0)) ** 2).sum(axis=0)
        off = ~np.eye(cells, dtype=bool)
        shrinkage = min(1, variance[off].sum() / (r[off] ** 2).sum())
        r = np.where(off, (1 - shrinkage) * r, 1)
        s = errors.std(axis=0, ddof=1)
        sigma = r * np.outer(s, s)
        walk = np.minimum.outer(np.arange(1, steps + 1), np.arange(1, steps + 1))
        v = steps * cells
        _, q = conditioned(np.kron(walk, sigma), np.eye(v), deviations.ravel())
        cases.append({"name": name, "source": "numpy evaluation of Schaefer and Strimmer (2005) and of the random walk's covariance",
                      "script": SCRIPT, "tolerance": 1e-10, "note": f"shrinkage {shrinkage:.4f}",
                      "inputs": {"errors": errors, "imposed": deviations},
                      "expected": {"q": q, "df": v, "tail": chi2.sf(q, v),
                                   "calibrated": .5 * (1 + np.sqrt(1 - np.exp(-q / v)))}})
    return cases


write("forecast/honesty.json", "Distance from history and plausibility of imposed paths", [distances(), var(), *imposed()])
