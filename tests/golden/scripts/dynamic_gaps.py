#!/usr/bin/env python3
"""tests/golden/regression/dynamic/gaps.json: difference and system GMM where every 13th row of abdata.csv is missing.

numpy evaluation, unit by unit with explicit matrices, of Arellano and Bond (1991), Arellano and Bover (1995), Blundell and
Bond (1998) and Windmeijer (2005, eq. 3.3): no package was found that has deviations, system and gaps together.
"""
import os

import numpy as np
import pandas as pd

from common import GOLDEN, write

FILE = os.path.join(GOLDEN, "data", "abdata_gaps.csv")
TERMS = ["l(ln(emp))", "ln(wage)", "ln(capital)"]


def read():
    frame = pd.read_csv(os.path.join(GOLDEN, "data", "abdata.csv"))
    frame = frame[frame.index % 13 != 5]
    frame.to_csv(FILE, index=False)
    frame = pd.read_csv(FILE)
    return {firm: {int(r.year): tuple(np.log([r.emp, r.wage, r.capital])) for r in part.itertuples()}
            for firm, part in frame.groupby("firm")}


def transform(years, kind):
    """Rows of weights over the complete years, with the date of each."""
    rows, dates = [], []
    for i, year in enumerate(years):
        row = np.zeros(len(years))
        if kind == "first_differences" and year - 1 in years:
            row[i], row[years.index(year - 1)] = 1, -1
            dates.append(year)
        elif kind == "orthogonal_deviations" and i + 1 < len(years):
            later = len(years) - i - 1
            row[i], row[i + 1:] = 1, -1 / later
            row *= np.sqrt(later / (later + 1))
            dates.append(year + 1)
        else:
            continue
        rows.append(row)
    return np.array(rows).reshape(-1, len(years)), dates


def unit(seen, kind, system):
    """D, y, X and the instruments by name."""
    years = [t for t in sorted(seen) if t - 1 in seen]
    y = np.array([seen[t][0] for t in years])
    x = np.array([[seen[t - 1][0], seen[t][1], seen[t][2]] + [1.0] * system for t in years]).reshape(-1, 3 + system)
    d, dates = transform(years, kind)
    z = {}

    def put(key, e, value):
        z.setdefault(key, np.zeros(len(dates) + (len(years) if system else 0)))[e] = value

    for e, t in enumerate(dates):
        for v, first in ((0, 2), (1, 1)):  # outcome; wage predetermined
            for lag in range(first, 9):
                if t - lag in seen:
                    put(("level", v, t, lag), e, seen[t - lag][v])
    full = np.vstack([d, np.eye(len(years))]) if system else d
    for e, t in enumerate(years if system else []):
        for v, first in ((0, 2), (1, 1)):
            if t - first + 1 in seen and t - first in seen:
                put(("difference", v, t), len(dates) + e, seen[t - first + 1][v] - seen[t - first][v])
    z["capital"] = full @ x[:, 2]
    if system:
        z["constant"] = full @ np.ones(len(years))
    return full, full @ y, full @ x, z, transform(years, "first_differences"), y, x


def estimate(data, kind, system):
    units = [unit(seen, kind, system) for seen in data.values()]
    units = [u for u in units if len(u[0])]
    keys = sorted({key for u in units for key in u[3]}, key=str)
    zs = [np.column_stack([u[3].get(key, np.zeros(len(u[1]))) for key in keys]) for u in units]
    zx = sum(z.T @ u[2] for z, u in zip(zs, units))
    zy = sum(z.T @ u[1] for z, u in zip(zs, units))

    def solve(w):
        a = np.linalg.pinv(w)
        v = np.linalg.inv(zx.T @ a @ zx)
        m = v @ zx.T @ a
        return m @ zy, v, m, a

    def moments(b):
        return [z.T @ (u[1] - u[2] @ b) for z, u in zip(zs, units)]

    b1, v1, m1, _ = solve(sum(z.T @ u[0] @ u[0].T @ z for z, u in zip(zs, units)))
    w2 = sum(np.outer(g, g) for g in moments(b1))
    r1 = m1 @ w2 @ m1.T
    b2, v2, m2, a2 = solve(w2)
    total = sum(moments(b2))
    d = np.column_stack([
        m2 @ sum(z.T @ (np.outer(u[2][:, j], e) + np.outer(e, u[2][:, j])) @ z
                 for z, u in zip(zs, units) for e in [u[1] - u[2] @ b1]) @ a2 @ total for j in range(len(b2))])
    r2 = v2 + d @ v2 + v2 @ d.T + d @ r1 @ d.T
    return {"one": (b1, r1, serial(units, moments(b1), b1, m1, r1)), "two": (b2, r2, serial(units, moments(b2), b2, m2, r2)),
            "hansen": total @ a2 @ total, "instruments": np.linalg.matrix_rank(np.vstack(zs))}


def serial(units, moments, b, m, v):
    out = []
    for order in (1, 2):
        num, squares, wx, zw = 0.0, 0.0, np.zeros(len(b)), np.zeros(len(moments[0]))
        for u, g in zip(units, moments):
            (d, dates), y, x = u[4], u[5], u[6]
            e = d @ (y - x @ b)
            w = np.array([e[dates.index(t - order)] if t - order in dates else 0.0 for t in dates])
            a = float(w @ e)
            num, squares, wx, zw = num + a, squares + a * a, wx + w @ (d @ x), zw + g * a
        out.append(num / np.sqrt(squares - 2 * wx @ m @ zw + wx @ v @ wx))
    return out


cases = []
data = read()
for kind in ("first_differences", "orthogonal_deviations"):
    for estimator in ("arellano_bond", "blundell_bond"):
        found = estimate(data, kind, estimator == "blundell_bond")
        names = TERMS + ["(Intercept)"] * (estimator == "blundell_bond")
        for steps in ("one", "two"):
            b, v, m = found[steps]
            cases.append({
                "name": f"{estimator}_{kind}_{steps}", "source": "numpy evaluation of the papers' equations, unit by unit",
                "script": "tests/golden/scripts/dynamic_gaps.py", "tolerance": 1e-8,
                "data": "tests/golden/data/abdata_gaps.csv", "region": "firm", "period": "year",
                "formula": "ln(emp) ~ " + " + ".join(TERMS), "estimator": estimator,
                "parameters": {"predetermined": "ln(wage)", "transformation": kind, "steps": steps}, "vcov": "iid",
                "expected": {"coefficients": dict(zip(names, b)), "standard_errors": dict(zip(names, np.sqrt(np.diag(v)))),
                             "tests": {"m1": m[0], "m2": m[1], "hansen": found["hansen"]},
                             "figures": {"instruments": found["instruments"]}}})
write("regression/dynamic/gaps.json", "difference and system GMM with gaps", cases)
