#!/usr/bin/env python3
"""Golden files of the family `concentration`: an industry over regions, alone and with others."""
import itertools
import warnings

import numpy as np
import pandas as pd
from inequality.gini import Gini
from scipy import stats
from segregation.multigroup import MultiInfoTheory
from sklearn.metrics import mutual_info_score

from common import write

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/concentration.py"
NUMPY = "numpy evaluation of "
PYSAL_OLD = "PySAL inequality, doctest of inequality/_indices.py before commit 16c079f, "
REAT = "REAT 3.0.3, "

# Tables of the doctests of PySAL inequality (regions x industries)
DOCTEST = np.array([[10, 13, 13, 49], [19, 29, 31, 46], [33, 16, 34, 34]], float)
COUNTS = np.array([[6, 1, 4], [4, 8, 4], [6, 3, 5], [8, 7, 9]], float)
UNEVEN = np.array([[812.5, 130.25, 41.0], [96.0, 402.75, 18.5], [55.5, 12.0, 7.25], [1200.0, 3.5, 640.0], [310.0, 88.0, 0.0]])
# The toy of the mutual information (units x groups)
ELBERS = np.array([[40, 20, 5, 1], [20, 40, 60, 80]], float).T


def data(values, regions=None, industries=None, attributes=None, industry_attributes=None, **measures):
    values = np.asarray(values, object)
    one = {"regions": regions or [f"r{r + 1}" for r in range(len(values))]}
    if values.ndim == 2:
        one["industries"] = industries or [f"i{i + 1}" for i in range(values.shape[1])]
    everything = {"x": values} | {name: np.asarray(table, object) for name, table in measures.items()}
    one["measures"] = {name: {"2000": table.tolist()} for name, table in everything.items()}
    if attributes:
        one["attributes"] = attributes
    if industry_attributes:
        one["industry_attributes"] = industry_attributes
    return one


def case(name, index, source, table, expected, parameters=None, tolerance=1e-10, reason=None, note=None, inference=None):
    one = {"name": name, "source": source, "script": SCRIPT, "tolerance": tolerance}
    if reason:
        one["tolerance_reason"] = reason
    if note:
        one["note"] = note
    one |= {"data": table, "call": {"index": index, "measure": "x", "parameters": parameters or {}}}
    if inference:
        one["inference"] = inference
    return one | {"expected": expected}


def shares(x):
    return np.asarray(x, float) / np.sum(x, axis=0)


# ---------------------------------------------------------------- shares

def concentration_ratio():
    source = NUMPY + "the definition: the sum of the k largest of the shares"

    def ratio(x, k):
        return float(np.sort(shares(x))[::-1][:k].sum())

    cases = [
        case("two_of_four", "concentration_ratio", source, data([20, 50, 20, 10]), {"value": [0.7]}, {"k": 2}, note="by hand: 50 + 20 of 100"),
        case("more_than_there_are", "concentration_ratio", source, data([20, 50, 20]), {"value": [1.0]}, {"k": 4}),
        case("of_industries", "concentration_ratio", source, data(UNEVEN), {"value": [ratio(row, 2) for row in UNEVEN]}, {"k": 2}),
        case("of_regions", "concentration_ratio", source, data(UNEVEN), {"value": [ratio(column, 3) for column in UNEVEN.T]}, {"k": 3, "over": "regions"}),
        case("all_zero", "concentration_ratio", source, data([0, 0]), {"value": [None]}),
    ]
    write("indices/concentration_ratio.json", "Concentration ratio: the sum of the k largest shares", cases)


def gini_of_quotients():
    pysal = "PySAL inequality 1.1.2, gini.Gini of the location quotients"

    def gini(x, reference):
        return float(Gini(shares(x) / shares(reference)).g)

    def parts(pairs):
        values = [gini(x, reference) for x, reference in pairs]
        return {"value": values, "normalised": [g * len(x) / (len(x) - 1) for g, (x, _) in zip(values, pairs)]}

    conc = [500, 500, 1000, 7000, 1000], [20000, 15000, 20000, 40000, 5000]
    spec = [700, 600, 500, 10000, 40000], [30000, 15000, 10000, 60000, 50000]
    freiburg = ([12121, 3154, 25484, 4798, 3372, 1059, 14837, 42931, 6673],
                [7155807, 1696961, 6674652, 925648, 996498, 232167, 3992230, 7127512, 1123004])
    cases = []
    for name, printed, place, (x, reference) in (
            ("reat_conc", 0.4068966, "man/gini.conc.Rd", conc), ("reat_spec", 0.6222222, "man/gini.spec.Rd", spec),
            ("reat_freiburg", 0.2089009, "man/gini.spec.Rd, Freiburg 2014", freiburg)):
        assert round(gini(x, reference), 7) == printed, (name, gini(x, reference))
        cases.append(case(name, "gini_of_quotients", f"{pysal}; {REAT}{place} prints {printed}", data(x, attributes={"all": reference}),
                          parts([(x, reference)]), {"weights": "all"}))
    total = UNEVEN.sum(axis=1), UNEVEN.sum(axis=0)
    cases.append(case("of_regions", "gini_of_quotients", pysal, data(UNEVEN), parts([(c, total[0]) for c in UNEVEN.T]), {"over": "regions"}))
    cases.append(case("of_industries", "gini_of_quotients", pysal, data(UNEVEN), parts([(r, total[1]) for r in UNEVEN]), {"over": "industries"}))
    write("indices/gini_of_quotients.json", "Gini of location quotients (REAT gini.conc and gini.spec)", cases)


# ---------------------------------------------------------------- plants

def dartboard(s, x, z, kind):
    """Ellison and Glaeser (1997) or Maurel and Sedillot (1999), from shares of regions, of all and of plants."""
    X, H = np.sum(x ** 2), np.sum(z ** 2)
    if kind == "ellison_glaeser":
        g = np.sum((s - x) ** 2)
        variance = 2 * (H ** 2 * (X - 2 * np.sum(x ** 3) + X ** 2) - np.sum(z ** 4) * (X - 4 * np.sum(x ** 3) + 3 * X ** 2))
    else:
        # The variance of the sum over pairs of different plants of z z' [same region], pair by pair of pairs.
        g = np.sum(s ** 2) - X
        n, variance = len(z), 0.0
        pairs = [(a, b) for a in range(n) for b in range(n) if a != b]
        for (a, b), (c, d) in itertools.product(pairs, pairs):
            common = len({a, b} & {c, d})
            covariance = {0: 0.0, 1: np.sum(x ** 3) - X ** 2, 2: X - X ** 2}[common]
            variance += z[a] * z[b] * z[c] * z[d] * covariance
    value = (g / (1 - X) - H) / (1 - H)
    deviation = np.sqrt(variance)
    score = (g - (1 - X) * H) / deviation
    return {"value": value, "g": g, "herfindahl": H, "z": score, "value_se": deviation / ((1 - X) * (1 - H)),
            "value_p": 2 * stats.norm.sf(abs(score))}


def columns(rows):
    return {name: [row[name] for row in rows] for name in rows[0]}


WIEN = [200, 650, 12000, 100, 50, 16000, 13000, 1500, 1500, 25000]
WIEN_REGION = ["Wien"] * 5 + ["Linz"] * 4 + ["Graz"]
WIEN_SIZE = {"Wien": 500000, "Linz": 400000, "Graz": 100000}
# Plants: region, industry and employees
PLANTS = [("North", 0, 120), ("North", 0, 40), ("South", 0, 300), ("West", 1, 55), ("West", 1, 60), ("North", 1, 10),
          ("South", 2, 500), ("South", 2, 20), ("West", 2, 75), ("West", 2, 75), ("North", 2, 90), ("South", 1, 35), ("East", 2, 210)]
ANALYTIC = {"method": "analytic"}


def plant_level(kind):
    """The dataset whose regions are the plants, and the index of its three industries against the sample's sums."""
    names = sorted({region for region, *_ in PLANTS})
    total = shares([sum(e for r, _, e in PLANTS if r == name) for name in names])
    rows = []
    for industry in range(3):
        own = [(r, e) for r, i, e in PLANTS if i == industry]
        s = shares([sum(e for r, e in own if r == name) for name in names])
        rows.append(dartboard(s, total, shares([e for _, e in own]), kind))
    table = [[e if i == industry else "-" for industry in range(3)] for _, i, e in PLANTS]
    regions = [f"plant{number:02}" for number in range(len(PLANTS))]
    return data(table, regions=regions, attributes={"place": [region for region, *_ in PLANTS]}), columns(rows)


def wien(kind):
    x = np.array([WIEN_SIZE[name] for name in WIEN_SIZE]) / 1e6
    s = shares([sum(e for e, r in zip(WIEN, WIEN_REGION) if r == name) for name in WIEN_SIZE])
    table = data(WIEN, regions=[f"plant{number:02}" for number in range(10)],
                 attributes={"place": WIEN_REGION, "size": [WIEN_SIZE[name] for name in WIEN_REGION]})
    return table, columns([dartboard(s, x, shares(WIEN), kind)])


def with_plants(table, herfindahl):
    """A measure that counts the plants whose Herfindahl indices are these: all of them in the first region."""
    plants = np.zeros_like(table)
    plants[0] = 1 / np.asarray(herfindahl)
    return data(table, plants=plants)


def of_plants(kind, printed, printed_hs, printed_counts):
    hs = [0.549, 0.715, 0.603, 0.545]

    def values(table, herfindahl):
        s, x = shares(table), shares(table.sum(axis=1))
        X = np.sum(x ** 2)
        g = np.sum((s.T - x) ** 2, axis=1) if kind == "ellison_glaeser" else np.sum(s ** 2, axis=0) - X
        return (g / (1 - X) - herfindahl) / (1 - np.asarray(herfindahl))

    cases = []
    for name, table, herfindahl, numbers in (("doctest", DOCTEST, 1 / DOCTEST.sum(axis=0), printed), ("doctest_herfindahl", DOCTEST, hs, printed_hs),
                                             ("doctest_counts", COUNTS, 1 / COUNTS.sum(axis=0), printed_counts)):
        value = values(table, herfindahl)
        if numbers is not None:
            assert np.allclose(value, numbers, atol=2e-6), (value, numbers)
        source = PYSAL_OLD + f"prints {numbers}" if numbers is not None else NUMPY + "the formula"
        cases.append(case(name, kind, source, with_plants(table, herfindahl), {"value": value, "herfindahl": herfindahl}, {"plants": "plants"},
                          note="more digits by numpy; H is given as 1/H plants in one region, by which plants are counted over all regions"))
    table, expected = wien(kind)
    formula = NUMPY + ("Ellison and Glaeser (1997): G, H, gamma and the variance of G" if kind == "ellison_glaeser" else
                       "Maurel and Sedillot (1999); the variance as the sum over pairs of pairs of plants")
    note = None
    if kind == "ellison_glaeser":
        assert round(expected["value"][0], 8) == .05990628 and abs(expected["z"][0] - .1959001970) < 1e-9
        note = "REAT 3.0.3, man/ellison.a.Rd (Farhauer and Kroell 2014) prints gamma = 0.05990628"
    cases.append(case("wien_linz_graz", kind, formula, table, expected, {"region": "place", "size": "size"}, note=note, inference=ANALYTIC))
    table, expected = plant_level(kind)
    cases.append(case("plants_of_three_industries", kind, formula + "; x_r from the plants themselves", table, expected, {"region": "place"},
                      tolerance=1e-9, inference=ANALYTIC))
    alone = [[5.0, 3.0], [2.0, 4.0]]
    cases.append(case("one_plant", kind, NUMPY + "the definition", data(alone, plants=[[1, 3], [0, 2]]),
                      {"value": [None, values(np.array(alone), [1 / 1.0000001, .2])[1]], "herfindahl": [1.0, 0.2]}, {"plants": "plants"},
                      note="H = 1: undefined (REAT divides by 0)"))
    write(f"indices/{kind}.json", f"{kind}: concentration beyond that of the plants", cases)


# ---------------------------------------------------------------- pairs of industries

def coagglomeration():
    source = NUMPY + "Ellison, Glaeser and Kerr (2010), equation 1"

    def pairs(table, x):
        s = shares(table)
        order = itertools.combinations(range(table.shape[1]), 2)
        return [float((s[:, i] - x) @ (s[:, j] - x) / (1 - x @ x)) for i, j in order]

    cases = []
    for name, table in (("doctest", DOCTEST), ("uneven", UNEVEN), ("counts", COUNTS)):
        total, mean = shares(table.sum(axis=1)), shares(table).mean(axis=1)
        cases.append(case(name, "ellison_glaeser_coagglomeration", source, data(table), {"value": pairs(table, total)}))
        cases.append(case(name + "_mean", "ellison_glaeser_coagglomeration", source + "; x_r the mean of the industries' shares", data(table),
                          {"value": pairs(table, mean)}, {"reference": "mean"}))
    area = np.array([3.0, 1.0, 2.0, 4.0, 2.5])
    cases.append(case("uneven_size", "ellison_glaeser_coagglomeration", source, data(UNEVEN, attributes={"area": area}),
                      {"value": pairs(UNEVEN, shares(area))}, {"size": "area"}))
    write("indices/ellison_glaeser_coagglomeration.json", "Coagglomeration of pairs of industries", cases)


def group_coagglomeration():
    """gamma^c as Ellison and Glaeser (1997) write it, with plants: it must not depend on them."""
    def group(table, x, herfindahl):
        w, s, X = table.sum(axis=0) / table.sum(), shares(table), np.sum(x ** 2)
        G = np.sum((shares(table.sum(axis=1)) - x) ** 2)
        gamma = (np.sum((s.T - x) ** 2, axis=1) / (1 - X) - herfindahl) / (1 - herfindahl)
        numerator = G / (1 - X) - np.sum(w ** 2 * herfindahl) - np.sum(gamma * w ** 2 * (1 - herfindahl))
        return float(numerator / (1 - np.sum(w ** 2)))

    hs = np.array([0.11, 0.3, 0.27, 0.05])
    four = np.column_stack([UNEVEN, [12.0, 0.0, 77.0, 30.5, 8.0]])
    x, pair = shares(four.sum(axis=1)), four[:, [0, 2]]
    assert abs(group(four, x, hs) - group(four, x, hs[::-1])) < 1e-14
    source = NUMPY + "gamma^c of Ellison and Glaeser (1997) with plants of the Herfindahl indices .11, .3, .27, .05"
    note = "REAT 3.0.3 ellison.c adds up unweighted shares of the industries (12.0729 for data whose gamma^c is .0890)"
    size = np.array([3.0, 1.0, 2.0, 4.0, 2.5])
    kinds = ["a", "b", "a", "b"]
    cases = [
        case("all_industries", "ellison_glaeser_coagglomeration_group", source, data(four), {"value": [group(four, x, hs)]}, note=note),
        case("two_groups", "ellison_glaeser_coagglomeration_group", source, data(four, industry_attributes={"kind": kinds}),
             {"value": [group(pair, x, hs[[0, 2]]), group(four[:, [1, 3]], x, hs[[1, 3]])]}, {"groups": "kind"}, note=note),
        case("size", "ellison_glaeser_coagglomeration_group", source, data(four, attributes={"area": size}), {"value": [group(four, shares(size), hs)]}, {"size": "area"}),
        case("group_of_one", "ellison_glaeser_coagglomeration_group", NUMPY + "the definition",
             data(DOCTEST[:, :3], industry_attributes={"kind": ["a", "a", "b"]}),
             {"value": [group(DOCTEST[:, :2], shares(DOCTEST[:, :3].sum(axis=1)), hs[:2]), None]}, {"groups": "kind"}),
    ]
    write("indices/ellison_glaeser_coagglomeration_group.json", "Coagglomeration of groups of industries", cases)


def howard():
    def colocation(first, second):
        return np.mean([[a == b for b in second] for a in first])

    def parts(first, second):
        plants, found = first + second, []
        for chosen in itertools.combinations(range(len(plants)), len(first)):
            rest = [plants[k] for k in range(len(plants)) if k not in chosen]
            found.append(colocation([plants[k] for k in chosen], rest))
        own, mean = colocation(first, second), float(np.mean(found))
        return {"value": [own - mean], "colocation": [own], "expected": [mean]}

    def table(first, second):
        return data([[first.count(r), second.count(r)] for r in sorted(set(first + second))])

    paper = ["X", "X", "Y"], ["X", "Y", "X"]
    uneven = ["A"] * 4 + ["B"] + ["C"] * 2, ["A"] + ["C"] * 3
    assert abs(colocation(*paper) - 5 / 9) < 1e-15
    source = NUMPY + "the definition, plant by plant; the expectation from all ways to deal the industries out"
    cases = [
        case("howard_newman_tarp", "howard_colocation", "example of Howard, Newman and Tarp (2016) in REAT 3.0.3, man/howard.cl.Rd: CL = 5/9; " + source, table(*paper), parts(*paper)),
        case("uneven", "howard_colocation", source, table(*uneven), parts(*uneven)),
    ]
    write("indices/howard_colocation.json", "Colocation of the plants of two industries (Howard, Newman and Tarp)", cases)


# ---------------------------------------------------------------- information

def mutual(table):
    table = np.asarray(table, float)
    m = float(stats.entropy(table.ravel(), np.outer(table.sum(axis=1), table.sum(axis=0)).ravel()))
    if np.all(table == table.round()):   # scikit-learn 1.9.1 makes whole numbers of others
        assert abs(mutual_info_score(None, None, contingency=table) - m) < 1e-12
    return m


def aggregated(table, groups, axis=0):
    names = sorted(set(groups))
    return np.stack([np.take(table, [k for k, g in enumerate(groups) if g == name], axis).sum(axis=axis) for name in names], axis)


def mutual_information():
    source = "scipy 1.17.1, stats.entropy of the table and the product of its margins; for counts the same from scikit-learn 1.9.1, metrics.mutual_info_score; h: PySAL segregation 2.5.4, multigroup.MultiInfoTheory"
    assert abs(mutual(ELBERS) - .1865867355) < 1e-9
    cases = []
    for name, table in (("elbers", ELBERS), ("doctest", DOCTEST), ("counts", COUNTS), ("uneven", UNEVEN)):
        m = mutual(table)
        h = m / stats.entropy(table.sum(axis=0))
        if np.all(table > 0):
            frame = pd.DataFrame(table, columns=[str(k) for k in range(table.shape[1])])
            assert abs(MultiInfoTheory(frame, list(frame.columns)).statistic - h) < 1e-12
        note = "M = .1865867355 and M/entropy of Elbers's segregation 1.1.0 for this table" if name == "elbers" else None
        cases.append(case(name, "mutual_information", source, data(table), {"value": [m], "h": [h]}, note=note))
    regions, kinds = ["e", "w", "e", "w", "e"], ["g", "s", "g"]
    m = mutual(UNEVEN)
    expected = {"value": [m], "between_regions": [mutual(aggregated(UNEVEN, regions))], "between_industries": [mutual(aggregated(UNEVEN, kinds, 1))],
                "within_regions": [sum(UNEVEN[[k for k, g in enumerate(regions) if g == name]].sum() / UNEVEN.sum()
                                       * mutual(UNEVEN[[k for k, g in enumerate(regions) if g == name]]) for name in "ew")],
                "within_industries": [UNEVEN[:, [0, 2]].sum() / UNEVEN.sum() * mutual(UNEVEN[:, [0, 2]])]}
    cases.append(case("groups", "mutual_information", source + " of the table, of its groups and inside them",
                      data(UNEVEN, attributes={"part": regions}, industry_attributes={"kind": kinds}), expected, {"groups": "part", "industry_groups": "kind"}))
    write("indices/mutual_information.json", "Mutual information of regions and industries, with its decompositions", cases)


def local_mutual_information():
    source = "scipy 1.17.1, stats.entropy(pk, qk): the Kullback-Leibler divergence of the industry's shares from those of all"
    cases = []
    for name, table in (("elbers", ELBERS), ("doctest", DOCTEST), ("uneven", UNEVEN)):
        local = [stats.entropy(column, table.sum(axis=1)) for column in table.T]
        weight = table.sum(axis=0) / table.sum()
        assert abs(np.dot(weight, local) - mutual(table)) < 1e-12
        cases.append(case(name, "local_mutual_information", source, data(table), {"value": local, "weight": weight}))
    area = [3.0, 1.0, 2.0, 4.0, 2.5]
    cases.append(case("economic_area", "local_mutual_information", source + "; against areas, as Mori, Nishikimi and Smith (2005)", data(UNEVEN, attributes={"area": area}),
                      {"value": [stats.entropy(column, area) for column in UNEVEN.T]}, {"weights": "area"}))
    cases.append(case("empty_industry", "local_mutual_information", source, data([[1, 2, 0], [3, 0, 0], [4, 4, 0]]),
                      {"value": [stats.entropy([1, 3, 4], [3, 3, 8]), stats.entropy([2, 0, 4], [3, 3, 8]), None]}, note="an industry without activity: undefined"))
    write("indices/local_mutual_information.json", "Divergence of an industry's regions from all regions", cases)


concentration_ratio()
gini_of_quotients()
of_plants("ellison_glaeser", [.054499, .016242, .010141, .028803], [-1.06264, -2.39227, -1.461383, -1.117953], [-.021508, .013299, -.038946])
of_plants("maurel_sedillot", [.078583, .035977, .039374, -.009049], [-1.010102, -2.324216, -1.38869, -1.200499], None)
coagglomeration()
group_coagglomeration()
howard()
mutual_information()
local_mutual_information()
