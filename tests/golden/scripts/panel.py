#!/usr/bin/env python3
"""Golden files of tests/golden/regression/panel: estimators and tests of panels.

plm.json: R package plm, by panel.R. linearmodels.json: BetweenOLS, FirstDifferenceOLS, RandomEffects with their
covariances, where the small-sample rule is the same as here (debiased=True: n/(n - k); clusters with group_debias=True:
(n - 1)/(n - k) G/(G - 1)). closed_form.json: dense numpy evaluations.
"""
import json
import os
import subprocess
import warnings

import linearmodels
import numpy as np
import pandas as pd
from linearmodels.panel import BetweenOLS, FirstDifferenceOLS, RandomEffects

from common import ROOT, write

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/panel.py"
GRUNFELD = {"data": "tests/golden/data/grunfeld.csv", "region": "firm", "period": "year"}
GAPS = {"data": "tests/golden/data/grunfeld_gaps.csv", "region": "firm", "period": "year"}
WAGES = {"data": "tests/golden/data/wages.csv", "region": "id", "period": "year"}


def load(place):
    frame = pd.read_csv(os.path.join(ROOT, place["data"]), float_precision="round_trip")
    return frame.set_index([place["region"], place["period"]])


def plm():
    out = subprocess.run(["Rscript", os.path.join(ROOT, "tests/golden/scripts/panel.R")], cwd=ROOT, check=True,
                         capture_output=True, text=True).stdout
    for case in json.loads(out):
        call = case.pop("call")
        known = {"name": case.pop("name"), "source": f"R plm 2.6-2, {call}", "script": "tests/golden/scripts/panel.R",
                 "tolerance": 1e-8}
        if known["name"].startswith("produc_cce"):
            known |= {"tolerance": 1e-5, "tolerance_reason": "plm inverts cross-products of logs and their averages; "
                      "closed_form.json has the same by orthogonal least squares"}
        yield known | case


def by_linearmodels():
    models = {"between": BetweenOLS, "first_differences": FirstDifferenceOLS, "random_effects": RandomEffects}
    for estimator, model in models.items():
        for place, key in [(GRUNFELD, "grunfeld"), (GAPS, "gaps"), (WAGES, "wages")]:
            frame = load(place)
            outcome, terms = ("lwage", ["wks", "union", "married"]) if key == "wages" else ("invest", ["value", "capital"])
            # linearmodels' differences count rows, its random effects of unbalanced panels take unweighted means.
            if key == "gaps" and estimator != "between":
                continue
            drift = estimator != "first_differences"
            x = frame[terms].assign(**{"(Intercept)": 1.0}) if drift else frame[terms]
            weightings = [None] if estimator == "random_effects" or key == "wages" else [None, "value"]
            for weights in weightings:
                w = None if weights is None else frame[weights]
                for vcov in ["iid", "hc1", f"cluster:{place['region']}"]:
                    kind = {"iid": "unadjusted", "hc1": "robust"}.get(vcov, "clustered")
                    extra = {}
                    if kind == "clustered":
                        units = pd.DataFrame({"c": pd.factorize(frame.index.get_level_values(0))[0]}, frame.index)
                        extra = {"clusters": units, "group_debias": True}
                    fit = model(frame[outcome], x, weights=w).fit(cov_type=kind, debiased=True, **extra)
                    name = f"{estimator}_{key}_{vcov}" + ("_weighted" if weights else "")
                    expected = {"coefficients": fit.params.to_dict(), "standard_errors": fit.std_errors.to_dict()}
                    if estimator == "random_effects":
                        variances = fit.variance_decomposition
                        expected["figures"] = {"sigma_u": variances["Effects"] ** 0.5,
                                               "sigma_e": variances["Residual"] ** 0.5}
                    formula = f"{outcome} ~ {'' if drift else '0 + '}{' + '.join(terms)}"
                    case = {"name": name, "source": f"linearmodels {linearmodels.__version__}, {model.__name__}",
                            "script": SCRIPT, "tolerance": 1e-8} | place
                    case |= {"formula": formula, "estimator": estimator, "vcov": vcov}
                    if weights:
                        case["weights"] = weights
                    yield case | {"expected": expected}


def ones(codes):
    return (codes[:, None] == np.unique(codes)[None, :]).astype(float)


def dense_two_way(components):
    """y, X, Omega/s2_e and names of the two-way model on Grunfeld with gaps."""
    frame = load(GAPS).reset_index()
    z1, z2 = ones(frame["firm"].to_numpy()), ones(frame["year"].to_numpy())
    x = np.column_stack([np.ones(len(frame)), frame["value"], frame["capital"]])
    s = components
    omega = np.eye(len(frame)) + (s["sigma_u"] ** 2 * z1 @ z1.T + s["sigma_period"] ** 2 * z2 @ z2.T) / s["sigma_e"] ** 2
    return frame["invest"].to_numpy(), x, omega


def two_way(cases):
    """Generalised least squares with the dense covariance at plm's variances: (X'O^-1 X)^-1 e'O^-1 e/(n - k)."""
    for case in cases:
        if not case["name"].startswith("grunfeld_gaps_two_way"):
            continue
        y, x, omega = dense_two_way(case["expected"]["figures"])
        inverse = np.linalg.inv(omega)
        bread = np.linalg.inv(x.T @ inverse @ x)
        b = bread @ x.T @ inverse @ y
        e = y - x @ b
        sigma2 = e @ inverse @ e / (len(y) - x.shape[1])
        names = ["(Intercept)", "value", "capital"]
        expected = {"coefficients": dict(zip(names, b)), "standard_errors": dict(zip(names, np.sqrt(np.diag(bread) * sigma2)))}
        yield case | {"source": "numpy evaluation of generalised least squares with the dense covariance at plm's variances",
                      "script": SCRIPT, "expected": expected}


def nerlove_two_way():
    """Nerlove's variances of the unbalanced two-way model by dense dummies, at the weighted means plm documents."""
    frame = load(GAPS).reset_index()
    z1, z2 = ones(frame["firm"].to_numpy()), ones(frame["year"].to_numpy())
    y, x = frame["invest"].to_numpy(), frame[["value", "capital"]].to_numpy()
    design = np.column_stack([x, z1, z2])
    b, *_ = np.linalg.lstsq(design, y, rcond=None)
    n, figures = len(y), {"sigma_e": float(np.sqrt(np.sum((y - design @ b) ** 2) / len(y)))}
    for name, z, part in [("sigma_u", z1, b[2:2 + z1.shape[1]]), ("sigma_period", z2, b[2 + z1.shape[1]:])]:
        effects = z @ part
        groups = z.shape[1]
        figures[name] = float(np.sqrt(np.sum((effects - effects.mean()) ** 2) / n * groups / (groups - 1)))
    return {"name": "grunfeld_gaps_two_way_nerlove", "source": "numpy evaluation of Nerlove (1971) by dense dummies",
            "script": SCRIPT, "tolerance": 1e-8, **GAPS, "formula": "invest ~ value + capital", "estimator": "random_effects",
            "parameters": {"components": "nerlove", "effect": "two_way"}, "vcov": "iid", "expected": {"figures": figures}}


def mundlak():
    """Random effects with unit means at the given variances, and the robust test of their coefficients."""
    for place, key in [(GRUNFELD, "grunfeld"), (GAPS, "gaps")]:
        frame = load(place).reset_index()
        y, terms = frame["invest"].to_numpy(), ["value", "capital"]
        z, n = ones(frame["firm"].to_numpy()), len(frame)
        counts = z.sum(0)
        means = z @ (z.T @ frame[terms].to_numpy() / counts[:, None])
        x = np.column_stack([np.ones(n), frame[terms], means])
        # Swamy and Arora: within residuals, and between residuals weighted by periods with their exact expectation
        within = np.eye(n) - z @ np.diag(1 / counts) @ z.T
        wx = within @ x[:, 1:3]
        e = within @ y - wx @ np.linalg.lstsq(wx, within @ y, rcond=None)[0]
        s2 = e @ e / (n - len(counts) - 2)
        bx = z @ np.diag(1 / counts) @ z.T @ x[:, :3]
        by = z @ np.diag(1 / counts) @ z.T @ y
        e1 = by - bx @ np.linalg.lstsq(bx, by, rcond=None)[0]
        inner = np.linalg.inv(bx.T @ bx)
        s1 = (e1 @ e1 - s2 * (len(counts) - 3)) / (n - np.trace(inner @ bx.T @ z @ z.T @ bx))
        omega = np.eye(n) + max(s1, 0) / s2 * z @ z.T
        inverse = np.linalg.inv(omega)
        bread = np.linalg.inv(x.T @ inverse @ x)
        b = bread @ x.T @ inverse @ y
        u = y - x @ b
        scores = z.T @ (np.linalg.cholesky(inverse).T @ x * (np.linalg.cholesky(inverse).T @ u)[:, None])
        meat = scores.T @ scores
        g = len(counts)
        v = bread @ meat @ bread * (n - 1) / (n - 5) * g / (g - 1)
        statistic = b[3:] @ np.linalg.inv(v[3:, 3:]) @ b[3:]
        names = ["(Intercept)", *terms, *[f"mean({t})" for t in terms]]
        yield {"name": f"mundlak_{key}", "source": "numpy evaluation of Mundlak (1978) with the dense covariance",
               "script": SCRIPT, "tolerance": 1e-8, **place, "formula": "invest ~ value + capital",
               "estimator": "correlated_random_effects", "vcov": "cluster:firm",
               "expected": {"coefficients": dict(zip(names, b)), "standard_errors": dict(zip(names, np.sqrt(np.diag(v)))),
                            "figures": {"sigma_e": s2 ** 0.5, "sigma_u": max(s1, 0) ** 0.5}, "tests": {"mundlak": statistic}}}


def common_correlated_effects():
    """Pesaran (2006) on the Munnell data by numpy.linalg.lstsq: each unit on its averages, then on the rest."""
    frame = pd.read_csv(os.path.join(ROOT, "data/munnell.csv"), float_precision="round_trip")
    logs = ["public_capital", "private_capital", "employment"]
    names = [f"ln({name})" for name in logs] + ["unemployment"]
    data = np.column_stack([np.log(frame["gsp"]), *[np.log(frame[name]) for name in logs], frame["unemployment"]])
    averages = pd.DataFrame(data).groupby(frame["year"]).transform("mean").to_numpy()
    # Centring changes no space and keeps the digits.
    averages = np.column_stack([np.ones(len(frame)), averages - averages.mean(0)])
    own, grams, moments = [], [], []
    for _, rows in frame.groupby("state").indices.items():
        h, d = averages[rows], data[rows] - data[rows].mean(0)
        q, _ = np.linalg.qr(h)
        for _ in range(2):
            d = d - q @ (q.T @ d)
        y, x = d[:, 0], d[:, 1:]
        own.append(np.linalg.lstsq(x, y, rcond=None)[0])
        grams.append(x.T @ x)
        moments.append(x.T @ y)
    own = np.array(own)
    count, mean = len(own), own.mean(0)
    mean_group = (own - mean).T @ (own - mean) / (count * (count - 1))
    bread = np.linalg.inv(sum(grams))
    meat = sum(a @ np.outer(b - mean, b - mean) @ a for a, b in zip(grams, own))
    pooled = count / (count - 1) * bread @ meat @ bread
    for pool, b, v in [("mean_group", mean, mean_group), ("pooled", bread @ sum(moments), pooled)]:
        yield {"name": f"produc_cce_{pool}", "source": "numpy evaluation of Pesaran (2006)", "script": SCRIPT, "tolerance": 1e-8,
               "data": "data/munnell.csv", "region": "state", "period": "year",
               "formula": f"ln(gsp) ~ {' + '.join(names)}", "estimator": "common_correlated_effects",
               "parameters": {"pool": pool}, "vcov": "iid",
               "expected": {"coefficients": dict(zip(names, b)), "standard_errors": dict(zip(names, np.sqrt(np.diag(v))))}}


def main():
    cases = list(plm())
    write("regression/panel/plm.json", "estimators and tests of panels: R plm", cases)
    write("regression/panel/linearmodels.json", "estimators of panels: linearmodels", list(by_linearmodels()))
    dense = [*two_way(cases), nerlove_two_way(), *mundlak(), *common_correlated_effects()]
    write("regression/panel/closed_form.json", "estimators of panels: dense evaluations", dense)


if __name__ == "__main__":
    main()
