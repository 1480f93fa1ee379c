#!/usr/bin/env python3
"""tests/golden/regression/dynamic/threshold.json: threshold regressions of Grunfeld's firms.

numpy evaluation of Hansen (1999), eqs. 5 to 18: least squares with dummies at every value of the threshold.
"""
import os

import numpy as np
import pandas as pd

from common import ROOT, write


def design(frame, effects):
    return np.column_stack([np.ones(len(frame))] + [
        pd.get_dummies(frame[e], drop_first=True).to_numpy(float) for e in effects])


def columns(x, q, cuts):
    regime = np.searchsorted(np.sort(cuts), q, side="left")  # q <= c belongs below
    return np.column_stack([x[:, j] * (regime == r) for j in range(x.shape[1]) for r in range(len(cuts) + 1)])


def fit(y, z, x, q, cuts):
    full = np.column_stack([columns(x, q, cuts), z])
    b, *_ = np.linalg.lstsq(full, y, rcond=None)
    u = y - full @ b
    return b, float(u @ u), full


def profile(y, z, x, q, held, least):
    out = []
    for c in np.unique(q):
        cuts = np.sort(np.append(held, c))
        counts = np.diff(np.concatenate([[0], [np.sum(q <= v) for v in cuts], [len(q)]]))
        if counts.min() >= least:
            out.append((c, fit(y, z, x, q, cuts)[1]))
    return out


def best(pairs):
    return min(pairs, key=lambda pair: (pair[1], pair[0]))


def case(name, data, effects, variable, regime, others, count, keep):
    frame = pd.read_csv(os.path.join(ROOT, data))
    y, q = frame.invest.to_numpy(float), frame[variable].to_numpy(float)
    x = frame[regime].to_numpy(float)
    terms = regime + [t for t in others if t not in regime and (keep or t != variable)]
    fixed = design(frame, effects)
    z = np.column_stack([frame[[t for t in terms if t not in regime]].to_numpy(float), fixed])
    df = len(y) - np.linalg.matrix_rank(fixed)
    least, held, tests = int(np.ceil(0.05 * len(y))), [], {}
    for k in range(1, count + 1):
        s0 = fit(y, z, x, q, np.array(held))[1]
        c, s1 = best(profile(y, z, x, q, held, least))
        tests[f"threshold_{k}"] = df * (s0 - s1) / s1
        held.append(c)
        for i in range(k - 1):
            held[i] = best(profile(y, z, x, q, held[:i] + held[i + 1:], least))[0]
    held = sorted(held)
    critical = -2 * np.log(1 - np.sqrt(0.95))
    figures = {}
    for i, c in enumerate(held):
        pairs = profile(y, z, x, q, held[:i] + held[i + 1:], least)
        low = min(s for _, s in pairs)
        inside = [v for v, s in pairs if df * (s - low) / low <= critical]
        figures |= {f"threshold_{i + 1}": c, f"threshold_{i + 1}_low": min(inside), f"threshold_{i + 1}_high": max(inside)}
    b, ssr, full = fit(y, z, x, q, np.array(held))
    names = [f"{t}:regime_{r + 1}" for t in regime for r in range(count + 1)] + [t for t in terms if t not in regime]
    sigma2 = ssr / (len(y) - np.linalg.matrix_rank(full))
    errors = np.sqrt(np.diag(np.linalg.inv(full.T @ full)) * sigma2)
    expected = {"coefficients": dict(zip(names, b)), "standard_errors": dict(zip(names, errors)), "figures": figures,
                "tests": tests, "statistics": {"ssr": ssr}}
    formula = "invest ~ " + " + ".join(others) + " | " + " + ".join(effects)
    return {"name": name, "source": "numpy evaluation of Hansen (1999), J. Econometrics 93(2), eqs. 5 to 18",
            "script": "tests/golden/scripts/threshold.py", "tolerance": 1e-8, "data": data, "region": "firm", "period": "year",
            "formula": formula, "estimator": "panel_threshold",
            "parameters": {"threshold": variable, "regime_terms": "; ".join(regime), "thresholds": str(count), "draws": "0",
                           "keep_threshold": "yes" if keep else "no"},
            "vcov": "iid", "expected": expected}


FULL, GAPS = "tests/golden/data/grunfeld.csv", "tests/golden/data/grunfeld_gaps.csv"
BOTH = ["value", "capital"]
write("regression/dynamic/threshold.json", "panel threshold regression", [
    case("one", FULL, ["firm"], "value", ["capital"], BOTH, 1, True),
    case("one_not_kept", FULL, ["firm"], "value", ["capital"], BOTH, 1, False),
    case("one_in_regime", FULL, ["firm"], "capital", BOTH, BOTH, 1, True),
    case("two", FULL, ["firm"], "value", ["capital"], BOTH, 2, True),
    case("three", FULL, ["firm"], "value", ["capital"], BOTH, 3, True),
    case("two_gaps_years", GAPS, ["firm", "year"], "capital", BOTH, BOTH, 2, True),
])
