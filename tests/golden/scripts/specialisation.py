#!/usr/bin/env python3
"""Golden files of the specialisation, diversity and variety of regions.

Printed values of EconGeo; runs of PySAL segregation and scipy.
"""
import warnings

import numpy as np
import pandas as pd
import sympy
from scipy.spatial.distance import cityblock
from scipy.stats import entropy, norm
from segregation.multigroup import SimpsonsInteraction

from common import write
from location import DOCTEST, ECONGEO, HOLES, NUMPY, SEGREGATION, data, numbers, pysal
from location import case as located

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/specialisation.py"
SCIPY = "scipy 1.17.1, "


def case(*args, **more):
    return located(*args, **more) | {"script": SCRIPT}


def structures(table):
    """Each region's shares and the nation's, of the industries that the region has a value of."""
    x = numbers(table)
    nation = np.nansum(x, axis=0)
    for row in x:
        present = ~np.isnan(row)
        yield row[present] / row[present].sum(), nation[present] / nation[present].sum()


def relative_diversity():
    source = SCIPY + "1 / spatial.distance.cityblock of the shares; Duranton and Puga (2000)"
    cases = [case(name, "relative_diversity", source, data(table), [1 / cityblock(own, nation) for own, nation in structures(table)])
             for name, table in (("econgeo", ECONGEO), ("doctest", DOCTEST), ("holes", HOLES))]
    printed = "EconGeo 2.1, example of man/krugman_index.Rd as run by R 4.2.2 (1.6, 1, 0.6, 0.7, 1.1), inverted"
    cases.append(case("econgeo_printed", "relative_diversity", printed, data(ECONGEO), [1 / k for k in (1.6, 1, 0.6, 0.7, 1.1)]))
    same = [[1, 2, 3], [2, 4, 6], [10, 20, 30]]
    cases.append(case("the_same_structure", "relative_diversity", source, data(same), [None] * 3, note="Division by 0: undefined. REAT 3.0.3 durpug gives Inf."))
    write("indices/relative_diversity.json", "Relative diversity index 1 / sum |s_ri - s_i|", cases)


def relative_specialisation():
    cases = [case(name, "relative_specialisation", "Largest of a region's quotients of " + SEGREGATION + "; Duranton and Puga (2000)",
                  data(table), np.nanmax(pysal(table), axis=1)) for name, table in (("econgeo", ECONGEO), ("doctest", DOCTEST))]
    with np.errstate(invalid="ignore"):
        holes = [np.nanmax(own / nation) for own, nation in structures(HOLES)]
    cases.append(case("holes", "relative_specialisation", NUMPY + "max s_ri/s_i over the industries that are present", data(HOLES), holes))
    write("indices/relative_specialisation.json", "Relative specialisation index max s_ri / s_i", cases)


def hachman():
    printed = [.2, .380952381, .588235294, .634920635, .430107527]
    cases = [case("econgeo_printed", "hachman", "EconGeo 2.1, example of man/hachman.Rd as run by R 4.2.2", data(ECONGEO), printed, tolerance=3e-9)]
    for name, table in (("econgeo", ECONGEO), ("doctest", DOCTEST)):
        x = numbers(table)
        average = np.nansum(x / x.sum(axis=1, keepdims=True) * pysal(table), axis=1)
        cases.append(case(name, "hachman", "1 / sum of s_ri times the quotients of " + SEGREGATION, data(table),
                          {"value": 1 / average, "average_location_quotient": average}))
    with np.errstate(invalid="ignore"):
        average = np.array([np.nansum(own * own / nation) for own, nation in structures(HOLES)])
    cases.append(case("holes", "hachman", NUMPY + "1 / sum s_ri^2/s_i over the industries that are present", data(HOLES),
                      {"value": 1 / average, "average_location_quotient": average}))
    write("indices/hachman.json", "Hachman index 1 / sum s_ri LQ_ri", cases)


def spread(x, function):
    """Standard errors by the delta method: the gradient by sympy, the multinomial's covariance by numpy."""
    errors = []
    for row in np.asarray(x, float):
        shares, symbols = row / row.sum(), sympy.symbols(f"s:{len(row)}", positive=True)
        at = dict(zip(symbols, shares))
        gradient = np.array([float(sympy.diff(function(symbols), symbol).subs(at)) for symbol in symbols])
        errors.append(np.sqrt(gradient @ (np.diag(shares) - np.outer(shares, shares)) @ gradient / row.sum()))
    return np.array(errors)


def interval(part, value, se):
    z = norm.ppf(0.975)
    return {part: value, f"{part}_se": se, f"{part}_lower": value - z * se, f"{part}_upper": value + z * se}


ANALYTIC = {"inference": {"method": "analytic"}}
DELTA = "; standard error: sympy 1.14.0, derivatives of the delta method"


def simpson_diversity():
    printed = "EconGeo 2.1, example of man/herfindahl.Rd as run by R 4.2.2 (1, .525, .34, .315, .465), from 1"
    cases = [case("econgeo_printed", "simpson_diversity", printed, data(ECONGEO), [0, .475, .66, .685, .535])]

    def interaction(row):
        frame = pd.DataFrame([row], columns=[f"i{j}" for j in range(len(row))], dtype=float)
        return float(SimpsonsInteraction(frame, list(frame.columns)).statistic)

    cases.append(case("doctest", "simpson_diversity", "PySAL segregation 2.5.4, multigroup.SimpsonsInteraction of each region", data(DOCTEST), [interaction(row) for row in DOCTEST]))
    cases.append(case("holes", "simpson_diversity", NUMPY + "1 - sum s_ri^2 over the industries that are present", data(HOLES),
                      [1 - np.sum(own**2) for own, _ in structures(HOLES)]))
    value = np.array([interaction(row) for row in DOCTEST])
    cases.append(case("inference", "simpson_diversity", "PySAL segregation 2.5.4, multigroup.SimpsonsInteraction of each region" + DELTA, data(DOCTEST),
                      interval("value", value, spread(DOCTEST, lambda s: 1 - sum(x**2 for x in s))), **ANALYTIC))
    write("indices/simpson_diversity.json", "Gini-Simpson index 1 - sum s^2", cases)


def variety():
    source = SCIPY + "stats.entropy of the groups' sums and of all; Frenken, van Oort and Verburg (2007)"

    def parts(table, groups, base):
        x, names = numbers(table), sorted(set(groups))
        sums = np.array([np.nansum(x[:, [g == name for g in groups]], axis=1) for name in names]).T
        total = np.array([entropy(np.nan_to_num(row), base=base) for row in x])
        unrelated = np.array([entropy(row, base=base) for row in sums])
        return {"related": total - unrelated, "unrelated": unrelated, "total": total}

    def inference(index, own):
        table, groups = DOCTEST, ["x", "y", "x", "y"]
        mean = lambda terms: sum(-x * sympy.log(x) for x in terms)
        between = lambda s: mean([s[0] + s[2], s[1] + s[3]])
        functions = {"unrelated": between, "total": mean, "related": lambda s: mean(s) - between(s)}
        found = parts(table, groups, None)
        expected = {}
        for part, function in functions.items():
            if own in (None, part):
                expected |= interval("value" if own else part, found[part], spread(table, function))
        return case("inference", index, source + DELTA, data(table, industry_attributes={"class": groups}), expected,
                    {"groups": "class", "base": "e"}, **ANALYTIC)

    tables = []
    toy, groups = [[40, 20, 30, 10]], ["a", "a", "b", "b"]
    expected = parts(toy, groups, 2)
    assert np.allclose([expected["unrelated"][0], expected["related"][0], expected["total"][0]], [.9709505945, .8754887502, 1.8464393447])
    for name, table, groups, base in (("toy", toy, groups, "2"), ("econgeo", ECONGEO, ["a", "a", "b", "b", "c"], "2"),
                                      ("nats", DOCTEST, ["x", "y", "x", "y"], "e"), ("holes", HOLES, ["x", "y", "y", "x"], "10")):
        number = {"2": 2, "e": None, "10": 10}[base]
        tables.append((name, table, groups, base, parts(table, groups, number)))
    for index, own in (("related_variety", None), ("unrelated_variety", "unrelated")):
        cases = [case(name, index, source, data(table, industry_attributes={"class": groups}), {"value": expected[own]} if own else expected,
                      {"groups": "class", "base": base}) for name, table, groups, base, expected in tables]
        cases.append(inference(index, own))
        write(f"indices/{index}.json", index.replace("_", " ").capitalize(), cases)


if __name__ == "__main__":
    relative_diversity()
    relative_specialisation()
    hachman()
    simpson_diversity()
    variety()
