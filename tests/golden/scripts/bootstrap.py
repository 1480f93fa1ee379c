#!/usr/bin/env python3
"""tests/golden/regression/bootstrap.json: wild_cluster_bootstrap where every vector of signs is taken.

numpy evaluation of Cameron, Gelbach and Miller (2008): for each hypothesis b_j = c, restricted least squares with dummies, outcomes
X b_r + v_g u_g for all sign vectors, the regression with dummies and its clustered t again for each. p-values: the share of
|t*| >= |t|, ties (v = 1, -1) included; intervals: bisection of the p-value in c,
where it last crosses 0.05 (it may return above it on the way). wildboottest, which leaves ties out, has the same.
"""
import itertools
import warnings

import numpy as np
import wildboottest.wildboottest as wb

from clusters import cluster, codes, weighted
from common import write
from covariances import GAPS, GRUNFELD, Sample
from regression import MUNNELL, PRODUCTION, load, production

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/bootstrap.py"
LEVEL = 0.95


class Wild:
    def __init__(self, sample, by, impose):
        self.x, self.y = weighted(sample)
        self.x = self.x / np.linalg.norm(self.x, axis=0)
        self.scale = np.linalg.norm(weighted(sample)[0], axis=0)
        self.sample, self.impose = sample, impose
        groups = codes(sample.frame, by)
        self.count = groups.max() + 1
        self.member = (groups[:, None] == np.arange(self.count)).astype(float)
        signs = np.array(list(itertools.product([1.0, -1.0], repeat=self.count - 1))).T
        signs = np.vstack([signs, np.ones(signs.shape[1])])  # mirror images have the same |t*|
        self.tie = np.all(signs == 1, axis=0) & impose  # t* = t whatever the hypothesis, up to rounding
        self.signs = signs[groups]
        self.inverse = np.linalg.pinv(self.x, rcond=1e-11)
        others = [np.delete(self.x, j, axis=1) for j in range(sample.k)]
        self.others = [(o, np.linalg.pinv(o, rcond=1e-11)) for o in others]

    def t(self, y, j, c):
        """t of b_j = c, one a column of y; the factor of the covariance drops out of comparisons."""
        b = self.inverse @ y
        parts = self.inverse[j][:, None] * (y - self.x @ b)
        return (b[j] - c) / np.sqrt(np.sum((self.member.T @ parts) ** 2, axis=0))

    def p(self, j, c):
        c = c * self.scale[j]
        own = self.t(self.y[:, None], j, c)[0]
        others, inverse = self.others[j]
        if self.impose:
            fitted = others @ (inverse @ (self.y - c * self.x[:, j])) + c * self.x[:, j]
            null = c
        else:
            fitted = self.x @ (self.inverse @ self.y)
            null = (self.inverse @ self.y)[j]
        drawn = self.t(fitted[:, None] + self.signs * (self.y - fitted)[:, None], j, null)
        return np.mean((np.abs(drawn) >= abs(own)) | self.tie)

    def end(self, j, b, se, side):
        grid = b + side * se * np.concatenate([np.linspace(0, 6, 31), np.geomspace(6.5, 200, 20)])
        over = [self.p(j, c) > 1 - LEVEL + 1e-12 for c in grid]
        last = max(i for i, o in enumerate(over) if o)
        assert last < 50, (j, over)
        low, high = grid[last], grid[last + 1]
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if self.p(j, middle) > 1 - LEVEL + 1e-12 else (low, middle)
        return high


def against_wildboottest(sample, by, j, p, count):
    x, y = weighted(sample)
    r = np.zeros(x.shape[1])
    r[j] = 1
    boot = wb.WildboottestCL(X=x, Y=y, cluster=codes(sample.frame, by), R=r, B=2 ** count + 1, seed=1)
    boot.get_scores(bootstrap_type="11", impose_null=True)
    _, draws, every = boot.get_weights(weights_type="rademacher")
    boot.get_numer()
    boot.get_denom()
    boot.get_tboot()
    boot.get_vcov()
    boot.get_tstat()
    theirs = np.abs(boot.t_boot) >= abs(boot.t_stat) * (1 - 1e-9)
    assert every and draws == 2 ** count and abs(np.mean(theirs) - p) < 1e-12, (j, np.mean(theirs), p)


def main():
    cases = []
    grunfeld = lambda frame, effects: Sample(frame, frame.invest, {"value": frame.value, "capital": frame.capital}, effects)
    frame, gaps, munnell = load(GRUNFELD), load(GAPS), load(MUNNELL)
    y, x = production(munnell)
    states = Sample(munnell, y, x, ["state"], unit="state", weights="employment")
    years = Sample(munnell, y, x, ["state", "year"], unit="state")
    invest = "invest ~ value + capital"
    for name, data, formula, sample, by, region in (
            ("grunfeld_pooled", GRUNFELD, invest, grunfeld(frame, []), "firm", "firm"),
            ("grunfeld_firm", GRUNFELD, invest + " | firm", grunfeld(frame, ["firm"]), "firm", "firm"),
            ("grunfeld_gaps_firm_year", GAPS, invest + " | firm + year", grunfeld(gaps, ["firm", "year"]), "firm", "firm"),
            ("production_state_weighted", MUNNELL, PRODUCTION + " | state", states, "division", "state"),
            ("production_state_year", MUNNELL, PRODUCTION + " | state + year", years, "division", "state")):
        for impose in ("yes", "no"):
            wild = Wild(sample, by, impose == "yes")
            expected = cluster(sample, [by])
            b = [expected["coefficients"][t] for t in sample.terms]
            se = [expected["standard_errors"][t] for t in sample.terms]
            p = [wild.p(j, 0.0) for j in range(sample.k)]
            ends = [[float(wild.end(j, b[j], se[j], side)) for side in (-1, 1)] for j in range(sample.k)]
            checks = {}
            if impose == "yes":
                for j in range(sample.k):
                    against_wildboottest(sample, by, j, p[j], wild.count)
                checks["checked_against"] = ["p_values: wildboottest 0.3.2, WildboottestCL, all signs, ties counted"]
            print(name, impose, p, ends)
            case = {"name": f"{name}_{by}_{impose}", "source": "numpy evaluation of Cameron, Gelbach and Miller (2008)",
                    "script": SCRIPT, "tolerance": 1e-8, "data": data, "region": region, "period": "year", "formula": formula,
                    "vcov": f"wild_cluster_bootstrap:{by},draws=9999,impose_null={impose}"}
            if sample.weights:
                case["weights"] = sample.weights
            cases.append(case | checks | {"expected": {
                "coefficients": expected["coefficients"], "p_values": dict(zip(sample.terms, p)),
                "confidence_95": dict(zip(sample.terms, ends))}})
    write("regression/bootstrap.json", "Wild cluster bootstrap by all signs", cases)


if __name__ == "__main__":
    main()
