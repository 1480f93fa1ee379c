#!/usr/bin/env python3
"""tests/golden/regression/dynamic/gmm.json: difference and system GMM on the panel of Arellano and Bond (1991).

dynamic_plm.json holds what dynamic.R printed.
"""
import json
import os

from common import GOLDEN, write

PLM = json.load(open(os.path.join(GOLDEN, "scripts", "dynamic_plm.json")))
YEARS = {first: [f"year::{year}" for year in range(first, 1985)] for first in (1978, 1979)}


def lags(name, first, last):
    text = {0: f"ln({name})", 1: f"l(ln({name}))"}
    return [text.get(k, f"l(ln({name}), {k})") for k in range(first, last + 1)]


A = lags("emp", 1, 2) + lags("wage", 0, 1) + lags("capital", 0, 2) + lags("output", 0, 2)
B = lags("emp", 1, 2) + lags("wage", 0, 1) + lags("capital", 0, 0) + lags("output", 0, 1)
S = lags("emp", 1, 1) + lags("wage", 0, 1) + lags("capital", 0, 1)
PAST = {"endogenous": "ln(wage); ln(capital)"}


def case(name, terms, parameters, expected, source, effects=" | year", prefix="", estimator="arellano_bond", tolerance=1e-8, **extra):
    return {"name": name, "source": source, "script": "tests/golden/scripts/dynamic.R", "tolerance": tolerance,
            "data": "tests/golden/data/abdata.csv", "region": "firm", "period": "year",
            "formula": "ln(emp) ~ " + prefix + " + ".join(terms) + effects, "estimator": estimator,
            "parameters": parameters, "vcov": "iid", **extra, "expected": expected}


def plm(name, terms, parameters, **extra):
    printed = PLM[name]
    cases = []
    for errors in ("robust", "conventional"):
        if errors == "conventional" and parameters.get("steps") == "one":
            continue  # plm leaves the variance of the disturbances out
        expected = {"coefficients": dict(zip(terms, printed["coefficients"])),
                    "standard_errors": dict(zip(terms, printed[errors])),
                    "figures": {"instruments": printed["instruments"], "groups": 140}}
        if "hansen" in printed:
            m = printed["m_robust" if errors == "robust" else "m_conventional"]
            expected["tests"] = {"m1": m[0], "m2": m[1]}
            if parameters.get("steps") != "one":
                expected["tests"]["hansen"] = printed["hansen"][0]
        cases.append(case(f"plm_{name}_{errors}", terms, parameters | {"errors": errors}, expected,
                          "R 4.2.2, plm 2.6-2, pgmm, vcovHC, mtest, sargan", **extra))
    return cases


cases = [
    *plm("table_4_a1", A, {"steps": "one"}),
    *plm("table_4_a2", A, {}),
    *plm("table_4_b", B, {}),
    *plm("collapsed", B, {"collapse": "yes"}),
    *plm("three_lags", B, {"max_lag": "4"}),
    *plm("no_periods", B, {}, effects=""),
    *plm("endogenous", S, PAST),
    *plm("system_one", S, PAST | {"steps": "one"}, effects="", prefix="0 + ", estimator="blundell_bond"),
    *plm("system_two", S, PAST, effects="", prefix="0 + ", estimator="blundell_bond"),
]
write("regression/dynamic/gmm.json", "difference and system GMM", cases)
