#!/usr/bin/env python3
"""Golden files of the family dynamics in tests/golden/indices.

Runs of packages from PyPI and values that other packages print; where no package offers an index it is a numpy
evaluation of the published formula, and `source` says so.
"""
import contextlib
import io
import itertools
import os

import numpy as np
import pandas as pd
from giddy.ergodic import steady_state
from giddy.markov import Markov
from giddy.mobility import markov_mobility
from mapclassify import Quantiles, UserDefined
from segregation.local import MultiLocationQuotient
from statsmodels.stats.proportion import proportion_confint

from common import GOLDEN, write

SCRIPT = "tests/golden/scripts/dynamics.py"
MISSING, WITHHELD, UNLISTED = None, "(D)", "-"


def case(name, source, index, data, expected, parameters=None, tolerance=1e-10, reason=None, note=None, period=None):
    one = {"name": name, "source": source, "script": SCRIPT, "tolerance": tolerance}
    if reason:
        one["tolerance_reason"] = reason
    if note:
        one["note"] = note
    if period:
        one["period"] = period
    call = {"index": index, "measure": "x", "parameters": parameters or {}}
    return one | {"data": data, "call": call, "expected": expected}


def panel(periods, tables, regions=None, industries=None, **beside):
    tables = [np.asarray(table, object) for table in tables]
    regions = regions or [f"r{i:02d}" for i in range(len(tables[0]))]
    one = {"regions": regions}
    if tables[0].ndim == 2:
        one["industries"] = industries or [f"i{j:02d}" for j in range(tables[0].shape[1])]
    measures = {"x": {str(period): table.tolist() for period, table in zip(periods, tables)}}
    return one | {"measures": measures} | beside


def number(cell):
    return cell if isinstance(cell, (int, float)) else np.nan


def numbers(table):
    return np.array([[number(cell) for cell in row] for row in table], float)


# ---------------------------------------------------------------- tables

# 2000, 2001, 2002: a zero that grows, a cell that dies, an industry that is new, cells missing, withheld and not listed
T0 = [[120, 30.5, 0, 12], [80, 0, 0, 45.5], [15, 66, 0, 7], [200, 41, 0, MISSING], [9, 25, 0, 60]]
T1 = [[131, 28, 4, 18], [77, 12.5, 0, 51], [22, 64, 0, 0], [190, 47, 6, 33], [WITHHELD, 31, 2, 58]]
T2 = [[140, 33, 9, 21], [70, 15, 3, 55], [30, 61, 1, UNLISTED], [185, 52, 8, 36], [12, 35, 2, 71]]
THREE = panel([2000, 2001, 2002], [T0, T1, T2])
GAP = panel([2000, 2002], [T0, T2])
INCOME = pd.read_csv(os.path.join(GOLDEN, "data/us_income.csv")).drop(columns="fips").set_index("state").sort_index()


# ---------------------------------------------------------------- growth, instability

def growth():
    now, start = (pd.DataFrame(numbers(table)) for table in (T2, T0))
    frames = pd.concat([start.stack(), now.stack()], axis=1, keys=["start", "now"]).T
    stacked = frames.reindex(columns=pd.MultiIndex.from_product([range(5), range(4)]))
    listed = [(r, i) for r in range(5) for i in range(4) if T2[r][i] != UNLISTED]
    percent = 100 * stacked.pct_change(fill_method=None).loc["now"]
    expected = {
        "percent": percent.where(np.isfinite(percent)),
        "log": np.log(stacked.loc["now"].where(stacked.loc["now"] > 0)) - np.log(stacked.loc["start"].where(stacked.loc["start"] > 0)),
        "davis_haltiwanger": 2 * stacked.diff().loc["now"] / stacked.sum(skipna=False),
        "cagr": (1 + percent.where(np.isfinite(percent)) / 100) ** 0.5 - 1,
    }
    sources = {
        "percent": "pandas 3.1.1, 100·DataFrame.pct_change()",
        "log": "numpy evaluation of ln(x1) − ln(x0), Törnqvist, Vartia and Vartia (1985)",
        "davis_haltiwanger": "numpy evaluation of 2(x1 − x0)/(x1 + x0), Davis and Haltiwanger (1992)",
        "cagr": "numpy evaluation of (x1/x0)^(1/2) − 1 on pandas 3.1.1 DataFrame.pct_change()",
    }
    cases = [case(f"{kind} over two periods", sources[kind], "growth_rate", THREE,
                  {"value": [values[cell] for cell in listed]}, {"kind": kind, "span": 2},
                  note="null: from a start of zero, or a cell absent in one of the periods")
             for kind, values in expected.items()]
    cases.append(case("a gap is not bridged", "the definition: 2001 is no period of the data", "growth_rate", GAP,
                      {"value": [None] * len(listed)}, {"span": 1}))
    income = 100 * INCOME.T.pct_change(periods=80).iloc[-1]
    cases.append(case("income per head 1929 to 2009", sources["percent"], "growth_rate", incomes(), {"value": income},
                      {"span": 0}))
    write("indices/growth_rate.json", "growth", cases)


def incomes():
    return panel(INCOME.columns, INCOME.T.to_numpy(), list(INCOME.index), rates=["x"])


def instability():
    squares = (INCOME.T.diff() ** 2).dropna()
    cases = [case(f"income per head, span {span}", "pandas 3.1.1, (DataFrame.diff()**2).mean(); the sum of squares "
                  "over n − 1 of REAT 3.0.3 mssd", "instability", incomes(),
                  {"value": squares.iloc[-span:].mean()}, {"span": span}) for span in (1, 10, 0)]
    write("indices/instability.json", "mean square successive difference", cases)


# ---------------------------------------------------------------- specialisations

def quotients(table):
    """Of PySAL, which wants numbers: a cell that is absent counts for nothing, and has no quotient itself."""
    known = numbers(table)
    frame = pd.DataFrame(np.nan_to_num(known), columns=[f"i{j}" for j in range(known.shape[1])])
    with np.errstate(all="ignore"):
        found = np.asarray(MultiLocationQuotient(frame, list(frame.columns)).statistics, float)
    return np.where(np.isfinite(known) & (np.nan_to_num(known).sum(0) > 0), found, np.nan)


def specialisations():
    names = ["entry", "exit", "survival"]
    cases = {name: [] for name in names + ["specialisation_turnover"]}
    source = ("PySAL segregation 2.5.4, MultiLocationQuotient, compared between the periods as EconGeo 2.1 entry.mat "
              "and exit.mat do (NA where not at risk)")
    note = "EconGeo 2.1 entry_list, which looks its matrix up in the caller's workspace, is not followed"
    for cutoff, (start, now) in itertools.product((1, 0.8), ((T0, T1), (T0, T2))):
        span = 1 if now is T1 else 2
        period = "2001" if now is T1 else "2002"
        before, after = quotients(start), quotients(now)
        known = np.isfinite(before) & np.isfinite(after)
        m0, m1 = before >= cutoff, after >= cutoff
        entry = np.where(known & ~m0, m1, np.nan)
        exits = np.where(known & m0, ~m1, np.nan)
        listed = np.array([[cell != UNLISTED for cell in row] for row in now])
        cells = dict(zip(names, (entry, exits, 1 - exits)))
        parameters, name = {"cutoff": cutoff, "span": span}, f"cutoff {cutoff}, {span} periods"
        for index, values in cells.items():
            cases[index].append(case(name, source, index, THREE, {"value": values[listed]}, parameters,
                                     note=note, period=period))
        with np.errstate(all="ignore"):
            rates = {f"{index}_rate": np.nansum(v, 1) / np.isfinite(v).sum(1) for index, v in cells.items()}
        cases["specialisation_turnover"].append(case(name, source, "specialisation_turnover", THREE, rates, parameters,
                                                     period=period))
    for index, found in cases.items():
        write(f"indices/{index}.json", f"{index} of specialisations".replace("specialisation_turnover of", "turnover of"), found)


# ---------------------------------------------------------------- shift-share

# Regions A and B, and the rest of the nation; REAT 3.0.3 was run with R 4.2.2 on A (and B) against the nation
NATION = np.array([[400, 150, 150, 400], [440, 210, 135, 480], [460, 230, 155, 500]])
A = np.array([[90, 20, 10, 60], [100, 40, 10, 55], [105, 45, 15, 60]])
B = np.array([[60, 30, 30, 40], [85, 55, 40, 35]])
TWO_REGIONS = panel([2000, 2001, 2002], [[A[t], NATION[t] - A[t]] for t in range(3)], ["A", "rest"])
THREE_REGIONS = panel([2000, 2001], [[A[t], B[t], NATION[t] - A[t] - B[t]] for t in range(2)], ["A", "B", "rest"])


def parts(start, now):
    """Parts of every cell by numpy, from the published formulas: regions × industries each."""
    x0, x1 = (np.asarray(table, float) for table in (start, now))
    with np.errstate(all="ignore"):
        region, industry = x0.sum(1, keepdims=True), x0.sum(0, keepdims=True)
        g = x1.sum() / x0.sum() - 1
        g_i, g_r = x1.sum(0, keepdims=True) / industry - 1, x1.sum(1, keepdims=True) / region - 1
        h = region * industry / x0.sum()
        lead = x1 / x0 - 1 - g_i
        alive = x0 > 0
        at = lambda values: np.where(alive, values, 0.0)
        g_i = np.where(industry > 0, g_i, 0.0)
        one = {"total": x1 - x0, "national": x0 * g, "industry_mix": x0 * np.where(alive, g_i - g, 0),
               "regional_shift": x1 - x0 * (1 + g_i), "competitive": at(h * lead), "allocation": at((x0 - h) * lead),
               "from_zero": np.where(alive, 0, x1)}
        growths = {"national": g + 0 * x0, "industry": g_i - g + 0 * x0, "region": g_r - g + 0 * x0,
                   "region_industry": (x1 / x0 - 1 - g_r) - (g_i - g)}
    for name, growth in growths.items():
        one[f"{name}_expected"], one[f"{name}_differential"] = at(h * growth), at((x0 - h) * growth)
    return one


DUNN = ["regional_shift", "industry_mix", "national", "total"]
ESTEBAN = ["competitive", "allocation", "industry_mix", "national", "from_zero", "total"]
ARCELUS = [f"{growth}_{kind}" for growth in ("region_industry", "region", "industry", "national")
           for kind in ("expected", "differential")] + ["from_zero", "total"]
EVALUATED = "numpy evaluation of "


def near(ours, printed, digits):
    assert np.abs(np.asarray(ours) - printed).max() < 0.51 * 10.0 ** -digits, (ours, printed)


def matched(*tables):
    """The tables with 0 for the cells absent in one of them, and which cells are present in all."""
    tables = [numbers(table) for table in tables]
    known = np.isfinite(sum(tables))
    return [np.where(known, table, 0) for table in tables], known


def by_cell(values, known, listed):
    return np.where(known, values, np.nan)[listed]


def shift_share():
    total = [NATION[t] - A[t] - B[t] for t in range(2)]
    found = parts([A[0], B[0], total[0]], [A[1], B[1], total[1]])
    near(found["regional_shift"].sum(1)[:2], [-3, 32], 9)
    near(found["industry_mix"].sum(1)[:2], [1, -1], 9)
    near(found["national"].sum(1)[:2], [27, 24], 9)
    near(found["regional_shift"][0], [1, 12, 1, -17], 9)
    near(found["competitive"].sum(1)[:2], [-0.636363636, 18.42424242], 8)
    near(found["allocation"].sum(1)[:2], [-2.363636364, 13.57575758], 8)
    for name, value in {"national_expected": 27, "national_differential": 0, "industry_expected": 0,
                        "industry_differential": 1, "region_expected": -2, "region_differential": 0,
                        "region_industry_expected": 1.36363636, "region_industry_differential": -2.36363636}.items():
        near(found[name].sum(1)[0], value, 8)
    reat = "REAT 3.0.3, shift() with R 4.2.2 for the regions A and B (asserted in the script); "
    (x0, x2), known = matched(T0, T2)
    holes = parts(x0, x2)
    listed = np.array([[cell != UNLISTED for cell in row] for row in T2])
    formulas = {
        "shift_share": (DUNN, reat + EVALUATED + "Dunn (1960) for the rest"),
        "shift_share_esteban_marquillas": (ESTEBAN, reat.replace("shift()", 'shift(shift.method = "Esteban")') + EVALUATED
                                           + "Esteban-Marquillas (1972) for the rest"),
        "shift_share_arcelus": (ARCELUS, EVALUATED + "Arcelus (1984)"),
    }
    note = "cells absent in one of the periods are left out, also of the sums; REAT has NaN for cells that start from zero"
    for index, (names, source) in formulas.items():
        evaluated = EVALUATED + source.split(EVALUATED)[1].replace(" for the rest", "")
        write(f"indices/{index}.json", index.replace("_", " "), [
            case("two regions and the rest", source, index, THREE_REGIONS, {name: found[name].sum(1) for name in names}),
            case("each industry", source, index, THREE_REGIONS, {name: found[name].ravel() for name in names},
                 {"by": "cell"}),
            case("zeros and holes", evaluated, index, THREE,
                 {name: np.where(known, holes[name], 0).sum(1) for name in names}, {"span": 2}, note=note),
            case("zeros and holes, each industry", evaluated, index, THREE,
                 {name: by_cell(holes[name], known, listed) for name in names}, {"span": 2, "by": "cell"}, note=note),
        ])


def dynamic():
    steps = [parts([A[t], NATION[t] - A[t]], [A[t + 1], NATION[t + 1] - A[t + 1]]) for t in range(2)]
    found = {name: sum(step[name] for step in steps) for name in DUNN}
    near([found[name].sum(1)[0] for name in DUNN], [4.871873497, 0.163699626, 39.964426877, 45], 9)
    tables, known = matched(T0, T1, T2)
    holes = [parts(*pair) for pair in zip(tables, tables[1:])]
    holes = {name: np.where(known, sum(step[name] for step in holes), 0).sum(1) for name in DUNN}
    evaluated = EVALUATED + "Barff and Knight (1988)"
    index = "shift_share_dynamic"
    write(f"indices/{index}.json", "dynamic shift-share analysis", [
        case("two steps", "REAT 3.0.3, shiftd() with R 4.2.2 for the region A (asserted in the script); " + evaluated
             + " for the rest", index, TWO_REGIONS, {name: found[name].sum(1) for name in DUNN}, {"span": 0}),
        case("one step is shift-share", evaluated, index, THREE_REGIONS,
             {name: parts([A[0], B[0], NATION[0] - A[0] - B[0]], [A[1], B[1], NATION[1] - A[1] - B[1]])[name].sum(1)
              for name in DUNN}, {"span": 1}),
        case("zeros and holes", evaluated, index, THREE, holes, {"span": 2},
             note="over the cells that are present in all three periods"),
        case("a gap has no sum", "the definition: 2001 is no period of the data", index, GAP,
             {name: [None] * 5 for name in DUNN}, {"span": 2}),
    ])


def spatial():
    index, source = "shift_share_spatial", EVALUATED + "Nazara and Hewings (2004), row-standardised contiguity weights"
    pairs = [(0, 1), (1, 2), (1, 3), (2, 3)]
    w = np.zeros((5, 5))
    for a, b in pairs:
        w[a, b] = w[b, a] = 1
    w /= np.maximum(w.sum(1, keepdims=True), 1)
    (x0, x2), known = matched(T0, T2)
    with np.errstate(all="ignore"):
        near_growth = (w @ x2) / (w @ x0) - 1
        g = x2.sum() / x0.sum() - 1
        with_neighbours = np.where(x0 > 0, x0 * near_growth, 0)
    # Region 4 has no neighbour; the weighted sums are over the neighbours that are present
    can = known & np.isfinite(with_neighbours) & (w @ known > 0)
    cells = {"neighbour_shift": x2 - x0 - with_neighbours, "neighbour_mix": with_neighbours - x0 * g,
             "national": x0 * g, "total": x2 - x0}
    listed = np.array([[cell != UNLISTED for cell in row] for row in T2])
    data = THREE | {"neighbours": [[f"r{a:02d}", f"r{b:02d}"] for a, b in pairs]}
    sums = {name: [v[r][can[r]].sum() if can[r].any() else None for r in range(5)] for name, v in cells.items()}
    write(f"indices/{index}.json", "spatial shift-share analysis", [
        case("five regions, one without neighbours", source, index, data, sums, {"span": 2}),
        case("each industry", source, index, data, {name: by_cell(v, can, listed) for name, v in cells.items()},
             {"span": 2, "by": "cell"}),
    ])


# ---------------------------------------------------------------- Markov chains

def chains():
    income = INCOME.to_numpy(float)
    relative = income / income.mean(0)
    cuts = [0.25, 0.5, 1.0, 2.0, np.inf]
    recent = income[:, -11:]
    recent_relative = recent / recent.mean(0)
    classes = {
        ("quintiles", "quantiles", 5, 0): np.array([Quantiles(y, k=5).yb for y in income.T]).T,
        ("quartiles of ten years", "quantiles", 4, 10): np.array([Quantiles(y, k=4).yb for y in recent.T]).T,
        ("pooled quintiles", "pooled", 5, 0): Quantiles(relative.ravel(), k=5).yb.reshape(income.shape),
        ("pooled thirds of ten years", "pooled", 3, 10): Quantiles(recent_relative.ravel(), k=3).yb.reshape(recent.shape),
        ("fixed cut points", "quah", 5, 0): np.array([UserDefined(y, cuts).yb for y in relative.T]).T,
    }
    cases = {"transition": [], "mobility": [], "steady_state": []}
    giddy = "giddy 2.3.8, {} on classes of mapclassify 2.10.0 {}"
    for (name, kind, k, span), ids in classes.items():
        with contextlib.redirect_stdout(io.StringIO()):
            chain = Markov(ids, classes=np.arange(k))
        p = np.where(chain.transitions.sum(1, keepdims=True) > 0, chain.p, np.nan)
        if name == "quintiles":
            near(p[0], [.9101, .0886, .0012, 0, 0], 4)
            near(markov_mobility(p, "P"), .19758992, 8)
        parameters = {"cuts": kind, "classes": k, "span": span}
        tool = {"quantiles": "Quantiles of each year", "pooled": "Quantiles of all years", "quah": "UserDefined"}[kind]
        add = lambda what, function, expected, tolerance: cases[what].append(
            case(name, giddy.format(function, tool), f"markov_{what}", incomes(), expected, parameters, tolerance))
        add("transition", "Markov", {"probability": p.ravel(), "count": chain.transitions.ravel()}, 1e-10)
        whole = np.isfinite(p).all()
        measures = {"prais": "P", "determinant": "D", "eigenvalue": "L2"}
        add("mobility", "markov_mobility",
            {part: [markov_mobility(p, measure) if whole else None] for part, measure in measures.items()}, 1e-8)
        add("steady_state", "ergodic.steady_state", {"share": steady_state(p) if whole else [None] * k}, 1e-8)
        if name == "quintiles":
            n = chain.transitions.sum(1, keepdims=True) + 0 * chain.transitions
            lower, upper = proportion_confint(chain.transitions, n, alpha=0.1, method="wilson")
            one = case("analytic intervals", "statsmodels 0.15.0, proportion_confint(method=\"wilson\") on " + giddy.format("Markov", tool),
                       "markov_transition", incomes(), {"probability_se": np.sqrt(p * (1 - p) / n).ravel(),
                       "probability_lower": lower.ravel(), "probability_upper": upper.ravel()}, parameters)
            cases["transition"].append(one | {"inference": {"method": "analytic", "level": 0.9}})
    for what, found in cases.items():
        write(f"indices/markov_{what}.json", f"Markov chain of income classes: {what.replace('_', ' ')}", found)


# ---------------------------------------------------------------- concentration

def mutual_information(table):
    p = np.asarray(table, float) / np.sum(table)
    q = p.sum(1, keepdims=True) * p.sum(0, keepdims=True)
    return float(np.sum(p[p > 0] * np.log(p[p > 0] / q[p > 0])))


def fitted(table, rows, columns):
    table = np.asarray(table, float) / np.sum(table)
    for _ in range(20000):
        table = table * (rows / table.sum(1))[:, None]
        table = table * (columns / table.sum(0))
    return table


def change(start, now, common=slice(None)):
    """Nested Shapley values: structure against margins, then one margin against the other, over every order."""
    m = mutual_information
    whole = m(start), m(now)
    start, now = np.asarray(start, float)[common], np.asarray(now, float)[common]
    tables = start / start.sum(), now / now.sum()

    def value(structure, regions, industries):
        return m(fitted(tables[structure], tables[regions].sum(1), tables[industries].sum(0)))

    structural, region, industry = [], [], []
    for margins in (0, 1):
        structural.append(value(1, margins, margins) - value(0, margins, margins))
    for structure, order in itertools.product((0, 1), (0, 1)):
        state = [0, 0]
        for step in (order, 1 - order):
            before = value(structure, *state)
            state[step] = 1
            (region, industry)[step].append(value(structure, *state) - before)
    return {"before": [whole[0]], "after": [whole[1]], "total": [whole[1] - whole[0]],
            "additions": [whole[1] - m(now)], "removals": [m(start) - whole[0]], "structural": [np.mean(structural)],
            "region_marginal": [np.mean(region)], "industry_marginal": [np.mean(industry)]}


def concentration():
    index = "concentration_change"
    source = (EVALUATED + "Elbers (2023), Shapley values over every order of change, as method = \"shapley\" of the R "
              "package segregation ({})")
    # Tables of the tests of the R package segregation
    first, second = [[40, 30, 20, 10], [5, 10, 15, 20]], [[20, 20, 20, 15], [5, 10, 10, 15]]
    third, columns = [[25, 25], [28, 2], [2, 18]], [[25, 25], [28, 2], [4, 36]]
    gone = [[30.0, 20, 10, 5], [10, 15, 20, 0], [4, 3, 2, 1], [0, 0, 0, 0]]
    come = [[20, 20, 15, 8], [10, 10, 12, 0], [0, 0, 0, 0], [1, 2, 3, 0]]
    common = np.ix_([0, 1], [0, 1, 2, 3])
    same = change(third, columns)
    assert abs(same["structural"][0]) < 1e-12 and abs(same["industry_marginal"][0]) < 2e-2
    cases = [
        case("margins and structure", source.format("tables of its tests"), index, panel([2000, 2001], [first, second]),
             change(first, second), tolerance=1e-8),
        case("a region that doubles", source.format("tables of its tests"), index, panel([2000, 2001], [third, columns]),
             same | {"structural": [0.0]}, tolerance=1e-8),
        case("regions that come and go", source.format("its tests have such tables"), index, panel([2000, 2001], [gone, come]),
             change(gone, come, common), tolerance=1e-8,
             note="the common regions are the first two; an industry is zero in one of them at both times"),
        case("no table has these margins", source.format("which refuses such data"), index,
             panel([2000, 2001], [[[1, 0], [0, 1]], [[1, 0], [0, 3]]]),
             {"before": [np.log(2)], "structural": [None], "region_marginal": [None], "additions": [0], "removals": [0]}),
    ]
    write(f"indices/{index}.json", "change of concentration", cases)


if __name__ == "__main__":
    growth()
    instability()
    specialisations()
    shift_share()
    dynamic()
    spatial()
    chains()
    concentration()
