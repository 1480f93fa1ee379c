#!/usr/bin/env python3
"""tests/golden/regression/dynamic/convergence.json: growth regressions of US states and of Mankiw, Romer and Weil (1992).

Least squares by statsmodels; speed and half-life by their formulas with the delta method. Run with the path of gretl's
mrw.gdt to write tests/golden/data/mrw.csv anew.
"""
import gzip
import os
import re
import sys

import numpy as np
import pandas as pd
import statsmodels.api as sm

from common import GOLDEN, write

DATA = os.path.join(GOLDEN, "data")
SOURCE = "statsmodels 0.15.0, OLS; speed and half-life: delta method"


def long_income():
    """Every tenth year of us_income.csv as rows."""
    wide = pd.read_csv(os.path.join(DATA, "us_income.csv"))
    rows = wide.melt("state", [str(y) for y in range(1929, 2010, 10)], "year", "income")
    rows.sort_values(["state", "year"]).to_csv(os.path.join(DATA, "us_income_decades.csv"), index=False)


def mrw(path):
    text = open(path, "rb").read()
    text = (gzip.decompress(text) if text[:2] == b"\x1f\x8b" else text).decode()
    names = re.findall(r'<variable name="(\w+)"', text)
    rows = [[label, 1985, *line.split()] for label, line in re.findall(r'<obs label="(.*?)">(.*?)</obs>', text)]
    frame = pd.DataFrame(rows, columns=["country", "year", *names])
    frame = frame[frame.nonoil == "1"].drop(columns=["nonoil", "OECD"])
    frame.to_csv(os.path.join(DATA, "mrw.csv"), index=False)


def figures(b, error, kind, span):
    share, slope = {"average_growth": (1 + b * span, span), "total_growth": (1 + b, 1), "level": (b, 1)}[kind]
    speed = -np.log(share) / span
    speed_error = error * slope / (share * span)
    told = {"span": span, "speed": speed, "speed_error_iid": speed_error}
    if speed > 0:
        told |= {"half_life": np.log(2) / speed, "half_life_error_iid": np.log(2) / speed**2 * speed_error}
    return told


def case(name, data, region, formula, y, x, parameters, kind, span, vcov="iid", dummies=None, note=None):
    """x: initial level first; `dummies` are columns of fixed effects."""
    full = np.column_stack([np.column_stack(list(x.values())), np.ones(len(y)) if dummies is None else dummies])
    names = list(x) + (["(Intercept)"] if dummies is None else [])
    model = sm.OLS(y, full)
    plain = model.fit()
    fit = plain if vcov == "iid" else model.fit(cov_type="HC1")
    b, error = np.asarray(fit.params), np.asarray(fit.bse)
    expected = {"figures": figures(b[0], np.asarray(plain.bse)[0], kind, span), "statistics": {"ssr": plain.ssr}}
    if parameters.get("form") == "nonlinear":
        speed = expected["figures"]["speed"]
        scaled = figures(b[0], error[0], kind, span)["speed_error_iid"]
        b, error = np.append(b[1:len(names)], speed), np.append(error[1:len(names)], scaled)
        names = names[1:] + ["speed"]
    expected |= {"coefficients": dict(zip(names, b)), "standard_errors": dict(zip(names, error))}
    one = {"name": name, "source": SOURCE, "script": "tests/golden/scripts/convergence.py", "tolerance": 1e-8,
           "data": f"tests/golden/data/{data}.csv", "region": region, "period": "year", "formula": formula,
           "estimator": "convergence_regression", "parameters": parameters, "vcov": vcov}
    return one | ({"note": note} if note else {}) | {"expected": expected}


def us():
    wide = pd.read_csv(os.path.join(DATA, "us_income.csv"))
    late, early = np.log(wide["2009"]), np.log(wide["1929"])
    x = {"l(ln(income), 80)": early}
    formula = "I(dln(income, 80)/80) ~ l(ln(income), 80)"
    note = "R: speed .0164716, half-life 42.0813"
    cases = [case(f"us_{form}_{vcov}", "us_income_decades", "state", formula, (late - early) / 80, x, {"form": form},
                  "average_growth", 80, vcov, note=note)
             for form in ("linear", "nonlinear") for vcov in ("iid", "hc1")]
    told = cases[0]["expected"]["figures"]
    assert (f"{told['speed']:.7f}", f"{told['half_life']:.4f}") == ("0.0164716", "42.0813"), told
    years = [str(y) for y in range(1929, 2010, 10)]
    level = np.log(wide[years].to_numpy())
    y, lag = level[:, 1:].ravel(), level[:, :-1].ravel()
    state, year = np.repeat(np.arange(len(wide)), 8), np.tile(np.arange(8), len(wide))
    dummies = np.column_stack([pd.get_dummies(state), pd.get_dummies(year, drop_first=True)]).astype(float)
    for form in ("linear", "nonlinear"):
        cases.append(case(f"us_panel_{form}", "us_income_decades", "state", "ln(income) ~ l(ln(income), 10) | state + year", y,
                          {"l(ln(income), 10)": lag}, {"outcome": "level", "form": form}, "level", 10, dummies=dummies))
    return cases


def world():
    frame = pd.read_csv(os.path.join(DATA, "mrw.csv"))
    growth = np.log(frame.gdp85) - np.log(frame.gdp60)
    terms = {"ln(gdp60)": np.log(frame.gdp60), "ln(inv)": np.log(frame.inv), "ln(popgrow + 5)": np.log(frame.popgrow + 5),
             "ln(school)": np.log(frame.school)}
    printed = {1: "Mankiw, Romer and Weil (1992), table III: .0943 (.0496)", 3: "table IV: -.141 (.052), .647 (.087), -.299 (.304)",
               4: "table V: -.289 (.062), .524 (.087), -.505 (.288), .233 (.060); the data of gretl differ a little"}
    return [case(f"mrw_{k}", "mrw", "country", "I(ln(gdp85) - ln(gdp60)) ~ " + " + ".join(list(terms)[:k]), growth,
                 dict(list(terms.items())[:k]), {"outcome": "total_growth", "span": "25", "initial": "ln(gdp60)"},
                 "total_growth", 25, note=note) for k, note in printed.items()]


if len(sys.argv) > 1:
    mrw(sys.argv[1])
long_income()
write("regression/dynamic/convergence.json", "beta convergence", us() + world())
