#!/usr/bin/env python3
"""Golden files of the location quotients that compare with another economy, subtract, count heads or pair industries.

Quotients come from PySAL segregation, those per head from the Growth Lab's ecomplexity, the cluster index from the manual
of REAT. Where no package offers an index, it is a line of numpy on the published formula, and `source` says so.
`location_quotient.json` and the like are written by indices.py; this script adds the cases with a reference to them.
"""
import json
import os
import warnings

import numpy as np
import pandas as pd
import sympy
from ecomplexity import ecomplexity
from scipy.stats import chi2_contingency, norm
from segregation.local import MultiLocationQuotient
from statsmodels.stats.proportion import proportions_ztest

from common import GOLDEN, write

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/location.py"
SEGREGATION = "PySAL segregation 2.5.4, local.MultiLocationQuotient"
NUMPY = "numpy evaluation of "

ECONGEO = [[100, 0, 0, 0, 0], [0, 15, 5, 70, 10], [0, 20, 10, 20, 50], [0, 25, 30, 5, 40], [0, 40, 55, 5, 0]]
DOCTEST = [[10, 13, 13, 49], [19, 29, 31, 46], [33, 16, 34, 34]]
# Missing, suppressed and unlisted cells; a zero and an industry that nobody has.
HOLES = [[812.5, "(D)", 41.0, 0], [None, 402.75, 18.5, 0], [55.5, 12.0, "-", "-"], [1200.0, 0, 640.0, 0]]
TABLES = {"econgeo": ECONGEO, "doctest": DOCTEST, "holes": HOLES}


def numbers(table):
    return np.array([[x if isinstance(x, (int, float)) else np.nan for x in row] for row in table], float)


def listed(table, values):
    """The values of the listed cells, in the order of the rows."""
    return [value for row, line in zip(table, values) for cell, value in zip(row, line) if cell != "-"]


def data(table, regions=None, industries=None, **more):
    regions = regions or [f"r{i + 1}" for i in range(len(table))]
    industries = industries or [f"i{j + 1}" for j in range(len(table[0]))]
    return {"regions": regions, "industries": industries, "measures": {"jobs": {"2020": table}}} | more


def case(name, index, source, given, expected, parameters=None, tolerance=1e-10, note=None, **more):
    one = {"name": name, "source": source, "script": SCRIPT, "tolerance": tolerance}
    if note:
        one["note"] = note
    call = {"index": index, "measure": "jobs", "parameters": parameters or {}}
    expected = expected if isinstance(expected, dict) else {"value": expected}
    return one | {"data": given} | more | {"call": call, "expected": expected}


def sums(x):
    """x_r, x_i and x of what is present, shaped to go with the cells."""
    return np.nansum(x, axis=1, keepdims=True), np.nansum(x, axis=0, keepdims=True), np.nansum(x)


def lq(x):
    regions, industries, total = sums(x)
    return (x / regions) / (industries / total)


def pysal(table):
    frame = pd.DataFrame(table, columns=[f"i{j}" for j in range(len(table[0]))], dtype=float)
    return np.asarray(MultiLocationQuotient(frame, list(frame.columns)).statistics, float)


# ---------------------------------------------------------------- one value a cell

def deviations():
    """Of the shares and of the counts from those of a quotient of 1."""
    def additive(x):
        regions, industries, total = sums(x)
        return x / industries - regions / total

    def normalized(x):
        regions, industries, total = sums(x)
        return x / total - regions * industries / total**2

    def size(x):
        regions, industries, total = sums(x)
        return x - regions * industries / total

    for index, subject, formula, function in (
            ("additive_location_quotient", "Additive location quotient x_ri/x_i - x_r/x", "x_ri/x_i - x_r/x, REAT 3.0.3 locq(LQ.method = 'a')", additive),
            ("normalized_rca", "Normalised revealed comparative advantage", "x_ri/x - x_r x_i/x^2, Yu, Cai and Leung (2009)", normalized),
            ("cluster_size", "Horizontal cluster: jobs above a location quotient of 1", "x_ri - x_r x_i/x, Fingleton, Igliori and Moore (2004)", size)):
        cases = []
        for name, table in TABLES.items():
            x = numbers(table)
            expected = function(x)
            if index == "cluster_size" and name == "doctest":
                assert np.allclose(expected, x * (1 - 1 / pysal(table)))
            cases.append(case(name, index, NUMPY + formula, data(table), listed(table, expected)))
        write(f"indices/{index}.json", subject, cases)


def per_head():
    index, cases = "per_head_quotient", []
    for name, table in (("econgeo", ECONGEO), ("doctest", DOCTEST)):
        population = [1000 * (i + 2) ** 2 for i in range(len(table))]
        rows = [(2020, f"r{i + 1}", f"i{j + 1}", x) for i, row in enumerate(table) for j, x in enumerate(row)]
        trade = pd.DataFrame(rows, columns=["time", "loc", "prod", "val"])
        heads = pd.DataFrame([(2020, f"r{i + 1}", p) for i, p in enumerate(population)], columns=["time", "loc", "pop"])
        names = {"time": "time", "loc": "loc", "prod": "prod", "val": "val"}
        out = ecomplexity(trade, names, presence_test="rpop", pop=heads).sort_values(["loc", "prod"])
        cases.append(case(name, index, "ecomplexity 0.5.3, ecomplexity(presence_test='rpop'), column rpop",
                          data(table, attributes={"heads": population}), out["rpop"].tolist(), {"population": "heads"}))
    x, population = numbers(HOLES), np.array([[4.0], [9.0], [np.nan], [2.0]])
    known = np.where(np.isnan(population), np.nan, x)
    expected = (x / population) / (np.nansum(known, axis=0) / np.nansum(population))
    cases.append(case("holes", index, NUMPY + "(x_ri/p_r) / (x_i/p) over the regions of known population",
                      data(HOLES, attributes={"heads": [4.0, 9.0, None, 2.0]}), listed(HOLES, expected), {"population": "heads"},
                      note="ecomplexity 0.5.3 keeps the industries, but not the heads, of a region of unknown population in the nation."))
    write(f"indices/{index}.json", "Quotient per head (x_ri/x_i) / (p_r/p)", cases)


def litzenberger_sternberg():
    index, parameters = "litzenberger_sternberg", {"area": "area", "population": "heads", "plants": "plants"}

    def given(jobs, plants, area, heads):
        found = data(jobs, attributes={"area": area, "heads": heads})
        found["measures"]["plants"] = {"2020": plants}
        return found

    # The second region is the rest of the nation.
    jobs, plants = [[1743], [5740 - 1743]], [[35], [53 - 35]]
    printed = case("reat", index, "REAT 3.0.3, man/litzenberger.Rd, litzenberger(1743, 5740, 50, 576, 488, 4621, 35, 53) = 21.87491",
                   given(jobs, plants, [50, 526], [488, 4621 - 488]), {"value": [21.87491, None]}, parameters, tolerance=5e-7)
    printed["tolerance_reason"] = "printed with five decimals"
    rest = ((3997 / 526) / (5740 / 576)) * ((3997 / 4133) / (5740 / 4621)) / ((3997 / 18) / (5740 / 53))
    printed["expected"]["value"][1] = rest
    x, n = numbers(DOCTEST), np.array([[1, 2, 3, 4], [2, 3, 0, 5], [3, 1, 4, 2]], float)
    a, p = np.array([[5.0], [2.0], [1.5]]), np.array([[100.0], [80.0], [250.0]])
    density = (x / a) / (x.sum(axis=0) / a.sum())
    stock = (x / p) / (x.sum(axis=0) / p.sum())
    plant = np.divide(x, n, where=n > 0, out=np.full_like(x, np.inf)) / (x.sum(axis=0) / n.sum(axis=0))
    three = case("three_factors", index, NUMPY + "ID * IS / PS, Litzenberger and Sternberg (2006)",
                 given(DOCTEST, n.tolist(), a.ravel(), p.ravel()), (density * stock / plant).ravel(), parameters,
                 note="Jobs without plants have the limit 0, where REAT divides by 0.")
    write(f"indices/{index}.json", "Cluster index of Litzenberger and Sternberg", [printed, three])


# ---------------------------------------------------------------- pairs of industries

def pairs():
    def flq(x, delta, augmented):
        regions, _, total = sums(x)
        q = lq(x)
        out = []
        for r in range(len(x)):
            cross = np.outer(q[r], 1 / q[r])
            np.fill_diagonal(cross, q[r])
            factor = np.log2(1 + regions[r, 0] / total) ** delta
            rows = cross * factor
            out.append(rows * np.where(q[r] > 1, np.log2(1 + q[r]), 1) if augmented else rows)
        return np.array(out)

    def spread(table, blocks):
        """The rows of pairs that a region lists; what divides by a quotient of 0 is undefined."""
        keep = [[j for j, cell in enumerate(row) if cell != "-"] for row in table]
        return [block[i, j] for block, own in zip(blocks, keep) for i in own for j in own]

    cilq = [case("doctest", "cilq", "Ratios of " + SEGREGATION, data(DOCTEST), spread(DOCTEST, [np.outer(q, 1 / q) for q in pysal(DOCTEST)])),
            case("econgeo", "cilq", "Ratios of " + SEGREGATION, data(ECONGEO), spread(ECONGEO, [np.outer(q, 1 / q) for q in pysal(ECONGEO)])),
            case("holes", "cilq", NUMPY + "LQ_i/LQ_j", data(HOLES), spread(HOLES, [np.outer(q, 1 / q) for q in lq(numbers(HOLES))]))]
    write("indices/cilq.json", "Cross-industry location quotient LQ_i/LQ_j", cilq)
    for index, augmented in (("flq", False), ("aflq", True)):
        text = NUMPY + ("AFLQ" if augmented else "FLQ") + ", Flegg and Webber (2000)"
        note = "R UtilMio takes the size of a sector instead of the region's in lambda and disagrees."
        cases = [case("doctest", index, text, data(DOCTEST), spread(DOCTEST, flq(numbers(DOCTEST), 0.3, augmented)), note=note),
                 case("delta_0", index, text, data(DOCTEST), spread(DOCTEST, flq(numbers(DOCTEST), 0, augmented)), {"delta": 0}),
                 case("econgeo", index, text, data(ECONGEO), spread(ECONGEO, flq(numbers(ECONGEO), 0.15, augmented)), {"delta": 0.15}),
                 case("holes", index, text, data(HOLES), spread(HOLES, flq(numbers(HOLES), 0.3, augmented)))]
        write(f"indices/{index}.json", ("Augmented Flegg" if augmented else "Flegg") + " location quotient", cases)


# ---------------------------------------------------------------- another economy

def references():
    """Adds cases with an outside reference to the files of indices.py."""
    # The world has an industry (i0) that the regions lack, and lacks their i4.
    world = [[7, 40, 90, 20], [5, 60, 30, 80]]
    beside = {"world": data(world, ["a", "b"], ["i0", "i1", "i2", "i3"])}
    x, total = numbers(DOCTEST), numbers(world).sum()
    shares = np.append(numbers(world).sum(axis=0)[1:] / total, np.nan)
    quotients = (x / x.sum(axis=1, keepdims=True)) / shares
    # A reference that holds the same sums as the data is the nation.
    same = {"world": data([numbers(DOCTEST).sum(axis=0).tolist()], ["all"])}
    for index, function, text in (("location_quotient", lambda q: q, "LQ"), ("log_location_quotient", np.log, "ln LQ"),
                                  ("symmetric_location_quotient", lambda q: (q - 1) / (q + 1), "(LQ - 1)/(LQ + 1)")):
        source = NUMPY + text + " with LQ = (x_ri/x_r) / (X_i/X), X of another dataset"
        cases = [case("another_economy", index, source, data(DOCTEST), function(quotients).ravel(), {"reference": "world"}, beside=beside,
                      note="X has the industries that only the world has; an industry that the world lacks has no quotient."),
                 case("the_nation_itself", index, text + " of " + SEGREGATION, data(DOCTEST), function(pysal(DOCTEST)).ravel(),
                      {"reference": "world"}, beside=same)]
        with open(os.path.join(GOLDEN, f"indices/{index}.json"), encoding="utf-8") as file:
            before = json.load(file)
        kept = [one for one in before["cases"] if one["script"] != SCRIPT]
        if index != "symmetric_location_quotient":
            cases += inference(index)
        write(f"indices/{index}.json", before["subject"], kept + cases)


def inference(index):
    """The delta method by sympy's derivatives, Pearson's test of the 2 x 2 table and the z test of a known share."""
    table = [[15, 85], [30, 370], [55, 445], [0, 60]]
    x = numbers(table)
    total, w = x.sum(), sympy.Symbol("w")
    p, q = sympy.symbols("p q")
    logarithm = index.startswith("log")
    level = norm.ppf(0.95)

    def columns(rows):
        names = ["value", "value_se", "value_lower", "value_upper", "value_p"]
        value, se, test = np.array(rows).T
        return dict(zip(names, [value, se, value - level * se, value + level * se, test]))

    def absent(value, se):
        """Neither a spread nor a logarithm of a quotient of 0."""
        return (value if np.isfinite(value) else np.nan), (se if se > 0 else np.nan)

    inside, outside = [], []
    shares = np.array([0.1, 0.9])
    for r in range(len(x)):
        for i in range(2):
            cell, region, industry = x[r, i], x[r].sum(), x[:, i].sum()
            rest, others = total - region, industry - cell
            at = {p: cell / region, q: others / rest, w: region / total}
            formula = p / (w * p + (1 - w) * q)
            if logarithm and cell > 0:
                formula = sympy.log(formula)
            variance = lambda chance, n: chance * (1 - chance) / n
            value = float(formula.subs(at)) if cell > 0 or not logarithm else np.nan
            se = np.sqrt(float(formula.diff(p).subs(at)) ** 2 * variance(at[p], region) + float(formula.diff(q).subs(at)) ** 2 * variance(at[q], rest))
            test = chi2_contingency([[cell, region - cell], [others, rest - others]], correction=False)[1]
            inside.append((*absent(value, se if cell > 0 else 0), test))
            quotient = cell / region / shares[i]
            with np.errstate(divide="ignore"):
                value = np.log(quotient) if logarithm else quotient
            se = np.sqrt(variance(cell / region, region)) / (cell / region if logarithm and cell > 0 else shares[i])
            test = proportions_ztest(cell, region, shares[i], prop_var=shares[i])[1]
            outside.append((*absent(value, se if 0 < cell < region else 0), test))
    # A region that has only one of two industries leaves its own share without spread.
    beside = {"world": data([[100, 900]], ["all"])}
    how = {"inference": {"method": "analytic", "level": 0.9}}
    delta = "sympy 1.14.0, derivatives of the delta method, Moineddin, Beyene and Boyle (2003); p: "
    return [case("inference", index, delta + "scipy 1.17.1, stats.chi2_contingency(correction=False)", data(table), columns(inside), **how),
            case("inference_outside", index, delta + "statsmodels 0.15.0, proportions_ztest(prop_var=the reference's share)", data(table),
                 columns(outside), {"reference": "world"}, beside=beside, **how)]


if __name__ == "__main__":
    deviations()
    per_head()
    litzenberger_sternberg()
    pairs()
    references()
