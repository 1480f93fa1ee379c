#!/usr/bin/env python3
"""Golden files of the family `inequality` in tests/golden/indices, as whole datasets with a call.

The script is not called as the family, because that is the name of a package it imports.
"""
import os
import warnings

import numpy as np
import pandas as pd
import statsmodels.api as sm
from giddy.rank import Tau, Theta
from inequality.atkinson import atkinson as pysal_atkinson
from inequality.gini import Gini
from inequality.theil import Theil, TheilD
from inequality.wolfson import wolfson as pysal_wolfson
from scipy import stats

from common import GOLDEN, write

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/regional_inequality.py"
PYSAL = "PySAL inequality 1.1.2, "
GIDDY = "PySAL giddy 2.3.8, "
SCIPY = "scipy 1.17.1, "
STATSMODELS = "statsmodels 0.15.0, "
NUMPY = "numpy evaluation of "
REPEATED = " of every head's value (numpy.repeat by the weights)"

MEXICO = pd.read_csv(os.path.join(GOLDEN, "data/mexico.csv"))
US = pd.read_csv(os.path.join(GOLDEN, "data/us_income.csv"))
# REAT 3.0.3, man/gini.Rd: incomes and the number of their earners
INCOME, EARNERS = np.array([500., 1500., 2500., 4000., 7500., 15000.]), np.array([1000, 1200, 1600, 400, 200, 600])
# REAT 3.0.3, data of its manual: GDP (billion EUR) and population of the 16 German Laender
GDP = np.array([460.69, 549.19, 124.16, 65.29, 31.59, 109.27, 263.44, 39.87, 258.53, 645.59, 131.95, 35.03, 112.66, 56.22, 85.61, 56.81])
POP = np.array([10879618, 12843514, 3520031, 2484826, 671489, 1787408, 6176172, 1612362, 7926599, 17865516, 4052803, 995597, 4084851, 2245470, 2858714, 2170714])
# Population in units of 1,000, so that every head can be written down
THOUSANDS = np.round(POP / 1000).astype(int)


def data(values, weights=None, groups=None, regions=None):
    """A dataset of the measure `x` by period (or of one period), with what stands beside it."""
    by_period = values if isinstance(values, dict) else {"2000": values}
    n = len(next(iter(by_period.values())))
    dataset = {"regions": list(regions) if regions is not None else [f"r{i + 1:02}" for i in range(n)],
               "measures": {"x": {period: list(x) for period, x in by_period.items()}}}
    assert dataset["regions"] == sorted(dataset["regions"])
    attributes = {}
    if weights is not None:
        attributes["heads"] = list(weights)
    if groups is not None:
        attributes["area"] = [f"g{g}" for g in groups]
    return dataset | ({"attributes": attributes} if attributes else {})


def case(name, index, source, dataset, expected, note=None, **parameters):
    attributes = dataset.get("attributes", {})
    if "heads" in attributes:
        parameters["weights"] = "heads"
    if "area" in attributes:
        parameters["groups"] = "area"
    one = {"name": name, "source": source, "script": SCRIPT, "tolerance": 1e-10}
    if note:
        one["note"] = note
    expected = {part: np.atleast_1d(np.asarray(x, float)) for part, x in expected.items()}
    return one | {"data": dataset, "call": {"index": index, "measure": "x", "parameters": parameters}, "expected": expected}


def mexico(*years, groups=None):
    values = {str(year): MEXICO[f"pcgdp{year}"].to_numpy(float) for year in years}
    return data(values, groups=None if groups is None else MEXICO[groups], regions=MEXICO.state)


def us(*years, groups=None):
    return data({str(year): US[str(year)].to_numpy(float) for year in years}, groups=groups, regions=US.state)


def column(dataset, period):
    return np.asarray(dataset["measures"]["x"][str(period)], float)


# ---------------------------------------------------------------- levels

def gini(y):
    return float(Gini(np.asarray(y, float)).g)


def theil_by_group():
    cases = []
    for year in (1940, 2000):
        y, groups = MEXICO[f"pcgdp{year}"].to_numpy(float), MEXICO.hanson98.to_numpy()
        rows = [(Theil(y[groups == g]).T, y[groups == g].sum() / y.sum(), (groups == g).mean()) for g in np.unique(groups)]
        t, s, p = (np.array(c, float) for c in zip(*rows))
        whole = TheilD(y, groups)
        assert abs((s * t).sum() - whole.wg) < 1e-12 and abs((s * np.log(s / p)).sum() - whole.bg) < 1e-12
        cases.append(case(f"mexico_{year}_t", "theil_by_group", PYSAL + "theil.Theil of each group; the terms of theil.TheilD, to whose bg and wg they sum",
                          mexico(year, groups="hanson98"), {"value": t, "share": s, "within": s * t, "between": s * np.log(s / p)}))
    y = INCOME * EARNERS
    groups = np.array([1, 1, 1, 2, 2, 2])
    rows = []
    for g in (1, 2):
        here = groups == g
        rows.append((stats.entropy(EARNERS[here], y[here]), y[here].sum() / y.sum(), EARNERS[here].sum() / EARNERS.sum()))
    l, s, p = (np.array(c, float) for c in zip(*rows))
    cases.append(case("earners_l", "theil_by_group", SCIPY + "stats.entropy(shares of heads, shares of value) of each group", data(y, EARNERS, groups),
                      {"value": l, "share": p, "within": p * l, "between": p * np.log(p / s)}, kind="l"))
    write("indices/theil_by_group.json", "Theil's T and L by group", cases)


def regional_gini():
    source = PYSAL + "gini.Gini"
    cases = []
    for year in (1940, 2000):
        g = gini(MEXICO[f"pcgdp{year}"])
        cases.append(case(f"mexico_{year}", "regional_gini", source, mexico(year), {"value": g, "unweighted": g, "unbiased": g * 32 / 31}))
    g = gini(GDP)
    assert round(g, 4) == .5009
    cases.append(case("laender_gdp", "regional_gini", source + "; REAT 3.0.3, man/gini.Rd prints 0.5009", data(GDP), {"value": g, "unweighted": g, "unbiased": g * 16 / 15}))
    g = gini([20, 50, 20, 10])
    assert round(g, 12) == .3 and round(g * 4 / 3, 12) == .4
    cases.append(case("four", "regional_gini", source + "; REAT 3.0.3 prints 0.3, normalised 0.4", data([20., 50., 20., 10.]), {"value": g, "unweighted": g, "unbiased": g * 4 / 3}))
    g, alike = gini(np.repeat(INCOME, EARNERS)), gini(INCOME)
    assert round(g, 4) == .5278
    order = [3, 0, 5, 2, 4, 1]
    for name, places in (("earners", range(6)), ("earners_shuffled", order)):
        places = list(places)
        cases.append(case(name, "regional_gini", source + REPEATED + "; REAT 3.0.3, man/gini.Rd prints 0.5278", data((INCOME * EARNERS)[places], EARNERS[places]),
                          {"value": g, "unweighted": alike, "unbiased": alike * 6 / 5},
                          note="REAT sorts incomes but not their weights, and gives .53863 for a shuffled order" if places == order else None))
    y = GDP / THOUSANDS
    alike = gini(y)
    cases.append(case("laender_per_head", "regional_gini", source + REPEATED, data(GDP, THOUSANDS),
                      {"value": gini(np.repeat(y, THOUSANDS)), "unweighted": alike, "unbiased": alike * 16 / 15}))
    write("indices/regional_gini.json", "Gini coefficient of the value per head between regions", cases)


def atkinson():
    source = PYSAL + "atkinson.atkinson"
    assert round(float(pysal_atkinson(np.arange(10, 60, 10), .5)), 5) == .06315 and round(float(pysal_atkinson(np.arange(10, 60, 10), 1)), 5) == .13161
    cases = []
    for epsilon in (0, .5, 1, 2, 5):
        parameters = {"epsilon": epsilon}
        cases.append(case(f"tens_{epsilon}", "atkinson", source + "; its doctest prints .06315 for .5 and .13161 for 1", data(np.arange(10., 60., 10.)),
                          {"value": max(0., pysal_atkinson(np.arange(10., 60., 10.), epsilon))}, **parameters))
        cases.append(case(f"mexico_1940_{epsilon}", "atkinson", source, mexico(1940), {"value": max(0., pysal_atkinson(MEXICO.pcgdp1940.to_numpy(), epsilon))}, **parameters))
        cases.append(case(f"earners_{epsilon}", "atkinson", source + REPEATED, data(INCOME * EARNERS, EARNERS),
                          {"value": max(0., pysal_atkinson(np.repeat(INCOME, EARNERS), epsilon))}, **parameters))
    z = np.array([0., 1., 3.])
    cases.append(case("nothing_half", "atkinson", NUMPY + "the definition", data(z), {"value": 1 - np.mean((z / z.mean()) ** .5) ** 2}, epsilon=.5,
                      note="PySAL refuses values that are not positive"))
    cases.append(case("nothing_one", "atkinson", SCIPY + "stats.gmean: 1 - geometric mean/mean", data(z), {"value": 1 - stats.gmean(z) / z.mean()}, epsilon=1))
    write("indices/atkinson.json", "Atkinson index between regions", cases)


def variation():
    cases, weighted = [], []
    for name, dataset, y in (("mexico_1940", mexico(1940), MEXICO.pcgdp1940), ("laender_gdp", data(GDP), GDP), ("laender_per_head", data(GDP, POP), GDP / POP)):
        y = np.asarray(y, float)
        for ddof in (1, 0):
            cases.append(case(f"{name}_ddof_{ddof}", "coefficient_of_variation", f"{SCIPY}stats.variation(ddof={ddof}); normalised: its ddof=0 over sqrt(n - 1)", dataset,
                              {"value": stats.variation(y, ddof=ddof), "normalised": stats.variation(y) / np.sqrt(len(y) - 1)}, ddof=ddof))
    write("indices/coefficient_of_variation.json", "Coefficient of variation over regions", cases)
    for name, total, heads in (("laender", GDP, THOUSANDS), ("earners", INCOME * EARNERS, EARNERS)):
        y = total / heads
        each = np.repeat(y, heads)
        weighted.append(case(name, "williamson", SCIPY + "stats.variation" + REPEATED + "; unweighted and absolute: numpy on the published formulas", data(total, heads),
                             {"value": stats.variation(each), "unweighted": np.sqrt(((y - each.mean()) ** 2).mean()) / each.mean(),
                              "absolute": np.abs(each - each.mean()).mean() / each.mean()}))
        m = y.mean()
        weighted.append(case(f"{name}_unweighted_mean", "williamson", NUMPY + "sqrt(sum p (y - m)^2)/m with the mean m of the regions, the default of REAT 3.0.3, williamson",
                             data(total, heads), {"value": np.sqrt(((each - m) ** 2).mean()) / m, "unweighted": stats.variation(y),
                                                  "absolute": np.abs(each - m).mean() / m}, mean="unweighted"))
    write("indices/williamson.json", "Williamson's coefficients of regional inequality", weighted)


def polarisation():
    source = PYSAL + "wolfson.wolfson, times 2"
    note = "PySAL leaves the factor 2 of Wolfson (1994) out, so that its maximum is 1/2"
    eight = np.array([6., 6., 8., 8., 10., 10., 12., 12.])
    ten = np.array([20., 25., 27., 30., 35., 45., 60., 75., 80., 120.])
    assert round(pysal_wolfson(eight), 4) == .0833 and round(pysal_wolfson(ten), 4) == .2013
    cases = [case("eight", "wolfson", source + "; its doctest prints 0.0833", data(eight), {"value": 2 * pysal_wolfson(eight)}, note=note),
             case("ten", "wolfson", source + "; its doctest prints 0.2013", data(ten), {"value": 2 * pysal_wolfson(ten)}, note=note)]
    for year in (1940, 2000):
        cases.append(case(f"mexico_{year}", "wolfson", source, mexico(year), {"value": 2 * pysal_wolfson(MEXICO[f"pcgdp{year}"].to_numpy())}, note=note))
    cases.append(case("us_1929_odd", "wolfson", source, data(US["1929"][:47].astype(float), regions=US.state[:47]), {"value": 2 * pysal_wolfson(US["1929"][:47].to_numpy(float))}, note=note))
    cases.append(case("earners", "wolfson", source + REPEATED, data(INCOME * EARNERS, EARNERS), {"value": 2 * pysal_wolfson(np.repeat(INCOME, EARNERS))}, note=note))
    cases.append(case("laender_per_head", "wolfson", source + REPEATED, data(GDP, THOUSANDS), {"value": 2 * pysal_wolfson(np.repeat(GDP / THOUSANDS, THOUSANDS))}, note=note))
    write("indices/wolfson.json", "Wolfson index of bipolarisation", cases)

    def er(y, p, alpha):
        y, p = np.asarray(y, float), np.asarray(p, float) / np.sum(p)
        return (np.outer(p ** (1 + alpha), p) * np.abs(y[:, None] - y[None, :])).sum() / (p @ y)

    formula = NUMPY + "sum_i sum_j pi_i^(1+alpha) pi_j |y_i - y_j|/mean, Esteban and Ray (1994)"
    cases = [case("mexico_1940_0", "esteban_ray", PYSAL + "gini.Gini, times 2", mexico(1940), {"value": 2 * gini(MEXICO.pcgdp1940)}, alpha=0)]
    for alpha in (1, 1.3, 1.6):
        cases.append(case(f"laender_{alpha}", "esteban_ray", formula, data(GDP, POP), {"value": er(GDP / POP, POP, alpha)}, alpha=alpha))
        means = MEXICO.groupby("hanson98").pcgdp1940.agg(["mean", "size"])
        cases.append(case(f"mexico_1940_{alpha}_groups", "esteban_ray", formula + "; poles from pandas groupby", mexico(1940, groups="hanson98"),
                          {"value": er(means["mean"], means["size"], alpha)}, alpha=alpha))
    write("indices/esteban_ray.json", "Esteban-Ray index of polarisation", cases)


# ---------------------------------------------------------------- change

def sigma_change():
    cases = []
    for name, dataset, then, now in (("mexico_1940_2000", mexico(1940, 2000), 1940, 2000), ("us_1929_2009", us(1929, 2009), 1929, 2009), ("us_1988_2009", us(1988, 2009), 1988, 2009)):
        a, b = np.log(column(dataset, then)), np.log(column(dataset, now))
        n = len(a)
        f = a.var(ddof=1) / b.var(ddof=1)
        tail = stats.f.sf(max(f, 1 / f), n - 1, n - 1)
        r = stats.pearsonr(b - a, b + a)
        cases.append(case(name, "sigma_change", SCIPY + "stats.tstd; stats.f.sf (twice the smaller tail); stats.pearsonr of difference and sum (Pitman and Morgan)", dataset,
                          {"value": stats.tstd(b) - stats.tstd(a), "now": stats.tstd(b), "earlier": stats.tstd(a), "f": f, "f_p": 2 * tail,
                           "t": r.statistic * np.sqrt((n - 2) / (1 - r.statistic ** 2)), "p": r.pvalue},
                          note="REAT 3.0.3 sigmaconv prints the one-sided p-value of f, half of f_p where regions converge", span=now - then))
    write("indices/sigma_change.json", "Sigma convergence between two periods", cases)


def beta_convergence():
    cases = []
    divisions = [int(f) % 4 for f in US.fips]
    for name, dataset, then, now, groups in (
            ("mexico_1940_2000", mexico(1940, 2000), 1940, 2000, None),
            ("mexico_1940_2000_groups", mexico(1940, 2000, groups="hanson98"), 1940, 2000, MEXICO.hanson98),
            ("us_1929_2009", us(1929, 2009), 1929, 2009, None),
            ("us_1980_2009", us(1980, 2009), 1980, 2009, None),
            ("us_1929_2009_groups", us(1929, 2009, groups=divisions), 1929, 2009, divisions)):
        span = now - then
        x, y = np.log(column(dataset, then)), np.log(column(dataset, now) / column(dataset, then)) / span
        constants = np.ones((len(x), 1)) if groups is None else pd.get_dummies(pd.Series(groups, dtype=str)).to_numpy(float)
        for covariance in ("iid", "hc1"):
            fit = sm.OLS(y, np.column_stack([constants, x])).fit(**({"cov_type": "HC1", "use_t": True} if covariance == "hc1" else {}))
            beta = fit.params[-1]
            speed = -np.log(1 + beta * span) / span if beta * span > -1 else np.nan
            r2 = 1 - fit.ssr / ((y - y.mean()) ** 2).sum()
            cases.append(case(f"{name}_{covariance}", "beta_convergence", f"{STATSMODELS}OLS ({covariance}); lambda and half-life: numpy on -ln(1 + beta T)/T and ln 2/lambda", dataset,
                              {"beta": beta, "se": fit.bse[-1], "t": fit.tvalues[-1], "p": fit.pvalues[-1], "r2": r2, "lambda": speed,
                               "half_life": np.log(2) / speed if speed > 0 else np.nan, "n": len(x)},
                              note="REAT 3.0.3 betaconv.speed takes -ln(1 + beta)/T of the annualised beta: a speed near 1/T of this one", span=span, covariance=covariance))
    write("indices/beta_convergence.json", "Beta convergence", cases)


def ranks():
    cases, changes = [], []
    for name, dataset, then, now, groups in (
            ("mexico_1940_1950", mexico(1940, 1950, groups="hanson98"), 1940, 1950, MEXICO.hanson98),
            ("mexico_1940_2000", mexico(1940, 2000, groups="hanson98"), 1940, 2000, MEXICO.hanson98),
            ("us_1929_2009", us(1929, 2009), 1929, 2009, None),
            ("ties", data({"2000": [12., 2., 1., 12., 2.], "2001": [1., 4., 7., 1., 0.]}), 2000, 2001, None)):
        a, b = column(dataset, then), column(dataset, now)
        tau = stats.kendalltau(a, b).statistic
        assert abs(tau - Tau(a, b).tau) < 1e-12
        expected = {"spearman": stats.spearmanr(a, b).statistic, "kendall": tau}
        if groups is not None:
            expected["theta"] = Theta(np.column_stack([a, b]), groups.to_numpy(), 0).theta[0]
        cases.append(case(name, "rank_mobility", f"{SCIPY}stats.spearmanr, stats.kendalltau; {GIDDY}rank.Tau, rank.Theta", dataset, expected, span=now - then))
        rank = [stats.rankdata(-v) for v in (b, a)]
        plain = {k: v for k, v in dataset.items() if k != "attributes"}
        changes.append(case(name, "rank_change", SCIPY + "stats.rankdata(-x)", plain, {"value": rank[1] - rank[0], "rank": rank[0], "earlier_rank": rank[1]}, span=now - then))
    write("indices/rank_mobility.json", "Rank mobility between two periods", cases)
    write("indices/rank_change.json", "Rank change between two periods", changes)


if __name__ == "__main__":
    theil_by_group()
    regional_gini()
    atkinson()
    variation()
    polarisation()
    sigma_change()
    beta_convergence()
    ranks()
