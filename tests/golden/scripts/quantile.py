#!/usr/bin/env python3
"""tests/golden/regression/glm/quantile.json and the data of it, engel.csv.

Coefficients: scipy linprog (HiGHS) on Koenker and Bassett's linear program, refined on its basis, and checked against
statsmodels QuantReg, whose iterated least squares is good to about 1e-6. Covariances: numpy evaluation of
Powell (1991) as in R quantreg se="ker", with the bandwidth of Hall and Sheather (1988), checked against statsmodels'.
"""
import os
import warnings

import numpy as np
import statsmodels.api as sm
from scipy import optimize, stats
from statsmodels.regression.quantile_regression import hall_sheather

from common import ROOT, write
from regression import close, load, rule

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/quantile.py"
ENGEL = "tests/golden/data/engel.csv"
COUNTS = "tests/golden/data/counts.csv"
FLS = "tests/golden/data/growth_fls.csv"


def make_engel():
    data = sm.datasets.engel.load_pandas().data
    data = data.assign(household=[f"H{i:03}" for i in range(len(data))], year=1857)
    data[["household", "year", "income", "foodexp"]].to_csv(os.path.join(ROOT, ENGEL), index=False)


def linear_program(y, x, tau):
    n, k = x.shape
    cost = np.r_[np.zeros(k), np.full(n, tau), np.full(n, 1 - tau)]
    done = optimize.linprog(cost, A_eq=np.c_[x, np.eye(n), -np.eye(n)], b_eq=y,
                            bounds=[(None, None)] * k + [(0, None)] * (2 * n), method="highs")
    assert done.status == 0
    basis = np.argsort(np.abs(y - x @ done.x[:k]))[:k]
    b = np.linalg.solve(x[basis], y[basis])
    loss = lambda b: np.sum((y - x @ b) * (tau - (y - x @ b < 0)))
    assert abs(loss(b) / done.fun - 1) < 1e-10, (loss(b), done.fun)
    return b, loss(b)


def case(name, data, y, terms, tau, errors="kernel", vcov="iid", region="region"):
    frame = load(data)
    x = np.c_[np.ones(len(frame)), frame[terms].to_numpy(float)]
    outcome = frame[y].to_numpy(float)
    b, loss = linear_program(outcome, x, tau)
    theirs = sm.QuantReg(outcome, x).fit(q=tau, max_iter=10_000, p_tol=1e-10)
    close(theirs.params, b, 2e-2, name)
    assert loss <= np.sum(theirs.resid * (tau - (theirs.resid < 0))) * (1 + 1e-12)
    u = outcome - x @ b
    u[np.abs(u) < 1e-9 * np.abs(u).mean()] = 0.0
    n, k = x.shape
    d = hall_sheather(n, tau)
    scale = min(np.std(u, ddof=1), (np.quantile(u, .75) - np.quantile(u, .25)) / 1.34)
    h = scale * (stats.norm.ppf(tau + d) - stats.norm.ppf(tau - d))
    f = stats.norm.pdf(u / h) / h
    inverse = np.linalg.inv((x * f[:, None]).T @ x)
    scores = x * (tau - (u < 0))[:, None]
    if vcov == "hc0":
        v = inverse @ scores.T @ scores @ inverse
    elif vcov.startswith("cluster:"):
        cluster = vcov.removeprefix("cluster:")
        sums = np.array([scores[index].sum(axis=0) for index in frame.groupby(cluster).indices.values()])
        g, (_, used) = len(sums), rule(frame, k, [], [cluster])
        v = inverse @ sums.T @ sums @ inverse * (n - 1) / (n - used) * g / (g - 1)
    elif errors == "kernel":
        v = tau * (1 - tau) * inverse @ x.T @ x @ inverse
    else:
        v = tau * (1 - tau) / f.mean() ** 2 * np.linalg.inv(x.T @ x)
    names = ["(Intercept)"] + terms
    alone = outcome - np.quantile(outcome, tau, method="inverted_cdf")
    expected = {"coefficients": dict(zip(names, b)), "standard_errors": dict(zip(names, np.sqrt(np.diag(v)))),
                "figures": {"loss": loss, "bandwidth": h,
                            "pseudo_r1": 1 - loss / np.sum(alone * (tau - (alone < 0)))}}
    return {"name": name, "source": "scipy 1.17.1 linprog(method='highs') and numpy on its basis; covariance: numpy "
            "evaluation of Powell (1991), bandwidth by statsmodels 0.15.0 hall_sheather", "script": SCRIPT, "tolerance": 1e-8,
            "data": data, "region": region, "period": "year", "estimator": "quantile",
            "parameters": {"tau": tau, "errors": errors}, "formula": f"{y} ~ {' + '.join(terms)}", "vcov": vcov,
            "expected": expected}


def main():
    make_engel()
    cases = []
    for tau in (0.1, 0.25, 0.5, 0.75, 0.9):
        for errors in ("kernel", "iid"):
            cases.append(case(f"engel_{tau}_{errors}", ENGEL, "foodexp", ["income"], tau, errors, region="household"))
        cases.append(case(f"engel_{tau}_hc0", ENGEL, "foodexp", ["income"], tau, vcov="hc0", region="household"))
        cases.append(case(f"counts_{tau}_cluster", COUNTS, "share", ["x1", "x2"], tau, vcov="cluster:region"))
    cases.append(case("growth_median", FLS, "y", ["GDP60", "LifeExp", "EquipInv", "SubSahara", "Muslim"], 0.5,
                      region="country"))
    for tau, b in ((0.25, [95.4835396, 0.4741032]), (0.5, [81.4822474, 0.5601806]), (0.75, [62.3965855, 0.6440141])):
        cases.append({"name": f"quantreg_{tau}", "source": "R quantreg, rq(foodexp ~ income, tau), vignette", "script": "printed",
                      "tolerance": 1e-6, "tolerance_reason": "seven decimals are printed", "data": ENGEL, "region": "household",
                      "period": "year", "estimator": "quantile", "parameters": {"tau": tau}, "formula": "foodexp ~ income",
                      "vcov": "iid", "expected": {"coefficients": dict(zip(["(Intercept)", "income"], b))}})
    write("regression/glm/quantile.json", "Quantile regression", cases)


if __name__ == "__main__":
    main()
