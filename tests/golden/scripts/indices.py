#!/usr/bin/env python3
"""Golden files of tests/golden/indices.

Two kinds of cases: values printed in other packages' documentation (literals below, `script` names
the place), and runs of packages from PyPI. Where no package offers an index it is one line of numpy
on the published formula, and `source` says so.
"""
import os
import warnings

import numpy as np
import pandas as pd
from inequality.gini import Gini
from inequality.theil import Theil, TheilD
from scipy import stats
from scipy.spatial.distance import cityblock
from segregation.local import MultiLocationQuotient
from segregation.multigroup import SimpsonsConcentration
from sklearn.metrics import auc

from common import GOLDEN, ROOT, write

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/indices.py"
SCIPY = "scipy 1.17.1, "
PYSAL = "PySAL inequality 1.1.2, "
SEGREGATION = "PySAL segregation 2.5.4, "
NUMPY = "numpy evaluation of "


def case(name, index, source, values, expected, regions=None, industries=None, params=None, script=SCRIPT,
         tolerance=1e-10, reason=None, note=None, **vectors):
    if script == SCRIPT and (source.startswith(("EconGeo", "REAT")) or "doctest (version" in source[:70]):
        script = "printed at the place named in source; asserted in " + SCRIPT + " where a package computes it"
    values = np.asarray(values, object)
    n = values.shape[0]
    one = {"name": name, "source": source, "script": script, "tolerance": tolerance}
    if reason:
        one["tolerance_reason"] = reason
    if note:
        one["note"] = note
    if values.ndim == 2:
        industries = industries or [f"i{j + 1}" for j in range(values.shape[1])]
    return one | {"index": index, "params": params or {}, "regions": regions or [f"r{i + 1}" for i in range(n)],
                  "industries": industries, "values": values.tolist()} | vectors | {"expected": expected}


def save(index, subject, cases):
    for c in cases:
        assert c.get("index", c.get("call", {}).get("index")) == index
    write(f"indices/{index}.json", subject, cases)


# ---------------------------------------------------------------- tables

# Region x industry example of the EconGeo manual pages (5 x 5, many zeros; all rows sum to 100)
ECONGEO = [[100, 0, 0, 0, 0], [0, 15, 5, 70, 10], [0, 20, 10, 20, 50], [0, 25, 30, 5, 40], [0, 40, 55, 5, 0]]
ECONGEO_DOC = "EconGeo 2.1, example of man/{}.Rd as run by R 4.2.2"
# Table of the doctests of PySAL inequality (3 x 4)
DOCTEST = [[10, 13, 13, 49], [19, 29, 31, 46], [33, 16, 34, 34]]
# A region and an industry without activity
EMPTY = [[1, 2, 0, 4], [0, 0, 0, 0], [3, 0, 0, 5]]
UNEVEN = [[812.5, 130.25, 41.0], [96.0, 402.75, 18.5], [55.5, 12.0, 7.25], [1200.0, 3.5, 640.0], [310.0, 88.0, 0.0]]
GDP = [460.69, 549.19, 124.16, 65.29, 31.59, 109.27, 263.44, 39.87, 258.53, 645.59, 131.95, 35.03, 112.66, 56.22, 85.61, 56.81]
POP = [10879618, 12843514, 3520031, 2484826, 671489, 1787408, 6176172, 1612362, 7926599, 17865516, 4052803, 995597, 4084851, 2245470, 2858714, 2170714]
REAT_LAENDER = "REAT 3.0.3, data of its manual (GDP and population of the 16 German Laender)"


def shares(x, axis=None):
    x = np.asarray(x, float)
    return x / x.sum(axis=axis, keepdims=axis is not None)


def lq(table):
    frame = pd.DataFrame(table, columns=[f"i{j}" for j in range(len(table[0]))], dtype=float)
    return np.asarray(MultiLocationQuotient(frame, list(frame.columns)).statistics, float)


def munnell(year):
    frame = pd.read_csv(os.path.join(ROOT, "data/munnell.csv"))
    frame = frame[frame.year == year].reset_index(drop=True)
    area = pd.read_csv(os.path.join(ROOT, "data/us_states.csv"))
    assert list(area.state) == list(frame.state)
    return frame, area


# ---------------------------------------------------------------- indices of a cell

def agglomeration():
    text = NUMPY + "the definition R * x_ri / sum_r x_ri"
    cases = [case("three_regions", "agglomeration", text, [100, 60, 40], [1.5, 0.9, 0.6], note="printed: 1.5, 0.9, 0.6; sums to R")]
    frame, _ = munnell(1986)
    x = frame.gsp.to_numpy(float)
    cases.append(case("us_gsp_1986", "agglomeration", text, x, len(x) * x / x.sum(), regions=list(frame.state)))
    with np.errstate(invalid="ignore"):
        for name, table in (("table_zero_industry", EMPTY), ("table_uneven", UNEVEN)):
            t = np.asarray(table, float)
            cases.append(case(name, "agglomeration", text + ", per industry", table, t.shape[0] * t / t.sum(axis=0)))
    cases.append(case("all_zero", "agglomeration", text, [0, 0, 0], [None, None, None], note="0/0: undefined"))
    save("agglomeration", "Agglomeration index: a region's share of the total times the number of regions", cases)


def density():
    frame, area = munnell(1986)
    a = area.land_area_km2.to_numpy()
    cases = [case("us_gsp_1986", "density", NUMPY + "x_r / area_r", frame.gsp.astype(float), frame.gsp / a, regions=list(frame.state), area=list(a)),
             case("us_employment_1970", "density", NUMPY + "x_r / area_r", munnell(1970)[0].employment, munnell(1970)[0].employment / a,
                  regions=list(frame.state), area=list(a)),
             case("zero_area", "density", NUMPY + "x_r / area_r", [10, 0, 5], [2.5, 0.0, None], area=[4, 2, 0], note="division by a zero area: undefined"),
             case("table", "density", NUMPY + "x_ri / area_r", UNEVEN, np.asarray(UNEVEN) / np.array([[2.0], [8.0], [0.5], [10.0], [3.2]]), area=[2.0, 8.0, 0.5, 10.0, 3.2])]
    # R's own facts: population per square mile is the example of ?state
    cases.append(case("r_state_x77", "density", "R 4.2.2, datasets::state.x77[, 'Population'] * 1000 / state.x77[, 'Area'], first five states, options(digits = 15)",
                      [3615000, 365000, 2212000, 2110000, 21198000], [71.290526149719966, 0.644384498050958, 19.503249072008604, 40.619886418327077, 135.570890439431821],
                      regions=["Alabama", "Alaska", "Arizona", "Arkansas", "California"], area=[50708, 566432, 113417, 51945, 156361],
                      script="Rscript -e 'options(digits=15); x <- state.x77[1:5,]; print(1000*x[,\"Population\"]/x[,\"Area\"])'"))
    save("density", "Density: value over area (or another denominator)", cases)


def location_quotient():
    documented = [[5, 0, 0, 0, 0], [0, .75, .25, 3.5, .5], [0, 1, .5, 1, 2.5], [0, 1.25, 1.5, .25, 2], [0, 2, 2.75, .25, 0]]
    assert np.allclose(lq(ECONGEO), documented, rtol=1e-14)
    reat = [[1714, 79006 - 1714], [879213 - 1714, 15593224 - 79006 - (879213 - 1714)]]
    value = lq(reat)
    assert round(value[0, 0], 7) == 0.3847623
    seg = SEGREGATION + "local.MultiLocationQuotient"
    cases = [
        case("econgeo", "location_quotient", ECONGEO_DOC.format("location_quotient") + "; the same from " + seg, ECONGEO, documented),
        case("reat", "location_quotient", seg + "; cell r1, i1 is printed as 0.3847623 by REAT 3.0.3, man/locq.Rd, locq(1714, 79006, 879213, 15593224)", reat, value),
        case("doctest", "location_quotient", seg, DOCTEST, lq(DOCTEST)),
        case("uneven", "location_quotient", seg, UNEVEN, lq(UNEVEN)),
        case("empty_row_and_column", "location_quotient", seg, EMPTY, lq(EMPTY),
             note="0/0 in an empty region or industry: undefined (EconGeo returns 0 there; the formula has no value)."),
    ]
    save("location_quotient", "Location quotient (x_ri/x_r)/(x_i/x)", cases)
    for index, title, formula, f in (
            ("log_location_quotient", "Natural logarithm of the location quotient", "numpy.log", np.log),
            ("symmetric_location_quotient", "Symmetric location quotient (LQ - 1)/(LQ + 1)", "(LQ - 1)/(LQ + 1), Dalum, Laursen, Villumsen (1998)", lambda q: (q - 1) / (q + 1))):
        with np.errstate(divide="ignore"):
            cases = [case(name, index, f"{NUMPY}{formula} at the LQ of {seg}", table, f(lq(table)), note=note)
                     for name, table, note in (("econgeo", ECONGEO, "LQ = 0: " + ("undefined" if "log" in index else "-1")), ("doctest", DOCTEST, None),
                                               ("uneven", UNEVEN, None), ("empty_row_and_column", EMPTY, "undefined where the LQ is"))]
        save(index, title, cases)


def standardized():
    cases = []
    for name, table in (("econgeo", ECONGEO), ("doctest", DOCTEST), ("uneven", UNEVEN)):
        for ddof in (1, 0):
            cases.append(case(f"{name}_ddof_{ddof}", "standardized_location_quotient",
                              f"{SCIPY}stats.zscore(axis=0, ddof={ddof}) of the LQ of {SEGREGATION}local.MultiLocationQuotient; O'Donoghue and Gleave (2004)",
                              table, stats.zscore(lq(table), axis=0, ddof=ddof), params={"ddof": ddof},
                              note="Mean and deviation of one industry over regions. REAT 3.0.3 locq2(LQ.norm = 'OG') recycles the column means along the wrong axis and disagrees."))
    flat = [[10, 20], [20, 40], [5, 10]]
    assert np.allclose(lq(flat), 1)
    cases.append(case("no_variation", "standardized_location_quotient", NUMPY + "O'Donoghue and Gleave (2004)", flat, [[None, None]] * 3, params={"ddof": 1},
                      note="Every LQ is 1, deviation 0: undefined (rounding must not produce numbers here)."))
    save("standardized_location_quotient", "Standardised location quotient: z-score over regions of an industry's LQ", cases)


def dynamic_agglomeration():
    def evaluate(previous, current):
        p, c = pd.DataFrame(previous, dtype=float), pd.DataFrame(current, dtype=float)
        growth = pd.concat([p.stack(), c.stack()], axis=1).T.pct_change(fill_method=None).iloc[1].unstack().to_numpy()
        nation = (c.sum() / p.sum() - 1).to_numpy()
        return growth, nation, growth / nation

    previous = [[90, 20, 10, 60], [60, 30, 30, 40], [250, 100, 110, 300]]
    current = [[100, 40, 10, 55], [85, 55, 40, 35], [255, 115, 85, 390]]
    growth, nation, ratio = evaluate(previous, current)
    text = "pandas 3.1.1 pct_change and numpy evaluation of the definition (x1_ri/x0_ri - 1)/(x1_i/x0_i - 1)"
    cases = [case("four_industries", "dynamic_agglomeration", text, current, ratio, previous=previous, current=current, region_growth=growth.tolist(), national_growth=nation.tolist(),
                  note="Industry 3 shrinks nationally: the ratio's reading is reversed there (a positive value means the region shrinks too).")]
    previous, current = [[10, 0, 8], [30, 5, 12]], [[12, 3, 8], [36, 5, 12]]
    with np.errstate(divide="ignore", invalid="ignore"):
        growth, nation, ratio = evaluate(previous, current)
    cases.append(case("zero_start_and_zero_growth", "dynamic_agglomeration", text, current, ratio, previous=previous, current=current,
                      region_growth=growth.tolist(), national_growth=nation.tolist(),
                      note="r1, i2 starts at zero (growth undefined); industry 3 does not grow nationally (division by zero): both undefined."))
    first, last = munnell(1970)[0], munnell(1986)[0]
    growth, nation, ratio = evaluate(first[["gsp"]], last[["gsp"]])
    cases.append(case("us_gsp_1970_1986", "dynamic_agglomeration", text, last.gsp.astype(float), ratio[:, 0], regions=list(first.state),
                      previous=list(first.gsp.astype(float)), current=list(last.gsp.astype(float)), national_growth=nation[0]))
    save("dynamic_agglomeration", "Growth of a region's measure over the nation's", cases)


# ---------------------------------------------------------------- concentration and specialisation

def hhi():
    def full(p):
        p = shares(p)
        n, h = len(p), float(SimpsonsConcentration(pd.DataFrame([p], columns=[f"g{i}" for i in range(len(p))]), [f"g{i}" for i in range(len(p))]).statistic)
        return {"hhi": h, "normalized": (h - 1 / n) / (1 - 1 / n) if n > 1 else None, "equivalent_number": 1 / h}

    printed = {"hhi": 0.34, "normalized": 0.12, "equivalent_number": 1 / 0.34}
    assert all(abs(full([20, 50, 20, 10])[k] - v) < 1e-14 for k, v in printed.items()) and round(1 / .34, 2) == 2.94
    econgeo = [1, .525, .34, .315, .465]
    mine = [full(row) for row in ECONGEO]
    assert np.allclose([m["hhi"] for m in mine], econgeo, rtol=1e-14)
    source = SEGREGATION + "multigroup.SimpsonsConcentration (sum of squared shares); normalised and equivalent number by their definitions"
    assert round(full(GDP)["hhi"], 3) == 0.125
    cases = [
        case("reat", "hhi", "REAT 3.0.3, man/herf.Rd: 0.34, 0.12, 2.94; the same from " + source, [20, 50, 20, 10], printed),
        case("reat_laender", "hhi", source + "; " + REAT_LAENDER + " prints .125", GDP, full(GDP)),
        case("econgeo_regions", "hhi", ECONGEO_DOC.format("herfindahl") + " (hhi); " + source, ECONGEO,
             {k: [m[k] for m in mine] for k in mine[0]}, params={"shares": "industries"}, note="one value a region, over industries"),
        case("doctest_industries", "hhi", source, DOCTEST, {k: [full(col)[k] for col in zip(*DOCTEST)] for k in mine[0]}, params={"shares": "regions"},
             note="one value an industry, over regions"),
        case("pysal_total", "hhi", "PySAL inequality, herfindahl doctest (version before commit 16c079f): 0.625 for the column sums of [[0,1,2],[0,2,4],[0,0,3]]",
             [0, 3, 9], {"hhi": 0.625, "normalized": (0.625 - 1 / 3) / (2 / 3), "equivalent_number": 1.6}, note="the zero counts in n"),
        case("one_region", "hhi", NUMPY + "the definitions", [7], {"hhi": 1.0, "normalized": None, "equivalent_number": 1.0}, note="n = 1: the normalised index is 0/0"),
        case("all_zero", "hhi", NUMPY + "the definitions", [0, 0, 0], {"hhi": None, "normalized": None, "equivalent_number": None}),
    ]
    save("hhi", "Herfindahl-Hirschman index, normalised (H - 1/n)/(1 - 1/n), equivalent number 1/H", cases)


def krugman():
    def full(table):
        s, nation = shares(table, 1), shares(np.sum(table, axis=0))
        k = [cityblock(row, nation) for row in s]
        return {"krugman": k, "coefficient_of_specialisation": [v / 2 for v in k]}

    documented = [1.6, 1, .6, .7, 1.1]
    assert np.allclose(full(ECONGEO)["krugman"], documented, rtol=1e-13)
    source = SCIPY + "spatial.distance.cityblock of the region's and the nation's industry shares"
    with np.errstate(invalid="ignore"):
        empty = shares(EMPTY, 1)
    nation = shares(np.sum(EMPTY, axis=0))
    k = [None if np.isnan(r).any() else cityblock(r, nation) for r in empty]
    cases = [
        case("econgeo", "krugman", ECONGEO_DOC.format("krugman_index") + ", spec_coeff", ECONGEO, {"krugman": documented, "coefficient_of_specialisation": [v / 2 for v in documented]}),
        case("doctest", "krugman", source, DOCTEST, full(DOCTEST)),
        case("uneven", "krugman", source, UNEVEN, full(UNEVEN)),
        case("empty_region", "krugman", source, EMPTY, {"krugman": k, "coefficient_of_specialisation": [v / 2 if v is not None else None for v in k]},
             note="a region without activity has no shares: undefined"),
        case("same_structure", "krugman", NUMPY + "the definition", [[1, 2], [10, 20]], {"krugman": [0, 0], "coefficient_of_specialisation": [0, 0]}),
    ]
    for c in cases:
        c["params"] = {"reference": "nation including the region"}
    save("krugman", "Krugman specialisation index sum_i |s_ri - s_i| and its half", cases)


def lorenz_gini(x, reference):
    """1 - 2 * area under the Lorenz curve of x against reference, sorted by x/reference."""
    x, reference = np.asarray(x, float), np.asarray(reference, float)
    order = np.argsort(x / reference, kind="stable")
    a = np.concatenate([[0], np.cumsum(reference[order])]) / reference.sum()
    b = np.concatenate([[0], np.cumsum(x[order])]) / x.sum()
    return 1 - 2 * auc(a, b)


def gini():
    def plain(x):
        g, n = float(Gini(np.asarray(x, float)).g), len(x)
        return {"gini": g, "normalized": g * n / (n - 1)}

    pysal = PYSAL + "gini.Gini; normalised = gini * n/(n - 1)"
    mexico = pd.read_csv(os.path.join(GOLDEN, "data/mexico.csv"))
    assert abs(plain(mexico.pcgdp1940)["gini"] - 0.353723711735) < 1e-12
    assert abs(plain([20, 50, 20, 10])["gini"] - .3) < 1e-12 and round(plain(GDP)["gini"], 4) == .5009
    plain_cases = [
        case("reat", "gini", "REAT 3.0.3, man/gini.Rd: 0.3 and 0.4; the same from " + pysal, [20, 50, 20, 10], {"gini": 0.3, "normalized": 0.4}),
        case("reat_laender", "gini", pysal + "; " + REAT_LAENDER + " prints .5009", GDP, plain(GDP)),
        case("mexico_1940", "gini", pysal + "; the doctest prints 0.35372371173452849", mexico.pcgdp1940, plain(mexico.pcgdp1940), regions=list(mexico.state)),
        case("mexico_2000", "gini", pysal, mexico.pcgdp2000, plain(mexico.pcgdp2000), regions=list(mexico.state)),
        case("econgeo_column_4", "gini", "EconGeo 2.1, man/gini.Rd, matrix columns: 0.8", [0, 0, 0, 0, 1], {"gini": 0.8, "normalized": 1.0}),
        case("econgeo_column_5", "gini", "EconGeo 2.1, man/gini.Rd, matrix columns: 0.6", [0, 0, 0, 1, 1], {"gini": 0.6, "normalized": 0.75}),
        case("econgeo_ind", "gini", "EconGeo 2.1, man/gini.Rd: .48 (rounded there to 3 decimals; exact); " + pysal, [0, 10, 10, 30, 50], plain([0, 10, 10, 30, 50])),
        case("pysal_columns", "gini", "PySAL inequality doctest (version before commit 16c079f): .125, .32894737, .18181818; " + pysal,
             [[6, 1, 4], [4, 8, 4], [6, 3, 5], [8, 7, 9]], {k: [plain(c)[k] for c in ([6, 4, 6, 8], [1, 8, 3, 7], [4, 4, 5, 9])] for k in ("gini", "normalized")}, params={"shares": "regions"}),
        case("all_zero", "gini", NUMPY + "the definition", [0, 0, 0], {"gini": None, "normalized": None}, note="mean 0: undefined"),
        case("equal", "gini", NUMPY + "the definition", [3, 3, 3], {"gini": 0.0, "normalized": 0.0}),
    ]
    assert np.allclose(plain_cases[7]["expected"]["gini"], [.125, .32894737, .18181818], atol=1e-8)
    for c in plain_cases:
        c["params"] = {"kind": "plain"} | c["params"]

    source = "scikit-learn 1.9.1, metrics.auc of the Lorenz points (x_ri against x_r, sorted by x_ri/x_r); 1 - 2*area, maximum 1"
    ind, pop = [0, 10, 10, 30, 50], [10, 15, 20, 25, 30]
    assert round(lorenz_gini(ind, pop), 2) == .31

    def by_industry(table):
        r = np.sum(table, axis=1)
        return [lorenz_gini(col, r) for col in zip(*table)]

    econgeo_half = [.40, .18, .27, .31, .28]     # printed by EconGeo locational_gini, maximum 0.5
    got = by_industry(ECONGEO)
    assert np.allclose(np.array(got) / 2, econgeo_half, atol=0.0051), got
    loc = [
        case("locational_econgeo_ind_pop", "gini", source + "; EconGeo 2.1, man/hoover_gini.Rd prints .31", ind, {"gini": lorenz_gini(ind, pop)}, population=pop),
        case("locational_econgeo_column_4", "gini", "EconGeo 2.1, man/hoover_gini.Rd, matrix column: 0.700", [0, 0, 0, 0, 1], {"gini": 0.7}, population=pop),
        case("locational_econgeo_column_5", "gini", "EconGeo 2.1, man/hoover_gini.Rd, matrix column: 0.475", [0, 0, 0, 1, 1], {"gini": 0.475}, population=pop,
             note="Two regions with different ratios: 1/25 and 1/30."),
        case("locational_econgeo_table", "gini", source + "; EconGeo 2.1, man/locational_gini.Rd prints half of it: .40 .18 .27 .31 .28", ECONGEO, {"gini": got}, params={"shares": "regions"}),
        case("locational_doctest", "gini", source, DOCTEST, {"gini": by_industry(DOCTEST)}, params={"shares": "regions"}),
        case("locational_uneven", "gini", source, UNEVEN, {"gini": by_industry(UNEVEN)}, params={"shares": "regions"}),
        case("locational_empty_industry", "gini", NUMPY + "the definition; other columns " + source, [[1, 2, 0], [3, 0, 0], [4, 4, 0]],
             {"gini": [lorenz_gini([1, 3, 4], [3, 3, 8]), lorenz_gini([2, 0, 4], [3, 3, 8]), None]}, params={"shares": "regions"}, note="an industry without activity: undefined"),
    ]
    assert abs(lorenz_gini([0, 0, 0, 0, 1], pop) - .7) < 1e-12 and abs(lorenz_gini([0, 0, 0, 1, 1], pop) - .475) < 1e-12
    for c in loc:
        c["params"] = {"kind": "locational", "reference": "population" if "population" in c else "total of the region"} | c["params"]
    loc.append({"name": "half_area_econgeo_table", "source": "EconGeo 2.1, man/locational_gini.Rd prints .40 .18 .27 .31 .28; more digits: half of " + source,
                "script": SCRIPT, "tolerance": 1e-10, "note": "normalised: over the value when all is in the smallest of the five regions, which are alike",
                "data": {"regions": [f"r{r}" for r in range(5)], "industries": [f"i{i}" for i in range(5)], "measures": {"x": {"2000": ECONGEO}}},
                "call": {"index": "gini", "measure": "x", "parameters": {"over": "regions", "reference": "total"}},
                "expected": {"value": got, "half_area": [g / 2 for g in got], "normalised": [g / 0.8 for g in got]}})
    save("gini", "Gini: plain (unweighted) and locational (Lorenz curve against the regions' totals or a reference)", plain_cases + loc)


def hoover():
    def h(x, reference):
        return cityblock(shares(x), shares(reference)) / 2

    source = SCIPY + "spatial.distance.cityblock of the two share vectors, halved"
    ind, pop = [0, 10, 10, 30, 50], [10, 15, 20, 25, 30]
    assert abs(h(ind, pop) - .25) < 1e-14 and abs(h(ind, [1] * 5) - .4) < 1e-14 and abs(h(GDP, POP) - .07358991) < 1e-8
    totals = np.sum(UNEVEN, axis=1)
    cases = [
        case("econgeo", "hoover", "EconGeo 2.1, man/hoover_index.Rd: 25 (in per cent)", ind, 0.25, population=pop),
        case("econgeo_uniform", "hoover", "EconGeo 2.1, man/hoover_index.Rd: 40 (in per cent), uniform reference", ind, 0.40, population=[1] * 5),
        case("econgeo_column_4", "hoover", "EconGeo 2.1, man/hoover_index.Rd, matrix column: 70 (in per cent)", [0, 0, 0, 0, 1], 0.70, population=pop),
        case("econgeo_column_5", "hoover", "EconGeo 2.1, man/hoover_index.Rd, matrix column: 45 (in per cent)", [0, 0, 0, 1, 1], 0.45, population=pop),
        case("reat_laender", "hoover", source + "; " + REAT_LAENDER + ", hoover = .07358991", GDP, h(GDP, POP), population=POP),
        case("table_uneven", "hoover", source, UNEVEN, [h(c, totals) for c in zip(*UNEVEN)], params={"reference": "total of the region"}),
        case("table_empty_industry", "hoover", source, EMPTY, [h(c, np.sum(EMPTY, axis=1)) if sum(c) else None for c in zip(*EMPTY)],
             params={"reference": "total of the region"}, note="an industry without activity: undefined"),
        case("all_zero", "hoover", NUMPY + "the definition", [0, 0], None, population=[1, 2]),
    ]
    for c in cases:
        c["params"] = {"reference": "population"} | c["params"]
    save("hoover", "Hoover index: half the sum of absolute differences of shares (0 to 1)", cases)


def entropy():
    def rows(table, base=None):
        return [float(stats.entropy(r, base=base)) for r in np.asarray(table, float)]

    cases = []
    printed = [0, 1.319, 1.761, 1.766, 1.219]
    assert np.allclose(rows(ECONGEO, 2), printed, atol=5e-4)
    for base, tag in ((None, "e"), (2, "2")):
        source = SCIPY + f"stats.entropy(base={base})"
        cases += [
            case(f"econgeo_base_{tag}", "entropy", source + ("; EconGeo 2.1, man/entropy.Rd prints 0 1.319 1.761 1.766 1.219 (it adds 1e-9 inside the logarithm)" if base else ""),
                 ECONGEO, rows(ECONGEO, base), params={"base": tag, "shares": "industries"}, note="0 ln 0 = 0"),
            case(f"uneven_base_{tag}", "entropy", source, UNEVEN, rows(UNEVEN, base), params={"base": tag, "shares": "industries"}),
            case(f"doctest_regions_base_{tag}", "entropy", source, DOCTEST, rows(np.transpose(DOCTEST), base), params={"base": tag, "shares": "regions"}),
            case(f"laender_base_{tag}", "entropy", source, GDP, float(stats.entropy(GDP, base=base)), params={"base": tag}),
        ]
    # PySAL doctest (version before commit 16c079f): Shannon index of the columns' totals of y, natural logarithm
    y = [[6, 1, 4], [4, 8, 4], [6, 3, 5], [8, 7, 9]]
    assert abs(stats.entropy(np.sum(y, axis=0)) - 1.094070862104929) < 1e-14
    cases.append(case("pysal_shannon", "entropy", "PySAL inequality, shannon_index doctest (version before commit 16c079f): 1.094070862104929",
                      [24, 19, 22], 1.094070862104929, params={"base": "e"}))
    cases.append(case("four_equal_bits", "entropy", SCIPY + "stats.entropy(base=2)", [5, 5, 5, 5], 2.0, params={"base": "2"}))
    cases.append(case("empty_region", "entropy", SCIPY + "stats.entropy; 0/0 is undefined", EMPTY, [rows(EMPTY)[0], None, rows(EMPTY)[2]], params={"base": "e", "shares": "industries"}))
    save("entropy", "Shannon entropy of shares", cases)


# ---------------------------------------------------------------- inequality

def decomposition(y, groups, weights, kind):
    """T or L by Kullback-Leibler divergences of scipy.stats.entropy; exact chain rule."""
    y, groups = np.asarray(y, float), np.asarray(groups)
    p = shares(weights if weights is not None else np.ones(len(y)))
    s = shares(y * p)                      # y is a value per head; p the population shares
    div = (lambda a, b: float(stats.entropy(a, b))) if kind == "T" else (lambda a, b: float(stats.entropy(b, a)))
    levels = sorted(set(groups.tolist()))
    gs, gp = [s[groups == g].sum() for g in levels], [p[groups == g].sum() for g in levels]
    total, between = div(s, p), div(gs, gp)
    inside = {str(g): div(s[groups == g], p[groups == g]) for g in levels}
    within = sum((gs if kind == "T" else gp)[i] * inside[str(g)] for i, g in enumerate(levels))
    assert abs(total - between - within) < 1e-14
    return {"total": total, "between": between, "within": within, "within_groups": inside}


def theil():
    mexico = pd.read_csv(os.path.join(GOLDEN, "data/mexico.csv"))
    us = pd.read_csv(os.path.join(GOLDEN, "data/us_income.csv"))
    states, area = munnell(1986)
    out = {"T": [], "L": []}
    printed_t = {1940: (.20894344, .0345889), 1970: (.10194725, .05931219), 2000: (.10660832, .03635872)}
    for year, (t, b) in printed_t.items():
        y = mexico[f"pcgdp{year}"].to_numpy()
        d = TheilD(y, mexico.hanson98.to_numpy())
        bg = float(np.asarray(d.bg).ravel()[0])
        assert abs(d.T - t) < 6e-9 and abs(bg - b) < 6e-9
        check = decomposition(y, mexico.hanson98, None, "T")
        assert abs(check["total"] - d.T) < 1e-12 and abs(check["between"] - bg) < 1e-12
        out["T"].append(case(f"mexico_{year}", "theil_t", f"{PYSAL}theil.TheilD, mexico example (its documentation prints T {t}, between {b})", y,
                             {"total": float(d.T), "between": bg, "within": float(d.T) - bg}, regions=list(mexico.state), params={"weighting": "equal"},
                             groups=[str(g) for g in mexico.hanson98]))
        out["L"].append(case(f"mexico_{year}", "theil_l", SCIPY + "stats.entropy(uniform, income shares) and its chain rule over groups", y,
                             decomposition(y, mexico.hanson98, None, "L"), regions=list(mexico.state), params={"weighting": "equal"}, groups=[str(g) for g in mexico.hanson98]))
    for year in ("1929", "2009"):
        y = us[year].to_numpy(float)
        T = Theil(y).T
        assert abs(T - decomposition(y, area.division, None, "T")["total"]) < 1e-12 and list(us.state) == list(area.state)
        out["T"].append(case(f"us_income_{year}", "theil_t", PYSAL + "theil.Theil (total); between and within: scipy 1.17.1 stats.entropy", y,
                             decomposition(y, area.division, None, "T"), regions=list(us.state), params={"weighting": "equal"}, groups=list(area.division)))
        out["L"].append(case(f"us_income_{year}", "theil_l", SCIPY + "stats.entropy(uniform, income shares) and its chain rule over groups", y,
                             decomposition(y, area.division, None, "L"), regions=list(us.state), params={"weighting": "equal"}, groups=list(area.division)))
    # weighted: product per employee, weighted by employment
    y, w = (states.gsp / states.employment).to_numpy(), states.employment.to_numpy()
    income, weights = [500, 1500, 2500, 4000, 7500, 15000], [1000, 1200, 1600, 400, 200, 600]
    assert round(decomposition(income, [1] * 6, weights, "T")["total"], 4) == .5265 and round(decomposition(income, [1] * 6, weights, "L")["total"], 4) == .5346
    for kind, index, text in (("T", "theil_t", "stats.entropy(value shares, population shares)"), ("L", "theil_l", "stats.entropy(population shares, value shares)")):
        out[kind].append(case("us_gsp_per_employee_1986", index, SCIPY + text + " and its chain rule over groups", y, decomposition(y, states.division, w, kind),
                              regions=list(states.state), params={"weighting": "population"}, groups=list(states.division), weights=list(w)))
        out[kind].append(case("reat_income_classes", index, SCIPY + text, income, {"total": decomposition(income, [1] * 6, weights, kind)["total"]}, params={"weighting": "population"},
                              weights=weights, note="REAT 3.0.3 theil(weighting =) prints .1456 for these: it averages w*ln(mean/x) by n with an unweighted mean; the formula gives this value."))
        out[kind].append(case("equal", index, NUMPY + "the definition", [2, 2, 2], {"total": 0.0}, params={"weighting": "equal"}))
    z = [0, 1, 2, 5]
    t = float(stats.entropy(z, [1] * 4))
    assert abs(t - Theil(np.array(z, float)).T) < 1e-12
    out["T"].append(case("zero", "theil_t", SCIPY + "stats.entropy(values, uniform); the same from " + PYSAL + "theil.Theil", z, {"total": t}, params={"weighting": "equal"}, note="0 ln 0 = 0"))
    out["L"].append(case("zero", "theil_l", NUMPY + "the definition: ln(mean/0) is infinite", z, {"total": None}, params={"weighting": "equal"}, note="undefined"))
    out["T"].append(case("all_zero", "theil_t", NUMPY + "the definition", [0, 0], {"total": None}, params={"weighting": "equal"}))
    save("theil_t", "Theil T: sum_r (p_r y_r/mean) ln(y_r/mean); equal weights p = 1/R, or population shares; within and between groups", out["T"])
    save("theil_l", "Theil L (mean logarithmic deviation): sum_r p_r ln(mean/y_r); equal or population weights; within and between groups", out["L"])


def sigma():
    us = pd.read_csv(os.path.join(GOLDEN, "data/us_income.csv"))
    printed = {"1929": .3693759, "1950": .2350048, "1980": .1363510, "2009": .1390838}
    cases = []
    for year, digits in printed.items():
        y = us[year].to_numpy(float)
        a, b = float(stats.tstd(np.log(y), ddof=1)), float(stats.tstd(np.log(y), ddof=0))
        assert abs(a - digits) < 6e-8
        cases.append(case(f"us_income_{year}", "sigma", f"{SCIPY}stats.tstd of ln y", y, {"ddof_1": a, "ddof_0": b}, regions=list(us.state)))
    mexico = pd.read_csv(os.path.join(GOLDEN, "data/mexico.csv"))
    for year in (1940, 2000):
        y = mexico[f"pcgdp{year}"].to_numpy()
        cases.append(case(f"mexico_{year}", "sigma", f"{SCIPY}stats.tstd of ln y", y,
                          {"ddof_1": float(stats.tstd(np.log(y), ddof=1)), "ddof_0": float(stats.tstd(np.log(y), ddof=0))}, regions=list(mexico.state)))
    cases.append(case("zero", "sigma", NUMPY + "the definition: ln 0", [1, 0, 2], {"ddof_1": None, "ddof_0": None}, note="undefined"))
    cases.append(case("one_region", "sigma", NUMPY + "the definition", [3], {"ddof_1": None, "ddof_0": 0.0}))
    save("sigma", "Sigma: standard deviation of ln y over regions", cases)


if __name__ == "__main__":
    agglomeration()
    density()
    location_quotient()
    standardized()
    dynamic_agglomeration()
    hhi()
    krugman()
    gini()
    hoover()
    entropy()
    theil()
    sigma()
